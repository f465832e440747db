//! Writing what traffic comes to, in the transaction of the rows that it is of, and reading back what the next run goes on with.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use oddflow_rollups::{
    ChannelFigures, ChannelKey, Channels, Counts, DayCell, DayChanges, Distinct, Host, HostFigures, KnownDay,
    Moments, Proto, Service, Traffic, decode_hours,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::address::key_of;
use crate::batch::Batch;
use crate::error::StoreError;
use crate::records::stored_count;
use crate::store::Store;

mod check;

pub(crate) use check::first_mismatch;

/// The day of a host that is not counted now.
const NEVER: i64 = i64::MIN;
// Numbers in place of a host or a service.
pub(crate) const ALL: i64 = 0;
pub(crate) const OTHERS: i64 = 1;
pub(crate) const ELSEWHERE: i64 = 2;

impl Store {
    /// What a model has counted of a sensor's day; nothing where it has read none of it.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn traffic_known(&self, whose: (&str, &str), day: i64) -> Result<KnownDay, StoreError> {
        let sql = "SELECT d.host_id, h.address, d.service_id, s.name FROM traffic_day d
            JOIN traffic_source o ON o.id = d.source_id
            LEFT JOIN traffic_host h ON h.id = d.host_id LEFT JOIN traffic_service s ON s.id = d.service_id
            WHERE o.model_id = ?1 AND o.sensor = ?2 AND d.day = ?3 ORDER BY d.host_id, d.service_id";
        let read = || -> rusqlite::Result<KnownDay> {
            let mut select = self.connection.prepare_cached(sql)?;
            let cells = select
                .query_map(params![whose.0, whose.1, day], |row| Ok((host(row, 0)?, service(row, 2)?)))?;
            let cells: Vec<_> = cells.collect::<rusqlite::Result<_>>()?;
            // All ports that are counted by themselves are among those of all rows.
            let sql = "SELECT h.hours FROM traffic_day d JOIN traffic_hours h ON h.id = d.hours_id
                JOIN traffic_source o ON o.id = d.source_id
                WHERE o.model_id = ?1 AND o.sensor = ?2 AND d.day = ?3 AND d.service_id = 0 AND d.host_id = 0";
            let mut select = self.connection.prepare_cached(sql)?;
            let mut rows = select.query(params![whose.0, whose.1, day])?;
            let mut ports = Vec::new();
            if let Some(row) = rows.next()? {
                let hours = decode_hours(row.get_ref(0)?.as_blob()?).unwrap_or_default();
                ports.extend(hours.iter().flat_map(|hour| hour.ports.counts()).map(|port| port.key));
            }
            Ok(KnownDay { cells, ports })
        };
        read().map_err(|e| self.error(e))
    }

    /// The channels of a sensor's hosts as a model has counted them, with a share of the usual room.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn channels_known(&self, whose: (&str, &str), share: f64) -> Result<Channels, StoreError> {
        let mut channels = Channels::new(share);
        let mut read = || -> rusqlite::Result<()> {
            let Some(source) = source(&self.connection, whose)? else { return Ok(()) };
            let sql = "SELECT h.address, c.hour, c.times, c.displaced, c.uncounted FROM channel_host c
                JOIN traffic_host h ON h.id = c.host_id WHERE c.source_id = ?1";
            let mut select = self.connection.prepare_cached(sql)?;
            let mut rows = select.query([source])?;
            while let Some(row) = rows.next()? {
                let figures = HostFigures {
                    hour: row.get(1)?,
                    times: row.get(2)?,
                    displaced: row.get(3)?,
                    uncounted: row.get(4)?,
                };
                channels.restore_host(address(row, 0)?, figures);
            }
            // The latest first, should there be less room than there was.
            let sql = format!(
                "SELECT h.address, c.peer, c.port, c.proto, s.name, c.is_served, {FIGURES} FROM channel c
                JOIN traffic_host h ON h.id = c.host_id JOIN traffic_service s ON s.id = c.service_id
                WHERE c.source_id = ?1 ORDER BY c.last_ts DESC, c.host_id, c.peer, c.port, c.proto, c.service_id"
            );
            let mut select = self.connection.prepare_cached(&sql)?;
            let mut rows = select.query([source])?;
            while let Some(row) = rows.next()? {
                let key = ChannelKey {
                    host: address(row, 0)?,
                    peer: address(row, 1)?,
                    port: row.get(2)?,
                    proto: proto(row, 3)?,
                    service: row.get_ref(4)?.as_str()?.into(),
                    is_served: row.get(5)?,
                };
                channels.restore(&key, figures(row, 6)?);
            }
            Ok(())
        };
        read().map_err(|e| self.error(e))?;
        Ok(channels)
    }
}

impl Batch<'_> {
    /// Adds what came of a sensor's traffic to what a model has counted of it. The caller tells `traffic` when the batch is
    /// [committed](Batch::commit).
    ///
    /// # Errors
    ///
    /// Where the model is not registered, what is stored is damaged, or the write fails.
    pub fn traffic(&mut self, whose: (&str, &str), traffic: &mut Traffic) -> Result<(), StoreError> {
        let (rows, newest) = traffic.extent();
        if rows == 0 {
            return Ok(());
        }
        self.known_model(whose.0)?;
        let mut write = || -> rusqlite::Result<bool> {
            let connection = self.connection();
            let source = enter_source(connection, whose, newest)?;
            let mut writing = Writing { connection, source, hosts: HashMap::new(), services: HashMap::new() };
            for day in traffic.changes() {
                if !writing.day(&day)? {
                    return Ok(false);
                }
            }
            writing.channels(traffic.channels())?;
            Ok(true)
        };
        match write() {
            Ok(true) => Ok(()),
            Ok(false) => {
                let reason = "what was counted of a day's traffic can't be read".to_owned();
                Err(StoreError::Damaged { file: self.store().file().to_owned(), reason })
            }
            Err(error) => Err(self.error(error)),
        }
    }
}

/// The figures of a channel, in the order that [`figures`] reads.
pub(crate) const FIGURES: &str =
    "c.first_ts, c.last_ts, c.latest_ts, c.rows, c.orig_bytes, c.resp_bytes, c.gap_mean, c.gap_m2";

/// One commit's writing.
struct Writing<'b> {
    connection: &'b Connection,
    source: i64,
    /// Numbers of addresses, and the latest day on which each was counted.
    hosts: HashMap<IpAddr, (i64, i64)>,
    services: HashMap<String, i64>,
}

impl Writing<'_> {
    /// Adds to a day; `false` where what is stored of it is damaged.
    fn day(&mut self, day: &DayChanges<'_>) -> rusqlite::Result<bool> {
        let connection = self.connection;
        let mut select = connection.prepare_cached(
            "SELECT d.rows, d.failures, d.orig_bytes, d.resp_bytes, d.peak, d.peers, h.moments, h.hours, h.id
            FROM traffic_day d JOIN traffic_hours h ON h.id = d.hours_id
            WHERE d.source_id = ?1 AND d.day = ?2 AND d.service_id = ?3 AND d.host_id = ?4",
        )?;
        let mut write_day = connection.prepare_cached(
            "INSERT OR REPLACE INTO traffic_day (source_id, day, service_id, host_id, rows, failures, orig_bytes,
            resp_bytes, peak, peers, hours_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?;
        let mut insert_hours =
            connection.prepare_cached("INSERT INTO traffic_hours (moments, hours) VALUES (?1, ?2)")?;
        let mut update_hours =
            connection.prepare_cached("UPDATE traffic_hours SET moments = ?2, hours = ?3 WHERE id = ?1")?;
        let mut cells = Vec::new();
        for (host, service, new) in day.cells() {
            cells.push((self.service_of(&service)?, self.host_of(host, day.day)?, new));
        }
        // In the order of the tables, whose pages are filled one after the other then.
        cells.sort_by_key(|(service, host, _)| (*service, *host));
        for (service, host, new) in cells {
            let key = (self.source, day.day, service, host);
            let mut known = None;
            if !day.is_new {
                let stored = |row: &Row<'_>| Ok((row.get(8)?, cell(row)?));
                let stored: Option<(i64, Option<DayCell>)> =
                    select.query_row([key.0, key.1, key.2, key.3], stored).optional()?;
                if let Some((hours, stored)) = stored {
                    let Some(mut stored) = stored else { return Ok(false) };
                    if stored.merge(new).is_none() {
                        return Ok(false);
                    }
                    known = Some((hours, stored));
                }
            }
            let cell = known.as_ref().map_or(new, |(_, merged)| merged);
            let moments = cell.moments.as_ref().map_or_else(Vec::new, |moments| moments.encode());
            let hours = match &known {
                Some((hours, _)) => {
                    update_hours.execute(params![hours, moments, cell.hours])?;
                    *hours
                }
                None => insert_hours.insert(params![moments, cell.hours])?,
            };
            let Counts { rows, failures, orig_bytes, resp_bytes, peak } = cell.counts;
            let [rows, failures, orig_bytes, resp_bytes] =
                [rows, failures, orig_bytes, resp_bytes].map(stored_count);
            let peers = cell.peers.encode();
            write_day.execute(params![
                key.0, key.1, key.2, key.3, rows, failures, orig_bytes, resp_bytes, peak, peers, hours
            ])?;
        }
        Ok(true)
    }

    fn channels(&mut self, channels: &Channels) -> rusqlite::Result<()> {
        let connection = self.connection;
        let mut delete = connection.prepare_cached(
            "DELETE FROM channel WHERE source_id = ?1 AND host_id = ?2 AND peer = ?3 AND port = ?4 AND proto = ?5
            AND service_id = ?6 AND is_served = ?7",
        )?;
        for key in channels.removed() {
            let (host, service) = (self.address(key.host, NEVER)?, self.name(&key.service)?);
            let (peer, proto) = (key_of(key.peer), key.proto as u8);
            delete.execute(params![self.source, host, peer, key.port, proto, service, key.is_served])?;
        }
        let mut delete =
            connection.prepare_cached("DELETE FROM channel_host WHERE source_id = ?1 AND host_id = ?2")?;
        for host in channels.removed_hosts() {
            delete.execute([self.source, self.address(*host, NEVER)?])?;
        }
        let mut write = connection.prepare_cached(
            "INSERT OR REPLACE INTO channel (source_id, host_id, peer, port, proto, service_id, is_served, first_ts,
            last_ts, latest_ts, rows, orig_bytes, resp_bytes, gap_mean, gap_m2)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?;
        for (key, figures) in channels.changed() {
            let (host, service) = (self.address(key.host, NEVER)?, self.name(&key.service)?);
            let [rows, orig_bytes, resp_bytes] =
                [figures.rows, figures.orig_bytes, figures.resp_bytes].map(stored_count);
            write.execute(params![
                self.source,
                host,
                key_of(key.peer),
                key.port,
                key.proto as u8,
                service,
                key.is_served,
                figures.first,
                figures.last,
                figures.latest,
                rows,
                orig_bytes,
                resp_bytes,
                figures.gap_mean,
                figures.gap_m2,
            ])?;
        }
        let mut write = connection.prepare_cached(
            "INSERT OR REPLACE INTO channel_host (source_id, host_id, hour, times, displaced, uncounted)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        for (host, figures) in channels.changed_hosts() {
            let HostFigures { hour, times, displaced, uncounted } = *figures;
            let host = self.address(host, NEVER)?;
            let [displaced, uncounted] = [displaced, uncounted].map(stored_count);
            write.execute(params![self.source, host, hour, times, displaced, uncounted])?;
        }
        Ok(())
    }

    /// The number of a host that is counted on a day.
    fn host_of(&mut self, host: Host, day: i64) -> rusqlite::Result<i64> {
        match host {
            Host::All => Ok(ALL),
            Host::Others => Ok(OTHERS),
            Host::Elsewhere => Ok(ELSEWHERE),
            Host::At(address) => self.address(address, day),
        }
    }

    fn service_of(&mut self, service: &Service) -> rusqlite::Result<i64> {
        match service {
            Service::All => Ok(ALL),
            Service::Others => Ok(OTHERS),
            Service::Named(name) => self.name(name),
        }
    }

    /// The number of an address, a new one where it has none.
    fn address(&mut self, address: IpAddr, day: i64) -> rusqlite::Result<i64> {
        if let Some((known, last)) = self.hosts.get(&address)
            && *last >= day
        {
            return Ok(*known);
        }
        let sql = "SELECT id, last_day FROM traffic_host WHERE address = ?1";
        let key = key_of(address);
        let known: Option<(i64, i64)> = self
            .connection
            .prepare_cached(sql)?
            .query_row([key], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (id, last) = match known {
            Some((id, last)) if last >= day => (id, last),
            Some((id, _)) => {
                let update = "UPDATE traffic_host SET last_day = ?2 WHERE id = ?1";
                self.connection.prepare_cached(update)?.execute([id, day])?;
                (id, day)
            }
            None => {
                let insert = "INSERT INTO traffic_host (id, address, last_day)
                    VALUES ((SELECT coalesce(max(id), ?1) + 1 FROM traffic_host), ?2, ?3) RETURNING id";
                let mut insert = self.connection.prepare_cached(insert)?;
                (insert.query_row(params![ELSEWHERE, key, day], |row| row.get(0))?, day)
            }
        };
        self.hosts.insert(address, (id, last));
        Ok(id)
    }

    /// The number of a service, a new one where it has none.
    fn name(&mut self, name: &str) -> rusqlite::Result<i64> {
        if let Some(known) = self.services.get(name) {
            return Ok(*known);
        }
        let known = self
            .connection
            .prepare_cached("SELECT id FROM traffic_service WHERE name = ?1")?
            .query_row([name], |row| row.get(0))
            .optional()?;
        let id = match known {
            Some(id) => id,
            None => self
                .connection
                .prepare_cached(
                    "INSERT INTO traffic_service (id, name)
                    VALUES ((SELECT coalesce(max(id), ?1) + 1 FROM traffic_service), ?2) RETURNING id",
                )?
                .query_row(params![OTHERS, name], |row| row.get(0))?,
        };
        self.services.insert(name.to_owned(), id);
        Ok(id)
    }
}

/// The number of what a model counts of a sensor.
pub(crate) fn source(
    connection: &Connection,
    (model, sensor): (&str, &str),
) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT id FROM traffic_source WHERE model_id = ?1 AND sensor = ?2")?
        .query_row([model, sensor], |row| row.get(0))
        .optional()
}

fn enter_source(
    connection: &Connection,
    (model, sensor): (&str, &str),
    newest: f64,
) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO traffic_source (model_id, sensor, turn, newest)
        VALUES (?1, ?2, (SELECT coalesce(max(turn), 0) + 1 FROM traffic_source), ?3)
        ON CONFLICT (model_id, sensor) DO UPDATE SET turn = excluded.turn, newest = max(newest, excluded.newest)
        RETURNING id";
    connection.prepare_cached(sql)?.query_row(params![model, sensor, newest], |row| row.get(0))
}

/// What is stored of a day, a host and a service; `None` where it is damaged.
fn cell(row: &Row<'_>) -> rusqlite::Result<Option<DayCell>> {
    let moments = row.get_ref(6)?.as_blob()?;
    let has_moments = !moments.is_empty();
    let moments = if has_moments { Moments::decode(moments).map(Box::new) } else { None };
    let counts = Counts {
        rows: row.get(0)?,
        failures: row.get(1)?,
        orig_bytes: row.get(2)?,
        resp_bytes: row.get(3)?,
        peak: row.get(4)?,
    };
    let peers = Distinct::decode(row.get_ref(5)?.as_blob()?);
    let Some(peers) = peers.filter(|_| moments.is_some() == has_moments) else { return Ok(None) };
    Ok(Some(DayCell { counts, peers, moments, hours: row.get_ref(7)?.as_blob()?.to_vec() }))
}

/// The address of a key.
pub(crate) fn address(row: &Row<'_>, column: usize) -> rusqlite::Result<IpAddr> {
    let key: [u8; 16] = row.get(column)?;
    Ok(Ipv6Addr::from(key).to_canonical())
}

/// A transport by its number.
pub(crate) fn proto(row: &Row<'_>, column: usize) -> rusqlite::Result<Proto> {
    let number: usize = row.get(column)?;
    Proto::ALL.get(number).copied().ok_or(rusqlite::Error::IntegralValueOutOfRange(column, number as i64))
}

/// A host by its number and the key of its address.
fn host(row: &Row<'_>, column: usize) -> rusqlite::Result<Host> {
    Ok(match row.get(column)? {
        ALL => Host::All,
        OTHERS => Host::Others,
        ELSEWHERE => Host::Elsewhere,
        _ => Host::At(address(row, column + 1)?),
    })
}

/// A service by its number and its name.
fn service(row: &Row<'_>, column: usize) -> rusqlite::Result<Service> {
    Ok(match row.get(column)? {
        ALL => Service::All,
        OTHERS => Service::Others,
        _ => Service::Named(row.get_ref(column + 1)?.as_str()?.into()),
    })
}

/// The figures of a channel.
pub(crate) fn figures(row: &Row<'_>, column: usize) -> rusqlite::Result<ChannelFigures> {
    Ok(ChannelFigures {
        first: row.get(column)?,
        last: row.get(column + 1)?,
        latest: row.get(column + 2)?,
        rows: row.get(column + 3)?,
        orig_bytes: row.get(column + 4)?,
        resp_bytes: row.get(column + 5)?,
        gap_mean: row.get(column + 6)?,
        gap_m2: row.get(column + 7)?,
    })
}
