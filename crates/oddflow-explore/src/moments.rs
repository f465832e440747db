//! Means, variances and correlations of the numeric columns in one pass.
//!
//! Rows with the same columns set form a group, so that one matrix a group gives every pair its pairwise complete rows: the
//! groups that have both columns are put together. A group takes blocks of rows, centres each on its own mean, and joins it to
//! the rows before by the formula for two parts (Chan, Golub, LeVeque: "Updating formulae and a pairwise algorithm for computing
//! sample variances", 1979), which loses no digits where values are large beside their spread. A constant column has a variance of
//! exactly 0.

use crate::columns::COLUMNS;

/// Rows that are centred together: they fit into the first-level cache.
const BLOCK: usize = 128;
/// Whole numbers below it have their logarithm in a table. Most counts of a log do.
const TABLED: usize = 2048;

type Values = [f64; COLUMNS];

/// Means and sums of products of deviations from them.
#[derive(Clone, Debug, Default)]
struct Comoments {
    rows: u64,
    mean: Values,
    products: [Values; COLUMNS],
}

impl Comoments {
    fn of(block: &[Values]) -> Self {
        let Some(origin) = block.first() else { return Self::default() };
        let mut mean = [0.0; COLUMNS];
        for values in block {
            for (sum, (value, origin)) in mean.iter_mut().zip(values.iter().zip(origin)) {
                *sum += value - origin;
            }
        }
        for (mean, origin) in mean.iter_mut().zip(origin) {
            *mean = origin + *mean / block.len() as f64;
        }
        let mut products = [[0.0; COLUMNS]; COLUMNS];
        for values in block {
            let mut deviation = [0.0; COLUMNS];
            for i in 0..COLUMNS {
                deviation[i] = values[i] - mean[i];
            }
            for (row, one) in products.iter_mut().zip(deviation) {
                for (product, other) in row.iter_mut().zip(deviation) {
                    *product += one * other;
                }
            }
        }
        Self { rows: block.len() as u64, mean, products }
    }

    fn merge(&mut self, other: &Self) {
        if self.rows == 0 {
            *self = other.clone();
            return;
        }
        if other.rows == 0 {
            return;
        }
        let (ours, theirs) = (self.rows as f64, other.rows as f64);
        let all = ours + theirs;
        let mut delta = [0.0; COLUMNS];
        for (i, delta) in delta.iter_mut().enumerate() {
            *delta = other.mean[i] - self.mean[i];
        }
        for i in 0..COLUMNS {
            for j in 0..COLUMNS {
                self.products[i][j] += other.products[i][j] + delta[i] * delta[j] * (ours * theirs / all);
            }
            self.mean[i] += delta[i] * (theirs / all);
        }
        self.rows += other.rows;
    }
}

/// Rows with the same columns set.
#[derive(Clone, Debug)]
struct Group {
    mask: u8,
    waiting: Vec<Values>,
    plain: Comoments,
    logs: Comoments,
}

impl Group {
    fn settle(&mut self) {
        self.plain.merge(&Comoments::of(&self.waiting));
        for values in &mut self.waiting {
            for value in values {
                *value = log1p(*value);
            }
        }
        self.logs.merge(&Comoments::of(&self.waiting));
        self.waiting.clear();
    }
}

/// ln(1 + x), from a table for small whole numbers.
fn log1p(value: f64) -> f64 {
    static TABLE: std::sync::LazyLock<Vec<f64>> =
        std::sync::LazyLock::new(|| (0..TABLED).map(|i| (i as f64).ln_1p()).collect());
    let whole = value as usize;
    if whole < TABLED && whole as f64 == value { TABLE[whole] } else { value.ln_1p() }
}

/// Moments of the numeric columns and of their logarithms.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moments {
    groups: Vec<Group>,
}

/// Moments of two columns over the rows that have both.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Pair {
    /// Rows.
    pub(crate) rows: u64,
    /// Mean of the first.
    pub(crate) mean: f64,
    /// Sum of squared deviations of the first.
    pub(crate) squares: f64,
    /// Pearson's coefficient.
    pub(crate) correlation: Option<f64>,
}

impl Moments {
    /// Takes a row.
    #[inline]
    pub(crate) fn add(&mut self, mask: u8, values: &Values) {
        let place = match self.groups.iter().position(|group| group.mask == mask) {
            Some(place) => place,
            None => self.begin(mask),
        };
        let group = &mut self.groups[place];
        group.waiting.push(*values);
        if group.waiting.len() == BLOCK {
            group.settle();
        }
    }

    fn begin(&mut self, mask: u8) -> usize {
        self.groups.push(Group {
            mask,
            waiting: Vec::with_capacity(BLOCK),
            plain: Comoments::default(),
            logs: Comoments::default(),
        });
        self.groups.len() - 1
    }

    /// Settles what waits, so that little is left to do for who merges.
    pub(crate) fn settle(&mut self) {
        self.groups.iter_mut().for_each(Group::settle);
    }

    /// Takes the rows of a later part.
    pub(crate) fn merge(&mut self, mut later: Self) {
        later.settle();
        for group in later.groups {
            let place = match self.groups.iter().position(|own| own.mask == group.mask) {
                Some(place) => place,
                None => self.begin(group.mask),
            };
            let own = &mut self.groups[place];
            own.plain.merge(&group.plain);
            own.logs.merge(&group.logs);
        }
    }

    /// Moments of columns `i` and `j`, of their values or of the values' logarithms. Nothing may wait.
    pub(crate) fn pair(&self, i: usize, j: usize, logs: bool) -> Pair {
        let both = 1 << i | 1 << j;
        let mut groups: Vec<_> = self.groups.iter().filter(|group| group.mask & both == both).collect();
        groups.sort_by_key(|group| group.mask);
        let mut all = Comoments::default();
        for group in groups {
            all.merge(if logs { &group.logs } else { &group.plain });
        }
        let (one, other) = (all.products[i][i], all.products[j][j]);
        let correlation = (all.rows >= 2 && one > 0.0 && other > 0.0)
            .then(|| {
                if i == j { 1.0 } else { (all.products[i][j] / one.sqrt() / other.sqrt()).clamp(-1.0, 1.0) }
            })
            .filter(|correlation| correlation.is_finite());
        Pair { rows: all.rows, mean: all.mean[i], squares: one, correlation }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::Random;

    fn rows(seed: u64, count: usize) -> Vec<(u8, Values)> {
        let mut random = Random(seed);
        let mut row = || {
            let mask = [0xff, 0xf8, 0x1e][random.below(3) as usize];
            let mut values = [0.0; COLUMNS];
            for (i, value) in values.iter_mut().enumerate() {
                if mask & 1 << i != 0 {
                    // Large beside their spread: what a sum of squares would lose.
                    *value = 1e9 + random.below(1000) as f64;
                }
            }
            values[3] = 0.1;
            values[6] = values[5] * 2.0;
            (mask, values)
        };
        (0..count).map(|_| row()).collect()
    }

    /// The textbook's two passes.
    fn two_passes(rows: &[(u8, Values)], i: usize, j: usize) -> (u64, Option<f64>) {
        let both: Vec<_> = rows
            .iter()
            .filter(|row| row.0 >> i & row.0 >> j & 1 == 1)
            .map(|row| (row.1[i], row.1[j]))
            .collect();
        let count = both.len() as f64;
        let (mean_i, mean_j) = (
            both.iter().map(|pair| pair.0).sum::<f64>() / count,
            both.iter().map(|pair| pair.1).sum::<f64>() / count,
        );
        let sum = |of: &dyn Fn(f64, f64) -> f64| {
            both.iter().map(|pair| of(pair.0 - mean_i, pair.1 - mean_j)).sum::<f64>()
        };
        let (squares_i, squares_j) = (sum(&|a, _| a * a), sum(&|_, b| b * b));
        let is_constant =
            both.iter().all(|pair| pair.0 == both[0].0) || both.iter().all(|pair| pair.1 == both[0].1);
        (both.len() as u64, (!is_constant).then(|| sum(&|a, b| a * b) / (squares_i * squares_j).sqrt()))
    }

    proptest! {
        #[test]
        fn as_in_two_passes(seed: u64, count in 0..700usize, cut in 0..700usize) {
            let rows = rows(seed, count);
            let (mut all, mut later) = (Moments::default(), Moments::default());
            let (first, second) = rows.split_at(cut.min(count));
            first.iter().for_each(|(mask, values)| all.add(*mask, values));
            second.iter().for_each(|(mask, values)| later.add(*mask, values));
            all.settle();
            all.merge(later);
            for i in 0..COLUMNS {
                for j in 0..COLUMNS {
                    let pair = all.pair(i, j, false);
                    let (count, correlation) = two_passes(&rows, i, j);
                    prop_assert_eq!(pair.rows, count);
                    prop_assert_eq!(pair.correlation.is_some(), correlation.is_some(), "{} {}", i, j);
                    let (one, other) = (pair.correlation.unwrap_or(0.0), correlation.unwrap_or(0.0));
                    prop_assert!((one - other).abs() < 1e-9, "{} {}: {} and {}", i, j, one, other);
                }
            }
        }
    }

    #[test]
    fn logarithms_from_the_table_are_those_of_the_library() {
        for value in [0.0, 1.0, 0.5, 2047.0, 2048.0, 1e-6, 1.8e19] {
            assert_eq!(log1p(value), f64::ln_1p(value));
        }
    }
}
