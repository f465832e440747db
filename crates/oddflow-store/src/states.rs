//! What a model carries from row to row for each of its sensors: a state, and the rows that it took in since it was written.

use std::io::{self, Seek, Write};

use rusqlite::blob::ZeroBlob;
use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use crate::batch::Batch;
use crate::error::StoreError;
use crate::records::stored_count;
use crate::store::Store;

/// What a model's recipe carries from row to row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelState {
    /// How often it was written; 0 where it never was. A writer names the revision it has read, so that it can't overwrite
    /// what another wrote since.
    pub revision: u64,
    /// The state itself; empty until it is written the first time.
    pub bytes: Vec<u8>,
    /// What came since it was written: [`Batch::journal`](crate::Batch::journal). `None` where nothing came.
    pub since: Option<Journal>,
}

/// What a state has taken in since it was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Journal {
    /// The rows, a piece for each transaction, in their order.
    pub rows: Vec<Vec<u8>>,
    /// What the program carries beside the state, as of the last piece.
    pub beside: Vec<u8>,
}

impl Store {
    /// What a model's recipe carries from row to row of a sensor, as it stands; revision 0 where nothing was written yet.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn model_state(&self, model: &str, sensor: &str) -> Result<ModelState, StoreError> {
        let read = || -> rusqlite::Result<ModelState> {
            let mut select = self
                .connection
                .prepare_cached("SELECT id, revision FROM state WHERE model_id = ?1 AND sensor = ?2")?;
            let known = select.query_row([model, sensor], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
            let Some((row, revision)) = known else { return Ok(ModelState::default()) };
            // Read in place: as a value of a row it would be in memory twice.
            let state = self.connection.blob_open("main", "state", "bytes", row, true)?;
            let mut bytes = vec![0; state.len()];
            state.read_at_exact(&mut bytes, 0)?;
            Ok(ModelState { revision, bytes, since: self.journal(row)? })
        };
        // State and journal of one moment, as a writer may be at work.
        let moment = Transaction::new_unchecked(&self.connection, TransactionBehavior::Deferred);
        moment.and_then(|_moment| read()).map_err(|e| self.error(e))
    }

    fn journal(&self, state: i64) -> rusqlite::Result<Option<Journal>> {
        let beside = self
            .connection
            .prepare_cached("SELECT bytes FROM state_beside WHERE state_id = ?1")?
            .query_row([state], |row| row.get(0))
            .optional()?;
        let Some(beside) = beside else { return Ok(None) };
        let rows = self
            .connection
            .prepare_cached("SELECT rows FROM state_journal WHERE state_id = ?1 ORDER BY number")?
            .query_map([state], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Some(Journal { rows, beside }))
    }

    /// The sensors for which a model carries a state, in the order of their names.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn sensors(&self, model: &str) -> Result<Vec<String>, StoreError> {
        let read = || -> rusqlite::Result<Vec<String>> {
            self.connection
                .prepare_cached("SELECT sensor FROM state WHERE model_id = ?1 ORDER BY sensor")?
                .query_map([model], |row| row.get(0))?
                .collect()
        };
        read().map_err(|e| self.error(e))
    }
}

impl Batch<'_> {
    /// Makes sure that the state is still the one that the caller has read, before anything is written that rests on it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] where another writer has written the state meanwhile.
    pub fn expect_revision(&self, model: &str, sensor: &str, revision: u64) -> Result<(), StoreError> {
        let known: Option<i64> = self
            .connection()
            .prepare_cached("SELECT revision FROM state WHERE model_id = ?1 AND sensor = ?2")
            .and_then(|mut select| select.query_row([model, sensor], |row| row.get(0)).optional())
            .map_err(|e| self.error(e))?;
        if known.unwrap_or(0) == stored_count(revision) { Ok(()) } else { Err(self.stale_state()) }
    }

    /// Writes what the model's recipe carries from row to row of a sensor, over the revision that the caller has
    /// read, and returns the new revision. A state is tens of megabytes: `write` writes it piece by
    /// piece, `length` bytes in all.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] where another writer has written the state meanwhile, [`StoreError::UnknownModel`] where the
    /// model is not registered; where `write` fails, or doesn't write `length` bytes.
    pub fn state(
        &mut self,
        (model, sensor): (&str, &str),
        revision: u64,
        length: u64,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<u64, StoreError> {
        // Bound as a value it would be copied; so only its room is made here, and it is written into it in place.
        let room = i32::try_from(length)
            .map_err(|error| self.error(rusqlite::Error::ToSqlConversionFailure(Box::new(error))))?;
        let state = self.next_revision((model, sensor), revision)?;
        let write = || -> rusqlite::Result<()> {
            let connection = self.connection();
            for table in [
                "DELETE FROM state_journal WHERE state_id = ?1",
                "DELETE FROM state_beside WHERE state_id = ?1",
            ] {
                connection.prepare_cached(table)?.execute([state])?;
            }
            connection
                .prepare_cached("UPDATE state SET bytes = ?2 WHERE id = ?1")?
                .execute(params![state, ZeroBlob(room)])?;
            let mut place = connection.blob_open("main", "state", "bytes", state, false)?;
            let written = write(&mut place).and_then(|()| match place.stream_position()? {
                written if written == length => Ok(()),
                written => Err(io::Error::other(format!("{written} of {length} bytes of a state"))),
            });
            written.map_err(|error| match error.downcast() {
                Ok(of_sqlite) => of_sqlite,
                Err(other) => rusqlite::Error::ToSqlConversionFailure(Box::new(other)),
            })
        };
        write().map_err(|e| self.error(e))?;
        Ok(revision + 1)
    }

    /// Writes what the state has taken in since it was last written, in place of the state itself, over the revision that
    /// the caller has read, and returns the new revision. `rows` follow those of the pieces before; `beside` is all that
    /// the caller carries beside the state now. The next [`Batch::state`] drops both.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] where another writer has written the state meanwhile, [`StoreError::UnknownModel`] where the
    /// model is not registered.
    pub fn journal(
        &mut self,
        (model, sensor): (&str, &str),
        revision: u64,
        rows: &[u8],
        beside: &[u8],
    ) -> Result<u64, StoreError> {
        let state = self.next_revision((model, sensor), revision)?;
        let write = || -> rusqlite::Result<()> {
            let connection = self.connection();
            connection
                .prepare_cached("INSERT INTO state_journal (state_id, number, rows) VALUES (?1, ?2, ?3)")?
                .execute(params![state, stored_count(revision + 1), rows])?;
            connection
                .prepare_cached("INSERT OR REPLACE INTO state_beside (state_id, bytes) VALUES (?1, ?2)")?
                .execute(params![state, beside])?;
            Ok(())
        };
        write().map_err(|e| self.error(e))?;
        Ok(revision + 1)
    }

    /// Counts a state's revision up from the one that the caller has read, and returns its row, which is made where there is none.
    fn next_revision(&self, (model, sensor): (&str, &str), revision: u64) -> Result<i64, StoreError> {
        let connection = self.connection();
        let row = if revision == 0 {
            self.known_model(model)?;
            let sql = "INSERT INTO state (model_id, sensor, revision, bytes) VALUES (?1, ?2, 1, x'')
                ON CONFLICT (model_id, sensor) DO NOTHING RETURNING id";
            connection
                .prepare_cached(sql)
                .and_then(|mut insert| insert.query_row([model, sensor], |row| row.get(0)).optional())
        } else {
            let sql = "UPDATE state SET revision = revision + 1
                WHERE model_id = ?1 AND sensor = ?2 AND revision = ?3 RETURNING id";
            let values = params![model, sensor, stored_count(revision)];
            connection
                .prepare_cached(sql)
                .and_then(|mut update| update.query_row(values, |row| row.get(0)).optional())
        };
        row.map_err(|e| self.error(e))?.ok_or_else(|| self.stale_state())
    }

    fn stale_state(&self) -> StoreError {
        self.conflict("the state of the model".to_owned())
    }
}
