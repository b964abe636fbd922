//! Maps and sets in the order of their keys.
//!
//! A `BTreeMap` is compiled anew for each type of key and value, and together they were the largest part of the
//! WebAssembly. Here the order is kept of positions, by one piece of code for all types.

use crate::gathered::Gathered;
use std::borrow::Borrow;
use std::cmp::Ordering;

/// The positions of entries in the order of their keys: chunks of limited length, so that inserting moves little.
#[derive(Debug, Clone, Default)]
struct Order {
    chunks: Vec<Vec<usize>>,
}

impl Order {
    const LONGEST: usize = 256;

    /// The position that `compare` finds equal, or else where a new one belongs: a chunk and a place in it.
    fn find(&self, compare: &mut dyn FnMut(usize) -> Ordering) -> Result<usize, (usize, usize)> {
        let begins_before = |chunk: &Vec<usize>| chunk.first().is_some_and(|first| compare(*first).is_le());
        let chunk = self.chunks.partition_point(begins_before).saturating_sub(1);
        let Some(positions) = self.chunks.get(chunk) else { return Err((chunk, 0)) };
        let place = positions.partition_point(|position| compare(*position).is_lt());
        match positions.get(place) {
            Some(position) if compare(*position).is_eq() => Ok(*position),
            _ => Err((chunk, place)),
        }
    }

    fn insert(&mut self, (chunk, place): (usize, usize), position: usize) {
        let Some(positions) = self.chunks.get_mut(chunk) else {
            self.chunks.push(vec![position]);
            return;
        };
        positions.insert(place.min(positions.len()), position);
        if positions.len() > Self::LONGEST {
            let behind = positions.split_off(Self::LONGEST / 2);
            self.chunks.insert(chunk + 1, behind);
        }
    }

    fn iter(&self) -> impl Iterator<Item = usize> {
        self.chunks.iter().flatten().copied()
    }
}

/// Values by key.
#[derive(Debug, Clone)]
pub(crate) struct Map<K, V> {
    /// In the order in which they were added.
    entries: Vec<(K, V)>,
    order: Order,
}

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self { entries: Vec::new(), order: Order::default() }
    }
}

impl<K, V> Map<K, V> {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// In the order of the keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.order.iter().filter_map(|position| self.entries.get(position)).map(|(key, value)| (key, value))
    }

    pub(crate) fn first(&self) -> Option<(&K, &V)> {
        self.iter().next()
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// The values, in the order of their keys.
    pub(crate) fn into_values(self) -> impl Iterator<Item = V> {
        let mut values: Vec<Option<V>> = self.entries.into_iter().map(|(_, value)| Some(value)).gathered();
        let positions: Vec<usize> = self.order.iter().gathered();
        positions.into_iter().filter_map(move |position| values.get_mut(position).and_then(Option::take))
    }
}

impl<K: Ord, V> Map<K, V> {
    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, (usize, usize)>
    where
        K: Borrow<Q>,
    {
        self.order.find(&mut |position| match self.entries.get(position) {
            Some((known, _)) => known.borrow().cmp(key),
            None => Ordering::Greater,
        })
    }

    pub(crate) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let position = self.find(key).ok()?;
        self.entries.get(position).map(|(_, value)| value)
    }

    pub(crate) fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let position = self.find(key).ok()?;
        self.entries.get_mut(position).map(|(_, value)| value)
    }

    pub(crate) fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.find(key).is_ok()
    }

    /// Changes the value of a key, which is `absent` where there is none yet.
    pub(crate) fn update<T>(&mut self, key: K, absent: impl FnOnce() -> V, change: impl FnOnce(&mut V) -> T) -> T {
        let found = self.find(&key);
        if let Some((_, known)) = found.ok().and_then(|position| self.entries.get_mut(position)) {
            return change(known);
        }
        let mut value = absent();
        let changed = change(&mut value);
        if let Err(place) = found {
            self.order.insert(place, self.entries.len());
            self.entries.push((key, value));
        }
        changed
    }

    /// Adds a value; of several with one key the last counts.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        match self.find(&key) {
            Ok(position) => {
                if let Some((_, known)) = self.entries.get_mut(position) {
                    *known = value;
                }
            }
            Err(place) => {
                self.order.insert(place, self.entries.len());
                self.entries.push((key, value));
            }
        }
    }
}

impl<K: Ord> Map<K, u32> {
    /// Counts a key; how often it was counted by now.
    pub(crate) fn count(&mut self, key: K) -> u32 {
        self.update(
            key,
            || 0,
            |count| {
                *count += 1;
                *count
            },
        )
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for Map<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::new();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

/// Values, each once.
#[derive(Debug, Clone)]
pub(crate) struct Set<T>(Map<T, ()>);

impl<T> Default for Set<T> {
    fn default() -> Self {
        Self(Map::default())
    }
}

impl<T: Ord> Set<T> {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds a value; whether it is new.
    pub(crate) fn insert(&mut self, value: T) -> bool {
        let place = self.0.find(&value);
        if let Err(place) = place {
            self.0.order.insert(place, self.0.entries.len());
            self.0.entries.push((value, ()));
        }
        place.is_err()
    }

    pub(crate) fn contains<Q: Ord + ?Sized>(&self, value: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.0.contains_key(value)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// In order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.keys()
    }
}

impl<T: Ord> Extend<T> for Set<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, values: I) {
        for value in values {
            self.insert(value);
        }
    }
}

impl<T: Ord> FromIterator<T> for Set<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut set = Self::new();
        set.extend(values);
        set
    }
}

/// The items in the order of their keys; items with equal keys stay as they are.
pub(crate) fn by_key<T, K: Ord>(items: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut groups: Map<K, Vec<T>> = Map::new();
    for item in items {
        groups.update(key(&item), Vec::new, |group| group.push(item));
    }
    groups.into_values().flatten().gathered()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_map_is_what_a_btree_map_is() {
        let mut map = Map::new();
        let mut tree = BTreeMap::new();
        let mut key = 1_u32;
        for value in 0..5_000_u32 {
            key = key.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            map.insert(key >> 20, value);
            tree.insert(key >> 20, value);
        }
        assert!(map.iter().eq(tree.iter()));
        assert_eq!(map.len(), tree.len());
        for key in 0..4_100 {
            assert_eq!(map.get(&key), tree.get(&key));
        }
        for ascending in [true, false] {
            let keys = (0..2_000).map(|key| if ascending { key } else { 2_000 - key });
            let set: Set<u32> = keys.clone().chain(keys).collect();
            assert!(set.len() == 2_000 && set.iter().is_sorted());
        }
        assert!(map.into_values().eq(tree.into_values()));
    }

    #[test]
    fn equal_keys_keep_their_order() {
        assert_eq!(by_key(vec!["b1", "a1", "b2", "a2"], |item| item.starts_with('b')), ["a1", "a2", "b1", "b2"]);
    }
}
