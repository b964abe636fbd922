//! Which service a report speaks of, and everything that it says of it.

use std::net::IpAddr;

use super::rows::{Row, Rows};
use super::run::Run;
use super::{attacks, certificates, suites, versions};
use crate::diagnostic::Diagnostic;
use crate::evidence::{
    Basis, ClientCertificate, DhParameters, Endpoint, EndpointKey, Fact, Gap, GapReason, Observed, Role, ServerName,
    StartTls, TlsSupport, Transport,
};
use crate::formats::{json, service};

/// A target as the report names it.
pub(super) struct Target {
    host: Option<String>,
    address: Option<String>,
    port: u16,
    transport: Transport,
}

impl Target {
    /// A target of the pretty form. With `--mx`, `targetHost` is the domain and `hostname` the host that was asked.
    pub(super) fn of_pretty(result: json::Value<'_>, run: &Run) -> Option<Self> {
        let text = |key| result.only(key).filter(|value| value.is_complete()).and_then(json::Value::as_str);
        let port = text("port")?.trim().parse().ok()?;
        let started = run.starttls().or_else(|| {
            // The service is written in lower case where it was given as a STARTTLS protocol, else in upper case.
            let service = text("service")?;
            StartTls::from_name(&service).filter(|_| !service.chars().any(|c| c.is_ascii_uppercase()))
        });
        let asked = || text("hostname").as_deref().and_then(service::host);
        Self {
            host: asked().or_else(|| text("targetHost").as_deref().and_then(service::host)),
            address: text("ip").as_deref().and_then(service::address),
            port,
            transport: started.map_or(Transport::Direct, Transport::StartTls),
        }
        .named()
    }

    /// A target of the flat form: `NODE/ADDRESS` and a port.
    pub(super) fn of_flat(node: &str, port: &str, rows: &Rows<'_>) -> Option<Self> {
        let port = port.trim().parse().ok()?;
        let (name, numeric) = node.rsplit_once('/').unwrap_or((node, ""));
        let transport = if let Some(row) = rows.first("service") {
            match row.finding() {
                // In lower case, it is the protocol that was given for STARTTLS.
                Some(name) if !name.trim().is_empty() && !name.chars().any(|c| c.is_ascii_uppercase()) => {
                    Transport::StartTls(StartTls::from_name(&name).unwrap_or(StartTls::Unnamed))
                }
                Some(name) if !name.trim().is_empty() => Transport::Direct,
                _ => Transport::Unstated,
            }
        } else {
            // In 3.3, only scans without STARTTLS look for a service.
            let asked =
                || rows.first("scanProblem").and_then(Row::finding).is_some_and(|text| text.contains("STARTTLS"));
            match StartTls::of_port(port) {
                Some(protocol) => Transport::StartTls(protocol),
                None if asked() => Transport::StartTls(StartTls::Unnamed),
                None => Transport::Unstated,
            }
        };
        Self { host: service::host(name), address: service::address(numeric), port, transport }.named()
    }

    /// A target that stands only in the words of a problem, or, where `in_command` may be, in the command.
    pub(super) fn of_problem(run: &Run, problem: Row<'_>, in_command: bool) -> Option<Self> {
        let finding = problem.finding().unwrap_or_default();
        let in_words = finding.split_whitespace().find_map(host_and_port);
        Self::of_command(run)
            .filter(|target| in_command && in_words.is_none_or(|(_, port)| port == target.port))
            .or_else(|| Self::of_words(in_words?, run))
    }

    /// The target of the command: its last word.
    pub(super) fn of_command(run: &Run) -> Option<Self> {
        let word = run.command.as_deref()?.split_whitespace().last()?;
        Self::of_words(host_and_port(word)?, run)
    }

    fn of_words((name, port): (&str, u16), run: &Run) -> Option<Self> {
        let transport = run.starttls().map_or(Transport::Direct, Transport::StartTls);
        Self { host: service::host(name), address: service::address(name), port, transport }.named()
    }

    fn named(self) -> Option<Self> {
        (self.host.is_some() || self.address.is_some()).then_some(self)
    }

    /// Everything that the rows say of it.
    pub(super) fn endpoint(&self, run: &Run, rows: &Rows<'_>, diagnostics: &mut Vec<Diagnostic>) -> Endpoint {
        let suites = suites::suites(run, rows, diagnostics);
        let versions = versions::versions(run, rows, &suites, diagnostics);
        let tls = tls_support(rows, versions.accepted.first());
        let (chains, chains_rest) = certificates::chains(rows, self.host.as_deref(), diagnostics);
        let is_name = self.host.as_deref().is_some_and(|host| host.parse::<IpAddr>().is_err());
        let key = EndpointKey {
            host: self.host.clone(),
            address: self.address.clone(),
            port: self.port,
            transport: self.transport,
            server_name: match &self.host {
                Some(host) if is_name => ServerName::Sent(host.clone()),
                _ => ServerName::Unstated,
            },
            role: Role::Server,
        };
        Endpoint {
            flow: key.flow(),
            key,
            tls,
            versions,
            suites,
            suite_classes: suites::classes(rows),
            groups: suites::groups(rows),
            signature_schemes: suites::signature_schemes(rows),
            chains,
            chains_rest,
            client_certificate: client_certificate(rows),
            dh_parameters: dh_parameters(rows),
            secure_renegotiation: attacks::secure_renegotiation(rows),
            compression: attacks::compression(rows),
            attacks: attacks::attacks(rows),
            features: Vec::new(),
            application_protocols: Vec::new(),
        }
    }
}

/// `host:port`, with or without a scheme and a path.
pub(super) fn host_and_port(text: &str) -> Option<(&str, u16)> {
    let text = text.trim_end_matches(['.', ',']).trim_matches(['\'', '"']);
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let text = text.split('/').next().unwrap_or(text);
    let (host, port) = text.rsplit_once(':')?;
    Some((host, port.parse().ok()?)).filter(|(host, _)| !host.is_empty())
}

fn tls_support(rows: &Rows<'_>, accepted: Option<&Fact<crate::iana::ProtocolVersion>>) -> Observed<TlsSupport> {
    if let Some(fact) = accepted {
        return Observed::Known(fact.map(TlsSupport::Available));
    }
    let says = |id: &str, words: &str| rows.all(id).find(|row| row.finding().is_some_and(|text| text.contains(words)));
    if let Some(row) = says("scanProblem", "No STARTTLS found") {
        return Observed::Known(Fact::new(TlsSupport::StartTlsNotAdvertised, Basis::ToolSays, [row.span()]));
    }
    if let Some(row) = says("optimal_proto", "doesn't seem to be a TLS/SSL enabled server") {
        return Observed::Known(Fact::new(TlsSupport::NotAvailable, Basis::ToolSays, [row.span()]));
    }
    match rows.first("scanProblem") {
        Some(row) => Observed::NotObserved(
            Gap::new(GapReason::Blocked, format!("testssl.sh says `{}`", row.finding().unwrap_or_default().trim()))
                .at([row.span()]),
        ),
        None => Observed::missing(GapReason::NotAttempted, "no protocol version was accepted or tested"),
    }
}

/// `Unknown DH group (1024 bits)`, `RFC3526/Oakley Group 14 (2048 bits)`.
fn dh_parameters(rows: &Rows<'_>) -> Vec<Fact<DhParameters>> {
    let mut found = Vec::new();
    for row in rows.all("DH_groups").filter(|row| !row.is_untested()) {
        let finding = row.finding().unwrap_or_default();
        let Some((name, size)) = finding.trim().rsplit_once('(') else { continue };
        let Some(bits) = size.split_whitespace().next().and_then(|bits| bits.parse().ok()) else { continue };
        let name = Some(name.trim()).filter(|name| !name.starts_with("Unknown")).map(str::to_owned);
        found.push(Fact::new(DhParameters { bits, name }, Basis::Wire, [row.span()]));
    }
    found
}

fn client_certificate(rows: &Rows<'_>) -> Observed<ClientCertificate> {
    let Some(row) = rows.first("clientAuth").filter(|row| !row.is_untested()) else {
        return Observed::missing(GapReason::NotAttempted, "whether a client certificate is asked for was not tested");
    };
    let known = match row.finding().unwrap_or_default().trim() {
        "none" => Some(ClientCertificate::NotRequested),
        "optional" => Some(ClientCertificate::Optional),
        "required" => Some(ClientCertificate::Required),
        _ => None,
    };
    match known {
        Some(value) => Observed::Known(Fact::new(value, Basis::ToolSays, [row.span()])),
        None => Observed::NotObserved(
            Gap::new(GapReason::Unsupported, "testssl.sh's words are not known here").at([row.span()]),
        ),
    }
}
