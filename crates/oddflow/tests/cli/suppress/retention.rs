//! What is old goes: by hand, and as the service runs.

use oddflow_store::Store;

use super::{archive, everything, with_incidents};
use crate::fixtures;
use crate::folder::Folder;

fn newest_row(folder: &Folder) -> f64 {
    let store = Store::open(folder.path("a.db")).expect("a database");
    store.newest_row().expect("reads").expect("rows")
}

fn check(folder: &Folder) {
    Store::open(folder.path("a.db")).and_then(|store| store.check()).expect("whole");
}

#[test]
fn what_is_old_goes_and_the_rest_stays() {
    let folder = with_incidents();
    let newest = newest_row(&folder);
    let before = everything(&folder);
    let days = 0.5;
    let stays = |incident: &&serde_json::Value| {
        incident["last_ts"].as_f64().expect("a time") >= newest - days * 86_400.0
    };
    let expected: Vec<_> = before.iter().filter(stays).cloned().collect();
    assert!(!expected.is_empty() && expected.len() < before.len());
    let gone = before.len() - expected.len();
    folder.ok(&format!("incidents expire --db a.db --days {days}")).says(&format!("{gone} incident"));
    assert_eq!(everything(&folder), expected);
    let rows: u64 = expected.iter().map(|incident| incident["rows_stored"].as_u64().expect("rows")).sum();
    assert_eq!(folder.ok("alerts export --db a.db").json().len() as u64, rows);
    check(&folder);
    folder.ok(&format!("incidents expire --db a.db --days {days}")).says("0 incidents and 0 alerts");
    // What was read stays known, though the file is gone, unless that is to go too; and only where other files are there.
    folder.ok("detect attacked.log -m home.model --db a.db").says("nothing new");
    folder.ok("incidents expire --db a.db --days 0 --log-days 0").says("0 logs forgotten");
    folder.ok("detect attacked.log -m home.model --db a.db").says("nothing new");
    folder.run("incidents expire --db a.db").exits(2).says("--days <N>");
    folder.run("incidents expire --db none.db --days 1").fails(6, &["no database none.db"]);
}

#[test]
fn alerts_of_a_classic_model_go_too() {
    let folder = Folder::new();
    folder.ok("detect conn.log -m home.model --db a.db");
    let alerts = |folder: &Folder| folder.ok("alerts export --db a.db --sort oldest").json();
    let before = alerts(&folder);
    let newest = newest_row(&folder);
    let middle = before[before.len() / 2]["ts"].as_f64().expect("a time");
    let days = (newest - middle) / 86_400.0;
    folder.ok(&format!("incidents expire --db a.db --days {days}"));
    let after = alerts(&folder);
    assert!(!after.is_empty() && after.len() < before.len());
    assert_eq!(after, before[before.len() - after.len()..]);
    check(&folder);
}

/// The archives of some days, each under its own name and date.
fn archives(folder: &Folder) {
    let (header, rows) = fixtures::parts(&fixtures::household().attacked);
    for (part, rows) in rows.chunks(rows.len().div_ceil(8)).enumerate() {
        let day = 27 + part / 4;
        let open = format!("#open\t2026-02-{day}-{:02}-00-00\n", part % 4);
        let fields = header.find("#fields").expect("a header");
        let name = format!("zeek/2026-02-{day}/conn.{:02}:00:00-{:02}:00:00.log.gz", part % 4, part % 4 + 1);
        let text = format!("{}{open}{}{}", &header[..fields], &header[fields..], rows.concat());
        archive(folder, &name, &text);
    }
}

const WATCH: &str = "watch zeek -m home.model --db a.db --config oddflow.toml --mode rotated --once";
const SETTINGS: &str = "[watch]\npoll_s = 0.02\nsettle_s = 0.1\ncompanions = false\n";

#[test]
fn the_service_keeps_so_many_days() {
    let folder = Folder::household();
    archives(&folder);
    folder.write("oddflow.toml", SETTINGS);
    folder.ok(WATCH);
    let newest = newest_row(&folder);
    let before = everything(&folder);
    folder.write("oddflow.toml", format!("{SETTINGS}[retention]\ndays = 0.5\n"));
    folder.ok(WATCH).says("old results removed");
    let kept = |incident: &&serde_json::Value| {
        incident["last_ts"].as_f64().expect("a time") >= newest - 0.5 * 86_400.0
    };
    let expected: Vec<_> = before.iter().filter(kept).cloned().collect();
    assert!(!expected.is_empty() && expected.len() < before.len());
    assert_eq!(everything(&folder), expected);
    check(&folder);
    folder.write("oddflow.toml", format!("{SETTINGS}[retention]\ndays = -1\n"));
    folder.run(WATCH).fails(2, &["retention.days"]);
    folder.write("oddflow.toml", format!("{SETTINGS}[retention]\nmax_bytes = 100\n"));
    folder.run(WATCH).fails(2, &["retention.max_bytes"]);
}

/// The ledger of a log goes when its file is gone and it is old; one that is there is never forgotten.
#[test]
fn logs_that_are_gone_are_forgotten() {
    let folder = Folder::household();
    archives(&folder);
    folder.write("oddflow.toml", SETTINGS);
    folder.ok(WATCH);
    assert_eq!(folder.ledger_entries("a.db").len(), 8);
    let ledger = format!("{SETTINGS}[retention]\ndays = 0.01\nlog_days = 0.01\n");
    folder.write("oddflow.toml", &ledger);
    folder.ok(WATCH);
    assert_eq!(folder.ledger_entries("a.db").len(), 8, "all files are there");
    std::fs::rename(folder.path("zeek"), folder.path("elsewhere")).expect("it is there");
    std::fs::create_dir_all(folder.path("zeek")).expect("a folder");
    folder.ok("incidents expire --db a.db --days 0 --log-days 0").says("0 logs forgotten");
    assert_eq!(folder.ledger_entries("a.db").len(), 8, "a folder that isn't there says nothing of its files");
    std::fs::remove_dir(folder.path("zeek")).expect("it is empty");
    std::fs::rename(folder.path("elsewhere"), folder.path("zeek")).expect("it is there");
    std::fs::remove_dir_all(folder.path("zeek/2026-02-27")).expect("it is there");
    folder.ok(WATCH);
    // One of which an alert is left stays.
    let alerts = folder.ok("alerts export --db a.db").json();
    let has_alerts = |file: &str| alerts.iter().any(|alert| alert["file"] == file);
    let left: Vec<String> = folder.ledger_entries("a.db").into_iter().map(|entry| entry.file).collect();
    assert!(
        left.len() < 8 && left.iter().filter(|file| file.contains("2026-02-28")).count() == 4,
        "{left:?}"
    );
    assert!(left.iter().all(|file| file.contains("2026-02-28") || has_alerts(file)), "{left:?}");
    check(&folder);
}

/// The name of a live log is another one's an hour later. It is forgotten when it lies nowhere, and not while it lies somewhere else.
#[test]
fn live_logs_that_are_gone_are_forgotten_too() {
    let folder = Folder::household();
    let (header, rows) = fixtures::parts(&fixtures::household().attacked);
    let header: String = header.split_inclusive('\n').filter(|line| !line.starts_with("#open")).collect();
    let fields = header.find("#fields").expect("a header");
    let (before, after) = header.split_at(fields);
    let hours: Vec<String> = (rows.chunks(rows.len().div_ceil(4)).enumerate())
        .map(|(hour, rows)| format!("{before}#open\t2026-02-28-{hour:02}-00-00\n{after}{}", rows.concat()))
        .collect();
    let watch = |mode: &str, log_days: &str| {
        let retention = format!("[retention]\ndays = 0.001\nlog_days = {log_days}\n");
        folder.write("oddflow.toml", format!("{SETTINGS}{retention}"));
        folder
            .ok(&format!("watch zeek -m home.model --db a.db --config oddflow.toml --mode {mode} --once -v"))
    };
    let rows_read = |folder: &Folder| -> u64 {
        folder.ledger_entries("a.db").iter().map(|entry| entry.progress.rows).sum()
    };
    let live = "zeek/current/conn.log";
    let moved = |hour: usize| format!("zeek/current/conn-2026-02-28-0{hour}-00-00.log");
    for (hour, text) in hours.iter().enumerate() {
        folder.write(live, text);
        watch("live", "0");
        std::fs::rename(folder.path(live), folder.path(&moved(hour))).expect("it is there");
    }
    let read = rows_read(&folder);
    assert_eq!((read, folder.ledger_entries("a.db").len()), (rows.len() as u64, 4));
    assert!(folder.ledger_entries("a.db").iter().all(|entry| entry.file.ends_with("/current/conn.log")));
    // The first is archived, the second gone, the third where Zeek has put it; and the last has the name that all had.
    archive(&folder, "zeek/2026-02-28/conn.00:00:00-01:00:00.log.gz", &hours[0]);
    std::fs::rename(folder.path(&moved(3)), folder.path(live)).expect("it is there");
    for gone in [moved(0), moved(1)] {
        std::fs::remove_file(folder.path(&gone)).expect("it is there");
    }
    let opened = || -> Vec<String> {
        let entries = folder.ledger_entries("a.db").into_iter();
        let mut opened: Vec<String> = entries.map(|entry| entry.identity.opened).collect();
        opened.sort();
        opened
    };
    let left = ["2026-02-28-00-00-00", "2026-02-28-02-00-00", "2026-02-28-03-00-00"];
    // By name alone nothing is gone.
    folder.ok("incidents expire --db a.db --days 0 --log-days 0").says("0 logs forgotten");
    for mode in ["live", "rotated"] {
        watch(mode, "0.001");
        assert_eq!(opened(), left, "{mode}");
        watch(mode, "0.001").says_not(" rows of ");
        assert_eq!(opened(), left, "{mode}: nothing was read again");
    }
    check(&folder);
}
