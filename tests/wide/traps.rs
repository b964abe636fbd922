//! What these records say and do not mean.

use std::time::{Duration, Instant};

use intransit::diagnostic::{Code, Severity};
use intransit::evidence::{Completion, GapReason};
use intransit::iana::ProtocolVersion;
use intransit::report::{Outcome, Verdict};

use super::read::{endpoints, judge, reading, text};
use super::{facts, names};

fn with(name: &str, from: &str, to: &str) -> String {
    let before = text(name);
    assert!(before.contains(from), "{name} has no `{from}`");
    before.replace(from, to)
}

fn codes(text: &str) -> Vec<Code> {
    let errors = reading(text).diagnostics.into_iter().filter(|note| note.severity == Severity::Error);
    errors.map(|note| note.code).collect()
}

#[test]
fn an_attempt_that_failed_shows_nothing_else() {
    for (name, from, to) in [
        ("tlsx/modern.jsonl", "\"probe_status\":true", "\"probe_status\":false"),
        ("tlsx/modern.jsonl", "\"probe_status\":true", "\"probe_status\":true,\"error\":\"timeout\""),
        ("zgrab2/modern.jsonl", "\"status\":\"success\"", "\"status\":\"io-timeout\""),
        ("zgrab2/modern.jsonl", "\"status\":\"success\"", "\"status\":\"Success!\""),
        ("zgrab2/modern.jsonl", "\"status\":\"success\",", ""),
        ("cryptolyzer-1.6.1/versions-modern.json", "\"versions\":", "\"error\": \"no response\", \"versions\":"),
    ] {
        let reading = reading(&with(name, from, to));
        assert!(!reading.evidence.scans.is_empty(), "{name}");
        for scan in &reading.evidence.scans {
            assert!(matches!(scan.completion, Completion::Unfinished(_)), "{name} {to}");
        }
        for endpoint in endpoints(&reading.evidence) {
            assert!(endpoint.versions.accepted.is_empty() && endpoint.chains.is_empty(), "{name} {to}");
            assert!(endpoint.tls.value().is_none(), "{name} {to}");
        }
    }
}

#[test]
fn one_version_that_tls_scan_prints_alone_may_be_whatever_stood_in_memory() {
    let reading = reading(&text("tls-scan/scan.json"));
    let weak = endpoints(&reading.evidence).nth(1).unwrap();
    assert_eq!(weak.versions.accepted.len(), 1);
    assert_eq!(weak.versions.accepted[0].value, ProtocolVersion::TLS1_0);
}

#[test]
fn the_version_in_the_hello_of_tls13_is_not_believed() {
    let text = text("zgrab2/scan.jsonl");
    for changed in
        [text.clone(), text.replace(r#","supported_versions":{"selected_version":{"name":"TLSv1.3","value":772}}"#, "")]
    {
        let reading = reading(&changed);
        let modern = endpoints(&reading.evidence).find(|endpoint| endpoint.key.port == 8443).unwrap();
        let versions: Vec<_> = modern.versions.accepted.iter().map(|fact| fact.value).collect();
        assert_eq!(versions, [ProtocolVersion::TLS1_3]);
    }
}

#[test]
fn a_code_point_with_the_name_of_another_is_an_error() {
    for (from, to) in [
        ("\"name\":\"TLSv1.2\",\"value\":771},\"random\"", "\"name\":\"TLSv1.2\",\"value\":769},\"random\""),
        ("\"name\":\"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384\"", "\"name\":\"TLS_RSA_WITH_RC4_128_SHA\""),
    ] {
        assert_eq!(codes(&with("zgrab2/modern.jsonl", from, to)), [Code::ContradictoryInput], "{to}");
    }
}

#[test]
fn a_name_that_stands_twice_is_an_error() {
    for (name, from, to) in [
        ("tlsx/modern.jsonl", "\"probe_status\":true", "\"probe_status\":true,\"probe_status\":false"),
        ("zgrab2/modern.jsonl", "\"value\":771},\"random\"", "\"value\":771,\"value\":769},\"random\""),
        ("tls-scan/scan.json", "\"tlsVersion\": \"TLSv1\",", "\"tlsVersion\": \"TLSv1.3\", \"tlsVersion\": \"TLSv1\","),
    ] {
        assert!(codes(&with(name, from, to)).contains(&Code::ContradictoryInput), "{name}");
    }
}

#[test]
fn a_description_that_contradicts_its_bytes_is_an_error() {
    let hash = "\"sha256\":\"";
    let text = text("tlsx/modern.jsonl");
    let at = text.find(hash).unwrap() + hash.len();
    let changed = format!("{}{}{}", &text[..at], "0".repeat(64), &text[at + 64..]);
    assert_eq!(codes(&changed), [Code::ContradictoryInput]);
    let changed = text.replacen("\"subject_cn\":\"modern.example.test\"", "\"subject_cn\":\"bank.example.test\"", 1);
    assert_eq!(codes(&changed), [Code::ContradictoryInput]);
}

#[test]
fn parts_of_another_target_are_not_read() {
    let text = text("cryptolyzer-1.6.1/all-modern.json");
    let ciphers = text.find("\"ciphers\"").unwrap();
    let changed = format!("{}{}", &text[..ciphers], text[ciphers..].replacen("\"port\": 24431", "\"port\": 443", 1));
    assert_eq!(codes(&changed), [Code::ContradictoryInput]);
    let reading = reading(&changed);
    assert_eq!(endpoints(&reading.evidence).next().unwrap().suites.len(), 1);
}

#[test]
fn one_broken_record_does_not_stop_the_rest() {
    let lines: Vec<String> = ["tlsx/scan.jsonl", "zgrab2/scan.jsonl"]
        .iter()
        .flat_map(|name| text(name).lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let all = reading(&lines.join("\n"));
    assert_eq!(codes(&lines.join("\n")), []);
    let whole: Vec<String> = endpoints(&all.evidence).map(facts).collect();
    for broken in 0..lines.len() {
        let length = lines[broken].len();
        for cut in [length / 7, length / 3, length / 2, length - 1] {
            let cut = (0..=cut).rev().find(|at| lines[broken].is_char_boundary(*at)).unwrap();
            let mut changed = lines.clone();
            changed[broken].truncate(cut);
            let changed = changed.join("\n");
            assert!(!codes(&changed).is_empty(), "line {broken} cut at {cut}");
            let reading = reading(&changed);
            let found: Vec<String> = endpoints(&reading.evidence).map(facts).collect();
            let own = lines[broken].matches("\"protocol\"").count().max(1);
            let kept = whole.iter().filter(|facts| found.contains(facts)).count();
            assert!(kept + own >= whole.len(), "line {broken} cut at {cut}: {kept} of {}", whole.len());
        }
    }
}

#[test]
fn several_formats_in_one_paste_are_all_read() {
    let names = ["tlsx/modern.jsonl", "tls-scan/scan.json", "zgrab2/modern.jsonl", "cryptolyzer-1.6.1/all-modern.json"];
    let paste: String = names.iter().map(|name| text(name) + "\n").collect();
    assert_eq!(codes(&paste), []);
    let mut formats: Vec<String> = reading(&paste).evidence.scans.into_iter().map(|scan| scan.format).collect();
    formats.dedup();
    assert_eq!(formats, ["tlsx-json", "tls-scan-json", "zgrab2-json", "cryptolyzer-json"]);
    let list = format!("[{}]", text("tlsx/scan.jsonl").trim().replace('\n', ",\n"));
    assert_eq!(codes(&list), []);
    assert_eq!(reading(&list).evidence.scans.len(), 5);
    let mixed = format!("[{},{}]", text("tlsx/modern.jsonl"), text("zgrab2/modern.jsonl"));
    assert_eq!(codes(&mixed), [Code::UnrecognisedInput], "a list of one format and another");
}

#[test]
fn every_record_of_a_host_counts() {
    let worse = text("tlsx/modern.jsonl").replace("\"tls13\"", "\"tls10\"");
    for paste in [text("tlsx/modern.jsonl") + &worse, worse.clone() + &text("tlsx/modern.jsonl")] {
        let report = judge(&paste, "m365-in-transit-1.0");
        assert_eq!(report.endpoints.len(), 1);
        let obsolete = report.findings.iter().find(|found| found.rule == "obsolete-protocol").unwrap();
        assert_eq!(obsolete.outcome, Outcome::Fail);
    }
}

#[test]
fn utf16_is_read_as_powershell_writes_it() {
    for name in names() {
        let text = text(&name);
        let utf16: Vec<u8> = [0xFF, 0xFE]
            .into_iter()
            .chain(text.replace('\n', "\r\n").encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        let other = intransit::read(&[intransit::Input::new("report", &utf16)]);
        let plain = reading(&text);
        let said = |reading: &intransit::Reading| endpoints(&reading.evidence).map(facts).collect::<Vec<_>>();
        assert_eq!(said(&other), said(&plain), "{name}");
    }
}

#[test]
fn a_record_without_its_port_is_of_no_known_service() {
    let reading = reading(&with("zgrab2/modern.jsonl", "\"port\":443,", ""));
    let gap = reading.evidence.scans[0].completion.gap().unwrap();
    assert_eq!(gap.reason, GapReason::NotReportedByFormat);
    assert_eq!(endpoints(&reading.evidence).next().unwrap().key.port, 0);
}

#[test]
fn names_of_nothing_are_not_ours() {
    for text in [
        r#"{"data":{"tls":{"status":"success"}}}"#,
        r#"{"host":"a.test","port":"443"}"#,
        r#"{"target":"https://a.test"}"#,
        r#"{"url":"https://a.test","status_code":200}"#,
        r#"{"tlsVersion":"TLSv1.3"}"#,
    ] {
        assert_eq!(codes(text), [Code::UnrecognisedInput], "{text}");
    }
}

#[test]
fn many_records_take_time_in_proportion() {
    let record = text("tlsx/modern.jsonl");
    let lines = |count: usize| -> String {
        (0..count)
            .map(|at| record.replace("modern.example.test\",\"ip", &format!("host{at}.example.test\",\"ip")))
            .collect()
    };
    let took = |count: usize| {
        let text = lines(count);
        let start = Instant::now();
        let report = judge(&text, "m365-in-transit-1.0");
        assert_ne!(report.verdict, Verdict::Compliant);
        assert_eq!(report.endpoints.len(), count);
        start.elapsed()
    };
    took(50);
    let (one, four) = (took(400), took(1600));
    assert!(four < one * 8 + Duration::from_secs(1), "{one:?} for 400, {four:?} for 1600");
}

#[test]
fn the_handshake_of_another_host_is_not_that_of_the_target() {
    let changed = with(
        "zgrab2/scan.jsonl",
        "\"request\":{\"url\":{\"scheme\":\"https\",\"host\":\"modern.example.test\"}",
        "\"request\":{\"url\":{\"scheme\":\"https\",\"host\":\"elsewhere.example.test\"}",
    );
    let reading = reading(&changed);
    let target = endpoints(&reading.evidence).find(|endpoint| endpoint.key.port == 8443).unwrap();
    assert!(target.versions.accepted.is_empty());
}
