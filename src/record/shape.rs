//! Whether a line is one JSON document, by its brackets and strings alone: what stands in it, the core reads.

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One object or array, and nothing behind it but blanks and commas.
    One,
    /// The start of one, or the end.
    Part,
    /// One, and another behind it.
    Several,
    /// Neither an object nor an array.
    Other,
}

/// The shape of a line.
pub(super) fn shape(line: &[u8]) -> Shape {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    let mut depth = 0u32;
    let mut ended = false;
    let mut bytes = line.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'{' | b'[' if ended => return Shape::Several,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return Shape::Part,
            b'}' | b']' => {
                depth -= 1;
                ended = depth == 0;
            }
            b'"' if depth > 0 => loop {
                match bytes.next() {
                    Some(b'"') => break,
                    Some(b'\\') => {
                        bytes.next();
                    }
                    Some(_) => {}
                    None => return Shape::Part,
                }
            },
            _ if depth == 0 && !byte.is_ascii_whitespace() && *byte != b',' => return Shape::Other,
            _ => {}
        }
    }
    if ended { Shape::One } else { Shape::Part }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_apart() {
        for (line, expected) in [
            ("{}", Shape::One),
            ("[{\"a\":[1,2]}] \r\n", Shape::One),
            ("\u{feff}{\"a\":\"}{\"}\n", Shape::One),
            ("{\"a\":\"\\\"}{\\\\\"},", Shape::One),
            ("{}{}", Shape::Several),
            ("{\"a\":1} [", Shape::Several),
            ("{}, {}", Shape::Several),
            ("{\"a\":[1}", Shape::Part),
            ("{\"a\":\"b", Shape::Part),
            ("{\"a\":\"b\\", Shape::Part),
            ("{", Shape::Part),
            ("}", Shape::Part),
            ("\"a\": 1,", Shape::Other),
            ("<html>", Shape::Other),
            ("{} and more", Shape::Other),
            ("-----BEGIN CERTIFICATE-----", Shape::Other),
        ] {
            assert_eq!(shape(line.as_bytes()), expected, "{line}");
        }
    }
}
