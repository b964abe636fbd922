//! What answers show besides what they were asked for: up to TLS 1.2 a ServerKeyExchange has a group and a scheme, in
//! TLS 1.3 the server names a group. What was shown need not be asked for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use intransit::iana::{NamedGroup, ProtocolVersion, SignatureScheme};

use super::elimination::few_lanes;
use crate::scan::codec::ClientHello;
use crate::scan::connect::{Exchange, Offer, Prober};

/// Values with the connection that showed each first; shared by those who add and those who look.
#[derive(Debug)]
pub(crate) struct Board<T>(Arc<Mutex<Values<T>>>);

#[derive(Debug)]
struct Values<T> {
    seen: Vec<(T, usize)>,
    /// What stood first in some hello.
    tried: Vec<T>,
}

impl<T> Clone for Board<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Board<T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Values { seen: Vec::new(), tried: Vec::new() })))
    }
}

impl<T: Copy + PartialEq> Board<T> {
    fn values_now(&self) -> MutexGuard<'_, Values<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, value: T, number: usize) {
        let mut values = self.values_now();
        if !values.seen.iter().any(|(known, _)| *known == value) {
            values.seen.push((value, number));
        }
    }

    /// What was shown so far.
    pub(crate) fn values(&self) -> Vec<(T, usize)> {
        self.values_now().seen.clone()
    }

    /// In how many lanes the others are asked for, beside what was answered `first`: who takes what comes first in the hello
    /// has shown nearly all.
    pub(crate) fn lanes(&self, prober: &Prober, first: Option<(T, usize)>) -> usize {
        let is_other = |(value, _): &(T, usize)| first.is_none_or(|(first, _)| first != *value);
        if self.values().iter().any(is_other) { 1 } else { few_lanes(prober) }
    }

    /// Whether this was.
    pub(crate) fn has(&self, value: &T) -> bool {
        self.values_now().seen.iter().any(|(known, _)| known == value)
    }

    /// Puts to the front of `usual` what was neither shown nor stood there before, one of each of these kinds, and what was
    /// shown to the end.
    fn unseen_first(&self, usual: &mut [T], kinds: &[fn(&T) -> bool]) {
        let mut values = self.values_now();
        let mut order: Vec<T> = Vec::new();
        for kind in kinds {
            let is_new = |value: &&T| kind(value) && !values.seen.iter().any(|(seen, _)| seen == *value);
            let new = usual.iter().filter(is_new).copied();
            // Those that stood there longest ago come first of those that did.
            let since = |value: &T| values.tried.iter().rposition(|tried| tried == value).map_or(0, |at| at + 1);
            order.extend(new.min_by_key(since));
        }
        values.tried.extend(&order);
        let rest: Vec<T> = usual.iter().filter(|value| !order.contains(value)).copied().collect();
        let (seen, unseen): (Vec<T>, Vec<T>) =
            rest.into_iter().partition(|value| values.seen.iter().any(|(seen, _)| seen == value));
        order.extend(unseen);
        order.extend(seen);
        usual.copy_from_slice(&order);
    }
}

/// What the answers of one version have shown so far.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) version: ProtocolVersion,
    pub(crate) groups: Board<NamedGroup>,
    pub(crate) schemes: Board<SignatureScheme>,
}

impl Shown {
    pub(crate) fn of(version: ProtocolVersion) -> Self {
        Self { version, groups: Board::default(), schemes: Board::default() }
    }

    /// Adds what this answer shows.
    pub(crate) fn note(&self, exchange: &Exchange) {
        if exchange.accepted().is_some_and(|hello| hello.version == self.version) {
            let (group, scheme) = shown_by(exchange);
            self.add(group, scheme, exchange.number);
        }
    }

    /// Adds what this connection showed.
    pub(crate) fn add(&self, group: Option<NamedGroup>, scheme: Option<SignatureScheme>, number: usize) {
        if let Some(group) = group {
            self.groups.add(group, number);
        }
        if let Some(scheme) = scheme {
            self.schemes.add(scheme, number);
        }
    }

    /// The same hello with what was not shown yet at the front of its groups and schemes, of which so many are usual: whoever
    /// takes what comes first shows more of what there is.
    pub(crate) fn unseen_first(&self, hello: &mut ClientHello, usual_groups: usize, usual_schemes: usize) {
        // An RSA key signs with one kind of scheme, an ECDSA key with the other.
        const ECDSA: fn(&SignatureScheme) -> bool = |scheme| scheme.0 & 0xFF == 3;
        const RSA: fn(&SignatureScheme) -> bool = |scheme| scheme.0 & 0xFF != 3;
        self.groups.unseen_first(hello.groups.get_mut(..usual_groups).unwrap_or_default(), &[|_| true]);
        self.schemes.unseen_first(hello.schemes.get_mut(..usual_schemes).unwrap_or_default(), &[ECDSA, RSA]);
    }
}

/// The group and the scheme that an answer has, of those that were offered.
pub(crate) fn shown_by(exchange: &Exchange) -> (Option<NamedGroup>, Option<SignatureScheme>) {
    let (Offer::Tls(offered), Some(hello)) = (&exchange.offer, exchange.accepted()) else { return (None, None) };
    let exchanged = exchange.answer.exchanged.as_ref();
    let group = hello.group.or(exchanged.and_then(|exchanged| exchanged.group));
    let scheme = exchanged.and_then(|exchanged| exchanged.scheme);
    (group.filter(|group| offered.groups.contains(group)), scheme.filter(|scheme| offered.schemes.contains(scheme)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY: fn(&u8) -> bool = |_| true;
    const ODD: fn(&u8) -> bool = |value| value % 2 == 1;
    const EVEN: fn(&u8) -> bool = |value| value % 2 == 0;

    #[test]
    fn hellos_begin_with_what_was_not_shown() {
        for (kinds, shown, expected) in [
            // Each hello begins with another, whatever comes of it.
            (&[ANY][..], &[][..], [[1, 2, 3, 4], [2, 1, 3, 4], [3, 1, 2, 4], [4, 1, 2, 3], [1, 2, 3, 4]]),
            (&[ANY], &[2], [[1, 3, 4, 2], [3, 1, 4, 2], [4, 1, 3, 2], [1, 3, 4, 2], [3, 1, 4, 2]]),
            (&[ODD, EVEN], &[1], [[3, 2, 4, 1], [3, 4, 2, 1], [3, 2, 4, 1], [3, 4, 2, 1], [3, 2, 4, 1]]),
            (&[ANY], &[1, 2, 3, 4], [[1, 2, 3, 4]; 5]),
        ] {
            let board = Board::default();
            shown.iter().for_each(|value| board.add(*value, 0));
            for order in expected {
                let mut values = [1, 2, 3, 4];
                board.unseen_first(&mut values, kinds);
                assert_eq!(values, order, "{shown:?}");
            }
        }
    }
}
