//! A day's rows, counted as they come.
//!
//! A day is one of UTC by the ends of its rows; a row that comes late counts for the day that is open. Of a day's first rows each is
//! counted; whenever there are [`MOST_COUNTED`], their numbers are halved and only every second row is counted from then on. So
//! a table is of some thousand rows evenly from the whole day, and a busy day costs little more than a quiet one.
//!
//! Invariant: what is counted depends on the rows and their order alone, not on how they come in pieces.

use std::collections::BTreeSet;
use std::sync::Arc;

use oddflow_features::behaviour::{Features, Fields, Flow};

use super::MISSED;
use super::busiest::Busiest;
use super::counts::Counts;
use super::day::DriftDay;
use super::edges::Cells;
use super::judge::judge;
use super::reference::DriftReference;
use crate::behaviour::incidents::DAY;

/// Rows in a table at most.
pub(super) const MOST_COUNTED: u32 = 6000;
/// Rows of a host by which its address is asked for.
const ASKS_AT: u32 = 8;
/// Columns of logs that are remembered, and the longest name.
pub(super) const MOST_COLUMNS: usize = 128;
pub(super) const LONGEST_COLUMN: usize = 64;
/// Days that a row may lie behind the one that is open. Rows trail each other over midnight; more is a clock that was wrong, and the
/// days that follow are not to be lost to it.
const TRAILING: i64 = 2;

/// A day that is being counted.
#[derive(Clone, Debug)]
pub struct Drift {
    pub(super) reference: Arc<DriftReference>,
    /// Days since 1970; `None` before the first row.
    pub(super) day: Option<i64>,
    pub(super) rows: u64,
    /// One row in so many is counted in the tables; a power of two.
    pub(super) step: u64,
    pub(super) whole: Counts,
    pub(super) busiest: Busiest,
    /// Counted rows of each hour.
    pub(super) hours: [u32; 24],
    /// Counted rows of local hosts that the baseline didn't have.
    pub(super) of_strangers: u32,
    /// Which of the reference's hosts had a row, by place.
    pub(super) seen: u64,
    /// Rows in which the sensor missed bytes.
    pub(super) gaps: u64,
    /// Columns that some log lacked and the baseline had.
    pub(super) lacking: Fields,
    /// Columns of the day's logs; `None` while none has said.
    pub(super) columns: Option<BTreeSet<String>>,
    cells: Cells,
}

impl Drift {
    /// No row yet.
    #[must_use]
    pub fn new(reference: Arc<DriftReference>) -> Self {
        Self {
            reference,
            day: None,
            rows: 0,
            step: 1,
            whole: Counts::default(),
            busiest: Busiest::default(),
            hours: [0; 24],
            of_strangers: 0,
            seen: 0,
            gaps: 0,
            lacking: Fields::NONE,
            columns: None,
            cells: Cells::default(),
        }
    }

    /// What days are compared with.
    #[must_use]
    pub fn reference(&self) -> &DriftReference {
        &self.reference
    }

    /// Takes in a row with its features and its score. Returns the day before it, where that is over; the row is the first of the
    /// day that is open then, of which no [columns](Self::columns) are known yet.
    ///
    /// `asks` is called with a local host whose address should be known by the end of the day, as it may have to be named.
    #[inline]
    pub fn add(
        &mut self,
        flow: &Flow,
        features: &Features,
        score: f32,
        asks: impl FnOnce(u64),
    ) -> Option<DriftDay> {
        let day = (flow.end / DAY).floor() as i64;
        let over = match self.day {
            Some(open) if day <= open && day >= open - TRAILING => None,
            Some(_) => self.finish(),
            None => None,
        };
        self.day.get_or_insert(day);
        if self.rows & (self.step - 1) == 0 {
            self.count(flow, features, score, asks);
        }
        self.rows += 1;
        self.gaps += u64::from(features.numbers[MISSED] > 0.0);
        self.lacking = self.lacking.union(flow.absent);
        over
    }

    fn count(&mut self, flow: &Flow, features: &Features, score: f32, asks: impl FnOnce(u64)) {
        let reference = &self.reference;
        reference.edges.of_row(features, true, &mut self.cells);
        reference.edges.of_score(score, &mut self.cells);
        let host = flow.local_host();
        self.whole.add(self.cells.get());
        if self.busiest.add(host, self.cells.get()) == ASKS_AT {
            asks(host);
        }
        self.hours[hour(flow.end)] += 1;
        if reference.known.binary_search(&host).is_err() {
            self.of_strangers += 1;
        }
        if let Ok(place) = reference.hosts.binary_search_by_key(&host, |(key, _)| *key) {
            self.seen |= 1 << place;
        }
        if self.whole.rows >= MOST_COUNTED {
            self.whole.halve();
            self.busiest.halve();
            self.hours.iter_mut().for_each(|rows| *rows /= 2);
            self.of_strangers /= 2;
            self.step *= 2;
        }
    }

    /// Says that rows of the open day came from a log with these columns. A JSON log doesn't say its columns beforehand.
    pub fn columns(&mut self, names: &[String]) {
        let columns = self.columns.get_or_insert_default();
        for name in names {
            if columns.len() < MOST_COLUMNS && name.len() <= LONGEST_COLUMN && !columns.contains(name) {
                columns.insert(name.clone());
            }
        }
    }

    /// The day that is open, as far as it has come; `None` before the first row.
    #[must_use]
    pub fn so_far(&self) -> Option<DriftDay> {
        self.day.map(|day| judge(self, day))
    }

    /// Ends the day that is open.
    fn finish(&mut self) -> Option<DriftDay> {
        let day = self.so_far();
        // The next day begins near the rate at which this one ended.
        let step = (self.step / 2).max(1);
        let cells = std::mem::take(&mut self.cells);
        *self = Self { step, cells, ..Self::new(Arc::clone(&self.reference)) };
        day
    }

    /// Whether a host is among the busiest of the day that is open, so that it may have to be named.
    #[must_use]
    pub fn follows(&self, host: u64) -> bool {
        self.busiest.keys.contains(&host)
    }
}

/// Hour of the day (UTC) of a time in seconds since 1970.
pub(super) fn hour(time: f64) -> usize {
    (time.rem_euclid(DAY) / 3600.0) as usize % 24
}

/// Day of the week of a day since 1970, from Sunday on. The first of them was a Thursday.
pub(super) fn weekday(day: i64) -> u8 {
    (day.rem_euclid(7) as u8 + 4) % 7
}
