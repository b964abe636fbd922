//! Real reports of testssl.sh against what the servers truly were.
//!
//! Beside each report stands `<name>.expected.json`: what must be read from it, how each shipped pack must judge it,
//! and for every pass the reason why the server deserves it. A report without one fails.
#![expect(clippy::disallowed_methods, reason = "the fixtures are files")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{FORMATS, Fixture, NOW, fixtures};
use intransit::evidence::{
    Certificate, Completion, Endpoint, Enumerated, Gap, Membership, Observed, Presented, Rest, Scan, Subject,
};
use intransit::iana::ProtocolVersion;
use intransit::policy::PACKS;
use intransit::report::{Finding, Outcome};
use intransit::{CheckOptions, Evidence, Input, Report, check, read};
use serde_json::{Map, Value, json};

#[test]
fn reports_are_read_and_judged_as_the_servers_deserve() {
    let mut wrong = Vec::new();
    for fixture in fixtures() {
        let Some(mut expected) = expectation(&fixture) else {
            wrong.push(format!("{}: expected a file {}.expected.json beside it", fixture.name, fixture.name));
            continue;
        };
        let expected = expected.as_object_mut().unwrap();
        let truth = expected.remove("truth").unwrap();
        assert!(truth.as_str().unwrap().len() > 20, "{}: say what the server is", fixture.name);
        let reasons = expected.remove("passes").unwrap();
        let observed = observed(&fixture);
        if Value::Object(expected.clone()) != observed {
            let found = serde_json::to_string_pretty(&observed).unwrap();
            wrong.push(format!("{}: found\n{found}", fixture.name));
        }
        wrong.extend(reasoned(&fixture, &observed, &reasons));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn expectation(fixture: &Fixture) -> Option<Value> {
    let text = std::fs::read_to_string(format!("{FORMATS}/{}.expected.json", fixture.name)).ok()?;
    Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", fixture.name)))
}

/// Every pass has a reason, and no reason stands for what did not pass.
fn reasoned(fixture: &Fixture, observed: &Value, reasons: &Value) -> Vec<String> {
    let judged = observed["judged"].as_object().unwrap();
    let passed: BTreeSet<&str> = judged
        .values()
        .flat_map(|pack| pack["outcomes"].as_array().unwrap())
        .filter_map(|line| line.as_str().unwrap().strip_prefix("pass "))
        .map(|line| line.trim_end_matches(" (warning)"))
        .collect();
    let given: BTreeSet<&str> = reasons.as_object().unwrap().keys().map(String::as_str).collect();
    let short = reasons.as_object().unwrap().iter().filter(|(_, why)| why.as_str().unwrap().len() < 20);
    passed
        .symmetric_difference(&given)
        .map(|line| format!("{}: `{line}` passes or has a reason, but not both", fixture.name))
        .chain(short.map(|(line, _)| format!("{}: say why `{line}` passes", fixture.name)))
        .collect()
}

fn observed(fixture: &Fixture) -> Value {
    let reading = read(&[Input::new("report.json", fixture.text.as_bytes())]);
    let roles = roles(&reading.evidence);
    let judged: Map<String, Value> =
        PACKS.iter().map(|pack| (pack.id.to_owned(), outcomes(&judge(fixture, pack.id), &roles))).collect();
    let diagnostics: Vec<String> = reading.diagnostics.iter().map(ToString::to_string).collect();
    json!({
        "scans": reading.evidence.scans.iter().map(scan).collect::<Vec<_>>(),
        "diagnostics": diagnostics,
        "judged": judged,
    })
}

fn judge(fixture: &Fixture, pack: &str) -> Report {
    let options = CheckOptions {
        at: NOW.to_owned(),
        now: NOW.to_owned(),
        policy: Some(pack.to_owned()),
        ..CheckOptions::default()
    };
    check(&[Input::new("report.json", fixture.text.as_bytes())], &options).unwrap()
}

fn scan(scan: &Scan) -> Value {
    let tool = [scan.tool.as_deref(), scan.tool_version.as_deref()].into_iter().flatten().collect::<Vec<_>>();
    json!({
        "tool": tool.join(" "),
        "started": match &scan.started {
            Observed::Known(fact) => json!(fact.value),
            Observed::NotObserved(gap) => json!(gap_words("unknown", gap)),
        },
        "completion": match &scan.completion {
            Completion::Finished(_) => "finished".to_owned(),
            Completion::Unfinished(gap) => gap_words("unfinished", gap),
        },
        "endpoints": scan.subjects.iter().map(|subject| match subject {
            Subject::Endpoint(subject) => endpoint(subject),
            _ => panic!("a report has no chain without a service"),
        }).collect::<Vec<_>>(),
    })
}

fn endpoint(endpoint: &Endpoint) -> Value {
    let mut suites = BTreeMap::new();
    for list in &endpoint.suites {
        let version = list.version.map_or("any version".to_owned(), |version| version.to_string());
        let count = list.suites.accepted.len();
        suites.insert(version, format!("{count}, {}", completeness(&list.suites)));
    }
    json!({
        "key": endpoint.key,
        "tls": match &endpoint.tls {
            Observed::Known(fact) => json!(fact.value),
            Observed::NotObserved(gap) => json!(gap_words("unknown", gap)),
        },
        "versions": versions(&endpoint.versions),
        "suites": suites,
        "chains": endpoint.chains.iter().map(chain).collect::<Vec<_>>(),
        "otherChains": rest(&endpoint.chains_rest),
    })
}

fn versions(versions: &Enumerated<ProtocolVersion>) -> Value {
    let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut why = BTreeSet::new();
    for version in ProtocolVersion::ALL {
        let group = match versions.membership(&version) {
            Membership::Accepted(_) => "offered",
            Membership::Refused(_) => "refused",
            Membership::Unknown(gap) => {
                why.insert(gap_words("", &gap));
                "unknown"
            }
        };
        groups.entry(group).or_default().push(version.to_string());
    }
    let mut all = json!(groups);
    if !why.is_empty() {
        all["because"] = json!(why);
    }
    all
}

fn chain(chain: &Presented) -> Value {
    let keys: Vec<String> = chain.certificates.iter().map(|certificate| parsed(certificate).1).collect();
    json!({ "leaf": keys[0], "intermediates": keys[1..], "others": rest(&chain.rest) })
}

fn parsed(certificate: &Certificate) -> (String, String) {
    let Certificate::Der(der) = certificate else { panic!("every fixture has the bytes of its certificates") };
    let parsed = der.value.parsed().unwrap();
    (der.value.sha256().to_owned(), parsed.key.as_ref().unwrap().to_string())
}

fn rest(rest: &Rest) -> String {
    match rest {
        Rest::Complete(_) => "none".to_owned(),
        Rest::Gap(gap) => gap_words("unknown", gap),
    }
}

fn completeness<T>(list: &Enumerated<T>) -> String {
    list.gap().map_or_else(|| "complete".to_owned(), |gap| gap_words("open", &gap))
}

fn gap_words(what: &str, gap: &Gap) -> String {
    let reason = serde_json::to_value(gap.reason).unwrap();
    format!("{what} ({}): {}", reason.as_str().unwrap(), gap.detail).trim_start().to_owned()
}

/// What each certificate is to its server: `leaf RSA 2048`, `intermediate RSA 2048`.
fn roles(evidence: &Evidence) -> BTreeMap<String, String> {
    let mut roles = BTreeMap::new();
    for subject in evidence.scans.iter().flat_map(|scan| &scan.subjects) {
        let Subject::Endpoint(endpoint) = subject else { continue };
        for chain in &endpoint.chains {
            for (position, certificate) in chain.certificates.iter().enumerate() {
                let (hash, key) = parsed(certificate);
                let role = if position == 0 { "leaf" } else { "intermediate" };
                roles.insert(hash, format!("{role} {key}"));
            }
        }
    }
    roles
}

fn outcomes(report: &Report, roles: &BTreeMap<String, String>) -> Value {
    let line = |finding: &Finding| {
        let outcome = match finding.outcome {
            Outcome::Pass => "pass",
            Outcome::Fail => "fail",
            Outcome::Unknown => "unknown",
            Outcome::NotApplicable => "not applicable",
        };
        let facet = finding.facet.as_ref().map(|facet| format!("/{facet}")).unwrap_or_default();
        let role = finding.subject.certificate.as_ref().map(|hash| format!(", {}", roles[hash])).unwrap_or_default();
        let level = if finding.level == intransit::policy::Level::Warning { " (warning)" } else { "" };
        format!("{outcome} {}{facet}{role}{level}", finding.rule)
    };
    let order = |finding: &&Finding| intransit::rules::RULES.iter().position(|entry| entry.about.id == finding.rule);
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by_key(order);
    json!({ "verdict": report.verdict, "outcomes": findings.into_iter().map(line).collect::<Vec<_>>() })
}

#[test]
fn a_scary_severity_is_not_an_offer() {
    let fixture = fixtures().into_iter().find(|fixture| fixture.name == "testssl-3.0.8/tls10-flat").unwrap();
    let report = judge(&fixture, "baseline-1.0");
    let finding = report.findings.iter().find(|finding| finding.rule == "obsolete-protocol").unwrap();
    assert_eq!(finding.outcome, Outcome::Fail);
    assert!(finding.summary.starts_with("TLS 1.0 is offered"), "{}", finding.summary);
    assert!(!finding.summary.contains("TLS 1.1"), "{}", finding.summary);
    assert!(finding.evidence.iter().all(|cited| !cited.observed.contains("TLS 1.1")), "{:?}", finding.evidence);
}

#[test]
fn nothing_reached_is_nothing_proven() {
    for fixture in &fixtures() {
        let name = fixture.name.rsplit('/').next().unwrap();
        if !["closed", "ssl2all", "plain", "smtpno"].iter().any(|server| name.starts_with(server)) {
            continue;
        }
        for pack in PACKS {
            let report = judge(fixture, pack.id);
            let fails = |finding: &&Finding| finding.outcome == Outcome::Fail;
            let failed: Vec<&str> = report.findings.iter().filter(fails).map(|finding| finding.rule.as_str()).collect();
            // Without TLS there is one thing to say; without a connection, none.
            let speaks = ["plain", "smtpno"].iter().any(|server| name.starts_with(server));
            let says_so = speaks && failed == ["plaintext-service"];
            assert!(failed.is_empty() || says_so, "{} {}: {failed:?}", fixture.name, pack.id);
            let expected = if says_so { intransit::Verdict::NonCompliant } else { intransit::Verdict::Indeterminate };
            assert_eq!(report.verdict, expected, "{} {}", fixture.name, pack.id);
            let passed: Vec<&str> = report
                .findings
                .iter()
                .filter(|finding| finding.outcome == Outcome::Pass)
                .map(|finding| finding.rule.as_str())
                .collect();
            assert!(passed.is_empty() || passed == ["evidence-too-old"], "{}: {passed:?} at {NOW}", fixture.name);
        }
    }
}
