//! A stored row of an incident, as an expression sees it.

use std::net::IpAddr;

use oddflow_detector::behaviour::Explanation;
use oddflow_features::companion::{EvidenceRows, Kind};
use oddflow_store::{Alert, Incident};
use zeek_filter::{Finding, FindingFilter};
use zeek_log::ConnRecord;

/// A row with what was found of it.
pub(super) struct Row {
    alert: Alert,
    sides: [IpAddr; 2],
    domains: Vec<String>,
    features: Vec<String>,
    family: String,
    class: String,
}

impl Row {
    /// Of an alert and its incident; `None` where its addresses are none, which no log's are.
    pub(super) fn new(alert: Alert, incident: &Incident) -> Option<Self> {
        let sides = [alert.orig_h.parse().ok()?, alert.resp_h.parse().ok()?];
        let explanation: Option<Explanation> = read_as(&alert.explanation);
        let evidence: Option<EvidenceRows> = read_as(&alert.evidence);
        let features = explanation.into_iter().flat_map(|explanation| {
            let families = explanation.families.into_iter().map(|reason| reason.column);
            let missed = explanation.features.into_iter().map(|missed| missed.column);
            families.chain(missed).filter(|column| !column.is_empty()).collect::<Vec<_>>()
        });
        Some(Self {
            features: features.collect(),
            domains: evidence.map(|evidence| domains(&evidence)).unwrap_or_default(),
            family: incident.family.clone(),
            class: incident.class.clone(),
            sides,
            alert,
        })
    }

    pub(super) fn is_meant(&self, filter: &FindingFilter) -> bool {
        let alert = &self.alert;
        let [orig_h, resp_h] = self.sides;
        let ports = (alert.orig_p.unwrap_or_default(), alert.resp_p.unwrap_or_default());
        let proto = alert.proto.as_deref().unwrap_or_default();
        let record = ConnRecord {
            uid: Some(alert.uid.as_str()).filter(|uid| !uid.is_empty()),
            service: alert.service.as_deref(),
            duration: alert.duration,
            orig_bytes: alert.orig_bytes,
            resp_bytes: alert.resp_bytes,
            conn_state: alert.conn_state.as_deref(),
            local_orig: alert.local_orig,
            local_resp: alert.local_resp,
            history: alert.history.as_deref(),
            orig_pkts: alert.orig_pkts,
            resp_pkts: alert.resp_pkts,
            ..ConnRecord::bare(alert.ts, (orig_h, ports.0), (resp_h, ports.1), proto)
        };
        let domains: Vec<&str> = self.domains.iter().map(String::as_str).collect();
        let features: Vec<&str> = self.features.iter().map(String::as_str).collect();
        let finding = Finding {
            domains: &domains,
            family: Some(&self.family),
            class: Some(&self.class),
            features: &features,
        };
        filter.matches(&record, &finding)
    }
}

fn read_as<T: serde::de::DeserializeOwned>(json: &Option<String>) -> Option<T> {
    serde_json::from_str(json.as_deref()?).ok()
}

/// The names of sites in the logs beside a connection. A name that was cut is none that could be compared, but it is one.
fn domains(evidence: &EvidenceRows) -> Vec<String> {
    let name = |row: &oddflow_features::companion::Evidence| match row.log {
        Kind::Dns => row.get("query").map(str::to_owned),
        Kind::Ssl => row.get("server_name").map(str::to_owned),
        Kind::Http => row.get("host").and_then(host),
        _ => None,
    };
    evidence.rows.iter().filter_map(name).collect()
}

/// The name in http's `host`, which may have a port behind it, and may be an address.
fn host(text: &str) -> Option<String> {
    if text.starts_with('[') || text.parse::<IpAddr>().is_ok() {
        return None;
    }
    let name = match text.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => text,
    };
    (name.parse::<IpAddr>().is_err() && !name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_logs_beside_a_connection() {
        let json = r#"{"rows": [
            {"log": "dns", "ts": 1.0, "fields": {"query": "a.example.com", "answers": "192.0.2.1"}},
            {"log": "ssl", "ts": null, "fields": {"server_name": "b.example.net", "subject": "CN=c.example.org"}},
            {"log": "http", "ts": 1.0, "fields": {"method": "GET", "host": "d.example.org:8080"}},
            {"log": "http", "ts": 1.0, "fields": {"method": "GET", "host": "192.0.2.1"}},
            {"log": "ssh", "ts": 1.0, "fields": {"client": "e.example.com"}}], "more": 0}"#;
        let evidence: EvidenceRows = serde_json::from_str(json).expect("evidence");
        assert_eq!(domains(&evidence), ["a.example.com", "b.example.net", "d.example.org"]);
        assert!(domains(&EvidenceRows::default()).is_empty());
    }

    #[test]
    fn names_of_http() {
        for (text, name) in [
            ("www.example.com", Some("www.example.com")),
            ("www.example.com:8080", Some("www.example.com")),
            ("10.0.0.1", None),
            ("10.0.0.1:80", None),
            ("[2001:db8::1]:80", None),
            ("2001:db8::1", None),
            ("", None),
            (":80", None),
            ("odd:name", Some("odd:name")),
        ] {
            assert_eq!(host(text).as_deref(), name, "{text}");
        }
    }
}
