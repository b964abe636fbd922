//! Elements as readers see them: names, attributes, children and text, each with its place.

use std::borrow::Cow;

use super::{Document, Kind, Node, decode};
use crate::source::Span;

/// An element of a document.
#[derive(Debug, Clone, Copy)]
pub(in crate::formats) struct Element<'d> {
    document: &'d Document<'d>,
    index: usize,
}

/// What an attribute or an element says, decoded, and where.
#[derive(Debug, Clone)]
pub(in crate::formats) struct Text<'d> {
    /// The words.
    pub(in crate::formats) value: Cow<'d, str>,
    /// The bytes that they were decoded from, without quotes.
    pub(in crate::formats) span: Span,
}

impl<'d> Element<'d> {
    pub(super) fn new(document: &'d Document<'d>, index: usize) -> Self {
        Self { document, index }
    }

    fn node(self) -> Option<Node> {
        self.document.nodes.get(self.index).copied()
    }

    fn slice(self, start: u32, end: u32) -> &'d str {
        self.document.source.text().get(start as usize..end as usize).unwrap_or_default()
    }

    fn place(self, start: u32, end: u32) -> Span {
        self.document.source.span(start as usize, end as usize)
    }

    fn name_of(self, node: Node) -> &'d str {
        self.slice(node.name, node.name + u32::from(node.name_length))
    }

    /// Its name, prefix included.
    pub(in crate::formats) fn name(self) -> &'d str {
        self.node().map_or("", |node| self.name_of(node))
    }

    /// All of it, from the first angle bracket to the last.
    pub(in crate::formats) fn span(self) -> Span {
        self.node().map_or_else(|| self.place(0, 0), |node| self.place(node.start, node.end))
    }

    /// Its start tag, without the closing angle bracket; short enough to be cited where all of it is not.
    pub(in crate::formats) fn opening(self) -> Span {
        let Some(node) = self.node() else { return self.place(0, 0) };
        let mut end = node.name + u32::from(node.name_length);
        for (_, attribute) in self.attributes() {
            end = end.max(attribute.end.saturating_add(1));
        }
        self.place(node.start, end.min(node.end))
    }

    /// Whether all of it was there and well-formed.
    pub(in crate::formats) fn is_complete(self) -> bool {
        self.node().is_some_and(|node| !node.incomplete)
    }

    fn attributes(self) -> impl Iterator<Item = (&'d str, Node)> {
        let nodes = self.document.nodes.get(self.index + 1..).unwrap_or_default();
        let own = nodes.iter().take_while(|node| node.kind == Kind::Attribute);
        own.map(move |node| (self.name_of(*node), *node))
    }

    /// The attribute of this name.
    pub(in crate::formats) fn attribute(self, name: &str) -> Option<Text<'d>> {
        let (_, node) = self.attributes().find(|(known, _)| *known == name)?;
        Some(Text { value: decode(self.slice(node.start, node.end)), span: self.place(node.start, node.end) })
    }

    /// Whether the attribute of this name has this value.
    pub(in crate::formats) fn has(self, name: &str, value: &str) -> bool {
        self.attribute(name).is_some_and(|text| text.value == value)
    }

    fn children(self) -> impl Iterator<Item = (usize, Node)> {
        let nodes = &self.document.nodes;
        let end = self.node().map_or(0, |node| node.next as usize);
        let mut at = self.index + 1;
        std::iter::from_fn(move || {
            let node = nodes.get(at).filter(|_| at < end)?;
            let found = (at, *node);
            at = (node.next as usize).max(at + 1);
            Some(found)
        })
    }

    /// Its child elements.
    pub(in crate::formats) fn elements(self) -> impl Iterator<Item = Element<'d>> {
        let document = self.document;
        self.children().filter(|(_, node)| node.kind == Kind::Element).map(move |(at, _)| Self::new(document, at))
    }

    /// Its child elements of this name.
    pub(in crate::formats) fn named(self, name: &'d str) -> impl Iterator<Item = Element<'d>> {
        self.elements().filter(move |element| element.name() == name)
    }

    /// Its first child element of this name.
    pub(in crate::formats) fn first(self, name: &'d str) -> Option<Element<'d>> {
        self.named(name).next()
    }

    /// The text directly in it, without the white space around it; none where there is nothing else.
    pub(in crate::formats) fn text(self) -> Option<Text<'d>> {
        let mut found: Option<(Cow<'d, str>, u32, u32)> = None;
        for (_, node) in self.children() {
            let raw = match node.kind {
                Kind::Text => decode(self.slice(node.start, node.end)),
                Kind::CharacterData => Cow::Borrowed(self.slice(node.start, node.end)),
                Kind::Element | Kind::Attribute => continue,
            };
            found = Some(match found {
                None => (raw, node.start, node.end),
                // Markup stood between them: they are no one word.
                Some((value, start, _)) => (value + " " + raw, start, node.end),
            });
        }
        let (value, start, end) = found?;
        Some(Text { value, span: self.place(start, end) })
    }
}
