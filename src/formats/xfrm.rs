//! `ip xfrm state` and `ip xfrm policy` of iproute2: what the Linux kernel does with packets, whoever told it to.
//!
//! A policy says which packets go through a tunnel, and an association how they are encrypted; only together they are
//! one. What surprises: a policy without a template lets its packets pass in the clear, ahead of any with a greater
//! priority number; keys count the salt of RFC 4106 (32 bits more); neither list has an end, so that an association or
//! a policy that was cut off can be missed only by `count`. Written after iproute2's `ip/ipxfrm.c`.

mod algorithms;

use algorithms::algorithm;

use super::Sink;
use super::exhibits::{Made, push};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{Attribute, Completion, Gap, GapReason, SubjectKind};
use crate::gathered::Gathered;
use crate::network::Network;
use crate::source::SourceText;

pub(super) const ID: &str = "ip-xfrm";
pub(super) const COMMANDS: &[&str] =
    &["ip -s xfrm state nokeys; ip xfrm state count; ip xfrm policy; ip xfrm policy count"];
pub(super) const NEVER_SHOWS: &[&str] = &[
    "IKE: its version, its algorithms, how the peers authenticated, and forward secrecy",
    "without the counts, that nothing was cut off; without -s, whether data went through",
    "the time, and what goes around the tunnel by routes and interfaces",
];

/// The most associations and policies of one input.
const MOST: usize = 1000;

/// A value and where it begins.
type Said<'a> = (&'a str, usize);

/// What policies have besides their selectors, which limits nothing.
const HARMLESS: [&str; 8] = ["lifetime", "limit:", "expire", "add", "enc-mask", "level", "proto", "uid"];

/// An association or a policy as its lines are read.
#[derive(Default)]
struct Entry<'a> {
    head: Said<'a>,
    from: &'a str,
    to: &'a str,
    /// What stands behind the addresses: protocol and ports.
    ports: &'a str,
    /// Whether it is a policy; not known before its second line.
    is_policy: Option<bool>,
    /// Of a policy: `in`, `out` or `fwd`; none where it is of a socket.
    direction: &'a str,
    /// None where it is not said.
    priority: Option<u64>,
    is_blocking: bool,
    templates: Vec<Template<'a>>,
    /// The words that limit a policy to some interface or mark.
    limit: Option<&'a str>,
    association: Template<'a>,
    /// Each with the word before it and its name in strongSwan's words.
    algorithms: Vec<(&'a str, String, Said<'a>)>,
    bytes: Option<Said<'a>>,
    lifetime: Option<Said<'a>>,
    extended: Option<Said<'a>>,
    is_ambiguous: bool,
}

/// How packets are to be protected.
#[derive(Default)]
struct Template<'a> {
    from: &'a str,
    to: &'a str,
    protocol: Said<'a>,
    spi: &'a str,
    reqid: &'a str,
    mode: &'a str,
    is_optional: bool,
}

/// Both lists, with what counts them.
#[derive(Default)]
struct Lists<'a> {
    associations: Vec<Entry<'a>>,
    policies: Vec<Entry<'a>>,
    /// Whether something stands there that is neither.
    has_stray: bool,
    counted_associations: Option<(usize, Said<'a>)>,
    counted_policies: Option<(usize, Said<'a>)>,
}

/// Whether a line begins an association or a policy, or counts them.
pub(super) fn starts(line: &str) -> bool {
    let line = inner(line);
    head(line).is_some() || counted(line).is_some()
}

fn inner(line: &str) -> &str {
    line.trim_end().trim_start_matches(['>', '|', ' ', '\t'])
}

/// `src 10.1.0.0/24 dst 10.2.0.0/24 proto tcp`: both addresses, and what stands behind them.
fn head(line: &str) -> Option<(&str, &str, &str)> {
    let (from, rest) = line.strip_prefix("src ")?.split_once(" dst ")?;
    let (to, ports) = rest.split_once(' ').unwrap_or((rest, ""));
    (Network::parse(from).is_some() && Network::parse(to).is_some()).then_some((from, to, ports.trim()))
}

/// `SAD count 2`, or `SPD IN  1 OUT 1 FWD 1`: whether it is of policies, and how many there are.
fn counted(line: &str) -> Option<(bool, usize)> {
    if !line.starts_with('S') {
        return None;
    }
    let mut words = line.split_whitespace();
    let number = |word: Option<&str>| word?.parse::<usize>().ok();
    match (words.next()?, words.next()?) {
        ("SAD", "count") => Some((false, number(words.next())?)),
        ("SPD", "IN") => {
            let incoming = number(words.next())?;
            let outgoing = (words.next()? == "OUT").then(|| number(words.next()))??;
            let forwarded = (words.next()? == "FWD").then(|| number(words.next()))??;
            Some((true, incoming.checked_add(outgoing)?.checked_add(forwarded)?))
        }
        _ => None,
    }
}

/// Reads the lists between two bytes of the source.
pub(super) fn read(start: usize, end: usize, sink: &mut Sink<'_>) {
    let source = sink.source;
    let text = source.text().get(start..end).unwrap_or_default();
    let whole = source.span(start, end);
    let lists = lists(text, start);
    if lists.associations.len() + lists.policies.len() >= MOST {
        let message = format!("more than {MOST} associations and policies; nothing of them was read");
        return sink.note(Diagnostic::error(Code::InputTooLarge, message).at(whole));
    }
    let span = |(text, at): Said<'_>| source.span(at, at + text.len());
    let is_whole = lists.all_associations().is_none() && lists.all_policies().is_none();
    let completion = match (lists.counted_associations, lists.counted_policies) {
        (Some((_, one)), Some((_, other))) if is_whole => Completion::Finished(vec![span(one), span(other)]),
        _ => {
            let gap = lists.all_associations().or_else(|| lists.all_policies());
            Completion::Unfinished(gap.unwrap_or_else(|| Gap::new(GapReason::Truncated, "")).at([whole]))
        }
    };
    let started = sink.collected("ip xfrm");
    push(sink, ID, Some("ip xfrm".to_owned()), started, completion, lists.tunnels(source));
}

/// The entries of a text.
fn lists(text: &str, start: usize) -> Lists<'_> {
    let mut lists = Lists::default();
    let mut open: Option<Entry<'_>> = None;
    let mut at = start;
    for line in text.split_inclusive('\n') {
        let words = inner(line);
        let place = at + (line.len() - line.trim_start_matches(['>', '|', ' ', '\t']).len());
        at += line.len();
        if let Some((from, to, ports)) = head(words) {
            lists.close(open.replace(Entry { head: (words, place), from, to, ports, ..Entry::default() }));
        } else if let Some((is_of_policies, number)) = counted(words) {
            lists.close(open.take());
            let slot = if is_of_policies { &mut lists.counted_policies } else { &mut lists.counted_associations };
            lists.has_stray |= slot.replace((number, (words, place))).is_some();
        } else if let Some(entry) = &mut open {
            entry.line(words, place);
        }
        if lists.associations.len() + lists.policies.len() >= MOST {
            break;
        }
    }
    lists.close(open);
    lists
}

impl<'a> Entry<'a> {
    fn line(&mut self, line: &'a str, at: usize) {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or_default();
        let rest = line.strip_prefix(first).unwrap_or_default().trim_start();
        let said = (rest, at + line.len() - rest.len());
        match (first, self.is_policy) {
            ("proto", None) => {
                self.is_policy = Some(false);
                self.association = Template { from: self.from, to: self.to, ..Template::default() };
                self.association.line(line, at);
            }
            ("dir" | "socket", None) => self.policy(first, rest),
            ("dir" | "socket", Some(true)) | ("proto", Some(false)) | (_, None) => self.is_ambiguous = true,
            ("tmpl", Some(true)) => {
                let (from, to, _) = head(rest).unwrap_or_default();
                self.templates.push(Template { from, to, ..Template::default() });
            }
            ("proto", Some(true)) => match self.templates.last_mut() {
                Some(template) => template.line(line, at),
                None => self.is_ambiguous = true,
            },
            ("level", Some(true)) if !rest.starts_with("required") => {
                if let Some(template) = self.templates.last_mut() {
                    template.is_optional = true;
                }
            }
            (_, Some(true)) => {
                let is_counter = first.contains("(bytes)");
                if !first.is_empty() && !HARMLESS.contains(&first) && !is_counter {
                    self.limit = Some(line);
                }
            }
            ("enc" | "auth" | "auth-trunc" | "aead", Some(false)) => {
                self.algorithms.push((first, algorithm(first, rest), said))
            }
            ("replay-window" | "flag", Some(false)) if line.split(' ').any(|word| word == "esn") => {
                self.extended = Some((line, at));
            }
            ("expire", Some(false)) if rest.starts_with("add:") => {
                let hard = rest.split_once("hard ").and_then(|(_, hard)| hard.split_once('('));
                self.lifetime = hard.map(|(seconds, _)| (seconds, said.1)).filter(|(seconds, _)| *seconds != "0");
            }
            (_, Some(false)) => {
                if let Some((bytes, _)) = first.split_once("(bytes)") {
                    self.is_ambiguous |= self.bytes.replace((bytes, at)).is_some();
                }
            }
        }
    }

    /// `dir out action allow index 9 priority 375423 ptype main share any flag (0x00000000)`
    fn policy(&mut self, first: &str, rest: &'a str) {
        self.is_policy = Some(true);
        let mut words = rest.split_whitespace();
        let direction = words.next().unwrap_or_default();
        self.direction = if first == "socket" { "" } else { direction };
        self.is_ambiguous |= !matches!(direction, "in" | "out" | "fwd");
        while let Some(word) = words.next() {
            match (word, words.next()) {
                ("action", Some(action)) => self.is_blocking = action == "block",
                ("priority", Some(number)) if self.priority.is_none() => self.priority = number.parse().ok(),
                ("ptype", Some("main")) | ("index" | "share" | "flag", _) => {}
                _ => self.limit = Some(rest),
            }
        }
        let mut ports = self.ports.split_whitespace();
        while let Some(word) = ports.next() {
            match (word, ports.next()) {
                ("uid", Some("0")) | ("proto" | "sport" | "dport" | "type" | "code" | "key", Some(_)) => {}
                _ => self.limit = Some(self.ports),
            }
        }
    }

    fn demanded(&self) -> impl Iterator<Item = &Template<'a>> {
        self.templates.iter().filter(|one| !one.is_optional && one.protocol.0 != "comp")
    }

    /// How it protects: by one association, which it demands.
    fn template(&self) -> Option<&Template<'a>> {
        let mut demanded = self.demanded();
        demanded.next().filter(|_| demanded.next().is_none())
    }

    /// Whether packets pass by it without encryption, or in a way that is not known here: AH alone encrypts nothing, and
    /// of two associations either may.
    fn is_hole(&self) -> bool {
        let is_encrypting = self.template().is_some_and(|one| one.protocol.0 == "esp");
        !self.direction.is_empty() && !self.is_blocking && !is_encrypting
    }

    /// Whether it comes before another one; so does what does not say its place.
    fn is_ahead_of(&self, other: &Self) -> bool {
        let places = self.priority.zip(other.priority);
        self.limit.is_some() || places.is_none_or(|(place, of_other)| place <= of_other)
    }

    /// Protocol and ports, where it is for some only.
    fn only(&self) -> &'a str {
        if self.ports == "uid 0" { "" } else { self.ports }
    }

    /// Whether both are for the same packets, of the same or of opposite directions.
    fn meets(&self, other: &Self, is_reversed: bool) -> bool {
        let (from, to) = if is_reversed { (self.to, self.from) } else { (self.from, self.to) };
        let meet = |one: &str, other: &str| match (Network::parse(one), Network::parse(other)) {
            (Some(one), Some(other)) => one.covers(&other) || other.covers(&one),
            _ => true,
        };
        meet(from, other.from) && meet(to, other.to)
    }
}

impl<'a> Template<'a> {
    /// `proto esp spi 0xc1f2a3b4(3253904308) reqid 1(0x00000001) mode tunnel`
    fn line(&mut self, line: &'a str, at: usize) {
        let mut words = line.split_whitespace();
        while let Some(name) = words.next() {
            let value = words.next().unwrap_or_default();
            let bare = value.split('(').next().unwrap_or_default();
            match name {
                "proto" => self.protocol = (value, at + "proto ".len()),
                "spi" => self.spi = if bare == "0x00000000" { "" } else { bare },
                "reqid" => self.reqid = bare,
                "mode" => self.mode = value,
                _ => {}
            }
        }
    }

    /// Whether packets that this demands may go by that association.
    fn takes(&self, other: &Self, policy: &Entry<'_>) -> bool {
        let is_in = |block: &str, address: &str| {
            Network::parse(block).zip(address.parse().ok()).is_some_and(|(block, address)| block.has(address))
        };
        // In transport mode the addresses are those of the packets.
        let addresses = match self.mode {
            "transport" => is_in(policy.from, other.from) && is_in(policy.to, other.to),
            _ => self.from == other.from && self.to == other.to,
        };
        addresses
            && self.protocol.0 == other.protocol.0
            && self.mode == other.mode
            && (self.reqid == "0" || self.reqid == other.reqid)
            && (self.spi.is_empty() || self.spi == other.spi)
    }
}

impl<'a> Lists<'a> {
    fn close(&mut self, entry: Option<Entry<'a>>) {
        let Some(entry) = entry else { return };
        self.has_stray |= entry.is_ambiguous || entry.is_policy.is_none();
        match entry.is_policy {
            Some(true) => self.policies.push(entry),
            Some(false) => self.associations.push(entry),
            None => {}
        }
    }

    /// Why these may not be all associations.
    fn all_associations(&self) -> Option<Gap> {
        let all = self.associations.len();
        let is_all = self.counted_associations.is_some_and(|(number, _)| number == all) && !self.has_stray;
        let detail = "whether all associations stand there cannot be seen: add what `ip xfrm state count` prints";
        (!is_all).then(|| Gap::new(GapReason::Truncated, detail))
    }

    /// Why these may not be all policies.
    fn all_policies(&self) -> Option<Gap> {
        let all = self.policies.iter().filter(|policy| !policy.direction.is_empty()).count();
        let is_all = self.counted_policies.is_some_and(|(number, _)| number == all) && !self.has_stray;
        let detail = "whether all policies stand there cannot be seen: add what `ip xfrm policy count` prints";
        (!is_all).then(|| Gap::new(GapReason::Truncated, detail))
    }

    fn tunnels(&self, source: &SourceText) -> Vec<Made> {
        let mut made = Vec::new();
        let mut is_used: Vec<bool> = self.associations.iter().map(|_| false).gathered();
        for policy in self.policies.iter().filter(|policy| policy.direction == "out" && !policy.is_blocking) {
            let Some(template) = policy.template() else {
                if policy.demanded().next().is_some() {
                    made.push(unread(policy, "the policy demands more than one association at once", source));
                }
                continue;
            };
            let back = self.policies.iter().filter(|other| {
                matches!(other.direction, "in" | "fwd")
                    && (other.from, other.to) == (policy.to, policy.from)
                    && other.template().is_some_and(|back| back.reqid == template.reqid)
            });
            let back = back.filter(|other| other.only().is_empty() && other.limit.is_none()).gathered();
            let mut ways: [Vec<&Entry<'_>>; 2] = [Vec::new(), Vec::new()];
            for (association, is_used) in self.associations.iter().zip(&mut is_used) {
                let comes = back
                    .iter()
                    .any(|back| back.template().is_some_and(|template| template.takes(&association.association, back)));
                for (way, is_it) in ways.iter_mut().zip([template.takes(&association.association, policy), comes]) {
                    if is_it {
                        way.push(association);
                        *is_used = true;
                    }
                }
            }
            made.push(self.tunnel(policy, template, &back, &ways, source));
        }
        for (association, _) in self.associations.iter().zip(is_used).filter(|(_, is_used)| !is_used) {
            let Template { from, to, .. } = association.association;
            let mut one = Made::new(SubjectKind::Tunnel, format!("association {from} → {to} without a policy"));
            describe(&mut one, association, source);
            let words = source.span(association.head.1, association.head.1 + association.head.0.len());
            let detail = "no policy was shown that sends anything through it";
            one.miss(Attribute::State, GapReason::NotAttempted, detail, words);
            made.push(one);
        }
        if made.is_empty() {
            let holes = self.policies.iter().filter(|policy| policy.direction == "out" && policy.is_hole());
            made.extend(holes.map(|hole| unread(hole, "the policy lets packets pass without protection", source)));
        }
        made
    }

    fn tunnel(
        &self,
        policy: &Entry<'_>,
        template: &Template<'_>,
        back: &[&Entry<'_>],
        [outgoing, incoming]: &[Vec<&Entry<'_>>; 2],
        source: &SourceText,
    ) -> Made {
        let span = |(text, at): Said<'_>| source.span(at, at + text.len());
        let only = if policy.only().is_empty() { String::new() } else { format!("[{}]", policy.only()) };
        let name = format!("tunnel for {} ↔ {}{only}", policy.from, policy.to);
        let mut made = Made::new(SubjectKind::Tunnel, name);
        let all = || outgoing.iter().chain(incoming);
        for association in all() {
            describe(&mut made, association, source);
        }
        if all().next().is_none() {
            made.know(Attribute::Protocol, capital(template.protocol.0), span(template.protocol));
        }
        let is_keyed = |one: &&Entry<'_>| {
            let mut kinds = one.algorithms.iter().map(|(kind, ..)| *kind);
            one.association.protocol.0 == "ah" || kinds.any(|kind| matches!(kind, "aead" | "enc"))
        };
        let missing = if outgoing.is_empty() || incoming.is_empty() {
            Some(Gap::new(GapReason::Failed, "no association of both directions stands there for its policies"))
        } else if all().any(|one| one.is_ambiguous) || !all().all(is_keyed) {
            Some(Gap::new(GapReason::Unsupported, "an association names no cipher: it may still be under way"))
        } else {
            self.all_associations()
        };
        match missing {
            Some(gap) => made.miss(Attribute::State, gap.reason, gap.detail, span(policy.head)),
            None => made.know(Attribute::State, "KERNEL", span(policy.head)),
        }
        for (attribute, way) in [(Attribute::BytesOut, outgoing), (Attribute::BytesIn, incoming)] {
            let most = way.iter().filter_map(|one| one.bytes).max_by_key(|(text, _)| text.parse::<u64>().unwrap_or(0));
            if let Some(bytes) = most {
                made.know(attribute, bytes.0, span(bytes));
            }
        }
        let passes_by = |other: &Entry<'_>| {
            // The policies of a tunnel by AH are no holes in it: that it encrypts nothing is said of the tunnel.
            let is_own = std::ptr::eq(policy, other) || back.iter().any(|own| std::ptr::eq(*own, other));
            let is_hole = other.is_hole() && !(is_own && template.protocol.0 == "ah");
            is_hole && other.is_ahead_of(policy) && other.meets(policy, other.direction != "out")
        };
        let limit = policy.limit.map(|words| format!("the policy is limited: `{words}`"));
        let limit = limit.or_else(|| policy.priority.is_none().then(|| "the policy says no priority".to_owned()));
        let has = |direction| back.iter().any(|other| other.direction == direction);
        let hole = self.policies.iter().find(|other| passes_by(other));
        let why = if let Some(limit) = limit {
            Some(limit)
        } else if let Some(hole) = hole {
            Some(format!("another policy lets {} → {} pass without protection that is known", hole.from, hole.to))
        } else if !has("in") || !has("fwd") && template.mode != "transport" {
            Some("no policy demands the same of what comes back".to_owned())
        } else {
            self.all_policies().map(|gap| gap.detail)
        };
        for (attribute, block) in [(Attribute::LocalSelector, policy.from), (Attribute::RemoteSelector, policy.to)] {
            match &why {
                Some(why) => made.miss(attribute, GapReason::Unsupported, why.clone(), span(policy.head)),
                None => made.know(attribute, format!("{block}{only}"), span(policy.head)),
            }
        }
        made
    }
}

/// A policy that is read no further than for which packets it is.
fn unread(policy: &Entry<'_>, why: &str, source: &SourceText) -> Made {
    let words = source.span(policy.head.1, policy.head.1 + policy.head.0.len());
    let mut made = Made::new(SubjectKind::Tunnel, format!("policy for {} → {}", policy.from, policy.to));
    made.miss(Attribute::State, GapReason::Unsupported, why, words);
    for (attribute, block) in [(Attribute::LocalSelector, policy.from), (Attribute::RemoteSelector, policy.to)] {
        made.know(attribute, block, words);
    }
    made
}

/// What one association says.
fn describe(made: &mut Made, association: &Entry<'_>, source: &SourceText) {
    let span = |(text, at): Said<'_>| source.span(at, at + text.len());
    let protocol = association.association.protocol;
    made.know(Attribute::Protocol, capital(protocol.0), span(protocol));
    for (_, name, words) in &association.algorithms {
        made.know(Attribute::Algorithm, name.as_str(), span(*words));
    }
    if let Some(words) = association.lifetime {
        made.know(Attribute::Lifetime, words.0, span(words));
    }
    if let Some(words) = association.extended {
        made.know(Attribute::ExtendedSequenceNumbers, "yes", span(words));
    }
}

fn capital(protocol: &str) -> String {
    protocol.to_ascii_uppercase()
}
