//! What the cmdlets of Exchange show of connectors, certificates and the transport configuration.
//!
//! As JSON (`ConvertTo-Json`) and as text (`Format-List`). Numbers in place of words stay unknown, since
//! `ConvertTo-Json` writes enumerations as numbers that the reference does not list. A table (`Format-Table`) is refused:
//! it shortens what it shows. Nothing but the properties in `cmdlets.rs` is kept.

mod cmdlets;
mod list;

pub(crate) use self::cmdlets::property_of;
use self::cmdlets::{CMDLETS, cmdlet_of, exhibit};
use super::{Sink, json};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{Attribute, Completion, Gap, GapReason, Scan, Subject};
use crate::gathered::Gathered;
use crate::source::Span;

pub(super) const ID: &str = "exchange-settings";
pub(super) const COMMANDS: &[&str] = &[
    "Get-OutboundConnector | ConvertTo-Json -Depth 4 -EnumsAsStrings",
    "Get-InboundConnector | Format-List",
    "Get-SendConnector | Format-List",
    "Get-ReceiveConnector | Format-List",
    "Get-TransportConfig | Format-List",
    "Get-ExchangeCertificate | Format-List",
];
pub(super) const NEVER_SHOWS: &[&str] = &[
    "when it was collected: state it",
    "whether all connectors are there, and what transport rules send their way",
    "what happens on the wire: a setting says what is demanded, not what was done",
    "hops behind the server at the other end, and gateways in between",
    "words that stand there as numbers (ConvertTo-Json of Windows PowerShell)",
];

/// The most objects that are read of one input.
const MOST_OBJECTS: usize = 2000;
/// The most domains that connectors of one input may name: each is compared with each.
const MOST_DOMAINS: usize = 1000;

/// One property of an object, before anybody asks what it means.
struct Held {
    name: String,
    /// Nothing where it is blank.
    values: Vec<(String, Span)>,
    /// Why it is not known, or not all of it.
    gap: Option<Gap>,
    words: Span,
    /// Whether it could be seen if a list had lost its end.
    is_bounded: bool,
}

impl Held {
    fn only(&self) -> Option<(&str, Span)> {
        let (text, words) = self.values.first().filter(|_| self.values.len() == 1)?;
        Some((text, *words))
    }
}

/// One object.
struct Item {
    held: Vec<Held>,
    /// Where it begins.
    words: Span,
    /// Why nothing of it can be relied on.
    damage: Option<Gap>,
}

impl Item {
    fn property(&self, name: &str) -> Option<&Held> {
        self.held.iter().find(|held| held.name.eq_ignore_ascii_case(name))
    }
}

/// Whether these are objects of Exchange.
pub(super) fn recognises(root: json::Value<'_>) -> bool {
    objects(root).take(MOST_OBJECTS).any(|object| of_json(object).is_some())
}

/// One object, a list of them, or a list as Windows PowerShell wraps it: `{"value": […], "Count": 2}`.
fn objects(root: json::Value<'_>) -> impl Iterator<Item = json::Value<'_>> {
    let list = match root.kind() {
        json::Kind::Object => root.get("value").filter(|list| list.kind() == json::Kind::Array),
        _ => Some(root),
    };
    let alone = list.is_none().then_some(root);
    alone.into_iter().chain(list.into_iter().flat_map(json::Value::elements))
}

fn of_json(object: json::Value<'_>) -> Option<&'static cmdlets::Cmdlet> {
    let names: Vec<std::borrow::Cow<'_, str>> = object.members().filter_map(|(name, _)| name.as_str()).gathered();
    cmdlet_of(names.iter().map(AsRef::as_ref))
}

/// Reads a JSON document.
pub(super) fn read(document: &json::Document<'_>, sink: &mut Sink<'_>) {
    let Some(root) = document.root() else { return };
    let mut subjects = Vec::new();
    for (count, object) in objects(root).enumerate() {
        if count == MOST_OBJECTS {
            let message = format!("more than {MOST_OBJECTS} objects; from here on they were not read");
            sink.note(Diagnostic::error(Code::InputTooLarge, message).at(object.span()));
            break;
        }
        match of_json(object) {
            Some(cmdlet) => subjects.push(Subject::Exhibit(Box::new(exhibit(cmdlet, &json_item(object))))),
            None => sink.note(unknown_object(object.span())),
        }
    }
    let is_whole = document.is_intact() && root.is_complete();
    push(sink, subjects, root.span(), is_whole);
}

fn json_item(object: json::Value<'_>) -> Item {
    let mut held: Vec<Held> = Vec::new();
    let mut damage = None;
    if !object.is_complete() {
        let detail = "the JSON is damaged in this object";
        damage = Some(Gap::new(GapReason::Truncated, detail).at([object.span()]));
    }
    let mut words = None;
    for (name, value) in object.members() {
        let Some(name_text) = name.as_str() else { continue };
        words.get_or_insert(name.span());
        if held.iter().any(|held| held.name.eq_ignore_ascii_case(&name_text)) {
            let detail = format!("`{name_text}` stands twice in one object");
            damage.get_or_insert_with(|| Gap::new(GapReason::Contradicted, detail).at([name.span()]));
        }
        held.push(json_held(name_text.into_owned(), value));
    }
    Item { held, words: words.unwrap_or_else(|| object.span()), damage }
}

fn json_held(name: String, value: json::Value<'_>) -> Held {
    let mut values = Vec::new();
    let mut gap = None;
    let mut add = |value: json::Value<'_>| {
        let is_sound = value.is_complete() && !value.is_truncated() && !value.is_repaired();
        let text = match value.kind() {
            json::Kind::Null => return,
            json::Kind::Bool => value.as_bool().map(|is_on| is_on.to_string()),
            json::Kind::Number => value.number_text().map(str::to_owned),
            json::Kind::String => value.as_str().map(std::borrow::Cow::into_owned),
            json::Kind::Array | json::Kind::Object => None,
        };
        match text.filter(|_| is_sound) {
            Some(text) if text.trim().is_empty() => {}
            Some(text) => values.push((text, value.span())),
            None => {
                let detail = format!("`{name}` is no text here, or a damaged one");
                gap = Some(Gap::new(GapReason::Unsupported, detail).at([value.span()]));
            }
        }
    };
    match value.kind() {
        json::Kind::Array => value.elements().for_each(&mut add),
        _ => add(value),
    }
    Held { values, gap, words: value.span(), is_bounded: true, name }
}

/// Whether a line may begin what `Format-List` prints, or is the heading of a table of the same objects.
pub(super) fn starts(line: &str) -> bool {
    list::property(line.trim_end()).is_some_and(|(name, _)| cmdlets::is_property(name)) || list::is_table(line)
}

/// Whether the text has objects of Exchange.
pub(super) fn recognises_list(text: &str) -> bool {
    let names: Vec<&str> =
        text.lines().filter_map(|line| list::property(line.trim_end())).map(|(name, _)| name).gathered();
    let is_mark = |name: &&str| cmdlet_of([*name].into_iter()).is_some();
    names.iter().any(is_mark) || text.lines().any(list::is_table)
}

/// Reads what `Format-List` printed between two bytes of the source.
pub(super) fn read_list(start: usize, end: usize, sink: &mut Sink<'_>) {
    let source = sink.source;
    let text = source.text().get(start..end).unwrap_or_default();
    let mut at = start;
    for line in text.split_inclusive('\n') {
        if list::is_table(line) {
            let words = line.trim_end();
            let cmdlet = cmdlet_of(words.split_whitespace()).map_or("the cmdlet", |cmdlet| cmdlet.name);
            let message = format!("found a table (`{}`), which leaves out and shortens; expected a list", words.trim());
            let help = format!("{cmdlet} | Format-List, or {cmdlet} | ConvertTo-Json -Depth 4 -EnumsAsStrings");
            let note = Diagnostic::error(Code::UnrecognisedInput, message).with_help(help);
            sink.note(note.at(source.span(at, at + words.len())));
        }
        at += line.len();
    }
    let mut subjects = Vec::new();
    for item in list::items(source, start, end) {
        if subjects.len() == MOST_OBJECTS {
            let message = format!("more than {MOST_OBJECTS} objects; from here on they were not read");
            sink.note(Diagnostic::error(Code::InputTooLarge, message).at(item.words));
            break;
        }
        match cmdlet_of(item.held.iter().map(|held| held.name.as_str())) {
            Some(cmdlet) => {
                if let Some(gap) = &item.damage {
                    sink.note(Diagnostic::error(Code::TruncatedInput, gap.detail.clone()).at(item.words));
                }
                subjects.push(Subject::Exhibit(Box::new(exhibit(cmdlet, &item))));
            }
            None => sink.note(unknown_object(item.words)),
        }
    }
    sink.pem(start, end);
    let words = source.span(start, start + text.lines().next().unwrap_or_default().len());
    if !subjects.is_empty() {
        push(sink, subjects, words, true);
    }
}

fn unknown_object(words: Span) -> Diagnostic {
    let names = CMDLETS.iter().map(|cmdlet| cmdlet.name).gathered().join(", ");
    let message = format!("found an object that is of none of {names}, or lost what would tell");
    Diagnostic::error(Code::UnusedText, message).at(words).with_help("export all properties: CMDLET | Format-List")
}

/// Lets go of the domains that are too many, and says so.
fn bound_domains(sink: &mut Sink<'_>, subjects: &mut [Subject], words: Span) {
    let mut left = MOST_DOMAINS;
    let mut is_over = false;
    for subject in subjects {
        let Subject::Exhibit(exhibit) = subject else { continue };
        exhibit.particulars.retain(|one| {
            let is_domain = one.attribute == Attribute::PartnerDomain && one.observed.fact().is_some();
            let keeps = !is_domain || left > 0;
            left -= usize::from(is_domain && keeps);
            is_over |= !keeps;
            keeps
        });
    }
    if is_over {
        let message = format!("the connectors name more than {MOST_DOMAINS} domains; the others were left out");
        sink.note(Diagnostic::error(Code::InputTooLarge, message).at(words));
    }
}

fn push(sink: &mut Sink<'_>, mut subjects: Vec<Subject>, words: Span, is_whole: bool) {
    bound_domains(sink, &mut subjects, words);
    let completion = if is_whole {
        Completion::Finished(vec![words])
    } else {
        let detail = "the export is damaged: what is missing cannot be known";
        Completion::Unfinished(Gap::new(GapReason::Truncated, detail).at([words]))
    };
    sink.scans.push(Scan {
        source: sink.source.id(),
        format: ID.to_owned(),
        tool: None,
        tool_version: None,
        command: None,
        started: sink.collected("an export of settings"),
        vantage: None,
        completion,
        subjects,
    });
}
