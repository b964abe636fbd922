//! What a policy sets, laid over the pack that it extends, and what it changes of it.

use crate::diagnostic::Diagnostic;
use crate::evidence::{Flow, Role, SubjectKind};
use crate::gathered::Gathered;
use crate::ordered::{Set, by_key};
use crate::report::PolicyChange;
use crate::rules::{self, Entry, NO_PARAMS, RULES};
use crate::settings::{invalid, suggestion};

use super::{ActiveRule, DEFAULT_MAX_EVIDENCE_AGE_DAYS, IdentityRecord, OwnedAddresses, PolicyDocument, RuleSetting};

/// The settings of a document laid over those of the pack that it extends.
pub(super) struct Settings {
    pub(super) expects: Vec<SubjectKind>,
    pub(super) max_evidence_age_days: u32,
    pub(super) rules: Vec<RuleSetting>,
    pub(super) identities: Vec<IdentityRecord>,
    pub(super) owned_addresses: Vec<OwnedAddresses>,
    pub(super) changes: Vec<PolicyChange>,
}

impl Settings {
    pub(super) fn of(document: &PolicyDocument, base: Option<&PolicyDocument>) -> Self {
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
            identities: own_or_inherited(&document.identities, base.map(|base| &base.identities)),
            owned_addresses: own_or_inherited(&document.owned_addresses, base.map(|base| &base.owned_addresses)),
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
            let (before, after) = (base.identities.as_deref().unwrap_or_default(), settings.identities.clone());
            if before != after {
                settings.note_list("identities", of_hosts(before), of_hosts(&after));
            }
            let (before, after) =
                (base.owned_addresses.as_deref().unwrap_or_default(), settings.owned_addresses.clone());
            if before != after {
                settings.note_list("ownedAddresses", of_sources(before), of_sources(&after));
            }
        }
        for own in &document.rules {
            let same = |setting: &&mut RuleSetting| is_same_place(setting, own);
            match settings.rules.iter_mut().find(same) {
                Some(setting) => {
                    let merged =
                        RuleSetting { params: own.params.clone().or_else(|| setting.params.clone()), ..own.clone() };
                    let before = described(setting);
                    let after = described(&merged);
                    let name = placed(&merged);
                    *setting = merged;
                    if base.is_some() {
                        settings.note_text(&name, before, after);
                    }
                }
                None => {
                    let is_everywhere = |setting: &&RuleSetting| {
                        setting.rule == own.rule && setting.flow.is_none() && setting.role.is_none()
                    };
                    if let Some(everywhere) = settings.rules.iter().find(is_everywhere).filter(|_| base.is_some()) {
                        let (before, after) = (described(everywhere), described(own));
                        settings.note_text(&placed(own), before, after);
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

    /// Notes a list that is another one, though it may be called the same.
    fn note_list(&mut self, setting: &str, from: String, to: String) {
        let to = if from == to { format!("{to}, changed") } else { to };
        self.note_text(setting, from, to);
    }

    /// The rules that are on, in the order of the table.
    pub(super) fn prepare(&self) -> (Vec<ActiveRule>, Vec<Diagnostic>) {
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
                Ok(judge) => active.push(ActiveRule {
                    entry,
                    level: setting.level,
                    flow: setting.flow,
                    role: setting.role,
                    judge,
                }),
                Err(mut unusable) => problems.append(&mut unusable),
            }
        }
        let position = |rule: &ActiveRule| RULES.iter().position(|entry| entry.about.id == rule.entry.about.id);
        (by_key(active, position), problems)
    }
}

/// Rules that one document sets twice: which setting was meant, nobody can know.
pub(super) fn twice(settings: &[RuleSetting]) -> Vec<Diagnostic> {
    let mut seen = Set::new();
    let again = settings.iter().filter(|setting| !seen.insert((setting.rule.as_str(), setting.flow, setting.role)));
    again
        .map(|setting| invalid(format!("rule `{}` is set twice; expected one setting for each rule", setting.rule)))
        .gathered()
}

fn own_or_inherited<T: Clone>(own: &Option<Vec<T>>, base: Option<&Option<Vec<T>>>) -> Vec<T> {
    own.as_ref().or(base.and_then(Option::as_ref)).cloned().unwrap_or_default()
}

/// `1 records (mail.example.com by Example Root until 2026-11-01)`: which they are, not all that they say.
fn of_hosts(records: &[IdentityRecord]) -> String {
    let named = records.iter().map(|record| {
        let until = record.until.map(|until| format!(" until {}", until.date())).unwrap_or_default();
        let issuer = record.issuers.first().map(|issuer| format!(" by {issuer}")).unwrap_or_default();
        format!("{}{issuer}{until}", record.host)
    });
    format!("{} records ({})", records.len(), named.gathered().join(", "))
}

fn of_sources(lists: &[OwnedAddresses]) -> String {
    let named = lists.iter().map(|list| format!("{} of {}", list.ranges.len(), list.source));
    format!("{} lists ({})", lists.len(), named.gathered().join(", "))
}

fn is_same_place(one: &RuleSetting, other: &RuleSetting) -> bool {
    one.rule == other.rule && one.flow == other.flow && one.role == other.role
}

/// The rule with the flow and the side that the setting is for.
fn placed(setting: &RuleSetting) -> String {
    let flow = setting.flow.map(Flow::words);
    let names = flow.into_iter().chain(setting.role.map(Role::name)).gathered();
    if names.is_empty() { setting.rule.clone() } else { format!("{} ({})", setting.rule, names.join(", ")) }
}

/// The level and the parameters with their defaults, so that nothing changes unseen.
fn described(setting: &RuleSetting) -> String {
    let defaults = || rules::rule(&setting.rule).map(Entry::defaults);
    let params = setting.params.clone().or_else(defaults).filter(|params| params != NO_PARAMS);
    params.map_or_else(|| setting.level.name().to_owned(), |params| format!("{} {params}", setting.level.name()))
}
