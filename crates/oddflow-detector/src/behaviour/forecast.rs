//! How many incidents a day are to be expected, from those of the calibration slice.

use serde::{Deserialize, Serialize};

/// Share of a threshold from which the live threshold starts: quiet days leave room in the budget.
pub(super) const LIVE: f32 = 0.8;
/// Hours of calibration below which nothing is forecast: they say nothing of the rest of the day.
const LEAST_HOURS: f64 = 6.0;
/// Two-sided 90%: the normal quantile of 95%.
const Z: f64 = 1.644_853_6;

/// Incidents a day to be expected at a budget.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// Incidents a day.
    pub expected: f64,
    /// The interval that holds the rate nine times out of ten, if the days to come are as those of the calibration slice.
    pub low: f64,
    /// See `low`.
    pub high: f64,
}

/// The incidents of the calibration slice, which thresholds and forecasts come from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CalibrationIncidents {
    /// Their scores, the highest first; at most 20,000.
    pub scores: Vec<f32>,
    /// Length of the slice in days.
    pub days: f64,
    /// Time and score of those of its last day, the highest first; at most 200.
    pub recent: Vec<(f64, f32)>,
    /// How many would have been raised in the slice at some budgets, ascending: `(incidents a day, incidents)`.
    pub replayed: Vec<(f64, u64)>,
}

/// Budgets that the slice is replayed with, beside the owner's.
pub(super) const REPLAYED: [f64; 7] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0];

/// Scores that are kept: enough for any budget that a person reads.
pub(super) const MOST_SCORES: usize = 20_000;

/// Incidents of the last day that are kept.
pub(super) const MOST_RECENT: usize = 200;

impl CalibrationIncidents {
    /// The score of the calibration incident at rank floor(budget x days), counted from 0: the threshold `th0`.
    #[must_use]
    pub fn threshold(&self, budget: f64) -> f32 {
        let rank = (budget * self.days).floor() as usize;
        self.scores.get(rank.min(self.scores.len().saturating_sub(1))).copied().unwrap_or(0.0)
    }

    /// The threshold from which incidents are raised at a budget; the busiest days raise it further.
    #[must_use]
    pub fn live_threshold(&self, budget: f64) -> f32 {
        LIVE * self.threshold(budget)
    }

    /// Incidents that would have been raised in the slice at a budget; between two budgets in proportion.
    fn raised(&self, budget: f64) -> Option<f64> {
        let above = self.replayed.partition_point(|(known, _)| *known < budget);
        let of = |place: usize| self.replayed.get(place).map(|(known, count)| (*known, *count as f64));
        match (above.checked_sub(1).and_then(of), of(above)) {
            (_, Some((known, count))) if known == budget => Some(count),
            (Some((low, fewer)), Some((high, more))) => {
                Some(fewer + (more - fewer) * (budget - low) / (high - low))
            }
            (Some((known, count)), None) | (None, Some((known, count))) => Some(count * budget / known),
            (None, None) => None,
        }
    }

    /// What is to be expected at a budget, in incidents a day; `None` where the slice is too short to say.
    ///
    /// The interval is Byar's approximation of the exact Poisson limits (Rothman and Boice 1979).
    #[must_use]
    pub fn forecast(&self, budget: f64) -> Option<Forecast> {
        if self.days * 24.0 < LEAST_HOURS {
            return None;
        }
        let count = self.raised(budget)?;
        let limit = |n: f64, z: f64| {
            if n > 0.0 { n * (1.0 - 1.0 / (9.0 * n) + z / (3.0 * n.sqrt())).powi(3) } else { 0.0 }
        };
        let a_day = |n: f64| (n / self.days).min(budget);
        Some(Forecast {
            expected: a_day(count),
            low: a_day(limit(count, -Z).max(0.0)),
            high: a_day(limit(count + 1.0, Z)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn incidents(days: f64) -> CalibrationIncidents {
        CalibrationIncidents {
            scores: (0..100).rev().map(|i| i as f32 / 10.0).collect(),
            days,
            recent: Vec::new(),
            replayed: vec![(1.0, 2), (10.0, 10)],
        }
    }

    #[test]
    fn the_threshold_is_a_rank() {
        assert_eq!(incidents(1.0).threshold(10.0), 8.9);
        assert_eq!(incidents(0.55).threshold(10.0), 9.4);
        assert_eq!(incidents(30.0).threshold(10.0), 0.0);
        assert_eq!(CalibrationIncidents::default().threshold(10.0), 0.0);
    }

    #[test]
    fn a_forecast_needs_time_and_stays_within_the_budget() {
        assert_eq!(incidents(0.2).forecast(10.0), None);
        let Forecast { expected, low, high } = incidents(1.0).forecast(10.0).unwrap();
        // Exact 90% limits of 10 are 5.43 and 16.96; more than the budget is never raised.
        assert_eq!((expected, high), (10.0, 10.0));
        assert!((low - 5.43).abs() < 0.1, "{low}");
        let Forecast { expected, low, high } = incidents(4.0).forecast(1.0).unwrap();
        // Of 2 they are 0.36 and 6.30, here over four days.
        assert_eq!((expected, high), (0.5, 1.0));
        assert!((low - 0.09).abs() < 0.03, "{low}");
    }

    #[test]
    fn between_budgets_in_proportion() {
        let known = incidents(1.0);
        assert_eq!(known.raised(5.5), Some(6.0));
        assert_eq!(known.raised(20.0), Some(20.0));
        assert_eq!(known.raised(0.5), Some(1.0));
    }
}
