//! IPsec policies of Azure: settings, which never show that a tunnel is up.

use intransit::{Input, Verdict, read};

use super::{fixture, judged, outcomes};

const SITES: &str = "10.1.0.0/24 10.2.0.0/24";

#[test]
fn settings_may_fail_and_never_pass() {
    let policy = fixture("azure-ipsec/policy.json");
    let swapped = |from: &str, to: &str| {
        assert!(policy.contains(from), "{from}");
        policy.replace(from, to)
    };
    // Encrypted, current, covering, used, with forward secrecy.
    for (what, text, expected) in [
        ("GCM without a group of its own", policy.clone(), "? ? ? ? -"),
        ("a connection that is up, with 3DES and DHGroup2", fixture("azure-ipsec/connection.json"), "? - ? ? ?"),
        ("a list, without encryption", fixture("azure-ipsec/list.json"), "- ? ? ? ?"),
        ("group 24", swapped("DHGroup2048", "DHGroup24"), "? - ? ? -"),
        ("MD5", swapped("SHA384", "MD5"), "? - ? ? -"),
        ("a group nobody knows", swapped("DHGroup2048", "DHGroup99"), "? ? ? ? -"),
        ("two ciphers", swapped("\"ikeEncryption\"", "\"ipsecEncryption\": \"None\", \"ikeEncryption\""), "? ? ? ? -"),
        ("no policy", "{\"name\": \"a\", \"ipsecPolicies\": []}".to_owned(), "? ? ? ? ?"),
        ("a template", format!("{{\"name\": \"a\", \"properties\": {policy}}}"), "? ? ? ? -"),
    ] {
        let report = judged(&text, &[SITES]);
        let rules = ["tunnel-unencrypted", "tunnel-weak", "tunnel-does-not-cover", "tunnel-idle", "tunnel-no-pfs"];
        assert_eq!(rules.map(|rule| outcomes(&report, rule)).join(" "), expected, "{what}");
        assert_ne!(report.verdict, Verdict::Compliant, "{what}");
    }
}

#[test]
fn what_is_cut_off_passes_nothing() {
    for name in ["policy", "connection", "list"] {
        let text = fixture(&format!("azure-ipsec/{name}.json"));
        for end in (20..text.len()).step_by(5) {
            let reading = read(&[Input::new("cut", &text.as_bytes()[..end])]);
            assert!(!reading.texts.concat().contains("notARealKey"), "{name} up to {end}");
            let policy = intransit::Policy::from_json("own", &super::policy_of(&[SITES])).unwrap();
            let report = super::judged_by(&policy, &text[..end]);
            let passed = |rule: &str| outcomes(&report, rule).contains('+');
            assert!(!super::TUNNEL_RULES.into_iter().any(passed), "{name} up to {end}");
        }
    }
}

#[test]
fn the_pre_shared_key_is_in_no_output() {
    let text = fixture("azure-ipsec/connection.json");
    for text in [text.clone(), text.replace('\n', " ")] {
        let report = judged(&text, &[]);
        let reading = read(&[Input::new("connection", text.as_bytes())]);
        let mut outputs = vec![reading.evidence.to_document(&reading.diagnostics), reading.texts.concat()];
        outputs.extend(intransit::RENDERERS.iter().map(|renderer| (renderer.render)(&report)));
        assert!(outputs.iter().all(|output| !output.contains("notARealKey")));
    }
}
