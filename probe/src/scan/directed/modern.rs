//! TLS 1.3, directed by a policy: what it forbids, and other kinds of keys, refused between the handshake that showed the
//! chain and one answer more.

use std::sync::Arc;

use intransit::evidence::RefusalKind;
use intransit::iana::{CipherSuite, NamedGroup, ProtocolVersion};
use intransit::pki::KeyAlgorithm;

use super::Needs;
use super::plan::of_all;
use crate::scan::certificates::{self, Handshakes};
use crate::scan::codec::{ClientHello, KeyShare};
use crate::scan::connect::{Exchange, Offer, Prober, Verdict};
use crate::scan::enumerate::elimination::{Kind, eliminate};
use crate::scan::enumerate::shown::Board;
use crate::scan::enumerate::{Found, Refused, groups};
use crate::scan::handshake::{Family, Shaken, shake_with};
use crate::scan::offers::{self, Shape, suites_of_tls13};

/// What was found out about TLS 1.3.
pub(super) struct Modern {
    pub(super) suites: Found<CipherSuite>,
    pub(super) groups: Found<NamedGroup>,
    pub(super) handshakes: Handshakes,
    pub(super) exchanges: Vec<Exchange>,
}

/// A handshake with whatever key the server chooses.
pub(super) async fn shake(prober: &Prober, server_name: Option<&str>) -> Option<Shaken> {
    let shaken = shake_with(prober, server_name, ProtocolVersion::TLS1_3, &Family::ALL).await?;
    (!shaken.certificates.is_empty()).then_some(shaken)
}

/// Finds out. `seen` are the answers that there were before.
pub(super) async fn modern(
    prober: &Arc<Prober>,
    shape: &Shape,
    needs: &Needs,
    shaken: Option<Shaken>,
    seen: &[Exchange],
) -> Modern {
    let suites = shape.tls13(&needs.suites_of_tls13, KeyShare::Made);
    let all = shape.tls13(&suites_of_tls13(), KeyShare::Made);
    let groups = ClientHello { groups: needs.groups.clone(), ..all.clone() };
    let first = shaken.as_ref().map(|shaken| shaken.number);
    let ask = async |hello: Option<ClientHello>, purpose: &str| match hello {
        Some(hello) => Some(prober.ask_firmly(Offer::Tls(hello), purpose).await),
        None => None,
    };
    let (suites, groups, (shaken, others)) = tokio::join!(
        ask((!needs.suites_of_tls13.is_empty()).then_some(suites), "suites of TLS 1.3 that the policy forbids"),
        ask((!needs.groups.is_empty()).then_some(groups), "groups of TLS 1.3 that the policy forbids"),
        keys(prober, shape, shaken, seen),
    );
    let control = prober.ask(Offer::Tls(all), "TLS 1.3, control").await;
    let before = shaken.iter().find(|shaken| Some(shaken.number) == first);
    let answers = Answers::of(before, seen, &control);
    let found_suites = answers.as_ref().and_then(|answers| {
        let refused = answers.refused(suites.as_ref())?;
        let accepted = answers.suites.iter().copied();
        let is_clear = answers.suites.iter().all(|(suite, _)| !needs.suites_of_tls13.contains(suite));
        is_clear.then(|| of_all(suites_of_tls13(), &needs.suites_of_tls13, accepted, refused))
    });
    let found_groups = answers.as_ref().and_then(|answers| {
        let refused = answers.refused(groups.as_ref())?;
        let accepted = answers.groups.iter().copied();
        let is_clear = answers.groups.iter().all(|(group, _)| !needs.groups.contains(group));
        is_clear.then(|| of_all(offers::groups(), &needs.groups, accepted, refused))
    });
    let handshakes = match all_of(shaken, others.as_ref(), &control) {
        Some(handshakes) => handshakes,
        None => certificates::of_tls13(prober, shape).await,
    };
    let mut exchanges: Vec<Exchange> = [suites, groups, others].into_iter().flatten().collect();
    exchanges.push(control);
    let before: Vec<&Exchange> = seen.iter().chain(&exchanges).collect();
    let (suites, more_suites) = match found_suites {
        Some(found) => (found, Vec::new()),
        None => walk_suites(prober, shape, needs, &before).await,
    };
    let (groups, more_groups) = match found_groups {
        Some(found) => (found, Vec::new()),
        None => {
            let seen = before.iter().filter_map(|exchange| Some((exchange.accepted()?.group?, exchange.number)));
            let (mut found, more) = groups::of_tls13(prober, shape, seen.collect(), None, Some(&needs.groups)).await;
            found.leave_out(offers::groups(), &needs.groups);
            (found, more)
        }
    };
    exchanges.extend(more_suites);
    exchanges.extend(more_groups);
    Modern { suites, groups, handshakes, exchanges }
}

/// The chains that clients are shown, and that there are no others: for those who ask for nothing else.
pub(super) async fn chains(prober: &Arc<Prober>, shape: &Shape) -> Handshakes {
    let shaken = shake(prober, shape.server_name.as_deref()).await;
    let (shaken, others) = keys(prober, shape, shaken, &[]).await;
    if let Some(others) = others {
        let all = shape.tls13(&suites_of_tls13(), KeyShare::Made);
        let control = prober.ask(Offer::Tls(all), "TLS 1.3, control").await;
        if let Some(handshakes) = all_of(shaken, Some(&others), &control) {
            return handshakes;
        }
    }
    certificates::of_tls13(prober, shape).await
}

/// A handshake for each kind of key, and the answer to an offer of none of these kinds; nothing of that where there was no
/// handshake, or none for a key that there is.
async fn keys(
    prober: &Arc<Prober>,
    shape: &Shape,
    first: Option<Shaken>,
    seen: &[Exchange],
) -> (Vec<Shaken>, Option<Exchange>) {
    let mut shaken: Vec<Shaken> = first.into_iter().collect();
    // Who has a key of another kind in TLS 1.2 has it in TLS 1.3 as well.
    let mut has_other = seen.iter().any(|exchange| {
        let sent = exchange.accepted().and(exchange.answer.certificates.as_deref());
        let kind = sent.and_then(family);
        kind.is_some_and(|kind| shaken.first().is_some_and(|one| family(&one.certificates) != Some(kind)))
    });
    let mut is_tried = false;
    loop {
        let known: Vec<Family> = shaken.iter().filter_map(|one| family(&one.certificates)).collect();
        if known.is_empty() || known.len() != shaken.len() {
            return (shaken, None);
        }
        if has_other {
            let left: Vec<Family> = Family::ALL.into_iter().filter(|kind| !known.contains(kind)).collect();
            let name = shape.server_name.as_deref();
            let more = shake_with(prober, name, ProtocolVersion::TLS1_3, &left).await;
            has_other = false;
            if let Some(more) = more.filter(|more| !more.certificates.is_empty()) {
                shaken.push(more);
                is_tried = false;
                continue;
            }
            is_tried = true;
        }
        let all = shape.tls13(&suites_of_tls13(), KeyShare::Made);
        let keys: Vec<KeyAlgorithm> = shaken.iter().filter_map(|one| certificates::key_of(&one.certificates)).collect();
        let others = ClientHello { schemes: certificates::schemes_of_others(&all, &keys), ..all };
        let others = prober.ask_firmly(Offer::Tls(others), "chains of TLS 1.3, other kinds of keys").await;
        has_other = others.accepted().is_some() && known.len() < Family::ALL.len() && !is_tried;
        if !has_other {
            return (shaken, Some(others));
        }
    }
}

/// The chains, where other kinds of keys were refused.
fn all_of(shaken: Vec<Shaken>, others: Option<&Exchange>, control: &Exchange) -> Option<Handshakes> {
    let is_final = control.accepted().is_some_and(|hello| !hello.is_retry);
    let others = others.filter(|others| is_final && matches!(others.verdict(), Verdict::Refused(_)))?;
    let numbers = shaken.iter().map(|shaken| shaken.number).chain([others.number, control.number]).collect();
    (!shaken.is_empty()).then_some(Handshakes { shaken, rest: Ok(numbers) })
}

/// The suites that a policy forbids, one by one.
async fn walk_suites(
    prober: &Arc<Prober>,
    shape: &Shape,
    needs: &Needs,
    seen: &[&Exchange],
) -> (Found<CipherSuite>, Vec<Exchange>) {
    let answered = seen.iter().filter_map(|exchange| {
        let hello = exchange.accepted().filter(|hello| hello.version == ProtocolVersion::TLS1_3)?;
        Some((hello.suite, exchange.number))
    });
    let kind = Kind {
        purpose: "suites of TLS 1.3".to_owned(),
        chunk: usize::MAX,
        hello: {
            let shape = shape.clone();
            Box::new(move |suites: &[CipherSuite]| shape.tls13(suites, KeyShare::Empty))
        },
        varied: None,
        chosen: |answer| Some(answer.hello.as_ref()?.suite),
        shows: None,
        seen: Board::default(),
    };
    let asked = needs.suites_of_tls13.clone();
    let (mut found, exchanges) = eliminate(prober, kind, asked, Vec::new(), answered.collect(), 1).await;
    found.leave_out(suites_of_tls13(), &needs.suites_of_tls13);
    (found, exchanges)
}

/// What TLS 1.3 was answered with, before and after.
struct Answers {
    suites: Vec<(CipherSuite, usize)>,
    groups: Vec<(NamedGroup, usize)>,
    numbers: Vec<usize>,
}

impl Answers {
    /// Nothing without an answer on both sides.
    fn of(shaken: Option<&Shaken>, seen: &[Exchange], control: &Exchange) -> Option<Self> {
        let of_exchange = |exchange: &Exchange| {
            let hello = exchange.accepted().filter(|hello| hello.version == ProtocolVersion::TLS1_3)?;
            Some((Some(hello.suite), hello.group, exchange.number))
        };
        let of_shaken = shaken.map(|shaken| (shaken.suite, shaken.group, shaken.number));
        let before: Vec<_> = of_shaken.into_iter().chain(seen.iter().filter_map(of_exchange)).collect();
        let after = of_exchange(control)?;
        let first = before.first()?.2;
        let mut answers = Self { suites: Vec::new(), groups: Vec::new(), numbers: vec![first, after.2] };
        for (suite, group, number) in before.into_iter().chain([after]) {
            answers.suites.extend(suite.map(|suite| (suite, number)));
            answers.groups.extend(group.map(|group| (group, number)));
        }
        (!answers.suites.is_empty() && !answers.groups.is_empty()).then_some(answers)
    }

    /// The refusal with its controls; where nothing was offered, there is nothing to refuse.
    fn refused(&self, offered: Option<&Exchange>) -> Option<Refused> {
        let Some(exchange) = offered else {
            return Some(Refused { how: RefusalKind::ReportedAsNotOffered, numbers: self.numbers.clone() });
        };
        match exchange.verdict() {
            Verdict::Refused(how) => {
                let numbers = self.numbers.iter().copied().chain([exchange.number]).collect();
                Some(Refused { how, numbers })
            }
            _ => None,
        }
    }
}

/// The kind of key of the first of these certificates.
fn family(sent: &[Vec<u8>]) -> Option<Family> {
    match certificates::key_of(sent)? {
        KeyAlgorithm::Rsa => Some(Family::Rsa),
        KeyAlgorithm::Ec(_) => Some(Family::Ecdsa),
        KeyAlgorithm::Ed25519 | KeyAlgorithm::Ed448 => Some(Family::EdDsa),
        _ => None,
    }
}
