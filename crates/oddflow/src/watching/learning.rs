//! Watching without a model: a baseline is collected first, a model learned of it, and watching goes on behind it.
//!
//! Nothing is kept of the rows meanwhile but how many there are and when they were: the logs lie where Zeek has put them, and are
//! read again when there are enough. The rows that the model has learned of count as read by it, so that none is scored that it knows.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::ControlFlow;

use oddflow_detector::Model;
use oddflow_detector::behaviour::TrainOptions;
use oddflow_features::behaviour::LocalNetworks;
use oddflow_store::{Batch, ModelEvent, Progress, Store};
use tracing::info;
use zeek_follow::{Follower, Hour, Ledger, LedgerError, Mode, Now, Settings};
use zeek_log::{Chunk, LogFile, LogHead, LogIdentity, Position};

use super::service::{Watch, pause, seconds};
use crate::commands::detect::forecast;
use crate::companions::Companions;
use crate::failure::Failure;
use crate::input::Logs;
use crate::interrupt;
use crate::models;
use crate::pulse;
use crate::reading::{Reader, Visit, read};
use crate::text::{counted, number};
use crate::training::{Guard, behaviour};

const DAY: f64 = 86_400.0;

/// When there is enough to learn from, and how it is learned.
#[derive(Clone, Debug)]
pub(crate) struct Learn {
    /// Days that the baseline is to cover.
    pub(crate) days: f64,
    /// Rows that are enough whatever the days; 0 for none.
    pub(crate) rows: u64,
    pub(crate) local: LocalNetworks,
    /// Incidents a day that the model is to be made for.
    pub(crate) budget: Option<f64>,
    pub(crate) conn_only: bool,
    /// Memory for the rows of a baseline; of more the latest are kept.
    pub(crate) memory: u64,
}

/// What was seen of the logs of a baseline.
#[derive(Default)]
struct Collected {
    logs: Logs,
    read: RefCell<HashMap<LogIdentity, Progress>>,
}

/// Collects a baseline and learns of it; `false` when it is asked to stop before.
pub(super) fn learn(watch: &Watch, now: &dyn Fn() -> Now) -> Result<bool, Failure> {
    let settings = Settings { mode: Mode::Rotated, beside: Vec::new(), ..watch.follow.clone() };
    let mut follower = Follower::new(watch.roots.clone(), settings);
    let mut collected = Collected::default();
    info!(days = watch.learn.days, "there is no model yet: collecting a baseline");
    loop {
        let poll = follower.poll(now(), &collected).map_err(|error| Failure::passing(error.to_string()))?;
        pulse::ready();
        let logs: Logs = (poll.hours.iter())
            .filter_map(|hour| hour.main.as_ref())
            .map(|log| (log.log.clone(), log.head.clone()))
            .collect();
        if !logs.is_empty() {
            collected.read(logs, watch)?;
            poll.hours.iter().flat_map(Hour::logs).for_each(|log| follower.finish(log));
            let (rows, seconds) = collected.extent();
            info!(rows, days = seconds / DAY, "collected");
        }
        if interrupt::requested() {
            return Ok(false);
        }
        if !poll.has_more {
            let (rows, seconds) = collected.extent();
            if watch.learn.is_enough(rows, seconds) {
                break;
            }
            if watch.once {
                return Err(Failure::usage(
                    format!(
                        "{} of {} days are there to learn from",
                        number(seconds / DAY),
                        number(watch.learn.days)
                    ),
                    "Watch on, set learn.days lower, or train a model with: oddflow train LOGS -o FILE.",
                ));
            }
            if !pause(watch.pause) {
                return Ok(false);
            }
        }
    }
    collected.train(watch, seconds(now().wall))
}

impl Learn {
    fn is_enough(&self, rows: u64, seconds: f64) -> bool {
        // A week that begins and ends in the middle of a minute is a week.
        rows > 0 && (seconds >= self.days * DAY * 0.999 || self.rows > 0 && rows >= self.rows)
    }
}

impl Ledger for Collected {
    fn position(&self, log: &LogIdentity) -> Result<Option<Position>, LedgerError> {
        let read = self.read.borrow();
        Ok(read.get(log).map(|progress| Position { bytes: progress.bytes, lines: progress.lines }))
    }
}

impl Collected {
    /// Rows, and the seconds from the first connection's begin to the last one's.
    fn extent(&self) -> (u64, f64) {
        let read = self.read.borrow();
        let rows = read.values().map(|progress| progress.rows).sum();
        let first = read.values().filter_map(|progress| progress.first_ts).fold(f64::INFINITY, f64::min);
        let last = read.values().filter_map(|progress| progress.last_ts).fold(f64::NEG_INFINITY, f64::max);
        (rows, (last - first).max(0.0))
    }

    fn read(&mut self, logs: Logs, watch: &Watch) -> Result<(), Failure> {
        let input = watch.input(logs.clone());
        let options = input.options.clone();
        let work = |chunk: &Chunk| {
            let mut span: Option<(f64, f64)> = None;
            let report = chunk.conn_rows(&options, |record, _| {
                let (first, last) = span.unwrap_or((record.ts, record.ts));
                span = Some((first.min(record.ts), last.max(record.ts)));
                ControlFlow::Continue(())
            });
            (span, report)
        };
        let mut counting = Counting { read: &self.read, logs: Vec::new() };
        read(input, "collecting", &work, &mut counting)?;
        self.logs.extend(logs);
        Ok(())
    }

    /// Learns, and takes the model into the database. `time` is the calendar's.
    fn train(self, watch: &Watch, time: f64) -> Result<bool, Failure> {
        let Self { logs, read } = self;
        let input = watch.input(logs);
        let threads = input.threads;
        let guard = Guard::of(&input, Some(&watch.db))?;
        let companions = Companions::find(&[], watch.learn.conn_only, &input.options)?;
        let default = TrainOptions::default();
        let budget = watch.learn.budget.unwrap_or(default.budget);
        let mut options = TrainOptions { budget, threads, ..default };
        let local = watch.learn.local.clone();
        let (baseline, manifest, left_out) = behaviour::read_baseline(
            input,
            watch.learn.memory,
            options.seed,
            local,
            &watch.exclude,
            &guard,
            companions,
        )?;
        if interrupt::requested() {
            return Ok(false);
        }
        options.left_out[0] = left_out.excluded;
        behaviour::audit(&baseline)?;
        info!(rows = baseline.kept(), "learning");
        let trained = behaviour::learn(&baseline, manifest, &options, false)?.model;
        info!("{}", forecast(&trained, budget));
        let model = Model::Behaviour(Box::new(trained));
        let mut store = Store::open(&watch.db)?;
        // In one transaction: a model that is there is active and has a ledger.
        let mut batch = store.begin()?;
        take_in(&mut batch, &model, &read.into_inner(), time)?;
        batch.commit()?;
        if let Some(path) = &watch.model {
            model.write(path)?;
        }
        info!(model = model.id(), "learned of {}", counted(baseline.kept() as u64, "row"));
        Ok(true)
    }
}

/// Takes a model that was learned into the database, enters logs as read by it, and has it active.
fn take_in(
    batch: &mut Batch<'_>,
    model: &Model,
    read: &HashMap<LogIdentity, Progress>,
    time: f64,
) -> Result<(), Failure> {
    let failed = |error| Failure::output("the model", &error);
    let bytes = model.to_bytes().map_err(failed)?;
    models::import(batch, model, &bytes, (time, ModelEvent::Learned, "of a first baseline"))?;
    let mut entries: Vec<_> = (read.iter())
        .map(|(log, progress)| {
            let identity = oddflow_store::LogIdentity {
                path: log.path.clone(),
                opened: log.open.clone(),
                first_uid: log.first.clone(),
            };
            (identity, progress)
        })
        .collect();
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    for (identity, progress) in entries {
        // The same logs may have given the same model before.
        if batch.seen().ledger(model.id(), &identity)?.is_none() {
            let log = batch.log(model.id(), &identity, "baseline", None)?;
            batch.progress(log, progress)?;
        }
    }
    batch.activate(model.id(), time, "the first one learned")?;
    Ok(())
}

/// Counts what is read.
struct Counting<'c> {
    read: &'c RefCell<HashMap<LogIdentity, Progress>>,
    /// The identities of logs, in the order in which they were begun.
    logs: Vec<Option<LogIdentity>>,
}

impl Reader<Option<(f64, f64)>> for Counting<'_> {
    fn begin(&mut self, _: &LogFile, head: &LogHead) -> Result<Position, Failure> {
        self.logs.push(head.identity.clone());
        let read = self.read.borrow();
        let known = head.identity.as_ref().and_then(|log| read.get(log));
        Ok(known.map_or_else(Position::default, |known| Position { bytes: known.bytes, lines: known.lines }))
    }

    fn take(&mut self, visit: Visit<Option<(f64, f64)>>) -> Result<(), Failure> {
        let Some(log) = self.logs[visit.log].clone() else { return Ok(()) };
        let mut read = self.read.borrow_mut();
        let progress = read.entry(log).or_default();
        progress.bytes = progress.bytes.max(visit.report.end.bytes);
        progress.lines = progress.lines.max(visit.report.end.lines);
        progress.rows += visit.report.rows;
        if let Some((first, last)) = visit.value {
            progress.first_ts = Some(progress.first_ts.map_or(first, |known| known.min(first)));
            progress.last_ts = Some(progress.last_ts.map_or(last, |known| known.max(last)));
        }
        Ok(())
    }
}
