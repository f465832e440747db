//! Figures of numbers in time: by date, by half hour, by hour of the week.

use oddflow_explore::{Day, HalfHour, Statistics, Time};
use oddflow_figures::{
    DailyBars, DayChoice, DayPanels, DaySeries, Heading, HourOfWeek, Quantity, Spacing, daily_bars,
    day_panels, hour_of_week,
};

use super::{Drawn, Place};
use crate::exploration::clock::Clock;
use crate::exploration::table::{Cell, Table};

/// One of the numbers that are told in time.
#[derive(Clone, Copy)]
struct Told {
    name: &'static str,
    title: &'static str,
    measure: &'static str,
    quantity: Quantity,
    of_half_hour: fn(&HalfHour) -> u64,
    of_day: fn(&Day) -> u64,
    of_week: fn(&Time) -> &[[u64; 24]; 7],
}

const TOLD: [Told; 3] = [
    Told {
        name: "connections",
        title: "Connections",
        measure: "connections",
        quantity: Quantity::Count,
        of_half_hour: |half| half.rows,
        of_day: |day| day.rows,
        of_week: |time| &time.hour_of_week.rows,
    },
    Told {
        name: "bytes-sent",
        title: "Bytes sent by originators",
        measure: "bytes",
        quantity: Quantity::Bytes,
        of_half_hour: |half| half.orig_bytes,
        of_day: |day| day.orig_bytes,
        of_week: |time| &time.hour_of_week.orig_bytes,
    },
    Told {
        name: "bytes-received",
        title: "Bytes sent by responders",
        measure: "bytes",
        quantity: Quantity::Bytes,
        of_half_hour: |half| half.resp_bytes,
        of_day: |day| day.resp_bytes,
        of_week: |time| &time.hour_of_week.resp_bytes,
    },
];

pub(super) fn time(statistics: &Statistics) -> Vec<Drawn> {
    let (of, zone) = (&statistics.time, &*statistics.zone);
    let covered = statistics.overview.covered.map(|[first, last]| (first, last));
    let partly = partly(statistics);
    let mut all: Vec<Drawn> = TOLD.iter().map(|told| by_date(of, *told, zone, &partly)).collect();
    all.push(panels((of, covered), &TOLD[..1], "half-hours-connections", "Connections per 30 minutes", zone));
    all.push(panels((of, covered), &TOLD[1..], "half-hours-bytes", "Bytes per 30 minutes", zone));
    all.extend(TOLD.iter().map(|told| week(of, *told, zone)));
    all
}

/// Days since 1970-01-01 of a date as it is told.
pub(in crate::exploration) fn day_number(date: &str) -> Option<i32> {
    let date: jiff::civil::Date = date.parse().ok()?;
    Some(date.since(jiff::civil::date(1970, 1, 1)).ok()?.get_days())
}

/// What is to be said of a first and a last day that the logs cover only partly.
fn partly(statistics: &Statistics) -> Vec<String> {
    let Some([first, last]) = statistics.overview.covered else { return Vec::new() };
    let clock = Clock::of(statistics);
    let day = |time: f64| {
        let days = &statistics.time.days;
        let place = days.iter().rposition(|day| day.start <= time)?;
        let halves = days[place].half_hours.len() as f64;
        Some((days[place].start, days[place].start + 1800.0 * halves))
    };
    let starts_late = day(first).is_some_and(|(start, _)| first > start + SLACK);
    let ends_early = day(last).is_some_and(|(_, end)| last < end - SLACK);
    let words = match (starts_late, ends_early) {
        (false, false) => return Vec::new(),
        (true, false) => format!("from {} on: the first day is not whole.", clock.minute(first)),
        (false, true) => format!("until {}: the last day is not whole.", clock.minute(last)),
        (true, true) => {
            let (first, last) = (clock.minute(first), clock.minute(last));
            let days =
                if statistics.time.days.len() == 1 { "the day is" } else { "the first and the last day are" };
            format!("from {first} to {last}: {days} not whole.")
        }
    };
    vec![format!("The logs were written {words}")]
}

/// Silence at the ends of a day that is a whole one all the same, in seconds.
const SLACK: f64 = 1800.0;

fn by_date(of: &Time, told: Told, zone: &str, partly: &[String]) -> Drawn {
    let mut table = Table::new(&["date", told.measure]);
    let rows: Vec<(i32, u64)> =
        of.days.iter().filter_map(|day| Some((day_number(&day.date)?, day.rows))).collect();
    let first = densest(&rows);
    let mut values: Vec<Option<f64>> = Vec::new();
    for day in &of.days {
        table.row([(&day.date).into(), (told.of_day)(day).into()]);
        let place = day_number(&day.date).and_then(|number| place(number, first));
        if let Some(place) = place {
            values.resize(values.len().max(place + 1), None);
            values[place] = Some((told.of_day)(day) as f64);
        }
    }
    let title = format!("{} by date", told.title);
    let mut notes = beyond(&rows, first);
    notes.extend_from_slice(partly);
    Drawn::new(format!("days-{}", told.name), Place::Time, table, |width| {
        daily_bars(
            &DailyBars {
                heading: Heading { title: &title, subtitle: zone, notes: &notes },
                measure: told.measure,
                quantity: told.quantity,
                first,
                values: &values,
            },
            width,
        )
    })
}

/// Ten years. Without a limit, one clock gone wrong would make a figure of centuries.
const MOST_DAYS: i32 = 3660;

/// The first day of those ten years that hold most rows; the earliest of them. `days` are ascending, with their rows.
pub(in crate::exploration) fn densest(days: &[(i32, u64)]) -> i32 {
    let (mut end, mut sum) = (0, 0);
    let mut best = (0, 0);
    for &(first, rows) in days {
        while let Some((_, rows)) = days.get(end).filter(|(day, _)| *day - first < MOST_DAYS) {
            sum += rows;
            end += 1;
        }
        if sum > best.0 {
            best = (sum, first);
        }
        sum -= rows;
    }
    best.1
}

/// The place of a day in a figure that begins with another.
pub(in crate::exploration) fn place(day: i32, first: i32) -> Option<usize> {
    usize::try_from(day - first).ok().filter(|_| day - first < MOST_DAYS)
}

fn beyond(days: &[(i32, u64)], first: i32) -> Vec<String> {
    if days.iter().all(|(day, _)| place(*day, first).is_some()) {
        Vec::new()
    } else {
        vec!["Days outside the ten years with most connections are left out.".into()]
    }
}

/// `covered` is from the first connection to the last: half hours outside it are not quiet but unknown.
fn panels(
    (of, covered): (&Time, Option<(f64, f64)>),
    told: &[Told],
    name: &str,
    title: &str,
    zone: &str,
) -> Drawn {
    let is_covered =
        |start: f64| covered.is_some_and(|(first, last)| start + 1800.0 > first && start <= last);
    let mut names = vec!["date", "half_hour"];
    names.extend(told.iter().map(|told| told.name));
    let mut table = Table::new(&names);
    let mut days = Vec::new();
    for day in of.days.iter().filter(|day| day.rows > 0) {
        let Some(number) = day_number(&day.date) else { continue };
        for (i, half) in day.half_hours.iter().enumerate() {
            let values = told.iter().map(|told| Cell::from((told.of_half_hour)(half)));
            table.row([Cell::from(&day.date), i.into()].into_iter().chain(values));
        }
        let line = |told: &Told| {
            let halves = day.half_hours.iter().enumerate();
            let value = |(i, half): (usize, &HalfHour)| {
                let is_known = is_covered(day.start + 1800.0 * i as f64);
                if is_known { (told.of_half_hour)(half) as f64 } else { f64::NAN }
            };
            halves.map(value).collect()
        };
        days.push(DaySeries { day: number, lines: told.iter().map(line).collect() });
    }
    let lines: Vec<&str> = if told.len() > 1 { vec!["sent", "received"] } else { vec!["connections"] };
    let (measure, quantity) = (told[0].measure, told[0].quantity);
    let measure = format!("{measure} per 30 minutes");
    Drawn::new(name.into(), Place::Time, table, |width| {
        day_panels(
            &DayPanels {
                heading: Heading { title, subtitle: zone, notes: &[] },
                measure: &measure,
                quantity,
                lines: &lines,
                days: &days,
                choice: DayChoice::Highest,
            },
            width,
        )
    })
}

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

fn week(of: &Time, told: Told, zone: &str) -> Drawn {
    let (sums, hours) = ((told.of_week)(of), &of.hour_of_week.hours);
    let mut table = Table::new(&["weekday", "hour", told.measure, "hours_covered"]);
    let mut values = [[f64::NAN; 24]; 7];
    for day in 0..7 {
        for hour in 0..24 {
            let (sum, covered) = (sums[day][hour], hours[day][hour]);
            table.row([WEEKDAYS[day].into(), hour.into(), sum.into(), covered.into()]);
            if covered > 0 {
                values[day][hour] = sum as f64 / covered as f64;
            }
        }
    }
    let title = format!("{} by hour of the week", told.title);
    let measure = format!("{} an hour, on average", told.measure);
    Drawn::new(format!("week-{}", told.name), Place::Time, table, |width| {
        hour_of_week(
            &HourOfWeek {
                heading: Heading { title: &title, subtitle: zone, notes: &[] },
                measure: &measure,
                quantity: told.quantity,
                values: &values,
                spacing: spacing(&values),
            },
            width,
        )
    })
}

/// Where a burst is so much more than the rest that colours would not tell the rest apart, they follow its logarithm.
pub(in crate::exploration) fn spacing(values: &[[f64; 24]; 7]) -> Spacing {
    let mut known: Vec<f64> = values.iter().flatten().copied().filter(|value| *value > 0.0).collect();
    known.sort_unstable_by(f64::total_cmp);
    let (median, largest) = (known.get(known.len() / 2), known.last());
    match (median, largest) {
        (Some(median), Some(largest)) if *largest > BURST * median => Spacing::Log,
        _ => Spacing::Linear,
    }
}

/// How many times the median an hour is a burst.
const BURST: f64 = 20.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_of_days_begins_where_most_rows_are() {
        assert_eq!(densest(&[]), 0);
        let days = [(3, 1), (20_000, 5), (20_001, 70), (20_006, 9), (49_000, 2)];
        let first = densest(&days);
        assert_eq!(first, 20_000);
        let places = days.map(|(day, _)| place(day, first));
        assert_eq!(places, [None, Some(0), Some(1), Some(6), None]);
        assert_eq!(beyond(&days, first).len(), 1);
        assert_eq!(beyond(&days[1..4], first).len(), 0);
        // All of them fit.
        assert_eq!(densest(&[(5, 1), (100, 1000)]), 5);
    }
}
