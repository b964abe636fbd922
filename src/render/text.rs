//! For a terminal: 80 columns, with colour or without, what to fix first.

use std::fmt::Write as _;

use super::mail;
use super::partners::{HEADINGS, REACH, partners};
use super::{
    RULE_PAGES, acceptance_words, addresses, by_summary, chain_words, commands_of, exception_words, fails, more_places,
    of, place, printable, roots_words, rule, subject_words, tally_line, unknowns_by_cause, verdict_sign, way,
    weight_words,
};
use crate::diagnostic::Severity;
use crate::evaluate::sentence;
use crate::evidence::GapReason;
use crate::gathered::Gathered;
use crate::policy::Level;
use crate::report::{Cited, Finding, Outcome, Report, Verdict};

/// How to write it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TextOptions {
    /// With ANSI colours.
    pub colour: bool,
}

const WIDTH: usize = 80;
/// Places of one finding that are shown.
const MOST_PLACES: usize = 3;
/// So many rules that wait for one thing are listed; of more of them a few are named.
const MOST_WAITING: usize = 6;
const MOST_NAMED: usize = 3;

#[derive(Clone, Copy)]
enum Ink {
    Red,
    Yellow,
    Green,
    Blue,
    Bold,
    Dim,
}

struct Page {
    out: String,
    colour: bool,
}

/// The report as text.
#[must_use]
pub fn text(report: &Report, options: &TextOptions) -> String {
    let mut page = Page { out: String::new(), colour: options.colour };
    page.head(report);
    page.way(report);
    page.partners(report);
    page.fails(report);
    page.accepted(report);
    page.unknowns(report);
    page.passes(report);
    page.mail(report);
    page.addresses(report);
    page.diagnostics(report);
    page.stores(report);
    page.judged(report);
    page.out
}

impl Page {
    fn ink(&self, ink: Ink, words: &str) -> String {
        let code = match ink {
            Ink::Red => "31;1",
            Ink::Yellow => "33",
            Ink::Green => "32",
            Ink::Blue => "34;1",
            Ink::Bold => "1",
            Ink::Dim => "2",
        };
        if self.colour { format!("\u{1b}[{code}m{words}\u{1b}[0m") } else { words.to_owned() }
    }

    fn line(&mut self, line: &str) {
        let _ = writeln!(self.out, "{}", line.trim_end());
    }

    /// Wraps words behind an indent; `first` stands in the indent of the first line.
    fn wrapped(&mut self, first: &str, indent: usize, words: &str) {
        for (position, line) in filled(words, WIDTH.saturating_sub(indent)).into_iter().enumerate() {
            let before = if position == 0 { first } else { "" };
            self.line(&format!("{before:<indent$}{line}"));
        }
    }

    fn heading(&mut self, words: &str) {
        self.line("");
        let words = self.ink(Ink::Bold, words);
        self.line(&words);
    }

    /// The rule and the subject of a finding.
    fn about(&mut self, ink: Ink, finding: &Finding) {
        self.about_rules(ink, &finding.rule, finding);
    }

    fn about_rules(&mut self, ink: Ink, rules: &str, finding: &Finding) {
        let words = format!("{rules} · {}", subject_words(finding));
        for line in filled(&words, WIDTH - 2) {
            let line = self.ink(ink, &format!("  {line}"));
            self.line(&line);
        }
    }

    fn head(&mut self, report: &Report) {
        let ink = match report.verdict {
            Verdict::Compliant => Ink::Green,
            Verdict::NonCompliant => Ink::Red,
            Verdict::Indeterminate => Ink::Blue,
        };
        let headline = self.ink(ink, &printable(&format!("{} {}", verdict_sign(report.verdict), report.headline)));
        self.line(&headline);
        self.line(&format!("  {}", tally_line(report)));
        if report.at != report.now {
            self.wrapped("", 2, &format!("Judged as at {}; today is {}.", report.at, report.now));
        }
        for change in &report.changed_settings {
            let words =
                format!("The policy changes its pack: {} from {} to {}.", change.setting, change.from, change.to);
            self.wrapped("", 2, &words);
        }
        for line in report.scope.not_shown.iter().chain(&report.notes) {
            self.wrapped("", 2, &sentence(line));
        }
    }

    /// The hops of each message as it travelled, and where what others claim ends.
    fn way(&mut self, report: &Report) {
        for hops in way::ways(report) {
            self.heading(way::HEADING);
            let mut before = None;
            for hop in hops {
                if before != Some(hop.standing) {
                    self.wrapped("", 2, &format!("— {} —", way::standing_words(hop.standing)));
                    before = Some(hop.standing);
                }
                if hop.lacks_line_below {
                    self.wrapped("    ?", 6, way::LINE_MISSING);
                }
                self.wrapped("", 2, &hop.label);
                self.wrapped(&format!("    {}", way::sign(hop)), 6, &way::protection(hop));
                self.wrapped("", 6, &format!("sent by {}", hop.from));
            }
        }
    }

    fn partners(&mut self, report: &Report) {
        let partners = partners(report);
        if partners.is_empty() {
            return;
        }
        self.heading("Partners");
        for partner in partners {
            let name = self.ink(Ink::Bold, &printable(&format!("  {}", partner.name)));
            self.line(&name);
            for (heading, cell) in HEADINGS.into_iter().zip(&partner.cells) {
                self.line(&format!("    {heading:<14}{} {}", cell.sign, cell.words));
                if let Some(remedy) = cell.remedy() {
                    self.wrapped("", 18, remedy);
                }
                if let Some(finding) = cell.finding {
                    self.places(report, finding);
                }
            }
        }
        self.wrapped("", 2, REACH);
    }

    /// Which store accepts which chain.
    fn stores(&mut self, report: &Report) {
        if report.acceptances.is_empty() {
            return;
        }
        self.heading("Stores");
        for chain in &report.acceptances {
            self.wrapped("", 2, &chain_words(report, chain));
            for answer in &chain.answers {
                let (sign, word) = acceptance_words(answer.acceptance);
                self.wrapped(&format!("  {sign}"), 4, &format!("{} {word}: {}", answer.store, answer.words));
            }
        }
    }

    fn accepted(&mut self, report: &Report) {
        let accepted: Vec<&Finding> = of(report, Outcome::Fail).filter(|finding| finding.is_accepted()).gathered();
        if !accepted.is_empty() {
            self.heading("Accepted exceptions");
        }
        for finding in accepted {
            self.wrapped("✖", 2, &finding.summary);
            self.about(Ink::Yellow, finding);
            if let Some(exception) = &finding.exception {
                self.wrapped("", 4, &exception_words(exception));
            }
        }
    }

    fn fails(&mut self, report: &Report) {
        for (level, words) in [(Level::Error, "Must fix"), (Level::Warning, "Should fix")] {
            let findings = fails(report, level);
            if findings.is_empty() {
                continue;
            }
            self.heading(words);
            for (position, finding) in findings.iter().enumerate() {
                let explain = !findings.iter().take(position).any(|earlier| earlier.rule == finding.rule);
                self.fail(report, finding, explain);
            }
        }
    }

    fn fail(&mut self, report: &Report, finding: &Finding, explain: bool) {
        self.wrapped("✖", 2, &finding.summary);
        self.about(if finding.level == Level::Error { Ink::Red } else { Ink::Yellow }, finding);
        if let Some(exception) = &finding.exception {
            self.wrapped("", 4, &exception_words(exception));
        }
        self.places(report, finding);
        let Some(rule) = rule(report, finding).filter(|_| explain) else { return };
        self.wrapped("    why", 11, &rule.why);
        for fix in &rule.fix {
            self.wrapped("    fix", 11, &format!("{}: {}", fix.product, fix.text));
        }
        if let Some(citation) = rule.citations.first() {
            self.wrapped("    clause", 11, &format!("{}, {} ({})", citation.document, citation.clause, citation.date));
        }
    }

    /// Where it is said; each side of a disagreement before a second place of one side.
    fn places(&mut self, report: &Report, finding: &Finding) {
        let mut first: Vec<&Cited> = Vec::new();
        let mut others: Vec<&Cited> = Vec::new();
        for cited in &finding.evidence {
            // A long list needs no more sides than are shown.
            let is_new = first.len() < MOST_PLACES && first.iter().all(|known| known.observed != cited.observed);
            if is_new { first.push(cited) } else { others.push(cited) }
        }
        for cited in first.into_iter().chain(others).take(MOST_PLACES) {
            self.wrapped("    at", 11, &format!("{}: {}", place(report, cited.span), cited.observed));
        }
        if finding.evidence.len() > MOST_PLACES {
            self.wrapped("", 11, &more_places(finding.evidence.len() - MOST_PLACES));
        }
    }

    fn unknowns(&mut self, report: &Report) {
        let groups = unknowns_by_cause(report);
        if groups.is_empty() {
            return;
        }
        self.heading("Could not be decided");
        for (causes, members) in groups {
            for (finding, rules) in by_summary(&members) {
                self.wrapped("?", 2, &finding.summary);
                let weight = weight_words(finding);
                if rules.len() > MOST_WAITING {
                    let named = rules.iter().take(MOST_NAMED).copied().gathered().join(", ");
                    let (count, more) = (rules.len(), rules.len() - MOST_NAMED);
                    let words = format!("{count} rules wait for it: {named} and {more} more{weight}");
                    self.about_rules(Ink::Blue, &words, finding);
                } else {
                    self.about_rules(Ink::Blue, &format!("{}{weight}", rules.join(", ")), finding);
                }
            }
            for cause in &causes {
                self.wrapped("    because", 12, cause);
            }
            let contradicted =
                |finding: &&&Finding| finding.gaps.iter().any(|gap| gap.reason == GapReason::Contradicted);
            if let Some(finding) = members.iter().find(contradicted) {
                self.places(report, finding);
            }
            let commands = commands_of(&members);
            for (position, command) in commands.iter().enumerate() {
                // Commands are not wrapped: they are there to be copied.
                let first = if position == 0 { "    run" } else { "    or" };
                self.line(&printable(&format!("{first:<12}{command}")));
            }
        }
    }

    fn passes(&mut self, report: &Report) {
        let passes: Vec<&Finding> = of(report, Outcome::Pass).gathered();
        if passes.is_empty() {
            return;
        }
        self.heading("Passed");
        for finding in passes {
            self.wrapped("✔", 2, &finding.summary);
            self.about(Ink::Green, finding);
        }
    }

    /// Predictions, each with the settings and facts that it rests on.
    fn mail(&mut self, report: &Report) {
        let Some(forecast) = &report.mail_forecast else { return };
        self.heading(mail::HEADING);
        self.wrapped("", 2, &forecast.statement);
        for prediction in &forecast.predictions {
            let (about, outcome) = mail::title(prediction);
            for line in filled(&format!("{about}: {outcome}"), WIDTH - 2) {
                let line = self.ink(Ink::Bold, &format!("  {line}"));
                self.line(&line);
            }
            self.wrapped("", 4, &prediction.summary);
            for line in mail::places(report, prediction) {
                self.wrapped("    at", 12, &line);
            }
            for line in &prediction.missing {
                self.wrapped("    missing", 12, line);
            }
            self.wrapped("    sources", 12, &mail::sources(prediction));
        }
        for (position, source) in forecast.sources.iter().enumerate() {
            let words = format!("{}: {} ({})", source.document, source.clause, source.date);
            self.wrapped(&format!("  [{}]", position + 1), 7, &words);
        }
        for line in mail::limits(forecast) {
            self.wrapped("", 2, &sentence(&line));
        }
    }

    fn addresses(&mut self, report: &Report) {
        if report.ca_addresses.is_empty() {
            return;
        }
        self.heading(addresses::HEADING);
        for address in &report.ca_addresses {
            self.wrapped("", 2, &addresses::place(address));
            self.wrapped("", 4, &addresses::purpose(report, address));
        }
        for words in addresses::PROCEDURES {
            self.wrapped("i", 2, words);
        }
    }

    fn diagnostics(&mut self, report: &Report) {
        if report.diagnostics.is_empty() {
            return;
        }
        self.heading("About the input");
        for diagnostic in &report.diagnostics {
            let sign = if diagnostic.severity == Severity::Info { "i" } else { "!" };
            let at = diagnostic.span.map(|span| format!("{}: ", place(report, span))).unwrap_or_default();
            self.wrapped(sign, 2, &format!("{at}{}", diagnostic.message));
            if let Some(help) = &diagnostic.help {
                self.wrapped("", 4, help);
            }
        }
    }

    fn judged(&mut self, report: &Report) {
        self.heading("Judged");
        for scan in &report.scans {
            let name = report.sources.get(scan.source as usize).map_or("input", |source| source.name.as_str());
            self.wrapped("", 2, &format!("{name}: {}", scan.recognised));
        }
        for source in &report.sources {
            let line = self.ink(Ink::Dim, &printable(&format!("  sha256 {}", source.sha256)));
            self.line(&line);
        }
        let policy = &report.policy;
        self.wrapped(
            "",
            2,
            &format!("policy {} {} · as at {} · {}", policy.id, policy.version, report.at, report.generator),
        );
        let line = self.ink(Ink::Dim, &printable(&format!("  sha256 {}", policy.sha256)));
        self.line(&line);
        if let Some(words) = roots_words(report) {
            self.wrapped("", 2, &words);
        }
        self.line("  every rule, with its fixes and sources:");
        self.line(&format!("  {RULE_PAGES}/"));
        self.wrapped("", 2, &report.scope.statement);
        self.line("  the same result again, with this SHA-256:");
        // Not wrapped: it is there to be copied.
        self.line(&printable(&format!("  {}", report.reproduce)));
        let line = self.ink(Ink::Dim, &printable(&format!("  {}", report.result_sha256)));
        self.line(&line);
    }
}

/// Words in lines of at most `width` characters; a longer word stands by itself.
fn filled(words: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in printable(words).split_whitespace() {
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            line.push(' ');
            line.push_str(word);
        }
    }
    lines
}
