//! What `certutil -verify -urlfetch CERTIFICATE` of Windows prints: for each certificate of the chain that it built, the
//! addresses that it asked for issuers, lists and responses, and what came back.
//!
//! Written after [Microsoft's pages](https://learn.microsoft.com/windows-server/administration/windows-commands/certutil)
//! and what people post, not after runs of our own. All of it is the tool's word: it may fail a rule, never pass one.
//! Windows in other languages prints other words, of which no outcome is taken.

use super::Sink;
use super::revocation::subject;
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{Basis, Completion, Fact, Fetch, Gap, GapReason, ReportedRevocation, RevocationEvidence, Scan};
use crate::gathered::Gathered;
use crate::source::Span;

pub(super) const ID: &str = "certutil";
pub(super) const COMMANDS: &[&str] = &["certutil -verify -urlfetch CERTIFICATE.cer"];
pub(super) const NEVER_SHOWS: &[&str] = &[
    "the certificates themselves: give CERTIFICATE.cer too",
    "when it was run",
    "that a list or a response is good: certutil's word for it proves nothing",
];

/// Certificates and addresses of one input; real chains have three and some ten.
const MOST: usize = 1000;

/// Whether a line is one that nothing else prints.
pub(super) fn starts(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("CertContext[")
        || line == "-------- CERT_CHAIN_CONTEXT --------"
        || line.starts_with("CertUtil: -verify command")
        || line.starts_with("CertUtil: -Verify command")
        || fetched(line).is_some()
}

/// Whether a chain is there that it built.
pub(super) fn recognises(text: &str) -> bool {
    text.lines().any(|line| line.trim().starts_with("CertContext["))
}

/// Reads what stands between two bytes of the source.
pub(super) fn read(start: usize, end: usize, sink: &mut Sink<'_>) {
    // Certificates may be pasted behind it.
    sink.pem(start, end);
    let mut found = Found::default();
    let mut at = start;
    for line in sink.source.text().get(start..end).unwrap_or_default().split_inclusive('\n') {
        let words = line.trim();
        let from = at + (line.len() - line.trim_start().len());
        found.line(words, sink.source.span(from, from + words.len()));
        at += line.len();
    }
    for said in &found.certificates {
        if let Some(place) = said.revoked.as_ref().and_then(|fact| fact.words.first()) {
            let message = "certutil says that a certificate is revoked";
            sink.note(Diagnostic::warning(Code::LimitedScan, message).at(*place).with_help(BESIDE));
        }
        for fetch in said.fetches.iter().filter(|fetch| fetch.usable == Some(false)) {
            let (url, outcome) = (fetch.url.escape_debug(), &fetch.outcome);
            let message = format!("certutil says `{}` of the address `{url}`", outcome.value.escape_debug());
            let note = Diagnostic::warning(Code::LimitedScan, message).with_help(HELP);
            sink.note(outcome.words.first().map_or_else(|| note.clone(), |place| note.clone().at(*place)));
        }
    }
    let completion = match found.end {
        Some(place) => Completion::Finished(vec![place]),
        None => {
            let gap =
                Gap::new(GapReason::Truncated, "the last line of certutil, which says how it ended, is not there");
            Completion::Unfinished(gap)
        }
    };
    let certificates = found.certificates.into_iter();
    let subjects = certificates.map(|said| subject(None, RevocationEvidence::Reported(Box::new(said)))).gathered();
    sink.scans.push(Scan {
        source: sink.source.id(),
        format: ID.to_owned(),
        tool: Some("certutil".to_owned()),
        tool_version: None,
        command: None,
        started: sink.collected("the output of certutil"),
        vantage: None,
        completion,
        subjects,
    });
}

const HELP: &str = "open the way to it, and paste the certificates beside this output, so that they are judged with it";
const BESIDE: &str = "paste the certificates beside this output, so that they are judged with it";

/// What was read so far.
#[derive(Default)]
struct Found {
    certificates: Vec<ReportedRevocation>,
    fetches: usize,
    /// An outcome whose address follows.
    open: Option<(String, Span)>,
    end: Option<Span>,
}

impl Found {
    fn line(&mut self, line: &str, place: Span) {
        if line.starts_with("CertContext[") && self.certificates.len() < MOST {
            self.open = None;
            self.certificates.push(ReportedRevocation { words: vec![place], ..ReportedRevocation::default() });
        } else if line.starts_with("CertUtil: -") {
            self.end = Some(place);
        } else if line.starts_with("Leaf certificate is REVOKED") {
            self.revoked(0, place);
        } else if line.starts_with("Element.dwErrorStatus = CERT_TRUST_IS_REVOKED") {
            self.revoked(self.certificates.len().saturating_sub(1), place);
        } else if let Some(serial) = line.strip_prefix("Serial: ") {
            if let Some(last) = self.certificates.last_mut() {
                last.serial = hexadecimal(serial).map(|serial| Fact::new(serial, Basis::ToolSays, [place]));
            }
        } else if line.starts_with("----") {
            self.open = None;
        } else if let Some(outcome) = fetched(line) {
            self.open = Some((outcome.to_owned(), place));
        } else if let (Some(url), Some((outcome, words))) = (address(line), &self.open)
            && let Some(last) = self.certificates.last_mut()
            && self.fetches < MOST
        {
            self.fetches += 1;
            let fact = Fact::new(outcome.clone(), Basis::ToolSays, [*words, place]);
            last.fetches.push(Fetch { url: url.to_owned(), usable: usable(outcome), outcome: fact });
        }
    }

    fn revoked(&mut self, position: usize, place: Span) {
        if let Some(said) = self.certificates.get_mut(position) {
            said.revoked = Some(Fact::new(true, Basis::ToolSays, [place]));
        }
    }
}

/// The outcome of `Verified "Base CRL (04)" Time: 0 72031475…`.
fn fetched(line: &str) -> Option<&str> {
    let (outcome, rest) = line.split_once(" \"")?;
    let (_, behind) = rest.split_once("\" Time: ")?;
    let is_word = !outcome.is_empty() && outcome.len() < 40 && !outcome.contains(['"', ':', '<', '{']);
    (is_word && behind.starts_with(|c: char| c.is_ascii_digit())).then_some(outcome)
}

/// The address of `[0.0] http://crl.example.com/a.crl`, or of a line that is nothing else.
fn address(line: &str) -> Option<&str> {
    let url = match line.strip_prefix('[') {
        Some(rest) => rest.split_once("] ")?.1,
        None => line,
    };
    let scheme = url.split_once("://")?.0;
    (!scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(url.trim())
}

/// Whether an outcome means that something usable came back, where its word is known.
fn usable(outcome: &str) -> Option<bool> {
    match outcome {
        "Verified" | "OK" => Some(true),
        "Failed" | "Expired" | "Unsuccessful" | "Wrong Issuer" | "Revoked" => Some(false),
        _ => None,
    }
}

/// A serial number as certificates have it: lower-case hex without leading zero bytes.
fn hexadecimal(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    let is_hex =
        !digits.is_empty() && digits.len().is_multiple_of(2) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut rest = digits.as_str();
    while let Some(shorter) = rest.strip_prefix("00").filter(|shorter| !shorter.is_empty()) {
        rest = shorter;
    }
    is_hex.then(|| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_for_what_they_are() {
        for (line, outcome) in [
            ("Verified \"Certificate (0)\" Time: 0 61f97870", Some("Verified")),
            ("Failed \"CDP\" Time: 0", Some("Failed")),
            ("No URLs \"None\" Time: 0 (null)", Some("No URLs")),
            ("He said \"no\" Time: later", None),
            ("Verified", None),
        ] {
            assert_eq!(fetched(line), outcome, "{line}");
        }
        for (line, url) in [
            ("[0.0] http://crl.example.com/a.crl", Some("http://crl.example.com/a.crl")),
            ("http://crl.example.com/a.crl", Some("http://crl.example.com/a.crl")),
            ("[0.0] ldap:///CN=a?b", Some("ldap:///CN=a?b")),
            ("Error retrieving URL: The server name could not be resolved 0x80072ee7", None),
        ] {
            assert_eq!(address(line), url, "{line}");
        }
        for (text, serial) in [("005B01", Some("5b01")), ("5b 01", Some("5b01")), ("5b0", None), ("none", None)] {
            assert_eq!(hexadecimal(text).as_deref(), serial, "{text}");
        }
    }
}
