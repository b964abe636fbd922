//! Who chooses among the suites that both sides have, and in which order.
//!
//! The accepted suites are offered in one order and in the reverse. Some servers choose by themselves and still let a
//! client that puts ChaCha20 first have it (OpenSSL's `PrioritizeChaCha`), so that those suites stand last both times and
//! first a third time.

use std::sync::Arc;

use intransit::evidence::{Gap, GapReason, Preference};
use intransit::iana::{Cipher, CipherSuite, ProtocolVersion};

use crate::scan::connect::{Offer, Prober};
use crate::scan::offers::Shape;

/// Who chooses, and the connections that show it.
#[derive(Debug)]
pub(crate) struct Preferred {
    pub(crate) preference: Result<(Preference, Vec<usize>), Gap>,
    /// The server's order; empty where it has none.
    pub(crate) order: Vec<CipherSuite>,
}

impl Preferred {
    pub(crate) fn unknown(reason: GapReason, detail: impl Into<String>) -> Self {
        Self { preference: Err(Gap::new(reason, detail)), order: Vec::new() }
    }
}

/// Finds out for one version. `alike` is what was chosen of all suites and of the same [`turned`], by which connections,
/// where that is the same; `accepted` then stand in the order in which they were chosen, each of all that were left.
pub(crate) async fn preferred(
    prober: &Arc<Prober>,
    shape: &Shape,
    version: ProtocolVersion,
    accepted: &[CipherSuite],
    alike: Option<(CipherSuite, [usize; 2])>,
) -> Preferred {
    let asker = Asker { prober, shape, version };
    if accepted.len() < 2 {
        return Preferred::unknown(GapReason::NotAttempted, format!("{version} has no two suites to choose from"));
    }
    let (favoured, others): (Vec<CipherSuite>, Vec<CipherSuite>) =
        accepted.iter().partition(|suite| is_chacha(**suite));
    // Beside two others of which one came first each time, it was not the client's order that chose.
    let by_server = alike.filter(|(chosen, _)| others.len() > usize::from(!is_chacha(*chosen)));
    let who = match by_server {
        Some((chosen, numbers)) => asker.with_exception(&favoured, &others, chosen, numbers.to_vec()).await,
        None => asker.who(&favoured, &others).await,
    };
    match who {
        Err(gap) => Preferred { preference: Err(gap), order: Vec::new() },
        Ok((Preference::Client, numbers)) => {
            Preferred { preference: Ok((Preference::Client, numbers)), order: Vec::new() }
        }
        Ok((preference, numbers)) if alike.is_some() => {
            Preferred { preference: Ok((preference, numbers)), order: accepted.to_vec() }
        }
        Ok((preference, mut numbers)) => match asker.order(&others, &favoured, &mut numbers).await {
            Ok(order) => Preferred { preference: Ok((preference, numbers)), order },
            Err(gap) => Preferred { preference: Err(gap), order: Vec::new() },
        },
    }
}

fn is_chacha(suite: CipherSuite) -> bool {
    suite.info().is_some_and(|info| info.cipher == Cipher::ChaCha20)
}

/// The opposite order, ChaCha20 last all the same: a server that chooses by itself chooses of it what it chose before.
pub(crate) fn turned(candidates: &[CipherSuite]) -> Vec<CipherSuite> {
    let (favoured, mut turned): (Vec<CipherSuite>, Vec<CipherSuite>) =
        candidates.iter().rev().partition(|suite| is_chacha(**suite));
    turned.extend(favoured);
    turned
}

/// Whether the client's order, and nothing else, explains what was chosen of `candidates` and of the same turned, where
/// all that is accepted is known.
pub(crate) fn is_client_order(
    candidates: &[CipherSuite],
    accepted: &[CipherSuite],
    chosen: CipherSuite,
    chosen_of_turned: CipherSuite,
) -> bool {
    let first = |list: &[CipherSuite]| list.iter().find(|suite| accepted.contains(suite)).copied();
    chosen != chosen_of_turned
        && !is_chacha(chosen)
        && !is_chacha(chosen_of_turned)
        && first(candidates) == Some(chosen)
        && first(&turned(candidates)) == Some(chosen_of_turned)
}

struct Asker<'a> {
    prober: &'a Arc<Prober>,
    shape: &'a Shape,
    version: ProtocolVersion,
}

impl Asker<'_> {
    /// Which one is chosen, and by which connection.
    async fn first(&self, suites: &[CipherSuite]) -> Result<(CipherSuite, usize), Gap> {
        let hello = self.shape.of(self.version, suites);
        let exchange = self.prober.ask(Offer::Tls(hello), &format!("order of {}", self.version)).await;
        match exchange.accepted().filter(|hello| hello.version == self.version) {
            Some(hello) => Ok((hello.suite, exchange.number)),
            None => Err(Gap::new(
                GapReason::Failed,
                format!("suites of {} that were accepted were refused in another order", self.version),
            )),
        }
    }

    async fn who(&self, favoured: &[CipherSuite], others: &[CipherSuite]) -> Result<(Preference, Vec<usize>), Gap> {
        let (ahead, behind) = if others.len() > 1 { (others, favoured) } else { (&[][..], &[][..]) };
        let whole: Vec<CipherSuite> = others.iter().chain(favoured).copied().collect();
        let (forwards, backwards) = if ahead.is_empty() {
            (whole.clone(), whole.iter().rev().copied().collect())
        } else {
            (whole.clone(), ahead.iter().rev().chain(behind).copied().collect::<Vec<_>>())
        };
        let (one, other) = tokio::join!(self.first(&forwards), self.first(&backwards));
        let ((one, first), (other, second)) = (one?, other?);
        let numbers = vec![first, second];
        if one != other {
            let follows = forwards.first() == Some(&one) && backwards.first() == Some(&other);
            // With one suite beside ChaCha20 the two kinds of server answer alike.
            let is_clear = follows && (!ahead.is_empty() || others.is_empty());
            return if is_clear {
                Ok((Preference::Client, numbers))
            } else {
                let detail = format!("whose order counts in {} cannot be told from its answers", self.version);
                Err(Gap::new(GapReason::Failed, detail))
            };
        }
        self.with_exception(favoured, others, one, numbers).await
    }

    /// Of a server that chooses by itself, and chose this one where ChaCha20 did not come first.
    async fn with_exception(
        &self,
        favoured: &[CipherSuite],
        others: &[CipherSuite],
        chosen: CipherSuite,
        mut numbers: Vec<usize>,
    ) -> Result<(Preference, Vec<usize>), Gap> {
        if favoured.is_empty() || others.is_empty() || is_chacha(chosen) {
            return Ok((Preference::Server, numbers));
        }
        let turned: Vec<CipherSuite> = favoured.iter().chain(others).copied().collect();
        let (third, number) = self.first(&turned).await?;
        numbers.push(number);
        let preference = if is_chacha(third) { Preference::ServerExceptChaCha20 } else { Preference::Server };
        Ok((preference, numbers))
    }

    /// The server's order: what it takes of all, of all but that, and so on. ChaCha20 is never offered first.
    async fn order(
        &self,
        others: &[CipherSuite],
        favoured: &[CipherSuite],
        numbers: &mut Vec<usize>,
    ) -> Result<Vec<CipherSuite>, Gap> {
        let mut left: Vec<CipherSuite> = others.iter().chain(favoured).copied().collect();
        let mut order = Vec::new();
        while left.len() > 1 {
            let (chosen, number) = self.first(&left).await?;
            numbers.push(number);
            left.retain(|suite| *suite != chosen);
            order.push(chosen);
        }
        order.extend(left);
        Ok(order)
    }
}
