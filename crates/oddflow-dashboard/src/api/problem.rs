//! What is said where something can't be done: RFC 9457.

use std::collections::BTreeMap;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use oddflow_store::StoreError;
use serde::Serialize;
use utoipa::openapi::{Content, Ref, RefOr, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

/// Why something was not done, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// The kind of problem, in a few words.
    pub title: String,
    /// The status of the answer.
    pub status: u16,
    /// What is wrong, as a sentence.
    pub detail: String,
    /// What to do, as a sentence; empty where nothing can be done.
    pub remedy: String,
}

impl Problem {
    fn new(status: StatusCode, title: &str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { title: title.into(), status: status.as_u16(), detail: detail.into(), remedy: remedy.into() }
    }

    /// What was asked makes no sense.
    pub fn wrong(detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "The request is wrong", detail, remedy)
    }

    /// It isn't there.
    pub fn missing(detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "There is no such thing", detail, remedy)
    }

    /// It can't be done as things are.
    pub fn conflict(detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "It can't be done as things are", detail, remedy)
    }

    /// Something that is needed can't be used now.
    pub fn unavailable(detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "It can't be done now", detail, remedy)
    }

    pub(crate) fn unsigned() -> Self {
        let remedy = "Sign in with a token: oddflow serve --new-token --db FILE makes one.";
        Self::new(StatusCode::UNAUTHORIZED, "Nobody is signed in", "This needs a token.", remedy)
    }

    pub(crate) fn forbidden(detail: &str, remedy: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "It is not allowed", detail, remedy)
    }

    pub(crate) fn too_often() -> Self {
        let detail = "There were too many wrong tokens.";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many attempts", detail, "Wait a minute.")
    }

    pub(crate) fn busy() -> Self {
        Self::unavailable("Others ask too much at the moment.", "Try again in a while.")
    }

    pub(crate) fn no_route(path: &str) -> Self {
        Self::missing(format!("The API has no {path}."), "GET /api/v1/openapi.json says what it has.")
    }

    pub(crate) fn bug() -> Self {
        let remedy = "Look at what the server says, and report it.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "A bug", "The server met a bug.", remedy)
    }

    pub(crate) fn kind(status: StatusCode, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(status, status.canonical_reason().unwrap_or("The request is wrong"), detail, remedy)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let (detail, remedy) = (error.to_string(), error.remedy());
        match error {
            StoreError::UnknownIncident { .. } | StoreError::UnknownModel { .. } => {
                Self::missing(detail, remedy)
            }
            StoreError::ReadOnly { .. } => Self::forbidden(&detail, remedy),
            StoreError::NoModelFile { .. }
            | StoreError::NothingBefore { .. }
            | StoreError::FullOfNotes { .. }
            | StoreError::Conflict { .. } => Self::conflict(detail, remedy),
            _ => Self::unavailable(detail, remedy),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        (status, [(header::CONTENT_TYPE, kind)], body).into_response()
    }
}

/// In the description of the API: what any route may answer instead.
pub(crate) struct Problems;

impl IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        let content = Content::new(Some(Ref::from_schema_name("Problem")));
        let response = ResponseBuilder::new()
            .description("What is wrong")
            .content("application/problem+json", content)
            .build();
        BTreeMap::from([("default".to_owned(), response.into())])
    }
}
