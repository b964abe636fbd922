//! Connections that are opened ahead: what is asked next hangs on the last answer, but the connection that it is asked on
//! does not. To a distant server that saves a round trip for each question.
//!
//! Nothing is taken from a connection for having been opened ahead: the oldest is used first, none that is old, and an end
//! without a word is nothing that was said (`connect.rs`). Those that nobody needed stand in the journal as well.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::journal::Journal;
use super::many::pace::Gate;

/// Servers may close what says nothing for some seconds.
const MOST_AGE: Duration = Duration::from_secs(1);

/// How long an answer takes at least from a server that it is worth it for: two round trips of 25 ms.
const DISTANT: Duration = Duration::from_millis(50);

/// The connections that were opened ahead to one server.
pub(super) struct Ahead {
    address: SocketAddr,
    gate: Arc<Gate>,
    journal: Arc<Journal>,
    state: Mutex<State>,
}

struct State {
    spares: VecDeque<Spare>,
    /// At most so many; nothing once the server was seen to be short of something.
    most: usize,
    /// What the quickest answer took, connection included.
    quickest: Option<Duration>,
    /// When the last of them was taken or closed.
    last: Option<Instant>,
}

struct Spare {
    /// Comes with the time since when it is open.
    connecting: JoinHandle<std::io::Result<(TcpStream, Instant)>>,
    /// Whether it was its turn already.
    is_begun: Arc<AtomicBool>,
}

impl Drop for Spare {
    fn drop(&mut self) {
        self.connecting.abort();
    }
}

impl Ahead {
    pub(super) fn new(address: SocketAddr, gate: Arc<Gate>, journal: Arc<Journal>, most: usize) -> Self {
        let state = Mutex::new(State { spares: VecDeque::new(), most, quickest: None, last: None });
        Self { address, gate, journal, state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes how long it took to connect and to be answered.
    pub(super) fn answered_after(&self, took: Duration) {
        let mut state = self.state();
        state.quickest = Some(state.quickest.map_or(took, |quickest| quickest.min(took)));
    }

    /// Whether one more is wanted, where so many will be asked for next; not where connections have to wait anyway.
    pub(super) fn is_wanted(&self, next: usize) -> bool {
        let state = self.state();
        let is_distant = state.quickest.is_some_and(|quickest| quickest >= DISTANT);
        is_distant && self.gate.is_free() && state.spares.len() < state.most.min(next)
    }

    /// Opens one.
    pub(super) fn open(&self) {
        let (gate, address) = (Arc::clone(&self.gate), self.address);
        let is_begun = Arc::new(AtomicBool::new(false));
        let begun = Arc::clone(&is_begun);
        let connecting = tokio::spawn(async move {
            gate.pass().await;
            begun.store(true, Ordering::Relaxed);
            let stream = TcpStream::connect(address).await?;
            let _ = stream.set_nodelay(true);
            Ok((stream, Instant::now()))
        });
        self.state().spares.push_back(Spare { connecting, is_begun });
    }

    /// Whether there were any since then.
    pub(super) fn was_any(&self, since: Instant) -> bool {
        let state = self.state();
        !state.spares.is_empty() || state.last.is_some_and(|last| last >= since)
    }

    /// The oldest that is of use, once it is there.
    pub(super) async fn take(&self, until: Instant) -> Option<TcpStream> {
        loop {
            let mut spare = self.pop()?;
            let Ok(Ok(Ok((stream, opened)))) = timeout_at(until, &mut spare.connecting).await else {
                self.note("no connection");
                self.stop();
                return None;
            };
            if opened.elapsed() > MOST_AGE {
                self.note("too old to be used");
                continue;
            }
            // Nobody talks before a client of TLS does.
            match stream.try_read(&mut [0]) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Some(stream),
                _ => {
                    self.note("closed by the server before anything was asked");
                    self.stop();
                    return None;
                }
            }
        }
    }

    fn pop(&self) -> Option<Spare> {
        let mut state = self.state();
        let spare = state.spares.pop_front()?;
        state.last = Some(Instant::now());
        Some(spare)
    }

    /// Closes all of them.
    pub(super) fn close(&self) {
        let spares: Vec<Spare> = std::iter::from_fn(|| self.pop()).collect();
        let begun = spares.iter().filter(|spare| spare.is_begun.load(Ordering::Relaxed));
        begun.for_each(|_| self.note("not needed"));
    }

    /// The same, and no more are opened: the server may be short of something.
    pub(super) fn stop(&self) {
        self.state().most = 0;
        self.close();
    }

    fn note(&self, what: &str) {
        const OFFERED: &str = "opened ahead";
        let number = self.journal.begin(OFFERED);
        self.journal.end(number, OFFERED, what);
    }
}
