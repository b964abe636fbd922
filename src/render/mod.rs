//! Reports as people and programs read them: one file each, one line each in [`RENDERERS`].

use crate::evidence::Basis;
use crate::gathered::Gathered;
use crate::json_text;
use crate::letters::beginning;
use crate::policy::Level;
use crate::report::{
    Acceptance, AppliedWaiver, ChainAcceptance, Finding, Outcome, Report, RuleSummary, Verdict, WaiverState,
};
use crate::source::Span;

mod addresses;
mod csv;
mod html;
mod junit;
mod mail;
mod markdown;
mod partners;
mod sarif;
mod sheet;
mod text;
mod way;

pub use csv::csv;
pub use html::html;
pub use junit::junit;
pub use markdown::markdown;
pub use sarif::sarif;
pub use sheet::{sheet, sheet_markdown};
pub use text::{TextOptions, text};

/// A way to write a report.
#[derive(Debug)]
pub struct Renderer {
    /// What names it on a command line.
    pub id: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What file names end with, without the dot.
    pub extension: &'static str,
    /// Its media type, as registered with IANA.
    pub media_type: &'static str,
    /// Writes it, without colour.
    pub render: fn(&Report) -> String,
}

/// Every way there is.
pub static RENDERERS: &[Renderer] = &[
    Renderer {
        id: "text",
        title: "Text for a terminal",
        extension: "txt",
        media_type: "text/plain",
        render: |report| text(report, &TextOptions::default()),
    },
    Renderer { id: "json", title: "JSON, complete", extension: "json", media_type: "application/json", render: json },
    Renderer {
        id: "markdown",
        title: "Markdown for tickets",
        extension: "md",
        media_type: "text/markdown",
        render: markdown,
    },
    Renderer {
        id: "html",
        title: "Document to print and file",
        extension: "html",
        media_type: "text/html",
        render: html,
    },
    Renderer {
        id: "csv",
        title: "CSV, one row for each finding",
        extension: "csv",
        media_type: "text/csv",
        render: csv,
    },
    Renderer {
        id: "sarif",
        title: "SARIF 2.1.0 for code scanning",
        extension: "sarif",
        media_type: "application/sarif+json",
        render: sarif,
    },
    Renderer { id: "junit", title: "JUnit XML for CI", extension: "xml", media_type: "application/xml", render: junit },
    Renderer {
        id: "sheet",
        title: "Hand-off sheet for a partner",
        extension: "sheet.txt",
        media_type: "text/plain",
        render: sheet,
    },
    Renderer {
        id: "sheet-markdown",
        title: "Hand-off sheet as Markdown",
        extension: "sheet.md",
        media_type: "text/markdown",
        render: sheet_markdown,
    },
];

/// Writes the report in the format of this id.
///
/// # Errors
/// One sentence, when there is no such format.
pub fn render(report: &Report, format: &str) -> Result<String, String> {
    match RENDERERS.iter().find(|renderer| renderer.id == format) {
        Some(renderer) => Ok((renderer.render)(report)),
        None => {
            let known: Vec<String> = RENDERERS.iter().map(|renderer| format!("`{}`", renderer.id)).gathered();
            Err(format!("there is no output format `{format}`; expected one of {}", known.join(", ")))
        }
    }
}

/// The report as JSON, indented, with a line end.
#[must_use]
pub fn json(report: &Report) -> String {
    indented(report)
}

/// JSON with two blanks for each level, and a line end: what `serde_json` calls pretty.
fn indented(value: &impl serde::Serialize) -> String {
    json_text::indented(value).map(|json| json + "\n").unwrap_or_default()
}

/// Where the pages of the rules are: what each checks, why, how to fix it, its sources and its cases.
const RULE_PAGES: &str = "https://github.com/intransit/intransit/blob/main/docs/rules";

/// The page of a rule; of an id that no rule has, an address without what could break out of it.
fn rule_page(id: &str) -> String {
    let id = id.replace(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-', "");
    format!("{RULE_PAGES}/{id}.md")
}

/// The sign of a verdict.
const fn verdict_sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Compliant => "✔",
        Verdict::NonCompliant => "✖",
        Verdict::Indeterminate => "?",
    }
}

/// What chains were verified against, and how many were.
fn roots_words(report: &Report) -> Option<String> {
    let store = report.roots.as_ref()?;
    let verified = report.chains.iter().filter(|chain| chain.trusted).count();
    let (name, date, chains) = (&store.name, store.date.date(), report.chains.len());
    Some(format!("roots {name} of {date}, {}: {verified} of {chains} chains verified", store.source))
}

/// What a store says of a chain: the sign of the answer, and the word.
const fn acceptance_words(acceptance: Acceptance) -> (&'static str, &'static str) {
    match acceptance {
        Acceptance::Accepts => ("✔", "accepts"),
        Acceptance::Refuses => ("✖", "does not accept"),
        Acceptance::Unknown => ("?", "cannot say"),
    }
}

/// The chain that stores answer for: its leaf's name and, where it is known, the host.
fn chain_words(report: &Report, chain: &ChainAcceptance) -> String {
    let leaf = report.certificates.iter().find(|one| one.sha256 == chain.leaf);
    let name = leaf.and_then(|leaf| leaf.common_names.first().or(leaf.names.first()));
    let hash = beginning(&chain.leaf, 8);
    let name = name.map_or_else(|| hash.to_owned(), |name| format!("{name} ({hash})"));
    chain.host.as_ref().map(|host| format!("{name} for {host}")).unwrap_or(name)
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
    of(report, Outcome::Fail).filter(|finding| finding.level == level && !finding.is_accepted()).gathered()
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
        let causes = causes(finding);
        match groups.iter_mut().find(|(known, members)| {
            *known == causes && members.first().is_some_and(|member| member.subject.label == finding.subject.label)
        }) {
            Some((_, members)) => members.push(finding),
            None => groups.push((causes, vec![finding])),
        }
    }
    // What the verdict waits for comes first.
    groups.sort_by_key(|(_, members)| !members.iter().any(|finding| finding.level == Level::Error));
    groups
}

/// What to say of an unknown finding that the verdict does not wait for.
const fn weight_words(finding: &Finding) -> &'static str {
    match finding.level {
        Level::Error => "",
        Level::Warning | Level::Off => " (should fix: the verdict does not wait for it)",
    }
}

/// Of findings, those that say the same, with the rules that do: the first finding, and each rule once.
fn by_summary<'r>(findings: &[&'r Finding]) -> Vec<(&'r Finding, Vec<&'r str>)> {
    let mut groups: Vec<(&Finding, Vec<&str>)> = Vec::new();
    for finding in findings {
        match groups.iter_mut().find(|(first, _)| first.summary == finding.summary && first.subject == finding.subject)
        {
            Some((_, rules)) if rules.contains(&finding.rule.as_str()) => {}
            Some((_, rules)) => rules.push(&finding.rule),
            None => groups.push((finding, vec![&finding.rule])),
        }
    }
    groups
}

/// The commands that would decide one of these, each once.
fn commands_of<'r>(findings: &[&'r Finding]) -> Vec<&'r str> {
    let mut commands: Vec<&str> = Vec::new();
    for command in findings.iter().flat_map(|finding| &finding.decide_by) {
        if !commands.contains(&command.as_str()) {
            commands.push(command);
        }
    }
    commands
}

/// What a finding is about: the subject and, of a certificate, the start of its hash.
fn subject_words(finding: &Finding) -> String {
    let hash = finding.subject.certificate.as_deref().map(|hash| beginning(hash, 8));
    let certificate = hash.map(|hash| format!(" · certificate {hash}")).unwrap_or_default();
    format!("{}{certificate}", finding.subject.label)
}

/// The rule that a finding belongs to.
fn rule<'r>(report: &'r Report, finding: &Finding) -> Option<&'r RuleSummary> {
    report.rules.iter().find(|rule| rule.id == finding.rule)
}

/// `and 3 more places`.
fn more_places(count: usize) -> String {
    format!("and {count} more {}", if count == 1 { "place" } else { "places" })
}

/// `report.json:12:5`; the name alone where the source has no text.
fn place(report: &Report, span: Span) -> String {
    let name = source_name(report, span.source);
    if span.end == 0 { name.to_owned() } else { format!("{name}:{}:{}", span.line, span.column) }
}

/// The name of a source.
fn source_name(report: &Report, source: u32) -> &str {
    report.sources.get(source as usize).map_or("input", |source| source.name.as_str())
}

/// Words of the input must not steer the terminal, nor hide from who reads them: control and direction characters
/// and line separators are shown as U+FFFD. What is left may stand in XML 1.0 as well.
fn printable(words: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c,
                '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
                | '\u{FFFE}' | '\u{FFFF}')
    };
    words
        .chars()
        .map(|c| match c {
            '\n' | '\t' => ' ',
            c if steers(c) => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect()
}

/// The word that the JSON of a report uses.
fn word(value: &impl serde::Serialize) -> String {
    json_text::compact(value, 0).map(|json| json.trim_matches('"').to_owned()).unwrap_or_default()
}

/// [`printable`] words as text or an attribute's value of HTML and XML.
fn markup_escaped(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    for c in printable(words).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// An address that may become a link: http or https, without anything that RFC 3986 has no place for.
fn web_address(url: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_graphic() && !"\"<>\\^`{|}".contains(c);
    let known = url.starts_with("https://") || url.starts_with("http://");
    (known && url.chars().all(plain)).then_some(url)
}

const fn level_words(level: Level) -> &'static str {
    match level {
        Level::Error => "must fix",
        Level::Warning => "should fix",
        Level::Off => "off",
    }
}

const fn basis_words(basis: Basis) -> &'static str {
    match basis {
        Basis::Wire => "seen on the wire",
        Basis::Computed => "computed from the evidence",
        Basis::ToolSays => "concluded by the tool",
        Basis::Declared => "declared by the supplier",
    }
}

/// Why a finding could not be decided, each cause once.
fn causes(finding: &Finding) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    for gap in &finding.gaps {
        let cause = format!("{} ({})", gap.detail, gap.reason.words());
        if !causes.contains(&cause) {
            causes.push(cause);
        }
    }
    causes
}

#[cfg(test)]
mod tests {
    use super::indented;

    #[test]
    fn json_is_indented_as_serde_json_does() {
        for json in [
            r#"{}"#,
            r#"[]"#,
            r#""a\\\"{,:}[]""#,
            r#"{"a":[1,{"b":[],"c":{}},[[true]]],"d\\":"e\\\\","f":null,"ü":"\u0001 \"x\": [1, 2]"}"#,
        ] {
            let value: serde_json::Value = serde_json::from_str(json).unwrap();
            assert_eq!(indented(&value), serde_json::to_string_pretty(&value).unwrap() + "\n");
        }
    }
}
