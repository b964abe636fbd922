//! `must-staple-without-staple`: a server whose certificate demands an OCSP response sends one.

use super::certificates::{called, not_all_shown, other_chains, unreadable};
use super::{About, Clause, Context, Draft, Findings, NoParams, OPENSSL_STATUS, Rule, Subject, TESTSSL};
use crate::evaluate::sentence;
use crate::evidence::{Basis, CertificateView, Fact, Gap, GapReason, RevocationEvidence, SubjectKind};
use crate::gathered::Gathered;

const REQUIRED: &str = "an OCSP response with the certificate";

/// See [`Rule::ABOUT`].
pub(super) struct MustStapleWithoutStaple;

impl Rule for MustStapleWithoutStaple {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "must-staple-without-staple",
        title: "an OCSP response where the certificate demands one",
        checks: "Whether the server sends an OCSP response with a certificate that has the TLS feature `status_request` (\"OCSP \
                 must staple\"). It fails where a report shows that one was asked for and none came. That one came is \
                 told of; it passes only where the response itself is there and good for this certificate. Certificates without the feature are not concerned.",
        why: "Clients that know the feature break the connection off when the response is missing.",
        fix: &[
            ("nginx", "ssl_stapling on; ssl_stapling_verify on; and a resolver, so that it can ask the responder"),
            ("Apache", "SSLUseStapling on, and SSLStaplingCache"),
            ("any", "or get a certificate without the TLS feature extension"),
        ],
        citations: &[
            Clause {
                document: "RFC 7633",
                clause: "section 4.2.2: a server that does not send what the feature demands is to be rejected",
                url: "https://www.rfc-editor.org/rfc/rfc7633#section-4.2.2",
                date: "2015-10",
            },
            Clause {
                document: "RFC 6066",
                clause: "section 8: certificate status request",
                url: "https://www.rfc-editor.org/rfc/rfc6066#section-8",
                date: "2011-01",
            },
        ],
        effective: "2015-10-01",
        subjects: &[SubjectKind::Endpoint],
        decide_by: &[OPENSSL_STATUS, TESTSSL],
    };

    fn check(_: &NoParams, context: &Context<'_>, subject: &Subject<'_>, findings: &mut Findings) {
        let mut facts: Vec<&Fact<bool>> = Vec::new();
        let beside = context.revocations.beside(subject);
        for said in &beside {
            if let RevocationEvidence::Stapled(fact) = said {
                facts.push(fact);
            }
        }
        for chain in subject.chains() {
            let Some(leaf) = chain.leaf() else { continue };
            findings.add(stapled(context, leaf, &beside).unwrap_or_else(|| judged(leaf, &facts)).required(REQUIRED));
        }
        not_all_shown(other_chains(subject), REQUIRED, findings);
    }
}

/// A response that came with a certificate that demands one, and is good for it.
fn stapled(context: &Context<'_>, leaf: &CertificateView<'_>, beside: &[&RevocationEvidence]) -> Option<Draft> {
    let parsed = leaf.decoded().filter(|parsed| parsed.extensions.must_staple() == Some(true))?;
    let is_good = |said: &&RevocationEvidence| match said {
        RevocationEvidence::OcspResponse(fact) => {
            context.revocations.is_good_staple(fact, parsed).then_some(fact.words.clone())
        }
        _ => None,
    };
    let words = beside.iter().find_map(is_good)?;
    let summary = format!("{} demands an OCSP response, and a good one comes with it", called(leaf));
    let draft = Draft::pass(sentence(&summary)).certificate(leaf, "it has the TLS feature `status_request`");
    Some(draft.cite(&words, "a good OCSP response").basis(Basis::Computed))
}

fn judged(leaf: &CertificateView<'_>, facts: &[&Fact<bool>]) -> Draft {
    let Some(demands) = leaf.decoded().and_then(|parsed| parsed.extensions.must_staple()) else {
        return unreadable(leaf, "whether it demands an OCSP response");
    };
    let who = called(leaf);
    if !demands {
        let words = format!("{who} does not demand an OCSP response");
        return Draft::not_applicable(sentence(&words)).certificate(leaf, "it has no TLS feature `status_request`");
    }
    let none: Vec<&&Fact<bool>> = facts.iter().filter(|fact| !fact.value).gathered();
    if let (Some(first), true) = (none.first(), none.len() == facts.len()) {
        let words = format!("{who} demands an OCSP response, and the server sent none though one was asked for");
        let draft = Draft::fail(sentence(&words)).certificate(leaf, "it has the TLS feature `status_request`");
        return none.iter().fold(draft, |draft, fact| draft.cite(&fact.words, "no OCSP response")).basis(first.basis);
    }
    let words: Vec<_> = facts.iter().flat_map(|fact| fact.words.iter().copied()).gathered();
    let gap = match (facts.is_empty(), none.is_empty()) {
        (true, _) => Gap::new(GapReason::NotAttempted, "no report shows that an OCSP response was asked for"),
        (false, true) => Gap::new(GapReason::NotReportedByFormat, "a response was sent; the report does not show it"),
        (false, false) => Gap::new(GapReason::Contradicted, "a response was sent once, and once not"),
    };
    let summary = format!("whether an OCSP response is sent with {who}, which demands it, is not proven");
    Draft::unknown(sentence(&summary), vec![gap.at(words)]).certificate(leaf, "it has the TLS feature `status_request`")
}
