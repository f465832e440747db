//! All traffic in figures: that which is stored, and that of a given log.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use oddflow_store::{Distribution, HostSort, TrafficQuery};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::answer::{Look, Wish, fresh};
use super::asked::{Asked, Given, Named};
use super::filter::{moment, network, number};
use super::overview::scored;
use super::page::Page;
use super::period::{Period, period};
use super::problem::{Problem, Problems};
use crate::access::Who;
use crate::time;
use crate::work::Progress;

/// Points of a series where no step is asked for, and at most.
const POINTS: f64 = 300.0;
const MOST_POINTS: f64 = 5000.0;
/// Seconds of the shortest step.
const HALF_HOUR: u64 = 1800;
/// Services, hosts and ports that are ranked; incidents that are marked.
const RANKED: usize = 20;
const MARKED: u64 = 500;

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
    /// Values of each bin.
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
    /// When it has taken too long.
    until: Option<Instant>,
    is_late: AtomicBool,
}

impl Reading {
    /// One that may take so long.
    pub(crate) fn within(longest: Duration) -> Self {
        Self { until: time::instant().checked_add(longest), ..Self::default() }
    }

    /// How much there is to read.
    pub fn of(&self, bytes: u64) {
        self.total.store(bytes, Ordering::Relaxed);
    }

    /// How much was read by now.
    pub fn at(&self, bytes: u64) {
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    /// How much was read by now, 0 to 1.
    pub(crate) fn share(&self) -> f64 {
        let (at, of) = (self.bytes.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed));
        if of == 0 { 0.0 } else { (at as f64 / of as f64).min(1.0) }
    }

    pub(crate) fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }

    /// Whether it should end early.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        if self.until.is_some_and(|until| time::instant() >= until) {
            self.is_late.store(true, Ordering::Relaxed);
            return true;
        }
        self.is_stopped.load(Ordering::Relaxed)
    }

    /// Whether it was told to end as it took too long.
    pub(crate) fn is_late(&self) -> bool {
        self.is_late.load(Ordering::Relaxed)
    }
}

/// Which traffic.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct TrafficAsked {
    /// From this time on: seconds since 1970, or RFC 3339, in UTC where no zone is given. Where it is left out, a week before `to`.
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
async fn traffic(
    State(api): State<Api>,
    wish: Wish,
    Asked(asked): Asked<TrafficAsked>,
) -> Result<Response, Problem> {
    api.answer(wish, move |look| figures(look, &asked)).await
}

fn figures(look: &Look<'_>, asked: &TrafficAsked) -> Result<Traffic, Problem> {
    let sensor = asked.sensor.as_deref();
    let period = period((asked.from, asked.to), sensor, look)?;
    let host = network("host", asked.host.as_deref())?;
    let service = asked.service.clone().filter(|service| !service.is_empty());
    let query = TrafficQuery { host, service, ..period.traffic(sensor) };
    let step = step(asked.step, &period);
    let all = look.store.traffic(&query, u32::try_from(step).unwrap_or(u32::MAX), RANKED)?;
    let services = look.store.traffic_services(&query, RANKED)?;
    let hosts = look.store.traffic_hosts(&query, HostSort::Rows, (0, RANKED))?.hosts;
    let correlation = look.store.traffic_correlation(&query)?;
    Ok(Traffic {
        period,
        step,
        series: all
            .series
            .iter()
            .map(|of| Point {
                t: of.time,
                rows: of.totals.rows,
                orig_bytes: of.totals.orig_bytes,
                resp_bytes: of.totals.resp_bytes,
                failures: of.totals.failures,
                peak: scored(of.totals.peak),
            })
            .collect(),
        hour_of_week: all.hour_of_week,
        services: services
            .into_iter()
            .map(|of| TopService {
                service: of.service,
                rows: of.totals.rows,
                bytes: of.totals.orig_bytes.saturating_add(of.totals.resp_bytes),
                failures: of.totals.failures,
                peers: of.peers,
            })
            .collect(),
        hosts: hosts
            .into_iter()
            .map(|of| TrafficHost {
                host: of.host,
                rows: of.totals.rows,
                bytes: of.totals.orig_bytes.saturating_add(of.totals.resp_bytes),
                failures: of.totals.failures,
                peak: scored(of.totals.peak),
            })
            .collect(),
        ports: all
            .ports
            .into_iter()
            .filter_map(|of| {
                Some(TopPort { port: of.port?, proto: of.proto, rows: of.rows, bytes: of.bytes })
            })
            .collect(),
        distributions: Distributions::of(all.distributions),
        correlation: correlation.map(|of| Correlation {
            columns: of.columns.into_iter().map(str::to_owned).collect(),
            values: of.values,
        }),
        incidents: look.store.incident_marks(&period.span(sensor), MARKED)?,
    })
}

/// Seconds of a point: what is asked for in half hours, and no more points than can be shown.
fn step(asked: Option<u64>, period: &Period) -> u64 {
    let length = (period.to - period.from).max(0.0);
    let least = (length / MOST_POINTS).ceil() as u64;
    let wanted = asked.unwrap_or_else(|| (length / POINTS).ceil() as u64);
    wanted.max(least).clamp(1, 366 * 86_400).div_ceil(HALF_HOUR) * HALF_HOUR
}

impl Distributions {
    fn of(all: Vec<Distribution>) -> Self {
        let mut found = Self::default();
        for Distribution { column, edges, counts, .. } in all {
            let place = match column {
                "duration" => &mut found.duration,
                "orig_bytes" => &mut found.orig_bytes,
                "resp_bytes" => &mut found.resp_bytes,
                "orig_pkts" => &mut found.orig_pkts,
                "resp_pkts" => &mut found.resp_pkts,
                _ => continue,
            };
            *place = Histogram { edges, counts };
        }
        found
    }
}

/// Logs that may be explored
#[utoipa::path(get, path = "/explore/logs", tag = "explore", responses((status = 200, body = Page<Log>), Problems))]
async fn logs(State(api): State<Api>, wish: Wish) -> Result<Response, Problem> {
    api.answer_now(wish, |look| Ok(Page::whole(look.knows.logs(look.store)?))).await
}

/// Begin to explore a log; one is read at a time
#[utoipa::path(post, path = "/explore/log", tag = "explore", request_body = Exploring,
    responses((status = 202, body = JobNumber), Problems))]
async fn begin(
    State(api): State<Api>,
    Extension(_): Extension<Who>,
    Given(asked): Given<Exploring>,
) -> Result<Response, Problem> {
    let readers = api.readers.clone();
    let begun = api.clone();
    let job = begun.jobs.begin(move |reading| {
        let store = readers.own()?;
        api.knowledge.explore(&store, &asked.log, &asked.filter, reading)
    })?;
    Ok(fresh(StatusCode::ACCEPTED, &JobNumber { job }))
}

/// How far it has come, and what came of it
#[utoipa::path(get, path = "/explore/jobs/{job}", tag = "explore", params(("job" = u64, Path)),
    responses((status = 200, body = Job), Problems))]
async fn job(State(api): State<Api>, Named(number): Named<u64>) -> Result<Response, Problem> {
    let told = |state, done| Job { state, done, statistics: None, problem: None };
    let job = match api.jobs.progress(number) {
        None => {
            let detail = format!("There is no job {number}, or it is forgotten.");
            return Err(Problem::missing(detail, "Begin it again."));
        }
        Some(Progress::Waiting) => told(JobState::Waiting, 0.0),
        Some(Progress::Running(share)) => told(JobState::Running, share),
        Some(Progress::Done(Ok(found))) => Job { statistics: Some(found), ..told(JobState::Done, 1.0) },
        Some(Progress::Done(Err(problem))) => Job { problem: Some(problem), ..told(JobState::Failed, 1.0) },
    };
    Ok(fresh(StatusCode::OK, &job))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_half_hours_and_never_too_many() {
        let period = |days: f64| Period { from: 0.0, to: days * 86_400.0 };
        assert_eq!(step(None, &period(1.0)), 1800);
        assert_eq!(step(None, &period(30.0)), 9000);
        assert_eq!(step(Some(1), &period(1.0)), 1800);
        assert_eq!(step(Some(86_400), &period(1.0)), 86_400);
        assert_eq!(step(Some(1800), &period(3650.0)), 64_800);
        assert_eq!(step(Some(u64::MAX), &period(0.0)) % 1800, 0);
    }
}
