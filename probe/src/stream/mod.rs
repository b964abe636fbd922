//! `check --stream`: a record on each line in, a verdict on each line out, on every core, in constant memory.
//!
//! One thread reads blocks of whole lines, one thread for each core judges them, and this one writes. Blocks travel
//! in buffers of which there is a fixed number: who is slow holds up the rest, and nothing piles up, also not the
//! blocks that wait for their turn where the order is kept.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::num::NonZero;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use intransit::{STANDARD_INPUT, Terms};

use crate::arguments::Check;
use crate::exit::Exit;
use crate::input::{self, reason};
use crate::terminal::{self, Unwritten};
use blocks::{Block, Blocks};
use progress::Progress;
use records::answer;
use tally::Tally;

mod blocks;
mod progress;
mod records;
mod tally;

const EXPECTED: &str = "a file with a JSON document on each line";

/// Two for each thread that judges: one at work, one that is read or written meanwhile.
const BUFFERS_PER_JUDGE: usize = 2;

/// The most that a buffer keeps after a long record.
const KEPT_BYTES: usize = 1 << 20;

/// The memory that a block and its answers stand in, used again and again.
#[derive(Default)]
struct Buffers {
    block: Vec<u8>,
    answers: Vec<u8>,
}

/// What the other threads tell the one that writes.
enum Message {
    /// The answers to block `number`, which has `bytes` bytes.
    Answers { number: u64, bytes: u64, tally: Tally, buffers: Buffers },
    /// A file that could not be read, or not to its end.
    Problem(String),
}

/// Judges the lines of the files, or of standard input where there are none, and writes a line for each.
pub(crate) fn run(arguments: &Check, terms: Terms) -> Exit {
    let files = if arguments.files.is_empty() { vec![input::STANDARD_INPUT.into()] } else { arguments.files.clone() };
    let mut progress = Progress::new(size(&files));
    let messages = start(files, terms, arguments.hash);
    let mut tally = Tally::default();
    let mut any_problem = false;
    let mut next = 0;
    let mut waiting = BTreeMap::new();
    loop {
        match messages.received.recv_timeout(progress::INTERVAL) {
            Ok(Message::Answers { number, bytes, tally, buffers }) => {
                waiting.insert(if arguments.ordered { number } else { next }, (bytes, tally, buffers));
            }
            Ok(Message::Problem(words)) => {
                any_problem = true;
                progress.clear();
                terminal::complain(&format!("error: {words}\n"));
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        while let Some((bytes, of_block, buffers)) = waiting.remove(&next) {
            next += 1;
            tally.add(of_block);
            match terminal::write(&buffers.answers) {
                Ok(()) => {}
                // The threads may wait for input that never comes: they end with the program.
                Err(Unwritten::NobodyReads) => return tally.exit(any_problem),
                Err(Unwritten::Failed) => return Exit::Unusable,
            }
            progress.add(tally.records(), bytes);
            // Nobody takes it where everything has been read.
            let _ = messages.free.send(buffers);
        }
        progress.show();
    }
    progress.clear();
    terminal::complain(&tally.words());
    tally.exit(any_problem)
}

/// How many bytes there are to read, where all of them are files that tell.
fn size(files: &[OsString]) -> Option<u64> {
    let size = |word: &OsString| fs::metadata(word).ok().filter(fs::Metadata::is_file).map(|about| about.len());
    files.iter().map(|word| if word == input::STANDARD_INPUT { None } else { size(word) }).sum()
}

/// Where messages come from and where buffers go back to.
struct Messages {
    received: Receiver<Message>,
    free: SyncSender<Buffers>,
}

/// Starts the thread that reads and those that judge.
fn start(files: Vec<OsString>, terms: Terms, with_hash: bool) -> Messages {
    let judges = thread::available_parallelism().map_or(1, NonZero::get);
    let buffers = judges * BUFFERS_PER_JUDGE;
    let (free, free_buffers) = sync_channel(buffers);
    for _ in 0..buffers {
        let _ = free.send(Buffers::default());
    }
    let (work, blocks) = sync_channel(buffers);
    let (sender, received) = sync_channel(buffers);
    let problems = sender.clone();
    thread::spawn(move || read_all(&files, &free_buffers, &work, &problems));
    let (terms, blocks) = (Arc::new(terms), Arc::new(Mutex::new(blocks)));
    for _ in 0..judges {
        let (terms, blocks, sender) = (Arc::clone(&terms), Arc::clone(&blocks), sender.clone());
        thread::spawn(move || judge_all(&terms, with_hash, &blocks, &sender));
    }
    Messages { received, free }
}

/// Reads the files one after the other; ends when nobody takes blocks any more.
fn read_all(
    files: &[OsString],
    free: &Receiver<Buffers>,
    work: &SyncSender<(u64, Block, Buffers)>,
    problems: &SyncSender<Message>,
) {
    let mut number = 0;
    for word in files {
        let (name, from): (_, Box<dyn io::Read>) = if word == input::STANDARD_INPUT {
            (STANDARD_INPUT.to_owned(), Box::new(io::stdin()))
        } else {
            match input::open(Path::new(word), EXPECTED) {
                Ok((file, _)) => (word.to_string_lossy().into_owned(), Box::new(file)),
                Err(problem) => {
                    let _ = problems.send(Message::Problem(problem.to_string()));
                    continue;
                }
            }
        };
        let mut blocks = Blocks::new(&name, from);
        loop {
            let Ok(mut buffers) = free.recv() else { return };
            match blocks.next(std::mem::take(&mut buffers.block)) {
                Ok(Some(block)) => {
                    if work.send((number, block, buffers)).is_err() {
                        return;
                    }
                    number += 1;
                }
                ended => {
                    if let Err(error) = ended {
                        let words = format!("cannot read `{name}`: {}", reason(&error));
                        let _ = problems.send(Message::Problem(words));
                    }
                    break;
                }
            }
        }
    }
}

/// Judges blocks as long as there are any.
fn judge_all(
    terms: &Terms,
    with_hash: bool,
    blocks: &Mutex<Receiver<(u64, Block, Buffers)>>,
    sender: &SyncSender<Message>,
) {
    loop {
        let taken = blocks.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((number, block, mut buffers)) = taken else { return };
        buffers.answers.clear();
        buffers.answers.shrink_to(KEPT_BYTES);
        let tally = answer(terms, with_hash, number, &block, &mut buffers.answers);
        let bytes = block.length;
        buffers.block = block.bytes;
        buffers.block.shrink_to(KEPT_BYTES);
        if sender.send(Message::Answers { number, bytes, tally, buffers }).is_err() {
            return;
        }
    }
}
