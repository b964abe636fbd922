//! Named groups: the curves, finite fields and key encapsulations that TLS agrees keys in.
//!
//! Registered names are IANA's "TLS Supported Groups"; other spellings are inputs only.

use std::borrow::Cow;
use std::fmt;

use super::groups::GROUPS;

/// A named group by its two-byte code point; one that nobody registered survives as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
pub struct NamedGroup(pub u16);

/// What a group computes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupKind {
    /// An elliptic curve over a field of so many bits: 255 for X25519, 521 for secp521r1.
    EllipticCurve {
        /// Size of the field.
        field_bits: u16,
    },
    /// Integers modulo a prime of so many bits (RFC 7919).
    FiniteField {
        /// Size of the prime.
        modulus_bits: u16,
    },
    /// A post-quantum key encapsulation alone (FIPS 203).
    PostQuantum {
        /// Its parameter set: 512, 768 or 1024.
        parameter_set: u16,
    },
    /// A curve together with a post-quantum key encapsulation: both have to be broken.
    PostQuantumHybrid {
        /// Size of the curve's field.
        field_bits: u16,
        /// The parameter set of the key encapsulation.
        parameter_set: u16,
    },
    /// A curve that the peer describes itself (RFC 4492 §5.1.1; RFC 8422 forbids it).
    Explicit,
}

/// What is known about one registered group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupInfo {
    /// The code point.
    pub code: u16,
    /// The IANA name.
    pub name: &'static str,
    /// What it computes in.
    pub kind: GroupKind,
}

/// Every registered group, by code point.
#[must_use]
pub fn named_groups() -> &'static [GroupInfo] {
    &GROUPS
}

impl NamedGroup {
    /// What is known about it; `None` for code points that are not registered, GREASE included.
    #[must_use]
    pub fn info(self) -> Option<&'static GroupInfo> {
        GROUPS.binary_search_by_key(&self.0, |group| group.code).ok().and_then(|row| GROUPS.get(row))
    }

    /// From any usual spelling, in any case: `secp256r1`, OpenSSL's `prime256v1`, `P-256`, sslscan's
    /// `secp256r1 (NIST P-256)` and `25519`, nmap's `ecdh_x25519`, GnuTLS's `GROUP-SECP256R1`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.split_once(" (").map_or(name, |(before, _)| before).trim();
        registered(name).or_else(|| alias(name))
    }

    /// The IANA name, or `NamedGroup(0x1399)` for a code point that nobody registered.
    #[must_use]
    pub fn name(self) -> Cow<'static, str> {
        super::name_or_code("NamedGroup", self.wire_name(), self.0)
    }

    /// What it computes in, if it is registered.
    #[must_use]
    pub fn kind(self) -> Option<GroupKind> {
        self.info().map(|info| info.kind)
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

impl fmt::Display for NamedGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

super::code_point!(NamedGroup, "a named group");

impl GroupKind {
    /// Whether an attacker with a quantum computer has to break a lattice problem too.
    #[must_use]
    pub const fn is_post_quantum(self) -> bool {
        matches!(self, Self::PostQuantum { .. } | Self::PostQuantumHybrid { .. })
    }

    /// Field bits of the curve, alone or in a hybrid; `None` where there is no curve of known size.
    #[must_use]
    pub const fn field_bits(self) -> Option<u16> {
        match self {
            Self::EllipticCurve { field_bits } | Self::PostQuantumHybrid { field_bits, .. } => Some(field_bits),
            Self::FiniteField { .. } | Self::PostQuantum { .. } | Self::Explicit => None,
        }
    }

    /// Security strength in bits against classical attack, `None` for explicit curves.
    ///
    /// Curves after NIST SP 800-57 part 1 table 2 (X25519 128, X448 224: SP 800-186), finite fields after
    /// SP 800-56A rev. 3 appendix D, ML-KEM by its category. A hybrid is given what its curve alone has.
    #[must_use]
    pub const fn security_bits(self) -> Option<u16> {
        Some(match self {
            Self::EllipticCurve { field_bits } | Self::PostQuantumHybrid { field_bits, .. } => match field_bits {
                0..160 => 0,
                160..224 => 80,
                224..255 => 112,
                255..384 => 128,
                384..448 => 192,
                448..512 => 224,
                _ => 256,
            },
            Self::FiniteField { modulus_bits } => match modulus_bits {
                0..1024 => 0,
                1024..2048 => 80,
                2048..3072 => 112,
                3072..4096 => 128,
                4096..6144 => 152,
                6144..8192 => 176,
                _ => 200,
            },
            Self::PostQuantum { parameter_set } => match parameter_set {
                0..512 => 0,
                512..768 => 128,
                768..1024 => 192,
                _ => 256,
            },
            Self::Explicit => return None,
        })
    }
}

fn registered(name: &str) -> Option<NamedGroup> {
    GROUPS.iter().find(|group| group.name.eq_ignore_ascii_case(name)).map(|group| NamedGroup(group.code))
}

fn alias(name: &str) -> Option<NamedGroup> {
    const ALIASES: [(&str, u16); 12] = [
        ("prime192v1", 19),
        ("P-192", 19),
        ("P-224", 21),
        ("prime256v1", 23),
        ("P-256", 23),
        ("CurveP256", 23),
        ("P-384", 24),
        ("CurveP384", 24),
        ("P-521", 25),
        ("CurveP521", 25),
        ("25519", 29),
        ("448", 30),
    ];
    const PREFIXES: [&str; 2] = ["GROUP-", "ecdh_"];
    if let Some((_, code)) = ALIASES.iter().find(|(spelling, _)| spelling.eq_ignore_ascii_case(name)) {
        return Some(NamedGroup(*code));
    }
    PREFIXES.iter().find_map(|prefix| {
        let (before, after) = name.split_at_checked(prefix.len())?;
        if before.eq_ignore_ascii_case(prefix) { registered(after) } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_sorted_and_names_are_found() {
        assert!(GROUPS.is_sorted_by(|a, b| a.code < b.code));
        for group in named_groups() {
            assert_eq!(NamedGroup::from_name(group.name), Some(NamedGroup(group.code)));
            assert_eq!(NamedGroup::from_name(&group.name.to_uppercase()), Some(NamedGroup(group.code)));
            assert_eq!(NamedGroup(group.code).name(), group.name);
            let is_explicit = group.kind == GroupKind::Explicit;
            assert_eq!(group.kind.security_bits().is_none(), is_explicit, "{}", group.name);
            assert!(is_explicit || group.kind.security_bits() >= Some(80), "{}", group.name);
        }
    }

    #[test]
    fn kinds_and_sizes() {
        let curve = |field_bits| GroupKind::EllipticCurve { field_bits };
        let hybrid = |field_bits, parameter_set| GroupKind::PostQuantumHybrid { field_bits, parameter_set };
        for (code, name, kind, security_bits) in [
            (1, "sect163k1", curve(163), 80),
            (8, "sect239k1", curve(239), 112),
            (19, "secp192r1", curve(192), 80),
            (21, "secp224r1", curve(224), 112),
            (23, "secp256r1", curve(256), 128),
            (24, "secp384r1", curve(384), 192),
            (25, "secp521r1", curve(521), 256),
            (28, "brainpoolP512r1", curve(512), 256),
            (29, "x25519", curve(255), 128),
            (30, "x448", curve(448), 224),
            (31, "brainpoolP256r1tls13", curve(256), 128),
            (34, "GC256A", curve(256), 128),
            (40, "GC512C", curve(512), 256),
            (41, "curveSM2", curve(256), 128),
            (256, "ffdhe2048", GroupKind::FiniteField { modulus_bits: 2048 }, 112),
            (257, "ffdhe3072", GroupKind::FiniteField { modulus_bits: 3072 }, 128),
            (260, "ffdhe8192", GroupKind::FiniteField { modulus_bits: 8192 }, 200),
            (512, "MLKEM512", GroupKind::PostQuantum { parameter_set: 512 }, 128),
            (514, "MLKEM1024", GroupKind::PostQuantum { parameter_set: 1024 }, 256),
            (4587, "SecP256r1MLKEM768", hybrid(256, 768), 128),
            (4588, "X25519MLKEM768", hybrid(255, 768), 128),
            (4589, "SecP384r1MLKEM1024", hybrid(384, 1024), 192),
            (4590, "curveSM2MLKEM768", hybrid(256, 768), 128),
            (0x6399, "X25519Kyber768Draft00", hybrid(255, 768), 128),
            (25498, "SecP256r1Kyber768Draft00", hybrid(256, 768), 128),
        ] {
            let group = NamedGroup(code);
            assert_eq!(group.name(), name);
            assert_eq!(group.kind(), Some(kind), "{name}");
            assert_eq!(kind.security_bits(), Some(security_bits), "{name}");
            assert_eq!(kind.is_post_quantum(), name.contains("MLKEM") || name.contains("Kyber"), "{name}");
        }
        assert_eq!(NamedGroup(65281).kind(), Some(GroupKind::Explicit));
    }

    #[test]
    fn reads_the_spellings_of_tools() {
        for (spelling, code) in [
            ("prime256v1", 23),
            ("P-256", 23),
            ("secp256r1 (NIST P-256)", 23),
            ("secp384r1 (NIST P-384)", 24),
            ("secp521r1 (NIST P-521)", 25),
            ("GROUP-SECP256R1", 23),
            ("GROUP-X25519", 29),
            ("X25519", 29),
            ("25519", 29),
            ("ecdh_x25519", 29),
            ("X448", 30),
            ("group-ffdhe2048", 256),
        ] {
            assert_eq!(NamedGroup::from_name(spelling), Some(NamedGroup(code)), "{spelling}");
        }
        for unknown in ["", " (", "GROUP-", "ecdh_", "secp256", "modp2048", "é€€€€€"] {
            assert_eq!(NamedGroup::from_name(unknown), None, "{unknown}");
        }
    }
}
