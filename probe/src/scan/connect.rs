//! One connection: connect, start TLS where the protocol asks for it, offer, and read what is answered.
//!
//! Every connection stands under the target's deadline and one of its own, counts against a budget and holds one of the
//! lanes. How it ended is told apart: only some ends say anything about the offer.

use std::hash::{BuildHasher as _, RandomState};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use intransit::evidence::{Gap, GapReason, RefusalKind, StartTls};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

use super::codec::{Answer, ClientHello, Problem, Reader, ServerHello, ssl2};
use super::describe;
use super::journal::Journal;
use super::many::pace::Gate;
use super::starttls::{self, Ends, NoStart};

/// How long the rest of a flight may take once its ServerHello is there.
const GRACE: Duration = Duration::from_secs(2);

/// The least time for one connection to a server that has answered.
const LEAST_PATIENCE: Duration = Duration::from_secs(2);

/// How long to wait before a connection is tried again.
const BACK_OFF: Duration = Duration::from_millis(500);

/// After so many connections that came to nothing, one after the other, no more are tried.
const MOST_LOST: usize = 4;

/// How much one target may cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// For everything.
    pub(crate) deadline: Duration,
    /// For one connection.
    pub(crate) connection: Duration,
    /// Connections at a time.
    pub(crate) lanes: usize,
    /// Connections in all.
    pub(crate) connections: usize,
}

/// What is sent.
#[derive(Debug, Clone)]
pub(crate) enum Offer {
    Tls(ClientHello),
    Ssl2,
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// With an answer, or what there was of one.
    Answered,
    /// The server closed it before it had sent anything.
    Closed,
    /// The server reset it before it had sent anything.
    Reset,
    /// The server closed or reset it in the middle of its answer.
    Cut,
    /// Nothing came, or nothing more.
    TimedOut,
    /// There was no connection.
    Unreachable(String),
    /// There was no TLS to speak.
    NoStart(NoStart),
    /// It was not tried any more.
    NotTried(&'static str),
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// Its line in the journal.
    pub(crate) number: usize,
    pub(crate) offer: Offer,
    pub(crate) answer: Answer,
    pub(crate) end: End,
}

/// What a connection says about its offer.
#[derive(Debug)]
pub(crate) enum Verdict<'a> {
    Accepted(&'a ServerHello),
    /// SSL 2.0 was answered.
    Ssl2,
    Refused(RefusalKind),
    Inconclusive(Gap),
}

impl Exchange {
    /// What follows from it. A timeout, a rate limit, an unusual alert: nothing.
    pub(crate) fn verdict(&self) -> Verdict<'_> {
        let unclear = |reason, detail: String| Verdict::Inconclusive(Gap::new(reason, detail));
        if let (Some(hello), Offer::Tls(offered)) = (&self.answer.hello, &self.offer) {
            return match contradiction(hello, offered) {
                None => Verdict::Accepted(hello),
                Some(what) => unclear(GapReason::Failed, format!("the server chose {what}, which was not offered")),
            };
        }
        if self.answer.ssl2.is_some() {
            return Verdict::Ssl2;
        }
        if let Some(alert) = self.answer.alert {
            return match alert.code {
                40 | 70 | 71 => Verdict::Refused(RefusalKind::Alert(alert.code)),
                0 => Verdict::Refused(RefusalKind::Closed),
                code => unclear(GapReason::Failed, format!("the server answered with {}", describe::alert(code))),
            };
        }
        if self.answer.ssl2_error.is_some() || self.answer.problem.is_some() {
            return unclear(GapReason::Failed, describe::answered(self));
        }
        match &self.end {
            End::Closed | End::Reset => Verdict::Refused(RefusalKind::Closed),
            End::NotTried(why) => unclear(GapReason::Truncated, (*why).to_owned()),
            End::Answered | End::Cut => unclear(GapReason::Failed, describe::answered(self)),
            End::TimedOut | End::Unreachable(_) | End::NoStart(_) => {
                unclear(GapReason::Blocked, describe::answered(self))
            }
        }
    }

    /// The ServerHello, where it answers the offer.
    pub(crate) fn accepted(&self) -> Option<&ServerHello> {
        match self.verdict() {
            Verdict::Accepted(hello) => Some(hello),
            _ => None,
        }
    }

    /// Whether what came is something else than TLS.
    pub(crate) const fn is_not_tls(&self) -> bool {
        matches!(self.answer.problem, Some(Problem::NotTls(_)))
    }
}

/// What a server chose that it was not offered.
fn contradiction(hello: &ServerHello, offered: &ClientHello) -> Option<String> {
    let is_offered = match offered.versions.as_slice() {
        [] => hello.version <= offered.version,
        listed => listed.contains(&hello.version),
    };
    if !is_offered {
        return Some(hello.version.name().into_owned());
    }
    if !offered.suites.contains(&hello.suite) {
        return Some(hello.suite.name().into_owned());
    }
    if !offered.compression.contains(&hello.compression) {
        return Some(format!("compression method {}", hello.compression));
    }
    let group = hello.group.filter(|group| !offered.groups.contains(group))?;
    Some(group.name().into_owned())
}

/// Opens the connections to one address.
pub(crate) struct Prober {
    /// The host as it was asked for.
    host: String,
    pub(crate) address: SocketAddr,
    pub(crate) starttls: Option<StartTls>,
    gate: Arc<Gate>,
    pub(crate) limits: Limits,
    pub(crate) journal: Arc<Journal>,
    lanes: Semaphore,
    deadline: Instant,
    used: AtomicUsize,
    cut: OnceLock<&'static str>,
    /// Connections that came to nothing, one after the other.
    lost: AtomicUsize,
    /// Whether some connection came to something.
    is_reached: AtomicBool,
    /// Milliseconds of the slowest answer, and one; 0 before there was any.
    slowest: AtomicU64,
}

impl Prober {
    /// The deadline runs from now.
    pub(crate) fn new(
        host: &str,
        address: SocketAddr,
        starttls: Option<StartTls>,
        gate: Arc<Gate>,
        limits: Limits,
        journal: Arc<Journal>,
    ) -> Arc<Self> {
        let limits = Limits { lanes: limits.lanes.max(1), ..limits };
        let lanes = Semaphore::new(limits.lanes);
        let deadline = Instant::now() + limits.deadline;
        Arc::new(Self {
            host: host.to_owned(),
            address,
            starttls,
            gate,
            limits,
            journal,
            lanes,
            deadline,
            used: AtomicUsize::new(0),
            cut: OnceLock::new(),
            lost: AtomicUsize::new(0),
            is_reached: AtomicBool::new(false),
            slowest: AtomicU64::new(0),
        })
    }

    /// Why something was not tried any more, if anything was not.
    pub(crate) fn cut(&self) -> Option<&'static str> {
        self.cut.get().copied()
    }

    /// Offers, and reads the answer. Never fails and never takes longer than the limits say. A connection that there was
    /// none of, or that a busy server gave up, is tried once more.
    pub(crate) async fn ask(&self, offer: Offer, purpose: &str) -> Exchange {
        self.ask_in(1, offer, purpose).await
    }

    async fn ask_in(&self, lanes: usize, offer: Offer, purpose: &str) -> Exchange {
        let _lanes = match self.lanes(lanes).await {
            Ok(lane) => lane,
            Err(why) => {
                return Exchange { number: usize::MAX, offer, answer: Answer::default(), end: End::NotTried(why) };
            }
        };
        let offered = describe::offered(&offer, purpose);
        let mut is_again = false;
        loop {
            let number = self.journal.begin(&offered);
            let began = Instant::now();
            let (answer, end) = self.converse(&offer).await;
            if answer.hello.is_some() {
                let took = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                self.slowest.fetch_max(took.saturating_add(1), Ordering::Relaxed);
            }
            let exchange = Exchange { number, offer: offer.clone(), answer, end };
            self.journal.end(number, &offered, &describe::answered(&exchange));
            if !self.is_worth_another(&exchange.end) || is_again || Instant::now() + BACK_OFF >= self.deadline {
                return exchange;
            }
            is_again = true;
            tokio::time::sleep(BACK_OFF).await;
            if timeout_at(self.deadline, self.gate.pass()).await.is_err() {
                return exchange;
            }
        }
    }

    /// The same; where the connection was closed without a word, once more while nothing else is under way: servers close
    /// what is one connection too many for them.
    pub(crate) async fn ask_firmly(&self, offer: Offer, purpose: &str) -> Exchange {
        let exchange = self.ask(offer.clone(), purpose).await;
        match exchange.verdict() {
            Verdict::Refused(RefusalKind::Closed) => self.ask_alone(offer, &format!("{purpose}, alone")).await,
            _ => exchange,
        }
    }

    /// The same, while no other connection is under way.
    pub(crate) async fn ask_alone(&self, offer: Offer, purpose: &str) -> Exchange {
        self.ask_in(self.limits.lanes, offer, purpose).await
    }

    /// Counts connections that came to nothing, one after the other.
    fn is_worth_another(&self, end: &End) -> bool {
        match end {
            End::NoStart(NoStart::Inconclusive(_) | NoStart::Lost(_)) | End::Unreachable(_) => {
                let before = self.lost.fetch_add(1, Ordering::Relaxed);
                before < MOST_LOST && self.is_reached.load(Ordering::Relaxed)
            }
            _ => {
                self.is_reached.store(true, Ordering::Relaxed);
                self.lost.store(0, Ordering::Relaxed);
                false
            }
        }
    }

    /// Does something with a connection on which TLS can be spoken: what comes of it, with its words for the journal.
    /// Nothing where there was none.
    pub(crate) async fn with_stream<T>(
        &self,
        offered: &str,
        talk: impl AsyncFnOnce(&mut TcpStream, Instant) -> (T, String),
    ) -> Option<(usize, T)> {
        self.with(self.starttls, offered, talk).await
    }

    /// Asks a server of SMTP whether a message can begin before TLS.
    pub(crate) async fn mail_in_clear(&self) -> Result<(bool, usize), Gap> {
        let said = self
            .with(None, "MAIL FROM before TLS", async |stream: &mut TcpStream, until| {
                let ends = self.ends(stream);
                let said = timeout_at(until, starttls::begins_in_clear(ends, stream)).await;
                let said = said.unwrap_or_else(|_| Err(NoStart::Lost("no answer in time".to_owned())));
                let words = match &said {
                    Ok((_, words)) => words.clone(),
                    Err(why) => why.words().to_owned(),
                };
                (said, words)
            })
            .await;
        match said {
            Some((number, Ok((is_taken, _)))) => Ok((is_taken, number)),
            Some((_, Err(why))) => Err(Gap::new(GapReason::Blocked, why.words())),
            None => Err(Gap::new(GapReason::Blocked, "there was no connection to ask on")),
        }
    }

    async fn with<T>(
        &self,
        starttls: Option<StartTls>,
        offered: &str,
        talk: impl AsyncFnOnce(&mut TcpStream, Instant) -> (T, String),
    ) -> Option<(usize, T)> {
        let _lane = self.lanes(1).await.ok()?;
        let number = self.journal.begin(offered);
        let until = self.connection_end();
        let end = match timeout_at(until, self.open(starttls)).await {
            Ok(Ok(mut stream)) => {
                let (result, words) = talk(&mut stream, until).await;
                self.journal.end(number, offered, &words);
                return Some((number, result));
            }
            Ok(Err(end)) => end,
            Err(_) => End::TimedOut,
        };
        self.journal.end(number, offered, &describe::ended(&end));
        None
    }

    /// Waits for so many lanes.
    async fn lanes(&self, count: usize) -> Result<SemaphorePermit<'_>, &'static str> {
        let no = |why| {
            let _ = self.cut.set(why);
            Err(why)
        };
        let lane = match timeout_at(self.deadline, self.lanes.acquire_many(u32::try_from(count).unwrap_or(1))).await {
            Ok(Ok(lane)) if Instant::now() < self.deadline => lane,
            _ => return no("the time for this target was over"),
        };
        if self.lost.load(Ordering::Relaxed) > MOST_LOST {
            return no("the server takes no more connections");
        }
        if self.used.fetch_add(1, Ordering::Relaxed) >= self.limits.connections {
            return no("the connections for this target were used up");
        }
        match timeout_at(self.deadline, self.gate.pass()).await {
            Ok(()) => Ok(lane),
            Err(_) => no("the time for this target was over"),
        }
    }

    /// When a connection that begins now has to be over: a server that has answered is given ten times what its slowest
    /// answer took.
    fn connection_end(&self) -> Instant {
        let patience = match self.slowest.load(Ordering::Relaxed) {
            0 => self.limits.connection,
            slowest => self.limits.connection.min(LEAST_PATIENCE.max(Duration::from_millis(slowest) * 10)),
        };
        self.deadline.min(Instant::now() + patience)
    }

    async fn converse(&self, offer: &Offer) -> (Answer, End) {
        let until = self.connection_end();
        let mut stream = match timeout_at(until, self.open(self.starttls)).await {
            Err(_) => return (Answer::default(), End::TimedOut),
            Ok(Err(end)) => return (Answer::default(), end),
            Ok(Ok(stream)) => stream,
        };
        let bytes = match offer {
            Offer::Tls(hello) => hello.encode(&unlike(), &unlike()),
            Offer::Ssl2 => ssl2::client_hello(&unlike()),
        };
        // A server may answer, or close, before it has read everything.
        match timeout_at(until, stream.write_all(&bytes)).await {
            Err(_) => return (Answer::default(), End::TimedOut),
            Ok(Err(error)) if error.kind() != ErrorKind::BrokenPipe => return (Answer::default(), lost(&error, true)),
            Ok(_) => {}
        }
        read(&mut stream, matches!(offer, Offer::Ssl2), until).await
    }

    fn ends(&self, stream: &TcpStream) -> Ends<'_> {
        Ends { host: &self.host, ourselves: stream.local_addr().ok().map(|address| address.ip()) }
    }

    /// A connection on which TLS can be spoken, by the command of this protocol where there is one.
    async fn open(&self, starttls: Option<StartTls>) -> Result<TcpStream, End> {
        let mut stream = TcpStream::connect(self.address).await.map_err(|error| {
            let why = match error.kind() {
                ErrorKind::ConnectionRefused => "the port is closed".to_owned(),
                _ => format!("no connection: {error}"),
            };
            End::Unreachable(why)
        })?;
        let _ = stream.set_nodelay(true);
        if let Some(protocol) = starttls {
            let ends = self.ends(&stream);
            starttls::start(protocol, ends, &mut stream).await.map_err(|why| {
                // All lanes wait, and whoever else asks this address.
                if matches!(why, NoStart::Inconclusive(_)) {
                    self.gate.hold(BACK_OFF);
                }
                End::NoStart(why)
            })?;
        }
        Ok(stream)
    }
}

/// Asks all of these side by side, and firmly; the answers in the order of the questions.
pub(crate) async fn ask_all(prober: &Arc<Prober>, hellos: Vec<ClientHello>, purpose: &'static str) -> Vec<Exchange> {
    let mut tasks = Vec::new();
    for hello in hellos {
        let (prober, offer) = (Arc::clone(prober), Offer::Tls(hello));
        let kept = offer.clone();
        tasks.push((kept, tokio::spawn(async move { prober.ask_firmly(offer, purpose).await })));
    }
    let mut asked = Vec::new();
    for (offer, task) in tasks {
        asked.push(task.await.unwrap_or_else(|_| {
            let end = End::NotTried("the connection broke off");
            Exchange { number: usize::MAX, offer, answer: Answer::default(), end }
        }));
    }
    asked
}

async fn read(stream: &mut TcpStream, offers_ssl2: bool, until: Instant) -> (Answer, End) {
    let mut reader = Reader::new(offers_ssl2);
    let mut until = until;
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = match timeout_at(until, stream.read(&mut buffer)).await {
            Err(_) if reader.answer().hello.is_some() => return (reader.into_answer(), End::Answered),
            Err(_) => return (reader.into_answer(), End::TimedOut),
            Ok(Err(error)) => {
                let end = lost(&error, reader.is_untouched());
                return (reader.into_answer(), end);
            }
            Ok(Ok(read)) => read,
        };
        if read == 0 {
            let end = if reader.is_untouched() { End::Closed } else { End::Cut };
            return (reader.into_answer(), end);
        }
        if reader.push(buffer.get(..read).unwrap_or_default()) {
            return (reader.into_answer(), End::Answered);
        }
        if reader.answer().hello.is_some() {
            until = until.min(Instant::now() + GRACE);
        }
    }
}

fn lost(error: &std::io::Error, is_untouched: bool) -> End {
    match error.kind() {
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted if is_untouched => End::Reset,
        _ if is_untouched => End::Unreachable(format!("the connection broke: {error}")),
        _ => End::Cut,
    }
}

/// 32 bytes that differ each time. They need not be secret: no key comes of them.
fn unlike() -> [u8; 32] {
    let mut bytes = [0; 32];
    for part in bytes.chunks_mut(8) {
        part.copy_from_slice(&RandomState::new().hash_one(part.len()).to_be_bytes());
    }
    bytes
}
