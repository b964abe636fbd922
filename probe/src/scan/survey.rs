//! All that is asked of one address under one server name, in the order in which answers help each other.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use intransit::evidence::{Gap, GapReason};
use intransit::iana::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};
use tokio::sync::SetOnce;

use super::certificates::{self, Handshakes, Keys};
use super::connect::{Exchange, Prober};
use super::enumerate::preference::Preferred;
use super::enumerate::shown::Shown;
use super::enumerate::versions::{Search, State, Versions, opened};
use super::enumerate::{Found, Refused, groups, schemes};
use super::features;
use super::handshake::Shaken;
use super::known::Known;
use super::offers::Shape;
use super::suites::{Asker, VersionList};

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
    /// Whether TLS 1.2 has chains for keys that suites do not tell apart, where that was asked for by itself.
    pub(crate) other_keys: Option<Result<Vec<usize>, Gap>>,
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
    let search = opened(prober, server_name, None, Vec::new()).await;
    let known = Known::of(&search);
    // These are large, and a thread's stack is not.
    let (named, unnamed) = tokio::join!(
        Box::pin(survey(prober, search, &known)),
        Box::pin(async {
            match server_name {
                Some(_) => Unnamed::of(&known).await.survey(&prober.patient()).await,
                None => None,
            }
        })
    );
    if server_name.is_some() && known.is_turned_down() {
        return (named, Some(Box::pin(without_name(prober)).await));
    }
    (named, unnamed)
}

/// Asks for everything without a server name, of a server that turned the name down.
pub(super) async fn without_name(prober: &Arc<Prober>) -> Survey {
    let search = opened(prober, None, None, Vec::new()).await;
    let known = Known::of(&search);
    survey(prober, search, &known).await
}

/// Asks for everything; what hangs on one answer begins with it.
async fn survey(prober: &Arc<Prober>, search: Search<'_>, known: &Known) -> Survey {
    let asker = Asker { prober, shape: known.shape.clone() };
    // What the newest version before TLS 1.3 shows, most else hangs on.
    let patient = &prober.patient();
    let others = Asker { prober: patient, shape: known.shape.clone() };
    let shown_of_newest = SetOnce::new();
    let (mut versions, modern, newest, older, chains, fallback) = tokio::join!(
        Box::pin(async {
            let versions = search.patient(patient).settle().await;
            known.settle(&versions);
            versions
        }),
        Box::pin(modern(&asker, known)),
        Box::pin(newest(&asker, known, &shown_of_newest)),
        Box::pin(older(&others, known)),
        Box::pin(async {
            let handshakes = match known.has_tls13().await {
                true => Some(certificates::of_tls13(patient, &asker.shape).await),
                false => None,
            };
            let shaken = match shown_of_newest.wait().await {
                Some(shown) => certificates::of_tls12(patient, &asker.shape, shown, handshakes.as_ref()).await,
                None => Vec::new(),
            };
            (handshakes, shaken, shown_of_newest.wait().await.is_some())
        }),
        Box::pin(async {
            // Who asks for this one falls back.
            let lower = match known.has_tls13().await {
                true => known.newest().await,
                false => known.before_tls13().await.iter().rev().nth(1).copied(),
            };
            features::fallback(patient, &asker.shape, lower).await
        }),
    );
    let mut exchanges = std::mem::take(&mut versions.exchanges);
    let (handshakes, shaken, is_tls12) = chains;
    let is_alone = is_tls12 && handshakes.is_none();
    let mut survey = Survey {
        versions,
        suites: Vec::new(),
        groups_of_tls13: None,
        groups_of_older: None,
        groups_of_primes: None,
        schemes: None,
        clear_mail: None,
        fallback,
        application_protocols: Vec::new(),
        compression: Vec::new(),
        handshakes,
        shaken,
        other_keys: None,
        chains_alone: None,
        exchanges: Vec::new(),
        cut: prober.cut(),
        remarks: Vec::new(),
    };
    let mut lists = older;
    if let Some((list, groups)) = modern {
        lists.push(list);
        survey.groups_of_tls13 = kept(Some(groups), &mut exchanges);
    }
    if let Some((list, rest)) = newest {
        lists.push(list);
        exchanges.extend(rest.exchanges);
        survey.groups_of_older = kept(rest.groups, &mut exchanges);
        survey.groups_of_primes = kept(rest.primes, &mut exchanges);
        survey.schemes = kept(rest.schemes, &mut exchanges);
        survey.application_protocols = rest.protocols;
    }
    for list in lists {
        exchanges.extend(list.exchanges);
        survey.compression.extend(list.compression);
        let VersionList { version, suites, preferred, .. } = list;
        survey.suites.push(VersionSuites { version, suites, preferred });
    }
    survey.suites.sort_by_key(|list| list.version);
    if is_alone {
        let (new, rest) = certificates::of_other_keys_of_tls12(patient, &asker.shape, exchanges.iter()).await;
        exchanges.extend(new);
        survey.other_keys = Some(rest);
    }
    exchanges.sort_by_key(|exchange| exchange.number);
    survey.exchanges = exchanges;
    survey.cut = prober.cut();
    survey
}

type Listed<T> = (Found<T>, Vec<Exchange>);

/// TLS 1.3: its suites and its groups, of which the answers to suites show some.
async fn modern(asker: &Asker<'_>, known: &Known) -> Option<(VersionList, Listed<NamedGroup>)> {
    let version = ProtocolVersion::TLS1_3;
    if !known.has_tls13().await {
        return None;
    }
    let shown = known.shown(version);
    let list = async {
        let walked = asker.walk(version, known.suites(version), shown.clone(), false).await;
        asker.ordered(asker.finished(walked).await).await
    };
    let groups = groups::of_tls13(asker.prober, &asker.shape, known.groups(version), Some(&shown), None);
    Some(tokio::join!(list, groups))
}

/// What hangs on the suites of the newest version before TLS 1.3.
struct Dependent {
    groups: Option<Listed<NamedGroup>>,
    primes: Option<Listed<NamedGroup>>,
    schemes: Option<Listed<SignatureScheme>>,
    protocols: Vec<(String, usize)>,
    /// Those that nothing else holds.
    exchanges: Vec<Exchange>,
}

impl Dependent {
    fn into_exchanges(self) -> Vec<Exchange> {
        let mut exchanges = self.exchanges;
        kept(self.groups, &mut exchanges);
        kept(self.primes, &mut exchanges);
        kept(self.schemes, &mut exchanges);
        exchanges
    }
}

/// The newest version before TLS 1.3. What its suites show is told to those who wait for it.
async fn newest(asker: &Asker<'_>, known: &Known, shown: &SetOnce<Option<Keys>>) -> Option<(VersionList, Dependent)> {
    let newest = known.newest().await;
    let Some(version) = newest else {
        let _ = shown.set(None);
        return None;
    };
    let with_protocols = asker.prober.starttls.is_none();
    let walked = asker.walk(version, known.suites(version), known.shown(version), with_protocols).await;
    let _ = shown.set((version == ProtocolVersion::TLS1_2).then(|| Keys::new(walked.accepted(), walked.exchanges())));
    let (is_clear, board, found) = (walked.is_clear(), walked.shown.clone(), walked.accepted());
    let turned = walked.turned.clone();
    let primes: Vec<Exchange> = walked.exchanges().filter(|one| shows_prime(one)).take(1).cloned().collect();
    let dependent = async |accepted: &[CipherSuite]| {
        Box::pin(asker.dependent(version, accepted, &board, &primes, turned.as_ref())).await
    };
    let (list, early) = tokio::join!(async { asker.ordered(asker.finished(walked).await).await }, async {
        match is_clear {
            true => Some(dependent(&found).await),
            false => None,
        }
    });
    let accepted = list.accepted();
    let is_all = accepted.iter().all(|suite| found.contains(suite));
    match early {
        Some(early) if is_all => Some((list, early)),
        // What was taken later on counts as well.
        early => {
            let mut dependent = dependent(&accepted).await;
            dependent.exchanges.extend(early.into_iter().flat_map(Dependent::into_exchanges));
            Some((list, dependent))
        }
    }
}

fn shows_prime(exchange: &Exchange) -> bool {
    exchange.answer.exchanged.as_ref().is_some_and(|exchanged| exchanged.prime.is_some())
}

/// All versions before the newest, side by side.
async fn older(asker: &Asker<'_>, known: &Known) -> Vec<VersionList> {
    let mut versions = known.before_tls13().await;
    versions.pop();
    let lists = versions.into_iter().map(|version| {
        let list: Pin<Box<dyn Future<Output = VersionList> + Send + '_>> =
            Box::pin(asker.suites_of(version, known.suites(version)));
        list
    });
    join_all(lists.collect()).await
}

impl Asker<'_> {
    async fn dependent(
        &self,
        version: ProtocolVersion,
        accepted: &[CipherSuite],
        shown: &Shown,
        primes: &[Exchange],
        turned: Option<&Exchange>,
    ) -> Dependent {
        let Self { prober, shape } = self;
        let (groups, primes, schemes, protocols, finite) = tokio::join!(
            groups::of_older(prober, shape, version, accepted, shown, None),
            groups::of_primes(prober, shape, version, accepted, primes),
            async {
                match version {
                    ProtocolVersion::TLS1_2 => schemes::of_tls12(prober, shape, accepted, shown, None).await,
                    _ => None,
                }
            },
            async {
                match prober.starttls {
                    None => features::application_protocols(prober, shape, accepted, shown, turned).await,
                    Some(_) => Vec::new(),
                }
            },
            self.finite_field(version, accepted, shown),
        );
        Dependent { groups, primes, schemes, protocols, exchanges: finite.into_iter().collect() }
    }
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
    async fn of(known: &Known) -> Self {
        Self {
            is_tls13: known.has_tls13().await,
            older: known.newest_or_none().await,
            shape: Shape { server_name: None, ..known.shape.clone() },
        }
    }

    /// Asks for chains, and nothing else; nothing where nobody was answered.
    async fn survey(self, prober: &Arc<Prober>) -> Option<Survey> {
        let Self { is_tls13, older, shape } = self;
        if !is_tls13 && older.is_err() {
            return None;
        }
        let (handshakes, (exchanges, chains_alone)) = tokio::join!(
            async {
                match is_tls13 {
                    true => Some(certificates::of_tls13(prober, &shape).await),
                    false => None,
                }
            },
            async {
                let version = match older {
                    Ok(version) => version,
                    Err(none) => return (Vec::new(), none),
                };
                let (mut exchanges, mut shown) = certificates::by_kind(prober, &shape, version).await;
                if version == ProtocolVersion::TLS1_2 && !is_tls13 {
                    shown = certificates::with_other_keys(prober, &shape, &mut exchanges, shown).await;
                }
                (exchanges, shown)
            },
        );
        Some(Survey::of_chains(prober, shape, handshakes, exchanges, chains_alone))
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
            other_keys: None,
            chains_alone: Some(chains_alone),
            exchanges,
            cut: prober.cut(),
            remarks: Vec::new(),
        }
    }
}

fn kept<T>(listed: Option<Listed<T>>, exchanges: &mut Vec<Exchange>) -> Option<Found<T>> {
    let (found, new) = listed?;
    exchanges.extend(new);
    Some(found)
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
