//! What a cipher suite is made of, in the terms of the registry and of the RFCs that define the suites.

/// How the two sides agree on the premaster secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyExchange {
    /// No key exchange: `TLS_NULL_WITH_NULL_NULL`, the state before the first handshake.
    Null,
    /// Not a suite: a signalling value that clients append to their list.
    Signalling,
    /// The client encrypts the secret to the server's RSA key (RFC 5246 §7.4.7.1).
    Rsa,
    /// The same with a key of at most 512 bits (RFC 2246 §7.4.3).
    RsaExport,
    /// Diffie-Hellman with the fixed key of the server's certificate.
    Dh,
    /// The same with a key of at most 512 bits.
    DhExport,
    /// Diffie-Hellman with a key made for this connection; also `DH_anon`, where nobody signs it.
    Dhe,
    /// The same with a key of at most 512 bits.
    DheExport,
    /// Elliptic-curve Diffie-Hellman with the fixed key of the server's certificate (RFC 4492 §2.1, §2.3).
    Ecdh,
    /// Elliptic-curve Diffie-Hellman with a key made for this connection; also `ECDH_anon`, where nobody signs it.
    Ecdhe,
    /// A pre-shared key alone (RFC 4279 §2).
    Psk,
    /// A pre-shared key and a secret encrypted to the server's RSA key (RFC 4279 §4).
    RsaPsk,
    /// A pre-shared key and ephemeral Diffie-Hellman (RFC 4279 §3).
    DhePsk,
    /// A pre-shared key and ephemeral elliptic-curve Diffie-Hellman (RFC 5489 §2).
    EcdhePsk,
    /// The secret is encrypted with a Kerberos session key (RFC 2712).
    Krb5,
    /// The same with 40-bit ciphers.
    Krb5Export,
    /// The Secure Remote Password protocol (RFC 5054).
    Srp,
    /// GOST R 34.10-2012 key agreement with the key of the server's certificate (RFC 9189).
    Gost,
    /// The Dragonfly exchange over a password (RFC 8492).
    Eccpwd,
    /// TLS 1.3, where `key_share` and `pre_shared_key` settle it and not the suite (RFC 8446 §2).
    Tls13,
}

/// What proves who the server is, as far as the suite says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Authentication {
    /// Nothing: anybody in the middle may answer.
    Anonymous,
    /// Not a suite: a signalling value.
    Signalling,
    /// An RSA certificate; with [`KeyExchange::Dh`] and [`KeyExchange::Ecdh`] a certificate *signed* with RSA.
    Rsa,
    /// A DSA certificate; with [`KeyExchange::Dh`] a certificate *signed* with DSA.
    Dss,
    /// An ECDSA or EdDSA certificate (RFC 8422 §2.1); with [`KeyExchange::Ecdh`] one *signed* with ECDSA.
    Ecdsa,
    /// A pre-shared key; with [`KeyExchange::RsaPsk`] an RSA certificate as well.
    Psk,
    /// A Kerberos ticket.
    Krb5,
    /// Knowledge of the password's verifier alone (`TLS_SRP_SHA_WITH_…`).
    Srp,
    /// Knowledge of the password (`TLS_ECCPWD_…`).
    Password,
    /// A GOST R 34.10-2012 certificate.
    Gost,
    /// TLS 1.3: any certificate (the signature scheme says which) or a pre-shared key.
    Certificate,
}

/// The bulk cipher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cipher {
    /// None: the data is readable on the wire.
    Null,
    /// Not a suite: a signalling value.
    Signalling,
    /// RC2 with 40 bits.
    Rc2_40,
    /// RC4 with 40 bits.
    Rc4_40,
    /// RC4 with 128 bits.
    Rc4_128,
    /// DES with 40 bits.
    Des40,
    /// DES with 56 bits.
    Des,
    /// DES three times, 112 effective bits.
    TripleDes,
    /// IDEA.
    Idea,
    /// SEED (RFC 4162).
    Seed,
    /// AES with 128 bits.
    Aes128,
    /// AES with 256 bits.
    Aes256,
    /// Camellia with 128 bits (RFC 5932).
    Camellia128,
    /// Camellia with 256 bits.
    Camellia256,
    /// ARIA with 128 bits (RFC 6209).
    Aria128,
    /// ARIA with 256 bits.
    Aria256,
    /// ChaCha20 (RFC 8439).
    ChaCha20,
    /// SM4 (RFC 8998).
    Sm4,
    /// GOST 28147-89 (RFC 5830).
    Gost28147,
    /// GOST R 34.12-2015 Kuznyechik (RFC 7801).
    Kuznyechik,
    /// GOST R 34.12-2015 Magma (RFC 8891).
    Magma,
    /// AEGIS-128L.
    Aegis128L,
    /// AEGIS-256.
    Aegis256,
}

impl Cipher {
    /// Effective key strength in bits: 112 for triple DES (NIST SP 800-57 part 1, table 2), 0 without encryption.
    #[must_use]
    pub const fn key_bits(self) -> u16 {
        match self {
            Self::Null | Self::Signalling => 0,
            Self::Rc2_40 | Self::Rc4_40 | Self::Des40 => 40,
            Self::Des => 56,
            Self::TripleDes => 112,
            Self::Rc4_128
            | Self::Idea
            | Self::Seed
            | Self::Aes128
            | Self::Camellia128
            | Self::Aria128
            | Self::Sm4
            | Self::Aegis128L => 128,
            Self::Aes256
            | Self::Camellia256
            | Self::Aria256
            | Self::ChaCha20
            | Self::Gost28147
            | Self::Kuznyechik
            | Self::Magma
            | Self::Aegis256 => 256,
        }
    }
}

/// How the cipher is run over a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// No cipher, no mode.
    None,
    /// A stream cipher (RC4).
    Stream,
    /// Cipher block chaining.
    Cbc,
    /// Galois/counter mode.
    Gcm,
    /// Counter with CBC-MAC, 16-byte tags.
    Ccm,
    /// Counter with CBC-MAC, 8-byte tags (RFC 6655).
    Ccm8,
    /// ChaCha20 with Poly1305.
    Poly1305,
    /// AEGIS's own.
    Aegis,
    /// GOST counter mode, with or without re-keying (RFC 9189).
    Counter,
    /// Multilinear Galois mode (RFC 9367).
    Mgm,
}

impl Mode {
    /// Whether encryption and integrity come in one operation (AEAD).
    #[must_use]
    pub const fn is_aead(self) -> bool {
        matches!(self, Self::Gcm | Self::Ccm | Self::Ccm8 | Self::Poly1305 | Self::Aegis | Self::Mgm)
    }
}

/// What protects the integrity of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mac {
    /// Nothing.
    None,
    /// The AEAD mode itself; a hash in the suite's name is then that of the key derivation.
    Aead,
    /// HMAC with MD5.
    Md5,
    /// HMAC with SHA-1.
    Sha1,
    /// HMAC with SHA-256.
    Sha256,
    /// HMAC with SHA-384.
    Sha384,
    /// GOST 28147-89 IMIT.
    Imit,
    /// OMAC (CMAC) with the suite's block cipher (RFC 9189).
    Omac,
}

/// Whether a recording stays secret when the server's long-term key leaks later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ForwardSecrecy {
    /// No: static RSA, DH and ECDH keys, bare pre-shared keys, Kerberos, GOST.
    None,
    /// Yes: both sides draw a key for this connection.
    Ephemeral,
    /// Yes in every full TLS 1.3 handshake; only resumption in `psk_ke` mode goes without (RFC 8446 §2.2).
    Tls13,
}

impl ForwardSecrecy {
    /// What a key exchange gives.
    ///
    /// SRP counts: both sides draw a fresh exponent for every handshake (RFC 5054 §2.5.3, §2.5.4, §2.6), and password or
    /// verifier alone do not give the premaster secret of a recorded one. So does Dragonfly (RFC 7664 §3.3). GOST does
    /// not: only the client's key is fresh, the server's is that of its certificate.
    #[must_use]
    pub const fn of(key_exchange: KeyExchange) -> Self {
        match key_exchange {
            KeyExchange::Dhe
            | KeyExchange::DheExport
            | KeyExchange::Ecdhe
            | KeyExchange::DhePsk
            | KeyExchange::EcdhePsk
            | KeyExchange::Srp
            | KeyExchange::Eccpwd => Self::Ephemeral,
            KeyExchange::Tls13 => Self::Tls13,
            KeyExchange::Null
            | KeyExchange::Signalling
            | KeyExchange::Rsa
            | KeyExchange::RsaExport
            | KeyExchange::Dh
            | KeyExchange::DhExport
            | KeyExchange::Ecdh
            | KeyExchange::Psk
            | KeyExchange::RsaPsk
            | KeyExchange::Krb5
            | KeyExchange::Krb5Export
            | KeyExchange::Gost => Self::None,
        }
    }
}

/// A reason not to use a suite at all, whatever the rest of it is; worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weakness {
    /// No encryption (RFC 9325 §4.1).
    Null,
    /// No authentication (RFC 5246 appendix A.5: only where an application asks for it).
    Anonymous,
    /// Export strength, 40 or 56 bits (RFC 9325 §4.1).
    Export,
    /// RC2.
    Rc2,
    /// Single DES (RFC 5469).
    Des,
    /// RC4 (RFC 7465).
    Rc4,
    /// Triple DES: 64-bit blocks, 112 bits (Sweet32; NIST SP 800-131A rev. 2 §2).
    TripleDes,
    /// IDEA: 64-bit blocks (RFC 5469).
    Idea,
    /// GOST 28147-89 or Magma: 64-bit blocks (RFC 8891).
    Gost64,
}

impl Weakness {
    /// Every kind, worst first.
    pub const ALL: [Self; 9] = [
        Self::Null,
        Self::Anonymous,
        Self::Export,
        Self::Rc2,
        Self::Des,
        Self::Rc4,
        Self::TripleDes,
        Self::Idea,
        Self::Gost64,
    ];

    /// The reason in words for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Null => "does not encrypt",
            Self::Anonymous => "does not authenticate the server",
            Self::Export => "export strength, breakable in hours",
            Self::Rc2 => "uses RC2, which is obsolete",
            Self::Des => "uses DES, whose 56-bit keys can be searched",
            Self::Rc4 => "uses RC4, whose output is biased",
            Self::TripleDes => "uses triple DES, whose 64-bit blocks repeat (Sweet32)",
            Self::Idea => "uses IDEA, whose 64-bit blocks repeat (Sweet32)",
            Self::Gost64 => "64-bit blocks (GOST)",
        }
    }
}
