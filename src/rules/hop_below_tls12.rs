//! `hop-below-tls12`: a hop that uses TLS uses a version that is not deprecated.

use super::hops::{Said, hop, settle, without_tls};
use super::{About, Clause, Context, Findings, NoParams, OWN_HOSTS, Rule, Subject};
use crate::evidence::{Attribute, SubjectKind};
use crate::iana::ProtocolVersion;

/// See [`Rule::ABOUT`].
pub(super) struct HopBelowTls12;

impl Rule for HopBelowTls12 {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "hop-below-tls12",
        title: "TLS 1.2 or later at every hop",
        checks: "The version of TLS that the `Received` line of each hop states. Many servers state none, and then nothing is \
                 known. A hop in the clear is `clear-text-hop`'s.",
        why: "TLS 1.0 and 1.1 rest on MD5 and SHA-1. Exchange Online does not take them, and other systems fall back to the \
              clear then.",
        fix: &[
            (
                "Postfix",
                "smtpd_tls_mandatory_protocols = >=TLSv1.2, smtpd_tls_protocols = >=TLSv1.2, the same with smtp_; \
                 smtpd_tls_received_header = yes to have the version in the headers",
            ),
            (
                "Exim",
                "tls_require_ciphers (GnuTLS: NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2), openssl_options +no_tlsv1 +no_tlsv1_1",
            ),
            ("Exchange / Schannel", "switch TLS 1.0 and 1.1 off under SCHANNEL\\Protocols, for client and server"),
        ],
        citations: &[
            Clause {
                document: "RFC 8996",
                clause: "sections 4 and 5: TLS 1.0 and TLS 1.1 MUST NOT be used",
                url: "https://www.rfc-editor.org/rfc/rfc8996#section-4",
                date: "2021-03",
            },
            Clause {
                document: "Microsoft, How Exchange Online uses TLS to secure email connections",
                clause: "connections between Exchange Online servers are encrypted with TLS 1.2",
                url: "https://learn.microsoft.com/purview/exchange-online-uses-tls-to-secure-email-connections",
                date: "2018-08-02",
            },
        ],
        effective: "2021-03-23",
        subjects: &[SubjectKind::MailHop],
        decide_by: &[OWN_HOSTS],
    };

    fn check(_: &NoParams, context: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(hop) = hop(subject) else { return };
        let version = hop.text(Attribute::Version).and_then(ProtocolVersion::from_name);
        let new_enough = version.and_then(|version| version.at_least(ProtocolVersion::TLS1_2));
        let said = match (without_tls(hop), version, new_enough) {
            (Some(said), ..) => said,
            (None, Some(version), Some(true)) => Said::Holds(format!("The hop used {version}.")),
            (None, Some(version), Some(false)) => Said::Fails(format!("The hop used {version}.")),
            _ => {
                Said::Nothing("Which version of TLS the hop used is not known.".to_owned(), hop.gap(Attribute::Version))
            }
        };
        findings.add(settle(context, hop, Attribute::Version, said).required("TLS 1.2 or later"));
    }
}
