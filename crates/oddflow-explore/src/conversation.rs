//! What two hosts do on one port: all connections with the same originator, responder and responder's port.
//!
//! Invariant: at most [`Conversations::LIMIT`] are kept. When they are that many, those with fewest connections are forgotten
//! until half remain (lossy counting: Manku, Motwani, 2002). Every host has counters of what it lost, and those that lost most have
//! a sketch that remembers how many peers went with it.

use std::collections::HashMap;
use std::net::IpAddr;

use datasketches::hll::{HllSketch, HllType};
use foldhash::fast::FixedState;

use crate::connection::Transport;
use crate::tally::Tally;

/// What tells conversations apart: originator and responder by their number, and the responder's port, 0 for ICMP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub(crate) orig: u32,
    pub(crate) resp: u32,
    pub(crate) port: u16,
    pub(crate) transport: Transport,
}

/// A conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Conversation {
    pub(crate) tally: Tally,
    /// Connections that came to nothing.
    pub(crate) unanswered: u64,
    /// Start of the first connection, in the order of the log.
    pub(crate) first: f64,
    /// Start of the last connection, in the order of the log.
    pub(crate) last: f64,
    /// Sum of the intervals between connections.
    intervals: f64,
    /// Sum of their squares.
    squares: f64,
}

impl Conversation {
    /// Takes a connection.
    #[inline]
    pub(crate) fn add(&mut self, ts: f64, tally: Tally, unanswered: bool) {
        if self.tally.rows == 0 {
            self.first = ts;
        } else {
            self.interval(ts - self.last);
        }
        self.last = ts;
        self.tally.add(tally);
        self.unanswered += u64::from(unanswered);
    }

    fn interval(&mut self, seconds: f64) {
        // Rows are written when connections end, so that one may stand before the one it followed.
        self.intervals += seconds.abs();
        self.squares += seconds * seconds;
    }

    /// Takes the connections of a later part.
    pub(crate) fn merge(&mut self, later: &Self) {
        if self.tally.rows == 0 {
            *self = *later;
            return;
        }
        self.interval(later.first - self.last);
        self.last = later.last;
        self.intervals += later.intervals;
        self.squares += later.squares;
        self.tally.add(later.tally);
        self.unanswered += later.unanswered;
    }

    /// Mean interval between connections, in seconds, and its coefficient of variation; `None` below three connections.
    pub(crate) fn rhythm(&self) -> Option<(f64, f64)> {
        if self.tally.rows < 3 {
            return None;
        }
        let count = (self.tally.rows - 1) as f64;
        let mean = self.intervals / count;
        let variance = (self.squares / count - mean * mean).max(0.0);
        (mean > 0.0).then(|| (mean, variance.sqrt() / mean))
    }
}

/// All conversations, as far as they are kept.
#[derive(Debug, Default)]
pub(crate) struct Conversations {
    kept: HashMap<Key, Conversation, FixedState>,
    /// What was forgotten of each host, by its number: as originator, as responder.
    lost: Vec<[Lost; 2]>,
    peers: HashMap<u32, Forgotten, FixedState>,
    /// No sketch has fewer peers behind it than this.
    fewest: u64,
    /// Connections of conversations that were forgotten.
    pub(crate) forgotten: u64,
}

/// What was forgotten of a host on one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lost {
    /// Conversations.
    pub(crate) conversations: u64,
    /// Their connections.
    pub(crate) rows: u64,
    /// Those connections among them that have ports.
    pub(crate) port_rows: u64,
}

/// The other sides of a host's forgotten conversations: responders it talked to, and originators that talked to it.
#[derive(Debug, Default)]
struct Forgotten {
    sketches: [Option<HllSketch>; 2],
    /// Conversations behind them.
    seen: [u64; 2],
}

/// Other sides that are not among the kept conversations.
pub(crate) struct LostSides<'a> {
    /// Those that a sketch has seen.
    pub(crate) sketch: Option<&'a HllSketch>,
    /// Conversations that no sketch has seen: so many other sides at most.
    pub(crate) unseen: u64,
}

/// Logarithm of a sketch's registers: a relative standard error of 1.6%, in 4 KiB.
const REGISTERS: u8 = 12;
/// Relative standard error of a sketch: 1.04 / sqrt(registers).
pub(crate) const SKETCH_ERROR: f64 = 1.04 / 64.0;

/// An empty sketch that counts different addresses.
pub(crate) fn sketch() -> HllSketch {
    HllSketch::new(REGISTERS, HllType::Hll8).expect("the number of registers is allowed")
}

impl Conversations {
    /// Most conversations that are kept: some 42 MB, as a hash table of 2^19 places holds them and those of one more part.
    pub(crate) const LIMIT: usize = 400_000;
    /// Most hosts whose forgotten peers are counted by sketches: some 32 MB.
    pub(crate) const SKETCHED: usize = 4096;

    /// Takes the connections of a part.
    #[inline]
    pub(crate) fn add(&mut self, key: Key, part: &Conversation) {
        self.kept.entry(key).or_default().merge(part);
    }

    /// Forgets the smallest if there are too many. `address` gives the address of a number.
    pub(crate) fn shrink(&mut self, limit: usize, sketched: usize, address: impl Fn(u32) -> IpAddr) {
        if self.kept.len() <= limit {
            return;
        }
        let mut sizes: Vec<_> = self.kept.iter().map(|(key, one)| (one.tally.rows, *key)).collect();
        let middle = sizes.len() - limit / 2;
        sizes.select_nth_unstable(middle);
        let mut gone = sizes;
        gone.truncate(middle);
        gone.sort_unstable_by_key(|(_, key)| *key);
        for (rows, key) in gone {
            self.kept.remove(&key);
            let ports = key.transport.has_ports();
            self.forget((key.orig, false), address(key.resp), (rows, ports), sketched);
            self.forget((key.resp, true), address(key.orig), (rows, ports), sketched);
            self.forgotten += rows;
        }
    }

    /// A conversation of a host, which originated or responded, is not kept. `rows` come with whether they have ports.
    fn forget(
        &mut self,
        (host, responded): (u32, bool),
        other: IpAddr,
        (rows, ports): (u64, bool),
        sketched: usize,
    ) {
        let (place, side) = (host as usize, usize::from(responded));
        if place >= self.lost.len() {
            self.lost.resize(place + 1, Default::default());
        }
        let lost = &mut self.lost[place][side];
        lost.conversations += 1;
        lost.rows += rows;
        lost.port_rows += if ports { rows } else { 0 };
        if let Some(forgotten) = self.remember(host, sketched) {
            forgotten.seen[side] += 1;
            forgotten.sketches[side].get_or_insert_with(sketch).update(other);
        }
    }

    /// The sketches of a host. Where all places are taken, who lost twice as much takes the place of who lost least.
    fn remember(&mut self, host: u32, sketched: usize) -> Option<&mut Forgotten> {
        let lost =
            |host: u32| -> u64 { self.lost[host as usize].iter().map(|side| side.conversations).sum() };
        if self.peers.len() >= sketched && !self.peers.contains_key(&host) {
            let own = lost(host);
            if own <= 2 * self.fewest {
                return None;
            }
            let (fewest, least) = self.peers.keys().map(|host| (lost(*host), *host)).min()?;
            self.fewest = fewest;
            if own <= 2 * fewest {
                return None;
            }
            self.peers.remove(&least);
        }
        Some(self.peers.entry(host).or_default())
    }

    /// Connections of a host, which originated or responded, with an address that has no number.
    pub(crate) fn add_nameless(
        &mut self,
        host: (u32, bool),
        other: IpAddr,
        rows: (u64, bool),
        sketched: usize,
    ) {
        self.forgotten += rows.0;
        self.forget(host, other, rows, sketched);
    }

    /// What is kept, in no order.
    pub(crate) fn kept(&self) -> impl Iterator<Item = (&Key, &Conversation)> {
        self.kept.iter()
    }

    /// What was forgotten of a host: as originator, as responder.
    pub(crate) fn lost(&self, host: u32) -> [Lost; 2] {
        self.lost.get(host as usize).copied().unwrap_or_default()
    }

    /// The other sides of a host's forgotten conversations, of those that it originated or responded to.
    pub(crate) fn lost_sides(&self, host: u32, responded: bool) -> LostSides<'_> {
        let (side, forgotten) = (usize::from(responded), self.peers.get(&host));
        let seen = forgotten.map_or(0, |forgotten| forgotten.seen[side]);
        LostSides {
            sketch: forgotten.and_then(|forgotten| forgotten.sketches[side].as_ref()),
            unseen: self.lost(host)[side].conversations - seen,
        }
    }
}
