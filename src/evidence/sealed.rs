//! Evidence as a document of its own, with a hash of what it says as its last member.
//!
//! A list of what was accepted proves by what it leaves out, and nothing else in it tells that an element is gone. The
//! hash tells of damage and of edits; it is no signature: who edits a document on purpose can hash it again, as with the
//! report of any scanner.

use sha2::{Digest, Sha256};

use super::{Completion, Evidence, Gap, GapReason, Scan};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::json_text;
use crate::source::hex;

/// The name of the last member.
pub(crate) const SEAL: &str = "contentSha256";

impl Evidence {
    /// The document: JSON in one line of ASCII, read back as a scan report. What `diagnostics` say could not be read stands in it
    /// as scans that did not finish, so that nothing of it can be judged as whole.
    ///
    /// Its last member is `contentSha256`: SHA-256, lower-case hex, of the document without that member and without
    /// white space outside of strings.
    #[must_use]
    pub fn to_document(&self, diagnostics: &[Diagnostic]) -> String {
        let mut evidence = self.clone();
        for note in diagnostics.iter().filter(|note| is_loss(note)) {
            evidence.mark(note);
        }
        for source in 0..evidence.sources.len() {
            let id = u32::try_from(source).unwrap_or(u32::MAX);
            let is_archive = evidence.sources.iter().any(|other| other.unpacked_from == Some(id));
            if !is_archive && !evidence.scans.iter().any(|scan| scan.source == id) {
                let gap = Gap::new(GapReason::Unsupported, "nothing in the input could be read");
                evidence.scans.push(unread(id, gap));
            }
        }
        let mut json = ascii(&json_text::compact(&evidence, 1 << 12).unwrap_or_default());
        let seal = hash(&json);
        json.pop();
        json.push_str(&end(&seal));
        json
    }

    /// Keeps every scan that a problem may have taken something from out of a compliant verdict.
    fn mark(&mut self, note: &Diagnostic) {
        const MOST: usize = 200;
        let source = note.span.map(|span| span.source);
        let words: String = note.message.chars().take(MOST).collect();
        let gap = Gap::new(GapReason::Unsupported, format!("a part of the input could not be read: {words}"));
        for scan in self.scans.iter_mut().filter(|scan| source.is_none_or(|source| scan.source == source)) {
            if scan.completion.gap().is_none() {
                scan.completion = Completion::Unfinished(gap.clone());
            }
        }
        if self.scans.is_empty() {
            self.scans.push(unread(source.unwrap_or_default(), gap));
        }
    }
}

/// Whether something was lost: a private key was left out on purpose.
fn is_loss(note: &Diagnostic) -> bool {
    note.severity == Severity::Error && note.code != Code::PrivateKeyBlanked
}

/// A scan that speaks of nothing, and says why.
fn unread(source: u32, gap: Gap) -> Scan {
    Scan {
        source,
        format: String::new(),
        tool: None,
        tool_version: None,
        command: None,
        started: super::Observed::NotObserved(gap.clone()),
        vantage: None,
        completion: Completion::Unfinished(gap),
        subjects: Vec::new(),
    }
}

/// Whether a document, as it stands in a text, is what it was when it was written.
///
/// # Errors
/// What is wrong with its seal.
pub(crate) fn check_seal(document: &str) -> Result<(), String> {
    const DIGITS: usize = 64;
    let document = without_white_space(document);
    let seal_at = document.len().checked_sub(end("").len() + DIGITS);
    let (content, seal) = seal_at
        .and_then(|at| document.split_at_checked(at))
        .filter(|(_, rest)| rest.starts_with(&format!(",\"{SEAL}\":\"")))
        .ok_or_else(|| format!("evidence does not end with its `{SEAL}`: it was cut or changed"))?;
    let of_content = hash(&format!("{content}}}"));
    if seal == end(&of_content) {
        return Ok(());
    }
    Err(format!("evidence was changed after it was written: the SHA-256 of its content is {of_content}"))
}

/// JSON of the same value without anything that encodings tell apart or that steers a terminal.
fn ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        if matches!(character, ' '..='~') {
            out.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

fn end(seal: &str) -> String {
    format!(",\"{SEAL}\":\"{seal}\"}}")
}

fn hash(json: &str) -> String {
    hex(&Sha256::digest(json.as_bytes()))
}

/// JSON without the white space outside of its strings.
fn without_white_space(json: &str) -> String {
    let mut kept = String::with_capacity(json.len());
    let (mut in_string, mut is_escaped) = (false, false);
    for character in json.chars() {
        if in_string {
            in_string = is_escaped || character != '"';
            is_escaped = !is_escaped && character == '\\';
        } else if matches!(character, ' ' | '\n' | '\r' | '\t') {
            continue;
        } else {
            in_string = character == '"';
        }
        kept.push(character);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_holds_until_a_character_changes() {
        let document = Evidence::new(Vec::new()).to_document(&[]);
        assert_eq!(check_seal(&document), Ok(()));
        assert_eq!(check_seal(&document.replace(',', " ,\r\n\t")), Ok(()));
        for at in 0..document.len() {
            let without: String = document.char_indices().filter(|(place, _)| *place != at).map(|(_, c)| c).collect();
            assert!(check_seal(&without).is_err(), "{without}");
            assert!(check_seal(document.get(..at).unwrap()).is_err());
        }
    }

    #[test]
    fn white_space_in_strings_counts() {
        assert_eq!(without_white_space(r#"{ "a b\" ": [1, "\\" ] }"#), r#"{"a b\" ":[1,"\\"]}"#);
    }
}
