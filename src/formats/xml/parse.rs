//! From text to elements. Whatever breaks is said, and everything that it may have changed is marked as incomplete.

use crate::search::find;
use memchr::memchr;

use super::{Document, Kind, MAX_DEPTH, Node};
use crate::diagnostic::{Code, Diagnostic};
use crate::letters::beginning;
use crate::source::SourceText;

/// More attributes than this are not read of one element.
const MAX_ATTRIBUTES: usize = 64;
/// More problems than this are counted, not listed.
const MAX_PROBLEMS: usize = 20;
/// The longest name that is told from others.
const MAX_NAME: usize = 1024;

/// Parses one document that starts at byte `start` of `source`.
pub(in crate::formats) fn parse(source: &SourceText, start: usize) -> Document<'_> {
    let mut parser = Parser {
        source,
        text: source.text(),
        at: start,
        nodes: Vec::new(),
        open: Vec::new(),
        skipped: 0,
        problems: Vec::new(),
        unlisted: 0,
        truncated: false,
        followed: false,
    };
    parser.run();
    parser.finish(start)
}

struct Parser<'a> {
    source: &'a SourceText,
    text: &'a str,
    at: usize,
    nodes: Vec<Node>,
    /// The elements that are open, outermost first.
    open: Vec<usize>,
    /// How many open elements are nested too deep to be kept.
    skipped: usize,
    problems: Vec<Diagnostic>,
    unlisted: usize,
    truncated: bool,
    /// Whether another document starts where this one ends.
    followed: bool,
}

impl<'a> Parser<'a> {
    fn run(&mut self) {
        while !self.open.is_empty() || self.nodes.is_empty() {
            let Some(found) = memchr(b'<', self.rest().as_bytes()) else {
                self.truncated = true;
                break;
            };
            self.characters(Kind::Text, self.at, self.at + found);
            self.at += found;
            if !self.markup() {
                self.truncated = true;
                break;
            }
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Reads what an angle bracket starts; false where the text ends first, or nothing more is to be read.
    fn markup(&mut self) -> bool {
        let rest = self.rest();
        let behind = |words: &str| find(rest.as_bytes(), words.as_bytes()).map(|at| at + words.len());
        if rest.starts_with("<!--") {
            return self.skip(behind("-->"));
        }
        if rest.starts_with("<![CDATA[") {
            let Some(end) = behind("]]>") else { return false };
            self.characters(Kind::CharacterData, self.at + "<![CDATA[".len(), self.at + end - "]]>".len());
            return self.skip(Some(end));
        }
        if rest.starts_with("<?xml ") && !self.nodes.is_empty() {
            // The next document: this one was left by a scanner that was killed.
            self.followed = true;
            return false;
        }
        if rest.starts_with("<?") {
            return self.skip(behind("?>"));
        }
        if starts_document_type(rest) {
            return self.document_type();
        }
        if let Some(inner) = rest.strip_prefix("</") {
            let length = name_length(inner.as_bytes());
            let Some(end) = memchr(b'>', inner.as_bytes()) else { return false };
            let name = inner.get(..length).unwrap_or_default();
            if inner.get(length..end).is_none_or(|between| !between.trim().is_empty()) {
                self.problem(format!("expected the end of `{}`, found other words", shown(name)));
            }
            self.close(name, self.at + 2 + end + 1);
            return self.skip(Some(2 + end + 1));
        }
        match rest.get(1..).map(|inner| name_length(inner.as_bytes())) {
            None | Some(0) if rest.len() < 2 => false,
            None | Some(0) => {
                self.problem("expected an element, found `<` by itself".to_owned());
                self.skip(Some(1))
            }
            Some(length) => self.element(length),
        }
    }

    fn skip(&mut self, length: Option<usize>) -> bool {
        self.at += length.unwrap_or_default();
        length.is_some()
    }

    /// A document type is skipped; entities could make a small text large, and one that declares any is refused.
    fn document_type(&mut self) -> bool {
        let rest = self.rest();
        let Some(end) = document_type_end(rest) else { return false };
        let declaration = rest.get(..end).unwrap_or_default();
        if find(declaration.as_bytes(), b"<!ENTITY").is_some() {
            let message = "the XML declares entities, which no scanner does: none of it was read";
            self.problems
                .push(Diagnostic::error(Code::InvalidXml, message).at(self.source.span(self.at, self.at + end)));
            self.nodes.clear();
            self.open.clear();
            self.at = self.text.len();
            return false;
        }
        if !self.nodes.is_empty() {
            self.problem("expected an element, found a document type".to_owned());
        }
        self.skip(Some(end))
    }

    fn characters(&mut self, kind: Kind, start: usize, end: usize) {
        let text = self.text.get(start..end).unwrap_or_default();
        let words = text.trim();
        if words.is_empty() || self.open.is_empty() || self.skipped > 0 {
            if !words.is_empty() && self.open.is_empty() {
                self.problem("expected an element, found words outside of it".to_owned());
            }
            return;
        }
        // White space around the words is layout, and says nothing.
        let start = start + (text.len() - text.trim_start().len());
        self.push(kind, start, start + words.len(), 0, 0);
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize, name: usize, name_length: usize) -> usize {
        let index = self.nodes.len();
        self.nodes.push(Node {
            start: offset(start),
            end: offset(end),
            next: offset(index + 1),
            name: offset(name),
            name_length: u16::try_from(name_length).unwrap_or(u16::MAX),
            kind,
            incomplete: false,
        });
        index
    }

    /// Reads a start tag whose name has this length; false where the text ends within it.
    fn element(&mut self, length: usize) -> bool {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let kept = self.open.len() < MAX_DEPTH && self.skipped == 0;
        let index = self.nodes.len();
        if kept {
            self.push(Kind::Element, start, start, start + 1, length);
        }
        let mut at = start + 1 + length;
        let mut attributes = 0;
        let mut broken = None;
        let is_empty = loop {
            at = skip_space(bytes, at);
            match bytes.get(at) {
                None => return self.cut(index),
                Some(b'>') => break false,
                Some(b'/') if bytes.get(at + 1) == Some(&b'>') => {
                    at += 1;
                    break true;
                }
                Some(b'/') if at + 1 == bytes.len() => return self.cut(index),
                Some(_) => {}
            }
            let name = at;
            let name_length = name_length(bytes.get(at..).unwrap_or_default());
            let equals = skip_space(bytes, name + name_length);
            let quote = skip_space(bytes, equals + 1);
            let value = match (name_length, bytes.get(equals), bytes.get(quote)) {
                (1.., None, _) | (1.., Some(b'='), None) => return self.cut(index),
                (1.., Some(b'='), Some(mark @ (b'"' | b'\''))) => {
                    let Some(found) = memchr(*mark, bytes.get(quote + 1..).unwrap_or_default()) else {
                        return self.cut(index);
                    };
                    quote + 1..quote + 1 + found
                }
                _ => {
                    broken = Some("expected an attribute such as `name=\"value\"`, found other words");
                    let Some(found) = memchr(b'>', bytes.get(at..).unwrap_or_default()) else { return self.cut(index) };
                    at += found;
                    break bytes.get(at.saturating_sub(1)) == Some(&b'/');
                }
            };
            at = value.end + 1;
            attributes += 1;
            let written = self.text.get(name..name + name_length).unwrap_or_default();
            if attributes > MAX_ATTRIBUTES {
                broken = Some("more than 64 attributes of one element; the others were not read");
            } else if self.has_attribute(index, written) {
                broken = Some("an attribute stands twice in one element; the first one is kept");
            } else {
                if self.text.get(value.clone()).is_some_and(|value| value.contains('<')) {
                    broken = Some("found `<` in the value of an attribute; is a quotation mark missing?");
                }
                if kept {
                    self.push(Kind::Attribute, value.start, value.end, name, name_length);
                }
            }
        };
        self.at = at + 1;
        self.opened(index, kept, is_empty);
        if let Some(message) = broken {
            self.mark(index);
            self.problem(message.to_owned());
        }
        true
    }

    /// The text ends within a start tag: what was read of it is not believed.
    fn cut(&mut self, index: usize) -> bool {
        self.nodes.truncate(index);
        false
    }

    fn opened(&mut self, index: usize, kept: bool, is_empty: bool) {
        if !kept {
            if self.skipped == 0 {
                self.problem(format!(
                    "more than {MAX_DEPTH} elements inside one another; the inner ones were not read"
                ));
            }
            self.skipped += usize::from(!is_empty);
            // An empty element that is too deep is one by itself.
            return;
        }
        if is_empty {
            self.end(index, self.at);
        } else {
            self.open.push(index);
        }
    }

    fn has_attribute(&self, index: usize, name: &str) -> bool {
        let own = self.nodes.get(index + 1..).unwrap_or_default();
        own.iter().any(|node| {
            let start = node.name as usize;
            self.text.get(start..start + usize::from(node.name_length)) == Some(name)
        })
    }

    fn end(&mut self, index: usize, end: usize) {
        let next = offset(self.nodes.len());
        if let Some(node) = self.nodes.get_mut(index) {
            node.end = offset(end);
            node.next = next;
        }
    }

    /// Ends the innermost open element of this name, and those in it.
    fn close(&mut self, name: &str, end: usize) {
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        let named = |index: &usize| {
            let node = self.nodes.get(*index);
            node.is_some_and(|node| {
                let start = node.name as usize;
                self.text.get(start..start + usize::from(node.name_length)) == Some(name)
            })
        };
        let Some(position) = self.open.iter().rposition(named) else {
            self.problem(format!("found the end of `{}`, which is not open", shown(name)));
            return;
        };
        if position + 1 < self.open.len() {
            self.problem(format!("`{}` ends before what is in it", shown(name)));
        }
        for index in self.open.split_off(position) {
            self.end(index, end);
        }
    }

    fn mark(&mut self, index: usize) -> bool {
        self.nodes.get_mut(index).is_some_and(|node| !std::mem::replace(&mut node.incomplete, true))
    }

    /// Says what is wrong here; everything that is open may have lost something by it.
    fn problem(&mut self, message: String) {
        for position in (0..self.open.len()).rev() {
            let Some(index) = self.open.get(position).copied() else { break };
            if !self.mark(index) {
                break;
            }
        }
        if self.problems.len() < MAX_PROBLEMS {
            let line = self.rest().lines().next().unwrap_or_default();
            let place = self.source.span(self.at, self.at + line.len().min(80));
            self.problems.push(Diagnostic::error(Code::InvalidXml, message).at(place));
        } else {
            self.unlisted += 1;
        }
    }

    fn finish(mut self, start: usize) -> Document<'a> {
        let end = if self.truncated && !self.followed { self.text.len() } else { self.at };
        if self.truncated {
            let place = self.source.span(end, end);
            let entities = self.nodes.is_empty() && !self.problems.is_empty();
            while let Some(index) = self.open.pop() {
                self.mark(index);
                self.end(index, end);
            }
            if !entities {
                let message = "the XML ends in the middle; what is complete of it was read";
                self.problems.push(Diagnostic::error(Code::TruncatedInput, message).at(place));
            }
        }
        if self.unlisted > 0 {
            let message = format!("{} more problems in the XML, which are not listed", self.unlisted);
            self.problems.push(Diagnostic::error(Code::InvalidXml, message).at(self.source.span(start, start)));
        }
        let Self { source, nodes, problems, truncated, .. } = self;
        Document { source, nodes, end, diagnostics: problems, truncated }
    }
}

fn starts_document_type(text: &str) -> bool {
    text.get(..9).is_some_and(|head| head.eq_ignore_ascii_case("<!doctype"))
}

/// Behind a document type, with what it declares between square brackets.
fn document_type_end(text: &str) -> Option<usize> {
    let close = memchr(b'>', text.as_bytes())?;
    match memchr(b'[', text.as_bytes().get(..close)?) {
        None => Some(close + 1),
        Some(open) => {
            let inner = text.get(open..)?;
            let bracket = memchr(b']', inner.as_bytes())?;
            let last = memchr(b'>', inner.get(bracket..)?.as_bytes())?;
            Some(open + bracket + last + 1)
        }
    }
}

/// How many bytes of a name stand at the start.
fn name_length(bytes: &[u8]) -> usize {
    let is_start = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':' | 0x80..);
    if !bytes.first().is_some_and(is_start) {
        return 0;
    }
    let is_inside = |byte: &u8| is_start(byte) || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    bytes.iter().take(MAX_NAME).take_while(|byte| is_inside(byte)).count()
}

fn skip_space(bytes: &[u8], at: usize) -> usize {
    at + bytes.get(at..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

fn shown(name: &str) -> String {
    beginning(name, 40).to_owned()
}

fn offset(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
