//! Whether what was counted adds up.

use oddflow_rollups::{Counts, Distinct, decode_hours};
use rusqlite::{Connection, OptionalExtension};

/// The first thing that doesn't, in words.
pub(crate) fn first_mismatch(connection: &Connection) -> rusqlite::Result<Option<String>> {
    // Services, of all hosts and of each.
    let sums = "SELECT day FROM traffic_day GROUP BY source_id, day, host_id
        HAVING sum(CASE WHEN service_id = 0 THEN rows ELSE 0 END) <> sum(CASE WHEN service_id = 0 THEN 0 ELSE rows END)";
    let unequal: Option<i64> = connection.prepare_cached(sums)?.query_row([], |row| row.get(0)).optional()?;
    if let Some(day) = unequal {
        return Ok(Some(format!("the traffic of day {day} is not that of its services")));
    }
    let alone =
        "SELECT (SELECT count(*) FROM traffic_hours) <> (SELECT count(DISTINCT hours_id) FROM traffic_day)
        OR EXISTS (SELECT 1 FROM traffic_day WHERE hours_id NOT IN (SELECT id FROM traffic_hours))
        OR (SELECT count(*) FROM traffic_hours) <> (SELECT count(*) FROM traffic_day)";
    if connection.prepare_cached(alone)?.query_row([], |row| row.get(0))? {
        return Ok(Some("days of traffic and their hours are not of the same".to_owned()));
    }
    let mut select = connection.prepare_cached(
        "SELECT day, rows, failures, orig_bytes, resp_bytes, peak, peers, hours
        FROM traffic_day JOIN traffic_hours ON id = hours_id",
    )?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let stored: [i64; 4] = [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?];
        let adds_up = decode_hours(row.get_ref(7)?.as_blob()?).is_some_and(|hours| {
            let mut counts = Counts::default();
            hours.iter().for_each(|hour| counts.merge(&hour.counts()));
            let Counts { rows, failures, orig_bytes, resp_bytes, peak } = counts;
            let counted = [rows, failures, orig_bytes, resp_bytes].map(crate::records::stored_count);
            counted == stored && row.get(5) == Ok(peak)
        });
        if !adds_up || Distinct::decode(row.get_ref(6)?.as_blob()?).is_none() {
            let day: i64 = row.get(0)?;
            return Ok(Some(format!("the traffic of day {day} is not that of its hours")));
        }
    }
    let mut unknown = connection.prepare_cached(
        "SELECT 1 FROM traffic_day WHERE host_id > 2 AND host_id NOT IN (SELECT id FROM traffic_host)
            OR service_id > 1 AND service_id NOT IN (SELECT id FROM traffic_service)
        UNION ALL SELECT 1 FROM channel WHERE host_id NOT IN (SELECT id FROM traffic_host)
            OR service_id NOT IN (SELECT id FROM traffic_service)",
    )?;
    Ok(unknown.exists([])?.then(|| "traffic is of a host or a service that nobody knows".to_owned()))
}
