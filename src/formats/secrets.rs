//! Keys of sessions and tunnels in pasted text: with them recorded traffic can be decrypted, so that they are blanked
//! before anything else looks at them.
//!
//! `openssl s_client` prints the master key or the resumption PSK of a session, `ip xfrm state` the keys of each
//! security association, `az` the pre-shared key of a VPN connection, and key logs (the NSS format, draft-ietf-tls-keylogfile) are made to be pasted.

use std::ops::Range;

use memchr::{memchr, memchr2};

use super::json::skip_indentation;
use crate::search::find;
use crate::source::SourceText;

/// What the lines start with, in lower case.
const LINES: [&str; 14] = [
    "master-key",
    "resumption psk",
    "enc ",
    "auth ",
    "auth-trunc ",
    "aead ",
    "client_random ",
    "client_early_traffic_secret ",
    "client_handshake_traffic_secret ",
    "server_handshake_traffic_secret ",
    "client_traffic_secret_",
    "server_traffic_secret_",
    "early_exporter_secret ",
    "exporter_secret ",
];

/// Shorter runs of hexadecimal digits are no keys: 64 bits.
const LEAST_DIGITS: usize = 16;

/// The member of `az` that holds a pre-shared key.
const MEMBER: &str = "\"sharedKey\"";

/// The ranges to blank, in order and apart from each other.
pub(super) fn session_keys(source: &SourceText) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let text = source.text();
    let (may_be_associated, may_be_shared) = marks(text.as_bytes());
    for (at, end) in source.lines() {
        let is_secret = begins_as_secret(text.as_bytes(), at, end) && is_secret(text.get(at..end).unwrap_or_default());
        if !is_secret && !may_be_shared && !may_be_associated {
            continue;
        }
        let line = text.get(at..end).unwrap_or_default();
        let before = ranges.len();
        if may_be_shared {
            pre_shared(line, at, &mut ranges);
        }
        // Within a value that is blanked as a whole nothing else needs to be.
        if ranges.len() == before && (is_secret || may_be_associated && is_association(line)) {
            digits(line, at, !is_secret, &mut ranges);
        }
    }
    ranges
}

/// Whether there is `0x` with enough digits for a key, and whether there is [`MEMBER`]: lines without are most.
fn marks(bytes: &[u8]) -> (bool, bool) {
    // The capital letter, which is rare, is behind this much of the member's name.
    const BEFORE: usize = 7;
    let (mut digits, mut member) = (false, false);
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr2(b'x', b'K', rest)) {
        at += found;
        let rest = |before: usize| at.checked_sub(before).and_then(|start| bytes.get(start..)).unwrap_or_default();
        member |= rest(BEFORE).starts_with(MEMBER.as_bytes());
        digits |= rest(1).strip_prefix(b"0x").and_then(|rest| rest.get(..LEAST_DIGITS)).is_some_and(are_digits);
        at += 1;
    }
    (digits, member)
}

fn are_digits(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_hexdigit)
}

/// Whether a line begins with the first letter of one of [`LINES`], quoted or not: nearly none does.
fn begins_as_secret(bytes: &[u8], start: usize, end: usize) -> bool {
    let mut at = skip_indentation(bytes, start);
    while at < end {
        match bytes.get(at) {
            Some(b'\t'..=b'\r' | b' ' | b'>' | b'|' | b'#' | b'*') => at += 1,
            Some(first) => return matches!(first | 0x20, b'a' | b'c' | b'e' | b'm' | b'r' | b's') || !first.is_ascii(),
            None => break,
        }
    }
    false
}

/// Whether a line begins as one of [`LINES`], quoted or not.
fn is_secret(line: &str) -> bool {
    let words = line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '>' | '|' | '#' | '*'));
    LINES.iter().any(|start| words.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)))
}

/// Whether a line is an association on one line (`ip -o`), or the command that makes one.
fn is_association(line: &str) -> bool {
    let has = |mark: &str| find(line.as_bytes(), mark.as_bytes()).is_some();
    memchr(b'x', line.as_bytes()).is_some() && ["proto esp ", "proto ah ", "xfrm state "].into_iter().any(has)
}

/// The values of `"sharedKey"`, the pre-shared key of a VPN connection as `az` prints it.
fn pre_shared(line: &str, offset: usize, ranges: &mut Vec<Range<usize>>) {
    let mut rest = line;
    while let Some(at) = find(rest.as_bytes(), MEMBER.as_bytes()) {
        rest = rest.get(at + MEMBER.len()..).unwrap_or_default();
        let Some(value) =
            rest.trim_start().strip_prefix(':').map(str::trim_start).and_then(|rest| rest.strip_prefix('"'))
        else {
            continue;
        };
        let mut is_escaped = false;
        let end = value.find(|c: char| {
            let ends = c == '"' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            ends
        });
        let start = offset + line.len() - value.len();
        ranges.push(start..start + end.unwrap_or(value.len()));
    }
}

/// The runs of hexadecimal digits that may be keys, in a line that stands at this offset; only those behind `0x` where
/// others may be of something else.
fn digits(line: &str, offset: usize, only_marked: bool, ranges: &mut Vec<Range<usize>>) {
    let mut begin = None;
    for (at, byte) in line.bytes().chain([b'\n']).enumerate() {
        match (byte.is_ascii_hexdigit(), begin) {
            (true, None) => begin = Some(at),
            (false, Some(start)) => {
                let is_marked = line.get(..start).is_some_and(|before| before.ends_with("0x"));
                if at - start >= LEAST_DIGITS && (is_marked || !only_marked) {
                    ranges.push(offset + start..offset + at);
                }
                begin = None;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789ABCDEF";

    #[test]
    fn pre_shared_keys_are_blanked_whole() {
        for (line, expected) in [
            (r#"  "sharedKey": "a\"b c","#, Some(r#"a\"b c"#)),
            (r#"{"a":1,"sharedKey":"x","b":"y"}"#, Some("x")),
            (r#""sharedKey": "cut"#, Some("cut")),
            (r#""sharedKey": null,"#, None),
            (r#""sharedKeyLength": "x","#, None),
        ] {
            let found = session_keys(&SourceText::new(0, line.to_owned()));
            assert_eq!(found.first().and_then(|range| line.get(range.clone())), expected, "{line}");
        }
    }

    #[test]
    fn keys_are_found_and_nothing_else() {
        for (line, found) in [
            (format!("    Master-Key: {KEY}\n"), 1),
            (format!(">     Resumption PSK: {KEY}\r\n"), 1),
            (format!("\tauth-trunc hmac(sha256) 0x{KEY} 128\n"), 1),
            (format!("\tenc cbc(aes) 0x{KEY}"), 1),
            (format!("\taead rfc4106(gcm(aes)) 0x{KEY} 128\n"), 1),
            (format!("CLIENT_RANDOM {KEY} {KEY}\n"), 2),
            (format!("SERVER_TRAFFIC_SECRET_0 {KEY} {KEY}\n"), 2),
            (format!("    Session-ID: {KEY}\n"), 0),
            (format!("src 192.0.2.1 dst 192.0.2.2\\\tproto esp spi 0x0698be0f reqid 1\\\tenc cbc(aes) 0x{KEY}\\\n"), 1),
            (format!("# ip xfrm state add src 192.0.2.1 dst 192.0.2.2 enc 'cbc(aes)' 0x{KEY}\n"), 1),
            (format!("the hash of `ip xfrm state` is {KEY}\n"), 0),
            (format!("encryption, as {KEY}\n"), 0),
            ("\tenc ecb(cipher_null)\n    Master-Key: \n".to_owned(), 0),
        ] {
            let ranges = session_keys(&SourceText::new(0, line.clone()));
            assert_eq!(ranges.len(), found, "{line}");
            assert!(ranges.iter().all(|range| line.get(range.clone()) == Some(KEY)), "{line}");
        }
    }
}
