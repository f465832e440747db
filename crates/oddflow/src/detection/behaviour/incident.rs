//! What is kept of an incident while it is open: its strongest rows, and what they have in common.

use std::collections::BTreeSet;
use std::net::IpAddr;

use oddflow_detector::behaviour::{Budget, Explainer, Key, Placement, Raised, flood};
use serde::{Deserialize, Serialize};
use serde_json::json;
use smol_str::SmolStr;

use super::distinct::Distinct;
use super::story::{AlertRow, Title};
use super::telling::ToldOf;

/// Rows that are stored of an incident, and kept of one that isn't raised yet.
pub(super) const MOST_ROWS: usize = 50;
pub(super) const MOST_WAITING_ROWS: usize = 3;
/// Peers and ports that are told apart.
const MOST_DISTINCT: usize = 1000;

/// What stands in place of a flood's local host.
const MANY_HOSTS: &str = "many hosts";

/// Peers and ports that are named.
const MOST_EXAMPLES: usize = 20;

/// A row of an incident.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) score: f32,
    pub(super) row: KeptRow,
    /// The other side's address, once the row has been read again.
    pub(super) peer: Option<IpAddr>,
}

/// Where a row stands on its way into the store.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum KeptRow {
    /// Of the chunk at hand, by its place there; its text is read again when the chunk is done.
    Pending(usize),
    /// Ready to be stored.
    Ready(Box<AlertRow>),
    /// Stored, by its number.
    Stored(i64),
}

/// What is known of a group of odd rows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct OpenIncident {
    pub(super) raised: Option<Raised>,
    pub(super) raised_at: f64,
    pub(super) threshold: f32,
    /// Ends of the first and the latest connection that count.
    pub(super) first: f64,
    pub(super) last: f64,
    /// Rows that count.
    pub(super) rows: u64,
    pub(super) score: f32,
    /// Keyed hashes of the other side's addresses, and ports; at most a thousand each.
    pub(super) peers: BTreeSet<u64>,
    pub(super) ports: BTreeSet<u16>,
    /// Payload bytes of originators and responders.
    pub(super) bytes: [u64; 2],
    /// The strongest rows, the strongest first.
    pub(super) kept: Vec<Kept>,
    /// Stored rows that stronger ones have displaced.
    pub(super) displaced: Vec<i64>,
    /// Transport of its rows.
    pub(super) proto: SmolStr,
    /// The local hosts of a flood; none are counted of one host's incident.
    #[serde(default)]
    pub(super) hosts: Distinct,
    /// What it is called, of its strongest row.
    pub(super) told: Option<Told>,
    /// What sinks were told of it last; `None` where nothing was.
    #[serde(default)]
    pub(super) told_of: Option<ToldOf>,
    /// Whether it was raised since the store was told of it.
    #[serde(default)]
    pub(super) is_fresh: bool,
    /// Whether the store has yet to learn something.
    pub(super) is_dirty: bool,
}

/// What an incident is called.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Told {
    /// Address of the local host.
    pub(super) host: String,
    pub(super) title: String,
    pub(super) technique: Option<String>,
}

impl OpenIncident {
    pub(super) fn new(end: f64) -> Self {
        Self {
            raised: None,
            raised_at: end,
            threshold: 0.0,
            first: end,
            last: end,
            rows: 0,
            score: 0.0,
            peers: BTreeSet::new(),
            ports: BTreeSet::new(),
            bytes: [0; 2],
            kept: Vec::new(),
            displaced: Vec::new(),
            proto: SmolStr::default(),
            hosts: Distinct::default(),
            told: None,
            told_of: None,
            is_fresh: false,
            is_dirty: false,
        }
    }

    /// Takes the name of its strongest row, where that has changed.
    pub(super) fn tell(&mut self, key: Key, explainer: &Explainer<'_>) {
        if let Some(Kept { row: KeptRow::Ready(row), .. }) = self.kept.first() {
            let Title { title, technique } = row.title(key, explainer);
            let host = row.sides(key).0.to_string();
            self.told = Some(Told { host, title, technique: technique.map(Into::into) });
        }
    }

    /// What it is called by now: that of its strongest row, or of many.
    pub(super) fn called(&self, key: Key) -> Option<Told> {
        let told = self.told.clone()?;
        if !key.is_of_many() {
            return Some(told);
        }
        Some(Told { host: MANY_HOSTS.into(), title: flood(self.hosts.rounded(), &told.title), ..told })
    }

    /// What its rows have in common, and the threshold of the run's budget, as JSON.
    pub(super) fn summary(&self, budget: &Budget) -> String {
        // Of the kept rows alone: which rows were kept for a while depends on where runs end.
        let peers: BTreeSet<IpAddr> = self.kept.iter().filter_map(|kept| kept.peer).collect();
        let peers: Vec<IpAddr> = peers.into_iter().take(MOST_EXAMPLES).collect();
        let ports: Vec<u16> = self.ports.iter().copied().take(MOST_EXAMPLES).collect();
        let mut summary = json!({
            "version": 1,
            "peers": self.peers.len(),
            "peer_examples": peers,
            "ports": self.ports.len(),
            "port_examples": ports,
            "proto": self.proto,
            "orig_bytes": self.bytes[0],
            "resp_bytes": self.bytes[1],
            "budget_threshold": budget.whole_threshold(),
        });
        if !self.hosts.is_empty() {
            summary["hosts"] = (self.hosts.rounded() as u64).into();
        }
        summary.to_string()
    }

    /// Takes in a row that counts; returns whether it is kept.
    pub(super) fn add(&mut self, seen: &Seen, placed: &Placement) -> bool {
        self.rows += 1;
        self.first = self.first.min(seen.end);
        self.last = self.last.max(seen.end);
        if self.peers.len() < MOST_DISTINCT {
            self.peers.insert(seen.peer);
        }
        if self.ports.len() < MOST_DISTINCT {
            self.ports.insert(seen.port);
        }
        if placed.key.is_of_many() {
            self.hosts.insert(seen.host);
        }
        self.bytes[0] = self.bytes[0].saturating_add(seen.bytes[0]);
        self.bytes[1] = self.bytes[1].saturating_add(seen.bytes[1]);
        self.score = placed.score;
        self.is_dirty = true;
        if placed.is_new {
            self.raised = placed.raised;
            self.is_fresh = true;
            self.raised_at = seen.end;
            self.threshold = seen.threshold;
        }
        let most = if self.raised.is_some() { MOST_ROWS } else { MOST_WAITING_ROWS };
        if self.kept.len() >= most && self.kept.last().is_some_and(|last| last.score >= seen.score) {
            return false;
        }
        let place = self.kept.partition_point(|kept| kept.score >= seen.score);
        self.kept.insert(place, Kept { score: seen.score, row: KeptRow::Pending(seen.place), peer: None });
        while self.kept.len() > most {
            if let Some(Kept { row: KeptRow::Stored(id), .. }) = self.kept.pop() {
                self.displaced.push(id);
            }
        }
        true
    }
}

/// A row as its incident sees it.
pub(super) struct Seen {
    /// Place in the chunk at hand.
    pub(super) place: usize,
    pub(super) end: f64,
    pub(super) score: f32,
    pub(super) threshold: f32,
    pub(super) peer: u64,
    pub(super) port: u16,
    /// The local host.
    pub(super) host: u64,
    pub(super) bytes: [u64; 2],
}

/// An incident that is open, under its group's number, as it is written.
#[derive(Serialize)]
pub(super) struct Saving<'a> {
    pub(super) number: u64,
    pub(super) key: SavedKey,
    pub(super) incident: &'a OpenIncident,
}

/// The same as it is read.
#[derive(Deserialize)]
pub(super) struct Saved {
    pub(super) number: u64,
    pub(super) key: SavedKey,
    pub(super) incident: OpenIncident,
}

/// A key as it is saved.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct SavedKey {
    host: u64,
    family: oddflow_detector::behaviour::Family,
    class: usize,
}

impl From<Key> for SavedKey {
    fn from(key: Key) -> Self {
        Self { host: key.host, family: key.family, class: key.class.index() }
    }
}

impl SavedKey {
    pub(super) fn key(self) -> Option<Key> {
        let class = oddflow_features::behaviour::TrafficClass::from_index(self.class)?;
        Some(Key { host: self.host, family: self.family, class })
    }
}
