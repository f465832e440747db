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
    /// First step to look at by the place of a value between the lowest and the highest.
    bins: Vec<u32>,
    /// Bins a unit.
    scale: f32,
}

/// Bins that shorten the search for a step.
const BINS: usize = 256;

/// A value this little below another counts as reaching it, so that rounding tears no tie apart.
const TIE: f32 = 1e-6;
/// Different values up to which all are kept.
const EXACT: usize = 2048;
/// Largest values that are always kept.
const TOP: usize = 64;
/// Ratio of the numbers of rows from which a step is kept.
const STEP: f64 = 1.01;

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
        Self::from_steps(values, reach, rows)
    }

    /// Of ascending values and the rows that reach each.
    pub(crate) fn from_steps(values: Vec<f32>, reach: Vec<u32>, rows: u32) -> Self {
        let tail = |reach: u32| -((f64::from(reach) + 0.5) / (f64::from(rows) + 0.5)).log10() as f32;
        let tails = reach.iter().map(|reach| tail(*reach)).chain([tail(0)]).collect();
        let (first, last) = (values.first().copied().unwrap_or(0.0), values.last().copied().unwrap_or(0.0));
        let scale = if last > first { BINS as f32 / (last - first) } else { 0.0 };
        let bins = (0..=BINS)
            .map(|bin| {
                // A bin's lower end, a little lower still for the rounding of the division.
                let from = first + (bin as f32 - 1.0) / scale.max(f32::MIN_POSITIVE);
                values.partition_point(|value| *value < from) as u32
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

    /// The lowest step that answers for a value; `None` where all rows reach it.
    #[inline]
    fn step(&self, value: f32) -> Option<usize> {
        let from = value - TIE;
        let first = *self.values.first()?;
        // Most values of a gated column are its lowest one.
        if from <= first {
            return None;
        }
        let bin = (((from - first) * self.scale) as usize).min(BINS - 1);
        let mut step = self.bins[bin] as usize;
        while self.values.get(step).is_some_and(|value| *value < from) {
            step += 1;
        }
        Some(step)
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
        let tail = self.tail(value, 2.0);
        if tail == 0.0 {
            return 0.0;
        }
        (tail + (value - self.max()).max(0.0) / std::f32::consts::LN_2).min(6.0)
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
