//! `certificate-malformed`: certificates are encoded as RFC 5280 has it.

use super::demands::{Answer, Demand, Whose, each_demand, rfc5280};
use super::{About, Context, Findings, NoParams, OPENSSL, OPENSSL_WITHOUT_NAME, Rule, Subject, TESTSSL};
use crate::evidence::SubjectKind;
use crate::gathered::Gathered;
use crate::letters::beginning;
use crate::pki::ParsedCertificate;

/// See [`Rule::ABOUT`].
pub(super) struct CertificateMalformed;

const DEMANDS: &[Demand] =
    &[Demand::new("encoding", is_well_formed), Demand::new("extensions", has_readable_extensions)];

impl Rule for CertificateMalformed {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "certificate-malformed",
        title: "certificates encoded as RFC 5280 has it",
        checks: "What in a certificate breaks the encoding and could be read all the same: validity that is not UTCTime with \
                 seconds and `Z` up to 2049 and GeneralizedTime from 2050 on, versions and algorithms that contradict each other, \
                 bytes behind the end; and extensions that cannot be read. Serial numbers have a rule of their own.",
        why: "Strict clients refuse such a certificate, and lenient ones differ in what they read: what one took for a limit, \
              the other overlooks.",
        fix: &[("any", "have a certificate issued by a CA whose software writes DER as RFC 5280 has it")],
        citations: &[rfc5280("sections 4.1 and 4.2: the fields and extensions; section 4.1.2.5: UTCTime through 2049")],
        effective: "2008-05-01",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[TESTSSL, OPENSSL, OPENSSL_WITHOUT_NAME],
    };

    fn check(_: &NoParams, context: &Context<'_>, subject: &Subject<'_>, findings: &mut Findings) {
        let required = "the encoding of RFC 5280";
        each_demand(context, subject, Whose::All, DEMANDS, required, "is encoded as RFC 5280 has it", findings);
    }
}

/// What somebody else's bytes say is not repeated at any length.
const MOST: usize = 300;

fn is_well_formed(certificate: &ParsedCertificate) -> Answer {
    let notes = certificate.tolerated.iter().filter(|note| !note.starts_with("the serial number"));
    let notes = notes.map(String::as_str).gathered().join("; ");
    if !notes.is_empty() {
        return Answer::Departs(format!("is not well formed: {}", beginning(&notes, MOST)));
    }
    let fields = [certificate.not_before.as_ref().err(), certificate.not_after.as_ref().err()];
    match fields.into_iter().flatten().next() {
        Some(why) => Answer::Departs(format!("has a validity that cannot be read: {}", beginning(why, MOST))),
        None => Answer::Meets,
    }
}

fn has_readable_extensions(certificate: &ParsedCertificate) -> Answer {
    match certificate.extensions.problems.first() {
        None => Answer::Meets,
        Some(problem) => {
            let name = problem.name.unwrap_or(&problem.oid);
            let why = beginning(&problem.message, MOST);
            Answer::Departs(format!("has an extension {name} that cannot be read: {why}"))
        }
    }
}
