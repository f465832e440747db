//! The rows of a chunk of a log, made ready in any thread: each row's numbers, and which hour, host, service and channel it counts for.
//!
//! Names and addresses are looked up here, once a row; the thread that adds up goes by their places in the chunk.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use zeek_log::ConnRecord;

use crate::bins::{self, PackedBins};
use crate::distinct;
use crate::hour::{HALF, HOUR, HOURS};
use crate::moments::{Logarithms, logarithms};
use crate::ports::PortKey;

/// The latest end of a connection that is believed, in seconds since 1970: the last second of the year 9999.
const LATEST: f64 = 253_402_300_799.0;
/// Characters of a service's name.
const MOST_CHARACTERS: usize = 64;
/// In place of a place in the chunk, where there is none.
pub(crate) const NONE: u32 = u32::MAX;
/// Seconds of a day.
pub(crate) const DAY: i64 = HOURS as i64 * HOUR;

/// What is counted of a row besides what its record says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// End of the connection: its time.
    pub end: f64,
    /// Hashes of the originator's address and the responder's, such as the caller has of them anyway or [`address_key`] makes. Within a chunk
    /// each stands for its address.
    pub keys: [u64; 2],
    /// A hash of what Zeek says of the service, such as [`service_key`] makes. Within a chunk it stands for the names, in whatever order.
    pub service: u64,
    /// The transport.
    pub proto: Proto,
    /// Whether the originator is a local host.
    pub is_orig_local: bool,
    /// Whether the responder is; a group of hosts is none.
    pub is_resp_local: bool,
    /// Whether nobody answered, or it was refused.
    pub has_failed: bool,
}

/// A transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Proto {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP.
    Icmp,
    /// Anything else.
    Other,
}

impl Proto {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Tcp, Self::Udp, Self::Icmp, Self::Other];

    /// Zeek's name, or `other`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
            Self::Other => "other",
        }
    }

    /// By Zeek's name of it.
    #[must_use]
    pub fn of(name: &str) -> Self {
        match name {
            "tcp" => Self::Tcp,
            "udp" => Self::Udp,
            "icmp" => Self::Icmp,
            _ => Self::Other,
        }
    }
}

/// The rows of a chunk.
#[derive(Clone, Debug, Default)]
pub struct ChunkRows {
    pub(crate) cells: Vec<Cell>,
    pub(crate) channels: Vec<ChunkChannel>,
    /// Names of services: sorted, joined by commas.
    pub(crate) services: Vec<Box<str>>,
    pub(crate) rows: Vec<Row>,
    /// Logarithms of the rows that are drawn, each with the place of its row, in their order.
    logarithms: Vec<(u32, Logarithms)>,
}

/// An hour of a host and a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    /// Days since 1970.
    pub(crate) day: i64,
    pub(crate) hour: u8,
    /// Whether its rows are counted for their originators too.
    pub(crate) is_second: bool,
    /// Place of the service.
    pub(crate) service: u32,
    /// `None` where no side is local.
    pub(crate) host: Option<IpAddr>,
}

/// A day of a channel. A scan makes one a row, so that it is small: day, host and service are those of its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChunkChannel {
    /// Place of the cell of its latest row.
    pub(crate) cell: u32,
    pub(crate) peer: IpAddr,
    pub(crate) port: u16,
    pub(crate) proto: Proto,
    pub(crate) is_served: bool,
}

impl ChunkChannel {
    #[inline]
    pub(crate) fn peer_hash(&self) -> u32 {
        distinct::hash(self.peer)
    }
}

/// A row. It counts for one cell, and where both sides are local for a second one; so do channels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) end: f64,
    pub(crate) orig_bytes: u64,
    pub(crate) resp_bytes: u64,
    pub(crate) cells: [u32; 2],
    pub(crate) channels: [u32; 2],
    pub(crate) bins: PackedBins,
    pub(crate) port: Option<PortKey>,
    /// Which half of the hour.
    pub(crate) half: u8,
    pub(crate) has_failed: bool,
    /// Whether correlations are estimated from it too.
    pub(crate) is_drawn: bool,
}

/// Makes rows ready, one after the other.
#[derive(Debug)]
pub struct ChunkBuilder {
    chunk: ChunkRows,
    /// By a hash of all that tells them apart.
    cells: Places,
    channels: Places,
    services: Places,
}

/// What both sides of a row have in common.
struct Kind {
    day: i64,
    hour: u8,
    service: u32,
    port: u16,
    proto: Proto,
}

/// A side of a row that is a local host.
struct Side {
    /// A hash of the host.
    key: u64,
    host: IpAddr,
    peer: IpAddr,
    is_served: bool,
    /// Whether the row is counted for the other side too, and first.
    is_second: bool,
}

type Places = HashMap<u64, u32, BuildHasherDefault<Hashed>>;

/// Passes on what is a hash already.
#[derive(Debug, Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("keys are u64");
    }

    #[inline]
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// A hash of a hash and a number.
#[inline]
fn with(key: u64, number: u64) -> u64 {
    let product = (key ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    product ^ product >> 32
}

/// Whether a row is one of the eighth from which correlations are estimated.
#[inline]
fn draws(end: f64, record: &ConnRecord<'_>, seen: &Seen) -> bool {
    let ends = seen.keys[0] ^ seen.keys[1].rotate_left(7) ^ u64::from(record.orig_p);
    with(ends, end.to_bits()) >> 61 == 0
}

/// A hash of an address, the same everywhere.
#[must_use]
pub fn address_key(address: IpAddr) -> u64 {
    distinct::hash64(address)
}

/// A hash of what Zeek says of the service, the same everywhere.
#[must_use]
pub fn service_key(service: &str) -> u64 {
    service.bytes().fold(1, |key, byte| distinct::mix(key ^ u64::from(byte)))
}

impl ChunkBuilder {
    /// For a chunk of about so many rows.
    #[must_use]
    pub fn new(rows: usize) -> Self {
        let chunk = ChunkRows { rows: Vec::with_capacity(rows), ..ChunkRows::default() };
        Self {
            chunk,
            cells: Places::with_capacity_and_hasher(rows / 16, BuildHasherDefault::default()),
            channels: Places::with_capacity_and_hasher(rows / 4, BuildHasherDefault::default()),
            services: Places::default(),
        }
    }

    /// Takes in the next row.
    pub fn push(&mut self, record: &ConnRecord<'_>, seen: &Seen) {
        let end = if seen.end.is_finite() { seen.end.clamp(0.0, LATEST) } else { 0.0 };
        let second = end as i64;
        let values = bins::values(record);
        let service = self.service(seen.service, record.service.unwrap_or_default());
        let (day, hour) = (second / DAY, (second % DAY / HOUR) as u8);
        let (orig, resp) = (record.orig_h, record.resp_h);
        // The unspecified address is no host: it asks for one.
        let is_orig_local = seen.is_orig_local && !orig.is_unspecified();
        let is_resp_local = seen.is_resp_local && !resp.is_unspecified() && (!is_orig_local || orig != resp);
        let [orig_key, resp_key] = seen.keys;
        let port = u64::from(record.resp_p) << 32 | (seen.proto as u64) << 24 | u64::from(service) << 1;
        let ends = with(orig_key.rotate_left(17) ^ resp_key, port ^ (day as u64).rotate_left(48));
        let kind = Kind { day, hour, service, port: record.resp_p, proto: seen.proto };
        let orig = Side { key: orig_key, host: orig, peer: resp, is_served: false, is_second: false };
        let resp =
            Side { key: resp_key, host: resp, peer: orig.host, is_served: true, is_second: is_orig_local };
        let nowhere = (NONE, NONE);
        let sides = match (is_orig_local, is_resp_local) {
            (true, true) => [self.side(&kind, ends, &orig), self.side(&kind, ends, &resp)],
            (true, false) => [self.side(&kind, ends, &orig), nowhere],
            (false, true) => [self.side(&kind, ends, &resp), nowhere],
            (false, false) => [(self.cell(&kind, None), NONE), nowhere],
        };
        let logarithms = if draws(end, record, seen) { logarithms(&values) } else { None };
        let chunk = &mut self.chunk;
        chunk.logarithms.extend(logarithms.map(|logarithms| (chunk.rows.len() as u32, logarithms)));
        chunk.rows.push(Row {
            end,
            orig_bytes: record.orig_bytes.unwrap_or(0),
            resp_bytes: record.resp_bytes.unwrap_or(0),
            cells: sides.map(|(cell, _)| cell),
            channels: sides.map(|(_, channel)| channel),
            bins: PackedBins::of(&values),
            port: PortKey::of(seen.proto, record.resp_p),
            half: (second % HOUR / HALF) as u8,
            has_failed: seen.has_failed,
            is_drawn: logarithms.is_some(),
        });
    }

    /// The cell and the channel that a row counts for on one side. `ends` is a hash of all that tells channels apart but the side.
    #[inline]
    fn side(&mut self, kind: &Kind, ends: u64, side: &Side) -> (u32, u32) {
        let ends = if side.is_served { !ends } else { ends };
        if let Some(place) = self.channels.get(&ends) {
            // A channel is of one cell an hour.
            let latest = self.chunk.channels[*place as usize].cell;
            let known = &self.chunk.cells[latest as usize];
            if (known.hour, known.is_second) == (kind.hour, side.is_second) {
                return (latest, *place);
            }
        }
        let cell = self.cell(kind, Some(side));
        let channels = &mut self.chunk.channels;
        let place = *self.channels.entry(ends).or_insert_with(|| {
            let Kind { port, proto, .. } = *kind;
            channels.push(ChunkChannel { cell, peer: side.peer, port, proto, is_served: side.is_served });
            channels.len() as u32 - 1
        });
        channels[place as usize].cell = cell;
        (cell, place)
    }

    /// The cell that a row counts for on one side, or where no side is local.
    fn cell(&mut self, kind: &Kind, side: Option<&Side>) -> u32 {
        let Kind { day, hour, service, .. } = *kind;
        let (key, is_second) = side.map_or((0, false), |side| (side.key, side.is_second));
        let what =
            (day as u64) << 32 | u64::from(hour) << 24 | u64::from(service) << 1 | u64::from(is_second);
        let cells = &mut self.chunk.cells;
        *self.cells.entry(with(key, what)).or_insert_with(|| {
            cells.push(Cell { day, hour, is_second, service, host: side.map(|side| side.host) });
            cells.len() as u32 - 1
        })
    }

    /// The rows.
    #[must_use]
    pub fn finish(self) -> ChunkRows {
        self.chunk
    }

    /// Makes it ready for another chunk, of about so many rows.
    fn begin(&mut self, rows: usize) {
        self.chunk = ChunkRows { rows: Vec::with_capacity(rows), ..ChunkRows::default() };
        self.cells.clear();
        self.channels.clear();
        self.services.clear();
    }

    fn service(&mut self, key: u64, text: &str) -> u32 {
        if let Some(known) = self.services.get(&key) {
            return *known;
        }
        let name = service_name(text);
        let services = &mut self.chunk.services;
        let known = services.iter().position(|known| *known == name);
        let place = known.unwrap_or_else(|| {
            services.push(name);
            services.len() - 1
        });
        self.services.insert(key, place as u32);
        place as u32
    }
}

/// A service as it is counted: Zeek writes the names in any order, and with a minus those that it ruled out.
fn service_name(text: &str) -> Box<str> {
    let mut names: Vec<&str> =
        text.split(',').filter(|name| !name.is_empty() && !name.starts_with('-')).collect();
    names.sort_unstable();
    names.dedup();
    let name: String = names.join(",").chars().take(MOST_CHARACTERS).collect();
    if name.is_empty() { crate::UNRECOGNISED.into() } else { name.into() }
}

/// Builders that threads use again for their next chunks.
#[derive(Debug, Default)]
pub struct Builders(Mutex<Vec<ChunkBuilder>>);

impl Builders {
    /// A builder for a chunk of about so many rows.
    #[must_use]
    pub fn begin(&self, rows: usize) -> ChunkBuilder {
        let Some(mut builder) = lock(&self.0).pop() else { return ChunkBuilder::new(rows) };
        builder.begin(rows);
        builder
    }

    /// The rows of a builder.
    #[must_use]
    pub fn finish(&self, mut builder: ChunkBuilder) -> ChunkRows {
        let mut rows = std::mem::take(&mut builder.chunk);
        lock(&self.0).push(builder);
        // Several chunks wait for their turn.
        rows.channels.shrink_to_fit();
        rows
    }
}

/// What is in it is whole whatever a thread that had it did.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ChunkRows {
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The days that its rows are of, since 1970; some more than once.
    pub fn days(&self) -> impl Iterator<Item = i64> {
        self.cells.chunk_by(|a, b| a.day == b.day).map(|cells| cells[0].day)
    }

    /// The logarithms of a row that is drawn.
    #[inline]
    pub(crate) fn logarithms(&self, row: usize) -> Option<&Logarithms> {
        let place = self.logarithms.binary_search_by_key(&row, |(row, _)| *row as usize);
        place.ok().map(|place| &self.logarithms[place].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_have_one_name_each() {
        for (text, name) in [
            ("", "-"),
            ("-", "-"),
            ("-ssl", "-"),
            ("ssl,quic", "quic,ssl"),
            ("quic,ssl", "quic,ssl"),
            ("dns,-http,dns", "dns"),
        ] {
            assert_eq!(&*service_name(text), name, "{text}");
        }
        assert_eq!(service_name(&"x".repeat(1_000)).len(), MOST_CHARACTERS);
    }

    #[test]
    fn a_row_counts_for_each_local_side() {
        let record = ConnRecord::bare(0.0, ([10, 0, 0, 1], 1), ([10, 0, 0, 2], 53), "udp");
        let mut builder = ChunkBuilder::new(6);
        let sides = [(true, true), (true, false), (false, true), (false, false), (true, true)];
        for (is_orig_local, is_resp_local) in sides {
            let keys = [record.orig_h, record.resp_h].map(address_key);
            let (service, proto, has_failed) = (service_key("dns"), Proto::Udp, false);
            let seen = Seen { end: 90_000.0, keys, service, proto, is_orig_local, is_resp_local, has_failed };
            builder.push(&record, &seen);
        }
        let strange = Seen {
            end: f64::NAN,
            keys: [address_key(record.orig_h); 2],
            service: service_key("dns"),
            proto: Proto::Udp,
            is_orig_local: true,
            is_resp_local: true,
            has_failed: false,
        };
        builder.push(&ConnRecord { resp_h: record.orig_h, ..record }, &strange);
        let chunk = builder.finish();
        let cells: Vec<[u32; 2]> = chunk.rows.iter().map(|row| row.cells).collect();
        assert_eq!(cells, [[0, 1], [0, NONE], [2, NONE], [3, NONE], [0, 1], [4, NONE]]);
        let channels: Vec<[u32; 2]> = chunk.rows.iter().map(|row| row.channels).collect();
        assert_eq!(channels, [[0, 1], [0, NONE], [1, NONE], [NONE; 2], [0, 1], [2, NONE]]);
        assert_eq!((chunk.cells[0].day, chunk.cells[0].hour, chunk.cells[4].day), (1, 1, 0));
    }
}
