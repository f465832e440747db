//! The figures of oddflow, as SVG and PNG.
//!
//! This crate takes plain numbers and gives a [`Figure`]. It is the only crate that knows the plotting library
//! (kuva), and it knows nothing of Zeek, models or databases. One file holds one figure: `detector/` those of a
//! trained detector, `traffic/` those of a network's traffic. `drawing/` has what they share: the frame with its
//! heading, legend and axes, the bare page for figures that have none, the pen, the palettes, numbers and dates.
//!
//! Invariants: the same numbers give the same bytes, and no number a caller can pass (none at all, NaN, infinity,
//! zero on a log axis) makes a figure panic. What can't be drawn is left out, and the figure says so. Names may come
//! from logs: they are escaped, control characters and marks that turn the direction of writing are made visible,
//! and names too long for their place are cut.
//!
//! The figures of traffic are laid out for a [`Width`]: a page, or a phone. All figures have a form for HTML pages
//! that are light and dark, [`Figure::svg_for_page`].
//!
//! ```
//! let losses = [(0.92, 0.95), (0.41, 0.44), (0.30, 0.36)];
//! let figure = oddflow_figures::loss_curve(&losses, 3);
//! assert!(figure.svg().contains("best epoch 3"));
//! ```

mod detector;
mod drawing;
mod figure;
#[cfg(test)]
mod testing;
mod traffic;

pub use detector::{
    Curve, ErrorCounts, RateAxis, error_histogram, loss_curve, precision_recall, reconstruction, roc_curve,
    training_curve,
};
pub use drawing::page::{Heading, Width};
pub use drawing::quantity::Quantity;
pub use drawing::spacing::{Mark, Spacing};
pub use figure::{Figure, FigureError, PNG_SCALE};
pub use traffic::{
    Bin, CellColors, DailyBars, DayChoice, DayPanels, DaySeries, Distribution, HeatMap, HourOfWeek, Item,
    Pie, PortDistribution, Quantiles, QuantilesByName, RankedBars, Rest, daily_bars, day_panels,
    distribution, heat_map, hour_of_week, pie, port_distribution, quantiles_by_name, ranked_bars,
};
