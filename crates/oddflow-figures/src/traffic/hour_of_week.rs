//! When in the week something happens: a row a day, a column an hour.

use crate::drawing::color_key::{ColorScale, KEY_HEIGHT};
use crate::drawing::dates::WEEKDAYS;
use crate::drawing::map::is_amount;
use crate::drawing::numbers;
use crate::drawing::pen::{Anchor, Area, Pen, Type};
use crate::drawing::style;
use crate::{Figure, Heading, Quantity, Spacing, Width};

/// A value for every hour of the week.
#[derive(Clone, Copy, Debug)]
pub struct HourOfWeek<'a> {
    /// The words around it.
    pub heading: Heading<'a>,
    /// What is shown, with its unit, at the key of the colours: `connections`, `bytes per hour`.
    pub measure: &'a str,
    /// How a value is written.
    pub quantity: Quantity,
    /// Monday first, each day from midnight. NaN, and any other value that isn't finite, is negative or is beyond 1e30,
    /// stands for an hour that the log doesn't cover: it is hatched.
    pub values: &'a [[f64; 24]; 7],
    /// How the colours follow the values. With [`Spacing::Log`] an hour of zero is white.
    pub spacing: Spacing,
}

/// Height of a day's row.
const ROW: f64 = 26.0;
/// Room left of the cells for the names of days.
const NAMES: f64 = 38.0;
/// Room below the cells for the hours and what they are.
const HOURS: f64 = 46.0;
/// Between the numbers of hours.
const HOUR_STEP: usize = 3;
/// Paper between two cells.
const GAP: f64 = 1.0;

/// Draws the hours of the week as coloured cells, Monday at the top, with a key of the colours.
pub fn hour_of_week(week: &HourOfWeek<'_>, width: Width) -> Figure {
    let values = || week.values.iter().flatten().copied();
    let unknown = values().filter(|v| !is_amount(*v)).count();
    let mut page = week.heading.page(width);
    if unknown > 0 {
        let hours = numbers::counted(unknown as u64, "hour");
        page.notes.push(format!("Hatched: {hours} of the week that no number is known for."));
    }
    if week.spacing == Spacing::Log && values().any(|v| v == 0.0) {
        page.notes.push("White: none at all, which a log scale has no colour for.".into());
    }
    let scale = ColorScale::sequential(values().filter(|v| is_amount(*v)), week.spacing);
    page.draw(7.0 * ROW + HOURS + KEY_HEIGHT, |pen| {
        draw_cells(pen, week, &scale);
        let Area { left, top, .. } = pen.area();
        scale.draw_key(
            pen,
            (left + NAMES, top + 7.0 * ROW + HOURS),
            &week.spacing.label(week.measure),
            week.quantity,
        );
    })
}

fn draw_cells(pen: &mut Pen<'_>, week: &HourOfWeek<'_>, scale: &ColorScale) {
    let Area { left, right, top, .. } = pen.area();
    let first = left + NAMES;
    let pitch = (right - first) / 24.0;
    // A baseline runs beside its letters: half their height moves them onto the middle.
    let half = f64::from(style::TICK_SIZE) * 0.36;
    for (day, (hours, name)) in week.values.iter().zip(WEEKDAYS).enumerate() {
        let y = top + day as f64 * ROW;
        pen.text(first - 8.0, y + ROW / 2.0 + half, name, Type::SMALL, Anchor::End);
        for (hour, &value) in hours.iter().enumerate() {
            let x = first + hour as f64 * pitch;
            let cell = Area { left: x, right: x + pitch - GAP, top: y, bottom: y + ROW - GAP };
            let known = is_amount(value);
            let said = if known { week.quantity.text(value) } else { "unknown".into() };
            pen.titled(&format!("{name} {hour:02}:00 to {:02}:00: {said}", hour + 1), |pen| {
                if known {
                    pen.bar(cell.left, cell.top, pitch - GAP, ROW - GAP, &scale.color(value), None);
                } else {
                    pen.bar(cell.left, cell.top, pitch - GAP, ROW - GAP, style::GRID, None);
                    pen.hatch(cell, style::RULE);
                }
            });
        }
    }
    let bottom = top + 7.0 * ROW;
    for hour in (0..=24).step_by(HOUR_STEP) {
        let x = first + hour as f64 * pitch - GAP / 2.0;
        pen.line((x, bottom), (x, bottom + 4.0), style::MUTED, 1.0);
        let anchor = if hour == 24 { Anchor::End } else { Anchor::Middle };
        let x = if hour == 24 { right } else { x };
        pen.text(x, bottom + 17.0, &hour.to_string(), Type::SMALL, anchor);
    }
    pen.text((first + right) / 2.0, bottom + 34.0, "hour of the day", Type::BODY, Anchor::Middle);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, words};

    fn drawn(values: &[[f64; 24]; 7], spacing: Spacing) -> Figure {
        let heading = Heading { title: "Hours", subtitle: "", notes: &[] };
        let week = HourOfWeek { heading, measure: "connections", quantity: Quantity::Count, values, spacing };
        let figure = hour_of_week(&week, Width::Page);
        check(&figure);
        check(&hour_of_week(&week, Width::Phone));
        figure
    }

    #[test]
    fn a_week_with_an_unknown_day_and_a_quiet_hour() {
        let mut values = [[2500.0; 24]; 7];
        values[6] = [f64::NAN; 24];
        (values[0][3], values[1][4]) = (0.0, 10.0);
        insta::assert_snapshot!(words(&drawn(&values, Spacing::Log)));
    }

    #[test]
    fn every_hour_says_what_it_is() {
        let mut values = [[0.0; 24]; 7];
        values[1][23] = 1_243_021.0;
        let svg = drawn(&values, Spacing::Linear).svg();
        assert_eq!(svg.matches("<title>").count(), 168);
        assert!(svg.contains("<title>Tue 23:00 to 24:00: 1,243,021</title>"));
    }

    #[test]
    fn all_zero_and_all_unknown() {
        for value in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::MAX, f64::MIN_POSITIVE] {
            for spacing in [Spacing::Linear, Spacing::Log] {
                drawn(&[[value; 24]; 7], spacing);
            }
        }
    }
}
