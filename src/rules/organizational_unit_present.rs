//! `organizational-unit-present`: certificates since September 2022 have no organizational unit.

use super::demands::{Answer, Demand, Whose, baseline, each_demand, listed};
use super::{About, Context, Findings, NoParams, OPENSSL, OPENSSL_WITHOUT_NAME, Rule, Subject, TESTSSL};
use crate::evidence::SubjectKind;
use crate::pki::ParsedCertificate;

/// See [`Rule::ABOUT`].
pub(super) struct OrganizationalUnitPresent;

/// 2022-09-01 in seconds since 1970.
const SINCE: i64 = 1_661_990_400;

const DEMANDS: &[Demand] = &[Demand::new("organizational-unit", has_none).since(SINCE)];

impl Rule for OrganizationalUnitPresent {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "organizational-unit-present",
        title: "no organizational unit",
        checks: "Whether a server's certificate that is valid from 2022-09-01 on has an organizationalUnitName in its subject. \
                 Earlier ones may have one.",
        why: "No CA can check what stands there: whoever orders the certificate writes it, and people take it for vetted.",
        fix: &[("any", "leave the organizational unit out of the request; expect none where names are compared")],
        citations: &[baseline(
            "section 7.1.2.7: organizationalUnitName MUST NOT stand in the subject, since 2022-09-01",
        )],
        effective: "2022-09-01",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[TESTSSL, OPENSSL, OPENSSL_WITHOUT_NAME],
    };

    fn check(_: &NoParams, context: &Context<'_>, subject: &Subject<'_>, findings: &mut Findings) {
        let (required, all) = ("no organizational unit", "has no organizational unit, or is older than their end");
        each_demand(context, subject, Whose::Servers, DEMANDS, required, all, findings);
    }
}

fn has_none(certificate: &ParsedCertificate) -> Answer {
    match &certificate.subject {
        Err(why) => Answer::Open("its subject", why.clone()),
        Ok(subject) => match subject.organizational_units().as_slice() {
            [] => Answer::Meets,
            units => Answer::Departs(format!("has the organizational unit {}", listed(units))),
        },
    }
}
