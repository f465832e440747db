//! What every request has to pass before it is looked at, and what every answer says.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::listen::Listen;

/// Lets a request pass that only asks, and asks us.
pub(crate) async fn guard(State(listen): State<Arc<Listen>>, request: Request, next: Next) -> Response {
    let mut response = match refusal(&listen, &request) {
        Some((status, words)) => (status, words).into_response(),
        None => next.run(request).await,
    };
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET,HEAD"));
    }
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    );
    response
}

fn refusal(listen: &Listen, request: &Request) -> Option<(StatusCode, &'static str)> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Some((StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n"));
    }
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Some((StatusCode::BAD_REQUEST, "one Host header is needed\n"));
    };
    // A request line may name a host too, and it goes before the header.
    let named = request.uri().authority().is_none_or(|authority| listen.is_ours(authority.as_str()));
    if named && host.to_str().is_ok_and(|host| listen.is_ours(host)) {
        None
    } else {
        Some((StatusCode::MISDIRECTED_REQUEST, "this host is not ours: see service.names\n"))
    }
}
