//! How often each port is used: exact, as there are only so many.

use crate::connection::Transport;
use crate::statistics::Ranking;
use crate::tally::{Tally, rank};

/// Ports of a transport.
const PORTS: usize = 1 << 16;

/// A tally for each port of each transport that has ports.
#[derive(Debug)]
pub(crate) struct Ports {
    tallies: Vec<Tally>,
}

impl Default for Ports {
    fn default() -> Self {
        Self { tallies: vec![Tally::default(); PORTS * Transport::WITH_PORTS.len()] }
    }
}

impl Ports {
    /// Takes connections, unless they have no ports.
    #[inline]
    pub(crate) fn add(&mut self, transport: Transport, port: u16, tally: Tally) {
        let block = match transport {
            Transport::Tcp => 0,
            Transport::Udp => 1,
            Transport::Icmp | Transport::Other => return,
        };
        self.tallies[block * PORTS + usize::from(port)].add(tally);
    }

    /// All ports with rows.
    fn used(&self) -> impl Iterator<Item = ((u16, Transport), Tally)> {
        let blocks = Transport::WITH_PORTS.into_iter().zip(self.tallies.chunks(PORTS));
        blocks.flat_map(|(transport, tallies)| {
            tallies.iter().enumerate().map(move |(port, &tally)| ((port as u16, transport), tally))
        })
    }

    /// The most frequent ports.
    pub(crate) fn rank(&self, limit: usize) -> Ranking {
        rank(self.used(), limit, |&(port, transport)| transport.port(port))
    }
}
