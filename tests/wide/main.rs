//! Records of mass scanners (tlsx, httpx, zgrab2, tls-scan, CryptoLyzer) and compressed inputs; the READMEs beside the
//! reports say where they come from.
#![expect(clippy::disallowed_methods, reason = "the fixtures are files, and a hang guard needs a clock")]

mod changes;
mod packed;
mod traps;

use intransit::diagnostic::Severity;
use intransit::evidence::{
    Basis, Certificate, Endpoint, Membership, Observed, Rest, ServerName, StartTls, Subject, TlsSupport, Transport,
};
use intransit::iana::{NamedGroup, ProtocolVersion};
use intransit::report::{Outcome, Report, Verdict};
use intransit::{CheckOptions, Evidence, Input, Reading, check, read};

const NOW: &str = "2026-11-22T10:00:00Z";
const FOLDERS: [&str; 5] = ["tlsx", "httpx", "zgrab2", "tls-scan", "cryptolyzer-1.6.1"];

/// Every report: `tlsx/scan.jsonl`.
fn names() -> Vec<String> {
    let mut names = Vec::new();
    for folder in FOLDERS {
        for entry in std::fs::read_dir(path(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if !name.ends_with(".md") {
                names.push(format!("{folder}/{name}"));
            }
        }
    }
    names.sort();
    assert_eq!(names.len(), 18);
    names
}

fn path(name: &str) -> String {
    format!("{}/tests/cases/formats/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn reading(text: &str) -> Reading {
    read(&[Input::new("report", text.as_bytes())])
}

fn evidence(name: &str) -> Evidence {
    let reading = reading(&text(name));
    let errors: Vec<_> = reading.diagnostics.iter().filter(|note| note.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{name}: {errors:?}");
    let again: Evidence = serde_json::from_str(&serde_json::to_string(&reading.evidence).unwrap()).unwrap();
    assert_eq!(reading.evidence, again, "evidence travels as JSON");
    reading.evidence
}

fn endpoints(evidence: &Evidence) -> impl Iterator<Item = &Endpoint> {
    evidence.scans.iter().flat_map(|scan| &scan.subjects).filter_map(|subject| match subject {
        Subject::Endpoint(endpoint) => Some(endpoint.as_ref()),
        Subject::Chain(_) => None,
    })
}

fn judge(text: &str, pack: &str) -> Report {
    let options = CheckOptions {
        at: NOW.to_owned(),
        now: NOW.to_owned(),
        collected: Some("2026-11-22T05:40:00Z".to_owned()),
        policy: Some(pack.to_owned()),
        ..CheckOptions::default()
    };
    check(&[Input::new("report", text.as_bytes())], &options).unwrap()
}

/// What one endpoint says, in a line.
fn facts(endpoint: &Endpoint) -> String {
    let versions: Vec<String> = endpoint.versions.accepted.iter().map(|fact| fact.value.to_string()).collect();
    let suites: usize = endpoint.suites.iter().map(|list| list.suites.accepted.len()).sum();
    let groups: Vec<String> = endpoint.groups.accepted.iter().map(|fact| fact.value.to_string()).collect();
    let chains: Vec<String> = endpoint
        .chains
        .iter()
        .map(|chain| {
            let shown = chain.certificates.iter().map(|certificate| match certificate {
                Certificate::Der(_) => 'D',
                Certificate::Reported(_) => 'r',
            });
            let trust = chain.tool_trust.value().map_or("?", |trust| if trust.trusted { "+" } else { "-" });
            let end = if matches!(chain.rest, Rest::Complete(_)) { "." } else { "…" };
            format!("{}{end}{trust}", shown.collect::<String>())
        })
        .collect();
    let transport = match endpoint.key.transport {
        Transport::Direct => "direct".to_owned(),
        Transport::StartTls(protocol) => protocol.name().to_owned(),
        Transport::Unstated => "?".to_owned(),
    };
    format!(
        "{} {transport} [{}] {suites} [{}] {}",
        endpoint.key.target(),
        versions.join(","),
        groups.join(","),
        chains.join(" ")
    )
}

#[test]
fn every_record_is_read() {
    for (name, expected) in [
        (
            "tlsx/scan.jsonl",
            &[
                "modern.example.test:443 direct [TLS 1.3,TLS 1.2] 4 [] DD.?",
                "weak.example.test:443 direct [TLS 1.0] 3 [] r…-",
                "other.example.test:8443 direct [TLS 1.2] 1 [] r…?",
                "closed.example.test:443 direct [] 0 [] ",
                "modern.example.test:443 direct [TLS 1.2] 1 [] D…?",
            ][..],
        ),
        (
            "httpx/scan.jsonl",
            &[
                "modern.example.test:443 direct [TLS 1.3] 1 [] r…?",
                "plain.example.test:80 direct [] 0 [] ",
                "grab.example.test:443 direct [] 0 [] ",
            ],
        ),
        (
            "zgrab2/scan.jsonl",
            &[
                "modern.example.test:443 direct [TLS 1.2] 1 [x25519] DD.-",
                "weak.example.test:443 direct [TLS 1.0] 1 [] D.-",
                "modern.example.test:8443 direct [TLS 1.3] 1 [] DD.-",
                "redirect.example.test:80 direct [] 0 [] ",
                "mail.example.test:25 smtp [TLS 1.2] 1 [x25519] DD.-",
                "mail.example.test:993 direct [TLS 1.2] 1 [x25519] DD.-",
                "mail.example.test:110 pop3 [TLS 1.2] 1 [x25519] DD.-",
                "plain.example.test:25 smtp [] 0 [] ",
                "smtps.example.test:465 direct [TLS 1.2] 1 [x25519] DD.-",
                "192.0.2.99:443 direct [] 0 [] ",
                "half.example.test:443 direct [] 0 [] ",
                "older.example.test:PORT direct [TLS 1.2] 1 [x25519] DD.-",
            ],
        ),
        (
            "tls-scan/scan.json",
            &[
                "modern.example.test:443 ? [TLS 1.2,TLS 1.3] 3 [x25519] rr…+",
                "weak.example.test:443 ? [TLS 1.0] 3 [] r…-",
                "192.0.2.12:8443 ? [TLS 1.3] 1 [secp256r1] r…+",
            ],
        ),
        (
            "cryptolyzer-1.6.1/all-modern.json",
            &[
                "127.0.0.1:24431 direct [TLS 1.2,TLS 1.3] 6 [x25519,secp256r1,x448,secp521r1,secp384r1,ffdhe2048,ffdhe3072,ffdhe4096,ffdhe6144,ffdhe8192] rr…-",
            ],
        ),
        (
            "cryptolyzer-1.6.1/all-tls10.json",
            &["127.0.0.1:24432 direct [TLS 1.0] 20 [secp256r1,secp384r1,secp521r1,x25519,x448] r…-"],
        ),
        ("cryptolyzer-1.6.1/versions-plain.json", &["127.0.0.1:24436 direct [] 0 [] "]),
        ("cryptolyzer-1.6.1/versions-closed.json", &["127.0.0.1:24499 direct [] 0 [] "]),
        ("cryptolyzer-1.6.1/ciphers-modern.json", &["127.0.0.1:24431 direct [TLS 1.2] 3 [] "]),
        ("cryptolyzer-1.6.1/pubkeys-modern.json", &["127.0.0.1:24431 direct [] 0 [] rr…-"]),
    ] {
        let evidence = evidence(name);
        let found: Vec<String> = endpoints(&evidence).map(facts).collect();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn nothing_is_refused_and_no_list_is_complete() {
    for name in names() {
        for endpoint in endpoints(&evidence(&name)) {
            for version in ProtocolVersion::ALL {
                let membership = endpoint.versions.membership(&version);
                assert!(!matches!(membership, Membership::Refused(_)), "{name}: {version}");
            }
            assert!(endpoint.suites.iter().all(|list| list.suites.gap().is_some()), "{name}");
            assert!(matches!(endpoint.chains_rest, Rest::Gap(_)), "{name}");
            assert!(matches!(endpoint.groups.membership(&NamedGroup(0xFFFF)), Membership::Unknown(_)), "{name}");
        }
    }
}

#[test]
fn details_are_those_of_the_records() {
    let zgrab = evidence("zgrab2/scan.jsonl");
    let all: Vec<&Endpoint> = endpoints(&zgrab).collect();
    assert_eq!(all[1].dh_parameters[0].value.bits, 1024);
    assert_eq!(all[1].attacks[0].vulnerable.value(), Some(&true));
    assert_eq!(all[0].signature_schemes.accepted[0].value.to_string(), "rsa_pkcs1_sha256");
    assert_eq!(all[7].tls.value(), Some(&TlsSupport::StartTlsNotAdvertised));
    assert_eq!(all[4].key.transport, Transport::StartTls(StartTls::Smtp));
    assert!(all.iter().all(|endpoint| endpoint.secure_renegotiation.value().is_none()));
    let tls_scan = evidence("tls-scan/scan.json");
    let all: Vec<&Endpoint> = endpoints(&tls_scan).collect();
    assert_eq!(all[1].compression.value(), Some(&true));
    assert_eq!(all[1].secure_renegotiation.value(), Some(&false));
    assert_eq!(all[1].dh_parameters[0].value.bits, 1024);
    assert_eq!(all[2].secure_renegotiation.value(), None);
    let tlsx = evidence("tlsx/scan.jsonl");
    let first = endpoints(&tlsx).next().unwrap();
    assert_eq!(first.key.server_name, ServerName::Sent("modern.example.test".to_owned()));
    assert_eq!(first.key.address.as_deref(), Some("192.0.2.10"));
    let Observed::Known(time) = &tlsx.scans[0].started else { panic!("no time") };
    assert_eq!(time.value.to_string(), "2026-11-22T05:30:01Z");
    let cryptolyzer = evidence("cryptolyzer-1.6.1/all-tls10.json");
    assert_eq!(endpoints(&cryptolyzer).next().unwrap().dh_parameters[0].value.bits, 1024);
}

/// Every fact that cites a place cites words that hold it.
#[test]
fn places_hold_what_is_said() {
    for name in names() {
        let reading = reading(&text(&name));
        let texts = &reading.texts;
        let said =
            |span: &intransit::source::Span| texts[0][span.start as usize..span.end as usize].to_ascii_lowercase();
        for endpoint in endpoints(&reading.evidence) {
            for list in &endpoint.suites {
                for fact in &list.suites.accepted {
                    let iana = fact.value.to_string().to_ascii_lowercase();
                    // OpenSSL's names have their own words in another order.
                    let is_said =
                        |words: String| words.contains(&iana) || words.contains("sha") || words.contains("md5");
                    assert!(fact.words.iter().map(said).all(is_said), "{name}: {iana}");
                }
            }
            for fact in &endpoint.versions.accepted {
                let digits = match fact.value {
                    ProtocolVersion::TLS1_0 => ["1", "769", "10"],
                    ProtocolVersion::TLS1_2 => ["1.2", "1_2", "12"],
                    ProtocolVersion::TLS1_3 => ["1.3", "1_3", "13"],
                    other => panic!("{name}: {other}"),
                };
                let is_said =
                    |words: String| digits.iter().any(|digits| words.contains(digits)) && words.contains("tls");
                assert!(fact.words.iter().map(said).all(is_said), "{name}: {}", fact.value);
            }
            for certificate in endpoint.chains.iter().flat_map(|chain| &chain.certificates) {
                match certificate {
                    Certificate::Der(fact) => assert!(said(&fact.words[0]).contains("mii"), "{name}"),
                    Certificate::Reported(reported) => {
                        for fact in [&reported.common_name].into_iter().flatten() {
                            assert!(said(&fact.words[0]).contains(&fact.value.to_ascii_lowercase()), "{name}");
                        }
                        if let Some(bits) = &reported.key_bits {
                            assert_eq!(said(&bits.words[0]), bits.value.to_string(), "{name}");
                        }
                        if let Some(end) = &reported.not_after {
                            let year = &end.value.to_string()[..4];
                            assert!(said(&end.words[0]).contains(year), "{name}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn weak_servers_fail_and_nobody_is_compliant() {
    for name in names() {
        for pack in ["m365-in-transit-1.0"] {
            let report = judge(&text(&name), pack);
            assert_ne!(report.verdict, Verdict::Compliant, "{name}");
            let weak = name.contains("scan.") || name.contains("tls10");
            if weak && !name.starts_with("httpx") {
                let fails = |rule: &str| {
                    report.findings.iter().any(|found| found.rule == rule && found.outcome == Outcome::Fail)
                };
                assert!(fails("obsolete-protocol"), "{name}");
                assert_eq!(report.verdict, Verdict::NonCompliant, "{name}");
            }
            for finding in &report.findings {
                let decided = matches!(finding.outcome, Outcome::Pass | Outcome::Fail);
                let declared = finding.basis == Some(Basis::Declared);
                assert!(!decided || declared || !finding.evidence.is_empty(), "{name}: {}", finding.id);
            }
        }
    }
}
