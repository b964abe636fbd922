//! The addresses that the certificates name, which validating them may need.

use serde::{Deserialize, Serialize};

/// What an address is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum AddressUse {
    /// Revocation lists ([RFC 5280 §4.2.1.13](https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.13)).
    Crl,
    /// OCSP responses ([RFC 5280 §4.2.2.1](https://www.rfc-editor.org/rfc/rfc5280#section-4.2.2.1)).
    Ocsp,
    /// Certificates of issuers (the same section).
    CaIssuers,
}

impl AddressUse {
    /// In words for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Crl => "CRLs",
            Self::Ocsp => "OCSP",
            Self::CaIssuers => "certificates of issuing CAs",
        }
    }
}

/// A host of a CA, as the certificates that were shown name it: what a firewall has to let through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CaAddress {
    /// The scheme, in lower case.
    pub scheme: String,
    /// The host, in lower case.
    pub host: String,
    /// The TCP port: the scheme's own where the address does not name one.
    pub port: u16,
    /// What it is asked for.
    pub uses: Vec<AddressUse>,
    /// The addresses, each once.
    pub urls: Vec<String>,
    /// SHA-256 of the certificates that name it, lower-case hex.
    pub certificates: Vec<String>,
}
