//! What comes out: a verdict, the findings that it rests on, and what was shown.
//!
//! A report is evidence for an auditor: it names its inputs by hash, its policy by hash, the instants it was
//! judged at, everything that passed, failed or could not be decided, and what it does not cover.

use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;
use crate::evidence::{Basis, Flow, Gap, SubjectKind};
use crate::pki::path::{ChainAnswer, StoreReference};
use crate::policy::{Attestation, Level, Waiver};
use crate::source::{Source, Span};
use crate::time::Timestamp;

mod addresses;
mod hops;
mod line;
mod mail;
mod shown;
mod stores;

pub use addresses::{AddressUse, CaAddress};
pub use hops::{HopLock, HopStanding, HopSummary};
pub use line::{JudgedRecord, LineFinding, LinePolicy, RecordPlace, UnreadRecord, VerdictLine};
pub use mail::{MailBasis, MailDirection, MailForecast, MailOutcome, MailPrediction};
pub use shown::{
    CertificateSummary, EndpointSummary, ExtensionSummary, FlowSummary, GroupSummary, ScanSummary, SuiteListSummary,
    SuiteSummary, VersionSummary,
};
pub use stores::{Acceptance, ChainAcceptance, StoreAnswer};

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
    /// What there is to say about exceptions, attestations and the chosen roots.
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
    /// The hops of messages, each message from its topmost line down.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hops: Vec<HopSummary>,
    /// The certificates, each once.
    pub certificates: Vec<CertificateSummary>,
    /// The roots that chains were verified against, if any were chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roots: Option<StoreReference>,
    /// All chosen stores in their order, the deciding one first, where there are several or one that is a listing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stores: Vec<StoreReference>,
    /// What these stores say of each chain, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acceptances: Vec<ChainAcceptance>,
    /// What is known of the paths of each chain, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chains: Vec<ChainAnswer>,
    /// Where the certificates say that revocation lists, OCSP responses and certificates of issuers are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ca_addresses: Vec<CaAddress>,
    /// What would become of mail, where settings and servers were shown together: no findings, and no part of the verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail_forecast: Option<MailForecast>,
    /// What the reader had to say about the inputs.
    pub diagnostics: Vec<Diagnostic>,
    /// The command line, quoted for a POSIX shell, that gives the same result again from the same files.
    pub reproduce: String,
    /// SHA-256 of everything above `reproduce`, as [`Report::sha256`] takes it.
    pub result_sha256: String,
}
