//! Where Chromium is: the browser tests use the system's, none is downloaded.

use std::path::PathBuf;
use std::process::Stdio;

use crate::process::{is_installed, output, program};

const NAMES: &[&str] = &["chromium", "chromium-browser", "google-chrome", "/usr/bin/chromium"];

/// The full path of Chromium: `$CHROMIUM`, a well-known name, or what Debian's package manager installs
/// when this runs as root.
pub(crate) fn find() -> Option<PathBuf> {
    let named = std::env::var("CHROMIUM").ok().filter(|name| !name.is_empty());
    named.and_then(|name| on_path(&name)).or_else(installed).or_else(|| if install() { installed() } else { None })
}

fn installed() -> Option<PathBuf> {
    NAMES.iter().find_map(|name| on_path(name))
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn install() -> bool {
    let is_root = output(&mut program("id", &["-u"])).is_ok_and(|id| id.trim() == "0");
    if !is_root || !is_installed("apt-get", "--version") {
        return false;
    }
    println!("no Chromium found: installing it");
    [&["update"][..], &["install", "-y", "--no-install-recommends", "chromium"][..]].iter().all(|arguments| {
        let mut command = program("apt-get", arguments);
        command.env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    })
}
