//! LDAP: the extended request StartTLS ([RFC 4511 §4.14](https://www.rfc-editor.org/rfc/rfc4511#section-4.14)).

use super::wire::Wire;
use super::{NoStart, Step, inconclusive};

/// LDAPMessage 1 with an ExtendedRequest of 1.3.6.1.4.1.1466.20037.
const REQUEST: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const ENUMERATED: u8 = 0x0A;
const OCTET_STRING: u8 = 0x04;
const EXTENDED_RESPONSE: u8 = 0x78;

/// The longest answer that is one.
const LONGEST: usize = 16 * 1024;

pub(super) async fn start(wire: &mut Wire<'_>) -> Step {
    wire.send(REQUEST).await?;
    let message = message(wire).await?;
    let Some((id, code, words)) = result(&message) else {
        return inconclusive("the server answers StartTLS with something else than an extended response");
    };
    let words = format!("the server answers StartTLS with result {code} `{}`", super::shown(&words));
    match (id, code) {
        (1, 0) => Ok(()),
        // RFC 4511 section 4.14.1: protocolError is for what is not known.
        (1, 2) => Err(NoStart::NotAdvertised(words)),
        // unwillingToPerform, inappropriateAuthentication, other: its answer, whenever one asks.
        (1, 8 | 13 | 48 | 50 | 53 | 80) => Err(NoStart::Refused(words)),
        // busy, unavailable, operationsError, or a notice that it disconnects.
        _ => inconclusive(words),
    }
}

/// One message, without its tag and length.
async fn message(wire: &mut Wire<'_>) -> Step<Vec<u8>> {
    let no_message = || inconclusive("the server answers StartTLS with something else than LDAP");
    let mut byte = async || wire.bytes(1).await.map(|bytes| bytes.first().copied().unwrap_or_default());
    if byte().await? != SEQUENCE {
        return no_message();
    }
    // Active Directory writes lengths in four bytes, whatever they are.
    let length = match byte().await? {
        short @ 0..=0x7F => usize::from(short),
        long @ 0x81..=0x84 => {
            let mut length = 0;
            for _ in 0..long & 0x7F {
                length = length << 8 | usize::from(byte().await?);
            }
            length
        }
        _ => return no_message(),
    };
    if length > LONGEST { no_message() } else { wire.bytes(length).await }
}

/// The message's number, the result code and what is said about it.
fn result(message: &[u8]) -> Option<(u8, u8, String)> {
    let (id, rest) = element(message, INTEGER)?;
    let (response, _) = element(rest, EXTENDED_RESPONSE)?;
    let (code, rest) = element(response, ENUMERATED)?;
    let (_matched, rest) = element(rest, OCTET_STRING)?;
    let words = element(rest, OCTET_STRING).map(|(words, _)| String::from_utf8_lossy(words).into_owned());
    let (&[id], &[code]) = (id, code) else { return None };
    Some((id, code, words.unwrap_or_default()))
}

/// The content of the first element, if it has this tag, and what stands behind it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&[found, first], rest) = bytes.split_first_chunk()?;
    let count = match first {
        0..=0x7F => return (found == tag).then(|| rest.split_at_checked(usize::from(first))).flatten(),
        0x81..=0x84 => usize::from(first & 0x7F),
        _ => return None,
    };
    let (length, rest) = rest.split_at_checked(count)?;
    let length = length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    if found == tag { rest.split_at_checked(length) } else { None }
}

#[cfg(test)]
mod tests {
    use intransit::evidence::StartTls;

    use super::super::script::check_bytes;

    fn response(id: u8, code: u8, words: &[u8]) -> Vec<u8> {
        let operation = [&[ENUMERATED, 1, code, 4, 0, 4, words.len() as u8], words].concat();
        let content = [&[2, 1, id, EXTENDED_RESPONSE, operation.len() as u8], operation.as_slice()].concat();
        [&[SEQUENCE, content.len() as u8], content.as_slice()].concat()
    }

    use super::*;

    #[test]
    fn what_servers_answer() {
        let from_active_directory = [
            &[SEQUENCE, 0x84, 0, 0, 0, 16, 2, 1, 1, EXTENDED_RESPONSE, 0x84, 0, 0, 0, 7][..],
            &[ENUMERATED, 1, 0, 4, 0, 4, 0],
        ]
        .concat();
        let ask = "1.3.6.1.4.1.1466.20037";
        for (bytes, expected) in [
            (response(1, 0, b""), "started"),
            (from_active_directory, "started"),
            (response(1, 2, b"what?"), "not advertised: the server answers StartTLS with result 2 `what?`"),
            (response(1, 52, b"no certificate"), "inconclusive: the server answers StartTLS with result 52"),
            (response(1, 51, b"busy"), "inconclusive: the server answers StartTLS with result 51 `busy`"),
            (response(1, 53, b"never"), "refused: the server answers StartTLS with result 53 `never`"),
            (response(0, 0, b"bye"), "inconclusive: the server answers StartTLS with result 0 `bye`"),
            ([response(1, 0, b""), vec![0]].concat(), "inconclusive: the server sent more"),
            (vec![SEQUENCE, 3, 2, 1, 1], "inconclusive: the server answers StartTLS with something else than an ext"),
            (vec![SEQUENCE, 0x84, 255, 255, 255, 255], "inconclusive: the server answers StartTLS with something else"),
            (b"220 mx\r\n".to_vec(), "inconclusive: the server answers StartTLS with something else than LDAP"),
            (vec![SEQUENCE, 90, 2], "lost: the server closed"),
        ] {
            check_bytes(StartTls::Ldap, &[(ask, &bytes)], expected);
        }
    }
}
