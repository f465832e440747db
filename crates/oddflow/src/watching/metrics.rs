//! What the service knows of itself, in numbers.
//!
//! Counters begin with the process: who adds them up over restarts is Prometheus. Nothing here decides anything.

use std::collections::BTreeMap;

use oddflow_detector::behaviour::Verdict;
use oddflow_features::behaviour::Evictions;
use oddflow_features::companion::Kind;
use oddflow_sinks::Report;
use zeek_follow::Poll;
use zeek_log::ProblemKind;

use super::exposition::Exposition;
use super::exposition::Type::{Counter, Gauge};
use super::retraining::Trained;
use crate::detection::behaviour::{BehaviourOutcome, Drifted};

/// Seconds since 1970 by the machine's clock: when something was done, never what is thought of it.
pub(super) type Moment = f64;

/// All numbers, as the loop and the delivery left them.
#[derive(Clone, Debug, Default)]
pub(super) struct Metrics {
    started: Moment,
    pub(super) model: Option<ModelInUse>,
    /// The model that watches beside it.
    pub(super) shadow: Option<String>,
    pub(super) retraining: Retraining,
    rows: u64,
    rows_trailing: u64,
    rows_late: u64,
    rows_excluded: u64,
    rows_flagged: u64,
    rows_unreadable: BTreeMap<ProblemKind, u64>,
    rows_of_companions: u64,
    late_rows_of_companions: u64,
    silent: Vec<Kind>,
    logs_late: u64,
    logs_failed: u64,
    logs_waiting: BTreeMap<String, u64>,
    pub(super) roots: u64,
    pub(super) unreachable: Vec<String>,
    polls: u64,
    last_poll: Option<Moment>,
    passes: u64,
    pass_seconds: f64,
    rows_per_second: f64,
    newest_row: Option<f64>,
    last_commit: Option<Moment>,
    /// What is the matter with the database now.
    pub(super) trouble: Option<String>,
    troubles: u64,
    raised: u64,
    over_budget: u64,
    suppressed: u64,
    /// Indices of the scores and of the feature that shifted most on each sensor's last day.
    drift: BTreeMap<String, [Option<f64>; 2]>,
    drift_days: BTreeMap<Verdict, u64>,
    evicted: Evictions,
    /// Bytes that the process is meant to take at most.
    pub(super) memory_limit: u64,
    pub(super) has_warned: bool,
    forgotten: u64,
    sinks: BTreeMap<String, SinkMetrics>,
}

/// The model that is watched with.
#[derive(Clone, Debug)]
pub(super) struct ModelInUse {
    pub(super) id: String,
    /// Incidents a day.
    pub(super) budget: f64,
    pub(super) threshold: f64,
}

/// What became of models that were learned beside the active one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Retraining {
    /// Trainings that led to a shadow, and that didn't.
    learned: [u64; 2],
    /// Trials that ended well, and that didn't.
    tried: [u64; 2],
}

impl Retraining {
    pub(super) fn trained(&mut self, trained: &Trained) {
        self.learned[usize::from(!matches!(trained, Trained::Shadow(_)))] += 1;
    }

    pub(super) fn tried(&mut self, is_no_worse: bool) {
        self.tried[usize::from(!is_no_worse)] += 1;
    }

    fn text(self, to: &mut Exposition) {
        for (name, help, outcome, values) in [
            (
                "oddflow_retrain_trainings_total",
                "Models that were learned beside the active one, by what came of it.",
                ["shadow", "nothing"],
                self.learned,
            ),
            (
                "oddflow_retrain_trials_total",
                "Models that watched in the shadow of the active one, by what was thought of them.",
                ["no_worse", "worse"],
                self.tried,
            ),
        ] {
            to.each((name, "outcome"), Counter, help, outcome.into_iter().zip(values));
        }
    }
}

#[derive(Clone, Debug, Default)]
struct SinkMetrics {
    waiting: u64,
    dead: u64,
    delivered: u64,
    retried: u64,
}

/// What only the moment of asking can tell.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked {
    pub(super) now: Moment,
    /// Seconds since the loop moved.
    pub(super) loop_age: f64,
    /// Memory in use and at most so far, in bytes, where the system tells.
    pub(super) memory: Option<[u64; 2]>,
}

impl Metrics {
    /// Those of a process that has just started.
    pub(super) fn new(started: Moment) -> Self {
        Self { started, ..Self::default() }
    }

    pub(super) fn polled(&mut self, polls: &[Poll], now: Moment) {
        self.polls += 1;
        self.last_poll = Some(now);
        let unreachable = polls.iter().flat_map(|poll| &poll.unreachable);
        self.unreachable = unreachable.map(|path| path.display().to_string()).collect();
        // A reason that was told of stays, with 0.
        self.logs_waiting.values_mut().for_each(|count| *count = 0);
        for waiting in polls.iter().flat_map(|poll| &poll.waiting) {
            *self.logs_waiting.entry(waiting.reason.to_string()).or_default() += 1;
        }
    }

    /// Passes over what one poll found, which were committed, with the logs of them that came late.
    pub(super) fn passed(&mut self, outcomes: &[BehaviourOutcome], late: u64, seconds: f64, now: Moment) {
        if outcomes.is_empty() {
            return;
        }
        self.passes += outcomes.len() as u64;
        self.pass_seconds += seconds;
        let rows: u64 = outcomes.iter().map(|outcome| outcome.rows).sum();
        if rows > 0 && seconds > 0.0 {
            self.rows_per_second = rows as f64 / seconds;
        }
        self.logs_late += late;
        self.last_commit = Some(now);
        outcomes.iter().for_each(|outcome| self.add(outcome));
    }

    fn add(&mut self, outcome: &BehaviourOutcome) {
        self.rows += outcome.rows;
        self.rows_trailing += outcome.rows_trailing;
        self.rows_late += outcome.rows_late;
        self.rows_excluded += outcome.excluded;
        self.rows_flagged += outcome.flagged;
        for (kind, count) in
            outcome.problems.kinds().filter(|(kind, _)| **kind != ProblemKind::UnfinishedLine)
        {
            *self.rows_unreadable.entry(*kind).or_default() += count;
        }
        self.rows_of_companions += outcome.companions;
        self.late_rows_of_companions += outcome.late_companions;
        self.silent.clone_from(&outcome.silent);
        self.logs_failed += outcome.problems.left_out();
        // The latest that was seen: a late log doesn't take it back.
        self.newest_row = self.newest_row.into_iter().chain(outcome.newest_end).reduce(f64::max);
        self.raised += outcome.raised;
        self.over_budget += outcome.over_budget;
        self.suppressed += outcome.suppressed;
        for Drifted { sensor, day } in &outcome.drifted {
            *self.drift_days.entry(day.verdict).or_default() += 1;
            self.drift.insert(sensor.to_string(), [day.score_psi, day.feature_psi]);
        }
        self.evicted += outcome.evicted;
        self.forgotten += outcome.forgotten;
    }

    pub(super) fn trouble(&mut self, what: &str) {
        if self.trouble.as_deref() != Some(what) {
            self.trouble = Some(what.into());
        }
        self.troubles += 1;
    }

    pub(super) fn delivered(&mut self, report: &Report) {
        for sink in &report.sinks {
            let metrics = self.sinks.entry(sink.name.clone()).or_default();
            metrics.waiting = sink.depth;
            metrics.dead += sink.dead;
            metrics.delivered += sink.delivered;
            metrics.retried += sink.retried;
        }
    }

    /// How the notices stand that an earlier run left.
    pub(super) fn found_in_outbox(&mut self, sink: &str, waiting: u64, dead: u64) {
        let metrics = self.sinks.entry(sink.into()).or_default();
        (metrics.waiting, metrics.dead) = (waiting, dead);
    }

    pub(super) fn has_polled(&self) -> bool {
        self.polls > 0
    }

    /// In the exposition format of Prometheus, always in the same order.
    pub(super) fn text(&self, asked: &Asked) -> String {
        let mut to = Exposition::default();
        to.info("oddflow_build_info", "Version.", &[("version", env!("CARGO_PKG_VERSION"))]);
        to.one("oddflow_start_time_seconds", Gauge, "When the process started, since 1970.", self.started);
        if let Some(model) = &self.model {
            let active = [("model", &*model.id), ("role", "active")];
            let shadow = self.shadow.as_deref().map(|shadow| [("model", shadow), ("role", "shadow")]);
            let both = [&active[..]].into_iter().chain(shadow.as_ref().map(|labels| &labels[..]));
            to.infos("oddflow_model_info", "The models that are watched with.", both);
            to.one(
                "oddflow_incident_budget_per_day",
                Gauge,
                "Incidents a day that are wanted.",
                model.budget,
            );
            to.one(
                "oddflow_score_threshold",
                Gauge,
                "Score from which on an incident is raised.",
                model.threshold,
            );
        }
        self.rows(&mut to);
        self.logs(&mut to, asked);
        self.results(&mut to);
        self.retraining.text(&mut to);
        self.process(&mut to, asked);
        to.text()
    }

    fn rows(&self, to: &mut Exposition) {
        to.one("oddflow_rows_total", Counter, "Rows of conn logs scored.", self.rows);
        to.one(
            "oddflow_rows_trailing_total",
            Counter,
            "Rows whose connection ended before that of a row before them; no time passes with them.",
            self.rows_trailing,
        );
        to.one(
            "oddflow_rows_late_total",
            Counter,
            "Rows that came after rows of other loggers that they belong before.",
            self.rows_late,
        );
        to.one(
            "oddflow_rows_excluded_total",
            Counter,
            "Rows left out by detect.exclude.",
            self.rows_excluded,
        );
        to.one(
            "oddflow_rows_flagged_total",
            Counter,
            "Rows that became part of an incident.",
            self.rows_flagged,
        );
        let kinds = ProblemKind::ALL.into_iter().filter(|kind| *kind != ProblemKind::UnfinishedLine);
        to.each(
            ("oddflow_rows_unreadable_total", "kind"),
            Counter,
            "Rows and files that could not be read.",
            kinds.map(|kind| (kind.name(), self.rows_unreadable.get(&kind).copied().unwrap_or_default())),
        );
        to.one(
            "oddflow_companion_rows_total",
            Counter,
            "Rows read of logs beside conn logs.",
            self.rows_of_companions,
        );
        to.one(
            "oddflow_companion_rows_late_total",
            Counter,
            "Rows of logs beside conn logs that came after their connection, and changed no score.",
            self.late_rows_of_companions,
        );
        to.each(
            ("oddflow_companion_silent", "log"),
            Gauge,
            "Whether a log that used to arrive has not for six hours of the logs' time.",
            Kind::ALL.into_iter().map(|kind| (kind.path(), self.silent.contains(&kind))),
        );
    }

    fn logs(&self, to: &mut Exposition, asked: &Asked) {
        to.one(
            "oddflow_logs_late_total",
            Counter,
            "Logs that came after a later one was read.",
            self.logs_late,
        );
        to.one(
            "oddflow_log_failures_total",
            Counter,
            "Attempts to read a log that failed; they are made again.",
            self.logs_failed,
        );
        to.each(
            ("oddflow_logs_waiting", "reason"),
            Gauge,
            "Logs that are there and can't be read yet.",
            self.logs_waiting.iter().map(|(reason, count)| (reason, *count)),
        );
        to.one("oddflow_roots", Gauge, "Folders that are watched.", self.roots);
        to.one(
            "oddflow_roots_unreachable",
            Gauge,
            "Folders that can't be reached now.",
            self.unreachable.len() as u64,
        );
        to.one("oddflow_polls_total", Counter, "Looks at the folders.", self.polls);
        if let Some(last) = self.last_poll {
            to.one(
                "oddflow_last_poll_timestamp_seconds",
                Gauge,
                "When the folders were looked at last.",
                last,
            );
        }
        if let Some(newest) = self.newest_row {
            let help = "End of the newest connection, by the logs.";
            to.one("oddflow_newest_row_timestamp_seconds", Gauge, help, newest);
            let help = "How far the newest connection's end lies behind this machine's clock.";
            to.one("oddflow_lag_seconds", Gauge, help, asked.now - newest);
        }
    }

    fn results(&self, to: &mut Exposition) {
        to.one("oddflow_passes_total", Counter, "Readings of new rows that were committed.", self.passes);
        to.one("oddflow_pass_seconds_total", Counter, "Time that they took.", self.pass_seconds);
        to.one(
            "oddflow_pass_rows_per_second",
            Gauge,
            "Speed of the last one with rows.",
            self.rows_per_second,
        );
        if let Some(last) = self.last_commit {
            let help = "When rows were committed last.";
            to.one("oddflow_last_commit_timestamp_seconds", Gauge, help, last);
        }
        let help = "Whether the database can't be used now.";
        to.one("oddflow_database_trouble", Gauge, help, self.trouble.is_some());
        let help = "Attempts to use the database that failed; they are made again.";
        to.one("oddflow_database_failures_total", Counter, help, self.troubles);
        let help = "Incidents raised within the budget.";
        to.one("oddflow_incidents_raised_total", Counter, help, self.raised);
        let help = "Incidents over the budget: stored, and told to nobody.";
        to.one("oddflow_incidents_over_budget_total", Counter, help, self.over_budget);
        let help = "Incidents hidden by rules.";
        to.one("oddflow_incidents_suppressed_total", Counter, help, self.suppressed);
        self.drift(to);
        let help = "Hosts, pairs, counts and open connections forgotten as the memory of behaviour was full.";
        let Evictions { hosts, pairs, counts, open } = self.evicted;
        let kinds = [("hosts", hosts), ("pairs", pairs), ("counts", counts), ("open", open)];
        to.each(("oddflow_state_evictions_total", "kind"), Counter, help, kinds);
        let help = "Groups of odd rows forgotten as too many were open.";
        to.one("oddflow_groups_forgotten_total", Counter, help, self.forgotten);
        let sinks = |of: fn(&SinkMetrics) -> u64| self.sinks.iter().map(move |(name, sink)| (name, of(sink)));
        to.each(
            ("oddflow_outbox_waiting", "sink"),
            Gauge,
            "Notices that wait for a sink.",
            sinks(|sink| sink.waiting),
        );
        to.each(
            ("oddflow_outbox_dead", "sink"),
            Gauge,
            "Notices that were given up.",
            sinks(|sink| sink.dead),
        );
        to.each(
            ("oddflow_notices_delivered_total", "sink"),
            Counter,
            "Notices that arrived.",
            sinks(|sink| sink.delivered),
        );
        to.each(
            ("oddflow_notices_retried_total", "sink"),
            Counter,
            "Deliveries that failed and are made again.",
            sinks(|sink| sink.retried),
        );
    }

    fn drift(&self, to: &mut Exposition) {
        let of = |which: usize| {
            self.drift.iter().filter_map(move |(sensor, psi)| psi[which].map(|psi| (sensor, psi)))
        };
        let help =
            "Population stability index of the last day's scores against the baseline; .25 is a shift.";
        to.each(("oddflow_drift_score_psi", "sensor"), Gauge, help, of(0));
        let help = "The same of the feature that shifted most.";
        to.each(("oddflow_drift_feature_psi_max", "sensor"), Gauge, help, of(1));
        to.each(
            ("oddflow_drift_days_total", "verdict"),
            Counter,
            "Days that were compared with the baseline.",
            Verdict::ALL
                .map(|verdict| (verdict.name(), self.drift_days.get(&verdict).copied().unwrap_or_default())),
        );
    }

    fn process(&self, to: &mut Exposition, asked: &Asked) {
        to.one("oddflow_loop_age_seconds", Gauge, "Time since the loop moved.", asked.loop_age);
        if let Some([now, peak]) = asked.memory {
            to.one("oddflow_resident_memory_bytes", Gauge, "Memory in use.", now);
            to.one("oddflow_resident_memory_peak_bytes", Gauge, "Most memory in use so far.", peak);
        }
        let help = "Memory that is meant to be in use at most.";
        to.one("oddflow_memory_limit_bytes", Gauge, help, self.memory_limit);
    }
}

#[cfg(test)]
mod tests;
