//! What happens when people sleep or are off: from midnight to six, on Saturday and Sunday.

use std::cmp::Reverse;

use super::EVIDENCE;
use crate::exploration::Exploration;
use crate::statistics::{Evidence, Finding, FindingKind, Section, Time};
use crate::tally::{keep_first, share};
use crate::words;

/// The first hour of the day that is not night.
const MORNING: usize = 6;
/// The first day of the weekend.
const SATURDAY: usize = 5;

fn is_night(_: usize, hour: usize) -> bool {
    hour < MORNING
}

fn is_weekend(weekday: usize, _: usize) -> bool {
    weekday >= SATURDAY
}

/// What happens from midnight to six.
pub(super) fn nights(gathered: &Exploration, time: &Time) -> Finding {
    let parts = Parts::of(time, is_night);
    let title = parts.title(&format!("between midnight and six ({})", gathered.clock.name()), "no night");
    finding(gathered, FindingKind::Nights, title, &parts, is_night)
}

/// What happens on Saturday and Sunday.
pub(super) fn weekends(gathered: &Exploration, time: &Time) -> Finding {
    let parts = Parts::of(time, is_weekend);
    let title = parts.title(&format!("at weekends ({})", gathered.clock.name()), "no weekend");
    finding(gathered, FindingKind::Weekends, title, &parts, is_weekend)
}

/// Rows and hours within some hours of the week, and of all.
struct Parts {
    rows: [u64; 2],
    hours: [u64; 2],
}

impl Parts {
    fn of(time: &Time, wanted: fn(usize, usize) -> bool) -> Self {
        let sum = |cells: &[[u64; 24]; 7]| [sum(cells, wanted), sum(cells, |_, _| true)];
        Self { rows: sum(&time.hour_of_week.rows), hours: sum(&time.hour_of_week.hours) }
    }

    fn title(&self, when: &str, nothing: &str) -> String {
        let [hours, all_hours] = self.hours;
        if hours == 0 {
            return format!("The log has {nothing}.");
        }
        let even = if hours == all_hours {
            "as all of the time is".into()
        } else {
            format!("which are {} of the time", words::percent(share(hours, all_hours)))
        };
        format!(
            "{} of the connections start {when}, {even}.",
            words::percent(share(self.rows[0], self.rows[1]))
        )
    }
}

fn sum(cells: &[[u64; 24]; 7], wanted: impl Fn(usize, usize) -> bool) -> u64 {
    let days = cells.iter().enumerate();
    let cells = days.flat_map(|(weekday, hours)| {
        hours.iter().enumerate().map(move |(hour, rows)| (weekday, hour, *rows))
    });
    cells.filter(|&(weekday, hour, _)| wanted(weekday, hour)).map(|(_, _, rows)| rows).sum()
}

/// The finding, with the hosts that are busiest then as evidence.
fn finding(
    gathered: &Exploration,
    kind: FindingKind,
    title: String,
    parts: &Parts,
    wanted: fn(usize, usize) -> bool,
) -> Finding {
    let has_local = gathered.details.list().iter().any(|detail| gathered.addresses.is_local(detail.host));
    let mut hosts = Vec::new();
    for detail in gathered.details.list() {
        if has_local && !gathered.addresses.is_local(detail.host) {
            continue;
        }
        let rows = sum(&detail.hour_of_week.map(|hours| hours.map(u64::from)), wanted);
        if rows > 0 {
            hosts.push((gathered.addresses.address(detail.host), rows, detail.rows));
        }
    }
    keep_first(&mut hosts, EVIDENCE, |(address, rows, _)| (Reverse(*rows), *address));
    let evidence = hosts.into_iter().map(|(address, rows, all)| Evidence {
        host: Some(address),
        value: share(rows, all),
        text: format!(
            "{} of {} connections, {}",
            words::count(rows),
            words::count(all),
            words::percent(share(rows, all))
        ),
        ..Evidence::default()
    });
    Finding {
        kind,
        title,
        value: (parts.hours[0] > 0).then(|| share(parts.rows[0], parts.rows[1])),
        unit: "share",
        section: Section::Time,
        figure: "hour_of_week",
        evidence: evidence.collect(),
    }
}
