//! The cells of CSV ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180)) with their places, one line at a time.
//!
//! testssl.sh never writes a line break into a cell. One that stands in quotation marks means that the closing mark is
//! missing: the cell ends there, so that it cannot swallow the rows behind it.

use std::borrow::Cow;

use crate::source::{SourceText, Span};

/// More cells than this are not read from one row.
const MAX_CELLS: usize = 32;

/// One cell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell<'d> {
    /// What stands between the quotation marks.
    raw: &'d str,
    is_quoted: bool,
    is_whole: bool,
    /// Where it stands, quotation marks included.
    pub(super) span: Span,
}

impl<'d> Cell<'d> {
    /// Its text: a doubled quotation mark is one.
    pub(super) fn text(self) -> Cow<'d, str> {
        if self.is_quoted && self.raw.contains('"') {
            Cow::Owned(self.raw.replace("\"\"", "\""))
        } else {
            Cow::Borrowed(self.raw)
        }
    }

    /// Whether its quotation marks are as they should be.
    pub(super) const fn is_whole(self) -> bool {
        self.is_whole
    }

    /// Where these bytes of its text stand; all of it where the two are not of the same length.
    pub(super) fn words(self, start: usize, end: usize) -> Span {
        let doubled = self.is_quoted && self.raw.contains('"');
        let (Some(before), Some(words)) = (self.raw.get(..start), self.raw.get(start..end)) else { return self.span };
        if doubled {
            return self.span;
        }
        let mark = u32::from(self.is_quoted);
        let length = |text: &str| u32::try_from(text.len()).unwrap_or(u32::MAX);
        let columns = |text: &str| u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX);
        let start = self.span.start + mark + length(before);
        Span { start, end: start + length(words), column: self.span.column + mark + columns(before), ..self.span }
    }
}

/// The cells of one line of `text` that begins at the byte `at` of the source.
pub(super) fn cells<'d>(source: &SourceText, line: &'d str, at: usize, separator: char) -> Vec<Cell<'d>> {
    let mut cells = Vec::new();
    let mut rest = line;
    while cells.len() < MAX_CELLS {
        let start = at + (line.len() - rest.len());
        let cell = |raw, is_quoted, is_whole, length: usize| Cell {
            raw,
            is_quoted,
            is_whole,
            span: source.span(start, start + length),
        };
        let behind = match rest.strip_prefix('"') {
            Some(inner) => {
                let end = closing(inner);
                let raw = end.and_then(|end| inner.get(..end)).unwrap_or(inner);
                let behind = inner.get(raw.len()..).and_then(|behind| behind.strip_prefix('"')).unwrap_or_default();
                // What stands between a closing mark and the next separator belongs to no cell.
                let strays = behind.split(separator).next().unwrap_or_default();
                let is_whole = end.is_some() && strays.trim().is_empty();
                let behind = behind.get(strays.len()..).unwrap_or_default();
                cells.push(cell(raw, true, is_whole, rest.len() - behind.len()));
                behind
            }
            None => {
                let raw = rest.split(separator).next().unwrap_or_default();
                cells.push(cell(raw, false, !raw.contains('"'), raw.len()));
                rest.get(raw.len()..).unwrap_or_default()
            }
        };
        match behind.strip_prefix(separator) {
            Some(next) => rest = next,
            None => break,
        }
    }
    cells
}

/// Where the closing quotation mark stands: the first one that is not doubled.
fn closing(inner: &str) -> Option<usize> {
    let mut marks = inner.match_indices('"').map(|(at, _)| at).peekable();
    while let Some(at) = marks.next() {
        if marks.next_if_eq(&(at + 1)).is_none() {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_told_apart_by_their_quotation_marks() {
        for (line, expected) in [
            ("", &[("", true)][..]),
            ("\"a\",\"b, c\"", &[("a", true), ("b, c", true)]),
            ("a,b", &[("a", true), ("b", true)]),
            ("\"a\"\"b\",\"\"", &[("a\"b", true), ("", true)]),
            ("\"\"\"\",x", &[("\"", true), ("x", true)]),
            ("\"a", &[("a", false)]),
            ("\"a\" x,\"b\"", &[("a", false), ("b", true)]),
            ("a\"b,c", &[("a\"b", false), ("c", true)]),
            ("\"a\",", &[("a", true), ("", true)]),
            ("\"é\",\"ü\"", &[("é", true), ("ü", true)]),
        ] {
            let source = SourceText::new(0, line.to_owned());
            let found = cells(&source, line, 0, ',');
            let shown: Vec<(String, bool)> =
                found.iter().map(|cell| (cell.text().into_owned(), cell.is_whole())).collect();
            let expected: Vec<(String, bool)> =
                expected.iter().map(|(text, whole)| ((*text).to_owned(), *whole)).collect();
            assert_eq!(shown, expected, "{line}");
        }
    }

    #[test]
    fn words_of_a_cell_have_their_place() {
        let line = "\"é\",\"ü offered\"";
        let source = SourceText::new(0, line.to_owned());
        let cell = cells(&source, line, 0, ',')[1];
        let span = cell.words("ü ".len(), "ü offered".len());
        assert_eq!(source.slice(span), "offered");
        assert_eq!(span, source.span(span.start as usize, span.end as usize));
        let line = "\"a \"\"b\"\" c\"";
        let source = SourceText::new(0, line.to_owned());
        assert_eq!(source.slice(cells(&source, line, 0, ',')[0].words(0, 1)), line);
    }
}
