//! The JSON of [tls-scan](https://github.com/prbinu/tls-scan): objects one behind another, printed by OpenSSL's
//! client, and a summary in text behind them.
//!
//! What surprises: `tlsVersions` leaves out the first version that was accepted, and where there is one alone it
//! prints whatever stood in memory; certificates are described and not shown; suites are OpenSSL's names, those of
//! SSL 2.0 among them; suites under `notSupported` may as well have failed.

use super::record::{Chain, Shown, any_record, at, completion, flag, port, push, read_each, said, text};
use super::service::{address, host};
use super::stated::openssl_time;
use super::{Sink, json};
use crate::evidence::{
    Basis, Completion, DhParameters, EndpointKey, Fact, Gap, GapReason, ReportedCertificate, Role, ServerName,
    ToolTrust, Transport,
};
use crate::iana::{NamedGroup, ProtocolVersion};

pub(super) const ID: &str = "tls-scan-json";
pub(super) const COMMANDS: &[&str] = &["tls-scan --host=HOST --port=PORT --all --pretty"];
pub(super) const NEVER_SHOWS: &[&str] = &[
    "which versions and suites were refused: what is not supported may have failed",
    "which suites belong to which version, and who chooses",
    "certificates: they are described, and not shown",
    "how TLS starts, and the server name that was sent",
    "when the scan was made, and the version of tls-scan",
];
const TOOL: &str = "tls-scan";

/// Whether these are records of tls-scan.
pub(super) fn recognises(root: json::Value<'_>) -> bool {
    any_record(root, is_record)
}

fn is_record(record: json::Value<'_>) -> bool {
    let names = ["tlsVersion", "certificateChain", "x509ChainDepth", "elapsedTime", "verifyCertResult", "tlsVersions"];
    names.into_iter().filter(|name| record.get(name).is_some()).count() > 1
}

/// Whether a line is the first one of the summary.
pub(super) fn starts_summary(line: &str) -> bool {
    line.starts_with("<|--") && line.contains("Scan Summary")
}

/// Whether this is the summary that tls-scan prints last, and nothing else.
pub(super) fn recognises_summary(text: &str) -> bool {
    let is_line = |line: &str| {
        let line = line.trim();
        let counted = line.strip_prefix('[').and_then(|line| line.split_once(']'));
        line.is_empty()
            || line.starts_with("<|--") && line.ends_with("--|>")
            || counted.is_some_and(|(id, rest)| id.bytes().all(|byte| byte.is_ascii_digit()) && rest.contains(" : "))
    };
    text.contains("Scan Summary") && text.lines().all(is_line)
}

/// The summary counts connections, and says nothing of any server.
pub(super) fn read_summary(_: usize, _: usize, _: &mut Sink<'_>) {}

/// Reads one document.
pub(super) fn read(document: &json::Document<'_>, sink: &mut Sink<'_>) {
    read_each(document, sink, is_record, one);
}

fn one(record: json::Value<'_>, sink: &mut Sink<'_>) {
    let started = sink.collected("the JSON of tls-scan");
    let ip = text(record, &["ip"]).and_then(|(ip, _)| address(&ip));
    let name = text(record, &["host"]).and_then(|(name, _)| host(&name)).or_else(|| ip.clone());
    let (Some(name), Some(port)) = (name, port(record, "port")) else {
        let gap = Gap::new(GapReason::Truncated, "a record does not say which host and port it is of");
        push(sink, (ID, TOOL), started, Completion::Unfinished(gap.at([record.span()])), Vec::new());
        return;
    };
    let key = EndpointKey {
        host: Some(name),
        address: ip,
        port,
        transport: Transport::Unstated,
        server_name: ServerName::Unstated,
        role: Role::Server,
    };
    let mut shown = Shown::default();
    let version = at(record, &["tlsVersion"]).and_then(|value| shown.version_named(value, sink.diagnostics));
    if let Some(value) = at(record, &["cipher"]) {
        shown.suite_named(version, value, sink.diagnostics);
    }
    let versions: Vec<json::Value<'_>> =
        at(record, &["tlsVersions"]).into_iter().flat_map(json::Value::elements).collect();
    // One version alone, however often, may be what the tool found in memory that nobody wrote to.
    let only = versions.first().map(|value| value.as_str());
    let several = versions.iter().any(|value| Some(value.as_str()) != only);
    for value in versions.iter().filter(|_| several) {
        shown.version_named(*value, sink.diagnostics);
    }
    for value in at(record, &["cipherSuite", "supported"]).into_iter().flat_map(json::Value::elements) {
        shown.suite_named(None, value, sink.diagnostics);
    }
    temporary_key(record, &mut shown);
    if let Some((method, words)) = text(record, &["compression"]).filter(|(method, _)| method != "NONE") {
        // OpenSSL's name of a method: one was agreed on.
        shown.compression = method.contains("compression").then(|| Fact::new(true, Basis::Wire, [words]));
    }
    // TLS 1.3 has no renegotiation, and OpenSSL calls that secure in some versions.
    let renegotiates = version.is_some_and(|version| version < ProtocolVersion::TLS1_3);
    if let Some((secure, words)) = flag(record, &["secureRenego"]).filter(|_| renegotiates) {
        shown.secure_renegotiation = Some(Fact::new(secure, Basis::ToolSays, [words]));
    }
    let mut chain = Chain::default();
    let names_host = flag(record, &["verifyHostResult"]).filter(|(matches, _)| !matches);
    let listed = at(record, &["certificateChain"]).into_iter().flat_map(json::Value::elements);
    for (position, certificate) in listed.enumerate() {
        let mut described = described(certificate);
        described.names_host =
            names_host.filter(|_| position == 0).map(|(matches, words)| Fact::new(matches, Basis::ToolSays, [words]));
        chain.add(None, Some(described), sink.diagnostics);
    }
    shown.chains = chain.presented(TOOL, None, trust(record));
    let empty = version.is_none().then(|| {
        Gap::new(GapReason::Truncated, "the record does not say which version was negotiated").at([record.span()])
    });
    let endpoint = shown.endpoint(key, TOOL, record.span());
    push(sink, (ID, TOOL), started, completion(record, empty), vec![endpoint]);
}

/// `ECDH prime256v1`, `X25519`, or `DH` with its size.
fn temporary_key(record: json::Value<'_>, shown: &mut Shown) {
    let Some((name, words)) = text(record, &["tempPublicKeyAlg"]) else { return };
    if name == "DH" {
        let size = at(record, &["tempPublicKeySize"]);
        if let Some((bits, words)) = size.and_then(|size| Some((size.as_u32()?, size.span()))) {
            shown.dh_parameters.push(Fact::new(DhParameters { bits, name: None }, Basis::Wire, [words]));
        }
        return;
    }
    let group = name.split_whitespace().last().and_then(NamedGroup::from_name);
    shown.group(group, words);
}

fn described(certificate: json::Value<'_>) -> ReportedCertificate {
    let algorithm = text(certificate, &["publicKeyAlg"]);
    let family = algorithm.and_then(|(name, words)| {
        let family = match name.split_whitespace().next() {
            Some("RSA") => "RSA",
            Some("ECC") => "EC",
            Some("DSA") => "DSA",
            _ => return None,
        };
        Some(Fact::new(family.to_owned(), Basis::ToolSays, [words]))
    });
    let end = text(certificate, &["notAfter"]);
    let size = at(certificate, &["publicKeySize"]);
    let name = text(certificate, &["subjectCN"]);
    ReportedCertificate {
        common_name: name.map(|(name, words)| Fact::new(name.into_owned(), Basis::ToolSays, [words])),
        key_algorithm: family,
        key_bits: size.and_then(|size| Some(Fact::new(size.as_u32()?, Basis::ToolSays, [size.span()]))),
        not_after: end.and_then(|(text, words)| Some(Fact::new(openssl_time(&text)?, Basis::ToolSays, [words]))),
        words: vec![certificate.span()],
        ..ReportedCertificate::default()
    }
}

fn trust(record: json::Value<'_>) -> Option<Fact<ToolTrust>> {
    let (trusted, words) = flag(record, &["verifyCertResult"])?;
    let error = text(record, &["verifyCertError"]).map(|(error, _)| said(&error)).unwrap_or_default();
    let reason =
        if trusted { "tls-scan says `verifyCertResult: true`".to_owned() } else { format!("tls-scan says `{error}`") };
    Some(Fact::new(ToolTrust { trusted, reason }, Basis::ToolSays, [words]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_is_known_and_nothing_else() {
        let summary = "<|---------Scan Summary---------|>\n [8565] ciphers             : A:B (165)\n [8565] dns-lookup : 1\n<|------|>\n";
        assert!(recognises_summary(summary));
        assert!(!recognises_summary(&format!("{summary}-----BEGIN CERTIFICATE-----\n")));
        assert!(!recognises_summary("<|------|>\n"));
    }
}
