//! What people say of incidents.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use oddflow_store::Verdict;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::asked::Given;
use super::problem::{Problem, Problems};
use crate::access::Who;

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

/// Incidents of a change.
pub(super) const MOST_INCIDENTS: usize = 1000;
/// Characters of a note.
pub(super) const LONGEST_NOTE: usize = 10_000;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(judge))
}

/// Say of incidents that they were what they seemed, or normal
#[utoipa::path(post, path = "/incidents/verdict", tag = "incidents", request_body = Judging,
    responses((status = 200, body = Judged), Problems))]
async fn judge(
    State(api): State<Api>,
    Extension(who): Extension<Who>,
    Given(judging): Given<Judging>,
) -> Result<Response, Problem> {
    check_incidents(&judging.ids)?;
    let note = judging.note.as_deref().map(str::trim).filter(|note| !note.is_empty()).map(str::to_owned);
    if note.as_deref().is_some_and(|note| note.chars().count() > LONGEST_NOTE) {
        return Err(Problem::wrong("The note is too long.", "Write 10,000 characters at most."));
    }
    api.change(&who, StatusCode::OK, move |change| {
        let judged = change.batch.judge_all(&judging.ids, judging.verdict, change.now, note.as_deref())?;
        let said = judging.verdict.map_or("open again", Verdict::name);
        let detail = note.as_deref().map_or_else(|| said.to_owned(), |note| format!("{said}: {note}"));
        change.audit("incident.verdict", ("", &judging.ids), &detail)?;
        let shown_again = judged.shown_again.into_iter().map(|(id, rule)| ShownAgain { id, rule }).collect();
        Ok(Judged { changed: judged.changed, shown_again })
    })
    .await
}

/// Whether so many incidents can be changed at once.
pub(super) fn check_incidents(ids: &[i64]) -> Result<(), Problem> {
    match ids.len() {
        0 => Err(Problem::wrong("No incident is named.", "Name some in ids.")),
        1..=MOST_INCIDENTS => Ok(()),
        _ => Err(Problem::wrong("Too many incidents are named.", "Name 1,000 at most.")),
    }
}
