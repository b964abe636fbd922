//! Servers that are far away: connections are opened ahead, and what becomes of those says nothing of an offer.

use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::fake::{Config, Fake, Hello, Reply};
use crate::seen::{Seen, TLS1_0, scan};

/// Behind it a server counts as far away.
const ROUND_TRIPS: Duration = Duration::from_millis(60);

fn usual() -> Config {
    Config { versions: vec![0x0301, 0x0303, 0x0304], ..Config::default() }
}

fn later(config: &Config, hello: &Hello) -> Reply {
    std::thread::sleep(ROUND_TRIPS);
    config.reply(hello)
}

fn opened_ahead(seen: &Seen) -> usize {
    seen.journal.lines().filter(|line| line.contains("  opened ahead -> ")).count()
}

/// Whether all that `usual` is was found, and nothing else.
fn is_all(seen: &Seen) -> bool {
    let lists = [("TLSv1.2", 3), ("TLSv1.3", 2), (TLS1_0, 1)];
    let is_found = lists.iter().all(|(version, count)| {
        let list = &seen.suites(version)["suites"];
        list["rest"]["complete"].is_object() && seen.accepted(list).len() == *count
    });
    let groups = &seen.endpoint["groups"];
    is_found
        && seen.versions() == [TLS1_0, "TLSv1.2", "TLSv1.3"]
        && seen.off() == ["SSLv2", "SSLv3", "TLSv1.1"]
        && groups["rest"]["complete"].is_object()
        && seen.accepted(groups).len() == 2
}

#[track_caller]
fn assert_nothing_is_wrong(seen: &Seen, what: &str) {
    for version in [TLS1_0, "TLSv1.2", "TLSv1.3"] {
        assert!(!seen.off().contains(&version.to_owned()), "{what}: {}", seen.journal);
    }
    for (version, expected) in [("TLSv1.2", 3), ("TLSv1.3", 2), (TLS1_0, 1)] {
        let list = &seen.suites(version)["suites"];
        if list["rest"]["complete"].is_object() {
            assert_eq!(seen.accepted(list).len(), expected, "{what}, {version}: {}", seen.journal);
        }
    }
    if seen.endpoint["groups"]["rest"]["complete"].is_object() {
        assert_eq!(seen.accepted(&seen.endpoint["groups"]).len(), 2, "{what}: {}", seen.journal);
    }
}

/// One line of the journal for each connection; one more is the name of the scan.
#[track_caller]
fn assert_counted(server: &Fake, seen: &Seen) {
    let lines = seen.journal.lines().filter(|line| line.starts_with(' ')).count();
    // What was closed at once may still wait to be taken.
    for _ in 0..100 {
        if server.connections() >= lines {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(server.connections(), lines, "{}", seen.journal);
}

#[test]
fn as_many_are_open_as_somebody_allows() {
    for (words, most, ahead) in [(&[][..], 16, 8), (&["--lanes", "8"], 8, 0), (&["--lanes", "1"], 1, 0)] {
        let config = usual();
        let server = Fake::start(move |_, hello| match words.contains(&"1") {
            true => config.reply(hello),
            false => later(&config, hello),
        });
        let seen = scan(&server, 20, words);
        assert!(is_all(&seen), "{words:?}: {}", seen.journal);
        assert!(server.most_at_once() <= most, "{words:?}: {} at once", server.most_at_once());
        assert!(opened_ahead(&seen) <= ahead, "{words:?}: {}", seen.journal);
        assert_counted(&server, &seen);
    }
}

/// Does this for each, side by side: the time is for waiting, not for computing.
fn each<T: Copy + Send>(cases: impl IntoIterator<Item = T>, test: impl Fn(T) + Sync) {
    std::thread::scope(|scope| {
        for case in cases {
            let test = &test;
            scope.spawn(move || test(case));
        }
    });
}

#[test]
fn the_budget_holds() {
    each([1, 7, 20, 40, 60], |most: usize| {
        let config = usual();
        let server = Fake::start(move |_, hello| later(&config, hello));
        let seen = scan(&server, 20, &["--connections", &most.to_string()]);
        assert!(server.connections() <= most, "{most}: {}", seen.journal);
        assert_nothing_is_wrong(&seen, &most.to_string());
        assert_counted(&server, &seen);
    });
}

#[test]
fn nothing_is_opened_ahead_of_its_time() {
    let config = Config { versions: vec![0x0303], ..Config::default() };
    let server = Fake::start(move |_, hello| later(&config, hello));
    let seen = scan(&server, 3, &["--rate", "15"]);
    // At the beginning half a second is made good.
    assert!(server.connections() <= 15 * 3 * 5 / 4 + 10, "{}: {}", server.connections(), seen.journal);
    assert!(opened_ahead(&seen) <= 8, "{}", seen.journal);
    assert_counted(&server, &seen);
}

#[test]
fn connections_that_are_closed_unused_have_refused_nothing() {
    each([1, 10, 40], |patience| {
        let config = usual();
        let prelude = move |number: usize, stream: &mut TcpStream| {
            // The first hellos are waited for.
            let patience = if number < 4 { Duration::from_secs(5) } else { Duration::from_millis(patience) };
            let _ = stream.set_read_timeout(Some(patience));
            stream.peek(&mut [0]).is_ok_and(|read| read > 0)
        };
        let server = Fake::with_prelude(prelude, move |_, hello| later(&config, hello));
        let seen = scan(&server, 20, &[]);
        assert_nothing_is_wrong(&seen, &format!("{patience} ms"));
        if patience >= 10 {
            assert!(is_all(&seen), "{patience} ms: {}", seen.journal);
        }
    });
}

#[test]
fn who_talks_before_being_asked_has_refused_nothing() {
    each([&[21, 3, 3, 0, 2, 2, 40][..], &[21, 3, 3, 0, 2, 1, 0], b"408 Request Time-out\r\n"], |words| {
        let config = usual();
        let prelude = move |number: usize, stream: &mut TcpStream| {
            let _ = stream.set_read_timeout(Some(Duration::from_millis(if number < 4 { 5000 } else { 30 })));
            let is_asked = stream.peek(&mut [0]).is_ok_and(|read| read > 0);
            if !is_asked {
                let _ = std::io::Write::write_all(stream, words);
            }
            is_asked
        };
        let server = Fake::with_prelude(prelude, move |_, hello| later(&config, hello));
        let seen = scan(&server, 20, &[]);
        assert!(is_all(&seen), "{words:?}: {}", seen.journal);
    });
}

#[test]
fn who_takes_few_at_once_is_found_whole_where_eight_are_few_enough() {
    each([1, 3, 8, 9, 12], |most| {
        let open = Arc::new(AtomicUsize::new(0));
        let (before, after, config) = (Arc::clone(&open), open, usual());
        let prelude = move |_, stream: &mut TcpStream| {
            let is_one_of_few = before.fetch_add(1, Ordering::SeqCst) < most;
            let is_asked = is_one_of_few && stream.peek(&mut [0]).is_ok_and(|read| read > 0);
            if !is_asked {
                before.fetch_sub(1, Ordering::SeqCst);
            }
            is_asked
        };
        let server = Fake::with_prelude(prelude, move |_, hello| {
            let reply = later(&config, hello);
            after.fetch_sub(1, Ordering::SeqCst);
            reply
        });
        let seen = scan(&server, 30, &[]);
        assert_nothing_is_wrong(&seen, &format!("{most} at once"));
        if most >= 8 {
            assert!(is_all(&seen), "{most} at once: {}", seen.journal);
        }
    });
}
