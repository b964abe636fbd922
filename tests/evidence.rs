//! Evidence as a document: what was read of any report says the same when it is read back, and cannot be changed.

#![expect(clippy::disallowed_methods, reason = "the fixtures are files")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use intransit::diagnostic::{Code, Severity};
use intransit::policy::PACKS;
use intransit::{Clock, Input, Outcome, Reading, Report, Timestamp, Verdict, evaluate, read};

fn now() -> Timestamp {
    "2026-11-22T10:00:00Z".parse().unwrap()
}

fn judged(reading: &Reading) -> Vec<Report> {
    let clock = Clock { at: now(), now: now() };
    let report = |pack: &intransit::policy::Pack| {
        evaluate(&reading.evidence, &pack.policy().unwrap(), clock, reading.diagnostics.clone())
    };
    PACKS.iter().map(report).collect()
}

fn again(document: &str) -> Reading {
    read(&[Input::new("evidence.json", document.as_bytes())])
}

/// What was decided, with the words of the answer.
fn answers(report: &Report) -> BTreeSet<(String, Outcome, String)> {
    let answer = |finding: &intransit::report::Finding| (finding.id.clone(), finding.outcome, finding.summary.clone());
    report.findings.iter().map(answer).collect()
}

fn fixtures() -> Vec<(String, Vec<u8>)> {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut found: Vec<PathBuf> = Vec::new();
    let mut folders = vec![cases.join("formats"), cases.join("pki")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if !name.ends_with(".md") && !name.ends_with(".expected.json") {
                found.push(path);
            }
        }
    }
    found.sort();
    let named = |path: PathBuf| (path.to_string_lossy().into_owned(), std::fs::read(&path).unwrap());
    found.into_iter().map(named).collect()
}

#[test]
fn what_is_read_back_is_judged_as_what_was_read() {
    let mut read_back = 0;
    for (name, bytes) in fixtures() {
        let first = read(&[Input::new(&name, &bytes)]);
        let document = first.evidence.to_document(&first.diagnostics);
        assert!(document.is_ascii() && !document.contains('\n'), "{name}");
        let second = again(&document);
        assert!(
            second.diagnostics.iter().all(|note| note.code != Code::UnknownValue),
            "{name}: {:?}",
            second.diagnostics
        );
        // What could not be read is a scan of nothing there, so that it stays lost.
        assert!(second.evidence.scans.len() >= first.evidence.scans.len().max(1), "{name}: {:?}", second.diagnostics);
        for (before, after) in judged(&first).iter().zip(&judged(&second)) {
            assert_eq!(before.verdict, after.verdict, "{name} by {}", before.policy.id);
            if !first.diagnostics.iter().any(|note| note.severity == Severity::Error) {
                assert_eq!(answers(before), answers(after), "{name} by {}", before.policy.id);
            }
        }
        read_back += 1;
    }
    assert!(read_back > 40, "{read_back}");
}

#[test]
fn what_could_not_be_read_stays_lost() {
    let good = include_bytes!("cases/formats/testssl-3.0.8/modern-pretty.json");
    let clock = Clock { at: now(), now: now() };
    let policy = intransit::Policy::from_json(
        "policy.json",
        r#"{"id":"p","version":"1","rules":[{"rule":"obsolete-protocol","level":"error"}]}"#,
    )
    .unwrap();
    let verdict = |reading: &Reading| evaluate(&reading.evidence, &policy, clock, reading.diagnostics.clone()).verdict;
    let whole = read(&[Input::new("good.json", good)]);
    assert_eq!(verdict(&again(&whole.evidence.to_document(&whole.diagnostics))), Verdict::Compliant);
    for bad in [&b"{\"Invocation\": [1"[..], b"something else", b""] {
        let beside = read(&[Input::new("good.json", good), Input::new("bad", bad)]);
        let document = beside.evidence.to_document(&beside.diagnostics);
        assert_eq!(verdict(&again(&document)), Verdict::Indeterminate, "{}", String::from_utf8_lossy(bad));
    }
}

#[test]
fn a_document_that_was_changed_is_not_read() {
    let report = include_bytes!("cases/formats/testssl-3.0.8/tls10-flat.json");
    let reading = read(&[Input::new("report.json", report)]);
    let document = reading.evidence.to_document(&reading.diagnostics);
    for (what, changed) in [
        ("a value", document.replace("TLSv1.0", "TLSv1.3")),
        ("an element", document.replacen(r#"{"value":"TLSv1.0""#, r#"{"value":"TLSv1.2""#, 1)),
        ("the end", document[..document.len() - 80].to_owned()),
        ("a member behind the seal", document.replace("\"}", "\",\"x\":1}")),
    ] {
        assert_ne!(changed, document, "{what}");
        let found = again(&changed);
        assert!(found.evidence.scans.is_empty(), "{what}");
        assert!(found.diagnostics.iter().any(|note| note.severity == Severity::Error), "{what}");
    }
    let spaced = document.replace(":{", " :\r\n{");
    assert_eq!(again(&spaced).evidence.scans.len(), reading.evidence.scans.len());
}

#[test]
fn documents_stand_on_lines() {
    let line = |report: &[u8]| {
        let reading = read(&[Input::new("report", report)]);
        reading.evidence.to_document(&reading.diagnostics)
    };
    let lines = [
        line(include_bytes!("cases/formats/testssl-3.0.8/tls10-flat.json")),
        line(include_bytes!("cases/formats/testssl-3.0.8/modern-pretty.json")),
    ];
    let found = again(&lines.join("\n"));
    assert_eq!((found.evidence.scans.len(), found.diagnostics.len()), (2, 0), "{:?}", found.diagnostics);
}
