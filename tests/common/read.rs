//! What the tests over the reports of several scanners share: where they are, how they are read, what is said of them.

use intransit::diagnostic::Severity;
use intransit::evidence::{Endpoint, Subject};
use intransit::report::Report;
use intransit::{CheckOptions, Evidence, Input, Reading, check};

/// The instant that the fixtures are judged at and from: the morning after they were made.
pub(crate) const NOW: &str = "2026-11-22T10:00:00Z";

/// When they were made, where they do not say it.
pub(crate) const COLLECTED: &str = "2026-11-22T05:40:00Z";

/// The files in these folders that are meant: `sslscan-2.0.7/modern.xml`.
pub(crate) fn names_in(folders: &[&str], is_meant: impl Fn(&str) -> bool) -> Vec<String> {
    let names = folders.iter().flat_map(|folder| {
        let entries = std::fs::read_dir(path(folder)).unwrap();
        entries.map(move |entry| format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap()))
    });
    let mut names: Vec<String> = names.filter(|name| is_meant(name)).collect();
    names.sort();
    names
}

fn path(name: &str) -> String {
    format!("{}/tests/cases/formats/{name}", env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(crate) fn reading(text: &str) -> Reading {
    intransit::read(&[Input::new("report", text.as_bytes())])
}

/// What is read from a report that has no errors.
pub(crate) fn evidence(name: &str) -> Evidence {
    let reading = reading(&text(name));
    let errors: Vec<_> = reading.diagnostics.iter().filter(|note| note.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{name}: {errors:?}");
    let again: Evidence = serde_json::from_str(&serde_json::to_string(&reading.evidence).unwrap()).unwrap();
    assert_eq!(reading.evidence, again, "evidence travels as JSON");
    reading.evidence
}

pub(crate) fn endpoints(evidence: &Evidence) -> impl Iterator<Item = &Endpoint> {
    evidence.scans.iter().flat_map(|scan| &scan.subjects).filter_map(|subject| match subject {
        Subject::Endpoint(endpoint) => Some(endpoint.as_ref()),
        Subject::Chain(_) | Subject::Revocation(_) => None,
    })
}

pub(crate) fn judge(text: &str, pack: &str) -> Report {
    let options = CheckOptions {
        at: NOW.to_owned(),
        now: NOW.to_owned(),
        collected: Some(COLLECTED.to_owned()),
        policy: Some(pack.to_owned()),
        ..CheckOptions::default()
    };
    check(&[Input::new("report", text.as_bytes())], &options).unwrap()
}
