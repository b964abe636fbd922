//! `certificate-not-yet-valid`: no certificate begins after the instant judged.

use super::certificates::{called, each_certificate, unreadable};
use super::{About, Clause, Context, Draft, Findings, NoParams, OPENSSL, OPENSSL_WITHOUT_NAME, Rule, Subject, TESTSSL};
use crate::evaluate::sentence;
use crate::evidence::{Basis, SubjectKind};

/// See [`Rule::ABOUT`].
pub(super) struct CertificateNotYetValid;

impl Rule for CertificateNotYetValid {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "certificate-not-yet-valid",
        title: "certificates that are already valid",
        checks: "The start of validity of every certificate that was shown, against the instant judged. The first second is \
                 valid.",
        why: "Clients refuse a certificate from the future as they refuse an expired one. Mostly it was installed too early, or \
              a clock is wrong.",
        fix: &[("any", "serve the earlier certificate until the new one begins; check the clocks of server and CA")],
        citations: &[Clause {
            document: "RFC 5280",
            clause: "section 4.1.2.5: the validity period begins with notBefore, inclusive",
            url: "https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5",
            date: "2008-05",
        }],
        effective: "2008-05-01",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[TESTSSL, OPENSSL, OPENSSL_WITHOUT_NAME],
    };

    fn check(_: &NoParams, context: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        each_certificate(subject, "a certificate that has begun", findings, &|certificate| {
            let Some(start) = certificate.decoded().and_then(|parsed| parsed.not_before.as_ref().ok().copied()) else {
                return unreadable(certificate, "its start of validity");
            };
            let who = called(certificate);
            let draft = if context.at < start {
                Draft::fail(sentence(&format!("{who} begins on {start}, after {}", context.at)))
            } else {
                Draft::pass(sentence(&format!("{who} is valid since {start}")))
            };
            draft.certificate(certificate, &format!("begins {start}")).basis(Basis::Computed)
        });
    }
}
