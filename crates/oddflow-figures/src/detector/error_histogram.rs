//! The reconstruction errors of the rows that a model was not trained on, with the threshold it flags by.

use kuva::plot::LinePlot;

use crate::detector::error_counts::{ErrorCounts, PER_DECADE};
use crate::drawing::bars::{ZEROS_ROOM, count_axis, draw_bar, draw_zeros};
use crate::drawing::frame::{Axis, Frame, Scale};
use crate::drawing::marks::draw_mark;
use crate::drawing::numbers;
use crate::drawing::pen::{Anchor, Type};
use crate::drawing::spacing::Spacing;
use crate::drawing::style;
use crate::figure::Figure;

/// About as many bars as the eye takes for a shape.
const MOST_BARS: f64 = 80.0;
/// As few bars as still make one.
const FEWEST_BARS: f64 = 16.0;
/// Fine bins that may make one bar: parts of a decade.
const WIDTHS: [i32; 8] = [1, 2, 4, 5, 8, 10, 20, 40];
/// From this many rows in the highest bar on, counts are drawn on a log axis: on a linear one the tail above the
/// threshold, which is what the figure is about, would be too low to see.
const LOG_COUNTS: u64 = 100;

/// Draws the histogram of reconstruction errors on a log axis, with a line at their threshold.
///
/// `quantile` says where the threshold comes from, as in "99th percentile". Bars above the threshold have another
/// colour and are exactly the rows above it. Errors of zero stand apart at the left. No rows at all give a figure
/// that says so. `measure` names the axis: what an error is. See [`ErrorCounts`] for what is left out.
pub fn error_histogram(errors: &ErrorCounts, quantile: &str, measure: &str) -> Figure {
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
    if errors.beyond() > 0 {
        notes.push(format!(
            "The outermost bars hold {} whose error lies beyond them.",
            numbers::counted(errors.beyond(), "row")
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
            "{} left out: the error is negative, NaN or infinite.",
            numbers::counted(errors.left_out(), "row")
        ));
    }
    let spacing = if bars.highest() >= LOG_COUNTS { Spacing::Log } else { Spacing::Linear };
    let frame = Frame {
        title: "Reconstruction error of rows the model has not seen".into(),
        subtitle,
        legend: Vec::new(),
        marks: usize::from(mark.is_some()),
        x: Axis {
            unit: bars.unit,
            numbers_from: bars.zeros_end.unwrap_or(0.0),
            ..Axis::new(format!("{measure} (log scale)"), bars.range, Scale::Log)
        },
        y: count_axis("rows", bars.highest(), spacing),
        notes,
        width: style::WIDTH,
    };
    // The library draws axes only around a plot; the bars are the pen's, which leaves an even gap between them.
    frame.draw(vec![LinePlot::new().into()], |pen| {
        for &(bar, rows) in &bars.counts {
            let color = if bar >= 0 && mark.is_some() { style::VERMILLION } else { style::BLUE };
            let (from, to) = (pen.x(bars.edge(bar)), pen.x(bars.edge(bar + 1)));
            draw_bar(pen, from, to, rows as f64, color);
        }
        if let Some(end) = bars.zeros_end {
            draw_zeros(pen, pen.x(end), errors.zeros());
        }
        if let Some(label) = &mark {
            draw_mark(pen, pen.x(errors.threshold() / bars.unit), label, style::INK);
        }
        if errors.rows() == 0 {
            let area = pen.area();
            // Beside the line of the threshold, which stands in the middle where nothing else does.
            let x = area.left + (area.right - area.left) / 4.0;
            pen.text(x, (area.top + area.bottom) / 2.0, "no rows", Type::STRONG, Anchor::Middle);
        }
    })
}

/// The fine bins put together into what is drawn.
struct Bars {
    /// Lower edge of bar 0, in units.
    anchor: f64,
    /// The power of ten that edges are multiples of.
    unit: f64,
    /// Fine bins in a bar.
    width: i32,
    /// Number and rows of each bar that holds any.
    counts: Vec<(i32, u64)>,
    /// Where the part of the axis ends that the bar of zeros has for itself, if there is one. In units.
    zeros_end: Option<f64>,
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
        // Twice the cube root of the rows (the rule of Rice University): few rows in many bars show only chance.
        let most = (2.0 * (errors.rows() as f64).cbrt()).clamp(FEWEST_BARS, MOST_BARS);
        let bars_of = |width: i32| f64::from(last - first + 1) / f64::from(width);
        let width = WIDTHS.into_iter().find(|&w| bars_of(w) <= most).unwrap_or(PER_DECADE);

        let mut counts: Vec<(i32, u64)> = Vec::new();
        for (bin, rows) in fine {
            let bar = bin.div_euclid(width);
            match counts.last_mut() {
                Some((previous, sum)) if *previous == bar => *sum += rows,
                _ => counts.push((bar, rows)),
            }
        }
        // The library's log axis ends at 1e-10. Counted in the first bar's power of ten, no error is that small.
        let exponent = errors.anchor().log10() + f64::from(first) / f64::from(PER_DECADE);
        let unit = if exponent < -8.0 { 10f64.powf(exponent.floor()) } else { 1.0 };
        let mut bars = Self {
            anchor: errors.anchor() / unit,
            unit,
            width,
            counts,
            zeros_end: None,
            zeros: errors.zeros(),
            range: (0.1, 10.0),
        };
        let (mut low, high) = (bars.edge(first.div_euclid(width)), bars.edge(last.div_euclid(width) + 1));
        let decades = (high / low).log10().max(1.0);
        // At least a decade is shown, so that there are ticks to read.
        let widen = 10f64.powf(((1.0 - (high / low).log10()) / 2.0).max(0.02 * decades));
        if errors.zeros() > 0 {
            bars.zeros_end = Some(low);
            low /= 10f64.powf(ZEROS_ROOM * decades);
        }
        bars.range = (low / widen, high * widen);
        bars
    }

    /// The lower edge of a bar, in units.
    fn edge(&self, bar: i32) -> f64 {
        self.anchor * 10f64.powf(f64::from(bar * self.width) / f64::from(PER_DECADE))
    }

    fn highest(&self) -> u64 {
        self.counts.iter().map(|c| c.1).chain([self.zeros]).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, words};

    fn drawn(errors: &[f32], threshold: f64) -> Figure {
        let mut counts = ErrorCounts::new(threshold);
        counts.extend(errors.iter().copied());
        let figure = error_histogram(&counts, "99th percentile", "mean squared error");
        check(&figure);
        figure
    }

    /// Errors at the quantiles of a distribution with a heavy tail (Pareto's, with exponent 1).
    fn heavy_tailed(rows: u32) -> Vec<f32> {
        (0..rows).map(|i| 0.02 / (1.0 - (i as f32 + 0.5) / rows as f32)).collect()
    }

    #[test]
    fn a_heavy_tail() {
        insta::assert_snapshot!(words(&drawn(&heavy_tailed(20_000), 2.0)));
    }

    #[test]
    fn everything_that_can_be_noted() {
        let errors = [heavy_tailed(30), vec![0.0, 0.0, f32::NAN, f32::INFINITY, -1.0, 1e-30]].concat();
        insta::assert_snapshot!(words(&drawn(&errors, 0.5)));
    }

    #[test]
    fn no_rows() {
        insta::assert_snapshot!(words(&drawn(&[], 1.0)));
    }

    #[test]
    fn few_and_equal_and_extreme_errors() {
        for errors in
            [&[0.25][..], &[0.25; 1000], &[0.0; 5], &[f32::MIN_POSITIVE, f32::MAX], &[1e-45; 3], &[f32::NAN]]
        {
            for threshold in [0.25, 0.0, -3.0, 1e-12, 1e-37, 1e38, f64::INFINITY, f64::NAN] {
                drawn(errors, threshold);
            }
        }
    }

    #[test]
    fn bars_meet_at_the_threshold_and_hold_every_row() {
        let errors = heavy_tailed(5_000);
        let mut counts = ErrorCounts::new(0.7);
        counts.extend(errors.iter().copied());
        let bars = Bars::of(&counts);
        assert!((bars.edge(0) * bars.unit - 0.7).abs() < 1e-12);
        assert_eq!(bars.counts.iter().map(|c| c.1).sum::<u64>(), 5_000);
        let above: u64 = bars.counts.iter().filter(|c| c.0 >= 0).map(|c| c.1).sum();
        assert_eq!(above, counts.above());
        assert!(bars.counts.len() as f64 <= MOST_BARS);
    }
}
