//! What a server may send back, in pieces: the same answer as whole, never a panic.
//! `cargo +nightly fuzz run --fuzz-dir probe/fuzz answer`
#![no_main]

use intransit_probe::scan::codec::{Answer, Problem, Reader};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((first, bytes)) = data.split_first() else { return };
    let (offers_ssl2, piece) = (first & 1 == 1, usize::from(first >> 1).max(1));
    let (whole, mut pieces) = (read(bytes, bytes.len().max(1), offers_ssl2), read(bytes, piece, offers_ssl2));
    if let (Some(Problem::NotTls(_)), Some(Problem::NotTls(_))) = (&pieces.problem, &whole.problem) {
        pieces.problem = whole.problem.clone();
    }
    assert_eq!(pieces, whole);
});

fn read(bytes: &[u8], piece: usize, offers_ssl2: bool) -> Answer {
    let mut reader = Reader::new(offers_ssl2);
    let _ = bytes.chunks(piece).any(|part| reader.push(part));
    reader.into_answer()
}
