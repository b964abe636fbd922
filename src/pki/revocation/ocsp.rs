//! OCSP responses ([RFC 6960 §4.2]).
//!
//! [RFC 6960 §4.2]: https://www.rfc-editor.org/rfc/rfc6960#section-4.2

use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::pki::ParsedCertificate;
use crate::pki::certificate::CertificateError;
use crate::pki::distinguished_name::DistinguishedName;
use crate::pki::oid;
use crate::pki::tlv::{self, INTEGER, OCTET_STRING, SEQUENCE, Tlv, Walker};
use crate::time::Timestamp;

use super::sha1::sha1;
use super::{ENUMERATED, Reason, Revoked, Signed, canonical, extensions, instant};

/// An answer of a responder.
#[derive(Debug)]
pub struct OcspResponse<'a> {
    pub(super) signed: Signed<'a>,
    pub(super) responder: Responder<'a>,
    pub(super) singles: Vec<Single<'a>>,
    /// The certificates that it carries.
    pub(super) certificates: Vec<ParsedCertificate>,
    /// Why it is not to be used at all.
    pub(super) unusable: Option<String>,
}

/// Who answers, by its own word.
#[derive(Debug)]
pub(super) enum Responder<'a> {
    Name(DistinguishedName),
    /// SHA-1 of the octets of its key.
    Key(&'a [u8]),
}

/// What is said of one certificate.
#[derive(Debug)]
pub(super) struct Single<'a> {
    hash: String,
    issuer_name: &'a [u8],
    issuer_key: &'a [u8],
    serial: &'a [u8],
    pub(super) status: Status,
    pub(super) this_update: Timestamp,
    pub(super) next_update: Option<Timestamp>,
    pub(super) unusable: Option<String>,
}

/// The status of a certificate.
#[derive(Debug)]
pub(super) enum Status {
    Good,
    Revoked(Revoked),
    Unknown,
}

const BASIC: &str = "1.3.6.1.5.5.7.48.1.1";
/// Nonce, CRL references, archive cutoff, service locator, extended revoke, certificate timestamps.
const HARMLESS: &[&str] = &[
    "1.3.6.1.5.5.7.48.1.2",
    "1.3.6.1.5.5.7.48.1.3",
    "1.3.6.1.5.5.7.48.1.6",
    "1.3.6.1.5.5.7.48.1.7",
    "1.3.6.1.5.5.7.48.1.9",
    "1.3.6.1.4.1.11129.2.4.5",
];
/// Responders answer for one certificate, or for a batch of one issuer.
const MOST_SINGLES: usize = 1024;
const MOST_CERTIFICATES: usize = 8;

impl<'a> OcspResponse<'a> {
    /// Reads a response that answers.
    ///
    /// # Errors
    /// When the bytes do not have the structure of a basic response, or say why there is no answer.
    pub fn read(bytes: &'a [u8]) -> Result<Self, CertificateError> {
        let outer = tlv::only(bytes, "an OCSP response")?;
        let mut fields = outer.inside();
        let status = fields.expect(ENUMERATED, "the status of an OCSP response")?;
        let error = |offset, message: String| CertificateError { offset, message };
        if status.value != [0] {
            let what = refusal(status.value);
            return Err(error(status.start, format!("the responder gave no answer, but `{what}`")));
        }
        let answer = fields.expect(0xA0, "the answer of an OCSP response")?;
        end(&fields)?;
        let mut typed = answer.inside().expect(SEQUENCE, "the answer of an OCSP response")?.inside();
        let kind = typed.expect(tlv::OID, "the type of an OCSP response")?;
        let id = oid::text(kind.value);
        if id != BASIC {
            return Err(error(kind.start, format!("expected a basic OCSP response, found the type {id}")));
        }
        let inner = typed.expect(OCTET_STRING, "a basic OCSP response")?;
        end(&typed)?;
        let basic = inner.inside().expect(SEQUENCE, "a basic OCSP response")?;
        let (signed, fields) = Signed::read(&basic, "an OCSP response")?;
        let mut response = Self {
            signed,
            responder: Responder::Key(&[]),
            singles: Vec::new(),
            certificates: Vec::new(),
            unusable: None,
        };
        response.read_data(fields)?;
        response.read_certificates(&basic)?;
        Ok(response)
    }

    fn read_data(&mut self, mut fields: Walker<'a>) -> Result<(), CertificateError> {
        fields.optional(0xA0, "the version of an OCSP response")?;
        let responder = fields.element("the responder")?;
        self.responder = match responder.tag {
            0xA1 => {
                let name = responder.inside().expect(SEQUENCE, "the responder's name")?;
                Responder::Name(DistinguishedName::read(&name, &mut Vec::new())?)
            }
            0xA2 => Responder::Key(responder.inside().expect(OCTET_STRING, "the responder's key")?.value),
            tag => {
                let message = format!("expected a responder, found {}", tlv::tag_name(tag));
                return Err(CertificateError { offset: responder.start, message });
            }
        };
        instant(&fields.element("producedAt")?)?;
        let mut list = fields.expect(SEQUENCE, "the answers")?.inside();
        while !list.is_empty() {
            if self.singles.len() == MOST_SINGLES {
                self.unusable = Some(format!("it speaks of more than {MOST_SINGLES} certificates"));
                break;
            }
            self.singles.push(Single::read(&list.expect(SEQUENCE, "an answer")?)?);
        }
        if let Some(listed) = fields.optional(0xA1, "the extensions of an OCSP response")? {
            let found = unknown_critical(&listed)?;
            self.unusable = self.unusable.take().or(found);
        }
        end(&fields)
    }

    fn read_certificates(&mut self, basic: &Tlv<'a>) -> Result<(), CertificateError> {
        let mut fields = basic.inside();
        for what in ["the signed part", "the signature algorithm", "the signature"] {
            fields.element(what)?;
        }
        if let Some(carried) = fields.optional(0xA0, "the certificates of an OCSP response")? {
            let mut list = carried.inside().expect(SEQUENCE, "the certificates of an OCSP response")?.inside();
            while !list.is_empty() && self.certificates.len() < MOST_CERTIFICATES {
                self.certificates.extend(ParsedCertificate::from_der(list.element("a certificate")?.raw));
            }
        }
        end(&fields)
    }
}

impl<'a> Single<'a> {
    fn read(single: &Tlv<'a>) -> Result<Self, CertificateError> {
        let mut fields = single.inside();
        let mut id = fields.expect(SEQUENCE, "a certificate's identifier")?.inside();
        let hash = id.expect(SEQUENCE, "a hash algorithm")?.inside().expect(tlv::OID, "a hash algorithm")?;
        let issuer_name = id.expect(OCTET_STRING, "the hash of the issuer's name")?.value;
        let issuer_key = id.expect(OCTET_STRING, "the hash of the issuer's key")?.value;
        let serial = id.expect(INTEGER, "a serial number")?.value;
        let said = fields.element("a certificate's status")?;
        let status = match said.tag {
            0x80 => Status::Good,
            0xA1 => {
                let mut info = said.inside();
                let since = instant(&info.element("the time of revocation")?)?;
                let reason = info.optional(0xA0, "the reason")?;
                let code = reason.map(|reason| reason.inside().expect(ENUMERATED, "the reason")).transpose()?;
                Status::Revoked(Revoked { since, reason: Reason::of(code.map_or(&[0], |code| code.value)) })
            }
            0x82 => Status::Unknown,
            tag => {
                let message = format!("expected a certificate's status, found {}", tlv::tag_name(tag));
                return Err(CertificateError { offset: said.start, message });
            }
        };
        let this_update = instant(&fields.element("thisUpdate")?)?;
        let next_update = fields.optional(0xA0, "nextUpdate")?;
        let next_update = next_update.map(|next| instant(&next.inside().element("nextUpdate")?)).transpose()?;
        let listed = fields.optional(0xA1, "the extensions of an answer")?;
        let unusable = listed.map(|listed| unknown_critical(&listed)).transpose()?.flatten();
        end(&fields)?;
        let hash = oid::text(hash.value);
        Ok(Self { hash, issuer_name, issuer_key, serial, status, this_update, next_update, unusable })
    }

    /// Whether it is about the certificate with this serial number, whose issuer has this encoded name and these octets
    /// as its key.
    pub(super) fn is_of(&self, serial: &[u8], issuer_name: &[u8], issuer_key: &[u8]) -> bool {
        canonical(self.serial) == canonical(serial)
            && hashed(&self.hash, issuer_name).is_some_and(|hash| hash == self.issuer_name)
            && hashed(&self.hash, issuer_key).is_some_and(|hash| hash == self.issuer_key)
    }
}

impl Responder<'_> {
    /// Whether it is the one with this name and these octets as its key.
    pub(super) fn is(&self, name: &DistinguishedName, key: &[u8]) -> bool {
        match self {
            Self::Name(own) => own.same_as(name),
            Self::Key(hash) => *hash == sha1(key),
        }
    }
}

fn hashed(algorithm: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    match algorithm {
        "1.3.14.3.2.26" => Some(sha1(bytes).to_vec()),
        "2.16.840.1.101.3.4.2.1" => Some(Sha256::digest(bytes).to_vec()),
        "2.16.840.1.101.3.4.2.2" => Some(Sha384::digest(bytes).to_vec()),
        "2.16.840.1.101.3.4.2.3" => Some(Sha512::digest(bytes).to_vec()),
        _ => None,
    }
}

fn unknown_critical(wrapper: &Tlv<'_>) -> Result<Option<String>, CertificateError> {
    let mut unknown = None;
    let list = wrapper.inside().expect(SEQUENCE, "extensions")?;
    extensions(&list, &mut |id, critical, _| {
        if critical && !HARMLESS.contains(&id) {
            unknown = Some(format!("it has the critical extension {id}, which is not known"));
        }
        Ok(())
    })?;
    Ok(unknown)
}

fn end(fields: &Walker<'_>) -> Result<(), CertificateError> {
    if fields.is_empty() {
        return Ok(());
    }
    let message = "expected the end of a part of an OCSP response, found more bytes".to_owned();
    Err(CertificateError { offset: fields.offset(), message })
}

/// The names of [RFC 6960 §4.2.1](https://www.rfc-editor.org/rfc/rfc6960#section-4.2.1).
const fn refusal(status: &[u8]) -> &'static str {
    match status {
        [1] => "malformedRequest",
        [2] => "internalError",
        [3] => "tryLater",
        [5] => "sigRequired",
        [6] => "unauthorized",
        _ => "an unknown status",
    }
}

/// Whether these bytes begin as a response does.
pub(super) fn is_response(bytes: &[u8]) -> bool {
    let begins = || Walker::new(bytes, 0).expect(SEQUENCE, "")?.inside().expect(ENUMERATED, "");
    begins().is_ok()
}
