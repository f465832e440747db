//! What people write of incidents.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use oddflow_store::Note;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::asked::{Given, Named};
use super::problem::{Problem, Problems};
use super::verdicts::LONGEST_NOTE;
use crate::access::Who;

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
async fn write(
    State(api): State<Api>,
    Extension(who): Extension<Who>,
    Named(incident): Named<i64>,
    Given(note): Given<NewNote>,
) -> Result<Response, Problem> {
    let text = note.text.trim().to_owned();
    if text.is_empty() || text.chars().count() > LONGEST_NOTE {
        return Err(Problem::wrong("The note is empty or too long.", "Write 1 to 10,000 characters."));
    }
    api.change(&who, StatusCode::CREATED, move |change| {
        let (time, by) = (change.now, change.by.to_owned());
        let id = change.batch.note(incident, (time, &by), &text)?;
        change.audit("incident.note", ("", &[incident]), &text)?;
        Ok(Note { id, time, by, text })
    })
    .await
}
