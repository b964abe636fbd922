//! The verdict on one record of a stream, small enough for a line: what a pipeline selects and counts by.
//!
//! The whole report of a record is what `check` says of its line.

use serde::{Deserialize, Serialize};

use super::{Finding, Outcome, PolicyReference, Report, Tally, Verdict};
use crate::diagnostic::Diagnostic;
use crate::evaluate::{Clock, headline, judge_all, superseded};
use crate::evidence::{Certificate, Evidence, Subject, merge};
use crate::gathered::Gathered;
use crate::policy::{Level, Policy};
use crate::source::Source;
use crate::time::Timestamp;

/// The version of the schema of verdict lines that this build writes.
const SCHEMA_VERSION: u32 = 1;

/// Where a record stands in its stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordPlace {
    /// The file, or `standard input`.
    pub source: String,
    /// Its line, counted from 1; blank lines count.
    pub line: u64,
    /// Bytes of the source before it.
    pub offset: u64,
    /// Bytes of its line, with the end of the line.
    pub bytes: u64,
}

/// The policy that was judged by: what names it, without its title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinePolicy {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its text.
    pub sha256: String,
}

/// A fail in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LineFinding {
    /// Id of the rule.
    pub rule: String,
    /// Which part of the rule, where it has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facet: Option<String>,
    /// The subject's name for people.
    pub subject: String,
    /// How much it weighs.
    pub level: Level,
    /// Subject, fact and bound in one sentence.
    pub summary: String,
    /// Whether it is accepted by an exception.
    #[serde(default, skip_serializing_if = "is_false")]
    pub accepted: bool,
}

fn is_false(value: &bool) -> bool {
    !*value
}

/// A record that was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JudgedRecord {
    /// Version of this schema.
    pub schema_version: u32,
    /// Where the record stands.
    pub record: RecordPlace,
    /// SHA-256 of its line, with the end of the line, lower-case hex.
    pub sha256: String,
    /// The answer.
    pub verdict: Verdict,
    /// The answer in one sentence.
    pub headline: String,
    /// How many findings there are of each kind.
    pub tally: Tally,
    /// The subjects that were shown.
    pub subjects: Vec<String>,
    /// The issuers that the leaf certificates name, each once; whether they did issue them is for the findings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issuers: Vec<String>,
    /// What failed.
    pub failed: Vec<LineFinding>,
    /// The rules that could not be decided, each once: `rule`, or `rule/facet`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undecided: Vec<String>,
    /// What was expected and not shown, and scans that did not finish.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_shown: Vec<String>,
    /// What the reader had to say about the record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Diagnostic>,
    /// The policy.
    pub policy: LinePolicy,
    /// The instant that certificates are judged at.
    pub at: Timestamp,
    /// The instant of judging: the age of evidence counts from here.
    pub now: Timestamp,
    /// SHA-256 of the whole report, as [`Report::sha256`] takes it, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_sha256: Option<String>,
}

/// A record of which nothing could be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnreadRecord {
    /// Version of this schema.
    pub schema_version: u32,
    /// Where the record stands.
    pub record: RecordPlace,
    /// Why nothing of it was judged.
    pub unread: Vec<Diagnostic>,
}

/// One line of the answer to a stream: it has either `verdict` or `unread`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(untagged)]
pub enum VerdictLine {
    /// The record was judged.
    Judged(Box<JudgedRecord>),
    /// Nothing of it could be read.
    Unread(UnreadRecord),
}

impl VerdictLine {
    /// Judges what was read of a record, as [`evaluate`](crate::evaluate()) does. The whole report is not made.
    #[must_use]
    pub fn judge(
        record: RecordPlace,
        evidence: &Evidence,
        policy: &Policy,
        clock: Clock,
        mut diagnostics: Vec<Diagnostic>,
    ) -> Self {
        let merged = merge(evidence, clock.now);
        let judged = judge_all(evidence, &merged, policy, clock, &diagnostics, false);
        diagnostics.extend(superseded(&merged, evidence));
        let (failed, undecided) = in_short(judged.findings);
        Self::Judged(Box::new(JudgedRecord {
            schema_version: SCHEMA_VERSION,
            record,
            sha256: sha256(&evidence.sources),
            verdict: judged.verdict,
            headline: headline(judged.verdict, policy, judged.tally, clock),
            tally: judged.tally,
            subjects: judged.subjects.into_iter().map(|named| named.label).gathered(),
            issuers: issuers(evidence),
            failed,
            undecided,
            not_shown: judged.not_shown,
            diagnostics,
            policy: LinePolicy::from(&policy.reference),
            at: clock.at,
            now: clock.now,
            result_sha256: None,
        }))
    }

    /// The line for a record whose evidence `report` judges, with the hash of the report.
    #[must_use]
    pub fn of_report(record: RecordPlace, evidence: &Evidence, report: Report) -> Self {
        let (failed, undecided) = in_short(report.findings);
        Self::Judged(Box::new(JudgedRecord {
            schema_version: SCHEMA_VERSION,
            record,
            sha256: sha256(&report.sources),
            verdict: report.verdict,
            headline: report.headline,
            tally: report.tally,
            subjects: report.scope.shown,
            issuers: issuers(evidence),
            failed,
            undecided,
            not_shown: report.scope.not_shown,
            diagnostics: report.diagnostics,
            policy: LinePolicy::from(&report.policy),
            at: report.at,
            now: report.now,
            result_sha256: Some(report.result_sha256),
        }))
    }

    /// The line for a record of which nothing could be read.
    #[must_use]
    pub const fn unread(record: RecordPlace, diagnostics: Vec<Diagnostic>) -> Self {
        Self::Unread(UnreadRecord { schema_version: SCHEMA_VERSION, record, unread: diagnostics })
    }
}

fn sha256(sources: &[Source]) -> String {
    sources.first().map(|source| source.sha256.clone()).unwrap_or_default()
}

fn issuers(evidence: &Evidence) -> Vec<String> {
    let subjects = evidence.scans.iter().flat_map(|scan| &scan.subjects);
    let chains = subjects.flat_map(|subject| match subject {
        Subject::Endpoint(endpoint) => endpoint.chains.as_slice(),
        Subject::Chain(chain) => std::slice::from_ref(&chain.presented),
        Subject::Revocation(_) => &[],
    });
    let mut issuers: Vec<String> = Vec::new();
    for leaf in chains.filter_map(|presented| presented.certificates.first()) {
        let Certificate::Der(fact) = leaf else { continue };
        let issuer = fact.value.parsed().ok().and_then(|parsed| parsed.issuer.as_ref().ok()).map(ToString::to_string);
        issuers.extend(issuer.filter(|name| !name.is_empty() && !issuers.contains(name)));
    }
    issuers
}

/// What failed, and the rules that could not be decided.
fn in_short(findings: Vec<Finding>) -> (Vec<LineFinding>, Vec<String>) {
    let mut failed = Vec::new();
    let mut undecided: Vec<String> = Vec::new();
    for finding in findings {
        match finding.outcome {
            Outcome::Fail => failed.push(LineFinding::from(finding)),
            Outcome::Unknown => {
                let facet = finding.facet.as_deref();
                if !undecided.iter().any(|known| is_named(known, &finding.rule, facet)) {
                    undecided
                        .push(facet.map_or_else(|| finding.rule.clone(), |facet| format!("{}/{facet}", finding.rule)));
                }
            }
            Outcome::Pass | Outcome::NotApplicable => {}
        }
    }
    (failed, undecided)
}

fn is_named(known: &str, rule: &str, facet: Option<&str>) -> bool {
    known.strip_prefix(rule).is_some_and(|rest| match facet {
        Some(facet) => rest.strip_prefix('/') == Some(facet),
        None => rest.is_empty(),
    })
}

impl From<&PolicyReference> for LinePolicy {
    fn from(policy: &PolicyReference) -> Self {
        Self { id: policy.id.clone(), version: policy.version.clone(), sha256: policy.sha256.clone() }
    }
}

impl From<Finding> for LineFinding {
    fn from(finding: Finding) -> Self {
        Self {
            accepted: finding.is_accepted(),
            rule: finding.rule,
            facet: finding.facet,
            subject: finding.subject.label,
            level: finding.level,
            summary: finding.summary,
        }
    }
}
