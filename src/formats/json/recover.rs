//! The tolerant path: reads what breaks RFC 8259, says what is wrong, and goes on at the next value that is certain.
//!
//! The surprises are those of real reports: testssl.sh forgets the comma between two findings, the `]` of a section,
//! or the `{` of a host, whose sections then stand as members in an array; runs that are killed leave half a file.
//! Linear in the text: every look ahead ends at the next quote or line, or stops where reading goes on.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::SourceText;

use super::scan::{
    closing_quote, is_word, line_end, member_ahead, number_end, skip_container, skip_white_space, word_end,
};
use super::string::Place;
use super::{Document, INCOMPLETE, Kind, MAX_DEPTH, Node, REPAIRED, TRUNCATED, close, push};

/// Problems told one by one; the others are counted.
const MAX_PROBLEMS: usize = 20;

/// Bytes of the text that a message shows.
const MAX_SHOWN: usize = 32;

/// Reads one document at `start` of `bytes`, which are those of `source`, or its beginning.
pub(super) fn parse<'a>(source: &'a SourceText, bytes: &'a [u8], start: usize) -> Document<'a> {
    let mut reader = Reader {
        source,
        bytes,
        at: skip_white_space(bytes, start),
        nodes: Vec::new(),
        open: Vec::new(),
        problems: Vec::new(),
        untold: 0,
        truncated: false,
        unclosed: false,
        unsure_until: 0,
    };
    reader.document();
    let Reader { at, nodes, problems, truncated, .. } = reader;
    Document { source, nodes, end: at, diagnostics: problems, truncated }
}

/// What was read last in a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    Opening,
    Item,
    Comma,
    /// Text that was skipped, and said so: whatever follows may.
    Skipped,
}

/// An open container.
#[derive(Debug, Clone, Copy)]
struct Frame {
    node: usize,
    object: bool,
    /// An object without brackets: members that stand in an array.
    implied: bool,
    last: Last,
}

/// The text being read, and what came of it.
pub(super) struct Reader<'a> {
    source: &'a SourceText,
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    pub(super) nodes: Vec<Node>,
    open: Vec<Frame>,
    problems: Vec<Diagnostic>,
    untold: usize,
    pub(super) truncated: bool,
    /// Whether a string without closing quote was already cut off at its line rather than read to the end.
    pub(super) unclosed: bool,
    /// Where the line of the last guess at quotes ends: a wrong one turns strings inside out up to there.
    unsure_until: usize,
}

impl Reader<'_> {
    fn document(&mut self) {
        if self.at == self.bytes.len() {
            let end = self.source.span(self.at, self.at);
            self.problems.push(
                Diagnostic::warning(Code::EmptyInput, "expected a JSON value, found the end of the input").at(end),
            );
            return;
        }
        if !self.value(Place::Root) {
            self.problem(self.at, "a JSON value");
            self.at = self.next_document();
        }
        while let Some(frame) = self.open.last().copied() {
            self.at = skip_white_space(self.bytes, self.at);
            match self.bytes.get(self.at) {
                None => self.cut_off(),
                Some(b',') => self.comma(frame),
                Some(&bracket @ (b'}' | b']')) => self.closing_bracket(bracket == b'}', frame),
                Some(_) if frame.object => self.member(frame),
                Some(_) => self.element(frame),
            }
        }
        if self.untold > 0 {
            let more = format!("and {} more problems in this JSON", self.untold);
            self.problems.push(Diagnostic::warning(Code::InvalidJson, more));
        }
        if self.truncated {
            let end = self.source.span(self.at, self.at);
            let message = "the input ends in the middle of its JSON; expected the rest of it";
            self.problems.push(
                Diagnostic::warning(Code::TruncatedInput, message)
                    .at(end)
                    .with_help("the run may have been killed: what it did not write counts as not tested"),
            );
        }
    }

    /// Reads the value at hand: a scalar, or the opening of a container. Whether there is one; nothing is said.
    fn value(&mut self, place: Place) -> bool {
        match self.bytes.get(self.at) {
            Some(b'"') => self.string(place),
            Some(&bracket @ (b'{' | b'[')) => self.open(bracket == b'{', false),
            _ => return self.word(),
        }
        true
    }

    fn word(&mut self) -> bool {
        let end = word_end(self.bytes, self.at);
        let word = self.bytes.get(self.at..end).unwrap_or(&[]);
        // `12` may have been `120`, and `nul` may have been `null`.
        let cut_off = end == self.bytes.len() && !self.open.is_empty();
        let kind = match word {
            b"true" | b"false" => Kind::Bool,
            b"null" => Kind::Null,
            _ if number_end(self.bytes, self.at) == Some(end) => Kind::Number,
            [b'-' | b'0'..=b'9', ..] if cut_off => Kind::Number,
            _ => {
                self.at = if cut_off { end } else { self.at };
                return false;
            }
        };
        let flags = if cut_off && kind == Kind::Number { TRUNCATED | INCOMPLETE } else { 0 } | self.doubt(self.at);
        push(&mut self.nodes, kind, self.at, end, flags);
        self.at = end;
        true
    }

    fn open(&mut self, object: bool, implied: bool) {
        let kind = if object { Kind::Object } else { Kind::Array };
        if self.open.len() == MAX_DEPTH {
            self.problem(self.at, &format!("at most {MAX_DEPTH} arrays and objects inside one another"));
            let (end, closed) = skip_container(self.bytes, self.at);
            push(&mut self.nodes, kind, self.at, end, TRUNCATED | INCOMPLETE);
            self.lost();
            self.truncated |= !closed;
            self.at = end;
            return;
        }
        self.open.push(Frame { node: self.nodes.len(), object, implied, last: Last::Opening });
        let flags = if implied { REPAIRED | INCOMPLETE } else { self.doubt(self.at) };
        push(&mut self.nodes, kind, self.at, self.at, flags);
        self.at += usize::from(!implied);
    }

    /// Closes the innermost container where reading stands.
    fn close(&mut self, flags: u8) {
        let Some(frame) = self.open.pop() else { return };
        close(&mut self.nodes, frame.node, self.at, flags);
        if self.nodes.get(frame.node).is_some_and(|node| node.flags & INCOMPLETE != 0) {
            self.lost();
        }
    }

    fn cut_off(&mut self) {
        self.truncated = true;
        while !self.open.is_empty() {
            self.close(TRUNCATED | INCOMPLETE);
        }
    }

    fn comma(&mut self, frame: Frame) {
        if matches!(frame.last, Last::Opening | Last::Comma) {
            self.problem(self.at, if frame.object { "a member" } else { "a value" });
        }
        self.last(Last::Comma);
        self.at += 1;
    }

    fn closing_bracket(&mut self, object: bool, frame: Frame) {
        if frame.object == object {
            if frame.last == Last::Comma {
                self.problem(self.at, if object { "a member behind `,`" } else { "a value behind `,`" });
            }
            self.at += 1;
            return self.close(0);
        }
        if frame.implied {
            return self.close_implied(frame);
        }
        self.problem(self.at, if object { "`]`" } else { "`}`" });
        let Some(partner) = self.open.iter().rposition(|frame| frame.object == object) else {
            self.lost();
            self.last(Last::Skipped);
            self.at += 1;
            return;
        };
        let outer =
            |index: usize| index.checked_sub(1).and_then(|outer| self.open.get(outer)).map(|outer| outer.object);
        let wrong_kind = outer(self.open.len().saturating_sub(1));
        if self.fits(wrong_kind, self.at + 1) && !self.fits(outer(partner), self.at + 1) {
            self.at += 1;
            return self.close(REPAIRED | INCOMPLETE);
        }
        while self.open.len() > partner + 1 {
            self.close(REPAIRED | INCOMPLETE);
        }
        self.at += 1;
        self.close(0);
    }

    /// Whether what stands at `at` can follow an item of a container, or the document itself.
    fn fits(&self, object: Option<bool>, at: usize) -> bool {
        let at = skip_white_space(self.bytes, at);
        match (object, self.bytes.get(at)) {
            (_, None) | (Some(true), Some(b'}')) | (Some(false), Some(b']')) => true,
            (Some(object), Some(b',')) => {
                object == member_ahead(self.bytes, skip_white_space(self.bytes, at + 1), object)
            }
            (None, Some(byte)) => !matches!(byte, b',' | b'}' | b']'),
            _ => false,
        }
    }

    fn element(&mut self, frame: Frame) {
        if member_ahead(self.bytes, self.at, false) {
            self.problem(self.at, "a value; a member stands in an array");
            self.last(Last::Item);
            return self.open(true, true);
        }
        let start = self.at;
        let node = self.nodes.len();
        self.last(Last::Item);
        if !self.value(Place::Element) {
            return self.skip(start, "a value", false);
        }
        if frame.last == Last::Item {
            self.problem(start, "`,` or `]`");
        }
        self.check(node);
    }

    fn member(&mut self, frame: Frame) {
        if frame.implied && !member_ahead(self.bytes, self.at, true) {
            return self.close_implied(frame);
        }
        let start = self.at;
        match self.bytes.get(start) {
            Some(b'"') => {}
            Some(b'{') if self.in_array() => {
                self.problem(start, "`}`");
                self.close(REPAIRED | INCOMPLETE);
                return self.last(frame.last);
            }
            _ => return self.skip(start, "a member name in double quotes", true),
        }
        if frame.last == Last::Item {
            self.problem(start, "`,` or `}`");
        }
        let Some(value_at) = self.name() else { return };
        self.at = value_at;
        self.last(Last::Item);
        let node = self.nodes.len();
        if !self.value(Place::Member) {
            self.nodes.truncate(node.saturating_sub(1));
            return self.skip(value_at, "a value", true);
        }
        self.check(node);
    }

    /// What the value just read means for its container; of a container just opened, nothing yet.
    fn check(&mut self, node: usize) {
        let flags = self.nodes.get(node).map_or(0, |node| node.flags);
        if flags & INCOMPLETE != 0 {
            self.lost();
        }
        if flags & TRUNCATED != 0 {
            // The comma may have gone with the closing quote.
            self.last(Last::Skipped);
        }
    }

    /// Reads a member name: where its value starts. None, and the name dropped, when no value does.
    fn name(&mut self) -> Option<usize> {
        let start = self.at;
        let behind = match closing_quote(self.bytes, start) {
            Ok(quote) => quote + 1,
            Err(end) => {
                if end < self.bytes.len() {
                    self.problem(start, "a member name that ends on its line");
                }
                return self.drop_name(end);
            }
        };
        let colon = skip_white_space(self.bytes, behind);
        match self.bytes.get(colon) {
            Some(b':') => {}
            None => return self.drop_name(colon),
            Some(_) => {
                self.problem(colon, "`:` behind the member name");
                return self.drop_name(behind);
            }
        }
        let value_at = skip_white_space(self.bytes, colon + 1);
        let next_line = line_end(self.bytes.get(..value_at).unwrap_or(&[]), colon) < value_at;
        match self.bytes.get(value_at) {
            None => return self.drop_name(value_at),
            Some(b',' | b'}' | b']') => {
                self.problem(value_at, "a value");
                return self.drop_name(value_at);
            }
            Some(b'"') if next_line && member_ahead(self.bytes, value_at, false) => {
                self.problem(value_at, "a value");
                return self.drop_name(value_at);
            }
            Some(_) => {}
        }
        self.string(Place::Name);
        Some(value_at)
    }

    fn drop_name(&mut self, at: usize) -> Option<usize> {
        self.at = at;
        self.lost();
        self.last(Last::Skipped);
        None
    }

    fn close_implied(&mut self, frame: Frame) {
        self.close(0);
        self.last(if frame.last == Last::Comma { Last::Comma } else { Last::Item });
    }

    /// Skips what is not JSON: up to the next comma or closing bracket of this container, or what looks like its next
    /// member or element.
    fn skip(&mut self, start: usize, expected: &str, object: bool) {
        self.lost();
        self.last(Last::Skipped);
        if self.at == self.bytes.len() {
            return;
        }
        self.problem(start, expected);
        let line = line_end(self.bytes, start);
        let mut first = true;
        while let Some(&byte) = self.bytes.get(self.at) {
            if byte == b'"' && self.at < line {
                self.unsure(self.at);
            }
            match byte {
                b',' | b'}' | b']' => return,
                b'"' if !object || member_ahead(self.bytes, self.at, true) => return,
                b'"' => self.at = closing_quote(self.bytes, self.at).map_or_else(|end| end, |quote| quote + 1),
                b'{' | b'[' if !object => return,
                b'{' | b'[' => (self.at, _) = skip_container(self.bytes, self.at),
                b'\n' if !object => return,
                b'\'' if first => self.at = self.behind_single_quoted(),
                _ => self.at += 1,
            }
            first = !is_word(byte);
        }
    }

    /// Behind `'…'` if what ends a value follows it, or behind the apostrophe alone.
    fn behind_single_quoted(&self) -> usize {
        let start = self.at + 1;
        let rest = self.bytes.get(start..).unwrap_or(&[]);
        let Some(length) = memchr::memchr2(b'\'', b'\n', rest) else { return start };
        let end = start + length;
        let next = self.bytes.get(skip_white_space(self.bytes, end + 1));
        let quoted = self.bytes.get(end) == Some(&b'\'') && matches!(next, None | Some(b',' | b':' | b'}' | b']'));
        if quoted { end + 1 } else { start }
    }

    /// Where a caller goes on when no value starts here.
    fn next_document(&self) -> usize {
        let end = line_end(self.bytes, self.at);
        let rest = self.bytes.get(self.at + 1..end).unwrap_or(&[]);
        memchr::memchr2(b'{', b'[', rest).map_or(end, |length| self.at + 1 + length)
    }

    /// The flags of a value that starts at `at` only because a guess on its line was right.
    pub(super) fn doubt(&self, at: usize) -> u8 {
        if at < self.unsure_until { REPAIRED | INCOMPLETE } else { 0 }
    }

    /// Doubts everything from `at` to the end of its line.
    pub(super) fn unsure(&mut self, at: usize) {
        if at >= self.unsure_until {
            self.unsure_until = line_end(self.bytes, at);
        }
    }

    fn in_array(&self) -> bool {
        self.open.iter().rev().nth(1).is_some_and(|outer| !outer.object)
    }

    fn last(&mut self, last: Last) {
        if let Some(frame) = self.open.last_mut() {
            frame.last = last;
        }
    }

    /// Marks the innermost open container: a part of it did not come out as it stands.
    fn lost(&mut self) {
        if let Some(node) = self.open.last().and_then(|frame| self.nodes.get_mut(frame.node)) {
            node.flags |= INCOMPLETE;
        }
    }

    /// Says that something else than `expected` stands at `at`.
    pub(super) fn problem(&mut self, at: usize, expected: &str) {
        if self.problems.len() == MAX_PROBLEMS {
            self.untold += 1;
            return;
        }
        let (found, end) = self.found(at);
        self.problems.push(
            Diagnostic::warning(Code::InvalidJson, format!("expected {expected}, found {found}"))
                .at(self.source.span(at, end)),
        );
    }

    /// What stands at `at`, for a message, and where that ends.
    fn found(&self, at: usize) -> (String, usize) {
        let mut end = match self.bytes.get(at) {
            None => return ("the end of the input".to_owned(), at),
            Some(b'\n' | b'\r') => return ("the end of the line".to_owned(), at),
            Some(byte @ 0..0x20) => return (format!("the control character U+{byte:04X}"), at + 1),
            Some(b'"') => closing_quote(self.bytes, at).map_or_else(|end| end, |quote| quote + 1),
            Some(byte) if is_word(*byte) => word_end(self.bytes, at),
            Some(_) => at + 1,
        };
        let whole = end;
        end = end.min(at + MAX_SHOWN);
        let text = self.source.text();
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let shown = text.get(at..end).unwrap_or("").replace(char::is_control, "\u{FFFD}");
        (format!("`{shown}{}`", if end < whole { "…" } else { "" }), end)
    }
}
