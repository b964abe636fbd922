//! `weak-signature`: no certificate is signed over MD2, MD4, MD5 or SHA-1.

use super::certificates::{called, each_certificate, unreadable};
use super::{About, Clause, Context, Draft, Findings, NoParams, OPENSSL, OPENSSL_WITHOUT_NAME, Rule, Subject};
use crate::evaluate::sentence;
use crate::evidence::{Basis, CertificateView, SubjectKind};
use crate::pki::ParsedCertificate;
use crate::pki::algorithm::HashAlgorithm;

/// See [`Rule::ABOUT`].
pub(super) struct WeakSignature;

impl Rule for WeakSignature {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "weak-signature",
        title: "certificates signed over SHA-2 or better",
        checks: "The hash that the signature of every certificate rests on: not MD2, MD4, MD5 or SHA-1. A root's signature of \
                 itself is left out, since nobody relies on it; a self-signed certificate of a service is not.",
        why: "Two certificates with the same MD5 or SHA-1 hash can be made: whoever gets one signed has the other one signed \
              as well, with any name in it. Exchange refuses TLS 1.2 where the chain has MD5.",
        fix: &[(
            "any",
            "have the certificate issued again over SHA-256; replace a CA certificate by the CA's present one",
        )],
        citations: &[
            Clause {
                document: "Microsoft, Technical reference details about encryption",
                clause: "certificates signed over SHA-1 are refused since 2016-06",
                url: "https://learn.microsoft.com/purview/technical-reference-details-about-encryption",
                date: "2016-06",
            },
            Clause {
                document: "CA/Browser Forum Baseline Requirements 2.2.6",
                clause: "section 7.1.3.2: signature algorithms; the last uses of SHA-1 end on 2026-09-15",
                url: "https://cabforum.org/working-groups/server/baseline-requirements/documents/",
                date: "2026-03-31",
            },
            Clause {
                document: "RFC 9155",
                clause: "MD5 and SHA-1 signatures are deprecated in TLS 1.2",
                url: "https://www.rfc-editor.org/rfc/rfc9155",
                date: "2021-12",
            },
        ],
        effective: "2016-06-01",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[OPENSSL, OPENSSL_WITHOUT_NAME],
    };

    fn check(_: &NoParams, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let is_service = subject.endpoint().is_some();
        each_certificate(subject, "signatures over SHA-224 or better", findings, &|certificate| {
            let Some(parsed) = certificate.decoded() else { return unreadable(certificate, "its signature algorithm") };
            let Ok(algorithm) = &parsed.signature_algorithm else {
                return unreadable(certificate, "its signature algorithm");
            };
            let who = called(certificate);
            let observed = format!("signed with {algorithm}");
            let is_served_leaf = is_service && certificate.is_leaf;
            let draft = match algorithm.hash {
                None => return unknown_hash(certificate, &algorithm.to_string()),
                Some(_) if !is_served_leaf && is_root(parsed) => {
                    return Draft::not_applicable(sentence(&format!(
                        "{who} is a root: its own signature proves nothing"
                    )))
                    .certificate(certificate, &observed);
                }
                Some(hash @ (HashAlgorithm::Md2 | HashAlgorithm::Md4 | HashAlgorithm::Md5 | HashAlgorithm::Sha1)) => {
                    Draft::fail(sentence(&format!("{who} is signed over {hash}; SHA-224 or better is required")))
                }
                Some(hash) => Draft::pass(sentence(&format!("{who} is signed over {hash}"))),
            };
            draft.certificate(certificate, &observed).basis(Basis::Computed)
        });
    }
}

/// By its names, key identifiers and constraints: the signature itself is not verified here.
fn is_root(parsed: &ParsedCertificate) -> bool {
    parsed.issued_by_name(parsed) && parsed.is_ca() == Some(true)
}

fn unknown_hash(certificate: &CertificateView<'_>, algorithm: &str) -> Draft {
    let mut draft = unreadable(certificate, "the hash of its signature");
    draft.summary = format!("Which hash the signature algorithm {algorithm} rests on is not known here.");
    draft
}
