//! What is to be looked at: from the command line, from files and from standard input, one after the other.
//!
//! A network is walked, never expanded, and a file is read line by line, so that the length of a list costs no memory.
//! Files are read through before anything is asked of anybody: a mistake in the last line is not found out hours later.

pub(crate) mod m365;
mod word;

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use intransit::evidence::StartTls;

use crate::input::{self, reason};
pub(crate) use word::{Word, is_direct};

/// One service: where it is and how TLS starts there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Service {
    /// A DNS name in lower case, or an address; the domain where its exchangers are meant.
    pub(crate) host: String,
    /// Whether those hosts are meant that take the mail of the domain.
    pub(crate) by_exchangers: bool,
    /// The TCP port.
    pub(crate) port: u16,
    /// The protocol whose command starts TLS; none where TLS comes with the first byte.
    pub(crate) starttls: Option<StartTls>,
}

impl Service {
    /// `host:port`, with the protocol behind it where TLS starts by a command: as a word that is read back.
    pub(crate) fn name(&self) -> String {
        if self.by_exchangers {
            return format!("{MX}{}", self.host);
        }
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let protocol = self.starttls.map_or("tls", StartTls::name);
        format!("{host}:{}/{protocol}", self.port)
    }
}

/// What stands before a domain whose exchangers are meant.
pub(crate) const MX: &str = "mx:";

/// The word that stands for the services of the source document.
pub(crate) const M365: &str = "m365";

/// What all words have in common.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Defaults<'a> {
    /// How TLS starts where a word does not say it.
    pub(crate) starttls: Option<StartTls>,
    /// The domain whose host at Exchange Online Protection `m365` looks at.
    pub(crate) tenant: Option<&'a str>,
}

/// Services, one after the other.
pub(crate) struct Targets {
    starttls: Option<StartTls>,
    sources: VecDeque<Source>,
    walk: Option<word::Walk>,
    total: Option<u64>,
}

enum Source {
    Word(Word),
    Lines(Lines),
}

impl Targets {
    /// Reads the words of the command line, and the files through to their ends.
    ///
    /// # Errors
    /// One sentence for each that cannot be used, with what was expected.
    pub(crate) fn new(words: &[String], files: &[OsString], defaults: Defaults<'_>) -> Result<Self, Vec<String>> {
        let mut targets = Self { starttls: defaults.starttls, sources: VecDeque::new(), walk: None, total: Some(0) };
        let mut problems = Vec::new();
        for word in words {
            if word == M365 {
                match m365::words(defaults.tenant) {
                    Ok(words) => words.into_iter().for_each(|word| targets.add(word)),
                    Err(problem) => problems.push(problem),
                }
                continue;
            }
            match Word::read(word) {
                Ok(word) => targets.add(word),
                Err(problem) => problems.push(problem),
            }
        }
        for file in files {
            if file == input::STANDARD_INPUT {
                targets.total = None;
                targets
                    .sources
                    .push_back(Source::Lines(Lines::new("standard input", Box::new(BufReader::new(io::stdin())))));
                continue;
            }
            match open(file).and_then(|lines| Ok((check(lines)?, open(file)?))) {
                Ok((count, lines)) => {
                    targets.total = targets.total.map(|total| total.saturating_add(count));
                    targets.sources.push_back(Source::Lines(lines));
                }
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(targets) } else { Err(problems) }
    }

    fn add(&mut self, word: Word) {
        self.total = self.total.map(|total| total.saturating_add(word.count()));
        self.sources.push_back(Source::Word(word));
    }

    /// How many there are, where that is known: standard input does not tell.
    pub(crate) const fn total(&self) -> Option<u64> {
        self.total
    }
}

impl Iterator for Targets {
    type Item = Result<Service, String>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(service) = self.walk.as_mut().and_then(Iterator::next) {
                return Some(Ok(service));
            }
            let word = match self.sources.front_mut()? {
                Source::Word(word) => {
                    let word = word.clone();
                    self.sources.pop_front();
                    word
                }
                Source::Lines(lines) => match lines.next() {
                    Some(Ok(word)) => word,
                    Some(Err(problem)) => return Some(Err(problem)),
                    None => {
                        self.sources.pop_front();
                        continue;
                    }
                },
            };
            self.walk = Some(word.walk(self.starttls));
        }
    }
}

/// Opens a list.
fn open(file: &OsStr) -> Result<Lines, String> {
    let (opened, _) =
        input::open(Path::new(file), "a file with a target on each line").map_err(|problem| problem.to_string())?;
    Ok(Lines::new(&file.to_string_lossy(), Box::new(BufReader::<File>::new(opened))))
}

/// How many services a list has.
fn check(lines: Lines) -> Result<u64, String> {
    let mut count = 0_u64;
    for word in lines {
        count = count.saturating_add(word?.count());
    }
    Ok(count)
}

/// The words of a list: any number on a line, `#` starts a comment.
struct Lines {
    name: String,
    from: Box<dyn BufRead + Send>,
    line: u64,
    words: VecDeque<String>,
    is_over: bool,
}

/// The longest line, in bytes.
const LONGEST_LINE: u64 = 64 * 1024;

impl Lines {
    fn new(name: &str, from: Box<dyn BufRead + Send>) -> Self {
        Self { name: name.to_owned(), from, line: 0, words: VecDeque::new(), is_over: false }
    }

    /// Reads a line; false at the end.
    fn fill(&mut self) -> Result<bool, String> {
        let mut line = Vec::new();
        let read = self.from.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line);
        let read = read.map_err(|error| format!("cannot read `{}`: {}", self.name, reason(&error)))?;
        self.line += 1;
        if read as u64 == LONGEST_LINE && !line.ends_with(b"\n") {
            return Err(format!("{}:{}: the line is too long; expected at most 64 KiB", self.name, self.line));
        }
        let text = std::str::from_utf8(&line).map_err(|_| format!("{}:{}: expected UTF-8", self.name, self.line))?;
        let words = text.trim_start_matches('\u{FEFF}').split_whitespace();
        self.words.extend(words.take_while(|word| !word.starts_with('#')).map(str::to_owned));
        Ok(read > 0)
    }
}

impl Iterator for Lines {
    type Item = Result<Word, String>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(word) = self.words.pop_front() {
                let word = Word::read(&word);
                return Some(word.map_err(|problem| format!("{}:{}: {problem}", self.name, self.line)));
            }
            if self.is_over {
                return None;
            }
            match self.fill() {
                Ok(goes_on) => self.is_over = !goes_on,
                Err(problem) => {
                    self.is_over = true;
                    return Some(Err(problem));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8]) -> Vec<Result<String, String>> {
        let lines = Lines::new("list", Box::new(io::Cursor::new(text.to_vec())));
        lines.map(|word| word.map(|word| word.walk(None).next().unwrap().name())).collect()
    }

    #[test]
    fn lists_have_comments_and_places() {
        let text = b"\xEF\xBB\xBF# a list\n\na.test b.test:25 # two\r\n  192.0.2.0/31\t\n";
        let words: Vec<String> = lines(text).into_iter().map(Result::unwrap).collect();
        assert_eq!(words, ["a.test:443/tls", "b.test:25/smtp", "192.0.2.0:443/tls"]);
        let problems = lines(b"a.test\na:x\n");
        assert!(problems[1].as_ref().unwrap_err().starts_with("list:2: expected a port"), "{problems:?}");
        assert_eq!(lines(b"\xFF\n")[0], Err("list:1: expected UTF-8".to_owned()));
        assert!(lines(&vec![b'a'; 70_000])[0].as_ref().unwrap_err().contains("64 KiB"));
    }

    #[test]
    fn words_come_one_after_the_other() {
        let words = ["192.0.2.0/30".to_owned(), "a.test:993".to_owned()];
        let targets = Targets::new(&words, &[], Defaults::default()).ok().unwrap();
        assert_eq!(targets.total(), Some(5));
        let names: Vec<String> = targets.map(|service| service.unwrap().name()).collect();
        assert_eq!(names.first().map(String::as_str), Some("192.0.2.0:443/tls"));
        assert_eq!(names.last().map(String::as_str), Some("a.test:993/tls"));
        let problems = Targets::new(&["".to_owned(), "a b".to_owned()], &["/nowhere".into()], Defaults::default());
        assert_eq!(problems.err().unwrap().len(), 3);
    }

    #[test]
    fn a_network_costs_no_memory() {
        let mut targets = Targets::new(&["10.0.0.0/8".to_owned()], &[], Defaults::default()).ok().unwrap();
        assert_eq!(targets.total(), Some(1 << 24));
        assert_eq!(targets.nth(65_535).unwrap().unwrap().host, "10.0.255.255");
    }
}
