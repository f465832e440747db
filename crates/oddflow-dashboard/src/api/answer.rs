//! How the API answers: what it reads is told with a tag, so that what is known already isn't sent again; what it changes is
//! one transaction, and goes into the audit log with it.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use oddflow_store::{Batch, NewAudit, Store};
use serde::Serialize;
use tokio::sync::Semaphore;

use super::problem::Problem;
use crate::access::{Access, Who};
use crate::encoding::{Compression, accepts_gzip, gzip};
use crate::knowledge::Knowledge;
use crate::news::Watcher;
use crate::readers::Readers;
use crate::work::Jobs;
use crate::{secret, time};

/// What all routes share.
#[derive(Clone)]
pub(crate) struct Api(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) readers: Arc<Readers>,
    pub(crate) knowledge: Arc<dyn Knowledge>,
    pub(crate) access: Access,
    pub(crate) news: Watcher,
    pub(crate) jobs: Jobs,
    /// Exports at a time.
    pub(crate) exports: Arc<Semaphore>,
    /// Part of each tag: what another process has told is not ours.
    pub(crate) nonce: String,
}

/// What an answer is made of.
pub(crate) struct Look<'a> {
    pub(crate) store: &'a Store,
    pub(crate) knows: &'a dyn Knowledge,
    /// In seconds since 1970.
    pub(crate) now: f64,
}

/// What a change is made of.
pub(crate) struct Change<'a, 's> {
    pub(crate) batch: &'a mut Batch<'s>,
    pub(crate) knows: &'a dyn Knowledge,
    /// In seconds since 1970.
    pub(crate) now: f64,
    pub(crate) by: &'a str,
}

/// How an answer is wanted.
pub(crate) struct Wish {
    known: Vec<String>,
    takes_gzip: bool,
    place: String,
}

/// How long an answer stays the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lasting {
    /// As long as nobody writes to the database.
    Database,
    /// Nobody knows: it is made, and compared.
    Unknown,
}

impl std::ops::Deref for Api {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Wish {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let known = parts.headers.get_all(header::IF_NONE_MATCH).iter();
        let known = known.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        Ok(Self {
            // What is sent packed is the same as what isn't.
            known: known.map(|tag| tag.trim().trim_start_matches("W/").to_owned()).collect(),
            takes_gzip: accepts_gzip(&parts.headers),
            place: parts.uri.path_and_query().map_or_else(String::new, ToString::to_string),
        })
    }
}

impl Wish {
    fn knows(&self, tag: &str) -> bool {
        self.known.iter().any(|known| known == tag)
    }
}

impl Change<'_, '_> {
    /// Enters the change into the audit log, of a subject or of some incidents.
    pub(crate) fn audit(
        &mut self,
        action: &str,
        (subject, incidents): (&str, &[i64]),
        detail: &str,
    ) -> Result<(), Problem> {
        let entry = NewAudit { time: self.now, by: self.by, action, subject, detail };
        Ok(self.batch.audit(&entry, incidents)?)
    }
}

impl Api {
    pub(crate) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    /// A problem as it is told to who isn't signed in: what is wrong with the database names its file.
    pub(crate) fn hushed(&self, problem: Problem) -> Problem {
        if problem.status != StatusCode::SERVICE_UNAVAILABLE.as_u16() {
            return problem;
        }
        if self.access.is_said() {
            self.knowledge.trouble(&format!("nobody can sign in: {}", problem.detail));
        }
        Problem::unavailable("Nobody can be let in now.", "Look at what the server says, and try again.")
    }

    /// Answers with what is found in the database.
    pub(crate) async fn answer<T: Serialize>(
        &self,
        wish: Wish,
        look: impl FnOnce(&Look<'_>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<Response, Problem> {
        self.answer_for(wish, Lasting::Database, look).await
    }

    /// The same, where the answer may change while the database stays as it is.
    pub(crate) async fn answer_now<T: Serialize>(
        &self,
        wish: Wish,
        look: impl FnOnce(&Look<'_>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<Response, Problem> {
        self.answer_for(wish, Lasting::Unknown, look).await
    }

    async fn answer_for<T: Serialize>(
        &self,
        wish: Wish,
        lasting: Lasting,
        look: impl FnOnce(&Look<'_>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<Response, Problem> {
        let api = self.clone();
        let work = move |store: &Store| {
            let known = match lasting {
                // Asked before anything is read: what is read is as new or newer.
                Lasting::Database => Some(api.tag(&api.readers.version()?.to_le_bytes(), &wish)),
                Lasting::Unknown => None,
            };
            if let Some(tag) = known.as_deref().filter(|tag| wish.knows(tag)) {
                return Ok(headed(StatusCode::NOT_MODIFIED.into_response(), tag));
            }
            let found = look(&Look { store, knows: &*api.knowledge, now: time::now() })?;
            let body = serde_json::to_vec(&found).map_err(|_| Problem::bug())?;
            let tag = known.unwrap_or_else(|| api.tag(&body, &wish));
            if wish.knows(&tag) {
                return Ok(headed(StatusCode::NOT_MODIFIED.into_response(), &tag));
            }
            let packed = if wish.takes_gzip { gzip(&body, Compression::fast()) } else { None };
            let response = match packed {
                Some(packed) => {
                    let encoding = (header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                    ([json(), encoding], packed).into_response()
                }
                None => ([json()], body).into_response(),
            };
            Ok(headed(response, &tag))
        };
        self.readers.read(work).await
    }

    fn tag(&self, what: &[u8], wish: &Wish) -> String {
        let digest = secret::digest(&[self.nonce.as_bytes(), what, wish.place.as_bytes()]);
        format!("\"{}\"", &digest[..24])
    }

    /// Answers with what is found, and isn't kept by anybody: what was sent.
    pub(crate) async fn find<T: Serialize + Send + 'static>(
        &self,
        look: impl FnOnce(&Look<'_>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<Response, Problem> {
        let api = self.clone();
        let work = move |store: &Store| look(&Look { store, knows: &*api.knowledge, now: time::now() });
        Ok(fresh(StatusCode::OK, &self.readers.read(work).await?))
    }

    /// Changes the database in one transaction, and answers with what came of it.
    pub(crate) async fn change<T: Serialize + Send + 'static>(
        &self,
        who: &Who,
        status: StatusCode,
        change: impl FnOnce(&mut Change<'_, '_>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<Response, Problem> {
        let (api, by) = (self.clone(), who.name.clone());
        let changed = self.readers.write(move |store| {
            let mut batch = store.begin()?;
            let now = time::now();
            let changed = change(&mut Change { batch: &mut batch, knows: &*api.knowledge, now, by: &by })?;
            batch.commit()?;
            Ok(changed)
        });
        let changed = changed.await?;
        self.news.wake();
        Ok(fresh(status, &changed))
    }
}

/// JSON that nobody keeps.
pub(crate) fn fresh(status: StatusCode, what: &impl Serialize) -> Response {
    let body = serde_json::to_vec(what).unwrap_or_default();
    let mut response = (status, [json()], body).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn json() -> (header::HeaderName, HeaderValue) {
    (header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
}

fn headed(mut response: Response, tag: &str) -> Response {
    let headers: &mut HeaderMap = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding, cookie"));
    // Hexadecimal digits in quotes always are a header's value.
    headers.extend(HeaderValue::from_str(tag).ok().map(|tag| (header::ETAG, tag)));
    response
}
