//! Scripts that test for known attacks: `table[@key='CVE-…']/elem[@key='state']`, and the groups of `ssl-dh-params`.

use super::suites::Found;
use super::{elems, listed};
use crate::evidence::{AttackTest, Basis, Fact, Gap, GapReason, Observed};
use crate::formats::xml::{Element, Text};
use crate::gathered::Gathered;
use crate::letters::beginning;

/// The usual names of what the scripts call by a number or a sentence.
const NAMES: [(&str, &str); 5] = [
    ("CVE-2014-0160", "Heartbleed"),
    ("CVE-2014-0224", "CCS injection"),
    ("CVE-2014-3566", "POODLE"),
    ("CVE-2015-4000", "Logjam"),
    ("CVE-2016-0800", "DROWN"),
];

/// More tests than nmap has scripts for.
const MAX_TESTS: usize = 100;

/// Adds what the scripts of a port found.
pub(super) fn read(port: Element<'_>, found: &mut Found) {
    let is_tls = |script: &Element<'_>| {
        let id = script.attribute("id");
        id.is_some_and(|id| id.value.starts_with("ssl") || id.value.starts_with("tls"))
    };
    for script in port.named("script").filter(is_tls) {
        for result in script.named("table") {
            let Some(key) = result.attribute("key") else { continue };
            let title = elems(result, "title").next().map(|title| title.value.into_owned());
            let title = title.unwrap_or_else(|| key.value.to_string());
            let name = NAMES.iter().find(|(cve, _)| *cve == key.value).map_or(title, |(_, name)| (*name).to_owned());
            let cve = key.value.starts_with("CVE-").then(|| key.value.to_string());
            for state in elems(result, "state") {
                let cve = cve.clone().into_iter().gathered();
                add(AttackTest { name: name.clone(), cve, vulnerable: vulnerable(&state) }, found);
            }
            groups(result, found);
        }
    }
}

/// Adds a test, or keeps the worse answer of two.
fn add(test: AttackTest, found: &mut Found) {
    let badness = |test: &AttackTest| match test.vulnerable.value() {
        Some(true) => 2,
        None => 1,
        Some(false) => 0,
    };
    let is_full = found.attacks.len() >= MAX_TESTS;
    match found.attacks.iter_mut().find(|known| known.name == test.name) {
        Some(known) if badness(known) >= badness(&test) => {}
        Some(known) => *known = test,
        None if is_full => {}
        None => found.attacks.push(test),
    }
}

fn vulnerable(state: &Text<'_>) -> Observed<bool> {
    let answer = match state.value.as_ref() {
        "NOT VULNERABLE" => Some(false),
        text if text.starts_with("VULNERABLE") || text.starts_with("LIKELY VULNERABLE") => Some(true),
        _ => None,
    };
    match answer {
        Some(answer) => Observed::Known(Fact::new(answer, Basis::ToolSays, [state.span])),
        None => {
            let said = beginning(&state.value, 100);
            Observed::NotObserved(Gap::new(GapReason::Failed, format!("nmap says `{said}`")).at([state.span]))
        }
    }
}

/// `Modulus Length: 512` and `Modulus Source: …` in the results of `ssl-dh-params`.
fn groups(result: Element<'_>, found: &mut Found) {
    for text in listed(result, "check_results") {
        let line = |label: &str| text.value.lines().find_map(|line| line.trim().strip_prefix(label)).map(str::trim);
        let Some(bits) = line("Modulus Length:").and_then(|bits| bits.parse().ok()) else { continue };
        found.use_dh(bits, line("Modulus Source:").map(str::to_owned), text.span);
    }
}
