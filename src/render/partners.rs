//! Mail partners by direction: what the findings of two rules come to in each cell.
//!
//! A cell is never better than its findings: one that is not there, or not decided, leaves it open.

use crate::evidence::SubjectKind;
use crate::gathered::Gathered;
use crate::ordered::Set;
use crate::report::{Finding, Outcome, Report};

/// One partner.
pub(super) struct Partner<'r> {
    pub(super) name: &'r str,
    /// Mail to it, mail from it.
    pub(super) cells: [Cell<'r>; 2],
}

/// One direction of one partner.
pub(super) struct Cell<'r> {
    pub(super) words: &'static str,
    pub(super) sign: &'static str,
    /// The finding that decides it, if a rule speaks of it.
    pub(super) finding: Option<&'r Finding>,
}

impl Cell<'_> {
    /// What to set and to ask for, where something is missing.
    pub(super) fn remedy(&self) -> Option<&str> {
        self.finding.filter(|finding| finding.outcome == Outcome::Fail).map(|finding| finding.required.as_str())
    }
}

/// What stands above the two columns.
pub(super) const HEADINGS: [&str; 2] = ["Mail to it", "Mail from it"];
/// What the cells speak of, and what they do not.
pub(super) const REACH: &str = "As the connectors that were shown are set, not as mail has travelled. Transport rules, \
gateways, smart hosts and hops beyond the other end are not shown.";

/// The partners that the report has findings on, in the order of their names in it.
pub(super) fn partners(report: &Report) -> Vec<Partner<'_>> {
    let of_partners = || {
        let of_kind = |finding: &&Finding| finding.subject.kind == SubjectKind::MailPartner;
        report.findings.iter().filter(of_kind).filter(|finding| finding.facet.is_some())
    };
    let names: Set<&str> = of_partners().map(|finding| finding.subject.label.as_str()).collect();
    let cell = |name: &str, direction: &str| {
        let of = |rule: &str| {
            of_partners().find(|finding| {
                finding.rule == rule && finding.subject.label == name && finding.facet.as_deref() == Some(direction)
            })
        };
        cell(of("forced-tls-missing"), of("partner-not-authenticated"))
    };
    names.iter().map(|name| Partner { name, cells: [cell(name, "to"), cell(name, "from")] }).gathered()
}

fn cell<'r>(forced: Option<&'r Finding>, known: Option<&'r Finding>) -> Cell<'r> {
    let outcome = |finding: Option<&Finding>| finding.map(|finding| finding.outcome);
    let (words, sign, finding) = match (outcome(forced), outcome(known)) {
        (Some(Outcome::Fail), _) => ("not enforced", "✖", forced),
        (Some(Outcome::Pass), Some(Outcome::Pass)) => ("encrypted, partner verified", "✔", known),
        (Some(Outcome::Pass), Some(Outcome::Fail)) => ("encrypted only", "✖", known),
        (Some(Outcome::Pass), _) => ("encrypted; partner not determined", "?", known.or(forced)),
        (None, Some(Outcome::Fail)) => ("partner not verified", "✖", known),
        _ => ("not determined", "?", forced.or(known)),
    };
    Cell { words, sign, finding }
}
