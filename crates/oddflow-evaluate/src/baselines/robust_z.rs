//! Robust z-score: how many spreads a row lies from the median, in the number where it lies farthest (Iglewicz, Hoaglin: "How
//! to Detect and Handle Outliers", 1993).
//!
//! The spread of a number is the largest of 1.4826 times its median absolute deviation, 1.2533 times its mean absolute
//! deviation (both estimate the standard deviation of a normal distribution; the first is 0 where most rows are equal), and
//! a floor for numbers that never vary.

use super::{ROW_NUMBERS, Scorer, SimpleRow};

/// Standard deviation by median absolute deviation, of a normal distribution.
const BY_MEDIAN: f64 = 1.4826;
/// Standard deviation by mean absolute deviation: √(π/2).
const BY_MEAN: f64 = 1.253_314_137_315_500_3;
/// The least spread: the numbers are natural logarithms, so this is about 5% more or less.
const FLOOR: f64 = 0.05;

/// Median and spread of each number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RobustZ {
    /// Median and spread.
    numbers: [(f64, f64); ROW_NUMBERS],
}

impl RobustZ {
    /// Takes medians and spreads.
    #[must_use]
    pub fn fit(rows: &[SimpleRow]) -> Self {
        let numbers = std::array::from_fn(|i| {
            let mut values: Vec<f64> = rows.iter().map(|row| f64::from(row.numbers[i])).collect();
            let middle = median(&mut values);
            for value in &mut values {
                *value = (*value - middle).abs();
            }
            let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
            (middle, (BY_MEDIAN * median(&mut values)).max(BY_MEAN * mean).max(FLOOR))
        });
        Self { numbers }
    }
}

impl Scorer for RobustZ {
    /// In spreads, from 0.
    fn score(&self, row: &SimpleRow) -> f64 {
        let far =
            |(&value, &(middle, spread)): (&f32, &(f64, f64))| (f64::from(value) - middle).abs() / spread;
        row.numbers.iter().zip(&self.numbers).map(far).fold(0.0, f64::max)
    }
}

/// The value in the middle, or the mean of the two there; 0 of none. Reorders the values.
fn median(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let half = values.len() / 2;
    let even = values.len().is_multiple_of(2);
    let (below, &mut upper, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    if even { (below.iter().copied().fold(f64::NEG_INFINITY, f64::max) + upper) / 2.0 } else { upper }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::ordinary;

    #[test]
    fn medians() {
        for (values, middle) in [
            (vec![], 0.0),
            (vec![3.0], 3.0),
            (vec![3.0, 1.0], 2.0),
            (vec![9.0, 1.0, 2.0], 2.0),
            (vec![4.0, 1.0, 9.0, 2.0], 3.0),
        ] {
            assert_eq!(median(&mut values.clone()), middle, "{values:?}");
        }
    }

    #[test]
    fn scores_count_spreads() {
        let mut rows = vec![ordinary(1)[0]; 5];
        for (row, value) in rows.iter_mut().zip([1.0, 2.0, 3.0, 4.0, 10.0]) {
            row.numbers[2] = value;
        }
        // Deviations from 3: 2, 1, 0, 1, 7; their median is 1, their mean 2.2.
        let z = RobustZ::fit(&rows);
        assert_eq!(z.numbers[2], (3.0, BY_MEAN * 2.2));
        assert_eq!(z.numbers[0].1, FLOOR);
        assert!((z.score(&rows[4]) - 7.0 / (BY_MEAN * 2.2)).abs() < 1e-12);
        assert_eq!(z.score(&rows[2]), 0.0);
    }
}
