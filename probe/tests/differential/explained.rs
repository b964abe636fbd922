//! Where the scanners differ, and why.

/// Who says a thing alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The probe: the other one misses it.
    Ours,
    /// The other scanner: the probe misses it, or the other one is wrong.
    Theirs,
}

/// Differences of one scanner on some servers that have a reason.
pub(crate) struct Explained {
    pub(crate) peer: &'static str,
    /// The beginning of the version that it was seen with: others may do better.
    pub(crate) version: &'static str,
    pub(crate) servers: &'static [&'static str],
    pub(crate) side: Side,
    /// Facts, or their beginnings and ends with a `*` between; each is needed.
    pub(crate) facts: &'static [&'static str],
    #[expect(dead_code, reason = "it is for who reads the list")]
    pub(crate) why: &'static str,
}

impl Explained {
    pub(crate) fn explains(&self, side: Side, fact: &str) -> bool {
        self.side == side && self.facts.iter().any(|pattern| matches(pattern, fact))
    }
}

/// Whether a fact is the one of the pattern.
pub(crate) fn matches(pattern: &str, fact: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => fact.len() >= start.len() + end.len() && fact.starts_with(start) && fact.ends_with(end),
        None => fact == pattern,
    }
}

pub(crate) const EXPLAINED: &[Explained] = &[
    Explained {
        peer: "nmap",
        version: "7.93",
        servers: &["openssl of today", "openssl with everything", "nginx", "gnutls"],
        side: Side::Ours,
        facts: &["group ffdhe*", "group secp384r1", "group secp521r1", "group x448"],
        why: "it shows the group that a suite was answered with, and offers no other ones then",
    },
    Explained {
        peer: "nmap",
        version: "7.93",
        servers: &["openssl of today"],
        side: Side::Ours,
        facts: &["group secp256r1"],
        why: "the same",
    },
    Explained {
        peer: "nmap",
        version: "7.93",
        servers: &["gnutls"],
        side: Side::Ours,
        facts: &["group x25519"],
        why: "the same",
    },
    Explained {
        peer: "nmap",
        version: "7.93",
        servers: &["tlslite-ng"],
        side: Side::Ours,
        facts: &[
            "group ffdhe*",
            "group brainpoolP*r1",
            "group brainpoolP*r1tls13",
            "group secp384r1",
            "group secp521r1",
            "group x25519",
            "group x448",
        ],
        why: "the same; this server takes the code points of TLS 1.3 for Brainpool's curves in TLS 1.2 as well",
    },
    Explained {
        peer: "sslyze",
        version: "6.",
        servers: &["openssl of today", "openssl with everything", "nginx", "dovecot", "gnutls", "tlslite-ng"],
        side: Side::Ours,
        facts: &["group ffdhe*"],
        why: "it looks for elliptic curves only",
    },
    Explained {
        peer: "sslyze",
        version: "6.",
        servers: &["gnutls"],
        side: Side::Ours,
        facts: &["group secp384r1", "group secp521r1", "group x448"],
        why: "it calls them rejected; `openssl s_client -groups P-384` gets them",
    },
    Explained {
        peer: "sslyze",
        version: "6.",
        servers: &["tlslite-ng"],
        side: Side::Ours,
        facts: &["group brainpoolP*r1tls13"],
        why: "its OpenSSL is older than RFC 8734",
    },
    Explained {
        peer: "sslyze",
        version: "6.",
        servers: &["openssl with everything", "postfix"],
        side: Side::Ours,
        facts: &["TLSv1.2 TLS_DH_anon_WITH_CAMELLIA_*_CBC_SHA256"],
        why: "its list of suites lacks them",
    },
    Explained {
        peer: "sslscan",
        version: "2.0",
        servers: &["tlslite-ng"],
        side: Side::Ours,
        facts: &["SSLv3 *"],
        why: "it sees SSL 3.0 by a hello of its own, and its OpenSSL speaks none, so that it lists no suites of it",
    },
    Explained {
        peer: "sslscan",
        version: "2.0",
        servers: &["gnutls", "tlslite-ng"],
        side: Side::Ours,
        facts: &["group ffdhe*"],
        why: "it offers the groups of RFC 7919 in TLS 1.3 alone, which is off here",
    },
    Explained {
        peer: "sslscan",
        version: "2.0",
        servers: &["tlslite-ng"],
        side: Side::Ours,
        facts: &["group brainpoolP*r1tls13"],
        why: "it does not know the groups of RFC 8734",
    },
    Explained {
        peer: "nmap",
        version: "7.93",
        servers: &["node, post-quantum"],
        side: Side::Ours,
        facts: &["group X25519MLKEM768"],
        why: "it is older than the group",
    },
    Explained {
        peer: "sslyze",
        version: "6.",
        servers: &["node, post-quantum"],
        side: Side::Ours,
        facts: &["group X25519MLKEM768"],
        why: "it knows elliptic curves only (sslyze#700)",
    },
    Explained {
        peer: "sslscan",
        version: "2.0",
        servers: &["node, post-quantum"],
        side: Side::Ours,
        facts: &["group X25519MLKEM768"],
        why: "it knows the group from version 2.2 on",
    },
];
