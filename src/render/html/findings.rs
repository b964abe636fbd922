//! The findings: what must be fixed first, with the words that each rests on; passes last, and all of them.

use std::fmt::Write as _;

use super::super::more_places;
use super::{Quote, Sentence, Words, clause, level_words, of, quoted_cell, section, table};
use crate::gathered::Gathered;
use crate::policy::Level;
use crate::render::{basis_words, exception_words, fails, place, rule, rule_page, unknowns_by_cause};
use crate::report::{Finding, Outcome, Report};

/// Places of one finding that are shown; the JSON of the report has all of them.
const MOST_PLACES: usize = 25;

pub(super) fn sections(out: &mut String, report: &Report) {
    for (level, heading) in [(Level::Error, "Must fix"), (Level::Warning, "Should fix")] {
        let findings = fails(report, level);
        if findings.is_empty() {
            continue;
        }
        section(out, heading);
        let class = if level == Level::Error { "fail" } else { "warn" };
        for finding in findings {
            fail(out, report, finding, class);
        }
        out.push_str("</section>\n");
    }
    let accepted: Vec<&Finding> = of(report, Outcome::Fail).filter(|finding| finding.is_accepted()).gathered();
    if !accepted.is_empty() {
        section(out, "Failed, with accepted exceptions");
        for finding in accepted {
            fail(out, report, finding, "warn");
        }
        out.push_str("</section>\n");
    }
    unknowns(out, report);
    decided(out, report, Outcome::Pass, "Passed");
    decided(out, report, Outcome::NotApplicable, "Not applicable");
}

fn fail(out: &mut String, report: &Report, finding: &Finding, class: &str) {
    let _ = writeln!(out, "<article class=\"{class}\">");
    heading(out, "✖", finding);
    out.push_str("<dl>\n");
    about(out, report, finding);
    if let Some(exception) = &finding.exception {
        let _ = writeln!(out, "<dt>Exception</dt><dd>{}</dd>", Words(&exception_words(exception)));
    }
    let _ = writeln!(out, "<dt>Evidence</dt><dd>{}</dd>", evidence(report, finding));
    if let Some(basis) = finding.basis {
        let _ = writeln!(out, "<dt>Rests on</dt><dd>{}</dd>", basis_words(basis));
    }
    if let Some(rule) = rule(report, finding) {
        let _ = writeln!(out, "<dt>Why it matters</dt><dd>{}</dd>", Words(&rule.why));
        for fix in &rule.fix {
            let _ = writeln!(out, "<dt>Fix, {}</dt><dd>{}</dd>", Words(&fix.product), Sentence(&fix.text));
        }
        for citation in &rule.citations {
            let clause = clause(&citation.document, &citation.clause, &citation.url);
            let _ = writeln!(out, "<dt>Clause</dt><dd>{clause} ({})</dd>", Words(&citation.date));
        }
    }
    out.push_str("</dl>\n</article>\n");
}

fn heading(out: &mut String, sign: &str, finding: &Finding) {
    let _ = writeln!(out, "<h3><span class=\"sign\">{sign}</span> {}</h3>", Sentence(&finding.summary));
}

/// Subject, rule, and what it requires.
fn about(out: &mut String, report: &Report, finding: &Finding) {
    let _ = writeln!(out, "<dt>Subject</dt><dd>{}</dd>", subject(finding));
    let title = rule(report, finding).map_or("", |rule| rule.title.as_str());
    let (id, level) = (rule_id(finding), level_words(finding.level));
    let _ = writeln!(out, "<dt>Rule</dt><dd>{id} · {} · {level}</dd>", Words(title));
    let _ = writeln!(out, "<dt>Required</dt><dd>{}</dd>", Words(&finding.required));
}

/// The rule and, where it has several parts, which of them.
fn rule_id(finding: &Finding) -> String {
    let facet = finding.facet.as_ref().map(|facet| format!("/{facet}")).unwrap_or_default();
    let id = quoted_cell(&format!("{}{facet}", finding.rule));
    format!("<a href=\"{}\">{id}</a>", Words(&rule_page(&finding.rule)))
}

fn subject(finding: &Finding) -> String {
    let mut words = Quote(&finding.subject.label).to_string();
    if let Some(flow) = finding.flow {
        let _ = write!(words, " · {}", flow.words());
    }
    if let Some(hash) = &finding.subject.certificate {
        let _ = write!(words, "<br />certificate {}", Quote(hash));
    }
    words
}

fn evidence(report: &Report, finding: &Finding) -> String {
    if finding.evidence.is_empty() {
        return "no words of the input".to_owned();
    }
    let mut out = String::from("<ul class=\"quotes\">");
    for cited in finding.evidence.iter().take(MOST_PLACES) {
        let (observed, place) = (Quote(&cited.observed), place(report, cited.span));
        let _ = write!(out, "<li>{observed} <cite>{}</cite></li>", Words(&place));
    }
    if let Some(more) = finding.evidence.len().checked_sub(MOST_PLACES).filter(|more| *more > 0) {
        let _ = write!(out, "<li>{}, which the JSON of this report lists</li>", more_places(more));
    }
    out + "</ul>"
}

fn unknowns(out: &mut String, report: &Report) {
    let groups = unknowns_by_cause(report);
    if groups.is_empty() {
        return;
    }
    section(out, "Could not be decided");
    out.push_str("<p>What was not shown is not known. None of these counts as passed.</p>\n");
    for (causes, members) in groups {
        out.push_str("<article class=\"open\">\n");
        for finding in &members {
            heading(out, "?", finding);
            let (rule, level) = (rule_id(finding), level_words(finding.level));
            let _ = writeln!(out, "<p class=\"about\">{rule} · {level} · {}</p>", Words(&finding.required));
            if !finding.evidence.is_empty() {
                out.push_str(&evidence(report, finding));
            }
        }
        out.push_str("<dl class=\"causes\">\n");
        if let Some(finding) = members.first() {
            let _ = writeln!(out, "<dt>Subject</dt><dd>{}</dd>", subject(finding));
        }
        for cause in &causes {
            let _ = writeln!(out, "<dt>Because</dt><dd>{}</dd>", Sentence(cause));
        }
        for command in members.first().map(|finding| finding.decide_by.as_slice()).unwrap_or_default() {
            let _ = writeln!(out, "<dt>To decide it</dt><dd><pre>{}</pre></dd>", Words(command));
        }
        out.push_str("</dl>\n</article>\n");
    }
    out.push_str("</section>\n");
}

fn decided(out: &mut String, report: &Report, outcome: Outcome, heading: &str) {
    let findings: Vec<&Finding> = of(report, outcome).gathered();
    if findings.is_empty() {
        return;
    }
    section(out, heading);
    let rows = findings.into_iter().map(|finding| {
        let basis = finding.basis.map(basis_words).unwrap_or_default();
        vec![
            format!("{}<br /><small>{}</small>", Sentence(&finding.summary), subject(finding)),
            format!("{}<br /><small>{}</small>", rule_id(finding), level_words(finding.level)),
            format!("{}<small>{basis}</small>", evidence(report, finding)),
        ]
    });
    table(out, &["Finding", "Rule", "Evidence"], rows);
    out.push_str("</section>\n");
}
