//! The signature schemes that a server signs with in TLS 1.2, by taking away the one that its ServerKeyExchange has.

use std::sync::Arc;

use intransit::iana::{CipherSuite, KeyExchange, ProtocolVersion, SignatureScheme};

use super::Found;
use super::elimination::{Kind, eliminate};
use super::shown::Shown;
use crate::scan::codec::ClientHello;
use crate::scan::connect::{Exchange, Offer, Prober};
use crate::scan::offers::{self, Shape};

/// Nothing where no accepted suite of TLS 1.2 has a signature. What is `shown` is not asked for.
pub(crate) async fn of_tls12(
    prober: &Arc<Prober>,
    shape: &Shape,
    accepted: &[CipherSuite],
    shown: &Shown,
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
    let (shape, noted) = (shape.clone(), shown.clone());
    let hello = Arc::new(move |schemes: &[SignatureScheme]| ClientHello {
        schemes: schemes.to_vec(),
        ..shape.legacy(ProtocolVersion::TLS1_2, &suites)
    });
    let varied = Arc::clone(&hello);
    let kind = Kind {
        purpose: "signature schemes of TLS 1.2".to_owned(),
        chunk: usize::MAX,
        hello: Box::new(move |schemes: &[SignatureScheme]| hello(schemes)),
        varied: Some(Box::new(move |schemes: &[SignatureScheme]| varied(schemes).with_unseen_groups_first(&noted))),
        chosen: |answer| answer.exchanged.as_ref()?.scheme,
        shows: Some(shown.clone()),
        seen: shown.schemes.clone(),
    };
    let exchange = prober.ask(Offer::Tls((kind.hello)(&offers::schemes())), &kind.purpose).await;
    let first = (kind.chosen)(&exchange.answer).map(|scheme| (scheme, exchange.number));
    let lanes = shown.schemes.lanes(prober, first);
    let (candidates, likely) = match asked {
        None if lanes > 1 => (offers::schemes(), offers::schemes()),
        // One lane says no more than the whole.
        None => (offers::schemes(), Vec::new()),
        Some(asked) => (asked.to_vec(), Vec::new()),
    };
    let (mut found, mut exchanges) =
        eliminate(prober, kind, candidates, likely, first.into_iter().collect(), lanes).await;
    if let Some(asked) = asked {
        found.leave_out(offers::schemes(), asked);
    }
    exchanges.push(exchange);
    Some((found, exchanges))
}
