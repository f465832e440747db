//! Alerts: a list of them, and one.

use std::ops::ControlFlow;

use axum::extract::State;
use axum::response::Response;
use oddflow_store::{Alert, AlertQuery};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::answer::{Look, Wish};
use super::asked::{Asked, Named};
use super::filter::Filter;
use super::page::Page;
use super::period::known;
use super::problem::{Problem, Problems};

/// Counting ends here: there may be millions, each is looked at, and nobody asks for the exact number.
const COUNTED: u64 = 1_000;

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
async fn list(State(api): State<Api>, wish: Wish, Asked(filter): Asked<Filter>) -> Result<Response, Problem> {
    api.answer(wish, move |look| {
        known(look.store, filter.sensor.as_deref())?;
        let (limit, after) = (filter.limit(), filter.alert_cursor()?);
        let query = AlertQuery { limit: Some(limit + 1), after, ..filter.alerts()? };
        let mut alerts = Vec::new();
        look.store.alerts(&query, &mut |alert| {
            alerts.push(alert);
            ControlFlow::Continue(())
        })?;
        let total = look.store.count_up_to(&query, COUNTED)?;
        Ok(Page::of(alerts, limit, total, |last| last.cursor(query.sort).to_word(query.sort)))
    })
    .await
}

/// One alert
#[utoipa::path(get, path = "/alerts/{id}", tag = "alerts", params(("id" = i64, Path)),
    responses((status = 200, body = AlertDetails), Problems))]
async fn one(State(api): State<Api>, wish: Wish, Named(id): Named<i64>) -> Result<Response, Problem> {
    api.answer(wish, move |look| {
        let alert = find(look, id)?;
        Ok(AlertDetails { command: look.knows.command(&alert), alert })
    })
    .await
}

/// An alert by its number.
pub(super) fn find(look: &Look<'_>, id: i64) -> Result<Alert, Problem> {
    look.store.alert(id)?.ok_or_else(|| {
        let remedy = "It may have expired, or made room for a stronger one: look at its incident.";
        Problem::missing(format!("There is no alert {id}."), remedy)
    })
}
