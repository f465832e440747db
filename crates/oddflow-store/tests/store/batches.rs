//! Batches: all of one or nothing, each row once, progress forward only.

use std::collections::BTreeMap;

use oddflow_store::{
    AlertQuery, Contribution, LogIdentity, MAX_COUNT, NewAlert, NewContribution, Progress, Sort, Store,
    StoreError,
};
use proptest::prelude::*;

use crate::support::{MODEL, found, line, lines, log, memory, model};

fn progress(rows: u64) -> Progress {
    Progress {
        bytes: rows * 100,
        lines: rows + 8,
        rows,
        rows_scored: rows,
        rows_flagged: rows,
        ..Progress::default()
    }
}

/// Stores one alert of a new log and commits.
fn one_alert(store: &mut Store) {
    let mut batch = store.begin().expect("begins");
    let id = batch.log(MODEL, &log("a"), "conn.log", None).expect("new log");
    batch.alert(id, &line(1)).expect("stores");
    batch.progress(id, &progress(1)).expect("moves on");
    batch.commit().expect("commits");
}

#[test]
fn what_goes_in_comes_out() {
    let mut store = memory();
    let alert = NewAlert {
        line: 17,
        ts: 1_736_071_200.123_456,
        uid: "CHhAvVGS1DHFjwGM9",
        orig_h: "10.0.0.5",
        orig_p: Some(49_152),
        resp_h: "2001:db8::1",
        resp_p: Some(443),
        proto: Some("tcp"),
        service: Some("ssl,http"),
        conn_state: Some("SF"),
        duration: Some(0.25),
        orig_bytes: Some(0),
        resp_bytes: Some(4_294_967_296),
        orig_pkts: Some(1),
        resp_pkts: Some(2),
        history: Some("ShAD\u{fffd}"),
        local_orig: Some(true),
        local_resp: Some(false),
        score: f64::INFINITY,
        threshold: 0.1,
        contributions: &[
            NewContribution { name: "src_bytes", value: 0.1, expected: 33.25, share: 0.7 },
            NewContribution { name: "\"odd\"", value: f64::NAN, expected: f32::INFINITY, share: 0.3 },
        ],
        incident: None,
        explanation: Some(r#"{ "families": [] }"#),
        evidence: Some("[]"),
    };
    let mut batch = store.begin().expect("begins");
    let id = batch.log(MODEL, &log("a"), "current/conn.log", None).expect("new log");
    assert_eq!(batch.alert(id, &alert).expect("stores"), 1);
    assert_eq!(batch.alert(id, &line(18)).expect("stores"), 2);
    batch.commit().expect("commits");

    let full = store.alert(1).expect("reads").expect("is there");
    assert_eq!(
        (full.id, full.model.as_str(), full.log, full.file.as_str()),
        (1, MODEL, id, "current/conn.log")
    );
    assert_eq!((full.line, full.ts, full.uid.as_str()), (alert.line, alert.ts, alert.uid));
    assert_eq!((full.orig_h.as_str(), full.orig_p), (alert.orig_h, alert.orig_p));
    assert_eq!((full.resp_h.as_str(), full.resp_p), (alert.resp_h, alert.resp_p));
    assert_eq!((full.proto.as_deref(), full.service.as_deref()), (alert.proto, alert.service));
    assert_eq!((full.conn_state.as_deref(), full.history.as_deref()), (alert.conn_state, alert.history));
    assert_eq!(
        (full.duration, full.orig_bytes, full.resp_bytes),
        (alert.duration, alert.orig_bytes, alert.resp_bytes)
    );
    assert_eq!((full.orig_pkts, full.resp_pkts), (alert.orig_pkts, alert.resp_pkts));
    assert_eq!((full.local_orig, full.local_resp), (alert.local_orig, alert.local_resp));
    assert_eq!((full.score, full.threshold), (alert.score, alert.threshold));
    assert_eq!(
        full.contributions,
        [
            Contribution {
                name: "src_bytes".into(),
                value: Some(0.1),
                expected: Some(33.25),
                share: Some(0.7)
            },
            Contribution { name: "\"odd\"".into(), value: None, expected: None, share: Some(0.3) },
        ]
    );

    assert_eq!(
        (full.incident, full.explanation.as_deref(), full.evidence.as_deref()),
        (alert.incident, alert.explanation, alert.evidence)
    );

    let bare = store.alert(2).expect("reads").expect("is there");
    assert_eq!((bare.service, bare.duration, bare.orig_p, bare.local_orig), (None, None, None, None));
    assert_eq!(bare.contributions, []);
    assert_eq!((bare.incident, bare.explanation, bare.evidence), (None, None, None));
    assert_eq!(store.alert(3).expect("reads"), None);
}

#[test]
fn the_ledger_keeps_all_of_the_progress() {
    let mut store = memory();
    let now = Progress {
        unreadable: BTreeMap::from([("bad time".to_owned(), 3), ("cut row".to_owned(), 1)]),
        first_ts: Some(1.5),
        last_ts: Some(2.5),
        threshold: Some(0.25),
        ..progress(9)
    };
    let mut batch = store.begin().expect("begins");
    let id = batch.log(MODEL, &log("a"), "conn.log", None).expect("new log");
    batch.progress(id, &now).expect("moves on");
    batch.commit().expect("commits");

    let entry = store.ledger(MODEL, &log("a")).expect("reads").expect("is there");
    assert_eq!((entry.id, &entry.progress, entry.progress.unreadable_rows()), (id, &now, 4));
    assert_eq!(store.logs().expect("reads"), [entry]);
    assert_eq!(store.ledger(MODEL, &log("b")).expect("reads"), None);
    assert_eq!(store.ledger("m2", &log("a")).expect("reads"), None);
}

#[test]
fn a_log_is_known_by_content_and_by_model() {
    let mut store = memory();
    store.register_model(&model("m2")).expect("registers");
    let other = LogIdentity { opened: String::new(), ..log("a") };
    let mut batch = store.begin().expect("begins");
    let first = batch.log(MODEL, &log("a"), "conn.log", None).expect("new");
    let ids = [
        batch.log(MODEL, &other, "conn.log", None).expect("another opening time, another log"),
        batch.log("m2", &log("a"), "conn.log", None).expect("another model reads anew"),
    ];
    assert!(!ids.contains(&first));
    batch.progress(first, &progress(1)).expect("moves on");
    let renamed =
        batch.log(MODEL, &log("a"), "2025-01-05/conn.10.log.gz", Some(&progress(1))).expect("the same log");
    assert_eq!(renamed, first);
    batch.commit().expect("commits");
    let entry = store.ledger(MODEL, &log("a")).expect("reads").expect("is there");
    assert_eq!(entry.file, "2025-01-05/conn.10.log.gz");
}

#[test]
fn a_model_is_registered_once_and_keeps_a_state_a_sensor() {
    let mut store = memory();
    let state = |store: &Store, sensor| {
        let state = store.model_state(MODEL, sensor).expect("reads");
        (state.revision, state.bytes)
    };
    assert_eq!(state(&store, ""), (0, Vec::new()));

    let mut batch = store.begin().expect("begins");
    assert_eq!(batch.state((MODEL, ""), 0, 3, |place| place.write_all(b"one")).expect("writes"), 1);
    assert_eq!(batch.state((MODEL, ""), 1, 3, |place| place.write_all(b"two")).expect("writes"), 2);
    batch.commit().expect("commits");
    assert!(!store.register_model(&model(MODEL)).expect("is known"));
    assert_eq!(state(&store, ""), (2, b"two".to_vec()));
    assert_eq!(state(&store, "south"), (0, Vec::new()));

    let mut batch = store.begin().expect("begins");
    batch.expect_revision(MODEL, "south", 0).expect("nothing was written");
    assert_eq!(batch.state((MODEL, "south"), 0, 3, |place| place.write_all(b"own")).expect("writes"), 1);
    batch.expect_revision(MODEL, "south", 0).expect_err("something was written");
    batch.commit().expect("commits");
    assert_eq!(state(&store, ""), (2, b"two".to_vec()));
    assert_eq!(state(&store, "south"), (1, b"own".to_vec()));
    assert_eq!(store.sensors(MODEL).expect("reads"), ["", "south"]);

    let mut batch = store.begin().expect("begins");
    let stale =
        batch.state((MODEL, ""), 1, 5, |place| place.write_all(b"three")).expect_err("a revision behind");
    assert!(matches!(stale, StoreError::Conflict { .. }), "{stale}");
    drop(batch);
    assert_eq!(store.models().expect("reads"), [model(MODEL)]);
}

#[test]
fn the_last_log_of_a_name_is_known_while_it_is_new() {
    let mut store = memory();
    let mut batch = store.begin().expect("begins");
    for (log_of, file, last_ts) in
        [("a", "conn.log", 100.0), ("b", "conn.log", 200.0), ("c", "old.log", 300.0)]
    {
        let id = batch.log(MODEL, &log(log_of), file, None).expect("new");
        let now = Progress { bytes: 1, last_ts: Some(last_ts), ..Progress::default() };
        batch.progress(id, &now).expect("writes");
    }
    batch.commit().expect("commits");
    let last = |within| {
        let last = store.last_log_of(MODEL, "conn.log", within).expect("reads");
        last.map(|entry| entry.identity)
    };
    assert_eq!(last(100.0), Some(log("b")));
    assert_eq!(last(99.0), None);
    assert_eq!(store.last_log_of("m2", "conn.log", 1e9).expect("reads"), None);
}

#[test]
fn a_row_is_stored_once() {
    let mut store = memory();
    one_alert(&mut store);
    let mut batch = store.begin().expect("begins");
    let id = batch.log(MODEL, &log("a"), "conn.log", Some(&progress(1))).expect("known");
    let error = batch.alert(id, &line(1)).expect_err("the same line");
    assert!(matches!(error, StoreError::DuplicateRow { line: 1, .. }), "{error}");
    // The call has failed, not the batch.
    batch.alert(id, &line(2)).expect("another line");
    let other = batch.log(MODEL, &log("b"), "conn.log", None).expect("new");
    batch.alert(other, &line(1)).expect("another log's line");
    batch.commit().expect("commits");
    assert_eq!(lines(&store), [1, 2, 1]);
}

#[test]
fn progress_that_another_writer_has_moved_is_a_conflict() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("alerts.db");
    let mut slow = Store::open(&path).expect("creates");
    slow.register_model(&model(MODEL)).expect("registers");
    let mut fast = Store::open(&path).expect("opens");

    // Both read the ledger; one is faster.
    assert_eq!(slow.ledger(MODEL, &log("a")).expect("reads"), None);
    one_alert(&mut fast);

    let mut batch = slow.begin().expect("begins");
    for stale in [None, Some(&progress(0)), Some(&progress(2))] {
        let error = batch.log(MODEL, &log("a"), "conn.log", stale).expect_err("stale");
        assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
    }
    let error = batch.log(MODEL, &log("b"), "conn.log", Some(&progress(1))).expect_err("never read");
    assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
    let id = batch.log(MODEL, &log("a"), "conn.log", Some(&progress(1))).expect("as it stands");
    let error = batch.progress(id, &progress(0)).expect_err("backwards");
    assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
    batch.progress(id, &progress(1)).expect("no step is no step back");
    batch.commit().expect("commits");
}

#[test]
fn an_unknown_model_is_named() {
    let mut store = memory();
    let mut batch = store.begin().expect("begins");
    let error = batch.log("m7", &log("a"), "conn.log", None).expect_err("unknown");
    assert!(matches!(&error, StoreError::UnknownModel { model, .. } if model == "m7"), "{error}");
}

#[test]
fn what_is_not_a_number_has_no_place_in_an_order() {
    let mut store = memory();
    let mut batch = store.begin().expect("begins");
    let id = batch.log(MODEL, &log("a"), "conn.log", None).expect("new");
    for alert in [
        NewAlert { ts: f64::NAN, ..line(1) },
        NewAlert { score: f64::NAN, ..line(1) },
        NewAlert { threshold: f64::NAN, ..line(1) },
    ] {
        let error = batch.alert(id, &alert).expect_err("not a number");
        assert!(matches!(error, StoreError::NotANumber { .. }), "{error}");
    }
    batch.alert(id, &NewAlert { duration: Some(f64::NAN), ..line(1) }).expect("a duration may be unset");
    batch.commit().expect("commits");
    assert_eq!(store.alert(1).expect("reads").expect("is there").duration, None);
}

#[test]
fn counts_that_sqlite_cannot_hold_are_stored_as_the_largest() {
    let mut store = memory();
    let huge = Progress {
        bytes: u64::MAX,
        lines: u64::MAX,
        rows: u64::MAX,
        rows_scored: MAX_COUNT + 1,
        rows_flagged: MAX_COUNT,
        unreadable: BTreeMap::from([("a".to_owned(), u64::MAX), ("b".to_owned(), 1)]),
        ..Progress::default()
    };
    let alert = NewAlert {
        orig_bytes: Some(u64::MAX),
        resp_bytes: Some(MAX_COUNT),
        orig_pkts: Some(MAX_COUNT - 1),
        ..line(u64::MAX)
    };
    let mut batch = store.begin().expect("begins");
    let id = batch.log(MODEL, &log("a"), "conn.log", None).expect("new");
    batch.alert(id, &alert).expect("stores");
    batch.progress(id, &huge).expect("moves on");
    assert_eq!(batch.log(MODEL, &log("a"), "conn.log", Some(&huge)).expect("compared as stored"), id);
    batch.commit().expect("commits");

    let stored = store.alert(1).expect("reads").expect("is there");
    assert_eq!(
        (stored.line, stored.orig_bytes, stored.resp_bytes, stored.orig_pkts),
        (MAX_COUNT, Some(MAX_COUNT), Some(MAX_COUNT), Some(MAX_COUNT - 1))
    );
    let progress = store.ledger(MODEL, &log("a")).expect("reads").expect("is there").progress;
    assert_eq!(
        (progress.bytes, progress.rows_scored, progress.rows_flagged),
        (MAX_COUNT, MAX_COUNT, MAX_COUNT)
    );
    assert_eq!(progress.unreadable_rows(), u64::MAX);
}

/// One batch of the property test.
#[derive(Debug, Clone)]
struct Step {
    /// For each log of the batch: which one, and how many rows.
    logs: Vec<(usize, u64)>,
    /// Whether the process lives to commit.
    commits: bool,
    /// Whether the search tables are brought up to date after it.
    updates_search: bool,
}

fn step() -> impl Strategy<Value = Step> {
    (prop::collection::vec((0..3usize, 0..6u64), 0..4), any::<bool>(), prop::bool::weighted(0.3))
        .prop_map(|(logs, commits, updates_search)| Step { logs, commits, updates_search })
}

/// What the store should hold, kept in the plainest way.
#[derive(Debug, Clone, Default, PartialEq)]
struct Expected {
    /// Log and line of each alert.
    alerts: Vec<(usize, u64)>,
    rows: [Option<u64>; 3],
    revision: u64,
}

impl Expected {
    fn of(store: &Store) -> Self {
        let names = ["log0", "log1", "log2"];
        let query = AlertQuery { sort: Sort::Id, ..AlertQuery::default() };
        let alerts = found(store, &query).into_iter().map(|alert| {
            let log = names.iter().position(|name| alert.file == *name).expect("a log of ours");
            (log, alert.line)
        });
        let rows = names.map(|name| {
            let entry = store.ledger(MODEL, &log(name)).expect("reads")?;
            assert_eq!(entry.progress, progress(entry.progress.rows));
            Some(entry.progress.rows)
        });
        let state = store.model_state(MODEL, "").expect("reads");
        Self { alerts: alerts.collect(), rows, revision: state.revision }
    }
}

fn apply(store: &mut Store, expected: &mut Expected, step: &Step) {
    let mut after = expected.clone();
    let mut batch = store.begin().expect("begins");
    for (which, count) in &step.logs {
        let name = format!("log{which}");
        let before = after.rows[*which];
        let id = batch.log(MODEL, &log(&name), &name, before.map(progress).as_ref()).expect("as it stands");
        let start = before.unwrap_or(0);
        for row in start..start + count {
            batch.alert(id, &line(row)).expect("stores");
            after.alerts.push((*which, row));
        }
        batch.progress(id, &progress(start + count)).expect("moves on");
        after.rows[*which] = Some(start + count);
        after.revision = batch
            .state((MODEL, ""), after.revision, name.len() as u64, |place| place.write_all(name.as_bytes()))
            .expect("writes");
    }
    if step.commits {
        batch.commit().expect("commits");
        *expected = after;
    } else {
        drop(batch);
    }
    if step.updates_search {
        store.update_search().expect("updates");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_batch_is_stored_whole_or_not_at_all(steps in prop::collection::vec(step(), 1..12)) {
        let mut store = memory();
        let mut expected = Expected::default();
        for step in &steps {
            apply(&mut store, &mut expected, step);
            prop_assert_eq!(&Expected::of(&store), &expected);
            store.check().expect("whole");
        }
    }
}

#[test]
fn what_a_state_took_in_follows_it_until_it_is_written_again() {
    let mut store = memory();
    let since = |store: &Store| store.model_state(MODEL, "").expect("reads").since;
    assert_eq!(since(&store), None);

    for (revision, rows) in [(0, b"one"), (1, b"two")] {
        let mut batch = store.begin().expect("begins");
        assert_eq!(batch.journal((MODEL, ""), revision, rows, b"beside").expect("writes"), revision + 1);
        batch.commit().expect("commits");
    }
    let kept = since(&store).expect("rows came");
    assert_eq!(kept.rows, [b"one".to_vec(), b"two".to_vec()]);
    assert_eq!(kept.beside, b"beside");
    assert_eq!(store.model_state(MODEL, "").expect("reads").bytes, b"");

    // A revision behind, and a batch that isn't committed.
    let mut batch = store.begin().expect("begins");
    let stale = batch.journal((MODEL, ""), 1, b"three", b"").expect_err("a revision behind");
    assert!(matches!(stale, StoreError::Conflict { .. }), "{stale}");
    batch.journal((MODEL, ""), 2, b"three", b"").expect("writes");
    drop(batch);
    assert_eq!(since(&store), Some(kept));

    let mut batch = store.begin().expect("begins");
    assert_eq!(batch.state((MODEL, ""), 2, 5, |place| place.write_all(b"whole")).expect("writes"), 3);
    batch.commit().expect("commits");
    assert_eq!(since(&store), None);
    store.check().expect("sound");
}
