//! One scan of a made-up server, and what it says.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::fake::Fake;

pub(crate) const PROBE: &str = env!("CARGO_BIN_EXE_intransit-probe");
pub(crate) const TLS1_0: &str = "TLSv1.0";

/// What a scan says of the first endpoint.
pub(crate) struct Seen {
    pub(crate) endpoint: Value,
    pub(crate) scan: Value,
    pub(crate) journal: String,
}

pub(crate) fn run(words: &[&str]) -> Output {
    Command::new(PROBE).arg("scan").args(words).output().unwrap()
}

/// Scans within `seconds`, and not much longer.
pub(crate) fn scan(server: &Fake, seconds: u64, words: &[&str]) -> Seen {
    let started = Instant::now();
    let (target, deadline) = (server.address.to_string(), seconds.to_string());
    let mut all = vec![target.as_str(), "--format", "evidence", "--explain", "--deadline", &deadline];
    all.extend(words);
    let output = run(&all);
    let journal = String::from_utf8(output.stderr).unwrap();
    assert!(started.elapsed() < Duration::from_secs(seconds + 5), "{:?}: {journal}", started.elapsed());
    assert_eq!(output.status.code(), Some(0), "{journal}");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let read = intransit::read(&[intransit::Input::new("scan.json", &output.stdout)]);
    assert!(read.diagnostics.iter().all(|note| note.severity != intransit::diagnostic::Severity::Error), "{journal}");
    assert_eq!(read.evidence.scans.len(), document["scans"].as_array().unwrap().len());
    let scan = document["scans"][0].clone();
    Seen { endpoint: scan["subjects"][0]["endpoint"].clone(), scan, journal }
}

impl Seen {
    pub(crate) fn accepted(&self, list: &Value) -> Vec<String> {
        let facts = list["accepted"].as_array().unwrap_or_else(|| panic!("{}", self.journal));
        facts.iter().map(|fact| fact["value"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn versions(&self) -> Vec<String> {
        self.accepted(&self.endpoint["versions"])
    }

    /// Versions that the scan says are off.
    pub(crate) fn off(&self) -> Vec<String> {
        let refused = self.endpoint["versions"]["refused"].as_array().cloned().unwrap_or_default();
        let known = refused.iter().filter(|one| one["control"]["known"]["value"] == true);
        known.map(|one| one["offered"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn suites(&self, version: &str) -> Value {
        let lists = self.endpoint["suites"].as_array().unwrap();
        lists.iter().find(|list| list["version"] == version).cloned().unwrap_or_default()
    }

    /// Asserts that nothing is called off, and that no list is called complete.
    #[track_caller]
    pub(crate) fn assert_knows_nothing_off(&self) {
        assert_eq!(self.off(), Vec::<String>::new(), "{}", self.journal);
        assert!(self.scan["completion"]["unfinished"].is_object(), "{}", self.journal);
        assert!(!self.endpoint.to_string().contains("complete"), "{}", self.journal);
    }
}
