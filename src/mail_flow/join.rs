//! What a connector, MTA-STS and DANE come to together at one server.

use super::peer::{Peer, State};
use super::recent::Recent;
use super::rule::{Demand, Policy, mta_sts, tlsa};
use super::{Fault, Forecast, RuleClass, forecast, severity};
use crate::gathered::Gathered;
use crate::report::{Cited, MailBasis, MailDirection, MailOutcome};
use crate::rules::Names;

use MailOutcome::{DeliveredInClear, NotDetermined, Returned};

/// What becomes of mail by one connector and by what is published.
pub(super) struct Joined {
    pub(super) outcome: MailOutcome,
    pub(super) provided: Option<MailOutcome>,
    pub(super) basis: MailBasis,
    /// What decides, as clauses.
    pub(super) says: Vec<String>,
    /// What decides of the peer.
    pub(super) faults: Vec<Fault>,
    pub(super) evidence: Vec<Cited>,
    pub(super) missing: Vec<String>,
    /// Indices into the table's sources.
    pub(super) sources: Vec<usize>,
}

/// Where mail goes to or comes from.
#[derive(Clone, Copy)]
pub(super) struct Way<'a> {
    pub(super) domain: &'a str,
    pub(super) direction: MailDirection,
    pub(super) server: &'a str,
    pub(super) names: &'a Names<'a>,
    pub(super) recent: Recent,
}

/// A rule with what it comes to, and the clause that names it.
struct Part<'a> {
    forecast: Forecast,
    says: String,
    wanted: Option<&'a str>,
}

/// Asks the connector, and what Exchange Online asks besides.
pub(super) fn join(demand: Demand<'_>, way: Way<'_>, peer: &Peer<'_>) -> Joined {
    let Demand { class, says, mut evidence, wanted, mut missing, mut doubts, is_online, leaves_out_sts } = demand;
    let sure = |fault| {
        // What an Exchange Server has in common with others is its own.
        let is_own = !is_online && matches!(fault, Fault::OldVersionsOnly | Fault::NoCommonSuite);
        peer.state(fault, wanted).known().filter(|_| !is_own || way.direction == MailDirection::From)
    };
    let mut parts: Vec<Part<'_>> = Vec::new();
    let mut unread = Vec::new();
    if let Some(class) = class {
        parts.push(Part { forecast: forecast(class, &sure), says, wanted });
    }
    if way.direction == MailDirection::To && is_online {
        let server = Some(way.server);
        let mut add = |class, says: String, state: &dyn Fn(Fault) -> Option<bool>| {
            parts.push(Part { forecast: forecast(class, state), says, wanted: server });
        };
        let at_server = |fault| peer.state(fault, server).known();
        match mta_sts(way) {
            _ if leaves_out_sts == Some(true) => {}
            Policy::Absent | Policy::Tlsa(..) => {}
            Policy::Unknown(why) => doubts.push(why),
            Policy::Unread(why) => unread.push(why),
            Policy::NotEnforced(cited) => {
                evidence.extend(cited);
                add(RuleClass::MtaSts, String::new(), &|fault| Some(fault == Fault::PolicyNotEnforced));
            }
            Policy::Enforced(..) if leaves_out_sts.is_none() => {
                unread.push("`MtaStsMode` of the connector: the domain enforces MTA-STS".to_owned());
            }
            Policy::Enforced(cited, is_named) => {
                evidence.extend(cited);
                let says = format!("`{}` enforces MTA-STS", way.domain);
                add(RuleClass::MtaSts, says, &|fault| match fault {
                    Fault::MxNotInPolicy => Some(!is_named),
                    Fault::PolicyNotEnforced => Some(false),
                    _ => at_server(fault),
                });
            }
        }
        match tlsa(way) {
            Policy::Unknown(why) => doubts.push(why),
            Policy::Unread(why) => unread.push(why),
            Policy::Tlsa(cited, records, doubt) => {
                evidence.extend(cited);
                doubts.extend(doubt);
                let says = format!("`{}` has TLSA records", way.server);
                let named = peer.named_by(&records);
                add(RuleClass::Dane, says, &|fault| match fault {
                    Fault::TlsaUnusable if records.iter().all(|record| record.usage < 2) => Some(true),
                    // Others than those of a usage that mail leaves out: what becomes of them is not documented.
                    Fault::TlsaUnusable => {
                        records.iter().any(|record| record.unusable(true).is_none()).then_some(false)
                    }
                    Fault::TlsaMismatch => named.known(),
                    Fault::NoTlsa | Fault::DnssecBogus => Some(false),
                    _ => at_server(fault),
                });
            }
            Policy::Absent | Policy::NotEnforced(_) | Policy::Enforced(..) => {}
        }
    }
    // Without a level of its own a connector leaves it to what the domain publishes.
    if class == Some(RuleClass::Opportunistic) && parts.iter().skip(1).any(|part| part.forecast.outcome.is_some()) {
        parts.remove(0);
    }
    let mut joined = joined(&parts, evidence);
    for part in &parts {
        for fault in part.forecast.open.iter().filter(|_| joined.outcome == NotDetermined) {
            missing.push(open_words(peer, *fault, part.wanted));
        }
    }
    if !is_online && way.direction == MailDirection::To {
        joined.basis = MailBasis::Inferred;
    }
    // What is not known would be stricter if anything: what returns returns, and mail in clear text is the worst that is left.
    let is_open = match joined.outcome {
        Returned => false,
        DeliveredInClear => !unread.is_empty(),
        _ => !unread.is_empty() || !doubts.is_empty(),
    };
    if is_open || !missing.is_empty() {
        joined.outcome = NotDetermined;
    }
    missing.append(&mut unread);
    missing.append(&mut doubts);
    for what in missing {
        if !joined.missing.contains(&what) {
            joined.missing.push(what);
        }
    }
    joined
}

fn joined(parts: &[Part<'_>], evidence: Vec<Cited>) -> Joined {
    let of = |part: &Part<'_>| part.forecast.outcome;
    let provided_of = |part: &Part<'_>| part.forecast.provided;
    let (outcome, provided) = (all(parts, of), all(parts, provided_of));
    let deciding = provided.filter(|_| outcome == Some(NotDetermined)).or(outcome);
    let decides =
        |part: &&Part<'_>| if outcome == deciding { of(part) == outcome } else { provided_of(part) == deciding };
    let mut joined = Joined {
        outcome: outcome.unwrap_or(NotDetermined),
        provided: provided.filter(|provided| *provided != NotDetermined),
        basis: MailBasis::Inferred,
        says: parts.iter().filter(decides).map(|part| part.says.clone()).gathered(),
        faults: Vec::new(),
        evidence,
        missing: Vec::new(),
        sources: Vec::new(),
    };
    let bases = parts.iter().filter(|part| of(part).is_some());
    let basis = if outcome == Some(Returned) {
        bases.filter(|part| of(part) == outcome).map(|part| part.forecast.basis).min()
    } else {
        bases.map(|part| part.forecast.basis).max()
    };
    joined.basis = basis.unwrap_or(MailBasis::Inferred);
    for row in parts.iter().filter(|part| decides(part) || of(part).is_none()).flat_map(|part| &part.forecast.rows) {
        joined.sources.push(row.source);
        if row.outcome.is_some() && !joined.faults.contains(&row.fault) {
            joined.faults.push(row.fault);
        }
    }
    joined
}

/// What several rules come to together: one that returns is enough, one that is open leaves the rest open, and of those that
/// deliver the one that checks most vouches for the server.
fn all(parts: &[Part<'_>], of: impl Fn(&Part<'_>) -> Option<MailOutcome>) -> Option<MailOutcome> {
    let worst = parts.iter().filter_map(&of).max_by_key(|outcome| severity(Some(*outcome)))?;
    if severity(Some(worst)) > severity(Some(MailOutcome::DeliveredEncrypted)) {
        return Some(worst);
    }
    parts.iter().filter_map(of).min_by_key(|outcome| severity(Some(*outcome)))
}

/// What would have to be shown of the peer.
fn open_words(peer: &Peer<'_>, fault: Fault, wanted: Option<&str>) -> String {
    match peer.state(fault, wanted) {
        State::Unknown(why) => why,
        _ => format!("whether the peer {}", fault.words()),
    }
}
