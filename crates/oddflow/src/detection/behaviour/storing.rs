//! What a run writes: progress, incidents, their rows and the state, in one transaction.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use oddflow_detector::behaviour::{Alarm, Budget, Explainer, Key, Raised, Severity};
use oddflow_store::{Batch, IncidentState, LogId, LogIdentity, NewIncident, Store, StoreError};

use super::checkpoint::{Carried, NewCheckpoint};
use super::counting::Counting;
use super::drifting::{Drifted, Drifting};
use super::incident::{Kept, KeptRow, OpenIncident, Saving};
use super::run::BehaviourRun;
use super::telling::Telling;
use crate::detection::ledger::LogRun;
use crate::failure::Failure;
use crate::suppression::Rules;
use zeek_follow::MergeState;

impl BehaviourRun<'_> {
    /// Writes what waits, in one transaction.
    pub(super) fn commit(&mut self) -> Result<(), Failure> {
        while self.take_scored()? {}
        self.pending_rows = 0;
        self.ready = 0;
        self.close();
        if self.store.is_some() {
            self.look_up_evidence();
        }
        let writes_rows = self.is_lasting && !self.journal.is_full();
        let Self {
            store,
            logs,
            beside,
            named,
            open,
            scored,
            session,
            alarm,
            model,
            sensor,
            explainer,
            journal,
            telling,
            outcome,
            now,
            merge,
            drifting,
            counting,
            ..
        } = self;
        let Some(store) = store else { return Ok(()) };
        let of_beside = beside.iter().chain([&*named]).flat_map(|beside| &beside.runs);
        if !logs.iter().chain(of_beside).any(LogRun::is_ahead) {
            return Ok(());
        }
        if let Some(scored) = scored {
            scored.flush()?;
        }
        let earlier = earlier_logs(store, model.id(), open, logs)?;
        let mut batch = store.begin()?;
        batch.expect_revision(model.id(), sensor, self.revision)?;
        let mut ids: HashMap<LogIdentity, LogId> = earlier;
        for log in logs.iter().filter(|log| log.is_ahead()) {
            let Some(identity) = &log.identity else { continue };
            let id = batch.log(model.id(), identity, &log.place, log.stored.as_ref())?;
            ids.insert(identity.clone(), id);
        }
        let place_of = |log: &LogIdentity| {
            let run = logs.iter().find(|run| run.identity.as_ref() == Some(log));
            run.map_or_else(String::new, |run| run.place.clone())
        };
        let rules = Rules::read(batch.seen(), *now)?;
        let storing = Storing {
            explainer,
            sensor,
            budget: alarm.budget(),
            logs: &ids,
            telling,
            place_of: &place_of,
            rules,
        };
        let mut hidden = [0; 2];
        for (number, (key, incident)) in open.iter_mut() {
            if incident.raised.is_some() && incident.is_dirty {
                let is_hidden = storing.incident(&mut batch, *number, *key, incident)?;
                if is_hidden && std::mem::take(&mut incident.is_fresh) {
                    hidden[usize::from(incident.raised == Some(Raised::OverBudget))] += 1;
                }
                incident.is_fresh = false;
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
        if let Some(drifting) = drifting {
            drifting.store(&mut batch, (model.id(), sensor))?;
        }
        if let Some(counting) = counting {
            batch.traffic((model.id(), sensor), &mut counting.traffic())?;
        }
        let carried = carried(alarm, open, merge, drifting.as_mut());
        self.revision = if writes_rows {
            let mut beside = Vec::new();
            // Writing to memory doesn't fail.
            let _ = NewCheckpoint::beside(carried).write_to(&mut beside);
            batch.journal((model.id(), sensor), self.revision, &journal.piece(), &beside)?
        } else {
            let checkpoint = NewCheckpoint::new(session, carried);
            batch.state((model.id(), sensor), self.revision, checkpoint.length(), |place| {
                checkpoint.write_to(place)
            })?
        };
        batch.commit()?;
        if let Some(counting) = counting {
            counting.committed();
        }
        outcome.raised = outcome.raised.saturating_sub(hidden[0]);
        outcome.over_budget = outcome.over_budget.saturating_sub(hidden[1]);
        outcome.suppressed += hidden[0] + hidden[1];
        let days = drifting.as_mut().map(Drifting::stored).unwrap_or_default();
        outcome.drifted.extend(days.into_iter().map(|day| Drifted { sensor: Arc::clone(sensor), day }));
        for log in logs.iter_mut().chain(beside.iter_mut().chain([named]).flat_map(|beside| &mut beside.runs))
        {
            log.stored = Some(log.now.clone());
        }
        if writes_rows {
            journal.advance();
        } else {
            journal.restart(session.state().byte_length());
        }
        Ok(())
    }

    /// Writes the state in place of the rows that came since it was written, if any did.
    pub(super) fn write_state(&mut self) -> Result<(), Failure> {
        let Self { store, open, session, alarm, model, sensor, journal, merge, drifting, .. } = self;
        let Some(store) = store.as_deref_mut().filter(|_| journal.is_behind()) else { return Ok(()) };
        let mut batch = store.begin()?;
        let checkpoint = NewCheckpoint::new(session, carried(alarm, open, merge, drifting.as_mut()));
        self.revision = batch.state((model.id(), sensor), self.revision, checkpoint.length(), |place| {
            checkpoint.write_to(place)
        })?;
        batch.commit()?;
        journal.restart(session.state().byte_length());
        Ok(())
    }

    /// Whether so many rows wait to be stored that it should be done.
    pub(super) fn is_laden(&mut self) -> bool {
        let has_days = self.drifting.as_ref().is_some_and(Drifting::is_laden);
        if has_days || self.counting.as_ref().is_some_and(Counting::is_laden) {
            return true;
        }
        if self.ready < self.limits.most_ready() {
            return false;
        }
        // Counted too high until now: stronger rows displace others.
        let raised = self.open.values().filter(|(_, incident)| incident.raised.is_some());
        let ready = |kept: &&Kept| matches!(kept.row, KeptRow::Ready(_));
        self.ready = raised.map(|(_, incident)| incident.kept.iter().filter(ready).count()).sum();
        self.ready >= self.limits.most_ready() / 2
    }

    /// Drops groups that take in no more rows and are stored, or will never be.
    fn close(&mut self) {
        let alarm = &self.alarm;
        self.open.retain(|number, (key, incident)| {
            (incident.raised.is_some() && incident.is_dirty)
                || alarm.group(key).is_some_and(|group| group.number == *number)
        });
    }

    /// Drops the weakest of the groups that wait, where there are too many. Which that are doesn't depend on when anything was
    /// stored: those that take in no more rows don't count.
    pub(super) fn forget(&mut self) {
        let most = self.limits.most_waiting();
        if self.waiting < most {
            return;
        }
        self.close();
        let unraised = self.open.iter().filter(|(_, (_, incident))| incident.raised.is_none());
        let mut waiting: Vec<(f32, u64)> =
            unraised.map(|(number, (_, incident))| (incident.score, *number)).collect();
        if waiting.len() >= most {
            waiting.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            for (_, number) in waiting.drain(..most / 4) {
                self.open.remove(&number);
                self.outcome.forgotten += 1;
            }
        }
        self.waiting = waiting.len();
    }
}

/// What is carried beside the states.
fn carried(
    alarm: &Alarm,
    open: &BTreeMap<u64, (Key, OpenIncident)>,
    merge: &MergeState,
    drifting: Option<&mut Drifting>,
) -> Carried {
    // Writing to memory doesn't fail.
    let merge =
        if merge.loggers.is_empty() { Vec::new() } else { postcard::to_allocvec(merge).unwrap_or_default() };
    let drift = drifting.map(Drifting::encode).unwrap_or_default();
    Carried { alarm: alarm.to_bytes(), open: saved(open), merge, drift }
}

/// The open incidents as bytes.
fn saved(open: &BTreeMap<u64, (Key, OpenIncident)>) -> Vec<u8> {
    let open: Vec<Saving<'_>> = open
        .iter()
        .map(|(number, (key, incident))| Saving { number: *number, key: (*key).into(), incident })
        .collect();
    serde_json::to_vec(&open).unwrap_or_default()
}

/// The store's numbers of logs that rows which wait are of, and that this run doesn't move.
fn earlier_logs(
    store: &Store,
    model: &str,
    open: &BTreeMap<u64, (Key, OpenIncident)>,
    logs: &[LogRun],
) -> Result<HashMap<LogIdentity, LogId>, Failure> {
    let waiting = (open.values())
        .filter(|(_, incident)| incident.raised.is_some())
        .flat_map(|(_, incident)| &incident.kept)
        .filter_map(|kept| match &kept.row {
            KeptRow::Ready(row) => Some(&**row.identity()),
            _ => None,
        });
    let mut earlier: HashSet<&LogIdentity> = waiting.collect();
    for log in logs.iter().filter(|log| log.is_ahead()).filter_map(|log| log.identity.as_ref()) {
        earlier.remove(log);
    }
    let mut ids = HashMap::new();
    for identity in earlier {
        if let Some(entry) = store.ledger(model, identity)? {
            ids.insert(identity.clone(), entry.id);
        }
    }
    Ok(ids)
}

/// What incidents are stored with.
struct Storing<'s> {
    explainer: &'s Explainer<'s>,
    sensor: &'s str,
    budget: Budget,
    logs: &'s HashMap<LogIdentity, LogId>,
    telling: &'s Telling,
    place_of: &'s dyn Fn(&LogIdentity) -> String,
    rules: Rules,
}

impl Storing<'_> {
    /// Stores what there is of an incident and tells of it; returns whether a rule hides it.
    fn incident(
        &self,
        batch: &mut Batch<'_>,
        number: u64,
        key: Key,
        incident: &mut OpenIncident,
    ) -> Result<bool, Failure> {
        let explainer = self.explainer;
        let model = explainer.model();
        incident.tell(key, explainer);
        let Some(told) = incident.called(key) else { return Ok(false) };
        let severity = match self.budget.severity(incident.score) {
            Severity::Low => oddflow_store::Severity::Low,
            Severity::Medium => oddflow_store::Severity::Medium,
            Severity::High => oddflow_store::Severity::High,
            Severity::Critical => oddflow_store::Severity::Critical,
        };
        let summary = incident.summary(&self.budget);
        let stored = NewIncident {
            sensor: self.sensor,
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
            is_shadow: self.telling.is_shadow,
            summary: &summary,
        };
        let id = batch.incident(model.id(), &stored)?;
        batch.remove_alerts(&std::mem::take(&mut incident.displaced))?;
        let mut rows = Vec::new();
        for (place, kept) in incident.kept.iter().enumerate() {
            if let KeptRow::Ready(row) = &kept.row
                && let Some(log) = self.logs.get(&**row.identity())
            {
                rows.push((place, row.store(batch, *log, id, explainer)?));
            }
        }
        // Rules are asked of the rows as they are stored, sinks are told while they are at hand.
        let is_hidden = self.is_hidden(batch, id)?;
        if !is_hidden {
            self.telling.enqueue(batch, (incident, &stored), (key, explainer), self.place_of)?;
        }
        for (place, row) in rows {
            incident.kept[place].row = KeptRow::Stored(row);
        }
        incident.is_dirty = false;
        Ok(is_hidden)
    }

    /// Asks the rules of an incident as it is stored now, and keeps what they say.
    fn is_hidden(&self, batch: &mut Batch<'_>, id: i64) -> Result<bool, StoreError> {
        if self.rules.is_empty() {
            return Ok(false);
        }
        let Some(incident) = batch.seen().incident(id)? else { return Ok(false) };
        let rule = self.rules.covering(batch.seen(), &incident)?;
        if rule == incident.suppressed_by {
            return Ok(rule.is_some());
        }
        batch.suppress(id, rule)
    }
}
