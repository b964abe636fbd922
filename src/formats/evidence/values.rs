//! The building blocks of evidence, read from JSON: facts, gaps, open-world lists, names.

use std::borrow::Cow;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::evidence::{Basis, Enumerated, Fact, Gap, GapReason, Observed, Refusal, RefusalKind, Rest};
use crate::formats::json::{Kind, Value};
use crate::source::Span;

/// Why a value was not taken.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) at: Span,
    pub(super) expected: &'static str,
}

pub(super) type Read<T> = Result<T, Problem>;

const fn problem<T>(at: Span, expected: &'static str) -> Read<T> {
    Err(Problem { at, expected })
}

/// An object of which every member is known.
pub(super) struct Fields<'d>(Value<'d>);

impl<'d> Fields<'d> {
    pub(super) fn of(value: Value<'d>, known: &[&str]) -> Read<Self> {
        if value.kind() != Kind::Object || !value.is_complete() || value.repeated_name().is_some() {
            return problem(value.span(), "a whole object with each member once");
        }
        let is_known = |name: Value<'_>| name.as_str().is_some_and(|name| known.contains(&name.as_ref()));
        match value.members().find(|(name, _)| !is_known(*name)) {
            Some((name, _)) => problem(name.span(), "a member that the schema of evidence has"),
            None => Ok(Self(value)),
        }
    }

    pub(super) fn required(&self, name: &str) -> Read<Value<'d>> {
        self.0.get(name).map_or_else(|| problem(self.0.span(), "every required member"), Ok)
    }

    pub(super) fn optional<T>(&self, name: &str, read: impl FnOnce(Value<'d>) -> Read<T>) -> Read<Option<T>> {
        self.0.get(name).map(read).transpose()
    }

    /// The object itself, where it cites words: what was said without any must not be able to prove more here.
    pub(super) fn words(&self) -> Option<Span> {
        self.0.get("words").map(|_| self.0.span())
    }

    /// A list that is left out where it is empty.
    pub(super) fn list<T>(&self, name: &str, read: &dyn Fn(Value<'d>) -> Read<T>) -> Read<Vec<T>> {
        self.0.get(name).map_or_else(|| Ok(Vec::new()), |value| items(value, read))
    }
}

pub(super) fn items<'d, T>(value: Value<'d>, read: &dyn Fn(Value<'d>) -> Read<T>) -> Read<Vec<T>> {
    if value.kind() != Kind::Array || !value.is_complete() {
        return problem(value.span(), "a whole list");
    }
    value.elements().map(read).collect()
}

pub(super) fn text(value: Value<'_>) -> Read<String> {
    value.as_str().map_or_else(|| problem(value.span(), "a text"), |text| Ok(text.into_owned()))
}

pub(super) fn number(value: Value<'_>) -> Read<u32> {
    value.as_u32().map_or_else(|| problem(value.span(), "a whole number"), Ok)
}

pub(super) fn flag(value: Value<'_>) -> Read<bool> {
    value.as_bool().map_or_else(|| problem(value.span(), "`true` or `false`"), Ok)
}

/// A text that has a form of its own.
pub(super) fn parsed<T: FromStr>(value: Value<'_>, expected: &'static str) -> Read<T> {
    let text = value.as_str().unwrap_or_default();
    text.parse().map_or_else(|_| problem(value.span(), expected), Ok)
}

/// One of these names.
pub(super) fn named<T: Copy>(value: Value<'_>, names: &[(&str, T)]) -> Read<T> {
    let text = value.as_str().unwrap_or_default();
    let found = names.iter().find(|(name, _)| *name == text);
    found.map_or_else(|| problem(value.span(), "a name that the schema of evidence has"), |(_, value)| Ok(*value))
}

/// A choice between forms: the name alone, or an object whose only member is called so.
pub(super) fn choice(value: Value<'_>) -> Read<(Cow<'_, str>, Value<'_>)> {
    if let Some(name) = value.as_str() {
        return Ok((name, value));
    }
    let mut members = value.members();
    match (members.next().and_then(|(name, inner)| Some((name.as_str()?, inner))), members.next()) {
        (Some(only), None) if value.is_complete() => Ok(only),
        _ => problem(value.span(), "an object with one member"),
    }
}

pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

pub(super) fn fact<'d, T>(value: Value<'d>, read: &dyn Fn(Value<'d>) -> Read<T>) -> Read<Fact<T>> {
    const BASES: [(&str, Basis); 4] = [
        ("wire", Basis::Wire),
        ("computed", Basis::Computed),
        ("toolSays", Basis::ToolSays),
        ("declared", Basis::Declared),
    ];
    let fields = Fields::of(value, &["value", "basis", "words"])?;
    let basis = named(fields.required("basis")?, &BASES)?;
    Ok(Fact::new(read(fields.required("value")?)?, basis, fields.words()))
}

pub(super) fn gap(value: Value<'_>) -> Read<Gap> {
    const REASONS: [(&str, GapReason); 10] = [
        ("notReportedByFormat", GapReason::NotReportedByFormat),
        ("notAttempted", GapReason::NotAttempted),
        ("truncated", GapReason::Truncated),
        ("clientLimited", GapReason::ClientLimited),
        ("blocked", GapReason::Blocked),
        ("unsupported", GapReason::Unsupported),
        ("failed", GapReason::Failed),
        ("outdated", GapReason::Outdated),
        ("notStated", GapReason::NotStated),
        ("contradicted", GapReason::Contradicted),
    ];
    let fields = Fields::of(value, &["reason", "detail", "words"])?;
    let reason = named(fields.required("reason")?, &REASONS)?;
    Ok(Gap::new(reason, text(fields.required("detail")?)?).at(fields.words()))
}

pub(super) fn observed<'d, T>(value: Value<'d>, read: &dyn Fn(Value<'d>) -> Read<T>) -> Read<Observed<T>> {
    let (name, inner) = choice(value)?;
    match name.as_ref() {
        "known" => Ok(Observed::Known(fact(inner, read)?)),
        "notObserved" => Ok(Observed::NotObserved(gap(inner)?)),
        _ => problem(value.span(), "`known` or `notObserved`"),
    }
}

pub(super) fn rest(value: Value<'_>) -> Read<Rest> {
    let (name, inner) = choice(value)?;
    match name.as_ref() {
        "complete" => Ok(Rest::Complete(fact(inner, &flag)?)),
        "gap" => Ok(Rest::Gap(gap(inner)?)),
        _ => problem(value.span(), "`complete` or `gap`"),
    }
}

pub(super) fn enumerated<'d, T>(value: Value<'d>, read: &dyn Fn(Value<'d>) -> Read<T>) -> Read<Enumerated<T>> {
    let fields = Fields::of(value, &["accepted", "refused", "unasked", "rest"])?;
    let refusal = |value: Value<'d>| {
        let fields = Fields::of(value, &["offered", "how", "control", "words"])?;
        Ok(Refusal {
            offered: read(fields.required("offered")?)?,
            how: refusal_kind(fields.required("how")?)?,
            control: observed(fields.required("control")?, &flag)?,
            words: fields.words().into_iter().collect(),
        })
    };
    Ok(Enumerated {
        accepted: items(fields.required("accepted")?, &|value| fact(value, read))?,
        refused: fields.list("refused", &refusal)?,
        unasked: fields.list("unasked", read)?,
        rest: rest(fields.required("rest")?)?,
    })
}

fn refusal_kind(value: Value<'_>) -> Read<RefusalKind> {
    let (name, inner) = choice(value)?;
    let code = || inner.as_u32().and_then(|code| u8::try_from(code).ok());
    match name.as_ref() {
        "reportedAsNotOffered" => Ok(RefusalKind::ReportedAsNotOffered),
        "downgraded" => Ok(RefusalKind::Downgraded),
        "closed" => Ok(RefusalKind::Closed),
        "alert" => {
            code().map_or_else(|| problem(inner.span(), "the code of an alert"), |code| Ok(RefusalKind::Alert(code)))
        }
        _ => problem(value.span(), "a way in which an offer is turned down"),
    }
}
