//! Rows of connections that are still open: bytes count when they were moved, and once; nothing else of them counts.

use std::net::{IpAddr, Ipv4Addr};

use oddflow_features::behaviour::{
    COLUMNS, Features, Field, Fields, Flow, FlowReader, InterimRow, LocalNetworks, State,
};
use proptest::prelude::*;
use zeek_log::ConnRecord;

use crate::records::bare;

const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;
const MB: u64 = 1 << 20;
/// When the upload begins.
const BEGIN: f64 = 1_000_000.0;

fn reader() -> FlowReader {
    FlowReader { seed: 1, local: LocalNetworks::default(), absent: Fields::NONE }
}

/// A connection of 10.0.0.2 to 8.0.0.1, as far as it has come.
fn connection(uid: &str, ts: f64, duration: f64, orig_bytes: u64, resp_bytes: u64) -> Flow {
    reader().flow(&ConnRecord {
        ts,
        uid: Some(uid),
        orig_h: IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2)),
        resp_h: IpAddr::V4(Ipv4Addr::new(8, 0, 0, 1)),
        resp_p: 443,
        duration: Some(duration),
        orig_bytes: Some(orig_bytes),
        resp_bytes: Some(resp_bytes),
        conn_state: Some("SF"),
        ..bare()
    })
}

/// The upload after so many hours: 100 MB an hour out, 1 MB in.
fn upload(hours: f64) -> Flow {
    let bytes = |an_hour: u64| (an_hour as f64 * hours) as u64;
    connection("Cupload", BEGIN, hours * HOUR, bytes(100 * MB), bytes(MB))
}

fn interim(flow: &Flow) -> InterimRow {
    InterimRow::of(flow).expect("it has a uid")
}

/// A short connection of the same hosts that carries nothing, at a time after the upload's beginning.
fn look(at: f64) -> Flow {
    connection("Clook", BEGIN + at, 0.0, 0, 0)
}

fn update(state: &mut State, flow: &Flow) -> Features {
    let mut features = Features::default();
    state.update(flow, &mut features);
    features
}

/// Bytes of the pair, out in an hour and in a day, and in in an hour.
fn windows(features: &Features) -> [f64; 3] {
    ["pair_out_1h", "pair_out_24h", "pair_in_1h"]
        .map(|name| f64::from(features.numbers[place(name)]).exp_m1())
}

fn place(name: &str) -> usize {
    COLUMNS.iter().position(|column| column.name == name).expect("a column")
}

fn assert_near(found: [f64; 3], expected: [f64; 3]) {
    for (found, expected) in found.into_iter().zip(expected) {
        assert!((found - expected).abs() <= 1e-4 * expected + 1e-6, "{found} for {expected}");
    }
}

/// What is left of bytes that were moved at the end of each of so many hours.
fn expected(hours: std::ops::RangeInclusive<u32>, now: f64) -> [f64; 3] {
    let left =
        |tau: f64| hours.clone().map(|hour| (-(now - f64::from(hour) * HOUR) / tau).exp()).sum::<f64>();
    [100.0 * MB as f64 * left(HOUR), 100.0 * MB as f64 * left(DAY), MB as f64 * left(HOUR)]
}

#[test]
fn bytes_count_when_they_were_moved_and_once() {
    let mut state = State::new();
    for hour in 1..=7 {
        // Both packages tell of the same moment; one row comes twice.
        for _ in 0..3 {
            state.take(&interim(&upload(f64::from(hour))));
        }
    }
    // They were known all the time, and count once it is time.
    assert_near(windows(&update(&mut state, &look(0.5 * HOUR))), [0.0; 3]);
    assert_near(windows(&update(&mut state, &look(3.5 * HOUR))), expected(1..=3, 3.5 * HOUR));
    // A row that trails looks at what has been counted, as of the last of it.
    assert_near(windows(&update(&mut state, &look(2.5 * HOUR))), expected(1..=3, 3.0 * HOUR));
    // The connection's own row adds its last hour.
    assert_near(windows(&update(&mut state, &upload(8.0))), expected(1..=8, 8.0 * HOUR));
    assert_near(windows(&update(&mut state, &look(8.0 * HOUR))), expected(1..=8, 8.0 * HOUR));
    // What comes after it, as where two logs are read in turn, adds nothing.
    state.take(&interim(&upload(7.9)));
    assert_near(windows(&update(&mut state, &look(9.0 * HOUR))), expected(1..=8, 9.0 * HOUR));
}

#[test]
fn without_such_rows_all_counts_at_the_end() {
    let mut state = State::new();
    assert_near(windows(&update(&mut state, &look(3.5 * HOUR))), [0.0; 3]);
    let [out, _, back] = [800 * MB, 0, 8 * MB].map(|bytes| bytes as f64);
    assert_near(windows(&update(&mut state, &upload(8.0))), [out, out, back]);
}

#[test]
fn the_first_row_may_come_after_the_connections_own() {
    let mut state = State::new();
    state.take(&interim(&connection("Cother", BEGIN, 60.0, 1, 1)));
    let after = windows(&update(&mut state, &upload(2.0)));
    state.take(&interim(&upload(1.0)));
    let again = windows(&update(&mut state, &look(2.0 * HOUR)));
    assert_near(again, after);
}

#[test]
fn it_is_known_at_its_moment_whenever_it_is_read() {
    let rows: Vec<Flow> = (1..=40).map(|i| look(f64::from(i) * 600.0)).collect();
    let bytes = |ahead: f64| {
        let mut state = State::new();
        let mut told = (1..=6).map(|hour| upload(f64::from(hour))).peekable();
        let mut all = Vec::new();
        for row in &rows {
            while let Some(flow) = told.next_if(|flow| flow.end <= row.end + ahead) {
                state.take(&interim(&flow));
            }
            all.push(update(&mut state, row));
        }
        all.iter().map(|features| features.numbers.map(f32::to_bits)).collect::<Vec<_>>()
    };
    assert_eq!(bytes(0.0), bytes(HOUR));
    assert_eq!(bytes(0.0), bytes(f64::INFINITY));
}

#[test]
fn a_connection_is_one_connection() {
    let windows = ["pair_out_1h", "pair_out_24h", "pair_in_1h"].map(place);
    let run = |told: bool| {
        let mut state = State::new();
        let mut all = Vec::new();
        for hour in 1..=8_u32 {
            let now = f64::from(hour) * HOUR;
            if told {
                state.take(&interim(&upload(f64::from(hour))));
            }
            all.push(update(&mut state, &look(now + 1000.0)));
            // Another host of the same service.
            let mut record = bare();
            record.ts = BEGIN + now + 1100.0;
            record.resp_h = IpAddr::V4(Ipv4Addr::new(8, 0, 0, 9));
            all.push(update(&mut state, &reader().flow(&record)));
        }
        all.push(update(&mut state, &upload(9.0)));
        all
    };
    for (with, without) in run(true).iter().zip(&run(false)) {
        for (i, (a, b)) in with.numbers.iter().zip(&without.numbers).enumerate() {
            assert!(a.to_bits() == b.to_bits() || windows.contains(&i), "{}: {a} {b}", COLUMNS[i].name);
        }
        assert_eq!((with.tokens, with.never_seen), (without.tokens, without.never_seen));
        assert_eq!(with.new_regular.to_bits(), without.new_regular.to_bits());
    }
}

#[test]
fn what_the_conn_log_does_not_tell_stays_unknown() {
    let mut state = State::new();
    state.take(&interim(&upload(1.0)));
    let mut reader = reader();
    reader.absent = Fields::NONE.with(Field::OrigBytes).with(Field::RespBytes);
    let record = ConnRecord {
        ts: BEGIN + 2.0 * HOUR,
        orig_h: [10, 0, 0, 2].into(),
        resp_h: [8, 0, 0, 1].into(),
        ..bare()
    };
    let features = update(&mut state, &reader.flow(&record));
    assert_near(windows(&features), [0.0; 3]);
}

#[test]
fn too_many_open_connections_are_forgotten_and_counted() {
    let mut state = State::new();
    // No room for as many that wait, nor for as many that are open.
    for i in 0..150_000_u32 {
        let flow = connection(&format!("C{i}"), f64::from(i), 600.0, 10, 10);
        state.take(&interim(&flow));
    }
    let at_once = update(&mut state, &connection("Clook", 150_000.0, 0.0, 0, 0));
    assert!(windows(&at_once)[1] > 0.0);
    assert!(state.evictions().open > 0, "{:?}", state.evictions());
    assert_eq!((state.evictions().hosts, state.evictions().pairs), (0, 0));
    assert!(state.byte_length() < 12 << 20, "{}", state.byte_length());
    let again = State::from_bytes(&state.to_bytes()).expect("a state");
    assert_eq!(again.to_bytes(), state.to_bytes());
}

#[test]
fn a_state_without_such_rows_has_the_bytes_of_before() {
    let mut state = State::new();
    update(&mut state, &upload(1.0));
    let bytes = state.to_bytes();
    assert_eq!(bytes[..4], 2_u32.to_le_bytes());
    // A uid is needed to know what it belongs to.
    assert_eq!(InterimRow::of(&connection("", BEGIN, HOUR, 1, 1)), None);
    state.take(&interim(&upload(2.0)));
    let with = state.to_bytes();
    assert_eq!(with[..4], 3_u32.to_le_bytes());
    assert!(State::check_format(&bytes).is_ok() && State::check_format(&with).is_ok());
    assert!(with.len() > bytes.len() && with[4..bytes.len()] == bytes[4..], "the rest is as before");
    assert_eq!(State::from_bytes(&bytes).expect("a state").to_bytes(), bytes);
    assert_eq!(State::from_bytes(&with).expect("a state").to_bytes(), with);
    for cut in bytes.len()..with.len() {
        assert!(State::from_bytes(&with[..cut]).is_err(), "{cut}");
    }
}

prop_compose! {
    /// A row of one of some connections that go on for hours, or what its connection came to.
    fn step()(uid in 0_u8..5, begun in 0_u32..3, minutes in 0_u32..600, megabytes in 0_u64..50, is_interim: bool) -> (Flow, bool) {
        let ts = f64::from(begun) * 1000.0;
        (connection(&format!("C{uid}"), ts, f64::from(minutes) * 60.0, megabytes * MB, megabytes), is_interim)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn stopping_and_going_on_changes_no_bit(steps in prop::collection::vec(step(), 1..80), stops in prop::collection::vec(0_usize..80, 0..4)) {
        let run = |stops: &[usize]| {
            let mut state = State::new();
            let mut bits = Vec::new();
            for (i, (flow, is_interim)) in steps.iter().enumerate() {
                if stops.contains(&i) {
                    state = State::from_bytes(&state.to_bytes()).expect("a state");
                }
                if *is_interim {
                    state.take(&interim(flow));
                } else {
                    let features = update(&mut state, flow);
                    assert!(features.numbers.iter().all(|number| number.is_finite()));
                    bits.push(features.numbers.map(f32::to_bits));
                }
            }
            (bits, state.to_bytes())
        };
        prop_assert_eq!(run(&[]), run(&stops));
    }
}
