//! Reading files and standard input, never more than the core takes.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use intransit::source::MAX_SOURCE_BYTES;

const MIB: u64 = 1024 * 1024;
const MAX_INPUT_BYTES: u64 = MAX_SOURCE_BYTES as u64;

/// A kind of file that says how to judge, and how large one may be.
pub(crate) struct SettingFile {
    expected: &'static str,
    most: u64,
}

pub(crate) const POLICY: SettingFile = SettingFile { expected: "a policy file", most: MIB };
pub(crate) const INVENTORY: SettingFile = SettingFile { expected: "an inventory as CSV or JSON", most: MIB };
/// Bundles with every certificate in words beside it are larger than policies.
pub(crate) const ROOTS: SettingFile = SettingFile { expected: "a file of roots", most: 16 * MIB };
pub(crate) const SHEET: SettingFile = SettingFile { expected: "a hand-off sheet as text or Markdown", most: MIB };

/// What stands for standard input on the command line.
pub(crate) const STANDARD_INPUT: &str = "-";

/// One input, with the name that reports give it.
pub(crate) struct Supplied {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// Reads a file, or standard input for `-`.
///
/// # Errors
/// One sentence, when it cannot be opened or is larger than the core reads.
pub(crate) fn read(word: &OsStr) -> Result<Supplied, String> {
    if word == STANDARD_INPUT {
        let name = "standard input".to_owned();
        let bytes = bounded(&mut io::stdin().lock(), &name, MAX_INPUT_BYTES)?;
        return Ok(Supplied { name, bytes });
    }
    let expected = "a file with certificates (PEM, DER or PKCS #7) or a scan report";
    let name = word.to_string_lossy().into_owned();
    let bytes = file(Path::new(word), expected, MAX_INPUT_BYTES).map_err(|problem| problem.to_string())?;
    Ok(Supplied { name, bytes })
}

/// Reads the bytes of a file that says how to judge.
///
/// # Errors
/// When it is absent, cannot be opened or is larger than one of its kind.
pub(crate) fn read_bytes(path: &Path, kind: &SettingFile) -> Result<Vec<u8>, Problem> {
    file(path, kind.expected, kind.most)
}

/// Reads the text of a file that says how to judge.
///
/// # Errors
/// When it is absent, cannot be opened, is not UTF-8 or is larger than one of its kind.
pub(crate) fn read_setting(path: &Path, kind: &SettingFile) -> Result<String, Problem> {
    let bytes = file(path, kind.expected, kind.most)?;
    // A mark is not taken off: the report names the file by the hash of the whole of it.
    if bytes.starts_with(&[0xEF, 0xBB, 0xBF]) {
        return Err(Problem::Other(format!(
            "`{}` starts with a byte order mark; expected UTF-8 without one",
            path.display()
        )));
    }
    String::from_utf8(bytes)
        .map_err(|_| Problem::Other(format!("`{}` is not UTF-8; expected {}", path.display(), kind.expected)))
}

/// Why a file was not read.
pub(crate) enum Problem {
    /// There is none of that name.
    Absent(String),
    /// Anything else, in one sentence.
    Other(String),
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Absent(words) | Self::Other(words) => f.write_str(words),
        }
    }
}

/// Opens a file, and says how many bytes it has.
///
/// # Errors
/// When it is absent, a directory or cannot be opened.
pub(crate) fn open(path: &Path, expected: &str) -> Result<(File, u64), Problem> {
    let name = path.display().to_string();
    let refused = |error: io::Error| {
        let words = format!("cannot open `{name}`: {}; expected {expected}", reason(&error));
        if error.kind() == io::ErrorKind::NotFound { Problem::Absent(words) } else { Problem::Other(words) }
    };
    let about = fs::metadata(path).map_err(refused)?;
    if about.is_dir() {
        return Err(Problem::Other(format!("`{name}` is a directory; expected {expected}")));
    }
    Ok((File::open(path).map_err(refused)?, about.len()))
}

fn file(path: &Path, expected: &str, most: u64) -> Result<Vec<u8>, Problem> {
    let name = path.display().to_string();
    let (mut file, size) = open(path, expected)?;
    if size > most {
        return Err(Problem::Other(too_large(&name, most)));
    }
    bounded(&mut file, &name, most).map_err(Problem::Other)
}

/// Everything up to a bound, for what does not tell its size first: pipes, devices, files that grow.
fn bounded(from: &mut impl Read, name: &str, most: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    from.take(most + 1).read_to_end(&mut bytes).map_err(|error| format!("cannot read `{name}`: {}", reason(&error)))?;
    if bytes.len() as u64 > most {
        return Err(too_large(name, most));
    }
    Ok(bytes)
}

fn too_large(name: &str, most: u64) -> String {
    format!("`{name}` is too large; expected at most {} MiB", most / MIB)
}

/// The system's words without its error number.
pub(crate) fn reason(error: &io::Error) -> String {
    let words = error.to_string();
    let words = words.split(" (os error").next().unwrap_or(&words);
    let mut chars = words.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_stops_at_the_bound() {
        assert_eq!(bounded(&mut [7; 4].as_slice(), "x", 4).unwrap().len(), 4);
        assert_eq!(bounded(&mut io::repeat(0), "x", 5 * MIB).unwrap_err(), "`x` is too large; expected at most 5 MiB");
    }
}
