//! `evidence-too-old`: what was shown is recent enough to speak of today.

use super::{About, Clause, Context, Draft, Findings, NoParams, Rule, Subject, TESTSSL};
use crate::evidence::{Basis, Gap, GapReason, Observed, Scan, SubjectKind};
use crate::gathered::Gathered;
use crate::time::{CLOCK_TOLERANCE, SECONDS_PER_DAY};

/// See [`Rule::ABOUT`].
pub(super) struct EvidenceTooOld;

impl Rule for EvidenceTooOld {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "evidence-too-old",
        title: "recent evidence",
        checks: "When each scan was taken, against the instant of judging and the policy's `maxEvidenceAgeDays`. Evidence \
                 without a time, from the future or beyond that age leaves the rule unknown, unless a newer report from the \
                 same place knows everything that it knows. Judging as at an earlier date does not make evidence younger.",
        why: "A server is reconfigured in a minute. A report of last year shows what was true last year.",
        fix: &[(
            "any",
            "scan again; where the report carries no time, as the flat JSON of testssl.sh does not, use --jsonfile-pretty or \
             state the time with --collected",
        )],
        citations: &[Clause {
            document: "intransit",
            clause: "the policy's maxEvidenceAgeDays",
            url: "https://github.com/intransit/intransit#policies",
            date: "2026-11-22",
        }],
        effective: "2026-11-22",
        subjects: SubjectKind::SHOWN,
        decide_by: &[TESTSSL, "intransit-probe check --collected TIME FILE"],
    };

    fn check(_: &NoParams, context: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let required = format!("evidence of the last {} days", context.max_evidence_age_days);
        let scans: Vec<&Scan> = match subject {
            Subject::Endpoint(dossier) => dossier
                .sightings
                .iter()
                .filter(|sighting| !sighting.is_replaced)
                .map(|sighting| sighting.scan)
                .gathered(),
            Subject::Chain(chain) => vec![chain.scan],
            Subject::Exhibit(view) => vec![view.scan],
            Subject::Partner(_) | Subject::Flow(_) => return,
        };
        let longest = i64::from(context.max_evidence_age_days) * SECONDS_PER_DAY;
        let mut gaps = Vec::new();
        let mut draft = Draft::pass("");
        let mut oldest = 0;
        let mut declared = false;
        for scan in scans {
            let fact = match &scan.started {
                Observed::Known(fact) => fact,
                Observed::NotObserved(gap) => {
                    gaps.push(gap.clone());
                    continue;
                }
            };
            if fact.value.unix() > context.now.unix().saturating_add(CLOCK_TOLERANCE) {
                gaps.push(
                    Gap::new(
                        GapReason::Outdated,
                        format!("it says that it was taken on {}, which is in the future", fact.value),
                    )
                    .at(fact.words.iter().copied()),
                );
            } else if context.now.unix().saturating_sub(fact.value.unix()) > longest {
                gaps.push(
                    Gap::new(
                        GapReason::Outdated,
                        format!(
                            "it was taken on {}, more than {} days before {}",
                            fact.value, context.max_evidence_age_days, context.now
                        ),
                    )
                    .at(fact.words.iter().copied()),
                );
            } else {
                oldest = oldest.max(context.now.days_since(fact.value));
                declared |= fact.basis == Basis::Declared;
                draft = draft.cite(&fact.words, &format!("taken {}", fact.value)).basis(fact.basis);
            }
        }
        if gaps.is_empty() {
            let how = if declared { ", as declared" } else { "" };
            draft.summary = match oldest {
                0 => format!("The evidence is less than a day old{how}."),
                1 => format!("The evidence is 1 day old{how}."),
                days => format!("The evidence is {days} days old{how}."),
            };
            findings.add(draft.required(required));
        } else {
            findings
                .add(Draft::unknown("Whether the evidence is recent enough is not known.", gaps).required(required));
        }
    }
}
