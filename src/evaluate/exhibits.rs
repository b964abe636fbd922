//! What a report says beside the findings on exhibits: their reach, whose word was believed, and which pack judges them.

use super::Named;
use crate::evidence::{Attribute, Evidence, ExhibitView, SubjectKind};
use crate::formats::property_of;
use crate::gathered::Gathered;
use crate::ordered::by_key;
use crate::policy::{Level, Policy};
use crate::report::{Finding, HopStanding, HopSummary};
use crate::rules::{Subject, hop_lock};
use crate::source::Span;

/// The reach of everything that is said of mail.
const MAIL: &str = "Mail: this speaks of connections between mail servers, up to the edge of each provider. TLS protects \
a connection, not the message: whoever forwards it may send it on in the clear. What protects the message itself is \
S/MIME or Microsoft Purview Message Encryption (formerly OME)";

/// What there is to note on the subjects that were shown.
pub(super) fn notes_on(subjects: &[Named<'_>], policy: &Policy) -> Vec<String> {
    let mut notes = Vec::new();
    for kind in SubjectKind::EXHIBITS.iter().copied() {
        if kind.is_background() || !subjects.iter().any(|named| named.subject.kind() == kind) {
            continue;
        }
        if kind.is_of_mail() && !notes.iter().any(|note| note == MAIL) {
            notes.push(MAIL.to_owned());
        }
        if kind == SubjectKind::MailHop {
            let of_policy = policy.own_hosts.len() - policy.stated_own_hosts.len();
            let listed = |hosts: Vec<String>| hosts.iter().map(|host| format!("`{host}`")).gathered().join(", ");
            if of_policy > 0 {
                let hosts = listed(policy.own_hosts.iter().take(of_policy).map(ToString::to_string).gathered());
                notes.push(format!("the policy believes what these hosts write into headers: {hosts}"));
            }
            if !policy.stated_own_hosts.is_empty() {
                let hosts = listed(policy.stated_own_hosts.clone());
                notes.push(format!("stated by whoever judged, and believed in what they write into headers: {hosts}"));
            }
        }
        let is_judged = |rule: &&crate::policy::ActiveRule| {
            let subjects = rule.entry.about.subjects;
            // A rule about everything, such as the one about age, is not about this.
            rule.level != Level::Off && subjects.contains(&kind) && subjects.len() < SubjectKind::SHOWN.len()
        };
        if !policy.rules.iter().any(|rule| is_judged(&rule)) {
            let is_tlsa = |named: &Named<'_>| {
                let record = named.subject.exhibit(SubjectKind::DnsRecord);
                record.is_none_or(|record| record.text(Attribute::RecordType) == Some("TLSA"))
            };
            let is_dane = kind == SubjectKind::DnsRecord && subjects.iter().all(is_tlsa);
            let pack = if is_dane { "dane-1.0" } else { kind.pack() };
            notes.push(format!("{} was shown, which this policy does not judge; `{pack}` does", kind.words()));
        }
    }
    notes
}

/// What values are called that say nothing by themselves. Settings of Exchange have the names of their properties.
const CALLED: &[(Attribute, &str)] = &[
    (Attribute::Failed, "failed sessions"),
    (Attribute::Successful, "successful sessions"),
    (Attribute::Mode, "mode"),
    (Attribute::MaximumAge, "max_age"),
    (Attribute::State, "state"),
    (Attribute::IkeState, "IKE state"),
    (Attribute::BytesIn, "bytes in"),
    (Attribute::BytesOut, "bytes out"),
    (Attribute::LocalSelector, "local"),
    (Attribute::RemoteSelector, "remote"),
];

/// Says with each value that is cited of an exhibit what it is: `true` or `42` alone says nothing to who reads it.
pub(super) fn name_properties(findings: &mut [Finding], exhibits: &[ExhibitView<'_>]) {
    let mut properties: Vec<(Span, &'static str)> = Vec::new();
    for exhibit in exhibits.iter().map(|view| view.exhibit) {
        let cmdlet = exhibit.text(Attribute::Cmdlet);
        for one in exhibit.particulars.iter().filter(|one| one.attribute != Attribute::Cmdlet) {
            let called = || CALLED.iter().find(|(known, _)| *known == one.attribute).map(|(_, name)| *name);
            let name = cmdlet.map(|cmdlet| property_of(cmdlet, one.attribute)).or_else(called);
            let words = one.observed.fact().into_iter().flat_map(|fact| &fact.words);
            properties.extend(words.zip(name.into_iter().cycle()).map(|(span, name)| (*span, name)));
        }
    }
    let properties = by_key(properties, |(span, _)| *span);
    if properties.is_empty() {
        return;
    }
    for cited in findings.iter_mut().flat_map(|finding| &mut finding.evidence) {
        let at = properties.partition_point(|(span, _)| *span < cited.span);
        if let Some((_, property)) = properties.get(at).filter(|(span, _)| *span == cited.span) {
            let value = if cited.observed.is_empty() { "(blank)" } else { &cited.observed };
            cited.observed = format!("{property}: {value}");
        }
    }
}

/// The hops among the subjects, in their order.
pub(super) fn hop_summaries(subjects: &[Named<'_>], evidence: &Evidence) -> Vec<HopSummary> {
    let mut hops = Vec::new();
    let mut scan = 0;
    for named in subjects {
        let Subject::Exhibit(view) = &named.subject else { continue };
        let hop = view.exhibit;
        if hop.kind != SubjectKind::MailHop {
            continue;
        }
        // Messages stand in the order of the scans.
        while evidence.scans.get(scan).is_some_and(|other| !std::ptr::eq(other, view.scan)) {
            scan += 1;
        }
        let text = |attribute| hop.text(attribute).map(str::to_owned);
        let called = || hop.text(Attribute::From).map(|from| format!("`{from}`"));
        let (lock, words) = hop_lock(hop);
        hops.push(HopSummary {
            scan: u32::try_from(scan).unwrap_or(u32::MAX),
            label: named.label.clone(),
            from: text(Attribute::FromName)
                .or_else(|| text(Attribute::FromAddress))
                .or_else(called)
                .unwrap_or_else(|| "not stated".to_owned()),
            by: text(Attribute::By).unwrap_or_else(|| "not stated".to_owned()),
            standing: if named.standing.is_recorded {
                HopStanding::Recorded
            } else if named.standing.has_own_hosts && hop.fact(Attribute::By).is_some() {
                HopStanding::Claimed
            } else {
                HopStanding::Unknown
            },
            lacks_line_below: named.standing.lacks_line_below,
            lock,
            words,
            version: text(Attribute::Version),
            cipher: text(Attribute::Cipher),
            received: text(Attribute::Received),
            span: hop.words().next().or_else(|| hop.gap(Attribute::Encryption).words.first().copied()),
        });
    }
    hops
}
