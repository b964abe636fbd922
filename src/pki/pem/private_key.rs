//! Private keys in pasted text: found so that they can be blanked before anything else looks at them.
//!
//! A key that is whole is blanked between its armour lines. Where an armour line is missing, what could be its
//! base64 is blanked: losing a fingerprint from such a paste is better than keeping half a key.

use std::ops::Range;

use super::armour::{Armour, Armours};
use super::body::decode;
use crate::pki::container::key_container;
use crate::pki::tlv::claimed_length;
use crate::search::find;

/// The ranges to blank, in order and apart from each other; armour lines stay visible.
///
/// Finds every label with `PRIVATE KEY` (PKCS #8, RSA, EC, DSA, OpenSSH, encrypted or not), also quoted, on one line,
/// in JSON strings, and with its first or last line missing. Takes time linear in the text.
#[must_use]
pub fn private_keys(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut open: Option<Armour<'_>> = None;
    let mut behind = 0;
    for armour in Armours::of(text) {
        match (open.take(), armour.begins) {
            // Source code quotes each line, so that nothing but the END line tells where a key ends.
            (Some(key), begins) => {
                blank_body(text, &key, armour.start, !begins && armour.is_private_key(), &mut ranges);
            }
            (None, false) if armour.is_private_key() => blank_before(text, behind..armour.start, &mut ranges),
            (None, _) => {}
        }
        open = Some(armour).filter(|armour| armour.begins && armour.is_private_key());
        behind = armour.end;
    }
    if let Some(key) = open {
        blank_body(text, &key, text.len(), false, &mut ranges);
    }
    putty(text, &mut ranges);
    if text.len() <= LONGEST_PASTE {
        unarmoured(text, &mut ranges);
    }
    ranges.retain(|range| text.get(range.clone()).is_some_and(|part| !part.trim().is_empty()));
    ranges
}

/// Keys without armour are looked for in texts up to this length: what is longer comes from a machine.
const LONGEST_PASTE: usize = 1 << 20;

/// The private part of PuTTY's own format, which stands between two named lines.
fn putty(text: &str, ranges: &mut Vec<Range<usize>>) {
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|rest| find(rest.as_bytes(), b"PuTTY-User-Key-File-")) {
        let start = from + found;
        let rest = text.get(start..).unwrap_or_default();
        let private = find(rest.as_bytes(), b"Private-Lines:").map(|at| at + b"Private-Lines:".len());
        let begin = private.unwrap_or(rest.len());
        let body = rest.get(begin..).unwrap_or_default();
        let end = begin + find(body.as_bytes(), b"Private-MAC:").unwrap_or(body.len());
        add_apart(start + begin..start + end, ranges);
        from = start + end.max(1);
    }
}

/// Base64 without armour that is a key or a bundle with one, by its first bytes.
fn unarmoured(text: &str, ranges: &mut Vec<Range<usize>>) {
    const FIRST: usize = 32;
    let bytes = text.as_bytes();
    let is_symbol = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let mut at = 0;
    // A SEQUENCE begins with `M` and one of `A` to `P`; a Java key store with `/u3+7Q` or `zs7Ozg`.
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr3(b'M', b'/', b'z', rest)) {
        let start = at + found;
        at = start + 1;
        if start.checked_sub(1).and_then(|before| bytes.get(before)).is_some_and(is_symbol) {
            continue;
        }
        let first = bytes.get(start..bytes.len().min(start + FIRST)).unwrap_or_default();
        if !matches!(first, [b'M', b'A'..=b'P', ..] | [b'/', b'u', ..] | [b'z', b's', ..]) {
            continue;
        }
        let length = first.iter().take_while(|byte| is_symbol(byte)).count();
        let head = first.get(..length / 4 * 4).and_then(decode).unwrap_or_default();
        if head.len() < 6 || key_container(&head).is_none() {
            continue;
        }
        let needed = claimed_length(&head).and_then(|bytes| usize::try_from(bytes.div_ceil(3) * 4).ok());
        let mut symbols = 0;
        let mut end = start;
        for (offset, c) in text.get(start..).unwrap_or_default().char_indices() {
            // A key that was cut ends before the armour of what follows.
            let is_cut = !of_key(c) || matches!(c, '-' | ':' | ',');
            if is_cut || needed.is_some_and(|needed| symbols >= needed) {
                break;
            }
            symbols += usize::from(c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='));
            end = start + offset + c.len_utf8();
        }
        add_apart(start..end, ranges);
        at = end;
    }
}

/// Adds a range in its order, unless another one already has its beginning.
fn add_apart(range: Range<usize>, ranges: &mut Vec<Range<usize>>) {
    let place = ranges.partition_point(|other| other.start <= range.start);
    let is_known =
        place.checked_sub(1).and_then(|before| ranges.get(before)).is_some_and(|other| other.end > range.start);
    let end = ranges.get(place).map_or(range.end, |next| next.start.min(range.end));
    if !is_known {
        ranges.insert(place, range.start..end);
    }
}

fn blank_body(text: &str, key: &Armour<'_>, next: usize, ended: bool, ranges: &mut Vec<Range<usize>>) {
    if ended {
        ranges.push(key.end..next);
        return;
    }
    let body = text.get(key.end..next).unwrap_or("");
    let first = body.find(|c| !of_key(c)).unwrap_or(body.len());
    ranges.push(key.end..key.end + first);
    blank_runs(text, key.end + first..next, ranges);
}

/// Base64 before an END line whose BEGIN line is missing.
fn blank_before(text: &str, before: Range<usize>, ranges: &mut Vec<Range<usize>>) {
    let body = text.get(before.clone()).unwrap_or("");
    let first = body.trim_end_matches(of_key).len();
    blank_runs(text, before.start..before.start + first, ranges);
    ranges.push(before.start + first..before.end);
}

/// Runs of base64 that are long enough to be lines of a key.
fn blank_runs(text: &str, within: Range<usize>, ranges: &mut Vec<Range<usize>>) {
    const SHORTEST: usize = 16;
    let part = text.as_bytes().get(within.clone()).unwrap_or(&[]);
    let mut start = 0;
    for run in part.split(|byte| !(byte.is_ascii_alphanumeric() || b"+/=".contains(byte))) {
        if run.len() >= SHORTEST {
            ranges.push(within.start + start..within.start + start + run.len());
        }
        start += run.len() + 1;
    }
}

/// Whether a key's body or its headers may have the character, in any layout.
fn of_key(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || c.is_whitespace()
        || matches!(c, '+' | '/' | '=' | '>' | '|' | '\\' | ':' | ',' | '-' | '\u{200B}'..='\u{200F}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceText;

    fn blanked(text: &str) -> String {
        let mut source = SourceText::new(0, text.to_owned());
        source.blank_all(&private_keys(text));
        source.text().to_owned()
    }

    /// `SECRETSECRETSECRET` stands for a line of a key, `PUBLIC` for what must stay.
    #[test]
    fn no_layout_lets_a_key_through() {
        for text in [
            "PUBLIC\n-----BEGIN PRIVATE KEY-----\nSECRETSECRETSECRET\nSECRET==\n-----END PRIVATE KEY-----\nPUBLIC",
            "-----BEGIN RSA PRIVATE KEY-----\r\nProc-Type: 4,ENCRYPTED\r\n\r\nSECRET\r\n-----END RSA PRIVATE KEY-----\r\nPUBLIC",
            "> -----BEGIN EC PRIVATE KEY-----\n> SECRET\n> -----END EC PRIVATE KEY-----\n> PUBLIC",
            "-----BEGIN OPENSSH PRIVATE KEY----- SECRET -----END OPENSSH PRIVATE KEY----- PUBLIC",
            "{\"k\":\"-----BEGIN ENCRYPTED PRIVATE KEY-----\\nSECRET\\n-----END ENCRYPTED PRIVATE KEY-----\\n\",\"x\":\"PUBLIC\"}",
            "{\"k\":\"-----BEGIN PRIVATE KEY-----\\nSECRET\",\"x\":\"PUBLIC\"}",
            "{\"k\":\"-----BEGIN PRIVATE KEY-----\\nSECRET\",\"x\":\"-----END PRIVATE KEY-----\"}",
            "k = \"-----BEGIN PRIVATE KEY-----\\n\" +\n  \"SECRET\\n\" +\n \"-----END PRIVATE KEY-----\" + PUBLIC",
            "k = \"-----BEGIN PRIVATE KEY-----\\n\" +\n  \"SECRETSECRETSECRET\\n\" +\n (PUBLIC)",
            "-----BEGIN PRIVATE KEY-----\nSECRET\nSECRET\n-----BEGIN CERTIFICATE-----\nPUBLIC",
            "-----BEGIN PRIVATE KEY-----\nSECRET\n(PUBLIC)\nSECRETSECRETSECRET\n-----BEGIN CERTIFICATE-----\nPUBLIC",
            "-----BEGIN PRIVATE KEY-----\nSECRET*SECRET?é\nSECRET\n-----END PRIVATE KEY-----\nPUBLIC",
            "-----BEGIN PRIVATE KEY-----\nSECRET",
            "-----BEGIN PRIVATE KEY\nSECRET\n-----END CERTIFICATE-----\nPUBLIC",
            "(PUBLIC)\nSECRET\nSECRET==\n-----END PRIVATE KEY-----\nPUBLIC",
            "-----END CERTIFICATE-----\nSECRETSECRETSECRET (PUBLIC)\nSECRET\n-----END PRIVATE KEY-----",
            "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nSECRET\n---- END SSH2 ENCRYPTED PRIVATE KEY ----\nPUBLIC",
            "-----BEGIN PRIVATE KEY-----SECRET-----END PRIVATE KEY----------BEGIN PRIVATE KEY-----SECRET-----END PRIVATE KEY-----",
        ] {
            let out = blanked(text);
            assert!(!out.contains("SECRET"), "{text}\n→ {out}");
            assert_eq!(out.contains("PUBLIC"), text.contains("PUBLIC"), "{text}\n→ {out}");
            assert_eq!(out.len(), text.len());
            assert!(out.contains("PRIVATE KEY"));
        }
    }

    #[test]
    fn keys_without_armour_are_blanked() {
        let secret = "AOIBAQCsecretsecretsecretsecretsecretsecretsecretsecretsecretsecret";
        for (head, tail) in [
            ("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7", ""),
            ("MIIEpAIBAAKCAQEAu1SU1LfVLPHCozMxH2Mo4lgOEePzNm0tRgeLezV6ffAt0gun", ""),
            ("MHcCAQEEIKsecretsecretsecretsecretsecretsecret", ""),
            ("MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF", ""),
            ("MIIJqgIBAzCCCXAGCSqGSIb3DQEHAaCCCWEEggld", ""),
            (
                "PuTTY-User-Key-File-3: ssh-ed25519\r\nPublic-Lines: 1\r\nAAAA\r\nPrivate-Lines: 1\r\n",
                "\r\nPrivate-MAC: 00",
            ),
        ] {
            let key = format!("{head}\n{secret}\n{secret}{tail}");
            for text in [key.clone(), format!("see: {key}"), format!("key={key}\n(PUBLIC)")] {
                let out = blanked(&text);
                // A key of 32 bytes ends before what is not its own.
                let own = if head.len() < 70 && head.starts_with("MC4") { head } else { "secretsecret" };
                let is_short = head.starts_with("MHc") || head.starts_with("MC4");
                assert!(!out.contains(own) || is_short && !out.contains(head.split_at(12).1), "{text}\n→ {out}");
                assert_eq!((out.contains("PUBLIC"), out.len()), (text.contains("PUBLIC"), text.len()), "{out}");
            }
        }
        // A certificate, a public key and words.
        for text in [
            "MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBa",
            "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE",
            "Mail goes out",
        ] {
            assert_eq!(private_keys(text), [], "{text}");
        }
    }

    #[test]
    fn other_blocks_are_left_alone() {
        let text = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n-----BEGIN PUBLIC KEY-----\nMIIB";
        assert_eq!(private_keys(text), []);
    }
}
