//! DEFLATE ([RFC 1951](https://www.rfc-editor.org/rfc/rfc1951)) into a bounded buffer, by `miniz_oxide`.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

/// How a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// With its last block.
    Whole,
    /// The input ends before it.
    Cut,
    /// It is no DEFLATE.
    Broken,
    /// More would have come out than may.
    TooLarge,
}

/// What came out.
pub(super) struct Inflated {
    pub(super) bytes: Vec<u8>,
    /// How many bytes of the input it took.
    pub(super) used: usize,
    pub(super) end: End,
}

/// Decompresses one stream; at most `limit` bytes come out.
pub(super) fn inflate(input: &[u8], limit: usize) -> Inflated {
    const FIRST: usize = 64 << 10;
    let mut state = Box::new(DecompressorOxide::new());
    let mut bytes = vec![0; input.len().saturating_mul(4).clamp(1, FIRST).min(limit.max(1))];
    let (mut used, mut written) = (0, 0);
    let end = loop {
        let rest = input.get(used..).unwrap_or_default();
        let (status, taken, put) =
            decompress(&mut state, rest, &mut bytes, written, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF);
        used += taken;
        written += put;
        match status {
            TINFLStatus::Done => break End::Whole,
            TINFLStatus::HasMoreOutput if bytes.len() >= limit => break End::TooLarge,
            TINFLStatus::HasMoreOutput => bytes.resize(bytes.len().saturating_mul(2).min(limit), 0),
            TINFLStatus::FailedCannotMakeProgress | TINFLStatus::NeedsMoreInput => break End::Cut,
            _ => break End::Broken,
        }
    };
    bytes.truncate(written.min(limit));
    Inflated { bytes, used, end }
}
