//! Predictions of mail flow: what would become of it, by what, and what would have to be known.

use std::fmt::Write as _;

use super::{Sentence, Words, cell, clause, list, quoted_cell, section as open, table};
use crate::render::mail::{HEADING, limits, places, sources, title};
use crate::report::Report;

pub(super) fn section(out: &mut String, report: &Report) {
    let Some(forecast) = &report.mail_forecast else { return };
    open(out, HEADING);
    let mut lines = vec![forecast.statement.clone()];
    lines.extend(limits(forecast));
    list(out, &lines);
    let rows = forecast.predictions.iter().map(|prediction| {
        let (about, outcome) = title(prediction);
        let mut words = format!("{}", Sentence(&prediction.summary));
        for line in &prediction.missing {
            words.push_str(&format!("<br />missing: {}", Sentence(line)));
        }
        words.push_str(&format!("<br /><cite>{}</cite>", Words(&places(report, prediction).join(", "))));
        vec![quoted_cell(&about), cell(&outcome), words, cell(&sources(prediction))]
    });
    table(out, &["Mail", "Would be", "Because", "Sources"], rows);
    out.push_str("<ol>\n");
    for one in &forecast.sources {
        let _ = writeln!(out, "<li>{} ({})</li>", clause(&one.document, &one.clause, &one.url), Words(&one.date));
    }
    out.push_str("</ol>\n");
    out.push_str("</section>\n");
}
