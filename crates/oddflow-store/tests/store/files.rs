//! Which files are opened and which refused, and that a refused one stays as it was.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::time::Duration;

use oddflow_store::{AlertQuery, IncidentQuery, NewAlert, Store, StoreError};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::{MODEL, found, incident, line, lines, log, model};

/// A database with one alert, closed.
fn database() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("alerts.db");
    let mut store = Store::open(&path).expect("creates");
    store.register_model(&model(MODEL)).expect("registers");
    let mut batch = store.begin().expect("begins");
    let id = batch.log(MODEL, &log("a"), "conn.log", None).expect("new log");
    batch.alert(id, &line(1)).expect("stores");
    batch.commit().expect("commits");
    drop(store);
    (folder, path)
}

/// Both ways of opening refuse the file with the error, which names it, and leave it as it was.
fn refused(path: &Path, is_expected: impl Fn(&StoreError) -> bool) {
    let before = fs::read(path).ok();
    for error in [Store::open(path).expect_err("refused"), Store::open_read_only(path).expect_err("refused")]
    {
        assert!(is_expected(&error), "{error:?}");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
        assert!(error.remedy().ends_with('.'));
    }
    assert_eq!(fs::read(path).ok(), before);
}

#[test]
fn a_database_is_read_again() {
    let (_folder, path) = database();
    for store in [Store::open_read_only(&path).expect("reads"), Store::open(&path).expect("opens")] {
        assert_eq!(lines(&store), [1]);
        store.check().expect("whole");
    }
}

/// Before there were incidents.
#[test]
fn a_database_of_the_first_version_is_brought_up_to_date() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("alerts.db");
    let first = Connection::open(&path).expect("creates");
    first.execute_batch("PRAGMA page_size = 8192; PRAGMA journal_mode = WAL;").expect("sets");
    first.execute_batch(include_str!("../../src/schema/01_alerts.sql")).expect("makes the tables");
    first
        .execute_batch(
            "PRAGMA user_version = 1;
            INSERT INTO model (id, recipe, tool_version, summary, threshold, state)
                VALUES ('m1', 'classic', '0.1.0', '{}', 3.5, x'');
            INSERT INTO log (id, model_id, path, opened, first_uid, file, bytes, lines, rows)
                VALUES (1, 'm1', 'conn', '2025-01-05-10-00-00', 'a', 'conn.log', 200, 10, 2);
            INSERT INTO alert (id, log_id, line, ts, uid, orig_h, resp_h, score, threshold, contributions)
                VALUES (1, 1, 9, 1, 'C1', '10.0.0.1', '10.0.0.2', 4, 3.5, '[[\"src_bytes\",1,2,0.5]]'),
                (2, 1, 10, 2, 'C2', '10.0.0.1', '10.0.0.2', 5, 3.5, '[]');
            INSERT INTO alert_by_score VALUES (4, 1);
            INSERT INTO alert_by_time VALUES (1, 1);
            INSERT INTO alert_by_host VALUES (x'00000000000000000000ffff0a000001', 1),
                (x'00000000000000000000ffff0a000002', 1);
            UPDATE search SET last_alert = 1;",
        )
        .expect("fills them");
    drop(first);

    let error = Store::open_read_only(&path).expect_err("older");
    assert!(matches!(error, StoreError::Older { found: 1, .. }), "{error}");
    let mut store = Store::open(&path).expect("brings it up to date");
    store.check().expect("whole");
    let alerts = found(&store, &AlertQuery::default());
    assert_eq!(alerts.iter().map(|alert| (alert.id, alert.line)).collect::<Vec<_>>(), [(2, 10), (1, 9)]);
    assert!(alerts.iter().all(|alert| alert.incident.is_none() && alert.explanation.is_none()));
    assert_eq!(store.incidents(&IncidentQuery::default()).expect("reads"), []);

    let before = store.ledger(MODEL, &log("a")).expect("reads").map(|entry| entry.progress);
    let mut batch = store.begin().expect("begins");
    let id = batch.log(MODEL, &log("a"), "conn.log", before.as_ref()).expect("as it stands");
    let number = batch.incident(MODEL, &incident(1)).expect("new");
    assert_eq!(batch.remove_alerts(&[1]).expect("removes"), 1);
    batch.alert(id, &NewAlert { incident: Some(number), ..line(11) }).expect("stores");
    batch.commit().expect("commits");
    store.check().expect("whole");
    drop(store);
    assert_eq!(lines(&Store::open_read_only(&path).expect("reads")), [10, 11]);
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().expect("folder");
    for (name, content) in [
        ("short", b"ts\tuid".to_vec()),
        ("conn.log", b"#separator \\x09\n#path\tconn\n".repeat(500)),
        ("zeros", vec![0; 8192]),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, content).expect("writes");
        refused(&path, |error| matches!(error, StoreError::NotADatabase { .. }));
    }
}

#[test]
fn a_database_of_another_program_is_refused() {
    let folder = tempfile::tempdir().expect("folder");
    for (name, sql) in [
        ("table.db", "CREATE TABLE alert (id INTEGER PRIMARY KEY)"),
        ("marked.db", "PRAGMA application_id = 252006675"),
        ("version.db", "PRAGMA user_version = 1"),
    ] {
        let path = folder.path().join(name);
        Connection::open(&path).expect("opens").execute_batch(sql).expect("writes");
        refused(&path, |error| matches!(error, StoreError::Foreign { .. }));
    }
}

#[test]
fn a_newer_schema_is_refused() {
    let (_folder, path) = database();
    Connection::open(&path).expect("opens").pragma_update(None, "user_version", 1000).expect("writes");
    refused(&path, |error| matches!(error, StoreError::Newer { found: 1000, .. }));
}

#[test]
fn a_damaged_database_is_named() {
    let (_folder, path) = database();
    let whole = fs::read(&path).expect("reads");

    let mut schema = whole.clone();
    schema[100..4096].fill(0xaa);
    fs::write(&path, schema).expect("writes");
    refused(&path, |error| matches!(error, StoreError::Damaged { .. }));

    // What lies further behind is found when it is read.
    let mut rows = whole;
    let is_schema = |page: &[u8]| page.windows(7).any(|text| text == b"CREATE ");
    rows.chunks_mut(8192).skip(1).filter(|page| !is_schema(page)).for_each(|page| page.fill(0xaa));
    fs::write(&path, rows).expect("writes");
    let store = Store::open_read_only(&path).expect("the schema is whole");
    let error = store.count(&AlertQuery::default()).expect_err("damaged");
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    let error = store.check().expect_err("damaged");
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[test]
fn a_name_without_a_database_is_refused_for_reading_and_made_for_writing() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("file:odd?mode=memory.db");
    let error = Store::open_read_only(&path).expect_err("missing");
    assert!(matches!(error, StoreError::Missing { .. }), "{error}");
    drop(Store::open(&path).expect("creates"));
    assert!(path.exists(), "a name is a name, not a URI");

    refused(folder.path(), |error| matches!(error, StoreError::CannotOpen { .. }));
    let nowhere = folder.path().join("missing").join("alerts.db");
    let error = Store::open(&nowhere).expect_err("no folder");
    assert!(matches!(error, StoreError::CannotOpen { .. }), "{error}");
}

#[test]
fn an_empty_file_is_a_database_to_be() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("alerts.db");
    fs::write(&path, b"").expect("writes");
    let error = Store::open_read_only(&path).expect_err("empty");
    assert!(matches!(error, StoreError::Older { found: 0, .. }), "{error}");
    drop(Store::open(&path).expect("fills it"));
    drop(Store::open_read_only(&path).expect("reads"));
}

#[test]
fn a_store_for_reading_writes_nothing() {
    let (_folder, path) = database();
    let mut store = Store::open_read_only(&path).expect("reads");
    let errors = [
        store.begin().map(drop).expect_err("read-only"),
        store.register_model(&model("m2")).map(drop).expect_err("read-only"),
        store.update_search().expect_err("read-only"),
    ];
    for error in errors {
        assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn a_file_that_may_not_be_written_to_is_named() {
    let (_folder, path) = database();
    let mut permissions = fs::metadata(&path).expect("is there").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).expect("sets");
    if fs::OpenOptions::new().append(true).open(&path).is_ok() {
        eprintln!("skipped: this user may write to any file");
        return;
    }
    let error = Store::open(&path).expect_err("read-only");
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
}

#[test]
fn one_writes_and_others_read_the_last_commit() {
    let (_folder, path) = database();
    let mut writer = Store::open(&path).expect("opens");
    let mut second = Store::open(&path).expect("opens");
    second.set_busy_timeout(Duration::ZERO).expect("sets");
    let reader = Store::open_read_only(&path).expect("reads");

    let mut batch = writer.begin().expect("begins");
    let id = batch.log(MODEL, &log("b"), "conn.log", None).expect("new log");
    batch.alert(id, &line(2)).expect("stores");
    let error = second.begin().map(drop).expect_err("locked");
    assert!(matches!(error, StoreError::Locked { .. }), "{error}");
    assert_eq!(lines(&reader), [1]);
    batch.commit().expect("commits");
    assert_eq!(lines(&reader), [1, 2]);
    second.begin().expect("free again").commit().expect("an empty batch");
}

#[test]
fn several_may_make_the_same_database_at_once() {
    let folder = tempfile::tempdir().expect("folder");
    for round in 0..20 {
        let path = folder.path().join(format!("{round}.db"));
        let barrier = Barrier::new(4);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    barrier.wait();
                    Store::open(&path).expect("opens").check().expect("whole");
                });
            }
        });
    }
}
