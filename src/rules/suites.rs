//! What the rules about cipher suites share: which accepted suites offend, and what is not known.

use super::Draft;
use crate::evidence::{Basis, Directed, Dossier, Gap, GapReason, SuiteList};
use crate::gathered::Gathered;
use crate::iana::{CipherSuite, KeyExchange, ProtocolVersion, SuiteInfo};
use crate::source::Span;

/// The versions whose suites have an order, oldest first: SSL 2.0 lets the client choose, TLS 1.3 has few and good ones.
pub(super) const ORDERED_VERSIONS: [ProtocolVersion; 4] =
    [ProtocolVersion::SSL3, ProtocolVersion::TLS1_0, ProtocolVersion::TLS1_1, ProtocolVersion::TLS1_2];

/// A suite, group or scheme that was accepted.
pub(super) struct Used {
    /// Its registered name.
    pub(super) name: String,
    /// Where it is said.
    pub(super) words: Vec<Span>,
    /// What it rests on.
    pub(super) basis: Basis,
    /// Where another report says that it is not accepted.
    pub(super) denied: Vec<Span>,
}

/// What an endpoint accepts of one kind of thing, sorted by what a rule thinks of it.
pub(super) struct Judged {
    /// What they are called in a sentence: `suite`.
    pub(super) what: &'static str,
    /// Each with the reason.
    pub(super) offending: Vec<(Used, String)>,
    /// The others.
    pub(super) good: Vec<Used>,
    /// Where it is said that there are no others.
    pub(super) complete_by: Vec<Span>,
    /// What keeps the list from being complete.
    pub(super) gaps: Vec<Gap>,
}

/// Sorts the accepted suites. `offence` says what is wrong with a suite, if anything is.
pub(super) fn judge_suites(dossier: &Dossier<'_>, offence: &dyn Fn(&SuiteInfo) -> Option<String>) -> Judged {
    let suites = dossier.suites();
    // What was left out of the offers does not matter where this rule has nothing against it.
    let is_harmless = |suite: &CipherSuite| suite.info().is_some_and(|info| offence(info).is_none());
    let enough: Vec<&Directed> =
        suites.directed.iter().filter(|directed| directed.unasked.iter().all(is_harmless)).gathered();
    let is_gap = |at: &usize| !enough.iter().any(|directed| directed.gap == *at);
    let gaps = suites.gaps.iter().enumerate().filter(|(at, _)| is_gap(at)).map(|(_, gap)| gap.clone()).gathered();
    let complete_by = suites.complete_by.iter().chain(enough.iter().flat_map(|directed| &directed.words));
    let mut judged = Judged::new("suite", complete_by.copied().gathered(), gaps);
    for accepted in &suites.accepted {
        if accepted.suite.is_signalling() || accepted.suite.is_grease() {
            continue;
        }
        let used = Used {
            name: accepted.suite.name().into_owned(),
            words: accepted.words.clone(),
            basis: accepted.basis,
            denied: accepted.denied.clone(),
        };
        judged.add(used, accepted.suite.info().map(offence));
    }
    judged.not_empty();
    judged
}

/// The lists of suites of one version, one for each scan that has one.
pub(super) fn lists_of<'a>(dossier: &'a Dossier<'a>, version: ProtocolVersion) -> Vec<&'a SuiteList> {
    let lists = dossier.sightings.iter().flat_map(|sighting| &sighting.endpoint.suites);
    lists.filter(|list| list.version == Some(version)).gathered()
}

/// The words that show that no accepted suite agrees on keys in one of these ways; `None` where one does or may.
pub(super) fn no_suite_with(dossier: &Dossier<'_>, key_exchanges: &[KeyExchange]) -> Option<Vec<Span>> {
    let judged = judge_suites(dossier, &|info| key_exchanges.contains(&info.key_exchange).then(String::new));
    let none = judged.offending.is_empty() && judged.gaps.is_empty();
    none.then(|| judged.good.iter().flat_map(|used| used.words.clone()).chain(judged.complete_by.clone()).gathered())
}

impl Judged {
    /// Nothing yet.
    pub(super) fn new(what: &'static str, complete_by: Vec<Span>, gaps: Vec<Gap>) -> Self {
        Self { what, offending: Vec::new(), good: Vec::new(), complete_by, gaps }
    }

    /// Adds what was accepted; `offence` is absent where nobody registered it.
    pub(super) fn add(&mut self, used: Used, offence: Option<Option<String>>) {
        match offence {
            Some(Some(reason)) => self.offending.push((used, reason)),
            Some(None) => self.good.push(used),
            None => self.gaps.push(
                Gap::new(GapReason::Unsupported, format!("{} is not registered: what it does is not known", used.name))
                    .at(used.words),
            ),
        }
    }

    /// Nothing at all is a gap, too.
    pub(super) fn not_empty(&mut self) {
        if self.offending.is_empty() && self.good.is_empty() && self.gaps.is_empty() {
            self.gaps.push(Gap::new(GapReason::NotAttempted, format!("no accepted {} was shown", self.what)));
        }
    }

    /// The names of what offends, each once, with its reason.
    pub(super) fn offenders(&self) -> String {
        const MOST: usize = 6;
        let mut names: Vec<String> = Vec::new();
        for (used, reason) in &self.offending {
            let name = if reason.is_empty() { used.name.clone() } else { format!("{} ({reason})", used.name) };
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
            let observed = if reason.is_empty() { used.name.clone() } else { format!("{}: {reason}", used.name) };
            draft = draft.cite(&used.words, &observed).basis(used.basis);
            draft = draft.cite(&used.denied, &format!("{} is not accepted", used.name));
        }
        draft
    }

    /// What to say behind a fail where another report denies what offends.
    pub(super) fn note(&self) -> String {
        let mut denied: Vec<String> = Vec::new();
        for (used, _) in self.offending.iter().filter(|(used, _)| !used.denied.is_empty()) {
            if !denied.contains(&used.name) {
                denied.push(used.name.clone());
            }
        }
        match denied.as_slice() {
            [] => String::new(),
            [one] => format!(" The reports disagree on {one}; the worse answer is kept."),
            [one, others @ ..] => {
                format!(" The reports disagree on {one} and {} more; the worse answer is kept.", others.len())
            }
        }
    }

    /// Cites everything that shows that nothing offends.
    pub(super) fn cite_all(&self, mut draft: Draft) -> Draft {
        for used in &self.good {
            draft = draft.cite(&used.words, &used.name).basis(used.basis);
        }
        draft.cite(&self.complete_by, &format!("no other {} is accepted", self.what)).basis(Basis::Wire)
    }

    /// Fails with the offenders behind `fail`, else passes where the list is complete, else is unknown.
    pub(super) fn settled(self, fail: &str, pass: &str, unknown: &str) -> Draft {
        if !self.offending.is_empty() {
            self.cite_offending(Draft::fail(format!("{fail}: {}.{}", self.offenders(), self.note()))).gaps(self.gaps)
        } else if self.gaps.is_empty() {
            self.cite_all(Draft::pass(pass))
        } else {
            Draft::unknown(unknown, self.gaps)
        }
    }
}
