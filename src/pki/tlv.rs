//! Tag, length, value: walking DER ([X.690] §8.1, §10.1) with the place of every element.
//!
//! The typed decoders of `der` stop at the first oddity of a structure and tell no offsets inside it. This walker
//! gives every element its offset in the certificate, so that each field is decoded, and reported, by itself.
//!
//! [X.690]: https://www.itu.int/rec/T-REC-X.690

use super::certificate::CertificateError;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// One element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tlv<'a> {
    /// Identifier octet.
    pub tag: u8,
    /// Offset of the identifier octet in the certificate.
    pub start: usize,
    /// Offset of the first content octet.
    pub value_start: usize,
    /// Contents.
    pub value: &'a [u8],
    /// Identifier, length and contents.
    pub raw: &'a [u8],
}

impl<'a> Tlv<'a> {
    /// A walker over the contents.
    pub(super) fn inside(&self) -> Walker<'a> {
        Walker::new(self.value, self.value_start)
    }

    /// The offset behind the last content octet.
    pub(super) fn end(&self) -> usize {
        self.start + self.raw.len()
    }
}

/// Goes through the elements that stand one after the other.
#[derive(Debug, Clone)]
pub(super) struct Walker<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Walker<'a> {
    /// Over `bytes`, which stand at offset `base` of the certificate.
    pub(super) fn new(bytes: &'a [u8], base: usize) -> Self {
        Self { rest: bytes, at: base }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The identifier octet of the next element.
    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The offset of the next element.
    pub(super) fn offset(&self) -> usize {
        self.at
    }

    /// The next element.
    pub(super) fn element(&mut self, what: &str) -> Result<Tlv<'a>, CertificateError> {
        let start = self.at;
        let fail = |offset: usize, message: String| Err(CertificateError { offset, message });
        let (Some(&tag), after_tag) = (self.rest.first(), self.rest.get(1..).unwrap_or(&[])) else {
            return fail(start, format!("expected {what}, found the end"));
        };
        if tag & 0x1F == 0x1F {
            return fail(start, format!("expected {what}, found a tag of more than one byte"));
        }
        let Some(header) = Header::read(after_tag) else {
            return fail(start + 1, format!("expected the length of {what}, found the end"));
        };
        let (length, length_octets) = match header {
            Header::Definite { length, octets } => (length, octets),
            Header::Indefinite => {
                return fail(start + 1, format!("{what} has the indefinite length of BER; expected DER"));
            }
            Header::TooLong => return fail(start + 1, format!("{what} has a length of more than four bytes")),
            Header::Padded => {
                return fail(start + 1, format!("the length of {what} is padded as in BER; expected DER"));
            }
        };
        let contents = after_tag.get(length_octets..).unwrap_or(&[]);
        let Some(value) = usize::try_from(length).ok().and_then(|length| contents.get(..length)) else {
            return fail(start + 1, format!("{what} claims {length} bytes, found {}", contents.len()));
        };
        let total = 1 + length_octets + value.len();
        let raw = self.rest.get(..total).unwrap_or(&[]);
        self.rest = self.rest.get(total..).unwrap_or(&[]);
        self.at = start + total;
        Ok(Tlv { tag, start, value_start: start + 1 + length_octets, value, raw })
    }

    /// The next element, which must have the tag.
    pub(super) fn expect(&mut self, tag: u8, what: &str) -> Result<Tlv<'a>, CertificateError> {
        match self.peek() {
            Some(found) if found != tag => Err(CertificateError {
                offset: self.at,
                message: format!("expected {} ({what}), found {}", tag_name(tag), tag_name(found)),
            }),
            _ => self.element(what),
        }
    }

    /// The next element, if it has the tag.
    pub(super) fn optional(&mut self, tag: u8, what: &str) -> Result<Option<Tlv<'a>>, CertificateError> {
        if self.peek() == Some(tag) { self.element(what).map(Some) } else { Ok(None) }
    }
}

/// The one SEQUENCE that these bytes are.
pub(super) fn only<'a>(bytes: &'a [u8], what: &str) -> Result<Tlv<'a>, CertificateError> {
    let mut input = Walker::new(bytes, 0);
    let found = input.expect(SEQUENCE, what)?;
    if input.is_empty() {
        return Ok(found);
    }
    Err(CertificateError { offset: input.offset(), message: format!("expected the end of {what}, found more bytes") })
}

enum Header {
    Definite { length: u32, octets: usize },
    Indefinite,
    TooLong,
    Padded,
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Self> {
        let first = *bytes.first()?;
        if first < 0x80 {
            return Some(Self::Definite { length: u32::from(first), octets: 1 });
        }
        let count = usize::from(first & 0x7F);
        match count {
            0 => return Some(Self::Indefinite),
            5.. => return Some(Self::TooLong),
            _ => {}
        }
        let length = bytes.get(1..=count)?.iter().fold(0u32, |sum, byte| sum << 8 | u32::from(*byte));
        let shortest = match length {
            0..=0x7F => 0,
            0x80..=0xFF => 1,
            0x100..=0xFFFF => 2,
            0x1_0000..=0xFF_FFFF => 3,
            _ => 4,
        };
        Some(if count == shortest { Self::Definite { length, octets: 1 + count } } else { Self::Padded })
    }
}

/// How many bytes the element at the start of `bytes` has in all, by its own header; `None` if that cannot be told.
pub(super) fn claimed_length(bytes: &[u8]) -> Option<u64> {
    match Header::read(bytes.get(1..)?)? {
        Header::Definite { length, octets } => Some(u64::from(length) + octets as u64 + 1),
        _ => None,
    }
}

/// Whether these bytes are what OpenSSL writes behind a `TRUSTED CERTIFICATE`: its `X509_CERT_AUX`, without the field
/// for other algorithms, in which anything could stand.
pub(super) fn is_trust_settings(bytes: &[u8]) -> bool {
    const LONGEST_KEY_IDENTIFIER: usize = 64;
    let uses = |list: Option<Tlv<'_>>| -> Result<(), CertificateError> {
        let Some(list) = list else { return Ok(()) };
        let mut list = list.inside();
        while !list.is_empty() {
            list.expect(OID, "a use")?;
        }
        Ok(())
    };
    let read = || -> Result<bool, CertificateError> {
        let mut input = Walker::new(bytes, 0);
        let mut fields = input.expect(SEQUENCE, "trust settings")?.inside();
        uses(fields.optional(SEQUENCE, "trusted uses")?)?;
        uses(fields.optional(0xA0, "rejected uses")?)?;
        fields.optional(0x0C, "the alias")?;
        let key = fields.optional(OCTET_STRING, "the key identifier")?;
        let short = key.is_none_or(|key| key.value.len() <= LONGEST_KEY_IDENTIFIER);
        Ok(short && fields.is_empty() && input.is_empty())
    };
    read().unwrap_or(false)
}

/// What people call a tag.
pub(super) fn tag_name(tag: u8) -> String {
    let known = match tag {
        0x01 => "BOOLEAN",
        INTEGER => "INTEGER",
        BIT_STRING => "BIT STRING",
        OCTET_STRING => "OCTET STRING",
        0x05 => "NULL",
        OID => "OBJECT IDENTIFIER",
        0x0C => "UTF8String",
        0x12 => "NumericString",
        0x13 => "PrintableString",
        0x14 => "TeletexString",
        0x16 => "IA5String",
        0x17 => "UTCTime",
        0x18 => "GeneralizedTime",
        0x1C => "UniversalString",
        0x1E => "BMPString",
        SEQUENCE => "SEQUENCE",
        SET => "SET",
        0x80..=0xBE => return format!("[{}]", tag & 0x1F),
        _ => return format!("tag 0x{tag:02x}"),
    };
    known.to_owned()
}

/// The octets of a BIT STRING that has no unused bits.
pub(super) fn whole_bits(value: &[u8]) -> Option<&[u8]> {
    match value {
        [0, octets @ ..] => Some(octets),
        _ => None,
    }
}

/// The magnitude of a non-negative INTEGER, without leading zeros; `None` when it is empty or negative.
pub(super) fn magnitude(value: &[u8]) -> Option<&[u8]> {
    if value.first()? & 0x80 != 0 {
        return None;
    }
    let zeros = value.iter().take_while(|byte| **byte == 0).count();
    value.get(zeros..)
}

/// How many bits a magnitude has: leading zero bits are not counted.
pub(super) fn bit_length(magnitude: &[u8]) -> Option<u32> {
    let top = magnitude.first().map_or(0, |byte| 8 - byte.leading_zeros());
    let rest = u32::try_from(magnitude.len().saturating_sub(1)).ok()?;
    rest.checked_mul(8)?.checked_add(top)
}

/// A magnitude as a number, if it fits.
pub(super) fn to_u64(magnitude: &[u8]) -> Option<u64> {
    (magnitude.len() <= 8).then(|| magnitude.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_bounded_by_the_input_and_errors_tell_the_byte() {
        for (bytes, error) in [
            (&[][..], "expected it, found the end at byte 7"),
            (&[0x30], "expected the length of it, found the end at byte 8"),
            (&[0x30, 0x80], "it has the indefinite length of BER; expected DER at byte 8"),
            (&[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 1], "it claims 4294967295 bytes, found 1 at byte 8"),
            (&[0x30, 0x85, 1, 0, 0, 0, 0], "it has a length of more than four bytes at byte 8"),
            (&[0x30, 0x81, 1, 0], "the length of it is padded as in BER; expected DER at byte 8"),
            (&[0x3F, 0x81, 1, 0], "expected it, found a tag of more than one byte at byte 7"),
        ] {
            assert_eq!(Walker::new(bytes, 7).element("it").unwrap_err().to_string(), error, "{bytes:?}");
        }
        let error = Walker::new(&[0x31, 0], 0).expect(SEQUENCE, "names").unwrap_err();
        assert_eq!(error.to_string(), "expected SEQUENCE (names), found SET at byte 0");
    }

    #[test]
    fn bits_are_counted_from_the_value() {
        for (value, bits) in [
            (&[0x00][..], Some(0)),
            (&[0x01], Some(1)),
            (&[0x00, 0x80], Some(8)),
            (&[0x00, 0x00, 0x7F, 0xFF], Some(15)),
            (&[0x80], None),
            (&[], None),
        ] {
            assert_eq!(magnitude(value).and_then(bit_length), bits, "{value:?}");
        }
    }
}
