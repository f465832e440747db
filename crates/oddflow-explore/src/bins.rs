//! Quantiles and histograms of a numeric column from fine bins.
//!
//! A bin is what shares the exponent and the first eight bits of the mantissa: 256 bins an octave, so a bin's middle is within
//! 1/512 of any value in it. Such bins (as in HdrHistogram, and DDSketch: Masson, Rim, Lee, 2019) promise an error of the value,
//! also far out in the tail, where the error of a rank says little; and they don't depend on the order or the cut of the rows.
//! Whole numbers below 512 have a bin of their own each.

use std::collections::BTreeMap;

use crate::columns::NumericColumn;
use crate::statistics::{Histogram, Quantile};

/// Bits of the mantissa that tell bins apart.
const BITS: u32 = 8;
/// Exponent of the smallest bin: 2^-20 s is a microsecond, the finest that Zeek writes. Smaller values share it.
const SMALLEST: i64 = -20;
/// Octaves from there on: the last ends at 2^64.
const OCTAVES: usize = 84;
/// Bins: one for zero, and those of all octaves.
const BINS: usize = 1 + (OCTAVES << BITS);
/// What the bits of the smallest bin's edge begin with.
const ORIGIN: i64 = (1023 + SMALLEST) << BITS;
/// Bins of a histogram on a linear axis.
const LINEAR: usize = 50;
/// Bins of a histogram on a log axis, for each decade.
const DECADE: f64 = 10.0;

/// Half a bin's width beside its lower edge.
pub(crate) const RELATIVE_ERROR: f64 = 1.0 / (2u64 << BITS) as f64;

/// The quantiles that are told.
const QUANTILES: [(&str, f64); 4] = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999)];

/// The bin of a value, which must not be negative.
#[inline]
pub(crate) fn bin(value: f64) -> u16 {
    if value <= 0.0 {
        return 0;
    }
    let place = (value.to_bits() >> (52 - BITS)) as i64 - ORIGIN;
    place.clamp(0, BINS as i64 - 2) as u16 + 1
}

/// The values of a column, by bin.
#[derive(Clone, Debug)]
pub(crate) struct Bins {
    counts: Vec<u64>,
    min: f64,
    max: f64,
}

impl Default for Bins {
    fn default() -> Self {
        Self { counts: vec![0; BINS], min: f64::INFINITY, max: f64::NEG_INFINITY }
    }
}

/// The values of a column in a part of a log: their bins, row by row.
#[derive(Clone, Debug)]
pub(crate) struct Binned {
    bins: Vec<u16>,
    min: f64,
    max: f64,
}

impl Default for Binned {
    fn default() -> Self {
        Self { bins: Vec::new(), min: f64::INFINITY, max: f64::NEG_INFINITY }
    }
}

/// The values of a group that may be one of many: the bins that have any.
#[derive(Clone, Debug)]
pub(crate) struct FewBins {
    counts: BTreeMap<u16, u64>,
    min: f64,
    max: f64,
}

impl Default for FewBins {
    fn default() -> Self {
        Self { counts: BTreeMap::new(), min: f64::INFINITY, max: f64::NEG_INFINITY }
    }
}

impl FewBins {
    /// Takes a value, which must not be negative.
    pub(crate) fn add(&mut self, value: f64) {
        *self.counts.entry(bin(value)).or_default() += 1;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    /// The same values in all bins.
    pub(crate) fn bins(&self) -> Bins {
        let mut bins = Bins { min: self.min, max: self.max, ..Bins::default() };
        for (&bin, &count) in &self.counts {
            bins.counts[usize::from(bin)] = count;
        }
        bins
    }
}

impl Binned {
    /// Takes a value, which must not be negative.
    #[inline]
    pub(crate) fn add(&mut self, value: f64) {
        self.bins.push(bin(value));
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }
}

impl Bins {
    /// Takes the values of a part.
    pub(crate) fn merge(&mut self, part: &Binned) {
        for &bin in &part.bins {
            self.counts[usize::from(bin)] += 1;
        }
        self.min = self.min.min(part.min);
        self.max = self.max.max(part.max);
    }

    /// How many values there are.
    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// How many are zero.
    pub(crate) fn zeros(&self) -> u64 {
        self.counts[0]
    }

    /// The smallest and the largest value.
    pub(crate) fn range(&self) -> Option<(f64, f64)> {
        (self.min <= self.max).then_some((self.min, self.max))
    }

    /// The value that stands for a bin.
    fn middle(&self, bin: usize, column: &NumericColumn) -> f64 {
        if bin == 0 {
            return 0.0;
        }
        let edge = |bin: usize| f64::from_bits(((bin as i64 - 1 + ORIGIN) as u64) << (52 - BITS));
        let (from, to) = (edge(bin), edge(bin + 1));
        let middle =
            if column.whole { ((from + (to - 1.0).max(from)) / 2.0).floor() } else { (from + to) / 2.0 };
        middle.clamp(self.min, self.max)
    }

    fn filled(&self, column: &NumericColumn) -> impl Iterator<Item = (f64, u64)> {
        let counts = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        counts.map(|(bin, &count)| (self.middle(bin, column), count))
    }

    /// The value that a share of the values don't exceed; `None` where there is no value.
    pub(crate) fn quantile(&self, q: f64, column: &NumericColumn) -> Option<f64> {
        let count = self.count();
        let rank = ((q * count as f64).ceil() as u64).clamp(1, count.max(1));
        let mut below = 0;
        self.filled(column).find_map(|(value, count)| {
            below += count;
            (below >= rank).then_some(value)
        })
    }

    /// The quantiles; none where there is no value.
    pub(crate) fn quantiles(&self, column: &NumericColumn) -> Vec<Quantile> {
        let all = QUANTILES.into_iter();
        all.filter_map(|(name, q)| Some(Quantile { name, q, value: self.quantile(q, column)? })).collect()
    }

    /// Equal bins from the smallest value to the largest; one of width 1 where they are the same.
    pub(crate) fn linear(&self, column: &NumericColumn) -> Histogram {
        let Some((min, max)) = self.range() else { return Histogram::default() };
        if min == max {
            return Histogram { edges: vec![min - 0.5, max + 0.5], counts: vec![self.count()], left_out: 0 };
        }
        let width = (max - min) / LINEAR as f64;
        let mut edges: Vec<_> = (0..=LINEAR).map(|i| min + width * i as f64).collect();
        edges[LINEAR] = max;
        let mut counts = vec![0; LINEAR];
        for (value, count) in self.filled(column) {
            counts[(((value - min) / width) as usize).min(LINEAR - 1)] += count;
        }
        Histogram { edges, counts, left_out: 0 }
    }

    /// Ten bins a decade, over the values that are not zero.
    pub(crate) fn log(&self, column: &NumericColumn) -> Histogram {
        let place = |value: f64| (value.log10() * DECADE + 1e-9).floor() as i64;
        let mut values: Vec<_> = self.filled(column).filter(|(value, _)| *value > 0.0).collect();
        values.retain(|(value, _)| value.is_finite());
        let (Some(first), Some(last)) = (values.first(), values.last()) else {
            return Histogram { left_out: self.zeros(), ..Histogram::default() };
        };
        let (first, last) = (place(first.0), place(last.0));
        let edges = (first..=last + 1).map(|i| 10f64.powf(i as f64 / DECADE)).collect();
        let mut counts = vec![0; (last - first + 1) as usize];
        for (value, count) in values {
            counts[(place(value) - first) as usize] += count;
        }
        Histogram { edges, counts, left_out: self.zeros() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::columns::NUMERIC;

    fn bins(values: &[f64]) -> Bins {
        let mut part = Binned::default();
        values.iter().for_each(|value| part.add(*value));
        let mut bins = Bins::default();
        bins.merge(&part);
        bins
    }

    #[test]
    fn small_whole_numbers_are_exact() {
        let bytes = &NUMERIC[1];
        for value in 0..512u16 {
            assert_eq!(
                bins(&[f64::from(value), 1e6]).middle(usize::from(bin(f64::from(value))), bytes),
                f64::from(value)
            );
        }
    }

    #[test]
    fn the_ends_of_the_range_have_bins() {
        assert_eq!(bin(0.0), 0);
        assert_eq!(bin(1e-9), 1);
        assert_eq!(usize::from(bin(u64::MAX as f64)), BINS - 1);
        let one = bins(&[u64::MAX as f64]);
        assert_eq!(one.quantiles(&NUMERIC[1])[0].value, u64::MAX as f64);
        assert_eq!(one.linear(&NUMERIC[1]).counts, [1]);
    }

    proptest! {
        #[test]
        fn quantiles_are_within_their_error(values in prop::collection::vec(0.0..1e10f64, 1..300), whole: bool) {
            let column = &NUMERIC[usize::from(whole)];
            let mut values: Vec<_> = values.into_iter().map(|value| if whole { value.floor() } else { value }).collect();
            let bins = bins(&values);
            values.sort_by(f64::total_cmp);
            for quantile in bins.quantiles(column) {
                let rank = (quantile.q * values.len() as f64).ceil() as usize;
                let exact = values[rank - 1];
                prop_assert!((quantile.value - exact).abs() <= exact * RELATIVE_ERROR + 1e-6, "{:?} {}", quantile, exact);
            }
        }

        #[test]
        fn histograms_hold_all_values(values in prop::collection::vec(0u64.., 1..300)) {
            let values: Vec<_> = values.into_iter().map(|value| value as f64).collect();
            let bins = bins(&values);
            for histogram in [bins.linear(&NUMERIC[1]), bins.log(&NUMERIC[1])] {
                prop_assert_eq!(histogram.counts.iter().sum::<u64>() + histogram.left_out, values.len() as u64);
                prop_assert_eq!(histogram.edges.len(), if histogram.counts.is_empty() { 0 } else { histogram.counts.len() + 1 });
                prop_assert!(histogram.edges.is_sorted());
            }
        }
    }
}
