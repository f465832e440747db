//! A map of bounded size that forgets what was used longest ago, and counts it.
//!
//! Forgetting comes in batches: when the map is full, the sixteenth part that was used longest ago goes at once. So no list
//! has to be kept in order with every access, and an access touches one place in memory.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::hash::BuildKeyed;
use super::portable::{BadState, Portable};

/// A map from 64-bit hashes to small values.
#[derive(Clone, Debug)]
pub(crate) struct BoundedMap<V> {
    entries: HashMap<u64, Used<V>, BuildKeyed>,
    capacity: usize,
    evicted: u64,
}

#[derive(Clone, Debug)]
struct Used<V> {
    /// The row that used it last.
    row: u64,
    value: V,
}

/// Which part of a full map is forgotten at once.
const BATCH: usize = 16;

impl<V> BoundedMap<V> {
    pub(crate) fn new(capacity: usize) -> Self {
        assert!(capacity >= BATCH, "a map must hold at least {BATCH} entries");
        Self { entries: HashMap::default(), capacity, evicted: 0 }
    }

    /// The value of a key for the row at hand, made where there is none.
    #[inline]
    pub(crate) fn at(&mut self, key: u64, row: u64, make: impl FnOnce() -> V) -> &mut V {
        if self.entries.len() >= self.capacity && !self.entries.contains_key(&key) {
            self.evict();
        }
        match self.entries.entry(key) {
            Entry::Occupied(entry) => {
                let used = entry.into_mut();
                used.row = row;
                &mut used.value
            }
            Entry::Vacant(entry) => &mut entry.insert(Used { row, value: make() }).value,
        }
    }

    /// Keeps the entries that a rule wants; the others don't count as forgotten.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&V) -> bool) {
        self.entries.retain(|_, used| keep(&used.value));
    }

    /// How many entries were forgotten.
    pub(crate) fn evicted(&self) -> u64 {
        self.evicted
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    #[cold]
    fn evict(&mut self) {
        let mut rows: Vec<u64> = self.entries.values().map(|used| used.row).collect();
        let (_, &mut newest_to_go, _) = rows.select_nth_unstable(self.capacity / BATCH - 1);
        let before = self.entries.len();
        self.entries.retain(|_, used| used.row > newest_to_go);
        self.evicted += (before - self.entries.len()) as u64;
    }
}

impl<V: Portable> BoundedMap<V> {
    /// Appends the map, in the order of its keys.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        self.evicted.write(out);
        (self.entries.len() as u64).write(out);
        let mut entries: Vec<_> = self.entries.iter().collect();
        entries.sort_unstable_by_key(|(key, _)| **key);
        for (key, used) in entries {
            key.write(out);
            used.row.write(out);
            used.value.write(out);
        }
    }

    /// Reads what [`write`](Self::write) wrote of a map of the same capacity.
    pub(crate) fn read(capacity: usize, from: &mut &[u8]) -> Result<Self, BadState> {
        let mut map = Self::new(capacity);
        map.evicted = u64::read(from)?;
        let length = usize::try_from(u64::read(from)?).ok().filter(|length| *length <= capacity);
        // An entry takes more than 16 bytes, so that a length made up can't make room for more than there is.
        let length =
            length.filter(|length| length.saturating_mul(16) <= from.len()).ok_or(BadState::Damaged)?;
        map.entries.reserve(length);
        for _ in 0..length {
            let key = u64::read(from)?;
            let row = u64::read(from)?;
            map.entries.insert(key, Used { row, value: V::read(from)? });
        }
        if map.entries.len() == length { Ok(map) } else { Err(BadState::Damaged) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::hash::mix;
    use super::*;

    #[test]
    fn the_longest_unused_are_forgotten_and_counted() {
        let mut map = BoundedMap::<u32>::new(32);
        for row in 0..32 {
            *map.at(mix(row), row, || 7) += 1;
        }
        // The first is used again, so that the second and third are the oldest.
        *map.at(mix(0), 32, || 7) += 1;
        assert_eq!(map.evicted(), 0);
        map.at(mix(99), 33, || 7);
        assert_eq!((map.evicted(), map.len()), (2, 31));
        assert_eq!(*map.at(mix(0), 34, || 7), 9);
        assert_eq!(*map.at(mix(3), 35, || 7), 8);
        assert_eq!(*map.at(mix(1), 36, || 7), 7);
    }

    proptest! {
        #[test]
        fn a_map_read_back_goes_on_the_same(keys in prop::collection::vec(0_u64..60, 1..300), cut in 0_usize..300) {
            let cut = cut.min(keys.len());
            let mut whole = BoundedMap::<u32>::new(32);
            let mut parts = BoundedMap::<u32>::new(32);
            for (row, key) in (0..).zip(&keys) {
                if row as usize == cut {
                    let mut bytes = Vec::new();
                    parts.write(&mut bytes);
                    parts = BoundedMap::read(32, &mut bytes.as_slice()).unwrap();
                }
                *whole.at(mix(*key), row, || 0) += 1;
                *parts.at(mix(*key), row, || 0) += 1;
            }
            let bytes = |map: &BoundedMap<u32>| { let mut out = Vec::new(); map.write(&mut out); out };
            prop_assert_eq!(bytes(&whole), bytes(&parts));
        }

        #[test]
        fn damage_is_refused(cut in 0_usize..1000) {
            let mut map = BoundedMap::<u32>::new(32);
            for row in 0..20 {
                map.at(mix(row), row, || 7);
            }
            let mut bytes = Vec::new();
            map.write(&mut bytes);
            bytes.truncate(cut % bytes.len());
            prop_assert!(BoundedMap::<u32>::read(32, &mut bytes.as_slice()).is_err());
        }
    }
}
