//! The dates below an axis of days: as many as have room, at days that a reader counts by.

use crate::drawing::dates::Date;
use crate::drawing::pen::{Anchor, Pen, Type};
use crate::drawing::style;
use crate::drawing::text;

/// Between two dates.
const SPACE: f64 = 10.0;

/// Which days have a date.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// One day in so many.
    Days(i64),
    /// Every so many Mondays.
    Weeks(i64),
    /// The first day of every so many months.
    Months(i64),
    /// The first day of every so many years.
    Years(i64),
}

/// From the finest to the coarsest; years go on by powers of ten.
const STEPS: [Step; 10] = [
    Step::Days(1),
    Step::Days(2),
    Step::Weeks(1),
    Step::Weeks(2),
    Step::Months(1),
    Step::Months(2),
    Step::Months(3),
    Step::Months(6),
    Step::Years(1),
    Step::Years(2),
];

impl Step {
    /// Whether a day has a date, and which: the day, the month or the year.
    fn label(self, number: i64, first: i64, date: Date) -> Option<String> {
        let months = date.year * 12 + i64::from(date.month) - 1;
        let is_due = match self {
            Self::Days(n) => (number - first) % n == 0,
            // The first Monday after 1970-01-01 was day 4.
            Self::Weeks(n) => (number - 4).rem_euclid(7 * n) == 0,
            Self::Months(n) => date.day == 1 && months.rem_euclid(n) == 0,
            Self::Years(n) => date.day == 1 && months.rem_euclid(12 * n) == 0,
        };
        is_due.then(|| match self {
            Self::Days(_) | Self::Weeks(_) => date.short(),
            Self::Months(_) => date.month_name().into(),
            Self::Years(_) => date.year.to_string(),
        })
    }
}

/// Dates with their places.
pub(crate) struct DateAxis {
    /// The day's place from the first day on, its label, and the year where it isn't the one before's.
    labels: Vec<(f64, String, Option<String>)>,
}

impl DateAxis {
    /// Pixels that the dates take below the axis.
    pub(crate) const HEIGHT: f64 = 42.0;

    /// The dates of `count` days from the day `first`, counted from 1970-01-01, along `room` pixels.
    pub(crate) fn new(first: i64, count: usize, room: f64) -> Self {
        let pitch = room / count.max(1) as f64;
        let decades = (1..6).flat_map(|n| [1, 2, 5].map(|f| Step::Years(f * 10_i64.pow(n))));
        for step in STEPS.into_iter().chain([Step::Years(5)]).chain(decades) {
            // A step that would have far too many dates isn't tried.
            if let Step::Days(n) | Step::Weeks(n) = step
                && count as i64 / n > 4000
            {
                continue;
            }
            let labels = Self::labels(first, count, step);
            if Self::fit(&labels, pitch) && (labels.len() > 1 || count <= 2) {
                return Self { labels };
            }
        }
        // Too few days for two round dates, or too many: the first alone.
        let date = Date::of_day(first);
        Self { labels: vec![(0.5, date.short(), Some(date.year.to_string()))] }
    }

    fn labels(first: i64, count: usize, step: Step) -> Vec<(f64, String, Option<String>)> {
        let mut labels: Vec<(f64, String, Option<String>)> = Vec::new();
        let mut year = None;
        for i in 0..count as i64 {
            let date = Date::of_day(first + i);
            let Some(label) = step.label(first + i, first, date) else { continue };
            let is_new = year != Some(date.year) && !matches!(step, Step::Years(_));
            year = Some(date.year);
            labels.push((i as f64 + 0.5, label, is_new.then(|| date.year.to_string())));
        }
        labels
    }

    fn fit(labels: &[(f64, String, Option<String>)], pitch: f64) -> bool {
        let width = |label: &(f64, String, Option<String>)| {
            let year = label.2.as_ref().map_or(0.0, |year| text::width(year, style::TICK_SIZE));
            text::width(&label.1, style::TICK_SIZE).max(year)
        };
        labels
            .windows(2)
            .all(|pair| (pair[1].0 - pair[0].0) * pitch >= (width(&pair[0]) + width(&pair[1])) / 2.0 + SPACE)
    }

    pub(crate) fn draw(&self, pen: &mut Pen<'_>) {
        let area = pen.area();
        for (place, label, year) in &self.labels {
            let x = pen.x(*place);
            pen.line((x, area.bottom), (x, area.bottom + 4.0), style::MUTED, 1.0);
            let half = text::width(label, style::TICK_SIZE) / 2.0;
            let x = x.max(area.left + half - 20.0);
            pen.text(x, area.bottom + 17.0, label, Type::SMALL, Anchor::Middle);
            if let Some(year) = year {
                pen.text(x, area.bottom + 33.0, year, Type::SMALL, Anchor::Middle);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The dates of days from Mon 2 Mar 2026 on, on a page.
    fn dates(count: usize) -> Vec<String> {
        let axis = DateAxis::new(20_514, count, 700.0);
        let label = |(_, label, year): (f64, String, Option<String>)| match year {
            Some(year) => format!("{label} {year}"),
            None => label,
        };
        axis.labels.into_iter().map(label).collect()
    }

    #[test]
    fn dates_are_as_fine_as_they_can_be() {
        assert_eq!(dates(0), [] as [&str; 0]);
        assert_eq!(dates(1), ["2 Mar 2026"]);
        assert_eq!(dates(4), ["2 Mar 2026", "3 Mar", "4 Mar", "5 Mar"]);
        assert_eq!(dates(28), dates(28));
        assert_eq!(dates(60)[..3], ["2 Mar 2026", "9 Mar", "16 Mar"]);
        assert_eq!(dates(400)[..2], ["Apr 2026", "May"]);
        assert_eq!(dates(730)[..3], ["May 2026", "Jul", "Sep"]);
        assert_eq!(dates(4000)[..2], ["2027", "2028"]);
        for count in [40_000, 400_000] {
            assert!((2..30).contains(&dates(count).len()));
        }
    }
}
