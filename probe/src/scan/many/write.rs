//! Where results go: standard output, a file, or a file with a journal beside it.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use tokio::sync::mpsc::Receiver;

use super::Done;
use super::resume::{Finished, Resumable};
use crate::input::reason;
use crate::terminal::{self, Unwritten};

/// Where results go.
pub(crate) enum Output {
    /// Standard output.
    Standard,
    /// A file, and what it is called.
    File(File, String),
    /// A file that can be gone on with.
    Resumable(Box<Resumable>, String),
}

impl Output {
    /// A file, written anew.
    ///
    /// # Errors
    /// One sentence, when it cannot be.
    pub(crate) fn file(path: &Path) -> Result<Self, String> {
        let name = path.display().to_string();
        match File::create(path) {
            Ok(file) => Ok(Self::File(file, name)),
            Err(error) => Err(format!("cannot write `{name}`: {}", reason(&error))),
        }
    }

    /// A file with a journal, and which targets it has already.
    ///
    /// # Errors
    /// One sentence, when they cannot be used.
    pub(crate) fn resumable(path: &Path, journal: &Path) -> Result<(Self, Finished), String> {
        let (resumable, finished) = Resumable::open(path, journal)?;
        Ok((Self::Resumable(Box::new(resumable), path.display().to_string()), finished))
    }

    /// Whether it is standard output.
    pub(super) const fn is_standard(&self) -> bool {
        matches!(self, Self::Standard)
    }

    fn write(&mut self, done: &Done) -> Result<(), Unwritten> {
        let (written, name) = match self {
            Self::Standard => return terminal::write(&done.words),
            Self::File(file, name) => (file.write_all(&done.words), name),
            Self::Resumable(both, name) => (both.add(&done.name, &done.words), name),
        };
        written.map_err(|error| failed(name, &error))
    }

    fn finish(&mut self) -> Result<(), Unwritten> {
        match self {
            Self::Standard | Self::File(..) => Ok(()),
            Self::Resumable(both, name) => both.sync().map_err(|error| failed(name, &error)),
        }
    }
}

fn failed(name: &str, error: &io::Error) -> Unwritten {
    terminal::complain(&format!("error: cannot write `{name}`: {}\n", reason(error)));
    Unwritten::Failed
}

/// Writes results as they come, until there are no more.
///
/// # Errors
/// Why they could not be written.
pub(super) fn write_all(mut output: Output, mut done: Receiver<Done>) -> Result<(), Unwritten> {
    while let Some(one) = done.blocking_recv() {
        output.write(&one)?;
    }
    output.finish()
}
