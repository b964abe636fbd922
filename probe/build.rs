//! Puts the page inside the program: one table of every file in `dist/www`, whatever their names are.
//!
//! Only with the feature `page`, so that everything compiles before anything was built.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_PAGE").is_some()
        && let Err(message) = table()
    {
        println!("cargo::error={message}");
    }
}

fn table() -> Result<(), String> {
    let variable = |name| env::var_os(name).map(PathBuf::from).ok_or_else(|| format!("expected {name} from cargo"));
    let page = variable("CARGO_MANIFEST_DIR")?.join("../dist/www");
    println!("cargo::rerun-if-changed={}", page.display());
    if !page.join("index.html").is_file() {
        return Err("the feature `page` needs dist/www/index.html, which is not there; run `cargo xtask build` first"
            .to_owned());
    }
    let mut files = Vec::new();
    list(&page, "", &mut files).map_err(|error| format!("cannot list `{}`: {error}", page.display()))?;
    files.sort();
    let mut table = String::from("&[\n");
    for (name, path) in files {
        let path = path.to_str().ok_or_else(|| format!("expected a path in UTF-8, found `{}`", path.display()))?;
        let _ = writeln!(table, "    File {{ name: {name:?}, bytes: include_bytes!({path:?}) }},");
    }
    table.push_str("]\n");
    let target = variable("OUT_DIR")?.join("page.rs");
    fs::write(&target, table).map_err(|error| format!("cannot write `{}`: {error}", target.display()))
}

/// The files of a folder and its folders, under the names that they have in a URL.
fn list(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            list(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.push((name, entry.path()));
        }
    }
    Ok(())
}
