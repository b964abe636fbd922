//! Counting: what each test runner says at its end, as one pair of numbers.

use std::ops::AddAssign;

/// Tests that passed, that failed, that were left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    pub(crate) skipped: u32,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl Tally {
    /// One test that passed, or failed.
    pub(crate) fn one(passed: bool) -> Self {
        Self { passed: passed.into(), failed: (!passed).into(), skipped: 0 }
    }

    /// The sum of the closing lines of nextest, or else of `cargo test` and `node --test`, in what they printed: nextest
    /// shows those of each test beside its own.
    pub(crate) fn read(printed: &str) -> Self {
        let lines = || printed.lines().map(str::trim_start);
        let mut sum = Self::default();
        let summary = |line: &&str| line.starts_with("Summary [");
        for counts in lines().filter(summary).filter_map(|line| Some(line.split_once(" run: ")?.1)) {
            sum += counted_before_words(counts);
        }
        if sum != Self::default() {
            return sum;
        }
        for line in lines() {
            if let Some(counts) = line.strip_prefix("test result: ") {
                sum += counted_before_words(counts);
            } else if let Some(count) = line.strip_prefix("# ").or_else(|| line.strip_prefix("\u{2139} ")) {
                sum += counted_after_word(count);
            }
        }
        sum
    }
}

/// `7 passed (1 slow), 1 failed, 2 skipped` and `ok. 7 passed; 1 failed; 2 ignored; …`.
fn counted_before_words(text: &str) -> Tally {
    let mut tally = Tally::default();
    let words: Vec<&str> = text.split([' ', ',', ';', '.', '(', ')']).filter(|word| !word.is_empty()).collect();
    for pair in words.windows(2) {
        let Ok(count) = pair[0].parse::<u32>() else { continue };
        match pair[1] {
            "passed" => tally.passed += count,
            "failed" | "timed" | "exec" => tally.failed += count,
            "skipped" | "ignored" => tally.skipped += count,
            _ => {}
        }
    }
    tally
}

/// `pass 3`, `fail 0`, `cancelled 0`, `skipped 1`, `todo 0`.
fn counted_after_word(text: &str) -> Tally {
    let mut tally = Tally::default();
    if let Some((word, Ok(count))) = text.split_once(' ').map(|(word, count)| (word, count.trim().parse())) {
        match word {
            "pass" => tally.passed = count,
            "fail" | "cancelled" => tally.failed = count,
            "skipped" | "todo" => tally.skipped = count,
            _ => {}
        }
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_runners_closing_lines() {
        for (printed, passed, failed, skipped) in [
            ("     Summary [   0.012s] 8 tests run: 8 passed, 0 skipped", 8, 0, 0),
            ("  Summary [ 1.2s] 9/12 tests run: 5 passed (1 slow), 2 failed, 1 timed out, 3 skipped", 5, 3, 3),
            ("test result: ok. 8 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s", 8, 0, 1),
            ("test result: FAILED. 1 passed; 2 failed; 0 ignored\ntest result: ok. 4 passed; 0 failed", 5, 2, 0),
            ("# tests 3\n# pass 2\n# fail 1\n# cancelled 1\n# skipped 0\n# todo 0\n# duration_ms 42.1", 2, 2, 0),
            ("\u{2139} tests 3\n\u{2139} pass 2\n\u{2139} fail 0\n\u{2139} skipped 1\n\u{2139} duration_ms 4", 2, 0, 1),
            ("error: could not compile `intransit`", 0, 0, 0),
            (
                "test result: ok. 1 passed; 0 failed\n Summary [ 1s] 2 tests run: 1 passed, 1 failed\ntest result: ok. 1 passed",
                1,
                1,
                0,
            ),
        ] {
            assert_eq!(Tally::read(printed), Tally { passed, failed, skipped }, "{printed}");
        }
    }
}
