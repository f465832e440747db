//! What is told of one host.

use std::net::IpAddr;

use serde::Serialize;

use super::{Distinct, Histogram, Ranking};

/// One host's own story.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HostStatistics {
    /// Its address.
    pub address: IpAddr,
    /// Whether it is local, by Zeek's word, else by its address.
    pub local: bool,
    /// `orig_rows` and `resp_rows` together.
    pub rows: u64,
    /// Rows that it originated.
    pub orig_rows: u64,
    /// Rows that it responded to.
    pub resp_rows: u64,
    /// Bytes that it sent.
    pub sent: u64,
    /// Bytes that it received.
    pub received: u64,
    /// Start of its earliest connection.
    pub first: Option<f64>,
    /// Start of its latest connection.
    pub last: Option<f64>,
    /// Hosts that it talks to, busiest first.
    pub peers: Vec<Peer>,
    /// How many there are.
    pub distinct_peers: Distinct,
    /// Hosts that talk to it, busiest first.
    pub callers: Vec<Peer>,
    /// How many there are.
    pub distinct_callers: Distinct,
    /// Ports of others that it talks to.
    pub ports: Ranking,
    /// Its own ports that others talk to.
    pub served_ports: Ranking,
    /// Services of connections that it originated.
    pub services: Ranking,
    /// Services of connections that it responded to.
    pub served_services: Ranking,
    /// The ports that it originates connections from.
    pub source_ports: SourcePorts,
    /// Rows by day, days with rows only.
    pub days: Vec<DayCount>,
    /// Rows by weekday (Monday first) and hour of the clock.
    pub hour_of_week: [[u64; 24]; 7],
    /// Hosts outside that it shares connections with and no other host does, most bytes first.
    pub unusual_peers: Vec<Peer>,
    /// How many such hosts there are.
    pub unusual_count: u64,
    /// Rows that are missing from days, hours, services and source ports, because a limit was reached. 0: none is.
    pub forgotten_in_time: u64,
    /// Rows that are missing from days alone, because there are more than 1,096 of them.
    pub forgotten_days: u64,
    /// Rows that are missing from days and hours, because their time is before 1990 or no time.
    pub without_time: u64,
    /// Rows that are missing from peers, callers and ports, because a limit was reached. 0: all of these are exact.
    pub forgotten_peers: u64,
}

/// The other side of a host's connections.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Peer {
    /// Its address.
    pub address: IpAddr,
    /// Whether it is local.
    pub local: bool,
    /// Connections.
    pub rows: u64,
    /// Share of the host's connections in the same direction.
    pub share: f64,
    /// Bytes that the host sent to it.
    pub sent: u64,
    /// Bytes that the host received from it.
    pub received: u64,
    /// The responders' ports, busiest first, at most eight: `443/tcp`, or `icmp` and `other`,
    /// which have none.
    pub ports: Vec<String>,
    /// How many ports there are.
    pub port_count: u64,
}

/// The distribution of the ports that a host originates TCP and UDP connections from.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SourcePorts {
    /// Connections.
    pub rows: u64,
    /// Mean port.
    pub mean: Option<f64>,
    /// Standard deviation of the sample.
    pub deviation: Option<f64>,
    /// 64 bins of 1,024 ports each, from 0 to 65,535.
    pub histogram: Histogram,
    /// Ports that at least one connection in a hundred, and at least five, come from, busiest first.
    pub notable: Vec<PortCount>,
    /// Most rows by which a notable port's count may be too low. 0: exact.
    pub error: u64,
}

/// Connections from a port.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PortCount {
    /// The port.
    pub port: u16,
    /// Connections.
    pub rows: u64,
    /// Share of [`SourcePorts::rows`].
    pub share: f64,
}

/// Rows of a day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DayCount {
    /// `2025-02-21`.
    pub date: String,
    /// Rows.
    pub rows: u64,
}
