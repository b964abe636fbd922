//! A report that was cut off is not finished, wherever that was; what is alike is sampled.

use intransit::diagnostic::Severity;

use super::read::{reading, text};
use super::{may_end, names};

#[test]
fn a_report_that_is_cut_off_is_not_finished() {
    const MOST: usize = 60;
    for name in names() {
        let text = text(&name);
        let cuts: Vec<usize> = (1..text.trim_end().len()).filter(|at| text.is_char_boundary(*at)).collect();
        let step = if std::env::var_os("EVERY_CHANGE").is_some() { 1 } else { cuts.len().div_ceil(MOST).max(1) };
        for at in cuts.into_iter().step_by(step) {
            let reading = reading(&text[..at]);
            let finished = reading.evidence.scans.iter().all(|scan| scan.completion.gap().is_none());
            let said = reading.diagnostics.iter().any(|note| note.severity == Severity::Error);
            assert!(!finished || said || may_end(&name, &text, at), "{name} cut at {at}");
        }
    }
}
