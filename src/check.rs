//! The whole path in one call, for callers with text in hand: the command line, the package, the page.

use serde::{Deserialize, Serialize};

use crate::diagnostic::{Code, Diagnostic};
use crate::evaluate::{Clock, evaluate_with_json};
use crate::formats::json::Value;
use crate::formats::{Declared, FORMATS, Input, read_declared};
use crate::pki::path::TrustStore;
use crate::policy::{DEFAULT_PACK, PACKS, Policy, pack, read_inventory};
use crate::render::RENDERERS;
use crate::report::{Report, RuleSummary};
use crate::rules::RULES;
use crate::settings::{self, Setting, object};
use crate::time::Timestamp;

/// How to judge, with every default filled in. Times are RFC 3339.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckOptions {
    /// The instant that certificates are judged at.
    pub at: String,
    /// The current time: the age of evidence counts from here.
    pub now: String,
    /// A pack's id, or a policy as JSON text; the default pack where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// When the evidence was collected, where the input does not say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collected: Option<String>,
    /// The host that certificates without a service are for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Flows that must be shown, besides those of the policy: JSON or CSV, as [`read_inventory`] takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inventory: Option<String>,
    /// What the report calls a policy that came as text; `policy.json` where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_name: Option<String>,
    /// What the report calls the inventory; `inventory.json` or `inventory.csv` where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inventory_name: Option<String>,
    /// The roots that chains are verified against: `mozilla`, or certificates as PEM text; without them no chain is
    /// verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roots: Option<String>,
    /// What the report calls roots that came as text; `roots.pem` where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roots_name: Option<String>,
    /// Why further inputs could not be opened. Each keeps the verdict from being compliant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unopened: Vec<String>,
}

impl CheckOptions {
    /// Reads them from JSON text.
    ///
    /// # Errors
    /// What is wrong with each, with its place.
    pub fn from_json(text: &str) -> Result<Self, Vec<Diagnostic>> {
        settings::read(text)
    }
}

impl Setting for CheckOptions {
    fn read(value: Value<'_>, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        object(Some(value), problems, |members| {
            let (at, now) = (members.required("at"), members.required("now"));
            Some(Self {
                policy: members.optional("policy"),
                collected: members.optional("collected"),
                host: members.optional("host"),
                inventory: members.optional("inventory"),
                policy_name: members.optional("policyName"),
                inventory_name: members.optional("inventoryName"),
                roots: members.optional("roots"),
                roots_name: members.optional("rootsName"),
                unopened: members.or_default("unopened"),
                at: at?,
                now: now?,
            })
        })
    }
}

/// Reads and judges.
///
/// # Errors
/// Diagnostics when an option or the policy cannot be used, or when nothing in the inputs could be read.
pub fn check(inputs: &[Input<'_>], options: &CheckOptions) -> Result<Report, Vec<Diagnostic>> {
    check_with_json(inputs, options).map(|(report, _)| report)
}

/// The report with its JSON.
pub(crate) fn check_with_json(
    inputs: &[Input<'_>],
    options: &CheckOptions,
) -> Result<(Report, String), Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let at = time("at", Some(&options.at), &mut problems);
    let now = time("now", Some(&options.now), &mut problems);
    let collected = time("collected", options.collected.as_deref(), &mut problems);
    let policy = policy(options).map_err(|mut found| problems.append(&mut found)).ok();
    let inventory = options.inventory.as_deref().map_or(Ok(Vec::new()), read_inventory);
    let mut inventory = inventory.map_err(|mut found| problems.append(&mut found)).unwrap_or_default();
    let declared = Declared::new(collected, options.host.as_deref()).map_err(|problem| problems.push(problem));
    let name = options.roots_name.as_deref().unwrap_or(ROOTS_NAME);
    let roots = options.roots.as_deref().zip(now).map(|(text, now)| TrustStore::choose(text, name, now));
    let roots = roots.transpose().map_err(|message| problems.push(Diagnostic::error(Code::InvalidOption, message)));
    let (Some(at), Some(now), Some(mut policy), Ok(declared), true) = (at, now, policy, declared, problems.is_empty())
    else {
        return Err(problems);
    };
    policy.inventory.append(&mut inventory);
    policy.inventory_name = options.inventory.as_deref().map(|text| {
        let name = options.inventory_name.as_deref();
        name.unwrap_or_else(|| inventory_name(text)).to_owned()
    });
    policy.roots = roots.ok().flatten();
    let reading = read_declared(inputs, &declared);
    let unopened = options.unopened.iter().map(|message| Diagnostic::error(Code::UnrecognisedInput, message.clone()));
    let mut diagnostics: Vec<Diagnostic> = unopened.collect();
    if reading.evidence.scans.is_empty() {
        diagnostics.extend(reading.diagnostics);
        if diagnostics.is_empty() {
            diagnostics
                .push(Diagnostic::error(Code::EmptyInput, "nothing was given; expected certificates or a scan report"));
        }
        return Err(diagnostics);
    }
    diagnostics.splice(0..0, reading.diagnostics);
    Ok(evaluate_with_json(&reading.evidence, &policy, Clock { at, now }, diagnostics))
}

fn time(name: &str, text: Option<&str>, problems: &mut Vec<Diagnostic>) -> Option<Timestamp> {
    match text?.parse() {
        Ok(time) => Some(time),
        Err(message) => {
            problems.push(Diagnostic::error(Code::InvalidOption, format!("option `{name}`: {message}")));
            None
        }
    }
}

/// What a policy is called that came as text.
const POLICY_NAME: &str = "policy.json";

/// What roots are called that came as text.
const ROOTS_NAME: &str = "roots.pem";

/// What an inventory is called that came as text.
fn inventory_name(text: &str) -> &'static str {
    if text.trim_start().starts_with('[') { "inventory.json" } else { "inventory.csv" }
}

/// The pack of this id, or the policy that this text is.
fn policy(options: &CheckOptions) -> Result<Policy, Vec<Diagnostic>> {
    let text = options.policy.as_deref().unwrap_or(DEFAULT_PACK);
    if let Some(pack) = pack(text.trim()) {
        return pack.policy();
    }
    if text.trim_start().starts_with('{') {
        return Policy::from_json(options.policy_name.as_deref().unwrap_or(POLICY_NAME), text);
    }
    let known: Vec<String> = PACKS.iter().map(|pack| format!("`{}`", pack.id)).collect();
    Err(vec![Diagnostic::error(
        Code::InvalidPolicy,
        format!("there is no policy `{text}`; expected one of {}, or a policy file", known.join(", ")),
    )])
}

/// What there is to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Catalogue {
    /// Version of intransit.
    pub version: String,
    /// Id of the policy that judges where nobody chose one.
    pub default_policy: String,
    /// The shipped policies.
    pub policies: Vec<PolicyEntry>,
    /// The kinds of input.
    pub formats: Vec<FormatEntry>,
    /// The kinds of output.
    pub outputs: Vec<OutputEntry>,
    /// The rules.
    pub rules: Vec<RuleSummary>,
}

/// A shipped policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyEntry {
    /// What names it in options.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// Its version.
    pub version: String,
}

/// A kind of input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FormatEntry {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// Commands that make it.
    pub commands: Vec<String>,
    /// What it can never show.
    pub never_shows: Vec<String>,
}

/// A kind of output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutputEntry {
    /// What names it in calls and on a command line.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// What file names end with, without the dot.
    pub extension: String,
    /// Its media type.
    pub media_type: String,
}

/// What there is to choose from: policies, kinds of input and output, rules.
#[must_use]
pub fn catalogue() -> Catalogue {
    let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
    Catalogue {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        default_policy: DEFAULT_PACK.to_owned(),
        policies: PACKS
            .iter()
            .map(|pack| {
                let document = pack.document();
                PolicyEntry {
                    id: pack.id.to_owned(),
                    title: document.title.unwrap_or(document.id),
                    version: document.version,
                }
            })
            .collect(),
        formats: FORMATS
            .iter()
            .map(|format| FormatEntry {
                id: format.id.to_owned(),
                title: format.title.to_owned(),
                commands: words(format.commands),
                never_shows: words(format.never_shows),
            })
            .collect(),
        outputs: RENDERERS
            .iter()
            .map(|renderer| OutputEntry {
                id: renderer.id.to_owned(),
                title: renderer.title.to_owned(),
                extension: renderer.extension.to_owned(),
                media_type: renderer.media_type.to_owned(),
            })
            .collect(),
        rules: RULES.iter().map(|entry| entry.about.summary()).collect(),
    }
}
