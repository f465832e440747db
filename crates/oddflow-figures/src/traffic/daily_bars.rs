//! A value a day.

use kuva::plot::LinePlot;

use crate::drawing::bars::draw_bar;
use crate::drawing::date_axis::DateAxis;
use crate::drawing::dates::Date;
use crate::drawing::frame::{Axis, Frame, Scale, nice_range};
use crate::drawing::map::{highest, is_amount};
use crate::drawing::numbers;
use crate::drawing::pen::{Anchor, Area, Pen, Type};
use crate::drawing::style;
use crate::{Figure, Heading, Quantity, Width};

/// A value for each of some days in a row.
#[derive(Clone, Copy, Debug, Default)]
pub struct DailyBars<'a> {
    /// The words around it.
    pub heading: Heading<'a>,
    /// What is shown, with its unit, at the y axis: `connections`.
    pub measure: &'a str,
    /// How a value is written.
    pub quantity: Quantity,
    /// The first day, counted from 1970-01-01 in whichever time zone the days are those of.
    pub first: i32,
    /// The value of each day from the first on. A day that the log doesn't cover is `None` and is hatched; so is a
    /// value that isn't finite, is negative or is beyond 1e30.
    pub values: &'a [Option<f64>],
}

/// The widest a bar is, and the narrowest that can be told from its neighbours. Narrower ones make one shape.
const WIDEST: f64 = 60.0;
const NARROWEST: f64 = 2.0;
/// More bars than this in a pixel would hide each other on a dense screen too.
const MOST_A_PIXEL: f64 = 2.5;

/// Draws a bar a day, with as many dates below as have room. Where there are more days than pixels, a bar stands for
/// several days and has the height of the highest; a note says so.
pub fn daily_bars(bars: &DailyBars<'_>, width: Width) -> Figure {
    let days: Vec<Option<f64>> = bars.values.iter().map(|value| value.filter(|v| is_amount(*v))).collect();
    let missing = days.iter().filter(|day| day.is_none()).count();
    let (range, step) = nice_range(0.0, highest(days.iter().flatten().copied()), 6);
    let mut notes = bars.heading.notes.to_vec();
    if missing > 0 {
        let days = numbers::counted(missing as u64, "day");
        notes.push(format!("Hatched: {days} that no number is known for."));
    }
    let mut frame = Frame {
        title: bars.heading.title.into(),
        subtitle: bars.heading.subtitle_with(if days.is_empty() { "no days" } else { "" }),
        legend: Vec::new(),
        marks: 0,
        x: Axis::new("date", (0.0, days.len().max(1) as f64), Scale::Names { room: DateAxis::HEIGHT }),
        y: Axis { quantity: bars.quantity, ..Axis::new(bars.measure, range, Scale::Linear { step }) },
        notes,
        width: width.pixels(),
    };
    let x = frame.x_map();
    let room = x.pixel(days.len() as f64) - x.pixel(0.0);
    let every = (days.len() as f64 / (room * MOST_A_PIXEL)).ceil().max(1.0) as usize;
    if every > 1 {
        frame.notes.push(format!("Each bar stands for {every} days and is as high as the highest of them."));
    }
    let axis = DateAxis::new(i64::from(bars.first), days.len(), room);
    frame.draw(vec![LinePlot::new().into()], |pen| {
        draw_gaps(pen, &days);
        let highest = |part: &[Option<f64>]| part.iter().flatten().copied().reduce(f64::max);
        let parts: Vec<Option<f64>> = days.chunks(every).map(highest).collect();
        if room / parts.len().max(1) as f64 >= NARROWEST {
            draw_bars(pen, bars, &parts);
        } else {
            draw_shape(pen, &parts, every as f64);
        }
        axis.draw(pen);
        if days.is_empty() {
            let area = pen.area();
            let (x, y) = ((area.left + area.right) / 2.0, (area.top + area.bottom) / 2.0);
            pen.text(x, y, "no days", Type::STRONG, Anchor::Middle);
        }
    })
}

/// Draws a bar a day.
fn draw_bars(pen: &mut Pen<'_>, bars: &DailyBars<'_>, days: &[Option<f64>]) {
    for (i, value) in days.iter().enumerate() {
        let Some(value) = *value else { continue };
        let (from, to) = (pen.x(i as f64), pen.x((i + 1) as f64));
        let spare = ((to - from - WIDEST) / 2.0).max(0.0);
        let date = Date::of_day(i64::from(bars.first) + i as i64).long();
        pen.titled(&format!("{date}: {}", bars.quantity.text(value)), |pen| {
            draw_bar(pen, from + spare, to - spare, value, style::BLUE);
        });
    }
}

/// Draws the outline of bars that stand for `every` days each, filled.
fn draw_shape(pen: &mut Pen<'_>, bars: &[Option<f64>], every: f64) {
    let bottom = pen.area().bottom;
    let mut at = 0;
    for run in bars.chunk_by(|a, b| a.is_some() == b.is_some()) {
        if run[0].is_some() {
            let x = |i: usize| pen.x((at + i) as f64 * every).min(pen.area().right);
            let mut outline = vec![(x(0), bottom)];
            for (i, value) in run.iter().flatten().enumerate() {
                outline.extend([(x(i), pen.y(*value)), (x(i + 1), pen.y(*value))]);
            }
            outline.push((x(run.len()), bottom));
            pen.polygon(&outline, style::BLUE);
        }
        at += run.len();
    }
}

/// Hatches each run of days without a value.
fn draw_gaps(pen: &mut Pen<'_>, days: &[Option<f64>]) {
    let Area { top, bottom, .. } = pen.area();
    let mut at = 0;
    for run in days.chunk_by(|a, b| a.is_some() == b.is_some()) {
        if run[0].is_none() {
            let (left, right) = (pen.x(at as f64), pen.x((at + run.len()) as f64));
            pen.bar(left, top, right - left, bottom - top, style::GRID, None);
            pen.hatch(Area { left, right, top, bottom }, style::RULE);
        }
        at += run.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, words};

    fn drawn(values: &[Option<f64>]) -> Figure {
        let heading = Heading { title: "Connections by day", subtitle: "UTC", notes: &[] };
        // A Monday.
        let bars =
            DailyBars { heading, measure: "connections", quantity: Quantity::Count, first: 20_514, values };
        let figure = daily_bars(&bars, Width::Page);
        check(&figure);
        check(&daily_bars(&bars, Width::Phone));
        figure
    }

    #[test]
    fn a_week_with_a_gap() {
        let days = [Some(120.0), Some(4_000.0), None, None, Some(3_500.0), Some(f64::NAN), Some(0.0)];
        let figure = drawn(&days);
        assert!(figure.svg().contains("<title>Tue 3 Mar 2026: 4,000</title>"));
        insta::assert_snapshot!(words(&figure));
    }

    #[test]
    fn an_axis_of_bytes_has_their_units() {
        let heading = Heading { title: "Bytes by day", subtitle: "UTC", notes: &[] };
        let values = [Some(6e6), Some(2e6)];
        let bars = DailyBars {
            heading,
            measure: "bytes",
            quantity: Quantity::Bytes,
            first: 20_514,
            values: &values,
        };
        let words = words(&daily_bars(&bars, Width::Page));
        assert!(words.contains("6 MB") && !words.contains("6M"), "{words}");
    }

    #[test]
    fn two_years() {
        let values: Vec<_> = (0..730).map(|i| Some(f64::from(i % 7) * 1_000.0)).collect();
        insta::assert_snapshot!(words(&drawn(&values)));
    }

    #[test]
    fn no_day_one_day_and_twenty_years() {
        assert!(words(&drawn(&[])).contains("no days"));
        drawn(&[Some(1.0)]);
        let words = words(&drawn(&vec![Some(1.0); 7305]));
        assert!(
            words.contains("Each bar stands for 5 days and is as high as the highest of them."),
            "{words}"
        );
    }
}
