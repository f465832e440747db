//! Logs with values that no network makes: they are counted, and leave the other numbers as they are.

use std::net::{IpAddr, Ipv4Addr};

use jiff::tz::TimeZone;
use zeek_log::ConnRecord;

use crate::columns::LONGEST;
use crate::exploration::Limits;
use crate::testing::{bare, explore, explore_cut};
use crate::{FindingKind, Options, Statistics};

const START: f64 = 1_740_000_000.0;

/// A week of two hosts, one row every five minutes.
fn week() -> Vec<ConnRecord<'static>> {
    let from = |i: u32| IpAddr::from(Ipv4Addr::new(192, 168, 0, (i % 2) as u8));
    (0..2016).map(|i| ConnRecord { orig_h: from(i), ..bare(START + f64::from(i) * 300.0) }).collect()
}

fn clock_gone_wrong(ts: f64) -> Statistics {
    let mut log = week();
    log.insert(1000, bare(ts));
    explore_cut(&log, &[100], &Options::default(), Limits::default())
}

#[test]
fn a_row_of_another_age_leaves_the_figures_in_time_alone() {
    let right = explore(&week(), &Options::default());
    // The beginning of the epoch, and the last second that 32 bits have.
    for ts in [3.0, 4_294_967_295.0] {
        let told = clock_gone_wrong(ts);
        assert_eq!(told.overview.clock.outside, 1, "{ts}");
        assert_eq!(told.overview.clock.before_1990, u64::from(ts == 3.0));
        assert_eq!(told.time, right.time, "{ts}");
        let spans = |of: &Statistics| (of.overview.first, of.overview.last, of.overview.hours);
        assert_eq!(spans(&told), spans(&right), "{ts}");
        assert_eq!(told.overview.hours_without_rows, 0, "{ts}");
        assert_eq!(told.overview.gap_count, 0, "{ts}");
        let new = |of: &Statistics| {
            of.findings
                .iter()
                .find(|finding| finding.kind == FindingKind::NewHosts)
                .map(|one| one.title.clone())
        };
        // That row's own host is new in the year 2106, which is no day of the log.
        assert!(new(&told).is_some_and(|title| title.contains("No local host appears")), "{:?}", new(&told));
        let host = &told.hosts[0];
        assert_eq!(host.first, right.hosts[0].first, "{ts}");
    }
    assert_eq!(clock_gone_wrong(3.0).overview.clock.furthest_back, 0.0);
}

#[test]
fn a_row_without_a_time_is_not_told_as_forgotten() {
    let told = clock_gone_wrong(3.0);
    let host = told.hosts.iter().find(|host| host.address == bare(0.0).orig_h).expect("it is local");
    assert_eq!((host.forgotten_in_time, host.without_time, host.forgotten_days), (0, 1, 0));
}

#[test]
fn days_beyond_those_that_are_kept_of_a_host_are_counted() {
    let log: Vec<_> = (0..1100).map(|day| bare(START + f64::from(day) * 86_400.0)).collect();
    let host = &explore(&log, &Options::default()).hosts[0];
    assert_eq!((host.days.len(), host.forgotten_days, host.forgotten_in_time), (1096, 4, 0));
}

#[test]
fn days_and_services_of_all_hosts_are_bounded() {
    let from = |i: u32| IpAddr::from(Ipv4Addr::new(192, 168, 0, i as u8));
    let log: Vec<_> = (0..4000_u32)
        .map(|i| ConnRecord { orig_h: from(i % 20), ..bare(START + f64::from(i) * 8640.0) })
        .collect();
    let told = explore_cut(&log, &[100], &Options::default(), Limits { entries: 500, ..Limits::default() });
    let days: usize = told.hosts.iter().map(|host| host.days.len()).sum();
    assert!(days <= 520, "{days}");
    assert!(told.hosts.iter().any(|host| host.forgotten_in_time > 0));
}

#[test]
fn a_duration_of_ages_is_none() {
    for absurd in [1e300, f64::INFINITY, LONGEST * 1.001] {
        let log = [
            ConnRecord { duration: Some(absurd), ..bare(START) },
            ConnRecord { duration: Some(2.0), ..bare(START + 1.0) },
        ];
        let told = explore(&log, &Options::default());
        let column = &told.columns[0];
        assert_eq!((column.count, column.unset, column.max), (1, 1, Some(2.0)), "{absurd}");
        assert!(column.quantiles.iter().all(|quantile| (quantile.value - 2.0).abs() < 0.01));
        let odd = |name: &str| told.overview.oddities.iter().find(|odd| odd.name == name).map(|odd| odd.rows);
        assert_eq!((odd("absurd_duration"), odd("over_a_day")), (Some(1), Some(0)), "{absurd}");
        assert!(
            told.findings[0].title.starts_with("The longest connection lasted 2 s"),
            "{:?}",
            told.findings[0]
        );
    }
}

#[test]
fn endless_texts_are_cut() {
    let endless = "é".repeat(10_000);
    let log =
        [ConnRecord { uid: Some(&endless), service: Some(&endless), duration: Some(1.0), ..bare(START) }];
    let json = serde_json::to_string(&explore(&log, &Options::default())).expect("numbers and words");
    assert!(json.len() < 60_000, "{}", json.len());
}

#[test]
fn the_host_that_was_asked_for_is_told_once() {
    let options = Options { host: Some(IpAddr::from([192, 168, 0, 1])), ..Options::default() };
    let told = explore(&week(), &options);
    let addresses: Vec<_> = told.host.iter().chain(&told.hosts).map(|host| host.address).collect();
    assert_eq!(addresses, [[192, 168, 0, 1], [192, 168, 0, 0]].map(IpAddr::from));
}

#[test]
fn an_hour_that_comes_twice_is_covered_twice() {
    let zone = TimeZone::get("America/Los_Angeles").expect("the zone is known");
    // 2025-11-02: at 09:00 UTC the clock goes from 2 back to 1.
    let first = 1_762_066_800.0;
    let log: Vec<_> = (0..16).map(|quarter| bare(first + 60.0 + f64::from(quarter) * 900.0)).collect();
    let told = explore(&log, &Options { zone, ..Options::default() });
    let sunday = &told.time.hour_of_week.hours[6];
    assert_eq!(sunday[..4], [1, 2, 1, 0], "{sunday:?}");
    assert_eq!(told.time.hour_of_week.rows[6][..4], [4, 8, 4, 0]);
}
