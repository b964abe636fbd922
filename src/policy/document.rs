//! A policy as it is written.

use super::Level;
use super::addresses::OwnedAddresses;
use super::exception::{Attestation, Waiver};
use super::identities::IdentityRecord;
use super::inventory::ExpectedFlow;
use crate::diagnostic::Diagnostic;
use crate::evidence::{Flow, Role, SubjectKind};
use crate::formats::json::{Kind, Value};
use crate::rules;
use crate::settings::{Setting, object};

/// A policy as it is written: a JSON file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename_all = "camelCase", deny_unknown_fields))]
pub struct PolicyDocument {
    /// JSON Schema of the file, for editors.
    #[cfg_attr(feature = "schema", schemars(rename = "$schema"))]
    pub schema: Option<String>,
    /// Its id, in kebab case.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its name for people.
    pub title: Option<String>,
    /// A shipped pack that it starts from, such as `baseline-1.0`; what it changes is listed in every report.
    pub extends: Option<String>,
    /// The kinds of subject that must be shown. A kind that is not shown leaves each of its rules unknown.
    /// By default the pack's that it extends, else an endpoint.
    pub expects: Option<Vec<SubjectKind>>,
    /// How old evidence may be, in days. By default the pack's that it extends, else 30.
    pub max_evidence_age_days: Option<u32>,
    /// The rules. Those that are not named are off, or as in the pack that it extends.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub rules: Vec<RuleSetting>,
    /// Who is expected behind which host. By default the pack's that it extends.
    pub identities: Option<Vec<IdentityRecord>>,
    /// The addresses that are the policy's own. By default the pack's that it extends.
    pub owned_addresses: Option<Vec<OwnedAddresses>>,
    /// The flows that must be shown.
    #[cfg_attr(feature = "schema", schemars(default, skip_serializing_if = "Vec::is_empty"))]
    pub inventory: Vec<ExpectedFlow>,
    /// The mail hosts whose `Received` lines are believed, such as `mx.example.net`, `*.example.net` or `192.0.2.0/24`. Each of
    /// them writes a line into every message that it receives: an address that hides other senders does not belong here.
    #[cfg_attr(feature = "schema", schemars(default, skip_serializing_if = "Vec::is_empty"))]
    pub own_hosts: Vec<String>,
    /// The domains whose mail must be encrypted in both directions. By default each domain that a connector names.
    #[cfg_attr(feature = "schema", schemars(default, skip_serializing_if = "Vec::is_empty"))]
    pub partners: Vec<String>,
    /// Accepted exceptions.
    #[cfg_attr(feature = "schema", schemars(default, skip_serializing_if = "Vec::is_empty"))]
    pub waivers: Vec<Waiver>,
    /// What no wire shows, as somebody vouches for it. Listed in every report; changes no outcome.
    #[cfg_attr(feature = "schema", schemars(default, skip_serializing_if = "Vec::is_empty"))]
    pub attestations: Vec<Attestation>,
    /// Where its demands come from.
    #[cfg_attr(feature = "schema", schemars(default, skip_serializing_if = "Vec::is_empty"))]
    pub sources: Vec<String>,
}

/// One rule of a policy, everywhere or for one flow, one side or both. The setting that names most of the subject goes
/// before the others, and one for its flow before one for its side.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename_all = "camelCase", deny_unknown_fields))]
pub struct RuleSetting {
    /// Id of the rule.
    pub rule: String,
    /// How much it weighs.
    pub level: Level,
    /// The flow that it is for; every flow where it is not given.
    pub flow: Option<Flow>,
    /// The side that it is for; both where it is not given.
    pub role: Option<Role>,
    /// Its parameters; the rule's own defaults where they are not given.
    #[cfg_attr(feature = "schema", schemars(with = "Option<serde_json::Value>"))]
    pub params: Option<String>,
    /// Where this value comes from.
    pub source: Option<String>,
}

impl Setting for PolicyDocument {
    fn read(value: Value<'_>, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        object(Some(value), problems, |members| {
            let schema = members.optional("$schema");
            let (id, version) = (members.required("id"), members.required("version"));
            Some(Self {
                schema,
                title: members.optional("title"),
                extends: members.optional("extends"),
                expects: members.optional("expects"),
                max_evidence_age_days: members.optional("maxEvidenceAgeDays"),
                rules: members.or_default("rules"),
                identities: members.optional("identities"),
                owned_addresses: members.optional("ownedAddresses"),
                inventory: members.or_default("inventory"),
                own_hosts: members.or_default("ownHosts"),
                partners: members.or_default("partners"),
                waivers: members.or_default("waivers"),
                attestations: members.or_default("attestations"),
                sources: members.or_default("sources"),
                id: id?,
                version: version?,
            })
        })
    }
}

impl Setting for RuleSetting {
    fn read(value: Value<'_>, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        object(Some(value), problems, |members| {
            let (rule, level) = (members.required::<String>("rule"), members.required("level"));
            let (flow, role) = (members.optional("flow"), members.optional("role"));
            let source = members.optional("source");
            let params = members.value("params").filter(|params| params.kind() != Kind::Null);
            let entry = rule.as_deref().and_then(rules::rule);
            let params = entry.zip(params).map(|(entry, params)| entry.read(Some(params), members.problems()).1);
            Some(Self { rule: rule?, level: level?, flow, role, params, source })
        })
    }
}
