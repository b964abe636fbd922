//! The parts of a SARIF log that are written, in the order and with the names of the standard.

use serde::Serialize;

use crate::evidence::{Basis, Flow, Gap};
use crate::policy::{Attestation, Level, Waiver};
use crate::report::{
    AppliedWaiver, Citation, FindingSubject, Outcome, PolicyChange, PolicyReference, ScanSummary, Scope, Tally, Verdict,
};
use crate::time::Timestamp;

#[derive(Serialize)]
pub(super) struct Log<'r> {
    #[serde(rename = "$schema")]
    pub(super) schema: &'static str,
    pub(super) version: &'static str,
    pub(super) runs: [Run<'r>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Run<'r> {
    pub(super) tool: Tool<'r>,
    pub(super) automation_details: AutomationDetails,
    pub(super) invocations: [Invocation<'r>; 1],
    pub(super) column_kind: &'static str,
    pub(super) artifacts: Vec<Artifact<'r>>,
    pub(super) results: Vec<SarifResult<'r>>,
    pub(super) properties: RunProperties<'r>,
}

#[derive(Serialize)]
pub(super) struct Tool<'r> {
    pub(super) driver: Driver<'r>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Driver<'r> {
    pub(super) name: &'r str,
    pub(super) version: &'r str,
    pub(super) information_uri: &'static str,
    pub(super) rules: Vec<Rule<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule<'r> {
    pub(super) id: &'r str,
    pub(super) name: String,
    pub(super) short_description: Text,
    pub(super) full_description: Text,
    pub(super) help: Text,
    pub(super) help_uri: String,
    pub(super) properties: RuleProperties<'r>,
}

#[derive(Serialize)]
pub(super) struct RuleProperties<'r> {
    pub(super) tags: [&'static str; 2],
    pub(super) effective: &'r str,
    pub(super) citations: &'r [Citation],
}

#[derive(Serialize)]
pub(super) struct Text {
    pub(super) text: String,
}

#[derive(Serialize)]
pub(super) struct AutomationDetails {
    pub(super) id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invocation<'r> {
    pub(super) command_line: &'r str,
    pub(super) start_time_utc: Timestamp,
    pub(super) end_time_utc: Timestamp,
    pub(super) execution_successful: bool,
    pub(super) tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
pub(super) struct Notification {
    pub(super) descriptor: Descriptor,
    pub(super) level: &'static str,
    pub(super) message: Text,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) locations: Vec<Location>,
}

#[derive(Serialize)]
pub(super) struct Descriptor {
    pub(super) id: String,
}

#[derive(Serialize)]
pub(super) struct Artifact<'r> {
    pub(super) location: ArtifactLocation,
    pub(super) length: u32,
    pub(super) roles: [&'static str; 1],
    pub(super) hashes: Hashes<'r>,
    pub(super) properties: ArtifactProperties<'r>,
}

#[derive(Serialize)]
pub(super) struct Hashes<'r> {
    #[serde(rename = "sha-256")]
    pub(super) sha256: &'r str,
}

#[derive(Serialize)]
pub(super) struct ArtifactProperties<'r> {
    pub(super) name: &'r str,
    pub(super) scans: Vec<&'r ScanSummary>,
}

#[derive(Serialize)]
pub(super) struct ArtifactLocation {
    pub(super) uri: String,
    pub(super) index: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SarifResult<'r> {
    pub(super) rule_id: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rule_index: Option<usize>,
    pub(super) kind: &'static str,
    pub(super) level: &'static str,
    pub(super) message: Text,
    pub(super) locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) related_locations: Vec<Location>,
    pub(super) fingerprints: Fingerprints<'r>,
    pub(super) suppressions: Vec<Suppression<'r>>,
    pub(super) properties: ResultProperties<'r>,
}

#[derive(Serialize)]
pub(super) struct Fingerprints<'r> {
    #[serde(rename = "finding/v1")]
    pub(super) finding: &'r str,
}

#[derive(Serialize)]
pub(super) struct Suppression<'r> {
    pub(super) kind: &'static str,
    pub(super) status: &'static str,
    pub(super) justification: &'r str,
    pub(super) properties: &'r Waiver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) physical_location: Option<PhysicalLocation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) logical_locations: Vec<LogicalLocation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<Text>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhysicalLocation {
    pub(super) artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) region: Option<Region>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Region {
    pub(super) start_line: u32,
    pub(super) start_column: u32,
    pub(super) properties: RegionProperties,
}

/// SARIF's `byteOffset` counts the bytes of the file; spans count those of its decoded text, which are others where the
/// file has a byte order mark or is UTF-16.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RegionProperties {
    pub(super) decoded_byte_offset: u32,
    pub(super) decoded_byte_length: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogicalLocation {
    pub(super) name: String,
    pub(super) kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResultProperties<'r> {
    pub(super) outcome: Outcome,
    pub(super) level: Level,
    pub(super) subject: &'r FindingSubject,
    pub(super) required: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) facet: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) flow: Option<Flow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) basis: Option<Basis>,
    #[serde(skip_serializing_if = "<[Gap]>::is_empty")]
    pub(super) gaps: &'r [Gap],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(super) decide_by: &'r [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) exception: Option<&'r AppliedWaiver>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RunProperties<'r> {
    pub(super) verdict: Verdict,
    pub(super) headline: &'r str,
    pub(super) reasons: &'r [String],
    pub(super) tally: Tally,
    pub(super) at: Timestamp,
    pub(super) now: Timestamp,
    pub(super) policy: &'r PolicyReference,
    pub(super) changed_settings: &'r [PolicyChange],
    pub(super) attestations: &'r [Attestation],
    pub(super) notes: &'r [String],
    pub(super) scope: &'r Scope,
    pub(super) result_sha256: &'r str,
}
