//! Sessions of `openssl s_client` and CSV of testssl.sh against what the servers truly were; the READMEs beside the
//! reports say what that is.
#![expect(clippy::disallowed_methods, reason = "the fixtures are files, and a hang guard needs a clock")]

#[path = "../common/changes.rs"]
mod changes;
#[path = "../common/citations.rs"]
mod citations;
mod csv;
#[path = "../scans/cut.rs"]
mod cut;
#[path = "../common/read.rs"]
mod read;
mod traps;

use std::collections::BTreeSet;

use intransit::Evidence;
use intransit::evidence::{
    Certificate, ClientCertificate, Completion, Endpoint, Fact, GapReason, Membership, Rest, ServerName, StartTls,
    Subject, TlsSupport, Transport,
};
use intransit::iana::{NamedGroup, ProtocolVersion};
use intransit::policy::PACKS;
use intransit::report::{Outcome, Verdict};
use read::{evidence, judge, names_in, text};

const OPENSSL: [&str; 2] = ["openssl-3.0.19", "openssl-3.0.22"];
const TESTSSL: [&str; 2] = ["testssl-3.0.8", "testssl-3.3dev"];

/// Every text of `s_client`, and every CSV of testssl.sh.
fn names() -> Vec<String> {
    let mut names = names_in(&OPENSSL, |name| name.ends_with(".txt"));
    names.extend(names_in(&TESTSSL, |name| name.ends_with(".csv")));
    assert!(names.len() > 15);
    names
}

fn sessions() -> impl Iterator<Item = String> {
    names().into_iter().filter(|name| name.ends_with(".txt"))
}

/// A session ends before the last line that is printed of it, and a paste between two of them.
fn may_end(name: &str, text: &str, at: usize) -> bool {
    let whole = text[..at].rfind("\n---").and_then(|end| text[..end].rfind("Verify return code: "));
    let brief = text[..at].contains("CONNECTION ESTABLISHED") && text[..at].contains("\nVerification error: ");
    name.ends_with(".txt") && (whole.is_some() || brief)
}

fn endpoints(evidence: &Evidence) -> Vec<&Endpoint> {
    read::endpoints(evidence).collect()
}

fn versions(endpoint: &Endpoint) -> Vec<ProtocolVersion> {
    endpoint.versions.accepted.iter().map(|fact| fact.value).collect()
}

/// One line for what a session shows.
fn shown(endpoint: &Endpoint) -> String {
    let names = |facts: Vec<String>| if facts.is_empty() { "-".to_owned() } else { facts.join("+") };
    let suites = endpoint.suites.iter().flat_map(|list| &list.suites.accepted).map(|fact| fact.value.to_string());
    let chains = endpoint.chains.iter().map(|chain| {
        let whole = if matches!(chain.rest, Rest::Complete(_)) { "" } else { "?" };
        let kinds = chain.certificates.iter().map(|one| if matches!(one, Certificate::Der(_)) { 'd' } else { 'r' });
        format!("{}{whole}", kinds.collect::<String>())
    });
    format!(
        "{} {} {} {} {} {}",
        endpoint.tls.value().map_or("-".to_owned(), |support| format!("{support:?}")),
        names(versions(endpoint).iter().map(ToString::to_string).collect()),
        names(suites.collect()),
        names(endpoint.groups.accepted.iter().map(|fact| fact.value.to_string()).collect()),
        names(endpoint.signature_schemes.accepted.iter().map(|fact| fact.value.to_string()).collect()),
        names(chains.collect()),
    )
}

#[test]
fn sessions_show_what_was_agreed_on() {
    const TLS13: &str = "Available TLS 1.3 TLS_AES_256_GCM_SHA384 x25519";
    let table = [
        ("openssl-3.0.22/modern.txt", format!("{TLS13} ecdsa_secp256r1_sha256 dd")),
        ("openssl-3.0.22/modern_brief.txt", format!("{TLS13} ecdsa_secp256r1_sha256 -")),
        ("openssl-3.0.22/tls13.txt", format!("{TLS13} ecdsa_secp256r1_sha256 dd")),
        ("openssl-3.0.22/mtls.txt", format!("{TLS13} rsa_pss_rsae_sha256 dd")),
        ("openssl-3.0.22/smtp_verified.txt", format!("{TLS13} rsa_pss_rsae_sha256 dd")),
        (
            "openssl-3.0.22/go_verified.txt",
            "Available TLS 1.3 TLS_AES_128_GCM_SHA256 x25519 rsa_pss_rsae_sha256 dd".to_owned(),
        ),
        ("openssl-3.0.22/tls10.txt", "Available TLS 1.0 TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA x25519 - d".to_owned()),
        ("openssl-3.0.22/plain.txt", "- - - - - -".to_owned()),
        ("openssl-3.0.22/refused.txt", "- - - - - -".to_owned()),
        ("openssl-3.0.22/smtp_nostarttls.txt", "StartTlsNotAdvertised - - - - -".to_owned()),
    ];
    for (name, expected) in &table {
        let evidence = evidence(name);
        let found: Vec<String> = endpoints(&evidence).into_iter().map(shown).collect();
        assert_eq!(&found, std::slice::from_ref(expected), "{name}");
    }
    let all: BTreeSet<String> = sessions().filter(|name| name.starts_with(OPENSSL[1])).collect();
    assert_eq!(all, table.iter().map(|(name, _)| (*name).to_owned()).collect());
}

#[test]
fn without_a_command_nothing_says_which_service_it_is() {
    for name in sessions().filter(|name| name.starts_with(OPENSSL[1])) {
        for endpoint in endpoints(&evidence(&name)) {
            assert_eq!((&endpoint.key.host, endpoint.key.port), (&None, 0), "{name}");
            assert!(matches!(endpoint.key.server_name, ServerName::Omitted | ServerName::Unstated), "{name}");
        }
    }
    let late = evidence("openssl-3.0.22/smtp_nostarttls.txt");
    assert_eq!(endpoints(&late)[0].key.transport, Transport::StartTls(StartTls::Unnamed));
}

#[test]
fn the_time_of_a_session_is_its_start_time() {
    let started = |name: &str| evidence(name).scans[0].started.value().copied().map(|time| time.to_string());
    assert_eq!(started("openssl-3.0.22/tls10.txt").as_deref(), Some("2026-11-21T22:52:18Z"));
    assert!(started("openssl-3.0.22/go_verified.txt").is_some());
    assert_eq!(started("openssl-3.0.22/modern_brief.txt"), None);
}

#[test]
fn a_certificate_that_the_server_misses_is_required() {
    let evidence = evidence("openssl-3.0.22/mtls.txt");
    assert_eq!(endpoints(&evidence)[0].client_certificate.value(), Some(&ClientCertificate::Required));
    let other = self::evidence("openssl-3.0.22/modern.txt");
    assert!(endpoints(&other)[0].client_certificate.gap().is_some());
}

#[test]
fn several_sessions_of_one_server_are_told_apart() {
    let evidence = evidence("openssl-3.0.19/versions.txt");
    let found = endpoints(&evidence);
    let suite = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 x25519 rsa_pss_rsae_sha256 dd";
    let brief = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 x25519 - -";
    let expected = [
        format!("Available TLS 1.2 {suite}"),
        "- - - - - -".to_owned(),
        "- - - - - -".to_owned(),
        "- - - - - -".to_owned(),
        "- - - - - -".to_owned(),
        "- - - - - -".to_owned(),
        format!("Available TLS 1.2 {brief}"),
    ];
    assert_eq!(found.iter().map(|endpoint| shown(endpoint)).collect::<Vec<_>>(), expected);
    for endpoint in &found {
        assert_eq!(endpoint.key, found[0].key);
    }
    assert_eq!(found[0].key.to_string(), "mail.example.test:14731 (127.0.0.1)");
    assert_eq!(found[0].key.server_name, ServerName::Sent("mail.example.test".to_owned()));
    assert_eq!(found[0].secure_renegotiation.fact().map(|fact| fact.basis), Some(intransit::evidence::Basis::Wire));
    // The server does TLS 1.2 alone: each other version was refused by its alert, SSL 3.0 was never offered.
    let refused: Vec<ProtocolVersion> = ProtocolVersion::ALL
        .into_iter()
        .filter(|version| {
            found.iter().any(|endpoint| matches!(endpoint.versions.membership(version), Membership::Refused(_)))
        })
        .collect();
    assert_eq!(refused, [ProtocolVersion::TLS1_0, ProtocolVersion::TLS1_1, ProtocolVersion::TLS1_3]);
}

#[test]
fn what_did_not_end_well_is_told_by_its_reason() {
    let evidence = evidence("openssl-3.0.19/more.txt");
    let found: Vec<(String, String, Option<GapReason>)> = evidence
        .scans
        .iter()
        .filter_map(|scan| match scan.subjects.first() {
            Some(Subject::Endpoint(endpoint)) => {
                let gap = scan.completion.gap().map(|gap| gap.reason);
                Some((endpoint.key.to_string(), shown(endpoint), gap))
            }
            _ => None,
        })
        .collect();
    const RSA: &str = "Available TLS 1.2 TLS_RSA_WITH_AES_128_CBC_SHA - -";
    let expected = [
        (
            "localhost:14732 without server name",
            "Available TLS 1.3 TLS_AES_256_GCM_SHA384 x25519 rsa_pss_rsae_sha256 d",
            None,
        ),
        // The handshake failed behind the server's answer: no certificates are taken from it.
        (
            "127.0.0.1:14733",
            "Available TLS 1.2 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 x25519 - -",
            Some(GapReason::Failed),
        ),
        ("127.0.0.1:14799", "- - - - - -", Some(GapReason::Blocked)),
        ("nosuch.invalid:14799", "- - - - - -", Some(GapReason::Blocked)),
        ("127.0.0.1:14731", &format!("{RSA} dr"), None),
        // The same session again, five times.
        ("127.0.0.1:14731", &format!("{RSA} -"), None),
        ("127.0.0.1:14731", &format!("{RSA} -"), None),
        ("127.0.0.1:14731", &format!("{RSA} -"), None),
        ("127.0.0.1:14731", &format!("{RSA} -"), None),
        ("127.0.0.1:14731", &format!("{RSA} -"), None),
        ("127.0.0.1:14731", "- - - - - -", Some(GapReason::Failed)),
    ];
    let expected: Vec<_> = expected.map(|(key, shown, gap)| (key.to_owned(), shown.to_owned(), gap)).into();
    assert_eq!(found, expected);
    // OpenSSL sends no name without a dot, and says so.
    assert_eq!(endpoints(&evidence)[0].key.server_name, ServerName::Omitted);
    assert_eq!(endpoints(&evidence)[0].tls.value(), Some(&TlsSupport::Available));
}

#[test]
fn the_tool_said_ok_of_nothing_and_nothing_passes() {
    for name in ["plain", "refused", "smtp_nostarttls"] {
        let text = text(&format!("openssl-3.0.22/{name}.txt"));
        for pack in PACKS {
            let report = judge(&text, pack.id);
            let passed: Vec<_> = report.findings.iter().filter(|found| found.outcome == Outcome::Pass).collect();
            assert!(passed.iter().all(|found| found.rule == "evidence-too-old"), "{name}: {passed:?}");
            assert_ne!(report.verdict, Verdict::Compliant);
        }
    }
}

/// The text under the first of the words of a fact.
fn said<'t, T>(text: &'t str, fact: &Fact<T>) -> &'t str {
    let words = fact.words.first().expect("a fact cites words");
    &text[words.start as usize..words.end as usize]
}

#[test]
fn facts_stand_in_the_words_that_they_cite() {
    for name in sessions() {
        let text = text(&name);
        for endpoint in endpoints(&evidence(&name)) {
            for fact in &endpoint.versions.accepted {
                let found = said(&text, fact).rsplit([' ', ',']).find_map(ProtocolVersion::from_name);
                let of_suite = said(&text, fact).contains("New, TLSv1.3") && fact.value == ProtocolVersion::TLS1_3;
                assert!(found == Some(fact.value) || of_suite, "{name}: {} `{}`", fact.value, said(&text, fact));
            }
            for refusal in &endpoint.versions.refused {
                let span = refusal.words[0];
                assert!(text[span.start as usize..span.end as usize].ends_with("alert number 70"));
            }
            for fact in endpoint.suites.iter().flat_map(|list| &list.suites.accepted) {
                let words = said(&text, fact).rsplit(' ').next().and_then(intransit::iana::CipherSuite::from_name);
                assert_eq!(words, Some(fact.value), "{name}");
            }
            for fact in &endpoint.groups.accepted {
                assert_eq!(fact.value, NamedGroup::from_name("x25519").unwrap());
                assert!(said(&text, fact).contains("X25519"), "{name}");
            }
            for fact in &endpoint.signature_schemes.accepted {
                assert!(said(&text, fact).to_lowercase().contains("signature type: "), "{name}");
            }
            if let Some(fact) = endpoint.secure_renegotiation.fact() {
                assert!(said(&text, fact).to_lowercase().contains("renegotiation"), "{name}");
            }
            for certificate in endpoint.chains.iter().flat_map(|chain| &chain.certificates) {
                match certificate {
                    Certificate::Der(fact) => assert!(said(&text, fact).contains("BEGIN CERTIFICATE"), "{name}"),
                    Certificate::Reported(described) => {
                        assert!(said(&text, described.key_bits.as_ref().unwrap()).contains("2048 (bit)"), "{name}");
                        assert!(said(&text, described.not_after.as_ref().unwrap()).contains("NotAfter: "), "{name}");
                    }
                }
            }
            for trust in endpoint.chains.iter().filter_map(|chain| chain.tool_trust.fact()) {
                assert!(said(&text, trust).contains("erif"), "{name}");
            }
        }
        for scan in &evidence(&name).scans {
            if let Completion::Finished(words) = &scan.completion {
                assert!(scan.format == "certificates" || !words.is_empty(), "{name}");
            }
        }
    }
}

#[test]
fn every_finding_cites_words_that_are_there() {
    citations::hold(&names());
}
