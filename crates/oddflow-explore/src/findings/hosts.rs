//! Hosts: with how many others they talk, how often in vain, since when they are there, and how regularly they come back.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::EVIDENCE;
use crate::address::{Failures, is_group};
use crate::conversation::{Conversation, Key};
use crate::exploration::Exploration;
use crate::statistics::{Distinct, Evidence, Finding, FindingKind, Section};
use crate::story::Stories;
use crate::tally::{keep_first, share};
use crate::timeline::{day_name, quarter};
use crate::words;

/// Connections that a conversation must have before its rhythm says something.
const RHYTHM_ROWS: u64 = 24;
/// Shortest mean interval of a rhythm, in seconds: faster ones are the parts of one exchange.
const RHYTHM_INTERVAL: f64 = 10.0;
/// Coefficient of variation from which on intervals are not called regular.
const IRREGULAR: f64 = 0.5;

/// The hosts that originated connections to most others.
pub(super) fn fan_out(gathered: &Exploration, stories: &Stories) -> Finding {
    let address = |host: u32| gathered.addresses.address(host);
    let mut hosts = stories.fan_out(gathered);
    keep_first(&mut hosts, EVIDENCE, |(host, distinct)| (Reverse(distinct.count), address(*host)));
    let about = |distinct: Distinct| if distinct.error > 0.0 { "about " } else { "" };
    let title = match hosts.first() {
        None => "No host talks to another.".into(),
        Some(&(host, distinct)) => format!(
            "{} talks to {}{}; no host talks to more.",
            address(host),
            about(distinct),
            words::counted(distinct.count, "other address", "other addresses")
        ),
    };
    let evidence = hosts.iter().map(|&(host, distinct)| {
        let text = format!("{}{}", about(distinct), words::counted(distinct.count, "address", "addresses"));
        about_host(gathered, host, distinct.count as f64, text)
    });
    Finding {
        kind: FindingKind::WidestFanOut,
        title,
        value: hosts.first().map(|(_, distinct)| distinct.count as f64),
        unit: "addresses",
        section: Section::Hosts,
        figure: "peers",
        evidence: evidence.collect(),
    }
}

fn about_host(gathered: &Exploration, host: u32, value: f64, text: String) -> Evidence {
    let first = gathered.addresses.of(host).first;
    Evidence {
        host: Some(gathered.addresses.address(host)),
        value,
        text,
        ts: Some(first).filter(|first| first.is_finite()),
        ..Evidence::default()
    }
}

/// The hosts with most TCP connections that were never established.
pub(super) fn failures(gathered: &Exploration) -> Finding {
    let hosts = gathered.addresses.failures(EVIDENCE);
    let of_all = words::percent(share(gathered.tcp.failed, gathered.tcp.rows));
    let title = match hosts.first() {
        None if gathered.tcp.failed > 0 => format!("{of_all} of the TCP connections were never established."),
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
    let first_day = gathered.timeline.range().map(|(first, _)| gathered.clock.at_quarter(first).day);
    let last_day = gathered.timeline.range().map(|(_, last)| gathered.clock.at_quarter(last).day);
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

/// Connections that come back at the most regular intervals.
pub(super) fn regular(gathered: &Exploration) -> Finding {
    let mut rhythms: Vec<(Key, Conversation, (f64, f64))> = Vec::new();
    for (key, conversation) in gathered.conversations.kept() {
        if conversation.tally.rows >= RHYTHM_ROWS
            && let Some((interval, variation)) = conversation.rhythm()
            && interval >= RHYTHM_INTERVAL
            && variation <= IRREGULAR
            && !is_group(gathered.addresses.address(key.resp))
        {
            rhythms.push((*key, *conversation, (interval, variation)));
        }
    }
    // A variation is finite and not negative, so its bits are in its order.
    keep_first(&mut rhythms, EVIDENCE, |(key, _, (_, variation))| {
        let ends = (gathered.addresses.address(key.orig), gathered.addresses.address(key.resp));
        (variation.to_bits(), ends, key.port, key.transport)
    });
    let title = match rhythms.first() {
        None => "No connection comes back at regular intervals.".into(),
        Some((key, conversation, (interval, variation))) => format!(
            "{} connects to {} ({}) every {}, {} times, with intervals that vary by {}.",
            gathered.addresses.address(key.orig),
            gathered.addresses.address(key.resp),
            key.transport.port(key.port),
            words::duration(*interval),
            words::count(conversation.tally.rows),
            words::percent(*variation)
        ),
    };
    let evidence = rhythms.iter().map(|(key, conversation, (interval, variation))| Evidence {
        subject: String::new(),
        host: Some(gathered.addresses.address(key.orig)),
        peer: Some(gathered.addresses.address(key.resp)),
        port: Some(key.transport.port(key.port)),
        value: *variation,
        text: format!(
            "every {}, {} times, ±{}",
            words::duration(*interval),
            words::count(conversation.tally.rows),
            words::percent(*variation)
        ),
        uid: None,
        ts: Some(conversation.first),
    });
    Finding {
        kind: FindingKind::MostRegular,
        title,
        value: rhythms.first().map(|(_, _, (_, variation))| *variation),
        unit: "share",
        section: Section::Hosts,
        figure: "peers",
        evidence: evidence.collect(),
    }
}
