//! `issuer-unexpected`: the certificate comes from an issuer that the policy expects for the host.

use super::certificates::{called, not_all_shown, other_chains, unreadable};
use super::identities::{WithoutRecords, expected, has, is_same, matched, near_miss};
use super::{About, Clause, Context, Draft, Findings, OPENSSL, OPENSSL_WITHOUT_NAME, Rule, Subject};
use crate::evaluate::sentence;
use crate::evidence::{Basis, Gap, PresentedView, SubjectKind};
use crate::gathered::Gathered;
use crate::pki::path::{ChainAnswer, PathAnswer};
use crate::policy::IdentityRecord;

/// See [`Rule::ABOUT`].
pub(super) struct IssuerUnexpected;

const REQUIRED: &str = "an issuer that the policy expects for the host";

impl Rule for IssuerUnexpected {
    type Params = WithoutRecords;

    const ABOUT: About = About {
        id: "issuer-unexpected",
        title: "an expected issuer",
        checks: "Whether the chain has one of the issuers that the policy's `identities` expect for the host that was asked for. An \
                 issuer that is not expected fails. One that is expected by name passes on a verified path to a root whose key \
                 they pin, and leaves the rule unknown elsewhere: names prove nothing.",
        why: "Any of a hundred CAs can issue for any name. A certificate from another one than usual is a change that nobody \
              announced, or an attack.",
        fix: &[
            (
                "any",
                "find out who ordered the certificate; if the change was meant, add the new issuer to the policy's `identities`",
            ),
            ("any", "limit who may issue for your names by a CAA record (RFC 8659)"),
        ],
        citations: &[
            Clause {
                document: "Microsoft, How Exchange Online uses TLS to secure email connections",
                clause: "TLS certificate information for Exchange Online; certificates change from time to time",
                url: "https://learn.microsoft.com/purview/exchange-online-uses-tls-to-secure-email-connections",
                date: "2018-08-02",
            },
            Clause {
                document: "RFC 5280",
                clause: "section 6.1: a path is verified from a trust anchor, which is a name and a key",
                url: "https://www.rfc-editor.org/rfc/rfc5280#section-6.1",
                date: "2008-05",
            },
        ],
        effective: "2018-09-03",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[OPENSSL, OPENSSL_WITHOUT_NAME],
    };

    fn check(_: &WithoutRecords, context: &Context<'_>, subject: &Subject<'_>, findings: &mut Findings) {
        for (position, chain) in subject.chains().iter().enumerate() {
            let proof = context.proofs.get(position).and_then(Option::as_ref);
            findings.add(judged(context, subject, chain, proof).required(REQUIRED));
        }
        not_all_shown(other_chains(subject), REQUIRED, findings);
    }
}

fn issuers(record: &IdentityRecord) -> &[String] {
    &record.issuers
}

fn judged(
    context: &Context<'_>,
    subject: &Subject<'_>,
    chain: &PresentedView<'_>,
    proof: Option<&ChainAnswer>,
) -> Draft {
    let Some(leaf) = chain.leaf() else {
        return Draft::unknown("The chain is empty.", chain.gap().cloned().into_iter().gathered());
    };
    let Some(parsed) = leaf.decoded() else { return unreadable(leaf, "its issuer") };
    let Ok(issuer) = &parsed.issuer else { return unreadable(leaf, "its issuer") };
    let expected = match expected(context, subject, &|record| !record.issuers.is_empty(), "issuer") {
        Ok(expected) => expected,
        Err(draft) => return draft.certificate(leaf, &format!("issued by {issuer}")),
    };
    let wanted = expected.values(issuers);
    let above: Vec<_> = chain.certificates.iter().filter_map(|certificate| certificate.decoded()).gathered();
    let names = above.iter().filter_map(|certificate| certificate.issuer.as_ref().ok());
    let shown: Vec<&str> = names.flat_map(|name| name.common_names()).gathered();
    let observed = format!("issued by {issuer}");
    let who = called(leaf);
    if let Some(name) = shown.iter().find(|name| wanted.iter().any(|wanted| is_same(name, wanted))) {
        let what = format!("the chain of {who} has the expected issuer's name `{name}`");
        let has_name = |record: &IdentityRecord| has(&shown, &record.issuers);
        let on_path = |record: &IdentityRecord, path: &PathAnswer| {
            let certificates = chain
                .certificates
                .iter()
                .filter(|one| one.sha256.as_ref().is_some_and(|sha256| path.certificates.contains(sha256)));
            let mut issuers = certificates.filter_map(|one| one.decoded()?.issuer.as_ref().ok());
            issuers.any(|issuer| has(&issuer.common_names(), &record.issuers))
        };
        return matched(&expected, chain, proof, &what, &observed, &has_name, &on_path);
    }
    let is_whole = above.len() == chain.certificates.len() && chain.gap().is_none();
    let has_more = above.len() > 1 || parsed.is_self_issued() == Some(true);
    let list = expected.words(&wanted);
    let hint = near_miss(&shown, &wanted);
    if is_whole && has_more {
        let found: Vec<String> = shown.iter().map(|name| format!("`{name}`")).gathered();
        let found = if found.is_empty() { issuer.to_string() } else { found.join(", ") };
        let summary = sentence(&format!("the issuers in the chain of {who} are {found}; {list}"));
        return Draft::fail(format!("{summary}{hint} The list may be out of date."))
            .certificate(leaf, &observed)
            .basis(Basis::Computed);
    }
    let gap = chain.gap().cloned().unwrap_or_else(|| {
        Gap::new(
            crate::evidence::GapReason::NotAttempted,
            format!("the CA certificates above `{issuer}` were not shown"),
        )
    });
    let summary = sentence(&format!("whether {who} comes from an expected issuer is not known: {list}"));
    Draft::unknown(format!("{summary}{hint}"), vec![gap]).certificate(leaf, &observed)
}
