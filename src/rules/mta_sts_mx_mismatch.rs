//! `mta-sts-mx-mismatch`: every mail server of the domain is one that its MTA-STS policy names.

use super::mta_sts::{Published, has_policy, published};
use super::{About, Clause, Context, Draft, Findings, NoParams, Rule, Subject};
use crate::evidence::{Attribute, Gap, GapReason, SubjectKind};
use crate::gathered::Gathered;

/// See [`Rule::ABOUT`].
pub(super) struct MtaStsMxMismatch;

impl Rule for MtaStsMxMismatch {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "mta-sts-mx-mismatch",
        title: "mail servers that the MTA-STS policy names",
        checks: "Each host of the MX records against the `mx` patterns of the policy. A `*.` at the start of a pattern stands for \
                 one label, no more: `*.mx.microsoft` does not name `x.h-v1.mx.microsoft`.",
        why: "Senders that keep the policy do not deliver to a host that it does not name: mail waits, and comes back after days.",
        fix: &[
            (
                "any",
                "add the host, or a pattern with the same number of labels, to the policy, and change the id of its record",
            ),
            (
                "Exchange Online",
                "mx: *.mail.protection.outlook.com; with inbound DANE the host ends in .SUBDOMAIN-v1.mx.microsoft: name it whole",
            ),
        ],
        citations: &[Clause {
            document: "RFC 8461",
            clause: "section 4.1: a wildcard is the whole left-most label, and matches one",
            url: "https://www.rfc-editor.org/rfc/rfc8461#section-4.1",
            date: "2018-09",
        }],
        effective: "2018-09-01",
        subjects: &[SubjectKind::MtaStsPolicy, SubjectKind::DnsRecord],
        decide_by: &["dig MX DOMAIN", "curl -sv https://mta-sts.DOMAIN/.well-known/mta-sts.txt"],
    };

    fn check(_: &NoParams, context: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let required = "every MX host matched by an `mx` of the policy";
        let unknown = |gap| {
            Draft::unknown("Whether the policy names every mail server is not known.", vec![gap]).required(required)
        };
        if let Some(record) = subject.exhibit(SubjectKind::DnsRecord) {
            let domain = record.text(Attribute::Owner).filter(|_| record.text(Attribute::RecordType) == Some("MX"));
            if let Some(domain) = domain.filter(|domain| !has_policy(context, domain)) {
                let gap = Gap::new(GapReason::NotAttempted, format!("the MTA-STS policy of `{domain}` was not shown"));
                findings.add(unknown(gap));
            }
            return;
        }
        let Some(policy) = subject.exhibit(SubjectKind::MtaStsPolicy) else { return };
        let records = match policy.text(Attribute::Domain).map(|domain| published(context.names, domain, "MX")) {
            Some(Published::Whole(records)) => records,
            Some(Published::Unknown(gap)) => return findings.add(unknown(gap)),
            None => return findings.add(unknown(policy.gap(Attribute::Domain))),
        };
        let hosts: Vec<_> =
            records.facts(Attribute::Data).filter_map(|fact| Some((host(&fact.value)?, fact))).gathered();
        if hosts.is_empty() || hosts.len() != records.facts(Attribute::Data).count() {
            let detail = "the domain publishes no mail server that could be compared";
            return findings.add(unknown(Gap::new(GapReason::Unsupported, detail).at(records.words())));
        }
        let is_named = |name: &str| policy.facts(Attribute::Mx).any(|pattern| matches(&pattern.value, name));
        let strangers: Vec<_> = hosts.iter().filter(|(host, _)| !is_named(host)).gathered();
        let draft = if strangers.is_empty() {
            Draft::pass("The policy names every mail server of the domain.")
        } else {
            let names: Vec<String> = strangers.iter().map(|(host, _)| format!("`{host}`")).gathered();
            Draft::fail(format!("The policy does not name {}.", names.join(", ")))
        };
        let all = strangers.iter().map(|(_, fact)| *fact).chain(hosts.iter().map(|(_, fact)| *fact));
        let all = all
            .chain(policy.facts(Attribute::Mx))
            .chain(policy.fact(Attribute::Domain))
            .chain(records.fact(Attribute::Owner));
        let draft = all.fold(draft, |draft, fact| draft.cite(&fact.words, &fact.value).basis(fact.basis));
        findings.add(draft.required(required));
    }
}

/// The host of an MX record: `10 mx.example.com.`.
pub(crate) fn host(data: &str) -> Option<&str> {
    let (preference, host) = data.split_once(' ')?;
    let host = host.trim_end_matches('.');
    (preference.bytes().all(|byte| byte.is_ascii_digit()) && !host.is_empty() && !host.contains(' ')).then_some(host)
}

/// Whether a pattern names a host; both in lower case.
pub(crate) fn matches(pattern: &str, host: &str) -> bool {
    let pattern = pattern.trim_end_matches('.');
    match pattern.strip_prefix("*.") {
        Some(rest) => host.split_once('.').is_some_and(|(_, parent)| parent == rest),
        None => pattern == host,
    }
}
