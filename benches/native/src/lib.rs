//! Reading a report, as it is timed: from the bytes of a file to evidence, natively and as WebAssembly.
//!
//! That is all of it: hashing the input, decoding its text, looking for private keys, reading the JSON and every fact,
//! decoding and hashing the certificates in it. Judging is not in it.

use intransit::diagnostic::Severity;
use intransit::formats::{Input, read as read_inputs};

/// Reads one report; how many subjects it speaks of. A report that is not understood has none.
///
/// # Panics
/// When something in the report could not be read: its time would be no measure.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen::prelude::wasm_bindgen)]
#[must_use]
pub fn read(bytes: &[u8]) -> u32 {
    let reading = read_inputs(&[Input::new("report.json", bytes)]);
    let wrong = reading.diagnostics.iter().find(|diagnostic| diagnostic.severity == Severity::Error);
    assert!(wrong.is_none(), "{wrong:?}");
    let subjects = reading.evidence.scans.iter().map(|scan| scan.subjects.len()).sum::<usize>();
    u32::try_from(subjects).unwrap_or(u32::MAX)
}
