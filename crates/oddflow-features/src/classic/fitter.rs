//! One pass over the training rows: what levels there are, and where each column lies.

use super::levels::{Code, UNSEEN};
use super::moments::Moments;
use super::{Categorical, ClassicEncoder, Levels, NUMERIC_COLUMNS, RawRow, Scaler, Vocabulary};

/// Collects the statistics of training rows; constant size, mergeable.
///
/// All rows must carry codes of one [`Levels`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fitter {
    moments: Moments,
    /// Rows by column and code. A one-hot column's mean and variance follow from it exactly.
    rows_with: [Vec<u64>; Categorical::ALL.len()],
}

impl Fitter {
    /// No rows yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one training row.
    pub fn add(&mut self, row: &RawRow) {
        self.moments.push(row.numerics());
        for (rows_with, &code) in self.rows_with.iter_mut().zip(row.codes()) {
            count(rows_with, code, 1);
        }
    }

    /// Adds the rows of another fitter, whose rows must carry codes of the same [`Levels`].
    pub fn merge(&mut self, other: &Self) {
        self.moments.merge(&other.moments);
        for (ours, theirs) in self.rows_with.iter_mut().zip(&other.rows_with) {
            for (code, &rows) in (0..).zip(theirs) {
                count(ours, code, rows);
            }
        }
    }

    /// Training rows so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.moments.count()
    }

    /// The encoder that these rows define. `levels` is what the rows were made with.
    ///
    /// # Errors
    /// There were no rows.
    pub fn finish(&self, levels: &Levels) -> Result<ClassicEncoder, FitError> {
        if self.rows() == 0 {
            return Err(FitError::NoRows);
        }
        let rows = self.rows() as f64;
        let mut vocabulary = Vocabulary::default();
        let mut scaler = Scaler::with_capacity(NUMERIC_COLUMNS.len());
        for column in 0..NUMERIC_COLUMNS.len() {
            scaler.push(self.moments.mean(column), self.moments.variance(column));
        }
        for column in Categorical::ALL {
            let mut counted: Vec<(&str, u64)> = levels
                .names(column)
                .iter()
                .map(AsRef::as_ref)
                .zip(self.rows_with[column as usize].iter().copied())
                .filter(|&(_, rows)| rows > 0)
                .collect();
            counted.sort_unstable();
            for &(_, with) in counted.iter().skip(1) {
                let share = with as f64 / rows;
                scaler.push(share, share * ((self.rows() - with) as f64 / rows));
            }
            vocabulary.set(column, counted.into_iter().map(|(level, _)| level.to_owned()).collect());
        }
        Ok(ClassicEncoder::assemble(vocabulary, scaler))
    }
}

fn count(rows_with: &mut Vec<u64>, code: Code, rows: u64) {
    if code == UNSEEN {
        return;
    }
    let index = usize::from(code);
    if index >= rows_with.len() {
        rows_with.resize(index + 1, 0);
    }
    rows_with[index] += rows;
}

/// Why no encoder can be fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FitError {
    /// There is nothing to learn from.
    #[error("there are no training rows to fit an encoder on")]
    NoRows,
}
