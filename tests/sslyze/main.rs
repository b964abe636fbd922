//! Real reports of sslyze against what the servers truly were; the READMEs beside the reports say what that is.
#![expect(clippy::disallowed_methods, reason = "the fixtures are files")]

mod deletion;
#[path = "../common/json_paths.rs"]
mod json_paths;
mod truth;

use std::collections::{BTreeMap, BTreeSet};

use intransit::evidence::{
    Certificate, ClientCertificate, Completion, Endpoint, EndpointKey, GapReason, Membership, Observed, Rest,
    ServerName, StartTls, Subject, SuiteClass, TlsSupport, Transport,
};
use intransit::iana::{NamedGroup, ProtocolVersion};
use intransit::policy::PACKS;
use intransit::report::{Outcome, Report, Verdict};
use intransit::{CheckOptions, Evidence, Input, check, read};
use serde_json::{Value, json};
use truth::truth;

const NOW: &str = "2026-11-22T10:00:00Z";
const REPORTS: [&str; 6] = [
    "sslyze-5.2.0/go",
    "sslyze-5.2.0/smtp",
    "sslyze-6.3.1/multi",
    "sslyze-6.3.1/smtp",
    "sslyze-6.3.1/go_pq",
    "sslyze-6.3.1/ssl2all",
];

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
            _ => panic!("a report has no chain without a service"),
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
        // What sslyze calls rejected some servers take from other clients.
        assert_eq!(matches!(found, Membership::Unknown(_)), !accepted, "{name}: {found:?}");
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
        // In TLS 1.3 alone, other kinds of certificates are not asked for; nor is EdDSA, behind the suites of ECDSA.
        assert_eq!(complete, ![14538, 14531].contains(&port), "{port}");
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
        let merged = intransit::evidence::merge(&evidence, NOW.parse().unwrap());
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
