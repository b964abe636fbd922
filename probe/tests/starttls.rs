//! `scan` where TLS starts by a command: after each conversation the next byte is TLS.

#![expect(clippy::disallowed_methods, reason = "the ban on sockets, files and clocks is for the core")]

#[expect(dead_code, reason = "other tests have servers that misbehave")]
mod fake;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;

use fake::{Config, Fake};
use serde_json::Value;

const PROBE: &str = env!("CARGO_BIN_EXE_intransit-probe");

/// What a server waits for, up to these last bytes, and what it answers.
type Turn = (&'static [u8], &'static [u8]);

const MYSQL: &[u8] = b"\x1e\0\0\0\x0a8.0.36\0\x01\0\0\0\x01\x02\x03\x04\x05\x06\x07\x08\0\xff\xff\x21\x02\0\0\0\0\0";
const MYSQL_REQUEST_END: &[u8] = &[0x01, 0x21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const LDAP: &[u8] = &[0x30, 12, 2, 1, 1, 0x78, 7, 10, 1, 0, 4, 0, 4, 0];
const XMPP: &[u8] = b"<?xml version='1.0'?><stream:stream id='1'><stream:features><starttls/></stream:features>";

const CONVERSATIONS: &[(&str, &[Turn])] = &[
    ("smtp", &[(b"", b"220 mx\r\n"), (b"\r\n", b"250-mx\r\n250 STARTTLS\r\n"), (b"STARTTLS\r\n", b"220 go\r\n")]),
    ("lmtp", &[(b"", b"220 mx\r\n"), (b"\r\n", b"250-mx\r\n250 STARTTLS\r\n"), (b"STARTTLS\r\n", b"220 go\r\n")]),
    ("imap", &[(b"", b"* OK\r\n"), (b"\r\n", b"* CAPABILITY STARTTLS\r\n1 OK\r\n"), (b"2 STARTTLS\r\n", b"2 OK\r\n")]),
    ("pop3", &[(b"", b"+OK\r\n"), (b"CAPA\r\n", b"+OK\r\nSTLS\r\n.\r\n"), (b"STLS\r\n", b"+OK\r\n")]),
    ("sieve", &[(b"", b"\"STARTTLS\"\r\nOK\r\n"), (b"STARTTLS\r\n", b"OK\r\n")]),
    ("nntp", &[(b"", b"200 hi\r\n"), (b"\r\n", b"101 list\r\nSTARTTLS\r\n.\r\n"), (b"STARTTLS\r\n", b"382 go\r\n")]),
    ("ftp", &[(b"", b"220 hi\r\n"), (b"AUTH TLS\r\n", b"234 go\r\n")]),
    ("ldap", &[(b"20037", LDAP)]),
    ("xmpp", &[(b"version='1.0'>", XMPP), (b"xmpp-tls'/>", b"<proceed/>")]),
    ("xmpp-server", &[(b"version='1.0'>", XMPP), (b"xmpp-tls'/>", b"<proceed/>")]),
    ("postgres", &[(b"\x04\xd2\x16\x2f", b"S")]),
    ("mysql", &[(b"", MYSQL), (MYSQL_REQUEST_END, b"")]),
];

fn hold(stream: &mut TcpStream, turns: &[Turn]) -> bool {
    turns.iter().all(|(expected, answer)| {
        let (mut heard, mut byte) = (Vec::new(), [0]);
        while !heard.ends_with(expected) {
            if !matches!(stream.read(&mut byte), Ok(1)) {
                return false;
            }
            heard.push(byte[0]);
        }
        stream.write_all(answer).is_ok()
    })
}

#[test]
fn what_follows_the_conversation_is_tls() {
    for (protocol, turns) in CONVERSATIONS {
        let config = Config { versions: vec![0x0303], ..Config::default() };
        let server = Fake::with_prelude(|_, stream| hold(stream, turns), move |_, hello| config.reply(hello));
        // XMPP asks for a domain.
        let target = format!("localhost:{}/{protocol}", server.address.port());
        let output = Command::new(PROBE).args(["scan", &target, "--format", "evidence", "--explain"]).output().unwrap();
        let journal = String::from_utf8_lossy(&output.stderr).into_owned();
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        let mut endpoints = document["scans"].as_array().unwrap().iter().map(|scan| &scan["subjects"][0]["endpoint"]);
        let here = |endpoint: &&Value| {
            endpoint["key"]["address"] == "127.0.0.1" && endpoint["key"]["serverName"]["sent"] == "localhost"
        };
        let endpoint = endpoints.find(here).unwrap_or_else(|| panic!("{protocol}: {journal}"));
        assert_eq!(endpoint["tls"]["known"]["value"], "available", "{protocol}: {journal}");
        assert_eq!(endpoint["versions"]["accepted"][0]["value"], "TLSv1.2", "{protocol}: {journal}");
        assert!(endpoint["key"]["transport"]["startTls"].is_string(), "{endpoint}");
    }
}
