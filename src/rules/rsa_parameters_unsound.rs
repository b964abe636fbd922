//! `rsa-parameters-unsound`: RSA keys have whole bytes and a public exponent that is odd and large enough.

use super::demands::{Answer, Demand, Whose, baseline, each_demand};
use super::{About, Context, Findings, NoParams, OPENSSL, OPENSSL_WITHOUT_NAME, Rule, Subject, TESTSSL};
use crate::evidence::SubjectKind;
use crate::pki::ParsedCertificate;
use crate::pki::key::{KeyAlgorithm, KeyInfo};

/// See [`Rule::ABOUT`].
pub(super) struct RsaParametersUnsound;

const DEMANDS: &[Demand] = &[
    Demand::new("modulus", has_whole_bytes),
    Demand::new("exponent", has_odd_exponent),
    Demand::new("exponent-size", has_large_exponent).should(),
];

impl Rule for RsaParametersUnsound {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "rsa-parameters-unsound",
        title: "RSA keys of whole bytes with a sound exponent",
        checks: "Of every RSA key: that the bits of the modulus are a multiple of 8, that the public exponent is odd and at least \
                 3, and, as a should-fix, that it is at least 65537. Its size is the matter of rsa-key-short.",
        why: "An even exponent is no RSA at all, and small ones have made faulty paddings forgeable (Bleichenbacher, 2006). A \
              modulus of broken bytes tells of a key made by hand.",
        fix: &[(
            "any",
            "make a new key with the exponent 65537 (openssl genrsa 3072) and have a certificate issued for it",
        )],
        citations: &[
            baseline("section 6.1.5: the modulus is a multiple of 8 bits"),
            baseline("section 6.1.6: the exponent is odd and at least 3, and should be between 2^16+1 and 2^256-1"),
        ],
        effective: "2012-07-01",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[TESTSSL, OPENSSL, OPENSSL_WITHOUT_NAME],
    };

    fn check(_: &NoParams, context: &Context<'_>, subject: &Subject<'_>, findings: &mut Findings) {
        let required = "an RSA modulus of whole bytes, and an exponent that is odd and at least 65537";
        each_demand(
            context,
            subject,
            Whose::All,
            DEMANDS,
            required,
            "has no RSA key, or one with sound parameters",
            findings,
        );
    }
}

/// The key, where it is one for RSA or cannot be told.
fn rsa(certificate: &ParsedCertificate) -> Result<Option<&KeyInfo>, Answer> {
    match &certificate.key {
        Err(why) => Err(Answer::Open("its key", why.clone())),
        Ok(key) => Ok(Some(key).filter(|key| matches!(key.algorithm, KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss))),
    }
}

fn has_whole_bytes(certificate: &ParsedCertificate) -> Answer {
    match rsa(certificate) {
        Err(open) => open,
        Ok(None) => Answer::Meets,
        Ok(Some(KeyInfo { bits: Some(bits), .. })) => {
            Answer::unless(bits % 8 == 0, &format!("has an RSA key of {bits} bits, which is no multiple of 8"))
        }
        Ok(Some(key)) => Answer::Open("its key", key.problem.clone().unwrap_or_default()),
    }
}

fn has_odd_exponent(certificate: &ParsedCertificate) -> Answer {
    match rsa(certificate) {
        // What cannot be read at all is said once, of the modulus.
        Err(_) | Ok(None | Some(KeyInfo { bits: None, .. })) => Answer::Meets,
        Ok(Some(KeyInfo { exponent: Some(exponent), .. })) => {
            let is_sound = exponent % 2 == 1 && *exponent >= 3;
            Answer::unless(
                is_sound,
                &format!("has an RSA key with the exponent {exponent}, which is not odd and at least 3"),
            )
        }
        Ok(Some(_)) => Answer::Open("its exponent", "the exponent has more than 64 bits".to_owned()),
    }
}

fn has_large_exponent(certificate: &ParsedCertificate) -> Answer {
    match rsa(certificate) {
        Ok(Some(KeyInfo { exponent: Some(exponent), .. })) if *exponent < 65_537 => Answer::Departs(format!(
            "has an RSA key with the exponent {exponent}; 65537 is the least that is recommended"
        )),
        _ => Answer::Meets,
    }
}
