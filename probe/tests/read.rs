//! `read` as people run it: reports in, evidence out, which `check` takes for the reports.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

const PROBE: &str = env!("CARGO_BIN_EXE_intransit-probe");
const REPORT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/cases/formats/testssl-3.0.8/modern-pretty.json");

fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(PROBE);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn check_takes_evidence_for_the_report() {
    let evidence = run(&["read", REPORT], b"");
    assert_eq!(evidence.status.code(), Some(0), "{evidence:?}");
    assert_eq!(evidence.stdout.iter().filter(|byte| **byte == b'\n').count(), 1);
    let judged = |words: &[&str], input: &[u8]| {
        let options = ["check", "--now", "2026-11-22T10:00:00Z", "--format", "csv"];
        run(&[&options, words].concat(), input)
    };
    let (of_report, of_evidence) = (judged(&[REPORT], b""), judged(&["-"], &evidence.stdout));
    assert_eq!(of_report.status.code(), of_evidence.status.code());
    let rows = |output: &Output| String::from_utf8_lossy(&output.stdout).lines().count();
    assert_eq!(rows(&of_report), rows(&of_evidence));
    let changed = String::from_utf8_lossy(&evidence.stdout).replace("TLSv1.2", "TLSv1.3");
    let refused = judged(&["-"], changed.as_bytes());
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("changed after it was written"), "{refused:?}");
}

#[test]
fn what_cannot_be_read_ends_with_2() {
    let nothing = run(&["read", "-"], b"no report");
    assert_eq!((nothing.status.code(), nothing.stdout.len()), (Some(2), 0));
    let absent = run(&["read", REPORT, "absent.json"], b"");
    assert_eq!(absent.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&absent.stderr).contains("absent.json"), "{absent:?}");
    let judged = run(&["check", "--now", "2026-11-22T10:00:00Z", "-"], &absent.stdout);
    assert!(String::from_utf8_lossy(&judged.stdout).contains("absent.json"), "{judged:?}");
    assert_eq!(run(&["read", "-", "-"], b"").status.code(), Some(2));
}
