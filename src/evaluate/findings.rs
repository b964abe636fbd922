//! Findings: what a rule drafts of a subject, with the policy's level, the subject's name and the commands that would
//! decide what is unknown.

use std::borrow::Cow;

use super::{Named, reports};
use crate::evidence::{Basis, Gap, GapReason, SubjectKind};
use crate::gathered::Gathered;
use crate::ordered::{Map, Set};
use crate::policy::{ActiveRule, Level};
use crate::report::{Finding, FindingSubject, Outcome};
use crate::rules::{Context, Draft, Findings, Subject, TESTSSL, command};
use crate::source::Span;

pub(super) fn judge(
    rule: &ActiveRule,
    context: &Context<'_>,
    named: &Named<'_>,
    with_commands: bool,
    findings: &mut Vec<Finding>,
) {
    let subjects = rule.entry.about.subjects;
    if !subjects.contains(&named.subject.kind()) {
        return;
    }
    // Who sends a name never sees the certificates that others get.
    let is_of_certificates = subjects.contains(&SubjectKind::Chain);
    if named.is_aside() && is_of_certificates && !named.is_mail_transfer() {
        return;
    }
    let only_fails = named.is_aside() && !is_of_certificates;
    let mut drafts = Findings::default();
    rule.judge.judge(context, &named.subject, &mut drafts);
    for draft in drafts.drafts.into_iter().filter(|draft| !only_fails || draft.outcome == Outcome::Fail) {
        let level = draft.level.unwrap_or(rule.level).max(rule.level);
        if level != Level::Off {
            findings.push(finished(rule, named, level, with_commands, draft));
        }
    }
}

/// What a setting for some subjects leaves of a finding where it is not known whether the subject is one of them: a fail
/// there may be one.
pub(super) fn if_so(finding: Finding, condition: &str) -> Option<Finding> {
    match finding.outcome {
        Outcome::Pass | Outcome::NotApplicable => None,
        Outcome::Unknown => Some(finding),
        Outcome::Fail => {
            let detail = format!("whether it {condition}, for which the policy has a setting");
            let summary = format!("It fails if it {condition}: {}", finding.summary);
            let gaps = vec![Gap::new(GapReason::NotReportedByFormat, detail)];
            Some(Finding { outcome: Outcome::Unknown, summary, gaps, ..finding })
        }
    }
}

fn finished(rule: &ActiveRule, named: &Named<'_>, level: Level, with_commands: bool, mut draft: Draft) -> Finding {
    let about = rule.entry.about;
    if draft.outcome == Outcome::Pass && draft.evidence.is_empty() && draft.basis != Some(Basis::Declared) {
        draft.outcome = Outcome::Unknown;
        draft.gaps.push(Gap::new(GapReason::Unsupported, "nothing in the input could be cited for it"));
    }
    draft.gaps = each_once(draft.gaps);
    if let Some(dossier) = named.subject.endpoint() {
        reports::complete(&mut draft, dossier);
    }
    let decide_by = match draft.outcome {
        Outcome::Unknown if with_commands => deciding_commands(rule, named, &draft.gaps),
        _ => Vec::new(),
    };
    let facet = draft.facet.map(Cow::into_owned);
    Finding {
        id: identity(about.id, facet.as_deref(), &named.label, draft.certificate.as_deref()),
        rule: about.id.to_owned(),
        facet,
        subject: FindingSubject {
            kind: named.subject.kind(),
            label: named.label.clone(),
            endpoint: named.endpoint,
            certificate: draft.certificate,
        },
        flow: named.flow,
        outcome: draft.outcome,
        level,
        summary: draft.summary,
        required: draft.required,
        basis: draft.basis,
        evidence: draft.evidence,
        gaps: draft.gaps,
        decide_by,
        exception: None,
    }
}

/// What was not shown besides a fail that an exception accepts, as unknowns of their own: the exception is for what was
/// seen.
pub(super) fn beside_accepted(
    findings: &mut Vec<Finding>,
    subjects: &[Named<'_>],
    rules: &[ActiveRule],
    with_commands: bool,
) {
    let mut unseen = Vec::new();
    for finding in findings.iter_mut().filter(|finding| finding.is_accepted() && !finding.gaps.is_empty()) {
        let gaps = std::mem::take(&mut finding.gaps);
        let rule = rules.iter().find(|rule| rule.entry.about.id == finding.rule).filter(|_| with_commands);
        let named = subjects.iter().find(|named| {
            named.subject.kind() == finding.subject.kind
                && named.endpoint == finding.subject.endpoint
                && named.label == finding.subject.label
        });
        let decide_by = rule.zip(named).map(|(rule, named)| deciding_commands(rule, named, &gaps));
        let details = gaps.iter().map(|gap| gap.detail.as_str()).gathered().join("; ");
        let accepted = finding.summary.clone();
        unseen.push(Finding {
            id: format!("{}~unseen", finding.id),
            outcome: Outcome::Unknown,
            summary: format!("An exception accepts what was seen, not what was not: {details}. ({accepted})"),
            basis: None,
            evidence: Vec::new(),
            gaps,
            decide_by: decide_by.unwrap_or_default(),
            exception: None,
            ..finding.clone()
        });
    }
    findings.extend(unseen);
}

/// The commands that would close one of these gaps. What only a later version can decide, no command does.
fn deciding_commands(rule: &ActiveRule, named: &Named<'_>, gaps: &[Gap]) -> Vec<String> {
    let any = |reasons: &[GapReason]| gaps.iter().any(|gap| reasons.contains(&gap.reason));
    let endpoint = named.subject.endpoint();
    let scan_helps = endpoint.is_some()
        && gaps.iter().any(|gap| !matches!(gap.reason, GapReason::Unsupported | GapReason::NotStated))
        || endpoint.is_some() && rule.entry.about.id == EVIDENCE_AGE;
    let is_exhibit = matches!(named.subject, Subject::Exhibit(_));
    // To judge anew helps where something is to be stated; to look, where something was not shown.
    let helps = |template: &&&str| match template.starts_with("intransit-probe check") {
        true => any(&[GapReason::NotStated]) && !(template.contains("--host") && endpoint.is_some()),
        false => scan_helps || is_exhibit && **template != TESTSSL,
    };
    let host = named.subject.host().map(|host| host.value);
    let key = endpoint.map(|dossier| dossier.key);
    let templates = rule.entry.about.decide_by.iter().filter(helps);
    let mut commands: Vec<String> = templates.map(|template| command(template, key, host.as_deref())).gathered();
    commands.dedup();
    commands
}

/// A new scan carries its time, whatever kept the old one from being recent.
pub(super) const EVIDENCE_AGE: &str = "evidence-too-old";

/// The same gap is said once, with all the words that say so.
fn each_once(gaps: Vec<Gap>) -> Vec<Gap> {
    let mut unique: Vec<(Gap, Set<Span>)> = Vec::new();
    for gap in gaps {
        match unique.iter_mut().find(|(known, _)| known.reason == gap.reason && known.detail == gap.detail) {
            Some((known, seen)) => known.words.extend(gap.words.into_iter().filter(|span| seen.insert(*span))),
            None => {
                let seen = gap.words.iter().copied().collect();
                unique.push((gap, seen));
            }
        }
    }
    unique.into_iter().map(|(gap, _)| gap).collect()
}

/// One unknown for a rule whose expected subject was not shown at all.
pub(super) fn absent(rule: &ActiveRule, kind: SubjectKind) -> Finding {
    let about = rule.entry.about;
    let what = kind_words(kind);
    let is_tls = matches!(kind, SubjectKind::Endpoint | SubjectKind::Chain);
    // What judges anew, or looks at a service of TLS, shows no message, tunnel or setting.
    let shows = |template: &&&str| match is_tls {
        true => template.starts_with("testssl.sh"),
        false => !["testssl.sh", "openssl", "intransit-probe"].iter().any(|tool| template.starts_with(tool)),
    };
    let label = format!("no {}", without_article(kind));
    Finding {
        id: identity(about.id, None, &label, None),
        rule: about.id.to_owned(),
        facet: None,
        subject: FindingSubject { kind, label, endpoint: None, certificate: None },
        flow: None,
        outcome: Outcome::Unknown,
        level: rule.level,
        summary: format!("No {what} was shown."),
        required: about.title.to_owned(),
        basis: None,
        evidence: Vec::new(),
        gaps: vec![Gap::new(
            GapReason::NotAttempted,
            format!("the policy expects {}, and none was shown", kind.words()),
        )],
        decide_by: about.decide_by.iter().filter(shows).map(|template| command(template, None, None)).gathered(),
        exception: None,
    }
}

pub(super) fn kind_words(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::Endpoint => "endpoint (a scan report of a running service)",
        _ => without_article(kind),
    }
}

fn without_article(kind: SubjectKind) -> &'static str {
    kind.words().split_once(' ').map_or(kind.name(), |(_, words)| words)
}

fn identity(rule: &str, facet: Option<&str>, label: &str, certificate: Option<&str>) -> String {
    let facet = facet.map(|facet| format!("/{facet}")).unwrap_or_default();
    let certificate = certificate.map(|hash| format!("#{hash}")).unwrap_or_default();
    format!("{rule}{facet}@{label}{certificate}")
}

pub(super) fn make_ids_unique(findings: &mut [Finding]) {
    // Ids of one rule differ at their ends.
    const END: usize = 16;
    let mut seen: Map<(&[u8], &str), u32> = Map::new();
    let counts = findings.iter().map(|Finding { id, .. }| {
        let end = id.as_bytes().get(id.len().saturating_sub(END)..).unwrap_or_default();
        seen.count((end, id.as_str()))
    });
    let counts: Vec<u32> = counts.gathered();
    for (finding, count) in findings.iter_mut().zip(counts).filter(|(_, count)| *count > 1) {
        finding.id = format!("{}~{count}", finding.id);
    }
}
