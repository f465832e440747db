//! What the rows of a sensor come to, added up in their order, until it is stored.
//!
//! Rows are counted by hour, host and service. From time to time, and before it is stored, all of it is *sealed*: what an hour comes to is
//! encoded as part of its day, and added to the sums over all hosts, over all services, and over both. What is stored of a day is added to what
//! was stored before.
//!
//! Invariants: each row is in the sums over all hosts once. When it is sealed and stored changes nothing. Of each day it is told what is
//! stored before a row of it comes.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;

use crate::cell::{DayCell, Host, Service};
use crate::channels::{Channels, Connection, Handle};
use crate::chunk::{ChunkRows, NONE};
use crate::day::{Day, ELSEWHERE, FIRST_HOST, KnownDay, OTHERS};
use crate::open::{HourKey, Open};
use crate::ports::PortCount;

/// Hours of hosts and services after which they are sealed.
const MOST_HOURS: usize = 4096;
/// Rows after which they are.
const MOST_ROWS: usize = 1 << 16;
/// Bytes that wait to be stored, beyond which they should be.
const MOST_WAITING: usize = 8 << 20;

/// What is to be stored of a day.
#[derive(Debug)]
pub struct DayChanges<'t> {
    /// Days since 1970, UTC.
    pub day: i64,
    /// Whether nothing was stored of it before.
    pub is_new: bool,
    cells: &'t HashMap<(u32, u32), DayCell, RandomState>,
    known: &'t Day,
}

impl<'t> DayChanges<'t> {
    /// What is added to each host and service, in an order that depends on the rows alone.
    pub fn cells(&self) -> impl Iterator<Item = (Host, Service, &'t DayCell)> {
        let mut keys: Vec<(u32, u32)> = self.cells.keys().copied().collect();
        keys.sort_unstable();
        let (cells, known) = (self.cells, self.known);
        keys.into_iter().map(move |key| (known.host(key.0), known.service(key.1), &cells[&key]))
    }
}

/// Where the rows of a chunk are counted, as far as it is known.
#[derive(Debug, Default)]
pub struct Places {
    hours: Vec<u32>,
    channels: Vec<ChannelPlace>,
    services: Vec<Option<u16>>,
    round: u64,
}

#[derive(Clone, Copy, Debug)]
enum ChannelPlace {
    Unknown,
    /// Its peer is counted; it has no room of its own, or had none.
    Nowhere,
    At(Handle),
}

/// The traffic of a sensor.
#[derive(Debug)]
pub struct Traffic {
    share: f64,
    days: BTreeMap<i64, Day>,
    open: Open,
    /// How often it was sealed: places are of one round.
    round: u64,
    channels: Channels,
    waiting: usize,
    rows: u64,
    /// Of these, so many are sealed.
    sealed_rows: u64,
    newest: f64,
    /// The day of the last row.
    last_day: i64,
}

impl Places {
    /// Makes them ready for another chunk.
    pub fn clear(&mut self) {
        self.hours.clear();
        self.channels.clear();
        self.services.clear();
    }
}

impl Traffic {
    /// No rows yet; channels as the store has them. `share` is that of the usual memory which may be taken until it is stored: it says how
    /// often that must be, not what is counted.
    #[must_use]
    pub fn new(channels: Channels, share: f64) -> Self {
        Self {
            share,
            days: BTreeMap::new(),
            open: Open::default(),
            round: 0,
            channels,
            waiting: 0,
            rows: 0,
            sealed_rows: 0,
            newest: 0.0,
            last_day: 0,
        }
    }

    /// Whether it was told what is stored of a day, and knows it still.
    #[must_use]
    pub fn knows(&self, day: i64) -> bool {
        self.days.contains_key(&day)
    }

    /// Tells it what is stored of a day, unless it [knows](Self::knows).
    pub fn know(&mut self, day: i64, stored: &KnownDay) {
        self.days.entry(day).or_insert_with(|| Day::of(stored));
    }

    /// Counts a row of a chunk. `places` are those of the chunk, empty in the beginning.
    ///
    /// # Panics
    ///
    /// Where it doesn't [know](Self::know) each of the chunk's [days](ChunkRows::days).
    #[inline]
    pub fn add(&mut self, (chunk, places): (&ChunkRows, &mut Places), row: usize, score: f32) {
        if places.hours.is_empty() || places.round != self.round {
            self.prepare(chunk, places);
        }
        let number = row;
        let row = &chunk.rows[number];
        self.rows += 1;
        self.newest = self.newest.max(row.end);
        for (side, (cell, channel)) in row.cells.into_iter().zip(row.channels).enumerate() {
            if cell == NONE {
                break;
            }
            let mut place = places.hours[cell as usize];
            if place == NONE {
                place = self.hour(chunk, cell as usize, row.has_failed);
                // A host that has but failed until now may have a place of its own after this.
                if self.open.hours[place as usize].host != OTHERS {
                    places.hours[cell as usize] = place;
                }
            }
            // What counts for two hosts is in the sums over all of them once.
            let logarithms = if row.is_drawn && side == 0 { chunk.logarithms(number) } else { None };
            self.open.add(place, row, score, logarithms);
            let hour = &mut self.open.hours[place as usize];
            if let Some(key) = row.port {
                let bytes = row.orig_bytes.saturating_add(row.resp_bytes);
                let port = PortCount { key, rows: 1, failures: u64::from(row.has_failed), bytes };
                if !hour.ports.add_known(&port) {
                    let day = self.days.get_mut(&hour.day);
                    if day.is_some_and(|day| day.has_place_for(key, row.has_failed)) {
                        hour.ports.add(&port);
                    } else {
                        hour.ports.add_others([port.rows, port.failures, port.bytes]);
                    }
                }
            }
            if channel != NONE && hour.host >= FIRST_HOST {
                let connection = Connection {
                    end: row.end,
                    orig_bytes: row.orig_bytes,
                    resp_bytes: row.resp_bytes,
                    has_failed: row.has_failed,
                };
                if let ChannelPlace::At(handle) = places.channels[channel as usize]
                    && self.channels.add_at(handle, &connection)
                {
                    continue;
                }
                let cell = hour.cell;
                self.find_channel((chunk, places), channel as usize, cell, &connection);
            }
        }
    }

    fn prepare(&self, chunk: &ChunkRows, places: &mut Places) {
        places.hours.clear();
        places.hours.resize(chunk.cells.len(), NONE);
        places.channels.resize(chunk.channels.len(), ChannelPlace::Unknown);
        places.services.resize(chunk.services.len(), None);
        places.round = self.round;
    }

    /// Counts a connection of a channel whose place is not known yet, or any more.
    fn find_channel(
        &mut self,
        (chunk, places): (&ChunkRows, &mut Places),
        channel: usize,
        cell: u32,
        connection: &Connection,
    ) {
        let of_chunk = &chunk.channels[channel];
        if matches!(places.channels[channel], ChannelPlace::Unknown) {
            self.open.add_peer(cell, of_chunk.peer_hash());
        }
        let of_cell = &chunk.cells[of_chunk.cell as usize];
        let Some(host) = of_cell.host else { return };
        let service = of_cell.service as usize;
        let name = &chunk.services[service];
        let service = *places.services[service].get_or_insert_with(|| self.channels.service(name));
        let handle = self.channels.add((host, of_chunk), service, connection);
        places.channels[channel] = handle.map_or(ChannelPlace::Nowhere, ChannelPlace::At);
    }

    /// The open hour that a chunk's cell is counted in.
    fn hour(&mut self, chunk: &ChunkRows, cell: usize, has_failed: bool) -> u32 {
        let of_chunk = &chunk.cells[cell];
        self.last_day = of_chunk.day;
        let untold = || unreachable!("what is stored of a day is told before its rows");
        let day = self.days.entry(of_chunk.day).or_insert_with(untold);
        let host = of_chunk.host.map_or(ELSEWHERE, |host| day.place_of_host(host, has_failed));
        let service = day.place_of_service(&chunk.services[of_chunk.service as usize]);
        let (host, service) = day.place_of_cell(host, service);
        let (day, hour, is_second) = (of_chunk.day, of_chunk.hour, of_chunk.is_second);
        self.open.place(&HourKey { day, hour, host, service, is_second })
    }

    /// Seals what is open where it has become much. Called between chunks.
    pub fn tidy(&mut self) {
        let rows = self.rows - self.sealed_rows;
        if self.open.hours.len() >= self.most(MOST_HOURS) || rows >= self.most(MOST_ROWS) as u64 {
            self.seal();
        }
    }

    /// Whether so much waits that it should be stored.
    #[must_use]
    pub fn is_laden(&self) -> bool {
        self.waiting >= self.most(MOST_WAITING)
    }

    /// What there is room for, of the usual.
    fn most(&self, usual: usize) -> usize {
        (usual as f64 * self.share) as usize
    }

    /// Adds what is open to what waits to be stored.
    fn seal(&mut self) {
        self.round += 1;
        self.sealed_rows = self.rows;
        let Self { open, days, waiting, .. } = self;
        open.seal(|day, key, new| {
            let Some(day) = days.get_mut(&day) else { return };
            match day.sealed.entry(key) {
                Entry::Vacant(place) => {
                    *waiting += new.hours.len() + size_of::<DayCell>();
                    place.insert(new);
                }
                Entry::Occupied(place) => {
                    let known = place.into_mut();
                    let before = known.hours.len();
                    // What was encoded a moment ago is whole.
                    let _ = known.merge(&new);
                    *waiting += known.hours.len().saturating_sub(before);
                }
            }
        });
    }

    /// What is to be added to what is stored, day by day.
    pub fn changes(&mut self) -> Vec<DayChanges<'_>> {
        self.seal();
        let changed = self.days.iter().filter(|(_, day)| !day.sealed.is_empty());
        changed
            .map(|(number, day)| DayChanges {
                day: *number,
                is_new: day.is_new,
                cells: &day.sealed,
                known: day,
            })
            .collect()
    }

    /// The channels.
    #[must_use]
    pub fn channels(&self) -> &Channels {
        &self.channels
    }

    /// Rows since the last commit, and the end of the newest.
    #[must_use]
    pub fn extent(&self) -> (u64, f64) {
        (self.rows, self.newest)
    }

    /// All of it is stored.
    pub fn committed(&mut self) {
        // Of days that are over it has to be told again should more rows of them come.
        self.days.retain(|number, _| (self.last_day - 1..=self.last_day).contains(number));
        for day in self.days.values_mut() {
            day.is_new &= day.sealed.is_empty();
            day.sealed.clear();
        }
        self.channels.committed();
        (self.waiting, self.rows, self.sealed_rows) = (0, 0, 0);
    }
}
