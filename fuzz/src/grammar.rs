//! Texts taken apart into the things that stand side by side in them, so that one can be left out, said twice or moved.

use std::ops::Range;

use intransit::formats::json;
use intransit::source::SourceText;

/// How a text is taken apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grammar {
    /// JSON: elements of lists and members of objects.
    Json,
    /// XML: the attributes of each element, and its children of each name.
    Xml,
    /// Text of lines, each known by its first word.
    Lines,
    /// PEM: blocks, and the lines of each.
    Pem,
    /// Binary: nothing but bytes.
    Bytes,
}

/// Things that stand side by side.
#[derive(Clone)]
pub(crate) struct Group {
    /// Where: `/scanResult/0/protocols`.
    pub(crate) path: String,
    /// What kind.
    pub(crate) kind: Kind,
    /// Where each of them stands.
    pub(crate) ranges: Vec<Range<usize>>,
}

/// What stands side by side.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Things of one kind, of which there may be any number.
    List,
    /// Things with a name, each there once.
    Members,
    /// Parts of one thing, of which none may be missing, doubled or moved.
    Parts,
}

impl Group {
    /// Its name: the last part of its path that is no number.
    pub(crate) fn name(&self) -> &str {
        let is_name = |part: &&str| part.parse::<usize>().is_err();
        self.path.rsplit('/').find(is_name).unwrap_or_default()
    }
}

impl Grammar {
    /// Everything that stands side by side in this text, from the outside in.
    pub(crate) fn groups(self, text: &str) -> Vec<Group> {
        let mut groups = Vec::new();
        match self {
            Self::Json => {
                let source = SourceText::new(0, text.to_owned());
                let document = json::parse(&source, 0);
                if let Some(root) = document.root() {
                    collect(root, String::new(), &mut groups);
                }
            }
            Self::Pem => {
                let starts: Vec<usize> = text.match_indices("-----BEGIN").map(|(at, _)| at).collect();
                let ends = starts.iter().skip(1).copied().chain([text.len()]);
                let blocks: Vec<Range<usize>> =
                    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect();
                for (position, block) in blocks.iter().enumerate() {
                    let mut at = block.start;
                    let ranges = text[block.clone()].split_inclusive('\n').map(|line| {
                        at += line.len();
                        at - line.len()..at
                    });
                    groups.push(Group {
                        path: format!("/{position}/lines"),
                        kind: Kind::Parts,
                        ranges: ranges.collect(),
                    });
                }
                groups.insert(0, Group { path: "/blocks".to_owned(), kind: Kind::List, ranges: blocks });
            }
            Self::Xml => elements(text, &mut groups),
            Self::Lines => {
                let mut at = 0;
                for line in text.split_inclusive('\n') {
                    let range = at..at + line.len();
                    at = range.end;
                    let Some(word) = line.split_whitespace().next() else { continue };
                    let path = format!("/{}", word.replace('/', "-"));
                    match groups.iter_mut().find(|group| group.path == path) {
                        Some(group) => group.ranges.push(range),
                        None => groups.push(Group { path, kind: Kind::Parts, ranges: vec![range] }),
                    }
                }
            }
            Self::Bytes => {}
        }
        groups
    }

    /// What stands between two things.
    const fn separator(self) -> &'static str {
        match self {
            Self::Json => ",",
            Self::Xml | Self::Lines | Self::Pem | Self::Bytes => "\n",
        }
    }

    /// The text without one thing and what separates it from the next.
    pub(crate) fn without(self, text: &str, range: &Range<usize>) -> String {
        self.without_all(text, vec![range.clone()])
    }

    /// The text without any of these things; one that stands in another goes with it.
    pub(crate) fn without_all(self, text: &str, mut ranges: Vec<Range<usize>>) -> String {
        ranges.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
        ranges.dedup_by(|inner, outer| inner.end <= outer.end);
        let mut text = text.to_owned();
        for Range { mut start, mut end } in ranges.into_iter().rev() {
            if self == Self::Json {
                let behind = text[end..].len() - text[end..].trim_start().len();
                if text[end + behind..].starts_with(',') {
                    end += behind + 1;
                } else if text[..start].trim_end().ends_with(',') {
                    start = text[..start].trim_end().len() - 1;
                }
            }
            text.replace_range(start..end, "");
        }
        text
    }

    /// The text with one thing said twice.
    pub(crate) fn twice(self, text: &str, range: &Range<usize>) -> String {
        let thing = &text[range.clone()];
        format!("{}{thing}{}{thing}{}", &text[..range.start], self.separator(), &text[range.end..])
    }

    /// The text with the things of a group in this order; what stands between them stays.
    pub(crate) fn arranged(self, text: &str, group: &Group, order: &[usize]) -> String {
        let mut arranged = String::with_capacity(text.len());
        let mut at = 0;
        for (place, position) in group.ranges.iter().zip(order) {
            arranged.push_str(&text[at..place.start]);
            arranged.push_str(&text[group.ranges[*position].clone()]);
            at = place.end;
        }
        arranged.push_str(&text[at..]);
        arranged
    }
}

fn collect(value: json::Value<'_>, path: String, groups: &mut Vec<Group>) {
    let range = |from: json::Value<'_>, to: json::Value<'_>| from.span().start as usize..to.span().end as usize;
    let (kind, children): (Kind, Vec<_>) = match value.kind() {
        json::Kind::Array => {
            let elements = value.elements().enumerate();
            (Kind::List, elements.map(|(at, element)| (at.to_string(), range(element, element), element)).collect())
        }
        json::Kind::Object => {
            let name = |key: json::Value<'_>| key.as_str().map_or_else(String::new, std::borrow::Cow::into_owned);
            let members = value.members();
            (Kind::Members, members.map(|(key, member)| (name(key), range(key, member), member)).collect())
        }
        _ => return,
    };
    let ranges = children.iter().map(|(_, range, _)| range.clone()).collect();
    groups.push(Group { path: path.clone(), kind, ranges });
    for (step, _, child) in children {
        collect(child, format!("{path}/{step}"), groups);
    }
}

/// The elements of XML that is well-formed and has no more than scanners write: no CDATA with tags in it.
fn elements(text: &str, groups: &mut Vec<Group>) {
    // Path, start and children, by name, of every element that is open.
    let mut open: Vec<(String, usize, Vec<Group>)> = vec![(String::new(), 0, Vec::new())];
    let mut at = 0;
    while let Some(start) = text[at..].find('<').map(|found| at + found) {
        let tag = &text[start..];
        let end = match tag.as_bytes().get(1) {
            Some(b'!') if tag.starts_with("<!--") => tag.find("-->").map_or(text.len(), |end| start + end + 3),
            Some(b'!') if tag.starts_with("<![CDATA[") => tag.find("]]>").map_or(text.len(), |end| start + end + 3),
            _ => tag.find('>').map_or(text.len(), |end| start + end + 1),
        };
        at = end;
        match tag.as_bytes().get(1) {
            Some(b'!' | b'?') | None => {}
            Some(b'/') => close(&mut open, end, groups),
            Some(_) => {
                let words = tag[1..end - start - 1].trim_end_matches('/');
                let name = words.split_whitespace().next().unwrap_or_default();
                let path = format!("{}/{name}", open.last().map_or("", |(path, ..)| path.as_str()));
                let ranges = attributes(text, start + 1 + name.len(), end);
                groups.push(Group { path: path.clone(), kind: Kind::Members, ranges });
                open.push((path, start, Vec::new()));
                if text[..end].ends_with("/>") {
                    close(&mut open, end, groups);
                }
            }
        }
    }
}

fn close(open: &mut Vec<(String, usize, Vec<Group>)>, end: usize, groups: &mut Vec<Group>) {
    let Some((path, start, children)) = open.pop() else { return };
    groups.extend(children);
    let Some((_, _, siblings)) = open.last_mut() else { return };
    match siblings.iter_mut().find(|group| group.path == path) {
        Some(group) => group.ranges.push(start..end),
        None => siblings.push(Group { path, kind: Kind::List, ranges: std::iter::once(start..end).collect() }),
    }
}

/// `name="value"` between the name of an element and its end.
fn attributes(text: &str, mut at: usize, end: usize) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    while let Some(equals) = text[at..end].find('=').map(|found| at + found) {
        let start = at + text[at..equals].len() - text[at..equals].trim_start().len();
        let Some(quote) = text[equals + 1..].chars().next() else { break };
        let Some(close) = text[equals + 2..end].find(quote).map(|found| equals + 2 + found + 1) else { break };
        ranges.push(start..close);
        at = close;
    }
    ranges
}
