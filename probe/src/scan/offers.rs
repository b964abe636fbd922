//! The hellos that a scan is made of: the same shape throughout, so that a refusal and its control differ in one thing.

use std::sync::LazyLock;

use intransit::iana::{
    CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme, SuiteInfo, cipher_suites, named_groups,
    signature_schemes,
};

use super::codec::{ClientHello, KeyShare};
use super::enumerate::shown::Shown;

/// How many suites one hello holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Every one.
    Long,
    /// At most 64, for servers that do not take a long list.
    Short,
}

impl Style {
    /// The most suites in one hello, one of them kept for a suite that is known to be accepted.
    pub(crate) const fn chunk(self) -> usize {
        match self {
            Self::Long => usize::MAX,
            Self::Short => 63,
        }
    }
}

/// What all hellos of one endpoint have in common.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) server_name: Option<String>,
    pub(crate) style: Style,
}

/// What is used most, first: servers that take the client's order then choose nothing odd.
const USUAL_SUITES: [u16; 16] = [
    0xC02B, 0xC02F, 0xC02C, 0xC030, 0xC013, 0xC014, 0xC009, 0xC00A, 0x009C, 0x009D, 0x002F, 0x0035, 0x000A, 0x0033,
    0xCCA9, 0xCCA8,
];
const USUAL_GROUPS: [u16; 8] = [0x001D, 0x0017, 0x0018, 0x0019, 0x001E, 0x11EC, 0x0100, 0x0101];
/// The first of them are curves, which suites up to TLS 1.2 have.
const USUAL_CURVES: usize = 5;
const USUAL_SCHEMES: [u16; 16] = [
    0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0603, 0x0806, 0x0601, 0x0301, 0x0303, 0x0807, 0x0808, 0x0809,
    0x0201, 0x0203,
];

/// Code points that the registry has no suites for, and servers have all the same: those that IANA keeps free "to avoid
/// conflicts with deployed implementations" (FORTEZZA, drafts of elliptic curves, EXPORT1024, the FIPS suites of
/// Netscape), GOST of 2001 and 2012, and ChaCha20 of the drafts.
const DEPLOYED: [std::ops::RangeInclusive<u16>; 8] = [
    0x001C..=0x001D,
    0x0047..=0x0066,
    0x0080..=0x0083,
    0xCC13..=0xCC15,
    0xFEFE..=0xFEFF,
    0xFF00..=0xFF03,
    0xFF85..=0xFF87,
    0xFFE0..=0xFFE1,
];

/// Every suite up to TLS 1.2, and those that are deployed without being registered.
pub(crate) fn suites_before_tls13() -> Vec<CipherSuite> {
    // Each hello asks for the lists, and putting one in order takes longer than sending it.
    static SUITES: LazyLock<Vec<CipherSuite>> = LazyLock::new(|| {
        let known = cipher_suites().iter().filter(|info| !info.tls13_only()).map(SuiteInfo::suite);
        let known = known.filter(|suite| !suite.is_signalling());
        let deployed = DEPLOYED.into_iter().flatten().map(CipherSuite);
        usual_first(known.chain(deployed), &USUAL_SUITES.map(CipherSuite))
    });
    SUITES.clone()
}

/// Every suite of TLS 1.3.
pub(crate) fn suites_of_tls13() -> Vec<CipherSuite> {
    cipher_suites().iter().filter(|info| info.tls13_only()).map(SuiteInfo::suite).collect()
}

/// Every suite that can be seen in this version.
pub(crate) fn suites_of(version: ProtocolVersion) -> Vec<CipherSuite> {
    if version == ProtocolVersion::TLS1_3 { suites_of_tls13() } else { suites_before_tls13() }
}

/// Every group.
pub(crate) fn groups() -> Vec<NamedGroup> {
    static GROUPS: LazyLock<Vec<NamedGroup>> = LazyLock::new(|| {
        usual_first(named_groups().iter().map(|info| NamedGroup(info.code)), &USUAL_GROUPS.map(NamedGroup))
    });
    GROUPS.clone()
}

/// Every scheme, and the pairs of hash and signature of TLS 1.2 that have no name of their own (RFC 5246 §7.4.1.4.1).
pub(crate) fn schemes() -> Vec<SignatureScheme> {
    static SCHEMES: LazyLock<Vec<SignatureScheme>> = LazyLock::new(|| {
        let registered = signature_schemes().iter().map(|info| SignatureScheme(info.code));
        let pairs = (1..=6).flat_map(|hash: u16| (1..=3).map(move |signature| SignatureScheme(hash << 8 | signature)));
        usual_first(registered.chain(pairs), &USUAL_SCHEMES.map(SignatureScheme))
    });
    SCHEMES.clone()
}

fn usual_first<T: Copy + PartialEq>(all: impl Iterator<Item = T>, usual: &[T]) -> Vec<T> {
    let mut list = usual.to_vec();
    for one in all {
        if !list.contains(&one) {
            list.push(one);
        }
    }
    list
}

impl ClientHello {
    /// The same with groups and schemes at the front that no answer has shown yet: whoever takes what comes first then
    /// shows more of what there is.
    pub(crate) fn with_unseen_first(mut self, shown: &Shown) -> Self {
        let usual = if self.version == ProtocolVersion::TLS1_3 { USUAL_GROUPS.len() } else { USUAL_CURVES };
        shown.unseen_first(&mut self, usual, USUAL_SCHEMES.len());
        self
    }

    /// The same with its groups as they are.
    pub(crate) fn with_unseen_schemes_first(mut self, shown: &Shown) -> Self {
        shown.unseen_first(&mut self, 0, USUAL_SCHEMES.len());
        self
    }

    /// The same with its schemes as they are, of a version up to TLS 1.2.
    pub(crate) fn with_unseen_groups_first(mut self, shown: &Shown) -> Self {
        shown.unseen_first(&mut self, USUAL_CURVES, 0);
        self
    }
}

impl Shape {
    /// A hello of one version up to TLS 1.2.
    pub(crate) fn legacy(&self, version: ProtocolVersion, suites: &[CipherSuite]) -> ClientHello {
        ClientHello {
            version,
            versions: Vec::new(),
            suites: suites.to_vec(),
            groups: groups(),
            schemes: schemes(),
            server_name: self.server_name.clone(),
            key_share: KeyShare::Absent,
            compression: vec![0],
            application_protocols: Vec::new(),
            has_extensions: true,
        }
    }

    /// A hello of TLS 1.3, with suites of it alone. TLS 1.2 is listed beside it: some servers take groups that TLS 1.3
    /// does not have for an error of a client that has nothing else.
    pub(crate) fn tls13(&self, suites: &[CipherSuite], key_share: KeyShare) -> ClientHello {
        ClientHello {
            version: ProtocolVersion::TLS1_3,
            versions: vec![ProtocolVersion::TLS1_3, ProtocolVersion::TLS1_2],
            key_share,
            ..self.legacy(ProtocolVersion::TLS1_2, suites)
        }
    }

    /// A hello of TLS 1.3 that a server without it can answer with what it has.
    pub(crate) fn tls13_or_older(&self, key_share: KeyShare) -> ClientHello {
        use ProtocolVersion as V;
        let older = suites_before_tls13();
        let most = if self.style == Style::Long { older.len() } else { USUAL_SUITES.len() };
        let suites: Vec<CipherSuite> = suites_of_tls13().into_iter().chain(older.into_iter().take(most)).collect();
        ClientHello { versions: vec![V::TLS1_3, V::TLS1_2, V::TLS1_1, V::TLS1_0], ..self.tls13(&suites, key_share) }
    }

    /// A hello of this version alone.
    pub(crate) fn of(&self, version: ProtocolVersion, suites: &[CipherSuite]) -> ClientHello {
        if version == ProtocolVersion::TLS1_3 {
            self.tls13(suites, KeyShare::Empty)
        } else {
            self.legacy(version, suites)
        }
    }
}
