//! A detection run with a behaviour model, from plan to last commit.
//!
//! Invariants: rows go through one state in the order in which they were written; what the store says of logs, state, incidents
//! and alerts changes in one transaction. So a run that dies at any moment and is started again ends with exactly the
//! incidents of one that didn't.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use oddflow_detector::behaviour::{Alarm, Budget, Explainer, Key, Model, Raised, Session, States};
use oddflow_features::behaviour::{Evictions, Fields};
use oddflow_features::companion::{CompanionState, Kind};
use oddflow_store::{ModelState, Store};
use zeek_filter::Filters;
use zeek_log::{LogFile, LogHead, Position, ReadOptions};

use super::beside::Beside;
use super::flows::{FlowChunk, FlowWork};
use super::incident::{Kept, KeptRow, OpenIncident, Seen};
use super::journal::Journal;
use super::limits::Limits;
use super::resume::{Resumed, resume};
use super::scoring::{Scoring, TrackedChunk};
use super::story::AlertRow;
use super::telling::Telling;
use crate::companions::{Companion, Companions};
use crate::detection::ledger::LogRun;
use crate::detection::scored_log::ScoredLog;
use crate::failure::Failure;
use crate::input::{Input, ProblemReport};
use crate::reading::{Reader, Visit, read};

/// Rows after which a transaction is written. The state goes with each, so that few are better than many; after a crash as
/// many rows are read again, which takes seconds.
const ROWS_A_COMMIT: u64 = 1 << 21;
/// Seconds without a row after which a companion log is missed.
const SILENCE: f64 = 6.0 * 3600.0;

/// What a run came to.
#[derive(Default)]
pub(crate) struct BehaviourOutcome {
    pub(crate) logs_read: u64,
    pub(crate) logs_known: u64,
    pub(crate) rows: u64,
    /// Rows that the filters left out.
    pub(crate) excluded: u64,
    /// Rows that are part of an incident.
    pub(crate) flagged: u64,
    pub(crate) raised: u64,
    pub(crate) over_budget: u64,
    /// Incidents that rules hide, which are among neither.
    pub(crate) suppressed: u64,
    /// Groups of odd rows that were forgotten because there were too many.
    pub(crate) forgotten: u64,
    pub(crate) span: Option<(f64, f64)>,
    /// The latest end of a connection.
    pub(crate) newest_end: Option<f64>,
    /// Columns that the logs lack and the model knows.
    pub(crate) absent: Fields,
    /// What the state forgot as it was full.
    pub(crate) evicted: Evictions,
    /// Rows read of companion logs so far.
    pub(crate) companions: u64,
    /// Of these: rows that came after their connection.
    pub(crate) late_companions: u64,
    /// Companion logs that stopped arriving.
    pub(crate) silent: Vec<Kind>,
    pub(crate) problems: ProblemReport,
    pub(crate) interrupted: bool,
}

impl BehaviourOutcome {
    /// Whether there was anything to read.
    pub(crate) fn has_read(&self) -> bool {
        self.logs_read > 0 || self.rows + self.excluded + self.companions + self.problems.total() > 0
    }
}

/// A run over some logs.
pub(crate) struct BehaviourRun<'r> {
    pub(super) model: &'r Model,
    /// How much may be remembered.
    pub(super) limits: Limits,
    /// Whose rows they are; empty where there is but one sensor.
    pub(super) sensor: Arc<str>,
    pub(super) explainer: Explainer<'r>,
    pub(super) session: Session,
    pub(super) alarm: Alarm,
    pub(super) store: Option<&'r mut Store>,
    pub(super) revision: u64,
    pub(super) scored: Option<&'r mut ScoredLog>,
    pub(super) options: ReadOptions,
    pub(super) logs: Vec<LogRun>,
    rows_before: Vec<u64>,
    /// Further names of a log that this run has begun lead to it.
    known: HashMap<zeek_log::LogIdentity, usize>,
    /// Which of `logs` a visited log is.
    visited: Vec<usize>,
    companions: Companions,
    /// The companions of each of `logs`, and whether they have been read.
    pub(super) beside: Vec<Beside>,
    /// The companions that were named, of all logs.
    pub(super) named: Beside,
    pub(super) threads: usize,
    /// Problems of the companion logs.
    pub(super) problems: ProblemReport,
    pub(super) open: BTreeMap<u64, (Key, OpenIncident)>,
    /// Groups among them that aren't raised, or more.
    pub(super) waiting: usize,
    /// Rows of raised incidents that wait to be stored, or more.
    pub(super) ready: usize,
    pub(super) pending_rows: u64,
    scoring: Scoring,
    /// What the state took in since the last commit.
    pub(super) journal: Journal,
    /// Whether rows are written rather than the state.
    pub(super) is_lasting: bool,
    /// Who is told of incidents besides the store.
    pub(super) telling: Telling,
    /// The time by which rules expire, besides that of the logs.
    pub(super) now: Option<f64>,
    /// What the state had no room for when it was read.
    cut: Evictions,
    pub(super) outcome: BehaviourOutcome,
}

impl<'r> BehaviourRun<'r> {
    /// A run over the rows of a sensor that goes on where the store says that the last one ended, or else from a model's states.
    pub(crate) fn new(
        (model, sensor, limits): (&'r Model, &str, Limits),
        states: &States,
        per_day: f64,
        store: Option<&'r mut Store>,
        scored: Option<&'r mut ScoredLog>,
        companions: Companions,
    ) -> Result<Self, Failure> {
        let threshold = model.calibration_incidents().live_threshold(per_day);
        let budget = Budget { per_day, threshold };
        let stored = match &store {
            Some(store) => store.model_state(model.id(), sensor)?,
            None => ModelState::default(),
        };
        let Resumed { session, alarm, open, revision, journal } =
            resume((model, states, limits), budget, stored)?;
        let cut = session.state().cut();
        let scoring = Scoring::start(session.scorer().clone());
        Ok(Self {
            model,
            limits,
            sensor: sensor.into(),
            explainer: Explainer::new(model),
            session,
            alarm,
            store,
            revision,
            scored,
            options: ReadOptions::default(),
            logs: Vec::new(),
            rows_before: Vec::new(),
            known: HashMap::new(),
            visited: Vec::new(),
            companions,
            beside: Vec::new(),
            named: Beside::default(),
            threads: 1,
            problems: ProblemReport::default(),
            waiting: open.len(),
            open,
            ready: 0,
            pending_rows: 0,
            scoring,
            journal,
            is_lasting: false,
            telling: Telling::default(),
            now: None,
            cut,
            outcome: BehaviourOutcome::default(),
        })
    }

    /// A run that is to go on for long: it [passes](Self::pass) over what there is again and again, and what it writes each time
    /// is as small as what came.
    pub(crate) fn lasting(mut self) -> Self {
        self.is_lasting = true;
        self
    }

    /// Tells sinks of incidents, through the store's outbox.
    pub(crate) fn telling(mut self, telling: Telling) -> Self {
        self.telling = telling;
        self
    }

    /// Says what time it is, in seconds since 1970: rules that have expired by then hide nothing new. Without it they go by the
    /// time of the logs alone.
    pub(crate) fn at(&mut self, now: f64) {
        self.now = Some(now);
    }

    /// Takes the companions of conn logs, by the names of these, for the next pass, and others that are read before its first row.
    pub(crate) fn give(
        &mut self,
        companions: HashMap<String, Vec<Companion>>,
        others: Vec<Companion>,
    ) -> Result<(), Failure> {
        self.companions.give(companions);
        self.named = self.look_up_companions(others)?;
        Ok(())
    }

    /// Reads and scores everything that the model hasn't seen.
    pub(crate) fn run(mut self, input: Input, exclude: &Filters) -> Result<BehaviourOutcome, Failure> {
        let named = self.companions.take_named();
        self.named = self.look_up_companions(named)?;
        self.pass(input, exclude)
    }

    /// Reads and scores what is new in some logs, and writes what came of it. After an error what is in memory may be ahead of
    /// what is stored: then a new run must begin where that ends.
    pub(crate) fn pass(&mut self, mut input: Input, exclude: &Filters) -> Result<BehaviourOutcome, Failure> {
        if self.store.is_some() {
            // A log without rows is known by nothing yet; the next run reads what comes.
            input.logs.retain(|(_, head)| head.identity.is_some());
        }
        self.options = input.options.clone();
        self.threads = input.threads;
        let work = FlowWork { model: self.model, options: input.options.clone(), exclude };
        let (evicted, late) = (self.session.state().evictions(), self.late_companions());
        let forgotten = self.alarm.forgotten();
        let end = read(input, "scoring", &|chunk| work.chunk(chunk), self)?;
        self.commit()?;
        let mut outcome = std::mem::take(&mut self.outcome);
        for (log, before) in self.logs.iter().zip(&self.rows_before) {
            if log.now.rows > *before {
                outcome.logs_read += 1;
            } else {
                outcome.logs_known += 1;
            }
        }
        // With what had no room from the beginning, which is told once.
        outcome.evicted = self.session.state().evictions().since(&evicted);
        outcome.evicted += std::mem::take(&mut self.cut);
        outcome.forgotten += self.alarm.forgotten() - forgotten;
        outcome.late_companions = self.late_companions() - late;
        outcome.problems = end.problems;
        outcome.problems.merge(std::mem::take(&mut self.problems));
        outcome.companions = self.all_beside().flat_map(|beside| &beside.runs).map(LogRun::new_rows).sum();
        if let Some(companions) = self.session.companions() {
            let clock = companions.clock().unwrap_or_default();
            let health = companions.health();
            outcome.silent = (Kind::ALL.into_iter())
                .filter(|kind| health.of(*kind).silence(clock).is_some_and(|silence| silence > SILENCE))
                .collect();
        }
        outcome.interrupted = end.interrupted;
        // The store knows all of them; the next pass asks it.
        self.logs.clear();
        self.rows_before.clear();
        self.known.clear();
        self.visited.clear();
        self.beside.clear();
        self.named = Beside::default();
        Ok(outcome)
    }

    /// Ends a lasting run: writes the state itself, so that the next one, of another version maybe, begins at once.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        self.write_state()
    }

    fn late_companions(&self) -> u64 {
        let of = |companions: &CompanionState| {
            Kind::ALL.into_iter().map(|kind| companions.health().of(kind).late).sum()
        };
        self.session.companions().map_or(0, of)
    }

    /// Waits for the next chunk's scores and takes them in; `false` where none is under way.
    pub(super) fn take_scored(&mut self) -> Result<bool, Failure> {
        let Some(scored) = self.scoring.next() else { return Ok(false) };
        let log = self.visited[scored.visit.log];
        let flagged = self.group(log, &scored);
        let TrackedChunk { visit, tracked, scores, .. } = scored;
        let chunk = visit.value;
        let run = &mut self.logs[log];
        run.advance(&visit.report, chunk.flows.len() as u64, chunk.span);
        run.now.rows_flagged += flagged.iter().filter(|flagged| **flagged).count() as u64;
        run.now.threshold = Some(f64::from(self.alarm.budget().threshold));
        if let Some(scored) = &mut self.scored {
            let scores: Vec<f32> = scores.iter().map(|scored| scored.score).collect();
            let rows = scored.rows();
            let text = rows.write(&chunk.chunk, &self.options, &chunk.positions, &scores, &|i| flagged[i]);
            match scored.append(&text) {
                Err(failure) if failure.is_broken_pipe() && self.store.is_some() => self.scored = None,
                other => other?,
            }
        }
        let outcome = &mut self.outcome;
        outcome.rows += chunk.flows.len() as u64;
        outcome.excluded += chunk.excluded;
        let ends = chunk.flows.iter().map(|flow| flow.end);
        outcome.newest_end = outcome.newest_end.into_iter().chain(ends).reduce(f64::max);
        outcome.absent = outcome.absent.union(chunk.absent);
        outcome.span = match (outcome.span, chunk.span) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
        self.scoring.give_back(tracked, scores);
        Ok(true)
    }

    /// Groups the rows of a chunk, keeps what may be stored, and says which rows are flagged.
    fn group(&mut self, log: usize, scored: &TrackedChunk) -> Vec<bool> {
        let chunk = &scored.visit.value;
        let mut flagged = vec![false; chunk.flows.len()];
        let floor = self.alarm.floor();
        let keeps = self.store.is_some();
        let mut touched = Vec::new();
        for (place, (flow, row)) in chunk.flows.iter().zip(&scored.scores).enumerate() {
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
        self.resolve(log, scored, touched);
        flagged
    }

    /// Reads the rows that are kept again, as their text was not, and says what is odd about them.
    fn resolve(&mut self, log: usize, scored: &TrackedChunk, mut touched: Vec<u64>) {
        let chunk = &scored.visit.value;
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
        let Some(identity) = self.logs[log].identity.clone().map(Arc::new) else { return };
        let threshold = self.alarm.budget().threshold;
        let positions = wanted.iter().map(|(place, _)| chunk.positions[*place]);
        chunk.chunk.conn_rows_at(&self.options, positions, |which, record, row| {
            let (place, group) = wanted[which];
            let Some((key, incident)) = self.open.get_mut(&group) else { return };
            let parts = (&chunk.flows[place], &scored.tracked.features[place], &scored.scores[place]);
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

impl Reader<FlowChunk> for BehaviourRun<'_> {
    fn begin(&mut self, log: &LogFile, head: &LogHead) -> Result<Position, Failure> {
        if let Some(known) = head.identity.as_ref().and_then(|identity| self.known.get(identity)) {
            self.visited.push(*known);
            return Ok(self.logs[*known].position());
        }
        let store = self.store.as_deref().map(|store| (store, self.model.id()));
        let run = LogRun::look_up(log.name(), head.identity.clone(), store, None)?;
        let position = run.position();
        self.visited.push(self.logs.len());
        if let Some(identity) = &head.identity {
            self.known.insert(identity.clone(), self.logs.len());
        }
        let beside = self.look_up_companions(self.companions.of(log))?;
        self.beside.push(beside);
        self.rows_before.push(run.now.rows);
        self.logs.push(run);
        Ok(position)
    }

    fn take(&mut self, visit: Visit<FlowChunk>) -> Result<(), Failure> {
        let flows = &visit.value.flows;
        if !flows.is_empty() {
            self.read_companions(self.visited[visit.log]);
        }
        self.pending_rows += visit.report.rows;
        if self.is_lasting {
            self.journal.flows(flows);
        }
        let first_row = self.session.state().rows();
        let (mut tracked, scores) = self.scoring.room();
        self.session.track(flows, &mut tracked);
        self.scoring.send(TrackedChunk { visit, first_row, tracked, scores });
        if self.scoring.is_full() {
            self.take_scored()?;
        }
        if self.pending_rows >= ROWS_A_COMMIT || self.is_laden() { self.commit() } else { Ok(()) }
    }
}
