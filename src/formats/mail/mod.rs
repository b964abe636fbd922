//! The headers of a message: its `Received` lines, as pasted or as a file, quoted, indented or wrapped anew.
//!
//! Each server on the way writes a line on top ([RFC 5321 §4.4](https://www.rfc-editor.org/rfc/rfc5321#section-4.4)).
//! Whose word it is, the reader cannot know: every fact is what the writer of the line says. The body of the message is
//! blanked before anything else sees the text. One input holds one message: what stands in its body may be anything.

mod header;
mod received;

use std::ops::Range;

use self::header::{Field, Lines, begins_trace};
use super::Sink;
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{Basis, Completion, Fact, Gap, GapReason, Observed, Scan, Subject};
use crate::gathered::Gathered;
use crate::search::find;
use crate::source::{SourceText, Span};
use crate::time::Timestamp;

pub(super) const ID: &str = "mail-headers";
pub(super) const COMMANDS: &[&str] =
    &["the headers of a message, as the mail program shows its source, or the .eml file"];
pub(super) const NEVER_SHOWS: &[&str] = &[
    "who wrote a line: without the policy's `ownHosts` every line is a claim",
    "how the message travelled where a host wrote no line, and how it goes on from here",
    "whether the server's certificate was verified by the sender; version and suite, where the writer leaves them out",
    "the message itself: its body is left out, and whether it is encrypted or signed is not looked at",
];

/// The most hops of one message; mail servers give up at a hundred.
const MOST_HOPS: usize = 1000;

/// Whether a line begins a `Received` field.
pub(super) fn starts(line: &str) -> bool {
    header::unquoted(line).trim_start().strip_prefix(header::TRACE).is_some_and(begins_trace)
}

/// Blanks the body behind the first headers that have `Received` lines.
pub(super) fn blank_body(source: &mut SourceText, diagnostics: &mut Vec<Diagnostic>) {
    let Some(body) = body(source.text()) else { return };
    let text = source.text().get(body.clone()).unwrap_or_default();
    let length = text.trim().len();
    if length == 0 {
        return;
    }
    let any = |starts: &[&str]| text.lines().any(|line| starts.iter().any(|start| line.starts_with(start)));
    let place = source.span(body.start, body.start);
    let left_out = format!("the body of the message ({length} bytes) was left out of everything");
    // What a mail carries is text of anybody; what somebody pasted below it is evidence that would go unread.
    let note = if any(&["{", "[{", "<?xml", "<nmaprun", "-----BEGIN CERTIFICATE", " Start 20", "CONNECTED("]) {
        Diagnostic::error(Code::UnusedText, format!("{left_out}, and something in it looks like a report"))
            .with_help("supply reports and certificates as inputs of their own, not below a message")
    } else if any(&["From "]) && any(&[header::TRACE]) || has_further_headers(text) {
        Diagnostic::error(Code::UnusedText, format!("{left_out}, and further messages seem to stand in it"))
            .with_help("supply each message as an input of its own")
    } else if find(text.as_bytes(), b"application/tlsrpt").is_some() {
        Diagnostic::error(Code::UnusedText, format!("{left_out}, and with it the TLS report that is attached"))
            .with_help("save the attachment, a file that ends in .json.gz, and supply it")
    } else {
        Diagnostic::info(Code::UnusedText, format!("{left_out}; only its headers are read"))
    };
    diagnostics.push(note.at(place));
    source.blank_all(&[body]);
}

/// Whether the headers of another message stand in the body, pasted and not attached: attachments come behind a delimiter.
fn has_further_headers(body: &str) -> bool {
    let mut lines = body.lines().map(|line| header::unquoted(line).trim()).filter(|line| !line.is_empty()).peekable();
    let begins_with_field = lines.peek().is_some_and(|line| header::named(line).is_some());
    for line in lines {
        if !begins_with_field && line.starts_with("--") && line.len() > 2 {
            return false;
        }
        let field = line.split_once(':').filter(|(name, _)| name.trim_end().eq_ignore_ascii_case("Received"));
        if field.is_some_and(|(_, rest)| begins_trace(rest)) {
            return true;
        }
    }
    false
}

/// Where the body stands: everything behind the first empty line below the first `Received` line.
fn body(text: &str) -> Option<Range<usize>> {
    let mut at = 0;
    loop {
        let found = at + find(text.as_bytes().get(at..)?, header::TRACE.as_bytes())?;
        let start = text.get(..found)?.rfind('\n').map_or(0, |line| line + 1);
        if starts(text.get(start..)?.lines().next()?) {
            at = start;
            break;
        }
        at = found + header::TRACE.len();
    }
    for line in text.get(at..)?.split_inclusive('\n') {
        at += line.len();
        if header::unquoted(line).trim().is_empty() {
            return Some(at..text.len());
        }
    }
    None
}

/// Reads the headers between two bytes of the source.
pub(super) fn read(start: usize, end: usize, sink: &mut Sink<'_>) {
    let source = sink.source;
    let mut hops: Vec<Subject> = Vec::new();
    let mut started = None;
    let mut last: Option<Span> = None;
    let mut is_whole = false;
    let mut lines = Lines::new(source, start, end);
    check_above(start, sink);
    while let Some(field) = lines.next_field() {
        if field.is_trace() {
            is_whole = false;
            let hop = received::hop(&field, hops.len() + 1);
            if hops.is_empty() {
                started = received::time(&field);
            }
            last = Some(field.span(0, field.value.len()));
            if hops.len() == MOST_HOPS {
                let message = format!("more than {MOST_HOPS} `Received` lines; from here on they were not read");
                sink.note(Diagnostic::error(Code::InputTooLarge, message).at(field.span(0, field.value.len())));
                break;
            }
            hops.push(Subject::Exhibit(Box::new(hop)));
        } else {
            // Servers write above what they are given: these two stand below every line of the way.
            is_whole |= ["from", "date"].iter().any(|name| field.name.eq_ignore_ascii_case(name));
            note_torn(&field, sink);
        }
    }
    let Some(last) = last else { return };
    let completion = if is_whole {
        Completion::Finished(vec![last])
    } else {
        let detail =
            "the headers end within the lines of the way: expected `From` or `Date` below the last `Received` line";
        Completion::Unfinished(Gap::new(GapReason::Truncated, detail).at([last]))
    };
    sink.scans.push(Scan {
        source: source.id(),
        format: ID.to_owned(),
        tool: None,
        tool_version: None,
        command: None,
        started: started
            .unwrap_or_else(|| Observed::missing(GapReason::NotReportedByFormat, "the topmost line has no time")),
        vantage: None,
        completion,
        subjects: hops,
    });
}

/// The fields above the first `Received` line: a line that lost its beginning belongs to one of them.
fn check_above(start: usize, sink: &mut Sink<'_>) {
    const MOST: usize = 16 * 1024;
    let text = sink.source.text();
    let mut from = start.saturating_sub(MOST);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let above = text.get(from..start).unwrap_or_default();
    // What stands above an empty line is something else.
    let mut at = from;
    for line in above.split_inclusive('\n') {
        at += line.len();
        if header::unquoted(line).trim().is_empty() {
            from = at;
        }
    }
    let mut lines = Lines::new(sink.source, from, start);
    while let Some(field) = lines.next_field() {
        note_torn(&field, sink);
    }
}

/// Says of another field that a `Received` line is in it: lines that were lost cannot be seen, torn ones can.
fn note_torn(field: &Field<'_>, sink: &mut Sink<'_>) {
    let name = field.name.to_ascii_lowercase();
    // `X-Received` and the like are notes of one provider to itself.
    if name.starts_with("x-") || name.starts_with("arc-") {
        return;
    }
    let value = field.value.to_ascii_lowercase();
    let has = |words: &str| find(value.as_bytes(), words.as_bytes()).is_some();
    let is_by = has(" by ") || value.starts_with("by ");
    if is_by && ["esmtp", " smtp", "lmtp", "with http", "with mapi", "tls"].iter().any(|words| has(words)) {
        let place = if field.name.is_empty() { "above the headers".to_owned() } else { format!("in `{}`", field.name) };
        let message = format!("a part of a `Received` line stands {place}; expected each line whole");
        sink.note(Diagnostic::error(Code::UnusedText, message).at(field.span(0, field.value.len())));
    }
}

/// What the line at these words says.
fn said(value: impl Into<String>, words: Span) -> Observed<String> {
    Observed::Known(Fact::new(value.into(), Basis::ToolSays, [words]))
}

/// A time as the headers of messages have it ([RFC 5322 §3.3](https://www.rfc-editor.org/rfc/rfc5322#section-3.3)).
pub(super) fn message_time(text: &str) -> Option<Timestamp> {
    let text = text.split_once(',').map_or(text, |(_, rest)| rest);
    let words: Vec<&str> = text.split_whitespace().take(5).gathered();
    let [day, month, year, clock, zone] = words.as_slice() else { return None };
    let month = super::stated::month(month)?;
    let seconds = if clock.len() == 5 { ":00" } else { "" };
    let zone = if matches!(*zone, "GMT" | "UT" | "UTC" | "Z") { "Z" } else { zone };
    format!("{year}-{month:02}-{day:0>2}T{clock}{seconds}{zone}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_messages_are_read_whole() {
        for (text, expected) in [
            ("Sun, 22 Nov 2026 00:27:01 +0000 (UTC)", "2026-11-22T00:27:01Z"),
            (" Sun, 2 Nov 2026 02:27:01 +0200", "2026-11-02T00:27:01Z"),
            ("22 Nov 2026 00:27 GMT", "2026-11-22T00:27:00Z"),
        ] {
            assert_eq!(message_time(text), expected.parse().ok(), "{text}");
        }
        for text in ["", "Sun, 22 Nov 2026", "Sun, 22 Nov 26 00:27:01 +0000", "Sun, 32 Nov 2026 00:27:01 +0000"] {
            assert_eq!(message_time(text), None, "{text}");
        }
    }

    #[test]
    fn the_body_begins_behind_the_first_empty_line_below_the_way() {
        for (text, expected) in [
            ("Received: from a by b\nFrom: c\n\nhello", Some("hello")),
            ("Hi,\n\n> Received: from a by b\n> From: c\n>\n> hello", Some("> hello")),
            ("Received: from a by b\nFrom: c\n", None),
            ("I Received: from\n\nReceived: 5 letters\n\nhello", None),
        ] {
            assert_eq!(body(text).and_then(|body| text.get(body)), expected, "{text}");
        }
    }
}
