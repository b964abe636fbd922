//! What a server can do besides, up to TLS 1.2, where it stands in the clear.

use std::sync::Arc;

use intransit::evidence::{Gap, GapReason};
use intransit::iana::{CipherSuite, ProtocolVersion};

use super::codec::ClientHello;
use super::connect::{Exchange, Offer, Prober, Verdict};
use super::enumerate::shown::Shown;
use super::offers::{Shape, suites_before_tls13};

/// The application protocols that are asked for (RFC 7301, and its registry).
const APPLICATION_PROTOCOLS: [&str; 3] = ["h2", "http/1.1", "http/1.0"];

/// The value that a client adds to its suites where it asks for less than it could (RFC 7507 section 2).
const FALLBACK: CipherSuite = CipherSuite(0x5600);

/// All of them.
pub(crate) fn all_application_protocols() -> Vec<String> {
    APPLICATION_PROTOCOLS.map(str::to_owned).to_vec()
}

/// The application protocols that are taken, each with its connection. `first` was answered, and may have been offered
/// all of them.
pub(crate) async fn application_protocols(
    prober: &Arc<Prober>,
    shape: &Shape,
    accepted: &[CipherSuite],
    shown: &Shown,
    first: Option<&Exchange>,
) -> Vec<(String, usize)> {
    let mut open = all_application_protocols();
    let mut taken = Vec::new();
    let is_whole =
        |exchange: &&Exchange| matches!(&exchange.offer, Offer::Tls(offered) if offered.application_protocols == open);
    let mut chosen = first.filter(is_whole).map(chosen);
    while !open.is_empty() {
        let answer = match chosen.take() {
            Some(answer) => answer,
            None => {
                let hello = shape.legacy(shown.version, accepted).with_unseen_first(shown);
                let hello = ClientHello { application_protocols: open.clone(), ..hello };
                let exchange = prober.ask(Offer::Tls(hello), "application protocols").await;
                shown.note(&exchange);
                self::chosen(&exchange)
            }
        };
        let Some((protocol, number)) = answer.filter(|(protocol, _)| open.contains(protocol)) else { break };
        open.retain(|other| *other != protocol);
        taken.push((protocol, number));
    }
    taken
}

fn chosen(exchange: &Exchange) -> Option<(String, usize)> {
    Some((exchange.accepted()?.application_protocol.clone()?, exchange.number))
}

/// Whether a client is turned away that falls back to `version` of a server that has a newer one.
pub(crate) async fn fallback(
    prober: &Arc<Prober>,
    shape: &Shape,
    version: Option<ProtocolVersion>,
) -> Result<(bool, usize), Gap> {
    const INAPPROPRIATE_FALLBACK: u8 = 86;
    let Some(version) = version else {
        return Err(Gap::new(GapReason::NotAttempted, "there are no two versions to fall back between"));
    };
    let suites = suites_before_tls13().into_iter().take(shape.style.chunk()).chain([FALLBACK]);
    let hello = shape.legacy(version, &suites.collect::<Vec<CipherSuite>>());
    let exchange = prober.ask(Offer::Tls(hello), "fallback").await;
    match exchange.verdict() {
        Verdict::Accepted(_) => Ok((false, exchange.number)),
        _ if exchange.answer.alert.is_some_and(|alert| alert.code == INAPPROPRIATE_FALLBACK) => {
            Ok((true, exchange.number))
        }
        Verdict::Inconclusive(gap) => Err(gap),
        Verdict::Refused(_) | Verdict::Ssl2 => {
            Err(Gap::new(GapReason::Failed, format!("a client that falls back to {version} is refused otherwise")))
        }
    }
}
