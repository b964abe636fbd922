//! For tickets and pull requests: GitHub-flavoured Markdown.

use std::fmt::Write as _;

use super::{
    acceptance_words, addresses, by_summary, chain_words, commands_of, exception_words, fails, mail, of, place,
    printable, roots_words, rule, rule_page, subject_words, tally_line, unknowns_by_cause, verdict_sign, web_address,
    weight_words,
};
use crate::gathered::Gathered;
use crate::policy::Level;
use crate::report::{Finding, Outcome, Report};

/// The report as Markdown.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let mut out = String::new();
    let _ =
        writeln!(out, "# {} {}\n\n{}\n", verdict_sign(report.verdict), escaped(&report.headline), tally_line(report));
    if report.at != report.now {
        let _ = writeln!(out, "> Judged as at {}; today is {}.\n", report.at, report.now);
    }
    for change in &report.changed_settings {
        let (setting, from, to) = (escaped(&change.setting), code(&change.from), code(&change.to));
        let _ = writeln!(out, "> The policy changes its pack: {setting} from {from} to {to}.\n");
    }
    for line in &report.scope.not_shown {
        let _ = writeln!(out, "- not shown: {}", escaped(line));
    }
    for line in &report.notes {
        let _ = writeln!(out, "- {}", escaped(line));
    }
    for (level, words) in [(Level::Error, "Must fix"), (Level::Warning, "Should fix")] {
        let findings = fails(report, level);
        if !findings.is_empty() {
            let _ = writeln!(out, "\n## {words}\n");
        }
        for finding in findings {
            fail(&mut out, report, finding);
        }
    }
    let accepted: Vec<&Finding> = of(report, Outcome::Fail).filter(|finding| finding.is_accepted()).gathered();
    if !accepted.is_empty() {
        let _ = writeln!(out, "\n## Accepted exceptions\n");
    }
    for finding in accepted {
        item(&mut out, "✖", finding);
        if let Some(exception) = &finding.exception {
            let _ = writeln!(out, "  - {}", escaped(&exception_words(exception)));
        }
    }
    unknowns(&mut out, report);
    let passes: Vec<&Finding> = of(report, Outcome::Pass).gathered();
    if !passes.is_empty() {
        let _ = writeln!(out, "\n## Passed\n");
        for finding in passes {
            item(&mut out, "✔", finding);
        }
    }
    mail_section(&mut out, report);
    addresses_section(&mut out, report);
    if !report.diagnostics.is_empty() {
        let _ = writeln!(out, "\n## About the input\n");
        for diagnostic in &report.diagnostics {
            let at = diagnostic.span.map(|span| format!("{}: ", code(&place(report, span)))).unwrap_or_default();
            let _ = writeln!(out, "- {at}{}", escaped(&diagnostic.message));
        }
    }
    stores(&mut out, report);
    judged(&mut out, report);
    out
}

/// Predictions, each with the settings and facts that it rests on.
fn mail_section(out: &mut String, report: &Report) {
    let Some(forecast) = &report.mail_forecast else { return };
    let _ = writeln!(out, "\n## {}\n\n{}\n", mail::HEADING, escaped(&forecast.statement));
    for prediction in &forecast.predictions {
        let (about, outcome) = mail::title(prediction);
        let (about, outcome, summary) = (escaped(&about), escaped(&outcome), escaped(&prediction.summary));
        let _ = writeln!(out, "- {about}: **{outcome}**. {summary}");
        for line in mail::places(report, prediction) {
            let _ = writeln!(out, "  - at {}", escaped(&line));
        }
        for line in &prediction.missing {
            let _ = writeln!(out, "  - missing: {}", escaped(line));
        }
        let _ = writeln!(out, "  - sources: {}", escaped(&mail::sources(prediction)));
    }
    out.push('\n');
    for (position, source) in forecast.sources.iter().enumerate() {
        let (document, clause, date) = (escaped(&source.document), escaped(&source.clause), escaped(&source.date));
        let url = web_address(&source.url).unwrap_or_default();
        let _ = writeln!(out, "{}. [{document}](<{url}>), {clause} ({date})", position + 1);
    }
    out.push('\n');
    for line in mail::limits(forecast) {
        let _ = writeln!(out, "{}\n", escaped(&crate::evaluate::sentence(&line)));
    }
}

fn addresses_section(out: &mut String, report: &Report) {
    if report.ca_addresses.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n## {}\n", addresses::HEADING);
    for address in &report.ca_addresses {
        let purpose = escaped(&addresses::purpose(report, address));
        let _ = writeln!(out, "- {}: {purpose}", code(&addresses::place(address)));
    }
    out.push('\n');
    for words in addresses::PROCEDURES {
        let _ = writeln!(out, "{words}\n");
    }
}

fn item(out: &mut String, sign: &str, finding: &Finding) {
    let (summary, label) = (escaped(&finding.summary), escaped(&subject_words(finding)));
    let (id, page) = (code(&finding.rule), rule_page(&finding.rule));
    let _ = writeln!(out, "- {sign} {summary} [{id}](<{page}>) · {label}");
}

fn fail(out: &mut String, report: &Report, finding: &Finding) {
    item(out, "✖", finding);
    if let Some(exception) = &finding.exception {
        let _ = writeln!(out, "  - {}", escaped(&exception_words(exception)));
    }
    for cited in finding.evidence.iter().take(3) {
        let _ = writeln!(out, "  - at {}: {}", code(&place(report, cited.span)), escaped(&cited.observed));
    }
    let Some(rule) = rule(report, finding) else { return };
    let _ = writeln!(out, "  - why: {}", escaped(&rule.why));
    for fix in &rule.fix {
        let _ = writeln!(out, "  - fix, {}: {}", escaped(&fix.product), escaped(&fix.text));
    }
    if let Some(citation) = rule.citations.first() {
        let (document, clause) = (escaped(&citation.document), escaped(&citation.clause));
        let _ =
            writeln!(out, "  - clause: [{document}](<{}>), {clause}", web_address(&citation.url).unwrap_or_default());
    }
}

fn unknowns(out: &mut String, report: &Report) {
    let groups = unknowns_by_cause(report);
    if !groups.is_empty() {
        let _ = writeln!(out, "\n## Could not be decided\n");
    }
    for (causes, members) in groups {
        for (finding, rules) in by_summary(&members) {
            item(out, "?", finding);
            let weight = weight_words(finding);
            if !weight.is_empty() {
                let _ = writeln!(out, "  -{weight}");
            }
            if let [_, others @ ..] = rules.as_slice()
                && !others.is_empty()
            {
                let others: Vec<String> = others.iter().map(|rule| code(rule)).gathered();
                let _ = writeln!(out, "  - likewise {}", others.join(", "));
            }
        }
        for cause in &causes {
            let _ = writeln!(out, "  - because {}", escaped(cause));
        }
        for command in commands_of(&members) {
            let _ = writeln!(out, "  - run {}", code(command));
        }
    }
}

/// Which store accepts which chain.
fn stores(out: &mut String, report: &Report) {
    if report.acceptances.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n## Stores\n\n| chain | store | | why |\n|---|---|---|---|");
    for chain in &report.acceptances {
        let name = escaped(&chain_words(report, chain));
        for answer in &chain.answers {
            let (sign, word) = acceptance_words(answer.acceptance);
            let (store, words) = (escaped(&answer.store), escaped(&answer.words));
            let _ = writeln!(out, "| {name} | {store} | {sign} {word} | {words} |");
        }
    }
}

fn judged(out: &mut String, report: &Report) {
    let _ = writeln!(out, "\n## Judged\n\n| input | what | SHA-256 |\n|---|---|---|");
    for source in &report.sources {
        let scans = report.scans.iter().filter(|scan| scan.source == source.id);
        let what: Vec<String> = scans.map(|scan| escaped(&scan.recognised)).gathered();
        let _ = writeln!(out, "| {} | {} | {} |", escaped(&source.name), what.join("<br>"), code(&source.sha256));
    }
    let policy = &report.policy;
    let _ = writeln!(
        out,
        "\nPolicy {} {} (SHA-256 {}), judged as at {}, by {}. {}",
        escaped(&policy.id),
        escaped(&policy.version),
        code(&policy.sha256),
        report.at,
        escaped(&report.generator),
        escaped(&report.scope.statement)
    );
    if let Some(words) = roots_words(report) {
        let _ = writeln!(out, "\nVerified against {}.", escaped(&words));
    }
}

/// Words of the input have no power here: no links, no HTML, no emphasis, no table cells, no lines of their own.
pub(super) fn escaped(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    for c in printable(words).chars() {
        // The user's text stands in backticks, which Markdown would show as they are.
        let c = if c == '`' { '\'' } else { c };
        if matches!(c, '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '@' | '&') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Words as code, in more backticks than they have.
fn code(words: &str) -> String {
    let longest = words.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let words = printable(words);
    let pad = if longest > 0 { " " } else { "" };
    format!("{fence}{pad}{words}{pad}{fence}")
}
