//! IPsec tunnels whose configuration is known, as strongSwan lists them.
#![expect(clippy::disallowed_methods, reason = "the lists are files")]

mod azure;
mod flows;
mod libreswan;
mod xfrm;

use intransit::evidence::{Attribute, Exhibit, Subject};
use intransit::{
    CheckOptions, Clock, Declared, Input, Outcome, Policy, Report, Verdict, check, evaluate, read, read_declared,
};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/formats/swanctl-5.9.8");

fn text(name: &str) -> String {
    std::fs::read_to_string(format!("{FOLDER}/{name}")).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn tunnels(text: &str) -> Vec<Exhibit> {
    let mut found = Vec::new();
    for subject in
        read(&[Input::new("list", text.as_bytes())]).evidence.scans.into_iter().flat_map(|scan| scan.subjects)
    {
        if let Subject::Exhibit(exhibit) = subject {
            found.push(*exhibit);
        }
    }
    found
}

fn policy_of(flows: &[&str]) -> String {
    let rule = serde_json::json!({ "rule": "tunnel-does-not-cover", "level": "error", "params": { "flows": flows } });
    serde_json::json!({ "id": "own", "version": "1", "extends": "ipsec-baseline-1.0", "rules": [rule] }).to_string()
}

/// The same by a policy that was read before, for many texts.
fn judged_by(policy: &Policy, text: &str) -> Report {
    let time = "2026-11-22T10:00:00Z".parse().unwrap();
    let declared = Declared { collected: Some(time), ..Declared::default() };
    let reading = read_declared(&[Input::new("list", text.as_bytes())], &declared);
    evaluate(&reading.evidence, policy, Clock { at: time, now: time }, reading.diagnostics)
}

fn judged(text: &str, flows: &[&str]) -> Report {
    let policy = policy_of(flows);
    let time = "2026-11-22T10:00:00Z".to_owned();
    let options = CheckOptions {
        at: time.clone(),
        now: time.clone(),
        collected: Some(time),
        policy: Some(policy),
        ..Default::default()
    };
    check(&[Input::new("list", text.as_bytes())], &options).unwrap()
}

/// A file below `tests/cases/formats`.
fn fixture(name: &str) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/formats");
    std::fs::read_to_string(format!("{path}/{name}")).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The outcomes of a rule: `+`, `-`, `?` or `.`, tunnel by tunnel.
fn outcomes(report: &Report, rule: &str) -> String {
    let mut found: Vec<(&str, char)> = Vec::new();
    for finding in report.findings.iter().filter(|finding| finding.rule == rule) {
        let sign = match finding.outcome {
            Outcome::Pass => '+',
            Outcome::Fail => '-',
            Outcome::Unknown => '?',
            Outcome::NotApplicable => '.',
        };
        found.push((&finding.subject.label, sign));
    }
    found.sort_unstable();
    found.into_iter().map(|(_, sign)| sign).collect()
}

/// Each list: its tunnels by name with their algorithms, and whether they are encrypted, current, used and have forward
/// secrecy of their own, as far as the list can tell.
const TRUTH: &[(&str, &[&str], [&str; 4])] = &[
    ("01-ikev2-aes256gcm-ecp384-pfs-cert", &["hq-branch/net AES_GCM_16-256"], ["+", "+", "+", "?"]),
    (
        "01-ikev2-aes256gcm-ecp384-pfs-cert.after-child-rekey",
        &["hq-branch/net AES_GCM_16-256 ECP_384"],
        ["+", "+", "+", "+"],
    ),
    ("01-ikev2-aes256gcm-ecp384-pfs-cert.no-traffic", &["hq-branch/net AES_GCM_16-256"], ["+", "+", "-", "?"]),
    (
        "02-ikev2-aes128cbc-sha256-modp2048-nopfs",
        &["hq-branch/net AES_CBC-128 HMAC_SHA2_256_128"],
        ["+", "+", "+", "?"],
    ),
    (
        "02-ikev2-aes128cbc-sha256-modp2048-nopfs.after-child-rekey",
        &["hq-branch/net AES_CBC-128 HMAC_SHA2_256_128"],
        ["+", "+", "+", "-"],
    ),
    ("03-ikev2-weak-3des-sha1-modp1024", &["hq-branch/net 3DES_CBC HMAC_SHA1_96"], ["+", "-", "+", "?"]),
    (
        "03-ikev2-weak-3des-sha1-modp1024.after-child-rekey",
        &["hq-branch/net 3DES_CBC HMAC_SHA1_96 MODP_1024"],
        ["+", "-", "+", "+"],
    ),
    ("04-ikev2-esp-null-sha256", &["hq-branch/net NULL HMAC_SHA2_256_128"], ["-", "+", "+", "?"]),
    (
        "05-ikev1-main-aes256-sha256-modp2048",
        &["hq-branch/net AES_CBC-256 HMAC_SHA2_256_128 MODP_2048"],
        ["+", "-", "+", "+"],
    ),
    ("06-ikev1-aggressive-aes128-sha1-modp1024", &["hq-branch/net AES_CBC-128 HMAC_SHA1_96"], ["+", "-", "+", "-"]),
    ("07-ikev2-chacha20poly1305-x25519-pfs", &["hq-branch/net CHACHA20_POLY1305"], ["+", "+", "+", "?"]),
    (
        "07-ikev2-chacha20poly1305-x25519-pfs.after-child-rekey",
        &["hq-branch/net CHACHA20_POLY1305 CURVE_25519"],
        ["+", "+", "+", "+"],
    ),
    ("08-ikev2-aes256cbc-sha512-modp4096-pfs", &["hq-branch/net AES_CBC-256 HMAC_SHA2_512_256"], ["+", "+", "+", "?"]),
    (
        "08-ikev2-aes256cbc-sha512-modp4096-pfs.after-child-rekey",
        &["hq-branch/net AES_CBC-256 HMAC_SHA2_512_256 MODP_4096"],
        ["+", "+", "+", "+"],
    ),
    ("11-ikev1-wrong-psk-connecting", &["hq-branch: not installed"], ["?", "?", "?", "?"]),
    ("13-ikev2-child-deleted", &["hq-branch: not installed"], ["?", "?", "?", "?"]),
    ("14-ikev2-partial-selectors", &["hq-branch/net AES_GCM_16-256"], ["+", "+", "+", "?"]),
    (
        "15-ikev2-selectors-tcp443-and-multi",
        &["hq-branch/web AES_GCM_16-256", "hq-branch/multi AES_GCM_16-256 ECP_384"],
        ["++", "++", "+-", "+?"],
    ),
];

/// The forms of a list that are there.
fn forms(name: &str) -> Vec<(String, String)> {
    let names = ["raw", "txt", "pretty"].map(|form| format!("{name}.{form}"));
    let is_there = |name: &String| std::path::Path::new(FOLDER).join(name).exists();
    let forms: Vec<_> = names.into_iter().filter(is_there).map(|name| (name.clone(), text(&name))).collect();
    assert!(!forms.is_empty(), "{name}");
    forms
}

#[test]
fn every_list_is_known() {
    for entry in std::fs::read_dir(FOLDER).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_known = TRUTH.iter().any(|(known, ..)| name.rsplit_once('.').unwrap().0 == *known);
        let nothing_is_up = name.starts_with("10-") || name.starts_with("18-");
        assert!(is_known || nothing_is_up || name == "README.md", "{name}");
    }
}

#[test]
fn tunnels_are_read_as_they_are() {
    for (name, expected, _) in TRUTH {
        for (name, text) in forms(name) {
            let quoted: String = text.lines().map(|line| format!("> {line}\n")).collect();
            for text in [&text, &quoted, &text.replace('\n', "\r\n")] {
                let words = |tunnel: &Exhibit| {
                    let name = tunnel.name.strip_prefix("tunnel ").unwrap().to_owned();
                    tunnel.facts(Attribute::Algorithm).fold(name, |words, fact| words + " " + &fact.value)
                };
                assert_eq!(tunnels(text).iter().map(words).collect::<Vec<_>>(), *expected, "{name}");
            }
        }
    }
}

#[test]
fn tunnels_are_judged_as_they_are() {
    for (name, _, [encrypted, current, used, secret]) in TRUTH {
        for (name, text) in forms(name) {
            let report = judged(&text, &[]);
            assert_eq!(outcomes(&report, "tunnel-unencrypted"), *encrypted, "{name}");
            assert_eq!(outcomes(&report, "tunnel-weak"), *current, "{name}");
            assert_eq!(outcomes(&report, "tunnel-idle"), *used, "{name}");
            assert_eq!(outcomes(&report, "tunnel-no-pfs"), *secret, "{name}");
            // The printed form has no end that could be missed.
            let good = !encrypted.contains(['-', '?']) && !current.contains(['-', '?']);
            assert_eq!(
                report.verdict == Verdict::Compliant,
                good && !name.ends_with(".txt"),
                "{name} {:?}",
                report.reasons
            );
        }
    }
}

#[test]
fn flows_are_covered_wholly_or_not_at_all() {
    let whole = text("01-ikev2-aes256gcm-ecp384-pfs-cert.raw");
    let half = text("14-ikev2-partial-selectors.raw");
    let several = text("15-ikev2-selectors-tcp443-and-multi.raw");
    let down = text("13-ikev2-child-deleted.raw");
    for (list, flow, expected) in [
        (&whole, "10.1.0.0/24 10.2.0.0/24", "+"),
        (&whole, "10.2.0.0/24 10.1.0.0/24", "+"),
        (&whole, "10.1.0.7 10.2.0.9", "+"),
        (&whole, "10.1.0.0/16 10.2.0.0/24", "-"),
        (&whole, "10.3.0.0/24 10.2.0.0/24", "?"),
        (&whole, "0.0.0.0/0 0.0.0.0/0", "-"),
        (&half, "10.1.0.0/24 10.2.0.0/24", "-"),
        (&half, "10.1.0.0/25 10.2.0.0/25", "+"),
        (&half, "10.1.0.128/25 10.2.0.128/25", "?"),
        (&several, "10.1.9.0/24 10.2.9.0/24", "+"),
        (&several, "10.1.0.0/24 10.2.0.0/24", "+"),
        (&several.replace("10.2.0.0/24 10.2.9.0/24", "10.2.9.0/24"), "10.1.0.0/24 10.2.0.1", "-"),
        (&down, "10.1.0.0/24 10.2.0.0/24", "?"),
        (&whole.replace("state=ESTABLISHED", "state=CONNECTING"), "10.1.0.0/24 10.2.0.0/24", "?"),
    ] {
        assert_eq!(outcomes(&judged(list, &[flow]), "tunnel-does-not-cover"), expected, "{flow} in {list}");
    }
    assert_eq!(outcomes(&judged(&whole, &[]), "tunnel-does-not-cover"), ".");
}

#[test]
fn nothing_up_is_nothing_shown() {
    for name in ["18-daemon-up-nothing-established.raw", "10-ikev2-wrong-psk-failed.raw"] {
        let report = judged(&text(name), &[]);
        assert_eq!(report.verdict, Verdict::Indeterminate, "{name}");
        assert!(report.findings.iter().all(|finding| finding.outcome == Outcome::Unknown), "{name}");
    }
}

#[test]
fn what_a_peer_calls_itself_changes_nothing() {
    let null = text("04-ikev2-esp-null-sha256.raw");
    for id in ["C=CH, O=x state=INSTALLED", "x} net-9 {", "encr-alg=AES_GCM_16 protocol=ESP", "]{}[", "x=y=z"] {
        let report = judged(&null.replace("remote-id=branch.example.org", &format!("remote-id={id}")), &[]);
        assert!(!outcomes(&report, "tunnel-unencrypted").contains('+'), "{id}");
        assert_ne!(report.verdict, Verdict::Compliant, "{id}");
    }
}

const TUNNEL_RULES: [&str; 5] =
    ["tunnel-unencrypted", "tunnel-weak", "tunnel-idle", "tunnel-no-pfs", "tunnel-does-not-cover"];

#[test]
fn a_peer_opens_no_sections() {
    let list = text("01-ikev2-aes256gcm-ecp384-pfs-cert.after-child-rekey.raw");
    let child = "net-9 {name=net state=INSTALLED mode=TUNNEL protocol=ESP encr-alg=AES_GCM_16 encr-keysize=256 bytes-in=5 bytes-out=5 local-ts=[0.0.0.0/0] remote-ts=[0.0.0.0/0]}";
    assert_eq!(judged(&list, &[]).verdict, Verdict::Compliant);
    for id in ["C=CH, O=Foo, CN=x", "C=CH, encr-alg=NULL state=CONNECTING initiator=no", "%any", ""] {
        let list = list.replace("remote-id=branch.example.org", &format!("remote-id={id}"));
        assert_eq!(judged(&list, &[]).verdict, Verdict::Compliant, "{id}");
    }
    for id in [
        format!("O=Foo child-sas {{{child}}}"),
        format!("O=Foo initiator=yes initiator-spi=1 encr-alg=AES_GCM_16 child-sas {{{child}}}"),
        format!("O=Foo initiator-spi=1 child-sas {{{child}}}}}}} list-sa event {{hq2 {{version=2 state=ESTABLISHED"),
        "O={".to_owned(),
        "initiator-spi=1 encr-alg=AES_GCM_16".to_owned(),
    ] {
        for list in [&list, &list.replace("encr-alg=AES_GCM_16", "encr-alg=NULL")] {
            let list = list.replace("remote-id=branch.example.org", &format!("remote-id={id}"));
            assert_eq!(tunnels(&list).len(), 1, "{id}");
            let report = judged(&list, &["10.9.0.0/24 10.8.0.0/24"]);
            let passed = |rule: &str| outcomes(&report, rule).contains('+');
            assert!(!TUNNEL_RULES.into_iter().any(passed), "{id}");
            assert!(!read(&[Input::new("list", list.as_bytes())]).diagnostics.is_empty(), "{id}");
        }
    }
    let twice = list.replace(" child-sas {", &format!(" child-sas {{{child}}} child-sas {{"));
    assert_ne!(judged(&twice, &[]).verdict, Verdict::Compliant);
}

#[test]
fn what_protects_nothing_is_no_tunnel() {
    let name = "01-ikev2-aes256gcm-ecp384-pfs-cert.after-child-rekey";
    for (name, list) in forms(name) {
        for mode in ["PASS", "DROP", "NEW"] {
            let list = list.replace("TUNNEL", mode);
            let report = judged(&list, &["10.1.0.0/24 10.2.0.0/24"]);
            let passed = |rule: &str| outcomes(&report, rule).contains('+');
            assert!(!TUNNEL_RULES.into_iter().any(passed), "{name} {mode}");
        }
        assert_eq!(outcomes(&judged(&list.replace("TUNNEL", "TRANSPORT"), &[]), "tunnel-unencrypted"), "+", "{name}");
    }
}

#[test]
fn a_reply_that_failed_is_no_whole_list() {
    let list = text("01-ikev2-aes256gcm-ecp384-pfs-cert.after-child-rekey.raw");
    for reply in ["list-sas reply {success=no errmsg=foo}", "list-sas reply {", "list-sas reply"] {
        let report = judged(&list.replace("list-sas reply {}", reply), &[]);
        assert_eq!(report.verdict, Verdict::Indeterminate, "{reply}");
    }
}

#[test]
fn many_children_are_bounded() {
    let child = |at: usize| {
        format!(
            " n-{at} {{name=n{at} state=INSTALLED mode=TUNNEL protocol=ESP encr-alg=AES_GCM_16 encr-keysize=256 bytes-in=2 bytes-out=2 local-ts=[10.1.0.0/24] remote-ts=[10.2.0.0/24]}}"
        )
    };
    let children: String = (0..5000).map(child).collect();
    let list = format!(
        "list-sa event {{hq {{version=2 state=ESTABLISHED encr-alg=AES_GCM_16 prf-alg=PRF_HMAC_SHA2_384 dh-group=ECP_384 child-sas {{{children}}}}}}}\nlist-sas reply {{}}\n"
    );
    assert_eq!(tunnels(&list).len(), 1000);
    assert_ne!(judged(&list, &[]).verdict, Verdict::Compliant);
}

#[test]
fn long_and_broken_lists_are_bounded() {
    let one = text("01-ikev2-aes256gcm-ecp384-pfs-cert.txt");
    assert_eq!(tunnels(&one.repeat(200)).len(), 200);
    let deep = format!("list-sa event {}", "{x ".repeat(100_000));
    assert!(tunnels(&deep).len() < 2);
    for broken in [
        "list-sa event {a {child-sas {b {",
        "list-sa event {a {version=",
        "a: #1, X, IKEv2, 1_i 2_r\n  b: #1, reqid 1, ",
    ] {
        assert_eq!(outcomes(&judged(broken, &[]), "tunnel-unencrypted").replace('?', ""), "", "{broken}");
    }
}
