//! SSL 2.0: its CLIENT-HELLO and SERVER-HELLO, of the draft of 1995 and
//! [RFC 6176](https://www.rfc-editor.org/rfc/rfc6176), which prohibits them.

use super::cursor::{Cursor, put_vector};

/// The kinds of ciphers, each of three bytes, with their names in the draft.
pub const KINDS: [([u8; 3], &str); 7] = [
    ([0x01, 0x00, 0x80], "SSL_CK_RC4_128_WITH_MD5"),
    ([0x02, 0x00, 0x80], "SSL_CK_RC4_128_EXPORT40_WITH_MD5"),
    ([0x03, 0x00, 0x80], "SSL_CK_RC2_128_CBC_WITH_MD5"),
    ([0x04, 0x00, 0x80], "SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5"),
    ([0x05, 0x00, 0x80], "SSL_CK_IDEA_128_CBC_WITH_MD5"),
    ([0x06, 0x00, 0x40], "SSL_CK_DES_64_CBC_WITH_MD5"),
    ([0x07, 0x00, 0xC0], "SSL_CK_DES_192_EDE3_CBC_WITH_MD5"),
];

/// What a server of SSL 2.0 answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ssl2Hello {
    /// The kinds of ciphers that it takes.
    pub kinds: Vec<[u8; 3]>,
    /// Its certificate, if it sent one.
    pub certificate: Vec<u8>,
}

/// A CLIENT-HELLO that offers every kind.
#[must_use]
pub fn client_hello(challenge: &[u8; 32]) -> Vec<u8> {
    const CHALLENGE: usize = 16;
    let mut body = vec![1, 0, 2];
    let kinds: Vec<u8> = KINDS.iter().flat_map(|(kind, _)| *kind).collect();
    for length in [kinds.len(), 0, CHALLENGE] {
        body.extend(u16::try_from(length).unwrap_or_default().to_be_bytes());
    }
    body.extend(kinds);
    body.extend(challenge.iter().take(CHALLENGE));
    let mut out = Vec::new();
    put_vector(&mut out, 2, &body);
    if let Some(first) = out.first_mut() {
        *first |= 0x80;
    }
    out
}

/// A record of SSL 2.0.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ssl2Record {
    /// It is not there whole.
    Incomplete,
    /// A SERVER-HELLO.
    Hello(Ssl2Hello),
    /// An ERROR message, with its number.
    Error(u16),
    /// Neither.
    Other,
}

/// Reads the first record of the answer to a CLIENT-HELLO.
pub(super) fn record(bytes: &[u8]) -> Ssl2Record {
    let mut bytes = Cursor(bytes);
    let Some(head) = bytes.u16() else { return Ssl2Record::Incomplete };
    let (length, padding) = if head & 0x8000 != 0 {
        (head & 0x7FFF, 0)
    } else {
        let Some(padding) = bytes.u8() else { return Ssl2Record::Incomplete };
        (head & 0x3FFF, usize::from(padding))
    };
    let Some(body) = bytes.take(usize::from(length)) else { return Ssl2Record::Incomplete };
    let body = body.get(..body.len().saturating_sub(padding)).unwrap_or_default();
    message(body).unwrap_or(Ssl2Record::Other)
}

fn message(body: &[u8]) -> Option<Ssl2Record> {
    let mut body = Cursor(body);
    match body.u8()? {
        0 => Some(Ssl2Record::Error(body.u16()?)),
        4 => {
            body.take(2)?;
            if body.u16()? != 2 {
                return None;
            }
            let lengths = (body.u16()?, body.u16()?, body.u16()?);
            let certificate = body.take(usize::from(lengths.0))?.to_vec();
            let kinds = body.take(usize::from(lengths.1))?;
            body.take(usize::from(lengths.2))?;
            let kinds = kinds.chunks_exact(3).filter_map(|kind| kind.try_into().ok()).collect();
            Some(Ssl2Record::Hello(Ssl2Hello { kinds, certificate }))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hello_offers_every_kind() {
        let bytes = client_hello(&[7; 32]);
        assert_eq!(bytes[..11], [0x80, 46, 1, 0, 2, 0, 21, 0, 0, 0, 16]);
        assert_eq!(bytes.len(), 48);
    }

    #[test]
    fn answers_are_read_whole_or_not_at_all() {
        let hello = [0x80, 21, 4, 0, 1, 0, 2, 0, 2, 0, 3, 0, 5, 9, 9, 7, 0, 0xC0, 1, 2, 3, 4, 5];
        let expected = Ssl2Hello { kinds: vec![[7, 0, 0xC0]], certificate: vec![9, 9] };
        assert_eq!(record(&hello), Ssl2Record::Hello(expected));
        for end in 0..hello.len() {
            assert_eq!(record(&hello[..end]), Ssl2Record::Incomplete);
        }
        assert_eq!(record(&[0x80, 3, 0, 0, 1]), Ssl2Record::Error(1));
        assert_eq!(record(&[0x80, 3, 9, 0, 1]), Ssl2Record::Other);
        assert_eq!(record(&[0x80, 1, 4]), Ssl2Record::Other);
        assert_eq!(record(&[0, 3, 1, 0, 0, 1]), Ssl2Record::Other);
    }
}
