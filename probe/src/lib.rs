//! The native companion of intransit.
//!
//! What the core does not have is here: files, the clock, the terminal, sockets. Judging is the core's.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

pub mod server;
pub mod site;
