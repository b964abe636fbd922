//! What stands between the armour lines: base64 in every layout that pastes, mails, logs and JSON give it.

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::pki::tlv;

/// Padding is counted by [`collect`]; bits behind the last byte carry nothing.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// How far [`collect`] reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// To the end of the text.
    End,
    /// To the end of the DER element that the base64 starts with, by its own length.
    Complete,
}

/// The base64 symbols of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Body {
    /// Symbols without padding.
    pub symbols: Vec<u8>,
    /// Offset behind the last symbol that was taken.
    pub end: usize,
    /// The first thing that is no base64: its offset, and the character.
    pub bad: Option<(usize, Bad)>,
    /// Whether the DER element is complete; only with [`Until::Complete`].
    pub complete: bool,
}

/// Why reading stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bad {
    /// A character that base64 does not have.
    Character(char),
    /// More base64 behind the padding.
    BehindPadding,
}

/// Collects symbols. Left out are: white space, invisible characters, quoting (`> `, `| `) at the start of lines,
/// header lines ([RFC 1421 §4.6]), and JSON's escapes, which may be doubled and may also hide `/`, `+` and `=`.
///
/// [RFC 1421 §4.6]: https://www.rfc-editor.org/rfc/rfc1421#section-4.6
pub(super) fn collect(text: &str, until: Until) -> Body {
    if let (Until::End, Some(body)) = (until, plain(text)) {
        return body;
    }
    let mut body = Body { symbols: Vec::new(), end: 0, bad: None, complete: false };
    let (mut line_starts, mut in_header, mut padded) = (true, false, false);
    let mut needed = None;
    let mut characters = text.char_indices().peekable();
    while let Some((at, mut c)) = characters.next() {
        let mut behind = at + c.len_utf8();
        if c == '\\' {
            while characters.next_if(|(_, c)| *c == '\\').is_some() {}
            let Some(&(next_at, next)) = characters.peek() else { break };
            match next {
                'n' | 'r' => c = '\n',
                't' => c = ' ',
                'u' => match text.get(next_at + 1..next_at + 5).and_then(|hex| u32::from_str_radix(hex, 16).ok()) {
                    Some(code) => {
                        c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                        let _ = characters.by_ref().take(4).count();
                        behind = next_at + 5;
                    }
                    None => continue,
                },
                _ => continue,
            }
            let _ = characters.next();
            behind = behind.max(next_at + 1);
        }
        if matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}') {
            (line_starts, in_header) = (true, false);
            continue;
        }
        if in_header || c.is_whitespace() || is_invisible(c) || line_starts && matches!(c, '>' | '|') {
            continue;
        }
        if line_starts && body.symbols.is_empty() && is_header(text.get(at..).unwrap_or("")) {
            in_header = true;
            continue;
        }
        line_starts = false;
        if c == '=' {
            padded = true;
            body.end = behind;
        } else if !u8::try_from(c).is_ok_and(is_symbol) {
            body.bad = Some((at, Bad::Character(c)));
            break;
        } else if body.complete {
            break;
        } else if padded {
            body.bad = Some((at, Bad::BehindPadding));
            break;
        } else {
            body.symbols.push(u8::try_from(c).unwrap_or(b'A'));
            body.end = behind;
        }
        if until == Until::Complete {
            if body.symbols.len() == 8 && needed.is_none() {
                let header = BASE64.decode(&body.symbols).ok();
                needed = header.and_then(|header| tlv::claimed_length(&header)).map(|bytes| (bytes * 4).div_ceil(3));
            }
            body.complete = needed.is_some_and(|needed| body.symbols.len() as u64 >= needed);
            if body.complete && characters.peek().is_none_or(|(_, next)| *next != '=') {
                break;
            }
        }
    }
    body
}

/// What [`collect`] gives for lines of base64 alone, which is what nearly all texts are; none for any other text.
fn plain(text: &str) -> Option<Body> {
    let bytes = text.as_bytes();
    let mut symbols = Vec::with_capacity(bytes.len());
    let mut at = 0;
    let mut end = 0;
    let mut padded = false;
    while let Some(&first) = bytes.get(at) {
        if let b' ' | b'\n' | b'\r' | b'\t' = first {
            at += 1;
            continue;
        }
        let rest = bytes.get(at..)?;
        let length = rest.iter().position(|byte| !is_symbol(*byte)).unwrap_or(rest.len());
        let padding = rest.get(length..)?.iter().take_while(|byte| **byte == b'=').count();
        if length + padding == 0 || (padded && length > 0) {
            return None;
        }
        symbols.extend_from_slice(rest.get(..length)?);
        padded |= padding > 0;
        at += length + padding;
        end = at;
    }
    Some(Body { symbols, end, bad: None, complete: false })
}

fn is_symbol(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/'
}

/// The bytes of collected symbols; `None` when a lone symbol is left over.
pub(super) fn decode(symbols: &[u8]) -> Option<Vec<u8>> {
    BASE64.decode(symbols).ok()
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}')
}

/// `Proc-Type: 4,ENCRYPTED`. Base64 has no colon.
fn is_header(text: &str) -> bool {
    let name = text.bytes().take(64).take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'-').count();
    name > 0 && text.as_bytes().get(name) == Some(&b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_gives_the_same_symbols() {
        for text in [
            "QUJDRA==",
            "QUJDRA",
            "\nQUJD\nRA==\n",
            "\r\n  QUJD\r\n\tRA=\r\n=",
            "\rQUJD\rRA==",
            "> QUJD\n>> RA==\n> ",
            "| QUJD\n| RA==",
            "\\nQUJD\\nRA==\\n",
            "\\r\\nQUJD\\\\nRA\\u003d\\u003d\\n",
            "\\u000aQUJDRA==",
            " QUJD RA== ",
            "\u{200B}QUJD\u{A0}R\u{FEFF}A==",
            "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nQUJD\nRA==",
            "\\nProc-Type: 4,ENCRYPTED\\n\\nQUJDRA==",
            "QUJD\\\nRA==",
        ] {
            let body = collect(text, Until::End);
            assert_eq!((body.bad, decode(&body.symbols).as_deref()), (None, Some(&b"ABCD"[..])), "{text:?}");
        }
        assert_eq!(decode(&collect("\\/\\/\\u002bA", Until::End).symbols), decode(b"//+A"));
        assert_eq!(decode(b"QUJDR"), None);
    }

    #[test]
    fn what_is_no_base64_is_named() {
        for (text, bad) in [
            ("QU*D", (2, Bad::Character('*'))),
            ("QUJD\nRé==", (6, Bad::Character('é'))),
            ("QQ==QQ==", (4, Bad::BehindPadding)),
        ] {
            assert_eq!(collect(text, Until::End).bad, Some(bad));
        }
    }

    #[test]
    fn a_complete_element_ends_by_its_own_length() {
        let body = collect("MAYCAQECAQE=\n\nand so on", Until::Complete);
        assert_eq!((body.complete, body.end, body.bad), (true, 12, None));
        let body = collect("MAYC AQECAQE and so on", Until::Complete);
        assert_eq!((body.complete, body.end, body.bad), (true, 12, None));
        assert!(!collect("MIIBCgKCAQEA", Until::Complete).complete);
    }
}
