//! testssl.sh's flat and pretty JSON and its CSV, 3.0 to 3.3dev.
//!
//! All are lists of `{id, severity, finding}`. What surprises: findings are prose (`TLSv1.1 is not offered, and
//! downgraded to a weaker protocol` is CRITICAL and still a refusal), WARN means *not tested*, ids changed between
//! versions (`PFS` became `FS`), an id may stand twice, a failed run has no target, and 3.0 writes leaves only.

mod attacks;
mod cells;
mod certificates;
mod csv;
mod flat;
mod pretty;
mod revocation;
mod rows;
mod run;
mod shape;
mod suites;
mod target;
mod versions;

use self::rows::Rows;
use self::run::Run;
use self::target::Target;
use super::{Sink, json};
use crate::evidence::{Completion, Gap, GapReason, Observed, Scan, Subject};
use crate::source::Span;
use crate::time::Timestamp;

pub(super) use self::csv::{
    COMMANDS as CSV_COMMANDS, ID as CSV_ID, NEVER_SHOWS as CSV_NEVER_SHOWS, read as read_csv, starts as starts_csv,
};

pub(super) const ID: &str = "testssl-json";
pub(super) const COMMANDS: &[&str] =
    &["testssl.sh --jsonfile-pretty report.json HOST:443", "testssl.sh -t smtp --jsonfile-pretty report.json HOST:25"];
pub(super) const NEVER_SHOWS: &[&str] = &[
    "the chain that is sent when the client leaves out the server name (only its common name)",
    "intermediate certificates, in 3.0",
    "the time of the scan and the command, in the flat form",
    "suites that the scanner does not know",
];

/// Whether this is a report of testssl.sh.
pub(super) fn recognises(root: json::Value<'_>) -> bool {
    match root.kind() {
        json::Kind::Object => is_pretty(root) || shape::is_row(root),
        json::Kind::Array => root.elements().take(8).any(|element| shape::is_row(element) || is_pretty(element)),
        _ => false,
    }
}

fn is_pretty(value: json::Value<'_>) -> bool {
    value.get("scanResult").is_some() || (value.get("Invocation").is_some() && value.get("openssl").is_some())
}

/// Reads one document.
pub(super) fn read(document: &json::Document<'_>, sink: &mut Sink<'_>) {
    let Some(root) = document.root() else { return };
    let cut = document.is_truncated();
    if is_pretty(root) {
        pretty::read(root, cut, sink);
        return;
    }
    let (runs, rest): (Vec<_>, Vec<_>) = match root.kind() {
        json::Kind::Array => root.elements().partition(|element| is_pretty(*element)),
        _ => (Vec::new(), vec![root]),
    };
    for run in &runs {
        pretty::read(*run, cut, sink);
    }
    if runs.is_empty() || !rest.is_empty() {
        flat::read(&rest, cut, sink);
    }
}

/// The scans of one document: what they share, and where they go.
struct Scans<'s, 'a> {
    format: &'static str,
    run: Run,
    started: Observed<Timestamp>,
    completion: Completion,
    sink: &'s mut Sink<'a>,
}

impl Scans<'_, '_> {
    /// A scan of this target; without one, a scan that says so.
    fn add(&mut self, target: Option<Target>, rows: &Rows<'_>) {
        let Some(target) = target else {
            let at = rows.iter().next().map(|(_, row)| row.span());
            return self.add_unnamed(at);
        };
        let endpoint = target.endpoint(&self.run, rows, self.sink.diagnostics);
        let mut subjects = revocation::subjects(rows, &endpoint);
        subjects.insert(0, Subject::Endpoint(Box::new(endpoint)));
        self.push(self.completion.clone(), subjects);
    }

    /// A scan of a target that cannot be told.
    fn add_unnamed(&mut self, at: Option<Span>) {
        let completion = match &self.completion {
            Completion::Finished(_) => {
                unfinished(GapReason::Truncated, "the report does not say which host and port these entries are of", at)
            }
            Completion::Unfinished(_) => self.completion.clone(),
        };
        self.push(completion, Vec::new());
    }

    fn push(&mut self, completion: Completion, subjects: Vec<Subject>) {
        self.sink.scans.push(Scan {
            source: self.sink.source.id(),
            format: self.format.to_owned(),
            tool: Some("testssl.sh".to_owned()),
            tool_version: self.run.version.clone(),
            command: self.run.command.clone(),
            started: self.started.clone(),
            vantage: self.run.vantage.clone(),
            completion,
            subjects,
        });
    }
}

fn unfinished(reason: GapReason, detail: &str, at: Option<Span>) -> Completion {
    Completion::Unfinished(Gap::new(reason, detail).at(at))
}
