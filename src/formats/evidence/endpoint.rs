//! Endpoints of evidence, read from JSON.

use super::presented;
use super::values::{
    Fields, Problem, Read, choice, enumerated, fact, flag, items, named, number, observed, parsed, rest, text,
};
use crate::evidence::{
    AttackTest, ClassOffer, ClientCertificate, DhParameters, Endpoint, EndpointKey, Feature, FeatureName, Flow,
    Preference, Role, ServerName, StartTls, SuiteClass, SuiteList, TlsSupport, Transport,
};
use crate::formats::json::Value;
use crate::formats::service;

pub(super) fn endpoint(value: Value<'_>) -> Read<Endpoint> {
    const TLS: [(&str, TlsSupport); 3] = [
        ("available", TlsSupport::Available),
        ("notAvailable", TlsSupport::NotAvailable),
        ("startTlsNotAdvertised", TlsSupport::StartTlsNotAdvertised),
    ];
    const CLIENT: [(&str, ClientCertificate); 3] = [
        ("notRequested", ClientCertificate::NotRequested),
        ("optional", ClientCertificate::Optional),
        ("required", ClientCertificate::Required),
    ];
    let fields = Fields::of(
        value,
        &[
            "key",
            "flow",
            "tls",
            "versions",
            "suites",
            "suiteClasses",
            "groups",
            "signatureSchemes",
            "chains",
            "chainsRest",
            "clientCertificate",
            "dhParameters",
            "secureRenegotiation",
            "compression",
            "attacks",
            "features",
            "applicationProtocols",
        ],
    )?;
    Ok(Endpoint {
        key: key(fields.required("key")?)?,
        flow: observed(fields.required("flow")?, &flow)?,
        tls: observed(fields.required("tls")?, &|value| named(value, &TLS))?,
        versions: enumerated(fields.required("versions")?, &|value| parsed(value, "a protocol version"))?,
        suites: items(fields.required("suites")?, &suites)?,
        suite_classes: fields.list("suiteClasses", &class)?,
        groups: enumerated(fields.required("groups")?, &|value| parsed(value, "a group"))?,
        signature_schemes: enumerated(fields.required("signatureSchemes")?, &|value| {
            parsed(value, "a signature scheme")
        })?,
        chains: items(fields.required("chains")?, &presented)?,
        chains_rest: rest(fields.required("chainsRest")?)?,
        client_certificate: observed(fields.required("clientCertificate")?, &|value| named(value, &CLIENT))?,
        dh_parameters: fields.list("dhParameters", &|value| fact(value, &dh_parameters))?,
        secure_renegotiation: observed(fields.required("secureRenegotiation")?, &flag)?,
        compression: observed(fields.required("compression")?, &flag)?,
        attacks: fields.list("attacks", &attack)?,
        features: fields.list("features", &feature)?,
        application_protocols: fields.list("applicationProtocols", &|value| fact(value, &text))?,
    })
}

pub(super) fn key(value: Value<'_>) -> Read<EndpointKey> {
    const ROLES: [(&str, Role); 2] = [("server", Role::Server), ("client", Role::Client)];
    let fields = Fields::of(value, &["host", "address", "port", "transport", "serverName", "role"])?;
    let port = fields.required("port")?;
    let host = |value| {
        let written = text(value)?;
        let host = service::host(&written).filter(|host| *host == written);
        host.ok_or(Problem { at: value.span(), expected: "a host in lower case" })
    };
    let address = |value| {
        let written = text(value)?;
        let address = service::address(&written).filter(|address| *address == written);
        address.ok_or(Problem { at: value.span(), expected: "an IP address in its usual spelling" })
    };
    Ok(EndpointKey {
        host: fields.optional("host", host)?,
        address: fields.optional("address", address)?,
        port: u16::try_from(number(port)?).map_err(|_| Problem { at: port.span(), expected: "a port" })?,
        transport: transport(fields.required("transport")?)?,
        server_name: server_name(fields.required("serverName")?)?,
        role: named(fields.required("role")?, &ROLES)?,
    })
}

fn transport(value: Value<'_>) -> Read<Transport> {
    const PROTOCOLS: [(&str, StartTls); 15] = [
        ("smtp", StartTls::Smtp),
        ("lmtp", StartTls::Lmtp),
        ("imap", StartTls::Imap),
        ("pop3", StartTls::Pop3),
        ("ftp", StartTls::Ftp),
        ("ldap", StartTls::Ldap),
        ("xmpp", StartTls::Xmpp),
        ("xmppServer", StartTls::XmppServer),
        ("nntp", StartTls::Nntp),
        ("sieve", StartTls::Sieve),
        ("postgres", StartTls::Postgres),
        ("mysql", StartTls::Mysql),
        ("telnet", StartTls::Telnet),
        ("irc", StartTls::Irc),
        ("unnamed", StartTls::Unnamed),
    ];
    let (name, inner) = choice(value)?;
    match name.as_ref() {
        "direct" => Ok(Transport::Direct),
        "unstated" => Ok(Transport::Unstated),
        "startTls" => Ok(Transport::StartTls(named(inner, &PROTOCOLS)?)),
        _ => Err(Problem { at: value.span(), expected: "`direct`, `startTls` or `unstated`" }),
    }
}

fn server_name(value: Value<'_>) -> Read<ServerName> {
    let (name, inner) = choice(value)?;
    match name.as_ref() {
        "sent" => Ok(ServerName::Sent(text(inner)?)),
        "omitted" => Ok(ServerName::Omitted),
        "unstated" => Ok(ServerName::Unstated),
        _ => Err(Problem { at: value.span(), expected: "`sent`, `omitted` or `unstated`" }),
    }
}

fn flow(value: Value<'_>) -> Read<Flow> {
    Flow::from_name(&text(value)?).ok_or(Problem { at: value.span(), expected: "a flow" })
}

fn suites(value: Value<'_>) -> Read<SuiteList> {
    const PREFERENCES: [(&str, Preference); 3] = [
        ("server", Preference::Server),
        ("serverExceptChaCha20", Preference::ServerExceptChaCha20),
        ("client", Preference::Client),
    ];
    let fields = Fields::of(value, &["version", "suites", "preference"])?;
    Ok(SuiteList {
        version: fields.optional("version", |value| parsed(value, "a protocol version"))?,
        suites: enumerated(fields.required("suites")?, &|value| parsed(value, "a cipher suite"))?,
        preference: observed(fields.required("preference")?, &|value| named(value, &PREFERENCES))?,
    })
}

fn class(value: Value<'_>) -> Read<ClassOffer> {
    const CLASSES: [(&str, SuiteClass); 6] = [
        ("null", SuiteClass::Null),
        ("anonymous", SuiteClass::Anonymous),
        ("export", SuiteClass::Export),
        ("low", SuiteClass::Low),
        ("tripleDesOrIdea", SuiteClass::TripleDesOrIdea),
        ("forwardSecret", SuiteClass::ForwardSecret),
    ];
    let fields = Fields::of(value, &["class", "offered"])?;
    Ok(ClassOffer {
        class: named(fields.required("class")?, &CLASSES)?,
        offered: fact(fields.required("offered")?, &flag)?,
    })
}

fn dh_parameters(value: Value<'_>) -> Read<DhParameters> {
    let fields = Fields::of(value, &["bits", "name"])?;
    Ok(DhParameters { bits: number(fields.required("bits")?)?, name: fields.optional("name", text)? })
}

fn feature(value: Value<'_>) -> Read<Feature> {
    const NAMES: [(&str, FeatureName); 4] = [
        ("fallbackScsv", FeatureName::FallbackScsv),
        ("extendedMasterSecret", FeatureName::ExtendedMasterSecret),
        ("encryptThenMac", FeatureName::EncryptThenMac),
        ("tlsBeforeMail", FeatureName::TlsBeforeMail),
    ];
    let fields = Fields::of(value, &["name", "offered"])?;
    Ok(Feature {
        name: named(fields.required("name")?, &NAMES)?,
        offered: observed(fields.required("offered")?, &flag)?,
    })
}

fn attack(value: Value<'_>) -> Read<AttackTest> {
    let fields = Fields::of(value, &["name", "cve", "vulnerable"])?;
    Ok(AttackTest {
        name: text(fields.required("name")?)?,
        cve: fields.list("cve", &text)?,
        vulnerable: observed(fields.required("vulnerable")?, &flag)?,
    })
}
