//! TLS reports, policies of MTA-STS and answers of `dig`.

use intransit::evidence::{Attribute, Exhibit, Subject, SubjectKind};
use intransit::{CheckOptions, Input, Reading, Verdict, check, read};

const FORMATS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/formats");

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(format!("{FORMATS}/{name}")).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn exhibits(reading: &Reading) -> Vec<&Exhibit> {
    let mut found = Vec::new();
    for subject in reading.evidence.scans.iter().flat_map(|scan| &scan.subjects) {
        if let Subject::Exhibit(exhibit) = subject {
            found.push(exhibit.as_ref());
        }
    }
    found
}

fn verdict(inputs: &[(&str, Vec<u8>)], policy: &str) -> Verdict {
    let time = "2026-11-22T10:00:00Z".to_owned();
    let options = CheckOptions {
        at: time.clone(),
        now: time.clone(),
        collected: Some(time),
        policy: Some(policy.to_owned()),
        ..Default::default()
    };
    let inputs: Vec<Input<'_>> = inputs.iter().map(|(name, bytes)| Input::new(name, bytes)).collect();
    check(&inputs, &options).unwrap().verdict
}

#[test]
fn counts_of_reports_are_those_that_were_injected() {
    for (name, domain, kind, successful, failed, failures) in [
        ("clean.example.json", "clean.example", "sts", "9", "0", &[][..]),
        (
            "example.net.json",
            "example.net",
            "sts",
            "42",
            "4",
            &["3 × starttls-not-supported at mx.example.net", "1 × certificate-expired at mx.example.net"],
        ),
        (
            "example.net.json.gz",
            "example.net",
            "sts",
            "42",
            "4",
            &["3 × starttls-not-supported at mx.example.net", "1 × certificate-expired at mx.example.net"],
        ),
        ("secure.test.json", "secure.test", "tlsa", "17", "2", &["2 × validation-failure at mx1.secure.test"]),
    ] {
        let reading = read(&[Input::new(
            name,
            &bytes(&format!("{}/{name}", if name.ends_with(".gz") { "../../mail" } else { "tls-rpt" })),
        )]);
        let [report] = exhibits(&reading)[..] else { panic!("{name}") };
        assert_eq!(report.kind, SubjectKind::TlsReport);
        let expected = [domain, kind, successful, failed].map(Some);
        let attributes = [Attribute::Domain, Attribute::PolicyType, Attribute::Successful, Attribute::Failed];
        assert_eq!(attributes.map(|one| report.text(one)), expected, "{name}");
        let said: Vec<&str> = report.facts(Attribute::Failure).map(|fact| fact.value.as_str()).collect();
        assert_eq!(said, failures, "{name}");
        let ended = reading.evidence.scans[0].started.value().unwrap().to_string();
        assert_eq!(ended, "2026-11-21T23:59:59Z", "{name}");
    }
    let mail = read(&[Input::new("report.eml", &bytes("../../mail/example.net.mail.eml"))]);
    assert!(mail.evidence.scans.is_empty() && !mail.diagnostics.is_empty());
}

#[test]
fn answers_of_dig_are_read_to_the_last_record() {
    for (name, owner, kind, status, data, is_whole) in [
        ("mx", "secure.test", "MX", "NOERROR", &["10 mx1.secure.test.", "20 mx2.secure.test."][..], true),
        ("mta-sts-txt", "_mta-sts.secure.test", "TXT", "NOERROR", &["v=STSv1; id=20261122T000000"], true),
        (
            "tlsrpt-txt",
            "_smtp._tls.secure.test",
            "TXT",
            "NOERROR",
            &["v=TLSRPTv1; rua=mailto:tlsrpt@example.test"],
            true,
        ),
        ("nxdomain", "_465._tcp.mx1.secure.test", "TLSA", "NXDOMAIN", &[], true),
        ("servfail", "_25._tcp.mx1.bogus.test", "TLSA", "SERVFAIL", &[], false),
    ] {
        let reading = read(&[Input::new(name, &bytes(&format!("dig-9.18.49/{name}.txt")))]);
        let [answer] = exhibits(&reading)[..] else { panic!("{name}: {:?}", reading.diagnostics) };
        let said = [Attribute::Owner, Attribute::RecordType, Attribute::Status].map(|one| answer.text(one));
        assert_eq!(said, [owner, kind, status].map(Some), "{name}");
        let found: Vec<&str> = answer.facts(Attribute::Data).map(|fact| fact.value.as_str()).collect();
        assert_eq!(found, data, "{name}");
        assert_eq!(reading.evidence.scans[0].completion.gap().is_none(), is_whole, "{name}");
        let time = reading.evidence.scans[0].started.value().unwrap().to_string();
        assert!(time.starts_with("2026-11-22T00:29:"), "{name}: {time}");
    }
}

#[test]
fn a_policy_and_its_records_may_come_in_any_order_and_file() {
    let whole = bytes("mta-sts/enforced.txt");
    assert_eq!(verdict(&[("all", whole.clone())], "mta-sts-1.0"), Verdict::Compliant);
    let text = String::from_utf8(whole).unwrap();
    let at = text.find("\n; <<>> DiG").unwrap();
    let (policy, records) = (text.as_bytes()[..at].to_vec(), text.as_bytes()[at..].to_vec());
    assert_eq!(verdict(&[("b", records.clone()), ("a", policy.clone())], "mta-sts-1.0"), Verdict::Compliant);
    assert_eq!(verdict(&[("a", policy)], "mta-sts-1.0"), Verdict::Indeterminate);
    assert_eq!(verdict(&[("b", records)], "mta-sts-1.0"), Verdict::Indeterminate);
    assert_eq!(verdict(&[("t", bytes("mta-sts/testing.txt"))], "mta-sts-1.0"), Verdict::NonCompliant);
    // A report of failures counts beside a policy that is as it should be.
    let report = bytes("tls-rpt/example.net.json");
    assert_eq!(verdict(&[("all", text.into_bytes()), ("r", report)], "mta-sts-1.0"), Verdict::NonCompliant);
}

/// A policy in mode enforce below these lines, beside records that announce it.
fn judged_below(above: &str) -> Verdict {
    let policy = "version: STSv1\nmode: enforce\nmx: mx1.secure.test\nmx: mx2.secure.test\nmax_age: 604800\n";
    let records = ["mta-sts-txt", "mx"].map(|name| (name, bytes(&format!("dig-9.18.49/{name}.txt"))));
    let mut inputs = vec![("policy", format!("{above}{policy}").into_bytes())];
    inputs.extend(records);
    verdict(&inputs, "mta-sts-1.0")
}

#[test]
fn a_policy_that_no_sender_may_use_is_none() {
    const COMMAND: &str = "$ curl -sv https://mta-sts.secure.test/.well-known/mta-sts.txt\n";
    const GOOD: &str = "* Host mta-sts.secure.test:443 was resolved.\n*  SSL certificate verify ok.\n* [HTTP/2] [1] OPENED stream for https://mta-sts.secure.test/.well-known/mta-sts.txt\n> GET /.well-known/mta-sts.txt HTTP/2\n> Host: mta-sts.secure.test\n> \n{ [5 bytes data]\n< HTTP/2 200 \n< content-type: text/plain\n< \n";
    let whole = format!("{COMMAND}{GOOD}");
    let quoted: String = whole.lines().map(|line| format!("> {line}\n")).collect();
    for above in [
        &whole,
        COMMAND,
        &format!(
            "{}{}",
            COMMAND.replace("\n", " 2>&1\n"),
            GOOD.replace("< HTTP/2 200", "< HTTP/1.1 100 Continue\n< HTTP/1.1 200 OK")
        ),
        &quoted,
        &COMMAND.replace("$ curl -sv ", ""),
        &COMMAND.replace("$ curl -sv", "PS C:\\> curl.exe -s"),
        &COMMAND.replace("-sv", "-si").replace('\n', "\nHTTP/2 200\ncontent-type: text/plain\n\n"),
        &whole.replace("-sv", "-svL"),
        &format!(
            "$ curl -sk https://mta-sts.other.test/.well-known/mta-sts.txt\ncurl: (6) Could not resolve host\n{whole}"
        ),
    ] {
        assert_eq!(judged_below(above), Verdict::Compliant, "{above}");
    }
    for above in [
        whole.replace("HTTP/2 200", "HTTP/2 404"),
        whole.replace("HTTP/2 200", "HTTP/1.1 503 Service Unavailable"),
        whole.replace("< HTTP/2 200", "< HTTP/2 301 \n< location: https://cdn.example.com/\n< \n< HTTP/2 200"),
        whole.replace("< HTTP/2 200", "< HTTP/2 302"),
        whole.replace("-sv", "-svk"),
        whole.replace("-sv", "--insecure -sv"),
        COMMAND.replace("-sv", "-sL"),
        whole.replace("verify ok.", "verify result: certificate has expired (10), continuing anyway."),
        format!("{COMMAND}curl: (60) SSL certificate problem: certificate has expired\n"),
        format!("{COMMAND}curl: (60) SSL certificate problem: certificate has expired\n$ cat old-policy.txt\n"),
        format!("{COMMAND}$ cat old-policy.txt\n"),
        format!("{COMMAND}user@host:~> cat old-policy.txt\n"),
        COMMAND.replace(".txt\n", ".txt >/dev/null; cat old-policy.txt\n"),
        COMMAND.replace(".txt\n", ".txt | sed s/testing/enforce/\n"),
        COMMAND.replace(".txt\n", ".txt https://example.com/mta-sts.txt\n"),
        format!("{COMMAND}version: STSv1\nmode: testing\n\n$ cat old-policy.txt\n"),
        quoted.replace("HTTP/2 200", "HTTP/2 404"),
        format!("Could not fetch {COMMAND}").replace("$ curl -sv ", ""),
    ] {
        assert_ne!(judged_below(&above), Verdict::Compliant, "{above}");
    }
}

#[test]
fn many_policies_are_bounded() {
    let one = |at: usize| {
        format!(
            "$ curl -s https://mta-sts.d{at}.test/.well-known/mta-sts.txt\nversion: STSv1\nmode: enforce\nmx: a\nmax_age: 9\n"
        )
    };
    let many: String = (0..3000).map(one).collect();
    let reading = read(&[Input::new("many", many.as_bytes())]);
    assert_eq!((exhibits(&reading).len(), reading.diagnostics.len()), (1000, 1), "{:?}", reading.diagnostics);
    assert_ne!(verdict(&[("many", many.into_bytes())], "mta-sts-1.0"), Verdict::Compliant);
    let long = format!("version: STSv1\nmode: enforce\n{}", "mx: a.test\n".repeat(100_000));
    let reading = read(&[Input::new("long", long.as_bytes())]);
    assert_eq!((exhibits(&reading).len(), reading.diagnostics.len()), (0, 1), "{:?}", reading.diagnostics);
}

#[test]
fn members_of_reports_that_are_not_as_they_must_be_are_said() {
    let clean = String::from_utf8(bytes("tls-rpt/clean.example.json")).unwrap();
    let mut clean: serde_json::Value = serde_json::from_str(&clean).unwrap();
    clean["policies"][0].as_object_mut().unwrap().remove("failure-details");
    let clean = clean.to_string();
    let own = r#"{"id":"own","version":"1","expects":["tlsReport"],"rules":[{"rule":"tls-report-failures","level":"error"}]}"#;
    let judged = |text: &str| verdict(&[("report", text.as_bytes().to_vec())], own);
    assert_eq!(judged(&clean), Verdict::Compliant, "{clean}");
    let beside = |member: &str| clean.replacen(r#""summary":"#, &format!(r#"{member},"summary":"#), 1);
    assert_eq!(judged(&beside(r#""failure-details":[]"#)), Verdict::Compliant);
    assert_eq!(judged(&beside(r#""failure-details":null"#)), Verdict::Compliant);
    let detail = r#"{"result-type":"certificate-expired","failed-session-count":5}"#;
    for text in [
        beside(&format!(r#""failure-details":{detail}"#)),
        beside(&format!(r#""Failure-Details":[{detail}]"#)),
        beside(&format!(r#""failure_details":[{detail}]"#)),
        beside(&format!(r#""failures":[{detail}]"#)),
        beside(&format!(r#""failureDetail":[{detail}]"#)),
        beside(&format!(r#""failure-details":[],"failure-details":[{detail}]"#)),
        beside(r#""failure-details":"certificate-expired""#),
        beside(r#""Summary":{"total-failure-session-count":5}"#),
        beside(r#""Policy":{}"#),
        clean.replace(r#""policies":"#, r#""Policies":[{}],"policies":"#),
        clean.replace(
            r#""total-failure-session-count":0"#,
            r#""total-failure-session-count":0,"Total-Failure-Session-Count":5"#,
        ),
        clean.replace(r#""policy":{"#, r#""policy":["#).replace(r#""policy-type":"sts"}"#, r#""policy-type":"sts"]"#),
        clean.replace(r#""policies":["#, r#""policies":[[],"#),
        clean.replace(r#""policies":["#, r#""policies":{"a":"#),
    ] {
        assert_ne!(text, clean);
        assert_ne!(judged(&text), Verdict::Compliant, "{text}");
        assert!(!read(&[Input::new("report", text.as_bytes())]).diagnostics.is_empty(), "{text}");
    }
}
