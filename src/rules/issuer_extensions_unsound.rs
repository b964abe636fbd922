//! `issuer-extensions-unsound`: a CA's certificate says what the CA may do, in extensions that cannot be overlooked.

use super::demands::{Answer, Demand, Whose, baseline, each_demand, rfc5280};
use super::{About, Context, Findings, NoParams, OPENSSL, OPENSSL_WITHOUT_NAME, Rule, Subject, TESTSSL};
use crate::evidence::SubjectKind;
use crate::pki::extension::Field;
use crate::pki::path::has_dotted_constraint;
use crate::pki::{ParsedCertificate, oid};

/// See [`Rule::ABOUT`].
pub(super) struct IssuerExtensionsUnsound;

const DEMANDS: &[Demand] = &[
    Demand::new("subject", has_subject),
    Demand::new("basic-constraints", is_ca),
    Demand::new("key-usage", says_usage),
    Demand::new("root-purposes", root_names_none),
    Demand::new("name-constraints", constraints_are_critical).should(),
    Demand::new("name-constraints-form", constraints_have_no_dot),
    Demand::new("policy-constraints", policy_constraints_are_critical),
];

const POLICY_CONSTRAINTS: &str = "2.5.29.36";

impl Rule for IssuerExtensionsUnsound {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "issuer-extensions-unsound",
        title: "the extensions of a CA's certificate",
        checks: "Of every CA certificate that was shown: a subject; basic constraints that are critical and say that it is a CA; a \
                 key usage that signs certificates; no extended key usage in a root; name constraints that are critical (a \
                 should-fix, since old clients refuse what they do not know) and whose DNS names have no leading dot; policy \
                 constraints that are critical.",
        why: "A client that overlooks the limits of a CA trusts it beyond them, and one that finds them odd refuses the chain.",
        fix: &[("any", "use an issuing CA whose certificate follows RFC 5280, and send that one")],
        citations: &[
            rfc5280("sections 4.1.2.6, 4.2.1.3, 4.2.1.9, 4.2.1.10 and 4.2.1.11"),
            baseline("sections 7.1.2.1 to 7.1.2.6: certificates of root and subordinate CAs"),
        ],
        effective: "2008-05-01",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[TESTSSL, OPENSSL, OPENSSL_WITHOUT_NAME],
    };

    fn check(_: &NoParams, context: &Context<'_>, subject: &Subject<'_>, findings: &mut Findings) {
        let (required, all) = ("the extensions of a CA's certificate", "has the extensions of a CA's certificate");
        each_demand(context, subject, Whose::Issuers, DEMANDS, required, all, findings);
    }
}

fn has_subject(certificate: &ParsedCertificate) -> Answer {
    match &certificate.subject {
        Ok(subject) => Answer::unless(!subject.is_empty(), "is a CA's and has an empty subject"),
        Err(why) => Answer::Open("its subject", why.clone()),
    }
}

fn is_ca(certificate: &ParsedCertificate) -> Answer {
    match &certificate.extensions.basic_constraints {
        Field::Absent => Answer::Departs("issues certificates without basic constraints".to_owned()),
        Field::Undecodable(why) => Answer::Open("its basic constraints", why.clone()),
        Field::Decoded(constraints) if !constraints.ca => {
            Answer::Departs("is no CA's by its basic constraints".to_owned())
        }
        Field::Decoded(_) => {
            let is_critical = certificate.extensions.is_critical(oid::BASIC_CONSTRAINTS);
            Answer::unless(is_critical, "has basic constraints that are not critical")
        }
    }
}

fn says_usage(certificate: &ParsedCertificate) -> Answer {
    match &certificate.extensions.key_usage {
        Field::Absent => Answer::Departs("is a CA's and does not say what its key may do".to_owned()),
        Field::Undecodable(why) => Answer::Open("its key usage", why.clone()),
        Field::Decoded(usage) => {
            Answer::unless(usage.key_cert_sign(), "is a CA's, and its key may not sign certificates")
        }
    }
}

fn root_names_none(certificate: &ParsedCertificate) -> Answer {
    let is_root = certificate.is_self_issued() == Some(true);
    let names = certificate.extensions.list.iter().any(|one| one.oid == oid::EXTENDED_KEY_USAGE);
    Answer::unless(!(is_root && names), "is a root that names purposes")
}

fn constraints_are_critical(certificate: &ParsedCertificate) -> Answer {
    is_critical_if_there(certificate, oid::NAME_CONSTRAINTS, "has name constraints that are not critical")
}

fn constraints_have_no_dot(certificate: &ParsedCertificate) -> Answer {
    match &certificate.extensions.name_constraints {
        Field::Undecodable(why) => Answer::Open("its name constraints", why.clone()),
        _ => Answer::unless(!has_dotted_constraint(certificate), "has a DNS name constraint with a leading dot"),
    }
}

fn policy_constraints_are_critical(certificate: &ParsedCertificate) -> Answer {
    is_critical_if_there(certificate, POLICY_CONSTRAINTS, "has policy constraints that are not critical")
}

fn is_critical_if_there(certificate: &ParsedCertificate, oid: &str, words: &str) -> Answer {
    Answer::unless(!certificate.extensions.list.iter().any(|one| one.oid == oid && !one.critical), words)
}
