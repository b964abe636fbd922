//! nmap's XML (`-oX`), 7.x: `ssl-enum-ciphers`, `ssl-cert`, `sslv2`, `ssl-dh-params` and the tests for known attacks.
//!
//! One document holds many hosts and ports. What surprises: a script that found nothing leaves no element, so that
//! absence is no refusal; TLS 1.3 suites are called `TLS_AKE_WITH_…`; suites stand in the server's order only where it
//! has one; a reverse name is not what was asked for; certificates are written with `&#45;` for `-`.

mod certificates;
mod port;
mod suites;
mod vulnerabilities;

use self::port::Port;
use super::xml::{self, Element};
use super::{Sink, service};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{Basis, Completion, Fact, Gap, GapReason, Observed, Scan, Subject};
use crate::source::Span;
use crate::time::Timestamp;

pub(super) const ID: &str = "nmap-xml";
pub(super) const COMMANDS: &[&str] = &[
    "nmap -Pn -sV -p 443 --script +ssl-enum-ciphers,+ssl-cert,+sslv2,+ssl-dh-params -oX report.xml HOST",
    "nmap -Pn -sV -p 25 --script +ssl-enum-ciphers,+ssl-cert,+sslv2,+ssl-dh-params -oX report.xml HOST",
];
pub(super) const NEVER_SHOWS: &[&str] = &[
    "that a version, suite or group was refused: it lists what was accepted, and an attempt that failed looks the same",
    "post-quantum groups (before 7.95), signature schemes, and every group but the one that a suite was used with",
    "more than the leaf of one chain",
    "what was sent as server name, and whether a client certificate is asked for",
    "secure renegotiation, and known attacks that no script was run for",
];

/// About as many ports as are read from one report.
const MAX_PORTS: usize = 100_000;

/// Whether this is a report of nmap.
pub(super) fn recognises(root: Element<'_>) -> bool {
    root.name() == "nmaprun"
}

/// Reads one document.
pub(super) fn read(document: &xml::Document<'_>, sink: &mut Sink<'_>) {
    let Some(root) = document.root() else { return };
    let run = Run::of(root, document.is_truncated(), sink);
    let before = sink.scans.len();
    let mut down = Vec::new();
    for host in root.named("host") {
        if sink.scans.len() - before >= MAX_PORTS {
            let message = format!("more than {MAX_PORTS} ports in one report; the others were not read");
            sink.note(Diagnostic::error(Code::InputTooLarge, message).at(host.opening()));
            break;
        }
        let is_up = host.first("status").is_none_or(|status| status.has("state", "up"));
        if !is_up && host.first("ports").is_none() {
            down.push(host.first("status").unwrap_or(host).span());
            continue;
        }
        let before = sink.scans.len();
        read_host(host, &run, sink);
        if sink.scans.len() == before {
            let gap = Gap::new(GapReason::NotAttempted, "nmap lists no port of this host");
            sink.scans.push(run.scan(sink, Completion::Unfinished(gap.at([host.opening()])), Vec::new()));
        }
    }
    if let Some(first) = down.first() {
        let detail = format!("nmap found {} of the hosts down: nothing is known of them", down.len());
        sink.note(Diagnostic::warning(Code::LimitedScan, detail.clone()).at(*first));
        let gap = Gap::new(GapReason::Blocked, detail).at(down);
        sink.scans.push(run.scan(sink, Completion::Unfinished(gap), Vec::new()));
    }
    if sink.scans.len() == before {
        let message = "expected a report of nmap with hosts, found none";
        sink.note(Diagnostic::error(Code::UnrecognisedInput, message).at(root.opening()));
    }
    if document.is_truncated() || sink.scans.len() == before {
        let gap = Gap::new(GapReason::Truncated, "the report breaks off, or lists no host").at([root.opening()]);
        sink.scans.push(run.scan(sink, Completion::Unfinished(gap), Vec::new()));
    }
}

fn read_host(host: Element<'_>, run: &Run, sink: &mut Sink<'_>) {
    let address = host
        .named("address")
        .filter(|address| !address.has("addrtype", "mac"))
        .find_map(|address| service::address(&address.attribute("addr")?.value));
    // Only the name of type `user` was asked for; the others are what the address is called.
    let names = host.named("hostnames").flat_map(|names| names.named("hostname"));
    let asked =
        names.filter(|name| name.has("type", "user")).find_map(|name| service::host(&name.attribute("name")?.value));
    let name = asked.or_else(|| address.clone());
    // There are no more TCP ports than these.
    for element in host.named("ports").flat_map(|ports| ports.named("port")).take(1 << 16) {
        if !element.has("protocol", "tcp") {
            let message = "found a port that is not of TCP, which is not read";
            sink.note(Diagnostic::warning(Code::UnknownValue, message).at(element.opening()));
            continue;
        }
        let number = element.attribute("portid").and_then(|number| number.value.trim().parse().ok());
        let (Some(name), Some(number)) = (name.as_ref(), number) else {
            let detail = "a port does not say which host and number it is of";
            sink.note(Diagnostic::error(Code::UnknownValue, detail).at(element.opening()));
            let gap = Gap::new(GapReason::Truncated, detail).at([element.opening()]);
            sink.scans.push(run.scan(sink, Completion::Unfinished(gap), Vec::new()));
            continue;
        };
        let port = Port { element, host: name.clone(), address: address.clone(), number };
        let completion = match port.unfinished() {
            Some(gap) => Completion::Unfinished(gap),
            None if !host.is_complete() => unfinished("a part of this host's report cannot be read", host.opening()),
            None => run.completion.clone(),
        };
        let endpoint = port.endpoint(sink.diagnostics);
        sink.scans.push(run.scan(sink, completion, vec![Subject::Endpoint(Box::new(endpoint))]));
    }
}

/// What is said of the run as a whole.
struct Run {
    version: Option<String>,
    command: Option<String>,
    started: Observed<Timestamp>,
    completion: Completion,
}

impl Run {
    fn of(root: Element<'_>, cut: bool, sink: &Sink<'_>) -> Self {
        let started = match root.attribute("start") {
            Some(start) => match start.value.parse().ok().map(Timestamp::from_unix) {
                Some(time) => Observed::Known(Fact::new(time, Basis::Wire, [start.span])),
                None => Observed::NotObserved(
                    Gap::new(GapReason::Unsupported, "`start` is not the number of a second").at([start.span]),
                ),
            },
            None => sink.collected("a report of nmap without `start`"),
        };
        let finished = root.first("runstats").and_then(|statistics| statistics.first("finished"));
        let completion = match finished {
            _ if cut => unfinished("the report breaks off", root.opening()),
            Some(end) if end.attribute("exit").is_none_or(|exit| exit.value == "success") => {
                Completion::Finished(vec![end.span()])
            }
            Some(end) => Completion::Unfinished(Gap::new(GapReason::Failed, "nmap ended in an error").at([end.span()])),
            None => unfinished("the report does not say that the run came to its end", root.opening()),
        };
        let text = |name| root.attribute(name).map(|text| text.value.into_owned());
        Self { version: text("version"), command: text("args"), started, completion }
    }

    fn scan(&self, sink: &Sink<'_>, completion: Completion, subjects: Vec<Subject>) -> Scan {
        Scan {
            source: sink.source.id(),
            format: ID.to_owned(),
            tool: Some("nmap".to_owned()),
            tool_version: self.version.clone(),
            command: self.command.clone(),
            started: self.started.clone(),
            vantage: None,
            completion,
            subjects,
        }
    }
}

fn unfinished(detail: &str, place: Span) -> Completion {
    Completion::Unfinished(Gap::new(GapReason::Truncated, detail).at([place]))
}

/// The tables of this key: one, unless somebody wrote a second.
fn tables<'d>(parent: Element<'d>, key: &'static str) -> impl Iterator<Item = Element<'d>> {
    parent.named("table").filter(move |table| table.has("key", key))
}

/// What stands in the elements of this key: one, unless somebody wrote a second.
fn elems<'d>(parent: Element<'d>, key: &'static str) -> impl Iterator<Item = xml::Text<'d>> {
    parent.named("elem").filter(move |element| element.has("key", key)).filter_map(Element::text)
}

/// What stands in the elements of the tables of this key.
fn listed<'d>(parent: Element<'d>, key: &'static str) -> impl Iterator<Item = xml::Text<'d>> {
    tables(parent, key).flat_map(|table| table.named("elem")).filter_map(Element::text)
}
