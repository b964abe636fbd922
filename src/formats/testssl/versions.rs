//! Protocol versions: whether each was accepted or refused, read from testssl.sh's prose.

use super::Run;
use super::rows::{Row, Rows};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{Basis, Enumerated, Fact, Gap, GapReason, Observed, Refusal, RefusalKind, Rest};
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
pub(super) fn versions(run: &Run, rows: &Rows<'_>, diagnostics: &mut Vec<Diagnostic>) -> Enumerated<ProtocolVersion> {
    let mut accepted: Vec<Fact<ProtocolVersion>> = Vec::new();
    let mut refused: Vec<(ProtocolVersion, RefusalKind, Row<'_>)> = Vec::new();
    for (id, version) in IDS {
        for row in rows.all(id) {
            match said(row, diagnostics) {
                Said::Accepted => accepted.push(Fact::new(version, Basis::Wire, [row.span()])),
                Said::Refused(how) => refused.push((version, how, row)),
                Said::NotTested(_) => {}
            }
        }
    }
    let control = match (run.limited, accepted.first()) {
        (Some((reason, detail)), _) => Observed::missing(reason, detail),
        (None, Some(fact)) => Observed::Known(Fact::new(true, Basis::Computed, fact.words.clone())),
        (None, None) => Observed::missing(
            GapReason::Blocked,
            "no version was accepted in this scan, so the refusals may mean that no TLS server was reached",
        ),
    };
    let refused = refused
        .into_iter()
        .filter(|(version, ..)| !accepted.iter().any(|fact| fact.value == *version))
        .map(|(offered, how, row)| Refusal { offered, how, control: control.clone(), words: vec![row.span()] })
        .collect();
    Enumerated { accepted, refused, rest: Rest::Gap(untested(rows)) }
}

/// Why versions without an answer have none.
fn untested(rows: &Rows<'_>) -> Gap {
    let row = IDS.iter().filter_map(|(id, _)| rows.first(id)).find(|row| row.is_untested());
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
    if row.is_untested() {
        return Said::NotTested(if text.contains("local") || text.contains("support") {
            GapReason::ClientLimited
        } else {
            GapReason::Failed
        });
    }
    let names_itself = text.starts_with("tlsv1") || text.starts_with("sslv");
    if text.starts_with("not offered") || (names_itself && text.contains(" is not offered")) {
        return Said::Refused(if text.contains("downgraded") {
            RefusalKind::Downgraded
        } else {
            RefusalKind::ReportedAsNotOffered
        });
    }
    if text.starts_with("offered with draft") && !text.contains("final") {
        return Said::NotTested(GapReason::Unsupported);
    }
    // SSL 2.0 is reported by its consequence.
    if text.starts_with("offered") || text.starts_with("vulnerable with") || text.starts_with("supported but") {
        return Said::Accepted;
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
