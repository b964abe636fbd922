//! A plain conversation in lines and bytes, of which the server has a limited share.

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::{NoStart, Step, inconclusive};

/// What a conversation is held over.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// One conversation.
pub(super) struct Wire<'a> {
    stream: &'a mut dyn Stream,
    pending: Vec<u8>,
    total: usize,
}

/// The most that a server may say before TLS, in bytes.
const MOST: usize = 64 * 1024;
/// The most in one line: RFC 3501 and its kin have none, and capabilities stand in one.
const LONGEST_LINE: usize = 8 * 1024;

impl<'a> Wire<'a> {
    pub(super) fn new(stream: &'a mut dyn Stream) -> Self {
        Self { stream, pending: Vec::new(), total: 0 }
    }

    /// Whether nothing is there that was not asked for yet.
    pub(super) const fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// The next line, without its end; what is not UTF-8 is replaced.
    pub(super) async fn line(&mut self) -> Step<String> {
        let line = self.until(b'\n', LONGEST_LINE).await?;
        Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
    }

    /// The next bytes up to this one, with it, at most so many.
    pub(super) async fn until(&mut self, end: u8, most: usize) -> Step<Vec<u8>> {
        let mut searched = 0;
        loop {
            if let Some(at) = self.pending.iter().skip(searched).position(|byte| *byte == end) {
                return Ok(self.pending.drain(..=searched + at).collect());
            }
            searched = self.pending.len();
            if searched >= most {
                return inconclusive("the server sends a line without an end");
            }
            self.fill().await?;
        }
    }

    /// The next bytes, exactly so many.
    pub(super) async fn bytes(&mut self, count: usize) -> Step<Vec<u8>> {
        if count > MOST {
            return inconclusive("the server talks too much before TLS");
        }
        while self.pending.len() < count {
            self.fill().await?;
        }
        Ok(self.pending.drain(..count).collect())
    }

    /// Sends.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> Step {
        self.stream.write_all(bytes).await.map_err(|error| NoStart::Lost(error.to_string()))
    }

    /// Sends a line.
    pub(super) async fn say(&mut self, words: &str) -> Step {
        self.send(format!("{words}\r\n").as_bytes()).await
    }

    async fn fill(&mut self) -> Step {
        let mut buffer = [0; 4096];
        let read = self.stream.read(&mut buffer).await.map_err(|error| NoStart::Lost(error.to_string()))?;
        if read == 0 {
            return Err(NoStart::Lost("the server closed the connection before TLS".to_owned()));
        }
        self.total += read;
        if self.total > MOST {
            return inconclusive("the server talks too much before TLS");
        }
        self.pending.extend(buffer.iter().take(read));
        Ok(())
    }
}
