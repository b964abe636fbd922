//! Public keys: algorithm and size, as [RFC 3279 §2.3], [RFC 5480], [RFC 8410] and [RFC 9881] encode them.
//!
//! [RFC 3279 §2.3]: https://www.rfc-editor.org/rfc/rfc3279#section-2.3
//! [RFC 5480]: https://www.rfc-editor.org/rfc/rfc5480
//! [RFC 8410]: https://www.rfc-editor.org/rfc/rfc8410
//! [RFC 9881]: https://www.rfc-editor.org/rfc/rfc9881

use std::fmt;

use crate::source::sha256_hex;

use super::certificate::CertificateError;
use super::oid;
use super::tlv::{self, BIT_STRING, INTEGER, SEQUENCE, Tlv};

/// What kind of key it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyAlgorithm {
    /// RSA, for any padding.
    Rsa,
    /// RSA, for RSASSA-PSS only.
    RsaPss,
    /// Elliptic curve.
    Ec(Curve),
    /// Ed25519.
    Ed25519,
    /// Ed448.
    Ed448,
    /// DSA.
    Dsa,
    /// ML-DSA-44.
    MlDsa44,
    /// ML-DSA-65.
    MlDsa65,
    /// ML-DSA-87.
    MlDsa87,
    /// Another one, by its dotted identifier.
    Other(String),
}

/// The curve of an elliptic curve key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Curve {
    /// A named curve: dotted identifier, and the name if it is a known one (`P-256`).
    Named {
        /// Dotted identifier.
        oid: String,
        /// Its usual name.
        name: Option<&'static str>,
    },
    /// Parameters written out, which [RFC 5480 §2.1.1] forbids and clients refuse.
    ///
    /// [RFC 5480 §2.1.1]: https://www.rfc-editor.org/rfc/rfc5480#section-2.1.1
    Explicit,
    /// No parameters.
    Missing,
}

/// The subject's public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// Its kind.
    pub algorithm: KeyAlgorithm,
    /// RSA: bits of the modulus value ([RFC 8017 §3.1]); DSA: bits of `p`; elliptic curves: bits of the field.
    /// `None` where the algorithm alone says it all (Ed25519, Ed448, ML-DSA), or where `problem` says why.
    ///
    /// [RFC 8017 §3.1]: https://www.rfc-editor.org/rfc/rfc8017#section-3.1
    pub bits: Option<u32>,
    /// RSA: the public exponent, if it fits.
    pub exponent: Option<u64>,
    /// Why the key cannot be judged.
    pub problem: Option<String>,
    /// SHA-256 of the encoded SubjectPublicKeyInfo, lower-case hex: what pins compare.
    pub spki_sha256: String,
    /// The encoded SubjectPublicKeyInfo.
    pub spki: Vec<u8>,
}

impl KeyAlgorithm {
    /// Whether a rule about RSA keys or one about elliptic-curve keys judges it, or its name alone says how strong it is.
    #[must_use]
    pub const fn is_judged(&self) -> bool {
        !matches!(self, Self::Dsa | Self::Other(_))
    }
}

impl KeyInfo {
    /// Reads a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// When the bytes do not have its structure: what was expected, and at which byte.
    pub fn from_der(bytes: &[u8]) -> Result<Self, CertificateError> {
        tlv::only(bytes, "a public key").and_then(|spki| Self::read(&spki))
    }

    pub(super) fn read(spki: &Tlv<'_>) -> Result<Self, CertificateError> {
        let mut fields = spki.inside();
        let mut identifier = fields.expect(SEQUENCE, "the key's algorithm")?.inside();
        let oid = oid::text(identifier.expect(tlv::OID, "the key's algorithm")?.value);
        let parameters = if identifier.is_empty() { None } else { Some(identifier.element("key parameters")?) };
        let key = fields.expect(BIT_STRING, "the public key")?;
        let mut info = Self {
            algorithm: KeyAlgorithm::Other(oid.clone()),
            bits: None,
            exponent: None,
            problem: None,
            spki_sha256: sha256_hex(spki.raw),
            spki: spki.raw.to_vec(),
        };
        let measured = match oid.as_str() {
            "1.2.840.113549.1.1.1" => info.read_rsa(KeyAlgorithm::Rsa, &key),
            "1.2.840.113549.1.1.10" => info.read_rsa(KeyAlgorithm::RsaPss, &key),
            "1.2.840.10045.2.1" => info.read_curve(parameters, &key),
            "1.2.840.10040.4.1" => info.read_dsa(parameters),
            "1.3.101.112" => info.fixed(KeyAlgorithm::Ed25519, &key, 32),
            "1.3.101.113" => info.fixed(KeyAlgorithm::Ed448, &key, 57),
            "2.16.840.1.101.3.4.3.17" => info.fixed(KeyAlgorithm::MlDsa44, &key, 1312),
            "2.16.840.1.101.3.4.3.18" => info.fixed(KeyAlgorithm::MlDsa65, &key, 1952),
            "2.16.840.1.101.3.4.3.19" => info.fixed(KeyAlgorithm::MlDsa87, &key, 2592),
            _ => Ok(()),
        };
        info.problem = measured.err();
        Ok(info)
    }

    fn read_rsa(&mut self, algorithm: KeyAlgorithm, key: &Tlv<'_>) -> Result<(), String> {
        self.algorithm = algorithm;
        let octets = tlv::whole_bits(key.value).ok_or("the public key has unused bits")?;
        let mut outer = tlv::Walker::new(octets, key.value_start + 1);
        let read = outer.expect(SEQUENCE, "an RSA public key").and_then(|key| {
            let mut fields = key.inside();
            let modulus = fields.expect(INTEGER, "the modulus")?;
            Ok((modulus, fields.expect(INTEGER, "the public exponent")?, fields.is_empty()))
        });
        let (modulus, exponent, complete) = read.map_err(|error| error.to_string())?;
        if !complete || !outer.is_empty() {
            return Err("the RSA public key has more than a modulus and an exponent".to_owned());
        }
        self.exponent = tlv::magnitude(exponent.value).and_then(tlv::to_u64);
        // Some programs read a modulus with its sign bit set as a positive number, others refuse the key.
        let modulus = tlv::magnitude(modulus.value).ok_or("the modulus is encoded as a negative number")?;
        self.bits = tlv::bit_length(modulus);
        Ok(())
    }

    fn read_dsa(&mut self, parameters: Option<Tlv<'_>>) -> Result<(), String> {
        self.algorithm = KeyAlgorithm::Dsa;
        let parameters = parameters.filter(|one| one.tag == SEQUENCE).ok_or("the DSA parameters are not in the key")?;
        let p = parameters.inside().expect(INTEGER, "the DSA prime").map_err(|error| error.to_string())?;
        self.bits = tlv::bit_length(tlv::magnitude(p.value).ok_or("the DSA prime is a negative number")?);
        Ok(())
    }

    fn read_curve(&mut self, parameters: Option<Tlv<'_>>, key: &Tlv<'_>) -> Result<(), String> {
        let Some(parameters) = parameters else {
            self.algorithm = KeyAlgorithm::Ec(Curve::Missing);
            return Err("the key names no curve".to_owned());
        };
        if parameters.tag != tlv::OID {
            self.algorithm = KeyAlgorithm::Ec(Curve::Explicit);
            return Err("the curve's parameters are written out; expected a named curve (RFC 5480)".to_owned());
        }
        let oid = oid::text(parameters.value);
        let known = CURVES.iter().find(|(known, ..)| *known == oid);
        self.algorithm = KeyAlgorithm::Ec(Curve::Named { oid: oid.clone(), name: known.map(|(_, name, _)| *name) });
        let Some((_, name, bits)) = known else { return Err(format!("the curve `{oid}` is not known")) };
        let field = usize::try_from(bits.div_ceil(8)).unwrap_or(0);
        match (tlv::whole_bits(key.value), field) {
            (Some([4, point @ ..]), field) if point.len() == 2 * field => {}
            (Some([2 | 3, point @ ..]), field) if point.len() == field => {}
            _ => return Err(format!("the public key is no point of {name}")),
        }
        self.bits = Some(*bits);
        Ok(())
    }

    fn fixed(&mut self, algorithm: KeyAlgorithm, key: &Tlv<'_>, length: usize) -> Result<(), String> {
        self.algorithm = algorithm;
        match tlv::whole_bits(key.value) {
            Some(octets) if octets.len() == length => Ok(()),
            _ => Err(format!("expected a public key of {length} bytes, found {}", key.value.len().saturating_sub(1))),
        }
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa => f.write_str("RSA"),
            Self::RsaPss => f.write_str("RSA-PSS"),
            Self::Ec(Curve::Named { name: Some(name), .. }) => write!(f, "EC {name}"),
            Self::Ec(Curve::Named { oid, .. }) => write!(f, "EC {oid}"),
            Self::Ec(Curve::Explicit) => f.write_str("EC with explicit parameters"),
            Self::Ec(Curve::Missing) => f.write_str("EC without a curve"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Ed448 => f.write_str("Ed448"),
            Self::Dsa => f.write_str("DSA"),
            Self::MlDsa44 => f.write_str("ML-DSA-44"),
            Self::MlDsa65 => f.write_str("ML-DSA-65"),
            Self::MlDsa87 => f.write_str("ML-DSA-87"),
            Self::Other(oid) => write!(f, "algorithm {oid}"),
        }
    }
}

impl fmt::Display for KeyInfo {
    /// `RSA 2048`, `EC P-256`, `Ed25519`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.algorithm, self.bits) {
            (KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss | KeyAlgorithm::Dsa, Some(bits)) => {
                write!(f, "{} {bits}", self.algorithm)
            }
            (algorithm, _) => write!(f, "{algorithm}"),
        }
    }
}

/// Field sizes in bits: [RFC 5480 §2.1.1.1], SEC 2, [RFC 5639 §3], GB/T 32918.5.
///
/// [RFC 5480 §2.1.1.1]: https://www.rfc-editor.org/rfc/rfc5480#section-2.1.1.1
/// [RFC 5639 §3]: https://www.rfc-editor.org/rfc/rfc5639#section-3
const CURVES: &[(&str, &str, u32)] = &[
    ("1.2.840.10045.3.1.1", "P-192", 192),
    ("1.3.132.0.33", "P-224", 224),
    ("1.2.840.10045.3.1.7", "P-256", 256),
    ("1.3.132.0.34", "P-384", 384),
    ("1.3.132.0.35", "P-521", 521),
    ("1.3.132.0.9", "secp160k1", 160),
    ("1.3.132.0.8", "secp160r1", 160),
    ("1.3.132.0.30", "secp160r2", 160),
    ("1.3.132.0.31", "secp192k1", 192),
    ("1.3.132.0.32", "secp224k1", 224),
    ("1.3.132.0.10", "secp256k1", 256),
    ("1.3.132.0.1", "sect163k1", 163),
    ("1.3.132.0.15", "sect163r2", 163),
    ("1.3.132.0.26", "sect233k1", 233),
    ("1.3.132.0.27", "sect233r1", 233),
    ("1.3.132.0.16", "sect283k1", 283),
    ("1.3.132.0.17", "sect283r1", 283),
    ("1.3.132.0.36", "sect409k1", 409),
    ("1.3.132.0.37", "sect409r1", 409),
    ("1.3.132.0.38", "sect571k1", 571),
    ("1.3.132.0.39", "sect571r1", 571),
    ("1.3.36.3.3.2.8.1.1.1", "brainpoolP160r1", 160),
    ("1.3.36.3.3.2.8.1.1.3", "brainpoolP192r1", 192),
    ("1.3.36.3.3.2.8.1.1.5", "brainpoolP224r1", 224),
    ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1", 256),
    ("1.3.36.3.3.2.8.1.1.9", "brainpoolP320r1", 320),
    ("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1", 384),
    ("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1", 512),
    ("1.2.156.10197.1.301", "SM2", 256),
];
