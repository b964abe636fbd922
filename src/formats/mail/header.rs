//! The fields of a header: unfolded, without what mails put before quoted lines, each byte with its place.

use crate::source::{SourceText, Span};

/// How a line of the way begins.
pub(super) const TRACE: &str = "Received:";

/// The most bytes that are read of one field.
const LONGEST: usize = 16 * 1024;

/// Whether what stands behind the name is a line of the way, and no prose.
pub(super) fn begins_trace(rest: &str) -> bool {
    let rest = rest.trim();
    rest.is_empty() || ["from ", "by ", "("].iter().any(|start| starts_with(rest, start))
}

fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// A line without the marks that mails put before quoted lines.
pub(super) fn unquoted(line: &str) -> &str {
    let mut rest = line;
    while let Some(inner) = rest.trim_start_matches(' ').strip_prefix(['>', '|']) {
        rest = inner.strip_prefix(' ').unwrap_or(inner);
    }
    rest
}

/// A field with its value on one line.
pub(super) struct Field<'a> {
    source: &'a SourceText,
    /// Its name.
    pub(super) name: &'a str,
    /// Its value; one blank stands for each fold.
    pub(super) value: String,
    /// Where each line of the value begins: there, and in the source.
    lines: Vec<(usize, usize)>,
    /// Whether more of it was there than is read.
    pub(super) is_cut: bool,
}

impl Field<'_> {
    /// Whether it is a line of the way.
    pub(super) fn is_trace(&self) -> bool {
        self.name.eq_ignore_ascii_case("Received")
    }

    /// The place in the source of these bytes of the value.
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        self.source.span(self.place(start), self.place(end))
    }

    fn place(&self, at: usize) -> usize {
        let line = self.lines.iter().rev().find(|(start, _)| *start <= at);
        line.map_or(0, |(start, place)| place + (at - start))
    }

    fn add(&mut self, line: &str, place: usize) {
        if self.value.len() + line.len() > LONGEST {
            self.is_cut = true;
            return;
        }
        if !self.value.is_empty() && !line.is_empty() {
            self.value.push(' ');
        }
        self.lines.push((self.value.len(), place));
        self.value.push_str(line);
    }
}

/// The lines of a header, field by field.
pub(super) struct Lines<'a> {
    source: &'a SourceText,
    at: usize,
    end: usize,
    indent: usize,
}

impl<'a> Lines<'a> {
    /// The header between two bytes; it ends at the first empty line.
    pub(super) fn new(source: &'a SourceText, start: usize, end: usize) -> Self {
        // The white space at the start of a text is left out before it comes here.
        let start = source.text().get(..start).and_then(|before| before.rfind('\n')).map_or(0, |line| line + 1);
        let text = source.text().get(start..end).unwrap_or_default();
        let first = unquoted(text.lines().next().unwrap_or_default());
        Self { source, at: start, end, indent: first.len() - first.trim_start().len() }
    }

    /// The next field. What is neither a field nor indented belongs to the field above: it was wrapped.
    pub(super) fn next_field(&mut self) -> Option<Field<'a>> {
        let mut field: Option<Field<'a>> = None;
        loop {
            let rest = self.source.text().get(self.at..self.end)?;
            let Some(line) = rest.split_inclusive('\n').next() else { return field };
            let inner = unquoted(line);
            let text = inner.trim();
            if text.is_empty() {
                self.end = self.at;
                return field;
            }
            let indent = inner.len() - inner.trim_start().len();
            let place = self.at + (line.len() - inner.len()) + indent;
            match named(text).filter(|_| indent <= self.indent) {
                Some(_) if field.is_some() => return field,
                Some((name, value)) => {
                    let value_at = place + (text.len() - value.len());
                    let new =
                        Field { source: self.source, name, value: String::new(), lines: Vec::new(), is_cut: false };
                    field.insert(new).add(value, value_at);
                }
                // At the start it is what is left of a field.
                None => {
                    let rest = || Field {
                        source: self.source,
                        name: "",
                        value: String::new(),
                        lines: Vec::new(),
                        is_cut: false,
                    };
                    field.get_or_insert_with(rest).add(text, place);
                }
            }
            self.at += line.len();
        }
    }
}

/// `Name: value`.
pub(super) fn named(text: &str) -> Option<(&str, &str)> {
    const LONGEST_NAME: usize = 76;
    let (name, value) = text.split_once(':')?;
    let is_name = name.len() <= LONGEST_NAME
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    // A time or a suite behind a fold has its colon in the middle of a word.
    (is_name && (value.is_empty() || value.starts_with([' ', '\t']))).then(|| (name, value.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Vec<(String, String)> {
        let source = SourceText::new(0, text.to_owned());
        let mut lines = Lines::new(&source, 0, text.len());
        std::iter::from_fn(|| lines.next_field()).map(|field| (field.name.to_owned(), field.value)).collect()
    }

    #[test]
    fn fields_are_unfolded_however_they_were_pasted() {
        let expected = [("Received", "from a by b with ESMTP; date"), ("From", "c")];
        for text in [
            "Received: from a\n\tby b with ESMTP;\n date\nFrom: c\n\nbody: x\n",
            "Received: from a\r\n\tby b with ESMTP;\r\n date\r\nFrom: c\r\n",
            "> Received: from a\n> \tby b with ESMTP;\n>  date\n> From: c\n>\n> body: x\n",
            ">> Received: from a by b\n>> with ESMTP; date\n>> From: c\n",
            "    Received: from a\n        by b with ESMTP; date\n    From: c\n",
            "Received:\n from a by\nb with ESMTP;\ndate\nFrom: c",
        ] {
            let fields = fields(text);
            let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(fields, expected, "{text}");
        }
    }

    #[test]
    fn bytes_of_a_value_have_places_in_the_source() {
        let text = "> Received: from ä\n> \tby b\n";
        let source = SourceText::new(0, text.to_owned());
        let field = Lines::new(&source, 0, text.len()).next_field().unwrap();
        for words in ["from", "ä", "by", "b"] {
            let at = field.value.find(words).unwrap();
            let span = field.span(at, at + words.len());
            assert_eq!(text.get(span.start as usize..span.end as usize), Some(words));
        }
        let long = format!("Received: from a\n{}", " by b\n".repeat(10_000));
        assert!(Lines::new(&SourceText::new(0, long.clone()), 0, long.len()).next_field().unwrap().is_cut);
    }
}
