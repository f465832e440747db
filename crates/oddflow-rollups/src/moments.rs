//! Sums from which the correlations of the numeric columns come, in whole numbers: so they are the same however rows are cut.
//!
//! Values are many orders of magnitude apart, so it is their logarithms that are correlated: `log2(1 + x)` in sixteenths, linear between
//! powers of two, for which no logarithm has to be computed. Of the rows with all columns set one in eight counts, drawn by what it is.

use crate::bins::COLUMNS;
use crate::varint;

/// Pairs of columns, each with itself too.
const PAIRS: usize = COLUMNS * (COLUMNS + 1) / 2;
/// Parts of a power of two.
const PARTS_BITS: u32 = 4;

/// The largest sum: more than a day of any network comes to, and small enough that two of them multiply.
const MOST: u64 = 1 << 62;

/// The logarithms of a row's columns.
pub(crate) type Logarithms = [u16; COLUMNS];

/// Logarithms of a row; `None` where a column is unset.
#[inline]
pub(crate) fn logarithms(values: &[Option<u64>; COLUMNS]) -> Option<Logarithms> {
    let mut all = [0; COLUMNS];
    for (logarithm, value) in all.iter_mut().zip(values) {
        *logarithm = log2((*value)?);
    }
    Some(all)
}

/// `log2(1 + value)` in sixteenths.
#[inline]
fn log2(value: u64) -> u16 {
    let value = value.saturating_add(1);
    let power = value.ilog2();
    let above = value ^ (1 << power);
    let parts = match power.checked_sub(PARTS_BITS) {
        Some(down) => above >> down,
        None => above << (PARTS_BITS - power),
    };
    (power << PARTS_BITS) as u16 + parts as u16
}

/// Sums of logarithms and of their products.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moments {
    rows: u64,
    sums: [u64; COLUMNS],
    products: [u64; PAIRS],
}

impl Moments {
    #[inline]
    pub(crate) fn add(&mut self, row: &Logarithms) {
        self.rows += 1;
        let mut pair = 0;
        for (i, x) in row.iter().enumerate() {
            self.sums[i] += u64::from(*x);
            for y in &row[i..] {
                self.products[pair] += u64::from(*x) * u64::from(*y);
                pair += 1;
            }
        }
    }

    /// Adds those of other rows.
    pub fn merge(&mut self, other: &Self) {
        let mine = self.sums.iter_mut().chain(&mut self.products).chain([&mut self.rows]);
        let others = other.sums.iter().chain(&other.products).chain([&other.rows]);
        mine.zip(others).for_each(|(mine, other)| *mine = mine.saturating_add(*other).min(MOST));
    }

    /// Rows that were drawn.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Pearson's correlation of each column with each; `None` where one of both doesn't vary.
    #[must_use]
    pub fn correlations(&self) -> [[Option<f64>; COLUMNS]; COLUMNS] {
        // Rows times squares fit 128 bits, so that nothing is cancelled.
        let covariance = |i: usize, j: usize| {
            let (i, j) = (i.min(j), i.max(j));
            let pair = i * COLUMNS - i * (i + 1) / 2 + j;
            let scaled = i128::from(self.rows) * i128::from(self.products[pair]);
            (scaled - i128::from(self.sums[i]) * i128::from(self.sums[j])) as f64
        };
        let of = |i, j| {
            let spread = (covariance(i, i) * covariance(j, j)).sqrt();
            (spread > 0.0).then(|| (covariance(i, j) / spread).clamp(-1.0, 1.0))
        };
        std::array::from_fn(|i| std::array::from_fn(|j| of(i, j)))
    }

    /// It as bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        varint::put(&mut bytes, self.rows);
        self.sums.iter().chain(&self.products).for_each(|sum| varint::put(&mut bytes, *sum));
        bytes
    }

    /// Reads what was [encoded](Self::encode); `None` where it wasn't.
    #[must_use]
    pub fn decode(mut bytes: &[u8]) -> Option<Self> {
        let mut number = || varint::take(&mut bytes).filter(|number| *number <= MOST);
        let mut moments = Self { rows: number()?, ..Self::default() };
        for sum in moments.sums.iter_mut().chain(&mut moments.products) {
            *sum = number()?;
        }
        bytes.is_empty().then_some(moments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_near() {
        for value in [0, 1, 2, 5, 1_000, 123_456, 1 << 40, u64::MAX] {
            let exact = (value as f64 + 1.0).log2() * 16.0;
            assert!((f64::from(log2(value)) - exact).abs() < 2.5, "{value}: {} and {exact}", log2(value));
        }
    }

    #[test]
    fn correlations_are_those_of_the_rows() {
        let mut moments = Moments::default();
        let mut other = Moments::default();
        for row in 0..100_u64 {
            // The second goes with the first, the third against it, the fourth has nothing to do with it, the fifth stands still.
            let value = [1 << (row % 20), 1 << (row % 20 + 3), 1 << (30 - row % 20), 1 << (row / 20), 7];
            let logarithms = logarithms(&value.map(Some)).expect("all set");
            if row < 40 { &mut moments } else { &mut other }.add(&logarithms);
        }
        moments.merge(&other);
        assert_eq!(Moments::decode(&moments.encode()), Some(moments.clone()));
        assert_eq!((moments.rows(), logarithms(&[Some(1), None, Some(1), Some(1), Some(1)])), (100, None));
        let found = moments.correlations();
        let near = |i: usize, j: usize, value: f64| {
            let found = found[i][j].expect("both vary");
            assert!((found - value).abs() < 0.02, "{i} {j}: {found}");
            assert_eq!(Some(found), super::Moments::correlations(&moments)[j][i]);
        };
        near(0, 0, 1.0);
        near(0, 1, 1.0);
        near(0, 2, -1.0);
        near(0, 3, 0.0);
        assert_eq!(found[0][4], None);
    }
}
