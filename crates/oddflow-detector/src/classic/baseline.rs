//! The baseline: rows to learn from, held compactly and in bounded memory.
//!
//! Every row is kept until the limit is reached; from then on the rows are a uniform sample of all that came (reservoir
//! sampling, Vitter's algorithm R, 1985). Which rows stay depends on the seed and on the order of the rows alone.

use oddflow_features::classic::{Categorical, Levels, NUMERIC_COLUMNS, RawRow};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use zeek_log::ConnRecord;

/// One row of the baseline, before the encoder is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BaselineRow {
    /// End of the connection, in seconds since the Unix epoch.
    pub(crate) end: f64,
    /// Its number in the order of reading: it tells rows of the same end apart.
    pub(crate) number: u64,
    pub(crate) raw: RawRow,
}

/// The rows of one chunk of a log, made in any thread.
#[derive(Debug, Default)]
pub struct BaselineChunk {
    levels: Levels,
    rows: Vec<(f64, RawRow)>,
    span: Option<(f64, f64)>,
}

impl BaselineChunk {
    /// Adds one record.
    pub fn add(&mut self, record: &ConnRecord<'_>) {
        let raw = RawRow::new(record, &mut self.levels);
        self.rows.push((record.end(), raw));
        let (first, last) = self.span.unwrap_or((record.ts, record.ts));
        self.span = Some((first.min(record.ts), last.max(record.ts)));
    }

    /// Earliest and latest start of a connection in it, in seconds since the Unix epoch.
    #[must_use]
    pub fn span(&self) -> Option<(f64, f64)> {
        self.span
    }
}

/// Normal traffic to learn from.
#[derive(Debug)]
pub struct Baseline {
    levels: Levels,
    rows: Vec<BaselineRow>,
    seen: u64,
    limit: u64,
    random: Pcg64Mcg,
}

impl Baseline {
    /// An empty one that keeps at most `limit` bytes of features (rows as they wait and as they are encoded).
    #[must_use]
    pub fn new(limit: u64, seed: u64) -> Self {
        let random = Pcg64Mcg::seed_from_u64(seed ^ 0x6261_7365_6c69_6e65);
        Self { levels: Levels::new(), rows: Vec::new(), seen: 0, limit, random }
    }

    /// Takes in the rows of a chunk. Chunks must come in the order of the log.
    pub fn append(&mut self, chunk: &BaselineChunk) {
        let recoding = self.levels.absorb(&chunk.levels);
        let capacity = self.capacity();
        // New levels make rows wider, so fewer fit. A random row is any row: the rest stays a uniform sample.
        while self.rows.len() > capacity {
            let victim = self.random.random_range(0..self.rows.len());
            self.rows.swap_remove(victim);
        }
        for &(end, mut raw) in &chunk.rows {
            raw.recode(&recoding);
            let row = BaselineRow { end, number: self.seen, raw };
            self.seen += 1;
            if self.rows.len() < capacity && self.rows.len() as u64 + 1 == self.seen {
                self.rows.push(row);
            } else {
                let place = self.random.random_range(0..self.seen);
                if let Some(slot) = usize::try_from(place).ok().and_then(|place| self.rows.get_mut(place)) {
                    *slot = row;
                }
            }
        }
    }

    /// Rows that came.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Rows that are kept.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.rows.len()
    }

    /// How many rows fit into the limit at the present number of levels.
    fn capacity(&self) -> usize {
        let levels: usize = Categorical::ALL.iter().map(|&column| self.levels.names(column).len()).sum();
        let encoded = (NUMERIC_COLUMNS.len() + levels) * size_of::<f32>();
        let capacity = self.limit / (size_of::<BaselineRow>() + encoded) as u64;
        usize::try_from(capacity).unwrap_or(usize::MAX)
    }

    pub(crate) fn into_parts(self) -> (Levels, Vec<BaselineRow>) {
        (self.levels, self.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(ends: impl IntoIterator<Item = u32>) -> BaselineChunk {
        let mut chunk = BaselineChunk::default();
        for end in ends {
            chunk.add(&crate::classic::train::tests::record(f64::from(end)));
        }
        chunk
    }

    fn ends(baseline: Baseline) -> Vec<u32> {
        let mut ends: Vec<_> = baseline.into_parts().1.iter().map(|row| row.end as u32).collect();
        ends.sort_unstable();
        ends
    }

    #[test]
    fn all_rows_stay_below_the_limit() {
        let mut baseline = Baseline::new(1 << 20, 1);
        baseline.append(&chunk(0..50));
        baseline.append(&chunk(50..100));
        assert_eq!((baseline.seen(), baseline.kept()), (100, 100));
        assert_eq!(ends(baseline), (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn over_the_limit_the_rows_are_a_uniform_sample_by_seed() {
        let sample = |seed| {
            let mut baseline = Baseline::new(100 * 192, seed);
            for start in (0..10_000).step_by(100) {
                baseline.append(&chunk(start..start + 100));
            }
            assert_eq!(baseline.seen(), 10_000);
            assert!((90..=110).contains(&baseline.kept()), "{}", baseline.kept());
            ends(baseline)
        };
        assert_eq!(sample(1), sample(1));
        assert_ne!(sample(1), sample(2));
        let mean = (1..=40).map(|seed| {
            let ends = sample(seed);
            f64::from(ends.iter().sum::<u32>()) / ends.len() as f64
        });
        let mean = mean.sum::<f64>() / 40.0;
        assert!((mean - 5000.0).abs() < 200.0, "the mean end of 40 samples is {mean}");
    }
}
