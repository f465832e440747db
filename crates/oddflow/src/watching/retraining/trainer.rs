//! Learning of a model in a thread beside the watching.
//!
//! The thread reads the logs that lie on the disk once more, and writes one transaction at its end: the model, its role, and what it
//! counts as read. One that is asked to stop before leaves nothing, and is begun again by whoever watches next.

use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use oddflow_detector::Model;
use oddflow_detector::behaviour::TrainOptions;
use oddflow_features::behaviour::LocalNetworks;
use oddflow_store::{LogIdentity, ModelEvent, Store};
use tracing::{debug, error, info, warn};
use zeek_filter::Filters;
use zeek_follow::{Follower, Hour, Ledger, LedgerError, Mode, Now, Root, Settings as FollowSettings};
use zeek_log::Position;

use super::{DAY, Why};
use crate::companions::Companions;
use crate::failure::Failure;
use crate::input::{Input, Logs};
use crate::interrupt;
use crate::models;
use crate::pulse;
use crate::text::{counted, time as written};
use crate::training::{Guard, behaviour};
use crate::watching::priority;
use crate::watching::service::Watch;

/// Memory for the rows of a baseline, beside what the watching takes, at most; of more the latest are kept.
const MEMORY: u64 = 512 << 20;

/// How old files are taken to be besides: none waits to be settled.
const AGE: Duration = Duration::from_secs(3600);

/// What a model is to be learned of.
pub(in crate::watching) struct Job {
    /// The end of the baseline in log time.
    pub(in crate::watching) due: f64,
    pub(in crate::watching) why: Why,
    /// Its length in days.
    pub(in crate::watching) days: f64,
    /// The active model, whose ledger says what was read.
    pub(in crate::watching) active: String,
    /// Incidents a day that it is to be made for.
    pub(in crate::watching) budget: f64,
    pub(in crate::watching) now: Now,
    /// The calendar's time, in seconds since 1970.
    pub(in crate::watching) time: f64,
    db: PathBuf,
    roots: Vec<Root>,
    follow: FollowSettings,
    exclude: Filters,
    local: LocalNetworks,
    conn_only: bool,
    memory: u64,
    threads: usize,
    guard: Guard,
}

/// What came of a training.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::watching) enum Trained {
    /// A model that is the shadow now.
    Shadow(String),
    /// None; the next one is tried when it is due.
    Nothing,
    /// None, as the database could not be used; it is tried again.
    Again,
}

/// Learns one model at a time. The thread ends with the service, which doesn't wait for it.
#[derive(Default)]
pub(in crate::watching) struct Trainer {
    running: Option<(f64, JoinHandle<Trained>)>,
    /// The end of the latest baseline that came to nothing.
    skipped: Option<f64>,
}

impl Trainer {
    /// The end of the baseline that is being learned of.
    pub(in crate::watching) fn learning(&self) -> Option<f64> {
        self.running.as_ref().map(|(due, _)| *due)
    }

    /// The end of the latest baseline that came to nothing.
    pub(in crate::watching) fn skipped(&self) -> Option<f64> {
        self.skipped
    }

    /// Begins to learn.
    pub(in crate::watching) fn start(&mut self, job: Job) {
        let due = job.due;
        info!(
            from = written(due - job.days * DAY),
            until = written(due),
            why = job.why.words(),
            "learning a new model beside the active one"
        );
        let thread = thread::Builder::new().name("training".into()).spawn(move || {
            pulse::beside();
            match priority::lower() {
                Some(nice) => debug!(nice, "learning with what the watching leaves of the processor"),
                None => debug!("learning with the priority of the watching"),
            }
            job.run()
        });
        match thread {
            Ok(thread) => self.running = Some((due, thread)),
            Err(error) => {
                warn!("no thread to learn in: {error}");
                self.skipped = Some(due);
            }
        }
    }

    /// What came of it, if it has come to its end.
    pub(in crate::watching) fn finished(&mut self) -> Option<Trained> {
        let (due, thread) = self.running.take_if(|(_, thread)| thread.is_finished())?;
        // A panic is a bug, and was told as such.
        let trained = thread.join().unwrap_or(Trained::Nothing);
        if trained == Trained::Nothing {
            self.skipped = Some(due);
        }
        Some(trained)
    }
}

impl Job {
    pub(in crate::watching) fn new(
        watch: &Watch,
        (due, why): (f64, Why),
        (active, budget): (&str, f64),
        (now, time): (Now, f64),
    ) -> Result<Self, Failure> {
        Ok(Self {
            due,
            why,
            days: watch.retrain.days,
            active: active.into(),
            budget,
            now,
            time,
            db: watch.db.clone(),
            roots: watch.roots.clone(),
            follow: watch.follow.clone(),
            exclude: watch.exclude.clone(),
            local: watch.learn.local.clone(),
            conn_only: watch.learn.conn_only,
            memory: MEMORY.min(watch.memory_limit / 4),
            // The other half watches.
            threads: (watch.threads / 2).max(1),
            guard: begin(&watch.db, active, (due - watch.retrain.days * DAY, due))?,
        })
    }

    fn run(self) -> Trained {
        match self.learn() {
            Ok(trained) => trained,
            Err(_) if interrupt::requested() => Trained::Again,
            Err(failure) if failure.may_pass() => {
                error!("the new model is learned again: {}. {}", failure.message(), failure.remedy());
                Trained::Again
            }
            Err(failure) => {
                warn!("no new model: {}. {}", failure.message(), failure.remedy());
                Trained::Nothing
            }
        }
    }

    fn learn(self) -> Result<Trained, Failure> {
        let Found { logs, read } = self.find()?;
        let count = logs.len() as u64;
        let (options, threads) = (self.follow.read.clone(), self.threads);
        let input = Input { logs, left_out: 0, options, threads, strict: false, for_service: true };
        let guard = self.guard.with_notices(&input);
        let companions = Companions::find(&[], self.conn_only, &input.options)?;
        let mut options = TrainOptions { budget: self.budget, threads, ..TrainOptions::default() };
        let local = self.local.clone();
        let (baseline, manifest, left_out) = behaviour::read_baseline(
            input,
            self.memory,
            options.seed,
            local,
            &self.exclude,
            &guard,
            companions,
        )?;
        options.left_out[0] = left_out.excluded;
        let trained = behaviour::learn(&baseline, manifest, &options, false)?.model;
        let model = Model::Behaviour(Box::new(trained));
        let bytes = model.to_bytes().map_err(|error| Failure::output("the model", &error))?;
        let mut reason =
            format!("{}: of {} up to {}", self.why.words(), counted(count, "log"), written(self.due));
        if left_out.guarded > 0 {
            reason += &format!(", without {} that fed an alert", counted(left_out.guarded, "row"));
        }
        if left_out.guarded > baseline.seen() {
            warn!(
                left_out = left_out.guarded,
                rows = baseline.seen(),
                "most rows fed an alert, and are no part of what is learned. If they are how the network is now, judge them \
                 benign: oddflow incidents benign, or a rule by oddflow incidents suppress"
            );
        }
        let mut store = Store::open(&self.db)?;
        let mut batch = store.begin()?;
        if batch.seen().was_imported(model.id())? {
            // The same logs, the same model.
            return Ok(Trained::Nothing);
        }
        models::import(&mut batch, &model, &bytes, (self.time, ModelEvent::Learned, &reason))?;
        batch.go_on_from_in(&self.active, model.id(), &read)?;
        batch.shadow(model.id(), self.due, self.time, "beside the active model")?;
        batch.end_training(&self.active)?;
        batch.commit()?;
        info!(
            model = model.id(),
            rows = baseline.kept(),
            bytes = bytes.len(),
            "a new model watches in the shadow of the active one"
        );
        Ok(Trained::Shadow(model.id().into()))
    }

    /// Looks on the disk for the logs of the baseline.
    fn find(&self) -> Result<Found, Failure> {
        let store = Store::open_read_only(&self.db)?;
        // What was read is finished, whatever else is still written.
        let settings = FollowSettings {
            mode: Mode::Rotated,
            settle: Duration::ZERO,
            patience: Duration::ZERO,
            ..self.follow.clone()
        };
        let mut follower = Follower::new(self.roots.clone(), settings);
        let now = Now { wall: self.now.wall + AGE, ..self.now };
        let (from, mut found) = (self.due - self.days * DAY, Found::default());
        loop {
            let poll = follower.poll(now, &Unread);
            let poll = poll.map_err(|error| Failure::passing(error.to_string()))?;
            for hour in &poll.hours {
                self.look_at(hour, from, &store, &mut found)?;
                hour.logs().for_each(|log| follower.finish(log));
            }
            if !poll.has_more || interrupt::requested() {
                return Ok(found);
            }
        }
    }

    fn look_at(&self, hour: &Hour, from: f64, store: &Store, found: &mut Found) -> Result<(), Failure> {
        let Some(main) = &hour.main else { return Ok(()) };
        let Some(identity) = main.head.identity.as_ref().map(identity) else { return Ok(()) };
        let Some(entry) = store.ledger(&self.active, &identity)? else { return Ok(()) };
        let is_whole = main.bytes.is_none_or(|bytes| bytes <= entry.progress.bytes);
        let Some(last) = entry.progress.last_ts.filter(|last| is_whole && *last <= self.due) else {
            return Ok(());
        };
        if last > from {
            found.logs.push((main.log.clone(), main.head.clone()));
        }
        found.read.extend(hour.logs().filter_map(|log| log.head.identity.as_ref()).map(self::identity));
        Ok(())
    }
}

/// What is kept out of a training that begins now beside a model, or that began before the service was killed. It is kept, since the
/// watching goes on to find more while it learns.
fn begin(db: &Path, active: &str, (from, due): (f64, f64)) -> Result<Guard, Failure> {
    let mut store = Store::open(db)?;
    if let Some(guard) = store.training_guard(active, due)? {
        match serde_json::from_str(&guard) {
            Ok(guard) => return Ok(guard),
            Err(error) => warn!("what a training began with is looked up anew: {error}"),
        }
    }
    let guard = Guard::known(&store, from)?;
    let written =
        serde_json::to_string(&guard).map_err(|error| Failure::output("a training", &error.into()))?;
    let mut batch = store.begin()?;
    batch.begin_training(active, due, &written)?;
    batch.commit()?;
    Ok(guard)
}

/// What was found of a baseline.
#[derive(Default)]
struct Found {
    logs: Logs,
    /// What counts as read by the new model: the baseline and all before it.
    read: Vec<LogIdentity>,
}

fn identity(log: &zeek_log::LogIdentity) -> LogIdentity {
    LogIdentity { path: log.path.clone(), opened: log.open.clone(), first_uid: log.first.clone() }
}

/// The ledger of one who has read nothing.
struct Unread;

impl Ledger for Unread {
    fn position(&self, _: &zeek_log::LogIdentity) -> Result<Option<Position>, LedgerError> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn nobody_waits_for_a_training() {
        let (ends, end) = mpsc::channel::<()>();
        let thread = thread::spawn(move || {
            let _ = end.recv();
            Trained::Nothing
        });
        let mut trainer = Trainer { running: Some((1e9, thread)), skipped: None };
        assert_eq!((trainer.finished(), trainer.learning()), (None, Some(1e9)));
        // One that waited would do so for ever.
        drop(trainer);
        drop(ends);
    }
}
