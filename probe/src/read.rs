//! `read`: files in, evidence out, without a judgement.

use intransit::diagnostic::{Code, Diagnostic, Severity};
use intransit::{Declared, Input, read_declared};

use crate::arguments::Read;
use crate::check::{names_standard_input_once, supplied};
use crate::exit::Exit;
use crate::terminal;

/// Reads the files and prints one document of evidence.
pub(crate) fn run(arguments: &Read) -> Exit {
    let declared = match Declared::new(arguments.collected, arguments.host.as_deref()) {
        Ok(declared) => declared,
        Err(problem) => {
            terminal::diagnose(&[problem], None);
            return Exit::Unusable;
        }
    };
    if !names_standard_input_once(&arguments.files) {
        return Exit::Unusable;
    }
    let (supplied, unopened) = supplied(&arguments.files);
    let inputs: Vec<Input<'_>> = supplied.iter().map(|one| Input::new(&one.name, &one.bytes)).collect();
    let mut reading = read_declared(&inputs, &declared);
    reading.diagnostics.extend(unopened);
    terminal::diagnose(&reading.diagnostics, Some(&reading.evidence));
    if reading.evidence.scans.is_empty() {
        return Exit::Unusable;
    }
    let is_lost = |note: &Diagnostic| note.severity == Severity::Error && note.code != Code::PrivateKeyBlanked;
    let exit = if reading.diagnostics.iter().any(is_lost) { Exit::Unusable } else { Exit::Success };
    let document = reading.evidence.to_document(&reading.diagnostics);
    terminal::print(&(document + "\n"), exit)
}
