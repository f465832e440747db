//! What people say of incidents.

use oddflow_store::Verdict;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::problem::{Problem, Problems};

/// What somebody says of incidents.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Judging {
    /// The incidents, at most 1,000.
    ids: Vec<i64>,
    /// `null` takes back what was said.
    verdict: Option<Verdict>,
    /// Why.
    #[serde(default)]
    note: Option<String>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Judged {
    /// Incidents of which something else was said before.
    changed: u64,
    /// Incidents that rules hid and that are shown again, as they are confirmed.
    shown_again: Vec<ShownAgain>,
}

/// An incident that is shown again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ShownAgain {
    /// The incident.
    id: i64,
    /// The rule that hid it.
    rule: i64,
}

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(judge))
}

/// Say of incidents that they were what they seemed, or normal
#[utoipa::path(post, path = "/incidents/verdict", tag = "incidents", request_body = Judging,
    responses((status = 200, body = Judged), Problems))]
async fn judge() -> Result<(), Problem> {
    Err(Problem::bug())
}
