//! SMTP TLS reports: what senders of mail say of their sessions with a domain's servers, as JSON
//! ([RFC 8460 §4](https://www.rfc-editor.org/rfc/rfc8460#section-4)).
//!
//! A report counts sessions for each policy that the sender applied. What surprises: the details of failures may count
//! fewer sessions than the summary, or more; `no-policy-found` counts sessions that nothing protected.

use super::exhibits::{Made, push};
use super::json::Kind;
use super::record::{any_record, completion, read_each};
use super::{Sink, json};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{Attribute, Basis, Fact, GapReason, Observed, SubjectKind};
use crate::letters::beginning;
use crate::source::Span;

/// Members that are read, with their kinds.
type Members = &'static [(&'static str, Kind)];

const REPORT: Members = &[("date-range", Kind::Object), ("policies", Kind::Array)];
const ENTRY: Members = &[("policy", Kind::Object), ("summary", Kind::Object), ("failure-details", Kind::Array)];
const POLICY: Members = &[("policy-type", Kind::String), ("policy-domain", Kind::String)];
const SUMMARY: Members =
    &[("total-successful-session-count", Kind::Number), ("total-failure-session-count", Kind::Number)];

pub(super) const ID: &str = "tls-rpt-json";
pub(super) const COMMANDS: &[&str] = &["the attachment of a TLS report, a file that ends in .json or .json.gz"];
pub(super) const NEVER_SHOWS: &[&str] = &[
    "sessions of senders that send no reports, and versions and suites of any session",
    "who sent the report: the signature of the mail around it is not looked at",
];

/// Whether these are TLS reports.
pub(super) fn recognises(root: json::Value<'_>) -> bool {
    any_record(root, is_report)
}

fn is_report(root: json::Value<'_>) -> bool {
    let has = |name| root.get(name).is_some();
    has("organization-name") && (has("date-range") || has("policies") || has("report-id"))
}

/// Reads one document.
pub(super) fn read(document: &json::Document<'_>, sink: &mut Sink<'_>) {
    read_each(document, sink, is_report, one);
}

fn one(report: json::Value<'_>, sink: &mut Sink<'_>) {
    let organization = text(report, "organization-name").map(|value| value.0).unwrap_or_default();
    let range = report.only("date-range");
    let ended = range.and_then(|range| text(range, "end-datetime"));
    let ended = ended.and_then(|(time, value)| Some(Fact::new(time.parse().ok()?, Basis::Wire, [value.span()])));
    let started = ended.map_or_else(
        || Observed::missing(GapReason::Unsupported, "the report does not say for which days it is"),
        Observed::Known,
    );
    let strange = misread(report, REPORT, sink);
    let mut made: Vec<Made> = Vec::new();
    for entry in report.only("policies").into_iter().flat_map(json::Value::elements) {
        let mut exhibit = of_policy(entry, &organization);
        let inner = [("policy", POLICY), ("summary", SUMMARY)].into_iter();
        let inner = inner.filter_map(|(name, members)| misread(entry.only(name)?, members, sink)).last();
        if let Some(place) = misread(entry, ENTRY, sink).or(inner).or(strange) {
            let detail = "the report has a member that is not as RFC 8460 has it";
            exhibit.miss(Attribute::Failure, GapReason::Unsupported, detail, place);
        }
        made.push(exhibit);
    }
    push(sink, ID, Some(organization), started, completion(report, None), made);
}

/// Where an object has a member of another kind than it must be, twice, or under a name that is almost that of one: what
/// it says would be missed.
fn misread(object: json::Value<'_>, known: Members, sink: &mut Sink<'_>) -> Option<Span> {
    let mut found = None;
    let mut seen = 0u32;
    if object.kind() != Kind::Object {
        sink.note(strange(
            &format!("expected an object, found {:?}", object.kind()).to_ascii_lowercase(),
            object.span(),
        ));
        return Some(object.span());
    }
    for (key, value) in object.members() {
        let Some(name) = key.partial_text() else { continue };
        let message = match known.iter().position(|(known, _)| *known == name) {
            Some(at) => {
                let bit = 1u32 << at;
                let is_again = seen & bit != 0;
                seen |= bit;
                let (_, kind) = known.get(at).copied().unwrap_or(("", Kind::Null));
                // Without failures some write `null`.
                let is_none = value.kind() == Kind::Null && kind == Kind::Array && name == "failure-details";
                if is_again {
                    format!("`{name}` stands there twice")
                } else if value.kind() != kind && !is_none {
                    format!("`{name}` is {:?}, expected {kind:?}", value.kind()).to_ascii_lowercase()
                } else {
                    continue;
                }
            }
            None => match known.iter().find(|(known, _)| is_like(&name, known)) {
                Some((known, _)) => format!("expected `{known}`, found `{}`", beginning(&name, 60)),
                None => continue,
            },
        };
        let place = if known.iter().any(|(known, _)| *known == name) { value.span() } else { key.span() };
        if found.is_none() {
            found = Some(place);
            sink.note(strange(&message, place));
        }
    }
    found
}

fn strange(message: &str, place: Span) -> Diagnostic {
    Diagnostic::error(Code::UnknownValue, format!("a TLS report that cannot be read: {message}")).at(place)
}

/// Whether a name is almost another one: apart from case and signs it is the same, its beginning, or begins alike.
fn is_like(name: &str, known: &str) -> bool {
    let bare =
        |text: &str| text.chars().filter(char::is_ascii_alphanumeric).take(80).collect::<String>().to_ascii_lowercase();
    let (name, known) = (bare(name), bare(known));
    name == known || name.len() >= 6 && known.get(..7.min(name.len())) == name.get(..7.min(name.len()))
}

fn of_policy(entry: json::Value<'_>, organization: &str) -> Made {
    let policy = entry.only("policy");
    let domain = policy.and_then(|policy| text(policy, "policy-domain"));
    let kind = policy.and_then(|policy| text(policy, "policy-type"));
    let named = |value: &Option<(String, json::Value<'_>)>| value.as_ref().map_or("?", |(text, _)| text).to_owned();
    let name = format!("TLS report of {organization} on {} ({})", named(&domain), named(&kind));
    let mut made = Made::new(SubjectKind::TlsReport, name);
    for (attribute, value) in [(Attribute::Domain, domain), (Attribute::PolicyType, kind)] {
        match value {
            Some((text, value)) => made.know(attribute, text.to_ascii_lowercase(), value.span()),
            None => made.miss(
                attribute,
                GapReason::Unsupported,
                "the report does not say for which policy it is",
                entry.span(),
            ),
        }
    }
    let summary = entry.only("summary");
    let mut count = |name: &str, attribute| {
        let value = summary.and_then(|summary| summary.only(name));
        match value.and_then(|value| Some((value.as_u32()?, value.span()))) {
            Some((number, span)) => {
                made.know(attribute, number.to_string(), span);
                Some(number)
            }
            None => {
                made.miss(
                    attribute,
                    GapReason::Unsupported,
                    format!("the report has no number in `{name}`"),
                    entry.span(),
                );
                None
            }
        }
    };
    count("total-successful-session-count", Attribute::Successful);
    let failed = count("total-failure-session-count", Attribute::Failed);
    let mut detailed = 0u64;
    for detail in entry.only("failure-details").into_iter().flat_map(json::Value::elements) {
        let sessions = detail.only("failed-session-count").and_then(json::Value::as_u32);
        if sessions == Some(0) {
            continue;
        }
        let result = text(detail, "result-type").map_or_else(|| "a failure".to_owned(), |(result, _)| result);
        detailed += u64::from(sessions.unwrap_or(1));
        let to = text(detail, "receiving-mx-hostname").map(|(host, _)| format!(" at {host}")).unwrap_or_default();
        let times = sessions.map_or_else(|| "?".to_owned(), |sessions| sessions.to_string());
        made.know(Attribute::Failure, format!("{times} × {result}{to}"), detail.span());
    }
    if let Some(failed) = failed.filter(|failed| u64::from(*failed) != detailed) {
        let detail = format!("the summary counts {failed} failed sessions, the details {detailed}");
        made.miss(Attribute::Failure, GapReason::Contradicted, detail, entry.span());
    }
    made
}

/// A text behind this name, short enough to be shown.
fn text<'d>(object: json::Value<'d>, name: &str) -> Option<(String, json::Value<'d>)> {
    let value = object.only(name)?;
    Some((beginning(value.as_str()?.trim(), 200).to_owned(), value))
}
