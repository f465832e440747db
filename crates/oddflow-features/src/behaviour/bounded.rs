//! A map of bounded size that forgets what was used longest ago, and counts it.
//!
//! A hash table whose entries lie in the order of their keys, with gaps (Amble and Knuth 1974): a key's place is its share of
//! all keys, as keys are hashes, and what doesn't find its place free lies a few further on. So an entry is found in memory that
//! is read from one side, wherever it lies may be known beforehand, and the bytes of a map are its entries in turn.
//!
//! Forgetting comes in batches: when the map is full, the eighth part that was used longest ago goes at once. So no list has to
//! be kept in order with every access.

use super::portable::{BadState, Out, Portable};

/// A map from 64-bit hashes to small values.
#[derive(Clone, Debug)]
pub(crate) struct BoundedMap<V> {
    /// Ascending by key where they are taken. At least `homes`; a run at the end may lie behind.
    slots: Vec<Slot<V>>,
    /// Places that keys share among themselves.
    homes: usize,
    length: usize,
    capacity: usize,
    evicted: u64,
}

#[derive(Clone, Debug, Default)]
struct Slot<V> {
    /// 0 where it is free.
    key: u64,
    /// The row that used it last.
    row: u64,
    value: V,
}

/// Which part of a full map is forgotten at once.
const BATCH: usize = 8;
/// Places to begin with.
const FEW: usize = 64;

/// Places for so many entries: four fifths are taken at most.
const fn homes_of(entries: usize) -> usize {
    entries + entries / 4
}

impl<V: Clone + Default> BoundedMap<V> {
    pub(crate) fn new(capacity: usize) -> Self {
        assert!(capacity >= BATCH, "a map must hold at least {BATCH} entries");
        let homes = FEW.min(homes_of(capacity));
        Self { slots: vec![Slot::default(); homes], homes, length: 0, capacity, evicted: 0 }
    }

    /// A key as it is kept: 0 stands for a free slot, and shares its entry with the key beside it.
    #[inline]
    fn kept(key: u64) -> u64 {
        key.max(1)
    }

    /// Where an entry would lie if no other were there.
    #[inline]
    fn home(key: u64, homes: usize) -> usize {
        ((u128::from(key) * homes as u128) >> 64) as usize
    }

    /// Where a key lies, or has to be put in.
    #[inline]
    fn find(&self, key: u64) -> (usize, bool) {
        let mut at = Self::home(key, self.homes);
        while let Some(slot) = self.slots.get(at) {
            if slot.key >= key || slot.key == 0 {
                return (at, slot.key == key);
            }
            at += 1;
        }
        (at, false)
    }

    /// The value of a key for the row at hand, made where there is none.
    #[inline]
    pub(crate) fn at(&mut self, key: u64, row: u64, make: impl FnOnce() -> V) -> &mut V {
        let key = Self::kept(key);
        let (mut at, is_there) = self.find(key);
        if !is_there {
            if self.make_room() {
                at = self.find(key).0;
            }
            self.put(at, Slot { key, row, value: make() });
        }
        let slot = &mut self.slots[at];
        slot.row = row;
        &mut slot.value
    }

    /// The value of a key, where there is one. That it was looked at is not remembered.
    #[inline]
    pub(crate) fn get(&self, key: u64) -> Option<&V> {
        let (at, is_there) = self.find(Self::kept(key));
        if is_there { Some(&self.slots[at].value) } else { None }
    }

    /// Puts an entry in its place; those behind it move up to the next free slot.
    #[inline]
    fn put(&mut self, at: usize, entry: Slot<V>) {
        let behind = self.slots[at.min(self.slots.len())..].iter().position(|slot| slot.key == 0);
        let free = behind.map_or(self.slots.len(), |behind| at + behind);
        if free == self.slots.len() {
            self.slots.push(Slot::default());
        }
        self.slots[free] = entry;
        self.slots[at..=free].rotate_right(1);
        self.length += 1;
    }

    /// Brings the entry of a key into the processor's cache, so that [`at`](Self::at) needn't wait for it. Changes nothing.
    #[inline]
    pub(crate) fn touch(&self, key: u64) {
        let home = Self::home(key, self.homes);
        std::hint::black_box((self.slots[home].key, self.slots[home].row));
    }

    /// Keeps the entries that a rule wants; the others don't count as forgotten.
    pub(crate) fn retain(&mut self, keep: impl Fn(&V) -> bool) {
        self.retain_slots(|slot| keep(&slot.value));
    }

    /// Holds so many entries from here on; of more, those that were used longest ago are forgotten.
    pub(crate) fn limit(&mut self, capacity: usize) {
        assert!(capacity >= BATCH, "a map must hold at least {BATCH} entries");
        self.capacity = capacity;
        if let Some(beyond) = self.length.checked_sub(capacity).filter(|beyond| *beyond > 0) {
            self.forget(beyond);
        }
        // Room that more entries had is given back.
        if self.homes > homes_of(capacity) {
            self.spread(homes_of(capacity));
        }
    }

    /// Bytes that it takes when it is full.
    pub(crate) const fn bytes_when_full(capacity: usize) -> usize {
        let homes = homes_of(capacity);
        (homes + homes / 64) * size_of::<Slot<V>>()
    }

    /// How many entries were forgotten.
    pub(crate) fn evicted(&self) -> u64 {
        self.evicted
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// Makes sure that one more entry finds room; returns whether that moved others.
    #[inline]
    fn make_room(&mut self) -> bool {
        let is_full = self.length >= self.capacity;
        let is_crowded = homes_of(self.length + 1) > self.homes;
        if is_full {
            self.evict();
        } else if is_crowded {
            self.spread((2 * self.homes).min(homes_of(self.capacity)));
        }
        is_full || is_crowded
    }

    #[cold]
    fn evict(&mut self) {
        self.forget(self.capacity / BATCH);
    }

    /// Forgets the `count` entries that were used longest ago; there are as many.
    fn forget(&mut self, count: usize) {
        let mut rows: Vec<u64> = self.entries().map(|slot| slot.row).collect();
        let (_, &mut newest_to_go, _) = rows.select_nth_unstable(count - 1);
        let before = self.length;
        self.retain_slots(|slot| slot.row > newest_to_go);
        self.evicted += (before - self.length) as u64;
    }

    /// Lets all entries find their places anew in more of them.
    #[cold]
    fn spread(&mut self, homes: usize) {
        let slots = std::mem::take(&mut self.slots);
        self.slots.reserve_exact(homes + homes / 64);
        self.homes = homes;
        self.length = 0;
        slots.into_iter().filter(|slot| slot.key != 0).for_each(|slot| self.append(slot));
        self.fill_up();
    }

    /// Appends an entry that lies behind all others.
    fn append(&mut self, entry: Slot<V>) {
        let home = Self::home(entry.key, self.homes);
        if self.slots.len() < home {
            self.slots.resize(home, Slot::default());
        }
        self.slots.push(entry);
        self.length += 1;
    }

    /// Makes sure that every place is there.
    fn fill_up(&mut self) {
        if self.slots.len() < self.homes {
            self.slots.resize(self.homes, Slot::default());
        }
    }

    fn retain_slots(&mut self, keep: impl Fn(&Slot<V>) -> bool) {
        // An entry's place after the pass is never behind its place before: what lay before it was at least as much.
        let mut next = 0;
        self.length = 0;
        for at in 0..self.slots.len() {
            if self.slots[at].key == 0 {
                continue;
            }
            let entry = std::mem::take(&mut self.slots[at]);
            if keep(&entry) {
                next = next.max(Self::home(entry.key, self.homes));
                self.slots[next] = entry;
                next += 1;
                self.length += 1;
            }
        }
    }

    fn entries(&self) -> impl Iterator<Item = &Slot<V>> {
        self.slots.iter().filter(|slot| slot.key != 0)
    }
}

impl<V: Portable + Clone + Default> BoundedMap<V> {
    /// Appends the map, in the order of its keys.
    pub(crate) fn write(&self, out: &mut impl Out) {
        self.evicted.write(out);
        (self.length as u64).write(out);
        for Slot { key, row, value } in self.entries() {
            key.write(out);
            row.write(out);
            value.write(out);
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
        while map.homes < homes_of(length) {
            map.homes = (2 * map.homes).min(homes_of(capacity));
        }
        map.slots = Vec::with_capacity(map.homes + map.homes / 64);
        let mut last = 0;
        for _ in 0..length {
            let entry = Slot { key: u64::read(from)?, row: u64::read(from)?, value: V::read(from)? };
            if entry.key <= last {
                return Err(BadState::Damaged);
            }
            last = entry.key;
            map.append(entry);
        }
        map.fill_up();
        Ok(map)
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
        // The first is used again, so that the second to fifth are the oldest.
        *map.at(mix(0), 32, || 7) += 1;
        assert_eq!(map.evicted(), 0);
        map.at(mix(99), 33, || 7);
        assert_eq!((map.evicted(), map.len()), (4, 29));
        assert_eq!(*map.at(mix(0), 34, || 7), 9);
        assert_eq!(*map.at(mix(5), 35, || 7), 8);
        assert_eq!(*map.at(mix(4), 36, || 7), 7);
    }

    #[test]
    fn a_smaller_map_keeps_the_latest() {
        let mut map = BoundedMap::<u32>::new(400);
        (0..100).for_each(|row| *map.at(mix(row), row, || 7) += 1);
        map.limit(100);
        assert_eq!((map.evicted(), map.len()), (0, 100));
        map.limit(40);
        assert_eq!((map.evicted(), map.len()), (60, 40));
        assert!(map.slots.len() < 60, "{}", map.slots.len());
        assert_eq!(*map.at(mix(60), 100, || 7), 8);
        // It goes on as one that was never larger.
        let mut bytes = Vec::new();
        map.write(&mut bytes);
        let mut other = BoundedMap::<u32>::read(40, &mut bytes.as_slice()).unwrap();
        for row in 101..300 {
            assert_eq!(map.at(mix(row % 90), row, || 7), other.at(mix(row % 90), row, || 7));
            assert_eq!((map.evicted(), map.len()), (other.evicted(), other.len()));
        }
    }

    proptest! {
        #[test]
        fn it_is_a_map(steps in prop::collection::vec((0_u64..400, any::<bool>()), 1..2000), spread in 0_u32..60) {
            // Keys that crowd together as hashes hardly ever do, up to the very end.
            let mut map = BoundedMap::<u64>::new(300);
            let mut model = std::collections::BTreeMap::new();
            for (row, (key, forget)) in (0..).zip(steps) {
                let key = u64::MAX - (key << spread);
                if forget && row % 50 == 0 {
                    map.retain(|value| !value.is_multiple_of(3));
                    model.retain(|_, value: &mut (u64, u64)| !value.0.is_multiple_of(3));
                }
                if model.len() >= 300 && !model.contains_key(&key) {
                    let mut rows: Vec<u64> = model.values().map(|value| value.1).collect();
                    rows.sort_unstable();
                    let newest_to_go = rows[300 / BATCH - 1];
                    model.retain(|_, value| value.1 > newest_to_go);
                }
                map.touch(key);
                *map.at(key, row, || row) += 1;
                let value = model.entry(key).or_insert((row, row));
                *value = (value.0 + 1, row);
                prop_assert_eq!(map.len(), model.len());
            }
            let found: Vec<_> = map.entries().map(|slot| (slot.key, (slot.value, slot.row))).collect();
            prop_assert_eq!(found, model.into_iter().collect::<Vec<_>>());
        }

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
