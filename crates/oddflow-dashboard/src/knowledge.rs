//! What only the program knows: models, expressions, logs and settings. The API asks it, and knows none of them.

use oddflow_store::{Alert, Batch, Incident, Store, TrafficQuery};
use serde_json::Value;

use crate::api::charts::Charts;
use crate::api::explore::{Log, Reading};
use crate::api::hosts::Change;
use crate::api::models::{Difference, Forecast, ModelDetails};
use crate::api::overview::{Budget, Condition};
use crate::api::problem::Problem;
use crate::api::settings::Settings;
use crate::api::suppressions::{Made, NewRule, Plan, Preview, Removed};
use crate::api::techniques::Technique;

/// What only the program knows. It is asked in threads that may take their time, with a store of one moment.
pub trait Knowledge: Send + Sync + 'static {
    /// A command that shows the row of an alert in its log, to be pasted into a shell.
    fn command(&self, alert: &Alert) -> Option<String>;

    /// What a technique is called.
    fn technique(&self, id: &str) -> Technique;

    /// What is normal for the host of an incident, a sentence each.
    ///
    /// # Errors
    /// Where reading fails.
    fn host_normal(&self, store: &Store, incident: &Incident) -> Result<Vec<String>, Problem>;

    /// What is unlike all before in the traffic of a host: that of a query, which names it and a time.
    ///
    /// # Errors
    /// Where reading fails.
    fn host_changes(&self, store: &Store, query: &TrafficQuery) -> Result<Vec<Change>, Problem>;

    /// The values of an alert against those of the baseline.
    ///
    /// # Errors
    /// Where reading fails.
    fn charts(&self, store: &Store, alert: &Alert) -> Result<Charts, Problem>;

    /// A rule that means some incidents and as little else as possible.
    ///
    /// # Errors
    /// Where there is no such incident, or reading fails.
    fn suggest(&self, store: &Store, incidents: &[i64]) -> Result<String, Problem>;

    /// What a rule would hide of the last days.
    ///
    /// # Errors
    /// Where the expression is wrong, or reading fails.
    fn preview(&self, store: &Store, expression: &str, days: f64) -> Result<Preview, Problem>;

    /// Looks for what a rule means, at a time in seconds since 1970, which may take long; nothing is changed.
    ///
    /// # Errors
    /// Where the rule is wrong, or reading fails.
    fn plan(&self, store: &Store, rule: &NewRule, now: f64) -> Result<Plan, Problem>;

    /// Makes a rule, at a time in seconds since 1970 and by somebody, hides what it was found to mean and what has come since, and
    /// enters it into the audit log.
    ///
    /// # Errors
    /// Where writing fails.
    fn suppress(
        &self,
        batch: &mut Batch<'_>,
        rule: &NewRule,
        plan: &Plan,
        who: (f64, &str),
    ) -> Result<Made, Problem>;

    /// Removes a rule and shows what it hid, but for what other rules mean; `None` where there is no such rule.
    ///
    /// # Errors
    /// Where writing fails.
    fn unsuppress(
        &self,
        batch: &mut Batch<'_>,
        rule: i64,
        who: (f64, &str),
    ) -> Result<Option<Removed>, Problem>;

    /// All that is known of a model; its id may be cut to its first digits.
    ///
    /// # Errors
    /// Where there is no such model, or it can't be read.
    fn model(&self, store: &Store, id: &str) -> Result<ModelDetails, Problem>;

    /// What a model's calibration says of a budget, in incidents a day; of its own where none is given.
    ///
    /// # Errors
    /// As [`Knowledge::model`], and where it is no model with a budget.
    fn forecast(&self, store: &Store, id: &str, budget: Option<f64>) -> Result<Forecast, Problem>;

    /// Where two models differ.
    ///
    /// # Errors
    /// As [`Knowledge::model`].
    fn difference(&self, store: &Store, a: &str, b: &str) -> Result<Difference, Problem>;

    /// The whole id of a model that can be gone by.
    ///
    /// # Errors
    /// As [`Knowledge::model`].
    fn usable(&self, store: &Store, id: &str) -> Result<String, Problem>;

    /// The budget that is gone by, and what is expected of it; `None` where there is no model.
    ///
    /// # Errors
    /// Where reading fails.
    fn budget(&self, store: &Store) -> Result<Option<Budget>, Problem>;

    /// How the service and its sensors are, at a time in seconds since 1970.
    ///
    /// # Errors
    /// Where reading fails.
    fn condition(&self, store: &Store, now: f64) -> Result<Condition, Problem>;

    /// The settings, without secrets.
    ///
    /// # Errors
    /// Where reading fails.
    fn settings(&self, store: &Store) -> Result<Settings, Problem>;

    /// Whether logs are watched by this process.
    fn is_watching(&self) -> bool;

    /// Says to whoever runs the program what strangers aren't told.
    fn trouble(&self, what: &str);

    /// The logs that may be explored.
    ///
    /// # Errors
    /// Where reading fails.
    fn logs(&self, store: &Store) -> Result<Vec<Log>, Problem>;

    /// Figures of a log, or of the logs of a folder, as `oddflow explore --json` prints them. It takes as long as it takes, and
    /// ends early where the reading is stopped.
    ///
    /// # Errors
    /// Where the log is none of [`Knowledge::logs`], the filter is wrong, or it can't be read.
    fn explore(&self, store: &Store, log: &str, filter: &str, reading: &Reading) -> Result<Value, Problem>;
}
