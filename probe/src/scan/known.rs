//! What is known of the versions while others of them are still asked for: what hangs on one that was answered at once
//! does not wait for those that are refused.

use intransit::evidence::{Gap, GapReason};
use intransit::iana::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};
use tokio::sync::SetOnce;

use super::connect::Exchange;
use super::enumerate::Refused;
use super::enumerate::shown::{Shown, shown_by};
use super::enumerate::versions::{Search, Versions};
use super::offers::Shape;

/// What a hello was answered with.
#[derive(Debug, Clone, Copy)]
struct Answered {
    version: ProtocolVersion,
    suite: CipherSuite,
    group: Option<NamedGroup>,
    scheme: Option<SignatureScheme>,
    number: usize,
}

/// What is known once each version is settled.
#[derive(Debug)]
struct Settled {
    /// Oldest first.
    accepted: Vec<ProtocolVersion>,
    answers: Vec<Answered>,
    /// Every refusal, where it is known of each version whether it is on.
    refused: Option<Refused>,
    is_turned_down: bool,
}

/// The versions of a server.
pub(super) struct Known {
    pub(super) shape: Shape,
    /// The answers that came at once.
    early: Vec<Answered>,
    settled: SetOnce<Settled>,
}

impl Known {
    pub(super) fn of(search: &Search<'_>) -> Self {
        let early = if search.is_answered() { answers(&search.exchanges) } else { Vec::new() };
        Self { shape: search.shape.clone(), early, settled: SetOnce::new() }
    }

    /// Says what there is to know to those who wait for it.
    pub(super) fn settle(&self, versions: &Versions) {
        // It is settled once.
        let _ = self.settled.set(Settled {
            accepted: versions.accepted(),
            answers: answers(&versions.exchanges),
            refused: versions.all_refused(),
            is_turned_down: versions.is_turned_down(),
        });
    }

    /// Whether the server is there and turned every hello down, once that is known.
    pub(super) fn is_turned_down(&self) -> bool {
        self.settled.get().is_some_and(|settled| settled.is_turned_down)
    }

    /// Whether TLS 1.3 is on.
    pub(super) async fn has_tls13(&self) -> bool {
        let version = ProtocolVersion::TLS1_3;
        self.early.iter().any(|one| one.version == version) || self.settled.wait().await.accepted.contains(&version)
    }

    /// The newest version before TLS 1.3 that is on.
    pub(super) async fn newest(&self) -> Option<ProtocolVersion> {
        let version = ProtocolVersion::TLS1_2;
        match self.early.iter().any(|one| one.version == version) {
            true => Some(version),
            false => self.before_tls13().await.last().copied(),
        }
    }

    /// Every version before TLS 1.3 that is on, oldest first.
    pub(super) async fn before_tls13(&self) -> Vec<ProtocolVersion> {
        let accepted = &self.settled.wait().await.accepted;
        accepted.iter().copied().filter(|version| *version != ProtocolVersion::TLS1_3).collect()
    }

    /// The same, or why there is none.
    pub(super) async fn newest_or_none(&self) -> Result<ProtocolVersion, Result<Refused, Gap>> {
        match self.newest().await {
            Some(version) => Ok(version),
            None => {
                let none = || Gap::new(GapReason::NotAttempted, "no version before TLS 1.3 was answered");
                Err(self.settled.wait().await.refused.clone().ok_or_else(none))
            }
        }
    }

    /// The suites that hellos of all suites of this version were answered with.
    pub(super) fn suites(&self, version: ProtocolVersion) -> Vec<(CipherSuite, usize)> {
        self.answers(version).map(|one| (one.suite, one.number)).collect()
    }

    /// What else they show.
    pub(super) fn shown(&self, version: ProtocolVersion) -> Shown {
        let shown = Shown::of(version);
        for one in self.answers(version) {
            shown.add(one.group, one.scheme, one.number);
        }
        shown
    }

    /// The groups that its answers name.
    pub(super) fn groups(&self, version: ProtocolVersion) -> Vec<(NamedGroup, usize)> {
        self.answers(version).filter_map(|one| Some((one.group?, one.number))).collect()
    }

    fn answers(&self, version: ProtocolVersion) -> impl Iterator<Item = &Answered> {
        let is_early = self.early.iter().any(|one| one.version == version);
        let late = self.settled.get().filter(|_| !is_early).into_iter().flat_map(|settled| &settled.answers);
        self.early.iter().chain(late).filter(move |one| one.version == version)
    }
}

fn answers(exchanges: &[Exchange]) -> Vec<Answered> {
    let answer = |exchange: &Exchange| {
        let hello = exchange.accepted()?;
        let (group, scheme) = shown_by(exchange);
        Some(Answered { version: hello.version, suite: hello.suite, group, scheme, number: exchange.number })
    };
    exchanges.iter().filter_map(answer).collect()
}
