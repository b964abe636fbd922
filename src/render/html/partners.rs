//! Mail: the way of each message, and the matrix of partners and directions, each cell with its words, their places, and
//! what to set.

use super::{Sentence, Words, list, quoted_cell, section as open, table};
use crate::gathered::Gathered;
use crate::render::partners::{Cell, HEADINGS, REACH, partners};
use crate::render::{place, way};
use crate::report::Report;

/// Places of one cell that are shown; the finding below has all of them.
const MOST_PLACES: usize = 6;

pub(super) fn section(out: &mut String, report: &Report) {
    let partners = partners(report);
    if partners.is_empty() {
        return;
    }
    open(out, "Partners");
    list(out, &[REACH.to_owned()]);
    let [to, from] = HEADINGS;
    let rows = partners.iter().map(|partner| {
        let mut row = vec![quoted_cell(partner.name)];
        row.extend(partner.cells.iter().map(|cell| cell_words(report, cell)));
        row
    });
    table(out, &["Partner", to, from], rows);
    out.push_str("</section>\n");
}

/// The hops of each message, first hop first.
pub(super) fn ways(out: &mut String, report: &Report) {
    for hops in way::ways(report) {
        open(out, way::HEADING);
        let rows = hops.into_iter().map(|hop| {
            let missing =
                if hop.lacks_line_below { format!("{}<br />", Words(way::LINE_MISSING)) } else { String::new() };
            vec![
                format!("{}<br /><small>sent by {}</small>", Words(&hop.label), Sentence(&hop.from)),
                format!("{missing}{} {}", way::sign(hop), Sentence(&way::protection(hop))),
                Words(way::standing_words(hop.standing)).to_string(),
            ]
        });
        table(out, &["Hop", "Protection", "Whose word"], rows);
        out.push_str("</section>\n");
    }
}

fn cell_words(report: &Report, cell: &Cell<'_>) -> String {
    let mut words = format!("<b>{} {}</b>", cell.sign, cell.words);
    if let Some(finding) = cell.finding {
        words.push_str(&format!("<br />{}", Sentence(&finding.summary)));
        for gap in &finding.gaps {
            words.push_str(&format!("<br />{}", Sentence(&gap.detail)));
        }
        let places = finding.evidence.iter().take(MOST_PLACES).map(|cited| place(report, cited.span)).gathered();
        words.push_str(&format!("<br /><cite>{}</cite>", Words(&places.join(", "))));
    }
    if let Some(remedy) = cell.remedy() {
        words.push_str(&format!("<br />{}", Sentence(remedy)));
    }
    words
}
