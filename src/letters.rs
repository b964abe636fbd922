//! Letter case as Unicode has it.
//!
//! In WebAssembly the platform's tables serve for what is not ASCII: the core's own would weigh as much as a format.

/// The text in lower case.
pub(crate) fn lower_case(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { mapped(text) }
}

#[cfg(not(target_arch = "wasm32"))]
fn mapped(text: &str) -> String {
    text.to_lowercase()
}

#[cfg(target_arch = "wasm32")]
fn mapped(text: &str) -> String {
    js_sys::JsString::from(text).to_lower_case().into()
}

/// The text with an ASCII letter at its start as a capital.
pub(crate) fn capitalised(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

/// Not more than so many characters of the text.
pub(crate) fn beginning(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}
