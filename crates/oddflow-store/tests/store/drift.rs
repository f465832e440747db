//! Days compared with the baseline.

use oddflow_store::{DriftQuery, NewDrift, Store, StoreError};

use crate::support::{MODEL, memory};

fn day(day: i64, rows: u64) -> NewDrift<'static> {
    NewDrift {
        day,
        is_over: true,
        verdict: "stable",
        rows,
        score_psi: Some(0.125),
        feature_psi: None,
        report: "{}",
    }
}

fn write(store: &mut Store, sensor: &str, days: &[NewDrift<'_>]) {
    let mut batch = store.begin().expect("begins");
    days.iter().for_each(|day| batch.drift((MODEL, sensor), day).expect("stores"));
    batch.commit().expect("commits");
}

#[test]
fn a_day_is_written_over_by_one_with_as_many_rows_or_more() {
    let mut store = memory();
    write(&mut store, "", &[NewDrift { is_over: false, ..day(10, 50) }]);
    write(&mut store, "", &[NewDrift { verdict: "host", ..day(10, 50) }]);
    write(&mut store, "", &[NewDrift { verdict: "network", ..day(10, 20) }]);
    let days = store.drift(&DriftQuery::default()).expect("reads");
    assert_eq!(days.len(), 1);
    assert_eq!((days[0].verdict.as_str(), days[0].rows, days[0].is_over), ("host", 50, true));
    assert_eq!((days[0].score_psi, days[0].feature_psi), (Some(0.125), None));
}

#[test]
fn days_come_in_order_and_by_sensor() {
    let mut store = memory();
    write(&mut store, "b", &[day(12, 1), day(10, 1)]);
    write(&mut store, "a", &[day(12, 1), day(3, 1)]);
    let found = |query: DriftQuery| -> Vec<(String, i64)> {
        let days = store.drift(&query).expect("reads");
        days.into_iter().map(|day| (day.sensor, day.day)).collect()
    };
    let of = |list: &[(&str, i64)]| -> Vec<(String, i64)> {
        list.iter().map(|(sensor, day)| ((*sensor).into(), *day)).collect()
    };
    assert_eq!(found(DriftQuery::default()), of(&[("a", 3), ("b", 10), ("a", 12), ("b", 12)]));
    assert_eq!(
        found(DriftQuery { days: Some(3), ..DriftQuery::default() }),
        of(&[("b", 10), ("a", 12), ("b", 12)])
    );
    let of_a = DriftQuery { sensor: Some("a".into()), model: Some(MODEL.into()), ..DriftQuery::default() };
    assert_eq!(found(of_a), of(&[("a", 3), ("a", 12)]));
    assert_eq!(found(DriftQuery { model: Some("other".into()), ..DriftQuery::default() }), of(&[]));
}

#[test]
fn what_is_no_day_is_refused() {
    let mut store = memory();
    let mut batch = store.begin().expect("begins");
    assert!(batch.drift(("unknown", ""), &day(1, 1)).is_err());
    assert!(batch.drift((MODEL, ""), &NewDrift { verdict: "perhaps", ..day(1, 1) }).is_err());
    batch.drift((MODEL, ""), &day(1, 1)).expect("a refused one leaves the batch as it was");
    batch.commit().expect("commits");
    assert_eq!(store.drift(&DriftQuery::default()).expect("reads").len(), 1);
}

#[test]
fn old_days_expire_a_few_at_a_time() -> Result<(), StoreError> {
    let mut store = memory();
    let days: Vec<NewDrift<'_>> = (0..10).map(|number| day(number, 1)).collect();
    write(&mut store, "", &days);
    // The day 5 ends with the time from which on days stay.
    let before = 6.0 * 86_400.0;
    let first = store.expire(before, 4)?;
    assert_eq!((first.days, first.is_done), (4, false));
    let second = store.expire(before, 4)?;
    assert_eq!((second.days, second.is_done), (1, true));
    let left: Vec<i64> = store.drift(&DriftQuery::default())?.iter().map(|day| day.day).collect();
    assert_eq!(left, [5, 6, 7, 8, 9]);
    Ok(())
}
