//! The suites of one endpoint as all its scans saw them: what was accepted, who denies it, and what is not known.

use super::endpoint::SuiteList;
use super::lists::{Offered, contradiction, offers};
use super::merge::{Dossier, Offer, View};
use super::observed::{Basis, Fact, Gap, GapReason};
use crate::gathered::Gathered;
use crate::iana::{CipherSuite, ProtocolVersion};
use crate::ordered::Map;
use crate::source::Span;

/// The versions whose suites are asked for one by one, oldest first. SSL 2.0 has suites of another kind.
const SUITE_VERSIONS: [ProtocolVersion; 5] = [
    ProtocolVersion::SSL3,
    ProtocolVersion::TLS1_0,
    ProtocolVersion::TLS1_1,
    ProtocolVersion::TLS1_2,
    ProtocolVersion::TLS1_3,
];

/// A suite that was accepted.
#[derive(Debug, Clone)]
pub struct SuiteUse {
    /// The suite.
    pub suite: CipherSuite,
    /// The version; absent where the report does not tell.
    pub version: Option<ProtocolVersion>,
    /// Where it is said.
    pub words: Vec<Span>,
    /// What it rests on.
    pub basis: Basis,
    /// Where another report says that it is not accepted.
    pub denied: Vec<Span>,
}

/// The suites that were accepted, and what keeps the list from being complete over all versions.
#[derive(Debug)]
pub struct Suites {
    /// Each suite and version once.
    pub accepted: Vec<SuiteUse>,
    /// Where the completeness is said.
    pub complete_by: Vec<Span>,
    /// Empty when every version was either refused or enumerated to the end.
    pub gaps: Vec<Gap>,
    /// Lists that were made to their ends but for suites that were left out.
    pub directed: Vec<Directed>,
}

/// A list that was made to its end but for some suites.
#[derive(Debug)]
pub struct Directed {
    /// The suites that were left out.
    pub unasked: Vec<CipherSuite>,
    /// Where the end is said.
    pub words: Vec<Span>,
    /// The gap that it leaves, by its place among the gaps.
    pub gap: usize,
}

impl Dossier<'_> {
    /// The suites that were accepted, over all versions.
    #[must_use]
    pub fn suites(&self) -> &Suites {
        self.suites.get_or_init(|| self.merged_suites())
    }

    fn merged_suites(&self) -> Suites {
        let mut result =
            Suites { accepted: Vec::new(), complete_by: Vec::new(), gaps: Vec::new(), directed: Vec::new() };
        let mut missing = Vec::new();
        let mut by_version: Map<Option<ProtocolVersion>, Vec<&SuiteList>> = Map::new();
        let mut order: Vec<Option<ProtocolVersion>> = Vec::new();
        for list in self.sightings.iter().flat_map(|sighting| &sighting.endpoint.suites) {
            by_version.update(list.version, Vec::new, |same| {
                if same.is_empty() {
                    order.push(list.version);
                }
                same.push(list);
            });
        }
        for version in order {
            let lists = by_version.get(&version).into_iter().flatten();
            let used = offers(lists.map(|list| &list.suites)).accepted.into_iter();
            result.accepted.extend(used.map(|Offered { value, words, basis, denied }| SuiteUse {
                suite: value,
                version,
                words,
                basis,
                denied,
            }));
        }
        with_versions_only(&mut result.accepted);
        match self.version(ProtocolVersion::SSL2) {
            View::Agreed(Fact { value: Offer::Refused, words, .. }) => result.complete_by.extend(words),
            View::Agreed(Fact { words, .. }) => result.gaps.push(
                Gap::new(GapReason::Unsupported, "the suites of SSL 2.0 are of another kind and were not listed")
                    .at(words),
            ),
            View::Disagreed(sides) => result.gaps.push(disagreement(ProtocolVersion::SSL2, &sides)),
            View::Missing(gaps) => missing.extend(gaps.into_iter().map(|gap| (ProtocolVersion::SSL2, gap))),
        }
        for version in SUITE_VERSIONS {
            let lists = by_version.get(&Some(version)).map(Vec::as_slice).unwrap_or_default();
            self.suites_of(version, lists, &mut result, &mut missing);
        }
        result.gaps.extend(about_versions(&missing));
        without_place(&mut result);
        result
    }

    /// Whether the suites of `version` are known to the end, and where it is said.
    fn suites_of(
        &self,
        version: ProtocolVersion,
        lists: &[&SuiteList],
        result: &mut Suites,
        missing: &mut Vec<(ProtocolVersion, Gap)>,
    ) {
        let offered = self.version(version);
        if let View::Disagreed(sides) = &offered {
            let refused = sides.iter().filter(|side| side.value == Offer::Refused);
            let denied: Vec<Span> = refused.flat_map(|side| side.words.clone()).gathered();
            for used in result.accepted.iter_mut().filter(|used| used.version == Some(version)) {
                used.denied.extend(&denied);
            }
            result.gaps.push(disagreement(version, sides));
            return;
        }
        result.gaps.extend(result.contradicted(version));
        let offers = offers(lists.iter().map(|list| &list.suites));
        if let Some(complete) = offers.complete {
            result.complete_by.extend(complete.words);
            return;
        }
        match offered {
            View::Agreed(Fact { value: Offer::Refused, words, .. }) => result.complete_by.extend(words),
            View::Agreed(fact) => {
                let at = result.gaps.len();
                result.directed.extend(offers.directed.map(|(fact, unasked)| Directed {
                    unasked,
                    words: fact.words,
                    gap: at,
                }));
                let gap = lists.iter().find_map(|list| list.suites.gap()).unwrap_or_else(|| {
                    Gap::new(GapReason::NotAttempted, format!("the suites of {version} were not listed")).at(fact.words)
                });
                result.gaps.push(gap);
            }
            View::Disagreed(_) => {}
            View::Missing(gaps) => missing.extend(gaps.into_iter().map(|gap| (version, gap))),
        }
    }
}

impl Suites {
    /// What the reports disagree on in `version`, if they do.
    #[must_use]
    pub fn contradicted(&self, version: ProtocolVersion) -> Option<Gap> {
        let used = self.accepted.iter().filter(|used| used.version == Some(version) && !used.denied.is_empty());
        contradiction(&format!(" with {version}"), &used.map(SuiteUse::both_sides).gathered())
    }
}

impl SuiteUse {
    fn both_sides(&self) -> (String, Vec<Span>) {
        (self.suite.name().into_owned(), self.words.iter().chain(&self.denied).copied().gathered())
    }
}

fn disagreement(version: ProtocolVersion, sides: &[Fact<Offer>]) -> Gap {
    Gap::new(GapReason::Contradicted, format!("the reports disagree on whether {version} is offered"))
        .at(sides.iter().flat_map(|side| side.words.iter().copied()))
}

/// A suite that was seen with no version in particular, where every version is known to the end without it.
fn without_place(result: &mut Suites) {
    if !result.gaps.is_empty() {
        return;
    }
    let denied = result.complete_by.clone();
    let alone = |used: &&mut SuiteUse| used.version.is_none() && used.denied.is_empty() && !used.suite.is_signalling();
    let mut contradicted = Vec::new();
    for used in result.accepted.iter_mut().filter(alone) {
        used.denied.extend(&denied);
        contradicted.push(used.both_sides());
    }
    result.gaps.extend(contradiction("", &contradicted));
}

/// A suite that stands under its version needs no second entry without one.
fn with_versions_only(accepted: &mut Vec<SuiteUse>) {
    let (with, without): (Vec<_>, Vec<_>) = accepted.drain(..).partition(|used| used.version.is_some());
    *accepted = with;
    let mut first: Map<CipherSuite, usize> = Map::new();
    for (position, used) in accepted.iter().enumerate() {
        first.update(used.suite, || position, |_| ());
    }
    for used in without {
        match first.get(&used.suite).and_then(|at| accepted.get_mut(*at)) {
            Some(known) => known.words.extend(used.words),
            None => accepted.push(used),
        }
    }
}

/// One gap for all versions that are unknown for the same reason.
fn about_versions(missing: &[(ProtocolVersion, Gap)]) -> Vec<Gap> {
    let mut grouped: Vec<(Vec<String>, Gap)> = Vec::new();
    for (version, gap) in missing {
        match grouped.iter_mut().find(|(_, known)| known.reason == gap.reason && known.detail == gap.detail) {
            Some((versions, known)) => {
                versions.push(version.to_string());
                known.words.extend(&gap.words);
            }
            None => grouped.push((vec![version.to_string()], gap.clone())),
        }
    }
    let said = |(mut versions, gap): (Vec<String>, Gap)| {
        versions.dedup();
        Gap {
            detail: format!(
                "whether {} is offered is not known: {}",
                crate::evaluate::alternatives(&versions),
                gap.detail
            ),
            ..gap
        }
    };
    grouped.into_iter().map(said).gathered()
}
