//! One record: read and judged as `check -` does it with the same bytes, and said in one line.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use intransit::Terms;
use intransit::diagnostic::{Code, Diagnostic};
use intransit::record::{is_blank, judge_line};
use intransit::report::{RecordPlace, VerdictLine};

use super::blocks::Block;
use super::tally::{Tally, Unread};
use crate::terminal::printable_json;

/// Writes a line for every record of a block, behind what is there; `with_hash` asks for the hashes of their reports.
pub(super) fn answer(terms: &Terms, with_hash: bool, number: u64, block: &Block, answers: &mut Vec<u8>) -> Tally {
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
            say(&place, judged(terms, with_hash, place.clone(), line));
        }
        place.line += 1;
        place.offset += place.bytes;
    }
    tally
}

fn judged(terms: &Terms, with_hash: bool, place: RecordPlace, line: &[u8]) -> VerdictLine {
    // The core never panics on purpose; should it, the other records are still judged.
    let judgement = catch_unwind(AssertUnwindSafe(|| judge_line(terms, with_hash, place.clone(), line)));
    judgement.unwrap_or_else(|_| {
        let message = "intransit failed on this record, which is a fault of its own";
        VerdictLine::unread(place, vec![Diagnostic::error(Code::UnrecognisedInput, message)])
    })
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
