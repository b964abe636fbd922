//! Replies of mail servers, as reports of non-delivery, queues and logs quote them.
//!
//! Known by their enhanced status code ([RFC 3463](https://www.rfc-editor.org/rfc/rfc3463)). What a code means depends on
//! who wrote it and on the words behind it: `src/rules/smtp_replies.rs` has the table. A reply shows that one delivery failed
//! at one time, and nothing that works.

use super::Sink;
use super::exhibits::{Made, push};
use crate::evidence::{Attribute, Completion, GapReason, SubjectKind};
use crate::letters::beginning;
use crate::source::Span;

pub(super) const ID: &str = "smtp-replies";
pub(super) const COMMANDS: &[&str] =
    &["the text of a non-delivery report", "Get-Queue | Format-List Identity,LastError", "Get-MessageTraceDetail"];
pub(super) const NEVER_SHOWS: &[&str] = &[
    "that anything works: a reply shows one delivery that failed",
    "which setting was in force, and which certificate was shown",
    "when it was: state it",
];

/// The most characters of one reply.
const LONGEST: usize = 2000;
/// The most lines that one reply is wrapped into.
const MOST_LINES: usize = 12;
/// The most replies of one input.
const MOST_REPLIES: usize = 1000;

/// Codes that nothing else looks like, so that they count without the code of three digits before them.
const PLAIN: &[&str] =
    &[".4.317", ".4.316", ".4.101", ".7.64", ".7.57", ".7.320", ".7.321", ".7.322", ".7.323", ".7.324", ".7.325"];

/// Where the first status code stands in the line, its reply code included.
pub(super) fn code(line: &str) -> Option<(usize, usize)> {
    let mut before: Option<(usize, &str)> = None;
    let mut at = 0;
    for word in line.split_inclusive(|c: char| !(c.is_ascii_alphanumeric() || c == '.')) {
        let start = at;
        at += word.len();
        let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        if is_status(bare) {
            let reply = before.filter(|(_, reply)| reply.len() == 3 && reply.starts_with(['4', '5']));
            let reply = reply.filter(|(_, reply)| reply.bytes().all(|byte| byte.is_ascii_digit()));
            let is_plain = bare.get(1..).is_some_and(|detail| PLAIN.contains(&detail));
            if reply.is_some() || is_plain {
                return Some((reply.map_or(start, |(start, _)| start), start + bare.len()));
            }
        }
        if !bare.is_empty() {
            before = Some((start, bare));
        }
    }
    None
}

/// `4.7.320`, `5.7.64`.
fn is_status(word: &str) -> bool {
    let mut parts = word.split('.');
    let is_number = |part: &str, most: usize| {
        !part.is_empty() && part.len() <= most && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    matches!(parts.next(), Some("4" | "5"))
        && parts.next().is_some_and(|part| is_number(part, 1))
        && parts.next().is_some_and(|part| is_number(part, 3))
        && parts.next().is_none()
}

/// Whether a line begins a reply.
pub(super) fn starts(line: &str) -> bool {
    code(line).is_some()
}

/// Reads the replies between two bytes of the source.
pub(super) fn read(start: usize, end: usize, sink: &mut Sink<'_>) {
    let source = sink.source;
    let text = source.text().get(start..end).unwrap_or_default();
    let mut made = Vec::new();
    let mut at = start;
    let mut open: Option<(usize, usize, usize)> = None;
    let mut replies: Vec<(usize, usize)> = Vec::new();
    for line in text.split_inclusive('\n') {
        let here = at;
        at += line.len();
        let inner = line.trim();
        if code(line).is_some() {
            replies.extend(open.take().map(|(start, end, _)| (start, end)));
            open = Some((here, here + line.trim_end().len(), 1));
        } else if let Some((start, end, lines)) = open {
            let goes_on = !inner.is_empty() && !inner.starts_with("-----") && lines < MOST_LINES;
            if goes_on {
                open = Some((start, here + line.trim_end().len(), lines + 1));
            } else {
                replies.push((start, end));
                open = None;
            }
        }
    }
    replies.extend(open.map(|(start, end, _)| (start, end)));
    for (start, end) in replies.into_iter().take(MOST_REPLIES) {
        let words = source.span(start, end);
        made.extend(source.text().get(start..end).and_then(|text| reply(text, words)));
    }
    sink.pem(start, end);
    let first = source.span(start, start + text.lines().next().unwrap_or_default().len());
    let started = sink.collected("a reply");
    push(sink, ID, None, started, Completion::Finished(vec![first]), made);
}

fn reply(text: &str, words: Span) -> Option<Made> {
    let (start, end) = code(text)?;
    let status = text.get(start..end)?;
    let flat = text.split_whitespace().fold(String::new(), |mut flat, word| {
        if !flat.is_empty() {
            flat.push(' ');
        }
        flat.push_str(word);
        flat
    });
    let server = bracketed(&flat, "LastAttemptedServerName");
    let to = server.map(|server| format!(" at {}", beginning(server, 80))).unwrap_or_default();
    let mut made = Made::new(SubjectKind::SmtpReply, format!("reply {status}{to}"));
    made.know(Attribute::ReplyCode, status, words);
    made.know(Attribute::ReplyText, beginning(&flat, LONGEST), words);
    match server {
        Some(server) => made.know(Attribute::Server, server.to_ascii_lowercase(), words),
        None => {
            made.miss(Attribute::Server, GapReason::NotReportedByFormat, "the reply does not name the server", words)
        }
    }
    Some(made)
}

/// The value of `[Name=value]`.
fn bracketed<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut parts = text.split('[');
    let value = parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('='))?;
    value.split_once(']').map(|(value, _)| value.trim()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_and_versions_are_not() {
        for (line, expected) in [
            ("450 4.4.317 Cannot connect", Some("450 4.4.317")),
            ("LastError : 451 4.4.0 Primary target IP address", Some("451 4.4.0")),
            ("Remote Server returned '550 5.7.64 TenantAttribution'", Some("550 5.7.64")),
            ("Reason: [{LED=450 4.7.320 Certificate validation failed", Some("450 4.7.320")),
            ("said: 454-4.7.5 Certificate", Some("454-4.7.5")),
            ("5.7.323 tlsa-invalid", Some("5.7.323")),
            ("#5.7.323#SMTP#", Some("5.7.323")),
            ("Postfix 5.7.3 of 2026", None),
            ("192.0.2.4 4.7.5", None),
            ("version 3.5.7.3", None),
            ("OpenSSL 3.0.22", None),
        ] {
            assert_eq!(code(line).and_then(|(start, end)| line.get(start..end)), expected, "{line}");
        }
    }
}
