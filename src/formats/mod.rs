//! Input formats: recognised by content, one file each, one line each in [`FORMATS`].
//!
//! One input may hold several things: JSON documents one behind another, certificates, and text around them.
//! [`read`] takes it apart, hands each part to its reader and goes on behind what it cannot read.

use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{Basis, Evidence, Fact, GapReason, Observed, Scan};
use crate::pki::pem;
use crate::source::{Source, SourceText, sha256_hex};
use crate::time::Timestamp;

mod certificates;
pub mod json;
mod service;
mod ssllabs;
mod sslyze;
mod testssl;

/// The most diagnostics that are kept of one input.
const MAX_DIAGNOSTICS: usize = 200;

/// A kind of input.
pub struct Format {
    /// Its id, as scans carry it.
    pub id: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Commands that make it; `HOST` and `PORT` stand for the target.
    pub commands: &'static [&'static str],
    /// What it can never show, in words.
    pub never_shows: &'static [&'static str],
    json: Option<JsonReader>,
}

/// How a JSON format is recognised and read.
struct JsonReader {
    recognises: fn(json::Value<'_>) -> bool,
    read: fn(&json::Document<'_>, &mut Sink<'_>),
}

/// Every format there is, in the order in which they are tried.
pub static FORMATS: &[Format] = &[
    Format {
        id: testssl::ID,
        title: "testssl.sh JSON",
        commands: testssl::COMMANDS,
        never_shows: testssl::NEVER_SHOWS,
        json: Some(JsonReader { recognises: testssl::recognises, read: testssl::read }),
    },
    Format {
        id: sslyze::ID,
        title: "sslyze JSON",
        commands: sslyze::COMMANDS,
        never_shows: sslyze::NEVER_SHOWS,
        json: Some(JsonReader { recognises: sslyze::recognises, read: sslyze::read }),
    },
    Format {
        id: ssllabs::ID,
        title: "SSL Labs JSON",
        commands: ssllabs::COMMANDS,
        never_shows: ssllabs::NEVER_SHOWS,
        json: Some(JsonReader { recognises: ssllabs::recognises, read: ssllabs::read }),
    },
    Format {
        id: certificates::ID,
        title: "certificates (PEM or DER)",
        commands: certificates::COMMANDS,
        never_shows: certificates::NEVER_SHOWS,
        json: None,
    },
];

/// The name of a format for people.
#[must_use]
pub fn title(id: &str) -> &'static str {
    FORMATS.iter().find(|format| format.id == id).map_or("unknown format", |format| format.title)
}

/// One input as it is supplied.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// File name, or what the caller calls it.
    pub name: &'a str,
    /// Its bytes, untouched.
    pub bytes: &'a [u8],
}

impl<'a> Input<'a> {
    /// An input of this name.
    #[must_use]
    pub const fn new(name: &'a str, bytes: &'a [u8]) -> Self {
        Self { name, bytes }
    }
}

/// What the person who supplies the evidence states about it, where it does not say so itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declared {
    /// When it was collected.
    pub collected: Option<Timestamp>,
    /// The host that certificates without a service are for.
    pub host: Option<String>,
}

/// What was read.
#[derive(Debug)]
pub struct Reading {
    /// The evidence.
    pub evidence: Evidence,
    /// The decoded text of each source, private keys blanked: spans point into it.
    pub texts: Vec<String>,
    /// What there is to say about the inputs.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads inputs of any kind. Nothing is lost for one bad part: the rest is read all the same.
#[must_use]
pub fn read(inputs: &[Input<'_>]) -> Reading {
    read_declared(inputs, &Declared::default())
}

/// Reads inputs, with what their supplier states about them.
#[must_use]
pub fn read_declared(inputs: &[Input<'_>], declared: &Declared) -> Reading {
    let mut sources = Vec::new();
    let mut texts = Vec::new();
    let mut scans = Vec::new();
    let mut diagnostics = Vec::new();
    for (position, input) in inputs.iter().enumerate() {
        let id = u32::try_from(position).unwrap_or(u32::MAX);
        sources.push(Source {
            id,
            name: input.name.to_owned(),
            sha256: sha256_hex(input.bytes),
            bytes: u32::try_from(input.bytes.len()).unwrap_or(u32::MAX),
        });
        let mut notes = Vec::new();
        let text = if input.bytes.first() == Some(&DER_SEQUENCE) && !is_text(input.bytes) {
            certificates::read_der(id, input, declared, &mut scans, &mut notes);
            String::new()
        } else {
            read_text(id, input, declared, &mut scans, &mut notes)
        };
        texts.push(text);
        let more = notes.len().saturating_sub(MAX_DIAGNOSTICS);
        notes.truncate(MAX_DIAGNOSTICS);
        if more > 0 {
            notes.push(Diagnostic::warning(
                Code::UnusedText,
                format!("`{}` has {more} more problems of this kind", input.name),
            ));
        }
        diagnostics.append(&mut notes);
    }
    let evidence = Evidence { scans, ..Evidence::new(sources) };
    Reading { evidence, texts, diagnostics }
}

/// The first byte of every certificate in DER: a SEQUENCE.
const DER_SEQUENCE: u8 = 0x30;

/// A `0` at the start of a text file is the same byte as the tag of a SEQUENCE.
fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes.get(..bytes.len().min(64)).unwrap_or(bytes)).is_ok_and(|head| !head.contains('\0'))
}

fn read_text(
    id: u32,
    input: &Input<'_>,
    declared: &Declared,
    scans: &mut Vec<Scan>,
    diagnostics: &mut Vec<Diagnostic>,
) -> String {
    let mut source = match SourceText::decode(id, input.name, input.bytes, diagnostics) {
        Ok(source) => source,
        Err(problem) => {
            diagnostics.push(problem);
            return String::new();
        }
    };
    blank_private_keys(&mut source, diagnostics);
    if source.text().trim().is_empty() {
        diagnostics.push(
            Diagnostic::error(Code::EmptyInput, format!("`{}` is empty; expected {EXPECTED}", input.name))
                .at(source.span(0, 0)),
        );
        return source.text().to_owned();
    }
    let mut sink = Sink { source: &source, declared, scans: Vec::new(), certificates: Vec::new(), diagnostics };
    for part in Parts::of(&source) {
        match part {
            Part::Json(document) => sink.json(&document),
            Part::Text(start, end) => sink.text(start, end),
        }
    }
    let Sink { scans: mut found, certificates, .. } = sink;
    certificates::into_scan(&source, certificates, declared, &mut found, diagnostics);
    if found.is_empty()
        && !diagnostics.iter().any(|diagnostic| diagnostic.severity == crate::diagnostic::Severity::Error)
    {
        let at = source.text().len() - source.text().trim_start().len();
        diagnostics.push(
            Diagnostic::error(
                Code::UnrecognisedInput,
                format!("nothing in `{}` could be judged; expected {EXPECTED}", input.name),
            )
            .at(source.span(at, at)),
        );
    }
    scans.append(&mut found);
    source.text().to_owned()
}

const EXPECTED: &str = "PEM or DER certificates, or a scan report (JSON of testssl.sh, sslyze or SSL Labs)";

fn blank_private_keys(source: &mut SourceText, diagnostics: &mut Vec<Diagnostic>) {
    let keys = pem::private_keys(source.text());
    for range in &keys {
        diagnostics.push(
            Diagnostic::error(
                Code::PrivateKeyBlanked,
                "a PRIVATE KEY stood here and was blanked; it is not needed to judge anything",
            )
            .at(source.span(range.start, range.end))
            .with_help("treat the key as exposed if anybody else could see this text: make a new one and have the certificate reissued"),
        );
    }
    source.blank_all(&keys);
}

/// Where readers put what they find.
pub(crate) struct Sink<'a> {
    pub(crate) source: &'a SourceText,
    pub(crate) declared: &'a Declared,
    pub(crate) scans: Vec<Scan>,
    pub(crate) certificates: Vec<pem::Block>,
    pub(crate) diagnostics: &'a mut Vec<Diagnostic>,
}

impl Sink<'_> {
    pub(crate) fn note(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// When evidence that carries no time was collected, if its supplier says so.
    pub(crate) fn collected(&self, format: &str) -> Observed<Timestamp> {
        collected(self.declared, format)
    }

    fn json(&mut self, document: &json::Document<'_>) {
        let Some(root) = document.root() else { return };
        let reader = FORMATS.iter().filter_map(|format| format.json.as_ref()).find(|reader| (reader.recognises)(root));
        if let Some(reader) = reader {
            self.diagnostics.extend(document.diagnostics().iter().cloned());
            (reader.read)(document, self);
            return;
        }
        let span = root.span();
        let before = self.certificates.len();
        self.pem(span.start as usize, document.end());
        if self.certificates.len() == before {
            let keys: Vec<String> =
                root.members().take(5).filter_map(|(key, _)| key.as_str().map(|name| format!("`{name}`"))).collect();
            let found =
                if keys.is_empty() { "JSON".to_owned() } else { format!("JSON with the keys {}", keys.join(", ")) };
            self.note(
                Diagnostic::error(
                    Code::UnrecognisedInput,
                    format!("found {found}, which is no report that intransit knows; expected {EXPECTED}"),
                )
                .at(span),
            );
        }
    }

    fn text(&mut self, start: usize, end: usize) {
        let before = (self.certificates.len(), self.diagnostics.len());
        self.pem(start, end);
        if (self.certificates.len(), self.diagnostics.len()) != before {
            return;
        }
        let Some(part) = self.source.text().get(start..end) else { return };
        let at = start + part.len() - part.trim_start().len();
        let words: String = part.trim().lines().next().unwrap_or_default().chars().take(40).collect();
        if words.is_empty() {
            return;
        }
        let already_blanked = self.source.text().get(start..end).is_some_and(|part| part.contains("PRIVATE KEY-----"));
        if !already_blanked {
            self.note(
                Diagnostic::error(Code::UnrecognisedInput, format!("found `{words}`; expected {EXPECTED}"))
                    .at(self.source.span(at, at + words.len())),
            );
        }
    }

    fn pem(&mut self, start: usize, end: usize) {
        let before = self.diagnostics.len();
        let blocks = pem::scan(self.source, start, end, self.diagnostics);
        // Keys were blanked, and said so, before anything else looked at the text.
        let said = self.diagnostics.split_off(before);
        self.diagnostics.extend(said.into_iter().filter(|diagnostic| diagnostic.code != Code::PrivateKeyBlanked));
        for block in blocks {
            match &block.label {
                pem::Label::Certificate => self.certificates.push(block),
                pem::Label::PrivateKey(_) => {}
                pem::Label::Other(label) => {
                    let message = format!("found a PEM block `{label}`, which is not judged; expected certificates");
                    let at = block.span;
                    self.note(Diagnostic::warning(Code::UnusedText, message).at(at));
                }
            }
        }
    }
}

/// When evidence that carries no time was collected, if its supplier says so.
pub(crate) fn collected(declared: &Declared, format: &str) -> Observed<Timestamp> {
    match declared.collected {
        Some(time) => Observed::Known(Fact::new(time, Basis::Declared, [])),
        None => Observed::missing(GapReason::NotStated, format!("{format} carries no time, and none was stated")),
    }
}

enum Part<'a> {
    Json(json::Document<'a>),
    Text(usize, usize),
}

/// An input taken apart into JSON documents and the text between them.
struct Parts<'a> {
    source: &'a SourceText,
    at: usize,
}

impl<'a> Parts<'a> {
    fn of(source: &'a SourceText) -> Self {
        Self { source, at: 0 }
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        let text = self.source.text();
        let rest = text.get(self.at..)?;
        let start = self.at + (rest.len() - rest.trim_start().len());
        if start >= text.len() {
            return None;
        }
        if starts_json(text, start) {
            let document = json::parse(self.source, start);
            self.at = document.end().max(start + 1);
            while !text.is_char_boundary(self.at) {
                self.at += 1;
            }
            return Some(Part::Json(document));
        }
        let mut end = start;
        loop {
            end = match text.get(end..).and_then(|rest| memchr::memchr(b'\n', rest.as_bytes())) {
                Some(line) => end + line + 1,
                None => {
                    end = text.len();
                    break;
                }
            };
            let indent = text.get(end..).map_or(0, |rest| rest.len() - rest.trim_start_matches([' ', '\t']).len());
            if starts_json(text, end + indent) {
                break;
            }
        }
        self.at = end;
        Some(Part::Text(start, end))
    }
}

/// Whether JSON starts here, and not a shell prompt or a line of prose in brackets.
fn starts_json(text: &str, at: usize) -> bool {
    let bytes = text.as_bytes();
    let next = || bytes.get(at + 1..)?.iter().find(|byte| !byte.is_ascii_whitespace() && **byte != b',');
    match bytes.get(at) {
        Some(b'{') => matches!(next(), Some(b'"' | b'}' | b'{') | None),
        Some(b'[') => matches!(next(), Some(b'{' | b'"' | b']' | b'[') | None),
        _ => false,
    }
}
