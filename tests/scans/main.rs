//! Real reports of sslscan and nmap against what the servers truly were; the READMEs beside the reports say what that is.
#![expect(clippy::disallowed_methods, reason = "the fixtures are files, and a hang guard needs a clock")]

#[path = "../common/changes.rs"]
mod changes;
#[path = "../common/citations.rs"]
mod citations;
mod cut;
#[path = "../common/read.rs"]
mod read;
mod traps;
mod words;

use std::collections::BTreeSet;

use intransit::Evidence;
use intransit::evidence::{
    Certificate, Completion, Endpoint, GapReason, Membership, Observed, Preference, Rest, StartTls, Subject,
    TlsSupport, Transport,
};
use intransit::iana::{CipherSuite, NamedGroup, ProtocolVersion};
use read::{endpoints, evidence, names_in, reading, text};

const SSLSCAN: &str = "sslscan-2.0.7";
const NMAP: &str = "nmap-7.93";

/// Every report of both scanners that is read: `sslscan-2.0.7/modern.xml`.
fn names() -> Vec<String> {
    let is_read = |name: &str| name.ends_with(".xml") || name.starts_with(SSLSCAN) && name.ends_with(".txt");
    let names = names_in(&[SSLSCAN, NMAP], is_read);
    assert!(names.len() > 35);
    names
}

/// Between two targets, nothing of the printed form says that there was to be another.
fn may_end(name: &str, text: &str, at: usize) -> bool {
    name.ends_with(".txt") && text[at..].contains("Testing SSL server ")
}

fn endpoint(evidence: &Evidence, port: u16) -> &Endpoint {
    endpoints(evidence).find(|endpoint| endpoint.key.port == port).unwrap_or_else(|| panic!("port {port}"))
}

fn accepted(endpoint: &Endpoint) -> BTreeSet<ProtocolVersion> {
    endpoint.versions.accepted.iter().map(|fact| fact.value).collect()
}

/// What one endpoint says, without its places.
fn facts(endpoint: &Endpoint) -> String {
    let suites: Vec<String> = endpoint
        .suites
        .iter()
        .map(|list| {
            let names: Vec<String> = list.suites.accepted.iter().map(|fact| fact.value.to_string()).collect();
            format!("{:?} {}", list.version, names.join(" "))
        })
        .collect();
    let dh: Vec<u32> = endpoint.dh_parameters.iter().map(|fact| fact.value.bits).collect();
    let groups: BTreeSet<String> = endpoint.groups.accepted.iter().map(|fact| fact.value.to_string()).collect();
    let schemes: Vec<String> = endpoint.signature_schemes.accepted.iter().map(|fact| fact.value.to_string()).collect();
    let chains: Vec<String> = endpoint
        .chains
        .iter()
        .flat_map(|chain| &chain.certificates)
        .map(|certificate| match certificate {
            Certificate::Der(fact) => format!("{} bytes", fact.value.bytes().len()),
            Certificate::Reported(said) => format!(
                "{:?} {:?} {:?} {:?}",
                said.common_name.as_ref().map(|fact| &fact.value),
                said.key_algorithm.as_ref().map(|fact| &fact.value),
                said.key_bits.as_ref().map(|fact| fact.value),
                said.not_after.as_ref().map(|fact| fact.value)
            ),
        })
        .collect();
    let heartbleed: Vec<Option<bool>> = endpoint
        .attacks
        .iter()
        .filter(|test| test.name == "Heartbleed")
        .map(|test| test.vulnerable.value().copied())
        .collect();
    format!(
        "{:?} {} {:?}\n{suites:?}\n{groups:?} {dh:?} {schemes:?}\n{chains:?}\n{:?} {heartbleed:?}",
        endpoint.tls.value(),
        endpoint.key.target(),
        accepted(endpoint),
        endpoint.secure_renegotiation.value(),
    )
}

#[test]
fn both_forms_of_sslscan_say_the_same() {
    for name in names().iter().filter_map(|name| name.strip_prefix(SSLSCAN)?.strip_suffix(".xml")) {
        let (xml, text) = (evidence(&format!("{SSLSCAN}{name}.xml")), evidence(&format!("{SSLSCAN}{name}.txt")));
        let said = |evidence| endpoints(evidence).map(facts).collect::<Vec<_>>();
        assert_eq!(said(&xml), said(&text), "{name}");
    }
}

#[test]
fn suites_groups_and_keys_are_those_of_the_report() {
    let evidence = evidence("sslscan-2.0.7/tls10_seclevel0.xml");
    let weak = endpoint(&evidence, 14432);
    let suites: BTreeSet<CipherSuite> = weak.suites[0].suites.accepted.iter().map(|fact| fact.value).collect();
    // By their ids: names are those of OpenSSL or of the registry, and SEED has `bits="-1"`.
    for code in [0xC014, 0x0004, 0x0096, 0x0002, 0x001B] {
        assert!(suites.contains(&CipherSuite(code)), "{code:#06x}");
    }
    assert_eq!(suites.len(), 34);
    assert_eq!(weak.dh_parameters.iter().map(|fact| fact.value.bits).collect::<Vec<_>>(), [1024]);
    assert!(weak.groups.accepted.iter().any(|fact| fact.value == NamedGroup(0x001D)), "not a group of 253 bits");
    assert_eq!(weak.secure_renegotiation.value(), Some(&true));
    assert_eq!(weak.signature_schemes.gap().unwrap().reason, GapReason::Failed, "it takes what nobody has");

    let evidence = self::evidence("nmap-7.93/multi_port.xml");
    let modern = endpoint(&evidence, 14431);
    let list = |version| modern.suites.iter().find(|list| list.version == Some(version)).unwrap();
    let names: Vec<String> =
        list(ProtocolVersion::TLS1_3).suites.accepted.iter().map(|fact| fact.value.to_string()).collect();
    assert_eq!(names, ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"]);
    assert_eq!(list(ProtocolVersion::TLS1_2).preference.value(), Some(&Preference::Server));
    assert_eq!(endpoint(&evidence, 14434).dh_parameters[0].value.bits, 512, "`rsa 64` counts bytes, `dh 512` bits");
    assert_eq!(modern.compression.value(), Some(&false));
    assert_eq!(endpoint(&evidence, 14438).compression.value(), None, "TLS 1.3 has none to test");
}

#[test]
fn a_refusal_needs_a_scanner_that_can_speak_the_version() {
    let evidence = evidence("sslscan-2.0.7/multi.xml");
    let only13 = endpoint(&evidence, 14438);
    assert!(matches!(only13.versions.membership(&ProtocolVersion::TLS1_2), Membership::Refused(_)), "14431 has it");
    let Membership::Unknown(gap) = only13.versions.membership(&ProtocolVersion::TLS1_0) else { panic!() };
    assert_eq!(gap.reason, GapReason::ClientLimited);
    // In one file with a server that speaks TLS 1.0, the refusal of another one is believed.
    let able = text("sslscan-2.0.7/tls10_seclevel0.xml");
    let test = &able[able.find(" <ssltest").unwrap()..able.find("</document>").unwrap()];
    let both = text("sslscan-2.0.7/modern.xml").replace("</document>", &format!("{test}</document>"));
    let reading = reading(&both);
    let modern = endpoint(&reading.evidence, 14431);
    assert!(matches!(modern.versions.membership(&ProtocolVersion::TLS1_0), Membership::Refused(_)));
    assert!(matches!(modern.versions.membership(&ProtocolVersion::TLS1_1), Membership::Unknown(_)));
}

#[test]
fn services_without_starttls_and_closed_ports_are_named() {
    for name in ["sslscan-2.0.7/smtp10026.xml", "sslscan-2.0.7/smtp10026.txt", "nmap-7.93/smtp.xml"] {
        let evidence = evidence(name);
        let plain = endpoint(&evidence, 10026);
        assert_eq!(plain.tls.value(), Some(&TlsSupport::StartTlsNotAdvertised), "{name}");
        assert_eq!(plain.key.transport, Transport::StartTls(StartTls::Smtp), "{name}");
    }
    for (name, port) in [
        ("sslscan-2.0.7/closed.xml", 14499),
        ("sslscan-2.0.7/closed.txt", 14499),
        ("sslscan-2.0.7/ssl2all.xml", 14433),
        ("nmap-7.93/multi_port.xml", 14499),
    ] {
        let evidence = evidence(name);
        let closed = endpoint(&evidence, port);
        assert_eq!(closed.tls.gap().unwrap().reason, GapReason::Blocked, "{name}");
        assert_eq!(closed.key.address.as_deref(), Some("127.0.0.1"), "{name}");
        let of_it = |subject: &Subject| matches!(subject, Subject::Endpoint(endpoint) if endpoint.key.port == port);
        let scan = evidence.scans.iter().find(|scan| scan.subjects.iter().any(of_it)).unwrap();
        assert!(matches!(scan.completion, Completion::Unfinished(_)), "{name}");
    }
}

#[test]
fn a_client_certificate_that_is_required_leaves_the_suites_open() {
    for ending in ["xml", "txt"] {
        let evidence = evidence(&format!("{SSLSCAN}/mtls.{ending}"));
        let lists = &endpoint(&evidence, 14435).suites;
        let list = lists.iter().find(|list| list.version == Some(ProtocolVersion::TLS1_2)).unwrap();
        assert!(list.suites.accepted.is_empty());
        let gap = list.suites.gap().unwrap();
        assert_eq!(gap.reason, GapReason::ClientLimited);
        assert!(gap.detail.contains("client certificate"));
    }
}

#[test]
fn no_list_is_complete_and_no_chain_whole() {
    for name in names() {
        for endpoint in endpoints(&evidence(&name)) {
            assert!(matches!(endpoint.chains_rest, Rest::Gap(_)), "{name}");
            assert!(endpoint.suites.iter().all(|list| list.suites.gap().is_some()), "{name}");
            assert!(endpoint.groups.gap().is_some() && endpoint.versions.gap().is_some(), "{name}");
            assert!(endpoint.chains.iter().all(|chain| matches!(chain.rest, Rest::Gap(_))), "{name}");
            assert!(matches!(endpoint.client_certificate, Observed::NotObserved(_)), "{name}");
        }
    }
}

#[test]
fn runs_carry_their_version_time_and_command() {
    let evidence = evidence("nmap-7.93/smtp.xml");
    for scan in &evidence.scans {
        assert_eq!((scan.format.as_str(), scan.tool_version.as_deref()), ("nmap-xml", Some("7.93")));
        assert_eq!(scan.started.value().unwrap().to_string(), "2026-11-21T22:51:51Z");
        assert!(scan.command.as_ref().unwrap().contains(" --script +ssl-enum-ciphers"), "{:?}", scan.command);
    }
    for ending in ["xml", "txt"] {
        let evidence = self::evidence(&format!("{SSLSCAN}/modern.{ending}"));
        assert_eq!(evidence.scans[0].tool_version.as_deref(), Some("2.0.7"));
        assert_eq!(evidence.scans[0].started.gap().unwrap().reason, GapReason::NotStated);
    }
}
