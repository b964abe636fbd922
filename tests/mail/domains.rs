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
