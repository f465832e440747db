//! A log in the shape of Zeek's `notice.log`, for shops that feed notices to what comes behind.
//!
//! The columns are those that Zeek 7 writes by default (`Notice::Info` and `Notice::ACTION_LOG`, base/frameworks/notice).

use zeek_log::Schema;
use zeek_log::write::Value;

use super::zeek::text_or_unset;
use super::{reasons, words};
use crate::{Event, Notice};

/// Names and types of the columns, in order.
pub const COLUMNS: [(&str, &str); 26] = [
    ("ts", "time"),
    ("uid", "string"),
    ("id.orig_h", "addr"),
    ("id.orig_p", "port"),
    ("id.resp_h", "addr"),
    ("id.resp_p", "port"),
    ("fuid", "string"),
    ("file_mime_type", "string"),
    ("file_desc", "string"),
    ("proto", "enum"),
    ("note", "enum"),
    ("msg", "string"),
    ("sub", "string"),
    ("src", "addr"),
    ("dst", "addr"),
    ("p", "port"),
    ("n", "count"),
    ("peer_descr", "string"),
    ("actions", "set[enum]"),
    ("email_dest", "set[string]"),
    ("suppress_for", "interval"),
    ("remote_location.country_code", "string"),
    ("remote_location.region", "string"),
    ("remote_location.city", "string"),
    ("remote_location.latitude", "double"),
    ("remote_location.longitude", "double"),
];

/// Zeek's names of notice types are `Module::Capital_Words`.
const ANOMALY: &str = "Oddflow::Anomaly";
const TEST: &str = "Oddflow::Test";

/// The columns of `notice.log`.
#[must_use]
pub fn schema() -> Schema {
    Schema::new("notice", &COLUMNS)
}

/// Hands the values of a notice, one a column, to `write`.
///
/// `msg` is the notice in words and `sub` its id and reasons. `src` is the local host, `dst` a peer and `p` a port where there
/// is one alone; `n` counts rows.
pub fn row<R>(notice: &Notice, write: impl FnOnce(&[Value<'_>]) -> R) -> R {
    let strongest = notice.strongest.as_ref();
    let message = words(notice);
    let sub = format!("{}; {}", notice.id(), reasons(notice));
    let sub = sub.trim_end_matches("; ");
    let peer = (notice.peers.count == 1).then(|| notice.peers.examples.first()).flatten();
    let port = (notice.ports.count == 1).then(|| notice.ports.examples.first()).flatten();
    let note = if notice.event == Event::Test { TEST } else { ANOMALY };
    write(&[
        Value::Time(notice.raised),
        strongest.map_or(Value::Unset, |c| text_or_unset(&c.uid)),
        strongest.map_or(Value::Unset, |c| Value::Addr(c.orig_h)),
        strongest.map_or(Value::Unset, |c| Value::Port(c.orig_p)),
        strongest.map_or(Value::Unset, |c| Value::Addr(c.resp_h)),
        strongest.map_or(Value::Unset, |c| Value::Port(c.resp_p)),
        Value::Unset,
        Value::Unset,
        Value::Unset,
        strongest.map_or(Value::Unset, |c| text_or_unset(&c.proto)),
        Value::Text(note),
        text_or_unset(&message),
        Value::Text(sub),
        notice.host.map_or(Value::Unset, Value::Addr),
        peer.map_or(Value::Unset, |peer| Value::Addr(*peer)),
        port.map_or(Value::Unset, |port| Value::Port(*port)),
        Value::Count(notice.rows),
        text_or_unset(&notice.sensor),
        Value::Set(&["Notice::ACTION_LOG"]),
        Value::Set(&[]),
        // Nothing is suppressed: an incident is told once.
        Value::Interval(0.0),
        Value::Unset,
        Value::Unset,
        Value::Unset,
        Value::Unset,
        Value::Unset,
    ])
}
