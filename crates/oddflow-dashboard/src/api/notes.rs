//! What people write of incidents.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::problem::{Problem, Problems};

/// A note.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Note {
    pub(crate) id: i64,
    /// When, in seconds since 1970.
    pub(crate) time: f64,
    pub(crate) text: String,
    /// By whom.
    pub(crate) by: String,
}

/// A note to be kept.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewNote {
    /// At most 10,000 characters.
    text: String,
}

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(write))
}

/// Write a note of an incident
#[utoipa::path(post, path = "/incidents/{id}/notes", tag = "incidents", params(("id" = i64, Path)),
    request_body = NewNote, responses((status = 201, body = Note), Problems))]
async fn write() -> Result<(), Problem> {
    Err(Problem::bug())
}
