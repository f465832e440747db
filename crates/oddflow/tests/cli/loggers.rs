//! Several sensors, and several loggers of one: `oddflow watch` keeps the former apart and merges the latter.

use std::fmt::Write;

use serde_json::Value;

use crate::fixtures;
use crate::folder::Folder;
use crate::kill::Shares;
use crate::traffic::traffic;
use crate::watched::{SETTINGS, Zeek, check, expected, rows_read, stop, wait_for_rows};

/// Hours that the rows are written in.
const HOURS: usize = 6;

/// The rows of the household as two loggers write them.
struct Cluster {
    header: String,
    /// By hour and logger.
    rows: Vec<[Vec<String>; 2]>,
    /// All rows in the order in which one logger would have written them, by hour.
    merged: Vec<Vec<String>>,
}

impl Cluster {
    fn new() -> Self {
        let (header, rows) = fixtures::parts(&fixtures::household().attacked);
        let header: String = header.split_inclusive('\n').filter(|line| !line.starts_with("#open")).collect();
        let mut shares = Shares(0x9e37_79b9_7f4a_7c15);
        let (mut by_logger, mut merged) = (Vec::new(), Vec::new());
        for hour in rows.chunks(rows.len().div_ceil(HOURS)) {
            let mut of: [Vec<String>; 2] = Default::default();
            for row in hour {
                of[usize::from(shares.next() < 0.4)].push((*row).to_owned());
            }
            merged.push(in_order(&header, &of).into_iter().map(|(_, row)| row.to_owned()).collect());
            by_logger.push(of);
        }
        Self { header, rows: by_logger, merged }
    }

    fn rows(&self) -> u64 {
        self.merged.iter().map(|rows| rows.len() as u64).sum()
    }

    fn text(&self, hour: usize, second: usize, rows: &[String]) -> String {
        let open = format!("#open\t2026-02-27-{hour:02}-00-{second:02}\n");
        let fields = self.header.find("#fields").expect("a header");
        format!("{}{open}{}{}", &self.header[..fields], &self.header[fields..], rows.concat())
    }

    fn name(hour: usize, logger: usize) -> String {
        let to = hour + 1;
        format!("zeek/2026-02-27/conn.{hour:02}:00:0{logger}-{to:02}:00:00-logger-{logger}.log.gz")
    }

    fn archive(&self, folder: &Folder, hour: usize, logger: usize) {
        std::fs::create_dir_all(folder.path("zeek/2026-02-27")).expect("a folder");
        let text = self.text(hour, logger, &self.rows[hour][logger]);
        folder.write(&Self::name(hour, logger), fixtures::gz(&text));
    }

    /// What `detect` finds in the rows in their common order.
    fn expected(&self) -> Vec<Value> {
        let folder = Folder::empty();
        folder.write("home.model", &fixtures::household().model);
        std::fs::create_dir_all(folder.path("zeek")).expect("a folder");
        for (hour, rows) in self.merged.iter().enumerate() {
            folder.write(&format!("zeek/conn.{hour:02}.log"), self.text(hour, 0, rows));
        }
        folder.ok("detect zeek -m home.model --db a.db --conn-only");
        let mut found = incidents(&folder);
        found.extend(traffic(&folder, "a.db"));
        found
    }
}

/// The rows of two loggers, each with its logger, in the order in which they are to be read: by the newest end that a row's logger
/// has shown, then by uid; of equals as they were written.
pub(crate) fn in_order<'r>(header: &str, of: &'r [Vec<String>; 2]) -> Vec<(usize, &'r str)> {
    let mut all: Vec<(f64, String, usize, usize)> = Vec::new();
    for (logger, rows) in of.iter().enumerate() {
        let (mut newest, mut last) = (f64::NEG_INFINITY, String::new());
        for (place, row) in rows.iter().enumerate() {
            let (end, uid) = end_and_uid(header, row);
            if end > newest {
                (newest, last) = (end, uid);
            } else {
                last = last.max(uid);
            }
            all.push((newest, last.clone(), logger, place));
        }
    }
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| (&a.1, a.2, a.3).cmp(&(&b.1, b.2, b.3))));
    all.into_iter().map(|(_, _, logger, place)| (logger, &*of[logger][place])).collect()
}

fn end_and_uid(header: &str, row: &str) -> (f64, String) {
    let fields = header.lines().find_map(|line| line.strip_prefix("#fields\t")).expect("a header");
    let cells: Vec<&str> = row.trim_end().split('\t').collect();
    let cell = |name: &str| cells[fields.split('\t').position(|field| field == name).expect("a column")];
    let number = |name: &str| cell(name).parse().unwrap_or(0.0);
    (number("ts") + number("duration"), cell("uid").into())
}

/// Incidents without what tells of files: rows lie at other lines of other logs.
fn incidents(folder: &Folder) -> Vec<Value> {
    let mut found = folder.found_in_any_file("a.db");
    for incident in &mut found {
        for alert in incident["alerts"].as_array_mut().into_iter().flatten() {
            for name in ["line", "file"] {
                drop(alert[name].take());
            }
        }
        if let Some(alerts) = incident["alerts"].as_array_mut() {
            alerts.sort_by_key(|alert| alert["uid"].to_string());
        }
    }
    assert!(found.len() > 5, "{}", found.len());
    found
}

fn same(folder: &Folder, expected: &[Value]) {
    oddflow_store::Store::open(folder.path("a.db")).expect("a database").check().expect("a whole one");
    let mut ours = incidents(folder);
    ours.extend(traffic(folder, "a.db"));
    let mut differs = String::new();
    for (ours, theirs) in ours.iter().zip(expected).filter(|(ours, theirs)| ours != theirs) {
        let of = |name: &str| format!("{name}: {} / {}", ours[name], theirs[name]);
        let names = ours.as_object().into_iter().flat_map(|object| object.keys());
        let names = names.filter(|name| ours[*name] != theirs[*name]);
        let _ = writeln!(differs, "{}", names.map(|name| of(name)).collect::<Vec<_>>().join("\n"));
    }
    assert!(ours == expected, "{} and {} incidents\n{differs}", ours.len(), expected.len());
}

fn start(folder: &Folder, mode: &str) -> std::process::Child {
    folder.write("oddflow.toml", SETTINGS);
    let command = format!("watch zeek -m home.model --db a.db --config oddflow.toml --mode {mode}");
    folder.command(&command).spawn().expect("the program starts")
}

#[test]
fn finished_logs_of_two_loggers_are_merged() {
    let cluster = Cluster::new();
    let expected = cluster.expected();
    let folder = Folder::household();
    // One by one while it watches, each logger's first half of the time.
    // Who the loggers are the first hour tells.
    (0..2).for_each(|logger| cluster.archive(&folder, 0, logger));
    let child = start(&folder, "rotated");
    for hour in 1..HOURS {
        for logger in [hour % 2, 1 - hour % 2] {
            cluster.archive(&folder, hour, logger);
            std::thread::sleep(std::time::Duration::from_millis(150));
        }
    }
    wait_for_rows(&folder, cluster.rows());
    let output = stop(child);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    same(&folder, &expected);
    // All at once.
    let folder = Folder::household();
    (0..HOURS).for_each(|hour| (0..2).for_each(|logger| cluster.archive(&folder, hour, logger)));
    folder.write("oddflow.toml", SETTINGS);
    folder.ok("watch zeek -m home.model --db a.db --config oddflow.toml --once");
    assert_eq!(rows_read(&folder), cluster.rows());
    same(&folder, &expected);
}

/// Both write as they go, and the program is killed again and again.
#[test]
fn growing_logs_of_two_loggers_are_merged_through_kills() {
    let cluster = Cluster::new();
    let of = [0, 1].map(|logger| cluster.rows.iter().flat_map(|hour| hour[logger].clone()).collect());
    let rows = in_order(&cluster.header, &of);
    let whole = Folder::empty();
    whole.write("home.model", &fixtures::household().model);
    let text: Vec<String> = rows.iter().map(|(_, row)| (*row).to_owned()).collect();
    whole.write("conn.log", cluster.text(0, 0, &text));
    whole.ok("detect conn.log -m home.model --db a.db --conn-only");
    let mut expected = incidents(&whole);
    expected.extend(traffic(&whole, "a.db"));

    let folder = Folder::household();
    let live = |logger: usize| format!("zeek/logger-{logger}/conn.log");
    for logger in 0..2 {
        std::fs::create_dir_all(folder.path(&format!("zeek/logger-{logger}"))).expect("a folder");
        folder.write(&live(logger), cluster.text(0, logger, &[]));
    }
    let mut shares = Shares(0xd1b5_4a32_d192_ed03);
    for stretch in rows.chunks(rows.len().div_ceil(10)) {
        for (logger, row) in stretch {
            folder.append(&live(*logger), row);
        }
        let mut child = start(&folder, "live");
        std::thread::sleep(std::time::Duration::from_secs_f64(shares.next()));
        child.kill().expect("a process that is our own");
        child.wait().expect("an end");
    }
    let child = start(&folder, "live");
    // All but some that wait for the other logger.
    wait_for_rows(&folder, rows.len() as u64 * 99 / 100);
    stop(child);
    assert!(rows_read(&folder) < rows.len() as u64);
    // They are read when nobody is expected to write any more.
    folder.ok("watch zeek -m home.model --db a.db --config oddflow.toml --mode live --once");
    assert_eq!(rows_read(&folder), rows.len() as u64);
    same(&folder, &expected);
}

#[test]
fn sensors_are_kept_apart() {
    let folder = Folder::household();
    let zeek = Zeek::new(&folder, 4);
    let alone = expected(&zeek);
    zeek.write_all(&folder);
    // The second one sees the same addresses do other things.
    let (header, quiet) = fixtures::parts(&fixtures::household().quiet);
    std::fs::create_dir_all(folder.path("south")).expect("a folder");
    folder.write("south/conn.00:00:00-01:00:00.log.gz", fixtures::gz(header + &quiet.concat()));
    let settings = format!("{SETTINGS}roots = [\"zeek\"]\n[watch.sensors]\nsouth = [\"south\"]\n");
    folder.write("oddflow.toml", &settings);
    folder.ok("watch -m home.model --db both.db --config oddflow.toml --once");
    folder.write("oddflow.toml", settings.replace("roots = [\"zeek\"]", ""));
    folder.ok("watch -m home.model --db south.db --config oddflow.toml --once");
    folder.write("oddflow.toml", SETTINGS);
    folder.ok("watch zeek -m home.model --db a.db --config oddflow.toml --once");
    check(&folder, &alone);

    let of = |database: &str, sensor: &str| {
        let all = folder.found_in_any_file(database).into_iter();
        let mut of: Vec<Value> = all.filter(|incident| incident["sensor"] == sensor).collect();
        of.iter_mut().for_each(|incident| drop(incident["id"].take()));
        of
    };
    assert_eq!(of("both.db", ""), of("a.db", ""));
    assert_eq!(of("both.db", "south"), of("south.db", "south"));
    assert_eq!(folder.ledger("a.db").len(), 4);
    let listed = folder.ok("incidents list --db both.db --sensor south --json -n 1000").out;
    assert_eq!(listed.lines().count(), of("both.db", "south").len());
}
