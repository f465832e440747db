//! Models: what they were made of, what they would raise, and which one is gone by.

use oddflow_store::{ModelHistory, ModelRole};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::explore::Histogram;
use super::filter::number;
use super::page::Page;
use super::problem::{Problem, Problems};

/// A model, as `oddflow model list --json` has it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ModelItem {
    pub id: String,
    pub recipe: String,
    /// Name and version of the program that trained it.
    pub tool_version: String,
    pub role: ModelRole,
    /// Since when it has its role, in seconds since 1970.
    pub since: Option<f64>,
    /// When it came into the database.
    pub entered: Option<f64>,
    /// Bytes of its file; unset where the database doesn't have it.
    pub file_bytes: Option<u64>,
    /// Incidents that it raised within its budget and that are still kept.
    pub incidents_raised: u64,
    pub threshold: f64,
    /// What it was trained on, as `oddflow model show --json` has it.
    #[schema(value_type = Object)]
    pub training: Value,
}

/// A model with all that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ModelDetails {
    #[serde(flatten)]
    pub model: ModelItem,
    /// What to know before one goes by it, in the order in which it is read; empty where the database doesn't have its file.
    pub facts: Vec<Fact>,
    /// Loss by epoch.
    pub losses: Losses,
    /// How the scores of the calibration slice's incidents are distributed, on a log axis.
    pub scores: Histogram,
    /// How the scores of its rows are distributed.
    pub row_scores: Histogram,
    /// Thresholds at some budgets, ascending.
    pub thresholds: Vec<Forecast>,
    /// At its own budget.
    pub forecast: Option<Forecast>,
}

/// A fact of a model.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Fact {
    /// Its name.
    pub name: String,
    /// For people.
    pub text: String,
    /// For programs.
    #[schema(value_type = Value)]
    pub value: Value,
}

/// Losses of the epochs, in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Losses {
    pub train: Vec<f64>,
    /// Empty where none was measured.
    pub validation: Vec<f64>,
}

/// What a budget comes to. Rates are incidents a day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Forecast {
    /// Incidents a day that are wanted at most.
    pub budget: f64,
    /// The score from which incidents are raised on a usual day.
    pub threshold: f64,
    /// To be expected; unset where the calibration slice is too short to say.
    pub expected: Option<f64>,
    /// The interval that holds the rate nine times out of ten.
    pub low: Option<f64>,
    /// See `low`.
    pub high: Option<f64>,
}

/// Where two models differ, as `oddflow model diff --json` has it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Difference {
    /// Facts of the one, by name.
    #[schema(value_type = Object)]
    pub a: Map<String, Value>,
    /// Facts of the other.
    #[schema(value_type = Object)]
    pub b: Map<String, Value>,
    /// Names of the facts in which they differ.
    pub differs: Vec<String>,
    /// What only a look at both says.
    #[schema(value_type = Object)]
    pub compared: Map<String, Value>,
}

/// Two models.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Two {
    a: String,
    b: String,
}

/// A budget.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct BudgetAsked {
    /// Incidents a day; where it is left out, the model's own budget.
    #[serde(deserialize_with = "number")]
    budget: Option<f64>,
}

/// Whose history.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct HistoryAsked {
    /// Of one model, by its id.
    model: Option<String>,
}

/// The model that is gone by from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Activated {
    id: String,
    /// Whether it was another one before.
    changed: bool,
}

/// Why.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Activating {
    /// Stands in the history; `by hand` where it is left out.
    reason: Option<String>,
}

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(diff))
        .routes(routes!(history))
        .routes(routes!(roll_back))
        .routes(routes!(one))
        .routes(routes!(forecast))
        .routes(routes!(activate))
}

/// Models: the active one, its shadow, and the others, the latest first
#[utoipa::path(get, path = "/models", tag = "models", responses((status = 200, body = Page<ModelItem>), Problems))]
async fn list() -> Result<(), Problem> {
    Err(Problem::bug())
}

/// One model
#[utoipa::path(get, path = "/models/{id}", tag = "models", params(("id" = String, Path)),
    responses((status = 200, body = ModelDetails), Problems))]
async fn one() -> Result<(), Problem> {
    Err(Problem::bug())
}

/// What a budget would come to
#[utoipa::path(get, path = "/models/{id}/forecast", tag = "models", params(("id" = String, Path), BudgetAsked),
    responses((status = 200, body = Forecast), Problems))]
async fn forecast() -> Result<(), Problem> {
    Err(Problem::bug())
}

/// Where two models differ
#[utoipa::path(get, path = "/models/diff", tag = "models", params(Two),
    responses((status = 200, body = Difference), Problems))]
async fn diff() -> Result<(), Problem> {
    Err(Problem::bug())
}

/// What happened to models, in order
#[utoipa::path(get, path = "/models/history", tag = "models", params(HistoryAsked),
    responses((status = 200, body = Page<ModelHistory>), Problems))]
async fn history() -> Result<(), Problem> {
    Err(Problem::bug())
}

/// Go by a model from now on
#[utoipa::path(post, path = "/models/{id}/activate", tag = "models", params(("id" = String, Path)),
    request_body = Activating, responses((status = 200, body = Activated), Problems))]
async fn activate() -> Result<(), Problem> {
    Err(Problem::bug())
}

/// Go by the model again that was active before
#[utoipa::path(post, path = "/models/rollback", tag = "models", request_body = Activating,
    responses((status = 200, body = Activated), Problems))]
async fn roll_back() -> Result<(), Problem> {
    Err(Problem::bug())
}
