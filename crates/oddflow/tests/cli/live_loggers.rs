//! Several loggers of one sensor that write more than conn logs: a connection's row may be in the log of one, and what others say of it in
//! those of another.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::fixtures::gz;
use crate::folder::Folder;
use crate::kill::Shares;
use crate::live::{
    BUDGET, CONN, Found, HOURS, KINDS, conn_rows, household, nap, number, start, wait_for_conn_rows,
    wait_for_rows,
};
use crate::loggers::in_order;
use crate::watched::{SAID, stop, wait_for_words};

/// Which of the two loggers writes each row, by its number.
struct Cluster {
    logger: Vec<usize>,
}

impl Cluster {
    fn new() -> Self {
        let mut shares = Shares(0x3c6e_f372_fe94_f82b);
        Self { logger: household().rows.iter().map(|_| usize::from(shares.next() < 0.4)).collect() }
    }

    /// Rows of one kind among some, by logger.
    fn of_kind(&self, rows: std::ops::Range<usize>, kind: usize) -> [Vec<String>; 2] {
        let mut of: [Vec<String>; 2] = Default::default();
        for row in rows.filter(|row| household().rows[*row].0 == kind) {
            of[self.logger[row]].push(household().rows[row].1.clone());
        }
        of
    }

    /// What `detect` finds in logs of hours, with rows in their common order.
    fn expected(&self, hours: usize) -> Found {
        let folder = Folder::empty();
        folder.write("home.model", &household().model);
        for hour in 0..hours {
            for (kind, name) in KINDS.iter().enumerate() {
                let of = self.of_kind(span(hour, hours), kind);
                let rows: String = match kind {
                    CONN => {
                        in_order(&household().headers[CONN], &of).into_iter().map(|(_, row)| row).collect()
                    }
                    _ => by_time(&household().headers[kind], of),
                };
                folder.write(&format!("zeek/{name}.{hour:02}.log"), header_of(kind, hour, 0) + &rows);
            }
        }
        folder.ok(&format!("detect zeek -m home.model --db a.db --budget {BUDGET}")).says("joined by uid");
        Found::of(&folder)
    }

    /// Archives all that a logger wrote in an hour, the conn log first or last.
    fn archive(&self, folder: &Folder, hour: usize, logger: usize) {
        for (kind, name) in KINDS.iter().enumerate() {
            let rows = self.of_kind(span(hour, HOURS), kind)[logger].concat();
            let to = hour + 1;
            let name =
                format!("zeek/2026-02-27/{name}.{hour:02}:00:0{logger}-{to:02}:00:00-logger-{logger}.log.gz");
            folder.write(&name, gz(header_of(kind, hour, logger) + &rows));
        }
    }
}

/// The rows of two loggers: of the first that each shows the earlier one.
fn by_time(header: &str, of: [Vec<String>; 2]) -> String {
    let mut of = of.map(|rows| rows.into_iter().peekable());
    let mut all = String::new();
    loop {
        let [first, second] =
            of.each_mut().map(|rows| rows.peek().map(|row| number(header, row, "ts") + since(header, row)));
        let next = match (first, second) {
            (Some(first), Some(second)) => usize::from(second < first),
            (Some(_), None) => 0,
            (None, Some(_)) => 1,
            (None, None) => return all,
        };
        all.extend(of[next].next());
    }
}

/// Rows of open connections tell of a moment, others of their beginning.
fn since(header: &str, row: &str) -> f64 {
    if header.contains("#path\tconn_long\n") { number(header, row, "duration") } else { 0.0 }
}

/// The rows of an hour.
fn span(hour: usize, hours: usize) -> std::ops::Range<usize> {
    let rows = household().rows.len();
    rows * hour / hours..rows * (hour + 1) / hours
}

fn header_of(kind: usize, hour: usize, logger: usize) -> String {
    let header = &household().headers[kind];
    let fields = header.find("#fields").expect("a header");
    format!("{}#open\t2026-02-27-{hour:02}-00-{logger:02}\n{}", &header[..fields], &header[fields..])
}

/// Scores of all rows that were kept, by uid; where a row lies is another matter.
fn scores(found: &Found) -> BTreeMap<String, f64> {
    found.scores().into_iter().map(|((uid, _), score)| (uid, score)).collect()
}

/// Incidents without what tells of files.
fn incidents(found: &Found) -> Vec<Value> {
    let mut incidents = found.incidents.clone();
    for alerts in incidents.iter_mut().filter_map(|incident| incident["alerts"].as_array_mut()) {
        alerts.iter_mut().for_each(|alert| drop(alert["line"].take()));
        alerts.sort_by_key(|alert| alert["uid"].to_string());
    }
    incidents
}

fn same(found: &Found, expected: &Found) {
    let (ours, theirs) = (scores(found), scores(expected));
    let differ: Vec<_> = theirs.iter().filter(|(uid, score)| ours.get(*uid) != Some(score)).collect();
    assert!(
        theirs.len() > 1000 && differ.is_empty(),
        "{} of {}: {:?}",
        differ.len(),
        theirs.len(),
        differ.first()
    );
    let differ =
        incidents(found).iter().zip(&incidents(expected)).filter(|(ours, theirs)| ours != theirs).count();
    assert_eq!((differ, found.incidents.len()), (0, expected.incidents.len()));
}

#[test]
fn finished_logs_of_two_loggers_are_merged_with_what_is_beside_them() {
    let cluster = Cluster::new();
    let expected = cluster.expected(HOURS);
    let folder = Folder::empty();
    folder.write("home.model", &household().model);
    // Who the loggers are the first hour tells; later ones come while it watches.
    (0..2).for_each(|logger| cluster.archive(&folder, 0, logger));
    let child = start(&folder, "rotated");
    for hour in 1..HOURS {
        for logger in [hour % 2, 1 - hour % 2] {
            cluster.archive(&folder, hour, logger);
            nap(0.15);
        }
    }
    wait_for_conn_rows(&folder);
    assert_eq!(stop(child).status.code(), Some(0), "{}", folder.text(SAID));
    same(&Found::of(&folder), &expected);
}

#[test]
fn growing_logs_of_two_loggers_are_merged_with_what_is_beside_them() {
    let cluster = Cluster::new();
    let expected = cluster.expected(1);
    let folder = Folder::empty();
    folder.write("home.model", &household().model);
    let live = |kind: usize, logger: usize| format!("zeek/logger-{logger}/{}.log", KINDS[kind]);
    for logger in 0..2 {
        for kind in 0..KINDS.len() {
            folder.write(&live(kind, logger), header_of(kind, 0, logger));
        }
    }
    let mut shares = Shares(0xbb67_ae85_84ca_a73b);
    let rows = household().rows.len();
    let (mut from, mut child) = (0, start(&folder, "live"));
    while from < rows {
        let to = (from + 300).min(rows);
        // All that is beside conn logs first: how far apart logs may be, others test.
        let mut kinds: Vec<usize> = (1..KINDS.len()).collect();
        kinds.push(CONN);
        for kind in kinds {
            for (logger, rows) in cluster.of_kind(from..to, kind).iter().enumerate() {
                folder.append(&live(kind, logger), &rows.concat());
            }
        }
        from = to;
        nap(0.1 * shares.next());
        if shares.next() < 0.1 {
            child.kill().expect("a process that is our own");
            child.wait().expect("an end");
            child = start(&folder, "live");
        }
    }
    wait_for_words(&folder, "watching");
    let all = household().rows.iter().filter(|(kind, _)| *kind == CONN).count() as u64;
    // All but some that wait for the other logger.
    wait_for_rows(&folder, all * 98 / 100);
    assert_eq!(stop(child).status.code(), Some(0), "{}", folder.text(SAID));
    folder.ok(&format!(
        "watch zeek -m home.model --db a.db --config oddflow.toml --mode live --once --budget {BUDGET}"
    ));
    assert_eq!(conn_rows(&folder), all);
    same(&Found::of(&folder), &expected);
}
