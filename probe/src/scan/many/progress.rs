//! How far a scan is: one line on a terminal, a few times a second, and nothing anywhere else.

use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

use super::tally::Tally;
use crate::terminal;

/// How often the line is shown.
pub(super) const INTERVAL: Duration = Duration::from_millis(250);

/// The line.
pub(super) struct Progress {
    is_shown: bool,
    started: Instant,
    total: Option<u64>,
    before: u64,
}

impl Progress {
    /// Nothing yet, of `total` if that is known, with `before` done in earlier runs. Results on the same terminal would
    /// run into it.
    pub(super) fn new(total: Option<u64>, before: u64, is_standard_output: bool) -> Self {
        let is_shown = io::stderr().is_terminal() && !(is_standard_output && io::stdout().is_terminal());
        Self { is_shown, started: Instant::now(), total, before }
    }

    /// Shows the line.
    pub(super) fn show(&self, tally: &Tally, running: usize) {
        if self.is_shown {
            terminal::show_line(&self.words(tally, running, self.started.elapsed()));
        }
    }

    /// Takes the line away.
    pub(super) fn clear(&self) {
        if self.is_shown {
            terminal::show_line("");
        }
    }

    fn words(&self, tally: &Tally, running: usize, elapsed: Duration) -> String {
        let done = tally.done();
        let tenths = u128::from(done) * 10_000 / elapsed.as_millis().max(1);
        let of = self.total.map(|total| format!(" of {total}")).unwrap_or_default();
        let rate = format!("{}.{}/s", tenths / 10, tenths % 10);
        let mut words = format!("{}{of} targets, {running} at work, {rate}", self.before + done);
        if tally.unknown() > 0 {
            words.push_str(&format!(", {} not known", tally.unknown()));
        }
        if let Some(left) = self.total.map(|total| total.saturating_sub(self.before + done))
            && done > 0
            && left > 0
        {
            let seconds = elapsed.as_secs() * left / done;
            words.push_str(&format!(", {}:{:02} left", seconds / 60, seconds % 60));
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::super::tally::Class;
    use super::*;

    #[test]
    fn the_line_says_how_far_and_how_fast() {
        let mut tally = Tally::new(5);
        let progress = Progress::new(Some(20), 5, true);
        assert_eq!(progress.words(&tally, 3, Duration::ZERO), "5 of 20 targets, 3 at work, 0.0/s");
        for _ in 0..5 {
            tally.count(Class::Unknown);
        }
        let expected = "10 of 20 targets, 3 at work, 0.5/s, 5 not known, 0:20 left";
        assert_eq!(progress.words(&tally, 3, Duration::from_secs(10)), expected);
        let progress = Progress::new(None, 0, true);
        assert_eq!(progress.words(&tally, 1, Duration::from_secs(1)), "5 targets, 1 at work, 5.0/s, 5 not known");
    }
}
