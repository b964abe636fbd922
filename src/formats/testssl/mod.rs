//! testssl.sh's flat and pretty JSON, 3.0 to 3.3dev.
//!
//! Both are lists of `{id, severity, finding}`. What surprises: findings are prose (`TLSv1.1 is not offered, and
//! downgraded to a weaker protocol` is CRITICAL and still a refusal), WARN means *not tested*, ids changed between
//! versions (`PFS` became `FS`), an id may stand twice, a failed run has no target, and 3.0 writes leaves only.

mod attacks;
mod certificates;
mod rows;
mod suites;
mod target;
mod versions;

use self::rows::{Row, Rows};
use self::target::Target;
use super::{Sink, json};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{Basis, Completion, Fact, Gap, GapReason, Observed, Scan, Subject};
use crate::source::Span;
use crate::time::Timestamp;

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
        json::Kind::Object => is_pretty(root) || is_row(root),
        json::Kind::Array => root.elements().take(8).any(|element| is_row(element) || is_pretty(element)),
        _ => false,
    }
}

fn is_pretty(value: json::Value<'_>) -> bool {
    value.get("scanResult").is_some() || (value.get("Invocation").is_some() && value.get("openssl").is_some())
}

fn is_row(value: json::Value<'_>) -> bool {
    ["id", "severity", "finding"].into_iter().all(|key| value.get(key).is_some())
}

/// Reads one document.
pub(super) fn read(document: &json::Document<'_>, sink: &mut Sink<'_>) {
    let Some(root) = document.root() else { return };
    let cut = document.is_truncated();
    if is_pretty(root) {
        pretty(root, cut, sink);
        return;
    }
    let (runs, rows): (Vec<_>, Vec<_>) = match root.kind() {
        json::Kind::Array => root.elements().partition(|element| is_pretty(*element)),
        _ => (Vec::new(), vec![root]),
    };
    for run in runs {
        pretty(run, cut, sink);
    }
    flat(&rows, cut, sink);
}

/// What is said of a run as a whole.
#[derive(Default)]
pub(super) struct Run {
    version: Option<String>,
    command: Option<String>,
    /// Why the run may not have been able to offer every version and suite.
    limited: Option<(GapReason, &'static str)>,
    /// Whether the run stopped at the first suite of each list.
    fast: bool,
}

const SSL_NATIVE: &str =
    "the scan ran with --ssl-native: its own OpenSSL may not be able to offer old versions and every suite";
const NO_COMMAND: &str =
    "the report does not say with which options the scan ran: --ssl-native and --fast leave versions and suites out";

impl Run {
    fn of(root: json::Value<'_>) -> Self {
        let text = |key| root.get(key).filter(|value| value.is_complete()).and_then(|value| value.as_str());
        let command = text("Invocation").map(|command| command.trim().to_owned());
        let has = |option: &str| {
            command.as_deref().is_some_and(|command| command.split_whitespace().any(|word| word == option))
        };
        let limited = match &command {
            None => Some((GapReason::Truncated, NO_COMMAND)),
            Some(_) if has("--ssl-native") => Some((GapReason::ClientLimited, SSL_NATIVE)),
            Some(_) => None,
        };
        Self {
            version: text("version").map(|version| version.trim().trim_end_matches("from").trim().to_owned()),
            limited,
            fast: has("--fast"),
            command,
        }
    }
}

fn pretty(root: json::Value<'_>, cut: bool, sink: &mut Sink<'_>) {
    let run = Run::of(root);
    let started = match root.get("startTime") {
        Some(value) => {
            let text = value.as_str().filter(|_| value.is_complete());
            match text.and_then(|text| text.trim().parse::<i64>().ok()) {
                Some(seconds) => Observed::Known(Fact::new(Timestamp::from_unix(seconds), Basis::Wire, [value.span()])),
                None => Observed::NotObserved(
                    Gap::new(GapReason::Unsupported, "the start time is not a number of seconds").at([value.span()]),
                ),
            }
        }
        None => Observed::missing(GapReason::Truncated, "the report does not say when it was taken"),
    };
    let completion = match root.get("scanTime") {
        _ if cut => unfinished(GapReason::Truncated, "the report breaks off", None),
        Some(value) if value.kind() == json::Kind::Number => Completion::Finished(vec![value.span()]),
        Some(value) => unfinished(GapReason::Truncated, "the scan was interrupted", Some(value.span())),
        None => unfinished(GapReason::Truncated, "the report does not say that the scan came to its end", None),
    };
    let mut loose = Rows::default();
    let mut found = false;
    for result in root.get("scanResult").into_iter().flat_map(json::Value::elements) {
        if is_row(result) {
            loose.push(Row::of(result));
            continue;
        }
        let mut rows = std::mem::take(&mut loose);
        for (_, section) in result.members() {
            for row in section.elements().filter(|row| is_row(*row)) {
                rows.push(Row::of(row));
            }
        }
        let target = Target::of_pretty(result, &run, &rows);
        found |= add(target, &run, &rows, started.clone(), completion.clone(), sink);
    }
    if !loose.is_empty() || !found {
        let target = Target::of_problem(&run, &loose);
        found |= add(target, &run, &loose, started.clone(), completion.clone(), sink);
    }
    if !found {
        sink.scans.push(scan(&run, sink, started, completion, Vec::new()));
    }
}

fn flat(rows: &[json::Value<'_>], cut: bool, sink: &mut Sink<'_>) {
    let mut targets: Vec<((String, String), Rows<'_>)> = Vec::new();
    for value in rows {
        if !is_row(*value) {
            sink.note(
                Diagnostic::warning(Code::UnusedText, "expected an entry with `id`, `severity` and `finding`")
                    .at(value.span()),
            );
            continue;
        }
        let row = Row::of(*value);
        let text = |key| value.get(key).and_then(|value| value.as_str()).unwrap_or_default().into_owned();
        let (address, port) = (text("ip"), text("port"));
        if address == "/" {
            continue;
        }
        match targets.iter_mut().find(|((known, at), _)| *known == address && *at == port) {
            Some((_, rows)) => rows.push(row),
            None => {
                let mut rows = Rows::default();
                rows.push(row);
                targets.push(((address, port), rows));
            }
        }
    }
    let run = Run::default();
    for ((address, port), rows) in &targets {
        let completion = match rows.last("scanTime") {
            _ if cut => unfinished(GapReason::Truncated, "the report breaks off", None),
            Some(row) if row.finding().is_some_and(|time| time.parse::<u32>().is_ok()) => {
                Completion::Finished(vec![row.span()])
            }
            Some(row) => unfinished(GapReason::Truncated, "the scan was interrupted", Some(row.span())),
            None => unfinished(GapReason::Truncated, "the report does not say that the scan came to its end", None),
        };
        let started = sink.collected("the flat JSON of testssl.sh");
        let target = Target::of_flat(address, port, rows);
        if !add(target, &run, rows, started.clone(), completion.clone(), sink) {
            sink.scans.push(scan(&run, sink, started, completion, Vec::new()));
        }
    }
    if targets.is_empty() {
        let started = sink.collected("the flat JSON of testssl.sh");
        let completion = unfinished(GapReason::Truncated, "the report names no target", None);
        sink.scans.push(scan(&run, sink, started, completion, Vec::new()));
    }
}

fn unfinished(reason: GapReason, detail: &str, at: Option<Span>) -> Completion {
    Completion::Unfinished(Gap::new(reason, detail).at(at))
}

/// Adds a scan of one target, if there is one.
fn add(
    target: Option<Target>,
    run: &Run,
    rows: &Rows<'_>,
    started: Observed<Timestamp>,
    completion: Completion,
    sink: &mut Sink<'_>,
) -> bool {
    let Some(target) = target else { return false };
    let endpoint = target.endpoint(run, rows, sink.diagnostics);
    let scan = scan(run, sink, started, completion, vec![Subject::Endpoint(Box::new(endpoint))]);
    sink.scans.push(scan);
    true
}

fn scan(
    run: &Run,
    sink: &Sink<'_>,
    started: Observed<Timestamp>,
    completion: Completion,
    subjects: Vec<Subject>,
) -> Scan {
    Scan {
        source: sink.source.id(),
        format: ID.to_owned(),
        tool: Some("testssl.sh".to_owned()),
        tool_version: run.version.clone(),
        command: run.command.clone(),
        started,
        vantage: None,
        completion,
        subjects,
    }
}
