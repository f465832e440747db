//! A value a day.

use kuva::plot::LinePlot;

use crate::drawing::bars::draw_bar;
use crate::drawing::date_axis::DateAxis;
use crate::drawing::dates::Date;
use crate::drawing::frame::{Axis, Frame, Scale, nice_range};
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

/// The widest a bar is.
const WIDEST: f64 = 60.0;
const TOO_LARGE: f64 = 1e30;

/// Draws a bar a day, with as many dates below as have room. Where there are more days than pixels, a bar stands for
/// several days and has the height of the highest; a note says so.
pub fn daily_bars(bars: &DailyBars<'_>, width: Width) -> Figure {
    let days: Vec<Option<f64>> = bars
        .values
        .iter()
        .map(|value| value.filter(|v| v.is_finite() && (0.0..=TOO_LARGE).contains(v)))
        .collect();
    let missing = days.iter().filter(|day| day.is_none()).count();
    let highest = days.iter().flatten().copied().fold(0.0, f64::max);
    let (range, step) = nice_range(0.0, if highest > 0.0 { highest } else { 1.0 }, 6);
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
        y: Axis::new(bars.measure, range, Scale::Linear { step }),
        notes,
        width: width.pixels(),
    };
    let x = frame.x_map();
    let room = x.pixel(days.len() as f64) - x.pixel(0.0);
    let every = (days.len() as f64 / room).ceil().max(1.0) as usize;
    if every > 1 {
        frame.notes.push(format!("Each bar stands for {every} days and is as high as the highest of them."));
    }
    let axis = DateAxis::new(i64::from(bars.first), days.len(), room);
    frame.draw(vec![LinePlot::new().into()], |pen| {
        draw_gaps(pen, &days);
        for (i, part) in days.chunks(every).enumerate() {
            let Some(value) = part.iter().flatten().copied().reduce(f64::max) else { continue };
            let first = i * every;
            let (from, to) = (pen.x(first as f64), pen.x((first + part.len()) as f64));
            let spare = ((to - from - WIDEST) / 2.0).max(0.0);
            let date = Date::of_day(i64::from(bars.first) + first as i64).long();
            pen.titled(&format!("{date}: {}", bars.quantity.text(value)), |pen| {
                draw_bar(pen, from + spare, to - spare, value, style::BLUE);
            });
        }
        axis.draw(pen);
        if days.is_empty() {
            let area = pen.area();
            let (x, y) = ((area.left + area.right) / 2.0, (area.top + area.bottom) / 2.0);
            pen.text(x, y, "no days", Type::STRONG, Anchor::Middle);
        }
    })
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
