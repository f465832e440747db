//! A row of an incident as it is stored: the connection, and why it is odd.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use oddflow_detector::behaviour::{Explainer, Explanation, FAMILIES, Key, Scored, technique, title};
use oddflow_features::behaviour::{Features, Fields, Flow, TrafficClass};
use oddflow_features::companion::EvidenceRows;
use oddflow_store::{Batch, LogId, LogIdentity, NewAlert, NewContribution, StoreError};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use zeek_log::ConnRecord;

/// A row that may be stored, lifted out of its log. Why it is odd is worked out when it is stored: most rows that are kept for a
/// while are displaced by stronger ones.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct AlertRow {
    #[serde(with = "saved_identity")]
    log: Arc<LogIdentity>,
    line: u64,
    ts: f64,
    uid: SmolStr,
    orig_h: IpAddr,
    resp_h: IpAddr,
    ports: [u16; 2],
    proto: SmolStr,
    service: Option<SmolStr>,
    conn_state: Option<SmolStr>,
    history: Option<SmolStr>,
    duration: Option<f64>,
    counts: [Option<u64>; 4],
    local: [Option<bool>; 2],
    threshold: f32,
    originator: u64,
    absent: Fields,
    numbers: Vec<f32>,
    tokens: [u64; 2],
    class: usize,
    new_regular: f32,
    never_seen: u8,
    score: f32,
    a: f32,
    families: [f32; FAMILIES],
    application: Option<(u8, f32)>,
    /// Rows of other logs of the same connection; `None` while they have not been looked for.
    evidence: Option<EvidenceRows>,
}

/// The identity of a log as it is saved: `#path`, `#open`, first uid.
mod saved_identity {
    use super::{Arc, Deserialize, LogIdentity, Serialize};

    pub(super) fn serialize<S: serde::Serializer>(
        log: &LogIdentity,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        (&log.path, &log.opened, &log.first_uid).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<LogIdentity>, D::Error> {
        let (path, opened, first_uid) = Deserialize::deserialize(deserializer)?;
        Ok(Arc::new(LogIdentity { path, opened, first_uid }))
    }
}

/// What an incident is called.
pub(super) struct Title {
    pub(super) title: String,
    pub(super) technique: Option<&'static str>,
}

impl AlertRow {
    pub(super) fn new(
        record: &ConnRecord<'_>,
        log: &Arc<LogIdentity>,
        line: u64,
        (flow, features, scored): (&Flow, &Features, &Scored),
        threshold: f32,
    ) -> Self {
        Self {
            log: Arc::clone(log),
            line,
            ts: record.ts,
            uid: record.uid.unwrap_or_default().into(),
            orig_h: record.orig_h,
            resp_h: record.resp_h,
            ports: [record.orig_p, record.resp_p],
            proto: record.proto.into(),
            service: record.service.map(Into::into),
            conn_state: record.conn_state.map(Into::into),
            history: record.history.map(Into::into),
            duration: record.duration,
            counts: [record.orig_bytes, record.resp_bytes, record.orig_pkts, record.resp_pkts],
            local: [record.local_orig, record.local_resp],
            threshold,
            originator: flow.originator(),
            absent: flow.absent,
            numbers: features.numbers.to_vec(),
            tokens: [features.tokens as u64, (features.tokens >> 64) as u64],
            class: features.class.index(),
            new_regular: features.new_regular,
            never_seen: features.never_seen,
            score: scored.score,
            a: scored.a,
            families: scored.families,
            application: scored.application,
            evidence: None,
        }
    }

    pub(super) fn record(&self) -> ConnRecord<'_> {
        let [orig_p, resp_p] = self.ports;
        ConnRecord {
            uid: Some(&self.uid),
            service: self.service.as_deref(),
            duration: self.duration,
            orig_bytes: self.counts[0],
            resp_bytes: self.counts[1],
            conn_state: self.conn_state.as_deref(),
            local_orig: self.local[0],
            local_resp: self.local[1],
            history: self.history.as_deref(),
            orig_pkts: self.counts[2],
            resp_pkts: self.counts[3],
            ..ConnRecord::bare(self.ts, (self.orig_h, orig_p), (self.resp_h, resp_p), &self.proto)
        }
    }

    pub(super) fn explain(&self, explainer: &Explainer<'_>) -> Explanation {
        let mut features = Features::default();
        for (number, kept) in features.numbers.iter_mut().zip(&self.numbers) {
            *number = *kept;
        }
        features.tokens = u128::from(self.tokens[0]) | u128::from(self.tokens[1]) << 64;
        features.class = TrafficClass::from_index(self.class).unwrap_or(features.class);
        features.new_regular = self.new_regular;
        features.never_seen = self.never_seen;
        let scored =
            Scored { score: self.score, a: self.a, families: self.families, application: self.application };
        explainer.explain(&self.record(), self.originator, self.absent, &features, &scored)
    }

    /// What an incident is called whose strongest row this is.
    pub(super) fn title(&self, key: Key, explainer: &Explainer<'_>) -> Title {
        let (record, explanation) = (self.record(), self.explain(explainer));
        Title {
            title: title(key.family, &record, &explanation),
            technique: technique(key.family, key.class, &record, &explanation),
        }
    }

    /// Address of the local host that the row's incident is told of, and of its peer.
    pub(super) fn sides(&self, key: Key) -> (IpAddr, IpAddr) {
        if key.class.is_seen_from_responder() {
            (self.resp_h, self.orig_h)
        } else {
            (self.orig_h, self.resp_h)
        }
    }

    /// Its uid, where the companion logs have not been asked for it.
    pub(super) fn lacks_evidence(&self) -> Option<&str> {
        (self.evidence.is_none() && !self.uid.is_empty()).then_some(&self.uid)
    }

    /// Takes what the companions of a log say, if it is a row of that log.
    pub(super) fn set_evidence(&mut self, log: &LogIdentity, found: &HashMap<String, EvidenceRows>) {
        if self.evidence.is_none() && *self.log == *log {
            // Also where there is none: it is not looked for again.
            self.evidence = Some(found.get(self.uid.as_str()).cloned().unwrap_or_default());
        }
    }

    pub(super) fn line(&self) -> u64 {
        self.line
    }

    pub(super) fn proto(&self) -> &str {
        &self.proto
    }

    /// The log that it is of.
    pub(super) fn identity(&self) -> &Arc<LogIdentity> {
        &self.log
    }

    /// Stores it as an alert of a log and an incident.
    pub(super) fn store(
        &self,
        batch: &mut Batch<'_>,
        log: LogId,
        incident: i64,
        explainer: &Explainer<'_>,
    ) -> Result<i64, StoreError> {
        let explanation = self.explain(explainer);
        let (orig_h, resp_h) = (self.orig_h.to_string(), self.resp_h.to_string());
        let contributions: Vec<NewContribution<'_>> = (explanation.features.iter())
            .map(|missed| NewContribution {
                name: &missed.column,
                value: missed.value,
                expected: missed.expected as f32,
                share: missed.share,
            })
            .collect();
        let explanation = serde_json::to_string(&explanation).unwrap_or_default();
        let evidence = self.evidence.as_ref().filter(|evidence| !evidence.rows.is_empty());
        let evidence = evidence.map(|evidence| serde_json::to_string(evidence).unwrap_or_default());
        batch.alert(
            log,
            &NewAlert {
                line: self.line,
                ts: self.ts,
                uid: &self.uid,
                orig_h: &orig_h,
                orig_p: Some(self.ports[0]),
                resp_h: &resp_h,
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
