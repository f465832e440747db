//! A detection run with a behaviour model, from plan to last commit.
//!
//! Invariants: rows go through one state in the order in which they were written; what the store says of logs, state, incidents
//! and alerts changes in one transaction. So a run that dies at any moment and is started again ends with exactly the
//! incidents of one that didn't.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use oddflow_detector::behaviour::{Alarm, Budget, Explainer, Key, Model, Session, States};
use oddflow_features::behaviour::{Evictions, Fields};
use oddflow_features::companion::{CompanionState, Kind};
use oddflow_rollups::Builders;
use oddflow_store::{ModelState, Store};
use zeek_filter::Filters;
use zeek_follow::MergeState;
use zeek_log::{LogFile, LogHead, Position, ReadOptions};

use super::beside::Beside;
use super::counting::Counting;
use super::drifting::{Drifted, Drifting};
use super::flows::{FlowChunk, FlowWork};
use super::incident::OpenIncident;
use super::journal::Journal;
use super::limits::Limits;
use super::resume::{Resumed, resume};
use super::rows::Rows;
use super::scoring::{Scoring, TrackedRows};
use super::telling::Telling;
use crate::companions::{Companion, Companions};
use crate::detection::ledger::LogRun;
use crate::detection::scored_log::ScoredLog;
use crate::failure::Failure;
use crate::input::{Input, ProblemReport};
use crate::reading::{ReadEnd, Reader, Visit, read};

/// Rows after which a transaction is written. The state goes with each, so that few are better than many; after a crash as
/// many rows are read again, which takes seconds.
pub(super) const ROWS_A_COMMIT: u64 = 1 << 21;
/// Bytes of text that are read at a time. Some chunks are under way with all that is made of their rows, ten times as much.
pub(super) const CHUNK: usize = 512 << 10;
/// Passes for which conn logs wait for others that can't be read: with a look a second a minute.
const MOST_TEARS: u32 = 60;
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
    /// Rows whose connection ended before that of a row before them.
    pub(crate) rows_trailing: u64,
    /// Rows that came after rows of other loggers that they should have been before.
    pub(crate) rows_late: u64,
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
    /// Days that are over, compared with the baseline.
    pub(crate) drifted: Vec<Drifted>,
    /// Columns that the logs lack and the model knows.
    pub(crate) absent: Fields,
    /// What the state forgot as it was full.
    pub(crate) evicted: Evictions,
    /// Rows read of companion logs so far.
    pub(crate) companions: u64,
    /// Of these: rows that came after their connection.
    pub(crate) late_companions: u64,
    /// Of these: rows of connections that were still open.
    pub(crate) interim: u64,
    /// Companion logs that stopped arriving.
    pub(crate) silent: Vec<Kind>,
    pub(crate) problems: ProblemReport,
    pub(crate) interrupted: bool,
    /// Whether it ended before all was read that is there.
    pub(crate) is_cut: bool,
    /// Names of logs with rows that wait for those of other loggers.
    pub(crate) held: HashSet<String>,
}

impl BehaviourOutcome {
    /// Whether there was anything to read.
    pub(crate) fn has_read(&self) -> bool {
        self.logs_read > 0 || self.rows + self.excluded + self.companions + self.problems.total() > 0
    }

    /// Takes in what a part of a log was like, and how many rows the filters left out of it.
    pub(super) fn count(&mut self, part: &FlowChunk, excluded: u64) {
        self.excluded += excluded;
        self.absent = self.absent.union(part.absent);
        self.span = match (self.span, part.span) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
    }
}

/// Companions for a pass.
#[derive(Default)]
pub(crate) struct Given {
    /// Those of conn logs, by the names of these.
    pub(crate) of_logs: HashMap<String, Vec<Companion>>,
    /// Those that are read before all.
    pub(crate) before: Vec<Companion>,
    /// Whether the latter are read in steps, log after log of a kind, so that they stay ahead of the connections. Then those of conn
    /// logs are among them.
    pub(crate) in_steps: bool,
}

/// What a run counts from its beginning on.
pub(super) struct Counts {
    evicted: Evictions,
    /// Groups of odd rows that were forgotten.
    groups: u64,
    /// Rows of companions that came late.
    late: u64,
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
    /// Connections that are left out.
    pub(super) exclude: Filters,
    pub(super) logs: Vec<LogRun>,
    rows_before: Vec<u64>,
    /// Further names of a log that this run has begun lead to it.
    known: HashMap<zeek_log::LogIdentity, usize>,
    /// Which of `logs` a visited log is.
    pub(super) visited: Vec<usize>,
    pub(super) companions: Companions,
    /// The companions of each of `logs`, and whether they have been read.
    pub(super) beside: Vec<Beside>,
    /// The companions that were named, of all logs.
    pub(super) named: Beside,
    pub(super) threads: usize,
    /// Problems of the companion logs.
    pub(super) problems: ProblemReport,
    /// Whether those that are read before all logs are read in steps, as far as the connections have come; those of each log are
    /// then among them, and only looked into.
    pub(super) reads_ahead: bool,
    /// Whether some of them could not be read, so that conn logs are left for the next pass.
    pub(super) is_torn: bool,
    /// Passes of which that has been true since the last one of which it was not.
    tears: u32,
    pub(super) open: BTreeMap<u64, (Key, OpenIncident)>,
    /// Groups among them that aren't raised, or more.
    pub(super) waiting: usize,
    /// The newest end of a connection.
    newest: f64,
    /// Where the merging of several loggers stands.
    pub(super) merge: MergeState,
    /// Rows of raised incidents that wait to be stored, or more.
    pub(super) ready: usize,
    pub(super) pending_rows: u64,
    scoring: Scoring,
    /// What the state took in since the last commit.
    pub(super) journal: Journal,
    /// The day that is compared with the baseline; `None` where nothing is stored, or the model can't.
    pub(super) drifting: Option<Drifting>,
    /// What all rows come to; `None` where nothing is stored, or a shadow finds it.
    pub(super) counting: Option<Counting>,
    pub(super) builders: Arc<Builders>,
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
        let Resumed { session, alarm, open, merge, revision, journal, drifting } =
            resume((model, states, limits), budget, stored)?;
        let cut = session.state().cut();
        let scoring = Scoring::start(session.scorer().clone());
        let whose = (model.id(), sensor);
        let counting = store.as_deref().map(|store| Counting::resume(store, whose, limits)).transpose()?;
        Ok(Self {
            model,
            limits,
            sensor: sensor.into(),
            explainer: Explainer::new(model),
            session,
            alarm,
            drifting: drifting.filter(|_| store.is_some()),
            counting,
            builders: Arc::default(),
            store,
            revision,
            scored,
            options: ReadOptions::default(),
            exclude: Filters::default(),
            logs: Vec::new(),
            rows_before: Vec::new(),
            known: HashMap::new(),
            visited: Vec::new(),
            companions,
            beside: Vec::new(),
            named: Beside::default(),
            threads: 1,
            problems: ProblemReport::default(),
            reads_ahead: false,
            is_torn: false,
            tears: 0,
            waiting: open.len(),
            open,
            newest: f64::NEG_INFINITY,
            merge,
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
        self.counting = self.counting.filter(|_| !telling.is_shadow);
        self.telling = telling;
        self
    }

    /// Says what time it is, in seconds since 1970: rules that have expired by then hide nothing new. Without it they go by the
    /// time of the logs alone.
    pub(crate) fn at(&mut self, now: f64) {
        self.now = Some(now);
    }

    /// Takes the companions of conn logs for the next pass.
    pub(crate) fn give(&mut self, given: Given) -> Result<(), Failure> {
        self.companions.give(given.of_logs);
        self.named = self.look_up_companions(given.before)?;
        self.reads_ahead = given.in_steps;
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
        input.options.chunk = input.options.chunk.min(CHUNK);
        self.options = input.options.clone();
        self.threads = input.threads;
        self.exclude = exclude.clone();
        let builders = self.counting.is_some().then(|| Arc::clone(&self.builders));
        let work = FlowWork {
            model: self.model,
            options: input.options.clone(),
            exclude,
            keeps_uids: false,
            traffic: builders.as_deref(),
        };
        let before = self.counts();
        let end = read(input, "scoring", &|chunk| work.chunk(chunk), self)?;
        self.commit()?;
        Ok(self.close_pass(&before, end))
    }

    /// What was forgotten and came late so far.
    pub(super) fn counts(&self) -> Counts {
        Counts {
            evicted: self.session.state().evictions(),
            groups: self.alarm.forgotten(),
            late: self.late_companions(),
        }
    }

    /// What came of a pass; the next one asks the store for what this one knows.
    pub(super) fn close_pass(&mut self, before: &Counts, end: ReadEnd) -> BehaviourOutcome {
        let mut outcome = std::mem::take(&mut self.outcome);
        for (log, before) in self.logs.iter().zip(&self.rows_before) {
            if log.now.rows > *before {
                outcome.logs_read += 1;
            } else {
                outcome.logs_known += 1;
            }
        }
        // With what had no room from the beginning, which is told once.
        outcome.evicted = self.session.state().evictions().since(&before.evicted);
        outcome.evicted += std::mem::take(&mut self.cut);
        outcome.forgotten += self.alarm.forgotten() - before.groups;
        outcome.late_companions = self.late_companions() - before.late;
        outcome.problems = end.problems;
        outcome.problems.merge(std::mem::take(&mut self.problems));
        for [rows, interim] in self.all_beside().map(Beside::new_rows) {
            outcome.companions += rows;
            outcome.interim += interim;
        }
        if let Some(companions) = self.session.companions() {
            let clock = companions.clock().unwrap_or_default();
            let health = companions.health();
            outcome.silent = (Kind::ALL.into_iter())
                .filter(|kind| health.of(*kind).silence(clock).is_some_and(|silence| silence > SILENCE))
                .collect();
        }
        outcome.interrupted = end.interrupted;
        outcome.is_cut = std::mem::take(&mut self.is_torn);
        self.tears = if outcome.is_cut { self.tears + 1 } else { 0 };
        if self.reads_ahead {
            outcome.held.extend(self.named.unread().map(str::to_owned));
        }
        self.logs.clear();
        self.rows_before.clear();
        self.known.clear();
        self.visited.clear();
        self.beside.clear();
        self.named = Beside::default();
        outcome
    }

    /// Some companions could not be read. One that has moved since it was found is found again, so conn logs wait, but not for ever.
    pub(super) fn tear(&mut self) {
        self.is_torn |= self.tears < MOST_TEARS;
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

    /// Takes rows through the state, and hands them over to be scored.
    pub(super) fn track(&mut self, rows: Rows) -> Result<(), Failure> {
        let flows = rows.flows();
        if flows.is_empty() && matches!(rows, Rows::Merged(_)) {
            return Ok(());
        }
        if self.is_lasting {
            self.journal.flows(flows);
        }
        let first_row = self.session.state().rows();
        let (mut tracked, scores) = self.scoring.room();
        self.session.track(flows, &mut tracked);
        let counting = match (&mut self.counting, &self.store) {
            (Some(counting), Some(store)) => {
                Some(counting.begin(&rows, store, (self.model.id(), &self.sensor))?)
            }
            _ => None,
        };
        self.scoring.send(TrackedRows { rows, first_row, tracked, scores, counting });
        if self.scoring.is_full() {
            self.take_scored()?;
        }
        Ok(())
    }

    /// Waits for the scores of the next rows and takes them in; `false` where none are under way.
    pub(super) fn take_scored(&mut self) -> Result<bool, Failure> {
        let Some(scored) = self.scoring.next() else { return Ok(false) };
        let flagged = self.group(&scored);
        if let Some(drifting) = &mut self.drifting {
            drifting.take(&scored, &self.options);
        }
        if let (Some(counting), Some(counted)) = (&mut self.counting, &scored.counting) {
            counting.end(counted);
        }
        let outcome = &mut self.outcome;
        let flows = scored.rows.flows();
        outcome.rows += flows.len() as u64;
        for flow in flows {
            outcome.rows_trailing += u64::from(flow.end < self.newest);
            self.newest = self.newest.max(flow.end);
        }
        if !flows.is_empty() {
            outcome.newest_end = Some(self.newest);
        }
        let TrackedRows { rows, tracked, scores, .. } = scored;
        let threshold = Some(f64::from(self.alarm.budget().threshold));
        match rows {
            Rows::Part(visit) => {
                let log = &mut self.logs[self.visited[visit.log]];
                let part = visit.value;
                log.advance(&visit.report, part.flows.len() as u64, part.span);
                log.now.rows_flagged += flagged.iter().filter(|flagged| **flagged).count() as u64;
                log.now.threshold = threshold;
                self.outcome.count(&part, part.excluded);
                if let Some(scored) = &mut self.scored {
                    let scores: Vec<f32> = scores.iter().map(|scored| scored.score).collect();
                    let rows = scored.rows();
                    let text =
                        rows.write(&part.chunk, &self.options, &part.positions, &scores, &|i| flagged[i]);
                    match scored.append(&text) {
                        Err(failure) if failure.is_broken_pipe() && self.store.is_some() => {
                            self.scored = None;
                        }
                        other => other?,
                    }
                }
            }
            Rows::Merged(rows) => {
                for (row, flagged) in flagged.iter().enumerate() {
                    let log = &mut self.logs[rows.log(row)].now;
                    log.rows_flagged += u64::from(*flagged);
                    log.threshold = threshold;
                }
            }
        }
        self.scoring.give_back(tracked, scores);
        Ok(true)
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
        if let Some(end) = visit.value.flows.iter().map(|flow| flow.end).reduce(f64::max) {
            match self.reads_ahead {
                true => self.read_ahead(end),
                false => self.read_companions(self.visited[visit.log]),
            }
        }
        if self.is_torn {
            return Ok(());
        }
        self.pending_rows += visit.report.rows;
        self.track(Rows::Part(Box::new(visit)))?;
        if self.pending_rows >= ROWS_A_COMMIT || self.is_laden() { self.commit() } else { Ok(()) }
    }
}
