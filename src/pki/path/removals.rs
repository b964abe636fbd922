//! When stores stopped trusting roots: `data/root-removals.tsv`, with its sources in `data/SOURCES.md`.
//!
//! A list that is shipped knows only its own day. For an instant before a removal it lacks a root that was trusted
//! then, and for one after it the reader should learn why.

use crate::time::Timestamp;

/// A root that a store stopped trusting for TLS servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removal {
    /// SHA-256 of the root's certificate, lower-case hex.
    pub sha256: &'static str,
    /// The root's subject as reports write it.
    pub subject: &'static str,
    /// The name of the store.
    pub store: &'static str,
    /// The first day without trust, `YYYY-MM-DD`.
    pub on: &'static str,
    /// What the store did.
    pub what: &'static str,
    /// Where it is said.
    pub source: &'static str,
}

const GLOBALSIGN: &str = "https://support.globalsign.com/ssl/general-ssl/removal-tls-trust-bit-roots-r1-and-r3-mozilla";
const DIGICERT: &str =
    "https://knowledge.digicert.com/alerts/digicert-tls-root-strategy-aligning-with-industry-standards";

/// Every removal that is known with its day and source.
pub static REMOVALS: &[Removal] = &[
    Removal {
        sha256: "ebd41040e4bb3ec742c9e381d31ef2a41a48b6685c96e7cef3c1df6cd4331c99",
        subject: "CN=GlobalSign Root CA, OU=Root CA, O=GlobalSign nv-sa, C=BE",
        store: "Mozilla",
        on: "2025-04-15",
        what: "took this root's trust for websites away",
        source: GLOBALSIGN,
    },
    Removal {
        sha256: "4348a0e9444c78cb265e058d5e8944b4d84f9662bd26db257f8934a443c70161",
        subject: "CN=DigiCert Global Root CA, OU=www.digicert.com, O=DigiCert Inc, C=US",
        store: "Mozilla",
        on: "2026-04-15",
        what: "removed this root",
        source: DIGICERT,
    },
];

/// The removal of the root with this hash or, where only its name is known, of this subject.
#[must_use]
pub fn removal_of(sha256: Option<&str>, subject: &str) -> Option<&'static Removal> {
    REMOVALS.iter().find(|one| match sha256 {
        Some(sha256) => one.sha256 == sha256,
        None => one.subject == subject,
    })
}

impl Removal {
    /// Whether the root was still trusted at an instant.
    #[must_use]
    pub fn is_before(&self, at: Timestamp) -> bool {
        self.on.parse::<Timestamp>().is_ok_and(|on| at < on)
    }

    /// What is to be said of a root that is missing: "Mozilla removed this root on 2026-04-15".
    #[must_use]
    pub fn words(&self, at: Timestamp) -> String {
        let Self { store, what, on, .. } = self;
        if self.is_before(at) {
            format!("{store} {what} on {on}, and as at {} still trusted it", at.date())
        } else {
            format!("{store} {what} on {on}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_one_in_data() {
        let rows: Vec<Vec<&str>> = include_str!("../../../data/root-removals.tsv")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .skip(1)
            .map(|line| line.split('\t').collect())
            .collect();
        let table: Vec<Vec<&str>> =
            REMOVALS.iter().map(|one| vec![one.sha256, one.subject, one.store, one.on, one.what, one.source]).collect();
        assert_eq!(table, rows);
    }

    #[test]
    fn the_day_itself_is_without_trust() {
        let removal =
            removal_of(None, "CN=DigiCert Global Root CA, OU=www.digicert.com, O=DigiCert Inc, C=US").unwrap();
        for (at, words) in [
            ("2026-04-14T23:59:59Z", "Mozilla removed this root on 2026-04-15, and as at 2026-04-14 still trusted it"),
            ("2026-04-15", "Mozilla removed this root on 2026-04-15"),
        ] {
            assert_eq!(removal.words(at.parse().unwrap()), words);
        }
        assert_eq!(removal_of(Some("00"), removal.subject), None);
    }
}
