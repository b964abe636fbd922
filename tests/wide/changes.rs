//! Whatever is taken away from a record, said twice or cut off: nothing passes that did not pass before.

use std::collections::BTreeSet;
use std::ops::Range;

use intransit::formats::json;
use intransit::policy::PACKS;
use intransit::report::Outcome;
use intransit::rules::RULES;
use intransit::source::SourceText;
use intransit::{Clock, Declared, Input, Policy, Verdict, evaluate, read_declared};

use super::{NOW, names, text};

/// Every rule at error level, the default pack, and two rules about the wire alone.
fn policies() -> Vec<Policy> {
    let setting = |rule: &str| format!(r#"{{"rule":"{rule}","level":"error"}}"#);
    let all: Vec<String> = RULES.iter().map(|entry| setting(entry.about.id)).collect();
    let wire = ["obsolete-protocol", "plaintext-service"].map(setting);
    let written = [("all", all.join(",")), ("wire", wire.join(","))];
    let written = written.map(|(id, rules)| format!(r#"{{"id":"{id}","version":"1","rules":[{rules}]}}"#));
    let texts = PACKS.iter().take(1).map(|pack| pack.json).chain(written.iter().map(String::as_str));
    texts.map(|text| Policy::from_json("test", text).unwrap()).collect()
}

/// What passes by each policy.
fn passes(text: &str, policies: &[Policy]) -> Vec<BTreeSet<String>> {
    let collected = "2026-11-22T05:40:00Z".parse().ok();
    let declared = Declared { collected, ..Declared::default() };
    let reading = read_declared(&[Input::new("report", text.as_bytes())], &declared);
    let now = NOW.parse().unwrap();
    let judged = policies.iter().map(|policy| {
        let report = evaluate(&reading.evidence, policy, Clock { at: now, now }, reading.diagnostics.clone());
        assert_ne!(report.verdict, Verdict::Compliant, "{}", policy.reference.id);
        let passed = report.findings.iter().filter(|finding| finding.outcome == Outcome::Pass);
        // Names and ports are lost with the words that state them.
        passed.map(|found| format!("{} {:?} {:?}", found.rule, found.facet, found.subject.certificate)).collect()
    });
    judged.collect()
}

/// Where every element and member of every record stands, member names included.
fn places(text: &str) -> Vec<Range<usize>> {
    let source = SourceText::new(0, text.to_owned());
    let mut found = Vec::new();
    let mut at = 0;
    while text[at..].contains('{') {
        let document = json::parse(&source, at + text[at..].find('{').unwrap());
        at = document.end();
        let mut open: Vec<json::Value<'_>> = document.root().into_iter().collect();
        while let Some(value) = open.pop() {
            for element in value.elements() {
                found.push(element.span().start as usize..element.span().end as usize);
                open.push(element);
            }
            for (key, member) in value.members() {
                found.push(key.span().start as usize..member.span().end as usize);
                open.push(member);
            }
        }
    }
    found
}

fn sampled<T>(changes: Vec<T>, most: usize) -> impl Iterator<Item = T> {
    let step = if std::env::var_os("EVERY_CHANGE").is_some() { 1 } else { changes.len().div_ceil(most).max(1) };
    changes.into_iter().step_by(step)
}

fn unchanged(changes_of: impl Fn(&str) -> Vec<(String, String)> + Sync) {
    let policies = policies();
    let names = names();
    let work = |names: Vec<&String>| {
        let mut wrong = Vec::new();
        for name in names {
            let text = text(name);
            let before = passes(&text, &policies);
            for (what, changed) in changes_of(&text) {
                for (after, before) in passes(&changed, &policies).iter().zip(&before) {
                    wrong.extend(after.difference(before).map(|pass| format!("{name}, {what}: {pass} passes now")));
                }
            }
        }
        wrong
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let work = &work;
        let workers: Vec<_> = (0..threads)
            .map(|turn| names.iter().skip(turn).step_by(threads).collect())
            .map(|names| scope.spawn(move || work(names)))
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

#[test]
fn without_an_entry_nothing_new_passes() {
    unchanged(|text| {
        let without = |place: Range<usize>| {
            let (before, after) = (text[..place.start].trim_end(), &text[place.end..]);
            let changed = match before.strip_suffix(',') {
                Some(before) => format!("{before}{after}"),
                None => format!("{before}{}", after.strip_prefix(',').unwrap_or(after)),
            };
            (format!("without `{}` at {}", shown(&text[place.clone()]), place.start), changed)
        };
        sampled(places(text), 30).map(without).collect()
    });
}

#[test]
fn an_entry_twice_passes_nothing_new() {
    unchanged(|text| {
        let doubled = |place: Range<usize>| {
            let entry = &text[place.clone()];
            let changed = format!("{}{entry},{entry}{}", &text[..place.start], &text[place.end..]);
            (format!("twice `{}` at {}", shown(entry), place.start), changed)
        };
        sampled(places(text), 12).map(doubled).collect()
    });
}

#[test]
fn cut_off_nothing_new_passes() {
    unchanged(|text| {
        let cuts = (0..text.len()).filter(|at| text.is_char_boundary(*at)).step_by(7).collect();
        sampled(cuts, 15).map(|at| (format!("cut at {at}"), text[..at].to_owned())).collect()
    });
}
