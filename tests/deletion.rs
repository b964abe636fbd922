//! Missing evidence is unknown: whatever is taken away from a report, nothing passes that did not pass before.
//!
//! Every entry of every fixture is deleted in turn, at every depth; every text is cut at many places; entries are
//! doubled and lists turned round. What is alike is sampled, and the packs take turns, to keep this short;
//! `EVERY_CHANGE=1` leaves nothing out.
#![expect(clippy::disallowed_methods, reason = "the fixtures are files")]

mod common;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{Fixture, NOW, fixtures};
use intransit::formats::json;
use intransit::policy::PACKS;
use intransit::report::Outcome;
use intransit::rules::RULES;
use intransit::source::SourceText;
use intransit::{Clock, Declared, Input, Policy, Verdict, evaluate, read_declared};

/// Every shipped pack; every rule at error level; and the rules about the wire alone, by which fixtures are compliant.
fn policies() -> Vec<Policy> {
    let all: Vec<String> = RULES.iter().map(|entry| setting(entry.about.id)).collect();
    let wire = ["obsolete-protocol", "no-forward-secrecy", "broken-cipher", "evidence-too-old"].map(setting);
    let written = [("all", all.join(",")), ("wire", wire.join(","))];
    let written = written.map(|(id, rules)| format!(r#"{{"id":"{id}","version":"1","rules":[{rules}]}}"#));
    let texts = PACKS.iter().map(|pack| pack.json).chain(written.iter().map(String::as_str));
    texts.map(|text| Policy::from_json("test", text).unwrap()).collect()
}

fn setting(rule: &str) -> String {
    format!(r#"{{"rule":"{rule}","level":"error"}}"#)
}

/// What one policy makes of a text: its verdict, and what passes, by rule, facet and certificate.
#[derive(PartialEq)]
struct Answer {
    verdict: Verdict,
    passes: BTreeSet<String>,
}

fn answers<'a>(text: &str, policies: impl IntoIterator<Item = &'a Policy>) -> Vec<Answer> {
    // The flat form carries no time: without one, nothing of it could be compliant, and nothing would be tested.
    let collected = "2026-11-21T23:00:00Z".parse().ok();
    let reading =
        read_declared(&[Input::new("report.json", text.as_bytes())], &Declared { collected, ..Declared::default() });
    let now = NOW.parse().unwrap();
    policies
        .into_iter()
        .map(|policy| {
            let report = evaluate(&reading.evidence, policy, Clock { at: now, now }, reading.diagnostics.clone());
            let passed = report.findings.iter().filter(|finding| finding.outcome == Outcome::Pass);
            let name = |finding: &intransit::report::Finding| {
                format!("{} {:?} {:?}", finding.rule, finding.facet, finding.subject.certificate)
            };
            Answer { verdict: report.verdict, passes: passed.map(name).collect() }
        })
        .collect()
}

/// A changed text, and what was done to it.
struct Change {
    what: String,
    text: String,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Something that was said is not there any more.
    Lost,
    /// The end is not there any more.
    Cut,
    /// The same is said, in another order or twice.
    Same,
}

/// What is wrong with the answers to a changed text.
fn wrong(change: &Change, before: &[Answer], judges: &[(usize, &Policy)]) -> Vec<String> {
    let mut wrong = Vec::new();
    let after = answers(&change.text, judges.iter().map(|(_, policy)| *policy));
    for (after, (position, policy)) in after.iter().zip(judges) {
        let before = &before[*position];
        let mut say = |words: String| wrong.push(format!("{}, by {}: {words}", change.what, policy.reference.id));
        for pass in after.passes.difference(&before.passes) {
            say(format!("{pass} passes now"));
        }
        let became = after.verdict == Verdict::Compliant && before.verdict != Verdict::Compliant;
        if became || change.kind == Kind::Cut && after.verdict == Verdict::Compliant {
            say("the verdict is compliant".to_owned());
        }
        if change.kind == Kind::Same && after.verdict != before.verdict {
            say(format!("the verdict is {:?} and was {:?}", after.verdict, before.verdict));
        }
    }
    wrong
}

/// The fixtures, and what they would be if the scanner had been told to look less hard: one option says so.
fn reports() -> Vec<Fixture> {
    let mut reports = fixtures();
    let modern = reports.iter().find(|fixture| fixture.name == "testssl-3.0.8/modern-pretty").unwrap();
    let limited = ["--ssl-native", "--fast"].map(|option| Fixture {
        name: format!("{} with {option}", modern.name),
        text: modern.text.replace(" --warnings off", &format!(" {option} --warnings off")),
    });
    reports.extend(limited);
    reports
}

fn check(changes_of: impl Fn(&Fixture) -> Vec<Change> + Sync) {
    let policies = policies();
    let fixtures = reports();
    let before: Vec<Vec<Answer>> = fixtures.iter().map(|fixture| answers(&fixture.text, &policies)).collect();
    assert!(before.iter().flatten().any(|answer| answer.verdict == Verdict::Compliant), "nothing could be lost");
    let changes: Vec<(usize, Change)> = fixtures
        .iter()
        .enumerate()
        .flat_map(|(at, fixture)| changes_of(fixture).into_iter().map(move |change| (at, change)))
        .collect();
    assert!(changes.len() > fixtures.len());
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        loop {
            let turn = next.fetch_add(1, Ordering::Relaxed);
            let Some((at, change)) = changes.get(turn) else { break };
            let wrong = wrong(change, &before[*at], &judges(&policies, turn));
            found.extend(wrong.into_iter().map(|words| format!("{}: {words}", fixtures[*at].name)));
        }
        found
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let found: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(found.is_empty(), "{} of {} changes:\n{}", found.len(), changes.len(), found.join("\n"));
}

/// Every `step`th of them, or all.
fn sampled<T>(changes: Vec<T>, step: usize) -> impl Iterator<Item = T> {
    changes.into_iter().step_by(if every_change() { 1 } else { step })
}

fn every_change() -> bool {
    std::env::var_os("EVERY_CHANGE").is_some()
}

/// The policies that judge a change, with their positions: those that have every rule or can be met, and one pack.
fn judges(policies: &[Policy], turn: usize) -> Vec<(usize, &Policy)> {
    let chosen = |position: usize| position >= PACKS.len() || position == turn % PACKS.len() || every_change();
    policies.iter().enumerate().filter(|(position, _)| chosen(*position)).collect()
}

/// An entry of a list or a member of an object: where it stands, with its key.
fn entries(value: json::Value<'_>, path: &str, found: &mut Vec<(String, Range<usize>, bool)>) {
    let range = |from: json::Value<'_>, to: json::Value<'_>| from.span().start as usize..to.span().end as usize;
    for (position, element) in value.elements().enumerate() {
        let path = format!("{path}/{position}");
        found.push((path.clone(), range(element, element), true));
        entries(element, &path, found);
    }
    for (key, member) in value.members() {
        let path = format!("{path}/{}", key.as_str().unwrap());
        found.push((path.clone(), range(key, member), false));
        entries(member, &path, found);
    }
}

fn places(text: &str) -> Vec<(String, Range<usize>, bool)> {
    let source = SourceText::new(0, text.to_owned());
    let document = json::parse(&source, 0);
    let mut found = Vec::new();
    entries(document.root().unwrap(), "", &mut found);
    found
}

/// The text without one entry and one of the commas beside it.
fn without(text: &str, range: &Range<usize>) -> String {
    let (before, after) = (&text[..range.start], &text[range.end..]);
    let (left, right) = (before.trim_end(), after.trim_start());
    let changed = match (right.strip_prefix(','), left.strip_suffix(',')) {
        (Some(right), _) => format!("{before}{right}"),
        (None, Some(left)) => format!("{left}{after}"),
        (None, None) => format!("{before}{after}"),
    };
    assert!(serde_json::from_str::<serde_json::Value>(&changed).is_ok(), "a test that breaks JSON: {changed}");
    changed
}

#[test]
fn without_an_entry_nothing_new_passes() {
    check(|fixture| {
        let deleted = |(path, range, _): (String, Range<usize>, bool)| Change {
            what: format!("without {path}"),
            text: without(&fixture.text, &range),
            kind: Kind::Lost,
        };
        let (members, rest): (Vec<_>, Vec<_>) = places(&fixture.text)
            .into_iter()
            .partition(|(path, _, is_element)| !is_element && path.matches('/').count() > 1);
        rest.into_iter().chain(sampled(members, 11)).map(deleted).collect()
    });
}

#[test]
fn cut_off_nothing_new_passes() {
    const STEP: usize = 97;
    check(|fixture| {
        let text = &fixture.text;
        let line_ends = text.match_indices('\n').map(|(at, _)| at).collect();
        let within_lines = (0..text.len()).step_by(STEP).collect();
        let cuts: BTreeSet<usize> = sampled(within_lines, 3).chain(sampled(line_ends, 11)).collect();
        let whole = text.trim_end().len();
        cuts.into_iter()
            .filter(|at| *at < whole && text.is_char_boundary(*at))
            .map(|at| Change { what: format!("cut at {at}"), text: text[..at].to_owned(), kind: Kind::Cut })
            .collect()
    });
}

#[test]
fn said_twice_or_backwards_is_the_same() {
    check(|fixture| {
        let text = &fixture.text;
        let mut changes = Vec::new();
        let elements = places(text).into_iter().filter(|(.., is_element)| *is_element).collect();
        for (path, range, _) in sampled(elements, 3) {
            let (before, entry, after) = (&text[..range.start], &text[range.clone()], &text[range.end..]);
            changes.push(Change {
                what: format!("{path} twice"),
                text: format!("{before}{entry},{entry}{after}"),
                kind: Kind::Same,
            });
        }
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        let mut lists = Vec::new();
        list_paths(&value, String::new(), &mut lists);
        for path in lists {
            let mut value = value.clone();
            value.pointer_mut(&path).unwrap().as_array_mut().unwrap().reverse();
            changes.push(Change { what: format!("`{path}` backwards"), text: value.to_string(), kind: Kind::Same });
        }
        changes
    });
}

fn list_paths(value: &serde_json::Value, path: String, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Array(elements) => {
            for (position, element) in elements.iter().enumerate() {
                list_paths(element, format!("{path}/{position}"), found);
            }
            found.push(path);
        }
        serde_json::Value::Object(members) => {
            for (key, member) in members {
                list_paths(member, format!("{path}/{key}"), found);
            }
        }
        _ => {}
    }
}
