//! The days of a run compared with its model's baseline: counted with the rows, carried with the state, stored with the progress.
//!
//! Invariant: what is stored of a day depends on its rows alone. What is counted goes into the checkpoint that goes with the progress, so
//! a run that dies and is started again counts each row once.

use std::collections::BTreeMap;
use std::sync::Arc;

use oddflow_detector::behaviour::{Drift, DriftDay, Model};
use oddflow_store::{Batch, NewDrift, StoreError};
use zeek_log::ReadOptions;

use super::flows::FlowChunk;
use super::scoring::TrackedRows;

/// Days that wait to be stored, at most.
const MOST_WAITING: usize = 256;

/// The day that is open, and those that are over and not yet stored.
pub(super) struct Drifting {
    drift: Drift,
    /// Addresses of the hosts that may have to be named.
    names: BTreeMap<u64, String>,
    over: Vec<DriftDay>,
}

/// A day that is over, of a sensor.
pub(crate) struct Drifted {
    pub(crate) sensor: Arc<str>,
    pub(crate) day: DriftDay,
}

impl Drifting {
    /// What goes on where `carried` ends; `None` where the model has nothing to compare days with. What another version carried is
    /// not read: its day begins anew.
    pub(super) fn new(model: &Model, carried: &[u8]) -> Option<Self> {
        let reference = model.drift()?;
        let begun =
            || Self { drift: Drift::new(Arc::clone(reference)), names: BTreeMap::new(), over: Vec::new() };
        let read = || {
            let (length, rest) = carried.split_first_chunk()?;
            let (drift, names) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            let drift = Drift::from_bytes(drift, Arc::clone(reference)).ok()?;
            Some(Self { drift, names: serde_json::from_slice(names).ok()?, over: Vec::new() })
        };
        Some(read().unwrap_or_else(begun))
    }

    /// What is carried to the next run. Nothing of a day that waits to be stored is.
    pub(super) fn encode(&mut self) -> Vec<u8> {
        let drift = &self.drift;
        self.names.retain(|host, _| drift.follows(*host));
        let drift = drift.to_bytes();
        let mut bytes = (drift.len() as u32).to_le_bytes().to_vec();
        bytes.extend(drift);
        // Writing to memory doesn't fail.
        bytes.extend(serde_json::to_vec(&self.names).unwrap_or_default());
        bytes
    }

    /// Counts rows.
    pub(super) fn take(&mut self, scored: &TrackedRows, options: &ReadOptions) {
        let rows = &scored.rows;
        // Of each part the log that its rows are of, and which one the open day knows.
        let mut logs: Vec<(usize, Option<usize>)> = Vec::new();
        let (mut asked, mut over) = (Vec::new(), Vec::new());
        let numbered = rows.flows().iter().zip(&scored.tracked.features).zip(&scored.scores).enumerate();
        for (row, ((flow, features), score)) in numbered {
            let (part, place) = rows.origin(row);
            let ended = self.drift.add(flow, features, score.score, |host| asked.push((part, place, host)));
            if let Some(day) = ended {
                over.push(day);
                logs.iter_mut().for_each(|(_, told)| *told = None);
            }
            if part >= logs.len() {
                logs.resize(part + 1, (0, None));
            }
            let schemas = &rows.part(part).schemas;
            let (log, told) = &mut logs[part];
            while schemas.get(*log + 1).is_some_and(|(first, _)| *first <= place) {
                *log += 1;
            }
            if *told != Some(*log) {
                *told = Some(*log);
                if let Some((_, Some(columns))) = schemas.get(*log) {
                    self.drift.columns(columns);
                }
            }
        }
        asked.retain(|(_, _, host)| !self.names.contains_key(host));
        asked.sort_unstable();
        for asked in asked.chunk_by(|(a, ..), (b, ..)| a == b) {
            self.look_up(rows.part(asked[0].0), asked, options);
        }
        for mut day in over {
            day.name(|host| self.names.get(&host).cloned());
            self.over.push(day);
        }
    }

    /// Reads rows of a part again to know the addresses of hosts.
    fn look_up(&mut self, part: &FlowChunk, asked: &[(usize, usize, u64)], options: &ReadOptions) {
        let positions = asked.iter().map(|(_, place, _)| part.positions[*place]);
        part.chunk.conn_rows_at(options, positions, |which, record, _| {
            let (_, place, host) = asked[which];
            let is_responder = part.flows[place].class.is_seen_from_responder();
            let address = if is_responder { record.resp_h } else { record.orig_h };
            self.names.insert(host, address.to_string());
        });
    }

    /// Whether so many days wait that they should be stored.
    pub(super) fn is_laden(&self) -> bool {
        self.over.len() >= MOST_WAITING
    }

    /// Stores the days that are over, and the one that is open as far as it has come.
    pub(super) fn store(&self, batch: &mut Batch<'_>, whose: (&str, &str)) -> Result<(), StoreError> {
        let open = self.drift.so_far().map(|mut day| {
            day.name(|host| self.names.get(&host).cloned());
            day
        });
        let days = self.over.iter().map(|day| (day, true)).chain(open.iter().map(|day| (day, false)));
        for (day, is_over) in days {
            let report = serde_json::to_string(day).unwrap_or_default();
            let drift = NewDrift {
                day: day.day,
                is_over,
                verdict: day.verdict.name(),
                rows: day.rows,
                score_psi: day.score_psi,
                feature_psi: day.feature_psi,
                report: &report,
            };
            batch.drift(whose, &drift)?;
        }
        Ok(())
    }

    /// The days that were stored.
    pub(super) fn stored(&mut self) -> Vec<DriftDay> {
        std::mem::take(&mut self.over)
    }
}
