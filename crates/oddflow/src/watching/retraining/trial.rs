//! A shadow beside the active model, and the comparison at its end.

use oddflow_detector::behaviour::{Forecast, Model};
use oddflow_store::{Store, StoreError};

use super::DAY;
use crate::text::{a_day, counted, number};

/// A stretch of log time that the active model and its shadow both watch, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::watching) struct Trial {
    /// The end of the shadow's baseline.
    pub(in crate::watching) from: f64,
    pub(in crate::watching) until: f64,
}

/// What one of both came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::watching) struct Record {
    /// Incidents that passed its threshold.
    pub(in crate::watching) passed: u64,
    pub(in crate::watching) forecast: Option<Forecast>,
}

/// What is thought of a shadow, in words; an error where it is worse.
pub(in crate::watching) type Verdict = Result<String, String>;

impl Trial {
    pub(in crate::watching) fn new(from: f64, shadow_days: f64) -> Self {
        Self { from, until: from + shadow_days * DAY }
    }

    fn days(&self) -> f64 {
        (self.until - self.from) / DAY
    }

    /// What a model came to in this stretch.
    pub(in crate::watching) fn record(
        &self,
        store: &Store,
        model: &Model,
        budget: f64,
    ) -> Result<Record, StoreError> {
        let passed = store.passed_between(model.id(), (self.from, self.until))?;
        Ok(Record { passed, forecast: model.forecast(budget) })
    }

    /// Whether a shadow is no worse than the active model: in this stretch no more of its incidents passed the threshold than the
    /// larger of the budget and those of the active one, and its forecast at the budget is no higher than the upper end of the
    /// active one's. A stretch shorter than a day has the budget of a day: that is what a budget bounds.
    pub(in crate::watching) fn judge(&self, shadow: Record, active: Record, budget: f64) -> Verdict {
        let passed = format!(
            "{} in {} days, {} of the active one, at a budget of {}",
            counted(shadow.passed, "incident"),
            number(self.days()),
            active.passed,
            a_day(budget)
        );
        if shadow.passed as f64 > (budget * self.days().max(1.0)).max(active.passed as f64) {
            return Err(passed);
        }
        match (shadow.forecast, active.forecast) {
            (Some(shadow), Some(active)) if shadow.expected > active.high => Err(format!(
                "its forecast is {}, the active one's at most {}",
                a_day(shadow.expected),
                number(active.high)
            )),
            (None, Some(_)) => Err("its baseline is too short to forecast from".into()),
            _ => Ok(passed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(passed: u64, forecast: Option<(f64, f64)>) -> Record {
        let forecast = forecast.map(|(expected, high)| Forecast { expected, low: 0.0, high });
        Record { passed, forecast }
    }

    #[test]
    fn a_shadow_is_no_worse_within_the_budget_or_below_the_active_one() {
        let is_ok = |days: f64, shadow: u64, active: u64| {
            let forecast = Some((5.0, 8.0));
            let (shadow, active) = (record(shadow, forecast), record(active, forecast));
            Trial::new(1e9, days).judge(shadow, active, 10.0).is_ok()
        };
        assert!(is_ok(1.0, 10, 0) && !is_ok(1.0, 11, 0) && is_ok(1.0, 11, 12));
        assert!(is_ok(3.0, 30, 0) && !is_ok(3.0, 31, 0));
        assert!(is_ok(0.25, 10, 0) && !is_ok(0.25, 11, 0), "a budget is a day's");
    }

    #[test]
    fn a_forecast_is_no_worse_below_what_chance_explains() {
        let judged = |shadow, active| Trial::new(1e9, 1.0).judge(record(1, shadow), record(1, active), 10.0);
        assert!(judged(Some((8.0, 9.0)), Some((5.0, 8.0))).is_ok());
        assert!(judged(Some((8.1, 9.0)), Some((5.0, 8.0))).expect_err("it is").contains("at most 8"));
        assert!(judged(Some((9.0, 9.0)), None).is_ok());
        assert!(judged(None, None).is_ok());
        assert!(judged(None, Some((5.0, 8.0))).is_err());
    }
}
