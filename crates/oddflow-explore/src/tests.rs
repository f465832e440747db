//! What the crate promises as a whole: the same statistics for any cut, bounded tables that say what they forgot, and the numbers of
//! a small log.

mod hostile;
mod limits;
mod readers;

use proptest::prelude::*;
use serde_json::Value;

use crate::exploration::Limits;
use crate::testing::{bare, connections, explore, explore_cut, explore_text};
use crate::{FindingKind, Options, Statistics, VERSION};

/// Five rows of a network that knows its own addresses, on both sides of a change of the clock in Los Angeles.
const LOG: &str = "\
#separator \\x09
#set_separator\t,
#empty_field\t(empty)
#unset_field\t-
#path\tconn
#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tlocal_orig\tlocal_resp\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\ttunnel_parents\tip_proto
1741500000.250000\tC1\t192.168.0.2\t50001\t198.51.100.7\t443\ttcp\tssl,http\t12.500000\t1200\t54000\tSF\tT\tF\t0\tShADadFf\t14\t1800\t40\t56000\t-\t6
1741510800.500000\tC2\t192.168.0.2\t50002\t198.51.100.7\t443\ttcp\thttp,ssl\t0.250000\t600\t2000\tSF\tT\tF\t10\tShADadgFf\t6\t900\t5\t2300\t-\t6
1741510799.000000\tC3\t192.168.0.3\t5353\t224.0.0.251\t5353\tudp\tdns\t-\t-\t-\tS0\tT\tF\t0\tD\t1\t80\t0\t0\t-\t17
1741593600.000000\tC4\t192.168.0.4\t50003\t198.51.100.9\t22\ttcp\t-\t-\t-\t-\tS0\tT\tF\t0\tS\t1\t60\t0\t0\t-\t6
1741680000.000000\tC5\t198.51.100.9\t8\t192.168.0.2\t0\ticmp\t-\t1.000000\t56\t56\tOTH\tF\tT\t0\t-\t1\t84\t1\t84\t-\t1
";

fn los_angeles() -> Options {
    let zone = jiff::tz::TimeZone::get("America/Los_Angeles").expect("the zone is known");
    Options { zone, host: Some("192.168.0.2".parse().expect("an address")), top: 5, ..Options::default() }
}

#[test]
fn numbers_of_a_small_log() {
    let statistics = explore_text(LOG, &Options { top: 2, ..los_angeles() }, 1, 1 << 20);
    let mut json = json(&statistics);
    // What is long and says little here, as five rows leave most of it empty.
    for list in ["overview.unset", "overview.oddities", "hosts", "time.hour_of_week", "host.hour_of_week"] {
        take_out(&mut json, list);
    }
    for matrix in ["pearson", "log_pearson", "rows"] {
        take_out(&mut json, &format!("correlations.{matrix}"));
    }
    for column in json["columns"].as_array_mut().expect("columns") {
        take_out(column, "linear");
        take_out(column, "log");
    }
    for day in json["time"]["days"].as_array_mut().expect("days") {
        take_out(day, "half_hours");
    }
    take_out(&mut json, "host.source_ports.histogram");
    insta::assert_snapshot!(serde_json::to_string_pretty(&json).expect("a value"));
}

/// Leaves out a field, by the names that lead to it.
fn take_out(json: &mut Value, path: &str) {
    match path.split_once('.') {
        Some((name, rest)) => take_out(&mut json[name], rest),
        None => {
            json.as_object_mut().and_then(|fields| fields.remove(path)).expect("the field is there");
        }
    }
}

#[test]
fn days_follow_the_clock_of_the_zone() {
    let statistics = explore_text(LOG, &los_angeles(), 1, 1 << 20);
    let days: Vec<_> =
        statistics.time.days.iter().map(|day| (&*day.date, day.half_hours.len(), day.rows)).collect();
    let expected =
        [("2025-03-08", 48, 1), ("2025-03-09", 46, 2), ("2025-03-10", 48, 1), ("2025-03-11", 48, 1)];
    assert_eq!(days, expected);
    assert_eq!(statistics.zone, "America/Los_Angeles");
}

#[test]
fn no_rows_and_one_row_are_fine() {
    let none = explore(&[], &los_angeles());
    assert_eq!((none.version, none.overview.rows, none.findings.len()), (VERSION, 0, 0));
    assert!(none.columns.iter().all(|column| column.mean.is_none() && column.linear.counts.is_empty()));
    let one = explore(&[bare(1_740_000_000.0)], &los_angeles());
    assert_eq!(one.overview.rows, 1);
    assert_eq!(one.overview.seconds, 0.0);
    assert_eq!(one.time.days.len(), 1);
    assert!(one.correlations.pearson.iter().flatten().all(Option::is_none));
    for statistics in [&none, &one] {
        serde_json::to_string(statistics).expect("numbers and words");
    }
}

#[test]
fn strange_times_are_counted_and_left_out() {
    let log = [bare(-5.0), bare(3.0), bare(1_740_000_000.0), bare(253_402_300_000.0)];
    let statistics = explore(&log, &Options::default());
    assert_eq!(statistics.overview.clock.before_1990, 2);
    assert_eq!(statistics.overview.clock.outside, 3);
    assert_eq!(statistics.overview.clock.out_of_order, 0);
    assert_eq!(statistics.time.days.len(), 1);
    assert_eq!(statistics.overview.gap_count, 0);
}

#[test]
fn a_silence_is_a_gap() {
    let start = 1_740_000_000.0;
    let rows: Vec<_> =
        (0..1000).map(|i| bare(start + f64::from(i) * 10.0 + if i < 500 { 0.0 } else { 40_000.0 })).collect();
    let overview = explore(&rows, &Options::default()).overview;
    assert_eq!((overview.gap_count, overview.gap_threshold), (1, 900.0));
    assert_eq!((overview.gaps[0].start, overview.gaps[0].seconds), (start + 4990.0, 40_010.0));
    assert_eq!(overview.hours_without_rows, 10);
}

#[test]
fn a_rhythm_is_found() {
    let start = 1_740_000_000.0;
    let mut rows: Vec<_> = (0..100).map(|i| bare(start + f64::from(i) * 60.0)).collect();
    rows[17].ts += 0.5;
    let statistics = explore(&rows, &Options::default());
    let regular = statistics.findings.last().expect("ten findings");
    assert_eq!(regular.kind, FindingKind::MostRegular);
    assert_eq!(
        regular.title,
        "192.168.0.2 connects to 198.51.100.7 (443/tcp) every 1 min, 100 times, with intervals that vary by 0.12%."
    );
}

#[test]
fn any_number_of_threads_gives_the_same() {
    let mut text = LOG.to_owned();
    let rows = LOG.lines().filter(|line| !line.starts_with('#'));
    for row in rows.cycle().take(3000) {
        text.push_str(row);
        text.push('\n');
    }
    let json = |threads| {
        let statistics = explore_text(&text, &los_angeles(), threads, 5000);
        assert_eq!(statistics.overview.rows, 3005);
        serde_json::to_string(&statistics).expect("numbers and words")
    };
    assert_eq!(json(1), json(5));
}

#[test]
fn small_tables_forget_and_say_so() {
    let log = connections(3, 4000);
    let exact = explore(&log, &Options::default());
    let limits =
        Limits { addresses: 20, local_addresses: 4, conversations: 60, details: 6, ..Limits::default() };
    let options = Options { host: Some("192.168.0.5".parse().expect("an address")), ..Options::default() };
    let small = explore_cut(&log, &[100], &options, limits);
    let inexact: Vec<_> =
        small.precision.iter().filter(|line| !line.exact).map(|line| line.subject).collect();
    assert_eq!(
        inexact,
        [
            "quantiles and histograms",
            "addresses",
            "peers, fan-out, rhythms",
            "hosts in time, their services and source ports"
        ]
    );
    let near = |a: u64, b: u64| (a as f64 - b as f64).abs() <= 0.1 * b as f64 + 1.0;
    assert!(
        near(small.overview.addresses.count, exact.overview.addresses.count),
        "{:?}",
        small.overview.addresses
    );
    assert!(small.overview.addresses.error > 0.0);
    assert_eq!(small.top.destination_ports, exact.top.destination_ports);
    assert_eq!(small.top.sources.items[0].rows, exact.top.sources.items[0].rows);
    assert!(small.top.sources.beyond > 0);
    let host = small.host.expect("it was asked for");
    assert!(host.forgotten_peers > 0);
    assert_eq!(host.forgotten_in_time, 0, "the host that was asked for is not forgotten");
    assert!(host.distinct_peers.error > 0.0 && host.distinct_peers.count > 10, "{:?}", host.distinct_peers);
}

#[test]
fn a_host_is_told_of_by_both_its_sides() {
    let statistics = explore_text(LOG, &los_angeles(), 1, 1 << 20);
    let host = statistics.host.expect("it was asked for");
    assert_eq!((host.orig_rows, host.resp_rows, host.local), (2, 1, true));
    assert_eq!((host.sent, host.received), (1856, 56_056));
    assert_eq!(host.peers.len(), 1);
    assert_eq!((host.peers[0].rows, &*host.peers[0].ports), (2, &["443/tcp".to_owned()][..]));
    assert_eq!(host.callers[0].address.to_string(), "198.51.100.9");
    assert_eq!(host.unusual_peers.len(), 1, "the other one is talked to by another host too");
    assert_eq!(host.services.items[0].name, "http,ssl");
    assert_eq!((host.source_ports.mean, host.source_ports.rows), (Some(50_001.5), 2));
}

/// Both, without what floating point sums or the sizes of parts may change in the last digits.
fn assert_near(one: &Value, other: &Value, path: &str) {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().expect("a number"), b.as_f64().expect("a number"));
            assert!((a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1e-3), "{path}: {a} and {b}");
        }
        (Value::Array(a), Value::Array(b)) => {
            assert_eq!(a.len(), b.len(), "{path}");
            for (i, (a, b)) in a.iter().zip(b).enumerate() {
                assert_near(a, b, &format!("{path}[{i}]"));
            }
        }
        (Value::Object(a), Value::Object(b)) => {
            assert_eq!(a.len(), b.len(), "{path}");
            for (name, a) in a {
                assert_near(a, &b[name], &format!("{path}.{name}"));
            }
        }
        _ => assert_eq!(one, other, "{path}"),
    }
}

fn json(statistics: &Statistics) -> Value {
    serde_json::to_value(statistics).expect("numbers and words")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_cut_gives_the_same(
        seed: u64,
        rows in 0..600usize,
        cuts in prop::collection::vec(1..200usize, 1..6),
        host in prop::option::of(0..6u8),
    ) {
        let log = connections(seed, rows);
        let host = host.map(|host| std::net::Ipv4Addr::new(192, 168, 0, host).into());
        let options = Options { host, ..Options::default() };
        let whole = explore(&log, &options);
        let parts = explore_cut(&log, &cuts, &options, Limits::default());
        assert_near(&json(&whole), &json(&parts), "");
    }

    #[test]
    fn counts_add_up(seed: u64, rows in 1..600usize) {
        let statistics = explore(&connections(seed, rows), &Options { top: 1000, ..Options::default() });
        let rows = rows as u64;
        let top = &statistics.top;
        for ranking in [&top.protocols, &top.services, &top.states, &top.sources, &top.destinations] {
            prop_assert_eq!(ranking.items.iter().map(|item| item.rows).sum::<u64>(), rows);
            prop_assert_eq!(ranking.distinct.count, ranking.items.len() as u64);
        }
        let time = &statistics.time;
        prop_assert_eq!(time.days.iter().map(|day| day.rows).sum::<u64>(), rows);
        prop_assert_eq!(time.days.iter().flat_map(|day| &day.half_hours).map(|part| part.rows).sum::<u64>(), rows);
        prop_assert_eq!(time.hour_of_week.rows.iter().flatten().sum::<u64>(), rows);
        for (i, column) in statistics.columns.iter().enumerate() {
            prop_assert_eq!(column.count + column.unset, rows);
            prop_assert_eq!(column.linear.counts.iter().sum::<u64>(), column.count);
            prop_assert_eq!(column.log.counts.iter().sum::<u64>() + column.log.left_out, column.count);
            prop_assert_eq!(statistics.correlations.rows[i][i], column.count);
        }
    }
}
