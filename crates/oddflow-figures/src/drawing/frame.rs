//! What every figure stands in: a heading, a legend, two axes with a grid, and notes. From top to bottom:
//!
//! ```text
//! Title
//! a sentence with the figures that matter
//! ── legend   ── legend
//!               a mark's label ▾          (above the plot, so that it covers no data)
//! | plot
//! +--------------------------------
//!             label of the axis
//! note: what was left out
//! ```

use kuva::render::layout::{AxisLabelOverlap, ComputedLayout, Layout, TickFormat};
use kuva::render::plots::Plot;
use kuva::render::render::render_multiple;
use std::borrow::Cow;
use std::sync::Arc;

use crate::drawing::map::Map;
use crate::drawing::numbers;
use crate::drawing::page::{EDGE, LINE, Width, Words};
use crate::drawing::pen::{Anchor, Area, Pen, Type};
use crate::drawing::quantity::Quantity;
use crate::drawing::spacing::Spacing;
use crate::drawing::style;
use crate::drawing::text;
use crate::figure::Figure;

/// Room above the plot for the labels of marks.
const MARKS: f64 = 30.0;
/// Room left of the numbers at the y axis for its label.
const Y_LABEL: f64 = 8.0;

/// How values lie along an axis, and where its ticks are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scale {
    /// Evenly, with a tick at every multiple of the step.
    Linear {
        /// Distance between ticks, in the axis's unit.
        step: f64,
    },
    /// By powers of ten.
    Log,
    /// Evenly, without ticks: the figure draws names instead.
    Names {
        /// Pixels that the names need below the axis.
        room: f64,
    },
}

/// One axis.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    /// What is measured, and in which unit.
    pub(crate) label: String,
    /// The values at its two ends, the smaller first, in multiples of `unit`. At least 1e-9 on a log scale, which
    /// is about where the library's ends.
    pub(crate) range: (f64, f64),
    /// What one step of the range stands for in the numbers at the ticks: a power of ten.
    pub(crate) unit: f64,
    /// Ticks below this have no number: that part of the axis is used for something else.
    pub(crate) numbers_from: f64,
    pub(crate) scale: Scale,
    /// How the numbers at the ticks are written.
    pub(crate) quantity: Quantity,
}

impl Axis {
    /// An axis in plain units with numbers at all its ticks.
    pub(crate) fn new(label: impl Into<String>, range: (f64, f64), scale: Scale) -> Self {
        Self {
            label: label.into(),
            range,
            unit: 1.0,
            numbers_from: f64::NEG_INFINITY,
            scale,
            quantity: Quantity::Count,
        }
    }

    /// How the numbers at the ticks are written: on a linear axis all with as many decimals as the step has.
    fn format(&self) -> TickFormat {
        let (unit, from, quantity) = (self.unit, self.numbers_from, self.quantity);
        match self.scale {
            Scale::Linear { step } if (0.0001..1.0).contains(&step) && self.range.1 < 1000.0 => {
                TickFormat::Custom(Arc::new(move |v| numbers::fixed(v, numbers::decimals(step))))
            }
            _ => TickFormat::Custom(Arc::new(
                move |v| {
                    if v < from { String::new() } else { quantity.tick(v * unit) }
                },
            )),
        }
    }
}

/// How a key of the legend looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Swatch {
    Line,
    Area {
        /// Between 0 and 1.
        opacity: f64,
    },
}

/// An entry of the legend.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) label: Cow<'static, str>,
    pub(crate) color: &'static str,
    pub(crate) swatch: Swatch,
}

/// Everything around the data.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) title: String,
    pub(crate) subtitle: String,
    pub(crate) legend: Vec<Key>,
    /// How many lines of labels of marks stand above the plot.
    pub(crate) marks: usize,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    /// Sentences below the figure.
    pub(crate) notes: Vec<String>,
    /// Width of the whole figure in pixels.
    pub(crate) width: f64,
}

impl Frame {
    /// Draws the frame, then `plots` in it, then whatever `overlay` adds with the pen.
    pub(crate) fn draw(self, plots: Vec<Plot>, overlay: impl FnOnce(&mut Pen<'_>)) -> Figure {
        let words = Words::new(&self.title, &self.subtitle, &self.notes, self.width, self.edge());
        let heading = words.heading_height();
        let legend = if self.legend.is_empty() { 0.0 } else { LINE + 8.0 };
        let marks = if self.marks > 0 { MARKS + (self.marks - 1) as f64 * LINE } else { 10.0 };
        let top = heading + legend + marks;
        let below = words.notes_height();
        let (layout, axes) = self.axes(top, below);

        let mut scene = render_multiple(plots, layout);
        let area = Area {
            left: axes.margin_left,
            right: axes.width - axes.margin_right,
            top: axes.margin_top,
            bottom: axes.height - axes.margin_bottom,
        };
        let spacing = if axes.log_y { Spacing::Log } else { Spacing::Linear };
        let y = Map::new(axes.y_range, (area.bottom, area.top), spacing);
        let x = Self::x_map_of(&axes);
        let mut pen = Pen::new(&mut scene, area, x, y);
        words.draw_heading(&mut pen);
        let middle = (area.top + area.bottom) / 2.0;
        let baseline = self.edge() + f64::from(style::LABEL_SIZE) * 0.76;
        pen.upright_text(baseline, middle, &self.y.label, Type::BODY, Anchor::Middle);
        if !self.legend.is_empty() {
            draw_legend(&mut pen, &self.legend, (self.edge(), heading + LINE + 1.0));
        }
        words.draw_notes(&mut pen);
        overlay(&mut pen);
        Figure::new(scene, &self.title)
    }

    /// Where the values of the x axis will lie.
    pub(crate) fn x_map(&self) -> Map {
        // What lies above and below the plot doesn't move anything sideways.
        let (_, axes) = self.axes(0.0, 0.0);
        Self::x_map_of(&axes)
    }

    fn x_map_of(axes: &ComputedLayout) -> Map {
        let ends = (axes.margin_left, axes.width - axes.margin_right);
        Map::new(axes.x_range, ends, if axes.log_x { Spacing::Log } else { Spacing::Linear })
    }

    /// Space between the edge of the figure and what stands in it.
    fn edge(&self) -> f64 {
        if self.is_for_phone() { Width::Phone.edge() } else { EDGE }
    }

    fn is_for_phone(&self) -> bool {
        self.width <= style::PHONE_WIDTH
    }

    /// The library's layout for this frame and the same with every pixel known. The plot begins `top` pixels below
    /// the upper edge, and `below` pixels are kept free under the label of the x axis.
    fn axes(&self, top: f64, below: f64) -> (Layout, ComputedLayout) {
        let mut layout = Layout::new(self.x.range, self.y.range)
            .with_theme(style::theme())
            .with_title_size(style::TITLE_SIZE)
            .with_label_size(style::LABEL_SIZE)
            .with_tick_size(style::TICK_SIZE)
            .with_body_size(style::BODY_SIZE)
            .with_tick_length(4.0)
            .with_width(self.width)
            .with_x_label(text::plain(&self.x.label))
            .with_x_label_offset(0.0, -below)
            .with_x_tick_format(self.x.format())
            .with_y_tick_format(self.y.format())
            .with_x_label_overlap(AxisLabelOverlap::Thin)
            .with_x_axis_min(self.x.range.0)
            .with_x_axis_max(self.x.range.1)
            .with_y_axis_min(self.y.range.0)
            .with_y_axis_max(self.y.range.1);
        let mut names = 0.0;
        match self.x.scale {
            Scale::Linear { step } => layout = layout.with_x_tick_step(step),
            Scale::Log => layout = layout.with_log_x(),
            Scale::Names { room } => {
                layout.suppress_x_ticks = true;
                // No vertical grid lines: a step longer than the axis leaves none.
                layout = layout.with_x_tick_step((self.x.range.1 - self.x.range.0) * 10.0);
                names = room;
            }
        }
        match self.y.scale {
            Scale::Linear { step } => layout = layout.with_y_tick_step(step),
            Scale::Log => layout = layout.with_log_y(),
            Scale::Names { .. } => layout.suppress_y_ticks = true,
        }
        // The library knows how wide the labels at the y axis are; the other margins are this frame's.
        let left =
            ComputedLayout::from_layout(&layout).margin_left.max(EDGE) + Y_LABEL - (EDGE - self.edge());
        let ticks = if names > 0.0 { names } else { 24.0 };
        let bottom = ticks + f64::from(style::LABEL_SIZE) * 2.0 + below;
        let height = if self.is_for_phone() { style::PHONE_PLOT_HEIGHT } else { style::PLOT_HEIGHT };
        let layout = layout
            .with_height(top + height + bottom)
            .with_force_margins(left, self.edge() + 6.0)
            .with_force_margins_y(top, bottom);
        let axes = ComputedLayout::from_layout(&layout);
        (layout, axes)
    }
}

/// Draws the keys in one row that begins at a pixel, which lies on the baseline of their text.
pub(crate) fn draw_legend(pen: &mut Pen<'_>, keys: &[Key], (mut x, y): (f64, f64)) {
    const SWATCH: f64 = 22.0;
    const HEIGHT: f64 = 11.0;
    // The middle of the letters, which swatches are centred on.
    let middle = y - f64::from(style::BODY_SIZE) * 0.36;
    for key in keys {
        match key.swatch {
            Swatch::Line => pen.line((x, middle), (x + SWATCH, middle), key.color, style::CURVE + 0.5),
            Swatch::Area { opacity } => {
                pen.bar(x, middle - HEIGHT / 2.0, SWATCH, HEIGHT, key.color, Some(opacity));
            }
        }
        x += SWATCH + 8.0;
        pen.text(x, y, &key.label, Type::BODY, Anchor::Start);
        x += text::width(&key.label, style::BODY_SIZE) + 24.0;
    }
}

/// A range around `low..=high` that ends on ticks, and the distance between them: 1, 2 or 5 times a power of ten,
/// for at most about `ticks` of them. Where all values are equal the range is one step to either side.
pub(crate) fn nice_range(low: f64, high: f64, ticks: u32) -> ((f64, f64), f64) {
    let span = high - low;
    // A span lost in the rounding of its ends is no span.
    if span <= f64::EPSILON * low.abs().max(high.abs()) {
        let step = nice_step(if low == 0.0 { 1.0 } else { low.abs() / 2.0 });
        return ((low - step, low + step), step);
    }
    let step = nice_step(span / f64::from(ticks.max(1)));
    (((low / step).floor() * step, (high / step).ceil() * step), step)
}

/// The smallest of 1, 2 and 5 times a power of ten that is at least `width`.
pub(crate) fn nice_step(width: f64) -> f64 {
    let power = 10f64.powf(width.log10().floor());
    // The slack keeps 0.2 from becoming 0.5 where it arrives as 0.200…01.
    let factor = [1.0, 2.0, 5.0].into_iter().find(|f| f * power >= width * (1.0 - 1e-9)).unwrap_or(10.0);
    factor * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        for (width, step) in [(0.03, 0.05), (0.2, 0.2), (1.0, 1.0), (7.0, 10.0), (1234.0, 2000.0)] {
            assert!((nice_step(width) / step - 1.0).abs() < 1e-9, "{width}");
        }
    }

    #[test]
    fn ranges_hold_their_values() {
        for (low, high) in [(0.0, 1.0), (-3.2, 17.0), (5.0, 5.0), (0.0, 0.0), (1e-9, 2e-9), (-1e30, 1e30)] {
            let ((from, to), step) = nice_range(low, high, 6);
            assert!(
                from <= low && high <= to && from < to && step > 0.0,
                "{low}..{high}: {from}..{to} by {step}"
            );
        }
    }
}
