//! The store's outbox as delivery sees it.

use jiff::Timestamp;
use oddflow_sinks::{Entry, Outbox};
use oddflow_store::{Store, StoreError};

/// An outbox on a connection of its own.
pub(super) struct StoredOutbox(pub(super) Store);

impl Outbox for StoredOutbox {
    type Error = StoreError;

    fn waiting(&mut self, sink: &str, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let entries = self.0.outbox_waiting(sink, limit)?;
        let entry = |entry: oddflow_store::OutboxEntry| Entry {
            id: entry.id,
            notice: entry.notice,
            attempts: entry.attempts,
            next_try: entry.next_try.and_then(timestamp),
        };
        Ok(entries.into_iter().map(entry).collect())
    }

    fn depth(&mut self, sink: &str) -> Result<u64, StoreError> {
        self.0.outbox_depth(sink)
    }

    fn delivered(&mut self, sink: &str, ids: &[i64]) -> Result<(), StoreError> {
        self.0.outbox_delivered(sink, ids)
    }

    fn failed(
        &mut self,
        sink: &str,
        id: i64,
        attempts: u32,
        error: &str,
        next_try: Timestamp,
    ) -> Result<(), StoreError> {
        self.0.outbox_failed(sink, id, attempts, error, next_try.as_millisecond() as f64 / 1e3)
    }

    fn dead(&mut self, sink: &str, id: i64, error: &str) -> Result<(), StoreError> {
        self.0.outbox_dead(sink, id, error)
    }
}

fn timestamp(seconds: f64) -> Option<Timestamp> {
    Timestamp::from_millisecond((seconds * 1e3).round() as i64).ok()
}
