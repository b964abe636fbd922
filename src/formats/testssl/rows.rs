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
    pub(super) fn of(value: json::Value<'d>) -> Self {
        Self { value, finding: value.get("finding") }
    }

    /// Its id, such as `TLS1_2` or `cert_keySize <cert#1>`.
    pub(super) fn id(self) -> Cow<'d, str> {
        self.value.get("id").filter(|id| id.is_complete()).and_then(json::Value::as_str).unwrap_or_default()
    }

    /// Its finding, unless the text of it was cut off or its end had to be guessed.
    pub(super) fn finding(self) -> Option<Cow<'d, str>> {
        self.finding.filter(|finding| finding.is_complete()).and_then(json::Value::as_str)
    }

    /// Whether the test could not be made: WARN and FATAL speak of the scan, not of the server.
    pub(super) fn is_untested(self) -> bool {
        let severity = self.value.get("severity").and_then(json::Value::as_str).unwrap_or_default();
        matches!(severity.as_ref(), "WARN" | "FATAL" | "")
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
pub(super) struct Rows<'d>(Vec<(String, Row<'d>)>);

impl<'d> Rows<'d> {
    pub(super) fn push(&mut self, row: Row<'d>) {
        self.0.push((row.id().trim().to_owned(), row));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All entries with their ids.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, Row<'d>)> {
        self.0.iter().map(|(id, row)| (id.as_str(), *row))
    }

    /// The entries of this id.
    pub(super) fn all(&self, id: &str) -> impl Iterator<Item = Row<'d>> {
        self.0.iter().filter(move |(known, _)| known == id).map(|(_, row)| *row)
    }

    /// The first entry of this id.
    pub(super) fn first(&self, id: &str) -> Option<Row<'d>> {
        self.all(id).next()
    }

    /// The last entry of this id.
    pub(super) fn last(&self, id: &str) -> Option<Row<'d>> {
        self.all(id).last()
    }
}

/// The words of a text with their byte ranges.
pub(super) fn words(text: &str) -> impl Iterator<Item = (usize, usize, &str)> {
    text.split_whitespace().map(move |word| {
        let start = (word.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        (start, start + word.len(), word)
    })
}
