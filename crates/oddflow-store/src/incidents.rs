//! What an incident is: flagged rows of one local host, one family and one class, as plain structs on
//! their way in and out.
//!
//! An incident is known by its model, its sensor and the number that the run gave it, and grows over several
//! batches and runs. Each time it is written whole, over what was there.

use serde::Serialize;
use utoipa::ToSchema;

use crate::suppression::Verdict;

mod check;
mod cursor;
mod filter;
pub(crate) mod found_by;
mod query;

pub(crate) use check::first_mismatch;
pub use cursor::IncidentCursor;
pub use query::{IncidentQuery, IncidentSort};

/// The most rows of an incident that are stored as alerts; the others are only counted.
pub const MAX_INCIDENT_ROWS: usize = 50;

/// What became of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IncidentState {
    /// Raised within the budget.
    Raised,
    /// Beyond the budget of its day: kept, and never pushed.
    OverBudget,
}

/// How bad an incident is, from the least to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words are all there is to say")]
pub enum Severity {
    Low,
    Medium,
    High,
    Critical,
}

impl IncidentState {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Raised, Self::OverBudget];

    /// Its name, in the file as in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::OverBudget => "over_budget",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

impl Severity {
    /// All of them, the least first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// Its name, in the file as in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.name() == name)
    }

    /// Its place among them, counted from 1, as the file has it.
    pub(crate) fn rank(self) -> i64 {
        self as i64 + 1
    }
}

/// An incident on its way into the store, as it stands now. Times are in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NewIncident<'a> {
    /// The sensor whose rows it is of; empty where there is but one.
    pub sensor: &'a str,
    /// The run's own number of it, which the model's state keeps from run to run.
    pub number: u64,
    /// Address of the local host. Stays as it was first given, as do family and class.
    pub host: &'a str,
    /// The rows' strongest family of features.
    pub family: &'a str,
    /// Direction and transport: `outbound tcp`.
    pub class: &'a str,
    /// Whether the budget had room for it.
    pub state: IncidentState,
    /// End of its first connection. Must be a number, as must all below that may have a fraction.
    pub first_ts: f64,
    /// End of its latest connection.
    pub last_ts: f64,
    /// End of the connection with which it passed the threshold.
    pub raised_ts: f64,
    /// Rows that count as part of it, stored or not.
    pub rows: u64,
    /// Highest score of a row.
    pub peak: f64,
    /// Its own score.
    pub score: f64,
    /// The threshold that it passed.
    pub threshold: f64,
    /// How bad it is.
    pub severity: Severity,
    /// What happened, in plain words.
    pub title: &'a str,
    /// Id of the MITRE ATT&CK technique that the behaviour suggests: `T1046`.
    pub technique: Option<&'a str>,
    /// Peers, ports, bytes and the like, as JSON text; kept as it is given.
    pub summary: &'a str,
    /// Whether a shadow found it, so that nobody is told.
    pub is_shadow: bool,
}

/// An incident as the store keeps it; words and units are those of [`NewIncident`].
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(
    description = "Flagged rows of one local host, one family and one class. Times are ends of connections."
)]
#[expect(missing_docs, reason = "a field without words of its own is the one of that name in NewIncident")]
pub struct Incident {
    /// The store's number of it.
    pub id: i64,
    /// The model that found it.
    pub model: String,
    pub sensor: String,
    pub number: u64,
    pub host: String,
    pub family: String,
    pub class: String,
    pub state: IncidentState,
    pub first_ts: f64,
    pub last_ts: f64,
    pub raised_ts: f64,
    pub rows: u64,
    /// Its rows that are stored as alerts, at most 50.
    pub rows_stored: u64,
    pub peak: f64,
    pub score: f64,
    pub threshold: f64,
    pub severity: Severity,
    pub title: String,
    pub technique: Option<String>,
    #[serde(serialize_with = "crate::json::embed")]
    #[schema(schema_with = crate::json::summary)]
    pub summary: String,
    /// The rule that hides it.
    pub suppressed_by: Option<i64>,
    /// What somebody said of it, when (in seconds since 1970), and in which words.
    pub verdict: Option<Verdict>,
    pub verdict_ts: Option<f64>,
    pub verdict_note: Option<String>,
}
