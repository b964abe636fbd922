//! A newer report of the same endpoint takes the place of an older one, fact by fact, and only where both know.
//!
//! A wrong order would clear a fail, so that the order has to be beyond doubt: both reports carry their own time (a time
//! that somebody declares is no witness), neither is from the future, a day lies between them (reports carry the start of
//! the whole run, and a run over many hosts takes hours), the newer one came to its end, and both say that they were taken
//! from the same place. A place that is not stated is not the same: what a server shows inside is not what it shows
//! outside. What does not meet all of this stays a disagreement, which keeps the fail.

use std::borrow::Cow;

use super::certificate::{Certificate, Presented};
use super::endpoint::Endpoint;
use super::merge::Sighting;
use super::observed::{Basis, Enumerated, Fact, Gap, GapReason, Membership, Observed, Rest};
use super::{Completion, Scan};
use crate::gathered::Gathered;
use crate::iana::{CipherSuite, ProtocolVersion};
use crate::ordered::by_key;
use crate::source::Span;
use crate::time::{CLOCK_TOLERANCE, SECONDS_PER_DAY, Timestamp};

/// An older report is compared with this many of the newest; what more there are stay disagreements.
const MOST_NEWER: usize = 16;
/// No server accepts more values of one kind; comparing each with each would take long.
const MOST_VALUES: usize = 1024;

/// A fact that a newer one took the place of.
#[derive(Debug, Clone)]
pub struct Superseded {
    /// What the older report says: `TLS 1.0 is offered`.
    pub said: String,
    /// Where.
    pub words: Vec<Span>,
    /// When it was taken.
    pub at: Timestamp,
    /// What the newer report says: `TLS 1.0 is refused`.
    pub says: String,
    /// Where.
    pub by: Vec<Span>,
    /// When it was taken.
    pub by_at: Timestamp,
}

/// Takes out of each endpoint what a newer report of it contradicts, and marks the reports of which nothing is left that
/// a newer one does not know.
pub(super) fn supersede(sightings: &mut [Sighting<'_>], now: Timestamp) -> Vec<Superseded> {
    let newest: Vec<(Timestamp, &Scan, Cow<'_, Endpoint>)> = sightings
        .iter()
        .filter(|sighting| matches!(sighting.scan.completion, Completion::Finished(_)))
        .filter_map(|sighting| Some((timed(sighting.scan, now)?, sighting.scan, sighting.endpoint.clone())))
        .gathered();
    let mut newest = by_key(newest, |(time, ..)| std::cmp::Reverse(*time));
    newest.truncate(MOST_NEWER);
    let mut all = Vec::new();
    for sighting in sightings {
        let Some(at) = timed(sighting.scan, now) else { continue };
        let older = sighting.endpoint.clone();
        for (by_at, scan, newer) in &newest {
            let later = by_at.unix().saturating_sub(at.unix()) >= SECONDS_PER_DAY;
            if !later || !is_same_place(sighting.scan, scan) || older.key != newer.key {
                continue;
            }
            let mut pass = Pass {
                same_tool: sighting.scan.tool.is_some() && sighting.scan.tool == scan.tool,
                at,
                by_at: *by_at,
                found: Vec::new(),
            };
            let left = pass.left(sighting.endpoint.as_ref(), newer);
            if !pass.found.is_empty() {
                sighting.endpoint = Cow::Owned(left);
                all.append(&mut pass.found);
            }
            sighting.is_replaced |= knows_all(newer, &older);
        }
    }
    all
}

/// When a scan was taken, if it says so itself and the time may be true.
fn timed(scan: &Scan, now: Timestamp) -> Option<Timestamp> {
    let fact = scan.started.fact().filter(|fact| fact.basis == Basis::Wire)?;
    (fact.value.unix() <= now.unix().saturating_add(CLOCK_TOLERANCE)).then_some(fact.value)
}

fn is_same_place(one: &Scan, other: &Scan) -> bool {
    let place =
        |scan: &Scan| scan.vantage.as_deref().map(str::trim).filter(|place| !place.is_empty()).map(str::to_owned);
    place(one).is_some() && place(one) == place(other)
}

/// One older report against one newer.
struct Pass {
    same_tool: bool,
    at: Timestamp,
    by_at: Timestamp,
    found: Vec<Superseded>,
}

impl Pass {
    /// What is left of the older endpoint.
    fn left(&mut self, older: &Endpoint, newer: &Endpoint) -> Endpoint {
        let mut left = older.clone();
        self.list(&mut left.versions, &newer.versions, "offered", &ToString::to_string);
        for list in &mut left.suites {
            let Some(version) = list.version else { continue };
            self.suites(version, &mut list.suites, newer);
            for other in newer.suites.iter().filter(|other| other.version == Some(version)) {
                self.answer(&mut list.preference, &other.preference, &format!("who chooses the suite in {version}"));
            }
        }
        self.list(&mut left.groups, &newer.groups, "accepted", &|group| group.name().into_owned());
        self.list(&mut left.signature_schemes, &newer.signature_schemes, "accepted", &|scheme| {
            scheme.name().into_owned()
        });
        self.classes(&mut left, newer);
        self.chains(&mut left, newer);
        self.answer(&mut left.tls, &newer.tls, "whether the service encrypts");
        self.answer(
            &mut left.client_certificate,
            &newer.client_certificate,
            "whether a client certificate is asked for",
        );
        self.answer(&mut left.secure_renegotiation, &newer.secure_renegotiation, "secure renegotiation");
        self.answer(&mut left.compression, &newer.compression, "TLS compression");
        for test in &mut left.attacks {
            for other in newer.attacks.iter().filter(|other| other.name == test.name) {
                self.answer(
                    &mut test.vulnerable,
                    &other.vulnerable,
                    &format!("whether it is vulnerable to {}", test.name),
                );
            }
        }
        self.dh_parameters(&mut left, newer);
        left
    }

    /// A tool's word takes the place of the same tool's word only, and what was seen takes the place of both.
    fn outranks(&self, newer: Basis, older: Basis) -> bool {
        match newer {
            Basis::Wire | Basis::Computed => newer <= older,
            Basis::ToolSays => older == Basis::ToolSays && self.same_tool,
            Basis::Declared => false,
        }
    }

    fn gap(&self, by: &[Span]) -> Gap {
        Gap::new(GapReason::Outdated, format!("the newer report of {} says otherwise", self.by_at))
            .at(by.iter().copied())
    }

    fn note(&mut self, said: String, words: &[Span], says: String, by: &[Span]) {
        let (words, by) = (words.to_vec(), by.to_vec());
        self.found.push(Superseded { said, words, at: self.at, says, by, by_at: self.by_at });
    }

    /// Values that both lists know, differently. A list that was wrong on one value is complete no longer.
    fn list<T: PartialEq + Clone>(
        &mut self,
        older: &mut Enumerated<T>,
        newer: &Enumerated<T>,
        done: &str,
        name: &dyn Fn(&T) -> String,
    ) {
        if older.accepted.len().max(newer.accepted.len()) > MOST_VALUES {
            return;
        }
        let before = self.found.len();
        let mut by = Vec::new();
        older.accepted.retain(|fact| match newer.membership(&fact.value) {
            Membership::Refused(words) if self.outranks(refusal_basis(newer, &fact.value), fact.basis) => {
                let name = name(&fact.value);
                self.note(format!("{name} is {done}"), &fact.words, format!("{name} is not {done}"), &words);
                by.extend(words);
                false
            }
            _ => true,
        });
        for fact in &newer.accepted {
            if let Membership::Refused(words) = older.membership(&fact.value)
                && self.outranks(fact.basis, Basis::Wire)
            {
                let name = name(&fact.value);
                self.note(format!("{name} is not {done}"), &words, format!("{name} is {done}"), &fact.words);
                older.refused.retain(|refusal| refusal.offered != fact.value);
                by.extend(&fact.words);
            }
        }
        if self.found.len() > before {
            older.rest = Rest::Gap(self.gap(&by));
        }
    }

    /// Suites of a version: the newer report refuses them one by one, by a complete list, or with the version as a whole.
    fn suites(&mut self, version: ProtocolVersion, older: &mut Enumerated<CipherSuite>, newer: &Endpoint) {
        let named = |suite: &CipherSuite| format!("{} with {version}", suite.name());
        for list in newer.suites.iter().filter(|list| list.version == Some(version)) {
            self.list(older, &list.suites, "accepted", &named);
        }
        let listed = newer.suites.iter().any(|list| list.version == Some(version) && !list.suites.accepted.is_empty());
        let Membership::Refused(words) = newer.versions.membership(&version) else { return };
        if listed || older.accepted.is_empty() || refusal_basis(&newer.versions, &version) > Basis::Computed {
            return;
        }
        for fact in std::mem::take(&mut older.accepted) {
            let named = named(&fact.value);
            self.note(format!("{named} is accepted"), &fact.words, format!("{version} is not offered"), &words);
        }
        older.rest = Rest::Gap(self.gap(&words));
    }

    fn answer<T: PartialEq + std::fmt::Debug>(&mut self, older: &mut Observed<T>, newer: &Observed<T>, what: &str) {
        let (Observed::Known(was), Observed::Known(is)) = (&*older, newer) else { return };
        if was.value != is.value && self.outranks(is.basis, was.basis) {
            self.note(format!("{what}: {:?}", was.value), &was.words, format!("{what}: {:?}", is.value), &is.words);
            *older = Observed::NotObserved(self.gap(&is.words));
        }
    }

    fn classes(&mut self, older: &mut Endpoint, newer: &Endpoint) {
        older.suite_classes.retain(|offer| {
            let mut same = newer.suite_classes.iter().filter(|other| other.class == offer.class).peekable();
            let Some(first) = same.peek().copied() else { return true };
            let differs = |other: &super::ClassOffer| {
                other.offered.value != offer.offered.value && self.outranks(other.offered.basis, offer.offered.basis)
            };
            if !same.all(differs) {
                return true;
            }
            let what = format!("suites of the kind {:?}", offer.class);
            let said = |value: bool| format!("{what} are {}offered", if value { "" } else { "not " });
            self.note(said(offer.offered.value), &offer.offered.words, said(first.offered.value), &first.offered.words);
            false
        });
    }

    /// Chains: a newer report that shows every chain takes the place of those that it does not show.
    fn chains(&mut self, older: &mut Endpoint, newer: &Endpoint) {
        let Some((all, by)) = every_chain(newer).filter(|(_, by)| self.outranks(by.basis, Basis::Wire)) else { return };
        let before = self.found.len();
        older.chains.retain(|chain| {
            let Some(hashes) = hashes(chain) else { return true };
            let is_whole = matches!(chain.rest, Rest::Complete(_));
            let same_leaf = all.iter().find(|(other, _)| other.first() == hashes.first());
            let still_sent = match same_leaf {
                None => false,
                Some((other, shown)) => {
                    let others_whole = matches!(shown.rest, Rest::Complete(_));
                    (*other == hashes || !is_whole || !others_whole) && !self.trust_differs(chain, shown)
                }
            };
            if !still_sent {
                let words = chain.certificates.first().map(Certificate::words).unwrap_or_default();
                let (said, says) = match same_leaf {
                    Some(_) => ("the certificate was sent and trusted otherwise", "what is sent with it now"),
                    None => ("this certificate is sent", "these are all the certificates, and it is not among them"),
                };
                self.note(said.to_owned(), words, says.to_owned(), &by.words);
            }
            still_sent
        });
        let known = |leaf: Option<&String>| {
            older.chains.iter().any(|chain| hashes(chain).is_some_and(|hashes| hashes.first() == leaf))
        };
        let has_other = all.iter().any(|(other, _)| !known(other.first()));
        if let Rest::Complete(fact) = &older.chains_rest
            && (has_other || self.found.len() > before)
        {
            let says = "the server has other certificates".to_owned();
            let words = fact.words.clone();
            self.note("these are all the certificates".to_owned(), &words, says, &by.words);
            older.chains_rest = Rest::Gap(self.gap(&by.words));
        }
    }

    fn trust_differs(&self, older: &Presented, newer: &Presented) -> bool {
        match (older.tool_trust.fact(), newer.tool_trust.fact()) {
            (Some(was), Some(is)) => was.value.trusted != is.value.trusted && self.outranks(is.basis, was.basis),
            _ => false,
        }
    }

    /// Parameters that were seen do not deny others, unless the same tool looked for them in the same way.
    fn dh_parameters(&mut self, older: &mut Endpoint, newer: &Endpoint) {
        let Some(first) = newer.dh_parameters.first().filter(|_| self.same_tool) else { return };
        let is_seen =
            |fact: &Fact<super::DhParameters>| newer.dh_parameters.iter().any(|other| other.value == fact.value);
        older.dh_parameters.retain(|fact| {
            let kept = is_seen(fact) || !self.outranks(first.basis, fact.basis);
            if !kept {
                let bits = |bits: u32| format!("a Diffie-Hellman group of {bits} bits is used");
                self.note(bits(fact.value.bits), &fact.words, bits(first.value.bits), &first.words);
            }
            kept
        });
    }
}

/// What it rests on that a list does not accept a value.
fn refusal_basis<T: PartialEq>(list: &Enumerated<T>, value: &T) -> Basis {
    if list.refused.iter().any(|refusal| refusal.offered == *value) {
        return Basis::Wire;
    }
    match &list.rest {
        Rest::Complete(fact) => fact.basis,
        Rest::Gap(_) => Basis::Declared,
    }
}

/// The hashes of a chain's certificates; `None` where one has none.
fn hashes(chain: &Presented) -> Option<Vec<String>> {
    let hashes: Option<Vec<String>> = chain.certificates.iter().map(Certificate::sha256).collect();
    hashes.filter(|hashes| !hashes.is_empty())
}

/// Every chain that an endpoint has with its hashes, and where it is said that there are no others.
#[expect(clippy::type_complexity, reason = "a list and its words, used in this file only")]
fn every_chain(endpoint: &Endpoint) -> Option<(Vec<(Vec<String>, &Presented)>, &Fact<bool>)> {
    let Rest::Complete(fact) = &endpoint.chains_rest else { return None };
    let all: Option<Vec<_>> = endpoint.chains.iter().map(|chain| Some((hashes(chain)?, chain))).collect();
    all.filter(|all| !all.is_empty()).map(|all| (all, fact))
}

/// Whether the newer report knows everything that the older one knows, whatever it says of it.
pub(super) fn knows_all(newer: &Endpoint, older: &Endpoint) -> bool {
    fn list<T: PartialEq>(newer: &Enumerated<T>, older: &Enumerated<T>) -> bool {
        let knows = |value: &T| !matches!(newer.membership(value), Membership::Unknown(_));
        (newer.gap().is_none() || older.gap().is_some())
            && older.accepted.iter().all(|fact| knows(&fact.value))
            && older.refused.iter().all(|refusal| {
                knows(&refusal.offered) || matches!(older.membership(&refusal.offered), Membership::Unknown(_))
            })
    }
    fn answer<T>(newer: &Observed<T>, older: &Observed<T>) -> bool {
        newer.fact().is_some() || older.fact().is_none()
    }
    let suites = older.suites.iter().all(|known| {
        let Some(version) = known.version else { return false };
        let is_refused = matches!(newer.versions.membership(&version), Membership::Refused(_));
        let mut same = newer.suites.iter().filter(|other| other.version == Some(version));
        is_refused
            || same.any(|other| list(&other.suites, &known.suites) && answer(&other.preference, &known.preference))
    });
    let is_complete = |endpoint: &Endpoint| matches!(endpoint.chains_rest, Rest::Complete(_));
    let chains = every_chain(newer).is_some() || (older.chains.is_empty() && !is_complete(older));
    let attacks = older.attacks.iter().all(|test| {
        let mut same = newer.attacks.iter().filter(|other| other.name == test.name);
        test.vulnerable.fact().is_none() || same.any(|other| other.vulnerable.fact().is_some())
    });
    let classes =
        older.suite_classes.iter().all(|offer| newer.suite_classes.iter().any(|other| other.class == offer.class));
    suites
        && chains
        && attacks
        && classes
        && list(&newer.versions, &older.versions)
        && list(&newer.groups, &older.groups)
        && list(&newer.signature_schemes, &older.signature_schemes)
        && answer(&newer.tls, &older.tls)
        && answer(&newer.client_certificate, &older.client_certificate)
        && answer(&newer.secure_renegotiation, &older.secure_renegotiation)
        && answer(&newer.compression, &older.compression)
        && older.features.iter().all(|known| {
            let mut same = newer.features.iter().filter(|other| other.name == known.name);
            known.offered.fact().is_none() || same.any(|other| other.offered.fact().is_some())
        })
        && older
            .application_protocols
            .iter()
            .all(|known| newer.application_protocols.iter().any(|other| other.value == known.value))
        && (older.dh_parameters.is_empty() || !newer.dh_parameters.is_empty())
}
