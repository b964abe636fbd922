//! Scans that ask only what a policy needs: what its error level forbids is offered at once, and walked only where some
//! of it is taken. What was not asked is a gap in the evidence.

mod modern;
mod needs;
mod plan;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use intransit::Clock;
use intransit::evidence::{EndpointKey, Gap, GapReason, NOT_ASKED, RefusalKind, StartTls, Transport};
use intransit::iana::{CipherSuite, KeyExchange, NamedGroup, ProtocolVersion};
use intransit::policy::Policy;

use super::certificates::{self, Keys};
use super::codec::KeyShare;
use super::connect::{Exchange, Offer, Prober};
use super::enumerate::elimination::{Kind, eliminate};
use super::enumerate::preference::Preferred;
use super::enumerate::shown::{Board, Shown};
use super::enumerate::versions::{Brief, Versions, versions};
use super::enumerate::{Found, Refused, groups, schemes};
use super::handshake::Shaken;
use super::offers::{self, Shape, Style, suites_before_tls13};
use super::suites::Asker;
use super::survey::{Survey, VersionSuites};
use modern::{Modern, modern, shake};
pub(crate) use needs::Needs;
use plan::of_all;
pub(crate) use plan::{Between, Plan};

/// A policy that directs scans.
pub(crate) struct Directing {
    policy: Policy,
    clock: Clock,
    /// What was found out, for each kind of service.
    known: Mutex<HashMap<(Transport, u16), Arc<Needs>>>,
}

impl Directing {
    pub(crate) fn new(policy: Policy, clock: Clock) -> Self {
        Self { policy, clock, known: Mutex::default() }
    }

    /// What the policy needs to know of services such as this one.
    pub(crate) fn needs(&self, key: &EndpointKey) -> Arc<Needs> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let needs = known.entry((key.transport, key.port));
        Arc::clone(needs.or_insert_with(|| Arc::new(Needs::of(&self.policy, self.clock, key))))
    }

    /// What is said of a scan that it directed.
    pub(crate) fn remark(&self) -> String {
        let reference = &self.policy.reference;
        format!("asked for what {} {} needs; --full asks for everything", reference.id, reference.version)
    }
}

/// What is shown to clients with the server name and, where mail arrives, to those without.
pub(crate) async fn surveys(
    prober: &Arc<Prober>,
    server_name: Option<&str>,
    needs: &Needs,
) -> (Survey, Option<Survey>) {
    let shape = Shape { server_name: server_name.map(str::to_owned), style: Style::Long };
    let everything = Offer::Tls(shape.legacy(ProtocolVersion::TLS1_2, &suites_before_tls13()));
    let (shaken, first) = tokio::join!(shake(prober, server_name), prober.ask_firmly(everything, "versions"));
    let brief = Brief { needs, tls13: shaken.as_ref().map(|shaken| shaken.number) };
    let versions = versions(prober, server_name, Some(brief), vec![first]).await;
    let shape = versions.shape.clone();
    let accepted = versions.accepted();
    let is_turned_down = versions.is_turned_down();
    // These are large, and a thread's stack is not.
    let named = Box::pin(survey(prober, versions, needs, shaken));
    tokio::join!(named, async {
        match server_name {
            Some(_) if is_turned_down => Some(Box::pin(super::survey::without_name(prober)).await),
            Some(_) if accepted.is_empty() => None,
            Some(_) if takes_mail(prober) => Some(Box::pin(without_name(prober, shape, &accepted)).await),
            Some(_) => other_version_without_name(prober, shape, &accepted).await,
            None => None,
        }
    })
}

/// Who does not send the name may be taken to another service: it is judged by the version that it answers with, where
/// that is one that the service itself does not have.
async fn other_version_without_name(
    prober: &Arc<Prober>,
    shape: Shape,
    accepted: &[ProtocolVersion],
) -> Option<Survey> {
    let shape = Shape { server_name: None, ..shape };
    let hello = shape.tls13_or_older(KeyShare::Empty);
    let exchange = prober.ask(Offer::Tls(hello), "no server name").await;
    let is_other = exchange.accepted().is_some_and(|hello| !accepted.contains(&hello.version));
    is_other.then(|| Survey::of_chains(prober, shape, None, vec![exchange], Err(not_asked())))
}

/// Whether mail systems come here, which may leave out the server name.
pub(crate) fn takes_mail(prober: &Prober) -> bool {
    const SUBMISSION: u16 = 587;
    prober.starttls.is_some_and(StartTls::is_mail_transfer) && prober.address.port() != SUBMISSION
}

fn not_asked() -> Gap {
    Gap::new(GapReason::NotAttempted, NOT_ASKED)
}

async fn survey(prober: &Arc<Prober>, mut versions: Versions, needs: &Needs, shaken: Option<Shaken>) -> Survey {
    let mut exchanges = std::mem::take(&mut versions.exchanges);
    let between = versions.between.take();
    let accepted = versions.accepted();
    let asker = Asker { prober, shape: versions.shape.clone() };
    let older: Vec<ProtocolVersion> =
        accepted.iter().copied().filter(|version| *version != ProtocolVersion::TLS1_3).collect();
    let newest = older.last().copied();
    let mut survey = Survey {
        versions,
        suites: Vec::new(),
        groups_of_tls13: None,
        groups_of_older: None,
        groups_of_primes: None,
        schemes: None,
        clear_mail: None,
        fallback: Err(not_asked()),
        application_protocols: Vec::new(),
        compression: Vec::new(),
        handshakes: None,
        shaken: Vec::new(),
        other_keys: None,
        chains_alone: None,
        exchanges: Vec::new(),
        cut: None,
        remarks: Vec::new(),
    };
    let Between { suites, mut groups, compression, chains } =
        between.unwrap_or(Between { suites: None, groups: None, compression: None, chains: None });
    let mut shown = suites;
    let mut chains = chains.filter(|_| older.len() == 1).map(Ok);
    let has_tls13 = accepted.contains(&ProtocolVersion::TLS1_3);
    let before = exchanges.clone();
    let (modern, ()) = tokio::join!(
        async {
            match has_tls13 {
                true => Some(Box::pin(modern(prober, &asker.shape, needs, shaken, &before)).await),
                false => None,
            }
        },
        async {
            for version in older.iter().rev().copied() {
                let list = match shown.take() {
                    Some(suites) => VersionSuites {
                        version,
                        suites,
                        preferred: Preferred { preference: Err(not_asked()), order: Vec::new() },
                    },
                    None => Older { asker: &asker, needs, version }.suites(&mut exchanges, &mut survey).await,
                };
                let known: Vec<CipherSuite> = list.suites.accepted.iter().map(|(suite, _)| *suite).collect();
                let is_finite = |suite: &CipherSuite| {
                    let exchange = suite.info().map(|info| info.key_exchange);
                    matches!(exchange, Some(KeyExchange::Dhe | KeyExchange::DheExport | KeyExchange::DhePsk))
                };
                if needs.primes && known.iter().any(is_finite) {
                    exchanges.extend(asker.finite_field(version, &known, &Shown::of(version)).await);
                    if Some(version) == newest {
                        let primes = groups::of_primes(prober, &asker.shape, version, &known, &exchanges).await;
                        survey.groups_of_primes = kept(primes, &mut exchanges);
                    }
                }
                survey.suites.push(list);
                match (&compression, needs.compression) {
                    // It was asked for with the order.
                    _ if needs.preference => {}
                    (Some(shown), true) if Some(version) == newest => survey.compression.push(shown.clone()),
                    (_, true) => survey.compression.push(asker.compressed(version, &known, &mut exchanges).await),
                    (_, false) => survey.compression.push(Err(not_asked())),
                }
                if Some(version) == newest {
                    survey.groups_of_older = match groups.take() {
                        Some(found) => Some(found),
                        None if needs.groups.is_empty() => Some(seen_groups(version, &exchanges)),
                        None => {
                            let asked = Some(needs.groups.as_slice());
                            let found =
                                groups::of_older(prober, &asker.shape, version, &known, &Shown::of(version), asked)
                                    .await;
                            kept(found, &mut exchanges)
                        }
                    };
                    if version == ProtocolVersion::TLS1_2 && !needs.schemes.is_empty() {
                        let found =
                            schemes::of_tls12(prober, &asker.shape, &known, &Shown::of(version), Some(&needs.schemes))
                                .await;
                        survey.schemes = kept(found, &mut exchanges);
                    }
                }
                if version == ProtocolVersion::TLS1_2 && !has_tls13 {
                    let keys = Keys::new(known, &exchanges);
                    survey.shaken = certificates::of_tls12(prober, &asker.shape, &keys, None).await;
                }
            }
        },
    );
    if let Some(Modern { suites, groups, handshakes, exchanges: new }) = modern {
        let preferred = Preferred { preference: Err(not_asked()), order: Vec::new() };
        survey.suites.push(VersionSuites { version: ProtocolVersion::TLS1_3, suites, preferred });
        survey.groups_of_tls13 = Some(groups);
        survey.handshakes = Some(handshakes);
        exchanges.extend(new);
    }
    if chains.is_none() {
        chains = Some(chains_of(prober, &asker.shape, &older, &survey.versions, &mut exchanges).await);
    }
    if !has_tls13
        && older.contains(&ProtocolVersion::TLS1_2)
        && let Some(shown) = chains.take()
    {
        chains = Some(certificates::with_other_keys(prober, &asker.shape, &mut exchanges, shown).await);
    }
    survey.chains_alone = chains;
    survey.suites.sort_by_key(|list| list.version);
    exchanges.sort_by_key(|exchange| exchange.number);
    survey.exchanges = exchanges;
    survey.cut = prober.cut();
    survey
}

fn kept<T>(found: Option<(Found<T>, Vec<Exchange>)>, exchanges: &mut Vec<Exchange>) -> Option<Found<T>> {
    let (found, new) = found?;
    exchanges.extend(new);
    Some(found)
}

/// The groups that happened to be chosen, of a policy that does not care.
fn seen_groups(version: ProtocolVersion, exchanges: &[Exchange]) -> Found<NamedGroup> {
    let answered = exchanges.iter().filter(|one| one.accepted().is_some_and(|hello| hello.version == version));
    let seen: Vec<(NamedGroup, usize)> =
        answered.filter_map(|one| Some((one.answer.exchanged.as_ref()?.group?, one.number))).collect();
    let numbers = seen.iter().map(|(_, number)| *number).collect();
    of_all(offers::groups(), &[], seen, Refused { how: RefusalKind::ReportedAsNotOffered, numbers })
}

/// One version up to TLS 1.2, some of whose suites the policy forbids, or all of which it has to know.
struct Older<'a> {
    asker: &'a Asker<'a>,
    needs: &'a Needs,
    version: ProtocolVersion,
}

impl Older<'_> {
    async fn suites(&self, exchanges: &mut Vec<Exchange>, survey: &mut Survey) -> VersionSuites {
        let Self { asker, needs, version } = *self;
        let seen = exchanges.iter().filter_map(|exchange| {
            let hello = exchange.accepted().filter(|hello| hello.version == version)?;
            Some((hello.suite, exchange.number))
        });
        if needs.preference {
            let list = asker.suites_of(version, seen.collect()).await;
            exchanges.extend(list.exchanges);
            survey.compression.extend(list.compression);
            return VersionSuites { version, suites: list.suites, preferred: list.preferred };
        }
        let shape = asker.shape.clone();
        let kind = Kind {
            purpose: format!("suites of {version}"),
            chunk: shape.style.chunk(),
            hello: Box::new(move |suites: &[CipherSuite]| shape.of(version, suites)),
            varied: None,
            chosen: |answer| Some(answer.hello.as_ref()?.suite),
            shows: None,
            seen: Board::default(),
        };
        let asked = needs.suites.clone();
        let (mut suites, new) = eliminate(asker.prober, kind, asked, Vec::new(), seen.collect(), 1).await;
        exchanges.extend(new);
        suites.leave_out(suites_before_tls13(), &needs.suites);
        let preferred = Preferred { preference: Err(not_asked()), order: Vec::new() };
        VersionSuites { version, suites, preferred }
    }
}

/// The chains of these versions, each kind of authentication offered alone.
async fn chains_of(
    prober: &Arc<Prober>,
    shape: &Shape,
    older: &[ProtocolVersion],
    versions: &Versions,
    exchanges: &mut Vec<Exchange>,
) -> Result<Refused, Gap> {
    if older.is_empty() {
        let none = || Gap::new(GapReason::NotAttempted, "no version before TLS 1.3 was answered");
        return versions.all_refused().ok_or_else(none);
    }
    let mut all: Option<Refused> = None;
    for version in older {
        let (new, shown) = certificates::by_kind(prober, shape, *version).await;
        exchanges.extend(new);
        let shown = shown?;
        match &mut all {
            Some(all) => all.numbers.extend(shown.numbers),
            None => all = Some(shown),
        }
    }
    // A version of which nobody knows whether it is on may have a chain of its own.
    match (all, versions.first_unknown()) {
        (Some(all), None) => Ok(all),
        (_, Some(gap)) => Err(gap),
        (None, None) => Err(Gap::new(GapReason::Failed, "no certificate was sent")),
    }
}

/// The chains that clients without a server name are shown.
async fn without_name(prober: &Arc<Prober>, shape: Shape, accepted: &[ProtocolVersion]) -> Survey {
    let shape = Shape { server_name: None, ..shape };
    let older = accepted.iter().rev().find(|version| **version != ProtocolVersion::TLS1_3).copied();
    let is_modern = accepted.contains(&ProtocolVersion::TLS1_3);
    let (handshakes, (exchanges, shown)) = tokio::join!(
        async {
            match is_modern {
                true => Some(modern::chains(prober, &shape).await),
                false => None,
            }
        },
        async {
            let Some(version) = older else { return (Vec::new(), Err(not_asked())) };
            let (mut exchanges, mut shown) = certificates::by_one(prober, &shape, version).await;
            if version == ProtocolVersion::TLS1_2 && !is_modern {
                shown = certificates::with_other_keys(prober, &shape, &mut exchanges, shown).await;
            }
            (exchanges, shown)
        },
    );
    Survey::of_chains(prober, shape, handshakes, exchanges, shown)
}

#[cfg(test)]
mod tests;
