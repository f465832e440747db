//! What happened, and whether one has to do something.

use oddflow_store::Incident;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::drift::DriftDay;
use super::period::{Asking, Period};
use super::problem::{Problem, Problems};

/// What happened in a time.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Overview {
    period: Period,
    incidents: Counts,
    /// Open ones, the worst first, at most eight.
    top: Vec<Incident>,
    /// Each day of the period, UTC.
    days: Vec<Day>,
    budget: Option<Budget>,
    /// Hours with rows, in order.
    traffic: Vec<Hour>,
    /// Hosts with the most incidents, then the highest score, at most eight.
    hosts: Vec<TopHost>,
    health: Condition,
    /// The newest day that was compared with the baseline.
    drift: Option<DriftDay>,
    answer: Answer,
}

/// Incidents of a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Counts {
    /// Open ones.
    by_severity: BySeverity,
    open: u64,
    confirmed: u64,
    benign: u64,
    hidden: u64,
    over_budget: u64,
}

/// How many are how bad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct BySeverity {
    pub low: u64,
    pub medium: u64,
    pub high: u64,
    pub critical: u64,
}

/// Incidents of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Day {
    /// `2026-03-06`, UTC.
    day: String,
    /// Raised within the budget, hidden or not.
    raised: u64,
    /// Beyond it.
    over_budget: u64,
}

/// How many incidents a day are wanted, and how many are expected.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Budget {
    /// Incidents a day that are wanted at most.
    pub per_day: f64,
    /// Incidents a day to be expected; unset where the baseline was too short to say.
    pub expected: Option<f64>,
    /// The interval that holds the rate nine times out of ten.
    pub low: Option<f64>,
    /// See `low`.
    pub high: Option<f64>,
}

/// Traffic of an hour.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Hour {
    /// Its beginning, in seconds since 1970.
    hour: f64,
    rows: u64,
    orig_bytes: u64,
    resp_bytes: u64,
    /// Connections that failed.
    failures: u64,
    /// The highest score of a row; unset where none was scored.
    peak: Option<f64>,
}

/// A host that stands out.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct TopHost {
    host: String,
    incidents: u64,
    /// The highest score of its incidents.
    score: f64,
    rows: u64,
    bytes: u64,
}

/// How the service and its sensors are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Condition {
    /// The worst of the findings.
    pub level: Level,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
}

/// How bad something is about the service or its sensors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing has to be done.
    #[default]
    Ok,
    /// It is worth a look.
    Look,
    /// Something is missed until it is mended.
    Trouble,
}

/// Something about the service or its sensors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Finding {
    pub level: Level,
    /// What it is, as a sentence.
    pub what: String,
    /// What to do, as a sentence; empty where there is nothing to do.
    pub next: String,
}

/// Whether one has to do something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Answer {
    level: Level,
    /// One sentence.
    words: String,
}

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(get))
}

/// What happened, and whether one has to do something
#[utoipa::path(get, path = "/overview", tag = "overview", params(Asking),
    responses((status = 200, body = Overview), Problems))]
async fn get() -> Result<(), Problem> {
    Err(Problem::bug())
}
