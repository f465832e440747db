//! New models beside the active one: when one is learned, and what becomes of it.
//!
//! Days are those of the logs: when a model is due, what it learns of, and what it is compared by depend on the rows that were
//! read and on nothing else. So a service that was killed goes on to the models of one that wasn't.

mod trainer;
mod trial;

use std::collections::BTreeSet;

use oddflow_detector::behaviour::Verdict;
use oddflow_store::StoredDrift;

use crate::config::RetrainSettings;

pub(super) use trainer::{Job, Trained, Trainer};
pub(super) use trial::Trial;

pub(super) const DAY: f64 = 86_400.0;

/// What is known when it is asked whether a model is due. Times are the logs', in seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'k> {
    /// The end of the latest baseline that was tried.
    pub(super) last_training: f64,
    /// The first and the newest row that were read.
    pub(super) span: (f64, f64),
    /// Ends of days on which the network was found to have changed, as on the day before.
    pub(super) changed: &'k [f64],
}

/// Why a model is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// By the schedule.
    Schedule,
    /// The network has changed.
    Drift,
}

impl Why {
    /// For people, before what was learned of.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Schedule => "on schedule",
            Self::Drift => "as the network changed",
        }
    }
}

impl RetrainSettings {
    /// Whether models are learned anew at all.
    pub(super) fn is_on(&self) -> bool {
        self.every_days > 0.0 || self.on_drift
    }

    /// The end of the baseline that is due, and whether it is by the schedule or by a change of the network; `None` where none is
    /// yet. There must be logs for the whole of it, and at least as much log time since the last as a shadow watches.
    pub(super) fn due(&self, known: Known<'_>) -> Option<(f64, Why)> {
        let Known { last_training, span: (first, newest), changed } = known;
        let scheduled = (self.every_days > 0.0).then_some(last_training + self.every_days * DAY);
        let rested = last_training + self.shadow_days * DAY;
        let changed = changed.iter().copied().filter(|day| *day > rested).reduce(f64::min);
        let (due, why) = match (scheduled, changed) {
            (Some(scheduled), Some(changed)) if changed < scheduled => (changed, Why::Drift),
            (Some(scheduled), _) => (scheduled, Why::Schedule),
            (None, changed) => (changed?, Why::Drift),
        };
        let due = due.max(first + self.days * DAY);
        (newest >= due).then_some((due, why))
    }
}

/// The ends of the days on which the network of a sensor had changed for the second time in a row, ascending. One day alone may be
/// a holiday.
pub(super) fn changes(days: &[StoredDrift]) -> Vec<f64> {
    let has_changed = |day: &&StoredDrift| day.is_over && day.verdict == Verdict::Network.name();
    let changed: BTreeSet<(&str, i64)> =
        days.iter().filter(has_changed).map(|day| (&*day.sensor, day.day)).collect();
    let again = changed.iter().filter(|(sensor, day)| changed.contains(&(*sensor, day - 1)));
    let ends: BTreeSet<i64> = again.map(|(_, day)| day + 1).collect();
    ends.into_iter().map(|day| day as f64 * DAY).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETRAIN: RetrainSettings = RetrainSettings {
        every_days: 7.0,
        on_drift: true,
        days: 3.0,
        shadow_days: 1.0,
        auto_activate: true,
        keep: 3,
    };

    /// In days.
    fn due(retrain: RetrainSettings, last: f64, (first, newest): (f64, f64), changed: &[f64]) -> Option<f64> {
        let changed: Vec<f64> = changed.iter().map(|day| day * DAY).collect();
        let known = Known { last_training: last * DAY, span: (first * DAY, newest * DAY), changed: &changed };
        retrain.due(known).map(|(due, _)| due / DAY)
    }

    fn why(retrain: RetrainSettings, changed: f64) -> Option<Why> {
        let known = Known { last_training: 10.0 * DAY, span: (0.0, 40.0 * DAY), changed: &[changed * DAY] };
        retrain.due(known).map(|(_, why)| why)
    }

    #[test]
    fn a_model_is_due_by_the_schedule_whenever_it_is_asked() {
        assert_eq!(due(RETRAIN, 10.0, (0.0, 16.9), &[]), None);
        assert_eq!(due(RETRAIN, 10.0, (0.0, 17.0), &[]), Some(17.0));
        assert_eq!(due(RETRAIN, 10.0, (0.0, 40.0), &[]), Some(17.0), "the same though it is late");
        assert_eq!(due(RETRAIN, 10.0, (16.0, 18.0), &[]), None, "there must be logs for all of it");
        assert_eq!(due(RETRAIN, 10.0, (16.0, 19.5), &[]), Some(19.0));
        assert_eq!(due(RetrainSettings { every_days: 0.0, ..RETRAIN }, 10.0, (0.0, 40.0), &[]), None);
    }

    #[test]
    fn a_model_is_due_when_the_network_has_changed() {
        assert_eq!(due(RETRAIN, 10.0, (0.0, 14.0), &[9.0, 10.5, 13.0, 14.0]), Some(13.0));
        let by_change = RetrainSettings { every_days: 0.0, ..RETRAIN };
        assert_eq!(due(by_change, 10.0, (0.0, 14.0), &[13.0]), Some(13.0));
        assert_eq!(due(by_change, 10.0, (0.0, 12.9), &[13.0]), None);
        assert_eq!(why(by_change, 13.0), Some(Why::Drift));
        assert_eq!((why(RETRAIN, 13.0), why(RETRAIN, 18.0)), (Some(Why::Drift), Some(Why::Schedule)));
    }

    #[test]
    fn the_network_has_changed_when_it_says_so_twice() {
        let day = |sensor: &str, day, verdict: &str| StoredDrift {
            model: "m".into(),
            sensor: sensor.into(),
            day,
            is_over: true,
            verdict: verdict.into(),
            rows: 5_000,
            score_psi: None,
            feature_psi: None,
            report: String::new(),
        };
        let mut days = vec![
            day("north", 10, "network"),
            day("south", 11, "network"),
            day("north", 12, "network"),
            day("north", 13, "host"),
            day("south", 12, "network"),
            day("south", 13, "network"),
        ];
        assert_eq!(changes(&days), [13.0 * DAY, 14.0 * DAY]);
        days[5].is_over = false;
        assert_eq!(changes(&days), [13.0 * DAY], "a day that goes on may change its mind");
    }
}
