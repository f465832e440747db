//! Hosts: how often they connect in vain, and since when they are there.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{EVIDENCE, about_host};
use crate::address::Failures;
use crate::exploration::Exploration;
use crate::statistics::{Evidence, Finding, FindingKind, Section};
use crate::tally::{keep_first, share};
use crate::timeline::{day_name, quarter};
use crate::words;

/// The hosts with most TCP connections that were never established.
pub(super) fn failures(gathered: &Exploration) -> Finding {
    let hosts = gathered.addresses.failures(EVIDENCE);
    let of_all = words::percent(share(gathered.tcp.failed, gathered.tcp.rows));
    let title = match hosts.first() {
        None if gathered.tcp.failed > 0 => format!("{of_all} of the TCP connections were never established."),
        None if gathered.tcp.rows == 0 => "There is no TCP connection that could have failed.".into(),
        None => "No TCP connection failed to be established.".into(),
        Some(&Failures { address, failed, rows: Some(rows), .. }) => format!(
            "{} of {} TCP connections from {address} were never established; of all, {of_all}.",
            words::count(failed),
            words::count(rows),
        ),
        Some(&Failures { address, failed, rows: None, .. }) => format!(
            "At least {} TCP connections from {address} were never established; of all, {of_all}.",
            words::count(failed),
        ),
    };
    let evidence = hosts.iter().map(|&Failures { address, failed, rows, first }| {
        let text = match rows {
            Some(rows) => format!(
                "{} of {}, {}",
                words::count(failed),
                words::count(rows),
                words::percent(share(failed, rows))
            ),
            None => format!("at least {}", words::count(failed)),
        };
        Evidence { host: Some(address), value: failed as f64, text, ts: first, ..Evidence::default() }
    });
    Finding {
        kind: FindingKind::MostFailures,
        title,
        value: hosts.first().map(|one| one.failed as f64),
        unit: "connections",
        section: Section::Top,
        figure: "states",
        evidence: evidence.collect(),
    }
}

/// Local hosts that were first seen after the first day.
pub(super) fn new_hosts(gathered: &Exploration) -> Finding {
    let day = |ts: f64| quarter(ts).map(|quarter| gathered.clock.at_quarter(quarter).day);
    let first_day = gathered.written.range().map(|(first, _)| gathered.clock.at_quarter(first).day);
    let last_day = gathered.written.range().map(|(_, last)| gathered.clock.at_quarter(last).day);
    let mut by_day: BTreeMap<i32, Vec<u32>> = BTreeMap::new();
    for (number, (address, known)) in gathered.addresses.list().iter().enumerate() {
        if known.is_local(*address)
            && let Some(day) = day(known.first).filter(|day| Some(*day) > first_day && gathered.has_day(*day))
        {
            by_day.entry(day).or_default().push(number as u32);
        }
    }
    let count: usize = by_day.values().map(Vec::len).sum();
    let title = match (count, first_day == last_day) {
        (_, true) => "The log has one day only: no host can be new.".into(),
        (0, false) => "No local host appears after the first day.".into(),
        (count, false) => format!(
            "{} after the first day, on {}.",
            words::counted(count as u64, "local host appears", "local hosts appear"),
            words::counted(by_day.len() as u64, "day", "days")
        ),
    };
    let mut days: Vec<_> = by_day.into_iter().collect();
    keep_first(&mut days, EVIDENCE, |(day, hosts)| (Reverse(hosts.len()), *day));
    let evidence = days.into_iter().map(|(day, mut hosts)| {
        let order =
            |host: &u32| (Reverse(gathered.addresses.of(*host).rows()), gathered.addresses.address(*host));
        hosts.sort_by_key(order);
        let named: Vec<_> =
            hosts.iter().take(3).map(|host| gathered.addresses.address(*host).to_string()).collect();
        let more = if hosts.len() > named.len() {
            format!(" and {} more", hosts.len() - named.len())
        } else {
            String::new()
        };
        let text = format!(
            "{}: {}{more}",
            words::counted(hosts.len() as u64, "new host", "new hosts"),
            named.join(", ")
        );
        Evidence { subject: day_name(day), ..about_host(gathered, hosts[0], hosts.len() as f64, text) }
    });
    Finding {
        kind: FindingKind::NewHosts,
        title,
        value: (first_day != last_day).then_some(count as f64),
        unit: "hosts",
        section: Section::Time,
        figure: "days",
        evidence: evidence.collect(),
    }
}
