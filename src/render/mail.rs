//! Predictions of mail flow, as outputs for people show them: no sign of a pass or a fail stands by them.

use super::{more_places, place};
use crate::gathered::Gathered;
use crate::report::{MailDirection, MailForecast, MailOutcome, MailPrediction, Report};

/// What stands above them.
pub(super) const HEADING: &str = "Mail, as it would fare";

/// Places of one prediction that are shown.
const MOST_PLACES: usize = 4;

/// Whom a prediction is about, and what it says in a few words with its basis.
pub(super) fn title(prediction: &MailPrediction) -> (String, String) {
    let way = match prediction.direction {
        MailDirection::To => "to",
        MailDirection::From => "from",
    };
    let server = prediction.server.as_ref().map(|server| format!(" · {server}")).unwrap_or_default();
    let word = match prediction.outcome {
        MailOutcome::DeliveredVerified => "encrypted and verified",
        MailOutcome::DeliveredEncrypted => "encrypted, unverified",
        MailOutcome::DeliveredInClear => "in clear text",
        MailOutcome::Returned => prediction.outcome.words(prediction.direction).trim_start_matches("be "),
        MailOutcome::NotDetermined => "not determined",
    };
    let basis = prediction.basis.map(|basis| format!(" (basis: {})", basis.words())).unwrap_or_default();
    (format!("{way} {}{server}", prediction.domain), format!("{word}{basis}"))
}

/// Where what it rests on stands, with the words.
pub(super) fn places(report: &Report, prediction: &MailPrediction) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for cited in prediction.evidence.iter().take(MOST_PLACES) {
        lines.push(format!("{}: {}", place(report, cited.span), cited.observed));
    }
    if prediction.evidence.len() > MOST_PLACES {
        lines.push(more_places(prediction.evidence.len() - MOST_PLACES));
    }
    lines
}

/// What was left out, and what no prediction knows.
pub(super) fn limits(forecast: &MailForecast) -> Vec<String> {
    let mut lines = Vec::new();
    if forecast.left_out > 0 {
        let shown = forecast.predictions.len();
        lines.push(format!("{} more were left out: the first {shown} are shown", forecast.left_out));
    }
    lines.push(format!("never known: {}", forecast.unknown.join("; ")));
    lines
}

/// The numbers of the documents that a prediction refers to: `[1] [3]`.
pub(super) fn sources(prediction: &MailPrediction) -> String {
    prediction.sources.iter().map(|at| format!("[{}]", at.saturating_add(1))).gathered().join(" ")
}
