//! `hop-without-forward-secrecy`: a hop that uses TLS uses an ephemeral key exchange.

use super::hops::{Said, hop, settle, without_tls};
use super::{About, Clause, Context, Findings, NoParams, OWN_HOSTS, Rule, Subject};
use crate::evidence::{Attribute, Gap, GapReason, SubjectKind};
use crate::iana::{CipherSuite, ProtocolVersion};

/// See [`Rule::ABOUT`].
pub(super) struct HopWithoutForwardSecrecy;

impl Rule for HopWithoutForwardSecrecy {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "hop-without-forward-secrecy",
        title: "forward secrecy at every hop",
        checks: "The cipher suite that the `Received` line of each hop states: ECDHE and DHE have forward secrecy, RSA key \
                 transport has none. Every suite of TLS 1.3 has it, also where Exim calls it by another name.",
        why: "Without forward secrecy, whoever records the mail today and gets the receiving server's key later, by theft or \
              by court order, can read all of it.",
        fix: &[
            (
                "Postfix",
                "smtpd_tls_exclude_ciphers = kRSA, smtp_tls_exclude_ciphers = kRSA; smtpd_tls_received_header = yes",
            ),
            (
                "Exim",
                "tls_require_ciphers without RSA key transport (GnuTLS: NORMAL:-RSA, OpenSSL: ECDHE+AESGCM:DHE+AESGCM)",
            ),
            ("Exchange / Schannel", "remove the suites that begin with TLS_RSA_ : Disable-TlsCipherSuite -Name NAME"),
        ],
        citations: &[
            Clause {
                document: "Microsoft, How Exchange Online uses TLS to secure email connections",
                clause: "between Exchange Online customers: secured using Forward Secrecy",
                url: "https://learn.microsoft.com/purview/exchange-online-uses-tls-to-secure-email-connections",
                date: "2018-08-02",
            },
            Clause {
                document: "RFC 9325",
                clause: "section 4.1: support and prefer forward secrecy; static RSA SHOULD NOT be negotiated",
                url: "https://www.rfc-editor.org/rfc/rfc9325#section-4.1",
                date: "2022-11",
            },
        ],
        effective: "2018-08-02",
        subjects: &[SubjectKind::MailHop],
        decide_by: &[OWN_HOSTS],
    };

    fn check(_: &NoParams, context: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(hop) = hop(subject) else { return };
        let version = hop.text(Attribute::Version).and_then(ProtocolVersion::from_name);
        let name = hop.text(Attribute::Cipher);
        let info = name.and_then(CipherSuite::from_name).and_then(CipherSuite::info);
        let unknown = "Whether the hop had forward secrecy is not known.".to_owned();
        let (attribute, said) = match (without_tls(hop), version, name, info) {
            (Some(said), ..) => (Attribute::Encryption, said),
            (None, Some(ProtocolVersion::TLS1_3), ..) => {
                (Attribute::Version, Said::Holds("The hop had forward secrecy: every suite of TLS 1.3 has.".to_owned()))
            }
            (None, _, Some(name), Some(info)) if info.provides_forward_secrecy() => {
                (Attribute::Cipher, Said::Holds(format!("The hop had forward secrecy, by `{name}`.")))
            }
            (None, _, Some(name), Some(_)) => {
                (Attribute::Cipher, Said::Fails(format!("The hop had no forward secrecy: `{name}`.")))
            }
            (None, _, Some(name), None) => {
                let gap = Gap::new(GapReason::Unsupported, format!("`{name}` is no suite that intransit knows"));
                (Attribute::Cipher, Said::Nothing(unknown, gap))
            }
            (None, _, None, _) => (Attribute::Cipher, Said::Nothing(unknown, hop.gap(Attribute::Cipher))),
        };
        findings.add(settle(context, hop, attribute, said).required("an ephemeral key exchange"));
    }
}
