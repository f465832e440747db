//! One record before vocabulary and scaler are known: the half of the recipe that needs no fitting.

use zeek_log::ConnRecord;

use super::levels::{Code, Recoding};
use super::{Categorical, Levels, NUMERIC_COLUMNS, numerics};

/// A record as 11 numbers in natural units and 5 level codes; 104 bytes.
///
/// The codes are those of the [`Levels`] that the row was made with, and mean nothing without it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RawRow {
    numerics: [f64; NUMERIC_COLUMNS.len()],
    codes: [Code; Categorical::ALL.len()],
}

impl RawRow {
    /// The row of one record; new levels are added to `levels`.
    #[must_use]
    pub fn new(record: &ConnRecord<'_>, levels: &mut Levels) -> Self {
        Self { numerics: numerics(record), codes: levels.codes(record) }
    }

    /// The numeric columns in natural units, in the order of [`NUMERIC_COLUMNS`]. All are finite.
    #[must_use]
    pub fn numerics(&self) -> &[f64; NUMERIC_COLUMNS.len()] {
        &self.numerics
    }

    /// Moves the row over to the levels that [absorbed](Levels::absorb) its own.
    pub fn recode(&mut self, recoding: &Recoding) {
        recoding.translate(&mut self.codes);
    }

    pub(super) fn codes(&self) -> &[Code; Categorical::ALL.len()] {
        &self.codes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_compact() {
        assert_eq!(size_of::<RawRow>(), 104);
    }
}
