//! What is normal for a host, and what of it is not, by the traffic that was counted.

use std::net::IpAddr;

use oddflow_dashboard::{Change, Problem};
use oddflow_explore::bytes;
use oddflow_store::{HostSort, Incident, Network, Store, TrafficPoint, TrafficQuery};

use crate::text::{number, thousands};

const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;

/// What is looked at to say what is normal before an incident, in seconds.
const BEFORE: f64 = 7.0 * DAY;
/// The same before hours that may be unlike it.
const LONG_BEFORE: f64 = 28.0 * DAY;
/// Nothing is new on the first day of a host.
const FIRST: f64 = DAY;
/// So many times the most of any hour before is unlike it.
const TIMES: u64 = 3;
/// Services that are named.
const SERVICES: usize = 5;
/// Services of a host that may be new.
const ALL_SERVICES: usize = 50;

/// What the host of an incident did in the week before it, a sentence each.
pub(super) fn normal(store: &Store, incident: &Incident) -> Result<Vec<String>, Problem> {
    let Ok(address) = incident.host.parse::<IpAddr>() else { return Ok(Vec::new()) };
    let until = |to: f64| TrafficQuery {
        from: Some(incident.first_ts - BEFORE),
        to: Some(to),
        host: Some(Network::host(address)),
        sensor: Some(incident.sensor.clone()),
        ..TrafficQuery::default()
    };
    let of = |query: &TrafficQuery| {
        store.traffic_hosts(query, HostSort::Rows, (0, 1)).map(|mut page| page.hosts.pop())
    };
    // The half hour of the incident isn't normal, nor are the peers of its day, which are counted by days.
    let query = until(floor(incident.first_ts, HOUR / 2.0));
    let Some(host) = of(&query)? else { return Ok(Vec::new()) };
    let days = ((incident.first_ts - host.first) / DAY).max(1.0 / 24.0);
    // What came in some hours says little of a day.
    let (share, some, a_day) = if days < 1.0 { (1.0, "", "") } else { (1.0 / days, "some ", " a day") };
    let rate = |count: u64| (count as f64 * share).round() as u64;
    let peers = of(&until(floor(incident.first_ts, DAY)))?.map(|host| host.peers);
    let peers = peers.map_or_else(String::new, |peers| format!(" with {} peers in all", thousands(peers)));
    let mut sentences = vec![format!(
        "In the {} before, it had {some}{} connections{a_day}{peers}.",
        length(days),
        thousands(rate(host.totals.rows)),
    )];
    sentences.push(format!(
        "Originators sent {some}{}{a_day} and responders {}.",
        bytes(rate(host.totals.orig_bytes)),
        bytes(rate(host.totals.resp_bytes))
    ));
    let services = store.traffic_services(&query, SERVICES)?;
    let shares: Vec<String> = services
        .iter()
        .map(|of| {
            let share = 100.0 * of.totals.rows as f64 / host.totals.rows.max(1) as f64;
            let name = if of.service == "-" { "no service" } else { &of.service };
            let share = if share < 0.5 { "under 1".into() } else { number(share.round()) };
            format!("{name} {share}%")
        })
        .collect();
    if !shares.is_empty() {
        sentences.push(format!("By connections: {}.", shares.join(", ")));
    }
    Ok(sentences)
}

/// Hours of a host in a time that are unlike all in the four weeks before them, and services that it had not used, a sentence each.
pub(super) fn changes(store: &Store, query: &TrafficQuery) -> Result<Vec<Change>, Problem> {
    let Some(from) = query.from else { return Ok(Vec::new()) };
    let long = TrafficQuery { from: Some(from - LONG_BEFORE), ..query.clone() };
    let series = store.traffic(&long, HOUR as u32, 0)?.series;
    let Some(first) = series.first().map(|point| point.time) else { return Ok(Vec::new()) };
    let from = from.max(first + FIRST);
    let mut changes: Vec<Change> = MEASURES
        .iter()
        .flat_map(|measure| bursts(&series, from, measure).into_iter().map(|burst| burst.told(measure)))
        .collect();
    let is_new = |first: f64| first >= from;
    let services = store.traffic_services(&long, ALL_SERVICES)?;
    changes.extend(services.iter().filter(|of| of.service != "-" && is_new(of.first)).map(|of| Change {
        words: format!("Its first connections by {}: {}.", of.service, thousands(of.totals.rows)),
        since: Some(of.first),
    }));
    Ok(changes)
}

/// Something that an hour has more or less of.
struct Measure {
    of: fn(&TrafficPoint) -> u64,
    /// What is too little to be told of.
    least: u64,
    /// What there was up to, of how much.
    what: &'static str,
    amount: fn(u64) -> String,
}

const MEASURES: [Measure; 4] = [
    Measure { of: |point| point.totals.rows, least: 100, what: "connections", amount: thousands },
    Measure { of: |point| point.totals.failures, least: 50, what: "failed connections", amount: thousands },
    Measure {
        of: |point| point.totals.orig_bytes,
        least: 10_000_000,
        what: "from originators",
        amount: bytes,
    },
    Measure {
        of: |point| point.totals.resp_bytes,
        least: 10_000_000,
        what: "from responders",
        amount: bytes,
    },
];

/// Hours that belong together, and are unlike those before.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Burst {
    since: f64,
    most: u64,
    before: u64,
}

/// The bursts of a host from a time on; one lasts a day at most.
fn bursts(series: &[TrafficPoint], from: f64, measure: &Measure) -> Vec<Burst> {
    let (mut bursts, mut before, mut open): (Vec<Burst>, u64, Option<Burst>) = (Vec::new(), 0, None);
    for point in series {
        let value = (measure.of)(point);
        if let Some(burst) = open.take_if(|burst| point.time - burst.since >= DAY) {
            before = before.max(burst.most);
            bursts.push(burst);
        }
        match &mut open {
            Some(burst) => burst.most = burst.most.max(value),
            None if point.time >= from && value >= measure.least && value > TIMES.saturating_mul(before) => {
                open = Some(Burst { since: point.time, most: value, before });
            }
            None => before = before.max(value),
        }
    }
    bursts.extend(open);
    bursts
}

impl Burst {
    fn told(&self, measure: &Measure) -> Change {
        let amount = measure.amount;
        let words = format!(
            "Up to {} {} an hour; at most {} before.",
            amount(self.most),
            measure.what,
            amount(self.before)
        );
        Change { words, since: Some(self.since) }
    }
}

fn floor(time: f64, step: f64) -> f64 {
    (time / step).floor() * step
}

/// Days, or hours where they are few.
fn length(days: f64) -> String {
    let (count, unit) = if days < 1.5 { (days * 24.0, "hour") } else { (days, "day") };
    match count.round().max(1.0) {
        1.0 => unit.into(),
        count => format!("{} {unit}s", number(count)),
    }
}

#[cfg(test)]
mod tests {
    use oddflow_store::TrafficTotals;

    use super::*;

    fn hours(rows: &[u64]) -> Vec<TrafficPoint> {
        let point = |(hour, rows): (usize, &u64)| TrafficPoint {
            time: hour as f64 * HOUR,
            totals: TrafficTotals { rows: *rows, ..TrafficTotals::default() },
        };
        rows.iter().enumerate().map(point).collect()
    }

    #[test]
    fn hours_unlike_all_before_are_told_as_one() {
        let mut rows = vec![40; 30];
        rows.extend([450, 4_000, 40, 900]);
        let found = bursts(&hours(&rows), DAY, &MEASURES[0]);
        assert_eq!(found, [Burst { since: 30.0 * HOUR, most: 4_000, before: 40 }]);
        let told = found[0].told(&MEASURES[0]);
        assert_eq!(told.words, "Up to 4,000 connections an hour; at most 40 before.");
        // The same a day later is known.
        rows.extend(vec![40; 30]);
        rows.push(5_000);
        assert_eq!(bursts(&hours(&rows), DAY, &MEASURES[0]).len(), 1);
        rows.push(16_000);
        assert_eq!(bursts(&hours(&rows), DAY, &MEASURES[0])[1].before, 5_000);
    }

    #[test]
    fn little_is_no_burst_and_the_first_day_has_none() {
        let mut rows = vec![1; 30];
        rows[5] = 9_000;
        rows.push(99);
        assert_eq!(bursts(&hours(&rows), DAY, &MEASURES[0]), []);
        assert_eq!(bursts(&[], DAY, &MEASURES[0]), []);
    }

    #[test]
    fn lengths_read_well() {
        assert_eq!(
            [0.04, 0.5, 1.0, 1.6, 7.0].map(length),
            ["hour", "12 hours", "24 hours", "2 days", "7 days"]
        );
    }
}
