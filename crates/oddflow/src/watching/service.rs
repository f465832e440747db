//! The service: poll, score, commit, wait, until it is asked to stop.
//!
//! Invariant: what is in memory may be ahead of the store only within a pass. A pass that fails is forgotten with all that it did:
//! the next one begins where the store stands. So a disk that is full, or a database that somebody else holds, costs time and
//! nothing else.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use oddflow_dashboard::Listen;
use oddflow_detector::behaviour::Model;
use oddflow_sinks::{Built, Policy};
use oddflow_store::Store;
use tracing::{error, info};
use zeek_filter::Filters;
use zeek_follow::{Now, Root, Settings as FollowSettings};

use super::delivery::Delivery;
use super::health::{Health, Http};
use super::incidents;
use super::lane::{Followed, Lane};
use super::learning::{self, Learn};
use super::retention::{Keeper, Retention};
use crate::commands::detect::register;
use crate::detection::behaviour::Limits;
use crate::detection::behaviour::Telling;
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
    pub(crate) model: PathBuf,
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
    /// What is done where there is no model yet.
    pub(crate) learn: Learn,
    /// Whether incidents are stored and nobody is told.
    pub(crate) simulate: bool,
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
}

/// Why a stretch of watching ended.
enum End {
    /// It was asked to, or there is nothing left.
    Stopped,
    /// There are other settings.
    Changed(Box<Watch>),
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
    http.listen(watch.listen.as_ref(), &health)?;
    while let End::Changed(changed) = watch_as(watch, read, &health)? {
        info!("the settings have changed");
        watch = *changed;
        // What is watched is worth more than what is told of it.
        if let Err(failure) = http.listen(watch.listen.as_ref(), &health) {
            error!("nothing is told over HTTP: {}. {}", failure.message(), failure.remedy());
        }
    }
    Ok(())
}

/// Watches with some settings.
fn watch_as(mut watch: Watch, read: ReadSettings<'_>, health: &Arc<Health>) -> Result<End, Failure> {
    health.limit_memory(watch.memory_limit);
    let now = clock();
    let mut followed = Followed::all(&watch);
    let sinks = std::mem::take(&mut watch.sinks.sinks);
    let mut wait = Wait::new(health);
    let delivery = wait_for(&mut wait, || Store::open(&watch.db).map_err(Failure::from))?
        .map(|_| Delivery::start(&watch.db, sinks, watch.policy.clone(), Arc::clone(health)))
        .transpose()?;
    let outcome = loop {
        match stretch(&watch, &mut followed, &now, (&mut wait, read)) {
            Err(failure) if failure.may_pass() => {
                if !wait.after(&failure) {
                    break Ok(End::Stopped);
                }
            }
            outcome => break outcome,
        }
    };
    if let Some(delivery) = delivery {
        delivery.finish();
    }
    outcome
}

/// Watches until something goes wrong with the store, or it is asked to stop.
fn stretch(
    watch: &Watch,
    followed: &mut [Followed],
    now: &dyn Fn() -> Now,
    (wait, read): (&mut Wait<'_>, ReadSettings<'_>),
) -> Result<End, Failure> {
    if !watch.model.exists() && !learning::learn(watch, now)? {
        return Ok(End::Stopped);
    }
    let mut model = read_model(&watch.model)?;
    let states = model.take_states();
    let mut store = Store::open(&watch.db)?;
    let whole = oddflow_detector::Model::Behaviour(Box::new(model));
    register(&mut store, &whole)?;
    drop(store);
    let oddflow_detector::Model::Behaviour(model) = whole else { return Ok(End::Stopped) };
    let known = Store::open_read_only(&watch.db)?;
    let routes = if watch.simulate { Vec::new() } else { watch.sinks.routes.clone() };
    let mut stores = (followed.iter())
        .map(|_| {
            let store = Store::open(&watch.db)?;
            watch.retention.limit(&store)?;
            Ok(store)
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    let mut lanes = (followed.iter_mut().zip(&mut stores))
        .map(|(followed, store)| {
            let telling = Telling { routes: routes.clone() };
            Lane::new(watch, followed, (&model, &states), (&known, store), telling)
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    drop(states);
    info!(
        model = model.id(),
        roots = watch.roots.iter().map(|root| root.path.display().to_string()).collect::<Vec<_>>().join(" "),
        "watching"
    );
    let mut keeper = Keeper::new(watch.retention);
    wait.end();
    wait.health.watching(&model, watch.budget.unwrap_or(model.budget()), watch.roots.len());
    let end = loop {
        let polls = lanes.iter_mut().map(|lane| lane.poll(now())).collect::<Result<Vec<_>, _>>()?;
        wait.health.polled(&polls);
        keeper.tend(&watch.db, now());
        let mut has_more = polls.iter().any(|poll| poll.has_more);
        for (lane, poll) in lanes.iter_mut().zip(&polls) {
            let began = now();
            let Some(outcome) = lane.pass(watch, poll, seconds(began.wall))? else { continue };
            has_more |= outcome.has_read();
            let late = poll.hours.iter().filter(|hour| hour.is_late && hour.main.is_some()).count();
            wait.health.passed(&outcome, late, now().monotonic.saturating_sub(began.monotonic));
            if outcome.raised > 0 && !watch.simulate {
                incidents::tell(&known, (model.id(), lane.sensor), outcome.raised)?;
            }
            if interrupt::requested() {
                break;
            }
        }
        if interrupt::requested() {
            break End::Stopped;
        }
        if interrupt::reload_requested() {
            pulse::reloading();
            match read() {
                Ok(changed) => break End::Changed(Box::new(changed)),
                Err(failure) => {
                    error!("the settings stay: {}. {}", failure.message(), failure.remedy());
                    pulse::ready();
                }
            }
        }
        if has_more {
            continue;
        }
        if watch.once || !pause(watch.pause) {
            break End::Stopped;
        }
    };
    if matches!(end, End::Stopped) {
        pulse::stopping();
    }
    lanes.into_iter().try_for_each(Lane::finish)?;
    if matches!(end, End::Stopped) {
        info!("stopped");
    }
    Ok(end)
}

fn read_model(path: &std::path::Path) -> Result<Model, Failure> {
    match oddflow_detector::Model::read(path)? {
        oddflow_detector::Model::Behaviour(model) => Ok(*model),
        oddflow_detector::Model::Classic(_) => Err(Failure::usage(
            format!(
                "{} is a model of the classic recipe, and watching needs one of behaviour",
                path.display()
            ),
            "Train one with: oddflow train LOGS -o FILE.",
        )),
    }
}

/// A time of the calendar, in seconds since 1970.
fn seconds(time: SystemTime) -> f64 {
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
struct Wait<'h> {
    health: &'h Health,
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
    fn end(&mut self) {
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
