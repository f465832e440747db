//! From scored rows to groups of odd ones: which may be told, and their words while the text is at hand.

use std::sync::Arc;

use oddflow_detector::behaviour::{Key, Raised};

use super::flows::FlowChunk;
use super::incident::{Kept, KeptRow, OpenIncident, Seen};
use super::rows::{RowPlace, Rows};
use super::run::BehaviourRun;
use super::scoring::TrackedRows;
use super::story::AlertRow;

impl BehaviourRun<'_> {
    /// Groups rows, keeps what may be stored, and says which are flagged.
    pub(super) fn group(&mut self, scored: &TrackedRows) -> Vec<bool> {
        let flows = scored.rows.flows();
        let mut flagged = vec![false; flows.len()];
        let floor = self.alarm.floor();
        let keeps = self.store.is_some();
        let mut touched = Vec::new();
        for (place, (flow, row)) in flows.iter().zip(&scored.scores).enumerate() {
            let key = Key::of(flow, row);
            let placed = self.alarm.add(scored.first_row + place as u64, flow.end, key, row.score);
            if row.score < floor || !placed.is_near {
                continue;
            }
            flagged[place] = placed.raised.is_some();
            if flagged[place] {
                self.outcome.flagged += 1;
            }
            if placed.is_new {
                let outcome = &mut self.outcome;
                match placed.raised {
                    Some(Raised::Within) => outcome.raised += 1,
                    _ => outcome.over_budget += 1,
                }
                // One of an earlier run was counted there.
                if placed.before == Some(Raised::OverBudget) {
                    outcome.over_budget = outcome.over_budget.saturating_sub(1);
                }
            }
            if keeps {
                let seen = Seen {
                    place,
                    end: flow.end,
                    score: row.score,
                    threshold: self.alarm.budget().threshold,
                    peer: flow.peer(),
                    port: flow.responder_port(),
                    host: flow.local_host(),
                    bytes: flow.payload(),
                };
                let (_, incident) = self.open.entry(placed.group).or_insert_with(|| {
                    self.waiting += 1;
                    (placed.key, OpenIncident::new(flow.end))
                });
                if incident.add(&seen, &placed) {
                    touched.push(placed.group);
                    // Those that were kept while it waited are to be stored too.
                    self.ready += match (incident.raised, placed.is_new) {
                        (None, _) => 0,
                        (Some(_), false) => 1,
                        (Some(_), true) => incident.kept.len(),
                    };
                }
                self.forget();
            }
        }
        self.resolve(scored, touched);
        flagged
    }

    /// Reads the rows that are kept again, as their text was not, and says what is odd about them.
    fn resolve(&mut self, scored: &TrackedRows, mut touched: Vec<u64>) {
        touched.sort_unstable();
        touched.dedup();
        let mut wanted: Vec<(usize, u64)> = Vec::new();
        for group in touched {
            let Some((_, incident)) = self.open.get(&group) else { continue };
            wanted.extend(incident.kept.iter().filter_map(|kept| match kept.row {
                KeptRow::Pending(place) => Some((place, group)),
                _ => None,
            }));
        }
        wanted.sort_unstable();
        match &scored.rows {
            Rows::Part(visit) => {
                let places: Vec<_> =
                    wanted.iter().map(|(row, _)| RowPlace { row: *row, in_part: *row }).collect();
                self.resolve_in(self.visited[visit.log], &visit.value, &places, &wanted, scored);
            }
            Rows::Merged(rows) => {
                let places: Vec<usize> = wanted.iter().map(|(place, _)| *place).collect();
                for (log, part, places) in rows.parts(&places) {
                    self.resolve_in(log, part, &places, &wanted, scored);
                }
            }
        }
    }

    /// The same for those that lie in a part of a log. `wanted` are the rows and their groups.
    fn resolve_in(
        &mut self,
        log: usize,
        part: &FlowChunk,
        places: &[RowPlace],
        wanted: &[(usize, u64)],
        scored: &TrackedRows,
    ) {
        let Some(identity) = self.logs[log].identity.clone().map(Arc::new) else { return };
        let threshold = self.alarm.budget().threshold;
        let flows = scored.rows.flows();
        let positions = places.iter().map(|place| part.positions[place.in_part]);
        part.chunk.conn_rows_at(&self.options, positions, |which, record, row| {
            let place = places[which].row;
            let group = wanted.binary_search_by_key(&place, |(row, _)| *row).map(|found| wanted[found].1);
            let Some((key, incident)) = group.ok().and_then(|group| self.open.get_mut(&group)) else {
                return;
            };
            let parts = (&flows[place], &scored.tracked.features[place], &scored.scores[place]);
            let alert = AlertRow::new(record, &identity, row.line(), parts, threshold);
            incident.proto = alert.proto().into();
            let waits = |kept: &&mut Kept| matches!(kept.row, KeptRow::Pending(pending) if pending == place);
            if let Some(kept) = incident.kept.iter_mut().find(waits) {
                kept.peer = Some(alert.sides(*key).1);
                kept.row = KeptRow::Ready(Box::new(alert));
            }
        });
    }
}
