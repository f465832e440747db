//! How a number is spread over the rows: a histogram on a linear or a log axis, with its quantiles marked.

use kuva::plot::LinePlot;

use crate::drawing::bars::{ZEROS_ROOM, count_axis, draw_bar, draw_zeros};
use crate::drawing::frame::{Axis, Frame, Scale, nice_range};
use crate::drawing::map::TOO_LARGE;
use crate::drawing::marks::{MOST_MARKS, Marks};
use crate::drawing::numbers;
use crate::drawing::pen::{Anchor, Type};
use crate::drawing::style;
use crate::{Figure, Heading, Mark, Quantity, Spacing, Width};

/// The rows whose value lies from `from` up to `to`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    /// The lower edge, in the unit of the axis.
    pub from: f64,
    /// The upper edge.
    pub to: f64,
    /// How many rows.
    pub count: u64,
}

/// A number of every row, counted in bins.
#[derive(Clone, Copy, Debug, Default)]
pub struct Distribution<'a> {
    /// The words around it. The figure adds how many rows have a value to the subtitle, and how many have none.
    pub heading: Heading<'a>,
    /// The number with its unit, at the x axis: `duration (seconds)`.
    pub measure: &'a str,
    /// What a count counts, in the singular: `row`.
    pub counted: &'a str,
    /// The counts, in any order. Bins may leave gaps; one whose edges are equal is a single value. A bin that is upside
    /// down or has an edge beyond 1e30 is left out; on a log axis so is one that doesn't lie between 1e-30 and 1e30. A
    /// note says how many rows that makes.
    pub bins: &'a [Bin],
    /// Rows of exactly zero that are in no bin. On a log axis they have a grey bar of their own at the left, on a
    /// linear one they are counted in the bin of zero.
    pub zeros: u64,
    /// Rows in which the number isn't set.
    pub unset: u64,
    /// How values lie along the x axis.
    pub values: Spacing,
    /// How counts lie along the y axis.
    pub counts: Spacing,
    /// Values that are marked with a line, in any order. Those that don't lie among the bins are left out, and so
    /// are those beyond the tenth; a note says so.
    pub marks: &'a [Mark<'a>],
    /// How the value of a mark is written.
    pub quantity: Quantity,
}

/// Width of the bar of a single value, in pixels: it has none on the axis.
const SINGLE: f64 = 8.0;

/// Draws a histogram with marked values.
pub fn distribution(of: &Distribution<'_>, width: Width) -> Figure {
    let bars = Bars::of(of);
    let rows = of.bins.iter().fold(of.zeros, |sum, bin| sum.saturating_add(bin.count));
    let whole = rows.saturating_add(of.unset);
    let mut summary = format!("{} with a value", numbers::counted(rows, of.counted));
    if of.unset > 0 {
        let (unset, share) = (numbers::count(of.unset), numbers::share(of.unset, whole));
        summary.push_str(&format!(", {unset} ({share}) without"));
    }
    let mut notes = of.heading.notes.to_vec();
    if bars.zeros > 0 {
        let zeros = numbers::counted(bars.zeros, of.counted);
        notes.push(format!("Grey bar: {zeros} of exactly 0, which a log axis has no place for."));
    }
    if bars.left_out > 0 {
        let left_out = numbers::counted(bars.left_out, of.counted);
        notes.push(format!("{left_out} not drawn: the axis has no place for the value."));
    }
    let (marks, lost) = bars.marks(of);
    if !lost.is_empty() {
        notes.push(format!("Not marked, since there is no place for it: {}.", lost.join("; ")));
    }
    let mut frame = Frame {
        title: of.heading.title.into(),
        subtitle: of.heading.subtitle_with(&summary),
        legend: Vec::new(),
        marks: 0,
        x: Axis {
            unit: bars.unit,
            quantity: of.quantity,
            numbers_from: bars.zeros_end.unwrap_or(f64::NEG_INFINITY),
            ..Axis::new(of.values.label(of.measure), bars.range, bars.scale(width))
        },
        y: count_axis(&format!("{}s", of.counted), bars.highest(), of.counts),
        notes,
        width: width.pixels(),
    };
    let x = frame.x_map();
    let marks = Marks::place(&marks, &x, (x.pixel(bars.range.0), x.pixel(bars.range.1)));
    frame.marks = marks.lines();
    // The library draws axes only around a plot; the bars are the pen's, which leaves an even gap between them.
    frame.draw(vec![LinePlot::new().into()], |pen| {
        for bin in &bars.bins {
            let (from, to) = (pen.x(bin.from), pen.x(bin.to));
            let widen = if bin.from == bin.to { SINGLE / 2.0 } else { 0.0 };
            draw_bar(pen, from - widen, to + widen, bin.count as f64, style::BLUE);
        }
        if let Some(end) = bars.zeros_end {
            draw_zeros(pen, pen.x(end), bars.zeros);
        }
        marks.draw(pen, style::VERMILLION);
        if rows == 0 {
            let area = pen.area();
            let (x, y) = ((area.left + area.right) / 2.0, (area.top + area.bottom) / 2.0);
            pen.text(x, y, &format!("no {}s", of.counted), Type::STRONG, Anchor::Middle);
        }
    })
}

/// What of a distribution is drawn.
struct Bars {
    /// With edges in units.
    bins: Vec<Bin>,
    /// Rows of zero that have a bar of their own.
    zeros: u64,
    /// Where the part of the axis ends that the bar of zeros has for itself, if there is one. In units.
    zeros_end: Option<f64>,
    /// Rows in bins that the axis has no place for.
    left_out: u64,
    /// The power of ten that edges are multiples of.
    unit: f64,
    /// The ends of the x axis, in units.
    range: (f64, f64),
    spacing: Spacing,
}

impl Bars {
    fn of(of: &Distribution<'_>) -> Self {
        let is_log = of.values == Spacing::Log;
        let smallest = if is_log { 1.0 / TOO_LARGE } else { -TOO_LARGE };
        let fits = |bin: &&Bin| bin.from >= smallest && bin.from <= bin.to && bin.to <= TOO_LARGE;
        let drawn = of.bins.iter().filter(|bin| bin.count > 0);
        let mut bins: Vec<Bin> = drawn.clone().filter(fits).copied().collect();
        let left_out = drawn.filter(|bin| !fits(bin)).fold(0_u64, |sum, bin| sum.saturating_add(bin.count));
        if !is_log && of.zeros > 0 {
            match bins.iter_mut().find(|bin| bin.from <= 0.0 && bin.to > 0.0) {
                Some(bin) => bin.count = bin.count.saturating_add(of.zeros),
                None => bins.push(Bin { from: 0.0, to: 0.0, count: of.zeros }),
            }
        }
        let low = bins.iter().map(|bin| bin.from).fold(f64::INFINITY, f64::min);
        let high = bins.iter().map(|bin| bin.to).fold(f64::NEG_INFINITY, f64::max);
        let zeros = if is_log { of.zeros } else { 0 };
        let mut bars =
            Self { bins, zeros, zeros_end: None, left_out, unit: 1.0, range: (0.0, 1.0), spacing: of.values };
        if is_log {
            let (low, high) = if low <= high { (low, high) } else { (1.0, 1.0) };
            bars.widen_log(low, high);
        } else if low <= high {
            // The bars reach the ends: an axis that goes on to the next round number leaves half of a tail empty.
            bars.range = if low < high { (low, high) } else { nice_range(low, high, 1).0 };
        }
        bars
    }

    /// Sets the unit and a range about `low..=high` that has room for ticks and for the bar of zeros.
    fn widen_log(&mut self, low: f64, high: f64) {
        // The library's log axis ends at 1e-10. Counted in the smallest value's power of ten, nothing is that small.
        let exponent = low.log10().floor();
        self.unit = if exponent < -8.0 { 10f64.powf(exponent) } else { 1.0 };
        for bin in &mut self.bins {
            (bin.from, bin.to) = (bin.from / self.unit, bin.to / self.unit);
        }
        let (mut low, high) = (low / self.unit, high / self.unit);
        let decades = (high / low).log10().max(1.0);
        // At least a decade is shown, so that there are ticks to read.
        let widen = 10f64.powf(((1.0 - (high / low).log10()) / 2.0).max(0.02 * decades));
        if self.zeros > 0 {
            low /= widen;
            self.zeros_end = Some(low);
            low /= 10f64.powf(ZEROS_ROOM * decades);
        }
        self.range = (low / widen, high * widen);
    }

    fn scale(&self, width: Width) -> Scale {
        match self.spacing {
            Spacing::Log => Scale::Log,
            Spacing::Linear => {
                let ticks = if width == Width::Page { 8 } else { 4 };
                Scale::Linear { step: nice_range(self.range.0, self.range.1, ticks).1 }
            }
        }
    }

    fn highest(&self) -> u64 {
        self.bins.iter().map(|bin| bin.count).chain([self.zeros]).max().unwrap_or(0)
    }

    /// Places and labels of the marks that are drawn, and the labels of those that aren't. Marks with the same number
    /// share a label.
    fn marks(&self, of: &Distribution<'_>) -> (Vec<(f64, String)>, Vec<String>) {
        let mut drawn: Vec<(f64, String, String)> = Vec::new();
        let mut lost = Vec::new();
        for mark in of.marks {
            let (place, number) = (mark.value / self.unit, of.quantity.text(mark.value));
            if let Some(same) = drawn.iter_mut().find(|other| other.2 == number) {
                same.1 = format!("{}, {}", same.1, mark.label);
            } else if place >= self.range.0 && place <= self.range.1 && drawn.len() < MOST_MARKS {
                drawn.push((place, mark.label.into(), number));
            } else {
                lost.push(format!("{} {number}", mark.label));
            }
        }
        (drawn.into_iter().map(|(place, label, number)| (place, format!("{label} {number}"))).collect(), lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, words};

    /// Counts that rise and fall, in bins of half a decade from a thousandth on.
    fn bins() -> Vec<Bin> {
        let edge = |i: i32| 10f64.powf(f64::from(i) / 2.0 - 3.0);
        (0..12).map(|i| Bin { from: edge(i), to: edge(i + 1), count: (i * (12 - i)) as u64 * 100 }).collect()
    }

    fn drawn(of: &Distribution<'_>) -> String {
        let figure = distribution(of, Width::Page);
        check(&figure);
        check(&distribution(of, Width::Phone));
        words(&figure)
    }

    fn durations<'a>(bins: &'a [Bin], values: Spacing, marks: &'a [Mark<'a>]) -> Distribution<'a> {
        Distribution {
            heading: Heading { title: "Duration", subtitle: "", notes: &[] },
            measure: "duration (seconds)",
            counted: "row",
            bins,
            values,
            marks,
            quantity: Quantity::Seconds,
            ..Distribution::default()
        }
    }

    #[test]
    fn a_log_axis_with_everything_that_can_be_noted() {
        let mark = |label, value| Mark { label, value };
        let marks = [mark("p50", 0.5), mark("p95", 62.0), mark("p99", 62.0), mark("p99.9", 1e9)];
        let mut bins = bins();
        bins.push(Bin { from: -1.0, to: 1e-9, count: 12 });
        let of = Distribution { zeros: 40, unset: 9_000, ..durations(&bins, Spacing::Log, &marks) };
        insta::assert_snapshot!(drawn(&of));
    }

    #[test]
    fn zeros_are_in_the_first_bin_of_a_linear_axis() {
        let bins = [Bin { from: 0.0, to: 60.0, count: 10 }, Bin { from: 60.0, to: 120.0, count: 1 }];
        let of = Distribution { zeros: 5, ..durations(&bins, Spacing::Linear, &[]) };
        assert_eq!(Bars::of(&of).bins[0].count, 15);
        insta::assert_snapshot!(drawn(&of));
    }

    #[test]
    fn no_rows() {
        for spacing in [Spacing::Linear, Spacing::Log] {
            assert!(drawn(&durations(&[], spacing, &[])).contains("no rows"));
        }
    }

    #[test]
    fn extreme_edges() {
        let bin = |from, to| Bin { from, to, count: u64::MAX };
        for edges in
            [(1e-30, 1e30), (5.0, 5.0), (f64::NAN, 1.0), (f64::NEG_INFINITY, f64::INFINITY), (3.0, 2.0)]
        {
            for spacing in [Spacing::Linear, Spacing::Log] {
                drawn(&durations(&[bin(edges.0, edges.1), bin(1.0, 2.0)], spacing, &[]));
                drawn(&durations(&[bin(edges.0, edges.1)], spacing, &[]));
            }
        }
    }
}
