//! Shares of a whole as slices of a pie, for those who ask for one: ranked bars are easier to compare.

use crate::{Figure, Heading, Item, Quantity, Width};

/// Amounts that make a whole.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pie<'a> {
    /// The words around it.
    pub heading: Heading<'a>,
    /// How a value is written.
    pub quantity: Quantity,
    /// The parts, the largest first. Those beyond [`Pie::MOST`] are put together as others.
    pub items: &'a [Item<'a>],
    /// The whole. What it holds beyond the items is others' too. None takes the sum of the items.
    pub total: Option<f64>,
}

impl Pie<'_> {
    /// As many slices as are drawn at most, besides that of the others.
    pub const MOST: usize = 8;
}

/// Draws a pie whose labels stand beside it.
pub fn pie(pie: &Pie<'_>, width: Width) -> Figure {
    pie.heading.page(width).draw(0.0, |_| {})
}
