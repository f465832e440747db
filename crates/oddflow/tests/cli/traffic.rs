//! What all traffic comes to is what stands in the logs: each row once, however the run was cut, by however many threads.

use std::collections::BTreeMap;
use std::path::Path;

use oddflow_store::{ChannelQuery, ChannelSort, HostSort, Store, TrafficQuery};
use serde_json::{Value, json};

use crate::fixtures::{self, QUICK_BEHAVIOUR};
use crate::folder::{Folder, skipped};
use crate::watched::{start, stop, wait_for_rows};

/// All that can be asked of a database's traffic.
pub(crate) fn traffic(folder: &Folder, database: &str) -> Vec<Value> {
    let store = Store::open_read_only(folder.path(database)).expect("a database");
    let all = TrafficQuery::default();
    let hosts = store.traffic_hosts(&all, HostSort::Rows, (0, usize::MAX)).expect("reads");
    let mut told = vec![
        json!(store.traffic_extent(&all).expect("reads")),
        json!(store.traffic(&all, 1800, 1000).expect("reads")),
        json!(store.traffic_services(&all, 1000).expect("reads")),
        json!(store.traffic_correlation(&all).expect("reads")),
        json!(hosts),
    ];
    for of in hosts.hosts {
        let host = of.host.parse().expect("an address");
        let (from, to, sensor, model, sort) = (None, None, None, None, ChannelSort::Rows);
        let channels = ChannelQuery { host, from, to, sensor, model, sort, limit: usize::MAX };
        told.push(json!(store.traffic_channels(&channels).expect("reads")));
        let query =
            TrafficQuery { host: Some(of.host.parse().expect("a network")), ..TrafficQuery::default() };
        told.push(json!(store.traffic(&query, 3600, 1000).expect("reads")));
        told.push(json!(store.traffic_services(&query, 1000).expect("reads")));
    }
    told
}

/// Rows and bytes of a log by service, read from its text.
fn services_of(log: &str) -> BTreeMap<String, [u64; 3]> {
    let (header, rows) = fixtures::parts(log);
    let fields = header.lines().find_map(|line| line.strip_prefix("#fields\t")).expect("fields");
    let column = |name: &str| fields.split('\t').position(|field| field == name).expect("a column");
    let columns = ["service", "orig_bytes", "resp_bytes"].map(column);
    let mut services: BTreeMap<String, [u64; 3]> = BTreeMap::new();
    for row in rows {
        let cells: Vec<&str> = row.trim_end().split('\t').collect();
        let mut names: Vec<&str> = cells[columns[0]].split(',').collect();
        names.sort_unstable();
        let sums = services.entry(names.join(",")).or_default();
        sums[0] += 1;
        for (sum, column) in sums[1..].iter_mut().zip(&columns[1..]) {
            *sum += cells[*column].parse::<u64>().unwrap_or(0);
        }
    }
    services
}

#[test]
fn traffic_is_that_of_the_log_for_any_number_of_threads() {
    let folder = Folder::household();
    let log = &fixtures::household().attacked;
    folder.write("conn.log", log);
    folder.ok("detect conn.log -m home.model --db one.db --conn-only --threads 1");
    folder.ok("detect conn.log -m home.model --db four.db --conn-only --threads 4");
    let told = traffic(&folder, "one.db");
    assert!(told == traffic(&folder, "four.db"));

    let store = Store::open(folder.path("one.db")).expect("a database");
    store.check().expect("a whole one");
    let services = services_of(log);
    let found = store.traffic_services(&TrafficQuery::default(), 1000).expect("reads");
    let found: BTreeMap<String, [u64; 3]> = found
        .into_iter()
        .map(|of| (of.service, [of.totals.rows, of.totals.orig_bytes, of.totals.resp_bytes]))
        .collect();
    assert_eq!(found, services);
    // The highest score of all rows is that of the highest alert, as some were flagged.
    let peak = store.traffic(&TrafficQuery::default(), 3600, 1).expect("reads").totals.peak;
    let alerts = folder.alerts("one.db");
    let highest = alerts.iter().filter_map(|alert| alert["score"].as_f64()).fold(0.0, f64::max);
    assert!((peak - highest).abs() < 1e-6, "{peak} and {highest}");
    // Who sends a beacon has a channel with a rhythm.
    let hosts = store.traffic_hosts(&TrafficQuery::default(), HostSort::Rows, (0, 100)).expect("reads").hosts;
    let steady = hosts.iter().filter(|of| {
        let host = of.host.parse().expect("an address");
        let (from, to, sensor, model, sort) = (None, None, None, None, ChannelSort::Rhythm);
        let query = ChannelQuery { host, from, to, sensor, model, sort, limit: 1 };
        let channels = store.traffic_channels(&query).expect("reads").channels;
        channels
            .first()
            .is_some_and(|channel| channel.rows >= 10 && channel.gap_cv.is_some_and(|cv| cv < 0.5))
    });
    assert!(steady.count() > 0);
}

#[test]
fn connections_that_are_left_out_are_not_counted() {
    let folder = Folder::household();
    folder.write("conn.log", &fixtures::household().attacked);
    let output = folder
        .command("detect conn.log -m home.model --db a.db --conn-only --exclude")
        .arg("service == dns")
        .output()
        .expect("starts");
    assert!(output.status.success());
    let store = Store::open_read_only(folder.path("a.db")).expect("a database");
    let services = store.traffic_services(&TrafficQuery::default(), 1000).expect("reads");
    assert!(services.len() > 3 && services.iter().all(|of| of.service != "dns"));
    let scored: u64 = store.logs().expect("reads").iter().map(|log| log.progress.rows_scored).sum();
    assert_eq!(store.traffic_extent(&TrafficQuery::default()).expect("reads").expect("some").rows, scored);
}

#[test]
fn real_logs_are_counted_whole() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    for name in ["office-day", "office-day-attacked", "iot-mirai", "port-scan", "rotated"] {
        let logs = data.join(name);
        if !logs.exists() {
            skipped(&format!("../shared/data/{name} is not there"));
            continue;
        }
        let folder = Folder::household();
        let logs = logs.display();
        folder.ok(&format!("detect {logs} -m home.model --db a.db --conn-only"));
        let store = Store::open(folder.path("a.db")).expect("a database");
        store.check().expect("a whole one");
        let rows: u64 = store.logs().expect("a ledger").iter().map(|log| log.progress.rows).sum();
        let all = TrafficQuery::default();
        let traffic = store.traffic(&all, 86_400, 1000).expect("reads");
        assert!(rows > 1_000);
        assert_eq!(traffic.totals.rows, rows, "{name}");
        let services = store.traffic_services(&all, 1000).expect("reads");
        assert_eq!(services.iter().map(|of| of.totals.rows).sum::<u64>(), rows, "{name}");
        assert_eq!(traffic.series.iter().map(|point| point.totals.rows).sum::<u64>(), rows, "{name}");
    }
}

#[test]
fn a_day_that_comes_again_is_added_to() {
    const DAY: f64 = 86_400.0;
    let folder = Folder::household();
    let (header, rows) = fixtures::parts(&fixtures::household().attacked);
    std::fs::create_dir_all(folder.path("zeek")).expect("a folder");
    let child = start(&folder, "rotated");
    let mut days: BTreeMap<u64, u64> = BTreeMap::new();
    // Between two parts of the same days come others, and a commit after each: what is stored of a day is asked for again.
    let parts = [(&rows[..600], 0.0), (&rows[600..700], 7.0 * DAY), (&rows[700..1500], 0.0)];
    let mut written = 0;
    for (hour, (rows, later)) in parts.into_iter().enumerate() {
        let mut text = header.clone();
        for row in rows {
            let (start, rest) = row.split_once('\t').expect("columns");
            let start = start.parse::<f64>().expect("a time") + later;
            let duration: f64 =
                rest.split('\t').nth(7).and_then(|duration| duration.parse().ok()).unwrap_or(0.0);
            *days.entry(((start + duration) / DAY) as u64).or_default() += 1;
            text += &format!("{start:.6}\t{rest}");
        }
        let name = format!("zeek/2026-02-27/conn.0{hour}:00:00-0{}:00:00.log.gz", hour + 1);
        folder.write(&name, fixtures::gz(text));
        written += rows.len() as u64;
        wait_for_rows(&folder, written);
    }
    assert!(stop(child).status.success());
    let store = Store::open(folder.path("a.db")).expect("a database");
    store.check().expect("a whole one");
    let traffic = store.traffic(&TrafficQuery::default(), 86_400, 1000).expect("reads");
    let counted = traffic.series.iter().filter(|point| point.totals.rows > 0);
    let counted: BTreeMap<u64, u64> =
        counted.map(|point| ((point.time / DAY) as u64, point.totals.rows)).collect();
    assert_eq!(counted, days);
}

#[test]
fn two_models_without_a_role_are_not_added_up() {
    let folder = Folder::household();
    folder.write("conn.log", &fixtures::household().attacked);
    folder.ok(&format!("train conn.log -o other.model --conn-only {QUICK_BEHAVIOUR}"));
    folder.ok("detect conn.log -m home.model --db a.db --conn-only");
    let before = traffic(&folder, "a.db");
    folder.ok("detect conn.log -m other.model --db a.db --conn-only");
    let rows = |told: &[Value]| told[0]["rows"].clone();
    assert_eq!(rows(&traffic(&folder, "a.db")), rows(&before));
}
