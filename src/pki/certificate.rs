//! Certificates ([RFC 5280 §4.1]), decoded field by field from DER.
//!
//! Real certificates break the rules in one field and are sound in the others, so that a decoder which refuses the
//! whole loses the evidence. The outer structure must be there; each field is then a value or a reason, never a
//! default, and what was odd but certain is listed in [`ParsedCertificate::tolerated`].
//!
//! [RFC 5280 §4.1]: https://www.rfc-editor.org/rfc/rfc5280#section-4.1

use std::fmt;
use std::ops::Range;

use crate::source::{hex, sha256_hex};
use crate::time::Timestamp;

use super::algorithm::SignatureAlgorithm;
use super::distinguished_name::DistinguishedName;
use super::extension::{Extensions, Field, GeneralName};
use super::key::KeyInfo;
use super::tlv::{self, BIT_STRING, INTEGER, SEQUENCE, Tlv, Walker};

/// Bytes that are no certificate: what was expected instead, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateError {
    /// Offset of the byte at which reading ended.
    pub offset: usize,
    /// What was expected and what was found.
    pub message: String,
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.message, self.offset)
    }
}

impl std::error::Error for CertificateError {}

/// A decoded certificate. A field that could not be decoded says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedCertificate {
    /// The certificate's bytes, without anything that stood behind it.
    pub der: Vec<u8>,
    /// SHA-256 of `der`, lower-case hex.
    pub sha256: String,
    /// Where in `der` the signed part stands, header included. Signatures are checked over these bytes: encoding the
    /// decoded fields again gives other bytes for certificates that are not strictly DER.
    pub tbs: Range<usize>,
    /// Where in `der` the octets of the signature stand.
    pub signature: Result<Range<usize>, String>,
    /// 1, 2 or 3; other numbers as they stand there, counted from 1.
    pub version: Result<u64, String>,
    /// The serial number in lower-case hex, without the leading zero byte of its encoding; negative ones as encoded.
    pub serial: Result<String, String>,
    /// How it was signed.
    pub signature_algorithm: Result<SignatureAlgorithm, String>,
    /// Whether the signed part names the same algorithm, which it must ([RFC 5280 §4.1.1.2]).
    ///
    /// [RFC 5280 §4.1.1.2]: https://www.rfc-editor.org/rfc/rfc5280#section-4.1.1.2
    pub algorithms_agree: bool,
    /// Who issued it, by its own word.
    pub issuer: Result<DistinguishedName, String>,
    /// Whom it is for.
    pub subject: Result<DistinguishedName, String>,
    /// First instant of validity.
    pub not_before: Result<Timestamp, String>,
    /// Last instant of validity, which still counts.
    pub not_after: Result<Timestamp, String>,
    /// The public key.
    pub key: Result<KeyInfo, String>,
    /// The extensions.
    pub extensions: Extensions,
    /// What breaks a rule of the encoding and was read all the same.
    pub tolerated: Vec<String>,
}

impl ParsedCertificate {
    /// Decodes one certificate; bytes behind it are left out and noted in [`ParsedCertificate::tolerated`].
    ///
    /// # Errors
    /// When the bytes do not have the structure of a certificate: what was expected, and at which byte.
    pub fn from_der(bytes: &[u8]) -> Result<Self, CertificateError> {
        let mut notes = Vec::new();
        let mut input = Walker::new(bytes, 0);
        let outer = input.expect(SEQUENCE, "a certificate")?;
        if !input.is_empty() {
            let extra = bytes.len().saturating_sub(outer.end());
            notes.push(format!("{extra} bytes stand behind the certificate and were left out"));
        }
        let mut parts = outer.inside();
        let tbs = parts.expect(SEQUENCE, "the signed part of a certificate")?;
        let mut fields = tbs.inside();
        let version = fields.optional(0xA0, "the version")?;
        let serial = fields.expect(INTEGER, "the serial number of a certificate")?;
        let inner_algorithm = fields.expect(SEQUENCE, "the signature algorithm")?;
        let issuer = fields.expect(SEQUENCE, "the issuer's name")?;
        let validity = fields.expect(SEQUENCE, "the validity period")?;
        let subject = fields.expect(SEQUENCE, "the subject's name")?;
        let key = fields.expect(SEQUENCE, "the public key")?;
        let outer_algorithm = parts.expect(SEQUENCE, "the signature algorithm")?;
        let signature = parts.expect(BIT_STRING, "the signature")?;
        if !parts.is_empty() {
            notes.push(format!("bytes stand behind the signature at byte {}", parts.offset()));
        }
        if inner_algorithm.raw != outer_algorithm.raw {
            notes.push("the signature algorithms inside and outside the signed part differ".to_owned());
        }
        let version = read_version(version, &mut notes);
        let [not_before, not_after] = read_validity(&validity, &mut notes);
        let extensions = read_rest(fields, &version, &mut notes);
        Ok(Self {
            der: outer.raw.to_vec(),
            sha256: sha256_hex(outer.raw),
            tbs: tbs.start..tbs.end(),
            signature: match tlv::whole_bits(signature.value) {
                Some(_) => Ok(signature.value_start + 1..signature.end()),
                None => Err(format!("the signature has unused bits at byte {}", signature.value_start)),
            },
            serial: read_serial(&serial, &mut notes),
            algorithms_agree: inner_algorithm.raw == outer_algorithm.raw,
            signature_algorithm: told(SignatureAlgorithm::read(&outer_algorithm, &mut notes)),
            issuer: told(DistinguishedName::read(&issuer, &mut notes)),
            subject: told(DistinguishedName::read(&subject, &mut notes)),
            key: told(KeyInfo::read(&key)),
            version,
            not_before,
            not_after,
            extensions,
            tolerated: notes,
        })
    }

    /// How many of these bytes the certificate at their start takes.
    ///
    /// # Errors
    /// When they do not start with a whole SEQUENCE.
    pub fn length_in(bytes: &[u8]) -> Result<usize, CertificateError> {
        Ok(Walker::new(bytes, 0).expect(SEQUENCE, "a certificate")?.end())
    }

    /// The DNS names in its subject alternative name, as they stand there.
    pub fn dns_names(&self) -> impl Iterator<Item = &str> {
        self.names().filter_map(|name| match name {
            GeneralName::Dns(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The readable entries of its subject alternative name.
    pub fn names(&self) -> impl Iterator<Item = &GeneralName> {
        self.extensions.subject_alternative_name.decoded().into_iter().flat_map(|names| &names.names)
    }

    /// Whether the serial number is encoded as a negative one.
    #[must_use]
    pub fn has_negative_serial(&self) -> bool {
        let serial = || {
            let mut fields = Walker::new(self.tbs_bytes(), 0).expect(SEQUENCE, "the signed part")?.inside();
            fields.optional(0xA0, "the version")?;
            fields.expect(INTEGER, "the serial number")
        };
        serial().is_ok_and(|serial| serial.value.first().is_some_and(|first| first & 0x80 != 0))
    }

    /// The signed bytes.
    #[must_use]
    pub fn tbs_bytes(&self) -> &[u8] {
        self.der.get(self.tbs.clone()).unwrap_or(&[])
    }

    /// The octets of the signature.
    #[must_use]
    pub fn signature_bytes(&self) -> Option<&[u8]> {
        self.signature.as_ref().ok().and_then(|range| self.der.get(range.clone()))
    }

    /// The subject's common names.
    #[must_use]
    pub fn common_names(&self) -> Vec<&str> {
        self.subject.as_ref().map(DistinguishedName::common_names).unwrap_or_default()
    }

    /// The subject's organizations.
    #[must_use]
    pub fn organizations(&self) -> Vec<&str> {
        self.subject.as_ref().map(DistinguishedName::organizations).unwrap_or_default()
    }

    /// The subject's organizational units.
    #[must_use]
    pub fn organizational_units(&self) -> Vec<&str> {
        self.subject.as_ref().map(DistinguishedName::organizational_units).unwrap_or_default()
    }

    /// Whether issuer and subject are the same name ([RFC 5280 §3.2]); `None` when one cannot be read. That it signed
    /// itself is another question.
    ///
    /// [RFC 5280 §3.2]: https://www.rfc-editor.org/rfc/rfc5280#section-3.2
    #[must_use]
    pub fn is_self_issued(&self) -> Option<bool> {
        Some(self.issuer.as_ref().ok()?.same_as(self.subject.as_ref().ok()?))
    }

    /// Whether basic constraints say that it is a CA; without the extension it is none, which includes the version 1
    /// roots of old. `None` when the extension cannot be read.
    #[must_use]
    pub fn is_ca(&self) -> Option<bool> {
        match &self.extensions.basic_constraints {
            Field::Absent => Some(false),
            Field::Decoded(constraints) => Some(constraints.ca),
            Field::Undecodable(_) => None,
        }
    }

    /// Whether the names, and the key identifiers where both are there, let `issuer` be the issuer of this one.
    ///
    /// This finds candidates. It proves nothing: anyone can write any name, only the signature tells.
    #[must_use]
    pub fn issued_by_name(&self, issuer: &Self) -> bool {
        let (Ok(named), Ok(subject)) = (&self.issuer, &issuer.subject) else { return false };
        let identifiers_agree = match (
            self.extensions.authority_key_identifier.decoded(),
            issuer.extensions.subject_key_identifier.decoded(),
        ) {
            (Some(Some(wanted)), Some(found)) => wanted == found,
            _ => true,
        };
        !named.is_empty() && named.same_as(subject) && identifiers_agree
    }
}

fn told<T>(read: Result<T, CertificateError>) -> Result<T, String> {
    read.map_err(|error| error.to_string())
}

fn read_version(field: Option<Tlv<'_>>, notes: &mut Vec<String>) -> Result<u64, String> {
    let Some(field) = field else { return Ok(1) };
    let number = told(field.inside().expect(INTEGER, "the version"))?;
    let version = tlv::magnitude(number.value).and_then(tlv::to_u64).and_then(|value| value.checked_add(1));
    let version = version.ok_or_else(|| format!("the version is out of range at byte {}", number.start))?;
    if version > 3 {
        notes.push(format!("version {version} does not exist; expected 1 to 3"));
    }
    Ok(version)
}

fn read_serial(serial: &Tlv<'_>, notes: &mut Vec<String>) -> Result<String, String> {
    if serial.value.is_empty() {
        return Err(format!("the serial number is empty at byte {}", serial.start));
    }
    if serial.value.len() > 20 {
        notes.push(format!("the serial number has {} bytes; expected at most 20", serial.value.len()));
    }
    match tlv::magnitude(serial.value) {
        Some([]) => {
            notes.push("the serial number is zero".to_owned());
            Ok("00".to_owned())
        }
        Some(number) => Ok(hex(number)),
        None => {
            notes.push("the serial number is negative".to_owned());
            Ok(hex(serial.value))
        }
    }
}

pub(super) fn read_validity(validity: &Tlv<'_>, notes: &mut Vec<String>) -> [Result<Timestamp, String>; 2] {
    let mut fields = validity.inside();
    ["notBefore", "notAfter"].map(|name| {
        let (instant, note) =
            super::time::read(&told(fields.element(name))?).map_err(|why| format!("{name}: {why}"))?;
        if let Some(note) = note {
            notes.push(format!("{name} is {note}"));
        }
        Ok(instant)
    })
}

/// What follows the public key: two unique identifiers that nobody writes, and the extensions.
fn read_rest(mut fields: Walker<'_>, version: &Result<u64, String>, notes: &mut Vec<String>) -> Extensions {
    while !fields.is_empty() {
        match fields.element("the extensions") {
            Ok(found) if found.tag == 0xA3 => {
                if matches!(version, Ok(1 | 2)) {
                    notes.push("extensions stand in a certificate whose version has none".to_owned());
                }
                if !fields.is_empty() {
                    notes.push(format!("bytes stand behind the extensions at byte {}", fields.offset()));
                }
                return Extensions::read(&found);
            }
            Ok(found) if matches!(found.tag, 0x81 | 0x82 | 0xA1 | 0xA2) => {}
            Ok(found) => {
                let message = format!("expected [3] (extensions), found {}", tlv::tag_name(found.tag));
                return Extensions::unreadable(&CertificateError { offset: found.start, message });
            }
            Err(error) => return Extensions::unreadable(&error),
        }
    }
    Extensions::default()
}
