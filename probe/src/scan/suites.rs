//! The suites of one version, who chooses among them, and what else the answers show.

use std::sync::Arc;

use intransit::evidence::{Gap, GapReason, Preference};
use intransit::iana::{CipherSuite, GroupKind, KeyExchange, ProtocolVersion};

use super::codec::ClientHello;
use super::connect::{Exchange, Offer, Prober, Verdict};
use super::enumerate::Found;
use super::enumerate::elimination::{Kind, LEAST_LANES, Walk, few_lanes, walk};
use super::enumerate::preference::{Preferred, is_client_order, preferred, turned};
use super::enumerate::shown::{Board, Shown};
use super::features::all_application_protocols;
use super::offers::{Shape, Style, suites_of};

/// Each lane ends with a connection that shows nothing.
const LANES_OF_SUITES: usize = 4;

/// DEFLATE and LZS (RFC 3749, RFC 3943), and none.
const COMPRESSION: [u8; 3] = [1, 64, 0];

/// What is known of one version so far.
pub(super) struct VersionList {
    pub(super) version: ProtocolVersion,
    pub(super) suites: Found<CipherSuite>,
    /// What was chosen of all of them in either order, where each was chosen of all that were left.
    alike: Option<(CipherSuite, [usize; 2])>,
    /// The connections that show that the client's order counts, where they do already.
    follows_client: Option<Vec<usize>>,
    pub(super) preferred: Preferred,
    pub(super) compression: Option<Result<(bool, usize), Gap>>,
    pub(super) exchanges: Vec<Exchange>,
}

impl VersionList {
    pub(super) fn accepted(&self) -> Vec<CipherSuite> {
        self.suites.accepted.iter().map(|(suite, _)| *suite).collect()
    }
}

/// One version whose suites were walked through, and perhaps not all found.
pub(super) struct Walked {
    pub(super) version: ProtocolVersion,
    walk: Walk<CipherSuite>,
    candidates: Vec<CipherSuite>,
    /// The answer to all suites in the opposite order.
    pub(super) turned: Option<Exchange>,
    /// What was chosen of all suites in either order, by which connections.
    chosen: Option<[(CipherSuite, usize); 2]>,
    is_one_by_one: bool,
    pub(super) shown: Shown,
}

impl Walked {
    pub(super) fn accepted(&self) -> Vec<CipherSuite> {
        self.walk.accepted().iter().map(|(suite, _)| *suite).collect()
    }

    /// Whether there is hardly anything else to find.
    pub(super) const fn is_clear(&self) -> bool {
        self.walk.is_clear()
    }

    /// The answers so far.
    pub(super) fn exchanges(&self) -> impl Iterator<Item = &Exchange> {
        self.walk.exchanges().iter().chain(&self.turned)
    }
}

pub(super) struct Asker<'a> {
    pub(super) prober: &'a Arc<Prober>,
    pub(super) shape: Shape,
}

impl Asker<'_> {
    /// Walks through the suites. `seen` were chosen of all, by these connections; who asks for application protocols as
    /// well does so on the way.
    pub(super) async fn walk(
        &self,
        version: ProtocolVersion,
        seen: Vec<(CipherSuite, usize)>,
        shown: Shown,
        with_protocols: bool,
    ) -> Walked {
        let candidates = suites_of(version);
        let turned = match seen.as_slice() {
            [(first, _), others @ ..]
                if self.shape.style == Style::Long && others.iter().all(|(suite, _)| suite == first) =>
            {
                self.turned(version, &candidates, &shown, with_protocols).await
            }
            _ => None,
        };
        let other = turned.as_ref().and_then(|turned| Some((turned.accepted()?.suite, turned.number)));
        let chosen = seen.first().copied().zip(other).map(|(first, other)| [first, other]);
        let is_one_by_one = chosen.is_some_and(|[(first, _), (other, _)]| first == other);
        // One lane is worth its last connection only where hellos begin with other groups and schemes to some purpose.
        let (likely, lanes) = match self.prober.limits.lanes {
            // A server's order is found with the suites where they are taken away one by one.
            _ if is_one_by_one => (Vec::new(), 1),
            // There are few, of which servers take three as a rule.
            _ if version == ProtocolVersion::TLS1_3 => (Vec::new(), 1),
            lanes if lanes < LEAST_LANES && version < ProtocolVersion::TLS1_2 => (Vec::new(), 1),
            lanes if lanes < LEAST_LANES => (candidates.clone(), 1),
            lanes if version == ProtocolVersion::TLS1_2 => (candidates.clone(), lanes.min(LANES_OF_SUITES)),
            _ => (candidates.clone(), few_lanes(self.prober)),
        };
        let (shape, varied, noted) = (self.shape.clone(), self.shape.clone(), shown.clone());
        let kind = Kind {
            purpose: format!("suites of {version}"),
            chunk: shape.style.chunk(),
            hello: Box::new(move |suites: &[CipherSuite]| shape.of(version, suites)),
            varied: Some(Box::new(move |suites: &[CipherSuite]| varied.of(version, suites).with_unseen_first(&noted))),
            chosen: |answer| Some(answer.hello.as_ref()?.suite),
            shows: Some(shown.clone()),
            seen: Board::default(),
        };
        let seen = seen.into_iter().chain(other).collect();
        let walk = walk(self.prober, kind, candidates.clone(), likely, seen, lanes).await;
        Walked { version, walk, candidates, turned, chosen, is_one_by_one, shown }
    }

    /// Offers all suites in the opposite order, and compression beside them; nothing where that is not answered.
    async fn turned(
        &self,
        version: ProtocolVersion,
        candidates: &[CipherSuite],
        shown: &Shown,
        with_protocols: bool,
    ) -> Option<Exchange> {
        let mut hello = self.shape.of(version, &turned(candidates)).with_unseen_first(shown);
        if version != ProtocolVersion::TLS1_3 {
            hello.compression = COMPRESSION.to_vec();
        }
        if with_protocols {
            hello.application_protocols = all_application_protocols();
        }
        let exchange = self.prober.ask(Offer::Tls(hello), &format!("order of {version}")).await;
        shown.note(&exchange);
        let is_answered = exchange.accepted().is_some_and(|hello| hello.version == version);
        is_answered.then_some(exchange)
    }

    /// Finds the rest of the suites, or that there are no others.
    pub(super) async fn finished(&self, walked: Walked) -> VersionList {
        let Walked { version, walk, candidates, turned, chosen, is_one_by_one, .. } = walked;
        let (suites, mut exchanges) = walk.finished(self.prober).await;
        let follows_client = chosen.filter(|_| suites.rest.is_ok()).and_then(|[(first, one), (other, two)]| {
            let accepted: Vec<CipherSuite> = suites.accepted.iter().map(|(suite, _)| *suite).collect();
            is_client_order(&candidates, &accepted, first, other).then(|| vec![one, two])
        });
        let alike = chosen.filter(|_| is_one_by_one).map(|[(suite, one), (_, two)]| (suite, [one, two]));
        let compression = turned.as_ref().filter(|_| version != ProtocolVersion::TLS1_3);
        let compression = compression.map(|turned| compressed(version, turned));
        exchanges.extend(turned);
        let preferred = Preferred::unknown(GapReason::NotAttempted, "");
        VersionList { version, suites, alike, follows_client, preferred, compression, exchanges }
    }

    /// All of it, for a version that nothing else waits for.
    pub(super) async fn suites_of(&self, version: ProtocolVersion, seen: Vec<(CipherSuite, usize)>) -> VersionList {
        let shown = Shown::of(version);
        let walked = self.walk(version, seen, shown.clone(), false).await;
        let list = self.finished(walked).await;
        let accepted = list.accepted();
        let (mut list, finite) = tokio::join!(self.ordered(list), self.finite_field(version, &accepted, &shown));
        list.exchanges.extend(finite);
        list
    }

    /// Adds who chooses among the suites, and whether compression is taken.
    pub(super) async fn ordered(&self, mut list: VersionList) -> VersionList {
        let accepted = list.accepted();
        let is_open = list.compression.is_none() && list.version != ProtocolVersion::TLS1_3;
        let (preferred, compression) = tokio::join!(self.preferred(&list, &accepted), async {
            match is_open {
                true => Some(self.compression(list.version, &accepted).await),
                false => None,
            }
        });
        list.preferred = preferred;
        if let Some(asked) = compression {
            list.compression = Some(compressed(list.version, &asked));
            list.exchanges.push(asked);
        }
        list
    }

    async fn preferred(&self, list: &VersionList, accepted: &[CipherSuite]) -> Preferred {
        match &list.follows_client {
            Some(numbers) => Preferred { preference: Ok((Preference::Client, numbers.clone())), order: Vec::new() },
            None => preferred(self.prober, &self.shape, list.version, accepted, list.alike).await,
        }
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
        let hello = ClientHello { compression: COMPRESSION.to_vec(), ..self.shape.legacy(version, accepted) };
        self.prober.ask(Offer::Tls(hello), "compression").await
    }

    /// The prime that a client gets that knows nothing of the groups of RFC 7919.
    pub(super) async fn finite_field(
        &self,
        version: ProtocolVersion,
        accepted: &[CipherSuite],
        shown: &Shown,
    ) -> Option<Exchange> {
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
        let exchange = self.prober.ask(Offer::Tls(hello.with_unseen_first(shown)), "Diffie-Hellman").await;
        shown.note(&exchange);
        Some(exchange)
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
