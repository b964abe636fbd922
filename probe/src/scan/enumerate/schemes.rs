//! The signature schemes that a server signs with in TLS 1.2, by taking away the one that its ServerKeyExchange has.

use std::sync::Arc;

use intransit::iana::{CipherSuite, KeyExchange, ProtocolVersion, SignatureScheme};

use super::Found;
use super::elimination::{Kind, eliminate, few_lanes};
use crate::scan::connect::{Exchange, Offer, Prober};
use crate::scan::offers::{self, Shape};

/// Nothing where no accepted suite of TLS 1.2 has a signature.
pub(crate) async fn of_tls12(
    prober: &Arc<Prober>,
    shape: &Shape,
    accepted: &[CipherSuite],
    asked: Option<&[SignatureScheme]>,
) -> Option<(Found<SignatureScheme>, Vec<Exchange>)> {
    let is_signed = |suite: &&CipherSuite| {
        suite.info().is_some_and(|info| {
            matches!(info.key_exchange, KeyExchange::Ecdhe | KeyExchange::Dhe) && !info.is_anonymous()
        })
    };
    let suites: Vec<CipherSuite> = accepted.iter().filter(is_signed).copied().collect();
    if suites.is_empty() {
        return None;
    }
    let shape = shape.clone();
    let kind = Kind {
        purpose: "signature schemes of TLS 1.2".to_owned(),
        chunk: usize::MAX,
        hello: Box::new(move |schemes: &[SignatureScheme]| {
            let mut hello = shape.legacy(ProtocolVersion::TLS1_2, &suites);
            hello.schemes = schemes.to_vec();
            hello
        }),
        chosen: |answer| answer.exchanged.as_ref()?.scheme,
    };
    let exchange = prober.ask(Offer::Tls((kind.hello)(&offers::schemes())), &kind.purpose).await;
    let seen = (kind.chosen)(&exchange.answer).map(|scheme| (scheme, exchange.number));
    let (candidates, likely) = match asked {
        None => (offers::schemes(), offers::schemes()),
        Some(asked) => (asked.to_vec(), Vec::new()),
    };
    let (mut found, mut exchanges) =
        eliminate(prober, kind, candidates, likely, seen.into_iter().collect(), few_lanes(prober)).await;
    if let Some(asked) = asked {
        found.leave_out(offers::schemes(), asked);
    }
    exchanges.push(exchange);
    Some((found, exchanges))
}
