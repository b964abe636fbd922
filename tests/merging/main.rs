//! Several reports of one endpoint: they agree, complete each other, disagree, or a newer one supersedes an older one.
#![expect(clippy::disallowed_methods, reason = "the fixtures are files")]

#[path = "../common/joined.rs"]
mod joined;
mod superseding;

use std::collections::BTreeSet;

use intransit::evidence::{
    AttackTest, Basis, Certificate, ClassOffer, Completion, DhParameters, Endpoint, Enumerated, Fact, Gap, GapReason,
    Observed, Preference, Refusal, RefusalKind, Rest, Scan, ServerName, StartTls, Subject, SuiteClass, TlsSupport,
    Transport,
};
use intransit::iana::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};
use intransit::report::{Finding, Outcome, Report, Verdict};
use intransit::source::Span;
use intransit::{Evidence, Input, Timestamp, read};
use joined::{joined, report, strict};

fn file(name: &str) -> String {
    let path = format!("{}/tests/cases/formats/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// One report of a good server, whose every list is complete.
fn good() -> Evidence {
    let text = file("testssl-3.0.8/modern-pretty.json");
    let mut evidence = read(&[Input::new("a.json", text.as_bytes())]).evidence;
    let endpoint = endpoint(&mut evidence.scans[0]);
    endpoint.suites.retain(|list| list.version.is_some());
    let words = endpoint.versions.accepted[0].words.clone();
    let complete = || Rest::Complete(Fact::new(true, Basis::Wire, words.clone()));
    let groups = [NamedGroup(0x17), NamedGroup(0x18)];
    endpoint.groups = Enumerated {
        accepted: groups.map(|group| Fact::new(group, Basis::Wire, words.clone())).to_vec(),
        refused: Vec::new(),
        unasked: Vec::new(),
        rest: complete(),
    };
    endpoint.signature_schemes = Enumerated {
        accepted: vec![Fact::new(SignatureScheme(0x0804), Basis::Wire, words.clone())],
        refused: Vec::new(),
        unasked: Vec::new(),
        rest: complete(),
    };
    let sslyze = read(&[Input::new("b.json", file("sslyze-6.3.1/multi.json").as_bytes())]).evidence;
    let subjects = sslyze.scans.iter().flat_map(|scan| &scan.subjects);
    let mut whole = subjects.filter_map(|subject| match subject {
        Subject::Endpoint(seen) if seen.key.port == 14531 && seen.chains.len() > 1 => Some(seen.chains.clone()),
        _ => None,
    });
    endpoint.chains = whole.next_back().unwrap();
    endpoint.chains_rest = complete();
    endpoint.dh_parameters = vec![Fact::new(DhParameters { bits: 3072, name: None }, Basis::Wire, words.clone())];
    let no_null = Fact::new(false, Basis::ToolSays, words.clone());
    endpoint.suite_classes.retain(|offer| offer.class != SuiteClass::Null);
    endpoint.suite_classes.push(ClassOffer { class: SuiteClass::Null, offered: no_null });
    endpoint.attacks = vec![AttackTest {
        name: "Heartbleed".to_owned(),
        cve: Vec::new(),
        vulnerable: Observed::Known(Fact::new(false, Basis::ToolSays, words.clone())),
    }];
    endpoint.secure_renegotiation = Observed::Known(Fact::new(true, Basis::Wire, words.clone()));
    endpoint.compression = Observed::Known(Fact::new(false, Basis::Wire, words.clone()));
    for list in &mut endpoint.suites {
        list.preference = Observed::Known(Fact::new(Preference::Server, Basis::Wire, words.clone()));
    }
    evidence.scans[0].completion = Completion::Finished(words);
    evidence
}

fn endpoint(scan: &mut Scan) -> &mut Endpoint {
    match &mut scan.subjects[0] {
        Subject::Endpoint(endpoint) => endpoint,
        _ => panic!("expected an endpoint"),
    }
}

fn findings<'r>(report: &'r Report, rule: &str) -> Vec<&'r Finding> {
    report.findings.iter().filter(|finding| finding.rule == rule).collect()
}

/// The worst answer of a rule: a fail, else an unknown, else a pass.
fn worst(report: &Report, rule: &str) -> Option<Outcome> {
    let found = findings(report, rule);
    [Outcome::Fail, Outcome::Unknown, Outcome::Pass, Outcome::NotApplicable]
        .into_iter()
        .find(|outcome| found.iter().any(|finding| finding.outcome == *outcome))
}

type Change = fn(&mut Endpoint, &[Span]);

/// How a second report differs from the good one, the rule that speaks of it, and what that rule says of both.
const DIFFERENCES: &[(&str, Change, &str, Outcome)] = &[
    (
        "an old version",
        |endpoint, words| accept(&mut endpoint.versions, ProtocolVersion::TLS1_0, words),
        "obsolete-protocol",
        Outcome::Fail,
    ),
    (
        "no TLS 1.3",
        |endpoint, words| refuse(&mut endpoint.versions, ProtocolVersion::TLS1_3, words),
        "tls13-missing",
        Outcome::Fail,
    ),
    ("a broken suite", |endpoint, words| suite(endpoint, 0x000A, words), "broken-cipher", Outcome::Fail),
    ("another good suite", |endpoint, words| suite(endpoint, 0xC09F, words), "broken-cipher", Outcome::Unknown),
    (
        "a suite without forward secrecy",
        |endpoint, words| suite(endpoint, 0x009D, words),
        "no-forward-secrecy",
        Outcome::Fail,
    ),
    (
        "the client's order",
        |endpoint, words| {
            for list in &mut endpoint.suites {
                list.preference = Observed::Known(Fact::new(Preference::Client, Basis::Wire, words.to_vec()));
            }
        },
        "cipher-order-not-enforced",
        Outcome::Fail,
    ),
    (
        "a weak group",
        |endpoint, words| accept(&mut endpoint.groups, NamedGroup(0x13), words),
        "weak-group",
        Outcome::Fail,
    ),
    (
        "another group",
        |endpoint, words| accept(&mut endpoint.groups, NamedGroup(0x19), words),
        "weak-group",
        Outcome::Unknown,
    ),
    (
        "a weak scheme",
        |endpoint, words| accept(&mut endpoint.signature_schemes, SignatureScheme(0x0201), words),
        "fips-algorithms",
        Outcome::Fail,
    ),
    (
        "a short group",
        |endpoint, words| {
            endpoint.dh_parameters =
                vec![Fact::new(DhParameters { bits: 1024, name: None }, Basis::Wire, words.to_vec())];
        },
        "dh-group-short",
        Outcome::Fail,
    ),
    ("other certificates", |endpoint, _| other_chain(endpoint), "certificate-expired", Outcome::Unknown),
    (
        "a chain that ends early",
        |endpoint, _| {
            endpoint.chains[0].certificates.truncate(1);
        },
        "chain-incomplete",
        Outcome::Fail,
    ),
    (
        "no encryption",
        |endpoint, words| endpoint.tls = known(TlsSupport::NotAvailable, words),
        "plaintext-service",
        Outcome::Fail,
    ),
    (
        "no secure renegotiation",
        |endpoint, words| endpoint.secure_renegotiation = known(false, words),
        "insecure-renegotiation",
        Outcome::Fail,
    ),
    ("compression", |endpoint, words| endpoint.compression = known(true, words), "tls-compression", Outcome::Fail),
    (
        "suites without encryption",
        |endpoint, words| {
            endpoint.suite_classes.retain(|offer| offer.class != SuiteClass::Null);
            let offered = Fact::new(true, Basis::ToolSays, words.to_vec());
            endpoint.suite_classes.push(ClassOffer { class: SuiteClass::Null, offered });
        },
        "broken-cipher",
        Outcome::Fail,
    ),
    (
        "an attack",
        |endpoint, words| {
            endpoint.attacks.retain(|test| test.name != "Heartbleed");
            let vulnerable = Observed::Known(Fact::new(true, Basis::ToolSays, words.to_vec()));
            endpoint.attacks.push(AttackTest { name: "Heartbleed".to_owned(), cve: Vec::new(), vulnerable });
        },
        "known-vulnerability",
        Outcome::Fail,
    ),
];

fn known<T>(value: T, words: &[Span]) -> Observed<T> {
    Observed::Known(Fact::new(value, Basis::Wire, words.to_vec()))
}

fn accept<T: PartialEq>(list: &mut Enumerated<T>, value: T, words: &[Span]) {
    list.refused.retain(|refusal| refusal.offered != value);
    list.accepted.push(Fact::new(value, Basis::Wire, words.to_vec()));
}

fn refuse<T: PartialEq>(list: &mut Enumerated<T>, value: T, words: &[Span]) {
    list.accepted.retain(|fact| fact.value != value);
    list.refused.push(Refusal {
        offered: value,
        how: RefusalKind::ReportedAsNotOffered,
        control: known(true, words),
        words: words.to_vec(),
    });
}

fn suite(endpoint: &mut Endpoint, code: u16, words: &[Span]) {
    let list = endpoint.suites.iter_mut().find(|list| list.version == Some(ProtocolVersion::TLS1_2)).unwrap();
    accept(&mut list.suites, CipherSuite(code), words);
}

/// The issuer's certificate in the place of the leaf: another certificate than the one that was shown.
fn other_chain(endpoint: &mut Endpoint) {
    for chain in &mut endpoint.chains {
        chain.certificates.remove(0);
    }
}

/// The good report, and one that differs in one thing.
fn pair(change: Change) -> (Evidence, Evidence) {
    let good = good();
    let mut other = good.clone();
    let endpoint = endpoint(&mut other.scans[0]);
    let words = endpoint.versions.accepted[0].words.clone();
    change(endpoint, &words);
    if endpoint.versions.accepted.iter().all(|fact| fact.value != ProtocolVersion::TLS1_3) {
        endpoint.suites.retain(|list| list.version != Some(ProtocolVersion::TLS1_3));
    }
    (good, other)
}

#[test]
fn a_disagreement_shows_both_sides_and_never_passes() {
    let policy = strict();
    for (name, change, rule, expected) in DIFFERENCES {
        let (good, other) = pair(*change);
        for parts in [[&good, &other], [&other, &good]] {
            let report = report(&joined(&parts), &policy);
            assert_eq!(worst(&report, rule), Some(*expected), "{name}");
            assert_ne!(report.verdict, Verdict::Compliant, "{name}");
            let both = |finding: &&&Finding| {
                let sources: BTreeSet<u32> = finding.evidence.iter().map(|cited| cited.span.source).collect();
                finding.outcome == *expected && sources.len() == 2
            };
            let found = findings(&report, rule);
            assert!(found.iter().any(|finding| both(&finding)), "{name}: {found:#?}");
        }
    }
}

#[test]
fn a_host_is_not_known_until_all_its_addresses_were_seen() {
    let policy = strict();
    let at = |host: &str, address: Option<&str>, port: u16| {
        let mut evidence = good();
        let key = &mut endpoint(&mut evidence.scans[0]).key;
        key.host = Some(host.to_owned());
        key.address = address.map(str::to_owned);
        key.server_name = ServerName::Sent(host.to_owned());
        key.port = port;
        evidence
    };
    let (one, two) = (Some("192.0.2.1"), Some("2001:db8::1"));
    for (name, parts, expected) in [
        ("one", vec![at("h.example", one, 443)], None),
        ("both", vec![at("h.example", one, 443), at("h.example", two, 443)], None),
        (
            "two ports",
            vec![at("h.example", one, 443), at("h.example", two, 993)],
            Some("h.example:443 was not shown at every address that the host is known to have: 2001:db8::1"),
        ),
        (
            "not stated",
            vec![at("h.example", one, 443), at("h.example", two, 443), at("h.example", None, 993)],
            Some("h.example:993"),
        ),
        ("two hosts", vec![at("h.example", one, 443), at("i.example", two, 443)], None),
        ("an address", vec![at("192.0.2.1", one, 443), at("192.0.2.1", two, 993)], None),
    ] {
        let report = report(&joined(&parts.iter().collect::<Vec<_>>()), &policy);
        let lines: Vec<&String> = report.scope.not_shown.iter().filter(|line| line.contains("every address")).collect();
        match expected {
            None => assert!(lines.is_empty(), "{name}: {lines:?}"),
            Some(words) => assert!(lines.iter().any(|line| line.contains(words)), "{name}: {lines:?}"),
        }
    }
}

#[test]
fn one_connection_that_ended_well_does_not_finish_a_scan_that_did_not() {
    let policy = strict();
    let mut broken_off = good();
    broken_off.scans[0].completion = Completion::Unfinished(Gap::new(GapReason::Truncated, "it breaks off"));
    let mut connection = good();
    let seen = endpoint(&mut connection.scans[0]);
    seen.versions.accepted.truncate(1);
    seen.versions.refused.clear();
    seen.versions.rest = Rest::Gap(Gap::new(GapReason::NotReportedByFormat, "one connection"));
    for (name, parts, is_finished) in [
        ("alone", vec![&broken_off], false),
        ("beside one connection", vec![&broken_off, &connection], false),
        ("beside a whole scan", vec![&broken_off, &good()], true),
        ("one connection alone", vec![&connection], true),
    ] {
        let report = report(&joined(&parts), &policy);
        let said = report.scope.not_shown.iter().any(|line| line.contains("not known to have finished"));
        assert_eq!(!said, is_finished, "{name}: {:?}", report.scope.not_shown);
    }
}

#[test]
fn reports_that_stand_apart_say_why() {
    let policy = strict();
    let first = good();
    let mut second = good();
    endpoint(&mut second.scans[0]).key.server_name = ServerName::Sent("127.0.0.1".to_owned());
    let report = report(&joined(&[&first, &second]), &policy);
    assert_eq!(report.endpoints.len(), 2);
    assert!(
        report.notes.iter().any(|note| note.contains("the server name that was sent (`127.0.0.1`; not stated)")),
        "{:?}",
        report.notes
    );
}

#[test]
fn a_report_that_does_not_say_how_tls_starts_joins_the_one_that_does() {
    use Transport::{Direct, Unstated};
    let (smtp, imap) = (Transport::StartTls(StartTls::Smtp), Transport::StartTls(StartTls::Imap));
    let unnamed = Transport::StartTls(StartTls::Unnamed);
    let policy = strict();
    for (seen, endpoints) in [
        (vec![Unstated, Direct], 1),
        (vec![Unstated, unnamed], 1),
        (vec![unnamed, smtp], 1),
        (vec![Unstated, unnamed, smtp], 1),
        (vec![unnamed, unnamed], 1),
        // One port has one service; where it seems to have two, nobody knows which of them is meant.
        (vec![unnamed, Direct], 2),
        (vec![Direct, smtp], 2),
        (vec![Unstated, Direct, smtp], 3),
        (vec![unnamed, smtp, imap], 3),
        (vec![Unstated, unnamed, Direct], 3),
        (vec![unnamed, smtp, Direct], 3),
    ] {
        let part = |transport: &Transport| {
            let mut evidence = good();
            endpoint(&mut evidence.scans[0]).key.transport = *transport;
            evidence
        };
        let parts: Vec<Evidence> = seen.iter().map(part).collect();
        for turned in [false, true] {
            let order: Vec<&Evidence> = if turned { parts.iter().rev().collect() } else { parts.iter().collect() };
            let report = report(&joined(&order), &policy);
            assert_eq!(report.endpoints.len(), endpoints, "{seen:?}");
            let words = "how TLS starts";
            assert_eq!(report.notes.iter().any(|note| note.contains(words)), endpoints > 1, "{seen:?}");
        }
    }
}

#[test]
fn what_fails_without_a_server_name_fails_beside_the_named_service() {
    let policy = strict();
    for (port, transport) in [(443, Transport::Direct), (25, Transport::StartTls(StartTls::Smtp))] {
        let at = |server_name| {
            let mut evidence = good();
            let key = &mut endpoint(&mut evidence.scans[0]).key;
            (key.port, key.transport, key.server_name) = (port, transport, server_name);
            evidence
        };
        let named = at(ServerName::Sent("mail.example.test".to_owned()));
        let mut without = at(ServerName::Omitted);
        let unchanged = report(&joined(&[&named, &without]), &policy);
        assert_ne!(worst(&unchanged, "obsolete-protocol"), Some(Outcome::Fail));
        let alone = report(&named, &policy);
        assert_eq!(findings(&unchanged, "tls13-missing").len(), findings(&alone, "tls13-missing").len());
        let seen = endpoint(&mut without.scans[0]);
        let words = seen.versions.accepted[0].words.clone();
        accept(&mut seen.versions, ProtocolVersion::TLS1_0, &words);
        for parts in [[&named, &without], [&without, &named]] {
            let together = report(&joined(&parts), &policy);
            assert_eq!(worst(&together, "obsolete-protocol"), Some(Outcome::Fail), "port {port}");
            assert_eq!(together.verdict, Verdict::NonCompliant);
        }
    }
}

#[test]
fn the_description_of_a_certificate_hides_no_bytes() {
    let policy = strict();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/pki/rsa-1024.pem");
    let pem = std::fs::read_to_string(path).unwrap();
    let certificate = read(&[Input::new("a.pem", pem.as_bytes())]).evidence;
    let Subject::Chain(chain) = &certificate.scans[0].subjects[0] else { panic!("expected certificates") };
    let hash = chain.presented.certificates[0].sha256().unwrap();
    let record = |second: u8, more: serde_json::Value| {
        let mut record = serde_json::json!({
            "timestamp": format!("2026-11-22T09:00:0{second}Z"), "host": "a.test", "ip": "192.0.2.1", "port": "443",
            "probe_status": true, "tls_version": "tls12", "tls_connection": "ctls", "sni": "a.test",
            "fingerprint_hash": { "sha256": hash },
        });
        record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        record.to_string()
    };
    for (described, shown) in [(1, 2), (2, 1)] {
        let lines =
            [record(described, serde_json::json!({})), record(shown, serde_json::json!({ "certificate": pem }))];
        let reading = read(&[Input::new("a.jsonl", lines.join("\n").as_bytes())]);
        let report = report(&reading.evidence, &policy);
        assert_eq!(worst(&report, "rsa-key-short"), Some(Outcome::Fail), "{described} {shown}");
    }
}

#[test]
fn a_pasted_chain_says_nothing_of_what_is_sent() {
    let policy = strict();
    let mut scan = good();
    let shown = endpoint(&mut scan.scans[0]);
    let pem: String = shown.chains[0].certificates.iter().map(pem).collect();
    for chain in &mut shown.chains {
        chain.certificates.truncate(1);
        chain.rest = Rest::Gap(Gap::new(GapReason::NotReportedByFormat, "only the leaf"));
    }
    let pasted = read(&[Input::new("chain.pem", pem.as_bytes())]).evidence;
    let together = report(&joined(&[&scan, &pasted]), &policy);
    assert!(together.notes.iter().any(|note| note.contains("was pasted beside the report")), "{:?}", together.notes);
    let of_endpoint = |finding: &&Finding| finding.rule == "chain-incomplete" && finding.subject.endpoint.is_some();
    let found: Vec<_> = together.findings.iter().filter(of_endpoint).collect();
    assert!(found.iter().all(|finding| finding.outcome != Outcome::Pass), "{found:#?}");
}

fn pem(certificate: &Certificate) -> String {
    use base64::Engine as _;
    let Certificate::Der(Fact { value: der, .. }) = certificate else { panic!("expected bytes") };
    let text = base64::engine::general_purpose::STANDARD.encode(der.bytes());
    let lines: Vec<String> =
        text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}
