//! One text taken apart: each part goes to the reader that knows it, and what nobody knows is said.

use super::parts::{Part, Parts};
use super::{Declared, FORMATS, Input, TextReader, certificates, foreign, json, mail, revocation, secrets, xml};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::evidence::{Basis, Fact, GapReason, Observed, Scan};
use crate::gathered::Gathered;
use crate::letters::beginning;
use crate::pki::{ParsedCertificate, pem};
use crate::source::SourceText;
use crate::time::Timestamp;

/// Reads a text; what there is of it, decoded.
pub(super) fn read_text(
    id: u32,
    input: &Input<'_>,
    declared: &Declared,
    scans: &mut Vec<Scan>,
    diagnostics: &mut Vec<Diagnostic>,
) -> String {
    if let Some(what) = foreign::file(input.bytes) {
        let message = format!("`{}` is binary: {what}; expected {EXPECTED}", input.name);
        diagnostics.push(Diagnostic::error(Code::BinaryInput, message));
        return String::new();
    }
    let mut source = match SourceText::decode(id, input.name, input.bytes, diagnostics) {
        Ok(source) => source,
        Err(problem) => {
            diagnostics.push(problem);
            return String::new();
        }
    };
    blank_private_keys(input.name, &mut source, diagnostics);
    blank_session_keys(input.name, &mut source, diagnostics);
    mail::blank_body(&mut source, diagnostics);
    if source.text().trim().is_empty() {
        diagnostics.push(
            Diagnostic::error(Code::EmptyInput, format!("`{}` is empty; expected {EXPECTED}", input.name))
                .at(source.span(0, 0)),
        );
        return source.into_text();
    }
    let mut sink = Sink {
        source: &source,
        declared,
        scans: Vec::new(),
        certificates: Vec::new(),
        revocations: revocation::Collected::default(),
        diagnostics,
    };
    for part in Parts::of(&source) {
        match part {
            Part::Json(document) => sink.json(&document),
            Part::Xml(document) => sink.xml(&document),
            Part::Text(start, end) => sink.text(start, end),
        }
    }
    let Sink { scans: mut found, certificates, revocations, .. } = sink;
    certificates::into_scan(&source, certificates, declared, &mut found, diagnostics);
    revocations.into_scan(id, collected(declared, "a CRL or an OCSP response"), &mut found);
    if found.is_empty() && !diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        let at = source.text().len() - source.text().trim_start().len();
        diagnostics.push(
            Diagnostic::error(
                Code::UnrecognisedInput,
                format!("nothing in `{}` could be judged; expected {EXPECTED}", input.name),
            )
            .at(source.span(at, at)),
        );
    }
    if found.is_empty() && diagnostics.iter().any(|diagnostic| diagnostic.code == Code::UnrecognisedInput) {
        diagnostics.retain(|diagnostic| diagnostic.code != Code::NotUtf8);
    }
    scans.append(&mut found);
    source.into_text()
}

const EXPECTED: &str = "PEM or DER certificates, or a scan report (JSON of testssl.sh, sslyze, SSL Labs, tlsx, httpx, zgrab2, tls-scan or CryptoLyzer, CSV of testssl.sh, XML of nmap, XML or text of sslscan, text of openssl s_client, headers of a message, a TLS report, an MTA-STS policy, text of dig, delv, swanctl, libreswan or ip xfrm, IPsec policies of Azure, settings of Exchange, replies of mail servers, evidence of intransit), CRLs or OCSP responses, or what certutil prints";

fn blank_private_keys(name: &str, source: &mut SourceText, diagnostics: &mut Vec<Diagnostic>) {
    let ranges = pem::private_keys(source.text());
    // What was blanked of one key may be several lines; an armour line stands between two keys.
    let mut keys: Vec<std::ops::Range<usize>> = Vec::new();
    for range in &ranges {
        match keys.last_mut() {
            Some(key)
                if source.text().get(key.end..range.start).is_some_and(|between| !between.contains("PRIVATE KEY")) =>
            {
                key.end = range.end;
            }
            _ => keys.push(range.clone()),
        }
    }
    for range in &keys {
        diagnostics.push(
            Diagnostic::error(
                Code::PrivateKeyBlanked,
                format!("`{name}` contains a private key: it was left out of everything; your file is unchanged"),
            )
            .at(source.span(range.start, range.end))
            .with_help("treat the key as exposed if anybody else could see this text: make a new one and have the certificate reissued"),
        );
    }
    source.blank_all(&ranges);
}

/// They are of sessions and tunnels, not of certificates, and stand in what is evidence all the same.
fn blank_session_keys(name: &str, source: &mut SourceText, diagnostics: &mut Vec<Diagnostic>) {
    let ranges = secrets::session_keys(source);
    if let Some(first) = ranges.first() {
        let message =
            format!("`{name}` contains keys of sessions: they were left out of everything; your file is unchanged");
        diagnostics.push(
            Diagnostic::info(Code::SessionKeysBlanked, message).at(source.span(first.start, first.end)).with_help(
                "whoever has them can decrypt what was recorded of these sessions: leave them out of what you hand on",
            ),
        );
    }
    source.blank_all(&ranges);
}

/// Where readers put what they find.
pub(crate) struct Sink<'a> {
    pub(crate) source: &'a SourceText,
    pub(crate) declared: &'a Declared,
    pub(crate) scans: Vec<Scan>,
    pub(crate) certificates: Vec<pem::Block>,
    pub(crate) revocations: revocation::Collected,
    pub(crate) diagnostics: &'a mut Vec<Diagnostic>,
}

impl Sink<'_> {
    pub(crate) fn note(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// When evidence that carries no time was collected, if its supplier says so.
    pub(crate) fn collected(&self, format: &str) -> Observed<Timestamp> {
        collected(self.declared, format)
    }

    fn json(&mut self, document: &json::Document<'_>) {
        let Some(root) = document.root() else { return };
        let reader =
            FORMATS.iter().filter_map(|format| format.readers.json.as_ref()).find(|reader| (reader.recognises)(root));
        if let Some(reader) = reader {
            self.diagnostics.extend(document.diagnostics().iter().cloned());
            (reader.read)(document, self);
            return;
        }
        let span = root.span();
        let before = self.certificates.len();
        self.pem(span.start as usize, document.end());
        let keys: Vec<String> =
            root.members().take(5).filter_map(|(key, _)| key.as_str().map(|name| format!("`{name}`"))).gathered();
        let found = if keys.is_empty() { "JSON".to_owned() } else { format!("JSON with the keys {}", keys.join(", ")) };
        let only = if self.certificates.len() == before { "" } else { "; only the certificates in it were read" };
        self.note(
            Diagnostic::error(
                Code::UnrecognisedInput,
                format!("found {found}, which is no report that intransit knows{only}; expected {EXPECTED}"),
            )
            .at(span),
        );
    }

    fn xml(&mut self, document: &xml::Document<'_>) {
        self.diagnostics.extend(document.diagnostics().iter().cloned());
        let Some(root) = document.root() else { return };
        let mut readers = FORMATS.iter().filter_map(|format| format.readers.xml.as_ref());
        if let Some(reader) = readers.find(|reader| (reader.recognises)(root)) {
            (reader.read)(document, self);
            return;
        }
        let before = self.certificates.len();
        self.pem(root.span().start as usize, document.end());
        let only = if self.certificates.len() == before { "" } else { "; only the certificates in it were read" };
        let name = beginning(root.name(), 40);
        let message =
            format!("found XML of `{name}`, which is no report that intransit knows{only}; expected {EXPECTED}");
        self.note(Diagnostic::error(Code::UnrecognisedInput, message).at(root.opening()));
    }

    fn text(&mut self, start: usize, end: usize) {
        let before = (self.certificates.len(), self.revocations.len(), self.diagnostics.len());
        let Some(part) = self.source.text().get(start..end) else { return };
        let mut is_read = false;
        for (reader, from, to) in pieces(part) {
            let piece = part.get(from..to).unwrap_or_default();
            match reader.filter(|reader| (reader.recognises)(piece)) {
                Some(reader) => {
                    (reader.read)(start + from, start + to, self);
                    is_read = true;
                }
                None => self.pem(start + from, start + to),
            }
        }
        if let Some((at, length, what)) = foreign::report(part) {
            let span = self.source.span(start + at, start + at + length);
            self.note(Diagnostic::error(Code::UnrecognisedInput, format!("found {what}")).at(span));
        }
        if is_read || (self.certificates.len(), self.revocations.len(), self.diagnostics.len()) != before {
            return;
        }
        let at = start + part.len() - part.trim_start().len();
        let words = beginning(part.trim().lines().next().unwrap_or_default(), 40);
        if words.is_empty() || words.starts_with("**") || part.contains("PRIVATE KEY-----") {
            return;
        }
        let what = if foreign::is_web_page(part.trim_start()) { "a web page, " } else { "" };
        self.note(
            Diagnostic::error(Code::UnrecognisedInput, format!("found {what}`{words}`; expected {EXPECTED}"))
                .at(self.source.span(at, at + words.len())),
        );
    }

    pub(super) fn pem(&mut self, start: usize, end: usize) {
        let before = self.diagnostics.len();
        let blocks = pem::scan(self.source, start, end, self.diagnostics);
        // Keys were blanked, and said so, before anything else looked at the text.
        let said = self.diagnostics.split_off(before);
        self.diagnostics.extend(said.into_iter().filter(|diagnostic| diagnostic.code != Code::PrivateKeyBlanked));
        for block in blocks {
            match &block.label {
                pem::Label::Certificate => self.certificates.push(block),
                pem::Label::PrivateKey(_) => {}
                pem::Label::Other(_) if self.revocations.take(&block.der, block.span, self.diagnostics) => {}
                pem::Label::Other(label) if foreign::is_pkcs7(&block.der) => {
                    let what = format!("the PEM block `{label}`");
                    for der in certificates::in_pkcs7(&block.der, &what, block.span, self.diagnostics) {
                        self.certificates.push(pem::Block { label: pem::Label::Certificate, der, span: block.span });
                    }
                }
                pem::Label::Other(label) => {
                    let note = if hides_certificates(label, &block.der) {
                        let message = format!("a PEM block `{label}` was not read; expected `CERTIFICATE` blocks");
                        Diagnostic::error(Code::InvalidPem, message)
                            .with_help("openssl pkcs7 -print_certs -in FILE (PKCS7) writes the certificates in it")
                    } else if ["CRL", "OCSP"].into_iter().any(|word| label.contains(word)) {
                        let message = format!("a PEM block `{label}` is neither a CRL nor an OCSP response");
                        Diagnostic::error(Code::InvalidPem, message)
                    } else {
                        let message =
                            format!("found a PEM block `{label}`, which is not judged; expected certificates");
                        Diagnostic::warning(Code::UnusedText, message)
                    };
                    self.note(note.at(block.span));
                }
            }
        }
    }
}

/// A text taken apart where the printed form of another tool begins: each piece with the reader that its first line asks
/// for.
fn pieces(text: &str) -> Vec<(Option<&'static TextReader>, usize, usize)> {
    let readers: Vec<&'static TextReader> = FORMATS.iter().filter_map(|format| format.readers.text.as_ref()).gathered();
    let mut pieces: Vec<(Option<usize>, usize, usize)> = vec![(None, 0, 0)];
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let next = at + line.len();
        let owner = if is_base64(line) { None } else { readers.iter().position(|reader| (reader.starts)(line)) };
        match pieces.last_mut() {
            Some((current, _, end)) if owner.is_none() || *current == owner => *end = next,
            _ => pieces.push((owner, at, next)),
        }
        at = next;
    }
    let named =
        pieces.into_iter().map(|(owner, start, end)| (owner.and_then(|at| readers.get(at).copied()), start, end));
    named.gathered()
}

/// Whether a line is one long word of base64, as most lines of pasted chains are: no report begins so.
fn is_base64(line: &str) -> bool {
    const SHORTEST: usize = 32;
    let word = line.trim_end_matches('\n').trim_end_matches('\r');
    let is_symbol = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    word.len() >= SHORTEST && word.bytes().all(is_symbol)
}

/// Whether certificates may stand in a block of another label. A request is none.
fn hides_certificates(label: &str, der: &[u8]) -> bool {
    let named = ["CERTIFICATE", "PKCS7", "PKCS #7", "PKCS12", "CMS"].into_iter().any(|word| label.contains(word));
    (named && !label.ends_with("CERTIFICATE REQUEST")) || ParsedCertificate::from_der(der).is_ok()
}

/// When evidence that carries no time was collected, if its supplier says so.
pub(super) fn collected(declared: &Declared, format: &str) -> Observed<Timestamp> {
    match declared.collected {
        Some(time) => Observed::Known(Fact::new(time, Basis::Declared, [])),
        None => Observed::missing(GapReason::NotStated, format!("{format} carries no time, and none was stated")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_report_begins_with_base64() {
        let words =
            ["MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBa", "versionSTSv1CertContextReceivedTestingNameSRC="];
        for line in words.iter().flat_map(|word| [(*word).to_owned(), format!("{word}\r\n")]) {
            assert!(is_base64(&line), "{line}");
            let mut readers = FORMATS.iter().filter_map(|format| format.readers.text.as_ref());
            assert!(!readers.any(|reader| (reader.starts)(&line)), "{line}");
        }
        for line in ["", "\n", "Received: from a", "-----BEGIN CERTIFICATE-----", "IssuerName\n"] {
            assert!(!is_base64(line), "{line}");
        }
    }
}
