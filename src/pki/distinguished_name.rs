//! Distinguished names ([RFC 5280 §4.1.2.4]): attributes, readable text in the manner of [RFC 4514], comparison.
//!
//! Names are for people. Text that could mislead a reader (controls, direction marks) is escaped.
//!
//! [RFC 5280 §4.1.2.4]: https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.4
//! [RFC 4514]: https://www.rfc-editor.org/rfc/rfc4514

use std::fmt;

use crate::gathered::Gathered;
use crate::letters::lower_case;
use crate::source::hex;

use super::certificate::CertificateError;
use super::oid;
use super::tlv::{self, SEQUENCE, SET, Tlv};

/// The issuer or the subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistinguishedName {
    /// The encoded name, its SEQUENCE header included.
    pub der: Vec<u8>,
    /// The relative names in encoded order, each with its attributes: mostly one.
    pub relative_names: Vec<Vec<Attribute>>,
}

/// One attribute of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The attribute's type, dotted.
    pub oid: String,
    /// The value as text; `#` and the hex of its encoding when it is no readable string.
    pub value: String,
    /// Whether `value` is the decoded text.
    pub decoded: bool,
}

impl DistinguishedName {
    /// Reads a Name; `notes` gets the values that are no readable text.
    pub(super) fn read(name: &Tlv<'_>, notes: &mut Vec<String>) -> Result<Self, CertificateError> {
        let mut relative_names = Vec::new();
        let mut sets = name.inside();
        while !sets.is_empty() {
            let mut attributes = Vec::new();
            let mut members = sets.expect(SET, "a relative distinguished name")?.inside();
            while !members.is_empty() {
                attributes.push(Attribute::read(&members.expect(SEQUENCE, "an attribute")?, notes)?);
            }
            relative_names.push(attributes);
        }
        Ok(Self { der: name.raw.to_vec(), relative_names })
    }

    /// All attributes, in encoded order.
    pub fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.relative_names.iter().flatten()
    }

    /// Whether the name has no attributes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.attributes().next().is_none()
    }

    /// The common names, in encoded order.
    #[must_use]
    pub fn common_names(&self) -> Vec<&str> {
        self.values(oid::COMMON_NAME)
    }

    /// The organization names, in encoded order.
    #[must_use]
    pub fn organizations(&self) -> Vec<&str> {
        self.values(oid::ORGANIZATION)
    }

    /// The organizational unit names, in encoded order.
    #[must_use]
    pub fn organizational_units(&self) -> Vec<&str> {
        self.values(oid::ORGANIZATIONAL_UNIT)
    }

    /// The decoded values of one attribute type (dotted), in encoded order.
    #[must_use]
    pub fn values(&self, oid: &str) -> Vec<&str> {
        self.attributes().filter(|one| one.decoded && one.oid == oid).map(|one| one.value.as_str()).gathered()
    }

    /// Whether both are the same name: equal bytes, or equal attributes after folding case and white space, which is
    /// what [RFC 5280 §7.1] asks for, short of Unicode normalisation.
    ///
    /// [RFC 5280 §7.1]: https://www.rfc-editor.org/rfc/rfc5280#section-7.1
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        self.der == other.der
            || self.relative_names.len() == other.relative_names.len()
                && self
                    .relative_names
                    .iter()
                    .zip(&other.relative_names)
                    .all(|(a, b)| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.oid == b.oid && a.same_text(b)))
    }
}

impl fmt::Display for DistinguishedName {
    /// The last relative name first, as RFC 4514 §2.1 has it: `CN=mail.example, O=Example, C=CH`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, attributes) in self.relative_names.iter().rev().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            for (index, attribute) in attributes.iter().enumerate() {
                if index > 0 {
                    f.write_str("+")?;
                }
                write!(f, "{attribute}")?;
            }
        }
        Ok(())
    }
}

impl Attribute {
    fn read(attribute: &Tlv<'_>, notes: &mut Vec<String>) -> Result<Self, CertificateError> {
        let mut fields = attribute.inside();
        let oid = oid::text(fields.expect(tlv::OID, "an attribute type")?.value);
        let value = fields.element("an attribute value")?;
        Ok(match string(value.tag, value.value) {
            Some(text) => Self { oid, value: text, decoded: true },
            None => {
                let shown = oid::name(&oid).unwrap_or(&oid);
                notes.push(format!("the name's `{shown}` is not a valid {}", tlv::tag_name(value.tag)));
                Self { oid, value: format!("#{}", hex(value.raw)), decoded: false }
            }
        })
    }

    fn same_text(&self, other: &Self) -> bool {
        if !self.value.is_ascii() || !other.value.is_ascii() {
            return self.folded() == other.folded();
        }
        let mut words = other.value.split_whitespace();
        self.value.split_whitespace().all(|word| words.next().is_some_and(|other| other.eq_ignore_ascii_case(word)))
            && words.next().is_none()
    }

    fn folded(&self) -> String {
        lower_case(&self.value.split_whitespace().gathered().join(" "))
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=", oid::name(&self.oid).unwrap_or(&self.oid))?;
        if !self.decoded || is_plain(&self.value) {
            return f.write_str(&self.value);
        }
        let last = self.value.chars().count().saturating_sub(1);
        for (index, c) in self.value.chars().enumerate() {
            let edge_space = c == ' ' && (index == 0 || index == last);
            let leading_hash = c == '#' && index == 0;
            if matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';') || edge_space || leading_hash {
                write!(f, "\\{c}")?;
            } else if c.is_control() || is_invisible(c) {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    write!(f, "\\{byte:02x}")?;
                }
            } else {
                write!(f, "{c}")?;
            }
        }
        Ok(())
    }
}

/// Whether nothing in the text is escaped, as in nearly all of them.
fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'.' | b'-' | b'\'' | b'(' | b')' | b'*' | b'&')
    };
    text.bytes().all(plain) && !text.starts_with(' ') && !text.ends_with(' ')
}

/// Zero-width characters and direction marks.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

/// The text of a string type; issuers put Latin-1 into TeletexString, whatever T.61 says.
pub(super) fn string(tag: u8, value: &[u8]) -> Option<String> {
    match tag {
        0x0C => std::str::from_utf8(value).ok().map(str::to_owned),
        0x12 | 0x13 | 0x16 | 0x1A => std::str::from_utf8(value).ok().filter(|text| text.is_ascii()).map(str::to_owned),
        0x14 => Some(value.iter().copied().map(char::from).collect()),
        0x1E => {
            let units = value.chunks(2).map(|pair| match pair {
                [high, low] => Some(u16::from_be_bytes([*high, *low])),
                _ => None,
            });
            String::from_utf16(&units.collect::<Option<Vec<u16>>>()?).ok()
        }
        0x1C => value
            .chunks(4)
            .map(|unit| <[u8; 4]>::try_from(unit).ok().map(u32::from_be_bytes).and_then(char::from_u32))
            .collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_of_each_type() {
        for (tag, value, expected) in [
            (0x0C, "Zürich".as_bytes(), Some("Zürich")),
            (0x0C, &[0xFF], None),
            (0x13, b"Example", Some("Example")),
            (0x13, &[0xE9], None),
            (0x14, &[b'Z', 0xFC], Some("Zü")),
            (0x16, b"a@b", Some("a@b")),
            (0x1E, &[0x00, 0x5A, 0x00, 0xFC], Some("Zü")),
            (0x1E, &[0x00], None),
            (0x1E, &[0xD8, 0x00], None),
            (0x1C, &[0x00, 0x01, 0xD1, 0x1E], Some("𝄞")),
            (0x1C, &[0x00, 0x01], None),
            (0x04, b"x", None),
        ] {
            assert_eq!(string(tag, value).as_deref(), expected, "{tag:02x} {value:?}");
        }
    }

    fn name(values: &[(&str, &str)]) -> DistinguishedName {
        let attribute = |(oid, value): &(&str, &str)| {
            vec![Attribute { oid: (*oid).to_owned(), value: (*value).to_owned(), decoded: true }]
        };
        DistinguishedName { der: format!("{values:?}").into(), relative_names: values.iter().map(attribute).collect() }
    }

    #[test]
    fn names_are_rendered_most_specific_first_and_escaped() {
        let shown =
            name(&[("2.5.4.6", "CH"), ("2.5.4.10", "Ex, Inc."), ("2.5.4.3", " #a\u{202E}b\n"), ("1.2.3", "#x")]);
        assert_eq!(shown.to_string(), "1.2.3=\\#x, CN=\\ #a\\e2\\80\\aeb\\0a, O=Ex\\, Inc., C=CH");
    }

    #[test]
    fn names_are_compared_folded() {
        let same = |a: &[(&str, &str)], b: &[(&str, &str)]| name(a).same_as(&name(b));
        assert!(same(&[("2.5.4.10", "Example  AG")], &[("2.5.4.10", " example ag ")]));
        assert!(!same(&[("2.5.4.10", "Example")], &[("2.5.4.3", "Example")]));
        assert!(!same(&[("2.5.4.10", "Example")], &[("2.5.4.10", "Examples")]));
        assert!(!same(&[("2.5.4.10", "a")], &[("2.5.4.10", "a"), ("2.5.4.3", "b")]));
    }
}
