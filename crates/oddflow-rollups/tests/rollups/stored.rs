//! A store in memory: what was committed, and runs that go on from it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use oddflow_rollups::{
    ChannelFigures, ChannelKey, Channels, ChunkBuilder, ChunkRows, DayCell, Host, HostFigures, KnownDay,
    Places, Proto, Seen, Service, Traffic, address_key, decode_hours, service_key,
};
use zeek_log::ConnRecord;

/// A row to be counted.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) orig: (IpAddr, bool),
    pub(crate) resp: (IpAddr, bool),
    pub(crate) port: u16,
    pub(crate) service: &'static str,
    pub(crate) end: f64,
    pub(crate) bytes: u64,
    pub(crate) has_failed: bool,
    pub(crate) score: f32,
}

impl Row {
    fn record(&self) -> ConnRecord<'static> {
        let bare = ConnRecord::bare(self.end, (self.orig.0, 40_000), (self.resp.0, self.port), "tcp");
        ConnRecord {
            service: Some(self.service),
            duration: Some(0.5),
            orig_bytes: Some(self.bytes),
            resp_bytes: Some(2 * self.bytes),
            orig_pkts: Some(3),
            resp_pkts: Some(self.bytes / 10),
            ..bare
        }
    }
}

pub(crate) fn chunk(rows: &[Row]) -> ChunkRows {
    let mut builder = ChunkBuilder::new(rows.len());
    for row in rows {
        let record = row.record();
        let seen = Seen {
            end: row.end,
            keys: [record.orig_h, record.resp_h].map(address_key),
            service: service_key(row.service),
            proto: Proto::of(record.proto),
            is_orig_local: row.orig.1,
            is_resp_local: row.resp.1,
            has_failed: row.has_failed,
        };
        builder.push(&record, &seen);
    }
    builder.finish()
}

/// What was committed.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Stored {
    pub(crate) cells: BTreeMap<(i64, Host, Service), DayCell>,
    pub(crate) channels: BTreeMap<ChannelKey, ChannelFigures>,
    pub(crate) hosts: BTreeMap<IpAddr, HostFigures>,
}

impl Stored {
    /// A run that goes on from here.
    pub(crate) fn traffic(&self) -> Traffic {
        let mut channels = Channels::new(1.0);
        self.hosts.iter().for_each(|(host, figures)| channels.restore_host(*host, *figures));
        for (key, figures) in &self.channels {
            channels.restore(key, *figures);
        }
        Traffic::new(channels, 1.0)
    }

    fn known(&self, day: i64) -> KnownDay {
        let of_day = self.cells.keys().filter(|(of, ..)| *of == day);
        let all = self.cells.get(&(day, Host::All, Service::All));
        let hours = all.map(|cell| decode_hours(&cell.hours).expect("whole")).unwrap_or_default();
        let ports = hours.iter().flat_map(|hour| hour.ports.counts()).map(|port| port.key).collect();
        KnownDay { cells: of_day.map(|(_, host, service)| (*host, service.clone())).collect(), ports }
    }

    /// Counts the rows of a chunk.
    pub(crate) fn count(&self, traffic: &mut Traffic, rows: &[Row]) {
        let chunk = chunk(rows);
        let mut places = Places::default();
        chunk.days().for_each(|day| traffic.know(day, &self.known(day)));
        for (place, row) in rows.iter().enumerate() {
            traffic.add((&chunk, &mut places), place, row.score);
        }
        traffic.tidy();
    }

    pub(crate) fn commit(&mut self, traffic: &mut Traffic) {
        for day in traffic.changes() {
            for (host, service, cell) in day.cells() {
                let known = self.cells.entry((day.day, host, service));
                match known {
                    std::collections::btree_map::Entry::Vacant(place) => {
                        place.insert(cell.clone());
                    }
                    std::collections::btree_map::Entry::Occupied(known) => {
                        assert!(!day.is_new);
                        known.into_mut().merge(cell).expect("whole");
                    }
                }
            }
        }
        let channels = traffic.channels();
        for key in channels.removed() {
            assert!(self.channels.remove(&key).is_some(), "{key:?} was stored");
        }
        for host in channels.removed_hosts() {
            self.hosts.remove(host);
        }
        self.channels.extend(channels.changed().map(|(key, figures)| (key, *figures)));
        self.hosts.extend(channels.changed_hosts().map(|(host, figures)| (host, *figures)));
        assert_eq!(channels.len(), self.channels.len());
        traffic.committed();
    }

    /// What rows come to: cut into chunks of so many rows, committed after so many chunks, by a new run after so many commits.
    pub(crate) fn of(rows: &[Row], [a_chunk, a_commit, a_run]: [usize; 3]) -> Self {
        let mut stored = Self::default();
        let chunks: Vec<&[Row]> = rows.chunks(a_chunk).collect();
        let commits: Vec<&[&[Row]]> = chunks.chunks(a_commit).collect();
        for run in commits.chunks(a_run) {
            let mut traffic = stored.traffic();
            for commit in run {
                commit.iter().for_each(|rows| stored.count(&mut traffic, rows));
                stored.commit(&mut traffic);
            }
        }
        stored
    }

    pub(crate) fn rows(&self, host: Host, service: &Service) -> u64 {
        let cells = self.cells.iter().filter(|((_, of, named), _)| *of == host && named == service);
        cells.map(|(_, cell)| cell.counts.rows).sum()
    }
}
