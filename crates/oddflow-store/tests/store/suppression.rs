//! Rules that hide incidents, verdicts, and what may pass for normal.

use std::ops::ControlFlow;

use oddflow_store::{
    AlertQuery, IncidentQuery, NewAlert, NewIncident, NewSuppression, Store, StoreError, Suppression, Verdict,
};

use crate::support::{MODEL, incident, line, log, memory};

const RULE: NewSuppression<'static> = NewSuppression {
    expression: "host == 10.0.0.5",
    reason: "the backup server",
    malicious: false,
    created: 100.0,
    expires: Some(200.0),
};

/// Incidents 1 to `count`, each with an alert whose uid is `C` and its number; the last alert belongs to none.
fn with_incidents(count: u64) -> Store {
    let mut store = memory();
    let mut batch = store.begin().expect("begins");
    let log = batch.log(MODEL, &log("C0"), "conn.log", None).expect("new");
    for number in 1..=count {
        let id = batch.incident(MODEL, &incident(number)).expect("stores");
        assert_eq!(id, number.cast_signed());
        let uid = format!("C{number}");
        let alert = NewAlert { uid: &uid, incident: Some(id), ..line(number) };
        batch.alert(log, &alert).expect("stores");
    }
    batch.alert(log, &NewAlert { uid: "Cbare", ..line(count + 1) }).expect("stores");
    batch.commit().expect("commits");
    store
}

fn hidden(store: &Store) -> Vec<i64> {
    let query = IncidentQuery { suppressed: Some(true), ..IncidentQuery::default() };
    store.incidents(&query).expect("reads").iter().map(|incident| incident.id).collect()
}

fn not_normal(store: &Store) -> Vec<String> {
    let mut uids = Vec::new();
    let each = &mut |uid: &str| {
        uids.push(uid.to_owned());
        ControlFlow::Continue(())
    };
    store.uids_not_normal(f64::NEG_INFINITY, each).expect("reads");
    uids
}

#[test]
fn a_rule_hides_and_brings_back() {
    let mut store = with_incidents(3);
    let before = store.incidents(&IncidentQuery::default()).expect("reads");
    let mut batch = store.begin().expect("begins");
    let rule = batch.suppression(&RULE).expect("keeps");
    assert!(batch.suppress(1, Some(rule)).expect("hides"));
    assert!(batch.suppress(3, Some(rule)).expect("hides"));
    assert_eq!(hidden(batch.seen()), [1, 3], "a batch sees what it wrote");
    batch.commit().expect("commits");

    let kept = Suppression {
        id: rule,
        expression: RULE.expression.into(),
        reason: RULE.reason.into(),
        malicious: false,
        created: 100.0,
        expires: Some(200.0),
    };
    assert_eq!(store.suppressions().expect("reads"), [kept]);
    let by_rule = IncidentQuery { suppressed_by: Some(rule), ..IncidentQuery::default() };
    assert_eq!(store.count_incidents(&by_rule).expect("counts"), 2);
    let shown = IncidentQuery { suppressed: Some(false), ..IncidentQuery::default() };
    assert_eq!(store.incidents(&shown).expect("reads"), [before[1].clone()]);
    let alerts =
        |suppressed| store.count(&AlertQuery { suppressed, ..AlertQuery::default() }).expect("counts");
    assert_eq!((alerts(Some(true)), alerts(Some(false)), alerts(None)), (2, 2, 4));
    store.check().expect("whole");

    let mut batch = store.begin().expect("begins");
    assert_eq!(batch.remove_suppression(rule).expect("removes"), Some(vec![1, 3]));
    assert_eq!(batch.remove_suppression(rule).expect("is gone"), None);
    let next = batch.suppression(&NewSuppression { expires: None, ..RULE }).expect("keeps");
    assert!(next > rule, "numbers are not used again");
    batch.commit().expect("commits");
    assert_eq!(store.incidents(&IncidentQuery::default()).expect("reads"), before, "nothing was lost");
}

#[test]
fn a_confirmed_incident_is_never_hidden() {
    let mut store = with_incidents(2);
    let mut batch = store.begin().expect("begins");
    let rule = batch.suppression(&RULE).expect("keeps");
    batch.judge(1, Some(Verdict::Confirmed), 50.0, Some("it was the cleaner")).expect("judges");
    assert!(!batch.suppress(1, Some(rule)).expect("leaves it"));
    assert!(batch.suppress(2, Some(rule)).expect("hides"));
    batch.judge(2, Some(Verdict::Benign), 51.0, None).expect("judges");
    batch.commit().expect("commits");
    assert_eq!(hidden(&store), [2]);
    let first = store.incident(1).expect("reads").expect("is there");
    assert_eq!((first.verdict, first.verdict_ts), (Some(Verdict::Confirmed), Some(50.0)));
    assert_eq!(first.verdict_note.as_deref(), Some("it was the cleaner"));

    let mut batch = store.begin().expect("begins");
    batch.judge(2, Some(Verdict::Confirmed), 52.0, None).expect("judges");
    batch.judge(1, None, 53.0, Some("left out")).expect("takes it back");
    batch.commit().expect("commits");
    assert!(hidden(&store).is_empty(), "confirming brings it back");
    let first = store.incident(1).expect("reads").expect("is there");
    assert_eq!((first.verdict, first.verdict_ts, first.verdict_note), (None, None, None));
    for verdict in Verdict::ALL {
        assert_eq!(Verdict::from_name(verdict.name()), Some(verdict));
        let query = IncidentQuery { verdict: Some(verdict), ..IncidentQuery::default() };
        let count = store.count_incidents(&query).expect("counts");
        assert_eq!(count, u64::from(verdict == Verdict::Confirmed));
    }
}

#[test]
fn what_was_said_stays_as_an_incident_grows() {
    let mut store = with_incidents(2);
    let mut batch = store.begin().expect("begins");
    let rule = batch.suppression(&RULE).expect("keeps");
    batch.suppress(1, Some(rule)).expect("hides");
    batch.judge(1, Some(Verdict::Benign), 50.0, Some("ours")).expect("judges");
    let id = batch.incident(MODEL, &NewIncident { rows: 9, ..incident(1) }).expect("grows");
    batch.commit().expect("commits");
    let grown = store.incident(id).expect("reads").expect("is there");
    assert_eq!((grown.rows, grown.suppressed_by, grown.verdict), (9, Some(rule), Some(Verdict::Benign)));
}

#[test]
fn what_may_pass_for_normal() {
    let mut store = with_incidents(6);
    assert_eq!(not_normal(&store), ["C1", "C2", "C3", "C4", "C5", "C6", "Cbare"]);
    let mut batch = store.begin().expect("begins");
    let ours = batch.suppression(&RULE).expect("keeps");
    let theirs = batch.suppression(&NewSuppression { malicious: true, ..RULE }).expect("keeps");
    batch.suppress(1, Some(ours)).expect("hides");
    batch.suppress(2, Some(theirs)).expect("hides");
    batch.suppress(3, Some(theirs)).expect("hides");
    batch.judge(3, Some(Verdict::Benign), 1.0, None).expect("judges");
    batch.judge(4, Some(Verdict::Benign), 1.0, None).expect("judges");
    batch.judge(5, Some(Verdict::Confirmed), 1.0, None).expect("judges");
    batch.commit().expect("commits");
    assert_eq!(not_normal(&store), ["C2", "C5", "C6", "Cbare"]);
}

#[test]
fn what_is_not_there_is_an_error() {
    let mut store = with_incidents(1);
    let mut batch = store.begin().expect("begins");
    assert!(matches!(batch.suppress(9, None), Err(StoreError::UnknownIncident { incident: 9, .. })));
    let judged = batch.judge(9, Some(Verdict::Benign), 1.0, None);
    assert!(matches!(judged, Err(StoreError::UnknownIncident { .. })));
    assert!(batch.suppress(1, Some(77)).is_err(), "there is no such rule");
    let nan = NewSuppression { expires: Some(f64::NAN), ..RULE };
    assert!(matches!(batch.suppression(&nan), Err(StoreError::NotANumber { .. })));
    batch.commit().expect("commits");
    store.check().expect("whole");
}
