//! Reports of testssl.sh with a hole in them: each would be compliant if what is odd were passed over.
#![expect(clippy::disallowed_methods, reason = "the certificates are files")]

use intransit::evidence::{Endpoint, Evidence, ServerName, StartTls, Subject, Transport};
use intransit::{Clock, Declared, Input, Policy, Report, Verdict, evaluate, read_declared};
use serde_json::{Value, json};

const NOW: &str = "2026-11-22T10:00:00Z";

const POLICY: &str = r#"{"id":"holes","version":"1","rules":[
    {"rule":"obsolete-protocol","level":"error"},
    {"rule":"no-forward-secrecy","level":"error"},
    {"rule":"broken-cipher","level":"error"},
    {"rule":"rsa-key-short","level":"error"},
    {"rule":"certificate-expired","level":"error"},
    {"rule":"name-mismatch","level":"error"},
    {"rule":"evidence-too-old","level":"error"}]}"#;

/// Of `h.test`, until December 2027.
const GOOD: &str = "-----BEGIN CERTIFICATE-----\n\
    MIIDFjCCAf6gAwIBAgIURDj31GEMKTSYQo07F0cZWpRvq3AwDQYJKoZIhvcNAQEL\n\
    BQAwETEPMA0GA1UEAwwGaC50ZXN0MB4XDTI2MTEyMjAyMzExNVoXDTI3MTIyNzAy\n\
    MzExNVowETEPMA0GA1UEAwwGaC50ZXN0MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n\
    MIIBCgKCAQEAv1rj1ANvmmqzkIdpHucyKzG+DdAnlaovKQGM81St94ubjKxNym3i\n\
    gDz5Z6E+crw8S1VZX6wozDzu5q5+2fKGY01ScAr7SK0/PDu/NMjbjYoHXtVE8a2B\n\
    lfKxDx3X5F9CgJk+i/8utP6K5X9CwhErEL9thgTBIxlVPPcHlfO7Av8tEdTW6RH3\n\
    QTKBgpCbrYoOwkj5AhCeA9FhPpTLE3JoSISsIxKwgCAyxH0se5/+7yKCIClkDl6S\n\
    fC/1d7PljrgijVrVbNNYl8FWC9yvwqE0Bwnwr5mwx7l8qY48uEiL9CUWPHpBOx/0\n\
    JhNUcGp6L0LaXJQZjkksHp4MyZwIlmCWFQIDAQABo2YwZDAdBgNVHQ4EFgQU8ihU\n\
    1zoRVCq9wBdr7Yoa7svjHsUwHwYDVR0jBBgwFoAU8ihU1zoRVCq9wBdr7Yoa7svj\n\
    HsUwDwYDVR0TAQH/BAUwAwEB/zARBgNVHREECjAIggZoLnRlc3QwDQYJKoZIhvcN\n\
    AQELBQADggEBAKVszRsPuVVvIP15U6NqXOpDvNJGym9CeFeHhInem/o/mbTWoszQ\n\
    4LTDnKNojQNRlC4/fvOpT/sGYCvpjyko7bptT94dmufS3KQRV1MhpTzPGXiRGU2S\n\
    dGDZj+DyJP4LqtoQe7BV/v7f0kZYsmCu7Fhv54BWYGzxvWFPh1VmgUiV6opkbUz3\n\
    a2tyZFPCEglEj3kVA90zrexs/04+FCb3LUVOhQ0gu8r2NAH08NLd14XIFICPrEDf\n\
    IrjWdI6nf7XhUDukj1lKUK1wj6bFwBu3lNWb5Hzz+ORMpu0+yDmHABKZZrHzxpR/\n\
    dTdWcFbEzhC+OghMsVOPAz06sTQJOa45R2M=\n\
    -----END CERTIFICATE-----\n";

fn other() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/pki/rsa-2048.pem")).unwrap()
}

fn row(id: &str, finding: &str) -> Value {
    with_severity(id, "OK", finding)
}

fn with_severity(id: &str, severity: &str, finding: &str) -> Value {
    json!({ "id": id, "severity": severity, "finding": finding })
}

const SUITE: &str = "TLSv1.2   xc030   ECDHE-RSA-AES256-GCM-SHA384  ECDH 253   AESGCM      256      TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384";

fn host() -> Value {
    json!({
        "targetHost": "h.test", "ip": "192.0.2.1", "port": "443", "rDNS": "--", "service": "HTTP",
        "protocols": [
            row("SSLv2", "not offered"), row("SSLv3", "not offered"), row("TLS1", "not offered"),
            row("TLS1_1", "not offered"), row("TLS1_2", "offered"),
            with_severity("TLS1_3", "LOW", "not offered + downgraded to weaker protocol"),
        ],
        "serverPreferences": [
            row("cipher-tls1_2_xc030", SUITE), row("cipherorder_TLSv1_2", "ECDHE-RSA-AES256-GCM-SHA384"),
        ],
        "serverDefaults": [row("cert_numbers", "1"), row("cert", GOOD), row("certs_countServer", "1")],
    })
}

const COMMAND: &str = "testssl.sh --jsonfile-pretty r.json h.test:443";

fn run(results: &[Value]) -> Value {
    json!({
        "Invocation": COMMAND, "at": "x", "version": "3.2", "openssl": "x", "startTime": "1795302356",
        "scanResult": results, "scanTime": 42,
    })
}

/// A run of the one good host, after a change to it.
fn changed(change: impl FnOnce(&mut Value)) -> String {
    let mut host = host();
    change(&mut host);
    run(&[host]).to_string()
}

/// With these entries in place of those with the same id, or behind all others.
fn with(rows: &[Value]) -> String {
    changed(|host| {
        for new in rows {
            let mut sections = host.as_object_mut().unwrap().values_mut().filter_map(Value::as_array_mut);
            match sections.find_map(|rows| rows.iter_mut().find(|row| row["id"] == new["id"])) {
                Some(old) => *old = new.clone(),
                None => push(host, new.clone()),
            }
        }
    })
}

/// With one more entry, also where its id is there already.
fn and(row: Value) -> String {
    changed(|host| push(host, row))
}

fn push(host: &mut Value, value: Value) {
    host["serverDefaults"].as_array_mut().unwrap().push(value);
}

fn commanded(command: &str) -> String {
    let mut run = run(&[host()]);
    run["Invocation"] = json!(command);
    run.to_string()
}

/// The good run, and loose entries or hosts before and behind its host.
fn beside(before: &[Value], behind: &[Value]) -> String {
    run(&[before, &[host()], behind].concat()).to_string()
}

fn flat_rows() -> Vec<Value> {
    let host = host();
    let sections = host.as_object().unwrap().values().filter_map(Value::as_array).flatten();
    let rows = [row("service", "HTTP")].iter().chain(sections).map(of_target).collect::<Vec<_>>();
    rows.into_iter().chain([of_target(&row("scanTime", "42"))]).collect()
}

fn of_target(row: &Value) -> Value {
    let mut row = row.clone();
    row["ip"] = json!("h.test/192.0.2.1");
    row["port"] = json!("443");
    row
}

fn flat(change: impl FnOnce(&mut Vec<Value>)) -> String {
    let mut rows = flat_rows();
    change(&mut rows);
    json!(rows).to_string()
}

fn of_id<'r>(rows: &'r mut [Value], id: &str) -> &'r mut Value {
    rows.iter_mut().find(|row| row["id"] == id).unwrap()
}

fn judge(text: &str) -> (Evidence, Report) {
    let policy = Policy::from_json("test", POLICY).unwrap();
    let collected = "2026-11-22T02:00:00Z".parse().ok();
    let declared = Declared { collected, ..Declared::default() };
    let reading = read_declared(&[Input::new("report.json", text.as_bytes())], &declared);
    let now = NOW.parse().unwrap();
    let report = evaluate(&reading.evidence, &policy, Clock { at: now, now }, reading.diagnostics);
    (reading.evidence, report)
}

fn endpoints(evidence: &Evidence) -> Vec<&Endpoint> {
    let subjects = evidence.scans.iter().flat_map(|scan| &scan.subjects);
    subjects
        .filter_map(|subject| match subject {
            Subject::Endpoint(endpoint) => Some(endpoint.as_ref()),
            Subject::Chain(_) | Subject::Revocation(_) => None,
        })
        .collect()
}

fn none_is_compliant(table: &[(&str, String)]) {
    let passed: Vec<&str> =
        table.iter().filter(|(_, text)| judge(text).1.verdict == Verdict::Compliant).map(|(what, _)| *what).collect();
    assert!(passed.is_empty(), "compliant: {passed:?}");
}

fn all_are_compliant(table: &[(&str, String)]) {
    for (what, text) in table {
        let report = judge(text).1;
        assert_eq!(report.verdict, Verdict::Compliant, "{what}: {:?}", report.reasons);
    }
}

#[test]
fn what_has_no_hole_is_compliant() {
    let optimal = |finding| with_severity("optimal_proto", "WARN", finding);
    all_are_compliant(&[
        ("pretty", run(&[host()]).to_string()),
        ("flat", flat(|_| ())),
        ("in a list", json!([run(&[host()])]).to_string()),
        (
            "flat, client problem",
            flat(|rows| {
                rows.insert(
                    0,
                    json!({"id": "engine_problem", "ip": "/", "port": "443", "severity": "WARN", "finding": "x"}),
                );
            }),
        ),
        ("flat, backwards", flat(|rows| rows.reverse())),
        ("a problem of this host", beside(&[optimal("Your OpenSSL cannot connect to 192.0.2.1:443.")], &[])),
        ("a remark beside the hosts", beside(&[row("DNS_HTTPS_rrecord", "skipped")], &[])),
        ("said twice", and(row("cert", GOOD))),
        ("count said twice", and(row("cert_numbers", "1"))),
    ]);
}

#[test]
fn no_host_is_dropped() {
    let problem = |finding| with_severity("scanProblem", "FATAL", finding);
    let optimal = |finding| with_severity("optimal_proto", "WARN", finding);
    let mut nameless = host();
    nameless.as_object_mut().unwrap().remove("port");
    none_is_compliant(&[
        ("a host without port", beside(&[], &[nameless.clone()])),
        ("only a host without port", run(&[nameless]).to_string()),
        ("problem of another host", beside(&[problem("Can't connect to 'bad.test:443' Make sure")], &[])),
        ("problem without a name", beside(&[], &[problem("No STARTTLS found in handshake")])),
        ("problem before, without a name", beside(&[problem("No STARTTLS found in handshake")], &[])),
        (
            "proto of another host",
            beside(&[optimal("192.0.2.9:443 doesn't seem to be a TLS/SSL enabled server.")], &[]),
        ),
        ("proto without a name", beside(&[optimal("no TLS")], &[])),
        ("an offer beside the hosts", beside(&[], &[row("TLS1", "offered (deprecated)")])),
    ]);
    let text = beside(&[problem("Can't connect to 'bad.test:443' Make sure")], &[]);
    let (evidence, _) = judge(&text);
    let hosts: Vec<_> = endpoints(&evidence).iter().map(|endpoint| endpoint.key.host.clone().unwrap()).collect();
    assert_eq!(hosts, ["h.test", "bad.test"]);
}

#[test]
fn no_entry_is_passed_over() {
    let offer = || row("TLS1", "offered (deprecated)");
    let good = run(&[host()]).to_string();
    let bad = json!([{ "targetHost": "h.test", "ip": "192.0.2.1", "port": "443", "protocols": [offer()] }]);
    let mut foreign = flat_rows();
    foreign.push(json!(flat_rows()));
    none_is_compliant(&[
        ("list in a section", changed(|host| push(host, json!([offer()])))),
        ("object as a section", changed(|host| host["extra"] = json!({ "rows": [offer()] }))),
        ("entry as a section", changed(|host| host["extra"] = offer())),
        ("without severity", and(json!({ "id": "TLS1", "finding": "offered (deprecated)" }))),
        ("without finding", and(json!({ "id": "TLS1", "severity": "LOW" }))),
        ("without id", and(json!({ "severity": "LOW", "finding": "offered (deprecated)" }))),
        ("null", changed(|host| push(host, Value::Null))),
        ("list in an entry", and(json!({ "id": "x", "severity": "OK", "finding": "x", "more": [offer()] }))),
        ("foreign object", json!([run(&[host()]), { "scanresult": [] }]).to_string()),
        ("section of the run", good.replacen('{', &format!("{{\"scanresult\":{bad},"), 1)),
        ("second scanResult", good.replacen('{', &format!("{{\"scanResult\":{bad},"), 1)),
        ("second scanTime", good.replacen('{', "{\"scanTime\":\"Scan interrupted\",", 1)),
        ("second Invocation", good.replacen('{', "{\"Invocation\":\"testssl.sh h.test\",", 1)),
        (
            "second finding",
            good.replacen(
                r#""finding":"not offered","id":"TLS1","#,
                r#""finding":"not offered","finding":"offered","id":"TLS1","#,
                1,
            ),
        ),
        ("id in another case", and(row("tls1", "offered (deprecated)"))),
        ("flat, list", json!(foreign).to_string()),
        (
            "flat, offer without target",
            flat(|rows| {
                let mut row = of_target(&offer());
                row["ip"] = json!("/");
                rows.push(row);
            }),
        ),
        (
            "flat, other host without severity",
            flat(|rows| {
                rows.push(json!({ "id": "TLS1", "ip": "bad.test/192.0.2.9", "port": "443", "finding": "offered" }));
            }),
        ),
    ]);
    assert!(good.contains(r#""finding":"not offered","id":"TLS1","#));
}

#[test]
fn the_host_that_was_asked_is_the_target() {
    let mut host = host();
    host["targetHost"] = json!("example.test");
    host["hostname"] = json!("mx.example.test");
    host["port"] = json!("25");
    host["service"] = json!("SMTP");
    for command in ["--mx example.test", "-t=smtp x:25", "--starttls=SMTP x:25", "--starttls smtp x:25", "-t smtp x:25"]
    {
        let mut run = run(&[host.clone()]);
        run["Invocation"] = json!(format!("testssl.sh {command}"));
        let (evidence, _) = judge(&run.to_string());
        let found = endpoints(&evidence);
        assert_eq!(found.len(), 1, "{command}");
        let key = &found[0].key;
        assert_eq!(key.host.as_deref(), Some("mx.example.test"), "{command}");
        assert_eq!(key.server_name, ServerName::Sent("mx.example.test".to_owned()), "{command}");
        assert_eq!(key.transport, Transport::StartTls(StartTls::Smtp), "{command}");
    }
}

#[test]
fn a_limited_run_proves_nothing() {
    let mut table: Vec<(String, String)> = [
        "--ssl-native",
        "--ssl_native",
        "--native",
        "--fast",
        "--file hosts.txt",
        "-iL hosts.txt",
        "--file=hosts.txt",
        "--mode=parallel",
    ]
    .into_iter()
    .map(|option| (option.to_owned(), commanded(&format!("testssl.sh {option} h.test:443"))))
    .collect();
    table.push((
        "flat, SSL 2.0 not tested".to_owned(),
        flat(|rows| {
            let row = of_id(rows, "SSLv2");
            row["severity"] = json!("WARN");
            row["finding"] = json!("not tested due to lack of local support");
        }),
    ));
    let table: Vec<(&str, String)> = table.iter().map(|(what, text)| (what.as_str(), text.clone())).collect();
    none_is_compliant(&table);
    // What is not known to have been offered is not refused either.
    let (evidence, _) = judge(&flat(|rows| rows.retain(|row| row["id"] != "SSLv2")));
    let endpoint = endpoints(&evidence)[0];
    assert!(endpoint.versions.refused.iter().all(|refusal| refusal.control.fact().is_none()));
    assert!(endpoint.suites.iter().all(|list| list.suites.gap().is_some()));
}

#[test]
fn certificates_that_contradict_themselves_are_a_gap() {
    let second = format!("{GOOD}-----BEGIN CERTIFICATE-----\nMII*\n-----END CERTIFICATE-----\n");
    let three = |second: &str| {
        changed(|host| {
            *of_id(host["serverDefaults"].as_array_mut().unwrap(), "certs_countServer") = row("certs_countServer", "3");
            push(host, row("intermediate_cert <#1>", GOOD));
            push(host, row("intermediate_cert <#1>", second));
        })
    };
    none_is_compliant(&[
        ("fingerprint", and(row("cert_fingerprintSHA256", &"AA".repeat(32)))),
        ("names", and(with_severity("cert_trust", "HIGH", "certificate does not match supplied URI"))),
        ("second is null", and(json!({ "id": "cert", "severity": "OK", "finding": null }))),
        ("second is no certificate", and(row("cert", "none"))),
        ("broken block", with(&[row("cert", &second)])),
        ("two in one", with(&[row("cert", &format!("{GOOD}{}", other()))])),
        ("counts", and(row("cert_numbers", "2"))),
        ("number", and(row("cert <Cert#2>", &other()))),
        ("number of the count", and(row("certs_countServer <x>", "2"))),
    ]);
    for (what, text) in [("the same twice", three(GOOD)), ("two in one place", three(&other()))] {
        let (evidence, _) = judge(&text);
        let chain = &endpoints(&evidence)[0].chains[0];
        assert!(matches!(chain.rest, intransit::evidence::Rest::Gap(_)), "{what}");
    }
    let (evidence, _) = judge(&and(row("certs_countServer", "2")));
    assert!(matches!(endpoints(&evidence)[0].chains[0].rest, intransit::evidence::Rest::Gap(_)));
}

#[test]
fn a_version_is_refused_in_testssls_own_words_alone() {
    none_is_compliant(&[
        ("local client", with(&[with_severity("TLS1", "LOW", "not offered by local client")])),
        ("likely", with(&[row("TLS1", "likely not offered")])),
        ("but", with(&[row("SSLv2", "not offered, but supported by others")])),
        ("higher", with(&[row("TLS1", "not offered, server responded with higher version number (TLSv1.2)")])),
        ("other name", with(&[row("TLS1", "whatever is not offered")])),
        ("warn", with(&[with_severity("TLS1", "warn", "not offered")])),
        ("unknown severity", with(&[with_severity("TLS1", "FINE", "not offered")])),
        ("and untested", and(with_severity("TLS1", "WARN", "TLS downgraded to STARTTLS plaintext"))),
        ("and offered", and(row("TLS1", "offered (deprecated)"))),
        ("and offered, untested", and(with_severity("TLS1", "WARN", "offered (deprecated)"))),
    ]);
}

#[test]
fn a_doubtful_list_is_not_complete() {
    let signalling = with(&[
        row("TLS1_3", "offered with final"),
        row("cipherorder_TLSv1_3", "TLS_AES_256_GCM_SHA384"),
        row("cipher-tls1_3_x1302", "TLS_AES_256_GCM_SHA384"),
        row("cipherorder_TLSv1_2", "TLS_FALLBACK_SCSV"),
        row("cipher-tls1_2_xc030", "TLS_FALLBACK_SCSV not a/v"),
    ]);
    none_is_compliant(&[
        ("names another suite", with(&[row("cipher-tls1_2_xc030", "xc011 ECDHE-RSA-RC4-SHA")])),
        ("names two suites", with(&[row("cipher-tls1_2_xc030", &format!("{SUITE} ECDHE-RSA-RC4-SHA"))])),
        ("signalling alone", signalling),
        ("list untested", and(with_severity("cipherorder_TLSv1_2", "WARN", "could not determine"))),
        ("version in another case", and(row("cipher-TLS1_2_x0005", "RC4-SHA"))),
        ("code in another case", and(row("cipher-tls1_2_X0005", "RC4-SHA"))),
        ("id in another case", and(row("Cipher-tls1_2_x0005", "RC4-SHA"))),
        ("unknown version", and(row("cipher-tls12_x0005", "RC4-SHA"))),
        ("no code", and(row("cipher-tls1_2", "RC4-SHA"))),
        ("entry untested", and(with_severity("cipher-tls1_2_xc02f", "WARN", "ECDHE-RSA-AES128-GCM-SHA256"))),
        ("class offered, untested", and(with_severity("cipherlist_LOW", "WARN", "offered"))),
    ]);
    let both = with(&[row("cipher-tls1_2_xc030", "xc011 ECDHE-RSA-RC4-SHA")]);
    let (evidence, _) = judge(&both);
    let accepted = endpoints(&evidence)[0].suites[0].suites.accepted.iter().map(|fact| fact.value.0);
    assert_eq!(accepted.collect::<Vec<_>>(), [0xC030, 0xC011]);
}

#[test]
fn a_scan_ends_with_its_time() {
    let timed = |time: Value| {
        let mut run = run(&[host()]);
        run["scanTime"] = time;
        run.to_string()
    };
    none_is_compliant(&[
        ("flat, entries behind", flat(|rows| rows.push(of_target(&row("TLS1", "not offered"))))),
        ("flat, zero", flat(|rows| of_id(rows, "scanTime")["finding"] = json!("0"))),
        ("flat, negative", flat(|rows| of_id(rows, "scanTime")["finding"] = json!("-1"))),
        ("flat, words", flat(|rows| of_id(rows, "scanTime")["finding"] = json!("Scan interrupted"))),
        ("zero", timed(json!(0))),
        ("negative", timed(json!(-1))),
        ("words", timed(json!("Scan interrupted"))),
    ]);
}

#[test]
fn many_targets_and_many_suites_are_read_in_linear_time() {
    const MANY: usize = 10_000;
    let rows: Vec<Value> = (0..MANY)
        .map(|number| {
            let mut row = of_target(&row("x", "x"));
            row["ip"] = json!(format!("h/10.{}.{}.{}", number >> 16, number >> 8 & 255, number & 255));
            row
        })
        .collect();
    let read = |text: &str| intransit::read(&[Input::new("report.json", text.as_bytes())]);
    assert_eq!(read(&json!(rows).to_string()).evidence.scans.len(), MANY);
    let text = changed(|host| {
        let entry = |code: usize| row(&format!("cipher-tls1_2_x{:04x}", 0x2000 + code), "x");
        host["serverPreferences"] = (0..MANY).map(entry).collect();
    });
    assert_eq!(endpoints(&read(&text).evidence)[0].suites[0].suites.accepted.len(), MANY);
}
