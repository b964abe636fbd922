//! Servers of mail: how TLS starts, and what they say where it does not.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::fake::{Config, Fake, Reply};
use crate::seen::{TLS1_0, scan};

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
fn a_mail_server_without_starttls_says_so() {
    let server =
        Fake::with_prelude(|_, stream| says(stream, &[SMTP[0], "250-mx\r\n250 SIZE 1\r\n"]), |_, _| Reply::Close);
    let seen = scan(&server, 5, &["--starttls", "smtp"]);
    assert_eq!(seen.endpoint["tls"]["known"]["value"], "startTlsNotAdvertised", "{}", seen.journal);
    assert_eq!(seen.off(), Vec::<String>::new());
}

#[test]
fn mail_before_tls_is_asked_for_where_it_is_wanted() {
    for (answer, expected) in [
        ("530 5.7.0 Must issue a STARTTLS command first\r\n", Some(true)),
        ("250 2.1.0 ok\r\n", Some(false)),
        ("451 4.7.1 greylisted\r\n", None),
    ] {
        let prelude = move |_: usize, stream: &mut TcpStream| {
            let mut said = Vec::new();
            let mut line = |stream: &mut TcpStream| {
                said.clear();
                let mut byte = [0];
                while said.last() != Some(&b'\n') && matches!(stream.read(&mut byte), Ok(1)) {
                    said.push(byte[0]);
                }
                String::from_utf8_lossy(&said).into_owned()
            };
            let _ = stream.write_all(SMTP[0].as_bytes());
            loop {
                let said = line(stream);
                let (reply, is_start) = match said.split_whitespace().next().unwrap_or_default() {
                    "EHLO" => (SMTP[1], false),
                    "STARTTLS" => (SMTP[2], true),
                    "MAIL" => (answer, false),
                    "RSET" => ("250 ok\r\n", false),
                    "" | "QUIT" => return false,
                    other => panic!("the scan says {other}"),
                };
                if stream.write_all(reply.as_bytes()).is_err() {
                    return false;
                }
                if is_start {
                    return true;
                }
            }
        };
        let server = Fake::with_prelude(prelude, |_, hello| Config::default().reply(hello));
        let seen = scan(&server, 20, &["--starttls", "smtp", "--enforced"]);
        let features = seen.endpoint["features"].as_array().unwrap();
        let found = features.iter().find(|feature| feature["name"] == "tlsBeforeMail").unwrap();
        assert_eq!(found["offered"]["known"]["value"].as_bool(), expected, "{}", seen.journal);
        assert!(seen.journal.contains("MAIL FROM before TLS"));
    }
}
