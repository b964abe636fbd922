//! `certificate-expiring`: no certificate ends within the policy's days.

use serde::Serialize;

use super::certificates::{called, each_certificate, unreadable};
use super::{
    About, Clause, Context, Draft, Findings, OPENSSL, OPENSSL_WITHOUT_NAME, Parameters, Rule, Subject, TESTSSL,
};
use crate::evaluate::sentence;
use crate::evidence::{Basis, Certificate, SubjectKind};
use crate::time::{SECONDS_PER_DAY, Timestamp};

use crate::settings::Members;
/// See [`Rule::ABOUT`].
pub(super) struct CertificateExpiring;

/// How many days have to be left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Params {
    days: u32,
}

impl Parameters for Params {
    fn set(&mut self, members: &mut Members<'_, '_>) {
        members.set("days", &mut self.days);
    }
}

impl Default for Params {
    fn default() -> Self {
        Self { days: 30 }
    }
}

impl Rule for CertificateExpiring {
    type Params = Params;

    const ABOUT: About = About {
        id: "certificate-expiring",
        title: "certificates with 30 days left",
        checks: "How long every certificate that was shown is still valid from the instant judged. One that has ended is the \
                 matter of certificate-expired.",
        why: "Renewal takes days where people have to act, and mail partners that pin the issuer want to know before.",
        fix: &[(
            "any",
            "renew the certificate and reload the service; automate it (RFC 8555) so that nobody has to remember",
        )],
        citations: &[
            Clause {
                document: "Microsoft, How Exchange Online uses TLS to secure email connections",
                clause: "partners and hybrid organizations manage their own certificates, which change from time to time",
                url: "https://learn.microsoft.com/purview/exchange-online-uses-tls-to-secure-email-connections",
                date: "2018-08-02",
            },
            Clause {
                document: "RFC 5280",
                clause: "section 4.1.2.5: the validity period",
                url: "https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5",
                date: "2008-05",
            },
        ],
        effective: "2018-08-02",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[TESTSSL, OPENSSL, OPENSSL_WITHOUT_NAME],
    };

    fn check(params: &Params, context: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let days = params.days;
        let soon = |end: Timestamp| {
            end.unix().saturating_sub(context.at.unix()) < i64::from(days).saturating_mul(SECONDS_PER_DAY)
        };
        each_certificate(subject, &format!("at least {days} days of validity left"), findings, &|certificate| {
            if let Certificate::Reported(reported) = certificate.shown {
                return match &reported.not_after {
                    Some(end) if context.at > end.value => {
                        ended(end.value).cite(&end.words, &format!("ends {}", end.value))
                    }
                    Some(end) if soon(end.value) => {
                        Draft::fail(format!("The scanner reports that the certificate ends on {}.", end.value))
                            .cite(&end.words, &format!("ends {}", end.value))
                            .basis(Basis::ToolSays)
                    }
                    _ => unreadable(certificate, "its end of validity"),
                };
            }
            let Some(end) = certificate.decoded().and_then(|parsed| parsed.not_after.as_ref().ok().copied()) else {
                return unreadable(certificate, "its end of validity");
            };
            let observed = format!("ends {end}");
            if context.at > end {
                return ended(end).certificate(certificate, &observed);
            }
            let who = called(certificate);
            let left = end.days_since(context.at);
            let draft = if soon(end) {
                Draft::fail(sentence(&format!(
                    "{who} ends on {end}: {left} days are left, at least {days} are required"
                )))
            } else {
                Draft::pass(sentence(&format!("{who} ends on {end}: {left} days are left")))
            };
            draft.certificate(certificate, &observed).basis(Basis::Computed)
        });
    }
}

fn ended(end: Timestamp) -> Draft {
    Draft::not_applicable(format!("The certificate ended on {end}: certificate-expired judges that."))
}
