//! `leaf-extensions-unsound`: a server's certificate has the extensions of its profile, and no CA's.

use super::demands::{Answer, Demand, Whose, baseline, each_demand, rfc5280};
use super::{About, Context, Findings, NoParams, OPENSSL, OPENSSL_WITHOUT_NAME, Rule, Subject, TESTSSL};
use crate::evidence::SubjectKind;
use crate::pki::extension::Field;
use crate::pki::{ParsedCertificate, oid};

/// See [`Rule::ABOUT`].
pub(super) struct LeafExtensionsUnsound;

const DEMANDS: &[Demand] = &[
    Demand::new("name-constraints", no_constraints),
    Demand::new("key-usage", signs_no_certificates),
    Demand::new("subject", criticality_of_names),
    Demand::new("authority-access", has_access),
    Demand::new("policies", has_policies),
];

impl Rule for LeafExtensionsUnsound {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "leaf-extensions-unsound",
        title: "the extensions of a server's certificate",
        checks: "Of a server's certificate: no name constraints; a key usage, where there is one, that signs neither certificates \
                 nor revocation lists; alternative names that are critical exactly where the subject is empty; authority \
                 information access and certificate policies, neither of them critical. Key identifiers, purposes and the \
                 names themselves are the matter of other rules.",
        why: "Each extension is for whoever has to build, check or revoke a chain. A leaf with those of a CA is one slip away \
              from being taken for a CA.",
        fix: &[("any", "have a certificate issued by a profile for TLS servers")],
        citations: &[
            baseline("section 7.1.2.7.6: extensions of subscriber certificates"),
            rfc5280("sections 4.2.1.3, 4.2.1.6 and 4.2.1.10: key usage, alternative names, name constraints"),
        ],
        effective: "2023-09-15",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[TESTSSL, OPENSSL, OPENSSL_WITHOUT_NAME],
    };

    fn check(_: &NoParams, context: &Context<'_>, subject: &Subject<'_>, findings: &mut Findings) {
        let (required, all) =
            ("the extensions of a server's certificate", "has the extensions of a server's certificate");
        each_demand(context, subject, Whose::Servers, DEMANDS, required, all, findings);
    }
}

fn no_constraints(certificate: &ParsedCertificate) -> Answer {
    match &certificate.extensions.name_constraints {
        Field::Absent => Answer::Meets,
        // Nothing else has this identifier.
        _ if certificate.extensions.list.iter().any(|one| one.oid == oid::NAME_CONSTRAINTS) => {
            Answer::Departs("is no CA's and has name constraints".to_owned())
        }
        Field::Decoded(()) => Answer::Departs("is no CA's and has name constraints".to_owned()),
        Field::Undecodable(why) => Answer::Open("whether it has name constraints", why.clone()),
    }
}

fn signs_no_certificates(certificate: &ParsedCertificate) -> Answer {
    match &certificate.extensions.key_usage {
        Field::Undecodable(why) => Answer::Open("its key usage", why.clone()),
        Field::Decoded(usage) if usage.key_cert_sign() => {
            Answer::Departs("is no CA's, and its key may sign certificates".to_owned())
        }
        Field::Decoded(usage) if usage.crl_sign() => {
            Answer::Departs("is no CA's, and its key may sign revocation lists".to_owned())
        }
        Field::Absent | Field::Decoded(_) => Answer::Meets,
    }
}

fn criticality_of_names(certificate: &ParsedCertificate) -> Answer {
    let extensions = &certificate.extensions;
    let Ok(subject) = &certificate.subject else { return Answer::Open("its subject", "it cannot be read".to_owned()) };
    match (extensions.is_critical(oid::SUBJECT_ALTERNATIVE_NAME), subject.is_empty()) {
        (true, false) => Answer::Departs("has a critical subject alternative name beside a subject".to_owned()),
        (false, true) if extensions.list.iter().any(|one| one.oid == oid::SUBJECT_ALTERNATIVE_NAME) => {
            Answer::Departs("has no subject, and its alternative name is not critical".to_owned())
        }
        _ => Answer::Meets,
    }
}

fn has_access(certificate: &ParsedCertificate) -> Answer {
    let field = &certificate.extensions.authority_information_access;
    required(certificate, field, oid::AUTHORITY_INFORMATION_ACCESS, "authority information access")
}

fn has_policies(certificate: &ParsedCertificate) -> Answer {
    let field = &certificate.extensions.certificate_policies;
    required(certificate, field, oid::CERTIFICATE_POLICIES, "certificate policies")
}

/// Must be there, and not be critical.
fn required<T>(certificate: &ParsedCertificate, field: &Field<T>, oid: &str, what: &'static str) -> Answer {
    match field {
        Field::Absent => Answer::Departs(format!("has no {what}")),
        _ if certificate.extensions.is_critical(oid) => Answer::Departs(format!("has {what} that are critical")),
        Field::Decoded(_) => Answer::Meets,
        Field::Undecodable(why) => Answer::Open(what, why.clone()),
    }
}
