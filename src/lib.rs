//! intransit reads evidence of encryption in transit and judges it.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
#![deny(clippy::disallowed_methods)]

pub mod diagnostic;
pub mod iana;
pub mod source;
pub mod time;
#[cfg(target_arch = "wasm32")]
pub mod wasm;
