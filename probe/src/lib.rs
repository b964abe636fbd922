//! The native companion of intransit: `check` judges files and gates CI, `read` writes down what they say, `serve`
//! serves the page on this machine.
//!
//! What the core does not have is here: files, the clock, the terminal, sockets. Judging is the core's.

#![expect(clippy::disallowed_methods, reason = "the ban on files, clocks and the environment is for the core")]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod arguments;
mod browser;
mod check;
mod exit;
mod input;
mod page;
mod read;
pub mod scan;
mod serve;
pub mod server;
pub mod site;
mod stream;
mod system_roots;
mod terminal;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Verb};

pub use exit::Exit;

/// Does what a command line says; its first word is the program's name.
#[must_use]
pub fn run(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let exit = match Arguments::try_parse_from(words) {
        Ok(Arguments { verb: Verb::Check(check) }) => check::run(&check),
        Ok(Arguments { verb: Verb::Read(files) }) => read::run(&files),
        Ok(Arguments { verb: Verb::Scan(targets) }) => scan::run(&targets),
        Ok(Arguments { verb: Verb::Serve(serve) }) => serve::run(&serve),
        Err(message) => arguments::explain(&message),
    };
    exit.into()
}
