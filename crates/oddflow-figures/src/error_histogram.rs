//! The reconstruction errors of the rows that a model was not trained on, with the threshold it flags by.

use kuva::plot::LinePlot;

use crate::error_counts::{ErrorCounts, PER_DECADE};
use crate::figure::Figure;
use crate::frame::{Axis, Frame, Scale, draw_mark, nice_range};
use crate::numbers;
use crate::pen::{Anchor, Pen, Type};
use crate::style;

/// About as many bars as the eye takes for a shape.
const MOST_BARS: i32 = 80;
/// Fine bins that may make one bar. Each divides the next or the decade, so that bars end on the threshold.
const WIDTHS: [i32; 6] = [1, 2, 4, 8, 20, 40];
/// From this many rows in the highest bar on, counts are drawn on a log axis: on a linear one the tail above the
/// threshold, which is what the figure is about, would be too low to see.
const LOG_COUNTS: u64 = 100;
/// Room left of the bars for the bar of zeros, as a share of a decade for each decade shown.
const ZEROS_ROOM: f64 = 0.06;

/// Draws the histogram of reconstruction errors on a log axis, with a line at their threshold.
///
/// `quantile` says where the threshold comes from, as in "99th percentile". Bars above the threshold have another
/// colour and are exactly the rows above it. Errors of zero stand apart at the left. No rows at all give a figure
/// that says so. See [`ErrorCounts`] for what is left out.
pub fn error_histogram(errors: &ErrorCounts, quantile: &str) -> Figure {
    let bars = Bars::of(errors);
    let subtitle = match errors.rows() {
        0 => "no rows".into(),
        rows => format!(
            "{} of the held-out test part; {} ({}) {} above the threshold",
            numbers::counted(rows, "row"),
            numbers::count(errors.above()),
            numbers::share(errors.above(), rows),
            if errors.above() == 1 { "lies" } else { "lie" },
        ),
    };
    let mark =
        errors.has_line().then(|| format!("threshold ({quantile}) {}", numbers::value(errors.threshold())));
    let mut notes = Vec::new();
    if errors.zeros() > 0 {
        notes.push(format!(
            "Grey bar: {} with an error of exactly 0, which a log axis has no place for.",
            numbers::counted(errors.zeros(), "row")
        ));
    }
    if !errors.has_line() {
        notes.push(format!(
            "The threshold ({quantile}) of {} has no place on a log axis.",
            numbers::value(errors.threshold())
        ));
    }
    if errors.left_out() > 0 {
        notes.push(format!(
            "{} left out: the error is not a number.",
            numbers::counted(errors.left_out(), "row")
        ));
    }
    let frame = Frame {
        title: "Reconstruction error of rows the model has not seen".into(),
        subtitle,
        legend: Vec::new(),
        marks: mark.is_some(),
        x: Axis { label: "mean squared error (log scale)".into(), range: bars.range, scale: Scale::Log },
        y: count_axis(bars.highest()),
        notes,
        width: style::WIDTH,
    };
    // The library draws axes only around a plot; the bars are the pen's, which leaves an even gap between them.
    frame.draw(vec![LinePlot::new().into()], |pen| {
        for &(bar, rows) in &bars.counts {
            let color = if bar >= 0 && mark.is_some() { style::VERMILLION } else { style::BLUE };
            let (from, to) = (pen.x(bars.edge(bar)), pen.x(bars.edge(bar + 1)));
            draw_bar(pen, from, to, rows, color);
        }
        if let Some(at) = bars.zeros_at {
            let (from, to) = (pen.x(at), pen.x(at) + 14.0);
            draw_bar(pen, from, to, errors.zeros(), style::GREY);
        }
        if let Some(label) = &mark {
            draw_mark(pen, pen.x(errors.threshold()), label, style::INK);
        }
        if errors.rows() == 0 {
            let area = pen.area();
            let centre = ((area.left + area.right) / 2.0, (area.top + area.bottom) / 2.0);
            pen.text(centre.0, centre.1, "no rows", Type::STRONG, Anchor::Middle);
        }
    })
}

/// Draws a bar from the axis up to `rows` between two pixels.
fn draw_bar(pen: &mut Pen<'_>, from: f64, to: f64, rows: u64, color: &str) {
    const GAP: f64 = 0.8;
    let (top, bottom) = (pen.y(rows as f64), pen.area().bottom);
    pen.bar(from + GAP / 2.0, top, (to - from - GAP).max(1.0), bottom - top, color, None);
}

/// The fine bins put together into what is drawn.
struct Bars {
    anchor: f64,
    /// Fine bins in a bar.
    width: i32,
    /// Number and rows of each bar that holds any. Bar 0 begins at the anchor.
    counts: Vec<(i32, u64)>,
    /// Where the bar of zeros begins, if there is one.
    zeros_at: Option<f64>,
    zeros: u64,
    /// The ends of the x axis.
    range: (f64, f64),
}

impl Bars {
    fn of(errors: &ErrorCounts) -> Self {
        let fine: Vec<_> = errors.filled().collect();
        // The threshold is shown even where no row is near it.
        let line = errors.has_line().then_some(0);
        let first = fine.first().map(|f| f.0).into_iter().chain(line).min().unwrap_or(-PER_DECADE);
        let last = fine.last().map(|f| f.0).into_iter().chain(line).max().unwrap_or(PER_DECADE);
        let width = WIDTHS.into_iter().find(|w| (last - first) / w < MOST_BARS).unwrap_or(PER_DECADE);

        let mut counts: Vec<(i32, u64)> = Vec::new();
        for (bin, rows) in fine {
            let bar = bin.div_euclid(width);
            match counts.last_mut() {
                Some((previous, sum)) if *previous == bar => *sum += rows,
                _ => counts.push((bar, rows)),
            }
        }
        let mut bars = Self {
            anchor: errors.anchor(),
            width,
            counts,
            zeros_at: None,
            zeros: errors.zeros(),
            range: (0.1, 10.0),
        };
        let (mut low, high) = (bars.edge(first.div_euclid(width)), bars.edge(last.div_euclid(width) + 1));
        let decades = (high / low).log10().max(1.0);
        // At least a decade is shown, so that there are ticks to read.
        let widen = 10f64.powf(((1.0 - (high / low).log10()) / 2.0).max(0.02 * decades));
        if errors.zeros() > 0 {
            low /= 10f64.powf(ZEROS_ROOM * decades);
            bars.zeros_at = Some(low);
        }
        bars.range = (low / widen, high * widen);
        bars
    }

    /// The lower edge of a bar.
    fn edge(&self, bar: i32) -> f64 {
        self.anchor * 10f64.powf(f64::from(bar * self.width) / f64::from(PER_DECADE))
    }

    fn highest(&self) -> u64 {
        self.counts.iter().map(|c| c.1).chain([self.zeros]).max().unwrap_or(0)
    }
}

fn count_axis(highest: u64) -> Axis {
    if highest >= LOG_COUNTS {
        // A bar of a single row stands on half a row, so that it can be seen.
        let range = (0.5, highest as f64 * 1.4);
        return Axis { label: "rows (log scale)".into(), range, scale: Scale::Log };
    }
    let ((_, top), step) = nice_range(0.0, highest.max(1) as f64, 5);
    let step = step.max(1.0);
    Axis { label: "rows".into(), range: (0.0, top), scale: Scale::Linear { step } }
}
