//! Reports of SSL Labs, API v2 to v4: a host, an array of hosts as `ssllabs-scan` writes it, or a bare endpoint;
//! [v3](https://github.com/ssllabs/ssllabs-scan/blob/master/ssllabs-api-docs-v3.md).
//!
//! A host has an endpoint for each of its addresses. What surprises: field names change case on their way through
//! clients written in Go, suites stand by version from v3 on only, chains are lists of ids that point into `certs`,
//! `dhBits` counts bytes, and each test has numbers of its own, of which some mean that nothing was found out.

mod attacks;
mod certificates;
mod endpoint;
mod suites;

use self::certificates::Certificates;
use self::endpoint::Assessed;
use super::service::{host, whole};
use super::{Sink, json};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{Basis, Completion, Endpoint, EndpointKey, Fact, Gap, GapReason, Observed, Scan, Subject};
use crate::gathered::Gathered;
use crate::source::Span;
use crate::time::Timestamp;

pub(super) const ID: &str = "ssllabs-json";
pub(super) const COMMANDS: &[&str] = &["ssllabs-scan HOST > report.json"];
pub(super) const NEVER_SHOWS: &[&str] = &[
    "services that start TLS by a command, such as mail, and ports other than 443",
    "groups that it does not try, and signature schemes",
    "whether a client certificate is asked for",
    "the host and the certificates, where only an endpoint was fetched",
    "the suites of each version, in API v2",
];

/// Whether this is a report of SSL Labs.
pub(super) fn recognises(root: json::Value<'_>) -> bool {
    match root.kind() {
        json::Kind::Object => is_host(root) || is_endpoint(root),
        json::Kind::Array => root.elements().take(8).any(|element| is_host(element) || is_endpoint(element)),
        _ => false,
    }
}

fn is_host(value: json::Value<'_>) -> bool {
    let has = |name| field(value, name).is_some();
    has("criteriaVersion") || (has("endpoints") && (has("host") || has("engineVersion")))
}

fn is_endpoint(value: json::Value<'_>) -> bool {
    let has = |name| field(value, name).is_some();
    (has("ipAddress") && (has("details") || has("gradeTrustIgnored") || has("delegation")))
        || field(value, "details").is_some_and(|details| field(details, "hostStartTime").is_some())
}

/// Reads one document.
pub(super) fn read(document: &json::Document<'_>, sink: &mut Sink<'_>) {
    let Some(root) = document.root() else { return };
    let cut = document.is_truncated();
    let entries: Vec<json::Value<'_>> = match root.kind() {
        json::Kind::Array => root.elements().gathered(),
        _ => vec![root],
    };
    for entry in entries {
        if is_host(entry) {
            read_host(entry, cut, sink);
        } else if is_endpoint(entry) {
            let nothing_of_host = Host { cut, ..Host::default() };
            let scan = nothing_of_host.assessed(entry, &mut Certificates::default(), sink);
            sink.scans.push(scan);
        } else {
            sink.note(
                Diagnostic::warning(Code::UnknownValue, "expected a host with `endpoints`, or an endpoint")
                    .at(entry.span()),
            );
            let gap = Gap::new(GapReason::Unsupported, "an entry is no host and no endpoint").at([entry.span()]);
            let scan = Host::default().scan(sink, Completion::Unfinished(gap), None, Vec::new());
            sink.scans.push(scan);
        }
    }
}

fn read_host(entry: json::Value<'_>, cut: bool, sink: &mut Sink<'_>) {
    let found = Host::of(entry, cut);
    let endpoints = field(entry, "endpoints").filter(|list| list.kind() == json::Kind::Array);
    let listed: Vec<json::Value<'_>> = endpoints.into_iter().flat_map(json::Value::elements).gathered();
    if listed.is_empty() {
        let gap = found.unready().unwrap_or_else(|| {
            Gap::new(GapReason::Truncated, "the report lists no endpoint of this host").at([entry.span()])
        });
        let endpoint = found.key(None).map(|key| Subject::Endpoint(Box::new(Endpoint::unseen(key, &gap))));
        let scan = found.scan(sink, Completion::Unfinished(gap), None, endpoint.into_iter().gathered());
        sink.scans.push(scan);
        return;
    }
    let mut certificates = Certificates::of(entry);
    for endpoint in listed {
        let scan = found.assessed(endpoint, &mut certificates, sink);
        sink.scans.push(scan);
    }
}

/// What is said of a host as a whole; nothing where only an endpoint was fetched.
#[derive(Default)]
struct Host<'d> {
    name: Option<String>,
    port: Option<u16>,
    engine: Option<Fact<String>>,
    started: Option<json::Value<'d>>,
    /// The status with its message; absent where there is no host.
    status: Option<(json::Value<'d>, String)>,
    cut: bool,
}

impl<'d> Host<'d> {
    fn of(entry: json::Value<'d>, cut: bool) -> Self {
        let status = field(entry, "status").unwrap_or(entry);
        Self {
            name: text(entry, "host").as_deref().and_then(host),
            port: field(entry, "port").and_then(json::Value::as_u32).and_then(|port| u16::try_from(port).ok()),
            engine: field(entry, "engineVersion")
                .and_then(|value| Some(Fact::new(text(entry, "engineVersion")?, Basis::ToolSays, [value.span()]))),
            started: field(entry, "startTime"),
            status: Some((status, text(entry, "statusMessage").unwrap_or_default())),
            cut,
        }
    }

    /// Why the assessment of the host is not over.
    fn unready(&self) -> Option<Gap> {
        if self.cut {
            return Some(Gap::new(GapReason::Truncated, "the report breaks off"));
        }
        let (value, message) = self.status.as_ref()?;
        let status = value.as_str().filter(|_| value.is_complete()).unwrap_or_default();
        let because = if message.is_empty() { String::new() } else { format!(": {message}") };
        let gap = |reason, detail: &str| Some(Gap::new(reason, format!("{detail}{because}")).at([value.span()]));
        match status.as_ref() {
            "READY" => None,
            "ERROR" => gap(GapReason::Blocked, "SSL Labs could not assess the host"),
            "DNS" | "IN_PROGRESS" => gap(GapReason::NotAttempted, "SSL Labs was not done with the host"),
            _ => gap(GapReason::Unsupported, "the report does not say that the assessment is over"),
        }
    }

    /// The key of one of the host's addresses. SSL Labs asks with the name of the host, and at port 443 alone.
    fn key(&self, address: Option<String>) -> Option<EndpointKey> {
        const HTTPS: u16 = 443;
        (self.name.is_some() || address.is_some())
            .then(|| endpoint::key(self.name.clone(), address, self.port.unwrap_or(HTTPS)))
    }

    fn assessed(&self, entry: json::Value<'d>, certificates: &mut Certificates<'d>, sink: &mut Sink<'_>) -> Scan {
        let address = text(entry, "ipAddress").as_deref().and_then(super::service::address);
        let unfinished = self.unready().or_else(|| endpoint::unready(entry)).or_else(|| {
            address.is_none().then(|| {
                Gap::new(GapReason::Unsupported, "an endpoint does not say which address it is").at([entry.span()])
            })
        });
        let details = field(entry, "details").filter(|details| details.kind() == json::Kind::Object);
        let own_start = details.and_then(|details| field(details, "hostStartTime"));
        self.note_other_start(own_start, sink);
        let completion = match (&unfinished, field(entry, "statusMessage")) {
            (Some(gap), _) => Completion::Unfinished(gap.clone()),
            (None, status) => Completion::Finished(vec![status.unwrap_or(entry).span()]),
        };
        let subjects = self.key(address).map(|key| {
            let assessed = Assessed { entry, details, engine: self.engine.as_ref(), unfinished: unfinished.as_ref() };
            assessed.endpoints(key, certificates, sink.diagnostics)
        });
        let subjects = subjects.into_iter().flatten().map(|endpoint| Subject::Endpoint(Box::new(endpoint))).gathered();
        self.scan(sink, completion, own_start, subjects)
    }

    /// An endpoint that was fetched by itself may be of another assessment than its host.
    fn note_other_start(&self, own: Option<json::Value<'_>>, sink: &mut Sink<'_>) {
        if let (Some(host), Some(own)) = (self.started, own)
            && host.as_i64() != own.as_i64()
        {
            sink.note(
                Diagnostic::warning(
                    Code::ContradictoryInput,
                    "the endpoint is of another assessment than its host; the earlier start is kept",
                )
                .at(own.span()),
            );
        }
    }

    fn scan(
        &self,
        sink: &Sink<'_>,
        completion: Completion,
        own_start: Option<json::Value<'_>>,
        subjects: Vec<Subject>,
    ) -> Scan {
        let times = self.started.into_iter().chain(own_start).filter_map(|value| Some((instant(value)?, value.span())));
        let started = match times.min_by_key(|(time, _)| *time) {
            Some((time, words)) => Observed::Known(Fact::new(time, Basis::Wire, [words])),
            None => sink.collected("this report of SSL Labs"),
        };
        Scan {
            source: sink.source.id(),
            format: ID.to_owned(),
            tool: Some("SSL Labs".to_owned()),
            tool_version: self.engine.as_ref().map(|engine| engine.value.clone()),
            command: None,
            started,
            vantage: Some("SSL Labs".to_owned()),
            completion,
            subjects,
        }
    }
}

/// Milliseconds since 1970; 0 where a client wrote what it did not have.
fn instant(value: json::Value<'_>) -> Option<Timestamp> {
    let milliseconds = whole(value)?.as_i64().filter(|milliseconds| *milliseconds > 0)?;
    Some(Timestamp::from_unix(milliseconds.div_euclid(1000)))
}

/// The member of this name, in any case.
fn field<'d>(value: json::Value<'d>, name: &str) -> Option<json::Value<'d>> {
    value.get_in_any_case(name)
}

/// A text that was read whole.
fn text(value: json::Value<'_>, name: &str) -> Option<String> {
    whole(field(value, name)?)?.as_str().map(|text| text.trim().to_owned())
}

/// A number with its place.
fn number(value: json::Value<'_>, name: &str) -> Option<(i64, Span)> {
    let value = field(value, name)?;
    Some((value.as_i64()?, value.span()))
}

/// A flag with its place.
fn flag(value: json::Value<'_>, name: &str) -> Option<(bool, Span)> {
    let value = field(value, name)?;
    Some((value.as_bool()?, value.span()))
}

/// A list that was read whole.
fn list<'d>(value: json::Value<'d>, name: &str) -> Option<json::Value<'d>> {
    field(value, name).filter(|list| list.kind() == json::Kind::Array)
}
