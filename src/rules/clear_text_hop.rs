//! `clear-text-hop`: between two mail hosts the message was encrypted.

use super::hops::{Said, contradiction, hop, settle};
use super::{About, Clause, Context, Findings, NoParams, OWN_HOSTS, Rule, Subject};
use crate::evaluate::sentence;
use crate::evidence::{Attribute, Exhibit, Gap, GapReason, SubjectKind};
use crate::iana::CipherSuite;
use crate::report::HopLock;

/// See [`Rule::ABOUT`].
pub(super) struct ClearTextHop;

impl Rule for ClearTextHop {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "clear-text-hop",
        title: "no hop in the clear",
        checks: "For each `Received` line, whether the host that wrote it says that it received by TLS: the protocol ends in S \
                 (ESMTPS, LMTPS), or the line says so otherwise. A protocol of RFC 3848 without the S is clear text, and so is a \
                 suite without encryption, with RC4 or below 112 bits. Behind an anonymous suite anybody may have \
                 received. Only what the policy's own hosts recorded can pass; what others claim can fail.",
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
            Clause {
                document: "RFC 9325",
                clause: "section 4.1: NULL, RC4, export and suites below 112 bits MUST NOT be negotiated",
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
        let (attribute, said) = said(hop);
        findings.add(settle(context, hop, attribute, said).required("TLS"));
    }
}

/// What the line of a hop says of its encryption, whoever wrote it, and that in a sentence.
pub(crate) fn hop_lock(hop: &Exhibit) -> (HopLock, String) {
    match said(hop).1 {
        Said::Holds(words) => (HopLock::Closed, words),
        Said::Fails(words) => (HopLock::Open, words),
        Said::Nothing(words, gap) => (HopLock::Unknown, format!("{words} {}", sentence(&gap.detail))),
        Said::Moot(words) => (HopLock::Local, words),
    }
}

fn said(hop: &Exhibit) -> (Attribute, Said) {
    let protocol = hop.text(Attribute::Protocol).unwrap_or("without a protocol");
    match hop.text(Attribute::Encryption) {
        Some("tls") => match weak(hop).or_else(|| contradiction(hop)) {
            Some(said) => (Attribute::Cipher, said),
            None => (Attribute::Encryption, Said::Holds("The hop used TLS.".to_owned())),
        },
        Some("none") => (Attribute::Encryption, Said::Fails(format!("The hop was in the clear: `{protocol}`."))),
        Some("local") => {
            let words = "No network lies between: the message stayed on one machine.";
            (Attribute::Encryption, Said::Moot(words.to_owned()))
        }
        _ => {
            let words = "Whether the hop used TLS is not known.".to_owned();
            (Attribute::Encryption, Said::Nothing(words, hop.gap(Attribute::Encryption)))
        }
    }
}

/// What a suite is not enough for, by its row of the registry or, where it is in none, by the parts of its name.
fn weak(hop: &Exhibit) -> Option<Said> {
    let name = hop.text(Attribute::Cipher)?;
    let info = CipherSuite::from_name(name).and_then(CipherSuite::info);
    let has_part = |parts: &[&str]| {
        let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
        words.any(|word| parts.iter().any(|part| word.eq_ignore_ascii_case(part)))
    };
    let is_null = info.map_or_else(|| has_part(&["NULL", "eNULL", "NONE"]), |info| info.is_null_cipher());
    if is_null {
        return Some(Said::Fails(format!("The hop used TLS, and encrypted nothing: `{name}`.")));
    }
    let is_weak = info.map_or_else(
        || {
            has_part(&[
                "EXP",
                "EXPORT",
                "EXPORT40",
                "EXPORT56",
                "EXPORT1024",
                "EXP1024",
                "RC4",
                "RC2",
                "ARCFOUR",
                "DES",
            ])
        },
        |info| info.uses_rc4() || info.key_bits < 112,
    );
    if is_weak {
        return Some(Said::Fails(format!("The hop used TLS with encryption that can be broken: `{name}`.")));
    }
    let is_anonymous =
        info.map_or_else(|| has_part(&["ADH", "AECDH", "ANON", "ANONYMOUS", "aNULL"]), |info| info.is_anonymous());
    is_anonymous.then(|| {
        let gap = Gap::new(
            GapReason::NotReportedByFormat,
            format!("`{name}` is anonymous: nothing proves to the sender who received"),
        );
        Said::Nothing("The hop was encrypted, to whom is not known.".to_owned(), gap.at(hop.words().take(1)))
    })
}
