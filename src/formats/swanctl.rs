//! `swanctl --list-sas` of strongSwan: as it is printed, and `--raw` or `--pretty`, which end with a line of their own.
//!
//! A tunnel is a CHILD_SA that is installed. What surprises: a child that was rekeyed stands there as DELETED for a while;
//! a connection that fails shows its algorithms all the same; the child that comes with the IKE_SA never shows a group for
//! forward secrecy, whatever was configured, and the one that takes its place does.

use super::Sink;
use super::exhibits::{Made, push};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{Attribute, Completion, Gap, GapReason, SubjectKind};
use crate::letters::beginning;
use crate::ordered::Map;
use crate::source::SourceText;

pub(super) const ID: &str = "swanctl-list-sas";
pub(super) const COMMANDS: &[&str] = &["swanctl --list-sas --raw", "swanctl --list-sas"];
pub(super) const NEVER_SHOWS: &[&str] = &[
    "the time; that nothing was cut off, without --raw or --pretty",
    "what goes around the tunnel: routes and the kernel's policies",
    "how the peers authenticated, and aggressive mode",
];

/// States of a child that carries nothing yet, and of one that another took the place of. Whatever else stands there may
/// carry data.
const NOT_YET: [&str; 2] = ["CREATED", "ROUTED"];
const NO_MORE: [&str; 4] = ["REKEYED", "DELETING", "DELETED", "DESTROYING"];

/// How the modes of children that protect begin: `TUNNEL-in-UDP`. `PASS` and `DROP` are policies without protection.
const MODES: [&str; 4] = ["TUNNEL", "TRANSPORT", "BEET", "IPTFS"];

/// The most tunnels of one input.
const MOST: usize = 1000;

/// An association as it is put together: the words of each value and where they stand.
#[derive(Default)]
struct Association<'a> {
    name: &'a str,
    version: Option<Said<'a>>,
    state: Option<Said<'a>>,
    /// Of a child: how it carries data.
    mode: Option<Said<'a>>,
    /// Of a child: ESP or AH.
    protocol: Option<Said<'a>>,
    algorithms: Vec<Algorithm<'a>>,
    local: Vec<Said<'a>>,
    remote: Vec<Said<'a>>,
    bytes_in: Option<Said<'a>>,
    bytes_out: Option<Said<'a>>,
    /// Whether something stands there twice.
    is_ambiguous: bool,
    /// Whether what a peer calls itself cannot be told from what is said of it.
    is_unreadable: bool,
    children: Vec<Association<'a>>,
    /// Whether the section of the children was there.
    has_children: bool,
    at: usize,
}

/// A value and where it begins.
type Said<'a> = (&'a str, usize);

/// An algorithm with the size of its key, where that stands by itself.
struct Algorithm<'a> {
    name: Said<'a>,
    size: Option<Said<'a>>,
}

/// Whether a line begins the associations of one peer.
pub(super) fn starts(line: &str) -> bool {
    let line = inner(line);
    line.starts_with("list-sa event {") || line.starts_with("list-sas reply {") || is_ike(line)
}

/// A line without quoting before it.
fn inner(line: &str) -> &str {
    line.trim_end().trim_start_matches(['>', '|']).trim_start_matches(' ')
}

/// `hq-branch: #1, ESTABLISHED, IKEv2, 65b5847ccb840569_i* b974fd8031828261_r`
fn is_ike(line: &str) -> bool {
    line.split_once(": #").is_some_and(|(name, rest)| {
        !name.contains(' ') && (rest.contains(", IKEv1, ") || rest.contains(", IKEv2, ")) && rest.contains("_i")
    })
}

/// Reads the associations between two bytes of the source.
pub(super) fn read(start: usize, end: usize, sink: &mut Sink<'_>) {
    let source = sink.source;
    let text = source.text().get(start..end).unwrap_or_default();
    let whole = source.span(start, end);
    let (associations, is_whole) = match text.lines().map(inner).find(|line| starts(line)) {
        Some(line) if line.starts_with("list-sa") => sections(text, start),
        _ => (printed(text, start), false),
    };
    let mut made = Vec::new();
    for ike in &associations {
        if ike.is_unreadable {
            let message = "what a peer calls itself has braces or names of values in it: its tunnels cannot be read";
            sink.note(Diagnostic::error(Code::UnknownValue, message).at(source.span(ike.at, ike.at + ike.name.len())));
        }
        // Only what was made after the IKE_SA shows whether it has a secret of its own.
        let mut replaced: Map<&str, Said<'_>> = Map::new();
        for child in ike.children.iter().filter(|child| child.is_in(&NO_MORE)) {
            if let Some(state) = child.state {
                replaced.insert(child.name, state);
            }
        }
        let installed = ike.children.iter().filter(|child| !child.is_in(&NOT_YET) && !child.is_in(&NO_MORE));
        let before = made.len();
        let mut installed = installed.map(|child| tunnel(ike, child, replaced.get(child.name).copied(), source));
        made.extend(installed.by_ref().take(MOST.saturating_sub(before)));
        if before >= MOST || installed.next().is_some() {
            let message = format!("more than {MOST} tunnels; what comes after them was not read");
            sink.note(Diagnostic::error(Code::InputTooLarge, message).at(whole));
            break;
        }
        if made.len() == before {
            let mut none = Made::new(SubjectKind::Tunnel, format!("tunnel {}: not installed", beginning(ike.name, 80)));
            let words = source.span(ike.at, ike.at + ike.name.len());
            none.miss(Attribute::State, GapReason::Failed, "no child of this connection is installed", words);
            made.push(none);
        }
    }
    let completion = if is_whole {
        Completion::Finished(vec![whole])
    } else {
        let detail =
            "whether all is there cannot be seen: `swanctl --list-sas --raw` ends with the line `list-sas reply {}`";
        Completion::Unfinished(Gap::new(GapReason::NotReportedByFormat, detail).at([whole]))
    };
    let started = sink.collected("swanctl");
    push(sink, ID, Some("swanctl".to_owned()), started, completion, made);
}

fn tunnel(ike: &Association<'_>, child: &Association<'_>, replaced: Option<Said<'_>>, source: &SourceText) -> Made {
    let mut made =
        Made::new(SubjectKind::Tunnel, format!("tunnel {}/{}", beginning(ike.name, 80), beginning(child.name, 80)));
    let span = |(text, at): Said<'_>| source.span(at, at + text.len());
    if ike.is_ambiguous || ike.is_unreadable || child.is_ambiguous {
        let words = source.span(child.at, child.at + child.name.len());
        made.miss(Attribute::State, GapReason::Unsupported, "the report says something twice", words);
        return made;
    }
    let is_protecting = |mode: &str| MODES.into_iter().any(|known| mode.starts_with(known));
    if let Some(mode) = child.mode.filter(|(mode, _)| !is_protecting(mode)) {
        let detail = format!("the mode of the child is {}, which protects nothing", beginning(mode.0, 40));
        made.miss(Attribute::State, GapReason::Unsupported, detail, span(mode));
        return made;
    }
    let values = [
        (Attribute::IkeVersion, ike.version),
        (Attribute::IkeState, ike.state),
        (Attribute::State, child.state),
        (Attribute::Protocol, child.protocol),
        (Attribute::BytesIn, child.bytes_in),
        (Attribute::BytesOut, child.bytes_out),
    ];
    for (attribute, value) in values {
        if let Some(value) = value {
            made.know(attribute, value.0, span(value));
        }
    }
    for (attribute, list) in [(Attribute::IkeAlgorithm, &ike.algorithms), (Attribute::Algorithm, &child.algorithms)] {
        for algorithm in list {
            let size = algorithm.size.map(|(size, _)| format!("-{size}")).unwrap_or_default();
            made.know(attribute, format!("{}{size}", algorithm.name.0), span(algorithm.name));
        }
    }
    for (attribute, list) in [(Attribute::LocalSelector, &child.local), (Attribute::RemoteSelector, &child.remote)] {
        for selector in list {
            made.know(attribute, selector.0, span(*selector));
        }
    }
    if let Some(state) = replaced {
        made.know(Attribute::Rekeyed, "yes", span(state));
    }
    made
}

/// Takes a value that must stand there once.
fn once<'a>(slot: &mut Option<Said<'a>>, value: Said<'a>) -> bool {
    slot.replace(value).is_none()
}

/// The printed form.
fn printed(text: &str, start: usize) -> Vec<Association<'_>> {
    let mut all: Vec<Association<'_>> = Vec::new();
    let mut at = start;
    for line in text.split_inclusive('\n') {
        let trimmed = inner(line).trim();
        let place = at + (line.len() - line.trim_start_matches(['>', '|', ' ', '\t']).len());
        at += line.len();
        if is_ike(trimmed) {
            let (name, rest) = trimmed.split_once(": #").unwrap_or_default();
            let mut ike = Association { name, at: place, ..Association::default() };
            let mut words = parts(rest, place + name.len() + 3, ", ").skip(1);
            ike.state = words.next();
            ike.version = words.next();
            all.push(ike);
            continue;
        }
        let Some(ike) = all.last_mut() else { continue };
        if let Some((name, rest)) = trimmed.split_once(": #").filter(|(_, rest)| rest.contains(", reqid ")) {
            let mut child = Association { name, at: place, ..Association::default() };
            let mut words = parts(rest, place + name.len() + 3, ", ").skip(2);
            child.state = words.next();
            child.mode = words.next();
            if let Some((protocol, algorithms)) = words.next().and_then(|(text, at)| {
                let (protocol, rest) = text.split_once(':')?;
                Some(((protocol, at), (rest, at + protocol.len() + 1)))
            }) {
                child.protocol = Some(protocol);
                let algorithms = parts(algorithms.0, algorithms.1, "/");
                child.algorithms = algorithms.map(|name| Algorithm { name, size: None }).collect();
            }
            ike.children.push(child);
        } else if let Some(child) = ike.children.last_mut() {
            let counted = |prefix| {
                let rest: &str = trimmed.strip_prefix(prefix)?;
                let bytes = rest.split(',').nth(1)?;
                let number = bytes.trim().strip_suffix(" bytes")?;
                Some((number, place + trimmed.find(bytes)? + bytes.len() - bytes.trim_start().len()))
            };
            if let Some(bytes) = counted("in ") {
                child.is_ambiguous |= !once(&mut child.bytes_in, bytes);
            } else if let Some(bytes) = counted("out ") {
                child.is_ambiguous |= !once(&mut child.bytes_out, bytes);
            } else if let Some(list) = trimmed.strip_prefix("local ") {
                child.local.extend(parts(list, place + "local ".len(), " "));
            } else if let Some(list) = trimmed.strip_prefix("remote ") {
                child.remote.extend(parts(list, place + "remote ".len(), " "));
            }
        } else if !trimmed.contains(' ') && trimmed.contains('/') && ike.algorithms.is_empty() {
            ike.algorithms = parts(trimmed, place, "/").map(|name| Algorithm { name, size: None }).collect();
        }
    }
    all
}

/// The parts of a text that are not empty, with their places.
fn parts<'a>(text: &'a str, start: usize, separator: &'static str) -> impl Iterator<Item = Said<'a>> {
    let mut at = start;
    text.split(separator).filter_map(move |part| {
        let begins = at + (part.len() - part.trim_start().len());
        at += part.len() + separator.len();
        let part = part.trim();
        (!part.is_empty()).then_some((part, begins))
    })
}

/// The form with sections in braces, and whether its last line is there.
fn sections(text: &str, start: usize) -> (Vec<Association<'_>>, bool) {
    let mut all: Vec<Association<'_>> = Vec::new();
    let mut is_whole = false;
    // The names of the sections that are open, outermost first.
    let mut open: Vec<&str> = Vec::new();
    let mut words: Vec<Said<'_>> = Vec::new();
    let mut tokens = tokens(text, start).into_iter().peekable();
    while let Some((token, at)) = tokens.next() {
        match token {
            "{" => {
                let name = words.last().copied().unwrap_or(("", at));
                // A reply that says something says what failed.
                is_whole |= open.is_empty() && name.0 == "reply" && tokens.peek().is_some_and(|next| next.0 == "}");
                match open.as_slice() {
                    ["event"] => all.push(Association { name: name.0, at: name.1, ..Association::default() }),
                    ["event", _] if name.0 == "child-sas" => {
                        if let Some(ike) = all.last_mut() {
                            ike.is_ambiguous |= std::mem::replace(&mut ike.has_children, true);
                        }
                    }
                    ["event", _, "child-sas"] => {
                        if let Some(ike) = all.last_mut() {
                            ike.children.push(Association { name: name.0, at: name.1, ..Association::default() });
                        }
                    }
                    _ => {}
                }
                open.push(name.0);
                words.clear();
            }
            "}" => {
                open.pop();
                words.clear();
            }
            "=" => {
                let Some((key, _)) = words.pop() else { continue };
                if is_identity(key) {
                    let value = tokens.next().map(|(value, _)| value).unwrap_or_default();
                    if let Some(ike) = all.last_mut() {
                        ike.is_unreadable |= value.contains(['{', '}']) || value.contains(BEHIND);
                    }
                    continue;
                }
                let mut values: Vec<Said<'_>> = Vec::new();
                if tokens.next_if(|(token, _)| *token == "[").is_some() {
                    // A selector may have brackets of its own: `10.2.0.1/32[tcp/https]`.
                    while let Some(value) = tokens.next_if(|(token, _)| !matches!(*token, "]" | "{" | "}")) {
                        values.push(value);
                    }
                } else if let Some(value) = tokens.next_if(|(token, _)| !matches!(*token, "{" | "}" | "=")) {
                    values.push(value);
                }
                let Some(ike) = all.last_mut() else { continue };
                match open.as_slice() {
                    ["event", _] => ike.take(key, &values, false),
                    ["event", _, "child-sas", _] => {
                        if let Some(child) = ike.children.last_mut() {
                            child.take(key, &values, true);
                        }
                    }
                    _ => {}
                }
                words.clear();
            }
            _ => words.push((token, at)),
        }
    }
    (all, is_whole && open.is_empty())
}

impl<'a> Association<'a> {
    fn is_in(&self, states: &[&str]) -> bool {
        self.state.is_some_and(|(state, _)| states.contains(&state))
    }

    /// Takes `key=value`. What the peer calls itself may hold anything, so that a key may come twice.
    fn take(&mut self, key: &'a str, values: &[Said<'a>], is_child: bool) {
        let Some(value) = values.first().copied() else { return };
        let is_new = match key {
            "name" if is_child => {
                self.name = value.0;
                true
            }
            "version" if !is_child => once(&mut self.version, value),
            "mode" if is_child => once(&mut self.mode, value),
            "state" => once(&mut self.state, value),
            "protocol" if is_child => once(&mut self.protocol, value),
            "bytes-in" => once(&mut self.bytes_in, value),
            "bytes-out" => once(&mut self.bytes_out, value),
            "local-ts" => {
                self.local.extend(values);
                true
            }
            "remote-ts" => {
                self.remote.extend(values);
                true
            }
            "encr-alg" | "integ-alg" | "prf-alg" | "dh-group" => {
                self.algorithms.push(Algorithm { name: value, size: None });
                true
            }
            "encr-keysize" => {
                let cipher = self.algorithms.last_mut();
                cipher.is_some_and(|cipher| once(&mut cipher.size, value))
            }
            _ if key.starts_with("ake") => {
                self.algorithms.push(Algorithm { name: value, size: None });
                true
            }
            _ => true,
        };
        self.is_ambiguous |= !is_new;
    }
}

/// What stands behind what a peer calls itself, on one line of `--raw`; `initiator=yes` may stand before it.
const BEHIND: &str = "initiator-spi=";

/// Whether a value is what the peer calls itself, which may hold anything.
fn is_identity(key: &str) -> bool {
    key.starts_with("remote-") && key.ends_with("-id")
}

/// How long the name of a peer is: to the last sign of its end, since nothing of the peer's choice comes later.
fn identity(rest: &str, is_pretty: bool) -> usize {
    if is_pretty {
        return rest.find('\n').unwrap_or(rest.len());
    }
    let next = rest.match_indices('\n').find(|(at, _)| rest.get(at + 1..).is_some_and(|line| starts(first_line(line))));
    let event = rest.get(..next.map_or(rest.len(), |(at, _)| at)).unwrap_or_default();
    let value = event.get(..event.rfind(BEHIND).unwrap_or(event.len())).unwrap_or_default().trim_end();
    value.strip_suffix("initiator=yes").unwrap_or(value).len()
}

fn first_line(text: &str) -> &str {
    text.split('\n').next().unwrap_or_default()
}

/// Words, and the signs between them. What a peer calls itself is one word.
fn tokens(text: &str, start: usize) -> Vec<Said<'_>> {
    let mut tokens: Vec<Said<'_>> = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let is_sign = |c: char| matches!(c, '{' | '}' | '[' | ']' | '=');
        let blank = rest.len() - rest.trim_start().len();
        if blank > 0 {
            at += blank;
        } else if rest.starts_with(is_sign) {
            let is_identity = rest.starts_with('=') && tokens.last().is_some_and(|(key, _)| is_identity(key));
            tokens.push((rest.get(..1).unwrap_or_default(), start + at));
            at += 1;
            if let Some(rest) = text.get(at..).filter(|_| is_identity) {
                let is_pretty = text.get(..at - 1).is_some_and(|before| before.ends_with(' '));
                let length = identity(rest, is_pretty);
                tokens.push((rest.get(..length).unwrap_or_default().trim(), start + at));
                at += length;
            }
        } else {
            let end = rest.find(|c: char| c.is_whitespace() || is_sign(c)).unwrap_or(rest.len());
            // `10.2.0.1/32[tcp/https]` is one word.
            let end = match rest.get(end..).filter(|rest| rest.starts_with('[') && end > 0) {
                Some(bracket) => end + bracket.find(']').map_or(bracket.len(), |close| close + 1),
                None => end,
            };
            tokens.push((rest.get(..end).unwrap_or_default(), start + at));
            at += end.max(1);
        }
    }
    tokens
}
