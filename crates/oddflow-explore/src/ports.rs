//! How often each port is used: exact, as there are only so many.

use std::net::IpAddr;

use crate::connection::Transport;
use crate::statistics::Ranking;
use crate::tally::{Tally, rank};

/// Ports of a transport.
const PORTS: usize = 1 << 16;

/// What is known of a port.
pub(crate) trait OfPort: Clone + Default {
    /// Takes more of it.
    fn add(&mut self, other: Self);
}

impl OfPort for Tally {
    #[inline]
    fn add(&mut self, other: Self) {
        Tally::add(self, other);
    }
}

/// Connections to a port that came to something.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Answered {
    pub(crate) rows: u64,
    /// Originator, responder and start of the first conversation in which there was one.
    pub(crate) example: Option<(IpAddr, IpAddr, f64)>,
}

impl OfPort for Answered {
    #[inline]
    fn add(&mut self, other: Self) {
        if other.rows > 0 {
            self.rows += other.rows;
            self.example = self.example.or(other.example);
        }
    }
}

/// Something for each port of each transport that has ports.
#[derive(Debug)]
pub(crate) struct Ports<T = Tally> {
    tallies: Vec<T>,
}

impl<T: OfPort> Default for Ports<T> {
    fn default() -> Self {
        Self { tallies: vec![T::default(); PORTS * Transport::WITH_PORTS.len()] }
    }
}

impl<T: OfPort> Ports<T> {
    /// Takes connections, unless they have no ports.
    #[inline]
    pub(crate) fn add(&mut self, transport: Transport, port: u16, tally: T) {
        let block = match transport {
            Transport::Tcp => 0,
            Transport::Udp => 1,
            Transport::Icmp | Transport::Other => return,
        };
        self.tallies[block * PORTS + usize::from(port)].add(tally);
    }

    /// All ports, in order.
    pub(crate) fn all(&self) -> impl Iterator<Item = ((u16, Transport), &T)> {
        let blocks = Transport::WITH_PORTS.into_iter().zip(self.tallies.chunks(PORTS));
        blocks.flat_map(|(transport, tallies)| {
            tallies.iter().zip(0..=u16::MAX).map(move |(tally, port)| ((port, transport), tally))
        })
    }
}

impl Ports {
    /// The most frequent ports.
    pub(crate) fn rank(&self, limit: usize) -> Ranking {
        rank(self.all().map(|(port, tally)| (port, *tally)), limit, |&(port, transport)| transport.port(port))
    }
}
