//! What the tests over real reports share: where the reports are, and how they are judged.

use std::path::{Path, PathBuf};

use intransit::{CheckOptions, Input, Report, check};

/// The instant that the fixtures are judged at and from: the morning after they were made.
pub(crate) const NOW: &str = "2026-11-22T10:00:00Z";

/// A report of a real scanner against a server that is known.
pub(crate) struct Fixture {
    /// `testssl-3.0.8/modern-pretty`.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What it says.
    pub(crate) text: String,
}

/// Every report below `tests/cases/formats`, in order of its name.
pub(crate) fn fixtures() -> Vec<Fixture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/formats");
    let mut found = Vec::new();
    for folder in entries(&root) {
        for path in entries(&folder) {
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            if name.ends_with(".md") || name.ends_with(".expected.json") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            found.push(Fixture { name: name.rsplit_once('.').unwrap().0.to_owned(), path, text });
        }
    }
    found
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// What this policy, a pack's id or JSON, says of a text.
pub(crate) fn judge(text: &str, policy: &str) -> Option<Report> {
    let options = CheckOptions {
        at: NOW.to_owned(),
        now: NOW.to_owned(),
        policy: Some(policy.to_owned()),
        ..CheckOptions::default()
    };
    check(&[Input::new("report.json", text.as_bytes())], &options).ok()
}
