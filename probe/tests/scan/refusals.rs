//! What is no refusal: nothing that is on is called off.

use std::io::Read as _;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::fake::{self, Config, Fake, Reply};
use crate::seen::{Seen, TLS1_0, scan};

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
    nothing_is_off(&scan(&server, 5, &[]), name, last);
}

fn nothing_is_off(seen: &Seen, name: &str, last: usize) {
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
fn a_server_that_resets_has_refused_nothing() {
    let config = Config { versions: vec![0x0301, 0x0302, 0x0303, 0x0304], ..Config::default() };
    std::thread::scope(|scope| {
        for last in [0, 1, 3, 8, 13, 21, 34, 55] {
            let config = config.clone();
            // What is closed with bytes that were not read is reset.
            let prelude = move |number, stream: &mut TcpStream| number < last || stream.read(&mut [0]).is_err();
            scope.spawn(move || {
                let server = Fake::with_prelude(prelude, move |_, hello| config.reply(hello));
                let seen = scan(&server, 5, &[]);
                assert!(seen.journal.contains("reset"), "{}", seen.journal);
                nothing_is_off(&seen, "resets", last);
                if last == 0 {
                    seen.assert_knows_nothing_off();
                }
            });
        }
    });
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
fn a_suite_that_is_refused_once_or_twice_is_found() {
    for (words, times) in [("8", 1), ("8", 2), ("2", 1), ("2", 2)] {
        let config = Config { versions: vec![0x0303], ..Config::default() };
        let refused = AtomicUsize::new(0);
        let server = Fake::start(move |_, hello| {
            let is_last =
                hello.suites.contains(&0xC014) && !hello.suites.iter().any(|suite| [0xC030, 0xC02F].contains(suite));
            match is_last && refused.fetch_add(1, Ordering::SeqCst) < times {
                true => Reply::Alert(40),
                false => config.reply(hello),
            }
        });
        let seen = scan(&server, 10, &["--lanes", words]);
        let list = &seen.suites("TLSv1.2")["suites"];
        assert_eq!(seen.accepted(list).len(), 3, "{words} lanes, {times} times: {}", seen.journal);
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
