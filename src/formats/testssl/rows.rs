//! The entries of a report: an id, a severity and a finding each.

use std::borrow::Cow;

use crate::formats::json;
use crate::source::Span;

/// One entry.
#[derive(Clone, Copy)]
pub(super) struct Row<'d> {
    value: json::Value<'d>,
    finding: Option<json::Value<'d>>,
}

impl<'d> Row<'d> {
    /// Of two findings in one entry neither is taken.
    pub(super) fn of(value: json::Value<'d>) -> Self {
        Self { value, finding: value.only("finding") }
    }

    /// Its id, such as `TLS1_2` or `cert_keySize <cert#1>`.
    pub(super) fn id(self) -> Cow<'d, str> {
        self.value.get("id").filter(|id| id.is_complete()).and_then(json::Value::as_str).unwrap_or_default()
    }

    /// Its finding, unless the text of it was cut off or its end had to be guessed.
    pub(super) fn finding(self) -> Option<Cow<'d, str>> {
        self.finding.filter(|finding| finding.is_complete()).and_then(json::Value::as_str)
    }

    /// Whether the test could not be made: WARN and FATAL speak of the scan, not of the server, and an entry without
    /// a severity that testssl.sh gives to results is none.
    pub(super) fn is_untested(self) -> bool {
        const RESULTS: [&str; 7] = ["DEBUG", "INFO", "OK", "LOW", "MEDIUM", "HIGH", "CRITICAL"];
        let severity = self.severity();
        !RESULTS.iter().any(|result| severity.trim().eq_ignore_ascii_case(result))
    }

    /// Whether it says that the scan of its target ended here.
    pub(super) fn is_fatal(self) -> bool {
        self.severity().trim().eq_ignore_ascii_case("FATAL")
    }

    fn severity(self) -> Cow<'d, str> {
        self.value.only("severity").and_then(json::Value::as_str).unwrap_or_default()
    }

    /// The CVE ids that it names.
    pub(super) fn cve(self) -> Vec<String> {
        let ids = self.value.get("cve").and_then(json::Value::as_str).unwrap_or_default();
        ids.split_whitespace().map(str::to_owned).collect()
    }

    /// Where its finding stands, quotes included; the whole entry where it has none.
    pub(super) fn span(self) -> Span {
        self.finding.unwrap_or(self.value).span()
    }

    /// Where these bytes of its finding stand.
    pub(super) fn words(self, start: usize, end: usize) -> Span {
        self.finding.map_or_else(|| self.value.span(), |finding| finding.string_span(start..end))
    }
}

/// The entries of one target, in order.
#[derive(Default)]
pub(super) struct Rows<'d>(Vec<(Cow<'d, str>, Row<'d>)>);

impl<'d> Rows<'d> {
    pub(super) fn push(&mut self, row: Row<'d>) {
        let id = match row.id() {
            Cow::Borrowed(id) => Cow::Borrowed(id.trim()),
            Cow::Owned(id) => Cow::Owned(id.trim().to_owned()),
        };
        self.0.push((id, row));
    }

    /// The entries before these, and then these.
    pub(super) fn behind(self, mut before: Self) -> Self {
        before.0.extend(self.0);
        before
    }

    /// All entries with their ids.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, Row<'d>)> {
        self.0.iter().map(|(id, row)| (id.as_ref(), *row))
    }

    /// The entries of this id.
    pub(super) fn all(&self, id: &str) -> impl Iterator<Item = Row<'d>> {
        self.0.iter().filter(move |(known, _)| known == id).map(|(_, row)| *row)
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
