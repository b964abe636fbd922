//! Open-world lists of several scans as one: what was accepted, who denies it, and what keeps them from being complete.
//!
//! A value that one list accepts and another denies, by itself or because it is complete without it, is contradicted: the
//! acceptance stays, the denial is kept beside it, and the lists together are not complete.

use super::observed::{Basis, Enumerated, Fact, Gap, GapReason, Observed, Rest};
use crate::gathered::Gathered;
use crate::ordered::{Map, Set};
use crate::source::Span;

/// A value that was accepted.
#[derive(Debug, Clone)]
pub struct Offered<T> {
    /// The value.
    pub value: T,
    /// Where it is said.
    pub words: Vec<Span>,
    /// What it rests on.
    pub basis: Basis,
    /// Where another report says that it is not accepted.
    pub denied: Vec<Span>,
}

/// Several lists as one.
#[derive(Debug)]
pub struct Offers<T> {
    /// Each value once, in the order of their first naming.
    pub accepted: Vec<Offered<T>>,
    /// What the completeness rests on and where it is said, by a list that is complete by what was seen rather than by a
    /// tool's word, where there is one.
    pub complete: Option<Fact<bool>>,
    /// Why none of the lists is complete; empty where one is.
    pub gaps: Vec<Gap>,
    /// Where none is complete: the one that leaves out the fewest values of those that leave out some and are complete
    /// otherwise, with these values.
    pub directed: Option<(Fact<bool>, Vec<T>)>,
}

impl<T> Offers<T> {
    /// The values that one report accepts and another denies.
    pub fn contradicted(&self) -> impl Iterator<Item = &Offered<T>> {
        self.accepted.iter().filter(|offered| !offered.denied.is_empty())
    }
}

/// Lays lists of one kind side by side.
pub fn offers<'a, T: Copy + Ord + 'a>(lists: impl IntoIterator<Item = &'a Enumerated<T>>) -> Offers<T> {
    let lists: Vec<&Enumerated<T>> = lists.into_iter().gathered();
    let mut accepted: Vec<Offered<T>> = Vec::new();
    let mut index: Map<T, usize> = Map::new();
    for fact in lists.iter().flat_map(|list| &list.accepted) {
        let at = index.update(fact.value, || accepted.len(), |at| *at);
        match accepted.get_mut(at) {
            Some(known) => {
                known.words.extend(&fact.words);
                known.basis = known.basis.min(fact.basis);
            }
            None => accepted.push(Offered {
                value: fact.value,
                words: fact.words.clone(),
                basis: fact.basis,
                denied: Vec::new(),
            }),
        }
    }
    let to_the_end: Vec<(&Enumerated<T>, &Fact<bool>, Set<T>)> =
        lists.iter().filter_map(|list| named_to_the_end(list)).gathered();
    for offered in &mut accepted {
        // A list that names the value costs one step, and no value is named more often than the input is long.
        if let Some((_, fact, _)) = to_the_end.iter().find(|(.., named)| !named.contains(&offered.value)) {
            offered.denied.extend(&fact.words);
        }
    }
    for refusal in lists.iter().flat_map(|list| &list.refused) {
        let offered = index.get(&refusal.offered).and_then(|at| accepted.get_mut(*at));
        if let (Some(offered), Observed::Known(Fact { value: true, .. })) = (offered, &refusal.control) {
            offered.denied.extend(&refusal.words);
        }
    }
    let complete = to_the_end.iter().filter(|(list, ..)| list.unasked.is_empty()).map(|(_, fact, _)| *fact);
    let best = complete.min_by_key(|fact| fact.basis).cloned();
    let (gaps, directed) = match best {
        Some(_) => (Vec::new(), None),
        None => (
            lists.iter().filter_map(|list| list.gap()).gathered(),
            to_the_end
                .iter()
                .min_by_key(|(list, fact, _)| (fact.basis, list.unasked.len()))
                .map(|(list, fact, _)| ((*fact).clone(), list.unasked.clone())),
        ),
    };
    Offers { accepted, complete: best, gaps, directed }
}

/// A list that was made to its end, who says so, and everything that it names, what it left out among it.
fn named_to_the_end<T: Copy + Ord>(list: &Enumerated<T>) -> Option<(&Enumerated<T>, &Fact<bool>, Set<T>)> {
    match &list.rest {
        Rest::Complete(fact) if fact.value && !list.accepted.is_empty() => {
            let others = list.refused.iter().map(|refusal| refusal.offered).chain(list.unasked.iter().copied());
            Some((list, fact, list.accepted.iter().map(|fact| fact.value).chain(others).collect()))
        }
        _ => None,
    }
}

/// The gap that contradicted values leave: where some are contradicted, nobody knows what else the lists leave out.
pub(crate) fn contradiction(what: &str, values: &[(String, Vec<Span>)]) -> Option<Gap> {
    const MOST: usize = 6;
    let names: Vec<&str> = values.iter().map(|(name, _)| name.as_str()).take(MOST).gathered();
    if names.is_empty() {
        return None;
    }
    let more = match values.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let are = if values.len() == 1 { "is" } else { "are" };
    let detail = format!("the reports disagree on whether {}{more} {are} accepted{what}", names.join(", "));
    Some(Gap::new(GapReason::Contradicted, detail).at(values.iter().flat_map(|(_, words)| words.iter().copied())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Refusal, RefusalKind};

    const PLACE: Span = Span { source: 0, start: 0, end: 1, line: 1, column: 1 };

    fn list(accepted: &[u8], complete: bool) -> Enumerated<u8> {
        let accepted = accepted.iter().map(|value| Fact::new(*value, Basis::Wire, [PLACE])).collect();
        let rest = if complete {
            Rest::Complete(Fact::new(true, Basis::Wire, [PLACE]))
        } else {
            Rest::Gap(Gap::new(GapReason::NotAttempted, "not tried"))
        };
        Enumerated { accepted, refused: Vec::new(), unasked: Vec::new(), rest }
    }

    #[test]
    fn what_one_accepts_and_another_denies_is_contradicted() {
        let refusing = Enumerated {
            refused: vec![Refusal {
                offered: 2,
                how: RefusalKind::ReportedAsNotOffered,
                control: Observed::Known(Fact::new(true, Basis::Computed, [])),
                words: vec![PLACE],
            }],
            ..list(&[1], false)
        };
        for (lists, contradicted, complete) in [
            (vec![list(&[1, 2], true)], vec![], true),
            (vec![list(&[1, 2], true), list(&[1, 2], true)], vec![], true),
            (vec![list(&[1, 2], true), list(&[1], false)], vec![], true),
            (vec![list(&[1], true), list(&[1, 2], false)], vec![2], true),
            (vec![list(&[1, 2], true), list(&[1, 3], true)], vec![2, 3], true),
            (vec![list(&[2], false), refusing], vec![2], false),
            (vec![list(&[1, 2], false), Enumerated { unasked: vec![3], ..list(&[1], true) }], vec![2], false),
            (vec![list(&[1, 3], false), Enumerated { unasked: vec![3], ..list(&[1], true) }], vec![], false),
            (vec![list(&[1, 3], true), Enumerated { unasked: vec![3], ..list(&[1], true) }], vec![], true),
            // A complete list of nothing is not believed.
            (vec![list(&[1], false), list(&[], true)], vec![], false),
        ] {
            for turned in [false, true] {
                let order: Vec<_> = if turned { lists.iter().rev().collect() } else { lists.iter().collect() };
                let found = offers(order);
                let mut values: Vec<u8> = found.contradicted().map(|offered| offered.value).collect();
                values.sort_unstable();
                assert_eq!((values, found.complete.is_some()), (contradicted.clone(), complete));
            }
        }
    }
}
