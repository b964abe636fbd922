//! Evidence of several inputs as one, and how it is judged.

use intransit::policy::Policy;
use intransit::report::Report;
use intransit::{Clock, Evidence, evaluate};

/// The instant that everything is judged at and from.
pub(crate) const NOW: &str = "2026-11-22T10:00:00Z";

/// The same evidence as another source of this number says it.
fn renumbered(evidence: &Evidence, number: u32) -> Evidence {
    let text = serde_json::to_string(evidence).unwrap().replace("\"source\":0", &format!("\"source\":{number}"));
    let mut evidence: Evidence = serde_json::from_str(&text).unwrap();
    evidence.sources[0].id = number;
    evidence.sources[0].name = format!("{number}.json");
    evidence.sources[0].sha256 = format!("{number:064}");
    evidence
}

/// The parts as one, in their order.
pub(crate) fn joined(parts: &[&Evidence]) -> Evidence {
    let mut all = Evidence::new(Vec::new());
    for (number, part) in parts.iter().enumerate() {
        let part = renumbered(part, u32::try_from(number).unwrap());
        all.sources.extend(part.sources);
        all.scans.extend(part.scans);
    }
    all
}

/// What the policy says of it.
pub(crate) fn report(evidence: &Evidence, policy: &Policy) -> Report {
    let now = NOW.parse().unwrap();
    evaluate(evidence, policy, Clock { at: now, now }, Vec::new())
}

/// Every rule, with nothing switched off.
pub(crate) fn strict() -> Policy {
    let rules: Vec<serde_json::Value> = intransit::rules::RULES
        .iter()
        .filter(|entry| !["issuer-unexpected", "organization-unexpected"].contains(&entry.about.id))
        .map(|entry| serde_json::json!({ "rule": entry.about.id, "level": "error" }))
        .collect();
    let document = serde_json::json!({
        "id": "strict", "version": "1", "title": "every rule", "expects": ["endpoint"], "rules": rules,
    });
    Policy::from_json("strict.json", &document.to_string()).unwrap_or_else(|problems| panic!("{problems:?}"))
}
