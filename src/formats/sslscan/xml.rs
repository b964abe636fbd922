//! The XML form: a `document` of `ssltest` elements, with `error` elements in either.

use std::borrow::Cow;

use super::Report;
use super::rows::{Suite, Target, curve, dh};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{Basis, Der, Fact, GapReason, ReportedCertificate, ServerName};
use crate::formats::Sink;
use crate::formats::service::host;
use crate::formats::stated::openssl_time;
use crate::formats::xml::{self, Element, Text};
use crate::iana::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};
use crate::pki::pem;
use crate::source::Span;

/// The scheme that nobody has: sslscan offers it alone, to see whether the server looks at the list at all.
const ANY_SCHEME: u16 = 0xFDFF;

/// As many targets and errors as are read from one report.
pub(super) const MAX_TARGETS: usize = 100_000;
/// As many rows that cannot be read as are listed of one target.
const MAX_UNREAD: usize = 50;
/// More certificates than any chain has.
const MAX_CERTIFICATES: usize = 100;

/// Whether this is a report of sslscan.
pub(in crate::formats) fn recognises(root: Element<'_>) -> bool {
    root.name() == "document"
        && (root.attribute("title").is_some_and(|title| title.value.starts_with("SSLScan"))
            || root.elements().any(|element| element.name() == "ssltest"))
}

/// Reads one document.
pub(in crate::formats) fn read(document: &xml::Document<'_>, sink: &mut Sink<'_>) {
    let Some(root) = document.root() else { return };
    let version = root.attribute("version").map(|version| version.value.into_owned());
    let mut targets = Vec::new();
    let mut errors = Vec::new();
    let mut unnamed = Vec::new();
    let mut others = 0;
    for element in root.elements() {
        if targets.len() + errors.len() + unnamed.len() + others >= MAX_TARGETS {
            let message = format!("more than {MAX_TARGETS} targets in one report; the others were not read");
            sink.note(Diagnostic::error(Code::InputTooLarge, message).at(element.opening()));
            break;
        }
        match element.name() {
            "ssltest" => match target(element, sink) {
                Some(target) => targets.push(target),
                None => unnamed.push(element.opening()),
            },
            "error" => errors.push(words(element)),
            _ => {
                unread(element, sink.diagnostics);
                others += 1;
            }
        }
    }
    if targets.is_empty() && errors.is_empty() && unnamed.is_empty() {
        let message = "expected a report of sslscan with targets, found none";
        sink.note(Diagnostic::error(Code::UnrecognisedInput, message).at(root.opening()));
    }
    let mut report = Report { sink, version, library: None };
    report.add(&targets, &errors);
    for place in &unnamed {
        let detail = "a target's report does not say which host and port it is of";
        report.sink.note(Diagnostic::error(Code::UnknownValue, detail).at(*place));
        report.nothing(GapReason::Truncated, detail, *place);
    }
    if document.is_truncated() || targets.is_empty() && errors.is_empty() && unnamed.is_empty() {
        report.nothing(GapReason::Truncated, "the report breaks off, or names no target", root.opening());
    }
}

fn unread(element: Element<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let name: String = element.name().chars().take(40).collect();
    let message = format!("found `{name}` in a report of sslscan, which is not read");
    diagnostics.push(Diagnostic::error(Code::UnknownValue, message).at(element.opening()));
}

fn words(element: Element<'_>) -> (String, Span) {
    match element.text() {
        Some(text) => (text.value.into_owned(), text.span),
        None => ("an error without words".to_owned(), element.span()),
    }
}

fn target(test: Element<'_>, sink: &mut Sink<'_>) -> Option<Target> {
    let name = host(&test.attribute("host")?.value)?;
    let port = test.attribute("port")?.value.trim().parse().ok()?;
    let asked = test.attribute("sniname").and_then(|name| host(&name.value));
    let mut target =
        Target::new(Some(name), port, asked.map_or(ServerName::Unstated, ServerName::Sent), test.opening());
    let before = sink.diagnostics.len();
    for row in test.elements() {
        if sink.diagnostics.len() - before >= MAX_UNREAD {
            let message =
                format!("more than {MAX_UNREAD} problems with one target; the rest of its report was not read");
            sink.note(Diagnostic::error(Code::UnknownValue, message).at(row.opening()));
            target.cut = Some("most of this target's report cannot be read");
            break;
        }
        if row_of(row, &mut target, sink).is_none() {
            let message = "a row of the report cannot be read, and what it says is taken as unknown";
            sink.note(Diagnostic::error(Code::UnknownValue, message).at(row.opening()));
        }
    }
    if !test.is_complete() {
        target.cut = Some("a part of this target's report cannot be read");
    }
    Some(target)
}

/// Reads one row; none if it cannot be read.
fn row_of(row: Element<'_>, target: &mut Target, sink: &mut Sink<'_>) -> Option<()> {
    let place = row.span();
    if !row.is_complete() && row.name() != "certificates" {
        return None;
    }
    match row.name() {
        "protocol" => target.versions.push((version_of(row)?, flag(row, "enabled")?, place)),
        "cipher" => match suite(row, sink.diagnostics) {
            Some(suite) => target.suites.push(suite),
            None => {
                target.unread_suites.push(place);
                return None;
            }
        },
        "group" => {
            let name = row.attribute("name").and_then(|name| NamedGroup::from_name(&name.value));
            let known = agreed(row, code(row).map(NamedGroup), name, sink.diagnostics);
            target.groups.push((known?, place));
        }
        "connection-signature-algorithm" => match code(row) {
            Some(ANY_SCHEME) => target.any_scheme = Some(place),
            id => {
                let name = row.attribute("name").and_then(|name| SignatureScheme::from_name(&name.value));
                target.schemes.push((id.map(SignatureScheme).or(name)?, place));
            }
        },
        "renegotiation" => target.renegotiation.push((flag(row, "supported")?, flag(row, "secure")?, place)),
        "compression" => target.compression.push((flag(row, "supported")?, place)),
        "fallback" => target.fallback.push((Some(flag(row, "supported")?), place)),
        "heartbleed" => target.heartbleed.push((flag(row, "vulnerable")?, place)),
        "certificates" => certificates(row, target, sink),
        // Before 2.1 a certificate may stand by itself.
        "certificate" => certificate(row, target, sink),
        "error" => target.errors.push(words(row)),
        "client-cipher" | "ca" | "ocsp" | "default-cipher" => {}
        _ => unread(row, sink.diagnostics),
    }
    Some(())
}

/// `1` or `0`, and nothing else.
fn flag(row: Element<'_>, name: &str) -> Option<bool> {
    match row.attribute(name)?.value.as_ref() {
        "1" => Some(true),
        "0" => Some(false),
        _ => None,
    }
}

fn version_of(row: Element<'_>) -> Option<ProtocolVersion> {
    let (family, number) = (row.attribute("type")?, row.attribute("version")?);
    ProtocolVersion::from_name(&format!("{}v{}", family.value, number.value))
}

/// `0xC030`.
fn code(row: Element<'_>) -> Option<u16> {
    let text = row.attribute("id")?;
    u16::from_str_radix(text.value.strip_prefix("0x")?, 16).ok()
}

/// The value by its id, if its name says nothing else.
fn agreed<T: PartialEq>(
    row: Element<'_>,
    id: Option<T>,
    name: Option<T>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<T> {
    if id.is_some() && name.is_some() && id != name {
        let message = "the id and the name of this row are not of the same thing";
        diagnostics.push(Diagnostic::error(Code::ContradictoryInput, message).at(row.span()));
        return None;
    }
    id.or(name)
}

fn suite(row: Element<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Suite> {
    let status = row.attribute("status")?;
    if !matches!(status.value.as_ref(), "preferred" | "accepted") {
        return None;
    }
    // Names are those of OpenSSL or of the registry, by how the suite was found; old versions have no id.
    let name = row.attribute("cipher").and_then(|name| CipherSuite::from_name(&name.value));
    let id = code(row).map(CipherSuite);
    let number = |name: &str| row.attribute(name).and_then(|text| text.value.parse().ok());
    Some(Suite {
        version: ProtocolVersion::from_name(&row.attribute("sslversion")?.value)?,
        suite: agreed(row, id, name, diagnostics)?,
        group: row.attribute("curve").and_then(|name| curve(&name.value)),
        dh: dh(number("dhebits")),
        place: row.span(),
    })
}

fn certificates(list: Element<'_>, target: &mut Target, sink: &mut Sink<'_>) {
    for element in list.elements().take(MAX_CERTIFICATES) {
        match element.name() {
            "certificate" => certificate(element, target, sink),
            _ => unread(element, sink.diagnostics),
        }
    }
}

fn certificate(element: Element<'_>, target: &mut Target, sink: &mut Sink<'_>) {
    let blobs: Vec<Text<'_>> = element.named("certificate-blob").filter_map(Element::text).collect();
    for blob in &blobs {
        let (start, end) = (blob.span.start as usize, blob.span.end as usize);
        let before = target.shown.len();
        for block in pem::scan(sink.source, start, end, sink.diagnostics) {
            if block.label == pem::Label::Certificate {
                target.shown.push((Der::new(block.der), block.span));
            }
        }
        if target.shown.len() == before {
            target.unread_certificate = Some(blob.span);
        }
    }
    if blobs.is_empty() {
        target.described.push(described(element));
    }
}

/// What sslscan says of a certificate without its bytes.
fn described(element: Element<'_>) -> ReportedCertificate {
    let fact = |text: Text<'_>| Fact::new(text.value.into_owned(), Basis::ToolSays, [text.span]);
    let text = |name| element.first(name).and_then(Element::text);
    let key = element.first("pk");
    let family = key.and_then(|key| key.attribute("type"));
    // Of a curve, `bits` is its strength: 128 for P-256.
    let is_rsa = family.as_ref().is_some_and(|family| family.value == "RSA");
    let bits = if is_rsa {
        let bits = key.and_then(|key| key.attribute("bits"));
        bits.and_then(|bits| Some(Fact::new(bits.value.parse().ok()?, Basis::ToolSays, [bits.span])))
    } else {
        key.and_then(|key| key.attribute("curve_name")).and_then(|name| field_bits(&name.value, name.span))
    };
    ReportedCertificate {
        common_name: text("subject").filter(|name| !name.value.starts_with('/')).map(fact),
        key_algorithm: family.map(fact),
        key_bits: bits,
        not_after: text("not-valid-after")
            .and_then(|end| Some(Fact::new(openssl_time(&end.value)?, Basis::ToolSays, [end.span]))),
        words: vec![element.span()],
        ..ReportedCertificate::default()
    }
}

/// The size of a curve, by its name.
pub(super) fn field_bits(name: &str, place: Span) -> Option<Fact<u32>> {
    let bits = NamedGroup::from_name(&Cow::Borrowed(name))?.kind()?.field_bits()?;
    Some(Fact::new(u32::from(bits), Basis::ToolSays, [place]))
}
