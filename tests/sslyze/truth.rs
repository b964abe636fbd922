//! The versions that the servers truly offered, by their ports; `tests/truth` knows the rest of them.

use intransit::evidence::ServerName;
use intransit::iana::ProtocolVersion;
use intransit::policy::PACKS;
use intransit::report::Outcome;

use super::{REPORTS, endpoints, evidence, judge, text};

/// What a server is, by its port.
#[derive(Default)]
pub(super) struct Truth {
    pub(super) offered: &'static [ProtocolVersion],
    /// Versions of which the report cannot tell, for the time-outs among their suites.
    pub(super) untold: &'static [ProtocolVersion],
    pub(super) starttls: bool,
}

pub(super) fn truth(port: u16) -> Option<Truth> {
    use ProtocolVersion as V;
    let of = |offered| Truth { offered, ..Truth::default() };
    Some(match port {
        14451 | 14531 | 14535 => of(&[V::TLS1_2, V::TLS1_3]),
        14537 => of(&[V::TLS1_2]),
        14538 => of(&[V::TLS1_3]),
        14532 => Truth { untold: &[V::SSL3], ..of(&[V::TLS1_0]) },
        14534 => of(&[V::SSL3]),
        14441 => of(&[V::SSL2, V::SSL3, V::TLS1_0, V::TLS1_1, V::TLS1_2]),
        10025 => Truth { starttls: true, ..of(&[V::TLS1_2, V::TLS1_3]) },
        10027 => Truth { starttls: true, ..of(&[V::TLS1_0]) },
        10026 | 14533 | 14536 | 14599 => return None,
        _ => panic!("no server is known at port {port}"),
    })
}

/// Without a server name sslyze asks for the certificate alone: nothing else may pass of it.
#[test]
fn without_a_server_name_certificates_alone_pass() {
    for name in REPORTS {
        let text = text(name);
        let evidence = evidence(&text);
        let mut keys = Vec::new();
        for endpoint in endpoints(&evidence) {
            if !keys.contains(&&endpoint.key) {
                keys.push(&endpoint.key);
            }
        }
        for pack in PACKS {
            let report = judge(&text, pack.id);
            for finding in report.findings.iter().filter(|finding| finding.outcome == Outcome::Pass) {
                let key = keys[finding.subject.endpoint.unwrap() as usize];
                let of_certificate = finding.subject.certificate.is_some() || finding.rule == "evidence-too-old";
                assert!(of_certificate || key.server_name != ServerName::Omitted, "{name}: {}", finding.id);
            }
        }
    }
}
