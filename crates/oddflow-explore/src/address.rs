//! All addresses of a log, what each does on either side, and which are local.
//!
//! Invariant: at most [`Addresses::LIMIT`] addresses have a number and exact counts; of those beyond, sketches keep how many there
//! are and which of them are most frequent. Local addresses have places of their own, so that a flood of made-up sources doesn't
//! push them out.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::IpAddr;

use datasketches::frequencies::{ErrorType, FrequentItemsSketch};
use datasketches::hll::HllSketch;
use foldhash::fast::FixedState;

use crate::conversation::{SKETCH_ERROR, sketch};
use crate::statistics::{Distinct, Item, Ranking};
use crate::tally::{Tally, keep_first, share};

/// An address and its connections.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Address {
    /// As originator.
    pub(crate) orig: Tally,
    /// As responder.
    pub(crate) resp: Tally,
    /// Start of the earliest connection.
    pub(crate) first: f64,
    /// Start of the latest connection.
    pub(crate) last: f64,
    /// Zeek has said that it is local.
    said_local: bool,
    /// Zeek has said that it is not.
    said_remote: bool,
}

impl Default for Address {
    fn default() -> Self {
        Self {
            orig: Tally::default(),
            resp: Tally::default(),
            first: f64::INFINITY,
            last: f64::NEG_INFINITY,
            said_local: false,
            said_remote: false,
        }
    }
}

impl Address {
    /// Takes a connection.
    #[inline]
    pub(crate) fn add(&mut self, ts: f64, local: Option<bool>) {
        self.first = self.first.min(ts);
        self.last = self.last.max(ts);
        self.said_local |= local == Some(true);
        self.said_remote |= local == Some(false);
    }

    fn merge(&mut self, other: &Self) {
        self.orig.add(other.orig);
        self.resp.add(other.resp);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.said_local |= other.said_local;
        self.said_remote |= other.said_remote;
    }

    /// Connections on either side.
    pub(crate) fn rows(&self) -> u64 {
        self.orig.rows + self.resp.rows
    }

    /// Whether it is local: by Zeek's word, else by the address.
    pub(crate) fn is_local(&self, address: IpAddr) -> bool {
        is_local(address, self.said_local.then_some(true).or(self.said_remote.then_some(false)))
    }
}

/// Whether an address is local: by Zeek's word, else by the ranges that are not routed on the Internet (RFC 6890).
#[inline]
pub(crate) fn is_local(address: IpAddr, said: Option<bool>) -> bool {
    said.unwrap_or_else(|| is_private(address)) && !is_group(address)
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_link_local() || v4.is_loopback() || v4.is_unspecified(),
        IpAddr::V6(v6) => {
            v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_loopback() || v6.is_unspecified()
        }
    }
}

/// Whether an address is that of a group: multicast, or broadcast by its last byte, as the network's mask isn't known.
#[inline]
pub(crate) fn is_group(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_multicast() || v4.octets()[3] == 255,
        IpAddr::V6(v6) => v6.is_multicast(),
    }
}

/// What is known of the addresses beyond the limit.
#[derive(Debug)]
struct Beyond {
    sources: Side,
    destinations: Side,
    all: HllSketch,
    local: HllSketch,
    locals: u64,
}

#[derive(Debug)]
struct Side {
    frequent: FrequentItemsSketch<IpAddr>,
    distinct: HllSketch,
}

impl Side {
    /// Counters of a sketch: a count's error is at most 3.5 rows in 16,384.
    const COUNTERS: usize = 1 << 14;

    fn new() -> Self {
        let frequent = FrequentItemsSketch::new(Self::COUNTERS).expect("the number of counters is allowed");
        Self { frequent, distinct: sketch() }
    }

    fn add(&mut self, address: IpAddr, rows: u64) {
        if rows > 0 {
            self.frequent.update_with_count(address, rows);
            self.distinct.update(address);
        }
    }
}

/// Which side of connections is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Source,
    Destination,
}

/// All addresses.
#[derive(Debug, Default)]
pub(crate) struct Addresses {
    numbers: HashMap<IpAddr, u32, FixedState>,
    list: Vec<(IpAddr, Address)>,
    locals: usize,
    beyond: Option<Box<Beyond>>,
}

impl Addresses {
    /// Addresses that are known exactly, without the local ones: some 50 MB.
    pub(crate) const LIMIT: usize = 1 << 18;
    /// Local addresses that are known exactly.
    pub(crate) const LOCAL_LIMIT: usize = 1 << 16;

    /// Takes the connections of a part, and gives the address's number unless it lies beyond the limit.
    ///
    /// `always` is for an address that must be known.
    pub(crate) fn add(
        &mut self,
        address: IpAddr,
        part: &Address,
        limits: (usize, usize),
        always: bool,
    ) -> Option<u32> {
        if let Some(&number) = self.numbers.get(&address) {
            self.list[number as usize].1.merge(part);
            return Some(number);
        }
        let is_local = part.is_local(address);
        let others = self.list.len() - self.locals;
        if always || (is_local && self.locals < limits.1) || (!is_local && others < limits.0) {
            let number = self.list.len() as u32;
            self.numbers.insert(address, number);
            self.list.push((address, *part));
            self.locals += usize::from(is_local);
            return Some(number);
        }
        let beyond = self.beyond.get_or_insert_with(|| {
            let (all, local) = (sketch(), sketch());
            Box::new(Beyond { sources: Side::new(), destinations: Side::new(), all, local, locals: 0 })
        });
        beyond.sources.add(address, part.orig.rows);
        beyond.destinations.add(address, part.resp.rows);
        beyond.all.update(address);
        if is_local {
            beyond.locals += 1;
            beyond.local.update(address);
        }
        None
    }

    /// The number of an address.
    pub(crate) fn number(&self, address: IpAddr) -> Option<u32> {
        self.numbers.get(&address).copied()
    }

    /// The address of a number.
    pub(crate) fn address(&self, number: u32) -> IpAddr {
        self.list[number as usize].0
    }

    /// What the address of a number does.
    pub(crate) fn of(&self, number: u32) -> &Address {
        &self.list[number as usize].1
    }

    /// Whether the address of a number is local.
    pub(crate) fn is_local(&self, number: u32) -> bool {
        let (address, known) = &self.list[number as usize];
        known.is_local(*address)
    }

    /// All addresses that are known exactly; an address's number is its place.
    pub(crate) fn list(&self) -> &[(IpAddr, Address)] {
        &self.list
    }

    /// Whether all addresses are known exactly.
    pub(crate) fn is_exact(&self) -> bool {
        self.beyond.is_none()
    }

    /// Different addresses on either side, in all, and local ones.
    pub(crate) fn distinct(&self) -> [Distinct; 4] {
        let known = |wanted: &dyn Fn(&(IpAddr, Address)) -> bool| {
            self.list.iter().filter(|entry| wanted(entry)).count() as u64
        };
        let beyond = self.beyond.as_deref();
        [
            distinct(known(&|(_, one)| one.orig.rows > 0), beyond.map(|beyond| &beyond.sources.distinct)),
            distinct(
                known(&|(_, one)| one.resp.rows > 0),
                beyond.map(|beyond| &beyond.destinations.distinct),
            ),
            distinct(self.list.len() as u64, beyond.map(|beyond| &beyond.all)),
            distinct(known(&|(address, one)| one.is_local(*address)), beyond.map(|beyond| &beyond.local)),
        ]
    }

    /// The most frequent addresses on one side. `rows` is how many connections there are in all.
    pub(crate) fn rank(&self, role: Role, rows: u64, limit: usize) -> Ranking {
        let tally = |one: &Address| if role == Role::Source { one.orig } else { one.resp };
        let [sources, destinations, ..] = self.distinct();
        let distinct = if role == Role::Source { sources } else { destinations };
        let known =
            self.list.iter().map(|(address, one)| (*address, tally(one), 0)).filter(|entry| entry.1.rows > 0);
        let mut entries: Vec<_> = known.collect();
        let (mut beyond_rows, mut error) = (0, 0);
        if let Some(beyond) = &self.beyond {
            let side = if role == Role::Source { &beyond.sources } else { &beyond.destinations };
            beyond_rows = side.frequent.total_weight();
            for row in side.frequent.frequent_items(ErrorType::NoFalsePositives) {
                let tally = Tally { rows: row.estimate(), ..Tally::default() };
                entries.push((*row.item(), tally, side.frequent.maximum_error()));
            }
        }
        keep_first(&mut entries, limit, |(address, tally, _)| (Reverse(tally.rows), *address));
        let mut items: Vec<Item> = Vec::with_capacity(entries.len());
        for (address, tally, its_error) in entries {
            error = error.max(its_error);
            items.push(Item { share: share(tally.rows, rows), ..tally.item(address.to_string(), rows) });
        }
        Ranking { rows, distinct, items, beyond: beyond_rows, error }
    }
}

/// A number that is known, and an estimate of what lies beyond.
pub(crate) fn distinct(known: u64, beyond: Option<&HllSketch>) -> Distinct {
    match beyond.filter(|sketch| !sketch.is_empty()) {
        None => Distinct { count: known, error: 0.0 },
        Some(sketch) => {
            let estimate = sketch.estimate();
            let all = known as f64 + estimate;
            Distinct { count: all.round() as u64, error: SKETCH_ERROR * estimate / all }
        }
    }
}
