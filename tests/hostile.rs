//! Input that nobody means well with, or that somebody pasted by mistake: no panic, no hang, and a message that names
//! what was found and what was expected.
#![expect(clippy::disallowed_methods, reason = "a hang guard needs a clock, and the certificates are files")]

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use intransit::diagnostic::{Code, Diagnostic, Severity};
use intransit::evidence::Subject;
use intransit::policy::PACKS;
use intransit::report::Outcome;
use intransit::{CheckOptions, Clock, Input, Policy, Reading, Report, Verdict, check, evaluate, read};

const TESTSSL: &str = include_str!("cases/formats/testssl-3.0.8/modern-pretty.json");
const CHAIN: &str = include_str!("cases/pki/chain.pem");
const KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
                   MC4CAQAwBQYDK2VwBCIEIB0sPYwwxv4O8hQ6bS6o8jGzJ4nYcQk1vYcVtq0yEXAM\n\
                   -----END PRIVATE KEY-----\n";
const LONG: usize = 20 * 1024 * 1024;

fn options(policy: &str) -> CheckOptions {
    CheckOptions {
        at: "2026-11-22T10:00:00Z".to_owned(),
        now: "2026-11-22T10:00:00Z".to_owned(),
        policy: Some(policy.to_owned()),
        ..CheckOptions::default()
    }
}

/// Reads and judges, within a time that only a hang exceeds; nothing of it may be compliant.
fn taken(name: &str, bytes: &[u8]) -> (Reading, Vec<Diagnostic>) {
    static POLICIES: LazyLock<Vec<Policy>> =
        LazyLock::new(|| PACKS.iter().map(|pack| pack.policy().unwrap()).collect());
    let start = Instant::now();
    let reading = read(&[Input::new("paste", bytes)]);
    let spent = start.elapsed();
    assert!(spent < Duration::from_secs(30), "{name} took {spent:?}");
    let now = "2026-11-22T10:00:00Z".parse().unwrap();
    for policy in POLICIES.iter() {
        let report = evaluate(&reading.evidence, policy, Clock { at: now, now }, reading.diagnostics.clone());
        assert_ne!(report.verdict, Verdict::Compliant, "{name}, by {}", policy.reference.id);
    }
    // What is long was read once, and takes its time.
    let checked = (bytes.len() < LONG / 2).then(|| check(&[Input::new("paste", bytes)], &options("baseline-1.0")));
    let problems = match checked {
        Some(Err(problems)) => problems,
        _ => reading.diagnostics.clone(),
    };
    (reading, problems)
}

/// Everything that was said, in one string.
fn words(problems: &[Diagnostic]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

#[test]
fn what_is_no_evidence_is_named() {
    let png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR".as_slice();
    let cases: [(&str, &[u8], &[&str]); 9] = [
        ("empty", b"", &["`paste` is empty", "expected PEM or DER certificates, or a scan report"]),
        ("white space", b" \r\n\t\n  ", &["`paste` is empty", "expected PEM or DER certificates"]),
        ("NULs", &[0; 100], &["`paste` is binary", "expected text or a DER certificate"]),
        ("PNG", png, &["`paste` is binary: a picture", "expected PEM or DER certificates"]),
        ("HTML", b"<!DOCTYPE html>\n<html><body>403</body></html>\n", &["found a web page", "expected PEM"]),
        ("prose", b"Hello,\nsee attached.\n", &["found `Hello,`", "expected PEM"]),
        ("JSON of something else", br#"{"name":"left-pad","version":"1.0.0"}"#, &["`name`, `version`", "expected PEM"]),
        ("a JSON number", b"12345", &["found `12345`", "expected PEM"]),
        ("DER of no certificate", b"\x30\x82\x00\x04\x02\x01\x00\xff\xff", &["paste", "certificate"]),
    ];
    for (name, bytes, expected) in cases {
        let (reading, problems) = taken(name, bytes);
        assert!(reading.evidence.scans.is_empty(), "{name}");
        assert!(problems.iter().any(|problem| problem.severity == Severity::Error), "{name}");
        for part in expected {
            assert!(words(&problems).contains(part), "{name}: expected `{part}` in\n{}", words(&problems));
        }
    }
}

#[test]
fn a_certificate_that_cannot_be_read_is_said_to_be() {
    let broken = "-----BEGIN CERTIFICATE-----\nMAMCAQA=\n-----END CERTIFICATE-----\n";
    let (reading, problems) = taken("no certificate", format!("{CHAIN}{broken}").as_bytes());
    assert_eq!(subjects(&reading), (0, 2));
    assert!(problems.iter().any(|problem| problem.code == Code::InvalidCertificate), "{}", words(&problems));
    let unread = include_bytes!("cases/pki/san-broken.der");
    let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(unread));
    let (_, problems) = taken("a broken extension", pem.as_bytes());
    assert!(problems.iter().any(|problem| problem.code == Code::InvalidExtension), "{}", words(&problems));
}

#[test]
fn much_of_one_thing_ends() {
    let begin = "-----BEGIN CERTIFICATE-----\n";
    let mut state = 1u32;
    let mut base64 = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[(state >> 26) as usize]
    };
    let mut random = begin.as_bytes().to_vec();
    for _ in 0..LONG / 65 {
        random.extend((0..64).map(|_| base64()));
        random.push(b'\n');
    }
    random.extend(b"-----END CERTIFICATE-----\n");
    for (name, bytes) in [
        ("[", "[".repeat(LONG).into_bytes()),
        ("{", "{".repeat(LONG).into_bytes()),
        ("\"", "\"".repeat(LONG).into_bytes()),
        ("A", "A".repeat(LONG).into_bytes()),
        ("armour", begin.repeat(LONG / begin.len()).into_bytes()),
        ("random base64", random),
        ("nested lists", format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)).into_bytes()),
        ("nested objects", format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000)).into_bytes()),
        ("a nested report", format!(r#"{{"scanResult":{}"#, "[".repeat(100_000)).into_bytes()),
    ] {
        let (_, problems) = taken(name, &bytes);
        assert!(!problems.is_empty(), "{name}: nothing was said");
        assert!(problems.len() <= 201, "{name}: {} things were said", problems.len());
        assert!(words(&problems).len() < 200_000, "{name}: too much was said");
    }
}

#[test]
fn a_length_is_believed_only_as_far_as_there_are_bytes() {
    for claim in [b"\x30\x84\xff\xff\xff\xff\x30\x03".as_slice(), b"\x30\x88\xff\xff\xff\xff\xff\xff\xff\xff\x30"] {
        let (reading, problems) = taken("4 GB", claim);
        assert!(reading.evidence.scans.is_empty());
        assert!(problems.iter().any(|problem| problem.code == Code::InvalidCertificate), "{}", words(&problems));
    }
}

/// The subjects that were read: services, and chains without one.
fn subjects(reading: &Reading) -> (usize, usize) {
    let all = || reading.evidence.scans.iter().flat_map(|scan| &scan.subjects);
    let endpoints = all().filter(|subject| matches!(subject, Subject::Endpoint(_))).count();
    (endpoints, all().count() - endpoints)
}

#[test]
fn what_is_pasted_together_is_all_judged() {
    let utf16 = |text: &str| -> Vec<u8> {
        [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
    };
    let escaped = CHAIN.replace('\n', "\\n");
    let cases = [
        ("a report and a chain", format!("{TESTSSL}\n{CHAIN}").into_bytes(), (1, 1)),
        ("a chain and a report", format!("{CHAIN}\n{TESTSSL}").into_bytes(), (1, 1)),
        ("two reports", format!("{TESTSSL}\n{TESTSSL}").into_bytes(), (2, 0)),
        ("two reports without a line between", TESTSSL.trim().repeat(2).into_bytes(), (2, 0)),
        ("PEM in an unknown JSON", format!(r#"{{"bundle":"{escaped}"}}"#).into_bytes(), (0, 1)),
        ("UTF-16 with a byte order mark", utf16(CHAIN), (0, 1)),
        ("a report in UTF-16", utf16(TESTSSL), (1, 0)),
    ];
    for (name, bytes, expected) in cases {
        let (reading, problems) = taken(name, &bytes);
        assert_eq!(subjects(&reading), expected, "{name}: {}", words(&problems));
    }
}

#[test]
fn private_keys_are_blanked_and_the_rest_is_judged() {
    let (leaf, others) = CHAIN.split_at(CHAIN.find("-----END CERTIFICATE-----\n").unwrap() + 26);
    let secret = KEY.lines().nth(1).unwrap();
    for (name, text) in [
        ("between certificates", format!("{leaf}{KEY}{others}")),
        ("in JSON", format!(r#"{{"key":"{}","chain":"{}"}}"#, KEY.replace('\n', "\\n"), CHAIN.replace('\n', "\\n"))),
        ("cut off", format!("{CHAIN}{}", &KEY[..KEY.len() - 20])),
        ("quoted in mail", format!("{CHAIN}{}", KEY.lines().map(|line| format!("> {line}\n")).collect::<String>())),
    ] {
        let (reading, _) = taken(name, text.as_bytes());
        assert_eq!(subjects(&reading), (0, 1), "{name}");
        let said = reading.diagnostics.iter().find(|diagnostic| diagnostic.code == Code::PrivateKeyBlanked);
        assert_eq!(said.map(|diagnostic| diagnostic.severity), Some(Severity::Error), "{name}");
        let report: Report = check(&[Input::new("paste", text.as_bytes())], &options("baseline-1.0")).unwrap();
        let everything = format!("{}{}{:?}", serde_json::to_string(&report).unwrap(), reading.texts.concat(), reading);
        assert!(!everything.contains(secret), "{name}: the key is still there");
        assert!(report.findings.iter().any(|finding| finding.outcome == Outcome::Pass), "{name}");
    }
}

#[test]
fn policies_that_could_let_things_pass_are_refused() {
    let with = |members: &str| format!(r#"{{"id":"own","version":"1",{members}}}"#);
    let rule = |setting: &str| with(&format!(r#""rules":[{{"rule":"rsa-key-short","level":"error"}},{setting}]"#));
    for (name, text, expected) in [
        ("empty", String::new(), "expected a JSON value"),
        ("an empty object", "{}".to_owned(), "expected a member `id` here"),
        ("no rules", with(r#""rules":[]"#), "no rule at level `error`"),
        (
            "no rule at error level",
            with(r#""rules":[{"rule":"rsa-key-short","level":"warning"}]"#),
            "no rule at level `error`",
        ),
        ("an unknown key", with(r#""rulez":[]"#), "`rulez` is not a key here; did you mean `rules`?"),
        (
            "an unknown key of a setting",
            rule(r#"{"rule":"ec-key-short","lvl":"error","level":"error"}"#),
            "`lvl` is not a key here; did you mean `level`?",
        ),
        (
            "an unknown parameter",
            rule(r#"{"rule":"ec-key-short","level":"error","params":{"minimumBit":1}}"#),
            "`minimumBit` is not a key here; did you mean `minimumBits`?",
        ),
        (
            "a parameter of another type",
            rule(r#"{"rule":"ec-key-short","level":"error","params":{"minimumBits":"256"}}"#),
            "expected a whole number up to 4294967295, found `\"256\"`",
        ),
        (
            "a parameter for a rule without any",
            rule(r#"{"rule":"name-mismatch","level":"error","params":{"host":"a"}}"#),
            "`host` is not a key here; expected none",
        ),
        (
            "an unknown rule",
            rule(r#"{"rule":"ec-key-shrt","level":"error"}"#),
            "there is no rule `ec-key-shrt`; did you mean `ec-key-short`?",
        ),
        ("a rule set twice", rule(r#"{"rule":"rsa-key-short","level":"warning"}"#), "`rsa-key-short` is set twice"),
        (
            "an unknown level",
            rule(r#"{"rule":"ec-key-short","level":"fatal"}"#),
            "expected one of `error`, `warning`, `off`, found `\"fatal\"`",
        ),
        (
            "an unknown base",
            with(r#""extends":"baseline-9.9","rules":[]"#),
            &format!("`extends` names `baseline-9.9`; expected one of {}", packs()),
        ),
    ] {
        let problems = Policy::from_json("own.json", &text).err().unwrap_or_default();
        let said = words(&problems);
        assert!(said.contains(expected), "{name}: expected `{expected}`, found `{said}`");
        assert!(problems.iter().all(|problem| problem.code == Code::InvalidPolicy), "{name}");
        assert!(said.contains("policy own.json: "), "{name}: {said}");
    }
    let unknown = check(&[Input::new("paste", CHAIN.as_bytes())], &options("baseline-0.9")).unwrap_err();
    assert!(words(&unknown).contains(&format!("expected one of {}, or a policy file", packs())));
}

/// Every shipped pack's id, as messages list them.
fn packs() -> String {
    PACKS.iter().map(|pack| format!("`{}`", pack.id)).collect::<Vec<_>>().join(", ")
}

#[test]
fn commands_to_copy_carry_no_words_of_the_input_that_a_shell_would_run() {
    let report = r#"[{"id":"TLS1","ip":"$(id);x/192.0.2.1","port":"443","severity":"LOW","finding":"offered"}]"#;
    let report = check(&[Input::new("r", report.as_bytes())], &options(PACKS[0].id)).unwrap();
    let commands: Vec<&String> = report.findings.iter().flat_map(|finding| &finding.decide_by).collect();
    assert!(!commands.is_empty());
    for command in commands {
        assert!(!command.contains("$("), "{command}");
    }
}
