//! Every fuzz target: which one, its name says.
#![no_main]
#![expect(dead_code, reason = "no target needs the fixtures")]

#[path = "../src/bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::run(env!("CARGO_BIN_NAME"), data));
