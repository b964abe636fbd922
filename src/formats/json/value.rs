//! Values of a document: kinds, texts, members, elements and their spans.

use std::borrow::Cow;
use std::ops::Range;

use crate::ordered::Set;
use crate::source::Span;

use super::scan::escape;
use super::{Document, ESCAPED, INCOMPLETE, Node, REPAIRED, TRUNCATED};

/// The kinds of JSON value ([RFC 8259 §3](https://www.rfc-editor.org/rfc/rfc8259#section-3)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A number, kept as text.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// One value of a [`Document`], or the name of a member.
#[derive(Debug, Clone, Copy)]
pub struct Value<'d> {
    document: &'d Document<'d>,
    index: u32,
}

impl<'d> Value<'d> {
    pub(super) fn new(document: &'d Document<'d>, index: u32) -> Self {
        Self { document, index }
    }

    /// What kind of value it is.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.node().kind
    }

    /// Where it stands, quotes and brackets included.
    #[must_use]
    pub fn span(self) -> Span {
        let node = self.node();
        self.document.source.span(node.start as usize, node.end as usize)
    }

    /// Whether its end is missing: the text ended in it, a string has no closing quote, or it was nested too deep to
    /// be kept. The text of such a value is only at [`Value::partial_text`].
    #[must_use]
    pub fn is_truncated(self) -> bool {
        self.has(TRUNCATED)
    }

    /// Whether its end was guessed: quotes or line breaks inside a string, a bracket that is missing or of the other
    /// kind, members that stand in an array and were taken for an object; or whether it stands behind a guess at
    /// quotes on the same line.
    #[must_use]
    pub fn is_repaired(self) -> bool {
        self.has(REPAIRED)
    }

    /// Whether all of it was read: nothing in it, at any depth, was skipped, cut off or guessed. What an incomplete
    /// container does not have may still have been in the report.
    #[must_use]
    pub fn is_complete(self) -> bool {
        !self.has(INCOMPLETE)
    }

    /// The text of a string, escapes resolved; none for a truncated one, which could say the opposite when whole.
    #[must_use]
    pub fn as_str(self) -> Option<Cow<'d, str>> {
        (self.kind() == Kind::String && !self.is_truncated()).then(|| self.unescaped())
    }

    /// Whether it is `true` or `false`.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        (self.kind() == Kind::Bool).then(|| self.raw() == "true")
    }

    /// The digits of a number as they stand in the text, of any length; none for a truncated one.
    #[must_use]
    pub fn number_text(self) -> Option<&'d str> {
        (self.kind() == Kind::Number && !self.is_truncated()).then(|| self.raw())
    }

    /// A number without fraction and exponent that fits 32 bits.
    #[must_use]
    pub fn as_u32(self) -> Option<u32> {
        self.number_text()?.parse().ok()
    }

    /// A number without fraction and exponent that fits 64 bits, with its sign.
    #[must_use]
    pub fn as_i64(self) -> Option<i64> {
        self.number_text()?.parse().ok()
    }

    /// What there is of a string or a number, also of a truncated one: to be shown, not to be judged.
    #[must_use]
    pub fn partial_text(self) -> Option<Cow<'d, str>> {
        match self.kind() {
            Kind::String => Some(self.unescaped()),
            Kind::Number => Some(Cow::Borrowed(self.raw())),
            _ => None,
        }
    }

    /// The elements of an array, in order; none for other kinds.
    #[must_use]
    pub fn elements(self) -> Elements<'d> {
        Elements(self.children(Kind::Array))
    }

    /// The names and values of an object, in order, duplicates included; none for other kinds.
    #[must_use]
    pub fn members(self) -> Members<'d> {
        Members(self.children(Kind::Object))
    }

    /// The value of the first member of that name.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Value<'d>> {
        self.members().of_name(name, false)
    }

    /// The first member of each of these names, and whether there is another one of it; in one walk.
    #[must_use]
    pub fn of_names<const N: usize>(self, names: [&str; N]) -> [(Option<Value<'d>>, bool); N] {
        let mut found = [(None, false); N];
        for (key, value) in self.members() {
            let node = key.node();
            let length = if node.flags & ESCAPED == 0 { Some(node.text_length()) } else { None };
            for (name, (first, again)) in names.iter().zip(&mut found) {
                if length.is_none_or(|length| length == name.len()) && key.has_name(name, false) {
                    *again = first.is_some();
                    *first = first.or(Some(value));
                }
            }
        }
        found
    }

    /// The value of the first member of that name in any case (of ASCII letters).
    #[must_use]
    pub fn get_in_any_case(self, name: &str) -> Option<Value<'d>> {
        self.members().of_name(name, true)
    }

    /// The first name of an object that stood in it before: which of the two values is meant is not said
    /// ([RFC 8259 §4](https://www.rfc-editor.org/rfc/rfc8259#section-4)).
    #[must_use]
    pub fn repeated_name(self) -> Option<Value<'d>> {
        const FEW: usize = 16;
        let mut names = self.members().map(|(name, _)| name);
        let mut few = [self; FEW];
        for count in 0..FEW {
            let name = names.next()?;
            let before = few.get(..count).unwrap_or_default();
            if before.iter().any(|other| other.has_text_of(name)) {
                return Some(name);
            }
            if let Some(place) = few.get_mut(count) {
                *place = name;
            }
        }
        let mut seen: Set<Cow<'_, str>> = few.iter().map(|name| name.unescaped()).collect();
        names.find(|name| !seen.insert(name.unescaped()))
    }

    /// The value of the only member of that name; none where two members have it.
    #[must_use]
    pub fn only(self, name: &str) -> Option<Value<'d>> {
        let mut members = self.members();
        let first = members.of_name(name, false)?;
        members.of_name(name, false).is_none().then_some(first)
    }

    /// Where bytes `range` of the unescaped text of a string stand in the source; an escape is taken whole. The span
    /// of the value itself for other kinds.
    #[must_use]
    pub fn string_span(self, range: Range<usize>) -> Span {
        if self.kind() != Kind::String {
            return self.span();
        }
        let base = self.node().start as usize + 1;
        let raw = self.raw();
        let (mut start, mut end) = (raw.len(), raw.len());
        let mut text_at = 0;
        for piece in Pieces::of(raw, self.has(ESCAPED)) {
            let length = piece.text_length();
            let text_end = text_at + length;
            if (text_at..text_end).contains(&range.start) {
                start = match piece.character {
                    Some(_) => piece.start,
                    None => boundary(raw, piece.start + (range.start - text_at), false),
                };
            }
            if range.end > text_at && range.end <= text_end {
                end = match piece.character {
                    Some(_) => piece.end,
                    None => boundary(raw, piece.start + (range.end - text_at), true),
                };
            }
            text_at = text_end;
        }
        if range.is_empty() {
            end = start;
        }
        self.document.source.span(base + start, base + end)
    }

    fn node(self) -> Node {
        const NONE: Node = Node { start: 0, end: 0, next: 0, kind: Kind::Null, flags: 0 };
        self.document.nodes.get(self.index as usize).copied().unwrap_or(NONE)
    }

    fn has(self, flag: u8) -> bool {
        self.node().flags & flag != 0
    }

    /// The bytes of the value in the source; of a string, those between its quotes.
    fn raw(self) -> &'d str {
        let node = self.node();
        let (mut start, mut end) = (node.start as usize, node.end as usize);
        if node.kind == Kind::String {
            start += 1;
            end -= usize::from(!self.is_truncated());
        }
        self.document.source.text().get(start..end).unwrap_or("")
    }

    fn unescaped(self) -> Cow<'d, str> {
        let raw = self.raw();
        if !self.has(ESCAPED) {
            return Cow::Borrowed(raw);
        }
        let mut text = String::with_capacity(raw.len());
        for piece in Pieces::of(raw, true) {
            match piece.character {
                Some(character) => text.push(character),
                None => text.push_str(raw.get(piece.start..piece.end).unwrap_or("")),
            }
        }
        Cow::Owned(text)
    }

    fn has_name(self, name: &str, in_any_case: bool) -> bool {
        let flags = self.node().flags;
        if flags & ESCAPED != 0 {
            let text = self.unescaped();
            return if in_any_case { flags & TRUNCATED == 0 && text.eq_ignore_ascii_case(name) } else { text == name };
        }
        let raw = self.raw();
        if in_any_case { flags & TRUNCATED == 0 && raw.eq_ignore_ascii_case(name) } else { raw == name }
    }

    fn has_text_of(self, other: Self) -> bool {
        let (node, theirs) = (self.node(), other.node());
        if (node.flags | theirs.flags) & ESCAPED != 0 {
            return self.unescaped() == other.unescaped();
        }
        node.text_length() == theirs.text_length() && self.raw() == other.raw()
    }

    fn children(self, kind: Kind) -> Children<'d> {
        let node = self.node();
        let next = if node.kind == kind { self.index + 1 } else { node.next };
        Children { document: self.document, next, end: node.next }
    }
}

/// The elements of an array.
#[derive(Debug, Clone)]
pub struct Elements<'d>(Children<'d>);

impl<'d> Iterator for Elements<'d> {
    type Item = Value<'d>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

/// The members of an object: name and value.
#[derive(Debug, Clone)]
pub struct Members<'d>(Children<'d>);

impl<'d> Members<'d> {
    /// Goes behind the next member of that name; its value. Names of another length need no look at the text.
    fn of_name(&mut self, name: &str, in_any_case: bool) -> Option<Value<'d>> {
        let Children { document, next, end } = &mut self.0;
        while *next + 1 < *end {
            let (key, value) = (Value::new(document, *next), Value::new(document, *next + 1));
            let node = document.nodes.get(key.index as usize)?;
            *next = document.nodes.get(value.index as usize)?.next.max(value.index + 1);
            let is_of_length = node.flags & ESCAPED != 0 || node.text_length() == name.len();
            if is_of_length && key.has_name(name, in_any_case) {
                return Some(value);
            }
        }
        None
    }
}

impl<'d> Iterator for Members<'d> {
    type Item = (Value<'d>, Value<'d>);

    fn next(&mut self) -> Option<Self::Item> {
        Some((self.0.next()?, self.0.next()?))
    }
}

#[derive(Debug, Clone)]
struct Children<'d> {
    document: &'d Document<'d>,
    next: u32,
    end: u32,
}

impl<'d> Iterator for Children<'d> {
    type Item = Value<'d>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let value = Value::new(self.document, self.next);
        self.next = value.node().next.max(self.next + 1);
        Some(value)
    }
}

/// A part of a raw string: one escape, or a run of characters that stand for themselves.
struct Piece {
    start: usize,
    end: usize,
    character: Option<char>,
}

impl Piece {
    fn text_length(&self) -> usize {
        self.character.map_or(self.end - self.start, char::len_utf8)
    }
}

struct Pieces<'r> {
    raw: &'r str,
    at: usize,
    escaped: bool,
}

impl<'r> Pieces<'r> {
    fn of(raw: &'r str, escaped: bool) -> Self {
        Self { raw, at: 0, escaped }
    }
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let bytes = self.raw.as_bytes();
        let start = self.at;
        let rest = bytes.get(start..).filter(|rest| !rest.is_empty())?;
        let piece = if self.escaped && rest.first() == Some(&b'\\') {
            let escape = escape(bytes, start);
            Piece { start, end: start + escape.length, character: escape.character }
        } else {
            let length = if self.escaped { memchr::memchr(b'\\', rest) } else { None };
            Piece { start, end: start + length.unwrap_or(rest.len()), character: None }
        };
        self.at = piece.end;
        Some(piece)
    }
}

/// The nearest character boundary at or before `at`, or with `up` at or behind it.
fn boundary(text: &str, mut at: usize, up: bool) -> usize {
    while !text.is_char_boundary(at) && at < text.len() {
        at = if up { at + 1 } else { at - 1 };
    }
    at
}
