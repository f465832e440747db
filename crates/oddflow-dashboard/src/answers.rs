//! The routes, and what is answered.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::sync::Mutex;

use crate::time;

/// Text exposition format of Prometheus.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Where programs look.
pub(crate) const PROBES: [&str; 3] = ["/metrics", "/healthz", "/readyz"];

/// How long what is said of readiness is taken for true: whoever asks may be anybody, and to look may take a while.
const LATELY: Duration = Duration::from_secs(1);

/// Who has the words. It is asked in the thread of the requests, where what takes long holds up other requests, but for
/// [`Source::unready`].
pub trait Source: Send + Sync + 'static {
    /// All metrics, in the text exposition format 0.0.4 of Prometheus.
    fn metrics(&self) -> String;

    /// What keeps it from living: a loop that stands still. Empty when all is well.
    fn unhealthy(&self) -> Vec<String>;

    /// What keeps it from doing its work, though it may pass. Empty when all is well. It is asked in a thread that may wait, once a second at
    /// most.
    fn unready(&self) -> Vec<String>;
}

/// What is asked.
#[derive(Clone)]
struct Asked {
    source: Arc<dyn Source>,
    /// Whether who asks may read what is the matter: it names files.
    tells: bool,
    readiness: Arc<Mutex<Readiness>>,
}

/// What was said of readiness last, and when.
type Readiness = Option<(Instant, Vec<String>)>;

pub(crate) fn router(source: Arc<dyn Source>, tells: bool) -> Router {
    let asked = Asked { source, tells, readiness: Arc::default() };
    let [of_metrics, health, readiness] = PROBES;
    Router::new()
        .route(of_metrics, get(metrics))
        .route(health, get(healthz))
        .route(readiness, get(readyz))
        .with_state(asked)
}

async fn metrics(State(asked): State<Asked>) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(METRICS))], asked.source.metrics()).into_response()
}

async fn healthz(State(asked): State<Asked>) -> Response {
    verdict(&asked.source.unhealthy())
}

async fn readyz(State(asked): State<Asked>) -> Response {
    // One looks, and the others take what it has found; the lock goes with the thread, whoever hangs up meanwhile.
    let mut readiness = Arc::clone(&asked.readiness).lock_owned().await;
    let source = Arc::clone(&asked.source);
    let look = move || match &*readiness {
        Some((time, troubles)) if time::instant().duration_since(*time) < LATELY => troubles.clone(),
        _ => {
            let troubles = source.unready();
            *readiness = Some((time::instant(), troubles.clone()));
            troubles
        }
    };
    match tokio::task::spawn_blocking(look).await {
        Ok(troubles) if asked.tells || troubles.is_empty() => verdict(&troubles),
        Ok(_) => {
            verdict(&["it is not ready: what is the matter stands in its log, and on the dashboard".into()])
        }
        // Its panic was reported.
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// 200 and `ok`, or 503 and what is the matter, a line each.
fn verdict(troubles: &[String]) -> Response {
    if troubles.is_empty() {
        return (StatusCode::OK, "ok\n").into_response();
    }
    let mut text = String::new();
    for trouble in troubles {
        // What a file's name brings along can't make up a line of its own.
        text.extend(trouble.chars().map(|c| if c.is_control() { ' ' } else { c }));
        text.push('\n');
    }
    (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
}
