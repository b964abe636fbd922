//! Protocol versions: whether each was accepted or refused, read from testssl.sh's prose.

use super::rows::{Row, Rows};
use super::run::Run;
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{Basis, Enumerated, Fact, Gap, GapReason, Observed, Refusal, RefusalKind, Rest, SuiteList};
use crate::gathered::Gathered;
use crate::iana::ProtocolVersion;

/// The ids of the versions.
const IDS: [(&str, ProtocolVersion); 6] = [
    ("SSLv2", ProtocolVersion::SSL2),
    ("SSLv3", ProtocolVersion::SSL3),
    ("TLS1", ProtocolVersion::TLS1_0),
    ("TLS1_1", ProtocolVersion::TLS1_1),
    ("TLS1_2", ProtocolVersion::TLS1_2),
    ("TLS1_3", ProtocolVersion::TLS1_3),
];

/// What a finding says of a version.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Accepted,
    Refused(RefusalKind),
    NotTested(GapReason),
}

/// The versions that one target accepts.
pub(super) fn versions(
    run: &Run,
    rows: &Rows<'_>,
    suites: &[SuiteList],
    diagnostics: &mut Vec<Diagnostic>,
) -> Enumerated<ProtocolVersion> {
    let mut accepted: Vec<Fact<ProtocolVersion>> = Vec::new();
    let mut refused: Vec<(ProtocolVersion, RefusalKind, Row<'_>)> = Vec::new();
    for (id, version) in IDS {
        let (mut offer, mut doubtful) = (None, None);
        let mut refusal = None;
        let mut unanswered = false;
        for row in rows.all(id) {
            match said(row, diagnostics) {
                // Where the test was not made, an offer counts against the server alone.
                Said::Accepted if row.is_untested() => {
                    unanswered = true;
                    if version < ProtocolVersion::TLS1_2 {
                        doubtful = doubtful.or(Some(Fact::new(version, Basis::ToolSays, [row.span()])));
                    }
                }
                // One entry stands for all that say the same.
                Said::Accepted => offer = offer.or(Some(Fact::new(version, Basis::Wire, [row.span()]))),
                Said::Refused(how) => refusal = refusal.or(Some((version, how, row))),
                Said::NotTested(_) => unanswered = true,
            }
        }
        accepted.extend(offer.or(doubtful));
        // "not offered" and, in the next entry, that the connection was no TLS: the two cancel out.
        refused.extend(refusal.filter(|_| !unanswered));
    }
    // A suite that was accepted in a version shows the version, whether or not that was tested by itself.
    for list in suites {
        let chosen = list.suites.accepted.iter().find(|suite| !suite.value.is_signalling() && !suite.value.is_grease());
        let (Some(version), Some(suite)) = (list.version, chosen) else { continue };
        if !accepted.iter().any(|fact| fact.value == version) {
            accepted.push(suite.map(version));
        }
    }
    let control = match (run.limited, accepted.iter().find(|fact| fact.basis == Basis::Wire)) {
        (Some((reason, detail)), _) => Observed::missing(reason, detail),
        (None, Some(fact)) => {
            let words = fact.words.iter().chain(&run.unlimited).copied();
            Observed::Known(Fact::new(true, Basis::Computed, words))
        }
        (None, None) => Observed::missing(
            GapReason::Blocked,
            "no version was accepted in this scan, so the refusals may mean that no TLS server was reached",
        ),
    };
    let refused = refused
        .into_iter()
        .filter(|(version, ..)| !accepted.iter().any(|fact| fact.value == *version))
        .map(|(offered, how, row)| Refusal { offered, how, control: control.clone(), words: vec![row.span()] })
        .gathered();
    Enumerated { accepted, refused, unasked: Vec::new(), rest: Rest::Gap(untested(rows)) }
}

/// Whether a test was made and said whether the version is offered.
pub(super) fn is_answered(row: Row<'_>) -> bool {
    let text = row.finding().unwrap_or_default().trim().to_ascii_lowercase();
    !row.is_untested() && (is_offer(&text) || refusal(&text).is_some())
}

/// Why versions without an answer have none.
fn untested(rows: &Rows<'_>) -> Gap {
    let row = IDS.iter().flat_map(|(id, _)| rows.all(id)).find(|row| row.is_untested());
    match row {
        Some(row) => {
            let finding = row.finding().unwrap_or_default();
            let mut ignored = Vec::new();
            let reason = match said(row, &mut ignored) {
                Said::NotTested(reason) => reason,
                _ => GapReason::Failed,
            };
            Gap::new(reason, format!("testssl.sh says `{finding}`")).at([row.span()])
        }
        None if rows.first("scanProblem").is_some() => {
            let row = rows.first("scanProblem");
            let finding = row.and_then(Row::finding).unwrap_or_default();
            Gap::new(GapReason::Blocked, format!("testssl.sh says `{}`", finding.trim())).at(row.map(Row::span))
        }
        None => Gap::new(GapReason::NotAttempted, "the report has no entry for it (testssl.sh -p tests the versions)"),
    }
}

fn said(row: Row<'_>, diagnostics: &mut Vec<Diagnostic>) -> Said {
    let Some(finding) = row.finding() else { return Said::NotTested(GapReason::Truncated) };
    let text = finding.trim().to_ascii_lowercase();
    if is_offer(&text) {
        return Said::Accepted;
    }
    if row.is_untested() {
        return Said::NotTested(if text.contains("local") || text.contains("support") {
            GapReason::ClientLimited
        } else {
            GapReason::Failed
        });
    }
    if is_draft(&text) {
        return Said::NotTested(GapReason::Unsupported);
    }
    if let Some(how) = refusal(&text) {
        return Said::Refused(how);
    }
    diagnostics.push(
        Diagnostic::warning(
            Code::UnknownValue,
            format!(
                "found `{finding}` for `{}`; expected `offered` or `not offered`, so it is taken as unknown",
                row.id()
            ),
        )
        .at(row.span()),
    );
    Said::NotTested(GapReason::Unsupported)
}

/// The findings that say that a version is offered. SSL 2.0 is reported by its consequence.
fn is_offer(text: &str) -> bool {
    matches!(text, "offered" | "offered (deprecated)" | "offered (ok)" | "offered (not ok)")
        || text.starts_with("offered, no cipher")
        || text.starts_with("vulnerable with ")
        || text.starts_with("supported but couldn't detect a cipher")
        || text.strip_prefix("offered with ").is_some_and(|drafts| drafts.split(", ").any(|name| name == "final"))
}

/// Drafts of TLS 1.3, and not TLS 1.3 itself.
fn is_draft(text: &str) -> bool {
    text.starts_with("offered with draft")
}

/// The findings that say that a version is not offered, each in full: `likely not offered` and `not offered, server
/// responded with higher version number` say something else.
fn refusal(text: &str) -> Option<RefusalKind> {
    const NAMES: [&str; 6] = ["sslv2", "sslv3", "tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3"];
    const VERSIONS: [&str; 8] = ["ssl", "sslv2", "sslv3", "tlsv1", "tlsv1.0", "tlsv1.1", "tlsv1.2", "tlsv1.3"];
    let text = match text.split_once(" is not offered") {
        Some((name, rest)) if NAMES.contains(&name) => rest,
        Some(_) => return None,
        None => text.strip_prefix("not offered")?,
    };
    if matches!(text, "" | " (ok)") {
        return Some(RefusalKind::ReportedAsNotOffered);
    }
    let to = [" and downgraded to ", ", and downgraded to ", " + downgraded to "]
        .into_iter()
        .find_map(|words| text.strip_prefix(words))?;
    let is_known = match to.split_once(" rather than ") {
        Some((version, expected)) => VERSIONS.contains(&version) && VERSIONS.contains(&expected),
        None => matches!(to, "a weaker protocol" | "weaker protocol") || VERSIONS.contains(&to),
    };
    is_known.then_some(RefusalKind::Downgraded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_findings_are_answers() {
        let reported = Some(RefusalKind::ReportedAsNotOffered);
        let downgraded = Some(RefusalKind::Downgraded);
        let table = [
            ("not offered", reported.clone()),
            ("not offered (ok)", reported),
            ("not offered and downgraded to a weaker protocol", downgraded.clone()),
            ("not offered + downgraded to weaker protocol", downgraded.clone()),
            ("not offered, and downgraded to ssl", downgraded.clone()),
            ("not offered, and downgraded to sslv3 rather than tlsv1.0", downgraded.clone()),
            ("tlsv1.1 is not offered, and downgraded to a weaker protocol", downgraded),
            ("likely not offered", None),
            ("not offered, but supported by another", None),
            ("not offered by local client", None),
            ("not offered, server responded with higher version number (tlsv1.3) than requested by client", None),
            ("connection failed rather than downgrading to tlsv1.2", None),
            ("everything is not offered", None),
        ];
        for (text, expected) in table {
            assert_eq!(refusal(text), expected, "{text}");
            assert!(!is_offer(text), "{text}");
        }
    }

    #[test]
    fn offers_are_told_from_drafts() {
        let offers =
            ["offered", "offered (deprecated)", "offered with final", "offered with draft 28, draft 27, final"];
        for text in offers.into_iter().chain(["vulnerable with 3 ciphers", "offered, no cipher"]) {
            assert!(is_offer(text), "{text}");
        }
        for text in ["offered with draft 28", "offered with finality", "offered?", "unexpected results"] {
            assert!(!is_offer(text), "{text}");
        }
    }
}
