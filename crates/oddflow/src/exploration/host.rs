//! The figures of one host.

use std::net::IpAddr;

use oddflow_explore::{HostStatistics, Peer, Statistics};
use oddflow_figures::{
    DailyBars, Heading, HourOfWeek, Item, Mark, PortDistribution, Quantity, RankedBars, Rest, Spacing,
    daily_bars, hour_of_week, port_distribution, ranked_bars,
};

use super::figures::{self, Drawn, Place, day_number, densest, ranking, spacing};
use super::sections::and_more;
use super::table::Table;
use crate::text::{counted, thousands};

/// Peers that a figure shows.
const PEERS: usize = 15;

/// The name of a host's figure: that of a file, so without the colons of an address.
pub(super) fn figure_name(host: IpAddr, figure: &str) -> String {
    format!("host-{}-{figure}", host.to_string().replace(':', "-"))
}

/// What is drawn of a host: all of it for the one that was asked for, else its peers and its week.
pub(super) fn figures(of: &HostStatistics, place: Place, statistics: &Statistics) -> Vec<Drawn> {
    let whole = place == Place::Host(0);
    let name = |figure: &str| figure_name(of.address, figure);
    let mut all = vec![
        peers(
            name("peers"),
            &format!("Whom {} talks to", of.address),
            &of.peers,
            of.distinct_peers.count,
            place,
        ),
        peers(
            name("callers"),
            &format!("Who talks to {}", of.address),
            &of.callers,
            of.distinct_callers.count,
            place,
        ),
        week(name("week"), of, place, statistics),
    ];
    if whole {
        let title = format!("Ports that {} talks to", of.address);
        all.push(ranking(name("ports"), &title, &of.ports, place));
        let title = format!("Ports of {} that others talk to", of.address);
        all.push(ranking(name("served-ports"), &title, &of.served_ports, place));
        let title = format!("Services that {} uses", of.address);
        all.push(ranking(name("services"), &title, &of.services, place));
        let title = format!("Services that {} offers", of.address);
        all.push(ranking(name("served-services"), &title, &of.served_services, place));
        all.push(source_ports(name("source-ports"), of, place));
        all.push(days(name("days"), of, place, &statistics.zone));
    }
    all
}

fn peers(name: String, title: &str, peers: &[Peer], distinct: u64, place: Place) -> Drawn {
    let mut table = Table::new(&["address", "local", "rows", "share", "sent", "received", "ports"]);
    for peer in peers {
        table.row([
            (&peer.address.to_string()).into(),
            (if peer.local { "T" } else { "F" }).into(),
            peer.rows.into(),
            peer.share.into(),
            peer.sent.into(),
            peer.received.into(),
            (&peer.ports.join(" ")).into(),
        ]);
    }
    let shown = &peers[..peers.len().min(PEERS)];
    let names: Vec<String> = shown
        .iter()
        .map(|peer| match peer.ports.first() {
            Some(port) => {
                format!("{}  {}", peer.address, and_more(port, peer.port_count.saturating_sub(1), "port"))
            }
            None => peer.address.to_string(),
        })
        .collect();
    let items: Vec<Item<'_>> =
        shown.iter().zip(&names).map(|(peer, name)| Item { name, value: peer.rows as f64 }).collect();
    let subtitle = counted(distinct, "host");
    let others = distinct.saturating_sub(shown.len() as u64);
    let rest_name = format!("{} others", thousands(others));
    // Each peer's share is of all rows in that direction.
    let share: f64 = shown.iter().map(|peer| peer.share).sum();
    let rows: f64 = shown.iter().map(|peer| peer.rows as f64).sum();
    let total = (share > 0.0).then(|| (rows / share).round());
    let rest = (others > 0).then(|| Rest { name: &rest_name, value: total.unwrap_or(rows) - rows });
    Drawn::new(name, place, table, |width| {
        ranked_bars(
            &RankedBars {
                heading: Heading { title, subtitle: &subtitle, notes: &[] },
                measure: "connections",
                quantity: Quantity::Count,
                items: &items,
                rest,
                total,
            },
            width,
        )
    })
}

fn week(name: String, of: &HostStatistics, place: Place, statistics: &Statistics) -> Drawn {
    let mut table = Table::new(&["weekday", "hour", "rows"]);
    for (day, hours) in of.hour_of_week.iter().enumerate() {
        for (hour, rows) in hours.iter().enumerate() {
            table.row([day.into(), hour.into(), (*rows).into()]);
        }
    }
    // Hours that the logs don't cover are not quiet but unknown.
    let mut values = of.hour_of_week.map(|day| day.map(|rows| rows as f64));
    let covered = statistics.time.hour_of_week.hours.iter().flatten();
    for (value, _) in values.iter_mut().flatten().zip(covered).filter(|(_, hours)| **hours == 0) {
        *value = f64::NAN;
    }
    let title = format!("Connections of {} by hour of the week", of.address);
    Drawn::new(name, place, table, |width| {
        hour_of_week(
            &HourOfWeek {
                heading: Heading { title: &title, subtitle: &statistics.zone, notes: &[] },
                measure: "connections",
                quantity: Quantity::Count,
                values: &values,
                spacing: spacing(&values),
            },
            width,
        )
    })
}

fn source_ports(name: String, of: &HostStatistics, place: Place) -> Drawn {
    let ports = &of.source_ports;
    let mut table = Table::new(&["from", "to", "rows"]);
    for (edges, count) in ports.histogram.edges.windows(2).zip(&ports.histogram.counts) {
        table.row([edges[0].into(), edges[1].into(), (*count).into()]);
    }
    let notable: Vec<Mark<'_>> =
        ports.notable.iter().map(|port| Mark { label: "", value: f64::from(port.port) }).collect();
    let title = format!("Ports that {} connects from", of.address);
    Drawn::new(name, place, table, |width| {
        port_distribution(
            &PortDistribution {
                heading: Heading { title: &title, subtitle: "", notes: &[] },
                counted: "connection",
                counts: &ports.histogram.counts,
                spacing: Spacing::Linear,
                mean: ports.mean,
                notable: &notable,
            },
            width,
        )
    })
}

fn days(name: String, of: &HostStatistics, place: Place, zone: &str) -> Drawn {
    let mut table = Table::new(&["date", "rows"]);
    let numbered: Vec<(i32, u64)> = (of.days.iter())
        .filter_map(|day| {
            table.row([(&day.date).into(), day.rows.into()]);
            Some((day_number(&day.date)?, day.rows))
        })
        .collect();
    let first = densest(&numbered);
    let mut values: Vec<Option<f64>> = Vec::new();
    for (number, rows) in numbered {
        if let Some(place) = figures::place(number, first) {
            values.resize(values.len().max(place + 1), Some(0.0));
            values[place] = Some(rows as f64);
        }
    }
    let title = format!("Connections of {} by date", of.address);
    Drawn::new(name, place, table, |width| {
        daily_bars(
            &DailyBars {
                heading: Heading { title: &title, subtitle: zone, notes: &[] },
                measure: "connections",
                quantity: Quantity::Count,
                first,
                values: &values,
            },
            width,
        )
    })
}
