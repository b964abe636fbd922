//! What the readers of mass scanners share: records, one for each target, that show one handshake each.
//!
//! Such a record shows what a server took, and never what it refused: every list stays open, whatever the tool calls
//! it. A record whose handshake failed shows an attempt and nothing else.

use std::borrow::Cow;

use super::stated::{contradiction, shown};
use super::{Sink, json};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{
    AttackTest, Basis, Certificate, ClientCertificate, Completion, Der, DhParameters, Endpoint, EndpointKey,
    Enumerated, Fact, Gap, GapReason, Observed, Preference, Presented, ReportedCertificate, Rest, Scan, Subject,
    SuiteList, TlsSupport, ToolTrust,
};
use crate::gathered::Gathered;
use crate::iana::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};
use crate::letters::beginning;
use crate::source::Span;
use crate::time::Timestamp;

/// What one record shows of one service.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) versions: Vec<Fact<ProtocolVersion>>,
    /// With their version, where it is said.
    pub(super) suites: Vec<(Option<ProtocolVersion>, Fact<CipherSuite>)>,
    pub(super) groups: Vec<Fact<NamedGroup>>,
    pub(super) schemes: Vec<Fact<SignatureScheme>>,
    pub(super) chains: Vec<Presented>,
    pub(super) dh_parameters: Vec<Fact<DhParameters>>,
    pub(super) client_certificate: Option<Fact<ClientCertificate>>,
    pub(super) secure_renegotiation: Option<Fact<bool>>,
    pub(super) compression: Option<Fact<bool>>,
    /// Who chooses the suites of a version.
    pub(super) preferences: Vec<(ProtocolVersion, Fact<Preference>)>,
    pub(super) attacks: Vec<AttackTest>,
    /// Where something stands that was accepted and is not known here.
    pub(super) unknown: Option<Span>,
}

impl Shown {
    /// Adds a version that answered, once.
    pub(super) fn version(&mut self, version: ProtocolVersion, basis: Basis, words: Span) {
        match self.versions.iter_mut().find(|fact| fact.value == version) {
            Some(known) => known.words.push(words),
            None => self.versions.push(Fact::new(version, basis, [words])),
        }
    }

    /// Adds the version of this name; one that is not known is said, and kept in mind.
    pub(super) fn version_named(
        &mut self,
        value: json::Value<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<ProtocolVersion> {
        let name = value.as_str()?;
        let known = ProtocolVersion::from_name(&name);
        match known {
            Some(version) => self.version(version, Basis::Wire, value.span()),
            None => self.not_known("protocol version", &name, value.span(), diagnostics),
        }
        known
    }

    /// Adds a suite that was taken, once for each version.
    pub(super) fn suite(&mut self, version: Option<ProtocolVersion>, suite: CipherSuite, words: Span) {
        let known = self.suites.iter_mut().find(|(of, fact)| *of == version && fact.value == suite);
        match known {
            Some((_, known)) => known.words.push(words),
            None => self.suites.push((version, Fact::new(suite, Basis::Wire, [words]))),
        }
    }

    /// Adds the suite of this name, in the registry's or OpenSSL's spelling.
    pub(super) fn suite_named(
        &mut self,
        version: Option<ProtocolVersion>,
        value: json::Value<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let Some(text) = value.as_str() else { return };
        // OpenSSL's description goes on behind the name: `AES128-SHA TLSv1.2 Kx=RSA …`.
        let name = text.split_whitespace().next().unwrap_or_default();
        match CipherSuite::from_name(name) {
            Some(suite) => self.suite(version, suite, value.span()),
            None => self.not_known("cipher suite", name, value.span(), diagnostics),
        }
    }

    /// Adds the group of this name or code, if it is known.
    pub(super) fn group(&mut self, group: Option<NamedGroup>, words: Span) {
        let Some(group) = group else { return };
        match self.groups.iter_mut().find(|fact| fact.value == group) {
            Some(known) => known.words.push(words),
            None => self.groups.push(Fact::new(group, Basis::Wire, [words])),
        }
    }

    fn not_known(&mut self, what: &str, name: &str, words: Span, diagnostics: &mut Vec<Diagnostic>) {
        self.unknown = Some(words);
        let name = beginning(name, 60);
        let message = format!("`{name}` is the name of no {what} that is known here");
        diagnostics.push(Diagnostic::warning(Code::UnknownValue, message).at(words));
    }

    /// Whether nothing was shown: no version, no suite, no certificate.
    pub(super) fn is_empty(&self) -> bool {
        self.versions.is_empty() && self.suites.is_empty() && self.chains.is_empty()
    }

    /// The service; what the record does not show is not known for this tool's reasons.
    pub(super) fn endpoint(self, key: EndpointKey, tool: &'static str, place: Span) -> Endpoint {
        let silent = Gap::new(GapReason::NotReportedByFormat, format!("{tool} does not say it")).at([place]);
        let rest = |what: &str| {
            let detail = format!("{tool} shows {what} that the server took, and not which ones it refused");
            Rest::Gap(Gap::new(GapReason::NotReportedByFormat, detail).at([place]))
        };
        let tls = match (self.versions.first(), self.suites.first(), wire(&self.chains)) {
            (Some(fact), ..) => Observed::Known(fact.map(TlsSupport::Available)),
            (None, Some((_, fact)), _) => Observed::Known(fact.map(TlsSupport::Available)),
            (None, None, Some(words)) => Observed::Known(Fact::new(TlsSupport::Available, Basis::Wire, [words])),
            (None, None, None) => Observed::NotObserved(silent.clone()),
        };
        let suites_rest = match self.unknown {
            Some(words) => {
                Rest::Gap(Gap::new(GapReason::Unsupported, "something was accepted that is not known here").at([words]))
            }
            None => rest("the suites"),
        };
        let chains_rest =
            Gap::new(GapReason::NotReportedByFormat, format!("{tool} shows the chain of one handshake")).at([place]);
        let known =
            |fact: Option<Fact<bool>>| fact.map_or_else(|| Observed::NotObserved(silent.clone()), Observed::Known);
        Endpoint {
            tls,
            suites: lists(self.suites, &self.preferences, &suites_rest, &silent),
            versions: Enumerated {
                accepted: self.versions,
                refused: Vec::new(),
                unasked: Vec::new(),
                rest: rest("the versions"),
            },
            groups: Enumerated {
                accepted: self.groups,
                refused: Vec::new(),
                unasked: Vec::new(),
                rest: rest("the groups"),
            },
            signature_schemes: Enumerated {
                accepted: self.schemes,
                refused: Vec::new(),
                unasked: Vec::new(),
                rest: rest("the signature schemes"),
            },
            chains: self.chains,
            chains_rest: Rest::Gap(chains_rest),
            client_certificate: match self.client_certificate {
                Some(fact) => Observed::Known(fact),
                None => Observed::NotObserved(silent.clone()),
            },
            dh_parameters: self.dh_parameters,
            secure_renegotiation: known(self.secure_renegotiation),
            compression: known(self.compression),
            attacks: self.attacks,
            features: Vec::new(),
            application_protocols: Vec::new(),
            ..Endpoint::unseen(key, &silent)
        }
    }
}

fn lists(
    suites: Vec<(Option<ProtocolVersion>, Fact<CipherSuite>)>,
    preferences: &[(ProtocolVersion, Fact<Preference>)],
    rest: &Rest,
    silent: &Gap,
) -> Vec<SuiteList> {
    let mut lists: Vec<SuiteList> = Vec::new();
    for (version, fact) in suites {
        match lists.iter_mut().find(|list| list.version == version) {
            Some(list) => list.suites.accepted.push(fact),
            None => {
                let preference = preferences.iter().find(|(of, _)| Some(*of) == version);
                lists.push(SuiteList {
                    version,
                    suites: Enumerated {
                        accepted: vec![fact],
                        refused: Vec::new(),
                        unasked: Vec::new(),
                        rest: rest.clone(),
                    },
                    preference: match preference {
                        Some((_, fact)) => Observed::Known(fact.clone()),
                        None => Observed::NotObserved(silent.clone()),
                    },
                });
            }
        }
    }
    lists
}

/// Where a certificate stands that was seen on the wire.
fn wire(chains: &[Presented]) -> Option<Span> {
    chains.iter().flat_map(|chain| &chain.certificates).find_map(|certificate| match certificate {
        Certificate::Der(fact) => fact.words.first().copied(),
        Certificate::Reported(_) => None,
    })
}

/// The records of a document: the document itself, or the elements of a list.
pub(super) fn records(root: json::Value<'_>) -> impl Iterator<Item = json::Value<'_>> {
    let itself = (root.kind() != json::Kind::Array).then_some(root);
    itself.into_iter().chain(root.elements())
}

/// Whether the document is of records, by its first ones.
pub(super) fn any_record(root: json::Value<'_>, is_record: fn(json::Value<'_>) -> bool) -> bool {
    records(root).take(8).any(is_record)
}

/// Reads each record of a document; what is none of them is said.
pub(super) fn read_each(
    document: &json::Document<'_>,
    sink: &mut Sink<'_>,
    is_record: fn(json::Value<'_>) -> bool,
    read: fn(json::Value<'_>, &mut Sink<'_>),
) {
    let Some(root) = document.root() else { return };
    for record in records(root) {
        if let Some(name) = repeated(record) {
            let words = name.partial_text().unwrap_or_default();
            let words = beginning(&words, 60);
            let message = format!("a record has two members `{words}`; the first one is read");
            sink.note(Diagnostic::error(Code::ContradictoryInput, message).at(name.span()));
        }
        if !record.is_complete() {
            // Another record of the same service may be whole, and would hide that this one is not.
            let message = "a record is broken; what could be read of it was read";
            sink.note(Diagnostic::error(Code::InvalidJson, message).at(record.span()));
        }
        if is_record(record) {
            read(record, sink);
        } else {
            let message = "an element of the list is no record like the others; it was not read";
            sink.note(Diagnostic::error(Code::UnrecognisedInput, message).at(record.span()));
        }
    }
}

/// A name that stands twice in one of the objects of a record.
fn repeated(record: json::Value<'_>) -> Option<json::Value<'_>> {
    let mut open = vec![record];
    while let Some(value) = open.pop() {
        if let Some(name) = value.repeated_name() {
            return Some(name);
        }
        open.extend(
            value
                .members()
                .map(|(_, member)| member)
                .chain(value.elements())
                .filter(|inner| matches!(inner.kind(), json::Kind::Object | json::Kind::Array)),
        );
    }
    None
}

/// The value behind these names, if all of it was read.
pub(super) fn at<'d>(value: json::Value<'d>, path: &[&str]) -> Option<json::Value<'d>> {
    let found = path.iter().try_fold(value, |value, name| value.get(name))?;
    found.is_complete().then_some(found)
}

/// The text behind these names, with its place; none where it is empty.
pub(super) fn text<'d>(value: json::Value<'d>, path: &[&str]) -> Option<(Cow<'d, str>, Span)> {
    let found = at(value, path)?;
    let text = found.as_str().filter(|text| !text.trim().is_empty())?;
    Some((text, found.span()))
}

/// The flag behind these names, with its place.
pub(super) fn flag(value: json::Value<'_>, path: &[&str]) -> Option<(bool, Span)> {
    let found = at(value, path)?;
    Some((found.as_bool()?, found.span()))
}

/// A port, as a number or as text.
pub(super) fn port(value: json::Value<'_>, name: &str) -> Option<u16> {
    let found = at(value, &[name])?;
    match found.number_text() {
        Some(digits) => digits.parse().ok(),
        None => found.as_str()?.trim().parse().ok(),
    }
}

/// The time behind this name; stated by the supplier where the record has none.
pub(super) fn started(record: json::Value<'_>, name: &str, sink: &Sink<'_>, what: &str) -> Observed<Timestamp> {
    let Some(value) = record.get(name) else { return sink.collected(what) };
    match at(record, &[name]).and_then(json::Value::as_str).and_then(|text| text.parse().ok()) {
        Some(time) => Observed::Known(Fact::new(time, Basis::Wire, [value.span()])),
        None => {
            Observed::NotObserved(Gap::new(GapReason::Unsupported, format!("`{name}` is no time")).at([value.span()]))
        }
    }
}

/// One scan of one record.
pub(super) fn push(
    sink: &mut Sink<'_>,
    format: (&'static str, &'static str),
    started: Observed<Timestamp>,
    completion: Completion,
    endpoints: Vec<Endpoint>,
) {
    let scan = Scan {
        source: sink.source.id(),
        format: format.0.to_owned(),
        tool: Some(format.1.to_owned()),
        tool_version: None,
        command: None,
        started,
        vantage: None,
        completion,
        subjects: endpoints.into_iter().map(|endpoint| Subject::Endpoint(Box::new(endpoint))).gathered(),
    };
    sink.scans.push(scan);
}

/// Whether a record came to its end, where nothing else is wrong with it.
pub(super) fn completion(record: json::Value<'_>, failed: Option<Gap>) -> Completion {
    match failed {
        Some(gap) => Completion::Unfinished(gap),
        None if record.is_complete() => Completion::Finished(vec![record.span()]),
        None => Completion::Unfinished(
            Gap::new(GapReason::Truncated, "a part of the record cannot be read").at([record.span()]),
        ),
    }
}

/// What a tool says in its own words, short enough to be shown.
pub(super) fn said(text: &str) -> String {
    beginning(text.trim(), 200).to_owned()
}

/// Certificates of one chain as they are collected.
#[derive(Default)]
pub(super) struct Chain {
    certificates: Vec<Certificate>,
    /// Descriptions that contradict the bytes beside them: both are judged.
    contradicting: Vec<Certificate>,
    broken: Option<Span>,
}

impl Chain {
    /// Adds a certificate by its bytes, if these can be had, else as it is described.
    pub(super) fn add(
        &mut self,
        bytes: Option<(Result<Vec<u8>, String>, Span)>,
        described: Option<ReportedCertificate>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        match bytes {
            Some((Ok(der), place)) => {
                let der = Der::new(der);
                if let Some(described) = described
                    && let Some(note) = contradiction(&described, &der)
                {
                    diagnostics.push(note);
                    self.contradicting.push(Certificate::Reported(Box::new(described)));
                }
                self.certificates.push(shown(der, place, diagnostics));
            }
            Some((Err(message), place)) => {
                self.broken = Some(place);
                diagnostics.push(Diagnostic::error(Code::InvalidCertificate, message).at(place));
                self.certificates.extend(described.map(|described| Certificate::Reported(Box::new(described))));
            }
            None => self.certificates.extend(described.map(|described| Certificate::Reported(Box::new(described)))),
        }
    }

    /// The chains: the one that was sent, and what contradicts it. `sent` is where the tool shows all that was sent.
    pub(super) fn presented(
        self,
        tool: &'static str,
        sent: Option<Span>,
        trust: Option<Fact<ToolTrust>>,
    ) -> Vec<Presented> {
        if self.certificates.is_empty() {
            return Vec::new();
        }
        let is_der = |certificate: &Certificate| matches!(certificate, Certificate::Der(_));
        let gap = |reason, detail: String| Rest::Gap(Gap::new(reason, detail));
        let rest = match (self.broken, sent) {
            (Some(place), _) => {
                Rest::Gap(Gap::new(GapReason::Truncated, "a certificate of the chain cannot be read").at([place]))
            }
            (None, Some(place)) if self.certificates.iter().all(is_der) => {
                Rest::Complete(Fact::new(true, Basis::Wire, [place]))
            }
            (None, _) => gap(
                GapReason::NotReportedByFormat,
                format!("the record does not show the bytes of all certificates that {tool} was sent"),
            ),
        };
        let possession = || {
            Observed::missing(
                GapReason::NotReportedByFormat,
                format!("{tool} does not say that the handshake was verified"),
            )
        };
        let mut chains = vec![Presented {
            certificates: self.certificates,
            rest,
            possession: possession(),
            tool_trust: match trust {
                Some(fact) => Observed::Known(fact),
                None => {
                    Observed::missing(GapReason::NotAttempted, format!("{tool} does not say that it trusts the chain"))
                }
            },
        }];
        chains.extend(self.contradicting.into_iter().map(|certificate| Presented {
            certificates: vec![certificate],
            rest: gap(GapReason::NotReportedByFormat, format!("{tool} describes one certificate here")),
            possession: possession(),
            tool_trust: Observed::missing(GapReason::NotAttempted, "nothing is said of it"),
        }));
        chains
    }
}
