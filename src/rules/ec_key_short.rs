//! `ec-key-short`: every elliptic-curve key is on a curve of at least the policy's bits.

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
pub(super) struct EcKeyShort;

/// The smallest curve, in bits of its field.
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
        Self { minimum_bits: 256 }
    }
}

/// Ed25519 keys have 255 bits of field and the strength of P-256 ([RFC 8032 §8.5](https://www.rfc-editor.org/rfc/rfc8032#section-8.5)).
const ED25519_COUNTS_AS: u32 = 256;
/// The bits of its field ([RFC 7748 §4.2](https://www.rfc-editor.org/rfc/rfc7748#section-4.2)).
const ED448_COUNTS_AS: u32 = 448;

impl Rule for EcKeyShort {
    type Params = Params;

    const ABOUT: About = About {
        id: "ec-key-short",
        title: "elliptic-curve keys of 256 bits or more",
        checks: "The curve of every elliptic-curve key in every certificate that was shown. Ed25519 counts as 256 bits.",
        why: "Half of a curve's bits is its strength. P-192 has 96 bits, less than any public CA may certify.",
        fix: &[(
            "any",
            "make a new key on P-256 (openssl ecparam -name prime256v1 -genkey) and have a new certificate issued for it",
        )],
        citations: &[
            Clause {
                document: "CA/Browser Forum Baseline Requirements",
                clause: "section 6.1.5: P-256, P-384 or P-521",
                url: "https://cabforum.org/working-groups/server/baseline-requirements/documents/",
                date: "2014-01-01",
            },
            Clause {
                document: "NIST SP 800-57 Part 1 Rev. 5",
                clause: "table 2: 2048-bit RSA has 112 bits of strength, P-256 has 128",
                url: "https://doi.org/10.6028/NIST.SP.800-57pt1r5",
                date: "2020-05",
            },
            Clause {
                document: "RFC 9325",
                clause: "section 4.5: curves of less than 224 bits MUST NOT be used for key agreement",
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
        each_certificate(
            subject,
            &format!("elliptic-curve keys of at least {minimum} bits"),
            findings,
            &|certificate| match certificate.shown {
                Certificate::Der(_) => decoded(certificate, minimum),
                Certificate::Reported(reported) => {
                    let short = reported.key_bits.as_ref().filter(|bits| bits.value < minimum);
                    let is_ec = reported.key_algorithm.as_ref().is_some_and(|algorithm| algorithm.value == "EC");
                    match short {
                        Some(bits) if is_ec => Draft::fail(format!(
                            "The scanner reports an elliptic-curve key of {} bits; at least {minimum} are required.",
                            bits.value
                        ))
                        .cite(&bits.words, &format!("EC {} bits", bits.value))
                        .basis(Basis::ToolSays),
                        _ => unreadable(certificate, "its key"),
                    }
                }
            },
        );
    }
}

fn decoded(certificate: &CertificateView<'_>, minimum: u32) -> Draft {
    let Some(key) = certificate.decoded().and_then(|parsed| parsed.key.as_ref().ok()) else {
        return unreadable(certificate, "its key");
    };
    let who = called(certificate);
    let bits = match key.algorithm {
        KeyAlgorithm::Ec(_) => key.bits,
        KeyAlgorithm::Ed25519 | KeyAlgorithm::Ed448 if key.problem.is_some() => None,
        KeyAlgorithm::Ed25519 => Some(ED25519_COUNTS_AS),
        KeyAlgorithm::Ed448 => Some(ED448_COUNTS_AS),
        ref other if !other.is_judged() => {
            return Draft::unknown(
                sentence(&format!("{who} has a key that no rule judges: {other}")),
                vec![Gap::new(GapReason::Unsupported, format!("how strong {other} is, is not judged"))],
            )
            .certificate(certificate, &other.to_string());
        }
        ref other => {
            return Draft::not_applicable(sentence(&format!("{who} has no elliptic-curve key but {other}")))
                .certificate(certificate, &other.to_string());
        }
    };
    let name = key.algorithm.to_string();
    match bits {
        Some(bits) if bits < minimum => Draft::fail(sentence(&format!(
            "the key of {who} is on a curve of {bits} bits ({name}); at least {minimum} are required"
        )))
        .certificate(certificate, &name)
        .basis(Basis::Computed),
        Some(bits) => Draft::pass(sentence(&format!("the key of {who} is on a curve of {bits} bits ({name})")))
            .certificate(certificate, &name)
            .basis(Basis::Computed),
        None => unreadable(certificate, "the curve of its key"),
    }
}
