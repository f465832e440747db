//! What people write of incidents, and what they changed.

use rusqlite::{Connection, Row, params};

use serde::Serialize;
use utoipa::ToSchema;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::records::stored_count;
use crate::store::Store;

/// Entries of the audit log that are kept of changes.
const MOST_CHANGES: i64 = 100_000;
/// The same of sessions, which strangers can bring about: they push out no change.
const MOST_SESSIONS: i64 = 10_000;
/// Characters of an entry's words.
const LONGEST_DETAIL: usize = 500;
/// Notes of an incident, and those that are told of it, as are changes of it.
const MOST_NOTES: i64 = 1000;
const MOST_TOLD: i64 = 200;
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
    /// [`StoreError::UnknownIncident`] where there is no such incident, [`StoreError::FullOfNotes`] where it has 1,000,
    /// [`StoreError::NotANumber`] where the time is not a number, or the write fails.
    pub fn note(&mut self, incident: i64, (time, by): (f64, &str), text: &str) -> Result<i64, StoreError> {
        let time = self.number(time, "time of a note")?;
        if self.seen().incident(incident)?.is_none() {
            return Err(StoreError::UnknownIncident { file: self.seen().file().to_owned(), incident });
        }
        let connection = self.connection();
        let has: i64 = connection
            .prepare_cached("SELECT count(*) FROM note WHERE incident_id = ?1")
            .and_then(|mut select| select.query_row([incident], |row| row.get(0)))
            .map_err(|e| self.error(e))?;
        if has >= MOST_NOTES {
            return Err(StoreError::FullOfNotes { file: self.seen().file().to_owned(), incident });
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
    /// incidents' numbers; its words are cut after 500 characters. The oldest of over 100,000 changes go, and of 10,000 sessions.
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
        let mut detail = entry.detail.to_owned();
        if let Some((end, _)) = detail.char_indices().nth(LONGEST_DETAIL) {
            detail.truncate(end);
            detail.push('…');
        }
        let connection = self.connection();
        let enter = || -> rusqlite::Result<()> {
            let sql = "INSERT INTO audit (time, by, action, subject, detail) VALUES (?1, ?2, ?3, ?4, ?5)";
            let row = params![time, entry.by, entry.action, subject, detail];
            let id = connection.prepare_cached(sql)?.insert(row)?;
            let mut of = connection.prepare_cached("INSERT OR IGNORE INTO audit_incident VALUES (?1, ?2)")?;
            for incident in incidents {
                of.execute([*incident, id])?;
            }
            forget(connection, id, (MOST_CHANGES, MOST_SESSIONS))
        };
        enter().map_err(|e| self.error(e))
    }
}

/// Forgets the oldest entries where there are over so many changes or sessions.
fn forget(connection: &Connection, newest: i64, (changes, sessions): (i64, i64)) -> rusqlite::Result<()> {
    for (kind, most) in [("NOT GLOB", changes), ("GLOB", sessions)] {
        let of = format!("FROM audit WHERE action {kind} 'session.*'");
        // There can't be more of them than numbers, and to count them takes long.
        let oldest = format!("SELECT coalesce(min(id), ?1) {of}");
        let oldest: i64 = connection.prepare_cached(&oldest)?.query_row([newest], |row| row.get(0))?;
        if newest - oldest >= most {
            let last = format!("SELECT id {of} ORDER BY id DESC LIMIT 1 OFFSET ?1");
            connection.prepare_cached(&format!("DELETE {of} AND id <= ({last})"))?.execute([most])?;
        }
    }
    Ok(())
}

impl Store {
    /// What people wrote of an incident, the oldest first; the last 200 of it.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn notes(&self, incident: i64) -> Result<Vec<Note>, StoreError> {
        let sql = "SELECT * FROM (SELECT id, time, by, text FROM note WHERE incident_id = ?1 ORDER BY id DESC LIMIT ?2)
            ORDER BY id";
        let note = |row: &Row<'_>| {
            Ok(Note { id: row.get(0)?, time: row.get(1)?, by: row.get(2)?, text: row.get(3)? })
        };
        self.connection
            .prepare_cached(sql)
            .and_then(|mut select| select.query_map([incident, MOST_TOLD], note)?.collect())
            .map_err(|e| self.error(e))
    }

    /// What people did with an incident, the oldest first; the last 200 of it.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn audit_of_incident(&self, incident: i64) -> Result<Vec<AuditEntry>, StoreError> {
        let sql = "SELECT * FROM (SELECT a.id, a.time, a.by, a.action, a.subject, a.detail FROM audit_incident i
            JOIN audit a ON a.id = i.audit_id WHERE i.incident_id = ?1 ORDER BY i.audit_id DESC LIMIT ?2) ORDER BY id";
        self.connection
            .prepare_cached(sql)
            .and_then(|mut select| select.query_map([incident, MOST_TOLD], entry)?.collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_push_out_no_change() {
        let mut store = Store::in_memory().expect("memory");
        let mut batch = store.begin().expect("begins");
        let mut enter = |action: &str| {
            let entry = NewAudit { time: 1.0, by: "ann", action, subject: "", detail: "" };
            batch.audit(&entry, &[]).expect("enters");
        };
        for action in ["model.activate", "incident.note", "token.new"] {
            enter(action);
            (0..9).for_each(|_| enter("session.refused"));
        }
        batch.commit().expect("commits");
        let kept = |limits: (i64, i64)| -> Vec<i64> {
            forget(&store.connection, 30, limits).expect("forgets");
            store.audit(None, 100).expect("reads").iter().rev().map(|entry| entry.id).collect()
        };
        assert_eq!(kept((100, 27)).len(), 30, "none too many");
        assert_eq!(kept((3, 4)), [1, 11, 21, 27, 28, 29, 30]);
        assert_eq!(kept((2, 4)), [11, 21, 27, 28, 29, 30]);
        assert_eq!(kept((2, 4)), [11, 21, 27, 28, 29, 30]);
    }

    #[test]
    fn long_words_are_cut_between_letters() {
        let mut store = Store::in_memory().expect("memory");
        let mut batch = store.begin().expect("begins");
        for detail in ["é".repeat(LONGEST_DETAIL), "é".repeat(LONGEST_DETAIL + 1)] {
            let entry =
                NewAudit { time: 1.0, by: "ann", action: "incident.note", subject: "", detail: &detail };
            batch.audit(&entry, &[]).expect("enters");
        }
        batch.commit().expect("commits");
        let entries = store.audit(None, 2).expect("reads");
        assert_eq!(entries[1].detail, "é".repeat(LONGEST_DETAIL));
        assert_eq!(entries[0].detail, format!("{}…", "é".repeat(LONGEST_DETAIL)));
    }
}
