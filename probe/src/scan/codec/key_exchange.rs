//! What a ServerKeyExchange message shows: the group or the prime, and the scheme that it is signed with
//! ([RFC 5246 §7.4.3](https://www.rfc-editor.org/rfc/rfc5246#section-7.4.3),
//! [RFC 8422 §5.4](https://www.rfc-editor.org/rfc/rfc8422#section-5.4)).

use intransit::iana::{CipherSuite, KeyExchange, NamedGroup, ProtocolVersion, SignatureScheme};

use super::cursor::Cursor;

/// The parameters of an ephemeral key exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchanged {
    /// The group, where it is a curve.
    pub group: Option<NamedGroup>,
    /// The prime, big-endian without leading zeros, where it is a finite field.
    pub prime: Option<Vec<u8>>,
    /// The signature scheme, from TLS 1.2 on.
    pub scheme: Option<SignatureScheme>,
}

impl Exchanged {
    /// Reads the body of the message; `None` where the suite has no ephemeral keys, or it does not have the form.
    #[must_use]
    pub fn read(body: &[u8], suite: CipherSuite, version: ProtocolVersion) -> Option<Self> {
        let info = suite.info()?;
        let mut body = Cursor(body);
        if matches!(info.key_exchange, KeyExchange::DhePsk | KeyExchange::EcdhePsk) {
            body.vector(2)?;
        }
        let mut exchanged = Self { group: None, prime: None, scheme: None };
        match info.key_exchange {
            KeyExchange::Ecdhe | KeyExchange::EcdhePsk => {
                const NAMED: u8 = 3;
                exchanged.group = Some(match body.u8()? {
                    1 => NamedGroup(0xFF01),
                    2 => NamedGroup(0xFF02),
                    NAMED => NamedGroup(body.u16()?),
                    _ => return None,
                });
                if exchanged.group.is_some_and(|group| group.0 >= 0xFF01) {
                    return Some(exchanged);
                }
                body.vector(1)?;
            }
            KeyExchange::Dhe | KeyExchange::DheExport | KeyExchange::DhePsk => {
                let prime = body.vector(2)?.0;
                let start = prime.iter().position(|byte| *byte != 0)?;
                exchanged.prime = prime.get(start..).map(<[u8]>::to_vec);
                body.vector(2)?;
                body.vector(2)?;
            }
            _ => return None,
        }
        let is_signed = !info.is_anonymous() && matches!(info.key_exchange, KeyExchange::Ecdhe | KeyExchange::Dhe);
        if is_signed && version == ProtocolVersion::TLS1_2 {
            exchanged.scheme = body.u16().map(SignatureScheme);
        }
        Some(exchanged)
    }
}

/// Bits of a big-endian number without leading zeros.
#[must_use]
pub fn bits(number: &[u8]) -> u32 {
    let whole = u32::try_from(number.len()).unwrap_or(u32::MAX).saturating_mul(8);
    whole.saturating_sub(number.first().map_or(0, |first| first.leading_zeros()))
}
