//! What is new, told as it happens.

use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use oddflow_store::ChangeTopic;
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::problem::{Problem, Problems};
use crate::flow::flow;
use crate::guard::Peer;

/// Something is said at least so often, so that whoever stands between keeps the connection open.
const ALIVE: Duration = Duration::from_secs(20);
/// After so long who listens is asked to come again, and to show again that they may.
const LONGEST: Duration = Duration::from_secs(3600);

/// Something changed: the data of an event `changed`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Changed {
    /// What is to be asked for again.
    pub(crate) topics: Vec<Topic>,
    /// The end of the newest row, in seconds since 1970.
    pub(crate) newest: Option<f64>,
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

impl From<ChangeTopic> for Topic {
    fn from(topic: ChangeTopic) -> Self {
        match topic {
            ChangeTopic::Incidents => Self::Incidents,
            ChangeTopic::Traffic => Self::Traffic,
            ChangeTopic::Models => Self::Models,
            ChangeTopic::Suppressions => Self::Suppressions,
            ChangeTopic::Health => Self::Health,
        }
    }
}

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(listen))
}

/// What is new, as server-sent events: `event: changed`, with a `Changed` as its data
#[utoipa::path(get, path = "/events", tag = "session",
    responses((status = 200, body = Changed, content_type = "text/event-stream"), Problems))]
async fn listen(
    State(api): State<Api>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut news = api.news.listen();
    let mut endings = api.access.endings();
    let (sender, body) = flow();
    tokio::spawn(async move {
        let mut told = news.borrow_and_update().clone();
        // A lost connection is made again after so many milliseconds.
        let mut words = String::from("retry: 3000\n\n");
        let end = tokio::time::sleep(LONGEST);
        tokio::pin!(end);
        let mut looked = Instant::now();
        while sender.send(Ok(words.into())).await.is_ok() {
            words = tokio::select! {
                changed = news.changed() => {
                    let now = news.borrow_and_update().clone();
                    let data = serde_json::to_string(&now.since(&told)).unwrap_or_default();
                    told = now;
                    match changed {
                        Ok(()) => format!("event: changed\nid: {}\ndata: {data}\n\n", told.number),
                        // The server ends.
                        Err(_) => return,
                    }
                }
                () = tokio::time::sleep(ALIVE) => ": still here\n\n".into(),
                // A session was ended, perhaps this one.
                _ = endings.changed() => String::new(),
                () = sender.closed() => return,
                () = &mut end => return,
            };
            // What is new may come often, and who may listen stands in the database.
            if !words.starts_with("event:") || looked.elapsed() >= ALIVE {
                looked = Instant::now();
                if !may_listen(&api, &headers, peer).await {
                    return;
                }
            }
            if words.is_empty() {
                words = ": still here\n\n".into();
            }
        }
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, Body::new(body)).into_response())
}

/// Whether somebody who asked may still be told. A database that can't be read for a moment is no reason to hang up.
async fn may_listen(api: &Api, headers: &HeaderMap, Peer(from): Peer) -> bool {
    match api.access.who(&api.readers, headers, from).await {
        Ok(who) => who.is_some(),
        Err(problem) => !matches!(problem.status, 401 | 429),
    }
}
