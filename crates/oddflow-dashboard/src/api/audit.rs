//! What people changed.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::page::Page;
use super::problem::{Problem, Problems};

/// A change that somebody made.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct AuditEntry {
    pub(crate) id: i64,
    /// When, in seconds since 1970.
    pub(crate) time: f64,
    /// Who: the name of a token, or `local`.
    pub(crate) by: String,
    /// What: `incident.verdict`, `incident.note`, `suppression.add`, `suppression.remove`, `model.activate`, `model.rollback`,
    /// `session.in`, `session.out`, `session.refused`, `token.new`.
    pub(crate) action: String,
    /// Of what: an incident's, a rule's or a model's number; empty where it is of none.
    pub(crate) subject: String,
    /// How, in words.
    pub(crate) detail: String,
}

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
async fn list() -> Result<(), Problem> {
    Err(Problem::bug())
}
