//! Signature schemes of handshakes: TLS 1.3's, and the pairs of hash and signature that TLS 1.2 writes in the same place.
//!
//! Registered names are IANA's "TLS SignatureScheme" ([RFC 8446 §4.2.3]); a TLS 1.2 pair ([RFC 5246 §7.4.1.4.1]) that has
//! no name of its own, such as RSA with MD5, is a bare code point whose hash is known all the same.
//!
//! [RFC 8446 §4.2.3]: https://www.rfc-editor.org/rfc/rfc8446#section-4.2.3
//! [RFC 5246 §7.4.1.4.1]: https://www.rfc-editor.org/rfc/rfc5246#section-7.4.1.4.1

use std::borrow::Cow;
use std::fmt;

use super::schemes::SCHEMES;

/// A signature scheme by its two-byte code point; one that nobody registered survives as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
pub struct SignatureScheme(pub u16);

/// What a signature scheme hashes the message with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashAlgorithm {
    /// MD5.
    Md5,
    /// SHA-1.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
    /// SM3.
    Sm3,
    /// GOST R 34.11-2012 with 256 bits.
    Streebog256,
    /// GOST R 34.11-2012 with 512 bits.
    Streebog512,
    /// Part of the signature algorithm itself: EdDSA, ML-DSA.
    Intrinsic,
}

/// What is known about one registered scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemeInfo {
    /// The code point.
    pub code: u16,
    /// The IANA name.
    pub name: &'static str,
    /// Its hash, where the registry says one.
    pub hash: Option<HashAlgorithm>,
}

/// Every registered scheme, by code point.
#[must_use]
pub fn signature_schemes() -> &'static [SchemeInfo] {
    &SCHEMES
}

impl SignatureScheme {
    /// What is known about it; `None` for code points that are not registered, GREASE included.
    #[must_use]
    pub fn info(self) -> Option<&'static SchemeInfo> {
        SCHEMES.binary_search_by_key(&self.0, |scheme| scheme.code).ok().and_then(|row| SCHEMES.get(row))
    }

    /// From any usual spelling, in any case: `rsa_pss_rsae_sha256`, testssl's `RSA-PSS-RSAE+SHA256`, `RSA+SHA1`,
    /// `ECDSA+SHA256`, and TLS 1.2 pairs such as `RSA+MD5` or sslscan's `dsa_sha1`.
    ///
    /// OpenSSL's `RSA-PSS+SHA256` stands for both of its PSS schemes and is read as the one for ordinary RSA keys.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let named = SCHEMES.iter().find(|scheme| scheme.name.eq_ignore_ascii_case(name));
        named.map(|scheme| Self(scheme.code)).or_else(|| pair(name))
    }

    /// The IANA name, or `SignatureScheme(0x1399)` for a code point that nobody registered.
    #[must_use]
    pub fn name(self) -> Cow<'static, str> {
        super::name_or_code("SignatureScheme", self.wire_name(), self.0)
    }

    /// Its hash; `None` where the code point does not say.
    #[must_use]
    pub fn hash(self) -> Option<HashAlgorithm> {
        match self.info() {
            Some(info) => info.hash,
            None => pair_hash(self.0),
        }
    }

    /// Whether it signs an MD5 hash.
    #[must_use]
    pub fn uses_md5(self) -> bool {
        self.hash() == Some(HashAlgorithm::Md5)
    }

    /// Whether it signs a SHA-1 hash.
    #[must_use]
    pub fn uses_sha1(self) -> bool {
        self.hash() == Some(HashAlgorithm::Sha1)
    }

    /// Whether it is a value that clients offer to keep servers tolerant (RFC 8701 §2).
    #[must_use]
    pub const fn is_grease(self) -> bool {
        super::is_grease(self.0)
    }

    pub(super) fn wire_name(self) -> Option<&'static str> {
        self.info().map(|info| info.name)
    }
}

impl fmt::Display for SignatureScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

super::code_point!(SignatureScheme, "a signature scheme");

/// HashAlgorithm 1 to 6 in the high byte and rsa, dsa or ecdsa in the low one (RFC 5246 §7.4.1.4.1).
fn pair_hash(code: u16) -> Option<HashAlgorithm> {
    if !matches!(code & 0xFF, 1..=3) {
        return None;
    }
    PAIR_HASHES.iter().find(|(_, _, number)| *number == code >> 8).map(|(_, hash, _)| *hash)
}

const PAIR_HASHES: [(&str, HashAlgorithm, u16); 6] = [
    ("MD5", HashAlgorithm::Md5, 1),
    ("SHA1", HashAlgorithm::Sha1, 2),
    ("SHA224", HashAlgorithm::Sha224, 3),
    ("SHA256", HashAlgorithm::Sha256, 4),
    ("SHA384", HashAlgorithm::Sha384, 5),
    ("SHA512", HashAlgorithm::Sha512, 6),
];

/// `RSA+SHA1` and `dsa_sha1`: a signature and a hash.
fn pair(name: &str) -> Option<SignatureScheme> {
    /// Those with a code point for each hash from SHA-256 on.
    const MODERN: [(&str, u16); 4] =
        [("RSA-PSS-RSAE", 0x0804), ("RSA-PSS", 0x0804), ("RSA-PSS-PSS", 0x0809), ("ECDSA-BRAINPOOL", 0x081A)];
    const PAIRED: [(&str, u16); 4] = [("RSA", 1), ("DSA", 2), ("ECDSA", 3), ("RSA_PKCS1", 1)];
    let (signature, hash) = name.split_once('+').or_else(|| name.rsplit_once('_'))?;
    let (.., number) = PAIR_HASHES.iter().find(|(spelling, ..)| spelling.eq_ignore_ascii_case(hash))?;
    if let Some((_, first)) = MODERN.iter().find(|(spelling, _)| spelling.eq_ignore_ascii_case(signature)) {
        return number.checked_sub(4).map(|step| SignatureScheme(first + step));
    }
    let (_, low) = PAIRED.iter().find(|(spelling, _)| spelling.eq_ignore_ascii_case(signature))?;
    Some(SignatureScheme(number << 8 | low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_sorted_and_names_are_found() {
        assert!(SCHEMES.is_sorted_by(|a, b| a.code < b.code));
        for scheme in signature_schemes() {
            assert_eq!(SignatureScheme::from_name(scheme.name), Some(SignatureScheme(scheme.code)));
            assert_eq!(SignatureScheme(scheme.code).name(), scheme.name);
            assert_eq!(scheme.hash.is_none(), scheme.name.starts_with("iso_"), "{}", scheme.name);
        }
    }

    #[test]
    fn reads_the_spellings_of_tools() {
        for (spelling, code, hash) in [
            ("RSA-PSS-RSAE+SHA256", 0x0804, Some(HashAlgorithm::Sha256)),
            ("RSA-PSS-RSAE+SHA512", 0x0806, Some(HashAlgorithm::Sha512)),
            ("RSA-PSS+SHA384", 0x0805, Some(HashAlgorithm::Sha384)),
            ("RSA-PSS-PSS+SHA512", 0x080B, Some(HashAlgorithm::Sha512)),
            ("RSA+SHA512", 0x0601, Some(HashAlgorithm::Sha512)),
            ("RSA+SHA1", 0x0201, Some(HashAlgorithm::Sha1)),
            ("RSA+MD5", 0x0101, Some(HashAlgorithm::Md5)),
            ("rsa_pkcs1_md5", 0x0101, Some(HashAlgorithm::Md5)),
            ("RSA+SHA224", 0x0301, Some(HashAlgorithm::Sha224)),
            ("dsa_sha1", 0x0202, Some(HashAlgorithm::Sha1)),
            ("DSA+SHA256", 0x0402, Some(HashAlgorithm::Sha256)),
            ("ECDSA+SHA1", 0x0203, Some(HashAlgorithm::Sha1)),
            ("ECDSA+SHA256", 0x0403, Some(HashAlgorithm::Sha256)),
            ("ECDSA+SHA384", 0x0503, Some(HashAlgorithm::Sha384)),
            ("ECDSA-BRAINPOOL+SHA512", 0x081C, Some(HashAlgorithm::Sha512)),
            ("Ed25519", 0x0807, Some(HashAlgorithm::Intrinsic)),
            ("MLDSA65", 0x0905, Some(HashAlgorithm::Intrinsic)),
            ("rsa_pkcs1_sha256_legacy", 0x0420, Some(HashAlgorithm::Sha256)),
            ("gostr34102012_512c", 0x070F, Some(HashAlgorithm::Streebog512)),
            ("sm2sig_sm3", 0x0708, Some(HashAlgorithm::Sm3)),
            ("iso_ibs1", 0x0705, None),
        ] {
            let scheme = SignatureScheme(code);
            assert_eq!(SignatureScheme::from_name(spelling), Some(scheme), "{spelling}");
            assert_eq!(scheme.hash(), hash, "{spelling}");
            assert_eq!(scheme.uses_md5(), hash == Some(HashAlgorithm::Md5));
            assert_eq!(scheme.uses_sha1(), hash == Some(HashAlgorithm::Sha1));
        }
        for unknown in ["", "+", "_", "RSA", "RSA+", "RSA-PSS-RSAE+SHA1", "RSA+SHA3", "foo+SHA256"] {
            assert_eq!(SignatureScheme::from_name(unknown), None, "{unknown}");
        }
        for code in [0x0000, 0x0104, 0x0A0A, 0x0701, 0x0840] {
            assert_eq!(SignatureScheme(code).hash(), None, "{code:04x}");
        }
    }
}
