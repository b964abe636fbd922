//! What comes from npm: the development packages of package.json, installed as the lock file says.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use crate::process::{Outcome, is_installed, program, root, run};

/// Runs `npm ci` when `node_modules` is missing or older than the lock file.
pub(crate) fn ensure_packages() -> Outcome<()> {
    ensure_packages_in(root())
}

/// The same for the `package.json` of another folder.
pub(crate) fn ensure_packages_in(folder: &Path) -> Outcome<()> {
    if !is_installed("node", "--version") {
        return Err("the package and the page need Node.js 20.19 or later: install it from nodejs.org".to_owned());
    }
    // npm writes this file last; after an interrupted installation it is not there.
    let installed = modified(&folder.join("node_modules/.package-lock.json"));
    let locked = modified(&folder.join("package-lock.json"));
    if installed.is_some() && installed >= locked {
        return Ok(());
    }
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    run(program(npm, &["ci", "--no-audit", "--no-fund"]).current_dir(folder))
}

/// A command of one of the development packages.
pub(crate) fn tool(name: &str, arguments: &[&str]) -> Command {
    let file = if cfg!(windows) { format!("{name}.cmd") } else { name.to_owned() };
    let path: PathBuf = root().join("node_modules/.bin").join(file);
    program(&path.to_string_lossy(), arguments)
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|metadata| metadata.modified()).ok()
}
