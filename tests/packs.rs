//! The shipped packs against the documents that they take their values from.
#![expect(clippy::disallowed_methods, reason = "the documents are files")]

use std::collections::BTreeSet;

use intransit::iana::{CipherSuite, NamedGroup};
use intransit::pki::path::TrustStore;
use intransit::policy::{Level, PACKS, pack};
use intransit::{CheckOptions, Input, Outcome, Verdict, check};
use serde_json::Value;

/// The parameters of a rule in a pack.
fn params(id: &str, rule: &str) -> Option<Value> {
    let document = pack(id).unwrap().document();
    let params = document.rules.into_iter().find(|setting| setting.rule == rule)?.params?;
    Some(serde_json::from_str(&params).unwrap())
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

fn suites(value: &Value) -> BTreeSet<CipherSuite> {
    texts(value).into_iter().map(|name| CipherSuite::from_name(name).unwrap_or_else(|| panic!("{name}"))).collect()
}

fn groups(value: &Value) -> BTreeSet<NamedGroup> {
    texts(value).into_iter().map(|name| NamedGroup::from_name(name).unwrap_or_else(|| panic!("{name}"))).collect()
}

#[test]
fn mozillas_packs_say_what_its_guidelines_say() {
    for (id, version, configuration) in [
        ("mozilla-intermediate-6.0", "6.0", "intermediate"),
        ("mozilla-modern-6.0", "6.0", "modern"),
        ("mozilla-intermediate-5.8", "5.8", "intermediate"),
    ] {
        let path = format!("{}/data/mozilla/server-side-tls-{version}.json", env!("CARGO_MANIFEST_DIR"));
        let guidelines: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let guideline = &guidelines["configurations"][configuration];
        let mut expected = suites(&guideline["ciphersuites"]);
        expected.extend(suites(&guideline["ciphers"]["iana"]));
        assert_eq!(suites(&params(id, "suite-not-listed").unwrap()["listed"]), expected, "{id}");
        assert_eq!(
            groups(&params(id, "group-not-listed").unwrap()["listed"]),
            groups(&guideline["tls_curves"]),
            "{id}"
        );
        assert_eq!(params(id, "obsolete-protocol").unwrap()["minimum"], guideline["tls_versions"][0], "{id}");
        assert_eq!(params(id, "weak-group").unwrap()["minimumBits"], guideline["ecdh_param_size"], "{id}");
        let lifetime = &params(id, "certificate-lifetime-long").unwrap()["steps"][0]["maximumDays"];
        assert_eq!(*lifetime, guideline["maximum_certificate_lifespan"], "{id}");
        for (rule, key) in [("rsa-key-short", "rsa_key_size"), ("dh-group-short", "dh_param_size")] {
            let bits = params(id, rule).map_or(Value::Null, |params| params["minimumBits"].clone());
            assert_eq!(bits, guideline[key], "{id} {rule}");
        }
    }
}

#[test]
fn the_strict_pack_only_hardens() {
    let [plain, strict] = ["m365-in-transit-1.0", "m365-in-transit-strict-1.0"].map(|id| pack(id).unwrap().document());
    let harder: Vec<&str> = plain
        .rules
        .iter()
        .zip(&strict.rules)
        .filter_map(|(plain, strict)| {
            assert_eq!(plain.rule, strict.rule);
            assert!(strict.level <= plain.level, "{}", plain.rule);
            (plain.level != strict.level || plain.params != strict.params).then_some(plain.rule.as_str())
        })
        .collect();
    assert_eq!(plain.rules.len(), strict.rules.len());
    assert_eq!(harder, ["no-forward-secrecy", "cipher-below-256-bits", "fips-algorithms"]);
}

#[test]
fn the_newer_pack_asks_what_the_older_one_asks_and_more() {
    let [old, new] = ["m365-in-transit-1.0", "m365-in-transit-1.1"].map(|id| pack(id).unwrap().document());
    let words = |setting: &intransit::policy::RuleSetting| {
        format!("{} {:?} {:?} {:?}", setting.rule, setting.level, setting.params, setting.source)
    };
    let is_old = |rule: &str| old.rules.iter().any(|setting| setting.rule == rule);
    let kept: Vec<String> = new.rules.iter().filter(|setting| is_old(&setting.rule)).map(words).collect();
    assert_eq!(kept, old.rules.iter().map(words).collect::<Vec<_>>());
    assert_eq!((&old.identities, &old.expects), (&new.identities, &new.expects));
    assert_eq!(new.max_evidence_age_days, old.max_evidence_age_days);
    // Each is in a pack for mail or tunnels, which judges it no less, or in none yet.
    for setting in new.rules.iter().filter(|setting| !is_old(&setting.rule)) {
        let levels = ["mail-in-transit-1.0", "mta-sts-1.0", "ipsec-baseline-1.0", "m365-forced-tls-1.0"].map(|id| {
            let rules = pack(id).unwrap().document().rules;
            rules.into_iter().find(|other| other.rule == setting.rule).map(|other| other.level)
        });
        assert!(levels.into_iter().flatten().all(|level| level <= setting.level), "{}", setting.rule);
        assert!(levels.iter().any(Option::is_some) || setting.rule.starts_with("tlsa-"), "{}", setting.rule);
    }
}

/// What is judged of services and chains is the same by both: rules about what was not shown say nothing.
#[test]
fn the_newer_pack_changes_no_verdict_on_services() {
    let mut count = 0;
    for folder in ["testssl-3.0.8", "sslscan-2.0.7", "sslyze-6.3.1", "nmap-7.93", "openssl-3.0.22", "intransit"] {
        let path = format!("{}/tests/cases/formats/{folder}", env!("CARGO_MANIFEST_DIR"));
        for file in std::fs::read_dir(path).unwrap().map(|file| file.unwrap().path()) {
            let name = file.file_name().unwrap().to_str().unwrap().to_owned();
            if name.ends_with(".md") || name.ends_with(".expected.json") {
                continue;
            }
            let bytes = std::fs::read(&file).unwrap();
            let judged = ["m365-in-transit-1.0", "m365-in-transit-1.1"].map(|id| {
                let options = CheckOptions {
                    at: "2026-11-22".to_owned(),
                    now: "2026-11-22".to_owned(),
                    collected: Some("2026-11-21".to_owned()),
                    policy: Some(id.to_owned()),
                    ..CheckOptions::default()
                };
                let report = check(&[Input::new(&name, &bytes)], &options).ok();
                report.map(|report| {
                    (report.verdict, report.findings, report.tally, report.notes, report.scope, report.reasons)
                })
            });
            assert_eq!(judged[0], judged[1], "{folder}/{name}");
            count += usize::from(judged[0].is_some());
        }
    }
    assert!(count > 40, "{count}");
}

#[test]
fn rules_that_never_pass_alone_block_nothing() {
    for pack in PACKS {
        for setting in pack.document().rules {
            if matches!(setting.rule.as_str(), "issuer-unexpected" | "organization-unexpected") {
                assert_ne!(setting.level, Level::Error, "{}: {}", pack.id, setting.rule);
            }
        }
    }
}

#[test]
fn a_pinned_root_that_mozilla_trusts_has_the_pinned_key() {
    let mozilla = TrustStore::mozilla();
    let is_g2 = |root: &&intransit::pki::path::Root| root.subject.common_names() == ["DigiCert Global Root G2"];
    let key = &mozilla.roots.iter().find(is_g2).unwrap().key.spki_sha256;
    for id in ["m365-in-transit-1.0", "m365-in-transit-strict-1.0"] {
        let identities = pack(id).unwrap().document().identities.unwrap();
        let named =
            identities.iter().filter(|record| record.issuers.iter().any(|name| name == "DigiCert Global Root G2"));
        let pins: Vec<_> = named.flat_map(|record| &record.root_spki_sha256).collect();
        assert!(pins.len() == 2 && pins.iter().all(|pin| pin.is(key)), "{id}");
    }
    let [plain, strict] = ["m365-in-transit-1.0", "m365-in-transit-strict-1.0"].map(|id| pack(id).unwrap().document());
    assert_eq!(plain.identities, strict.identities);
}

#[test]
fn a_chain_that_follows_the_baseline_requirements_meets_their_pack() {
    let chain = [include_str!("cases/pki/profile-leaf.pem"), include_str!("cases/pki/profile-ca.pem")].concat();
    let options = CheckOptions {
        at: "2026-05-01".to_owned(),
        now: "2026-05-01".to_owned(),
        policy: Some("cabf-tls-br-2.2.6".to_owned()),
        host: Some("mail.example.com".to_owned()),
        roots: Some(include_str!("cases/pki/profile-root.pem").to_owned()),
        ..CheckOptions::default()
    };
    let report = check(&[Input::new("chain.pem", chain.as_bytes())], &options).unwrap();
    assert_eq!(report.verdict, Verdict::Compliant, "{:?}", report.reasons);
    assert_eq!((report.tally.must_fix, report.tally.should_fix), (0, 0));
    // Nothing was shown of revocation, which is a should-fix.
    let undecided: Vec<&str> = report
        .findings
        .iter()
        .filter(|finding| finding.outcome == Outcome::Unknown)
        .map(|finding| finding.rule.as_str())
        .collect();
    assert_eq!(undecided, ["certificate-revoked", "certificate-revoked"]);
}
