//! `certificate-expired`: no certificate is past its end at the instant judged.

use super::certificates::{called, each_certificate, unreadable};
use super::{About, Clause, Context, Draft, Findings, NoParams, OPENSSL, OPENSSL_WITHOUT_NAME, Rule, Subject, TESTSSL};
use crate::evaluate::sentence;
use crate::evidence::{Basis, Certificate, SubjectKind};

/// See [`Rule::ABOUT`].
pub(super) struct CertificateExpired;

impl Rule for CertificateExpired {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "certificate-expired",
        title: "no expired certificate",
        checks: "The end of validity of every certificate that was shown, against the instant judged. The last second is \
                 still valid.",
        why: "Clients break the connection off, or fall back to sending in the clear, and nobody is bound any longer to \
              revoke the certificate when its key is stolen.",
        fix: &[(
            "any",
            "renew the certificate, install it with its chain, and reload the service; automate it (RFC 8555)",
        )],
        citations: &[Clause {
            document: "RFC 5280",
            clause: "section 4.1.2.5: the validity period ends with notAfter, inclusive",
            url: "https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5",
            date: "2008-05",
        }],
        effective: "2008-05-01",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[TESTSSL, OPENSSL, OPENSSL_WITHOUT_NAME],
    };

    fn check(_: &NoParams, context: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        each_certificate(subject, "a certificate that has not ended", findings, &|certificate| {
            if let Certificate::Reported(reported) = certificate.shown {
                return match &reported.not_after {
                    Some(end) if context.at > end.value => {
                        Draft::fail(format!("The scanner reports that the certificate ended on {}.", end.value))
                            .cite(&end.words, &format!("ends {}", end.value))
                            .basis(Basis::ToolSays)
                    }
                    _ => unreadable(certificate, "its end of validity"),
                };
            }
            let Some(end) = certificate.decoded().and_then(|parsed| parsed.not_after.as_ref().ok().copied()) else {
                return unreadable(certificate, "its end of validity");
            };
            let who = called(certificate);
            let days = end.days_since(context.at);
            let observed = format!("ends {end}");
            let draft = if context.at > end {
                Draft::fail(sentence(&format!("{who} ended on {end}, {} days before {}", -days, context.at.date())))
            } else {
                Draft::pass(sentence(&format!("{who} is valid until {end}, {days} days from {}", context.at.date())))
            };
            draft.certificate(certificate, &observed).basis(Basis::Computed)
        });
    }
}
