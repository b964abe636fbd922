//! Offer all, take away what is chosen, until nothing of the rest is taken.
//!
//! A connection shows one value, so that A accepted values need A+1 connections; lanes of interleaved slices shorten the
//! wait. What the lanes leave is offered once more as a whole: the list rests on that one refusal, which stands between
//! two answered hellos of the same shape: the one that began, and the same again with one accepted value added.

use std::sync::Arc;

use intransit::evidence::{Gap, GapReason, RefusalKind};
use tokio::task::JoinSet;

use super::narrow::narrow;
use super::shown::{Board, Shown};
use super::{Found, Refused};
use crate::scan::codec::{Answer, ClientHello};
use crate::scan::connect::{Exchange, Offer, Prober, Verdict};

/// Writes the hello that offers these values.
pub(crate) type Writer<T> = Box<dyn Fn(&[T]) -> ClientHello + Send + Sync>;

/// How one kind of value is offered and chosen.
pub(crate) struct Kind<T> {
    /// What it is for, in the journal.
    pub(crate) purpose: String,
    /// The hello that offers these.
    pub(crate) hello: Writer<T>,
    /// The hello of a slice, where it is to show more than what it is for; nothing rests on its refusal.
    pub(crate) varied: Option<Writer<T>>,
    /// What the answer chose; nothing where it does not show it.
    pub(crate) chosen: fn(&Answer) -> Option<T>,
    /// Where the answers note what else they show.
    pub(crate) shows: Option<Shown>,
    /// What other answers show of this kind; it is not asked for.
    pub(crate) seen: Board<T>,
    /// The most values in one hello.
    pub(crate) chunk: usize,
}

/// How much rests on an answer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Care {
    /// Nothing: what is refused is offered again.
    Quick,
    /// A refusal: a closed connection is tried again alone.
    Firm,
    /// The answer must not be about other connections.
    Alone,
}

/// What came of one offer of several values.
pub(super) enum Step<T> {
    Chosen(T, Box<Exchange>),
    Refused(Refused),
    /// The handshake was ended by an alert that does not say that nothing of the offer is taken.
    Failed(u8, usize, Gap),
    Unclear(Gap),
}

impl<T: Copy + PartialEq + Ord + Send + Sync + 'static> Kind<T> {
    pub(super) async fn ask(&self, prober: &Prober, offered: &[T], purpose: &str, care: Care) -> Step<T> {
        let hello = match (care, &self.varied) {
            (Care::Quick, Some(varied)) => varied(offered),
            _ => (self.hello)(offered),
        };
        let version = hello.version;
        let purpose = format!("{}, {purpose}", self.purpose);
        let exchange = match care {
            Care::Quick => prober.ask(Offer::Tls(hello), &purpose).await,
            Care::Firm => prober.ask_firmly(Offer::Tls(hello), &purpose).await,
            Care::Alone => prober.ask_alone(Offer::Tls(hello), &purpose).await,
        };
        if let Some(shown) = &self.shows {
            shown.note(&exchange);
        }
        match exchange.verdict() {
            // An older version is chosen where none of the offer goes with the newest.
            Verdict::Accepted(hello) if hello.version != version => {
                let how = RefusalKind::Downgraded;
                Step::Refused(Refused { how, numbers: vec![exchange.number] })
            }
            Verdict::Accepted(_) => match (self.chosen)(&exchange.answer) {
                Some(value) if offered.contains(&value) => Step::Chosen(value, Box::new(exchange)),
                Some(_) => Step::Unclear(Gap::new(
                    GapReason::Failed,
                    format!("{}: the server chose what was not offered", self.purpose),
                )),
                None => Step::Unclear(Gap::new(
                    GapReason::Failed,
                    format!("{}: the answer does not show what was chosen", self.purpose),
                )),
            },
            Verdict::Ssl2 => Step::Unclear(Gap::new(GapReason::Failed, "SSL 2.0 was answered, unasked")),
            Verdict::Refused(how) => Step::Refused(Refused { how, numbers: vec![exchange.number] }),
            Verdict::Inconclusive(gap) => {
                let gap = Gap { detail: format!("{}: {}", self.purpose, gap.detail), ..gap };
                match exchange.answer.alert.filter(|_| exchange.answer.hello.is_none()) {
                    Some(alert) => Step::Failed(alert.code, exchange.number, gap),
                    None => Step::Unclear(gap),
                }
            }
        }
    }
}

/// Lanes for lists that are short beside that of the suites: each lane costs a connection, and few are filled by one
/// lane for each list.
pub(crate) fn few_lanes(prober: &Prober) -> usize {
    if prober.limits.lanes < LEAST_LANES { 1 } else { FEW_LANES }
}

/// So many lanes for one list.
const FEW_LANES: usize = 3;

/// With less than so many in all, one list has one.
pub(crate) const LEAST_LANES: usize = 3;

/// A list whose slices were walked through, each until it was refused.
pub(crate) struct Walk<T> {
    kind: Arc<Kind<T>>,
    candidates: Vec<T>,
    found: Found<T>,
    exchanges: Vec<Exchange>,
    /// What a hello of this kind was answered with first.
    before: Option<(T, usize)>,
    /// Whether every slice was refused by an alert.
    is_clear: bool,
}

/// Everything that is accepted of `candidates`, in the order in which it was chosen. `seen` was accepted already, by
/// hellos of the same kind; `likely` is offered first, in so many slices side by side.
pub(crate) async fn eliminate<T: Copy + PartialEq + Ord + Send + Sync + 'static>(
    prober: &Arc<Prober>,
    kind: Kind<T>,
    candidates: Vec<T>,
    likely: Vec<T>,
    seen: Vec<(T, usize)>,
    lanes: usize,
) -> (Found<T>, Vec<Exchange>) {
    walk(prober, kind, candidates, likely, seen, lanes).await.finished(prober).await
}

/// The first part of it: what is accepted of `likely`, but for what a busy server refused.
pub(crate) async fn walk<T: Copy + PartialEq + Ord + Send + Sync + 'static>(
    prober: &Arc<Prober>,
    kind: Kind<T>,
    candidates: Vec<T>,
    likely: Vec<T>,
    seen: Vec<(T, usize)>,
    lanes: usize,
) -> Walk<T> {
    let kind = Arc::new(kind);
    let mut found = Found::unknown(Gap::new(GapReason::NotAttempted, ""));
    let mut before = seen.first().copied();
    for (value, number) in seen {
        found.add(value, number);
    }
    let mut exchanges = Vec::new();
    let (chosen, is_clear) = in_lanes(prober, &kind, &likely, &found, lanes).await;
    for (value, exchange) in chosen {
        before.get_or_insert((value, exchange.number));
        found.add(value, exchange.number);
        exchanges.push(*exchange);
    }
    Walk { kind, candidates, found, exchanges, before, is_clear }
}

impl<T: Copy + PartialEq + Ord + Send + Sync + 'static> Walk<T> {
    /// What is known to be accepted, with the connection of each.
    pub(crate) fn accepted(&self) -> &[(T, usize)] {
        &self.found.accepted
    }

    /// Whether every slice was walked to its end, as it seems.
    pub(crate) const fn is_clear(&self) -> bool {
        self.is_clear
    }

    /// The answers so far.
    pub(crate) fn exchanges(&self) -> &[Exchange] {
        &self.exchanges
    }

    /// The second part: all the others are refused.
    pub(crate) async fn finished(mut self, prober: &Arc<Prober>) -> (Found<T>, Vec<Exchange>) {
        // Many lists are made at a time: what they hold meanwhile stands on the heap.
        self.found.rest = Box::pin(self.finish(prober)).await;
        self.add_seen();
        (self.found, self.exchanges)
    }

    fn add_seen(&mut self) {
        for (value, number) in self.kind.seen.values() {
            if self.candidates.contains(&value) {
                self.found.add(value, number);
            }
        }
    }
}

/// What is accepted of `likely`, in slices that are offered side by side, and whether an alert ended each.
async fn in_lanes<T: Copy + PartialEq + Ord + Send + Sync + 'static>(
    prober: &Arc<Prober>,
    kind: &Arc<Kind<T>>,
    likely: &[T],
    found: &Found<T>,
    lanes: usize,
) -> (Vec<(T, Box<Exchange>)>, bool) {
    let known = |value: &T| found.accepted.iter().any(|(accepted, _)| accepted == value) || kind.seen.has(value);
    let open: Vec<T> = likely.iter().filter(|value| !known(value)).copied().collect();
    let lanes = lanes.max(open.len().div_ceil(kind.chunk)).min(open.len());
    let mut tasks = JoinSet::new();
    for lane in 0..lanes {
        let mut slice: Vec<T> = open.iter().skip(lane).step_by(lanes).copied().collect();
        let (prober, kind) = (Arc::clone(prober), Arc::clone(kind));
        tasks.spawn(async move {
            let mut chosen = Vec::new();
            loop {
                slice.retain(|value| !kind.seen.has(value));
                if slice.is_empty() {
                    return (chosen, true);
                }
                match kind.ask(&prober, &slice, "a slice", Care::Quick).await {
                    Step::Chosen(value, exchange) => {
                        slice.retain(|other| *other != value);
                        chosen.push((value, exchange));
                    }
                    Step::Refused(Refused { how: RefusalKind::Alert(_), .. }) => return (chosen, true),
                    _ => return (chosen, false),
                }
            }
        });
    }
    let mut chosen = Vec::new();
    let mut is_clear = lanes > 0;
    while let Some(done) = tasks.join_next().await {
        let (found, is_ended) = done.unwrap_or_default();
        chosen.extend(found);
        is_clear &= is_ended;
    }
    (chosen, is_clear)
}

impl<T: Copy + PartialEq + Ord + Send + Sync + 'static> Walk<T> {
    /// Offers all that is left, and takes away what is still chosen, until the rest is refused between two answers.
    async fn finish(&mut self, prober: &Arc<Prober>) -> Result<Refused, Gap> {
        let kind = Arc::clone(&self.kind);
        let kind = &kind;
        let mut whole: Option<Refused> = None;
        let mut rest: Vec<T> = self.candidates.clone();
        loop {
            self.add_seen();
            rest.retain(|value| !self.found.accepted.iter().any(|(accepted, _)| accepted == value));
            if rest.is_empty() {
                break;
            }
            let (part, others) = rest.split_at(rest.len().min(kind.chunk));
            let mut step = kind.ask(prober, part, "everything else", Care::Firm).await;
            let is_narrowed = matches!(step, Step::Failed(..));
            if is_narrowed {
                self.found.was_narrowed = true;
                step = narrow(prober, kind, part).await;
            }
            match step {
                Step::Chosen(value, exchange) => {
                    self.before.get_or_insert((value, exchange.number));
                    self.found.add(value, exchange.number);
                    self.exchanges.push(*exchange);
                }
                Step::Unclear(gap) | Step::Failed(.., gap) => return Err(gap),
                Step::Refused(mut refused) => {
                    self.between(prober, part, &mut refused, is_narrowed).await?;
                    match &mut whole {
                        Some(whole) => whole.numbers.extend(refused.numbers),
                        None => whole = Some(refused),
                    }
                    rest = others.to_vec();
                }
            }
        }
        whole.ok_or_else(|| uncontrolled(kind, "every value that is known was accepted"))
    }

    /// Puts the refusal of `part` between two answers, and offers it again.
    async fn between(
        &mut self,
        prober: &Arc<Prober>,
        part: &[T],
        refused: &mut Refused,
        is_narrowed: bool,
    ) -> Result<(), Gap> {
        let kind = Arc::clone(&self.kind);
        let kind = &kind;
        // What came before is in the journal: the hello that chose this value.
        let Some((known, before)) = self.before else {
            return Err(uncontrolled(kind, "nothing of it was ever accepted"));
        };
        // What fails when it stands alone fails the others beside it.
        let beside = if is_narrowed { &[][..] } else { part };
        let control: Vec<T> = beside.iter().copied().chain([known]).collect();
        // A refusal for another reason than the offer is seldom given three times.
        let again = || Box::pin(kind.ask(prober, part, "everything else, again", Care::Firm));
        let (after, repeated) = tokio::join!(Box::pin(kind.ask(prober, &control, "control", Care::Firm)), async {
            if is_narrowed { None } else { Some(tokio::join!(again(), again())) }
        });
        match after {
            Step::Chosen(value, after) if value == known => refused.numbers.extend([before, after.number]),
            // It was refused a moment ago.
            Step::Chosen(..) => return Err(uncontrolled(kind, "the server answers the same offer both ways")),
            Step::Refused(_) => return Err(uncontrolled(kind, "the control was refused as well")),
            Step::Unclear(gap) | Step::Failed(.., gap) => return Err(gap),
        }
        for again in repeated.into_iter().flat_map(|(once, twice)| [once, twice]) {
            match again {
                Step::Refused(again) => refused.numbers.extend(again.numbers),
                Step::Chosen(value, exchange) => {
                    self.found.add(value, exchange.number);
                    self.exchanges.push(*exchange);
                    return Err(uncontrolled(kind, "the server answers the same offer both ways"));
                }
                Step::Unclear(gap) | Step::Failed(.., gap) => return Err(gap),
            }
        }
        Ok(())
    }
}

fn uncontrolled<T>(kind: &Kind<T>, why: &str) -> Gap {
    Gap::new(GapReason::Failed, format!("{}: whether there are others is not shown: {why}", kind.purpose))
}
