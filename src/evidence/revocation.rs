//! What was said of the revocation of certificates: signed bytes as supplied, or a tool's word.
//!
//! Signed bytes prove by themselves whose certificate they speak of, so that they stand beside all certificates of the
//! evidence. A tool's word stands beside those of its own scan.

use serde::{Deserialize, Serialize};

use super::certificate::Der;
use super::endpoint_key::EndpointKey;
use super::observed::Fact;
use crate::source::Span;

/// What was said of the revocation of certificates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Revocation {
    /// The service that it comes from or is about, where one was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<EndpointKey>,
    /// What was said.
    pub said: RevocationEvidence,
}

/// What can be said of the revocation of certificates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum RevocationEvidence {
    /// A certificate revocation list ([RFC 5280 §5](https://www.rfc-editor.org/rfc/rfc5280#section-5)).
    Crl(Fact<Der>),
    /// An OCSP response ([RFC 6960](https://www.rfc-editor.org/rfc/rfc6960)).
    OcspResponse(Fact<Der>),
    /// Whether the service sent an OCSP response to a client that asked for one
    /// ([RFC 6066 §8](https://www.rfc-editor.org/rfc/rfc6066#section-8)).
    Stapled(Fact<bool>),
    /// What a tool says of one certificate. It may fail a rule, never pass one.
    Reported(Box<ReportedRevocation>),
}

/// What a tool says of the revocation of one certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReportedRevocation {
    /// Serial number in lower-case hex without leading zeros; absent for the leaf of the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<Fact<String>>,
    /// Whether it is revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Fact<bool>>,
    /// The addresses that were asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fetches: Vec<Fetch>,
    /// Everything that is said of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Span>,
}

/// An address that a tool asked for a list, a response or an issuer's certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fetch {
    /// The address.
    pub url: String,
    /// What the tool says of it, such as `Verified` or `Failed`.
    pub outcome: Fact<String>,
    /// Whether that means that something usable came back, where the tool's words are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usable: Option<bool>,
}
