//! Signature algorithms of certificates ([RFC 3279], [RFC 4055], [RFC 8410], [RFC 9881]) and the hash each rests on.
//!
//! [RFC 3279]: https://www.rfc-editor.org/rfc/rfc3279
//! [RFC 4055]: https://www.rfc-editor.org/rfc/rfc4055
//! [RFC 8410]: https://www.rfc-editor.org/rfc/rfc8410
//! [RFC 9881]: https://www.rfc-editor.org/rfc/rfc9881

use std::fmt;

use super::certificate::CertificateError;
use super::oid;
use super::tlv::{self, SEQUENCE, Tlv};

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the functions")]
pub enum HashAlgorithm {
    Md2,
    Md4,
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha3_224,
    Sha3_256,
    Sha3_384,
    Sha3_512,
    Shake128,
    Shake256,
}

impl fmt::Display for HashAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Md2 => "MD2",
            Self::Md4 => "MD4",
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
            Self::Sha3_224 => "SHA3-224",
            Self::Sha3_256 => "SHA3-256",
            Self::Sha3_384 => "SHA3-384",
            Self::Sha3_512 => "SHA3-512",
            Self::Shake128 => "SHAKE128",
            Self::Shake256 => "SHAKE256",
        })
    }
}

/// How a certificate was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureAlgorithm {
    /// The algorithm's identifier, dotted.
    pub oid: String,
    /// Its name: `sha256WithRSAEncryption`.
    pub name: Option<&'static str>,
    /// The hash that the signature rests on; `None` means that it is not known, never that there is none.
    pub hash: Option<HashAlgorithm>,
    /// The parameters of RSASSA-PSS, when it is that and they can be read.
    pub pss: Option<PssParameters>,
    /// The encoded AlgorithmIdentifier.
    pub der: Vec<u8>,
}

/// `RSASSA-PSS-params` ([RFC 4055 §3.1]), defaults filled in.
///
/// [RFC 4055 §3.1]: https://www.rfc-editor.org/rfc/rfc4055#section-3.1
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PssParameters {
    /// The hash of the message; `None` when it is not a known one.
    pub hash: Option<HashAlgorithm>,
    /// The hash inside MGF1; `None` when it is not a known one.
    pub mask_hash: Option<HashAlgorithm>,
    /// Salt length in bytes; `None` when it is out of all proportion.
    pub salt_length: Option<u32>,
}

impl SignatureAlgorithm {
    /// Reads an AlgorithmIdentifier.
    ///
    /// # Errors
    /// When the bytes do not have its structure: what was expected, and at which byte.
    pub fn from_der(bytes: &[u8]) -> Result<Self, CertificateError> {
        tlv::only(bytes, "an algorithm").and_then(|identifier| Self::read(&identifier, &mut Vec::new()))
    }

    pub(super) fn read(identifier: &Tlv<'_>, notes: &mut Vec<String>) -> Result<Self, CertificateError> {
        let mut fields = identifier.inside();
        let oid = oid::text(fields.expect(tlv::OID, "an algorithm")?.value);
        let (name, mut hash) = match KNOWN.iter().find(|(known, ..)| *known == oid) {
            Some((_, name, hash)) => (Some(*name), *hash),
            None => (None, None),
        };
        let mut pss = None;
        if oid == RSASSA_PSS {
            match PssParameters::read(fields.optional(SEQUENCE, "RSASSA-PSS parameters")?) {
                Ok(parameters) => {
                    hash = parameters.hash;
                    pss = Some(parameters);
                }
                Err(error) => notes.push(format!("the RSASSA-PSS parameters cannot be read: {error}")),
            }
        }
        Ok(Self { oid, name, hash, pss, der: identifier.raw.to_vec() })
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.unwrap_or(&self.oid))?;
        match &self.pss {
            Some(PssParameters { hash: Some(hash), .. }) => write!(f, " with {hash}"),
            _ => Ok(()),
        }
    }
}

impl PssParameters {
    fn read(parameters: Option<Tlv<'_>>) -> Result<Self, CertificateError> {
        let mut read =
            Self { hash: Some(HashAlgorithm::Sha1), mask_hash: Some(HashAlgorithm::Sha1), salt_length: Some(20) };
        let Some(parameters) = parameters else { return Ok(read) };
        let mut fields = parameters.inside();
        if let Some(field) = fields.optional(0xA0, "hashAlgorithm")? {
            read.hash = hash_of(&field.inside().expect(SEQUENCE, "a hash algorithm")?)?;
        }
        if let Some(field) = fields.optional(0xA1, "maskGenAlgorithm")? {
            let mut mask = field.inside().expect(SEQUENCE, "a mask generation function")?.inside();
            let function = oid::text(mask.expect(tlv::OID, "a mask generation function")?.value);
            let hash = hash_of(&mask.expect(SEQUENCE, "the hash of the mask")?)?;
            read.mask_hash = hash.filter(|_| function == "1.2.840.113549.1.1.8");
        }
        if let Some(field) = fields.optional(0xA2, "saltLength")? {
            let salt = field.inside().expect(tlv::INTEGER, "a salt length")?;
            read.salt_length = tlv::magnitude(salt.value).and_then(tlv::to_u64).and_then(|n| u32::try_from(n).ok());
        }
        // RFC 4055 §3.1: there is one trailer, which is the default.
        let trailer = fields.optional(0xA3, "trailerField")?;
        let offset = trailer.map_or(fields.offset(), |field| field.start);
        let is_known = trailer.is_none_or(|field| field.value == [tlv::INTEGER, 1, 1]);
        if !is_known || !fields.is_empty() {
            let message = "expected trailerField 1 or the end of the RSASSA-PSS parameters".to_owned();
            return Err(CertificateError { offset, message });
        }
        Ok(read)
    }
}

fn hash_of(identifier: &Tlv<'_>) -> Result<Option<HashAlgorithm>, CertificateError> {
    let oid = oid::text(identifier.inside().expect(tlv::OID, "a hash algorithm")?.value);
    Ok(HASHES.iter().find(|(known, _)| *known == oid).map(|(_, hash)| *hash))
}

const RSASSA_PSS: &str = "1.2.840.113549.1.1.10";

const HASHES: &[(&str, HashAlgorithm)] = &[
    ("1.2.840.113549.2.2", HashAlgorithm::Md2),
    ("1.2.840.113549.2.4", HashAlgorithm::Md4),
    ("1.2.840.113549.2.5", HashAlgorithm::Md5),
    ("1.3.14.3.2.26", HashAlgorithm::Sha1),
    ("2.16.840.1.101.3.4.2.4", HashAlgorithm::Sha224),
    ("2.16.840.1.101.3.4.2.1", HashAlgorithm::Sha256),
    ("2.16.840.1.101.3.4.2.2", HashAlgorithm::Sha384),
    ("2.16.840.1.101.3.4.2.3", HashAlgorithm::Sha512),
    ("2.16.840.1.101.3.4.2.7", HashAlgorithm::Sha3_224),
    ("2.16.840.1.101.3.4.2.8", HashAlgorithm::Sha3_256),
    ("2.16.840.1.101.3.4.2.9", HashAlgorithm::Sha3_384),
    ("2.16.840.1.101.3.4.2.10", HashAlgorithm::Sha3_512),
    ("2.16.840.1.101.3.4.2.11", HashAlgorithm::Shake128),
    ("2.16.840.1.101.3.4.2.12", HashAlgorithm::Shake256),
];

/// EdDSA and ML-DSA hash inside: SHA-512 (RFC 8032 §5.1), SHAKE256 (RFC 8032 §5.2, FIPS 204 §3.7).
const KNOWN: &[(&str, &str, Option<HashAlgorithm>)] = &[
    ("1.2.840.113549.1.1.2", "md2WithRSAEncryption", Some(HashAlgorithm::Md2)),
    ("1.2.840.113549.1.1.3", "md4WithRSAEncryption", Some(HashAlgorithm::Md4)),
    ("1.2.840.113549.1.1.4", "md5WithRSAEncryption", Some(HashAlgorithm::Md5)),
    ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption", Some(HashAlgorithm::Sha1)),
    ("1.3.14.3.2.29", "sha1WithRSASignature", Some(HashAlgorithm::Sha1)),
    ("1.2.840.113549.1.1.14", "sha224WithRSAEncryption", Some(HashAlgorithm::Sha224)),
    ("1.2.840.113549.1.1.11", "sha256WithRSAEncryption", Some(HashAlgorithm::Sha256)),
    ("1.2.840.113549.1.1.12", "sha384WithRSAEncryption", Some(HashAlgorithm::Sha384)),
    ("1.2.840.113549.1.1.13", "sha512WithRSAEncryption", Some(HashAlgorithm::Sha512)),
    (RSASSA_PSS, "RSASSA-PSS", None),
    ("1.2.840.10040.4.3", "dsa-with-sha1", Some(HashAlgorithm::Sha1)),
    ("2.16.840.1.101.3.4.3.1", "dsa-with-sha224", Some(HashAlgorithm::Sha224)),
    ("2.16.840.1.101.3.4.3.2", "dsa-with-sha256", Some(HashAlgorithm::Sha256)),
    ("1.2.840.10045.4.1", "ecdsa-with-SHA1", Some(HashAlgorithm::Sha1)),
    ("1.2.840.10045.4.3.1", "ecdsa-with-SHA224", Some(HashAlgorithm::Sha224)),
    ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256", Some(HashAlgorithm::Sha256)),
    ("1.2.840.10045.4.3.3", "ecdsa-with-SHA384", Some(HashAlgorithm::Sha384)),
    ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512", Some(HashAlgorithm::Sha512)),
    ("2.16.840.1.101.3.4.3.10", "ecdsa-with-SHA3-256", Some(HashAlgorithm::Sha3_256)),
    ("2.16.840.1.101.3.4.3.14", "rsassa-pkcs1-v1_5-with-SHA3-256", Some(HashAlgorithm::Sha3_256)),
    ("1.3.101.112", "Ed25519", Some(HashAlgorithm::Sha512)),
    ("1.3.101.113", "Ed448", Some(HashAlgorithm::Shake256)),
    ("2.16.840.1.101.3.4.3.17", "ML-DSA-44", Some(HashAlgorithm::Shake256)),
    ("2.16.840.1.101.3.4.3.18", "ML-DSA-65", Some(HashAlgorithm::Shake256)),
    ("2.16.840.1.101.3.4.3.19", "ML-DSA-87", Some(HashAlgorithm::Shake256)),
];
