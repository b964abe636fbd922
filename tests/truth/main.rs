//! Real reports of servers that are known: what is read from them, what is judged by them, and that neither says
//! anything that is not so.
#![expect(clippy::disallowed_methods, reason = "the fixtures and the snapshots are files")]

mod evidence;
mod facts;
#[path = "../common/joined.rs"]
mod joined;
mod not_proven;
mod servers;
mod together;
mod verdicts;
mod words;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases");

/// The folders of the reports whose servers are known.
const FOLDERS: [&str; 8] = [
    "testssl-3.0.8",
    "testssl-3.3dev",
    "sslyze-5.2.0",
    "sslyze-6.3.1",
    "sslscan-2.0.7",
    "nmap-7.93",
    "openssl-3.0.19",
    "openssl-3.0.22",
];

/// Every report in those folders: `sslscan-2.0.7/modern.xml`.
fn names() -> Vec<String> {
    let files = FOLDERS.iter().flat_map(|folder| {
        let entries = std::fs::read_dir(format!("{ROOT}/formats/{folder}")).unwrap();
        entries.map(move |entry| format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap()))
    });
    let aside = |name: &String| name.ends_with(".md") || name.ends_with(".expected.json");
    let mut names: Vec<String> = files.filter(|name| !aside(name)).collect();
    names.sort();
    names
}

fn text(name: &str) -> String {
    let path = format!("{ROOT}/formats/{name}");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Compares what was written with the file of this name, or writes it.
fn hold(path: &str, written: &str) -> Option<String> {
    let path = format!("{ROOT}/{path}");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::create_dir_all(path.rsplit_once('/').unwrap().0).unwrap();
        std::fs::write(&path, written).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    if known == written {
        return None;
    }
    let at = known.lines().zip(written.lines()).take_while(|(known, written)| known == written).count();
    let line = |text: &str| text.lines().nth(at).unwrap_or("the end").to_owned();
    Some(format!("{path}:{}\n- {}\n+ {}", at + 1, line(&known), line(written)))
}
