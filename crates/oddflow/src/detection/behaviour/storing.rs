//! What a run writes: progress, incidents, their rows and the state, in one transaction.

use std::collections::{BTreeMap, HashMap};

use oddflow_detector::behaviour::{Explainer, Key, Raised, Severity};
use oddflow_store::{Batch, IncidentState, LogId, LogIdentity, NewIncident, Store};

use super::checkpoint::Checkpoint;
use super::incident::{KeptRow, OpenIncident, Saving};
use super::run::BehaviourRun;
use crate::detection::ledger::LogRun;
use crate::failure::Failure;

/// Open incidents that are kept; of more the weakest that weren't raised are forgotten, counted.
const MOST_OPEN: usize = 1 << 14;

impl BehaviourRun<'_> {
    /// Writes what waits, in one transaction.
    pub(super) fn commit(&mut self) -> Result<(), Failure> {
        self.pending_rows = 0;
        self.forget();
        if self.store.is_some() {
            self.look_up_evidence();
        }
        let Self { store, logs, beside, named, open, scored, session, alarm, model, explainer, .. } = self;
        let Some(store) = store else { return Ok(()) };
        if !logs.iter().any(LogRun::is_ahead) {
            return Ok(());
        }
        if let Some(scored) = scored {
            scored.flush()?;
        }
        let earlier = earlier_logs(store, model.id(), open, logs)?;
        let mut batch = store.begin()?;
        batch.expect_revision(model.id(), self.revision)?;
        let mut ids: HashMap<LogIdentity, LogId> = earlier;
        for log in logs.iter().filter(|log| log.is_ahead()) {
            let Some(identity) = &log.identity else { continue };
            let id = batch.log(model.id(), identity, &log.place, log.stored.as_ref())?;
            ids.insert(identity.clone(), id);
        }
        for (number, (key, incident)) in open.iter_mut() {
            if incident.raised.is_some() && incident.is_dirty {
                store_incident(&mut batch, explainer, *number, *key, incident, &ids)?;
            }
        }
        for log in logs.iter().filter(|log| log.is_ahead()) {
            let Some(identity) = &log.identity else { continue };
            batch.progress(ids[identity], &log.now)?;
        }
        for log in beside.iter().chain([&*named]).flat_map(|beside| &beside.runs).filter(|log| log.is_ahead())
        {
            let Some(identity) = &log.identity else { continue };
            let id = batch.log(model.id(), identity, &log.place, log.stored.as_ref())?;
            batch.progress(id, &log.now)?;
        }
        let open: Vec<Saving<'_>> = open
            .iter()
            .map(|(number, (key, incident))| Saving { number: *number, key: (*key).into(), incident })
            .collect();
        let open = serde_json::to_vec(&open).unwrap_or_default();
        let bytes = Checkpoint::to_bytes(session, &alarm.to_bytes(), &open);
        self.revision = batch.state(model.id(), self.revision, &bytes)?;
        batch.commit()?;
        for log in logs.iter_mut().chain(beside.iter_mut().chain([named]).flat_map(|beside| &mut beside.runs))
        {
            log.stored = Some(log.now.clone());
        }
        Ok(())
    }

    /// Drops incidents that take in no more rows, and the weakest where there are too many.
    fn forget(&mut self) {
        let alarm = &self.alarm;
        let still_open =
            |number: u64, key: &Key| alarm.group(key).is_some_and(|group| group.number == number);
        self.open.retain(|number, (key, incident)| {
            still_open(*number, key) || (incident.raised.is_some() && incident.is_dirty)
        });
        if self.open.len() > MOST_OPEN {
            let mut waiting: Vec<(f32, u64)> = self
                .open
                .iter()
                .filter(|(_, (_, incident))| incident.raised.is_none())
                .map(|(number, (_, incident))| (incident.score, *number))
                .collect();
            waiting.sort_by(|a, b| a.0.total_cmp(&b.0));
            for (_, number) in waiting.into_iter().take(self.open.len() - MOST_OPEN) {
                self.open.remove(&number);
                self.outcome.forgotten += 1;
            }
        }
    }
}

/// The store's numbers of logs that rows which wait are of, and that this run doesn't move.
fn earlier_logs(
    store: &Store,
    model: &str,
    open: &BTreeMap<u64, (Key, OpenIncident)>,
    logs: &[LogRun],
) -> Result<HashMap<LogIdentity, LogId>, Failure> {
    let mut ids = HashMap::new();
    for (_, incident) in open.values().filter(|(_, incident)| incident.raised.is_some()) {
        for kept in &incident.kept {
            if let KeptRow::Ready(row) = &kept.row {
                let identity = row.identity();
                let moves = logs.iter().any(|log| log.is_ahead() && log.identity.as_ref() == Some(&identity));
                if !moves
                    && !ids.contains_key(&identity)
                    && let Some(entry) = store.ledger(model, &identity)?
                {
                    ids.insert(identity, entry.id);
                }
            }
        }
    }
    Ok(ids)
}

fn store_incident(
    batch: &mut Batch<'_>,
    explainer: &Explainer<'_>,
    number: u64,
    key: Key,
    incident: &mut OpenIncident,
    logs: &HashMap<LogIdentity, LogId>,
) -> Result<(), Failure> {
    let model = explainer.model();
    incident.tell(key, explainer);
    let Some(told) = incident.told.clone() else { return Ok(()) };
    let threshold = model.calibration_incidents().threshold(model.budget());
    let severity = match Severity::of(incident.score, threshold) {
        Severity::Low => oddflow_store::Severity::Low,
        Severity::Medium => oddflow_store::Severity::Medium,
        Severity::High => oddflow_store::Severity::High,
        Severity::Critical => oddflow_store::Severity::Critical,
    };
    let summary = incident.summary();
    let id = batch.incident(
        model.id(),
        &NewIncident {
            number,
            host: &told.host,
            family: key.family.name(),
            class: key.class.name(),
            state: match incident.raised {
                Some(Raised::OverBudget) => IncidentState::OverBudget,
                _ => IncidentState::Raised,
            },
            first_ts: incident.first,
            last_ts: incident.last,
            raised_ts: incident.raised_at,
            rows: incident.rows,
            peak: f64::from(incident.kept.first().map_or(0.0, |kept| kept.score)),
            score: f64::from(incident.score),
            threshold: f64::from(incident.threshold),
            severity,
            title: &told.title,
            technique: told.technique.as_deref(),
            summary: &summary,
        },
    )?;
    batch.remove_alerts(&std::mem::take(&mut incident.displaced))?;
    for kept in &mut incident.kept {
        if let KeptRow::Ready(row) = &kept.row
            && let Some(log) = logs.get(&row.identity())
        {
            kept.row = KeptRow::Stored(row.store(batch, *log, id, explainer)?);
        }
    }
    incident.is_dirty = false;
    Ok(())
}
