//! sslyze's JSON, versions 3 to 6 (`--json_out`); [schema](https://github.com/nabla-c0d3/sslyze/blob/release/json_output_schema.json).
//!
//! One document holds many targets, in the order in which they were done. What surprises: a command that failed has a
//! `result` of null, a handshake that timed out counts as a rejected suite, lists are sorted by name, X25519 is said to
//! have 253 bits, and names that do not resolve stand in a list of their own.

mod attacks;
mod certificates;
mod command;
mod revocation;
mod suites;
mod target;

use self::target::Target;
use super::service::whole;
use super::{Sink, json};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{Basis, Completion, Fact, Gap, GapReason, Observed, Scan, Subject};
use crate::gathered::Gathered;
use crate::time::Timestamp;

pub(super) const ID: &str = "sslyze-json";
pub(super) const COMMANDS: &[&str] = &[
    "python -m sslyze --json_out=report.json HOST:443",
    "python -m sslyze --starttls=smtp --json_out=report.json HOST:25",
];
pub(super) const NEVER_SHOWS: &[&str] = &[
    "who chooses the cipher suite, and in which order",
    "finite-field and post-quantum groups, and signature schemes",
    "that a curve is refused: what it calls rejected may be taken from other clients",
    "the chain that is sent when the client leaves out the server name, before 6.3",
    "the time of the scan, before 5.0",
    "suites that its own OpenSSL does not know",
];

/// Whether this is a report of sslyze.
pub(super) fn recognises(root: json::Value<'_>) -> bool {
    ["server_scan_results", "sslyze_version", "sslyze_url"].into_iter().any(|key| root.get(key).is_some())
}

/// Where targets are listed that were not reached; every version writes one of them, empty or not.
const UNREACHED: [&str; 2] = ["invalid_server_strings", "server_connectivity_errors"];

/// Reads one document.
pub(super) fn read(document: &json::Document<'_>, sink: &mut Sink<'_>) {
    let Some(root) = document.root() else { return };
    let run = Run::of(root, document.is_truncated(), sink);
    let before = sink.scans.len();
    let results = root.get("server_scan_results");
    for result in results.into_iter().flat_map(json::Value::elements) {
        match Target::of(result) {
            Some(target) => {
                let completion = match target.completion() {
                    Some(gap) => Completion::Unfinished(gap),
                    None => run.completion.clone(),
                };
                let endpoints = target.endpoints(sink.diagnostics);
                let mut said = endpoints.first().map(|first| target.revocation(first)).unwrap_or_default();
                let mut subjects: Vec<Subject> =
                    endpoints.into_iter().map(|endpoint| Subject::Endpoint(Box::new(endpoint))).gathered();
                subjects.append(&mut said);
                sink.scans.push(run.scan(sink, completion, subjects));
            }
            None => {
                sink.note(
                    Diagnostic::warning(Code::UnknownValue, "expected a `server_location` with a `port`")
                        .at(result.span()),
                );
                let gap = Gap::new(GapReason::Unsupported, "a result does not say which server it is of");
                sink.scans.push(run.scan(sink, Completion::Unfinished(gap.at([result.span()])), Vec::new()));
            }
        }
    }
    // 5 and later list names that do not resolve; 3 and 4 list every target that was not reached.
    let mut unreached = Vec::new();
    for list in UNREACHED {
        unreached.extend(root.get(list).into_iter().flat_map(json::Value::elements));
    }
    for entry in unreached {
        let scan = unreached_target(entry, &run, sink);
        sink.scans.push(scan);
    }
    if results.is_none_or(|results| results.kind() != json::Kind::Array) {
        let gap = Gap::new(GapReason::Truncated, "the report has no list of results").at([root.span()]);
        sink.scans.push(run.scan(sink, Completion::Unfinished(gap), Vec::new()));
    } else if sink.scans.len() == before {
        let gap = Gap::new(GapReason::NotAttempted, "the report names no target").at([root.span()]);
        sink.scans.push(run.scan(sink, Completion::Unfinished(gap), Vec::new()));
    }
}

/// A scan of a target of which only its name and an error are there.
fn unreached_target(entry: json::Value<'_>, run: &Run, sink: &mut Sink<'_>) -> Scan {
    let text = |key| entry.get(key).and_then(json::Value::as_str).unwrap_or_default();
    let (name, error) = (text("server_string"), text("error_message"));
    let detail = format!("sslyze did not reach `{}`: {}", name.trim(), error.trim());
    sink.note(Diagnostic::warning(Code::LimitedScan, detail.clone()).at(entry.span()));
    let gap = Gap::new(GapReason::Blocked, detail).at([entry.span()]);
    run.scan(sink, Completion::Unfinished(gap), Vec::new())
}

/// What is said of the run as a whole.
struct Run {
    version: Option<String>,
    started: Observed<Timestamp>,
    completion: Completion,
}

impl Run {
    fn of(root: json::Value<'_>, cut: bool, sink: &Sink<'_>) -> Self {
        let started = match root.get("date_scans_started") {
            Some(value) => match whole(value).and_then(json::Value::as_str).and_then(|text| instant(&text)) {
                Some(time) => Observed::Known(Fact::new(time, Basis::Wire, [value.span()])),
                None => Observed::NotObserved(
                    Gap::new(GapReason::Unsupported, "`date_scans_started` is no time").at([value.span()]),
                ),
            },
            None => sink.collected("the JSON of sslyze before 5.0"),
        };
        let ended =
            ["date_scans_completed", "total_scan_time"].into_iter().find_map(|key| root.get(key)).and_then(whole);
        let completion = match ended {
            _ if cut => unfinished("the report breaks off"),
            _ if !UNREACHED.iter().any(|list| root.get(list).is_some_and(|list| list.kind() == json::Kind::Array)) => {
                unfinished("the report does not say which targets were not reached")
            }
            Some(value) => Completion::Finished(vec![value.span()]),
            None => unfinished("the report does not say that the scans came to their end"),
        };
        let version = root.get("sslyze_version").and_then(whole).and_then(json::Value::as_str);
        Self { version: version.map(std::borrow::Cow::into_owned), started, completion }
    }

    fn scan(&self, sink: &Sink<'_>, completion: Completion, subjects: Vec<Subject>) -> Scan {
        Scan {
            source: sink.source.id(),
            format: ID.to_owned(),
            tool: Some("sslyze".to_owned()),
            tool_version: self.version.clone(),
            command: None,
            started: self.started.clone(),
            vantage: None,
            completion,
            subjects,
        }
    }
}

/// `2026-11-21T22:51:31.358641Z`, or without the `Z` before 6.1: its command line asks for UTC all the same.
fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let has_time = text.contains('T');
    text.parse().ok().or_else(|| has_time.then(|| format!("{text}Z").parse().ok()).flatten())
}

fn unfinished(detail: &str) -> Completion {
    Completion::Unfinished(Gap::new(GapReason::Truncated, detail))
}
