//! Certificates as evidence: their bytes, or what a tool reports of them.
//!
//! What bytes say is read from them, once, where they become a [`Der`], and never travels in JSON: nobody can paste a
//! certificate that says one thing and reads as another.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::observed::{Fact, Observed, Rest};
use crate::pki::{CertificateError, ParsedCertificate};
use crate::source::{Span, sha256_hex};
use crate::time::Timestamp;

/// DER bytes with what they say; base64 on the wire. Copies share both.
#[derive(Clone)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
pub struct Der(#[cfg_attr(target_arch = "wasm32", tsify(type = "string"))] Arc<Decoded>);

/// Neither part can be changed without the other.
struct Decoded {
    bytes: Vec<u8>,
    sha256: String,
    parsed: Result<ParsedCertificate, CertificateError>,
}

impl Der {
    /// Decodes the bytes and hashes them.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        let parsed = ParsedCertificate::from_der(&bytes);
        let sha256 = match &parsed {
            Ok(parsed) if parsed.der.len() == bytes.len() => parsed.sha256.clone(),
            _ => sha256_hex(&bytes),
        };
        Self(Arc::new(Decoded { bytes, sha256, parsed }))
    }

    /// The bytes as they were shown.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// SHA-256 of all the bytes, lower-case hex.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.0.sha256
    }

    /// The certificate that the bytes are.
    ///
    /// # Errors
    /// When they do not have the structure of a certificate.
    pub fn parsed(&self) -> Result<&ParsedCertificate, &CertificateError> {
        self.0.parsed.as_ref()
    }
}

impl PartialEq for Der {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for Der {}

impl Hash for Der {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes().hash(state);
    }
}

impl std::fmt::Debug for Der {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Der({} bytes)", self.bytes().len())
    }
}

impl Serialize for Der {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(self.bytes()))
    }
}

impl<'de> Deserialize<'de> for Der {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        STANDARD.decode(text.as_bytes()).map(Self::new).map_err(de::Error::custom)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Der {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Der".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "contentEncoding": "base64" })
    }
}

/// A certificate that was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Certificate {
    /// Its bytes ([RFC 5280](https://www.rfc-editor.org/rfc/rfc5280)).
    Der(Fact<Der>),
    /// Only what a tool says of it.
    Reported(Box<ReportedCertificate>),
}

impl Certificate {
    /// Where it stands in the input.
    #[must_use]
    pub fn words(&self) -> &[Span] {
        match self {
            Self::Der(fact) => &fact.words,
            Self::Reported(reported) => &reported.words,
        }
    }

    /// SHA-256 of its bytes, lower-case hex; as reported where the bytes are not there.
    #[must_use]
    pub fn sha256(&self) -> Option<String> {
        match self {
            Self::Der(fact) => Some(fact.value.sha256().to_owned()),
            Self::Reported(reported) => reported.sha256.as_ref().map(|fact| fact.value.clone()),
        }
    }
}

/// A certificate of which only a tool's description is there. Every field may fail a rule; none may pass one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReportedCertificate {
    /// SHA-256 of the certificate, lower-case hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Fact<String>>,
    /// Common name of the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub common_name: Option<Fact<String>>,
    /// Family of the key: `RSA`, `EC`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_algorithm: Option<Fact<String>>,
    /// Size of the key in bits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_bits: Option<Fact<u32>>,
    /// End of validity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Fact<Timestamp>>,
    /// Whether the tool found that it names the host it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names_host: Option<Fact<bool>>,
    /// Everything that is said of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Span>,
}

/// What a tool concluded about a chain's trust. It may fail a rule, never pass one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ToolTrust {
    /// Whether it trusts the chain.
    pub trusted: bool,
    /// Its words.
    pub reason: String,
}

/// A chain as a server presents it, or as it was pasted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Presented {
    /// The certificates, leaf first, then in the order in which they were sent.
    pub certificates: Vec<Certificate>,
    /// Whether these are all the certificates that were sent.
    pub rest: Rest,
    /// Whether a handshake's signature proved that the server holds the leaf's key.
    pub possession: Observed<bool>,
    /// What the tool concluded about its trust.
    pub tool_trust: Observed<ToolTrust>,
}
