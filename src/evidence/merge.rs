//! Scans of one endpoint side by side: facts agree, complete each other, or disagree.
//!
//! A [`Dossier`] borrows the evidence and answers the questions that rules ask. A disagreement is never
//! resolved here: the rule sees both sides, and keeps the worse one. Only a newer report takes the place of an older
//! one, under the conditions of `supersede.rs`. The order of the input changes nothing: reports are sorted by time and hash.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::certificate::Certificate;
use super::endpoint::{Endpoint, SuiteClass};
use super::endpoint_key::{EndpointKey, ServerName, StartTls, Transport};
use super::exhibit::ExhibitView;
use super::observed::{Basis, Fact, Gap, GapReason, Membership, Rest};
use super::suites::Suites;
use super::supersede::{Superseded, knows_all, supersede};
use super::view::{CertificateView, ChainView, PresentedView};
use super::{Evidence, Flow, Presented, Revocation, Scan, Subject};
use crate::gathered::Gathered;
use crate::iana::{Authentication, ProtocolVersion};
use crate::ordered::{Map, Set, by_key};
use crate::pki::KeyAlgorithm;
use crate::time::Timestamp;

/// No service has more chains; comparing each with each would take long.
const MOST_CHAINS: usize = 64;

/// A scan that did not come to its end is compared with this many of the newest that did.
const MOST_FINISHED: usize = 16;

/// Everything that was shown, laid out for judging.
#[derive(Debug)]
pub struct Merged<'a> {
    /// Endpoints, in the order of their first sighting.
    pub dossiers: Vec<Dossier<'a>>,
    /// Certificates without a service, in input order.
    pub chains: Vec<ChainView<'a>>,
    /// What is neither, in input order.
    pub exhibits: Vec<ExhibitView<'a>>,
    /// What was said of revocation, with the scan that it stands in, in input order.
    pub revocations: Vec<(&'a Scan, &'a Revocation)>,
}

/// One endpoint as one scan saw it.
#[derive(Debug, Clone)]
pub struct Sighting<'a> {
    /// The scan.
    pub scan: &'a Scan,
    /// What it saw, without what a newer report took the place of.
    pub endpoint: Cow<'a, Endpoint>,
    /// Whether newer reports know everything that it knows: nothing rests on it.
    pub is_replaced: bool,
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
    /// What newer reports took the place of.
    pub superseded: Vec<Superseded>,
    /// Whether the same service was also asked without a server name.
    pub seen_without_server_name: bool,
    /// Whether this is the service as it answers without a server name, beside the same one asked by name.
    pub is_sibling_without_server_name: bool,
    /// The earliest time that the scans of each source carry.
    times: Map<u32, Timestamp>,
    newest: Option<Timestamp>,
    /// Many rules ask for them.
    pub(super) suites: OnceCell<Suites>,
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

/// Lays the scans of each endpoint side by side. A report from after `now` takes the place of no other.
#[must_use]
pub fn merge(evidence: &Evidence, now: Timestamp) -> Merged<'_> {
    let keys = Keys::of(evidence);
    let mut chains = Vec::new();
    let mut exhibits = Vec::new();
    let mut revocations: Vec<(&Scan, &Revocation)> = Vec::new();
    let mut found: Vec<(&EndpointKey, Vec<(&Scan, &Endpoint)>)> = Vec::new();
    let mut index: Map<&EndpointKey, usize> = Map::new();
    for scan in &evidence.scans {
        for subject in &scan.subjects {
            match subject {
                Subject::Endpoint(endpoint) => {
                    let key = keys.known_transport(&endpoint.key);
                    // Services that are not named may be different ones.
                    let new = || found.len();
                    let at = if key.is_stated() { index.update(key, new, |at| *at) } else { new() };
                    match found.get_mut(at) {
                        Some((_, sightings)) => sightings.push((scan, endpoint)),
                        None => found.push((key, vec![(scan, endpoint)])),
                    }
                }
                Subject::Chain(chain) => {
                    chains.push(ChainView { scan, chain, presented: PresentedView::of(&chain.presented) });
                }
                Subject::Exhibit(exhibit) => exhibits.push(ExhibitView { scan, exhibit }),
                Subject::Revocation(revocation) => revocations.push((scan, revocation)),
            }
        }
    }
    let mut dossiers: Vec<Dossier<'_>> = Vec::new();
    for (key, shown) in found {
        let hash = |scan: &Scan| evidence.sources.get(scan.source as usize).map(|source| source.sha256.as_str());
        let shown = by_key(shown, |(scan, _)| (scan.started.value().copied(), hash(scan)));
        dossiers.push(dossier(key, &shown, now));
    }
    // Without a server name there are few, and only they can be siblings.
    let is_omitted = |dossier: &Dossier<'_>| dossier.key.is_stated() && dossier.key.server_name == ServerName::Omitted;
    let omitted: Vec<usize> = (0..dossiers.len()).filter(|at| dossiers.get(*at).is_some_and(is_omitted)).gathered();
    if !omitted.is_empty() {
        siblings(&mut dossiers, &omitted);
    }
    Merged { dossiers, chains, exhibits, revocations }
}

/// One endpoint's scans, in their order.
fn dossier<'a>(key: &'a EndpointKey, shown: &[(&'a Scan, &'a Endpoint)], now: Timestamp) -> Dossier<'a> {
    let sighting = |(scan, endpoint): &(&'a Scan, &'a Endpoint)| Sighting {
        scan,
        endpoint: Cow::Borrowed(*endpoint),
        is_replaced: false,
    };
    let mut sightings: Vec<Sighting<'a>> = shown.iter().map(sighting).gathered();
    let superseded = if sightings.len() > 1 { supersede(&mut sightings, now) } else { Vec::new() };
    let mut chains: Vec<PresentedView<'a>> = Vec::new();
    let mut known: Map<Vec<Option<String>>, Vec<usize>> = Map::new();
    for ((_, endpoint), sighting) in shown.iter().zip(&sightings) {
        let is_left = |presented: &&Presented| match &sighting.endpoint {
            Cow::Borrowed(_) => true,
            Cow::Owned(left) => left.chains.contains(presented),
        };
        for presented in endpoint.chains.iter().filter(is_left) {
            let view = PresentedView::of(presented);
            let next = chains.len();
            // A description is never the same as another one.
            let is_new = !view.is_shown()
                || known.update(view.all_hashes(), Vec::new, |same| {
                    let mut same_hashes = same.iter().filter_map(|at| chains.get(*at));
                    let is_new = !same_hashes.any(|known| known.same_certificates(&view));
                    if is_new {
                        same.push(next);
                    }
                    is_new
                });
            if is_new {
                chains.push(view);
            }
        }
    }
    if sightings.len() > 1 && chains.len() <= MOST_CHAINS {
        let part = |chain: &PresentedView<'_>| chains.iter().any(|other| chain.is_part_of(other));
        let mut is_part = chains.iter().map(part).gathered().into_iter();
        let distrust = |whole: &PresentedView<'a>| {
            let parts = chains.iter().filter(|part| part.is_part_of(whole));
            whole.distrusted.or_else(|| parts.filter_map(|part| part.distrusted).next())
        };
        let distrusted = chains.iter().map(distrust).gathered();
        for (chain, distrusted) in chains.iter_mut().zip(distrusted) {
            chain.distrusted = distrusted;
        }
        chains.retain(|_| !is_part.next().unwrap_or_default());
    }
    let mut times: Map<u32, Timestamp> = Map::new();
    let mut newest = None;
    for (source, time) in sightings.iter().filter_map(|it| Some((it.scan.source, *it.scan.started.value()?))) {
        times.update(source, || time, |known| *known = time.min(*known));
        newest = newest.max(Some(time));
    }
    Dossier {
        key,
        times,
        newest,
        sightings,
        chains,
        superseded,
        seen_without_server_name: false,
        is_sibling_without_server_name: false,
        suites: OnceCell::new(),
    }
}

/// The keys of all endpoints. A report that does not say how TLS starts, or by which protocol, speaks of the service that
/// the others saw at the same port under the same name: one port has one service. Where they saw two, it stands apart.
struct Keys<'a> {
    /// By the key without how TLS starts; only where some report does not say it.
    stated: Map<EndpointKey, Vec<&'a EndpointKey>>,
}

const UNNAMED: Transport = Transport::StartTls(StartTls::Unnamed);

impl<'a> Keys<'a> {
    fn of(evidence: &'a Evidence) -> Self {
        let mut stated: Map<EndpointKey, Vec<&EndpointKey>> = Map::new();
        let keys = || {
            evidence.scans.iter().flat_map(|scan| &scan.subjects).filter_map(|subject| match subject {
                Subject::Endpoint(endpoint) => Some(&endpoint.key),
                Subject::Chain(_) | Subject::Exhibit(_) | Subject::Revocation(_) => None,
            })
        };
        if !keys().any(|key| matches!(key.transport, Transport::Unstated | UNNAMED)) {
            return Self { stated };
        }
        for key in keys().filter(|key| key.transport != Transport::Unstated) {
            stated.update(without_transport(key), Vec::new, |same| {
                if !same.contains(&key) {
                    same.push(key);
                }
            });
        }
        Self { stated }
    }

    fn known_transport(&self, key: &'a EndpointKey) -> &'a EndpointKey {
        if !key.is_stated() || !matches!(key.transport, Transport::Unstated | UNNAMED) {
            return key;
        }
        let all = self.stated.get(&without_transport(key)).map_or(&[][..], Vec::as_slice);
        let mut named = all.iter().copied().filter(|key| key.transport != UNNAMED);
        match (named.next(), named.next(), key.transport) {
            (Some(only), None, Transport::Unstated) if only.transport != Transport::Direct || all.len() == 1 => only,
            (Some(only), None, UNNAMED) if only.transport != Transport::Direct => only,
            (None, _, Transport::Unstated) => all.first().copied().unwrap_or(key),
            _ => key,
        }
    }
}

fn without_transport(key: &EndpointKey) -> EndpointKey {
    EndpointKey { transport: Transport::Unstated, ..key.clone() }
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
    /// Whether `version` was accepted. Suites of it that were accepted contradict a refusal, and prove nothing without one:
    /// a reader that does not believe a version leaves it out.
    #[must_use]
    pub fn version(&self, version: ProtocolVersion) -> View<Offer> {
        let mut accepted = Vec::new();
        let mut implied = Vec::new();
        let mut refused = Vec::new();
        let mut gaps = Vec::new();
        for sighting in &self.sightings {
            let known = sighting.endpoint.versions.membership(&version);
            let used = sighting.endpoint.suites.iter().filter(|list| list.version == Some(version));
            let used = used.flat_map(|list| &list.suites.accepted).find(|fact| !fact.value.is_signalling());
            if let (false, Some(fact)) = (matches!(known, Membership::Accepted(_)), used) {
                implied.push(fact.map(Offer::Accepted));
            }
            match known {
                Membership::Accepted(fact) => accepted.push(fact.map(Offer::Accepted)),
                Membership::Refused(words) => refused.push(Fact::new(Offer::Refused, Basis::Wire, words)),
                Membership::Unknown(gap) => gaps.push(gap),
            }
        }
        if !refused.is_empty() {
            accepted.append(&mut implied);
        }
        match (accepted.is_empty(), refused.is_empty()) {
            (true, true) => View::Missing(gaps),
            (false, true) => View::Agreed(joined(accepted, Offer::Accepted)),
            (true, false) => View::Agreed(joined(refused, Offer::Refused)),
            (false, false) => View::Disagreed(vec![joined(accepted, Offer::Accepted), joined(refused, Offer::Refused)]),
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

    /// When the newest of its scans was taken.
    pub(crate) const fn newest(&self) -> Option<Timestamp> {
        self.newest
    }

    /// When the oldest of its scans was taken that stand in this source.
    pub(crate) fn oldest_of(&self, source: u32) -> Option<Timestamp> {
        self.times.get(&source).copied()
    }

    /// The flow.
    #[must_use]
    pub fn flow(&self) -> Option<Flow> {
        self.sightings.iter().filter_map(|sighting| sighting.endpoint.flow.value().copied()).min()
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
        gaps.extend(self.contradicted_chains());
        gaps.extend(self.uncovered_authentication());
        if self.is_mail_transfer() && self.key.server_name != ServerName::Omitted && !self.seen_without_server_name {
            gaps.push(Gap::new(
                GapReason::NotAttempted,
                "mail systems may leave out the server name, and the chain that is sent then was not shown",
            ));
        }
        gaps
    }

    /// Certificates that one report shows and another, which shows all, does not; and chains of one certificate that differ.
    fn contradicted_chains(&self) -> Vec<Gap> {
        let mut gaps = Vec::new();
        if self.sightings.len() < 2 {
            return gaps;
        }
        if self.chains.len() > MOST_CHAINS {
            let detail = format!("the reports show more than {MOST_CHAINS} chains, which are not compared");
            return vec![Gap::new(GapReason::Unsupported, detail)];
        }
        for sighting in &self.sightings {
            let Rest::Complete(complete) = &sighting.endpoint.chains_rest else { continue };
            let shown: Vec<_> = sighting.endpoint.chains.iter().map(|chain| chain.certificates.first()).gathered();
            let shown: Option<Set<String>> = shown.into_iter().map(|leaf| leaf?.sha256()).collect();
            let Some(shown) = shown.filter(|shown| shown.len() > 0) else { continue };
            let leaves = self.chains.iter().filter_map(PresentedView::leaf);
            for leaf in leaves.filter(|leaf| leaf.sha256.as_ref().is_some_and(|hash| !shown.contains(hash))) {
                let detail = "the reports disagree on which certificates the server has";
                let words = leaf.words().iter().chain(&complete.words).copied();
                gaps.push(Gap::new(GapReason::Contradicted, detail).at(words));
            }
        }
        gaps.extend(self.chains.iter().filter_map(|chain| self.contradicted_chain(chain)));
        gaps
    }

    /// Where another report saw other certificates behind the same one.
    #[must_use]
    pub fn contradicted_chain(&self, chain: &PresentedView<'_>) -> Option<Gap> {
        if self.sightings.len() < 2 || self.chains.len() > MOST_CHAINS {
            return None;
        }
        let other = self.chains.iter().find(|other| chain.is_whole_and_differs(other))?;
        let detail = "the reports disagree on what is sent with the certificate";
        Some(Gap::new(GapReason::Contradicted, detail).at(chain.words().chain(other.words())))
    }

    /// Kinds of authentication that accepted suites use and no shown chain has a key for.
    fn uncovered_authentication(&self) -> Vec<Gap> {
        let leaf_keys: Vec<KeyFamily> = self.chains.iter().filter_map(|chain| key_family(chain.leaf()?)).gathered();
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

    /// Whether every scan of it came to its end, or another one did that knows all that it knows; if not, why: one
    /// connection that ended well says nothing of a long scan that did not.
    #[must_use]
    pub fn unfinished(&self) -> Option<&Gap> {
        let is_finished = |sighting: &&Sighting<'_>| sighting.scan.completion.gap().is_none();
        let finished: Vec<_> = self.sightings.iter().rev().filter(is_finished).take(MOST_FINISHED).collect();
        let is_covered =
            |sighting: &Sighting<'_>| finished.iter().any(|other| knows_all(&other.endpoint, &sighting.endpoint));
        let mut unfinished = self.sightings.iter().filter_map(|it| Some((it, it.scan.completion.gap()?)));
        unfinished.find(|(sighting, _)| !is_covered(sighting)).map(|(_, gap)| gap)
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
