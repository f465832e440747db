//! A flagged row, lifted out of the log that it was read from.

use oddflow_detector::classic::Contribution;
use oddflow_store::{Batch, LogId, NewAlert, NewContribution, StoreError};
use zeek_log::ConnRecord;

/// Features that an alert keeps.
pub(super) const MOST_CONTRIBUTIONS: usize = 5;

/// A flagged row. Its texts lie one after the other in one string, to spare the allocations.
pub(super) struct Flagged<'d> {
    line: u64,
    score: f64,
    threshold: f64,
    ts: f64,
    text: String,
    /// Ends of uid, orig_h, resp_h, proto, service, conn_state and history in the text; an unset one has no length.
    ends: [u32; 7],
    service_set: bool,
    conn_state_set: bool,
    history_set: bool,
    ports: [u16; 2],
    duration: Option<f64>,
    counts: [Option<u64>; 4],
    local: [Option<bool>; 2],
    contributions: Vec<Contribution<'d>>,
}

impl<'d> Flagged<'d> {
    pub(super) fn new(
        record: &ConnRecord<'_>,
        line: u64,
        score: f64,
        threshold: f64,
        contributions: Vec<Contribution<'d>>,
    ) -> Self {
        use std::fmt::Write;
        let mut text = String::with_capacity(96);
        let mut ends = [0; 7];
        let fields: [&dyn std::fmt::Display; 7] = [
            &record.uid.unwrap_or_default(),
            &record.orig_h,
            &record.resp_h,
            &record.proto,
            &record.service.unwrap_or_default(),
            &record.conn_state.unwrap_or_default(),
            &record.history.unwrap_or_default(),
        ];
        for (field, end) in fields.into_iter().zip(&mut ends) {
            let _ = write!(text, "{field}");
            *end = text.len() as u32;
        }
        Self {
            line,
            score,
            threshold,
            ts: record.ts,
            text,
            ends,
            service_set: record.service.is_some(),
            conn_state_set: record.conn_state.is_some(),
            history_set: record.history.is_some(),
            ports: [record.orig_p, record.resp_p],
            duration: record.duration,
            counts: [record.orig_bytes, record.resp_bytes, record.orig_pkts, record.resp_pkts],
            local: [record.local_orig, record.local_resp],
            contributions,
        }
    }

    /// Stores it as an alert of a log.
    pub(super) fn store(&self, batch: &mut Batch<'_>, log: LogId) -> Result<(), StoreError> {
        let mut kept =
            [NewContribution { name: "", value: 0.0, expected: 0.0, share: 0.0 }; MOST_CONTRIBUTIONS];
        for (slot, c) in kept.iter_mut().zip(&self.contributions) {
            *slot =
                NewContribution { name: c.name, value: c.value, expected: c.expected as f32, share: c.share };
        }
        let text = |i: usize| {
            let from = if i == 0 { 0 } else { self.ends[i - 1] };
            &self.text[from as usize..self.ends[i] as usize]
        };
        let alert = NewAlert {
            line: self.line,
            ts: self.ts,
            uid: text(0),
            orig_h: text(1),
            orig_p: Some(self.ports[0]),
            resp_h: text(2),
            resp_p: Some(self.ports[1]),
            proto: Some(text(3)),
            service: self.service_set.then(|| text(4)),
            conn_state: self.conn_state_set.then(|| text(5)),
            duration: self.duration,
            orig_bytes: self.counts[0],
            resp_bytes: self.counts[1],
            orig_pkts: self.counts[2],
            resp_pkts: self.counts[3],
            history: self.history_set.then(|| text(6)),
            local_orig: self.local[0],
            local_resp: self.local[1],
            score: self.score,
            threshold: self.threshold,
            contributions: &kept[..self.contributions.len().min(MOST_CONTRIBUTIONS)],
            incident: None,
            explanation: None,
            evidence: None,
        };
        batch.alert(log, &alert).map(|_| ())
    }
}
