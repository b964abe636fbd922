//! All that is asked of one address under one server name, in the order in which answers help each other.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use intransit::evidence::{Gap, GapReason};
use intransit::iana::{CipherSuite, GroupKind, KeyExchange, NamedGroup, ProtocolVersion, SignatureScheme};

use super::certificates::{self, Handshakes};
use super::codec::ClientHello;
use super::connect::{Exchange, Offer, Prober, Verdict};
use super::enumerate::elimination::{Kind, eliminate};
use super::enumerate::preference::{Preferred, preferred, seems_ordered};
use super::enumerate::versions::{State, Versions, versions};
use super::enumerate::{Found, Refused, groups, schemes};
use super::features;
use super::handshake::Shaken;
use super::offers::{Shape, Style, suites_of};

/// The suites of one version.
pub(crate) struct VersionSuites {
    pub(crate) version: ProtocolVersion,
    pub(crate) suites: Found<CipherSuite>,
    pub(crate) preferred: Preferred,
}

/// What was found out.
pub(crate) struct Survey {
    pub(crate) versions: Versions,
    /// Oldest version first.
    pub(crate) suites: Vec<VersionSuites>,
    /// The groups of TLS 1.3, where it is on.
    pub(crate) groups_of_tls13: Option<Found<NamedGroup>>,
    /// The groups of the newest older version, where its suites have any.
    pub(crate) groups_of_older: Option<Found<NamedGroup>>,
    /// The groups of RFC 7919 of that version, where its suites may have any.
    pub(crate) groups_of_primes: Option<Found<NamedGroup>>,
    /// The signature schemes of TLS 1.2.
    pub(crate) schemes: Option<Found<SignatureScheme>>,
    /// Whether mail is taken before TLS, with the connection, where that was asked for.
    pub(crate) clear_mail: Option<Result<(bool, usize), Gap>>,
    /// Whether a client that falls back is turned away, with the connection.
    pub(crate) fallback: Result<(bool, usize), Gap>,
    /// The application protocols up to TLS 1.2, each with its connection.
    pub(crate) application_protocols: Vec<(String, usize)>,
    /// Whether compression was taken, for each version before TLS 1.3, with the connection.
    pub(crate) compression: Vec<Result<(bool, usize), Gap>>,
    /// The chains of TLS 1.3, where it is on.
    pub(crate) handshakes: Option<Handshakes>,
    /// Handshakes of TLS 1.2.
    pub(crate) shaken: Vec<Shaken>,
    /// Where nothing but chains was asked for: whether those before TLS 1.3 are all there are.
    pub(crate) chains_alone: Option<Result<Refused, Gap>>,
    /// The connections that something rests on.
    pub(crate) exchanges: Vec<Exchange>,
    /// Why something was not tried any more, if anything was not.
    pub(crate) cut: Option<&'static str>,
    /// What else there is to say, one line each.
    pub(crate) remarks: Vec<String>,
}

/// What is shown to clients with the server name and, where there is one, to those without.
pub(crate) async fn surveys(prober: &Arc<Prober>, server_name: Option<&str>) -> (Survey, Option<Survey>) {
    let versions = versions(prober, server_name, None, Vec::new()).await;
    if server_name.is_some() && versions.is_turned_down() {
        let named = Box::pin(survey(prober, versions)).await;
        return (named, Some(Box::pin(without_name(prober)).await));
    }
    let unnamed = server_name.and_then(|_| Unnamed::of(&versions));
    // These are large, and a thread's stack is not.
    tokio::join!(Box::pin(survey(prober, versions)), async {
        match unnamed {
            Some(unnamed) => Some(Box::pin(unnamed.survey(prober)).await),
            None => None,
        }
    })
}

/// Asks for everything without a server name, of a server that turned the name down.
pub(super) async fn without_name(prober: &Arc<Prober>) -> Survey {
    let versions = versions(prober, None, None, Vec::new()).await;
    survey(prober, versions).await
}

/// Asks for everything, of a server that speaks these versions.
async fn survey(prober: &Arc<Prober>, mut versions: Versions) -> Survey {
    let mut exchanges = std::mem::take(&mut versions.exchanges);
    let accepted = versions.accepted();
    let asker = Asker { prober, shape: versions.shape.clone() };
    let tls13 = accepted.contains(&ProtocolVersion::TLS1_3).then_some(ProtocolVersion::TLS1_3);
    let mut older: Vec<ProtocolVersion> =
        accepted.iter().copied().filter(|version| *version != ProtocolVersion::TLS1_3).collect();
    let newest = older.pop();
    // Who asks for this one falls back.
    let lower = if tls13.is_some() { newest } else { older.last().copied() };

    let (newest_suites, tls13_suites, groups_of_tls13) =
        tokio::join!(asker.suites(newest, None, &exchanges), asker.suites(tls13, None, &exchanges), async {
            match tls13 {
                Some(_) => Some(groups::of_tls13(prober, &asker.shape, &exchanges, None).await),
                None => None,
            }
        },);
    let known: Vec<CipherSuite> = newest_suites.iter().flat_map(|list| list.accepted()).collect();
    let mut rests: Vec<Pin<Box<dyn Future<Output = VersionList> + Send + '_>>> = Vec::new();
    for list in [newest_suites, tls13_suites].into_iter().flatten() {
        rests.push(Box::pin(asker.completed(list)));
    }
    for version in older {
        let (known, exchanges, asker) = (&known, &exchanges, &asker);
        rests.push(Box::pin(async move {
            let list = asker.suites_of(version, Some(known), exchanges).await;
            asker.completed(list).await
        }));
    }
    let (lists, groups_of_older, groups_of_primes, found_schemes, handshakes, shaken, fallback, protocols) = tokio::join!(
        join_all(rests),
        async {
            match newest {
                Some(version) => groups::of_older(prober, &asker.shape, version, &known, None).await,
                None => None,
            }
        },
        async {
            match newest {
                Some(version) => groups::of_primes(prober, &asker.shape, version, &known).await,
                None => None,
            }
        },
        async {
            match newest {
                Some(ProtocolVersion::TLS1_2) => schemes::of_tls12(prober, &asker.shape, &known, None).await,
                _ => None,
            }
        },
        async {
            match tls13 {
                Some(_) => Some(certificates::of_tls13(prober, &asker.shape).await),
                None => None,
            }
        },
        async {
            match newest {
                Some(ProtocolVersion::TLS1_2) => certificates::of_tls12(prober, &asker.shape, &known).await,
                _ => Vec::new(),
            }
        },
        features::fallback(prober, &asker.shape, lower),
        async {
            match newest.filter(|_| prober.starttls.is_none()) {
                Some(version) => features::application_protocols(prober, &asker.shape, version, &known).await,
                None => Vec::new(),
            }
        },
    );
    let mut survey = Survey {
        versions,
        suites: Vec::new(),
        groups_of_tls13: groups_of_tls13.map(|(found, new)| kept(found, new, &mut exchanges)),
        groups_of_older: groups_of_older.map(|(found, new)| kept(found, new, &mut exchanges)),
        groups_of_primes: groups_of_primes.map(|(found, new)| kept(found, new, &mut exchanges)),
        schemes: found_schemes.map(|(found, new)| kept(found, new, &mut exchanges)),
        clear_mail: None,
        fallback,
        application_protocols: protocols,
        compression: Vec::new(),
        handshakes,
        shaken,
        chains_alone: None,
        exchanges,
        cut: prober.cut(),
        remarks: Vec::new(),
    };
    for list in lists {
        survey.exchanges.extend(list.exchanges);
        survey.compression.extend(list.compression);
        let VersionList { version, suites, preferred, .. } = list;
        survey.suites.push(VersionSuites { version, suites, preferred });
    }
    survey.suites.sort_by_key(|list| list.version);
    survey.exchanges.sort_by_key(|exchange| exchange.number);
    survey
}

/// Clients without a server name may be shown other chains.
struct Unnamed {
    is_tls13: bool,
    /// The newest version before TLS 1.3, or that there is none, if that is known.
    older: Result<ProtocolVersion, Result<Refused, Gap>>,
    shape: Shape,
}

impl Unnamed {
    /// Of a server that answered those with a name.
    fn of(versions: &Versions) -> Option<Self> {
        let accepted = versions.accepted();
        let older = accepted.iter().rev().find(|version| **version != ProtocolVersion::TLS1_3).copied();
        let none = || Gap::new(GapReason::NotAttempted, "no version before TLS 1.3 was answered");
        (!accepted.is_empty()).then(|| Self {
            is_tls13: accepted.contains(&ProtocolVersion::TLS1_3),
            older: older.ok_or_else(|| versions.all_refused().ok_or_else(none)),
            shape: Shape { server_name: None, ..versions.shape.clone() },
        })
    }

    /// Asks for chains, and nothing else.
    async fn survey(self, prober: &Arc<Prober>) -> Survey {
        let Self { is_tls13, older, shape } = self;
        let (handshakes, (exchanges, chains_alone)) = tokio::join!(
            async {
                match is_tls13 {
                    true => Some(certificates::of_tls13(prober, &shape).await),
                    false => None,
                }
            },
            async {
                match older {
                    Ok(version) => certificates::by_kind(prober, &shape, version).await,
                    Err(none) => (Vec::new(), none),
                }
            },
        );
        Survey::of_chains(prober, shape, handshakes, exchanges, chains_alone)
    }
}

impl Survey {
    /// Chains, and nothing else.
    pub(super) fn of_chains(
        prober: &Prober,
        shape: Shape,
        handshakes: Option<Handshakes>,
        exchanges: Vec<Exchange>,
        chains_alone: Result<Refused, Gap>,
    ) -> Self {
        let why = Gap::new(GapReason::NotAttempted, "without a server name only certificates were asked for");
        let state = |version: ProtocolVersion| {
            let with = |exchange: &&Exchange| exchange.accepted().is_some_and(|hello| hello.version == version);
            let mut numbers: Vec<usize> = exchanges.iter().filter(with).map(|exchange| exchange.number).collect();
            let shaken = handshakes.iter().flat_map(|handshakes| &handshakes.shaken);
            let shaken = shaken.filter(|one| one.version == version && !one.certificates.is_empty());
            numbers.extend(shaken.map(|one| one.number));
            if numbers.is_empty() { State::Unknown(why.clone()) } else { State::Accepted(numbers) }
        };
        let states = ProtocolVersion::ALL.into_iter().map(|version| (version, state(version))).collect();
        Self {
            versions: Versions { states, shape, exchanges: Vec::new(), between: None },
            suites: Vec::new(),
            groups_of_tls13: None,
            groups_of_older: None,
            groups_of_primes: None,
            schemes: None,
            clear_mail: None,
            fallback: Err(why.clone()),
            application_protocols: Vec::new(),
            compression: Vec::new(),
            handshakes,
            shaken: Vec::new(),
            chains_alone: Some(chains_alone),
            exchanges,
            cut: prober.cut(),
            remarks: Vec::new(),
        }
    }
}

fn kept<T>(found: T, new: Vec<Exchange>, exchanges: &mut Vec<Exchange>) -> T {
    exchanges.extend(new);
    found
}

/// What is known of one version so far.
pub(super) struct VersionList {
    pub(super) version: ProtocolVersion,
    pub(super) suites: Found<CipherSuite>,
    /// Whether each was chosen of all that were left.
    is_in_order: bool,
    pub(super) preferred: Preferred,
    pub(super) compression: Option<Result<(bool, usize), Gap>>,
    pub(super) exchanges: Vec<Exchange>,
}

impl VersionList {
    fn accepted(&self) -> Vec<CipherSuite> {
        self.suites.accepted.iter().map(|(suite, _)| *suite).collect()
    }
}

pub(super) struct Asker<'a> {
    pub(super) prober: &'a Arc<Prober>,
    pub(super) shape: Shape,
}

impl Asker<'_> {
    async fn suites(
        &self,
        version: Option<ProtocolVersion>,
        likely: Option<&[CipherSuite]>,
        exchanges: &[Exchange],
    ) -> Option<VersionList> {
        match version {
            Some(version) => Some(self.suites_of(version, likely, exchanges).await),
            None => None,
        }
    }

    pub(super) async fn suites_of(
        &self,
        version: ProtocolVersion,
        likely: Option<&[CipherSuite]>,
        exchanges: &[Exchange],
    ) -> VersionList {
        let candidates = suites_of(version);
        let seen = exchanges.iter().filter_map(|exchange| {
            let hello = exchange.accepted().filter(|hello| hello.version == version)?;
            Some((hello.suite, exchange.number))
        });
        let seen: Vec<(CipherSuite, usize)> = seen.collect();
        let shape = self.shape.clone();
        let kind = Kind {
            purpose: format!("suites of {version}"),
            chunk: shape.style.chunk(),
            hello: Box::new(move |suites: &[CipherSuite]| shape.of(version, suites)),
            chosen: |answer| Some(answer.hello.as_ref()?.suite),
        };
        let is_one_by_one = match seen.as_slice() {
            [(first, _), others @ ..] if others.iter().all(|(suite, _)| suite == first) => {
                self.shape.style == Style::Long
                    && seems_ordered(self.prober, &self.shape, version, &candidates, *first).await
            }
            _ => false,
        };
        // A server's order is found with the suites where they are taken away one by one.
        let (likely, lanes) = match likely {
            _ if is_one_by_one => (likely.unwrap_or_default().to_vec(), 1),
            Some(likely) => (likely.to_vec(), self.prober.limits.lanes),
            None => (candidates.clone(), self.prober.limits.lanes),
        };
        let (suites, exchanges) = eliminate(self.prober, kind, candidates, likely.clone(), seen, lanes).await;
        let is_in_order =
            is_one_by_one && (likely.is_empty() || suites.accepted.iter().all(|(suite, _)| likely.contains(suite)));
        let preference = Err(Gap::new(GapReason::NotAttempted, ""));
        let preferred = Preferred { preference, order: Vec::new() };
        VersionList { version, suites, is_in_order, preferred, compression: None, exchanges }
    }

    /// Adds who chooses among the suites, and what else a version has.
    pub(super) async fn completed(&self, mut list: VersionList) -> VersionList {
        let accepted = list.accepted();
        if list.version == ProtocolVersion::TLS1_3 {
            list.preferred = preferred(self.prober, &self.shape, list.version, &accepted, list.is_in_order).await;
            return list;
        }
        let (preferred, compression, finite) = tokio::join!(
            preferred(self.prober, &self.shape, list.version, &accepted, list.is_in_order),
            self.compression(list.version, &accepted),
            self.finite_field(list.version, &accepted),
        );
        list.preferred = preferred;
        list.compression = Some(compressed(list.version, &compression));
        list.exchanges.push(compression);
        list.exchanges.extend(finite);
        list
    }

    /// Whether compression is taken.
    pub(super) async fn compressed(
        &self,
        version: ProtocolVersion,
        accepted: &[CipherSuite],
        exchanges: &mut Vec<Exchange>,
    ) -> Result<(bool, usize), Gap> {
        let exchange = self.compression(version, accepted).await;
        let found = compressed(version, &exchange);
        exchanges.push(exchange);
        found
    }

    async fn compression(&self, version: ProtocolVersion, accepted: &[CipherSuite]) -> Exchange {
        // DEFLATE and LZS (RFC 3749, RFC 3943).
        let hello = ClientHello { compression: vec![1, 64, 0], ..self.shape.legacy(version, accepted) };
        self.prober.ask(Offer::Tls(hello), "compression").await
    }

    /// The prime that a client gets that knows nothing of the groups of RFC 7919.
    pub(super) async fn finite_field(&self, version: ProtocolVersion, accepted: &[CipherSuite]) -> Option<Exchange> {
        let is_finite = |suite: &&CipherSuite| {
            let exchange = suite.info().map(|info| info.key_exchange);
            matches!(exchange, Some(KeyExchange::Dhe | KeyExchange::DheExport | KeyExchange::DhePsk))
        };
        let suites: Vec<CipherSuite> = accepted.iter().filter(is_finite).copied().collect();
        if suites.is_empty() {
            return None;
        }
        let mut hello = self.shape.legacy(version, &suites);
        hello.groups.retain(|group| !matches!(group.kind(), Some(GroupKind::FiniteField { .. })));
        Some(self.prober.ask(Offer::Tls(hello), "Diffie-Hellman").await)
    }
}

fn compressed(version: ProtocolVersion, asked: &Exchange) -> Result<(bool, usize), Gap> {
    match asked.verdict() {
        Verdict::Accepted(hello) => Ok((hello.compression != 0, asked.number)),
        Verdict::Inconclusive(gap) => Err(gap),
        Verdict::Refused(_) | Verdict::Ssl2 => {
            Err(Gap::new(GapReason::Failed, format!("a hello of {version} with compression was refused as a whole")))
        }
    }
}

/// Drives all of these at once; the results in their order.
async fn join_all<T: Unpin>(mut futures: Vec<Pin<Box<dyn Future<Output = T> + Send + '_>>>) -> Vec<T> {
    let mut done: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (future, done) in futures.iter_mut().zip(&mut done) {
            if done.is_none()
                && let Poll::Ready(value) = future.as_mut().poll(context)
            {
                *done = Some(value);
            }
        }
        if done.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}
