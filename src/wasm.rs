//! The JavaScript edge: what WebAssembly exports. No logic: inputs go in as bytes, answers come out as objects.
//!
//! `src/npm/intransit.js` wraps these exports; it adds the clock and JavaScript's own types, nothing else.

use serde::Serialize;
use tsify::{Ts, Tsify};
use wasm_bindgen::prelude::*;

use crate::check::{Catalogue, CheckOptions};
use crate::diagnostic::Diagnostic;
use crate::formats::Input;
use crate::json_text;
use crate::record::{judge_document, judge_line};
use crate::report::{RecordPlace, Report};
use crate::terms::Terms;

const NO_OPTIONS: &str = "expected options as a plain object";

/// JSON text crosses, and the platform's own parser reads it: that is faster than objects put together from here.
fn parsed<T: Tsify>(json: &str) -> Result<Ts<T>, JsError> {
    let value = js_sys::JSON::parse(json).map_err(|_| JsError::new("the answer is no JSON"))?;
    Ok(Ts::new_unchecked(value))
}

/// A report, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
#[serde(untagged)]
pub enum CheckAnswer {
    /// The inputs could be judged.
    Judged {
        /// Always true.
        #[tsify(type = "true")]
        ok: bool,
        /// The verdict and all that it rests on.
        report: Box<Report>,
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

#[wasm_bindgen]
extern "C" {
    /// The [URL](https://url.spec.whatwg.org/#url-class) of the platform: browsers, Node, Deno and workers have it.
    type URL;

    #[wasm_bindgen(constructor, catch)]
    fn new(url: &str) -> Result<URL, JsValue>;

    #[wasm_bindgen(method, getter)]
    fn hostname(this: &URL) -> String;
}

/// The host of a URL as the platform reads it.
pub(crate) fn host_of_url(url: &str) -> Option<String> {
    URL::new(url).ok().map(|url| url.hostname())
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

/// What there is to choose from: policies, kinds of input and output, rules.
///
/// # Errors
/// When it cannot be turned into JavaScript.
#[wasm_bindgen]
pub fn catalogue() -> Result<Ts<Catalogue>, JsError> {
    parsed(&json_text::compact(&crate::check::catalogue(), 0)?)
}

/// What came of judging: the answer, and what renders it.
///
/// The report stays here for [`Judged::render`]: reading it back from JavaScript would bring a reader of every type of
/// a report into the WebAssembly.
#[wasm_bindgen]
pub struct Judged {
    report: Result<Report, Vec<Diagnostic>>,
    /// The report as JSON, until it is handed over.
    json: String,
}

fn read_options(options: &Ts<CheckOptions>) -> Result<CheckOptions, JsError> {
    let json = js_sys::JSON::stringify(&options.js_value()).ok().and_then(|json| JsValue::from(json).as_string());
    let json = json.ok_or_else(|| JsError::new(NO_OPTIONS))?;
    CheckOptions::from_json(&json).map_err(|problems| first(&problems))
}

fn first(problems: &[Diagnostic]) -> JsError {
    JsError::new(&problems.first().map_or_else(|| NO_OPTIONS.to_owned(), ToString::to_string))
}

/// Reads and judges the inputs: `contents[i]` is called `names[i]`.
///
/// # Errors
/// When `options` has not the shape of [`CheckOptions`].
#[wasm_bindgen]
pub fn check(
    names: Vec<String>,
    contents: Vec<js_sys::Uint8Array>,
    options: Ts<CheckOptions>,
) -> Result<Judged, JsError> {
    let options = read_options(&options)?;
    let contents: Vec<Vec<u8>> = contents.iter().map(js_sys::Uint8Array::to_vec).collect();
    let inputs: Vec<Input<'_>> = names.iter().zip(&contents).map(|(name, bytes)| Input::new(name, bytes)).collect();
    Ok(match crate::check::check_with_json(&inputs, &options) {
        Ok((report, json)) => Judged { report: Ok(report), json },
        Err(diagnostics) => Judged { report: Err(diagnostics), json: String::new() },
    })
}

#[wasm_bindgen]
impl Judged {
    /// The report, or why there is none. What crosses is the JSON that was written for the hash.
    ///
    /// # Errors
    /// When it cannot be turned into JavaScript.
    pub fn answer(&mut self) -> Result<Ts<CheckAnswer>, JsError> {
        let json = match &self.report {
            Ok(report) => {
                let written = std::mem::take(&mut self.json);
                let report = if written.is_empty() { json_text::compact(report, 0)? } else { written };
                format!(r#"{{"ok":true,"report":{report}}}"#)
            }
            Err(diagnostics) => format!(r#"{{"ok":false,"diagnostics":{}}}"#, json_text::compact(diagnostics, 0)?),
        };
        parsed(&json)
    }

    /// Writes the report in the format of this id; `catalogue().outputs` lists them.
    ///
    /// # Errors
    /// When there is no report, or no such format.
    pub fn render(&self, format: &str) -> Result<String, JsError> {
        let Ok(report) = &self.report else {
            return Err(JsError::new("the input was refused: there is no report to render"));
        };
        crate::render::render(report, format).map_err(|message| JsError::new(&message))
    }
}

/// Judges many records one by one, by options that are read once. Answers are verdict lines as JSON text.
#[wasm_bindgen]
pub struct Records(Terms);

#[wasm_bindgen]
impl Records {
    /// Reads the options.
    ///
    /// # Errors
    /// When they have not the shape of [`CheckOptions`], or cannot be used.
    #[wasm_bindgen(constructor)]
    pub fn new(options: Ts<CheckOptions>) -> Result<Self, JsError> {
        Terms::new(&read_options(&options)?).map(Self).map_err(|problems| first(&problems))
    }

    /// The verdict line of a whole input.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn document(&self, name: &str, content: &[u8]) -> Result<String, JsError> {
        Ok(json_text::compact(&judge_document(&self.0, name, content), 0)?)
    }

    /// The verdict line of one line of a stream: the `line`th of `source`, behind `offset` bytes.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn line(&self, source: &str, line: u64, offset: u64, content: &[u8]) -> Result<String, JsError> {
        let bytes = content.len() as u64;
        let place = RecordPlace { source: source.to_owned(), line, offset, bytes };
        Ok(json_text::compact(&judge_line(&self.0, false, place, content), 0)?)
    }
}
