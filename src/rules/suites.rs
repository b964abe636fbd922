//! What the rules about cipher suites share: which accepted suites offend, and what is not known.

use super::Draft;
use crate::evidence::{Basis, Dossier, Gap, GapReason, SuiteUse};
use crate::iana::SuiteInfo;

/// The accepted suites of an endpoint, sorted by what a rule thinks of them.
pub(super) struct Judged {
    /// Each with the reason.
    pub(super) offending: Vec<(SuiteUse, String)>,
    /// The others.
    pub(super) good: Vec<SuiteUse>,
    /// Where it is said that there are no others.
    pub(super) complete_by: Vec<crate::source::Span>,
    /// What keeps the list from being complete.
    pub(super) gaps: Vec<Gap>,
}

/// Sorts the accepted suites. `offence` says what is wrong with a suite, if anything is.
pub(super) fn judge_suites(dossier: &Dossier<'_>, offence: impl Fn(&SuiteInfo) -> Option<String>) -> Judged {
    let suites = dossier.suites();
    let mut judged =
        Judged { offending: Vec::new(), good: Vec::new(), complete_by: suites.complete_by, gaps: suites.gaps };
    for used in suites.accepted {
        if used.suite.is_signalling() || used.suite.is_grease() {
            continue;
        }
        match used.suite.info() {
            Some(info) => match offence(info) {
                Some(reason) => judged.offending.push((used, reason)),
                None => judged.good.push(used),
            },
            None => judged.gaps.push(
                Gap::new(
                    GapReason::Unsupported,
                    format!("{} is not registered: what it does is not known", used.suite.name()),
                )
                .at(used.words),
            ),
        }
    }
    if judged.offending.is_empty() && judged.good.is_empty() && judged.gaps.is_empty() {
        judged.gaps.push(Gap::new(GapReason::NotAttempted, "no accepted suite was shown"));
    }
    judged
}

impl Judged {
    /// The names of what offends, each once, with its reason.
    pub(super) fn offenders(&self) -> String {
        const MOST: usize = 6;
        let mut names: Vec<String> = Vec::new();
        for (used, reason) in &self.offending {
            let name = format!("{} ({reason})", used.suite.name());
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let more = names.len().saturating_sub(MOST);
        names.truncate(MOST);
        let list = names.join(", ");
        if more > 0 { format!("{list} and {more} more") } else { list }
    }

    /// Cites what offends.
    pub(super) fn cite_offending(&self, mut draft: Draft) -> Draft {
        for (used, reason) in &self.offending {
            draft = draft.cite(&used.words, &format!("{}: {reason}", used.suite.name())).basis(used.basis);
        }
        draft
    }

    /// Cites everything that shows that nothing offends.
    pub(super) fn cite_all(&self, mut draft: Draft) -> Draft {
        for used in &self.good {
            draft = draft.cite(&used.words, &used.suite.name()).basis(used.basis);
        }
        draft.cite(&self.complete_by, "no other suite is accepted").basis(Basis::Wire)
    }
}
