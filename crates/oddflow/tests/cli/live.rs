//! Live logs with others beside them: `oddflow watch` comes to the same scores however its looks fall among what is written, how
//! the logs are rotated under it, and how often it is killed.
//!
//! The sensor writes what it knows of a connection before the connection's row, and brings each log to the disk in pieces of its own, so
//! that either may be ahead there for a moment.

use std::collections::HashMap;
use std::process::Child;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::fixtures::{QUICK_BEHAVIOUR, gz, parts};
use crate::folder::Folder;
use crate::kill::Shares;
use crate::watched::{SAID, ledger, start_saying, stop, wait_for_words};

pub(crate) const KINDS: [&str; 5] = ["conn", "dns", "http", "ssl", "conn_long"];
pub(crate) const CONN: usize = 0;
pub(crate) const LONG: usize = 4;
pub(crate) const HOURS: usize = 4;
/// Rows that are written at a time.
const PIECE: usize = 160;
/// The share of incidents a day that makes most groups of rows one, so that many rows are compared.
pub(crate) const BUDGET: u32 = 400;
/// Seconds that rows of conn logs wait; what is beside them is written in a fraction of it.
pub(crate) const BEHIND: f64 = 1.2;

/// A household whose sensor writes more than conn logs.
pub(crate) struct Household {
    pub(crate) model: Vec<u8>,
    /// By kind.
    pub(crate) headers: Vec<String>,
    /// Rows of all logs with their kinds, in the order in which they were written.
    pub(crate) rows: Vec<(usize, String)>,
}

/// The number in a column of a row.
pub(crate) fn number(header: &str, row: &str, name: &str) -> f64 {
    cell(header, row, name).parse().unwrap_or_default()
}

pub(crate) fn cell<'a>(header: &str, row: &'a str, name: &str) -> &'a str {
    let fields = header.lines().find_map(|line| line.strip_prefix("#fields\t")).expect("fields");
    let at = fields.split('\t').position(|field| field == name).expect("a column");
    row.trim_end().split('\t').nth(at).expect("a cell")
}

fn with_cells(header: &str, row: &str, cells: &[(&str, String)]) -> String {
    let fields = header.lines().find_map(|line| line.strip_prefix("#fields\t")).expect("fields");
    let row = fields
        .split('\t')
        .zip(row.trim_end().split('\t'))
        .map(|(field, cell)| cells.iter().find(|(name, _)| *name == field).map_or(cell, |(_, cell)| cell));
    row.collect::<Vec<_>>().join("\t") + "\n"
}

fn end(header: &str, row: &str) -> f64 {
    number(header, row, "ts") + number(header, row, "duration")
}

/// 2026-02-28.
const ATTACKS_BEGIN: f64 = 1_772_236_800.0;

pub(crate) fn household() -> &'static Household {
    static HOUSEHOLD: OnceLock<Household> = OnceLock::new();
    HOUSEHOLD.get_or_init(|| {
        let folder = Folder::empty();
        folder.ok("synth --rows 24000 --days 4 --start 2026-02-26 --seed 7 --attacks --single --out days");
        let texts: Vec<String> =
            KINDS[..LONG].iter().map(|kind| folder.text(&format!("days/{kind}.log"))).collect();
        let mut headers: Vec<String> = texts.iter().map(|text| header(text)).collect();
        let conn = &headers[CONN];
        let (quiet, attacked): (Vec<&str>, Vec<&str>) =
            parts(&texts[CONN]).1.into_iter().partition(|row| end(conn, row) < ATTACKS_BEGIN);
        let places: HashMap<&str, usize> =
            attacked.iter().enumerate().map(|(place, row)| (cell(conn, row, "uid"), place)).collect();
        folder.write("quiet/conn.log", conn.clone() + &quiet.concat());
        // A row of another log comes before its connection's, and before those behind it in its log.
        let mut rows: Vec<(usize, usize, String)> =
            attacked.iter().enumerate().map(|(place, row)| (place, CONN, (*row).to_owned())).collect();
        for kind in 1..LONG {
            let of_kind = parts(&texts[kind]).1;
            let is_later = |row: &&str| places.contains_key(cell(&headers[kind], row, "uid"));
            let (later, before): (Vec<&str>, Vec<&str>) = of_kind.into_iter().partition(is_later);
            folder.write(&format!("quiet/{}.log", KINDS[kind]), headers[kind].clone() + &before.concat());
            let mut place = attacked.len();
            for row in later.iter().rev() {
                place = place.min(places[cell(&headers[kind], row, "uid")]);
                rows.push((place, kind, (*row).to_owned()));
            }
        }
        let mut long = long_rows(conn, &attacked);
        assert!(long.len() > 20, "{}", long.len());
        rows.append(&mut long);
        // Those of one place: the connection last, the others as they were.
        let mut in_order: Vec<(usize, bool, f64, usize, String)> = (rows.into_iter())
            .map(|(place, kind, row)| {
                (place, kind == CONN, number(&headers[kind.min(LONG - 1)], &row, "ts"), kind, row)
            })
            .collect();
        in_order.sort_by(|a, b| (a.0, a.1, a.3).cmp(&(b.0, b.1, b.3)).then(a.2.total_cmp(&b.2)));
        let rows: Vec<(usize, String)> =
            in_order.into_iter().map(|(_, _, _, kind, row)| (kind, row)).collect();
        headers.push(headers[CONN].replace("#path\tconn\n", "#path\tconn_long\n"));
        folder.ok(&format!("train quiet -o home.model {QUICK_BEHAVIOUR}"));
        Household { model: folder.bytes("home.model"), headers, rows }
    })
}

/// The header of a log without its time.
fn header(log: &str) -> String {
    let lines = parts(log).0;
    let stays = |line: &&str| !line.starts_with("#open") && !line.starts_with("#close");
    lines.split_inclusive('\n').filter(stays).collect()
}

/// What is known each five minutes of connections that last, with the place before which it is written.
fn long_rows(header: &str, conn: &[&str]) -> Vec<(usize, usize, String)> {
    const STEP: f64 = 300.0;
    let mut newest = f64::NEG_INFINITY;
    let ends: Vec<f64> = (conn.iter())
        .map(|row| {
            newest = newest.max(end(header, row));
            newest
        })
        .collect();
    let mut rows = Vec::new();
    for (place, row) in conn.iter().enumerate() {
        let (ts, duration) = (number(header, row, "ts"), number(header, row, "duration"));
        for step in 1..(duration / STEP).min(40.0) as u32 {
            let so_far = f64::from(step) * STEP;
            let bytes = |name| {
                let bytes = number(header, row, name) * so_far / duration;
                (name, format!("{bytes:.0}"))
            };
            let told = [("duration", format!("{so_far:.6}")), bytes("orig_bytes"), bytes("resp_bytes")];
            let at = ends.partition_point(|end| *end < ts + so_far).min(place);
            rows.push((at, LONG, with_cells(header, row, &told)));
        }
    }
    rows
}

/// Where the sensor rotates, by log and hour: the number of the row from which on the next hour's log is written.
type Cuts = Vec<[usize; HOURS]>;

/// All logs at one moment, or each some rows sooner or later.
fn cuts(most: usize) -> Cuts {
    let rows = household().rows.len();
    let mut shares = Shares(0x6a09_e667_f3bc_c908);
    let mut cut = |hour: usize| {
        let skew = (shares.next() * (most + 1) as f64) as usize;
        if hour + 1 == HOURS { rows } else { rows * (hour + 1) / HOURS + skew }
    };
    KINDS.iter().map(|_| std::array::from_fn(&mut cut)).collect()
}

/// A sensor that writes all logs at once, each to a place of its own.
struct Sensor<'f> {
    folder: &'f Folder,
    cuts: Cuts,
    /// The next row and the hour, by log.
    next: [usize; KINDS.len()],
    hour: [usize; KINDS.len()],
    /// Rotated logs that are not archived yet.
    rotated: Vec<(usize, usize)>,
}

impl<'f> Sensor<'f> {
    fn new(folder: &'f Folder, cuts: Cuts) -> Self {
        std::fs::create_dir_all(folder.path("zeek/current")).expect("a folder");
        folder.write("home.model", &household().model);
        Self { folder, cuts, next: [0; KINDS.len()], hour: [0; KINDS.len()], rotated: Vec::new() }
    }

    fn header_of(kind: usize, hour: usize) -> String {
        let header = &household().headers[kind];
        let fields = header.find("#fields").expect("a header");
        format!("{}#open\t2026-02-27-{hour:02}-00-00\n{}", &header[..fields], &header[fields..])
    }

    fn live(kind: usize) -> String {
        format!("zeek/current/{}.log", KINDS[kind])
    }

    fn rotated_name(kind: usize, hour: usize) -> String {
        format!("zeek/current/{}-2026-02-27-{hour:02}-00-00.log", KINDS[kind])
    }

    /// Writes a log up to a row, and rotates it on the way.
    fn write(&mut self, kind: usize, to: usize) {
        let rows = &household().rows;
        while self.next[kind] < to {
            let end = to.min(self.cuts[kind][self.hour[kind]]);
            let of_kind = rows[self.next[kind]..end].iter().filter(|(of, _)| *of == kind);
            let text: String = of_kind.map(|(_, row)| row.as_str()).collect();
            let live = Self::live(kind);
            if !text.is_empty() {
                if !self.folder.path(&live).exists() {
                    self.folder.write(&live, Self::header_of(kind, self.hour[kind]));
                }
                // A write may end within a line.
                let (first, second) = text.split_at(text.len() / 3);
                self.folder.append(&live, first);
                self.folder.append(&live, second);
            }
            self.next[kind] = end;
            if end == self.cuts[kind][self.hour[kind]] {
                if self.folder.path(&live).exists() {
                    let name = Self::rotated_name(kind, self.hour[kind]);
                    std::fs::rename(self.folder.path(&live), self.folder.path(&name)).expect("it is there");
                    self.rotated.push((kind, self.hour[kind]));
                }
                self.hour[kind] += 1;
            }
        }
    }

    /// Moves one of the rotated logs to the archive.
    fn archive(&mut self, shares: &mut Shares) {
        if self.rotated.is_empty() {
            return;
        }
        let one = (shares.next() * self.rotated.len() as f64) as usize;
        let (kind, hour) = self.rotated.swap_remove(one);
        let name = Self::rotated_name(kind, hour);
        let archive = format!("zeek/2026-02-27/{}.{hour:02}:00:00-{:02}:00:00.log.gz", KINDS[kind], hour + 1);
        self.folder.write(&archive, gz(self.folder.bytes(&name)));
        std::fs::remove_file(self.folder.path(&name)).expect("it is there");
    }

    fn is_done(&self) -> bool {
        self.next.iter().all(|next| *next == household().rows.len())
    }

    /// Everything at once.
    fn write_all(&mut self) {
        for kind in 0..KINDS.len() {
            self.write(kind, household().rows.len());
        }
        let mut shares = Shares(1);
        while !self.rotated.is_empty() {
            self.archive(&mut shares);
        }
    }

    /// The next piece: each log in turn, in whatever order, with a moment between them. Says how long one was ahead of another.
    fn step(&mut self, shares: &mut Shares) -> Duration {
        let to = self.next.iter().min().expect("logs") + PIECE;
        let to = to.min(household().rows.len());
        let began = now();
        let mut kinds: Vec<usize> = (0..KINDS.len()).collect();
        while !kinds.is_empty() {
            let kind = kinds.swap_remove((shares.next() * kinds.len() as f64) as usize);
            self.write(kind, to);
            nap(0.04 * shares.next());
        }
        let took = now() - began;
        if shares.next() < 0.4 {
            self.archive(shares);
        }
        took
    }
}

#[expect(clippy::disallowed_methods, reason = "what a machine was too slow to write in time is written anew")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

pub(crate) fn nap(seconds: f64) {
    std::thread::sleep(Duration::from_secs_f64(seconds));
}

pub(crate) fn start(folder: &Folder, mode: &str) -> Child {
    folder.write("oddflow.toml", format!("[watch]\npoll_s = 0.02\nsettle_s = {BEHIND}\n"));
    let watch =
        format!("watch zeek -m home.model --db a.db --config oddflow.toml --mode {mode} --budget {BUDGET}");
    start_saying(folder, folder.command(&watch))
}

pub(crate) fn wait_for_conn_rows(folder: &Folder) {
    wait_for_rows(folder, household().rows.iter().filter(|(kind, _)| *kind == CONN).count() as u64);
}

pub(crate) fn wait_for_rows(folder: &Folder, rows: u64) {
    for _ in 0..6000 {
        if conn_rows(folder) >= rows {
            return;
        }
        nap(0.05);
    }
    panic!("{} of {rows} rows after five minutes\n{}", conn_rows(folder), folder.text(SAID));
}

pub(crate) fn conn_rows(folder: &Folder) -> u64 {
    let Ok(store) = oddflow_store::Store::open_read_only(folder.path("a.db")) else { return 0 };
    let logs = store.logs().unwrap_or_default();
    logs.iter().filter(|log| log.identity.path == "conn").map(|log| log.progress.rows).sum()
}

/// Incidents with their rows and scores, and what the ledger and the days say.
pub(crate) struct Found {
    pub(crate) incidents: Vec<Value>,
    ledger: Vec<Value>,
}

impl Found {
    pub(crate) fn of(folder: &Folder) -> Self {
        oddflow_store::Store::open(folder.path("a.db")).expect("a database").check().expect("a whole one");
        let mut incidents = folder.found_in_any_file("a.db");
        // Words of other logs are looked up where these lie at that moment; they are no part of a score.
        let alerts = incidents.iter_mut().filter_map(|incident| incident["alerts"].as_array_mut()).flatten();
        alerts.for_each(|alert| drop(alert["evidence"].take()));
        Self { incidents, ledger: ledger(folder) }
    }

    /// Rows by log and line, with their scores.
    pub(crate) fn scores(&self) -> HashMap<(String, u64), f64> {
        let alerts =
            self.incidents.iter().flat_map(|incident| incident["alerts"].as_array().into_iter().flatten());
        let score = |alert: &Value| {
            let uid = alert["uid"].as_str().expect("a uid").to_owned();
            ((uid, alert["line"].as_u64().expect("a line")), alert["score"].as_f64().expect("a score"))
        };
        alerts.map(score).collect()
    }

    fn check(&self, expected: &Self) {
        let (ours, theirs) = (self.scores(), expected.scores());
        assert!(theirs.len() > 1000, "{}", theirs.len());
        let mut differ: Vec<_> = theirs.iter().filter(|(row, score)| ours.get(row) != Some(score)).collect();
        differ.sort_by(|a, b| a.0.cmp(b.0));
        let first = differ.first().map(|(row, score)| (row, score, ours.get(row)));
        assert!(
            differ.is_empty() && ours.len() == theirs.len(),
            "{} and {} rows, {} of them differ, first {first:?}",
            ours.len(),
            theirs.len(),
            differ.len()
        );
        for (ours, theirs) in self.incidents.iter().zip(&expected.incidents) {
            assert!(ours == theirs, "{}", difference(ours, theirs));
        }
        assert_eq!(self.incidents.len(), expected.incidents.len());
        assert!(self.ledger == expected.ledger, "{:#?}\n{:#?}", self.ledger, expected.ledger);
    }
}

/// What is in two values at the places where they differ: whole incidents are no message to read.
fn difference(ours: &Value, theirs: &Value) -> String {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) if ours.len() == theirs.len() => {
            let fields = ours.iter().filter(|(name, value)| theirs.get(*name) != Some(value));
            let of = |(name, value)| {
                format!("{name}: {}", difference(value, theirs.get(name).unwrap_or(&Value::Null)))
            };
            fields.map(of).collect::<Vec<_>>().join(", ")
        }
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
            let differ = ours.iter().zip(theirs).enumerate().filter(|(_, (ours, theirs))| ours != theirs);
            differ.map(|(i, (ours, theirs))| format!("[{i}] {}", difference(ours, theirs))).collect()
        }
        _ => format!("{ours} and {theirs}"),
    }
}

/// Has a sensor write while somebody follows who is killed so many times. `None` where the machine was too slow.
fn follow(cuts: &Cuts, kills: usize, seed: u64) -> Option<Found> {
    let folder = Folder::empty();
    let mut sensor = Sensor::new(&folder, cuts.clone());
    let mut shares = Shares(seed);
    let steps = household().rows.len() / PIECE;
    let mut slowest = Duration::ZERO;
    let mut left = kills;
    let mut child = start(&folder, "live");
    let mut written = 0;
    while !sensor.is_done() {
        slowest = slowest.max(sensor.step(&mut shares));
        written += 1;
        if left > 0 && written % (steps / (kills + 1)) == 0 {
            child.kill().expect("a process that is our own");
            child.wait().expect("an end");
            left -= 1;
            // The sensor doesn't stop while nobody looks.
            for _ in 0..(4.0 * shares.next()) as usize {
                slowest = slowest.max(sensor.step(&mut shares));
            }
            child = start(&folder, "live");
        }
    }
    wait_for_words(&folder, "watching");
    wait_for_conn_rows(&folder);
    assert_eq!(stop(child).status.code(), Some(0), "{}", folder.text(SAID));
    (slowest < Duration::from_secs_f64(BEHIND / 2.0)).then(|| Found::of(&folder))
}

/// The same until the machine was quick enough.
fn followed(cuts: &Cuts, kills: usize) -> Found {
    let seeds = [0x510e_527f_ade6_82d1, 0x9b05_688c_2b3e_6c1f, 0x1f83_d9ab_fb41_bd6b, 0x5be0_cd19_137e_2179];
    seeds.iter().find_map(|seed| follow(cuts, kills, *seed)).expect("a machine that writes a row in time")
}

/// What is found in the finished logs.
fn finished(cuts: Cuts, command: &str) -> Found {
    let folder = Folder::empty();
    Sensor::new(&folder, cuts).write_all();
    folder.ok(&format!("{command} zeek -m home.model --db a.db --budget {BUDGET}"));
    Found::of(&folder)
}

#[test]
fn scores_do_not_depend_on_when_it_looks() {
    let cuts = cuts(0);
    let expected = finished(cuts.clone(), "detect");
    followed(&cuts, 0).check(&expected);
}

#[test]
fn kills_change_nothing_where_logs_are_rotated_one_after_the_other() {
    let cuts = cuts(40);
    let expected = finished(cuts.clone(), "watch --once --mode live");
    followed(&cuts, 6).check(&expected);
    // Alone, each hour's logs lack what was said of its last rows.
    let alone = finished(cuts, "detect");
    assert!(alone.scores() != expected.scores());
}
