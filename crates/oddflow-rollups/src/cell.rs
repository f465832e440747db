//! What the rows of a host and a service come to in a day: what is stored.

use std::net::IpAddr;
use std::sync::Arc;

use crate::distinct::Distinct;
use crate::hour::{self, Counts};
use crate::moments::Moments;

/// Whose rows are counted together: a host, or several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// All rows, each once.
    All,
    /// Hosts that are beyond the most of a day.
    Others,
    /// No side is local.
    Elsewhere,
    /// A local host.
    At(IpAddr),
}

/// Which rows of a host are counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// All of them.
    All,
    /// Those of services that are beyond the most of a day.
    Others,
    /// Those of one.
    Named(Arc<str>),
}

/// What the rows of a host and a service come to in a day, or in a part of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DayCell {
    /// All of it.
    pub counts: Counts,
    /// The addresses on the other side.
    pub peers: Distinct,
    /// Of all hosts; none otherwise. Few days of hosts have them, and they are larger than all else.
    pub moments: Option<Box<Moments>>,
    /// By hour, [encoded](hour::encode).
    pub hours: Vec<u8>,
}

impl DayCell {
    /// Adds what other rows come to; `None` where the bytes of one of both are damaged.
    #[must_use]
    pub fn merge(&mut self, other: &Self) -> Option<()> {
        self.hours = hour::merge_bytes(&self.hours, &other.hours)?;
        self.counts.merge(&other.counts);
        self.peers.merge(&other.peers);
        if let Some(other) = &other.moments {
            self.moments.get_or_insert_default().merge(other);
        }
        Some(())
    }
}
