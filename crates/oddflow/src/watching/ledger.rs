//! The store as the one who knows how far each log was read.

use std::path::Path;

use oddflow_store::{LogIdentity, Store};
use zeek_follow::{Ledger, LedgerError};
use zeek_log::Position;

/// Seconds by which the rows of a log may be older than the newest so that its rest is still looked for.
const LATELY: f64 = 6.0 * 3600.0;

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

    fn last_at(&self, path: &Path) -> Result<Option<zeek_log::LogIdentity>, LedgerError> {
        // The ledger's names lead to logs from any folder.
        let path = std::path::absolute(path)?;
        let last = self.store.last_log_of(self.model, &path.display().to_string(), LATELY)?;
        Ok(last.map(|entry| zeek_log::LogIdentity {
            path: entry.identity.path,
            open: entry.identity.opened,
            first: entry.identity.first_uid,
        }))
    }
}
