//! A tolerant JSON reader with spans: every value knows where it stands, and broken JSON is still read.
//!
//! Text that follows [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259) takes the exact path and comes out without
//! diagnostics. Scan reports often do not follow it: testssl.sh does not escape its `Invocation`, forgets commas and
//! brackets, and leaves half a file when it is killed. Such text is read again with recovery: every problem is said,
//! and the rest stays. No value comes out that is not a literal piece of the text.
//!
//! Memory: 16 bytes for each value and each member name (at most one for two bytes of input), and at most
//! [`MAX_DEPTH`] open containers; nothing recurses.

mod recover;
mod scan;
mod strict;
mod string;
mod value;

#[cfg(test)]
mod tests;

use crate::diagnostic::Diagnostic;
use crate::source::SourceText;

pub(crate) use scan::skip_indentation;
pub use value::{Elements, Kind, Members, Value};

/// Arrays and objects inside one another that are kept; what is nested deeper is skipped over, and said so.
pub const MAX_DEPTH: usize = 128;

/// One JSON document: its values, where it ends, and what was wrong with it.
#[derive(Debug, Clone)]
pub struct Document<'a> {
    source: &'a SourceText,
    nodes: Vec<Node>,
    end: usize,
    diagnostics: Vec<Diagnostic>,
    truncated: bool,
}

/// Parses one JSON document that starts at byte `start` of `source`, white space skipped.
///
/// What follows the document is not looked at: see [`Document::end`].
#[must_use]
pub fn parse(source: &SourceText, start: usize) -> Document<'_> {
    parse_within(source, start, source.text().len())
}

/// Parses one JSON document in bytes `start..end` of `source`, as if the text ended there: one line of NDJSON cannot
/// swallow the next one, however broken it is. An `end` inside a character is the end of the text.
#[must_use]
pub fn parse_within(source: &SourceText, start: usize, end: usize) -> Document<'_> {
    let text = source.text();
    let bytes = text.get(..end).unwrap_or(text).as_bytes();
    let start = start.min(bytes.len());
    match strict::parse(bytes, start) {
        Some((nodes, end)) => Document { source, nodes, end, diagnostics: Vec::new(), truncated: false },
        None => recover::parse(source, bytes, start),
    }
}

impl Document<'_> {
    /// The outermost value; none when no value starts there.
    #[must_use]
    pub fn root(&self) -> Option<Value<'_>> {
        (!self.nodes.is_empty()).then(|| Value::new(self, 0))
    }

    /// The byte offset behind the document, where a caller goes on with what follows. Behind the start of the
    /// document, unless nothing but white space was left: without a value, that is the next `{` or `[` of the line,
    /// or the end of the line.
    #[must_use]
    pub fn end(&self) -> usize {
        self.end
    }

    /// What was wrong, in reading order: at most 20 problems, the number of further ones, and whether it was cut off.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Whether the text ended in the middle of the document.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.truncated
    }

    /// Whether the document follows RFC 8259 and nests no deeper than [`MAX_DEPTH`].
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.diagnostics.is_empty()
    }
}

/// A value or a member name. Nodes stand in reading order, so that the children of a container follow it directly;
/// in an object, names and values alternate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Node {
    /// First byte; of a string, its opening quote.
    start: u32,
    /// The byte behind the last one.
    end: u32,
    /// The node behind this one and everything in it.
    next: u32,
    kind: Kind,
    flags: u8,
}

impl Node {
    /// Bytes of a string between its quotes, as they stand in the text.
    fn text_length(self) -> usize {
        let quotes = if self.flags & TRUNCATED != 0 { 1 } else { 2 };
        (self.end.saturating_sub(self.start) as usize).saturating_sub(quotes)
    }
}

/// The string has backslashes.
const ESCAPED: u8 = 1;
/// The value is cut off: its end is not in the text.
const TRUNCATED: u8 = 2;
/// The end, or for an object the start, was guessed.
const REPAIRED: u8 = 4;
/// Something of it, or in it, was skipped, cut off or guessed.
const INCOMPLETE: u8 = 8;

/// Appends a node without children.
fn push(nodes: &mut Vec<Node>, kind: Kind, start: usize, end: usize, flags: u8) {
    let next = offset(nodes.len() + 1);
    nodes.push(Node { start: offset(start), end: offset(end), next, kind, flags });
}

/// Ends a container: everything pushed since is in it.
fn close(nodes: &mut [Node], index: usize, end: usize, flags: u8) {
    let next = offset(nodes.len());
    if let Some(node) = nodes.get_mut(index) {
        node.end = offset(end);
        node.next = next;
        node.flags |= flags;
    }
}

/// Offsets are 32-bit, as those of spans.
fn offset(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
