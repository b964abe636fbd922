//! Whatever is taken away from a report, nothing passes that did not pass before. `EVERY_CHANGE=1` leaves nothing out.

use crate::json_paths::{collect, remove};
use std::collections::BTreeMap;

use intransit::policy::PACKS;
use intransit::report::{Outcome, Verdict};
use intransit::{Clock, Input, Policy, evaluate, read};
use serde_json::{Value, json};

use super::{NOW, result, value};

/// A report whose server is good, and what no reader looks at left out.
fn good() -> Value {
    let mut report: Value = value("sslyze-5.2.0/go");
    strip(&mut report);
    report
}

#[test]
fn a_good_server_gets_no_new_pass() {
    check(&good(), "", "");
}

#[test]
fn one_bad_suite_is_not_forgotten() {
    let mut bad_suite = good();
    accept(&mut bad_suite, "tls_1_2_cipher_suites", "TLS_RSA_WITH_3DES_EDE_CBC_SHA");
    check(&bad_suite, "broken-cipher", "tls_1_2_cipher_suites");
}

#[test]
fn one_bad_version_is_not_forgotten() {
    let mut bad_version = good();
    accept(&mut bad_version, "tls_1_0_cipher_suites", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA");
    check(&bad_version, "obsolete-protocol", "tls_1_0_cipher_suites");
}

/// Without any one entry of the results of `command` (of the report, where it is empty), nothing new passes; `rule` does
/// not pass to begin with.
fn check(report: &Value, rule: &str, command: &str) {
    let policies: Vec<Policy> = PACKS.iter().map(|pack| pack.policy().unwrap()).collect();
    let before = passes(report, &policies);
    assert!(before.keys().all(|(_, known, _, _)| known != rule), "{before:?}");
    let mut paths = Vec::new();
    collect(report, &mut Vec::new(), &mut paths);
    paths.retain(|path| path.iter().any(|step| step.contains(command)));
    // The refused suites are alike.
    let (refused, others): (Vec<_>, Vec<_>) =
        paths.into_iter().partition(|path| path.iter().any(|step| step == "rejected_cipher_suites"));
    let step = if std::env::var_os("EVERY_CHANGE").is_some() { 1 } else { 61 };
    for path in others.into_iter().chain(refused.into_iter().step_by(step)) {
        let mut changed = report.clone();
        remove(&mut changed, &path);
        for (pass, count) in passes(&changed, &policies) {
            let known = before.get(&pass).copied().unwrap_or(0);
            assert!(count <= known, "without {}: {pass:?}", path.join("."));
        }
    }
}

/// Leaves out what no reader looks at, for the time that it takes.
fn strip(report: &mut Value) {
    let deployments = &mut result(report, 14451)["certificate_info"]["result"]["certificate_deployments"];
    deployments[0]["path_validation_results"].as_array_mut().unwrap().truncate(1);
    for certificate in deployments[0]["received_certificate_chain"].as_array_mut().unwrap() {
        certificate.as_object_mut().unwrap().retain(|key, _| key == "as_pem" || key == "fingerprint_sha256");
    }
}

/// Moves a suite from the rejected to the accepted ones.
fn accept(report: &mut Value, command: &str, suite: &str) {
    let result = &mut result(report, 14451)[command]["result"];
    let rejected = result["rejected_cipher_suites"].as_array_mut().unwrap();
    let at = rejected.iter().position(|entry| entry["cipher_suite"]["name"] == suite).unwrap();
    let mut entry = rejected.remove(at);
    entry.as_object_mut().unwrap().remove("error_message");
    entry["ephemeral_key"] = Value::Null;
    result["accepted_cipher_suites"].as_array_mut().unwrap().push(entry);
    result["is_tls_version_supported"] = json!(true);
}

type Pass = (String, String, Option<String>, Option<String>);

/// What passes by each policy, and how often.
fn passes(report: &Value, policies: &[Policy]) -> BTreeMap<Pass, usize> {
    let text = report.to_string();
    let reading = read(&[Input::new("report.json", text.as_bytes())]);
    let now = NOW.parse().unwrap();
    let mut passes = BTreeMap::new();
    for policy in policies {
        let report = evaluate(&reading.evidence, policy, Clock { at: now, now }, reading.diagnostics.clone());
        assert_ne!(report.verdict, Verdict::Compliant);
        for finding in report.findings.into_iter().filter(|finding| finding.outcome == Outcome::Pass) {
            let pack = policy.reference.id.clone();
            *passes.entry((pack, finding.rule, finding.facet, finding.subject.certificate)).or_insert(0) += 1;
        }
    }
    passes
}
