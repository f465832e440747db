//! What is set, and how the database and the sinks stand.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::answer::Wish;
use super::overview::Budget;
use super::problem::{Problem, Problems};

/// What is set.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Settings {
    /// The settings in force, by section, without secrets; unset where there is no file of settings.
    #[schema(value_type = Option<Object>)]
    pub config: Option<Value>,
    /// The budget of the active model.
    pub budget: Option<Budget>,
    /// Sinks that are set, or that notices still wait for.
    pub sinks: Vec<SinkState>,
    /// How long results are kept; unset where there is no file of settings.
    pub retention: Option<Retention>,
    /// The database.
    pub database: Database,
}

/// How the notices of a sink stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SinkState {
    /// Its name, such as `webhook`.
    pub name: String,
    /// `zeek_log`, `json_log`, `ecs_log`, `cef_log`, `syslog`, `webhook`.
    pub kind: String,
    /// Whether it is set; notices of one that no longer is may still wait.
    pub is_enabled: bool,
    /// Notices that wait to be delivered.
    pub waiting: u64,
    /// Notices that were given up.
    pub dead: u64,
    /// What went wrong last.
    pub last_error: Option<String>,
}

/// How long results are kept; 0 for ever, and for no limit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Retention {
    /// Days after which incidents and alerts go.
    pub days: f64,
    /// Bytes that the database may take.
    pub max_bytes: u64,
    /// Days after which it is forgotten that a log was read whose file is gone.
    pub log_days: f64,
}

/// How large the database is, and what is in it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Database {
    /// Its file.
    pub file: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// Freed within it.
    pub free: u64,
    /// Incidents that are kept.
    pub incidents: u64,
    /// Of over a million about so many.
    pub alerts: u64,
    /// The end of the oldest incident, in seconds since 1970.
    pub oldest: Option<f64>,
    /// The end of the newest row.
    pub newest: Option<f64>,
}

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(get))
}

/// What is set, and how the database and the sinks stand
#[utoipa::path(get, path = "/settings", tag = "settings", responses((status = 200, body = Settings), Problems))]
async fn get(State(api): State<Api>, wish: Wish) -> Result<Response, Problem> {
    api.answer_now(wish, |look| look.knows.settings(look.store)).await
}
