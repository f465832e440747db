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

use super::forgetting::Forgetting;
use super::ledger::StoredLedger;
use super::service::Watch;
use crate::companions::{Companion, Companions};
use crate::detection::behaviour::{BehaviourOutcome, BehaviourRun, Telling};
use crate::failure::Failure;
use crate::sandbox;
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
    forgetting: Forgetting,
    run: BehaviourRun<'l>,
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
        let sensor = &*followed.sensor;
        let run =
            BehaviourRun::new((model, sensor, watch.limits), states, budget, Some(store), None, companions)?
                .lasting()
                .telling(telling);
        let ledger = StoredLedger { store: known, model: model.id() };
        Ok(Self { sensor, follower: &mut followed.follower, ledger, forgetting: Forgetting::default(), run })
    }

    /// Looks for what is ready to be read.
    pub(super) fn poll(&mut self, now: Now) -> Result<Poll, Failure> {
        // What the ledger could not tell is what the store said.
        let poll = self.follower.poll(now, &self.ledger);
        let poll = poll.map_err(|error| Failure::passing(error.to_string()))?;
        for waiting in &poll.waiting {
            debug!(path = %waiting.path.display(), seconds = waiting.age.as_secs(), "{}", waiting.reason);
        }
        for problem in &poll.problems {
            warn!(path = %problem.path.display(), "{}{}", problem.detail, sandbox::reason(&problem.path));
        }
        Ok(poll)
    }

    /// Reads what is ready; `None` where that is nothing. `now` is the calendar's time, in seconds since 1970.
    pub(super) fn pass(
        &mut self,
        watch: &Watch,
        poll: &Poll,
        now: f64,
    ) -> Result<Option<BehaviourOutcome>, Failure> {
        self.run.at(now);
        let mut logs = Vec::new();
        let (mut companions, mut others) = (HashMap::new(), Vec::new());
        for hour in &poll.hours {
            let beside = hour.beside.iter();
            let beside =
                beside.filter_map(|log| Companion::new(&log.kind, log.log.clone(), log.head.clone()));
            let Some(main) = &hour.main else {
                // The ends of logs whose conn log was read before them.
                others.extend(beside);
                continue;
            };
            if hour.is_late {
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
            poll.hours.iter().flat_map(Hour::logs).for_each(|log| self.follower.finish(log));
        }
        tell_pass(&outcome);
        self.forgetting.passed(&outcome);
        Ok(Some(outcome))
    }

    /// Ends it: what its run carries is written so that the next one begins at once.
    pub(super) fn finish(self) -> Result<(), Failure> {
        self.run.finish()
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
