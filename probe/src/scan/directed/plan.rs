//! What a policy forbids, offered at once up to TLS 1.2: its suites together with those of other kinds of certificates,
//! and its groups, between the two answers that the versions rest on. One refusal says as much as a walk.

use intransit::evidence::{Gap, GapReason, RefusalKind};
use intransit::iana::{Authentication, CipherSuite, KeyExchange, NamedGroup, ProtocolVersion, SuiteInfo};

use super::Needs;
use crate::scan::certificates::encrypts;
use crate::scan::codec::ClientHello;
use crate::scan::connect::{Exchange, Offer, Verdict};
use crate::scan::enumerate::{Found, Refused};
use crate::scan::offers::{self, Shape, suites_before_tls13};

/// DEFLATE, LZS (RFC 3749, RFC 3943) and none.
const COMPRESSION: [u8; 3] = [1, 64, 0];

/// What is offered to a server of which one accepted suite is known.
#[derive(Debug)]
pub(crate) struct Plan {
    version: ProtocolVersion,
    known: CipherSuite,
    /// The connection that accepted it.
    before: usize,
    /// The group that it took then.
    group: Option<NamedGroup>,
    has_certificate: bool,
    /// Those that the policy forbids.
    forbidden: Vec<CipherSuite>,
    /// What is offered: the forbidden ones, and those of kinds of certificates that were not shown.
    suites: Vec<CipherSuite>,
    /// What was chosen of that, by which connections; it is not offered again.
    taken: Vec<(CipherSuite, usize)>,
    /// The suites that the groups are offered with; the known one is among them.
    bearers: Vec<CipherSuite>,
    groups: Vec<NamedGroup>,
    compression: Vec<u8>,
}

/// What was shown by that. What is not there has to be asked for otherwise.
#[derive(Debug)]
pub(crate) struct Between {
    pub(crate) suites: Option<Found<CipherSuite>>,
    pub(crate) groups: Option<Found<NamedGroup>>,
    pub(crate) compression: Option<Result<(bool, usize), Gap>>,
    /// What shows that there is no certificate of another kind than the one that was sent.
    pub(crate) chains: Option<Refused>,
}

impl Plan {
    /// Nothing where the policy has to know everything, or forbids what is known to be accepted.
    pub(crate) fn of(needs: &Needs, shape: &Shape, version: ProtocolVersion, answered: &Exchange) -> Option<Self> {
        let known = answered.accepted().filter(|hello| hello.version == version)?.suite;
        let kind = |info: &SuiteInfo| (info.authentication, encrypts(info.key_exchange));
        let known_kind = known.info().map(kind);
        if version == ProtocolVersion::TLS1_3 || needs.preference || needs.suites.contains(&known) {
            return None;
        }
        let is_of_other_kind = |suite: &CipherSuite| {
            suite.info().is_some_and(|info| info.uses_certificate() && Some(kind(info)) != known_kind)
        };
        // A forbidden suite shows its certificate as well.
        let (mut suites, others): (Vec<CipherSuite>, Vec<CipherSuite>) =
            suites_before_tls13().into_iter().partition(|suite| needs.suites.contains(suite));
        suites.extend(others.into_iter().filter(is_of_other_kind));
        // An ECDSA certificate needs its curve among the groups, whichever they are.
        let is_bearer = |suite: &CipherSuite| {
            suite.info().is_some_and(|info| {
                matches!(info.key_exchange, KeyExchange::Ecdhe | KeyExchange::EcdhePsk)
                    && info.authentication != Authentication::Ecdsa
            })
        };
        let bears = !needs.groups.is_empty() && is_bearer(&known);
        let bearers: Vec<CipherSuite> = match bears {
            true => suites_before_tls13().into_iter().filter(is_bearer).collect(),
            false => Vec::new(),
        };
        let bearers = if bearers.len() > shape.style.chunk() { Vec::new() } else { bearers };
        Some(Self {
            version,
            known,
            before: answered.number,
            group: answered.answer.exchanged.as_ref().and_then(|exchanged| exchanged.group),
            has_certificate: answered.answer.certificates.as_ref().is_some_and(|sent| !sent.is_empty()),
            forbidden: needs.suites.clone(),
            suites,
            taken: Vec::new(),
            bearers,
            groups: needs.groups.clone(),
            compression: if needs.compression { COMPRESSION.to_vec() } else { vec![0] },
        })
    }

    fn hello(&self, shape: &Shape, suites: &[CipherSuite]) -> ClientHello {
        ClientHello { compression: self.compression.clone(), ..shape.legacy(self.version, suites) }
    }

    /// The forbidden suites, and behind them the forbidden groups.
    pub(crate) fn hellos(&self, shape: &Shape) -> Vec<ClientHello> {
        let groups = ClientHello { groups: self.groups.clone(), ..self.hello(shape, &self.bearers) };
        let groups = (!self.bearers.is_empty()).then_some(groups);
        self.of_suites(shape).into_iter().chain(groups).collect()
    }

    fn of_suites(&self, shape: &Shape) -> Vec<ClientHello> {
        let most = shape.style.chunk().min(self.suites.len().max(1));
        self.suites.chunks(most).map(|part| self.hello(shape, part)).collect()
    }

    /// What is left of the suites, where one hello holds them and some of them was taken: a suite that the policy forbids,
    /// or a certificate of another kind.
    pub(crate) fn next(&mut self, shape: &Shape, asked: &[Exchange]) -> Option<ClientHello> {
        let exchange = asked.iter().rev().find(|exchange| !self.is_about_groups(exchange))?;
        let hello = exchange.accepted().filter(|hello| hello.version == self.version)?;
        let taken = hello.suite;
        if !self.suites.contains(&taken) || self.suites.len() > shape.style.chunk() {
            return None;
        }
        self.taken.push((taken, exchange.number));
        let kind = |suite: &CipherSuite| {
            let info = suite.info().filter(|info| info.uses_certificate())?;
            Some((info.authentication, encrypts(info.key_exchange)))
        };
        let is_shown = exchange.answer.certificates.as_ref().is_some_and(|sent| !sent.is_empty());
        let shown = kind(&taken).filter(|_| is_shown);
        let forbidden = &self.forbidden;
        self.suites.retain(|suite| {
            let is_for_certificate = !forbidden.contains(suite);
            *suite != taken && !(is_for_certificate && shown.is_some() && kind(suite) == shown)
        });
        (!self.suites.is_empty()).then(|| self.hello(shape, &self.suites))
    }

    /// The forbidden suites, refused once, are offered again where one hello holds them.
    pub(crate) fn again(&self, shape: &Shape) -> Vec<ClientHello> {
        let hellos = self.of_suites(shape);
        if hellos.len() > 1 { Vec::new() } else { hellos }
    }

    /// The same with what was accepted before; as much of it as one hello holds.
    pub(crate) fn control(&self, shape: &Shape) -> ClientHello {
        let mut suites: Vec<CipherSuite> = self.suites.iter().copied().take(shape.style.chunk()).collect();
        suites.push(self.known);
        let others = self.bearers.iter().filter(|suite| !self.suites.contains(suite) && **suite != self.known);
        if suites.len().saturating_add(self.bearers.len()) <= shape.style.chunk() {
            suites.extend(others);
        }
        self.hello(shape, &suites)
    }

    /// Whether some of it was taken, so that the rest was offered with less beside it.
    pub(crate) const fn has_taken(&self) -> bool {
        !self.taken.is_empty()
    }

    /// Whether the forbidden suites were refused.
    pub(crate) fn is_refused(&self, asked: &[Exchange]) -> bool {
        !self.suites.is_empty() && self.refusal(asked, false).is_some()
    }

    fn is_about_groups(&self, exchange: &Exchange) -> bool {
        matches!(&exchange.offer, Offer::Tls(offered) if offered.suites == self.bearers)
    }

    /// The refusal of everything that was offered of this kind, and not taken.
    fn refusal(&self, asked: &[Exchange], is_about_groups: bool) -> Option<Refused> {
        let mut how = None;
        let mut numbers = Vec::new();
        for exchange in asked.iter().filter(|exchange| self.is_about_groups(exchange) == is_about_groups) {
            if self.taken.iter().any(|(_, number)| *number == exchange.number) {
                continue;
            }
            let Verdict::Refused(kind) = exchange.verdict() else { return None };
            how = how.or(Some(kind));
            numbers.push(exchange.number);
        }
        Some(Refused { how: how?, numbers })
    }

    /// What follows, where the control was answered.
    pub(crate) fn found(&self, asked: &[Exchange], control: &Exchange) -> Between {
        let nothing = Between { suites: None, groups: None, compression: None, chains: None };
        let Some(hello) = control.accepted().filter(|hello| hello.version == self.version) else { return nothing };
        // It was refused a moment ago, and is not now.
        if self.suites.contains(&hello.suite) {
            return nothing;
        }
        let numbers = [self.before, control.number];
        let between = |refused: Refused| Refused { numbers: [&numbers[..], &refused.numbers].concat(), ..refused };
        let none_offered = Refused { how: RefusalKind::ReportedAsNotOffered, numbers: numbers.to_vec() };
        let refused = match self.suites.is_empty() {
            true => Some(none_offered),
            false => self.refusal(asked, false).map(between),
        };
        let suites = refused.clone().map(|refused| {
            let accepted = [(self.known, self.before)].into_iter().chain(self.taken.iter().copied());
            let accepted = accepted.chain([(hello.suite, control.number)]);
            of_all(suites_before_tls13(), &self.suites, accepted, refused)
        });
        let group = control.answer.exchanged.as_ref().and_then(|exchanged| exchanged.group);
        let is_forbidden = [group, self.group].into_iter().flatten().any(|group| self.groups.contains(&group));
        let groups = self.refusal(asked, true).filter(|_| !self.bearers.is_empty() && !is_forbidden);
        let groups = groups.zip(self.group).map(|(refused, known)| {
            let accepted = [Some((known, self.before)), group.map(|group| (group, control.number))];
            of_all(offers::groups(), &self.groups, accepted.into_iter().flatten(), between(refused))
        });
        Between {
            suites,
            groups,
            compression: (self.compression.len() > 1).then_some(Ok((hello.compression != 0, control.number))),
            chains: refused.filter(|_| self.has_certificate),
        }
    }
}

/// A list of which these were offered and refused, and nothing is known of those that were not.
pub(super) fn of_all<T: Copy + PartialEq>(
    all: Vec<T>,
    asked: &[T],
    accepted: impl IntoIterator<Item = (T, usize)>,
    refused: Refused,
) -> Found<T> {
    let mut found = Found::unknown(Gap::new(GapReason::NotAttempted, ""));
    for (value, number) in accepted {
        found.add(value, number);
    }
    found.rest = Ok(refused);
    found.leave_out(all, asked);
    found
}
