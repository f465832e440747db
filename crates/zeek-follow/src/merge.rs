//! Merges the rows of several loggers of one sensor by the time at which their connections ended.
//!
//! Each logger writes some of the sensor's rows. Merged, they come in the order in which one logger would have written them: by
//! the watermark of each logger, the newest end that it has shown so far. A row's place is the watermark of its logger when it was
//! written, so that a row that trails, as every second to eighth does, stays where its logger wrote it.
//!
//! Invariants: no row is lost; rows of one logger stay in the order in which they were pushed; as long as no row is forced or late,
//! the order depends on the rows of each logger alone, not on how their pushes were mixed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Bounds of a merge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MergeLimits {
    /// Seconds of event time: a row that lies further behind the newest end of any logger waits no more for loggers that have shown
    /// nothing as late. Default 30.
    pub patience: f64,
    /// Rows that wait at most; beyond that the first in order is released. Default 1,000,000.
    pub rows: usize,
}

impl Default for MergeLimits {
    fn default() -> Self {
        Self { patience: 30.0, rows: 1_000_000 }
    }
}

/// What a merge has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merged {
    /// Rows that were released.
    pub released: u64,
    /// Rows among them that came after one that should have been behind them: their logger was too late.
    pub late: u64,
    /// Rows among them that were released before their time, as too many waited.
    pub forced: u64,
    /// Rows among them that were released because another logger had shown nothing as late for longer than the patience.
    pub impatient: u64,
}

/// What of a merge has to be kept so that it can go on after a restart: with the rows that [wait](Merge::first_waiting) pushed again, and
/// those after them, it releases what it would have released without one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MergeState {
    /// The loggers, by name.
    pub loggers: Vec<LoggerState>,
    /// Watermark and uid of the last row that was released in its turn.
    pub released: Option<(f64, String)>,
    /// What it has done.
    pub merged: Merged,
}

/// What of a logger has to be kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoggerState {
    /// Its name.
    pub name: String,
    /// Whether others wait for it: it is open, or rows of it wait.
    pub is_open: bool,
    /// Watermark and uid of its last row that was released; the watermark may be infinitely early.
    pub released: Option<(f64, String)>,
}

/// Rows of several loggers that wait for their turn.
#[derive(Clone, Debug)]
pub struct Merge<T> {
    limits: MergeLimits,
    loggers: BTreeMap<Arc<str>, Logger<T>>,
    /// The newest end of any logger.
    newest: f64,
    /// The place of the last row that was released in its turn.
    released: Option<Place>,
    waiting: usize,
    merged: Merged,
}

#[derive(Clone, Debug)]
struct Logger<T> {
    /// The newest end that it has shown.
    newest: f64,
    /// The place of the last row that it has shown.
    last: Option<Place>,
    /// The place of its last row that was released.
    released: Option<Place>,
    is_open: bool,
    rows: VecDeque<(Place, T)>,
}

/// Where a row comes: by the watermark of its logger, then by uid; then by logger.
#[derive(Clone, Debug, PartialEq)]
struct Place {
    watermark: f64,
    uid: Arc<str>,
}

impl Place {
    fn is_before(&self, other: &Self) -> bool {
        self.watermark.total_cmp(&other.watermark).then_with(|| self.uid.cmp(&other.uid)).is_lt()
    }
}

impl Place {
    fn state(&self) -> (f64, String) {
        (self.watermark, self.uid.to_string())
    }

    fn of_state((watermark, uid): &(f64, String)) -> Self {
        Self { watermark: *watermark, uid: uid.as_str().into() }
    }
}

impl<T> Logger<T> {
    /// A logger whose rows up to this place have been released.
    fn after(released: Option<Place>, is_open: bool) -> Self {
        let newest = released.as_ref().map_or(f64::NEG_INFINITY, |place| place.watermark);
        Self { newest, last: released.clone(), released, is_open, rows: VecDeque::new() }
    }
}

impl<T> Merge<T> {
    /// A merge without loggers.
    #[must_use]
    pub fn new(limits: MergeLimits) -> Self {
        Self {
            limits,
            loggers: BTreeMap::new(),
            newest: f64::NEG_INFINITY,
            released: None,
            waiting: 0,
            merged: Merged::default(),
        }
    }

    /// Takes the next row of a logger, which is open from then on. `end` is the time at which its connection ended, in seconds;
    /// where it isn't a number the row stays where it is written.
    pub fn push(&mut self, logger: &str, end: f64, uid: &str, row: T) {
        let known = self.open(logger);
        if end > known.newest {
            known.newest = end;
        }
        // Rows that share a watermark stay in the order in which they were written.
        let before = known.last.as_ref().filter(|place| place.watermark.total_cmp(&known.newest).is_eq());
        let uid = match before {
            Some(before) if *before.uid >= *uid => Arc::clone(&before.uid),
            _ => uid.into(),
        };
        let newest = known.newest;
        let place = Place { watermark: newest, uid };
        known.last = Some(place.clone());
        known.rows.push_back((place, row));
        self.waiting += 1;
        if newest > self.newest {
            self.newest = newest;
        }
    }

    /// Says that a logger will show rows, so that others wait for it, though it has shown none yet.
    pub fn expect(&mut self, logger: &str) {
        self.open(logger);
    }

    /// Says that a logger shows nothing more for now: nobody waits for it. A later row opens it again.
    pub fn close(&mut self, logger: &str) {
        if let Some(known) = self.loggers.get_mut(logger) {
            known.is_open = false;
        }
    }

    fn open(&mut self, logger: &str) -> &mut Logger<T> {
        if !self.loggers.contains_key(logger) {
            self.loggers.insert(logger.into(), Logger::after(None, true));
        }
        let known = self.loggers.get_mut(logger).expect("it has just been put there");
        known.is_open = true;
        known
    }

    /// The next row whose turn has come: every open logger has shown a row that ends as late, or it lies further behind the newest end
    /// than patience lasts, or more rows wait than may.
    pub fn pop(&mut self) -> Option<T> {
        let mut first: Option<(&Arc<str>, &Place)> = None;
        for (name, logger) in &self.loggers {
            if let Some((place, _)) = logger.rows.front()
                && first.is_none_or(|(_, before)| place.is_before(before))
            {
                first = Some((name, place));
            }
        }
        let (name, place) = first.map(|(name, place)| (Arc::clone(name), place.clone()))?;
        // A logger that has shown this very end may show another row of it.
        let is_waited_for = self.loggers.iter().any(|(other, logger)| {
            *other != name
                && logger.is_open
                && logger.rows.is_empty()
                && logger.newest.total_cmp(&place.watermark).is_le()
        });
        let is_late = self.released.as_ref().is_some_and(|released| place.is_before(released));
        let is_impatient = self.newest - place.watermark > self.limits.patience;
        let is_forced = self.waiting > self.limits.rows;
        if is_waited_for && !(is_late || is_impatient || is_forced) {
            return None;
        }
        let logger = self.loggers.get_mut(&name)?;
        let (_, row) = logger.rows.pop_front()?;
        logger.released = Some(place.clone());
        self.waiting -= 1;
        self.merged.released += 1;
        if is_late {
            self.merged.late += 1;
        } else {
            self.merged.impatient += u64::from(is_waited_for && is_impatient);
            self.merged.forced += u64::from(is_waited_for && !is_impatient);
            self.released = Some(place);
        }
        Some(row)
    }

    /// What has to be kept at this moment to go on from it.
    #[must_use]
    pub fn state(&self) -> MergeState {
        let state = |(name, logger): (&Arc<str>, &Logger<T>)| LoggerState {
            name: name.to_string(),
            // Its rows will be pushed again.
            is_open: logger.is_open || !logger.rows.is_empty(),
            released: logger.released.as_ref().map(Place::state),
        };
        MergeState {
            loggers: self.loggers.iter().map(state).collect(),
            released: self.released.as_ref().map(Place::state),
            merged: self.merged,
        }
    }

    /// A merge that goes on from what was kept. The rows that waited then have to be pushed again.
    #[must_use]
    pub fn resume(limits: MergeLimits, state: &MergeState) -> Self {
        let mut merge = Self::new(limits);
        for logger in &state.loggers {
            let resumed = Logger::after(logger.released.as_ref().map(Place::of_state), logger.is_open);
            if resumed.newest > merge.newest {
                merge.newest = resumed.newest;
            }
            merge.loggers.insert(logger.name.as_str().into(), resumed);
        }
        merge.released = state.released.as_ref().map(Place::of_state);
        merge.merged = state.merged;
        merge
    }

    /// The first row of each logger that waits: up to there its log may be called read.
    pub fn first_waiting(&self) -> impl Iterator<Item = (&str, &T)> {
        self.loggers.iter().filter_map(|(name, logger)| Some((&**name, &logger.rows.front()?.1)))
    }

    /// Rows that wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting
    }

    /// Whether no row waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// What it has done so far.
    #[must_use]
    pub fn merged(&self) -> Merged {
        self.merged
    }
}
