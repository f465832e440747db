//! What a model makes of the rows.

use std::net::IpAddr;

use serde::Serialize;

use super::{Histogram, Quantile};

/// The scores that a model gives, and the rows with the highest.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Scores {
    /// Id of the model.
    pub model: String,
    /// Its recipe: `classic` or `behaviour`.
    pub recipe: String,
    /// Rows that were scored.
    pub rows: u64,
    /// The score from which on a row is odd enough to be told; `None` where the model has none.
    pub threshold: Option<f64>,
    /// Rows with such a score.
    pub above: u64,
    /// Their share of the rows.
    pub above_share: f64,
    /// The lowest score.
    pub min: Option<f64>,
    /// The highest score.
    pub max: Option<f64>,
    /// p50, p95, p99 and p99.9.
    pub quantiles: Vec<Quantile>,
    /// How far a quantile may be off, as a share of its value.
    pub relative_error: f64,
    /// Fifty equal bins from `min` to `max`.
    pub linear: Histogram,
    /// Ten bins a decade, over the scores that are not zero.
    pub log: Histogram,
    /// Scores of zero.
    pub zeros: u64,
    /// The scores of each set of services, the most frequent first, at most fifty.
    pub by_service: Vec<ScoreGroup>,
    /// Rows of services that are not among them.
    pub other_services: u64,
    /// The scores of the connections that began in each hour of the day, `00` to `23`.
    pub by_hour: Vec<ScoreGroup>,
    /// The database that was asked for their alerts.
    pub database: Option<String>,
    /// The rows with the highest scores, at most twenty, of each kind one: rows that would make one incident, or, of a `classic`
    /// model, those of one pair of hosts and port. Of equal scores the earlier row first.
    pub highest: Vec<HighScore>,
}

/// The scores of some rows that have something in common.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ScoreGroup {
    /// What they have in common; `-` for an unset service.
    pub name: String,
    /// How many there are.
    pub rows: u64,
    /// How many of them reach the threshold.
    pub above: u64,
    /// The 5th, 25th, 50th, 75th and 95th percentile; `None` of no rows.
    pub quantiles: Option<[f64; 5]>,
    /// The highest.
    pub max: Option<f64>,
}

/// A row with one of the highest scores, and why it has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HighScore {
    /// The score.
    pub score: f64,
    /// When the connection began.
    pub ts: f64,
    /// Zeek's name of the connection; empty where the log has none.
    pub uid: String,
    /// Who began it.
    pub orig_h: IpAddr,
    /// From which port.
    pub orig_p: u16,
    /// With whom.
    pub resp_h: IpAddr,
    /// On which port.
    pub resp_p: u16,
    /// Its transport.
    pub proto: String,
    /// Its services.
    pub service: Option<String>,
    /// How it ended.
    pub conn_state: Option<String>,
    /// The log that it stands in.
    pub file: String,
    /// The line there, counted from 1.
    pub line: u64,
    /// What an incident would be called whose strongest row this is; `None` of a model that tells no incidents.
    pub title: Option<String>,
    /// Why it is odd, the strongest reason first.
    pub why: Vec<String>,
    /// The number of its alert in the database that was asked; `None` where there is none.
    pub alert: Option<i64>,
    /// The number of the incident that the alert belongs to.
    pub incident: Option<i64>,
}
