//! How many records there were of each kind, and the exit code that follows.

use std::sync::Arc;

use intransit::Verdict;

use crate::exit::Exit;

/// A record that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Unread {
    /// The block that it stands in: blocks are counted over all sources.
    pub(super) block: u64,
    /// Its line.
    pub(super) line: u64,
    /// What its source is called.
    pub(super) source: Arc<str>,
}

/// How many records there were of each kind.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    compliant: u64,
    non_compliant: u64,
    indeterminate: u64,
    unread: u64,
    first_unread: Option<Unread>,
}

impl Tally {
    /// Counts a record that was judged.
    pub(super) fn count(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Compliant => &mut self.compliant,
            Verdict::NonCompliant => &mut self.non_compliant,
            Verdict::Indeterminate => &mut self.indeterminate,
        } += 1;
    }

    /// Counts a record that could not be read.
    pub(super) fn count_unread(&mut self, unread: Unread) {
        self.add(Self { unread: 1, first_unread: Some(unread), ..Self::default() });
    }

    /// Adds what was counted elsewhere.
    pub(super) fn add(&mut self, other: Self) {
        self.compliant += other.compliant;
        self.non_compliant += other.non_compliant;
        self.indeterminate += other.indeterminate;
        self.unread += other.unread;
        self.first_unread = self.first_unread.take().into_iter().chain(other.first_unread).min();
    }

    /// How many records there were.
    pub(super) const fn records(&self) -> u64 {
        self.compliant + self.non_compliant + self.indeterminate + self.unread
    }

    /// The worst that happened; `any_problem` where a file could not be read.
    pub(super) const fn exit(&self, any_problem: bool) -> Exit {
        if self.non_compliant > 0 {
            Exit::NonCompliant
        } else if any_problem || self.unread > 0 || self.records() == 0 {
            Exit::Unusable
        } else if self.indeterminate > 0 {
            Exit::Indeterminate
        } else {
            Exit::Success
        }
    }

    /// The counts in words, in whole lines.
    pub(super) fn words(&self) -> String {
        let Self { compliant, non_compliant, indeterminate, unread, .. } = self;
        let (records, s) = (self.records(), if self.records() == 1 { "" } else { "s" });
        if records == 0 {
            return "error: no record was found; expected a JSON document on each line\n".to_owned();
        }
        let counts = format!("{compliant} compliant, {non_compliant} non-compliant, {indeterminate} indeterminate");
        let unread = self.first_unread.as_ref().map_or_else(String::new, |first| {
            format!("error: {unread} of them could not be read, the first at {}:{}\n", first.source, first.line)
        });
        format!("{records} record{s}: {counts}, {} not read\n{unread}", self.unread)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(compliant: u64, non_compliant: u64, indeterminate: u64, unread: u64) -> Tally {
        let mut tally = Tally { compliant, non_compliant, indeterminate, ..Tally::default() };
        for line in (1..=unread).rev() {
            tally.count_unread(Unread { block: 0, line, source: "x".into() });
        }
        tally
    }

    #[test]
    fn the_exit_code_is_the_worst() {
        for (tally, any_problem, expected) in [
            (tally(2, 0, 0, 0), false, Exit::Success),
            (tally(2, 0, 0, 0), true, Exit::Unusable),
            (tally(0, 0, 0, 0), false, Exit::Unusable),
            (tally(2, 0, 1, 0), false, Exit::Indeterminate),
            (tally(2, 0, 1, 1), false, Exit::Unusable),
            (tally(2, 1, 1, 1), true, Exit::NonCompliant),
        ] {
            assert_eq!(tally.exit(any_problem), expected, "{tally:?}");
        }
    }

    #[test]
    fn counts_are_said() {
        assert_eq!(tally(1, 0, 0, 0).words(), "1 record: 1 compliant, 0 non-compliant, 0 indeterminate, 0 not read\n");
        let words = tally(1, 2, 3, 2).words();
        assert_eq!(
            words,
            "8 records: 1 compliant, 2 non-compliant, 3 indeterminate, 2 not read\n\
             error: 2 of them could not be read, the first at x:1\n"
        );
    }
}
