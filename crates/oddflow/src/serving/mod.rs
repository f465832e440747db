//! What the dashboard asks of the program: models, expressions, logs and settings. `oddflow-dashboard` knows HTTP and the store, and none
//! of these.

mod charts;
mod condition;
mod hosts;
mod logs;
mod models;
mod rules;
mod settings;
mod words;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use oddflow_dashboard::{
    Budget, Change, Charts, Condition, Difference, Forecast, Knowledge, Log, Made, ModelDetails, NewRule,
    Plan, Preview, Problem, Reading, Removed, Settings as Told, Source, Technique,
};
use oddflow_detector::Model;
use oddflow_store::{Alert, Batch, Incident, Store, TrafficQuery};
use serde_json::Value;

use crate::config::Settings;
use crate::failure::Failure;
use crate::output::note;
use crate::text::row_command;

/// Models that are kept in memory: the active one, and one that somebody looks at.
const KEPT: usize = 2;

/// What the program knows.
pub(crate) struct Serving {
    /// The settings in force, where there are any.
    pub(crate) settings: Option<Settings>,
    /// Folders whose logs may be explored, beside those that the ledger knows.
    pub(crate) logs: Vec<PathBuf>,
    /// How the service is, where this process watches.
    pub(crate) health: Option<Arc<dyn Source>>,
    models: Mutex<Vec<Arc<Model>>>,
}

impl Serving {
    pub(crate) fn new(
        settings: Option<Settings>,
        logs: Vec<PathBuf>,
        health: Option<Arc<dyn Source>>,
    ) -> Self {
        Self { settings, logs, health, models: Mutex::default() }
    }

    /// A model of the database, by the first digits of its id, without its states.
    fn model_of(&self, store: &Store, id: &str) -> Result<Arc<Model>, Problem> {
        let kept = || self.models.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(model) = kept().iter().find(|model| model.id() == id) {
            return Ok(Arc::clone(model));
        }
        let id = crate::models::find(store, id).map_err(|failure| problem(&failure))?;
        if let Some(model) = kept().iter().find(|model| model.id() == id) {
            return Ok(Arc::clone(model));
        }
        let mut model = crate::models::load(store, &id).map_err(|failure| problem(&failure))?;
        if let Model::Behaviour(model) = &mut model {
            // Most of its memory, and nothing that is told.
            drop(model.take_states());
        }
        let model = Arc::new(model);
        let mut models = kept();
        models.insert(0, Arc::clone(&model));
        models.truncate(KEPT);
        Ok(model)
    }
}

/// A failure as it is told over HTTP.
fn problem(failure: &Failure) -> Problem {
    let (message, remedy) = (sentence(failure.message()), failure.remedy().to_owned());
    if failure.is_usage() {
        Problem::wrong(message, remedy)
    } else if failure.is_model() {
        Problem::missing(message, remedy)
    } else {
        Problem::unavailable(message, remedy)
    }
}

/// What was said as a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

impl Knowledge for Serving {
    fn command(&self, alert: &Alert) -> Option<String> {
        row_command(&alert.file, &alert.uid, alert.line)
    }

    fn technique(&self, id: &str) -> Technique {
        words::technique(id)
    }

    fn host_normal(&self, store: &Store, incident: &Incident) -> Result<Vec<String>, Problem> {
        hosts::normal(store, incident)
    }

    fn host_changes(&self, store: &Store, query: &TrafficQuery) -> Result<Vec<Change>, Problem> {
        hosts::changes(store, query)
    }

    fn charts(&self, store: &Store, alert: &Alert) -> Result<Charts, Problem> {
        charts::charts(self, store, alert)
    }

    fn suggest(&self, store: &Store, incidents: &[i64]) -> Result<String, Problem> {
        rules::suggest(store, incidents)
    }

    fn preview(&self, store: &Store, expression: &str, days: f64) -> Result<Preview, Problem> {
        rules::preview(store, expression, days)
    }

    fn plan(&self, store: &Store, rule: &NewRule, now: f64) -> Result<Plan, Problem> {
        rules::plan(store, rule, now)
    }

    fn suppress(
        &self,
        batch: &mut Batch<'_>,
        rule: &NewRule,
        plan: &Plan,
        (now, who): (f64, &str),
    ) -> Result<Made, Problem> {
        rules::suppress(batch, rule, plan, crate::suppression::By { who, now })
    }

    fn unsuppress(
        &self,
        batch: &mut Batch<'_>,
        rule: i64,
        (now, who): (f64, &str),
    ) -> Result<Option<Removed>, Problem> {
        rules::unsuppress(batch, rule, crate::suppression::By { who, now })
    }

    fn model(&self, store: &Store, id: &str) -> Result<ModelDetails, Problem> {
        models::details(self, store, id)
    }

    fn forecast(&self, store: &Store, id: &str, budget: Option<f64>) -> Result<Forecast, Problem> {
        models::forecast(self, store, id, budget)
    }

    fn difference(&self, store: &Store, a: &str, b: &str) -> Result<Difference, Problem> {
        let (a, b) = (self.model_of(store, a)?, self.model_of(store, b)?);
        Ok(models::difference(&a, &b))
    }

    fn usable(&self, store: &Store, id: &str) -> Result<String, Problem> {
        let id = crate::models::find(store, id).map_err(|failure| problem(&failure))?;
        crate::models::load(store, &id).map_err(|failure| problem(&failure))?;
        Ok(id)
    }

    fn budget(&self, store: &Store) -> Result<Option<Budget>, Problem> {
        models::budget(self, store)
    }

    fn condition(&self, store: &Store, now: f64) -> Result<Condition, Problem> {
        condition::condition(self, store, now)
    }

    fn settings(&self, store: &Store) -> Result<Told, Problem> {
        settings::told(self, store)
    }

    fn is_watching(&self) -> bool {
        self.health.is_some()
    }

    fn trouble(&self, what: &str) {
        note(format_args!("warning: {what}"));
    }

    fn logs(&self, store: &Store) -> Result<Vec<Log>, Problem> {
        logs::logs(self, store)
    }

    fn explore(&self, store: &Store, log: &str, filter: &str, reading: &Reading) -> Result<Value, Problem> {
        logs::explore(self, store, (log, filter), reading)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_a_sentence() {
        assert_eq!(sentence("there is no model"), "There is no model.");
        assert_eq!(sentence("x."), "X.");
        assert_eq!(sentence(""), ".");
    }
}
