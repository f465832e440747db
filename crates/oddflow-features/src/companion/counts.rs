//! What each log's memory is made of: decayed counts, names that are new for a while, and novelty within a log.

use crate::behaviour::bounded::BoundedMap;
use crate::behaviour::decay::{DAY, elapsed};
use crate::behaviour::hash::join;
use crate::behaviour::logarithm;
use crate::behaviour::novelty::{Calendar, Count, bits};
use crate::behaviour::portable::{BadState, Out, Portable, portable};

/// Time constants in seconds.
pub(super) const TEN_MINUTES: f64 = 600.0;
pub(super) const HOUR: f64 = 3600.0;

/// A sum that decays exponentially.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Decayed {
    last: f64,
    sum: f64,
}
portable!(Decayed { last, sum });

impl Decayed {
    pub(super) fn new(now: f64) -> Self {
        Self { last: now, sum: 0.0 }
    }

    /// The sum with an amount added.
    #[inline]
    pub(super) fn add(&mut self, now: f64, tau: f64, amount: f64) -> f64 {
        self.sum = self.sum * (-elapsed(self.last, now) / tau).exp() + amount;
        self.last = later(self.last, now);
        self.sum
    }
}

/// Rows stand in the order in which they were finished, with the time at which they began: a step back counts as none. A step
/// of more than a day is a clock that was set.
#[inline]
pub(super) fn later(last: f64, now: f64) -> f64 {
    if now > last || last - now > DAY { now } else { last }
}

/// ln(1 + a count).
#[inline]
pub(super) fn log(count: f64) -> f32 {
    logarithm::one(count as f32)
}

/// When names were last used.
#[derive(Clone, Debug)]
pub(super) struct Names(BoundedMap<f64>);

impl Names {
    pub(super) fn new(capacity: usize) -> Self {
        Self(BoundedMap::new(capacity))
    }

    /// Whether a name was not used for so many seconds; it is used now.
    #[inline]
    pub(super) fn is_new(&mut self, name: u64, row: u64, now: f64, span: f64) -> bool {
        let last = self.0.at(name, row, || f64::NEG_INFINITY);
        let new = now - *last > span;
        *last = later(*last, now);
        new
    }

    pub(super) fn evicted(&self) -> u64 {
        self.0.evicted()
    }

    pub(super) fn write(&self, out: &mut impl Out) {
        self.0.write(out);
    }

    pub(super) fn read(capacity: usize, from: &mut &[u8]) -> Result<Self, BadState> {
        Ok(Self(BoundedMap::read(capacity, from)?))
    }
}

/// In how many hours of a day something was used: twenty requests for a page are one, a program that calls home is all of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Hours {
    /// The hour of the last use, counted from the epoch.
    hour: f64,
    used: Decayed,
}
portable!(Hours { hour, used });

impl Hours {
    pub(super) fn new(now: f64) -> Self {
        Self { hour: f64::NEG_INFINITY, used: Decayed::new(now) }
    }

    /// The hours with that of the row at hand.
    #[inline]
    pub(super) fn add(&mut self, now: f64) -> f64 {
        let hour = (now / HOUR).floor();
        let is_new = hour > self.hour;
        self.hour = later(self.hour, hour);
        self.used.add(now, DAY, f64::from(u8::from(is_new)))
    }
}

/// What the network makes of a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct News {
    pub(super) bits: f32,
    /// Whether the network knows it not at all.
    pub(super) is_unknown: bool,
}

/// How new a thing is to the network and to a host, among the rows of one log.
#[derive(Clone, Debug)]
pub(super) struct Novelty {
    rows: u64,
    calendar: Calendar,
    /// By column and value.
    network: BoundedMap<Count>,
    /// By host.
    hosts: BoundedMap<Count>,
    /// By host, column and value.
    of_host: BoundedMap<Count>,
}

/// Entries of the three maps.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoveltySize {
    pub(super) network: usize,
    pub(super) hosts: usize,
    pub(super) of_host: usize,
}

/// The row at hand: its number, and how often its host was seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowOfHost {
    pub(super) row: u64,
    host: u64,
    host_seen: u32,
}

impl Novelty {
    pub(super) fn new(size: NoveltySize) -> Self {
        Self {
            rows: 0,
            calendar: Calendar::default(),
            network: BoundedMap::new(size.network),
            hosts: BoundedMap::new(size.hosts),
            of_host: BoundedMap::new(size.of_host),
        }
    }

    pub(super) fn begin_calibration(&mut self) {
        self.calendar.begin_calibration();
    }

    pub(super) fn end_baseline(&mut self) {
        self.calendar.end_baseline();
    }

    /// Begins a row.
    #[inline]
    pub(super) fn begin_row(&mut self, now: f64, host: u64) -> RowOfHost {
        let row = self.rows;
        self.rows += 1;
        self.calendar.advance(now);
        let calendar = &self.calendar;
        let host_seen = self.hosts.at(host, row, || calendar.never()).add(calendar);
        RowOfHost { row, host, host_seen }
    }

    /// Ends a row: it counts from here on.
    #[inline]
    pub(super) fn end_row(&mut self) {
        self.calendar.add_row();
    }

    /// What news a value of a column is to the network.
    #[inline]
    pub(super) fn in_network(&mut self, at: RowOfHost, column: usize, value: u64) -> News {
        let calendar = &self.calendar;
        let key = join(value, column as u64);
        let seen = self.network.at(key, at.row, || calendar.never()).add(calendar);
        // What was forgotten may be counted from 0 again while the rest goes on: no news is below none.
        News { bits: bits(seen, calendar.rows()).max(0.0), is_unknown: seen == 0 }
    }

    /// Bits of news that a value of a column is to the host.
    #[inline]
    pub(super) fn for_host(&mut self, at: RowOfHost, column: usize, value: u64) -> f32 {
        let calendar = &self.calendar;
        let key = join(join(value, column as u64), at.host);
        let seen = self.of_host.at(key, at.row, || calendar.never()).add(calendar);
        bits(seen, u64::from(at.host_seen)).max(0.0)
    }

    pub(super) fn evicted(&self) -> u64 {
        self.network.evicted() + self.hosts.evicted() + self.of_host.evicted()
    }

    pub(super) fn write(&self, out: &mut impl Out) {
        self.rows.write(out);
        self.calendar.write(out);
        self.network.write(out);
        self.hosts.write(out);
        self.of_host.write(out);
    }

    pub(super) fn read(size: NoveltySize, from: &mut &[u8]) -> Result<Self, BadState> {
        Ok(Self {
            rows: u64::read(from)?,
            calendar: Calendar::read(from)?,
            network: BoundedMap::read(size.network, from)?,
            hosts: BoundedMap::read(size.hosts, from)?,
            of_host: BoundedMap::read(size.of_host, from)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_decays_and_survives_steps_back() {
        let mut sum = Decayed::new(1000.0);
        assert_eq!(sum.add(1000.0, TEN_MINUTES, 1.0), 1.0);
        assert!((sum.add(1600.0, TEN_MINUTES, 0.0) - (-1.0_f64).exp()).abs() < 1e-12);
        let before = sum.add(1600.0, TEN_MINUTES, 0.0);
        assert_eq!(sum.add(1590.0, TEN_MINUTES, 0.0), before);
        assert_eq!(sum.add(1600.0, TEN_MINUTES, 0.0), before, "time isn't counted twice");
        // A clock in the future doesn't stop the decay for good.
        sum.add(1e9, TEN_MINUTES, 1.0);
        sum.add(1700.0, TEN_MINUTES, 0.0);
        assert!(sum.add(1700.0 + 6000.0, TEN_MINUTES, 0.0) < 1e-3);
    }

    #[test]
    fn hours_are_counted_once_each() {
        let mut visit = Hours::new(0.0);
        assert_eq!((visit.add(100.0), visit.add(100.0)), (1.0, 1.0));
        let mut beacon = Hours::new(0.0);
        let hours = (0..24 * 12).map(|i| beacon.add(f64::from(i) * 300.0)).last();
        assert!((14.0..24.0).contains(&hours.expect("a day")), "{hours:?}");
    }

    #[test]
    fn a_name_is_new_once_within_its_time() {
        let mut names = Names::new(16);
        assert!(names.is_new(1, 0, 50.0, HOUR));
        assert!(!names.is_new(1, 1, 3000.0, HOUR));
        assert!(!names.is_new(1, 2, 6000.0, HOUR));
        assert!(names.is_new(1, 3, 9601.0, HOUR));
    }
}
