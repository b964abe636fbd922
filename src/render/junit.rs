//! For CI: the JUnit XML that GitLab, Jenkins and others read. One suite for each subject, one case for each finding.
//!
//! Only what was shown to hold is a case that succeeds. A must-fix is a failure. What is unknown at error level is an
//! error, so that no gate goes green on it. Should-fixes, unknowns at warning level, accepted exceptions and rules that
//! do not apply are skipped, with the reason. The first suite is the verdict, which is also kept from being compliant
//! by what was not shown at all.

use std::fmt::Write as _;

use super::{causes, exception_words, level_words, markup_escaped, place, printable, rule, rule_page, tally_line};
use crate::gathered::Gathered;
use crate::letters::beginning;
use crate::ordered::Map;
use crate::policy::Level;
use crate::report::{Finding, Outcome, Report, Verdict};

/// What becomes of a case: `kind` says what it was, `words` is the line that CI shows.
enum Answer {
    Success,
    Failure { kind: &'static str, words: String },
    Error { kind: &'static str, words: String },
    Skipped { words: String },
}

struct Case {
    class: String,
    name: String,
    answer: Answer,
    /// What stands in the answer's body, or in the case's output where the answer has none; one entry a line.
    lines: Vec<String>,
}

/// The report as JUnit XML.
#[must_use]
pub fn junit(report: &Report) -> String {
    let mut suites = vec![("verdict".to_owned(), vec![verdict_case(report)])];
    let mut positions: Map<&str, usize> = Map::new();
    let mut seen: Map<String, u32> = Map::new();
    for finding in &report.findings {
        let label = &finding.subject.label;
        let mut case = finding_case(report, finding);
        // GitLab shows the first of several cases of one name, and that one may have succeeded.
        let count = seen.count(printable(&format!("{label} {}", case.name)));
        if count > 1 {
            case.name = format!("{} ~{count}", case.name);
        }
        let position = positions.update(label, || suites.len(), |position| *position);
        match suites.get_mut(position) {
            Some((_, cases)) => cases.push(case),
            None => suites.push((label.clone(), vec![case])),
        }
    }
    let all = counts(suites.iter().flat_map(|(_, cases)| cases));
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(out, "<testsuites name=\"{}\" {all} time=\"0\">", markup_escaped(&report.headline));
    for (name, cases) in &suites {
        suite(&mut out, report, name, cases);
    }
    out.push_str("</testsuites>\n");
    out
}

fn suite(out: &mut String, report: &Report, name: &str, cases: &[Case]) {
    // The schema that Jenkins publishes takes no time zone here; the time is UTC.
    let instant = report.now.to_string();
    let _ = writeln!(
        out,
        "  <testsuite name=\"{}\" {} time=\"0\" timestamp=\"{}\">\n    <properties>",
        markup_escaped(name),
        counts(cases.iter()),
        instant.trim_end_matches('Z')
    );
    for (name, value) in properties(report) {
        let (name, value) = (markup_escaped(&name), markup_escaped(&value));
        let _ = writeln!(out, "      <property name=\"{name}\" value=\"{value}\"/>");
    }
    out.push_str("    </properties>\n");
    for case in cases {
        write_case(out, case);
    }
    out.push_str("  </testsuite>\n");
}

fn properties(report: &Report) -> Vec<(String, String)> {
    let policy = &report.policy;
    let mut properties: Vec<(String, String)> = [
        ("policy", format!("{} {}", policy.id, policy.version)),
        ("policySha256", policy.sha256.clone()),
        ("at", report.at.to_string()),
        ("now", report.now.to_string()),
        ("generator", report.generator.clone()),
        ("reproduce", report.reproduce.clone()),
        ("resultSha256", report.result_sha256.clone()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .gathered();
    let inputs = report.sources.iter().map(|source| (format!("sha256 of {}", source.name), source.sha256.clone()));
    properties.extend(inputs);
    properties
}

fn write_case(out: &mut String, case: &Case) {
    let (class, name) = (markup_escaped(&case.class), markup_escaped(&case.name));
    let _ = writeln!(out, "    <testcase classname=\"{class}\" name=\"{name}\" time=\"0\">");
    let lines: Vec<String> = case.lines.iter().map(|line| markup_escaped(line)).gathered();
    let lines = lines.join("\n");
    let mut with_body = |element: &str, kind: &str, words: &str| {
        let words = markup_escaped(words);
        let _ = writeln!(out, "      <{element} type=\"{kind}\" message=\"{words}\">{lines}</{element}>");
    };
    match &case.answer {
        Answer::Failure { kind, words } => with_body("failure", kind, words),
        Answer::Error { kind, words } => with_body("error", kind, words),
        Answer::Skipped { words } => {
            let _ = writeln!(out, "      <skipped message=\"{}\"/>", markup_escaped(words));
            let _ = writeln!(out, "      <system-out>{lines}</system-out>");
        }
        Answer::Success => {
            let _ = writeln!(out, "      <system-out>{lines}</system-out>");
        }
    }
    out.push_str("    </testcase>\n");
}

fn counts<'c>(cases: impl Iterator<Item = &'c Case>) -> String {
    let (mut tests, mut failures, mut errors, mut skipped) = (0, 0, 0, 0);
    for case in cases {
        tests += 1;
        match case.answer {
            Answer::Success => {}
            Answer::Failure { .. } => failures += 1,
            Answer::Error { .. } => errors += 1,
            Answer::Skipped { .. } => skipped += 1,
        }
    }
    format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
}

fn verdict_case(report: &Report) -> Case {
    let words = report.headline.clone();
    let mut lines = vec![tally_line(report)];
    lines.extend(report.reasons.iter().cloned());
    lines.extend(report.scope.not_shown.iter().map(|line| format!("not shown: {line}")));
    Case {
        class: format!("{} {}", report.policy.id, report.policy.version),
        name: "verdict".to_owned(),
        answer: match report.verdict {
            Verdict::Compliant => Answer::Success,
            Verdict::NonCompliant => Answer::Failure { kind: "non-compliant", words },
            Verdict::Indeterminate => Answer::Error { kind: "indeterminate", words },
        },
        lines,
    }
}

fn finding_case(report: &Report, finding: &Finding) -> Case {
    let summary = finding.summary.clone();
    let not_decided = || format!("not decided: {}", finding.summary);
    let answer = match (finding.outcome, finding.level) {
        (Outcome::Pass, _) => Answer::Success,
        (Outcome::NotApplicable, _) => Answer::Skipped { words: format!("does not apply: {summary}") },
        (Outcome::Fail, _) if finding.is_accepted() => {
            Answer::Skipped { words: format!("accepted exception: {summary}") }
        }
        (Outcome::Fail, Level::Error) => Answer::Failure { kind: "must-fix", words: summary },
        (Outcome::Fail, level) => Answer::Skipped { words: format!("{}: {summary}", level_words(level)) },
        (Outcome::Unknown, Level::Error) => Answer::Error { kind: "unknown", words: not_decided() },
        (Outcome::Unknown, _) => Answer::Skipped { words: not_decided() },
    };
    let facet = finding.facet.as_ref().map(|facet| format!("/{facet}")).unwrap_or_default();
    let certificate = finding.subject.certificate.as_deref().map(|hash| beginning(hash, 8));
    let certificate = certificate.map(|hash| format!(" ({hash})")).unwrap_or_default();
    Case {
        class: finding.subject.label.clone(),
        name: format!("{}{facet}{certificate}", finding.rule),
        answer,
        lines: lines(report, finding),
    }
}

fn lines(report: &Report, finding: &Finding) -> Vec<String> {
    let mut lines = vec![finding.summary.clone(), format!("required: {}", finding.required)];
    lines.extend(finding.exception.as_ref().map(exception_words));
    let cited = finding.evidence.iter();
    lines.extend(cited.map(|cited| format!("at {}: {}", place(report, cited.span), cited.observed)));
    lines.extend(causes(finding).iter().map(|cause| format!("because {cause}")));
    lines.extend(finding.decide_by.iter().map(|command| format!("run {command}")));
    if let Some(rule) = rule(report, finding).filter(|_| finding.outcome == Outcome::Fail) {
        lines.push(format!("why: {}", rule.why));
        lines.extend(rule.fix.iter().map(|fix| format!("fix, {}: {}", fix.product, fix.text)));
        let citations = rule.citations.iter();
        lines.extend(citations.map(|citation| format!("clause: {}, {}", citation.document, citation.clause)));
    }
    lines.push(format!("rule: {}", rule_page(&finding.rule)));
    lines
}
