//! Incidents: written as they grow, found again, and never more than their share of rows.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use oddflow_store::{
    AlertQuery, Batch, Incident, IncidentQuery, IncidentSort, IncidentState, LogId, MAX_INCIDENT_ROWS,
    Network, NewAlert, NewIncident, Progress, Severity, Sort, Store, StoreError,
};
use proptest::prelude::*;
use proptest::sample::select;
use rusqlite::Connection;

use crate::support::{MODEL, found, incident, line, log, memory, model};

/// Runs one batch on the log `a`.
fn batch<T>(store: &mut Store, write: impl FnOnce(&mut Batch<'_>, LogId) -> T) -> T {
    let before = store.ledger(MODEL, &log("a")).expect("reads").map(|entry| entry.progress);
    let mut batch = store.begin().expect("begins");
    let id = batch.log(MODEL, &log("a"), "conn.log", before.as_ref()).expect("as it stands");
    let result = write(&mut batch, id);
    batch.commit().expect("commits");
    store.check().expect("whole");
    result
}

fn of_incident(store: &Store, incident: i64) -> Vec<u64> {
    let query = AlertQuery { incident: Some(incident), ..AlertQuery::default() };
    let alerts = found(store, &query);
    assert_eq!(store.count(&query).expect("counts"), alerts.len() as u64);
    alerts.into_iter().map(|alert| alert.line).collect()
}

#[test]
fn an_incident_grows_under_one_number() {
    let mut store = memory();
    let first = NewIncident { technique: Some("T1046"), ..incident(u64::MAX) };
    let id = batch(&mut store, |batch, _| batch.incident(MODEL, &first).expect("new"));
    assert_eq!(store.incident(id + 1).expect("reads"), None);

    let grown = NewIncident {
        state: IncidentState::OverBudget,
        last_ts: 1e300,
        rows: 1_000_000,
        peak: 9.0,
        score: 10.5,
        severity: Severity::Critical,
        title: "contacted 3,214 new hosts",
        technique: None,
        summary: r#"{ "peers": 3214 }"#,
        ..first
    };
    batch(&mut store, |batch, log| {
        assert_eq!(batch.incident(MODEL, &grown).expect("the same"), id);
        assert_ne!(batch.incident(MODEL, &incident(2)).expect("another"), id);
        batch.alert(log, &NewAlert { incident: Some(id), ..line(1) }).expect("stores");
    });
    let stored = store.incident(id).expect("reads").expect("is there");
    let expected = Incident {
        sensor: String::new(),
        id,
        model: MODEL.into(),
        number: u64::MAX,
        host: grown.host.into(),
        family: grown.family.into(),
        class: grown.class.into(),
        state: grown.state,
        first_ts: grown.first_ts,
        last_ts: grown.last_ts,
        raised_ts: grown.raised_ts,
        rows: grown.rows,
        rows_stored: 1,
        peak: grown.peak,
        score: grown.score,
        threshold: grown.threshold,
        severity: grown.severity,
        title: grown.title.into(),
        technique: None,
        summary: grown.summary.into(),
        suppressed_by: None,
        verdict: None,
        verdict_ts: None,
        verdict_note: None,
    };
    assert_eq!(stored, expected);
}

#[test]
fn records_are_json_with_the_json_in_them() {
    let mut store = memory();
    batch(&mut store, |batch, log| {
        let new = NewIncident { summary: r#"{"ports":[445], "bytes": 1}"#, number: 7, ..incident(1) };
        let id = batch.incident(MODEL, &new).expect("new");
        let alert = NewAlert { incident: Some(id), explanation: Some(r#"{"top": [1, 2.50]}"#), ..line(1) };
        batch.alert(log, &alert).expect("stores");
    });
    let json = serde_json::to_string(&store.incident(1).expect("reads")).expect("writes");
    assert_eq!(
        json,
        r#"{"id":1,"model":"m1","sensor":"","number":7,"host":"10.0.0.5","family":"fan","class":"outbound tcp","#
            .to_owned()
            + r#""state":"raised","first_ts":1.0,"last_ts":2.0,"raised_ts":1.5,"rows":1,"rows_stored":1,"#
            + r#""peak":4.0,"score":4.5,"threshold":3.5,"severity":"medium","#
            + r#""title":"contacted 214 new hosts","technique":null,"summary":{"ports":[445], "bytes": 1},"#
            + r#""suppressed_by":null,"verdict":null,"verdict_ts":null,"verdict_note":null}"#
    );
    let json = serde_json::to_string(&store.alert(1).expect("reads")).expect("writes");
    assert!(json.ends_with(r#""incident":1,"explanation":{"top": [1, 2.50]},"evidence":null}"#), "{json}");
}

#[test]
fn what_an_incident_is_never_changes() {
    let mut store = memory();
    store.register_model(&model("m2")).expect("registers");
    batch(&mut store, |batch, log| {
        let id = batch.incident(MODEL, &incident(1)).expect("new");
        for other in [
            NewIncident { host: "10.0.0.6", ..incident(1) },
            NewIncident { family: "fail", ..incident(1) },
            NewIncident { class: "inbound tcp", ..incident(1) },
        ] {
            let error = batch.incident(MODEL, &other).expect_err("another incident");
            assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
        }
        for strange in [
            NewIncident { first_ts: f64::NAN, ..incident(1) },
            NewIncident { last_ts: f64::NAN, ..incident(1) },
            NewIncident { raised_ts: f64::NAN, ..incident(1) },
            NewIncident { peak: f64::NAN, ..incident(1) },
            NewIncident { score: f64::NAN, ..incident(1) },
            NewIncident { threshold: f64::NAN, ..incident(1) },
        ] {
            let error = batch.incident(MODEL, &strange).expect_err("not a number");
            assert!(matches!(error, StoreError::NotANumber { .. }), "{error}");
        }
        let error = batch.incident("m3", &incident(1)).expect_err("unknown");
        assert!(matches!(error, StoreError::UnknownModel { .. }), "{error}");

        let others =
            batch.incident("m2", &NewIncident { host: "-", ..incident(1) }).expect("another model's");
        assert_ne!(others, id);
        for stranger in [others, 77] {
            let alert = NewAlert { incident: Some(stranger), ..line(1) };
            let error = batch.alert(log, &alert).expect_err("not of this model");
            assert!(matches!(error, StoreError::UnknownIncident { .. }), "{error}");
        }
        // The calls have failed and left nothing.
        assert_eq!(batch.alert(log, &NewAlert { incident: Some(id), ..line(1) }).expect("stores"), 1);
    });
    assert_eq!(store.count_incidents(&IncidentQuery::default()).expect("counts"), 2);
}

#[test]
fn an_incident_holds_its_share_of_rows_and_makes_room_for_stronger_ones() {
    let mut store = memory();
    let most = MAX_INCIDENT_ROWS as u64;
    let id = batch(&mut store, |batch, log| {
        let id = batch.incident(MODEL, &incident(1)).expect("new");
        for number in 1..=most {
            batch.alert(log, &NewAlert { incident: Some(id), ..line(number) }).expect("has room");
        }
        let late = NewAlert { incident: Some(id), ..line(most + 1) };
        let error = batch.alert(log, &late).expect_err("full");
        assert!(matches!(error, StoreError::FullIncident { .. }), "{error}");
        let twice = NewAlert { incident: Some(id), ..line(1) };
        assert_eq!(batch.remove_alerts(&[2, 2, 99, 0, i64::MIN]).expect("removes"), 1);
        let error = batch.alert(log, &twice).expect_err("the same line");
        assert!(matches!(error, StoreError::DuplicateRow { .. }), "{error}");
        assert_eq!(batch.alert(log, &late).expect("has room again"), most as i64 + 1);
        id
    });
    let rows_stored = |store: &Store| store.incident(id).expect("reads").map(|incident| incident.rows_stored);
    assert_eq!(rows_stored(&store), Some(most));
    assert_eq!(of_incident(&store, id), (1..=most + 1).rev().filter(|line| *line != 2).collect::<Vec<_>>());

    // A batch that comes to nothing removes nothing.
    let mut dropped = store.begin().expect("begins");
    assert_eq!(dropped.remove_alerts(&[1, 3, 4]).expect("removes"), 3);
    drop(dropped);
    assert_eq!(rows_stored(&store), Some(most));
}

#[test]
fn the_number_of_a_removed_alert_is_not_used_again() {
    for searchable in [false, true] {
        let mut store = memory();
        batch(&mut store, |batch, log| {
            for number in 1..=3 {
                batch.alert(log, &line(number)).expect("stores");
            }
        });
        if searchable {
            store.update_search().expect("updates");
        }
        batch(&mut store, |batch, _| assert_eq!(batch.remove_alerts(&[3, 2]).expect("removes"), 2));
        batch(&mut store, |batch, _| assert_eq!(batch.remove_alerts(&[1]).expect("removes"), 1));
        batch(&mut store, |batch, log| assert_eq!(batch.alert(log, &line(2)).expect("stores"), 4));
        store.update_search().expect("updates");
        store.check().expect("whole");
        assert_eq!(found(&store, &AlertQuery::default()).len(), 1);
    }
}

#[test]
fn uids_are_those_of_all_alerts_but_the_empty_one() {
    let mut store = memory();
    batch(&mut store, |batch, log| {
        let over = NewIncident { state: IncidentState::OverBudget, ..incident(1) };
        let over = batch.incident(MODEL, &over).expect("new");
        for (number, uid, incident) in
            [(1, "C1", None), (2, "", None), (3, "C2", Some(over)), (4, "C1", None)]
        {
            batch.alert(log, &NewAlert { uid, incident, ..line(number) }).expect("stores");
        }
    });
    for (most, expected) in [(9, &["C1", "C2", "C1"][..]), (2, &["C1", "C2"])] {
        let mut seen = Vec::new();
        let query = AlertQuery { sort: Sort::Id, ..AlertQuery::default() };
        store
            .uids_of_alerts(&query, &mut |uid| {
                seen.push(uid.to_owned());
                if seen.len() == most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
            .expect("reads");
        assert_eq!(seen, expected);
    }
}

/// Damage that SQLite itself does not see.
#[test]
fn a_check_finds_incidents_that_contradict_their_alerts() {
    let check = |sql: &str, expected: &str| {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("alerts.db");
        let mut store = Store::open(&path).expect("creates");
        for id in [MODEL, "m2"] {
            store.register_model(&model(id)).expect("registers");
        }
        batch(&mut store, |batch, log| {
            let id = batch.incident(MODEL, &incident(1)).expect("new");
            batch.incident("m2", &incident(1)).expect("new");
            batch.alert(log, &NewAlert { incident: Some(id), ..line(1) }).expect("stores");
        });
        let other = Connection::open(&path).expect("opens");
        other.execute_batch("PRAGMA foreign_keys = OFF").expect("sets");
        other.execute_batch(sql).expect("damages");
        let error = store.check().expect_err("damaged");
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    };
    check("DELETE FROM incident WHERE id = 1", "refers to a row that is not there");
    check("DELETE FROM alert", "a row of alert_detail refers to a row that is not there");
    check("DELETE FROM alert_detail", "incident 1 does not have as many alerts as it says");
    check("DELETE FROM incident_key WHERE kind = 3", "incident 1 is not found by what its rows have");
    check("UPDATE alert_detail SET incident_id = 2", "incident 2 has an alert of another model");
    let crowd = "WITH RECURSIVE n (i) AS (VALUES (2) UNION ALL SELECT i + 1 FROM n WHERE i < 51)
        INSERT INTO alert (id, log_id, line, ts, uid, orig_h, resp_h, score, threshold, contributions)
        SELECT i, 1, i, 0, '', '', '', 0, 0, '[]' FROM n;
        INSERT INTO alert_detail SELECT id, 1, NULL, NULL FROM alert WHERE id > 1;
        UPDATE incident SET rows_stored = 51 WHERE id = 1";
    check(crowd, "incident 1 has too many alerts");
}

/// Small sets of values, so that queries find something and orders have ties.
const HOSTS: [&str; 4] = ["10.0.0.1", "10.1.0.1", "2001:db8::1", "nowhere"];
const FAMILIES: [&str; 2] = ["fan", "regular"];
const CLASSES: [&str; 2] = ["outbound tcp", "internal udp"];
const SCORES: [f64; 4] = [0.0, 2.5, 7.0, f64::INFINITY];
const TITLES: [&str; 3] = ["Scan of 10 hosts", "beacon to %", "scan of 20_hosts"];

fn new_incident() -> impl Strategy<Value = NewIncident<'static>> {
    let what = (select(&HOSTS[..]), select(&FAMILIES[..]), select(&CLASSES[..]));
    let weight = (select(&SCORES[..]), select(&Severity::ALL[..]), select(&IncidentState::ALL[..]));
    (what, weight, 0..6u8, 0..3u8, select(&TITLES[..])).prop_map(
        |((host, family, class), (score, severity, state), first, length, title)| {
            let first_ts = f64::from(first);
            let last_ts = first_ts + f64::from(length);
            let new = incident(0);
            NewIncident {
                host,
                family,
                class,
                state,
                first_ts,
                last_ts,
                raised_ts: last_ts,
                score,
                severity,
                title,
                ..new
            }
        },
    )
}

fn query() -> impl Strategy<Value = IncidentQuery> {
    fn maybe<T: Clone + std::fmt::Debug + 'static>(values: &'static [T]) -> impl Strategy<Value = Option<T>> {
        prop::option::weighted(0.3, select(values))
    }
    let when = (prop::option::of(0..8u8), prop::option::of(0..8u8));
    let what = (maybe(&["10.0.0.0/8", "10.0.0.1", "::/0", "0.0.0.0/0"]), maybe(&FAMILIES), maybe(&CLASSES));
    let weight = (maybe(&Severity::ALL), maybe(&IncidentState::ALL), maybe(&SCORES));
    let sorts = [IncidentSort::Score, IncidentSort::Newest, IncidentSort::Oldest, IncidentSort::Severity];
    let words = (maybe(&[MODEL, "m2", "m3"]), maybe(&["SCAN", "%", "_", ""]));
    (when, what, weight, words, select(sorts.to_vec()), prop::option::of(0..6u64)).prop_map(
        |((from, to), (host, family, class), (severity, state, min_score), (model, title), sort, limit)| {
            IncidentQuery {
                from: from.map(f64::from),
                to: to.map(f64::from),
                host: host.map(|text| text.parse().expect("a network")),
                family: family.map(str::to_owned),
                class: class.map(str::to_owned),
                severity,
                state,
                min_score,
                model: model.map(str::to_owned),
                title: title.map(str::to_owned),
                sort,
                limit,
                ..IncidentQuery::default()
            }
        },
    )
}

/// The same filter in plain Rust.
fn matches(query: &IncidentQuery, incident: &Incident) -> bool {
    let is = |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|wanted| wanted == value);
    query.from.is_none_or(|from| incident.last_ts >= from)
        && query.to.is_none_or(|to| incident.first_ts < to)
        && query.host.is_none_or(|network: Network| network.contains(&incident.host))
        && is(&query.family, &incident.family)
        && is(&query.class, &incident.class)
        && is(&query.model, &incident.model)
        && query.severity.is_none_or(|severity| incident.severity >= severity)
        && query.state.is_none_or(|state| incident.state == state)
        && query.min_score.is_none_or(|score| incident.score >= score)
        && query
            .title
            .as_ref()
            .is_none_or(|text| incident.title.to_lowercase().contains(&text.to_lowercase()))
}

fn order(sort: IncidentSort, a: &Incident, b: &Incident) -> Ordering {
    let by = |a: f64, b: f64| a.partial_cmp(&b).expect("numbers");
    match sort {
        IncidentSort::Score => by(b.score, a.score).then(a.id.cmp(&b.id)),
        IncidentSort::Newest => by(b.raised_ts, a.raised_ts).then(b.id.cmp(&a.id)),
        IncidentSort::Oldest => by(a.raised_ts, b.raised_ts).then(a.id.cmp(&b.id)),
        IncidentSort::Severity => {
            b.severity.cmp(&a.severity).then(by(b.score, a.score)).then(a.id.cmp(&b.id))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_query_finds_the_incidents_that_a_plain_filter_finds(
        incidents in prop::collection::vec((any::<bool>(), new_incident()), 0..30),
        queries in prop::collection::vec(query(), 1..8),
    ) {
        let mut store = memory();
        store.register_model(&model("m2")).expect("registers");
        let mut ids = Vec::new();
        let mut batch = store.begin().expect("begins");
        for (number, (is_second, new)) in incidents.iter().enumerate() {
            let model = if *is_second { "m2" } else { MODEL };
            let new = NewIncident { number: number as u64, ..*new };
            ids.push(batch.incident(model, &new).expect("stores"));
        }
        batch.commit().expect("commits");
        let all: Vec<Incident> =
            ids.iter().map(|id| store.incident(*id).expect("reads").expect("is there")).collect();
        for query in &queries {
            let mut wanted: Vec<Incident> = all.iter().filter(|one| matches(query, one)).cloned().collect();
            wanted.sort_by(|a, b| order(query.sort, a, b));
            prop_assert_eq!(store.count_incidents(query).expect("counts"), wanted.len() as u64);
            let limit = query.limit.map_or(usize::MAX, |limit| usize::try_from(limit).expect("small"));
            wanted.truncate(limit);
            prop_assert_eq!(store.incidents(query).expect("reads"), wanted, "{:?}", query);
        }
    }

    /// Alerts come and go, in the search tables or not; queries and checks see those that are left.
    #[test]
    fn removed_alerts_leave_no_trace(
        steps in prop::collection::vec((0..8u64, prop::collection::vec(1..40i64, 0..6), any::<bool>()), 1..10),
    ) {
        let mut store = memory();
        let mut left: Vec<(i64, u64)> = Vec::new();
        let mut next = 1;
        for (rows, removed, updates_search) in steps {
            batch(&mut store, |batch, log| {
                let id = batch.incident(MODEL, &incident(1)).expect("stores");
                let gone = left.iter().filter(|(id, _)| removed.contains(id)).count();
                assert_eq!(batch.remove_alerts(&removed).expect("removes"), gone);
                left.retain(|(id, _)| !removed.contains(id));
                for row in next..next + rows as i64 {
                    let text = ["10.0.0.1", "10.0.0.2", "-"][row as usize % 3];
                    let alert = NewAlert {
                        orig_h: text,
                        resp_h: "10.0.0.1",
                        orig_p: Some(row as u16 % 3),
                        resp_p: Some(1),
                        service: Some("ssl,http"),
                        incident: (left.len() < MAX_INCIDENT_ROWS).then_some(id),
                        ..line(row.unsigned_abs() % 5 + 10 * row.unsigned_abs())
                    };
                    assert_eq!(batch.alert(log, &alert).expect("stores"), row);
                    left.push((row, alert.line));
                }
                next += rows as i64;
            });
            if updates_search {
                store.update_search().expect("updates");
                store.check().expect("whole");
            }
            let query = AlertQuery { sort: Sort::Id, ..AlertQuery::default() };
            let stored: Vec<(i64, u64)> =
                found(&store, &query).into_iter().map(|alert| (alert.id, alert.line)).collect();
            prop_assert_eq!(&stored, &left);
            let hosts = AlertQuery { host: "10.0.0.1".parse().ok(), ..query };
            prop_assert_eq!(store.count(&hosts).expect("counts"), left.len() as u64);
        }
    }
}

/// The progress of a log says nothing of what was removed.
#[test]
fn the_ledger_counts_removed_rows_as_flagged() {
    let mut store = memory();
    let progress = Progress { rows: 1, rows_flagged: 1, ..Progress::default() };
    batch(&mut store, |batch, log| {
        batch.alert(log, &line(1)).expect("stores");
        batch.progress(log, &progress).expect("moves on");
    });
    batch(&mut store, |batch, _| batch.remove_alerts(&[1]).expect("removes"));
    assert_eq!(store.ledger(MODEL, &log("a")).expect("reads").expect("is there").progress, progress);
}
