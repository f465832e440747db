//! Rules that hide incidents.

use oddflow_store::{Incident, Suppression};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::overview::BySeverity;
use super::page::Page;
use super::problem::{Problem, Problems};

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
async fn list() -> Result<(), Problem> {
    Err(Problem::bug())
}

/// Make a rule
#[utoipa::path(post, path = "/suppressions", tag = "suppressions", request_body = NewRule,
    responses((status = 201, body = Made), Problems))]
async fn make() -> Result<(), Problem> {
    Err(Problem::bug())
}

/// Remove a rule, and show what it hid
#[utoipa::path(delete, path = "/suppressions/{id}", tag = "suppressions", params(("id" = i64, Path)),
    responses((status = 200, body = Removed), Problems))]
async fn remove() -> Result<(), Problem> {
    Err(Problem::bug())
}

/// Suggest a rule that means some incidents and as little else as possible
#[utoipa::path(post, path = "/suppressions/suggest", tag = "suppressions", request_body = Suggesting,
    responses((status = 200, body = Suggestion), Problems))]
async fn suggest() -> Result<(), Problem> {
    Err(Problem::bug())
}

/// See what a rule would do; nothing is changed
#[utoipa::path(post, path = "/suppressions/preview", tag = "suppressions", request_body = Previewing,
    responses((status = 200, body = Preview), Problems))]
async fn preview() -> Result<(), Problem> {
    Err(Problem::bug())
}
