//! Headers of real messages, of which it is known how each hop travelled, and headers that were made up.
#![expect(clippy::disallowed_methods, reason = "the messages are files")]

mod claims;
mod domains;
mod doubts;
mod flow;
#[expect(dead_code, reason = "others make elements of DER")]
#[path = "../common/party.rs"]
mod party;
mod world;

use intransit::evidence::{Attribute, Exhibit, Subject};
use intransit::{CheckOptions, Input, Outcome, Reading, Report, check, read};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/formats/mail-headers");

fn message(name: &str) -> String {
    let path = format!("{FOLDER}/{name}.eml");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn reading(text: &str) -> Reading {
    read(&[Input::new("message", text.as_bytes())])
}

fn hops(reading: &Reading) -> Vec<Exhibit> {
    let subjects = reading.evidence.scans.iter().flat_map(|scan| &scan.subjects);
    let exhibit = |subject: &Subject| match subject {
        Subject::Exhibit(exhibit) => exhibit.as_ref().clone(),
        other => panic!("{other:?}"),
    };
    subjects.map(exhibit).collect()
}

/// What the lines of a message say, topmost first: `tls 1.3 SUITE`, `tls`, `none`, `local` or `?`.
fn said(text: &str) -> Vec<String> {
    let of = |hop: &Exhibit| {
        let parts = [Attribute::Encryption, Attribute::Version, Attribute::Cipher].map(|one| hop.text(one));
        let [Some(encryption), version, suite] = parts else { return "?".to_owned() };
        [Some(encryption), version, suite].into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    hops(&reading(text)).iter().map(of).collect()
}

/// The report on a message by the shipped pack with these own hosts.
fn judged(text: &str, own: &[&str]) -> Report {
    let policy = serde_json::json!({ "id": "own", "version": "1", "extends": "mail-in-transit-1.0", "ownHosts": own });
    let time = "2026-11-22T10:00:00Z".to_owned();
    let options = CheckOptions { at: time.clone(), now: time, policy: Some(policy.to_string()), ..Default::default() };
    check(&[Input::new("message", text.as_bytes())], &options).unwrap()
}

/// The outcomes of a rule, topmost hop first: `+` for a pass, `-` for a fail, `?`, `.` where it has nothing to ask.
fn outcomes(report: &Report, rule: &str) -> String {
    let mut found: Vec<(u32, char)> = Vec::new();
    for finding in report.findings.iter().filter(|finding| finding.rule == rule) {
        let position = finding.subject.label.split([' ', ':']).nth(1).unwrap().parse().unwrap();
        let sign = match finding.outcome {
            Outcome::Pass => '+',
            Outcome::Fail => '-',
            Outcome::Unknown => '?',
            Outcome::NotApplicable => '.',
        };
        found.push((position, sign));
    }
    found.sort_unstable();
    found.into_iter().map(|(_, sign)| sign).collect()
}

const TLS13: &str = "tls TLS 1.3 TLS_AES_256_GCM_SHA384";
/// Exim with GnuTLS calls the suite of TLS 1.3 so.
const EXIM: &str = "tls TLS 1.3 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384";

/// Each message and how its hops truly travelled, topmost first, as far as its lines can tell.
const TRUTH: &[(&str, &[&str])] = &[
    ("chain2-submission-tls-exim-then-plain-pf", &["none", EXIM]),
    ("chain4-plain-osmtpd-tls-pf-lmtp", &[TLS13, TLS13, "none"]),
    ("pf-exim-pf-all-tls", &[TLS13, EXIM, "local"]),
    ("pf-exim-plaintext", &["none", "local"]),
    ("pf-exim-tls13", &[EXIM, "local"]),
    ("pf-osmtpd-plaintext", &["none", "local"]),
    ("pf-pf-lmtp-plain-tcp-dovecot", &["none", TLS13, "local"]),
    ("pf-pf-lmtp-tls-dovecot", &[TLS13, TLS13, "local"]),
    ("pf-pf-lmtp-unix-socket-dovecot", &["?", TLS13, "local"]),
    ("pf-pf-plaintext-client-refuses", &["none", "local"]),
    ("pf-pf-plaintext-server-no-tls", &["none", "local"]),
    ("pf-pf-tls10-ecdhe-aes256-sha", &["tls TLS 1.0 ECDHE-RSA-AES256-SHA", "local"]),
    ("pf-pf-tls12-client-cert-verified", &["tls TLS 1.2 ECDHE-RSA-AES256-GCM-SHA384", "local"]),
    ("pf-pf-tls12-dhe-rsa-aes256-gcm", &["tls TLS 1.2 DHE-RSA-AES256-GCM-SHA384", "local"]),
    ("pf-pf-tls12-ecdhe-rsa-aes256-gcm", &["tls TLS 1.2 ECDHE-RSA-AES256-GCM-SHA384", "local"]),
    ("pf-pf-tls12-ecdhe-rsa-chacha20", &["tls TLS 1.2 ECDHE-RSA-CHACHA20-POLY1305", "local"]),
    ("pf-pf-tls12-static-rsa-aes128-sha", &["tls TLS 1.2 AES128-SHA", "local"]),
    ("pf-pf-tls13", &[TLS13, "local"]),
    ("pf-pf-tls13-client-cert-asked-none-sent", &[TLS13, "local"]),
    ("pf-pf-tls13-client-cert-verified", &[TLS13, "local"]),
    ("pf-pf-tls13-ecdsa-server", &[TLS13, "local"]),
    ("pf-pf-tls13-received-header-off", &["tls", "local"]),
    ("pf-sendmail-client-cert", &[TLS13, "local"]),
    ("pf-sendmail-plaintext", &["none", "local"]),
    ("pf-sendmail-tls13", &[TLS13, "local"]),
    ("plain-osmtpd-then-tls-pf", &[TLS13, "none"]),
    ("smtp-exim-no-auth-esmtps", &[EXIM]),
    ("smtp-sendmail-no-auth-plain", &["none"]),
    ("submission-465-implicit-tls-esmtpsa", &[TLS13, TLS13]),
    ("submission-587-esmtpsa-then-tls13", &[TLS13, TLS13]),
    ("submission-exim-esmtpsa", &[EXIM]),
    ("submission-plaintext-esmtpa-then-tls13", &[TLS13, "none"]),
];

#[test]
fn every_message_is_known() {
    let mut known: Vec<String> = TRUTH.iter().map(|(name, _)| format!("{name}.eml")).collect();
    known.push("README.md".to_owned());
    for entry in std::fs::read_dir(FOLDER).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(known.contains(&name), "{name}");
    }
}

#[test]
fn hops_are_read_as_they_travelled() {
    for (name, expected) in TRUTH {
        assert_eq!(said(&message(name)), *expected, "{name}");
        let reading = reading(&message(name));
        assert!(reading.evidence.scans[0].completion.gap().is_none(), "{name}");
        assert!(reading.evidence.scans[0].started.fact().is_some(), "{name}");
        assert!(!reading.texts[0].contains("Test message"), "{name} keeps its body");
    }
}

#[test]
fn pasted_headers_say_the_same() {
    for (name, expected) in TRUTH {
        let text = message(name);
        let headers = text.split("\n\n").next().unwrap();
        let quoted: String = text.lines().map(|line| format!("> {line}\n")).collect();
        let unfolded: String = headers.lines().map(|line| format!("{}\n", line.trim())).collect();
        let indented: String = headers.lines().map(|line| format!("      {line}\n")).collect();
        let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let utf16 = read(&[Input::new("message", &utf16)]).texts[0].clone();
        let windows = text.replace('\n', "\r\n");
        for (how, changed) in [
            ("headers alone", headers),
            ("quoted", &quoted),
            ("wrapped anew", &unfolded),
            ("indented", &indented),
            ("utf-16", &utf16),
            ("windows", &windows),
            ("below prose", &format!("Hello,\n\nplease look at this:\n\n{headers}\n")),
        ] {
            assert_eq!(said(changed), *expected, "{name}, {how}");
            assert!(reading(changed).evidence.scans[0].completion.gap().is_none(), "{name}, {how}");
        }
    }
}

/// Every host that writes lines in these messages, by name and by address.
const ALL: &[&str] =
    &["*.example.net", "*.example.org", "*.example.com", "*.example.info", "*.example.edu", "192.0.2.0/24"];

#[test]
fn what_all_hosts_recorded_is_judged_as_it_was() {
    for (name, truth) in TRUTH {
        let report = judged(&message(name), ALL);
        let expected = |of: &dyn Fn(&str) -> char| truth.iter().map(|hop| of(hop)).collect::<String>();
        let clear = expected(&|hop| match hop.split(' ').next() {
            Some("tls") => '+',
            Some("none") => '-',
            Some("local") => '.',
            _ => '?',
        });
        // Below a line without an address nothing is known to come from an own host.
        let trusted = truth.iter().position(|hop| *hop == "?").map_or(truth.len(), |at| at + 1);
        let clear: String =
            clear.chars().enumerate().map(|(at, c)| if at >= trusted && c == '+' { '?' } else { c }).collect();
        assert_eq!(outcomes(&report, "clear-text-hop"), clear, "{name}");
        let old = outcomes(&report, "hop-below-tls12");
        for ((hop, sign), at) in truth.iter().zip(old.chars()).zip(0..) {
            let expected = match *hop {
                "?" | "tls" => '?',
                "none" | "local" => '.',
                hop if hop.contains("TLS 1.0") => '-',
                _ if at >= trusted => '?',
                _ => '+',
            };
            assert_eq!(sign, expected, "{name} {hop}");
        }
        let secret = outcomes(&report, "hop-without-forward-secrecy");
        let without = truth.iter().position(|hop| hop.ends_with(" AES128-SHA"));
        assert_eq!(secret.find('-'), without, "{name}");
    }
}

#[test]
fn without_own_hosts_nothing_passes() {
    for (name, truth) in TRUTH {
        let report = judged(&message(name), &[]);
        let of_hops = |outcome| {
            report.findings.iter().filter(move |found| found.rule.contains("hop") && found.outcome == outcome)
        };
        assert_eq!(of_hops(Outcome::Pass).count(), 0, "{name}");
        assert_eq!(of_hops(Outcome::Fail).count() > 0, report.verdict == intransit::Verdict::NonCompliant, "{name}");
        let fails = outcomes(&report, "clear-text-hop").matches('-').count();
        assert_eq!(fails, truth.iter().filter(|hop| **hop == "none").count(), "{name}");
    }
}

#[test]
fn own_hosts_are_stated_beside_a_policy_as_they_are_in_one() {
    let text = message("chain2-submission-tls-exim-then-plain-pf");
    let stated = |hosts: &[&str]| {
        let time = "2026-11-22T10:00:00Z".to_owned();
        let own_hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        let policy = Some("mail-in-transit-1.0".to_owned());
        let options = CheckOptions { at: time.clone(), now: time, policy, own_hosts, ..Default::default() };
        check(&[Input::new("message", text.as_bytes())], &options)
    };
    let hosts = ["mx.example.net", "*.example.com"];
    let (beside, within) = (stated(&hosts).unwrap(), judged(&text, &hosts));
    assert_eq!(beside.findings, within.findings);
    assert!(
        beside.reproduce.contains(" --own-host mx.example.net --own-host '*.example.com' "),
        "{}",
        beside.reproduce
    );
    assert!(beside.notes.iter().any(|note| note.starts_with("stated by") && note.contains("`*.example.com`")));
    assert!(!within.reproduce.contains("--own-host"));
    assert_ne!(beside.result_sha256, stated(&[]).unwrap().result_sha256);
    let problems = stated(&["*.com", "mx.example.net"]).unwrap_err();
    assert!(problems[0].message.contains("`*.com`"), "{problems:?}");
}

#[test]
fn the_way_of_a_message_says_whose_word_each_hop_is() {
    use intransit::report::{HopLock as L, HopStanding as S};
    let text = message("chain2-submission-tls-exim-then-plain-pf");
    let way = |own: &[&str]| {
        let report = judged(&text, own);
        report.hops.iter().map(|hop| (hop.lock, hop.standing)).collect::<Vec<_>>()
    };
    let (open, closed) = (|standing| (L::Open, standing), |standing| (L::Closed, standing));
    for (own, expected) in [
        (&[] as &[&str], [open(S::Unknown), closed(S::Unknown)]),
        (&["relay.example.com"], [open(S::Claimed), closed(S::Claimed)]),
        (&["mx.example.net"], [open(S::Recorded), closed(S::Claimed)]),
        (&["mx.example.net", "*.example.com"], [open(S::Recorded), closed(S::Recorded)]),
    ] {
        assert_eq!(way(own), expected, "{own:?}");
    }
    let report = judged(&text, &["mx.example.net"]);
    let times: Vec<&str> = report.hops.iter().filter_map(|hop| hop.received.as_deref()).collect();
    assert_eq!(times, ["2026-11-22T00:27:01Z"; 2]);
    let words = intransit::render::text(&report, &Default::default());
    let at = |words: &str, part: &str| words.find(part).unwrap_or_else(|| panic!("{part}: {words}"));
    assert!(at(&words, "claimed by others: proves nothing") < at(&words, "  hop 2: [192.0.2.100] → relay.example.com"));
    assert!(at(&words, "    ? The hop used TLS.") < at(&words, "from here on: recorded by your own hosts"));
    assert!(at(&words, "recorded by your own hosts") < at(&words, "    ✖ The hop was in the clear"));
}

#[test]
fn the_report_says_how_far_it_reaches() {
    let report = judged(&message("pf-pf-tls13"), &["mx.example.net"]);
    for words in ["not the message", "S/MIME", "Purview", "`mx.example.net`"] {
        assert!(report.notes.iter().any(|note| note.contains(words)), "{words}: {:?}", report.notes);
    }
}
