//! The store: which models there are, what was read of which log, which rows were flagged, and the
//! incidents they make, in one SQLite file.
//!
//! This is the only crate that speaks SQL. It knows nothing of Zeek's formats, of what is inside a
//! model, or of HTTP: it takes plain structs and gives plain structs back.
//!
//! # What it promises
//!
//! * **Alerts and progress are one transaction.** A [`Batch`] holds both, and incidents and what a
//!   recipe carries from row to row with them. A process that dies, at any moment, leaves the last commit whole and
//!   nothing of the batch that was open.
//! * **A row counts once.** Progress moves only forward, and only from the value that the writer has
//!   read; two writers on one log end in [`StoreError::Conflict`], not in doubled alerts. The line of
//!   a log is unique among its alerts besides.
//! * **An incident grows, and stays bounded.** It is written over as it grows, under one number, and
//!   holds at most [`MAX_INCIDENT_ROWS`] alerts; a stronger one has room where a weaker one is removed.
//! * **What people say changes nothing that was found.** Rules hide incidents and verdicts are kept beside them; both can be
//!   taken back. A confirmed incident is never hidden.
//! * **One model is active.** Its row, its file, its role and the ledger that it goes on from are one transaction; so a
//!   model that is active can be watched with.
//! * **What expires goes whole**, in small steps; what is left is exactly the rest.
//! * **A file is refused by name** when it is no database, another program's, damaged, or written by a
//!   newer oddflow.
//!
//! # Numbers
//!
//! SQLite's integers are signed 64-bit. A count above [`MAX_COUNT`] is stored as [`MAX_COUNT`]. Such
//! counts do stand in real logs, where a sensor has subtracted past zero, and the difference between
//! two of them means nothing. A floating-point value that is not a number is refused where the value
//! is the alert's own (time, score, threshold) and becomes unset where it may be (duration).
//!
//! # Example
//!
//! ```
//! use oddflow_store::{AlertQuery, LogIdentity, Model, NewAlert, Progress, Store};
//!
//! # fn main() -> Result<(), oddflow_store::StoreError> {
//! let mut store = Store::in_memory()?;
//! let model = Model {
//!     id: "c0ffee".into(),
//!     recipe: "classic".into(),
//!     tool_version: "0.1.0".into(),
//!     summary: "{}".into(),
//!     threshold: 3.5,
//! };
//! store.register_model(&model)?;
//!
//! let log = LogIdentity { path: "conn".into(), opened: "2025-01-05-10-00-00".into(), first_uid: "C1".into() };
//! let before = store.ledger("c0ffee", &log)?.map(|entry| entry.progress);
//!
//! let mut batch = store.begin()?;
//! let id = batch.log("c0ffee", &log, "conn.log", before.as_ref())?;
//! batch.alert(id, &NewAlert { line: 9, ts: 1736071200.0, uid: "C1", score: 7.25, threshold: 3.5, ..NewAlert::default() })?;
//! batch.progress(id, &Progress { bytes: 812, lines: 9, rows: 1, rows_scored: 1, rows_flagged: 1, ..Progress::default() })?;
//! batch.commit()?;
//!
//! assert_eq!(store.count(&AlertQuery::default())?, 1);
//! # Ok(())
//! # }
//! ```

mod access;
mod address;
mod audit;
mod batch;
mod changes;
mod drift;
mod effort;
mod error;
mod expiry;
mod file;
mod incidents;
mod json;
mod models;
mod outbox;
mod query;
mod read;
mod records;
mod rollups;
mod schema;
mod search;
mod states;
mod store;
mod suppression;
mod text;
mod totals;
mod traffic;

pub use access::Secret;
pub use address::{Network, NetworkError};
pub use audit::{AuditEntry, NewAudit, Note};
pub use batch::Batch;
pub use changes::{ChangeTopic, Changes};
pub use drift::{DriftQuery, NewDrift, StoredDrift};
pub use effort::{Count, Interrupter};
pub use error::StoreError;
pub use expiry::{Expired, Size};
pub use file::may_write;
pub use incidents::{
    Incident, IncidentCursor, IncidentQuery, IncidentSort, IncidentState, MAX_INCIDENT_ROWS, NewIncident,
    Severity,
};
pub use models::{KnownModel, ModelEvent, ModelHistory, ModelRole};
pub use outbox::{OutboxCount, OutboxEntry};
pub use query::{AlertQuery, Cursor, PortFilter, Sort};
pub use read::{Alert, Contribution, DUMP_COLUMNS, DumpRow};
pub use records::{LogEntry, LogId, LogIdentity, MAX_COUNT, Model, NewAlert, NewContribution, Progress};
pub use search::SEARCH_TAIL;
pub use states::{Journal, ModelState};
pub use store::Store;
pub use suppression::{Judged, NewSuppression, Suppression, Verdict};
pub use text::count_words;
pub use totals::{IncidentDay, IncidentHost, IncidentTotal, Span};
pub use traffic::{
    Channel, ChannelQuery, ChannelSort, Channels, Correlation, Distribution, HostSort, HostTraffic,
    HostsTraffic, PortTraffic, ServiceTraffic, Traffic, TrafficExtent, TrafficPoint, TrafficQuery,
    TrafficTotals,
};
