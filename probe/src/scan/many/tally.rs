//! How many targets there were of each kind.

use crate::exit::Exit;

/// What came of a target, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// TLS answered at every address.
    Encrypted,
    /// At some address TLS is not there.
    Plain,
    /// Whether it is there is not known at every address.
    Unknown,
    /// There is no address to go to.
    Nowhere,
}

/// How many there were.
#[derive(Debug, Default)]
pub(super) struct Tally {
    before: u64,
    encrypted: u64,
    plain: u64,
    unknown: u64,
    nowhere: u64,
    problems: u64,
    repeated: u64,
    is_interrupted: bool,
}

impl Tally {
    /// None by now, and so many in an earlier run.
    pub(super) fn new(before: u64) -> Self {
        Self { before, ..Self::default() }
    }

    pub(super) const fn count(&mut self, class: Class) {
        *match class {
            Class::Encrypted => &mut self.encrypted,
            Class::Plain => &mut self.plain,
            Class::Unknown => &mut self.unknown,
            Class::Nowhere => &mut self.nowhere,
        } += 1;
    }

    /// Counts a target that could not be read, or that we failed on.
    pub(super) const fn problem(&mut self) {
        self.problems += 1;
    }

    /// Notes how many targets were named again.
    pub(super) const fn repeat(&mut self, count: u64) {
        self.repeated = count;
    }

    pub(super) const fn interrupt(&mut self) {
        self.is_interrupted = true;
    }

    /// Whether it was asked to end.
    pub(super) const fn is_interrupted(&self) -> bool {
        self.is_interrupted
    }

    /// How many are done in this run.
    pub(super) const fn done(&self) -> u64 {
        self.encrypted + self.plain + self.unknown + self.nowhere
    }

    /// How many of them did not tell.
    pub(super) const fn unknown(&self) -> u64 {
        self.unknown
    }

    /// 0 where all were looked at, whatever came of it; not where none of them has an address, or there was none.
    pub(super) const fn exit(&self) -> Exit {
        let is_in_vain = self.nowhere > 0 && self.nowhere == self.done() || self.is_empty();
        if self.is_interrupted || self.problems > 0 || is_in_vain { Exit::Unusable } else { Exit::Success }
    }

    const fn is_empty(&self) -> bool {
        self.before + self.done() + self.problems == 0
    }

    /// What there is to say at the end, in whole lines: nothing where one target went well.
    pub(super) fn words(&self, total: Option<u64>) -> String {
        let Self { before, encrypted, plain, unknown, nowhere, problems, repeated, is_interrupted } = self;
        let done = self.done();
        let mut words = String::new();
        if self.is_empty() && !is_interrupted {
            words.push_str("error: there was no target to look at\n");
        }
        if *is_interrupted {
            let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
            words.push_str(&format!("error: interrupted after {}{of} targets\n", before + done));
        }
        if done + before > 1 || *repeated > 0 {
            let s = if done == 1 { "" } else { "s" };
            let before = if *before == 0 { String::new() } else { format!(", {before} done before") };
            let nowhere = if *nowhere == 0 { String::new() } else { format!(", {nowhere} without an address") };
            let again = match repeated {
                0 => String::new(),
                1 => "; one named twice was looked at once".to_owned(),
                more => format!("; {more} named again were looked at once"),
            };
            words.push_str(&format!(
                "{done} target{s}: {encrypted} with TLS, {plain} without, {unknown} not known{nowhere}{before}{again}\n"
            ));
        }
        if *problems > 0 {
            words.push_str(&format!("error: {problems} could not be looked at\n"));
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_said() {
        let mut tally = Tally::new(0);
        assert_eq!(
            (tally.words(Some(0)).as_str(), tally.exit()),
            ("error: there was no target to look at\n", Exit::Unusable)
        );
        assert_eq!(Tally::new(3).exit(), Exit::Success);
        tally.count(Class::Encrypted);
        assert_eq!((tally.words(Some(1)), tally.exit()), (String::new(), Exit::Success));
        tally.count(Class::Unknown);
        tally.count(Class::Plain);
        assert_eq!(tally.words(None), "3 targets: 1 with TLS, 1 without, 1 not known\n");
        tally.repeat(2);
        assert_eq!(
            tally.words(None),
            "3 targets: 1 with TLS, 1 without, 1 not known; 2 named again were looked at once\n"
        );
        tally.repeat(0);
        let mut nowhere = Tally::new(0);
        nowhere.count(Class::Nowhere);
        assert_eq!(nowhere.exit(), Exit::Unusable);
        nowhere.count(Class::Encrypted);
        let expected = "2 targets: 1 with TLS, 0 without, 0 not known, 1 without an address\n";
        assert_eq!((nowhere.words(None).as_str(), nowhere.exit()), (expected, Exit::Success));
        tally.before = 7;
        tally.problem();
        tally.interrupt();
        assert_eq!(
            tally.words(Some(20)),
            "error: interrupted after 10 of 20 targets\n3 targets: 1 with TLS, 1 without, 1 not known, 7 done \
             before\nerror: 1 could not be looked at\n"
        );
        assert_eq!(tally.exit(), Exit::Unusable);
    }
}
