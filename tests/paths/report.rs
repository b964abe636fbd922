//! What a report carries of proven chains.

use std::fs;

use intransit::{CheckOptions, Input, Outcome, Report, check};
use serde_json::Value;

fn pki(file: &str) -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/pki/").to_owned() + file).unwrap()
}

fn options(roots: Option<&str>) -> CheckOptions {
    CheckOptions {
        at: "2026-11-22T10:00:00Z".to_owned(),
        now: "2026-11-22T10:00:00Z".to_owned(),
        host: Some("mail.example.com".to_owned()),
        roots: roots.map(str::to_owned),
        ..CheckOptions::default()
    }
}

fn judged(file: &str, roots: Option<&str>) -> Report {
    check(&[Input::new(file, pki(file).as_bytes())], &options(roots)).unwrap()
}

fn outcomes(report: &Report, rule: &str) -> Vec<Outcome> {
    let of_chain =
        report.findings.iter().filter(|finding| finding.rule == rule && finding.subject.certificate.is_some());
    of_chain.map(|finding| finding.outcome).collect()
}

#[test]
fn the_store_and_every_path_are_in_the_report() {
    let root = pki("chain-root.pem");
    let report = judged("chain.pem", Some(&root));
    let store = report.roots.as_ref().unwrap();
    assert_eq!((store.name.as_str(), store.source.as_str()), ("roots.pem", "as supplied"));
    assert_eq!(store.sha256, intransit::source::sha256_hex(root.as_bytes()));
    assert_eq!(report.chains.len(), 1);
    assert!(report.chains[0].trusted);
    assert!(
        report.chains[0].paths[0]
            .certificates
            .iter()
            .all(|sha256| { report.certificates.iter().any(|certificate| certificate.sha256 == *sha256) })
    );
    assert_eq!(outcomes(&report, "chain-unproven"), [Outcome::Pass]);
    assert!(report.reproduce.contains(" --roots roots.pem "), "{}", report.reproduce);
    let json = intransit::render::render(&report, "json").unwrap();
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), serde_json::to_value(&report).unwrap());
    assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
    assert_eq!(report.sha256(), report.result_sha256);
}

#[test]
fn without_roots_nothing_is_verified_and_nothing_passes() {
    let report = judged("chain.pem", None);
    assert_eq!((report.roots.as_ref(), report.chains.len()), (None, 0));
    assert_eq!(outcomes(&report, "chain-unproven"), [Outcome::Unknown]);
    assert!(!report.reproduce.contains("--roots"));
}

#[test]
fn the_roots_of_mozilla_are_named_by_date_and_hash() {
    let report = judged("chain.pem", Some("mozilla"));
    let store = report.roots.as_ref().unwrap();
    assert_eq!((store.name.as_str(), store.date.date().as_str()), ("Mozilla", "2026-10-23"));
    assert_eq!(outcomes(&report, "chain-unproven"), [Outcome::Fail]);
    assert!(report.reproduce.contains(" --roots mozilla "));
}

#[test]
fn roots_that_cannot_be_used_are_refused() {
    for (roots, words) in [
        ("", "expected `mozilla` or roots as PEM, DER or PKCS #7"),
        (pki("chain-leaf.pem").as_str(), "the roots `roots.pem`: "),
    ] {
        let problems =
            check(&[Input::new("chain.pem", pki("chain.pem").as_bytes())], &options(Some(roots))).unwrap_err();
        assert!(problems[0].message.starts_with(words), "{problems:?}");
    }
    let report = judged("chain.pem", Some(&pki("chain.pem")));
    assert_eq!(report.notes.len(), 2, "{:?}", report.notes);
    assert!(report.notes[0].ends_with("is no root: it was issued by `CN=Example Issuing CA, O=Example AG`"));
}

#[test]
fn every_document_names_the_roots() {
    let report = judged("chain.pem", Some("mozilla"));
    for format in ["text", "markdown", "html"] {
        let text = intransit::render::render(&report, format).unwrap();
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = words.join(" ");
        assert!(text.contains("roots Mozilla of 2026-10-23,"), "{format}");
        assert!(text.contains("0 of 1 chains verified"), "{format}");
        assert!(text.contains("is self-issued and not in the store"), "{format}: the nearest miss");
    }
}

#[test]
fn a_file_that_is_called_mozilla_is_not_taken_for_the_shipped_roots() {
    let mut options = options(Some(&pki("chain-root.pem")));
    options.roots_name = Some("mozilla".to_owned());
    let report = check(&[Input::new("chain.pem", pki("chain.pem").as_bytes())], &options).unwrap();
    assert!(report.reproduce.contains(" --roots ./mozilla "), "{}", report.reproduce);
}
