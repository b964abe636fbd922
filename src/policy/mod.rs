//! What must hold: levels and bounds by rule, from a shipped pack or a file of the user's own.
//!
//! Policies are data; what a rule looks at is Rust. A policy that could let something pass by accident is
//! refused: an unknown key, an unknown rule, a bound of the wrong type, or no rule at error level.

use serde::{Deserialize, Serialize};

use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::SubjectKind;
use crate::formats::json::Value;
use crate::gathered::Gathered;
use crate::ordered::Set;
use crate::pki::path::{Root, TrustStore};
use crate::report::{PolicyChange, PolicyReference};
use crate::rules::{self, Entry, RULES};
use crate::settings::{self, Setting, invalid, one_of, suggestion};
use crate::sheet::Sheet;
use crate::source::sha256_hex;

mod active;
mod addresses;
mod document;
mod exception;
mod extended;
mod identities;
mod inventory;
mod own_host;
mod packs;

pub(crate) use active::{ActiveRule, Applies};
pub use addresses::{AddressRange, OwnedAddresses};
pub use document::{PolicyDocument, RuleSetting};
pub(crate) use exception::apply;
use exception::ids_twice;
pub use exception::{Attestation, MAX_WAIVER_DAYS, Waiver};
use extended::Settings;
use extended::twice;
pub use identities::{IdentityRecord, Pin};
pub use inventory::{ExpectedFlow, read_inventory};
pub(crate) use own_host::OwnHost;
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

/// Chains are verified against each store: more of them are not taken.
pub const MOST_STORES: usize = 16;

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
    /// Who is expected behind which host.
    pub identities: Vec<IdentityRecord>,
    /// The addresses that are the policy's own.
    pub owned_addresses: Vec<OwnedAddresses>,
    /// The flows that must be shown.
    pub inventory: Vec<ExpectedFlow>,
    /// The file that more of them were read from, if one was.
    pub inventory_name: Option<String>,
    /// The roots that chains are verified against; without them no chain is verified.
    pub roots: Option<TrustStore>,
    /// Stores that are laid beside them; they decide nothing but `root-missing`.
    pub further_roots: Vec<TrustStore>,
    /// What a partner was told of the certificates.
    pub sheet: Option<Sheet>,
    /// Accepted exceptions.
    pub waivers: Vec<Waiver>,
    /// What somebody vouches for.
    pub attestations: Vec<Attestation>,
    /// The mail hosts whose word counts.
    pub(crate) own_hosts: Vec<OwnHost>,
    /// Those of them that were stated beside the policy, as they were written.
    pub(crate) stated_own_hosts: Vec<String>,
    /// The domains whose mail must be encrypted, in lower case.
    pub(crate) partners: Vec<String>,
    pub(crate) rules: Vec<ActiveRule>,
}

impl std::fmt::Debug for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Policy").field("reference", &self.reference).finish_non_exhaustive()
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
        problems.extend(not_the_pack(&document, text).map(invalid));
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
        problems.extend(merged.identities.iter().filter_map(IdentityRecord::problem).map(invalid));
        problems.extend(document.inventory.iter().filter_map(ExpectedFlow::problem).map(invalid));
        problems.extend(document.waivers.iter().filter_map(Waiver::problem).map(invalid));
        let mut own_hosts = Vec::new();
        for host in &document.own_hosts {
            match OwnHost::parse(host) {
                Ok(host) => own_hosts.push(host),
                Err(problem) => problems.push(invalid(problem)),
            }
        }
        let mut partners = Vec::new();
        for partner in &document.partners {
            let name = partner.trim().trim_end_matches('.').to_ascii_lowercase();
            let host = name.strip_prefix("*.").unwrap_or(&name);
            if !host.contains('.') || crate::pki::parse_host(host).is_err() {
                let expected = "expected a domain such as `contoso.com` or `*.contoso.com`";
                problems.push(invalid(format!("`partners` has `{partner}`; {expected}")));
            } else if !partners.contains(&name) {
                partners.push(name);
            }
        }
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
        let mut policy = Self {
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
            identities: merged.identities,
            owned_addresses: merged.owned_addresses,
            inventory: Vec::new(),
            inventory_name: None,
            roots: None,
            further_roots: Vec::new(),
            sheet: None,
            waivers: document.waivers,
            attestations: document.attestations,
            own_hosts,
            stated_own_hosts: Vec::new(),
            partners,
            rules,
        };
        policy.expect_flows(document.inventory);
        Ok(policy)
    }

    /// Adds flows that must be shown. Where one names its two ends, `flow-unprotected` judges, unless the policy sets it
    /// otherwise.
    pub fn expect_flows(&mut self, mut flows: Vec<ExpectedFlow>) {
        if flows.iter().any(|flow| !flow.between.is_empty()) {
            self.engage("flow-unprotected");
        }
        self.inventory.append(&mut flows);
    }

    /// Takes the stores that chains are verified against, the deciding one first, at most [`MOST_STORES`]. Listings of
    /// thumbprints are told which roots they speak of; `root-missing` judges, unless the policy sets it otherwise.
    ///
    /// # Errors
    /// When there are more, or two have one name.
    pub fn choose_stores(&mut self, mut stores: Vec<TrustStore>) -> Result<(), String> {
        if stores.len() > MOST_STORES {
            return Err(format!("expected at most {MOST_STORES} stores of roots, found {}", stores.len()));
        }
        let mut seen = Set::new();
        if let Some(again) = stores.iter().find(|store| !seen.insert(store.id.as_str())) {
            return Err(format!("the roots `{}` were chosen twice; expected each once", again.id));
        }
        if stores.iter().any(|store| store.listing.is_some()) {
            let mozilla = TrustStore::mozilla();
            let known = || stores.iter().flat_map(|store| &store.roots).chain(&mozilla.roots);
            let identified: Vec<Vec<Root>> = stores.iter().map(|store| store.identified(known())).gathered();
            for (store, mut roots) in stores.iter_mut().zip(identified) {
                store.roots.append(&mut roots);
            }
        }
        if stores.len() > 1 || stores.iter().any(|store| store.listing.is_some()) {
            self.engage("root-missing");
        }
        let mut stores = stores.into_iter();
        self.roots = stores.next();
        self.further_roots = stores.gathered();
        Ok(())
    }

    /// Takes mail hosts whose `Received` lines are believed, besides those in the policy's `ownHosts` and written alike.
    ///
    /// # Errors
    /// What is wrong with each.
    pub fn believe(&mut self, hosts: &[String]) -> Result<(), Vec<Diagnostic>> {
        let mut problems = Vec::new();
        for text in hosts {
            match OwnHost::parse(text.trim()) {
                Ok(host) => {
                    self.own_hosts.push(host);
                    self.stated_own_hosts.push(text.trim().to_owned());
                }
                Err(problem) => problems.push(Diagnostic::error(Code::InvalidOption, problem)),
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// Takes a hand-off sheet to compare certificates with; `sheet-mismatch` judges, unless the policy sets it otherwise.
    pub fn compare_with(&mut self, sheet: Sheet) {
        self.engage("sheet-mismatch");
        self.sheet = Some(sheet);
    }

    /// Puts a rule on that judges what was given with the evidence; where the policy sets it, the policy's word holds.
    fn engage(&mut self, id: &str) {
        let position = |entry: &'static Entry| RULES.iter().position(|other| std::ptr::eq(other, entry));
        let Some(entry) = rules::rule(id) else { return };
        let is_set = |rule: &ActiveRule| std::ptr::eq(rule.entry, entry) && rule.flow.is_none() && rule.role.is_none();
        if self.rules.iter().any(is_set) {
            return;
        }
        let Ok(judge) = entry.prepare(None) else { return };
        let at = self.rules.iter().position(|rule| position(rule.entry) > position(entry)).unwrap_or(self.rules.len());
        self.rules.insert(at, ActiveRule { entry, level: Level::Error, flow: None, role: None, judge });
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

/// The spans of a policy do not point into the evidence: the place goes into the words.
/// Why a policy may not be called as it is: reports name it by title and version, and those are a shipped pack's.
fn not_the_pack(document: &PolicyDocument, text: &str) -> Option<String> {
    if PACKS.iter().any(|pack| pack.json == text) {
        return None;
    }
    let title = document.title.as_deref().unwrap_or(&document.id);
    let is_called = |known: &PolicyDocument| {
        let same = |one: &str, other: &str| one.trim().eq_ignore_ascii_case(other.trim());
        let same_title = known.title.as_deref().is_some_and(|known| same(known, title));
        same(&known.version, &document.version) && (same_title || same(&known.id, &document.id))
    };
    let (pack, known) = PACKS.iter().map(|pack| (pack, pack.document())).find(|(_, known)| is_called(known))?;
    let is_copy = PolicyDocument { schema: known.schema.clone(), ..document.clone() } == known;
    (!is_copy).then(|| {
        format!(
            "`{title}` {} is the shipped pack `{}`, which says something else; expected an id, title and version of \
             your own, with `\"extends\": \"{}\"` to start from the pack",
            document.version, pack.id, pack.id
        )
    })
}

fn without_place(problems: Vec<Diagnostic>, name: &str) -> Vec<Diagnostic> {
    problems
        .into_iter()
        .map(|problem| Diagnostic { message: format!("policy {name}: {problem}"), span: None, ..problem })
        .gathered()
}
