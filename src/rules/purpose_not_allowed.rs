//! `purpose-not-allowed`: a server's certificate is for nothing that is not a server's or client's.

use super::demands::{Answer, Demand, Whose, baseline, each_demand, listed};
use super::{About, Context, Findings, NoParams, OPENSSL, OPENSSL_WITHOUT_NAME, Rule, Subject, TESTSSL};
use crate::evidence::SubjectKind;
use crate::gathered::Gathered;
use crate::pki::extension::Field;
use crate::pki::{ParsedCertificate, oid};

/// See [`Rule::ABOUT`].
pub(super) struct PurposeNotAllowed;

/// anyExtendedKeyUsage, codeSigning, emailProtection, timeStamping, OCSPSigning, and the purpose of those who sign
/// precertificates (RFC 6962 §3.1).
const FORBIDDEN: [&str; 6] = [
    "2.5.29.37.0",
    "1.3.6.1.5.5.7.3.3",
    "1.3.6.1.5.5.7.3.4",
    "1.3.6.1.5.5.7.3.8",
    "1.3.6.1.5.5.7.3.9",
    "1.3.6.1.4.1.11129.2.4.4",
];

const DEMANDS: &[Demand] = &[Demand::new("forbidden", has_none), Demand::new("critical", is_not_critical)];

impl Rule for PurposeNotAllowed {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "purpose-not-allowed",
        title: "no purposes beside TLS",
        checks: "Whether the extended key usage of a server's certificate has anyExtendedKeyUsage, or the purposes of code, mail, \
                 timestamps, OCSP responders or precertificates, or is critical. clientAuth is allowed; that serverAuth is \
                 there is the matter of purpose-missing.",
        why: "A key on a server that faces the internet is stolen more easily than others. What it may sign besides TLS, the \
              thief signs too.",
        fix: &[("any", "have a certificate issued whose extended key usage has serverAuth alone")],
        citations: &[baseline(
            "section 7.1.2.7.10: other key purposes MUST NOT be there; section 7.1.2.7.6: not critical",
        )],
        effective: "2023-09-15",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[TESTSSL, OPENSSL, OPENSSL_WITHOUT_NAME],
    };

    fn check(_: &NoParams, context: &Context<'_>, subject: &Subject<'_>, findings: &mut Findings) {
        let (required, all) = ("no purposes beside TLS", "names no purposes beside TLS");
        each_demand(context, subject, Whose::Servers, DEMANDS, required, all, findings);
    }
}

fn has_none(certificate: &ParsedCertificate) -> Answer {
    let purposes = match &certificate.extensions.extended_key_usage {
        Field::Absent => return Answer::Meets,
        Field::Undecodable(why) => return Answer::Open("its extended key usage", why.clone()),
        Field::Decoded(purposes) => purposes,
    };
    let found = purposes.iter().filter(|one| FORBIDDEN.contains(&one.as_str()));
    match found.map(|one| oid::name(one).unwrap_or(one)).gathered().as_slice() {
        [] => Answer::Meets,
        found => Answer::Departs(format!("is also for {}", listed(found))),
    }
}

fn is_not_critical(certificate: &ParsedCertificate) -> Answer {
    Answer::unless(!certificate.extensions.is_critical(oid::EXTENDED_KEY_USAGE), "has critical purposes")
}
