//! One connection: connect, start TLS where the protocol asks for it, offer, and read what is answered.
//!
//! Every connection stands under the target's deadline and one of its own, counts against a budget and holds one of the
//! lanes. How it ended is told apart: only some ends say anything about the offer.

use std::hash::{BuildHasher as _, RandomState};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use intransit::evidence::{Gap, GapReason, RefusalKind, StartTls};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

use super::ahead::Ahead;
use super::codec::{Answer, ClientHello, Reader, ssl2};
use super::describe;
pub(crate) use super::exchange::{End, Exchange, Offer, Verdict};
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
    /// Connections that are opened ahead, beside them.
    pub(crate) ahead: usize,
    /// Connections in all.
    pub(crate) connections: usize,
}

/// Opens the connections to one address.
pub(crate) struct Prober {
    line: Arc<Line>,
    /// Whether others are let ahead.
    is_patient: bool,
}

/// What all who ask one address share.
pub(crate) struct Line {
    /// The host as it was asked for.
    host: String,
    pub(crate) address: SocketAddr,
    pub(crate) starttls: Option<StartTls>,
    gate: Arc<Gate>,
    pub(crate) limits: Limits,
    pub(crate) journal: Arc<Journal>,
    lanes: Semaphore,
    /// Of those who let others ahead, one at a time waits for a lane.
    patience: Semaphore,
    /// How many wait for a lane, or to be let ahead.
    waiting: AtomicUsize,
    deadline: Instant,
    used: AtomicUsize,
    cut: OnceLock<&'static str>,
    /// Connections that came to nothing, one after the other.
    lost: AtomicUsize,
    /// Whether some connection came to something.
    is_reached: AtomicBool,
    /// Milliseconds of the slowest answer, and one; 0 before there was any.
    slowest: AtomicU64,
    ahead: Ahead,
}

impl Deref for Prober {
    type Target = Line;

    fn deref(&self) -> &Line {
        &self.line
    }
}

/// Which connection a question is asked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Care {
    /// One that was opened ahead, where there is any.
    Usual,
    /// One that is opened for it.
    Fresh,
    /// The same, while there is no other.
    Alone,
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
        // Where TLS starts by a command, the command would have to be given ahead as well.
        let most = if starttls.is_some() { 0 } else { limits.ahead };
        let ahead = Ahead::new(address, Arc::clone(&gate), Arc::clone(&journal), most);
        let line = Line {
            host: host.to_owned(),
            address,
            starttls,
            gate,
            limits,
            journal,
            lanes,
            patience: Semaphore::new(1),
            waiting: AtomicUsize::new(0),
            deadline,
            used: AtomicUsize::new(0),
            cut: OnceLock::new(),
            lost: AtomicUsize::new(0),
            is_reached: AtomicBool::new(false),
            slowest: AtomicU64::new(0),
            ahead,
        };
        Arc::new(Self { line: Arc::new(line), is_patient: false })
    }

    /// The same, for questions that nothing else waits for.
    pub(crate) fn patient(&self) -> Arc<Self> {
        Arc::new(Self { line: Arc::clone(&self.line), is_patient: true })
    }

    /// Why something was not tried any more, if anything was not.
    pub(crate) fn cut(&self) -> Option<&'static str> {
        self.cut.get().copied()
    }

    /// Ends it: what was opened ahead is closed.
    pub(crate) fn close(&self) {
        self.ahead.close();
    }

    /// Offers, and reads the answer. Never fails and never takes longer than the limits say. A connection that there was
    /// none of, or that a busy server gave up, is tried once more, and so is one that ended without a word where others
    /// were opened ahead: that may be about those.
    pub(crate) async fn ask(&self, offer: Offer, purpose: &str) -> Exchange {
        let (exchange, is_doubtful) = self.ask_on(Care::Usual, offer, purpose).await;
        if is_doubtful {
            self.settle_down().await;
            return self.ask_on(Care::Fresh, exchange.offer, &format!("{purpose}, once more")).await.0;
        }
        exchange
    }

    /// The same; where the connection was closed without a word, once more while nothing else is under way: servers close
    /// what is one connection too many for them.
    pub(crate) async fn ask_firmly(&self, offer: Offer, purpose: &str) -> Exchange {
        let (exchange, is_doubtful) = self.ask_on(Care::Usual, offer, purpose).await;
        if is_doubtful {
            self.settle_down().await;
        }
        match exchange.verdict() {
            Verdict::Refused(RefusalKind::Closed) => self.ask_alone(exchange.offer, &format!("{purpose}, alone")).await,
            _ if is_doubtful => self.ask_on(Care::Fresh, exchange.offer, &format!("{purpose}, once more")).await.0,
            _ => exchange,
        }
    }

    /// The same, while no other connection is under way.
    pub(crate) async fn ask_alone(&self, offer: Offer, purpose: &str) -> Exchange {
        self.ask_on(Care::Alone, offer, purpose).await.0
    }

    /// Also says whether its end may be about connections that were opened ahead.
    async fn ask_on(&self, care: Care, offer: Offer, purpose: &str) -> (Exchange, bool) {
        let no = |offer, why| {
            (Exchange { number: usize::MAX, offer, answer: Answer::default(), end: End::NotTried(why) }, false)
        };
        let _lanes = match self.lanes(if care == Care::Alone { self.limits.lanes } else { 1 }).await {
            Ok(lanes) => lanes,
            Err(why) => return no(offer, why),
        };
        let is_ssl2 = matches!(offer, Offer::Ssl2);
        let mut spare = match care {
            // How a hello of SSL 2.0 is refused says nothing of connections.
            Care::Usual if !is_ssl2 => self.ahead.take(self.connection_end()).await,
            Care::Usual | Care::Fresh => None,
            Care::Alone => {
                self.ahead.close();
                None
            }
        };
        let was_ahead = spare.is_some();
        if !was_ahead && let Err(why) = self.admitted().await {
            return no(offer, why);
        }
        if care != Care::Alone {
            self.open_ahead();
        }
        let offered = describe::offered(&offer, purpose);
        let mut is_again = false;
        loop {
            let number = self.journal.begin(&offered);
            let began = Instant::now();
            let (answer, end) = self.converse(spare.take(), &offer).await;
            let took = began.elapsed();
            if answer.hello.is_some() {
                let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
                self.slowest.fetch_max(took.saturating_add(1), Ordering::Relaxed);
            }
            let exchange = Exchange { number, offer: offer.clone(), answer, end };
            self.journal.end(number, &offered, &describe::answered(&exchange));
            let is_silent = !is_ssl2 && exchange.is_silent();
            let is_doubtful = is_silent && (was_ahead || self.ahead.was_any(began));
            if is_silent {
                self.ahead.stop();
            } else if !was_ahead && exchange.answer.hello.is_some() {
                self.ahead.answered_after(took);
            }
            if !self.is_worth_another(&exchange.end) || is_again || Instant::now() + BACK_OFF >= self.deadline {
                return (exchange, is_doubtful);
            }
            is_again = true;
            tokio::time::sleep(BACK_OFF).await;
            if timeout_at(self.deadline, self.gate.pass()).await.is_err() {
                return (exchange, is_doubtful);
            }
        }
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

    /// Does something with a connection on which TLS can be spoken: what comes of it, with its words for the journal, and
    /// whether its end may be about connections that were opened ahead. Nothing where there was none.
    pub(crate) async fn with_stream<T>(
        &self,
        care: Care,
        offered: &str,
        talk: impl AsyncFnOnce(&mut TcpStream, Instant) -> (T, String),
    ) -> Option<(usize, T, bool)> {
        self.with(care, self.starttls, offered, talk).await
    }

    /// Opens no more connections ahead, as one of them was of no use, and waits until the server knows.
    pub(crate) async fn stop_ahead(&self) {
        self.ahead.stop();
        self.settle_down().await;
    }

    /// A server may count for a while what was closed.
    async fn settle_down(&self) {
        let _ = timeout_at(self.deadline, tokio::time::sleep(BACK_OFF)).await;
    }

    /// Asks a server of SMTP whether a message can begin before TLS.
    pub(crate) async fn mail_in_clear(&self) -> Result<(bool, usize), Gap> {
        let said = self
            .with(Care::Fresh, None, "MAIL FROM before TLS", async |stream: &mut TcpStream, until| {
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
            Some((number, Ok((is_taken, _)), _)) => Ok((is_taken, number)),
            Some((_, Err(why), _)) => Err(Gap::new(GapReason::Blocked, why.words())),
            None => Err(Gap::new(GapReason::Blocked, "there was no connection to ask on")),
        }
    }

    async fn with<T>(
        &self,
        care: Care,
        starttls: Option<StartTls>,
        offered: &str,
        talk: impl AsyncFnOnce(&mut TcpStream, Instant) -> (T, String),
    ) -> Option<(usize, T, bool)> {
        let _lane = self.lanes(1).await.ok()?;
        let spare = match care {
            Care::Usual => self.ahead.take(self.connection_end()).await,
            Care::Fresh | Care::Alone => None,
        };
        let was_ahead = spare.is_some();
        if !was_ahead {
            self.admitted().await.ok()?;
        }
        self.open_ahead();
        let number = self.journal.begin(offered);
        let began = Instant::now();
        let until = self.connection_end();
        let opened = match spare {
            Some(stream) => Ok(Ok(stream)),
            None => timeout_at(until, self.open(starttls)).await,
        };
        let end = match opened {
            Ok(Ok(mut stream)) => {
                let (result, words) = talk(&mut stream, until).await;
                self.journal.end(number, offered, &words);
                return Some((number, result, was_ahead || self.ahead.was_any(began)));
            }
            Ok(Err(end)) => end,
            Err(_) => End::TimedOut,
        };
        self.ahead.stop();
        self.journal.end(number, offered, &describe::ended(&end));
        None
    }

    /// Waits for so many lanes.
    async fn lanes(&self, count: usize) -> Result<SemaphorePermit<'_>, &'static str> {
        let acquired = async {
            let _turn = if self.is_patient { self.patience.acquire().await.ok() } else { None };
            self.lanes.acquire_many(u32::try_from(count).unwrap_or(1)).await
        };
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let acquired = timeout_at(self.deadline, acquired).await;
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        match acquired {
            Ok(Ok(lane)) if Instant::now() < self.deadline => Ok(lane),
            _ => self.no("the time for this target was over"),
        }
    }

    /// Waits until one more connection may be made.
    async fn admitted(&self) -> Result<(), &'static str> {
        if self.lost.load(Ordering::Relaxed) > MOST_LOST {
            return self.no("the server takes no more connections");
        }
        if self.used.fetch_add(1, Ordering::Relaxed) >= self.limits.connections {
            return self.no("the connections for this target were used up");
        }
        match timeout_at(self.deadline, self.gate.pass()).await {
            Ok(()) => Ok(()),
            Err(_) => self.no("the time for this target was over"),
        }
    }

    fn no<T>(&self, why: &'static str) -> Result<T, &'static str> {
        let _ = self.cut.set(why);
        Err(why)
    }

    /// Opens a connection for whoever asks next, where that is of use and leaves enough of the budget.
    fn open_ahead(&self) {
        let busy = self.limits.lanes.saturating_sub(self.lanes.available_permits());
        // Of those that are answered, about half have something else to ask.
        let next = busy.min(self.waiting.load(Ordering::Relaxed).saturating_add(busy.div_ceil(2)));
        let left = self.limits.connections.saturating_sub(self.used.load(Ordering::Relaxed));
        if self.ahead.is_wanted(next) && left > 2 * self.limits.lanes && self.connection_end() < self.deadline {
            self.used.fetch_add(1, Ordering::Relaxed);
            self.ahead.open();
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

    /// On this connection, or on one of its own.
    async fn converse(&self, spare: Option<TcpStream>, offer: &Offer) -> (Answer, End) {
        let until = self.connection_end();
        let opened = match spare {
            Some(stream) => Ok(Ok(stream)),
            None => timeout_at(until, self.open(self.starttls)).await,
        };
        let mut stream = match opened {
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
