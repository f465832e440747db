//! Notices on their way to sinks: entered in the transaction of what they tell, marked when they arrived.

use rusqlite::{OptionalExtension, params};
use serde::Serialize;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::store::Store;

/// A notice that waits for a sink.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxEntry {
    /// Its number; a later one of the same sink has a higher one.
    pub id: i64,
    /// The notice, JSON as it was entered.
    pub notice: String,
    /// Attempts that failed.
    pub attempts: u32,
    /// Not before then, in seconds since 1970; `None` where it was never tried.
    pub next_try: Option<f64>,
}

/// How the notices of a sink stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutboxCount {
    /// The sink.
    pub sink: String,
    /// Those that wait.
    pub waiting: u64,
    /// Those that were given up.
    pub dead: u64,
    /// What went wrong last with one of them.
    pub error: Option<String>,
}

impl Batch<'_> {
    /// Enters a notice for a sink.
    ///
    /// # Errors
    ///
    /// Where the write fails.
    pub fn enqueue(&mut self, sink: &str, notice: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO outbox (sink, notice) VALUES (?1, ?2)";
        let insert = |connection: &rusqlite::Connection| {
            connection.prepare_cached(sql)?.execute(params![sink, notice])
        };
        insert(self.connection()).map(|_| ()).map_err(|e| self.error(e))
    }
}

impl Store {
    /// The oldest notices that wait for a sink, due or not, in the order in which they were entered.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn outbox_waiting(&self, sink: &str, limit: usize) -> Result<Vec<OutboxEntry>, StoreError> {
        let sql = "SELECT id, notice, attempts, next_try FROM outbox WHERE sink = ?1 AND dead = 0 ORDER BY id LIMIT ?2";
        let read = || -> rusqlite::Result<Vec<OutboxEntry>> {
            let mut select = self.connection.prepare_cached(sql)?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let entry = |row: &rusqlite::Row<'_>| {
                Ok(OutboxEntry {
                    id: row.get(0)?,
                    notice: row.get(1)?,
                    attempts: row.get(2)?,
                    next_try: row.get(3)?,
                })
            };
            select.query_map(params![sink, limit], entry)?.collect()
        };
        read().map_err(|e| self.error(e))
    }

    /// How many notices wait for a sink.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn outbox_depth(&self, sink: &str) -> Result<u64, StoreError> {
        self.connection
            .prepare_cached("SELECT count(*) FROM outbox WHERE sink = ?1 AND dead = 0")
            .and_then(|mut select| select.query_row([sink], |row| row.get(0)))
            .map_err(|e| self.error(e))
    }

    /// How the notices of each sink stand that has any, by name.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn outbox_counts(&self) -> Result<Vec<OutboxCount>, StoreError> {
        let sinks = "SELECT sink, sum(dead = 0), sum(dead) FROM outbox GROUP BY sink ORDER BY sink";
        let last = "SELECT error FROM outbox WHERE sink = ?1 AND error IS NOT NULL ORDER BY id DESC LIMIT 1";
        let read = || -> rusqlite::Result<Vec<OutboxCount>> {
            let mut error = self.connection.prepare_cached(last)?;
            let mut select = self.connection.prepare_cached(sinks)?;
            let counts: Vec<(String, u64, u64)> = select
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect::<Result<_, _>>()?;
            counts
                .into_iter()
                .map(|(sink, waiting, dead)| {
                    let error = error.query_row([&sink], |row| row.get(0)).optional()?;
                    Ok(OutboxCount { sink, waiting, dead, error })
                })
                .collect()
        };
        read().map_err(|e| self.error(e))
    }

    /// Drops notices that arrived. Numbers that are gone already are passed over.
    ///
    /// # Errors
    ///
    /// Where the write fails; then none is dropped.
    pub fn outbox_delivered(&mut self, sink: &str, ids: &[i64]) -> Result<(), StoreError> {
        self.writable()?;
        let moment = self.connection.transaction().map_err(|e| StoreError::of(&self.file, e))?;
        let delete = || -> rusqlite::Result<()> {
            let mut delete = moment.prepare_cached("DELETE FROM outbox WHERE sink = ?1 AND id = ?2")?;
            ids.iter().try_for_each(|id| delete.execute(params![sink, id]).map(|_| ()))
        };
        delete().and_then(|()| moment.commit()).map_err(|e| StoreError::of(&self.file, e))
    }

    /// Notes that a notice could not be delivered, and when it is tried again.
    ///
    /// # Errors
    ///
    /// Where the write fails.
    pub fn outbox_failed(
        &mut self,
        sink: &str,
        id: i64,
        attempts: u32,
        error: &str,
        next_try: f64,
    ) -> Result<(), StoreError> {
        self.writable()?;
        let sql = "UPDATE outbox SET attempts = ?3, error = ?4, next_try = ?5 WHERE sink = ?1 AND id = ?2";
        self.connection
            .execute(sql, params![sink, id, attempts, error, next_try])
            .map(|_| ())
            .map_err(|e| self.error(e))
    }

    /// Gives a notice up: it stays, and is no longer handed out.
    ///
    /// # Errors
    ///
    /// Where the write fails.
    pub fn outbox_dead(&mut self, sink: &str, id: i64, error: &str) -> Result<(), StoreError> {
        self.writable()?;
        let sql = "UPDATE outbox SET dead = 1, error = ?3 WHERE sink = ?1 AND id = ?2";
        self.connection.execute(sql, params![sink, id, error]).map(|_| ()).map_err(|e| self.error(e))
    }
}
