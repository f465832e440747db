//! Who of a day is counted by itself: hosts, services, pairs of both, and ports, in the order in which they come.
//!
//! Invariant: it depends on the rows of the day and their order alone. What is stored of a day says who has a place already.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::cell::{DayCell, Host, Service};
use crate::ports::PortKey;

/// Local hosts of a day that are counted by themselves.
pub const MOST_HOSTS: usize = 2048;
/// Of these, so many of which nothing but failures was seen.
const MOST_FAILING: usize = MOST_HOSTS / 4;
/// Services of a day that are counted by themselves.
pub const MOST_SERVICES: usize = 64;
/// Pairs of both.
const MOST_CELLS: usize = 8192;
/// Ports of a day that are counted by themselves; the later parts of the room are for those of the system, and for those that somebody answered at.
const MOST_PORTS: usize = 512;
const MOST_HIGH_PORTS: usize = MOST_PORTS / 2;
const MOST_FAILING_PORTS: usize = MOST_PORTS / 8;
/// Ports below are the system's (RFC 6335, section 6).
const FIRST_HIGH_PORT: u16 = 1024;

// Places of a day's hosts and services that are several, or all.
pub(crate) const ALL: u32 = 0;
pub(crate) const OTHERS: u32 = 1;
pub(crate) const ELSEWHERE: u32 = 2;
pub(crate) const FIRST_HOST: u32 = 3;
const FIRST_SERVICE: u32 = 2;

/// What is stored of a day already.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KnownDay {
    /// Hosts and services that are counted by themselves, and in which pairs.
    pub cells: Vec<(Host, Service)>,
    /// Ports that are.
    pub ports: Vec<PortKey>,
}

/// A day, and what is to be stored of it.
#[derive(Debug, Default)]
pub(crate) struct Day {
    hosts: Vec<IpAddr>,
    host_places: HashMap<IpAddr, u32, RandomState>,
    services: Vec<Arc<str>>,
    cells: HashMap<(u32, u32), (), RandomState>,
    ports: HashMap<PortKey, (), RandomState>,
    /// Whether nothing is stored of it.
    pub(crate) is_new: bool,
    pub(crate) sealed: HashMap<(u32, u32), DayCell, RandomState>,
}

impl Day {
    pub(crate) fn of(known: &KnownDay) -> Self {
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
        day.ports.extend(known.ports.iter().map(|port| (*port, ())));
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

    pub(crate) fn place_of_host(&mut self, host: IpAddr, has_failed: bool) -> u32 {
        if let Some(place) = self.host_places.get(&host) {
            return *place;
        }
        let most = if has_failed { MOST_FAILING } else { MOST_HOSTS };
        if self.hosts.len() < most { self.new_host(host) } else { OTHERS }
    }

    pub(crate) fn place_of_service(&mut self, name: &str) -> u32 {
        let is_known = self.services.iter().any(|known| **known == *name);
        if is_known || self.services.len() < MOST_SERVICES { self.new_service(name) } else { OTHERS }
    }

    /// The pair, or what it is counted with where there are too many.
    pub(crate) fn place_of_cell(&mut self, host: u32, service: u32) -> (u32, u32) {
        // Those of hosts that have no place are few.
        if host < FIRST_HOST || self.cells.contains_key(&(host, service)) || self.cells.len() < MOST_CELLS {
            self.cells.insert((host, service), ());
            return (host, service);
        }
        (host, OTHERS)
    }

    /// Whether a port is counted by itself.
    pub(crate) fn has_place_for(&mut self, port: PortKey, has_failed: bool) -> bool {
        if self.ports.contains_key(&port) {
            return true;
        }
        let most = match (has_failed, port.port < FIRST_HIGH_PORT) {
            (true, _) => MOST_FAILING_PORTS,
            (false, false) => MOST_HIGH_PORTS,
            (false, true) => MOST_PORTS,
        };
        let has_place = self.ports.len() < most;
        if has_place {
            self.ports.insert(port, ());
        }
        has_place
    }

    pub(crate) fn host(&self, place: u32) -> Host {
        match place {
            ALL => Host::All,
            OTHERS => Host::Others,
            ELSEWHERE => Host::Elsewhere,
            _ => Host::At(self.hosts[(place - FIRST_HOST) as usize]),
        }
    }

    pub(crate) fn service(&self, place: u32) -> Service {
        match place {
            ALL => Service::All,
            OTHERS => Service::Others,
            _ => Service::Named(Arc::clone(&self.services[(place - FIRST_SERVICE) as usize])),
        }
    }
}
