//! Several reports of one endpoint: they agree, complete each other, disagree, or a newer one supersedes an older one.
#![expect(clippy::disallowed_methods, reason = "the fixtures are files")]

use std::collections::{BTreeMap, BTreeSet};

use intransit::evidence::{
    AttackTest, Basis, Certificate, ClassOffer, Completion, DhParameters, Endpoint, Enumerated, Fact, Flow, Gap,
    GapReason, Observed, Preference, Refusal, RefusalKind, Rest, Scan, ServerName, Subject, SuiteClass, TlsSupport,
};
use intransit::iana::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};
use intransit::policy::{PACKS, Policy};
use intransit::report::{Finding, Outcome, Report, Verdict};
use intransit::source::Span;
use intransit::{Clock, Evidence, Input, Timestamp, evaluate, read};
use proptest::prelude::*;

const NOW: &str = "2026-11-22T10:00:00Z";

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
        rest: complete(),
    };
    endpoint.signature_schemes = Enumerated {
        accepted: vec![Fact::new(SignatureScheme(0x0804), Basis::Wire, words.clone())],
        refused: Vec::new(),
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
        Subject::Chain(_) => panic!("expected an endpoint"),
    }
}

/// The same evidence as another source of this number says it.
fn renumbered(evidence: &Evidence, number: u32) -> Evidence {
    let text = serde_json::to_string(evidence).unwrap().replace("\"source\":0", &format!("\"source\":{number}"));
    let mut evidence: Evidence = serde_json::from_str(&text).unwrap();
    evidence.sources[0].id = number;
    evidence.sources[0].name = format!("{number}.json");
    evidence.sources[0].sha256 = format!("{number:064}");
    evidence
}

fn joined(parts: &[&Evidence]) -> Evidence {
    let mut all = Evidence::new(Vec::new());
    for (number, part) in parts.iter().enumerate() {
        let part = renumbered(part, u32::try_from(number).unwrap());
        all.sources.extend(part.sources);
        all.scans.extend(part.scans);
    }
    all
}

fn report(evidence: &Evidence, policy: &Policy) -> Report {
    evaluate(evidence, policy, Clock { at: time(NOW), now: time(NOW) }, Vec::new())
}

/// Every rule, with nothing switched off.
fn strict() -> Policy {
    let rules: Vec<serde_json::Value> = intransit::rules::RULES
        .iter()
        .filter(|entry| !["issuer-unexpected", "organization-unexpected"].contains(&entry.about.id))
        .map(|entry| serde_json::json!({ "rule": entry.about.id, "level": "error" }))
        .collect();
    let document = serde_json::json!({
        "id": "strict", "version": "1", "title": "every rule", "expects": ["endpoint"], "rules": rules,
    });
    Policy::from_json("strict.json", &document.to_string()).unwrap_or_else(|problems| panic!("{problems:?}"))
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

/// When and where a scan was made.
fn made(evidence: &mut Evidence, at: &str, basis: Basis, vantage: Option<&str>) {
    let scan = &mut evidence.scans[0];
    let words = match &scan.completion {
        Completion::Finished(words) => words.clone(),
        Completion::Unfinished(_) => Vec::new(),
    };
    scan.started = Observed::Known(Fact::new(time(at), basis, words));
    scan.vantage = vantage.map(str::to_owned);
}

const OLD: &str = "2026-11-01T08:00:00Z";
const NEW: &str = "2026-11-20T08:00:00Z";

#[test]
fn a_newer_report_supersedes_what_it_contradicts_and_says_so() {
    let policy = strict();
    for (name, change, rule, _) in DIFFERENCES {
        let (mut good, mut other) = pair(*change);
        made(&mut good, NEW, Basis::Wire, Some("here"));
        let alone = worst(&report(&good, &policy), rule);
        made(&mut other, OLD, Basis::Wire, Some("here"));
        for parts in [[&good, &other], [&other, &good]] {
            let report = report(&joined(&parts), &policy);
            assert_eq!(worst(&report, rule), alone, "{name}: {:#?}", findings(&report, rule));
            let said = report.diagnostics.iter().any(|remark| remark.message.contains("superseded"));
            assert!(said, "{name}: {:?}", report.diagnostics);
        }
        // The other way round nothing is cleared.
        made(&mut good, OLD, Basis::Wire, Some("here"));
        made(&mut other, NEW, Basis::Wire, Some("here"));
        let alone = worst(&report(&other, &policy), rule);
        assert_eq!(worst(&report(&joined(&[&good, &other]), &policy), rule), alone, "{name}");
    }
}

#[test]
fn no_doubtful_order_clears_a_fail() {
    let policy = strict();
    let (mut good, mut other) = pair(DIFFERENCES[0].1);
    let mut check =
        |name: &str, older: (&str, Basis, Option<&str>), newer: (&str, Basis, Option<&str>), cleared: bool| {
            made(&mut other, older.0, older.1, older.2);
            made(&mut good, newer.0, newer.1, newer.2);
            let expected = if cleared { Outcome::Pass } else { Outcome::Fail };
            let report = report(&joined(&[&other, &good]), &policy);
            assert_eq!(worst(&report, "obsolete-protocol"), Some(expected), "{name}");
            let finding = findings(&report, "obsolete-protocol")[0];
            let says =
                finding.evidence.iter().any(|cited| cited.observed.starts_with("superseded: TLS 1.0 is offered"));
            assert_eq!(says, cleared, "{name}: {finding:#?}");
        };
    let here = Some("here");
    check("in order", (OLD, Basis::Wire, here), (NEW, Basis::Wire, here), true);
    check("a day", ("2026-11-19T08:00:00Z", Basis::Wire, here), (NEW, Basis::Wire, here), true);
    check("less than a day", ("2026-11-19T08:00:01Z", Basis::Wire, here), (NEW, Basis::Wire, here), false);
    check("the same time", (NEW, Basis::Wire, here), (NEW, Basis::Wire, here), false);
    check("from nowhere", (OLD, Basis::Wire, None), (NEW, Basis::Wire, None), false);
    check("an empty place", (OLD, Basis::Wire, Some(" ")), (NEW, Basis::Wire, Some(" ")), false);
    check("from elsewhere", (OLD, Basis::Wire, Some("there")), (NEW, Basis::Wire, here), false);
    check("one place", (OLD, Basis::Wire, None), (NEW, Basis::Wire, here), false);
    check("declared older", (OLD, Basis::Declared, here), (NEW, Basis::Wire, here), false);
    check("declared newer", (OLD, Basis::Wire, here), (NEW, Basis::Declared, here), false);
    check("from the future", (OLD, Basis::Wire, here), ("2026-11-22T11:00:01Z", Basis::Wire, here), false);
    check("the fail is newer", (NEW, Basis::Wire, here), (OLD, Basis::Wire, here), false);

    good.scans[0].completion = Completion::Unfinished(Gap::new(GapReason::Truncated, "cut"));
    made(&mut other, OLD, Basis::Wire, here);
    good.scans[0].started = known(time(NEW), &[]);
    let unfinished = report(&joined(&[&other, &good]), &policy);
    assert_eq!(worst(&unfinished, "obsolete-protocol"), Some(Outcome::Fail));
}

#[test]
fn a_newer_report_that_knows_less_clears_nothing() {
    let policy = strict();
    for (name, change, rule, expected) in DIFFERENCES.iter().filter(|row| row.3 == Outcome::Fail) {
        let (good, mut other) = pair(*change);
        let mut silent = good.clone();
        let gap = || Gap::new(GapReason::NotAttempted, "not tried");
        let words = good.clone().scans.first_mut().map(|scan| endpoint(scan).versions.accepted[0].clone()).unwrap();
        let forged = endpoint(&mut silent.scans[0]);
        *forged = Endpoint {
            key: forged.key.clone(),
            flow: Observed::Known(Fact::new(Flow::ClientToService, Basis::Computed, [])),
            tls: Observed::NotObserved(gap()),
            versions: Enumerated { accepted: vec![words], refused: Vec::new(), rest: Rest::Gap(gap()) },
            suites: Vec::new(),
            suite_classes: Vec::new(),
            groups: Enumerated { accepted: Vec::new(), refused: Vec::new(), rest: Rest::Gap(gap()) },
            signature_schemes: Enumerated { accepted: Vec::new(), refused: Vec::new(), rest: Rest::Gap(gap()) },
            chains: Vec::new(),
            chains_rest: Rest::Gap(gap()),
            client_certificate: Observed::NotObserved(gap()),
            dh_parameters: Vec::new(),
            secure_renegotiation: Observed::NotObserved(gap()),
            compression: Observed::NotObserved(gap()),
            attacks: Vec::new(),
        };
        made(&mut silent, NEW, Basis::Wire, Some("here"));
        made(&mut other, OLD, Basis::Wire, Some("here"));
        let merged = report(&joined(&[&other, &silent]), &policy);
        let tls13 = *rule == "tls13-missing";
        // The one thing that the silent report knows besides may be what differs.
        assert!(tls13 || worst(&merged, rule) == Some(*expected), "{name}: {:#?}", findings(&merged, rule));
        let dated = findings(&merged, rule).iter().any(|finding| {
            finding.outcome == Outcome::Fail
                && finding.evidence.iter().any(|cited| cited.observed.contains("as of 2026-11-01"))
        });
        assert!(tls13 || dated, "{name}: the age of an older fact is said");
    }
}

#[test]
fn age_counts_for_what_is_used() {
    let policy = strict();
    let (mut good, mut other) = pair(DIFFERENCES[0].1);
    made(&mut other, "2024-01-01T00:00:00Z", Basis::Wire, Some("here"));
    made(&mut good, NEW, Basis::Wire, Some("here"));
    let whole = report(&joined(&[&other, &good]), &policy);
    assert_eq!(worst(&whole, "evidence-too-old"), Some(Outcome::Pass));
    endpoint(&mut good.scans[0]).compression = Observed::missing(GapReason::NotAttempted, "not tried");
    let lacking = report(&joined(&[&other, &good]), &policy);
    assert_eq!(worst(&lacking, "evidence-too-old"), Some(Outcome::Unknown));
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

/// Each server: the reports that saw it, and the port that each saw it on.
const SERVERS: [(&str, &[(&str, u16)]); 5] = [
    (
        "modern",
        &[
            ("testssl-3.0.8/modern-pretty.json", 14631),
            ("sslyze-6.3.1/multi.json", 14531),
            ("sslscan-2.0.7/modern.xml", 14431),
            ("nmap-7.93/multi_port.xml", 14431),
        ],
    ),
    (
        "tls10",
        &[
            ("testssl-3.0.8/tls10-flat.json", 14632),
            ("sslyze-6.3.1/multi.json", 14532),
            ("sslscan-2.0.7/tls10.xml", 14432),
            ("sslscan-2.0.7/tls10_seclevel0.xml", 14432),
            ("nmap-7.93/multi_port.xml", 14432),
        ],
    ),
    (
        "mtls",
        &[
            ("testssl-3.0.8/mtls-pretty.json", 14635),
            ("sslyze-6.3.1/multi.json", 14535),
            ("sslscan-2.0.7/mtls.xml", 14435),
            ("nmap-7.93/multi_port.xml", 14435),
        ],
    ),
    (
        "smtp",
        &[
            ("testssl-3.0.8/smtp-pretty.json", 10025),
            ("sslyze-6.3.1/smtp.json", 10025),
            ("sslscan-2.0.7/smtp10025.xml", 10025),
            ("nmap-7.93/smtp.xml", 10025),
        ],
    ),
    ("go", &[("sslyze-6.3.1/go_pq.json", 14451), ("sslscan-2.0.7/go_pq.xml", 14451), ("nmap-7.93/go_pq.xml", 14451)]),
];

/// One scanner's report of one server, as if all had asked for it by one name.
fn sighting(name: &str, port: u16) -> Evidence {
    let mut evidence = read(&[Input::new(name, file(name).as_bytes())]).evidence;
    for scan in &mut evidence.scans {
        scan.subjects.retain(|subject| matches!(subject, Subject::Endpoint(endpoint) if endpoint.key.port == port));
        for subject in &mut scan.subjects {
            let Subject::Endpoint(endpoint) = subject else { continue };
            endpoint.key.host = Some("server.example".to_owned());
            endpoint.key.address = Some("192.0.2.1".to_owned());
            endpoint.key.port = 443;
            if endpoint.key.server_name != ServerName::Omitted {
                endpoint.key.server_name = ServerName::Sent("server.example".to_owned());
            }
        }
    }
    evidence.scans.retain(|scan| !scan.subjects.is_empty());
    assert!(!evidence.scans.is_empty(), "{name}");
    evidence
}

/// What a report says, without the order and the numbers of its inputs.
fn said(report: &Report) -> BTreeSet<String> {
    let mut said: BTreeSet<String> = report
        .findings
        .iter()
        .map(|finding| {
            let gaps: BTreeSet<String> =
                finding.gaps.iter().map(|gap| format!("{:?} {}", gap.reason, gap.detail)).collect();
            let evidence: BTreeSet<String> = finding
                .evidence
                .iter()
                .map(|cited| {
                    let hash = &report.sources[cited.span.source as usize].sha256;
                    format!("{hash} {} {}", cited.span.start, cited.observed)
                })
                .collect();
            format!(
                "{} {:?} {:?} {} {gaps:?} {evidence:?}",
                bare(&finding.id),
                finding.outcome,
                finding.level,
                finding.summary
            )
        })
        .collect();
    said.insert(format!("{:?} {}", report.verdict, report.headline));
    said.extend(report.scope.not_shown.iter().cloned());
    said.extend(report.notes.iter().cloned());
    said
}

/// The id without the number that tells it from another of its name.
fn bare(id: &str) -> &str {
    id.split('~').next().unwrap()
}

/// What a finding is about, whatever its subject is called.
fn about(finding: &Finding) -> String {
    format!("{} {:?} {:?}", finding.rule, finding.facet, finding.subject.certificate)
}

/// The parts as one, each with its own hash, whatever their order.
fn laid(parts: &[(String, Evidence)]) -> Evidence {
    let mut all = joined(&parts.iter().map(|(_, part)| part).collect::<Vec<_>>());
    for (source, (hash, _)) in all.sources.iter_mut().zip(parts) {
        source.sha256.clone_from(hash);
        source.name.clone_from(hash);
    }
    all
}

#[test]
fn four_scanners_of_one_server_give_one_answer() {
    let mut snapshot = String::new();
    for (server, reports) in SERVERS {
        let parts: Vec<(String, Evidence)> =
            reports.iter().map(|(name, port)| ((*name).to_owned(), sighting(name, *port))).collect();
        for pack in PACKS {
            let policy = pack.policy().unwrap();
            let together = report(&laid(&parts), &policy);
            let mut alone: BTreeMap<String, BTreeMap<&str, Outcome>> = BTreeMap::new();
            for (name, part) in &parts {
                for finding in report(part, &policy).findings {
                    if matches!(finding.outcome, Outcome::Pass | Outcome::Fail) {
                        let worst = alone.entry(about(&finding)).or_default().entry(name).or_insert(finding.outcome);
                        if finding.outcome == Outcome::Fail {
                            *worst = Outcome::Fail;
                        }
                    }
                }
            }
            for (id, answers) in &alone {
                let outcomes: BTreeSet<String> = answers.values().map(|outcome| format!("{outcome:?}")).collect();
                assert_eq!(outcomes.len(), 1, "{server} {}: {id} {answers:?}", pack.id);
                let same = together.findings.iter().filter(|finding| about(finding) == *id);
                // A fail stays. A pass stays, or a disagreement or a gap of another report says why it does not.
                let merged_outcome =
                    same.map(|finding| finding.outcome).min_by_key(|outcome| *outcome != Outcome::Fail);
                if answers.values().any(|outcome| *outcome == Outcome::Fail) {
                    assert_eq!(merged_outcome, Some(Outcome::Fail), "{server} {}: {id}", pack.id);
                }
            }
            if pack.id != intransit::policy::DEFAULT_PACK {
                continue;
            }
            snapshot.push_str(&format!("# {server}: {:?}\n", together.verdict));
            for finding in &together.findings {
                snapshot.push_str(&format!("{:?} {}: {}\n", finding.outcome, finding.id, finding.summary));
                if finding.outcome != Outcome::Pass {
                    for gap in &finding.gaps {
                        snapshot.push_str(&format!("    {:?}: {}\n", gap.reason, gap.detail));
                    }
                }
            }
            snapshot.push('\n');
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/snapshots/same-servers.txt");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(path, &snapshot).unwrap();
    }
    let known = std::fs::read_to_string(path).unwrap_or_default();
    assert!(known == snapshot, "look at it, then UPDATE_SNAPSHOTS=1");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_and_duplicates_change_nothing(server in 0..SERVERS.len(), picked in prop::collection::vec(0..5_usize, 1..6)) {
        let policy = strict();
        let reports = SERVERS[server].1;
        let mut parts: Vec<(String, Evidence)> = Vec::new();
        for number in picked.iter().map(|number| number % reports.len()) {
            let (name, port) = reports[number];
            if !parts.iter().any(|(known, _)| known == name) {
                parts.push((name.to_owned(), sighting(name, port)));
            }
        }
        let forth = report(&laid(&parts), &policy);
        let mut turned = parts.clone();
        turned.reverse();
        let differ = |other: &Report| -> Vec<String> {
            said(&forth).symmetric_difference(&said(other)).cloned().collect()
        };
        prop_assert_eq!(differ(&report(&laid(&turned), &policy)), Vec::<String>::new());
        let twice: Vec<_> = parts.iter().chain(&turned).cloned().collect();
        prop_assert_eq!(differ(&report(&laid(&twice), &policy)), Vec::<String>::new());
    }
}
