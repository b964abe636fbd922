//! `scan` against servers that are made up: what they are configured for is found, and nothing that is on is called off.

#![expect(clippy::disallowed_methods, reason = "the ban on sockets, files and clocks is for the core")]

mod ahead;
#[path = "../fake/mod.rs"]
mod fake;
mod mail;
mod refusals;
mod seen;

use std::process::Command;

use serde_json::Value;

use fake::{Config, Fake, Reply};
use seen::{PROBE, TLS1_0, run, scan};

#[test]
fn finds_what_a_server_is_configured_for() {
    let server = Fake::start(|_, hello| Config::default().reply(hello));
    let seen = scan(&server, 10, &["--server-name", "a.test"]);
    assert_eq!(seen.versions(), ["TLSv1.2", "TLSv1.3"], "{}", seen.journal);
    assert_eq!(seen.off(), ["SSLv2", "SSLv3", TLS1_0, "TLSv1.1"], "{}", seen.journal);
    let suites = seen.suites("TLSv1.2");
    assert_eq!(
        seen.accepted(&suites["suites"]),
        [
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"
        ]
    );
    assert_eq!(suites["preference"]["known"]["value"], "server");
    assert!(suites["suites"]["rest"]["complete"].is_object(), "{}", seen.journal);
    let modern = seen.suites("TLSv1.3");
    assert_eq!(seen.accepted(&modern["suites"]), ["TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"]);
    let mut groups = seen.accepted(&seen.endpoint["groups"]);
    groups.sort();
    assert_eq!(groups, ["secp256r1", "x25519"]);
    assert!(seen.endpoint["groups"]["rest"]["complete"].is_object(), "{}", seen.journal);
    assert_eq!(seen.endpoint["secureRenegotiation"]["known"]["value"], true);
    assert_eq!(seen.endpoint["compression"]["known"]["value"], false);
    assert!(server.connections() <= 62, "{} connections: {}", server.connections(), seen.journal);
}

/// One lane asks in an order of its own, so that it is known how much.
#[test]
fn no_more_is_asked_than_it_takes() {
    let modern = Config { suites: vec![0xC030, 0xC02F], ..Config::default() };
    let one = |versions: &[u16]| Config { versions: versions.to_vec(), ..modern.clone() };
    for (config, words, connections) in [
        (Config::default(), &[][..], 48),
        (Config { follows_client: true, ..Config::default() }, &[], 47),
        (one(&[0x0303]), &[], 35),
        (one(&[0x0304]), &[], 35),
        (Config { versions: vec![0x0301, 0x0302, 0x0303], ..Config::default() }, &[], 43),
        (one(&[0x0303]), &["--policy", "m365-in-transit-1.0"], 14),
    ] {
        let shown = format!("{:x?}, {words:?}", config.versions);
        let server = Fake::start(move |_, hello| config.reply(hello));
        let seen = scan(&server, 10, &[&["--lanes", "1"], words].concat());
        assert_eq!(server.connections(), connections, "{shown}: {}", seen.journal);
    }
}

#[test]
fn who_falls_back_is_turned_away_or_is_not() {
    const FALLBACK: u16 = 0x5600;
    for (alert, versions, expected) in [
        (Some(86), vec![0x0303, 0x0304], "known:true"),
        (None, vec![0x0303, 0x0304], "known:false"),
        (Some(40), vec![0x0303, 0x0304], "failed"),
        (Some(86), vec![0x0301, 0x0303], "known:true"),
        (Some(86), vec![0x0303], "notAttempted"),
    ] {
        let config = Config { versions, ..Config::default() };
        let server = Fake::start(move |_, hello| match alert.filter(|_| hello.suites.contains(&FALLBACK)) {
            Some(code) => Reply::Alert(code),
            None => config.reply(hello),
        });
        let seen = scan(&server, 10, &[]);
        let features = seen.endpoint["features"].as_array().unwrap();
        let offered = |name: &str| {
            let feature = features.iter().find(|feature| feature["name"] == name).unwrap();
            match feature["offered"]["known"]["value"].as_bool() {
                Some(value) => format!("known:{value}"),
                None => feature["offered"]["notObserved"]["reason"].as_str().unwrap().to_owned(),
            }
        };
        assert_eq!(offered("fallbackScsv"), expected, "{}", seen.journal);
        assert_eq!(offered("extendedMasterSecret"), "known:false");
        assert_eq!(offered("encryptThenMac"), "known:false");
    }
}

#[test]
fn finds_old_versions_and_the_client_s_order() {
    let config = Config {
        versions: vec![0x0300, 0x0301, 0x0302, 0x0303],
        suites: vec![0xC014, 0xC013, 0x002F, 0x000A, 0x0005, 0x009C],
        follows_client: true,
        ..Config::default()
    };
    let server = Fake::start(move |_, hello| config.reply(hello));
    let seen = scan(&server, 10, &[]);
    assert_eq!(seen.versions(), ["SSLv3", TLS1_0, "TLSv1.1", "TLSv1.2"], "{}", seen.journal);
    assert_eq!(seen.off(), ["SSLv2", "TLSv1.3"], "{}", seen.journal);
    for version in ["SSLv3", TLS1_0, "TLSv1.1", "TLSv1.2"] {
        let list = seen.suites(version);
        let expected = if version == "TLSv1.2" { 6 } else { 5 };
        assert_eq!(seen.accepted(&list["suites"]).len(), expected, "{version}: {}", seen.journal);
        assert_eq!(list["preference"]["known"]["value"], "client", "{}", seen.journal);
        assert!(list["suites"]["rest"]["complete"].is_object(), "{}", seen.journal);
    }
}

#[test]
fn suites_that_are_deployed_and_not_registered_are_found() {
    // EXPORT1024 with DES, of OpenSSL 0.9.8 and Windows 2003, and GOST 2001.
    for deployed in [0x0062, 0x0081] {
        let config = Config { suites: vec![0xC030, deployed], ..Config::default() };
        let server = Fake::start(move |_, hello| config.reply(hello));
        let seen = scan(&server, 10, &[]);
        let accepted = seen.accepted(&seen.suites("TLSv1.2")["suites"]);
        assert_eq!(
            accepted,
            ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", &format!("{deployed:#06x}")],
            "{}",
            seen.journal
        );
        let target = server.address.to_string();
        let judged = run(&[&target, "--check", "--policy", "baseline-1.0", "--format", "json"]);
        let report: Value = serde_json::from_slice(&judged.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap();
        let broken = findings.iter().filter(|finding| finding["rule"] == "broken-cipher");
        assert!(broken.map(|finding| &finding["outcome"]).all(|outcome| outcome == "unknown"), "{findings:#?}");
    }
}

#[test]
fn what_comes_behind_a_hello_is_bounded() {
    let hello = Config::default().flight(0x0303, 0xC030, 29, true)[..60].to_vec();
    let hello = [&hello[..3], &[0, 49], &hello[5..54]].concat();
    let certificates = fake::handshake(11, &vec![0; 10 << 20]).chunks(1 << 14).flat_map(fake::record).collect();
    let small = fake::handshake(11, &vec![0; 200 << 10]).chunks(1).flat_map(fake::record).collect();
    for (name, tail) in [
        ("ten megabytes of certificates", certificates),
        ("records of one byte", small),
        ("a message of 2^24 bytes", fake::record(&[11, 0xFF, 0xFF, 0xFF])),
        ("nothing", Vec::new()),
    ] {
        let bytes = [hello.clone(), tail].concat();
        let server = Fake::start(move |_, hello| match hello {
            _ if hello.is_ssl2 || hello.version != 0x0303 || !hello.suites.contains(&0xC030) => Reply::Alert(70),
            _ => Reply::Stall(bytes.clone()),
        });
        let seen = scan(&server, 4, &[]);
        assert_eq!(seen.versions(), ["TLSv1.2"], "{name}: {}", seen.journal);
        assert_eq!(seen.endpoint["chains"].as_array().unwrap().len(), 0, "{name}");
        assert!(!seen.endpoint["chainsRest"]["complete"].is_object(), "{name}");
    }
}

/// Says these lines, each after a line of the client but the first; true once all are said.

#[test]
fn clients_without_a_name_may_be_shown_another_chain() {
    let named = Config { versions: vec![0x0303], ..Config::default() };
    let unnamed = Config { certificate: fake::certificate_of("rsa-1024.pem"), ..named.clone() };
    let server = Fake::start(move |_, hello| match hello.server_name.as_deref() {
        Some("a.test") => named.reply(hello),
        None => unnamed.reply(hello),
        Some(other) => panic!("asked for {other}"),
    });
    let target = server.address.to_string();
    for (words, names) in [
        (&["--server-name", "a.test"][..], &[r#"{"sent":"a.test"}"#, r#""omitted""#][..]),
        (&["--server-name", ""], &[r#""omitted""#]),
        (&[], &[r#""omitted""#]),
    ] {
        let output = run(&[&[&target, "--format", "evidence"][..], words].concat());
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        let scans = document["scans"].as_array().unwrap();
        let endpoints: Vec<&Value> = scans.iter().map(|scan| &scan["subjects"][0]["endpoint"]).collect();
        let found: Vec<String> = endpoints.iter().map(|endpoint| endpoint["key"]["serverName"].to_string()).collect();
        assert_eq!(found, names);
        let chains = |endpoint: &Value| endpoint["chains"].as_array().unwrap().len();
        assert!(endpoints.iter().all(|endpoint| chains(endpoint) == 1), "{endpoints:?}");
        assert!(endpoints.iter().all(|endpoint| endpoint["chainsRest"]["complete"].is_object()), "{endpoints:?}");
        let mut shown: Vec<String> = endpoints.iter().map(|endpoint| endpoint["chains"].to_string()).collect();
        shown.dedup();
        assert_eq!(shown.len(), names.len());
    }
}

#[test]
fn where_the_name_is_turned_down_clients_without_one_are_looked_after() {
    let server = Fake::start(|_, hello| match hello.server_name {
        Some(_) => Reply::Alert(112),
        None => Config::default().reply(hello),
    });
    let target = server.address.to_string();
    for more in [&[][..], &["--policy", "baseline-1.0"]] {
        let output = run(&[&[&target, "--server-name", "a.test", "--format", "evidence"][..], more].concat());
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        let versions: Vec<usize> = document["scans"]
            .as_array()
            .unwrap()
            .iter()
            .map(|scan| scan["subjects"][0]["endpoint"]["versions"]["accepted"].as_array().unwrap().len())
            .collect();
        assert_eq!(versions, [0, 2], "{more:?}");
    }
}

#[test]
fn http_is_a_service_without_tls() {
    let server = Fake::start(|_, _| Reply::Bytes(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()));
    let seen = scan(&server, 5, &[]);
    assert_eq!(seen.endpoint["tls"]["known"]["value"], "notAvailable", "{}", seen.journal);
    assert_eq!(seen.off(), Vec::<String>::new());
    // TLS may be a command away.
    let server = Fake::start(|_, _| Reply::Bytes(b"220 mx.test ESMTP\r\n".to_vec()));
    let seen = scan(&server, 5, &[]);
    assert!(seen.endpoint["tls"]["notObserved"].to_string().contains("--starttls"), "{}", seen.journal);
}

#[test]
fn answers_that_end_anywhere_are_taken_for_what_they_are() {
    let long = Config::default().flight(0x0303, 0xC030, 29, true);
    // A certificate of two bytes, so that the answer can end behind every single one.
    let short = Config { certificate: vec![0x30, 0], ..Config::default() }.flight(0x0303, 0xC030, 29, true);
    let ends: Vec<&[u8]> =
        (0..long.len()).step_by(61).map(|end| &long[..end]).chain((0..short.len()).map(|end| &short[..end])).collect();
    std::thread::scope(|scope| {
        for parts in ends.chunks(ends.len().div_ceil(4)) {
            scope.spawn(move || parts.iter().for_each(|part| ends_there(part)));
        }
    });
}

fn ends_there(part: &[u8]) {
    let (part, end) = (part.to_vec(), part.len());
    let server = Fake::start(move |_, hello| {
        let answered = !hello.is_ssl2 && hello.versions.is_empty() && hello.version == 0x0303;
        let has_suite = hello.suites.contains(&0xC030) && hello.groups.contains(&29);
        if answered && has_suite { Reply::Bytes(part.clone()) } else { Reply::Alert(40) }
    });
    let seen = scan(&server, 5, &[]);
    assert!(!seen.off().contains(&"TLSv1.2".to_owned()), "{end}: {}", seen.journal);
    for chain in seen.endpoint["chains"].as_array().unwrap() {
        assert_eq!(chain["certificates"].as_array().unwrap().len(), 1, "{end}");
    }
}

#[test]
fn a_key_share_may_be_wanted() {
    let modern = Config { versions: vec![0x0303, 0x0304], ..Config::default() };
    let older = Config { versions: vec![0x0303], ..Config::default() };
    let server = Fake::start(move |_, hello| match hello.versions.contains(&0x0304) && hello.shares.is_empty() {
        true => older.reply(hello),
        false => modern.reply(hello),
    });
    let seen = scan(&server, 10, &[]);
    assert_eq!(seen.versions(), ["TLSv1.2", "TLSv1.3"], "{}", seen.journal);
    assert!(!seen.suites("TLSv1.3")["suites"]["rest"]["complete"].is_object(), "{}", seen.journal);
}

#[test]
fn several_targets_are_one_document() {
    let servers = [Config::default(), Config { versions: vec![0x0301], ..Config::default() }]
        .map(|config| Fake::start(move |_, hello| config.reply(hello)));
    let [first, second] = servers.each_ref().map(|server| server.address.to_string());
    let file = concat!(env!("CARGO_TARGET_TMPDIR"), "/several.json");
    let judged = run(&[&first, &second, "--check", "--policy", "baseline-1.0", "--format", "json", "--save", file]);
    assert_eq!(judged.status.code(), Some(1), "{judged:?}");
    let report: Value = serde_json::from_slice(&judged.stdout).unwrap();
    assert_eq!(report["sources"][0]["name"], file);
    let words: Vec<String> =
        ["check", "--policy", "baseline-1.0", "--format", "json", file].map(str::to_owned).to_vec();
    let at = report["at"].as_str().unwrap();
    let again = Command::new(PROBE).args(words).args(["--at", at, "--now", at]).output().unwrap();
    assert_eq!(judged.stdout, again.stdout);
    assert!(judged.stdout.windows(first.len()).any(|part| part == first.as_bytes()));
    let refused = run(&[&first, "--format", "csv"]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
}

#[test]
fn ssl2_is_seen() {
    let config = Config { versions: vec![0x0301], ..Config::default() };
    let ssl2 = [0x80, 26, 4, 0, 1, 0, 2, 0, 3, 0, 6, 0, 4, 9, 9, 9, 7, 0, 0xC0, 2, 0, 0x80, 1, 2, 3, 4, 5, 6];
    let ssl2 = ssl2[..28].to_vec();
    let answer = ssl2.clone();
    let server =
        Fake::start(move |_, hello| if hello.is_ssl2 { Reply::Bytes(answer.clone()) } else { config.reply(hello) });
    let seen = scan(&server, 10, &[]);
    assert_eq!(seen.versions(), ["SSLv2", TLS1_0], "{}", seen.journal);
    let classes = seen.endpoint["suiteClasses"].to_string();
    assert!(classes.contains("export") && classes.contains("tripleDesOrIdea"), "{classes}");

    let alone = Fake::start(move |_, hello| if hello.is_ssl2 { Reply::Bytes(ssl2.clone()) } else { Reply::Close });
    let seen = scan(&alone, 10, &[]);
    assert_eq!(seen.versions(), ["SSLv2"], "{}", seen.journal);
    assert_eq!(seen.off(), Vec::<String>::new());
}
