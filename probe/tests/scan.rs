//! `scan` against servers that are made up: what they are configured for is found, and nothing that is on is called off.

#![expect(clippy::disallowed_methods, reason = "the ban on sockets, files and clocks is for the core")]

mod fake;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fake::{Config, Fake, Reply};
use serde_json::Value;

const PROBE: &str = env!("CARGO_BIN_EXE_intransit-probe");
const TLS1_0: &str = "TLSv1.0";

/// What a scan says of the first endpoint.
struct Seen {
    endpoint: Value,
    scan: Value,
    journal: String,
}

fn run(words: &[&str]) -> Output {
    Command::new(PROBE).arg("scan").args(words).output().unwrap()
}

/// Scans within `seconds`, and not much longer.
fn scan(server: &Fake, seconds: u64, words: &[&str]) -> Seen {
    let started = Instant::now();
    let (target, deadline) = (server.address.to_string(), seconds.to_string());
    let mut all = vec![target.as_str(), "--format", "evidence", "--explain", "--deadline", &deadline];
    all.extend(words);
    let output = run(&all);
    let journal = String::from_utf8(output.stderr).unwrap();
    assert!(started.elapsed() < Duration::from_secs(seconds + 5), "{:?}: {journal}", started.elapsed());
    assert_eq!(output.status.code(), Some(0), "{journal}");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let read = intransit::read(&[intransit::Input::new("scan.json", &output.stdout)]);
    assert!(read.diagnostics.iter().all(|note| note.severity != intransit::diagnostic::Severity::Error), "{journal}");
    assert_eq!(read.evidence.scans.len(), document["scans"].as_array().unwrap().len());
    let scan = document["scans"][0].clone();
    Seen { endpoint: scan["subjects"][0]["endpoint"].clone(), scan, journal }
}

impl Seen {
    fn accepted(&self, list: &Value) -> Vec<String> {
        let facts = list["accepted"].as_array().unwrap_or_else(|| panic!("{}", self.journal));
        facts.iter().map(|fact| fact["value"].as_str().unwrap().to_owned()).collect()
    }

    fn versions(&self) -> Vec<String> {
        self.accepted(&self.endpoint["versions"])
    }

    /// Versions that the scan says are off.
    fn off(&self) -> Vec<String> {
        let refused = self.endpoint["versions"]["refused"].as_array().cloned().unwrap_or_default();
        let known = refused.iter().filter(|one| one["control"]["known"]["value"] == true);
        known.map(|one| one["offered"].as_str().unwrap().to_owned()).collect()
    }

    fn suites(&self, version: &str) -> Value {
        let lists = self.endpoint["suites"].as_array().unwrap();
        lists.iter().find(|list| list["version"] == version).cloned().unwrap_or_default()
    }

    /// Asserts that nothing is called off, and that no list is called complete.
    #[track_caller]
    fn assert_knows_nothing_off(&self) {
        assert_eq!(self.off(), Vec::<String>::new(), "{}", self.journal);
        assert!(self.scan["completion"]["unfinished"].is_object(), "{}", self.journal);
        assert!(!self.endpoint.to_string().contains("complete"), "{}", self.journal);
    }
}

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
    assert!(server.connections() < 90, "{} connections", server.connections());
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
fn who_answers_nobody_refuses_nothing() {
    let endless = fake::record(&fake::handshake(0, &[]));
    let huge = fake::record(&[2, 0xFF, 0xFF, 0xFF]);
    let drip = Config::default().flight(0x0303, 0xC030, 29, true);
    let hostile = [
        ("alert 40", Reply::Alert(40)),
        ("alert 70", Reply::Alert(70)),
        ("alert 80", Reply::Alert(80)),
        ("closes", Reply::Close),
        ("resets", Reply::Reset),
        ("stalls", Reply::Stall(Vec::new())),
        ("drips", Reply::Drip(drip)),
        ("garbage", Reply::Bytes((0..4096u32).map(|at| ((at * 7919) >> 3) as u8).collect())),
        ("endless records", Reply::Endless(endless)),
        ("endless empty records", Reply::Endless(vec![22, 3, 3, 0, 0])),
        ("a message of 2^24 bytes", Reply::Stall(huge)),
        ("endless nothing", Reply::Endless(vec![0; 4096])),
    ];
    std::thread::scope(|scope| {
        for (name, reply) in hostile {
            scope.spawn(move || {
                let server = Fake::start(move |_, _| reply.clone());
                let seen = scan(&server, 3, &[]);
                assert_eq!(seen.versions(), Vec::<String>::new(), "{name}: {}", seen.journal);
                seen.assert_knows_nothing_off();
            });
        }
    });
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
fn says(stream: &mut TcpStream, lines: &[&str]) -> bool {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
    for (number, line) in lines.iter().enumerate() {
        let mut byte = [0];
        while number > 0 && byte[0] != b'\n' {
            if !matches!(stream.read(&mut byte), Ok(1)) {
                return false;
            }
        }
        if stream.write_all(line.as_bytes()).is_err() {
            return false;
        }
    }
    true
}

const SMTP: [&str; 3] = ["220-mx\r\n220 test\r\n", "250-mx\r\n250-SIZE 1\r\n250 STARTTLS\r\n", "220 go\r\n"];

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
fn smtp_is_started_by_its_command() {
    let server = Fake::with_prelude(|_, stream| says(stream, &SMTP), |_, hello| Config::default().reply(hello));
    let seen = scan(&server, 20, &["--starttls", "smtp"]);
    assert_eq!(seen.versions(), ["TLSv1.2", "TLSv1.3"], "{}", seen.journal);
    assert_eq!(seen.endpoint["key"]["transport"]["startTls"], "smtp");
    assert_eq!(seen.endpoint["flow"]["known"]["value"], "serviceToOther");
}

#[test]
fn a_busy_mail_server_has_not_said_that_it_has_no_tls() {
    for (name, last) in [
        ("421 greeting", vec!["421 too many\r\n"]),
        ("554 greeting", vec!["554 no\r\n"]),
        ("421 to EHLO", vec![SMTP[0], "421 slow down\r\n"]),
        ("454", vec![SMTP[0], SMTP[1], "454 later\r\n"]),
        ("more behind consent", vec![SMTP[0], SMTP[1], "220 go\r\n250 injected\r\n"]),
        ("endless lines", vec![SMTP[0], "250-a\r\n"]),
        ("no line", vec!["220"]),
    ] {
        for first in [0, 7] {
            let last = last.clone();
            let prelude = move |number, stream: &mut TcpStream| {
                if number < first {
                    return says(stream, &SMTP);
                }
                says(stream, &last) && last.len() == SMTP.len()
            };
            let config = Config { versions: vec![0x0301, 0x0303], ..Config::default() };
            let server = Fake::with_prelude(prelude, move |_, hello| config.reply(hello));
            let seen = scan(&server, 3, &["--starttls", "smtp"]);
            assert_ne!(seen.endpoint["tls"]["known"]["value"], "startTlsNotAdvertised", "{name}: {}", seen.journal);
            for version in [TLS1_0, "TLSv1.2"] {
                assert!(!seen.off().contains(&version.to_owned()), "{name} after {first}: {}", seen.journal);
            }
            let list = seen.suites("TLSv1.2");
            if list["suites"]["rest"]["complete"].is_object() {
                assert_eq!(seen.accepted(&list["suites"]).len(), 3, "{name} after {first}: {}", seen.journal);
            }
        }
    }
}

#[test]
fn an_error_inside_the_server_is_a_refusal_where_it_follows_every_suite() {
    let config = Config::default();
    let broken = config.clone();
    // OpenSSL 3 at security level 1: TLS 1.0 fails once a suite is chosen.
    let server = Fake::start(move |_, hello| {
        let is_old = matches!(hello.version, 0x0301 | 0x0302) && hello.versions.is_empty() && !hello.is_ssl2;
        match is_old {
            true if hello.suites.iter().any(|suite| [0xC014, 0x002F, 0x0035].contains(suite)) => Reply::Alert(80),
            true => Reply::Alert(40),
            false => broken.reply(hello),
        }
    });
    let seen = scan(&server, 10, &[]);
    assert_eq!(seen.off(), ["SSLv2", "SSLv3", TLS1_0, "TLSv1.1"], "{}", seen.journal);

    let old = Config { versions: vec![0x0301, 0x0303], suites: vec![0xC014, 0x0035], ..config };
    let server = Fake::start(move |_, hello| {
        let is_old = hello.version < 0x0303 && hello.versions.is_empty();
        if is_old && hello.suites.contains(&0xC014) { Reply::Alert(80) } else { old.reply(hello) }
    });
    let seen = scan(&server, 10, &[]);
    assert_eq!(seen.versions(), [TLS1_0, "TLSv1.2"], "{}", seen.journal);
    let list = seen.suites(TLS1_0);
    assert_eq!(seen.accepted(&list["suites"]), ["TLS_RSA_WITH_AES_256_CBC_SHA"], "{}", seen.journal);
    assert!(list["suites"]["rest"]["complete"].is_object(), "{}", seen.journal);
}

#[test]
fn a_mail_server_without_starttls_says_so() {
    let server =
        Fake::with_prelude(|_, stream| says(stream, &[SMTP[0], "250-mx\r\n250 SIZE 1\r\n"]), |_, _| Reply::Close);
    let seen = scan(&server, 5, &["--starttls", "smtp"]);
    assert_eq!(seen.endpoint["tls"]["known"]["value"], "startTlsNotAdvertised", "{}", seen.journal);
    assert_eq!(seen.off(), Vec::<String>::new());
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
fn a_refusal_by_groups_is_no_refusal_of_a_version() {
    // Groups that nobody registered: no client can offer them.
    let only = Config { groups: vec![0x4242], suites: vec![0xC030], ..Config::default() };
    let server = Fake::start(move |_, hello| only.reply(hello));
    let seen = scan(&server, 5, &[]);
    seen.assert_knows_nothing_off();

    let legacy = Config { versions: vec![0x0303], suites: vec![0x009C], ..Config::default() };
    let modern = Config { versions: vec![0x0304], groups: vec![0x4242], ..Config::default() };
    let server = Fake::start(
        move |_, hello| {
            if hello.versions.contains(&0x0304) { modern.reply(hello) } else { legacy.reply(hello) }
        },
    );
    let seen = scan(&server, 5, &[]);
    assert_eq!(seen.versions(), ["TLSv1.2"]);
    assert!(!seen.off().contains(&"TLSv1.3".to_owned()), "{}", seen.journal);
    assert!(!seen.off().is_empty(), "{}", seen.journal);
}

#[test]
fn a_server_that_stops_answering_has_refused_nothing() {
    let replies = [("closes", Reply::Close), ("alert 40", Reply::Alert(40)), ("alert 80", Reply::Alert(80))];
    // The time is for waiting, not for computing.
    std::thread::scope(|scope| {
        for (name, reply) in &replies {
            for lane in 0..2 {
                scope.spawn(move || (lane * 3..70).step_by(6).for_each(|last| stops_answering(name, reply, last)));
            }
        }
    });
}

fn stops_answering(name: &str, reply: &Reply, last: usize) {
    let config = Config { versions: vec![0x0301, 0x0302, 0x0303, 0x0304], ..Config::default() };
    let reply = reply.clone();
    let server = Fake::start(move |number, hello| if number < last { config.reply(hello) } else { reply.clone() });
    let seen = scan(&server, 5, &[]);
    for version in ["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"] {
        assert!(!seen.off().contains(&version.to_owned()), "{name} after {last}: {}", seen.journal);
        let list = seen.suites(version);
        let expected = match version {
            "TLSv1.2" => 3,
            "TLSv1.3" => 2,
            _ => 1,
        };
        if list["suites"]["rest"]["complete"].is_object() {
            let found = seen.accepted(&list["suites"]).len();
            assert_eq!(found, expected, "{name} after {last}, {version}: {}", seen.journal);
        }
    }
    if seen.endpoint["groups"]["rest"]["complete"].is_object() {
        assert_eq!(seen.accepted(&seen.endpoint["groups"]).len(), 2, "{name} after {last}: {}", seen.journal);
    }
}

#[test]
fn a_server_with_moods_has_refused_nothing() {
    let config = Config { versions: vec![0x0301, 0x0302, 0x0303, 0x0304], ..Config::default() };
    for seed in 0..24 {
        let config = config.clone();
        let server = Fake::start(move |number, hello| {
            let mood = (number + 1).wrapping_mul(0x9E37_79B9).wrapping_add(seed * 0x85EB_CA6B) >> 7;
            match mood % 16 {
                0 => Reply::Alert(80),
                1 => Reply::Alert(10),
                2 => Reply::Bytes(vec![22, 3, 3, 0, 9, 2, 0]),
                3 => Reply::Bytes(vec![21, 3, 3, 0, 2, 1, 90]),
                _ => config.reply(hello),
            }
        });
        let seen = scan(&server, 10, &[]);
        for (version, expected) in [(TLS1_0, 1), ("TLSv1.1", 1), ("TLSv1.2", 3), ("TLSv1.3", 2)] {
            assert!(!seen.off().contains(&version.to_owned()), "{seed}: {}", seen.journal);
            let list = seen.suites(version);
            if list["suites"]["rest"]["complete"].is_object() {
                assert_eq!(seen.accepted(&list["suites"]).len(), expected, "{seed}, {version}: {}", seen.journal);
            }
        }
        if seen.endpoint["groups"]["rest"]["complete"].is_object() {
            assert_eq!(seen.accepted(&seen.endpoint["groups"]).len(), 2, "{seed}: {}", seen.journal);
        }
    }
}

#[test]
fn what_is_refused_once_or_twice_is_offered_again() {
    let config = Config { versions: vec![0x0301, 0x0302, 0x0303, 0x0304], ..Config::default() };
    for refusal in [Reply::Alert(40), Reply::Alert(70), Reply::Close] {
        let (config, refusal) = (config.clone(), refusal.clone());
        let (first, second) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let server = Fake::start(move |_, hello| {
            let refused = match hello.version {
                0x0301 => first.fetch_add(1, Ordering::SeqCst) < 1,
                0x0302 => second.fetch_add(1, Ordering::SeqCst) < 2,
                _ => false,
            };
            if refused { refusal.clone() } else { config.reply(hello) }
        });
        let seen = scan(&server, 10, &[]);
        assert_eq!(seen.versions(), [TLS1_0, "TLSv1.1", "TLSv1.2", "TLSv1.3"], "{}", seen.journal);
    }
}

#[test]
fn long_lists_are_cut_for_those_that_do_not_take_them() {
    for reply in [Reply::Close, Reply::Alert(50), Reply::Alert(40)] {
        let config = Config { versions: vec![0x0301, 0x0303], ..Config::default() };
        let server =
            Fake::start(move |_, hello| if hello.suites.len() > 128 { reply.clone() } else { config.reply(hello) });
        let seen = scan(&server, 10, &[]);
        assert_eq!(seen.versions(), [TLS1_0, "TLSv1.2"], "{}", seen.journal);
        let list = seen.suites("TLSv1.2");
        assert_eq!(seen.accepted(&list["suites"]).len(), 3, "{}", seen.journal);
        assert!(list["suites"]["rest"]["complete"].is_object(), "{}", seen.journal);
    }
}

#[test]
fn an_older_answer_to_a_part_of_the_suites_is_no_refusal_of_the_version() {
    let old = Config { versions: vec![0x0301], suites: vec![0x002F], ..Config::default() };
    let new = Config { versions: vec![0x0303], suites: vec![0xC0A3], ..Config::default() };
    let server = Fake::start(move |_, hello| {
        if hello.suites.len() > 128 {
            return Reply::Close;
        }
        if hello.version >= 0x0303 && hello.suites.contains(&0xC0A3) { new.reply(hello) } else { old.reply(hello) }
    });
    let seen = scan(&server, 10, &[]);
    assert_eq!(seen.versions(), [TLS1_0, "TLSv1.2"], "{}", seen.journal);
}

#[test]
fn who_cannot_bear_new_versions_is_still_found() {
    let config = Config { versions: vec![0x0301, 0x0302], ..Config::default() };
    let server = Fake::start(move |_, hello| {
        if hello.version > 0x0302 || !hello.versions.is_empty() { Reply::Close } else { config.reply(hello) }
    });
    let seen = scan(&server, 10, &[]);
    assert_eq!(seen.versions(), [TLS1_0, "TLSv1.1"], "{}", seen.journal);
    assert!(!seen.off().contains(&"TLSv1.3".to_owned()), "{}", seen.journal);
}

#[test]
fn answers_that_end_anywhere_are_taken_for_what_they_are() {
    let whole = Config::default().flight(0x0303, 0xC030, 29, true);
    for end in (0..whole.len()).step_by(61) {
        let part = whole[..end].to_vec();
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
}

#[test]
fn who_takes_few_connections_at_a_time_has_refused_nothing() {
    let config = Config { versions: vec![0x0300, 0x0301, 0x0302, 0x0303, 0x0304], ..Config::default() };
    for most in [1, 2, 3] {
        let open = Arc::new(AtomicUsize::new(0));
        let (before, after, config) = (Arc::clone(&open), open, config.clone());
        let prelude = move |_, _: &mut TcpStream| {
            let is_one_of_few = before.fetch_add(1, Ordering::SeqCst) < most;
            if !is_one_of_few {
                before.fetch_sub(1, Ordering::SeqCst);
            }
            is_one_of_few
        };
        let server = Fake::with_prelude(prelude, move |_, hello| {
            std::thread::sleep(Duration::from_millis(5));
            after.fetch_sub(1, Ordering::SeqCst);
            config.reply(hello)
        });
        let seen = scan(&server, 20, &[]);
        assert!(!seen.off().iter().any(|version| version != "SSLv2"), "{most}: {}", seen.journal);
        for (version, expected) in [("TLSv1.2", 3), ("TLSv1.3", 2), (TLS1_0, 1)] {
            let list = seen.suites(version);
            if list["suites"]["rest"]["complete"].is_object() {
                assert_eq!(seen.accepted(&list["suites"]).len(), expected, "{most}, {version}: {}", seen.journal);
            }
        }
        if seen.endpoint["groups"]["rest"]["complete"].is_object() {
            assert_eq!(seen.accepted(&seen.endpoint["groups"]).len(), 2, "{most}: {}", seen.journal);
        }
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
