//! What makes a report repeatable: the command that gives it again, and the hash that shows that it is the same.
//!
//! Neither is part of what is hashed: the same files and options give the same hash wherever they are judged.

use sha2::{Digest, Sha256};

use crate::evaluate::Clock;
use crate::evidence::{Basis, Evidence, Subject};
use crate::json_text;
use crate::policy::Policy;
use crate::report::Report;
use crate::source::hex;

/// What the command line calls an input that it reads as `-`.
pub const STANDARD_INPUT: &str = "standard input";

impl Report {
    /// SHA-256 of the result, lower-case hex: what [`Report::result_sha256`] must be.
    ///
    /// It is taken of the UTF-8 bytes of the report as JSON *without* its last two members, `reproduce` and
    /// `resultSha256`. Members stand in the order of the schema, absent optional ones are left out, and there is no
    /// white space outside of strings. In strings only `"`, `\` and U+0000 to U+001F are escaped, as `\"`, `\\`,
    /// `\b`, `\t`, `\n`, `\f`, `\r` or `\u00xx` in lower case. JavaScript's `JSON.stringify` writes the same bytes.
    #[must_use]
    pub fn sha256(&self) -> String {
        hash_of(self.hashed_json().as_bytes())
    }

    /// The report as JSON without its last two members and the bracket that closes it.
    fn hashed_json(&self) -> String {
        // What two findings take: less would be copied again and again while it grows.
        const OF_FINDING: usize = 1024;
        let mut json = json_text::compact(self, OF_FINDING * (self.findings.len() + 8)).unwrap_or_default();
        let end = self.end();
        if json.ends_with(&end) {
            json.truncate(json.len() - end.len());
        }
        json
    }

    /// The last two members as JSON, with what stands before and behind them.
    fn end(&self) -> String {
        let text = |member: &String| json_text::compact(member, member.len()).unwrap_or_default();
        format!(r#","reproduce":{},"resultSha256":{}}}"#, text(&self.reproduce), text(&self.result_sha256))
    }
}

/// Puts the hash into a report, and hands its JSON back: to write all of a large report a second time takes long.
pub(crate) fn seal(report: &mut Report) -> String {
    let mut json = report.hashed_json();
    report.result_sha256 = hash_of(json.as_bytes());
    json.push_str(&report.end());
    json
}

fn hash_of(json_without_end: &[u8]) -> String {
    hex(&Sha256::new().chain_update(json_without_end).chain_update(b"}").finalize())
}

/// The command line that judges the same files in the same way.
///
/// What was declared is named only where the evidence rests on it: elsewhere it changes nothing.
pub(crate) fn command(evidence: &Evidence, policy: &Policy, clock: Clock) -> String {
    let mut words = vec!["intransit-probe".to_owned(), "check".to_owned()];
    let mut option = |name: &str, value: &str| words.extend([name.to_owned(), quoted(value)]);
    option("--policy", &policy.name);
    if let Some(inventory) = &policy.inventory_name {
        option("--inventory", inventory);
    }
    for roots in policy.roots.iter().chain(&policy.further_roots) {
        option("--roots", &roots.id);
    }
    if let Some(sheet) = &policy.sheet {
        option("--sheet", &sheet.name);
    }
    for host in &policy.stated_own_hosts {
        option("--own-host", host);
    }
    option("--at", &clock.at.to_string());
    option("--now", &clock.now.to_string());
    let started = evidence.scans.iter().filter_map(|scan| scan.started.fact());
    if let Some(collected) = started.into_iter().find(|fact| fact.basis == Basis::Declared) {
        option("--collected", &collected.value.to_string());
    }
    if let Some(host) = declared_host(evidence) {
        option("--host", host);
    }
    option("--format", "json");
    // Behind `--` a name that begins with a hyphen is no option.
    let supplied = || evidence.sources.iter().filter(|source| source.unpacked_from.is_none());
    if supplied().any(|source| source.name.starts_with('-')) {
        words.push("--".to_owned());
    }
    words.extend(supplied().map(|source| match source.name.as_str() {
        STANDARD_INPUT => "-".to_owned(),
        name => quoted(name),
    }));
    words.join(" ")
}

fn declared_host(evidence: &Evidence) -> Option<&str> {
    let subjects = evidence.scans.iter().flat_map(|scan| &scan.subjects);
    subjects
        .filter_map(|subject| match subject {
            Subject::Chain(chain) => chain.host.fact(),
            Subject::Endpoint(_) | Subject::Exhibit(_) | Subject::Revocation(_) => None,
        })
        .find(|fact| fact.basis == Basis::Declared)
        .map(|fact| fact.value.as_str())
}

/// One word of a POSIX shell (POSIX.1-2024, Shell Command Language, 2.2.2 Single-Quotes).
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./:@%+,-".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_report_is_its_json() {
        let reading = crate::read(&[crate::Input::new("paste", b"nothing to \"see\"")]);
        let policy = crate::policy::pack(crate::policy::DEFAULT_PACK).unwrap().policy().unwrap();
        let now = crate::Timestamp::from_unix(1_795_000_000);
        let mut report = crate::evaluate(&reading.evidence, &policy, Clock { at: now, now }, reading.diagnostics);
        let hash = std::mem::take(&mut report.result_sha256);
        let json = seal(&mut report);
        assert_eq!((json, &report.result_sha256), (serde_json::to_string(&report).unwrap(), &hash));
        assert_eq!(report.sha256(), hash);
    }

    #[test]
    fn words_are_quoted_for_the_shell() {
        for (word, expected) in [
            ("scans/report-1.json", "scans/report-1.json"),
            ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z"),
            ("", "''"),
            ("two words", "'two words'"),
            ("it's", r"'it'\''s'"),
            ("$(rm -rf ~)", "'$(rm -rf ~)'"),
            ("=ls", "'=ls'"),
            ("a\nb", "'a\nb'"),
            ("müll", "'müll'"),
        ] {
            assert_eq!(quoted(word), expected, "{word}");
        }
    }
}
