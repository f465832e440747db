//! Where a value lies in the tail of the baseline.

/// The values of one column over the rows of a baseline, as a step function: how many rows reach a value.
///
/// Exact while there are few different values; beyond that neighbouring steps are joined where the number of rows that reach
/// them differs by less than 1%, which is 0.005 in a surprise. The largest values always stay.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reference {
    /// Ascending, each once.
    pub(crate) values: Vec<f32>,
    /// Rows whose value is at least that one.
    pub(crate) reach: Vec<u32>,
    /// All rows.
    pub(crate) rows: u32,
    /// -log10 of the share of rows that reach each value, and behind them of one that none reaches.
    tails: Vec<f32>,
    /// Equal parts of the way from the lowest to the highest value.
    bins: Vec<Bin>,
    /// Bins a unit.
    scale: f32,
}

/// What shortens the search for a step: those that can answer for the values of a part.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bin {
    first: u16,
    last: u16,
    /// Tail of the last.
    most: f32,
}

/// Parts.
const BINS: usize = 512;

/// A value this little below another counts as reaching it, so that rounding tears no tie apart.
const TIE: f32 = 1e-6;
/// Different values up to which all are kept.
const EXACT: usize = 2048;
/// Largest values that are always kept.
const TOP: usize = 64;
/// Ratio of the numbers of rows from which a step is kept.
const STEP: f64 = 1.01;
/// Most that a tail counts for in a surprise, and most that a surprise is.
const MOST_TAIL: f32 = 2.0;
const MOST_SURPRISE: f32 = 6.0;

impl Reference {
    /// Of the values of a column. `zeros` more rows have the value 0.
    #[must_use]
    pub fn new(mut values: Vec<f32>, zeros: u64) -> Self {
        let rows = u32::try_from(values.len() as u64 + zeros).unwrap_or(u32::MAX);
        if zeros > 0 {
            values.push(0.0);
        }
        values.sort_unstable_by(f32::total_cmp);
        let mut steps: Vec<(f32, u32)> = Vec::new();
        for (i, &value) in values.iter().enumerate() {
            if steps.last().is_none_or(|(last, _)| *last < value) {
                steps.push((value, (values.len() - i) as u32));
            }
        }
        // The rows of value zero stand for one entry, so whatever lies at or below it is reached by the others too.
        if zeros > 1 {
            for step in steps.iter_mut().take_while(|step| step.0 <= 0.0) {
                step.1 = step.1.saturating_add(u32::try_from(zeros - 1).unwrap_or(u32::MAX));
            }
        }
        if steps.len() > EXACT {
            steps = thinned(&steps);
        }
        let (values, reach) = steps.into_iter().unzip();
        Self::of_steps(values, reach, rows)
    }

    /// Of values and the rows that reach each; `None` where the values don't ascend, or are too many.
    pub(crate) fn from_steps(values: Vec<f32>, reach: Vec<u32>, rows: u32) -> Option<Self> {
        let is_sound = values.len() == reach.len()
            && values.len() <= usize::from(u16::MAX)
            && values.is_sorted_by(|a, b| a < b);
        is_sound.then(|| Self::of_steps(values, reach, rows))
    }

    fn of_steps(values: Vec<f32>, reach: Vec<u32>, rows: u32) -> Self {
        let tail = |reach: u32| -((f64::from(reach) + 0.5) / (f64::from(rows) + 0.5)).log10() as f32;
        let tails: Vec<f32> = reach.iter().map(|reach| tail(*reach)).chain([tail(0)]).collect();
        let (first, last) = (values.first().copied().unwrap_or(0.0), values.last().copied().unwrap_or(0.0));
        let scale = if last > first { BINS as f32 / (last - first) } else { 0.0 };
        // A bin reaches half a bin beyond either end, for the rounding of the division.
        let end = |bin: f32| {
            let end = first + bin / scale.max(f32::MIN_POSITIVE);
            values.partition_point(|value| *value < end)
        };
        let bins = (0..BINS)
            .map(|bin| {
                let (first, last) = (end(bin as f32 - 0.5), end(bin as f32 + 1.5));
                // Whatever lies beyond the highest value falls into the last one.
                let last = if bin + 1 == BINS { values.len() } else { last };
                Bin { first: first as u16, last: last as u16, most: tails[last] }
            })
            .collect();
        Self { values, reach, rows, tails, bins, scale }
    }

    /// The largest value; 0 where there are no rows.
    #[must_use]
    pub fn max(&self) -> f32 {
        self.values.last().copied().unwrap_or(0.0)
    }

    /// How many rows reach a value.
    #[must_use]
    pub fn reach(&self, value: f32) -> u32 {
        match self.step(value) {
            None => self.rows,
            Some(step) => self.reach.get(step).copied().unwrap_or(0),
        }
    }

    /// The bin of a value; `None` where all rows reach it.
    #[inline]
    fn bin(&self, value: f32) -> Option<&Bin> {
        let from = value - TIE;
        // Most values of a gated column are its lowest one.
        if from <= *self.values.first()? {
            return None;
        }
        self.bins.get((((from - self.values[0]) * self.scale) as usize).min(BINS - 1))
    }

    /// The lowest step that answers for a value; `None` where all rows reach it.
    #[inline]
    fn step(&self, value: f32) -> Option<usize> {
        let bin = self.bin(value)?;
        let (first, last) = (usize::from(bin.first), usize::from(bin.last));
        Some(first + self.values[first..last].partition_point(|step| *step < value - TIE))
    }

    /// -log10 of the share of rows that reach a value, at least 0 and at most `most`.
    #[must_use]
    #[inline]
    pub fn tail(&self, value: f32, most: f32) -> f32 {
        match self.step(value) {
            None => 0.0,
            Some(step) => self.tails[step].clamp(0.0, most),
        }
    }

    /// The surprise at a value: its tail up to 2, then one for each doubling beyond the largest value; at most 6.
    /// Columns are natural logarithms, so a doubling is ln 2.
    #[must_use]
    #[inline]
    pub fn surprise(&self, value: f32) -> f32 {
        self.surprise_of_tail(self.tail(value, MOST_TAIL), value)
    }

    /// No less than the surprise at a value, in less time.
    #[inline]
    pub(super) fn surprise_at_most(&self, value: f32) -> f32 {
        let tail = self.bin(value).map_or(0.0, |bin| bin.most.clamp(0.0, MOST_TAIL));
        self.surprise_of_tail(tail, value)
    }

    #[inline]
    fn surprise_of_tail(&self, tail: f32, value: f32) -> f32 {
        if tail == 0.0 {
            return 0.0;
        }
        (tail + (value - self.max()).max(0.0) / std::f32::consts::LN_2).min(MOST_SURPRISE)
    }

    /// One row in how many reaches a value.
    #[must_use]
    pub fn one_in(&self, value: f32) -> f64 {
        (f64::from(self.rows) + 0.5) / (f64::from(self.reach(value)) + 0.5)
    }
}

fn thinned(steps: &[(f32, u32)]) -> Vec<(f32, u32)> {
    let (body, top) = steps.split_at(steps.len() - TOP);
    let mut kept: Vec<(f32, u32)> = Vec::with_capacity(EXACT);
    // From above: a step that is left out is answered by the one above it, which must not be reached by much fewer.
    let mut above = f64::from(top[0].1);
    for (i, &step) in body.iter().enumerate().rev() {
        let below = i.checked_sub(1).map_or(f64::INFINITY, |i| f64::from(body[i].1));
        if below > above * STEP || i == 0 {
            kept.push(step);
            above = f64::from(step.1);
        }
    }
    kept.reverse();
    kept.extend(top);
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tails_and_what_lies_beyond() {
        let reference = Reference::new((1..=99).map(|i| i as f32).collect(), 1);
        assert_eq!((reference.rows, reference.max()), (100, 99.0));
        assert_eq!(reference.reach(0.0), 100);
        assert_eq!(reference.reach(99.0), 1);
        assert_eq!(reference.reach(99.5), 0);
        assert_eq!(reference.surprise(0.0), 0.0);
        let expected = -(1.5_f64 / 100.5).log10();
        assert!((f64::from(reference.tail(99.0, 3.0)) - expected).abs() < 1e-6);
        assert!((reference.surprise(99.0 + 2.0 * std::f32::consts::LN_2) - 4.0).abs() < 1e-5);
        assert_eq!(reference.surprise(1e9), 6.0);
    }

    #[test]
    fn nothing_is_surprising_without_rows() {
        assert_eq!(Reference::default().surprise(3.0), 0.0);
        assert_eq!(Reference::default().tail(3.0, 3.0), 0.0);
    }

    proptest! {
        #[test]
        fn reach_is_counted(values in prop::collection::vec(-3_i32..20, 0..60), zeros in 0_u64..5, at in -4_i32..22) {
            let floats: Vec<f32> = values.iter().map(|v| *v as f32).collect();
            let reference = Reference::new(floats, zeros);
            let counted = values.iter().filter(|v| **v >= at).count() as u64 + if at <= 0 { zeros } else { 0 };
            prop_assert_eq!(u64::from(reference.reach(at as f32)), counted);
        }

        #[test]
        fn bins_hide_nothing(values in prop::collection::vec(-2.0_f32..12.0, 1..300), at in -3.0_f32..14.0) {
            let reference = Reference::new(values.clone(), 0);
            for value in values.into_iter().chain([at]) {
                let counted = reference.values.iter().position(|step| *step >= value - TIE);
                prop_assert_eq!(reference.step(value).unwrap_or(0), counted.unwrap_or(reference.values.len()));
                prop_assert!(reference.surprise(value) <= reference.surprise_at_most(value));
            }
        }

        #[test]
        fn thinning_keeps_surprises(seed in 0_u32..50) {
            let values: Vec<f32> = (0..20_000_u32).map(|i| {
                let x = (i.wrapping_mul(2_654_435_761).wrapping_add(seed) % 100_003) as f32 / 100_003.0;
                0.01 - (1.0 - x).ln() * 3.0
            }).collect();
            let mut sorted = values.clone();
            sorted.sort_unstable_by(f32::total_cmp);
            let reference = Reference::new(values, 500);
            prop_assert!(reference.values.len() < 2048, "{}", reference.values.len());
            for at in (0..20_000).step_by(37) {
                let exact = (20_000 - sorted.partition_point(|v| *v < sorted[at] - TIE)) as f64;
                let share: f64 = (exact + 0.5) / 20_500.5;
                let found = f64::from(reference.tail(sorted[at], 10.0));
                prop_assert!((found + share.log10()).abs() < 0.006, "{found} {}", -share.log10());
            }
        }
    }
}
