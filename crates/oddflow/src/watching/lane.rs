//! A lane: the logs of one sensor on their way through one model.
//!
//! Each has its own follower, ledger and state, so that lanes know nothing of each other: what one comes to doesn't depend on
//! how far another one is.

use std::collections::HashMap;
use std::sync::Arc;

use oddflow_detector::behaviour::{Model, States};
use oddflow_store::Store;
use tracing::{debug, info, warn};
use zeek_follow::{Follower, Hour, Now, Poll, Root};

use super::ledger::StoredLedger;
use super::service::Watch;
use crate::companions::{Companion, Companions};
use crate::detection::behaviour::{BehaviourOutcome, BehaviourRun, Telling};
use crate::failure::Failure;
use crate::text::counted;

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
    run: BehaviourRun<'l>,
    is_shadow: bool,
}

/// What came of a pass.
pub(super) struct Passed {
    pub(super) outcome: BehaviourOutcome,
    /// Logs that came after a later one.
    pub(super) late: usize,
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
        let companions = Companions::given(&watch.follow.read);
        let (sensor, is_shadow) = (&*followed.sensor, telling.is_shadow);
        let run = BehaviourRun::new((model, sensor), states, budget, Some(store), None, companions)?
            .lasting()
            .telling(telling);
        let ledger = StoredLedger { store: known, model: model.id() };
        Ok(Self { sensor, follower: &mut followed.follower, ledger, run, is_shadow })
    }

    /// The id of its model.
    pub(super) fn model(&self) -> &'l str {
        self.ledger.model
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
            warn!(path = %problem.path.display(), "{}", problem.detail);
        }
        Ok(poll)
    }

    /// Reads hours that are ready; `None` where there is nothing to read in them. `now` is the calendar's time, in seconds since 1970.
    pub(super) fn pass(
        &mut self,
        watch: &Watch,
        hours: &[Hour],
        now: f64,
    ) -> Result<Option<Passed>, Failure> {
        self.run.at(now);
        let mut logs = Vec::new();
        let (mut companions, mut others) = (HashMap::new(), Vec::new());
        for hour in hours {
            let beside = hour.beside.iter();
            let beside =
                beside.filter_map(|log| Companion::new(&log.kind, log.log.clone(), log.head.clone()));
            let Some(main) = &hour.main else {
                // The ends of logs whose conn log was read before them.
                others.extend(beside);
                continue;
            };
            if hour.is_late && !self.is_shadow {
                info!(log = main.log.name(), "an earlier log that came late");
            }
            companions.insert(main.log.name().to_owned(), beside.collect());
            logs.push((main.log.clone(), main.head.clone()));
        }
        if logs.is_empty() {
            return Ok(None);
        }
        self.run.give(companions, others)?;
        let outcome = self.run.pass(watch.input(logs), &watch.exclude)?;
        // A log that moved away while it was being read is handed out again; so is one that wasn't begun.
        if !outcome.interrupted && outcome.problems.left_out() == 0 {
            hours.iter().flat_map(Hour::logs).for_each(|log| self.follower.finish(log));
        }
        if !self.is_shadow {
            tell_pass(&outcome);
        }
        let late = hours.iter().filter(|hour| hour.is_late && hour.main.is_some()).count();
        Ok(Some(Passed { outcome, late }))
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
    if outcome.forgotten > 0 {
        warn!(forgotten = outcome.forgotten, "groups of odd rows were forgotten: too many were open");
    }
}
