//! An input taken apart: JSON and XML documents, and the text between them.

use super::{json, xml};
use crate::source::SourceText;

/// How reports in XML start, at the start of a line.
const XML_STARTS: [&str; 4] = ["<?xml ", "<!DOCTYPE nmaprun", "<nmaprun", "<document "];

/// One of the things that an input holds.
pub(super) enum Part<'a> {
    Json(json::Document<'a>),
    Xml(xml::Document<'a>),
    Text(usize, usize),
}

/// An input taken apart into JSON and XML documents and the text between them.
pub(super) struct Parts<'a> {
    source: &'a SourceText,
    at: usize,
}

impl<'a> Parts<'a> {
    /// The parts of this input, in order.
    pub(super) fn of(source: &'a SourceText) -> Self {
        Self { source, at: 0 }
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        let text = self.source.text();
        let rest = text.get(self.at..)?;
        // Tools that append to a file leave a comma between two documents.
        let start = self.at + (rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',').len());
        if start >= text.len() {
            return None;
        }
        if starts_json(text, start) {
            let document = match line_of_records(text, start) {
                Some(end) => json::parse_within(self.source, start, end),
                None => json::parse(self.source, start),
            };
            self.at = document.end().max(start + 1);
            while !text.is_char_boundary(self.at) {
                self.at += 1;
            }
            return Some(Part::Json(document));
        }
        if starts_xml(text, start) {
            let document = xml::parse(self.source, start);
            self.at = document.end().max(start + 1);
            return Some(Part::Xml(document));
        }
        let mut end = start;
        loop {
            end = match text.get(end..).and_then(|rest| memchr::memchr(b'\n', rest.as_bytes())) {
                Some(line) => end + line + 1,
                None => {
                    end = text.len();
                    break;
                }
            };
            let indent = text.get(end..).map_or(0, |rest| rest.len() - rest.trim_start_matches([' ', '\t']).len());
            if starts_json(text, end + indent) || starts_xml(text, end + indent) {
                break;
            }
        }
        self.at = end;
        Some(Part::Text(start, end))
    }
}

/// Where the line ends that begins at `start`, if it is one of several records, one on each line: a broken one then
/// does not take the next ones with it.
fn line_of_records(text: &str, start: usize) -> Option<usize> {
    const STARTS: [&str; 2] = ["{\"", "{ \""];
    let is_record = |at: usize| text.get(at..).is_some_and(|rest| STARTS.iter().any(|start| rest.starts_with(start)));
    let end = start + memchr::memchr(b'\n', text.get(start..)?.as_bytes())?;
    let is_first = start == 0 || text.get(..start).is_some_and(|before| before.ends_with(['\n', '\u{FEFF}']));
    // A document over several lines goes on in its list; a record that breaks off ends anywhere.
    let line = text.get(start..end)?.trim_end();
    let goes_on = line.ends_with('[') || line.ends_with("},");
    (is_first && is_record(start) && is_record(end + 1) && !goes_on).then_some(end)
}

/// Whether XML starts here that may be a report.
fn starts_xml(text: &str, at: usize) -> bool {
    text.get(at..).is_some_and(|rest| XML_STARTS.iter().any(|start| rest.starts_with(start)))
}

/// Whether JSON starts here, and not a shell prompt or a line of prose in brackets.
fn starts_json(text: &str, at: usize) -> bool {
    let bytes = text.as_bytes();
    let next = || bytes.get(at + 1..)?.iter().find(|byte| !byte.is_ascii_whitespace() && **byte != b',');
    match bytes.get(at) {
        Some(b'{') => matches!(next(), Some(b'"' | b'}' | b'{') | None),
        Some(b'[') => matches!(next(), Some(b'{' | b'"' | b']' | b'[') | None),
        _ => false,
    }
}
