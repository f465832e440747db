//! A detection run from plan to last commit.
//!
//! Invariants: what the store says of a log and the alerts of its rows change in one transaction; a log is read from where the
//! store says it ended; a row's score depends on nothing but the row and the model. So a run that dies at any moment and is
//! started again ends with exactly the alerts of one that didn't.

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;

use oddflow_detector::classic::{Detector, Model};
use oddflow_store::Store;
use zeek_log::{Chunk, Part, Planned, ReadError, ReadOptions, read_parallel};

use super::flagged::Flagged;
use super::ledger::LogRun;
use super::scored_log::{ScoredLog, ScoredPart};
use super::scoring::{ChunkOutcome, ScoredChunk, Scoring, Threshold};
use super::spool::ScoreSpool;
use crate::failure::Failure;
use crate::input::{Input, Logs, ProblemReport, distinct};
use crate::interrupt;
use crate::progress::Progress;

/// Rows after which a transaction is written. Fewer make more work for the database, more are read again after a crash.
const ROWS_A_COMMIT: u64 = 1 << 17;

/// What a run came to.
#[derive(Default)]
pub(crate) struct Outcome {
    /// Logs that had rows the model hadn't seen.
    pub(crate) logs_read: u64,
    /// Logs that had none.
    pub(crate) logs_known: u64,
    /// Rows scored.
    pub(crate) rows: u64,
    /// Rows flagged.
    pub(crate) flagged: u64,
    /// Earliest and latest start of a connection.
    pub(crate) span: Option<(f64, f64)>,
    /// What could not be read.
    pub(crate) problems: ProblemReport,
    /// Whether the user stopped it.
    pub(crate) interrupted: bool,
}

/// A run over some logs.
pub(crate) struct DetectionRun<'r> {
    model: &'r Model,
    detector: &'r Detector,
    threshold: Threshold,
    store: Option<&'r mut Store>,
    scored: Option<&'r mut ScoredLog>,
    options: ReadOptions,
    threads: usize,
    strict: bool,
    logs: Vec<LogRun>,
    /// How many rows of each had been read before.
    rows_before: Vec<u64>,
    /// How far this run has come with the logs before them.
    read: HashMap<zeek_log::LogIdentity, oddflow_store::Progress>,
    /// Alerts that wait for the next commit, each with the number of its log.
    pending: Vec<(usize, Flagged<'r>)>,
    /// Logs that have moved since the last commit.
    touched: BTreeSet<usize>,
    pending_rows: u64,
    /// The scores of the log that is being read, where its threshold depends on all of them.
    spool: Option<(usize, ScoreSpool)>,
    progress: Option<Progress>,
    outcome: Outcome,
}

impl<'r> DetectionRun<'r> {
    /// A run of a model, with alerts to a store, scored rows to a log, or both.
    pub(crate) fn new(
        model: &'r Model,
        detector: &'r Detector,
        threshold: Threshold,
        store: Option<&'r mut Store>,
        scored: Option<&'r mut ScoredLog>,
    ) -> Self {
        Self {
            model,
            detector,
            threshold,
            store,
            scored,
            options: ReadOptions::default(),
            threads: 1,
            strict: false,
            logs: Vec::new(),
            rows_before: Vec::new(),
            read: HashMap::new(),
            pending: Vec::new(),
            touched: BTreeSet::new(),
            pending_rows: 0,
            spool: None,
            progress: None,
            outcome: Outcome::default(),
        }
    }

    /// Reads and scores everything that the model hasn't seen.
    pub(crate) fn run(mut self, input: Input) -> Result<Outcome, Failure> {
        self.threads = input.threads;
        self.strict = input.strict;
        self.progress = Some(Progress::reading("scoring", input.size()));
        self.options = input.options;
        self.outcome.problems = ProblemReport::starting(input.left_out);
        let mut left = input.logs;
        if self.store.is_some() {
            // A log without rows is known by nothing yet; the next run reads what comes.
            left.retain(|(_, head)| head.identity.is_some());
        }
        while !left.is_empty() && !self.outcome.interrupted {
            let (now, later) = distinct(left);
            self.read(now)?;
            left = later;
        }
        Ok(self.outcome)
    }

    /// Reads logs of which each is another one.
    fn read(&mut self, logs: Logs) -> Result<(), Failure> {
        let store = self.store.as_deref().map(|store| (store, self.model.id()));
        self.logs = logs
            .iter()
            .map(|(log, head)| {
                let read = head.identity.as_ref().and_then(|identity| self.read.get(identity));
                LogRun::look_up(log.name(), head.identity.clone(), store, read)
            })
            .collect::<Result<_, _>>()?;
        self.rows_before = self.logs.iter().map(|log| log.now.rows).collect();
        let plan: Vec<Planned> = logs
            .into_iter()
            .zip(&self.logs)
            .map(|((log, head), run)| Planned { log, head, from: run.position() })
            .collect();
        let options = self.options.clone();
        let scoring = Scoring {
            detector: self.detector,
            options: &options,
            threshold: self.threshold,
            rows: self.scored.as_ref().map(|scored| scored.rows()),
            until: None,
        };
        let mut failure = None;
        let work = |chunk: &Chunk| scoring.chunk(chunk, plan[chunk.file].from);
        read_parallel(&plan, &options, self.threads, work, |file, read| {
            match self.take(file, read, &plan[file]) {
                Ok(flow) => flow,
                Err(error) => {
                    failure = Some(error);
                    ControlFlow::Break(())
                }
            }
        });
        if let Some(failure) = failure {
            return Err(failure);
        }
        // A log whose threshold isn't known yet, as the user has stopped the run, is left as it was.
        match self.spool.take() {
            Some((file, _)) => self.commit_but(file)?,
            None => self.commit()?,
        }
        for (planned, run) in plan.into_iter().zip(&self.logs) {
            if let Some(identity) = planned.head.identity {
                self.read.insert(identity, run.now.clone());
            }
        }
        Ok(())
    }

    /// Takes the next chunk, in order.
    fn take(
        &mut self,
        file: usize,
        read: Result<Part<ScoredChunk<'r>>, ReadError>,
        planned: &Planned,
    ) -> Result<ControlFlow<()>, Failure> {
        let Part { last, value: scored } = match read {
            Ok(part) => part,
            Err(error) => {
                self.outcome.problems.add_lost(error, self.strict)?;
                return Ok(interrupt::check());
            }
        };
        let log = &mut self.logs[file];
        self.outcome.problems.add(&log.name, &scored.report.problems, self.strict)?;
        self.outcome.problems.add_other_rows(scored.report.other_rows);
        log.advance(&scored.report, scored.rows, scored.span);
        self.touched.insert(file);
        self.outcome.rows += scored.rows;
        self.outcome.span = match (self.outcome.span, scored.span) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
        self.pending_rows += scored.rows;
        match scored.outcome {
            ChunkOutcome::Flagged { threshold, flagged, text } => {
                self.flag(file, threshold, flagged);
                self.append(&text)?;
            }
            ChunkOutcome::Scores(scores) => {
                let (_, spool) = self.spool.get_or_insert_with(|| (file, ScoreSpool::new()));
                spool.extend(&scores).map_err(|error| Failure::output("a temporary file", &error))?;
            }
        }
        let size = if last { planned.log.size().unwrap_or(0) } else { 0 };
        if let Some(progress) = &mut self.progress {
            progress.rows(scored.rows, size);
        }
        if last {
            if self.logs[file].now.rows > self.rows_before[file] {
                self.outcome.logs_read += 1;
            } else {
                self.outcome.logs_known += 1;
            }
            if let Some((_, spool)) = self.spool.take() {
                self.flag_top(file, planned, spool)?;
            }
        }
        // A threshold that depends on a whole log makes the log one transaction.
        let may_commit = last || matches!(self.threshold, Threshold::Fixed(_));
        if may_commit && (self.pending_rows >= ROWS_A_COMMIT || interrupt::requested()) {
            self.commit()?;
        }
        if interrupt::requested() {
            self.outcome.interrupted = true;
            return Ok(ControlFlow::Break(()));
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Adds rows to the scored log. Beside a store, a reader that goes away ends only the log.
    fn append(&mut self, parts: &[ScoredPart]) -> Result<(), Failure> {
        let Some(log) = &mut self.scored else { return Ok(()) };
        match log.append(parts) {
            Err(failure) if failure.is_broken_pipe() && self.store.is_some() => {
                self.scored = None;
                Ok(())
            }
            other => other,
        }
    }

    fn flag(&mut self, file: usize, threshold: f64, flagged: Vec<Flagged<'r>>) {
        let log = &mut self.logs[file];
        log.now.threshold = threshold.is_finite().then_some(threshold).or(log.now.threshold);
        log.now.rows_flagged += flagged.len() as u64;
        self.outcome.flagged += flagged.len() as u64;
        if self.store.is_some() {
            self.pending.extend(flagged.into_iter().map(|flagged| (file, flagged)));
        }
    }

    /// Reads a large log a second time, now that its threshold is known, and stores its alerts in one transaction.
    fn flag_top(&mut self, file: usize, planned: &Planned, spool: ScoreSpool) -> Result<(), Failure> {
        let Threshold::Top(share) = self.threshold else { return Ok(()) };
        let threshold =
            spool.quantile(1.0 - share).map_err(|error| Failure::output("a temporary file", &error))?;
        self.commit_but(file)?;
        let options = self.options.clone();
        let scoring = Scoring {
            detector: self.detector,
            options: &options,
            threshold: Threshold::Fixed(threshold),
            rows: self.scored.as_ref().map(|scored| scored.rows()),
            until: Some(self.logs[file].position().bytes),
        };
        let Self { store, scored, logs, outcome, .. } = self;
        let log = &mut logs[file];
        let mut batch = match (store, &log.identity) {
            (Some(store), Some(identity)) => {
                let mut batch = store.begin()?;
                let id = batch.log(self.model.id(), identity, &log.place, log.stored.as_ref())?;
                Some((batch, id))
            }
            _ => None,
        };
        let mut failure = None;
        let mut flagged_rows = 0;
        let mut take = |read: Result<Part<ScoredChunk<'_>>, ReadError>| -> Result<(), Failure> {
            let chunk = read?.value;
            if let ChunkOutcome::Flagged { flagged, text, .. } = chunk.outcome {
                flagged_rows += flagged.len() as u64;
                if let Some((batch, id)) = &mut batch {
                    flagged.iter().try_for_each(|flagged| flagged.store(batch, *id))?;
                }
                if let Some(log) = scored {
                    match log.append(&text) {
                        Err(failure) if failure.is_broken_pipe() && batch.is_some() => *scored = None,
                        other => other?,
                    }
                }
            }
            Ok(())
        };
        let work = |chunk: &Chunk| scoring.chunk(chunk, planned.from);
        read_parallel(std::slice::from_ref(planned), &options, self.threads, work, |_, read| {
            match take(read) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failure = Some(error);
                    ControlFlow::Break(())
                }
            }
        });
        if let Some(failure) = failure {
            return Err(failure);
        }
        log.now.threshold = threshold.is_finite().then_some(threshold).or(log.now.threshold);
        log.now.rows_flagged += flagged_rows;
        outcome.flagged += flagged_rows;
        if let Some((mut batch, id)) = batch {
            if let Some(scored) = scored {
                scored.flush()?;
            }
            batch.progress(id, &log.now)?;
            batch.commit()?;
            log.stored = Some(log.now.clone());
        }
        self.touched.remove(&file);
        Ok(())
    }

    /// Writes what waits, in one transaction.
    fn commit(&mut self) -> Result<(), Failure> {
        self.commit_but(usize::MAX)
    }

    /// Writes what waits, but for one log whose alerts aren't known yet; its progress is written with them.
    fn commit_but(&mut self, not_ready: usize) -> Result<(), Failure> {
        let touched = std::mem::take(&mut self.touched);
        let pending = std::mem::take(&mut self.pending);
        self.pending_rows = 0;
        let Some(store) = &mut self.store else { return Ok(()) };
        let ready = |file: &usize| *file != not_ready && self.logs[*file].is_ahead();
        let ready: Vec<usize> = touched.into_iter().filter(ready).collect();
        if ready.is_empty() {
            return Ok(());
        }
        if let Some(scored) = &mut self.scored {
            scored.flush()?;
        }
        let mut waiting = pending.iter().peekable();
        let mut batch = store.begin()?;
        for &file in &ready {
            let log = &self.logs[file];
            let Some(identity) = &log.identity else { continue };
            let id = batch.log(self.model.id(), identity, &log.place, log.stored.as_ref())?;
            while let Some((_, flagged)) = waiting.next_if(|(of, _)| *of == file) {
                flagged.store(&mut batch, id)?;
            }
            batch.progress(id, &log.now)?;
        }
        batch.commit()?;
        for file in ready {
            self.logs[file].stored = Some(self.logs[file].now.clone());
        }
        Ok(())
    }
}
