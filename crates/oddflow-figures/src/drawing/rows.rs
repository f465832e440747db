//! Rows with names, one below the other: names stand at the left of what is drawn, or above it on a phone.

use crate::drawing::page::Width;
use crate::drawing::pen::{Anchor, Area, Pen, Type};
use crate::drawing::style;
use crate::drawing::text;

/// Names beside their rows take no more than this share of the width: enough for an IPv6 address.
const NAMES_SHARE: f64 = 0.4;
/// From row to row where the names stand at the left, and the height of what is drawn.
const BESIDE: (f64, f64) = (24.0, 16.0);
/// The same where the names stand above.
const BELOW: (f64, f64) = (36.0, 13.0);

/// Rows with names.
pub(crate) struct Rows {
    names: Vec<String>,
    /// Room for the names left of the rows; none where they stand above.
    left: f64,
    width: Width,
}

impl Rows {
    pub(crate) fn new<'a>(names: impl Iterator<Item = &'a str>, width: Width) -> Self {
        let room = width.pixels() - 2.0 * width.edge();
        let most = if width == Width::Phone { room } else { room * NAMES_SHARE };
        let names: Vec<String> = names
            .map(|name| if name.trim().is_empty() { "(empty)" } else { name })
            .map(text::printable)
            .collect();
        let names = text::cut_apart(&names, style::TICK_SIZE, most);
        let widest = names.iter().map(|name| text::width(name, style::TICK_SIZE)).fold(0.0, f64::max);
        let left = if width == Width::Phone { 0.0 } else { widest + 10.0 };
        Self { names, left, width }
    }

    fn pitch_and_height(&self) -> (f64, f64) {
        if self.width == Width::Phone { BELOW } else { BESIDE }
    }

    /// Pixels that all rows take from top to bottom.
    pub(crate) fn height(&self) -> f64 {
        self.names.len() as f64 * self.pitch_and_height().0
    }

    /// Pixels left of what is drawn.
    pub(crate) fn left(&self) -> f64 {
        self.left
    }

    /// Where row `i` is drawn within an area that begins with the rows.
    pub(crate) fn row(&self, area: Area, i: usize) -> Area {
        let (pitch, height) = self.pitch_and_height();
        let bottom = area.top + (i + 1) as f64 * pitch - (BESIDE.0 - BESIDE.1) / 2.0;
        Area { left: area.left + self.left, right: area.right, top: bottom - height, bottom }
    }

    /// Draws the name of row `i`.
    pub(crate) fn draw_name(&self, pen: &mut Pen<'_>, i: usize) {
        let row = self.row(pen.area(), i);
        let name = &self.names[i];
        if self.width == Width::Phone {
            pen.text(row.left, row.top - 5.0, name, Type::SMALL, Anchor::Start);
        } else {
            let baseline = (row.top + row.bottom) / 2.0 + f64::from(style::TICK_SIZE) * 0.36;
            pen.text(row.left - 10.0, baseline, name, Type::SMALL, Anchor::End);
        }
    }
}
