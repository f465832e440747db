//! A fitted encoder: records in, standardised rows out.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};
use zeek_log::ConnRecord;

use super::levels::Levels;
use super::portable::Portable;
use super::{Categorical, NUMERIC_COLUMNS, RawRow, Scaler, Vocabulary, numerics};

/// Encodes records with the vocabulary and the scaler of the training rows.
///
/// The columns never change after fitting: a level that was not in the training rows encodes as all zeros
/// (before scaling). In a model file it is an object of `columns`, `vocabulary` and `scaler`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(into = "Portable", try_from = "Portable")]
pub struct ClassicEncoder {
    pub(super) columns: Vec<String>,
    pub(super) vocabulary: Vocabulary,
    pub(super) scaler: Scaler,
    /// By categorical column: the row position of each level that has one.
    positions: [HashMap<Box<str>, u32, FixedState>; Categorical::ALL.len()],
    /// A row of scaled zeros, for rows to start from.
    cold: Vec<f32>,
    /// The scaled one of each column; used for one-hot columns.
    hot: Vec<f32>,
}

impl ClassicEncoder {
    /// The vocabulary must be sorted and the scaler as long as its columns.
    pub(super) fn assemble(vocabulary: Vocabulary, scaler: Scaler) -> Self {
        let columns = columns(&vocabulary);
        let mut positions: [HashMap<Box<str>, u32, FixedState>; Categorical::ALL.len()] = Default::default();
        for ((column, level), position) in vocabulary.one_hot().zip(NUMERIC_COLUMNS.len() as u32..) {
            positions[column as usize].insert(level.into(), position);
        }
        let scaled = |natural| (0..columns.len()).map(|column| scaler.scaled(column, natural)).collect();
        let (cold, hot) = (scaled(0.0), scaled(1.0));
        Self { columns, vocabulary, scaler, positions, cold, hot }
    }

    /// Length of a row: 11 numeric columns and the one-hot columns.
    #[must_use]
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// Names of the columns in the order of a row: `uid`, ..., `proto_udp`, `service_dns`, ...
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The levels that the training rows held.
    #[must_use]
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// Mean and scale of each column.
    #[must_use]
    pub fn scaler(&self) -> &Scaler {
        &self.scaler
    }

    /// Writes the standardised row of a record to `out`. Allocates nothing.
    ///
    /// # Panics
    /// `out` is not [`width`](Self::width) long.
    #[inline]
    pub fn encode(&self, record: &ConnRecord<'_>, out: &mut [f32]) {
        let hot =
            Categorical::ALL.map(|column| self.positions[column as usize].get(column.level(record)).copied());
        self.write(&numerics(record), hot, out);
    }

    /// Ties the encoder to the levels of raw rows, so that codes need no look-up by name.
    #[must_use]
    pub fn bind<'a>(&'a self, levels: &'a Levels) -> RawEncoder<'a> {
        let positions = Categorical::ALL.map(|column| {
            let known = &self.positions[column as usize];
            levels.names(column).iter().map(|name| known.get(name).copied()).collect()
        });
        RawEncoder { encoder: self, positions }
    }

    /// The value in natural units that a standardised value of a column stands for.
    ///
    /// A number of the recipe for a numeric column, near 0 or 1 for a one-hot column.
    ///
    /// # Panics
    /// There is no such column.
    #[must_use]
    pub fn natural(&self, column: usize, scaled: f32) -> f64 {
        self.scaler.natural(column, scaled)
    }

    #[inline]
    fn write(
        &self,
        numerics: &[f64; NUMERIC_COLUMNS.len()],
        hot: [Option<u32>; Categorical::ALL.len()],
        out: &mut [f32],
    ) {
        out.copy_from_slice(&self.cold);
        for (column, &natural) in numerics.iter().enumerate() {
            out[column] = self.scaler.scaled(column, natural);
        }
        for position in hot.into_iter().flatten() {
            out[position as usize] = self.hot[position as usize];
        }
    }
}

/// Encodes [`RawRow`]s that were made with certain [`Levels`].
///
/// It borrows the levels, so no row can be made with a level that it does not know.
#[derive(Clone, Debug)]
pub struct RawEncoder<'a> {
    encoder: &'a ClassicEncoder,
    /// By categorical column and code: the position in a row, if the level has one.
    positions: [Vec<Option<u32>>; Categorical::ALL.len()],
}

impl RawEncoder<'_> {
    /// Writes the standardised row to `out`: the same as [`ClassicEncoder::encode`] for the row's record.
    ///
    /// # Panics
    /// `out` is not [`width`](ClassicEncoder::width) long.
    #[inline]
    pub fn encode(&self, row: &RawRow, out: &mut [f32]) {
        let codes = row.codes();
        let hot = std::array::from_fn(|column| {
            self.positions[column].get(usize::from(codes[column])).copied().flatten()
        });
        self.encoder.write(row.numerics(), hot, out);
    }
}

/// The names of all columns: the numeric ones, then `<column>_<level>` for each level but the first.
pub(super) fn columns(vocabulary: &Vocabulary) -> Vec<String> {
    let one_hot = vocabulary.one_hot().map(|(column, level)| format!("{}_{level}", column.name()));
    NUMERIC_COLUMNS.into_iter().map(str::to_owned).chain(one_hot).collect()
}
