//! A writer that is killed at any moment leaves alerts, incidents, progress and state of one commit.
//!
//! The test binary starts itself again as the writer, counts the steps that the writer reports, and
//! kills it after a chosen number of them, with the signal that can't be caught. What must hold
//! afterwards holds wherever the writer happened to be.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use oddflow_store::{
    AlertQuery, Batch, IncidentQuery, IncidentSort, LogId, MAX_INCIDENT_ROWS, NewAlert, NewIncident,
    Progress, Store,
};

use crate::support::{MODEL, found, incident, line, log, model};

/// Names the database to the writer; without it the writer is an empty test.
const DATABASE: &str = "ODDFLOW_STORE_TEST_DATABASE";

/// Rows in all; each is flagged.
const ROWS: u64 = 6_000;

/// Rows of a batch: three numbers in turn, so that no two kills meet the same boundary.
const BATCHES: [u64; 3] = [1, 40, 7];

/// Kills; the number of steps between them grows.
const KILLS: usize = 12;

/// Rows of an incident: each belongs to one, and the later it comes the stronger it is.
const INCIDENT_ROWS: u64 = 130;

/// The rows that the incident of a number has by the time that so many were read.
fn rows_of_incident(number: u64, rows: u64) -> std::ops::Range<u64> {
    let first = number * INCIDENT_ROWS;
    first..rows.min(first + INCIDENT_ROWS)
}

/// The alerts of an incident, the strongest first, as number and line.
fn alerts_of_incident(store: &Store, number: u64) -> Vec<(i64, u64)> {
    let all = store.incidents(&IncidentQuery { sort: IncidentSort::Oldest, ..IncidentQuery::default() });
    let known = all.expect("reads").into_iter().find(|incident| incident.number == number);
    let Some(known) = known else { return Vec::new() };
    let alerts = found(store, &AlertQuery { incident: Some(known.id), ..AlertQuery::default() });
    alerts.into_iter().map(|alert| (alert.id, alert.line)).collect()
}

/// Stores rows of one incident, the strongest of all it has had.
fn grow(batch: &mut Batch<'_>, log: LogId, number: u64, rows: std::ops::Range<u64>, kept: &[(i64, u64)]) {
    let new = NewIncident {
        rows: rows_of_incident(number, rows.end).count() as u64,
        peak: rows.end as f64,
        ..incident(number)
    };
    let id = batch.incident(MODEL, &new).expect("stores");
    let strongest: Vec<u64> = rows.rev().take(MAX_INCIDENT_ROWS).collect();
    let too_many = (kept.len() + strongest.len()).saturating_sub(MAX_INCIDENT_ROWS);
    let weakest: Vec<i64> = kept.iter().rev().take(too_many).map(|(id, _)| *id).collect();
    assert_eq!(batch.remove_alerts(&weakest).expect("removes"), too_many);
    for row in strongest.into_iter().rev() {
        batch.alert(log, &NewAlert { incident: Some(id), ..line(row) }).expect("has room");
    }
}

/// Reads the log from where the ledger says, to its end, a batch at a time.
fn write(path: &Path, mut step: impl FnMut()) {
    let mut store = Store::open(path).expect("opens");
    store.register_model(&model(MODEL)).expect("registers");
    for size in BATCHES.iter().cycle() {
        let before = store.ledger(MODEL, &log("a")).expect("reads").map(|entry| entry.progress);
        let state = store.model_state(MODEL, "").expect("reads");
        let start = before.as_ref().map_or(0, |progress| progress.rows);
        if start == ROWS {
            break;
        }
        // A batch has rows of one incident, which makes the test shorter.
        let number = start / INCIDENT_ROWS;
        let end = rows_of_incident(number, ROWS).end.min(start + size);
        let kept = alerts_of_incident(&store, number);
        let progress = Progress { rows: end, rows_flagged: end, ..Progress::default() };
        let mut batch = store.begin().expect("begins");
        let id = batch.log(MODEL, &log("a"), "conn.log", before.as_ref()).expect("as it stands");
        step();
        for row in start..end {
            batch.alert(id, &line(row)).expect("stores");
        }
        let odd = batch.log(MODEL, &log("b"), "odd.log", before.as_ref()).expect("as it stands");
        grow(&mut batch, odd, number, start..end, &kept);
        batch.progress(odd, &progress).expect("moves on");
        step();
        batch.progress(id, &progress).expect("moves on");
        batch
            .state((MODEL, ""), state.revision, 8, |place| place.write_all(&end.to_le_bytes()))
            .expect("writes");
        step();
        batch.commit().expect("commits");
        step();
        if end % 500 < *size {
            store.update_search().expect("updates");
        }
    }
}

/// The writer. Run by hand it does nothing.
#[test]
#[expect(clippy::disallowed_methods, reason = "the test binary takes no arguments of its own")]
fn writer() {
    let Some(path) = std::env::var_os(DATABASE) else { return };
    let mut out = std::io::stdout().lock();
    write(Path::new(&path), || {
        // The reader of these lines is gone only when this process is about to be killed.
        let _ = writeln!(out, "step").and_then(|()| out.flush());
    });
}

/// Runs the writer and kills it after a number of steps. Says whether it has come to its end before.
fn run_and_kill(path: &Path, steps: usize) -> bool {
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "kill::writer", "--nocapture", "--test-threads=1"])
        .env(DATABASE, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    let out = BufReader::new(child.stdout.take().expect("piped"));
    let seen = out.lines().map_while(Result::ok).filter(|line| line.ends_with("step")).take(steps).count();
    child.kill().expect("kills");
    let status = child.wait().expect("ends");
    assert!(seen == steps || status.success(), "the writer has failed by itself: {status}");
    seen < steps
}

/// Alerts, incidents, progress and state are those of one commit. Returns its rows.
fn consistent(path: &Path) -> u64 {
    let store = Store::open(path).expect("opens after a kill");
    store.check().expect("whole");
    let rows = store.ledger(MODEL, &log("a")).expect("reads").map_or(0, |entry| {
        assert_eq!(entry.progress.rows_flagged, entry.progress.rows);
        entry.progress.rows
    });
    let of_log = |file: &str| AlertQuery { file: Some(file.to_owned()), ..AlertQuery::default() };
    let lines = |query: &AlertQuery| found(&store, query).iter().map(|alert| alert.line).collect::<Vec<_>>();
    assert_eq!(lines(&of_log("conn.log")), (0..rows).rev().collect::<Vec<_>>());
    let incidents =
        store.incidents(&IncidentQuery { sort: IncidentSort::Oldest, ..IncidentQuery::default() });
    let incidents = incidents.expect("reads");
    assert_eq!(incidents.len() as u64, rows.div_ceil(INCIDENT_ROWS));
    for (number, incident) in (0..).zip(&incidents) {
        let rows = rows_of_incident(number, rows);
        assert_eq!((incident.number, incident.rows), (number, rows.clone().count() as u64));
        assert_eq!(incident.peak, rows.end as f64);
        let query = AlertQuery { incident: Some(incident.id), ..AlertQuery::default() };
        assert_eq!(lines(&query), rows.rev().take(MAX_INCIDENT_ROWS).collect::<Vec<_>>());
    }
    let all = rows + incidents.iter().map(|incident| incident.rows_stored).sum::<u64>();
    assert_eq!(store.count(&AlertQuery::default()).expect("counts"), all);
    let state = store.model_state(MODEL, "").expect("reads").bytes;
    assert_eq!(state, if rows == 0 { Vec::new() } else { rows.to_le_bytes().to_vec() });
    rows
}

#[test]
fn a_killed_writer_leaves_one_commit_and_the_next_one_ends_its_work() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("alerts.db");
    let mut rows = 0;
    for kill in 0..KILLS {
        // 1 to 4 more steps than a multiple of a batch's four: each place in a batch has its turn.
        let ended = run_and_kill(&path, 1 + kill * 5);
        if path.exists() {
            let now = consistent(&path);
            assert!(now >= rows, "nothing that was committed is lost");
            rows = now;
        }
        assert!(!ended || rows == ROWS);
    }
    write(&path, || {});
    assert_eq!(consistent(&path), ROWS);
}
