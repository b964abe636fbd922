//! What the targets do: plain functions, which the tests call as well.

use intransit_probe::scan::codec::{Answer, Problem, Reader};
use intransit_probe::scan::starttls::rehearsal::rehearse;

/// What a server may send back to a hello, in pieces: the same answer as whole, never a panic.
pub(crate) fn answer(data: &[u8]) {
    let Some((first, bytes)) = data.split_first() else { return };
    let (offers_ssl2, piece) = (first & 1 == 1, usize::from(first >> 1).max(1));
    let (whole, mut pieces) = (read(bytes, bytes.len().max(1), offers_ssl2), read(bytes, piece, offers_ssl2));
    if let (Some(Problem::NotTls(_)), Some(Problem::NotTls(_))) = (&pieces.problem, &whole.problem) {
        pieces.problem = whole.problem.clone();
    }
    assert_eq!(pieces, whole);
}

fn read(bytes: &[u8], piece: usize, offers_ssl2: bool) -> Answer {
    let mut reader = Reader::new(offers_ssl2);
    let _ = bytes.chunks(piece).any(|part| reader.push(part));
    reader.into_answer()
}

/// What a server may say before TLS: it ends, the client says little, and whether TLS starts does not depend on how the
/// words arrive, but for what stands behind the consent.
pub(crate) fn starttls(data: &[u8]) {
    let [number, piece, server @ ..] = data else { return };
    let number = usize::from(*number);
    let (whole, pieces) = (rehearse(number, server, usize::MAX), rehearse(number, server, usize::from(*piece)));
    for rehearsed in [&whole, &pieces] {
        assert!(rehearsed.said.len() < 4096, "{} bytes", rehearsed.said.len());
        assert_ne!(rehearsed.started, Err("it waits for nothing".to_owned()));
    }
    let is_behind = |started: &Result<(), String>| started.as_ref().is_err_and(|why| why.contains("sent more"));
    assert!(whole.started.is_err() || pieces.started.is_ok(), "{whole:?} {pieces:?}");
    assert!(pieces.started.is_err() || whole.started.is_ok() || is_behind(&whole.started), "{whole:?} {pieces:?}");
}
