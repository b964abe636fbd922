//! Where things stand in the input: sources, their decoded text, spans, lines and columns.
//!
//! Every fact in [`Evidence`](crate::evidence::Evidence) points at the words it was read from. A [`Span`] counts
//! UTF-8 bytes of the *decoded* text of one source; its line and column are what an editor shows.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::diagnostic::{Code, Diagnostic};

/// The most bytes that one source may have: 256 MiB. Offsets are 32-bit, and memory grows with the input.
pub const MAX_SOURCE_BYTES: usize = 256 * 1024 * 1024;

/// A place in one source: a half-open range of UTF-8 bytes of its decoded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Span {
    /// Index into the sources of the evidence.
    pub source: u32,
    /// First byte.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
    /// Line of the first byte, counted from 1.
    pub line: u32,
    /// Column of the first byte, counted from 1 in UTF-16 code units, as JavaScript and most editors count.
    pub column: u32,
}

/// One input as it was supplied: what a report needs to name it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Source {
    /// Position among the sources of the evidence; spans refer to it.
    pub id: u32,
    /// File name, or what the caller calls the input.
    pub name: String,
    /// SHA-256 of the raw bytes as supplied, lower-case hex.
    pub sha256: String,
    /// Size of the raw bytes.
    pub bytes: u32,
    /// The source that it was unpacked from: an archive, which holds nothing else to be judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unpacked_from: Option<u32>,
}

/// The decoded text of a source, with what is needed to turn byte offsets into lines and columns quickly,
/// also where the whole input is one line.
#[derive(Debug, Clone)]
pub struct SourceText {
    id: u32,
    text: String,
    line_starts: Vec<u32>,
    /// UTF-16 units before every `CHECKPOINT` bytes; empty when the text is ASCII.
    checkpoints: Vec<u32>,
}

const CHECKPOINT: usize = 4096;

impl SourceText {
    /// Decodes `bytes`: UTF-8 with or without a byte order mark; UTF-16 with one. Bytes that are not
    /// text are replaced by U+FFFD, and said so.
    ///
    /// # Errors
    /// A diagnostic when the input is larger than [`MAX_SOURCE_BYTES`] or has NUL bytes as binary files have.
    pub fn decode(id: u32, name: &str, bytes: &[u8], diagnostics: &mut Vec<Diagnostic>) -> Result<Self, Diagnostic> {
        if bytes.len() > MAX_SOURCE_BYTES {
            return Err(Diagnostic::error(
                Code::InputTooLarge,
                format!(
                    "`{name}` has {} MiB; expected at most {} MiB in one input",
                    bytes.len() / (1024 * 1024),
                    MAX_SOURCE_BYTES / (1024 * 1024)
                ),
            )
            .with_help("split the file, one scan report each"));
        }
        let utf8 = match bytes {
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => None,
            [0xEF, 0xBB, 0xBF, rest @ ..] => std::str::from_utf8(rest).ok(),
            _ => std::str::from_utf8(bytes).ok(),
        };
        let text = match (utf8, bytes) {
            (Some(text), _) => text.to_owned(),
            (None, [0xFF, 0xFE, rest @ ..]) => decode_utf16(rest, u16::from_le_bytes),
            (None, [0xFE, 0xFF, rest @ ..]) => decode_utf16(rest, u16::from_be_bytes),
            (None, [0xEF, 0xBB, 0xBF, rest @ ..]) => String::from_utf8_lossy(rest).into_owned(),
            (None, _) => String::from_utf8_lossy(bytes).into_owned(),
        };
        if let Some(at) = memchr::memchr(0, text.as_bytes()) {
            return Err(Diagnostic::error(
                Code::BinaryInput,
                format!("`{name}` is binary: byte 0x00 at offset {at}; expected text or a DER certificate"),
            ));
        }
        if utf8.is_none() && text.contains('\u{FFFD}') {
            diagnostics.push(Diagnostic::warning(
                Code::NotUtf8,
                format!("`{name}` has bytes that are not UTF-8; they are shown as \u{FFFD}"),
            ));
        }
        Ok(Self::new(id, text))
    }

    /// Wraps text that is already decoded. Texts beyond 4 GiB are cut; [`SourceText::decode`] refuses them first.
    #[must_use]
    pub fn new(id: u32, text: String) -> Self {
        let bytes = text.as_bytes();
        let line_starts = line_starts(bytes);
        let mut checkpoints = Vec::new();
        if !text.is_ascii() {
            let mut units = 0u32;
            for (index, byte) in bytes.iter().enumerate() {
                if index % CHECKPOINT == 0 {
                    checkpoints.push(units);
                }
                units = units.saturating_add(utf16_units_of_lead(*byte));
            }
        }
        Self { id, text, line_starts, checkpoints }
    }

    /// The position of this source among those of the evidence.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The decoded text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The decoded text, by value.
    #[must_use]
    pub fn into_text(self) -> String {
        self.text
    }

    /// The first byte of each line and the byte behind its line feed, in order; the last line may be empty.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, usize)> {
        let ends = self.line_starts.iter().skip(1).map(|start| *start as usize).chain([self.text.len()]);
        self.line_starts.iter().map(|start| *start as usize).zip(ends)
    }

    /// The span of bytes `start..end`, with its line and column.
    #[must_use]
    pub fn span(&self, start: usize, end: usize) -> Span {
        let start = start.min(self.text.len());
        let end = end.clamp(start, self.text.len());
        let line = self.line_starts.partition_point(|&at| at as usize <= start);
        let line_start = self.line_starts.get(line.saturating_sub(1)).copied().unwrap_or(0) as usize;
        Span {
            source: self.id,
            start: clamp(start),
            end: clamp(end),
            line: clamp(line),
            column: self.utf16_offset(start).saturating_sub(self.utf16_offset(line_start)).saturating_add(1),
        }
    }

    /// The text under a span of this source; empty when the span is not of it.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// UTF-16 code units before a byte offset.
    #[must_use]
    pub fn utf16_offset(&self, at: usize) -> u32 {
        if self.checkpoints.is_empty() {
            return clamp(at);
        }
        let index = at / CHECKPOINT;
        let base = self.checkpoints.get(index).copied().unwrap_or(0);
        let from = index * CHECKPOINT;
        let tail = self.text.as_bytes().get(from..at.min(self.text.len())).unwrap_or(&[]);
        tail.iter().fold(base, |units, byte| units.saturating_add(utf16_units_of_lead(*byte)))
    }

    /// Blanks these bytes with `*`, length-preserving, line ends kept: private keys do not travel further.
    pub fn blank_all(&mut self, ranges: &[Range<usize>]) {
        if ranges.is_empty() {
            return;
        }
        let mut blanked = String::with_capacity(self.text.len());
        let mut at = 0;
        for range in ranges {
            let (Some(before), Some(secret)) = (self.text.get(at..range.start), self.text.get(range.clone())) else {
                continue;
            };
            blanked.push_str(before);
            for c in secret.chars() {
                match c {
                    '\n' | '\r' => blanked.push(c),
                    _ => blanked.extend(std::iter::repeat_n('*', c.len_utf8())),
                }
            }
            at = range.end;
        }
        blanked.push_str(self.text.get(at..).unwrap_or_default());
        *self = Self::new(self.id, blanked);
    }
}

/// SHA-256 as lower-case hex.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or('0');
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
}

/// Offsets behind the line feeds, and 0; eight bytes at a time, because lines of reports are short.
fn line_starts(bytes: &[u8]) -> Vec<u32> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const LOWS: u64 = ONES * 0x7F;
    let mut starts = vec![0];
    let (chunks, tail) = bytes.as_chunks::<8>();
    let mut at = 0;
    for chunk in chunks {
        let word = u64::from_le_bytes(*chunk) ^ (ONES * b'\n' as u64);
        // The highest bit of every byte that is zero, exactly: no carry goes from one byte to the next.
        let mut hits = !(((word & LOWS) + LOWS) | word | LOWS);
        while hits != 0 {
            starts.push(clamp(at + (hits.trailing_zeros() / 8) as usize + 1));
            hits &= hits - 1;
        }
        at += 8;
    }
    starts.extend(tail.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(index, _)| clamp(at + index + 1)));
    starts
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks(2).map(|pair| match pair {
        [a, b] => unit([*a, *b]),
        _ => 0xFFFD,
    });
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// UTF-16 units of the character that a UTF-8 lead byte starts; none for continuation bytes.
fn utf16_units_of_lead(byte: u8) -> u32 {
    match byte {
        0x80..=0xBF => 0,
        0xF0..=0xFF => 2,
        _ => 1,
    }
}

fn clamp(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_as_editors_do() {
        let text = SourceText::new(0, "ab\nç𝄞d\n".to_owned());
        let at = |needle: &str| {
            let start = text.text().find(needle).unwrap();
            let span = text.span(start, start + needle.len());
            (span.line, span.column)
        };
        assert_eq!(at("a"), (1, 1));
        assert_eq!(at("b"), (1, 2));
        assert_eq!(at("𝄞"), (2, 2));
        assert_eq!(at("d"), (2, 4));
    }

    #[test]
    fn lines_begin_behind_every_line_feed_and_nothing_else() {
        for text in ["", "\n", "a\n\nb", "0123456\n\u{B}\n\u{8}é\u{8A}\n\n\n\n\n\n\n\n\n89\n", "\u{10A}\u{100A}\r\n"] {
            let expected: Vec<u32> =
                std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| clamp(at + 1))).collect();
            assert_eq!(line_starts(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn columns_are_right_far_into_one_long_line() {
        let text = SourceText::new(0, format!("{}x", "é".repeat(10_000)));
        assert_eq!(text.span(20_000, 20_001).column, 10_001);
    }

    #[test]
    fn utf16_and_byte_order_marks_are_decoded() {
        let mut notes = Vec::new();
        let le: Vec<u8> = [0xFF, 0xFE].into_iter().chain("né".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(SourceText::decode(0, "a", &le, &mut notes).unwrap().text(), "né");
        assert_eq!(SourceText::decode(0, "a", b"\xEF\xBB\xBFok", &mut notes).unwrap().text(), "ok");
        assert!(notes.is_empty());
        assert!(SourceText::decode(0, "a", b"PK\x03\x04\x00\x00", &mut notes).is_err());
    }

    #[test]
    fn blanking_keeps_lengths_and_lines() {
        let mut text = SourceText::new(0, "a\nsecré\r\nb".to_owned());
        text.blank_all(&[std::ops::Range { start: 2, end: 8 }]);
        assert_eq!(text.text(), "a\n******\r\nb");
        assert_eq!(text.text().len(), "a\nsecré\r\nb".len());
    }

    #[test]
    fn hashes_are_lower_case_hex() {
        assert_eq!(sha256_hex(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
