//! What was shown, in the words of a report: scans, endpoints, certificates and the flows of the inventory.

use serde::{Deserialize, Serialize};

use crate::evidence::{Completion, DhParameters, Flow, Observed, Preference};
use crate::iana::ProtocolVersion;
use crate::source::Span;
use crate::time::Timestamp;

/// A scan without its subjects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScanSummary {
    /// The source that it stands in.
    pub source: u32,
    /// Id of the format.
    pub format: String,
    /// What was recognised, in words.
    pub recognised: String,
    /// The tool's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_version: Option<String>,
    /// The command line, if the report has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// From where, in the tool's or the user's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vantage: Option<String>,
    /// When it was taken.
    pub started: Observed<Timestamp>,
    /// Whether it came to its end.
    pub completion: Completion,
    /// The subjects that it speaks of.
    pub subjects: Vec<String>,
}

/// What is known of one protocol version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VersionSummary {
    /// The version.
    pub version: ProtocolVersion,
    /// Whether it is offered; absent where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<bool>,
}

/// A suite as it was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SuiteSummary {
    /// Its IANA name, or its code point where nobody registered it.
    pub name: String,
    /// The version; absent where the report does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<ProtocolVersion>,
    /// Effective key bits of its cipher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_bits: Option<u16>,
    /// Whether it has forward secrecy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward_secrecy: Option<bool>,
    /// Where it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
}

/// What is known of the suites of one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SuiteListSummary {
    /// The version.
    pub version: ProtocolVersion,
    /// Whether no suite is accepted but those that are listed with it.
    pub complete: bool,
    /// Who chooses; with `server`, the suites are listed in the order in which the server prefers them. Absent where
    /// it is not known, or where several reports list suites of this version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preference: Option<Preference>,
}

/// A group for key exchange as it was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupSummary {
    /// Its IANA name, or its code point where nobody registered it.
    pub name: String,
    /// Where it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
}

/// An endpoint as the reports show it together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndpointSummary {
    /// Its name for people.
    pub label: String,
    /// The flow that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<Flow>,
    /// SSL 2.0 to TLS 1.3.
    pub versions: Vec<VersionSummary>,
    /// The suites that were accepted.
    pub suites: Vec<SuiteSummary>,
    /// Whether no other suite is accepted.
    pub suites_complete: bool,
    /// What is known of the suites of each version that was looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suite_lists: Vec<SuiteListSummary>,
    /// The groups that were accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupSummary>,
    /// Whether no other group is accepted.
    #[serde(default)]
    pub groups_complete: bool,
    /// Parameters of finite-field Diffie-Hellman that the server was seen to use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dh_parameters: Vec<DhParameters>,
    /// Its chains, as SHA-256 of their certificates, leaf first; empty strings where it is not known.
    pub chains: Vec<Vec<String>>,
}

/// An extension of a certificate in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExtensionSummary {
    /// Dotted identifier.
    pub oid: String,
    /// Its usual name, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether a reader that does not understand it must refuse the certificate.
    pub critical: bool,
    /// What it says, one value each; empty where it is not decoded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub says: Vec<String>,
    /// Its value in lower-case hex, where it is not decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hex: Option<String>,
}

/// A certificate in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CertificateSummary {
    /// SHA-256 of its bytes, lower-case hex.
    pub sha256: String,
    /// Subject, readable.
    pub subject: String,
    /// Issuer, readable.
    pub issuer: String,
    /// Serial number, hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Start of validity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// End of validity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
    /// The common names of the subject.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub common_names: Vec<String>,
    /// The organizations of the subject.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub organizations: Vec<String>,
    /// The organizational units of the subject.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub organizational_units: Vec<String>,
    /// The key in words, such as `RSA 2048 bits`.
    pub key: String,
    /// SHA-256 of its SubjectPublicKeyInfo, lower-case hex: what pins compare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spki_sha256: Option<String>,
    /// The signature algorithm in words.
    pub signature_algorithm: String,
    /// Its subject alternative names.
    pub names: Vec<String>,
    /// Its extensions, in encoded order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<ExtensionSummary>,
    /// What could not be decoded or was tolerated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
    /// Where it stands in the input.
    pub words: Vec<Span>,
}

/// A flow of the inventory and what shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FlowSummary {
    /// What people call it.
    pub name: String,
    /// Which of the three flows it is, where the inventory says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<Flow>,
    /// Endpoints as `host:port`; one of them must be shown.
    pub any_of: Vec<String>,
    /// Its two ends as blocks of addresses, where the inventory names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub between: Vec<String>,
    /// Indices into the endpoints of the report: those that show it, by a scan that finished.
    pub shown_by: Vec<u32>,
    /// The tunnels that show it: they are up, cover both ends, and stand in a list that is there to its end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tunnels: Vec<String>,
}
