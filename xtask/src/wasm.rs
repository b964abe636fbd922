//! The core as WebAssembly: compile it, make its JavaScript bindings.
//!
//! Neither `wasm-pack` nor the `wasm-bindgen` command is installed: the bindings' generator is a library, locked in
//! Cargo.lock to the version that the core is compiled with.

use std::path::Path;

use wasm_bindgen_cli_support::Bindgen;

use crate::arrange::arranged;
use crate::process::{Outcome, cargo, is_installed, output, program, run, target_dir, write};

/// What the compiler calls WebAssembly.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// The bindings' file names in the folder they are generated into.
pub(crate) const BINDINGS: &str = "bindings";

/// What the compiler is told besides the profile. Half the usual stack: what lies behind it then has addresses of three
/// bytes instead of four in the code. One `memory.copy` for a value of more than eight bytes, where LLVM would copy it
/// word by word: that is 4 % of the WebAssembly, and no time that can be measured. No loop strength reduction, which keeps
/// an address for each step of a loop: another 1 %.
pub(crate) const CODE: [&str; 8] = [
    "-C",
    "link-arg=-zstack-size=524288",
    "-C",
    "llvm-args=-max-store-memcpy=1",
    "-C",
    "llvm-args=-max-store-memmove=1",
    "-C",
    "llvm-args=-disable-lsr",
];

/// Compiles the core for WebAssembly and writes what [`bind`] writes to `folder`.
pub(crate) fn generate(folder: &Path) -> Outcome<()> {
    ensure_target()?;
    // `--crate-type` on the command line: with `crate-type = ["cdylib", "rlib"]` in Cargo.toml, cargo drops LTO.
    let library = ["rustc", "--lib", "--crate-type", "cdylib", "--profile", "wasm", "--target", TARGET];
    run(cargo(&library).args(["--package", "intransit", "--locked", "--"]).args(CODE))?;
    bind(&target_dir().join(TARGET).join("wasm/intransit.wasm"), folder)?;
    let bound = folder.join(format!("{BINDINGS}_bg.wasm"));
    let bytes = std::fs::read(&bound).map_err(|error| format!("cannot read `{}`: {error}", bound.display()))?;
    write(&bound, arranged(&bytes)?)
}

/// Writes `bindings.js`, `bindings.d.ts` and `bindings_bg.wasm` of a compiled library to `folder`.
pub(crate) fn bind(compiled: &Path, folder: &Path) -> Outcome<()> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(compiled)
        .out_name(BINDINGS)
        .typescript(true)
        .omit_default_module_path(true)
        .reset_state_function(true)
        .remove_name_section(true)
        .remove_producers_section(true);
    bindgen
        .web(true)
        .and_then(|bindgen| bindgen.generate(folder))
        .map_err(|error| format!("cannot make bindings for `{}`: {error:#}", compiled.display()))
}

/// Installs the compiler's WebAssembly target where it is missing.
pub(crate) fn ensure_target() -> Outcome<()> {
    let sysroot = output(&mut program("rustc", &["--print", "sysroot"]))?;
    if Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET).join("lib").is_dir() {
        return Ok(());
    }
    if !is_installed("rustup", "--version") {
        return Err(format!("the compiler has no target {TARGET}: install rustup, or that target by your own means"));
    }
    run(&mut program("rustup", &["target", "add", TARGET]))
}
