//! What was generated.

use std::net::IpAddr;

use jiff::Timestamp;

/// What was generated.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Rows of `conn.log`.
    pub rows: u64,
    /// Rows of `dns.log`.
    pub dns: u64,
    /// Rows of `http.log`.
    pub http: u64,
    /// Rows of `ssl.log`.
    pub ssl: u64,
    /// The attacks planted, by their beginning.
    pub campaigns: Vec<CampaignSummary>,
}

/// One attack.
#[derive(Clone, Debug, PartialEq)]
pub struct CampaignSummary {
    /// Its kind, such as `dns_tunnel`.
    pub kind: &'static str,
    /// Its name in `labels.tsv`.
    pub name: String,
    /// The address it comes from; `None` where that is forged or many.
    pub attacker: Option<IpAddr>,
    /// The address it is aimed at; `None` where that is many.
    pub target: Option<IpAddr>,
    /// Rows of `conn.log` that belong to it.
    pub rows: u64,
    /// Start of its first connection.
    pub first: Timestamp,
    /// Start of its last step.
    pub last: Timestamp,
}
