//! `purpose-missing`: leaves are issued for TLS servers.

use super::certificates::{called, each_leaf, unreadable};
use super::{About, Clause, Context, Draft, Findings, NoParams, OPENSSL, OPENSSL_WITHOUT_NAME, Rule, Subject, TESTSSL};
use crate::evaluate::sentence;
use crate::evidence::{Basis, Role, SubjectKind};
use crate::pki::extension::Field;

/// See [`Rule::ABOUT`].
pub(super) struct PurposeMissing;

/// id-kp-serverAuth ([RFC 5280 §4.2.1.12](https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.12)).
const SERVER_AUTHENTICATION: &str = "1.3.6.1.5.5.7.3.1";

impl Rule for PurposeMissing {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "purpose-missing",
        title: "certificates for TLS servers",
        checks: "Whether every leaf has the extended key usage serverAuth by name. anyExtendedKeyUsage does not count, and \
                 neither does a certificate without the extension. Nothing is said of clients.",
        why: "A certificate for another purpose was vetted for that purpose, and strict clients refuse it as a server's.",
        fix: &[(
            "any",
            "have a certificate issued whose extended key usage has serverAuth (TLS web server authentication)",
        )],
        citations: &[
            Clause {
                document: "CA/Browser Forum Baseline Requirements 2.2.6",
                clause: "section 7.1.2.7: subscriber certificates have extKeyUsage with id-kp-serverAuth",
                url: "https://cabforum.org/working-groups/server/baseline-requirements/documents/",
                date: "2026-03-31",
            },
            Clause {
                document: "RFC 5280",
                clause: "section 4.2.1.12: extended key usage",
                url: "https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.12",
                date: "2008-05",
            },
        ],
        effective: "2023-09-15",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[TESTSSL, OPENSSL, OPENSSL_WITHOUT_NAME],
    };

    fn check(_: &NoParams, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        if subject.role() == Role::Client {
            return;
        }
        each_leaf(subject, "the extended key usage serverAuth", findings, &|leaf| {
            let Some(parsed) = leaf.decoded() else { return unreadable(leaf, "its extended key usage") };
            let who = called(leaf);
            let (draft, observed) = match &parsed.extensions.extended_key_usage {
                Field::Undecodable(_) => return unreadable(leaf, "its extended key usage"),
                Field::Absent => (
                    Draft::fail(sentence(&format!("{who} has no extended key usage; serverAuth is required"))),
                    "no extended key usage".to_owned(),
                ),
                Field::Decoded(purposes) if purposes.iter().any(|purpose| purpose == SERVER_AUTHENTICATION) => {
                    (Draft::pass(sentence(&format!("{who} is for TLS servers (serverAuth)"))), "serverAuth".to_owned())
                }
                Field::Decoded(purposes) => (
                    Draft::fail(sentence(&format!(
                        "{who} is not for TLS servers: serverAuth is not among its purposes"
                    ))),
                    format!("for {}", purposes.join(", ")),
                ),
            };
            draft.certificate(leaf, &observed).basis(Basis::Computed)
        });
    }
}
