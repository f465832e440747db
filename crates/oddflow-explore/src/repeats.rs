//! How many rows have a uid that another row has: Zeek gives each connection its own, so a log was given twice.
//!
//! Invariant: at most [`Uids::LIMIT`] uids are kept. Beyond that, half of them go, by their hash, and so do all later ones like
//! them: what is kept is a sample of the uids with all their rows, the same whatever the order.

use std::collections::HashMap;
use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use crate::statistics::Repeats;
use crate::tally::share;

/// The hash that a uid is sampled and known by.
#[inline]
pub(crate) fn hash(uid: &str) -> u64 {
    FixedState::default().hash_one(uid)
}

/// A sample of uids, with how many rows have each.
#[derive(Debug, Default)]
pub(crate) struct Uids {
    rows: HashMap<u64, u32, FixedState>,
    /// Low bits of a hash that must be 0.
    level: u32,
}

impl Uids {
    /// Most uids that are kept: some 2 MB.
    pub(crate) const LIMIT: usize = 1 << 16;

    /// Takes a row's uid.
    #[inline]
    pub(crate) fn add(&mut self, hash: u64, limit: usize) {
        if hash.trailing_zeros() < self.level {
            return;
        }
        let rows = self.rows.entry(hash).or_default();
        *rows = rows.saturating_add(1);
        while self.rows.len() > limit && self.level < u64::BITS {
            self.level += 1;
            let level = self.level;
            self.rows.retain(|hash, _| hash.trailing_zeros() >= level);
        }
    }

    /// What they come to.
    pub(crate) fn repeats(&self) -> Repeats {
        let sampled: u64 = self.rows.values().map(|&rows| u64::from(rows)).sum();
        let repeated = sampled - self.rows.len() as u64;
        Repeats { sampled, repeated, share: share(repeated, sampled), exact: self.level == 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_tells_the_share_in_any_order() {
        let hashes: Vec<u64> = (0..40_000).map(|i| hash(&format!("C{i}"))).collect();
        let mut uids = [(); 3].map(|()| Uids::default());
        let (first, half) = (hashes.iter(), hashes[..20_000].iter());
        first.clone().chain(half.clone()).for_each(|hash| uids[0].add(*hash, Uids::LIMIT));
        first.clone().chain(half.clone()).for_each(|hash| uids[1].add(*hash, 1000));
        half.chain(first).for_each(|hash| uids[2].add(*hash, 1000));
        let [exact, sample, turned] = uids.map(|uids| uids.repeats());
        assert_eq!((exact.sampled, exact.repeated, exact.exact), (60_000, 20_000, true));
        assert!(
            !sample.exact && sample.sampled < 2000 && (sample.share - 1.0 / 3.0).abs() < 0.05,
            "{sample:?}"
        );
        assert_eq!(sample, turned);
    }
}
