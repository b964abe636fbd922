//! From inputs to reports: documents of evidence, staples, what scanners say, and damaged input.

use intransit::evidence::{EndpointKey, Revocation, RevocationEvidence, Subject};
use intransit::pki::path::TrustStore;
use intransit::{Clock, Evidence, Input, Outcome, Policy, Report, evaluate, read};
use serde_json::{Value, json};

use super::made;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/");
/// The OCSP responses were made on that day.
const NOW: &str = "2026-11-23T10:00:00Z";

fn bytes(file: &str) -> Vec<u8> {
    std::fs::read(format!("{CASES}{file}")).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn text(file: &str) -> String {
    String::from_utf8(bytes(file)).unwrap()
}

/// These rules at error level, against the root of the fixtures.
fn policy(rules: &[&str]) -> Policy {
    let rules: Vec<Value> = rules.iter().map(|rule| json!({ "rule": rule, "level": "error" })).collect();
    let policy = json!({ "id": "test", "version": "1", "rules": rules });
    let mut policy = Policy::from_json("test", &policy.to_string()).unwrap();
    let root = text("pki/revocation-root.pem");
    policy.roots = Some(TrustStore::choose(&root, "root.pem", made::time(NOW)).unwrap());
    policy
}

fn judged(evidence: &Evidence, rules: &[&str]) -> Report {
    let now = made::time(NOW);
    evaluate(evidence, &policy(rules), Clock { at: now, now }, Vec::new())
}

fn outcomes(report: &Report) -> Vec<String> {
    let said = |finding: &intransit::report::Finding| format!("{:?} {}", finding.outcome, finding.summary);
    report.findings.iter().map(said).collect()
}

fn paste() -> String {
    text("formats/revocation/chain-and-lists.pem") + &text("formats/revocation/leaf-ocsp.pem")
}

#[test]
fn evidence_carries_lists_and_responses_and_is_read_back() {
    let reading = read(&[Input::new("paste.pem", paste().as_bytes())]);
    assert!(reading.diagnostics.is_empty(), "{:?}", reading.diagnostics);
    let before = judged(&reading.evidence, &["certificate-revoked"]);
    assert_eq!(before.findings.iter().filter(|one| one.outcome == Outcome::Pass).count(), 2, "{:?}", outcomes(&before));
    let document = reading.evidence.to_document(&[]);
    let again = read(&[Input::new("evidence.json", document.as_bytes())]);
    assert!(again.diagnostics.is_empty(), "{:?}", again.diagnostics);
    assert_eq!(outcomes(&judged(&again.evidence, &["certificate-revoked"])), outcomes(&before));
    let certutil = read(&[Input::new("certutil.txt", &bytes("formats/certutil/failed.txt"))]);
    let document = certutil.evidence.to_document(&[]);
    let again = read(&[Input::new("evidence.json", document.as_bytes())]);
    assert!(again.diagnostics.is_empty(), "{:?}", again.diagnostics);
    assert_eq!(again.evidence.scans[0].subjects.len(), 2);
}

#[test]
fn a_list_speaks_of_a_certificate_in_another_file() {
    let files = ["pki/revocation-revoked.pem", "pki/revocation-issuing.pem", "formats/revocation/issuing-crl.der"];
    let inputs = files.map(|file| (file, bytes(file)));
    let inputs: Vec<Input<'_>> = inputs.iter().map(|(name, bytes)| Input::new(name, bytes)).collect();
    let found = outcomes(&judged(&read(&inputs).evidence, &["certificate-revoked"]));
    let fails = found.iter().filter(|one| one.starts_with("Fail The certificate `mail.example.com` is revoked since"));
    assert_eq!(fails.count(), 1, "{found:?}");
    assert!(!found.iter().any(|one| one.starts_with("Pass")), "{found:?}");
}

#[test]
fn der_and_pem_say_the_same() {
    for name in ["issuing-crl", "leaf-ocsp"] {
        let said = |file: String| {
            let reading = read(&[Input::new("input", &bytes(&file))]);
            assert!(reading.diagnostics.is_empty(), "{file}: {:?}", reading.diagnostics);
            let Subject::Revocation(revocation) = &reading.evidence.scans[0].subjects[0] else { panic!("{file}") };
            match &revocation.said {
                RevocationEvidence::Crl(fact) | RevocationEvidence::OcspResponse(fact) => fact.value.clone(),
                _ => panic!("{file}"),
            }
        };
        let folder = format!("formats/revocation/{name}");
        assert_eq!(said(format!("{folder}.pem")), said(format!("{folder}.der")));
    }
}

/// What is deleted, cut or flipped passes for nothing new; here with roots, which the general properties go without.
#[test]
fn damaged_lists_and_responses_pass_for_nothing() {
    let (chain, lists) = (text("pki/revocation-leaf.pem") + &text("pki/revocation-issuing.pem"), paste());
    let lists = lists.strip_prefix(&chain).unwrap();
    let passes = |text: &str| {
        let report = judged(&read(&[Input::new("paste.pem", text.as_bytes())]).evidence, &["certificate-revoked"]);
        report.findings.iter().filter(|finding| finding.outcome == Outcome::Pass).count()
    };
    let revoked = text("pki/revocation-revoked.pem") + &text("pki/revocation-issuing.pem");
    for cut in (0..lists.len()).step_by(97) {
        assert!(passes(&format!("{chain}{}", &lists[..cut])) <= 2);
        assert!(passes(&format!("{revoked}{}", &lists[..cut])) <= 1, "cut at {cut}");
    }
    for at in (0..lists.len()).step_by(61) {
        let mut damaged = lists.as_bytes().to_vec();
        damaged[at] ^= 1;
        let damaged = String::from_utf8(damaged).unwrap();
        // The list of the root still speaks of the issuing CA.
        assert!(passes(&format!("{revoked}{damaged}")) <= 1, "flipped at {at}");
    }
}

/// A report of testssl.sh of a server with a certificate that demands a staple.
fn scanned() -> Evidence {
    let report = json!({
        "Invocation": "testssl.sh mail.example.com:443", "version": "3.2", "openssl": "OpenSSL", "startTime": "1795424400",
        "scanResult": [{ "targetHost": "mail.example.com", "ip": "192.0.2.1", "port": "443", "service": "HTTP", "entries": [
            { "id": "cert_numbers", "severity": "INFO", "finding": "1" },
            { "id": "certs_countServer", "severity": "INFO", "finding": "2" },
            { "id": "cert", "severity": "INFO", "finding": text("pki/revocation-leaf.pem") },
            { "id": "intermediate_cert <#1>", "severity": "INFO", "finding": text("pki/revocation-issuing.pem") },
        ] }],
        "scanTime": 9,
    });
    read(&[Input::new("report.json", report.to_string().as_bytes())]).evidence
}

fn with_staple(mut evidence: Evidence, file: &str) -> Evidence {
    let staple = read(&[Input::new("staple.der", &bytes(file))]).evidence.scans.remove(0).subjects.remove(0);
    let Subject::Revocation(staple) = staple else { panic!("{file}") };
    let key: EndpointKey = match &evidence.scans[0].subjects[0] {
        Subject::Endpoint(endpoint) => endpoint.key.clone(),
        _ => panic!("expected an endpoint"),
    };
    let staple = Revocation { endpoint: Some(key), said: staple.said };
    evidence.scans[0].subjects.push(Subject::Revocation(Box::new(staple)));
    evidence
}

#[test]
fn a_staple_counts_where_it_is_good_for_the_certificate() {
    let rule = ["must-staple-without-staple"];
    let good = outcomes(&judged(&with_staple(scanned(), "formats/revocation/leaf-ocsp.der"), &rule));
    assert!(good[0].starts_with("Pass"), "{good:?}");
    let other = outcomes(&judged(&with_staple(scanned(), "formats/revocation/revoked-ocsp.pem"), &rule));
    assert!(other[0].starts_with("Unknown"), "{other:?}");
    assert!(outcomes(&judged(&scanned(), &rule))[0].starts_with("Unknown"));
}

#[test]
fn what_scanners_say_of_revocation_fails_and_never_passes() {
    let rules = ["certificate-revoked", "must-staple-without-staple"];
    let said = |response: Value, proxy: Value| {
        let deployment = json!({
            "received_certificate_chain": [{ "as_pem": text("pki/revocation-leaf.pem") }],
            "ocsp_response": response,
        });
        let certificates = json!({ "status": "COMPLETED", "result": { "certificate_deployments": [deployment] } });
        let location = json!({ "hostname": "mail.example.com", "port": 443, "http_proxy_settings": proxy });
        let report = json!({
            "sslyze_version": "6.3.1",
            "invalid_server_strings": [],
            "server_scan_results": [{
                "server_location": location,
                "connectivity_status": "COMPLETED",
                "scan_status": "COMPLETED",
                "scan_result": { "certificate_info": certificates },
            }],
        });
        let reading = read(&[Input::new("sslyze.json", report.to_string().as_bytes())]);
        outcomes(&judged(&reading.evidence, &rules)).join("\n")
    };
    let status = |word: &str| json!({ "response_status": "SUCCESSFUL", "certificate_status": word });
    let none = "Fail The certificate `mail.example.com` demands an OCSP response, and the server sent none";
    let revoked = "Fail A tool reports that the certificate `mail.example.com` is revoked";
    let proxy = json!({ "hostname": "proxy.example.com" });
    for (response, proxy, fails) in [
        (Value::Null, Value::Null, [true, false]),
        (Value::Null, proxy, [false, false]),
        (status("GOOD"), Value::Null, [false, false]),
        (status("REVOKED"), Value::Null, [false, true]),
    ] {
        let found = said(response, proxy);
        assert_eq!([none, revoked].map(|words| found.contains(words)), fails, "{found}");
        assert!(!found.contains("Pass"), "{found}");
    }
}

#[test]
fn openssl_says_that_no_staple_came() {
    let session = |status: &str| {
        let leaf = text("pki/revocation-leaf.pem");
        let printed = format!(
            "$ openssl s_client -connect mail.example.com:443 -servername mail.example.com -status </dev/null\n\
             CONNECTED(00000003)\n{status}---\nCertificate chain\n 0 s:O = Example AG, CN = mail.example.com\n   \
             i:O = Example AG, CN = Example Issuing CA for Revocation\n---\nServer certificate\n{leaf}---\n\
             New, TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384\nVerification: OK\n---\n"
        );
        let reading = read(&[Input::new("session.txt", printed.as_bytes())]);
        outcomes(&judged(&reading.evidence, &["certificate-revoked", "must-staple-without-staple"])).join("\n")
    };
    let none = session("OCSP response: no response sent\n");
    assert!(none.contains("Fail The certificate `mail.example.com` demands an OCSP response"), "{none}");
    let response = "OCSP response: \n======================================\nOCSP Response Data:\n    OCSP Response Status: \
                    successful (0x0)\n    Cert Status: revoked\n======================================\n";
    let revoked = session(response);
    assert!(revoked.contains("Fail A tool reports that the certificate `mail.example.com` is revoked"), "{revoked}");
    assert!(!revoked.contains("the server sent none"), "{revoked}");
    let good = session(&response.replace("revoked", "good"));
    assert!(!good.contains("Pass") && !good.contains("Fail"), "{good}");
}

#[test]
fn a_broken_list_keeps_the_verdict_from_being_compliant() {
    let crl = text("formats/revocation/issuing-crl.pem");
    for (what, broken) in [
        ("cut", crl.replace("-----END X509 CRL-----\n", "")[..200].to_owned()),
        ("another label", crl.replace("X509 CRL", "OCSP RESPONSE").replace("MII", "AII")),
        ("nothing", "-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n".to_owned()),
    ] {
        let reading = read(&[Input::new("paste.pem", broken.as_bytes())]);
        let is_error = |note: &intransit::Diagnostic| note.severity == intransit::diagnostic::Severity::Error;
        assert!(reading.diagnostics.iter().any(is_error), "{what}: {:?}", reading.diagnostics);
    }
}

#[test]
fn addresses_of_cas_are_listed_where_certificates_name_some() {
    use intransit::render::{TextOptions, html, markdown, text as plain};
    let report =
        |file: &str| judged(&read(&[Input::new("paste.pem", &bytes(file))]).evidence, &["certificate-revoked"]);
    let with = report("formats/revocation/chain-and-lists.pem");
    let hosts: Vec<String> = with.ca_addresses.iter().map(|one| format!("{} {}", one.host, one.port)).collect();
    assert_eq!(hosts, ["ca.example.com 80", "crl.example.com 80", "ocsp.example.com 80"]);
    assert_eq!(with.ca_addresses[1].urls, ["http://crl.example.com/issuing.crl", "http://crl.example.com/root.crl"]);
    assert_eq!(with.ca_addresses[1].certificates.len(), 2);
    let outputs = |report: &Report| [plain(report, &TextOptions::default()), markdown(report), html(report)];
    for output in outputs(&with) {
        for words in [
            "http crl.example.com, port 80",
            "certutil -verify -urlfetch",
            "certutil -verifyctl AuthRoot",
            "certlm.msc",
        ] {
            let (host, scheme) = ("crl.example.com", "http 80");
            let found = output.contains(words)
                || words.starts_with("http ") && output.contains(host) && output.contains(scheme);
            assert!(found, "{words} in {output}");
        }
    }
    for output in outputs(&report("pki/rsa-2048.pem")) {
        assert!(!output.contains("certutil"), "{output}");
    }
}

#[test]
fn a_list_of_many_entries_is_walked() {
    use super::made::{List, Party};
    use intransit::pki::revocation::{Issuer, Standing, Statement, StatementKind, ask};
    let authority = Party::authority("Issuing CA");
    let (ca, leaf) = (authority.by_itself(), made::server().by(&authority));
    let entry = |number: u32| ([&[0x11], &number.to_be_bytes()[..]].concat(), "2026-11-01", Some(1), Vec::new());
    let entries = (0..200_000).map(entry).collect();
    let list = List {
        issuer: &ca,
        key: &authority.key,
        made: "2026-11-20",
        next: Some("2026-11-25"),
        entries,
        extensions: Vec::new(),
    };
    let der = list.der();
    let statement = Statement::read(StatementKind::Crl, &der).unwrap();
    let issuer = Issuer { name: ca.subject.as_ref().unwrap(), key: ca.key.as_ref().unwrap(), certificate: Some(&ca) };
    assert!(matches!(ask(&statement, &leaf, &issuer, super::made::at()).standing, Standing::Good(_)));
}

#[test]
fn short_lived_certificates_need_no_revocation() {
    use super::made::{List, Party};
    use rcgen::date_time_ymd;
    const DAY: i64 = 86_400;
    let authority = Party::authority("Issuing CA");
    let ca = authority.by_itself();
    for (begin, seconds, is_short) in [
        (date_time_ymd(2026, 11, 18), 7 * DAY - 1, true),
        (date_time_ymd(2026, 11, 18), 7 * DAY, false),
        (date_time_ymd(2026, 3, 15), 7 * DAY - 1, true),
        (date_time_ymd(2026, 3, 15), 10 * DAY - 1, false),
        (date_time_ymd(2026, 3, 14), 10 * DAY - 1, true),
        (date_time_ymd(2024, 3, 15), 10 * DAY - 1, true),
        (date_time_ymd(2024, 3, 15), 10 * DAY, false),
        (date_time_ymd(2024, 3, 14), DAY, false),
    ] {
        let mut server = made::server();
        server.params.not_before = begin;
        server.params.not_after = begin + time::Duration::seconds(seconds);
        let leaf = server.by(&authority).der;
        let said =
            |inputs: &[Input<'_>]| outcomes(&judged(&read(inputs).evidence, &["certificate-revoked"])).join("\n");
        let found = said(&[Input::new("leaf.der", &leaf)]);
        assert_eq!(found.contains("NotApplicable The certificate"), is_short, "{begin} {seconds}: {found}");
        // A list that says so is heard all the same.
        let entries = vec![(vec![0x01, 0x80, 0x02], "2024-03-01", Some(1), Vec::new())];
        let (made, next) = ("2026-11-20", Some("2026-11-25"));
        let list = List { issuer: &ca, key: &authority.key, made, next, entries, extensions: Vec::new() }.der();
        let all = [&leaf, &ca.der].map(Vec::as_slice).concat();
        let found = said(&[Input::new("chain.der", &all), Input::new("list.der", &list)]);
        assert!(found.contains("Fail The certificate"), "{found}");
    }
}

#[test]
fn where_the_effort_ends_nothing_passes() {
    use super::made::{List, Party};
    let authority = Party::authority("Issuing CA");
    let (ca, leaf) = (authority.by_itself(), made::server().by(&authority));
    let list = List::of(&ca, &authority.key);
    let chain = [leaf.der, ca.der.clone()].concat();
    let roots = vec![intransit::pki::ParsedCertificate::from_der(&ca.der).unwrap()];
    let now = made::time(NOW);
    let mut policy = policy(&["certificate-revoked"]);
    policy.roots = Some(TrustStore::of_certificates("test", now, "made for this test", String::new(), roots));
    // Signatures differ each time they are made, and so do the lists.
    let outcome = |files: usize| {
        let lists: Vec<Vec<u8>> = (0..files).map(|_| (0..900).flat_map(|_| list.der()).collect()).collect();
        let mut inputs = vec![Input::new("chain.der", &chain)];
        inputs.extend(lists.iter().map(|bytes| Input::new("lists.der", bytes)));
        outcomes(&evaluate(&read(&inputs).evidence, &policy, Clock { at: now, now }, Vec::new())).join("\n")
    };
    assert!(outcome(1).contains("Pass The certificate"));
    let many = outcome(3);
    assert!(!many.contains("Pass"), "{many}");
}
