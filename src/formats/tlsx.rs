//! The JSON lines of [tlsx](https://github.com/projectdiscovery/tlsx), also inside the objects of httpx (`tls`).
//!
//! One handshake for each line, made by Go's client, zcrypto or OpenSSL (`tls_connection`). What surprises: the flags
//! on the certificate are left out where they are false and where nothing was looked at; an empty entry in
//! `cipher_enum` means that the version was not tested; `self_signed` is also said of a leaf without an authority key
//! identifier; with `-tls-chain` one client lists the leaf once more and another does not.

use super::record::{self, Chain, Shown, any_record, at, completion, flag, port, push, read_each, said, started, text};
use super::service::{address, host};
use super::{Sink, json};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{
    Basis, ClientCertificate, Completion, Endpoint, EndpointKey, Fact, Gap, GapReason, ReportedCertificate, Role,
    ServerName, ToolTrust, Transport,
};
use crate::gathered::Gathered;
use crate::iana::{NamedGroup, ProtocolVersion};
use crate::pki::pem;
use crate::source::Span;

pub(super) const ID: &str = "tlsx-json";
pub(super) const COMMANDS: &[&str] =
    &["tlsx -u HOST -p 443 -json -cert -tls-chain -version-enum -cipher-enum", "httpx -u https://HOST -json -tls-grab"];
pub(super) const NEVER_SHOWS: &[&str] = &[
    "which versions and suites were refused: what is not listed was refused, failed or never tried",
    "who chooses the cipher suite, and in which order",
    "the suites of TLS 1.3 beyond the one that was negotiated",
    "services that start TLS by a command",
    "certificates, without -cert; the rest of the chain, without -tls-chain",
    "the version of tlsx",
];
const TOOL: &str = "tlsx";

/// Whether these are records of tlsx or httpx.
pub(super) fn recognises(root: json::Value<'_>) -> bool {
    any_record(root, is_record)
}

fn is_record(record: json::Value<'_>) -> bool {
    let has = |key| record.get(key).is_some();
    is_tlsx(record)
        || record.get("tls").is_some_and(is_tlsx)
        || has("tls-grab")
        || has("url") && has("input") && (has("status_code") || has("failed"))
}

fn is_tlsx(record: json::Value<'_>) -> bool {
    let has = |key| record.get(key).is_some();
    has("probe_status") || has("tls_connection") || has("tls_version") && has("host")
}

/// Reads one document.
pub(super) fn read(document: &json::Document<'_>, sink: &mut Sink<'_>) {
    read_each(document, sink, is_record, |record, sink| {
        if is_tlsx(record) {
            one(record, None, sink);
        } else {
            let inner = record.get("tls").filter(|inner| is_tlsx(*inner));
            one(inner.unwrap_or(record), Some(record), sink);
        }
    });
}

/// Reads one record; `outer` is the object of httpx around it.
fn one(record: json::Value<'_>, outer: Option<json::Value<'_>>, sink: &mut Sink<'_>) {
    let format = (ID, if outer.is_some() { "httpx" } else { TOOL });
    let time = if record.get("timestamp").is_none() { outer.unwrap_or(record) } else { record };
    let started = started(time, "timestamp", sink, "the record");
    let Some(key) = key(record, outer) else {
        let gap = Gap::new(GapReason::Truncated, "a record does not say which host and port it is of");
        push(sink, format, started, Completion::Unfinished(gap.at([record.span()])), Vec::new());
        return;
    };
    if let Some(gap) = failed(record, outer) {
        let endpoint = Endpoint::unseen(key, &gap);
        push(sink, format, started, Completion::Unfinished(gap), vec![endpoint]);
        return;
    }
    let mut shown = Shown::default();
    let version = at(record, &["tls_version"]).and_then(|value| shown.version_named(value, sink.diagnostics));
    if let Some(value) = at(record, &["cipher"]) {
        shown.suite_named(version, value, sink.diagnostics);
    }
    if let Some((name, words)) = text(record, &["key_exchange"]) {
        shown.group(NamedGroup::from_name(&name), words);
    }
    enumerated(record, &mut shown, sink.diagnostics);
    if let Some((true, words)) = flag(record, &["client_cert_required"]) {
        shown.client_certificate = Some(Fact::new(ClientCertificate::Required, Basis::ToolSays, [words]));
    }
    let flags = trust(record);
    let mut chain = Chain::default();
    chain.add(bytes(record), Some(described(record)).filter(is_described), sink.diagnostics);
    let sent = rest_of(record, &mut chain, sink.diagnostics);
    shown.chains = chain.presented(TOOL, sent, flags);
    let mut unfinished = None;
    if flag(record, &["probe_status"]).is_none_or(|(succeeded, _)| !succeeded) {
        let detail = "the record does not say that the handshake came to its end";
        unfinished = Some(Gap::new(GapReason::Truncated, detail).at([record.span()]));
    } else if shown.is_empty() {
        let detail = "the record shows neither version nor suite nor certificate";
        unfinished = Some(Gap::new(GapReason::Truncated, detail).at([record.span()]));
    }
    let endpoint = shown.endpoint(key, TOOL, record.span());
    push(sink, format, started, completion(record, unfinished), vec![endpoint]);
}

/// Which service; of httpx, the one that its URL names.
fn key(record: json::Value<'_>, outer: Option<json::Value<'_>>) -> Option<EndpointKey> {
    let named = |record, name| text(record, &[name]).and_then(|(text, _)| host(&text));
    // Behind a redirect the handshake is that of another service than the one that was asked.
    let direct = outer.filter(|outer| outer.get("final_url").is_none());
    let url = direct.and_then(|outer| text(outer, &["url"])).and_then(|(url, _)| of_url(&url));
    let target = if record.get("host").is_some() && is_tlsx(record) { named(record, "host") } else { None };
    let target = target.or_else(|| url.as_ref().map(|(host, _)| host.clone()));
    let number = if is_tlsx(record) { port(record, "port") } else { None };
    let url = url.filter(|(name, _)| target.as_ref() == Some(name));
    let ip = text(record, &["ip"]).or_else(|| text(outer?, &["host_ip"])).and_then(|(text, _)| address(&text));
    let sent = text(record, &["sni"]).map(|(name, _)| name.into_owned());
    if target.is_none() && ip.is_none() {
        return None;
    }
    Some(EndpointKey {
        address: ip.or_else(|| target.as_deref().and_then(address)),
        host: target,
        port: number.or_else(|| url.map(|(_, port)| port))?,
        transport: Transport::Direct,
        // Go's client leaves an address out of the extension, and says that it sent it.
        server_name: match sent.as_deref().and_then(host) {
            Some(name) if address(&name).is_none() => ServerName::Sent(name),
            _ => ServerName::Unstated,
        },
        role: Role::Server,
    })
}

/// Host and port of `https://mail.example.com:8443/path`.
pub(super) fn of_url(url: &str) -> Option<(String, u16)> {
    let (scheme, rest) = url.trim().split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit_once('@').map_or(authority, |(_, behind)| behind);
    let (name, number) = match authority.rsplit_once(':') {
        Some((name, digits)) if !digits.ends_with(']') => (name, Some(digits.parse().ok()?)),
        _ => (authority, None),
    };
    let number = number.or(match scheme {
        "https" => Some(443),
        "http" => Some(80),
        _ => None,
    })?;
    Some((host(name)?, number))
}

/// Why the record shows nothing but an attempt, if so.
fn failed(record: json::Value<'_>, outer: Option<json::Value<'_>>) -> Option<Gap> {
    if outer.is_some() && !is_tlsx(record) {
        let (what, words) = match record.get("tls-grab") {
            Some(grab) => ("this form of httpx's record (`tls-grab`) is not read", grab.span()),
            None => ("httpx shows nothing of TLS here: it was not asked to, or it spoke HTTP alone", record.span()),
        };
        return Some(Gap::new(GapReason::NotAttempted, what).at([words]));
    }
    let status = flag(record, &["probe_status"]);
    let error = text(record, &["error"]);
    match (status, error) {
        (Some((true, _)) | None, None) => None,
        (_, Some((error, words))) => {
            Some(Gap::new(GapReason::Failed, format!("tlsx says `{}`", said(&error))).at([words]))
        }
        (Some((false, words)), None) => {
            Some(Gap::new(GapReason::Failed, "tlsx did not come to the end of a handshake").at([words]))
        }
    }
}

fn enumerated(record: json::Value<'_>, shown: &mut Shown, diagnostics: &mut Vec<Diagnostic>) {
    for value in at(record, &["version_enum"]).into_iter().flat_map(json::Value::elements) {
        shown.version_named(value, diagnostics);
    }
    for entry in at(record, &["cipher_enum"]).into_iter().flat_map(json::Value::elements) {
        let name = text(entry, &["version"]);
        let version = name.as_ref().and_then(|(name, _)| ProtocolVersion::from_name(name));
        let kinds = at(entry, &["ciphers"]).into_iter().flat_map(json::Value::members);
        let suites: Vec<json::Value<'_>> = kinds.flat_map(|(_, list)| list.elements()).gathered();
        if let (Some(version), Some((_, words)), false) = (version, name, suites.is_empty()) {
            shown.version(version, Basis::Wire, words);
        }
        for value in suites {
            shown.suite_named(version, value, diagnostics);
        }
    }
}

/// The PEM of a certificate, with `-cert`.
fn bytes(record: json::Value<'_>) -> Option<(Result<Vec<u8>, String>, Span)> {
    let value = record.get("certificate")?;
    let decoded = match value.as_str() {
        Some(text) => pem::decode_text(&text).map_err(|message| format!("`certificate`: {message}")),
        None => Err("`certificate`: expected a certificate as PEM".to_owned()),
    };
    Some((decoded, value.span()))
}

fn described(record: json::Value<'_>) -> ReportedCertificate {
    let fact =
        |(text, words): (std::borrow::Cow<'_, str>, Span)| Fact::new(text.into_owned(), Basis::ToolSays, [words]);
    let end = text(record, &["not_after"]);
    let mismatched = flag(record, &["mismatched"]).filter(|(mismatched, _)| *mismatched);
    ReportedCertificate {
        sha256: text(record, &["fingerprint_hash", "sha256"]).map(fact),
        common_name: text(record, &["subject_cn"]).map(fact),
        not_after: end.and_then(|(text, words)| Some(Fact::new(text.parse().ok()?, Basis::ToolSays, [words]))),
        names_host: mismatched.map(|(_, words)| Fact::new(false, Basis::ToolSays, [words])),
        words: vec![record.span()],
        ..ReportedCertificate::default()
    }
}

fn is_described(described: &ReportedCertificate) -> bool {
    described.sha256.is_some() || described.common_name.is_some() || described.not_after.is_some()
}

/// What tlsx finds wrong with the certificate. It never says that it found nothing.
fn trust(record: json::Value<'_>) -> Option<Fact<ToolTrust>> {
    let mut reasons = Vec::new();
    let mut words = Vec::new();
    for name in ["revoked", "untrusted", "self_signed"] {
        if let Some((true, place)) = flag(record, &[name]) {
            reasons.push(name);
            words.push(place);
        }
    }
    let reason = format!("tlsx says `{}`", reasons.join("`, `"));
    (!words.is_empty()).then(|| Fact::new(ToolTrust { trusted: false, reason }, Basis::ToolSays, words))
}

/// Adds the certificates above the leaf; where the list stands, if these are all that were sent.
fn rest_of(record: json::Value<'_>, chain: &mut Chain, diagnostics: &mut Vec<Diagnostic>) -> Option<Span> {
    let list = record.get("chain").filter(|list| list.kind() == json::Kind::Array)?;
    let leaf = text(record, &["fingerprint_hash", "sha256"]);
    for (position, above) in list.elements().enumerate() {
        let is_leaf = position == 0
            && leaf.as_ref().is_some_and(|(hash, _)| {
                text(above, &["fingerprint_hash", "sha256"]).is_some_and(|(other, _)| other == *hash)
            });
        if is_leaf {
            continue;
        }
        if above.kind() != json::Kind::Object {
            let message = "expected a certificate in `chain`";
            diagnostics.push(Diagnostic::error(Code::InvalidCertificate, message).at(above.span()));
            return None;
        }
        chain.add(bytes(above), Some(described(above)).filter(is_described), diagnostics);
    }
    // What the OpenSSL client hands over is what OpenSSL built, not what was sent.
    let own = text(record, &["tls_connection"]).is_some_and(|(name, _)| name == "ctls" || name == "ztls");
    (own && list.is_complete() && record::at(record, &["certificate"]).is_some()).then(|| list.span())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_host_and_port() {
        for (url, expected) in [
            ("https://Mail.example.com", Some(("mail.example.com", 443))),
            ("https://u:p@mail.example.com:8443/x?y", Some(("mail.example.com", 8443))),
            ("http://[2001:db8::1]/", Some(("2001:db8::1", 80))),
            ("https://[2001:DB8::1]:444", Some(("2001:db8::1", 444))),
            ("smtp://mail.example.com", None),
            ("https://mail.example.com:port", None),
            ("mail.example.com", None),
        ] {
            let expected = expected.map(|(host, port)| (host.to_owned(), port));
            assert_eq!(of_url(url), expected, "{url}");
        }
    }
}
