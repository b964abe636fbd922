//! What is known of mail between a rule and a peer, one row for each pair: the facts, how sure they are, who says so.
//!
//! The rows are those of `data/mail/mailflow-truth-table.tsv`, which a test goes through; what its column of confidence calls
//! inferred or remembered is inferred here, and what is ambiguous, contested or left open by its sources is not determined.
//! Rows that it has not are inferred.

use super::{Fault, RuleClass};
use crate::report::{MailBasis, MailOutcome};
use crate::rules::Clause;

/// What becomes of mail by a rule at a peer with one fault.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) class: RuleClass,
    pub(crate) fault: Fault,
    /// Nothing where the rule then has no effect and the connector decides.
    pub(crate) outcome: Option<MailOutcome>,
    pub(crate) basis: MailBasis,
    /// Index into [`SOURCES`].
    pub(crate) source: usize,
}

/// The documents behind the rows, in our own words, with their dates as precisely as they are known.
pub(crate) static SOURCES: &[Clause] = &[
    Clause {
        document: "Microsoft, How Exchange Online uses TLS to secure email connections",
        clause: "TLS is opportunistic by default: without TLS at the other end mail goes in clear text",
        url: "https://learn.microsoft.com/purview/exchange-online-uses-tls-to-secure-email-connections",
        date: "2018-08-02",
    },
    Clause {
        document: "Exchange team, Understanding email scenarios if TLS versions cannot be agreed on",
        clause: "clear text without STARTTLS; mail from others is taken where TLS fails and they go on without; never TLS 1.0 or 1.1 outbound",
        url: "https://techcommunity.microsoft.com/t5/exchange-team-blog/understanding-email-scenarios-if-tls-versions-cannot-be-agreed/ba-p/2065089",
        date: "2021-01-15",
    },
    Clause {
        document: "Microsoft, New-OutboundConnector",
        clause: "TlsSettings, TlsDomain; MtaStsMode: where a policy in mode enforce is not met, mail is queued for 24 hours and then dropped",
        url: "https://learn.microsoft.com/powershell/module/exchange/new-outboundconnector",
        date: "2026-05-18",
    },
    Clause {
        document: "Microsoft, Fix NDR error 450 4.4.317 UntrustedRoot",
        clause: "mail is deferred where the other side sends no issuing CA's certificate; which connector is not said",
        url: "https://learn.microsoft.com/exchange/troubleshoot/email-delivery/ndr/fix-error-code-450-4-4-317-untrusted-root",
        date: "2024",
    },
    Clause {
        document: "Microsoft, Cannot establish a TLS connection to a remote mail server (KB3027536)",
        clause: "MD5 or MD2 in the chain: TLS fails, and messages stay in the queue for a retry",
        url: "https://learn.microsoft.com/exchange/troubleshoot/administration/cannot-establish-tls-connection-to-remote-mail-server",
        date: "2024",
    },
    Clause {
        document: "Microsoft, Technical reference details about encryption",
        clause: "certificates signed over SHA-1 are refused since 2016-06; the suites that are offered, in order",
        url: "https://learn.microsoft.com/purview/technical-reference-details-about-encryption",
        date: "2016-06",
    },
    Clause {
        document: "Microsoft, How SMTP DANE works",
        clause: "outbound always on; retries for 24 hours; contradicts itself on expired certificates and on what blocks mail",
        url: "https://learn.microsoft.com/purview/how-smtp-dane-works",
        date: "2022, before support for receiving",
    },
    Clause {
        document: "Microsoft, New-InboundConnector",
        clause: "RequireTls: mail without TLS is rejected; RestrictDomainsToCertificate: who may use the connector, and whether others are refused is contested",
        url: "https://learn.microsoft.com/powershell/module/exchange/new-inboundconnector",
        date: "2026-05-15",
    },
    Clause {
        document: "Microsoft, Email cannot be sent or received: 421 4.4.2 SocketError",
        clause: "senders with TLS 1.0 or 1.1 alone get no TLS session",
        url: "https://learn.microsoft.com/exchange/troubleshoot/email-delivery/send-receive-emails-socketerror",
        date: "2024",
    },
    Clause {
        document: "Microsoft, Fix NDR error 550 5.7.64 TenantAttribution",
        clause: "relaying is denied where the connector does not know the sender by certificate or address",
        url: "https://learn.microsoft.com/exchange/troubleshoot/email-delivery/ndr/fix-error-code-5-7-64",
        date: "2024",
    },
    Clause {
        document: "Microsoft, Cannot receive mail with a new certificate (KB2989382)",
        clause: "a stale TlsCertificateName takes STARTTLS away, and mail that needs TLS does not arrive",
        url: "https://learn.microsoft.com/troubleshoot/exchange/email-delivery/cannot-receive-mail-with-new-certificate",
        date: "2024",
    },
];

const HOW_IT_USES_TLS: usize = 0;
const SCENARIOS: usize = 1;
const OUTBOUND: usize = 2;
const UNTRUSTED_ROOT: usize = 3;
const MD5: usize = 4;
const REFERENCE: usize = 5;
const DANE: usize = 6;
const INBOUND: usize = 7;
const SOCKET_ERROR: usize = 8;
const RELAY: usize = 9;
const STALE: usize = 10;

const fn row(class: RuleClass, fault: Fault, outcome: MailOutcome, basis: MailBasis, source: usize) -> Row {
    Row { class, fault, outcome: Some(outcome), basis, source }
}

const fn without_effect(class: RuleClass, fault: Fault, source: usize) -> Row {
    Row { class, fault, outcome: None, basis: MailBasis::Documented, source }
}

use Fault as F;
use MailBasis::{Documented, Inferred};
use MailOutcome::{DeliveredEncrypted, DeliveredInClear, DeliveredVerified, NotDetermined, Returned};
use RuleClass as C;

/// Every row. Of one rule, what ends the matter stands first.
#[rustfmt::skip]
pub(crate) static ROWS: &[Row] = &[
    row(C::Opportunistic, F::NoStarttls, DeliveredInClear, Documented, SCENARIOS),
    // That clear text follows a handshake that failed is remembered only.
    row(C::Opportunistic, F::OldVersionsOnly, NotDetermined, Inferred, SCENARIOS),
    row(C::Opportunistic, F::NoCommonSuite, NotDetermined, Inferred, SCENARIOS),
    row(C::Opportunistic, F::Md5, Returned, Documented, MD5),
    // Refused, it is documented; whether the mail waits or goes in clear text then is not.
    row(C::Opportunistic, F::Sha1, NotDetermined, Inferred, REFERENCE),
    row(C::Opportunistic, F::SelfSigned, DeliveredEncrypted, Inferred, OUTBOUND),
    row(C::Opportunistic, F::NameMismatch, DeliveredEncrypted, Inferred, OUTBOUND),
    row(C::Opportunistic, F::Expired, DeliveredEncrypted, Inferred, OUTBOUND),
    row(C::Opportunistic, F::Untrusted, NotDetermined, Inferred, UNTRUSTED_ROOT),
    row(C::Opportunistic, F::Sound, DeliveredEncrypted, Inferred, HOW_IT_USES_TLS),

    row(C::EncryptionOnly, F::NoStarttls, Returned, Inferred, OUTBOUND),
    row(C::EncryptionOnly, F::OldVersionsOnly, Returned, Inferred, OUTBOUND),
    row(C::EncryptionOnly, F::NoCommonSuite, Returned, Inferred, OUTBOUND),
    row(C::EncryptionOnly, F::Md5, Returned, Inferred, MD5),
    row(C::EncryptionOnly, F::Sha1, Returned, Inferred, REFERENCE),
    row(C::EncryptionOnly, F::SelfSigned, DeliveredEncrypted, Inferred, OUTBOUND),
    row(C::EncryptionOnly, F::NameMismatch, DeliveredEncrypted, Inferred, OUTBOUND),
    row(C::EncryptionOnly, F::Expired, DeliveredEncrypted, Inferred, OUTBOUND),
    row(C::EncryptionOnly, F::Untrusted, DeliveredEncrypted, Inferred, OUTBOUND),
    row(C::EncryptionOnly, F::Sound, DeliveredEncrypted, Inferred, OUTBOUND),

    row(C::CertificateValidation, F::NoStarttls, Returned, Inferred, OUTBOUND),
    row(C::CertificateValidation, F::OldVersionsOnly, Returned, Inferred, OUTBOUND),
    row(C::CertificateValidation, F::NoCommonSuite, Returned, Inferred, OUTBOUND),
    row(C::CertificateValidation, F::Md5, Returned, Inferred, MD5),
    row(C::CertificateValidation, F::Sha1, Returned, Inferred, REFERENCE),
    row(C::CertificateValidation, F::SelfSigned, Returned, Inferred, OUTBOUND),
    row(C::CertificateValidation, F::NameMismatch, DeliveredEncrypted, Inferred, OUTBOUND),
    row(C::CertificateValidation, F::Expired, Returned, Inferred, OUTBOUND),
    row(C::CertificateValidation, F::Untrusted, Returned, Inferred, UNTRUSTED_ROOT),
    row(C::CertificateValidation, F::Revoked, NotDetermined, Inferred, OUTBOUND),
    row(C::CertificateValidation, F::Sound, DeliveredEncrypted, Inferred, OUTBOUND),

    row(C::DomainValidation, F::NoStarttls, Returned, Inferred, OUTBOUND),
    row(C::DomainValidation, F::OldVersionsOnly, Returned, Inferred, OUTBOUND),
    row(C::DomainValidation, F::NoCommonSuite, Returned, Inferred, OUTBOUND),
    row(C::DomainValidation, F::Md5, Returned, Inferred, MD5),
    row(C::DomainValidation, F::Sha1, Returned, Inferred, REFERENCE),
    row(C::DomainValidation, F::SelfSigned, Returned, Inferred, OUTBOUND),
    row(C::DomainValidation, F::NameMismatch, Returned, Inferred, OUTBOUND),
    row(C::DomainValidation, F::Expired, Returned, Inferred, OUTBOUND),
    row(C::DomainValidation, F::Untrusted, Returned, Inferred, UNTRUSTED_ROOT),
    row(C::DomainValidation, F::Revoked, NotDetermined, Inferred, OUTBOUND),
    row(C::DomainValidation, F::Sound, DeliveredVerified, Inferred, OUTBOUND),

    without_effect(C::Dane, F::NoTlsa, DANE),
    row(C::Dane, F::DnssecBogus, Returned, Documented, DANE),
    row(C::Dane, F::NoStarttls, Returned, Documented, DANE),
    row(C::Dane, F::OldVersionsOnly, Returned, Documented, DANE),
    row(C::Dane, F::NoCommonSuite, Returned, Inferred, DANE),
    row(C::Dane, F::TlsaUnusable, DeliveredEncrypted, Documented, DANE),
    row(C::Dane, F::TlsaMismatch, Returned, Documented, DANE),
    row(C::Dane, F::SelfSigned, DeliveredVerified, Documented, DANE),
    row(C::Dane, F::Untrusted, DeliveredVerified, Documented, DANE),
    // RFC 7672 section 3.1.1 ignores names and dates under DANE-EE; Microsoft has codes for both, and names two other causes only.
    row(C::Dane, F::NameMismatch, NotDetermined, Inferred, DANE),
    row(C::Dane, F::Expired, NotDetermined, Inferred, DANE),
    row(C::Dane, F::Md5, Returned, Inferred, MD5),
    row(C::Dane, F::Sha1, Returned, Inferred, REFERENCE),
    row(C::Dane, F::Sound, DeliveredVerified, Inferred, DANE),

    without_effect(C::MtaSts, F::PolicyNotEnforced, OUTBOUND),
    row(C::MtaSts, F::MxNotInPolicy, Returned, Documented, OUTBOUND),
    row(C::MtaSts, F::NoStarttls, Returned, Inferred, OUTBOUND),
    row(C::MtaSts, F::OldVersionsOnly, Returned, Inferred, OUTBOUND),
    row(C::MtaSts, F::NoCommonSuite, Returned, Inferred, OUTBOUND),
    row(C::MtaSts, F::SelfSigned, Returned, Documented, OUTBOUND),
    row(C::MtaSts, F::NameMismatch, Returned, Documented, OUTBOUND),
    row(C::MtaSts, F::Expired, Returned, Documented, OUTBOUND),
    row(C::MtaSts, F::Untrusted, Returned, Documented, OUTBOUND),
    row(C::MtaSts, F::Md5, Returned, Inferred, MD5),
    row(C::MtaSts, F::Sha1, Returned, Inferred, REFERENCE),
    row(C::MtaSts, F::Sound, DeliveredVerified, Inferred, OUTBOUND),

    row(C::FromAnybody, F::NoStarttls, DeliveredInClear, Documented, SCENARIOS),
    // Taken in clear text if the sender goes on without TLS, which is the sender's to choose.
    row(C::FromAnybody, F::OldVersionsOnly, NotDetermined, Inferred, SCENARIOS),
    row(C::FromAnybody, F::NoCommonSuite, NotDetermined, Inferred, SCENARIOS),
    row(C::FromAnybody, F::NoClientCertificate, DeliveredEncrypted, Inferred, SCENARIOS),
    row(C::FromAnybody, F::SelfSigned, DeliveredEncrypted, Inferred, SCENARIOS),
    row(C::FromAnybody, F::NameMismatch, DeliveredEncrypted, Inferred, SCENARIOS),
    row(C::FromAnybody, F::Expired, DeliveredEncrypted, Inferred, SCENARIOS),
    row(C::FromAnybody, F::Untrusted, NotDetermined, Inferred, UNTRUSTED_ROOT),
    row(C::FromAnybody, F::Sha1, NotDetermined, Inferred, REFERENCE),
    row(C::FromAnybody, F::Md5, NotDetermined, Inferred, MD5),
    row(C::FromAnybody, F::Sound, DeliveredEncrypted, Inferred, SCENARIOS),

    row(C::FromPartner, F::NoStarttls, Returned, Documented, INBOUND),
    row(C::FromPartner, F::OldVersionsOnly, Returned, Documented, SOCKET_ERROR),
    row(C::FromPartner, F::NoCommonSuite, Returned, Inferred, INBOUND),
    row(C::FromPartner, F::NoClientCertificate, DeliveredEncrypted, Inferred, INBOUND),
    row(C::FromPartner, F::SelfSigned, DeliveredEncrypted, Inferred, INBOUND),
    row(C::FromPartner, F::NameMismatch, DeliveredEncrypted, Inferred, INBOUND),
    row(C::FromPartner, F::Expired, DeliveredEncrypted, Inferred, INBOUND),
    row(C::FromPartner, F::Untrusted, NotDetermined, Inferred, UNTRUSTED_ROOT),
    row(C::FromPartner, F::Sha1, NotDetermined, Inferred, REFERENCE),
    row(C::FromPartner, F::Md5, NotDetermined, Inferred, MD5),
    row(C::FromPartner, F::Sound, DeliveredEncrypted, Inferred, INBOUND),

    // Who may use the connector is documented; that others are refused is contested.
    row(C::FromPartnerByCertificate, F::NoStarttls, Returned, Inferred, INBOUND),
    row(C::FromPartnerByCertificate, F::OldVersionsOnly, Returned, Inferred, SOCKET_ERROR),
    row(C::FromPartnerByCertificate, F::NoCommonSuite, Returned, Inferred, INBOUND),
    row(C::FromPartnerByCertificate, F::NoClientCertificate, NotDetermined, Inferred, INBOUND),
    row(C::FromPartnerByCertificate, F::SelfSigned, NotDetermined, Inferred, INBOUND),
    row(C::FromPartnerByCertificate, F::NameMismatch, NotDetermined, Inferred, INBOUND),
    row(C::FromPartnerByCertificate, F::Expired, NotDetermined, Inferred, INBOUND),
    row(C::FromPartnerByCertificate, F::Untrusted, NotDetermined, Inferred, UNTRUSTED_ROOT),
    row(C::FromPartnerByCertificate, F::Revoked, NotDetermined, Inferred, INBOUND),
    row(C::FromPartnerByCertificate, F::Sha1, NotDetermined, Inferred, REFERENCE),
    row(C::FromPartnerByCertificate, F::Md5, NotDetermined, Inferred, MD5),
    row(C::FromPartnerByCertificate, F::Sound, DeliveredVerified, Inferred, INBOUND),

    row(C::FromOwnServers, F::NameMismatch, Returned, Documented, RELAY),
    // Mail to own domains is taken all the same, as anybody's.
    row(C::FromOwnServers, F::NoClientCertificate, NotDetermined, Inferred, RELAY),
    row(C::ToOwnServers, F::CertificateNameStale, Returned, Documented, STALE),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail_flow::forecast;

    const TRUTH: &str = include_str!("../../data/mail/mailflow-truth-table.tsv");

    /// The rule of a row of the table.
    fn class(direction: &str, connector: &str, before: RuleClass) -> RuleClass {
        match (direction, connector) {
            ("EXO->peer", "none" | "none / TlsSettings=null (opportunistic)") => C::Opportunistic,
            (_, "EncryptionOnly") => C::EncryptionOnly,
            (_, "CertificateValidation") => C::CertificateValidation,
            (_, "DomainValidation(TlsDomain)") => C::DomainValidation,
            (_, "recipient publishes DNSSEC-valid TLSA (DANE)") => C::Dane,
            (_, "recipient MTA-STS mode=enforce, MtaStsMode=Opportunistic") => C::MtaSts,
            ("peer->EXO", "none") => C::FromAnybody,
            (_, "Partner RequireTls=$true") => C::FromPartner,
            (_, "Partner RequireTls + RestrictDomainsToCertificate + TlsSenderCertificateName") => {
                C::FromPartnerByCertificate
            }
            (_, "same") => before,
            (_, "OnPremises by certificate") => C::FromOwnServers,
            (_, "OnPremises CloudServicesMailEnabled") => C::ToOwnServers,
            other => panic!("{other:?}"),
        }
    }

    /// The faults that a row of the table speaks of.
    fn faults(peer: &str) -> &'static [Fault] {
        match peer {
            "a no STARTTLS" => &[F::NoStarttls],
            "b TLS1.0/1.1 only" => &[F::OldVersionsOnly],
            "c self-signed" => &[F::SelfSigned],
            "d name mismatch" | "cert name differs from connector / IP changed" => &[F::NameMismatch],
            "e expired" => &[F::Expired],
            "f untrusted root/incomplete chain" => &[F::Untrusted],
            "g no client cert" => &[F::NoClientCertificate],
            "peer cert chain uses MD5/MD2" => &[F::Md5],
            "peer cert SHA-1" => &[F::Sha1],
            "TLSA mismatch/misconfig/not-yet-valid" => &[F::TlsaMismatch],
            "DNSSEC bogus" => &[F::DnssecBogus],
            "TLSA usage 0/1 only" => &[F::TlsaUnusable],
            "no TLSA" => &[F::NoTlsa],
            "MX not in policy" => &[F::MxNotInPolicy],
            "policy mode testing/none or MtaStsMode=None" => &[F::PolicyNotEnforced],
            "any client cert state" => &[F::NoClientCertificate, F::SelfSigned, F::NameMismatch, F::Expired],
            "on-prem receive connector TlsCertificateName stale" => &[F::CertificateNameStale],
            other => panic!("{other}"),
        }
    }

    /// What the table's words come to; no outcome where the connector decides.
    fn outcome(words: &str) -> Option<MailOutcome> {
        Some(match words {
            "delivered plaintext" | "accepted plaintext" => DeliveredInClear,
            _ if words.contains("opportunistic -> retried without TLS") || words.starts_with("doc conflict") => {
                NotDetermined
            }
            "refused since June 2016" => NotDetermined,
            _ if words.starts_with("TLS fails; accepted only if") || words.starts_with("not attributed") => {
                NotDetermined
            }
            _ if words.starts_with("DANE-EE(3)") || words.starts_with("EXO: NDR certificate-expired") => NotDetermined,
            _ if words.starts_with("delivered if TLSA 3") => DeliveredVerified,
            "normal opportunistic" | "delivered per connector" => return None,
            _ if words.starts_with("delivered encrypted") || words.starts_with("accepted") => DeliveredEncrypted,
            _ if words.starts_with("unusable -> EXO enforces TLS") => DeliveredEncrypted,
            _ => Returned,
        })
    }

    #[test]
    fn every_row_of_the_truth_table_is_here_with_its_basis() {
        let mut seen = vec![false; ROWS.len()];
        let mut before = C::Opportunistic;
        assert_eq!(TRUTH.lines().count(), 58);
        for line in TRUTH.lines().skip(1) {
            let cells: Vec<&str> = line.split('\t').collect();
            let [direction, connector, peer, words, _, confidence, _] = cells[..] else { panic!("{line}") };
            let class = class(direction, connector, before);
            before = class;
            for fault in faults(peer) {
                let at = ROWS.iter().position(|row| row.class == class && row.fault == *fault).expect(line);
                assert!(!std::mem::replace(&mut seen[at], true), "{line}");
                let row = &ROWS[at];
                // That a sender without the certificate is refused is contested.
                let expected = if class == C::FromPartnerByCertificate { Some(NotDetermined) } else { outcome(words) };
                assert_eq!(row.outcome, expected, "{line}");
                let is_sure = confidence.starts_with("documented")
                    && !confidence.contains("ambiguous")
                    && !(*fault == F::NoStarttls && confidence.contains("code for (a) inferred"));
                if !is_sure {
                    assert_eq!(row.basis, Inferred, "{line}");
                } else if expected != Some(NotDetermined) {
                    assert_eq!(row.basis, Documented, "{line}");
                }
                let alone = forecast(class, &|asked| Some(asked == *fault));
                assert_eq!((alone.outcome, alone.provided, alone.basis), (expected, expected, row.basis), "{line}");
            }
        }
        for (row, seen) in ROWS.iter().zip(seen) {
            assert!(seen || row.basis == Inferred, "{row:?} is in no table, and yet documented");
            assert!(row.source < SOURCES.len());
        }
    }

    const FAULTS: [Fault; 18] = [
        F::NoTlsa,
        F::DnssecBogus,
        F::PolicyNotEnforced,
        F::NoStarttls,
        F::OldVersionsOnly,
        F::NoCommonSuite,
        F::TlsaUnusable,
        F::TlsaMismatch,
        F::MxNotInPolicy,
        F::SelfSigned,
        F::NameMismatch,
        F::Expired,
        F::Untrusted,
        F::Revoked,
        F::Md5,
        F::Sha1,
        F::NoClientCertificate,
        F::CertificateNameStale,
    ];
    const CLASSES: [RuleClass; 9] = [
        C::Opportunistic,
        C::EncryptionOnly,
        C::CertificateValidation,
        C::DomainValidation,
        C::Dane,
        C::MtaSts,
        C::FromAnybody,
        C::FromPartner,
        C::FromPartnerByCertificate,
    ];

    /// Of every rule and every two faults, each there, absent or unknown: what is not known never makes it better, and a
    /// prediction that stands although something is not known stands whatever that is.
    #[test]
    fn what_is_not_known_decides_nothing() {
        const STATES: [Option<bool>; 3] = [Some(true), Some(false), None];
        for class in CLASSES {
            for (at, one) in FAULTS.into_iter().enumerate() {
                for two in FAULTS.into_iter().skip(at + 1) {
                    let of = |first: Option<bool>, second: Option<bool>| {
                        let state = |fault| match fault {
                            _ if fault == one => first,
                            _ if fault == two => second,
                            _ => Some(false),
                        };
                        forecast(class, &state)
                    };
                    for (first, second) in STATES.into_iter().flat_map(|first| STATES.map(|second| (first, second))) {
                        let shown = of(first, second);
                        for less in [of(None, second), of(first, None), of(None, None)] {
                            let words = format!("{class:?} {one:?} {first:?} {two:?} {second:?}");
                            assert!(
                                less.outcome == shown.outcome
                                    || less.outcome == Some(NotDetermined)
                                    || shown.outcome == Some(NotDetermined),
                                "{words}: {less:?}"
                            );
                            assert!(
                                less.outcome != shown.outcome
                                    || less.basis >= shown.basis
                                    || less.outcome == Some(NotDetermined),
                                "{words}"
                            );
                        }
                    }
                }
            }
        }
    }
}
