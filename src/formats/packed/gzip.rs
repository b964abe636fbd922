//! gzip: streams one behind another, which are one file.

use super::inflate::{End, inflate};
use super::{Budget, Member, crc32, damaged, too_large, u16_at, u32_at};
use crate::diagnostic::{Code, Diagnostic};

const MAGIC: [u8; 3] = [0x1F, 0x8B, 8];

pub(super) fn starts(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

pub(super) fn unpack(
    name: &str,
    bytes: &[u8],
    mut budget: Budget,
    each: &mut dyn FnMut(Member, Vec<Diagnostic>),
) -> Vec<Diagnostic> {
    let mut notes = Vec::new();
    let mut whole = Vec::new();
    let mut rest = bytes;
    loop {
        let Some(stream) = header(rest).and_then(|length| rest.get(length..)) else {
            notes.push(damaged(Code::TruncatedInput, name, "its gzip header is cut off"));
            break;
        };
        let inflated = inflate(stream, budget.left);
        budget.spend(inflated.bytes.len());
        let trailer = stream.get(inflated.used..).unwrap_or_default();
        match (inflated.end, u32_at(trailer, 0), u32_at(trailer, 4)) {
            (End::TooLarge, ..) => {
                notes.push(too_large(name));
                return notes;
            }
            (End::Broken, ..) => {
                notes.push(damaged(Code::BinaryInput, name, "its compressed data is not what gzip writes"))
            }
            (End::Whole, Some(crc), Some(_)) if crc != crc32(&inflated.bytes) => {
                notes.push(damaged(Code::BinaryInput, name, "its checksum is that of other data"));
            }
            (End::Whole, Some(_), Some(_)) => {}
            _ => notes.push(damaged(Code::TruncatedInput, name, "it ends in the middle")),
        }
        whole.extend_from_slice(&inflated.bytes);
        rest = trailer.get(8..).unwrap_or_default();
        if !notes.is_empty() || rest.iter().all(|byte| *byte == 0) {
            break;
        }
        if !starts(rest) {
            notes.push(damaged(Code::BinaryInput, name, "what stands behind its gzip data was not read"));
            break;
        }
    }
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let inner = file.strip_suffix(".gz").filter(|inner| !inner.is_empty()).unwrap_or("content");
    each(Member { name: format!("{name}/{inner}"), bytes: whole }, notes);
    Vec::new()
}

/// Length of a header (RFC 1952 §2.3).
fn header(bytes: &[u8]) -> Option<usize> {
    const HEADER_CRC: u8 = 2;
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    let flags = *bytes.get(3)?;
    let mut at = 10;
    if flags & EXTRA != 0 {
        at += 2 + usize::from(u16_at(bytes, at)?);
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            at += memchr::memchr(0, bytes.get(at..)?)? + 1;
        }
    }
    if flags & HEADER_CRC != 0 {
        at += 2;
    }
    (at <= bytes.len()).then_some(at)
}
