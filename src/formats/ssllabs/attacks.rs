//! Known attacks, renegotiation and compression. Each test has numbers of its own; what is neither good nor bad among
//! them (`-1` failed, `0` unknown, ROBOT's `4` inconsistent) is not known.

use super::{flag, number};
use crate::evidence::{AttackTest, Basis, Fact, Gap, GapReason, Observed};
use crate::formats::json;
use crate::gathered::Gathered;

/// A test with a flag: field, the usual name, CVE ids, and the value that means vulnerable.
const FLAGS: [(&str, &str, &[&str], bool); 7] = [
    ("heartbleed", "Heartbleed", &["CVE-2014-0160"], true),
    ("poodle", "POODLE", &["CVE-2014-3566"], true),
    ("freak", "FREAK", &["CVE-2015-0204"], true),
    ("logjam", "Logjam", &["CVE-2015-4000"], true),
    ("vulnBeast", "BEAST", &["CVE-2011-3389"], true),
    ("supportsRc4", "RC4", &["CVE-2013-2566", "CVE-2015-2808"], true),
    ("fallbackScsv", "downgrade without TLS_FALLBACK_SCSV", &[], false),
];

/// A test with a number.
struct Numbered {
    field: &'static str,
    name: &'static str,
    cve: &'static [&'static str],
    good: &'static [i64],
    bad: &'static [i64],
}

const NUMBERS: [Numbered; 9] = [
    Numbered { field: "openSslCcs", name: "CCS injection", cve: &["CVE-2014-0224"], good: &[1], bad: &[2, 3] },
    Numbered {
        field: "openSSLLuckyMinus20",
        name: "OpenSSL padding oracle",
        cve: &["CVE-2016-2107"],
        good: &[1],
        bad: &[2],
    },
    // 3 is a similar bug in another implementation.
    Numbered { field: "ticketbleed", name: "Ticketbleed", cve: &["CVE-2016-9244"], good: &[1, 3], bad: &[2] },
    Numbered { field: "bleichenbacher", name: "ROBOT", cve: &["CVE-2017-13099"], good: &[1], bad: &[2, 3] },
    Numbered { field: "zombiePoodle", name: "Zombie POODLE", cve: &[], good: &[1], bad: &[2, 3] },
    Numbered { field: "goldenDoodle", name: "GOLDENDOODLE", cve: &[], good: &[1], bad: &[4, 5] },
    Numbered {
        field: "zeroLengthPaddingOracle",
        name: "0-length padding oracle",
        cve: &["CVE-2019-1559"],
        good: &[1],
        bad: &[6, 7],
    },
    Numbered { field: "sleepingPoodle", name: "Sleeping POODLE", cve: &[], good: &[1], bad: &[10, 11] },
    Numbered { field: "poodleTls", name: "POODLE (TLS)", cve: &["CVE-2014-8730"], good: &[1], bad: &[2] },
];

/// The tests for known attacks that the report has.
pub(super) fn attacks(details: json::Value<'_>) -> Vec<AttackTest> {
    let mut tests: Vec<AttackTest> = Vec::new();
    for (field, name, cve, bad) in FLAGS {
        if let Some((value, words)) = flag(details, field) {
            let vulnerable = Observed::Known(Fact::new(value == bad, Basis::ToolSays, [words]));
            tests.push(test(name, cve, vulnerable));
        }
    }
    for numbered in &NUMBERS {
        if let Some((value, words)) = number(details, numbered.field) {
            let vulnerable = if numbered.bad.contains(&value) {
                Observed::Known(Fact::new(true, Basis::ToolSays, [words]))
            } else if numbered.good.contains(&value) {
                Observed::Known(Fact::new(false, Basis::ToolSays, [words]))
            } else {
                let detail = format!("SSL Labs says `{value}` of {}, which is no answer", numbered.name);
                Observed::NotObserved(Gap::new(GapReason::Failed, detail).at([words]))
            };
            tests.push(test(numbered.name, numbered.cve, vulnerable));
        }
    }
    tests.extend(drown(details));
    if let Some((value, words)) = number(details, "renegSupport") {
        const INSECURE: i64 = 1;
        let vulnerable = Observed::Known(Fact::new(value & INSECURE != 0, Basis::ToolSays, [words]));
        tests.push(test("insecure client-initiated renegotiation", &["CVE-2009-3555"], vulnerable));
    }
    tests
}

/// Other servers with the same key count too, and asking for them may fail.
fn drown(details: json::Value<'_>) -> Option<AttackTest> {
    let (value, words) = flag(details, "drownVulnerable")?;
    let failed = flag(details, "drownErrors").filter(|(failed, _)| *failed && !value);
    let vulnerable = match failed {
        Some((_, span)) => Observed::NotObserved(
            Gap::new(GapReason::Failed, "SSL Labs reports an error in its test for DROWN").at([span]),
        ),
        None => Observed::Known(Fact::new(value, Basis::ToolSays, [words])),
    };
    Some(test("DROWN", &["CVE-2016-0800"], vulnerable))
}

fn test(name: &str, cve: &[&str], vulnerable: Observed<bool>) -> AttackTest {
    AttackTest { name: name.to_owned(), cve: cve.iter().map(|id| (*id).to_owned()).gathered(), vulnerable }
}

/// Bits 1 to 3 of `renegSupport`: supported, also when the client starts it, required.
pub(super) fn secure_renegotiation(details: json::Value<'_>, only_tls13: bool) -> Observed<bool> {
    const SECURE: i64 = 2 | 4 | 8;
    match number(details, "renegSupport") {
        // TLS 1.3 has no renegotiation, so there is nothing to signal.
        Some((0, words)) if only_tls13 => Observed::NotObserved(
            Gap::new(GapReason::Unsupported, "the server speaks TLS 1.3 alone, which has no renegotiation").at([words]),
        ),
        Some((value, words)) => Observed::Known(Fact::new(value & SECURE != 0, Basis::ToolSays, [words])),
        None => Observed::missing(GapReason::NotAttempted, "the report has no `renegSupport`"),
    }
}

/// Bit 0 of `compressionMethods` is DEFLATE.
pub(super) fn compression(details: json::Value<'_>) -> Observed<bool> {
    match number(details, "compressionMethods") {
        Some((value, words)) => Observed::Known(Fact::new(value != 0, Basis::ToolSays, [words])),
        None => Observed::missing(GapReason::NotAttempted, "the report has no `compressionMethods`"),
    }
}
