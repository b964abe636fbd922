//! The shipped packs against the documents that they take their values from.
#![expect(clippy::disallowed_methods, reason = "the documents are files")]

use std::collections::BTreeSet;

use intransit::iana::{CipherSuite, NamedGroup};
use intransit::policy::{Level, PACKS, pack};
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
fn rules_that_never_pass_alone_block_nothing() {
    for pack in PACKS {
        for setting in pack.document().rules {
            if matches!(setting.rule.as_str(), "issuer-unexpected" | "organization-unexpected") {
                assert_ne!(setting.level, Level::Error, "{}: {}", pack.id, setting.rule);
            }
        }
    }
}
