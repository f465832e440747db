//! What must not become normal by itself: rows that fed an alert or an incident of a database, and rows of a Zeek notice.
//!
//! What people said counts: the rows of an incident that was judged benign, or that a rule hides as normal, are let in. Those of a
//! confirmed one, or of one that is hidden as malicious, are not. What a shadow found, which nobody was told of, says nothing.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::path::Path;

use oddflow_store::{AlertQuery, Incident, IncidentQuery, MAX_INCIDENT_ROWS, Store, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeek_log::{ConnRecord, LogFile, LogStream, Position};

use crate::failure::Failure;
use crate::input::Input;

/// Rows that are kept out of a baseline.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Guard {
    uids: HashSet<String>,
    /// Incidents by their local host: rows beyond those that are stored are only counted.
    incidents: HashMap<IpAddr, Vec<Window>>,
    /// Floods: incidents of many local hosts, which are told by what they had to do with.
    floods: Vec<Window>,
}

/// What rows of an incident have in common.
#[derive(Serialize, Deserialize)]
struct Window {
    first: f64,
    last: f64,
    proto: String,
    /// Their ports; `None` where there were too many to name.
    ports: Option<Vec<u16>>,
    /// The other sides; `None` where there were too many to name.
    peers: Option<Vec<IpAddr>>,
}

impl Guard {
    /// Of a database, where one is named, and of the notice logs that lie beside the conn logs.
    pub(crate) fn of(input: &Input, db: Option<&Path>) -> Result<Self, Failure> {
        let known = db.map(|db| Self::known(&Store::open_read_only(db)?, f64::NEG_INFINITY)).transpose()?;
        Ok(known.unwrap_or_default().with_notices(input))
    }

    /// Of what a database knows now, for a baseline that begins at `since` in log time.
    pub(crate) fn known(store: &Store, since: f64) -> Result<Self, Failure> {
        let mut guard = Self::default();
        store.uids_not_normal(since, &mut |uid| {
            guard.uids.insert(uid.to_owned());
            ControlFlow::Continue(())
        })?;
        let rules = store.suppressions()?;
        let malicious: HashSet<i64> =
            rules.iter().filter(|rule| rule.malicious).map(|rule| rule.id).collect();
        let told = IncidentQuery { shadow: Some(false), ..IncidentQuery::default() };
        for incident in store.incidents(&told)?.into_iter().filter(|incident| incident.last_ts >= since) {
            let is_normal = match (incident.verdict, incident.suppressed_by) {
                (Some(verdict), _) => verdict == Verdict::Benign,
                (None, Some(rule)) => !malicious.contains(&rule),
                (None, None) => false,
            };
            // What nobody has judged is out by its alerts, unless it is large: a host's other traffic stays in.
            let is_judged = incident.verdict.is_some() || incident.suppressed_by.is_some();
            if is_normal || !is_judged && is_known_by_uid(store, &incident)? {
                continue;
            }
            match incident.host.parse() {
                Ok(host) => guard.incidents.entry(host).or_default().push(Window::of(&incident)),
                Err(_) => guard.floods.push(Window::of(&incident)),
            }
        }
        Ok(guard)
    }

    /// And of the notice logs that lie beside the conn logs.
    pub(crate) fn with_notices(mut self, input: &Input) -> Self {
        for (log, _) in &input.logs {
            self.read_notices(Path::new(log.name()), input);
        }
        self
    }

    /// Takes the uids of the notices beside a conn log; a notice log that can't be read has none.
    fn read_notices(&mut self, conn: &Path, input: &Input) {
        let name = conn.file_name().and_then(|name| name.to_str());
        let Some(rest) = name.and_then(|name| name.strip_prefix("conn")) else { return };
        let path = conn.with_file_name(format!("notice{rest}"));
        if !path.is_file() {
            return;
        }
        let log = LogFile::path(path);
        let Ok(head) = log.any_head(&input.options) else { return };
        let Ok(mut stream) = LogStream::open(0, &log, &head, Position::default(), &input.options) else {
            return;
        };
        while let Some(chunk) = stream.next_chunk() {
            chunk.rows(&input.options, |row| {
                let uid = row.schema().position("uid").and_then(|column| row.text(column));
                if let Some(uid) = uid.filter(|uid| !uid.is_empty()) {
                    self.uids.insert(uid.into_owned());
                }
                ControlFlow::Continue(())
            });
        }
    }

    /// Whether a row must be kept out.
    pub(crate) fn holds(&self, record: &ConnRecord<'_>) -> bool {
        if record.uid.is_some_and(|uid| self.uids.contains(uid)) {
            return true;
        }
        if self.incidents.is_empty() && self.floods.is_empty() {
            return false;
        }
        let sides = [record.orig_h, record.resp_h];
        let of_host = sides.iter().filter_map(|host| self.incidents.get(host)).flatten();
        let is_peer = |peers: &Vec<IpAddr>| sides.iter().any(|side| peers.contains(side));
        let of_flood = self.floods.iter().filter(|flood| flood.peers.as_ref().is_none_or(is_peer));
        let end = record.end();
        of_host.chain(of_flood).any(|window| {
            (window.first..=window.last).contains(&end)
                && window.proto == record.proto
                && window.ports.as_ref().is_none_or(|ports| ports.contains(&record.resp_p))
        })
    }
}

/// Whether an incident is small enough to be known by the uids of its alerts, and these have any. Of a larger one only a part is
/// stored.
fn is_known_by_uid(store: &Store, incident: &Incident) -> Result<bool, Failure> {
    let mut has_uids = incident.rows <= MAX_INCIDENT_ROWS as u64;
    if has_uids {
        let query = AlertQuery { incident: Some(incident.id), ..AlertQuery::default() };
        store.alerts(&query, &mut |alert| {
            has_uids = !alert.uid.is_empty();
            if has_uids { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
    }
    Ok(has_uids)
}

impl Window {
    fn of(incident: &Incident) -> Self {
        let summary: Value = serde_json::from_str(&incident.summary).unwrap_or_default();
        // Examples are all there are, or say little.
        let all = |examples: &str, count: &str| {
            let named = summary[examples].as_array()?;
            (summary[count].as_u64()? == named.len() as u64).then_some(named)
        };
        let port = |value: &Value| value.as_u64().and_then(|port| u16::try_from(port).ok());
        let peer = |value: &Value| value.as_str()?.parse().ok();
        Self {
            first: incident.first_ts,
            last: incident.last_ts,
            proto: summary["proto"].as_str().unwrap_or_default().into(),
            ports: all("port_examples", "ports").map(|named| named.iter().filter_map(port).collect()),
            peers: all("peer_examples", "peers").map(|named| named.iter().filter_map(peer).collect()),
        }
    }
}
