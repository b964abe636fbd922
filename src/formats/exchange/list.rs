//! What `Format-List` prints: `Name : value`, objects apart by an empty line, long values wrapped and indented.
//!
//! A value stands behind the colon; `{a, b}` is a list, which PowerShell cuts after four with `…` or `...`; a blank one is
//! null. Where a value was wrapped, PowerShell may have left out a blank.

use super::{Held, Item, cmdlets};
use crate::evidence::{Gap, GapReason};
use crate::gathered::Gathered;
use crate::source::{SourceText, Span};

/// The most lines that one value is wrapped into.
const MOST_LINES: usize = 64;

/// `Name`, blanks and a colon at the start of a line; the value behind it.
pub(super) fn property(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let bare = name.trim_end_matches(' ');
    let is_name = bare.len() < name.len()
        && bare.starts_with(|c: char| c.is_ascii_alphabetic())
        && bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    let value = value.trim_end();
    (is_name && (value.is_empty() || value.starts_with(' '))).then_some((bare, value))
}

/// Whether the line is the heading of a table, which PowerShell prints of one to four properties.
pub(super) fn is_table(line: &str) -> bool {
    let mut count = 0;
    for word in line.split_whitespace() {
        if !cmdlets::is_property(word) {
            return false;
        }
        count += 1;
    }
    count > 1
}

/// The objects between two bytes of the source.
pub(super) fn items(source: &SourceText, start: usize, end: usize) -> Vec<Item> {
    let text = source.text().get(start..end).unwrap_or_default();
    let mut items: Vec<Item> = Vec::new();
    let mut open: Option<Item> = None;
    let mut raw: Option<Raw> = None;
    let mut in_pem = false;
    let mut at = start;
    for line in text.split_inclusive('\n') {
        let here = at;
        at += line.len();
        let line = line.trim_end();
        if line.starts_with("-----") {
            in_pem = line.starts_with("-----BEGIN");
        }
        let ends_object = line.is_empty() || in_pem || line.starts_with("-----") || line.starts_with("PS ");
        if ends_object || line.starts_with("[PS]") {
            finish(source, &mut open, &mut raw);
            items.extend(open.take());
            continue;
        }
        if let Some((name, value)) = property(line) {
            finish(source, &mut open, &mut raw);
            let span = source.span(here, here + line.len());
            open.get_or_insert_with(|| Item { held: Vec::new(), words: span, damage: None });
            let inner = value.trim_start();
            let from = here + line.len() - inner.len();
            raw = Some(Raw { name: name.to_owned(), start: here, pieces: vec![(from, inner.to_owned())] });
        } else if let Some(item) = open.as_mut().filter(|_| !line.starts_with([' ', '\t'])) {
            let detail = "a line of the object is neither a property nor indented: it was cut, or wrapped anew";
            item.damage.get_or_insert_with(|| {
                Gap::new(GapReason::Truncated, detail).at([source.span(here, here + line.len())])
            });
        } else if let Some(raw) = &mut raw {
            let inner = line.trim_start();
            if raw.pieces.len() < MOST_LINES {
                raw.pieces.push((here + line.len() - inner.len(), inner.to_owned()));
            }
        }
    }
    finish(source, &mut open, &mut raw);
    items.extend(open);
    items
}

/// A property as its lines stand there.
struct Raw {
    name: String,
    start: usize,
    /// Each line of the value with its place.
    pieces: Vec<(usize, String)>,
}

/// Adds the property that was read last to its object.
fn finish(source: &SourceText, open: &mut Option<Item>, raw: &mut Option<Raw>) {
    let (Some(item), Some(raw)) = (open.as_mut(), raw.take()) else { return };
    let end = raw.pieces.last().map_or(raw.start, |(at, text)| at + text.len());
    let words = source.span(raw.start, end);
    if item.property(&raw.name).is_some() {
        let detail = format!("`{}` stands twice in one object: what is between them was lost", raw.name);
        item.damage.get_or_insert_with(|| Gap::new(GapReason::Truncated, detail).at([words]));
        return;
    }
    let text = raw.pieces.iter().map(|(_, text)| text.as_str()).gathered().concat();
    item.held.push(held(raw.name, &text, words));
}

/// The value of a property.
fn held(name: String, text: &str, words: Span) -> Held {
    let cut = || {
        Gap::new(GapReason::Truncated, format!("`{name}` is cut in the output; use `$FormatEnumerationLimit = -1` and `| Format-List | Out-String -Width 4096`")).at([words])
    };
    let is_cut = |text: &str| text.ends_with('…') || text.ends_with("...");
    let Some(inside) = text.strip_prefix('{') else {
        let gap = is_cut(text).then(cut);
        let values = if text.is_empty() || gap.is_some() { Vec::new() } else { vec![(text.to_owned(), words)] };
        return Held { is_bounded: false, values, gap, words, name };
    };
    let (inside, mut is_open) = match inside.strip_suffix('}') {
        Some(inside) => (inside, false),
        None => (inside, true),
    };
    let mut values = inside.split(',').map(str::trim).filter(|value| !value.is_empty()).gathered();
    if let Some(last) = values.last().copied().filter(|last| is_open || is_cut(last)) {
        // Of an open list the last value may be cut as well.
        if is_open || last == "…" || last == "..." || is_cut(last) {
            values.pop();
        }
        let rest = last.trim_end_matches(['…', '.']);
        if !is_open && !rest.is_empty() {
            values.push(rest);
        }
        is_open = true;
    }
    let gap = is_open.then(cut);
    let values = values.into_iter().map(|value| (value.to_owned(), words)).gathered();
    Held { is_bounded: true, values, gap, words, name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Vec<(String, Vec<String>, bool)>> {
        let source = SourceText::new(0, text.to_owned());
        let of = |item: Item| {
            let one =
                |held: Held| (held.name, held.values.into_iter().map(|(text, _)| text).collect(), held.gap.is_some());
            item.held.into_iter().map(one).collect()
        };
        items(&source, 0, text.len()).into_iter().map(of).collect()
    }

    #[test]
    fn properties_are_read_wrapped_cut_and_blank() {
        for (text, values, is_cut) in [
            ("Name : To Contoso", &["To Contoso"][..], false),
            ("TlsSettings :", &[], false),
            ("Domains : {a.example, b.example}", &["a.example", "b.example"], false),
            ("Domains : {a.example, b.exam\n          ple}", &["a.example", "b.example"], false),
            ("Domains : {a.example, b.example...}", &["a.example", "b.example"], true),
            ("Domains : {a.example, b.example…}", &["a.example", "b.example"], true),
            ("Domains : {a.example, b.exa", &["a.example"], true),
            ("Domains : {a.exa", &[], true),
            ("Domains : {}", &[], false),
            ("Domains : {", &[], true),
            ("Subject : CN=mail...", &[], true),
        ] {
            let read = read(text);
            assert_eq!(read.len(), 1, "{text}");
            assert_eq!(read[0][0].1, values, "{text}");
            assert_eq!(read[0][0].2, is_cut, "{text}");
        }
        assert_eq!(read("A : 1\nB : 2\n\nA : 3\n").len(), 2);
    }

    #[test]
    fn headings_of_tables_are_known() {
        for (line, expected) in [
            ("Name        ConnectorType Enabled", true),
            ("Name SenderDomains SenderIPAddresses Enabled", true),
            ("Name of the connector", false),
            ("Enabled", false),
            ("", false),
        ] {
            assert_eq!(is_table(line), expected, "{line}");
        }
    }
}
