//! `key-identifier-unsound`: certificates say which key issued them, and CA certificates which key they have.

use super::demands::{Answer, Demand, Whose, baseline, each_demand, rfc5280};
use super::{About, Context, Findings, NoParams, OPENSSL, OPENSSL_WITHOUT_NAME, Rule, Subject, TESTSSL};
use crate::evidence::SubjectKind;
use crate::pki::extension::Field;
use crate::pki::{ParsedCertificate, oid};

/// See [`Rule::ABOUT`].
pub(super) struct KeyIdentifierUnsound;

const DEMANDS: &[Demand] = &[
    Demand::new("authority", names_authority),
    Demand::new("authority-form", has_key_alone),
    Demand::new("authority-critical", authority_is_not_critical),
    Demand::new("subject", has_subject),
    Demand::new("subject-critical", subject_is_not_critical),
];

impl Rule for KeyIdentifierUnsound {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "key-identifier-unsound",
        title: "key identifiers that lead to the issuer",
        checks: "Of every certificate: that its authority key identifier is there (one that signed itself may leave it out), has the \
                 identifier of a key and neither the issuer's name nor its serial number, and is not critical; that a CA's has a \
                 subject key identifier, which a self-signed one repeats; that this is not critical.",
        why: "Where a CA has several keys under one name, only the identifiers lead from a certificate to the right one. \
              Clients that go by them otherwise try the wrong one, and some then give up.",
        fix: &[(
            "any",
            "have a certificate issued with authorityKeyIdentifier=keyid and, for CAs, subjectKeyIdentifier=hash",
        )],
        citations: &[
            baseline(
                "section 7.1.2.11.1: authorityKeyIdentifier has a keyIdentifier alone; section 7.1.2: criticality",
            ),
            rfc5280("sections 4.2.1.1 and 4.2.1.2: key identifiers"),
        ],
        effective: "2008-05-01",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[TESTSSL, OPENSSL, OPENSSL_WITHOUT_NAME],
    };

    fn check(_: &NoParams, context: &Context<'_>, subject: &Subject<'_>, findings: &mut Findings) {
        let required = "key identifiers, not critical, of keys alone";
        each_demand(
            context,
            subject,
            Whose::All,
            DEMANDS,
            required,
            "has the key identifiers that it has to have",
            findings,
        );
    }
}

fn names_authority(certificate: &ParsedCertificate) -> Answer {
    let is_self_issued = certificate.is_self_issued() == Some(true);
    match &certificate.extensions.authority_key_identifier {
        Field::Undecodable(why) => Answer::Open("its authority key identifier", why.clone()),
        Field::Absent => Answer::Departs("has no authority key identifier".to_owned()).unless_self_signed(certificate),
        Field::Decoded(None) => Answer::Departs("has an authority key identifier without a key".to_owned()),
        Field::Decoded(Some(authority)) => {
            let own = certificate.extensions.subject_key_identifier.decoded();
            if !is_self_issued || own.is_none_or(|own| own == authority) {
                return Answer::Meets;
            }
            let differ = Answer::Departs("is self-signed, and its two key identifiers differ".to_owned());
            // A new key of a CA is signed by its old one, under the same name (RFC 5280 section 3.2).
            Answer::BySigner { itself: Box::new(differ), another: Box::new(Answer::Meets) }
        }
    }
}

fn has_key_alone(certificate: &ParsedCertificate) -> Answer {
    let names = certificate.extensions.authority_names_issuer();
    Answer::unless(!names, "names the issuer's name or serial number in its authority key identifier")
}

fn authority_is_not_critical(certificate: &ParsedCertificate) -> Answer {
    Answer::unless(
        !certificate.extensions.is_critical(oid::AUTHORITY_KEY_IDENTIFIER),
        "has a critical authority key identifier",
    )
}

fn has_subject(certificate: &ParsedCertificate) -> Answer {
    match (&certificate.extensions.subject_key_identifier, certificate.is_ca()) {
        (Field::Undecodable(why), _) => Answer::Open("its subject key identifier", why.clone()),
        (Field::Absent, Some(true)) => Answer::Departs("is a CA's and has no subject key identifier".to_owned()),
        _ => Answer::Meets,
    }
}

fn subject_is_not_critical(certificate: &ParsedCertificate) -> Answer {
    Answer::unless(
        !certificate.extensions.is_critical(oid::SUBJECT_KEY_IDENTIFIER),
        "has a critical subject key identifier",
    )
}
