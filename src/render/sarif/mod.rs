//! For code scanning: [SARIF 2.1.0], every finding a result, passes included.
//!
//! What could not be decided is a result of kind `open` (§3.27.9: not enough information to decide), never a pass. The
//! standard wants level `none` on whatever did not fail (§3.27.10); the policy's level stands among the properties.
//! An exception that has ended, or has not begun, is no suppression: some readers take any as one that holds.
//!
//! [SARIF 2.1.0]: https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html

use std::fmt::Write as _;

use super::{causes, indented, printable, rule_page, source_name, word};
use crate::diagnostic::{Diagnostic, Severity};
use crate::gathered::Gathered;
use crate::letters::capitalised;
use crate::ordered::{Map, Set};
use crate::policy::Level;
use crate::report::{AppliedWaiver, Finding, Outcome, Report, RuleSummary};
use crate::source::{Source, Span};

mod log;

use log::*;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The report as SARIF 2.1.0, indented, with a line end.
#[must_use]
pub fn sarif(report: &Report) -> String {
    let log = Log { schema: SCHEMA, version: "2.1.0", runs: [run(report)] };
    indented(&log)
}

fn run(report: &Report) -> Run<'_> {
    let subjects = report.scans.iter().flat_map(|scan| scan.subjects.iter().map(|label| (label.as_str(), scan.source)));
    let sources: Map<&str, u32> = subjects.collect();
    let (name, version) = report.generator.split_once(' ').unwrap_or((&report.generator, ""));
    Run {
        tool: Tool {
            driver: Driver {
                name,
                version,
                information_uri: env!("CARGO_PKG_REPOSITORY"),
                rules: report.rules.iter().map(rule).gathered(),
            },
        },
        // The trailing slash says that there is no id of the single run (§3.17.3).
        automation_details: AutomationDetails { id: format!("intransit/{}/", encoded(&report.policy.id)) },
        invocations: [Invocation {
            command_line: &report.reproduce,
            start_time_utc: report.now,
            end_time_utc: report.now,
            execution_successful: true,
            tool_execution_notifications: notifications(report),
        }],
        column_kind: "utf16CodeUnits",
        artifacts: report.sources.iter().map(|source| artifact(report, source)).gathered(),
        results: report.findings.iter().map(|finding| result(report, &sources, finding)).gathered(),
        properties: RunProperties {
            verdict: report.verdict,
            headline: &report.headline,
            reasons: &report.reasons,
            tally: report.tally,
            at: report.at,
            now: report.now,
            policy: &report.policy,
            changed_settings: &report.changed_settings,
            attestations: &report.attestations,
            notes: &report.notes,
            scope: &report.scope,
            result_sha256: &report.result_sha256,
        },
    }
}

fn rule(rule: &RuleSummary) -> Rule<'_> {
    let mut help = rule.why.clone();
    for fix in &rule.fix {
        let _ = write!(help, "\nFix, {}: {}", fix.product, fix.text);
    }
    for citation in &rule.citations {
        let _ = write!(help, "\nClause: {}, {}: {}", citation.document, citation.clause, citation.url);
    }
    Rule {
        id: &rule.id,
        name: pascal_case(&rule.id),
        short_description: text(&crate::evaluate::sentence(&rule.title)),
        full_description: text(&crate::evaluate::sentence(&rule.checks)),
        help: Text { text: help.lines().map(|line| text(line).text).gathered().join("\n") },
        help_uri: rule_page(&rule.id),
        properties: RuleProperties {
            tags: ["security", "encryption-in-transit"],
            effective: &rule.effective,
            citations: &rule.citations,
        },
    }
}

/// What the reader had to say, and what was not shown at all.
fn notifications(report: &Report) -> Vec<Notification> {
    let missing = report.scope.not_shown.iter().map(|line| Notification {
        descriptor: Descriptor { id: "not-shown".to_owned() },
        level: "warning",
        message: text(line),
        locations: Vec::new(),
    });
    missing.chain(report.diagnostics.iter().map(|diagnostic| notification(report, diagnostic))).gathered()
}

fn notification(report: &Report, diagnostic: &Diagnostic) -> Notification {
    let help = diagnostic.help.as_ref().map(|help| format!(". Help: {help}")).unwrap_or_default();
    Notification {
        descriptor: Descriptor { id: word(&diagnostic.code) },
        level: match diagnostic.severity {
            Severity::Info => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        },
        message: text(&format!("{}{help}", diagnostic.message)),
        locations: diagnostic.span.map(|span| at(report, span, None, None)).into_iter().gathered(),
    }
}

fn artifact<'r>(report: &'r Report, source: &'r Source) -> Artifact<'r> {
    Artifact {
        location: artifact_location(report, source.id),
        length: source.bytes,
        roles: ["analysisTarget"],
        hashes: Hashes { sha256: &source.sha256 },
        properties: ArtifactProperties {
            name: &source.name,
            scans: report.scans.iter().filter(|scan| scan.source == source.id).gathered(),
        },
    }
}

/// `sources` tells for a subject's name where it is scanned.
fn result<'r>(report: &'r Report, sources: &Map<&str, u32>, finding: &'r Finding) -> SarifResult<'r> {
    let label = &finding.subject.label;
    let cited = finding.evidence.iter();
    let mut locations: Vec<Location> =
        cited.map(|cited| at(report, cited.span, Some(label), Some(&cited.observed))).gathered();
    let said = finding.gaps.iter().find_map(|gap| Some((*gap.words.first()?, gap)));
    match said.filter(|_| locations.is_empty()) {
        Some((span, gap)) => locations.push(at(report, span, Some(label), Some(&gap.detail))),
        None if locations.is_empty() => {
            let physical = sources
                .get(label.as_str())
                .map(|source| PhysicalLocation { artifact_location: artifact_location(report, *source), region: None });
            let logical_locations = logical(Some(label));
            locations.push(Location { physical_location: physical, logical_locations, message: None });
        }
        None => {}
    }
    // §3.27.22 wants each related location once.
    let gaps: Set<(Span, &str)> =
        finding.gaps.iter().flat_map(|gap| gap.words.iter().map(|span| (*span, gap.detail.as_str()))).collect();
    let causes: Vec<String> = causes(finding);
    let because = if causes.is_empty() { String::new() } else { format!(" Not decided: {}.", causes.join("; ")) };
    let accepted = finding.exception.as_ref().filter(|_| finding.is_accepted());
    SarifResult {
        rule_id: &finding.rule,
        rule_index: report.rules.iter().position(|rule| rule.id == finding.rule),
        kind: match finding.outcome {
            Outcome::Fail => "fail",
            Outcome::Unknown => "open",
            Outcome::Pass => "pass",
            Outcome::NotApplicable => "notApplicable",
        },
        level: match (finding.outcome, finding.level) {
            (Outcome::Fail, Level::Error) => "error",
            (Outcome::Fail, _) => "warning",
            _ => "none",
        },
        message: text(&format!("{}{because}", finding.summary)),
        locations,
        related_locations: gaps.iter().map(|(span, words)| at(report, *span, None, Some(words))).gathered(),
        fingerprints: Fingerprints { finding: &finding.id },
        suppressions: accepted.map(suppression).into_iter().gathered(),
        properties: ResultProperties {
            outcome: finding.outcome,
            level: finding.level,
            subject: &finding.subject,
            required: &finding.required,
            facet: finding.facet.as_deref(),
            flow: finding.flow,
            basis: finding.basis,
            gaps: &finding.gaps,
            decide_by: &finding.decide_by,
            exception: finding.exception.as_ref(),
        },
    }
}

fn suppression(exception: &AppliedWaiver) -> Suppression<'_> {
    Suppression {
        kind: "external",
        status: "accepted",
        justification: &exception.waiver.reason,
        properties: &exception.waiver,
    }
}

fn at(report: &Report, span: Span, label: Option<&str>, words: Option<&str>) -> Location {
    // A source without text, a certificate in DER, has no lines.
    let region = (span.end > 0).then(|| Region {
        start_line: span.line.max(1),
        start_column: span.column.max(1),
        properties: RegionProperties {
            decoded_byte_offset: span.start,
            decoded_byte_length: span.end.saturating_sub(span.start),
        },
    });
    Location {
        physical_location: Some(PhysicalLocation { artifact_location: artifact_location(report, span.source), region }),
        logical_locations: logical(label),
        message: words.map(text),
    }
}

fn logical(label: Option<&str>) -> Vec<LogicalLocation> {
    label.map(|label| LogicalLocation { name: printable(label), kind: "resource" }).into_iter().gathered()
}

fn artifact_location(report: &Report, source: u32) -> ArtifactLocation {
    ArtifactLocation { uri: uri(source_name(report, source)), index: source }
}

/// A file name as a URI reference: absolute paths, those of Windows as well, with the scheme `file`.
fn uri(name: &str) -> String {
    let drive = matches!(name.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
    if drive {
        let (drive, path) = name.split_once(':').unwrap_or_default();
        format!("file:///{drive}:{}", encoded(&path.replace('\\', "/")))
    } else if name.starts_with('/') {
        format!("file://{}", encoded(name))
    } else if name.is_empty() {
        "input".to_owned()
    } else {
        encoded(name)
    }
}

/// Everything but unreserved characters (RFC 3986 section 2.3) and slashes percent-encoded.
fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Words as a message. SARIF makes a link of `[words](address)` (§3.11.6); words of the input have no such power.
fn text(words: &str) -> Text {
    Text { text: printable(words).replace("](", "] (") }
}

/// `rsa-key-short` as `RsaKeyShort`, as §3.49.7 has it.
fn pascal_case(id: &str) -> String {
    id.split('-').map(capitalised).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_become_uris() {
        for (name, expected) in [
            ("scans/a b.json", "scans/a%20b.json"),
            ("/tmp/a.json", "file:///tmp/a.json"),
            (r"C:\scans\ü.json", "file:///C:/scans/%C3%BC.json"),
            ("javascript:alert(1)", "javascript%3Aalert%281%29"),
            ("", "input"),
            ("#x?y", "%23x%3Fy"),
        ] {
            assert_eq!(uri(name), expected, "{name}");
        }
    }

    #[test]
    fn messages_hold_no_links() {
        assert_eq!(text("CN=[here](https://evil.example)").text, "CN=[here] (https://evil.example)");
        assert_eq!(text("[2001:db8::1]:443").text, "[2001:db8::1]:443");
    }
}
