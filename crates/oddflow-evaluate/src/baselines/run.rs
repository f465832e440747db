//! A baseline from training rows to scores and incidents, in one call.
//!
//! The threshold above which incidents are raised must come from rows that the model hasn't learnt from. So a first model
//! learns from the first 70% of the training rows and judges the rest of them; a second one learns from all of them and
//! judges the test.

use super::{Baseline, SimpleRow, group};
use crate::figures::{Incident, days_covered, threshold_for};

/// Share of the training rows that the model behind the threshold learns from.
const FIT: f64 = 0.7;

/// What a baseline says about the test.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// A score for each row of the test.
    pub scores: Vec<f64>,
    /// The test's incidents.
    pub incidents: Vec<Incident>,
    /// Incidents above it are raised; `None` where the training rows are too few to say.
    pub threshold: Option<f64>,
}

/// Learns from `train` and judges `test`; `budget` is the incidents a day that may be raised on normal traffic. Rows may come
/// in any order.
#[must_use]
pub fn run(baseline: Baseline, train: &[SimpleRow], test: &[SimpleRow], budget: f64, seed: u64) -> Run {
    let threshold = threshold(baseline, train, budget, seed);
    let scorer = baseline.fit(train, seed);
    let scores: Vec<f64> = test.iter().map(|row| scorer.score(row)).collect();
    let incidents = group(test, &scores, threshold);
    Run { scores, incidents, threshold }
}

fn threshold(baseline: Baseline, train: &[SimpleRow], budget: f64, seed: u64) -> Option<f64> {
    let mut sorted = train.to_vec();
    sorted.sort_by(|a, b| a.end.total_cmp(&b.end));
    let (fit, calibration) = sorted.split_at((FIT * sorted.len() as f64) as usize);
    let scorer = baseline.fit(fit, seed);
    let scores: Vec<f64> = calibration.iter().map(|row| scorer.score(row)).collect();
    let incidents: Vec<f64> =
        group(calibration, &scores, None).iter().map(|incident| incident.score).collect();
    threshold_for(budget, days_covered(calibration.iter().map(|row| row.end)), &incidents)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ordinary, strange};

    #[test]
    fn a_strange_row_is_raised() {
        let train = ordinary(900);
        let mut test = ordinary(50);
        test.push(SimpleRow { end: test[49].end + 1.0, ..strange() });
        for baseline in Baseline::ALL {
            let run = run(baseline, &train, &test, 1.0, 0);
            assert_eq!(run.scores.len(), test.len());
            let raised = run.incidents.iter().find(|incident| incident.top[0] == 50).and_then(|it| it.raised);
            assert_eq!(raised, Some(test[50].end), "{}", baseline.name());
        }
    }

    #[test]
    fn nothing_to_learn_from_raises_nothing() {
        for baseline in Baseline::ALL {
            let run = run(baseline, &[], &ordinary(3), 1.0, 0);
            assert_eq!(run.threshold, None);
            assert!(run.incidents.iter().all(|incident| incident.raised.is_none()));
        }
    }
}
