//! The CSV of testssl.sh says what its JSON says.

use std::collections::BTreeSet;

use intransit::Evidence;
use intransit::diagnostic::Severity;
use intransit::evidence::{
    Certificate, Completion, Endpoint, GapReason, Membership, Rest, ServerName, StartTls, Transport,
};
use intransit::iana::ProtocolVersion;

use super::{endpoints, evidence, reading, text};

/// What one endpoint says, without its places.
fn facts(endpoint: &Endpoint) -> String {
    let versions: Vec<String> = ProtocolVersion::ALL
        .iter()
        .map(|version| match endpoint.versions.membership(version) {
            Membership::Accepted(fact) => format!("{version} {:?}", fact.basis),
            Membership::Refused(_) => format!("no {version}"),
            Membership::Unknown(gap) => format!("{version}? {:?}", gap.reason),
        })
        .collect();
    let suites: Vec<String> = endpoint
        .suites
        .iter()
        .map(|list| {
            let names: Vec<String> = list.suites.accepted.iter().map(|fact| fact.value.to_string()).collect();
            let whole = list.suites.gap().is_none();
            format!("{:?} {whole} {:?} {}", list.version, list.preference.value(), names.join(" "))
        })
        .collect();
    let groups: BTreeSet<String> = endpoint.groups.accepted.iter().map(|fact| fact.value.to_string()).collect();
    let chains: Vec<(Vec<usize>, bool)> = endpoint
        .chains
        .iter()
        .map(|chain| {
            let sizes = chain.certificates.iter().map(|certificate| match certificate {
                Certificate::Der(fact) => fact.value.bytes().len(),
                Certificate::Reported(_) => 0,
            });
            (sizes.collect(), matches!(chain.rest, Rest::Complete(_)))
        })
        .collect();
    let attacks: Vec<_> = endpoint.attacks.iter().map(|test| (&test.name, test.vulnerable.value())).collect();
    format!(
        "{:?} {:?} {versions:?}\n{suites:?}\n{groups:?}\n{chains:?} {}\n{attacks:?} {:?}",
        endpoint.key,
        endpoint.tls.value(),
        matches!(endpoint.chains_rest, Rest::Complete(_)),
        endpoint.secure_renegotiation.value()
    )
}

/// The cells of a line as testssl.sh writes it.
fn cells(line: &str) -> Vec<&str> {
    line.strip_prefix('"').and_then(|line| line.strip_suffix('"')).unwrap().split("\",\"").collect()
}

#[test]
fn the_same_rows_say_the_same_in_both_forms() {
    for name in super::names().into_iter().filter(|name| name.ends_with(".csv")) {
        let text = text(&name);
        let rows = text.lines().skip(1).map(|line| match cells(line)[..] {
            [id, ip, port, severity, finding, cve, cwe] => serde_json::json!({
                "id": id, "ip": ip, "port": port, "severity": severity, "finding": finding, "cve": cve, "cwe": cwe,
            }),
            _ => panic!("{line}"),
        });
        let json = reading(&serde_json::Value::Array(rows.collect()).to_string());
        let csv = reading(&text);
        let said = |evidence| endpoints(evidence).into_iter().map(facts).collect::<Vec<_>>();
        assert_eq!(said(&csv.evidence), said(&json.evidence), "{name}");
        assert!(!endpoints(&csv.evidence).is_empty(), "{name}");
    }
}

#[test]
fn real_runs_of_both_forms_agree() {
    for (csv, json) in [
        ("testssl-3.0.8/closed-csv.csv", "testssl-3.0.8/closed-flat.json"),
        ("testssl-3.0.8/tls10-csv.csv", "testssl-3.0.8/tls10-flat.json"),
        ("testssl-3.3dev/pq-csv.csv", "testssl-3.3dev/pq-flat.json"),
    ] {
        let said = |evidence: &Evidence| {
            endpoints(evidence)
                .into_iter()
                .map(|endpoint| (endpoint.key.clone(), super::versions(endpoint)))
                .collect::<Vec<_>>()
        };
        assert_eq!(said(&evidence(csv)), said(&evidence(json)), "{csv}");
    }
}

#[test]
fn nothing_in_it_says_that_the_scan_came_to_its_end() {
    for name in super::names().into_iter().filter(|name| name.ends_with(".csv")) {
        let evidence = evidence(&name);
        assert_eq!(evidence.scans.len(), 1, "{name}");
        let Completion::Unfinished(gap) = &evidence.scans[0].completion else { panic!("{name}") };
        assert_eq!(gap.reason, GapReason::NotReportedByFormat, "{name}");
        assert_eq!(evidence.scans[0].format, "testssl-csv");
    }
}

#[test]
fn starttls_is_told_by_the_service_in_lower_case() {
    let evidence = evidence("testssl-3.0.8/smtp-csv.csv");
    let key = &endpoints(&evidence)[0].key;
    assert_eq!(key.transport, Transport::StartTls(StartTls::Smtp));
    assert_eq!(key.server_name, ServerName::Sent("mail.example.test".to_owned()));
    let direct = text("testssl-3.0.8/smtp-csv.csv").replace("\"INFO\",\"smtp\"", "\"INFO\",\"SMTP\"");
    assert_eq!(endpoints(&reading(&direct).evidence)[0].key.transport, Transport::Direct);
}

#[test]
fn findings_stand_in_the_cells_that_they_cite() {
    for name in super::names().into_iter().filter(|name| name.ends_with(".csv")) {
        let text = text(&name);
        for endpoint in endpoints(&evidence(&name)) {
            for fact in endpoint.suites.iter().flat_map(|list| &list.suites.accepted) {
                let words = super::said(&text, fact);
                assert_eq!(intransit::iana::CipherSuite::from_name(words), Some(fact.value), "{name} `{words}`");
            }
            for fact in &endpoint.versions.accepted {
                let words = super::said(&text, fact);
                let of_suite = intransit::iana::CipherSuite::from_name(words).is_some();
                assert!(words.contains("ffered") || of_suite, "{name}: {words}");
            }
            for refusal in &endpoint.versions.refused {
                let span = refusal.words[0];
                assert!(text[span.start as usize..span.end as usize].contains("not offered"), "{name}");
            }
            for certificate in endpoint.chains.iter().flat_map(|chain| &chain.certificates) {
                let Certificate::Der(fact) = certificate else { panic!("{name}") };
                assert!(super::said(&text, fact).starts_with("\"-----BEGIN CERTIFICATE"), "{name}");
            }
        }
    }
}

fn errors(text: &str) -> Vec<String> {
    let notes = reading(text).diagnostics.into_iter();
    notes.filter(|note| note.severity == Severity::Error).map(|note| note.message).collect()
}

fn facts_of(text: &str) -> Vec<String> {
    endpoints(&reading(text).evidence).into_iter().map(facts).collect()
}

#[test]
fn it_is_read_as_other_programs_write_it_again() {
    let name = "testssl-3.0.8/modern-csv.csv";
    let original = text(name);
    let expected = facts_of(&original);
    let unquoted = |separator: &str| {
        let lines = original.lines().map(|line| {
            let cells: Vec<String> = cells(line)
                .into_iter()
                .map(|cell| if cell.contains([',', ';']) { format!("\"{cell}\"") } else { cell.to_owned() })
                .collect();
            cells.join(separator)
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    for (what, changed) in [
        ("Windows line ends", original.replace('\n', "\r\n")),
        ("a byte order mark", format!("\u{FEFF}{original}")),
        ("without quotation marks", unquoted(",")),
        ("semicolons", unquoted(";")),
        ("tabs", unquoted("\t")),
        ("words around it", format!("Hello,\nhere it is:\n\n{original}")),
        ("quoted in a mail", original.lines().map(|line| format!("> {line}\n")).collect()),
        ("without its names", original.split_once('\n').unwrap().1.to_owned()),
    ] {
        assert_eq!(errors(&changed), Vec::<String>::new(), "{what}");
        assert_eq!(facts_of(&changed), expected, "{what}");
    }
}

#[test]
fn two_reports_behind_one_another_are_two_scans() {
    let (modern, old) = (text("testssl-3.0.8/modern-csv.csv"), text("testssl-3.0.8/tls10-csv.csv"));
    let both = format!("{modern}{old}");
    let expected: Vec<String> = [&modern, &old].into_iter().flat_map(|text| facts_of(text)).collect();
    assert_eq!(facts_of(&both), expected);
    // Several targets in one report, rows in any order.
    let rows: Vec<&str> = modern.lines().skip(1).chain(old.lines().skip(1)).collect();
    let mixed = format!("{}\n{}\n", modern.lines().next().unwrap(), rows.join("\n"));
    assert_eq!(facts_of(&mixed), expected);
}

#[test]
fn a_row_that_cannot_be_read_is_an_error_and_swallows_no_other() {
    let original = text("testssl-3.0.8/tls10-csv.csv");
    let row = original.lines().find(|line| line.starts_with("\"TLS1\"")).unwrap();
    assert!(row.contains("offered"));
    for (what, changed) in [
        (
            "a closing mark is missing",
            original.replace(row, &format!("\"SSLv3\",\"x/y\",\"1\",\"OK\",\"not offered\n{row}")),
        ),
        ("a cell too few", original.replace(row, &format!("\"SSLv3\",\"x/y\",\"1\",\"OK\",\"not offered\"\n{row}"))),
        (
            "a cell too many",
            original.replace(row, &format!("{row}\n\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\"")),
        ),
        (
            "marks within",
            original.replace(row, &format!("{row}\n\"TLS1\",\"x/y\",\"1\",\"OK\",\"not \"offered\",\"\",\"\"")),
        ),
        ("two findings", original.replacen("\"cwe\"", "\"finding\"", 1)),
        ("half a row", original.replace(row, &format!("{row}\n\"and so on"))),
    ] {
        assert_ne!(changed, original, "{what}");
        assert!(!errors(&changed).is_empty(), "{what}");
        let reading = reading(&changed);
        let found = endpoints(&reading.evidence);
        let Some(old) = found.iter().find(|endpoint| endpoint.key.port == 14632) else {
            assert_eq!(what, "two findings");
            continue;
        };
        assert!(matches!(old.versions.membership(&ProtocolVersion::TLS1_0), Membership::Accepted(_)), "{what}");
        assert!(reading.evidence.scans.iter().all(|scan| scan.completion.gap().is_some()), "{what}");
    }
    let moved = original.replacen(
        "\"fqdn/ip\",\"port\",\"severity\",\"finding\"",
        "\"fqdn/ip\",\"port\",\"finding\",\"severity\"",
        1,
    );
    assert!(facts_of(&moved) != facts_of(&original), "the names say where the cells stand");
}
