//! What is kept of each host besides its conversations: when it talks, what services it uses, from which ports.
//!
//! Invariant: at most [`Details::LIMIT`] hosts have this, and at most [`Details::ENTRIES`] days and services together; when they are
//! more, the less busy ones are forgotten until half remain, local hosts last.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;

use crate::tally::Tally;
use crate::timeline::LocalTime;

/// Ports in a bin of the source ports' histogram.
pub(crate) const PORTS_A_BIN: u16 = 1024;
/// Bins of that histogram.
pub(crate) const PORT_BINS: usize = 64;
/// Days that are kept of a host: three years with rows.
const DAYS: usize = 1096;

/// One host.
#[derive(Debug)]
pub(crate) struct Detail {
    /// Its number.
    pub(crate) host: u32,
    /// All rows since it has details.
    pub(crate) all: u64,
    /// Rows that have a time.
    pub(crate) rows: u64,
    /// Rows of days beyond the limit.
    pub(crate) beyond_days: u64,
    pub(crate) hour_of_week: Box<[[u32; 24]; 7]>,
    /// Rows by day, days since 1970.
    pub(crate) days: BTreeMap<i32, u64>,
    /// Services by number: as originator, as responder.
    pub(crate) services: [BTreeMap<u32, Tally>; 2],
    /// Connections by source port, in bins.
    pub(crate) ports: Box<[u32; PORT_BINS]>,
    /// Connections that have a source port.
    pub(crate) port_rows: u64,
    /// Sum of source ports.
    pub(crate) port_sum: u128,
    /// Sum of their squares.
    pub(crate) port_squares: u128,
}

impl Detail {
    fn new(host: u32) -> Self {
        Self {
            host,
            all: 0,
            rows: 0,
            beyond_days: 0,
            hour_of_week: Box::new([[0; 24]; 7]),
            days: BTreeMap::new(),
            services: [BTreeMap::new(), BTreeMap::new()],
            ports: Box::new([0; PORT_BINS]),
            port_rows: 0,
            port_sum: 0,
            port_squares: 0,
        }
    }

    /// Days and services.
    fn entries(&self) -> usize {
        self.days.len() + self.services.iter().map(BTreeMap::len).sum::<usize>()
    }

    /// Takes rows that start in the same hour.
    pub(crate) fn add_time(&mut self, at: LocalTime, rows: u64) {
        self.rows += rows;
        let cell = &mut self.hour_of_week[at.weekday][at.hour];
        *cell = cell.saturating_add(u32::try_from(rows).unwrap_or(u32::MAX));
        if self.days.len() < DAYS || self.days.contains_key(&at.day) {
            *self.days.entry(at.day).or_default() += rows;
        } else {
            self.beyond_days += rows;
        }
    }

    /// Takes a connection from a port.
    #[inline]
    pub(crate) fn add_port(&mut self, port: u16) {
        let bin = &mut self.ports[usize::from(port / PORTS_A_BIN)];
        *bin = bin.saturating_add(1);
        self.port_rows += 1;
        self.port_sum += u128::from(port);
        self.port_squares += u128::from(port) * u128::from(port);
    }
}

/// All hosts that have details.
#[derive(Debug, Default)]
pub(crate) struct Details {
    places: HashMap<u32, u32, FixedState>,
    list: Vec<Detail>,
    /// Hosts whose details were forgotten at some time.
    pub(crate) forgotten: u64,
}

impl Details {
    /// Most hosts that have details: some 30 MB besides their days and services.
    pub(crate) const LIMIT: usize = 1 << 14;
    /// Most days and services of all hosts: some 60 MB.
    pub(crate) const ENTRIES: usize = 1 << 21;

    /// The place of a host, which is made if it is new.
    pub(crate) fn place(&mut self, host: u32) -> usize {
        let next = self.list.len() as u32;
        let place = *self.places.entry(host).or_insert(next);
        if place == next {
            self.list.push(Detail::new(host));
        }
        place as usize
    }

    /// The host at a place.
    #[inline]
    pub(crate) fn at(&mut self, place: usize) -> &mut Detail {
        &mut self.list[place]
    }

    /// The details of a host.
    pub(crate) fn of(&self, host: u32) -> Option<&Detail> {
        self.places.get(&host).map(|&place| &self.list[place as usize])
    }

    /// All of them, in no order that matters.
    pub(crate) fn list(&self) -> &[Detail] {
        &self.list
    }

    /// Forgets half if there are too many hosts, or days and services. `worth` says which are kept: the largest.
    pub(crate) fn shrink(&mut self, limit: usize, entries: usize, worth: impl Fn(&Detail) -> (bool, u64)) {
        let all: usize = self.list.iter().map(Detail::entries).sum();
        if self.list.len() <= limit && all <= entries {
            return;
        }
        self.list.sort_by_cached_key(|detail| (std::cmp::Reverse(worth(detail)), detail.host));
        let mut sum = 0;
        let fitting = self.list.iter().take_while(|detail| {
            sum += detail.entries();
            sum <= entries / 2
        });
        // One host alone always fits: its days and services have limits of their own.
        let kept = fitting.count().min(limit / 2).max(1);
        self.forgotten += (self.list.len() - kept) as u64;
        self.list.truncate(kept);
        self.places =
            self.list.iter().enumerate().map(|(place, detail)| (detail.host, place as u32)).collect();
    }
}
