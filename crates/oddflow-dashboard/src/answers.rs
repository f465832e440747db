//! The routes, and what is answered.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Text exposition format of Prometheus.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Where programs look.
pub(crate) const PROBES: [&str; 3] = ["/metrics", "/healthz", "/readyz"];

/// Who has the words. It is asked in the thread of the requests; what takes long there holds up other requests.
pub trait Source: Send + Sync + 'static {
    /// All metrics, in the text exposition format 0.0.4 of Prometheus.
    fn metrics(&self) -> String;

    /// What keeps it from living: a loop that stands still. Empty when all is well.
    fn unhealthy(&self) -> Vec<String>;

    /// What keeps it from doing its work, though it may pass. Empty when all is well.
    fn unready(&self) -> Vec<String>;
}

pub(crate) fn router(source: Arc<dyn Source>) -> Router {
    let [of_metrics, health, readiness] = PROBES;
    Router::new()
        .route(of_metrics, get(metrics))
        .route(health, get(healthz))
        .route(readiness, get(readyz))
        .with_state(source)
}

async fn metrics(State(source): State<Arc<dyn Source>>) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(METRICS))], source.metrics()).into_response()
}

async fn healthz(State(source): State<Arc<dyn Source>>) -> Response {
    verdict(&source.unhealthy())
}

async fn readyz(State(source): State<Arc<dyn Source>>) -> Response {
    verdict(&source.unready())
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
