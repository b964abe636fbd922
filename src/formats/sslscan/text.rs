//! The printed form: a heading for each part, a line for each row, and colours where it was copied from a terminal.

use std::borrow::Cow;

use super::Report;
use super::rows::{Suite, Target, curve, dh};
use super::xml::{MAX_TARGETS, field_bits};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{Basis, Der, Fact, GapReason, ReportedCertificate, ServerName};
use crate::formats::Sink;
use crate::formats::service::{address, host};
use crate::formats::stated::openssl_time;
use crate::iana::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};
use crate::source::Span;

const TARGET: &str = "Testing SSL server ";
const ERROR: &str = "ERROR: ";
/// As many rows that cannot be read as are listed.
const MAX_UNREAD: usize = 1000;
const BLOB: &str = "Certificate blob:";

/// Whether a line is one that begins a report: its version, or what stands above a target.
pub(in crate::formats) fn starts(line: &str) -> bool {
    let line = plain(line);
    line.starts_with("Version: 1.")
        || line.starts_with("Version: 2.")
        || line.starts_with(TARGET)
        // Errors stand above everything else where standard output is written late.
        || line.starts_with(ERROR) && (line.contains(" port ") || line.contains(" resolve "))
        || line.strip_prefix("Connected to ").is_some_and(|name| address(name).is_some())
}

/// Whether sslscan printed this: its target lines, or an error above its own version.
pub(in crate::formats) fn recognises(text: &str) -> bool {
    let mut lines = text.lines().map(plain);
    let mut version = false;
    lines.any(|line| {
        let of_library = version && line.starts_with("OpenSSL ");
        version = line.starts_with("Version: ");
        of_library || line.starts_with(TARGET) && line.contains(" using SNI name ")
    })
}

/// Reads one report between two bytes; certificates that stand elsewhere in it go to the others that were pasted.
pub(in crate::formats) fn read(start: usize, end: usize, sink: &mut Sink<'_>) {
    let text = sink.source.text().get(start..end).unwrap_or_default();
    let mut reader =
        Reader { at: start, answered: None, targets: Vec::new(), errors: Vec::new(), version: None, library: None };
    let mut unread = 0;
    for line in text.split_inclusive('\n') {
        let place = sink.source.span(reader.at, reader.at + line.trim_end().len());
        if unread > MAX_UNREAD || reader.targets.len() + reader.errors.len() > MAX_TARGETS {
            let message = "too many targets, or too many rows that cannot be read; the rest of the report was not read";
            sink.note(Diagnostic::error(Code::InputTooLarge, message).at(place));
            break;
        }
        if reader.line(&plain(line.trim_end()), place).is_none() {
            unread += 1;
            let message = "a row of sslscan's report cannot be read, and what it says is taken as unknown";
            sink.note(Diagnostic::error(Code::UnknownValue, message).at(place));
        }
        reader.at += line.len();
    }
    reader.certificates(sink, start, end);
    let Reader { targets, mut errors, version, library, answered, at } = reader;
    if answered.is_some() {
        errors.push(("the report breaks off behind a connection".to_owned(), sink.source.span(at, at)));
    }
    let mut targets: Vec<Target> = targets.into_iter().map(|(target, _)| target).collect();
    for target in &mut targets {
        if target.cut.is_some() && target.described.iter().any(|described| described.not_after.is_some()) {
            target.cut = None;
        }
    }
    let is_empty = targets.is_empty() && errors.is_empty();
    let mut report = Report { sink, version, library };
    report.add(&targets, &errors);
    if is_empty {
        let place = report.sink.source.span(start, start + text.lines().next().unwrap_or_default().len());
        report.nothing(GapReason::Truncated, "the report names no target", place);
    }
}

struct Reader {
    at: usize,
    /// The address of the connection above the next target.
    answered: Option<String>,
    /// Each target, and the part of its report that is being read.
    targets: Vec<(Target, Part)>,
    errors: Vec<(String, Span)>,
    version: Option<String>,
    library: Option<(String, Span)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Versions,
    Fallback,
    Renegotiation,
    Compression,
    Heartbleed,
    Suites,
    Groups,
    Schemes,
    Certificate,
    Other,
}

const PARTS: [(&str, Part); 9] = [
    ("SSL/TLS Protocols:", Part::Versions),
    ("TLS Fallback SCSV:", Part::Fallback),
    ("TLS renegotiation:", Part::Renegotiation),
    ("TLS Compression:", Part::Compression),
    ("Heartbleed:", Part::Heartbleed),
    ("Supported Server Cipher(s):", Part::Suites),
    ("Server Key Exchange Group(s):", Part::Groups),
    ("Server Signature Algorithm(s):", Part::Schemes),
    ("SSL Certificate:", Part::Certificate),
];

impl Reader {
    /// Reads one line; none if it is a row that cannot be read.
    fn line(&mut self, line: &str, place: Span) -> Option<()> {
        if let Some(message) = line.strip_prefix(ERROR) {
            self.errors.push((message.to_owned(), place));
        } else if let Some(name) = line.strip_prefix("Connected to ") {
            self.answered = address(name);
        } else if let Some(words) = line.strip_prefix(TARGET) {
            let mut target = target(words, place)?;
            target.address = self.answered.take();
            target.cut = Some("the report of this target does not end with its certificate");
            self.targets.push((target, Part::Other));
        } else if let Some((target, part)) = self.targets.last_mut() {
            return row(line, place, target, part);
        } else if let Some(version) = line.strip_prefix("Version: ") {
            self.version = Some(version.trim().to_owned());
        } else if line.starts_with("OpenSSL ") && self.library.is_none() {
            let name: Vec<&str> = line.split_whitespace().take(2).collect();
            self.library = Some((name.join(" "), place));
        }
        Some(())
    }

    /// Certificates of `--show-certificate`: each stands under its heading in the report of a target.
    fn certificates(&mut self, sink: &mut Sink<'_>, start: usize, end: usize) {
        let before = sink.certificates.len();
        sink.pem(start, end);
        for block in sink.certificates.split_off(before) {
            let above = sink.source.text().get(start..block.span.start as usize).unwrap_or_default();
            let headed = plain(above.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default());
            let owner = self.targets.iter_mut().rev().find(|(target, _)| target.place.start < block.span.start);
            match owner {
                Some((target, _)) if headed.trim() == BLOB => target.shown.push((Der::new(block.der), block.span)),
                _ => sink.certificates.push(block),
            }
        }
        for (target, _) in &mut self.targets {
            let blobs = target.unread_certificate.take();
            // Every heading has its certificate, or one of them could not be read.
            target.unread_certificate =
                blobs.filter(|place| !target.shown.iter().any(|(_, shown)| shown.start > place.start));
        }
    }
}

/// `192.0.2.1 on port 443 using SNI name a.test`.
fn target(words: &str, place: Span) -> Option<Target> {
    let (name, rest) = words.split_once(" on port ")?;
    let (port, asked) = rest.split_once(" using SNI name ")?;
    let asked = host(asked).map_or(ServerName::Unstated, ServerName::Sent);
    Some(Target::new(Some(host(name)?), port.trim().parse().ok()?, asked, place))
}

fn row(line: &str, place: Span, target: &mut Target, part: &mut Part) -> Option<()> {
    let words = line.trim();
    if let Some((_, next)) = PARTS.iter().find(|(heading, _)| *heading == words) {
        *part = *next;
        return Some(());
    }
    if words.is_empty() {
        return Some(());
    }
    match *part {
        Part::Versions => {
            let (name, state) = words.split_once(char::is_whitespace)?;
            let enabled = match state.trim() {
                "enabled" => true,
                "disabled" | "not enabled" => false,
                _ => return None,
            };
            target.versions.push((ProtocolVersion::from_name(name)?, enabled, place));
        }
        Part::Fallback => match words {
            "Server supports TLS Fallback SCSV" => target.fallback.push((Some(true), place)),
            "Server does not support TLS Fallback SCSV" => target.fallback.push((Some(false), place)),
            _ => target.fallback.push((None, place)),
        },
        Part::Renegotiation => match words {
            "Secure session renegotiation supported" => target.renegotiation.push((true, true, place)),
            "Insecure session renegotiation supported" => target.renegotiation.push((true, false, place)),
            _ => target.renegotiation.push((false, false, place)),
        },
        Part::Compression => match words {
            "Compression disabled" => target.compression.push((false, place)),
            "Compression enabled (CRIME)" => target.compression.push((true, place)),
            _ => target.no_compression_test = target.no_compression_test.or(Some(place)),
        },
        Part::Heartbleed => match words.split_once(' ')?.1 {
            "vulnerable to heartbleed" => target.heartbleed.push((true, place)),
            "not vulnerable to heartbleed" => target.heartbleed.push((false, place)),
            _ => return None,
        },
        Part::Suites if words == "Certificate information cannot be retrieved." => target.cut = None,
        Part::Suites => match suite(words, place) {
            Some(suite) => target.suites.push(suite),
            None => {
                target.unread_suites.push(place);
                return None;
            }
        },
        Part::Groups => {
            target.groups.push((NamedGroup::from_name(words.split_once(" bits ")?.1.trim())?, place));
        }
        Part::Schemes if words.ends_with("Server accepts all signature algorithms.") => target.any_scheme = Some(place),
        Part::Schemes => {
            target.schemes.push((SignatureScheme::from_name(words.split_once(char::is_whitespace)?.1.trim())?, place));
        }
        Part::Certificate => described(line, place, target),
        Part::Other => return None,
    }
    Some(())
}

/// `Preferred TLSv1.2  256 bits  ECDHE-RSA-AES256-GCM-SHA384   Curve 25519 DHE 253 53ms`, or `DHE 1024 bits` at its end.
fn suite(words: &str, place: Span) -> Option<Suite> {
    let mut cells = words.split_whitespace();
    let version = match cells.next()? {
        "Preferred" | "Accepted" => ProtocolVersion::from_name(cells.next()?)?,
        _ => return None,
    };
    let bits = cells.next()?;
    if cells.next()? != "bits" || bits != "??" && bits.parse::<u16>().is_err() {
        return None;
    }
    // With `--show-cipher-ids`, the id stands before the name.
    let name = cells.find(|cell| !cell.starts_with("0x"))?;
    let (mut group, mut parameters) = (None, None);
    match (cells.next(), cells.next(), cells.next()) {
        (Some("Curve"), Some(name), _) => group = curve(name),
        (Some("DHE"), bits, Some("bits")) => parameters = dh(bits.and_then(|bits| bits.parse().ok())),
        _ => {}
    }
    Some(Suite { version, suite: CipherSuite::from_name(name)?, group, dh: parameters, place })
}

/// The short form of a certificate has no indentation; the full form is read by its bytes.
fn described(line: &str, place: Span, target: &mut Target) {
    if line.trim() == BLOB {
        target.unread_certificate = Some(place);
    }
    let Some((label, value)) = line.split_once(':') else { return };
    let value = value.trim();
    if label == "Signature Algorithm" || target.described.is_empty() && label == "Subject" {
        target.described.push(ReportedCertificate::default());
    }
    let Some(described) = target.described.last_mut() else { return };
    let fact = |value: &str| Fact::new(value.to_owned(), Basis::ToolSays, [place]);
    match label {
        "Signature Algorithm" => {}
        "Subject" => described.common_name = Some(fact(value)),
        "RSA Key Strength" => {
            described.key_algorithm = Some(fact("RSA"));
            described.key_bits = value.parse().ok().map(|bits| Fact::new(bits, Basis::ToolSays, [place]));
        }
        "ECC Curve Name" => {
            described.key_algorithm = Some(fact("EC"));
            described.key_bits = field_bits(value, place);
        }
        "Not valid after" => {
            described.not_after = openssl_time(value).map(|end| Fact::new(end, Basis::ToolSays, [place]));
        }
        _ => return,
    }
    described.words.push(place);
}

/// The line without the escape sequences of a terminal: `ESC [ 32 m`.
fn plain(line: &str) -> Cow<'_, str> {
    const ESCAPE: char = '\u{1B}';
    if !line.contains(ESCAPE) {
        return Cow::Borrowed(line);
    }
    let mut pieces = line.split(ESCAPE);
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let is_colour = |(codes, _): &(&str, &str)| codes.chars().all(|c| c.is_ascii_digit() || matches!(c, '[' | ';'));
        plain.push_str(piece.split_once('m').filter(is_colour).map_or(piece, |(_, rest)| rest));
    }
    Cow::Owned(plain)
}
