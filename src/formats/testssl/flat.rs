//! The flat form: one list of entries, each with the target that it is of.

use super::rows::{Row, Rows};
use super::run::Run;
use super::target::Target;
use super::{Scans, shape, unfinished};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{Completion, GapReason};
use crate::formats::{Sink, json};
use crate::ordered::Map;

/// Where testssl.sh's remarks on its own client stand.
const NO_TARGET: &str = "/";

/// Entries under the targets that they are of, in the order in which the targets come.
#[derive(Default)]
pub(super) struct ByTarget<'d> {
    targets: Vec<((String, String), Rows<'d>)>,
    known: Map<(String, String), usize>,
}

impl<'d> ByTarget<'d> {
    /// Adds an entry of the target that its report writes as `node` and `port`.
    pub(super) fn push(&mut self, node: &str, port: &str, row: Row<'d>, diagnostics: &mut Vec<Diagnostic>) {
        let target = (node.trim().to_owned(), port.trim().to_owned());
        if target.0 == NO_TARGET {
            if shape::speaks_of_a_server(&row.id()) {
                shape::without_target(row, diagnostics);
            }
            return;
        }
        let next = self.targets.len();
        let position = self.known.update(target.clone(), || next, |position| *position);
        match self.targets.get_mut(position) {
            Some((_, rows)) => rows.push(row),
            None => {
                let mut rows = Rows::default();
                rows.push(row);
                self.targets.push((target, rows));
            }
        }
    }

    /// Whether there is no entry of a target.
    pub(super) fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// The scans of these targets; of nothing, where there are none.
    pub(super) fn into_scans(self, form: &Form, sink: &mut Sink<'_>) {
        let mut scans = Scans {
            format: form.id,
            run: Run::of_flat(&Rows::default()),
            started: sink.collected(form.what),
            completion: unfinished(GapReason::Truncated, "the report names no target", None),
            sink,
        };
        if self.targets.is_empty() {
            scans.add_unnamed(None);
        }
        for ((node, port), rows) in &self.targets {
            scans.run = Run::of_flat(rows);
            scans.completion = completion(rows, form);
            scans.add(Target::of_flat(node, port, rows), rows);
        }
    }
}

/// In which form entries with their targets were written.
pub(super) struct Form {
    pub(super) id: &'static str,
    /// What it is called.
    pub(super) what: &'static str,
    /// Whether it breaks off.
    pub(super) cut: bool,
    /// Why nothing says that the scan came to its end, where nothing does.
    pub(super) without_end: (GapReason, &'static str),
}

/// Reads the entries of one document.
pub(super) fn read(values: &[json::Value<'_>], cut: bool, sink: &mut Sink<'_>) {
    let mut found = ByTarget::default();
    for value in values {
        if !shape::is_like_row(*value) {
            shape::odd(*value, sink.diagnostics);
            continue;
        }
        let row = shape::row(*value, sink.diagnostics);
        let text = |key| value.only(key).and_then(json::Value::as_str).unwrap_or_default();
        found.push(&text("ip"), &text("port"), row, sink.diagnostics);
    }
    if values.is_empty() {
        sink.note(Diagnostic::error(Code::TruncatedInput, "the report has no entries"));
    }
    let form = Form {
        id: super::ID,
        what: "the flat JSON of testssl.sh",
        cut,
        without_end: (GapReason::Truncated, "the report does not say that the scan came to its end"),
    };
    found.into_scans(&form, sink);
}

/// Whether the scan of one target came to its end: `scanTime` is the last thing that is written of it.
fn completion(rows: &Rows<'_>, form: &Form) -> Completion {
    let is_time = |id: &str| id == "scanTime";
    if form.cut {
        return unfinished(GapReason::Truncated, "the report breaks off", None);
    }
    let Some((_, last)) = rows.iter().rev().find(|(id, _)| is_time(id)) else {
        let (reason, detail) = form.without_end;
        return unfinished(reason, detail, None);
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
