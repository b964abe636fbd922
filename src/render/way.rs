//! The way of each message as people read it: hop by hop in the order of travel, with whose word each is.

use crate::gathered::Gathered;
use crate::report::{HopLock, HopStanding, HopSummary, Report};

/// What stands above the hops.
pub(super) const HEADING: &str = "The message's way, first hop first";
/// Said of a hop whose sender is an own host without a line.
pub(super) const LINE_MISSING: &str = "An own host sent it that wrote no line: how it came there is not known.";

/// The messages, each as its hops in the order in which it travelled.
pub(super) fn ways(report: &Report) -> Vec<Vec<&HopSummary>> {
    let mut ways = Vec::new();
    let mut hops = report.hops.as_slice();
    while let Some(last) = hops.first() {
        let (message, rest) = hops.split_at(hops.iter().take_while(|hop| hop.scan == last.scan).count());
        ways.push(message.iter().rev().gathered());
        hops = rest;
    }
    ways
}

/// Whose word the hops are that follow.
pub(super) const fn standing_words(standing: HopStanding) -> &'static str {
    match standing {
        HopStanding::Recorded => "from here on: recorded by your own hosts",
        HopStanding::Claimed => "claimed by others: proves nothing",
        HopStanding::Unknown => "not known whose word: no own hosts were stated, or the line names none",
    }
}

/// The sign of a hop. A lock that others claim to be closed is none.
pub(super) const fn sign(hop: &HopSummary) -> &'static str {
    match (hop.lock, hop.standing) {
        (HopLock::Closed, HopStanding::Recorded) => "✔",
        (HopLock::Closed | HopLock::Unknown, _) => "?",
        (HopLock::Open, _) => "✖",
        (HopLock::Local, _) => "–",
    }
}

/// How the hop was protected, with version, suite and time.
pub(super) fn protection(hop: &HopSummary) -> String {
    let details = [&hop.version, &hop.cipher, &hop.received].into_iter().flatten();
    details.fold(hop.words.clone(), |words, detail| format!("{words} · {detail}"))
}
