//! Standardisation: subtract the mean, divide by the standard deviation.

use serde::{Deserialize, Serialize};

/// Mean and scale of every column of a row, one-hot columns included.
///
/// The same as scikit-learn's `StandardScaler`: the scale is the population standard deviation,
/// and 1 where that is zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scaler {
    pub(super) mean: Vec<f64>,
    pub(super) scale: Vec<f64>,
}

impl Scaler {
    pub(super) fn with_capacity(columns: usize) -> Self {
        Self { mean: Vec::with_capacity(columns), scale: Vec::with_capacity(columns) }
    }

    pub(super) fn push(&mut self, mean: f64, variance: f64) {
        self.mean.push(mean);
        self.scale.push(if variance > 0.0 { variance.sqrt() } else { 1.0 });
    }

    /// The mean of each column, in natural units.
    #[must_use]
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// The scale of each column, in natural units; above 0.
    #[must_use]
    pub fn scale(&self) -> &[f64] {
        &self.scale
    }

    /// Computed in f64 and only then narrowed: an IPv6 remainder does not fit the 24 bits of an f32.
    #[inline]
    pub(super) fn scaled(&self, column: usize, natural: f64) -> f32 {
        ((natural - self.mean[column]) / self.scale[column]) as f32
    }

    pub(super) fn natural(&self, column: usize, scaled: f32) -> f64 {
        f64::from(scaled) * self.scale[column] + self.mean[column]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_variance_scales_by_one() {
        let mut scaler = Scaler::with_capacity(2);
        scaler.push(3.0, 0.0);
        scaler.push(3.0, 4.0);
        assert_eq!(scaler.scale(), [1.0, 2.0]);
        assert_eq!(scaler.scaled(0, 5.0), 2.0);
        assert_eq!(scaler.scaled(1, 5.0), 1.0);
        assert_eq!(scaler.natural(1, 1.0), 5.0);
    }

    #[test]
    fn neighbours_beyond_24_bits_stay_apart() {
        let mut scaler = Scaler::with_capacity(1);
        scaler.push(4_294_967_290.0, 1.0);
        assert_eq!(scaler.scaled(0, 4_294_967_291.0), 1.0);
        assert_eq!(scaler.scaled(0, 4_294_967_292.0), 2.0);
    }
}
