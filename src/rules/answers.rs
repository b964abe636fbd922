//! What the rules about yes-or-no answers of a service share.

use super::Draft;
use crate::evidence::{Dossier, Endpoint, Fact, Gap, GapReason, Observed, Offer, View};
use crate::iana::ProtocolVersion;
use crate::source::Span;

/// Said behind a fail that another report contradicts.
pub(super) const DISAGREE: &str = " The reports disagree; the worse answer is kept.";

/// Everything before TLS 1.3.
const BEFORE_TLS13: [ProtocolVersion; 5] = [
    ProtocolVersion::SSL2,
    ProtocolVersion::SSL3,
    ProtocolVersion::TLS1_0,
    ProtocolVersion::TLS1_1,
    ProtocolVersion::TLS1_2,
];

/// What the scans of one endpoint say of one thing.
pub(super) struct Answers<'a, T> {
    /// The answers.
    pub(super) facts: Vec<&'a Fact<T>>,
    /// Why the other scans have none.
    pub(super) gaps: Vec<Gap>,
}

/// Collects the answers of all scans.
pub(super) fn answers<'a, T>(
    dossier: &'a Dossier<'a>,
    field: impl Fn(&'a Endpoint) -> &'a Observed<T>,
) -> Answers<'a, T> {
    let mut answers = Answers { facts: Vec::new(), gaps: Vec::new() };
    for sighting in &dossier.sightings {
        match field(&sighting.endpoint) {
            Observed::Known(fact) => answers.facts.push(fact),
            Observed::NotObserved(gap) => answers.gaps.push(gap.clone()),
        }
    }
    answers
}

/// The words that show that TLS 1.3 is accepted and nothing older.
pub(super) fn only_tls13(dossier: &Dossier<'_>) -> Option<Vec<Span>> {
    let mut words = match dossier.version(ProtocolVersion::TLS1_3) {
        View::Agreed(Fact { value: Offer::Accepted, words, .. }) => words,
        _ => return None,
    };
    for version in BEFORE_TLS13 {
        match dossier.version(version) {
            View::Agreed(Fact { value: Offer::Refused, words: refused, .. }) => words.extend(refused),
            _ => return None,
        }
    }
    Some(words)
}

/// A feature that TLS 1.3 left out: which answer is bad, and the sentences.
pub(super) struct Feature {
    /// The answer that fails.
    pub(super) bad: bool,
    /// Said where it fails.
    pub(super) fail: &'static str,
    /// Said where it passes.
    pub(super) pass: &'static str,
    /// Said where it is not known.
    pub(super) unknown: &'static str,
    /// Said where only TLS 1.3 is accepted.
    pub(super) moot: &'static str,
    /// The command-line option that would have shown it.
    pub(super) missing: &'static str,
}

impl Feature {
    /// Judges it; the worse answer counts.
    pub(super) fn judge<'a>(
        &self,
        dossier: &'a Dossier<'a>,
        field: impl Fn(&'a Endpoint) -> &'a Observed<bool>,
    ) -> Draft {
        if let Some(words) = only_tls13(dossier) {
            return Draft::not_applicable(self.moot).cite(&words, "only TLS 1.3 is accepted");
        }
        let Answers { facts, mut gaps } = answers(dossier, field);
        let cited = |mut draft: Draft, bad: bool, observed: &str| {
            for fact in facts.iter().filter(|fact| (fact.value == self.bad) == bad) {
                draft = draft.cite(&fact.words, observed.trim_end_matches('.')).basis(fact.basis);
            }
            draft
        };
        let some = |bad: bool| facts.iter().any(|fact| (fact.value == self.bad) == bad);
        if some(true) {
            let note = if some(false) { DISAGREE } else { "" };
            let fail = cited(Draft::fail(format!("{}{note}", self.fail)), true, self.fail);
            return cited(fail, false, self.pass);
        }
        if some(false) {
            return cited(Draft::pass(self.pass), false, self.pass);
        }
        if gaps.is_empty() {
            gaps.push(Gap::new(GapReason::NotAttempted, self.missing));
        }
        Draft::unknown(self.unknown, gaps)
    }
}
