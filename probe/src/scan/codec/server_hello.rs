//! The ServerHello, and the HelloRetryRequest that has its form
//! ([RFC 8446 §4.1.3](https://www.rfc-editor.org/rfc/rfc8446#section-4.1.3)).

use intransit::iana::{CipherSuite, NamedGroup, ProtocolVersion};

use super::cursor::Cursor;
use super::hello::{APPLICATION_PROTOCOLS, KEY_SHARE, SUPPORTED_VERSIONS};

/// SHA-256 of `HelloRetryRequest`.
const RETRY_RANDOM: [u8; 32] = [
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91, 0xC2, 0xA2, 0x11,
    0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
];

/// What a server chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerHello {
    /// The version.
    pub version: ProtocolVersion,
    /// The suite.
    pub suite: CipherSuite,
    /// The compression method; 0 is none.
    pub compression: u8,
    /// Whether it is a HelloRetryRequest.
    pub is_retry: bool,
    /// The group of TLS 1.3.
    pub group: Option<NamedGroup>,
    /// The application protocol, where it is said in the clear.
    pub application_protocol: Option<String>,
    /// The numbers of its extensions.
    pub extensions: Vec<u16>,
}

impl ServerHello {
    /// Reads the body of the message; `None` where it does not have the form.
    #[must_use]
    pub fn read(body: &[u8]) -> Option<Self> {
        let mut body = Cursor(body);
        let version = ProtocolVersion(body.u16()?);
        let random = body.take(32)?;
        body.vector(1)?;
        let mut hello = Self {
            version,
            suite: CipherSuite(body.u16()?),
            compression: body.u8()?,
            is_retry: random == RETRY_RANDOM,
            group: None,
            application_protocol: None,
            extensions: Vec::new(),
        };
        if body.is_empty() {
            return Some(hello);
        }
        let mut extensions = body.vector(2)?;
        while !extensions.is_empty() {
            let (number, mut content) = (extensions.u16()?, extensions.vector(2)?);
            hello.extensions.push(number);
            match number {
                SUPPORTED_VERSIONS => hello.version = ProtocolVersion(content.u16()?),
                KEY_SHARE => hello.group = Some(NamedGroup(content.u16()?)),
                APPLICATION_PROTOCOLS => {
                    let name = content.vector(2)?.vector(1)?;
                    hello.application_protocol = Some(String::from_utf8_lossy(name.0).into_owned());
                }
                _ => {}
            }
        }
        Some(hello)
    }

    /// Whether this extension was answered.
    #[must_use]
    pub fn has(&self, extension: u16) -> bool {
        self.extensions.contains(&extension)
    }
}
