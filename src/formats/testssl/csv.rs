//! The CSV (`--csvfile`): the entries of the flat JSON, one a line, under a line of names.
//!
//! What surprises: nothing says that the scan came to its end, the line ends of a PEM are the two characters `\n` (or
//! blanks, in 3.0), and a spreadsheet that saves the file again drops the quotation marks or writes semicolons.

use super::cells::{Cell, cells};
use super::flat::{ByTarget, Form};
use super::rows::{RESULTS, Row};
use super::shape;
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::GapReason;
use crate::formats::Sink;
use crate::source::Span;

pub(in crate::formats) const ID: &str = "testssl-csv";
pub(in crate::formats) const COMMANDS: &[&str] =
    &["testssl.sh --csvfile report.csv HOST:443", "testssl.sh -t smtp --csvfile report.csv HOST:25"];
pub(in crate::formats) const NEVER_SHOWS: &[&str] = &[
    "that the scan came to its end, its time and its command, and whether STARTTLS was used",
    "the chain that is sent when the client leaves out the server name (only its common name)",
    "intermediate certificates, in 3.0",
    "suites that the scanner does not know",
];

/// The names of the cells that are read, and where they stand without a line of names.
const COLUMNS: [(&str, usize); 6] =
    [("id", 0), ("fqdn/ip", 1), ("port", 2), ("severity", 3), ("finding", 4), ("cve", 5)];
/// Seven cells, and an eighth where hints are asked for.
const WIDTHS: [usize; 2] = [7, 8];
/// As many rows that cannot be read as are listed.
const MAX_UNREAD: usize = 1000;

/// Whether this line is of testssl.sh's CSV: its names, or a row with a target, a port and a severity.
pub(in crate::formats) fn starts(line: &str) -> bool {
    let line = unquoted(line.trim_end());
    if header(line).is_some() {
        return true;
    }
    let Some(line) = line.strip_prefix('"') else { return false };
    let mut cells = line.split("\",\"").skip(1);
    cells.next().is_some_and(|target| target.contains('/'))
        && cells.next().is_some_and(|port| port.parse::<u16>().is_ok())
        && cells.next().is_some_and(|severity| RESULTS.contains(&severity) || ["WARN", "FATAL"].contains(&severity))
}

/// The line without what mails put before it.
fn unquoted(line: &str) -> &str {
    line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '>' | '|' | '\u{FEFF}'))
}

/// The separator of a line of names.
fn header(line: &str) -> Option<char> {
    let mut line = line;
    let mut separator = None;
    for name in ["id", "fqdn/ip", "port"] {
        let rest = line.strip_prefix('"').unwrap_or(line);
        if !rest.get(..name.len())?.eq_ignore_ascii_case(name) {
            return None;
        }
        let rest = rest.get(name.len()..)?;
        let rest = rest.strip_prefix('"').unwrap_or(rest);
        let found = rest.chars().next().filter(|c| matches!(c, ',' | ';' | '\t'))?;
        if separator.is_some_and(|known| known != found) {
            return None;
        }
        separator = Some(found);
        line = rest.strip_prefix(found)?;
    }
    separator
}

/// How the lines are laid out.
struct Layout {
    separator: char,
    /// Where each of [`COLUMNS`] stands.
    columns: [Option<usize>; 6],
    width: Option<usize>,
}

impl Layout {
    const fn usual() -> Self {
        let columns = [Some(0), Some(1), Some(2), Some(3), Some(4), Some(5)];
        Self { separator: ',', columns, width: None }
    }

    fn of(cells: &[Cell<'_>], separator: char) -> Self {
        // Of two cells of the same name neither is taken.
        let at = |name: &str| {
            let mut found = cells.iter().enumerate().filter(|(_, cell)| cell.text().trim().eq_ignore_ascii_case(name));
            found.next().filter(|_| found.next().is_none()).map(|(at, _)| at)
        };
        Self { separator, columns: COLUMNS.map(|(name, _)| at(name)), width: Some(cells.len()) }
    }
}

/// Reads the rows between two bytes of the source; a new line of names begins a new report.
pub(in crate::formats) fn read(start: usize, end: usize, sink: &mut Sink<'_>) {
    let source = sink.source;
    let text = source.text().get(start..end).unwrap_or_default();
    let mut layout = Layout::usual();
    let mut found = ByTarget::default();
    let mut any = false;
    let mut cut = false;
    let mut strays = None;
    let mut at = start;
    let mut unread = 0;
    for whole in text.split_inclusive('\n') {
        // Behind a tab, a last cell may be empty.
        let ended = whole.trim_end_matches(['\r', '\n']);
        let line = unquoted(ended);
        let begins = at + (ended.len() - line.len());
        let place = source.span(begins, begins + line.len());
        at += whole.len();
        if line.is_empty() {
            continue;
        }
        if unread > MAX_UNREAD {
            let message = format!("more than {MAX_UNREAD} rows cannot be read; the rest of the report was not read");
            sink.note(Diagnostic::error(Code::InputTooLarge, message).at(place));
            cut = true;
            break;
        }
        if let Some(separator) = header(line) {
            if let Some(from) = strays.take() {
                sink.pem(from, begins);
            }
            if any {
                std::mem::take(&mut found).into_scans(&form(cut), sink);
            }
            (any, cut) = (true, false);
            layout = Layout::of(&cells(source, line, begins, separator), separator);
            continue;
        }
        // What is no row at all stands around the report: words, or certificates.
        if !line.starts_with('"') && !line.contains(layout.separator) {
            strays = strays.or(Some(begins));
            cut = true;
            continue;
        }
        if let Some(from) = strays.take() {
            sink.pem(from, begins);
        }
        any = true;
        let row = row(&cells(source, line, begins, layout.separator), &layout, place);
        match row {
            Some((node, port, row)) => {
                shape::spelling(row, sink.diagnostics);
                found.push(&node.text(), &port.text(), row, sink.diagnostics);
            }
            None => {
                let message = "expected a row of testssl.sh's CSV, found something else: what it says is not known";
                sink.note(Diagnostic::error(Code::UnknownValue, message).at(place));
                unread += 1;
                cut = true;
            }
        }
    }
    if let Some(from) = strays {
        sink.pem(from, end);
    }
    if found.is_empty() {
        let message = "the CSV of testssl.sh has no row of a target";
        sink.note(Diagnostic::error(Code::TruncatedInput, message).at(source.span(start, start)));
    }
    found.into_scans(&form(cut), sink);
}

fn form(cut: bool) -> Form {
    Form {
        id: ID,
        what: "the CSV of testssl.sh",
        cut,
        without_end: (GapReason::NotReportedByFormat, "testssl.sh's CSV does not say whether the scan came to its end"),
    }
}

/// The target, the port and the entry of a line; none if the line has other cells than it should have.
fn row<'d>(cells: &[Cell<'d>], layout: &Layout, place: Span) -> Option<(Cell<'d>, Cell<'d>, Row<'d>)> {
    let as_wide = layout.width.map_or(WIDTHS.contains(&cells.len()), |width| width == cells.len());
    if !as_wide || !cells.iter().all(|cell| cell.is_whole()) {
        return None;
    }
    let [id, node, port, severity, finding, cve] = layout.columns.map(|at| cells.get(at?).copied());
    let row = Row::of_cells([Some(id?), Some(severity?), Some(finding?), cve], place);
    Some((node?, port?, row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_known_and_prose_is_not() {
        for (line, expected) in [
            ("\"id\",\"fqdn/ip\",\"port\",\"severity\",\"finding\",\"cve\",\"cwe\"", true),
            ("\u{FEFF}id;fqdn/ip;port;severity;finding;cve;cwe\r", true),
            ("id,fqdn/ip;port,severity", false),
            ("id,name,port", false),
            ("\"TLS1\",\"a.test/192.0.2.9\",\"443\",\"LOW\",\"offered\",\"\",\"\"", true),
            ("\"TLS1\",\"a.test\",\"443\",\"LOW\",\"offered\"", false),
            ("the \"id\" of the certificate is \"a/b\",\"443\".", false),
            ("", false),
        ] {
            assert_eq!(starts(line), expected, "{line}");
        }
    }
}
