//! Manners towards one address: one target at a time, and not too many connections a second.
//!
//! Thousands of domains have the same mail servers, and a host has many ports: whoever is behind one address is asked
//! about one of them after the other.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

/// How much of a quiet time is made good: an address that was not asked for so long may be asked more quickly at first.
/// At the usual rate that is what one look at a usual server takes.
const CREDIT: Duration = Duration::from_millis(500);

/// The share of the time between two connections that is left to chance, in percent either way: many scanners that
/// were started together do not stay in step.
const JITTER_PERCENT: u64 = 25;

/// The gates of the addresses that are asked about at this moment.
pub(crate) struct Pace {
    /// Between two connections to one address.
    interval: Duration,
    gates: Mutex<HashMap<IpAddr, Weak<Gate>>>,
}

/// How one address is asked.
pub(crate) struct Gate {
    interval: Duration,
    turn: Arc<Semaphore>,
    /// When the next connection would be due, were there no burst.
    due: Mutex<Instant>,
    chance: RandomState,
}

impl Pace {
    /// At most so many connections a second to one address.
    pub(crate) fn new(per_second: u32) -> Self {
        Self { interval: Duration::from_secs(1) / per_second.max(1), gates: Mutex::default() }
    }

    /// The gate of this address, shared with everybody who asks it now.
    pub(crate) fn gate(&self, address: IpAddr) -> Arc<Gate> {
        const TIDIED: usize = 256;
        // An address that is written as one of IPv6 is the same machine.
        let address = address.to_canonical();
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gate) = gates.get(&address).and_then(Weak::upgrade) {
            return gate;
        }
        if gates.len() >= TIDIED && gates.len() == gates.capacity() {
            gates.retain(|_, gate| gate.strong_count() > 0);
        }
        let gate = Arc::new(Gate {
            interval: self.interval,
            turn: Arc::new(Semaphore::new(1)),
            due: Mutex::new(Instant::now().checked_sub(CREDIT).unwrap_or_else(Instant::now)),
            chance: RandomState::new(),
        });
        gates.insert(address, Arc::downgrade(&gate));
        gate
    }
}

impl Gate {
    /// Waits until no other target of this address is looked at.
    pub(crate) async fn turn(self: &Arc<Self>) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.turn).acquire_owned().await.ok()
    }

    /// Waits until the next connection may be made.
    pub(crate) async fn pass(&self) {
        let until = {
            let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let earliest = now.checked_sub(CREDIT).unwrap_or(now);
            *due = (*due).max(earliest) + self.step(now);
            *due
        };
        sleep_until(until).await;
    }

    /// Whether the next connection may be made at once.
    pub(crate) fn is_free(&self) -> bool {
        *self.due.lock().unwrap_or_else(PoisonError::into_inner) <= Instant::now()
    }

    /// Puts off all further connections, as a server has asked for that says that it is busy.
    pub(crate) fn hold(&self, time: Duration) {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        *due = (*due).max(Instant::now() + time);
    }

    fn step(&self, now: Instant) -> Duration {
        let chance = self.chance.hash_one(now) % (2 * JITTER_PERCENT + 1);
        let percent = u32::try_from(100 - JITTER_PERCENT + chance).unwrap_or(100);
        self.interval * percent / 100
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(future: impl Future<Output = ()>) {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap().block_on(future);
    }

    #[test]
    fn connections_keep_their_distance() {
        run(async {
            let pace = Pace::new(1000);
            let gate = pace.gate("192.0.2.1".parse().unwrap());
            let started = Instant::now();
            for _ in 0..750 {
                gate.pass().await;
            }
            let passed = started.elapsed();
            assert!(passed >= Duration::from_millis(100), "{passed:?}");
            gate.hold(Duration::from_millis(50));
            assert!(!gate.is_free());
            let held = Instant::now();
            gate.pass().await;
            assert!(held.elapsed() >= Duration::from_millis(50));
            assert!(pace.gate("192.0.2.2".parse().unwrap()).is_free());
        });
    }

    #[test]
    fn one_target_at_a_time() {
        run(async {
            let pace = Pace::new(10);
            let one = pace.gate("192.0.2.1".parse().unwrap());
            let same = pace.gate("::ffff:192.0.2.1".parse().unwrap());
            let turn = one.turn().await;
            assert!(tokio::time::timeout(Duration::from_millis(20), same.turn()).await.is_err());
            drop(turn);
            assert!(tokio::time::timeout(Duration::from_millis(200), same.turn()).await.is_ok());
        });
    }

    #[test]
    fn gates_that_nobody_holds_are_forgotten() {
        run(async {
            let pace = Pace::new(10);
            for number in 0..100_000_u32 {
                pace.gate(IpAddr::V4(number.into()));
            }
            let kept = pace.gates.lock().unwrap().len();
            assert!(kept < 2048, "{kept}");
        });
    }
}
