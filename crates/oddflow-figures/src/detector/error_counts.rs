//! Reconstruction errors counted in logarithmic bins, in one pass and in memory that doesn't grow.
//!
//! The bins are anchored at the threshold, so that no bin lies on both sides of it: what is drawn above the line and
//! what is counted above it are the same rows.

/// Bins in a factor of ten: fine enough that any coarser drawing is made by adding whole bins.
pub(crate) const PER_DECADE: i32 = 40;
/// Decades kept on either side of the threshold. Together they hold every positive error that is worth telling from
/// zero or from infinity beside that threshold.
const DECADES: i32 = 12;
/// Bins on either side of the threshold.
const HALF: i32 = PER_DECADE * DECADES;

/// Reconstruction errors, counted by size and by the side of a threshold they lie on.
///
/// ```
/// use oddflow_figures::ErrorCounts;
///
/// let mut errors = ErrorCounts::new(1.5);
/// errors.extend([0.2, 0.4, 1.5, 7.0, f32::NAN]);
/// assert_eq!((errors.rows(), errors.above(), errors.left_out()), (4, 1, 1));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorCounts {
    threshold: f64,
    /// Bin `i` holds the errors in `(edge(i - HALF), edge(i - HALF + 1)]`.
    bins: Vec<u64>,
    zeros: u64,
    above: u64,
    beyond: u64,
    left_out: u64,
}

impl ErrorCounts {
    /// Counts of nothing yet, about `threshold`: the error above which a row is flagged.
    pub fn new(threshold: f64) -> Self {
        Self { threshold, bins: vec![0; 2 * HALF as usize], zeros: 0, above: 0, beyond: 0, left_out: 0 }
    }

    /// Counts the error of one row. An error that is negative, NaN or infinite is none: it is left out and counted
    /// as such.
    pub fn add(&mut self, error: f32) {
        let error = f64::from(error);
        if !error.is_finite() || error < 0.0 {
            self.left_out += 1;
            return;
        }
        self.above += u64::from(error > self.threshold);
        if error == 0.0 {
            self.zeros += 1;
        } else {
            let (bin, fits) = self.bin(error);
            self.beyond += u64::from(!fits);
            self.bins[(bin + HALF) as usize] += 1;
        }
    }

    /// Adds what another count of the same threshold holds, so that parts can be counted side by side.
    ///
    /// # Panics
    /// If the thresholds differ.
    pub fn merge(&mut self, other: &Self) {
        assert!(
            self.threshold.total_cmp(&other.threshold).is_eq(),
            "counts about different thresholds can't be added: {} and {}",
            self.threshold,
            other.threshold
        );
        for (mine, theirs) in self.bins.iter_mut().zip(&other.bins) {
            *mine += theirs;
        }
        self.zeros += other.zeros;
        self.above += other.above;
        self.beyond += other.beyond;
        self.left_out += other.left_out;
    }

    /// The threshold these errors are counted about.
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// Rows counted, without those left out.
    pub fn rows(&self) -> u64 {
        self.zeros + self.bins.iter().sum::<u64>()
    }

    /// Rows whose error lies strictly above the threshold, by exact comparison.
    pub fn above(&self) -> u64 {
        self.above
    }

    /// Rows without an error that can be counted: negative, NaN or infinite.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Rows whose error is exactly zero: they have no place on a log axis.
    pub(crate) fn zeros(&self) -> u64 {
        self.zeros
    }

    /// Rows in the first and the last bin whose error is too small or too large for any.
    pub(crate) fn beyond(&self) -> u64 {
        self.beyond
    }

    /// The value that the bins are counted from: the threshold, or 1 where that can't stand on a log axis.
    pub(crate) fn anchor(&self) -> f64 {
        if self.has_line() { self.threshold } else { 1.0 }
    }

    /// Whether the threshold has a place on a log axis.
    pub(crate) fn has_line(&self) -> bool {
        self.threshold.is_finite() && self.threshold >= f64::from(f32::MIN_POSITIVE)
    }

    /// The bins that hold rows, as `(number, rows)` in ascending order. Bin `i` reaches from `i` to `i + 1` times
    /// 1/[`PER_DECADE`] of a decade above the anchor; its upper edge belongs to it.
    pub(crate) fn filled(&self) -> impl DoubleEndedIterator<Item = (i32, u64)> + '_ {
        (-HALF..HALF).zip(self.bins.iter().copied()).filter(|&(_, rows)| rows > 0)
    }

    /// The bin of a positive error, and whether it fits: what doesn't goes into the first or the last.
    fn bin(&self, error: f64) -> (i32, bool) {
        let place = ((error / self.anchor()).log10() * f64::from(PER_DECADE)).ceil() - 1.0;
        let bin = place.clamp(f64::from(-HALF), f64::from(HALF - 1)) as i32;
        // The logarithm rounds; the side of the threshold is decided by comparison.
        let bin = if error > self.anchor() { bin.max(0) } else { bin.min(-1) };
        (bin, place >= f64::from(-HALF) && place < f64::from(HALF))
    }
}

impl Extend<f32> for ErrorCounts {
    fn extend<I: IntoIterator<Item = f32>>(&mut self, errors: I) {
        for error in errors {
            self.add(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(threshold: f64, errors: &[f32]) -> ErrorCounts {
        let mut counts = ErrorCounts::new(threshold);
        counts.extend(errors.iter().copied());
        counts
    }

    #[test]
    fn the_threshold_itself_is_not_above() {
        let threshold = f64::from(0.3_f32);
        let counts = counted(threshold, &[0.3, 0.3_f32.next_up(), 0.3_f32.next_down()]);
        assert_eq!(counts.above(), 1);
        assert_eq!(counts.filled().collect::<Vec<_>>(), [(-1, 2), (0, 1)]);
    }

    #[test]
    fn bins_above_the_threshold_hold_the_rows_above_it() {
        let errors: Vec<f32> = (1..=10_000).map(|i| (i as f32 / 997.0).exp() / 50.0).collect();
        for threshold in [0.02, 0.5, 1.0, 3.7, 1e4] {
            let counts = counted(threshold, &errors);
            let above: u64 = counts.filled().filter(|&(bin, _)| bin >= 0).map(|(_, rows)| rows).sum();
            assert_eq!(above, counts.above());
            assert_eq!(above, errors.iter().filter(|&&e| f64::from(e) > threshold).count() as u64);
            assert_eq!(counts.rows(), 10_000);
        }
    }

    #[test]
    fn extremes_have_a_bin() {
        let counts = counted(1.0, &[f32::MIN_POSITIVE, 1e-45, f32::MAX, 0.0, -0.0]);
        assert_eq!(counts.filled().collect::<Vec<_>>(), [(-HALF, 2), (HALF - 1, 1)]);
        assert_eq!((counts.zeros(), counts.beyond()), (2, 3));
    }

    #[test]
    fn what_is_no_error_is_left_out() {
        let counts = counted(1.0, &[f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1.0, 2.0]);
        assert_eq!((counts.rows(), counts.above(), counts.left_out()), (1, 1, 4));
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let errors: Vec<f32> = (0..100).map(|i| i as f32 * 0.1).collect();
        let mut sum = counted(4.0, &errors[..30]);
        sum.merge(&counted(4.0, &errors[30..]));
        assert_eq!(sum, counted(4.0, &errors));
    }

    #[test]
    fn a_threshold_off_the_axis_still_counts() {
        for threshold in [0.0, -1.0, f64::INFINITY, f64::NAN] {
            let counts = counted(threshold, &[0.0, 0.5, 2.0]);
            assert!(!counts.has_line());
            assert_eq!(counts.rows(), 3);
        }
        assert_eq!(counted(0.0, &[0.0, 0.5, 2.0]).above(), 2);
    }
}
