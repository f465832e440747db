//! All traffic in figures: that which is stored, and that of a given log.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::filter::{moment, number};
use super::page::Page;
use super::period::Period;
use super::problem::{Problem, Problems};

/// Stored traffic in figures.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Traffic {
    #[serde(flatten)]
    period: Period,
    /// Seconds of a point of the series.
    step: u64,
    /// Points with rows, in order.
    series: Vec<Point>,
    /// Rows by weekday (Monday first) and hour, UTC.
    #[schema(value_type = Vec<Vec<u64>>)]
    hour_of_week: [[u64; 24]; 7],
    /// The services with the most rows.
    services: Vec<TopService>,
    /// The hosts with the most rows.
    hosts: Vec<TrafficHost>,
    /// The ports with the most rows.
    ports: Vec<TopPort>,
    distributions: Distributions,
    /// Which numbers rise and fall together; unset where that isn't kept.
    correlation: Option<Correlation>,
    /// Incidents of that time, in order: time, number, severity.
    #[schema(value_type = Vec<Vec<Value>>)]
    incidents: Vec<(f64, i64, oddflow_store::Severity)>,
}

/// Traffic of some time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Point {
    /// Its beginning, in seconds since 1970.
    t: f64,
    rows: u64,
    orig_bytes: u64,
    resp_bytes: u64,
    failures: u64,
    /// The highest score of a row; unset where none was scored.
    peak: Option<f64>,
}

/// A service.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct TopService {
    /// `-` where Zeek found none.
    service: String,
    rows: u64,
    bytes: u64,
    failures: u64,
    /// Distinct hosts, about.
    peers: u64,
}

/// A host.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct TrafficHost {
    host: String,
    rows: u64,
    bytes: u64,
    failures: u64,
    peak: Option<f64>,
}

/// A port of responders.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct TopPort {
    port: u16,
    proto: String,
    rows: u64,
    bytes: u64,
}

/// How the numbers of connections are distributed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct Distributions {
    /// Seconds.
    duration: Histogram,
    orig_bytes: Histogram,
    resp_bytes: Histogram,
    orig_pkts: Histogram,
    resp_pkts: Histogram,
}

/// Counts of values in adjoining bins: bin i reaches from `edges[i]`, included, to `edges[i + 1]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Histogram {
    /// One more than `counts`, ascending; empty where there is no value.
    pub edges: Vec<f64>,
    pub counts: Vec<u64>,
}

/// Pearson's coefficients of the logarithms.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Correlation {
    /// The columns, in the order of rows and columns.
    columns: Vec<String>,
    /// -1 to 1; unset where it can't be told.
    values: Vec<Vec<Option<f64>>>,
}

/// A log that may be explored.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Log {
    /// What it is named by.
    pub log: String,
    /// Bytes of the file; unset for a folder.
    pub bytes: Option<u64>,
    /// Rows that were read of it, where it is in the ledger.
    pub rows: Option<u64>,
    /// The first of its rows, in seconds since 1970.
    pub first: Option<f64>,
    /// The last of its rows.
    pub last: Option<f64>,
}

/// A log to be explored.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exploring {
    /// One of GET /explore/logs.
    log: String,
    /// Which rows, such as `id.orig_h == 10.0.0.9 && service == dns`: see docs/filter.md. Empty for all.
    #[serde(default)]
    filter: String,
}

/// Work that has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct JobNumber {
    /// To be asked for with GET /explore/jobs/{job}.
    job: u64,
}

/// Work on a log.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Job {
    state: JobState,
    /// How much of the log was read, 0 to 1.
    done: f64,
    /// What `oddflow explore --json` prints; unset until it is done.
    #[schema(value_type = Option<Object>)]
    statistics: Option<Value>,
    /// Why it failed.
    problem: Option<Problem>,
}

/// How far work has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobState {
    /// Other work comes first.
    Waiting,
    Running,
    Done,
    Failed,
}

/// How far the reading of a log has come, and whether it should end.
#[derive(Debug, Default)]
pub struct Reading {
    bytes: AtomicU64,
    total: AtomicU64,
    is_stopped: AtomicBool,
}

impl Reading {
    /// How much there is to read.
    pub fn of(&self, bytes: u64) {
        self.total.store(bytes, Ordering::Relaxed);
    }

    /// How much was read by now.
    pub fn at(&self, bytes: u64) {
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    /// Whether it should end early.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }
}

/// Which traffic.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct TrafficAsked {
    /// From this time on: seconds since 1970, or RFC 3339. Where it is left out, a week before `to`.
    #[serde(deserialize_with = "moment")]
    #[param(value_type = Option<String>)]
    from: Option<f64>,
    /// Before this time. Where it is left out, the newest row.
    #[serde(deserialize_with = "moment")]
    #[param(value_type = Option<String>)]
    to: Option<f64>,
    /// A sensor; empty for the one without a name.
    sensor: Option<String>,
    /// Of one host.
    host: Option<String>,
    /// Of one service.
    service: Option<String>,
    /// Seconds of a point of the series: 1800, 3600 or a multiple; where it is left out, some 300 points.
    #[serde(deserialize_with = "number")]
    step: Option<u64>,
}

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(traffic))
        .routes(routes!(logs))
        .routes(routes!(begin))
        .routes(routes!(job))
}

/// Stored traffic in figures
#[utoipa::path(get, path = "/explore", tag = "explore", params(TrafficAsked),
    responses((status = 200, body = Traffic), Problems))]
async fn traffic() -> Result<(), Problem> {
    Err(Problem::bug())
}

/// Logs that may be explored
#[utoipa::path(get, path = "/explore/logs", tag = "explore", responses((status = 200, body = Page<Log>), Problems))]
async fn logs() -> Result<(), Problem> {
    Err(Problem::bug())
}

/// Begin to explore a log. What was asked for before and not yet begun is given up
#[utoipa::path(post, path = "/explore/log", tag = "explore", request_body = Exploring,
    responses((status = 202, body = JobNumber), Problems))]
async fn begin() -> Result<(), Problem> {
    Err(Problem::bug())
}

/// How far it has come, and what came of it
#[utoipa::path(get, path = "/explore/jobs/{job}", tag = "explore", params(("job" = u64, Path)),
    responses((status = 200, body = Job), Problems))]
async fn job() -> Result<(), Problem> {
    Err(Problem::bug())
}
