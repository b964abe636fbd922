//! `chain-unproven`: the chain leads to a root CA that is trusted.

use super::certificates::{called, not_all_shown, other_chains};
use super::{About, Clause, Context, Draft, Findings, NoParams, OPENSSL, OPENSSL_WITHOUT_NAME, Rule, Subject, TESTSSL};
use crate::evaluate::sentence;
use crate::evidence::{Basis, Gap, GapReason, PresentedView, SubjectKind};

/// See [`Rule::ABOUT`].
pub(super) struct ChainUnproven;

const REQUIRED: &str = "a verified chain to a trusted root CA";

impl Rule for ChainUnproven {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "chain-unproven",
        title: "a verified chain to a trusted root CA",
        checks: "Whether the chain is verified up to a root CA. This version fails what is self-signed or what a scanner found \
                 untrusted, and leaves the rest unknown: it does not verify signatures yet, and a scanner's own `ok` proves \
                 nothing here.",
        why: "Encryption to a server that nobody vouches for may be encryption to whoever sits in between.",
        fix: &[
            ("any", "use a certificate of a public CA and install the issuing CA's certificate with it, leaf first"),
            ("nginx", "ssl_certificate must name a file with the leaf and, behind it, the issuing CA's certificates"),
            ("Postfix", "smtpd_tls_chain_files: key, leaf, then the issuing CA's certificates"),
        ],
        citations: &[
            Clause {
                document: "RFC 5280",
                clause: "section 6: certification path validation",
                url: "https://www.rfc-editor.org/rfc/rfc5280#section-6",
                date: "2008-05",
            },
            Clause {
                document: "Microsoft, How Exchange Online uses TLS to secure email connections",
                clause: "forced TLS: the partner authenticates with a certificate",
                url: "https://learn.microsoft.com/purview/exchange-online-uses-tls-to-secure-email-connections",
                date: "2018-08-02",
            },
        ],
        effective: "2008-05-01",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[TESTSSL, OPENSSL, OPENSSL_WITHOUT_NAME],
    };

    fn check(_: &NoParams, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let is_service = subject.endpoint().is_some();
        for chain in subject.chains() {
            findings.add(judged(chain, is_service).required(REQUIRED));
        }
        not_all_shown(other_chains(subject), REQUIRED, findings);
    }
}

fn judged(chain: &PresentedView<'_>, is_service: bool) -> Draft {
    let Some(leaf) = chain.leaf() else {
        return Draft::unknown(
            "The chain is empty.",
            vec![Gap::new(GapReason::Truncated, "the chain has no certificate")],
        );
    };
    let distrusted = chain.presented.tool_trust.fact().filter(|fact| !fact.value.trusted);
    let self_signed = leaf.decoded().is_some_and(|parsed| parsed.is_self_issued() == Some(true));
    let self_issued_ca = self_signed && leaf.decoded().is_some_and(|parsed| parsed.is_ca() == Some(true));
    // A root CA is for no host; a certificate that names one serves it.
    let names_hosts = leaf.decoded().is_some_and(|parsed| parsed.names().next().is_some());
    let who = called(leaf);
    if let Some(fact) = distrusted {
        let draft = Draft::fail(sentence(&format!(
            "the scanner does not trust the chain of {who}; it says {}",
            fact.value.reason
        )))
        .certificate(leaf, "its chain is not trusted")
        .cite(&fact.words, &fact.value.reason)
        .basis(Basis::ToolSays);
        return if self_signed { draft.cite(leaf.words(), "it is self-signed") } else { draft };
    }
    if self_signed && (is_service || names_hosts || !self_issued_ca) {
        return Draft::fail(sentence(&format!("{who} is self-signed: nobody vouches for it")))
            .certificate(leaf, "subject and issuer are the same")
            .basis(Basis::Computed);
    }
    let gap = if self_issued_ca {
        Gap::new(
            GapReason::Unsupported,
            "it is self-signed: a root CA's certificate by itself says nothing about a service",
        )
    } else {
        Gap::new(GapReason::Unsupported, "this version does not verify signatures and paths yet")
    };
    Draft::unknown(sentence(&format!("that the chain of {who} leads to a trusted root CA is not proven")), vec![gap])
        .certificate(leaf, "its chain is not verified")
}
