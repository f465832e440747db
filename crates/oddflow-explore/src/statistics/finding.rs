//! What is told of something that stands out.

use std::net::IpAddr;

use serde::Serialize;

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// The connections that lasted longest.
    LongestConnections,
    /// What local hosts sent to one host outside, in all connections of the two.
    LargestUploads,
    /// The hosts that originated connections to most others, and to most ports.
    WidestFanOut,
    /// The hosts with most TCP connections that were never established.
    MostFailures,
    /// The services that occur least.
    RarestServices,
    /// The responders' ports that occur least, of those that answered.
    RarestPorts,
    /// Local hosts that were first seen after the first day.
    NewHosts,
    /// What happens from midnight to six.
    Nights,
    /// What happens on Saturday and Sunday.
    Weekends,
    /// Connections that come back at the most regular intervals.
    MostRegular,
}

/// Which part of the statistics, and so which figure, a finding belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// [`Statistics::columns`](super::Statistics::columns).
    Columns,
    /// [`Statistics::time`](super::Statistics::time).
    Time,
    /// [`Statistics::top`](super::Statistics::top).
    Top,
    /// [`Statistics::hosts`](super::Statistics::hosts).
    Hosts,
}

/// Something that stands out, by plain statistics.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// What it is about.
    pub kind: FindingKind,
    /// A sentence with its number.
    pub title: String,
    /// The number of the sentence; `None` where there is nothing to tell.
    pub value: Option<f64>,
    /// The number's unit: `seconds`, `bytes`, `addresses`, `hosts`, `connections`, `share`.
    pub unit: &'static str,
    /// Where to look.
    pub section: Section,
    /// The name of the figure's subject there: a column, a ranking's field, `hour_of_week`, `hosts`.
    pub figure: &'static str,
    /// A few rows, most remarkable first.
    pub evidence: Vec<Evidence>,
}

/// One row of evidence.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Evidence {
    /// What it is in words: a port, a service, a date. Empty where the addresses say all.
    pub subject: String,
    /// The originator, or the host that it is about.
    pub host: Option<IpAddr>,
    /// The responder, or the other side.
    pub peer: Option<IpAddr>,
    /// The responder's port, `443/tcp`.
    pub port: Option<String>,
    /// The value that it is ranked by, in [`Finding::unit`].
    pub value: f64,
    /// The value in words, with its unit.
    pub text: String,
    /// Zeek's uid where it is one connection.
    pub uid: Option<String>,
    /// Start of the connection, where it is one, or of the first.
    pub ts: Option<f64>,
}
