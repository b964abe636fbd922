//! The JSON lines of [zgrab2](https://github.com/zmap/zgrab2): one target for each line, one entry of `data` for each
//! module that looked at it.
//!
//! One handshake each. What surprises: the version in the ServerHello of TLS 1.3 is that of TLS 1.2, the true one
//! stands in an extension that older records leave out; `secure_renegotiation` is false whatever the server said; the
//! port is left out by older versions; a record of `http` that followed redirects holds the handshake of another host.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::record::{Chain, Shown, any_record, at, completion, flag, port, push, read_each, said, started, text};
use super::service::{address, host};
use super::tlsx::of_url;
use super::{Sink, json};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{
    AttackTest, Basis, Completion, DhParameters, Endpoint, EndpointKey, Fact, Gap, GapReason, Observed,
    ReportedCertificate, Role, ServerName, StartTls, TlsSupport, ToolTrust, Transport,
};
use crate::iana::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};
use crate::source::Span;

pub(super) const ID: &str = "zgrab2-json";
pub(super) const COMMANDS: &[&str] = &["echo HOST | zgrab2 tls -p PORT", "echo HOST | zgrab2 smtp -p 25 --starttls"];
pub(super) const NEVER_SHOWS: &[&str] = &[
    "more than the one version, suite and group that were negotiated",
    "which versions, suites and groups were refused",
    "who chooses the cipher suite, and in which order",
    "whether secure renegotiation is signalled",
    "the server name that was sent, without --keep-client-logs",
    "the port, in older versions",
];
const TOOL: &str = "zgrab2";

/// Whether these are records of zgrab2.
pub(super) fn recognises(root: json::Value<'_>) -> bool {
    any_record(root, is_record)
}

fn is_record(record: json::Value<'_>) -> bool {
    let names_target = record.get("ip").is_some() || record.get("domain").is_some();
    let is_entry = |entry: json::Value<'_>| entry.get("status").is_some() || entry.get("protocol").is_some();
    names_target
        && record.get("data").is_some_and(|data| {
            data.kind() == json::Kind::Object
                && (data.members().next().is_none() || data.members().any(|(_, entry)| is_entry(entry)))
        })
}

/// Reads one document.
pub(super) fn read(document: &json::Document<'_>, sink: &mut Sink<'_>) {
    read_each(document, sink, is_record, |record, sink| {
        let entries = record.get("data").into_iter().flat_map(json::Value::members);
        let before = sink.scans.len();
        for (name, entry) in entries {
            if let Some(name) = name.as_str() {
                one(record, &name, entry, sink);
            }
        }
        if sink.scans.len() == before {
            let gap = Gap::new(GapReason::NotAttempted, "a record has the result of no module").at([record.span()]);
            let none = Observed::missing(GapReason::NotReportedByFormat, "nothing was looked at");
            push(sink, (ID, TOOL), none, Completion::Unfinished(gap), Vec::new());
        }
    });
}

/// Reads what one module found.
fn one(record: json::Value<'_>, name: &str, entry: json::Value<'_>, sink: &mut Sink<'_>) {
    let started = started(entry, "timestamp", sink, "the record");
    let protocol = text(entry, &["protocol"]).map_or_else(|| name.to_owned(), |(protocol, _)| protocol.into_owned());
    let result = entry.get("result");
    let log = result.and_then(|result| handshake(record, result, &protocol));
    let mut key = key(record, entry);
    key.transport = transport(&protocol, result, log.is_some());
    let failed = failed(record, entry, result, log).or_else(|| {
        (key.port == 0).then(|| {
            let detail = "the record does not say which port was asked (it is shown as port 0)";
            Gap::new(GapReason::NotReportedByFormat, detail).at([entry.span()])
        })
    });
    let (Some(log), true) = (log, succeeded(entry)) else {
        let gap =
            failed.unwrap_or_else(|| Gap::new(GapReason::NotAttempted, "no handshake was tried").at([entry.span()]));
        let refused = without_starttls(result, &protocol);
        if refused.is_some() {
            key.transport = Transport::StartTls(StartTls::Smtp);
        }
        let mut endpoint = Endpoint::unseen(key, &gap);
        if let Some(words) = refused {
            endpoint.tls = Observed::Known(Fact::new(TlsSupport::StartTlsNotAdvertised, Basis::ToolSays, [words]));
        }
        push(sink, (ID, TOOL), started, Completion::Unfinished(gap), vec![endpoint]);
        return;
    };
    if let Some((sent, _)) = text(log, &["client_hello", "server_name"])
        && let Some(sent) = host(&sent)
    {
        key.server_name = ServerName::Sent(sent);
    }
    let mut shown = Shown::default();
    hello(log, &mut shown, sink.diagnostics);
    key_exchange(log, &mut shown);
    shown.chains = chain(log, sink.diagnostics);
    if let Some((vulnerable, words)) = result.and_then(|result| heartbleed(result)) {
        shown.attacks.push(AttackTest {
            name: "Heartbleed".to_owned(),
            cve: vec!["CVE-2014-0160".to_owned()],
            vulnerable: Observed::Known(Fact::new(vulnerable, Basis::ToolSays, [words])),
        });
    }
    let empty = shown.is_empty().then(|| {
        Gap::new(GapReason::Truncated, "the record shows neither version nor suite nor certificate").at([log.span()])
    });
    let endpoint = shown.endpoint(key, TOOL, entry.span());
    push(sink, (ID, TOOL), started, completion(record, failed.or(empty)), vec![endpoint]);
}

fn key(record: json::Value<'_>, entry: json::Value<'_>) -> EndpointKey {
    let ip = text(record, &["ip"]).and_then(|(ip, _)| address(&ip));
    let domain = text(record, &["domain"]).and_then(|(domain, _)| host(&domain));
    EndpointKey {
        host: domain.or_else(|| ip.clone()),
        address: ip,
        port: port(entry, "port").unwrap_or(0),
        transport: Transport::Unstated,
        server_name: ServerName::Unstated,
        role: Role::Server,
    }
}

fn transport(protocol: &str, result: Option<json::Value<'_>>, is_encrypted: bool) -> Transport {
    let Some(starttls) = StartTls::from_name(protocol) else {
        return if matches!(protocol, "tls" | "http") { Transport::Direct } else { Transport::Unstated };
    };
    let has = |name| result.is_some_and(|result| text(result, &[name]).is_some());
    match result.and_then(|result| flag(result, &["implicit_tls"])) {
        Some((true, _)) => Transport::Direct,
        _ if has("starttls") => Transport::StartTls(starttls),
        // Without the command the handshake came first.
        _ if is_encrypted && matches!(protocol, "smtp" | "imap" | "pop3") => Transport::Direct,
        _ => Transport::Unstated,
    }
}

fn succeeded(entry: json::Value<'_>) -> bool {
    text(entry, &["status"]).is_some_and(|(status, _)| status == "success")
}

/// The log of the handshake, wherever the module puts it.
fn handshake<'d>(record: json::Value<'d>, result: json::Value<'d>, protocol: &str) -> Option<json::Value<'d>> {
    if protocol == "http" {
        let response = at(result, &["response"])?;
        return at(response, &["request", "tls_log", "handshake_log"])
            .or_else(|| at(response, &["request", "tls_handshake", "handshake_log"]))
            .filter(|_| !redirected(record, result));
    }
    at(result, &["handshake_log"])
        .or_else(|| at(result, &["tls", "handshake_log"]))
        .filter(|log| log.kind() == json::Kind::Object)
}

/// Whether the last request of `http` went to another host than the target.
fn redirected(record: json::Value<'_>, result: json::Value<'_>) -> bool {
    let asked = text(result, &["response", "request", "url", "host"]);
    let asked = asked.and_then(|(authority, _)| of_url(&format!("https://{authority}")));
    let is_target = |name: &str| {
        let own = ["domain", "ip"].into_iter().filter_map(|key| text(record, &[key]));
        own.filter_map(|(own, _)| host(&own)).any(|own| own == name)
    };
    result.get("redirect_response_chain").is_some_and(|chain| chain.elements().next().is_some())
        || asked.is_some_and(|(name, _)| !is_target(&name))
}

/// Why the entry shows nothing, or less than it might.
fn failed(
    record: json::Value<'_>,
    entry: json::Value<'_>,
    result: Option<json::Value<'_>>,
    log: Option<json::Value<'_>>,
) -> Option<Gap> {
    let error = text(entry, &["error"]).map(|(error, _)| said(&error)).unwrap_or_default();
    match text(entry, &["status"]) {
        None => {
            Some(Gap::new(GapReason::Truncated, "the record does not say how the attempt ended").at([entry.span()]))
        }
        Some((status, words)) if status != "success" => {
            let reason = match status.as_ref() {
                "connection-refused" | "connection-timeout" | "connection-closed" | "io-timeout" => GapReason::Blocked,
                _ => GapReason::Failed,
            };
            Some(Gap::new(reason, format!("zgrab2 says `{}`: {error}", said(&status))).at([words]))
        }
        Some(_) if result.is_some_and(|result| redirected(record, result)) => {
            let detail = "the record followed redirects, and the handshake in it may be that of another host";
            Some(Gap::new(GapReason::Unsupported, detail).at([entry.span()]))
        }
        Some((_, words)) if log.is_none() => {
            Some(Gap::new(GapReason::NotAttempted, "the record holds no handshake").at([words]))
        }
        Some(_) => None,
    }
}

/// The server answered EHLO, and STARTTLS is not in the answer.
fn without_starttls(result: Option<json::Value<'_>>, protocol: &str) -> Option<Span> {
    const USUAL: [&str; 4] = ["SIZE", "8BITMIME", "PIPELINING", "ENHANCEDSTATUSCODES"];
    let (answer, words) = text(result?, &["ehlo"]).filter(|_| protocol == "smtp")?;
    let mut lines = answer.lines().map(|line| line.trim().to_ascii_uppercase());
    let is_answer = lines.clone().all(|line| line.is_empty() || line.starts_with("250"));
    let ended = lines.clone().any(|line| line.starts_with("250 "));
    let keyword = |line: &str| line.get(4..).and_then(|rest| rest.split_whitespace().next()).map(str::to_owned);
    let usual = lines.clone().filter_map(|line| keyword(&line)).any(|word| USUAL.contains(&word.as_str()));
    (is_answer && ended && usual && !lines.any(|line| line.contains("STARTTLS"))).then_some(words)
}

/// The ServerHello: one version and one suite.
fn hello(log: json::Value<'_>, shown: &mut Shown, diagnostics: &mut Vec<Diagnostic>) {
    let Some(hello) = at(log, &["server_hello"]) else { return };
    let suite = code(
        hello,
        &["cipher_suite"],
        |code, name| {
            let known = CipherSuite::from_name(name);
            known.is_some_and(|suite| suite != CipherSuite(code))
        },
        diagnostics,
    );
    let of_version =
        |code, name: &str| ProtocolVersion::from_name(name).is_some_and(|version| version != ProtocolVersion(code));
    let selected = code(hello, &["supported_versions", "selected_version"], of_version, diagnostics);
    let stated = code(hello, &["version"], of_version, diagnostics);
    let only_13 = suite.filter(|(code, _)| CipherSuite(*code).info().is_some_and(|info| info.tls13_only()));
    let version = match (selected, only_13, stated) {
        (Some((code, words)), ..) => Some((ProtocolVersion(code), Basis::Wire, words)),
        // The suite belongs to no other version.
        (None, Some((_, words)), _) => Some((ProtocolVersion::TLS1_3, Basis::Computed, words)),
        (None, None, Some((code, words))) => Some((ProtocolVersion(code), Basis::Wire, words)),
        (None, None, None) => None,
    };
    let version = version.filter(|(version, ..)| version.is_known());
    if let Some((version, basis, words)) = version {
        shown.version(version, basis, words);
    }
    if let Some((code, words)) = suite {
        shown.suite(version.map(|(version, ..)| version), CipherSuite(code), words);
    }
    let compression = at(hello, &["compression_method"]);
    if let Some(value) = compression.filter(|value| value.as_u32().is_some_and(|method| method != 0)) {
        shown.compression = Some(Fact::new(true, Basis::Wire, [value.span()]));
    }
}

/// A code point as zcrypto writes it: `{"hex":"0xC02F","name":"TLS_…","value":49199}`. One whose name is that of
/// another is not believed.
fn code(
    hello: json::Value<'_>,
    path: &[&str],
    contradicts: impl Fn(u16, &str) -> bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(u16, Span)> {
    let found = at(hello, path)?;
    let code = u16::try_from(at(found, &["value"])?.as_u32()?).ok()?;
    if let Some((name, words)) = text(found, &["name"])
        && contradicts(code, &name)
    {
        let message = format!("the record calls the code point {code:#06X} `{}`, which is another", said(&name));
        diagnostics.push(Diagnostic::error(Code::ContradictoryInput, message).at(words));
        return None;
    }
    Some((code, found.span()))
}

/// The ServerKeyExchange: group or parameters, and how they were signed. There is none in TLS 1.3.
fn key_exchange(log: json::Value<'_>, shown: &mut Shown) {
    let Some(exchange) = at(log, &["server_key_exchange"]) else { return };
    if let Some(curve) = at(exchange, &["ecdh_params", "curve_id"]) {
        let id = at(curve, &["id"]).and_then(json::Value::as_u32).and_then(|id| u16::try_from(id).ok());
        shown.group(id.map(NamedGroup).filter(|group| group.info().is_some()), curve.span());
    }
    if let Some(prime) = at(exchange, &["dh_params", "prime"])
        && let Some(bits) = bits(prime)
    {
        shown.dh_parameters.push(Fact::new(DhParameters { bits, name: None }, Basis::Wire, [prime.span()]));
    }
    if let Some(kind) = at(exchange, &["signature", "signature_and_hash_type"]) {
        let position = |name, known: &[&str]| {
            let (word, _) = text(kind, &[name])?;
            known.iter().position(|known| *known == word).and_then(|at| u16::try_from(at + 1).ok())
        };
        // RFC 5246 §7.4.1.4.1: one octet for the hash, one for the signature.
        let hash = position("hash_algorithm", &["md5", "sha1", "sha224", "sha256", "sha384", "sha512"]);
        let signature = position("signature_algorithm", &["rsa", "dsa", "ecdsa"]);
        if let (Some(hash), Some(signature)) = (hash, signature) {
            let scheme = SignatureScheme(hash << 8 | signature);
            shown.schemes.push(Fact::new(scheme, Basis::Wire, [kind.span()]));
        }
    }
}

/// Bits of a number that stands as `{"value":"base64","length":2048}`: those of the value, where it is there.
fn bits(number: json::Value<'_>) -> Option<u32> {
    let stated = || at(number, &["length"]).and_then(json::Value::as_u32);
    let Some((value, _)) = text(number, &["value"]) else { return stated() };
    let bytes = STANDARD.decode(value.as_bytes()).ok()?;
    let first = bytes.iter().position(|byte| *byte != 0)?;
    let octets = u32::try_from(bytes.len() - first).ok()?;
    Some(octets * 8 - bytes.get(first)?.leading_zeros())
}

/// The certificates as they were sent, in DER.
fn chain(log: json::Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Vec<crate::evidence::Presented> {
    let Some(sent) = log.get("server_certificates") else { return Vec::new() };
    let mut chain = Chain::default();
    let above = sent.get("chain");
    let all = sent.get("certificate").into_iter().chain(above.into_iter().flat_map(json::Value::elements));
    for certificate in all {
        let raw = certificate.get("raw");
        let bytes = raw.map(|raw| {
            let decoded = raw.as_str().and_then(|text| STANDARD.decode(text.as_bytes()).ok());
            (decoded.ok_or_else(|| "`raw`: expected a certificate in base64".to_owned()), raw.span())
        });
        let described = described(certificate);
        // A certificate that is named and not shown leaves the chain open.
        chain.add(bytes, Some(described), diagnostics);
    }
    let whole = sent.is_complete() && sent.get("certificate").is_some();
    chain.presented(TOOL, whole.then(|| sent.span()), trust(sent))
}

fn described(certificate: json::Value<'_>) -> ReportedCertificate {
    let fact = |path: &[&str]| {
        let (text, words) = text(certificate, path)?;
        Some(Fact::new(text.into_owned(), Basis::ToolSays, [words]))
    };
    let end = text(certificate, &["parsed", "validity", "end"]);
    ReportedCertificate {
        sha256: fact(&["parsed", "fingerprint_sha256"]),
        not_after: end.and_then(|(text, words)| Some(Fact::new(text.parse().ok()?, Basis::ToolSays, [words]))),
        words: vec![certificate.span()],
        ..ReportedCertificate::default()
    }
}

/// What zgrab2 makes of the chain. Without any roots it trusts nothing, which says nothing of the chain.
fn trust(sent: json::Value<'_>) -> Option<Fact<ToolTrust>> {
    let (trusted, words) = flag(sent, &["validation", "browser_trusted"])?;
    let error = text(sent, &["validation", "browser_error"]).map(|(error, _)| said(&error)).unwrap_or_default();
    if !trusted && (error.is_empty() || error.contains("roots")) {
        return None;
    }
    let reason = if trusted { "zgrab2 says `browser_trusted`".to_owned() } else { format!("zgrab2 says `{error}`") };
    Some(Fact::new(ToolTrust { trusted, reason }, Basis::ToolSays, [words]))
}

fn heartbleed(result: json::Value<'_>) -> Option<(bool, Span)> {
    const NAME: &str = "heartbleed_vulnerable";
    flag(result, &["heartbleed_log", NAME]).or_else(|| flag(result, &["tls", "heartbleed_log", NAME]))
}
