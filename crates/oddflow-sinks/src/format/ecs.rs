//! JSON lines with the field names of the Elastic Common Schema, nested, times in ISO 8601 (UTC).
//!
//! Names and allowed values are those of ECS 8.17 (<https://www.elastic.co/guide/en/ecs/current>): `event.category`
//! `intrusion_detection` and `network` both allow the type `info`. What ECS has no name for stands below `oddflow`.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{community_id, iso, iso_seconds, json_line, reasons, sentence};
use crate::{Connection, Event, Notice, Severity};

/// The version of the schema that field names are taken from.
pub const ECS_VERSION: &str = "8.17.0";

/// One line without its end. `written` is the time of writing; it becomes `event.created`, by which a log that is found
/// again is known to be due for rotation.
#[must_use]
pub fn line(notice: &Notice, written: Timestamp) -> String {
    json_line(&value(notice, written).to_string())
}

fn value(notice: &Notice, written: Timestamp) -> Value {
    let action = match notice.event {
        Event::Raised => "incident-raised",
        Event::Changed => "incident-changed",
        Event::Test => "test",
    };
    let mut object = json!({
        "@timestamp": iso_seconds(notice.raised).unwrap_or_else(|| iso(written)),
        "ecs": {"version": ECS_VERSION},
        "message": sentence(notice),
        "event": {
            "id": notice.id(),
            "kind": if notice.event == Event::Test { "event" } else { "alert" },
            "category": ["intrusion_detection", "network"],
            "type": ["info"],
            "action": action,
            "module": "oddflow",
            "dataset": "oddflow.notice",
            "provider": "oddflow",
            "severity": severity_number(notice.severity),
            "risk_score": notice.score,
            "start": iso_seconds(notice.first),
            "end": iso_seconds(notice.last),
            "created": iso(written),
            "reason": reasons(notice),
        },
        "rule": {"name": notice.family, "category": notice.class, "ruleset": notice.model},
        "threat": threat(notice),
        "observer": {"vendor": "oddflow", "product": "oddflow", "type": "ids", "name": notice.sensor},
        "related": {"ip": related(notice)},
        "oddflow": {
            "version": notice.version,
            "incident": notice.incident,
            "revision": notice.revision,
            "severity": notice.severity.name(),
            "score": notice.score,
            "threshold": notice.threshold,
            "peak": notice.peak,
            "rows": notice.rows,
            "host": notice.host,
            "title": notice.title,
            "reasons": notice.reasons,
            "model": notice.model,
            "family": notice.family,
            "class": notice.class,
            "peers": {"count": notice.peers.count, "examples": notice.peers.examples},
            "ports": {"count": notice.ports.count, "examples": notice.ports.examples},
            "orig_bytes": notice.orig_bytes,
            "resp_bytes": notice.resp_bytes,
        },
    });
    if let (Some(connection), Some(object)) = (&notice.strongest, object.as_object_mut()) {
        let (orig, resp) = (connection.orig_h, connection.resp_h);
        let has_ports = connection.proto != "icmp";
        let port = |port: u16| has_ports.then_some(port);
        object.insert("source".into(), side(orig, port(connection.orig_p), notice.orig_bytes));
        object.insert("destination".into(), side(resp, port(connection.resp_p), notice.resp_bytes));
        let service = connection.service.as_deref().map(str::to_lowercase);
        let network = json!({
            "transport": transport(connection),
            "type": if orig.is_ipv4() { "ipv4" } else { "ipv6" },
            "protocol": service,
            "community_id": community_id::of(connection),
            "bytes": notice.orig_bytes.saturating_add(notice.resp_bytes),
        });
        object.insert("network".into(), network);
        let connection = json!({
            "ts": iso_seconds(connection.ts),
            "uid": connection.uid,
            "state": connection.conn_state,
            "log": connection.log,
            "line": connection.line,
        });
        object["oddflow"]["connection"] = connection;
    }
    prune(&mut object);
    object
}

/// IANA's names in lower case, as ECS wants them; Zeek calls both kinds of ICMP `icmp`.
fn transport(connection: &Connection) -> String {
    match connection.proto.to_lowercase() {
        icmp if icmp == "icmp" && connection.orig_h.is_ipv6() => "ipv6-icmp".into(),
        other => other,
    }
}

/// Bytes are those of all of the incident's connections.
fn side(address: std::net::IpAddr, port: Option<u16>, bytes: u64) -> Value {
    json!({"address": address, "ip": address, "port": port, "bytes": bytes})
}

/// A sub-technique has a place of its own: `T1071.004` is one of `T1071`.
fn threat(notice: &Notice) -> Value {
    let Some(technique) = notice.technique.as_deref().filter(|id| !id.is_empty()) else { return Value::Null };
    let (parent, sub) = match technique.split_once('.') {
        Some((parent, _)) => (parent, Some(technique)),
        None => (technique, None),
    };
    let sub = sub.map(|id| json!({"id": [id]}));
    json!({"framework": "MITRE ATT&CK", "technique": {"id": [parent], "subtechnique": sub}})
}

/// All addresses that it names, each once.
fn related(notice: &Notice) -> Vec<String> {
    let sides = notice.strongest.iter().flat_map(|connection| [connection.orig_h, connection.resp_h]);
    let mut all: Vec<String> = Vec::new();
    for address in notice.host.into_iter().chain(sides).chain(notice.peers.examples.iter().copied()) {
        let address = address.to_string();
        if !all.contains(&address) {
            all.push(address);
        }
    }
    all
}

/// From 0 to 100, as Elastic's own detection rules count: low 21, medium 47, high 73, critical 99.
fn severity_number(severity: Severity) -> u8 {
    match severity {
        Severity::Low => 21,
        Severity::Medium => 47,
        Severity::High => 73,
        Severity::Critical => 99,
    }
}

/// What isn't known has no key.
fn prune(value: &mut Value) {
    let Value::Object(object) = value else { return };
    object.values_mut().for_each(prune);
    let is_nothing = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    };
    *object =
        std::mem::take(object).into_iter().filter(|(_, value)| !is_nothing(value)).collect::<Map<_, _>>();
}
