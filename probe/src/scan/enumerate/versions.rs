//! Which versions a server speaks.
//!
//! Each version is offered alone, with every suite that it could have. A version is off where the server refused that
//! between two answers to the same hello at a version that is on, or answered with an older version: whoever has a newer
//! one in common takes it (RFC 5246 appendix E.1). TLS 1.3 is offered beside its elders, so that a server without it says
//! so by an older answer; a refusal without an answer may as well be about the groups.

use std::sync::Arc;

use intransit::evidence::{Gap, GapReason, RefusalKind};
use intransit::iana::{CipherSuite, ProtocolVersion};

use super::Refused;
use super::control::{Control, PROTOCOL_VERSION, about_groups, proves, ssl2_again, state_of_ssl2};
use super::elimination::{Kind, Step};
use super::narrow::narrow;
use super::shown::Board;
use crate::scan::codec::{ClientHello, KeyShare};
use crate::scan::connect::{Exchange, Offer, Prober, Verdict, ask_all};
use crate::scan::directed::{Between, Needs, Plan, takes_mail};
use crate::scan::offers::{Shape, Style, suites_before_tls13};

/// What is known of one version.
#[derive(Debug)]
pub(crate) enum State {
    Accepted(Vec<usize>),
    Refused(Refused),
    Unknown(Gap),
}

/// What is known of all of them.
#[derive(Debug)]
pub(crate) struct Versions {
    /// Oldest first.
    pub(crate) states: Vec<(ProtocolVersion, State)>,
    /// The shape of hello that the server answers.
    pub(crate) shape: Shape,
    /// Every connection.
    pub(crate) exchanges: Vec<Exchange>,
    /// What else was shown between the controls.
    pub(crate) between: Option<Between>,
}

/// How a scan asks that is directed by a policy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Brief<'a> {
    pub(crate) needs: &'a Needs,
    /// The handshake that shows that TLS 1.3 is on, if there was one.
    pub(crate) tls13: Option<usize>,
}

impl Versions {
    /// The versions that are on, oldest first, SSL 2.0 left out.
    pub(crate) fn accepted(&self) -> Vec<ProtocolVersion> {
        let on = self.states.iter().filter(|(_, state)| matches!(state, State::Accepted(_)));
        on.map(|(version, _)| *version).filter(|version| *version != ProtocolVersion::SSL2).collect()
    }

    /// Whether the server is there and turned every hello down: perhaps for the name that was asked for.
    pub(crate) fn is_turned_down(&self) -> bool {
        self.accepted().is_empty() && self.exchanges.iter().any(|exchange| exchange.answer.alert.is_some())
    }

    /// Why it is not known of some version whether it is on.
    pub(crate) fn first_unknown(&self) -> Option<Gap> {
        let unknown = self.states.iter().filter_map(|(_, state)| match state {
            State::Unknown(gap) => Some(gap),
            _ => None,
        });
        // What a server did says more than that time was over.
        unknown.min_by_key(|gap| gap.reason == GapReason::Truncated).cloned()
    }

    /// Every refusal as one, where it is known of each version whether it is on.
    pub(crate) fn all_refused(&self) -> Option<Refused> {
        let refused = self.states.iter().filter_map(|(_, state)| match state {
            State::Refused(refused) => Some(refused.clone()),
            _ => None,
        });
        let all = refused.reduce(|all, one| Refused { numbers: [all.numbers, one.numbers].concat(), ..all });
        all.filter(|_| self.first_unknown().is_none())
    }
}

use ProtocolVersion as V;

/// Newest first: most servers answer the first two.
const ROUNDS: [&[V]; 3] = [&[V::TLS1_3, V::TLS1_2], &[V::TLS1_1, V::TLS1_0], &[V::SSL3]];

const STYLES: [Style; 2] = [Style::Long, Style::Short];

/// Why what is not a version is asked for beside versions.
const PURPOSE: &str = "what the policy forbids";

/// How often a refused version is offered again.
const REPETITIONS: usize = 2;

/// Finds out. `first` are hellos of every suite of a version that were sent before.
pub(crate) async fn versions(
    prober: &Arc<Prober>,
    server_name: Option<&str>,
    brief: Option<Brief<'_>>,
    first: Vec<Exchange>,
) -> Versions {
    opened(prober, server_name, brief, first).await.settle().await
}

/// Begins: until some version is answered, by which the others can be settled.
pub(crate) async fn opened<'a>(
    prober: &'a Arc<Prober>,
    server_name: Option<&str>,
    brief: Option<Brief<'a>>,
    first: Vec<Exchange>,
) -> Search<'a> {
    let mut search = Search {
        prober,
        brief,
        exchanges: first,
        bare: Vec::new(),
        narrowed: Vec::new(),
        shape: shape(server_name, Style::Long),
    };
    // Who asks little tries the newest versions in both styles first.
    let rounds: Vec<(Style, &[V])> = match brief {
        Some(_) => ROUNDS.iter().flat_map(|round| STYLES.map(|style| (style, *round))).collect(),
        None => STYLES.into_iter().flat_map(|style| ROUNDS.map(|round| (style, round))).collect(),
    };
    for (style, round) in rounds {
        search.shape.style = style;
        search.open(round).await;
        if search.anchor().is_some() || search.is_hopeless() {
            break;
        }
    }
    search
}

fn shape(server_name: Option<&str>, style: Style) -> Shape {
    Shape { server_name: server_name.map(str::to_owned), style }
}

/// What was asked so far.
pub(crate) struct Search<'a> {
    prober: &'a Arc<Prober>,
    brief: Option<Brief<'a>>,
    pub(crate) shape: Shape,
    pub(crate) exchanges: Vec<Exchange>,
    /// Those of SSL 3.0 without extensions.
    bare: Vec<Exchange>,
    /// What came of the offers that were taken apart.
    narrowed: Vec<(V, Result<Refused, Gap>)>,
}

impl<'a> Search<'a> {
    /// The hellos that together offer all of `version`.
    fn hellos(&self, version: V) -> Vec<ClientHello> {
        if version == V::TLS1_3 {
            return vec![self.shape.tls13_or_older(KeyShare::Empty)];
        }
        let suites = suites_before_tls13();
        let parts = suites.chunks(self.shape.style.chunk().min(suites.len()));
        parts.map(|part| self.shape.legacy(version, part)).collect()
    }

    /// Offers these versions, unless they are known to be on or were offered just so before.
    async fn open(&mut self, versions: &[V]) {
        let is_shaken = self.brief.is_some_and(|brief| brief.tls13.is_some());
        let is_asked = |version: &V| is_shaken && *version == V::TLS1_3 || self.was_asked(*version);
        let versions: Vec<V> = versions.iter().copied().filter(|version| !is_asked(version)).collect();
        self.round(&versions).await;
        if is_shaken && self.anchor().is_none() && self.answered(V::TLS1_2).is_empty() {
            self.round(&[V::TLS1_3]).await;
        }
    }

    /// Whether a hello of this version was sent in the style that is tried.
    fn was_asked(&self, version: V) -> bool {
        let is_of = |exchange: &Exchange| matches!(&exchange.offer, Offer::Tls(offered) if offered.version == version);
        self.shape.style == Style::Long && self.exchanges.iter().any(is_of)
    }

    /// The hellos that are needed to refuse `version`: one that is refused for its version alone is enough.
    async fn short(&mut self, open: &[V]) -> Vec<V> {
        if self.brief.is_none() || self.shape.style == Style::Long {
            return open.to_vec();
        }
        let first = self.exchanges.len();
        self.round(open).await;
        open.iter().copied().filter(|version| !self.names_version(*version, first)).collect()
    }

    /// Whether `version` was refused for its own sake, from `first` on.
    fn names_version(&self, version: V, first: usize) -> bool {
        self.exchanges.iter().skip(first).any(|exchange| {
            matches!(&exchange.offer, Offer::Tls(offered) if offered.version == version)
                && matches!(exchange.verdict(), Verdict::Refused(RefusalKind::Alert(PROTOCOL_VERSION)))
        })
    }

    /// Offers these versions, side by side; of each its first hello, which has the usual suites.
    async fn round(&mut self, versions: &[V]) {
        let hellos: Vec<ClientHello> =
            versions.iter().filter_map(|version| self.hellos(*version).into_iter().next()).collect();
        let asked = ask_all(self.prober, hellos, "versions").await;
        self.exchanges.extend(asked);
    }

    /// Whether another hello would not fare better.
    fn is_hopeless(&self) -> bool {
        use crate::scan::connect::End;
        self.exchanges.iter().all(|exchange| {
            exchange.is_not_tls() || matches!(exchange.end, End::Unreachable(_) | End::NoStart(_) | End::NotTried(_))
        })
    }

    /// The same, asked further by another.
    pub(crate) fn patient<'b>(self, prober: &'b Arc<Prober>) -> Search<'b>
    where
        'a: 'b,
    {
        Search { prober, ..self }
    }

    /// Whether some version was answered that the others can be settled by.
    pub(crate) fn is_answered(&self) -> bool {
        self.anchor().is_some()
    }

    /// An answered hello; the newest version before TLS 1.3, else TLS 1.3.
    fn anchor(&self) -> Option<(V, ClientHello, usize)> {
        let answered = self.exchanges.iter().filter_map(|exchange| {
            let Offer::Tls(offered) = &exchange.offer else { return None };
            // An answer of another version than asked for is asked for by itself first.
            let hello = exchange.accepted().filter(|hello| hello.version == offered.version)?;
            Some((hello.version, offered.clone(), exchange.number))
        });
        answered.max_by_key(|(version, ..)| (*version != V::TLS1_3, *version))
    }

    /// The versions that some answer has.
    fn answered(&self, version: V) -> Vec<usize> {
        let with = |exchange: &&Exchange| exchange.accepted().is_some_and(|hello| hello.version == version);
        let shaken = self.brief.and_then(|brief| brief.tls13).filter(|_| version == V::TLS1_3);
        shaken.into_iter().chain(self.exchanges.iter().filter(with).map(|exchange| exchange.number)).collect()
    }

    /// Answers of an older version to an offer of `version`. Where it takes several hellos to offer all suites, one
    /// answer speaks of its own suites only.
    fn downgraded(&self, version: V) -> Vec<usize> {
        if self.hellos(version).len() > 1 {
            return Vec::new();
        }
        let with = |exchange: &&Exchange| {
            let Offer::Tls(offered) = &exchange.offer else { return false };
            offered.version == version && exchange.accepted().is_some_and(|hello| hello.version < version)
        };
        self.exchanges.iter().filter(with).map(|exchange| exchange.number).collect()
    }

    /// Finds out about all the others.
    pub(crate) async fn settle(mut self) -> Versions {
        // An older version that answered is asked for by itself, to have a control.
        if self.anchor().is_none() {
            let seen = V::ALL.into_iter().rev().find(|version| !self.answered(*version).is_empty());
            if let Some(version) = seen {
                self.round(&[version]).await;
            }
        }
        let Some((on, control, before)) = self.anchor() else { return self.unanswered().await };
        let open: Vec<V> = V::ALL
            .into_iter()
            .filter(|version| *version != V::SSL2 && *version != on)
            .filter(|version| self.answered(*version).is_empty() && self.downgraded(*version).is_empty())
            .collect();
        let first = self.exchanges.len();
        let left = self.short(&open).await;
        let mut hellos: Vec<ClientHello> = left.iter().flat_map(|version| self.hellos(*version)).collect();
        // Clients of SSL 3.0 had no extensions, and every server of it takes their hellos.
        for hello in hellos.iter_mut().filter(|hello| self.brief.is_some() && hello.version == V::SSL3) {
            hello.has_extensions = false;
        }
        // Some may rather take an older version than ask for another key share.
        if on != V::TLS1_3 && self.answered(V::TLS1_3).is_empty() {
            hellos.push(self.shape.tls13_or_older(KeyShare::Made));
        }
        let answered = self.exchanges.iter().find(|exchange| exchange.number == before);
        let mut plan = self.brief.and_then(|brief| Plan::of(brief.needs, &self.shape, on, answered?));
        let (asked, ssl2, mut between) = tokio::join!(
            ask_all(self.prober, hellos, "versions"),
            async {
                // Who is asked once is asked alone.
                match self.brief {
                    Some(_) => self.prober.ask_alone(Offer::Ssl2, "versions").await,
                    None => self.prober.ask_firmly(Offer::Ssl2, "versions").await,
                }
            },
            async {
                let Some(plan) = &mut plan else { return Vec::new() };
                let mut asked = ask_all(self.prober, plan.hellos(&self.shape), PURPOSE).await;
                while let Some(hello) = plan.next(&self.shape, &asked) {
                    asked.push(self.prober.ask_firmly(Offer::Tls(hello), PURPOSE).await);
                }
                asked
            },
        );
        self.exchanges.extend(asked);
        if open.contains(&V::SSL3) {
            self.with_extensions().await;
        }
        let prober = self.prober;
        let (bare, again, ssl2) = tokio::join!(
            Box::pin(ask_all(prober, self.without_extensions(first), "versions, no extensions")),
            Box::pin(ask_all(prober, self.again(&open, first), "versions, again")),
            Box::pin(ssl2_again(prober, ssl2, self.brief.is_some())),
        );
        self.bare.extend(bare);
        self.exchanges.extend(again);
        let (ssl2, others) = ssl2;
        self.exchanges.extend(others);
        self.narrow(&open, first).await;
        // With a name, the other question is what is answered to those who do not send it.
        let is_again = self.shape.server_name.is_none() || takes_mail(self.prober);
        if let Some(plan) = plan.as_ref().filter(|plan| (is_again || plan.has_taken()) && plan.is_refused(&between)) {
            between.extend(ask_all(self.prober, plan.again(&self.shape), "what the policy forbids, again").await);
        }
        let control = plan.as_ref().map_or(control, |plan| plan.control(&self.shape));
        let after = self.prober.ask(Offer::Tls(control), "versions, control").await;
        let found = plan.map(|plan| plan.found(&between, &after));
        let control = Control {
            version: on,
            numbers: vec![before, after.number],
            failure: match after.verdict() {
                Verdict::Accepted(hello) if hello.version == on => None,
                Verdict::Inconclusive(gap) => Some(gap.detail),
                _ => Some(format!("{on}, which was answered before, was refused after it")),
            },
        };
        let mut states = Vec::new();
        for version in V::ALL {
            let state =
                if version == V::SSL2 { state_of_ssl2(&ssl2, &control) } else { self.state(version, first, &control) };
            states.push((version, state));
        }
        self.exchanges.append(&mut self.bare);
        self.exchanges.extend(between);
        self.exchanges.push(after);
        self.exchanges.push(ssl2);
        Versions { states, shape: self.shape, exchanges: self.exchanges, between: found }
    }

    /// Servers of SSL 3.0 may not take extensions, unless they say that it is the version that they do not take.
    fn without_extensions(&self, first: usize) -> Vec<ClientHello> {
        let names_version = |exchange: &Exchange| {
            matches!(&exchange.offer, Offer::Tls(offered) if offered.version == V::SSL3)
                && matches!(exchange.verdict(), Verdict::Refused(RefusalKind::Alert(PROTOCOL_VERSION)))
        };
        if self.brief.is_some()
            || !self.answered(V::SSL3).is_empty()
            || self.exchanges.iter().skip(first).any(names_version)
        {
            return Vec::new();
        }
        self.hellos(V::SSL3).into_iter().map(|hello| ClientHello { has_extensions: false, ..hello }).collect()
    }

    /// Where SSL 3.0 was only asked for without extensions and is on, what it answers to extensions counts.
    async fn with_extensions(&mut self) {
        let is_bare = |exchange: &Exchange| {
            matches!(&exchange.offer, Offer::Tls(offered) if !offered.has_extensions) && exchange.accepted().is_some()
        };
        let Some(answered) = self.exchanges.iter_mut().find(|exchange| is_bare(exchange)) else { return };
        let Offer::Tls(bare) = answered.offer.clone() else { return };
        let whole = self.prober.ask(Offer::Tls(ClientHello { has_extensions: true, ..bare }), "versions").await;
        if whole.accepted().is_some() {
            *answered = whole;
        }
    }

    /// What was refused, to be offered again: a server that is short of something, or one of several behind one address,
    /// may refuse once what it takes the next time.
    fn again(&self, open: &[V], first: usize) -> Vec<ClientHello> {
        let is_brief = self.brief.is_some();
        let is_refused = |version: &V| {
            let mut asked = self
                .exchanges
                .iter()
                .skip(first)
                .filter(|exchange| matches!(&exchange.offer, Offer::Tls(offered) if offered.version == *version));
            asked.all(|exchange| match exchange.verdict() {
                Verdict::Refused(RefusalKind::Alert(PROTOCOL_VERSION)) => !is_brief,
                Verdict::Refused(_) => true,
                _ => false,
            })
        };
        let refused: Vec<V> = open.iter().copied().filter(|version| *version != V::TLS1_3).filter(is_refused).collect();
        // Who has neither TLS 1.0 nor anything older has refused SSL 3.0 a second time.
        let is_second = is_brief && self.names_version(V::TLS1_0, first);
        let refused: Vec<V> = refused.into_iter().filter(|version| !(is_second && *version == V::SSL3)).collect();
        let times = if is_brief { 1 } else { REPETITIONS };
        (0..times).flat_map(|_| refused.iter().flat_map(|version| self.hellos(*version))).collect()
    }

    /// Takes the offers apart that were ended by an alert without a reason.
    async fn narrow(&mut self, open: &[V], first: usize) {
        for version in open.iter().copied().filter(|version| *version != V::TLS1_3) {
            let is_failed = |exchange: &Exchange| {
                matches!(&exchange.offer, Offer::Tls(offered) if offered.version == version)
                    && exchange.answer.alert.is_some()
                    && matches!(exchange.verdict(), Verdict::Inconclusive(_))
            };
            let with_extensions = self.exchanges.iter().skip(first).any(is_failed);
            if !with_extensions && !self.bare.iter().any(is_failed) {
                continue;
            }
            let shape = self.shape.clone();
            let kind = Kind {
                purpose: format!("versions, {version}"),
                hello: Box::new(move |suites: &[CipherSuite]| ClientHello {
                    has_extensions: with_extensions,
                    ..shape.legacy(version, suites)
                }),
                varied: None,
                chosen: |answer| Some(answer.hello.as_ref()?.suite),
                shows: None,
                seen: Board::default(),
                chunk: self.shape.style.chunk(),
            };
            let narrowed = match narrow(self.prober, &Arc::new(kind), &suites_before_tls13()).await {
                Step::Chosen(_, exchange) => {
                    self.exchanges.push(*exchange);
                    continue;
                }
                Step::Refused(refused) => Ok(refused),
                Step::Unclear(gap) | Step::Failed(.., gap) => Err(gap),
            };
            self.narrowed.push((version, narrowed));
        }
    }

    /// What follows for `version`; the hellos from `first` on were sent between the controls.
    fn state(&self, version: V, first: usize, control: &Control) -> State {
        let answered = self.answered(version);
        if !answered.is_empty() {
            return State::Accepted(answered);
        }
        let downgraded = self.downgraded(version);
        if !downgraded.is_empty() {
            return State::Refused(Refused { how: RefusalKind::Downgraded, numbers: downgraded });
        }
        let is_of = |exchange: &&Exchange| matches!(&exchange.offer, Offer::Tls(offered) if offered.version == version);
        let asked: Vec<&Exchange> = self.exchanges.iter().skip(first).filter(is_of).collect();
        let bare: Vec<&Exchange> = self.bare.iter().filter(is_of).collect();
        if let Some(hello) = bare.iter().find(|exchange| exchange.accepted().is_some_and(|it| it.version == version)) {
            return State::Accepted(vec![hello.number]);
        }
        let mut how = None;
        let mut numbers = control.numbers.clone();
        for exchange in asked.iter().chain(&bare) {
            numbers.push(exchange.number);
            match exchange.verdict() {
                Verdict::Refused(kind) if proves(&kind, version, control.version) => how = how.or(Some(kind)),
                Verdict::Refused(kind) => return State::Unknown(about_groups(version, &kind, control.version)),
                Verdict::Inconclusive(gap) => match self.narrowed.iter().find(|(narrowed, _)| *narrowed == version) {
                    Some((_, Ok(refused))) if proves(&refused.how, version, control.version) => {
                        numbers.extend(&refused.numbers);
                        how = Some(refused.how.clone());
                    }
                    Some((_, Err(reason))) => return State::Unknown(reason.clone()),
                    _ => return State::Unknown(gap),
                },
                Verdict::Accepted(hello) if hello.version < version => how = how.or(Some(RefusalKind::Downgraded)),
                Verdict::Accepted(_) | Verdict::Ssl2 => {
                    let detail = format!("the answers to {version} contradict each other");
                    return State::Unknown(Gap::new(GapReason::Failed, detail));
                }
            }
        }
        match (&control.failure, how) {
            (None, Some(how)) => State::Refused(Refused { how, numbers }),
            (Some(failure), _) => State::Unknown(control.missing(version, failure)),
            (None, None) => State::Unknown(Gap::new(GapReason::NotAttempted, format!("{version} was not offered"))),
        }
    }

    /// Nobody answered: nothing is off.
    async fn unanswered(mut self) -> Versions {
        let ssl2 = if self.is_hopeless() { None } else { Some(self.prober.ask(Offer::Ssl2, "versions").await) };
        let gap = self.exchanges.iter().rev().find_map(|exchange| match exchange.verdict() {
            Verdict::Inconclusive(gap) => Some(gap),
            _ => None,
        });
        let gap = gap.unwrap_or_else(|| {
            Gap::new(GapReason::Failed, "the server refused every version alike, as one does that answers nobody")
        });
        let mut states: Vec<(V, State)> =
            V::ALL.into_iter().map(|version| (version, State::Unknown(gap.clone()))).collect();
        let spoken = ssl2.as_ref().filter(|exchange| exchange.answer.ssl2.is_some());
        if let (Some(exchange), Some((_, state))) = (spoken, states.first_mut()) {
            *state = State::Accepted(vec![exchange.number]);
        }
        self.exchanges.extend(ssl2);
        Versions { states, shape: self.shape, exchanges: self.exchanges, between: None }
    }
}
