//! Where a string ends when its quotes are not escaped, or one is missing.
//!
//! testssl.sh writes its command line unescaped: `"Invocation" : "testssl.sh --foo "bar baz" host",`. It writes one
//! member a line, so that no guess goes beyond the line. A string has quotes *or* line breaks inside; with both, it
//! is cut off where its first line ends.

use super::recover::Reader;
use super::scan::{escape, is_word, member_ahead, skip_blanks, string_special, structure_ahead, word_end};
use super::{ESCAPED, INCOMPLETE, Kind, REPAIRED, TRUNCATED, push};

/// What a string is, and so what may follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The whole document.
    Root,
    /// The name of a member.
    Name,
    /// The value of a member.
    Member,
    /// An element of an array.
    Element,
}

/// What a quote inside a string is.
enum Quote {
    Closing,
    /// The closing one, and the comma behind it is missing.
    Guessed,
    Text,
}

impl Reader<'_> {
    /// Reads the string whose opening quote stands where reading is.
    pub(super) fn string(&mut self, place: Place) {
        let start = self.at;
        let mut at = start + 1;
        let mut flags = 0;
        let mut first_line_end = None;
        let (mut bad_escape, mut control, mut bare_quote) = (None, None, None);
        let (end, resume) = loop {
            at = string_special(self.bytes, at);
            match self.bytes.get(at) {
                None => {
                    flags |= TRUNCATED;
                    // Going back is quadratic when done for every string.
                    if let (Some(end), false) = (first_line_end, self.unclosed) {
                        self.unclosed = true;
                        break (end, end);
                    }
                    self.truncated = true;
                    break (at, at);
                }
                Some(b'"') => match self.quote(at, place) {
                    Quote::Closing => break (at + 1, at + 1),
                    Quote::Guessed => {
                        flags |= REPAIRED;
                        break (at + 1, at + 1);
                    }
                    Quote::Text => {
                        flags |= REPAIRED;
                        if let Some(end) = first_line_end {
                            flags |= TRUNCATED;
                            let inside = self.bytes.get(..at).unwrap_or(&[]);
                            break (end, memchr::memrchr(b'\n', inside).unwrap_or(end));
                        }
                        bare_quote = bare_quote.or(Some(at));
                        at += 1;
                    }
                },
                Some(b'\\') => {
                    flags |= ESCAPED;
                    let escape = escape(self.bytes, at);
                    if !escape.valid {
                        bad_escape = bad_escape.or(Some(at));
                    }
                    at += escape.length;
                }
                Some(b'\n') => {
                    if bare_quote.is_some() || structure_ahead(self.bytes, at + 1) {
                        flags |= TRUNCATED | REPAIRED;
                        let end = first_line_end.unwrap_or(at);
                        break (end, at);
                    }
                    flags |= REPAIRED;
                    first_line_end = first_line_end.or(Some(at));
                    at += 1;
                }
                Some(_) => {
                    control = control.or(Some(at));
                    at += 1;
                }
            }
        };
        if let Some(at) = bare_quote {
            self.problem(at, "`\\\"` inside a string");
        }
        if let Some(at) = bad_escape {
            self.problem(at, "an escape sequence");
        }
        if let Some(at) = control {
            self.problem(at, "no control characters inside a string");
        }
        if let Some(at) = first_line_end {
            self.problem(at, "no line break inside a string");
        }
        if flags & TRUNCATED != 0 && resume < self.bytes.len() {
            self.problem(end, "the closing quote of a string");
        }
        if flags & (TRUNCATED | REPAIRED) != 0 {
            flags |= INCOMPLETE;
            self.unsure(resume);
        }
        flags |= self.doubt(start);
        push(&mut self.nodes, Kind::String, start, end, flags);
        self.at = resume;
    }

    fn quote(&self, at: usize, place: Place) -> Quote {
        let bytes = self.bytes;
        let next = skip_blanks(bytes, at + 1);
        let closing = match (place, bytes.get(next)) {
            (Place::Root | Place::Name, _) | (_, None | Some(b'\n' | b'\r')) => true,
            (Place::Member, Some(b'}')) | (Place::Element, Some(b']')) => true,
            (_, Some(b'}' | b']')) => {
                let behind = bytes.get(skip_blanks(bytes, next + 1));
                matches!(behind, None | Some(b'\n' | b'\r' | b',' | b'}' | b']'))
            }
            (_, Some(b',')) => self.item_follows(skip_blanks(bytes, next + 1), place),
            (Place::Member, Some(b'"')) if member_ahead(bytes, next, false) => return Quote::Guessed,
            _ => false,
        };
        if closing { Quote::Closing } else { Quote::Text }
    }

    /// Whether what stands behind a comma goes on with the container, rather than with the text of a string.
    fn item_follows(&self, at: usize, place: Place) -> bool {
        let bytes = self.bytes;
        match bytes.get(at) {
            None | Some(b'\n' | b'\r' | b',' | b'}' | b']') => true,
            Some(b'"') if place == Place::Member => member_ahead(bytes, at, true),
            Some(b'"' | b'{' | b'[' | b'-' | b'0'..=b'9') => place == Place::Element,
            Some(byte) if place == Place::Element && is_word(*byte) => {
                let end = word_end(bytes, at);
                let word = bytes.get(at..end).unwrap_or(&[]);
                end == bytes.len() || [&b"true"[..], b"false", b"null"].contains(&word)
            }
            _ => false,
        }
    }
}
