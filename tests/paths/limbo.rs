//! The path cases of C2SP/x509-limbo, where the suite is at hand: `LIMBO` names its file, or it lies beside the
//! repository. Every case that is judged otherwise than the suite wants stands in `limbo-divergences.tsv`, with the
//! reason; a line there that is not true any more fails as well.

use std::collections::BTreeMap;
use std::fs;

use intransit::pki::path::{ChainAnswer, Purpose, Question, TrustStore, prove};
use intransit::pki::pem::{self, Label};
use intransit::pki::{ParsedCertificate, parse_host};
use intransit::source::SourceText;
use intransit::{CheckOptions, Input, Outcome, Report, Timestamp, Verdict, check};
use serde_json::Value;

const DIVERGENCES: &str = include_str!("limbo-divergences.tsv");

pub(crate) fn certificate(text: &str) -> Result<ParsedCertificate, String> {
    let source = SourceText::new(0, text.to_owned());
    let blocks = pem::scan(&source, 0, text.len(), &mut Vec::new());
    let block = blocks.into_iter().find(|block| block.label == Label::Certificate).ok_or("no certificate")?;
    ParsedCertificate::from_der(&block.der).map_err(|error| error.to_string())
}

fn certificates(case: &Value, field: &str) -> Vec<ParsedCertificate> {
    let list = case[field].as_array().unwrap();
    list.iter().filter_map(|pem| certificate(pem.as_str().unwrap()).ok()).collect()
}

/// What this project says of a case; the error is a leaf that cannot be read at all.
fn answer(case: &Value) -> Result<ChainAnswer, String> {
    let roots = certificates(case, "trusted_certs");
    answer_by(case, &TrustStore::of_certificates("limbo", instant(case), "x509-limbo", String::new(), roots))
}

fn instant(case: &Value) -> Timestamp {
    case["validation_time"].as_str().unwrap_or("2026-11-22T00:00:00Z").parse().unwrap()
}

fn answer_by(case: &Value, store: &TrustStore) -> Result<ChainAnswer, String> {
    let at = instant(case);
    let leaf = certificate(case["peer_certificate"].as_str().unwrap())?;
    let others = certificates(case, "untrusted_intermediates");
    let host = case["expected_peer_name"]["value"].as_str().map(|name| parse_host(name).unwrap());
    let others: Vec<&ParsedCertificate> = others.iter().collect();
    let purpose = if case["validation_kind"] == "CLIENT" { Purpose::Client } else { Purpose::Server };
    Ok(prove(&Question { leaf: &leaf, others: &others, store, at, host: host.as_ref(), purpose }))
}

/// Whether an answer differs from what the suite wants in the way that the list says; the error is what it does.
fn differs(
    case: &Value,
    answer: &Result<ChainAnswer, String>,
    known: Option<(&str, &str)>,
) -> Result<(), &'static str> {
    let is_trusted = answer.as_ref().is_ok_and(|answer| answer.trusted);
    let found = match (case["expected_result"] == "SUCCESS", !is_trusted) {
        (true, true) => "refused",
        (false, false) => "accepted",
        _ => "right",
    };
    let as_listed = match known {
        None => found == "right",
        Some(("told", words)) => found == "accepted" && judged_by_the_profile(case, Outcome::Fail, words),
        Some(("open", words)) => found == "accepted" && judged_by_the_profile(case, Outcome::Unknown, words),
        Some((how, _)) => found == how,
    };
    if as_listed { Ok(()) } else { Err(found) }
}

/// Whether the pack of the profile judges the certificates of a case so, all of them shown, in these words.
fn judged_by_the_profile(case: &Value, outcome: Outcome, words: &str) -> bool {
    let report = by_the_profile(case, &["untrusted_intermediates", "trusted_certs"], None);
    report.findings.iter().any(|finding| finding.outcome == outcome && finding.summary.contains(words))
}

/// What the pack of the profile says of a leaf with the certificates of these lists.
fn by_the_profile(case: &Value, lists: &[&str], roots: Option<&str>) -> Report {
    let mut input = case["peer_certificate"].as_str().unwrap().to_owned();
    for list in lists {
        input.extend(case[list].as_array().unwrap().iter().map(|pem| pem.as_str().unwrap()));
    }
    let at = instant(case).to_string();
    let options = CheckOptions {
        at: at.clone(),
        now: at,
        policy: Some("cabf-tls-br-2.2.6".to_owned()),
        host: case["expected_peer_name"]["value"].as_str().map(str::to_owned),
        roots: roots.map(str::to_owned),
        ..CheckOptions::default()
    };
    check(&[Input::new("chain.pem", input.as_bytes())], &options).unwrap()
}

/// Why a case is not for this judge.
fn out_of_scope(case: &Value) -> Option<&'static str> {
    let features = case["features"].as_array().unwrap();
    if features.iter().any(|feature| feature == "has-crl") {
        return Some("revocation lists are not read");
    }
    if features.iter().any(|feature| feature == "max-chain-depth") {
        return Some("the depth is no argument");
    }
    None
}

/// The suite, if it is at hand.
fn suite() -> Option<Value> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/suites/limbo-core.json");
    let path = std::env::var("LIMBO").unwrap_or_else(|_| beside.to_owned());
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("SKIPPED: x509-limbo is not at hand; name its file in LIMBO");
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

#[test]
fn chains_of_large_sites_lead_to_roots_that_mozilla_still_trusts() {
    let Some(limbo) = suite() else { return };
    let mozilla = TrustStore::mozilla();
    let mut count = 0;
    for case in limbo["testcases"].as_array().unwrap() {
        let id = case["id"].as_str().unwrap();
        if !id.starts_with("online::") {
            continue;
        }
        let answer = answer_by(case, &mozilla).unwrap();
        assert!(answer.trusted, "{id}: {answer:#?}");
        // Their CAs follow the Baseline Requirements: where a rule says otherwise, the rule is wrong.
        let report = by_the_profile(case, &["untrusted_intermediates"], Some("mozilla"));
        assert_eq!(report.verdict, Verdict::Compliant, "{id}: {:?}", report.reasons);
        count += 1;
    }
    assert_eq!(count, 14);
}

#[test]
fn every_divergence_is_known() {
    let Some(limbo) = suite() else { return };
    let known: BTreeMap<&str, (&str, &str)> = DIVERGENCES
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .map(|cells| match cells[..] {
            [id, how, reason] if !reason.is_empty() => (id, (how, reason)),
            _ => panic!("expected id, how and reason, found {cells:?}"),
        })
        .collect();
    let (mut run, mut skipped, mut wrong) = (0, 0, Vec::new());
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for case in limbo["testcases"].as_array().unwrap() {
        let id = case["id"].as_str().unwrap();
        if let Some(why) = out_of_scope(case) {
            skipped += 1;
            println!("{id}: out of scope, {why}");
            continue;
        }
        run += 1;
        let answer = answer(case);
        let listed = known.get(id).copied();
        *counts.entry(listed.map_or("right", |(how, _)| how)).or_default() += 1;
        if let Err(found) = differs(case, &answer, listed) {
            let answer = answer.map(|answer| serde_json::to_string_pretty(&answer).unwrap());
            wrong.push(format!("{id}\t{found}\n{}\n{}", case["description"], answer.unwrap_or_else(|why| why)));
        }
    }
    let ids: Vec<&str> = known.keys().copied().collect();
    let cases = limbo["testcases"].as_array().unwrap();
    assert!(
        ids.iter().all(|id| cases.iter().any(|case| case["id"] == **id)),
        "the list names cases that are not there"
    );
    println!("x509-limbo: {run} cases, {counts:?}; {skipped} out of scope");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
