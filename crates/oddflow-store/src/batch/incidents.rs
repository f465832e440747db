//! Incidents within a batch: written as they grow, given rows, and relieved of weaker ones.

use rusqlite::{OptionalExtension, params};

use super::Batch;
use crate::address::address_key;
use crate::changes::ChangeTopic;
use crate::error::StoreError;
use crate::incidents::{MAX_INCIDENT_ROWS, NewIncident};
use crate::records::{LogId, NewAlert, stored_count};
use crate::{search, text};

/// What an incident is never changes: a number that comes back for something else is a mistake.
const UPSERT: &str =
    "INSERT INTO incident (model_id, sensor, number, host, host_key, family, class, state, first_ts,
    last_ts, raised_ts, rows, peak, score, threshold, severity, title, technique, summary, is_shadow)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)
    ON CONFLICT (model_id, sensor, number) DO UPDATE SET state = excluded.state, first_ts = excluded.first_ts,
    last_ts = excluded.last_ts, raised_ts = excluded.raised_ts, rows = excluded.rows, peak = excluded.peak,
    score = excluded.score, threshold = excluded.threshold, severity = excluded.severity,
    title = excluded.title, technique = excluded.technique, summary = excluded.summary,
    is_shadow = excluded.is_shadow
    WHERE host = excluded.host AND family = excluded.family AND class = excluded.class
    RETURNING id";

impl Batch<'_> {
    /// Writes an incident as it stands now, over what was there, and returns the store's number of it,
    /// which it keeps.
    ///
    /// # Errors
    ///
    /// [`StoreError::UnknownModel`] where the model is not registered, [`StoreError::Conflict`] where
    /// the model's incident of that number is of another host, family or class,
    /// [`StoreError::NotANumber`] where a time, a score or the threshold is not a number.
    pub fn incident(&mut self, model: &str, incident: &NewIncident<'_>) -> Result<i64, StoreError> {
        let number = |value, field| self.number(value, field);
        let row = params![
            model,
            incident.sensor,
            incident.number.cast_signed(),
            incident.host,
            address_key(incident.host),
            incident.family,
            incident.class,
            incident.state.name(),
            number(incident.first_ts, "time of an incident")?,
            number(incident.last_ts, "time of an incident")?,
            number(incident.raised_ts, "time of an incident")?,
            stored_count(incident.rows),
            number(incident.peak, "peak of an incident")?,
            number(incident.score, "score of an incident")?,
            number(incident.threshold, "threshold of an incident")?,
            incident.severity.name(),
            incident.title,
            incident.technique,
            incident.summary,
            incident.is_shadow,
        ];
        self.known_model(model)?;
        let id = self
            .connection()
            .prepare_cached(UPSERT)
            .and_then(|mut upsert| upsert.query_row(row, |row| row.get(0)).optional())
            .map_err(|e| self.error(e))?
            .ok_or_else(|| self.conflict(format!("incident number {}", incident.number)))?;
        self.changed_incident(id);
        Ok(id)
    }

    /// Stores what an alert has besides its row, and counts it to its incident.
    pub(super) fn detail(&self, id: i64, log: LogId, alert: &NewAlert<'_>) -> Result<(), StoreError> {
        if let Some(incident) = alert.incident {
            self.count_row(incident, log)?;
            self.changed_incident(incident);
        }
        let row = params![id, alert.incident, alert.explanation, alert.evidence];
        self.connection()
            .prepare_cached("INSERT INTO alert_detail VALUES (?1, ?2, ?3, ?4)")
            .and_then(|mut insert| insert.execute(row))
            .and_then(|_| text::of_alert(self.connection(), id, alert.evidence))
            .map_err(|e| self.error(e))
    }

    /// Counts one more row of an incident, which must be of the model that reads the log.
    fn count_row(&self, incident: i64, log: LogId) -> Result<(), StoreError> {
        let file = || self.store.file().to_owned();
        let sql = "UPDATE incident SET rows_stored = rows_stored + 1
            WHERE id = ?1 AND model_id = (SELECT model_id FROM log WHERE id = ?2) RETURNING rows_stored";
        let rows: Option<usize> = self
            .connection()
            .prepare_cached(sql)
            .and_then(|mut update| update.query_row([incident, log.0], |row| row.get(0)).optional())
            .map_err(|e| self.error(e))?;
        match rows {
            None => Err(StoreError::UnknownIncident { file: file(), incident }),
            Some(rows) if rows > MAX_INCIDENT_ROWS => {
                Err(StoreError::FullIncident { file: file(), incident })
            }
            Some(_) => Ok(()),
        }
    }

    /// Removes alerts by their numbers, so that stronger rows have room in an incident, and returns how
    /// many there were. Numbers that no alert has are passed over; those of removed alerts are never
    /// used again. The ledger still counts the rows as flagged.
    ///
    /// # Errors
    ///
    /// Where the write fails.
    pub fn remove_alerts(&mut self, alerts: &[i64]) -> Result<usize, StoreError> {
        self.as_one(|batch| {
            let remove = || -> rusqlite::Result<usize> {
                let mut removed = 0;
                for alert in alerts {
                    removed += usize::from(batch.remove(*alert)?);
                }
                Ok(removed)
            };
            remove().map_err(|e| batch.error(e))
        })
    }

    fn remove(&self, alert: i64) -> rusqlite::Result<bool> {
        let connection = self.connection();
        search::forget(connection, alert)?;
        text::forget_alert(connection, alert)?;
        self.touch(ChangeTopic::Incidents);
        let incident: Option<Option<i64>> = connection
            .prepare_cached("DELETE FROM alert_detail WHERE alert_id = ?1 RETURNING incident_id")?
            .query_row([alert], |row| row.get(0))
            .optional()?;
        let removed = connection.prepare_cached("DELETE FROM alert WHERE id = ?1")?.execute([alert])?;
        if removed == 0 {
            return Ok(false);
        }
        connection
            .prepare_cached("UPDATE search SET last_removed = max(last_removed, ?1)")?
            .execute([alert])?;
        incident.flatten().into_iter().for_each(|incident| self.changed_incident(incident));
        connection
            .prepare_cached("UPDATE incident SET rows_stored = rows_stored - 1 WHERE id = ?1")?
            .execute([incident.flatten()])?;
        Ok(true)
    }

    /// Makes all changes of a call, or none where it fails.
    pub(crate) fn as_one<T>(
        &mut self,
        call: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let connection = self.connection();
        let run = |sql| connection.prepare_cached(sql)?.execute([]);
        run("SAVEPOINT call").map_err(|e| self.error(e))?;
        let next_alert = self.next_alert;
        let result = call(self);
        if result.is_err() {
            self.next_alert = next_alert;
            // Fails only where SQLite has rolled back all of the batch by itself.
            let _ = run("ROLLBACK TO call");
        }
        let released = run("RELEASE call").map_err(|e| self.error(e));
        result.and_then(|value| released.map(|_| value))
    }
}
