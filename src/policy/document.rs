//! A policy as it is written.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Level;
use super::exception::{Attestation, Waiver};
use super::inventory::ExpectedFlow;
use crate::evidence::{Flow, SubjectKind};

/// A policy as it is written: a JSON file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyDocument {
    /// JSON Schema of the file, for editors.
    #[serde(default, rename = "$schema", skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Its id, in kebab case.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A shipped pack that it starts from, such as `baseline-1.0`; what it changes is listed in every report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extends: Option<String>,
    /// The kinds of subject that must be shown. A kind that is not shown leaves each of its rules unknown.
    /// By default the pack's that it extends, else an endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expects: Option<Vec<SubjectKind>>,
    /// How old evidence may be, in days. By default the pack's that it extends, else 30.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_evidence_age_days: Option<u32>,
    /// The rules. Those that are not named are off, or as in the pack that it extends.
    #[serde(default)]
    pub rules: Vec<RuleSetting>,
    /// The flows that must be shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inventory: Vec<ExpectedFlow>,
    /// Accepted exceptions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<Waiver>,
    /// What no wire shows, as somebody vouches for it. Listed in every report; changes no outcome.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attestations: Vec<Attestation>,
    /// Where its demands come from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
}

/// One rule of a policy, everywhere or in one flow only. A setting for the subject's flow goes before one for all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RuleSetting {
    /// Id of the rule.
    pub rule: String,
    /// How much it weighs.
    pub level: Level,
    /// The flow that it is for; every flow where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<Flow>,
    /// Its parameters; the rule's own defaults where they are not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub params: Option<Value>,
    /// Where this value comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}
