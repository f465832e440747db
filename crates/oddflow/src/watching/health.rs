//! How the service is: what the loop and the delivery report, and what is told of it over HTTP.
//!
//! Invariant: who asks waits for nobody and reads no file but those of `/proc`. The loop holds the lock for as long as it takes to add
//! some numbers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use oddflow_dashboard::{Dashboard, DashboardSettings, Listen, ListenError, Server, Source};
use oddflow_detector::behaviour::Model;
use oddflow_sinks::Report;
use oddflow_store::OutboxCount;
use tracing::{info, warn};
use zeek_follow::Poll;

use super::metrics::{Asked, Metrics, ModelInUse, Moment};
use super::retraining::Trained;
use super::service::Watch;
use crate::config::Settings;
use crate::detection::behaviour::BehaviourOutcome;
use crate::failure::Failure;
use crate::pulse;
use crate::serving::Serving;

/// A loop that has not moved for so long hangs. Within a pass it moves with each MiB that is read; the longest stretches without
/// are the reading of a model and of a state, and a commit to a slow disk.
const STUCK: Duration = Duration::from_secs(120);

/// How the service is.
#[derive(Debug, Default)]
pub(super) struct Health(Mutex<Metrics>);

impl Health {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Metrics::new(now()))))
    }

    /// What is watched with. Nothing is ready until it is.
    pub(super) fn watching(&self, model: &Model, budget: f64, roots: usize) {
        let threshold = f64::from(model.calibration_incidents().live_threshold(budget));
        let mut metrics = self.metrics();
        metrics.model = Some(ModelInUse { id: model.id().into(), budget, threshold });
        metrics.roots = roots as u64;
    }

    /// How many bytes the process is meant to take at most.
    pub(super) fn limit_memory(&self, bytes: u64) {
        self.metrics().memory_limit = bytes;
    }

    /// Says once that the process takes more than it is meant to.
    fn watch_memory(&self) {
        let mut metrics = self.metrics();
        if let Some([now, _]) = memory()
            && now > metrics.memory_limit
            && metrics.memory_limit > 0
            && !std::mem::replace(&mut metrics.has_warned, true)
        {
            let limit = metrics.memory_limit;
            warn!(memory = now, limit, "the service takes more memory than watch.memory_limit");
        }
    }

    /// What watches beside it.
    pub(super) fn shadowed(&self, shadow: Option<&str>) {
        self.metrics().shadow = shadow.map(Into::into);
    }

    /// A training came to its end.
    pub(super) fn trained(&self, trained: &Trained) {
        self.metrics().retraining.trained(trained);
    }

    /// A trial came to its end: the shadow is no worse, or worse.
    pub(super) fn tried(&self, is_no_worse: bool) {
        self.metrics().retraining.tried(is_no_worse);
    }

    /// A look at the folders of all sensors came to its end.
    pub(super) fn polled(&self, polls: &[Poll]) {
        self.metrics().polled(polls, now());
        self.watch_memory();
        pulse::ready();
        pulse::beat();
    }

    /// New rows were committed, of which so many logs came late.
    pub(super) fn passed(&self, outcomes: &[BehaviourOutcome], late: usize, took: Duration) {
        self.metrics().passed(outcomes, late as u64, took.as_secs_f64(), now());
        self.watch_memory();
    }

    /// The database can't be used.
    pub(super) fn trouble(&self, what: &str) {
        self.metrics().trouble(what);
    }

    /// It can be used again.
    pub(super) fn well(&self) {
        self.metrics().trouble = None;
    }

    /// What became of notices.
    pub(super) fn delivered(&self, report: &Report) {
        self.metrics().delivered(report);
    }

    /// What an earlier run left in the outbox.
    pub(super) fn found_in_outbox(&self, counts: &[OutboxCount]) {
        let mut metrics = self.metrics();
        counts.iter().for_each(|count| metrics.found_in_outbox(&count.sink, count.waiting, count.dead));
    }

    fn metrics(&self) -> MutexGuard<'_, Metrics> {
        // Numbers are whole after each addition, whoever was interrupted.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source for Health {
    fn metrics(&self) -> String {
        let metrics = Self::metrics(self).clone();
        let loop_age = pulse::age().unwrap_or_default().as_secs_f64();
        metrics.text(&Asked { now: now(), loop_age, memory: memory() })
    }

    fn unhealthy(&self) -> Vec<String> {
        let stuck = pulse::age().filter(|age| *age > STUCK);
        stuck.map(|age| format!("the loop has not moved for {} s", age.as_secs())).into_iter().collect()
    }

    fn unready(&self) -> Vec<String> {
        let mut troubles = self.unhealthy();
        let metrics = Self::metrics(self);
        if metrics.model.is_none() {
            troubles.push("no model is loaded yet".into());
        } else if !metrics.has_polled() {
            troubles.push("the folders have not been looked at yet".into());
        }
        troubles.extend(metrics.trouble.clone());
        troubles.extend(metrics.unreachable.iter().map(|root| format!("{root} cannot be reached")));
        troubles
    }
}

/// The dashboard of a service: what it needs beside the database.
#[derive(Clone, PartialEq)]
pub(crate) struct WatchedDashboard {
    /// The settings in force.
    pub(crate) settings: Arc<Settings>,
    pub(crate) needs_token: bool,
}

/// Connections that answer the dashboard's requests: what is watched comes first.
const READERS: usize = 2;

/// What is told over HTTP, if anything.
#[derive(Default)]
pub(super) struct Http(Option<(Listen, Option<WatchedDashboard>, Server)>);

impl Http {
    /// Listens where the settings say; a listener that is at work there stays.
    pub(super) fn listen(&mut self, watch: &Watch, health: &Arc<Health>) -> Result<(), Failure> {
        let Watch { listen, dashboard, db, .. } = watch;
        let same = |(own, told, _): &(Listen, Option<WatchedDashboard>, Server)| {
            Some(own) == listen.as_ref() && told == dashboard
        };
        if self.0.as_ref().map_or(listen.is_none(), same) {
            return Ok(());
        }
        // The port is free before it is taken again.
        self.0 = None;
        if let Some(listen) = listen {
            let source: Arc<dyn Source> = Arc::<Health>::clone(health);
            let page = dashboard.as_ref().map(|dashboard| {
                let WatchedDashboard { settings, needs_token } = dashboard;
                let sensors = settings.watch.sensors.values().flatten();
                let roots = settings.watch.roots.iter().chain(sensors).cloned().collect();
                let serving = Serving::new(Some(settings.as_ref().clone()), roots, Some(Arc::clone(&source)));
                let needs = DashboardSettings { db: db.clone(), readers: READERS, needs_token: *needs_token };
                Dashboard::new(needs, Arc::new(serving))
            });
            let server = Server::start(listen.clone(), source, page)
                .map_err(|error: ListenError| Failure::usage(error.to_string(), error.remedy()))?;
            info!(address = %server.address(), "metrics and health are told over HTTP");
            if let Some(dashboard) = dashboard {
                info!(address = %server.address(), token = dashboard.needs_token, "the dashboard is there too");
                if listen.is_remote() && !listen.has_tls() {
                    warn!(
                        "the dashboard is told without TLS: whoever is on the way can read it, and the token"
                    );
                }
            }
            self.0 = Some((listen.clone(), dashboard.clone(), server));
        }
        Ok(())
    }
}

/// The machine's clock: for display.
#[expect(clippy::disallowed_methods, reason = "when something was done is told; nothing is decided by it")]
fn now() -> Moment {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// Memory of the process in bytes, now and at most; `None` where the system doesn't tell as Linux does.
fn memory() -> Option<[u64; 2]> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        // In kB, which are KiB, whatever the size of a page.
        line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib << 10)
    };
    Some([of("VmRSS:")?, of("VmHWM:")?])
}
