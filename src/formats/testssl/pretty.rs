//! The pretty form: one object for the run, with a list of hosts and of entries that belong to none.

use super::rows::{Row, Rows};
use super::run::Run;
use super::target::{Target, host_and_port};
use super::{Scans, shape, unfinished};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{Basis, Completion, Fact, Gap, GapReason, Observed};
use crate::formats::json::{Kind, Value};
use crate::formats::{Sink, service};
use crate::ordered::Map;
use crate::time::Timestamp;

/// The members of a run beside its hosts.
const OF_RUN: [&str; 7] = ["Invocation", "at", "version", "openssl", "startTime", "scanTime", "scanResult"];
/// The members of a host beside its sections.
const OF_HOST: [&str; 6] = ["targetHost", "hostname", "ip", "port", "rDNS", "service"];

/// Reads one run.
pub(super) fn read(root: Value<'_>, cut: bool, sink: &mut Sink<'_>) {
    shape::repeated(root, sink.diagnostics);
    let run = Run::of_pretty(root);
    let mut hosts: Vec<(Value<'_>, Rows<'_>)> = Vec::new();
    let mut loose: Vec<(usize, Row<'_>)> = Vec::new();
    for (name, value) in root.members() {
        let name = name.as_str().unwrap_or_default();
        if name == "scanResult" {
            if value.kind() != Kind::Array {
                shape::odd(value, sink.diagnostics);
            }
            for result in value.elements() {
                if shape::is_like_row(result) {
                    loose.push((hosts.len(), shape::row(result, sink.diagnostics)));
                } else if result.kind() == Kind::Object {
                    hosts.push((result, host(result, sink.diagnostics)));
                } else {
                    shape::odd(result, sink.diagnostics);
                }
            }
        } else if name.starts_with("clientProblem") {
            client_problem(value, sink.diagnostics);
        } else if !OF_RUN.contains(&name.as_ref()) {
            unknown_member(&name, value, sink.diagnostics);
        }
    }
    let mut scans = Scans { format: super::ID, started: started(root), completion: completion(root, cut), run, sink };
    let alone = assign(loose, &mut hosts, scans.sink.diagnostics);
    let none = hosts.is_empty() && alone.is_empty();
    // Only where there is nothing else, the target of the command is meant.
    let only = hosts.is_empty() && alone.len() == 1 && !scans.run.mass;
    for (result, rows) in &hosts {
        scans.add(Target::of_pretty(*result, &scans.run), rows);
    }
    for row in alone {
        let mut rows = Rows::default();
        rows.push(row);
        scans.add(Target::of_problem(&scans.run, row, only), &rows);
    }
    if none {
        let target = Target::of_command(&scans.run).filter(|_| !scans.run.mass);
        scans.add(target, &Rows::default());
    }
}

/// The entries of a host.
fn host<'d>(result: Value<'d>, diagnostics: &mut Vec<Diagnostic>) -> Rows<'d> {
    shape::repeated(result, diagnostics);
    let mut rows = Rows::default();
    for (name, member) in result.members() {
        let name = name.as_str().unwrap_or_default();
        match member.kind() {
            _ if OF_HOST.contains(&name.as_ref()) => {}
            Kind::Array | Kind::Object => shape::section(member, &mut rows, diagnostics),
            _ => unknown_member(&name, member, diagnostics),
        }
    }
    rows
}

/// Gives entries that stand beside the hosts to the host that they speak of; those that are left speak of targets
/// that have no other entries.
fn assign<'d>(
    loose: Vec<(usize, Row<'d>)>,
    hosts: &mut [(Value<'d>, Rows<'d>)],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Row<'d>> {
    let mut names: Map<String, Vec<usize>> = Map::new();
    for (position, (result, _)) in hosts.iter().enumerate() {
        let text = |key| result.only(key).and_then(Value::as_str);
        let Some(port) = text("port") else { continue };
        for name in ["hostname", "targetHost", "ip"].into_iter().filter_map(text) {
            let Some(name) = service::host(&name) else { continue };
            names.update(format!("{name}:{}", port.trim()), Vec::new, |positions| positions.push(position));
        }
    }
    let mut alone = Vec::new();
    let mut given: Vec<Rows<'d>> = hosts.iter().map(|_| Rows::default()).collect();
    for (next, row) in loose {
        let id = row.id();
        let owner = if row.is_fatal() || id == "scanProblem" {
            None
        } else if id == "optimal_proto" {
            let named = row.finding().and_then(|finding| {
                let (name, port) = finding.split_whitespace().find_map(host_and_port)?;
                names.get(&format!("{}:{port}", service::host(name)?))
            });
            // Of several scans of one host, the one that follows.
            named.and_then(|at| at.get(at.partition_point(|at| *at < next)).or(at.last()).copied())
        } else if shape::speaks_of_a_server(&id) {
            shape::without_target(row, diagnostics);
            Some(next)
        } else {
            continue;
        };
        match owner.and_then(|owner| given.get_mut(owner)) {
            Some(rows) => rows.push(row),
            None => alone.push(row),
        }
    }
    for ((_, rows), given) in hosts.iter_mut().zip(given) {
        *rows = std::mem::take(rows).behind(given);
    }
    alone
}

/// What the scanner says of its own side, before it has a target.
fn client_problem(value: Value<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for row in value.elements() {
        if !shape::is_like_row(row) {
            shape::odd(row, diagnostics);
        } else if shape::speaks_of_a_server(&Row::of(row).id()) {
            shape::without_target(Row::of(row), diagnostics);
        }
    }
}

/// A member that testssl.sh does not write: a list could have entries in it, a text cannot.
fn unknown_member(name: &str, value: Value<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let shown: String = name.chars().take(40).collect();
    let message = format!("`{}` is no member that is known here", shown.escape_debug());
    let diagnostic = match value.kind() {
        Kind::Array | Kind::Object => Diagnostic::error(Code::UnknownValue, message),
        _ => Diagnostic::warning(Code::UnusedText, message),
    };
    diagnostics.push(diagnostic.at(value.span()));
}

fn started(root: Value<'_>) -> Observed<Timestamp> {
    match root.get("startTime") {
        Some(value) => {
            let text = root.only("startTime").and_then(Value::as_str).filter(|_| value.is_complete());
            match text.and_then(|text| text.trim().parse::<i64>().ok()) {
                Some(seconds) => Observed::Known(Fact::new(Timestamp::from_unix(seconds), Basis::Wire, [value.span()])),
                None => Observed::NotObserved(
                    Gap::new(GapReason::Unsupported, "the start time is not a number of seconds").at([value.span()]),
                ),
            }
        }
        None => Observed::missing(GapReason::Truncated, "the report does not say when it was taken"),
    }
}

fn completion(root: Value<'_>, cut: bool) -> Completion {
    let is_finished = root.only("scanTime").and_then(Value::as_u32).is_some_and(|seconds| seconds > 0);
    match root.get("scanTime") {
        _ if cut => unfinished(GapReason::Truncated, "the report breaks off", None),
        Some(value) if is_finished => Completion::Finished(vec![value.span()]),
        Some(value) => unfinished(GapReason::Truncated, "the scan was interrupted", Some(value.span())),
        None => unfinished(GapReason::Truncated, "the report does not say that the scan came to its end", None),
    }
}
