//! A server that follows a script, in memory: what it waits for, and what it answers.

use std::io;
use std::net::Ipv4Addr;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use intransit::evidence::StartTls;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Ends, NoStart, Step, Stream, start};

/// The other side of the conversation.
struct Script<'a> {
    /// What the client has to say next, and the answer to it.
    turns: &'a [(&'a str, &'a [u8])],
    said: Vec<u8>,
    unheard: usize,
    answer: &'a [u8],
    chunk: usize,
}

impl AsyncRead for Script<'_> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.answer.is_empty()
            && let Some(((expected, answer), rest)) = self.turns.split_first()
            && String::from_utf8_lossy(&self.said[self.unheard..]).contains(expected)
        {
            self.unheard = self.said.len();
            self.answer = answer;
            self.turns = rest;
        }
        let count = self.answer.len().min(self.chunk).min(buffer.remaining());
        let (now, later) = self.answer.split_at(count);
        buffer.put_slice(now);
        self.answer = later;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Script<'_> {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.said.extend(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Holds the conversation; what came of it, and what was said.
pub(super) fn converse(protocol: StartTls, turns: &[(&str, &[u8])]) -> (Step, Vec<u8>) {
    converse_with(protocol, "example.org", turns)
}

pub(super) fn converse_with(protocol: StartTls, host: &str, turns: &[(&str, &[u8])]) -> (Step, Vec<u8>) {
    converse_in(usize::MAX, protocol, host, turns)
}

fn converse_in(chunk: usize, protocol: StartTls, host: &str, turns: &[(&str, &[u8])]) -> (Step, Vec<u8>) {
    let mut script = Script { turns, said: Vec::new(), unheard: 0, answer: &[], chunk };
    let ends = Ends { host, ourselves: Some(Ipv4Addr::new(192, 0, 2, 9).into()) };
    let started = {
        let mut conversation = pin!(start(protocol, ends, &mut script));
        match conversation.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(started) => started,
            Poll::Pending => panic!("the script never lets anybody wait"),
        }
    };
    (started, script.said)
}

/// Holds a conversation of another kind, in whole answers.
pub(super) fn hold<T>(turns: &[(&str, &str)], talk: impl AsyncFnOnce(&mut dyn Stream, Ends<'_>) -> T) -> T {
    let turns: Vec<(&str, &[u8])> = turns.iter().map(|(asked, answer)| (*asked, answer.as_bytes())).collect();
    let mut script = Script { turns: &turns, said: Vec::new(), unheard: 0, answer: &[], chunk: usize::MAX };
    let ends = Ends { host: "example.org", ourselves: Some(Ipv4Addr::new(192, 0, 2, 9).into()) };
    let mut conversation = pin!(talk(&mut script, ends));
    match conversation.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(said) => said,
        Poll::Pending => panic!("the script never lets anybody wait"),
    }
}

/// Holds it in whole answers and byte by byte, and compares what came of it.
pub(super) fn check_bytes(protocol: StartTls, turns: &[(&str, &[u8])], expected: &str) {
    for chunk in [usize::MAX, 1] {
        let (started, _) = converse_in(chunk, protocol, "example.org", turns);
        let words = match started {
            Ok(()) => "started".to_owned(),
            Err(NoStart::NotAdvertised(words)) => format!("not advertised: {words}"),
            Err(NoStart::Refused(words)) => format!("refused: {words}"),
            Err(NoStart::Inconclusive(words)) => format!("inconclusive: {words}"),
            Err(NoStart::Lost(words)) => format!("lost: {words}"),
        };
        // Byte by byte, what comes behind the consent has not arrived yet.
        let is_later = chunk == 1 && expected.contains("sent more") && words == "started";
        assert!(words.starts_with(expected) || is_later, "expected `{expected}`, found `{words}`: {turns:?}");
    }
}

pub(super) fn check(protocol: StartTls, turns: &[(&str, &str)], expected: &str) {
    let turns: Vec<(&str, &[u8])> = turns.iter().map(|(asked, answer)| (*asked, answer.as_bytes())).collect();
    check_bytes(protocol, &turns, expected);
}

/// Numbers that look random and are the same each time (Knuth's MMIX).
pub(super) fn seeded(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    }
}
