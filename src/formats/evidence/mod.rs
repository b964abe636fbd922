//! Evidence of our own: what `intransit-probe read` and `intransit-probe scan` write.
//!
//! A document is read as it was written or not at all: lists of what was accepted prove by what they leave out, so that
//! a document whose seal does not hold is an error. Places in it become the words of its facts, since the inputs that it
//! was made from are not there.

mod endpoint;
mod revocation;
mod values;

use self::values::{Fields, Problem, Read, choice, fact, gap, items, observed, rest, text};
use super::{Sink, json};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{
    Attribute, Certificate, Chain, Completion, Der, Exhibit, Particular, Presented, ReportedCertificate,
    SCHEMA_VERSION, SEAL, Scan, Subject, SubjectKind, ToolTrust, check_seal,
};
use crate::gathered::Gathered;
use crate::pki::parse_host;

pub(super) const ID: &str = "intransit-evidence";
pub(super) const COMMANDS: &[&str] =
    &["intransit-probe read REPORT", "intransit-probe scan --format evidence HOST:443"];
pub(super) const NEVER_SHOWS: &[&str] = &[
    "the words of the reports that it was made from: its own stand in their place",
    "what those reports could not show: each of its gaps says why",
];

/// Whether this is a document of evidence.
pub(super) fn recognises(root: json::Value<'_>) -> bool {
    let has = |name| root.get(name).is_some();
    has("schemaVersion") && has("sources") && has("scans") && !has("verdict")
}

/// Reads one document.
pub(super) fn read(document: &json::Document<'_>, sink: &mut Sink<'_>) {
    let Some(root) = document.root() else { return };
    let span = root.span();
    let source = sink.source;
    let words = source.text().get(span.start as usize..span.end as usize).unwrap_or_default();
    if let Err(message) = check_seal(words) {
        let help = "make it again from the reports: `intransit-probe read REPORT`";
        sink.note(Diagnostic::error(Code::ContradictoryInput, message).at(span).with_help(help));
        return;
    }
    match scans(root) {
        Ok(found) => {
            for value in found {
                match scan(value, span.source) {
                    Ok(scan) => {
                        for note in problems(&scan) {
                            sink.note(note);
                        }
                        sink.scans.push(scan);
                    }
                    Err(problem) => sink.note(said(&problem)),
                }
            }
        }
        Err(problem) => sink.note(said(&problem)),
    }
}

fn said(problem: &Problem) -> Diagnostic {
    Diagnostic::error(Code::UnknownValue, format!("evidence: expected {}", problem.expected)).at(problem.at)
}

fn scans(root: json::Value<'_>) -> Read<Vec<json::Value<'_>>> {
    let fields = Fields::of(root, &["schemaVersion", "sources", "scans", SEAL])?;
    let version = fields.required("schemaVersion")?;
    if version.as_u32() != Some(SCHEMA_VERSION) {
        return Err(Problem { at: version.span(), expected: "version 1 of the schema; a newer intransit wrote this" });
    }
    Ok(fields.required("scans")?.elements().collect())
}

fn scan(value: json::Value<'_>, source: u32) -> Read<Scan> {
    let known = ["source", "format", "tool", "toolVersion", "command", "started", "vantage", "completion", "subjects"];
    let fields = Fields::of(value, &known)?;
    let time = |value| values::parsed(value, "a time as 2026-11-22T10:00:00Z");
    Ok(Scan {
        source,
        format: ID.to_owned(),
        tool: fields.optional("tool", text)?,
        tool_version: fields.optional("toolVersion", text)?,
        command: fields.optional("command", text)?,
        started: observed(fields.required("started")?, &time)?,
        vantage: fields.optional("vantage", text)?,
        completion: completion(fields.required("completion")?)?,
        subjects: items(fields.required("subjects")?, &subject)?,
    })
}

fn completion(value: json::Value<'_>) -> Read<Completion> {
    let (name, inner) = choice(value)?;
    match name.as_ref() {
        "finished" => Ok(Completion::Finished(vec![value.span()])),
        "unfinished" => Ok(Completion::Unfinished(gap(inner)?)),
        _ => Err(Problem { at: value.span(), expected: "`finished` or `unfinished`" }),
    }
}

fn subject(value: json::Value<'_>) -> Read<Subject> {
    let (name, inner) = choice(value)?;
    match name.as_ref() {
        "endpoint" => Ok(Subject::Endpoint(Box::new(endpoint::endpoint(inner)?))),
        "chain" => {
            let fields = Fields::of(inner, &["host", "presented"])?;
            Ok(Subject::Chain(Box::new(Chain {
                host: observed(fields.required("host")?, &named_host)?,
                presented: presented(fields.required("presented")?)?,
            })))
        }
        "exhibit" => Ok(Subject::Exhibit(Box::new(exhibit(inner)?))),
        "revocation" => Ok(Subject::Revocation(Box::new(revocation::revocation(inner)?))),
        _ => Err(Problem { at: value.span(), expected: "`endpoint`, `chain`, `exhibit` or `revocation`" }),
    }
}

fn exhibit(value: json::Value<'_>) -> Read<Exhibit> {
    let kinds = SubjectKind::EXHIBITS.iter().map(|kind| (kind.name(), *kind)).gathered();
    let particular = |value| {
        let fields = Fields::of(value, &["attribute", "observed"])?;
        let attribute = values::named(fields.required("attribute")?, Attribute::NAMED)?;
        Ok(Particular { attribute, observed: observed(fields.required("observed")?, &text)? })
    };
    let fields = Fields::of(value, &["kind", "name", "particulars"])?;
    Ok(Exhibit {
        kind: values::named(fields.required("kind")?, &kinds)?,
        name: text(fields.required("name")?)?,
        particulars: items(fields.required("particulars")?, &particular)?,
    })
}

fn named_host(value: json::Value<'_>) -> Read<String> {
    let host = text(value)?;
    if parse_host(&host).is_ok() { Ok(host) } else { Err(Problem { at: value.span(), expected: "a host" }) }
}

fn presented(value: json::Value<'_>) -> Read<Presented> {
    let fields = Fields::of(value, &["certificates", "rest", "possession", "toolTrust"])?;
    let trust = |value| {
        let fields = Fields::of(value, &["trusted", "reason"])?;
        Ok(ToolTrust { trusted: values::flag(fields.required("trusted")?)?, reason: text(fields.required("reason")?)? })
    };
    Ok(Presented {
        certificates: items(fields.required("certificates")?, &certificate)?,
        rest: rest(fields.required("rest")?)?,
        possession: observed(fields.required("possession")?, &values::flag)?,
        tool_trust: observed(fields.required("toolTrust")?, &trust)?,
    })
}

fn der(value: json::Value<'_>) -> Read<Der> {
    let decoded = values::base64(&text(value)?);
    decoded.map(Der::new).ok_or(Problem { at: value.span(), expected: "DER in base64" })
}

fn certificate(value: json::Value<'_>) -> Read<Certificate> {
    let (name, inner) = choice(value)?;
    if name == "der" {
        return Ok(Certificate::Der(fact(inner, &der)?));
    }
    if name != "reported" {
        return Err(Problem { at: value.span(), expected: "`der` or `reported`" });
    }
    let known = ["sha256", "commonName", "keyAlgorithm", "keyBits", "notAfter", "namesHost", "words"];
    let fields = Fields::of(inner, &known)?;
    let text_fact = |value| fact(value, &text);
    let time = |value| fact(value, &|value| values::parsed(value, "a time"));
    Ok(Certificate::Reported(Box::new(ReportedCertificate {
        sha256: fields.optional("sha256", text_fact)?,
        common_name: fields.optional("commonName", text_fact)?,
        key_algorithm: fields.optional("keyAlgorithm", text_fact)?,
        key_bits: fields.optional("keyBits", |value| fact(value, &values::number))?,
        not_after: fields.optional("notAfter", time)?,
        names_host: fields.optional("namesHost", |value| fact(value, &values::flag))?,
        words: fields.words().into_iter().collect(),
    })))
}

/// What there is to say of the certificates by their bytes.
fn problems(scan: &Scan) -> Vec<Diagnostic> {
    let mut notes = Vec::new();
    for subject in &scan.subjects {
        let chains = match subject {
            Subject::Endpoint(endpoint) => endpoint.chains.as_slice(),
            Subject::Chain(chain) => std::slice::from_ref(&chain.presented),
            Subject::Exhibit(_) | Subject::Revocation(_) => &[],
        };
        for certificate in chains.iter().flat_map(|chain| &chain.certificates) {
            if let (Certificate::Der(fact), Some(place)) = (certificate, certificate.words().first()) {
                super::stated::shown(fact.value.clone(), *place, &mut notes);
            }
        }
    }
    notes
}
