//! What every request has to pass before it is looked at, and what every answer says.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::access;
use crate::answers::PROBES;
use crate::api::answer::Api;
use crate::api::problem::Problem;
use crate::api::{ROOT, SESSION};
use crate::listen::Listen;

/// What a page of ours may load: what is ours. No script and no style stands in the page itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// Where there is no page.
const NO_PAGE: &str = "default-src 'none'; frame-ancestors 'none'";

/// The other side of a connection; `None` where it isn't known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) Option<IpAddr>);

/// What is guarded.
#[derive(Clone)]
pub(crate) struct Guarded {
    pub(crate) listen: Arc<Listen>,
    /// Whether there is a page, and an API that changes something.
    pub(crate) has_page: bool,
}

/// Lets a request pass that asks us.
pub(crate) async fn guard(State(guarded): State<Guarded>, request: Request, next: Next) -> Response {
    let is_named = guarded.listen.has_tls() && !is_localhost(request.headers());
    let mut response = match refusal(&guarded, &request) {
        Some((status, words)) => (status, words).into_response(),
        None if !is_page(request.uri().path()) && access::is_of_others(request.headers()) => {
            Problem::forbidden("The request comes from another page.", "Ask on the dashboard's own page.")
                .into_response()
        }
        None => next.run(request).await,
    };
    if response.status() == StatusCode::METHOD_NOT_ALLOWED && !response.headers().contains_key(header::ALLOW)
    {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET,HEAD"));
    }
    let headers = response.headers_mut();
    // Who answers may say that it can be kept.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    harden(headers, guarded.has_page);
    if is_named {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}

/// Whether this machine is asked by the name that all its servers have: a browser that takes TLS for needed here would do so there.
fn is_localhost(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name.trim_end_matches('.').eq_ignore_ascii_case("localhost")
}

/// What keeps other pages and other people's texts from doing harm.
fn harden(headers: &mut HeaderMap, has_page: bool) {
    let policy = if has_page { POLICY } else { NO_PAGE };
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

fn refusal(guarded: &Guarded, request: &Request) -> Option<(StatusCode, &'static str)> {
    let asks = matches!(*request.method(), Method::GET | Method::HEAD);
    let may_change = guarded.has_page && is_api(request.uri().path());
    if !asks && !may_change {
        return Some((StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n"));
    }
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Some((StatusCode::BAD_REQUEST, "one Host header is needed\n"));
    };
    // A request line may name a host too, and it goes before the header.
    let listen = &guarded.listen;
    let named = request.uri().authority().is_none_or(|authority| listen.is_ours(authority.as_str()));
    if named && host.to_str().is_ok_and(|host| listen.is_ours(host)) {
        None
    } else {
        Some((StatusCode::MISDIRECTED_REQUEST, "this host is not ours: see service.names\n"))
    }
}

/// Whether a path is of the page, which a link elsewhere may lead to. All else takes work, which other pages must not bring about.
fn is_page(path: &str) -> bool {
    !is_api(path) && !PROBES.contains(&path)
}

fn is_api(path: &str) -> bool {
    path.strip_prefix(ROOT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Lets a request to the API pass that comes from somebody who may ask, and a change that comes from our page.
pub(crate) async fn admit(
    State(api): State<Api>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let peer = request.extensions().get::<Peer>().copied().unwrap_or(Peer(None));
    let who = api.access.who(&api.readers, request.headers(), peer.0).await;
    let who = who.map_err(|problem| api.hushed(problem))?;
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let csrf = match &who {
            Some(who) => who.csrf.as_deref(),
            None => Some(api.access.csrf()),
        };
        access::is_ours(request.headers(), csrf)?;
    }
    let is_session = request.uri().path().strip_prefix(ROOT) == Some(SESSION);
    match who {
        Some(who) => {
            request.extensions_mut().insert(who);
        }
        // Who isn't signed in may ask whether they are, and sign in.
        None if is_session && *request.method() != Method::DELETE => {}
        None => return Err(Problem::unsigned()),
    }
    request.extensions_mut().insert(peer);
    Ok(next.run(request).await)
}
