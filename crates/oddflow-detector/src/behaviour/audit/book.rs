//! The addresses of a baseline, by their keyed hashes: rows hold hashes alone, and a finding has to name its hosts.
//!
//! It lives as long as the baseline and is never written anywhere.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;

use foldhash::fast::FixedState;
use oddflow_features::behaviour::Flow;
use zeek_log::ConnRecord;

/// Most originators, and most responders, that are remembered: some 20 MB of each. A flood from made-up addresses fills one of
/// the two, and what was seen before it stays known.
const MOST: usize = 1 << 18;

/// Originators and responders by their keyed hashes, in bounded memory: the first that came are kept.
#[derive(Clone, Debug, Default)]
pub struct AddressBook {
    originators: HashMap<u64, IpAddr, FixedState>,
    responders: HashMap<u64, IpAddr, FixedState>,
    forgotten: u64,
}

impl AddressBook {
    /// Takes in both addresses of a connection. `flow` is what became of `record`.
    #[inline]
    pub fn add(&mut self, flow: &Flow, record: &ConnRecord<'_>) {
        self.forgotten += put(&mut self.originators, flow.originator(), record.orig_h);
        self.forgotten += put(&mut self.responders, flow.responder().0, record.resp_h);
    }

    /// Takes in another one, made with the same key. Books must come in the order of their rows.
    pub fn append(&mut self, other: Self) {
        self.forgotten += other.forgotten;
        for (mine, others) in
            [(&mut self.originators, other.originators), (&mut self.responders, other.responders)]
        {
            // In order, so that the same addresses are kept in each run where not all fit.
            let mut others: Vec<_> = others.into_iter().collect();
            others.sort_unstable_by_key(|(hash, _)| *hash);
            for (hash, address) in others {
                self.forgotten += put(mine, hash, address);
            }
        }
    }

    /// The address that a hash stands for.
    #[must_use]
    pub fn get(&self, hash: u64) -> Option<IpAddr> {
        self.originators.get(&hash).or_else(|| self.responders.get(&hash)).copied()
    }

    /// How often an address came that did not fit.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }
}

/// Gives 1 where there was no room.
#[inline]
fn put(map: &mut HashMap<u64, IpAddr, FixedState>, hash: u64, address: IpAddr) -> u64 {
    let is_full = map.len() >= MOST;
    match map.entry(hash) {
        Entry::Occupied(_) => 0,
        Entry::Vacant(_) if is_full => 1,
        Entry::Vacant(entry) => {
            entry.insert(address);
            0
        }
    }
}
