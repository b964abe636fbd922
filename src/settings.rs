//! What people set, read from JSON: policies, inventories, parameters of rules, options.
//!
//! One description of an object reads it and knows its members, so that an unknown one is refused with the name that
//! was probably meant. Every problem is said, with its place; a reader derived by serde stops at the first.

use std::str::FromStr;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::evidence::{Flow, Role, SubjectKind};
use crate::formats::json::{self, Kind, Value};
use crate::gathered::Gathered;
use crate::iana::{CipherSuite, NamedGroup, ProtocolVersion};
use crate::policy::{AddressRange, Pin};
use crate::source::SourceText;
use crate::time::Timestamp;

/// A value that can be set.
pub(crate) trait Setting: Sized {
    /// Reads it; where it cannot be read, adds what was expected to the problems.
    fn read(value: Value<'_>, problems: &mut Vec<Diagnostic>) -> Option<Self>;
}

/// The one JSON value of a text.
///
/// # Errors
/// Everything that is wrong with it.
pub(crate) fn read<T: Setting>(text: &str) -> Result<T, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let source = SourceText::new(0, text.to_owned());
    let document = json::parse(&source, 0);
    check_syntax(&source, &document, &mut problems);
    let value = document.root().and_then(|root| T::read(root, &mut problems));
    match value {
        Some(value) if problems.is_empty() => Ok(value),
        _ => Err(problems),
    }
}

/// What follows the JSON standard only after repair is refused here: nobody knows what was meant to be set.
pub(crate) fn check_syntax(source: &SourceText, document: &json::Document<'_>, problems: &mut Vec<Diagnostic>) {
    let broken = document.diagnostics().iter().cloned();
    problems.extend(broken.map(|problem| Diagnostic {
        severity: Severity::Error,
        code: Code::InvalidPolicy,
        ..problem
    }));
    if document.root().is_none() && problems.is_empty() {
        problems.push(invalid("expected JSON, found nothing".to_owned()));
    }
    let rest = source.text().get(document.end()..).unwrap_or_default();
    if document.is_intact() && !rest.trim_ascii().is_empty() {
        let at = source.text().len() - rest.trim_ascii_start().len();
        problems.push(invalid("expected the end, found more behind the JSON".to_owned()).at(source.span(at, at)));
    }
}

/// An object whose members are read one by one.
pub(crate) struct Members<'d, 'p> {
    object: Option<Value<'d>>,
    known: Vec<&'static str>,
    problems: &'p mut Vec<Diagnostic>,
}

/// Reads an object: `members` takes what it knows, and what is left is a problem.
pub(crate) fn object<'d, T>(
    value: Option<Value<'d>>,
    problems: &mut Vec<Diagnostic>,
    members: impl FnOnce(&mut Members<'d, '_>) -> T,
) -> T {
    let mut object = Members::of(value, problems);
    let read = members(&mut object);
    object.finish();
    read
}

impl<'d, 'p> Members<'d, 'p> {
    fn of(value: Option<Value<'d>>, problems: &'p mut Vec<Diagnostic>) -> Self {
        let object = value.filter(|value| value.kind() == Kind::Object);
        if let (Some(value), None) = (value, object) {
            unexpected("an object", value, problems);
        }
        Self { object, known: Vec::new(), problems }
    }

    /// The value of a member, as it stands there.
    pub(crate) fn value(&mut self, name: &'static str) -> Option<Value<'d>> {
        self.known.push(name);
        self.object?.get(name)
    }

    /// The members' problems.
    pub(crate) fn problems(&mut self) -> &mut Vec<Diagnostic> {
        self.problems
    }

    /// A member that may be absent, or `null`.
    pub(crate) fn optional<T: Setting>(&mut self, name: &'static str) -> Option<T> {
        let value = self.value(name).filter(|value| value.kind() != Kind::Null)?;
        T::read(value, self.problems)
    }

    /// A member whose type has something to stand in for it.
    pub(crate) fn or_default<T: Setting + Default>(&mut self, name: &'static str) -> T {
        let mut value = T::default();
        self.set(name, &mut value);
        value
    }

    /// A member that has to be there.
    pub(crate) fn required<T: Setting>(&mut self, name: &'static str) -> Option<T> {
        match self.value(name) {
            Some(value) => T::read(value, self.problems),
            None => {
                self.absent(name);
                None
            }
        }
    }

    /// A member that `default` stands in for.
    pub(crate) fn set<T: Setting>(&mut self, name: &'static str, default: &mut T) {
        if let Some(value) = self.value(name).and_then(|value| T::read(value, self.problems)) {
            *default = value;
        }
    }

    fn absent(&mut self, name: &str) {
        if let Some(object) = self.object {
            self.problems.push(invalid(format!("expected a member `{name}` here")).at(object.span()));
        }
    }

    fn finish(self) {
        let Some(object) = self.object else { return };
        if let Some(again) = object.repeated_name() {
            let name = again.as_str().unwrap_or_default();
            self.problems.push(invalid(format!("`{name}` stands here twice; expected it once")).at(again.span()));
        }
        for (key, _) in object.members() {
            let Some(name) = key.as_str() else { continue };
            if !self.known.contains(&name.as_ref()) {
                let meant = suggestion(&name, self.known.iter().copied());
                self.problems.push(invalid(format!("`{name}` is not a key here{meant}")).at(key.span()));
            }
        }
    }
}

/// Says what was expected in place of `value`.
pub(crate) fn unexpected(expected: &str, value: Value<'_>, problems: &mut Vec<Diagnostic>) {
    let found = match value.kind() {
        Kind::Null => "null".to_owned(),
        Kind::Bool => value.as_bool().unwrap_or_default().to_string(),
        Kind::Number => value.partial_text().unwrap_or_default().into_owned(),
        Kind::String => format!("\"{}\"", value.partial_text().unwrap_or_default()),
        Kind::Array => "[".to_owned(),
        Kind::Object => "{".to_owned(),
    };
    problems.push(invalid(format!("expected {expected}, found `{found}`")).at(value.span()));
}

/// One of `words`: its position.
pub(crate) fn one_of(words: &[&str], value: Value<'_>, problems: &mut Vec<Diagnostic>) -> Option<usize> {
    let text = value.as_str();
    let position = words.iter().position(|word| text.as_deref() == Some(*word));
    if position.is_none() {
        let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).gathered();
        unexpected(&format!("one of {}", words.join(", ")), value, problems);
    }
    position
}

/// A text that is parsed further.
pub(crate) fn parsed<T: FromStr<Err = String>>(value: Value<'_>, problems: &mut Vec<Diagnostic>) -> Option<T> {
    let text = String::read(value, problems)?;
    text.parse().map_err(|message| problems.push(invalid(message).at(value.span()))).ok()
}

impl Setting for String {
    fn read(value: Value<'_>, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        let text = value.as_str().map(std::borrow::Cow::into_owned);
        if text.is_none() {
            unexpected("a text", value, problems);
        }
        text
    }
}

impl Setting for u32 {
    fn read(value: Value<'_>, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        let number = value.as_u32();
        if number.is_none() {
            unexpected(&format!("a whole number up to {}", Self::MAX), value, problems);
        }
        number
    }
}

impl Setting for u16 {
    fn read(value: Value<'_>, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        let number = value.as_u32().and_then(|number| Self::try_from(number).ok());
        if number.is_none() {
            unexpected(&format!("a whole number up to {}", Self::MAX), value, problems);
        }
        number
    }
}

impl Setting for bool {
    fn read(value: Value<'_>, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        let truth = value.as_bool();
        if truth.is_none() {
            unexpected("`true` or `false`", value, problems);
        }
        truth
    }
}

/// Reads a text by the type's own parser.
macro_rules! parsed {
    ($($type:ty),*) => {
        $(impl Setting for $type {
            fn read(value: Value<'_>, problems: &mut Vec<Diagnostic>) -> Option<Self> {
                parsed(value, problems)
            }
        })*
    };
}

parsed!(Timestamp, CipherSuite, NamedGroup, AddressRange, Pin);

/// A bound that no version reaches, or that nobody registered, would pass everything or nothing.
impl Setting for ProtocolVersion {
    fn read(value: Value<'_>, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        let version = parsed(value, problems).filter(|version: &Self| version.is_known());
        if version.is_none() {
            unexpected("a version such as `TLSv1.2`", value, problems);
        }
        version
    }
}

impl Setting for Flow {
    fn read(value: Value<'_>, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        Self::ALL.get(one_of(&Self::ALL.map(Self::name), value, problems)?).copied()
    }
}

impl Setting for Role {
    fn read(value: Value<'_>, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        Self::ALL.get(one_of(&Self::ALL.map(Self::name), value, problems)?).copied()
    }
}

impl Setting for SubjectKind {
    fn read(value: Value<'_>, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        [Self::Endpoint, Self::Chain].get(one_of(&["endpoint", "chain"], value, problems)?).copied()
    }
}

impl<T: Setting> Setting for Vec<T> {
    fn read(value: Value<'_>, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        if value.kind() != Kind::Array {
            unexpected("a list", value, problems);
            return None;
        }
        let mut list = Self::new();
        for element in value.elements() {
            list.extend(T::read(element, problems));
        }
        Some(list)
    }
}

/// `; did you mean …`, or what there is to choose from.
pub(crate) fn suggestion<'a>(found: &str, known: impl Iterator<Item = &'a str>) -> String {
    suggested(found, &known.gathered())
}

fn suggested(found: &str, known: &[&str]) -> String {
    const CLOSE_ENOUGH: f64 = 0.6;
    let best = known
        .iter()
        .map(|name| (strsim::normalized_damerau_levenshtein(found, name), name))
        .filter(|(likeness, _)| *likeness >= CLOSE_ENOUGH)
        .max_by(|(a, _), (b, _)| a.total_cmp(b));
    if let Some((_, name)) = best {
        return format!("; did you mean `{name}`?");
    }
    let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).gathered();
    if names.is_empty() { "; expected none".to_owned() } else { format!("; expected one of {}", names.join(", ")) }
}

/// A problem of what was set.
pub(crate) fn invalid(message: String) -> Diagnostic {
    Diagnostic::error(Code::InvalidPolicy, message)
}
