//! A paste taken apart into sessions: one connection each, with the command above it, if it is there.
//!
//! Standard output may be written late, so that what goes to standard error stands before `CONNECTED` as well as behind
//! it. Commands part sessions without doubt; without them, what stands behind a whole session belongs to the next one.

use super::command::{self, Command};
use super::line::{Label, label, unquoted};
use crate::evidence::{Basis, Fact, ReportedCertificate};
use crate::formats::service::address;
use crate::formats::stated::openssl_time;
use crate::source::{SourceText, Span};

/// More sessions than this are not told apart in one paste.
const MAX_SESSIONS: usize = 5000;
/// More lines than this are not kept of one session.
const MAX_LINES: usize = 200;
/// More certificates than any chain has.
const MAX_ENTRIES: usize = 100;

/// One connection.
#[derive(Debug)]
pub(super) struct Session<'t> {
    pub(super) command: Option<Command>,
    /// Whether the command that it is of cannot be told.
    pub(super) is_ambiguous: bool,
    /// Its first line.
    pub(super) place: Span,
    /// The byte behind it.
    pub(super) end: usize,
    /// The address that was tried last.
    pub(super) address: Option<String>,
    /// Its lines of known labels, in order.
    lines: Vec<(Label, &'t str, Span)>,
    /// What stands under `Certificate chain`.
    pub(super) entries: Vec<Entry>,
    /// How many issuers are named there.
    pub(super) issuers: usize,
    /// Where that part ends.
    pub(super) chain_end: Option<usize>,
    /// From where to where the part under `Server certificate` goes.
    pub(super) leaf: Option<(usize, Option<usize>)>,
    /// From where to where a stapled OCSP response goes.
    pub(super) status: Option<(usize, usize)>,
    part: Part,
    /// Whether everything was printed that is printed of a handshake.
    pub(super) is_whole: bool,
    /// Whether nothing more belongs to it.
    is_closed: bool,
    /// Whether a ticket came behind it, which shows the session again.
    has_ticket: bool,
}

/// A certificate of the chain that was sent.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) number: usize,
    /// From its first byte to the next one.
    pub(super) start: usize,
    pub(super) described: ReportedCertificate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Status,
    Chain,
    Leaf,
    Other,
}

impl<'t> Session<'t> {
    fn new(place: Span) -> Self {
        Self {
            command: None,
            is_ambiguous: false,
            place,
            end: place.start as usize,
            address: None,
            lines: Vec::new(),
            entries: Vec::new(),
            issuers: 0,
            chain_end: None,
            leaf: None,
            status: None,
            part: Part::Other,
            is_whole: false,
            is_closed: false,
            has_ticket: false,
        }
    }

    /// The words of its lines of this label.
    pub(super) fn all(&self, label: Label) -> impl Iterator<Item = (&'t str, Span)> {
        self.lines.iter().filter(move |(known, ..)| *known == label).map(|(_, words, place)| (*words, *place))
    }

    /// The first of them.
    pub(super) fn first(&self, label: Label) -> Option<(&'t str, Span)> {
        self.all(label).next()
    }

    /// Whether all of its lines were kept.
    pub(super) const fn is_kept(&self) -> bool {
        self.lines.len() < MAX_LINES
    }

    pub(super) fn has(&self, label: Label) -> bool {
        self.first(label).is_some()
    }

    /// Whether something was printed that stands in a session only.
    fn has_begun(&self) -> bool {
        self.lines.iter().any(|(label, ..)| {
            label.is_landmark() || matches!(label, Label::ConnectFailed | Label::Usage | Label::Reconnect)
        })
    }

    /// Whether what the handshake led to was printed; a brief session has no mark for its end.
    fn is_over(&self) -> bool {
        self.is_whole || self.is_closed || self.has(Label::BriefSuite)
    }

    /// Whether a line of this label belongs to another session than this one.
    fn is_before(&self, label: Label, words: &str) -> bool {
        match label {
            Label::Connecting => {
                self.is_over()
                    || self.lines.iter().any(|(known, ..)| known.is_landmark() && *known != Label::Connecting)
            }
            // A server that misses a certificate in TLS 1.3 says so behind the handshake.
            Label::Error => self.is_closed || self.is_over() && !words.contains("alert certificate required"),
            Label::Verifying | Label::NoServerName | Label::NoStartTls | Label::Reconnect => self.is_over(),
            Label::ConnectFailed => self.has_begun_otherwise(),
            Label::Usage => self.lines.iter().any(|(label, ..)| *label != Label::Usage && label.is_landmark()),
            _ => label.is_landmark() && (self.has(label) || self.is_closed),
        }
    }

    fn has_begun_otherwise(&self) -> bool {
        self.lines
            .iter()
            .any(|(label, ..)| label.is_landmark() && *label != Label::Connecting || *label == Label::ConnectFailed)
    }

    /// Takes a line in.
    fn line(&mut self, line: &'t str, place: Span, is_cut: bool) {
        let found = label(line);
        if self.part == Part::Chain && found.is_none() {
            self.entry(line, place);
        }
        if line == "---" {
            match self.part {
                Part::Chain => self.chain_end = Some(place.start as usize),
                Part::Leaf => self.leaf = self.leaf.map(|(start, _)| (start, Some(place.start as usize))),
                Part::Status => {
                    self.status = self.status.map(|(start, _)| (start, place.start as usize));
                }
                Part::Other => {}
            }
            self.part = Part::Other;
            self.is_whole |= self.lines.last().is_some() && self.ends_with_verification();
        }
        let Some((label, words)) = found else { return };
        let keeps = match label {
            // What follows is what the server says: only OpenSSL's own lines count.
            _ if self.is_whole => match label {
                Label::Ticket => {
                    self.has_ticket = true;
                    false
                }
                Label::StartTime => self.has_ticket,
                Label::Error => true,
                _ => false,
            },
            Label::Connected
            | Label::Established
            | Label::ConnectFailed
            | Label::Usage
            | Label::Error
            | Label::NoCertificate => true,
            // The end of the last line may be missing.
            _ => !is_cut,
        };
        if !keeps || label == Label::Verifying || self.lines.len() >= MAX_LINES {
            return;
        }
        match label {
            Label::Connecting => self.address = address(words),
            Label::Status => {
                self.part = Part::Status;
                self.status = Some((place.start as usize, place.start as usize));
            }
            Label::Chain => self.part = Part::Chain,
            Label::Leaf => {
                self.part = Part::Leaf;
                self.leaf = Some((place.start as usize, None));
            }
            Label::ConnectFailed | Label::Usage => self.is_closed = true,
            _ => {}
        }
        let label = if self.is_whole && label == Label::Error { Label::LateError } else { label };
        self.lines.push((label, words, place));
    }

    /// Whether the handshake's last line was read: what was thought of the chain, and whether tickets are late.
    fn ends_with_verification(&self) -> bool {
        let is_result = |label: &Label| matches!(label, Label::New | Label::Reused);
        self.lines.iter().any(|(label, ..)| is_result(label))
            && self.lines.iter().any(|(label, words, _)| *label == Label::Verification && words.contains('('))
    }

    /// A line under `Certificate chain`.
    fn entry(&mut self, line: &str, place: Span) {
        if let Some((number, _)) = line.split_once(" s:")
            && let Ok(number) = number.parse()
        {
            if self.entries.len() < MAX_ENTRIES {
                let described = ReportedCertificate { words: vec![place], ..ReportedCertificate::default() };
                self.entries.push(Entry { number, start: place.start as usize, described });
            }
            return;
        }
        self.issuers += usize::from(line.starts_with("i:"));
        let Some(Entry { described, .. }) = self.entries.last_mut() else { return };
        if let Some(words) = line.strip_prefix("a:PKEY: ") {
            // Of a curve, the number counts otherwise than ours.
            let Some((family, rest)) = words.split_once(", ") else { return };
            let bits = rest.split_once(" (bit)").and_then(|(bits, _)| bits.parse().ok());
            described.key_algorithm =
                (family == "rsaEncryption").then(|| Fact::new("RSA".to_owned(), Basis::ToolSays, [place]));
            described.key_bits =
                bits.filter(|_| family == "rsaEncryption").map(|bits| Fact::new(bits, Basis::ToolSays, [place]));
        } else if let Some((_, end)) = line.strip_prefix("v:").and_then(|words| words.split_once("NotAfter: ")) {
            described.not_after = openssl_time(end).map(|end| Fact::new(end, Basis::ToolSays, [place]));
        }
    }
}

/// The sessions between two bytes of the source; where there are too many, also where those begin that are left out.
pub(super) fn split(source: &SourceText, start: usize, end: usize) -> (Vec<Session<'_>>, Option<Span>) {
    let text = source.text().get(start..end).unwrap_or_default();
    let mut sessions: Vec<Session<'_>> = Vec::new();
    let mut at = start;
    let mut continued: Option<String> = None;
    let mut left_out = None;
    for whole in text.split_inclusive('\n') {
        let line = unquoted(whole);
        let begins = at + (whole.trim_end().len() - line.len());
        let place = source.span(begins, begins + line.len());
        at += whole.len();
        if sessions.len() >= MAX_SESSIONS
            && (command::begins(whole) || label(line).is_some_and(|(label, _)| label.is_landmark()))
        {
            left_out = Some(place);
            break;
        }
        let typed = match continued.take() {
            Some(before) => Some(format!("{before} {line}")),
            None => command::begins(whole).then(|| whole.trim_end().to_owned()),
        };
        if let Some(typed) = typed {
            if let Some(open) = typed.strip_suffix('\\').filter(|_| typed.len() < 10_000) {
                continued = Some(open.to_owned());
                continue;
            }
            let follows = sessions.last().is_some_and(|last| {
                !last.has_begun() && last.lines.is_empty() && (last.command.is_some() || last.is_ambiguous)
            });
            if follows {
                sessions.pop();
            }
            let command = command::parse(&typed).filter(|_| !follows);
            let is_ambiguous = command.is_none();
            sessions.push(Session { command, is_ambiguous, ..Session::new(place) });
        } else if let Some((label, words)) = label(line) {
            let begins_another = sessions.last().is_none_or(|last| last.is_before(label, words));
            if begins_another {
                sessions.push(Session::new(place));
            }
            if label == Label::Reconnect {
                let before = sessions.iter().rev().find(|session| session.has_begun());
                let command = before.and_then(|session| session.command.clone());
                if let Some(session) = sessions.last_mut() {
                    session.command = session.command.take().or(command);
                }
            }
        }
        if let Some(session) = sessions.last_mut() {
            session.line(line, place, !whole.ends_with('\n'));
            session.end = at;
        }
    }
    // What OpenSSL says behind a session, where no other one follows, belongs to it.
    let mut told: Vec<Session<'_>> = Vec::new();
    for session in sessions {
        if session.has_begun() || session.command.is_some() && !session.lines.is_empty() {
            told.push(session);
        } else if let Some(last) = told.last_mut() {
            let errors = session.lines.into_iter().filter(|(label, ..)| *label == Label::Error);
            last.lines.extend(errors.map(|(_, words, place)| (Label::LateError, words, place)));
        }
    }
    (told, left_out)
}
