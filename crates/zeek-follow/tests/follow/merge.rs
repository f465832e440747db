//! What a merge promises, for any rows and any way in which their pushes are mixed.

use proptest::prelude::*;
use zeek_follow::{Merge, MergeLimits};

/// Rows of each logger: end and uid.
type Loggers = Vec<Vec<(f64, String)>>;
/// A row that was released: its logger, and its place in that logger's order.
type Released = Vec<(usize, usize)>;

fn loggers() -> impl Strategy<Value = Loggers> {
    // Ends mostly rise, and every second row trails.
    let rows = prop::collection::vec((0..3_u32, 0..40_u32), 0..40);
    prop::collection::vec(rows, 1..4).prop_map(|loggers| {
        let mut number = 0;
        let of_logger = |(logger, rows): (usize, Vec<(u32, u32)>)| {
            let mut now = 0;
            rows.into_iter()
                .map(|(step, behind)| {
                    now += step;
                    number += 1;
                    let end = f64::from(now) - if behind % 2 == 0 { 0.0 } else { f64::from(behind) };
                    (end, format!("C{:03}{logger}", (number * 7919) % 1000))
                })
                .collect()
        };
        loggers.into_iter().enumerate().map(of_logger).collect()
    })
}

/// The same, but the merge is begun again from its state every few rows, and what waited is read again.
fn run_with_restarts(loggers: &Loggers, choices: &[usize], every: usize) -> Released {
    let mut merge = Merge::new(patient());
    let mut next = vec![0; loggers.len()];
    let name = |logger: usize| logger.to_string();
    for (logger, rows) in loggers.iter().enumerate() {
        merge.expect(&name(logger));
        if rows.is_empty() {
            merge.close(&name(logger));
        }
    }
    let mut released = Vec::new();
    let mut choices = choices.iter().cycle();
    let mut pushed = 0;
    loop {
        let left: Vec<_> = (0..loggers.len()).filter(|&i| next[i] < loggers[i].len()).collect();
        if left.is_empty() {
            return released;
        }
        let logger = left[choices.next().unwrap() % left.len()];
        let (end, uid) = &loggers[logger][next[logger]];
        merge.push(&name(logger), *end, uid, (logger, next[logger]));
        next[logger] += 1;
        if next[logger] == loggers[logger].len() {
            merge.close(&name(logger));
        }
        released.extend(std::iter::from_fn(|| merge.pop()));
        pushed += 1;
        // Rows that are read again count as well, so that it comes to an end.
        if pushed % every == 0 && pushed < 500 {
            let state = merge.state();
            for (_, (logger, row)) in merge.first_waiting() {
                next[*logger] = *row;
            }
            merge = Merge::resume(patient(), &state);
        }
    }
}

/// Pushes the rows in the order that `choices` say, takes what is released, and closes a logger at its end.
fn run(loggers: &Loggers, choices: &[usize], limits: MergeLimits) -> (Released, Merge<(usize, usize)>) {
    let mut merge = Merge::new(limits);
    let mut released = Vec::new();
    let mut next = vec![0; loggers.len()];
    for (logger, rows) in loggers.iter().enumerate() {
        merge.expect(&logger.to_string());
        if rows.is_empty() {
            merge.close(&logger.to_string());
        }
    }
    let mut choices = choices.iter().cycle();
    while let Some(left) =
        Some((0..loggers.len()).filter(|&i| next[i] < loggers[i].len()).collect::<Vec<_>>())
            .filter(|left| !left.is_empty())
    {
        let logger = left[choices.next().unwrap() % left.len()];
        let (end, uid) = &loggers[logger][next[logger]];
        merge.push(&logger.to_string(), *end, uid, (logger, next[logger]));
        next[logger] += 1;
        if next[logger] == loggers[logger].len() {
            merge.close(&logger.to_string());
        }
        while let Some(row) = merge.pop() {
            released.push(row);
        }
    }
    (released, merge)
}

fn patient() -> MergeLimits {
    MergeLimits { patience: f64::INFINITY, rows: usize::MAX }
}

fn check_whole(loggers: &Loggers, released: &Released) {
    for (logger, rows) in loggers.iter().enumerate() {
        let order: Vec<_> = released.iter().filter(|row| row.0 == logger).map(|row| row.1).collect();
        assert_eq!(order, (0..rows.len()).collect::<Vec<_>>(), "none lost, in the order of the logger");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_does_not_depend_on_how_pushes_are_mixed(
        loggers in loggers(),
        one in prop::collection::vec(0..9_usize, 1..50),
        other in prop::collection::vec(0..9_usize, 1..50),
    ) {
        let (first, merge) = run(&loggers, &one, patient());
        let (second, _) = run(&loggers, &other, patient());
        prop_assert_eq!(&first, &second);
        check_whole(&loggers, &first);
        prop_assert!(merge.is_empty());
        prop_assert_eq!(merge.merged().late + merge.merged().forced + merge.merged().impatient, 0);
    }

    #[test]
    fn a_merge_that_goes_on_releases_what_it_would_have_released(
        loggers in loggers(),
        mix in prop::collection::vec(0..9_usize, 1..50),
        every in 1..20_usize,
    ) {
        let (whole, _) = run(&loggers, &mix, patient());
        prop_assert_eq!(run_with_restarts(&loggers, &mix, every), whole);
    }

    #[test]
    fn nothing_is_lost_with_little_patience_and_little_room(
        loggers in loggers(),
        mix in prop::collection::vec(0..9_usize, 1..50),
        patience in 0..20_u32,
        rows in 0..10_usize,
    ) {
        let limits = MergeLimits { patience: patience.into(), rows };
        let (released, merge) = run(&loggers, &mix, limits);
        check_whole(&loggers, &released);
        prop_assert_eq!(merge.merged().released as usize, released.len());
        prop_assert!(merge.is_empty());
    }
}

#[test]
fn one_logger_alone_passes_straight_through() {
    let mut merge = Merge::new(MergeLimits::default());
    for (i, end) in [5.0, 100.0, 3.0, 3.0, 99.0, f64::NAN, 2.0, 200.0].into_iter().enumerate() {
        merge.push("", end, "C", i);
        assert_eq!(merge.pop(), Some(i));
    }
    assert_eq!((merge.merged().late, merge.merged().released), (0, 8));
}

#[test]
fn rows_wait_until_each_open_logger_has_shown_one_that_ends_as_late() {
    let mut merge = Merge::new(MergeLimits::default());
    merge.expect("b");
    merge.push("a", 10.0, "C1", 1);
    assert_eq!(merge.pop(), None);
    merge.push("b", 9.0, "C2", 2);
    assert_eq!((merge.pop(), merge.pop()), (Some(2), None));
    merge.push("b", 10.0, "C0", 3);
    assert_eq!((merge.pop(), merge.pop()), (Some(3), None));
    merge.push("b", 11.0, "C3", 4);
    assert_eq!((merge.pop(), merge.pop()), (Some(1), None));
    merge.close("a");
    assert_eq!((merge.pop(), merge.len()), (Some(4), 0));
}

#[test]
fn a_silent_logger_is_waited_for_as_long_as_patience_lasts_and_is_late_then() {
    let mut merge = Merge::new(MergeLimits { patience: 30.0, rows: 100 });
    merge.push("b", 0.0, "C0", 0);
    assert_eq!(merge.pop(), Some(0));
    merge.push("a", 10.0, "C1", 1);
    merge.push("a", 40.0, "C2", 2);
    assert_eq!(merge.pop(), None);
    merge.push("a", 40.5, "C3", 3);
    assert_eq!((merge.pop(), merge.pop()), (Some(1), None));
    merge.push("b", 5.0, "C4", 4);
    assert_eq!(merge.pop(), Some(4));
    let merged = merge.merged();
    assert_eq!((merged.impatient, merged.late, merged.forced, merged.released), (1, 1, 0, 3));
}

#[test]
fn no_more_rows_wait_than_may() {
    let mut merge = Merge::new(MergeLimits { patience: 1e9, rows: 3 });
    merge.expect("b");
    let mut released = Vec::new();
    for i in 0..10 {
        merge.push("a", f64::from(i), "C", i);
        released.extend(std::iter::from_fn(|| merge.pop()));
        assert!(merge.len() <= 3);
    }
    assert_eq!(released, (0..7).collect::<Vec<_>>());
    assert_eq!(merge.merged().forced, 7);
}
