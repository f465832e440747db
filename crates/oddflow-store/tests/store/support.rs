//! What the tests share: a model, a log, and a plain form of an alert that outlives its row.

use std::ops::ControlFlow;

use oddflow_store::{
    Alert, AlertQuery, IncidentState, LogIdentity, Model, NewAlert, NewIncident, Severity, Sort, Store,
};

/// The model that every test knows.
pub(crate) const MODEL: &str = "m1";

pub(crate) fn model(id: &str) -> Model {
    Model {
        id: id.into(),
        recipe: "classic".into(),
        tool_version: "0.1.0".into(),
        summary: r#"{"rows":12}"#.into(),
        threshold: 3.5,
    }
}

pub(crate) fn memory() -> Store {
    let mut store = Store::in_memory().expect("memory");
    assert!(store.register_model(&model(MODEL)).expect("registers"));
    store
}

pub(crate) fn log(name: &str) -> LogIdentity {
    LogIdentity { path: "conn".into(), opened: "2025-01-05-10-00-00".into(), first_uid: name.into() }
}

/// An alert of a line, all else as small as can be.
pub(crate) fn line(line: u64) -> NewAlert<'static> {
    NewAlert { line, ts: line as f64, uid: "C1", score: line as f64, threshold: 0.5, ..NewAlert::default() }
}

/// An incident of a number, begun at that second, all else as small as can be.
pub(crate) fn incident(number: u64) -> NewIncident<'static> {
    NewIncident {
        sensor: "",
        number,
        host: "10.0.0.5",
        family: "fan",
        class: "outbound tcp",
        state: IncidentState::Raised,
        first_ts: number as f64,
        last_ts: number as f64 + 1.0,
        raised_ts: number as f64 + 0.5,
        rows: 1,
        peak: 4.0,
        score: 4.5,
        threshold: 3.5,
        severity: Severity::Medium,
        title: "contacted 214 new hosts",
        technique: None,
        summary: "{}",
        is_shadow: false,
    }
}

/// All alerts of a query.
pub(crate) fn found(store: &Store, query: &AlertQuery) -> Vec<Alert> {
    let mut all = Vec::new();
    store
        .alerts(query, &mut |alert| {
            all.push(alert);
            ControlFlow::Continue(())
        })
        .expect("query");
    all
}

/// The lines of all alerts, as they were stored.
pub(crate) fn lines(store: &Store) -> Vec<u64> {
    let query = AlertQuery { sort: Sort::Id, ..AlertQuery::default() };
    found(store, &query).into_iter().map(|alert| alert.line).collect()
}
