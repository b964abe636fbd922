//! Reading numbers and vectors of the presentation language ([RFC 8446 §3](https://www.rfc-editor.org/rfc/rfc8446#section-3)).

/// What is left to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self, bytes: usize) -> Option<usize> {
        Some(self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        u16::try_from(self.number(2)?).ok()
    }

    pub(super) fn u24(&mut self) -> Option<usize> {
        self.number(3)
    }

    /// A vector behind a length of so many bytes.
    pub(super) fn vector(&mut self, length_bytes: usize) -> Option<Cursor<'a>> {
        let length = self.number(length_bytes)?;
        self.take(length).map(Cursor)
    }
}

/// Writes `content` behind its length in so many bytes; lengths that do not fit are cut, which no caller reaches.
pub(super) fn put_vector(out: &mut Vec<u8>, length_bytes: usize, content: &[u8]) {
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX).to_be_bytes();
    out.extend(length.iter().skip(length.len().saturating_sub(length_bytes)));
    out.extend(content);
}

/// Two-byte numbers one after the other.
pub(super) fn codes(numbers: impl IntoIterator<Item = u16>) -> Vec<u8> {
    numbers.into_iter().flat_map(u16::to_be_bytes).collect()
}
