//! All incidents or alerts of a filter as a file.

use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::filter::Filter;
use super::problem::{Problem, Problems};

/// The format of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    /// Comma-separated values with a line of titles, as RFC 4180 has them.
    #[default]
    Csv,
    /// A JSON object a line, as the lists have them.
    Json,
}

/// The file that is wanted.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct File {
    #[serde(default)]
    #[param(inline)]
    format: Format,
}

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(incidents)).routes(routes!(alerts))
}

/// All incidents of a filter as a file; limit and cursor are left out of account
#[utoipa::path(get, path = "/incidents/export", tag = "incidents", params(Filter, File),
    responses((status = 200, body = String, content_type = "text/csv"), Problems))]
async fn incidents() -> Result<(), Problem> {
    Err(Problem::bug())
}

/// All alerts of a filter as a file; limit and cursor are left out of account
#[utoipa::path(get, path = "/alerts/export", tag = "alerts", params(Filter, File),
    responses((status = 200, body = String, content_type = "text/csv"), Problems))]
async fn alerts() -> Result<(), Problem> {
    Err(Problem::bug())
}
