//! The flat form: one list of entries, each with the target that it is of.

use super::rows::Rows;
use super::run::Run;
use super::target::Target;
use super::{Scans, shape, unfinished};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{Completion, GapReason};
use crate::formats::{Sink, json};
use crate::ordered::Map;

/// Where testssl.sh's remarks on its own client stand.
const NO_TARGET: &str = "/";

/// Reads the entries of one document.
pub(super) fn read(values: &[json::Value<'_>], cut: bool, sink: &mut Sink<'_>) {
    let mut targets: Vec<((String, String), Rows<'_>)> = Vec::new();
    let mut known: Map<(String, String), usize> = Map::new();
    for value in values {
        if !shape::is_like_row(*value) {
            shape::odd(*value, sink.diagnostics);
            continue;
        }
        let row = shape::row(*value, sink.diagnostics);
        let text = |key| value.only(key).and_then(json::Value::as_str).unwrap_or_default().trim().to_owned();
        let target = (text("ip"), text("port"));
        if target.0 == NO_TARGET {
            if shape::speaks_of_a_server(&row.id()) {
                shape::without_target(row, sink.diagnostics);
            }
            continue;
        }
        let position = known.update(target.clone(), || targets.len(), |position| *position);
        match targets.get_mut(position) {
            Some((_, rows)) => rows.push(row),
            None => {
                let mut rows = Rows::default();
                rows.push(row);
                targets.push((target, rows));
            }
        }
    }
    let none = targets.is_empty();
    let mut scans = Scans {
        run: Run::of_flat(&Rows::default()),
        started: sink.collected("the flat JSON of testssl.sh"),
        completion: unfinished(GapReason::Truncated, "the report names no target", None),
        sink,
    };
    for ((address, port), rows) in &targets {
        scans.run = Run::of_flat(rows);
        scans.completion = completion(rows, cut);
        scans.add(Target::of_flat(address, port, rows), rows);
    }
    if none {
        if values.is_empty() {
            scans.sink.note(Diagnostic::error(Code::TruncatedInput, "the report has no entries"));
        }
        scans.add_unnamed(None);
    }
}

/// Whether the scan of one target came to its end: `scanTime` is the last thing that is written of it.
fn completion(rows: &Rows<'_>, cut: bool) -> Completion {
    let is_time = |id: &str| id == "scanTime";
    let Some((_, last)) = rows.iter().rev().find(|(id, _)| is_time(id)).filter(|_| !cut) else {
        return if cut {
            unfinished(GapReason::Truncated, "the report breaks off", None)
        } else {
            unfinished(GapReason::Truncated, "the report does not say that the scan came to its end", None)
        };
    };
    let finished = rows.all("scanTime").all(|row| {
        !row.is_untested()
            && row.finding().and_then(|time| time.trim().parse::<u32>().ok()).is_some_and(|time| time > 0)
    });
    // A list that was turned round as a whole begins with it.
    let is_reversed = rows.iter().next().is_some_and(|(id, _)| is_time(id));
    let is_last = rows.iter().next_back().is_some_and(|(id, _)| is_time(id));
    if !finished {
        unfinished(GapReason::Truncated, "the scan was interrupted", Some(last.span()))
    } else if is_last || is_reversed {
        Completion::Finished(vec![last.span()])
    } else {
        unfinished(
            GapReason::Truncated,
            "entries of another scan, which did not come to its end, follow",
            Some(last.span()),
        )
    }
}
