//! A lane: the logs of one sensor on their way through one model.
//!
//! Each has its own follower, ledger and state, so that lanes know nothing of each other: what one comes to doesn't depend on
//! how far another one is.

use std::collections::BTreeMap;
use std::sync::Arc;

use oddflow_detector::behaviour::{Model, States, Verdict};
use oddflow_store::Store;
use tracing::{debug, info, warn};
use zeek_follow::{Follower, Held, Hour, Mode, Now, Poll, Root};

use super::beside;
use super::forgetting::Forgetting;
use super::ledger::StoredLedger;
use super::service::Watch;
use crate::companions::Companions;
use crate::detection::behaviour::{BehaviourOutcome, BehaviourRun, Drifted, Feed, Loggers, Telling};
use crate::failure::Failure;
use crate::input::Logs;
use crate::interrupt;
use crate::sandbox;
use crate::text::{counted, date};

/// The folders of one sensor, and what is remembered of them.
pub(super) struct Followed {
    pub(super) sensor: Arc<str>,
    follower: Follower,
}

/// One sensor, one model.
pub(super) struct Lane<'l> {
    pub(super) sensor: &'l str,
    follower: &'l mut Follower,
    ledger: StoredLedger<'l>,
    forgetting: Forgetting,
    run: BehaviourRun<'l>,
    is_shadow: bool,
}

impl Followed {
    /// The sensors of what is watched, in the order of their names.
    pub(super) fn all(watch: &Watch) -> Vec<Self> {
        let mut sensors: Vec<Arc<str>> = watch.roots.iter().map(|root| Arc::clone(&root.sensor)).collect();
        sensors.sort();
        sensors.dedup();
        let followed = |sensor: Arc<str>| {
            let roots: Vec<Root> = watch.roots.iter().filter(|root| root.sensor == sensor).cloned().collect();
            Self { follower: Follower::new(roots, watch.follow.clone()), sensor }
        };
        sensors.into_iter().map(followed).collect()
    }
}

impl<'l> Lane<'l> {
    /// A lane that goes on where the store stands. `known` is read from, `store` is written to.
    pub(super) fn new(
        watch: &Watch,
        followed: &'l mut Followed,
        (model, states): (&'l Model, &States),
        (known, store): (&'l Store, &'l mut Store),
        telling: Telling,
    ) -> Result<Self, Failure> {
        let budget = watch.budget.unwrap_or(model.budget());
        let companions = Companions::given(&watch.follow.read, !watch.follow.beside.is_empty());
        let (sensor, is_shadow) = (&*followed.sensor, telling.is_shadow);
        let run =
            BehaviourRun::new((model, sensor, watch.limits), states, budget, Some(store), None, companions)?
                .lasting()
                .telling(telling);
        let ledger = StoredLedger { store: known, model: model.id() };
        Ok(Self {
            sensor,
            follower: &mut followed.follower,
            ledger,
            forgetting: Forgetting::default(),
            run,
            is_shadow,
        })
    }

    /// The id of its model.
    pub(super) fn model(&self) -> &'l str {
        self.ledger.model
    }

    /// Which logs lie in its folders.
    pub(super) fn held(&self) -> Held {
        self.follower.held()
    }

    /// Looks for what is ready to be read.
    pub(super) fn poll(&mut self, now: Now) -> Result<Poll, Failure> {
        // What the ledger could not tell is what the store said.
        let poll = self.follower.poll(now, &self.ledger);
        let poll = poll.map_err(|error| Failure::passing(error.to_string()))?;
        for waiting in &poll.waiting {
            debug!(path = %waiting.path.display(), seconds = waiting.age.as_secs(), "{}", waiting.reason);
        }
        // The active model's lane says so of the same files.
        for problem in poll.problems.iter().filter(|_| !self.is_shadow) {
            warn!(path = %problem.path.display(), "{}{}", problem.detail, sandbox::reason(&problem.path));
        }
        Ok(poll)
    }

    /// Reads hours of a poll, in one pass or several. `now` is the calendar's time, in seconds since 1970.
    pub(super) fn read(
        &mut self,
        watch: &Watch,
        poll: &Poll,
        hours: &[Hour],
        now: f64,
    ) -> Result<Vec<BehaviourOutcome>, Failure> {
        self.run.at(now);
        let mut outcomes = Vec::new();
        let mut left = hours;
        while let Some(first) = left.first() {
            // Rounds of a single logger are read as one, log after log.
            let is_alone = |hours: &[Hour]| hours.iter().all(|hour| hour.logger == hours[0].logger);
            let rounds = || left.chunk_by(|a, b| a.round == b.round);
            let is_live = self.follower.mode() == Mode::Live;
            let is_merged = self.run.is_merging()
                || !is_alone(rounds().next().unwrap_or_default())
                || is_live && poll.writing.len() > 1;
            let length = match is_merged {
                true => rounds().next().map_or(1, <[_]>::len),
                false => rounds().take_while(|round| is_alone(round)).map(<[_]>::len).sum(),
            };
            let (hours, later) = left.split_at(length);
            debug_assert!(hours.first().map(|hour| &hour.logger) == Some(&first.logger));
            left = later;
            let writing = (is_live && !watch.once)
                .then(|| poll.writing.iter().map(|(_, logger)| Arc::clone(logger)).collect());
            let Some(outcome) = self.pass(watch, hours, is_merged.then_some(writing.as_ref()))? else {
                continue;
            };
            let is_cut = outcome.is_cut || outcome.interrupted;
            outcomes.push(outcome);
            if is_cut || interrupt::requested() {
                break;
            }
        }
        Ok(outcomes)
    }

    /// Reads some hours; `None` where there is no conn log among them. With `merged` several loggers' are merged, some of which
    /// may go on writing.
    fn pass(
        &mut self,
        watch: &Watch,
        hours: &[Hour],
        merged: Option<Option<&Loggers>>,
    ) -> Result<Option<BehaviourOutcome>, Failure> {
        let mut logs = Vec::new();
        for hour in hours {
            let Some(main) = &hour.main else { continue };
            if hour.is_late && !self.is_shadow {
                info!(log = main.log.name(), "an earlier log that came late");
            }
            logs.push((&hour.logger, (main.log.clone(), main.head.clone())));
        }
        if logs.is_empty() {
            return Ok(None);
        }
        self.run.give(match self.follower.mode() {
            _ if merged.is_some() => beside::before_all(hours),
            Mode::Live => beside::ahead(hours),
            Mode::Rotated => beside::of_hours(hours),
        })?;
        let outcome = match merged {
            Some(writing) => {
                let mut of_loggers: BTreeMap<&Arc<str>, Logs> = BTreeMap::new();
                for (logger, log) in logs {
                    of_loggers.entry(logger).or_default().push(log);
                }
                let feed = |(logger, logs): (&Arc<str>, Logs)| Feed {
                    logger: Arc::clone(logger),
                    input: watch.input(logs),
                };
                self.run.pass_merged(of_loggers.into_iter().map(feed).collect(), writing, &watch.exclude)?
            }
            None => {
                let logs = logs.into_iter().map(|(_, log)| log).collect();
                self.run.pass(watch.input(logs), &watch.exclude)?
            }
        };
        // A log that moved away while it was being read is handed out again; so is one that wasn't begun.
        if !outcome.interrupted && outcome.problems.left_out() == 0 {
            let read = hours.iter().flat_map(Hour::logs).filter(|log| !outcome.held.contains(log.log.name()));
            read.for_each(|log| self.follower.finish(log));
        }
        if !self.is_shadow {
            tell_pass(&outcome);
            self.forgetting.passed(&outcome);
            outcome.drifted.iter().for_each(tell_drift);
        }
        Ok(Some(outcome))
    }

    /// Ends it: what its run carries is written so that the next one begins at once.
    pub(super) fn finish(self) -> Result<(), Failure> {
        self.run.finish()
    }
}

/// Hours in the order in which they are read, in pieces after each of which one may stop: those of a round stay together, and those
/// without a main log go with the next that has one.
pub(super) fn rounds(hours: &[Hour]) -> Vec<&[Hour]> {
    let (mut rounds, mut start) = (Vec::new(), 0);
    for end in 1..=hours.len() {
        let is_round = hours.get(end).is_none_or(|next| next.round != hours[end - 1].round);
        if end == hours.len() || is_round && hours[start..end].iter().any(|hour| hour.main.is_some()) {
            rounds.push(&hours[start..end]);
            start = end;
        }
    }
    rounds
}

/// Tells of a day that is over: a change is worth a warning.
fn tell_drift(Drifted { sensor, day }: &Drifted) {
    let told = match day.reasons.first() {
        Some(reason) => format!("{}: {}: {reason}", date(day.day), day.verdict.words()),
        None => format!("{}: {}", date(day.day), day.verdict.words()),
    };
    match day.verdict {
        Verdict::Stable => debug!(sensor = &**sensor, "drift: {told}"),
        Verdict::Unclear => info!(sensor = &**sensor, "drift: {told}"),
        Verdict::Host | Verdict::Network => warn!(sensor = &**sensor, "drift: {told}. {}", day.next),
    }
}

fn tell_pass(outcome: &BehaviourOutcome) {
    debug!(
        rows = outcome.rows,
        companions = outcome.companions,
        flagged = outcome.flagged,
        raised = outcome.raised,
        over_budget = outcome.over_budget,
        suppressed = outcome.suppressed,
        "{} of {}",
        counted(outcome.rows, "row"),
        counted(outcome.logs_read, "log")
    );
    let unreadable = outcome.problems.total();
    if unreadable > 0 {
        warn!(unreadable, "rows could not be read and were left out");
    }
}
