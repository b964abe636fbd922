//! The whole path in one call, for callers with text in hand: the command line, the package, the page.

use serde::{Deserialize, Serialize};

use crate::diagnostic::{Code, Diagnostic};
use crate::evaluate::evaluate_with_json;
use crate::formats::json::Value;
use crate::formats::{FORMATS, Input, read_declared};
use crate::gathered::Gathered;
use crate::pki::path::{StoreReference, TrustStore};
use crate::policy::{DEFAULT_PACK, PACKS};
use crate::render::RENDERERS;
use crate::report::{Report, RuleSummary};
use crate::rules::RULES;
use crate::settings::{self, Setting, object};
use crate::terms::Terms;

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
    /// Stores that are laid beside `roots`, in their order; without `roots`, the first of them decides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stores: Vec<SuppliedStore>,
    /// What a partner was told of the certificates, to be compared with them: a hand-off sheet as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// What the report calls the sheet; `sheet.txt` where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet_name: Option<String>,
    /// Mail hosts whose `Received` lines are believed, besides the policy's `ownHosts` and written as those are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own_hosts: Vec<String>,
    /// Why further inputs could not be opened. Each keeps the verdict from being compliant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unopened: Vec<String>,
}

/// A trust store that is supplied: `mozilla`, or what was exported or listed of one, as text or as bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SuppliedStore {
    /// What the report calls it; `roots.pem` where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Its bytes in base64, where it is no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
}

impl Setting for SuppliedStore {
    fn read(value: Value<'_>, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        object(Some(value), problems, |members| {
            Some(Self {
                name: members.optional("name"),
                text: members.optional("text"),
                base64: members.optional("base64"),
            })
        })
    }
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
                stores: members.or_default("stores"),
                sheet: members.optional("sheet"),
                sheet_name: members.optional("sheetName"),
                own_hosts: members.or_default("ownHosts"),
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
    let Terms { policy, declared, clock } = Terms::new(options)?;
    let reading = read_declared(inputs, &declared);
    let unopened = options.unopened.iter().map(|message| Diagnostic::error(Code::UnrecognisedInput, message.clone()));
    let mut diagnostics: Vec<Diagnostic> = unopened.gathered();
    if reading.evidence.scans.is_empty() {
        diagnostics.extend(reading.diagnostics);
        if diagnostics.is_empty() {
            diagnostics
                .push(Diagnostic::error(Code::EmptyInput, "nothing was given; expected certificates or a scan report"));
        }
        return Err(diagnostics);
    }
    diagnostics.splice(0..0, reading.diagnostics);
    Ok(evaluate_with_json(&reading.evidence, &policy, clock, diagnostics))
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
    /// The shipped roots, which `mozilla` names in options.
    pub mozilla_roots: StoreReference,
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
    let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).gathered();
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
            .gathered(),
        formats: FORMATS
            .iter()
            .map(|format| FormatEntry {
                id: format.id.to_owned(),
                title: format.title.to_owned(),
                commands: words(format.commands),
                never_shows: words(format.never_shows),
            })
            .gathered(),
        outputs: RENDERERS
            .iter()
            .map(|renderer| OutputEntry {
                id: renderer.id.to_owned(),
                title: renderer.title.to_owned(),
                extension: renderer.extension.to_owned(),
                media_type: renderer.media_type.to_owned(),
            })
            .gathered(),
        rules: RULES.iter().map(|entry| entry.about.summary()).gathered(),
        mozilla_roots: TrustStore::mozilla().reference(),
    }
}
