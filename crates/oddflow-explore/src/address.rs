//! All addresses of a log, what each does on either side, and which are local.
//!
//! Invariant: at most [`Addresses::LIMIT`] addresses have a number and exact counts; of those beyond, sketches keep how many there
//! are and which of them are most frequent. Local addresses have places of their own, and so have those that turn out to be busy,
//! so that a flood of made-up sources pushes neither out.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::IpAddr;

use datasketches::frequencies::{ErrorType, FrequentItemsSketch};
use datasketches::hll::HllSketch;
use foldhash::fast::FixedState;

use crate::conversation::{SKETCH_ERROR, sketch};
use crate::order::EARLIEST;
use crate::statistics::{Distinct, Item, Ranking};
use crate::tally::{Tally, keep_first};

/// An address and its connections.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Address {
    /// As originator.
    pub(crate) orig: Tally,
    /// As responder.
    pub(crate) resp: Tally,
    /// TCP connections that it originated, and how many of them were never established.
    pub(crate) tcp: Attempts,
    /// Start of the earliest connection; infinite where all are before 1990.
    pub(crate) first: f64,
    /// Start of the latest connection; infinite where all are before 1990.
    pub(crate) last: f64,
    /// Zeek has said that it is local.
    said_local: bool,
    /// Zeek has said that it is not.
    said_remote: bool,
    /// Its first rows may have been counted as those of an address beyond the limit.
    is_late: bool,
}

/// TCP connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attempts {
    pub(crate) rows: u64,
    /// How many of them were never established.
    pub(crate) failed: u64,
}

impl Attempts {
    #[inline]
    pub(crate) fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.failed += other.failed;
    }
}

/// The TCP connections of an originator, as far as they are known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Failures {
    pub(crate) address: IpAddr,
    /// How many were never established; at least so many where `rows` is not known.
    pub(crate) failed: u64,
    /// All of them; `None` for an address beyond the limit.
    pub(crate) rows: Option<u64>,
    /// Start of its earliest connection, if it is known.
    pub(crate) first: Option<f64>,
}

impl Default for Address {
    fn default() -> Self {
        Self {
            orig: Tally::default(),
            resp: Tally::default(),
            tcp: Attempts::default(),
            first: f64::INFINITY,
            last: f64::NEG_INFINITY,
            said_local: false,
            said_remote: false,
            is_late: false,
        }
    }
}

impl Address {
    /// Takes a connection.
    #[inline]
    pub(crate) fn add(&mut self, ts: f64, local: Option<bool>) {
        if ts >= EARLIEST {
            self.first = self.first.min(ts);
            self.last = self.last.max(ts);
        }
        self.said_local |= local == Some(true);
        self.said_remote |= local == Some(false);
    }

    fn merge(&mut self, other: &Self) {
        self.orig.add(other.orig);
        self.resp.add(other.resp);
        self.tcp.add(other.tcp);
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
    /// TCP connections that were never established, by originator.
    failed: FrequentItemsSketch<IpAddr>,
    all: HllSketch,
    local: HllSketch,
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
        Self { frequent: counters(), distinct: sketch() }
    }

    fn add(&mut self, address: IpAddr, rows: u64) {
        if rows > 0 {
            self.frequent.update_with_count(address, rows);
            self.distinct.update(address);
        }
    }
}

fn counters() -> FrequentItemsSketch<IpAddr> {
    FrequentItemsSketch::new(Side::COUNTERS).expect("the number of counters is allowed")
}

impl Beyond {
    fn new() -> Self {
        let (all, local) = (sketch(), sketch());
        Self { sources: Side::new(), destinations: Side::new(), failed: counters(), all, local }
    }

    fn add(&mut self, address: IpAddr, part: &Address) {
        self.sources.add(address, part.orig.rows);
        self.destinations.add(address, part.resp.rows);
        if part.tcp.failed > 0 {
            self.failed.update_with_count(address, part.tcp.failed);
        }
        self.all.update(address);
        if part.is_local(address) {
            self.local.update(address);
        }
    }

    /// Rows of an address that are known for sure.
    fn least(&self, address: &IpAddr) -> u64 {
        self.sources.frequent.lower_bound(address) + self.destinations.frequent.lower_bound(address)
    }

    /// An address that may be among these has a number from now on: it still counts as one of these.
    fn see(&mut self, address: IpAddr, part: &Address) {
        for (side, rows) in [(&mut self.sources, part.orig.rows), (&mut self.destinations, part.resp.rows)] {
            if rows > 0 {
                side.distinct.update(address);
            }
        }
        self.all.update(address);
        if part.is_local(address) {
            self.local.update(address);
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
    /// Addresses with a number because they are busy.
    busy: usize,
    beyond: Option<Box<Beyond>>,
}

impl Addresses {
    /// Addresses that are known exactly, without the local ones: some 60 MB.
    pub(crate) const LIMIT: usize = 1 << 18;
    /// Local addresses that are known exactly.
    pub(crate) const LOCAL_LIMIT: usize = 1 << 16;
    /// Busy addresses that are known besides.
    pub(crate) const BUSY_LIMIT: usize = 1 << 14;
    /// Rows that make an address busy.
    pub(crate) const BUSY: u64 = 256;

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
            let known = &mut self.list[number as usize].1;
            known.merge(part);
            if let Some(beyond) = self.beyond.as_mut().filter(|_| known.is_late) {
                beyond.see(address, known);
            }
            return Some(number);
        }
        let is_local = part.is_local(address);
        let others = self.list.len() - self.locals - self.busy;
        let has_place = if is_local { self.locals < limits.1 } else { others < limits.0 };
        let is_busy = || {
            let before = self.beyond.as_ref().map_or(0, |beyond| beyond.least(&address));
            self.busy < Self::BUSY_LIMIT && before + part.rows() >= Self::BUSY
        };
        if always || has_place || is_busy() {
            let number = self.list.len() as u32;
            let mut known = *part;
            if let Some(beyond) = &mut self.beyond {
                known.is_late = true;
                beyond.see(address, &known);
            }
            self.numbers.insert(address, number);
            self.list.push((address, known));
            self.locals += usize::from(has_place && is_local);
            self.busy += usize::from(!has_place);
            return Some(number);
        }
        self.beyond.get_or_insert_with(|| Box::new(Beyond::new())).add(address, part);
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
        // The late ones are in the sketches.
        let known = |wanted: &dyn Fn(&(IpAddr, Address)) -> bool| {
            self.list.iter().filter(|entry| !entry.1.is_late && wanted(entry)).count() as u64
        };
        let beyond = self.beyond.as_deref();
        [
            distinct(known(&|(_, one)| one.orig.rows > 0), beyond.map(|beyond| &beyond.sources.distinct)),
            distinct(
                known(&|(_, one)| one.resp.rows > 0),
                beyond.map(|beyond| &beyond.destinations.distinct),
            ),
            distinct(known(&|_| true), beyond.map(|beyond| &beyond.all)),
            distinct(known(&|(address, one)| one.is_local(*address)), beyond.map(|beyond| &beyond.local)),
        ]
    }

    /// The most frequent addresses on one side. `rows` is how many connections there are in all.
    pub(crate) fn rank(&self, role: Role, rows: u64, limit: usize) -> Ranking {
        let tally = |one: &Address| if role == Role::Source { one.orig } else { one.resp };
        let [sources, destinations, ..] = self.distinct();
        let distinct = if role == Role::Source { sources } else { destinations };
        let side = self.beyond.as_ref().map(|beyond| match role {
            Role::Source => &beyond.sources.frequent,
            Role::Destination => &beyond.destinations.frequent,
        });
        // Rows that were counted before the address had a number.
        let before = |address: &IpAddr, one: &Address| {
            side.filter(|_| one.is_late).map_or(0, |side| side.estimate(address))
        };
        let known = self.list.iter().map(|(address, one)| {
            let (mut tally, before) = (tally(one), before(address, one));
            tally.rows += before;
            (*address, tally, before > 0)
        });
        let mut entries: Vec<_> = known.filter(|entry| entry.1.rows > 0).collect();
        for row in side.into_iter().flat_map(|side| side.frequent_items(ErrorType::NoFalsePositives)) {
            if !self.numbers.contains_key(row.item()) {
                entries.push((*row.item(), Tally { rows: row.estimate(), ..Tally::default() }, true));
            }
        }
        keep_first(&mut entries, limit, |(address, tally, _)| (Reverse(tally.rows), *address));
        let error = side
            .filter(|_| entries.iter().any(|entry| entry.2))
            .map_or(0, FrequentItemsSketch::maximum_error);
        let items = entries.into_iter().map(|(address, tally, is_estimate)| Item {
            bytes_known: !is_estimate,
            ..tally.item(address.to_string(), rows)
        });
        let beyond = side.map_or(0, FrequentItemsSketch::total_weight);
        Ranking { rows, distinct, items: items.collect(), beyond, error }
    }

    /// Who originated TCP connections that were never established, most of them first.
    pub(crate) fn failures(&self, limit: usize) -> Vec<Failures> {
        let sketch = self.beyond.as_ref().map(|beyond| &beyond.failed);
        let known = self.list.iter().map(|(address, one)| {
            let before = sketch.filter(|_| one.is_late).map_or(0, |sketch| sketch.lower_bound(address));
            Failures {
                address: *address,
                failed: one.tcp.failed + before,
                rows: (!one.is_late).then_some(one.tcp.rows),
                first: Some(one.first).filter(|first| first.is_finite()),
            }
        });
        let mut all: Vec<_> = known.filter(|one| one.failed > 0).collect();
        for row in sketch.into_iter().flat_map(|sketch| sketch.frequent_items(ErrorType::NoFalsePositives)) {
            if !self.numbers.contains_key(row.item()) {
                all.push(Failures {
                    address: *row.item(),
                    failed: row.lower_bound(),
                    rows: None,
                    first: None,
                });
            }
        }
        keep_first(&mut all, limit, |one| (Reverse(one.failed), one.address));
        all
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
