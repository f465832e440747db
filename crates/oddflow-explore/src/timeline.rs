//! Traffic in quarters of an hour, and what days and hours of a zone they make.
//!
//! Quarters begin at full quarters of UTC, so that any zone's hours and half hours are made of whole ones: all offsets in use are
//! multiples of 15 minutes.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::order::EARLIEST;
use crate::statistics::{Day, Gap, HalfHour, HourOfWeek, Time};
use crate::strays::strays;
use crate::tally::Tally;

/// Length of a quarter, in seconds.
pub(crate) const QUARTER: i64 = 900;
/// The last time that has a quarter, exclusive: the year 9990, so that the end of its day is a time as well.
const LAST: f64 = 253_086_768_000.0;
/// Days in a row that are told whether they have rows or not: three years.
const CONTINUOUS_DAYS: i64 = 1096;
/// Days that are told at most.
const DAYS: usize = 4000;
/// Gaps that are told at most.
const GAPS: usize = 100;
/// How many times the typical interval is a gap: at random arrivals, one in e^20 intervals is as long.
pub(crate) const GAP_MULTIPLE: f64 = 20.0;
/// Hours that are looked at one by one.
const HOURS: i64 = 200_000;

/// The quarter of a time; `None` where it has none, as before 1990, when no log was written.
#[inline]
pub(crate) fn quarter(ts: f64) -> Option<i32> {
    (EARLIEST..LAST).contains(&ts).then_some((ts as i64 / QUARTER) as i32)
}

/// What a quarter holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Quarter {
    pub(crate) tally: Tally,
    first: f64,
    last: f64,
}

impl Default for Quarter {
    fn default() -> Self {
        Self { tally: Tally::default(), first: f64::INFINITY, last: f64::NEG_INFINITY }
    }
}

impl Quarter {
    /// Takes a connection.
    #[inline]
    pub(crate) fn add(&mut self, ts: f64, tally: Tally) {
        self.tally.add(tally);
        self.first = self.first.min(ts);
        self.last = self.last.max(ts);
    }

    fn merge(&mut self, other: &Self) {
        self.tally.add(other.tally);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// A day and an hour on the clock of a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LocalTime {
    /// Days since 1 January 1970.
    pub(crate) day: i32,
    /// 0 is Monday.
    pub(crate) weekday: usize,
    /// 0 to 23.
    pub(crate) hour: usize,
}

/// The clock of a zone.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    zone: TimeZone,
}

impl Clock {
    pub(crate) fn new(zone: TimeZone) -> Self {
        Self { zone }
    }

    /// The zone's name.
    pub(crate) fn name(&self) -> String {
        match self.zone.iana_name() {
            Some(name) => name.into(),
            None => self.zone.to_offset(Timestamp::UNIX_EPOCH).to_string(),
        }
    }

    /// A time in seconds, as if the clock's zone were UTC.
    fn local(&self, seconds: i64) -> i64 {
        let time = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
        seconds + i64::from(self.zone.to_offset(time).seconds())
    }

    /// What the clock shows at a time in seconds, which must lie in the first ten thousand years.
    pub(crate) fn at(&self, seconds: i64) -> LocalTime {
        let local = self.local(seconds);
        let day = local.div_euclid(86_400);
        // 1 January 1970 was a Thursday.
        let weekday = (day + 3).rem_euclid(7) as usize;
        LocalTime { day: day as i32, weekday, hour: (local.rem_euclid(86_400) / 3600) as usize }
    }

    /// What the clock shows when a quarter begins.
    pub(crate) fn at_quarter(&self, quarter: i32) -> LocalTime {
        self.at(i64::from(quarter) * QUARTER)
    }

    /// When a day begins, in seconds.
    fn start(&self, day: i32) -> i64 {
        let midnight = date(day).at(0, 0, 0, 0);
        midnight
            .to_zoned(self.zone.clone())
            .map_or(i64::from(day) * 86_400, |start| start.timestamp().as_second())
    }
}

fn date(day: i32) -> Date {
    let epoch = Date::constant(1970, 1, 1);
    epoch.checked_add(i64::from(day).days()).unwrap_or(epoch)
}

/// A day's name: `2025-02-21`.
pub(crate) fn day_name(day: i32) -> String {
    date(day).to_string()
}

/// All quarters that have rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timeline {
    quarters: BTreeMap<i32, Quarter>,
    /// Rows that have no quarter, or whose quarter lies beyond the limit.
    pub(crate) outside: u64,
}

impl Timeline {
    /// Most quarters that are kept: seven years without a pause.
    pub(crate) const LIMIT: usize = 1 << 18;

    /// Takes the rows of a part.
    pub(crate) fn add(&mut self, quarter: i32, part: &Quarter) {
        if self.quarters.len() >= Self::LIMIT && !self.quarters.contains_key(&quarter) {
            self.outside += part.tally.rows;
        } else {
            self.quarters.entry(quarter).or_default().merge(part);
        }
    }

    /// Leaves out the few rows whose time lies far from that of all others.
    pub(crate) fn leave_out_strays(&mut self) {
        for (first, last) in strays(self.quarters.iter().map(|(quarter, cell)| (*quarter, cell.tally.rows))) {
            let mut later = self.quarters.split_off(&first);
            let kept = later.split_off(&(last + 1));
            self.outside += later.values().map(|cell| cell.tally.rows).sum::<u64>();
            self.quarters.extend(kept);
        }
    }

    /// Starts of the earliest and the latest connection.
    pub(crate) fn ends(&self) -> Option<(f64, f64)> {
        Some((self.quarters.first_key_value()?.1.first, self.quarters.last_key_value()?.1.last))
    }

    /// The first and the last quarter.
    pub(crate) fn range(&self) -> Option<(i32, i32)> {
        Some((*self.quarters.first_key_value()?.0, *self.quarters.last_key_value()?.0))
    }

    /// Clock hours of UTC from the first row to the last, and how many of them have no row.
    pub(crate) fn hours(&self) -> (u64, u64) {
        let Some((first, last)) = self.range() else { return (0, 0) };
        let all = u64::from((last / 4).abs_diff(first / 4)) + 1;
        let mut hours: Vec<_> = self.quarters.keys().map(|quarter| quarter / 4).collect();
        hours.dedup();
        (all, all - hours.len() as u64)
    }

    /// The length that makes a silence a gap, the first of the gaps and how many there are.
    pub(crate) fn gaps(&self) -> (f64, Vec<Gap>, u64) {
        let mut rows: Vec<_> = self.quarters.values().map(|quarter| quarter.tally.rows).collect();
        rows.sort_unstable();
        let typical = rows.get(rows.len() / 2).map_or(0.0, |&rows| QUARTER as f64 / rows as f64);
        let threshold = (GAP_MULTIPLE * typical).max(QUARTER as f64);
        let quarters: Vec<_> = self.quarters.values().collect();
        let silences = quarters.windows(2).map(|pair| Gap {
            start: pair[0].last,
            end: pair[1].first,
            seconds: pair[1].first - pair[0].last,
        });
        let mut gaps: Vec<_> = silences.filter(|gap| gap.seconds > threshold).collect();
        let count = gaps.len() as u64;
        gaps.truncate(GAPS);
        (threshold, gaps, count)
    }

    /// Days and hours on a zone's clock. `covered` are the first and the last quarter that the log covers.
    pub(crate) fn on(&self, clock: &Clock, covered: Option<(i32, i32)>) -> Time {
        let mut hour_of_week = HourOfWeek {
            rows: [[0; 24]; 7],
            orig_bytes: [[0; 24]; 7],
            resp_bytes: [[0; 24]; 7],
            hours: [[0; 24]; 7],
        };
        let mut days: BTreeMap<i32, Day> = BTreeMap::new();
        for (&quarter, cell) in &self.quarters {
            let LocalTime { day, weekday, hour } = clock.at_quarter(quarter);
            let Tally { rows, orig_bytes, resp_bytes } = cell.tally;
            hour_of_week.rows[weekday][hour] += rows;
            let bytes =
                [(&mut hour_of_week.orig_bytes, orig_bytes), (&mut hour_of_week.resp_bytes, resp_bytes)];
            for (sums, bytes) in bytes {
                sums[weekday][hour] = sums[weekday][hour].saturating_add(bytes);
            }
            if days.len() >= DAYS && !days.contains_key(&day) {
                continue;
            }
            let day = days.entry(day).or_insert_with(|| new_day(clock, day));
            let place = (i64::from(quarter) * QUARTER - day.start as i64).div_euclid(1800).max(0) as usize;
            if place >= day.half_hours.len() {
                day.half_hours.resize(place + 1, HalfHour::default());
            }
            let half_hour = &mut day.half_hours[place];
            half_hour.rows += rows;
            half_hour.orig_bytes = half_hour.orig_bytes.saturating_add(orig_bytes);
            half_hour.resp_bytes = half_hour.resp_bytes.saturating_add(resp_bytes);
            day.rows += rows;
            day.orig_bytes = day.orig_bytes.saturating_add(orig_bytes);
            day.resp_bytes = day.resp_bytes.saturating_add(resp_bytes);
        }
        let ends =
            days.first_key_value().zip(days.last_key_value()).map(|((first, _), (last, _))| (*first, *last));
        let continuous =
            ends.is_none_or(|(first, last)| i64::from(last) - i64::from(first) < CONTINUOUS_DAYS);
        if let Some((first, last)) = ends.filter(|_| continuous) {
            for day in first..=last {
                days.entry(day).or_insert_with(|| new_day(clock, day));
            }
        }
        if let Some((first, last)) = covered {
            count_hours(clock, first, last, &mut hour_of_week.hours);
        }
        // Rows that began before the log did were seen all the same.
        for (hours, rows) in hour_of_week.hours.iter_mut().flatten().zip(hour_of_week.rows.iter().flatten()) {
            *hours = (*hours).max(u64::from(*rows > 0));
        }
        Time { days: days.into_values().collect(), continuous, hour_of_week }
    }
}

fn new_day(clock: &Clock, day: i32) -> Day {
    let (start, end) = (clock.start(day), clock.start(day + 1));
    Day {
        date: day_name(day),
        weekday: (i64::from(day) + 3).rem_euclid(7) as u8,
        start: start as f64,
        rows: 0,
        orig_bytes: 0,
        resp_bytes: 0,
        half_hours: vec![HalfHour::default(); ((end - start).max(0) as usize).div_ceil(1800)],
    }
}

/// How often each hour of the week lies between two quarters.
fn count_hours(clock: &Clock, first: i32, last: i32, hours: &mut [[u64; 24]; 7]) {
    let mut quarter = i64::from(first);
    // What is too long to be walked through is counted in whole weeks: the clock's changes add up to nothing there.
    let weeks = ((i64::from(last) - quarter) / (7 * 96)).max(0);
    if weeks * 168 > HOURS {
        hours.iter_mut().flatten().for_each(|count| *count += weeks as u64);
        quarter += weeks * 7 * 96;
    }
    let mut before = None;
    while quarter <= i64::from(last) {
        let LocalTime { day, weekday, hour } = clock.at(quarter * QUARTER);
        // An hour that comes twice, when the clock is put back, begins twice.
        let begins = clock.local(quarter * QUARTER).rem_euclid(3600) < QUARTER;
        if before.replace((day, hour)) != Some((day, hour)) || begins {
            hours[weekday][hour] += 1;
        }
        quarter += 1;
    }
}
