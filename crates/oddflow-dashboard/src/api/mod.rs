//! The API below `/api/v1`: a file a resource. What it says of itself is `openapi.json` beside this crate's sources.

pub(crate) mod alerts;
pub(crate) mod answer;
pub(crate) mod asked;
pub(crate) mod audit;
pub(crate) mod charts;
pub(crate) mod drift;
pub(crate) mod events;
pub(crate) mod explore;
pub(crate) mod exports;
pub(crate) mod filter;
pub(crate) mod hosts;
pub(crate) mod incidents;
pub(crate) mod models;
pub(crate) mod notes;
pub(crate) mod overview;
pub(crate) mod page;
pub(crate) mod period;
pub(crate) mod problem;
pub(crate) mod session;
pub(crate) mod settings;
pub(crate) mod shapes;
pub(crate) mod suppressions;
pub(crate) mod techniques;
pub(crate) mod verdicts;

use std::sync::OnceLock;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, Uri, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use utoipa::OpenApi;
use utoipa::openapi::path::Operation;
use utoipa_axum::router::OpenApiRouter;

/// Where the API stands.
pub(crate) const ROOT: &str = "/api/v1";

/// Below it, who is there.
pub(crate) const SESSION: &str = "/session";

pub(crate) use self::answer::Api;
use crate::guard::admit;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "oddflow",
        description = "Incidents, alerts, traffic and models of oddflow. Times are seconds since 1970, UTC. What comes from logs is untrusted text."
    ),
    components(schemas(
        problem::Problem,
        shapes::Summary,
        shapes::Explanation,
        shapes::EvidenceRows,
        events::Topic
    ))
)]
struct Head;

/// All routes.
fn routes() -> OpenApiRouter<Api> {
    let api = OpenApiRouter::new()
        .merge(session::routes())
        .merge(overview::routes())
        .merge(exports::routes())
        .merge(verdicts::routes())
        .merge(incidents::routes())
        .merge(notes::routes())
        .merge(alerts::routes())
        .merge(charts::routes())
        .merge(suppressions::routes())
        .merge(hosts::routes())
        .merge(explore::routes())
        .merge(models::routes())
        .merge(drift::routes())
        .merge(settings::routes())
        .merge(audit::routes())
        .merge(events::routes())
        .routes(utoipa_axum::routes!(document));
    OpenApiRouter::with_openapi(Head::openapi()).nest(ROOT, api)
}

/// The routes at work.
pub(crate) fn router(api: &Api) -> Router {
    let (router, _) = routes().split_for_parts();
    let missing = async |uri: Uri| problem::Problem::no_route(uri.path());
    // The page's own paths are behind these.
    let router = router.route(&format!("{ROOT}/{{*rest}}"), axum::routing::any(missing));
    router.layer(from_fn_with_state(api.clone(), admit)).with_state(api.clone())
}

/// What the API says of itself
#[utoipa::path(get, path = "/openapi.json", tag = "session", responses((status = 200, body = Object)))]
async fn document(State(_): State<Api>) -> Response {
    static TEXT: OnceLock<String> = OnceLock::new();
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    ([kind], TEXT.get_or_init(description).as_str()).into_response()
}

/// What the API says of itself, as JSON.
#[must_use]
pub fn description() -> String {
    let mut all = routes().into_openapi();
    for (path, item) in &mut all.paths.paths {
        let of = |method: &str, operation: &mut Option<Operation>| {
            if let Some(operation) = operation {
                operation.operation_id = Some(format!("{method}{}", words(path)));
            }
        };
        of("get", &mut item.get);
        of("post", &mut item.post);
        of("delete", &mut item.delete);
    }
    let mut text = all.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// A path below the root as a name: each has its own.
fn words(path: &str) -> String {
    let name = path.strip_prefix(ROOT).unwrap_or(path);
    name.chars()
        .filter(|c| !"{}".contains(*c))
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect()
}
