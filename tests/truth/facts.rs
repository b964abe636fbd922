//! No reader says of a server what is not so, and what a scanner saw of it is read to the last suite.

use std::collections::BTreeSet;

use intransit::evidence::{
    Certificate, ClientCertificate, Endpoint, Membership, Preference, Rest, StartTls, Subject, SuiteClass, TlsSupport,
    Transport,
};
use intransit::iana::{CipherSuite, ProtocolVersion, cipher_suites, named_groups, signature_schemes};
use intransit::{Input, read};

use super::servers::{SERVERS, Server, named, server};
use super::{names, text};

/// Each sighting of a server: the report, the server, and what the report says.
fn sightings() -> Vec<(String, &'static Server, Endpoint)> {
    let mut all = Vec::new();
    for name in names() {
        let reading = read(&[Input::new("report", text(&name).as_bytes())]);
        for subject in reading.evidence.scans.into_iter().flat_map(|scan| scan.subjects) {
            // A certificate that stands in a text by itself is of no server.
            let Subject::Endpoint(endpoint) = subject else { continue };
            all.push((name.clone(), server(&name, endpoint.key.port), *endpoint));
        }
    }
    all
}

/// What is wrong with what was read, one line for each.
#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn unless(&mut self, holds: bool, name: &str, server: &Server, what: impl FnOnce() -> String) {
        if !holds {
            self.0.push(format!("{name}, {}: {}", server.name, what()));
        }
    }

    fn finish(self) {
        assert!(self.0.is_empty(), "{}", self.0.join("\n"));
    }
}

#[test]
fn every_server_was_seen() {
    let sightings = sightings();
    assert!(sightings.len() > 100, "{}", sightings.len());
    for server in SERVERS {
        assert!(server.is.len() > 10);
        assert!(sightings.iter().any(|(_, seen, _)| seen.name == server.name), "{} in no report", server.name);
    }
}

#[test]
fn nothing_is_accepted_or_refused_that_is_not_so() {
    let mut wrong = Wrong::default();
    for (name, server, endpoint) in sightings() {
        for version in ProtocolVersion::ALL {
            let said = endpoint.versions.membership(&version);
            let is_so = match said {
                Membership::Accepted(_) => server.speaks(version),
                Membership::Refused(_) => !server.speaks(version),
                Membership::Unknown(_) => true,
            };
            wrong.unless(is_so, &name, server, || format!("{version}: {said:?}"));
        }
        for list in &endpoint.suites {
            let truly = list.version.map_or_else(|| server.all_suites(), |version| server.suites(version));
            let known = cipher_suites().iter().map(|info| CipherSuite(info.code));
            for suite in known.chain(list.suites.accepted.iter().map(|fact| fact.value)) {
                let said = list.suites.membership(&suite);
                let is_so = match said {
                    Membership::Accepted(_) => truly.contains(&suite),
                    Membership::Refused(_) => !truly.contains(&suite),
                    Membership::Unknown(_) => true,
                };
                wrong.unless(is_so, &name, server, || format!("{:?} {suite}: {said:?}", list.version));
            }
        }
        for group in named_groups().iter().map(|info| intransit::iana::NamedGroup(info.code)) {
            let said = endpoint.groups.membership(&group);
            let is_so = match said {
                Membership::Accepted(_) => server.may_have_group(group),
                Membership::Refused(_) => !server.has_group(group),
                Membership::Unknown(_) => true,
            };
            wrong.unless(is_so, &name, server, || format!("{group}: {said:?}"));
        }
        // Which schemes the servers have is not known: none may be said to be refused.
        for scheme in signature_schemes().iter().map(|info| intransit::iana::SignatureScheme(info.code)) {
            let said = endpoint.signature_schemes.membership(&scheme);
            wrong.unless(!matches!(said, Membership::Refused(_)), &name, server, || format!("{scheme}: {said:?}"));
        }
    }
    wrong.finish();
}

#[test]
fn kinds_of_suites_are_those_of_the_servers() {
    let mut wrong = Wrong::default();
    for (name, server, endpoint) in sightings() {
        let names: Vec<String> = server.all_suites().into_iter().map(|suite| suite.to_string()).collect();
        let any = |words: &[&str]| names.iter().any(|name| words.iter().any(|word| name.contains(word)));
        for offer in &endpoint.suite_classes {
            let truly = match offer.class {
                SuiteClass::Null => any(&["_NULL_"]),
                SuiteClass::Anonymous => any(&["_anon_"]),
                SuiteClass::Export => any(&["_EXPORT_"]),
                SuiteClass::Low => any(&["_RC4_", "_DES_", "_RC2_", "_DES40_"]),
                SuiteClass::TripleDesOrIdea => any(&["_3DES_", "_IDEA_"]),
                SuiteClass::ForwardSecret => any(&["ECDHE_", "DHE_", "TLS_AES_"]),
            };
            wrong.unless(offer.offered.value == truly, &name, server, || format!("{:?}", offer));
        }
    }
    wrong.finish();
}

#[test]
fn who_chooses_and_the_order_are_those_of_the_servers() {
    let mut wrong = Wrong::default();
    let mut ordered = 0;
    for (name, server, endpoint) in sightings() {
        for list in endpoint.suites.iter().filter(|list| list.version != Some(ProtocolVersion::TLS1_3)) {
            let Some(said) = list.preference.value() else { continue };
            let client = |preference: &Preference| *preference == Preference::Client;
            let truly = server.chooses.as_ref();
            // nmap does not try whether ChaCha20 is an exception.
            let is_so = truly.is_some_and(|truly| client(truly) == client(said));
            wrong.unless(is_so, &name, server, || format!("{:?}: {said:?}", list.version));
            if *said == Preference::Server && !server.order.is_empty() {
                let order: Vec<CipherSuite> = list.suites.accepted.iter().map(|fact| fact.value).collect();
                wrong.unless(order == named(server.order), &name, server, || format!("{order:?}"));
                ordered += 1;
            }
        }
    }
    assert!(ordered >= 3, "{ordered}");
    wrong.finish();
}

#[test]
fn certificates_are_those_of_the_servers() {
    let mut wrong = Wrong::default();
    for (name, server, endpoint) in sightings() {
        let mut leaves: BTreeSet<&str> = BTreeSet::new();
        for chain in &endpoint.chains {
            let hashes: Vec<Option<String>> =
                chain.certificates.iter().map(|shown| shown.sha256().map(|hash| hash[..16].to_owned())).collect();
            let agrees = |truly: &[&str]| {
                let shown =
                    hashes.iter().zip(truly).all(|(hash, truly)| hash.as_deref().is_none_or(|hash| hash == *truly));
                let whole = matches!(chain.rest, Rest::Gap(_)) || hashes.len() == truly.len();
                shown && hashes.len() <= truly.len() && whole
            };
            let found = server.chains.iter().find(|truly| agrees(truly));
            wrong.unless(found.is_some(), &name, server, || format!("{hashes:?}, {:?}", chain.rest));
            leaves.extend(found.and_then(|chain| chain.first()).copied());
            let described = chain.certificates.iter().any(|shown| matches!(shown, Certificate::Reported(_)));
            let may_describe = name.starts_with("sslscan-2.0.7/multi") || name.starts_with("openssl-");
            wrong.unless(!described || may_describe, &name, server, || "the bytes are not read".to_owned());
            wrong.unless(chain.possession.value() != Some(&false), &name, server, || format!("{:?}", chain.possession));
        }
        if matches!(endpoint.chains_rest, Rest::Complete(_)) {
            wrong.unless(leaves.len() == server.chains.len(), &name, server, || format!("only {leaves:?}"));
        }
        for dh in &endpoint.dh_parameters {
            wrong.unless(Some(dh.value.bits) == server.dh, &name, server, || format!("{} bits of DH", dh.value.bits));
        }
        let asks = endpoint.client_certificate.value();
        let asks_as_it_is = match asks {
            Some(ClientCertificate::Required) => server.asks_for_certificate,
            Some(ClientCertificate::NotRequested) => !server.asks_for_certificate,
            Some(ClientCertificate::Optional) => false,
            None => true,
        };
        wrong.unless(asks_as_it_is, &name, server, || format!("{asks:?}"));
    }
    wrong.finish();
}

#[test]
fn tls_starttls_renegotiation_compression_and_attacks_are_those_of_the_servers() {
    let mut wrong = Wrong::default();
    for (name, server, endpoint) in sightings() {
        let is_so = match (endpoint.tls.value(), server.tls) {
            (None, _) => true,
            // 3.0.8 does not tell a service without STARTTLS from one without TLS.
            (Some(TlsSupport::NotAvailable), Some(TlsSupport::StartTlsNotAdvertised)) => {
                name.starts_with("testssl-3.0.8")
            }
            (Some(said), truly) => truly == Some(*said),
        };
        wrong.unless(is_so, &name, server, || format!("{:?}", endpoint.tls));
        let transport = match endpoint.key.transport {
            Transport::Unstated => true,
            Transport::Direct => !server.starttls,
            Transport::StartTls(protocol) => server.starttls && matches!(protocol, StartTls::Smtp | StartTls::Unnamed),
        };
        wrong.unless(transport, &name, server, || format!("{:?}", endpoint.key.transport));
        // Every one is of OpenSSL or Go: each signals secure renegotiation, none compresses.
        let renegotiation = endpoint.secure_renegotiation.value();
        wrong.unless(renegotiation != Some(&false), &name, server, || "no secure renegotiation".to_owned());
        wrong.unless(endpoint.compression.value() != Some(&true), &name, server, || "compression".to_owned());
        for test in &endpoint.attacks {
            let Some(works) = test.vulnerable.value() else { continue };
            let truly = server.attacks.contains(&test.name.as_str());
            wrong.unless(*works == truly, &name, server, || format!("{}: {works}", test.name));
        }
    }
    wrong.finish();
}

/// What a scanner that lists versions and suites did not see, and why.
const NOT_SEEN: &[(&str, &str, &str)] = &[
    ("testssl-3.3dev/pq-pretty.json", "go", "versions were not asked for; those of the lists are seen all the same"),
    ("sslscan-2.0.7/mtls", "mtls", "no suite of TLS 1.2 without a client certificate"),
    ("sslscan-2.0.7/ssl3", "ssl3", "suites of SSL 3.0 are not listed"),
    ("sslscan-2.0.7/ssl2all_seclevel0", "ssl2all", "suites of SSL 3.0 are not listed"),
    ("sslyze-6.3.1/multi.json", "ssl3", "eight suites were not answered in time"),
    ("testssl-3.0.8/modern-flat.json", "modern", "suites were not asked for"),
    ("testssl-3.0.8/mtls-pretty.json", "mtls", "suites were not asked for"),
    ("testssl-3.0.8/tls10-", "tls10", "the suites with forward secrecy alone are named"),
];

#[test]
fn what_the_scanners_saw_is_read_to_the_last_suite() {
    let mut wrong = Wrong::default();
    let mut whole = 0;
    for (name, server, endpoint) in sightings() {
        if endpoint.tls.value() != Some(&TlsSupport::Available) || name.starts_with("openssl-") {
            continue;
        }
        let accepted: BTreeSet<ProtocolVersion> = endpoint.versions.accepted.iter().map(|fact| fact.value).collect();
        let truly: BTreeSet<ProtocolVersion> = server.versions.iter().map(|(version, _)| *version).collect();
        wrong.unless(accepted == truly, &name, server, || format!("{accepted:?}"));
        let excused = NOT_SEEN.iter().any(|(start, of, _)| name.starts_with(start) && *of == server.name);
        let lacking = server.versions.iter().any(|(version, _)| {
            let mut lists = endpoint.suites.iter().filter(|list| list.version == Some(*version));
            let seen: BTreeSet<CipherSuite> =
                lists.by_ref().flat_map(|list| &list.suites.accepted).map(|fact| fact.value).collect();
            seen != server.suites(*version)
        });
        wrong.unless(!lacking || excused, &name, server, || "suites are missing".to_owned());
        whole += usize::from(!lacking);
    }
    assert!(whole > 30, "{whole}");
    wrong.finish();
}
