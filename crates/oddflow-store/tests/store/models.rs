//! Models in the database: files, roles, the way back, and what a model goes on from.

use std::io::Write;
use std::ops::ControlFlow;

use oddflow_store::{
    AlertQuery, Batch, IncidentQuery, ModelEvent, ModelRole, NewAlert, NewIncident, Progress, Store,
    StoreError, TrafficQuery,
};

use crate::support::{incident, line, log, memory, model};

/// Takes a model of some bytes in.
fn import(batch: &mut Batch<'_>, id: &str, bytes: &[u8]) -> bool {
    let write = |to: &mut dyn Write| to.write_all(bytes);
    let how = (1.0, ModelEvent::Imported, "a test");
    batch.import_model(&model(id), bytes.len() as u64, write, how).expect("imports")
}

/// A database with the models a, b and c.
fn three() -> Store {
    let mut store = memory();
    let mut batch = store.begin().expect("begins");
    for id in ["a", "b", "c"] {
        assert!(import(&mut batch, id, id.as_bytes()));
    }
    batch.commit().expect("commits");
    store
}

/// Does something in a batch of its own.
fn with<T>(
    store: &mut Store,
    what: impl FnOnce(&mut Batch<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let mut batch = store.begin()?;
    let done = what(&mut batch)?;
    batch.commit()?;
    Ok(done)
}

fn active(store: &Store) -> Option<String> {
    store.active_model().expect("reads")
}

#[test]
fn a_model_is_kept_with_its_file() {
    let mut store = memory();
    let bytes: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
    let mut batch = store.begin().expect("begins");
    assert!(import(&mut batch, "new", &bytes));
    assert!(!import(&mut batch, "new", &bytes), "a second time changes nothing");
    batch.commit().expect("commits");
    assert_eq!(store.model_file("new").expect("reads"), Some(bytes.clone()));
    assert_eq!(store.size().expect("reads").models, bytes.len() as u64);
    let known = store.known_model("new").expect("reads").expect("it is known");
    assert_eq!((known.role, known.entered), (ModelRole::Retired, Some(1.0)));
    assert_eq!(known.file_bytes, Some(bytes.len() as u64));
    assert_eq!(store.model_history(Some("new")).expect("reads").len(), 1);
}

#[test]
fn a_model_without_a_file_is_known_and_can_get_one() {
    let mut store = memory();
    with(&mut store, |batch| batch.state(("m1", ""), 0, 5, |to| to.write_all(b"state"))).expect("writes");
    let known = store.known_model("m1").expect("reads").expect("it is known");
    assert_eq!((known.role, known.since, known.file_bytes), (ModelRole::Retired, None, None));
    assert_eq!(store.model_file("m1").expect("reads"), None);
    assert!(!store.was_imported("m1").expect("reads"));
    let refused = with(&mut store, |batch| batch.activate("m1", 2.0, "")).expect_err("it has no file");
    assert!(matches!(refused, StoreError::NoModelFile { .. }), "{refused}");
    with(&mut store, |batch| {
        import(batch, "m1", b"bytes");
        batch.activate("m1", 2.0, "")
    })
    .expect("it has one now");
    assert_eq!(active(&store).as_deref(), Some("m1"));
    // Its state is the one from before.
    assert_eq!(store.model_state("m1", "").expect("reads").bytes, b"state");
}

#[test]
fn what_is_not_all_of_a_file_leaves_nothing() {
    let mut store = memory();
    let mut batch = store.begin().expect("begins");
    let write = |to: &mut dyn Write| to.write_all(b"12");
    let how = (1.0, ModelEvent::Learned, "");
    let error = batch.import_model(&model("cut"), 3, write, how).expect_err("it is cut");
    assert!(error.to_string().contains("2 of 3 bytes"), "{error}");
    assert!(import(&mut batch, "whole", b"1"), "the batch goes on");
    batch.commit().expect("commits");
    assert_eq!(store.known_model("cut").expect("reads"), None);
    store.check().expect("whole");
}

#[test]
fn one_model_is_active_and_the_way_back_is_known() {
    let mut store = three();
    let nothing = with(&mut store, |batch| batch.roll_back(1.0, "")).expect_err("nothing was active");
    assert!(matches!(nothing, StoreError::NothingBefore { .. }));
    for (id, time) in [("a", 2.0), ("b", 3.0), ("c", 4.0)] {
        assert!(with(&mut store, |batch| batch.activate(id, time, "by hand")).expect("activates"));
    }
    assert!(!with(&mut store, |batch| batch.activate("c", 5.0, "")).expect("it is so already"));
    assert_eq!(active(&store).as_deref(), Some("c"));
    assert_eq!(with(&mut store, |batch| batch.roll_back(6.0, "")).expect("back"), "b");
    assert_eq!(with(&mut store, |batch| batch.roll_back(7.0, "")).expect("back"), "a");
    let nothing = with(&mut store, |batch| batch.roll_back(8.0, "")).expect_err("a was the first");
    assert!(matches!(nothing, StoreError::NothingBefore { .. }));
    assert_eq!(active(&store).as_deref(), Some("a"), "what fails changes nothing");
    // What was rolled back is no step of a later way.
    assert!(with(&mut store, |batch| batch.activate("c", 9.0, "")).expect("activates"));
    assert_eq!(with(&mut store, |batch| batch.roll_back(10.0, "")).expect("back"), "a");
    let roles: Vec<_> =
        store.known_models().expect("reads").into_iter().map(|known| (known.model.id, known.role)).collect();
    let retired = |id: &str| (id.to_owned(), ModelRole::Retired);
    assert_eq!(roles[0], ("a".to_owned(), ModelRole::Active));
    assert_eq!(roles[1..], [retired("b"), retired("c"), retired("m1")]);
}

#[test]
fn the_way_back_passes_over_models_that_are_gone() {
    let mut store = three();
    for id in ["a", "b", "a", "c", "a"] {
        with(&mut store, |batch| batch.activate(id, 2.0, "")).expect("activates");
    }
    with(&mut store, |batch| batch.remove_model("c")).expect("nothing goes by it");
    assert_eq!(with(&mut store, |batch| batch.roll_back(3.0, "")).expect("back"), "b");
    with(&mut store, |batch| batch.empty_model("a", 4.0, "").map(|length| assert_eq!(length, Some(1))))
        .expect("it is retired");
    let refused = with(&mut store, |batch| batch.roll_back(5.0, "")).expect_err("its file is gone");
    assert!(matches!(refused, StoreError::NoModelFile { .. }), "{refused}");
    assert_eq!(active(&store).as_deref(), Some("b"));
    assert!(store.was_imported("a").expect("reads"));
}

#[test]
fn a_shadow_becomes_active_or_retires() {
    let mut store = three();
    with(&mut store, |batch| batch.activate("a", 2.0, "")).expect("activates");
    with(&mut store, |batch| batch.shadow("b", 2.5, 3.0, "retrained")).expect("no other is");
    assert_eq!(store.shadow_model().expect("reads").as_deref(), Some("b"));
    assert_eq!(store.trial().expect("reads"), Some(("b".to_owned(), 2.5)));
    assert!(with(&mut store, |batch| batch.shadow("c", 2.5, 3.0, "")).is_err(), "there is one");
    with(&mut store, |batch| batch.activate("b", 4.0, "no worse")).expect("activates");
    assert_eq!((active(&store).as_deref(), store.shadow_model().expect("reads")), (Some("b"), None));
    with(&mut store, |batch| batch.shadow("c", 2.5, 5.0, "")).expect("there is none now");
    with(&mut store, |batch| batch.retire("c", 6.0, "it raised more")).expect("retires");
    let of_c: Vec<_> = store.model_history(Some("c")).expect("reads").into_iter().map(|e| e.event).collect();
    assert_eq!(of_c, [ModelEvent::Imported, ModelEvent::Shadowed, ModelEvent::Retired]);
}

#[test]
fn what_the_former_model_has_read_is_not_read_again() {
    let mut store = three();
    let progress = |rows: u64| Progress {
        bytes: 10 * rows,
        lines: rows,
        rows,
        rows_scored: rows,
        ..Progress::default()
    };
    let read = |batch: &mut Batch<'_>, id: &str, name: &str, rows: u64| {
        let log = batch.log(id, &log(name), name, None).expect("new");
        batch.progress(log, &progress(rows)).expect("forward");
    };
    with(&mut store, |batch| {
        batch.activate("a", 2.0, "")?;
        assert_eq!(batch.watch_with("a")?, None);
        read(batch, "a", "first", 5);
        read(batch, "a", "second", 7);
        read(batch, "b", "first", 3);
        read(batch, "b", "third", 9);
        batch.activate("b", 3.0, "")?;
        assert_eq!(batch.watch_with("b")?.as_deref(), Some("a"));
        assert_eq!(batch.watch_with("b")?, None);
        Ok(())
    })
    .expect("commits");
    let rows = |name: &str| {
        let entry = store.ledger("b", &log(name)).expect("reads").expect("it is known");
        (entry.progress.bytes, entry.progress.rows, entry.progress.rows_scored)
    };
    assert_eq!(rows("first"), (50, 5, 3), "what it scored itself stays");
    assert_eq!(rows("second"), (70, 7, 0));
    assert_eq!(rows("third"), (90, 9, 9));
    store.check().expect("whole");
}

#[test]
fn a_model_that_is_used_or_has_results_stays() {
    let mut store = three();
    with(&mut store, |batch| batch.activate("a", 2.0, "")).expect("activates");
    let in_use = with(&mut store, |batch| batch.remove_model("a")).expect_err("it is active");
    assert!(matches!(in_use, StoreError::ModelInUse { .. }));
    with(&mut store, |batch| {
        batch.watch_with("a")?;
        batch.activate("b", 3.0, "")
    })
    .expect("activates");
    let in_use = with(&mut store, |batch| batch.empty_model("a", 3.0, "")).expect_err("it is watched with");
    assert!(matches!(in_use, StoreError::ModelInUse { .. }));
    with(&mut store, |batch| {
        batch.watch_with("b")?;
        let log = batch.log("a", &log("x"), "x", None)?;
        batch.alert(log, &NewAlert { ..line(1) })
    })
    .expect("stores");
    let refused = with(&mut store, |batch| batch.remove_model("a")).expect_err("it has an alert");
    assert!(matches!(refused, StoreError::ModelHasResults { .. }));
    with(&mut store, |batch| batch.journal(("c", "south"), 0, b"rows", b"beside")).expect("writes");
    with(&mut store, |batch| batch.remove_model("c")).expect("it is idle");
    assert_eq!(store.size().expect("reads").states, 0);
    let unknown = with(&mut store, |batch| batch.remove_model("c")).expect_err("it is gone");
    assert!(matches!(unknown, StoreError::UnknownModel { .. }));
    store.check().expect("whole");
}

#[test]
fn a_database_of_before_keeps_its_models() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.db");
    let mut store = Store::open(&path).expect("creates");
    store.register_model(&model("old")).expect("registers");
    drop(store);
    // As the version before left it.
    let connection = rusqlite::Connection::open(&path).expect("opens");
    let traffic =
        ["traffic_day", "traffic_hours", "channel", "channel_host", "traffic_host", "traffic_service"];
    let later = ["model_file", "model_role", "model_event", "drift", "traffic_source", "training"];
    for table in traffic.iter().chain(&later) {
        connection.execute(&format!("DROP TABLE {table}"), []).expect("it is there");
    }
    connection
        .execute_batch(
            "DROP TABLE audit_incident; DROP TABLE audit; DROP TABLE note; DROP TABLE session; DROP TABLE token;
            DROP TABLE change; DROP TABLE incident_key; DROP TABLE incident_stale; DROP TABLE incident_text; DROP TABLE alert_text; DROP INDEX incident_by_severity;
            DROP INDEX incident_counted; CREATE INDEX incident_by_end ON incident (last_ts); DROP INDEX log_by_end",
        )
        .expect("they are there");
    connection
        .execute_batch("DROP INDEX incident_by_shadow; ALTER TABLE incident DROP COLUMN is_shadow")
        .expect("they are there");
    connection.pragma_update(None, "user_version", 6).expect("a version");
    drop(connection);
    let mut store = Store::open(&path).expect("it is brought up to date");
    assert_eq!(store.known_models().expect("reads")[0].role, ModelRole::Retired);
    assert_eq!(active(&store), None);
    with(&mut store, |batch| {
        assert!(import(batch, "old", b"its file"));
        batch.activate("old", 2.0, "")
    })
    .expect("it can be activated");
    assert_eq!(active(&store).as_deref(), Some("old"));
    assert_eq!(
        store.traffic_extent(&TrafficQuery::default()).expect("reads"),
        None,
        "traffic is counted from now on"
    );
}

#[test]
fn a_shadow_reads_what_comes_behind_its_baseline() {
    let mut store = three();
    let mut read = |name: &str, rows: u64, (first, last): (f64, f64)| {
        let now = Progress {
            bytes: rows,
            lines: rows,
            rows,
            first_ts: Some(first),
            last_ts: Some(last),
            ..Progress::default()
        };
        with(&mut store, |batch| {
            let log = batch.log("a", &log(name), name, None)?;
            batch.progress(log, &now)
        })
        .expect("forward");
    };
    read("first", 5, (10.0, 20.0));
    read("second", 7, (20.0, 30.0));
    read("wild", 1, (20.0, 1e12));
    with(&mut store, |batch| batch.go_on_from_in("a", "b", &[log("first"), log("unknown")])).expect("copies");
    let rows = |name: &str| store.ledger("b", &log(name)).expect("reads").map(|entry| entry.progress.rows);
    assert_eq!((rows("first"), rows("second"), rows("unknown")), (Some(5), None, None));
    assert_eq!(store.span_read("a", 1e10).expect("reads"), Some((10.0, 30.0)));
    assert_eq!(store.span_read("b", 1e10).expect("reads"), Some((10.0, 20.0)));
    assert_eq!(store.span_read("c", 1e10).expect("reads"), None);
}

#[test]
fn what_a_shadow_finds_is_kept_apart() {
    let mut store = three();
    with(&mut store, |batch| {
        let log = batch.log("b", &log("x"), "x", None)?;
        for (number, is_shadow) in [(1, true), (2, false), (3, true)] {
            let incident = batch.incident("b", &NewIncident { is_shadow, ..incident(number) })?;
            batch.alert(log, &NewAlert { incident: Some(incident), ..line(number) })?;
        }
        // One that goes on when its model is active.
        batch.incident("b", &incident(3)).map(|_| ())
    })
    .expect("stores");
    let count = |shadow| {
        let (incidents, alerts) =
            (IncidentQuery { shadow, ..Default::default() }, AlertQuery { shadow, ..Default::default() });
        (store.count_incidents(&incidents).expect("counts"), store.count(&alerts).expect("counts"))
    };
    assert_eq!((count(None), count(Some(true)), count(Some(false))), ((3, 3), (1, 1), (2, 2)));
    // Raised at 1.5, 2.5 and 3.5.
    assert_eq!(store.passed_between("b", (1.5, 3.5)).expect("counts"), 2);
    let mut kept_out = Vec::new();
    store
        .uids_not_normal(f64::NEG_INFINITY, &mut |uid| {
            kept_out.push(uid.to_owned());
            ControlFlow::Continue(())
        })
        .expect("reads");
    assert_eq!(kept_out.len(), 2, "what nobody was told of is no verdict");
}

#[test]
fn what_a_training_began_with_is_kept_until_its_end() {
    let mut store = three();
    let guard = |store: &Store, due| store.training_guard("a", due).expect("reads");
    with(&mut store, |batch| batch.begin_training("a", 10.5, "{}")).expect("stores");
    assert_eq!((guard(&store, 10.5).as_deref(), guard(&store, 11.0)), (Some("{}"), None));
    with(&mut store, |batch| batch.begin_training("a", 11.0, "[]")).expect("stores");
    assert_eq!((guard(&store, 10.5), guard(&store, 11.0).as_deref()), (None, Some("[]")));
    with(&mut store, |batch| batch.end_training("a")).expect("stores");
    assert_eq!(guard(&store, 11.0), None);
    let unknown = with(&mut store, |batch| batch.begin_training("none", 1.0, ""));
    assert!(matches!(unknown, Err(StoreError::UnknownModel { .. })), "{unknown:?}");
}

/// Logs that ended before a baseline have nothing to keep out of it; one of which that isn't known has.
#[test]
fn what_must_not_be_normal_is_that_of_a_baselines_logs() {
    let mut store = three();
    with(&mut store, |batch| {
        for (number, last_ts) in [(1, Some(10.0)), (2, Some(20.0)), (3, None)] {
            let id = batch.log("b", &log(&number.to_string()), "x", None)?;
            batch.alert(id, &NewAlert { incident: None, ..line(number) })?;
            batch.progress(id, &Progress { last_ts, ..Progress::default() })?;
        }
        Ok(())
    })
    .expect("stores");
    let kept_out = |since| {
        let mut count = 0;
        let mut each = |_: &str| {
            count += 1;
            ControlFlow::Continue(())
        };
        store.uids_not_normal(since, &mut each).expect("reads");
        count
    };
    assert_eq!([5.0, 10.0, 10.5, 30.0].map(kept_out), [3, 3, 2, 1]);
}
