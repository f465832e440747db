//! Laws of the state: stopping and going on changes nothing, and memory stays bounded.

use std::net::{IpAddr, Ipv4Addr};

use oddflow_features::behaviour::{Features, Fields, Flow, FlowReader, LocalNetworks, State};
use proptest::prelude::*;
use zeek_log::ConnRecord;

use crate::records::bare;

fn reader() -> FlowReader {
    FlowReader { seed: 1, local: LocalNetworks::default(), absent: Fields::NONE }
}

prop_compose! {
    fn flow()(
        ts in 0_u32..200_000,
        duration in prop::option::of(0_u32..2000),
        source in 0_u8..6,
        destination in 0_u8..6,
        port in prop::sample::select(vec![22_u16, 53, 80, 443, 445, 40_000]),
        proto in prop::sample::select(vec!["tcp", "udp", "icmp", "unknown_transport"]),
        state in prop::option::of(prop::sample::select(vec!["S0", "SF", "REJ", "ODD"])),
        service in prop::option::of(prop::sample::select(vec!["dns", "ssl,http", "http,ssl", ""])),
        bytes in prop::option::of(0_u64..1_000_000),
    ) -> Flow {
        reader().flow(&ConnRecord {
            ts: f64::from(ts) / 7.0,
            orig_h: IpAddr::V4(Ipv4Addr::new(10, 0, 0, source)),
            resp_h: IpAddr::V4(Ipv4Addr::new([10, 8][usize::from(destination) % 2], 0, 0, destination)),
            resp_p: port,
            proto,
            service,
            duration: duration.map(f64::from),
            orig_bytes: bytes,
            conn_state: state,
            history: state.map(|_| "ShAd"),
            ..bare()
        })
    }
}

/// Runs flows through a state; the state is written and read back before those with the given numbers.
fn run(flows: &[Flow], calibration: usize, end: usize, stops: &[usize]) -> (Vec<Features>, Vec<u8>) {
    let mut state = State::new();
    let mut all = Vec::new();
    for (i, flow) in flows.iter().enumerate() {
        if i == calibration {
            state.begin_calibration();
        }
        if i == calibration.max(end) + 1 && calibration < i {
            state.end_baseline();
        }
        if stops.contains(&i) {
            state = State::from_bytes(&state.to_bytes()).expect("a state");
        }
        let mut features = Features::default();
        state.update(flow, &mut features);
        all.push(features);
    }
    (all, state.to_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn stopping_and_going_on_changes_no_bit(
        flows in prop::collection::vec(flow(), 1..120),
        calibration in 0_usize..120,
        end in 0_usize..120,
        stops in prop::collection::vec(0_usize..120, 0..4),
    ) {
        let (whole, state) = run(&flows, calibration, end, &[]);
        let (parts, state_of_parts) = run(&flows, calibration, end, &stops);
        for (a, b) in whole.iter().zip(&parts) {
            prop_assert_eq!(a.numbers.map(f32::to_bits), b.numbers.map(f32::to_bits));
            prop_assert_eq!((a.tokens, a.class, a.new_regular.to_bits()), (b.tokens, b.class, b.new_regular.to_bits()));
        }
        prop_assert_eq!(state, state_of_parts);
    }

    #[test]
    fn features_are_finite_whatever_the_order_of_time(flows in prop::collection::vec(flow(), 1..120)) {
        let (features, _) = run(&flows, 0, 0, &[]);
        for features in features {
            prop_assert!(features.numbers.iter().all(|number| number.is_finite()));
            prop_assert!(features.new_regular.is_finite());
        }
    }

    #[test]
    fn damaged_states_are_refused(flows in prop::collection::vec(flow(), 1..30), cut: prop::sample::Index) {
        let (_, bytes) = run(&flows, 0, 0, &[]);
        prop_assert!(State::from_bytes(&bytes[..cut.index(bytes.len())]).is_err());
    }
}

#[test]
fn a_scan_from_a_million_addresses_fits() {
    let mut state = State::new();
    let mut features = Features::default();
    for i in 0..1_000_000_u32 {
        let flow = reader().flow(&ConnRecord {
            ts: f64::from(i) * 0.001,
            orig_h: IpAddr::V4(Ipv4Addr::from_bits(0x1000_0000 + i)),
            resp_h: IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)),
            resp_p: (i % 60_000) as u16,
            ..bare()
        });
        state.update(&flow, &mut features);
    }
    let evictions = state.evictions();
    assert!(evictions.hosts > 0 && evictions.pairs > 0 && evictions.counts > 0, "{evictions:?}");
    assert!(state.byte_length() < 100 << 20);
}
