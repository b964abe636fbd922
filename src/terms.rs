//! What inputs are judged by, prepared once for many of them: the policy, what was declared, the instants.

use base64::Engine;

use crate::check::{CheckOptions, SuppliedStore};
use crate::diagnostic::{Code, Diagnostic};
use crate::evaluate::Clock;
use crate::formats::Declared;
use crate::pki::path::TrustStore;
use crate::policy::{DEFAULT_PACK, PACKS, Policy, pack, read_inventory};
use crate::sheet::Sheet;
use crate::time::Timestamp;

/// What a policy is called that came as text.
const POLICY_NAME: &str = "policy.json";

/// What roots are called that came as text.
const ROOTS_NAME: &str = "roots.pem";

/// What a hand-off sheet is called that came as text.
const SHEET_NAME: &str = "sheet.txt";

/// What inputs are judged by.
pub struct Terms {
    /// The policy, with the inventory's flows.
    pub policy: Policy,
    /// What somebody says of the inputs that they do not say themselves.
    pub declared: Declared,
    /// When to judge.
    pub clock: Clock,
}

impl Terms {
    /// Reads options.
    ///
    /// # Errors
    /// Everything that is wrong with them, or with the policy and the inventory in them.
    pub fn new(options: &CheckOptions) -> Result<Self, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let at = time("at", Some(&options.at), &mut problems);
        let now = time("now", Some(&options.now), &mut problems);
        let collected = time("collected", options.collected.as_deref(), &mut problems);
        let policy = policy(options).map_err(|mut found| problems.append(&mut found)).ok();
        let inventory = options.inventory.as_deref().map_or(Ok(Vec::new()), read_inventory);
        let inventory = inventory.map_err(|mut found| problems.append(&mut found)).unwrap_or_default();
        let declared = Declared::new(collected, options.host.as_deref()).map_err(|problem| problems.push(problem));
        let name = options.roots_name.as_deref().unwrap_or(ROOTS_NAME);
        let mut stores = Vec::new();
        if let Some(now) = now {
            let first = options.roots.as_deref().map(|text| TrustStore::choose(text, name, now));
            let further = options.stores.iter().map(|store| chosen(store, now));
            for store in first.into_iter().chain(further) {
                match store {
                    Ok(store) => stores.push(store),
                    Err(message) => problems.push(Diagnostic::error(Code::InvalidOption, message)),
                }
            }
        }
        let sheet_name = options.sheet_name.as_deref().unwrap_or(SHEET_NAME);
        let sheet = options.sheet.as_deref().map(|text| Sheet::read(sheet_name, text));
        let sheet = sheet.transpose().map_err(|mut found| problems.append(&mut found)).ok().flatten();
        let (Some(at), Some(now), Some(mut policy), Ok(declared), true) =
            (at, now, policy, declared, problems.is_empty())
        else {
            return Err(problems);
        };
        policy.expect_flows(inventory);
        policy.inventory_name = options.inventory.as_deref().map(|text| {
            let name = options.inventory_name.as_deref();
            name.unwrap_or_else(|| inventory_name(text)).to_owned()
        });
        let invalid = |message| vec![Diagnostic::error(Code::InvalidOption, message)];
        policy.choose_stores(stores).map_err(invalid)?;
        policy.believe(&options.own_hosts)?;
        if let Some(sheet) = sheet {
            policy.compare_with(sheet);
        }
        Ok(Self { policy, declared, clock: Clock { at, now } })
    }
}

/// A store that is supplied as text or as bytes.
fn chosen(store: &SuppliedStore, now: Timestamp) -> Result<TrustStore, String> {
    let name = store.name.as_deref().unwrap_or(ROOTS_NAME);
    match (&store.text, &store.base64) {
        (Some(text), None) => TrustStore::choose(text, name, now),
        (None, Some(base64)) => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(base64);
            let bytes = bytes.map_err(|_| format!("the roots `{name}`: expected base64 as `base64`"))?;
            TrustStore::read(name, &bytes, now)
        }
        _ => Err(format!("the roots `{name}`: expected either `text` or `base64`")),
    }
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
