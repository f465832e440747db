//! What goes when it is old, or when there is no room: incidents with their alerts, alerts by themselves, notices that were given
//! up, traffic and channels, and the ledgers of logs that are gone.
//!
//! Everything goes in bounded steps, each a transaction, so that nobody waits long for a lock. What is left is whole: the search
//! tables, counts and references are those of the rest.
//!
//! A file that this version made gives freed pages back (`auto_vacuum = INCREMENTAL`). One that an older version made keeps
//! them and fills them again: it doesn't grow, but doesn't shrink either, until it is vacuumed once.

use rusqlite::{Connection, params};

use crate::changes::{self, ChangeTopic};
use crate::error::StoreError;
use crate::incidents::found_by;
use crate::records::{LogEntry, stored_count};
use crate::store::{LOG_COLUMNS, Store, log_entry};
use crate::{search, text};

mod traffic;

/// What a step removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expired {
    /// Incidents.
    pub incidents: u64,
    /// Alerts, those of incidents among them.
    pub alerts: u64,
    /// Notices that had been given up.
    pub notices: u64,
    /// Days that were compared with a baseline.
    pub days: u64,
    /// What hosts and services came to in days.
    pub traffic: u64,
    /// Channels of local hosts.
    pub channels: u64,
    /// Logs that the ledger knew.
    pub logs: u64,
    /// Whether there was nothing more to remove.
    pub is_done: bool,
}

/// How large a database is, in bytes. What stands in the write-ahead log beside it doesn't count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// The file.
    pub file: u64,
    /// Freed within it.
    pub free: u64,
    /// What the models carry from row to row, which never expires.
    pub states: u64,
    /// The files of models, which never expire by themselves either.
    pub models: u64,
}

/// Something that may expire, in the order in which it does.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Candidate {
    is_confirmed: bool,
    time: f64,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Incident(i64),
    Alert(i64),
}

impl Store {
    /// Removes the oldest of what ended before a time, in seconds since 1970: at most `most` incidents and alerts that
    /// belong to none, as many notices, and as many days compared with a baseline. Incidents go by the end of their latest connection, with all of their alerts;
    /// confirmed ones go last. An alert by itself goes by its connection's start, a notice by its incident's. Days of traffic go whole,
    /// and channels by their latest connection.
    ///
    /// Before infinity is to make room: then a step removes no more than what is as old as the oldest day of traffic, as long as there
    /// is any.
    ///
    /// # Errors
    ///
    /// As [`Store::begin`], and where the write fails; then nothing is removed.
    pub fn expire(&mut self, before: f64, most: usize) -> Result<Expired, StoreError> {
        self.writable()?;
        let moment = self.connection.transaction().map_err(|e| StoreError::of(&self.file, e))?;
        let step = || -> rusqlite::Result<Expired> {
            let mut expired = Expired::default();
            let makes_room = before == f64::INFINITY;
            let oldest = traffic::end_of_oldest(&moment)?.filter(|_| makes_room);
            let before = oldest.unwrap_or(before);
            let mut all = candidates(&moment, before, most)?;
            // They go last of all.
            all.retain(|candidate| oldest.is_none() || !candidate.is_confirmed);
            for candidate in &all {
                match candidate.what {
                    What::Incident(id) => {
                        expired.alerts += remove_incident(&moment, id)?;
                        expired.incidents += 1;
                    }
                    What::Alert(id) => {
                        remove_alert(&moment, id)?;
                        expired.alerts += 1;
                    }
                }
            }
            let dead = "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE dead = 1
                AND coalesce(json_extract(notice, '$.last') < ?1, 1) ORDER BY id LIMIT ?2)";
            let notices = moment.prepare_cached(dead)?.execute(params![before, count(most)])?;
            expired.notices = notices as u64;
            // A day is over 24 hours after it began.
            let days = "DELETE FROM drift WHERE rowid IN
                (SELECT rowid FROM drift WHERE (day + 1) * 86400 < ?1 ORDER BY day LIMIT ?2)";
            let days = moment.prepare_cached(days)?.execute(params![before, count(most)])?;
            expired.days = days as u64;
            let gone = traffic::expire(&moment, before, count(most))?;
            (expired.traffic, expired.channels) = (gone.rows, gone.channels);
            if !all.is_empty() {
                changes::count(&moment, ChangeTopic::Incidents)?;
            }
            expired.is_done =
                all.len() < most && notices < most && days < most && gone.is_done && oldest.is_none();
            Ok(expired)
        };
        step()
            .and_then(|expired| moment.commit().map(|()| expired))
            .map_err(|e| StoreError::of(&self.file, e))
    }

    /// Forgets that logs were read whose latest row ended before a time, in seconds since 1970: at most `most` of those that
    /// `may_go` lets go and that no alert is of. Of the logs beside conn logs no time is known: they go when they were begun before
    /// every log of their model that stays for its time. A log that is still there is read again when it was forgotten: that is for
    /// `may_go` to know.
    ///
    /// # Errors
    ///
    /// As [`Store::begin`], and where the write fails; then nothing is removed.
    pub fn expire_logs(
        &mut self,
        before: f64,
        most: usize,
        may_go: &mut dyn FnMut(&LogEntry) -> bool,
    ) -> Result<Expired, StoreError> {
        self.writable()?;
        let moment = self.connection.transaction().map_err(|e| StoreError::of(&self.file, e))?;
        let mut step = || -> rusqlite::Result<Expired> {
            let sql = format!(
                "SELECT {LOG_COLUMNS} FROM log WHERE (last_ts < ?1 OR last_ts IS NULL AND id < coalesce((SELECT min(id)
                    FROM log AS timed WHERE timed.model_id = log.model_id AND timed.last_ts >= ?1), 9223372036854775807))
                AND NOT EXISTS (SELECT 1 FROM alert WHERE log_id = log.id) ORDER BY last_ts, id"
            );
            let mut select = moment.prepare_cached(&sql)?;
            let mut rows = select.query([before])?;
            let mut gone = Vec::new();
            let mut is_done = true;
            while let Some(row) = rows.next()? {
                let entry = log_entry(row)?;
                if gone.len() == most {
                    is_done = false;
                    break;
                }
                if may_go(&entry) {
                    gone.push(entry.id.0);
                }
            }
            let mut delete = moment.prepare_cached("DELETE FROM log WHERE id = ?1")?;
            for id in &gone {
                delete.execute([id])?;
            }
            Ok(Expired { logs: gone.len() as u64, is_done, ..Expired::default() })
        };
        let expired = step();
        expired
            .and_then(|expired| moment.commit().map(|()| expired))
            .map_err(|e| StoreError::of(&self.file, e))
    }

    /// How large the database is.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn size(&self) -> Result<Size, StoreError> {
        let number = |sql: &str| {
            self.connection.query_row(sql, [], |row| row.get::<_, u64>(0)).map_err(|e| self.error(e))
        };
        let page = number("PRAGMA page_size")?;
        let states = number(
            "SELECT coalesce((SELECT sum(length(bytes)) FROM state), 0)
            + coalesce((SELECT sum(length(rows)) FROM state_journal), 0)
            + coalesce((SELECT sum(length(bytes)) FROM state_beside), 0)",
        )?;
        Ok(Size {
            file: number("PRAGMA page_count")? * page,
            free: number("PRAGMA freelist_count")? * page,
            states,
            models: number("SELECT coalesce(sum(length), 0) FROM model_file")?,
        })
    }

    /// The end of the latest row that was read of any log, in seconds since 1970; `None` where none was.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn newest_row(&self) -> Result<Option<f64>, StoreError> {
        self.connection
            .query_row("SELECT max(last_ts) FROM log", [], |row| row.get(0))
            .map_err(|e| self.error(e))
    }

    /// Lets the file grow to so many bytes and no further, as far as this connection goes; what doesn't fit is
    /// [`StoreError::Full`]. A file that is larger already is not made smaller. The write-ahead log beside it, which is
    /// emptied into it again and again, doesn't count.
    ///
    /// # Errors
    ///
    /// Where SQLite refuses.
    pub fn limit_size(&self, bytes: u64) -> Result<(), StoreError> {
        let limit = || -> rusqlite::Result<()> {
            let page: u64 = self.connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
            let pages = (bytes / page).clamp(1, u64::from(u32::MAX) - 1);
            self.connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
        };
        limit().map_err(|e| self.error(e))
    }

    /// Gives at most so many freed bytes back to the file system, but keeps `keep` for what is written next. Returns how many
    /// it gave back: 0 when there are no more, and of a file that an older version made.
    ///
    /// # Errors
    ///
    /// Where the write fails.
    pub fn shrink(&mut self, most: u64, keep: u64) -> Result<u64, StoreError> {
        self.writable()?;
        let shrink = || -> rusqlite::Result<u64> {
            let number = |sql: &str| self.connection.query_row(sql, [], |row| row.get::<_, u64>(0));
            let page = number("PRAGMA page_size")?;
            let (before, free) = (number("PRAGMA page_count")?, number("PRAGMA freelist_count")?);
            let pages = free.saturating_sub(keep.div_ceil(page)).min(most / page);
            if pages == 0 {
                return Ok(0);
            }
            // Each step of the statement frees one page.
            let mut vacuum = self.connection.prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
            let mut rows = vacuum.query([])?;
            while rows.next()?.is_some() {}
            drop(rows);
            drop(vacuum);
            Ok(before.saturating_sub(number("PRAGMA page_count")?) * page)
        };
        shrink().map_err(|e| self.error(e))
    }
}

fn count(most: usize) -> i64 {
    stored_count(most as u64)
}

/// What goes next, at most so many.
fn candidates(connection: &Connection, before: f64, most: usize) -> rusqlite::Result<Vec<Candidate>> {
    let incidents =
        "SELECT verdict IS 'confirmed' AS is_confirmed, last_ts, id FROM incident WHERE last_ts < ?1
        ORDER BY is_confirmed, last_ts, id LIMIT ?2";
    let older =
        "SELECT s.ts, s.alert_id FROM alert_by_time s LEFT JOIN alert_detail d ON d.alert_id = s.alert_id
        WHERE s.ts < ?1 AND d.incident_id IS NULL ORDER BY s.ts, s.alert_id LIMIT ?2";
    let newer = "SELECT a.ts, a.id FROM alert a LEFT JOIN alert_detail d ON d.alert_id = a.id
        WHERE a.id > (SELECT last_alert FROM search) AND a.ts < ?1 AND d.incident_id IS NULL
        ORDER BY a.ts, a.id LIMIT ?2";
    let limits = params![before, count(most)];
    let mut all: Vec<Candidate> = connection
        .prepare_cached(incidents)?
        .query_map(limits, |row| {
            Ok(Candidate { is_confirmed: row.get(0)?, time: row.get(1)?, what: What::Incident(row.get(2)?) })
        })?
        .collect::<rusqlite::Result<_>>()?;
    for sql in [older, newer] {
        let mut select = connection.prepare_cached(sql)?;
        let alerts = select.query_map(limits, |row| {
            Ok(Candidate { is_confirmed: false, time: row.get(0)?, what: What::Alert(row.get(1)?) })
        })?;
        for alert in alerts {
            all.push(alert?);
        }
    }
    all.sort_by(|a, b| {
        a.is_confirmed.cmp(&b.is_confirmed).then(a.time.total_cmp(&b.time)).then(a.what.cmp(&b.what))
    });
    all.truncate(most);
    Ok(all)
}

/// Removes an incident; returns how many alerts went with it.
fn remove_incident(connection: &Connection, incident: i64) -> rusqlite::Result<u64> {
    let alerts: Vec<i64> = connection
        .prepare_cached("SELECT alert_id FROM alert_detail WHERE incident_id = ?1")?
        .query_map([incident], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for alert in &alerts {
        remove_alert(connection, *alert)?;
    }
    found_by::forget(connection, incident)?;
    for sql in [
        "DELETE FROM note WHERE incident_id = ?1",
        "DELETE FROM audit_incident WHERE incident_id = ?1",
        "DELETE FROM incident WHERE id = ?1",
    ] {
        connection.prepare_cached(sql)?.execute([incident])?;
    }
    Ok(alerts.len() as u64)
}

/// Removes an alert with what belongs to it. Its incident must go too.
fn remove_alert(connection: &Connection, alert: i64) -> rusqlite::Result<()> {
    search::forget(connection, alert)?;
    text::forget_alert(connection, alert)?;
    for sql in [
        "DELETE FROM alert_detail WHERE alert_id = ?1",
        "DELETE FROM alert WHERE id = ?1",
        "UPDATE search SET last_removed = max(last_removed, ?1)",
    ] {
        connection.prepare_cached(sql)?.execute([alert])?;
    }
    Ok(())
}
