//! How far a stream is: one line on a terminal, a few times a second, and nothing anywhere else.

use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

use crate::terminal;

/// How long to wait for news before the line is shown again.
pub(super) const INTERVAL: Duration = Duration::from_millis(250);

/// The line that shows how far a stream is.
pub(super) struct Progress {
    /// Where it is shown; records on the same terminal would run into it.
    is_shown: bool,
    started: Instant,
    last: Instant,
    size: Option<u64>,
    records: u64,
    bytes: u64,
}

impl Progress {
    /// Nothing yet, of `size` bytes if that is known.
    pub(super) fn new(size: Option<u64>) -> Self {
        let now = Instant::now();
        let is_shown = io::stderr().is_terminal() && !io::stdout().is_terminal();
        Self { is_shown, started: now, last: now, size, records: 0, bytes: 0 }
    }

    /// So many records by now, and so many more bytes.
    pub(super) const fn add(&mut self, records: u64, bytes: u64) {
        self.records = records;
        self.bytes += bytes;
    }

    /// Shows the line, if its last showing is long enough ago.
    pub(super) fn show(&mut self) {
        if self.is_shown && self.last.elapsed() >= INTERVAL {
            self.last = Instant::now();
            terminal::show_line(&self.words(self.started.elapsed()));
        }
    }

    /// Takes the line away.
    pub(super) fn clear(&self) {
        if self.is_shown {
            terminal::show_line("");
        }
    }

    fn words(&self, elapsed: Duration) -> String {
        let milliseconds = elapsed.as_millis().max(1);
        let rate = u128::from(self.records) * 1000 / milliseconds;
        let share = self.size.filter(|size| *size > 0).map(|size| u128::from(self.bytes) * 100 / u128::from(size));
        let share = share.map(|share| format!(", {}%", share.min(100))).unwrap_or_default();
        format!("{} records, {rate}/s, {} MB{share}", self.records, self.bytes / 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_far_and_how_fast() {
        let mut progress = Progress::new(None);
        assert_eq!(progress.words(Duration::ZERO), "0 records, 0/s, 0 MB");
        progress.add(3000, 5_000_000);
        assert_eq!(progress.words(Duration::from_secs(2)), "3000 records, 1500/s, 5 MB");
        progress.size = Some(20_000_000);
        assert_eq!(progress.words(Duration::from_secs(2)), "3000 records, 1500/s, 5 MB, 25%");
    }
}
