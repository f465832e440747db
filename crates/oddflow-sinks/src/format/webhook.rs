//! The body of a webhook: the notice as JSON, with a `text` that Slack and what speaks like it show.

use serde_json::{Value, json};

use super::text::{one_line, sentence};
use crate::{Event, Notice};

/// The most reasons that `text` tells; the JSON has all.
const MOST_REASONS: usize = 5;

/// The body of the request: all fields of the notice, its id as `id`, and `text`.
#[must_use]
pub fn body(notice: &Notice) -> String {
    let mut body = serde_json::to_value(notice).unwrap_or_else(|_| json!({}));
    body["id"] = Value::from(notice.id());
    body["text"] = Value::from(text(notice));
    body.to_string()
}

/// What a chat shows: the notice in words and its reasons, a line each. Texts stay texts: Slack's three characters with a
/// meaning are escaped (<https://docs.slack.dev/messaging/formatting-message-text>), so no value mentions anybody, links or
/// begins a line; markup such as `*bold*` may change how it looks, and nothing else.
#[must_use]
pub fn text(notice: &Notice) -> String {
    let mut text = sentence(notice);
    if !notice.sensor.is_empty() && notice.event != Event::Test {
        text = format!("[{}] {text}", one_line(&notice.sensor));
    }
    for reason in told_reasons(notice).take(MOST_REASONS) {
        text.push_str("\n• ");
        text.push_str(&one_line(reason));
    }
    escape(&text)
}

fn told_reasons(notice: &Notice) -> impl Iterator<Item = &String> {
    notice.reasons.iter().filter(|reason| !reason.is_empty())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
