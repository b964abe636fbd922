//! `clear-text-hop`: between two mail hosts the message was encrypted.

use super::hops::{Said, hop, settle};
use super::{About, Clause, Context, Findings, NoParams, OWN_HOSTS, Rule, Subject};
use crate::evidence::{Attribute, SubjectKind};

/// See [`Rule::ABOUT`].
pub(super) struct ClearTextHop;

impl Rule for ClearTextHop {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "clear-text-hop",
        title: "no hop in the clear",
        checks: "For each `Received` line, whether the host that wrote it says that it received by TLS: the protocol ends in S \
                 (ESMTPS, LMTPS), or the line says so otherwise. A protocol of RFC 3848 without the S is clear text. Only what \
                 the policy's own hosts recorded can pass; what others claim can fail.",
        why: "What is sent in the clear is read and changed by everyone on the way. SMTP falls back to it silently, and the \
              headers are the only trace that it leaves.",
        fix: &[
            ("Postfix", "smtpd_tls_security_level = may (or encrypt), smtp_tls_security_level = may (or encrypt)"),
            ("Exim", "tls_advertise_hosts = *, and hosts_require_tls in the smtp transport for the partner"),
            (
                "Exchange Online",
                "New-OutboundConnector -TlsSettings EncryptionOnly, New-InboundConnector -RequireTls $true for the partner",
            ),
        ],
        citations: &[
            Clause {
                document: "Microsoft, How Exchange Online uses TLS to secure email connections",
                clause: "mail is sent unencrypted if the recipient does not support TLS; that is not recommended",
                url: "https://learn.microsoft.com/purview/exchange-online-uses-tls-to-secure-email-connections",
                date: "2018-08-02",
            },
            Clause {
                document: "RFC 3848",
                clause: "section 1: ESMTPS, ESMTPSA, LMTPS and LMTPSA are transmission with TLS",
                url: "https://www.rfc-editor.org/rfc/rfc3848",
                date: "2004-07",
            },
        ],
        effective: "2018-08-02",
        subjects: &[SubjectKind::MailHop],
        decide_by: &[OWN_HOSTS],
    };

    fn check(_: &NoParams, context: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(hop) = hop(subject) else { return };
        let protocol = hop.text(Attribute::Protocol).unwrap_or("without a protocol");
        let said = match hop.text(Attribute::Encryption) {
            Some("tls") => Said::Holds("The hop used TLS.".to_owned()),
            Some("none") => Said::Fails(format!("The hop was in the clear: `{protocol}`.")),
            Some("local") => Said::Moot("No network lies between: the message stayed on one machine.".to_owned()),
            _ => Said::Nothing("Whether the hop used TLS is not known.".to_owned(), hop.gap(Attribute::Encryption)),
        };
        findings.add(settle(context, hop, Attribute::Encryption, said).required("TLS"));
    }
}
