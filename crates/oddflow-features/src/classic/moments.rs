//! Mean and variance of the numeric columns in one pass.
//!
//! Welford's update, and the merge of Chan, Golub and LeVeque ("Updating Formulae and a Pairwise Algorithm for
//! Computing Sample Variances", 1979). Neither subtracts large sums from each other, so an IPv6 remainder near
//! 2^32 costs no digits, and a column that never changes has a variance of exactly zero.

use super::NUMERIC_COLUMNS;

const COLUMNS: usize = NUMERIC_COLUMNS.len();

/// Count, mean and sum of squared deviations of each numeric column.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Moments {
    count: u64,
    mean: [f64; COLUMNS],
    squared_deviations: [f64; COLUMNS],
}

impl Moments {
    pub(super) fn push(&mut self, values: &[f64; COLUMNS]) {
        self.count += 1;
        let count = self.count as f64;
        let totals = self.mean.iter_mut().zip(&mut self.squared_deviations);
        for (&value, (mean, squared_deviations)) in values.iter().zip(totals) {
            let before = value - *mean;
            *mean += before / count;
            *squared_deviations += before * (value - *mean);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        let (ours, theirs) = (self.count as f64, other.count as f64);
        let both = ours + theirs;
        self.count += other.count;
        for column in 0..COLUMNS {
            let apart = other.mean[column] - self.mean[column];
            self.mean[column] += apart * (theirs / both);
            self.squared_deviations[column] +=
                other.squared_deviations[column] + apart * apart * (ours * theirs / both);
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn mean(&self, column: usize) -> f64 {
        self.mean[column]
    }

    /// The population variance: divided by the count, not by one less. The count must not be 0.
    pub(super) fn variance(&self, column: usize) -> f64 {
        self.squared_deviations[column] / self.count as f64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn moments(values: &[f64]) -> Moments {
        let mut moments = Moments::default();
        for &value in values {
            moments.push(&[value; COLUMNS]);
        }
        moments
    }

    #[test]
    fn a_known_sample() {
        let moments = moments(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
        assert_eq!(moments.count(), 8);
        assert_eq!(moments.mean(10), 5.0);
        assert_eq!(moments.variance(10), 4.0);
    }

    #[test]
    fn small_spread_around_a_large_mean_keeps_its_digits() {
        let values: Vec<f64> = (0..1000).map(|i| 4.0e9 + f64::from(i % 2)).collect();
        let moments = moments(&values);
        assert!((moments.variance(0) - 0.25).abs() < 1e-9, "{}", moments.variance(0));
    }

    #[test]
    fn a_constant_column_has_no_variance_even_when_merged() {
        let mut all = moments(&[0.1; 7]);
        all.merge(&moments(&[0.1; 13]));
        assert_eq!(all.variance(0), 0.0);
        assert_eq!(all.mean(0), 0.1);
    }

    #[test]
    fn merging_with_nothing_changes_nothing() {
        let some = moments(&[1.0, 2.0, 4.0]);
        let mut left = some.clone();
        left.merge(&Moments::default());
        assert_eq!(left, some);
        let mut right = Moments::default();
        right.merge(&some);
        assert_eq!(right, some);
    }

    proptest! {
        #[test]
        fn merged_parts_equal_the_whole(
            values in prop::collection::vec(-1e6..1e6, 1..200),
            cut: prop::sample::Index,
        ) {
            let (left, right) = values.split_at(cut.index(values.len()));
            let mut merged = moments(left);
            merged.merge(&moments(right));
            let whole = moments(&values);
            prop_assert_eq!(merged.count(), whole.count());
            prop_assert!((merged.mean(0) - whole.mean(0)).abs() <= 1e-9 * 1e6);
            prop_assert!((merged.variance(0) - whole.variance(0)).abs() <= 1e-9 * 1e12);
        }
    }
}
