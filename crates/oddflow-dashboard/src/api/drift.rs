//! How days compare with the baseline.

use axum::extract::State;
use axum::response::Response;
use oddflow_store::{DriftQuery, StoredDrift};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::answer::Wish;
use super::asked::Asked;
use super::filter::number;
use super::page::Page;
use super::period::known;
use super::problem::{Problem, Problems};

/// A day compared with the baseline, as `oddflow drift --json` has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct DriftDay {
    /// `2026-03-06`, UTC.
    pub(crate) date: String,
    pub(crate) model: String,
    pub(crate) sensor: String,
    /// Whether rows of the day after have come.
    pub(crate) is_over: bool,
    /// Days since 1970.
    day: i64,
    /// Rows that day.
    rows: u64,
    /// Rows that were counted, evenly over the day.
    counted: u32,
    /// Hours of the day with rows.
    hours: u32,
    /// `stable`, `host`, `network` or `unclear`.
    verdict: String,
    /// What is different about the network: `columns`, `capture_loss`, `hosts`, `volume`, `traffic`.
    changes: Vec<String>,
    /// Population stability index of the scores; unset where there were too few rows.
    score_psi: Option<f64>,
    /// The largest of a feature.
    feature_psi: Option<f64>,
    /// How many features shifted, and how many were compared.
    #[schema(value_type = Vec<u64>)]
    shifted: [u64; 2],
    /// What shifted most, at most ten.
    shifts: Vec<Shift>,
    /// Hosts that changed most, at most five.
    hosts: Vec<HostShift>,
    columns_new: Vec<String>,
    columns_gone: Vec<String>,
    /// Share of rows in which the sensor missed bytes, and that of the baseline.
    #[schema(value_type = Vec<f64>)]
    gaps: [f64; 2],
    /// Share of counted rows of local hosts that the baseline didn't have.
    strangers: f64,
    /// Hosts that were among the baseline's busiest and had no row.
    hosts_gone: u64,
    /// Fewest and most rows of the baseline's days.
    #[schema(value_type = Vec<f64>)]
    rows_before: [f64; 2],
    /// Why it was judged so, a sentence each.
    reasons: Vec<String>,
    /// What to do, as a sentence; empty where there is nothing to do.
    next: String,
}

impl From<StoredDrift> for DriftDay {
    fn from(stored: StoredDrift) -> Self {
        // What another version wrote may hold other things.
        let report: Self = serde_json::from_str(&stored.report).unwrap_or_default();
        Self {
            date: date(stored.day),
            model: stored.model,
            sensor: stored.sensor,
            is_over: stored.is_over,
            day: stored.day,
            verdict: stored.verdict,
            ..report
        }
    }
}

impl DriftDay {
    /// What the day says of a host: its words, and whether they explain what is different about the day.
    pub(crate) fn of_host(&self, host: &str) -> impl Iterator<Item = String> {
        let of = self.hosts.iter().filter(move |shift| shift.address.as_deref() == Some(host));
        of.flat_map(|shift| shift.shifts.iter().map(|shift| shift.words.clone()))
    }

    /// The beginning of the day, in seconds since 1970.
    pub(crate) fn start(&self) -> f64 {
        self.day as f64 * 86_400.0
    }
}

/// A day since 1970 as a date.
pub(crate) fn date(day: i64) -> String {
    let time = day.checked_mul(86_400).and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    time.map_or_else(String::new, |time| time.strftime("%Y-%m-%d").to_string())
}

/// One thing that is distributed differently.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct Shift {
    /// A column, or `score`.
    column: String,
    /// The population stability index.
    psi: f64,
    /// The index from which it counts as shifted.
    limit: f64,
    /// What is different, as a sentence.
    words: String,
}

/// One host, compared with itself in the baseline.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct HostShift {
    /// Its address, where it is known.
    address: Option<String>,
    /// Its share of the day's rows.
    share: f64,
    /// Its share of the baseline's rows.
    share_before: Option<f64>,
    /// The mean index of what it does against what it did.
    psi: Option<f64>,
    /// Whether it explains what is different about the day.
    is_cause: bool,
    /// What shifted most, at most three.
    shifts: Vec<Shift>,
}

/// Which days.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct DaysAsked {
    /// The latest so many days.
    #[serde(deserialize_with = "number")]
    days: Option<u32>,
    /// Of one model, by its id.
    model: Option<String>,
    /// Of one sensor; empty for the one without a name.
    sensor: Option<String>,
}

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list))
}

/// How days compare with the baseline, the earliest first
#[utoipa::path(get, path = "/drift", tag = "models", params(DaysAsked),
    responses((status = 200, body = Page<DriftDay>), Problems))]
async fn list(
    State(api): State<Api>,
    wish: Wish,
    Asked(asked): Asked<DaysAsked>,
) -> Result<Response, Problem> {
    api.answer(wish, move |look| {
        let DaysAsked { days, model, sensor } = asked;
        known(look.store, sensor.as_deref())?;
        let days = look.store.drift(&DriftQuery { model, sensor, days })?;
        Ok(Page::whole(days.into_iter().map(DriftDay::from).collect()))
    })
    .await
}
