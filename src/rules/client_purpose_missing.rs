//! `client-purpose-missing`: the certificates of clients are for TLS clients.

use super::certificates::{called, each_leaf, unreadable};
use super::demands::rfc5280;
use super::{About, Clause, Context, Draft, Findings, NoParams, OPENSSL, Rule, Subject};
use crate::evaluate::sentence;
use crate::evidence::{Basis, Role, SubjectKind};
use crate::pki::extension::Field;

/// See [`Rule::ABOUT`].
pub(super) struct ClientPurposeMissing;

/// id-kp-clientAuth ([RFC 5280 §4.2.1.12](https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.12)).
const CLIENT_AUTHENTICATION: &str = "1.3.6.1.5.5.7.3.2";

impl Rule for ClientPurposeMissing {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "client-purpose-missing",
        title: "clients' certificates for TLS clients",
        checks: "Whether the leaf that a client shows, as in mutual TLS, has the extended key usage clientAuth by name. Nothing is \
                 said of servers.",
        why: "Where a partner is known by its certificate, one for another purpose is refused, and its mail with it. Public CAs \
              end clientAuth: DigiCert for leaves from 2027-03-01 on, Chrome's root program from 2027-03-15 on (by notes of \
              ours; their own documents were not read).",
        fix: &[
            ("any", "have a certificate issued for the client whose extended key usage has clientAuth"),
            (
                "any",
                "before 2027-03-01, agree with the partner on a CA for clients that is not a public TLS server's CA",
            ),
        ],
        citations: &[
            rfc5280("section 4.2.1.12: extended key usage"),
            Clause {
                document: "Microsoft, How Exchange Online uses TLS to secure email connections",
                clause: "forced TLS: the partner authenticates with a certificate",
                url: "https://learn.microsoft.com/purview/exchange-online-uses-tls-to-secure-email-connections",
                date: "2018-08-02",
            },
            Clause {
                document: "Chrome Root Program Policy",
                clause: "hierarchies for TLS servers alone, from 2027-03-15 on for leaves; not read",
                url: "https://googlechrome.github.io/chromerootprogram/",
                date: "undated",
            },
        ],
        effective: "2018-08-02",
        subjects: &[SubjectKind::Endpoint],
        decide_by: &[OPENSSL],
    };

    fn check(_: &NoParams, _: &Context<'_>, subject: &Subject<'_>, findings: &mut Findings) {
        if subject.role() == Role::Server {
            return;
        }
        each_leaf(subject, "the extended key usage clientAuth", findings, &|leaf| {
            let Some(parsed) = leaf.decoded() else { return unreadable(leaf, "its extended key usage") };
            let who = called(leaf);
            let (draft, observed) = match &parsed.extensions.extended_key_usage {
                Field::Undecodable(_) => return unreadable(leaf, "its extended key usage"),
                Field::Absent => (
                    Draft::fail(sentence(&format!("{who} has no extended key usage; clientAuth is required"))),
                    "no extended key usage".to_owned(),
                ),
                Field::Decoded(purposes) if purposes.iter().any(|purpose| purpose == CLIENT_AUTHENTICATION) => {
                    (Draft::pass(sentence(&format!("{who} is for TLS clients (clientAuth)"))), "clientAuth".to_owned())
                }
                Field::Decoded(purposes) => (
                    Draft::fail(sentence(&format!(
                        "{who} is not for TLS clients: clientAuth is not among its purposes"
                    ))),
                    format!("for {}", purposes.join(", ")),
                ),
            };
            draft.certificate(leaf, &observed).basis(Basis::Computed)
        });
    }
}
