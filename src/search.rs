//! Where words stand in bytes.
//!
//! In WebAssembly the first byte is looked for, and then the rest of the words: the ways in which `memmem` looks for many
//! at once would weigh more than they gain on words of a few bytes.

/// Where the words begin that stand first.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn find(bytes: &[u8], words: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, words)
}

/// Where the words begin that stand first.
#[cfg(target_arch = "wasm32")]
pub(crate) fn find(bytes: &[u8], words: &[u8]) -> Option<usize> {
    let first = words.first()?;
    let mut at = 0;
    loop {
        let rest = bytes.get(at..)?;
        at += memchr::memchr(*first, rest)?;
        if bytes.get(at..)?.starts_with(words) {
            return Some(at);
        }
        at += 1;
    }
}
