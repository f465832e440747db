//! `--flag-top 5%`: of each file the rows strictly above the linearly interpolated 95th percentile of its scores.
//! The percentile is computed here once more, in the way of numpy's `percentile(..., method="linear")`.

use serde_json::Value;

use crate::fixtures::{self, gz};
use crate::folder::{Folder, json_lines};

/// Of ascending values, interpolated linearly between the two nearest ranks.
pub(crate) fn quantile(ascending: &[f64], q: f64) -> f64 {
    let place = q * (ascending.len() - 1) as f64;
    let below = ascending[place.floor() as usize];
    let above = ascending[place.ceil() as usize];
    below + (above - below) * place.fract()
}

/// uids that should be flagged, in order, and the threshold.
fn expected(rows: &[Value], share: f64) -> (Vec<&str>, f64) {
    let score = |row: &Value| row["score"].as_f64().expect("a score");
    let mut ascending: Vec<f64> = rows.iter().map(score).collect();
    ascending.sort_by(f64::total_cmp);
    let threshold = quantile(&ascending, 1.0 - share);
    let above = rows.iter().filter(|row| score(row) > threshold);
    (above.map(|row| row["uid"].as_str().expect("a uid")).collect(), threshold)
}

#[track_caller]
fn check(alerts: &[&Value], rows: &[Value], share: f64) {
    let (uids, threshold) = expected(rows, share);
    let flagged: Vec<&str> = alerts.iter().map(|alert| alert["uid"].as_str().expect("a uid")).collect();
    assert_eq!(flagged, uids);
    for alert in alerts {
        let applied = alert["threshold"].as_f64().expect("a threshold");
        assert!((applied / threshold - 1.0).abs() < 1e-6, "{applied}, not {threshold}");
    }
}

#[test]
fn of_each_file_on_its_own() {
    let folder = Folder::new();
    folder.ok("synth --rows 4000 --days 0.25 --seed 11 --out logs");
    let scored = folder.ok("detect logs -m home.model -o - --format json").json();
    for (share, typed) in [(0.05, "5%"), (0.01, "0.01"), (0.5, "50%")] {
        let database = format!("{typed}.db");
        folder.ok(&format!("detect logs -m home.model --db {database} --flag-top {typed}"));
        let alerts = folder.alerts(&database);
        let mut at = 0;
        let mut entries = folder.ledger_entries(&database);
        entries.sort_by(|a, b| a.file.cmp(&b.file));
        assert_eq!(entries.len(), 6);
        for entry in &entries {
            let rows = &scored[at..at + entry.progress.rows as usize];
            at += rows.len();
            let of_file: Vec<&Value> = alerts.iter().filter(|alert| alert["file"] == entry.file).collect();
            assert!(!of_file.is_empty());
            assert_eq!(entry.progress.rows_flagged, of_file.len() as u64);
            check(&of_file, rows, share);
        }
        assert_eq!(at, 4000);
    }
}

/// A plain file of several chunks is scored, its scores are spooled, and it is read again; a small or packed one is not.
#[test]
fn a_file_of_many_chunks_is_read_twice_to_the_same_end() {
    let folder = Folder::new();
    folder.ok("synth --rows 30000 --days 1 --seed 12 --single --out logs");
    let log = folder.text("logs/conn.log");
    assert!(log.len() > 3 << 20, "several chunks");
    folder.write("packed.gz", gz(&log));
    let scored = folder.ok("detect logs/conn.log -m home.model -o - --format json").json();
    let detect = |name: &str, more: &str| {
        let database = format!("{}{}.db", name.replace('/', "-"), more.replace(' ', ""));
        folder.ok(&format!(
            "detect {name} -m home.model --db {database} --flag-top 5% -o {database}.json --format json{more}"
        ));
        let mut alerts = folder.alerts(&database);
        check(&alerts.iter().collect::<Vec<_>>(), &scored, 0.05);
        for alert in &mut alerts {
            alert["file"].take();
        }
        let mut ledger = folder.ledger(&database);
        ledger[0]["file"].take();
        let rows = json_lines(&folder.text(&format!("{database}.json")));
        assert_eq!(rows.iter().filter(|row| row["flagged"] == true).count(), alerts.len());
        assert_eq!(rows.len(), 30_000);
        (alerts, ledger, rows)
    };
    let twice = detect("logs/conn.log", "");
    assert!(detect("packed.gz", "") == twice, "read whole");
    assert!(detect("logs/conn.log", " --threads 1") == twice, "one thread");
    folder.ok("detect logs/conn.log -m home.model --db logs-conn.log.db --flag-top 5%").says("nothing new");
}

/// What is appended is a part with a percentile of its own.
#[test]
fn what_is_appended_is_a_batch_of_its_own() {
    let folder = Folder::new();
    let scored = folder.ok("detect conn.log -m home.model -o - --format json").json();
    let (header, rows) = fixtures::parts(fixtures::log());
    folder.write("grows.log", header + &rows[..2000].concat());
    folder.ok("detect grows.log -m home.model --db a.db --flag-top 5%");
    folder.append("grows.log", &rows[2000..].concat());
    folder.ok("detect grows.log -m home.model --db a.db --flag-top 5%").says("4,000 rows of 1 log scored");
    let alerts = folder.alerts("a.db");
    let first = expected(&scored[..2000], 0.05).0.len();
    check(&alerts[..first].iter().collect::<Vec<_>>(), &scored[..2000], 0.05);
    check(&alerts[first..].iter().collect::<Vec<_>>(), &scored[2000..], 0.05);
}

#[test]
fn equal_scores_and_tiny_files() {
    let folder = Folder::new();
    let (header, rows) = fixtures::parts(fixtures::log());
    // All equal: none lies strictly above.
    folder.write("equal.log", header.clone() + &rows[0].repeat(50));
    folder.ok("detect equal.log -m home.model --db a.db --flag-top 5%").says("0 rows flagged");
    folder.write("one.log", header.clone() + rows[1]);
    folder.ok("detect one.log -m home.model --db a.db --flag-top 5%").says("0 rows flagged");
    folder.write("none.log", header);
    folder.ok("detect none.log -m home.model --db a.db --flag-top 5%");
    assert!(folder.alerts("a.db").is_empty());
}

#[test]
fn standard_input_can_be_read_only_once() {
    let folder = Folder::new();
    let ran = folder.feed("detect - -m home.model --db a.db --flag-top 5%", fixtures::log());
    ran.fails(2, &["--flag-top", "only once"]);
    assert!(!folder.path("a.db").exists());
}
