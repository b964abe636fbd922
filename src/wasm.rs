//! The JavaScript edge: what WebAssembly exports. No logic: inputs go in as bytes, answers come out as objects.
//!
//! `src/npm/intransit.js` wraps these exports; it adds the clock and JavaScript's own types, nothing else.

use serde::{Deserialize, Serialize};
use tsify::{Ts, Tsify};
use wasm_bindgen::prelude::*;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::source::{Source, SourceText, sha256_hex};
use crate::time::Timestamp;

/// How to judge, with every default filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckOptions {
    /// The instant judged: RFC 3339.
    pub at: String,
    /// The current time, for accepted exceptions and the age of evidence: RFC 3339.
    pub now: String,
    /// A pack's id, or a policy as JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// When the evidence was collected, where the input does not say so: RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collected: Option<String>,
    /// The host that the evidence is about, where the input does not say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Report {
    /// The inputs as supplied.
    pub sources: Vec<Source>,
    /// Remarks on the inputs.
    pub diagnostics: Vec<Diagnostic>,
}

/// A report, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Tsify)]
#[serde(untagged)]
pub enum CheckAnswer {
    /// The inputs could be read.
    Read {
        /// Always true.
        #[tsify(type = "true")]
        ok: bool,
        /// What was found.
        report: Report,
    },
    /// They could not.
    Refused {
        /// Always false.
        #[tsify(type = "false")]
        ok: bool,
        /// Why not.
        diagnostics: Vec<Diagnostic>,
    },
}

/// Sends a panic's message to the console before the instance ends.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
}

/// The version of intransit.
#[wasm_bindgen]
#[must_use]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// Reads the inputs: `contents[i]` is called `names[i]`.
///
/// # Errors
/// When `options` has not the shape of [`CheckOptions`], or an answer cannot be turned into JavaScript.
#[wasm_bindgen]
pub fn check(
    names: Vec<String>,
    contents: Vec<js_sys::Uint8Array>,
    options: Ts<CheckOptions>,
) -> Result<Ts<CheckAnswer>, JsError> {
    let options = options.to_rust()?;
    let mut diagnostics = Vec::new();
    for (name, value) in
        [("at", Some(&options.at)), ("now", Some(&options.now)), ("collected", options.collected.as_ref())]
    {
        if let Some(Err(message)) = value.map(|text| text.parse::<Timestamp>()) {
            diagnostics.push(Diagnostic::error(Code::InvalidOption, format!("option `{name}`: {message}")));
        }
    }
    let mut sources = Vec::new();
    for ((id, name), content) in (0..).zip(names).zip(&contents) {
        let bytes = content.to_vec();
        match SourceText::decode(id, &name, &bytes, &mut diagnostics) {
            Ok(_) => {
                let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
                sources.push(Source { id, name, sha256: sha256_hex(&bytes), bytes: size });
            }
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    let answer = if diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        CheckAnswer::Refused { ok: false, diagnostics }
    } else {
        CheckAnswer::Read { ok: true, report: Report { sources, diagnostics } }
    };
    Ok(answer.into_ts()?)
}
