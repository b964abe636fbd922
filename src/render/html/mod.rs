//! For the file: one HTML document that an auditor can print on A4, without a script and without anything loaded.
//!
//! Whatever comes from the input passes through [`Words`], [`Sentence`] or [`Quote`]; the content security policy lets nothing run
//! but the style sheet of this build. Elements are closed as XML closes them, so that tests can parse the document.

use std::fmt;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

use super::{level_words, markup_escaped, of, roots_words, verdict_sign, web_address};
use crate::evidence::{Basis, Observed};
use crate::gathered::Gathered;
use crate::report::{Report, ScanSummary, Verdict};
use crate::time::Timestamp;

mod appendix;
mod findings;
mod mail;
mod partners;

const STYLE: &str = include_str!("report.css");

/// Words as text of the document.
struct Words<'a>(&'a str);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&markup_escaped(self.0))
    }
}

/// A sentence: what stands in backticks is shown as code.
struct Sentence<'a>(&'a str);

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some((before, (code, behind))) =
            rest.split_once('`').and_then(|(before, behind)| Some((before, behind.split_once('`')?)))
        {
            write!(f, "{}{}", Words(before), Quote(code))?;
            rest = behind;
        }
        write!(f, "{}", Words(rest))
    }
}

/// Words as they stand in the input or on a command line. Their direction does not reach beyond them.
struct Quote<'a>(&'a str);

impl fmt::Display for Quote<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<code>{}</code>", Words(self.0))
    }
}

/// The report as an HTML document.
#[must_use]
pub fn html(report: &Report) -> String {
    let mut out = String::new();
    head(&mut out, report);
    cover(&mut out, report);
    scope(&mut out, report);
    partners::ways(&mut out, report);
    partners::section(&mut out, report);
    findings::sections(&mut out, report);
    mail::section(&mut out, report);
    inputs(&mut out, report);
    appendix::sections(&mut out, report);
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn head(out: &mut String, report: &Report) {
    let hash = BASE64_STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy = format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'");
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\" />\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\" />\n\
         <meta name=\"referrer\" content=\"no-referrer\" />\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n\
         <meta name=\"color-scheme\" content=\"light dark\" />\n\
         <meta name=\"generator\" content=\"{}\" />\n\
         <title>{} · encryption in transit</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n",
        Words(&report.generator),
        Words(&report.headline),
    );
}

/// What a reader wants first: the answer, by what, of when.
fn cover(out: &mut String, report: &Report) {
    let (class, tally) = (verdict_class(report.verdict), report.tally);
    let _ = write!(
        out,
        "<header>\n<p class=\"kind\">Encryption in transit · report</p>\n\
         <h1 class=\"{class}\"><span class=\"sign\">{}</span> {}</h1>\n<p class=\"tally\">",
        verdict_sign(report.verdict),
        Sentence(&report.headline)
    );
    for (count, words, class) in [
        (tally.must_fix, "must fix", "fail"),
        (tally.should_fix, "should fix", "warn"),
        (tally.undecided, "undecided", "open"),
        (tally.passed, "passed", "pass"),
        (tally.accepted, "accepted", "warn"),
        (tally.not_applicable, "not applicable", "none"),
    ] {
        let class = if count == 0 { "none" } else { class };
        let _ = writeln!(out, "<span class=\"{class}\"><b>{count}</b> {words}</span>");
    }
    out.push_str("</p>\n");
    if report.at != report.now {
        let words = format!("Judged as at {}. The evaluation was run on {}.", report.at, report.now);
        let _ = writeln!(out, "<p class=\"banner\">{words}</p>");
    }
    let policy = &report.policy;
    let name = format!("{} ({} {})", policy.title, policy.id, policy.version);
    let collected: Vec<String> = report.scans.iter().map(|scan| collected(&scan.started)).gathered();
    let roots = roots_words(report).unwrap_or_else(|| "none: no chain was verified".to_owned());
    rows(
        out,
        &[
            ("Policy", Words(&name).to_string()),
            ("SHA-256 of the policy", Quote(&policy.sha256).to_string()),
            ("Chains verified against", Words(&roots).to_string()),
            ("Evidence collected", Words(&each_once(collected).join("; ")).to_string()),
            ("Evaluated", instant(report.now)),
            ("Judged as at", instant(report.at)),
            ("Evaluated by", Words(&report.generator).to_string()),
            ("SHA-256 of the result", Quote(&report.result_sha256).to_string()),
        ],
    );
    out.push_str("</header>\n");
    section(out, "What the verdict rests on");
    list(out, &report.reasons);
    let _ = writeln!(out, "</section>");
}

fn scope(out: &mut String, report: &Report) {
    section(out, "Scope");
    let _ = writeln!(out, "<p>{}</p>", Words(&report.scope.statement));
    if !report.scope.shown.is_empty() {
        out.push_str("<h3>Covered</h3>\n");
        let _ = write!(out, "<ul>");
        for label in &report.scope.shown {
            let _ = writeln!(out, "<li>{}</li>", Quote(label));
        }
        out.push_str("</ul>\n");
    }
    out.push_str("<h3>Not covered</h3>\n");
    if report.scope.not_shown.is_empty() {
        out.push_str("<p>Everything that the policy expects was shown, and every input was read to its end.</p>\n");
    }
    list(out, &report.scope.not_shown);
    if !report.changed_settings.is_empty() {
        out.push_str("<h3>The policy differs from the pack that it extends</h3>\n");
        let changes = report.changed_settings.iter();
        let changes =
            changes.map(|change| vec![cell(&change.setting), quoted_cell(&change.from), quoted_cell(&change.to)]);
        table(out, &["Setting", "In the pack", "In this policy"], changes);
    }
    if !report.notes.is_empty() {
        out.push_str("<h3>Remarks</h3>\n");
        list(out, &report.notes);
    }
    out.push_str("</section>\n");
}

fn inputs(out: &mut String, report: &Report) {
    section(out, "Inputs, as supplied");
    if report.sources.is_empty() {
        out.push_str("<p>None.</p>\n");
    }
    for source in &report.sources {
        let _ = writeln!(out, "<div class=\"input\">\n<h3>{}</h3>", Quote(&source.name));
        let mut facts =
            vec![("SHA-256", Quote(&source.sha256).to_string()), ("Size", format!("{} bytes", source.bytes))];
        let scans = report.scans.iter().filter(|scan| scan.source == source.id);
        let before = facts.len();
        facts.extend(scans.flat_map(scan_rows));
        if facts.len() == before {
            facts.push(("Recognised", "nothing that could be judged".to_owned()));
        }
        rows(out, &facts);
        out.push_str("</div>\n");
    }
    out.push_str("</section>\n");
}

fn scan_rows(scan: &ScanSummary) -> Vec<(&'static str, String)> {
    let stated =
        |value: &Option<String>| value.as_deref().map_or("not stated".to_owned(), |value| Quote(value).to_string());
    let tool = match (&scan.tool, &scan.tool_version) {
        (Some(tool), Some(version)) => Words(&format!("{tool} {version}")).to_string(),
        (Some(tool), None) => Words(tool).to_string(),
        (None, _) => "none".to_owned(),
    };
    let end = scan.completion.gap().map_or("yes".to_owned(), |gap| Words(&format!("no: {}", gap.detail)).to_string());
    vec![
        ("Recognised", Words(&scan.recognised).to_string()),
        ("Tool", tool),
        ("Command", stated(&scan.command)),
        ("Vantage point", stated(&scan.vantage)),
        ("Collected", Words(&collected(&scan.started)).to_string()),
        ("Came to its end", end),
    ]
}

fn collected(started: &Observed<Timestamp>) -> String {
    match started {
        Observed::Known(fact) if fact.basis == Basis::Declared => format!("{} (declared by the supplier)", fact.value),
        Observed::Known(fact) => fact.value.to_string(),
        Observed::NotObserved(_) => "time not stated".to_owned(),
    }
}

const fn verdict_class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Compliant => "pass",
        Verdict::NonCompliant => "fail",
        Verdict::Indeterminate => "open",
    }
}

fn instant(time: Timestamp) -> String {
    format!("<time>{time}</time>")
}

fn each_once(words: Vec<String>) -> Vec<String> {
    let mut unique: Vec<String> = Vec::new();
    for word in words {
        if !unique.contains(&word) {
            unique.push(word);
        }
    }
    unique
}

fn section(out: &mut String, heading: &str) {
    let _ = writeln!(out, "<section>\n<h2>{}</h2>", Words(heading));
}

/// A list of sentences.
fn list(out: &mut String, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    out.push_str("<ul>\n");
    for line in lines {
        let _ = writeln!(out, "<li>{}</li>", Sentence(line));
    }
    out.push_str("</ul>\n");
}

/// Names with their values, which are markup already.
fn rows(out: &mut String, rows: &[(&str, String)]) {
    out.push_str("<dl>\n");
    for (name, value) in rows {
        let _ = writeln!(out, "<dt>{name}</dt><dd>{value}</dd>");
    }
    out.push_str("</dl>\n");
}

/// A table of cells that are markup already.
fn table(out: &mut String, header: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    out.push_str("<table>\n<thead><tr>");
    for name in header {
        let _ = write!(out, "<th scope=\"col\">{name}</th>");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for cell in row {
            let _ = write!(out, "<td>{cell}</td>");
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n");
}

fn cell(words: &str) -> String {
    Words(words).to_string()
}

fn quoted_cell(words: &str) -> String {
    Quote(words).to_string()
}

/// A document and its clause, with a link where the address can be one.
fn clause(document: &str, clause: &str, url: &str) -> String {
    match web_address(url) {
        Some(url) => {
            let (document, clause) = (Words(document), Words(clause));
            format!("<a href=\"{}\" rel=\"noopener noreferrer\">{document}</a>, {clause}", Words(url))
        }
        None => format!("{}, {}", Words(document), Words(clause)),
    }
}
