//! A row of an incident as it is stored: the connection, and why it is odd.

use oddflow_detector::behaviour::{Explainer, Explanation, Key, Scored};
use oddflow_features::behaviour::{Features, Flow};
use oddflow_store::{Batch, LogId, LogIdentity, NewAlert, NewContribution, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeek_log::ConnRecord;

/// A flagged row, lifted out of its log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct AlertRow {
    /// The log that it is of: `#path`, `#open`, first uid.
    pub(super) log: (String, String, String),
    line: u64,
    ts: f64,
    uid: String,
    orig_h: String,
    resp_h: String,
    ports: [u16; 2],
    proto: String,
    service: Option<String>,
    conn_state: Option<String>,
    history: Option<String>,
    duration: Option<f64>,
    counts: [Option<u64>; 4],
    local: [Option<bool>; 2],
    score: f32,
    threshold: f32,
    pub(super) explanation: Explanation,
    /// What its incident would be called after this row.
    pub(super) title: String,
    pub(super) technique: Option<String>,
    /// Rows of other logs of the same connection.
    pub(super) evidence: Vec<Value>,
}

impl AlertRow {
    #[allow(clippy::too_many_arguments)]
    pub(super) fn new(
        record: &ConnRecord<'_>,
        log: &LogIdentity,
        line: u64,
        explainer: &Explainer<'_>,
        key: Key,
        (flow, features, scored): (&Flow, &Features, &Scored),
        threshold: f32,
        evidence: Vec<Value>,
    ) -> Self {
        let explanation = explainer.explain(record, flow, features, scored);
        let technique = oddflow_detector::behaviour::technique(key.family, key.class, record, &explanation);
        Self {
            log: (log.path.clone(), log.opened.clone(), log.first_uid.clone()),
            line,
            ts: record.ts,
            uid: record.uid.unwrap_or_default().into(),
            orig_h: record.orig_h.to_string(),
            resp_h: record.resp_h.to_string(),
            ports: [record.orig_p, record.resp_p],
            proto: record.proto.into(),
            service: record.service.map(Into::into),
            conn_state: record.conn_state.map(Into::into),
            history: record.history.map(Into::into),
            duration: record.duration,
            counts: [record.orig_bytes, record.resp_bytes, record.orig_pkts, record.resp_pkts],
            local: [record.local_orig, record.local_resp],
            score: scored.score,
            threshold,
            title: oddflow_detector::behaviour::title(key.family, record, &explanation),
            technique: technique.map(Into::into),
            explanation,
            evidence,
        }
    }

    /// Address of the local host that the row's incident is told of, and of its peer.
    pub(super) fn sides(&self, key: Key) -> (&str, &str) {
        if key.class.is_seen_from_responder() {
            (&self.resp_h, &self.orig_h)
        } else {
            (&self.orig_h, &self.resp_h)
        }
    }

    pub(super) fn proto(&self) -> &str {
        &self.proto
    }

    pub(super) fn identity(&self) -> LogIdentity {
        let (path, opened, first_uid) = self.log.clone();
        LogIdentity { path, opened, first_uid }
    }

    /// Stores it as an alert of a log and an incident.
    pub(super) fn store(&self, batch: &mut Batch<'_>, log: LogId, incident: i64) -> Result<i64, StoreError> {
        let contributions: Vec<NewContribution<'_>> = (self.explanation.features.iter())
            .map(|missed| NewContribution {
                name: &missed.column,
                value: missed.value,
                expected: missed.expected as f32,
                share: missed.share,
            })
            .collect();
        let explanation = serde_json::to_string(&self.explanation).unwrap_or_default();
        let evidence =
            (!self.evidence.is_empty()).then(|| serde_json::to_string(&self.evidence).unwrap_or_default());
        batch.alert(
            log,
            &NewAlert {
                line: self.line,
                ts: self.ts,
                uid: &self.uid,
                orig_h: &self.orig_h,
                orig_p: Some(self.ports[0]),
                resp_h: &self.resp_h,
                resp_p: Some(self.ports[1]),
                proto: Some(&self.proto),
                service: self.service.as_deref(),
                conn_state: self.conn_state.as_deref(),
                duration: self.duration,
                orig_bytes: self.counts[0],
                resp_bytes: self.counts[1],
                orig_pkts: self.counts[2],
                resp_pkts: self.counts[3],
                history: self.history.as_deref(),
                local_orig: self.local[0],
                local_resp: self.local[1],
                score: f64::from(self.score),
                threshold: f64::from(self.threshold),
                contributions: &contributions,
                incident: Some(incident),
                explanation: Some(&explanation),
                evidence: evidence.as_deref(),
            },
        )
    }
}
