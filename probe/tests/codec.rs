//! The codec over whole answers, in pieces, cut, bent and endless: the same answer however it comes, never a panic, and
//! never more than its bounds.

#![expect(clippy::disallowed_methods, reason = "the ban on files and sockets is for the core")]
#![expect(dead_code, reason = "the made-up server is shared with other tests")]

mod fake;

use std::time::{Duration, Instant};

use fake::{Config, handshake, record};
use intransit_probe::scan::codec::{Answer, Problem, Reader};

fn read(bytes: &[u8], piece: usize, offers_ssl2: bool) -> Answer {
    let mut reader = Reader::new(offers_ssl2);
    for part in bytes.chunks(piece) {
        if reader.push(part) {
            break;
        }
    }
    reader.into_answer()
}

fn answers() -> Vec<(&'static str, Vec<u8>)> {
    let config = Config::default();
    let whole = config.flight(0x0303, 0xC030, 29, true);
    vec![
        ("TLS 1.2", whole.clone()),
        ("TLS 1.0", config.flight(0x0301, 0xC014, 23, false)),
        ("no key exchange", config.flight(0x0303, 0x009C, 0, true)),
        ("a warning before", [&[21, 3, 3, 0, 2, 1, 112][..], &whole].concat()),
        ("an alert", vec![21, 3, 3, 0, 2, 2, 40]),
        ("HTTP", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
        ("SSL 2.0", vec![0x80, 14, 4, 0, 1, 0, 2, 0, 0, 0, 3, 0, 0, 7, 0, 0xC0]),
        ("nothing", Vec::new()),
    ]
}

#[test]
fn an_answer_is_the_same_in_pieces_of_any_size() {
    for (name, bytes) in answers() {
        for offers_ssl2 in [false, true] {
            let whole = read(&bytes, bytes.len().max(1), offers_ssl2);
            for piece in [1, 2, 3, 5, 7, 64, 1000] {
                let mut pieces = read(&bytes, piece, offers_ssl2);
                // How much of it is shown depends on what was there.
                if let (Some(Problem::NotTls(part)), Some(Problem::NotTls(all))) = (&pieces.problem, &whole.problem) {
                    assert!(all.starts_with(part), "{name}");
                    pieces.problem = whole.problem.clone();
                }
                assert_eq!(pieces, whole, "{name} in pieces of {piece}");
            }
        }
    }
}

#[test]
fn what_a_whole_answer_says() {
    let answer = read(&Config::default().flight(0x0303, 0xC030, 29, true), 4096, false);
    let hello = answer.hello.as_ref().unwrap();
    assert_eq!((hello.version.0, hello.suite.0, hello.compression, hello.is_retry), (0x0303, 0xC030, 0, false));
    assert!(hello.has(0xFF01) && answer.is_done && answer.problem.is_none());
    assert_eq!(answer.certificates, Some(vec![fake::certificate()]));
    let exchanged = answer.exchanged.unwrap();
    assert_eq!((exchanged.group.unwrap().0, exchanged.scheme.unwrap().0), (29, 0x0804));
}

#[test]
fn an_answer_that_is_cut_says_nothing_more() {
    for (name, bytes) in answers() {
        let whole = read(&bytes, 4096, true);
        for end in 0..bytes.len() {
            let part = read(&bytes[..end], 4096, true);
            assert!(part.hello.is_none() || part.hello == whole.hello, "{name}");
            assert!(part.certificates.is_none() || part.certificates == whole.certificates, "{name}");
            assert!(!part.is_done, "{name}: {end}");
        }
    }
}

#[test]
fn bent_answers_are_read_or_not() {
    for (_, bytes) in answers() {
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut bent = bytes.clone();
                bent[at] ^= 1 << bit;
                read(&bent, 4096, bit % 2 == 0);
            }
        }
    }
}

#[test]
fn nothing_takes_long_or_much() {
    let started = Instant::now();
    for (name, content) in [
        ("records of nothing", vec![22, 3, 3, 0, 0]),
        ("records of one byte", record(&[0])),
        ("requests", record(&handshake(0, &[]))),
        ("warnings", vec![21, 3, 3, 0, 2, 1, 112]),
        ("a message that never ends", [record(&[2, 3, 0, 0]), record(&[1; 9])].concat()),
    ] {
        for piece in [1, 1000] {
            let mut reader = Reader::new(false);
            let mut sent = 0;
            while sent < 4 << 20 && !content.chunks(piece).any(|part| reader.push(part)) {
                sent += content.len();
            }
            assert!(sent <= (1 << 20) + 4096, "{name}: {sent}");
            assert!(reader.into_answer().problem.is_some(), "{name}");
        }
    }
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}
