//! What holds for any records.

use std::net::IpAddr;

use oddflow_features::classic::{ClassicEncoder, Fitter, Levels, RawRow};
use proptest::prelude::*;
use zeek_log::ConnRecord;

use crate::records::{bare, encoded, fitted};

/// A record that owns its text.
#[derive(Clone, Debug)]
struct Owned {
    texts: [Option<String>; 4],
    proto: String,
    hosts: (IpAddr, IpAddr),
    ports: (u16, u16),
    duration: Option<f64>,
    counts: [Option<u64>; 5],
    local: (Option<bool>, Option<bool>),
}

impl Owned {
    fn record(&self) -> ConnRecord<'_> {
        let [uid, service, conn_state, history] = self.texts.each_ref().map(Option::as_deref);
        let [orig_bytes, resp_bytes, orig_pkts, resp_pkts, ip_proto] = self.counts;
        ConnRecord {
            uid,
            service,
            conn_state,
            history,
            proto: &self.proto,
            orig_h: self.hosts.0,
            resp_h: self.hosts.1,
            orig_p: self.ports.0,
            resp_p: self.ports.1,
            duration: self.duration,
            orig_bytes,
            resp_bytes,
            orig_pkts,
            resp_pkts,
            ip_proto,
            local_orig: self.local.0,
            local_resp: self.local.1,
            ..bare()
        }
    }
}

fn count() -> impl Strategy<Value = Option<u64>> {
    prop_oneof![Just(None), Just(Some(0)), (1..100_000_u64).prop_map(Some), any::<u64>().prop_map(Some)]
}

/// Few levels, so that they repeat, and now and then any text at all.
fn level(levels: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop_oneof![9 => prop::sample::select(levels).prop_map(str::to_owned), 1 => any::<String>()]
}

fn owned() -> impl Strategy<Value = Owned> {
    let text = (
        prop::option::of("C[A-Za-z0-9]{16,17}"),
        prop::option::of(level(&["dns", "ssl", "ssl,http", "-ntlm", ""])),
        prop::option::of(level(&["SF", "S0", "REJ", "OTH"])),
        prop::option::of(any::<String>()),
    );
    let duration = prop::option::of(prop_oneof![0.0..1e5, any::<f64>()]);
    (
        text,
        level(&["tcp", "udp", "icmp", "unknown_transport"]),
        any::<(IpAddr, IpAddr)>(),
        any::<(u16, u16)>(),
        duration,
        [count(), count(), count(), count(), count()],
        any::<(Option<bool>, Option<bool>)>(),
    )
        .prop_map(|((uid, service, state, history), proto, hosts, ports, duration, counts, local)| {
            Owned { texts: [uid, service, state, history], proto, hosts, ports, duration, counts, local }
        })
}

fn several() -> impl Strategy<Value = Vec<Owned>> {
    prop::collection::vec(owned(), 1..25)
}

/// Equal but for the rounding of another order of additions.
#[track_caller]
fn assert_close(left: &[f64], right: &[f64]) {
    assert_eq!(left.len(), right.len());
    for (left, right) in left.iter().zip(right) {
        assert!((left - right).abs() <= 1e-9 * left.abs().max(right.abs()), "{left} != {right}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_raw_row_encodes_as_its_record(train in several(), later in several()) {
        let mut levels = Levels::new();
        let mut fitter = Fitter::new();
        for owned in &train {
            fitter.add(&RawRow::new(&owned.record(), &mut levels));
        }
        let encoder = fitter.finish(&levels).unwrap();
        for owned in train.iter().chain(&later) {
            let raw = RawRow::new(&owned.record(), &mut levels);
            let mut row = vec![f32::NAN; encoder.width()];
            encoder.bind(&levels).encode(&raw, &mut row);
            prop_assert_eq!(&row, &encoded(&encoder, &owned.record()));
        }
    }

    #[test]
    fn training_rows_encode_as_finite_numbers(train in several()) {
        let encoder = fitted(train.iter().map(Owned::record));
        for owned in &train {
            prop_assert!(encoded(&encoder, &owned.record()).iter().all(|value| value.is_finite()));
        }
    }

    #[test]
    fn merged_fitters_are_one_fitter(rows in several(), cut: prop::sample::Index) {
        let mut levels = Levels::new();
        let raw: Vec<RawRow> = rows.iter().map(|owned| RawRow::new(&owned.record(), &mut levels)).collect();
        let (left, right) = raw.split_at(cut.index(raw.len()));
        let fitter = |rows: &[RawRow]| {
            let mut fitter = Fitter::new();
            rows.iter().for_each(|row| fitter.add(row));
            fitter
        };
        let mut merged = fitter(left);
        merged.merge(&fitter(right));
        let whole = fitter(&raw);
        prop_assert_eq!(merged.rows(), whole.rows());
        let (merged, whole) = (merged.finish(&levels).unwrap(), whole.finish(&levels).unwrap());
        prop_assert_eq!(merged.columns(), whole.columns());
        assert_close(merged.scaler().mean(), whole.scaler().mean());
    }

    #[test]
    fn levels_met_apart_are_levels_met_together(left in several(), right in several()) {
        let mut together = Levels::new();
        let expected: Vec<RawRow> =
            left.iter().chain(&right).map(|owned| RawRow::new(&owned.record(), &mut together)).collect();
        let (mut first, mut second) = (Levels::new(), Levels::new());
        let mut rows: Vec<RawRow> =
            left.iter().map(|owned| RawRow::new(&owned.record(), &mut first)).collect();
        let mut others: Vec<RawRow> =
            right.iter().map(|owned| RawRow::new(&owned.record(), &mut second)).collect();
        let recoding = first.absorb(&second);
        others.iter_mut().for_each(|row| row.recode(&recoding));
        rows.append(&mut others);
        prop_assert_eq!(rows, expected);
    }

    #[test]
    fn the_order_of_rows_does_not_change_the_columns(rows in several()) {
        let forward = fitted(rows.iter().map(Owned::record));
        let backward = fitted(rows.iter().rev().map(Owned::record));
        prop_assert_eq!(forward.columns(), backward.columns());
        prop_assert_eq!(forward.vocabulary(), backward.vocabulary());
    }

    #[test]
    fn an_encoder_survives_a_model_file(train in several(), later in several()) {
        let encoder = fitted(train.iter().map(Owned::record));
        let text = serde_json::to_string(&encoder).unwrap();
        let back: ClassicEncoder = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(back.columns(), encoder.columns());
        prop_assert_eq!(back.scaler(), encoder.scaler());
        for owned in &later {
            prop_assert_eq!(encoded(&back, &owned.record()), encoded(&encoder, &owned.record()));
        }
    }

    #[test]
    fn any_text_as_a_model_gives_an_error_and_no_panic(text: String) {
        prop_assert!(serde_json::from_str::<ClassicEncoder>(&text).is_err());
    }
}
