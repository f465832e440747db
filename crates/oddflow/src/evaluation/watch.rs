//! A behaviour model at work on a test: scores as `detect` gives them, incidents ranked by their final scores, and when each
//! would have been raised.

use oddflow_detector::behaviour::{Alarm, Budget, Groups, Key, Model, Raised, Scored, Session};
use oddflow_evaluate::{Incident, Truth};
use oddflow_features::behaviour::Flow;
use oddflow_features::companion::BesideRow;
use serde::Serialize;

use super::judged::Judged;
use crate::failure::Failure;

/// A session and what came of its rows so far.
pub(crate) struct Watch {
    session: Session,
    /// The incidents as they are looked at afterwards.
    groups: Groups,
    /// What is raised while the rows come.
    alarm: Alarm,
    /// For each group when an incident was raised of its rows.
    raised: Vec<Option<f64>>,
    scores: Vec<f64>,
    observed: Observed,
    threshold: f32,
    scored: Vec<Scored>,
}

/// What `detect` would have told the owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Observed {
    /// Incidents raised.
    pub(crate) raised: u64,
    /// Those of them that show no malicious row.
    pub(crate) false_alarms: u64,
    /// Incidents beyond the day's cap.
    pub(crate) over_budget: u64,
}

impl Watch {
    /// Goes on from the end of the model's baseline.
    pub(crate) fn new(model: &Model, per_day: f64) -> Result<Self, Failure> {
        let session = model.session().map_err(|error| Failure::damaged_state(&error.to_string()))?;
        let calibration = model.calibration_incidents();
        let budget = Budget { per_day, threshold: calibration.live_threshold(per_day) };
        Ok(Self {
            session,
            groups: Groups::new(),
            alarm: Alarm::new(budget).after(&calibration.recent),
            raised: Vec::new(),
            scores: Vec::new(),
            observed: Observed::default(),
            threshold: calibration.threshold(per_day),
            scored: Vec::new(),
        })
    }

    /// Takes in a row of a companion log, before the connections of its conn log.
    pub(crate) fn take(&mut self, row: &BesideRow) {
        self.session.take(row);
    }

    /// Takes in rows, in the order in which the sensor wrote them.
    pub(crate) fn add(&mut self, flows: &[Flow]) {
        self.scored.clear();
        self.session.score(flows, &mut self.scored);
        for (flow, scored) in flows.iter().zip(&self.scored) {
            let (number, key) = (self.scores.len() as u64, Key::of(flow, scored));
            self.scores.push(f64::from(scored.score));
            let group = self.groups.add(number, flow.end, key, scored.score);
            if group >= self.raised.len() {
                self.raised.resize(group + 1, None);
            }
            let placed = self.alarm.add(number, flow.end, key, scored.score);
            match placed.raised.filter(|_| placed.is_new) {
                Some(Raised::Within) => {
                    self.observed.raised += 1;
                    self.raised[group].get_or_insert(flow.end);
                }
                Some(Raised::OverBudget) => self.observed.over_budget += 1,
                None => {}
            }
        }
    }

    /// What came of it; `truths` are those of all rows.
    pub(crate) fn finish(mut self, truths: &[Truth]) -> (Judged, Observed) {
        let incidents: Vec<Incident> = self
            .groups
            .into_groups()
            .iter()
            .zip(self.raised)
            .map(|(group, raised)| Incident {
                score: f64::from(group.score()),
                // Numbers of rows are their places.
                top: group.top.iter().map(|(_, row)| *row as usize).collect(),
                raised,
            })
            .collect();
        let is_false = |incident: &&Incident| {
            incident.raised.is_some() && incident.top.iter().all(|row| truths[*row].campaign().is_none())
        };
        self.observed.false_alarms = incidents.iter().filter(is_false).count() as u64;
        let judged = Judged {
            name: "behaviour",
            scores: self.scores,
            incidents,
            threshold: Some(f64::from(self.threshold)),
        };
        (judged, self.observed)
    }
}
