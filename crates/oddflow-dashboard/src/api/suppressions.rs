//! Rules that hide incidents.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use oddflow_store::{Incident, Suppression};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::answer::Wish;
use super::asked::{Given, Named};
use super::overview::BySeverity;
use super::page::Page;
use super::problem::{Problem, Problems};
use super::verdicts::check_incidents;
use crate::access::Who;

/// A rule, and what it hides.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Rule {
    #[serde(flatten)]
    rule: Suppression,
    /// Incidents that it hides now.
    hides: u64,
}

/// Incidents that a rule is to mean.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Suggesting {
    /// At most 1,000.
    ids: Vec<i64>,
}

/// A rule's expression.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Suggestion {
    expression: String,
}

/// A rule that is thought of.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Previewing {
    expression: String,
    /// Days before the newest incident that are looked through.
    #[serde(default = "month")]
    #[schema(default = 30)]
    days: f64,
}

fn month() -> f64 {
    30.0
}

/// What a rule would do.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Preview {
    /// The expression as it is understood.
    pub expression: String,
    /// Incidents that it would hide.
    pub hides: u64,
    /// Incidents that were looked at.
    pub of: u64,
    /// How bad those are that it would hide.
    pub by_severity: BySeverity,
    /// The strongest of those, at most five.
    pub examples: Vec<Incident>,
    /// Incidents that it means, and that stay since they are confirmed.
    pub confirmed: Vec<i64>,
    /// Incidents of which it means some rows only; they stay.
    pub partly: u64,
    /// Incidents that other rules hide already.
    pub others: u64,
}

/// A rule to be made.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRule {
    /// Which rows are meant: see docs/filter.md.
    pub expression: String,
    /// Why.
    pub reason: String,
    /// Whether the rows that it hides must not pass for normal in a later training.
    #[serde(default)]
    pub malicious: bool,
    /// Incidents raised at this time or later are not hidden, in seconds since 1970; `null` for never.
    pub expires: Option<f64>,
}

/// A rule that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Made {
    /// Its number.
    pub id: i64,
    /// The expression as it is kept.
    pub expression: String,
    /// Incidents that it hides.
    pub hides: u64,
    /// Incidents that it means, and that stay since they are confirmed.
    pub confirmed: Vec<i64>,
    /// Incidents of which it means some rows only; they stay.
    pub partly: u64,
    /// Incidents that other rules hide already.
    pub others: u64,
}

/// A rule that was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Removed {
    /// Incidents that are shown again.
    pub shown: u64,
    /// Incidents that other rules hide now.
    pub others: u64,
}

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, make))
        .routes(routes!(remove))
        .routes(routes!(suggest))
        .routes(routes!(preview))
}

/// Rules
#[utoipa::path(get, path = "/suppressions", tag = "suppressions",
    responses((status = 200, body = Page<Rule>), Problems))]
async fn list(State(api): State<Api>, wish: Wish) -> Result<Response, Problem> {
    api.answer(wish, move |look| {
        let hides: BTreeMap<i64, u64> = look.store.hidden_by_rule()?.into_iter().collect();
        let rule = |rule: Suppression| Rule { hides: hides.get(&rule.id).copied().unwrap_or_default(), rule };
        Ok(Page::whole(look.store.suppressions()?.into_iter().map(rule).collect()))
    })
    .await
}

/// Make a rule
#[utoipa::path(post, path = "/suppressions", tag = "suppressions", request_body = NewRule,
    responses((status = 201, body = Made), Problems))]
async fn make(
    State(api): State<Api>,
    Extension(who): Extension<Who>,
    Given(rule): Given<NewRule>,
) -> Result<Response, Problem> {
    api.change(&who, StatusCode::CREATED, move |change| {
        change.knows.suppress(change.batch, &rule, (change.now, change.by))
    })
    .await
}

/// Remove a rule, and show what it hid
#[utoipa::path(delete, path = "/suppressions/{id}", tag = "suppressions", params(("id" = i64, Path)),
    responses((status = 200, body = Removed), Problems))]
async fn remove(
    State(api): State<Api>,
    Extension(who): Extension<Who>,
    Named(rule): Named<i64>,
) -> Result<Response, Problem> {
    api.change(&who, StatusCode::OK, move |change| {
        let removed = change.knows.unsuppress(change.batch, rule, (change.now, change.by))?;
        removed.ok_or_else(|| Problem::missing(format!("There is no rule {rule}."), "Look at the list."))
    })
    .await
}

/// Suggest a rule that means some incidents and as little else as possible
#[utoipa::path(post, path = "/suppressions/suggest", tag = "suppressions", request_body = Suggesting,
    responses((status = 200, body = Suggestion), Problems))]
async fn suggest(State(api): State<Api>, Given(asked): Given<Suggesting>) -> Result<Response, Problem> {
    check_incidents(&asked.ids)?;
    api.find(move |look| Ok(Suggestion { expression: look.knows.suggest(look.store, &asked.ids)? })).await
}

/// See what a rule would do; nothing is changed
#[utoipa::path(post, path = "/suppressions/preview", tag = "suppressions", request_body = Previewing,
    responses((status = 200, body = Preview), Problems))]
async fn preview(State(api): State<Api>, Given(asked): Given<Previewing>) -> Result<Response, Problem> {
    if !(asked.days.is_finite() && asked.days > 0.0) {
        return Err(Problem::wrong("days is no number of days.", "Give a number such as 30."));
    }
    api.find(move |look| look.knows.preview(look.store, &asked.expression, asked.days)).await
}
