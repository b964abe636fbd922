//! `scan` of many: lists, kills in the middle, mail exchangers and servers that do not start TLS.

#![expect(clippy::disallowed_methods, reason = "the ban on sockets, files and clocks is for the core")]

#[path = "../src/scan/names/responder.rs"]
#[expect(dead_code, reason = "other tests have servers that fail")]
mod responder;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use responder::{Answers, respond};
use serde_json::Value;

const PROBE: &str = env!("CARGO_BIN_EXE_intransit-probe");

fn scan(words: &[&str]) -> Output {
    Command::new(PROBE).arg("scan").args(words).output().unwrap()
}

fn documents(text: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(text).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What the documents are about, sorted.
fn names(text: &[u8]) -> Vec<String> {
    let name = |document: &Value| document["sources"][0]["name"].as_str().unwrap().to_owned();
    let mut names: Vec<String> = documents(text).iter().map(name).collect();
    names.sort();
    names
}

/// A port at which nobody listens: `discard`. One that was free a moment ago may be another test's by now.
const CLOSED_PORT: u16 = 9;

/// A server that says something to everybody, answers the next words with the second text, and waits then.
fn server(greeting: &'static str, answer: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                let _ = stream.write_all(greeting.as_bytes());
                let mut buffer = [0; 512];
                while stream.read(&mut buffer).is_ok_and(|read| read > 0) {
                    let _ = stream.write_all(answer.as_bytes());
                }
            });
        }
    });
    address
}

/// A directory that goes with the test.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("intransit-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_scan_that_is_killed_goes_on() {
    let place = Place::new("killed");
    let (output, journal) = (place.file("out.ndjson"), place.file("journal"));
    let range = format!("127.0.0.1-250:{}", CLOSED_PORT);
    let words = ["scan", &range, "--format", "evidence", "--save", &output, "--resume", &journal, "--at-a-time", "4"];
    let mut kills = 0;
    loop {
        let before = fs::metadata(&output).map_or(0, |about| about.len());
        let mut child = Command::new(PROBE).args(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let started = Instant::now();
        let is_over = loop {
            if let Some(status) = child.try_wait().unwrap() {
                assert!(status.success());
                break true;
            }
            let written = fs::metadata(&output).map_or(0, |about| about.len());
            if kills < 5 && written > before + 20_000 {
                child.kill().unwrap();
                child.wait().unwrap();
                kills += 1;
                break false;
            }
            assert!(started.elapsed() < Duration::from_secs(60));
            thread::sleep(Duration::from_millis(2));
        };
        if is_over {
            break;
        }
    }
    assert!(kills > 1, "it was killed {kills} times");
    let names = names(&fs::read(&output).unwrap());
    let mut once = names.clone();
    once.dedup();
    assert_eq!((names.len(), once.len()), (250, 250));
    // Once more, there is nothing left to do.
    let again = Command::new(PROBE).args(words).output().unwrap();
    assert!(String::from_utf8(again.stderr).unwrap().starts_with("0 targets"));
    assert_eq!(documents(&fs::read(&output).unwrap()).len(), 250);
}

#[test]
fn lists_come_from_files_and_from_standard_input() {
    let place = Place::new("lists");
    let port = CLOSED_PORT;
    let list = place.file("list");
    fs::write(&list, format!("# two of them\n127.0.0.1:{port} 127.0.0.2:{port}/smtp # and a comment\n")).unwrap();
    let mut child = Command::new(PROBE)
        .args(["scan", "--input", &list, "--input", "-", "--format", "evidence"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(format!("127.0.0.3:{port}\nwhat?\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("error: standard input:2: expected a host name"), "{errors}");
    assert!(errors.contains("3 targets: 0 with TLS, 0 without, 3 not known"), "{errors}");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(names(&output.stdout).len(), 3);
    // A mistake in a file is found before anybody is asked.
    fs::write(&list, "127.0.0.1\nhttp://a.test\n").unwrap();
    let output = scan(&["--input", &list]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        errors.contains(&format!("{list}:2: expected HOST:PORT or `https://HOST`, found `http://a.test`")),
        "{errors}"
    );
    assert!(output.stdout.is_empty());
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn command_lines_that_mean_nothing_are_refused() {
    let place = Place::new("words");
    let notes = place.file("notes");
    fs::write(&notes, "mine\n").unwrap();
    let journal = place.file("journal");
    for (words, why) in [
        (vec!["a..b"], "1 to 63"),
        (vec!["a.test", "--tenant", "contoso.com"], "--tenant is for the target `m365`"),
        (vec!["m365", "--tenant", "contoso"], "expected a domain such as contoso.com"),
        (vec!["a.test", "--resolver", "dns.test"], "expected the address of a DNS server"),
        (vec!["a.test", "--starttls", "telnet"], "expected one of smtp, lmtp,"),
        (vec!["a.test", "--server-name", "192.0.2.1"], "addresses are never sent"),
        (vec!["a.test", "--save", &notes, "--resume", &journal], "is not empty, and"),
        (vec!["a.test", "--save", &journal, "--resume", &notes], "this is no journal of a scan"),
        (vec!["a.test", "--resume", &journal], "--save"),
        (vec!["a.test", "--roots", "mozilla"], "`--roots` is what chains are judged by; add --check"),
        (vec!["a.test", "--policy", "nothing-1.0"], "there is no policy `nothing-1.0`"),
    ] {
        let output = scan(&words);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(errors.contains(why), "{words:?}: {errors}");
        assert_eq!(output.status.code(), Some(2), "{words:?}");
    }
    assert_eq!(fs::read_to_string(Path::new(&notes)).unwrap(), "mine\n");
}

#[test]
fn who_is_named_twice_is_looked_at_once() {
    let target = format!("127.0.0.1:{CLOSED_PORT}");
    let output = scan(&[&target, &format!("{target}/tls"), &target, "--format", "evidence"]);
    assert_eq!(documents(&output.stdout).len(), 1);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        errors.contains("1 target: 0 with TLS, 0 without, 1 not known; 2 named again were looked at once"),
        "{errors}"
    );
}

#[test]
fn what_is_not_reached_is_one_line() {
    let [first, second] = [1, 2].map(|host| format!("127.0.0.{host}:{CLOSED_PORT}"));
    let output = scan(&[&first, &second, "--check"]);
    let said = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].starts_with(&format!("not reached: {first}")), "{said}");
    assert!(lines[0].ends_with("the port is closed"), "{said}");
    assert!(lines[2].starts_with("Not proven"), "{said}");
    assert_eq!((lines.len(), output.status.code()), (3, Some(3)), "{said}");
}

#[test]
fn what_is_published_stands_in_the_evidence() {
    let resolver = respond(&[
        ("mail.test.", Answers::Records(&["MX 10 mx.test.", "CAA 0 issue ca.test"])),
        ("mx.test.", Answers::Records(&["A 127.0.0.1"])),
        ("_25._tcp.mx.test.", Answers::Records(&["TLSA 3 1 1 ABCD"])),
        ("_mta-sts.mail.test.", Answers::Records(&["TXT v=STSv1; id=1;"])),
        ("mta-sts.mail.test.", Answers::Records(&["A 127.0.0.1"])),
        ("_smtp._tls.mail.test.", Answers::Failure),
    ]);
    let resolver = resolver.to_string();
    let output = scan(&["mx:mail.test", "--dns", "--resolver", &resolver, "--format", "evidence", "--deadline", "5"]);
    let read = intransit::read(&[intransit::Input::new("x", &output.stdout)]);
    let shown: Vec<String> = read
        .evidence
        .scans
        .iter()
        .filter_map(|scan| match &scan.subjects[0] {
            intransit::evidence::Subject::Exhibit(exhibit) => {
                let values: Vec<&str> =
                    exhibit.particulars.iter().map(|one| one.observed.value().map_or("?", String::as_str)).collect();
                let end = if scan.completion.gap().is_some() { ", unfinished" } else { "" };
                Some(format!("{}{end}", values.join(" ")))
            }
            _ => None,
        })
        .collect();
    // Whether it is signed is not known: this resolver sends no signatures.
    assert_eq!(
        shown,
        [
            "mail.test MX NOERROR 10 mx.test. ?",
            "_mta-sts.mail.test TXT NOERROR v=STSv1; id=1; ?",
            "_smtp._tls.mail.test TXT ?, unfinished",
            "mail.test CAA NOERROR 0 issue \"ca.test\" ?",
            "_25._tcp.mx.test TLSA NOERROR 3 1 1 abcd ?",
            "mx.test A NOERROR 127.0.0.1 ?",
            "mx.test AAAA NOERROR ?",
            "mx.test CAA NOERROR ?",
            // It is said to be at an address that only this machine can reach.
            "mail.test ?, unfinished",
        ]
    );
}

#[test]
fn exchangers_are_looked_at_where_they_may_be() {
    let resolver = respond(&[
        ("mail.test.", Answers::Records(&["MX 10 mx.test.", "MX 20 inner.test."])),
        ("mx.test.", Answers::Records(&["A 127.0.0.1", "A 127.0.0.2"])),
        ("inner.test.", Answers::Records(&["A 10.255.255.1"])),
        ("none.test.", Answers::Records(&["MX 0 ."])),
    ]);
    let resolver = resolver.to_string();
    let words = ["--mx", "mail.test", "mx:none.test", "--resolver", &resolver, "--format", "evidence"];
    let output = scan(&words);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("10.255.255.1 is reserved for private use: `--allow-private`"), "{errors}");
    assert!(errors.contains("`none.test` takes no mail"), "{errors}");
    let documents = documents(&output.stdout);
    let mail = documents.iter().find(|document| document["sources"][0]["name"] == "scan of mx:mail.test").unwrap();
    let keys: Vec<String> = mail["scans"]
        .as_array()
        .unwrap()
        .iter()
        .map(|scan| {
            assert!(scan["completion"]["unfinished"].is_object(), "nobody was gone to");
            let key = &scan["subjects"][0]["endpoint"]["key"];
            format!("{} {} {}", key["host"], key["address"], key["port"])
        })
        .collect();
    let expected =
        ["\"inner.test\" \"10.255.255.1\" 25", "\"mx.test\" \"127.0.0.1\" 25", "\"mx.test\" \"127.0.0.2\" 25"];
    assert_eq!(keys, expected);
    let read = intransit::read(&[intransit::Input::new("x", mail.to_string().as_bytes())]);
    assert_eq!(read.evidence.scans.len(), 0, "a document that was written anew is not the one that was sealed");
    let line = output.stdout.split_inclusive(|byte| *byte == b'\n').next().unwrap();
    assert!(!intransit::read(&[intransit::Input::new("x", line)]).evidence.scans.is_empty());
}

#[test]
fn an_address_that_is_left_out_is_not_seen() {
    let resolver = respond(&[("both.test.", Answers::Records(&["A 127.0.0.1", "AAAA ::1"]))]).to_string();
    for (family, left_out) in [("-4", "::1"), ("-6", "127.0.0.1")] {
        let output = scan(&["both.test:9", family, "--resolver", &resolver, "--format", "evidence"]);
        let document = documents(&output.stdout).remove(0);
        let scans = document["scans"].as_array().unwrap();
        let of = |scan: &&Value| scan["subjects"][0]["endpoint"]["key"]["address"] == left_out;
        let scan = scans.iter().find(of).unwrap_or_else(|| panic!("{document}"));
        assert_eq!(scan["completion"]["unfinished"]["detail"], format!("{left_out} was left out, as asked"));
        assert_eq!(scans.len(), 2);
    }
}

#[test]
fn what_a_server_says_before_tls_is_told_apart() {
    for (greeting, answer, protocol, support, why) in [
        ("220 mx\r\n", "250 mx\r\n", "smtp", Some("startTlsNotAdvertised"), ""),
        ("421 busy\r\n", "", "smtp", None, "with `421 busy`"),
        ("220 mx\r\n", "421 busy\r\n", "smtp", None, "answers EHLO with `421 busy`"),
        ("+OK\r\n", "+OK\r\n.\r\n", "pop3", Some("startTlsNotAdvertised"), ""),
        ("* BYE later\r\n", "", "imap", None, "greets with `* BYE later`"),
        ("", "N", "postgres", Some("startTlsNotAdvertised"), ""),
        ("", "E", "postgres", None, "with `E`"),
        ("220 slow", "", "smtp", None, "the time for this target was over"),
        ("SSH-2.0-x\r\n", "", "tls", Some("notAvailable"), ""),
    ] {
        let target = format!("{}/{protocol}", server(greeting, answer));
        let started = Instant::now();
        let output = scan(&[&target, "--format", "evidence", "--deadline", "3"]);
        assert!(started.elapsed() < Duration::from_secs(6), "{target} {greeting}");
        let document = documents(&output.stdout).remove(0);
        let tls = &document["scans"][0]["subjects"][0]["endpoint"]["tls"];
        match support {
            Some(support) => assert_eq!(tls["known"]["value"], support, "{greeting} {answer}: {tls}"),
            None => {
                let detail = tls["notObserved"]["detail"].as_str().unwrap_or_else(|| panic!("{tls}"));
                assert!(detail.contains(why), "{greeting} {answer}: {detail}");
                assert!(document["scans"][0]["completion"]["unfinished"].is_object());
            }
        }
    }
}
