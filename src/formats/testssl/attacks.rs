//! Known attacks, renegotiation and compression: what testssl.sh concluded.

use super::rows::{Row, Rows};
use crate::evidence::{AttackTest, Basis, Fact, Gap, GapReason, Observed};
use crate::gathered::Gathered;

/// Ids of the tests and the usual names of what they test.
const ATTACKS: [(&str, &str); 16] = [
    ("heartbleed", "Heartbleed"),
    ("CCS", "CCS injection"),
    ("ticketbleed", "Ticketbleed"),
    ("ROBOT", "ROBOT"),
    ("secure_client_renego", "client-initiated renegotiation"),
    ("POODLE_SSL", "POODLE"),
    ("SWEET32", "SWEET32"),
    ("FREAK", "FREAK"),
    ("DROWN", "DROWN"),
    ("LOGJAM", "Logjam"),
    ("LOGJAM-common_primes", "Logjam, common primes"),
    ("BEAST", "BEAST"),
    ("LUCKY13", "Lucky13"),
    ("winshock", "Winshock"),
    ("RC4", "RC4"),
    ("opossum", "Opossum"),
];

/// The tests for known attacks that the report has.
pub(super) fn attacks(rows: &Rows<'_>) -> Vec<AttackTest> {
    ATTACKS
        .iter()
        .flat_map(|(id, name)| rows.all(id).map(move |row| (row, *name)))
        .map(|(row, name)| AttackTest { name: name.to_owned(), cve: row.cve(), vulnerable: vulnerable(row) })
        .gathered()
}

fn vulnerable(row: Row<'_>) -> Observed<bool> {
    let finding = row.finding().unwrap_or_default();
    let text = finding.trim().to_ascii_lowercase();
    let answer = match text.as_str() {
        _ if row.is_untested() => None,
        text if text.starts_with("not vulnerable") || text.starts_with("not offered") => Some(false),
        // Of `LOGJAM-common_primes`, where no suite has a prime.
        text if text.starts_with("no dh key") => Some(false),
        text if text.starts_with("vulnerable") || text.starts_with("offered") => Some(true),
        text if text.starts_with("potentially vulnerable") || text.starts_with("uses 64 bit") => Some(true),
        _ => None,
    };
    match answer {
        Some(answer) => Observed::Known(Fact::new(answer, Basis::ToolSays, [row.span()])),
        None => Observed::NotObserved(
            Gap::new(GapReason::Failed, format!("testssl.sh says `{}`", finding.trim())).at([row.span()]),
        ),
    }
}

/// `secure_renego`: `supported`, or `VULNERABLE` where it is not.
pub(super) fn secure_renegotiation(rows: &Rows<'_>) -> Observed<bool> {
    answer(rows, "secure_renego", "whether secure renegotiation is signalled was not tested (testssl.sh -R)", |text| {
        match text {
            text if text.starts_with("supported") => Some(true),
            text if text.starts_with("not supported") || text.starts_with("vulnerable") => Some(false),
            _ => None,
        }
    })
}

/// `CRIME_TLS`: `not vulnerable` where there is no compression.
pub(super) fn compression(rows: &Rows<'_>) -> Observed<bool> {
    answer(rows, "CRIME_TLS", "whether TLS compression is offered was not tested (testssl.sh -C)", |text| match text {
        text if text.starts_with("not vulnerable") => Some(false),
        text if text.starts_with("vulnerable") => Some(true),
        _ => None,
    })
}

fn answer(rows: &Rows<'_>, id: &str, untested: &str, read: impl Fn(&str) -> Option<bool>) -> Observed<bool> {
    let Some(row) = rows.first(id).filter(|row| !row.is_untested()) else {
        return Observed::missing(GapReason::NotAttempted, untested);
    };
    let finding = row.finding().unwrap_or_default();
    match read(&finding.trim().to_ascii_lowercase()) {
        Some(value) => Observed::Known(Fact::new(value, Basis::ToolSays, [row.span()])),
        None => Observed::NotObserved(
            Gap::new(GapReason::Unsupported, format!("testssl.sh says `{}`", finding.trim())).at([row.span()]),
        ),
    }
}
