//! What would become of mail: a sender's or receiver's rule against what was shown of the server at the other end.
//!
//! `forecast` is pure: a class of rules, the faults of the peer, the rows of `table.rs`. `shown.rs` takes both from evidence.
//! A prediction is no finding: it proves no delivery, passes nothing and changes no verdict. What is not known of a peer counts
//! as either, so that a prediction stands only where both come to the same.

mod join;
mod ladder;
mod peer;
mod recent;
mod rule;
mod shown;
mod table;

use crate::report::{MailBasis, MailOutcome};

pub(crate) use peer::Seen;
pub(crate) use shown::{Shown, mail_forecast};
use table::{ROWS, Row};

/// What decides over a message, as far as the connection goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RuleClass {
    /// Outbound: no connector, or one without a level of TLS.
    Opportunistic,
    /// Outbound: TLS, whoever answers.
    EncryptionOnly,
    /// Outbound: a certificate of a trusted CA, whosever it is.
    CertificateValidation,
    /// Outbound: a certificate of a trusted CA for the name that the connector has.
    DomainValidation,
    /// Outbound: TLSA records of the receiving server, which DNSSEC vouches for.
    Dane,
    /// Outbound: the receiving domain's policy of MTA-STS.
    MtaSts,
    /// Inbound: no connector, or one that demands nothing.
    FromAnybody,
    /// Inbound: a connector for a partner that requires TLS.
    FromPartner,
    /// Inbound: one that also names the partner's certificate.
    FromPartnerByCertificate,
    /// Inbound: one that knows own servers by their certificate.
    FromOwnServers,
    /// Outbound, to own servers whose connector names a certificate.
    ToOwnServers,
}

/// What can be wrong at the other end, or with what it publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    NoTlsa,
    DnssecBogus,
    PolicyNotEnforced,
    NoStarttls,
    OldVersionsOnly,
    NoCommonSuite,
    TlsaUnusable,
    TlsaMismatch,
    MxNotInPolicy,
    SelfSigned,
    NameMismatch,
    Expired,
    Untrusted,
    Revoked,
    Md5,
    Sha1,
    NoClientCertificate,
    CertificateNameStale,
    /// None of these.
    Sound,
}

impl Fault {
    /// Whether nothing else counts where it is there.
    const fn ends_the_matter(self) -> bool {
        matches!(
            self,
            Self::NoTlsa
                | Self::DnssecBogus
                | Self::PolicyNotEnforced
                | Self::NoStarttls
                | Self::OldVersionsOnly
                | Self::NoCommonSuite
                | Self::TlsaUnusable
                | Self::NoClientCertificate
        )
    }

    /// What is wrong, as a clause behind the name of the server.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::NoTlsa => "has no TLSA records",
            Self::DnssecBogus => "has records whose DNSSEC signatures are wrong",
            Self::PolicyNotEnforced => "is under no policy that is enforced",
            Self::NoStarttls => "does not use STARTTLS",
            Self::OldVersionsOnly => "speaks TLS 1.1 at most",
            Self::NoCommonSuite => "has no suite in common with Microsoft's list",
            Self::TlsaUnusable => "has TLSA records that are not for mail",
            Self::TlsaMismatch => "has a certificate that its TLSA records do not name",
            Self::MxNotInPolicy => "is not named by the domain's MTA-STS policy",
            Self::SelfSigned => "has a self-signed certificate",
            Self::NameMismatch => "has a certificate for another name",
            Self::Expired => "has a certificate that has expired",
            Self::Untrusted => "sends a chain that leads to no root CA of the chosen store",
            Self::Revoked => "has a certificate that was revoked",
            Self::Md5 => "sends a chain with a signature over MD5 or MD2",
            Self::Sha1 => "sends a chain with a signature over SHA-1",
            Self::NoClientCertificate => "shows no certificate of its own",
            Self::CertificateNameStale => "names a certificate that is gone",
            Self::Sound => "was seen to have nothing that stands against it",
        }
    }
}

/// What a rule comes to at a peer.
#[derive(Debug)]
pub(crate) struct Forecast {
    /// What becomes of mail; none where the rule has no effect.
    pub(crate) outcome: Option<MailOutcome>,
    /// The same if nothing that is not known stands against it.
    pub(crate) provided: Option<MailOutcome>,
    pub(crate) basis: MailBasis,
    /// The rows that decide.
    pub(crate) rows: Vec<&'static Row>,
    /// What would have to be known.
    pub(crate) open: Vec<Fault>,
}

/// What a rule comes to at a peer of which each fault is there, is not, or is not known.
pub(crate) fn forecast(class: RuleClass, state: &dyn Fn(Fault) -> Option<bool>) -> Forecast {
    let rows = || ROWS.iter().filter(|row| row.class == class);
    let mut possible: Vec<&'static Row> = Vec::new();
    let mut decided: Vec<&'static Row> = Vec::new();
    for row in rows().filter(|row| row.fault.ends_the_matter()) {
        match state(row.fault) {
            Some(true) => {
                decided.push(row);
                break;
            }
            Some(false) => {}
            None => possible.push(row),
        }
    }
    if decided.is_empty() {
        let others = || rows().filter(|row| !row.fault.ends_the_matter() && row.fault != Fault::Sound);
        decided.extend(others().filter(|row| state(row.fault) == Some(true)));
        let worst = decided.iter().map(|row| severity(row.outcome)).max();
        decided.retain(|row| Some(severity(row.outcome)) == worst);
        if worst != Some(severity(Some(MailOutcome::Returned))) {
            possible.extend(others().filter(|row| state(row.fault).is_none()));
        }
        if decided.is_empty() {
            decided.extend(rows().find(|row| row.fault == Fault::Sound));
        }
    }
    let provided = decided.first().map_or(Some(MailOutcome::NotDetermined), |row| row.outcome);
    possible.retain(|row| severity(row.outcome) > severity(provided) || row.fault.ends_the_matter());
    let agrees = possible.iter().all(|row| row.outcome == provided);
    let outcome = if agrees { provided } else { Some(MailOutcome::NotDetermined) };
    let bases = || decided.iter().map(|row| row.basis);
    // One documented reason to return a message is enough; a delivery is as sure as the least of what it rests on.
    let basis = if provided == Some(MailOutcome::Returned) { bases().min() } else { bases().max() };
    let basis = basis.max(possible.iter().map(|row| row.basis).max()).unwrap_or(MailBasis::Inferred);
    let open = if agrees { None } else { Some(possible.iter().filter(|row| row.outcome != provided)) };
    let open = open.into_iter().flatten().map(|row| row.fault).collect();
    Forecast { outcome, provided, basis, rows: decided, open }
}

/// Which of several outcomes holds: what is returned is not delivered by another rule, and what is open keeps the rest open.
const fn severity(outcome: Option<MailOutcome>) -> u8 {
    match outcome {
        None => 0,
        Some(MailOutcome::DeliveredVerified) => 1,
        Some(MailOutcome::DeliveredEncrypted) => 2,
        Some(MailOutcome::DeliveredInClear) => 3,
        Some(MailOutcome::NotDetermined) => 4,
        Some(MailOutcome::Returned) => 5,
    }
}
