//! Input formats: recognised by content, one file each, one line each in [`FORMATS`].
//!
//! One input may hold several things: JSON documents one behind another, certificates, and text around them.
//! [`read`] takes it apart, hands each part to its reader and goes on behind what it cannot read.

use self::parts::{Part, Parts};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::evidence::{Basis, Evidence, Fact, GapReason, Observed, Scan};
use crate::ordered::by_key;
use crate::pki::{ParsedCertificate, parse_host, pem};
use crate::source::{Source, SourceText, sha256_hex};
use crate::time::Timestamp;

mod certificates;
mod cryptolyzer;
mod foreign;
pub mod json;
mod nmap;
mod packed;
mod parts;
mod record;
mod s_client;
mod service;
mod ssllabs;
mod sslscan;
mod sslyze;
mod stated;
mod testssl;
mod tls_scan;
mod tlsx;
mod xml;
mod zgrab2;

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
    readers: Readers,
}

/// How a format is recognised and read, in each of the forms that it has.
struct Readers {
    json: Option<JsonReader>,
    xml: Option<XmlReader>,
    text: Option<TextReader>,
}

/// A format that is read where nothing else takes the text.
const NO_READERS: Readers = Readers { json: None, xml: None, text: None };

const fn json_reader(recognises: fn(json::Value<'_>) -> bool, read: fn(&json::Document<'_>, &mut Sink<'_>)) -> Readers {
    Readers { json: Some(JsonReader { recognises, read }), ..NO_READERS }
}

/// How a JSON format is recognised and read.
struct JsonReader {
    recognises: fn(json::Value<'_>) -> bool,
    read: fn(&json::Document<'_>, &mut Sink<'_>),
}

/// How an XML format is recognised and read.
struct XmlReader {
    recognises: fn(xml::Element<'_>) -> bool,
    read: fn(&xml::Document<'_>, &mut Sink<'_>),
}

/// How a printed form is recognised, and read between two bytes of the source.
struct TextReader {
    /// Whether a line may be the first one of it, or another one that nothing else writes.
    starts: fn(&str) -> bool,
    recognises: fn(&str) -> bool,
    read: fn(usize, usize, &mut Sink<'_>),
}

/// Every format there is, in the order in which they are tried.
pub static FORMATS: &[Format] = &[
    Format {
        id: testssl::ID,
        title: "testssl.sh JSON",
        commands: testssl::COMMANDS,
        never_shows: testssl::NEVER_SHOWS,
        readers: json_reader(testssl::recognises, testssl::read),
    },
    Format {
        id: testssl::CSV_ID,
        title: "testssl.sh CSV",
        commands: testssl::CSV_COMMANDS,
        never_shows: testssl::CSV_NEVER_SHOWS,
        readers: Readers {
            text: Some(TextReader { starts: testssl::starts_csv, recognises: |_| true, read: testssl::read_csv }),
            ..NO_READERS
        },
    },
    Format {
        id: sslyze::ID,
        title: "sslyze JSON",
        commands: sslyze::COMMANDS,
        never_shows: sslyze::NEVER_SHOWS,
        readers: json_reader(sslyze::recognises, sslyze::read),
    },
    Format {
        id: ssllabs::ID,
        title: "SSL Labs JSON",
        commands: ssllabs::COMMANDS,
        never_shows: ssllabs::NEVER_SHOWS,
        readers: json_reader(ssllabs::recognises, ssllabs::read),
    },
    Format {
        id: sslscan::ID,
        title: "sslscan XML or text",
        commands: sslscan::COMMANDS,
        never_shows: sslscan::NEVER_SHOWS,
        readers: Readers {
            xml: Some(XmlReader { recognises: sslscan::recognises_xml, read: sslscan::read_xml }),
            text: Some(TextReader {
                starts: sslscan::starts_text,
                recognises: sslscan::recognises_text,
                read: sslscan::read_text,
            }),
            ..NO_READERS
        },
    },
    Format {
        id: nmap::ID,
        title: "nmap XML",
        commands: nmap::COMMANDS,
        never_shows: nmap::NEVER_SHOWS,
        readers: Readers { xml: Some(XmlReader { recognises: nmap::recognises, read: nmap::read }), ..NO_READERS },
    },
    Format {
        id: s_client::ID,
        title: "openssl s_client",
        commands: s_client::COMMANDS,
        never_shows: s_client::NEVER_SHOWS,
        readers: Readers {
            text: Some(TextReader { starts: s_client::starts, recognises: s_client::recognises, read: s_client::read }),
            ..NO_READERS
        },
    },
    Format {
        id: tlsx::ID,
        title: "tlsx or httpx JSON lines",
        commands: tlsx::COMMANDS,
        never_shows: tlsx::NEVER_SHOWS,
        readers: json_reader(tlsx::recognises, tlsx::read),
    },
    Format {
        id: zgrab2::ID,
        title: "zgrab2 JSON lines",
        commands: zgrab2::COMMANDS,
        never_shows: zgrab2::NEVER_SHOWS,
        readers: json_reader(zgrab2::recognises, zgrab2::read),
    },
    Format {
        id: tls_scan::ID,
        title: "tls-scan JSON",
        commands: tls_scan::COMMANDS,
        never_shows: tls_scan::NEVER_SHOWS,
        readers: Readers {
            json: Some(JsonReader { recognises: tls_scan::recognises, read: tls_scan::read }),
            text: Some(TextReader {
                starts: tls_scan::starts_summary,
                recognises: tls_scan::recognises_summary,
                read: tls_scan::read_summary,
            }),
            ..NO_READERS
        },
    },
    Format {
        id: cryptolyzer::ID,
        title: "CryptoLyzer JSON",
        commands: cryptolyzer::COMMANDS,
        never_shows: cryptolyzer::NEVER_SHOWS,
        readers: json_reader(cryptolyzer::recognises, cryptolyzer::read),
    },
    Format {
        id: certificates::ID,
        title: "certificates (PEM or DER)",
        commands: certificates::COMMANDS,
        never_shows: certificates::NEVER_SHOWS,
        readers: NO_READERS,
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

impl Declared {
    /// What is stated; blanks around the host are left out, and an empty one is none.
    ///
    /// # Errors
    /// When the host is neither a name nor an address: what was expected and what was found.
    pub fn new(collected: Option<Timestamp>, host: Option<&str>) -> Result<Self, Diagnostic> {
        let host = host.map(str::trim).filter(|host| !host.is_empty());
        if let Some(message) = host.and_then(|host| parse_host(host).err()) {
            let found = message.strip_prefix("expected a host name or address").unwrap_or(&message);
            return Err(Diagnostic::error(
                Code::InvalidOption,
                format!("`--host` (option `host`): expected a name or an address such as `mail.example.com`{found}"),
            ));
        }
        Ok(Self { collected, host: host.map(str::to_owned) })
    }
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
    let mut reader =
        Reader { declared, sources: Vec::new(), texts: Vec::new(), scans: Vec::new(), diagnostics: Vec::new() };
    // Files out of archives stand behind all inputs, so that these keep their positions.
    let mut packed = Vec::new();
    for input in inputs {
        if packed::is_packed(input.bytes) {
            packed.push((reader.add(input, None), input));
            reader.texts.push(String::new());
        } else {
            reader.read(input, None, Vec::new());
        }
    }
    for (id, input) in packed {
        let mut notes = packed::unpack(input.name, input.bytes, &mut |member, notes| {
            reader.read(&Input::new(&member.name, &member.bytes), Some(id), notes);
        });
        reader.diagnostics.append(&mut notes);
    }
    let Reader { sources, texts, scans, diagnostics, .. } = reader;
    let evidence = Evidence { scans, ..Evidence::new(sources) };
    Reading { evidence, texts, diagnostics }
}

/// What was read so far.
struct Reader<'a> {
    declared: &'a Declared,
    sources: Vec<Source>,
    texts: Vec<String>,
    scans: Vec<Scan>,
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    /// Adds a source; its position.
    fn add(&mut self, input: &Input<'_>, unpacked_from: Option<u32>) -> u32 {
        let id = u32::try_from(self.sources.len()).unwrap_or(u32::MAX);
        self.sources.push(Source {
            id,
            name: input.name.to_owned(),
            sha256: sha256_hex(input.bytes),
            bytes: u32::try_from(input.bytes.len()).unwrap_or(u32::MAX),
            unpacked_from,
        });
        id
    }

    /// Reads an input as it is, with what there is to say about it already.
    fn read(&mut self, input: &Input<'_>, unpacked_from: Option<u32>, mut notes: Vec<Diagnostic>) {
        let id = self.add(input, unpacked_from);
        let text = if input.bytes.first() == Some(&DER_SEQUENCE) && !is_text(input.bytes) {
            certificates::read_der(id, input, self.declared, &mut self.scans, &mut notes);
            String::new()
        } else {
            read_text(id, input, self.declared, &mut self.scans, &mut notes)
        };
        self.texts.push(text);
        cut(&mut notes, input.name);
        self.diagnostics.append(&mut notes);
    }
}

/// Keeps the most serious diagnostics; an error that is not listed is still an error.
fn cut(notes: &mut Vec<Diagnostic>, name: &str) {
    if notes.len() <= MAX_DIAGNOSTICS {
        return;
    }
    *notes = by_key(std::mem::take(notes), |note| match (note.severity, note.code) {
        (Severity::Error, Code::PrivateKeyBlanked) => 1,
        (Severity::Error, _) => 0,
        (Severity::Warning, _) => 2,
        (Severity::Info, _) => 3,
    });
    let dropped = notes.split_off(MAX_DIAGNOSTICS);
    let message = format!("`{name}` has {} more problems, which are not listed", dropped.len());
    // They are sorted: the first one that was dropped is the worst.
    notes.extend(dropped.first().map(|worst| match (worst.severity, worst.code) {
        (Severity::Error, Code::PrivateKeyBlanked) => Diagnostic::error(Code::PrivateKeyBlanked, message),
        (Severity::Error, _) => Diagnostic::error(Code::UnusedText, message),
        _ => Diagnostic::warning(Code::UnusedText, message),
    }));
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
    if let Some(what) = foreign::file(input.bytes) {
        let message = format!("`{}` is binary: {what}; expected {EXPECTED}", input.name);
        diagnostics.push(Diagnostic::error(Code::BinaryInput, message));
        return String::new();
    }
    let mut source = match SourceText::decode(id, input.name, input.bytes, diagnostics) {
        Ok(source) => source,
        Err(problem) => {
            diagnostics.push(problem);
            return String::new();
        }
    };
    blank_private_keys(input.name, &mut source, diagnostics);
    if source.text().trim().is_empty() {
        diagnostics.push(
            Diagnostic::error(Code::EmptyInput, format!("`{}` is empty; expected {EXPECTED}", input.name))
                .at(source.span(0, 0)),
        );
        return source.into_text();
    }
    let mut sink = Sink { source: &source, declared, scans: Vec::new(), certificates: Vec::new(), diagnostics };
    for part in Parts::of(&source) {
        match part {
            Part::Json(document) => sink.json(&document),
            Part::Xml(document) => sink.xml(&document),
            Part::Text(start, end) => sink.text(start, end),
        }
    }
    let Sink { scans: mut found, certificates, .. } = sink;
    certificates::into_scan(&source, certificates, declared, &mut found, diagnostics);
    if found.is_empty() && !diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        let at = source.text().len() - source.text().trim_start().len();
        diagnostics.push(
            Diagnostic::error(
                Code::UnrecognisedInput,
                format!("nothing in `{}` could be judged; expected {EXPECTED}", input.name),
            )
            .at(source.span(at, at)),
        );
    }
    if found.is_empty() && diagnostics.iter().any(|diagnostic| diagnostic.code == Code::UnrecognisedInput) {
        diagnostics.retain(|diagnostic| diagnostic.code != Code::NotUtf8);
    }
    scans.append(&mut found);
    source.into_text()
}

const EXPECTED: &str = "PEM or DER certificates, or a scan report (JSON of testssl.sh, sslyze, SSL Labs, tlsx, httpx, zgrab2, tls-scan or CryptoLyzer, CSV of testssl.sh, XML of nmap, XML or text of sslscan, text of openssl s_client)";

fn blank_private_keys(name: &str, source: &mut SourceText, diagnostics: &mut Vec<Diagnostic>) {
    let ranges = pem::private_keys(source.text());
    let mut behind = None;
    for range in &ranges {
        let between = behind.replace(range.end).and_then(|behind| source.text().get(behind..range.start));
        // What was blanked of one key may be several lines; an armour line stands between two keys.
        if between.is_some_and(|between| !between.contains("PRIVATE KEY")) {
            continue;
        }
        diagnostics.push(
            Diagnostic::error(
                Code::PrivateKeyBlanked,
                format!("`{name}` contains a private key: it was left out of everything; your file is unchanged"),
            )
            .at(source.span(range.start, range.end))
            .with_help("treat the key as exposed if anybody else could see this text: make a new one and have the certificate reissued"),
        );
    }
    source.blank_all(&ranges);
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
        let reader =
            FORMATS.iter().filter_map(|format| format.readers.json.as_ref()).find(|reader| (reader.recognises)(root));
        if let Some(reader) = reader {
            self.diagnostics.extend(document.diagnostics().iter().cloned());
            (reader.read)(document, self);
            return;
        }
        let span = root.span();
        let before = self.certificates.len();
        self.pem(span.start as usize, document.end());
        let keys: Vec<String> =
            root.members().take(5).filter_map(|(key, _)| key.as_str().map(|name| format!("`{name}`"))).collect();
        let found = if keys.is_empty() { "JSON".to_owned() } else { format!("JSON with the keys {}", keys.join(", ")) };
        let only = if self.certificates.len() == before { "" } else { "; only the certificates in it were read" };
        self.note(
            Diagnostic::error(
                Code::UnrecognisedInput,
                format!("found {found}, which is no report that intransit knows{only}; expected {EXPECTED}"),
            )
            .at(span),
        );
    }

    fn xml(&mut self, document: &xml::Document<'_>) {
        self.diagnostics.extend(document.diagnostics().iter().cloned());
        let Some(root) = document.root() else { return };
        let mut readers = FORMATS.iter().filter_map(|format| format.readers.xml.as_ref());
        if let Some(reader) = readers.find(|reader| (reader.recognises)(root)) {
            (reader.read)(document, self);
            return;
        }
        let before = self.certificates.len();
        self.pem(root.span().start as usize, document.end());
        let only = if self.certificates.len() == before { "" } else { "; only the certificates in it were read" };
        let name: String = root.name().chars().take(40).collect();
        let message =
            format!("found XML of `{name}`, which is no report that intransit knows{only}; expected {EXPECTED}");
        self.note(Diagnostic::error(Code::UnrecognisedInput, message).at(root.opening()));
    }

    fn text(&mut self, start: usize, end: usize) {
        let before = (self.certificates.len(), self.diagnostics.len());
        let Some(part) = self.source.text().get(start..end) else { return };
        let mut is_read = false;
        for (reader, from, to) in pieces(part) {
            let piece = part.get(from..to).unwrap_or_default();
            match reader.filter(|reader| (reader.recognises)(piece)) {
                Some(reader) => {
                    (reader.read)(start + from, start + to, self);
                    is_read = true;
                }
                None => self.pem(start + from, start + to),
            }
        }
        if let Some((at, length, what)) = foreign::report(part) {
            let span = self.source.span(start + at, start + at + length);
            self.note(Diagnostic::error(Code::UnrecognisedInput, format!("found {what}")).at(span));
        }
        if is_read || (self.certificates.len(), self.diagnostics.len()) != before {
            return;
        }
        let at = start + part.len() - part.trim_start().len();
        let words: String = part.trim().lines().next().unwrap_or_default().chars().take(40).collect();
        if words.is_empty() || part.contains("PRIVATE KEY-----") {
            return;
        }
        let what = if foreign::is_web_page(part.trim_start()) { "a web page, " } else { "" };
        self.note(
            Diagnostic::error(Code::UnrecognisedInput, format!("found {what}`{words}`; expected {EXPECTED}"))
                .at(self.source.span(at, at + words.len())),
        );
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
                    let note = if hides_certificates(label, &block.der) {
                        let message = format!("a PEM block `{label}` was not read; expected `CERTIFICATE` blocks");
                        Diagnostic::error(Code::InvalidPem, message)
                            .with_help("openssl pkcs7 -print_certs -in FILE (PKCS7) writes the certificates in it")
                    } else {
                        let message =
                            format!("found a PEM block `{label}`, which is not judged; expected certificates");
                        Diagnostic::warning(Code::UnusedText, message)
                    };
                    self.note(note.at(block.span));
                }
            }
        }
    }
}

/// A text taken apart where the printed form of another tool begins: each piece with the reader that its first line asks
/// for.
fn pieces(text: &str) -> Vec<(Option<&'static TextReader>, usize, usize)> {
    let readers: Vec<&'static TextReader> = FORMATS.iter().filter_map(|format| format.readers.text.as_ref()).collect();
    let mut pieces: Vec<(Option<usize>, usize, usize)> = vec![(None, 0, 0)];
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let next = at + line.len();
        let owner = readers.iter().position(|reader| (reader.starts)(line));
        match pieces.last_mut() {
            Some((current, _, end)) if owner.is_none() || *current == owner => *end = next,
            _ => pieces.push((owner, at, next)),
        }
        at = next;
    }
    let named =
        pieces.into_iter().map(|(owner, start, end)| (owner.and_then(|at| readers.get(at).copied()), start, end));
    named.collect()
}

/// Whether certificates may stand in a block of another label. A request is none.
fn hides_certificates(label: &str, der: &[u8]) -> bool {
    let named = ["CERTIFICATE", "PKCS7", "PKCS #7", "PKCS12", "CMS"].into_iter().any(|word| label.contains(word));
    (named && !label.ends_with("CERTIFICATE REQUEST"))
        || foreign::der(der).is_some()
        || ParsedCertificate::from_der(der).is_ok()
}

/// When evidence that carries no time was collected, if its supplier says so.
pub(crate) fn collected(declared: &Declared, format: &str) -> Observed<Timestamp> {
    match declared.collected {
        Some(time) => Observed::Known(Fact::new(time, Basis::Declared, [])),
        None => Observed::missing(GapReason::NotStated, format!("{format} carries no time, and none was stated")),
    }
}
