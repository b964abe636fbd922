//! For spreadsheets and databases: RFC 4180, one row for each finding, every row complete in itself.
//!
//! A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@`. Where a cell begins with one of these, or with an
//! apostrophe, an apostrophe is put in front; likewise behind each `;` in a cell, because some spreadsheets split
//! there. To undo it, take one apostrophe away in these places. Line ends, tabs and other control characters are
//! replaced, so that a record is a line.

use super::{causes, place, printable, rule, rule_page, word};
use crate::gathered::Gathered;
use crate::ordered::Set;
use crate::report::{Finding, Report, WaiverState};
use crate::source::Span;

/// A column: its name, and what a finding has in it.
type Column = (&'static str, fn(&Report, &Finding) -> String);

/// Between several values in one cell.
const SEPARATOR: &str = " | ";

static COLUMNS: &[Column] = &[
    ("id", |_, finding| finding.id.clone()),
    ("rule", |_, finding| finding.rule.clone()),
    ("facet", |_, finding| finding.facet.clone().unwrap_or_default()),
    ("outcome", |_, finding| word(&finding.outcome)),
    ("level", |_, finding| finding.level.name().to_owned()),
    ("subject", |_, finding| finding.subject.label.clone()),
    ("flow", |_, finding| finding.flow.as_ref().map(word).unwrap_or_default()),
    ("certificate", |_, finding| finding.subject.certificate.clone().unwrap_or_default()),
    ("summary", |_, finding| finding.summary.clone()),
    ("required", |_, finding| finding.required.clone()),
    ("basis", |_, finding| finding.basis.as_ref().map(word).unwrap_or_default()),
    ("evidence", evidence),
    ("gaps", |_, finding| causes(finding).join(SEPARATOR)),
    ("decideBy", |_, finding| finding.decide_by.join(SEPARATOR)),
    ("exception", |_, finding| {
        finding.exception.as_ref().map_or_else(String::new, |exception| match exception.state {
            WaiverState::Accepted => "accepted".to_owned(),
            WaiverState::Expired => "expired".to_owned(),
            WaiverState::NotYetGranted => "not yet granted".to_owned(),
        })
    }),
    ("exceptionId", |_, finding| waiver(finding, |waiver| waiver.id.clone())),
    ("exceptionReason", |_, finding| waiver(finding, |waiver| waiver.reason.clone())),
    ("exceptionOwner", |_, finding| waiver(finding, |waiver| waiver.owner.clone())),
    ("exceptionApprover", |_, finding| waiver(finding, |waiver| waiver.approver.clone())),
    ("exceptionGranted", |_, finding| waiver(finding, |waiver| waiver.granted.to_string())),
    ("exceptionExpires", |_, finding| waiver(finding, |waiver| waiver.expires.to_string())),
    ("clauses", |report, finding| {
        let citations = rule(report, finding).map(|rule| rule.citations.as_slice()).unwrap_or_default();
        let clauses: Vec<String> = citations
            .iter()
            .map(|citation| format!("{}, {} <{}>", citation.document, citation.clause, citation.url))
            .gathered();
        clauses.join(SEPARATOR)
    }),
    ("rulePage", |_, finding| rule_page(&finding.rule)),
    ("inputs", inputs),
    ("verdict", |report, _| word(&report.verdict)),
    ("policy", |report, _| report.policy.id.clone()),
    ("policyVersion", |report, _| report.policy.version.clone()),
    ("policySha256", |report, _| report.policy.sha256.clone()),
    ("at", |report, _| report.at.to_string()),
    ("now", |report, _| report.now.to_string()),
    ("generator", |report, _| report.generator.clone()),
    ("resultSha256", |report, _| report.result_sha256.clone()),
];

/// The findings as CSV, with a line of column names. The verdict stands in every row.
#[must_use]
pub fn csv(report: &Report) -> String {
    let mut out = String::new();
    record(&mut out, COLUMNS.iter().map(|(name, _)| (*name).to_owned()));
    for finding in &report.findings {
        record(&mut out, COLUMNS.iter().map(|(_, value)| value(report, finding)));
    }
    out
}

fn record(out: &mut String, cells: impl Iterator<Item = String>) {
    for (position, cell) in cells.enumerate() {
        if position > 0 {
            out.push(',');
        }
        out.push_str(&quoted(&guarded(&cell)));
    }
    out.push_str("\r\n");
}

/// RFC 4180 section 2, rules 5 to 7. Semicolons are quoted as well, for readers that split there.
fn quoted(cell: &str) -> String {
    if cell.contains(['"', ',', ';']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

/// The cell with nothing in it that a spreadsheet would run. The full-width signs are run by Excel in Japanese.
fn guarded(cell: &str) -> String {
    let mut out = String::with_capacity(cell.len() + 1);
    let mut begins = true;
    for c in printable(cell).chars() {
        if begins && matches!(c, '=' | '+' | '-' | '@' | '\'' | '＝' | '＋' | '－' | '＠') {
            out.push('\'');
        }
        begins = c == ';' || (begins && c.is_whitespace());
        out.push(c);
    }
    out
}

fn evidence(report: &Report, finding: &Finding) -> String {
    let cited: Vec<String> =
        finding.evidence.iter().map(|cited| format!("{}: {}", place(report, cited.span), cited.observed)).gathered();
    cited.join(SEPARATOR)
}

/// The inputs that the finding cites, with their hashes.
fn inputs(report: &Report, finding: &Finding) -> String {
    let spans = finding.evidence.iter().map(|cited| cited.span);
    let gaps = finding.gaps.iter().flat_map(|gap| gap.words.iter().copied());
    let cited: Set<u32> = spans.chain(gaps).map(|span: Span| span.source).collect();
    let sources = cited.iter().filter_map(|source| report.sources.get(*source as usize));
    let inputs: Vec<String> = sources.map(|source| format!("{} sha256:{}", source.name, source.sha256)).gathered();
    inputs.join(SEPARATOR)
}

fn waiver(finding: &Finding, value: fn(&crate::policy::Waiver) -> String) -> String {
    finding.exception.as_ref().map(|exception| value(&exception.waiver)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_cell_is_run() {
        for (cell, written) in [
            ("mail.example:25", "mail.example:25"),
            ("", ""),
            ("=1+1", "'=1+1"),
            ("  @SUM(A1)", "  '@SUM(A1)"),
            ("\t-2", " '-2"),
            ("\r=1", "\u{FFFD}=1"),
            ("＝1", "'＝1"),
            ("'quoted'", "''quoted'"),
            ("a;=1", "\"a;'=1\""),
            ("a-b=c", "a-b=c"),
            ("say \"a\", then b", "\"say \"\"a\"\", then b\""),
            ("two\nlines", "two lines"),
        ] {
            assert_eq!(quoted(&guarded(cell)), written, "{cell:?}");
        }
    }
}
