//! One address of a host, and everything that is said of it.

use std::net::IpAddr;

use super::certificates::Certificates;
use super::{attacks, certificates, field, list, suites, text};
use crate::diagnostic::Diagnostic;
use crate::evidence::{
    Basis, Endpoint, EndpointKey, Fact, Gap, GapReason, Observed, Role, ServerName, TlsSupport, Transport,
};
use crate::formats::json;
use crate::formats::service::whole;
use crate::iana::ProtocolVersion;

/// An element of `endpoints`.
pub(super) struct Assessed<'a, 'd> {
    pub(super) entry: json::Value<'d>,
    /// Its details, which are there only if they were asked for.
    pub(super) details: Option<json::Value<'d>>,
    pub(super) engine: Option<&'a Fact<String>>,
    /// Why its assessment is not known to be over.
    pub(super) unfinished: Option<&'a Gap>,
}

/// What tells an address of a host from others.
pub(super) fn key(host: Option<String>, address: Option<String>, port: u16) -> EndpointKey {
    let server_name = match &host {
        Some(name) if name.parse::<IpAddr>().is_err() => ServerName::Sent(name.clone()),
        _ => ServerName::Unstated,
    };
    EndpointKey { host, address, port, transport: Transport::Direct, server_name, role: Role::Server }
}

/// Why the assessment of an endpoint is not over: its message is `Ready` if it was successful.
pub(super) fn unready(entry: json::Value<'_>) -> Option<Gap> {
    let Some(status) = field(entry, "statusMessage") else {
        let gap = Gap::new(GapReason::Truncated, "the endpoint has no `statusMessage`");
        return Some(gap.at([entry.span()]));
    };
    if !entry.is_complete() {
        let gap = Gap::new(GapReason::Truncated, "a part of the endpoint cannot be read");
        return Some(gap.at([entry.span()]));
    }
    let message = status.as_str().unwrap_or_default();
    let ready = message.trim().eq_ignore_ascii_case("ready");
    (!ready).then(|| {
        Gap::new(GapReason::Blocked, format!("SSL Labs says `{}` of the endpoint", message.trim())).at([status.span()])
    })
}

impl<'d> Assessed<'_, 'd> {
    /// The service, and what was seen of it without a server name.
    pub(super) fn endpoints(
        &self,
        key: EndpointKey,
        certificates: &mut Certificates<'d>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<Endpoint> {
        let protocols = self.details.and_then(|details| list(details, "protocols"));
        let Some(details) = self.details.filter(|_| protocols.is_some_and(|list| list.elements().next().is_some()))
        else {
            let gap = self.unfinished.cloned().unwrap_or_else(|| {
                Gap::new(
                    GapReason::NotAttempted,
                    "the report has no details of this endpoint (`all=done` asks for them)",
                )
                .at([self.entry.span()])
            });
            let tls = self.without_tls();
            let mut endpoint = Endpoint::unseen(key, &gap);
            endpoint.tls = tls.unwrap_or(endpoint.tls);
            return vec![endpoint];
        };
        let found = suites::found(details, self.engine, self.unfinished, diagnostics);
        let chains = certificates::chains(details, certificates, self.unfinished, diagnostics);
        let not_shown = Gap::new(GapReason::NotReportedByFormat, "SSL Labs does not report it");
        let tls = match found.versions.accepted.first() {
            Some(fact) => Observed::Known(fact.map(TlsSupport::Available)),
            None => Observed::missing(GapReason::NotAttempted, "no protocol version was accepted"),
        };
        let without_key = EndpointKey { server_name: ServerName::Omitted, ..key.clone() };
        let only_tls13 = found.versions.accepted.iter().all(|fact| fact.value == ProtocolVersion::TLS1_3);
        let endpoint = Endpoint {
            tls,
            versions: found.versions,
            suites: found.suites,
            suite_classes: found.classes,
            groups: found.groups,
            chains: chains.presented,
            chains_rest: chains.rest,
            dh_parameters: found.dh_parameters,
            secure_renegotiation: attacks::secure_renegotiation(details, only_tls13),
            compression: attacks::compression(details),
            attacks: attacks::attacks(details),
            features: Vec::new(),
            application_protocols: Vec::new(),
            ..Endpoint::unseen(key, &not_shown)
        };
        let mut endpoints = vec![endpoint];
        if !chains.without_server_name.is_empty() || !found.without_server_name.is_empty() {
            let gap = Gap::new(
                GapReason::NotReportedByFormat,
                "of clients that send no server name, SSL Labs shows only what differs",
            );
            endpoints.push(Endpoint {
                suites: found.without_server_name,
                chains: chains.without_server_name,
                ..Endpoint::unseen(without_key, &gap)
            });
        }
        endpoints
    }

    /// A port that is open, and where no version of TLS or SSL answered.
    fn without_tls(&self) -> Option<Observed<TlsSupport>> {
        let message = text(self.entry, "statusMessage")?;
        let words = field(self.entry, "statusMessage").and_then(whole).map(json::Value::span);
        message
            .eq_ignore_ascii_case("No secure protocols supported")
            .then(|| Observed::Known(Fact::new(TlsSupport::NotAvailable, Basis::ToolSays, words)))
    }
}
