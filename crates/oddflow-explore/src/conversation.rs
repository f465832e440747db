//! What two hosts do on one port: all connections with the same originator, responder and responder's port.
//!
//! Invariant: at most [`Conversations::LIMIT`] are kept. When they are that many, those with fewest connections are forgotten
//! until half remain (lossy counting: Manku, Motwani, 2002), and a sketch a host remembers how many peers went with them.

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
    peers: HashMap<u32, Forgotten, FixedState>,
    /// Connections of conversations that were forgotten.
    pub(crate) forgotten: u64,
}

/// What a host's forgotten conversations leave behind.
#[derive(Debug, Default)]
pub(crate) struct Forgotten {
    /// Their connections.
    pub(crate) rows: u64,
    /// Responders that it talked to.
    pub(crate) peers: Option<HllSketch>,
    /// Originators that talked to it.
    pub(crate) callers: Option<HllSketch>,
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
    /// Most hosts whose forgotten peers are counted: some 32 MB.
    pub(crate) const SKETCHED: usize = 4096;

    /// Takes the connections of a part.
    #[inline]
    pub(crate) fn add(&mut self, key: Key, part: &Conversation) {
        self.kept.entry(key).or_default().merge(part);
    }

    /// Forgets the smallest if there are too many. `address` gives the address of a number.
    pub(crate) fn shrink(&mut self, limit: usize, address: impl Fn(u32) -> IpAddr) {
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
            self.forget(key.orig, Some(key.resp), None, rows, &address);
            self.forget(key.resp, None, Some(key.orig), rows, &address);
            self.forgotten += rows;
        }
    }

    fn forget(
        &mut self,
        host: u32,
        peer: Option<u32>,
        caller: Option<u32>,
        rows: u64,
        address: &impl Fn(u32) -> IpAddr,
    ) {
        if let Some(forgotten) = self.remember(host) {
            forgotten.rows += rows;
            if let Some(peer) = peer {
                forgotten.peers.get_or_insert_with(sketch).update(address(peer));
            }
            if let Some(caller) = caller {
                forgotten.callers.get_or_insert_with(sketch).update(address(caller));
            }
        }
    }

    fn remember(&mut self, host: u32) -> Option<&mut Forgotten> {
        if self.peers.len() >= Self::SKETCHED && !self.peers.contains_key(&host) {
            return None;
        }
        Some(self.peers.entry(host).or_default())
    }

    /// Connections of a host with an address that has no number.
    pub(crate) fn add_nameless(&mut self, host: u32, other: IpAddr, is_orig: bool, rows: u64) {
        self.forgotten += rows;
        if let Some(forgotten) = self.remember(host) {
            forgotten.rows += rows;
            let side = if is_orig { &mut forgotten.peers } else { &mut forgotten.callers };
            side.get_or_insert_with(sketch).update(other);
        }
    }

    /// What is kept, in no order.
    pub(crate) fn kept(&self) -> impl Iterator<Item = (&Key, &Conversation)> {
        self.kept.iter()
    }

    /// What a host's forgotten conversations left behind.
    pub(crate) fn forgotten_of(&self, host: u32) -> Option<&Forgotten> {
        self.peers.get(&host)
    }
}
