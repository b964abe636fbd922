//! Every chain that a server has for one server name: up to TLS 1.2 in the clear, in TLS 1.3 by whole handshakes.
//!
//! A server has a chain for each kind of key, and shows the one that goes with what it is offered: each kind is offered
//! alone. A kind that it has not is refused; that counts between two answers. Suites do not tell all keys apart: what is
//! left is offered by signature schemes and curves.

use std::sync::Arc;

use intransit::evidence::{ClientCertificate, Der, Gap, GapReason};
use intransit::iana::{Authentication, CipherSuite, KeyExchange, NamedGroup, ProtocolVersion, SignatureScheme};
use intransit::pki::{Curve, KeyAlgorithm};

use super::codec::{ClientHello, KeyShare};
use super::connect::{Exchange, Offer, Prober, Verdict, ask_all};
use super::enumerate::Refused;
use super::handshake::{Family, Shaken, shake};
use super::offers::{Shape, suites_before_tls13, suites_of_tls13};

/// The chains of TLS 1.3.
#[derive(Debug)]
pub(crate) struct Handshakes {
    pub(crate) shaken: Vec<Shaken>,
    /// The connections that show that there are no other chains, or why that is not known.
    pub(crate) rest: Result<Vec<usize>, Gap>,
}

/// Shakes hands for each kind of key.
pub(crate) async fn of_tls13(prober: &Arc<Prober>, shape: &Shape) -> Handshakes {
    let name = shape.server_name.as_deref();
    let version = ProtocolVersion::TLS1_3;
    let (rsa, ecdsa, eddsa) = tokio::join!(
        shake(prober, name, version, Family::Rsa),
        shake(prober, name, version, Family::Ecdsa),
        shake(prober, name, version, Family::EdDsa),
    );
    let shaken: Vec<Shaken> = [rsa, ecdsa, eddsa].into_iter().flatten().collect();
    let rest = of_other_keys(prober, shape, &shaken).await;
    Handshakes { shaken, rest }
}

/// Whether TLS 1.3 has a chain whose key is of none of the families. No handshake can be had with it, but its ServerHello.
async fn of_other_keys(prober: &Arc<Prober>, shape: &Shape, shaken: &[Shaken]) -> Result<Vec<usize>, Gap> {
    let mut numbers = Vec::new();
    for family in Family::ALL {
        match shaken.iter().find(|one| one.family == family) {
            Some(one) if !one.certificates.is_empty() || matches!(one.refused, Some(40 | 71)) => {
                numbers.push(one.number)
            }
            _ => {
                let detail = format!("no handshake of TLS 1.3 could be had for a key of kind {family:?}");
                return Err(Gap::new(GapReason::ClientLimited, detail));
            }
        }
    }
    if shaken.iter().all(|one| one.certificates.is_empty()) {
        let detail =
            "no handshake of TLS 1.3 could be had: the library shares no suite, group or scheme with the server";
        return Err(Gap::new(GapReason::ClientLimited, detail));
    }
    let all = shape.tls13(&suites_of_tls13(), KeyShare::Made);
    let keys: Vec<KeyAlgorithm> = shaken.iter().filter_map(|one| key_of(&one.certificates)).collect();
    let others = ClientHello { schemes: schemes_of_others(&all, &keys), ..all.clone() };
    let asked = prober.ask(Offer::Tls(others), "chains of TLS 1.3, other kinds of keys").await;
    let control = prober.ask(Offer::Tls(all), "chains of TLS 1.3, control").await;
    numbers.extend([asked.number, control.number]);
    let is_answered = |exchange: &Exchange| exchange.accepted().is_some_and(|hello| !hello.is_retry);
    match (asked.verdict(), is_answered(&control)) {
        (Verdict::Refused(_), true) => Ok(numbers),
        (Verdict::Inconclusive(gap), _) => Err(gap),
        (Verdict::Refused(_), false) => {
            Err(Gap::new(GapReason::ClientLimited, "the server takes none of the groups whose shares are at hand"))
        }
        _ => {
            let detail = "the server answers an offer of other kinds of keys, whose chain takes a handshake that the \
                          library cannot have";
            Err(Gap::new(GapReason::ClientLimited, detail))
        }
    }
}

/// The key of the first of these certificates.
pub(crate) fn key_of(sent: &[Vec<u8>]) -> Option<KeyAlgorithm> {
    let leaf = Der::new(sent.first()?.clone());
    Some(leaf.parsed().ok()?.key.as_ref().ok()?.algorithm.clone())
}

/// The schemes of a hello of TLS 1.3 that none of these keys signs with; there, a scheme names its curve.
pub(crate) fn schemes_of_others(hello: &ClientHello, keys: &[KeyAlgorithm]) -> Vec<SignatureScheme> {
    let is_other = |scheme: &SignatureScheme| {
        !keys.iter().any(|key| match key {
            KeyAlgorithm::Rsa => Family::Rsa.covers(*scheme),
            KeyAlgorithm::RsaPss => (0x0809..=0x080B).contains(&scheme.0),
            KeyAlgorithm::Ec(Curve::Named { name: Some("P-256"), .. }) => scheme.0 == 0x0403,
            KeyAlgorithm::Ec(Curve::Named { name: Some("P-384"), .. }) => scheme.0 == 0x0503,
            KeyAlgorithm::Ec(Curve::Named { name: Some("P-521"), .. }) => scheme.0 == 0x0603,
            KeyAlgorithm::Ed25519 => scheme.0 == 0x0807,
            KeyAlgorithm::Ed448 => scheme.0 == 0x0808,
            _ => false,
        })
    };
    hello.schemes.iter().copied().filter(is_other).collect()
}

/// Whether TLS 1.2 has chains for keys that its suites do not tell apart: of EdDSA, of RSASSA-PSS, over other curves. Asked
/// where there is no TLS 1.3, whose schemes tell them apart. What is answered with a chain that is known has no other one
/// that would have fitted better.
pub(crate) async fn of_other_keys_of_tls12<'a>(
    prober: &Arc<Prober>,
    shape: &Shape,
    seen: impl IntoIterator<Item = &'a Exchange>,
) -> (Vec<Exchange>, Result<Vec<usize>, Gap>) {
    /// More kinds of keys than servers have.
    const MOST: usize = 6;
    let version = ProtocolVersion::TLS1_2;
    let sent = |exchange: &Exchange| {
        let sent =
            exchange.accepted().filter(|hello| hello.version == version).and(exchange.answer.certificates.clone());
        sent.filter(|sent| !sent.is_empty())
    };
    let mut chains: Vec<Vec<Vec<u8>>> = seen.into_iter().filter_map(sent).collect();
    let signs = |suite: &CipherSuite| {
        suite.info().is_some_and(|info| {
            matches!(info.key_exchange, KeyExchange::Dhe | KeyExchange::Ecdhe) && info.uses_certificate()
        })
    };
    let suites: Vec<CipherSuite> = suites_before_tls13().into_iter().filter(signs).collect();
    let all = |part: &[CipherSuite]| shape.legacy(version, part);
    let parts: Vec<&[CipherSuite]> = suites.chunks(shape.style.chunk().max(1)).collect();
    let mut exchanges = Vec::new();
    let mut numbers = Vec::new();
    for _ in 0..MOST {
        let keys: Vec<KeyAlgorithm> = chains.iter().filter_map(|chain| key_of(chain)).collect();
        let hellos = parts.iter().map(|part| without_keys(all(part), &keys)).collect();
        let mut is_new = false;
        for exchange in ask_all(prober, hellos, "chains, keys of other kinds").await {
            numbers.push(exchange.number);
            match exchange.verdict() {
                Verdict::Inconclusive(gap) => return (exchanges, Err(gap)),
                Verdict::Accepted(_) => {
                    if let Some(chain) = sent(&exchange).filter(|chain| !chains.contains(chain)) {
                        is_new = true;
                        chains.push(chain);
                    }
                }
                Verdict::Refused(_) | Verdict::Ssl2 => {}
            }
            exchanges.push(exchange);
        }
        if !is_new {
            let control =
                prober.ask(Offer::Tls(all(parts.first().copied().unwrap_or_default())), "chains, control").await;
            numbers.push(control.number);
            let is_answered = control.accepted().is_some();
            exchanges.push(control);
            let blocked = || Gap::new(GapReason::Blocked, "what was answered before was refused after");
            return (exchanges, if is_answered { Ok(numbers) } else { Err(blocked()) });
        }
    }
    (exchanges, Err(Gap::new(GapReason::Unsupported, "the server has more kinds of keys than were asked for")))
}

/// The same hello, which none of these keys can answer: the schemes of RSA are its own, and a curve has to be offered for
/// a certificate over it (RFC 8422 section 5.1.1).
fn without_keys(hello: ClientHello, keys: &[KeyAlgorithm]) -> ClientHello {
    let signs = |scheme: &SignatureScheme| {
        keys.iter().any(|key| match key {
            // A hash and RSA, or RSASSA-PSS with such a key.
            KeyAlgorithm::Rsa => (scheme.0 & 0xFF == 1 && scheme.0 >> 8 <= 6) || Family::Rsa.covers(*scheme),
            KeyAlgorithm::RsaPss => (0x0809..=0x080B).contains(&scheme.0),
            KeyAlgorithm::Ed25519 => scheme.0 == 0x0807,
            KeyAlgorithm::Ed448 => scheme.0 == 0x0808,
            _ => false,
        })
    };
    let is_curve = |group: &NamedGroup| {
        keys.iter().any(|key| match key {
            KeyAlgorithm::Ec(Curve::Named { name: Some("P-256"), .. }) => group.0 == 0x0017,
            KeyAlgorithm::Ec(Curve::Named { name: Some("P-384"), .. }) => group.0 == 0x0018,
            KeyAlgorithm::Ec(Curve::Named { name: Some("P-521"), .. }) => group.0 == 0x0019,
            _ => false,
        })
    };
    ClientHello {
        schemes: hello.schemes.iter().copied().filter(|scheme| !signs(scheme)).collect(),
        groups: hello.groups.iter().copied().filter(|group| !is_curve(group)).collect(),
        ..hello
    }
}

/// Adds what shows that TLS 1.2 has no chain for keys of other kinds to what shows that its suites have none.
pub(crate) async fn with_other_keys(
    prober: &Arc<Prober>,
    shape: &Shape,
    exchanges: &mut Vec<Exchange>,
    shown: Result<Refused, Gap>,
) -> Result<Refused, Gap> {
    let mut shown = shown?;
    let (new, rest) = of_other_keys_of_tls12(prober, shape, exchanges.iter()).await;
    exchanges.extend(new);
    shown.numbers.extend(rest?);
    Ok(shown)
}

/// What the answers of TLS 1.2 have shown of keys.
#[derive(Debug)]
pub(crate) struct Keys {
    accepted: Vec<CipherSuite>,
    /// Each kind of authentication with a chain that was sent for it.
    chains: Vec<(Authentication, Vec<Vec<u8>>)>,
    asks_certificate: bool,
}

impl Keys {
    pub(crate) fn new<'a>(accepted: Vec<CipherSuite>, exchanges: impl IntoIterator<Item = &'a Exchange>) -> Self {
        let mut keys = Self { accepted, chains: Vec::new(), asks_certificate: false };
        for exchange in exchanges {
            keys.asks_certificate |= exchange.answer.asks_certificate;
            let (Some(hello), Some(sent)) = (exchange.accepted(), &exchange.answer.certificates) else { continue };
            let Some(info) = hello.suite.info() else { continue };
            if !keys.chains.iter().any(|(kind, chain)| *kind == info.authentication && chain == sent) {
                keys.chains.push((info.authentication, sent.clone()));
            }
        }
        keys
    }

    /// Whether handshakes of TLS 1.3 have shown all that those of TLS 1.2 with this authentication would: that the keys of
    /// its chains are there, and what becomes of those without a certificate.
    fn are_known(&self, authentication: Authentication, handshakes: Option<&Handshakes>) -> bool {
        let mut chains =
            self.chains.iter().filter(|(kind, _)| *kind == authentication).map(|(_, chain)| chain).peekable();
        let is_known = |chain: &Vec<Vec<u8>>| {
            handshakes.into_iter().flat_map(|handshakes| &handshakes.shaken).any(|shaken| {
                shaken.certificates == *chain
                    && shaken.is_possessed
                    && shaken.client_certificate == Some(ClientCertificate::NotRequested)
            })
        };
        !self.asks_certificate && chains.peek().is_some() && chains.all(is_known)
    }
}

/// Handshakes of TLS 1.2, to show that the keys of the chains are there, unless those of TLS 1.3 have.
pub(crate) async fn of_tls12(
    prober: &Arc<Prober>,
    shape: &Shape,
    keys: &Keys,
    handshakes: Option<&Handshakes>,
) -> Vec<Shaken> {
    let mut shaken = Vec::new();
    for (family, authentication) in [(Family::Rsa, Authentication::Rsa), (Family::Ecdsa, Authentication::Ecdsa)] {
        let is_shared = |suite: &CipherSuite| {
            const SHARED: [u16; 6] = [0xC02B, 0xC02C, 0xC02F, 0xC030, 0xCCA8, 0xCCA9];
            SHARED.contains(&suite.0) && suite.info().is_some_and(|info| info.authentication == authentication)
        };
        if keys.accepted.iter().any(is_shared) && !keys.are_known(authentication, handshakes) {
            let name = shape.server_name.as_deref();
            shaken.extend(shake(prober, name, ProtocolVersion::TLS1_2, family).await);
        }
    }
    shaken
}

/// Whether the certificate's key decrypts instead of signing: a certificate for the one need not be for the other.
pub(crate) const fn encrypts(key_exchange: KeyExchange) -> bool {
    matches!(key_exchange, KeyExchange::Rsa | KeyExchange::RsaExport | KeyExchange::RsaPsk)
}

/// The chains of one version up to TLS 1.2, each kind of authentication offered alone.
pub(crate) async fn by_kind(
    prober: &Arc<Prober>,
    shape: &Shape,
    version: ProtocolVersion,
) -> (Vec<Exchange>, Result<Refused, Gap>) {
    let mut exchanges = Vec::new();
    let mut refused: Option<Refused> = None;
    let all = suites_before_tls13();
    let of = |suite: &CipherSuite| {
        suite
            .info()
            .filter(|info| info.uses_certificate())
            .map(|info| (info.authentication, encrypts(info.key_exchange)))
    };
    let kinds: [fn((Authentication, bool)) -> bool; 4] = [
        |one| one == (Authentication::Rsa, false),
        |one| one == (Authentication::Rsa, true),
        |(one, _)| one == Authentication::Ecdsa,
        |(one, _)| !matches!(one, Authentication::Rsa | Authentication::Ecdsa),
    ];
    let mut hellos = Vec::new();
    for kind in kinds {
        let suites: Vec<CipherSuite> = all.iter().copied().filter(|suite| of(suite).is_some_and(kind)).collect();
        let parts = suites.chunks(shape.style.chunk().min(suites.len().max(1)));
        hellos.extend(parts.map(|part| shape.legacy(version, part)));
    }
    let mut problem = None;
    for exchange in ask_all(prober, hellos, "chains").await {
        match exchange.verdict() {
            Verdict::Refused(how) => match &mut refused {
                Some(known) => known.numbers.push(exchange.number),
                None => refused = Some(Refused { how, numbers: vec![exchange.number] }),
            },
            Verdict::Inconclusive(gap) => problem = problem.or(Some(gap)),
            Verdict::Accepted(_) | Verdict::Ssl2 => {}
        }
        exchanges.push(exchange);
    }
    let answered = exchanges.iter().find_map(|exchange| {
        let Offer::Tls(hello) = &exchange.offer else { return None };
        exchange.answer.certificates.as_ref().and(exchange.accepted()).map(|_| hello.clone())
    });
    let Some(control) = answered else {
        return (exchanges, Err(Gap::new(GapReason::Failed, "no certificate was sent")));
    };
    let after = prober.ask(Offer::Tls(control), "chains, control").await;
    let is_answered = after.accepted().is_some();
    let mut numbers: Vec<usize> = exchanges.iter().map(|exchange| exchange.number).collect();
    numbers.push(after.number);
    exchanges.push(after);
    let rest = match problem {
        Some(gap) => Err(gap),
        None if !is_answered => Err(Gap::new(GapReason::Blocked, "what was answered before was refused after")),
        None => {
            let how = refused.map_or(intransit::evidence::RefusalKind::ReportedAsNotOffered, |refused| refused.how);
            Ok(Refused { how, numbers })
        }
    };
    (exchanges, rest)
}

/// The chain of one version up to TLS 1.2, and that no other kind of authentication is taken; every kind where one is.
pub(crate) async fn by_one(
    prober: &Arc<Prober>,
    shape: &Shape,
    version: ProtocolVersion,
) -> (Vec<Exchange>, Result<Refused, Gap>) {
    let all = suites_before_tls13();
    if all.len() > shape.style.chunk() {
        return by_kind(prober, shape, version).await;
    }
    let first = prober.ask(Offer::Tls(shape.legacy(version, &all)), "chains").await;
    let is_shown = first.answer.certificates.as_ref().is_some_and(|sent| !sent.is_empty());
    let seen = first.accepted().filter(|hello| is_shown && hello.version == version).map(|hello| hello.suite);
    let Some(seen) = seen.and_then(CipherSuite::info) else {
        return by_kind(prober, shape, version).await;
    };
    let is_other = |suite: &CipherSuite| {
        suite.info().is_none_or(|info| {
            let kind = (info.authentication, encrypts(info.key_exchange));
            info.uses_certificate() && kind != (seen.authentication, encrypts(seen.key_exchange))
        })
    };
    let others: Vec<CipherSuite> = all.iter().copied().filter(is_other).collect();
    let others = prober.ask_firmly(Offer::Tls(shape.legacy(version, &others)), "chains, other kinds").await;
    let after = prober.ask(Offer::Tls(shape.legacy(version, &all)), "chains, control").await;
    match (others.verdict(), after.accepted()) {
        (Verdict::Refused(how), Some(_)) => {
            let numbers = vec![first.number, others.number, after.number];
            (vec![first, others, after], Ok(Refused { how, numbers }))
        }
        _ => by_kind(prober, shape, version).await,
    }
}
