//! What `dig` and `drill` print of one answer: status, flags and records, each on a line or, with `+multiline`, in
//! parentheses. `delv` and lines of zones are read by `zone.rs`.
//!
//! The header counts the records, so that lines that were lost can be missed. `+short` has neither, and is not read.
//! The flag `ad` is a resolver's word that it validated; with `+cd` it was asked not to, and an authoritative server
//! (`aa`) never does.

use super::Sink;
use super::exhibits::{Made, push};
use super::zone::{self, Zone};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{Attribute, Basis, Completion, Fact, Gap, GapReason, Observed, SubjectKind};
use crate::gathered::Gathered;
use crate::letters::beginning;
use crate::source::Span;
use crate::time::Timestamp;

pub(super) const ID: &str = "dig";
pub(super) const COMMANDS: &[&str] = &[
    "dig MX DOMAIN",
    "dig TXT _mta-sts.DOMAIN",
    "delv TLSA _25._tcp.HOST",
    "dig +dnssec TLSA _25._tcp.HOST",
    "drill -D TLSA _25._tcp.HOST",
];
pub(super) const NEVER_SHOWS: &[&str] = &[
    "records of other types than MX, TXT and TLSA, which are not judged yet",
    "that an answer is signed: dig and drill have a resolver's word for it, delv validates",
    "what other resolvers answer, and the time where the clock is not set to UTC",
];

/// Whether a line is the first one of an answer, or a line of `delv` or of a zone.
pub(super) fn starts(line: &str) -> bool {
    let line = inner(line);
    begins(line) || zone::starts(line)
}

/// Whether a line without quoting begins an answer: that of `dig`, or of `drill`, whose status is called `rcode`.
fn begins(line: &str) -> bool {
    line.starts_with("; <<>> DiG ") || line.starts_with(";; ->>HEADER<<- opcode") && line.contains(" rcode: ")
}

fn inner(line: &str) -> &str {
    line.trim_end().trim_start_matches(['>', '|', ' '])
}

/// One answer as its lines are read.
#[derive(Default)]
struct Answer<'a> {
    status: Option<(&'a str, usize)>,
    flags: Option<&'a str>,
    expected: Option<usize>,
    question: Option<(&'a str, &'a str, usize)>,
    /// Where each begins and ends.
    records: Vec<(usize, usize)>,
    /// Whether the last one goes on: its parenthesis is open.
    is_open: bool,
    when: Option<(&'a str, usize)>,
    section: &'a str,
}

/// Reads the answers between two bytes of the source.
pub(super) fn read(start: usize, end: usize, sink: &mut Sink<'_>) {
    let text = sink.source.text().get(start..end).unwrap_or_default();
    let mut at = start;
    let mut answer: Option<(Answer<'_>, usize)> = None;
    let mut zone = Zone::default();
    for line in text.split_inclusive('\n') {
        let inner = inner(line);
        let place = at + line.find(inner).unwrap_or_default();
        if begins(inner) {
            zone.finish(sink);
            finish(answer.replace((Answer::default(), at)), at, sink);
        }
        match &mut answer {
            Some((answer, _)) => answer.line(inner, place),
            None => zone.line(inner, place, sink),
        }
        at += line.len();
        if inner.starts_with(";; MSG SIZE") {
            finish(answer.take(), at, sink);
        }
    }
    finish(answer, at, sink);
    zone.finish(sink);
}

impl<'a> Answer<'a> {
    fn line(&mut self, line: &'a str, at: usize) {
        if let Some(rest) = line.strip_prefix(";; ->>HEADER<<- ") {
            let status = rest.split_once("status: ").or_else(|| rest.split_once("rcode: "));
            let status = status.and_then(|(_, rest)| rest.split(',').next());
            self.status = status.map(|status| (status, at));
        } else if let Some(rest) = line.strip_prefix(";; flags: ") {
            self.flags = rest.split(';').next();
            let count = rest.split_once("ANSWER: ").and_then(|(_, rest)| rest.split(',').next());
            self.expected = count.and_then(|count| count.parse().ok());
        } else if let Some(rest) = line.strip_prefix(";; WHEN: ") {
            self.when = Some((rest, at));
        } else if self.section.starts_with(";; QUESTION") && line.starts_with(';') && asked(line).is_some() {
            self.question = asked(line).map(|(owner, kind)| (owner, kind, at));
        } else if line.starts_with(";;") {
            self.section = line;
        } else if self.section.starts_with(";; ANSWER") && !line.is_empty() {
            let end = at + line.len();
            match self.records.last_mut().filter(|_| self.is_open) {
                Some(last) => last.1 = end,
                None => self.records.push((at, end)),
            }
            self.is_open = zone::is_open(line, self.is_open);
        }
    }

    /// What shows that the answer was validated, or why nothing does.
    fn validation(&self) -> Result<&'static str, &'static str> {
        let has = |flag: &str| self.flags.is_some_and(|flags| flags.split(' ').any(|one| one == flag));
        match (has("cd"), has("aa"), has("ad")) {
            (true, ..) => Err("the resolver was asked not to validate: `+cd`"),
            (_, true, _) => {
                Err("the answer comes from an authoritative server, which validates nothing: ask a resolver")
            }
            (_, _, true) => Ok("ad"),
            _ => Err("the resolver does not say that it validated the answer: no flag `ad`"),
        }
    }

    /// Why it is not known whether this is all of the answer.
    fn gap(&self) -> Option<Gap> {
        let why = match (self.status, self.flags) {
            (Some(("NOERROR" | "NXDOMAIN", _)), Some(flags)) if !flags.split(' ').any(|flag| flag == "tc") => {
                if self.expected == Some(self.records.len()) {
                    return None;
                }
                "the header counts other records than those that stand there".to_owned()
            }
            (Some((status @ ("NOERROR" | "NXDOMAIN"), _)), _) => format!("the answer ({status}) was cut"),
            (Some((status, _)), _) => format!("the resolver answered {}", beginning(status, 20)),
            (None, _) => "no answer stands there".to_owned(),
        };
        Some(Gap::new(GapReason::Failed, why))
    }

    fn started(&self, span: impl Fn(&str, usize) -> Span) -> Option<Observed<Timestamp>> {
        let (text, at) = self.when?;
        let words: Vec<&str> = text.split_whitespace().gathered();
        let [_, month, day, clock, "UTC" | "GMT", year] = words.as_slice() else { return None };
        let time = super::mail::message_time(&format!("{day} {month} {year} {clock} UTC"))?;
        Some(Observed::Known(Fact::new(time, Basis::Wire, [span(text, at)])))
    }
}

fn finish(answer: Option<(Answer<'_>, usize)>, end: usize, sink: &mut Sink<'_>) {
    let Some((answer, start)) = answer else { return };
    let source = sink.source;
    let whole = source.span(start, end);
    let span = |text: &str, at: usize| source.span(at, at + text.len());
    let Some((owner, kind, asked_at)) = answer.question else {
        let message = "expected the whole output of `dig`, with the question and the header";
        sink.note(Diagnostic::error(Code::UnrecognisedInput, message).at(whole));
        return;
    };
    let owner = owner.trim_end_matches('.').to_ascii_lowercase();
    let mut made = Made::new(SubjectKind::DnsRecord, format!("{kind} records of {}", beginning(&owner, 100)));
    made.know(Attribute::Owner, owner, span(kind, asked_at));
    made.know(Attribute::RecordType, kind, span(kind, asked_at));
    if let Some((status, at)) = answer.status {
        made.know(Attribute::Status, status, span(status, at));
    }
    match answer.validation() {
        Ok(word) => made.know(Attribute::Validation, word, whole),
        Err(why) => made.miss(Attribute::Validation, GapReason::NotStated, why, whole),
    }
    for (at, end) in &answer.records {
        let line = source.text().get(*at..*end).unwrap_or_default();
        // Owner, time to live, class, type, data.
        let mut words = line.split_whitespace();
        let (Some(_), Some(_), Some("IN"), Some(found)) = (words.next(), words.next(), words.next(), words.next())
        else {
            made.miss(Attribute::Data, GapReason::Unsupported, "a line that is no record", span(line, *at));
            continue;
        };
        if found == kind {
            if kind == "TLSA" {
                zone::tlsa(&mut made, words.gathered(), span(line, *at));
                continue;
            }
            let data = words.gathered().join(" ");
            let data = if kind == "TXT" { unquoted(&data) } else { data.to_ascii_lowercase() };
            made.know(Attribute::Data, data, span(line, *at));
        } else if !matches!(found, "RRSIG" | "CNAME" | "DNAME") {
            made.miss(
                Attribute::Data,
                GapReason::Unsupported,
                "a record of a type that was not asked for",
                span(line, *at),
            );
        }
    }
    let started = answer.started(span).unwrap_or_else(|| sink.collected("dig"));
    let completion = match answer.gap() {
        Some(gap) => Completion::Unfinished(gap.at([whole])),
        None => Completion::Finished(vec![whole]),
    };
    push(sink, ID, Some("dig".to_owned()), started, completion, vec![made]);
}

/// `;mx.example.com.  IN  A`, with two semicolons where `drill` asked.
fn asked(line: &str) -> Option<(&str, &str)> {
    let mut words = line.trim_start_matches(';').split_whitespace();
    let (owner, class, kind) = (words.next()?, words.next()?, words.next()?);
    (class == "IN").then_some((owner, kind))
}

/// The strings of a TXT record as one ([RFC 1035 §5.1](https://www.rfc-editor.org/rfc/rfc1035#section-5.1)).
fn unquoted(data: &str) -> String {
    let mut text = String::new();
    let (mut is_inside, mut is_escaped) = (false, false);
    for c in data.chars() {
        match c {
            '"' if !is_escaped => is_inside = !is_inside,
            '\\' if !is_escaped => {
                is_escaped = true;
                continue;
            }
            c if is_inside => text.push(c),
            _ => {}
        }
        is_escaped = false;
    }
    text
}
