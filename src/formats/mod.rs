//! Input formats: recognised by content, one file each, one line each in [`FORMATS`].
//!
//! One input may hold several things: JSON documents one behind another, certificates, and text around them.
//! [`read`] takes it apart, hands each part to its reader and goes on behind what it cannot read.

pub(crate) use self::exchange::property_of;
pub(crate) use self::text::Sink;
use self::text::{collected, read_text};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::evidence::{Evidence, Scan};
use crate::ordered::by_key;
use crate::pki::container::{KeyContainer, key_container};
use crate::pki::parse_host;
use crate::source::{Source, SourceText, sha256_hex};
use crate::time::Timestamp;

mod azure_ipsec;
mod certificates;
mod certutil;
mod cryptolyzer;
mod dig;
mod evidence;
mod exchange;
mod exhibits;
mod foreign;
pub mod json;
mod libreswan;
mod mail;
mod mta_sts;
mod nmap;
mod packed;
mod parts;
mod record;
mod revocation;
mod s_client;
mod secrets;
mod service;
mod smtp_reply;
mod ssllabs;
mod sslscan;
mod sslyze;
mod stated;
mod swanctl;
mod testssl;
mod text;
mod tls_rpt;
mod tls_scan;
mod tlsx;
mod xfrm;
mod xml;
mod zgrab2;
mod zone;

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
        id: evidence::ID,
        title: "intransit evidence",
        commands: evidence::COMMANDS,
        never_shows: evidence::NEVER_SHOWS,
        readers: json_reader(evidence::recognises, evidence::read),
    },
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
        id: certutil::ID,
        title: "certutil -urlfetch",
        commands: certutil::COMMANDS,
        never_shows: certutil::NEVER_SHOWS,
        readers: Readers {
            text: Some(TextReader { starts: certutil::starts, recognises: certutil::recognises, read: certutil::read }),
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
        id: mail::ID,
        title: "message headers",
        commands: mail::COMMANDS,
        never_shows: mail::NEVER_SHOWS,
        readers: Readers {
            text: Some(TextReader { starts: mail::starts, recognises: |_| true, read: mail::read }),
            ..NO_READERS
        },
    },
    Format {
        id: tls_rpt::ID,
        title: "SMTP TLS report",
        commands: tls_rpt::COMMANDS,
        never_shows: tls_rpt::NEVER_SHOWS,
        readers: json_reader(tls_rpt::recognises, tls_rpt::read),
    },
    Format {
        id: mta_sts::ID,
        title: "MTA-STS policy",
        commands: mta_sts::COMMANDS,
        never_shows: mta_sts::NEVER_SHOWS,
        readers: Readers {
            text: Some(TextReader { starts: mta_sts::starts, recognises: |_| true, read: mta_sts::read }),
            ..NO_READERS
        },
    },
    Format {
        id: dig::ID,
        title: "dig, drill or delv",
        commands: dig::COMMANDS,
        never_shows: dig::NEVER_SHOWS,
        readers: Readers {
            text: Some(TextReader { starts: dig::starts, recognises: |_| true, read: dig::read }),
            ..NO_READERS
        },
    },
    Format {
        id: swanctl::ID,
        title: "swanctl --list-sas",
        commands: swanctl::COMMANDS,
        never_shows: swanctl::NEVER_SHOWS,
        readers: Readers {
            text: Some(TextReader { starts: swanctl::starts, recognises: |_| true, read: swanctl::read }),
            ..NO_READERS
        },
    },
    Format {
        id: xfrm::ID,
        title: "ip xfrm",
        commands: xfrm::COMMANDS,
        never_shows: xfrm::NEVER_SHOWS,
        readers: Readers {
            text: Some(TextReader { starts: xfrm::starts, recognises: |_| true, read: xfrm::read }),
            ..NO_READERS
        },
    },
    Format {
        id: libreswan::ID,
        title: "libreswan",
        commands: libreswan::COMMANDS,
        never_shows: libreswan::NEVER_SHOWS,
        readers: Readers {
            text: Some(TextReader { starts: libreswan::starts, recognises: |_| true, read: libreswan::read }),
            ..NO_READERS
        },
    },
    Format {
        id: azure_ipsec::ID,
        title: "Azure IPsec policies",
        commands: azure_ipsec::COMMANDS,
        never_shows: azure_ipsec::NEVER_SHOWS,
        readers: json_reader(azure_ipsec::recognises, azure_ipsec::read),
    },
    Format {
        id: exchange::ID,
        title: "Exchange settings",
        commands: exchange::COMMANDS,
        never_shows: exchange::NEVER_SHOWS,
        readers: Readers {
            json: Some(JsonReader { recognises: exchange::recognises, read: exchange::read }),
            text: Some(TextReader {
                starts: exchange::starts,
                recognises: exchange::recognises_list,
                read: exchange::read_list,
            }),
            ..NO_READERS
        },
    },
    Format {
        id: smtp_reply::ID,
        title: "replies of mail servers",
        commands: smtp_reply::COMMANDS,
        never_shows: smtp_reply::NEVER_SHOWS,
        readers: Readers {
            text: Some(TextReader { starts: smtp_reply::starts, recognises: |_| true, read: smtp_reply::read }),
            ..NO_READERS
        },
    },
    Format {
        id: certificates::ID,
        title: "certificates (PEM, DER or PKCS #7)",
        commands: certificates::COMMANDS,
        never_shows: certificates::NEVER_SHOWS,
        readers: NO_READERS,
    },
    Format {
        id: revocation::ID,
        title: "CRLs and OCSP responses (PEM or DER)",
        commands: revocation::COMMANDS,
        never_shows: revocation::NEVER_SHOWS,
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
        let text = if let Some(container) = key_container(input.bytes).filter(|_| !is_text(input.bytes)) {
            notes.push(key_refused(id, input.name, container));
            String::new()
        } else if input.bytes.first() == Some(&DER_SEQUENCE) && !is_text(input.bytes) {
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

/// What is said of a file that is a private key, or may hold one: nothing of it is read or kept.
fn key_refused(id: u32, name: &str, container: KeyContainer) -> Diagnostic {
    let message =
        format!("`{name}` is {}: it was refused, and nothing of it is kept; your file is unchanged", container.what);
    let help = format!("supply certificates without keys: `{}`", container.instead);
    Diagnostic::error(Code::PrivateKeyBlanked, message)
        .with_help(help)
        .at(SourceText::new(id, String::new()).span(0, 0))
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
