//! A shadow beside the active model, and the comparison at its end.

use oddflow_detector::behaviour::{Forecast, Model};
use oddflow_store::{Store, StoreError};

use super::DAY;
use crate::text::{a_day, number};

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
    /// Incidents a day that passed its threshold.
    pub(in crate::watching) rate: f64,
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
        Ok(Record { rate: passed as f64 / self.days(), forecast: model.forecast(budget) })
    }
}

/// Whether a shadow is no worse than the active model: in the same stretch of log time it raised no more incidents a day than the
/// larger of the budget and what the active one raised, and its forecast at the budget lies no higher than the upper end of the
/// active one's.
pub(in crate::watching) fn judge(shadow: Record, active: Record, budget: f64) -> Verdict {
    let rates = format!("it raised {}, the active one {}", a_day(shadow.rate), number(active.rate));
    if shadow.rate > budget.max(active.rate) {
        return Err(format!("{rates}, at a budget of {}", number(budget)));
    }
    match (shadow.forecast, active.forecast) {
        (Some(shadow), Some(active)) if shadow.expected > active.high => Err(format!(
            "its forecast is {}, the active one's at most {}",
            a_day(shadow.expected),
            number(active.high)
        )),
        (None, Some(_)) => Err("its baseline is too short to forecast from".into()),
        _ => Ok(rates),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(rate: f64, forecast: Option<(f64, f64)>) -> Record {
        let forecast = forecast.map(|(expected, high)| Forecast { expected, low: 0.0, high });
        Record { rate, forecast }
    }

    #[test]
    fn a_shadow_is_no_worse_within_the_budget_or_below_the_active_one() {
        let forecast = Some((5.0, 8.0));
        let ok = |shadow: Record, active: Record| judge(shadow, active, 10.0).is_ok();
        assert!(ok(record(10.0, forecast), record(0.0, forecast)));
        assert!(!ok(record(10.5, forecast), record(0.0, forecast)));
        assert!(ok(record(10.5, forecast), record(12.0, forecast)));
    }

    #[test]
    fn a_forecast_is_no_worse_below_what_chance_explains() {
        let judged = |shadow, active| judge(record(1.0, shadow), record(1.0, active), 10.0);
        assert!(judged(Some((8.0, 9.0)), Some((5.0, 8.0))).is_ok());
        assert!(judged(Some((8.1, 9.0)), Some((5.0, 8.0))).expect_err("it is").contains("at most 8"));
        assert!(judged(Some((9.0, 9.0)), None).is_ok());
        assert!(judged(None, None).is_ok());
        assert!(judged(None, Some((5.0, 8.0))).is_err());
    }
}
