//! Floods: where so many local hosts do the same at once that an incident each would bury what it is, the further ones are one incident.
//!
//! A worm, a scan with made-up local senders, a flood over a whole network: the first [`MANY`] hosts of a family and a class have
//! incidents of their own, which stay; hosts that come while it goes on join one of `many hosts`. It ends an hour after the last
//! of them.

use std::collections::{BTreeMap, VecDeque};

use oddflow_features::behaviour::TrafficClass;

use super::families::Family;
use super::incidents::Key;

/// Hosts whose groups pass the threshold within an hour that make a flood: more than anybody would look at one
/// by one.
pub const MANY: usize = 50;
/// Seconds within which they do, and after which a flood without further rows is over.
pub(super) const HOUR: f64 = 3600.0;

/// When groups of single hosts passed the threshold, by what their rows have in common: the last [`MANY`] times of each.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Floods(BTreeMap<(Family, usize), VecDeque<f64>>);

impl Floods {
    /// A host's group passed the threshold.
    pub(super) fn passed(&mut self, key: Key, end: f64) {
        let times = self.0.entry(place(key)).or_default();
        if times.len() == MANY {
            times.pop_front();
        }
        times.push_back(end);
    }

    /// Whether so many did within an hour of a time that it is a flood.
    pub(super) fn are_many(&self, key: Key, end: f64) -> bool {
        let times = self.0.get(&place(key));
        times.is_some_and(|times| times.len() == MANY && times.iter().all(|time| (end - time).abs() <= HOUR))
    }

    /// All times, in order of what the rows have in common.
    pub(super) fn times(&self) -> impl ExactSizeIterator<Item = (Family, usize, &VecDeque<f64>)> {
        self.0.iter().map(|((family, class), times)| (*family, *class, times))
    }

    /// Takes times that [`times`](Self::times) gave.
    pub(super) fn put(&mut self, family: Family, class: TrafficClass, times: VecDeque<f64>) {
        self.0.insert((family, class.index()), times);
    }
}

fn place(key: Key) -> (Family, usize) {
    (key.family, key.class.index())
}

#[cfg(test)]
mod tests {
    use super::super::budget::{Alarm, Budget, Placement, Raised};
    use super::*;

    /// A budget of 10 a day.
    fn alarm() -> Alarm {
        Alarm::new(Budget { per_day: 10.0, threshold: 4.0 })
    }

    fn key(host: u64, family: Family) -> Key {
        Key { host, family, class: TrafficClass::from_index(0).unwrap() }
    }

    fn add(alarm: &mut Alarm, host: u64, end: f64) -> Placement {
        alarm.add(host, end, key(host, Family::Fan), 6.0)
    }

    #[test]
    fn many_hosts_at_once_are_one_incident() {
        let mut alarm = alarm();
        for host in 0..MANY as u64 {
            let placed = add(&mut alarm, host, 60.0 * host as f64);
            assert!(!placed.key.is_of_many() && placed.is_near, "{placed:?}");
        }
        let first = add(&mut alarm, 1_000, 3_000.0);
        assert!(first.key.is_of_many() && first.is_new, "{first:?}");
        assert_eq!(first.raised, Some(Raised::Within), "although the day's places are taken");
        for host in 1_001..20_000 {
            let placed = add(&mut alarm, host, 3_000.0 + host as f64 / 10.0);
            assert_eq!((placed.group, placed.raised, placed.is_new), (first.group, first.raised, false));
        }
        // Who had an incident keeps it, and other families have nothing to do with it.
        assert!(!add(&mut alarm, 3, 3_100.0).key.is_of_many());
        assert!(!alarm.add(9, 3_100.0, key(1_000, Family::Rate), 6.0).key.is_of_many());
        // What doesn't count is its host's.
        assert!(!alarm.add(9, 3_100.0, key(77_777, Family::Fan), 0.5).key.is_of_many());
        assert!(alarm.group(&key(0, Family::Fan).of_many()).is_some_and(|flood| flood.rows == 19_000));
    }

    #[test]
    fn a_flood_ends_an_hour_after_its_last_row() {
        let mut alarm = alarm();
        for host in 0..MANY as u64 {
            add(&mut alarm, host, host as f64);
        }
        assert!(add(&mut alarm, 100, 100.0).key.is_of_many());
        assert!(add(&mut alarm, 101, 100.0 + HOUR).key.is_of_many(), "it goes on");
        assert!(!add(&mut alarm, 102, 101.0 + 2.0 * HOUR).key.is_of_many());
        // The hosts that made it known passed the threshold in an hour long ago.
        assert!(!add(&mut alarm, 103, 102.0 + 2.0 * HOUR).key.is_of_many());
    }

    #[test]
    fn many_hosts_over_a_day_are_an_incident_each() {
        let mut alarm = alarm();
        for host in 0..200 {
            assert!(!add(&mut alarm, host, 75.0 * host as f64).key.is_of_many());
        }
    }

    #[test]
    fn a_flood_of_days_is_one_incident_a_day() {
        let mut alarm = alarm();
        let floods: std::collections::BTreeSet<u64> = (0..2_000_u64)
            .map(|host| add(&mut alarm, host, 60.0 * host as f64))
            .filter(|placed| placed.key.is_of_many())
            .map(|placed| placed.group)
            .collect();
        assert_eq!(floods.len(), 2, "33 hours");
    }
}
