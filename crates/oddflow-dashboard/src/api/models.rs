//! Models: what they were made of, what they would raise, and which one is gone by.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use oddflow_store::{KnownModel, ModelHistory, ModelRole};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::answer::Wish;
use super::asked::{Asked, Given, Named};
use super::explore::Histogram;
use super::filter::number;
use super::page::Page;
use super::problem::{Problem, Problems};
use crate::access::Who;

/// A model, as `oddflow model list --json` has it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ModelItem {
    /// Hash of its content.
    pub id: String,
    /// What it looks at: `behaviour` or `classic`.
    pub recipe: String,
    /// Name and version of the program that trained it.
    pub tool_version: String,
    /// What it is to the service.
    pub role: ModelRole,
    /// Since when it has its role, in seconds since 1970.
    pub since: Option<f64>,
    /// When it came into the database.
    pub entered: Option<f64>,
    /// Bytes of its file; unset where the database doesn't have it.
    pub file_bytes: Option<u64>,
    /// Incidents that it raised within its budget and that are still kept.
    pub incidents_raised: u64,
    /// Rows that score above it are flagged.
    pub threshold: f64,
    /// What it was trained on, as `oddflow model show --json` has it.
    #[schema(value_type = Object)]
    pub training: Value,
}

impl From<KnownModel> for ModelItem {
    fn from(known: KnownModel) -> Self {
        Self {
            // What another version wrote may be something else.
            training: serde_json::from_str(&known.model.summary).unwrap_or_default(),
            id: known.model.id,
            recipe: known.model.recipe,
            tool_version: known.model.tool_version,
            role: known.role,
            since: known.since,
            entered: known.entered,
            file_bytes: known.file_bytes,
            incidents_raised: known.incidents_raised,
            threshold: known.model.threshold,
        }
    }
}

/// A model with all that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ModelDetails {
    /// What a list says of it.
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
    /// Of the rows that were learned from.
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
    /// Incidents of the calibration slice that reach it.
    pub reaching: u64,
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
async fn list(State(api): State<Api>, wish: Wish) -> Result<Response, Problem> {
    api.answer(wish, |look| {
        Ok(Page::whole(look.store.known_models()?.into_iter().map(ModelItem::from).collect()))
    })
    .await
}

/// One model
#[utoipa::path(get, path = "/models/{id}", tag = "models", params(("id" = String, Path)),
    responses((status = 200, body = ModelDetails), Problems))]
async fn one(State(api): State<Api>, wish: Wish, Named(id): Named<String>) -> Result<Response, Problem> {
    api.answer(wish, move |look| look.knows.model(look.store, &id)).await
}

/// What a budget would come to
#[utoipa::path(get, path = "/models/{id}/forecast", tag = "models", params(("id" = String, Path), BudgetAsked),
    responses((status = 200, body = Forecast), Problems))]
async fn forecast(
    State(api): State<Api>,
    wish: Wish,
    Named(id): Named<String>,
    Asked(asked): Asked<BudgetAsked>,
) -> Result<Response, Problem> {
    if asked.budget.is_some_and(|budget| !(budget.is_finite() && budget > 0.0)) {
        return Err(Problem::wrong(
            "The budget is no number of incidents a day.",
            "Give a number such as 20.",
        ));
    }
    api.answer(wish, move |look| look.knows.forecast(look.store, &id, asked.budget)).await
}

/// Where two models differ
#[utoipa::path(get, path = "/models/diff", tag = "models", params(Two),
    responses((status = 200, body = Difference), Problems))]
async fn diff(State(api): State<Api>, wish: Wish, Asked(two): Asked<Two>) -> Result<Response, Problem> {
    api.answer(wish, move |look| look.knows.difference(look.store, &two.a, &two.b)).await
}

/// What happened to models, in order
#[utoipa::path(get, path = "/models/history", tag = "models", params(HistoryAsked),
    responses((status = 200, body = Page<ModelHistory>), Problems))]
async fn history(
    State(api): State<Api>,
    wish: Wish,
    Asked(asked): Asked<HistoryAsked>,
) -> Result<Response, Problem> {
    api.answer(wish, move |look| Ok(Page::whole(look.store.model_history(asked.model.as_deref())?))).await
}

/// Go by a model from now on
#[utoipa::path(post, path = "/models/{id}/activate", tag = "models", params(("id" = String, Path)),
    request_body = Activating, responses((status = 200, body = Activated), Problems))]
async fn activate(
    State(api): State<Api>,
    Extension(who): Extension<Who>,
    Named(id): Named<String>,
    Given(why): Given<Activating>,
) -> Result<Response, Problem> {
    api.change(&who, StatusCode::OK, move |change| {
        let id = change.knows.usable(change.batch.seen(), &id)?;
        let reason = why.words();
        let changed = change.batch.activate(&id, change.now, &reason)?;
        if changed {
            change.audit("model.activate", (&id, &[]), &reason)?;
        }
        Ok(Activated { id, changed })
    })
    .await
}

/// Go by the model again that was active before
#[utoipa::path(post, path = "/models/rollback", tag = "models", request_body = Activating,
    responses((status = 200, body = Activated), Problems))]
async fn roll_back(
    State(api): State<Api>,
    Extension(who): Extension<Who>,
    Given(why): Given<Activating>,
) -> Result<Response, Problem> {
    api.change(&who, StatusCode::OK, move |change| {
        let reason = why.words();
        let id = change.batch.roll_back(change.now, &reason)?;
        change.knows.usable(change.batch.seen(), &id)?;
        change.audit("model.rollback", (&id, &[]), &reason)?;
        Ok(Activated { id, changed: true })
    })
    .await
}

impl Activating {
    fn words(&self) -> String {
        let words = self.reason.as_deref().unwrap_or_default().trim();
        if words.is_empty() { "by hand".into() } else { words.chars().take(500).collect() }
    }
}
