//! Compressed inputs: gzip ([RFC 1952](https://www.rfc-editor.org/rfc/rfc1952)) and ZIP archives
//! ([APPNOTE](https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT)), taken apart into inputs of their own.
//!
//! Archives inside archives are not followed. What comes out is bounded, by itself and against what went in: a few
//! kilobytes can stand for petabytes. What is damaged is said, and what could be read of it is read.

mod gzip;
mod inflate;
mod zip;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::MAX_SOURCE_BYTES;

/// More files than this are not read from one archive.
const MAX_MEMBERS: usize = 10_000;

/// What comes out may always have this many bytes, however few went in.
const ALWAYS: usize = 16 << 20;

/// Beyond [`ALWAYS`], at most this many bytes come out for each one that went in: reports have 10 to 50.
const MAX_RATIO: usize = 200;

/// One file that was packed.
pub(super) struct Member {
    /// The name of the archive and its own: `archive.zip/report.json`.
    pub(super) name: String,
    /// What it holds.
    pub(super) bytes: Vec<u8>,
}

/// Whether these bytes begin as a compressed file does.
pub(super) fn is_packed(bytes: &[u8]) -> bool {
    gzip::starts(bytes) || zip::starts(bytes)
}

/// Hands over the files of an archive one by one, each with what there is to say about it.
pub(super) fn unpack(name: &str, bytes: &[u8], each: &mut dyn FnMut(Member, Vec<Diagnostic>)) -> Vec<Diagnostic> {
    let budget = Budget::of(bytes.len());
    if gzip::starts(bytes) { gzip::unpack(name, bytes, budget, each) } else { zip::unpack(name, bytes, budget, each) }
}

/// How many bytes may still come out.
struct Budget {
    left: usize,
}

impl Budget {
    fn of(packed: usize) -> Self {
        Self { left: packed.saturating_mul(MAX_RATIO).clamp(ALWAYS, MAX_SOURCE_BYTES) }
    }

    fn spend(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes);
    }
}

fn too_large(name: &str) -> Diagnostic {
    Diagnostic::error(
        Code::InputTooLarge,
        format!(
            "`{name}` unpacks to more than is read: expected at most {} MiB, and {MAX_RATIO} bytes for each packed one",
            MAX_SOURCE_BYTES >> 20
        ),
    )
    .with_help("unpack it, and supply the files")
}

fn damaged(code: Code, name: &str, what: &str) -> Diagnostic {
    Diagnostic::error(code, format!("`{name}` is damaged: {what}"))
}

/// CRC-32 as both formats use it (RFC 1952 §8), four bits at a time.
fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 16] = [
        0x0000_0000,
        0x1DB7_1064,
        0x3B6E_20C8,
        0x26D9_30AC,
        0x76DC_4190,
        0x6B6B_51F4,
        0x4DB2_6158,
        0x5005_713C,
        0xEDB8_8320,
        0xF00F_9344,
        0xD6D6_A3E8,
        0xCB61_B38C,
        0x9B64_C2B0,
        0x86D3_D2D4,
        0xA00A_E278,
        0xBDBD_F21C,
    ];
    let step = |crc: u32| (crc >> 4) ^ TABLE.get((crc & 15) as usize).copied().unwrap_or(0);
    !bytes.iter().fold(!0, |crc, byte| step(step(crc ^ u32::from(*byte))))
}

/// A little-endian number of two octets.
fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// A little-endian number of four octets.
fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_documents() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn a_budget_is_bounded_both_ways() {
        assert_eq!(Budget::of(0).left, ALWAYS);
        assert_eq!(Budget::of(1 << 20).left, 200 << 20);
        assert_eq!(Budget::of(usize::MAX).left, MAX_SOURCE_BYTES);
    }
}
