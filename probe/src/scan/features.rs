//! What a server can do besides, for the text: evidence has no place for it and no rule asks for it.

use std::sync::Arc;

use intransit::iana::{CipherSuite, Mode, ProtocolVersion};

use super::codec::ClientHello;
use super::codec::hello::{ENCRYPT_THEN_MAC, EXTENDED_MASTER_SECRET};
use super::connect::{Exchange, Offer, Prober};
use super::offers::Shape;

/// The application protocols that are asked for (RFC 7301, and its registry).
const APPLICATION_PROTOCOLS: [&str; 3] = ["h2", "http/1.1", "http/1.0"];

/// The application protocols that are taken in a version up to TLS 1.2, where the answer stands in the clear.
pub(crate) async fn application_protocols(
    prober: &Arc<Prober>,
    shape: &Shape,
    version: ProtocolVersion,
    accepted: &[CipherSuite],
) -> Vec<String> {
    let mut open: Vec<String> = APPLICATION_PROTOCOLS.map(str::to_owned).to_vec();
    let mut taken = Vec::new();
    while !open.is_empty() {
        let hello = ClientHello { application_protocols: open.clone(), ..shape.legacy(version, accepted) };
        let exchange = prober.ask(Offer::Tls(hello), "application protocols").await;
        let chosen = exchange.accepted().and_then(|hello| hello.application_protocol.clone());
        let Some(chosen) = chosen.filter(|chosen| open.contains(chosen)) else { break };
        open.retain(|other| *other != chosen);
        taken.push(chosen);
    }
    taken
}

/// One line each.
pub(crate) fn remarks(exchanges: &[Exchange], application_protocols: &[String]) -> Vec<String> {
    let older = |exchange: &&Exchange| {
        exchange
            .accepted()
            .is_some_and(|hello| hello.version > ProtocolVersion::SSL3 && hello.version < ProtocolVersion::TLS1_3)
    };
    let is_cbc = |suite: CipherSuite| suite.info().is_some_and(|info| info.mode == Mode::Cbc);
    let mut lines = Vec::new();
    let mut answered = exchanges.iter().filter(older).filter_map(Exchange::accepted).peekable();
    if answered.peek().is_some() {
        let is_extended = answered.all(|hello| hello.has(EXTENDED_MASTER_SECRET));
        lines.push(if is_extended { "extended master secret" } else { "no extended master secret" }.to_owned());
    }
    let mut chained =
        exchanges.iter().filter(older).filter_map(Exchange::accepted).filter(|hello| is_cbc(hello.suite)).peekable();
    if chained.peek().is_some() {
        let is_first = chained.all(|hello| hello.has(ENCRYPT_THEN_MAC));
        lines.push(if is_first { "encrypt-then-MAC" } else { "no encrypt-then-MAC" }.to_owned());
    }
    if !application_protocols.is_empty() {
        lines.push(format!("application protocols: {}", application_protocols.join(", ")));
    }
    lines
}
