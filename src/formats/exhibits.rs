//! What the readers of exhibits share.

use super::Sink;
use crate::evidence::{
    Attribute, Basis, Completion, Exhibit, Fact, Gap, GapReason, Observed, Particular, Scan, Subject, SubjectKind,
};
use crate::gathered::Gathered;
use crate::source::Span;
use crate::time::Timestamp;

/// An exhibit as it is put together.
pub(super) struct Made(Exhibit);

impl Made {
    /// One of which nothing is known yet.
    pub(super) fn new(kind: SubjectKind, name: String) -> Self {
        Self(Exhibit { kind, name, particulars: Vec::new() })
    }

    /// Adds a value and the words that say it.
    pub(super) fn know(&mut self, attribute: Attribute, value: impl Into<String>, words: Span) {
        let observed = Observed::Known(Fact::new(value.into(), Basis::Wire, [words]));
        self.0.particulars.push(Particular { attribute, observed });
    }

    /// Adds that a thing is not known, and why.
    pub(super) fn miss(&mut self, attribute: Attribute, reason: GapReason, detail: impl Into<String>, words: Span) {
        let observed = Observed::NotObserved(Gap::new(reason, detail).at([words]));
        self.0.particulars.push(Particular { attribute, observed });
    }
}

/// Adds a scan of exhibits.
pub(super) fn push(
    sink: &mut Sink<'_>,
    format: &str,
    tool: Option<String>,
    started: Observed<Timestamp>,
    completion: Completion,
    made: Vec<Made>,
) {
    sink.scans.push(Scan {
        source: sink.source.id(),
        format: format.to_owned(),
        tool,
        tool_version: None,
        command: None,
        started,
        vantage: None,
        completion,
        subjects: made.into_iter().map(|made| Subject::Exhibit(Box::new(made.0))).gathered(),
    });
}
