//! The numeric columns and the bins of their distributions: powers of two.
//!
//! Bin 0 is the value 0, bin `k` holds values from `2^(k-1)` to below `2^k`, and the last one all above. Durations are counted in
//! microseconds.

use zeek_log::ConnRecord;

/// The numeric columns.
pub const COLUMNS: usize = 5;
/// Bins of a column: the last but one ends at 2^46, 64 TiB or two years.
pub const BINS: usize = 48;

/// What a numeric column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Zeek's name.
    pub name: &'static str,
    /// `seconds`, `bytes` or `packets`.
    pub unit: &'static str,
}

/// The columns, in their order.
pub const NUMERIC: [Column; COLUMNS] = [
    Column { name: "duration", unit: "seconds" },
    Column { name: "orig_bytes", unit: "bytes" },
    Column { name: "resp_bytes", unit: "bytes" },
    Column { name: "orig_pkts", unit: "packets" },
    Column { name: "resp_pkts", unit: "packets" },
];

/// Bins of all columns.
pub(crate) const PLACES: usize = COLUMNS * BINS;

const DURATION: usize = 0;
const MICROSECONDS: f64 = 1e6;
/// Bits that a bin takes in a packed row.
const BITS: u32 = 6;
const MASK: u32 = (1 << BITS) - 1;
/// In place of a bin where the column is unset.
const UNSET: u32 = MASK;

/// The edges of a column's bins in its unit, one more than there are bins; the last one is infinite.
#[must_use]
pub fn edges(column: usize) -> [f64; BINS + 1] {
    let unit = if column == DURATION { 1.0 / MICROSECONDS } else { 1.0 };
    std::array::from_fn(|edge| match edge {
        0 => 0.0,
        BINS => f64::INFINITY,
        _ => (1_u64 << (edge - 1)) as f64 * unit,
    })
}

/// The values of a row's numeric columns, in whole microseconds, bytes and packets.
#[inline]
pub(crate) fn values(record: &ConnRecord<'_>) -> [Option<u64>; COLUMNS] {
    // A negative duration is none; the cast takes what is too large for the largest.
    let duration = record.duration.filter(|duration| *duration >= 0.0).map(|d| (d * MICROSECONDS) as u64);
    [duration, record.orig_bytes, record.resp_bytes, record.orig_pkts, record.resp_pkts]
}

/// The bins of a row, packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PackedBins(u32);

impl PackedBins {
    #[inline]
    pub(crate) fn of(values: &[Option<u64>; COLUMNS]) -> Self {
        let bin = |value: u64| (u64::BITS - value.leading_zeros()).min(BINS as u32 - 1);
        let packed = values.iter().rev().fold(0, |packed, value| packed << BITS | value.map_or(UNSET, bin));
        Self(packed)
    }
}

/// Counts of all bins: the first column's, then the second's, and so on. Most rows are of few bins, so it is known which.
#[derive(Debug)]
pub(crate) struct BinCounts {
    counts: [u32; PLACES],
    /// A bit for each place with a count above 0.
    met: [u64; PLACES.div_ceil(64)],
}

impl BinCounts {
    pub(crate) fn none() -> Self {
        Self { counts: [0; PLACES], met: [0; PLACES.div_ceil(64)] }
    }

    #[inline]
    fn add(&mut self, place: usize, count: u32) {
        self.counts[place] = self.counts[place].saturating_add(count);
        self.met[place / 64] |= 1 << (place % 64);
    }

    #[inline]
    pub(crate) fn add_row(&mut self, row: PackedBins) {
        for column in 0..COLUMNS {
            let bin = row.0 >> (BITS * column as u32) & MASK;
            if bin != UNSET {
                self.add(column * BINS + bin as usize, 1);
            }
        }
    }

    pub(crate) fn add_shape(&mut self, shape: &Shape) {
        shape.0.iter().for_each(|(place, count)| self.add(usize::from(*place), *count));
    }

    /// What they are, and none from then on.
    pub(crate) fn take(&mut self) -> Shape {
        let met = self.met.iter().map(|word| word.count_ones() as usize).sum();
        let mut shape = Shape(Vec::with_capacity(met));
        for (number, word) in self.met.iter_mut().enumerate() {
            while *word != 0 {
                let place = number * 64 + word.trailing_zeros() as usize;
                shape.0.push((place as u8, std::mem::take(&mut self.counts[place])));
                *word &= *word - 1;
            }
        }
        shape
    }
}

/// How often each bin of each column was met: place among all bins and count, by place, those that were. A count stops at the
/// largest number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape(pub(crate) Vec<(u8, u32)>);

impl Shape {
    /// Adds another one.
    pub fn merge(&mut self, other: &Self) {
        if self.0.is_empty() {
            self.0.clone_from(&other.0);
            return;
        }
        let mine = std::mem::take(&mut self.0);
        self.0.reserve(mine.len() + other.0.len());
        let (mut a, mut b) = (mine.iter().peekable(), other.0.iter().peekable());
        while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
            let (x, y) = (**x, **y);
            if x.0 <= y.0 {
                a.next();
            }
            if y.0 <= x.0 {
                b.next();
            }
            self.0.push(match x.0.cmp(&y.0) {
                std::cmp::Ordering::Less => x,
                std::cmp::Ordering::Equal => (x.0, x.1.saturating_add(y.1)),
                std::cmp::Ordering::Greater => y,
            });
        }
        self.0.extend(a.chain(b));
    }

    /// Adds its counts to those of all bins: the first column's, then the second's, and so on.
    pub fn add_to(&self, counts: &mut [u64; PLACES]) {
        for (place, count) in &self.0 {
            let counts = &mut counts[usize::from(*place)];
            *counts = counts.saturating_add(u64::from(*count));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(rows: &[ConnRecord<'_>]) -> Shape {
        let mut counts = BinCounts::none();
        rows.iter().for_each(|row| counts.add_row(PackedBins::of(&values(row))));
        let shape = counts.take();
        assert_eq!(counts.take(), Shape::default(), "nothing is left");
        shape
    }

    fn record() -> ConnRecord<'static> {
        ConnRecord::bare(0.0, ([10, 0, 0, 1], 1), ([10, 0, 0, 2], 2), "tcp")
    }

    #[test]
    fn a_value_lies_between_the_edges_of_its_bin() {
        for (value, bin) in
            [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (1 << 45, 46), (1 << 46, 47), (u64::MAX, 47)]
        {
            let record = ConnRecord { orig_bytes: Some(value), ..record() };
            let shape = shape(&[record]);
            assert_eq!(shape.0, [((BINS + bin) as u8, 1)], "{value}");
            let edges = edges(1);
            assert!(edges[bin] <= value as f64 && (value as f64) < edges[bin + 1], "{value}");
        }
        let record = ConnRecord { duration: Some(0.25), resp_pkts: Some(0), ..record() };
        let shape = shape(&[record, record]);
        assert_eq!(shape.0, [(18, 2), (4 * BINS as u8, 2)]);
        assert!(edges(0)[18] <= 0.25 && 0.25 < edges(0)[19]);
    }

    #[test]
    fn a_strange_duration_is_none_or_the_longest() {
        for (duration, set) in [(-1.0, false), (f64::NAN, false), (f64::INFINITY, true), (1e300, true)] {
            let record = ConnRecord { duration: Some(duration), ..record() };
            assert_eq!(values(&record)[0].is_some(), set, "{duration}");
            assert_eq!(shape(&[record]).0.len(), usize::from(set));
        }
    }

    #[test]
    fn shapes_add_up() {
        let mut sum = Shape(vec![(1, 1), (5, 2)]);
        let other = Shape(vec![(0, 3), (5, 4), (9, 5)]);
        let mut both = BinCounts::none();
        [&sum, &other].into_iter().for_each(|shape| both.add_shape(shape));
        sum.merge(&other);
        assert_eq!(sum.0, [(0, 3), (1, 1), (5, 6), (9, 5)]);
        assert_eq!(both.take(), sum);
        let mut counts = [0; PLACES];
        sum.add_to(&mut counts);
        assert_eq!((counts[5], counts[6], counts[9]), (6, 0, 5));
    }
}
