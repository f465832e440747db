//! What people changed.

use axum::extract::State;
use axum::response::Response;
use oddflow_store::{AuditEntry, Count};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::answer::Wish;
use super::asked::Asked;
use super::filter::{limit, stray};
use super::page::Page;
use super::problem::{Problem, Problems};

/// Which page.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct Paging {
    /// Items of a page, at most 500.
    #[param(minimum = 1, maximum = 500, default = 100)]
    #[serde(deserialize_with = "super::filter::number")]
    pub(crate) limit: Option<u64>,
    /// The `next` of the page before.
    pub(crate) cursor: Option<String>,
}

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list))
}

/// What people changed, the latest first
#[utoipa::path(get, path = "/audit", tag = "settings", params(Paging),
    responses((status = 200, body = Page<AuditEntry>), Problems))]
async fn list(State(api): State<Api>, wish: Wish, Asked(paging): Asked<Paging>) -> Result<Response, Problem> {
    let limit = limit(paging.limit);
    let before = paging.cursor.map(|word| word.parse::<i64>().map_err(|_| stray())).transpose()?;
    api.answer(wish, move |look| {
        let entries = look.store.audit(before, limit + 1)?;
        let total = Count { count: look.store.count_audit()?, is_exact: true };
        Ok(Page::of(entries, limit, total, |last| last.id.to_string()))
    })
    .await
}
