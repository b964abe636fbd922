//! What replies of mail servers mean, where TLS or certificates are behind them.
//!
//! From `data/mail/smtp-tls-error-codes.tsv`: Microsoft's list of non-delivery reports in Exchange Online, its articles on
//! single codes, and reports from the field. A code that Microsoft uses for several causes (4.4.317, 4.7.320) is told by
//! the words behind it; without them the cause stays open.

/// What a reply points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The issuers' certificates were not sent, or lead to no root that the sender trusts.
    Untrusted,
    /// The certificate is for another name.
    Name,
    /// The certificate has expired.
    Expired,
    /// TLS was not offered, or could not be agreed on.
    NoTls,
    /// DNS, the network, or a setting that the words name.
    Other,
    /// The code has several causes, and the words do not tell which.
    Open,
    /// It is not about TLS.
    NotTls,
}

/// How well the meaning is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The vendor's documents say it.
    Documented,
    /// Reports from the field, or drawn from other statements.
    Inferred,
}

/// One meaning.
pub(crate) struct Meaning {
    /// The end of the enhanced code, behind the class.
    detail: &'static str,
    /// One of these stands in the text, in lower case; nothing where the code is enough.
    words: &'static [&'static str],
    pub(crate) cause: Cause,
    pub(super) source: Source,
    /// What it means, as a sentence without a full stop.
    pub(crate) says: &'static str,
    /// What to look at.
    pub(super) points_at: &'static str,
}

const fn meaning(
    detail: &'static str,
    words: &'static [&'static str],
    cause: Cause,
    source: Source,
    says: &'static str,
    points_at: &'static str,
) -> Meaning {
    Meaning { detail, words, cause, source, says, points_at }
}

use Cause::{Expired, Name, NoTls, NotTls, Open, Other, Untrusted};
use Source::{Documented, Inferred};

const RESTART: &str = "whether the server offers STARTTLS: a device in between that takes it away, or a TlsCertificateName that points at no certificate";

/// From the most particular to the most general.
#[rustfmt::skip]
static MEANINGS: &[Meaning] = &[
    meaning(".7.321", &[], NoTls, Documented, "DANE: the receiving server offers no TLS, or the handshake failed", "STARTTLS and TLS 1.2 at the receiving server"),
    meaning(".7.322", &[], Expired, Documented, "DANE: the receiving server's certificate has expired (Exchange Online says so also of DANE-EE, where RFC 7672 ignores the dates)", "the receiving server's certificate"),
    meaning(".7.323", &[], Other, Documented, "DANE: the certificate does not match the TLSA records, or is not valid yet", "the TLSA records and the receiving server's certificate"),
    meaning(".7.324", &[], Other, Documented, "DANE: the domain's DNSSEC does not validate", "the domain's DNSSEC signatures"),
    meaning(".7.325", &[], Name, Documented, "DANE: the certificate is for another host", "the names in the receiving server's certificate"),
    meaning(".4.8", &["mta-sts"], Other, Documented, "MTA-STS: the mail server is not in the domain's policy", "the mx lines of the MTA-STS policy against the MX records"),
    meaning(".7.5", &["mta-sts"], Other, Documented, "MTA-STS: the receiving server's certificate was refused", "its chain to a trusted root, its dates, and that it names the host of the policy"),
    meaning(".7.5", &["tlscertificatename"], Other, Documented, "the sending Exchange Server does not find the certificate that its send connector names", "TlsCertificateName of the send connector against Get-ExchangeCertificate"),
    meaning(".7.5", &["certificate"], Open, Documented, "a certificate was refused by an Exchange Server, or by the validation of a connector", "the chain that the other side sends, and the roots of this one"),
    meaning(".4.317", &["untrustedroot"], Untrusted, Documented, "the other side sent its own certificate alone, or a chain to a root that Microsoft does not trust; Exchange Online fetches no certificates that are missing", "the issuers' certificates that the server sends"),
    meaning(".4.317", &["starttls is required", "5.7.3 starttls"], NoTls, Documented, "the receiving server does not offer the TLS that the connector demands", RESTART),
    meaning(".4.317", &["subjectmismatch"], Name, Inferred, "the certificate is for another name than TlsDomain", "TlsDomain of the outbound connector against the names in the certificate"),
    meaning(".4.317", &["certificateexpired"], Expired, Inferred, "the receiving server's certificate has expired", "the receiving server's certificate"),
    meaning(".4.317", &[], Open, Documented, "the connection failed; the code has several causes, and the words in `[Message=…]` tell which", "the part `[Message=…]` of the whole reply"),
    meaning(".7.320", &["subjectmismatch"], Name, Inferred, "the certificate is for another name than TlsDomain (field reports)", "TlsDomain of the outbound connector against the names in the certificate of each server behind the MX records"),
    meaning(".7.320", &["untrustedroot"], Untrusted, Inferred, "the chain leads to no root that the sender trusts", "the issuers' certificates that the server sends"),
    meaning(".7.320", &["certificateexpired"], Expired, Inferred, "the receiving server's certificate has expired", "the receiving server's certificate"),
    meaning(".7.320", &[], Open, Inferred, "a certificate was refused; the words in `[Message=…]` tell why", "the part `[Message=…]` of the whole reply"),
    meaning(".7.3", &["starttls"], NoTls, Documented, "one side insists on TLS, and STARTTLS was not offered or not used", RESTART),
    meaning(".4.2", &["socketerror"], NoTls, Documented, "the connection broke in the handshake: seen where the sender speaks TLS 1.0 or 1.1 only", "the versions of TLS that the sender has enabled; other breaks of the connection read alike"),
    meaning(".7.0", &["tls channel"], NoTls, Inferred, "the receiving organization insists on TLS, and the sender used none (field reports)", "TLS of the sending server"),
    meaning(".7.64", &["tenantattribution", "relay access denied"], Other, Documented, "no inbound connector knows the sender by its certificate or address", "TlsSenderCertificateName and the addresses of the inbound connector against what the sender shows"),
    meaning(".7.1", &["unable to relay"], Open, Inferred, "relaying was refused: seen where centralised transport lost its certificate", "the certificate of hybrid mail flow"),
    meaning(".7.57", &[], NotTls, Documented, "the client did not authenticate for submission: not a matter of TLS", "SMTP AUTH of the client"),
    meaning(".4.316", &[], NotTls, Documented, "the connection was refused: the network, not TLS", "the address, the port and firewalls"),
    meaning(".4.7", &["expired"], Open, Documented, "the message waited too long; the replies before it tell why", "the deferrals that came before"),
    meaning(".4.101", &[], Open, Documented, "the session to another server could not be set up; the words behind tell why", "the reply that is quoted in it"),
];

/// What a reply means, if it is known.
pub(crate) fn meaning_of(text: &str) -> Option<&'static Meaning> {
    let text = crate::letters::lower_case(text);
    let is_there = |needle: &str| crate::search::find(text.as_bytes(), needle.as_bytes()).is_some();
    MEANINGS.iter().find(|meaning| {
        has_code(&text, meaning.detail)
            && (meaning.words.is_empty() || meaning.words.iter().any(|words| is_there(words)))
    })
}

/// Whether a status code ends so, and no longer one begins so.
fn has_code(text: &str, detail: &str) -> bool {
    let mut words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.'));
    words.any(|word| {
        let word = word.trim_end_matches('.');
        word.strip_prefix(['4', '5']).is_some_and(|rest| rest == detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODES: &str = include_str!("../../data/mail/smtp-tls-error-codes.tsv");

    #[test]
    fn every_code_of_the_table_has_its_meaning() {
        for row in CODES.lines().skip(1) {
            let mut cells = row.split('\t');
            let (code, text) = (cells.next().unwrap(), cells.next().unwrap());
            for code in code.split(" / ") {
                assert!(meaning_of(&format!("{code} {text}")).is_some(), "{code} {text}");
            }
        }
        assert_eq!(CODES.lines().count(), 20);
    }

    #[test]
    fn one_code_is_told_by_its_words() {
        for (text, cause) in [
            ("450 4.4.317 Cannot connect to remote server [Message=UntrustedRoot]", Untrusted),
            ("450 4.4.317 Cannot connect [Message=451 5.7.3 STARTTLS is required to send mail]", NoTls),
            ("450 4.4.317 Cannot connect to remote server", Open),
            ("450 4.7.320 Certificate validation failed [Message=SubjectMismatch]", Name),
            ("450 4.7.320 Certificate validation failed", Open),
            (
                "450 4.4.101 Proxy session setup failed on Frontend with '451 4.4.0 … 451 5.7.3 STARTTLS is required'",
                NoTls,
            ),
            ("5.7.57 Client was not authenticated", NotTls),
        ] {
            assert_eq!(meaning_of(text).unwrap().cause, cause, "{text}");
        }
        for text in ["450 4.2.0 greylisted", "550 5.1.1 no such user", "451 5.7.32 x", "550 5.7.1 spam"] {
            assert!(meaning_of(text).is_none(), "{text}");
        }
    }
}
