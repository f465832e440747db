//! A stretch of watching: poll, score, commit, wait, with the same models and settings.
//!
//! Where models are learned anew, logs are read hour by hour, so that what a model learns of and where one takes the place of another
//! is decided by the logs and not by how many of them there were at once. A shadow goes first: so the active model is never behind it
//! when they change places. Neither goes on behind the end of a trial before it is decided.

use std::time::Duration;

use oddflow_detector::behaviour::{Model, States};
use oddflow_store::{DriftQuery, ModelEvent, ModelRole, Store};
use serde_json::Value;
use tracing::{error, info};
use zeek_follow::{Hour, Now, Poll};

use super::choice::{self, Shadow, Successor};
use super::incidents;
use super::lane::{Followed, Lane, rounds};
use super::learning;
use super::retention::Keeper;
use super::retraining::{Job, Known, Trained, Trainer, Trial, changes};
use super::service::{End, ReadSettings, Wait, Watch, pause, seconds};
use crate::detection::behaviour::{BehaviourOutcome, Telling};
use crate::failure::Failure;
use crate::interrupt;
use crate::pulse;

/// How often a training is asked whether it has come to its end.
const GLANCE: Duration = Duration::from_millis(200);

/// Tells of what was read of some hours: what came of it, logs that came late, and how long it took.
type Tell<'t> = dyn FnMut(&[BehaviourOutcome], usize, Duration) -> Result<(), Failure> + 't;

/// What all lanes of a stretch have in common.
struct Course<'c> {
    watch: &'c Watch,
    known: &'c Store,
    model: &'c Model,
    budget: f64,
    shadow: Option<(&'c Model, Trial)>,
    now: &'c dyn Fn() -> Now,
}

/// Watches until something goes wrong with the store, other models are to be watched with, or it is asked to stop.
pub(super) fn stretch(
    watch: &Watch,
    followed: &mut [Followed],
    now: &dyn Fn() -> Now,
    trainer: &mut Trainer,
    (wait, read): (&mut Wait<'_>, ReadSettings<'_>),
) -> Result<End, Failure> {
    let (model, states) = loop {
        if let Some(chosen) = choice::choose(watch, seconds(now().wall))? {
            break chosen;
        }
        if !learning::learn(watch, now)? {
            return Ok(End::Stopped);
        }
    };
    let (shadow, states_beside) = match choice::shadow(watch)? {
        Some(Shadow { model, states, trial }) => (Some((model, trial)), states),
        None => (None, States::default()),
    };
    let known = Store::open_read_only(&watch.db)?;
    let routes = if watch.simulate { Vec::new() } else { watch.sinks.routes.clone() };
    let open = |count: usize| {
        let open = |_| {
            let store = Store::open(&watch.db)?;
            watch.retention.limit(&store)?;
            Ok(store)
        };
        (0..count).map(open).collect::<Result<Vec<_>, Failure>>()
    };
    let mut stores = open(followed.len())?;
    let mut lanes = (followed.iter_mut().zip(&mut stores))
        .map(|(followed, store)| {
            let telling = Telling { routes: routes.clone(), is_shadow: false };
            Lane::new(watch, followed, (&model, &states), (&known, store), telling)
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    drop(states);
    let mut followed_beside = if shadow.is_some() { Followed::all(watch) } else { Vec::new() };
    let mut stores_beside = open(followed_beside.len())?;
    let mut beside = Vec::new();
    if let Some((shadow, _)) = &shadow {
        for (followed, store) in followed_beside.iter_mut().zip(&mut stores_beside) {
            let telling = Telling { routes: Vec::new(), is_shadow: true };
            beside.push(Lane::new(watch, followed, (shadow, &states_beside), (&known, store), telling)?);
        }
    }
    drop(states_beside);
    let budget = watch.budget.unwrap_or(model.budget());
    let trial = shadow.as_ref().map(|(shadow, trial)| (shadow, *trial));
    let course = Course { watch, known: &known, model: &model, budget, shadow: trial, now };
    info!(
        model = model.id(),
        shadow = shadow.as_ref().map(|(shadow, _)| shadow.id()),
        roots = watch.roots.iter().map(|root| root.path.display().to_string()).collect::<Vec<_>>().join(" "),
        "watching"
    );
    wait.end();
    wait.health.watching(&model, budget, watch.roots.len());
    wait.health.shadowed(shadow.as_ref().map(|(shadow, _)| shadow.id()));
    let end = course.run(&mut lanes, &mut beside, trainer, (wait, read))?;
    if matches!(end, End::Stopped) {
        pulse::stopping();
    }
    lanes.into_iter().chain(beside).try_for_each(Lane::finish)?;
    if matches!(end, End::Stopped) {
        info!("stopped");
    }
    Ok(end)
}

impl Course<'_> {
    fn run(
        &self,
        lanes: &mut [Lane<'_>],
        beside: &mut [Lane<'_>],
        trainer: &mut Trainer,
        (wait, read): (&mut Wait<'_>, ReadSettings<'_>),
    ) -> Result<End, Failure> {
        let (watch, now) = (self.watch, self.now);
        let mut keeper = Keeper::new(watch.retention);
        let mut successor = Successor::default();
        loop {
            if let Some(trained) = trainer.finished() {
                wait.health.trained(&trained);
                if matches!(trained, Trained::Shadow(_)) {
                    return Ok(End::Models);
                }
            }
            let (mut goes_on, mut waits) = (false, false);
            for lane in &mut *beside {
                let poll = lane.poll(now())?;
                waits |= poll.waiting.iter().any(|waiting| watch.waits(waiting));
                goes_on |= self.advance(lane, &poll, &mut |_, _, _| Ok(()), trainer)?;
            }
            let is_shadow_idle = !goes_on && !waits;
            let polls = lanes.iter_mut().map(|lane| lane.poll(now())).collect::<Result<Vec<_>, _>>()?;
            wait.health.polled(&polls);
            let is_tending = keeper.tend(&watch.db, now(), &|| lanes.iter().map(Lane::held).collect());
            // There is no next time for who passes once.
            goes_on |= is_tending && watch.once;
            for (lane, poll) in lanes.iter_mut().zip(&polls) {
                let sensor = lane.sensor;
                let mut tell = |outcomes: &[BehaviourOutcome], late: usize, took: Duration| {
                    wait.health.passed(outcomes, late, took);
                    let raised = outcomes.iter().map(|outcome| outcome.raised).sum();
                    if raised > 0 && !watch.simulate {
                        incidents::tell(self.known, (self.model.id(), sensor), raised)?;
                    }
                    Ok(())
                };
                goes_on |= self.advance(lane, poll, &mut tell, trainer)?;
                if interrupt::requested() {
                    return Ok(End::Stopped);
                }
            }
            if interrupt::requested() {
                return Ok(End::Stopped);
            }
            if interrupt::reload_requested() {
                pulse::reloading();
                match read() {
                    Ok(changed) => return Ok(End::Changed(Box::new(changed))),
                    Err(failure) => {
                        error!("the settings stay: {}. {}", failure.message(), failure.remedy());
                        pulse::ready();
                    }
                }
            }
            if successor.is_there(self.known, self.model.id())? || self.conclude(is_shadow_idle, wait)? {
                return Ok(End::Models);
            }
            if goes_on {
                continue;
            }
            self.consider(trainer)?;
            let is_learning = trainer.learning().is_some();
            waits |= polls.iter().flat_map(|poll| &poll.waiting).any(|waiting| watch.waits(waiting));
            if watch.once && !is_learning && !waits || !pause(if is_learning { GLANCE } else { watch.pause })
            {
                return Ok(End::Stopped);
            }
        }
    }

    /// Reads what a poll has found, and says whether there was anything or there is more to look for.
    fn advance(
        &self,
        lane: &mut Lane<'_>,
        poll: &Poll,
        tell: &mut Tell<'_>,
        trainer: &mut Trainer,
    ) -> Result<bool, Failure> {
        let is_stepwise = self.watch.retrain.is_on() || self.shadow.is_some();
        let pieces = if is_stepwise { rounds(&poll.hours) } else { vec![&poll.hours[..]] };
        let mut goes_on = false;
        for hours in pieces {
            if is_stepwise {
                // In the middle of a log one that wasn't killed would not have looked.
                let goes_on_within = |hour: &Hour| hour.main.as_ref().is_some_and(|main| main.from.bytes > 0);
                if !hours.iter().any(goes_on_within) {
                    self.consider(trainer)?;
                }
                if self.is_over(lane.model(), self.end(trainer))? {
                    return Ok(goes_on);
                }
            }
            let began = (self.now)();
            let outcomes = lane.read(self.watch, poll, hours, seconds(began.wall))?;
            goes_on |= outcomes.iter().any(BehaviourOutcome::has_read);
            let took = (self.now)().monotonic.saturating_sub(began.monotonic);
            let late = hours.iter().filter(|hour| hour.is_late && hour.main.is_some()).count();
            tell(&outcomes, late, took)?;
            // What is not read is before what comes next.
            let is_cut = |outcome: &BehaviourOutcome| outcome.is_cut || outcome.problems.left_out() > 0;
            if interrupt::requested() || is_stepwise && outcomes.iter().any(is_cut) {
                break;
            }
            if is_stepwise {
                self.consider(trainer)?;
            }
        }
        Ok(goes_on || poll.has_more)
    }

    /// The end in log time of the trial that goes on, or of the one that a training leads to.
    fn end(&self, trainer: &Trainer) -> Option<f64> {
        let led_to = || Some(Trial::new(trainer.learning()?, self.watch.retrain.shadow_days));
        self.shadow.map(|(_, trial)| trial).or_else(led_to).map(|trial| trial.until)
    }

    /// Whether a model has read up to a time of the logs.
    fn is_over(&self, model: &str, end: Option<f64>) -> Result<bool, Failure> {
        let Some(end) = end else { return Ok(false) };
        Ok(self.span(model)?.is_some_and(|(_, newest)| newest >= end))
    }

    /// The first and the newest row that a model has read. Logs whose clock runs ahead of ours say nothing.
    fn span(&self, model: &str) -> Result<Option<(f64, f64)>, Failure> {
        Ok(self.known.span_read(model, seconds((self.now)().wall))?)
    }

    /// Begins to learn a new model where one is due.
    fn consider(&self, trainer: &mut Trainer) -> Result<(), Failure> {
        let retrain = self.watch.retrain;
        if !retrain.is_on() || self.shadow.is_some() || trainer.learning().is_some() {
            return Ok(());
        }
        let Some(span) = self.span(self.model.id())? else { return Ok(()) };
        let last_training = self.last_training()?.into_iter().chain(trainer.skipped()).reduce(f64::max);
        let Some(last_training) = last_training else { return Ok(()) };
        let of_model = DriftQuery { model: Some(self.model.id().into()), ..DriftQuery::default() };
        let changed = if retrain.on_drift { changes(&self.known.drift(&of_model)?) } else { Vec::new() };
        if let Some(due) = retrain.due(Known { last_training, span, changed: &changed }) {
            let now = (self.now)();
            let of = (self.model.id(), self.budget);
            trainer.start(Job::new(self.watch, due, of, (now, seconds(now.wall)))?);
        }
        Ok(())
    }

    /// The end of the latest baseline, of the active model or of one that was learned here.
    fn last_training(&self) -> Result<Option<f64>, Failure> {
        let end = |summary: &str| serde_json::from_str::<Value>(summary).ok()?["last_ts"].as_f64();
        let known = self.known.known_models()?;
        let ends = known.iter().filter_map(|known| match known.trial_from {
            None if known.role == ModelRole::Active => end(&known.model.summary),
            tried => tried,
        });
        Ok(ends.reduce(f64::max))
    }

    /// Ends a trial that is over, and says whether it did.
    fn conclude(&self, is_shadow_idle: bool, wait: &mut Wait<'_>) -> Result<bool, Failure> {
        let Some((shadow, trial)) = self.shadow else { return Ok(false) };
        let until = Some(trial.until);
        if !self.is_over(self.model.id(), until)? || !(is_shadow_idle || self.is_over(shadow.id(), until)?) {
            return Ok(false);
        }
        let ours = trial.record(self.known, shadow, self.budget)?;
        let theirs = trial.record(self.known, self.model, self.budget)?;
        let verdict = trial.judge(ours, theirs, self.budget);
        let (id, time) = (shadow.id(), seconds((self.now)().wall));
        let mut store = Store::open(&self.watch.db)?;
        let mut batch = store.begin()?;
        // Somebody may have chosen in the meantime.
        let is_theirs = batch.seen().active_model()?.as_deref() == Some(self.model.id());
        if !is_theirs || batch.seen().shadow_model()?.as_deref() != Some(id) {
            return Ok(true);
        }
        match &verdict {
            Ok(reason) if self.watch.retrain.auto_activate => {
                batch.activate(id, time, &format!("no worse than {}: {reason}", self.model.id()))?;
            }
            Ok(reason) => {
                batch.retire(id, time, &format!("ready, no worse than {}: {reason}", self.model.id()))?;
            }
            Err(reason) => batch.retire(id, time, &format!("worse than {}: {reason}", self.model.id()))?,
        }
        self.forget_files(&mut batch, id, time)?;
        batch.commit()?;
        wait.health.tried(verdict.is_ok());
        match verdict {
            Ok(reason) if self.watch.retrain.auto_activate => {
                info!(model = id, former = self.model.id(), "the new model is activated: {reason}");
            }
            Ok(reason) => {
                info!(model = id, "a new model is ready: oddflow model activate {id}; {reason}");
            }
            Err(reason) => info!(model = id, "the new model is retired as it is worse: {reason}"),
        }
        Ok(true)
    }

    /// Removes the files of models that were learned here and are retired, but for the latest.
    fn forget_files(
        &self,
        batch: &mut oddflow_store::Batch<'_>,
        latest: &str,
        time: f64,
    ) -> Result<(), Failure> {
        let keep = self.watch.retrain.keep as usize;
        if keep == 0 {
            return Ok(());
        }
        let history = batch.seen().model_history(None)?;
        let mut learned: Vec<String> = (history.into_iter())
            .filter(|entry| entry.event == ModelEvent::Learned)
            .map(|entry| entry.model)
            .collect();
        for known in batch.seen().known_models()? {
            let goes = known.role == ModelRole::Retired && known.file_bytes.is_some();
            if !goes {
                learned.retain(|id| *id != known.model.id);
            }
        }
        // The one that is still watched with until the next stretch goes a time later.
        learned.retain(|id| id != latest && id != self.model.id());
        let surplus = learned.len().saturating_sub(keep);
        for id in learned.drain(..surplus) {
            batch.empty_model(&id, time, &format!("the files of the latest {keep} are kept"))?;
        }
        Ok(())
    }
}
