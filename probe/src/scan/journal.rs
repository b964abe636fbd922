//! What was offered and answered, connection by connection: the text that the facts of a scan cite.
//!
//! Line N of it is connection N. The evidence names it as its source, by its hash.

use std::sync::{Mutex, PoisonError};

use intransit::source::{SourceText, Span};

/// The lines of one scan.
#[derive(Debug, Default)]
pub(crate) struct Journal(Mutex<Vec<String>>);

impl Journal {
    /// Begins a line, and says which one it is.
    pub(crate) fn begin(&self, offered: &str) -> usize {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(format!("{offered} -> unfinished"));
        lines.len() - 1
    }

    /// Writes the line anew, with its answer.
    pub(crate) fn end(&self, number: usize, offered: &str, answered: &str) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get_mut(number) {
            *line = format!("{offered} -> {answered}").replace(|c: char| c.is_control(), " ");
        }
    }

    /// All of it, as one text.
    pub(crate) fn written(&self) -> Written {
        let mut text = String::new();
        let mut lines = Vec::new();
        for (number, line) in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().enumerate() {
            let start = text.len();
            text.push_str(&format!("{:>4}  {line}", number + 1));
            lines.push((start, text.len()));
            text.push('\n');
        }
        Written { text: SourceText::new(0, text), lines }
    }
}

/// A journal that is at its end.
pub(crate) struct Written {
    text: SourceText,
    lines: Vec<(usize, usize)>,
}

impl Written {
    /// Its text.
    pub(crate) fn text(&self) -> &str {
        self.text.text()
    }

    /// The places of these connections, each once.
    pub(crate) fn places(&self, numbers: &[usize]) -> Vec<Span> {
        const MOST: usize = 8;
        let mut numbers = numbers.to_vec();
        numbers.sort_unstable();
        numbers.dedup();
        let lines = numbers.iter().filter_map(|number| self.lines.get(*number));
        lines.take(MOST).map(|(start, end)| self.text.span(*start, *end)).collect()
    }
}
