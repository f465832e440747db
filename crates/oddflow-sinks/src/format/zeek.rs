//! `oddflow.log`: a Zeek log of its own, with what is known of a notice in columns.

use std::net::IpAddr;

use zeek_log::Schema;
use zeek_log::write::Value;

use crate::Notice;

/// Names and types of the columns of `oddflow.log`, in order.
pub const COLUMNS: [(&str, &str); 39] = [
    ("ts", "time"),
    ("uid", "string"),
    ("id.orig_h", "addr"),
    ("id.orig_p", "port"),
    ("id.resp_h", "addr"),
    ("id.resp_p", "port"),
    ("proto", "enum"),
    ("service", "string"),
    ("conn_state", "string"),
    ("notice_id", "string"),
    ("event", "enum"),
    ("incident", "count"),
    ("revision", "count"),
    ("severity", "enum"),
    ("score", "double"),
    ("threshold", "double"),
    ("peak", "double"),
    ("rows", "count"),
    ("host", "addr"),
    ("family", "string"),
    ("class", "string"),
    ("title", "string"),
    ("technique", "string"),
    ("reasons", "vector[string]"),
    ("peers", "count"),
    ("peer_examples", "set[addr]"),
    ("ports", "count"),
    ("port_examples", "set[port]"),
    ("orig_bytes", "count"),
    ("resp_bytes", "count"),
    ("first", "time"),
    ("last", "time"),
    ("conn_ts", "time"),
    ("conn_log", "string"),
    ("conn_line", "count"),
    ("community_id", "string"),
    ("model", "string"),
    ("sensor", "string"),
    ("version", "count"),
];

/// The columns of `oddflow.log`.
#[must_use]
pub fn schema() -> Schema {
    Schema::new("oddflow", &COLUMNS)
}

/// Hands the values of a notice, one a column, to `write`.
///
/// `ts` is when the incident was raised; `uid` and `id` are those of its strongest connection.
pub fn row<R>(notice: &Notice, write: impl FnOnce(&[Value<'_>]) -> R) -> R {
    let id = notice.id();
    let strongest = notice.strongest.as_ref();
    let community = strongest.and_then(super::community_id::of);
    let peers: Vec<String> = notice.peers.examples.iter().map(IpAddr::to_string).collect();
    let peers: Vec<&str> = peers.iter().map(String::as_str).collect();
    let ports: Vec<String> = notice.ports.examples.iter().map(u16::to_string).collect();
    let ports: Vec<&str> = ports.iter().map(String::as_str).collect();
    // Zeek can't tell a list of one empty text from an empty list.
    let reasons: Vec<&str> =
        notice.reasons.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    write(&[
        Value::Time(notice.raised),
        strongest.map_or(Value::Unset, |c| text_or_unset(&c.uid)),
        strongest.map_or(Value::Unset, |c| Value::Addr(c.orig_h)),
        strongest.map_or(Value::Unset, |c| Value::Port(c.orig_p)),
        strongest.map_or(Value::Unset, |c| Value::Addr(c.resp_h)),
        strongest.map_or(Value::Unset, |c| Value::Port(c.resp_p)),
        strongest.map_or(Value::Unset, |c| text_or_unset(&c.proto)),
        strongest.map_or(Value::Unset, |c| c.service.as_deref().map_or(Value::Unset, text_or_unset)),
        strongest.map_or(Value::Unset, |c| c.conn_state.as_deref().map_or(Value::Unset, text_or_unset)),
        Value::Text(&id),
        Value::Text(notice.event.name()),
        Value::Count(notice.incident),
        Value::Count(u64::from(notice.revision)),
        Value::Text(notice.severity.name()),
        Value::Double(notice.score),
        Value::Double(notice.threshold),
        Value::Double(notice.peak),
        Value::Count(notice.rows),
        notice.host.map_or(Value::Unset, Value::Addr),
        text_or_unset(&notice.family),
        text_or_unset(&notice.class),
        text_or_unset(&notice.title),
        notice.technique.as_deref().map_or(Value::Unset, text_or_unset),
        Value::Set(&reasons),
        Value::Count(notice.peers.count),
        Value::Set(&peers),
        Value::Count(notice.ports.count),
        Value::Set(&ports),
        Value::Count(notice.orig_bytes),
        Value::Count(notice.resp_bytes),
        Value::Time(notice.first),
        Value::Time(notice.last),
        strongest.map_or(Value::Unset, |c| Value::Time(c.ts)),
        strongest.map_or(Value::Unset, |c| text_or_unset(&c.log)),
        strongest.map_or(Value::Unset, |c| Value::Count(c.line)),
        community.as_deref().map_or(Value::Unset, text_or_unset),
        text_or_unset(&notice.model),
        text_or_unset(&notice.sensor),
        Value::Count(u64::from(notice.version)),
    ])
}

/// An empty text is nothing that is known.
pub(super) fn text_or_unset(text: &str) -> Value<'_> {
    if text.is_empty() { Value::Unset } else { Value::Text(text) }
}
