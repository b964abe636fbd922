//! Whatever is taken away from a report, said twice or cut off: nothing passes that did not pass before.
//!
//! What is alike is sampled, to keep this short; `EVERY_CHANGE=1` leaves nothing out.

use std::collections::BTreeSet;
use std::ops::Range;

use intransit::diagnostic::Severity;
use intransit::policy::PACKS;
use intransit::report::Outcome;
use intransit::rules::RULES;
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
    let collected = "2026-11-21T23:00:00Z".parse().ok();
    let declared = Declared { collected, ..Declared::default() };
    let reading = read_declared(&[Input::new("report", text.as_bytes())], &declared);
    let now = NOW.parse().unwrap();
    let judged = policies.iter().map(|policy| {
        let report = evaluate(&reading.evidence, policy, Clock { at: now, now }, reading.diagnostics.clone());
        assert_ne!(report.verdict, Verdict::Compliant, "{}", policy.reference.id);
        let passed = report.findings.iter().filter(|finding| finding.outcome == Outcome::Pass);
        passed.map(|found| format!("{} {:?} {:?}", found.rule, found.facet, found.subject.certificate)).collect()
    });
    judged.collect()
}

/// The places of everything in a report that can be taken away by itself.
fn places(name: &str, text: &str) -> Vec<Range<usize>> {
    if !name.ends_with(".xml") {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        return starts.zip(ends).map(|(start, end)| start..end).collect();
    }
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
    let document = roxmltree::Document::parse_with_options(text, options).unwrap();
    let inner = document.root_element().descendants().skip(1);
    let mut places: Vec<Range<usize>> =
        inner.clone().filter(|node| node.is_element()).map(|node| node.range()).collect();
    places.extend(inner.flat_map(|node| node.attributes().map(|attribute| attribute.range()).collect::<Vec<_>>()));
    places.extend(document.root_element().attributes().map(|attribute| attribute.range()));
    places
}

/// A line of a certificate: twice, it makes another certificate.
fn is_base64(line: &str) -> bool {
    let words = line.trim();
    words.len() > 16 && words.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
}

fn sampled<T>(changes: Vec<T>, most: usize) -> impl Iterator<Item = T> {
    let step = if std::env::var_os("EVERY_CHANGE").is_some() { 1 } else { changes.len().div_ceil(most).max(1) };
    changes.into_iter().step_by(step)
}

/// Judges every changed text of every report, on all processors.
fn unchanged(changes_of: impl Fn(&str, &str) -> Vec<(String, String)> + Sync) {
    let policies = policies();
    let names = names();
    let work = |names: Vec<&String>| {
        let mut wrong = Vec::new();
        for name in names {
            let text = text(name);
            let before = passes(&text, &policies);
            for (what, changed) in changes_of(name, &text) {
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

#[test]
fn without_an_entry_nothing_new_passes() {
    unchanged(|name, text| {
        let without = |place: Range<usize>| {
            let lost: String = text[place.clone()].chars().take(60).collect();
            (format!("without `{lost}` at {}", place.start), format!("{}{}", &text[..place.start], &text[place.end..]))
        };
        sampled(places(name, text), 30).map(without).collect()
    });
}

#[test]
fn an_entry_twice_passes_nothing_new() {
    unchanged(|name, text| {
        let doubled = |place: Range<usize>| {
            let entry = &text[place.clone()];
            let shown: String = entry.chars().take(60).collect();
            let changed = format!("{}{entry} {entry}{}", &text[..place.start], &text[place.end..]);
            (format!("twice `{shown}` at {}", place.start), changed)
        };
        let places = places(name, text).into_iter().filter(|place| !is_base64(&text[place.clone()])).collect();
        sampled(places, 12).map(doubled).collect()
    });
}

#[test]
fn cut_off_nothing_new_passes() {
    unchanged(|_, text| {
        let cuts = (0..text.len()).filter(|at| text.is_char_boundary(*at)).step_by(13).collect();
        sampled(cuts, 12).map(|at| (format!("cut at {at}"), text[..at].to_owned())).collect()
    });
}

#[test]
fn a_report_that_is_cut_off_is_not_finished() {
    for name in names() {
        let text = text(&name);
        let whole = text.trim_end().len();
        for at in sampled((1..whole).filter(|at| text.is_char_boundary(*at)).collect(), 60) {
            let reading = super::reading(&text[..at]);
            let finished = reading.evidence.scans.iter().all(|scan| scan.completion.gap().is_none());
            let said = reading.diagnostics.iter().any(|note| note.severity == Severity::Error);
            assert!(!finished || said || super::may_end(&name, &text, at), "{name} cut at {at}");
        }
    }
}
