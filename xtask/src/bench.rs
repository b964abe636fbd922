//! `bench`: builds what is measured, then runs every `benches/*.mjs` with node, one after the other.
//!
//! What others take is measured in the same run: their packages are those of `benches/package.json`, and the native
//! contender stands in `benches/native`, a workspace of its own. Figures go to standard output. `bench probe` builds and
//! measures the native program alone.

use std::path::{Path, PathBuf};

use crate::process::{Outcome, cargo, files, program, root, run, target_dir};
use crate::{build, chromium, node, wasm};

const MANIFEST: &str = "benches/native/Cargo.toml";

/// Needs neither the page nor any package.
const PROBE: &str = "probe";

/// Runs every benchmark, or the one of this name.
pub(crate) fn bench(only: Option<&str>) -> Outcome<()> {
    match only {
        None => every(),
        Some(PROBE) => measure_probe(&build_probe()?),
        Some(other) => Err(format!("expected `{PROBE}` or nothing, found `{other}`")),
    }
}

fn build_probe() -> Outcome<PathBuf> {
    run(&mut cargo(&["build", "--release", "--package", "intransit-probe"]))?;
    Ok(target_dir().join("release/intransit-probe"))
}

fn measure_probe(probe: &Path) -> Outcome<()> {
    let file = root().join("benches/probe.mjs");
    run(program("node", &[&file.to_string_lossy()]).env("PROBE", probe))
}

fn every() -> Outcome<()> {
    let chromium = chromium::find().ok_or("no Chromium: install it, or name it in the variable CHROMIUM")?;
    build::build()?;
    let folder = root().join("benches");
    node::ensure_packages_in(&folder)?;
    let target = target_dir().join("benches");
    let target_folder = target.to_string_lossy();
    let shared = ["--locked", "--manifest-path", MANIFEST, "--target-dir", &target_folder];
    run(cargo(&["build", "--release", "--bin", "read"]).args(shared))?;
    let probe = build_probe()?;
    let library = ["rustc", "--lib", "--crate-type", "cdylib", "--profile", "wasm", "--target", wasm::TARGET];
    run(cargo(&library).args(shared).arg("--").args(wasm::CODE))?;
    let compiled = target.join(wasm::TARGET).join("wasm/intransit_benches.wasm");
    wasm::bind(&compiled, &root().join("dist/bench"))?;
    for file in files(&folder, ".mjs")? {
        println!();
        let mut command = program("node", &[&file.to_string_lossy()]);
        command.env("CHROMIUM", &chromium).env("PROBE", &probe);
        run(command.env("NATIVE_READ", target.join("release/read")))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::read;

    /// Profiles cannot be shared between workspaces. What is said of packages that only the probe has is left out.
    #[test]
    fn what_is_measured_is_compiled_as_what_is_shipped() {
        let lock = read(&root().join(MANIFEST).with_file_name("Cargo.lock")).unwrap();
        let is_measured = |section: &&str| {
            let package = section.strip_prefix("profile.release.package.").and_then(|rest| rest.split(']').next());
            package.is_none_or(|name| lock.contains(&format!("name = \"{name}\"\n")))
        };
        let profiles = |manifest: &str| -> String {
            let text = read(&root().join(manifest)).unwrap();
            let sections = text
                .split("\n[")
                .filter(|section| section.starts_with("profile.wasm") || section.starts_with("profile.release"));
            sections.filter(is_measured).map(|section| section.trim_end().to_owned() + "\n").collect()
        };
        assert_eq!(profiles(MANIFEST), profiles("Cargo.toml"));
    }
}
