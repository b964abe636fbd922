//! One record of many, judged for a line: a line of a stream, or a document of its own among thousands.
//!
//! The command line and the page judge records by the same code: a line is read as `check -` reads it, a document as
//! `check FILE` does.

use crate::diagnostic::{Code, Diagnostic};
use crate::evaluate::evaluate;
use crate::formats::{Input, read_declared};
use crate::report::{RecordPlace, VerdictLine};
use crate::reproduce::STANDARD_INPUT;
use crate::terms::Terms;
use shape::{Shape, shape};

mod shape;

const MIB: usize = 1024 * 1024;

/// The most bytes of one line, with its end.
pub const MAX_RECORD_BYTES: usize = 16 * MIB;

const HELP: &str = "`jq -c . FILE` writes a document on each line";

/// Judges one line of a stream. Its hash is that of the whole report, where it is asked for.
#[must_use]
pub fn judge_line(terms: &Terms, with_hash: bool, place: RecordPlace, line: &[u8]) -> VerdictLine {
    if line.len() > MAX_RECORD_BYTES {
        return VerdictLine::unread(place, vec![too_long(line.len() as u64)]);
    }
    let shape = shape(line);
    let refused = match shape {
        Shape::Several => Some("found a second JSON document behind the first; expected one on each line".to_owned()),
        // Archives among them, which the core would unpack.
        Shape::Other => {
            let words: String = String::from_utf8_lossy(line).trim().chars().take(40).collect();
            Some(format!("found `{words}`; expected a JSON document on each line"))
        }
        Shape::One | Shape::Part => None,
    };
    if let Some(message) = refused {
        return VerdictLine::unread(place, vec![Diagnostic::error(Code::InvalidJson, message).with_help(HELP)]);
    }
    judge(terms, with_hash, place, &Input::new(STANDARD_INPUT, line)).unwrap_or_else(|(place, mut diagnostics)| {
        if shape == Shape::Part {
            let message = "every line is read on its own; expected a whole JSON document on each";
            diagnostics.push(Diagnostic::info(Code::UnrecognisedInput, message).with_help(HELP));
        }
        VerdictLine::unread(place, diagnostics)
    })
}

/// Judges a whole input, of whatever format, as one record.
#[must_use]
pub fn judge_document(terms: &Terms, name: &str, bytes: &[u8]) -> VerdictLine {
    let place = RecordPlace { source: name.to_owned(), line: 1, offset: 0, bytes: bytes.len() as u64 };
    judge(terms, false, place, &Input::new(name, bytes))
        .unwrap_or_else(|(place, diagnostics)| VerdictLine::unread(place, diagnostics))
}

/// Whether there is nothing on a line: it is no record then.
#[must_use]
pub fn is_blank(line: &[u8]) -> bool {
    line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line).iter().all(u8::is_ascii_whitespace)
}

/// Why a line of this many bytes is not judged.
#[must_use]
pub fn too_long(length: u64) -> Diagnostic {
    let most = MAX_RECORD_BYTES / MIB;
    let message = format!("the line has {length} bytes; expected at most {most} MiB in one record");
    Diagnostic::error(Code::InputTooLarge, message)
        .with_help("`jq -c .` writes documents that stand one behind another on lines of their own")
}

fn judge(
    terms: &Terms,
    with_hash: bool,
    place: RecordPlace,
    input: &Input<'_>,
) -> Result<VerdictLine, (RecordPlace, Vec<Diagnostic>)> {
    let Terms { policy, declared, clock } = terms;
    let reading = read_declared(std::slice::from_ref(input), declared);
    if reading.evidence.scans.is_empty() {
        return Err((place, reading.diagnostics));
    }
    Ok(if with_hash {
        let report = evaluate(&reading.evidence, policy, *clock, reading.diagnostics);
        VerdictLine::of_report(place, &reading.evidence, report)
    } else {
        VerdictLine::judge(place, &reading.evidence, policy, *clock, reading.diagnostics)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::CheckOptions;

    fn terms() -> Terms {
        let now = "2026-11-22T10:00:00Z".to_owned();
        Terms::new(&CheckOptions { at: now.clone(), now, ..CheckOptions::default() }).unwrap()
    }

    fn problems(line: VerdictLine) -> String {
        match line {
            VerdictLine::Judged(record) => record.headline,
            VerdictLine::Unread(record) => {
                let words = record.unread.iter().map(|one| one.message.clone());
                words.collect::<Vec<_>>().join("; ")
            }
        }
    }

    #[test]
    fn a_line_is_one_json_document_and_a_document_is_anything_that_is_read() {
        let pem = include_bytes!("../www/samples/certificate-chain.txt");
        let report = include_bytes!("../www/samples/partner-mail-server.txt");
        let line = |bytes: &[u8]| {
            let place = RecordPlace { source: "x".to_owned(), line: 1, offset: 0, bytes: bytes.len() as u64 };
            problems(judge_line(&terms(), false, place, bytes))
        };
        let document = |bytes: &[u8]| problems(judge_document(&terms(), "x", bytes));
        for (said, expected) in [
            (line(b"{}{}"), "found a second JSON document"),
            (line(pem), "expected a JSON document on each line"),
            (line(&report[..40]), "expected a whole JSON document on each"),
            (line(report), "Does not meet"),
            (document(report), "Does not meet"),
            (document(pem), "Not proven"),
            (document(b"<html>"), "html"),
        ] {
            assert!(said.contains(expected), "expected `{expected}` in `{said}`");
        }
        assert!(document(b"").len() > 3);
    }

    #[test]
    fn the_line_of_a_document_says_where_it_comes_from_and_who_issued() {
        let pem = include_bytes!("../www/samples/certificate-chain.txt");
        let VerdictLine::Judged(record) = judge_document(&terms(), "chain.pem", pem) else { panic!() };
        assert_eq!((record.record.source.as_str(), record.record.line), ("chain.pem", 1));
        assert_eq!(record.record.bytes, pem.len() as u64);
        assert_eq!(record.issuers.len(), 1);
    }

    #[test]
    fn blank_lines_are_no_records() {
        for (line, expected) in [("", true), (" \r\n", true), ("\u{feff}\n", true), ("{}", false)] {
            assert_eq!(is_blank(line.as_bytes()), expected, "{line:?}");
        }
    }
}
