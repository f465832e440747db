//! The store as the one who knows how far each log was read.

use oddflow_store::{LogIdentity, Store};
use zeek_follow::{Ledger, LedgerError};
use zeek_log::Position;

/// What a model has read, as committed.
pub(super) struct StoredLedger<'s> {
    pub(super) store: &'s Store,
    pub(super) model: &'s str,
}

impl Ledger for StoredLedger<'_> {
    fn position(&self, log: &zeek_log::LogIdentity) -> Result<Option<Position>, LedgerError> {
        let log =
            LogIdentity { path: log.path.clone(), opened: log.open.clone(), first_uid: log.first.clone() };
        let entry = self.store.ledger(self.model, &log)?;
        Ok(entry.map(|entry| Position { bytes: entry.progress.bytes, lines: entry.progress.lines }))
    }
}
