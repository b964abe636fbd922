//! All the scanners that saw one server, in one check: what they all saw is judged alike, and what is different is a
//! listed gap, or a disagreement that says so.

use std::collections::{BTreeMap, BTreeSet};

use intransit::evidence::{GapReason, ServerName, Subject};
use intransit::policy::{DEFAULT_PACK, PACKS};
use intransit::report::{Finding, Outcome, Report};
use intransit::{Evidence, Input, read};
use proptest::prelude::*;

use super::joined::{joined, report, strict};
use super::servers::{Server, server};
use super::verdicts::{Said, short, table, truth};
use super::{hold, text};

/// Each server, and the reports that are laid together.
const TOGETHER: [(&str, &[&str]); 11] = [
    (
        "modern",
        &[
            "testssl-3.0.8/modern-pretty.json",
            "sslyze-6.3.1/multi.json",
            "sslscan-2.0.7/modern.xml",
            "nmap-7.93/multi_port.xml",
            "openssl-3.0.22/modern.txt",
            "testssl-3.0.8/modern-csv.csv",
        ],
    ),
    (
        "tls10",
        &[
            "testssl-3.0.8/tls10-flat.json",
            "sslyze-6.3.1/multi.json",
            "sslscan-2.0.7/tls10.xml",
            "sslscan-2.0.7/tls10_seclevel0.xml",
            "nmap-7.93/multi_port.xml",
            "openssl-3.0.22/tls10.txt",
            "testssl-3.0.8/tls10-csv.csv",
        ],
    ),
    (
        "ssl2all",
        &[
            "testssl-3.0.8/ssl2all-pretty.json",
            "sslyze-6.3.1/ssl2all.json",
            "sslscan-2.0.7/ssl2all_seclevel0.xml",
            "nmap-7.93/ssl2all.xml",
            "testssl-3.0.8/ssl2all-csv.csv",
        ],
    ),
    (
        "ssl3",
        &[
            "sslyze-6.3.1/multi.json",
            "sslscan-2.0.7/ssl3.xml",
            "sslscan-2.0.7/ssl3_seclevel0.xml",
            "nmap-7.93/multi_port.xml",
        ],
    ),
    (
        "mtls",
        &[
            "testssl-3.0.8/mtls-pretty.json",
            "sslyze-6.3.1/multi.json",
            "sslscan-2.0.7/mtls.xml",
            "nmap-7.93/multi_port.xml",
            "openssl-3.0.22/mtls.txt",
        ],
    ),
    ("ipv6", &["sslyze-6.3.1/multi.json", "sslscan-2.0.7/ipv6.xml", "nmap-7.93/ipv6.xml"]),
    (
        "tls13",
        &["sslyze-6.3.1/multi.json", "sslscan-2.0.7/tls13.xml", "nmap-7.93/multi_port.xml", "openssl-3.0.22/tls13.txt"],
    ),
    (
        "smtp",
        &[
            "testssl-3.0.8/smtp-pretty.json",
            "sslyze-6.3.1/smtp.json",
            "sslscan-2.0.7/smtp10025.xml",
            "nmap-7.93/smtp.xml",
            "openssl-3.0.22/smtp_verified.txt",
            "testssl-3.0.8/smtp-csv.csv",
        ],
    ),
    (
        "smtpno",
        &[
            "testssl-3.0.8/smtpno-pretty.json",
            "sslyze-6.3.1/smtp.json",
            "sslscan-2.0.7/smtp10026.xml",
            "nmap-7.93/smtp.xml",
            "openssl-3.0.22/smtp_nostarttls.txt",
        ],
    ),
    (
        "go",
        &[
            "testssl-3.3dev/pq-flat.json",
            "sslyze-6.3.1/go_pq.json",
            "sslscan-2.0.7/go_pq.xml",
            "nmap-7.93/go_pq.xml",
            "openssl-3.0.22/go_verified.txt",
            "testssl-3.3dev/pq-csv.csv",
        ],
    ),
    (
        "plain",
        &[
            "testssl-3.0.8/plain-pretty.json",
            "sslyze-6.3.1/multi.json",
            "sslscan-2.0.7/plain.xml",
            "nmap-7.93/multi_port.xml",
            "openssl-3.0.22/plain.txt",
        ],
    ),
];

/// The name that all of them ask for.
const HOST: &str = "mail.example.test";

/// One scanner's report of one server, as if all had asked for it by one name and at one port.
fn sighting(name: &str, of: &Server) -> Evidence {
    let mut evidence = read(&[Input::new(name, text(name).as_bytes())]).evidence;
    for scan in &mut evidence.scans {
        scan.subjects.retain(
            |subject| matches!(subject, Subject::Endpoint(endpoint) if server(name, endpoint.key.port).name == of.name),
        );
        for subject in &mut scan.subjects {
            let Subject::Endpoint(endpoint) = subject else { continue };
            endpoint.key.host = Some(HOST.to_owned());
            endpoint.key.address = Some("192.0.2.1".to_owned());
            endpoint.key.port = 443;
            if endpoint.key.server_name != ServerName::Omitted {
                endpoint.key.server_name = ServerName::Sent(HOST.to_owned());
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
fn all_scanners_of_one_server_give_one_answer() {
    let table = table();
    let mut snapshot = String::new();
    let mut wrong: Vec<String> = Vec::new();
    let mut disagreements = BTreeSet::new();
    let mut compared = 0;
    for (name, reports) in TOGETHER {
        let server = Server::of_name(name);
        let parts: Vec<(String, Evidence)> =
            reports.iter().map(|report| ((*report).to_owned(), sighting(report, server))).collect();
        for pack in PACKS {
            let policy = pack.policy().unwrap();
            let together = report(&laid(&parts), &policy);
            let mut alone: BTreeMap<String, BTreeMap<&str, Outcome>> = BTreeMap::new();
            for (part_name, part) in &parts {
                for finding in report(part, &policy).findings {
                    if matches!(finding.outcome, Outcome::Pass | Outcome::Fail) {
                        let of_part = alone.entry(about(&finding)).or_default();
                        let worst = of_part.entry(part_name).or_insert(finding.outcome);
                        *worst = finding.outcome.min(*worst);
                    }
                }
            }
            for (id, answers) in &alone {
                compared += usize::from(answers.len() > 1);
                let outcomes: BTreeSet<Outcome> = answers.values().copied().collect();
                let same: Vec<&Finding> = together.findings.iter().filter(|finding| about(finding) == *id).collect();
                let fails = same.iter().any(|finding| finding.outcome == Outcome::Fail);
                let passes = same.iter().any(|finding| finding.outcome == Outcome::Pass);
                // What does not pass any more says what is missing, or who contradicts whom.
                let explained = same.iter().any(|finding| {
                    finding.outcome == Outcome::Unknown && finding.gaps.first().is_some_and(|gap| gap.detail.len() > 20)
                });
                let is_well = match outcomes.iter().collect::<Vec<_>>()[..] {
                    [Outcome::Fail] => fails,
                    [Outcome::Pass] => !fails && (passes || explained),
                    _ => false,
                };
                if !is_well {
                    wrong.push(format!("{name} {}: {id}: alone {answers:?}, together {same:?}", pack.id));
                }
            }
            for finding in &together.findings {
                let contradicted = finding.gaps.iter().any(|gap| gap.reason == GapReason::Contradicted);
                if contradicted || finding.summary.contains("disagree") {
                    disagreements.insert((name, finding.rule.clone()));
                }
                if matches!(finding.outcome, Outcome::Pass | Outcome::Fail) {
                    let said = Said {
                        report: "all of them".to_owned(),
                        pack: pack.id,
                        server,
                        host: HOST.to_owned(),
                        certificate: finding.subject.certificate.as_deref().map(short),
                        finding: finding.clone(),
                    };
                    let truly = truth(&table, &said);
                    let expected: &[&str] =
                        if finding.outcome == Outcome::Pass { &["holds", "true"] } else { &["fails"] };
                    if !truly.is_some_and(|truly| expected.contains(&truly)) {
                        wrong.push(format!("{name} {}: {truly:?} in truth: {}", pack.id, finding.summary));
                    }
                }
            }
            if pack.id != DEFAULT_PACK {
                continue;
            }
            snapshot.push_str(&format!("# {name}: {:?}\n{}\n", together.verdict, reports.join(", ")));
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
    assert!(compared > 500, "{compared}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // They agree on everything that two of them saw: where servers are the same, nothing is contradicted.
    assert!(disagreements.is_empty(), "{disagreements:?}");
    let changed = hold("snapshots/same-servers.txt", &snapshot);
    assert!(changed.is_none(), "look at it, then UPDATE_SNAPSHOTS=1\n{changed:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_and_duplicates_change_nothing(at in 0..TOGETHER.len(), picked in prop::collection::vec(0..6_usize, 1..6)) {
        let policy = strict();
        let (of, reports) = TOGETHER[at];
        let mut parts: Vec<(String, Evidence)> = Vec::new();
        for number in picked.iter().map(|number| number % reports.len()) {
            let name = reports[number];
            if !parts.iter().any(|(known, _)| known == name) {
                parts.push((name.to_owned(), sighting(name, Server::of_name(of))));
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
