//! What all traffic comes to: counted with the rows and their scores, stored with the progress.
//!
//! The thread that scores counts too, as the one with the state has the most to do. It doesn't ask the store: what is stored of the days of
//! some rows goes with them.
//!
//! Invariants: a row is counted in the transaction that says it was read. A model on trial counts nothing: the active one reads the
//! same rows. While a batch is written nothing is under way, so that nobody counts.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use oddflow_detector::behaviour::Scored;
use oddflow_features::behaviour::{Direction, Flow, Transport};
use oddflow_rollups::{KnownDay, Places, Proto, Seen, Traffic};

use super::limits::Limits;
use super::rows::Rows;
use oddflow_store::{Store, StoreError};

/// What is counted of a row besides what its record says.
pub(super) fn seen(flow: &Flow) -> Seen {
    let direction = flow.class.direction();
    Seen {
        end: flow.end,
        keys: [flow.originator(), flow.responder().0],
        service: flow.service(),
        proto: match flow.transport() {
            Transport::Tcp => Proto::Tcp,
            Transport::Udp => Proto::Udp,
            Transport::Icmp => Proto::Icmp,
            Transport::Other => Proto::Other,
        },
        is_orig_local: matches!(direction, Direction::Out | Direction::Internal | Direction::Multicast),
        is_resp_local: matches!(direction, Direction::In | Direction::Internal),
        has_failed: flow.failed,
    }
}

/// The traffic of a run.
pub(super) struct Counting {
    traffic: Arc<Mutex<Traffic>>,
    /// Days of which it knows what is stored, or will before their rows come.
    days: BTreeSet<i64>,
    /// Whether so much is counted that it should be stored.
    is_laden: bool,
}

/// Rows that are to be counted once they have their scores.
pub(super) struct Uncounted {
    traffic: Arc<Mutex<Traffic>>,
    /// What is stored of days that come first with these rows.
    days: Vec<(i64, KnownDay)>,
    is_laden: bool,
}

impl Counting {
    /// Goes on with the channels that the store has.
    pub(super) fn resume(store: &Store, whose: (&str, &str), limits: Limits) -> Result<Self, StoreError> {
        let share = limits.share();
        let traffic = Traffic::new(store.channels_known(whose, share)?, share);
        Ok(Self { traffic: Arc::new(Mutex::new(traffic)), days: BTreeSet::new(), is_laden: false })
    }

    /// What some rows have to be counted with.
    pub(super) fn begin(
        &mut self,
        rows: &Rows,
        store: &Store,
        whose: (&str, &str),
    ) -> Result<Uncounted, StoreError> {
        let mut days = Vec::new();
        for day in rows.parts().flat_map(|part| part.traffic.days()) {
            if self.days.insert(day) {
                days.push((day, store.traffic_known(whose, day)?));
            }
        }
        Ok(Uncounted { traffic: Arc::clone(&self.traffic), days, is_laden: false })
    }

    /// Takes note of rows that are counted.
    pub(super) fn end(&mut self, counted: &Uncounted) {
        self.is_laden = counted.is_laden;
    }

    /// Whether so much waits that it should be stored.
    pub(super) fn is_laden(&self) -> bool {
        self.is_laden
    }

    /// What is counted so far.
    pub(super) fn traffic(&self) -> MutexGuard<'_, Traffic> {
        lock(&self.traffic)
    }

    /// All of it is stored.
    pub(super) fn committed(&mut self) {
        let mut traffic = lock(&self.traffic);
        traffic.committed();
        self.days.retain(|day| traffic.knows(*day));
        self.is_laden = false;
    }
}

impl Uncounted {
    /// Counts the rows, with their scores. `places` is room for what is known of their parts.
    pub(super) fn count(&mut self, rows: &Rows, scores: &[Scored], places: &mut Vec<Places>) {
        let mut traffic = lock(&self.traffic);
        self.days.drain(..).for_each(|(day, stored)| traffic.know(day, &stored));
        places.iter_mut().for_each(Places::clear);
        for (row, score) in scores.iter().enumerate() {
            let (part, place) = rows.origin(row);
            if part >= places.len() {
                places.resize_with(part + 1, Places::default);
            }
            traffic.add((&rows.part(part).traffic, &mut places[part]), place, score.score);
        }
        traffic.tidy();
        self.is_laden = traffic.is_laden();
    }
}

/// Who panics while counting ends the run, which stores nothing more.
fn lock(traffic: &Mutex<Traffic>) -> MutexGuard<'_, Traffic> {
    traffic.lock().unwrap_or_else(PoisonError::into_inner)
}
