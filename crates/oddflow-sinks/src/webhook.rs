//! A webhook: a POST a notice.
//!
//! Redirects are not followed, no proxy is taken from the environment, and of an answer a few kilobytes are read.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use ureq::http::StatusCode;

use crate::format::{one_line, webhook};
use crate::sink::Trouble;
use crate::{DeliveryError, Notice, Sink, tls};

/// What is read of an answer: enough for a sentence that says what is wrong.
const MOST_ANSWER: u64 = 4_096;
/// What of it is told.
const MOST_TOLD: usize = 200;
/// Headers of an answer, all together.
const MOST_HEADERS: usize = 16 * 1024;
/// The setting that names whom to trust.
const CA_FILE: &str = "sinks.webhook.ca_file";
/// Notices at a time: as each is a request, a batch must not keep others waiting for long when the program ends.
const BATCH: usize = 8;

/// A web server that takes notices.
pub struct WebhookSink {
    pub(crate) agent: ureq::Agent,
    /// Whole address; may be a secret.
    pub(crate) url: String,
    /// Scheme and host, which are told.
    pub(crate) place: String,
    /// Names and values; values may be secrets.
    pub(crate) headers: Vec<(String, String)>,
}

impl fmt::Debug for WebhookSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookSink").field("place", &self.place).finish_non_exhaustive()
    }
}

/// An agent that gives up after `timeout`, and goes where it is told and nowhere else.
pub(crate) fn agent(timeout: Duration, tls: ureq::tls::TlsConfig, proxy: Option<ureq::Proxy>) -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(timeout))
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(proxy)
        .max_response_header_size(MOST_HEADERS)
        // Each request has a connection of its own: an idle one may be gone when the next notice comes.
        .max_idle_connections(0)
        .user_agent(concat!("oddflow/", env!("CARGO_PKG_VERSION")))
        .tls_config(tls);
    config.build().new_agent()
}

impl WebhookSink {
    fn post(&self, notice: &Notice, now: Timestamp) -> Result<(), (Trouble, String)> {
        let passing = Trouble::Passing { wait: None };
        let mut request =
            self.agent.post(&self.url).header("Content-Type", "application/json; charset=utf-8");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let mut response = match request.send(webhook::body(notice)) {
            Ok(response) => response,
            Err(error) => return Err((passing, format!("{}: {}", self.place, describe(&error)))),
        };
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let wait =
            response.headers().get("retry-after").and_then(|wait| retry_after(wait.to_str().ok()?, now));
        let answer = response.body_mut().with_config().limit(MOST_ANSWER).lossy_utf8(true).read_to_string();
        let answer: String = one_line(answer.unwrap_or_default().trim()).chars().take(MOST_TOLD).collect();
        let answer = if answer.is_empty() { answer } else { format!(": {answer}") };
        let told = format!("{}: status {}{}{answer}", self.place, status.as_u16(), remedy(status));
        Err((if is_final(status) { Trouble::Permanent } else { Trouble::Passing { wait } }, told))
    }
}

impl Sink for WebhookSink {
    fn name(&self) -> &str {
        "webhook"
    }

    fn deliver(&mut self, notices: &[Notice], now: Timestamp) -> Result<(), DeliveryError> {
        for (delivered, notice) in notices.iter().enumerate() {
            self.post(notice, now).map_err(|(trouble, message)| DeliveryError {
                delivered,
                trouble,
                message,
            })?;
        }
        Ok(())
    }

    fn batch(&self) -> usize {
        BATCH
    }
}

/// Answers that are about the notice, not about who sends it or how the server feels: it will never take this one. All others may
/// change when somebody mends server or settings, so that a wrong password loses nothing.
fn is_final(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY
    )
}

fn remedy(status: StatusCode) -> &'static str {
    match status.as_u16() {
        300..=399 => {
            " (it leads elsewhere, where nothing is sent; name the right place in sinks.webhook.url)"
        }
        401 | 403 => " (look at sinks.webhook.token and headers)",
        404 | 410 => " (look at sinks.webhook.url)",
        _ => "",
    }
}

/// Seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(value.trim()).ok()?.timestamp();
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

/// Without what may show the address or a header.
fn describe(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "it took too long".into(),
        ureq::Error::HostNotFound => "there is no such host".into(),
        ureq::Error::ConnectionFailed => "no connection".into(),
        ureq::Error::Io(error) => tls::describe(error, CA_FILE).unwrap_or_else(|| error.to_string()),
        ureq::Error::Rustls(error) => tls::describe_tls(error, CA_FILE),
        ureq::Error::Protocol(error) => format!("no proper HTTP: {error}"),
        ureq::Error::LargeResponseHeader(..) => "its answer is too long".into(),
        ureq::Error::ConnectProxyFailed(_) => "the proxy of sinks.webhook.proxy makes no connection".into(),
        _ => "the request failed".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "2026-11-22T13:00:00Z".parse().unwrap();
        let wait = |text| retry_after(text, now);
        assert_eq!(wait("120"), Some(Duration::from_secs(120)));
        assert_eq!(wait("Sun, 22 Nov 2026 13:01:30 GMT"), Some(Duration::from_secs(90)));
        assert_eq!(wait("Sun, 22 Nov 2026 12:01:30 GMT"), Some(Duration::ZERO));
        assert_eq!(wait("-3"), None);
        assert_eq!(wait("soon"), None);
    }
}
