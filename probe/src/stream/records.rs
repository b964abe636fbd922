//! One record: read and judged as `check -` does it with the same bytes, and said in one line.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use intransit::diagnostic::{Code, Diagnostic};
use intransit::report::{RecordPlace, VerdictLine};
use intransit::{Input, STANDARD_INPUT, evaluate, read_declared};

use super::blocks::{Block, MAX_RECORD_BYTES, too_long};
use super::shape::{Shape, shape};
use super::tally::{Tally, Unread};
use crate::check::Basis;
use crate::terminal::printable_json;

const HELP: &str = "`jq -c . FILE` writes a document on each line";

/// Writes a line for every record of a block, behind what is there; `with_hash` asks for the hashes of their reports.
pub(super) fn answer(basis: &Basis, with_hash: bool, number: u64, block: &Block, answers: &mut Vec<u8>) -> Tally {
    let mut tally = Tally::default();
    let mut place = RecordPlace {
        source: block.source.as_ref().to_owned(),
        line: block.line,
        offset: block.offset,
        bytes: block.length,
    };
    let mut say = |place: &RecordPlace, line: VerdictLine| {
        match &line {
            VerdictLine::Judged(record) => tally.count(record.verdict),
            VerdictLine::Unread(_) => {
                tally.count_unread(Unread { block: number, line: place.line, source: Arc::clone(&block.source) });
            }
        }
        write(&line, answers);
    };
    if let Some(refused) = &block.refused {
        say(&place, VerdictLine::unread(place.clone(), vec![refused.clone()]));
    }
    for line in block.bytes.split_inclusive(|byte| *byte == b'\n') {
        place.bytes = line.len() as u64;
        if !is_blank(line) {
            say(&place, judged(basis, with_hash, place.clone(), line));
        }
        place.line += 1;
        place.offset += place.bytes;
    }
    tally
}

fn is_blank(line: &[u8]) -> bool {
    line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line).iter().all(u8::is_ascii_whitespace)
}

fn judged(basis: &Basis, with_hash: bool, place: RecordPlace, line: &[u8]) -> VerdictLine {
    if line.len() > MAX_RECORD_BYTES {
        return VerdictLine::unread(place, vec![too_long(line.len() as u64)]);
    }
    let shape = shape(line);
    let refused = match shape {
        Shape::Several => Some("found a second JSON document behind the first; expected one on each line".to_owned()),
        // Archives among them, which the core would unpack.
        Shape::Other => {
            let words: String = String::from_utf8_lossy(line).trim().chars().take(40).collect();
            Some(format!("found `{words}`; expected a JSON document on each line"))
        }
        Shape::One | Shape::Part => None,
    };
    if let Some(message) = refused {
        return VerdictLine::unread(place, vec![Diagnostic::error(Code::InvalidJson, message).with_help(HELP)]);
    }
    // The core never panics on purpose; should it, the other records are still judged.
    let judgement = catch_unwind(AssertUnwindSafe(|| {
        let reading = read_declared(&[Input::new(STANDARD_INPUT, line)], &basis.declared);
        if reading.evidence.scans.is_empty() {
            return Err(reading.diagnostics);
        }
        let Basis { policy, clock, .. } = basis;
        let place = place.clone();
        Ok(if with_hash {
            VerdictLine::of_report(place, evaluate(&reading.evidence, policy, *clock, reading.diagnostics))
        } else {
            VerdictLine::judge(place, &reading.evidence, policy, *clock, reading.diagnostics)
        })
    }));
    match judgement {
        Ok(Ok(line)) => line,
        Ok(Err(mut diagnostics)) => {
            if shape == Shape::Part {
                let message = "every line is read on its own; expected a whole JSON document on each";
                diagnostics.push(Diagnostic::info(Code::UnrecognisedInput, message).with_help(HELP));
            }
            VerdictLine::unread(place, diagnostics)
        }
        Err(_) => {
            let message = "intransit failed on this record, which is a fault of its own";
            VerdictLine::unread(place, vec![Diagnostic::error(Code::UnrecognisedInput, message)])
        }
    }
}

/// Writes one line of JSON, without anything that steers a terminal.
fn write(line: &VerdictLine, answers: &mut Vec<u8>) {
    let json = serde_json::to_string(line).unwrap_or_default();
    if json.bytes().all(|byte| byte < 0x7F) {
        answers.extend(json.as_bytes());
    } else {
        answers.extend(printable_json(&json).as_bytes());
    }
    answers.push(b'\n');
}
