//! Days of a made-up office against a week of it: what is told of each kind of change.

use std::sync::{Arc, LazyLock};

use oddflow_features::behaviour::{Features, Field, Fields, FlowReader, State};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use zeek_log::ConnRecord;

use super::compared::Compared;
use super::{Drift, DriftDay, DriftReference, Gatherer, NetworkChange, Verdict};
use crate::behaviour::audit::testing::{connection, host, server};

/// 2026-03-02, a Monday.
const MONDAY: i64 = 20_514;
const DAY: f64 = 86_400.0;
/// Rows of a day, and hosts that they are of.
const ROWS: u32 = 3000;
const HOSTS: u8 = 8;

type Change<'c> = &'c dyn Fn(&mut ConnRecord<'static>);

/// A day of people who fetch pages when they please, each row changed as is wanted, in the order in which they end.
fn rows(day: i64, change: Change<'_>) -> Vec<ConnRecord<'static>> {
    let mut random = Pcg64Mcg::seed_from_u64(day.unsigned_abs());
    let mut rows: Vec<ConnRecord<'static>> = (0..ROWS)
        .map(|_| {
            let ts = day as f64 * DAY + random.random_range(0.0..DAY - 60.0);
            let (person, site) = (random.random_range(0..HOSTS), random.random_range(0..30));
            let sent = random.random_range(300..3000);
            let mut row = ConnRecord {
                duration: Some(random.random_range(0.2..20.0)),
                orig_bytes: Some(sent),
                resp_bytes: Some(sent * random.random_range(2..30)),
                ..connection(ts, host(10 + person), server(site))
            };
            change(&mut row);
            row
        })
        .collect();
    rows.sort_by(|a, b| a.end().total_cmp(&b.end()));
    rows
}

fn same(_: &mut ConnRecord<'static>) {}

fn reader(absent: Fields) -> FlowReader {
    FlowReader { seed: 1, local: Default::default(), absent }
}

/// A score that depends on the row alone.
fn score(features: &Features) -> f32 {
    features.numbers[1] + features.numbers[10]
}

fn names() -> Vec<String> {
    ["ts", "uid", "history", "missed_bytes"].map(String::from).to_vec()
}

/// A baseline of some days: what days are compared with, and the state behind it.
fn baseline(days: i64) -> (Arc<DriftReference>, State) {
    changed_baseline(days, &|_| &same)
}

/// The same with a change of each day.
fn changed_baseline<'c>(days: i64, change: &dyn Fn(i64) -> Change<'c>) -> (Arc<DriftReference>, State) {
    let (mut state, mut gatherer, mut scores) = (State::new(), Gatherer::new(true), Vec::new());
    let mut features = Features::default();
    for day in MONDAY..MONDAY + days {
        let is_late = day >= MONDAY + days * 5 / 7;
        if is_late && day == MONDAY + days * 5 / 7 {
            state.begin_calibration();
        }
        for row in rows(day, change(day)) {
            let flow = reader(Fields::NONE).flow(&row);
            state.update(&flow, &mut features);
            gatherer.add(&flow, &features, is_late);
            if is_late {
                scores.push((flow.end, flow.local_host(), score(&features)));
            }
        }
    }
    state.end_baseline();
    let columns = names().into_iter().collect();
    let reference = gatherer.finish(&scores, Fields::NONE, Some(columns)).expect("it has rows");
    (Arc::new(reference), state)
}

static WEEK: LazyLock<(Arc<DriftReference>, State)> = LazyLock::new(|| baseline(7));

/// Takes rows in, and gives the days that are over and the one that is open.
fn judge(drift: &mut Drift, state: &mut State, rows: &[ConnRecord<'_>], absent: Fields) -> Vec<DriftDay> {
    let mut features = Features::default();
    let mut days = Vec::new();
    for row in rows {
        let flow = reader(absent).flow(row);
        state.update(&flow, &mut features);
        days.extend(drift.add(&flow, &features, score(&features), |_| ()));
    }
    days.extend(drift.so_far());
    days
}

/// The Monday after the week, with a change.
fn monday(change: Change<'_>) -> DriftDay {
    let (reference, mut state) = WEEK.clone();
    let mut drift = Drift::new(reference);
    drift.columns(&names());
    let mut days = judge(&mut drift, &mut state, &rows(MONDAY + 7, change), Fields::NONE);
    assert_eq!(days.len(), 1);
    days.remove(0)
}

fn key(last: u8) -> u64 {
    reader(Fields::NONE).flow(&connection(0.0, host(last), server(1))).local_host()
}

#[test]
fn a_day_like_the_others_is_stable() {
    let (reference, _) = &*WEEK;
    assert_eq!((reference.days(), reference.hosts.len()), (6, usize::from(HOSTS)));
    let day = monday(&same);
    assert_eq!((day.verdict, day.rows, day.hours), (Verdict::Stable, u64::from(ROWS), 24), "{day:#?}");
    assert!(day.changes.is_empty() && day.reasons.is_empty() && day.next.is_empty(), "{day:#?}");
    assert!(day.score_psi.is_some_and(|psi| psi < 0.1), "{day:#?}");
}

#[test]
fn a_host_that_does_something_else_is_named() {
    let mut day = monday(&|row| {
        if row.orig_h == host(12) {
            row.service = None;
            row.conn_state = Some("S0");
            row.history = Some("S");
            row.resp_p = 445;
            (row.orig_bytes, row.resp_bytes, row.duration) = (Some(0), Some(0), Some(0.0));
            row.resp_h = server((row.ts as u64 % 250) as u8);
        }
    });
    assert_eq!(day.verdict, Verdict::Host, "{day:#?}");
    assert!(day.changes.is_empty());
    let causes: Vec<u64> = day.hosts.iter().filter(|host| host.is_cause).map(|host| host.key).collect();
    assert_eq!(causes, [key(12)]);
    assert!(day.hosts[0].share > 0.1 && day.hosts[0].share_before.is_some_and(|share| share > 0.1));
    day.name(|host| (host == key(12)).then(|| "10.0.0.12".into()));
    assert!(day.reasons[0].starts_with("10.0.0.12: "), "{:?}", day.reasons);
    assert_eq!(day.hosts[0].address.as_deref(), Some("10.0.0.12"));
}

#[test]
fn a_new_host_with_many_rows_is_named_too() {
    let day = monday(&|row| {
        if (row.ts as u64).is_multiple_of(8) {
            row.orig_h = host(77);
        }
    });
    assert_eq!(day.verdict, Verdict::Host, "{day:#?}");
    assert_eq!(day.hosts[0].key, key(77));
    assert!(day.strangers > 0.1 && day.hosts[0].share_before.is_none());
}

#[test]
fn addresses_of_a_day_are_usual_where_the_baseline_has_them() {
    // One host in eight, and one row in eight, has another address each day.
    fn daily(row: &mut ConnRecord<'static>) {
        if row.orig_h == host(17) {
            row.orig_h = host(100 + ((row.ts / DAY) as u64 % 100) as u8);
        }
    }
    let (reference, mut state) = changed_baseline(7, &|_| &daily);
    assert_eq!(reference.hosts.len(), usize::from(HOSTS) - 1);
    let of_a_day = reference.described.of_a_day;
    assert!(of_a_day.iter().all(|share| (0.1..0.16).contains(share)), "{of_a_day:?}");
    let mut drift = Drift::new(reference);
    let days = judge(&mut drift, &mut state, &rows(MONDAY + 7, &daily), Fields::NONE);
    assert_eq!(days[0].verdict, Verdict::Stable, "{:#?}", days[0]);
    assert!(days[0].strangers > 0.1 && days[0].hosts_gone == 0);
}

#[test]
fn what_all_hosts_do_is_the_networks() {
    let day = monday(&|row| {
        row.resp_p = 3128;
        row.service = Some("http");
        row.resp_h = host(200);
        row.orig_bytes = row.orig_bytes.map(|bytes| 20 * bytes);
        row.resp_bytes = row.resp_bytes.map(|bytes| 20 * bytes);
        row.history = Some("ShADad");
        row.conn_state = Some("S1");
    });
    assert_eq!((day.verdict, &*day.changes), (Verdict::Network, &[NetworkChange::Traffic][..]), "{day:#?}");
    assert!(day.reasons[0].contains("8 of 8 busy hosts"), "{:?}", day.reasons);
    assert!(day.shifted[0] > 6 && day.feature_psi > Some(1.0));
}

#[test]
fn other_addresses_are_another_network() {
    let day = monday(&|row| row.orig_h = host(100 + (row.ts as u64 % 8) as u8));
    assert_eq!((day.verdict, day.changes[0]), (Verdict::Network, NetworkChange::Hosts), "{day:#?}");
    assert_eq!((day.strangers, day.hosts_gone), (1.0, usize::from(HOSTS)));
}

#[test]
fn bytes_that_the_sensor_missed_are_told_before_what_comes_of_them() {
    let day = monday(&|row| {
        if (row.ts as u64).is_multiple_of(10) {
            row.missed_bytes = Some(1500);
        }
    });
    assert_eq!((day.verdict, day.changes[0]), (Verdict::Network, NetworkChange::CaptureLoss), "{day:#?}");
    assert!((day.gaps[0] - 0.1).abs() < 0.03 && day.gaps[1] == 0.0);
    assert!(day.reasons[0].contains("missed bytes in") && day.next.contains("sensor"), "{:?}", day.reasons);
}

#[test]
fn columns_that_come_and_go() {
    let (reference, mut state) = WEEK.clone();
    let mut drift = Drift::new(reference);
    drift.columns(&["ts", "uid", "missed_bytes", "ip_proto"].map(String::from));
    let absent = Fields::NONE.with(Field::History);
    let days = judge(&mut drift, &mut state, &rows(MONDAY + 7, &same), absent);
    let [day] = &*days else { panic!("{days:#?}") };
    assert_eq!((day.verdict, &*day.changes), (Verdict::Network, &[NetworkChange::Columns][..]), "{day:#?}");
    assert_eq!((&*day.columns_new, &*day.columns_gone), (&["ip_proto".into()][..], &["history".into()][..]));
    assert!(day.next.contains("Zeek"), "{}", day.next);
    // What is made of the column isn't compared, nor are scores without it.
    assert!(day.shifts.iter().all(|shift| !shift.column.contains("history")) && day.score_psi.is_none());
    // Of the next day nobody has said it: JSON doesn't.
    let days = judge(&mut drift, &mut state, &rows(MONDAY + 8, &same), Fields::NONE);
    let last = days.last().expect("a day");
    assert!(last.columns_new.is_empty() && last.columns_gone.is_empty());
}

#[test]
fn too_little_to_tell_is_said() {
    let (reference, state) = WEEK.clone();
    let some = |keep: &dyn Fn(usize, &ConnRecord<'_>) -> bool| {
        let all = rows(MONDAY + 7, &same);
        let kept: Vec<ConnRecord<'static>> =
            all.into_iter().enumerate().filter(|(i, row)| keep(*i, row)).map(|(_, row)| row).collect();
        judge(&mut Drift::new(Arc::clone(&reference)), &mut state.clone(), &kept, Fields::NONE).remove(0)
    };
    let few = some(&|i, _| i % 4 == 0);
    assert_eq!((few.verdict, few.rows, few.score_psi), (Verdict::Unclear, 750, None), "{few:#?}");
    let morning = some(&|_, row| row.ts.rem_euclid(DAY) < 40_000.0);
    assert_eq!((morning.verdict, morning.hours), (Verdict::Unclear, 12), "{morning:#?}");
    assert!(morning.reasons[0].contains("12 of the day's hours"), "{:?}", morning.reasons);
    // Far fewer than ever are a finding.
    let silence = some(&|i, _| i % 40 == 0);
    assert_eq!((silence.verdict, &*silence.changes), (Verdict::Network, &[NetworkChange::Volume][..]));
    // A baseline of a day says nothing about how days differ.
    let (reference, mut state) = baseline(1);
    let days = judge(&mut Drift::new(reference), &mut state, &rows(MONDAY + 7, &same), Fields::NONE);
    assert_eq!(days[0].verdict, Verdict::Unclear);
    assert!(days[0].score_psi.is_some() && days[0].next.contains("Seven days"), "{:#?}", days[0]);
}

#[test]
fn a_day_of_the_week_that_the_baseline_lacks_may_be_different() {
    let (reference, mut state) = baseline(4);
    let change = |row: &mut ConnRecord<'static>| {
        row.orig_bytes = row.orig_bytes.map(|bytes| 50 * bytes);
        row.resp_bytes = row.resp_bytes.map(|bytes| 50 * bytes);
        row.conn_state = Some("S1");
        row.resp_p = 8443;
    };
    let mut drift = Drift::new(reference);
    let days: Vec<ConnRecord<'static>> =
        [5, 7].into_iter().flat_map(|day| rows(MONDAY + day, &change)).collect();
    let days = judge(&mut drift, &mut state, &days, Fields::NONE);
    let [saturday, monday] = &*days else { panic!("{days:#?}") };
    assert_eq!((saturday.verdict, monday.verdict), (Verdict::Unclear, Verdict::Network));
    assert!(saturday.reasons.iter().any(|reason| reason.contains("no Saturday")), "{:?}", saturday.reasons);
}

#[test]
fn days_follow_each_other_and_clocks_may_be_wrong() {
    let (reference, mut state) = WEEK.clone();
    let mut all = rows(MONDAY + 7, &same);
    // One row from far in the future, one that is late by a day.
    let mut ahead = all[100];
    ahead.ts += 4000.0 * DAY;
    all.insert(100, ahead);
    let mut next = rows(MONDAY + 8, &same);
    let mut late = next[50];
    late.ts -= DAY;
    next.insert(50, late);
    all.extend(next);
    let days = judge(&mut Drift::new(reference), &mut state, &all, Fields::NONE);
    let days: Vec<(i64, u64)> = days.iter().map(|day| (day.day - MONDAY, day.rows)).collect();
    assert_eq!(days, [(7, 100), (4007, 1), (7, u64::from(ROWS) - 100), (8, u64::from(ROWS) + 1)]);
}

#[test]
fn a_busy_day_is_counted_evenly() {
    let (reference, _) = &*WEEK;
    let mut drift = Drift::new(Arc::clone(reference));
    let row = rows(MONDAY + 7, &same).remove(0);
    let flow = reader(Fields::NONE).flow(&row);
    let mut features = Features::default();
    for number in 0..200_000_u32 {
        // The second half of the day is different, and half of the counted rows are to be.
        features.numbers[1] = if number < 100_000 { 0.0 } else { 30.0 };
        assert!(drift.add(&flow, &features, 1.0, |_| ()).is_none());
    }
    assert!(drift.whole.rows < 6000 && drift.whole.rows >= 2900, "{}", drift.whole.rows);
    let cells = &drift.whole.cells[Compared(1).cells()];
    let share = f64::from(cells[0]) / f64::from(drift.whole.rows);
    assert!((share - 0.5).abs() < 0.02, "{share}");
    let (_, of_host) = drift.busiest.iter().next().expect("a host");
    assert_eq!(of_host, &drift.whole);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_day_goes_on_as_if_it_had_not_stopped(stops in prop::collection::vec(0_usize..6000, 1..4)) {
        let (reference, state) = WEEK.clone();
        let all: Vec<ConnRecord<'static>> =
            (7..9).flat_map(|day| rows(MONDAY + day, &same)).collect();
        let (mut whole, mut parts) = (Drift::new(Arc::clone(&reference)), Drift::new(Arc::clone(&reference)));
        whole.columns(&names());
        parts.columns(&names());
        let expected = judge(&mut whole, &mut state.clone(), &all, Fields::NONE);
        let (mut state, mut features, mut days) = (state, Features::default(), Vec::new());
        for (i, row) in all.iter().enumerate() {
            if stops.contains(&i) {
                let bytes = parts.to_bytes();
                prop_assert!(bytes.len() < 64 << 10, "{}", bytes.len());
                parts = Drift::from_bytes(&bytes, Arc::clone(&reference)).expect("what was written");
                prop_assert_eq!(parts.to_bytes(), bytes);
            }
            let flow = reader(Fields::NONE).flow(row);
            state.update(&flow, &mut features);
            days.extend(parts.add(&flow, &features, score(&features), |_| ()));
        }
        days.extend(parts.so_far());
        prop_assert_eq!(days, expected);
        prop_assert_eq!(parts.to_bytes(), whole.to_bytes());
    }

    #[test]
    fn what_is_no_day_is_refused(cut in 0_usize..8000, at in 0_usize..8000, with in any::<u8>()) {
        static BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| {
            let (reference, mut state) = WEEK.clone();
            let mut drift = Drift::new(reference);
            drift.columns(&names());
            judge(&mut drift, &mut state, &rows(MONDAY + 7, &same), Fields::NONE);
            drift.to_bytes()
        });
        let reference = &WEEK.0;
        let cut = cut % BYTES.len();
        prop_assert!(Drift::from_bytes(&BYTES[..cut], Arc::clone(reference)).is_err());
        let mut changed = BYTES.clone();
        changed.push(0);
        prop_assert!(Drift::from_bytes(&changed, Arc::clone(reference)).is_err());
        changed.pop();
        // A changed byte may make another day, but nothing that falls over.
        let at = at % changed.len();
        changed[at] = with;
        if let Ok(mut drift) = Drift::from_bytes(&changed, Arc::clone(reference)) {
            let _ = drift.so_far();
            let (_, mut state) = WEEK.clone();
            judge(&mut drift, &mut state, &rows(MONDAY + 7, &same)[..50], Fields::NONE);
        }
    }
}
