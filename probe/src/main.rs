//! The program `intransit-probe`: see the library of the same name.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A judgement makes hundreds of short texts; the C library's allocator takes half of its time for them.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    intransit_probe::run(std::env::args_os())
}
