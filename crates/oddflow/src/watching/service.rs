//! The service: a stretch of watching after the other, until it is asked to stop.
//!
//! Invariant: what is in memory may be ahead of the store only within a pass. A pass that fails is forgotten with all that it did:
//! the next one begins where the store stands. So a disk that is full, or a database that somebody else holds, costs time and
//! nothing else.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use oddflow_dashboard::Listen;
use oddflow_sinks::{Built, Policy};
use oddflow_store::Store;
use tracing::{error, info};
use zeek_filter::Filters;
use zeek_follow::{Now, Reason, Root, Settings as FollowSettings, Waiting};

use super::delivery::Delivery;
use super::health::{Health, Http, WatchedDashboard};
use super::lane::Followed;
use super::learning::Learn;
use super::retention::Retention;
use super::retraining::Trainer;
use super::stretch::stretch;
use crate::config::RetrainSettings;
use crate::detection::behaviour::Limits;
use crate::failure::Failure;
use crate::input::{Input, Logs};
use crate::interrupt;
use crate::pulse;
use crate::sandbox::{self, Needs, Sandbox};

/// The longest wait for a database that can't be used.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How often a request to stop is looked for.
const GLANCE: Duration = Duration::from_millis(50);

/// What is watched, and how.
pub(crate) struct Watch {
    pub(crate) roots: Vec<Root>,
    pub(crate) follow: FollowSettings,
    /// A model file that is to be taken into the database.
    pub(crate) model: Option<PathBuf>,
    pub(crate) db: PathBuf,
    /// Incidents a day; `None` for the model's own budget.
    pub(crate) budget: Option<f64>,
    pub(crate) exclude: Filters,
    pub(crate) threads: usize,
    /// Time between two polls.
    pub(crate) pause: Duration,
    /// Whether to end when there is nothing left to read.
    pub(crate) once: bool,
    pub(crate) sinks: Built,
    pub(crate) policy: Policy,
    /// Where metrics and health are told over HTTP.
    pub(crate) listen: Option<Listen>,
    /// What is told there beside them.
    pub(crate) dashboard: Option<WatchedDashboard>,
    /// What is done where there is no model yet.
    pub(crate) learn: Learn,
    /// Whether incidents are stored and nobody is told.
    pub(crate) simulate: bool,
    /// When models are learned anew.
    pub(crate) retrain: RetrainSettings,
    /// How long results are kept.
    pub(crate) retention: Retention,
    /// Bytes that the process is meant to take at most, and how much may be remembered of that.
    pub(crate) memory_limit: u64,
    pub(crate) limits: Limits,
    /// Whether the process is restricted, and to what.
    pub(crate) sandbox: Sandbox,
    pub(crate) needs: Needs,
}

impl Watch {
    /// Logs as they are read here.
    pub(super) fn input(&self, logs: Logs) -> Input {
        let (options, threads) = (self.follow.read.clone(), self.threads);
        Input { logs, left_out: 0, options, threads, strict: false, for_service: true }
    }

    /// Whether a log that waits will be read soon: what it waits for comes, or is given up.
    pub(super) fn waits(&self, waiting: &Waiting) -> bool {
        match waiting.reason {
            Reason::Unreadable => false,
            Reason::Unfinished => waiting.age < self.follow.patience,
            _ => true,
        }
    }
}

/// Why a stretch of watching ended.
pub(super) enum End {
    /// It was asked to, or there is nothing left.
    Stopped,
    /// There are other settings.
    Changed(Box<Watch>),
    /// There is another active model, or another shadow.
    Models,
}

/// Reads the settings, again each time that they may have changed.
pub(crate) type ReadSettings<'r> = &'r dyn Fn() -> Result<Watch, Failure>;

/// Watches until it is asked to stop.
pub(crate) fn watch(read: ReadSettings<'_>) -> Result<(), Failure> {
    interrupt::listen_as_service();
    pulse::start();
    let mut watch = read()?;
    // Before there is another thread, and before anything of a log is read.
    sandbox::enter(watch.sandbox, &watch.needs)?;
    let (health, mut http) = (Health::new(), Http::default());
    http.listen(&watch, &health)?;
    let mut trainer = Trainer::default();
    while let End::Changed(changed) = watch_as(watch, read, &health, &mut trainer)? {
        info!("the settings have changed");
        watch = *changed;
        // What is watched is worth more than what is told of it.
        if let Err(failure) = http.listen(&watch, &health) {
            error!("nothing is told over HTTP: {}. {}", failure.message(), failure.remedy());
        }
    }
    Ok(())
}

/// Watches with some settings.
fn watch_as(
    mut watch: Watch,
    read: ReadSettings<'_>,
    health: &Arc<Health>,
    trainer: &mut Trainer,
) -> Result<End, Failure> {
    health.limit_memory(watch.memory_limit);
    let now = clock();
    let mut followed = Followed::all(&watch);
    let sinks = std::mem::take(&mut watch.sinks.sinks);
    let mut wait = Wait::new(health);
    let delivery = wait_for(&mut wait, || Store::open(&watch.db).map_err(Failure::from))?
        .map(|_| Delivery::start(&watch.db, sinks, watch.policy.clone(), Arc::clone(health)))
        .transpose()?;
    let outcome = loop {
        match stretch(&watch, &mut followed, &now, trainer, (&mut wait, read)) {
            Err(failure) if failure.may_pass() => {
                if !wait.after(&failure) {
                    break Ok(End::Stopped);
                }
            }
            Ok(End::Models) => {}
            outcome => break outcome,
        }
    };
    if let Some(delivery) = delivery {
        delivery.finish();
    }
    outcome
}

/// A time of the calendar, in seconds since 1970.
pub(super) fn seconds(time: SystemTime) -> f64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// The time of polls.
#[expect(
    clippy::disallowed_methods,
    reason = "files are told from older ones by the calendar, and waits end by a clock; no score depends on either"
)]
fn clock() -> impl Fn() -> Now {
    let began = Instant::now();
    move || Now { monotonic: began.elapsed(), wall: SystemTime::now() }
}

/// Waits; `false` when it is asked to stop.
pub(super) fn pause(length: Duration) -> bool {
    let mut left = length;
    while !interrupt::requested() {
        if left.is_zero() {
            return true;
        }
        let nap = left.min(GLANCE);
        std::thread::sleep(nap);
        left -= nap;
    }
    false
}

/// Waiting for a store that can't be used now.
pub(super) struct Wait<'h> {
    pub(super) health: &'h Health,
    /// The last wait, and what it was for.
    last: Option<(Duration, String)>,
}

impl<'h> Wait<'h> {
    fn new(health: &'h Health) -> Self {
        Self { health, last: None }
    }

    /// Waits, each time longer, and says so once; `false` when it is asked to stop.
    fn after(&mut self, failure: &Failure) -> bool {
        let (length, message) = match self.last.take() {
            Some((length, message)) => ((length * 2).min(LONGEST_WAIT), message),
            None => (Duration::from_millis(250), String::new()),
        };
        if message != failure.message() {
            error!("waiting: {}. {}", failure.message(), failure.remedy());
        }
        self.health.trouble(failure.message());
        self.last = Some((length, failure.message().into()));
        pause(length)
    }

    /// It can be used again.
    pub(super) fn end(&mut self) {
        if self.last.take().is_some() {
            self.health.well();
            info!("going on");
        }
    }
}

/// Tries something until it works; `None` when it is asked to stop.
fn wait_for<T>(
    wait: &mut Wait<'_>,
    mut what: impl FnMut() -> Result<T, Failure>,
) -> Result<Option<T>, Failure> {
    loop {
        match what() {
            Ok(done) => {
                wait.end();
                return Ok(Some(done));
            }
            Err(failure) if failure.may_pass() => {
                if !wait.after(&failure) {
                    return Ok(None);
                }
            }
            Err(failure) => return Err(failure),
        }
    }
}
