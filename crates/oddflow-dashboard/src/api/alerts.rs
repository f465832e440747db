//! Alerts: a list of them, and one.

use oddflow_store::Alert;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::filter::Filter;
use super::page::Page;
use super::problem::{Problem, Problems};

/// An alert with what helps to look into it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct AlertDetails {
    #[serde(flatten)]
    alert: Alert,
    /// A command that shows the row in its log, to be pasted into a shell.
    command: Option<String>,
}

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(one))
}

/// Alerts
#[utoipa::path(get, path = "/alerts", tag = "alerts", params(Filter),
    responses((status = 200, body = Page<Alert>), Problems))]
async fn list() -> Result<(), Problem> {
    Err(Problem::bug())
}

/// One alert
#[utoipa::path(get, path = "/alerts/{id}", tag = "alerts", params(("id" = i64, Path)),
    responses((status = 200, body = AlertDetails), Problems))]
async fn one() -> Result<(), Problem> {
    Err(Problem::bug())
}
