//! The conversations without a connection, for tests and for fuzzing: the server has said everything already.

use std::io;
use std::net::Ipv4Addr;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, ReadBuf, join};

use super::{Ends, PROTOCOLS, start};

/// What came of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsed {
    /// Whether TLS may start; otherwise why not.
    pub started: Result<(), String>,
    /// What the client said.
    pub said: Vec<u8>,
}

/// What the server has said, so many bytes at a time.
struct Heard<'a> {
    rest: &'a [u8],
    piece: usize,
}

impl AsyncRead for Heard<'_> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let (now, later) = self.rest.split_at(self.rest.len().min(self.piece).min(buffer.remaining()));
        buffer.put_slice(now);
        self.rest = later;
        Poll::Ready(Ok(()))
    }
}

/// Holds the conversation of the protocol of this number, which is taken modulo their count, with a server that says
/// `server`, so many bytes at a time.
#[must_use]
pub fn rehearse(number: usize, server: &[u8], piece: usize) -> Rehearsed {
    let mut stream = join(Heard { rest: server, piece: piece.max(1) }, Vec::new());
    let protocol = PROTOCOLS.get(number % PROTOCOLS.len()).map(|(protocol, _)| *protocol);
    let ends = Ends { host: "example.org", ourselves: Some(Ipv4Addr::new(192, 0, 2, 9).into()) };
    let polled = match protocol {
        Some(protocol) => {
            pin!(start(protocol, ends, &mut stream)).as_mut().poll(&mut Context::from_waker(Waker::noop()))
        }
        None => Poll::Pending,
    };
    let started = match polled {
        Poll::Ready(started) => started.map_err(|why| why.words().to_owned()),
        Poll::Pending => Err("it waits for nothing".to_owned()),
    };
    Rehearsed { started, said: stream.into_inner().1 }
}
