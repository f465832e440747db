//! `oddflow detect` with a behaviour model: rows become incidents, the same ones however the logs are cut into files and runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;

use crate::fixtures;
use crate::folder::{Folder, Ran, json_lines};

fn number(value: &Value, name: &str) -> f64 {
    value[name].as_f64().unwrap_or_else(|| panic!("{name} of {value}"))
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} of {value}"))
}

fn alerts(incident: &Value) -> &Vec<Value> {
    incident["alerts"].as_array().expect("alerts")
}

/// The attacked days as a file for each six hours, as rotation would leave them. Returns their names in order.
fn rotated(folder: &Folder) -> Vec<String> {
    let (header, rows) = fixtures::parts(&fixtures::household().attacked);
    let mut files: BTreeMap<u64, String> = BTreeMap::new();
    for row in rows {
        let cells: Vec<&str> = row.split('\t').collect();
        let seconds = |at: usize| cells[at].parse::<f64>().unwrap_or_default();
        let hour = ((seconds(0) + seconds(8)) / 21_600.0) as u64;
        files.entry(hour).or_default().push_str(row);
    }
    assert_eq!(files.len(), 8);
    let name = |i: usize| format!("rotated/conn.{i:02}.log");
    for (i, rows) in files.values().enumerate() {
        // Zeek writes when it opened each.
        let header: String = header
            .lines()
            .map(|line| {
                if line.starts_with("#open") {
                    format!("#open\t2026-02-28-{i:02}-00-00\n")
                } else {
                    format!("{line}\n")
                }
            })
            .collect();
        folder.write(&name(i), header + rows);
    }
    (0..files.len()).map(name).collect()
}

/// File by file, all at once, in several runs of several files, with any number of threads: the same state passes through.
#[test]
fn one_run_or_many_are_the_same_to_the_last_bit() {
    let folder = Folder::household();
    let files = rotated(&folder);
    folder.ok("detect rotated -m home.model --db one.db -o one.json --format json --threads 1");
    let (expected, ledger) = (folder.incidents("one.db"), folder.ledger("one.db"));
    assert!(expected.len() > 10, "{}", expected.len());
    for file in &files {
        folder.ok(&format!("detect {file} -m home.model --db each.db -o each.json --format json"));
    }
    for (first, more) in [(0, 3), (3, 1), (4, 4)] {
        let names = files[first..first + more].join(" ");
        folder
            .ok(&format!("detect {names} -m home.model --db some.db -o some.json --format json --threads 3"));
    }
    for name in ["each", "some"] {
        let database = format!("{name}.db");
        assert_same(&folder.incidents(&database), &expected);
        assert!(folder.ledger(&database) == ledger, "{name}");
        assert!(folder.bytes(&format!("{name}.json")) == folder.bytes("one.json"), "{name}");
        folder.ok(&format!("detect rotated -m home.model --db {database}")).says("nothing new");
        assert_same(&folder.incidents(&database), &expected);
    }
}

/// Compares incident by incident, for a message that can be read.
#[track_caller]
fn assert_same(found: &[Value], expected: &[Value]) {
    assert_eq!(found.len(), expected.len(), "incidents");
    for (found, expected) in found.iter().zip(expected) {
        for (name, value) in expected.as_object().expect("an object") {
            if name != "alerts" {
                assert_eq!(&found[name], value, "{name} of {}", text(expected, "title"));
            }
        }
        assert_eq!(alerts(found).len(), alerts(expected).len(), "{}", text(expected, "title"));
        for (found, expected) in alerts(found).iter().zip(alerts(expected)) {
            assert_eq!(found, expected);
        }
    }
}

#[test]
fn a_log_that_grows_gives_the_same_as_one_that_is_whole() {
    let folder = Folder::household();
    folder.write("grows.log", &fixtures::household().attacked);
    folder.ok("detect grows.log -m home.model --db expected.db");
    let (header, rows) = fixtures::parts(&fixtures::household().attacked);
    folder.write("grows.log", header);
    for cut in [0..1, 1..5000, 5000..5100, 5100..9000, 9000..rows.len()] {
        folder.append("grows.log", &rows[cut].concat());
        folder.ok("detect grows.log -m home.model --db a.db");
    }
    assert_same(&folder.incidents("a.db"), &folder.incidents("expected.db"));
    assert!(folder.ledger("a.db") == folder.ledger("expected.db"));
}

#[test]
fn every_row_is_written_with_its_score_with_a_database_or_without() {
    let folder = Folder::household();
    folder.ok("detect attacked.log -m home.model -o alone.json --format json");
    folder.ok("detect attacked.log -m home.model -o beside.json --format json --db a.db");
    folder.ok("detect attacked.log -m home.model --db none.db");
    assert!(folder.bytes("alone.json") == folder.bytes("beside.json"));
    assert_same(&folder.incidents("a.db"), &folder.incidents("none.db"));
    let rows = json_lines(&folder.text("alone.json"));
    let uids = fixtures::parts(&fixtures::household().attacked).1;
    assert_eq!(rows.len(), uids.len());
    for (row, line) in rows.iter().zip(uids) {
        assert_eq!(line.split('\t').nth(1), row["uid"].as_str());
        assert!(number(row, "score") >= 0.0);
    }
    // Rows are flagged once their incident is raised; its earlier rows belong to it all the same.
    let scores: BTreeMap<&str, &Value> = rows.iter().map(|row| (text(row, "uid"), row)).collect();
    let incidents = folder.incidents("a.db");
    let mut stored = BTreeSet::new();
    for incident in &incidents {
        let rows = alerts(incident);
        assert_eq!(number(incident, "rows_stored") as usize, rows.len());
        let strongest = rows.iter().map(|alert| number(alert, "score")).fold(0.0, f64::max);
        assert_eq!(number(incident, "peak"), strongest);
        assert!(rows.iter().any(|alert| scores[text(alert, "uid")]["flagged"] == true));
        for alert in rows {
            assert_eq!(scores[text(alert, "uid")]["score"].as_f64(), alert["score"].as_f64());
            assert!(stored.insert(text(alert, "uid")), "a row is of one incident");
        }
    }
    let flagged: Vec<&str> =
        rows.iter().filter(|row| row["flagged"] == true).map(|row| text(row, "uid")).collect();
    let counted: f64 = incidents.iter().map(|incident| number(incident, "rows")).sum();
    assert!(flagged.len() as f64 <= counted);
    assert_eq!(folder.ledger("a.db")[0]["rows_flagged"], flagged.len());
    let kept_whole = incidents.iter().all(|incident| incident["rows"] == incident["rows_stored"]);
    if kept_whole {
        assert!(flagged.iter().all(|uid| stored.contains(uid)));
    } else {
        assert!(flagged.iter().filter(|uid| stored.contains(*uid)).count() > 20);
    }
}

/// Raised incidents of each UTC day, by the time at which each was raised.
fn raised_a_day(incidents: &[Value]) -> BTreeMap<u64, usize> {
    let mut days = BTreeMap::new();
    for incident in incidents.iter().filter(|incident| incident["state"] == "raised") {
        *days.entry((number(incident, "raised_ts") / 86_400.0) as u64).or_default() += 1;
    }
    days
}

#[test]
fn no_day_raises_more_incidents_than_its_budget() {
    let folder = Folder::household();
    for budget in [1, 3, 10] {
        let database = format!("{budget}.db");
        let ran = folder.ok(&format!("detect attacked.log -m home.model --db {database} --budget {budget}"));
        let incidents = folder.incidents(&database);
        let days = raised_a_day(&incidents);
        assert!(!days.is_empty() && days.values().all(|raised| *raised <= budget), "{days:?}");
        let raised: usize = days.values().sum();
        let ran = ran.says(&format!("{raised} incident")).says(&format!("at a budget of {budget}"));
        let over = incidents.len() - raised;
        assert!(incidents.iter().all(|i| i["state"] == "raised" || i["state"] == "over_budget"));
        if over > 0 {
            ran.says(&format!("{over} incident")).says(&format!("over the budget of {budget} a day"));
        } else {
            ran.says_not("over the budget");
        }
        for incident in &incidents {
            assert!(alerts(incident).len() <= 50);
            assert!(number(incident, "score") >= number(incident, "peak"));
        }
        let listed =
            folder.ok(&format!("incidents list --db {database} --state raised --json -n 1000")).json();
        assert_eq!(listed.len(), raised);
    }
}

/// A thousand times the usual traffic, to one port of one host: it must not drown the store, nor the person.
#[test]
fn a_flood_is_few_incidents_and_few_rows() {
    const ROWS: usize = 200_000;
    let folder = Folder::household();
    let (header, _) = fixtures::parts(&fixtures::household().attacked);
    let fields = header.lines().find_map(|line| line.strip_prefix("#fields\t")).expect("fields");
    let mut log = header.clone();
    for i in 0..ROWS {
        let start = 1_772_452_800.0 + i as f64 * 0.005;
        for (column, name) in fields.split('\t').enumerate() {
            log.push_str(if column > 0 { "\t" } else { "" });
            let written = match name {
                "ts" => write!(log, "{start:.6}"),
                "uid" => write!(log, "Cflood{i:07}"),
                "id.orig_h" => write!(log, "203.0.113.66"),
                "id.orig_p" => write!(log, "{}", 1024 + i % 60_000),
                "id.resp_h" => write!(log, "10.0.0.12"),
                "id.resp_p" => write!(log, "80"),
                "proto" => write!(log, "tcp"),
                "conn_state" => write!(log, "S0"),
                "local_orig" => write!(log, "F"),
                "local_resp" => write!(log, "T"),
                "missed_bytes" | "resp_pkts" | "resp_ip_bytes" => write!(log, "0"),
                "history" => write!(log, "S"),
                "orig_pkts" => write!(log, "1"),
                "orig_ip_bytes" => write!(log, "40"),
                _ => write!(log, "-"),
            };
            written.expect("memory");
        }
        log.push('\n');
    }
    folder.write("flood.log", &log);
    folder.ok("detect flood.log -m home.model --db a.db").says("200,000 rows of 1 log scored");
    let incidents = folder.incidents("a.db");
    assert!((1..=6).contains(&incidents.len()), "{} incidents", incidents.len());
    let rows: f64 = incidents.iter().map(|incident| number(incident, "rows")).sum();
    assert!(rows > 100_000.0 && rows <= ROWS as f64, "{rows} rows are counted");
    for incident in &incidents {
        assert_eq!(text(incident, "host"), "10.0.0.12", "the local host");
        assert_eq!(number(incident, "rows_stored") as usize, alerts(incident).len());
        assert!(alerts(incident).len() <= 50);
    }
    let largest = incidents.iter().map(|incident| number(incident, "rows") as u64).max().expect("one");
    assert!(largest > 50_000, "one of them is the flood: {largest}");
    let size = std::fs::metadata(folder.path("a.db")).expect("a database").len();
    assert!(size < 16 << 20, "a database of {size} bytes");
}

#[test]
fn excluded_rows_are_left_out_and_counted() {
    let folder = Folder::household();
    let detect = |database: &str, exclude: &[&str]| {
        let mut command = folder.command(&format!("detect attacked.log -m home.model --db {database}"));
        for expression in exclude {
            command.args(["--exclude", expression]);
        }
        Ran::new("detect --exclude", command.output().expect("it starts")).exits(0)
    };
    detect("all.db", &[]).says("12,425 rows of 1 log scored").says_not("--exclude");
    let dns = fixtures::parts(&fixtures::household().attacked).1;
    let dns = dns.iter().filter(|row| row.split('\t').nth(7) == Some("dns")).count();
    detect("some.db", &["service == dns", "id.orig_h == 192.0.2.1"])
        .says(&format!("{},{:03} rows left out by --exclude", dns / 1000, dns % 1000))
        .says(&format!("{},{:03} rows of 1 log scored", (12_425 - dns) / 1000, (12_425 - dns) % 1000));
    let incidents = folder.incidents("some.db");
    assert!(!incidents.is_empty());
    for alert in incidents.iter().flat_map(alerts) {
        assert_ne!(alert["service"], "dns");
    }
    // What was left out has been read, and doesn't come back.
    detect("some.db", &["service == dns"]).says("nothing new");
    // A log of which nothing is left is no failure.
    detect("none.db", &["proto != sctp"]).says("12,425 rows left out by --exclude");
    assert!(folder.incidents("none.db").is_empty());
}

/// Each planted attack's rows as labels.tsv has them.
fn campaigns() -> BTreeMap<String, String> {
    let labels = fixtures::household().labels.lines().skip(1);
    labels
        .filter_map(|line| {
            let mut cells = line.split('\t');
            let uid = cells.next()?.to_owned();
            Some((uid, cells.nth(1)?.to_owned()))
        })
        .collect()
}

/// Not a figure of quality, only that what is loud is heard: scans and floods are among the raised incidents.
#[test]
fn loud_attacks_are_raised() {
    let folder = Folder::household();
    folder.ok("detect attacked.log -m home.model --db a.db");
    let campaigns = campaigns();
    let incidents = folder.incidents("a.db");
    let raised = incidents.iter().filter(|incident| incident["state"] == "raised").flat_map(alerts);
    let found: BTreeSet<&str> =
        raised.filter_map(|alert| campaigns.get(text(alert, "uid"))).map(String::as_str).collect();
    for campaign in ["horizontal_scan", "smb_sweep", "ssh_brute_force"] {
        assert!(found.iter().any(|name| name.starts_with(campaign)), "{campaign} is not in {found:?}");
    }
}

/// Beside the conn logs lie others of the same connections, which are joined by uid: an hour at a time or all at once.
#[test]
fn logs_beside_conn_are_joined_the_same_in_one_run_or_many() {
    let folder = Folder::household();
    folder.ok("synth --rows 12000 --days 2 --start 2026-02-26 --seed 7 --out quiet");
    folder.ok(&format!("train quiet -o joined.model {}", fixtures::QUICK_BEHAVIOUR));
    folder.ok("synth --rows 12000 --days 1 --start 2026-02-28 --seed 7 --attacks --out day");
    folder
        .ok("detect day -m joined.model --db one.db -o one.json --format json")
        .says("12,000 rows of 24 logs scored")
        .says(" joined by uid");
    for hour in 0..24 {
        let name = format!("conn.{hour:02}:00:00-{:02}:00:00.log.gz", (hour + 1) % 24);
        folder.ok(&format!(
            "detect day/2026-02-28/{name} -m joined.model --db each.db -o each.json --format json"
        ));
    }
    assert!(folder.bytes("one.json") == folder.bytes("each.json"));
    let expected = folder.incidents("one.db");
    assert_same(&folder.incidents("each.db"), &expected);
    assert!(folder.ledger("each.db") == folder.ledger("one.db"));
    let evidence = expected.iter().flat_map(alerts).filter(|alert| !alert["evidence"].is_null()).count();
    assert!(evidence > 0, "rows are stored with what the other logs say of them");
}

/// Two runs of one model into one database: the one that ends later began from a state that is no longer true.
#[test]
fn a_run_that_another_one_has_overtaken_stores_nothing() {
    let folder = Folder::household();
    folder.ok("detect attacked.log -m home.model --db expected.db");
    let mut child = folder
        .command("detect - -m home.model --db a.db")
        .stdin(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // So much is more than the beginning of the log and what a pipe holds: the program has taken up the state.
    stdin.write_all(fixtures::log().as_bytes()).expect("a reader");
    folder.ok("detect attacked.log -m home.model --db a.db");
    drop(stdin);
    let output = child.wait_with_output().expect("an end");
    Ran::new("detect - --db a.db", output).fails(6, &["a.db"]);
    assert_same(&folder.incidents("a.db"), &folder.incidents("expected.db"));
    assert!(folder.ledger("a.db") == folder.ledger("expected.db"));
    // Run again, it goes on from there.
    for database in ["a.db", "expected.db"] {
        folder.feed(&format!("detect - -m home.model --db {database}"), fixtures::log()).exits(0);
    }
    assert_same(&folder.incidents("a.db"), &folder.incidents("expected.db"));
}
