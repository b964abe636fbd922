//! ZIP: the directory at the end says which files there are; stored and deflated ones are read.

use super::inflate::{End, inflate};
use super::{Budget, MAX_MEMBERS, Member, crc32, damaged, too_large, u16_at, u32_at};
use crate::diagnostic::{Code, Diagnostic};
use crate::gathered::Gathered;

const LOCAL: u32 = 0x0403_4B50;
const ENTRY: u32 = 0x0201_4B50;
const END: u32 = 0x0605_4B50;
/// What may stand between the directory and its end.
const END_OF_LARGE: u32 = 0x0606_4B50;
const SIGNATURE: u32 = 0x0505_4B50;
/// What stands for a number that is in an extension for large archives.
const ELSEWHERE: u32 = u32::MAX;

pub(super) fn starts(bytes: &[u8]) -> bool {
    matches!(u32_at(bytes, 0), Some(LOCAL | END))
}

/// A file as the directory describes it.
struct Entry<'a> {
    name: String,
    flags: u16,
    method: u16,
    crc: u32,
    size: u32,
    packed: Option<&'a [u8]>,
}

pub(super) fn unpack(
    name: &str,
    bytes: &[u8],
    mut budget: Budget,
    each: &mut dyn FnMut(Member, Vec<Diagnostic>),
) -> Vec<Diagnostic> {
    let (entries, mut notes) = directory(name, bytes);
    if entries.iter().any(|entry| entry.name == "[Content_Types].xml") {
        let message = format!("`{name}` is an office document; expected a ZIP archive of reports or certificates");
        return vec![Diagnostic::error(Code::BinaryInput, message)];
    }
    let mut read = 0;
    for entry in entries {
        // Folders, and what macOS notes about files.
        if entry.name.ends_with('/') || entry.name.starts_with("__MACOSX/") {
            continue;
        }
        read += 1;
        let full = format!("{name}/{}", entry.name);
        match content(&full, &entry, budget.left) {
            Ok((content, said)) => {
                budget.spend(content.len());
                each(Member { name: full, bytes: content }, said);
            }
            Err(note) => notes.push(note),
        }
    }
    if read == 0 && notes.is_empty() {
        notes.push(Diagnostic::error(Code::EmptyInput, format!("`{name}` holds no file")));
    }
    notes
}

/// The files that the directory lists, and what is wrong with it.
fn directory<'a>(name: &str, bytes: &'a [u8]) -> (Vec<Entry<'a>>, Vec<Diagnostic>) {
    const LENGTH: usize = 22;
    const COMMENT: usize = 65_535;
    let tail = bytes.len().saturating_sub(LENGTH + COMMENT);
    let mut ends = bytes.get(tail..).unwrap_or_default().windows(4);
    let found = ends.rposition(|window| window == END.to_le_bytes());
    let Some(end) = found.map(|at| tail + at) else {
        return (Vec::new(), vec![damaged(Code::TruncatedInput, name, "it has no directory")]);
    };
    let numbers = || Some((u16_at(bytes, end + 10)?, u32_at(bytes, end + 16)?));
    let Some((count, start)) = numbers() else {
        return (Vec::new(), vec![damaged(Code::TruncatedInput, name, "its directory is cut off")]);
    };
    if start == ELSEWHERE || count == u16::MAX {
        let message = format!("`{name}` is a ZIP64 archive, which is not read");
        return (
            Vec::new(),
            vec![Diagnostic::error(Code::BinaryInput, message).with_help("unpack it, and supply the files")],
        );
    }
    let mut entries = Vec::new();
    let mut at = start as usize;
    for _ in 0..count {
        if entries.len() == MAX_MEMBERS {
            let message = format!("`{name}` holds more than {MAX_MEMBERS} files; the others were not read");
            return (entries, vec![Diagnostic::error(Code::InputTooLarge, message)]);
        }
        let Some((entry, next)) = entry(bytes, at) else {
            return (entries, vec![damaged(Code::BinaryInput, name, "its directory is not what ZIP has")]);
        };
        entries.push(entry);
        at = next;
    }
    // What stands there may be the rest of another directory: of a longer one, or of an archive that was joined to it.
    let is_end = at == end || matches!(u32_at(bytes, at), Some(END_OF_LARGE | SIGNATURE));
    let unlisted =
        (!is_end).then(|| damaged(Code::BinaryInput, name, "its directory does not end with the files that it states"));
    (entries, unlisted.into_iter().gathered())
}

/// One entry of the directory, and where the next one begins.
fn entry(bytes: &[u8], at: usize) -> Option<(Entry<'_>, usize)> {
    let field = |offset| u16_at(bytes, at.checked_add(offset)?);
    let long = |offset| u32_at(bytes, at.checked_add(offset)?);
    if long(0)? != ENTRY {
        return None;
    }
    let name_length = usize::from(field(28)?);
    let name_at = at + 46;
    let raw = bytes.get(name_at..name_at + name_length)?;
    let next = name_at + name_length + usize::from(field(30)?) + usize::from(field(32)?);
    let local = long(42)? as usize;
    let packed_size = long(20)? as usize;
    let packed = || {
        if u32_at(bytes, local)? != LOCAL {
            return None;
        }
        let start = local + 30 + usize::from(u16_at(bytes, local + 26)?) + usize::from(u16_at(bytes, local + 28)?);
        bytes.get(start..start.checked_add(packed_size)?)
    };
    let entry = Entry {
        name: shown_name(raw),
        flags: field(8)?,
        method: field(10)?,
        crc: long(16)?,
        size: long(24)?,
        packed: packed(),
    };
    Some((entry, next))
}

/// A name as reports can show it.
fn shown_name(raw: &[u8]) -> String {
    let name = String::from_utf8_lossy(raw);
    name.chars().take(300).map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}

/// What a file holds.
fn content(name: &str, entry: &Entry<'_>, limit: usize) -> Result<(Vec<u8>, Vec<Diagnostic>), Diagnostic> {
    const ENCRYPTED: u16 = 1;
    const STORED: u16 = 0;
    const DEFLATED: u16 = 8;
    let refused = |what: &str| {
        let message = format!("`{name}` {what}, and is not read");
        Diagnostic::error(Code::BinaryInput, message).with_help("unpack it, and supply the files")
    };
    if entry.flags & ENCRYPTED != 0 {
        return Err(refused("is encrypted"));
    }
    let Some(packed) = entry.packed else {
        return Err(damaged(Code::TruncatedInput, name, "its data is not where the directory says"));
    };
    let (bytes, end) = match entry.method {
        STORED if packed.len() > limit => return Err(too_large(name)),
        STORED => (packed.to_vec(), End::Whole),
        DEFLATED => {
            let inflated = inflate(packed, limit);
            (inflated.bytes, inflated.end)
        }
        _ => return Err(refused("is packed by another method than DEFLATE")),
    };
    let notes = match end {
        End::TooLarge => return Err(too_large(name)),
        End::Broken => vec![damaged(Code::BinaryInput, name, "its compressed data is not what ZIP has")],
        End::Cut => vec![damaged(Code::TruncatedInput, name, "it ends in the middle")],
        End::Whole if crc32(&bytes) != entry.crc || bytes.len() != entry.size as usize => {
            vec![damaged(Code::BinaryInput, name, "its checksum is that of other data")]
        }
        End::Whole => Vec::new(),
    };
    Ok((bytes, notes))
}
