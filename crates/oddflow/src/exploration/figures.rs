//! Which figures are drawn of the statistics, and the numbers behind each.

use oddflow_explore::{Column, Correlations, Day, HalfHour, Histogram, Ranking, Statistics, Time};
use oddflow_figures::{
    Bin, CellColors, DailyBars, DayChoice, DayPanels, DaySeries, Distribution, Figure, Heading, HeatMap,
    HourOfWeek, Item, Mark, Pie, Quantity, RankedBars, Rest, Spacing, Width, daily_bars, day_panels,
    distribution, heat_map, hour_of_week, pie, ranked_bars,
};

use super::clock::Clock;
use super::host;
use super::scores;
use super::sections::unset;
use super::table::{Cell, Table};
use crate::text::{counted, thousands};

/// What the user wants beyond the defaults.
#[derive(Clone, Copy)]
pub(crate) struct Choice {
    /// Rankings as pies too.
    pub(crate) pies: bool,
}

/// A part of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Correlations,
    Columns,
    Time,
    Top,
    Scores,
    /// A host's own part, by its place: 0 is the one that was asked for, the busiest ones follow.
    Host(usize),
}

/// A figure, for a page and for a phone, with its numbers.
pub(crate) struct Drawn {
    /// Name of its files, without an ending.
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) page: Figure,
    pub(crate) phone: Figure,
    pub(crate) table: Table,
}

impl Drawn {
    pub(super) fn new(name: String, place: Place, table: Table, draw: impl Fn(Width) -> Figure) -> Self {
        Self { name, place, page: draw(Width::Page), phone: draw(Width::Phone), table }
    }

    /// Whether it takes the width of a page where there is one.
    pub(super) fn is_wide(&self) -> bool {
        self.name.starts_with("half-hours")
    }
}

/// All figures, in the order of the report.
pub(crate) fn draw(statistics: &Statistics, choice: Choice) -> Vec<Drawn> {
    let mut all = Vec::new();
    if statistics.overview.rows == 0 {
        all.extend(statistics.scores.iter().flat_map(scores::figures));
        return all;
    }
    all.extend(correlations(&statistics.correlations));
    all.extend(statistics.columns.iter().flat_map(column));
    all.extend(time(statistics));
    all.extend(top(statistics, choice));
    all.extend(statistics.scores.iter().flat_map(scores::figures));
    for (place, told) in statistics.host.iter().chain(&statistics.hosts).enumerate() {
        // Without one that was asked for, the busiest begin at 1 all the same.
        let place = if statistics.host.is_none() { place + 1 } else { place };
        all.extend(host::figures(told, Place::Host(place), statistics));
    }
    // A figure without anything in it is a heading less.
    all.retain(|drawn| drawn.table.rows() > 0);
    all
}

fn correlations(of: &Correlations) -> Vec<Drawn> {
    let all: Vec<usize> = (0..of.columns.len()).collect();
    let views = [
        ("correlation", "Pearson correlation", &of.pearson, &all),
        ("correlation-without-ip-bytes", "Pearson correlation", &of.pearson, &of.without_ip_bytes),
        ("log-correlation", "Pearson correlation of ln(1 + x)", &of.log_pearson, &all),
        (
            "log-correlation-without-ip-bytes",
            "Pearson correlation of ln(1 + x)",
            &of.log_pearson,
            &of.without_ip_bytes,
        ),
    ];
    views
        .into_iter()
        .map(|(name, measure, matrix, kept)| {
            let names: Vec<String> = kept.iter().map(|i| of.columns[*i].to_owned()).collect();
            let mut values = Vec::with_capacity(kept.len() * kept.len());
            let mut table = Table::new(&["column", "other", "coefficient", "rows"]);
            for &i in kept {
                for &j in kept {
                    values.push(matrix[i][j]);
                    table.row([
                        of.columns[i].into(),
                        of.columns[j].into(),
                        Cell::number(matrix[i][j]),
                        of.rows[i][j].into(),
                    ]);
                }
            }
            let without = if kept.len() < of.columns.len() { ", without the ip_bytes columns" } else { "" };
            let title = format!("{measure}{without}");
            let notes = ["Pairs of which either is unset are left out of that pair.".to_owned()];
            Drawn::new(name.into(), Place::Correlations, table, |width| {
                heat_map(
                    &HeatMap {
                        heading: Heading { title: &title, subtitle: "", notes: &notes },
                        rows: &names,
                        columns: &names,
                        values: &values,
                        measure,
                        colors: CellColors::Diverging { limit: 1.0 },
                    },
                    width,
                )
            })
        })
        .collect()
}

/// How numbers of a column are written.
pub(super) fn quantity(unit: &str) -> Quantity {
    match unit {
        "seconds" => Quantity::Seconds,
        "bytes" => Quantity::Bytes,
        _ => Quantity::Count,
    }
}

fn column(of: &Column) -> Vec<Drawn> {
    let marks: Vec<Mark<'_>> =
        of.quantiles.iter().map(|quantile| Mark { label: quantile.name, value: quantile.value }).collect();
    let measure = format!("{} ({})", of.name, of.unit);
    let one = |axis: &str, histogram: &Histogram, values: Spacing| {
        let bins = bins(histogram);
        let mut table = Table::new(&["from", "to", "rows"]);
        for bin in &bins {
            table.row([bin.from.into(), bin.to.into(), bin.count.into()]);
        }
        let title = format!("{} on a {axis} axis", of.name);
        let notes = [format!(
            "Quantiles and inner edges within {:.1}% of their values.",
            (100.0 * of.relative_error).max(0.1)
        )];
        Drawn::new(format!("distribution-{}-{axis}", of.name), Place::Columns, table, |width| {
            distribution(
                &Distribution {
                    heading: Heading { title: &title, subtitle: "", notes: &notes },
                    measure: &measure,
                    counted: "row",
                    bins: &bins,
                    zeros: if values == Spacing::Log { of.zeros } else { 0 },
                    unset: of.unset,
                    values,
                    counts: Spacing::Log,
                    marks: &marks,
                    quantity: quantity(of.unit),
                },
                width,
            )
        })
    };
    vec![one("linear", &of.linear, Spacing::Linear), one("log", &of.log, Spacing::Log)]
}

pub(super) fn bins(histogram: &Histogram) -> Vec<Bin> {
    let edges = histogram.edges.windows(2);
    edges
        .zip(&histogram.counts)
        .map(|(edge, count)| Bin { from: edge[0], to: edge[1], count: *count })
        .collect()
}

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

fn time(statistics: &Statistics) -> Vec<Drawn> {
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
pub(super) fn day_number(date: &str) -> Option<i32> {
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
pub(super) fn densest(days: &[(i32, u64)]) -> i32 {
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
pub(super) fn place(day: i32, first: i32) -> Option<usize> {
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
pub(super) fn spacing(values: &[[f64; 24]; 7]) -> Spacing {
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

fn top(statistics: &Statistics, choice: Choice) -> Vec<Drawn> {
    let top = &statistics.top;
    let rankings = [
        ("protocols", "Protocols", &top.protocols),
        ("services", "Services", &top.services),
        ("states", "Connection states", &top.states),
        ("sources", "Source addresses", &top.sources),
        ("destinations", "Destination addresses", &top.destinations),
        ("source-ports", "Source ports", &top.source_ports),
        ("destination-ports", "Destination ports", &top.destination_ports),
    ];
    let mut all = Vec::new();
    for (name, title, of) in rankings {
        let portless = statistics.overview.rows.saturating_sub(of.rows);
        let notes = if name.ends_with("ports") && portless > 0 {
            vec![format!("Shares are of TCP and UDP: {} without ports.", counted(portless, "connection"))]
        } else {
            Vec::new()
        };
        all.push(ranking_with(format!("top-{name}"), title, of, Place::Top, notes));
        if choice.pies {
            all.push(slices(format!("pie-{name}"), title, of));
        }
    }
    all
}

/// The values with their counts; Zeek's sign of an unset value is a word.
fn items(of: &Ranking) -> Vec<Item<'_>> {
    of.items.iter().map(|item| Item { name: unset(&item.name), value: item.rows as f64 }).collect()
}

/// A ranking as bars.
pub(super) fn ranking(name: String, title: &str, of: &Ranking, place: Place) -> Drawn {
    ranking_with(name, title, of, place, Vec::new())
}

fn ranking_with(name: String, title: &str, of: &Ranking, place: Place, mut notes: Vec<String>) -> Drawn {
    let mut table = Table::new(&["value", "rows", "share", "orig_bytes", "resp_bytes"]);
    for item in &of.items {
        table.row([
            (&item.name).into(),
            item.rows.into(),
            item.share.into(),
            Cell::number(item.bytes_known.then_some(item.orig_bytes)),
            Cell::number(item.bytes_known.then_some(item.resp_bytes)),
        ]);
    }
    let items = items(of);
    let shown: u64 = of.items.iter().map(|item| item.rows).sum();
    let others = of.distinct.count.saturating_sub(of.items.len() as u64);
    let rest_name = format!("{} others", thousands(others));
    let rest = (others > 0).then(|| Rest { name: &rest_name, value: of.rows.saturating_sub(shown) as f64 });
    let about = if of.distinct.error > 0.0 { "about " } else { "" };
    let subtitle = match of.distinct.count {
        1 => "only one".to_owned(),
        count => format!("{about}{} different ones", thousands(count)),
    };
    if of.error > 0 {
        notes.push(format!("Counts may be up to {} too high.", thousands(of.error)));
    } else if of.beyond > 0 && matches!(place, Place::Host(_)) {
        let missing = thousands(of.beyond);
        notes
            .push(format!("{missing} connections are missing: there are more pairs of hosts than are kept."));
    }
    Drawn::new(name, place, table, |width| {
        ranked_bars(
            &RankedBars {
                heading: Heading { title, subtitle: &subtitle, notes: &notes },
                measure: "connections",
                quantity: Quantity::Count,
                items: &items,
                rest,
                total: Some(of.rows as f64),
            },
            width,
        )
    })
}

fn slices(name: String, title: &str, of: &Ranking) -> Drawn {
    let mut table = Table::new(&["value", "rows", "share"]);
    for item in &of.items {
        table.row([(&item.name).into(), item.rows.into(), item.share.into()]);
    }
    let items = items(of);
    Drawn::new(name, Place::Top, table, |width| {
        pie(
            &Pie {
                heading: Heading { title, subtitle: "", notes: &[] },
                quantity: Quantity::Count,
                items: &items,
                total: Some(of.rows as f64),
            },
            width,
        )
    })
}

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
