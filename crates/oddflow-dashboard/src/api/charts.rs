//! The values of an alert against those of the baseline.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::alerts;
use super::answer::Wish;
use super::asked::Named;
use super::problem::{Problem, Problems};

/// The values of an alert against those of the baseline.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Charts {
    /// The features that explain the row, the most telling first; empty where the model has no such baseline.
    pub features: Vec<FeatureChart>,
    /// Why there are none; empty where there are some.
    pub why_none: String,
}

/// A value against those of the baseline.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FeatureChart {
    /// Name of the column.
    pub name: String,
    /// What it says, in a few words.
    pub words: String,
    /// The row's value, in natural units.
    pub value: f64,
    /// The same with its unit.
    pub text: String,
    /// `s`, `B`, `1/h` and the like; empty for a plain number.
    pub unit: String,
    /// The axis on which its values are best seen.
    pub scale: Scale,
    /// Where the parts of the baseline's values meet, ascending: one fewer than `network`. The lowest part of all lies below the
    /// first edge, the highest reaches from the last one on. Where zero is a part of its own, it is the lowest.
    pub edges: Vec<f64>,
    /// Shares of all rows of the baseline by part, 0 to 1.
    pub network: Vec<f64>,
    /// The same of this host's rows; unset where the model doesn't know it well enough.
    pub host: Option<Vec<f64>>,
    /// The part in which the row's value lies.
    pub cell: u32,
    /// Share of the baseline's rows whose value is in the same part or beyond it.
    pub tail: f64,
}

/// The axis on which values are best seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Equal distances are equal differences.
    Linear,
    /// Equal distances are equal ratios.
    Log,
}

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(get))
}

/// The values of an alert against those of the baseline
#[utoipa::path(get, path = "/alerts/{id}/charts", tag = "alerts", params(("id" = i64, Path)),
    responses((status = 200, body = Charts), Problems))]
async fn get(State(api): State<Api>, wish: Wish, Named(id): Named<i64>) -> Result<Response, Problem> {
    api.answer(wish, move |look| look.knows.charts(look.store, &alerts::find(look, id)?)).await
}
