//! What one session shows of a service: what was agreed on. Nothing of it says what else there is, and only a server's
//! alert to the one version that was offered says what is refused.

use super::command::{Name, Target};
use super::line::Label;
use super::session::Session;
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{
    Basis, ClientCertificate, Completion, DhParameters, Endpoint, EndpointKey, Enumerated, Fact, Gap, GapReason,
    Observed, Preference, Presented, Refusal, RefusalKind, Rest, Role, ServerName, StartTls, SuiteList, TlsSupport,
    Transport,
};
use crate::formats::Sink;
use crate::formats::service::address;
use crate::gathered::Gathered;
use crate::iana::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};
use crate::letters::beginning;
use crate::source::Span;
use crate::time::Timestamp;

/// The alert of a server that speaks no version that was offered (RFC 8446 §6.2).
const PROTOCOL_VERSION: &str = "SSL alert number 70";

/// Words of OpenSSL's errors that speak of the client alone.
const OF_CLIENT: [&str; 14] = [
    "no protocols available",
    "unsupported protocol",
    "no ciphers available",
    "no cipher match",
    "no suitable",
    "dh key too small",
    "ee key too small",
    "ca md too weak",
    "legacy sigalg disallowed",
    "wrong signature type",
    "certificate verify failed",
    "unsafe legacy renegotiation disabled",
    "internal error",
    "unknown",
];

/// A session with what it shows.
pub(super) struct Sighted {
    key: EndpointKey,
    chains: Vec<Presented>,
    pub(super) started: Observed<Timestamp>,
    version: Vec<Fact<ProtocolVersion>>,
    suite: Vec<Fact<CipherSuite>>,
    /// Why there was no handshake, if there was none.
    failure: Option<Gap>,
    /// Why it did not come to its end, if it did not: version and suite stand in the server's first answer.
    broken: Option<Gap>,
}

impl Sighted {
    /// What this session shows.
    pub(super) fn of(session: &Session<'_>, chains: &[Presented], sink: &mut Sink<'_>) -> Self {
        let mut suite = suites(session, sink.diagnostics);
        let failure = failure(session, suite.is_empty());
        if failure.is_some() {
            suite.clear();
        }
        let version = versions(session, &mut suite, sink.diagnostics);
        let started =
            session.all(Label::StartTime).filter_map(|(words, place)| Some((words.trim().parse().ok()?, place)));
        let started = match started.min_by_key(|(seconds, _): &(i64, Span)| *seconds) {
            Some((seconds, place)) => Observed::Known(Fact::new(Timestamp::from_unix(seconds), Basis::Wire, [place])),
            None => sink.collected("the session of s_client"),
        };
        let key = key(session, sink.declared.host.as_deref());
        let broken = session.first(Label::Error).filter(|_| failure.is_none()).map(error);
        Self { key, chains: chains.to_vec(), started, version, suite, failure, broken }
    }

    /// The service, and whether the session came to its end. `all` are the sessions of the same paste.
    pub(super) fn endpoint(&self, session: &Session<'_>, all: &[Self]) -> (Endpoint, Completion) {
        let refused = self.refusal(session, all);
        let completion = match (self.failure.as_ref().or(self.broken.as_ref()), refused.first()) {
            (Some(_), Some(refusal)) => Completion::Finished(refusal.words.clone()),
            (Some(gap), None) => Completion::Unfinished(gap.clone()),
            (None, _) if session.is_whole || session.has(Label::Established) && session.has(Label::Verification) => {
                let words =
                    [Label::Verification, Label::Established].into_iter().find_map(|label| session.first(label));
                Completion::Finished(words.map(|(_, place)| place).into_iter().gathered())
            }
            (None, _) => {
                Completion::Unfinished(Gap::new(GapReason::Truncated, "the session breaks off").at([session.place]))
            }
        };
        let unseen_for = self.failure.clone().or(self.broken.clone()).unwrap_or_else(|| {
            Gap::new(GapReason::NotReportedByFormat, "one connection does not show it").at([session.place])
        });
        let one = |what: &str| match &self.failure {
            Some(gap) => gap.clone(),
            None => {
                let detail = format!("one connection shows the {what} that was agreed on, and no others");
                Gap::new(GapReason::NotReportedByFormat, detail).at([session.place])
            }
        };
        let list = self.version.first().filter(|_| self.version.len() == 1).map(|fact| fact.value);
        let suites = (!self.suite.is_empty()).then(|| SuiteList {
            version: list,
            suites: Enumerated {
                accepted: self.suite.clone(),
                refused: Vec::new(),
                unasked: Vec::new(),
                rest: Rest::Gap(one("suite")),
            },
            preference: Observed::<Preference>::missing(
                GapReason::NotReportedByFormat,
                "one connection does not show who chooses the suite",
            ),
        });
        let (groups, dh_parameters) = exchange(session, self.failure.is_none());
        let schemes = signature(session).filter(|_| self.failure.is_none() && self.broken.is_none());
        let endpoint = Endpoint {
            tls: self.tls(session, &unseen_for),
            versions: Enumerated {
                accepted: self.version.clone(),
                refused,
                unasked: Vec::new(),
                rest: Rest::Gap(one("version")),
            },
            suites: suites.into_iter().gathered(),
            groups: Enumerated {
                accepted: groups,
                refused: Vec::new(),
                unasked: Vec::new(),
                rest: Rest::Gap(one("group")),
            },
            signature_schemes: Enumerated {
                accepted: schemes.into_iter().gathered(),
                refused: Vec::new(),
                unasked: Vec::new(),
                rest: Rest::Gap(one("signature scheme")),
            },
            chains: self.chains.clone(),
            chains_rest: Rest::Gap(self.broken.clone().unwrap_or_else(|| one("chain"))),
            client_certificate: client_certificate(session, self.failure.is_none() && self.broken.is_none()),
            dh_parameters,
            secure_renegotiation: self.secure_renegotiation(session),
            compression: compression(session, &unseen_for),
            ..Endpoint::unseen(self.key.clone(), &unseen_for)
        };
        (endpoint, completion)
    }

    fn tls(&self, session: &Session<'_>, gap: &Gap) -> Observed<TlsSupport> {
        let agreed = self.version.first().map(|fact| fact.map(TlsSupport::Available));
        let agreed = agreed.or_else(|| self.suite.first().map(|fact| fact.map(TlsSupport::Available)));
        match (agreed, session.first(Label::NoStartTls)) {
            (Some(fact), None) => Observed::Known(fact),
            (Some(fact), Some((_, place))) => {
                // Other clients do not try it where it is not offered.
                let detail = "TLS answered, but s_client did not find STARTTLS in what the server offers";
                let words = fact.words.into_iter().chain([place]);
                Observed::NotObserved(Gap::new(GapReason::Failed, detail).at(words))
            }
            (None, Some((_, place))) => {
                Observed::Known(Fact::new(TlsSupport::StartTlsNotAdvertised, Basis::ToolSays, [place]))
            }
            (None, None) => Observed::NotObserved(gap.clone()),
        }
    }

    /// The version that was offered alone, where the server's alert turned it down and nothing else was said.
    fn refusal(&self, session: &Session<'_>, all: &[Self]) -> Vec<Refusal<ProtocolVersion>> {
        let command = session.command.as_ref().filter(|command| command.target.is_some());
        let Some(offered) = command.and_then(|command| command.only) else { return Vec::new() };
        let words: Vec<Span> = session.all(Label::Error).map(|(_, place)| place).gathered();
        let plain = session.all(Label::Error).all(|(words, _)| words.ends_with(PROTOCOL_VERSION))
            && session.is_kept()
            && !session.is_ambiguous
            && session.has(Label::Connected)
            && !session.has(Label::ConnectFailed)
            && !session.has(Label::NoStartTls);
        if self.failure.is_none() || words.is_empty() || !plain {
            return Vec::new();
        }
        let reached = all.iter().filter(|other| other.key == self.key && other.failure.is_none());
        let mut reached = reached.flat_map(|other| &other.version).filter(|fact| fact.basis == Basis::Wire);
        let control = match reached.next() {
            Some(fact) => Observed::Known(Fact::new(true, Basis::Computed, fact.words.iter().copied())),
            None => Observed::missing(
                GapReason::NotAttempted,
                "no session of this paste with the same command succeeded, so that the alert may be everybody's",
            ),
        };
        vec![Refusal { offered, how: RefusalKind::Alert(70), control, words }]
    }

    /// TLS 1.3 has none, and what is printed of it and of failed handshakes says nothing.
    fn secure_renegotiation(&self, session: &Session<'_>) -> Observed<bool> {
        let refused =
            session.all(Label::Error).find(|(words, _)| words.contains("unsafe legacy renegotiation disabled"));
        if let (Some((_, place)), Some(_)) = (refused, self.failure.as_ref().or(self.broken.as_ref())) {
            return Observed::Known(Fact::new(false, Basis::ToolSays, [place]));
        }
        let is_older = !self.version.is_empty() && self.version.iter().all(|fact| fact.value < ProtocolVersion::TLS1_3);
        if self.failure.is_some() || !is_older {
            return Observed::missing(
                GapReason::NotReportedByFormat,
                "only a handshake up to TLS 1.2 shows whether secure renegotiation is signalled",
            );
        }
        let said = session.first(Label::Renegotiation);
        let known = |value, basis, place| Observed::Known(Fact::new(value, basis, [place]));
        match (said, session.first(Label::RenegotiationExtension)) {
            (Some(("NOT supported", place)), _) => known(false, Basis::ToolSays, place),
            (Some(("supported", _)), Some((_, place))) => known(true, Basis::Wire, place),
            (Some(("supported", place)), None) => known(true, Basis::ToolSays, place),
            _ => Observed::missing(GapReason::Truncated, "whether secure renegotiation is signalled is not there"),
        }
    }
}

/// What tells the service from others. Port 0 is one that the paste does not say.
fn key(session: &Session<'_>, declared: Option<&str>) -> EndpointKey {
    let target = session.command.as_ref().and_then(|command| command.target.as_ref());
    let unnamed = session.has(Label::NoServerName);
    let without_command = if unnamed { ServerName::Omitted } else { ServerName::Unstated };
    let Some(Target { host, port, transport, server_name, is_proxied }) = target else {
        let starts_late = session.has(Label::NoStartTls);
        return EndpointKey {
            host: declared.and_then(crate::formats::service::host),
            address: session.address.clone(),
            port: 0,
            transport: if starts_late { Transport::StartTls(StartTls::Unnamed) } else { Transport::Unstated },
            server_name: without_command,
            role: Role::Server,
        };
    };
    // 1.1.1 and later send the name. They alone say both how the handshake was signed and what they think of the chain.
    let has_judged = session.all(Label::Verification).any(|(words, _)| !words.contains('('));
    let is_recent = session.address.is_some() || session.has(Label::Signature) && has_judged;
    let server_name = match server_name {
        Name::Stated(ServerName::Sent(_)) if unnamed => ServerName::Unstated,
        Name::Stated(ServerName::Unstated) if unnamed => ServerName::Omitted,
        Name::Stated(name) => name.clone(),
        Name::ByVersion(_) if unnamed => ServerName::Omitted,
        Name::ByVersion(name) if is_recent => ServerName::Sent(name.clone()),
        Name::ByVersion(_) => ServerName::Unstated,
    };
    let numeric = address(host);
    // An address that was asked for by name is that name's.
    let host = match &server_name {
        ServerName::Sent(name) if numeric.is_some() => name.clone(),
        _ => host.clone(),
    };
    let address = numeric.or_else(|| session.address.clone().filter(|_| !is_proxied));
    EndpointKey { host: Some(host), address, port: *port, transport: *transport, server_name, role: Role::Server }
}

/// Why there was no handshake, if there was none.
fn failure(session: &Session<'_>, without_suite: bool) -> Option<Gap> {
    let foreign = session.command.as_ref().and_then(|command| command.foreign);
    let other = session.all(Label::Version).find(|(name, _)| name.starts_with("DTLS") || name.starts_with("QUIC"));
    if let Some(detail) = foreign.or(other.map(|_| "the session is of TLS over something else than TCP")) {
        return Some(Gap::new(GapReason::Unsupported, detail).at([session.place]));
    }
    if !without_suite {
        return None;
    }
    if let Some((number, place)) = session.first(Label::ConnectFailed) {
        let detail = format!("s_client could not connect (errno {})", number.trim());
        return Some(Gap::new(GapReason::Blocked, detail).at([place]));
    }
    if let Some((words, place)) = session.first(Label::Usage) {
        let shown = beginning(words, 100);
        return Some(Gap::new(GapReason::ClientLimited, format!("s_client says `{shown}`")).at([place]));
    }
    let Some(found) = session.first(Label::Error) else {
        let detail = "the handshake did not come to its end, and nothing says why";
        return Some(Gap::new(GapReason::Failed, detail).at([session.place]));
    };
    Some(error(found))
}

/// Who ended the handshake, in OpenSSL's words.
fn error((words, place): (&str, Span)) -> Gap {
    let reason = beginning(words.split(':').nth(3).unwrap_or(words), 100);
    let of_client = OF_CLIENT.iter().any(|known| reason.contains(known)) && !words.contains("SSL alert number");
    let gap = if of_client {
        Gap::new(GapReason::ClientLimited, format!("the client itself gave up: `{reason}`"))
    } else {
        Gap::new(GapReason::Failed, format!("the handshake failed: `{reason}`"))
    };
    gap.at([place])
}

/// The suite of the session: one, unless the lines contradict each other.
fn suites(session: &Session<'_>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Fact<CipherSuite>> {
    let named = |words: &'_ str| words.split_once(", Cipher is ").map(|(_, name)| name.to_owned());
    let results = session.all(Label::New).chain(session.all(Label::Reused));
    let results = results.filter_map(|(words, place)| Some((named(words)?, place)));
    let brief = session.all(Label::BriefSuite).filter(|_| session.has(Label::Established));
    let mut said: Vec<(String, Span)> = results.chain(brief.map(|(name, place)| (name.to_owned(), place))).gathered();
    said.retain(|(name, _)| name != "(NONE)");
    if said.is_empty() {
        return Vec::new();
    }
    let repeated = session.all(Label::SessionSuite).filter(|(name, _)| !matches!(*name, "0000" | "(NONE)"));
    said.extend(repeated.map(|(name, place)| (name.to_owned(), place)));
    let mut facts: Vec<Fact<CipherSuite>> = Vec::new();
    for (name, place) in &said {
        let Some(suite) = suite(name) else {
            let shown = beginning(name, 60);
            let message = format!("found the cipher suite `{shown}`, which is not known here");
            diagnostics.push(Diagnostic::error(Code::UnknownValue, message).at(*place));
            continue;
        };
        match facts.iter_mut().find(|fact| fact.value == suite) {
            Some(fact) => fact.words.push(*place),
            None => facts.push(Fact::new(suite, Basis::Wire, [*place])),
        }
    }
    if let [_, other, ..] = facts.as_slice() {
        let message = "one session cannot have two cipher suites; both are held against the server";
        let place = other.words.first().copied().unwrap_or(session.place);
        diagnostics.push(Diagnostic::error(Code::ContradictoryInput, message).at(place));
        facts.iter_mut().for_each(|fact| fact.basis = Basis::ToolSays);
    }
    facts
}

/// A suite by its name; LibreSSL has names of its own for those of TLS 1.3.
fn suite(name: &str) -> Option<CipherSuite> {
    CipherSuite::from_name(name).or_else(|| {
        let plain = name.strip_prefix("AEAD-")?.replace("AES256", "AES_256").replace("AES128", "AES_128");
        CipherSuite::from_name(&format!("TLS_{}", plain.replace('-', "_")))
    })
}

/// The version of a session whose handshake came to its end. Where it is not stated, the suite may say it: one of TLS 1.3
/// is of no other version.
fn versions(
    session: &Session<'_>,
    suites: &mut [Fact<CipherSuite>],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Fact<ProtocolVersion>> {
    let mut facts: Vec<Fact<ProtocolVersion>> = Vec::new();
    let mut add = |version: ProtocolVersion, place: &[Span]| match facts.iter_mut().find(|fact| fact.value == version) {
        Some(fact) => fact.words.extend(place),
        None => facts.push(Fact::new(version, Basis::Wire, place.iter().copied())),
    };
    if suites.is_empty() {
        return Vec::new();
    }
    for (name, place) in session.all(Label::Version) {
        match ProtocolVersion::from_name(name) {
            Some(version) => add(version, &[place]),
            None => {
                let shown = beginning(name, 40);
                let message = format!("found the version `{shown}`, which is not known here");
                diagnostics.push(Diagnostic::error(Code::UnknownValue, message).at(place));
            }
        }
    }
    for fact in suites.iter() {
        let Some(info) = fact.value.info() else { continue };
        if info.tls13_only() {
            add(ProtocolVersion::TLS1_3, &fact.words);
        } else if info.tls12_only() {
            add(ProtocolVersion::TLS1_2, &fact.words);
        }
    }
    if let [_, other, ..] = facts.as_slice() {
        let message = "one session cannot have two versions; what stands for the server is not believed";
        let place = other.words.first().copied().unwrap_or(session.place);
        diagnostics.push(Diagnostic::error(Code::ContradictoryInput, message).at(place));
        facts.retain(|fact| fact.value < ProtocolVersion::TLS1_2);
        facts.iter_mut().for_each(|fact| fact.basis = Basis::ToolSays);
        suites.iter_mut().for_each(|fact| fact.basis = Basis::ToolSays);
    }
    facts
}

/// `X25519, 253 bits`, `ECDH, prime256v1, 256 bits`, `DH, 2048 bits`, `X25519MLKEM768`.
fn exchange(session: &Session<'_>, is_agreed: bool) -> (Vec<Fact<NamedGroup>>, Vec<Fact<DhParameters>>) {
    let (mut groups, mut parameters) = (Vec::new(), Vec::new());
    for (words, place) in session.all(Label::Group).filter(|_| is_agreed) {
        let mut parts = words.split(", ");
        let first = parts.next().unwrap_or_default();
        let bits = words.strip_suffix(" bits").and_then(|words| words.rsplit(' ').next()?.parse().ok());
        match (first, bits) {
            ("DH", Some(bits)) => {
                parameters.push(Fact::new(DhParameters { bits, name: None }, Basis::Wire, [place]));
            }
            ("DH", None) => {}
            ("ECDH", _) => groups.extend(group(parts.next(), place)),
            _ => groups.extend(group(Some(first), place)),
        }
    }
    (groups, parameters)
}

fn group(name: Option<&str>, place: Span) -> Option<Fact<NamedGroup>> {
    Some(Fact::new(NamedGroup::from_name(name?)?, Basis::Wire, [place]))
}

/// The scheme that the server signed the handshake with, by `Peer signature type` and `Peer signing digest`.
fn signature(session: &Session<'_>) -> Option<Fact<SignatureScheme>> {
    let (family, place) = session.first(Label::Signature)?;
    let digest = session.first(Label::Digest);
    let lower = digest.map(|(name, _)| name.to_ascii_lowercase()).unwrap_or_default();
    let name = match family {
        "RSA" => format!("rsa_pkcs1_{lower}"),
        // A key of this kind may also be bound to RSASSA-PSS, which has code points of its own.
        "RSA-PSS" if session.entries.first().is_some_and(|entry| entry.described.key_algorithm.is_some()) => {
            format!("rsa_pss_rsae_{lower}")
        }
        "ECDSA" => match lower.as_str() {
            "sha256" => "ecdsa_secp256r1_sha256".to_owned(),
            "sha384" => "ecdsa_secp384r1_sha384".to_owned(),
            "sha512" => "ecdsa_secp521r1_sha512".to_owned(),
            _ => format!("ecdsa_{lower}"),
        },
        // Since 3.5 the name is that of the code point.
        name => name.to_ascii_lowercase(),
    };
    let scheme = SignatureScheme::from_name(&name)?;
    Some(Fact::new(scheme, Basis::Wire, [place].into_iter().chain(digest.map(|(_, place)| place))))
}

/// That no names of authorities were sent does not say that no certificate was asked for.
fn client_certificate(session: &Session<'_>, is_agreed: bool) -> Observed<ClientCertificate> {
    let mut errors = session.all(Label::LateError).chain(session.all(Label::Error));
    let demanded = errors.find(|(words, _)| words.contains("alert certificate required"));
    if let Some((_, place)) = demanded {
        return Observed::Known(Fact::new(ClientCertificate::Required, Basis::Wire, [place]));
    }
    match session.first(Label::Requested) {
        Some((_, place)) if is_agreed => {
            Observed::Known(Fact::new(ClientCertificate::Optional, Basis::ToolSays, [place]))
        }
        _ => Observed::missing(
            GapReason::NotReportedByFormat,
            "s_client does not say that no client certificate was asked for",
        ),
    }
}

/// OpenSSL offers none, unless it is told to and can.
fn compression(session: &Session<'_>, gap: &Gap) -> Observed<bool> {
    let used = session.all(Label::Compression).find(|(words, _)| {
        let words = words.trim();
        words.contains("zlib") || words.contains("compression")
    });
    match used {
        Some((_, place)) if session.has(Label::New) || session.has(Label::Reused) => {
            Observed::Known(Fact::new(true, Basis::ToolSays, [place]))
        }
        _ => Observed::NotObserved(Gap {
            reason: GapReason::ClientLimited,
            detail: "OpenSSL offers no compression unless it is told to, so that none was agreed on says nothing"
                .to_owned(),
            ..gap.clone()
        }),
    }
}
