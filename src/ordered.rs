//! Sets and maps from iterators, one entry at a time.
//!
//! `collect` sorts first, and every type of entry brings a sort of its own into the WebAssembly: together they were
//! the largest single part of it.

use std::collections::{BTreeMap, BTreeSet};

/// The set of the items.
pub(crate) fn set<T: Ord>(items: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    set.extend(items);
    set
}

/// The map of the entries; of several with one key the last counts.
pub(crate) fn map<K: Ord, V>(entries: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    map.extend(entries);
    map
}

/// The items in the order of their keys; items with equal keys stay as they are. For few distinct keys.
pub(crate) fn by_key<T, K: Ord>(items: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut groups: BTreeMap<K, Vec<T>> = BTreeMap::new();
    for item in items {
        groups.entry(key(&item)).or_default().push(item);
    }
    groups.into_values().flatten().collect()
}
