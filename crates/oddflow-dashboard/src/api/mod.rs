//! The API below `/api/v1`: a file a resource. What it says of itself is `openapi.json` beside this crate's sources.

pub(crate) mod alerts;
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

use utoipa::OpenApi;
use utoipa::openapi::path::Operation;
use utoipa_axum::router::OpenApiRouter;

/// Where the API stands.
pub(crate) const ROOT: &str = "/api/v1";

pub(crate) type Api = ();

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
        .merge(events::routes());
    OpenApiRouter::with_openapi(Head::openapi()).nest(ROOT, api)
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
