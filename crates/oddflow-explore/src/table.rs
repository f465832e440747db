//! A map that remembers in which order its keys came, so that what is made of it doesn't depend on hashes.
//!
//! It has no limit of its own: who uses it for more than a part of a log looks at [`Table::len`].

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

use foldhash::fast::FixedState;

/// Keys and values in the order in which the keys came.
#[derive(Clone, Debug)]
pub(crate) struct Table<K, V> {
    places: HashMap<K, u32, FixedState>,
    entries: Vec<(K, V)>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { places: HashMap::default(), entries: Vec::new() }
    }
}

impl<K: Clone + Eq + Hash, V: Default> Table<K, V> {
    /// The place of a key, which is made if it is new.
    #[inline]
    pub(crate) fn place(&mut self, key: K) -> usize {
        let next = self.entries.len() as u32;
        let place = *self.places.entry(key.clone()).or_insert(next);
        if place == next {
            self.entries.push((key, V::default()));
        }
        place as usize
    }

    /// The place of a key that is borrowed, which is made if it is new.
    #[inline]
    pub(crate) fn place_of<Q>(&mut self, key: &Q) -> usize
    where
        K: Borrow<Q> + for<'k> From<&'k Q>,
        Q: Eq + Hash + ?Sized,
    {
        match self.find(key) {
            Some(place) => place,
            None => self.place(K::from(key)),
        }
    }

    /// The place of a key, if it is there.
    #[inline]
    pub(crate) fn find<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<usize>
    where
        K: Borrow<Q>,
    {
        self.places.get(key).map(|&place| place as usize)
    }

    /// The value at a place.
    #[inline]
    pub(crate) fn value(&mut self, place: usize) -> &mut V {
        &mut self.entries[place].1
    }

    /// The value of a key, which is made if it is new.
    #[inline]
    pub(crate) fn entry(&mut self, key: K) -> &mut V {
        let place = self.place(key);
        self.value(place)
    }

    /// Keys and values, in the order in which the keys came.
    pub(crate) fn entries(&self) -> &[(K, V)] {
        &self.entries
    }

    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Keys and values, in the order in which the keys came.
    pub(crate) fn into_entries(self) -> Vec<(K, V)> {
        self.entries
    }
}
