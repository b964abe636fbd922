//! Reading reports natively against `serde_json::from_str::<Value>` with `arbitrary_precision`, on the same bytes.
//!
//! `read FILE…` prints one JSON object a line: the file, its bytes, and nanoseconds of each contender, round by round.
//! The contenders take turns. Both start from bytes, and both free what they made.

use std::hint::black_box;
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use intransit_benches::read;
use serde_json::{Value, json};

const ROUNDS: usize = 31;
const TURN: Duration = Duration::from_millis(8);

fn main() {
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("`{path}`: {error}"));
        assert!(read(&bytes) > 0, "`{path}`: nothing in it was read");
        assert!(parsed(&bytes).is_object() || parsed(&bytes).is_array());
        let we = || {
            black_box(read(black_box(&bytes)));
        };
        let they = || drop(black_box(parsed(black_box(&bytes))));
        let runs = [runs_in_a_turn(we), runs_in_a_turn(they)];
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(nanoseconds(we, runs[0]));
            theirs.push(nanoseconds(they, runs[1]));
        }
        println!("{}", json!({ "file": path, "bytes": bytes.len(), "ours": ours, "theirs": theirs }));
    }
}

fn parsed(bytes: &[u8]) -> Value {
    let text = std::str::from_utf8(bytes).expect("expected UTF-8");
    serde_json::from_str(text).expect("expected JSON")
}

fn runs_in_a_turn(work: impl Fn()) -> u32 {
    let started = Instant::now();
    let mut runs = 0;
    while started.elapsed() < TURN {
        work();
        runs += 1;
    }
    runs
}

/// Nanoseconds on the processor for one run: on a machine with other work, the time of the wall says little.
fn nanoseconds(work: impl Fn(), runs: u32) -> f64 {
    let started = ProcessTime::now();
    for _ in 0..runs {
        work();
    }
    started.elapsed().as_nanos() as f64 / f64::from(runs)
}
