//! `check --stream` as pipelines run it: the built program over lines of JSON, with what it writes, in which order,
//! in how much memory, and how it ends.

#![expect(clippy::disallowed_methods, reason = "the ban on reading files is for the core")]

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;

use serde_json::Value;

const PROBE: &str = env!("CARGO_BIN_EXE_intransit-probe");
const POLICY: &str = r#"{"id":"mine","version":"1","expects":["endpoint"],"maxEvidenceAgeDays":3660,
    "rules":[{"rule":"obsolete-protocol","level":"error"},{"rule":"weak-group","level":"warning"}]}"#;
const OPTIONS: [&str; 6] = ["--policy", "mine.json", "--now", "2026-11-22T10:00:00Z", "--collected", "2026-11-22"];

/// What SSL Labs says of a host that speaks these versions, on one line without its end.
fn record(host: &str, versions: &[&str]) -> String {
    let versions: Vec<String> = versions
        .iter()
        .map(|version| {
            let id = 770 + version.strip_prefix("1.").unwrap().parse::<u32>().unwrap() - 1;
            format!(r#"{{"id":{id},"name":"TLS","version":"{version}"}}"#)
        })
        .collect();
    format!(
        r#"{{"host":"{host}","port":443,"protocol":"http","status":"READY","startTime":1795300000000,"testTime":1795300080000,"engineVersion":"2.4.1","criteriaVersion":"2009q","endpoints":[{{"ipAddress":"192.0.2.25","serverName":"{host}","statusMessage":"Ready","grade":"A","progress":100,"details":{{"hostStartTime":1795300000000,"protocols":[{}],"sims":{{"results":[]}}}}}}]}}"#,
        versions.join(",")
    )
}

fn good(host: &str) -> String {
    record(host, &["1.2", "1.3"])
}

fn bad(host: &str) -> String {
    record(host, &["1.0", "1.2"])
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("stream-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("mine.json"), POLICY).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), content).unwrap();
    }

    fn start(&self, arguments: &[&str]) -> Child {
        let mut command = Command::new(PROBE);
        command.arg("check").args(OPTIONS).args(arguments).current_dir(&self.0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn check(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut child = self.start(arguments);
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        // A program that does not read to the end closes the pipe.
        let writer = thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        output
    }

    /// The lines that are written for this input, in the order of the input.
    fn lines(&self, input: &[u8]) -> Vec<Value> {
        lines(&self.check(&["--stream", "--ordered", "--hash"], input))
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[track_caller]
fn assert_ends(output: &Output, code: i32, words: &str) {
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(words), "expected `{words}` in {said}");
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn a_record_gets_the_verdict_that_check_gives_its_line() {
    let folder = Folder::new("same");
    let records = [
        good("a.example") + "\n",
        bad("b.example") + "\r\n",
        format!("\u{feff}{}\n", good("müll.example")),
        bad("d.example").replace("\"Ready\"", "\"\u{9b}2J\u{202e}\"") + "\n",
        r#"{"what":"-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----"}"#.to_owned() + "\n",
        good("cut.example").replace("\"results\":[]}}}]}", ""),
    ];
    let judged = folder.lines(records.concat().as_bytes());
    assert_eq!(judged.len(), records.len());
    // Without the hash no report is made, and all else is the same.
    let mut without_hash = judged.clone();
    for line in &mut without_hash {
        line.as_object_mut().unwrap().remove("resultSha256");
    }
    assert_eq!(lines(&folder.check(&["--stream", "--ordered"], records.concat().as_bytes())), without_hash);
    let mut offset = 0;
    for (number, (line, record)) in judged.iter().zip(&records).enumerate() {
        let place = serde_json::json!({
            "source": "standard input", "line": number + 1, "offset": offset, "bytes": record.len()
        });
        assert_eq!(line["record"], place);
        offset += record.len();
        let output = folder.check(&["--format", "json", "-"], record.as_bytes());
        if output.stdout.is_empty() {
            assert!(line.get("verdict").is_none(), "{line}");
            let first = line["unread"][0]["message"].as_str().unwrap();
            assert!(text(&output.stderr).contains(first), "{first}: {}", text(&output.stderr));
            continue;
        }
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        for member in ["verdict", "headline", "tally", "at", "now", "resultSha256"] {
            assert_eq!(line[member], report[member], "{member} of {record}");
        }
        assert_eq!(line["policy"]["sha256"], report["policy"]["sha256"]);
        assert_eq!(line["subjects"], report["scope"]["shown"]);
        assert_eq!(line["sha256"], report["sources"][0]["sha256"]);
        let findings = report["findings"].as_array().unwrap();
        let of = |outcome: &'static str| findings.iter().filter(move |finding| finding["outcome"] == outcome);
        let short: Vec<[&Value; 3]> =
            of("fail").map(|finding| [&finding["rule"], &finding["subject"]["label"], &finding["summary"]]).collect();
        let found = line["failed"].as_array().unwrap().iter();
        let found: Vec<[&Value; 3]> =
            found.map(|finding| [&finding["rule"], &finding["subject"], &finding["summary"]]).collect();
        assert_eq!(found, short);
        let name = |finding: &Value| match finding["facet"].as_str() {
            Some(facet) => format!("{}/{facet}", finding["rule"].as_str().unwrap()),
            None => finding["rule"].as_str().unwrap().to_owned(),
        };
        let mut undecided: Vec<String> = Vec::new();
        for name in of("unknown").map(name) {
            if !undecided.contains(&name) {
                undecided.push(name);
            }
        }
        let found: Vec<String> = line["undecided"]
            .as_array()
            .map_or(&[][..], Vec::as_slice)
            .iter()
            .map(|name| name.as_str().unwrap().to_owned())
            .collect();
        assert_eq!(found, undecided);
    }
}

#[test]
fn the_exit_code_is_the_worst_of_the_records() {
    let folder = Folder::new("exit-codes");
    let (good, bad) = (good("a.example"), bad("b.example"));
    let unproven = record("c.example", &["1.2"]).replace("READY", "IN_PROGRESS");
    folder.file("good.ndjson", &good);
    for (arguments, input, code, words) in [
        (&["--stream"][..], good.clone(), 0, "1 record: 1 compliant, 0 non-compliant, 0 indeterminate, 0 not read\n"),
        (&["--stream", "-"], format!("{good}\n\n{good}"), 0, "2 records: 2 compliant"),
        (&["--stream"], format!("{good}\n{unproven}\n"), 3, "1 compliant, 0 non-compliant, 1 indeterminate"),
        (&["--stream"], format!("{unproven}\n\nodd\n"), 2, "could not be read, the first at standard input:3\n"),
        (&["--stream"], format!("odd\n{bad}\n"), 1, "1 non-compliant, 0 indeterminate, 1 not read\n"),
        (&["--stream"], String::new(), 2, "error: no record was found"),
        (&["--stream"], " \n\r\n".to_owned(), 2, "error: no record was found"),
        (&["--stream", "good.ndjson", "good.ndjson"], String::new(), 0, "2 records: 2 compliant"),
        (&["--stream", "absent", "good.ndjson"], String::new(), 2, "error: cannot open `absent`"),
        (&["--stream", ".", "good.ndjson"], String::new(), 2, "`.` is a directory; expected a file with a JSON"),
        (&["--stream", "-", "-"], good.clone(), 2, "standard input can be read once"),
        (&["--ordered", "good.ndjson"], String::new(), 2, "--stream"),
        (&["--stream", "--format", "json"], String::new(), 2, "cannot be used with"),
        (&["--stream", "--inventory", "x.csv"], String::new(), 2, "cannot be used with"),
        (&["--stream", "--policy", "absent"], String::new(), 2, ""),
    ] {
        assert_ends(&folder.check(arguments, input.as_bytes()), code, words);
    }
}

#[test]
fn a_bad_record_stops_nothing() {
    let folder = Folder::new("bad-records");
    let good = good("a.example");
    let long = format!("[\"{}\"]", "x".repeat(17 << 20));
    let several = format!("{good}{good}");
    for (odd, words) in [
        (&b"{\"unknown\":1}"[..], "found JSON with the keys `unknown`"),
        (b"{", "every line is read on its own"),
        (b"<html>", "found `<html>`; expected a JSON document on each line"),
        (b"\x1f\x8b\x08\x00", "expected a JSON document on each line"),
        (b"\xff\xfa\xff", ""),
        (b"{\"a\":\"\0\"}", "is binary"),
        (b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "every line is read on its own"),
        (several.as_bytes(), "found a second JSON document behind the first"),
        (long.as_bytes(), "expected at most 16 MiB in one record"),
    ] {
        let output = folder.lines(&[good.as_bytes(), b"\n", odd, b"\n", good.as_bytes()].concat());
        let verdicts: Vec<Option<&str>> = output.iter().map(|line| line["verdict"].as_str()).collect();
        assert_eq!(verdicts, [Some("compliant"), None, Some("compliant")], "{words}");
        assert_eq!(output[2]["record"]["line"], 3);
        assert_eq!(output[2]["record"]["offset"], good.len() + odd.len() + 2);
        assert!(output[1]["unread"].to_string().contains(words), "expected `{words}` in {}", output[1]);
    }
    let utf16: Vec<u8> = "\u{feff}{}\n{}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let output = folder.lines(&utf16);
    assert_eq!(output.len(), 1);
    assert!(output[0]["unread"][0]["message"].as_str().unwrap().starts_with("found UTF-16"));
}

#[test]
fn the_order_is_kept_where_it_is_asked_for() {
    let folder = Folder::new("order");
    let mut input = String::new();
    for number in 0..600 {
        // Records of very different sizes: the threads overtake each other.
        let padding = " ".repeat(if number % 50 == 0 { 200_000 } else { number });
        let _ = writeln!(input, "{padding}{}", good(&format!("host{number}.example")));
    }
    let ordered = folder.check(&["--stream", "--ordered"], input.as_bytes());
    let numbers = |output: &Output| -> Vec<u64> {
        lines(output).iter().map(|line| line["record"]["line"].as_u64().unwrap()).collect()
    };
    assert_eq!(numbers(&ordered), (1..=600).collect::<Vec<u64>>());
    let any = folder.check(&["--stream"], input.as_bytes());
    let mut sorted = numbers(&any);
    sorted.sort_unstable();
    assert_eq!(sorted, numbers(&ordered));
}

#[test]
fn a_record_is_answered_before_the_next_one_comes() {
    let folder = Folder::new("live");
    let mut child = folder.start(&["--stream"]);
    let mut stdin = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    for number in 1..=3 {
        writeln!(stdin, "{}", good("a.example")).unwrap();
        let line: Value = serde_json::from_str(&answers.next().unwrap().unwrap()).unwrap();
        assert_eq!(line["record"]["line"], number);
    }
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_reader_that_leaves_ends_the_stream() {
    let folder = Folder::new("closed-pipe");
    let mut child = folder.start(&["--stream"]);
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "{}", bad("a.example")).unwrap();
    // Its input is still open: it ends all the same.
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(said, "");
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_stream() {
    const MOST_KIB: u64 = 64 * 1024;
    let folder = Folder::new("memory");
    let mut child = folder.start(&["--stream", "--ordered"]);
    let mut stdin = child.stdin.take().unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let reader = thread::spawn(move || stdout.lines().count());
    let small = (good("a.example") + "\n").repeat(40);
    let large = format!("{{\"padding\":\"{}\"}}\n", "x".repeat(1 << 20));
    let mut peak = 0;
    let (mut written, mut records) = (0, 0);
    while written < 200_000_000 {
        for (chunk, count) in [(&small, 40), (&large, 1), (&large, 1), (&large, 1), (&large, 1)] {
            stdin.write_all(chunk.as_bytes()).unwrap();
            written += chunk.len();
            records += count;
        }
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak = line.trim().strip_suffix(" kB").unwrap().parse().unwrap();
    }
    drop(stdin);
    assert_eq!(reader.join().unwrap(), records);
    child.wait().unwrap();
    assert!(peak < MOST_KIB, "{peak} KiB");
}
