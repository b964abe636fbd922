//! The entries of a report: an id, a severity and a finding each.

use std::borrow::Cow;

use super::cells::Cell;
use crate::formats::json;
use crate::gathered::Gathered;
use crate::source::Span;

/// A text of an entry, in either form.
#[derive(Clone, Copy)]
pub(super) enum Text<'d> {
    Json(json::Value<'d>),
    Cell(Cell<'d>),
}

impl<'d> Text<'d> {
    fn read(self) -> Option<Cow<'d, str>> {
        match self {
            Self::Json(value) => value.as_str(),
            Self::Cell(cell) => Some(cell.text()),
        }
    }

    /// The same, unless it was cut off or its end had to be guessed.
    fn whole(self) -> Option<Cow<'d, str>> {
        match self {
            Self::Json(value) => value.is_complete().then(|| value.as_str()).flatten(),
            Self::Cell(cell) => cell.is_whole().then(|| cell.text()),
        }
    }
}

/// One entry.
#[derive(Clone, Copy)]
pub(super) struct Row<'d> {
    id: Option<Text<'d>>,
    severity: Option<Text<'d>>,
    finding: Option<Text<'d>>,
    cve: Option<Text<'d>>,
    place: Place<'d>,
}

/// Where an entry stands.
#[derive(Clone, Copy)]
enum Place<'d> {
    Json(json::Value<'d>),
    Cells(Span),
}

impl<'d> Row<'d> {
    /// An entry of a JSON form. Of two findings in one entry neither is taken.
    pub(super) fn of(value: json::Value<'d>) -> Self {
        let [id, severity, finding, cve] = value.of_names(["id", "severity", "finding", "cve"]);
        let only = |(first, again): (Option<json::Value<'d>>, bool)| first.filter(|_| !again).map(Text::Json);
        Self {
            id: id.0.map(Text::Json),
            severity: only(severity),
            finding: only(finding),
            cve: cve.0.map(Text::Json),
            place: Place::Json(value),
        }
    }

    /// Whether id, severity and finding are there, each once.
    pub(super) fn is_whole(self) -> bool {
        self.id.is_some() && self.severity.is_some() && self.finding.is_some()
    }

    /// A row of the CSV: the cells of its id, its severity, its finding and its CVE ids.
    pub(super) fn of_cells(cells: [Option<Cell<'d>>; 4], place: Span) -> Self {
        let [id, severity, finding, cve] = cells.map(|cell| cell.map(Text::Cell));
        Self { id, severity, finding, cve, place: Place::Cells(place) }
    }

    /// Its id, such as `TLS1_2` or `cert_keySize <cert#1>`.
    pub(super) fn id(self) -> Cow<'d, str> {
        self.id.and_then(Text::whole).unwrap_or_default()
    }

    /// Its finding, unless the text of it was cut off or its end had to be guessed.
    pub(super) fn finding(self) -> Option<Cow<'d, str>> {
        self.finding.and_then(Text::whole)
    }

    /// Whether the test could not be made: WARN and FATAL speak of the scan, not of the server, and an entry without
    /// a severity that testssl.sh gives to results is none.
    pub(super) fn is_untested(self) -> bool {
        let severity = self.severity();
        !RESULTS.iter().any(|result| severity.trim().eq_ignore_ascii_case(result))
    }

    /// Whether it says that the scan of its target ended here.
    pub(super) fn is_fatal(self) -> bool {
        self.severity().trim().eq_ignore_ascii_case("FATAL")
    }

    fn severity(self) -> Cow<'d, str> {
        self.severity.and_then(Text::read).unwrap_or_default()
    }

    /// The CVE ids that it names.
    pub(super) fn cve(self) -> Vec<String> {
        let ids = self.cve.and_then(Text::read).unwrap_or_default();
        ids.split_whitespace().map(str::to_owned).gathered()
    }

    /// Where its finding stands, quotes included; the whole entry where it has none.
    pub(super) fn span(self) -> Span {
        match self.finding {
            Some(Text::Json(value)) => value.span(),
            Some(Text::Cell(cell)) => cell.span,
            None => self.place(),
        }
    }

    /// Where the whole entry stands.
    pub(super) fn place(self) -> Span {
        match self.place {
            Place::Json(value) => value.span(),
            Place::Cells(place) => place,
        }
    }

    /// Where these bytes of its finding stand.
    pub(super) fn words(self, start: usize, end: usize) -> Span {
        match self.finding {
            Some(Text::Json(value)) => value.string_span(start..end),
            Some(Text::Cell(cell)) => cell.words(start, end),
            None => self.place(),
        }
    }
}

/// The severities of results, the usual ones first.
pub(super) const RESULTS: [&str; 7] = ["INFO", "OK", "LOW", "MEDIUM", "HIGH", "CRITICAL", "DEBUG"];

/// The entries of one target, in order.
///
/// Ids stand apart from the rest: they are looked through for each of the ids that are known.
#[derive(Default)]
pub(super) struct Rows<'d> {
    ids: Vec<Cow<'d, str>>,
    rows: Vec<Row<'d>>,
}

impl<'d> Rows<'d> {
    pub(super) fn push(&mut self, row: Row<'d>) {
        let id = match row.id() {
            Cow::Borrowed(id) => Cow::Borrowed(id.trim()),
            Cow::Owned(id) => Cow::Owned(id.trim().to_owned()),
        };
        self.ids.push(id);
        self.rows.push(row);
    }

    /// The entries before these, and then these.
    pub(super) fn behind(self, mut before: Self) -> Self {
        before.ids.extend(self.ids);
        before.rows.extend(self.rows);
        before
    }

    /// All entries with their ids.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, Row<'d>)> {
        self.ids.iter().zip(&self.rows).map(|(id, row)| (id.as_ref(), *row))
    }

    /// The entries of this id.
    pub(super) fn all(&self, id: &str) -> impl Iterator<Item = Row<'d>> {
        self.ids.iter().zip(&self.rows).filter(move |(known, _)| *known == id).map(|(_, row)| *row)
    }

    /// The first entry of this id.
    pub(super) fn first(&self, id: &str) -> Option<Row<'d>> {
        self.all(id).next()
    }
}

/// The words of a text with their byte ranges.
pub(super) fn words(text: &str) -> impl Iterator<Item = (usize, usize, &str)> {
    text.split_whitespace().map(move |word| {
        let start = (word.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        (start, start + word.len(), word)
    })
}
