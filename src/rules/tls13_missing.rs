//! `tls13-missing`: TLS 1.3 is accepted.

use super::{About, Clause, Context, Draft, Findings, NoParams, OPENSSL_TLS13, Rule, Subject, TESTSSL};
use crate::evidence::{Offer, SubjectKind, View};
use crate::iana::ProtocolVersion;

/// See [`Rule::ABOUT`].
pub(super) struct Tls13Missing;

impl Rule for Tls13Missing {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "tls13-missing",
        title: "TLS 1.3",
        checks: "Whether TLS 1.3 is accepted. A report that does not speak of it leaves the rule unknown.",
        why: "TLS 1.3 leaves no bad choices: every handshake has forward secrecy, the certificate is encrypted, and nobody in \
              between can make both ends use an older version unseen.",
        fix: &[
            ("nginx", "ssl_protocols TLSv1.2 TLSv1.3; (OpenSSL 1.1.1 or later)"),
            ("Apache", "SSLProtocol -all +TLSv1.2 +TLSv1.3 (2.4.37 or later with OpenSSL 1.1.1)"),
            ("Postfix", "smtpd_tls_protocols = >=TLSv1.2 (OpenSSL 1.1.1 or later)"),
            ("Exchange / Schannel", "Windows Server 2022 or later; TLS 1.3 is on by default there"),
        ],
        citations: &[
            Clause {
                document: "RFC 9325",
                clause: "section 3.1.1: TLS 1.3 SHOULD be supported",
                url: "https://www.rfc-editor.org/rfc/rfc9325#section-3.1.1",
                date: "2022-11",
            },
            Clause {
                document: "RFC 8446",
                clause: "The Transport Layer Security (TLS) Protocol Version 1.3",
                url: "https://www.rfc-editor.org/rfc/rfc8446",
                date: "2018-08",
            },
        ],
        effective: "2022-11-30",
        subjects: &[SubjectKind::Endpoint],
        decide_by: &[TESTSSL, OPENSSL_TLS13],
    };

    fn check(_: &NoParams, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(dossier) = subject.endpoint() else { return };
        let draft = match dossier.version(ProtocolVersion::TLS1_3) {
            View::Agreed(fact) if fact.value == Offer::Accepted => {
                Draft::pass("TLS 1.3 is offered.").cite(&fact.words, "TLS 1.3 is offered").basis(fact.basis)
            }
            View::Agreed(fact) => {
                Draft::fail("TLS 1.3 is not offered.").cite(&fact.words, "TLS 1.3 is refused").basis(fact.basis)
            }
            View::Disagreed(sides) => {
                let text = "TLS 1.3 is refused by one report and offered by another; the worse answer is kept.";
                sides.iter().fold(Draft::fail(text), |draft, side| {
                    let seen = if side.value == Offer::Accepted { "offered" } else { "refused" };
                    draft.cite(&side.words, &format!("TLS 1.3 is {seen}")).basis(side.basis)
                })
            }
            View::Missing(gaps) => Draft::unknown("Whether TLS 1.3 is offered is not known.", gaps),
        };
        findings.add(draft.required("TLS 1.3"));
    }
}
