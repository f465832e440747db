//! The bars of histograms, and the axis that they stand on.

use crate::drawing::frame::{Axis, Scale, nice_step};
use crate::drawing::pen::{Anchor, Pen, Type};
use crate::drawing::spacing::Spacing;
use crate::drawing::style;

/// Room left of the bars for the bar of zeros, as a share of the width of the others.
pub(crate) const ZEROS_ROOM: f64 = 0.06;
/// Width of the bar of zeros, in pixels: it has none on a log axis.
const ZEROS_WIDTH: f64 = 14.0;

/// Draws a bar from the axis up to `rows` between two pixels. Narrow bars touch: gaps would be all that is seen.
pub(crate) fn draw_bar(pen: &mut Pen<'_>, from: f64, to: f64, rows: f64, color: &str) {
    const GAP: f64 = 0.8;
    const NARROW: f64 = 3.0;
    let (top, bottom) = (pen.y(rows), pen.area().bottom);
    let gap = if to - from < NARROW { 0.0 } else { GAP };
    pen.bar(from + gap / 2.0, top, (to - from - gap).max(1.0), bottom - top, color, None);
}

/// Breaks the x axis left of the pixel `end` and draws the bar of zeros there, on a piece of axis of its own.
pub(crate) fn draw_zeros(pen: &mut Pen<'_>, end: f64, rows: u64) {
    const BREAK: f64 = 8.0;
    let area = pen.area();
    // The axis has ticks and a grid there, of numbers that mean nothing now.
    let left = area.left + 1.0;
    let (top, height) = (area.top - 1.0, area.bottom - area.top + 7.0);
    pen.bar(left, top, end - 2.0 - left, height, style::BACKGROUND, None);
    pen.line((area.left, area.bottom), (end - BREAK, area.bottom), style::MUTED, 1.0);
    let middle = (area.left + end - BREAK) / 2.0;
    let half = (ZEROS_WIDTH / 2.0).min((end - BREAK - area.left) / 2.0);
    draw_bar(pen, middle - half, middle + half, rows as f64, style::GREY);
    pen.line((middle, area.bottom), (middle, area.bottom + 4.0), style::MUTED, 1.0);
    pen.text(middle, area.bottom + 15.0, "0", Type::SMALL, Anchor::Middle);
}

/// A y axis for counts of what `counted` names, up to the highest.
pub(crate) fn count_axis(counted: &str, highest: u64, spacing: Spacing) -> Axis {
    let highest = highest.max(1) as f64;
    if spacing == Spacing::Log {
        // A bar of a single row stands on half a row, so that it can be seen.
        return Axis::new(format!("{counted} (log scale)"), (0.5, (highest * 1.4).max(10.0)), Scale::Log);
    }
    let step = nice_step(highest / 5.0).max(1.0);
    Axis::new(counted, (0.0, highest * 1.12), Scale::Linear { step })
}
