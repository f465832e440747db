//! What a day came to, as data and in words.

use serde::{Deserialize, Serialize};

use super::words;

/// How a day compares with the baseline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// No more different than days are.
    Stable,
    /// A few hosts do something else; the others are as they were.
    Host,
    /// The network, or what is seen of it, is another one.
    Network,
    /// Too little is known to tell.
    #[default]
    Unclear,
}

/// What is different about a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkChange {
    /// Logs have columns that the baseline's lacked, or lack some that it had: another version of Zeek, or other settings.
    Columns,
    /// The sensor misses more than it did.
    CaptureLoss,
    /// Hosts that the baseline didn't have, or hosts that are gone.
    Hosts,
    /// Far more or far fewer rows.
    Volume,
    /// The traffic of most hosts.
    Traffic,
}

/// One thing that is distributed differently.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shift {
    /// Its name: a column of the recipe or of conn.log, or `score`.
    pub column: String,
    /// The population stability index, 0 and more.
    pub psi: f64,
    /// The index from which it counts as shifted here: .25, or more where the baseline's own days differ as much.
    pub limit: f64,
    /// What is different, as a sentence.
    pub words: String,
}

/// One host, compared with itself in the baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HostShift {
    /// Keyed hash of its address.
    #[serde(skip)]
    pub key: u64,
    /// Its address, where it is known.
    pub address: Option<String>,
    /// Its share of the day's rows, 0 to 1.
    pub share: f64,
    /// Its share of the baseline's rows; `None` for one that was not among the baseline's busiest.
    pub share_before: Option<f64>,
    /// The mean index of what it does against what it did; `None` where there was too little of either.
    pub psi: Option<f64>,
    /// Whether it explains what is different about the day.
    pub is_cause: bool,
    /// What shifted most, at most three.
    pub shifts: Vec<Shift>,
}

/// A day compared with the baseline.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DriftDay {
    /// Days since 1970, UTC.
    pub day: i64,
    /// Rows that day.
    pub rows: u64,
    /// Rows that were counted, evenly over the day.
    pub counted: u32,
    /// Hours of the day with rows.
    pub hours: u32,
    /// What it comes to.
    pub verdict: Verdict,
    /// What is different about the network, the most telling first; only where it is the network that changed.
    pub changes: Vec<NetworkChange>,
    /// Index of the scores; `None` where there were too few rows.
    pub score_psi: Option<f64>,
    /// Largest index of a feature; `None` where there were too few rows.
    pub feature_psi: Option<f64>,
    /// How many features shifted, and how many were compared.
    pub shifted: [usize; 2],
    /// What shifted most, at most ten.
    pub shifts: Vec<Shift>,
    /// Hosts that changed most, at most five.
    pub hosts: Vec<HostShift>,
    /// Columns that logs have and the baseline's had not.
    pub columns_new: Vec<String>,
    /// Columns that the baseline's logs had and are gone.
    pub columns_gone: Vec<String>,
    /// Share of rows in which the sensor missed bytes, and that of the baseline.
    pub gaps: [f64; 2],
    /// Share of counted rows of local hosts that the baseline didn't have.
    pub strangers: f64,
    /// Hosts that were among the baseline's busiest and had no row.
    pub hosts_gone: usize,
    /// Fewest and most rows of the baseline's days.
    pub rows_before: [f64; 2],
    /// Why it was judged so, a sentence each.
    pub reasons: Vec<String>,
    /// What to do, as a sentence; empty where there is nothing to do.
    pub next: String,
}

impl DriftDay {
    /// Names its hosts, where an address is known.
    pub fn name(&mut self, address: impl Fn(u64) -> Option<String>) {
        for host in &mut self.hosts {
            host.address = address(host.key);
            if let Some(address) = &host.address {
                let unnamed = words::unnamed(host.key);
                self.reasons.iter_mut().for_each(|reason| *reason = reason.replacen(&unnamed, address, 1));
            }
        }
    }
}

impl Verdict {
    /// One word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Host => "host",
            Self::Network => "network",
            Self::Unclear => "unclear",
        }
    }

    /// What it says.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Host => "a host changed",
            Self::Network => "the network changed",
            Self::Unclear => "too little to tell",
        }
    }

    /// All of them.
    pub const ALL: [Self; 4] = [Self::Stable, Self::Host, Self::Network, Self::Unclear];
}
