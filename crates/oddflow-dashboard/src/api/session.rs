//! Who is there: signing in, signing out, and what a page must know before it asks for anything else.

use oddflow_store::ModelRole;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::problem::{Problem, Problems};

/// How one is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Auth {
    /// Who reaches the address is let in.
    None,
    /// By a token.
    Token,
}

/// What a page must know first. Who isn't signed in is told of `version`, `auth`, `signed_in` and `csrf` alone.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Session {
    /// The version of oddflow.
    version: String,
    auth: Auth,
    signed_in: bool,
    /// To be sent as `X-CSRF-Token` with each change.
    csrf: String,
    /// Sensors, by name; one without a name is "".
    sensors: Vec<String>,
    models: Vec<ModelInUse>,
    /// The end of the newest row, in seconds since 1970.
    newest: Option<f64>,
    /// Whether there is an active model.
    has_model: bool,
    /// Whether logs are watched: by this process, or by one that wrote within a quarter of an hour.
    is_watching: bool,
    /// Whether changes can be made: not to a database that may only be read.
    can_change: bool,
}

/// A model that is at work.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct ModelInUse {
    id: String,
    role: ModelRole,
    since: Option<f64>,
}

/// What lets one in.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub(crate) struct SignIn {
    token: String,
}

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(get, sign_in, sign_out))
}

/// Who is there
#[utoipa::path(get, path = "/session", tag = "session", responses((status = 200, body = Session), Problems))]
async fn get() -> Result<(), Problem> {
    Err(Problem::bug())
}

/// Sign in
#[utoipa::path(post, path = "/session", tag = "session", request_body = SignIn,
    responses((status = 200, body = Session), Problems))]
async fn sign_in() -> Result<(), Problem> {
    Err(Problem::bug())
}

/// Sign out
#[utoipa::path(delete, path = "/session", tag = "session", responses((status = 204), Problems))]
async fn sign_out() -> Result<(), Problem> {
    Err(Problem::bug())
}
