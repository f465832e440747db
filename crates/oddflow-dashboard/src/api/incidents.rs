//! Incidents: a list of them, and one with all that is known of it.

use std::ops::ControlFlow;

use axum::extract::State;
use axum::response::Response;
use oddflow_store::{Alert, AlertQuery, AuditEntry, Incident, IncidentQuery, Note};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::answer::{Look, Wish};
use super::asked::{Asked, Named};
use super::filter::{COUNTED, Filter};
use super::page::Page;
use super::period::known;
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
async fn list(State(api): State<Api>, wish: Wish, Asked(filter): Asked<Filter>) -> Result<Response, Problem> {
    api.answer(wish, move |look| {
        known(look.store, filter.sensor.as_deref())?;
        let (limit, after) = (filter.limit(), filter.incident_cursor()?);
        let query = IncidentQuery { limit: Some(limit + 1), after, ..filter.incidents()? };
        let incidents = look.store.incidents(&query)?;
        let total = look.store.count_incidents_up_to(&query, COUNTED)?;
        Ok(Page::of(incidents, limit, total, |last| last.cursor(query.sort).to_word(query.sort)))
    })
    .await
}

/// One incident
#[utoipa::path(get, path = "/incidents/{id}", tag = "incidents", params(("id" = i64, Path)),
    responses((status = 200, body = IncidentDetails), Problems))]
async fn one(State(api): State<Api>, wish: Wish, Named(id): Named<i64>) -> Result<Response, Problem> {
    api.answer(wish, move |look| details(look, id)).await
}

fn details(look: &Look<'_>, id: i64) -> Result<IncidentDetails, Problem> {
    let incident = look.store.incident(id)?.ok_or_else(|| {
        Problem::missing(format!("There is no incident {id}."), "It may have expired: look at the list.")
    })?;
    let mut alerts = Vec::new();
    let query = AlertQuery { incident: Some(id), ..AlertQuery::default() };
    look.store.alerts(&query, &mut |alert| {
        alerts.push(alert);
        ControlFlow::Continue(())
    })?;
    Ok(IncidentDetails {
        notes: look.store.notes(id)?,
        history: look.store.audit_of_incident(id)?,
        command: alerts.first().and_then(|alert| look.knows.command(alert)),
        attack: incident.technique.as_deref().map(|id| look.knows.technique(id)),
        host_normal: look.knows.host_normal(look.store, &incident)?,
        incident,
        alerts,
    })
}
