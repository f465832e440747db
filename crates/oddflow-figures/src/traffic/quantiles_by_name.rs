//! How a number is spread within each of several groups: scores by service, or by hour.

use crate::{Figure, Heading, Mark, Quantity, Spacing, Width};

/// A number's quantiles in one group.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quantiles<'a> {
    /// The group, of any length.
    pub name: &'a str,
    /// How many rows it has.
    pub count: u64,
    /// The 5th, 25th, 50th, 75th and 95th percentile, in ascending order.
    pub quantiles: [f64; 5],
    /// The largest value.
    pub largest: f64,
}

/// Groups with the quantiles of a number, drawn in the order in which they are given.
#[derive(Clone, Copy, Debug, Default)]
pub struct QuantilesByName<'a> {
    /// The words around them.
    pub heading: Heading<'a>,
    /// The number with its unit, at the x axis: `score`.
    pub measure: &'a str,
    /// What a count counts, in the singular: `row`.
    pub counted: &'a str,
    /// The groups. One with a quantile that isn't finite (on a log axis: that isn't positive) has no box, and a note
    /// says so.
    pub groups: &'a [Quantiles<'a>],
    /// How values lie along the axis.
    pub spacing: Spacing,
    /// A value marked across all groups, such as a threshold.
    pub mark: Option<Mark<'a>>,
    /// How values are written.
    pub quantity: Quantity,
}

impl QuantilesByName<'_> {
    /// As many groups as are drawn at most.
    pub const MOST: usize = 50;
}

/// Draws a row a group: a line from the 5th to the 95th percentile, a box around the middle half, a stroke at the
/// median, a dot at the largest value.
pub fn quantiles_by_name(groups: &QuantilesByName<'_>, width: Width) -> Figure {
    groups.heading.page(width).draw(0.0, |_| {})
}
