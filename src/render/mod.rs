//! Reports as people and programs read them: one file each, one line each in [`RENDERERS`].

use crate::policy::Level;
use crate::report::{AppliedWaiver, Finding, Outcome, Report, RuleSummary, Verdict, WaiverState};
use crate::source::Span;

mod markdown;
mod text;

pub use markdown::markdown;
pub use text::{TextOptions, text};

/// A way to write a report.
#[derive(Debug)]
pub struct Renderer {
    /// What names it on a command line.
    pub id: &'static str,
    /// Writes it, without colour.
    pub render: fn(&Report) -> String,
}

/// Every way there is.
pub static RENDERERS: &[Renderer] = &[
    Renderer { id: "text", render: |report| text(report, &TextOptions::default()) },
    Renderer { id: "json", render: json },
    Renderer { id: "markdown", render: markdown },
];

/// The report as JSON, indented, with a line end.
#[must_use]
pub fn json(report: &Report) -> String {
    serde_json::to_string_pretty(report).map(|json| json + "\n").unwrap_or_default()
}

/// The sign of a verdict.
const fn verdict_sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Compliant => "✔",
        Verdict::NonCompliant => "✖",
        Verdict::Indeterminate => "?",
    }
}

/// "3 must fix · 2 should fix · 4 undecided · 11 passed".
fn tally_line(report: &Report) -> String {
    let tally = report.tally;
    let accepted = if tally.accepted > 0 { format!(" · {} accepted", tally.accepted) } else { String::new() };
    format!(
        "{} must fix · {} should fix · {} undecided · {} passed{accepted}",
        tally.must_fix, tally.should_fix, tally.undecided, tally.passed
    )
}

/// The fails of one level, without those that are accepted.
fn fails(report: &Report, level: Level) -> Vec<&Finding> {
    of(report, Outcome::Fail).filter(|finding| finding.level == level && !finding.is_accepted()).collect()
}

/// What an exception says of its finding.
fn exception_words(exception: &AppliedWaiver) -> String {
    let waiver = &exception.waiver;
    let state = match exception.state {
        WaiverState::Accepted => format!("accepted until {}", waiver.expires),
        WaiverState::Expired => format!("the exception ended on {}", waiver.expires),
        WaiverState::NotYetGranted => format!("the exception begins on {}", waiver.granted),
    };
    format!(
        "{state}: {} (exception {}, approved by {}, owner {})",
        waiver.reason, waiver.id, waiver.approver, waiver.owner
    )
}

/// The findings of one outcome, in order.
fn of(report: &Report, outcome: Outcome) -> impl Iterator<Item = &Finding> {
    report.findings.iter().filter(move |finding| finding.outcome == outcome)
}

/// Unknown findings that rest on the same gaps, so that one missing thing reads as one.
fn unknowns_by_cause(report: &Report) -> Vec<(Vec<String>, Vec<&Finding>)> {
    let mut groups: Vec<(Vec<String>, Vec<&Finding>)> = Vec::new();
    for finding in of(report, Outcome::Unknown) {
        let mut causes: Vec<String> = Vec::new();
        for gap in &finding.gaps {
            let cause = format!("{} ({})", gap.detail, gap.reason.words());
            if !causes.contains(&cause) {
                causes.push(cause);
            }
        }
        match groups.iter_mut().find(|(known, members)| {
            *known == causes && members.first().is_some_and(|member| member.subject.label == finding.subject.label)
        }) {
            Some((_, members)) => members.push(finding),
            None => groups.push((causes, vec![finding])),
        }
    }
    groups
}

/// The rule that a finding belongs to.
fn rule<'r>(report: &'r Report, finding: &Finding) -> Option<&'r RuleSummary> {
    report.rules.iter().find(|rule| rule.id == finding.rule)
}

/// `report.json:12:5`; the name alone where the source has no text.
fn place(report: &Report, span: Span) -> String {
    let name = report.sources.get(span.source as usize).map_or("input", |source| source.name.as_str());
    if span.end == 0 { name.to_owned() } else { format!("{name}:{}:{}", span.line, span.column) }
}
