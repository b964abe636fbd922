//! Certificates in pasted text: a PEM reader for what people and tools really paste.
//!
//! [RFC 7468] describes what is written; mails quote it, JSON escapes it, terminals indent it, chats lose its line
//! ends, and copies are cut off. Whatever is wrong with one block, the next one is read. Time is linear in the text.
//!
//! [RFC 7468]: https://www.rfc-editor.org/rfc/rfc7468

mod armour;
mod body;
mod private_key;

use std::ops::Range;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::source::{SourceText, Span};

use super::certificate::ParsedCertificate;
use super::tlv;
use armour::{Armour, Armours};
use body::{Bad, Until};

pub use private_key::private_keys;

/// More blocks than this are not read from one source, and said so.
pub const MAX_BLOCKS: usize = 200_000;

/// More remarks of one kind than this are counted, not listed.
const MAX_REMARKS: usize = 100;

/// What a block says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Label {
    /// `CERTIFICATE`, `X509 CERTIFICATE`, `TRUSTED CERTIFICATE`, or base64 without armour that is one.
    Certificate,
    /// A private key, by its label. Its bytes are never decoded.
    PrivateKey(String),
    /// Another label: `CERTIFICATE REQUEST`, `X509 CRL`, `PUBLIC KEY`, `PKCS7`, `DH PARAMETERS`.
    Other(String),
}

/// One block that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What it is.
    pub label: Label,
    /// The decoded bytes; empty for private keys.
    pub der: Vec<u8>,
    /// The whole block, armour included.
    pub span: Span,
}

/// Reads all blocks between the byte offsets `start` and `end` of a source, in order.
#[must_use]
pub fn scan(source: &SourceText, start: usize, end: usize, diagnostics: &mut Vec<Diagnostic>) -> Vec<Block> {
    let text = source.text().get(start..end.min(source.text().len())).unwrap_or("");
    let mut scanner = Scanner::new(text);
    scanner.run();
    let place = |range: &Range<usize>| source.span(start + range.start, start + range.end);
    diagnostics.extend(scanner.remarks.iter().map(|remark| Diagnostic {
        code: remark.code,
        severity: remark.severity,
        message: remark.message.clone(),
        span: Some(place(&remark.range)),
        help: remark.help.map(str::to_owned),
    }));
    let blocks = scanner.blocks.into_iter();
    blocks.map(|found| Block { label: found.label, der: found.der, span: place(&found.range) }).collect()
}

/// Decodes the one certificate that a string holds, as scanners embed it in JSON or XML: with or without armour;
/// newlines, spaces or the two characters `\n` between its parts.
///
/// # Errors
/// What was expected and what was found.
pub fn decode_text(text: &str) -> Result<Vec<u8>, String> {
    if Armours::of(text).next().is_some() {
        let mut scanner = Scanner::new(text);
        scanner.run();
        let broken = scanner.remarks.into_iter().find(|remark| remark.severity == Severity::Error);
        let (certificates, others): (Vec<Found>, Vec<Found>) =
            scanner.blocks.into_iter().partition(|block| block.label == Label::Certificate);
        let count = certificates.len();
        return match (certificates.into_iter().next(), broken, others.first()) {
            (_, Some(broken), _) => Err(broken.message),
            (Some(_), ..) if count > 1 => Err(format!("expected one PEM certificate, found {count}")),
            (Some(certificate), None, None) => Ok(certificate.der),
            (_, None, _) => Err("expected a PEM certificate, found another kind of block".to_owned()),
        };
    }
    let body = body::collect(text, Until::End);
    let der = body::decode(&body.symbols).filter(|der| body.bad.is_none() && der.first() == Some(&tlv::SEQUENCE));
    der.ok_or_else(|| {
        let shown: String = text.trim().chars().take(24).collect();
        format!("expected a PEM certificate, found `{}`", shown.escape_debug())
    })
}

struct Found {
    label: Label,
    der: Vec<u8>,
    range: Range<usize>,
}

struct Remark {
    code: Code,
    severity: Severity,
    message: String,
    help: Option<&'static str>,
    range: Range<usize>,
}

struct Scanner<'a> {
    text: &'a str,
    blocks: Vec<Found>,
    remarks: Vec<Remark>,
    broken: usize,
    keys: usize,
    /// The worst of the remarks that are counted and not listed.
    unlisted: Severity,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, blocks: Vec::new(), remarks: Vec::new(), broken: 0, keys: 0, unlisted: Severity::Info }
    }

    fn run(&mut self) {
        let mut open: Option<Armour<'_>> = None;
        let mut behind = 0;
        for armour in Armours::of(self.text) {
            if self.blocks.len() >= MAX_BLOCKS {
                self.remarks.push(Remark {
                    code: Code::InvalidPem,
                    severity: Severity::Error,
                    message: format!("more than {MAX_BLOCKS} PEM blocks; the rest was not read"),
                    help: None,
                    range: armour.start..self.text.len(),
                });
                open = None;
                behind = self.text.len();
                break;
            }
            match (open.take(), armour.begins) {
                (Some(begin), true) => self.unterminated(&begin, armour.start),
                (Some(begin), false) => self.block(&begin, &armour),
                (None, begins) => {
                    self.bare(behind..armour.start);
                    if !begins {
                        self.lone_end(&armour);
                    }
                }
            }
            if armour.begins {
                open = Some(armour);
            }
            behind = armour.end;
        }
        match open {
            Some(begin) => self.unterminated(&begin, self.text.len()),
            None => self.bare(behind..self.text.len()),
        }
        self.summarise();
    }

    /// BEGIN and END.
    fn block(&mut self, begin: &Armour<'_>, end: &Armour<'_>) {
        let range = begin.start..end.end;
        if begin.is_private_key() || end.is_private_key() {
            let key = if begin.is_private_key() { begin } else { end };
            if begin.is_private_key() != end.is_private_key() {
                let message = format!(
                    "the block begins as `{}` and ends as `{}`: it was blanked as a key, and no certificate read from it",
                    begin.label, end.label
                );
                self.remark(Severity::Error, message, begin.start..begin.end);
            }
            return self.private_key(key, range);
        }
        if begin.label != end.label {
            let message = format!("the block begins as `{}` and ends as `{}`", begin.label, end.label);
            self.remark(Severity::Warning, message, end.start..end.end);
        }
        let body = body::collect(self.text.get(begin.end..end.start).unwrap_or(""), Until::End);
        if let Some((at, bad)) = body.bad {
            let at = begin.end + at;
            let (message, length) = match bad {
                Bad::Character(c) => (format!("expected base64, found `{}`", c.escape_debug()), c.len_utf8()),
                Bad::BehindPadding => ("expected the end of the block behind `=`, found more base64".to_owned(), 1),
            };
            return self.remark(Severity::Error, message, at..at + length);
        }
        if body.symbols.is_empty() {
            return self.remark(Severity::Error, format!("the `{}` block is empty", begin.label), range);
        }
        match body::decode(&body.symbols) {
            Some(der) => self.push(begin, der, range),
            None => {
                let message = format!("the base64 has {} symbols: one is missing or one too many", body.symbols.len());
                self.remark(Severity::Error, message, range);
            }
        }
    }

    /// BEGIN, and then another BEGIN or the end of the text.
    fn unterminated(&mut self, begin: &Armour<'_>, next: usize) {
        if begin.is_private_key() {
            return self.private_key(begin, begin.start..next);
        }
        let armour = begin.start..begin.end;
        let label = begin.label;
        let body = body::collect(self.text.get(begin.end..next).unwrap_or(""), Until::Complete);
        if body.complete {
            self.remark(Severity::Warning, format!("expected `-----END {label}-----`, which is missing"), armour);
            if let Some(der) = body::decode(&body.symbols) {
                self.push(begin, der, begin.start..begin.end + body.end);
            }
            return self.bare(begin.end + body.end..next);
        }
        let header = body.symbols.get(..8).and_then(body::decode);
        let claimed = header.and_then(|header| tlv::claimed_length(&header));
        let message = match claimed {
            Some(claimed) => format!(
                "the `{label}` block is cut short: it says it has {claimed} bytes, found {}; its END line is missing",
                body.symbols.len() / 4 * 3
            ),
            None => format!("expected base64 and `-----END {label}-----` behind the BEGIN line"),
        };
        self.remark(Severity::Error, message, armour);
    }

    fn lone_end(&mut self, end: &Armour<'_>) {
        let range = end.start..end.end;
        if end.is_private_key() {
            let message = "what stands before this line was blanked as a key; its BEGIN line is missing".to_owned();
            self.remark(Severity::Error, message, range.clone());
            return self.private_key(end, range);
        }
        let message = format!("`-----END {}-----` stands here without its BEGIN line", end.label);
        self.remark(Severity::Error, message, range);
    }

    fn push(&mut self, begin: &Armour<'_>, mut der: Vec<u8>, range: Range<usize>) {
        let label = match begin.label {
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => Label::Certificate,
            other => Label::Other(other.to_owned()),
        };
        let length = tlv::claimed_length(&der).and_then(|length| usize::try_from(length).ok()).unwrap_or(usize::MAX);
        if label == Label::Certificate && length < der.len() {
            let behind = der.split_off(length);
            let settings = begin.label == "TRUSTED CERTIFICATE" && tlv::is_trust_settings(&behind);
            // Padding of zeros and line ends hides nothing.
            if !settings && behind.iter().any(|byte| !matches!(byte, 0 | b'\r' | b'\n')) {
                let message = format!(
                    "expected one certificate in the `{}` block, found {} more bytes behind it, which were not read",
                    begin.label,
                    behind.len()
                );
                self.remark(Severity::Error, message, range.clone());
            }
        }
        self.blocks.push(Found { label, der, range });
    }

    /// Base64 without armour, which is taken only if it is a certificate: `MII` starts every element of 256 bytes or
    /// more.
    fn bare(&mut self, gap: Range<usize>) {
        const FIRST_RUN: usize = 16;
        let text = self.text.get(gap.clone()).unwrap_or("");
        if text.len() < FIRST_RUN {
            return;
        }
        let finder = memchr::memmem::Finder::new("MII");
        let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        let mut at = 0;
        while let Some(found) = text.as_bytes().get(at..).and_then(|rest| finder.find(rest)) {
            let start = at + found;
            at = start + 3;
            let before = start.checked_sub(1).and_then(|before| text.as_bytes().get(before));
            let first = text.as_bytes().get(start..start + FIRST_RUN).unwrap_or(&[]);
            let inner = body::decode(first).and_then(|bytes| bytes.get(4..).map(<[u8]>::to_vec)).unwrap_or_default();
            let is_element = matches!(inner.first(), Some(&(tlv::SEQUENCE | tlv::INTEGER | tlv::OID)));
            if before.is_some_and(is_base64) || !is_element || !first.iter().all(is_base64) {
                continue;
            }
            let body = body::collect(text.get(start..).unwrap_or(""), Until::Complete);
            at = start + body.end.max(3);
            let range = gap.start + start..gap.start + at;
            let der = body::decode(&body.symbols).filter(|_| body.complete).ok_or("it is cut short".to_owned());
            let read =
                der.and_then(|der| ParsedCertificate::from_der(&der).map(|_| der).map_err(|error| error.to_string()));
            match read {
                Ok(der) => {
                    let message = "a certificate in base64 without its BEGIN and END lines was read".to_owned();
                    self.remark(Severity::Info, message, range.clone());
                    self.blocks.push(Found { label: Label::Certificate, der, range });
                }
                Err(why) => {
                    // A public key, as DKIM records and pins hold it, starts with its short algorithm: it hides nothing.
                    let is_public_key = matches!(inner.as_slice(), [tlv::SEQUENCE, 0..0x80, tlv::OID, ..]);
                    let severity = if is_public_key { Severity::Warning } else { Severity::Error };
                    let message = format!("base64 without BEGIN and END lines is no certificate: {why}");
                    self.remark(severity, message, range);
                }
            }
        }
    }

    fn private_key(&mut self, key: &Armour<'_>, range: Range<usize>) {
        self.blocks.push(Found { label: Label::PrivateKey(key.label.to_owned()), der: Vec::new(), range });
        self.keys += 1;
        if self.keys <= MAX_REMARKS {
            self.remarks.push(Remark {
                code: Code::PrivateKeyBlanked,
                severity: Severity::Error,
                message: format!(
                    "a PRIVATE KEY (`{}`) stands in the input; it was blanked and not used: a private key never \
                     belongs in a paste",
                    key.label
                ),
                help: Some(
                    "if anyone else saw this text, the key is exposed: make a new key, replace the certificate, \
                     revoke the old one",
                ),
                range: key.start..key.end,
            });
        }
    }

    fn remark(&mut self, severity: Severity, message: String, range: Range<usize>) {
        self.broken += 1;
        if self.broken <= MAX_REMARKS {
            self.remarks.push(Remark { code: Code::InvalidPem, severity, message, help: None, range });
        } else {
            self.unlisted = self.unlisted.max(severity);
        }
    }

    fn summarise(&mut self) {
        for (code, severity, count, what) in [
            (Code::InvalidPem, self.unlisted, self.broken, "remarks on PEM blocks"),
            (Code::PrivateKeyBlanked, Severity::Error, self.keys, "private keys"),
        ] {
            if let Some(more) = count.checked_sub(MAX_REMARKS).filter(|more| *more > 0) {
                let message = format!("{more} more {what} are not listed");
                self.remarks.push(Remark { code, severity, message, help: None, range: 0..self.text.len() });
            }
        }
    }
}
