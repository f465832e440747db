//! One row as it went into the autoencoder and as it came out, column by column, with the error between both shaded.

use std::iter;

use kuva::plot::{BandPlot, LinePlot};
use kuva::render::plots::Plot;

use crate::drawing::frame::{Axis, Frame, Key, Scale, Swatch, nice_range};
use crate::drawing::numbers;
use crate::drawing::page::EDGE;
use crate::drawing::pen::{Anchor, Pen, Type};
use crate::drawing::style;
use crate::drawing::text;
use crate::figure::{Figure, FigureError};

/// Pixels from one column to the next where there is room for all.
const PITCH: f64 = 18.0;
/// The widest a figure may be.
const WIDEST: f64 = 1120.0;
/// About what the labels and numbers of the y axis take.
const LEFT: f64 = 70.0;
/// Names that are nearer to each other than this can't be read.
const NAME_PITCH: f64 = 14.0;
/// Where not every column can be named, so many are: a few names are read, a hedge of them isn't.
const MOST_OF_SOME: usize = 30;
/// Longer names are cut.
const LONGEST_NAME: usize = 26;
/// How strongly the error is shaded.
const SHADE: f64 = 0.28;
/// So many names are set in ink: those of the largest errors.
const STRONG_NAMES: usize = 3;
/// Above this a value can't come from an `f32` that is finite, and the axis stays out of trouble.
const TOO_LARGE: f32 = 1e37;

/// Draws one input of an autoencoder against its reconstruction.
///
/// `columns`, `input` and `output` belong together by position; values are scaled as the network sees them, in
/// standard deviations. Every column is named where there is room; else those with the largest errors are. A column
/// whose input or output isn't finite is a gap, and a note says how many there are.
///
/// # Errors
/// [`FigureError::Lengths`] where the three differ in length.
pub fn reconstruction(
    columns: &[String],
    input: &[f32],
    output: &[f32],
    title: &str,
) -> Result<Figure, FigureError> {
    if columns.len() != input.len() || columns.len() != output.len() {
        return Err(FigureError::Lengths {
            columns: columns.len(),
            input: input.len(),
            output: output.len(),
        });
    }
    let pairs: Vec<Pair> = input
        .iter()
        .zip(output)
        .enumerate()
        .map(|(i, (&input, &output))| Pair { x: (i + 1) as f64, input: input.into(), output: output.into() })
        .collect();
    let drawn: Vec<Pair> = pairs.iter().copied().filter(Pair::is_drawable).collect();
    let missing = pairs.len() - drawn.len();

    let width = (pairs.len() as f64).mul_add(PITCH, LEFT + EDGE).clamp(style::WIDTH, WIDEST);
    let pitch = (width - LEFT - EDGE) / pairs.len().max(1) as f64;
    let names = Names::choose(columns, &pairs, pitch);
    let mut notes = Vec::new();
    if names.shown.len() < columns.len() {
        notes.push(format!(
            "Named: {} columns of {}, those with the largest errors that leave room for each other.",
            numbers::count(names.shown.len() as u64),
            numbers::count(columns.len() as u64)
        ));
    }
    if missing > 0 {
        notes.push(format!("{} not drawn: not a finite number.", numbers::counted(missing as u64, "column")));
    }
    let values = || drawn.iter().flat_map(|p| [p.input, p.output]);
    let (low, high) = values().fold((0.0, 0.0), |(low, high): (f64, f64), v| (low.min(v), high.max(v)));
    let (range, step) = nice_range(low, high, 6);
    let frame = Frame {
        title: title.into(),
        subtitle: summary(columns, &drawn),
        legend: vec![
            Key { label: "input".into(), color: style::BLUE, swatch: Swatch::Line },
            Key { label: "reconstruction".into(), color: style::VERMILLION, swatch: Swatch::Line },
            Key { label: "error".into(), color: style::VERMILLION, swatch: Swatch::Area { opacity: SHADE } },
        ],
        marks: 0,
        x: Axis::new("feature", (0.5, pairs.len().max(1) as f64 + 0.5), Scale::Names { room: names.room() }),
        y: Axis::new("scaled value (standard deviations)", range, Scale::Linear { step }),
        notes,
        width,
    };
    Ok(frame.draw(plots(&pairs), |pen| {
        names.draw(pen);
        // Dots that touch would hide what they mark.
        if pitch >= 9.0 {
            for pair in &drawn {
                pen.dot(pen.x(pair.x), pen.y(pair.input), 2.4, style::BLUE);
                pen.dot(pen.x(pair.x), pen.y(pair.output), 2.4, style::VERMILLION);
            }
        }
    }))
}

/// One column's two values and its place, counted from 1.
#[derive(Clone, Copy)]
struct Pair {
    x: f64,
    input: f64,
    output: f64,
}

impl Pair {
    fn is_drawable(&self) -> bool {
        let limit = f64::from(TOO_LARGE);
        self.input.abs() < limit && self.output.abs() < limit
    }

    fn squared_error(&self) -> f64 {
        (self.input - self.output).powi(2)
    }
}

/// The mean squared error and which column has most of it.
fn summary(columns: &[String], drawn: &[Pair]) -> String {
    let total: f64 = drawn.iter().map(Pair::squared_error).sum();
    if drawn.is_empty() {
        return "no columns".into();
    }
    let mut summary = format!(
        "{}; mean squared error {}",
        numbers::counted(columns.len() as u64, "column"),
        numbers::value(total / drawn.len() as f64)
    );
    let worst = drawn.iter().max_by(|a, b| a.squared_error().total_cmp(&b.squared_error()));
    if let (Some(worst), true) = (worst, total > 0.0) {
        let name = text::shortened(&columns[worst.x as usize - 1], LONGEST_NAME);
        let percent = 100.0 * worst.squared_error() / total;
        summary.push_str(&format!(", {percent:.0}% of it from {name}"));
    }
    summary
}

/// The shaded error below both curves, in as many pieces as the gaps make of them, on a line at the mean.
fn plots(pairs: &[Pair]) -> Vec<Plot> {
    let ends = [(0.5, 0.0), (pairs.len().max(1) as f64 + 0.5, 0.0)];
    let mean = LinePlot::new().with_data(ends).with_color(style::RULE).with_stroke_width(1.0).into();
    let pieces = || pairs.split(|pair| !pair.is_drawable());
    let shade = pieces().map(|piece| {
        BandPlot::new(
            piece.iter().map(|p| p.x),
            piece.iter().map(|p| p.input),
            piece.iter().map(|p| p.output),
        )
        .with_color(style::VERMILLION)
        .with_opacity(SHADE)
        .into()
    });
    let curve = |value: fn(&Pair) -> f64, color: &'static str| {
        pieces().map(move |piece| {
            let line = LinePlot::new().with_data(piece.iter().map(|p| (p.x, value(p))));
            line.with_color(color).with_stroke_width(style::MARK).into()
        })
    };
    iter::once(mean)
        .chain(shade)
        .chain(curve(|p| p.input, style::BLUE))
        .chain(curve(|p| p.output, style::VERMILLION))
        .collect()
}

/// The names below the axis.
struct Names {
    /// Place, name and whether it is among the largest errors.
    shown: Vec<(f64, String, bool)>,
}

impl Names {
    /// Chooses names from the largest error down, each where no chosen one is too near.
    fn choose(columns: &[String], pairs: &[Pair], pitch: f64) -> Self {
        let mut order: Vec<&Pair> = pairs.iter().collect();
        let size = |p: &Pair| if p.is_drawable() { p.squared_error() } else { f64::INFINITY };
        // The sort is stable: equal errors keep the order of their columns.
        order.sort_by(|a, b| size(b).total_cmp(&size(a)));
        let most = if pitch >= NAME_PITCH { columns.len() } else { MOST_OF_SOME };
        let mut shown: Vec<(f64, String, bool)> = Vec::new();
        for (rank, pair) in order.into_iter().enumerate() {
            if shown.len() < most && shown.iter().all(|(x, ..)| (x - pair.x).abs() * pitch >= NAME_PITCH) {
                let name = text::shortened(&text::printable(&columns[pair.x as usize - 1]), LONGEST_NAME);
                shown.push((pair.x, name, rank < STRONG_NAMES && pair.squared_error() > 0.0));
            }
        }
        shown.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self { shown }
    }

    /// Pixels that the names take below the axis.
    fn room(&self) -> f64 {
        let size = |(_, name, strong): &(f64, String, bool)| {
            text::width(name, style::TICK_SIZE) * if *strong { text::BOLD } else { 1.0 }
        };
        let widest = self.shown.iter().map(size).fold(0.0, f64::max);
        widest.ceil() + 18.0
    }

    fn draw(&self, pen: &mut Pen<'_>) {
        let bottom = pen.area().bottom;
        // A baseline runs beside its letters: half their height moves them onto the tick.
        let half = f64::from(style::TICK_SIZE) * 0.36;
        for (place, name, strong) in &self.shown {
            let x = pen.x(*place);
            pen.line((x, bottom), (x, bottom + 4.0), style::MUTED, 1.0);
            let set =
                if *strong { Type { color: style::INK, bold: true, ..Type::SMALL } } else { Type::SMALL };
            pen.upright_text(x + half, bottom + 8.0, name, set, Anchor::End);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, words};

    fn drawn(count: usize) -> Figure {
        let columns: Vec<String> = (0..count).map(|i| format!("column_{i}")).collect();
        let input: Vec<f32> = (0..count).map(|i| (i as f32 * 0.7).sin() * 2.0).collect();
        let output: Vec<f32> =
            input.iter().enumerate().map(|(i, v)| v * 0.9 - (i % 7) as f32 * 0.05).collect();
        let figure = reconstruction(&columns, &input, &output, "One row").expect("the lengths agree");
        check(&figure);
        figure
    }

    #[test]
    fn eleven_columns_are_all_named() {
        insta::assert_snapshot!(words(&drawn(11)));
    }

    #[test]
    fn of_many_columns_the_worst_are_named() {
        let words = words(&drawn(155));
        assert_eq!(words.lines().filter(|line| line.starts_with("column_")).count(), MOST_OF_SOME);
        assert!(words.contains("Named: 30 columns of 155"));
        insta::assert_snapshot!(words);
    }

    #[test]
    fn any_number_of_columns() {
        for count in [0, 1, 2, 55, 57, 75, 76, 400] {
            drawn(count);
        }
    }

    #[test]
    fn names_from_logs_are_harmless() {
        let columns = ["a$b$c", "<script>&\"'", "tab\tnul\0", "service_ssl,http,quic,smb,gssapi,ntlm"]
            .map(String::from);
        let figure =
            reconstruction(&columns, &[1.0; 4], &[0.0; 4], "a <title> & $more$").expect("the lengths agree");
        check(&figure);
        insta::assert_snapshot!(words(&figure));
    }

    #[test]
    fn values_that_are_no_numbers_leave_gaps() {
        let columns = ["a", "b", "c", "d"].map(String::from);
        let figure =
            reconstruction(&columns, &[0.0, f32::NAN, 1.0, 2.0], &[0.0, 1.0, f32::INFINITY, 2.0], "gaps");
        let figure = figure.expect("the lengths agree");
        check(&figure);
        assert!(words(&figure).contains("2 columns not drawn: not a finite number."));
    }

    #[test]
    fn lengths_must_agree() {
        let error = reconstruction(&[], &[1.0], &[], "").expect_err("the lengths differ");
        assert_eq!(
            error.to_string(),
            "a reconstruction needs as many names and outputs as inputs, but got 0 names, 1 inputs and 0 outputs"
        );
    }
}
