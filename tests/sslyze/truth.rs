//! What the servers truly were, and whether a pass is one that they deserve.

use intransit::Evidence;
use intransit::evidence::{EndpointKey, ServerName};
use intransit::iana::ProtocolVersion;
use intransit::policy::PACKS;
use intransit::report::{Finding, Outcome, Verdict};

use super::{REPORTS, endpoints, evidence, judge, text};

/// What a server is, by its port.
pub(super) struct Truth {
    pub(super) offered: &'static [ProtocolVersion],
    /// Versions of which the report cannot tell, for the time-outs among their suites.
    pub(super) untold: &'static [ProtocolVersion],
    broken_suites: bool,
    /// Suites below 128 bits: 3DES, DES, export, NULL.
    short_suites: bool,
    /// Only suites with AEAD and forward secrecy: all of them are in Mozilla's list.
    only_listed_suites: bool,
    only_forward_secrecy: bool,
    weak_key: bool,
    /// Certificates for another name than the address: the ECDSA one, and the self-signed one.
    other_name: bool,
    pub(super) starttls: bool,
}

pub(super) fn truth(port: u16) -> Option<Truth> {
    use ProtocolVersion as V;
    let good = Truth {
        offered: &[V::TLS1_2, V::TLS1_3],
        untold: &[],
        broken_suites: false,
        short_suites: false,
        only_listed_suites: false,
        only_forward_secrecy: true,
        weak_key: false,
        other_name: false,
        starttls: false,
    };
    let weak = Truth {
        broken_suites: true,
        short_suites: true,
        only_forward_secrecy: false,
        weak_key: true,
        other_name: true,
        ..good
    };
    Some(match port {
        14451 => good,
        14531 => Truth { only_listed_suites: true, other_name: true, ..good },
        14535 => Truth { only_forward_secrecy: false, ..good },
        14537 => Truth { offered: &[V::TLS1_2], only_forward_secrecy: false, other_name: true, ..good },
        14538 => Truth { offered: &[V::TLS1_3], only_listed_suites: true, other_name: true, ..good },
        14532 => Truth { offered: &[V::TLS1_0], untold: &[V::SSL3], ..weak },
        14534 => Truth { offered: &[V::SSL3], ..weak },
        14441 => Truth { offered: &[V::SSL2, V::SSL3, V::TLS1_0, V::TLS1_1, V::TLS1_2], ..weak },
        10025 => Truth { broken_suites: true, only_forward_secrecy: false, starttls: true, ..good },
        // Anonymous AES is broken, and not short.
        10027 => Truth { offered: &[V::TLS1_0], short_suites: false, starttls: true, ..weak },
        10026 | 14533 | 14536 | 14599 => return None,
        _ => panic!("no server is known at port {port}"),
    })
}

/// Every pass, by what the server truly is: a pass that this does not allow is a false one.
#[test]
fn nothing_passes_that_the_servers_do_not_deserve() {
    for name in REPORTS {
        let text = text(name);
        let evidence = evidence(&text);
        let keys: Vec<&EndpointKey> = keys(&evidence);
        for pack in PACKS {
            let report = judge(&text, pack.id);
            assert_ne!(report.verdict, Verdict::Compliant, "{name} {}", pack.id);
            let mut passes = 0;
            for finding in report.findings.iter().filter(|finding| finding.outcome == Outcome::Pass) {
                let key = keys[finding.subject.endpoint.unwrap() as usize];
                assert!(deserved(finding, key, pack.id), "{name} {}: {} {}", pack.id, key, finding.summary);
                passes += usize::from(finding.rule != "evidence-too-old");
            }
            assert!(passes > 0, "{name} {}", pack.id);
        }
    }
}

/// The keys in the order of their first sighting, as findings number them.
fn keys(evidence: &Evidence) -> Vec<&EndpointKey> {
    let mut keys: Vec<&EndpointKey> = Vec::new();
    for endpoint in endpoints(evidence) {
        if !keys.contains(&&endpoint.key) {
            keys.push(&endpoint.key);
        }
    }
    keys
}

fn deserved(finding: &Finding, key: &EndpointKey, pack: &str) -> bool {
    if finding.rule == "evidence-too-old" {
        return true;
    }
    let Some(truth) = truth(key.port) else { return false };
    let of_service = key.server_name != ServerName::Omitted;
    match (finding.rule.as_str(), finding.facet.as_deref()) {
        ("plaintext-service", _) => of_service,
        ("obsolete-protocol", _) => {
            let modern = finding.summary.contains("TLS 1.3");
            let oldest = if modern { ProtocolVersion::TLS1_3 } else { ProtocolVersion::TLS1_2 };
            of_service && truth.offered.iter().all(|version| *version >= oldest)
        }
        ("tls13-missing", _) => of_service && truth.offered.contains(&ProtocolVersion::TLS1_3),
        ("broken-cipher", _) => of_service && !truth.broken_suites,
        ("cipher-below-128-bits", _) => of_service && !truth.short_suites,
        ("suite-not-listed", _) => {
            let only_tls13 = truth.offered == [ProtocolVersion::TLS1_3];
            of_service && truth.only_listed_suites && (pack != "mozilla-modern-6.0" || only_tls13)
        }
        // DHE is offered here alone (2048 bits), and by the weak servers (512 and 1024 bits).
        ("dh-group-short", _) => of_service && key.port == 14535,
        ("no-forward-secrecy", Some("offered")) => of_service,
        ("no-forward-secrecy", Some("every-suite")) => of_service && truth.only_forward_secrecy,
        ("rsa-key-short", _) => !truth.weak_key,
        ("ec-key-short", _) => matches!(key.port, 14531 | 14538),
        // Every certificate of these servers began the evening before, and ends in 2027 or later.
        ("certificate-expired" | "certificate-expiring" | "certificate-not-yet-valid", _) => true,
        // The other certificates are signed over SHA-256, are for TLS servers, have names, and come with their issuer. The
        // weak one is signed over SHA-1 and has neither.
        ("weak-signature" | "purpose-missing" | "alternative-name-missing", _) => !truth.weak_key,
        ("chain-incomplete", Some("sent")) => !truth.weak_key,
        // The RSA leaf has the address as subject alternative name, the ECDSA leaf and the self-signed one have not.
        ("name-mismatch", _) => !truth.other_name || (key.port == 14531 && finding.summary.contains("`127.0.0.1`")),
        _ => false,
    }
}
