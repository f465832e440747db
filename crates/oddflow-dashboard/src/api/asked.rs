//! What is asked: the query of an address, and the JSON of a change. What is wrong with them is told as a problem.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// Most bytes of a change.
const MOST: usize = 256 << 10;
/// How long it may take to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// The query of an address.
pub(crate) struct Asked<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Query::try_from_uri(&parts.uri).map(|Query(asked)| Self(asked)).map_err(|error| {
            let words = error.body_text();
            let what = words.strip_prefix("Failed to deserialize query string: ").unwrap_or(&words);
            Problem::wrong(
                format!("What is asked for can't be read: {what}."),
                "Take it out of the address, or write it as GET /api/v1/openapi.json says.",
            )
        })
    }
}

/// What a path names.
pub(crate) struct Named<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Path::from_request_parts(parts, state).await.map(|Path(named)| Self(named)).map_err(|error| {
            Problem::missing(format!("The path can't be read: {}.", error.body_text()), "Look at its number.")
        })
    }
}

/// The JSON of a change.
pub(crate) struct Given<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Given<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(Problem::kind(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "A change is JSON.",
                "Send it with Content-Type: application/json.",
            ));
        }
        let body: Body = request.into_body();
        let Ok(bytes) = tokio::time::timeout(PATIENCE, to_bytes(body, MOST)).await else {
            let detail = "The change came too slowly.";
            return Err(Problem::kind(StatusCode::REQUEST_TIMEOUT, detail, "Send it again."));
        };
        let bytes = bytes.map_err(|_| {
            Problem::kind(
                StatusCode::PAYLOAD_TOO_LARGE,
                "The change is too long, or was cut.",
                "Send less at once: 256 KiB at most.",
            )
        })?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            Problem::wrong(
                format!("The JSON can't be read: {error}."),
                "GET /api/v1/openapi.json says what it must be.",
            )
        })
    }
}
