//! What the rules about mail hops share: whose word a line is, and what follows from that.
//!
//! Every server on the way writes its line above those that it was given, and can have been given anything. What one of the
//! own hosts wrote is recorded: the topmost line, and below it each line that came from an own host, as the own host above
//! it saw the sender. Everything below the first line that is not so is a claim.

use super::{Context, Draft, Subject};
use crate::evidence::{Attribute, Basis, Exhibit, ExhibitView, Gap, GapReason, SubjectKind};
use crate::iana::{CipherSuite, ProtocolVersion};
use crate::policy::{Level, OwnHost};

/// How a mail hop stands among the others of its message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing<'a> {
    /// Whether an own host wrote its line.
    pub is_recorded: bool,
    /// Whether it lies beyond what the own hosts recorded, where they recorded something.
    pub is_beyond: bool,
    /// Whether the policy names own hosts.
    pub has_own_hosts: bool,
    /// Whether it was recorded and came from elsewhere: how it travelled before, nobody knows.
    pub is_edge: bool,
    /// Whether it came from an own host that wrote no line of its own.
    pub lacks_line_below: bool,
    /// The recorded hop above it.
    pub above: Option<&'a Exhibit>,
}

/// The standing of each exhibit, in their order.
pub(crate) fn standings<'a>(exhibits: &[ExhibitView<'a>], own: &[OwnHost]) -> Vec<Standing<'a>> {
    let mut standings: Vec<Standing<'a>> = Vec::new();
    let mut trusted = true;
    let mut recorded = false;
    for (at, view) in exhibits.iter().enumerate() {
        let same_message = |other: &&ExhibitView<'_>| std::ptr::eq(other.scan, view.scan);
        let above = at.checked_sub(1).and_then(|before| exhibits.get(before)).filter(same_message);
        if above.is_none() {
            (trusted, recorded) = (true, false);
        }
        let below = exhibits.get(at + 1).filter(same_message).map(|view| view.exhibit);
        let is_recorded = trusted && wrote(view.exhibit, own);
        recorded |= is_recorded;
        let came = if is_recorded { came_from(view.exhibit, below, own) } else { Origin::Elsewhere };
        trusted = came == Origin::Own;
        standings.push(Standing {
            is_recorded,
            is_beyond: recorded && !is_recorded,
            has_own_hosts: !own.is_empty(),
            is_edge: is_recorded && came == Origin::Elsewhere,
            lacks_line_below: came == Origin::Silent,
            above: above.map(|view| view.exhibit).filter(|_| is_recorded),
        });
    }
    standings
}

/// Whether an own host wrote the line, by the name that it gives itself.
fn wrote(hop: &Exhibit, own: &[OwnHost]) -> bool {
    hop.kind == SubjectKind::MailHop
        && hop.text(Attribute::By).is_some_and(|by| {
            let address = by.trim_matches(['[', ']']).parse().ok();
            own.iter().any(|own| own.has_name(by) || address.is_some_and(|address| own.has_address(address)))
        })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// From an own host, whose line stands below.
    Own,
    /// From an own host, whose line is not there.
    Silent,
    /// From others, as far as is known.
    Elsewhere,
}

/// Where a recorded hop came from. What a sender calls itself counts for nothing.
fn came_from(hop: &Exhibit, below: Option<&Exhibit>, own: &[OwnHost]) -> Origin {
    let address: Option<std::net::IpAddr> = hop.text(Attribute::FromAddress).and_then(|text| text.parse().ok());
    if address.is_some_and(|address| address.is_loopback()) {
        // Through a filter on the same machine, which received it before; how it came there, only its own line tells.
        let same = below.is_some_and(|below| below.text(Attribute::By) == hop.text(Attribute::By));
        return if same { Origin::Own } else { Origin::Silent };
    }
    let by_name = hop.text(Attribute::FromName).is_some_and(|name| own.iter().any(|own| own.has_name(name)));
    let by_address = address.is_some_and(|address| own.iter().any(|own| own.has_address(address)));
    match below {
        _ if !by_name && !by_address => Origin::Elsewhere,
        Some(below) if wrote(below, own) => Origin::Own,
        _ => Origin::Silent,
    }
}

/// What a line says of one thing.
pub(super) enum Said {
    /// What the rule demands, in a sentence.
    Holds(String),
    /// The opposite.
    Fails(String),
    /// Nothing, and why; in a sentence what is not known.
    Nothing(String, Gap),
    /// The rule has nothing to ask here.
    Moot(String),
}

/// The hop that a rule judges.
pub(super) fn hop<'a>(subject: &Subject<'a>) -> Option<&'a Exhibit> {
    subject.exhibit(SubjectKind::MailHop)
}

/// Why nothing is known of a hop whose version of TLS does not have its suite: one of them is not true.
pub(super) fn contradiction(hop: &Exhibit) -> Option<Said> {
    let name = hop.text(Attribute::Cipher)?;
    let version = hop.text(Attribute::Version).and_then(ProtocolVersion::from_name)?;
    let info = CipherSuite::from_name(name).and_then(CipherSuite::info)?;
    // Exim with GnuTLS calls the suites of TLS 1.3 by the names of their parts.
    let is_of_parts = name.starts_with("TLS_") && name.contains("DHE_") && info.tls12_only();
    let agrees = match version {
        ProtocolVersion::TLS1_3 => info.tls13_only() || is_of_parts && info.provides_forward_secrecy(),
        _ => info.first_version <= version,
    };
    if agrees {
        return None;
    }
    let gap = Gap::new(GapReason::Contradicted, format!("{version} has no suite `{name}`"));
    Some(Said::Nothing("How the hop used TLS is not known.".to_owned(), gap.at(hop.words().take(1))))
}

/// The gap of a hop that no network lies in, or that is in the clear: the rules about TLS have nothing to ask there.
pub(super) fn without_tls(hop: &Exhibit) -> Option<Said> {
    let moot = match hop.text(Attribute::Encryption) {
        Some("local") => "No network lies between: the message stayed on one machine.",
        Some("none") => "The hop does not use TLS.",
        Some(_) => return contradiction(hop),
        None => {
            return Some(Said::Nothing(
                "Whether the hop used TLS is not known.".to_owned(),
                hop.gap(Attribute::Encryption),
            ));
        }
    };
    Some(Said::Moot(moot.to_owned()))
}

/// The finding: what an own host recorded counts, what others claim may fail and never passes.
pub(super) fn settle<'a>(context: &Context<'a>, hop: &'a Exhibit, attribute: Attribute, said: Said) -> Draft {
    let standing = context.standing;
    let by = hop.text(Attribute::By).unwrap_or("nobody");
    let basis = if standing.is_recorded { Basis::Wire } else { Basis::ToolSays };
    let cite = |draft: Draft| {
        let draft = cited(cited(draft, hop, attribute), hop, Attribute::By);
        let sender = [Attribute::FromName, Attribute::FromAddress].into_iter();
        let sender = sender.flat_map(|attribute| standing.above.map(|above| (above, attribute)));
        sender.fold(draft, |draft, (above, attribute)| cited(draft, above, attribute)).basis(basis)
    };
    let draft = match said {
        Said::Holds(words) if standing.is_recorded => cite(Draft::pass(words)),
        Said::Holds(words) => {
            let gap = unproven(standing, by).at(hop.words().take(1));
            cite(Draft::unknown(format!("Not proven, though `{by}` says: {words}"), vec![gap]))
        }
        Said::Fails(words) if standing.is_recorded => cite(Draft::fail(words)),
        Said::Fails(words) => cite(Draft::fail(format!("{words} So says `{by}`."))),
        Said::Nothing(words, gap) => Draft::unknown(words, vec![gap]),
        Said::Moot(words) => Draft::not_applicable(words),
    };
    if standing.is_beyond { draft.level(Level::Warning) } else { draft }
}

/// The finding with what the line of a hop says, in the words of such lines.
pub(super) fn cited(draft: Draft, hop: &Exhibit, attribute: Attribute) -> Draft {
    hop.facts(attribute).fold(draft, |draft, fact| {
        let clause = match (attribute, hop.text(Attribute::Protocol)) {
            (Attribute::From, _) => "from ",
            (Attribute::FromName | Attribute::FromAddress, _) => "received from ",
            (Attribute::By, _) => "by ",
            (Attribute::Encryption, Some(protocol)) => return draft.cite(&fact.words, &format!("with {protocol}")),
            _ => "",
        };
        draft.cite(&fact.words, &format!("{clause}{}", fact.value))
    })
}

/// Why a line proves nothing.
pub(super) fn unproven(standing: Standing<'_>, by: &str) -> Gap {
    if standing.has_own_hosts {
        let detail = format!(
            "`{by}` is no host of `ownHosts`, or its line did not come through them: others can write anything there"
        );
        return Gap::new(GapReason::NotReportedByFormat, detail);
    }
    Gap::new(GapReason::NotStated, "which mail hosts are your own was not stated (`ownHosts`)")
}
