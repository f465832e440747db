//! Services and local hosts of a period.

use std::collections::BTreeMap;

use oddflow_rollups::{Counts, Distinct, HALF, Hour, decode_hours};
use rusqlite::{Connection, Row, params};

use super::answers::{HostSort, HostTraffic, HostsTraffic, ServiceTraffic, TrafficQuery, TrafficTotals};
use super::damaged;
use super::period::Part;
use super::sources::{Chosen, host_name, service_name};
use crate::error::StoreError;
use crate::rollups::{ALL, ELSEWHERE, OTHERS};
use crate::store::Store;

/// What a service or a host comes to.
#[derive(Default)]
struct Ranked {
    counts: Counts,
    peers: Distinct,
    /// The first and the last day, of which source.
    days: Option<[(i64, i64); 2]>,
}

/// Of which the figures are: all services of some hosts, or all hosts of some services.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Service,
    Host,
}

/// Adds up what services or hosts come to, by their numbers.
fn ranked(connection: &Connection, chosen: &Chosen, by: By) -> rusqlite::Result<BTreeMap<i64, Ranked>> {
    let mut all: BTreeMap<i64, Ranked> = BTreeMap::new();
    let sql = |joined: &str, hours: &str, of: &str| {
        format!(
            "SELECT d.service_id, d.host_id, d.rows, d.failures, d.orig_bytes, d.resp_bytes, d.peak, d.peers {hours}
            FROM traffic_day d {joined} WHERE d.source_id = ?1 AND d.day = ?2 AND {of}"
        )
    };
    let joined = "JOIN traffic_hours h ON h.id = d.hours_id";
    // Of one service all hosts lie together; of one host services are few.
    let of = match by {
        By::Host => "d.service_id = ?3 AND d.host_id > 0",
        By::Service => {
            "d.service_id > 0 AND d.service_id IN (SELECT id FROM traffic_service UNION SELECT 1) AND d.host_id = ?3"
        }
    };
    let mut whole = connection.prepare_cached(&sql("", "", of))?;
    let mut partial = connection.prepare_cached(&sql(joined, ", h.hours", of))?;
    let fixed = if by == By::Host { &chosen.services } else { &chosen.hosts };
    let has_all_services = chosen.services == [ALL];
    for source in &chosen.sources {
        for day in chosen.days(connection, source.id)? {
            let part = chosen.period.part(day);
            let select = if part.is_whole() { &mut whole } else { &mut partial };
            for fixed in fixed {
                let mut rows = select.query(params![source.id, day, fixed])?;
                while let Some(row) = rows.next()? {
                    let (service, host): (i64, i64) = (row.get(0)?, row.get(1)?);
                    let is_meant = match by {
                        By::Host => chosen.has_all_hosts() || chosen.hosts.binary_search(&host).is_ok(),
                        By::Service => has_all_services || chosen.services.contains(&service),
                    };
                    if !is_meant {
                        continue;
                    }
                    let counts =
                        if part.is_whole() { counts(row)? } else { counts_within(part, &hours(row, 8)?) };
                    if counts.rows == 0 {
                        continue;
                    }
                    let of = all.entry(if by == By::Host { host } else { service }).or_default();
                    of.counts.merge(&counts);
                    of.peers.merge(&Distinct::decode(row.get_ref(7)?.as_blob()?).ok_or_else(damaged)?);
                    let here = (day, source.id);
                    let [first, last] = of.days.unwrap_or([here, here]);
                    of.days = Some([first.min(here), last.max(here)]);
                }
            }
        }
    }
    Ok(all)
}

fn counts(row: &Row<'_>) -> rusqlite::Result<Counts> {
    Ok(Counts {
        rows: row.get(2)?,
        failures: row.get(3)?,
        orig_bytes: row.get(4)?,
        resp_bytes: row.get(5)?,
        peak: row.get(6)?,
    })
}

fn hours(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<Hour>> {
    decode_hours(row.get_ref(column)?.as_blob()?).ok_or_else(damaged)
}

/// The halves of hours within a part of their day, with the times at which they begin.
fn within(part: Part, hours: &[Hour]) -> impl DoubleEndedIterator<Item = (i64, &Counts)> {
    let halves = hours.iter().flat_map(move |hour| {
        hour.halves.iter().enumerate().map(move |(half, counts)| (part.time(hour.number, half), counts))
    });
    halves.filter_map(|(time, counts)| Some((time?, counts)).filter(|_| counts.rows > 0))
}

fn counts_within(part: Part, hours: &[Hour]) -> Counts {
    let mut sum = Counts::default();
    within(part, hours).for_each(|(_, counts)| sum.merge(counts));
    sum
}

/// When something was seen first and last, of its first and its last day.
fn seen(
    connection: &Connection,
    chosen: &Chosen,
    ranked: &Ranked,
    cells: &[(i64, i64)],
) -> rusqlite::Result<(f64, f64)> {
    let mut select = connection.prepare_cached(
        "SELECT h.hours FROM traffic_day d JOIN traffic_hours h ON h.id = d.hours_id
                WHERE d.source_id = ?1 AND d.day = ?2 AND d.service_id = ?3 AND d.host_id = ?4",
    )?;
    let mut found: Option<(i64, i64)> = None;
    for (day, source) in ranked.days.into_iter().flatten() {
        for (service, host) in cells {
            let mut rows = select.query(params![source, day, service, host])?;
            let Some(row) = rows.next()? else { continue };
            let hours = hours(row, 0)?;
            let mut halves = within(chosen.period.part(day), &hours);
            let Some((first, _)) = halves.next() else { continue };
            let last = halves.next_back().map_or(first, |(last, _)| last) + HALF;
            let (a, b) = found.unwrap_or((first, last));
            found = Some((a.min(first), b.max(last)));
        }
    }
    let (first, last) = found.unwrap_or_default();
    Ok((first as f64, last as f64))
}

impl Store {
    /// Services, the busiest first, at most `limit`.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn traffic_services(
        &self,
        query: &TrafficQuery,
        limit: usize,
    ) -> Result<Vec<ServiceTraffic>, StoreError> {
        let read = || -> rusqlite::Result<Vec<ServiceTraffic>> {
            let connection = &self.connection;
            let chosen = Chosen::of(connection, query)?;
            let mut all: Vec<(i64, Ranked)> = ranked(connection, &chosen, By::Service)?.into_iter().collect();
            all.sort_by_key(|(service, ranked)| (std::cmp::Reverse(ranked.counts.rows), *service));
            let service = |(service, ranked): (i64, Ranked)| {
                let cells: Vec<(i64, i64)> = chosen.hosts.iter().map(|host| (service, *host)).collect();
                let (first, last) = seen(connection, &chosen, &ranked, &cells)?;
                Ok(ServiceTraffic {
                    service: service_name(connection, service)?,
                    totals: ranked.counts.into(),
                    peers: ranked.peers.count(),
                    first,
                    last,
                })
            };
            all.into_iter().take(limit).map(service).collect()
        };
        read().map_err(|e| self.error(e))
    }

    /// Local hosts: `limit` of them behind the first `skip`.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn traffic_hosts(
        &self,
        query: &TrafficQuery,
        sort: HostSort,
        (skip, limit): (usize, usize),
    ) -> Result<HostsTraffic, StoreError> {
        let read = || -> rusqlite::Result<HostsTraffic> {
            let connection = &self.connection;
            let chosen = Chosen::of(connection, query)?;
            let mut all = ranked(connection, &chosen, By::Host)?;
            let mut totals =
                |host| all.remove(&host).map(|ranked| TrafficTotals::from(ranked.counts)).unwrap_or_default();
            let (others, elsewhere) = (totals(OTHERS), totals(ELSEWHERE));
            let mut ranked: Vec<(i64, Ranked)> = all.into_iter().collect();
            let worth = |of: &Ranked| match sort {
                HostSort::Rows => of.counts.rows as f64,
                HostSort::Bytes => of.counts.bytes() as f64,
                HostSort::Failures => of.counts.failures as f64,
                HostSort::Peers => of.peers.count() as f64,
                HostSort::Peak => f64::from(of.counts.peak),
                HostSort::Newest => of.days.map_or(0.0, |[_, (day, _)]| day as f64),
            };
            let mut order: Vec<(f64, usize)> =
                ranked.iter().enumerate().map(|(place, (_, of))| (worth(of), place)).collect();
            order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            let count = ranked.len() as u64;
            let mut hosts = Vec::new();
            for (_, place) in order.into_iter().skip(skip).take(limit) {
                let (host, of) = (ranked[place].0, std::mem::take(&mut ranked[place].1));
                let Some(name) = host_name(connection, host)? else { continue };
                let cells: Vec<(i64, i64)> = chosen.services.iter().map(|service| (*service, host)).collect();
                let (first, last) = seen(connection, &chosen, &of, &cells)?;
                let (totals, peers) = (of.counts.into(), of.peers.count());
                hosts.push(HostTraffic { host: name, totals, peers, first, last });
            }
            Ok(HostsTraffic { hosts, count, others, elsewhere })
        };
        read().map_err(|e| self.error(e))
    }
}
