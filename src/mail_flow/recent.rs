//! Whether what decides still holds: a connector may have been set anew since it was exported, and a record replaced.

use crate::rules::Names;
use crate::time::{SECONDS_PER_DAY, Timestamp};

/// How old what decides may be.
#[derive(Clone, Copy)]
pub(super) struct Recent {
    pub(super) now: Timestamp,
    pub(super) days: u32,
}

impl Recent {
    /// What must be known where something was shown too long ago, after now, or at no time that is known; `shown` says what
    /// was done then.
    pub(super) fn doubt(self, at: Option<Timestamp>, shown: &str) -> Option<String> {
        let Some(at) = at else { return Some(format!("when {shown}: state it")) };
        let age = self.now.unix().saturating_sub(at.unix());
        (age > i64::from(self.days) * SECONDS_PER_DAY || age < -SECONDS_PER_DAY)
            .then(|| format!("what is so today: {shown} on {}", at.date()))
    }

    /// The same of answers of DNS for a name and type.
    pub(super) fn doubt_of_answers(self, names: &Names<'_>, owner: &str, kind: &str) -> Option<String> {
        let shown = format!("the {kind} records of `{owner}` were looked up");
        names.named(owner, kind).find_map(|view| self.doubt(view.scan.started.value().copied(), &shown))
    }
}
