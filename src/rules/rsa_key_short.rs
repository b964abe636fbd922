//! `rsa-key-short`: every RSA key has at least the policy's bits.

use serde::Serialize;

use super::certificates::{called, each_certificate, unreadable};
use super::{
    About, Clause, Context, Draft, Findings, OPENSSL, OPENSSL_WITHOUT_NAME, Parameters, Rule, Subject, TESTSSL,
};
use crate::evaluate::sentence;
use crate::evidence::{Basis, Certificate, CertificateView, Gap, GapReason, SubjectKind};
use crate::pki::KeyAlgorithm;

use crate::settings::Members;
/// See [`Rule::ABOUT`].
pub(super) struct RsaKeyShort;

/// The smallest modulus, in bits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Params {
    minimum_bits: u32,
}

impl Parameters for Params {
    fn set(&mut self, members: &mut Members<'_, '_>) {
        members.set("minimumBits", &mut self.minimum_bits);
    }
}

impl Default for Params {
    fn default() -> Self {
        Self { minimum_bits: 2048 }
    }
}

impl Rule for RsaKeyShort {
    type Params = Params;

    const ABOUT: About = About {
        id: "rsa-key-short",
        title: "RSA keys of 2048 bits or more",
        checks: "The modulus of every RSA key in every certificate that was shown, counted from its value: a key of 2047 bits \
                 is not one of 2048.",
        why: "A 1024-bit key is within reach of a well-funded attacker, who can then answer in the server's name and, \
              without forward secrecy, read what was recorded.",
        fix: &[(
            "any",
            "make a new key (openssl genrsa 3072, or an ECDSA key on P-256) and have a new certificate issued for it",
        )],
        citations: &[
            Clause {
                document: "Microsoft, Office 365 encryption for data in transit",
                clause: "certificates have a minimum of 2048 bits",
                url: "https://learn.microsoft.com/purview/office-365-encryption-in-transit",
                date: "undated",
            },
            Clause {
                document: "CA/Browser Forum Baseline Requirements",
                clause: "section 6.1.5: RSA modulus of at least 2048 bits",
                url: "https://cabforum.org/working-groups/server/baseline-requirements/documents/",
                date: "2014-01-01",
            },
            Clause {
                document: "RFC 9325",
                clause: "section 4.5",
                url: "https://www.rfc-editor.org/rfc/rfc9325#section-4.5",
                date: "2022-11",
            },
        ],
        effective: "2014-01-01",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[TESTSSL, OPENSSL, OPENSSL_WITHOUT_NAME],
    };

    fn check(params: &Params, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let minimum = params.minimum_bits;
        each_certificate(subject, &format!("RSA keys of at least {minimum} bits"), findings, &|certificate| {
            match certificate.shown {
                Certificate::Der(_) => decoded(certificate, minimum),
                Certificate::Reported(reported) => {
                    let short = reported.key_bits.as_ref().filter(|bits| bits.value < minimum);
                    let is_rsa = reported.key_algorithm.as_ref().is_some_and(|algorithm| algorithm.value == "RSA");
                    match short {
                        Some(bits) if is_rsa => Draft::fail(format!(
                            "The scanner reports an RSA key of {} bits; at least {minimum} are required.",
                            bits.value
                        ))
                        .cite(&bits.words, &format!("RSA {} bits", bits.value))
                        .basis(Basis::ToolSays),
                        _ => unreadable(certificate, "its key"),
                    }
                }
            }
        });
    }
}

fn decoded(certificate: &CertificateView<'_>, minimum: u32) -> Draft {
    let Some(key) = certificate.decoded().and_then(|parsed| parsed.key.as_ref().ok()) else {
        return unreadable(certificate, "its key");
    };
    let who = called(certificate);
    match (&key.algorithm, key.bits) {
        (KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss, Some(bits)) if bits < minimum => {
            Draft::fail(sentence(&format!("the RSA key of {who} has {bits} bits; at least {minimum} are required")))
                .certificate(certificate, &format!("RSA {bits} bits"))
                .basis(Basis::Computed)
        }
        (KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss, Some(bits)) => {
            Draft::pass(sentence(&format!("the RSA key of {who} has {bits} bits")))
                .certificate(certificate, &format!("RSA {bits} bits"))
                .basis(Basis::Computed)
        }
        (KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss, None) => unreadable(certificate, "the size of its key"),
        (algorithm, _) if algorithm.is_judged() => {
            Draft::not_applicable(sentence(&format!("{who} has no RSA key but {algorithm}")))
                .certificate(certificate, &algorithm.to_string())
        }
        (algorithm, _) => Draft::unknown(
            sentence(&format!("{who} has a key that no rule judges: {algorithm}")),
            vec![Gap::new(GapReason::Unsupported, format!("how strong {algorithm} is, is not judged"))],
        )
        .certificate(certificate, &algorithm.to_string()),
    }
}
