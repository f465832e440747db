//! What the store keeps, as plain structs: models, the ledger's entries, and alerts on their way in.

use std::collections::BTreeMap;

use serde::Serialize;

/// The largest count that the store keeps; a larger one is stored as this one (2^63 - 1).
pub const MAX_COUNT: u64 = i64::MAX as u64;

/// A count as SQLite keeps it.
pub(crate) fn stored_count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A model that alerts and progress refer to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Model {
    /// Hash of the model's content, in hexadecimal digits.
    pub id: String,
    /// Name of the recipe that made its features.
    pub recipe: String,
    /// Version of the tool that wrote the model.
    pub tool_version: String,
    /// What it was trained on, as JSON text; kept as it is given.
    pub summary: String,
    /// Default threshold: rows that score above it are flagged.
    pub threshold: f64,
}

/// What a log is known by: its content, not its name, so that it stays the same log when it is
/// renamed, moved or compressed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct LogIdentity {
    /// The kind of log, Zeek's `#path`: `conn`.
    pub path: String,
    /// The time at which Zeek opened it, the text of `#open`; empty where the log has none.
    pub opened: String,
    /// The uid of the first row, or a hash of the first line.
    pub first_uid: String,
}

/// How far a log was read with a model. All counts are of the whole log so far, not of one run.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Progress {
    /// Uncompressed bytes read.
    pub bytes: u64,
    /// Lines read, header and unreadable ones included.
    pub lines: u64,
    /// Rows read.
    pub rows: u64,
    /// Rows scored.
    pub rows_scored: u64,
    /// Rows flagged.
    pub rows_flagged: u64,
    /// Rows that could not be read, by kind.
    pub unreadable: BTreeMap<String, u64>,
    /// Earliest time of a row, in seconds since 1970.
    pub first_ts: Option<f64>,
    /// Latest time of a row, in seconds since 1970.
    pub last_ts: Option<f64>,
    /// The threshold that was applied last.
    pub threshold: Option<f64>,
}

impl Progress {
    /// Rows that could not be read, all kinds together.
    #[must_use]
    pub fn unreadable_rows(&self) -> u64 {
        self.unreadable.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Whether both stand at the same place in the log. Counts are compared as they are stored.
    pub(crate) fn same_place(&self, other: &Self) -> bool {
        let place = |progress: &Self| [progress.bytes, progress.lines, progress.rows].map(stored_count);
        place(self) == place(other)
    }
}

/// The store's number of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct LogId(pub(crate) i64);

/// One entry of the ledger: a log as one model has read it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LogEntry {
    /// The store's number of the log.
    pub id: LogId,
    /// The model that read it.
    pub model: String,
    /// What the log is known by.
    #[serde(flatten)]
    pub identity: LogIdentity,
    /// The name under which it was seen last.
    pub file: String,
    /// How far it was read.
    #[serde(flatten)]
    pub progress: Progress,
}

/// A flagged row on its way into the store. Addresses and names are the log's own text.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct NewAlert<'a> {
    /// Line in the log, counted from 1, header included.
    pub line: u64,
    /// Start of the connection, in seconds since 1970. Must be a number.
    pub ts: f64,
    /// Zeek's identifier of the connection; empty where the log has none.
    pub uid: &'a str,
    /// Originator's address.
    pub orig_h: &'a str,
    /// Originator's port (ICMP: type).
    pub orig_p: Option<u16>,
    /// Responder's address.
    pub resp_h: &'a str,
    /// Responder's port (ICMP: code).
    pub resp_p: Option<u16>,
    /// Transport protocol.
    pub proto: Option<&'a str>,
    /// Application protocols, a set joined with commas.
    pub service: Option<&'a str>,
    /// Zeek's connection state.
    pub conn_state: Option<&'a str>,
    /// Length of the connection in seconds; unset where it is not a number.
    pub duration: Option<f64>,
    /// Payload bytes of the originator.
    pub orig_bytes: Option<u64>,
    /// Payload bytes of the responder.
    pub resp_bytes: Option<u64>,
    /// Packets of the originator.
    pub orig_pkts: Option<u64>,
    /// Packets of the responder.
    pub resp_pkts: Option<u64>,
    /// Zeek's history of the connection.
    pub history: Option<&'a str>,
    /// Whether the originator is local.
    pub local_orig: Option<bool>,
    /// Whether the responder is local.
    pub local_resp: Option<bool>,
    /// The row's score. Must be a number; infinity is one.
    pub score: f64,
    /// The threshold it lies above. Must be a number.
    pub threshold: f64,
    /// The features that contributed most, the largest share first.
    pub contributions: &'a [NewContribution<'a>],
    /// The incident that it belongs to, by the number that [`Batch::incident`](crate::Batch::incident)
    /// gave; unset for a recipe without incidents.
    pub incident: Option<i64>,
    /// Why the row is odd, as JSON text; kept as it is given.
    pub explanation: Option<&'a str>,
    /// What other logs say of the connection, as JSON text; kept as it is given.
    pub evidence: Option<&'a str>,
}

/// How much one feature contributed to a row's score.
///
/// A value that is not finite is kept as unset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NewContribution<'a> {
    /// Name of the feature.
    pub name: &'a str,
    /// Its value, in natural units.
    pub value: f64,
    /// The value that the model expected, in the same units. Single precision: the network's own, and
    /// half as long in the file.
    pub expected: f32,
    /// Its share of the row's error, 0 to 1.
    pub share: f32,
}

/// Contributions stand in the file as JSON arrays `[name, value, expected, share]`: names of keys in
/// every row would double its length, and the length of a row decides how fast rows are written.
impl Serialize for NewContribution<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.name, self.value, self.expected, self.share).serialize(serializer)
    }
}
