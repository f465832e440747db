//! Syslog as of RFC 5424: a message a notice.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::{one_line, sentence};
use super::{community_id, iso_seconds, reasons};
use crate::{Event, Notice, Severity};

/// What of a message doesn't come from the notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Who it comes from, to syslog.
    pub facility: Facility,
    /// The machine's name; empty for the sensor's, or none.
    pub hostname: String,
    /// Number of the process.
    pub process: Option<u32>,
    /// Private enterprise number behind the `@` of the structured data's name.
    pub enterprise: u32,
}

/// Facilities of RFC 5424, section 6.2.1, that a program may take for itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
#[expect(missing_docs, reason = "the names are those of the RFC")]
pub enum Facility {
    User,
    Daemon,
    Auth,
    Authpriv,
    Local0,
    #[default]
    Local1,
    Local2,
    Local3,
    Local4,
    Local5,
    Local6,
    Local7,
}

impl Facility {
    fn number(self) -> u8 {
        match self {
            Self::User => 1,
            Self::Daemon => 3,
            Self::Auth => 4,
            Self::Authpriv => 10,
            Self::Local0 => 16,
            Self::Local1 => 17,
            Self::Local2 => 18,
            Self::Local3 => 19,
            Self::Local4 => 20,
            Self::Local5 => 21,
            Self::Local6 => 22,
            Self::Local7 => 23,
        }
    }
}

/// The byte order mark that must stand before a message in UTF-8 (RFC 5424, section 6.4).
const BOM: &str = "\u{feff}";

/// A message, at most `most` bytes long; no less than 480, which every receiver must take.
///
/// Beyond that the text is cut, and then parameters are left out from the last: those that say what it is about come first.
/// A text of ASCII alone has no byte order mark, as it needs none and many receivers show it.
#[must_use]
pub fn message(notice: &Notice, header: &Header, most: usize) -> String {
    let mut frame = head(notice, header);
    let most = most.max(480);
    let name = format!("oddflow@{}", header.enterprise);
    frame.push_str(&format!("[{name}"));
    for (key, value) in parameters(notice) {
        let parameter = format!(" {key}=\"{}\"", escape(&one_line(&value)));
        // The bracket and the blank behind.
        if frame.len() + parameter.len() + 2 <= most {
            frame.push_str(&parameter);
        }
    }
    frame.push_str("] ");
    let words = sentence(notice);
    let mark = if words.is_ascii() { "" } else { BOM };
    let room = most.saturating_sub(frame.len() + mark.len());
    let words = &words[..words.floor_char_boundary(room)];
    if !words.is_empty() {
        frame.push_str(mark);
        frame.push_str(words);
    }
    frame
}

/// `<PRI>1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID` and a blank.
fn head(notice: &Notice, header: &Header) -> String {
    let level = match (notice.event, notice.severity) {
        (Event::Test, _) => 6,
        (_, Severity::Low) => 5,
        (_, Severity::Medium) => 4,
        (_, Severity::High) => 3,
        (_, Severity::Critical) => 2,
    };
    let priority = header.facility.number() * 8 + level;
    let time = iso_seconds(notice.raised).filter(|time| !time.starts_with('-'));
    let time = time.unwrap_or_else(|| "-".into());
    let host = if header.hostname.is_empty() { &notice.sensor } else { &header.hostname };
    let process = header.process.map_or_else(|| "-".into(), |process| process.to_string());
    format!("<{priority}>1 {time} {} oddflow {process} {} ", name(host, 255), notice.event.name())
}

/// Visible ASCII, at most so many; what else there is becomes `_`, and nothing becomes `-`.
fn name(text: &str, most: usize) -> String {
    let visible = |c: char| if c.is_ascii_graphic() { c } else { '_' };
    let name: String = text.chars().take(most).map(visible).collect();
    if name.is_empty() { "-".into() } else { name }
}

/// RFC 5424, section 6.3.3: these three and no others.
fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for c in value.chars() {
        if matches!(c, '"' | '\\' | ']') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// What is known of the notice; what is missing has no parameter.
fn parameters(notice: &Notice) -> Vec<(&'static str, String)> {
    let mut all = vec![("id", notice.id())];
    let mut add = |key, value: String| {
        if !value.is_empty() {
            all.push((key, value));
        }
    };
    let number = |value: f64| if value.is_finite() { format!("{value}") } else { String::new() };
    let address = |address: Option<std::net::IpAddr>| address.map(|a| a.to_string()).unwrap_or_default();
    add("event", notice.event.name().into());
    add("severity", notice.severity.name().into());
    add("incident", notice.incident.to_string());
    add("host", address(notice.host));
    let connection = notice.strongest.as_ref();
    add("orig_h", address(connection.map(|c| c.orig_h)));
    add("orig_p", connection.map(|c| c.orig_p.to_string()).unwrap_or_default());
    add("resp_h", address(connection.map(|c| c.resp_h)));
    add("resp_p", connection.map(|c| c.resp_p.to_string()).unwrap_or_default());
    add("proto", connection.map(|c| c.proto.clone()).unwrap_or_default());
    add("uid", connection.map(|c| c.uid.clone()).unwrap_or_default());
    add("score", number(notice.score));
    add("threshold", number(notice.threshold));
    add("rows", notice.rows.to_string());
    add("family", notice.family.clone());
    add("class", notice.class.clone());
    add("technique", notice.technique.clone().unwrap_or_default());
    add("peers", notice.peers.count.to_string());
    add("ports", notice.ports.count.to_string());
    add("orig_bytes", notice.orig_bytes.to_string());
    add("resp_bytes", notice.resp_bytes.to_string());
    add("first", iso_seconds(notice.first).unwrap_or_default());
    add("last", iso_seconds(notice.last).unwrap_or_default());
    add("service", connection.and_then(|c| c.service.clone()).unwrap_or_default());
    add("community_id", connection.and_then(community_id::of).unwrap_or_default());
    add("model", notice.model.clone());
    add("sensor", notice.sensor.clone());
    add("reasons", reasons(notice));
    all
}
