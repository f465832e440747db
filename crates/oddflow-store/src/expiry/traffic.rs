//! Days of traffic and channels that are old. A day goes whole: what some thousand hosts and services come to.

use rusqlite::{Connection, params};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// What went.
pub(super) struct Gone {
    /// Hosts and services of days.
    pub(super) rows: u64,
    pub(super) channels: u64,
    /// Whether nothing more is old.
    pub(super) is_done: bool,
}

/// The oldest day that anything is known of.
fn oldest(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT min((SELECT min(day) FROM traffic_day WHERE source_id = s.id)) FROM traffic_source s";
    connection.prepare_cached(sql)?.query_row([], |row| row.get(0))
}

/// The end of the oldest day, in seconds since 1970.
pub(super) fn end_of_oldest(connection: &Connection) -> rusqlite::Result<Option<f64>> {
    Ok(oldest(connection)?.map(|day| (day.saturating_add(1).saturating_mul(DAY)) as f64))
}

/// Removes days that ended by a time, until there are `most` rows of them or more, and at most so many channels that were last used before it.
pub(super) fn expire(connection: &Connection, before: f64, most: i64) -> rusqlite::Result<Gone> {
    let mut rows = 0;
    while rows < most as u64
        && let Some(day) = oldest(connection)?.filter(|day| (day.saturating_add(1) * DAY) as f64 <= before)
    {
        let mut sources = connection.prepare_cached("SELECT id FROM traffic_source")?;
        let sources: Vec<i64> = sources.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        for source in sources {
            let hours = "DELETE FROM traffic_hours WHERE id IN
                (SELECT hours_id FROM traffic_day WHERE source_id = ?1 AND day = ?2)";
            connection.prepare_cached(hours)?.execute([source, day])?;
            let gone = connection
                .prepare_cached("DELETE FROM traffic_day WHERE source_id = ?1 AND day = ?2")?
                .execute([source, day])?;
            rows += gone as u64;
        }
    }
    let sql = "DELETE FROM channel WHERE (source_id, host_id, peer, port, proto, service_id, is_served) IN
        (SELECT source_id, host_id, peer, port, proto, service_id, is_served FROM channel WHERE last_ts < ?1 LIMIT ?2)";
    let channels = connection.prepare_cached(sql)?.execute(params![before, most])? as u64;
    let is_left = oldest(connection)?.is_some_and(|day| (day.saturating_add(1) * DAY) as f64 <= before);
    if rows > 0 || channels > 0 {
        forget_hosts(connection, most)?;
    }
    Ok(Gone { rows, channels, is_done: channels < most as u64 && !is_left })
}

/// Forgets addresses that no day and no channel is of any more.
fn forget_hosts(connection: &Connection, most: i64) -> rusqlite::Result<()> {
    let day = oldest(connection)?.unwrap_or(i64::MAX);
    let idle = "SELECT id FROM traffic_host h WHERE last_day < ?1
        AND NOT EXISTS (SELECT 1 FROM channel WHERE host_id = h.id AND source_id IN (SELECT id FROM traffic_source)) LIMIT ?2";
    let hosts: Vec<i64> = connection
        .prepare_cached(idle)?
        .query_map(params![day, most], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for host in hosts {
        let of_host = "DELETE FROM channel_host WHERE host_id = ?1";
        connection.prepare_cached(of_host)?.execute([host])?;
        connection.prepare_cached("DELETE FROM traffic_host WHERE id = ?1")?.execute([host])?;
    }
    Ok(())
}
