//! What goes when it is old, and that what is left is the rest.

use std::collections::BTreeMap;

use oddflow_store::{
    Alert, AlertQuery, Incident, IncidentQuery, NewAlert, NewIncident, Progress, Sort, Store, StoreError,
    Verdict,
};
use proptest::prelude::*;

use crate::support::{MODEL, found, incident, line, log, memory, model};

fn everything(store: &Store) -> (Vec<Incident>, Vec<Alert>) {
    let incidents = store.incidents(&IncidentQuery::default()).expect("reads");
    (incidents, found(store, &AlertQuery { sort: Sort::Id, ..AlertQuery::default() }))
}

/// An incident of so many rows that ended then, or an alert by itself where there are none.
#[derive(Debug, Clone)]
struct Thing {
    end: u32,
    rows: u64,
    verdict: Option<Verdict>,
}

fn thing() -> impl Strategy<Value = Thing> {
    let verdict =
        prop_oneof![3 => Just(None), 1 => prop::sample::select(Verdict::ALL.to_vec()).prop_map(Some)];
    (0u32..20, 0u64..4, verdict).prop_map(|(end, rows, verdict)| Thing { end, rows, verdict })
}

/// Stores them, and gives for each alert's number the thing that it is of, and for each incident's.
fn stored(things: &[Thing], searchable: usize) -> (Store, BTreeMap<i64, usize>, BTreeMap<i64, usize>) {
    let mut store = memory();
    let (mut incidents, mut alerts) = (BTreeMap::new(), BTreeMap::new());
    let mut lines = 0;
    for (place, part) in [&things[..searchable], &things[searchable..]].into_iter().enumerate() {
        let mut batch = store.begin().expect("begins");
        let name = format!("C{place}");
        let log = batch.log(MODEL, &log(&name), "conn.log", None).expect("new");
        for (i, thing) in part.iter().enumerate() {
            let i = i + place * searchable;
            let end = f64::from(thing.end);
            let id = (thing.rows > 0).then(|| {
                let new = NewIncident { last_ts: end, ..incident(i as u64) };
                let id = batch.incident(MODEL, &new).expect("stores");
                batch.judge(id, thing.verdict, 0.0, None).expect("judges");
                incidents.insert(id, i);
                id
            });
            for _ in 0..thing.rows.max(1) {
                lines += 1;
                let alert =
                    NewAlert { ts: end, incident: id, orig_h: "10.0.0.5", orig_p: Some(7), ..line(lines) };
                alerts.insert(batch.alert(log, &alert).expect("stores"), i);
            }
        }
        batch.commit().expect("commits");
        if place == 0 {
            store.update_search().expect("updates");
        }
    }
    (store, incidents, alerts)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever expires in whatever steps, the oldest go first, confirmed ones last, and what is left is exactly the rest.
    #[test]
    fn what_is_left_is_the_rest(
        things in prop::collection::vec(thing(), 0..14), part in 0.0..1.0f64, before in 0u32..22, most in 1usize..6, steps in 1usize..6,
    ) {
        let searchable = (part * things.len() as f64) as usize;
        let (mut store, incidents, alerts) = stored(&things, searchable);
        let (incidents_before, alerts_before) = everything(&store);
        let mut gone = 0;
        let mut is_done = false;
        for _ in 0..steps {
            let expired = store.expire(f64::from(before), most).expect("expires");
            let candidates = things.iter().filter(|thing| thing.end < before).count() - gone;
            gone += candidates.min(most);
            is_done = expired.is_done;
            prop_assert_eq!(expired.is_done, candidates < most);
            store.check().expect("whole");
        }
        let (incidents_after, alerts_after) = everything(&store);
        let is_left = |i: usize| incidents_after.iter().any(|left| incidents[&left.id] == i)
            || alerts_after.iter().any(|left| alerts[&left.id] == i);
        let order = |i: usize| (things[i].rows > 0 && things[i].verdict == Some(Verdict::Confirmed), things[i].end);
        let left: Vec<usize> = (0..things.len()).filter(|&i| is_left(i)).collect();
        prop_assert_eq!(left.len() + gone, things.len());
        for i in (0..things.len()).filter(|i| !left.contains(i)) {
            prop_assert!(things[i].end < before);
            prop_assert!(left.iter().filter(|&&l| things[l].end < before).all(|&l| order(i) <= order(l)));
        }
        if is_done {
            prop_assert!(left.iter().all(|&i| things[i].end >= before));
        }
        // What is left is as it was.
        let rest: Vec<_> = incidents_before.into_iter().filter(|i| left.contains(&incidents[&i.id])).collect();
        prop_assert_eq!(rest, incidents_after);
        let rest: Vec<_> = alerts_before.into_iter().filter(|a| left.contains(&alerts[&a.id])).collect();
        prop_assert_eq!(&rest, &alerts_after);
        // Found by all ways, and the next alert has a number of its own.
        let host = AlertQuery { host: Some("10.0.0.5".parse().expect("address")), ..AlertQuery::default() };
        prop_assert_eq!(store.count(&host).expect("counts"), rest.len() as u64);
        let mut batch = store.begin().expect("begins");
        let entry = log("Cnew");
        let log = batch.log(MODEL, &entry, "new.log", None).expect("new");
        let id = batch.alert(log, &line(1)).expect("stores");
        prop_assert!(alerts.keys().all(|known| *known < id));
        batch.commit().expect("commits");
        store.check().expect("whole");
    }
}

#[test]
fn notices_that_were_given_up_go_with_their_incidents() {
    let mut store = memory();
    let mut batch = store.begin().expect("begins");
    for (sink, notice) in
        [("a", r#"{"last":5.0}"#), ("a", r#"{"last":50.0}"#), ("a", "{}"), ("b", r#"{"last":5.0}"#)]
    {
        batch.enqueue(sink, notice).expect("enters");
    }
    batch.commit().expect("commits");
    for id in 1..=3 {
        store.outbox_dead("a", id, "refused").expect("gives up");
    }
    assert_eq!(store.expire(10.0, 10).expect("expires").notices, 2);
    let counts = store.outbox_counts().expect("counts");
    assert_eq!((counts[0].dead, counts[1].waiting), (1, 1), "one that waits never goes");
}

#[test]
fn logs_are_forgotten_when_they_may_be() {
    let mut store = memory();
    let mut batch = store.begin().expect("begins");
    for (name, last) in
        [("C1", Some(1.0)), ("C2", Some(2.0)), ("C3", Some(3.0)), ("C4", None), ("C5", Some(1.5))]
    {
        let id = batch.log(MODEL, &log(name), name, None).expect("new");
        batch.progress(id, &Progress { rows: 1, last_ts: last, ..Progress::default() }).expect("writes");
        if name == "C5" {
            batch.alert(id, &line(1)).expect("stores");
        }
    }
    batch.commit().expect("commits");
    assert_eq!(store.newest_row().expect("reads"), Some(3.0));
    let mut asked = Vec::new();
    let expired = store.expire_logs(3.0, 10, &mut |entry| {
        asked.push(entry.file.clone());
        entry.file != "C1"
    });
    let expired = expired.expect("expires");
    assert_eq!((expired.logs, expired.is_done), (1, true));
    assert_eq!(asked, ["C1", "C2"], "neither one that an alert is of, nor a later one, nor one without rows");
    let left: Vec<_> = store.logs().expect("reads").into_iter().map(|entry| entry.file).collect();
    assert_eq!(left, ["C1", "C3", "C4", "C5"]);
    let step = store.expire_logs(f64::INFINITY, 1, &mut |_| true).expect("expires");
    assert_eq!((step.logs, step.is_done), (1, false));
    store.check().expect("whole");
}

/// Of the logs beside conn logs no time is known.
#[test]
fn logs_without_times_go_with_those_that_were_read_beside_them() {
    let mut store = memory();
    let mut batch = store.begin().expect("begins");
    for (name, last) in [("D1", None), ("C1", Some(1.0)), ("D2", None), ("C2", Some(9.0)), ("D3", None)] {
        let id = batch.log(MODEL, &log(name), name, None).expect("new");
        batch.progress(id, &Progress { rows: 1, last_ts: last, ..Progress::default() }).expect("writes");
    }
    batch.commit().expect("commits");
    let left = |store: &Store| -> Vec<_> {
        store.logs().expect("reads").into_iter().map(|entry| entry.file).collect()
    };
    assert_eq!(store.expire_logs(1.0, 10, &mut |_| true).expect("expires").logs, 1);
    assert_eq!(left(&store), ["C1", "D2", "C2", "D3"]);
    assert_eq!(store.expire_logs(5.0, 10, &mut |entry| entry.file != "D2").expect("expires").logs, 1);
    assert_eq!(left(&store), ["D2", "C2", "D3"], "one that is there stays");
    store.expire_logs(10.0, 10, &mut |_| true).expect("expires");
    assert_eq!(left(&store), [""; 0]);
}

/// A file of some megabytes.
fn file_of_alerts(folder: &tempfile::TempDir) -> Store {
    let mut store = Store::open(folder.path().join("a.db")).expect("creates");
    store.register_model(&model(MODEL)).expect("registers");
    let mut batch = store.begin().expect("begins");
    let log = batch.log(MODEL, &log("C1"), "conn.log", None).expect("new");
    let words = "x".repeat(1000);
    for number in 1..=3000 {
        batch.alert(log, &NewAlert { uid: &words, ..line(number) }).expect("stores");
    }
    batch.state((MODEL, ""), 0, 5, |place| place.write_all(b"state")).expect("writes");
    batch.commit().expect("commits");
    store
}

#[test]
fn a_file_shrinks_and_keeps_some_room() {
    let folder = tempfile::tempdir().expect("folder");
    let mut store = file_of_alerts(&folder);
    let full = store.size().expect("reads");
    assert!(full.file > 3 << 20 && full.states == 5, "{full:?}");
    while !store.expire(2900.0, 500).expect("expires").is_done {}
    let freed = store.size().expect("reads");
    assert!(freed.file == full.file && freed.free > 2 << 20, "{freed:?}");
    let given = store.shrink(1 << 20, 1 << 20).expect("shrinks");
    assert_eq!(given, 1 << 20);
    let mut steps = 0;
    while store.shrink(1 << 20, 1 << 20).expect("shrinks") > 0 {
        steps += 1;
        assert!(steps < 10);
    }
    let small = store.size().expect("reads");
    assert!(small.file < full.file / 2 && small.free >= 1 << 20, "{small:?}");
    store.check().expect("whole");
    assert_eq!(store.count(&AlertQuery::default()).expect("counts"), 101);
}

/// Beyond the limit nothing is stored; when something has expired there is room again.
#[test]
fn a_full_database_has_room_again() {
    let folder = tempfile::tempdir().expect("folder");
    let mut store = file_of_alerts(&folder);
    let limit = store.size().expect("reads").file + (64 << 10);
    store.limit_size(limit).expect("limits");
    let more = |store: &mut Store, name: &str| -> Result<(), StoreError> {
        let mut batch = store.begin()?;
        let log = batch.log(MODEL, &log(name), name, None)?;
        for number in 1..=500 {
            batch.alert(log, &NewAlert { uid: &"y".repeat(1000), ..line(number + 5000) })?;
        }
        batch.commit()
    };
    let full = more(&mut store, "C2");
    assert!(matches!(full, Err(StoreError::Full { .. })), "{full:?}");
    assert_eq!(store.count(&AlertQuery::default()).expect("counts"), 3000);
    store.expire(f64::INFINITY, 1000).expect("expires in a full database");
    more(&mut store, "C2").expect("there is room");
    assert!(store.size().expect("reads").file <= limit);
    store.check().expect("whole");
}
