//! The most that single hosts did in the baseline: what their rows are measured against.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::families::WATCHED;

/// The most that single hosts did in the baseline, by watched column. Bounded: of more hosts those with the most rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hosts {
    /// Keyed hashes of originators, ascending.
    pub(super) keys: Vec<u64>,
    /// For each host its largest value of each watched column.
    pub(super) most: Vec<f32>,
}

impl Hosts {
    /// The largest value of a watched column, by its place, that an originator had in the baseline; `None` for a host that is
    /// not among those kept.
    #[must_use]
    pub fn most(&self, host: u64, place: usize) -> Option<f32> {
        let row = self.keys.binary_search(&host).ok()?;
        self.most.get(row * WATCHED + place).copied()
    }

    /// How many hosts are kept in both. The hosts of two models can be compared only where their keys are equal.
    #[must_use]
    pub fn shared(&self, other: &Self) -> usize {
        self.keys.iter().filter(|key| other.keys.binary_search(key).is_ok()).count()
    }

    /// How many hosts are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether none is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

/// Hosts whose ranges are kept.
const MOST_HOSTS: usize = 4096;
/// Hosts that are looked at while they are collected.
const MOST_LOOKED_AT: usize = 1 << 16;

/// Collects what single hosts did.
#[derive(Default)]
pub(super) struct HostCollector {
    hosts: HashMap<u64, (u64, [f32; WATCHED]), FixedState>,
}

impl HostCollector {
    pub(super) fn add(&mut self, host: u64, values: [f32; WATCHED]) {
        if self.hosts.len() >= MOST_LOOKED_AT && !self.hosts.contains_key(&host) {
            return;
        }
        let (rows, most) = self.hosts.entry(host).or_insert((0, [0.0; WATCHED]));
        *rows += 1;
        most.iter_mut().zip(values).for_each(|(most, value)| *most = most.max(value));
    }

    pub(super) fn finish(self) -> Hosts {
        let mut hosts: Vec<_> = self.hosts.into_iter().collect();
        hosts.sort_unstable_by_key(|(key, (rows, _))| (std::cmp::Reverse(*rows), *key));
        hosts.truncate(MOST_HOSTS);
        hosts.sort_unstable_by_key(|(key, _)| *key);
        Hosts {
            keys: hosts.iter().map(|(key, _)| *key).collect(),
            most: hosts.iter().flat_map(|(_, (_, most))| most.iter().copied()).collect(),
        }
    }
}
