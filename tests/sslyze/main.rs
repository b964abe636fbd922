//! Real reports of sslyze against what the servers truly were; the READMEs beside the reports say what that is.
#![expect(clippy::disallowed_methods, reason = "the fixtures are files")]

use std::collections::{BTreeMap, BTreeSet};

use intransit::evidence::{
    Certificate, ClientCertificate, Completion, Endpoint, EndpointKey, GapReason, Membership, Observed, Rest,
    ServerName, StartTls, Subject, SuiteClass, TlsSupport, Transport,
};
use intransit::iana::{NamedGroup, ProtocolVersion};
use intransit::policy::PACKS;
use intransit::report::{Finding, Outcome, Report, Verdict};
use intransit::{CheckOptions, Evidence, Input, check, read};
use serde_json::{Value, json};

const NOW: &str = "2026-11-22T10:00:00Z";
const REPORTS: [&str; 6] = [
    "sslyze-5.2.0/go",
    "sslyze-5.2.0/smtp",
    "sslyze-6.3.1/multi",
    "sslyze-6.3.1/smtp",
    "sslyze-6.3.1/go_pq",
    "sslyze-6.3.1/ssl2all",
];

/// What a server is, by its port.
struct Truth {
    offered: &'static [ProtocolVersion],
    /// Versions of which the report cannot tell, for the time-outs among their suites.
    untold: &'static [ProtocolVersion],
    broken_suites: bool,
    only_forward_secrecy: bool,
    weak_key: bool,
    /// Certificates for another name than the address: the ECDSA one, and the self-signed one.
    other_name: bool,
    starttls: bool,
}

fn truth(port: u16) -> Option<Truth> {
    use ProtocolVersion as V;
    let good = Truth {
        offered: &[V::TLS1_2, V::TLS1_3],
        untold: &[],
        broken_suites: false,
        only_forward_secrecy: true,
        weak_key: false,
        other_name: false,
        starttls: false,
    };
    let weak = Truth { broken_suites: true, only_forward_secrecy: false, weak_key: true, other_name: true, ..good };
    Some(match port {
        14451 => good,
        14531 => Truth { other_name: true, ..good },
        14535 => Truth { only_forward_secrecy: false, ..good },
        14537 => Truth { offered: &[V::TLS1_2], only_forward_secrecy: false, other_name: true, ..good },
        14538 => Truth { offered: &[V::TLS1_3], other_name: true, ..good },
        14532 => Truth { offered: &[V::TLS1_0], untold: &[V::SSL3], ..weak },
        14534 => Truth { offered: &[V::SSL3], ..weak },
        14441 => Truth { offered: &[V::SSL2, V::SSL3, V::TLS1_0, V::TLS1_1, V::TLS1_2], ..weak },
        10025 => Truth { broken_suites: true, only_forward_secrecy: false, starttls: true, ..good },
        10027 => Truth { offered: &[V::TLS1_0], starttls: true, ..weak },
        10026 | 14533 | 14536 | 14599 => return None,
        _ => panic!("no server is known at port {port}"),
    })
}

fn text(name: &str) -> String {
    let path = format!("{}/tests/cases/formats/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// As a value to be changed. Numbers beyond 64 bits, which `serde_json` does not take, lose their end.
fn value(name: &str) -> Value {
    let text = text(name);
    let mut small = String::with_capacity(text.len());
    let (mut quoted, mut escaped, mut digits) = (false, false, 0);
    for c in text.chars() {
        if !quoted && c.is_ascii_digit() {
            digits += 1;
            if digits <= 18 {
                small.push(c);
            }
            continue;
        }
        digits = 0;
        quoted ^= c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
        small.push(c);
    }
    serde_json::from_str(&small).unwrap()
}

fn evidence(text: &str) -> Evidence {
    let reading = read(&[Input::new("report.json", text.as_bytes())]);
    let evidence = reading.evidence;
    let again: Evidence = serde_json::from_str(&serde_json::to_string(&evidence).unwrap()).unwrap();
    assert_eq!(evidence, again, "evidence travels as JSON");
    evidence
}

fn endpoints(evidence: &Evidence) -> Vec<&Endpoint> {
    let subjects = evidence.scans.iter().flat_map(|scan| &scan.subjects);
    subjects
        .map(|subject| match subject {
            Subject::Endpoint(endpoint) => endpoint.as_ref(),
            Subject::Chain(_) => panic!("a report has no chain without a service"),
        })
        .collect()
}

/// The service as it was asked with its name.
fn named(evidence: &Evidence, port: u16) -> &Endpoint {
    let found = endpoints(evidence).into_iter();
    let mut found =
        found.filter(|endpoint| endpoint.key.port == port && endpoint.key.server_name != ServerName::Omitted);
    found.next().unwrap_or_else(|| panic!("port {port}"))
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

#[test]
fn versions_are_those_that_the_servers_offer() {
    for name in REPORTS {
        let evidence = evidence(&text(name));
        for endpoint in endpoints(&evidence) {
            let place = format!("{name} {}", endpoint.key);
            let truth = truth(endpoint.key.port).filter(|_| endpoint.key.server_name != ServerName::Omitted);
            for version in ProtocolVersion::ALL {
                let found = endpoint.versions.membership(&version);
                match &truth {
                    None => assert!(matches!(found, Membership::Unknown(_)), "{place} {version}: {found:?}"),
                    Some(truth) if truth.offered.contains(&version) => {
                        assert!(matches!(found, Membership::Accepted(_)), "{place} {version}: {found:?}");
                    }
                    Some(truth) if truth.untold.contains(&version) => {
                        let Membership::Unknown(gap) = found else { panic!("{place} {version}: {found:?}") };
                        assert_eq!(gap.reason, GapReason::Blocked, "{place} {version}");
                    }
                    Some(_) => assert!(matches!(found, Membership::Refused(_)), "{place} {version}: {found:?}"),
                }
            }
        }
    }
}

/// Every pass, by what the server truly is: a pass that this does not allow is a false one.
#[test]
fn nothing_passes_that_the_servers_do_not_deserve() {
    for name in REPORTS {
        let text = text(name);
        let evidence = evidence(&text);
        let keys: Vec<&EndpointKey> = keys(&evidence);
        for pack in PACKS {
            let report = judge(&text, pack.id);
            assert_ne!(report.verdict, Verdict::Compliant, "{name} {}", pack.id);
            let mut passes = 0;
            for finding in report.findings.iter().filter(|finding| finding.outcome == Outcome::Pass) {
                let key = keys[finding.subject.endpoint.unwrap() as usize];
                assert!(deserved(finding, key), "{name} {}: {} {}", pack.id, key, finding.summary);
                passes += usize::from(finding.rule != "evidence-too-old");
            }
            assert!(passes > 0, "{name} {}", pack.id);
        }
    }
}

/// The keys in the order of their first sighting, as findings number them.
fn keys(evidence: &Evidence) -> Vec<&EndpointKey> {
    let mut keys: Vec<&EndpointKey> = Vec::new();
    for endpoint in endpoints(evidence) {
        if !keys.contains(&&endpoint.key) {
            keys.push(&endpoint.key);
        }
    }
    keys
}

fn deserved(finding: &Finding, key: &EndpointKey) -> bool {
    if finding.rule == "evidence-too-old" {
        return true;
    }
    let Some(truth) = truth(key.port) else { return false };
    let of_service = key.server_name != ServerName::Omitted;
    match (finding.rule.as_str(), finding.facet.as_deref()) {
        ("obsolete-protocol", _) => {
            of_service && truth.offered.iter().all(|version| *version >= ProtocolVersion::TLS1_2)
        }
        ("broken-cipher", _) => of_service && !truth.broken_suites,
        ("no-forward-secrecy", Some("offered")) => of_service,
        ("no-forward-secrecy", Some("every-suite")) => of_service && truth.only_forward_secrecy,
        ("rsa-key-short", _) => !truth.weak_key,
        ("ec-key-short", _) => matches!(key.port, 14531 | 14538),
        // Every certificate of these servers ends in 2027 or later.
        ("certificate-expired", _) => true,
        // The RSA leaf has the address as subject alternative name, the ECDSA leaf and the self-signed one have not.
        ("name-mismatch", _) => !truth.other_name || (key.port == 14531 && finding.summary.contains("`127.0.0.1`")),
        _ => false,
    }
}

#[test]
fn who_was_asked_and_how_is_kept() {
    let multi = evidence(&text("sslyze-6.3.1/multi"));
    let ports: Vec<u16> = multi
        .scans
        .iter()
        .filter_map(|scan| match scan.subjects.first() {
            Some(Subject::Endpoint(endpoint)) => Some(endpoint.key.port),
            _ => None,
        })
        .collect();
    assert_eq!(ports, [14599, 14536, 14533, 14538, 14535, 14531, 14537, 14532, 14534], "in the order of completion");
    let key = &named(&multi, 14537).key;
    assert_eq!((key.host.as_deref(), key.address.as_deref()), (Some("::1"), Some("::1")));
    assert_eq!(key.transport, Transport::Direct);
    assert_eq!(key.server_name, ServerName::Sent("::1".to_owned()));
    let nameless = multi.scans.last().unwrap();
    assert!(nameless.subjects.is_empty());
    let Completion::Unfinished(gap) = &nameless.completion else { panic!("{nameless:?}") };
    assert!(gap.detail.contains("nonexistent.invalid:443"), "{}", gap.detail);
    for name in REPORTS {
        for endpoint in endpoints(&evidence(&text(name))) {
            let starttls = truth(endpoint.key.port).map_or(endpoint.key.port == 10026, |truth| truth.starttls);
            let expected = if starttls { Transport::StartTls(StartTls::Smtp) } else { Transport::Direct };
            assert_eq!(endpoint.key.transport, expected, "{name} {}", endpoint.key);
        }
    }
}

#[test]
fn times_are_in_utc_with_and_without_a_zone() {
    for (name, expected) in
        [("sslyze-5.2.0/go", "2026-11-21T23:07:17Z"), ("sslyze-6.3.1/multi", "2026-11-21T22:51:31Z")]
    {
        let evidence = evidence(&text(name));
        let Observed::Known(started) = &evidence.scans[0].started else { panic!("{name}") };
        assert_eq!(started.value.to_string(), expected, "{name}");
    }
}

#[test]
fn what_was_not_reached_is_said() {
    let multi = evidence(&text("sslyze-6.3.1/multi"));
    for port in [14533, 14536, 14599] {
        let Observed::NotObserved(gap) = &named(&multi, port).tls else { panic!("{port}") };
        assert_eq!(gap.reason, GapReason::Blocked, "{port}");
    }
    for name in ["sslyze-5.2.0/smtp", "sslyze-6.3.1/smtp"] {
        let evidence = evidence(&text(name));
        let tls = named(&evidence, 10026).tls.value().copied();
        assert_eq!(tls, Some(TlsSupport::StartTlsNotAdvertised), "{name}");
    }
    let scan = multi.scans.iter().find(|scan| !scan.subjects.is_empty()).unwrap();
    assert!(matches!(scan.completion, Completion::Unfinished(_)));
}

#[test]
fn suites_are_complete_only_if_every_one_was_answered() {
    let complete = |endpoint: &Endpoint, version| {
        let mut lists = endpoint.suites.iter().filter(|list| list.version == Some(version));
        lists.next().map(|list| (list.suites.accepted.len(), list.suites.gap().is_none()))
    };
    let multi = evidence(&text("sslyze-6.3.1/multi"));
    assert_eq!(complete(named(&multi, 14537), ProtocolVersion::TLS1_2), Some((3, true)));
    assert_eq!(complete(named(&multi, 14535), ProtocolVersion::TLS1_2), Some((20, true)));
    assert_eq!(complete(named(&multi, 14532), ProtocolVersion::TLS1_0), Some((34, true)));
    assert_eq!(complete(named(&multi, 14534), ProtocolVersion::SSL3), Some((22, false)), "eight suites timed out");
    let all = evidence(&text("sslyze-6.3.1/ssl2all"));
    let endpoint = named(&all, 14441);
    assert!(complete(endpoint, ProtocolVersion::SSL2).is_none(), "the suites of SSL 2.0 are of another kind");
    let classes: BTreeSet<SuiteClass> = endpoint.suite_classes.iter().map(|offer| offer.class).collect();
    assert!(classes.is_superset(&[SuiteClass::Export, SuiteClass::Low, SuiteClass::TripleDesOrIdea].into()));
    assert!(endpoint.suites.iter().all(|list| list.preference.gap().is_some()));
}

#[test]
fn groups_go_by_name_and_parameters_by_bits() {
    let modern = evidence(&text("sslyze-6.3.1/multi"));
    let groups = &named(&modern, 14531).groups;
    for (name, accepted) in [("x25519", true), ("x448", true), ("secp256r1", true), ("secp192r1", false)] {
        let found = groups.membership(&NamedGroup::from_name(name).unwrap());
        assert_eq!(matches!(found, Membership::Accepted(_)), accepted, "{name}: {found:?}");
        assert_eq!(matches!(found, Membership::Refused(_)), !accepted, "{name}: {found:?}");
    }
    let pq = evidence(&text("sslyze-6.3.1/go_pq"));
    let hybrid = named(&pq, 14451).groups.membership(&NamedGroup::from_name("X25519MLKEM768").unwrap());
    assert!(matches!(hybrid, Membership::Unknown(_)), "sslyze cannot see it, though the server has it");
    let bits: Vec<u32> = named(&modern, 14532).dh_parameters.iter().map(|fact| fact.value.bits).collect();
    assert_eq!(bits, [1024]);
    let all = evidence(&text("sslyze-6.3.1/ssl2all"));
    assert!(named(&all, 14441).dh_parameters.iter().any(|fact| fact.value.bits == 512));
}

#[test]
fn chains_are_kept_as_sent_with_and_without_a_server_name() {
    let multi = evidence(&text("sslyze-6.3.1/multi"));
    let lengths =
        |endpoint: &Endpoint| -> Vec<usize> { endpoint.chains.iter().map(|chain| chain.certificates.len()).collect() };
    for (port, expected) in [(14531, &[2, 2][..]), (14535, &[2]), (14537, &[2]), (14538, &[2]), (14532, &[1])] {
        let endpoint = named(&multi, port);
        assert_eq!(lengths(endpoint), expected, "{port}");
        let all = endpoint.chains.iter().flat_map(|chain| &chain.certificates);
        assert!(all.into_iter().all(|shown| matches!(shown, Certificate::Der(_))), "{port}");
        let complete = matches!(endpoint.chains_rest, Rest::Complete(_));
        assert_eq!(complete, port != 14538, "{port}: in TLS 1.3 alone, other kinds of certificates are not asked for");
    }
    for name in ["sslyze-6.3.1/multi", "sslyze-6.3.1/smtp"] {
        let evidence = evidence(&text(name));
        for endpoint in endpoints(&evidence).into_iter().filter(|one| one.key.server_name != ServerName::Omitted) {
            let key = EndpointKey { server_name: ServerName::Omitted, ..endpoint.key.clone() };
            let without = endpoints(&evidence).into_iter().find(|other| other.key == key);
            assert_eq!(without.is_some(), truth(endpoint.key.port).is_some(), "{name} {}", endpoint.key);
            if let Some(without) = without {
                assert_eq!(without.chains.len(), 1);
                assert!(without.suites.is_empty() && without.versions.accepted.is_empty());
            }
        }
    }
}

#[test]
fn mail_is_asked_without_a_server_name_from_6_3_on() {
    for (name, asked) in [("sslyze-5.2.0/smtp", false), ("sslyze-6.3.1/smtp", true)] {
        let evidence = evidence(&text(name));
        let merged = intransit::evidence::merge(&evidence);
        for dossier in merged.dossiers.iter().filter(|dossier| dossier.key.port == 10025) {
            let gap = dossier.chain_gaps().iter().any(|gap| gap.detail.contains("leave out the server name"));
            assert_eq!(gap, !asked, "{name} {}", dossier.key);
        }
    }
}

#[test]
fn trust_is_what_every_store_says() {
    let trust = |evidence: &Evidence, port| match &named(evidence, port).chains[0].tool_trust {
        Observed::Known(fact) => Some(fact.value.trusted),
        Observed::NotObserved(_) => None,
    };
    let multi = evidence(&text("sslyze-6.3.1/multi"));
    assert_eq!(trust(&multi, 14535), Some(false));
    assert_eq!(trust(&multi, 14538), None, "validation stopped at the name");
    let mut report = value("sslyze-5.2.0/smtp");
    assert_eq!(trust(&evidence(&report.to_string()), 10027), Some(false));
    let deployments = result(&mut report, 10027)["certificate_info"]["result"]["certificate_deployments"].take();
    let results = deployments[0]["path_validation_results"].as_array().unwrap().len();
    for trusting in 1..=results {
        let mut changed = deployments.clone();
        for store in changed[0]["path_validation_results"].as_array_mut().unwrap().iter_mut().take(trusting) {
            store["was_validation_successful"] = json!(true);
            store["openssl_error_string"] = Value::Null;
        }
        result(&mut report, 10027)["certificate_info"]["result"]["certificate_deployments"] = changed;
        let expected = if trusting == results { Some(true) } else { None };
        assert_eq!(trust(&evidence(&report.to_string()), 10027), expected, "{trusting} of {results}");
    }
}

#[test]
fn attacks_and_client_certificates_are_what_the_scanner_says() {
    let all = evidence(&text("sslyze-6.3.1/ssl2all"));
    let attacks: BTreeMap<&str, Option<bool>> = named(&all, 14441)
        .attacks
        .iter()
        .map(|attack| (attack.name.as_str(), attack.vulnerable.value().copied()))
        .collect();
    assert_eq!(attacks["Heartbleed"], Some(true));
    assert_eq!(attacks["CCS injection"], Some(true));
    assert_eq!(attacks["downgrade without TLS_FALLBACK_SCSV"], Some(true));
    assert_eq!(attacks["ROBOT"], None, "its test could not connect");
    let multi = evidence(&text("sslyze-6.3.1/multi"));
    let mtls = named(&multi, 14535);
    assert_eq!(mtls.client_certificate.value(), Some(&ClientCertificate::Required));
    let Observed::NotObserved(gap) = &mtls.secure_renegotiation else { panic!("the test needs a certificate") };
    assert_eq!(gap.reason, GapReason::ClientLimited);
    assert_eq!(named(&multi, 14531).compression.value(), Some(&false));
}

/// The `scan_result` of the target at this port.
fn result(report: &mut Value, port: u16) -> &mut Value {
    let results = report["server_scan_results"].as_array_mut().unwrap();
    let target = results.iter_mut().find(|result| result["server_location"]["port"] == port).unwrap();
    &mut target["scan_result"]
}

#[test]
fn the_layout_of_3_and_4_is_read() {
    let mut report: Value = value("sslyze-5.2.0/go");
    let mut target = report["server_scan_results"][0].take();
    let (mut results, mut errors) = (json!({}), json!({}));
    for (name, attempt) in target["scan_result"].as_object_mut().unwrap() {
        if attempt["status"] == "COMPLETED" {
            let mut result = attempt["result"].take();
            result.as_object_mut().unwrap().remove("is_tls_version_supported");
            results[name] = result;
        }
    }
    errors["robot"] = json!({ "reason": "CONNECTIVITY_ISSUE", "exception_trace": "…" });
    results.as_object_mut().unwrap().remove("robot");
    let old = json!({
        "server_scan_results": [{
            "server_info": {
                "server_location": target["server_location"],
                "network_configuration": target["network_configuration"],
                "tls_probing_result": target["connectivity_result"],
            },
            "scan_commands_results": results,
            "scan_commands_errors": errors,
        }],
        "server_connectivity_errors": [{ "server_string": "192.0.2.1:443", "error_message": "Connection timed out" }],
        "total_scan_time": 1.5,
        "sslyze_version": "3.0.7",
        "sslyze_url": "https://github.com/nabla-c0d3/sslyze",
    });
    let evidence = evidence(&old.to_string());
    assert_eq!(evidence.scans.len(), 2);
    assert!(matches!(evidence.scans[0].completion, Completion::Finished(_)));
    assert!(evidence.scans[0].started.gap().is_some(), "it carries no time");
    assert!(matches!(evidence.scans[1].completion, Completion::Unfinished(_)));
    let endpoint = named(&evidence, 14451);
    for version in ProtocolVersion::ALL {
        let accepted = matches!(endpoint.versions.membership(&version), Membership::Accepted(_));
        let refused = matches!(endpoint.versions.membership(&version), Membership::Refused(_));
        let offered = version >= ProtocolVersion::TLS1_2;
        assert_eq!((accepted, refused), (offered, !offered), "{version}");
    }
    let robot = endpoint.attacks.iter().find(|attack| attack.name == "ROBOT").unwrap();
    assert_eq!(robot.vulnerable.gap().unwrap().reason, GapReason::Blocked);
}

#[test]
fn a_report_without_targets_is_not_compliant() {
    for report in [
        json!({ "sslyze_version": "6.3.1", "server_scan_results": [] }),
        json!({ "sslyze_version": "6.3.1", "server_scan_results": null }),
        json!({ "sslyze_version": "6.3.1", "server_scan_results": [{}] }),
        json!({ "sslyze_version": "6.3.1" }),
    ] {
        let report = judge(&report.to_string(), PACKS[0].id);
        assert_eq!(report.verdict, Verdict::Indeterminate);
        assert!(report.findings.iter().all(|finding| finding.outcome != Outcome::Pass));
    }
}

/// One bad suite, or one bad version, among many good ones: without any one entry of the report, nothing new passes.
#[test]
fn no_deletion_gives_a_new_pass() {
    let mut good: Value = value("sslyze-5.2.0/go");
    strip(&mut good);
    let mut bad_suite = good.clone();
    accept(&mut bad_suite, "tls_1_2_cipher_suites", "TLS_RSA_WITH_3DES_EDE_CBC_SHA");
    let mut bad_version = good.clone();
    accept(&mut bad_version, "tls_1_0_cipher_suites", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA");
    for (what, rule, command, report) in [
        ("good", "", "", &good),
        ("a bad suite", "broken-cipher", "tls_1_2_cipher_suites", &bad_suite),
        ("a bad version", "obsolete-protocol", "tls_1_0_cipher_suites", &bad_version),
    ] {
        let before = passes(report);
        assert!(before.keys().all(|(_, known, _, _)| known != rule), "{what}: {before:?}");
        let mut paths = Vec::new();
        collect(report, &mut Vec::new(), &mut paths);
        paths.retain(|path| path.iter().any(|step| step.contains(command)));
        let mut rejected = 0;
        for path in paths {
            if path.iter().any(|step| step == "rejected_cipher_suites") {
                rejected += 1;
                if rejected % 61 != 0 {
                    continue;
                }
            }
            let mut changed = report.clone();
            remove(&mut changed, &path);
            for (pass, count) in passes(&changed) {
                let known = before.get(&pass).copied().unwrap_or(0);
                assert!(count <= known, "{what}, without {}: {pass:?}", path.join("."));
            }
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

type Pass = (&'static str, String, Option<String>, Option<String>);

fn passes(report: &Value) -> BTreeMap<Pass, usize> {
    let text = report.to_string();
    let mut passes = BTreeMap::new();
    for pack in PACKS {
        let options = CheckOptions {
            at: NOW.to_owned(),
            now: NOW.to_owned(),
            policy: Some(pack.id.to_owned()),
            ..CheckOptions::default()
        };
        let Ok(report) = check(&[Input::new("report.json", text.as_bytes())], &options) else { continue };
        assert_ne!(report.verdict, Verdict::Compliant);
        for finding in report.findings.into_iter().filter(|finding| finding.outcome == Outcome::Pass) {
            *passes.entry((pack.id, finding.rule, finding.facet, finding.subject.certificate)).or_insert(0) += 1;
        }
    }
    passes
}

fn collect(value: &Value, at: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(elements) => elements.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (step, child) in children {
        at.push(step);
        paths.push(at.clone());
        collect(child, at, paths);
        at.pop();
    }
}

fn remove(value: &mut Value, path: &[String]) {
    let Some((last, parents)) = path.split_last() else { return };
    let parent = parents.iter().fold(value, |value, step| match value {
        Value::Array(elements) => &mut elements[step.parse::<usize>().unwrap()],
        value => &mut value[step.as_str()],
    });
    match parent {
        Value::Array(elements) => {
            elements.remove(last.parse().unwrap());
        }
        Value::Object(members) => {
            members.remove(last);
        }
        _ => panic!("a path leads into a container"),
    }
}
