//! What is kept as bytes comes back as it was, and bytes of anything else are refused.

use oddflow_rollups::{Distinct, Moments, decode_hours, encode_hours, merge_hours};
use proptest::prelude::*;

use crate::stored::{Row, Stored};

fn on_a_day((end, bytes, port): (f64, u64, u16)) -> Row {
    Row {
        orig: ([10, 0, 0, 1].into(), true),
        resp: ([203, 0, 113, 1].into(), false),
        port,
        service: "ssl",
        end,
        bytes,
        has_failed: bytes % 3 == 0,
        score: port.into(),
    }
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..200), layout in 0_u8..3) {
        let bytes = [&[layout][..], &bytes].concat();
        if let Some(hours) = decode_hours(&bytes) {
            prop_assert!(hours.iter().all(|hour| hour.number < 24));
            prop_assert_eq!(decode_hours(&encode_hours(&hours)), Some(hours));
        }
        if let Some(distinct) = Distinct::decode(&bytes) {
            prop_assert_eq!(distinct.encode(), bytes.clone());
        }
        if let Some(moments) = Moments::decode(&bytes) {
            let correlations = moments.correlations();
            prop_assert!(correlations.iter().flatten().flatten().all(|value| (-1.0..=1.0).contains(value)));
        }
    }
}

proptest! {
    #[test]
    fn days_are_merged_as_their_hours_are(
        parts in prop::array::uniform2(prop::collection::vec((0.0..86_400.0_f64, 0_u64..1 << 40, 0_u16..5), 1..80)),
    ) {
        let [mine, others] = parts.map(|part| Stored::of(&part.into_iter().map(on_a_day).collect::<Vec<_>>(), [80, 1, 1]));
        for (key, cell) in &mine.cells {
            let (mut merged, other) = (cell.clone(), &others.cells[key]);
            prop_assert_eq!(merged.merge(other), Some(()));
            let mut hours = decode_hours(&cell.hours).expect("whole");
            merge_hours(&mut hours, &decode_hours(&other.hours).expect("whole"));
            prop_assert_eq!(merged.hours, encode_hours(&hours));
        }
    }

    #[test]
    fn a_day_with_a_wrong_byte_is_refused_or_merged(
        parts in prop::array::uniform2(prop::collection::vec((0.0..86_400.0_f64, 0_u64..1 << 40, 0_u16..5), 1..20)),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let [mine, others] = parts.map(|part| Stored::of(&part.into_iter().map(on_a_day).collect::<Vec<_>>(), [20, 1, 1]));
        for (key, cell) in &mine.cells {
            let (mut wrong, other) = (cell.clone(), &others.cells[key]);
            let at = at.index(wrong.hours.len());
            wrong.hours[at] = byte;
            // What is in an hour that only one side has is looked at when it is read.
            if decode_hours(&wrong.hours).is_some() {
                prop_assert_eq!(wrong.merge(other), Some(()), "what can be read can be merged");
                prop_assert!(decode_hours(&wrong.hours).is_some(), "and read again");
            } else {
                let _ = wrong.merge(other);
            }
        }
    }
}

#[test]
fn days_that_are_cut_are_refused() {
    let rows: Vec<Row> = (0..50_u8)
        .map(|number| Row {
            orig: ([10, 0, 0, number % 3].into(), true),
            resp: ([203, 0, 113, number].into(), false),
            port: u16::from(number) % 7,
            service: ["ssl", "dns"][usize::from(number) % 2],
            end: f64::from(number) * 1_000.0,
            bytes: 1 << (number % 40),
            has_failed: number % 5 == 0,
            score: f32::from(number),
        })
        .collect();
    let stored = Stored::of(&rows, [50, 1, 1]);
    for cell in stored.cells.values() {
        let hours = decode_hours(&cell.hours).expect("whole");
        assert_eq!(encode_hours(&hours), cell.hours);
        let whole: Vec<usize> =
            (1..cell.hours.len()).filter(|end| decode_hours(&cell.hours[..*end]).is_some()).collect();
        assert!(whole.len() < hours.len() + 1, "but between two hours: {whole:?}");
    }
}
