//! Colours by value, and the key that tells which is which.

use crate::drawing::map::{Map, TOO_LARGE};
use crate::drawing::palette::{BLANK, Palette};
use crate::drawing::pen::{Anchor, Pen, Type};
use crate::drawing::quantity::Quantity;
use crate::drawing::spacing::Spacing;
use crate::drawing::style;
use crate::drawing::text;
use crate::drawing::ticks::ticks;

/// Pixels that a key takes from top to bottom.
pub(crate) const KEY_HEIGHT: f64 = 62.0;
/// The widest that the bar of a key is.
const WIDEST: f64 = 320.0;
/// So many pieces look like one bar.
const PIECES: u32 = 64;
/// On a log scale the smallest value has this place in the palette, so that it differs from none.
const SMALLEST_PLACE: f64 = 0.08;

/// How colours follow values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ColorScale {
    pub(crate) palette: Palette,
    /// The values at the two ends. The first is below the second, and on a log scale positive.
    pub(crate) range: (f64, f64),
    pub(crate) spacing: Spacing,
}

impl ColorScale {
    /// Values of at least zero, from pale to dark.
    pub(crate) fn sequential(values: impl Iterator<Item = f64>, spacing: Spacing) -> Self {
        let is_log = spacing == Spacing::Log;
        let (low, high) = values
            .filter(|v| v.is_finite() && (!is_log || *v > 0.0))
            .fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), v| (low.min(v), high.max(v)));
        let range = match (is_log, high >= 1.0 / TOO_LARGE) {
            // None, or all too small to be told apart.
            (_, false) => (if is_log { 0.1 } else { 0.0 }, 1.0),
            (false, true) => (low.min(0.0), high),
            (true, true) if low < high => (low, high),
            // A single value has the strongest colour.
            (true, true) => (high / 10.0, high),
        };
        Self { palette: Palette::Sequential, range, spacing }
    }

    /// Where a value lies in the palette. `None` where a log scale has no place for it.
    fn place(&self, value: f64) -> Option<f64> {
        let (from, to) = self.range;
        match self.spacing {
            // Halved: the extent of the range may be more than a number can hold.
            Spacing::Linear => Some((value / 2.0 - from / 2.0) / (to / 2.0 - from / 2.0)),
            Spacing::Log if value <= 0.0 => None,
            Spacing::Log => {
                let part = (value.log10() - from.log10()) / (to.log10() - from.log10());
                Some(SMALLEST_PLACE + (1.0 - SMALLEST_PLACE) * part)
            }
        }
    }

    /// The colour of a value.
    pub(crate) fn color(&self, value: f64) -> String {
        self.place(value).map_or_else(|| BLANK.into(), |place| self.palette.color(place))
    }

    /// The colour of text on a value's colour.
    pub(crate) fn ink(&self, value: f64) -> &'static str {
        self.palette.ink(self.place(value).unwrap_or(0.0))
    }

    /// Draws the key: what the values are, the colours, and numbers below. `left` and `top` are its corner, in pixels.
    pub(crate) fn draw_key(
        &self,
        pen: &mut Pen<'_>,
        (left, top): (f64, f64),
        measure: &str,
        quantity: Quantity,
    ) {
        let room = pen.area().right - left;
        let width = WIDEST.min(room - 24.0).max(40.0);
        let measure = text::cut_in_the_middle(measure, style::BODY_SIZE, room);
        pen.text(left, top + 12.0, &measure, Type::BODY, Anchor::Start);
        let (bar, height) = (top + 20.0, 12.0);
        let piece = width / f64::from(PIECES);
        for i in 0..PIECES {
            let part = (f64::from(i) + 0.5) / f64::from(PIECES);
            let place = match self.spacing {
                Spacing::Linear => part,
                Spacing::Log => SMALLEST_PLACE + (1.0 - SMALLEST_PLACE) * part,
            };
            // A little wider than it should be: else paper shines through between two.
            let overlap = if i + 1 < PIECES { 1.5 } else { 0.0 };
            pen.bar(
                left + f64::from(i) * piece,
                bar,
                piece + overlap,
                height,
                &self.palette.color(place),
                None,
            );
        }
        let map = Map::new(self.range, (left, left + width), self.spacing);
        let mut end = f64::NEG_INFINITY;
        for tick in ticks(self.range, self.spacing, 5) {
            let (x, number) = (map.pixel(tick), quantity.tick(tick));
            pen.line((x, bar + height), (x, bar + height + 4.0), style::MUTED, 1.0);
            let half = text::width(&number, style::TICK_SIZE) / 2.0;
            let centre = x.max(left + half).min(pen.area().right - half);
            if centre - half >= end {
                pen.text(centre, bar + height + 17.0, &number, Type::SMALL, Anchor::Middle);
                end = centre + half + 6.0;
            }
        }
    }
}
