//! The bodies of the probe's fuzz targets over what servers say, cut and bent: what the fuzzer begins with, on stable.

#![expect(clippy::disallowed_methods, reason = "the ban on files and sockets is for the core")]

#[path = "../fuzz/src/bodies.rs"]
mod bodies;
#[expect(dead_code, reason = "the made-up server is shared with other tests")]
mod fake;

use fake::Config;

/// What servers of the protocols say, in the order in which the probe knows them.
const CONVERSATIONS: [&[u8]; 12] = [
    b"220 mx\r\n250-mx\r\n250 STARTTLS\r\n220 go\r\n",
    b"220 mx\r\n250-mx\r\n250 STARTTLS\r\n220 go\r\n",
    b"* OK\r\n* CAPABILITY STARTTLS\r\n1 OK\r\n2 OK\r\n",
    b"+OK\r\n+OK\r\nSTLS\r\n.\r\n+OK\r\n",
    b"\"STARTTLS\"\r\n\"A\" {3}\r\nabc\r\nOK\r\nOK\r\n",
    b"220 hi\r\n234 go\r\n",
    b"200 hi\r\n101 list\r\nSTARTTLS\r\n.\r\n382 go\r\n",
    &[0x30, 12, 2, 1, 1, 0x78, 7, 10, 1, 0, 4, 0, 4, 0],
    b"<?xml version='1.0'?><stream:stream id='1'><stream:features><starttls/></stream:features><proceed/>",
    b"<?xml version='1.0'?><stream:stream id='1'><stream:features><starttls/></stream:features><proceed/>",
    b"S",
    b"\x1e\0\0\0\x0a8.0.36\0\x01\0\0\0\x01\x02\x03\x04\x05\x06\x07\x08\0\xff\xff\x21\x02\0\0\0\0\0",
];

/// Runs a body over the input behind these first bytes: whole, cut everywhere, and with each byte changed.
fn run(body: fn(&[u8]), head: &[u8], input: &[u8]) {
    let data = [head, input].concat();
    for end in 0..=data.len() {
        body(&data[..end]);
    }
    for at in 0..data.len() {
        for change in [1, 0x80, 0xFF] {
            let mut bent = data.clone();
            bent[at] ^= change;
            body(&bent);
        }
    }
}

#[test]
fn words_before_tls() {
    for (said, number) in CONVERSATIONS.iter().zip(0..) {
        for piece in [1, 7] {
            run(bodies::starttls, &[number, piece], said);
            // Every protocol hears the words of every other.
            (0..12).for_each(|other| bodies::starttls(&[&[other, piece], *said].concat()));
        }
    }
}

#[test]
fn whole_conversations_start_tls() {
    use intransit_probe::scan::starttls::rehearsal::rehearse;
    for (said, number) in CONVERSATIONS.iter().zip(0..) {
        let rehearsed = rehearse(number, said, 1);
        assert_eq!(rehearsed.started, Ok(()), "{}", String::from_utf8_lossy(said));
    }
}

#[test]
fn answers_to_hellos() {
    let config = Config { certificate: vec![0x30, 0], ..Config::default() };
    for flight in [
        config.flight(0x0303, 0xC030, 29, true),
        config.flight(0x0301, 0xC014, 23, false),
        vec![0x80, 14, 4, 0, 1, 0, 2, 0, 0, 0, 3, 0, 0, 7, 0, 0xC0],
    ] {
        for first in [2, 3, 15] {
            run(bodies::answer, &[first], &flight);
        }
    }
}

/// What looks like SSL 2.0 behind a record of TLS was taken for it where it came in a piece of its own.
#[test]
fn behind_a_record_of_tls_nothing_is_of_ssl2() {
    bodies::answer(&[&[1, 22, 3, 0, 0, 0][..], &[0xE0; 120]].concat());
}
