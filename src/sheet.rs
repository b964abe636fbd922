//! Hand-off sheets: what a partner was told of a certificate for forced TLS, to be compared with the one that is shown.
//!
//! Read are the sheet as `render/sheet.rs` writes it, as text and as Markdown, and tables with the attributes of
//! Microsoft's "TLS certificate information for Exchange Online", in Markdown, tab-separated or as `name: value`. A value
//! that is meant to identify and cannot be read is an error: a pin is never lost in silence.

use crate::diagnostic::{Code, Diagnostic};
use crate::gathered::Gathered;
use crate::letters::{beginning, lower_case};
use crate::pki::is_same_host;
use crate::source::sha256_hex;
use crate::time::Timestamp;

/// More certificates than this are not read from one sheet.
const MOST_RECORDS: usize = 1000;

/// The attributes of a certificate on a sheet, in the order in which they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attribute {
    Host,
    Root,
    RootCertificate,
    RootKey,
    IssuingCa,
    Name,
    AlternativeNames,
    Organization,
    OrganizationUnit,
    KeyStrength,
    ValidFrom,
    ValidUntil,
    Certificate,
    PublicKey,
}

use Attribute::{
    AlternativeNames, Certificate, Host, IssuingCa, KeyStrength, Name, Organization, OrganizationUnit, PublicKey, Root,
    RootCertificate, RootKey, ValidFrom, ValidUntil,
};

/// Every attribute: how it is written, and what else it is called, in lower-case letters and digits.
const ATTRIBUTES: &[(Attribute, &str, &[&str])] = &[
    (Host, "Host", &[]),
    (Root, "Certificate authority root issuer", &["rootissuer", "rootca", "root"]),
    (RootCertificate, "Root certificate SHA-256", &[]),
    (RootKey, "Root public key SHA-256", &[]),
    (IssuingCa, "Issuing CA", &["issuer"]),
    (Name, "Certificate name", &["commonname", "subjectname"]),
    (AlternativeNames, "Subject alternative names", &["alternativenames"]),
    (Organization, "Organization", &["organisation"]),
    (OrganizationUnit, "Organization unit", &["organizationalunit", "organisationunit", "organisationalunit"]),
    (KeyStrength, "Certificate key strength", &["keystrength"]),
    (ValidFrom, "Valid from", &[]),
    (ValidUntil, "Valid until", &[]),
    (Certificate, "Certificate SHA-256", &[]),
    (PublicKey, "Public key SHA-256", &[]),
];

/// What stands where there is nothing to say: such values are read as none.
pub(crate) const NOTHING: &str = "(none)";

/// Values that are read as none; other words in brackets are words.
const ABSENT: [&str; 3] = [NOTHING, "(not proven)", "(not stated)"];

impl Attribute {
    /// How a sheet writes it.
    pub(crate) fn label(self) -> &'static str {
        ATTRIBUTES.iter().find(|(attribute, ..)| *attribute == self).map_or("", |(_, label, _)| label)
    }

    fn of(label: &str) -> Option<Self> {
        let plain = plain(label);
        let named = |(_, label, others): &&(Self, &str, &[&str])| {
            plain == self::plain(label) || others.contains(&plain.as_str())
        };
        ATTRIBUTES.iter().find(named).map(|(attribute, ..)| *attribute)
    }

    /// Whether its value is a SHA-256.
    const fn is_hash(self) -> bool {
        matches!(self, RootCertificate | RootKey | Certificate | PublicKey)
    }
}

/// What a sheet says of one certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SheetRecord {
    values: Vec<(Attribute, String)>,
}

impl SheetRecord {
    /// The value of an attribute; none where the sheet has none, or an empty one.
    pub(crate) fn value(&self, attribute: Attribute) -> Option<&str> {
        let value = self.values.iter().find(|(one, _)| *one == attribute).map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    }

    /// Whether the sheet has the attribute, be it empty.
    pub(crate) fn has(&self, attribute: Attribute) -> bool {
        self.values.iter().any(|(one, _)| *one == attribute)
    }
}

/// A sheet that was given with the evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// What the caller calls it.
    pub name: String,
    /// SHA-256 of its text, lower-case hex.
    pub sha256: String,
    /// What it says, one record for each certificate.
    pub records: Vec<SheetRecord>,
}

impl Sheet {
    /// Reads a sheet.
    ///
    /// # Errors
    /// When it has no attribute that is known, a hash or a time in it cannot be read, a line that may be a pin is not
    /// understood, or an attribute comes again without a host before it.
    pub fn read(name: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let mut records: Vec<SheetRecord> = Vec::new();
        let mut current = SheetRecord::default();
        let mut wrong = |message: String| {
            problems.push(Diagnostic::error(Code::InvalidOption, format!("the sheet `{name}`: {message}")));
        };
        for (number, line) in text.trim_start_matches('\u{FEFF}').lines().enumerate() {
            let known = cells(line).and_then(|(label, value)| Some((Attribute::of(&label)?, value)));
            let Some((attribute, value)) = known else {
                if may_be_pin(line) {
                    let expected =
                        [RootKey, RootCertificate, Certificate, PublicKey].map(Attribute::label).join("`, `");
                    wrong(format!(
                        "line {}: expected `{expected}`, a colon and 64 hex digits, found `{}`",
                        number + 1,
                        beginning(line.trim(), 80)
                    ));
                }
                continue;
            };
            if current.has(attribute) && attribute != Host {
                wrong(format!(
                    "line {}, `{}`: it is there already; expected a line `Host: …` before each further certificate",
                    number + 1,
                    attribute.label()
                ));
                continue;
            }
            if current.has(attribute) {
                records.push(std::mem::take(&mut current));
                if records.len() == MOST_RECORDS {
                    wrong(format!("expected at most {MOST_RECORDS} certificates"));
                    break;
                }
            }
            let is_none = ABSENT.contains(&lower_case(&value).as_str());
            let value = if is_none { String::new() } else { value };
            let place = format!("line {}, `{}`", number + 1, attribute.label());
            let shown = beginning(&value, 80);
            // A pin beside what is read would be lost.
            let read = match attribute {
                Name | AlternativeNames | Organization | OrganizationUnit | Host => hashes(&value),
                _ => usize::from(attribute.is_hash() && !is_none),
            };
            if hashes(line) > read {
                wrong(format!(
                    "{place}: expected no further hash in this line, found `{}`",
                    beginning(line.trim(), 160)
                ));
            }
            if attribute.is_hash() && !is_none {
                let bare = value.strip_prefix('(').and_then(|value| value.strip_suffix(')')).unwrap_or(&value);
                let digits: String = bare.chars().filter(|c| !matches!(c, ':' | ' ')).collect();
                if digits.len() != 64 || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
                    wrong(format!("{place}: expected 64 hex digits, found `{shown}`"));
                }
                current.values.push((attribute, digits.to_ascii_lowercase()));
                continue;
            }
            if matches!(attribute, ValidFrom | ValidUntil)
                && !value.is_empty()
                && let Err(error) = value.parse::<Timestamp>()
            {
                wrong(format!("{place}: {error}"));
            }
            current.values.push((attribute, value));
        }
        let says_something = |record: &SheetRecord| {
            [Name, Root, RootKey, Certificate, PublicKey].iter().any(|one| record.value(*one).is_some())
        };
        records.push(current);
        records.retain(says_something);
        if records.is_empty() && problems.is_empty() {
            let labels: Vec<String> =
                [Root, Name, Certificate].iter().map(|one| format!("`{}`", one.label())).gathered();
            let message = format!(
                "the sheet `{name}`: expected a hand-off sheet with attributes such as {}, found none",
                labels.join(", ")
            );
            problems.push(Diagnostic::error(Code::InvalidOption, message));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self { name: name.to_owned(), sha256: sha256_hex(text.as_bytes()), records })
    }

    /// The records that speak of a host: those that name it, else those that name none. All where the host is not known.
    pub(crate) fn records_for(&self, host: Option<&str>) -> Vec<&SheetRecord> {
        let Some(host) = host else { return self.records.iter().gathered() };
        let names_it = |record: &&SheetRecord| record.value(Host).is_some_and(|named| is_same_host(named, host));
        let named: Vec<&SheetRecord> = self.records.iter().filter(names_it).gathered();
        if !named.is_empty() {
            return named;
        }
        self.records.iter().filter(|record| record.value(Host).is_none()).gathered()
    }

    /// The hosts of the records that none of these is.
    pub(crate) fn hosts_besides<'a>(&'a self, shown: &[String]) -> Vec<&'a str> {
        let hosts = self.records.iter().filter_map(|record| record.value(Host));
        hosts.filter(|named| !shown.iter().any(|host| is_same_host(named, host))).gathered()
    }
}

/// How many runs of hex digits are long enough for a SHA-1, with or without signs between the bytes.
fn hashes(words: &str) -> usize {
    let is_part = |c: char| c.is_ascii_hexdigit() || matches!(c, ':' | ' ' | '-');
    let is_long = |run: &&str| run.chars().filter(char::is_ascii_hexdigit).count() >= 40;
    words.split(|c| !is_part(c)).filter(is_long).count()
}

/// Whether a line that has no known attribute may be meant to identify something.
fn may_be_pin(line: &str) -> bool {
    let line = cleaned(line);
    // What `render/sheet.rs` writes besides: the report's own hash, and why there is no proof.
    let line = match line.split_once("; from the report with SHA-256 ") {
        Some((before, _)) if line.starts_with("Made by ") => before,
        _ => line.trim_start_matches('|'),
    };
    let plain = plain(line);
    if plain.starts_with("notprovenbecause") {
        return false;
    }
    let label = line.split_once([':', '\t', '=', '|']).map(|(label, _)| lower_case(label)).unwrap_or_default();
    let is_word = |word: &str| {
        ["pin", "pins", "pinned", "hash", "digest", "spki", "md5"].contains(&word)
            || word.strip_prefix("sha").is_some_and(|bits| bits.chars().all(|c| c.is_ascii_digit()))
            || ["thumbprint", "fingerprint"].iter().any(|part| word.contains(part))
    };
    let is_hash_label =
        |(one, label, _): &(Attribute, &str, &[&str])| one.is_hash() && plain.starts_with(&self::plain(label));
    hashes(line) > 0 || label.split(|c: char| !c.is_alphanumeric()).any(is_word) || ATTRIBUTES.iter().any(is_hash_label)
}

/// Lower-case letters and digits alone.
fn plain(label: &str) -> String {
    lower_case(label).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The two cells of a line: of a Markdown table, of tab-separated values, or on both sides of a colon.
fn cells(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    if let Some(row) = line.strip_prefix('|') {
        let row = row.replace("\\|", "\u{1}");
        let mut cells = row.split('|');
        return Some((cleaned(cells.next()?), cleaned(cells.next()?)));
    }
    let (label, value) = line.split_once('\t').or_else(|| line.split_once(':'))?;
    Some((cleaned(label), cleaned(value)))
}

/// A cell without Markdown's signs.
fn cleaned(cell: &str) -> String {
    let cell = cell.replace("<br/>", "").replace("<br>", "").replace("**", "").replace('\u{1}', "|");
    let mut out = String::with_capacity(cell.len());
    let mut characters = cell.chars().peekable();
    while let Some(c) = characters.next() {
        // Markdown's escapes; what else follows a backslash keeps it.
        if c == '\\' && characters.peek().is_some_and(char::is_ascii_punctuation) {
            out.extend(characters.next());
        } else if c != '`' {
            out.push(c);
        }
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "ebd41040e4bb3ec742c9e381d31ef2a41a48b6685c96e7cef3c1df6cd4331c99";

    #[test]
    fn tables_of_every_form_are_read() {
        let colons = "Certificate authority root issuer: GlobalSign Root CA\nCertificate name: mail.protection.outlook.com\n\
                      Organization: Microsoft Corporation\nOrganization unit: (none)\nCertificate key strength: 2048\n";
        for text in [
            colons.to_owned(),
            colons.replace(": ", "\t"),
            "| Attribute | Value |\n|:-----|:-----|\n|Certificate authority root issuer  <br/> |GlobalSign Root CA <br/> |\n\
             |Certificate name  <br/> |mail.protection.outlook.com  <br/> |\n|**Organization**  <br/> |Microsoft Corporation  <br/> |\n\
             |Organization unit  <br/> |  <br/> |\n|Certificate key strength  <br/> |2048  <br/> |\n"
                .to_owned(),
        ] {
            let sheet = Sheet::read("sheet.txt", &text).unwrap();
            assert_eq!(sheet.records.len(), 1, "{text}");
            let record = &sheet.records[0];
            let values = [Root, Name, Organization, OrganizationUnit, KeyStrength].map(|one| record.value(one));
            let expected = ["GlobalSign Root CA", "mail.protection.outlook.com", "Microsoft Corporation"].map(Some);
            assert_eq!((&values[..3], values[3], values[4]), (&expected[..], None, Some("2048")), "{text}");
            assert!(record.has(OrganizationUnit));
        }
    }

    #[test]
    fn an_attribute_that_comes_again_begins_another_certificate() {
        let sheet = Sheet::read("s", "Host: a.test\nCertificate name: a\nHost: b.test\nCertificate name: b\n").unwrap();
        assert_eq!(sheet.records.len(), 2);
        assert_eq!(sheet.records_for(Some("B.test.")).len(), 1);
        assert_eq!(sheet.records_for(None).len(), 2);
        assert_eq!(sheet.hosts_besides(&["a.test".to_owned()]), ["b.test"]);
    }

    #[test]
    fn what_identifies_is_read_or_refused() {
        let bytes = HASH.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).into_owned());
        let colons: Vec<String> = bytes.collect();
        let text = format!("Certificate SHA-256: {}", colons.join(":").to_uppercase());
        assert_eq!(Sheet::read("s", &text).unwrap().records[0].value(Certificate), Some(HASH));
        for (text, words) in [
            (
                format!("Certificate SHA-256: {}", HASH.split_at(1).1),
                "line 1, `Certificate SHA-256`: expected 64 hex digits, found `bd4",
            ),
            ("Certificate name: a\nValid until: soon".to_owned(), "line 2, `Valid until`: "),
            (
                "<html>".to_owned(),
                "expected a hand-off sheet with attributes such as `Certificate authority root issuer`",
            ),
            ("Certificate SHA-256: (not proven)".to_owned(), "found none"),
        ] {
            let problems = Sheet::read("s", &text).unwrap_err();
            assert!(problems[0].message.contains(words), "{problems:?}");
        }
    }

    #[test]
    fn no_pin_is_lost() {
        let other = "73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac";
        let (half, rest) = other.split_at(32);
        let good = format!("Host: a.test\nCertificate SHA-256: {HASH}\n");
        assert!(Sheet::read("s", &good).is_ok());
        for (line, words) in [
            (
                "Root public key SHA-256: (WRONG)".to_owned(),
                "line 3, `Root public key SHA-256`: expected 64 hex digits",
            ),
            ("Root public key SHA-256: ".to_owned(), "line 3, `Root public key SHA-256`: expected 64 hex digits"),
            (format!("Root public key SHA-256:\n  {other}"), "line 3, `Root public key SHA-256`: expected 64"),
            (format!("Root public key SHA-256: {half}\n  {rest}"), "line 3, `Root public key SHA-256`: expected 64"),
            (format!("Root public key SHA-256\n{half}\n{rest}"), "line 3: expected `Root public key SHA-256`"),
            (format!("Root public key SHA-256 pin: {other}"), "line 3: expected `Root public key SHA-256`"),
            ("Root CA thumbprint SHA-256: WRONG".to_owned(), "line 3: expected"),
            (format!("Certificate SHA-256 fingerprint: {other}"), "line 3: expected"),
            (format!("Root public key SHA-256 = {other}"), "line 3: expected"),
            ("pin-sha256=\"c8s4WKaHqElMozIwUwFigvPa059Cz2LKTnndoqrH2aw=\"".to_owned(), "line 3: expected"),
            ("Root public key SHA-256   WRONG".to_owned(), "line 3: expected"),
            (format!("Root public key SHA-1: {}", other.split_at(40).0), "line 3: expected"),
            (format!("Root {}", other.to_uppercase()), "line 3: expected"),
            (
                format!("Root CA: Example, {other}"),
                "line 3, `Certificate authority root issuer`: expected no further hash",
            ),
            (format!("| Root public key SHA-256 | (none) | {other} |"), "expected no further hash"),
            (format!("Certificate SHA-256: {other}"), "line 3, `Certificate SHA-256`: it is there already"),
        ] {
            let problems = Sheet::read("s", &format!("{good}{line}\n")).map(|sheet| sheet.records).unwrap_err();
            assert!(problems[0].message.contains(words), "{line}: {problems:?}");
        }
        let brackets = Sheet::read("s", &format!("{good}Root public key SHA-256: ({other})\n")).unwrap();
        assert_eq!(brackets.records[0].value(RootKey), Some(other));
        let written =
            format!("Made by intransit as at 2026-11-22; no roots; from the report with SHA-256 {other}\n{good}");
        assert!(Sheet::read("s", &written).is_ok());
        let besides = format!("{good}Host: (not stated)\nCertificate SHA-256: {other}\n");
        assert_eq!(Sheet::read("s", &besides).unwrap().records_for(Some("a.test")).len(), 1);
    }
}
