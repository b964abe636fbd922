//! libreswan: `ipsec trafficstatus`, the states of `ipsec status` or `ipsec showstates`, and pluto's log.
//!
//! None of them is whole: the first shows the tunnels that are up and their bytes, the second the associations behind them,
//! and only the log the algorithms and selectors, of some time. A number such as `#2` is of one run of pluto, so that a
//! log line counts for a tunnel only where `ipsec status` shows the same two SPIs. What a peer calls itself stands last.

use super::Sink;
use super::exhibits::{Made, push};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{Attribute, Completion, Gap, GapReason, SubjectKind};
use crate::gathered::Gathered;
use crate::letters::beginning;
use crate::source::SourceText;

pub(super) const ID: &str = "libreswan";
pub(super) const COMMANDS: &[&str] = &["ipsec status; ipsec trafficstatus; journalctl -u ipsec | grep 'Child SA'"];
pub(super) const NEVER_SHOWS: &[&str] = &[
    "that nothing was cut off; the algorithms of IKE",
    "without the log, algorithms and selectors of a tunnel",
    "what goes around the tunnel: routes and the kernel's policies",
];

/// The most tunnels of one input.
const MOST: usize = 1000;

/// A value and where it begins.
type Said<'a> = (&'a str, usize);

/// The line about one association.
struct Line<'a> {
    connection: &'a str,
    number: u32,
    /// What stands behind the name and the number.
    rest: Said<'a>,
    is_log: bool,
}

/// A tunnel as it is put together.
#[derive(Default)]
struct Tunnel<'a> {
    connection: &'a str,
    number: u32,
    place: usize,
    state: Option<Said<'a>>,
    /// The association that it came from, and which version of IKE made it.
    parent: Option<u32>,
    version: Option<Said<'a>>,
    protocol: Option<Said<'a>>,
    bytes: [Option<Said<'a>>; 2],
    /// Outbound and inbound, as `ipsec status` has them.
    spis: Option<[&'a str; 2]>,
    is_ambiguous: bool,
}

/// What pluto logged when a tunnel was made.
struct Logged<'a> {
    connection: &'a str,
    number: u32,
    spis: [&'a str; 2],
    protocol: Said<'a>,
    algorithms: Vec<Said<'a>>,
    selectors: [Said<'a>; 2],
}

/// Whether a line is one of these.
pub(super) fn starts(line: &str) -> bool {
    if memchr::memchr(b'#', line.as_bytes()).is_none() {
        return false;
    }
    parsed(line, 0)
        .is_some_and(|line| is_traffic(line.rest.0) || line.rest.0.contains(" STATE_") || child(&line).is_some())
}

/// `000 #2: "branch/1x1":4500 STATE_…`, `#2: "branch"[1] 192.0.2.1, type=ESP, …` or, in a log, `"branch"[1] 192.0.2.1 #2: …`.
fn parsed(line: &str, at: usize) -> Option<Line<'_>> {
    let line = line.trim_end();
    let quote = line.find('"')?;
    let (before, behind) = (line.get(..quote)?, line.get(quote + 1..)?);
    let (connection, rest) = behind.split_once('"')?;
    let place = |rest: &str| at + line.len() - rest.len();
    let digits = |text: &str| text.parse::<u32>().ok();
    if let Some(number) =
        before.trim_end().strip_suffix(':').and_then(|text| text.rsplit_once('#')).and_then(|(_, text)| digits(text))
    {
        return Some(Line { connection, number, rest: (rest, place(rest)), is_log: false });
    }
    let (_, numbered) = rest.split_once('#')?;
    let (number, rest) = numbered.split_once(": ")?;
    Some(Line { connection, number: digits(number)?, rest: (rest, place(rest)), is_log: true })
}

fn is_traffic(rest: &str) -> bool {
    rest.split_once(", add_time=")
        .is_some_and(|(before, _)| before.ends_with(", type=ESP") || before.ends_with(", type=AH"))
}

/// What follows the words of a log line that a child was made.
fn child<'a>(line: &Line<'a>) -> Option<&'a str> {
    let words = line.rest.0;
    let rest = words.strip_prefix("initiator ").or_else(|| words.strip_prefix("responder "))?;
    rest.strip_prefix("established Child SA using #").filter(|_| line.is_log)
}

/// Reads the lines between two bytes of the source.
pub(super) fn read(start: usize, end: usize, sink: &mut Sink<'_>) {
    let source = sink.source;
    let text = source.text().get(start..end).unwrap_or_default();
    let whole = source.span(start, end);
    let mut tunnels: Vec<Tunnel<'_>> = Vec::new();
    let mut parents: Vec<(u32, Said<'_>)> = Vec::new();
    let mut logged: Vec<Logged<'_>> = Vec::new();
    let mut at = start;
    for line in text.split_inclusive('\n') {
        let parsed = parsed(line, at);
        at += line.len();
        let Some(line) = parsed else { continue };
        if line.is_log {
            logged.extend(of_log(&line));
        } else if line.rest.0.contains("(established IKE SA)") || line.rest.0.contains("ISAKMP SA established)") {
            parents.push((line.number, line.rest));
        } else {
            of_status(&line, &mut tunnels);
        }
        if tunnels.len().max(logged.len()).max(parents.len()) > MOST {
            let message = format!("more than {MOST} tunnels; nothing of them was read");
            return sink.note(Diagnostic::error(Code::InputTooLarge, message).at(whole));
        }
    }
    let mut made: Vec<Made> = tunnels.iter().map(|tunnel| of_tunnel(tunnel, &parents, &logged, source)).gathered();
    for logged in &logged {
        if !tunnels.iter().any(|tunnel| tunnel.spis == Some(logged.spis)) {
            let name = format!("tunnel {} #{}, as it was logged", beginning(logged.connection, 80), logged.number);
            let mut one = Made::new(SubjectKind::Tunnel, name);
            describe(&mut one, logged, source);
            let detail = "a log shows that it was made once: that it is up, and which one it is, `ipsec status` shows";
            one.miss(Attribute::State, GapReason::NotAttempted, detail, whole);
            made.push(one);
        }
    }
    let gap = Gap::new(
        GapReason::NotReportedByFormat,
        "whether all is there cannot be seen: the lists of libreswan have no end",
    );
    let started = sink.collected("libreswan");
    push(sink, ID, Some("libreswan".to_owned()), started, Completion::Unfinished(gap.at([whole])), made);
}

/// Takes a line of `ipsec status` or `ipsec trafficstatus`.
fn of_status<'a>(line: &Line<'a>, tunnels: &mut Vec<Tunnel<'a>>) {
    let (rest, at) = line.rest;
    let is_state = rest.contains("(established Child SA)") || rest.contains("(IPsec SA established)");
    let spis = spis(rest);
    if !is_state && spis.is_none() && !is_traffic(rest) {
        return;
    }
    let is_it = |tunnel: &Tunnel<'_>| tunnel.number == line.number && tunnel.connection == line.connection;
    if !tunnels.iter().any(is_it) {
        tunnels.push(Tunnel { connection: line.connection, number: line.number, place: at, ..Tunnel::default() });
    }
    let Some(tunnel) = tunnels.iter_mut().find(|tunnel| is_it(tunnel)) else { return };
    if is_traffic(rest) {
        // Users choose their names, which stand before the values.
        tunnel.is_ambiguous |= tunnel.protocol.is_some() || rest.contains("username=");
        let values = rest.split(", id=").next().unwrap_or_default();
        let value = |name: &str| {
            let (before, value) = values.split_once(name)?;
            Some((value.split(',').next()?, at + before.len() + name.len()))
        };
        tunnel.protocol = value("type=");
        tunnel.bytes = [value("inBytes="), value("outBytes=")];
        tunnel.state = tunnel.state.or(Some((values, at)));
    } else if is_state {
        tunnel.is_ambiguous |= tunnel.version.is_some();
        tunnel.state = Some(line.rest);
        let version = if rest.contains(" STATE_V2_") {
            "2"
        } else if rest.contains(" STATE_QUICK_") {
            "1"
        } else {
            ""
        };
        tunnel.version = Some((version, at));
        let parent = rest.split_once("IKE SA #").or_else(|| rest.split_once("isakmp#")).map(|(_, rest)| rest);
        let digits = parent.map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default());
        tunnel.parent = digits.and_then(|digits| digits.parse().ok());
    } else {
        tunnel.is_ambiguous |= tunnel.spis.is_some();
        tunnel.spis = spis;
    }
}

/// ` esp.9894a50e@192.0.2.2 esp.84ac8cb5@192.0.2.1 …`: the SPIs of both directions, outbound first.
fn spis(rest: &str) -> Option<[&str; 2]> {
    let mut words =
        rest.split_whitespace().filter_map(|word| word.strip_prefix("esp.").or_else(|| word.strip_prefix("ah.")));
    let mut next = || words.next()?.split_once('@').map(|(spi, _)| spi);
    Some([next()?, next()?])
}

/// `initiator established Child SA using #1; IPsec tunnel [10.1.0.0/24===10.2.0.0/24] {ESP/ESN=>0x9894a50e <0x84ac8cb5
/// xfrm=AES_GCM_16_256-NONE DPD=passive}`
fn of_log<'a>(line: &Line<'a>) -> Option<Logged<'a>> {
    let rest = child(line)?;
    let (rest, end) = (rest.strip_suffix('}')?, line.rest.1 + line.rest.0.len());
    let (before, inside) = rest.split_once(" {")?;
    let inside_at = end - 1 - inside.len();
    let before_at = inside_at - 2 - before.len();
    let (protocol, values) = inside.split_once("=>0x")?;
    let mut words = values.split_whitespace();
    let spis = [words.next()?, words.next()?.strip_prefix("<0x")?];
    let name = if protocol.starts_with("ESP") { "ESP" } else { "AH" };
    let xfrm =
        inside.split_once(" xfrm=").map(|(_, rest)| rest.split(' ').next().unwrap_or_default()).unwrap_or_default();
    let mut algorithms: Vec<Said<'_>> = Vec::new();
    let mut at = inside_at + inside.find(" xfrm=").map_or(0, |found| found + " xfrm=".len());
    for part in xfrm.split('-') {
        if !part.is_empty() && part != "NONE" {
            algorithms.push((part, at));
        }
        at += part.len() + 1;
    }
    let from = before.find('[')?;
    let inner = before.get(from + 1..)?.strip_suffix(']')?;
    let at = before_at + from + 1;
    let separator = if inner.contains("===") { "===" } else { "] -> [" };
    let (one, other) = inner.split_once(separator)?;
    let selectors = [(one, at), (other, at + one.len() + separator.len())];
    let protocol = protocol.get(..name.len()).filter(|word| *word == name)?;
    Some(Logged {
        connection: line.connection,
        number: line.number,
        spis,
        protocol: (protocol, inside_at),
        algorithms,
        selectors,
    })
}

fn of_tunnel(tunnel: &Tunnel<'_>, parents: &[(u32, Said<'_>)], logged: &[Logged<'_>], source: &SourceText) -> Made {
    let span = |(text, at): Said<'_>| source.span(at, at + text.len());
    let name = format!("tunnel {} #{}", beginning(tunnel.connection, 80), tunnel.number);
    let mut made = Made::new(SubjectKind::Tunnel, name);
    let place = source.span(tunnel.place, tunnel.place);
    if tunnel.is_ambiguous {
        made.miss(Attribute::State, GapReason::Unsupported, "the lists say something twice", place);
        return made;
    }
    match tunnel.state {
        Some(state) => made.know(Attribute::State, "INSTALLED", span(state)),
        None => {
            made.miss(Attribute::State, GapReason::NotAttempted, "`ipsec status` does not call it established", place)
        }
    }
    let parent = parents.iter().find(|(number, _)| tunnel.parent == Some(*number));
    match parent {
        Some((_, words)) => made.know(Attribute::IkeState, "ESTABLISHED", span(*words)),
        None => {
            let detail = "the association that made it was not shown as established: `ipsec status` shows it";
            made.miss(Attribute::IkeState, GapReason::NotAttempted, detail, place);
        }
    }
    if let Some(version) = tunnel.version.filter(|(version, _)| !version.is_empty()) {
        made.know(Attribute::IkeVersion, version.0, tunnel.state.map_or(place, span));
    }
    if let Some(protocol) = tunnel.protocol {
        made.know(Attribute::Protocol, protocol.0, span(protocol));
    }
    let [came, went] = tunnel.bytes;
    for (attribute, bytes) in [(Attribute::BytesIn, came), (Attribute::BytesOut, went)] {
        if let Some(bytes) = bytes {
            made.know(attribute, bytes.0, span(bytes));
        }
    }
    let mut of_it = logged.iter().filter(|logged| tunnel.spis == Some(logged.spis)).peekable();
    if of_it.peek().is_none() {
        let detail =
            "no line of the log has the SPIs that `ipsec status` shows of it: only the log says its algorithms";
        made.miss(Attribute::Algorithm, GapReason::NotAttempted, detail, place);
    }
    for logged in of_it {
        describe(&mut made, logged, source);
    }
    made
}

fn describe(made: &mut Made, logged: &Logged<'_>, source: &SourceText) {
    let span = |(text, at): Said<'_>| source.span(at, at + text.len());
    made.know(Attribute::Protocol, logged.protocol.0, span(logged.protocol));
    for part in &logged.algorithms {
        made.know(Attribute::Algorithm, algorithm(part.0), span(*part));
    }
    let [local, remote] = logged.selectors;
    for (attribute, selector) in [(Attribute::LocalSelector, local), (Attribute::RemoteSelector, remote)] {
        made.know(attribute, block(selector.0), span(selector));
    }
}

/// libreswan's name of an algorithm in strongSwan's words; as it is where it is not known here.
fn algorithm(name: &str) -> String {
    let (bare, bits) = match name.rsplit_once('_') {
        Some((bare, bits @ ("128" | "192" | "256"))) if !bare.starts_with("HMAC") => (bare, Some(bits)),
        _ => (name, None),
    };
    let known = match bare {
        "AES_GCM_C" => "AES_GCM_16",
        "AES_GCM_B" => "AES_GCM_12",
        "AES_GCM_A" => "AES_GCM_8",
        "NULL_AUTH_AES_GMAC" => return "NULL_AES_GMAC".to_owned(),
        "CHACHA20_POLY1305" | "3DES_CBC" => return bare.to_owned(),
        "DH19" => "ECP_256",
        "DH20" => "ECP_384",
        "DH21" => "ECP_521",
        "DH22" => "MODP_1024_160",
        "DH23" => "MODP_2048_224",
        "DH24" => "MODP_2048_256",
        "DH31" => "CURVE_25519",
        other => match other.strip_prefix("MODP") {
            Some(size) if size.bytes().all(|byte| byte.is_ascii_digit()) => return format!("MODP_{size}"),
            _ => other,
        },
    };
    let known = beginning(known, 60);
    bits.map_or_else(|| known.to_owned(), |bits| format!("{known}-{bits}"))
}

/// `192.0.2.0-192.0.2.255:0-65535 0`, all ports and protocols, as a block; what is in another form stays as it is.
fn block(selector: &str) -> String {
    let as_block = || {
        let (first, last) = selector.strip_suffix(":0-65535 0")?.split_once('-')?;
        let address = |text: &str| text.parse::<std::net::Ipv4Addr>().ok().map(u32::from);
        let (first, last) = (address(first)?, address(last)?);
        let size = u64::from(last).checked_sub(u64::from(first))? + 1;
        let is_block = size.is_power_of_two() && u64::from(first) % size == 0;
        is_block.then(|| format!("{}/{}", std::net::Ipv4Addr::from(first), 32 - size.trailing_zeros()))
    };
    as_block().unwrap_or_else(|| beginning(selector, 100).to_owned())
}
