//! A batch: alerts, incidents, progress and state, written in one transaction or not at all.

use std::cell::RefCell;
use std::collections::BTreeSet;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, params};

use crate::changes::{ChangeTopic, Touched};
use crate::error::StoreError;
use crate::records::{LogId, LogIdentity, NewAlert, Progress, stored_count};
use crate::store::{Store, ledger};
use crate::{incidents::found_by, search};

mod incidents;

const INSERT_ALERT: &str = "INSERT INTO alert (id, log_id, line, ts, uid, orig_h, orig_p, resp_h, resp_p, proto,
    service, conn_state, duration, orig_bytes, resp_bytes, orig_pkts, resp_pkts, history, local_orig, local_resp,
    score, threshold, contributions)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,
    ?23)";

/// The one transaction in which alerts and progress are written together, from [`Store::begin`].
///
/// It holds the database's write lock from the start, so what it reads of the ledger stays true until
/// [`Batch::commit`]. Dropped without a commit, it leaves nothing. It may hold any number of logs: few
/// large batches are written faster than many small ones.
///
/// An error leaves the batch as it was before the call that failed; the caller may go on or drop it.
pub struct Batch<'s> {
    store: &'s Store,
    insert: CachedStatement<'s>,
    /// The alert that is stored next.
    next_alert: i64,
    /// The last alert that the search tables hold.
    searchable: i64,
    /// JSON of the contributions, kept to save an allocation for each alert.
    json: Vec<u8>,
    /// What it has changed.
    touched: Touched,
    /// Incidents whose keys and words are to be written.
    stale: RefCell<BTreeSet<i64>>,
    open: bool,
}

impl<'s> Batch<'s> {
    pub(crate) fn begin(store: &'s mut Store) -> Result<Self, StoreError> {
        // The exclusive borrow is what keeps two batches of one store apart.
        let store = &*store;
        store.writable()?;
        let insert = store.connection.prepare_cached(INSERT_ALERT).map_err(|e| store.error(e))?;
        store.connection.execute_batch("BEGIN IMMEDIATE").map_err(|e| store.error(e))?;
        let mut batch = Self {
            store,
            insert,
            next_alert: 0,
            searchable: 0,
            json: Vec::new(),
            touched: Touched::default(),
            stale: RefCell::default(),
            open: true,
        };
        let last;
        (last, batch.searchable) = search::extent(&store.connection).map_err(|e| store.error(e))?;
        // Never a number that the search tables think they hold, even if the newest alerts were deleted.
        batch.next_alert = last.max(batch.searchable) + 1;
        Ok(batch)
    }

    /// Notes that something of a kind has changed.
    pub(crate) fn touch(&self, topic: ChangeTopic) {
        self.touched.touch(topic);
    }

    /// Notes that an incident has changed, so that it is found by what it is now.
    pub(crate) fn changed_incident(&self, incident: i64) {
        self.touch(ChangeTopic::Incidents);
        self.stale.borrow_mut().insert(incident);
    }

    pub(crate) fn store(&self) -> &'s Store {
        self.store
    }

    pub(crate) fn connection(&self) -> &'s Connection {
        &self.store.connection
    }

    pub(crate) fn error(&self, error: rusqlite::Error) -> StoreError {
        self.store.error(error)
    }

    pub(crate) fn conflict(&self, what: String) -> StoreError {
        StoreError::Conflict { file: self.store.file().to_owned(), what }
    }

    pub(crate) fn number(&self, value: f64, field: &'static str) -> Result<f64, StoreError> {
        if value.is_nan() {
            Err(StoreError::NotANumber { file: self.store.file().to_owned(), field })
        } else {
            Ok(value)
        }
    }

    /// Names the log that the following alerts and progress belong to, and enters it into the ledger
    /// where it is new.
    ///
    /// `before` is the progress that the caller has read from the ledger, `None` where there was none.
    /// `file` is the name under which the log is seen now.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] where the ledger no longer says `before`: another writer has read the
    /// log meanwhile. [`StoreError::UnknownModel`] where the model is not registered.
    pub fn log(
        &mut self,
        model: &str,
        log: &LogIdentity,
        file: &str,
        before: Option<&Progress>,
    ) -> Result<LogId, StoreError> {
        let entry = ledger(self.connection(), model, log).map_err(|e| self.error(e))?;
        match (entry, before) {
            (None, None) => self.new_log(model, log, file),
            (Some(entry), Some(before)) if entry.progress.same_place(before) => {
                if entry.file != file {
                    self.connection()
                        .prepare_cached("UPDATE log SET file = ?2 WHERE id = ?1")
                        .and_then(|mut update| update.execute(params![entry.id.0, file]))
                        .map_err(|e| self.error(e))?;
                }
                Ok(entry.id)
            }
            _ => Err(self.conflict(format!("the progress of {file}"))),
        }
    }

    fn new_log(&mut self, model: &str, log: &LogIdentity, file: &str) -> Result<LogId, StoreError> {
        self.known_model(model)?;
        self.connection()
            .prepare_cached(
                "INSERT INTO log (model_id, path, opened, first_uid, file) VALUES (?1, ?2, ?3, ?4, ?5)",
            )
            .and_then(|mut insert| insert.insert(params![model, log.path, log.opened, log.first_uid, file]))
            .map(LogId)
            .map_err(|e| self.error(e))
    }

    pub(crate) fn known_model(&self, model: &str) -> Result<(), StoreError> {
        let known = self
            .connection()
            .prepare_cached("SELECT 1 FROM model WHERE id = ?1")
            .and_then(|mut select| select.exists([model]))
            .map_err(|e| self.error(e))?;
        if known {
            Ok(())
        } else {
            Err(StoreError::UnknownModel { file: self.store.file().to_owned(), model: model.to_owned() })
        }
    }

    /// Stores a flagged row of a log and returns its number.
    ///
    /// # Errors
    ///
    /// [`StoreError::DuplicateRow`] where the line is stored already, [`StoreError::NotANumber`] where
    /// time, score or threshold is not a number, [`StoreError::UnknownIncident`] where its incident is
    /// not one of the log's model, [`StoreError::FullIncident`] where that has no room for it.
    pub fn alert(&mut self, log: LogId, alert: &NewAlert<'_>) -> Result<i64, StoreError> {
        if alert.incident.is_none() && alert.explanation.is_none() && alert.evidence.is_none() {
            return self.bare_alert(log, alert);
        }
        self.as_one(|batch| {
            let id = batch.bare_alert(log, alert)?;
            batch.detail(id, log, alert)?;
            Ok(id)
        })
    }

    /// Stores the row itself.
    fn bare_alert(&mut self, log: LogId, alert: &NewAlert<'_>) -> Result<i64, StoreError> {
        let ts = self.number(alert.ts, "time of an alert")?;
        let score = self.number(alert.score, "score of an alert")?;
        let threshold = self.number(alert.threshold, "threshold of an alert")?;
        let id = self.next_alert;
        self.insert_row(id, log, alert, [ts, score, threshold]).map_err(|error| match &error {
            rusqlite::Error::SqliteFailure(failure, _)
                if failure.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE =>
            {
                StoreError::DuplicateRow { file: self.store.file().to_owned(), line: alert.line }
            }
            _ => self.error(error),
        })?;
        self.next_alert = id + 1;
        self.touch(ChangeTopic::Incidents);
        Ok(id)
    }

    fn insert_row(
        &mut self,
        id: i64,
        log: LogId,
        alert: &NewAlert<'_>,
        [ts, score, threshold]: [f64; 3],
    ) -> rusqlite::Result<()> {
        self.json.clear();
        serde_json::to_writer(&mut self.json, alert.contributions)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        let count = |value: Option<u64>| value.map(stored_count);
        let insert = &mut self.insert;
        let mut parameter = 0;
        // Each value is bound as its own type: a list of trait objects costs 6% of the whole insert.
        macro_rules! bind {
            ($($value:expr),+ $(,)?) => {{
                $(
                    parameter += 1;
                    insert.raw_bind_parameter(parameter, $value)?;
                )+
            }};
        }
        bind!(id, log.0, stored_count(alert.line), ts, alert.uid);
        bind!(alert.orig_h, alert.orig_p, alert.resp_h, alert.resp_p, alert.proto);
        // SQLite keeps a duration that is not a number as unset.
        bind!(alert.service, alert.conn_state, alert.duration);
        bind!(
            count(alert.orig_bytes),
            count(alert.resp_bytes),
            count(alert.orig_pkts),
            count(alert.resp_pkts)
        );
        bind!(alert.history, alert.local_orig, alert.local_resp, score, threshold);
        bind!(ToSqlOutput::Borrowed(ValueRef::Text(&self.json)));
        insert.raw_execute()?;
        Ok(())
    }

    /// Writes how far a log has been read now.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] where bytes, lines or rows would become fewer.
    pub fn progress(&mut self, log: LogId, now: &Progress) -> Result<(), StoreError> {
        self.touch(ChangeTopic::Traffic);
        let kinds = serde_json::to_string(&now.unreadable)
            .map_err(|error| self.error(rusqlite::Error::ToSqlConversionFailure(Box::new(error))))?;
        let sql = "UPDATE log SET bytes = ?2, lines = ?3, rows = ?4, rows_scored = ?5, rows_flagged = ?6,
            unreadable_rows = ?7, unreadable = ?8, first_ts = ?9, last_ts = ?10, threshold = ?11
            WHERE id = ?1 AND bytes <= ?2 AND lines <= ?3 AND rows <= ?4";
        let row = params![
            log.0,
            stored_count(now.bytes),
            stored_count(now.lines),
            stored_count(now.rows),
            stored_count(now.rows_scored),
            stored_count(now.rows_flagged),
            stored_count(now.unreadable_rows()),
            kinds,
            now.first_ts,
            now.last_ts,
            now.threshold,
        ];
        let changed = self
            .connection()
            .prepare_cached(sql)
            .and_then(|mut update| update.execute(row))
            .map_err(|e| self.error(e))?;
        if changed == 1 { Ok(()) } else { Err(self.conflict("the progress of a log".to_owned())) }
    }

    /// Makes all of the batch visible and lasting.
    ///
    /// # Errors
    ///
    /// Where the write fails; then nothing of the batch is stored.
    pub fn commit(mut self) -> Result<(), StoreError> {
        let connection = self.connection();
        if self.next_alert - 1 - self.searchable > search::SEARCH_TAIL {
            search::update(connection).map_err(|e| self.error(e))?;
        }
        let refresh = |incident: &i64| found_by::refresh(connection, *incident);
        self.stale.borrow().iter().try_for_each(refresh).map_err(|e| self.error(e))?;
        self.touched.count(connection).map_err(|e| self.error(e))?;
        connection.execute_batch("COMMIT").map_err(|e| self.error(e))?;
        self.open = false;
        Ok(())
    }
}

impl std::fmt::Debug for Batch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batch")
            .field("file", &self.store.file())
            .field("next_alert", &self.next_alert)
            .finish()
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        // After some errors (a full disk) SQLite has rolled back by itself.
        if self.open && !self.connection().is_autocommit() {
            // Nothing is left to do where this fails: the transaction ends with the connection.
            let _ = self.connection().execute_batch("ROLLBACK");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Model;
    use crate::{AlertQuery, SEARCH_TAIL};

    fn store_with_model() -> Store {
        let mut store = Store::in_memory().expect("memory");
        let text = String::new;
        let model =
            Model { id: "m".into(), recipe: text(), tool_version: text(), summary: text(), threshold: 1.0 };
        assert!(store.register_model(&model).expect("registers"));
        store
    }

    fn identity() -> LogIdentity {
        LogIdentity { path: "conn".into(), opened: String::new(), first_uid: "C1".into() }
    }

    #[test]
    fn a_full_disk_is_named_and_leaves_the_last_commit() {
        let mut store = store_with_model();
        let mut batch = store.begin().expect("begins");
        let log = batch.log("m", &identity(), "conn.log", None).expect("new");
        batch.alert(log, &NewAlert { line: 1, ..NewAlert::default() }).expect("fits");
        batch.commit().expect("commits");

        let pages: i64 =
            store.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).expect("page count");
        store.connection.execute_batch(&format!("PRAGMA max_page_count = {pages}")).expect("limit");
        let mut batch = store.begin().expect("begins");
        let full =
            (2..1000).find_map(|line| batch.alert(log, &NewAlert { line, ..NewAlert::default() }).err());
        assert!(matches!(full, Some(StoreError::Full { .. })), "{full:?}");
        drop(batch);
        assert_eq!(store.count(&AlertQuery::default()).expect("counts"), 1);
        store.check().expect("whole");
    }

    #[test]
    fn the_search_tables_follow_when_enough_alerts_have_come() {
        let mut store = store_with_model();
        let mut batch = store.begin().expect("begins");
        let log = batch.log("m", &identity(), "conn.log", None).expect("new");
        let store_up_to = |batch: &mut Batch<'_>, lines: std::ops::RangeInclusive<i64>| {
            for line in lines {
                let line = line.unsigned_abs();
                let alert =
                    NewAlert { line, score: line as f64, service: Some("a,b,a"), ..NewAlert::default() };
                batch.alert(log, &alert).expect("stores");
            }
        };
        store_up_to(&mut batch, 1..=SEARCH_TAIL);
        batch.commit().expect("commits");
        assert_eq!(search::extent(&store.connection).expect("extent"), (SEARCH_TAIL, 0));

        let mut batch = store.begin().expect("begins");
        store_up_to(&mut batch, SEARCH_TAIL + 1..=SEARCH_TAIL + 1);
        batch.commit().expect("commits");
        let last = SEARCH_TAIL + 1;
        assert_eq!(search::extent(&store.connection).expect("extent"), (last, last));
        store.check().expect("whole");

        store
            .connection
            .execute("DELETE FROM alert_by_service WHERE service = 'b' AND alert_id = 7", [])
            .expect("delete");
        let error = store.check().expect_err("a row is missing");
        assert!(error.to_string().contains("alert_by_service"), "{error}");
    }
}
