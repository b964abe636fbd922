//! A service as it was seen: its versions, suites, groups and chains.

use serde::{Deserialize, Serialize};

use super::certificate::Presented;
use super::endpoint_key::{EndpointKey, Flow};
use super::observed::{Enumerated, Fact, Observed};
use crate::iana::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};

/// Whether anything encrypted answers at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum TlsSupport {
    /// TLS answered.
    Available,
    /// The service speaks, but not TLS.
    NotAvailable,
    /// The application protocol does not advertise STARTTLS.
    StartTlsNotAdvertised,
}

/// Who chooses the cipher suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Preference {
    /// The server, by its own order.
    Server,
    /// The server, but a client that puts ChaCha20 first gets it.
    ServerExceptChaCha20,
    /// The client.
    Client,
}

/// The suites of one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SuiteList {
    /// The version; absent where the report does not tell the versions apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<ProtocolVersion>,
    /// The suites; in the server's order where it has one.
    pub suites: Enumerated<CipherSuite>,
    /// Who chooses.
    pub preference: Observed<Preference>,
}

/// Kinds of suites that tools test as a whole, without naming the suites that were accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum SuiteClass {
    /// No encryption.
    Null,
    /// No authentication.
    Anonymous,
    /// Export strength.
    Export,
    /// Single DES, RC2, RC4 and other suites below 128 bits.
    Low,
    /// 3DES or IDEA: 64-bit blocks.
    TripleDesOrIdea,
    /// Any suite with forward secrecy.
    ForwardSecret,
}

/// Whether the server asks the client for a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum ClientCertificate {
    /// No.
    NotRequested,
    /// Yes, and goes on without one.
    Optional,
    /// Yes, and ends the handshake without one.
    Required,
}

/// A service as one scan saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Endpoint {
    /// What tells it from others.
    pub key: EndpointKey,
    /// The flow that it belongs to.
    pub flow: Observed<Flow>,
    /// Whether it encrypts at all.
    pub tls: Observed<TlsSupport>,
    /// Protocol versions.
    pub versions: Enumerated<ProtocolVersion>,
    /// Cipher suites, a list for each version that was looked at.
    pub suites: Vec<SuiteList>,
    /// Kinds of suites that were tested as a whole: true where one was accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suite_classes: Vec<ClassOffer>,
    /// Groups for key exchange.
    pub groups: Enumerated<NamedGroup>,
    /// Signature schemes of the server.
    pub signature_schemes: Enumerated<SignatureScheme>,
    /// The chains that it presents, one for each certificate that it has.
    pub chains: Vec<Presented>,
    /// Whether these are all of its chains for this server name.
    pub chains_rest: super::Rest,
    /// Whether it asks for a client certificate.
    pub client_certificate: Observed<ClientCertificate>,
    /// Parameters of finite-field Diffie-Hellman that the server was seen to use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dh_parameters: Vec<Fact<DhParameters>>,
    /// Whether it signals secure renegotiation ([RFC 5746](https://www.rfc-editor.org/rfc/rfc5746)).
    pub secure_renegotiation: Observed<bool>,
    /// Whether it takes TLS compression ([RFC 3749](https://www.rfc-editor.org/rfc/rfc3749)).
    pub compression: Observed<bool>,
    /// What the tool found out about known attacks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attacks: Vec<AttackTest>,
    /// Extensions of the protocol that were looked for: of what is not there, nothing is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<Feature>,
    /// Application protocols that it took, such as `h2` ([RFC 7301](https://www.rfc-editor.org/rfc/rfc7301)); there may
    /// be others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub application_protocols: Vec<Fact<String>>,
}

/// An extension or a demand that was looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Feature {
    /// Which one.
    pub name: FeatureName,
    /// Whether the server has it.
    pub offered: Observed<bool>,
}

/// The extensions and demands that are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum FeatureName {
    /// It refuses clients that fall back to an older version without need
    /// ([RFC 7507](https://www.rfc-editor.org/rfc/rfc7507)).
    FallbackScsv,
    /// [RFC 7627](https://www.rfc-editor.org/rfc/rfc7627), up to TLS 1.2.
    ExtendedMasterSecret,
    /// [RFC 7366](https://www.rfc-editor.org/rfc/rfc7366), with suites in CBC mode.
    EncryptThenMac,
    /// It takes no mail before TLS has started: the command that begins a message is refused for that
    /// ([RFC 3207 §4](https://www.rfc-editor.org/rfc/rfc3207#section-4)).
    TlsBeforeMail,
}

impl FeatureName {
    /// What it is called.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::FallbackScsv => "TLS_FALLBACK_SCSV",
            Self::ExtendedMasterSecret => "extended master secret",
            Self::EncryptThenMac => "encrypt-then-MAC",
            Self::TlsBeforeMail => "no mail without TLS",
        }
    }
}

/// Finite-field Diffie-Hellman parameters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DhParameters {
    /// Bits of the prime.
    pub bits: u32,
    /// The name of a well-known prime, as the tool calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A tool's test for a known attack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AttackTest {
    /// The attack's usual name, such as `Heartbleed`.
    pub name: String,
    /// Its CVE ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cve: Vec<String>,
    /// Whether the tool found the server vulnerable.
    pub vulnerable: Observed<bool>,
}

/// Whether a kind of suite was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClassOffer {
    /// The kind.
    pub class: SuiteClass,
    /// Whether one of it was accepted.
    pub offered: Fact<bool>,
}
