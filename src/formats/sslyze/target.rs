//! Which service a result speaks of, and everything that it says of it.

use std::borrow::Cow;

use super::command::Commands;
use super::{attacks, certificates, revocation, suites};
use crate::diagnostic::Diagnostic;
use crate::evidence::{
    Basis, ClientCertificate, Endpoint, EndpointKey, Fact, Gap, GapReason, Observed, Rest, Role, ServerName, StartTls,
    Subject, TlsSupport, Transport,
};
use crate::formats::json;
use crate::formats::service::{address, host, whole};
use crate::iana::ProtocolVersion;

/// One element of `server_scan_results`.
pub(super) struct Target<'d> {
    result: json::Value<'d>,
    key: EndpointKey,
}

impl<'d> Target<'d> {
    /// The target, if it says which one it is.
    pub(super) fn of(result: json::Value<'d>) -> Option<Self> {
        let info = information(result);
        let location = info.get("server_location")?;
        let port = u16::try_from(location.get("port")?.as_u32()?).ok()?;
        let name = text(location, "hostname");
        let key = EndpointKey {
            host: name.as_deref().and_then(host),
            address: text(location, "ip_address").as_deref().and_then(address),
            port,
            transport: transport(info.get("network_configuration")),
            server_name: server_name(info.get("network_configuration")),
            role: Role::Server,
        };
        Some(Self { result, key })
    }

    /// Why the scan of this target did not come to its end, if it did not.
    pub(super) fn completion(&self) -> Option<Gap> {
        if let Some(gap) = self.unreached() {
            return Some(gap);
        }
        if !self.result.is_complete() {
            let gap = Gap::new(GapReason::Truncated, "a part of this target's result cannot be read");
            return Some(gap.at([self.result.span()]));
        }
        // 3 and 4 list targets that were not reached elsewhere, and have no status here.
        let status = match self.result.get("scan_status") {
            Some(status) => status,
            None if self.result.get("scan_commands_results").is_some() => return None,
            None => self.result,
        };
        let completed = status.as_str().is_some_and(|status| status == "COMPLETED");
        (!completed).then(|| {
            let said = status.as_str().unwrap_or_default();
            Gap::new(GapReason::Failed, format!("the status of the scan is `{said}`")).at([status.span()])
        })
    }

    /// The service, and where its chain was fetched without a server name too, the service as seen that way.
    pub(super) fn endpoints(&self, diagnostics: &mut Vec<Diagnostic>) -> Vec<Endpoint> {
        if let Some(gap) = self.unreached() {
            let tls = self.without_starttls(&gap);
            let mut endpoint = Endpoint::unseen(self.key.clone(), &gap);
            endpoint.tls = tls.unwrap_or(endpoint.tls);
            return vec![endpoint];
        }
        let commands = Commands::of(self.result);
        let found = suites::found(commands, diagnostics);
        let chains = certificates::chains(commands, &found.versions, &found.suites, diagnostics);
        let schemes = Gap::new(GapReason::NotReportedByFormat, "sslyze does not try signature schemes");
        let endpoint = Endpoint {
            tls: self.tls(found.versions.accepted.first()),
            versions: found.versions,
            suites: found.suites,
            suite_classes: found.classes,
            groups: found.groups,
            chains: chains.presented,
            chains_rest: chains.rest,
            client_certificate: self.client_certificate(),
            dh_parameters: found.dh_parameters,
            secure_renegotiation: attacks::secure_renegotiation(commands),
            compression: attacks::compression(commands),
            attacks: attacks::attacks(commands),
            features: Vec::new(),
            application_protocols: Vec::new(),
            ..Endpoint::unseen(self.key.clone(), &schemes)
        };
        let mut endpoints = vec![endpoint];
        if let Some(presented) = chains.without_server_name {
            let key = EndpointKey { server_name: ServerName::Omitted, ..self.key.clone() };
            let gap = Gap::new(
                GapReason::NotAttempted,
                "without a server name, sslyze asks for the certificate only, in one handshake",
            );
            let chains_rest = Rest::Gap(gap.clone());
            endpoints.push(Endpoint { chains: vec![presented], chains_rest, ..Endpoint::unseen(key, &gap) });
        }
        endpoints
    }

    /// What is said of the revocation of the certificates of the service.
    pub(super) fn revocation(&self, endpoint: &Endpoint) -> Vec<Subject> {
        let location = information(self.result).get("server_location");
        let proxy = location.and_then(|location| location.get("http_proxy_settings"));
        let is_proxied = proxy.is_some_and(|proxy| proxy.kind() != json::Kind::Null);
        revocation::subjects(Commands::of(self.result), is_proxied, endpoint)
    }

    /// Why the server was not reached, if it was not.
    fn unreached(&self) -> Option<Gap> {
        let status = self.result.get("connectivity_status")?;
        if status.as_str().is_some_and(|status| status == "COMPLETED") {
            return None;
        }
        let said = self.error().unwrap_or(Cow::Borrowed("no reason is given"));
        Some(Gap::new(GapReason::Blocked, format!("sslyze did not reach a TLS server: {said}")).at([status.span()]))
    }

    /// The message at the end of the trace: `sslyze.errors.ServerRejectedConnection: HOST:PORT -> "…".`
    fn error(&self) -> Option<Cow<'d, str>> {
        let trace = text(self.result, "connectivity_error_trace")?;
        let last = trace.trim().lines().last()?;
        let message = last.split_once(" -> ").map_or(last, |(_, message)| message);
        Some(Cow::Owned(message.trim_matches(['"', '.', ' ']).to_owned()))
    }

    /// The application protocol answered, and does not offer STARTTLS.
    fn without_starttls(&self, gap: &Gap) -> Option<Observed<TlsSupport>> {
        let trace = text(self.result, "connectivity_error_trace")?;
        let last = trace.trim().lines().last()?;
        // "SMTP STARTTLS not supported" in 5, "Server does not support STARTTLS with SMTP" in 6.
        let refused = last.contains("ServerRejectedOpportunisticTlsNegotiation")
            && last.contains("STARTTLS")
            && (last.contains("not supported") || last.contains("does not support"));
        let words = self.result.get("connectivity_error_trace").map(json::Value::span);
        let words = words.into_iter().chain(gap.words.iter().copied());
        refused.then(|| Observed::Known(Fact::new(TlsSupport::StartTlsNotAdvertised, Basis::ToolSays, words)))
    }

    /// What the first connection found: `connectivity_result`, in 3 and 4 `tls_probing_result`.
    fn probing(&self) -> Option<json::Value<'d>> {
        self.result.get("connectivity_result").or_else(|| self.result.get("server_info")?.get("tls_probing_result"))
    }

    fn tls(&self, accepted: Option<&Fact<ProtocolVersion>>) -> Observed<TlsSupport> {
        if let Some(fact) = accepted {
            return Observed::Known(fact.map(TlsSupport::Available));
        }
        let highest = self.probing().and_then(|probing| whole(probing.get("highest_tls_version_supported")?));
        match highest.filter(|value| value.as_str().is_some_and(|name| ProtocolVersion::from_name(&name).is_some())) {
            Some(value) => Observed::Known(Fact::new(TlsSupport::Available, Basis::Wire, [value.span()])),
            None => Observed::missing(GapReason::NotAttempted, "no protocol version was accepted or tested"),
        }
    }

    fn client_certificate(&self) -> Observed<ClientCertificate> {
        let value = self.probing().and_then(|probing| whole(probing.get("client_auth_requirement")?));
        let Some(value) = value else {
            return Observed::missing(GapReason::NotAttempted, "whether a client certificate is asked for is not said");
        };
        let known = match value.as_str().as_deref() {
            Some("DISABLED") => Some(ClientCertificate::NotRequested),
            Some("OPTIONAL") => Some(ClientCertificate::Optional),
            Some("REQUIRED") => Some(ClientCertificate::Required),
            _ => None,
        };
        match known {
            Some(known) => Observed::Known(Fact::new(known, Basis::ToolSays, [value.span()])),
            None => Observed::NotObserved(
                Gap::new(GapReason::Unsupported, "sslyze's words are not known here").at([value.span()]),
            ),
        }
    }
}

/// Where the location and the configuration stand: in `server_info` in 3 and 4.
fn information(result: json::Value<'_>) -> json::Value<'_> {
    result.get("server_info").unwrap_or(result)
}

fn text<'d>(value: json::Value<'d>, key: &str) -> Option<Cow<'d, str>> {
    whole(value.get(key)?)?.as_str()
}

fn transport(configuration: Option<json::Value<'_>>) -> Transport {
    match configuration.and_then(|configuration| whole(configuration.get("tls_opportunistic_encryption")?)) {
        Some(value) if value.kind() == json::Kind::Null => Transport::Direct,
        Some(value) => value
            .as_str()
            .and_then(|name| StartTls::from_name(&name.replace('_', "-")))
            .map_or(Transport::Unstated, Transport::StartTls),
        None => Transport::Unstated,
    }
}

/// What sslyze put into the extension; of a target that is an address, that address, though it is no server name.
fn server_name(configuration: Option<json::Value<'_>>) -> ServerName {
    let name = configuration.and_then(|configuration| text(configuration, "tls_server_name_indication"));
    name.as_deref().and_then(host).map_or(ServerName::Unstated, ServerName::Sent)
}
