//! A scan of many that can be cut off at any time and gone on with: what was written, and up to where it counts.
//!
//! Each line of the journal names a target whose document is written, and the length of the output behind it. A document
//! that no line speaks of is cut off and its target looked at again; a line whose document is not there, or that was not
//! written to its end, does not count. So the parts come to the whole, and nothing is there twice.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use intransit::source::sha256_hex;

use crate::input::reason;

const HEADER: &str = "intransit-probe scan, journal 1\n";

/// The longest line of a journal.
const LONGEST_LINE: u64 = 1024;

/// How many documents, and how long, may be lost with the power.
const BATCH: usize = 64;
const INTERVAL: Duration = Duration::from_secs(1);

/// The targets that are finished: eight bytes of a hash for each, so that millions fit.
#[derive(Debug, Default)]
pub(crate) struct Finished(HashSet<u64>);

impl Finished {
    /// Whether this one is.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains(&short(name))
    }

    /// Notes that this one is.
    pub(crate) fn add(&mut self, name: &str) {
        self.0.insert(short(name));
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

fn short(name: &str) -> u64 {
    let hash = sha256_hex(name.as_bytes());
    hash.get(..16).and_then(|start| u64::from_str_radix(start, 16).ok()).unwrap_or_default()
}

/// An output and its journal.
pub(crate) struct Resumable {
    output: File,
    journal: File,
    length: u64,
    unsynced: usize,
    synced: Instant,
}

impl Resumable {
    /// Opens both, goes back to where they agree, and says what is finished.
    ///
    /// # Errors
    /// One sentence, when they cannot be used; neither is changed then.
    pub(crate) fn open(output: &Path, journal: &Path) -> Result<(Self, Finished), String> {
        let (output_name, journal_name) = (output.display().to_string(), journal.display().to_string());
        let mut output = open(output)?;
        let mut journal = open(journal)?;
        let unreadable = |error: io::Error| format!("cannot read `{journal_name}`: {}", reason(&error));
        let written = output.metadata().map_err(unreadable)?.len();
        let (finished, length, lines) = match read(&mut journal, written) {
            Ok(found) => found,
            Err(Unread::Io(error)) => return Err(unreadable(error)),
            Err(Unread::Line(number)) => {
                let expected = if number == 1 { HEADER.trim_end() } else { "a length and a target" };
                return Err(format!("`{journal_name}`:{number}: this is no journal of a scan; expected `{expected}`"));
            }
        };
        // A journal is begun before anything is written.
        let is_foreign = lines == 0 || !is_part_of_first(&mut output).map_err(unreadable)?;
        if finished.0.is_empty() && written > 0 && is_foreign {
            return Err(format!("`{output_name}` is not empty, and `{journal_name}` does not speak of it"));
        }
        if length > 0 && !ends_a_line(&mut output, length).map_err(unreadable)? {
            return Err(format!(
                "`{journal_name}` does not belong to `{output_name}`: no document ends at byte {length}"
            ));
        }
        let back = |file: &mut File, length| file.set_len(length).and_then(|()| file.seek(SeekFrom::Start(length)));
        let unwritable = |error: io::Error| format!("cannot write `{output_name}`: {}", reason(&error));
        back(&mut output, length).map_err(unwritable)?;
        back(&mut journal, lines).map_err(unwritable)?;
        if lines == 0 {
            journal.write_all(HEADER.as_bytes()).map_err(unwritable)?;
        }
        Ok((Self { output, journal, length, unsynced: 0, synced: Instant::now() }, finished))
    }

    /// Writes the document of a target, a line with its end.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn add(&mut self, name: &str, document: &[u8]) -> io::Result<()> {
        self.output.write_all(document)?;
        self.length += document.len() as u64;
        self.journal.write_all(format!("{} {name}\n", self.length).as_bytes())?;
        self.unsynced += 1;
        if self.unsynced >= BATCH || self.synced.elapsed() >= INTERVAL { self.sync() } else { Ok(()) }
    }

    /// Makes everything outlast a loss of power: the output before the journal that speaks of it.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.output.sync_data()?;
        self.journal.sync_data()?;
        self.unsynced = 0;
        self.synced = Instant::now();
        Ok(())
    }
}

fn open(path: &Path) -> Result<File, String> {
    let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    opened.map_err(|error| format!("cannot open `{}`: {}", path.display(), reason(&error)))
}

enum Unread {
    Io(io::Error),
    Line(u64),
}

/// What is finished, how much of the output that is, and how much of the journal.
fn read(journal: &mut File, written: u64) -> Result<(Finished, u64, u64), Unread> {
    let mut finished = Finished::default();
    let (mut length, mut lines, mut number) = (0, 0, 0);
    let mut from = BufReader::new(journal);
    loop {
        let mut line = Vec::new();
        let count = Read::by_ref(&mut from).take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(Unread::Io)?;
        number += 1;
        let is_whole = line.ends_with(b"\n");
        if number == 1 {
            // A header that was cut off is the beginning of one.
            if line != HEADER.as_bytes() && (is_whole || !HEADER.as_bytes().starts_with(&line)) {
                return Err(Unread::Line(1));
            }
        } else if is_whole {
            let (end, name) = entry(&line).filter(|(end, _)| *end > length).ok_or(Unread::Line(number))?;
            if end > written {
                return Ok((finished, length, lines));
            }
            length = end;
            finished.0.insert(short(name));
        } else if count as u64 == LONGEST_LINE {
            return Err(Unread::Line(number));
        }
        if !is_whole {
            return Ok((finished, length, lines));
        }
        lines += count as u64;
    }
}

fn entry(line: &[u8]) -> Option<(u64, &str)> {
    let (end, name) = std::str::from_utf8(line).ok()?.trim_end_matches('\n').split_once(' ')?;
    Some((end.parse().ok()?, name))
}

/// Whether a file without a finished document may be the beginning of the first one.
fn is_part_of_first(output: &mut File) -> io::Result<bool> {
    const START: &[u8] = br#"{"schemaVersion":"#;
    output.seek(SeekFrom::Start(0))?;
    let mut start = Vec::new();
    Read::by_ref(output).take(START.len() as u64).read_to_end(&mut start)?;
    Ok(START.starts_with(&start))
}

fn ends_a_line(output: &mut File, length: u64) -> io::Result<bool> {
    output.seek(SeekFrom::Start(length - 1))?;
    let mut last = [0];
    output.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;

    /// A directory that goes with the test.
    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("intransit-resume-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn output(&self) -> PathBuf {
            self.0.join("out.ndjson")
        }

        fn journal(&self) -> PathBuf {
            self.0.join("journal")
        }

        fn open(&self) -> Result<(Resumable, Finished), String> {
            Resumable::open(&self.output(), &self.journal())
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    const NAMES: [&str; 4] = ["a.test:443/tls", "b.test:443/tls", "[::1]:25/smtp", "c.test:443/tls"];

    fn document(name: &str) -> String {
        format!("{{\"schemaVersion\":1,\"{name}\"}}\n")
    }

    #[test]
    fn however_it_is_cut_the_parts_come_to_the_whole() {
        let place = Place::new("cut");
        let (mut whole, finished) = place.open().ok().unwrap();
        assert_eq!(finished.len(), 0);
        for name in NAMES {
            whole.add(name, document(name).as_bytes()).unwrap();
        }
        whole.sync().unwrap();
        let (output, journal) = (fs::read(place.output()).unwrap(), fs::read(place.journal()).unwrap());
        let expected = output.clone();
        for output_length in (0..=output.len()).step_by(11) {
            for journal_length in 0..=journal.len() {
                fs::write(place.output(), &output[..output_length]).unwrap();
                fs::write(place.journal(), &journal[..journal_length]).unwrap();
                let opened = place.open();
                if journal_length < HEADER.len() && output_length > 0 {
                    assert!(opened.is_err(), "what no journal speaks of is not thrown away");
                    continue;
                }
                let (mut again, finished) = opened.unwrap_or_else(|problem| panic!("{problem}"));
                for name in NAMES.iter().filter(|name| !finished.has(name)) {
                    again.add(name, document(name).as_bytes()).unwrap();
                }
                assert!(fs::read(place.output()).unwrap() == expected, "{output_length} {journal_length}");
            }
        }
    }

    #[test]
    fn what_is_not_ours_is_not_touched() {
        let place = Place::new("other");
        for (output, journal, why) in [
            ("", "hello\n", "this is no journal of a scan"),
            ("", "hello", "this is no journal of a scan"),
            ("my notes\n", "", "is not empty, and"),
            ("{}\n", "intransit-probe scan, journal 1\nx y\n", "journal`:2: this is no journal of a scan"),
            ("{}\n", "intransit-probe scan, journal 1\n2 a.test\n", "no document ends at byte 2"),
            ("{}\n", "intransit-probe scan, journal 1\n3 a.test\n3 b.test\n", "`:3: this is no journal"),
        ] {
            fs::write(place.output(), output).unwrap();
            fs::write(place.journal(), journal).unwrap();
            let problem = place.open().err().unwrap();
            assert!(problem.contains(why), "{problem}");
            assert_eq!(fs::read_to_string(place.output()).unwrap(), output);
            assert_eq!(fs::read_to_string(place.journal()).unwrap(), journal);
        }
    }
}
