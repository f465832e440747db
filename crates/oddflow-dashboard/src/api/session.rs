//! Who is there: signing in, signing out, and what a page must know before it asks for anything else.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use oddflow_store::{ModelRole, NewAudit};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::answer::{Look, fresh};
use super::asked::Given;
use super::problem::{Problem, Problems};
use crate::access::Who;
use crate::guard::Peer;
use crate::time;

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
    /// The name of the token that one is signed in with, or `local`; unset for who isn't signed in.
    name: Option<String>,
    /// The end of the newest row, in seconds since 1970.
    newest: Option<f64>,
    /// The beginning of the oldest traffic or incident that is kept.
    oldest: Option<f64>,
    /// Whether there is a model.
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
async fn get(State(api): State<Api>, who: Option<Extension<Who>>) -> Result<Response, Problem> {
    let session = told(&api, who.map(|Extension(who)| who)).await?;
    Ok(fresh(StatusCode::OK, &session))
}

/// What is told to who is there.
async fn told(api: &Api, who: Option<Who>) -> Result<Session, Problem> {
    let auth = if api.access.is_demanded() { Auth::Token } else { Auth::None };
    let csrf = who.as_ref().and_then(|who| who.csrf.clone());
    let session = Session {
        version: env!("CARGO_PKG_VERSION").into(),
        auth,
        signed_in: who.is_some(),
        csrf: csrf.unwrap_or_else(|| api.access.csrf().to_owned()),
        name: who.as_ref().map(|who| who.name.clone()),
        sensors: Vec::new(),
        models: Vec::new(),
        newest: None,
        oldest: None,
        has_model: false,
        is_watching: false,
        can_change: false,
    };
    if who.is_none() {
        return Ok(session);
    }
    let (api, shared) = (api.clone(), api.readers.clone());
    shared
        .read(move |store| {
            let look = Look { store, knows: &*api.knowledge, now: time::now() };
            let of = |model: oddflow_store::KnownModel| ModelInUse {
                id: model.model.id,
                role: model.role,
                since: model.since,
            };
            let bounds = super::period::bounds(&look, None)?;
            Ok(Session {
                sensors: store.all_sensors()?,
                models: store.known_models()?.into_iter().map(of).collect(),
                newest: bounds.map(|bounds| bounds.to),
                oldest: bounds.map(|bounds| bounds.from),
                has_model: !store.models()?.is_empty(),
                is_watching: api.knowledge.is_watching() || api.news.is_watched(),
                can_change: api.readers.can_change(),
                ..session
            })
        })
        .await
}

/// Sign in
#[utoipa::path(post, path = "/session", tag = "session", request_body = SignIn,
    responses((status = 200, body = Session), Problems))]
async fn sign_in(
    State(api): State<Api>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    Given(asked): Given<SignIn>,
) -> Result<Response, Problem> {
    if !api.access.is_demanded() {
        return Err(Problem::conflict("No token is needed here.", "Go on."));
    }
    let name = match api.access.token(&api.readers, &asked.token, peer.0).await {
        Ok(name) => name,
        Err(problem) => {
            if matches!(problem.status, 401 | 429) && api.access.is_noted(peer.0) {
                let from = peer.0.map_or_else(String::new, |address| address.to_string());
                note(&api, ("", "session.refused"), format!("from {from}")).await;
            }
            return Err(api.hushed(problem));
        }
    };
    let (cookie, who) = api.access.open(&api.readers, (&name, &asked.token), &headers).await?;
    note(&api, (&name, "session.open"), peer.0.map_or_else(String::new, |from| format!("from {from}"))).await;
    let session = told(&api, Some(who)).await?;
    let mut response = fresh(StatusCode::OK, &session);
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

/// Enters what happened with a session into the audit log; one that can't be written to doesn't keep anybody out.
async fn note(api: &Api, (by, action): (&str, &'static str), detail: String) {
    let by = by.to_owned();
    let written = api.readers.write(move |store| {
        let mut batch = store.begin()?;
        let entry = NewAudit { time: time::now(), by: &by, action, subject: "", detail: &detail };
        batch.audit(&entry, &[])?;
        Ok(batch.commit()?)
    });
    let _ = written.await;
}

/// Sign out
#[utoipa::path(delete, path = "/session", tag = "session", responses((status = 204), Problems))]
async fn sign_out(
    State(api): State<Api>,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let cookie = api.access.close(&api.readers, &headers).await?;
    note(&api, (&who.name, "session.close"), String::new()).await;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}
