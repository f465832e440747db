//! Rows grouped to incidents: one local host (or, of a [flood](super::floods), many), one family, one class, within a day of the first row.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use foldhash::fast::FixedState;
use oddflow_features::behaviour::{Flow, TrafficClass};

use super::families::Family;
use super::score::Scored;

/// Seconds after its first row in which an incident takes in rows.
pub const DAY: f64 = 86_400.0;
/// Share of the highest score from which a row counts as part of what happened.
const NEAR: f32 = 0.7;
/// Rows that count at most.
const MOST: usize = 1000;
/// What ten times as many rows add to an incident's score.
const TENFOLD: f32 = 0.5;
/// The rows that an incident is shown by.
pub(super) const TOP: usize = 3;

/// The most that rows can add to the score of the strongest one.
pub(super) const MOST_FOR_ROWS: f32 = TENFOLD * 3.0;

/// What rows of one incident have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Keyed hash of the local host's address.
    pub host: u64,
    /// The rows' strongest family.
    pub family: Family,
    /// Their class.
    pub class: TrafficClass,
}

impl Key {
    /// The key of a row.
    #[must_use]
    pub fn of(flow: &Flow, scored: &Scored) -> Self {
        Self { host: flow.local_host(), family: scored.family(), class: flow.class }
    }

    /// The key of a flood with such rows: that of no host, as no hash is expected to have this value.
    #[must_use]
    pub fn of_many(self) -> Self {
        Self { host: u64::MAX, ..self }
    }

    /// Whether it is that of a flood.
    #[must_use]
    pub fn is_of_many(&self) -> bool {
        self.host == u64::MAX
    }
}

/// Rows that belong together.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its number, in the order of the groups' first rows.
    pub number: u64,
    /// What the rows have in common.
    pub key: Key,
    /// End of its first and of its latest connection, in seconds since the Unix epoch.
    pub first: f64,
    /// See `first`.
    pub last: f64,
    /// Its rows.
    pub rows: u64,
    /// Numbers of its three strongest rows with their scores, the strongest first; of equals the earliest.
    pub top: Vec<(f32, u64)>,
    /// The highest scores of at least [`NEAR`] of the highest one, at most [`MOST`].
    near: BinaryHeap<Reverse<Total>>,
}

/// A score in its total order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Total(pub(super) f32);

impl Eq for Total {}

impl PartialOrd for Total {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Total {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Group {
    pub(super) fn new(number: u64, key: Key, first: f64) -> Self {
        Self { number, key, first, last: first, rows: 0, top: Vec::new(), near: BinaryHeap::new() }
    }

    /// The highest score of a row; 0 where there is none.
    #[must_use]
    pub fn peak(&self) -> f32 {
        self.top.first().map_or(0.0, |top| top.0)
    }

    /// Its score: that of the strongest row, and half a point for each ten times as many rows near it.
    #[must_use]
    pub fn score(&self) -> f32 {
        self.peak() + TENFOLD * (self.near.len().max(1) as f32).log10()
    }

    /// Whether a score counts as part of what happened.
    #[must_use]
    pub fn is_near(&self, score: f32) -> bool {
        score >= NEAR * self.peak()
    }

    /// Takes in a row.
    #[inline]
    pub(super) fn add(&mut self, number: u64, end: f64, score: f32) {
        self.rows += 1;
        self.last = self.last.max(end);
        if self.top.len() < TOP || self.top.last().is_some_and(|last| score > last.0) {
            let place = self.top.partition_point(|top| top.0 >= score);
            let rises = place == 0;
            self.top.insert(place, (score, number));
            self.top.truncate(TOP);
            if rises {
                let least = NEAR * score;
                while self.near.peek().is_some_and(|lowest| lowest.0.0 < least) {
                    self.near.pop();
                }
            }
        }
        if self.is_near(score) {
            if self.near.len() < MOST {
                self.near.push(Reverse(Total(score)));
            } else if self.near.peek().is_some_and(|lowest| lowest.0.0 < score) {
                self.near.pop();
                self.near.push(Reverse(Total(score)));
            }
        }
    }

    pub(super) fn near(&self) -> impl Iterator<Item = f32> {
        self.near.iter().map(|score| score.0.0)
    }

    pub(super) fn set_near(&mut self, scores: impl IntoIterator<Item = f32>) {
        self.near = scores.into_iter().map(|score| Reverse(Total(score))).collect();
    }
}

/// All groups of some rows, to be ranked at the end.
#[derive(Default)]
pub struct Groups {
    open: HashMap<Key, usize, FixedState>,
    groups: Vec<Group>,
}

impl Groups {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in a row; returns the place of its group in [`ranked`](Self::into_groups).
    pub fn add(&mut self, number: u64, end: f64, key: Key, score: f32) -> usize {
        let groups = &mut self.groups;
        let place = *self
            .open
            .entry(key)
            .and_modify(|place| {
                if end - groups[*place].first > DAY {
                    *place = groups.len();
                }
            })
            .or_insert(groups.len());
        if place == groups.len() {
            groups.push(Group::new(place as u64, key, end));
        }
        groups[place].add(number, end, score);
        place
    }

    /// The groups in the order of their first rows.
    #[must_use]
    pub fn into_groups(self) -> Vec<Group> {
        self.groups
    }

    /// The groups in the order of their first rows.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(host: u64) -> Key {
        Key { host, family: Family::Fan, class: TrafficClass::from_index(0).unwrap() }
    }

    #[test]
    fn a_day_after_its_first_row_a_group_is_closed() {
        let mut groups = Groups::new();
        groups.add(0, 10.0, key(1), 5.0);
        groups.add(1, 10.0 + DAY, key(1), 6.0);
        groups.add(2, 10.1 + DAY, key(1), 4.0);
        groups.add(3, 20.0, key(2), 1.0);
        let groups = groups.into_groups();
        assert_eq!(groups.iter().map(|group| group.rows).collect::<Vec<_>>(), [2, 1, 1]);
        assert_eq!(groups[0].top, [(6.0, 1), (5.0, 0)]);
        assert!((groups[0].score() - (6.0 + 0.5 * 2_f32.log10())).abs() < 1e-6);
    }

    proptest! {
        #[test]
        fn the_running_score_is_that_of_all_rows(scores in prop::collection::vec(0_u8..40, 1..2000)) {
            let mut group = Group::new(0, key(1), 0.0);
            for (number, score) in (0..).zip(&scores) {
                group.add(number, 0.0, f32::from(*score) / 4.0);
            }
            let peak = f32::from(*scores.iter().max().unwrap()) / 4.0;
            let near = scores.iter().filter(|score| f32::from(**score) / 4.0 >= 0.7 * peak).count().min(1000);
            prop_assert_eq!(group.score(), peak + 0.5 * (near as f32).log10());
            let mut order: Vec<usize> = (0..scores.len()).collect();
            order.sort_by_key(|i| Reverse(scores[*i]));
            let top: Vec<u64> = order.iter().take(3).map(|i| *i as u64).collect();
            prop_assert_eq!(group.top.iter().map(|top| top.1).collect::<Vec<_>>(), top);
        }
    }
}
