//! What the tests over real reports share: where the reports are, and how they are judged.

use std::path::{Path, PathBuf};

/// The instant that the fixtures are judged at and from: the morning after they were made.
pub(crate) const NOW: &str = "2026-11-22T10:00:00Z";

/// Where the fixtures are.
pub(crate) const FORMATS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/formats");

/// A report of a real scanner against a server that is known.
pub(crate) struct Fixture {
    /// `testssl-3.0.8/modern-pretty`.
    pub(crate) name: String,
    /// What it says.
    pub(crate) text: String,
}

/// Every report in JSON below `tests/cases/formats`, in order of its name.
pub(crate) fn fixtures() -> Vec<Fixture> {
    let root = Path::new(FORMATS);
    let mut found = Vec::new();
    let of_testssl =
        |folder: &PathBuf| folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("testssl-"));
    for folder in entries(root).into_iter().filter(of_testssl) {
        for path in entries(&folder) {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            if !name.ends_with(".json") || name.ends_with(".expected.json") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            found.push(Fixture { name: name.rsplit_once('.').unwrap().0.to_owned(), text });
        }
    }
    found
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}
