//! What comes out: a verdict, the findings that it rests on, and what was shown.
//!
//! A report is evidence for an auditor: it names its inputs by hash, its policy by hash, the instants it was
//! judged at, everything that passed, failed or could not be decided, and what it does not cover.

use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;
use crate::evidence::{Basis, Completion, DhParameters, Flow, Gap, Observed, Preference, SubjectKind};
use crate::iana::ProtocolVersion;
use crate::policy::{Attestation, Level, Waiver};
use crate::source::{Source, Span};
use crate::time::Timestamp;

/// The version of the Report schema that this build writes.
pub const SCHEMA_VERSION: u32 = 1;

/// What every report says of its reach.
pub const SCOPE_STATEMENT: &str = "This report speaks of connections, up to the edge of the service that was looked at. \
It does not speak of messages after they are forwarded, nor of data at rest.";

/// The answer as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Everything that must hold was shown to hold.
    Compliant,
    /// Something that must hold does not.
    NonCompliant,
    /// Neither is proven.
    Indeterminate,
}

/// The answer of one rule about one subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Shown not to hold.
    Fail,
    /// Not decided by what was shown.
    Unknown,
    /// Shown to hold.
    Pass,
    /// The rule does not speak of this subject.
    NotApplicable,
}

/// Words of the input that a finding rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cited {
    /// Where they stand.
    pub span: Span,
    /// What they show.
    pub observed: String,
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FindingSubject {
    /// Its kind.
    pub kind: SubjectKind,
    /// Its name for people, such as `mail.example.com:25 STARTTLS smtp`.
    pub label: String,
    /// Index into the endpoints of the report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<u32>,
    /// SHA-256 of the certificate, where the finding is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
}

/// What one rule says about one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Finding {
    /// Unique in its report, and the same for the same rule and subject in the next one.
    pub id: String,
    /// Id of the rule.
    pub rule: String,
    /// Which part of the rule, where it has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facet: Option<String>,
    /// What it is about.
    pub subject: FindingSubject,
    /// The flow that the subject belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<Flow>,
    /// The answer.
    pub outcome: Outcome,
    /// How much it weighs.
    pub level: Level,
    /// Subject, fact and bound in one sentence.
    pub summary: String,
    /// What the policy requires.
    pub required: String,
    /// What the answer rests on at its weakest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// The words that it rests on.
    pub evidence: Vec<Cited>,
    /// What was not shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
    /// Commands that would decide it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decide_by: Vec<String>,
    /// The exception that names it, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<AppliedWaiver>,
}

impl Finding {
    /// Whether it failed and the fail is accepted.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.exception.as_ref().is_some_and(|exception| exception.state == WaiverState::Accepted)
    }
}

/// Whether an exception holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum WaiverState {
    /// It holds: the fail is accepted.
    Accepted,
    /// It has ended: the fail counts.
    Expired,
    /// It has not begun: the fail counts.
    NotYetGranted,
}

/// An exception as it applies to a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AppliedWaiver {
    /// Whether it holds.
    pub state: WaiverState,
    /// The exception.
    pub waiver: Waiver,
}

/// How many findings there are of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tally {
    /// Failed at error level.
    pub must_fix: u32,
    /// Failed at warning level.
    pub should_fix: u32,
    /// Not decided, of either level.
    pub undecided: u32,
    /// Passed.
    pub passed: u32,
    /// Not applicable.
    pub not_applicable: u32,
    /// Failed, and accepted by an exception that holds.
    pub accepted: u32,
}

/// The policy that was judged by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyReference {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its name for people.
    pub title: String,
    /// SHA-256 of its text.
    pub sha256: String,
}

/// A setting of a shipped pack that a user's policy changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyChange {
    /// Id of the rule, or the name of the setting.
    pub setting: String,
    /// As the pack has it.
    pub from: String,
    /// As the user's policy has it.
    pub to: String,
}

/// What was looked at and what was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scope {
    /// The reach of every report.
    pub statement: String,
    /// The kinds of subject that the policy expects.
    pub expected: Vec<SubjectKind>,
    /// The subjects that were shown.
    pub shown: Vec<String>,
    /// What was expected and not shown, and scans that did not finish.
    pub not_shown: Vec<String>,
    /// The flows of the inventory.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inventory: Vec<FlowSummary>,
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
    /// Indices into the endpoints of the report: those that show it, by a scan that finished.
    pub shown_by: Vec<u32>,
}

/// A rule as the findings refer to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RuleSummary {
    /// Its id.
    pub id: String,
    /// What it demands, in a few words.
    pub title: String,
    /// What it checks.
    pub checks: String,
    /// Why it matters: what could happen.
    pub why: String,
    /// How to fix it.
    pub fix: Vec<Fix>,
    /// The documents that it follows.
    pub citations: Vec<Citation>,
    /// Since when the demand has been in force, `YYYY-MM-DD`.
    pub effective: String,
}

/// How to fix a finding in one product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fix {
    /// The product, or `any`.
    pub product: String,
    /// What to set or do.
    pub text: String,
}

/// A clause of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Citation {
    /// The document.
    pub document: String,
    /// The clause.
    pub clause: String,
    /// Where to read it.
    pub url: String,
    /// Its date, as precisely as it is known.
    pub date: String,
}

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
    /// The key in words, such as `RSA 2048 bits`.
    pub key: String,
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

/// Everything that intransit has to say about one set of inputs under one policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Report {
    /// Version of this schema.
    pub schema_version: u32,
    /// Name and version of the program that judged.
    pub generator: String,
    /// The policy.
    pub policy: PolicyReference,
    /// Settings of the shipped pack that the policy changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed_settings: Vec<PolicyChange>,
    /// What somebody vouches for, as the policy has it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attestations: Vec<Attestation>,
    /// What there is to say about exceptions and attestations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The instant that certificates are judged at.
    pub at: Timestamp,
    /// The instant of judging: the age of evidence counts from here.
    pub now: Timestamp,
    /// The answer.
    pub verdict: Verdict,
    /// The answer in one line.
    pub headline: String,
    /// Why the verdict is what it is, most weighty first.
    pub reasons: Vec<String>,
    /// How many findings there are of each kind.
    pub tally: Tally,
    /// What was looked at and what was not.
    pub scope: Scope,
    /// The inputs.
    pub sources: Vec<Source>,
    /// The scans that were recognised in them.
    pub scans: Vec<ScanSummary>,
    /// The findings: fails first, then unknowns, passes and what does not apply.
    pub findings: Vec<Finding>,
    /// The rules that the findings refer to.
    pub rules: Vec<RuleSummary>,
    /// The endpoints.
    pub endpoints: Vec<EndpointSummary>,
    /// The certificates, each once.
    pub certificates: Vec<CertificateSummary>,
    /// What the reader had to say about the inputs.
    pub diagnostics: Vec<Diagnostic>,
    /// The command line, quoted for a POSIX shell, that gives the same result again from the same files.
    pub reproduce: String,
    /// SHA-256 of everything above `reproduce`, as [`Report::sha256`] takes it.
    pub result_sha256: String,
}
