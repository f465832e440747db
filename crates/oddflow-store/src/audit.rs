//! What people write of incidents, and what they changed.

use rusqlite::{Row, params};

use serde::Serialize;
use utoipa::ToSchema;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::records::stored_count;
use crate::store::Store;

/// Entries of the audit log that are kept.
const MOST_ENTRIES: i64 = 100_000;
/// Incidents that the subject of an entry names.
const MOST_NAMED: usize = 20;

/// What somebody wrote of an incident.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Note {
    /// Its number.
    pub id: i64,
    /// When, in seconds since 1970.
    pub time: f64,
    /// By whom.
    pub by: String,
    /// What.
    pub text: String,
}

/// A change that somebody made.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AuditEntry {
    /// Its number; later ones have higher ones.
    pub id: i64,
    /// When, in seconds since 1970.
    pub time: f64,
    /// Who: the name of a token, `local` for who needed none, `command line` for what was typed there.
    pub by: String,
    /// What was done: `incident.verdict`, `incident.note`, `suppression.add`, `suppression.remove`, `model.activate`,
    /// `model.rollback`, `session.open`, `session.close`, `session.refused`, `token.new`.
    pub action: String,
    /// To what: numbers of incidents, of a rule, or a model's id.
    pub subject: String,
    /// How, in words.
    pub detail: String,
}

/// A change on its way into the store.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NewAudit<'a> {
    /// See [`AuditEntry`].
    pub time: f64,
    /// See [`AuditEntry`].
    pub by: &'a str,
    /// See [`AuditEntry`].
    pub action: &'a str,
    /// See [`AuditEntry`].
    pub subject: &'a str,
    /// See [`AuditEntry`].
    pub detail: &'a str,
}

impl Batch<'_> {
    /// Keeps what somebody wrote of an incident, at a time in seconds since 1970, and returns its number.
    ///
    /// # Errors
    ///
    /// [`StoreError::UnknownIncident`] where there is no such incident, [`StoreError::NotANumber`] where the time is not a
    /// number, or the write fails.
    pub fn note(&mut self, incident: i64, (time, by): (f64, &str), text: &str) -> Result<i64, StoreError> {
        let time = self.number(time, "time of a note")?;
        if self.seen().incident(incident)?.is_none() {
            return Err(StoreError::UnknownIncident { file: self.seen().file().to_owned(), incident });
        }
        self.changed_incident(incident);
        let connection = self.connection();
        let keep = || -> rusqlite::Result<i64> {
            let sql = "INSERT INTO note (incident_id, time, by, text) VALUES (?1, ?2, ?3, ?4)";
            connection.prepare_cached(sql)?.insert(params![incident, time, by, text])
        };
        keep().map_err(|e| self.error(e))
    }

    /// Enters a change of some incidents, or of something else, into the audit log. Its subject is that of the entry, or the
    /// incidents' numbers. The oldest of over 100,000 entries go.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotANumber`] where the time is not a number, or the write fails.
    pub fn audit(&mut self, entry: &NewAudit<'_>, incidents: &[i64]) -> Result<(), StoreError> {
        let time = self.number(entry.time, "time of a change")?;
        let mut subject = entry.subject.to_owned();
        if subject.is_empty() && !incidents.is_empty() {
            let names: Vec<String> = incidents.iter().take(MOST_NAMED).map(i64::to_string).collect();
            subject = names.join(", ");
            if incidents.len() > MOST_NAMED {
                subject.push_str(&format!(" and {} more", incidents.len() - MOST_NAMED));
            }
        }
        let connection = self.connection();
        let enter = || -> rusqlite::Result<()> {
            let sql = "INSERT INTO audit (time, by, action, subject, detail) VALUES (?1, ?2, ?3, ?4, ?5)";
            let row = params![time, entry.by, entry.action, subject, entry.detail];
            let id = connection.prepare_cached(sql)?.insert(row)?;
            let mut of = connection.prepare_cached("INSERT OR IGNORE INTO audit_incident VALUES (?1, ?2)")?;
            for incident in incidents {
                of.execute([*incident, id])?;
            }
            connection.prepare_cached("DELETE FROM audit WHERE id <= ?1")?.execute([id - MOST_ENTRIES])?;
            Ok(())
        };
        enter().map_err(|e| self.error(e))
    }
}

impl Store {
    /// What people wrote of an incident, the oldest first.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn notes(&self, incident: i64) -> Result<Vec<Note>, StoreError> {
        let sql = "SELECT id, time, by, text FROM note WHERE incident_id = ?1 ORDER BY id";
        let note = |row: &Row<'_>| {
            Ok(Note { id: row.get(0)?, time: row.get(1)?, by: row.get(2)?, text: row.get(3)? })
        };
        self.connection
            .prepare_cached(sql)
            .and_then(|mut select| select.query_map([incident], note)?.collect())
            .map_err(|e| self.error(e))
    }

    /// What people did with an incident, the oldest first.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn audit_of_incident(&self, incident: i64) -> Result<Vec<AuditEntry>, StoreError> {
        let sql = "SELECT a.id, a.time, a.by, a.action, a.subject, a.detail FROM audit_incident i
            JOIN audit a ON a.id = i.audit_id WHERE i.incident_id = ?1 ORDER BY a.id";
        self.connection
            .prepare_cached(sql)
            .and_then(|mut select| select.query_map([incident], entry)?.collect())
            .map_err(|e| self.error(e))
    }

    /// What people changed, the latest first: at most so many entries before one, by its number.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn audit(&self, before: Option<i64>, most: u64) -> Result<Vec<AuditEntry>, StoreError> {
        let sql =
            "SELECT id, time, by, action, subject, detail FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
        let limits = params![before.unwrap_or(i64::MAX), stored_count(most)];
        self.connection
            .prepare_cached(sql)
            .and_then(|mut select| select.query_map(limits, entry)?.collect())
            .map_err(|e| self.error(e))
    }

    /// How many entries the audit log has.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn count_audit(&self) -> Result<u64, StoreError> {
        self.connection
            .query_row("SELECT count(*) FROM audit", [], |row| row.get(0))
            .map_err(|e| self.error(e))
    }
}

fn entry(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        id: row.get(0)?,
        time: row.get(1)?,
        by: row.get(2)?,
        action: row.get(3)?,
        subject: row.get(4)?,
        detail: row.get(5)?,
    })
}
