//! The verdict, with its reasons, its headline and its numbers.

use super::findings::{EVIDENCE_AGE, kind_words};
use super::{Clock, Named, sentence};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::evidence::{self, Evidence, Merged, Scan, SubjectKind};
use crate::gathered::Gathered;
use crate::ordered::Set;
use crate::policy::{Level, Policy};
use crate::report::{Finding, FlowSummary, Outcome, Tally, Verdict};

pub(super) fn tally(findings: &[Finding]) -> Tally {
    let mut tally = Tally::default();
    for finding in findings {
        let count = match (finding.outcome, finding.level) {
            (Outcome::Fail, _) if finding.is_accepted() => &mut tally.accepted,
            (Outcome::Fail, Level::Error) => &mut tally.must_fix,
            (Outcome::Fail, _) => &mut tally.should_fix,
            (Outcome::Unknown, _) => &mut tally.undecided,
            (Outcome::Pass, _) => &mut tally.passed,
            (Outcome::NotApplicable, _) => &mut tally.not_applicable,
        };
        *count += 1;
    }
    tally
}

/// What was expected or supplied and could not be looked at. Each line keeps the verdict from being compliant.
pub(super) fn not_shown(
    evidence: &Evidence,
    inventory: &[FlowSummary],
    missing: &[SubjectKind],
    merged: &Merged<'_>,
    diagnostics: &[Diagnostic],
) -> Vec<String> {
    let mut lines: Vec<String> = missing.iter().map(|kind| format!("no {} was shown", kind_words(*kind))).gathered();
    for expected in inventory.iter().filter(|flow| flow.shown_by.is_empty() && flow.tunnels.is_empty()) {
        let mut by = expected.any_of.clone();
        by.extend(
            (!expected.between.is_empty()).then(|| format!("a tunnel between {}", expected.between.join(" and "))),
        );
        lines.push(format!("the flow `{}` of the inventory was not shown ({})", expected.name, by.join(" or ")));
    }
    let archives: Set<u32> = evidence.sources.iter().filter_map(|source| source.unpacked_from).collect();
    let judged: Set<u32> = evidence.scans.iter().map(|scan| scan.source).collect();
    for source in &evidence.sources {
        if !archives.contains(&source.id) && !judged.contains(&source.id) {
            lines.push(format!("nothing in `{}` could be judged", source.name));
        }
    }
    for scan in evidence.scans.iter().filter(|scan| scan.subjects.is_empty()) {
        let gap = scan.completion.gap().map(|gap| format!(": {}", gap.detail)).unwrap_or_default();
        lines.push(format!("a scan names no target{gap}"));
    }
    let unread =
        |diagnostic: &&Diagnostic| diagnostic.severity == Severity::Error && diagnostic.code != Code::PrivateKeyBlanked;
    lines.extend(diagnostics.iter().filter(unread).map(|diagnostic| format!("a part could not be read: {diagnostic}")));
    for dossier in &merged.dossiers {
        if let Some(gap) = dossier.unfinished() {
            lines.push(format!("{}: the scan is not known to have finished: {}", dossier.key, gap.detail));
        }
    }
    lines.extend(merged.unseen_addresses());
    let mut last: Option<&Scan> = None;
    for view in &merged.exhibits {
        let is_new = !last.replace(view.scan).is_some_and(|last| std::ptr::eq(last, view.scan));
        if let Some(gap) = view.scan.completion.gap().filter(|_| is_new) {
            lines.push(format!("{}: {}", view.exhibit.name, gap.detail));
        }
    }
    let is_of_revocation = |scan: &&Scan| {
        let mut subjects = scan.subjects.iter();
        !scan.subjects.is_empty() && subjects.all(|subject| matches!(subject, evidence::Subject::Revocation(_)))
    };
    for scan in evidence.scans.iter().filter(is_of_revocation) {
        lines.extend(scan.completion.gap().map(|gap| format!("what is said of revocation: {}", gap.detail)));
    }
    for chain in &merged.chains {
        if let Some(gap) = chain.scan.completion.gap() {
            lines.push(format!("a chain: {}", gap.detail));
        }
    }
    lines
}

/// The answer. That evidence is recent says nothing of what it shows, so that this alone meets nothing.
pub(super) fn verdict(findings: &[Finding], not_shown: &[String]) -> Verdict {
    let mut errors = findings.iter().filter(|finding| finding.level == Level::Error);
    let any = |outcome| {
        findings
            .iter()
            .any(|finding| finding.level == Level::Error && finding.outcome == outcome && !finding.is_accepted())
    };
    if any(Outcome::Fail) {
        Verdict::NonCompliant
    } else if errors.any(|finding| finding.outcome == Outcome::Pass && finding.rule != EVIDENCE_AGE)
        && !any(Outcome::Unknown)
        && not_shown.is_empty()
    {
        Verdict::Compliant
    } else {
        Verdict::Indeterminate
    }
}

pub(crate) fn headline(verdict: Verdict, policy: &Policy, tally: Tally, clock: Clock) -> String {
    let name = format!("{} {}", policy.reference.title, policy.reference.version);
    let decided = tally.must_fix + tally.should_fix + tally.passed + tally.accepted;
    let total = decided + tally.undecided;
    let answer = match verdict {
        Verdict::Compliant if tally.accepted > 0 => {
            format!("Meets {name} with accepted exceptions, for what was shown: {decided} of {total} decided")
        }
        Verdict::Compliant => format!("Meets {name} for what was shown: {decided} of {total} decided"),
        Verdict::NonCompliant => format!("Does not meet {name}"),
        Verdict::Indeterminate => format!("Not proven: {name}"),
    };
    if clock.at == clock.now { answer } else { format!("{answer} (judged as at {})", clock.at) }
}

pub(super) fn reasons(
    verdict: Verdict,
    findings: &[Finding],
    not_shown: &[String],
    subjects: &[Named<'_>],
) -> Vec<String> {
    const MOST: usize = 20;
    let of = |outcome| {
        findings
            .iter()
            .filter(move |finding| {
                finding.level == Level::Error && finding.outcome == outcome && !finding.is_accepted()
            })
            .map(|finding| finding.summary.clone())
    };
    let mut reasons: Vec<String> = Vec::new();
    match verdict {
        Verdict::NonCompliant => reasons.extend(of(Outcome::Fail)),
        Verdict::Indeterminate => {
            if subjects.is_empty() {
                reasons.push("Nothing was shown that could be judged.".to_owned());
            }
            reasons.extend(not_shown.iter().map(|line| sentence(line)));
            reasons.extend(of(Outcome::Unknown));
            if reasons.is_empty() {
                reasons.push("No rule that must hold was decided.".to_owned());
            }
        }
        Verdict::Compliant => reasons.extend(of(Outcome::Pass)),
    }
    let mut unique: Vec<String> = Vec::new();
    for reason in reasons {
        if !unique.contains(&reason) && unique.len() < MOST {
            unique.push(reason);
        }
    }
    unique
}
