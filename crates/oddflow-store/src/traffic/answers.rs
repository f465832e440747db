//! What is asked of the rollups, and what they answer.

use std::net::IpAddr;

use serde::Serialize;
use utoipa::ToSchema;

use crate::address::Network;

/// Which traffic is meant. Empty, it is all of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrafficQuery {
    /// Connections that ended at or after this time, in seconds since 1970.
    pub from: Option<f64>,
    /// Connections that ended before this time.
    pub to: Option<f64>,
    /// Of local hosts in this network. A connection between two of them is counted for both.
    pub host: Option<Network>,
    /// Of a service by Zeek's name of it: `ssl` means `quic,ssl` too, and `-` those that Zeek recognised no service of.
    pub service: Option<String>,
    /// Of one sensor; empty where there is but one.
    pub sensor: Option<String>,
    /// As one model counted it.
    pub model: Option<String>,
}

/// What some connections come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, ToSchema)]
pub struct TrafficTotals {
    /// Connections.
    pub rows: u64,
    /// Payload bytes of the originators.
    pub orig_bytes: u64,
    /// Payload bytes of the responders.
    pub resp_bytes: u64,
    /// Connections that nobody answered, or that were refused.
    pub failures: u64,
    /// The highest score of a connection.
    pub peak: f64,
}

/// What ended in one step of a series.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, ToSchema)]
pub struct TrafficPoint {
    /// Where the step begins, in seconds since 1970.
    pub time: f64,
    /// What ended in it.
    #[serde(flatten)]
    pub totals: TrafficTotals,
}

/// A period's traffic, from one pass over its rollups.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct Traffic {
    /// Where the period begins, in seconds since 1970: that of the query, cut at a half hour, or of the first row.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// Seconds of a step of the series.
    pub step: u32,
    /// All of it.
    pub totals: TrafficTotals,
    /// By time, the earliest first; steps without rows are left out.
    pub series: Vec<TrafficPoint>,
    /// Rows by day of the week, Monday first, and hour of the day, UTC.
    pub hour_of_week: [[u64; 24]; 7],
    /// Responder ports of TCP and UDP, the busiest first.
    pub ports: Vec<PortTraffic>,
    /// How the numeric columns are distributed.
    pub distributions: Vec<Distribution>,
}

/// A responder port. What few connections of many ports come to is counted together, without a port.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct PortTraffic {
    /// `None` for all other ports.
    pub port: Option<u16>,
    /// `tcp` or `udp`; empty for all other ports.
    pub proto: String,
    /// Connections.
    pub rows: u64,
    /// Payload bytes both ways.
    pub bytes: u64,
    /// Connections that nobody answered, or that were refused.
    pub failures: u64,
}

/// How a numeric column is distributed, on a logarithmic axis. Rows where it is unset are not counted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct Distribution {
    /// Zeek's name of the column.
    pub column: &'static str,
    /// `seconds`, `bytes` or `packets`.
    pub unit: &'static str,
    /// One more than there are counts: a count is of the values from its edge to below the next. The first edge is 0, those that follow
    /// are powers of two (of a microsecond for seconds).
    pub edges: Vec<f64>,
    /// Rows.
    pub counts: Vec<u64>,
}

/// How much the numeric columns go together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct Correlation {
    /// Zeek's names.
    pub columns: Vec<&'static str>,
    /// Pearson's coefficients of the columns' logarithms; `None` where one doesn't vary.
    pub values: Vec<Vec<Option<f64>>>,
    /// Rows that it is estimated from: one in eight of those with all of the columns set.
    pub rows: u64,
}

/// What a service comes to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct ServiceTraffic {
    /// Zeek's names, sorted and joined by commas; `-` where it recognised none, `(others)` for those beyond the most that are counted.
    pub service: String,
    /// What it comes to.
    #[serde(flatten)]
    pub totals: TrafficTotals,
    /// Distinct addresses on the other side of local hosts, estimated beyond 32.
    pub peers: u64,
    /// The hour in which it was seen first in the period, in seconds since 1970.
    pub first: f64,
    /// The end of the half hour in which it was seen last.
    pub last: f64,
}

/// What a local host comes to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct HostTraffic {
    /// Its address.
    pub host: String,
    /// What it comes to.
    #[serde(flatten)]
    pub totals: TrafficTotals,
    /// Distinct addresses on the other side, estimated beyond 32.
    pub peers: u64,
    /// The hour in which it was seen first in the period, in seconds since 1970.
    pub first: f64,
    /// The end of the half hour in which it was seen last.
    pub last: f64,
}

/// Local hosts of a period.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct HostsTraffic {
    /// As many as were asked for.
    pub hosts: Vec<HostTraffic>,
    /// How many there are.
    pub count: u64,
    /// What hosts come to that were beyond the most that are counted by themselves.
    pub others: TrafficTotals,
    /// What connections come to of which no side is local.
    pub elsewhere: TrafficTotals,
}

/// What hosts are ranked by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HostSort {
    /// Connections.
    #[default]
    Rows,
    /// Payload bytes both ways.
    Bytes,
    /// Connections that failed.
    Failures,
    /// Distinct peers.
    Peers,
    /// The highest score.
    Peak,
    /// When it was seen last.
    Newest,
}

/// Which channels of a local host are wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelQuery {
    /// The host.
    pub host: IpAddr,
    /// Those seen at or after this time, in seconds since 1970.
    pub from: Option<f64>,
    /// Those first seen before this time.
    pub to: Option<f64>,
    /// Of one sensor.
    pub sensor: Option<String>,
    /// As one model counted them.
    pub model: Option<String>,
    /// What comes first.
    pub sort: ChannelSort,
    /// At most so many.
    pub limit: usize,
}

/// What channels are ranked by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ChannelSort {
    /// Connections.
    #[default]
    Rows,
    /// Payload bytes both ways.
    Bytes,
    /// Those first seen last.
    New,
    /// The steadiest: the least variation of the gaps, of those with 10 connections or more; others by connections.
    Rhythm,
}

/// A local host's connections with one peer, to one port, of one service. Its numbers are of all the time since it was first seen.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct Channel {
    /// Address of the other side.
    pub peer: String,
    /// The responder's port; for ICMP the message code.
    pub port: u16,
    /// `tcp`, `udp`, `icmp` or `other`.
    pub proto: String,
    /// As in [`ServiceTraffic`].
    pub service: String,
    /// Whether the host is the responder.
    pub is_served: bool,
    /// Connections.
    pub rows: u64,
    /// Payload bytes of the originator.
    pub orig_bytes: u64,
    /// Payload bytes of the responder.
    pub resp_bytes: u64,
    /// When a connection ended first, in seconds since 1970.
    pub first: f64,
    /// When one ended last.
    pub last: f64,
    /// Mean time between two ends, in seconds; `None` of a single connection.
    pub gap: Option<f64>,
    /// Its standard deviation as a share of the mean: 0 is a clockwork, 1 is chance. `None` of fewer than three connections.
    pub gap_cv: Option<f64>,
    /// Whether it was first seen within the period, and the rollups began before it.
    pub is_new: bool,
}

/// Channels of a local host.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct Channels {
    /// As many as were asked for.
    pub channels: Vec<Channel>,
    /// How many there are in the period.
    pub count: u64,
    /// How many of the host's were forgotten, as there were too many.
    pub displaced: u64,
    /// Connections that no channel counts, as there were too many.
    pub uncounted: u64,
}

/// From when to when there are rollups.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, ToSchema)]
pub struct TrafficExtent {
    /// The day of the first row that is counted, in seconds since 1970. A database of an older version has none of what it read before.
    pub since: f64,
    /// The end of the newest connection.
    pub newest: f64,
    /// Connections that are counted and not yet expired.
    pub rows: u64,
}
