//! The channels of a local host.

use std::collections::BTreeMap;
use std::net::IpAddr;

use oddflow_rollups::{ChannelFigures, Proto};
use rusqlite::params;

use super::answers::{Channel, ChannelQuery, ChannelSort, Channels};
use super::series::start;
use super::sources::{hosts_in, sources};
use crate::address::Network;
use crate::error::StoreError;
use crate::rollups::{FIGURES, address, figures, proto};
use crate::store::Store;

/// Connections from which on a rhythm is one.
const STEADY: u64 = 10;

/// Peer, port, transport, service, and whether the host serves it.
type Key = (IpAddr, u16, Proto, String, bool);

impl Store {
    /// The channels of a local host.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn traffic_channels(&self, query: &ChannelQuery) -> Result<Channels, StoreError> {
        let mut answer = Channels::default();
        let mut all: BTreeMap<Key, ChannelFigures> = BTreeMap::new();
        let mut since: Option<i64> = None;
        let mut read = || -> rusqlite::Result<()> {
            let connection = &self.connection;
            let Some(host) = hosts_in(connection, &Network::host(query.host))?.first().copied() else {
                return Ok(());
            };
            let sql = format!(
                "SELECT c.peer, c.port, c.proto, s.name, c.is_served, {FIGURES} FROM channel c
                JOIN traffic_service s ON s.id = c.service_id WHERE c.source_id = ?1 AND c.host_id = ?2"
            );
            let mut select = connection.prepare_cached(&sql)?;
            let mut lost = connection.prepare_cached(
                "SELECT coalesce(sum(displaced), 0), coalesce(sum(uncounted), 0) FROM channel_host
                WHERE source_id = ?1 AND host_id = ?2",
            )?;
            let mut first =
                connection.prepare_cached("SELECT min(day) FROM traffic_day WHERE source_id = ?1")?;
            for source in sources(connection, (query.model.as_deref(), query.sensor.as_deref()))? {
                let mut rows = select.query(params![source.id, host])?;
                while let Some(row) = rows.next()? {
                    let service = row.get(3)?;
                    let key = (address(row, 0)?, row.get(1)?, proto(row, 2)?, service, row.get(4)?);
                    let figures = figures(row, 5)?;
                    all.entry(key).and_modify(|known| known.merge(&figures)).or_insert(figures);
                }
                let (displaced, uncounted): (u64, u64) =
                    lost.query_row(params![source.id, host], |row| Ok((row.get(0)?, row.get(1)?)))?;
                answer.displaced += displaced;
                answer.uncounted += uncounted;
                let day: Option<i64> = first.query_row([source.id], |row| row.get(0))?;
                since = since.into_iter().chain(day).min();
            }
            Ok(())
        };
        read().map_err(|e| self.error(e))?;
        let is_within = |figures: &ChannelFigures| {
            query.from.is_none_or(|from| figures.last >= from) && query.to.is_none_or(|to| figures.first < to)
        };
        let mut found: Vec<(Key, ChannelFigures)> =
            all.into_iter().filter(|(_, figures)| is_within(figures)).collect();
        let rows = |of: &ChannelFigures| -(of.rows as f64);
        let worth = |of: &ChannelFigures| match query.sort {
            ChannelSort::Rows => rows(of),
            ChannelSort::Bytes => -(of.orig_bytes.saturating_add(of.resp_bytes) as f64),
            ChannelSort::New => -of.first,
            // No variation is as large as this.
            ChannelSort::Rhythm => of.gap().1.filter(|_| of.rows >= STEADY).unwrap_or(1e300),
        };
        // Those that are equal stay in the order of their keys.
        found.sort_by(|(_, a), (_, b)| worth(a).total_cmp(&worth(b)).then(rows(a).total_cmp(&rows(b))));
        answer.count = found.len() as u64;
        let began = since.map(|day| start(day) as f64);
        let channel = |((peer, port, proto, service, is_served), of): (Key, ChannelFigures)| {
            let (gap, gap_cv) = of.gap();
            Channel {
                peer: peer.to_string(),
                port,
                proto: proto.name().to_owned(),
                service,
                is_served,
                rows: of.rows,
                orig_bytes: of.orig_bytes,
                resp_bytes: of.resp_bytes,
                first: of.first,
                last: of.last,
                gap,
                gap_cv,
                is_new: query
                    .from
                    .is_some_and(|from| of.first >= from && began.is_some_and(|began| began < from)),
            }
        };
        answer.channels = found.into_iter().take(query.limit).map(channel).collect();
        Ok(answer)
    }
}
