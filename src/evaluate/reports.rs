//! What several reports of one endpoint add to a finding: both sides of a disagreement, how old what it rests on is, and
//! what a newer report took the place of.

use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{Dossier, Evidence, GapReason, Merged, Superseded};
use crate::report::Cited;
use crate::rules::Draft;
use crate::source::Span;
use crate::time::{SECONDS_PER_DAY, Timestamp};

/// Cites the words of both sides, what was superseded, and says of older words how old they are.
pub(super) fn complete(draft: &mut Draft, dossier: &Dossier<'_>) {
    if dossier.sightings.len() < 2 {
        return;
    }
    cite_both_sides(draft);
    date_older_words(draft, dossier);
    cite_superseded(draft, &dossier.superseded);
}

fn cite_both_sides(draft: &mut Draft) {
    for gap in draft.gaps.iter().filter(|gap| gap.reason == GapReason::Contradicted) {
        for span in &gap.words {
            if !draft.evidence.iter().any(|cited| cited.span == *span) {
                draft.evidence.push(Cited { span: *span, observed: gap.detail.clone() });
            }
        }
    }
}

/// A newer report that is silent on a thing leaves the older one standing; the finding says from when it is.
fn date_older_words(draft: &mut Draft, dossier: &Dossier<'_>) {
    let timed = |source: u32| {
        let scans = dossier.sightings.iter().map(|sighting| sighting.scan).filter(|scan| scan.source == source);
        scans.filter_map(|scan| scan.started.value().copied()).min()
    };
    let times = dossier.sightings.iter().filter_map(|sighting| sighting.scan.started.value().copied());
    let Some(newest) = times.max() else { return };
    let is_older = |time: &Timestamp| newest.unix().saturating_sub(time.unix()) >= SECONDS_PER_DAY;
    let mut last_seen: Option<Timestamp> = None;
    let mut all_older = !draft.evidence.is_empty();
    for cited in &mut draft.evidence {
        let time = timed(cited.span.source);
        last_seen = last_seen.max(time);
        match time.filter(is_older) {
            Some(time) => cited.observed = format!("{}, as of {}", cited.observed, time.date()),
            None => all_older = false,
        }
    }
    if let Some(seen) = last_seen.filter(|_| all_older) {
        let days = newest.days_since(seen);
        let days = if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
        let words = format!(" It was last seen on {}, {days} before the newest report.", seen.date());
        draft.summary.push_str(&words);
    }
}

fn cite_superseded(draft: &mut Draft, superseded: &[Superseded]) {
    for fact in superseded {
        let rests_on = |span: &Span| draft.evidence.iter().any(|cited| cited.span == *span);
        if !fact.by.iter().any(rests_on) {
            continue;
        }
        let observed = format!("superseded: {}, as of {}", fact.said, fact.at.date());
        for span in &fact.words {
            let cited = Cited { span: *span, observed: observed.clone() };
            if !draft.evidence.contains(&cited) {
                draft.evidence.push(cited);
            }
        }
    }
}

/// A remark for each fact that a newer one took the place of, with the words of both.
pub(crate) fn superseded<'a>(merged: &'a Merged<'a>, evidence: &'a Evidence) -> impl Iterator<Item = Diagnostic> + 'a {
    merged.dossiers.iter().flat_map(|dossier| dossier.superseded.iter().map(move |fact| (dossier, fact))).map(
        |(dossier, fact)| {
            let place = fact.by.first().map(|span| {
                let name = evidence.sources.get(span.source as usize).map_or("input", |source| source.name.as_str());
                format!(" (`{name}`, line {}, column {})", span.line, span.column)
            });
            let message = format!(
                "{}: superseded: `{}`, as of {}, by `{}`, as of {}{}",
                dossier.key,
                fact.said,
                fact.at,
                fact.says,
                fact.by_at,
                place.unwrap_or_default()
            );
            let remark = Diagnostic::info(Code::ContradictoryInput, message);
            fact.words.first().map_or_else(|| remark.clone(), |span| remark.clone().at(*span))
        },
    )
}
