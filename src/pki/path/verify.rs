//! Signatures over the original bytes: RSA PKCS #1 v1.5 and RSASSA-PSS ([RFC 8017]), ECDSA ([RFC 5758]), Ed25519
//! ([RFC 8410]) and ML-DSA ([RFC 9881]), by the implementations of RustCrypto.
//!
//! Parameters come from the AlgorithmIdentifier and are never guessed. What is not in this list is *unsupported*, which
//! is another answer than *bad*.
//!
//! [RFC 8017]: https://www.rfc-editor.org/rfc/rfc8017
//! [RFC 5758]: https://www.rfc-editor.org/rfc/rfc5758
//! [RFC 8410]: https://www.rfc-editor.org/rfc/rfc8410
//! [RFC 9881]: https://www.rfc-editor.org/rfc/rfc9881

use ml_dsa::{EncodedVerifyingKey, MlDsa44, MlDsa65, MlDsa87, MlDsaParams};
use rsa::signature::hazmat::PrehashVerifier;
use rsa::{BoxedUint, Pkcs1v15Sign, RsaPublicKey};
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::pki::algorithm::{HashAlgorithm, SignatureAlgorithm};
use crate::pki::key::{Curve, KeyAlgorithm, KeyInfo};
use crate::pki::tlv::{self, BIT_STRING, INTEGER, SEQUENCE, Walker};

use super::known::known;

/// What a signature check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verification {
    /// The key made this signature over these bytes.
    Good,
    /// It did not, or the key or the signature is malformed.
    Bad,
    /// The algorithm, its parameters or the size of the key are not supported: why.
    Unsupported(String),
}

/// Checks a signature over `message` with a certificate's key.
#[must_use]
pub fn verify(algorithm: &SignatureAlgorithm, key: &KeyInfo, message: &[u8], signature: &[u8]) -> Verification {
    let scheme = match Scheme::of(algorithm, key) {
        Ok(scheme) => scheme,
        Err(why) => return Verification::Unsupported(why),
    };
    match public_key_octets(&key.spki) {
        Some(octets) => scheme.verify(octets, message, signature),
        None => Verification::Bad,
    }
}

/// The hashes of the supported schemes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// The curves of the supported schemes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NamedCurve {
    P256,
    P384,
    P521,
}

/// A signature scheme with all its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    RsaPkcs1(Hash),
    /// One hash for message and mask, and the length of the salt in bytes.
    RsaPss(Hash, usize),
    Ecdsa(NamedCurve, Hash),
    Ed25519,
    MlDsa44,
    MlDsa65,
    MlDsa87,
}

impl Hash {
    fn digest(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha384 => Sha384::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }

    fn of(hash: Option<HashAlgorithm>) -> Option<Self> {
        match hash? {
            HashAlgorithm::Sha256 => Some(Self::Sha256),
            HashAlgorithm::Sha384 => Some(Self::Sha384),
            HashAlgorithm::Sha512 => Some(Self::Sha512),
            _ => None,
        }
    }

    /// The DigestInfo in front of the hash ([RFC 8017 §9.2], note 1).
    ///
    /// [RFC 8017 §9.2]: https://www.rfc-editor.org/rfc/rfc8017#section-9.2
    fn digest_info(self) -> [u8; 19] {
        let (which, length) = match self {
            Self::Sha256 => (1, 32),
            Self::Sha384 => (2, 48),
            Self::Sha512 => (3, 64),
        };
        let oid = [0x06, 9, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, which];
        let [a, b, c, d, e, f, g, h, i, j, k] = oid;
        [0x30, 17 + length, 0x30, 13, a, b, c, d, e, f, g, h, i, j, k, 0x05, 0, 0x04, length]
    }
}

impl Scheme {
    fn of(algorithm: &SignatureAlgorithm, key: &KeyInfo) -> Result<Self, String> {
        let unsupported = || format!("a signature by {algorithm} with a key of {} is not supported", key.algorithm);
        let hash = || Hash::of(algorithm.hash).ok_or_else(unsupported);
        let (scheme, null) = match (algorithm.name.unwrap_or_default(), &key.algorithm) {
            ("sha256WithRSAEncryption" | "sha384WithRSAEncryption" | "sha512WithRSAEncryption", KeyAlgorithm::Rsa) => {
                (Self::RsaPkcs1(hash()?), true)
            }
            ("RSASSA-PSS", KeyAlgorithm::Rsa) => return Self::pss(algorithm),
            ("ecdsa-with-SHA256" | "ecdsa-with-SHA384" | "ecdsa-with-SHA512", KeyAlgorithm::Ec(curve)) => {
                let curve = match curve {
                    Curve::Named { name: Some("P-256"), .. } => NamedCurve::P256,
                    Curve::Named { name: Some("P-384"), .. } => NamedCurve::P384,
                    Curve::Named { name: Some("P-521"), .. } => NamedCurve::P521,
                    _ => return Err(unsupported()),
                };
                (Self::Ecdsa(curve, hash()?), false)
            }
            ("Ed25519", KeyAlgorithm::Ed25519) => (Self::Ed25519, false),
            ("ML-DSA-44", KeyAlgorithm::MlDsa44) => (Self::MlDsa44, false),
            ("ML-DSA-65", KeyAlgorithm::MlDsa65) => (Self::MlDsa65, false),
            ("ML-DSA-87", KeyAlgorithm::MlDsa87) => (Self::MlDsa87, false),
            _ => return Err(unsupported()),
        };
        match parameters(&algorithm.der) {
            Some([]) => Ok(scheme),
            Some([0x05, 0]) if null => Ok(scheme),
            _ => Err(format!("{algorithm} has parameters that it must not have")),
        }
    }

    fn pss(algorithm: &SignatureAlgorithm) -> Result<Self, String> {
        let parameters = algorithm.pss.as_ref().ok_or("the RSASSA-PSS parameters cannot be read")?;
        let salt = parameters.salt_length.and_then(|length| usize::try_from(length).ok());
        match (Hash::of(parameters.hash), salt) {
            (Some(hash), Some(salt)) if parameters.hash == parameters.mask_hash => Ok(Self::RsaPss(hash, salt)),
            _ => Err("RSASSA-PSS with other hashes than SHA-256, SHA-384 or SHA-512, or with two of them, is not \
                      supported"
                .to_owned()),
        }
    }

    /// What tells it from every other scheme.
    fn tag(self) -> Vec<u8> {
        match self {
            Self::RsaPkcs1(hash) => vec![0, hash as u8],
            Self::RsaPss(hash, salt) => [&[1, hash as u8], salt.to_be_bytes().as_slice()].concat(),
            Self::Ecdsa(curve, hash) => vec![2, curve as u8, hash as u8],
            Self::Ed25519 => vec![3],
            Self::MlDsa44 => vec![4],
            Self::MlDsa65 => vec![5],
            Self::MlDsa87 => vec![6],
        }
    }

    /// Checks a signature with the contents of the key's BIT STRING, unless that was done before.
    pub(super) fn verify(self, key: &[u8], message: &[u8], signature: &[u8]) -> Verification {
        let mut unsupported = None;
        let good = known(&[&self.tag(), key, message, signature], || match self.compute(key, message, signature) {
            Verification::Good => Some(true),
            Verification::Bad => Some(false),
            Verification::Unsupported(why) => {
                unsupported = Some(why);
                None
            }
        });
        match (good, unsupported) {
            (_, Some(why)) => Verification::Unsupported(why),
            (Some(true), None) => Verification::Good,
            (_, None) => Verification::Bad,
        }
    }

    fn compute(self, key: &[u8], message: &[u8], signature: &[u8]) -> Verification {
        let good = match self {
            Self::RsaPkcs1(hash) => {
                let padding =
                    Pkcs1v15Sign { hash_len: Some(hash.digest(&[]).len()), prefix: Box::new(hash.digest_info()) };
                return rsa_key(key, |key| key.verify(padding, &hash.digest(message), signature).is_ok());
            }
            Self::RsaPss(hash, salt) => {
                let digest = hash.digest(message);
                return rsa_key(key, |key| match hash {
                    Hash::Sha256 => pss::<Sha256>(key, salt, &digest, signature),
                    Hash::Sha384 => pss::<Sha384>(key, salt, &digest, signature),
                    Hash::Sha512 => pss::<Sha512>(key, salt, &digest, signature),
                });
            }
            Self::Ecdsa(NamedCurve::P256, hash) => p256::ecdsa::VerifyingKey::from_sec1_bytes(key)
                .and_then(|key| Ok((key, p256::ecdsa::Signature::from_der(signature)?)))
                .is_ok_and(|(key, signature)| key.verify_prehash(&hash.digest(message), &signature).is_ok()),
            Self::Ecdsa(NamedCurve::P384, hash) => p384::ecdsa::VerifyingKey::from_sec1_bytes(key)
                .and_then(|key| Ok((key, p384::ecdsa::Signature::from_der(signature)?)))
                .is_ok_and(|(key, signature)| key.verify_prehash(&hash.digest(message), &signature).is_ok()),
            Self::Ecdsa(NamedCurve::P521, hash) => {
                // The implementation refuses hashes of less than half the field; a leading zero changes no number.
                let digest = [&[0; 8], hash.digest(message).as_slice()].concat();
                let digest = digest.get(digest.len().saturating_sub(66)..).unwrap_or(&digest);
                p521::ecdsa::VerifyingKey::from_sec1_bytes(key)
                    .and_then(|key| Ok((key, p521::ecdsa::Signature::from_der(signature)?)))
                    .is_ok_and(|(key, signature)| key.verify_prehash(digest, &signature).is_ok())
            }
            Self::Ed25519 => ed25519(key, message, signature).is_some(),
            Self::MlDsa44 => ml_dsa::<MlDsa44>(key, message, signature),
            Self::MlDsa65 => ml_dsa::<MlDsa65>(key, message, signature),
            Self::MlDsa87 => ml_dsa::<MlDsa87>(key, message, signature),
        };
        if good { Verification::Good } else { Verification::Bad }
    }
}

/// What stands behind the identifier in an AlgorithmIdentifier.
fn parameters(identifier: &[u8]) -> Option<&[u8]> {
    let fields = Walker::new(identifier, 0).expect(SEQUENCE, "an algorithm").ok()?;
    let oid = fields.inside().expect(tlv::OID, "an algorithm").ok()?;
    fields.value.get(oid.raw.len()..)
}

/// The contents of the BIT STRING of a SubjectPublicKeyInfo.
pub(crate) fn public_key_octets(spki: &[u8]) -> Option<&[u8]> {
    let mut fields = Walker::new(spki, 0).expect(SEQUENCE, "a public key").ok()?.inside();
    fields.expect(SEQUENCE, "the key's algorithm").ok()?;
    tlv::whole_bits(fields.expect(BIT_STRING, "the public key").ok()?.value).filter(|_| fields.is_empty())
}

fn rsa_key(octets: &[u8], check: impl FnOnce(&RsaPublicKey) -> bool) -> Verification {
    let numbers = || {
        let mut outer = Walker::new(octets, 0);
        let mut fields = outer.expect(SEQUENCE, "an RSA public key").ok()?.inside();
        let modulus = tlv::magnitude(fields.expect(INTEGER, "the modulus").ok()?.value)?;
        let exponent = tlv::magnitude(fields.expect(INTEGER, "the public exponent").ok()?.value)?;
        (fields.is_empty() && outer.is_empty()).then_some((modulus, exponent))
    };
    let Some((modulus, exponent)) = numbers() else { return Verification::Bad };
    let bits = tlv::bit_length(modulus).unwrap_or(u32::MAX);
    let sizes = RsaPublicKey::MIN_SIZE..=RsaPublicKey::MAX_SIZE;
    if !usize::try_from(bits).is_ok_and(|bits| sizes.contains(&bits)) || exponent.len() > 8 {
        return Verification::Unsupported(format!("an RSA key of {bits} bits is not supported"));
    }
    let key = RsaPublicKey::new(BoxedUint::from_be_slice_vartime(modulus), BoxedUint::from_be_slice_vartime(exponent));
    match key {
        Ok(key) if check(&key) => Verification::Good,
        Ok(_) => Verification::Bad,
        Err(error) => Verification::Unsupported(format!("the RSA key is not supported: {error}")),
    }
}

fn pss<D: Digest + sha2::digest::FixedOutputReset>(
    key: &RsaPublicKey,
    salt: usize,
    digest: &[u8],
    signature: &[u8],
) -> bool {
    key.verify(rsa::Pss::<D>::new_with_salt(salt), digest, signature).is_ok()
}

fn ed25519(key: &[u8], message: &[u8], signature: &[u8]) -> Option<()> {
    let key = ed25519_dalek::VerifyingKey::from_bytes(key.try_into().ok()?).ok()?;
    let signature = ed25519_dalek::Signature::from_slice(signature).ok()?;
    key.verify_strict(message, &signature).ok()
}

/// With the empty context, as [RFC 9881 §3] has it.
///
/// [RFC 9881 §3]: https://www.rfc-editor.org/rfc/rfc9881#section-3
fn ml_dsa<P: MlDsaParams>(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let Ok(key) = <&EncodedVerifyingKey<P>>::try_from(key) else { return false };
    let Ok(signature) = ml_dsa::Signature::<P>::try_from(signature) else { return false };
    ml_dsa::VerifyingKey::<P>::decode(key).verify_with_context(message, &[], &signature)
}
