//! Protocol versions: SSL 2.0 to TLS 1.3, and whatever else a peer may say.

use std::borrow::Cow;
use std::fmt;

/// A version of SSL or TLS by its two-byte code on the wire; an unknown one survives as it is.
///
/// The order is that of the codes, which is that of age for the six versions that exist. A code that is not
/// [known](Self::is_known) has a place in that order but no age: ask [`at_least`](Self::at_least).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
pub struct ProtocolVersion(pub u16);

/// Code, wire spelling, words for people; oldest first.
const VERSIONS: [(ProtocolVersion, &str, &str); 6] = [
    (ProtocolVersion::SSL2, "SSLv2", "SSL 2.0"),
    (ProtocolVersion::SSL3, "SSLv3", "SSL 3.0"),
    (ProtocolVersion::TLS1_0, "TLSv1.0", "TLS 1.0"),
    (ProtocolVersion::TLS1_1, "TLSv1.1", "TLS 1.1"),
    (ProtocolVersion::TLS1_2, "TLSv1.2", "TLS 1.2"),
    (ProtocolVersion::TLS1_3, "TLSv1.3", "TLS 1.3"),
];

impl ProtocolVersion {
    /// SSL 2.0, as its ClientHello writes it; RFC 6176 prohibits it.
    pub const SSL2: Self = Self(0x0002);
    /// SSL 3.0 (RFC 6101); RFC 7568 prohibits it.
    pub const SSL3: Self = Self(0x0300);
    /// TLS 1.0 (RFC 2246); RFC 8996 deprecates it.
    pub const TLS1_0: Self = Self(0x0301);
    /// TLS 1.1 (RFC 4346); RFC 8996 deprecates it.
    pub const TLS1_1: Self = Self(0x0302);
    /// TLS 1.2 (RFC 5246).
    pub const TLS1_2: Self = Self(0x0303);
    /// TLS 1.3 (RFC 8446).
    pub const TLS1_3: Self = Self(0x0304);

    /// The six versions that exist, oldest first.
    pub const ALL: [Self; 6] = [Self::SSL2, Self::SSL3, Self::TLS1_0, Self::TLS1_1, Self::TLS1_2, Self::TLS1_3];

    /// The code on the wire.
    #[must_use]
    pub const fn code(self) -> u16 {
        self.0
    }

    /// Whether it is one of the six that exist.
    #[must_use]
    pub fn is_known(self) -> bool {
        Self::ALL.contains(&self)
    }

    /// Whether it is `floor` or newer; `None` where either is unknown, since a code alone says nothing about age.
    #[must_use]
    pub fn at_least(self, floor: Self) -> Option<bool> {
        (self.is_known() && floor.is_known()).then_some(self >= floor)
    }

    /// Whether it is a value that clients offer to keep servers tolerant (RFC 8701 §2).
    #[must_use]
    pub const fn is_grease(self) -> bool {
        super::is_grease(self.0)
    }

    /// From any usual spelling: `TLS 1.2`, `TLSv1.2`, `TLS1_2`, `TLS_1_2`, `tls12`, `VERS-TLS1.2`; `TLSv1` is TLS 1.0,
    /// and so is `SSL 3.1`, the number that TLS 1.0 has on the wire.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        const LONGEST: usize = 16;
        if name.len() > LONGEST {
            return None;
        }
        let lower = name.trim().to_ascii_lowercase();
        let lower = lower.strip_prefix("vers-").unwrap_or(&lower);
        let (is_tls, rest) = match lower.strip_prefix("tls") {
            Some(rest) => (true, rest),
            None => (false, lower.strip_prefix("ssl")?),
        };
        let rest = rest.trim_start_matches([' ', '_', '-']);
        let rest = rest.strip_prefix('v').unwrap_or(rest);
        Some(match (is_tls, rest) {
            (false, "2" | "2.0" | "2_0" | "20") => Self::SSL2,
            (false, "3" | "3.0" | "3_0" | "30") => Self::SSL3,
            (false, "3.1") | (true, "1" | "1.0" | "1_0" | "10") => Self::TLS1_0,
            (true, "1.1" | "1_1" | "11") => Self::TLS1_1,
            (true, "1.2" | "1_2" | "12") => Self::TLS1_2,
            (true, "1.3" | "1_3" | "13") => Self::TLS1_3,
            _ => return None,
        })
    }

    /// Words for people: `TLS 1.2`, or `ProtocolVersion(0x0305)` for an unknown one.
    #[must_use]
    pub fn name(self) -> Cow<'static, str> {
        let known = VERSIONS.iter().find(|(version, ..)| *version == self).map(|(.., words)| *words);
        super::name_or_code("ProtocolVersion", known, self.0)
    }

    pub(super) fn wire_name(self) -> Option<&'static str> {
        VERSIONS.iter().find(|(version, ..)| *version == self).map(|(_, wire, _)| *wire)
    }
}

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

super::code_point!(ProtocolVersion, "a protocol version such as `TLSv1.2`");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_usual_spelling() {
        for (version, spellings) in [
            (ProtocolVersion::SSL2, &["SSLv2", "SSL 2.0", "ssl2", "SSL_2_0", "SSL20"][..]),
            (ProtocolVersion::SSL3, &["SSLv3", "SSL 3.0", "ssl3", "SSL_3_0", "sslv3.0"]),
            (ProtocolVersion::TLS1_0, &["TLSv1", "TLSv1.0", "TLS1", "TLS 1.0", "tls10", "TLS1_0", "SSL 3.1"]),
            (ProtocolVersion::TLS1_1, &["TLSv1.1", "TLS1_1", "TLS 1.1", "tls11", "TLS_1_1", "VERS-TLS1.1"]),
            (ProtocolVersion::TLS1_2, &["TLSv1.2", "TLS1_2", "TLS 1.2", "tls12", "TLS_1_2", "tls v1.2", " TLSv1.2 "]),
            (ProtocolVersion::TLS1_3, &["TLSv1.3", "TLS1_3", "TLS 1.3", "tls13", "TLS_1_3"]),
        ] {
            for spelling in spellings {
                assert_eq!(ProtocolVersion::from_name(spelling), Some(version), "{spelling}");
            }
            assert_eq!(ProtocolVersion::from_name(&version.to_string()), Some(version));
            assert_eq!(version.wire_name().and_then(ProtocolVersion::from_name), Some(version));
        }
        for not_a_version in
            ["", "TLS", "TLS 2.0", "TLS 1.4", "SSL 1.2", "SSLv1", "DTLSv1.2", "TLSv1.3 (draft 28)", "1.2"]
        {
            assert_eq!(ProtocolVersion::from_name(not_a_version), None, "{not_a_version}");
        }
    }

    #[test]
    fn order_is_age_and_an_unknown_code_has_none() {
        assert!(ProtocolVersion::ALL.is_sorted());
        assert_eq!(ProtocolVersion::TLS1_2.at_least(ProtocolVersion::TLS1_2), Some(true));
        assert_eq!(ProtocolVersion::TLS1_1.at_least(ProtocolVersion::TLS1_2), Some(false));
        assert_eq!(ProtocolVersion::SSL2.at_least(ProtocolVersion::TLS1_2), Some(false));
        for unknown in [0x0000, 0x0200, 0x0305, 0x7F1C, 0xFEFD, 0x0A0A] {
            assert_eq!(ProtocolVersion(unknown).at_least(ProtocolVersion::TLS1_2), None, "{unknown:04x}");
        }
    }

    #[test]
    fn says_the_version_in_words() {
        assert_eq!(ProtocolVersion::TLS1_2.to_string(), "TLS 1.2");
        assert_eq!(ProtocolVersion::SSL3.to_string(), "SSL 3.0");
        assert_eq!(ProtocolVersion(0x0305).to_string(), "ProtocolVersion(0x0305)");
    }
}
