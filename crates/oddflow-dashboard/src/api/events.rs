//! What is new, told as it happens.

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::problem::{Problem, Problems};

/// Something changed: the data of an event `changed`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Changed {
    /// What is to be asked for again.
    topics: Vec<Topic>,
    /// The end of the newest row, in seconds since 1970.
    newest: Option<f64>,
}

/// What can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Topic {
    Incidents,
    Traffic,
    Models,
    Suppressions,
    Health,
}

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(listen))
}

/// What is new, as server-sent events: `event: changed`, with a `Changed` as its data
#[utoipa::path(get, path = "/events", tag = "session",
    responses((status = 200, body = Changed, content_type = "text/event-stream"), Problems))]
async fn listen() -> Result<(), Problem> {
    Err(Problem::bug())
}
