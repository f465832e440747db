//! Whose rows a query is answered from, and how hosts, services and days are found among them.

use rusqlite::{Connection, OptionalExtension, params};

use super::answers::TrafficQuery;
use super::period::Period;
use crate::address::Network;
use crate::rollups::{ALL, ELSEWHERE, OTHERS};

/// What a model has counted of a sensor.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Source {
    pub(super) id: i64,
    pub(super) newest: f64,
}

/// The sources of a query: see the [module](super).
pub(super) fn sources(
    connection: &Connection,
    (model, sensor): (Option<&str>, Option<&str>),
) -> rusqlite::Result<Vec<Source>> {
    let sql = "WITH used AS (
            SELECT model_id FROM model_event WHERE event = 'activated'
            UNION SELECT model_id FROM model_role WHERE role = 'active'
        ), known AS (
            SELECT s.id, s.sensor, s.turn, s.newest, s.model_id, s.model_id IN (SELECT model_id FROM used) AS is_used
            FROM traffic_source s WHERE ?2 IS NULL OR s.sensor = ?2
        )
        SELECT id, newest FROM known k WHERE CASE
            WHEN ?1 IS NOT NULL THEN model_id = ?1
            WHEN EXISTS (SELECT 1 FROM known o WHERE o.sensor = k.sensor AND o.is_used) THEN is_used
            ELSE turn = (SELECT max(o.turn) FROM known o WHERE o.sensor = k.sensor) END
        ORDER BY id";
    let mut select = connection.prepare_cached(sql)?;
    let source = |row: &rusqlite::Row<'_>| Ok(Source { id: row.get(0)?, newest: row.get(1)? });
    select.query_map(params![model, sensor], source)?.collect()
}

/// What a query is about, in the numbers of the tables.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) sources: Vec<Source>,
    pub(super) period: Period,
    /// [`ALL`] by itself where no host was asked for.
    pub(super) hosts: Vec<i64>,
    /// [`ALL`] by itself where no service was asked for.
    pub(super) services: Vec<i64>,
}

impl Chosen {
    pub(super) fn of(connection: &Connection, query: &TrafficQuery) -> rusqlite::Result<Self> {
        let whose = (query.model.as_deref(), query.sensor.as_deref());
        Ok(Self {
            sources: sources(connection, whose)?,
            period: Period::new(query.from, query.to),
            hosts: match &query.host {
                Some(network) => hosts_in(connection, network)?,
                None => vec![ALL],
            },
            services: match &query.service {
                Some(name) => services_named(connection, name)?,
                None => vec![ALL],
            },
        })
    }

    /// Whether it is about all hosts.
    pub(super) fn has_all_hosts(&self) -> bool {
        self.hosts == [ALL]
    }

    /// The days of a source with rows, as far as they are touched.
    pub(super) fn days(&self, connection: &Connection, source: i64) -> rusqlite::Result<Vec<i64>> {
        // Each step is one look into the index, however many rows a day has.
        let sql = "WITH RECURSIVE days (day) AS (
                SELECT min(day) FROM traffic_day WHERE source_id = ?1 AND day >= ?2
                UNION ALL
                SELECT (SELECT min(day) FROM traffic_day WHERE source_id = ?1 AND day > days.day)
                FROM days WHERE days.day IS NOT NULL
            ) SELECT day FROM days WHERE day IS NOT NULL AND day <= ?3";
        let (first, last) = self.period.days();
        if first > last {
            return Ok(Vec::new());
        }
        let mut select = connection.prepare_cached(sql)?;
        select.query_map(params![source, first, last], |row| row.get(0))?.collect()
    }
}

/// The numbers of local hosts in a network.
pub(super) fn hosts_in(connection: &Connection, network: &Network) -> rusqlite::Result<Vec<i64>> {
    let (low, high) = network.range();
    let mut select = connection
        .prepare_cached("SELECT id FROM traffic_host WHERE address BETWEEN ?1 AND ?2 ORDER BY id")?;
    select.query_map(params![low, high], |row| row.get(0))?.collect()
}

/// The numbers of services of that name, by itself or with others.
fn services_named(connection: &Connection, name: &str) -> rusqlite::Result<Vec<i64>> {
    let mut select = connection.prepare_cached("SELECT id, name FROM traffic_service ORDER BY id")?;
    let mut rows = select.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let known = row.get_ref(1)?.as_str()?;
        if known == name || known.split(',').any(|part| part == name) {
            found.push(row.get(0)?);
        }
    }
    if name == OTHER_SERVICES {
        found.push(OTHERS);
    }
    Ok(found)
}

/// What services are called that are beyond the most of a day.
pub(super) const OTHER_SERVICES: &str = "(others)";

/// The name of a service.
pub(super) fn service_name(connection: &Connection, service: i64) -> rusqlite::Result<String> {
    let known = connection
        .prepare_cached("SELECT name FROM traffic_service WHERE id = ?1")?
        .query_row([service], |row| row.get(0))
        .optional()?;
    Ok(known.unwrap_or_else(|| OTHER_SERVICES.to_owned()))
}

/// The address of a host; `None` for what is none.
pub(super) fn host_name(connection: &Connection, host: i64) -> rusqlite::Result<Option<String>> {
    if host <= ELSEWHERE {
        return Ok(None);
    }
    connection
        .prepare_cached("SELECT address FROM traffic_host WHERE id = ?1")?
        .query_row([host], |row| crate::rollups::address(row, 0).map(|address| address.to_string()))
        .optional()
}
