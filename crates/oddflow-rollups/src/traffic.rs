//! What the rows of a sensor come to, added up in their order, until it is stored.
//!
//! Rows are counted by hour, host and service. From time to time, and before it is stored, all of it is *sealed*: what an hour comes to is
//! encoded as part of its day, and added to the sums over all hosts, over all services, and over both. What is stored of a day is added to what
//! was stored before.
//!
//! Invariants: each row is in the sums over all hosts once. Which hosts and services of a day are counted by themselves depends on the rows of
//! the day and their order alone, not on when any of it was stored: the first that come. Hosts of which nothing is seen but connections that fail
//! take a part of the room only, so that a flood leaves some for others.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::bins::{PackedBins, Shape};
use crate::channels::{ChannelKey, Channels, Connection, Handle};
use crate::chunk::{ChunkRows, DAY, NONE, Row};
use crate::distinct::Distinct;
use crate::hour::{self, Counts, HOURS, Hour};
use crate::moments::Moments;
use crate::ports::{PortCount, Ports};

/// Local hosts of a day that are counted by themselves.
pub const MOST_HOSTS: usize = 2048;
/// Of these, so many of which nothing but failures was seen.
const MOST_FAILING: usize = MOST_HOSTS / 4;
/// Services of a day that are counted by themselves.
pub const MOST_SERVICES: usize = 64;
/// Pairs of both.
const MOST_CELLS: usize = 8192;

/// Hours of hosts and services after which they are sealed.
const MOST_HOURS: usize = 4096;
/// Rows after which all is sealed.
const MOST_ROWS: usize = 1 << 18;
/// Rows of an hour whose bins wait to be counted.
const MOST_BINS: usize = 4096;
/// Bytes that wait to be stored, beyond which they should be.
const MOST_WAITING: usize = 8 << 20;

/// Whose rows are counted together: a host, or several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// All rows, each once.
    All,
    /// Hosts that are beyond the most of a day.
    Others,
    /// No side is local.
    Elsewhere,
    /// A local host.
    At(IpAddr),
}

/// Which rows of a host are counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// All of them.
    All,
    /// Those of services that are beyond the most of a day.
    Others,
    /// Those of one.
    Named(Arc<str>),
}

/// What the rows of a host and a service come to in a day, or in a part of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DayCell {
    /// All of it.
    pub counts: Counts,
    /// The addresses on the other side.
    pub peers: Distinct,
    /// Of all hosts; empty otherwise.
    pub moments: Moments,
    /// By hour, [encoded](hour::encode).
    pub hours: Vec<u8>,
}

impl DayCell {
    /// Adds what other rows come to; `None` where the bytes of one of both are damaged.
    #[must_use]
    pub fn merge(&mut self, other: &Self) -> Option<()> {
        let mut hours = hour::decode(&self.hours)?;
        hour::merge(&mut hours, &hour::decode(&other.hours)?);
        hours.iter_mut().for_each(|hour| hour.ports.keep());
        self.hours = hour::encode(&hours);
        self.counts.merge(&other.counts);
        self.peers.merge(&other.peers);
        self.moments.merge(&other.moments);
        Some(())
    }
}

/// What is stored of a day already.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KnownDay {
    /// Hosts and services that are counted by themselves, and in which pairs.
    pub cells: Vec<(Host, Service)>,
}

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

// Places of a day's hosts and services that are several, or all.
const ALL: u32 = 0;
const OTHERS: u32 = 1;
const ELSEWHERE: u32 = 2;
const FIRST_HOST: u32 = 3;
const FIRST_SERVICE: u32 = 2;

/// Who is counted by itself on a day.
#[derive(Debug, Default)]
struct Day {
    hosts: Vec<IpAddr>,
    host_places: HashMap<IpAddr, u32, RandomState>,
    services: Vec<Arc<str>>,
    cells: HashMap<(u32, u32), (), RandomState>,
    is_new: bool,
    sealed: HashMap<(u32, u32), DayCell, RandomState>,
}

/// Rows of a host and a service on a day.
#[derive(Debug)]
struct OpenCell {
    day: i64,
    host: u32,
    service: u32,
    is_second: bool,
    peers: Distinct,
    moments: Moments,
    /// Places of its hours.
    hours: [u32; HOURS],
}

#[derive(Debug, Default)]
struct OpenHour {
    cell: u32,
    halves: [Counts; 2],
    ports: Ports,
    bins: Vec<PackedBins>,
    shape: Shape,
}

impl OpenHour {
    #[inline]
    fn add(&mut self, row: &Row, score: f32) {
        let failures = u64::from(row.has_failed);
        let counts = &mut self.halves[usize::from(row.half)];
        counts.rows += 1;
        counts.failures += failures;
        counts.orig_bytes = counts.orig_bytes.saturating_add(row.orig_bytes);
        counts.resp_bytes = counts.resp_bytes.saturating_add(row.resp_bytes);
        counts.peak = counts.peak.max(score);
        if let Some(key) = row.port {
            let bytes = row.orig_bytes.saturating_add(row.resp_bytes);
            self.ports.add(&PortCount { key, rows: 1, failures, bytes });
        }
        self.bins.push(row.bins);
        if self.bins.len() >= MOST_BINS {
            self.count_bins();
        }
    }

    fn count_bins(&mut self) {
        self.shape.merge(&Shape::of(&self.bins));
        self.bins.clear();
    }
}

/// Where the rows of a chunk are counted, as far as it is known.
#[derive(Debug, Default)]
pub struct Places {
    hours: Vec<u32>,
    channels: Vec<ChannelPlace>,
    services: Vec<Option<Arc<str>>>,
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
    cells: Vec<OpenCell>,
    cell_places: HashMap<(i64, u32, u32, bool), u32, RandomState>,
    hours: Vec<OpenHour>,
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

impl Traffic {
    /// No rows yet; channels as the store has them. `share` is that of the usual memory which may be taken until it is stored: it says how
    /// often that must be, not what is counted.
    #[must_use]
    pub fn new(channels: Channels, share: f64) -> Self {
        Self {
            share,
            days: BTreeMap::new(),
            cells: Vec::new(),
            cell_places: HashMap::default(),
            hours: Vec::new(),
            round: 0,
            channels,
            waiting: 0,
            rows: 0,
            sealed_rows: 0,
            newest: 0.0,
            last_day: 0,
        }
    }

    /// Counts a row of a chunk. `places` are those of the chunk, empty in the beginning. `known` says what is stored of a day.
    ///
    /// # Errors
    ///
    /// What `known` fails with.
    #[inline]
    pub fn add<E>(
        &mut self,
        (chunk, places): (&ChunkRows, &mut Places),
        row: usize,
        score: f32,
        known: &mut dyn FnMut(i64) -> Result<KnownDay, E>,
    ) -> Result<(), E> {
        if places.hours.is_empty() || places.round != self.round {
            places.hours.clear();
            places.hours.resize(chunk.cells.len(), NONE);
            places.channels.resize(chunk.channels.len(), ChannelPlace::Unknown);
            places.services.resize(chunk.services.len(), None);
            places.round = self.round;
        }
        let row = &chunk.rows[row];
        self.rows += 1;
        self.newest = self.newest.max(row.end);
        self.last_day = (row.end as i64).div_euclid(DAY);
        let connection = Connection {
            end: row.end,
            orig_bytes: row.orig_bytes,
            resp_bytes: row.resp_bytes,
            has_failed: row.has_failed,
        };
        for (side, (cell, channel)) in row.cells.into_iter().zip(row.channels).enumerate() {
            if cell == NONE {
                break;
            }
            let mut place = places.hours[cell as usize];
            if place == NONE {
                place = self.hour(chunk, cell as usize, row.has_failed, known)?;
                // A host that has but failed until now may have its own place after this.
                let is_certain = self.cells[self.hours[place as usize].cell as usize].host != OTHERS;
                if is_certain {
                    places.hours[cell as usize] = place;
                }
            }
            let hour = &mut self.hours[place as usize];
            hour.add(row, score);
            let cell = hour.cell as usize;
            if side == 0
                && let Some(logarithms) = &row.logarithms
            {
                self.cells[cell].moments.add(logarithms);
            }
            if channel != NONE && self.cells[cell].host >= FIRST_HOST {
                self.count_channel((chunk, places), channel as usize, cell, &connection);
            }
        }
        Ok(())
    }

    #[inline]
    fn count_channel(
        &mut self,
        (chunk, places): (&ChunkRows, &mut Places),
        channel: usize,
        cell: usize,
        connection: &Connection,
    ) {
        if let ChannelPlace::At(handle) = places.channels[channel]
            && self.channels.add_at(handle, connection)
        {
            return;
        }
        let of_chunk = &chunk.channels[channel];
        if matches!(places.channels[channel], ChannelPlace::Unknown) {
            self.cells[cell].peers.add_hash(of_chunk.peer_hash());
        }
        let service = of_chunk.service as usize;
        let name = &chunk.services[service];
        let key = ChannelKey {
            host: of_chunk.host,
            peer: of_chunk.peer,
            port: of_chunk.port,
            proto: of_chunk.proto,
            service: Arc::clone(places.services[service].get_or_insert_with(|| self.channels.service(name))),
            is_served: of_chunk.is_served,
        };
        let handle = self.channels.add(key, connection);
        places.channels[channel] = handle.map_or(ChannelPlace::Nowhere, ChannelPlace::At);
    }

    /// The open hour that a chunk's cell is counted in.
    fn hour<E>(
        &mut self,
        chunk: &ChunkRows,
        cell: usize,
        has_failed: bool,
        known: &mut dyn FnMut(i64) -> Result<KnownDay, E>,
    ) -> Result<u32, E> {
        let of_chunk = &chunk.cells[cell];
        let day = match self.days.entry(of_chunk.day) {
            std::collections::btree_map::Entry::Occupied(day) => day.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => place.insert(Day::of(&known(of_chunk.day)?)),
        };
        let host = of_chunk.host.map_or(ELSEWHERE, |host| day.place_of_host(host, has_failed));
        let service = day.place_of_service(&chunk.services[of_chunk.service as usize]);
        let (host, service) = day.place_of_cell(host, service);
        let key = (of_chunk.day, host, service, of_chunk.is_second);
        let cells = &mut self.cells;
        let cell = *self.cell_places.entry(key).or_insert_with(|| {
            cells.push(OpenCell {
                day: of_chunk.day,
                host,
                service,
                is_second: of_chunk.is_second,
                peers: Distinct::default(),
                moments: Moments::default(),
                hours: [NONE; HOURS],
            });
            cells.len() as u32 - 1
        });
        let place = &mut cells[cell as usize].hours[usize::from(of_chunk.hour)];
        if *place == NONE {
            *place = self.hours.len() as u32;
            self.hours.push(OpenHour { cell, ..OpenHour::default() });
        }
        Ok(*place)
    }

    /// Seals what is open where it has become much. Called between chunks.
    pub fn tidy(&mut self) {
        if self.hours.len() >= self.most(MOST_HOURS)
            || self.rows - self.sealed_rows >= self.most(MOST_ROWS) as u64
        {
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
        self.cell_places.clear();
        let mut sums: BTreeMap<(i64, u32, u32), Sum> = BTreeMap::new();
        for cell in self.cells.drain(..) {
            let OpenCell { day, host, service, is_second, peers, moments, hours } = cell;
            let mut keys = vec![(day, host, service), (day, host, ALL)];
            if !is_second {
                keys.extend([(day, ALL, service), (day, ALL, ALL)]);
            }
            let hours: Vec<Hour> = (0_u8..)
                .zip(hours)
                .filter(|(_, place)| *place != NONE)
                .map(|(number, place)| {
                    let mut hour = std::mem::take(&mut self.hours[place as usize]);
                    hour.count_bins();
                    Hour { number, halves: hour.halves, ports: hour.ports, shape: hour.shape }
                })
                .collect();
            for key in keys {
                let sum = sums.entry(key).or_default();
                sum.peers.merge(&peers);
                if key.1 == ALL {
                    sum.moments.merge(&moments);
                }
                hour::merge(&mut sum.hours, &hours);
            }
        }
        self.hours.clear();
        for ((day, host, service), sum) in sums {
            let Some(day) = self.days.get_mut(&day) else { continue };
            let new = sum.finish();
            match day.sealed.entry((host, service)) {
                std::collections::hash_map::Entry::Vacant(place) => {
                    self.waiting += new.hours.len() + size_of::<DayCell>();
                    place.insert(new);
                }
                std::collections::hash_map::Entry::Occupied(place) => {
                    let known = place.into_mut();
                    let before = known.hours.len();
                    // What was encoded a moment ago is whole.
                    let _ = known.merge(&new);
                    self.waiting += known.hours.len().saturating_sub(before);
                }
            }
        }
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
        // Days that are over are asked for again should more rows of them come.
        self.days.retain(|number, _| (self.last_day - 1..=self.last_day).contains(number));
        for day in self.days.values_mut() {
            day.is_new &= day.sealed.is_empty();
            day.sealed.clear();
        }
        self.channels.committed();
        (self.waiting, self.rows, self.sealed_rows) = (0, 0, 0);
    }
}

/// The hours of a host and a service, added up.
#[derive(Default)]
struct Sum {
    peers: Distinct,
    moments: Moments,
    hours: Vec<Hour>,
}

impl Sum {
    fn finish(mut self) -> DayCell {
        let mut counts = Counts::default();
        for hour in &mut self.hours {
            counts.merge(&hour.counts());
            hour.ports.keep();
        }
        DayCell { counts, peers: self.peers, moments: self.moments, hours: hour::encode(&self.hours) }
    }
}

impl Day {
    fn of(known: &KnownDay) -> Self {
        let mut day = Self { is_new: known.cells.is_empty(), ..Self::default() };
        for (host, service) in &known.cells {
            let host = match host {
                Host::All => ALL,
                Host::Others => OTHERS,
                Host::Elsewhere => ELSEWHERE,
                Host::At(host) => day.new_host(*host),
            };
            let service = match service {
                Service::All => ALL,
                Service::Others => OTHERS,
                Service::Named(name) => day.new_service(name),
            };
            if host != ALL && service != ALL {
                day.cells.insert((host, service), ());
            }
        }
        day
    }

    fn new_host(&mut self, host: IpAddr) -> u32 {
        *self.host_places.entry(host).or_insert_with(|| {
            self.hosts.push(host);
            self.hosts.len() as u32 - 1 + FIRST_HOST
        })
    }

    fn new_service(&mut self, name: &str) -> u32 {
        let known = self.services.iter().position(|known| **known == *name);
        let place = known.unwrap_or_else(|| {
            self.services.push(name.into());
            self.services.len() - 1
        });
        place as u32 + FIRST_SERVICE
    }

    fn place_of_host(&mut self, host: IpAddr, has_failed: bool) -> u32 {
        if let Some(place) = self.host_places.get(&host) {
            return *place;
        }
        let most = if has_failed { MOST_FAILING } else { MOST_HOSTS };
        if self.hosts.len() < most { self.new_host(host) } else { OTHERS }
    }

    fn place_of_service(&mut self, name: &str) -> u32 {
        let is_known = self.services.iter().any(|known| **known == *name);
        if is_known || self.services.len() < MOST_SERVICES { self.new_service(name) } else { OTHERS }
    }

    /// The pair, or what it is counted with where there are too many.
    fn place_of_cell(&mut self, host: u32, service: u32) -> (u32, u32) {
        // Those of all hosts that have no place, which take no room of others.
        if host < FIRST_HOST || self.cells.contains_key(&(host, service)) || self.cells.len() < MOST_CELLS {
            self.cells.insert((host, service), ());
            return (host, service);
        }
        (host, OTHERS)
    }

    fn host(&self, place: u32) -> Host {
        match place {
            ALL => Host::All,
            OTHERS => Host::Others,
            ELSEWHERE => Host::Elsewhere,
            _ => Host::At(self.hosts[(place - FIRST_HOST) as usize]),
        }
    }

    fn service(&self, place: u32) -> Service {
        match place {
            ALL => Service::All,
            OTHERS => Service::Others,
            _ => Service::Named(Arc::clone(&self.services[(place - FIRST_SERVICE) as usize])),
        }
    }
}
