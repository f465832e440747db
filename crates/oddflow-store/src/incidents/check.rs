//! Whether incidents and alerts agree.

use rusqlite::{Connection, OptionalExtension};

use super::MAX_INCIDENT_ROWS;

/// What the first incident that contradicts its alerts has wrong, if any. That an alert's incident is
/// there at all is a matter of foreign keys.
pub(crate) fn first_mismatch(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let strangers = "SELECT i.id FROM alert_detail d JOIN incident i ON i.id = d.incident_id
        JOIN alert a ON a.id = d.alert_id JOIN log l ON l.id = a.log_id WHERE l.model_id <> i.model_id";
    let miscounted = "SELECT id FROM incident i
        WHERE rows_stored <> (SELECT count(*) FROM alert_detail d WHERE d.incident_id = i.id)";
    let crowded = format!("SELECT id FROM incident WHERE rows_stored > {MAX_INCIDENT_ROWS}");
    for (sql, fault) in [
        (strangers, "has an alert of another model"),
        (miscounted, "does not have as many alerts as it says"),
        (&crowded, "has too many alerts"),
    ] {
        let id: Option<i64> =
            connection.query_row(&format!("{sql} LIMIT 1"), [], |row| row.get(0)).optional()?;
        if let Some(id) = id {
            return Ok(Some(format!("incident {id} {fault}")));
        }
    }
    let unlike = super::found_by::first_mismatch(connection)?;
    Ok(unlike.map(|id| format!("incident {id} is not found by what its rows have")))
}
