//! A tolerant XML reader with spans: every element, attribute and text knows where it stands, and broken XML is still
//! read up to where it breaks.
//!
//! It takes what scanners write of [XML 1.0](https://www.w3.org/TR/xml/) and nothing that could grow: the five
//! predefined entities and numeric character references are decoded, a document type is skipped, and one that declares
//! entities is refused. Every problem is an error diagnostic, which keeps a verdict from being compliant.
//!
//! Memory: 20 bytes for each element, attribute and text, and at most [`MAX_DEPTH`] open elements; nothing recurses.

mod element;
mod parse;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use crate::diagnostic::Diagnostic;
use crate::source::SourceText;

pub(super) use element::{Element, Text};
pub(super) use parse::parse;

/// Elements inside one another that are kept; what is nested deeper is skipped over, and said so.
pub(super) const MAX_DEPTH: usize = 64;

/// One XML document: its elements, where it ends, and what was wrong with it.
#[derive(Debug, Clone)]
pub(super) struct Document<'a> {
    source: &'a SourceText,
    nodes: Vec<Node>,
    end: usize,
    diagnostics: Vec<Diagnostic>,
    truncated: bool,
}

impl Document<'_> {
    /// The outermost element; none where the document was refused, or ends before it.
    pub(super) fn root(&self) -> Option<Element<'_>> {
        (!self.nodes.is_empty()).then(|| Element::new(self, 0))
    }

    /// The byte offset behind the document, where a caller goes on.
    pub(super) fn end(&self) -> usize {
        self.end
    }

    /// What was wrong, in reading order: at most 20 problems, and the number of further ones.
    pub(super) fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Whether the text ended in the middle of the document.
    pub(super) fn is_truncated(&self) -> bool {
        self.truncated
    }
}

/// An element, attribute or text. They stand in reading order: the attributes of an element follow it, then its
/// children.
#[derive(Debug, Clone, Copy)]
struct Node {
    /// First byte; of an attribute, that of its value.
    start: u32,
    /// The byte behind the last one; of an attribute, behind its value.
    end: u32,
    /// The node behind this one and everything in it.
    next: u32,
    /// First byte of the name.
    name: u32,
    name_length: u16,
    kind: Kind,
    incomplete: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Element,
    Attribute,
    Text,
    CharacterData,
}

/// Text with its predefined entities and character references decoded; all others stay as they are written.
fn decode(raw: &str) -> Cow<'_, str> {
    if !raw.contains('&') {
        return Cow::Borrowed(raw);
    }
    let mut decoded = String::with_capacity(raw.len());
    let mut pieces = raw.split('&');
    decoded.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        match piece.split_once(';').and_then(|(name, rest)| Some((character(name)?, rest))) {
            Some((c, rest)) => {
                decoded.push(c);
                decoded.push_str(rest);
            }
            None => {
                decoded.push('&');
                decoded.push_str(piece);
            }
        }
    }
    Cow::Owned(decoded)
}

/// The character of a reference: `amp`, `#38`, `#x26`.
fn character(name: &str) -> Option<char> {
    const LONGEST: usize = 10;
    if name.len() > LONGEST {
        return None;
    }
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let (digits, radix) = match number.strip_prefix(['x', 'X']) {
                Some(digits) => (digits, 16),
                None => (number, 10),
            };
            let digit = |c: char| c.is_digit(radix);
            let code = digits.chars().all(digit).then(|| u32::from_str_radix(digits, radix).ok()).flatten()?;
            char::from_u32(code).filter(|c| *c != '\0')
        }
    }
}
