//! `cargo +nightly fuzz run --fuzz-dir probe/fuzz starttls`
#![no_main]
#![expect(dead_code, reason = "each target has one body")]

#[path = "../src/bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::starttls(data));
