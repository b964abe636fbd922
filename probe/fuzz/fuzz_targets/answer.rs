//! `cargo +nightly fuzz run --fuzz-dir probe/fuzz answer`
#![no_main]
#![expect(dead_code, reason = "each target has one body")]

#[path = "../src/bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::answer(data));
