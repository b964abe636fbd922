//! Reports of SSL Labs: a small one for each trap, written after the API's documentation, and those of other people
//! where they are at hand.
#![expect(clippy::disallowed_methods, reason = "the fixtures are files")]

#[path = "common/json_paths.rs"]
mod json_paths;

use std::collections::BTreeMap;

use intransit::evidence::{
    Certificate, Completion, Endpoint, Fact, GapReason, Membership, Observed, Preference, Rest, ServerName, Subject,
    SuiteClass, TlsSupport, Transport,
};
use intransit::iana::{NamedGroup, ProtocolVersion};
use intransit::policy::PACKS;
use intransit::report::{Outcome, Report, Verdict};
use intransit::{CheckOptions, Evidence, Input, check, read};
use json_paths::{collect, remove};
use serde_json::{Value, json};

const NOW: &str = "2026-11-22T10:00:00Z";

const REPORTS: [&str; 15] = [
    "v2/certificate-described",
    "v2/host",
    "v3/all-bad",
    "v3/certificate-not-listed",
    "v3/engine-before-tls13",
    "v3/error",
    "v3/go-client",
    "v3/in-progress",
    "v3/second-address-failed",
    "v3/simulated-client-differs",
    "v3/tests-failed",
    "v3/two-addresses",
    "v3/without-details",
    "v3/without-server-name",
    "v4/endpoint",
];

fn text(name: &str) -> String {
    let path = format!("{}/tests/cases/formats/ssllabs-{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn evidence(text: &str) -> Evidence {
    let evidence = read(&[Input::new("report.json", text.as_bytes())]).evidence;
    let again: Evidence = serde_json::from_str(&serde_json::to_string(&evidence).unwrap()).unwrap();
    assert_eq!(evidence, again, "evidence travels as JSON");
    evidence
}

fn endpoints(evidence: &Evidence) -> Vec<&Endpoint> {
    let subjects = evidence.scans.iter().flat_map(|scan| &scan.subjects);
    subjects
        .map(|subject| match subject {
            Subject::Endpoint(endpoint) => endpoint.as_ref(),
            _ => panic!("a report has no chain without a service"),
        })
        .collect()
}

fn judge(text: &str, pack: &str) -> Report {
    let options = CheckOptions {
        at: NOW.to_owned(),
        now: NOW.to_owned(),
        policy: Some(pack.to_owned()),
        ..CheckOptions::default()
    };
    check(&[Input::new("report.json", text.as_bytes())], &options).unwrap()
}

/// The rules that pass for the endpoint at this position.
fn passed(report: &Report, endpoint: u32) -> Vec<&str> {
    let findings = report.findings.iter();
    let mut rules: Vec<&str> = findings
        .filter(|finding| finding.outcome == Outcome::Pass && finding.subject.endpoint == Some(endpoint))
        .map(|finding| finding.rule.as_str())
        .collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

fn accepted(endpoint: &Endpoint) -> Vec<ProtocolVersion> {
    let is = |version: &ProtocolVersion| matches!(endpoint.versions.membership(version), Membership::Accepted(_));
    ProtocolVersion::ALL.into_iter().filter(is).collect()
}

fn refused(endpoint: &Endpoint) -> Vec<ProtocolVersion> {
    let is = |version: &ProtocolVersion| matches!(endpoint.versions.membership(version), Membership::Refused(_));
    ProtocolVersion::ALL.into_iter().filter(is).collect()
}

fn complete(endpoint: &Endpoint) -> Vec<bool> {
    endpoint.suites.iter().map(|list| list.suites.gap().is_none()).collect()
}

#[test]
fn every_report_is_read_and_none_is_compliant() {
    for name in REPORTS {
        let text = text(name);
        for pack in PACKS {
            let report = judge(&text, pack.id);
            assert_ne!(report.verdict, Verdict::Compliant, "{name} {}", pack.id);
            assert!(report.scans.iter().all(|scan| scan.format == "ssllabs-json"), "{name}");
        }
        assert!(!endpoints(&evidence(&text)).is_empty(), "{name}");
    }
}

/// What passes by any pack, for each endpoint in order; for each the report holds the proof.
#[test]
fn what_passes_is_what_the_reports_prove() {
    // Each certificate is there with its bytes: SHA-256, serverAuth, three names, over a year to go, leaf and CA in order.
    // OpenSSL made them, with random serial numbers and key identifiers, without organizational units.
    const CERTIFICATES: [&str; 19] = [
        "alternative-name-missing",
        "certificate-expired",
        "certificate-expiring",
        "certificate-malformed",
        "certificate-not-yet-valid",
        "chain-incomplete",
        "common-name-not-listed",
        "ec-key-short",
        "issuer-extensions-unsound",
        "key-algorithm-not-listed",
        "key-identifier-unsound",
        "name-mismatch",
        "organizational-unit-present",
        "purpose-missing",
        "purpose-not-allowed",
        "rsa-key-short",
        "rsa-parameters-unsound",
        "serial-number-unsound",
        "weak-signature",
    ];
    // What a complete list of suites shows: three of TLS 1.2 with 256 bits, one of them DHE over 2048 bits, and TLS 1.3.
    const SUITES: [&str; 4] = ["broken-cipher", "cipher-below-128-bits", "cipher-below-256-bits", "dh-group-short"];
    // Neither these nor a version that was taken need an end of the list.
    const ANSWERED: [&str; 4] = ["evidence-too-old", "no-forward-secrecy", "plaintext-service", "tls13-missing"];
    let sorted = |lists: &[&[&'static str]]| -> Vec<&'static str> {
        let mut rules = lists.concat();
        rules.sort_unstable();
        rules
    };
    let all = || sorted(&[&CERTIFICATES, &SUITES, &ANSWERED, &["obsolete-protocol"]]);
    let without =
        |missing: &[&str]| -> Vec<&str> { all().into_iter().filter(|rule| !missing.contains(rule)).collect() };
    let old = vec!["evidence-too-old"];
    let open = sorted(&[&CERTIFICATES, &ANSWERED]);
    let cases: [(&str, Vec<Vec<&str>>); 15] = [
        // The key is described, not shown.
        ("v2/certificate-described", vec![without_all(&ANSWERED, &["tls13-missing"])]),
        // One chain, of RSA; v2 knows no TLS 1.3, and DHE runs over 1024 bits.
        ("v2/host", vec![without_all(&open, &["ec-key-short", "tls13-missing"])]),
        // TLS answers. Forward secrecy is offered, by DHE; the certificate has begun and has not ended, and its form is
        // sound, with an RSA key, though a short one.
        (
            "v3/all-bad",
            vec![vec![
                "certificate-expired",
                "certificate-expiring",
                "certificate-malformed",
                "certificate-not-yet-valid",
                "evidence-too-old",
                "key-algorithm-not-listed",
                "key-identifier-unsound",
                "no-forward-secrecy",
                "plaintext-service",
                "rsa-parameters-unsound",
                "serial-number-unsound",
            ]],
        ),
        ("v3/certificate-not-listed", vec![all()]),
        ("v3/engine-before-tls13", vec![without_all(&without(&SUITES), &["tls13-missing"])]),
        ("v3/error", vec![old.clone()]),
        ("v3/go-client", vec![all()]),
        ("v3/in-progress", vec![open.clone(), old.clone()]),
        ("v3/second-address-failed", vec![all(), old.clone()]),
        ("v3/simulated-client-differs", vec![open]),
        ("v3/tests-failed", vec![all()]),
        ("v3/two-addresses", vec![all(), all()]),
        ("v3/without-details", vec![old]),
        // Clients of the web send the name: what others get is shown and not judged.
        ("v3/without-server-name", vec![all(), Vec::new()]),
        ("v4/endpoint", vec![without(&CERTIFICATES)]),
    ];
    for (name, expected) in cases {
        let reports: Vec<Report> = PACKS.iter().map(|pack| judge(&text(name), pack.id)).collect();
        for (position, rules) in expected.iter().enumerate() {
            let position = u32::try_from(position).unwrap();
            let mut found: Vec<&str> = reports.iter().flat_map(|report| passed(report, position)).collect();
            found.sort_unstable();
            found.dedup();
            assert_eq!(&found, rules, "{name}, endpoint {position}");
        }
        assert!(reports.iter().all(|report| report.endpoints.len() == expected.len()), "{name}");
    }
}

fn without_all<'a>(rules: &[&'a str], missing: &[&str]) -> Vec<&'a str> {
    rules.iter().copied().filter(|rule| !missing.contains(rule)).collect()
}

/// By which chain a rule passes: one that names a certificate the report does not list is not known to be whole.
#[test]
fn a_chain_with_an_unlisted_certificate_is_not_complete() {
    let report = judge(&text("v3/certificate-not-listed"), PACKS[0].id);
    let sent = report.findings.iter().filter(|finding| finding.facet.as_deref() == Some("sent"));
    let outcomes: Vec<Outcome> = sent.map(|finding| finding.outcome).collect();
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Pass).count(), 1, "{outcomes:?}");
    assert_eq!(outcomes.len(), 2, "{outcomes:?}");
}

#[test]
fn each_address_is_an_endpoint() {
    let evidence = evidence(&text("v3/two-addresses"));
    let keys: Vec<_> = endpoints(&evidence).into_iter().map(|endpoint| &endpoint.key).collect();
    let addresses: Vec<_> = keys.iter().map(|key| key.address.as_deref().unwrap()).collect();
    assert_eq!(addresses, ["192.0.2.25", "2001:db8::25"]);
    for key in keys {
        assert_eq!((key.host.as_deref(), key.port, key.transport), (Some("mail.example.test"), 443, Transport::Direct));
        assert_eq!(key.server_name, ServerName::Sent("mail.example.test".to_owned()));
    }
    for scan in &evidence.scans {
        assert_eq!(scan.started.value().unwrap().to_string(), "2026-11-21T22:26:40Z", "milliseconds");
        assert_eq!(scan.tool_version.as_deref(), Some("2.3.1"));
        assert!(matches!(scan.completion, Completion::Finished(_)));
    }
}

#[test]
fn versions_that_are_not_listed_were_refused_only_in_a_report_that_is_over() {
    use ProtocolVersion as V;
    let old = [V::SSL2, V::SSL3, V::TLS1_0, V::TLS1_1];
    for (name, has, lacks) in [
        ("v3/two-addresses", &[V::TLS1_2, V::TLS1_3][..], &old[..]),
        ("v3/go-client", &[V::TLS1_2, V::TLS1_3], &old),
        ("v4/endpoint", &[V::TLS1_2, V::TLS1_3], &old),
        ("v3/engine-before-tls13", &[V::TLS1_2], &old),
        ("v3/all-bad", &[V::SSL2, V::SSL3, V::TLS1_0], &[V::TLS1_1, V::TLS1_2, V::TLS1_3]),
        ("v3/simulated-client-differs", &[V::TLS1_2, V::TLS1_3], &[V::SSL2, V::SSL3, V::TLS1_1]),
        ("v3/in-progress", &[V::TLS1_2, V::TLS1_3], &[]),
        ("v3/error", &[], &[]),
        ("v2/host", &[V::TLS1_1, V::TLS1_2], &[V::SSL2, V::SSL3, V::TLS1_0]),
    ] {
        let evidence = evidence(&text(name));
        let endpoint = endpoints(&evidence)[0];
        assert_eq!(accepted(endpoint), has, "{name}");
        assert_eq!(refused(endpoint), lacks, "{name}");
    }
}

#[test]
fn an_address_that_was_not_assessed_is_shown_with_its_gap() {
    for (name, words) in [("v3/second-address-failed", "Unable to connect"), ("v3/in-progress", "was not done")] {
        let evidence = evidence(&text(name));
        let endpoint = endpoints(&evidence)[1];
        assert!(endpoint.versions.gap().unwrap().detail.contains(words), "{name}");
        assert!(matches!(evidence.scans[1].completion, Completion::Unfinished(_)), "{name}");
    }
    let mut report: Value = serde_json::from_str(&text("v3/second-address-failed")).unwrap();
    report[0]["endpoints"][1]["statusMessage"] = json!("No secure protocols supported");
    let evidence = evidence(&report.to_string());
    assert_eq!(endpoints(&evidence)[1].tls.value(), Some(&TlsSupport::NotAvailable));
}

#[test]
fn suites_are_read_by_number_and_held_against_the_report() {
    let good = evidence(&text("v3/two-addresses"));
    let first = endpoints(&good)[0];
    assert_eq!(complete(first), [true, true]);
    assert_eq!(first.suites[0].preference.value(), Some(&Preference::ServerExceptChaCha20));
    assert!(first.suites[1].preference.gap().is_some(), "null is not false");
    assert_eq!(complete(endpoints(&evidence(&text("v3/simulated-client-differs")))[0]), [false, true]);
    assert_eq!(complete(endpoints(&evidence(&text("v3/in-progress")))[0]), [false, false]);
    let v2 = evidence(&text("v2/host"));
    assert_eq!(endpoints(&v2)[0].suites[0].version, None, "v2 does not tell the versions apart");
    let mut report: Value = serde_json::from_str(&text("v3/two-addresses")).unwrap();
    let pristine = report.clone();
    let changes: [fn(&mut Value); 5] = [
        |details| details["supportsRc4"] = json!(true),
        |details| details["freak"] = json!(true),
        |details| {
            details["suites"][0]["list"].as_array_mut().unwrap().pop();
        },
        |details| details["suites"][0]["list"][0]["id"] = json!("?"),
        |details| details["suites"][0]["list"][0]["name"] = json!("TLS_RSA_WITH_NULL_SHA"),
    ];
    for (position, change) in changes.into_iter().enumerate() {
        report.clone_from(&pristine);
        let list = &mut report[0]["endpoints"][0]["details"];
        change(list);
        if position == 3 {
            list["suites"][0]["list"][0]["name"] = json!("a suite of tomorrow");
        }
        let evidence = evidence(&report.to_string());
        assert!(!complete(endpoints(&evidence)[0])[0], "change {position}");
    }
}

#[test]
fn ssl_2_has_suites_of_its_own() {
    let evidence = evidence(&text("v3/all-bad"));
    let endpoint = endpoints(&evidence)[0];
    assert!(endpoint.suites.iter().all(|list| list.version != Some(ProtocolVersion::SSL2)));
    let classes: Vec<SuiteClass> = endpoint.suite_classes.iter().map(|offer| offer.class).collect();
    assert_eq!(classes, [SuiteClass::Low, SuiteClass::Export, SuiteClass::Low]);
}

#[test]
fn bits_of_a_prime_that_may_be_bytes_are_not_guessed() {
    let bits = |suites: &[Value], primes: Value| -> Vec<u32> {
        let mut report: Value = serde_json::from_str(&text("v3/two-addresses")).unwrap();
        for endpoint in report[0]["endpoints"].as_array_mut().unwrap() {
            endpoint["details"]["dhPrimes"] = primes.clone();
            let suites = suites.iter().map(|suite| {
                let mut suite = suite.clone();
                (suite["id"], suite["name"]) = (json!(159), json!("TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"));
                suite
            });
            endpoint["details"]["suites"] = json!([{"protocol": 771, "list": suites.collect::<Vec<_>>()}]);
        }
        endpoints(&evidence(&report.to_string()))[0].dh_parameters.iter().map(|fact| fact.value.bits).collect()
    };
    let none = || json!([]);
    let known = json!({"dhBits": 384, "kxType": "DH", "kxStrength": 3072});
    for (suites, primes, expected) in [
        (vec![known.clone()], none(), vec![3072]),
        (vec![json!({"dhBits": 256})], none(), vec![2048]),
        (vec![json!({"dhBits": 2048})], none(), vec![2048]),
        (vec![json!({"dhBits": 512})], none(), vec![]),
        (vec![json!({"dhBits": 1024})], none(), vec![]),
        (vec![json!({"dhBits": 512, "dhP": 64})], none(), vec![512]),
        (vec![json!({"dhBits": 512})], json!(["f".repeat(1024)]), vec![4096]),
        (vec![json!({"dhBits": 512})], json!(["f".repeat(128)]), vec![512]),
        // What is known of one suite says nothing of the other.
        (vec![known.clone(), json!({"dhBits": 512})], none(), vec![]),
        // 1024 bits against 3072: the worse one counts.
        (vec![json!({"dhBits": 128, "kxType": "DH", "kxStrength": 3072})], none(), vec![1024]),
        (vec![json!({"dhP": 128, "kxType": "DH", "kxStrength": 3072})], none(), vec![1024]),
    ] {
        assert_eq!(bits(&suites, primes.clone()), expected, "{suites:?} {primes}");
    }
}

#[test]
fn sizes_are_in_bits() {
    for (name, expected) in [("v3/two-addresses", 2048), ("v3/all-bad", 1024), ("v2/host", 1024)] {
        let evidence = evidence(&text(name));
        let bits: Vec<u32> = endpoints(&evidence)[0].dh_parameters.iter().map(|fact| fact.value.bits).collect();
        assert_eq!(bits, [expected], "{name}");
    }
    let evidence = evidence(&text("v3/two-addresses"));
    let groups: Vec<NamedGroup> = endpoints(&evidence)[0].groups.accepted.iter().map(|fact| fact.value).collect();
    assert_eq!(groups, [NamedGroup(29), NamedGroup(24)]);
}

#[test]
fn chains_are_joined_by_id() {
    let good = evidence(&text("v3/two-addresses"));
    for endpoint in endpoints(&good) {
        let lengths: Vec<usize> = endpoint.chains.iter().map(|chain| chain.certificates.len()).collect();
        assert_eq!(lengths, [2, 2]);
        assert!(matches!(endpoint.chains_rest, Rest::Complete(_)));
        assert!(endpoint.chains.iter().all(|chain| matches!(chain.rest, Rest::Complete(_))));
    }
    let lacking = evidence(&text("v3/certificate-not-listed"));
    let chains = &endpoints(&lacking)[0].chains;
    assert!(matches!(chains[0].certificates[2], Certificate::Reported(_)));
    assert!(matches!(chains[0].rest, Rest::Gap(_)));
    let bare = evidence(&text("v4/endpoint"));
    let endpoint = endpoints(&bare)[0];
    assert_eq!(endpoint.key.host, None);
    let mut shown = endpoint.chains.iter().flat_map(|chain| &chain.certificates);
    assert!(shown.all(|shown| matches!(shown, Certificate::Reported(reported) if reported.sha256.is_some())));
    let v2 = evidence(&text("v2/host"));
    assert!(matches!(endpoints(&v2)[0].chains_rest, Rest::Gap(_)), "v2 shows one chain");
}

#[test]
fn without_a_server_name_it_is_another_endpoint() {
    let evidence = evidence(&text("v3/without-server-name"));
    let endpoints = endpoints(&evidence);
    assert_eq!(endpoints.len(), 2);
    assert_eq!(endpoints[0].chains.len(), 2);
    assert_eq!(endpoints[1].key.server_name, ServerName::Omitted);
    assert_eq!((endpoints[1].chains.len(), endpoints[1].suites.len()), (1, 1));
    assert_eq!(complete(endpoints[1]), [false]);
}

#[test]
fn trust_is_what_every_store_says_and_an_issue_ends_it() {
    let trust = |name: &str, chain: usize| {
        let evidence = evidence(&text(name));
        endpoints(&evidence)[0].chains[chain].tool_trust.value().map(|trust| trust.trusted)
    };
    assert_eq!(trust("v3/two-addresses", 0), Some(true));
    assert_eq!(trust("v3/all-bad", 0), Some(false));
    assert_eq!(trust("v3/certificate-not-listed", 1), None, "one store does, one does not");
    assert_eq!(trust("v2/certificate-described", 0), Some(false));
    assert_eq!(trust("v2/host", 0), None);
    let report = judge(&text("v2/certificate-described"), PACKS[0].id);
    let failed: Vec<&str> = report
        .findings
        .iter()
        .filter(|finding| finding.outcome == Outcome::Fail)
        .map(|finding| finding.rule.as_str())
        .collect();
    for rule in ["rsa-key-short", "name-mismatch", "chain-unproven"] {
        assert!(failed.contains(&rule), "{rule}: {failed:?}");
    }
}

#[test]
fn a_test_that_failed_is_no_answer() {
    let attacks = |name: &str| -> BTreeMap<String, Observed<bool>> {
        let evidence = evidence(&text(name));
        let attacks = endpoints(&evidence)[0].attacks.iter();
        attacks.map(|attack| (attack.name.clone(), attack.vulnerable.clone())).collect()
    };
    let numbered = [
        "0-length padding oracle",
        "CCS injection",
        "DROWN",
        "GOLDENDOODLE",
        "OpenSSL padding oracle",
        "POODLE (TLS)",
        "ROBOT",
        "Sleeping POODLE",
        "Ticketbleed",
        "Zombie POODLE",
    ];
    let (good, failed, bad) = (attacks("v3/two-addresses"), attacks("v3/tests-failed"), attacks("v3/all-bad"));
    for name in numbered {
        assert_eq!(good[name].value(), Some(&false), "{name}");
        assert_eq!(failed[name].gap().map(|gap| gap.reason), Some(GapReason::Failed), "{name}");
        assert_eq!(bad[name].value(), Some(&true), "{name}");
    }
    for name in ["Heartbleed", "RC4", "downgrade without TLS_FALLBACK_SCSV", "insecure client-initiated renegotiation"]
    {
        assert_eq!(good[name].value(), Some(&false), "{name}");
        assert_eq!(bad[name].value(), Some(&true), "{name}");
    }
    let evidence = evidence(&text("v3/all-bad"));
    let endpoint = endpoints(&evidence)[0];
    assert_eq!(endpoint.secure_renegotiation.value(), Some(&false));
    assert_eq!(endpoint.compression.value(), Some(&true));
}

#[test]
fn an_endpoint_of_another_assessment_is_as_old_as_the_older() {
    let mut report: Value = serde_json::from_str(&text("v3/two-addresses")).unwrap();
    report[0]["endpoints"][0]["details"]["hostStartTime"] = json!(1_700_000_000_000_u64);
    let reading = read(&[Input::new("report.json", report.to_string().as_bytes())]);
    let started = reading.evidence.scans[0].started.fact().map(|fact: &Fact<_>| fact.value);
    assert_eq!(started.unwrap().to_string(), "2023-11-14T22:13:20Z");
    assert_eq!(reading.diagnostics.len(), 1, "{:?}", reading.diagnostics);
}

/// Without any one entry of a report whose server is bad in one way, the rule for that does not pass.
///
/// A suite or a version that nothing else in the report speaks of cannot be missed, so what speaks of it is there.
#[test]
fn no_deletion_gives_a_new_pass() {
    let good: Value = serde_json::from_str(&text("v3/two-addresses")).unwrap();
    let mut bad = good.clone();
    bad[0]["endpoints"].as_array_mut().unwrap().pop();
    let details = &mut bad[0]["endpoints"][0]["details"];
    let triple_des = json!({ "id": 10, "name": "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "cipherStrength": 112 });
    let weak = json!({ "protocol": 769, "list": [triple_des], "preference": true });
    details["suites"].as_array_mut().unwrap().push(weak);
    details["protocols"].as_array_mut().unwrap().push(json!({ "id": 769, "name": "TLS", "version": "1.0" }));
    details["sims"]["results"].as_array_mut().unwrap().push(json!({
        "client": { "name": "Ancient" }, "errorCode": 0, "protocolId": 769, "suiteId": 10,
    }));
    let before = passes(&bad);
    assert!(before.keys().all(|(rule, ..)| rule != "obsolete-protocol" && rule != "broken-cipher"), "{before:?}");
    let mut paths = Vec::new();
    collect(&bad, &mut Vec::new(), &mut paths);
    assert!(paths.len() > 150);
    for path in paths {
        let mut changed = bad.clone();
        remove(&mut changed, &path);
        for (pass, count) in passes(&changed) {
            assert!(count <= before.get(&pass).copied().unwrap_or(0), "without {}: {pass:?}", path.join("."));
        }
    }
}

type Pass = (String, Option<String>, Option<String>);

fn passes(report: &Value) -> BTreeMap<Pass, usize> {
    let text = report.to_string();
    let mut passes = BTreeMap::new();
    let options = CheckOptions { at: NOW.to_owned(), now: NOW.to_owned(), ..CheckOptions::default() };
    let Ok(report) = check(&[Input::new("report.json", text.as_bytes())], &options) else { return passes };
    assert_ne!(report.verdict, Verdict::Compliant);
    for finding in report.findings.into_iter().filter(|finding| finding.outcome == Outcome::Pass) {
        *passes.entry((finding.rule, finding.facet, finding.subject.certificate)).or_insert(0) += 1;
    }
    passes
}

/// Reports by other people are not part of the project.
#[test]
fn reports_by_other_people_are_read() {
    use ProtocolVersion as V;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/samples/third-party");
    for (file, versions, chains, dh) in [
        ("ssllabs-dh1024-v1.5.0.json", &[V::TLS1_0, V::TLS1_1, V::TLS1_2][..], 1, &[1024][..]),
        ("ssllabs-full.json", &[V::TLS1_0, V::TLS1_1, V::TLS1_2], 1, &[2048]),
        ("ssllabs-endpoint-v4-2.4.1.json", &[V::TLS1_2, V::TLS1_3], 1, &[]),
    ] {
        let Ok(text) = std::fs::read_to_string(format!("{folder}/{file}")) else {
            eprintln!("skipped: {file} is not at hand");
            continue;
        };
        let reading = read(&[Input::new(file, text.as_bytes())]);
        assert!(reading.diagnostics.is_empty(), "{file}: {:?}", reading.diagnostics);
        let endpoints = endpoints(&reading.evidence);
        assert_eq!(accepted(endpoints[0]), versions, "{file}");
        assert!(complete(endpoints[0]).iter().all(|complete| *complete), "{file}: {:?}", endpoints[0].suites);
        assert_eq!(endpoints[0].chains.len(), chains, "{file}");
        let bits: Vec<u32> = endpoints[0].dh_parameters.iter().map(|fact| fact.value.bits).collect();
        assert_eq!(bits, dh, "{file}");
        assert_eq!(endpoints.len(), if file.contains("dh1024") { 2 } else { 1 }, "{file}: one without a server name");
        assert_ne!(judge(&text, PACKS[0].id).verdict, Verdict::Compliant, "{file}");
    }
}
