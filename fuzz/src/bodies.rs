//! What every fuzz target does: plain functions, which the tests call as well.
//!
//! Each takes any bytes and holds what must hold for all of them: no panic, places that are places of the text, no pass
//! without its words, no compliant verdict over something that was not read, and outputs that can be read again.

use std::sync::LazyLock;

use intransit::diagnostic::{Code, Diagnostic, Severity};
use intransit::evidence::Basis;
use intransit::formats::json;
use intransit::policy::{Level, PACKS, read_inventory};
use intransit::report::Finding;
use intransit::rules::RULES;
use intransit::source::{SourceText, Span};
use intransit::{
    CheckOptions, Clock, Declared, Evidence, Input, Outcome, Policy, RENDERERS, Reading, Report, Verdict, check,
    evaluate, read_declared,
};
use serde::Deserialize as _;
use serde_json::Value;

/// The instant that everything is judged at and from.
pub(crate) const NOW: &str = "2026-11-22T10:00:00Z";

/// What a target does with bytes.
pub(crate) type Body = fn(&[u8]);

/// What is fuzzed besides the readers.
pub(crate) const OTHERS: &[(&str, Body)] =
    &[("policy", policy), ("inventory", inventory), ("json", json_reader), ("check", whole_check)];

/// Runs the target of this name: one of the others, or else a reader.
pub(crate) fn run(target: &str, data: &[u8]) {
    let body = OTHERS.iter().find(|(name, _)| *name == target).map_or(report as Body, |(_, body)| *body);
    body(data);
}

/// What a supplier would state, so that what carries no time or host can be judged at all.
pub(crate) fn declared() -> Declared {
    Declared { collected: "2026-11-21T23:00:00Z".parse().ok(), host: Some("mail.example.com".to_owned()) }
}

/// Reads one input and judges it by every rule, and by the pack whose turn it is.
fn report(data: &[u8]) {
    static POLICIES: LazyLock<Vec<Policy>> = LazyLock::new(|| {
        let packs = PACKS.iter().map(|pack| pack.policy().expect("packs are whole"));
        packs.chain([every_rule()]).collect()
    });
    let reading = read_declared(&[Input::new("input", data)], &declared());
    reading_holds(&reading);
    let now = NOW.parse().expect("a time");
    let (every_rule, packs) = POLICIES.split_last().expect("there are policies");
    for policy in [every_rule, &packs[data.len() % packs.len()]] {
        let judged = evaluate(&reading.evidence, policy, Clock { at: now, now }, reading.diagnostics.clone());
        report_holds(&judged, &reading.texts);
    }
}

/// A policy of all rules at error level.
pub(crate) fn every_rule() -> Policy {
    let rules: Vec<String> = RULES.iter().map(|entry| setting(entry.about.id)).collect();
    policy_of("every-rule", &rules)
}

/// A policy of these settings.
pub(crate) fn policy_of(id: &str, rules: &[String]) -> Policy {
    let text = format!(r#"{{"id":"{id}","version":"1","rules":[{}]}}"#, rules.join(","));
    Policy::from_json(id, &text).expect("a policy")
}

/// A rule at error level.
pub(crate) fn setting(rule: &str) -> String {
    format!(r#"{{"rule":"{rule}","level":"error"}}"#)
}

/// What holds for everything that is read.
pub(crate) fn reading_holds(reading: &Reading) {
    let json = serde_json::to_value(&reading.evidence).expect("evidence is written");
    places_hold(&json, &reading.texts);
    let again: Evidence = serde_json::from_value(json).expect("evidence is read again");
    assert_eq!(again, reading.evidence, "evidence travels as JSON");
    diagnostics_hold(&reading.diagnostics, &reading.texts);
}

fn diagnostics_hold(diagnostics: &[Diagnostic], texts: &[String]) {
    for diagnostic in diagnostics {
        assert!(!diagnostic.message.is_empty() && diagnostic.message.len() < 20_000, "{diagnostic}");
    }
    places_hold(&serde_json::to_value(diagnostics).expect("diagnostics are written"), texts);
}

/// Every span in it, at any depth, is a place in the text of its source.
fn places_hold(value: &Value, texts: &[String]) {
    let sources = texts.iter().enumerate();
    let sources: Vec<SourceText> = sources.map(|(id, text)| SourceText::new(id as u32, text.clone())).collect();
    places_in(value, &sources);
}

fn places_in(value: &Value, sources: &[SourceText]) {
    match value {
        Value::Array(elements) => elements.iter().for_each(|element| places_in(element, sources)),
        Value::Object(members) => {
            if let Ok(span) = Span::deserialize(value) {
                let source = &sources[span.source as usize];
                let (start, end) = (span.start as usize, span.end as usize);
                assert!(
                    source.text().get(start..end).is_some(),
                    "{span:?} is no place in {} bytes",
                    source.text().len()
                );
                assert_eq!(source.span(start, end), span);
            }
            members.values().for_each(|member| places_in(member, sources));
        }
        _ => {}
    }
}

/// What holds for every report.
pub(crate) fn report_holds(report: &Report, texts: &[String]) {
    for finding in &report.findings {
        if finding.outcome == Outcome::Pass {
            assert!(is_shown(finding), "{} passes on nothing", finding.id);
            assert!(finding.gaps.is_empty(), "{} passes, and something is missing: {:?}", finding.id, finding.gaps);
        }
        assert!(!finding.summary.is_empty(), "{} says nothing", finding.id);
    }
    if report.verdict == Verdict::Compliant {
        let must = |outcome| {
            report.findings.iter().filter(move |finding| {
                finding.level == Level::Error && finding.outcome == outcome && !finding.is_accepted()
            })
        };
        assert!(must(Outcome::Pass).next().is_some(), "compliant without a pass");
        assert_eq!(must(Outcome::Fail).chain(must(Outcome::Unknown)).count(), 0, "compliant over what is not proven");
        assert!(report.scope.not_shown.is_empty(), "compliant over what was not shown: {:?}", report.scope.not_shown);
        let unread = |diagnostic: &&Diagnostic| {
            diagnostic.severity == Severity::Error && diagnostic.code != Code::PrivateKeyBlanked
        };
        let unread = report.diagnostics.iter().find(unread);
        assert!(unread.is_none(), "compliant over what was not read: {unread:?}");
        let unfinished = report.scans.iter().find(|scan| scan.completion.gap().is_some());
        assert!(unfinished.is_none(), "compliant over a scan that did not finish: {unfinished:?}");
    }
    places_hold(&serde_json::to_value(report).expect("a report is written"), texts);
    for renderer in RENDERERS {
        let written = (renderer.render)(report);
        assert!(!written.is_empty(), "{} writes nothing", renderer.id);
        if renderer.media_type.ends_with("json") {
            let read: Result<Value, _> = serde_json::from_str(&written);
            assert!(read.is_ok(), "{} writes what is no JSON", renderer.id);
        }
    }
    let again: Report = serde_json::from_str(&intransit::render::json(report)).expect("a report is read again");
    assert_eq!(again, *report, "reports travel as JSON");
}

/// Whether words of the input, or of the person who supplied it, stand behind a pass.
fn is_shown(finding: &Finding) -> bool {
    !finding.evidence.is_empty() || finding.basis == Some(Basis::Declared)
}

/// Reads a policy.
fn policy(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Policy::from_json("policy.json", text) {
        Ok(policy) => {
            let levels: Vec<Level> = policy.rules().map(|(_, level)| level).collect();
            assert!(levels.contains(&Level::Error), "a policy that nothing can fail");
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            assert!(problems.iter().all(|problem| problem.severity == Severity::Error));
        }
    }
}

/// Reads an inventory.
fn inventory(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match read_inventory(text) {
        Ok(flows) => assert!(
            flows.iter().all(|flow| !flow.any_of.is_empty() || flow.between.len() == 2),
            "a flow that nothing can show"
        ),
        Err(problems) => assert!(!problems.is_empty()),
    }
}

/// Reads JSON, broken or not, and holds it against another reader.
fn json_reader(data: &[u8]) {
    let source = SourceText::new(0, String::from_utf8_lossy(data).into_owned());
    let document = json::parse(&source, 0);
    assert!(document.end() <= source.text().len());
    if let Some(root) = document.root() {
        value_holds(root, &source);
    }
    let rest = source.text().get(document.end()..).unwrap_or("");
    if rest.trim().is_empty() && document.is_intact() {
        // What both read is the same; numbers beyond its range the other one refuses.
        if let (Some(root), Ok(other)) = (document.root(), serde_json::from_str::<Value>(source.text())) {
            same(root, &other);
        }
    } else if serde_json::from_str::<Value>(source.text()).is_ok() {
        let problems = document.diagnostics();
        assert!(problems.iter().all(|problem| problem.message.contains("nest")), "found fault with JSON: {problems:?}");
    }
    diagnostics_hold(document.diagnostics(), &[source.text().to_owned()]);
}

fn value_holds(root: json::Value<'_>, source: &SourceText) {
    let outer = root.span();
    for child in root.elements().chain(root.members().flat_map(|(key, member)| [key, member])) {
        let inner = child.span();
        assert!(outer.start <= inner.start && inner.end <= outer.end, "{inner:?} is not in {outer:?}");
        assert!(source.text().get(inner.start as usize..inner.end as usize).is_some(), "{inner:?} cuts a character");
        if let Some(text) = child.as_str() {
            let within = child.string_span(0..text.len());
            assert!(inner.start <= within.start && within.end <= inner.end, "{within:?} is not in {inner:?}");
        }
        value_holds(child, source);
    }
}

fn same(ours: json::Value<'_>, other: &Value) {
    match other {
        Value::Array(elements) => {
            assert_eq!(ours.elements().count(), elements.len());
            ours.elements().zip(elements).for_each(|(ours, other)| same(ours, other));
        }
        Value::Object(members) => {
            for (name, other) in members {
                assert!(ours.get(name).is_some(), "`{name}` is not there");
                if let Some(ours) = ours.only(name) {
                    same(ours, other);
                }
            }
        }
        Value::String(text) => assert_eq!(ours.as_str().as_deref(), Some(text.as_str())),
        Value::Bool(value) => assert_eq!(ours.as_bool(), Some(*value)),
        Value::Number(_) => assert_eq!(ours.kind(), json::Kind::Number),
        Value::Null => assert_eq!(ours.kind(), json::Kind::Null),
    }
}

/// The whole path in one call. Lines of `=====` divide the bytes into a policy, an inventory, and inputs.
fn whole_check(data: &[u8]) {
    const DIVIDER: &[u8] = b"\n=====\n";
    let mut parts = Vec::new();
    let mut rest = data;
    while let Some(at) = rest.windows(DIVIDER.len()).position(|window| window == DIVIDER) {
        parts.push(&rest[..at]);
        rest = &rest[at + DIVIDER.len()..];
    }
    parts.push(rest);
    let text = |part: Option<&&[u8]>| {
        part.map(|part| String::from_utf8_lossy(part).into_owned()).filter(|text| !text.is_empty())
    };
    let inputs: Vec<Input<'_>> = parts.iter().skip(2).map(|part| Input::new("input", part)).collect();
    let options = CheckOptions {
        at: NOW.to_owned(),
        now: NOW.to_owned(),
        policy: text(parts.first()),
        inventory: text(parts.get(1)),
        collected: Some("2026-11-21T23:00:00Z".to_owned()),
        host: Some("mail.example.com".to_owned()),
        ..CheckOptions::default()
    };
    match check(&inputs, &options) {
        Ok(report) => {
            let texts = read_declared(&inputs, &declared()).texts;
            report_holds(&report, &texts);
        }
        Err(problems) => assert!(problems.iter().any(|problem| problem.severity == Severity::Error), "{problems:?}"),
    }
}
