//! Reports as JSON text ([RFC 8259]), byte for byte as `serde_json` writes them, in one line or indented.
//!
//! A report is thousands of times as large as anything else that is written, and its JSON is written for every hash.
//! One writer for both layouts is smaller than a generic one for each, and looks at eight bytes of a string at once.
//!
//! [RFC 8259]: https://www.rfc-editor.org/rfc/rfc8259

use std::fmt;

use serde::ser::{
    Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    Serializer,
};

/// The value as JSON without white space, in a buffer that begins with room for `capacity` bytes.
///
/// # Errors
/// When it has what no wire type has: floating point numbers, raw bytes, structures without names for their fields, keys
/// that are no strings.
pub(crate) fn compact(value: &impl Serialize, capacity: usize) -> Result<String, fmt::Error> {
    let mut writer = Writer { out: String::with_capacity(capacity), indented: false, depth: 0 };
    value.serialize(&mut writer)?;
    Ok(writer.out)
}

/// The value as JSON with one member or element a line, indented by two blanks.
///
/// # Errors
/// As [`compact`].
pub(crate) fn indented(value: &impl Serialize) -> Result<String, fmt::Error> {
    let mut writer = Writer { out: String::new(), indented: true, depth: 0 };
    value.serialize(&mut writer)?;
    Ok(writer.out)
}

struct Writer {
    out: String,
    indented: bool,
    depth: usize,
}

impl Writer {
    fn open(&mut self, bracket: char) -> List<'_> {
        self.out.push(bracket);
        self.depth += 1;
        List { writer: self, is_empty: true }
    }

    /// What stands in front of an element or a member.
    fn separate(&mut self, is_first: bool) {
        if !is_first {
            self.out.push(',');
        }
        if self.indented {
            self.new_line();
        }
    }

    fn new_line(&mut self) {
        self.out.push('\n');
        for _ in 0..self.depth {
            self.out.push_str("  ");
        }
    }

    fn close(&mut self, bracket: char, is_empty: bool) {
        self.depth = self.depth.saturating_sub(1);
        if self.indented && !is_empty {
            self.new_line();
        }
        self.out.push(bracket);
    }

    fn colon(&mut self) {
        self.out.push(':');
        if self.indented {
            self.out.push(' ');
        }
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        if has_escapes(text.as_bytes()) {
            self.escaped(text);
        } else {
            self.out.push_str(text);
        }
        self.out.push('"');
    }

    fn escaped(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\u{8}' => self.out.push_str("\\b"),
                '\t' => self.out.push_str("\\t"),
                '\n' => self.out.push_str("\\n"),
                '\u{C}' => self.out.push_str("\\f"),
                '\r' => self.out.push_str("\\r"),
                '\0'..='\u{1F}' => {
                    self.out.push_str("\\u00");
                    self.out.push_str(&crate::source::hex(&[u8::try_from(c).unwrap_or_default()]));
                }
                _ => self.out.push(c),
            }
        }
    }

    fn number(&mut self, mut number: u64) {
        const MOST_DIGITS: usize = 20;
        let mut digits = [b'0'; MOST_DIGITS];
        let mut count = 0;
        for digit in digits.iter_mut().rev() {
            // The remainder is below ten.
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
            count += 1;
            if number == 0 {
                break;
            }
        }
        let digits = digits.get(MOST_DIGITS - count..).unwrap_or_default();
        for digit in digits {
            self.out.push(char::from(*digit));
        }
    }
}

/// Whether one of the bytes is a quote, a backslash or a control character below U+0020.
fn has_escapes(bytes: &[u8]) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);
    const BLANKS: u64 = u64::from_ne_bytes([0x20; 8]);
    const QUOTES: u64 = u64::from_ne_bytes([b'"'; 8]);
    const BACKSLASHES: u64 = u64::from_ne_bytes([b'\\'; 8]);
    let (chunks, tail) = bytes.as_chunks::<8>();
    // A byte below the one that is taken off borrows into its highest bit; so does none if no byte is below.
    let below = |word: u64, bound: u64| word.wrapping_sub(bound) & !word & HIGHS;
    chunks.iter().any(|chunk| {
        let word = u64::from_le_bytes(*chunk);
        below(word, BLANKS) | below(word ^ QUOTES, ONES) | below(word ^ BACKSLASHES, ONES) != 0
    }) || tail.iter().any(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))
}

/// An open array or object.
struct List<'a> {
    writer: &'a mut Writer,
    is_empty: bool,
}

impl List<'_> {
    fn next(&mut self) {
        self.writer.separate(self.is_empty);
        self.is_empty = false;
    }

    /// The name of a field, which has nothing to escape.
    fn name(&mut self, name: &str) {
        self.next();
        self.writer.out.push('"');
        self.writer.out.push_str(name);
        self.writer.out.push('"');
        self.writer.colon();
    }

    fn member(&mut self, name: &str, value: &(impl Serialize + ?Sized)) -> Result<(), fmt::Error> {
        self.name(name);
        value.serialize(&mut *self.writer)
    }
}

impl SerializeSeq for List<'_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), fmt::Error> {
        self.next();
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), fmt::Error> {
        self.writer.close(']', self.is_empty);
        Ok(())
    }
}

impl SerializeTuple for List<'_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), fmt::Error> {
        SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result<(), fmt::Error> {
        SerializeSeq::end(self)
    }
}

impl SerializeStruct for List<'_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), fmt::Error> {
        self.member(name, value)
    }

    fn end(self) -> Result<(), fmt::Error> {
        self.writer.close('}', self.is_empty);
        Ok(())
    }
}

impl SerializeMap for List<'_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), fmt::Error> {
        self.next();
        let start = self.writer.out.len();
        key.serialize(&mut *self.writer)?;
        let is_string = self.writer.out.as_bytes().get(start) == Some(&b'"');
        if is_string { Ok(()) } else { Err(fmt::Error) }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), fmt::Error> {
        self.writer.colon();
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), fmt::Error> {
        self.writer.close('}', self.is_empty);
        Ok(())
    }
}

/// The object inside the object that names its variant.
struct Variant<'a>(List<'a>);

impl SerializeStructVariant for Variant<'_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), fmt::Error> {
        self.0.member(name, value)
    }

    fn end(self) -> Result<(), fmt::Error> {
        self.0.writer.close('}', self.0.is_empty);
        self.0.writer.close('}', false);
        Ok(())
    }
}

impl<'a> Serializer for &'a mut Writer {
    type Ok = ();
    type Error = fmt::Error;
    type SerializeSeq = List<'a>;
    type SerializeTuple = List<'a>;
    type SerializeTupleStruct = Impossible<(), fmt::Error>;
    type SerializeTupleVariant = Impossible<(), fmt::Error>;
    type SerializeMap = List<'a>;
    type SerializeStruct = List<'a>;
    type SerializeStructVariant = Variant<'a>;

    fn serialize_bool(self, value: bool) -> Result<(), fmt::Error> {
        self.out.push_str(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Result<(), fmt::Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<(), fmt::Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<(), fmt::Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<(), fmt::Error> {
        if value < 0 {
            self.out.push('-');
        }
        self.number(value.unsigned_abs());
        Ok(())
    }

    fn serialize_u8(self, value: u8) -> Result<(), fmt::Error> {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<(), fmt::Error> {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), fmt::Error> {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<(), fmt::Error> {
        self.number(value);
        Ok(())
    }

    fn serialize_f32(self, _: f32) -> Result<(), fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_f64(self, _: f64) -> Result<(), fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_char(self, value: char) -> Result<(), fmt::Error> {
        self.string(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<(), fmt::Error> {
        self.string(value);
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_none(self) -> Result<(), fmt::Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), fmt::Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), fmt::Error> {
        self.out.push_str("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), fmt::Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), fmt::Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), fmt::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), fmt::Error> {
        let mut object = self.open('{');
        object.member(variant, value)?;
        SerializeStruct::end(object)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'a>, fmt::Error> {
        Ok(self.open('['))
    }

    fn serialize_tuple(self, _: usize) -> Result<List<'a>, fmt::Error> {
        Ok(self.open('['))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<List<'a>, fmt::Error> {
        Ok(self.open('{'))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<List<'a>, fmt::Error> {
        Ok(self.open('{'))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Variant<'a>, fmt::Error> {
        let outer = self.open('{');
        outer.writer.separate(true);
        outer.writer.string(variant);
        outer.writer.colon();
        Ok(Variant(outer.writer.open('{')))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde::Serialize;

    use super::*;

    #[derive(Serialize)]
    enum Kind {
        Plain,
        Wrapped(Vec<Option<i64>>),
        Named { first: u64, empty: Vec<u8> },
        Bare {},
    }

    #[derive(Serialize)]
    struct All {
        text: String,
        letter: char,
        yes: bool,
        nothing: Option<()>,
        kinds: Vec<Kind>,
        map: BTreeMap<String, Vec<Kind>>,
    }

    fn is_as_serde_json_writes_it(value: &impl Serialize) {
        assert_eq!(compact(value, 0).unwrap(), serde_json::to_string(value).unwrap());
        assert_eq!(indented(value).unwrap(), serde_json::to_string_pretty(value).unwrap());
    }

    proptest! {
        #[test]
        fn everything_is_as_serde_json_writes_it(text in "(?s).{0,40}", control in "[\0-\u{1F}\"\\\\a-c\u{7F}-é]{0,20}", number: i64) {
            let kinds = || vec![
                Kind::Plain,
                Kind::Wrapped(vec![None, Some(number), Some(0)]),
                Kind::Named { first: number.unsigned_abs(), empty: Vec::new() },
                Kind::Bare {},
            ];
            let map = [(text.clone(), kinds()), (control.clone(), Vec::new())].into();
            is_as_serde_json_writes_it(&All { text: control, letter: '"', yes: true, nothing: None, kinds: kinds(), map });
            is_as_serde_json_writes_it(&([text; 1], (number, [0u8; 0])));
            is_as_serde_json_writes_it(&BTreeMap::<String, u8>::new());
        }
    }

    #[test]
    fn each_byte_is_seen_at_each_place() {
        for byte in 0..=0x7F {
            for at in 0..17 {
                let mut bytes = [b'a'; 17];
                bytes[at] = byte;
                assert_eq!(has_escapes(&bytes), byte < 0x20 || byte == b'"' || byte == b'\\', "{byte} at {at}");
            }
        }
    }

    #[test]
    fn what_no_wire_type_has_is_refused() {
        assert!(compact(&1.5, 0).is_err());
        assert!(compact(&BTreeMap::from([(1, 2)]), 0).is_err());
    }
}
