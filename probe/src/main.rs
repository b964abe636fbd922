//! The program `intransit-probe`: see the library of the same name.

use std::process::ExitCode;

fn main() -> ExitCode {
    intransit_probe::run(std::env::args_os())
}
