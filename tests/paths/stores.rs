//! Several stores side by side, dated removals, and hand-off sheets, in reports.

use std::fs;

use intransit::check::SuppliedStore;
use intransit::pki::distinguished_name::DistinguishedName;
use intransit::policy::Level;
use intransit::report::{Acceptance, Finding};
use intransit::{CheckOptions, Input, Outcome, Report, Verdict, check};
use rcgen::DnType;

use crate::made::{HOST, Party};

fn pki(file: &str) -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/pki/").to_owned() + file).unwrap()
}

fn options() -> CheckOptions {
    CheckOptions {
        at: "2026-11-22T10:00:00Z".to_owned(),
        now: "2026-11-22T10:00:00Z".to_owned(),
        host: Some(HOST.to_owned()),
        ..CheckOptions::default()
    }
}

fn supplied(name: &str, text: &str) -> SuppliedStore {
    SuppliedStore { name: Some(name.to_owned()), text: Some(text.to_owned()), base64: None }
}

fn judged(input: &str, options: &CheckOptions) -> Report {
    check(&[Input::new("chain.pem", input.as_bytes())], options).unwrap()
}

fn table(report: &Report) -> Vec<(&str, Acceptance)> {
    report.acceptances.iter().flat_map(|chain| &chain.answers).map(|one| (one.store.as_str(), one.acceptance)).collect()
}

/// What a rule says of the chain that was pasted.
fn of_rule<'r>(report: &'r Report, rule: &str) -> Vec<&'r Finding> {
    report.findings.iter().filter(|one| one.rule == rule && one.subject.certificate.is_some()).collect()
}

#[test]
fn each_store_answers_for_each_chain() {
    let options = CheckOptions {
        roots: Some(pki("chain-root.pem")),
        stores: vec![supplied("x", "mozilla"), supplied("list.txt", &"ab".repeat(20))],
        ..options()
    };
    let report = judged(&pki("chain-without-root.pem"), &options);
    let expected =
        [("roots.pem", Acceptance::Accepts), ("Mozilla", Acceptance::Refuses), ("list.txt", Acceptance::Refuses)];
    assert_eq!(table(&report), expected);
    let missing = report.acceptances[0].answers[1].missing_root.as_deref();
    assert_eq!(missing, Some("CN=Example Root, O=Example AG"));
    assert_eq!(
        report.stores.iter().map(|store| store.name.as_str()).collect::<Vec<_>>(),
        expected.map(|(name, _)| name)
    );
    assert!(report.reproduce.contains(" --roots roots.pem --roots mozilla --roots list.txt "), "{}", report.reproduce);
    for (format, words) in [
        ("text", "✖ Mozilla does not accept: it lacks the root CA"),
        ("markdown", "| Mozilla | ✖ does not accept |"),
        ("html", "<td>✖ does not accept</td>"),
    ] {
        let written = intransit::render::render(&report, format).unwrap();
        assert!(written.contains(words), "{format}: {written}");
    }
    assert_eq!(report.sha256(), report.result_sha256);
}

#[test]
fn a_root_that_is_missing_weighs_as_the_policy_says() {
    let policy = |params: &str| {
        format!(
            r#"{{"id":"a","version":"1","expects":["chain"],"extends":"m365-in-transit-1.0","rules":[{{"rule":"root-missing","level":"error"{params}}}]}}"#
        )
    };
    for (params, level) in [
        ("", Level::Warning),
        (r#","params":{"automaticUpdateOff":["other.txt"]}"#, Level::Warning),
        (r#","params":{"automaticUpdateOff":["list.txt"]}"#, Level::Error),
    ] {
        let options = CheckOptions {
            policy: Some(policy(params)),
            roots: Some(pki("chain-root.pem")),
            stores: vec![supplied("list.txt", &"ab".repeat(20))],
            ..options()
        };
        let report = judged(&pki("chain-without-root.pem"), &options);
        let found: Vec<_> = of_rule(&report, "root-missing");
        assert_eq!(found.iter().map(|one| (one.outcome, one.level)).collect::<Vec<_>>(), [(Outcome::Fail, level)]);
    }
}

#[test]
fn nothing_more_is_said_of_one_store() {
    let report = judged(&pki("chain.pem"), &CheckOptions { roots: Some(pki("chain-root.pem")), ..options() });
    assert_eq!((report.acceptances.len(), report.stores.len()), (0, 0));
    assert!(report.rules.iter().all(|rule| rule.id != "root-missing" && rule.id != "sheet-mismatch"));
}

/// A chain whose issuer has the name of a root that Mozilla removed.
fn below(root: &[(DnType, &str)]) -> String {
    let mut authority = Party::authority("CA");
    authority.params.distinguished_name = rcgen::DistinguishedName::new();
    for (kind, value) in root {
        authority.params.distinguished_name.push(kind.clone(), *value);
    }
    let mut server = Party::server();
    server.params.not_before = rcgen::date_time_ymd(2024, 1, 1);
    let leaf = server.by(&authority);
    let _: &DistinguishedName = leaf.issuer.as_ref().unwrap();
    use base64::Engine as _;
    let lines = base64::engine::general_purpose::STANDARD.encode(&leaf.der);
    format!("-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n")
}

#[test]
fn a_root_that_mozilla_removed_is_said_to_be_so() {
    let chain = below(&[
        (DnType::CountryName, "BE"),
        (DnType::OrganizationName, "GlobalSign nv-sa"),
        (DnType::OrganizationalUnitName, "Root CA"),
        (DnType::CommonName, "GlobalSign Root CA"),
    ]);
    for (at, words) in [
        (
            "2025-04-14T00:00:00Z",
            "Mozilla took this root's trust for websites away on 2025-04-15, and as at 2025-04-14 still trusted it",
        ),
        ("2025-04-15T00:00:00Z", "; Mozilla took this root's trust for websites away on 2025-04-15"),
    ] {
        let options = CheckOptions {
            at: at.to_owned(),
            roots: Some("mozilla".to_owned()),
            stores: vec![supplied("roots.pem", &pki("chain-root.pem"))],
            ..options()
        };
        let report = judged(&chain, &options);
        let answer = &report.acceptances[0].answers[0];
        assert_eq!(answer.acceptance, Acceptance::Unknown, "nothing but a name is known of the root");
        assert!(answer.words.contains(words), "{answer:?}");
    }
}

#[test]
fn a_service_below_a_removed_root_fails_from_that_day_on() {
    let chain = below(&[
        (DnType::CountryName, "US"),
        (DnType::OrganizationName, "DigiCert Inc"),
        (DnType::OrganizationalUnitName, "www.digicert.com"),
        (DnType::CommonName, "DigiCert Global Root CA"),
    ]);
    let entry = |id: &str, finding: &str| serde_json::json!({ "id": id, "severity": "INFO", "finding": finding });
    let scan = serde_json::json!({
        "Invocation": "testssl.sh mail.example.com:443", "version": "3.2", "openssl": "OpenSSL", "startTime": "1770000000", "scanTime": 9,
        "scanResult": [{
            "targetHost": HOST, "ip": "192.0.2.1", "port": "443", "service": "HTTP",
            "entries": [entry("cert_numbers", "1"), entry("certs_countServer", "1"), entry("cert", &chain)],
        }],
    })
    .to_string();
    for (at, outcome, words) in [
        (
            "2026-04-14T23:59:59Z",
            Outcome::Unknown,
            "that the chain of the certificate `mail.example.com` leads to a trusted root CA is not proven",
        ),
        ("2026-04-15T00:00:00Z", Outcome::Fail, "; Mozilla removed this root on 2026-04-15"),
    ] {
        let report = judged(&scan, &CheckOptions { at: at.to_owned(), roots: Some("mozilla".to_owned()), ..options() });
        let found = of_rule(&report, "chain-unproven");
        assert_eq!(found[0].outcome, outcome, "{found:#?}");
        assert!(found[0].summary.to_lowercase().contains(&words.to_lowercase()), "{}", found[0].summary);
    }
}

#[test]
fn a_sheet_comes_back_as_it_went() {
    let with_roots = || CheckOptions { roots: Some(pki("chain-root.pem")), ..options() };
    let report = judged(&pki("chain-without-root.pem"), &with_roots());
    for format in ["sheet", "sheet-markdown"] {
        let sheet = intransit::render::render(&report, format).unwrap();
        for words in ["Certificate authority root issuer", "Example Root", "Organization unit", "mail.example.com"] {
            assert!(sheet.contains(words), "{sheet}");
        }
        let options = CheckOptions { sheet: Some(sheet.clone()), ..with_roots() };
        let report = judged(&pki("chain-without-root.pem"), &options);
        let found: Vec<_> = of_rule(&report, "sheet-mismatch");
        assert_eq!(found.iter().map(|one| one.outcome).collect::<Vec<_>>(), [Outcome::Pass], "{found:#?}\n{sheet}");
        assert!(report.reproduce.contains(" --sheet sheet.txt "), "{}", report.reproduce);
        // Another server's certificate, for the same host.
        let other = judged(&pki("ec-p-256.pem"), &options);
        let found = of_rule(&other, "sheet-mismatch")[0];
        assert_eq!(found.outcome, Outcome::Fail, "{found:#?}");
    }
}

#[test]
fn a_sheet_of_another_host_keeps_the_verdict_open() {
    let sheet = "Host: other.example.com\nCertificate name: other.example.com\n".to_owned();
    let options = CheckOptions { roots: Some(pki("chain-root.pem")), sheet: Some(sheet), ..options() };
    let report = judged(&pki("chain.pem"), &options);
    assert_ne!(report.verdict, Verdict::Compliant);
    assert!(report.scope.not_shown.iter().any(|line| line == "the host `other.example.com` of the sheet `sheet.txt`"));
    let found = report.findings.iter().find(|one| one.rule == "sheet-mismatch" && one.outcome != Outcome::Unknown);
    assert_eq!(found.map(|one| one.outcome), Some(Outcome::NotApplicable));
}

/// What is cut from a sheet, or changed in it, proves nothing that the whole one did not.
#[test]
fn a_damaged_sheet_passes_no_other_certificate() {
    let with_roots = || CheckOptions { roots: Some(pki("chain-root.pem")), ..options() };
    let other = judged(&pki("ec-p-256.pem"), &with_roots());
    let sheet = intransit::render::render(&other, "sheet").unwrap();
    let lines: Vec<&str> = sheet.lines().collect();
    for left_out in 0..lines.len() {
        let without: Vec<&str> =
            lines.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, line)| *line).collect();
        for damaged in [without.join("\n"), lines[..left_out].join("\n")] {
            let options = CheckOptions { sheet: Some(damaged), ..with_roots() };
            let Ok(report) = check(&[Input::new("chain.pem", pki("chain-without-root.pem").as_bytes())], &options)
            else {
                continue;
            };
            let found = report.findings.iter().filter(|one| one.rule == "sheet-mismatch");
            assert!(found.clone().all(|one| one.outcome != Outcome::Pass), "without line {left_out}");
        }
    }
}
