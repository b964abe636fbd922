//! The JSON of [CryptoLyzer](https://gitlab.com/coroner/cryptolyzer) (`--output-format json`), of its `tls` analyzers.
//!
//! One object for each target: the result of one analyzer, or under `all` one of each. Its client is its own, so
//! that it sees what OpenSSL refuses; but what it lists is what was taken: a version or suite that is not listed was
//! refused, or the connection failed. A target without TLS has an empty list of versions. Certificates are described,
//! and not shown.

use super::record::{Chain, Shown, any_record, at, completion, flag, port, push, read_each, said, text};
use super::service::{address, host};
use super::tlsx::of_url;
use super::{Sink, json};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{
    Basis, Completion, DhParameters, Endpoint, EndpointKey, Fact, Gap, GapReason, Preference, ReportedCertificate,
    Role, ServerName, StartTls, ToolTrust, Transport,
};
use crate::iana::{NamedGroup, ProtocolVersion, SignatureScheme};
use crate::source::Span;
use crate::time::Timestamp;

pub(super) const ID: &str = "cryptolyzer-json";
pub(super) const COMMANDS: &[&str] =
    &["cryptolyze --output-format json tls all HOST:443", "cryptolyze --output-format json tls all smtp://HOST:25"];
pub(super) const NEVER_SHOWS: &[&str] = &[
    "which versions, suites and groups were refused: what is not listed was refused, or the connection failed",
    "certificates: they are described, and not shown",
    "whether the server prefers suites by its own order alone",
    "when the scan was made, and the version of CryptoLyzer",
];
const TOOL: &str = "CryptoLyzer";

/// Whether these are results of CryptoLyzer.
pub(super) fn recognises(root: json::Value<'_>) -> bool {
    any_record(root, is_record)
}

fn is_record(record: json::Value<'_>) -> bool {
    record.get("target").is_some_and(|target| match target.kind() {
        json::Kind::Object => ["proto_version", "address", "scheme"].into_iter().any(|name| target.get(name).is_some()),
        json::Kind::String => record.get("error").is_some(),
        _ => false,
    })
}

/// Reads one document.
pub(super) fn read(document: &json::Document<'_>, sink: &mut Sink<'_>) {
    read_each(document, sink, is_record, one);
}

fn one(record: json::Value<'_>, sink: &mut Sink<'_>) {
    let started = sink.collected("the JSON of CryptoLyzer");
    let Some(key) = key(record) else {
        let gap = Gap::new(GapReason::Truncated, "a result does not say which host and port it is of");
        push(sink, (ID, TOOL), started, Completion::Unfinished(gap.at([record.span()])), Vec::new());
        return;
    };
    if let Some((error, words)) = text(record, &["error"]) {
        let gap = Gap::new(GapReason::Failed, format!("CryptoLyzer says `{}`", said(&error))).at([words]);
        let endpoint = Endpoint::unseen(key, &gap);
        push(sink, (ID, TOOL), started, Completion::Unfinished(gap), vec![endpoint]);
        return;
    }
    let mut shown = Shown::default();
    let mut without_name = Shown::default();
    let mut foreign = None;
    for section in sections(record) {
        if section.get("target").is_some_and(|target| !same_target(record, target)) {
            foreign = Some(section.span());
            continue;
        }
        analyzed(section, &mut shown, sink.diagnostics);
        chains(section, &mut shown, &mut without_name, sink.diagnostics);
    }
    if let Some(words) = foreign {
        let message = "a part of the result is of another target; it was not read";
        sink.note(Diagnostic::error(Code::ContradictoryInput, message).at(words));
    }
    let empty = shown.is_empty().then(|| {
        let detail = "no version was accepted, so that it is not known whether a TLS server was reached";
        Gap::new(GapReason::Failed, detail).at([record.span()])
    });
    let mut endpoints = Vec::new();
    if !without_name.chains.is_empty() {
        let key = EndpointKey { server_name: ServerName::Omitted, ..key.clone() };
        endpoints.push(without_name.endpoint(key, TOOL, record.span()));
    }
    let endpoint: Endpoint = shown.endpoint(key, TOOL, record.span());
    endpoints.insert(0, endpoint);
    push(sink, (ID, TOOL), started, completion(record, empty), endpoints);
}

fn key(record: json::Value<'_>) -> Option<EndpointKey> {
    let target = at(record, &["target"])?;
    let (scheme, name, number) = match target.as_str() {
        Some(url) => {
            let (name, number) = of_url(&url)?;
            (url.split("://").next()?.to_owned(), name, number)
        }
        None => {
            let scheme = text(target, &["scheme"]).map(|(scheme, _)| scheme.into_owned()).unwrap_or_default();
            (scheme, text(target, &["address"]).and_then(|(name, _)| host(&name))?, port(target, "port")?)
        }
    };
    let transport = match scheme.as_str() {
        "https" | "tls" | "smtps" | "imaps" | "pop3s" | "ldaps" | "ftps" | "doh" => Transport::Direct,
        scheme => StartTls::from_name(scheme).map_or(Transport::Unstated, Transport::StartTls),
    };
    let is_address = address(&name).is_some();
    Some(EndpointKey {
        address: text(target, &["ip"]).and_then(|(ip, _)| address(&ip)).or_else(|| address(&name)),
        server_name: if is_address { ServerName::Unstated } else { ServerName::Sent(name.clone()) },
        host: Some(name),
        port: number,
        transport,
        role: Role::Server,
    })
}

/// The result itself, or the results of the analyzers in it.
fn sections(record: json::Value<'_>) -> impl Iterator<Item = json::Value<'_>> {
    const NAMES: [&str; 7] = ["versions", "ciphers", "curves", "dhparams", "pubkeys", "sigalgos", "extensions"];
    let inner = NAMES.into_iter().filter_map(move |name| record.get(name));
    let flat = inner.flat_map(|value| {
        let itself = (value.kind() == json::Kind::Object).then_some(value);
        itself.into_iter().chain(value.elements().filter(|element| element.get("target").is_some()))
    });
    std::iter::once(record).chain(flat)
}

fn same_target(record: json::Value<'_>, target: json::Value<'_>) -> bool {
    let of = |target, name: &str| at(target, &[name]).and_then(json::Value::partial_text);
    let own = record.get("target").unwrap_or(record);
    ["address", "port"].into_iter().all(|name| of(own, name) == of(target, name))
}

fn analyzed(section: json::Value<'_>, shown: &mut Shown, diagnostics: &mut Vec<Diagnostic>) {
    let list = |name: &str| {
        let list = at(section, &[name]).filter(|list| list.kind() == json::Kind::Array);
        list.into_iter().flat_map(json::Value::elements)
    };
    let named = text(section, &["target", "proto_version"]);
    let version = named.as_ref().and_then(|(name, _)| ProtocolVersion::from_name(name));
    for value in list("versions") {
        shown.version_named(value, diagnostics);
    }
    let mut listed = false;
    for value in list("cipher_suites") {
        shown.suite_named(version, value, diagnostics);
        listed = true;
    }
    if let (Some(version), Some((_, words)), true) = (version, named, listed) {
        shown.version(version, Basis::Wire, words);
        if let Some((false, words)) = flag(section, &["cipher_suite_preference"]) {
            shown.preferences.push((version, Fact::new(Preference::Client, Basis::ToolSays, [words])));
        }
    }
    for value in list("curves").chain(list("groups")) {
        shown.group(value.as_str().and_then(|name| NamedGroup::from_name(&name)), value.span());
    }
    for value in list("sig_algos") {
        if let Some(scheme) = value.as_str().and_then(|name| scheme(&name)) {
            shown.schemes.push(Fact::new(scheme, Basis::Wire, [value.span()]));
        }
    }
    if let Some(size) = at(section, &["dhparam", "key_size", "value"])
        && let Some(bits) = size.as_u32()
    {
        let name = text(section, &["dhparam", "well_known"]).map(|(name, _)| name.into_owned());
        shown.dh_parameters.push(Fact::new(DhParameters { bits, name }, Basis::Wire, [size.span()]));
    }
    for value in list("compression_methods") {
        if value.as_str().is_some_and(|method| method != "NULL") {
            shown.compression = Some(Fact::new(true, Basis::Wire, [value.span()]));
        }
    }
}

/// `RSA_SHA256`, `RSA_PSS_RSAE_SHA256`: the registry's `rsa_pkcs1_sha256` and `rsa_pss_rsae_sha256`.
fn scheme(name: &str) -> Option<SignatureScheme> {
    SignatureScheme::from_name(&name.to_ascii_lowercase())
        .or_else(|| SignatureScheme::from_name(&name.replacen('_', "+", 1)))
}

fn chains(section: json::Value<'_>, shown: &mut Shown, without_name: &mut Shown, diagnostics: &mut Vec<Diagnostic>) {
    let list = at(section, &["pubkeys"]).filter(|list| list.kind() == json::Kind::Array);
    for entry in list.into_iter().flat_map(json::Value::elements) {
        let mut chain = Chain::default();
        let matches = flag(entry, &["subject_matches"]).filter(|(matches, _)| !matches);
        let items = at(entry, &["certificate_chain", "items"]).into_iter().flat_map(json::Value::elements);
        for (position, item) in items.enumerate() {
            let mut described = described(item);
            described.names_host =
                matches.filter(|_| position == 0).map(|(matches, words)| Fact::new(matches, Basis::ToolSays, [words]));
            chain.add(None, Some(described), diagnostics);
        }
        let into =
            if flag(entry, &["sni_sent"]).is_some_and(|(sent, _)| !sent) { &mut *without_name } else { &mut *shown };
        into.chains.extend(chain.presented(TOOL, None, trust(entry)));
    }
}

fn described(item: json::Value<'_>) -> ReportedCertificate {
    let fact = |(text, words): (String, Span)| Fact::new(text, Basis::ToolSays, [words]);
    let word = |path: &[&str]| text(item, path).map(|(text, words)| (text.into_owned(), words));
    let family = word(&["size", "key_type"]).and_then(|(name, words)| {
        let family = match name.as_str() {
            "RSA" | "DSA" => name,
            "ECDSA" => "EC".to_owned(),
            _ => return None,
        };
        Some(fact((family, words)))
    });
    let size = at(item, &["size", "value"]);
    let hash = word(&["fingerprints", "SHA2_256"]);
    let end = word(&["validity", "not_after"]);
    ReportedCertificate {
        sha256: hash.map(|(text, words)| fact((text.replace(':', "").to_ascii_lowercase(), words))),
        common_name: word(&["subject", "common_name"]).map(fact),
        key_algorithm: family,
        key_bits: size.and_then(|size| Some(Fact::new(size.as_u32()?, Basis::ToolSays, [size.span()]))),
        not_after: end
            .and_then(|(text, words)| Some(Fact::new(text.parse::<Timestamp>().ok()?, Basis::ToolSays, [words]))),
        words: vec![item.span()],
        ..ReportedCertificate::default()
    }
}

/// Trusted if one of the root programs does, untrusted if none of those that were looked at does.
fn trust(entry: json::Value<'_>) -> Option<Fact<ToolTrust>> {
    if let Some((true, words)) = flag(entry, &["certificate_chain", "revoked"]) {
        let reason = "CryptoLyzer says `revoked: true`".to_owned();
        return Some(Fact::new(ToolTrust { trusted: false, reason }, Basis::ToolSays, [words]));
    }
    let roots = at(entry, &["certificate_chain", "trust_roots"])?;
    let mut trusting = Vec::new();
    let mut any = false;
    for (name, says) in roots.members() {
        any |= says.as_bool().is_some();
        if says.as_bool() == Some(true) {
            trusting.extend(name.as_str().map(std::borrow::Cow::into_owned));
        }
    }
    let trusted = !trusting.is_empty();
    let reason = match trusted {
        true => format!("CryptoLyzer says that it is trusted by {}", trusting.join(", ")),
        false => "CryptoLyzer says that no root program trusts it".to_owned(),
    };
    any.then(|| Fact::new(ToolTrust { trusted, reason }, Basis::ToolSays, [roots.span()]))
}
