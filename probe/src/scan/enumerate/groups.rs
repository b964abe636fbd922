//! Groups: in TLS 1.3 the server names the one that it wants, before that its ServerKeyExchange shows it.
//!
//! Up to TLS 1.2 the curve of an ECDSA certificate has to be among the client's groups (RFC 8422 section 5.1.1), so that
//! suites with RSA or without authentication are offered where there are any. Where there are none, that curve stays in
//! the offer, last; that it is chosen says that there is no other only of a server that follows the client's order.

use std::sync::Arc;

use intransit::evidence::{Gap, GapReason, RefusalKind};
use intransit::iana::{Authentication, CipherSuite, GroupKind, KeyExchange, NamedGroup, ProtocolVersion};

use super::elimination::{Kind, eliminate, few_lanes};
use super::shown::Shown;
use super::{Found, Refused};
use crate::scan::codec::{ClientHello, KeyShare, primes};
use crate::scan::connect::{Exchange, Offer, Prober, Verdict};
use crate::scan::offers::{self, Shape, suites_of_tls13};

/// The groups of TLS 1.3: a key share of nothing makes the server name the one that it wants. `seen` was named in answers
/// to such hellos.
pub(crate) async fn of_tls13(
    prober: &Arc<Prober>,
    shape: &Shape,
    seen: Vec<(NamedGroup, usize)>,
    shown: Option<&Shown>,
    asked: Option<&[NamedGroup]>,
) -> (Found<NamedGroup>, Vec<Exchange>) {
    if seen.is_empty() {
        let gap = Gap::new(GapReason::Failed, "no answer of TLS 1.3 names a group");
        return (Found::unknown(gap), Vec::new());
    }
    let shape = shape.clone();
    let kind = Kind {
        purpose: "groups of TLS 1.3".to_owned(),
        chunk: usize::MAX,
        hello: Box::new(move |groups: &[NamedGroup]| {
            let mut hello = shape.tls13(&suites_of_tls13(), KeyShare::Empty);
            hello.groups = groups.to_vec();
            hello
        }),
        varied: None,
        chosen: |answer| answer.hello.as_ref()?.group,
        shows: None,
        seen: shown.map(|shown| shown.groups.clone()).unwrap_or_default(),
    };
    let lanes = few_lanes(prober);
    let (candidates, likely) = candidates(asked, lanes);
    eliminate(prober, kind, candidates, likely, seen, lanes).await
}

/// What is offered until it is refused, and what of it is offered first.
fn candidates(asked: Option<&[NamedGroup]>, lanes: usize) -> (Vec<NamedGroup>, Vec<NamedGroup>) {
    match asked {
        None if lanes > 1 => (offers::groups(), offers::groups()),
        // One lane says no more than the whole.
        None => (offers::groups(), Vec::new()),
        Some(asked) => (asked.to_vec(), Vec::new()),
    }
}

/// The groups of an older version, by its accepted suites; nothing where none of them has a curve of its own. What is
/// `shown` is not asked for.
pub(crate) async fn of_older(
    prober: &Arc<Prober>,
    shape: &Shape,
    version: ProtocolVersion,
    accepted: &[CipherSuite],
    shown: &Shown,
    asked: Option<&[NamedGroup]>,
) -> Option<(Found<NamedGroup>, Vec<Exchange>)> {
    let with = |wanted: &dyn Fn(Authentication) -> bool| -> Vec<CipherSuite> {
        let is_wanted = |suite: &&CipherSuite| {
            suite.info().is_some_and(|info| {
                matches!(info.key_exchange, KeyExchange::Ecdhe | KeyExchange::EcdhePsk) && wanted(info.authentication)
            })
        };
        accepted.iter().filter(is_wanted).copied().collect()
    };
    let free = with(&|authentication| authentication != Authentication::Ecdsa);
    let bound = with(&|authentication| authentication == Authentication::Ecdsa);
    let purpose = format!("groups of {version}");
    if !free.is_empty() {
        let (shape, noted) = (shape.clone(), shown.clone());
        let hello = Arc::new(move |groups: &[NamedGroup]| ClientHello {
            groups: groups.to_vec(),
            ..shape.legacy(version, &free)
        });
        let varied = Arc::clone(&hello);
        let kind = Kind {
            purpose,
            chunk: usize::MAX,
            hello: Box::new(move |groups: &[NamedGroup]| hello(groups)),
            varied: Some(Box::new(move |groups: &[NamedGroup]| varied(groups).with_unseen_schemes_first(&noted))),
            chosen: |answer| answer.exchanged.as_ref()?.group,
            shows: Some(shown.clone()),
            seen: shown.groups.clone(),
        };
        // The first answer to the whole list is the control that stands before.
        let exchange = prober.ask(Offer::Tls((kind.hello)(&offers::groups())), &kind.purpose).await;
        let first = (kind.chosen)(&exchange.answer).map(|group| (group, exchange.number));
        // Who takes what comes first in the hello has shown nearly all.
        let lanes = shown.groups.lanes(prober, first);
        let (candidates, likely) = candidates(asked, lanes);
        let seen = first.into_iter().collect();
        let (mut found, mut exchanges) = eliminate(prober, kind, candidates, likely, seen, lanes).await;
        if let Some(asked) = asked {
            found.leave_out(offers::groups(), asked);
        }
        exchanges.push(exchange);
        return Some((found, exchanges));
    }
    if bound.is_empty() { None } else { Some(Bound { prober, shape, version, suites: bound }.groups().await) }
}

/// The groups of RFC 7919 that suites with ephemeral Diffie-Hellman run over, by the primes that are sent; nothing where
/// there are no such suites. A server that knows nothing of the RFC sends the same prime whatever is offered.
pub(crate) async fn of_primes<'a>(
    prober: &Arc<Prober>,
    shape: &Shape,
    version: ProtocolVersion,
    accepted: &[CipherSuite],
    answers: impl IntoIterator<Item = &'a Exchange>,
) -> Option<(Found<NamedGroup>, Vec<Exchange>)> {
    let is_finite = |suite: &&CipherSuite| {
        let exchange = suite.info().map(|info| info.key_exchange);
        matches!(exchange, Some(KeyExchange::Dhe | KeyExchange::DhePsk))
    };
    let suites: Vec<CipherSuite> = accepted.iter().filter(is_finite).copied().collect();
    if suites.is_empty() {
        return None;
    }
    let (open, others): (Vec<NamedGroup>, Vec<NamedGroup>) =
        offers::groups().into_iter().partition(|group| matches!(group.kind(), Some(GroupKind::FiniteField { .. })));
    // Some hello of all groups may have been answered so already.
    let is_whole = |exchange: &&Exchange| {
        let Offer::Tls(offered) = &exchange.offer else { return false };
        let hello = exchange.accepted().filter(|hello| hello.version == version && suites.contains(&hello.suite));
        hello.is_some() && open.iter().all(|group| offered.groups.contains(group))
    };
    let mut walk = Primes { version, open: open.clone(), found: Found::unknown(Gap::new(GapReason::NotAttempted, "")) };
    let mut rest = answers.into_iter().find(is_whole).and_then(|exchange| walk.take(exchange));
    let mut exchanges = Vec::new();
    while rest.is_none() {
        let mut hello = shape.legacy(version, &suites);
        hello.groups = others.iter().chain(&walk.open).copied().collect();
        let exchange = prober.ask_firmly(Offer::Tls(hello), &format!("primes of {version}")).await;
        rest = walk.take(&exchange);
        exchanges.push(exchange);
    }
    let mut found = walk.found;
    found.rest = rest?;
    Some((found, exchanges))
}

/// The primes that were sent so far.
struct Primes {
    version: ProtocolVersion,
    open: Vec<NamedGroup>,
    found: Found<NamedGroup>,
}

impl Primes {
    /// Takes away the group that an answer shows; what is known of the others, where that is the end of it.
    fn take(&mut self, exchange: &Exchange) -> Option<Result<Refused, Gap>> {
        let Self { version, open, found } = self;
        let number = exchange.number;
        let refusal = |how| Ok(Refused { how, numbers: vec![number] });
        match exchange.verdict() {
            Verdict::Accepted(_) => match exchange.answer.exchanged.as_ref().and_then(|sent| sent.prime.as_deref()) {
                None => Some(Err(Gap::new(GapReason::Failed, format!("no answer of {version} shows its prime")))),
                Some(prime) => match primes::name(prime).and_then(NamedGroup::from_name) {
                    Some(group) if open.contains(&group) => {
                        open.retain(|other| *other != group);
                        found.add(group, number);
                        None
                    }
                    other => {
                        if let Some(group) = other {
                            found.add(group, number);
                        }
                        Some(refusal(RefusalKind::ReportedAsNotOffered))
                    }
                },
            },
            // What was accepted before was answered before.
            Verdict::Refused(how) if !found.accepted.is_empty() => Some(refusal(how)),
            Verdict::Refused(_) | Verdict::Ssl2 => {
                Some(Err(Gap::new(GapReason::Failed, "suites that were accepted were refused beside other groups")))
            }
            Verdict::Inconclusive(gap) => Some(Err(gap)),
        }
    }
}

/// Suites that need an ECDSA certificate, and with it its curve.
struct Bound<'a> {
    prober: &'a Arc<Prober>,
    shape: &'a Shape,
    version: ProtocolVersion,
    suites: Vec<CipherSuite>,
}

impl Bound<'_> {
    async fn ask(&self, groups: &[NamedGroup]) -> (Option<NamedGroup>, Exchange) {
        let mut hello = self.shape.legacy(self.version, &self.suites);
        hello.groups = groups.to_vec();
        let exchange = self.prober.ask(Offer::Tls(hello), &format!("groups of {}", self.version)).await;
        let group = exchange.accepted().and(exchange.answer.exchanged.as_ref()).and_then(|exchanged| exchanged.group);
        (group, exchange)
    }

    async fn groups(&self) -> (Found<NamedGroup>, Vec<Exchange>) {
        const CURVES: [NamedGroup; 6] =
            [NamedGroup(23), NamedGroup(24), NamedGroup(25), NamedGroup(29), NamedGroup(30), NamedGroup(26)];
        let unclear =
            |detail: &str| Gap::new(GapReason::ClientLimited, format!("groups of {}: {detail}", self.version));
        let mut found = Found::unknown(unclear("no answer names one"));
        let mut exchanges = Vec::new();
        // The curve of the certificate is the one without which nothing is answered.
        let mut curve = None;
        for only in CURVES {
            let (group, exchange) = self.ask(&[only]).await;
            let number = exchange.number;
            exchanges.push(exchange);
            if group == Some(only) {
                found.add(only, number);
                curve = Some(only);
                break;
            }
        }
        let Some(curve) = curve else {
            found.rest = Err(unclear("the curve of the certificate is not one that is used alone"));
            return (found, exchanges);
        };
        let mut left: Vec<NamedGroup> = offers::groups().into_iter().filter(|group| *group != curve).collect();
        let last = loop {
            let offered: Vec<NamedGroup> = left.iter().copied().chain([curve]).collect();
            let (group, exchange) = self.ask(&offered).await;
            let number = exchange.number;
            exchanges.push(exchange);
            match group {
                Some(group) if group == curve => break number,
                Some(group) if left.contains(&group) => {
                    left.retain(|other| *other != group);
                    found.add(group, number);
                }
                _ => {
                    found.rest = Err(unclear("an offer of several was not answered"));
                    return (found, exchanges);
                }
            }
        };
        let other = found.accepted.iter().map(|(group, _)| *group).find(|group| *group != curve);
        let Some(other) = other else {
            found.rest = Err(unclear("the curve of the certificate has to be offered, and may hide the others"));
            return (found, exchanges);
        };
        // Both stand in the offer: a server that follows the client takes each when it comes first.
        let (group, exchange) = self.ask(&[curve, other]).await;
        let numbers = vec![last, exchange.number];
        exchanges.push(exchange);
        let how = RefusalKind::ReportedAsNotOffered;
        found.rest = match group {
            Some(group) if group == curve => Ok(Refused { how, numbers }),
            _ => {
                Err(unclear("the server follows an order of its own, in which the certificate's curve may hide others"))
            }
        };
        (found, exchanges)
    }
}
