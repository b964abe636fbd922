//! Standard output and standard error, neither of which may panic or be steered by what was read.

use std::io::{self, IsTerminal as _, Write as _};

use intransit::diagnostic::{Diagnostic, Severity};
use intransit::evidence::Evidence;

use crate::exit::Exit;
use crate::input::reason;

/// Whether text for standard output may be coloured: only on a terminal, unless `NO_COLOR` is set
/// (<https://no-color.org>) or the terminal has none.
pub(crate) fn takes_colour() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    io::stdout().is_terminal() && !is_set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Why something does not stand on standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unwritten {
    /// The reader has seen enough (`| head`), which is no error.
    NobodyReads,
    /// It could not be written, and that was said.
    Failed,
}

/// Writes to standard output.
///
/// # Errors
/// Why it could not be written.
pub(crate) fn write(bytes: &[u8]) -> Result<(), Unwritten> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Unwritten::NobodyReads;
        }
        complain(&format!("error: cannot write to standard output: {}\n", reason(&error)));
        Unwritten::Failed
    })
}

/// Writes to standard output; the exit code is `exit` unless the words could not be written. A reader that has seen
/// enough does not change the answer.
pub(crate) fn print(words: &str, exit: Exit) -> Exit {
    match write(words.as_bytes()) {
        Err(Unwritten::Failed) => Exit::Unusable,
        Ok(()) | Err(Unwritten::NobodyReads) => exit,
    }
}

/// Shows one line on standard error in the place of the last one; for terminals (ECMA-48, 8.3.41 EL).
pub(crate) fn show_line(words: &str) {
    let _ = io::stderr().lock().write_all(format!("\r\u{1b}[K{}", printable(words)).as_bytes());
}

/// Writes to standard error, where nothing can be done about a failure.
pub(crate) fn complain(words: &str) {
    let _ = io::stderr().lock().write_all(printable(words).as_bytes());
}

/// Writes diagnostics as lines `error: file:line:column: …`.
pub(crate) fn diagnose(diagnostics: &[Diagnostic], evidence: Option<&Evidence>) {
    for diagnostic in diagnostics {
        complain(&lines(diagnostic, evidence));
    }
}

fn lines(diagnostic: &Diagnostic, evidence: Option<&Evidence>) -> String {
    let weight = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    };
    let source = |index: u32| evidence?.sources.iter().find(|source| source.id == index);
    let place = diagnostic.span.map(|span| {
        let name = source(span.source).map_or("input", |source| source.name.as_str());
        format!("{name}:{}:{}: ", span.line, span.column)
    });
    let help = diagnostic.help.as_ref().map(|help| format!("  help: {}\n", one_line(help)));
    let message = one_line(&format!("{}{}", place.unwrap_or_default(), diagnostic.message));
    format!("{weight}: {message}\n{}", help.unwrap_or_default())
}

fn one_line(words: &str) -> String {
    words.replace(['\n', '\r'], " ")
}

/// The words with everything that steers a terminal shown as U+FFFD.
pub(crate) fn printable(words: &str) -> String {
    words.chars().map(|c| if steers(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// JSON of the same value whose strings have no character that steers a terminal: JSON itself demands escapes only
/// below U+0020, but U+009B starts a control sequence as well.
pub(crate) fn printable_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if steers(c) {
            let mut units = [0; 2];
            out.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    out
}

fn steers(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use intransit::diagnostic::Code;
    use intransit::read;

    use super::*;

    #[test]
    fn diagnostics_are_single_lines_that_steer_nothing() {
        let reading = read(&[intransit::Input::new("a\nb", b"<html>")]);
        let diagnostic =
            Diagnostic::warning(Code::UnusedText, "found `\u{1b}[31m\r\u{9b}2J`\nagain").with_help("do\nit");
        let diagnostic = Diagnostic { span: reading.diagnostics[0].span, ..diagnostic };
        let written = printable(&lines(&diagnostic, Some(&reading.evidence)));
        assert_eq!(written, "warning: a b:1:1: found `\u{FFFD}[31m \u{FFFD}2J` again\n  help: do it\n");
    }

    #[test]
    fn json_keeps_its_value() {
        let value = serde_json::json!({ "name": "\u{9b}2J\u{7f}\u{1b}\u{202e}\n\"\\é" });
        let written = printable_json(&serde_json::to_string_pretty(&value).unwrap());
        assert!(!written.chars().any(steers), "{written}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&written).unwrap(), value);
    }
}
