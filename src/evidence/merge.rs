//! Scans of one endpoint side by side: facts agree, complete each other, or disagree.
//!
//! A [`Dossier`] borrows the evidence and answers the questions that rules ask. A disagreement is never
//! resolved here: the rule sees both sides, and keeps the worse one.

use std::cell::OnceCell;

use super::certificate::Certificate;
use super::endpoint::{Endpoint, EndpointKey, ServerName, SuiteClass, Transport};
use super::observed::{Basis, Fact, Gap, GapReason, Membership, Rest};
use super::view::{CertificateView, ChainView, PresentedView};
use super::{Evidence, Flow, Scan, Subject};
use crate::iana::{Authentication, CipherSuite, ProtocolVersion};
use crate::ordered::{Map, Set};
use crate::pki::KeyAlgorithm;
use crate::source::Span;

/// The versions whose suites are asked for one by one, oldest first. SSL 2.0 has suites of another kind.
const SUITE_VERSIONS: [ProtocolVersion; 5] = [
    ProtocolVersion::SSL3,
    ProtocolVersion::TLS1_0,
    ProtocolVersion::TLS1_1,
    ProtocolVersion::TLS1_2,
    ProtocolVersion::TLS1_3,
];

/// Everything that was shown, laid out for judging.
#[derive(Debug)]
pub struct Merged<'a> {
    /// Endpoints, in the order of their first sighting.
    pub dossiers: Vec<Dossier<'a>>,
    /// Certificates without a service, in input order.
    pub chains: Vec<ChainView<'a>>,
}

/// One endpoint as one scan saw it.
#[derive(Debug, Clone, Copy)]
pub struct Sighting<'a> {
    /// The scan.
    pub scan: &'a Scan,
    /// What it saw.
    pub endpoint: &'a Endpoint,
}

/// Everything that was shown of one endpoint.
#[derive(Debug)]
pub struct Dossier<'a> {
    /// What tells it from others.
    pub key: &'a EndpointKey,
    /// The scans that saw it.
    pub sightings: Vec<Sighting<'a>>,
    /// The chains that were shown, each once.
    pub chains: Vec<PresentedView<'a>>,
    /// Whether the same service was also asked without a server name.
    pub seen_without_server_name: bool,
    /// Whether this is the service as it answers without a server name, beside the same one asked by name.
    pub is_sibling_without_server_name: bool,
    /// Many rules ask for them.
    suites: OnceCell<Suites>,
}

/// Whether an offer was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// It was.
    Accepted,
    /// It was not, and a control offer was.
    Refused,
}

/// What several scans say of one thing.
#[derive(Debug)]
pub enum View<T> {
    /// One answer; the words of all that gave it.
    Agreed(Fact<T>),
    /// Contradicting answers.
    Disagreed(Vec<Fact<T>>),
    /// No answer, and why.
    Missing(Vec<Gap>),
}

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
}

/// Lays the scans of each endpoint side by side.
#[must_use]
pub fn merge(evidence: &Evidence) -> Merged<'_> {
    let mut dossiers: Vec<Dossier<'_>> = Vec::new();
    let mut index: Map<&EndpointKey, usize> = Map::new();
    let mut chains = Vec::new();
    for scan in &evidence.scans {
        for subject in &scan.subjects {
            match subject {
                Subject::Endpoint(endpoint) => {
                    let mut new = || {
                        dossiers.push(Dossier {
                            key: &endpoint.key,
                            sightings: Vec::new(),
                            chains: Vec::new(),
                            seen_without_server_name: false,
                            is_sibling_without_server_name: false,
                            suites: OnceCell::new(),
                        });
                        dossiers.len() - 1
                    };
                    // Services that are not named may be different ones.
                    let at = if endpoint.key.is_stated() { index.update(&endpoint.key, new, |at| *at) } else { new() };
                    let Some(dossier) = dossiers.get_mut(at) else { continue };
                    dossier.sightings.push(Sighting { scan, endpoint });
                    for presented in &endpoint.chains {
                        let view = PresentedView::of(presented);
                        if !dossier.chains.iter().any(|known| known.same_certificates(&view)) {
                            dossier.chains.push(view);
                        }
                    }
                }
                Subject::Chain(chain) => {
                    chains.push(ChainView { scan, chain, presented: PresentedView::of(&chain.presented) });
                }
            }
        }
    }
    // Without a server name there are few, and only they can be siblings.
    let is_omitted = |dossier: &Dossier<'_>| dossier.key.is_stated() && dossier.key.server_name == ServerName::Omitted;
    let omitted: Vec<usize> = (0..dossiers.len()).filter(|at| dossiers.get(*at).is_some_and(is_omitted)).collect();
    if !omitted.is_empty() {
        siblings(&mut dossiers, &omitted);
    }
    Merged { dossiers, chains }
}

/// Marks the services that were asked with a server name and without one.
fn siblings(dossiers: &mut [Dossier<'_>], omitted: &[usize]) {
    let without = |dossier: &Dossier<'_>| EndpointKey { server_name: ServerName::Omitted, ..dossier.key.clone() };
    let mut shown: Map<EndpointKey, bool> = Map::new();
    for dossier in omitted.iter().filter_map(|at| dossiers.get(*at)) {
        shown.insert(dossier.key.clone(), !dossier.chains.is_empty());
    }
    let mut named = Set::new();
    for dossier in dossiers.iter_mut() {
        let key = without(dossier);
        if let Some(has_chain) = shown.get(&key) {
            dossier.seen_without_server_name = *has_chain;
            if dossier.key.server_name != ServerName::Omitted {
                named.insert(key);
            }
        }
    }
    for at in omitted {
        if let Some(dossier) = dossiers.get_mut(*at) {
            dossier.is_sibling_without_server_name = named.contains(dossier.key);
        }
    }
}

impl Dossier<'_> {
    /// Whether `version` was accepted.
    #[must_use]
    pub fn version(&self, version: ProtocolVersion) -> View<Offer> {
        let mut accepted = Vec::new();
        let mut refused = Vec::new();
        let mut gaps = Vec::new();
        for sighting in &self.sightings {
            match sighting.endpoint.versions.membership(&version) {
                Membership::Accepted(fact) => accepted.push(fact.map(Offer::Accepted)),
                Membership::Refused(words) => refused.push(Fact::new(Offer::Refused, Basis::Wire, words)),
                Membership::Unknown(gap) => gaps.push(gap),
            }
        }
        match (accepted.is_empty(), refused.is_empty()) {
            (true, true) => View::Missing(gaps),
            (false, true) => View::Agreed(joined(accepted, Offer::Accepted)),
            (true, false) => View::Agreed(joined(refused, Offer::Refused)),
            (false, false) => View::Disagreed(vec![joined(accepted, Offer::Accepted), joined(refused, Offer::Refused)]),
        }
    }

    /// The suites that were accepted, over all versions.
    #[must_use]
    pub fn suites(&self) -> &Suites {
        self.suites.get_or_init(|| self.merged_suites())
    }

    fn merged_suites(&self) -> Suites {
        let mut result = Suites { accepted: Vec::new(), complete_by: Vec::new(), gaps: Vec::new() };
        let mut missing = Vec::new();
        for list in self.sightings.iter().flat_map(|sighting| &sighting.endpoint.suites) {
            for fact in &list.suites.accepted {
                let known =
                    result.accepted.iter_mut().find(|known| known.suite == fact.value && known.version == list.version);
                match known {
                    Some(known) => known.words.extend(&fact.words),
                    None => result.accepted.push(SuiteUse {
                        suite: fact.value,
                        version: list.version,
                        words: fact.words.clone(),
                        basis: fact.basis,
                    }),
                }
            }
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
            self.suites_of(version, &mut result, &mut missing);
        }
        result.gaps.extend(about_versions(&missing));
        result
    }

    /// Whether the suites of `version` are known to the end, and where it is said.
    fn suites_of(&self, version: ProtocolVersion, result: &mut Suites, missing: &mut Vec<(ProtocolVersion, Gap)>) {
        let lists: Vec<_> = self
            .sightings
            .iter()
            .flat_map(|sighting| &sighting.endpoint.suites)
            .filter(|list| list.version == Some(version))
            .collect();
        if let Some(complete) = lists.iter().find(|list| list.suites.gap().is_none()) {
            if let Rest::Complete(fact) = &complete.suites.rest {
                result.complete_by.extend(&fact.words);
            }
            return;
        }
        match self.version(version) {
            View::Agreed(Fact { value: Offer::Refused, words, .. }) => result.complete_by.extend(words),
            View::Agreed(fact) => {
                let gap = lists.iter().find_map(|list| list.suites.gap()).unwrap_or_else(|| {
                    Gap::new(GapReason::NotAttempted, format!("the suites of {version} were not listed")).at(fact.words)
                });
                result.gaps.push(gap);
            }
            View::Disagreed(sides) => result.gaps.push(disagreement(version, &sides)),
            View::Missing(gaps) => missing.extend(gaps.into_iter().map(|gap| (version, gap))),
        }
    }

    /// What was said of a kind of suites that tools test as a whole.
    pub fn suite_class(&self, class: SuiteClass) -> impl Iterator<Item = &Fact<bool>> {
        self.sightings
            .iter()
            .flat_map(|sighting| &sighting.endpoint.suite_classes)
            .filter(move |offer| offer.class == class)
            .map(|offer| &offer.offered)
    }

    /// Whether mail from other systems arrives here: their clients may leave out the server name.
    #[must_use]
    pub fn is_mail_transfer(&self) -> bool {
        const SUBMISSION: u16 = 587;
        let possible = match self.key.transport {
            Transport::StartTls(protocol) => protocol.is_mail_transfer(),
            Transport::Unstated => true,
            Transport::Direct => false,
        };
        possible && self.key.port != SUBMISSION
    }

    /// The flow, from the first scan that knows it.
    #[must_use]
    pub fn flow(&self) -> Option<Flow> {
        self.sightings.iter().find_map(|sighting| sighting.endpoint.flow.value().copied())
    }

    /// Why the chains that were shown may not be all that the server has.
    #[must_use]
    pub fn chain_gaps(&self) -> Vec<Gap> {
        let mut gaps = Vec::new();
        let complete = self.sightings.iter().any(|sighting| matches!(sighting.endpoint.chains_rest, Rest::Complete(_)));
        if !complete {
            gaps.extend(self.sightings.iter().filter_map(|sighting| match &sighting.endpoint.chains_rest {
                Rest::Complete(_) => None,
                Rest::Gap(gap) => Some(gap.clone()),
            }));
        }
        if self.chains.is_empty() {
            return gaps;
        }
        gaps.extend(self.uncovered_authentication());
        if self.is_mail_transfer() && self.key.server_name != ServerName::Omitted && !self.seen_without_server_name {
            gaps.push(Gap::new(
                GapReason::NotAttempted,
                "mail systems may leave out the server name, and the chain that is sent then was not shown",
            ));
        }
        gaps
    }

    /// Kinds of authentication that accepted suites use and no shown chain has a key for.
    fn uncovered_authentication(&self) -> Vec<Gap> {
        let leaf_keys: Vec<KeyFamily> = self.chains.iter().filter_map(|chain| key_family(chain.leaf()?)).collect();
        let mut gaps: Vec<Gap> = Vec::new();
        for used in &self.suites().accepted {
            let Some(needed) = used.suite.info().and_then(|info| match info.authentication {
                Authentication::Rsa => Some(KeyFamily::Rsa),
                Authentication::Ecdsa => Some(KeyFamily::Ec),
                Authentication::Dss => Some(KeyFamily::Dsa),
                _ => None,
            }) else {
                continue;
            };
            let detail =
                format!("suites that need {} certificate were accepted, and none was shown", needed.with_article());
            if !leaf_keys.contains(&needed) && !gaps.iter().any(|gap| gap.detail == detail) {
                gaps.push(Gap::new(GapReason::NotAttempted, detail).at(used.words.iter().copied()));
            }
        }
        gaps
    }

    /// Whether at least one scan of it came to its end; if not, why.
    #[must_use]
    pub fn unfinished(&self) -> Option<&Gap> {
        let mut gaps = self.sightings.iter().map(|sighting| sighting.scan.completion.gap());
        let first = gaps.next().flatten()?;
        gaps.all(|gap| gap.is_some()).then_some(first)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyFamily {
    Rsa,
    Ec,
    Dsa,
}

impl KeyFamily {
    const fn with_article(self) -> &'static str {
        match self {
            Self::Rsa => "an RSA",
            Self::Ec => "an ECDSA",
            Self::Dsa => "a DSA",
        }
    }
}

fn key_family(leaf: &CertificateView<'_>) -> Option<KeyFamily> {
    if let Some(parsed) = leaf.decoded() {
        return match parsed.key.as_ref().ok()?.algorithm {
            KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss => Some(KeyFamily::Rsa),
            KeyAlgorithm::Ec(_) | KeyAlgorithm::Ed25519 | KeyAlgorithm::Ed448 => Some(KeyFamily::Ec),
            KeyAlgorithm::Dsa => Some(KeyFamily::Dsa),
            _ => None,
        };
    }
    match leaf.shown {
        Certificate::Reported(reported) => match reported.key_algorithm.as_ref()?.value.as_str() {
            "RSA" => Some(KeyFamily::Rsa),
            "EC" => Some(KeyFamily::Ec),
            "DSA" => Some(KeyFamily::Dsa),
            _ => None,
        },
        Certificate::Der(_) => None,
    }
}

fn joined(facts: Vec<Fact<Offer>>, value: Offer) -> Fact<Offer> {
    let basis = facts.iter().map(|fact| fact.basis).min().unwrap_or(Basis::ToolSays);
    Fact::new(value, basis, facts.into_iter().flat_map(|fact| fact.words))
}

fn disagreement(version: ProtocolVersion, sides: &[Fact<Offer>]) -> Gap {
    Gap::new(GapReason::Failed, format!("the reports disagree on whether {version} is offered"))
        .at(sides.iter().flat_map(|side| side.words.iter().copied()))
}

/// A suite that stands under its version needs no second entry without one.
fn with_versions_only(accepted: &mut Vec<SuiteUse>) {
    let (with, without): (Vec<_>, Vec<_>) = accepted.drain(..).partition(|used| used.version.is_some());
    *accepted = with;
    for used in without {
        match accepted.iter_mut().find(|known| known.suite == used.suite) {
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
    let said = |(versions, gap): (Vec<String>, Gap)| Gap {
        detail: format!("whether {} is offered is not known: {}", crate::evaluate::alternatives(&versions), gap.detail),
        ..gap
    };
    grouped.into_iter().map(said).collect()
}
