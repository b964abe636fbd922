//! The same servers, seen by testssl.sh, sslyze, sslscan and nmap: what more than one of them decides, they decide alike.

use std::collections::BTreeMap;

use intransit::policy::PACKS;
use intransit::report::Outcome;

use super::{judge, text};

/// Each server: the reports that saw it, and the port that each report saw it on.
const SERVERS: [(&str, &[(&str, u16)]); 8] = [
    (
        "modern",
        &[
            ("testssl-3.0.8/modern-pretty.json", 14631),
            ("sslyze-6.3.1/multi.json", 14531),
            ("sslscan-2.0.7/modern.xml", 14431),
            ("sslscan-2.0.7/modern.txt", 14431),
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
        "ssl3",
        &[
            ("sslyze-6.3.1/multi.json", 14534),
            ("sslscan-2.0.7/ssl3_seclevel0.xml", 14434),
            ("nmap-7.93/multi_port.xml", 14434),
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
        "tls13",
        &[("sslyze-6.3.1/multi.json", 14538), ("sslscan-2.0.7/tls13.xml", 14438), ("nmap-7.93/multi_port.xml", 14438)],
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
    (
        "smtpno",
        &[
            ("testssl-3.0.8/smtpno-pretty.json", 10026),
            ("sslyze-6.3.1/smtp.json", 10026),
            ("sslscan-2.0.7/smtp10026.xml", 10026),
            ("nmap-7.93/smtp.xml", 10026),
        ],
    ),
    ("go", &[("sslyze-6.3.1/go_pq.json", 14451), ("sslscan-2.0.7/go_pq.xml", 14451), ("nmap-7.93/go_pq.xml", 14451)]),
];

#[test]
fn what_all_saw_is_judged_alike() {
    let mut compared = 0;
    for (server, reports) in SERVERS {
        for pack in PACKS {
            let mut decided: BTreeMap<String, Vec<(&str, Outcome)>> = BTreeMap::new();
            for (name, port) in reports {
                let report = judge(&text(name), pack.id);
                let place = format!(":{port}");
                let of_server = report.findings.into_iter().filter(|finding| finding.subject.label.contains(&place));
                for finding in of_server.filter(|finding| matches!(finding.outcome, Outcome::Pass | Outcome::Fail)) {
                    let about = format!("{} {:?} {:?}", finding.rule, finding.facet, finding.subject.certificate);
                    decided.entry(about).or_default().push((name, finding.outcome));
                }
            }
            for (about, answers) in decided {
                compared += usize::from(answers.len() > 1);
                // sslyze and testssl.sh look for themselves whether a chain leads to a root; whose order it is, and
                // what the chains are worth, all see in the same words or not at all.
                let alike = answers.iter().all(|(_, outcome)| *outcome == answers[0].1);
                assert!(alike, "{server}, by {}: {about}: {answers:?}", pack.id);
            }
        }
    }
    assert!(compared > 200, "{compared}");
}
