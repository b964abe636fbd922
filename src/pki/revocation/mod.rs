//! Revocation: what CRLs ([RFC 5280 §5, §6.3]) and OCSP responses ([RFC 6960]) prove of a certificate at an instant.
//!
//! A statement counts where the issuing CA's key signed it, or a responder that this CA appointed, and where it speaks of
//! this certificate, by serial number and issuer, at this instant. Everything else is a reason why it is not used:
//! nothing follows from it. Both are read in place, never encoded again.
//!
//! [RFC 5280 §5, §6.3]: https://www.rfc-editor.org/rfc/rfc5280#section-6.3
//! [RFC 6960]: https://www.rfc-editor.org/rfc/rfc6960

mod crl;
mod judge;
mod ocsp;
mod sha1;

use crate::time::Timestamp;

use super::certificate::CertificateError;
use super::oid;
use super::time;
use super::tlv::{self, BIT_STRING, INTEGER, OCTET_STRING, SEQUENCE, Tlv, Walker};
use super::{ParsedCertificate, algorithm::SignatureAlgorithm};

pub use crl::Crl;
pub use judge::{Answer, Issuer, Standing, ask, concerns, cost};
pub use ocsp::OcspResponse;

/// What is said of the revocation of certificates, as signed bytes.
#[derive(Debug)]
pub enum Statement<'a> {
    /// A list.
    Crl(Box<Crl<'a>>),
    /// A response.
    Ocsp(Box<OcspResponse<'a>>),
}

/// What bytes are that begin as a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementKind {
    /// A certificate revocation list.
    Crl,
    /// An OCSP response.
    Ocsp,
}

impl StatementKind {
    /// By the first fields of DER.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if ocsp::is_response(bytes) { Some(Self::Ocsp) } else { crl::is_crl(bytes).then_some(Self::Crl) }
    }

    /// What people call it, with its article.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Crl => "a CRL",
            Self::Ocsp => "an OCSP response",
        }
    }
}

impl<'a> Statement<'a> {
    /// Reads DER of this kind.
    ///
    /// # Errors
    /// What was expected and what was found, and at which byte.
    pub fn read(kind: StatementKind, bytes: &'a [u8]) -> Result<Self, CertificateError> {
        Ok(match kind {
            StatementKind::Crl => Self::Crl(Box::new(Crl::read(bytes)?)),
            StatementKind::Ocsp => Self::Ocsp(Box::new(OcspResponse::read(bytes)?)),
        })
    }
}

/// Since when a certificate is revoked, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// The date of revocation.
    pub since: Timestamp,
    /// The reason given.
    pub reason: Reason,
}

/// Reasons of revocation ([RFC 5280 §5.3.1]).
///
/// [RFC 5280 §5.3.1]: https://www.rfc-editor.org/rfc/rfc5280#section-5.3.1
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the RFC")]
pub enum Reason {
    Unspecified,
    KeyCompromise,
    CaCompromise,
    AffiliationChanged,
    Superseded,
    CessationOfOperation,
    CertificateHold,
    RemoveFromCrl,
    PrivilegeWithdrawn,
    AaCompromise,
}

impl Reason {
    /// From the contents of an ENUMERATED; what is not known is revoked all the same.
    const fn of(code: &[u8]) -> Self {
        match code {
            [1] => Self::KeyCompromise,
            [2] => Self::CaCompromise,
            [3] => Self::AffiliationChanged,
            [4] => Self::Superseded,
            [5] => Self::CessationOfOperation,
            [6] => Self::CertificateHold,
            [8] => Self::RemoveFromCrl,
            [9] => Self::PrivilegeWithdrawn,
            [10] => Self::AaCompromise,
            _ => Self::Unspecified,
        }
    }

    /// Whether nothing takes it back.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::CertificateHold | Self::RemoveFromCrl)
    }

    /// The name of the RFC.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::CaCompromise => "cACompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::CertificateHold => "certificateHold",
            Self::RemoveFromCrl => "removeFromCRL",
            Self::PrivilegeWithdrawn => "privilegeWithdrawn",
            Self::AaCompromise => "aACompromise",
        }
    }
}

/// A signed part with its signature.
#[derive(Debug)]
struct Signed<'a> {
    message: &'a [u8],
    algorithm: SignatureAlgorithm,
    signature: &'a [u8],
}

impl<'a> Signed<'a> {
    /// Reads the three parts of `outer`; the fields of the signed one are returned with it.
    fn read(outer: &Tlv<'a>, what: &str) -> Result<(Self, Walker<'a>), CertificateError> {
        let mut parts = outer.inside();
        let message = parts.expect(SEQUENCE, what)?;
        let algorithm = parts.expect(SEQUENCE, "the signature algorithm")?;
        let bits = parts.expect(BIT_STRING, "the signature")?;
        let signature = tlv::whole_bits(bits.value).ok_or_else(|| CertificateError {
            offset: bits.start,
            message: format!("the signature of {what} has unused bits"),
        })?;
        let algorithm = SignatureAlgorithm::read(&algorithm, &mut Vec::new())?;
        Ok((Self { message: message.raw, algorithm, signature }, message.inside()))
    }
}

const ENUMERATED: u8 = 0x0A;

const fn is_time(tag: u8) -> bool {
    matches!(tag, 0x17 | 0x18)
}

fn instant(element: &Tlv<'_>) -> Result<Timestamp, CertificateError> {
    let read = time::read(element).map_err(|message| CertificateError { offset: element.start, message });
    read.map(|(instant, _)| instant)
}

/// A serial number without the leading zero bytes that BER allows.
fn canonical(mut serial: &[u8]) -> &[u8] {
    while let [0, rest @ ..] = serial
        && rest.first().is_some_and(|next| *next < 0x80)
    {
        serial = rest;
    }
    serial
}

/// The contents of the INTEGER that is a certificate's serial number.
fn serial_of(certificate: &ParsedCertificate) -> Option<&[u8]> {
    let mut fields = Walker::new(certificate.tbs_bytes(), 0).expect(SEQUENCE, "").ok()?.inside();
    fields.optional(0xA0, "").ok()?;
    Some(fields.expect(INTEGER, "").ok()?.value)
}

/// Goes through extensions: identifier, critical or not, and the OCTET STRING of the value.
fn extensions(
    list: &Tlv<'_>,
    take: &mut dyn FnMut(&str, bool, &Tlv<'_>) -> Result<(), CertificateError>,
) -> Result<(), CertificateError> {
    let mut list = list.inside();
    while !list.is_empty() {
        let mut fields = list.expect(SEQUENCE, "an extension")?.inside();
        let id = oid::text(fields.expect(tlv::OID, "an extension's identifier")?.value);
        let critical = fields.optional(0x01, "the critical flag")?;
        let critical = critical.is_some_and(|flag| flag.value.iter().any(|byte| *byte != 0));
        let value = fields.expect(OCTET_STRING, "an extension's value")?;
        take(&id, critical, &value)?;
    }
    Ok(())
}

/// The encoded names of a DistributionPointName's `fullName`; a name relative to the issuer is none.
fn full_names(place: &Tlv<'_>) -> Result<Vec<Vec<u8>>, CertificateError> {
    let mut found = Vec::new();
    let form = place.inside().element("a distribution point's name")?;
    let mut names = form.inside();
    while form.tag == 0xA0 && !names.is_empty() {
        found.push(names.element("a name")?.raw.to_vec());
    }
    Ok(found)
}
