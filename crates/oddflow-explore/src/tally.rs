//! What is counted of connections that have something in common, and the ranking made of it.

use std::cmp::Reverse;

use crate::statistics::{Distinct, Item, Ranking};

/// Connections and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Connections.
    pub(crate) rows: u64,
    /// Bytes that originators sent.
    pub(crate) orig_bytes: u64,
    /// Bytes that responders sent.
    pub(crate) resp_bytes: u64,
}

impl Tally {
    /// One connection.
    pub(crate) fn one(orig_bytes: u64, resp_bytes: u64) -> Self {
        Self { rows: 1, orig_bytes, resp_bytes }
    }

    /// Adds others. Bytes stop at the largest number, as a log may claim anything.
    #[inline]
    pub(crate) fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.orig_bytes = self.orig_bytes.saturating_add(other.orig_bytes);
        self.resp_bytes = self.resp_bytes.saturating_add(other.resp_bytes);
    }

    /// The same seen from the other side.
    pub(crate) fn turned(self) -> Self {
        Self { rows: self.rows, orig_bytes: self.resp_bytes, resp_bytes: self.orig_bytes }
    }

    /// Bytes of both sides.
    pub(crate) fn bytes(self) -> u64 {
        self.orig_bytes.saturating_add(self.resp_bytes)
    }

    /// The item of a ranking over so many rows.
    pub(crate) fn item(self, name: String, all: u64) -> Item {
        Item {
            name,
            rows: self.rows,
            share: share(self.rows, all),
            orig_bytes: self.orig_bytes,
            resp_bytes: self.resp_bytes,
            bytes_known: true,
        }
    }
}

/// A part of a whole; 0 of nothing.
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// The exact ranking of values, the first `limit` of them, ties in the order of the values.
pub(crate) fn rank<V: Ord + Clone>(
    values: impl IntoIterator<Item = (V, Tally)>,
    limit: usize,
    name: impl Fn(&V) -> String,
) -> Ranking {
    let mut values: Vec<_> = values.into_iter().filter(|(_, tally)| tally.rows > 0).collect();
    let rows = values.iter().map(|(_, tally)| tally.rows).sum();
    let distinct = Distinct { count: values.len() as u64, error: 0.0 };
    keep_first(&mut values, limit, |(value, tally)| (Reverse(tally.rows), value.clone()));
    let items = values.into_iter().map(|(value, tally)| tally.item(name(&value), rows)).collect();
    Ranking { rows, distinct, items, beyond: 0, error: 0 }
}

/// Leaves the first `limit` by `key`, in order. Keys must tell all values apart.
pub(crate) fn keep_first<T, K: Ord>(values: &mut Vec<T>, limit: usize, key: impl Fn(&T) -> K) {
    if limit == 0 {
        values.clear();
    } else if values.len() > limit {
        values.select_nth_unstable_by_key(limit - 1, &key);
        values.truncate(limit);
    }
    values.sort_unstable_by_key(key);
}
