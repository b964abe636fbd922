//! Where results go: to standard output, or to whoever judges all of them, and into a file, with a journal beside it.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::Receiver;

use super::Done;
use super::resume::{Finished, Resumable};
use crate::input::reason;
use crate::terminal::{self, Unwritten};

/// The names of targets and their documents, in the order in which they were written.
pub(crate) type Kept = Arc<Mutex<Vec<(String, String)>>>;

/// Where results go.
pub(crate) struct Output {
    file: Option<(Documents, String)>,
    /// Those that are judged are not shown.
    kept: Option<Kept>,
}

/// A file of documents.
enum Documents {
    Plain(File),
    /// One that can be gone on with.
    Resumable(Box<Resumable>),
}

impl Output {
    /// Into this file, if there is one, with this journal; kept to be judged, or shown. Says what is finished already.
    ///
    /// # Errors
    /// One sentence, when the files cannot be used.
    pub(crate) fn new(
        file: Option<&Path>,
        journal: Option<&Path>,
        is_judged: bool,
    ) -> Result<(Self, Finished), String> {
        let kept = is_judged.then(Kept::default);
        let Some(path) = file else { return Ok((Self { file: None, kept }, Finished::default())) };
        let name = path.display().to_string();
        let (documents, finished) = match journal {
            Some(journal) => {
                let (resumable, finished) = Resumable::open(path, journal)?;
                (Documents::Resumable(Box::new(resumable)), finished)
            }
            None => {
                let created = File::create(path);
                let file = created.map_err(|error| format!("cannot write `{name}`: {}", reason(&error)))?;
                (Documents::Plain(file), Finished::default())
            }
        };
        Ok((Self { file: Some((documents, name)), kept }, finished))
    }

    /// What is judged at the end, if anything is.
    pub(crate) fn kept(&self) -> Option<Kept> {
        self.kept.clone()
    }

    /// Whether results are shown as they come.
    pub(super) const fn is_shown(&self) -> bool {
        self.kept.is_none()
    }

    fn write(&mut self, done: Done) -> Result<(), Unwritten> {
        if let Some((documents, name)) = &mut self.file {
            let written = match documents {
                Documents::Plain(file) => file.write_all(done.document.as_bytes()),
                Documents::Resumable(both) => both.add(&done.name, done.document.as_bytes()),
            };
            written.map_err(|error| failed(name, &error))?;
        }
        match &self.kept {
            None => terminal::write(done.text.as_ref().unwrap_or(&done.document).as_bytes()),
            Some(kept) => {
                kept.lock().unwrap_or_else(PoisonError::into_inner).push((done.name, done.document));
                Ok(())
            }
        }
    }

    fn finish(&mut self) -> Result<(), Unwritten> {
        match &mut self.file {
            Some((Documents::Resumable(both), name)) => both.sync().map_err(|error| failed(name, &error)),
            _ => Ok(()),
        }
    }
}

fn failed(name: &str, error: &std::io::Error) -> Unwritten {
    terminal::complain(&format!("error: cannot write `{name}`: {}\n", reason(error)));
    Unwritten::Failed
}

/// Writes results as they come, until there are no more.
///
/// # Errors
/// Why they could not be written.
pub(super) fn write_all(mut output: Output, mut done: Receiver<Done>) -> Result<(), Unwritten> {
    while let Some(one) = done.blocking_recv() {
        output.write(one)?;
    }
    output.finish()
}
