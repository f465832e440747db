//! Bytes of connections that are still open, as Zeek's packages write them to `conn_long.log` and `open_conn.log`.
//!
//! A row of these tells how far a connection has come: its duration and bytes so far, again and again, until its own row comes in
//! `conn.log`. What is beyond the row before it counts in the windows of the two hosts at the moment that it tells of. What the
//! connection's own row brings beyond the last of them is all that is counted then; everything else takes the connection in once,
//! with its own row.
//!
//! A rotated log is read before the conn log of its hour, so that rows wait until the connections have come to their moment. A
//! state that has seen no such row has nothing of all this, in memory and as bytes.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::bounded::BoundedMap;
use super::decay::{elapsed, left, left_of_day};
use super::flow::Flow;
use super::hash::join;
use super::portable::{BadState, Out, Portable, portable};

/// The logs of connections that are still open, by their `#path`.
pub const INTERIM_LOGS: [&str; 2] = ["conn_long", "open_conn"];

/// What a row says of a connection that is still open. Addresses and uid are keyed hashes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InterimRow {
    /// The moment that it tells of, in seconds since the Unix epoch: the connection's start and its duration so far.
    pub end: f64,
    uid: u64,
    pair: u64,
    /// Payload bytes of the originator and the responder so far.
    bytes: [f64; 2],
}
portable!(InterimRow { end, uid, pair, bytes });

impl InterimRow {
    /// The row, read as if it were a connection's own; `None` for one without a uid, which belongs to no connection.
    #[must_use]
    pub fn of(flow: &Flow) -> Option<Self> {
        let Flow { end, uid, .. } = *flow;
        (uid != 0 && end.is_finite()).then(|| Self {
            end,
            uid,
            pair: pair_of(flow),
            bytes: [flow.orig_bytes, flow.resp_bytes],
        })
    }

    fn turn(&self) -> Turn {
        Turn(self.end, self.uid)
    }
}

/// The key of two hosts.
#[inline]
pub(super) fn pair_of(flow: &Flow) -> u64 {
    join(flow.source, flow.destination)
}

/// The order in which rows count: by their moment, then by uid.
#[derive(Clone, Copy, Debug)]
struct Turn(f64, u64);

impl Ord for Turn {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0).then(self.1.cmp(&other.1))
    }
}

impl PartialOrd for Turn {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Turn {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Turn {}

/// Bytes of a connection that have been counted, of the originator and the responder.
#[derive(Clone, Debug, Default)]
struct Counted {
    bytes: [f64; 2],
}
portable!(Counted { bytes });

impl Counted {
    /// Counts bytes; returns those that were not counted before.
    fn raise(&mut self, bytes: [f64; 2]) -> [f64; 2] {
        let mut more = [0.0; 2];
        for ((counted, bytes), more) in self.bytes.iter_mut().zip(bytes).zip(&mut more) {
            *more = (bytes - *counted).max(0.0);
            *counted = counted.max(bytes);
        }
        more
    }
}

/// Decayed bytes of open connections by source and destination.
#[derive(Clone, Debug, Default)]
struct Moved {
    last: f64,
    windows: Windows,
}
portable!(Moved { last, windows });

/// Bytes within the windows of a pair.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Windows {
    /// Of the originator, 3600 s and a day.
    pub(super) out_hour: f64,
    pub(super) out_day: f64,
    /// Of the responder, 3600 s.
    pub(super) in_hour: f64,
}
portable!(Windows { out_hour, out_day, in_hour });

impl Moved {
    fn at(&self, now: f64) -> Windows {
        let seconds = elapsed(self.last, now);
        let hour = left(seconds)[2];
        let Windows { out_hour, out_day, in_hour } = self.windows;
        Windows {
            out_hour: out_hour * hour,
            out_day: out_day * left_of_day(seconds),
            in_hour: in_hour * hour,
        }
    }

    fn add(&mut self, now: f64, [orig, resp]: [f64; 2]) {
        let left = self.at(now);
        self.last = self.last.max(now);
        self.windows = Windows {
            out_hour: left.out_hour + orig,
            out_day: left.out_day + orig,
            in_hour: left.in_hour + resp,
        };
    }
}

/// Connections whose bytes are known, pairs with bytes of open connections, and rows that wait, at most each.
const MOST: usize = 1 << 16;
/// A connection that lasted so many seconds may have had rows that come after its own; the packages begin with minutes.
const LONG: f64 = 60.0;

/// The memory of connections that are still open: some 10 MB with everything full.
#[derive(Clone, Debug)]
pub(super) struct Interim {
    /// Rows whose moment has not come.
    due: BTreeMap<Turn, InterimRow>,
    /// By uid.
    open: BoundedMap<Counted>,
    /// By source and destination.
    moved: BoundedMap<Moved>,
    /// Counts what is done, to tell what came last; 0 while nothing was.
    turn: u64,
}

impl Interim {
    pub(super) fn new() -> Self {
        Self { due: BTreeMap::new(), open: BoundedMap::new(MOST), moved: BoundedMap::new(MOST), turn: 0 }
    }

    /// Whether there has been a row.
    #[inline]
    pub(super) fn is_used(&self) -> bool {
        self.turn > 0
    }

    /// How much was forgotten because there was too much.
    pub(super) fn evicted(&self) -> u64 {
        self.open.evicted() + self.moved.evicted()
    }

    /// Takes in a row, which waits for its moment.
    pub(super) fn take(&mut self, row: &InterimRow) {
        self.turn += 1;
        // Both packages may tell of one moment.
        let due = self.due.entry(row.turn()).or_insert(*row);
        for (bytes, other) in due.bytes.iter_mut().zip(row.bytes) {
            *bytes = bytes.max(other);
        }
        if self.due.len() > MOST
            && let Some((_, first)) = self.due.pop_first()
        {
            self.count(&first);
        }
    }

    /// Lets time go on to a connection's end: what has come by then is counted.
    pub(super) fn advance(&mut self, now: f64) {
        while let Some(first) = self.due.first_entry().filter(|first| first.key().0 <= now) {
            let row = first.remove();
            self.count(&row);
        }
    }

    fn count(&mut self, row: &InterimRow) {
        self.turn += 1;
        let more = self.open.at(row.uid, self.turn, Counted::default).raise(row.bytes);
        if more != [0.0; 2] {
            let new = || Moved { last: row.end, ..Moved::default() };
            self.moved.at(row.pair, self.turn, new).add(row.end, more);
        }
    }

    /// A connection's own row has come: returns those of its bytes that have not been counted.
    pub(super) fn close(&mut self, flow: &Flow) -> [f64; 2] {
        let bytes = [flow.orig_bytes, flow.resp_bytes];
        let is_known = self.open.get(flow.uid).is_some();
        if flow.uid == 0 || !(is_known || flow.end - flow.start >= LONG) {
            return bytes;
        }
        // Rows that come late find that there is nothing left to count.
        self.turn += 1;
        self.open.at(flow.uid, self.turn, Counted::default).raise(bytes)
    }

    /// What open connections of two hosts have moved, as of now.
    pub(super) fn moved(&self, pair: u64, now: f64) -> Windows {
        self.moved.get(pair).map_or_else(Windows::default, |moved| moved.at(now))
    }
}

impl Portable for Interim {
    fn write(&self, out: &mut impl Out) {
        self.turn.write(out);
        (self.due.len() as u64).write(out);
        self.due.values().for_each(|row| row.write(out));
        self.open.write(out);
        self.moved.write(out);
    }

    fn read(from: &mut &[u8]) -> Result<Self, BadState> {
        let turn = u64::read(from)?;
        let length = u64::read(from)?;
        if turn == 0 || length > MOST as u64 {
            return Err(BadState::Damaged);
        }
        let mut due = BTreeMap::new();
        for _ in 0..length {
            let row = InterimRow::read(from)?;
            due.insert(row.turn(), row);
        }
        if due.len() as u64 != length {
            return Err(BadState::Damaged);
        }
        Ok(Self { due, open: BoundedMap::read(MOST, from)?, moved: BoundedMap::read(MOST, from)?, turn })
    }
}
