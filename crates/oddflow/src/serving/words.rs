//! Words for what the store only names.

use std::net::IpAddr;

use oddflow_dashboard::{Problem, Technique};
use oddflow_store::{HostSort, Incident, Network, Store, TrafficQuery};

use crate::text::{number, thousands};

/// Days before an incident that say what is normal for its host, in seconds.
const BEFORE: f64 = 7.0 * 86_400.0;
/// Services that are named.
const SERVICES: usize = 5;

/// The techniques that incidents may suggest, by what MITRE calls them.
const TECHNIQUES: [(&str, &str); 14] = [
    ("T1021.001", "Remote Services: Remote Desktop Protocol"),
    ("T1021.002", "Remote Services: SMB/Windows Admin Shares"),
    ("T1021.004", "Remote Services: SSH"),
    ("T1039", "Data from Network Shared Drive"),
    ("T1046", "Network Service Discovery"),
    ("T1048", "Exfiltration Over Alternative Protocol"),
    ("T1071", "Application Layer Protocol"),
    ("T1071.001", "Application Layer Protocol: Web Protocols"),
    ("T1071.004", "Application Layer Protocol: DNS"),
    ("T1105", "Ingress Tool Transfer"),
    ("T1110", "Brute Force"),
    ("T1486", "Data Encrypted for Impact"),
    ("T1498", "Network Denial of Service"),
    ("T1595", "Active Scanning"),
];

/// What a technique is called.
pub(super) fn technique(id: &str) -> Technique {
    let known = TECHNIQUES.iter().find(|(known, _)| *known == id);
    Technique {
        id: id.into(),
        name: known.map_or(id, |(_, name)| name).into(),
        url: format!("https://attack.mitre.org/techniques/{}/", id.replace('.', "/")),
    }
}

/// What the host of an incident did in the week before it, a sentence each.
pub(super) fn host_normal(store: &Store, incident: &Incident) -> Result<Vec<String>, Problem> {
    let Ok(address) = incident.host.parse::<IpAddr>() else { return Ok(Vec::new()) };
    let query = TrafficQuery {
        from: Some(incident.first_ts - BEFORE),
        to: Some(incident.first_ts),
        host: Some(Network::host(address)),
        sensor: Some(incident.sensor.clone()),
        ..TrafficQuery::default()
    };
    let Some(host) = store.traffic_hosts(&query, HostSort::Rows, (0, 1))?.hosts.pop() else {
        return Ok(Vec::new());
    };
    let days = ((incident.first_ts - host.first) / 86_400.0).max(1.0 / 24.0);
    let rate = |count: u64| thousands((count as f64 / days).round() as u64);
    let mut sentences = vec![format!(
        "In the {} before, it had some {} connections a day with {} peers.",
        length(days),
        rate(host.totals.rows),
        thousands(host.peers)
    )];
    sentences.push(format!(
        "Originators sent some {} bytes a day and responders {}.",
        rate(host.totals.orig_bytes),
        rate(host.totals.resp_bytes)
    ));
    let services = store.traffic_services(&query, SERVICES)?;
    let shares: Vec<String> = services
        .iter()
        .map(|of| {
            let share = 100.0 * of.totals.rows as f64 / host.totals.rows.max(1) as f64;
            let name = if of.service == "-" { "no service" } else { &of.service };
            format!("{name} {}%", number(share.round()))
        })
        .collect();
    if !shares.is_empty() {
        sentences.push(format!("By connections: {}.", shares.join(", ")));
    }
    Ok(sentences)
}

/// Days, or hours where they are few.
fn length(days: f64) -> String {
    match days {
        days if days < 1.5 => format!("{} hours", number((days * 24.0).round())),
        days => format!("{} days", number(days.round())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn techniques_are_in_order_and_have_pages() {
        assert!(TECHNIQUES.is_sorted());
        let known = technique("T1071.004");
        assert_eq!(known.name, "Application Layer Protocol: DNS");
        assert_eq!(known.url, "https://attack.mitre.org/techniques/T1071/004/");
        assert_eq!(technique("T9999").name, "T9999");
    }

    #[test]
    fn each_technique_that_the_detector_names_is_known() {
        let source = include_str!("../../../oddflow-detector/src/behaviour/story.rs");
        for id in source.split('"').filter(|word| {
            word.strip_prefix('T').is_some_and(|rest| {
                rest.len() >= 4 && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            })
        }) {
            assert!(TECHNIQUES.iter().any(|(known, _)| *known == id), "{id}");
        }
    }
}
