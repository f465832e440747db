//! Incidents: a list of them, and one with all that is known of it.

use oddflow_store::{Alert, Incident};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::audit::AuditEntry;
use super::filter::Filter;
use super::notes::Note;
use super::page::Page;
use super::problem::{Problem, Problems};
use super::techniques::Technique;

/// An incident with all that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct IncidentDetails {
    #[serde(flatten)]
    incident: Incident,
    /// Its stored rows, the highest score first, at most 50.
    alerts: Vec<Alert>,
    /// What people wrote of it, the oldest first.
    notes: Vec<Note>,
    /// What people did with it, the oldest first.
    history: Vec<AuditEntry>,
    /// A command that shows its strongest row in its log, to be pasted into a shell.
    command: Option<String>,
    attack: Option<Technique>,
    /// What is normal for its host, a sentence each; empty where that isn't known.
    host_normal: Vec<String>,
}

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(one))
}

/// Incidents
#[utoipa::path(get, path = "/incidents", tag = "incidents", params(Filter),
    responses((status = 200, body = Page<Incident>), Problems))]
async fn list() -> Result<(), Problem> {
    Err(Problem::bug())
}

/// One incident
#[utoipa::path(get, path = "/incidents/{id}", tag = "incidents", params(("id" = i64, Path)),
    responses((status = 200, body = IncidentDetails), Problems))]
async fn one() -> Result<(), Problem> {
    Err(Problem::bug())
}
