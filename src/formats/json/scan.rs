//! Bytes of JSON: white space, words, numbers, strings and escapes ([RFC 8259 §2, §6, §7]).
//!
//! [RFC 8259 §2, §6, §7]: https://www.rfc-editor.org/rfc/rfc8259#section-2

/// The first byte at or behind `at` that is not white space.
pub(super) fn skip_white_space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte @ (b' ' | b'\n' | b'\r' | b'\t')) = bytes.get(at) {
        at += 1;
        if *byte == b'\n' {
            at = skip_indentation(bytes, at);
        }
    }
    at
}

/// The byte behind as many blanks as stand at `at`, but for the last few.
pub(crate) fn skip_indentation(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at..).and_then(|rest| rest.first_chunk()) == Some(b"        ") {
        at += 8;
    }
    at
}

/// The first byte at or behind `at` that is neither a space nor a tab.
pub(super) fn skip_blanks(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

/// The next line feed at or behind `at`, or the end.
pub(super) fn line_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or(&[]);
    memchr::memchr(b'\n', rest).map_or(bytes.len(), |found| at + found)
}

/// Whether a byte belongs to a word: a number, a literal, or something that JSON does not have.
pub(super) fn is_word(byte: u8) -> bool {
    !matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | b',' | b':' | b'{' | b'}' | b'[' | b']' | b'"')
}

/// The byte behind the word at `at`.
pub(super) fn word_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or(&[]);
    rest.iter().position(|&byte| !is_word(byte)).map_or(bytes.len(), |length| at + length)
}

/// The byte behind the number that starts at `at`; none when it is not a number, or a word goes on behind it.
pub(super) fn number_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    let digits = |mut at: usize| {
        let first = at;
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        (at > first).then_some(at)
    };
    if bytes.get(at) == Some(&b'-') {
        at += 1;
    }
    at = if bytes.get(at) == Some(&b'0') { at + 1 } else { digits(at)? };
    if bytes.get(at) == Some(&b'.') {
        at = digits(at + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        at += 1;
        if let Some(b'+' | b'-') = bytes.get(at) {
            at += 1;
        }
        at = digits(at)?;
    }
    (!bytes.get(at).is_some_and(|&byte| is_word(byte))).then_some(at)
}

/// The first quote, backslash or control character at or behind `at`, or the end; eight bytes at a time.
pub(super) fn string_special(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHS: u64 = ONES << 7;
    let mut rest = bytes.get(at..).unwrap_or(&[]);
    while let Some((chunk, tail)) = rest.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*chunk);
        let quote = word ^ (ONES * b'"' as u64);
        let backslash = word ^ (ONES * b'\\' as u64);
        // A borrow can only mark bytes behind the first true hit, which alone is used.
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let quote = quote.wrapping_sub(ONES) & !quote;
        let backslash = backslash.wrapping_sub(ONES) & !backslash;
        let hits = (control | quote | backslash) & HIGHS;
        if hits != 0 {
            return at + (hits.trailing_zeros() / 8) as usize;
        }
        at += 8;
        rest = tail;
    }
    rest.iter().position(|&byte| matches!(byte, b'"' | b'\\' | 0..0x20)).map_or(bytes.len(), |found| at + found)
}

/// An escape sequence, or a backslash that does not start one.
pub(super) struct Escape {
    /// Bytes of it, the backslash included.
    pub(super) length: usize,
    /// What it stands for; none when the bytes stand for themselves.
    pub(super) character: Option<char>,
    /// Whether RFC 8259 knows it, and it is a character.
    pub(super) valid: bool,
}

/// Reads the escape whose backslash stands at `at`. A surrogate without its other half is U+FFFD.
pub(super) fn escape(bytes: &[u8], at: usize) -> Escape {
    let simple = |character| Escape { length: 2, character: Some(character), valid: true };
    match bytes.get(at + 1) {
        Some(b'"') => simple('"'),
        Some(b'\\') => simple('\\'),
        Some(b'/') => simple('/'),
        Some(b'b') => simple('\u{8}'),
        Some(b'f') => simple('\u{C}'),
        Some(b'n') => simple('\n'),
        Some(b'r') => simple('\r'),
        Some(b't') => simple('\t'),
        Some(b'u') => match code_unit(bytes, at) {
            None => Escape { length: 1, character: None, valid: false },
            Some(unit) => match (char::from_u32(unit), code_unit(bytes, at + 6)) {
                (Some(character), _) => Escape { length: 6, character: Some(character), valid: true },
                (None, Some(low @ 0xDC00..=0xDFFF)) if unit < 0xDC00 => Escape {
                    length: 12,
                    character: char::from_u32(0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00)),
                    valid: true,
                },
                _ => Escape { length: 6, character: Some(char::REPLACEMENT_CHARACTER), valid: false },
            },
        },
        _ => Escape { length: 1, character: None, valid: false },
    }
}

/// The UTF-16 code unit of the `\uXXXX` at `at`.
fn code_unit(bytes: &[u8], at: usize) -> Option<u32> {
    let (b"\\u", digits) = bytes.get(at..at + 6)?.split_at_checked(2)? else { return None };
    digits.iter().try_fold(0, |unit, &digit| Some(unit * 16 + char::from(digit).to_digit(16)?))
}

/// The closing quote of the string at `at`, if it stands on the same line; otherwise where the line or the text ends.
pub(super) fn closing_quote(bytes: &[u8], at: usize) -> Result<usize, usize> {
    let mut at = at + 1;
    loop {
        at = string_special(bytes, at);
        match bytes.get(at) {
            Some(b'"') => return Ok(at),
            None | Some(b'\n') => return Err(at),
            Some(b'\\') if bytes.get(at + 1).is_some_and(|&next| next != b'\n') => at += 2,
            Some(_) => at += 1,
        }
    }
}

/// Whether the quote at `at` opens a member name: `"…"` on one line, then `:`. `if_cut` when the text ends before.
pub(super) fn member_ahead(bytes: &[u8], at: usize, if_cut: bool) -> bool {
    if bytes.get(at) != Some(&b'"') {
        return false;
    }
    match closing_quote(bytes, at) {
        Ok(quote) => match bytes.get(skip_white_space(bytes, quote + 1)) {
            Some(byte) => *byte == b':',
            None => if_cut,
        },
        Err(end) => end == bytes.len() && if_cut,
    }
}

/// Whether the line at `at` is structure and not the rest of a string: brackets alone, or a member.
pub(super) fn structure_ahead(bytes: &[u8], mut at: usize) -> bool {
    let mut bracket = false;
    loop {
        match bytes.get(at) {
            Some(b'{' | b'}' | b'[' | b']') => bracket = true,
            Some(b' ' | b'\t' | b'\r' | b',') => {}
            Some(b'"') => return member_ahead(bytes, at, true),
            None | Some(b'\n') => return bracket,
            Some(_) => return false,
        }
        at += 1;
    }
}

/// Skips the container whose bracket opens at `at`: the byte behind it, and whether it is closed. Brackets are
/// counted without their kind.
pub(super) fn skip_container(bytes: &[u8], mut at: usize) -> (usize, bool) {
    let mut depth = 0usize;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return (at + 1, true);
                }
            }
            b'"' => {
                at = match closing_quote(bytes, at) {
                    Ok(quote) => quote + 1,
                    Err(end) => end,
                };
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    (at, false)
}
