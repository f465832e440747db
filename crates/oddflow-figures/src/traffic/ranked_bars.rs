//! Who has most of something: a bar a name, the longest first, with values and shares.

use crate::{Figure, Heading, Quantity, Width};

/// A name and how much of something it has.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Item<'a> {
    /// The name, of any length.
    pub name: &'a str,
    /// How much. Negative values and those that aren't finite are no amount: such an item is left out.
    pub value: f64,
}

/// What all the names together have that aren't shown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rest<'a> {
    /// What they are called: `1,204 others`.
    pub name: &'a str,
    /// How much they have.
    pub value: f64,
}

/// Names with amounts, drawn in the order in which they are given.
#[derive(Clone, Copy, Debug, Default)]
pub struct RankedBars<'a> {
    /// The words around them.
    pub heading: Heading<'a>,
    /// What is shown, with its unit, below the bars: `connections`.
    pub measure: &'a str,
    /// How a value is written.
    pub quantity: Quantity,
    /// The names, the one with the most first.
    pub items: &'a [Item<'a>],
    /// What those not among the items have: a grey bar at the end.
    pub rest: Option<Rest<'a>>,
    /// What shares are shares of. None leaves shares out.
    pub total: Option<f64>,
}

impl RankedBars<'_> {
    /// As many bars as are drawn at most, besides that of the rest.
    pub const MOST: usize = 50;
}

/// Draws a bar a name: names at the left, values and shares at the ends of the bars.
pub fn ranked_bars(bars: &RankedBars<'_>, width: Width) -> Figure {
    bars.heading.page(width).draw(0.0, |_| {})
}
