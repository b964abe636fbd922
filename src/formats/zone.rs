//! TLSA records outside of an answer of `dig`: what `delv` prints, and lines of zones
//! ([RFC 6698 §2.2](https://www.rfc-editor.org/rfc/rfc6698#section-2.2)).
//!
//! `delv` validates by itself and says above the records what came of it; the RRSIG stands behind them. A line of a zone
//! shows what somebody means to publish, no more.

use super::Sink;
use super::exhibits::{Made, push};
use crate::evidence::{Attribute, Completion, Gap, GapReason, SubjectKind};
use crate::gathered::Gathered;
use crate::letters::beginning;
use crate::source::Span;
use crate::time::Timestamp;

/// What `delv` says above records that it validated.
const VALIDATED: &str = "; fully validated";
/// What it says above others, or in their place.
const OTHERS: [&str; 5] =
    ["; unsigned answer", "; answer not validated", "; negative response", ";; validating ", ";; resolution failed"];

/// Whether a line without quoting is one of `delv`, or a TLSA record.
pub(super) fn starts(line: &str) -> bool {
    if line.starts_with(';') {
        return line == VALIDATED || OTHERS.iter().any(|other| line.starts_with(other)) || failed(line).is_some();
    }
    line.starts_with('_') && record(line).is_some_and(|(_, kind, _)| kind == "TLSA")
}

/// `;; RRSIG failed to verify resolving '_25._tcp.mx.example.com/TLSA/IN': 192.0.2.53#53`: the name, and why.
fn failed(line: &str) -> Option<(&str, &str)> {
    let (why, rest) = line.strip_prefix(";; ")?.split_once(" resolving '")?;
    Some((rest.split_once("/TLSA/IN'")?.0, why))
}

/// `OWNER [TTL] [IN] TYPE DATA`: owner, type and data.
fn record(line: &str) -> Option<(&str, &str, Vec<&str>)> {
    let mut words = line.split_whitespace();
    let owner = words.next().filter(|owner| !owner.starts_with(';'))?;
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let kind = words.find(|word| !is_number(word) && *word != "IN")?;
    matches!(kind, "TLSA" | "CNAME" | "RRSIG").then(|| (owner, kind, words.gathered()))
}

/// Whether a record goes on behind this line: a parenthesis is open. In a TXT record it is text.
pub(super) fn is_open(line: &str, was_open: bool) -> bool {
    let mut words = line.split_whitespace();
    let is_closed = words.clone().any(|word| word == ")");
    (was_open || words.any(|word| word == "(") && !line.contains('"')) && !is_closed
}

/// Adds the data of a TLSA record: three numbers, and the association data in hexadecimal, in one piece.
pub(super) fn tlsa(made: &mut Made, words: Vec<&str>, place: Span) {
    let mut words = words.into_iter().filter(|word| !matches!(*word, "(" | ")"));
    let numbers: Vec<&str> = words.by_ref().take(3).gathered();
    let data = words.fold(String::new(), |data, word| data + word).to_ascii_lowercase();
    let is_number = |word: &&str| word.parse::<u8>().is_ok();
    if numbers.len() == 3 && numbers.iter().all(is_number) && data.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        made.know(Attribute::Data, format!("{} {data}", numbers.join(" ")), place);
    } else {
        made.miss(Attribute::Data, GapReason::Unsupported, "a line that is no TLSA record", place);
    }
}

/// The records of one name as their lines are read.
#[derive(Default)]
pub(super) struct Zone<'a> {
    /// What `delv` said above.
    said: Option<(&'a str, usize)>,
    /// The name that was asked for, and the one whose records stand for it by now.
    owner: &'a str,
    target: &'a str,
    /// Where each record begins and ends.
    records: Vec<(usize, usize)>,
    is_open: bool,
    /// Where the signature of the records stands.
    signature: Option<(usize, usize)>,
}

impl<'a> Zone<'a> {
    /// Takes a line without quoting.
    pub(super) fn line(&mut self, line: &'a str, at: usize, sink: &mut Sink<'_>) {
        let end = at + line.len();
        if self.is_open {
            if let Some(last) = self.signature.as_mut().or(self.records.last_mut()) {
                last.1 = end;
            }
            self.is_open = is_open(line, true);
            return;
        }
        if line.starts_with(';') {
            self.finish(sink);
            self.said = (line == VALIDATED || line.starts_with("; unsigned")).then_some((line, at));
            if let Some((owner, why)) = failed(line) {
                let words = sink.source.span(at, end);
                let mut made = named(&format!("{owner}."), words);
                let why = format!("delv: {}", beginning(why, 60));
                made.miss(Attribute::Data, GapReason::Failed, why.clone(), words);
                let completion = Completion::Unfinished(Gap::new(GapReason::Failed, why).at([words]));
                self.push(made, completion, sink);
            }
            return;
        }
        let Some((owner, kind, data)) = record(line) else {
            self.finish(sink);
            self.said = None;
            return;
        };
        match (kind, data.first()) {
            ("CNAME", Some(target)) => {
                if self.target != owner {
                    self.finish(sink);
                    self.owner = owner;
                }
                self.target = target;
            }
            ("RRSIG", Some(&"TLSA")) if self.target == owner && !self.records.is_empty() => {
                self.signature = Some((at, end));
                self.is_open = is_open(line, false);
            }
            ("RRSIG", _) => self.is_open = is_open(line, false),
            ("TLSA", _) => {
                if self.target != owner || self.signature.is_some() {
                    self.finish(sink);
                    (self.owner, self.target) = (owner, owner);
                }
                self.records.push((at, end));
                self.is_open = is_open(line, false);
            }
            _ => {}
        }
    }

    /// Makes an answer of what was read so far. What `delv` said is said of one answer.
    pub(super) fn finish(&mut self, sink: &mut Sink<'_>) {
        let said = self.said.filter(|_| self.records.is_empty());
        let done = std::mem::replace(self, Self { said, ..Self::default() });
        let (Some(first), Some(last)) = (done.records.first(), done.records.last()) else { return };
        let source = sink.source;
        let whole = source.span(first.0, done.signature.map_or(last.1, |signature| signature.1));
        let mut made = named(done.owner, whole);
        let is_validated = done.said.is_some_and(|(said, _)| said == VALIDATED);
        match (done.said, done.signature) {
            (Some((_, said)), Some((at, end))) if is_validated => {
                let started = sink.collected("delv");
                match doubt(source.text().get(at..end).unwrap_or_default(), started.value().copied()) {
                    Some(why) => made.miss(Attribute::Validation, GapReason::Contradicted, why, whole),
                    None => made.know(Attribute::Validation, "delv", source.span(said, end)),
                }
            }
            (said, _) => {
                let why = match said {
                    Some(_) if is_validated => "the signature that delv validated is not shown",
                    Some(_) => "delv: unsigned answer",
                    None => "a record by itself shows no signature",
                };
                made.miss(Attribute::Validation, GapReason::NotStated, why, whole);
            }
        }
        for (at, end) in &done.records {
            let line = source.text().get(*at..*end).unwrap_or_default();
            let data = record(line).map(|(_, _, data)| data).unwrap_or_default();
            tlsa(&mut made, data, source.span(*at, *end));
        }
        let completion = match done.signature.filter(|_| is_validated && !done.is_open) {
            Some((at, end)) => Completion::Finished(vec![source.span(at, end)]),
            None => {
                let detail =
                    "whether all TLSA records of the name stand there cannot be seen: use `delv` without +nodnssec";
                Completion::Unfinished(Gap::new(GapReason::NotReportedByFormat, detail).at([whole]))
            }
        };
        done.push(made, completion, sink);
    }

    fn push(&self, made: Made, completion: Completion, sink: &mut Sink<'_>) {
        let tool = self.said.map(|_| "delv".to_owned());
        let started = sink.collected(tool.as_deref().unwrap_or("a zone"));
        push(sink, super::dig::ID, tool, started, completion, vec![made]);
    }
}

/// Why an RRSIG is none for this time, which is that of the answer.
fn doubt(line: &str, time: Option<Timestamp>) -> Option<String> {
    let Some((from, to)) = signed(line) else { return Some("the times of the signature cannot be read".to_owned()) };
    time.is_some_and(|time| time < from || time > to)
        .then(|| format!("the records are signed from {from} to {to}, and are said to be of another time"))
}

/// From when until when an RRSIG holds: `20261121232941` for each
/// ([RFC 4034 §3.2](https://www.rfc-editor.org/rfc/rfc4034#section-3.2)).
fn signed(line: &str) -> Option<(Timestamp, Timestamp)> {
    let (_, _, data) = record(line)?;
    let time = |digits: &str| -> Option<Timestamp> {
        let part = |range| digits.get(range);
        let day = format!("{}-{}-{}", part(0..4)?, part(4..6)?, part(6..8)?);
        format!("{day}T{}:{}:{}Z", part(8..10)?, part(10..12)?, part(12..14)?).parse().ok()
    };
    let mut times = data.into_iter().skip(4).filter(|word| *word != "(");
    let (to, from) = (times.next()?, times.next()?);
    Some((time(from)?, time(to)?))
}

/// An answer for the TLSA records of a name. One that does not end in a dot is relative to a zone that is not shown.
fn named(owner: &str, words: Span) -> Made {
    let name = owner.trim_end_matches('.').to_ascii_lowercase();
    let mut made = Made::new(SubjectKind::DnsRecord, format!("TLSA records of {}", beginning(&name, 100)));
    if owner.ends_with('.') {
        made.know(Attribute::Owner, name, words);
    } else {
        let detail = "the name is relative to a zone that is not shown: it does not end in a dot";
        made.miss(Attribute::Owner, GapReason::NotStated, detail, words);
    }
    made.know(Attribute::RecordType, "TLSA", words);
    made
}
