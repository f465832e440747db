//! An incident in words: its title, its severity, and the technique that it may be.

use oddflow_features::behaviour::{Direction, TrafficClass};
use serde::{Deserialize, Serialize};
use zeek_log::ConnRecord;

use super::explain::Explanation;
use super::families::Family;

/// How bad an incident looks, by its score over the threshold that the calibration slice has for the run's budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Below 1.25 times the threshold.
    Low,
    /// Below 1.6 times.
    Medium,
    /// Below 2.2 times.
    High,
    /// From 2.2 times on.
    Critical,
}

impl Severity {
    /// Of a score and that threshold.
    #[must_use]
    pub fn of(score: f32, threshold: f32) -> Self {
        match score / threshold.max(0.1) {
            ratio if ratio < 1.25 => Self::Low,
            ratio if ratio < 1.6 => Self::Medium,
            ratio if ratio < 2.2 => Self::High,
            _ => Self::Critical,
        }
    }

    /// One word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// Ports on which failures are mostly failed logins: FTP, SSH, Telnet, mail, SMB, SQL, RDP, VNC.
const LOGIN_PORTS: [u16; 14] = [21, 22, 23, 110, 143, 445, 993, 995, 1433, 3306, 3389, 5432, 5900, 5985];

/// The title of an incident, of its strongest row.
#[must_use]
pub fn title(family: Family, record: &ConnRecord<'_>, explanation: &Explanation) -> String {
    let reason = explanation.families.iter().find(|reason| reason.family == family);
    let Some(reason) = reason else {
        return format!("{} to {} looks unlike the baseline", record.orig_h, record.resp_h);
    };
    let what = reason.words.split(';').next().unwrap_or_default();
    if family == Family::Fail && LOGIN_PORTS.contains(&record.resp_p) {
        what.replace("failed connections", "failed connections (logins?)")
            + &format!(" towards {}", record.resp_h)
    } else if matches!(family, Family::Application | Family::Novelty) {
        format!("{} to {} on {}: {what}", record.orig_h, record.resp_h, super::sentences::port(record))
    } else {
        what.to_owned()
    }
}

/// The title of a flood, of that of its strongest row and the number of its local hosts, which is known to three digits.
#[must_use]
pub fn flood(hosts: f64, strongest: &str) -> String {
    let about = if hosts < 1000.0 { "" } else { "about " };
    format!("Flood: {about}{} local hosts; the strongest: {strongest}", super::sentences::thousands(hosts))
}

/// The MITRE ATT&CK technique that a behaviour suggests; a hint, no finding (<https://attack.mitre.org>).
#[must_use]
pub fn technique(
    family: Family,
    class: TrafficClass,
    record: &ConnRecord<'_>,
    explanation: &Explanation,
) -> Option<&'static str> {
    let column = explanation
        .families
        .iter()
        .find(|reason| reason.family == family)
        .map_or("", |reason| reason.column.as_str());
    let (direction, port) = (class.direction(), record.resp_p);
    match family {
        // Active scanning; scanning inside with a service for file sharing, remote desktop or shells is how one moves on.
        Family::Fan if direction == Direction::In => Some("T1595"),
        Family::Fan if direction == Direction::Internal && !column.starts_with("vertical") => {
            Some(match port {
                139 | 445 => "T1021.002",
                3389 => "T1021.001",
                22 => "T1021.004",
                _ => "T1046",
            })
        }
        Family::Fan => Some("T1046"),
        Family::Fail if LOGIN_PORTS.contains(&port) => Some("T1110"),
        Family::Fail => Some("T1046"),
        Family::Rate if port == 53 && direction == Direction::Out => Some("T1071.004"),
        Family::Rate if LOGIN_PORTS.contains(&port) => Some("T1110"),
        Family::Rate => Some("T1498"),
        Family::Volume if column == "dns_bytes" => Some("T1071.004"),
        Family::Volume if matches!(column, "pair_in_1h" | "resp_bytes") => Some("T1105"),
        Family::Volume if direction == Direction::Out => Some("T1048"),
        Family::Volume => Some("T1039"),
        Family::Regular => Some(match port {
            53 => "T1071.004",
            80 | 443 | 8080 | 8443 => "T1071.001",
            _ => "T1071",
        }),
        Family::Novelty => None,
        Family::Application if column.starts_with("dns") => Some("T1071.004"),
        Family::Application if column.starts_with("ssh") => Some("T1110"),
        Family::Application if column.starts_with("smb") => Some("T1021.002"),
        Family::Application if column.starts_with("file") => Some("T1105"),
        Family::Application => Some("T1071.001"),
    }
}
