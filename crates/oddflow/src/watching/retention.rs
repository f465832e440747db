//! Results that are old go, between passes and in small steps, so that the database never grows without bound.
//!
//! Age goes by the end of the newest row that was read, so that a sensor that was silent for a month finds its results again; the
//! clock on the wall only bounds it, since the clock of a log may have run wild.

use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use oddflow_store::{Expired, LogIdentity, Size, Store, StoreError};
use tracing::{info, warn};
use zeek_follow::{Held, Now};

use crate::retention::{Places, STEP, before, expire_logs, shrink};

/// How often it is looked whether something is old.
const EVERY: Duration = Duration::from_secs(3600);
/// How often where there is hardly room.
const OFTEN: Duration = Duration::from_secs(60);
/// Steps between two passes: some tenths of a second at most.
const STEPS: usize = 4;
/// Of the room for results: when the oldest begin to go, and when that is enough.
const HIGH: f64 = 0.9;
const LOW: f64 = 0.8;

/// How long results are kept, and how much room they have.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Retention {
    /// Days; 0 for ever.
    pub(crate) days: f64,
    /// Bytes of the file; 0 for as many as there are.
    pub(crate) max_bytes: u64,
    /// Days for which it is known that a log was read; 0 for ever.
    pub(crate) log_days: f64,
}

/// Sees to it that old results go.
pub(super) struct Keeper {
    retention: Retention,
    /// When it is looked next.
    due: Duration,
    /// Whether the file is on its way down from the ceiling.
    is_full: bool,
    /// What went since it was last said.
    gone: Expired,
    has_warned: bool,
}

fn may_hold(held: &Held, log: &LogIdentity) -> bool {
    let log = zeek_log::LogIdentity {
        path: log.path.clone(),
        open: log.opened.clone(),
        first: log.first_uid.clone(),
    };
    held.holds(&log) != Some(false)
}

impl Retention {
    /// Holds what a connection writes below the ceiling.
    pub(super) fn limit(&self, store: &Store) -> Result<(), StoreError> {
        if self.max_bytes > 0 { store.limit_size(self.max_bytes) } else { Ok(()) }
    }
}

impl Keeper {
    /// One that begins at once.
    pub(super) fn new(retention: Retention) -> Self {
        Self { retention, due: Duration::ZERO, is_full: false, gone: Expired::default(), has_warned: false }
    }

    /// Does some of what is to be done, and says whether more is to be done at once. What goes wrong, as somebody else is writing,
    /// is done the next time. `held` says which logs lie in the watched folders.
    pub(super) fn tend(&mut self, db: &Path, now: Now, held: &dyn Fn() -> Vec<Held>) -> bool {
        if self.retention == Retention::default() || now.monotonic < self.due {
            return false;
        }
        match self.step(db, now, held) {
            Ok(true) => {
                let often = self.retention.max_bytes > 0;
                self.due = now.monotonic + if often { OFTEN } else { EVERY };
                self.tell();
                false
            }
            Ok(false) => true,
            Err(error) => {
                warn!("what is old stays for now: {error}. {}", error.remedy());
                self.due = now.monotonic + OFTEN;
                false
            }
        }
    }

    /// Some steps; whether there is nothing more to do.
    fn step(&mut self, db: &Path, now: Now, held: &dyn Fn() -> Vec<Held>) -> Result<bool, StoreError> {
        let Retention { days, max_bytes, log_days } = self.retention;
        let mut store = Store::open(db)?;
        if max_bytes > 0 {
            // What makes room may need a page itself.
            store.limit_size(max_bytes + max_bytes / 64)?;
        }
        let wall = now.wall.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let Some(newest) = store.newest_row()? else { return Ok(true) };
        let newest = newest.min(wall);
        let mut places = Places::default();
        let held = if log_days > 0.0 { held() } else { Vec::new() };
        for _ in 0..STEPS {
            let until = match days > 0.0 {
                true => before(newest, days),
                false => f64::NEG_INFINITY,
            };
            let step = store.expire(until, STEP)?;
            self.add(&step);
            if !step.is_done {
                continue;
            }
            if max_bytes > 0 && self.is_over(&store.size()?) {
                let step = store.expire(f64::INFINITY, STEP)?;
                self.add(&step);
                // Nothing is left that could go.
                self.is_full &= !step.is_done;
                continue;
            }
            if log_days > 0.0
                && let Some(step) = expire_logs(&mut store, before(newest, log_days), STEP, &mut |entry| {
                    held.iter().any(|held| may_hold(held, &entry.identity)) || places.may_hold(entry)
                })?
            {
                self.add(&step);
                if !step.is_done {
                    continue;
                }
            }
            // All that is to go has gone, though its room may yet be given back for a while.
            self.tell();
            return Ok(shrink(&mut store)? == 0);
        }
        Ok(false)
    }

    /// Whether the oldest results must go. Room for the models' files is not theirs, nor for their states, which are written anew
    /// beside the old ones.
    fn is_over(&mut self, size: &Size) -> bool {
        let kept = 2 * size.states + size.models;
        let room = self.retention.max_bytes.saturating_sub(kept);
        if room == 0 {
            if !std::mem::replace(&mut self.has_warned, true) {
                warn!(
                    states = size.states,
                    models = size.models,
                    "retention.max_bytes leaves no room for results: the models' files take theirs and their states twice their \
                     size; oddflow model remove makes room"
                );
            }
            return false;
        }
        let taken = (size.file - size.free).saturating_sub(size.states + size.models) as f64;
        let share = if self.is_full { LOW } else { HIGH };
        self.is_full = taken > share * room as f64;
        self.is_full
    }

    fn add(&mut self, step: &Expired) {
        self.gone.incidents += step.incidents;
        self.gone.alerts += step.alerts;
        self.gone.notices += step.notices;
        self.gone.days += step.days;
        self.gone.traffic += step.traffic;
        self.gone.channels += step.channels;
        self.gone.logs += step.logs;
    }

    fn tell(&mut self) {
        let gone = std::mem::take(&mut self.gone);
        let Expired { incidents, alerts, notices, days, traffic, channels, logs, .. } = gone;
        if incidents + alerts + notices + days + traffic + channels + logs > 0 {
            info!(incidents, alerts, notices, days, traffic, channels, logs, "old results removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_from_nine_tenths_down_to_eight() {
        let retention = Retention { max_bytes: 1_050, ..Retention::default() };
        let mut keeper = Keeper::new(retention);
        let size = |file: u64, free| Size { file: file + 50, free, states: 100, models: 50 };
        // 800 bytes are for results.
        assert!(!keeper.is_over(&size(810, 0)));
        assert!(keeper.is_over(&size(830, 0)));
        assert!(keeper.is_over(&size(830, 60)), "it goes on below nine tenths");
        assert!(!keeper.is_over(&size(830, 100)));
        assert!(!keeper.is_over(&size(830, 60)), "and doesn't begin again there");
        let mut small = Keeper::new(Retention { max_bytes: 150, ..Retention::default() });
        assert!(!small.is_over(&size(1_000, 0)), "results don't go for what they can't make room for");
    }
}
