//! From a plain conversation to TLS: one file for each application protocol.
//!
//! A server that is busy (421, 454) has not said that it has no TLS.

mod smtp;

use std::net::IpAddr;

use intransit::evidence::StartTls;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The protocols that can be asked for TLS, by the name that the command line takes.
pub(crate) const PROTOCOLS: &[StartTls] = &[StartTls::Smtp];

/// The protocol of this name, if it is spoken here.
pub(crate) fn named(name: &str) -> Option<StartTls> {
    StartTls::from_name(name).filter(|protocol| PROTOCOLS.contains(protocol))
}

/// Why TLS does not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoStart {
    /// The server lists what it can do, and this is not there.
    NotAdvertised(String),
    /// It says no for now, or says something else; nothing follows from it.
    Inconclusive(String),
    /// It closed or reset the connection.
    Lost(String),
}

/// Asks for TLS; the next byte on the connection belongs to it.
pub(crate) async fn start(protocol: StartTls, stream: &mut TcpStream) -> Result<(), NoStart> {
    let mut wire = Wire { stream, pending: Vec::new(), total: 0 };
    match protocol {
        StartTls::Smtp => smtp::start(&mut wire).await?,
        other => return Err(NoStart::Inconclusive(format!("STARTTLS of `{}` is not spoken here", other.name()))),
    }
    match wire.pending.is_empty() {
        true => Ok(()),
        false => Err(NoStart::Inconclusive("the server sent more behind its consent to start TLS".to_owned())),
    }
}

/// A plain conversation: lines and bytes, bounded.
pub(crate) struct Wire<'a> {
    stream: &'a mut TcpStream,
    pending: Vec<u8>,
    total: usize,
}

impl Wire<'_> {
    const MOST: usize = 64 * 1024;

    /// The next line, without its end; what is not UTF-8 is replaced.
    pub(crate) async fn line(&mut self) -> Result<String, NoStart> {
        loop {
            if let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.pending.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned());
            }
            self.fill().await?;
        }
    }

    /// The next bytes, exactly so many.
    #[expect(dead_code, reason = "for the protocols that are not lines")]
    pub(crate) async fn bytes(&mut self, count: usize) -> Result<Vec<u8>, NoStart> {
        while self.pending.len() < count {
            self.fill().await?;
        }
        Ok(self.pending.drain(..count).collect())
    }

    /// What a client without a name calls itself: its address (RFC 5321 section 4.1.3).
    pub(crate) fn address_literal(&self) -> String {
        match self.stream.local_addr().map(|address| address.ip()) {
            Ok(IpAddr::V4(address)) => format!("[{address}]"),
            Ok(IpAddr::V6(address)) => format!("[IPv6:{address}]"),
            Err(_) => "[127.0.0.1]".to_owned(),
        }
    }

    /// Sends.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> Result<(), NoStart> {
        self.stream.write_all(bytes).await.map_err(|error| NoStart::Lost(error.to_string()))
    }

    async fn fill(&mut self) -> Result<(), NoStart> {
        let mut buffer = [0; 4096];
        let read = self.stream.read(&mut buffer).await.map_err(|error| NoStart::Lost(error.to_string()))?;
        if read == 0 {
            return Err(NoStart::Lost("the server closed the connection before TLS".to_owned()));
        }
        self.total += read;
        if self.total > Self::MOST {
            return Err(NoStart::Inconclusive("the server talks too much before TLS".to_owned()));
        }
        self.pending.extend(buffer.iter().take(read));
        Ok(())
    }
}
