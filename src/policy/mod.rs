//! What must hold: levels and bounds by rule, from a shipped pack or a file of the user's own.
//!
//! Policies are data; what a rule looks at is Rust. A policy that could let something pass by accident is
//! refused: an unknown key, an unknown rule, a bound of the wrong type, or no rule at error level.

use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;
use crate::evidence::{Flow, SubjectKind};
use crate::formats::json::Value;
use crate::gathered::Gathered;
use crate::ordered::{Set, by_key};
use crate::pki::path::TrustStore;
use crate::report::{PolicyChange, PolicyReference};
use crate::rules::{self, Entry, Judge, NO_PARAMS, RULES};
use crate::settings::{self, Setting, invalid, one_of, suggestion};
use crate::source::sha256_hex;

mod document;
mod exception;
mod inventory;
mod packs;

pub use document::{PolicyDocument, RuleSetting};
pub(crate) use exception::apply;
use exception::ids_twice;
pub use exception::{Attestation, MAX_WAIVER_DAYS, Waiver};
pub use inventory::{ExpectedFlow, read_inventory};
pub use packs::{DEFAULT_PACK, PACKS, Pack, pack};

/// How much a rule weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Level {
    /// Must fix: a fail or an unknown keeps the verdict from being compliant.
    Error,
    /// Should fix: reported, and does not change the verdict.
    Warning,
    /// Not judged.
    Off,
}

impl Level {
    /// The word that policies use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Off => "off",
        }
    }
}

impl Setting for Level {
    fn read(value: Value<'_>, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        const LEVELS: [Level; 3] = [Level::Error, Level::Warning, Level::Off];
        LEVELS.get(one_of(&LEVELS.map(Level::name), value, problems)?).copied()
    }
}

const DEFAULT_MAX_EVIDENCE_AGE_DAYS: u32 = 30;

/// A policy that was read and can judge.
pub struct Policy {
    /// What names it on a command line: the id of a pack, or a file name.
    pub name: String,
    /// Its id, version, title and hash.
    pub reference: PolicyReference,
    /// The kinds of subject that must be shown.
    pub expects: Vec<SubjectKind>,
    /// How old evidence may be, in days.
    pub max_evidence_age_days: u32,
    /// What it changes in the pack that it extends.
    pub changes: Vec<PolicyChange>,
    /// The flows that must be shown.
    pub inventory: Vec<ExpectedFlow>,
    /// The file that more of them were read from, if one was.
    pub inventory_name: Option<String>,
    /// The roots that chains are verified against; without them no chain is verified.
    pub roots: Option<TrustStore>,
    /// Accepted exceptions.
    pub waivers: Vec<Waiver>,
    /// What somebody vouches for.
    pub attestations: Vec<Attestation>,
    pub(crate) rules: Vec<ActiveRule>,
}

impl std::fmt::Debug for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Policy").field("reference", &self.reference).finish_non_exhaustive()
    }
}

/// A rule that is on, with its parameters read.
pub(crate) struct ActiveRule {
    pub(crate) entry: &'static Entry,
    pub(crate) level: Level,
    /// The flow that it is for; every flow that has no setting of its own where it is none.
    pub(crate) flow: Option<Flow>,
    pub(crate) judge: Box<dyn Judge>,
}

impl ActiveRule {
    /// Whether it judges subjects of `flow`.
    pub(crate) fn judges(&self, flow: Option<Flow>, rules: &[Self]) -> bool {
        match self.flow {
            Some(own) => flow == Some(own),
            None => !rules
                .iter()
                .any(|other| other.flow.is_some() && other.flow == flow && std::ptr::eq(other.entry, self.entry)),
        }
    }
}

impl Policy {
    /// Reads a policy from the text of a JSON file.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place: unknown keys with a suggestion, unknown rules,
    /// parameters that a rule does not take, no rule at error level.
    pub fn from_json(name: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let document: PolicyDocument = settings::read(text).map_err(|problems| without_place(problems, name))?;
        let mut problems = Vec::new();
        let base = match document.extends.as_deref().map(|id| (id, pack(id))) {
            None => None,
            Some((_, Some(pack))) => Some(pack.document()),
            Some((id, None)) => {
                let known: Vec<&str> = PACKS.iter().map(|pack| pack.id).gathered();
                problems.push(invalid(format!(
                    "`extends` names `{id}`; expected one of {}",
                    known.iter().map(|id| format!("`{id}`")).gathered().join(", ")
                )));
                None
            }
        };
        problems.extend(twice(&document.rules));
        let merged = Settings::of(&document, base.as_ref());
        let (rules, mut invalid_rules) = merged.prepare();
        problems.append(&mut invalid_rules);
        problems.extend(document.inventory.iter().filter_map(ExpectedFlow::problem).map(invalid));
        problems.extend(document.waivers.iter().filter_map(Waiver::problem).map(invalid));
        let waivers = ids_twice("waiver", document.waivers.iter().map(|waiver| waiver.id.as_str()));
        let attestations = document.attestations.iter().map(|attestation| attestation.id.as_str());
        problems.extend(waivers.into_iter().chain(ids_twice("attestation", attestations)).map(invalid));
        let unknown_rule = |waiver: &&Waiver| rules::rule(&waiver.rule).is_none();
        problems.extend(document.waivers.iter().filter(unknown_rule).map(|waiver| {
            let known = RULES.iter().map(|entry| entry.about.id);
            invalid(format!(
                "waiver `{}` names no rule: `{}`{}",
                waiver.id,
                waiver.rule,
                suggestion(&waiver.rule, known)
            ))
        }));
        if problems.is_empty() && !rules.iter().any(|rule| rule.level == Level::Error) {
            problems.push(
                invalid(format!("`{name}` has no rule at level `error`: nothing could fail it"))
                    .with_help("set `level` to `error` for at least one rule"),
            );
        }
        if !problems.is_empty() {
            return Err(without_place(problems, name));
        }
        Ok(Self {
            name: name.to_owned(),
            reference: PolicyReference {
                title: document.title.clone().unwrap_or_else(|| document.id.clone()),
                id: document.id,
                version: document.version,
                sha256: sha256_hex(text.as_bytes()),
            },
            expects: merged.expects,
            max_evidence_age_days: merged.max_evidence_age_days,
            changes: merged.changes,
            inventory: document.inventory,
            inventory_name: None,
            roots: None,
            waivers: document.waivers,
            attestations: document.attestations,
            rules,
        })
    }

    /// The rules that are on for some flow, each once.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &'static Entry> {
        let on = self.rules.iter().filter(|rule| rule.level != Level::Off);
        let mut last: Option<&'static Entry> = None;
        on.map(|rule| rule.entry).filter(move |entry| {
            let again = last.is_some_and(|last| std::ptr::eq(last, *entry));
            last = Some(entry);
            !again
        })
    }

    /// The ids of the rules, with their levels.
    pub fn rules(&self) -> impl Iterator<Item = (&'static str, Level)> {
        self.rules.iter().map(|rule| (rule.entry.about.id, rule.level))
    }
}

/// The settings of a document laid over those of the pack that it extends.
struct Settings {
    expects: Vec<SubjectKind>,
    max_evidence_age_days: u32,
    rules: Vec<RuleSetting>,
    changes: Vec<PolicyChange>,
}

impl Settings {
    fn of(document: &PolicyDocument, base: Option<&PolicyDocument>) -> Self {
        let inherited = |own: Option<u32>| {
            own.or(base.and_then(|base| base.max_evidence_age_days)).unwrap_or(DEFAULT_MAX_EVIDENCE_AGE_DAYS)
        };
        let mut settings = Self {
            expects: document
                .expects
                .clone()
                .or_else(|| base.and_then(|base| base.expects.clone()))
                .unwrap_or_else(|| vec![SubjectKind::Endpoint]),
            max_evidence_age_days: inherited(document.max_evidence_age_days),
            rules: base.map(|base| base.rules.clone()).unwrap_or_default(),
            changes: Vec::new(),
        };
        if let Some(base) = base {
            settings.note(
                "maxEvidenceAgeDays",
                &inherited(base.max_evidence_age_days),
                &settings.max_evidence_age_days.clone(),
            );
            let expected = base.expects.clone().unwrap_or_default();
            settings.note_text("expects", format!("{expected:?}"), format!("{:?}", settings.expects));
        }
        for own in &document.rules {
            match settings.rules.iter_mut().find(|setting| setting.rule == own.rule && setting.flow == own.flow) {
                Some(setting) => {
                    let merged =
                        RuleSetting { params: own.params.clone().or_else(|| setting.params.clone()), ..own.clone() };
                    let before = described(setting);
                    let after = described(&merged);
                    let rule = merged.rule.clone();
                    *setting = merged;
                    if base.is_some() {
                        settings.note_text(&rule, before, after);
                    }
                }
                None => {
                    let everywhere =
                        settings.rules.iter().find(|setting| setting.rule == own.rule && setting.flow.is_none());
                    if let (Some(everywhere), Some(flow)) = (everywhere.filter(|_| base.is_some()), own.flow) {
                        let (before, after) = (described(everywhere), described(own));
                        settings.note_text(&format!("{} ({})", own.rule, flow.words()), before, after);
                    }
                    settings.rules.push(own.clone());
                }
            }
        }
        settings
    }

    fn note(&mut self, setting: &str, from: &u32, to: &u32) {
        self.note_text(setting, from.to_string(), to.to_string());
    }

    fn note_text(&mut self, setting: &str, from: String, to: String) {
        if from != to {
            self.changes.push(PolicyChange { setting: setting.to_owned(), from, to });
        }
    }

    /// The rules that are on, in the order of the table.
    fn prepare(&self) -> (Vec<ActiveRule>, Vec<Diagnostic>) {
        let mut active = Vec::new();
        let mut problems = Vec::new();
        for setting in &self.rules {
            let Some(entry) = rules::rule(&setting.rule) else {
                let known = RULES.iter().map(|entry| entry.about.id);
                problems.push(invalid(format!(
                    "there is no rule `{}`{}",
                    setting.rule,
                    suggestion(&setting.rule, known)
                )));
                continue;
            };
            match entry.prepare(setting.params.as_deref()) {
                Ok(judge) => active.push(ActiveRule { entry, level: setting.level, flow: setting.flow, judge }),
                Err(mut unusable) => problems.append(&mut unusable),
            }
        }
        let position = |rule: &ActiveRule| RULES.iter().position(|entry| entry.about.id == rule.entry.about.id);
        (by_key(active, position), problems)
    }
}

/// Rules that one document sets twice: which setting was meant, nobody can know.
fn twice(settings: &[RuleSetting]) -> Vec<Diagnostic> {
    let mut seen = Set::new();
    let again = settings.iter().filter(|setting| !seen.insert((setting.rule.as_str(), setting.flow)));
    again
        .map(|setting| invalid(format!("rule `{}` is set twice; expected one setting for each rule", setting.rule)))
        .gathered()
}

/// The level and the parameters with their defaults, so that nothing changes unseen.
fn described(setting: &RuleSetting) -> String {
    let defaults = || rules::rule(&setting.rule).map(Entry::defaults);
    let params = setting.params.clone().or_else(defaults).filter(|params| params != NO_PARAMS);
    params.map_or_else(|| setting.level.name().to_owned(), |params| format!("{} {params}", setting.level.name()))
}

/// The spans of a policy do not point into the evidence: the place goes into the words.
fn without_place(problems: Vec<Diagnostic>, name: &str) -> Vec<Diagnostic> {
    problems
        .into_iter()
        .map(|problem| Diagnostic { message: format!("policy {name}: {problem}"), span: None, ..problem })
        .gathered()
}
