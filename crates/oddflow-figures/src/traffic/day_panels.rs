//! How each day went: a small panel a day with one or two lines, all on the same scale.

use crate::{Figure, Heading, Quantity, Width};

/// What one day's panel shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DaySeries {
    /// The day, counted from 1970-01-01 in whichever time zone the days are those of.
    pub day: i32,
    /// For each line its values from midnight on, one a half-hour: 48, or 46 or 50 on days when clocks change. NaN
    /// stands for a half-hour that the log doesn't cover: the line has a gap there.
    pub lines: Vec<Vec<f64>>,
}

/// Which days are drawn where there are more than [`DayPanels::MOST`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DayChoice {
    /// Those with the highest totals.
    #[default]
    Highest,
    /// The first.
    First,
    /// The last.
    Last,
}

/// Days to be drawn side by side.
#[derive(Clone, Copy, Debug, Default)]
pub struct DayPanels<'a> {
    /// The words around them.
    pub heading: Heading<'a>,
    /// What is shown, with its unit, above the panels: `connections per 30 minutes`.
    pub measure: &'a str,
    /// How a value is written.
    pub quantity: Quantity,
    /// What the lines are: no name is needed for a single one; `sent` and `received` for two. Lines beyond the
    /// second are left out.
    pub lines: &'a [&'a str],
    /// The days, in ascending order.
    pub days: &'a [DaySeries],
    /// Which days are drawn where there are too many.
    pub choice: DayChoice,
}

impl DayPanels<'_> {
    /// As many panels as are drawn at most.
    pub const MOST: usize = 31;
}

/// Draws a panel a day.
pub fn day_panels(panels: &DayPanels<'_>, width: Width) -> Figure {
    panels.heading.page(width).draw(0.0, |_| {})
}
