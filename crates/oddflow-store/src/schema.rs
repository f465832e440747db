//! The schema, its migrations, and the check that a file is ours before anything is written to it.
//!
//! A migration that has been released is never changed; what comes later is appended as a
//! further one.

use rusqlite::{Connection, Transaction, TransactionBehavior};
use rusqlite_migration::{M, Migrations};

use crate::error::StoreError;

/// Marks a SQLite file as oddflow's: `oddf` in ASCII, in the header field that SQLite keeps for it.
pub(crate) const APPLICATION_ID: i32 = 0x6f64_6466;

/// The schema version that this crate writes.
pub(crate) const VERSION: i64 = STEPS.len() as i64;

const STEPS: &[M<'_>] = &[
    M::up(include_str!("schema/01_alerts.sql")),
    M::up(include_str!("schema/02_incidents.sql")),
    M::up(include_str!("schema/03_journal.sql")),
    M::up(include_str!("schema/04_outbox.sql")),
    M::up(include_str!("schema/05_suppressions.sql")),
    M::up(include_str!("schema/06_sensors.sql")).foreign_key_check(),
    M::up(include_str!("schema/07_models.sql")),
    M::up(include_str!("schema/08_drift.sql")),
    M::up(include_str!("schema/09_rollups.sql")),
    M::up(include_str!("schema/10_dashboard.sql")),
    M::up(include_str!("schema/11_training.sql")),
    M::up(include_str!("schema/12_search.sql")),
    M::up(include_str!("schema/13_counted.sql")),
];

fn migrations() -> Migrations<'static> {
    Migrations::from_slice(STEPS)
}

/// What a file turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing yet: a new file, or an empty one.
    Empty,
    /// Ours, in this version.
    Current,
    /// Ours, in an older version.
    Older(i64),
}

/// Looks at the file without changing it. Refuses what is not ours.
pub(crate) fn inspect(connection: &Connection, file: &str) -> Result<Found, StoreError> {
    let [application, version, objects] = marks(connection).map_err(|error| StoreError::of(file, error))?;
    if application == i64::from(APPLICATION_ID) {
        return match version {
            VERSION => Ok(Found::Current),
            newer if newer > VERSION => Err(StoreError::Newer { file: file.to_owned(), found: newer }),
            older => Ok(Found::Older(older)),
        };
    }
    if application == 0 && version == 0 && objects == 0 {
        Ok(Found::Empty)
    } else {
        Err(StoreError::Foreign { file: file.to_owned() })
    }
}

/// Application id, schema version, and how many tables and the like there are; all of one moment, as
/// another process may be making the database. Counting reads the schema, so that a file whose first
/// page is damaged is found out here.
fn marks(connection: &Connection) -> rusqlite::Result<[i64; 3]> {
    let moment = Transaction::new_unchecked(connection, TransactionBehavior::Deferred)?;
    let number = |sql: &str| moment.query_row(sql, [], |row| row.get(0));
    Ok([
        number("PRAGMA application_id")?,
        number("PRAGMA user_version")?,
        number("SELECT count(*) FROM sqlite_schema")?,
    ])
}

/// Brings an empty or older database up to this version, in one transaction.
pub(crate) fn migrate(connection: &mut Connection, file: &str) -> Result<(), StoreError> {
    // A step that makes a table anew drops it while others refer to it; what they refer to is checked at the step's end.
    let references = |connection: &Connection, on: bool| {
        connection.pragma_update(None, "foreign_keys", on).map_err(|e| StoreError::of(file, e))
    };
    references(connection, false)?;
    let migrated = migrations().to_latest(connection);
    references(connection, true)?;
    let Err(error) = migrated else { return Ok(()) };
    // Two processes may open a new file at once; the one that comes second finds the work done.
    if inspect(connection, file).is_ok_and(|found| found == Found::Current) {
        return Ok(());
    }
    Err(match error {
        rusqlite_migration::Error::RusqliteError { err, .. } => StoreError::of(file, err),
        other => StoreError::Damaged { file: file.to_owned(), reason: other.to_string() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_valid() {
        migrations().validate().expect("every step applies to the one before");
    }

    #[test]
    fn the_first_step_marks_the_file_as_ours() {
        let mut connection = Connection::open_in_memory().expect("memory");
        assert_eq!(inspect(&connection, "m").expect("empty"), Found::Empty);
        migrate(&mut connection, "m").expect("migrates");
        assert_eq!(inspect(&connection, "m").expect("ours"), Found::Current);
        migrate(&mut connection, "m").expect("a second time changes nothing");
    }

    #[test]
    fn states_and_incidents_of_before_are_those_of_the_sensor_without_a_name() {
        let mut connection = Connection::open_in_memory().expect("memory");
        migrations().to_version(&mut connection, 5).expect("as it was");
        let before = "INSERT INTO model VALUES ('used', '', '', '{}', 1, 3, x'0102'), ('new', '', '', '{}', 1, 0, x'');
            INSERT INTO journal VALUES ('used', 3, x'03');
            INSERT INTO beside_state VALUES ('used', x'04');
            INSERT INTO log (model_id, path, opened, first_uid, file) VALUES ('used', 'conn', '', 'C', 'conn.log');
            INSERT INTO incident (id, model_id, number, host, family, class, state, first_ts, last_ts, raised_ts, rows,
                rows_stored, peak, score, threshold, severity, title, summary, verdict)
                VALUES (7, 'used', 1, 'h', 'fan', 'c', 'raised', 1, 1, 1, 1, 1, 1, 1, 1, 'low', '', '{}', 'benign');
            INSERT INTO alert VALUES (1, 1, 1, 1, 'C', 'a', 1, 'b', 1, '', '', '', 1, 1, 1, 1, 1, '', 1, 1, 1, 1, '[]');
            INSERT INTO alert_detail VALUES (1, 7, NULL, NULL);";
        connection.execute_batch(before).expect("fills");
        migrate(&mut connection, "m").expect("migrates");
        let text = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, String>(0)).expect("a row");
        let all = "SELECT group_concat(model_id || sensor || revision || hex(s.bytes) || number || hex(rows) || hex(b.bytes))
            FROM state s JOIN state_journal ON state_id = id JOIN state_beside b USING (state_id)";
        assert_eq!(text(all), "used3010230304");
        assert_eq!(text("SELECT group_concat(id || sensor || number || verdict) FROM incident"), "71benign");
        assert_eq!(text("SELECT group_concat(incident_id) FROM alert_detail"), "7");
        connection.execute("DELETE FROM incident", []).expect_err("an alert refers to it");
    }

    #[test]
    fn an_older_schema_is_told_from_an_empty_file() {
        let mut connection = Connection::open_in_memory().expect("memory");
        migrate(&mut connection, "m").expect("migrates");
        connection.pragma_update(None, "user_version", VERSION - 1).expect("pragma");
        assert_eq!(inspect(&connection, "m").expect("ours"), Found::Older(VERSION - 1));
    }
}
