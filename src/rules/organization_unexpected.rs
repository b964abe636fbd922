//! `organization-unexpected`: the certificate names an organization that the policy expects for the host.

use super::certificates::{called, not_all_shown, other_chains, unreadable};
use super::identities::{WithoutRecords, expected, has, is_same, matched, near_miss};
use super::{About, Clause, Context, Draft, Findings, OPENSSL, OPENSSL_WITHOUT_NAME, Rule, Subject};
use crate::evaluate::sentence;
use crate::evidence::{Basis, CertificateView, PresentedView, SubjectKind};
use crate::pki::path::ChainAnswer;
use crate::policy::IdentityRecord;

/// See [`Rule::ABOUT`].
pub(super) struct OrganizationUnexpected;

const REQUIRED: &str = "an organization that the policy expects for the host";

impl Rule for OrganizationUnexpected {
    type Params = WithoutRecords;

    const ABOUT: About = About {
        id: "organization-unexpected",
        title: "an expected organization",
        checks: "Whether the leaf's organization is one that the policy's `identities` expect for the host that was asked for. Another \
                 one, or none, fails. The expected one passes on a verified path to a root whose key they pin, and leaves \
                 the rule unknown elsewhere: anybody can write any name into a certificate.",
        why: "A certificate for the right host and another organization means that the name was given away, taken over or sent \
              through somebody else's machines.",
        fix: &[(
            "any",
            "find out who ordered the certificate; if the change was meant, add the organization to the policy's `identities`",
        )],
        citations: &[Clause {
            document: "Microsoft, How Exchange Online uses TLS to secure email connections",
            clause: "TLS certificate information for Exchange Online: Organization, Microsoft Corporation",
            url: "https://learn.microsoft.com/purview/exchange-online-uses-tls-to-secure-email-connections",
            date: "2018-08-02",
        }],
        effective: "2018-09-03",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[OPENSSL, OPENSSL_WITHOUT_NAME],
    };

    fn check(_: &WithoutRecords, context: &Context<'_>, subject: &Subject<'_>, findings: &mut Findings) {
        for (position, chain) in subject.chains().iter().enumerate() {
            let proof = context.proofs.get(position).and_then(Option::as_ref);
            if let Some(leaf) = chain.leaf() {
                findings.add(judged(context, subject, chain, leaf, proof).required(REQUIRED));
            }
        }
        not_all_shown(other_chains(subject), REQUIRED, findings);
    }
}

fn judged(
    context: &Context<'_>,
    subject: &Subject<'_>,
    chain: &PresentedView<'_>,
    leaf: &CertificateView<'_>,
    proof: Option<&ChainAnswer>,
) -> Draft {
    let Some(Ok(name)) = leaf.decoded().map(|parsed| &parsed.subject) else {
        return unreadable(leaf, "its organization");
    };
    let observed = format!("for {name}");
    let expected = match expected(context, subject, &|record| !record.organizations.is_empty(), "organization") {
        Ok(expected) => expected,
        Err(draft) => return draft.certificate(leaf, &observed),
    };
    let wanted = expected.values(organizations);
    let shown = name.organizations();
    let who = called(leaf);
    if let Some(found) = shown.iter().find(|name| wanted.iter().any(|wanted| is_same(name, wanted))) {
        let what = format!("{who} has the expected organization `{found}`");
        let has_name = |record: &IdentityRecord| has(&shown, &record.organizations);
        return matched(&expected, chain, proof, &what, &observed, &has_name, &|_, _| true);
    }
    let found = match shown.as_slice() {
        [] => "no organization".to_owned(),
        names => {
            format!("the organization {}", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
        }
    };
    let summary = sentence(&format!("{who} has {found}; {}", expected.words(&wanted)));
    Draft::fail(format!("{summary}{}", near_miss(&shown, &wanted))).certificate(leaf, &observed).basis(Basis::Computed)
}

fn organizations(record: &IdentityRecord) -> &[String] {
    &record.organizations
}
