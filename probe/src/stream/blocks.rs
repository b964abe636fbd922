//! Whole lines, as many as one read gives: a record that arrives is judged without waiting for the next one.

use std::io::{self, Read};
use std::sync::Arc;

use intransit::diagnostic::{Code, Diagnostic};
use intransit::record::{MAX_RECORD_BYTES, too_long};

/// The most bytes that one read takes: what a pipe holds.
const READ_BYTES: usize = 64 * 1024;

/// Whole lines of one source, or one line that is not judged.
#[derive(Debug)]
pub(super) struct Block {
    /// What the source is called.
    pub(super) source: Arc<str>,
    /// The number of the first line, counted from 1.
    pub(super) line: u64,
    /// Bytes of the source before it.
    pub(super) offset: u64,
    /// Bytes of the source that it stands for.
    pub(super) length: u64,
    /// The lines.
    pub(super) bytes: Vec<u8>,
    /// Why it is one line that is not judged.
    pub(super) refused: Option<Diagnostic>,
}

/// One source in blocks.
pub(super) struct Blocks<R> {
    from: R,
    source: Arc<str>,
    line: u64,
    offset: u64,
    /// The start of a line whose end was not read yet.
    rest: Vec<u8>,
}

impl<R: Read> Blocks<R> {
    pub(super) fn new(source: &str, from: R) -> Self {
        Self { from, source: source.into(), line: 1, offset: 0, rest: Vec::new() }
    }

    /// The next block, in the memory that is given; none at the end.
    ///
    /// # Errors
    /// When the source cannot be read any further.
    pub(super) fn next(&mut self, mut bytes: Vec<u8>) -> io::Result<Option<Block>> {
        bytes.clear();
        bytes.append(&mut self.rest);
        // Behind a line that was skipped, whole lines may wait already.
        let mut searched = 0;
        loop {
            let is_end = self.read(&mut bytes)? == 0;
            if self.offset == 0 && matches!(bytes.as_slice(), [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]) {
                return self.refuse_utf16(bytes);
            }
            let end = bytes.get(searched..).and_then(|new| memchr::memrchr(b'\n', new)).map(|at| searched + at + 1);
            searched = bytes.len();
            if let Some(end) = end.or_else(|| is_end.then_some(bytes.len())) {
                self.rest.extend(bytes.get(end..).unwrap_or_default());
                bytes.truncate(end);
                return Ok((!bytes.is_empty()).then(|| self.block(bytes)));
            }
            if bytes.len() > MAX_RECORD_BYTES {
                return self.skip(bytes);
            }
        }
    }

    /// Reads once, behind what is there; 0 at the end.
    fn read(&mut self, bytes: &mut Vec<u8>) -> io::Result<usize> {
        let known = bytes.len();
        bytes.resize(known + READ_BYTES, 0);
        let count = loop {
            match self.from.read(bytes.get_mut(known..).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                done => break done,
            }
        };
        bytes.truncate(known + count.as_ref().copied().unwrap_or(0));
        count
    }

    /// The block of these lines.
    fn block(&mut self, bytes: Vec<u8>) -> Block {
        let lines = memchr::memchr_iter(b'\n', &bytes).count() as u64;
        let (length, source) = (bytes.len() as u64, Arc::clone(&self.source));
        let block = Block { source, line: self.line, offset: self.offset, length, bytes, refused: None };
        self.line += lines;
        self.offset += length;
        block
    }

    /// Goes on behind a line that is too long.
    fn skip(&mut self, mut bytes: Vec<u8>) -> io::Result<Option<Block>> {
        let mut length = bytes.len() as u64;
        bytes = Vec::new();
        loop {
            bytes.clear();
            let count = self.read(&mut bytes)?;
            let end = memchr::memchr(b'\n', &bytes).map(|at| at + 1);
            length += end.unwrap_or(count) as u64;
            if let Some(end) = end {
                self.rest.extend(bytes.get(end..).unwrap_or_default());
            }
            if end.is_some() || count == 0 {
                bytes.clear();
                let block = self.block(bytes);
                self.line += 1;
                self.offset += length;
                return Ok(Some(Block { length, refused: Some(too_long(length)), ..block }));
            }
        }
    }

    /// UTF-16 has line feeds of two bytes: none of it is read.
    fn refuse_utf16(&mut self, mut bytes: Vec<u8>) -> io::Result<Option<Block>> {
        let mut length = 0;
        while !bytes.is_empty() {
            length += bytes.len() as u64;
            bytes.clear();
            self.read(&mut bytes)?;
        }
        let block = self.block(bytes);
        self.offset += length;
        let message = "found UTF-16; expected UTF-8, with a JSON document on each line";
        let refused = Diagnostic::error(Code::NotUtf8, message).with_help("iconv -f UTF-16 -t UTF-8 FILE");
        Ok(Some(Block { length, refused: Some(refused), ..block }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives what it has in pieces of a few bytes.
    struct Drip<'a>(&'a [u8], usize);

    impl Read for Drip<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let most = into.len().min(self.1);
            self.0.read(&mut into[..most])
        }
    }

    type Seen = (u64, u64, u64, String);

    fn blocks(bytes: &[u8], at_once: usize) -> Vec<Seen> {
        let mut blocks = Blocks::new("x", Drip(bytes, at_once));
        let mut seen = Vec::new();
        while let Some(block) = blocks.next(Vec::new()).unwrap() {
            let text = block.refused.map_or_else(|| String::from_utf8(block.bytes).unwrap(), |why| why.message);
            seen.push((block.line, block.offset, block.length, text));
        }
        seen
    }

    #[test]
    fn blocks_end_with_lines_and_know_where_they_stand() {
        let seen = |line, offset, text: &str| (line, offset, text.len() as u64, text.to_owned());
        for (text, at_once, expected) in [
            ("", 9, vec![]),
            ("a", 9, vec![seen(1, 0, "a")]),
            ("a\nb\nc", 9, vec![seen(1, 0, "a\nb\n"), seen(3, 4, "c")]),
            ("a\n\nbc\n", 2, vec![seen(1, 0, "a\n"), seen(2, 2, "\n"), seen(3, 3, "bc\n")]),
            ("abc\nd\n", 1, vec![seen(1, 0, "abc\n"), seen(2, 4, "d\n")]),
        ] {
            assert_eq!(blocks(text.as_bytes(), at_once), expected, "{text:?}");
        }
    }

    #[test]
    fn reading_goes_on_behind_a_line_that_is_too_long() {
        let long = MAX_RECORD_BYTES + 2 * READ_BYTES;
        let text = ["a\n".to_owned(), "x".repeat(long), "\nb\n".to_owned()].concat();
        let seen = blocks(text.as_bytes(), READ_BYTES);
        assert_eq!(seen[0], (1, 0, 2, "a\n".to_owned()));
        let length = long as u64 + 1;
        assert_eq!(seen[1], (2, 2, length, too_long(length).message));
        assert_eq!(seen[2], (3, 2 + length, 2, "b\n".to_owned()));
        // A line in between is not taken for a part of the next one that is too long.
        let twice = [&text, "x".repeat(long).as_str(), "\nc\n"].concat();
        let seen = blocks(twice.as_bytes(), READ_BYTES);
        let lines: Vec<_> = seen.iter().map(|(line, _, _, text)| (*line, text.as_str())).collect();
        let refused = too_long(length).message;
        assert_eq!(lines, [(1, "a\n"), (2, refused.as_str()), (3, "b\n"), (4, refused.as_str()), (5, "c\n")]);
        let cut = blocks(&text.as_bytes()[..long], READ_BYTES);
        assert_eq!(cut[1].2, long as u64 - 2);
        assert_eq!(cut.len(), 2);
    }

    #[test]
    fn utf16_is_one_record_that_is_not_read() {
        let seen = blocks(b"\xFF\xFE{\0}\0\n\0{\0}\0", 4);
        assert_eq!(seen.len(), 1);
        assert_eq!((seen[0].0, seen[0].1, seen[0].2), (1, 0, 12));
        assert!(seen[0].3.starts_with("found UTF-16"));
    }
}
