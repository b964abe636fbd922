//! The servers as they truly were, from their settings; the READMEs beside the reports say what those are.
//!
//! Where the settings do not name the suites (all that a library has), the lists are what sslyze, sslscan and nmap,
//! and testssl.sh where it lists them, accepted alike: they agree to the suite. Of `ssl3` nmap alone saw all; three
//! of its suites timed out in sslyze.

use std::collections::BTreeSet;

use intransit::evidence::{Preference, TlsSupport};
use intransit::iana::{CipherSuite, NamedGroup, ProtocolVersion};

use ProtocolVersion as V;

/// Suites by key exchange: `("RSA", "RC4_128_MD5")` is `TLS_RSA_WITH_RC4_128_MD5`.
type Suites = &'static [(&'static str, &'static str)];

/// A server with known settings.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) is: &'static str,
    /// The versions that it speaks, each with its suites. SSL 2.0 has none of the registry.
    pub(crate) versions: &'static [(V, Suites)],
    /// What it says where no TLS answers.
    pub(crate) tls: Option<TlsSupport>,
    /// Who chooses the suite up to TLS 1.2; absent where the settings do not say and one tool alone does.
    pub(crate) chooses: Option<Preference>,
    /// The order up to TLS 1.2 where the server has one and the settings give it.
    pub(crate) order: Suites,
    /// Groups that it has for certain, and those that it may have besides.
    pub(crate) groups: (&'static [u16], &'static [u16]),
    /// Bits of the finite-field group of its suites with DHE.
    pub(crate) dh: Option<u32>,
    /// Its chains: the beginnings of the hashes, leaf first.
    pub(crate) chains: &'static [&'static [&'static str]],
    pub(crate) asks_for_certificate: bool,
    pub(crate) starttls: bool,
    /// Attacks that work, by the names that reports have for them.
    pub(crate) attacks: &'static [&'static str],
}

const RSA: &[&str] = &["1c836c1221a9919b", "62d3f950bbd4d5cd"];
const EC: &[&str] = &["c259193214682019", "62d3f950bbd4d5cd"];
const WEAK: &[&str] = &["c251065c946f6e4e"];
const OWN: &[&str] = &["84c4b12fa8b91bb0", "56ac990fc6d88f40"];
const OWN_LEAF: &[&str] = &["84c4b12fa8b91bb0"];

const P256: u16 = 0x17;
const CURVES: &[u16] = &[P256, 0x18, 0x19, 0x1D, 0x1E];
const FFDHE: &[u16] = &[0x100, 0x101, 0x102, 0x103, 0x104];

const TLS13: Suites = &[("", "AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256 AES_128_GCM_SHA256")];

/// `ECDHE+AESGCM:ECDHE+CHACHA20` as OpenSSL orders it, with a key of each kind.
const MODERN: Suites = &[
    ("ECDHE_ECDSA", "AES_256_GCM_SHA384"),
    ("ECDHE_RSA", "AES_256_GCM_SHA384"),
    ("ECDHE_ECDSA", "AES_128_GCM_SHA256"),
    ("ECDHE_RSA", "AES_128_GCM_SHA256"),
    ("ECDHE_ECDSA", "CHACHA20_POLY1305_SHA256"),
    ("ECDHE_RSA", "CHACHA20_POLY1305_SHA256"),
];

/// Everything of OpenSSL 1.1.1 that TLS 1.0 and an RSA key allow.
const ALL_111: Suites = &[
    ("RSA", "3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_256_CBC_SHA CAMELLIA_128_CBC_SHA CAMELLIA_256_CBC_SHA SEED_CBC_SHA"),
    ("RSA", "IDEA_CBC_SHA NULL_MD5 NULL_SHA RC4_128_MD5 RC4_128_SHA"),
    ("DHE_RSA", "3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_256_CBC_SHA CAMELLIA_128_CBC_SHA CAMELLIA_256_CBC_SHA"),
    ("DHE_RSA", "SEED_CBC_SHA"),
    ("DH_anon", "3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_256_CBC_SHA CAMELLIA_128_CBC_SHA CAMELLIA_256_CBC_SHA"),
    ("DH_anon", "SEED_CBC_SHA RC4_128_MD5"),
    ("ECDHE_RSA", "3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_256_CBC_SHA NULL_SHA RC4_128_SHA"),
    ("ECDH_anon", "3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_256_CBC_SHA NULL_SHA RC4_128_SHA"),
];

/// What an old OpenSSL has besides: single DES and export strength.
const OLD: Suites = &[
    ("RSA", "3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_256_CBC_SHA CAMELLIA_128_CBC_SHA CAMELLIA_256_CBC_SHA SEED_CBC_SHA"),
    ("RSA", "DES_CBC_SHA IDEA_CBC_SHA NULL_MD5 NULL_SHA RC4_128_MD5 RC4_128_SHA"),
    ("RSA_EXPORT", "DES40_CBC_SHA RC2_CBC_40_MD5 RC4_40_MD5"),
    ("DHE_RSA", "3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_256_CBC_SHA CAMELLIA_128_CBC_SHA CAMELLIA_256_CBC_SHA"),
    ("DHE_RSA", "DES_CBC_SHA SEED_CBC_SHA"),
    ("DHE_RSA_EXPORT", "DES40_CBC_SHA"),
    ("DH_anon", "3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_256_CBC_SHA CAMELLIA_128_CBC_SHA CAMELLIA_256_CBC_SHA"),
    ("DH_anon", "DES_CBC_SHA SEED_CBC_SHA RC4_128_MD5"),
    ("DH_anon_EXPORT", "DES40_CBC_SHA RC4_40_MD5"),
    ("ECDHE_RSA", "3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_256_CBC_SHA NULL_SHA RC4_128_SHA"),
    ("ECDH_anon", "3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_256_CBC_SHA NULL_SHA RC4_128_SHA"),
];

/// What the same has in TLS 1.2.
#[rustfmt::skip]
const OLD_TLS12: Suites = &[
    OLD[0], OLD[1], OLD[2], OLD[3], OLD[4], OLD[5], OLD[6], OLD[7], OLD[8], OLD[9], OLD[10],
    ("RSA", "AES_128_CBC_SHA256 AES_128_GCM_SHA256 AES_256_CBC_SHA256 AES_256_GCM_SHA384 NULL_SHA256"),
    ("DHE_RSA", "AES_128_CBC_SHA256 AES_128_GCM_SHA256 AES_256_CBC_SHA256 AES_256_GCM_SHA384"),
    ("DH_anon", "AES_128_CBC_SHA256 AES_128_GCM_SHA256 AES_256_CBC_SHA256 AES_256_GCM_SHA384"),
    ("ECDHE_RSA", "AES_128_CBC_SHA256 AES_128_GCM_SHA256 AES_256_CBC_SHA384 AES_256_GCM_SHA384"),
];

/// `ssl3` has neither NULL nor anonymous suites.
const OLD_SSL3: Suites = &[
    OLD[0],
    ("RSA", "DES_CBC_SHA IDEA_CBC_SHA RC4_128_MD5 RC4_128_SHA"),
    OLD[2],
    OLD[3],
    OLD[4],
    OLD[5],
    ("ECDHE_RSA", "3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_256_CBC_SHA RC4_128_SHA"),
];

const MTLS: Suites = &[
    ("RSA", "AES_128_CBC_SHA AES_128_CBC_SHA256 AES_128_GCM_SHA256 AES_256_CBC_SHA AES_256_CBC_SHA256"),
    ("RSA", "AES_256_GCM_SHA384"),
    ("DHE_RSA", "AES_128_CBC_SHA AES_128_CBC_SHA256 AES_128_GCM_SHA256 AES_256_CBC_SHA AES_256_CBC_SHA256"),
    ("DHE_RSA", "AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256"),
    ("ECDHE_RSA", "AES_128_CBC_SHA AES_128_CBC_SHA256 AES_128_GCM_SHA256 AES_256_CBC_SHA AES_256_CBC_SHA384"),
    ("ECDHE_RSA", "AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256"),
];

const SHA_ONLY: Suites = &[
    ("RSA", "AES_128_CBC_SHA AES_256_CBC_SHA"),
    ("DHE_RSA", "AES_128_CBC_SHA AES_256_CBC_SHA"),
    ("ECDHE_RSA", "AES_128_CBC_SHA AES_256_CBC_SHA"),
];

const SMTP: Suites = &[
    ("ECDHE_RSA", "AES_128_CBC_SHA AES_128_CBC_SHA256 AES_128_GCM_SHA256 AES_256_CBC_SHA AES_256_CBC_SHA384"),
    ("ECDHE_RSA", "AES_256_GCM_SHA384 ARIA_128_GCM_SHA256 ARIA_256_GCM_SHA384 CAMELLIA_128_CBC_SHA256"),
    ("ECDHE_RSA", "CAMELLIA_256_CBC_SHA384 CHACHA20_POLY1305_SHA256"),
    ("ECDH_anon", "AES_128_CBC_SHA AES_256_CBC_SHA"),
    ("RSA", "AES_128_CBC_SHA AES_128_CBC_SHA256 AES_128_CCM AES_128_CCM_8 AES_128_GCM_SHA256 AES_256_CBC_SHA"),
    ("RSA", "AES_256_CBC_SHA256 AES_256_CCM AES_256_CCM_8 AES_256_GCM_SHA384 ARIA_128_GCM_SHA256"),
    ("RSA", "ARIA_256_GCM_SHA384 CAMELLIA_128_CBC_SHA CAMELLIA_128_CBC_SHA256 CAMELLIA_256_CBC_SHA"),
    ("RSA", "CAMELLIA_256_CBC_SHA256"),
];

const SMTP10: Suites = &[
    ("ECDHE_RSA", "AES_128_CBC_SHA AES_256_CBC_SHA"),
    ("ECDH_anon", "AES_128_CBC_SHA AES_256_CBC_SHA"),
    ("RSA", "AES_128_CBC_SHA AES_256_CBC_SHA CAMELLIA_128_CBC_SHA CAMELLIA_256_CBC_SHA"),
];

const IPV6: Suites = &[("RSA", "AES_128_CBC_SHA AES_256_CBC_SHA"), ("ECDHE_RSA", "AES_128_GCM_SHA256")];

/// The suites of `crypto/tls` by default; which of the AEAD ones comes first depends on the client.
const GO: Suites =
    &[("ECDHE_RSA", "AES_128_GCM_SHA256 AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256 AES_128_CBC_SHA AES_256_CBC_SHA")];

const GOOD: Server = Server {
    name: "",
    is: "",
    versions: &[],
    tls: Some(TlsSupport::Available),
    chooses: None,
    order: &[],
    groups: (CURVES, FFDHE),
    dh: None,
    chains: &[RSA],
    asks_for_certificate: false,
    starttls: false,
    attacks: &[],
};

const WEAK_ONE: Server = Server {
    chooses: Some(Preference::Client),
    groups: (CURVES, &[]),
    chains: &[WEAK],
    attacks: &["SWEET32", "client-initiated renegotiation"],
    ..GOOD
};

const SILENT: Server = Server { tls: None, groups: (&[], &[]), chains: &[], ..GOOD };

/// Every server that the reports are of.
pub(crate) const SERVERS: &[Server] = &[
    Server {
        name: "modern",
        is: "TLS 1.2 and 1.3; ECDHE with AES-GCM or ChaCha20, in the server's order; an RSA-2048 and an ECDSA P-256 leaf",
        versions: &[(V::TLS1_2, MODERN), (V::TLS1_3, TLS13)],
        chooses: Some(Preference::Server),
        order: MODERN,
        chains: &[RSA, EC],
        ..GOOD
    },
    Server {
        name: "tls10",
        is: "TLS 1.0 alone, with everything that OpenSSL 1.1.1 has; self-signed RSA-1024 over SHA-1; 1024-bit DH",
        versions: &[(V::TLS1_0, ALL_111)],
        dh: Some(1024),
        ..WEAK_ONE
    },
    Server {
        name: "ssl2all",
        is: "SSL 2.0 to TLS 1.2, with export suites, RC4 and DES; the same certificate; 512-bit DH; an old OpenSSL",
        versions: &[(V::SSL2, &[]), (V::SSL3, OLD), (V::TLS1_0, OLD), (V::TLS1_1, OLD), (V::TLS1_2, OLD_TLS12)],
        groups: (&[P256], &[]),
        dh: Some(512),
        attacks: &[
            "SWEET32",
            "POODLE",
            "Logjam",
            "Heartbleed",
            "CCS injection",
            "client-initiated renegotiation",
            "downgrade without TLS_FALLBACK_SCSV",
            "Anonymous Diffie-Hellman Key Exchange MitM Vulnerability",
        ],
        ..WEAK_ONE
    },
    Server {
        name: "ssl3",
        is: "SSL 3.0 alone, with export suites, RC4 and DES; the same certificate; 512-bit DH; the same old OpenSSL",
        versions: &[(V::SSL3, OLD_SSL3)],
        groups: (&[P256], &[]),
        dh: Some(512),
        attacks: &["SWEET32", "POODLE", "Logjam", "Heartbleed", "CCS injection", "client-initiated renegotiation"],
        ..WEAK_ONE
    },
    Server {
        name: "mtls",
        is: "TLS 1.2 and 1.3, and a client certificate is required; 2048-bit DH; RSA-2048",
        versions: &[(V::TLS1_2, MTLS), (V::TLS1_3, TLS13)],
        chooses: Some(Preference::Client),
        dh: Some(2048),
        asks_for_certificate: true,
        ..GOOD
    },
    Server {
        name: "ipv6",
        is: "TLS 1.2 alone, at ::1; two suites without forward secrecy and one with it; the client chooses; RSA-2048",
        versions: &[(V::TLS1_2, IPV6)],
        chooses: Some(Preference::Client),
        groups: (CURVES, &[]),
        ..GOOD
    },
    Server { name: "tls13", is: "TLS 1.3 alone; ECDSA P-256", versions: &[(V::TLS1_3, TLS13)], chains: &[EC], ..GOOD },
    Server {
        name: "go",
        is: "Go's crypto/tls: TLS 1.2 and 1.3, ECDHE suites, X25519MLKEM768; RSA-2048",
        versions: &[(V::TLS1_2, GO), (V::TLS1_3, TLS13)],
        chooses: Some(Preference::ServerExceptChaCha20),
        groups: (&[P256, 0x18, 0x19, 0x1D, 0x11EC], &[0x11EB, 0x11ED]),
        ..GOOD
    },
    Server {
        name: "smtp",
        is: "SMTP with STARTTLS, TLS 1.2 and 1.3, suites not restricted, anonymous ones among them; RSA-2048",
        versions: &[(V::TLS1_2, SMTP), (V::TLS1_3, TLS13)],
        chooses: Some(Preference::Server),
        starttls: true,
        ..GOOD
    },
    Server {
        name: "smtp10",
        is: "SMTP with STARTTLS, TLS 1.0 alone; the certificate of tls10",
        versions: &[(V::TLS1_0, SMTP10)],
        chooses: Some(Preference::Server),
        starttls: true,
        attacks: &[],
        ..WEAK_ONE
    },
    Server {
        name: "smtpno",
        is: "SMTP without STARTTLS",
        tls: Some(TlsSupport::StartTlsNotAdvertised),
        starttls: true,
        ..SILENT
    },
    Server {
        name: "plain",
        is: "a service that speaks plain text, no TLS",
        tls: Some(TlsSupport::NotAvailable),
        ..SILENT
    },
    Server { name: "closed", is: "nothing listens", ..SILENT },
    Server {
        name: "only-tls12",
        is: "openssl s_server 3.0.19 with -tls1_2; RSA-2048, the root sent along",
        versions: &[(V::TLS1_2, MTLS)],
        chains: &[OWN],
        ..GOOD
    },
    Server {
        name: "not-tls12",
        is: "openssl s_server 3.0.19 with -no_tls1_2; RSA-2048; whether it has TLS 1.0 and 1.1 nobody asked",
        versions: &[(V::TLS1_0, SHA_ONLY), (V::TLS1_1, SHA_ONLY), (V::TLS1_3, TLS13)],
        chains: &[OWN_LEAF],
        ..GOOD
    },
    Server {
        name: "mtls-tls12",
        is: "openssl s_server 3.0.19 with -tls1_2 -Verify 1; RSA-2048",
        versions: &[(V::TLS1_2, MTLS)],
        chains: &[OWN_LEAF],
        asks_for_certificate: true,
        ..GOOD
    },
];

impl Server {
    pub(crate) fn of_name(name: &str) -> &'static Self {
        SERVERS.iter().find(|server| server.name == name).unwrap_or_else(|| panic!("no server is called {name}"))
    }

    pub(crate) fn speaks(&self, version: V) -> bool {
        self.versions.iter().any(|(known, _)| *known == version)
    }

    pub(crate) fn suites(&self, version: V) -> BTreeSet<CipherSuite> {
        let of_version = self.versions.iter().filter(|(known, _)| *known == version);
        of_version.flat_map(|(_, suites)| named(suites)).collect()
    }

    pub(crate) fn all_suites(&self) -> BTreeSet<CipherSuite> {
        self.versions.iter().flat_map(|(version, _)| self.suites(*version)).collect()
    }

    pub(crate) fn has_group(&self, group: NamedGroup) -> bool {
        self.groups.0.contains(&group.0)
    }

    pub(crate) fn may_have_group(&self, group: NamedGroup) -> bool {
        self.has_group(group) || self.groups.1.contains(&group.0)
    }
}

/// The suites, in the order of the list.
pub(crate) fn named(suites: Suites) -> Vec<CipherSuite> {
    let name = |key_exchange: &str, cipher: &str| match key_exchange {
        "" => format!("TLS_{cipher}"),
        _ => format!("TLS_{key_exchange}_WITH_{cipher}"),
    };
    let known = |name: String| CipherSuite::from_name(&name).unwrap_or_else(|| panic!("{name}"));
    suites.iter().flat_map(|(kx, ciphers)| ciphers.split(' ').map(|cipher| known(name(kx, cipher)))).collect()
}

/// The server that a report shows at a port; 0 where the report does not say the port.
pub(crate) fn server(report: &str, port: u16) -> &'static Server {
    let (folder, file) = report.split_once('/').unwrap();
    let name = match port {
        0 => match file.trim_end_matches(".txt") {
            "modern" | "modern_brief" => "modern",
            "go_verified" => "go",
            "smtp_verified" => "smtp",
            "smtp_nostarttls" => "smtpno",
            "refused" => "closed",
            same => same,
        },
        14431 | 14531 | 14631 => "modern",
        14432 | 14532 | 14632 => "tls10",
        14434 | 14534 => "ssl3",
        14435 | 14535 | 14635 => "mtls",
        14436 | 14536 | 14636 => "plain",
        // When nmap looked at all ports of 127.0.0.1, this one was of ::1.
        14437 if file == "multi_port.xml" => "closed",
        14437 | 14537 => "ipv6",
        14438 | 14538 => "tls13",
        // The scanners could not connect, and may not say otherwise than that.
        14433 | 14533 | 14633 | 14441 => "ssl2all",
        14451 => "go",
        10025 => "smtp",
        10026 => "smtpno",
        10027 => "smtp10",
        14731 => "only-tls12",
        14732 => "not-tls12",
        14733 => "mtls-tls12",
        14499 | 14599 | 14699 | 14799 => "closed",
        _ => panic!("{folder}/{file}: no server is known at port {port}"),
    };
    Server::of_name(name)
}
