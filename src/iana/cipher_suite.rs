//! Cipher suites: open code points with what the registry and the names say about them.
//!
//! Facts come from the [IANA registry](https://www.iana.org/assignments/tls-parameters/); spellings of OpenSSL, GnuTLS
//! and nmap are inputs only. SSL 2.0 cipher kinds are three bytes and not here, though OpenSSL spells some of them alike
//! (`RC4-MD5`): a reader that knows the version to be SSL 2.0 must not look their names up here.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use super::ProtocolVersion;
use super::suites::{BY_NAME, SUITES};
use super::terms::{Authentication, Cipher, ForwardSecrecy, KeyExchange, Mac, Mode, Weakness};

/// A cipher suite by its two-byte code point; one that nobody registered survives as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
pub struct CipherSuite(pub u16);

impl CipherSuite {
    /// What is known about it; `None` for code points that are not registered, GREASE included.
    #[must_use]
    pub fn info(self) -> Option<&'static SuiteInfo> {
        SUITES.binary_search_by_key(&self.0, |suite| suite.code).ok().and_then(|row| SUITES.get(row))
    }

    /// From any usual spelling, in any case: IANA, OpenSSL, GnuTLS, nmap's `TLS_AKE_WITH_…`, Java's `SSL_…_WITH_…`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        // Reports have other words around their suites, such as sizes and curves, and no suite is one word.
        if !name.bytes().any(|byte| matches!(byte, b'-' | b'_')) {
            return None;
        }
        registered(name).or_else(|| alias(name))
    }

    /// The IANA name, or `CipherSuite(0x1399)` for a code point that nobody registered.
    #[must_use]
    pub fn name(self) -> Cow<'static, str> {
        super::name_or_code("CipherSuite", self.wire_name(), self.0)
    }

    /// Whether it is a signalling value (SCSV) and no suite: it can be offered, never chosen (RFC 5746, RFC 7507).
    #[must_use]
    pub const fn is_signalling(self) -> bool {
        matches!(self.0, 0x00FF | 0x5600)
    }

    /// Whether it is one of the values that clients offer to keep servers tolerant
    /// ([RFC 8701 §2](https://www.rfc-editor.org/rfc/rfc8701#section-2)).
    #[must_use]
    pub const fn is_grease(self) -> bool {
        super::is_grease(self.0)
    }

    pub(super) fn wire_name(self) -> Option<&'static str> {
        self.info().map(|info| info.name)
    }
}

impl fmt::Display for CipherSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

super::code_point!(CipherSuite, "a cipher suite's name");

/// Every registered suite, by code point.
#[must_use]
pub fn cipher_suites() -> &'static [SuiteInfo] {
    &SUITES
}

/// What is known about one registered suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SuiteInfo {
    /// The code point.
    pub code: u16,
    /// The IANA name.
    pub name: &'static str,
    /// OpenSSL's name, if it has one.
    pub openssl: Option<&'static str>,
    /// GnuTLS's name, if it has one.
    pub gnutls: Option<&'static str>,
    /// How the secret is agreed on.
    pub key_exchange: KeyExchange,
    /// What proves who the server is.
    pub authentication: Authentication,
    /// The bulk cipher.
    pub cipher: Cipher,
    /// Its effective strength in bits: triple DES 112, DES 56, export 40, NULL 0.
    pub key_bits: u16,
    /// Its mode.
    pub mode: Mode,
    /// What protects integrity.
    pub mac: Mac,
    /// The oldest version it can be seen in: TLS 1.3 for that version's own suites, TLS 1.2 for AEAD and SHA-256 ones,
    /// else SSL 3.0, where implementations use suites that the RFCs define for TLS 1.0 on.
    pub first_version: ProtocolVersion,
    /// Whether a recording stays secret when the server's long-term key leaks later.
    pub forward_secrecy: ForwardSecrecy,
}

impl SuiteInfo {
    /// The suite itself.
    #[must_use]
    pub const fn suite(&self) -> CipherSuite {
        CipherSuite(self.code)
    }

    /// Whether this is one of its registered names, in any case.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        let is_name = |known: &str| known.eq_ignore_ascii_case(name);
        is_name(self.name) || self.openssl.is_some_and(is_name) || self.gnutls.is_some_and(is_name)
    }

    /// Whether it belongs to TLS 1.3 alone.
    #[must_use]
    pub fn tls13_only(&self) -> bool {
        self.first_version == ProtocolVersion::TLS1_3
    }

    /// Whether it belongs to TLS 1.2 alone: AEAD, or HMAC with SHA-256 or SHA-384 outside the PSK families (RFC 5246 §1.2).
    #[must_use]
    pub fn tls12_only(&self) -> bool {
        self.first_version == ProtocolVersion::TLS1_2
    }

    /// Whether a recording stays secret when the server's long-term key leaks later.
    ///
    /// Anonymous suites do, and are useless all the same; see [`Self::is_anonymous`].
    #[must_use]
    pub const fn provides_forward_secrecy(&self) -> bool {
        !matches!(self.forward_secrecy, ForwardSecrecy::None)
    }

    /// Whether nothing proves who the server is.
    #[must_use]
    pub const fn is_anonymous(&self) -> bool {
        matches!(self.authentication, Authentication::Anonymous)
    }

    /// Whether the server shows a certificate.
    #[must_use]
    pub const fn uses_certificate(&self) -> bool {
        matches!(
            self.authentication,
            Authentication::Rsa
                | Authentication::Dss
                | Authentication::Ecdsa
                | Authentication::Gost
                | Authentication::Certificate
        ) || matches!(self.key_exchange, KeyExchange::RsaPsk)
    }

    /// Whether it is of export strength.
    #[must_use]
    pub const fn is_export(&self) -> bool {
        matches!(
            self.key_exchange,
            KeyExchange::RsaExport | KeyExchange::DhExport | KeyExchange::DheExport | KeyExchange::Krb5Export
        )
    }

    /// Whether nothing is encrypted; also `TLS_SHA256_SHA256` and `TLS_SHA384_SHA384` of TLS 1.3 (RFC 9150).
    #[must_use]
    pub const fn is_null_cipher(&self) -> bool {
        matches!(self.cipher, Cipher::Null)
    }

    /// Whether the cipher is RC4, of any strength.
    #[must_use]
    pub const fn uses_rc4(&self) -> bool {
        matches!(self.cipher, Cipher::Rc4_40 | Cipher::Rc4_128)
    }

    /// Whether the cipher is single DES, of any strength.
    #[must_use]
    pub const fn uses_des(&self) -> bool {
        matches!(self.cipher, Cipher::Des40 | Cipher::Des)
    }

    /// Whether the cipher is triple DES.
    #[must_use]
    pub const fn uses_3des(&self) -> bool {
        matches!(self.cipher, Cipher::TripleDes)
    }

    /// Whether it has this weakness.
    #[must_use]
    pub const fn has(&self, weakness: Weakness) -> bool {
        match weakness {
            Weakness::Null => self.is_null_cipher(),
            Weakness::Anonymous => self.is_anonymous(),
            Weakness::Export => self.is_export(),
            Weakness::Rc2 => matches!(self.cipher, Cipher::Rc2_40),
            Weakness::Des => self.uses_des(),
            Weakness::Rc4 => self.uses_rc4(),
            Weakness::TripleDes => self.uses_3des(),
            Weakness::Idea => matches!(self.cipher, Cipher::Idea),
            Weakness::Gost64 => matches!(self.cipher, Cipher::Gost28147 | Cipher::Magma),
        }
    }

    /// Its worst weakness; `None` does not make it good: strength and forward secrecy are other questions.
    #[must_use]
    pub fn is_broken(&self) -> Option<Weakness> {
        Weakness::ALL.into_iter().find(|weakness| self.has(*weakness))
    }
}

/// One row of the generated table; `names` are IANA's, OpenSSL's and GnuTLS's, empty where there is none.
pub(super) const fn row(
    code: u16,
    names: [&'static str; 3],
    (key_exchange, authentication): (KeyExchange, Authentication),
    (cipher, mode, mac): (Cipher, Mode, Mac),
    first_version: ProtocolVersion,
) -> SuiteInfo {
    let [name, openssl, gnutls] = names;
    SuiteInfo {
        code,
        name,
        openssl: non_empty(openssl),
        gnutls: non_empty(gnutls),
        key_exchange,
        authentication,
        cipher,
        key_bits: cipher.key_bits(),
        mode,
        mac,
        first_version,
        forward_secrecy: ForwardSecrecy::of(key_exchange),
    }
}

const fn non_empty(name: &'static str) -> Option<&'static str> {
    if name.is_empty() { None } else { Some(name) }
}

fn registered(name: &str) -> Option<CipherSuite> {
    let found = BY_NAME.binary_search_by(|entry| compare_ignoring_case(spelling(*entry), name)).ok()?;
    let entry = BY_NAME.get(found)?;
    SUITES.get(usize::from(entry >> 2)).map(SuiteInfo::suite)
}

/// An entry of the index is a row number times four, plus which of the row's names it stands for.
fn spelling(entry: u16) -> &'static str {
    let Some(suite) = SUITES.get(usize::from(entry >> 2)) else { return "" };
    match entry & 3 {
        0 => suite.name,
        1 => suite.openssl.unwrap_or_default(),
        _ => suite.gnutls.unwrap_or_default(),
    }
}

fn compare_ignoring_case(a: &str, b: &str) -> Ordering {
    for (a, b) in a.as_bytes().iter().zip(b.as_bytes()) {
        if a != b {
            match a.to_ascii_lowercase().cmp(&b.to_ascii_lowercase()) {
                Ordering::Equal => {}
                order => return order,
            }
        }
    }
    a.len().cmp(&b.len())
}

/// Spellings that are the registered ones but for a systematic difference.
fn alias(name: &str) -> Option<CipherSuite> {
    const LONGEST: usize = 64;
    if name.len() > LONGEST {
        return None;
    }
    let upper = name.to_ascii_uppercase();
    if let Some(rest) = upper.strip_prefix("TLS_AKE_WITH_") {
        // nmap's spelling of TLS 1.3 suites (RFC 8446 calls the exchange "authenticated key exchange").
        return registered(&format!("TLS_{rest}")).filter(|suite| suite.info().is_some_and(SuiteInfo::tls13_only));
    }
    if let Some(rest) = upper.strip_prefix("SSL_").filter(|rest| rest.contains("_WITH_")) {
        // Java keeps the prefix for the suites that SSL 3.0 had.
        return registered(&format!("TLS_{rest}"));
    }
    if upper.ends_with("_WITH_CHACHA20_POLY1305") {
        // Go's first constants and, after them, the Mozilla guidelines leave the hash out.
        return registered(&format!("{upper}_SHA256"));
    }
    if let Some((before, after)) = upper.split_once("DHE-").filter(|(_, after)| after.contains("-DES-CBC")) {
        // OpenSSL 1.1.0 renamed `EDH-…-DES-CBC…` to `DHE-…`.
        return matches!(before, "" | "EXP-").then(|| registered(&format!("{before}EDH-{after}"))).flatten();
    }
    None
}
