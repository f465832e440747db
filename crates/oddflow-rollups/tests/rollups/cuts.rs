//! However rows are cut into chunks, commits and runs, they come to the same, and each counts once.

use std::net::{IpAddr, Ipv4Addr};

use oddflow_rollups::{Counts, Host, Service, decode_hours};
use proptest::prelude::*;

use crate::stored::{Row, Stored};

const SERVICES: [&str; 5] = ["", "dns", "ssl", "quic,ssl", "ssl,quic"];

fn side() -> impl Strategy<Value = (IpAddr, bool)> {
    (0_u8..12, any::<bool>()).prop_map(|(number, is_local)| {
        let net = if is_local { [10, 0, 0] } else { [203, 0, 113] };
        (Ipv4Addr::new(net[0], net[1], net[2], number).into(), is_local)
    })
}

fn row() -> impl Strategy<Value = Row> {
    let place =
        (side(), side(), prop_oneof![prop::sample::select(vec![53_u16, 443, 80, 8080]), any::<u16>()]);
    let figures = (0..SERVICES.len(), 0.0..260_000.0_f64, 0_u64..100_000, any::<bool>(), 0.0..9.0_f32);
    (place, figures).prop_map(|((orig, resp, port), (service, end, bytes, has_failed, score))| Row {
        orig,
        resp,
        port,
        service: SERVICES[service],
        end,
        bytes,
        has_failed,
        score,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn cuts_change_nothing(rows in prop::collection::vec(row(), 1..150), cuts in [1_usize..60, 1..5, 1..4]) {
        let whole = Stored::of(&rows, [rows.len(), 1, 1]);
        let cut = Stored::of(&rows, cuts);
        prop_assert_eq!(&cut, &whole);
    }

    #[test]
    fn each_row_counts_once_and_each_local_side_once(rows in prop::collection::vec(row(), 1..150)) {
        let stored = Stored::of(&rows, [37, 2, 2]);
        prop_assert_eq!(stored.rows(Host::All, &Service::All), rows.len() as u64);
        let mut all = Counts::default();
        for ((_, host, service), cell) in &stored.cells {
            let hours = decode_hours(&cell.hours).expect("whole");
            let mut sum = Counts::default();
            hours.iter().for_each(|hour| sum.merge(&hour.counts()));
            prop_assert_eq!(sum, cell.counts, "hours add up to the day");
            let ports: u64 = hours.iter().flat_map(|hour| hour.ports.counts()).map(|port| port.rows).sum();
            let others: u64 = hours.iter().map(|hour| hour.ports.others()[0]).sum();
            prop_assert_eq!(ports + others, sum.rows);
            let named = *service != Service::All;
            if *host == Host::All && named {
                all.merge(&sum);
            }
        }
        prop_assert_eq!(all.rows, rows.len() as u64, "services add up to all");
        prop_assert_eq!(all.orig_bytes, rows.iter().map(|row| row.bytes).sum::<u64>());
        prop_assert_eq!(all.failures, rows.iter().filter(|row| row.has_failed).count() as u64);
        prop_assert_eq!(all.peak, rows.iter().map(|row| row.score).fold(0.0, f32::max));
        for number in 0..12 {
            let host: IpAddr = Ipv4Addr::new(10, 0, 0, number).into();
            let sides = |row: &Row| {
                u64::from(row.orig == (host, true)) + u64::from(row.resp == (host, true) && row.orig.0 != host)
            };
            let expected: u64 = rows.iter().map(sides).sum();
            prop_assert_eq!(stored.rows(Host::At(host), &Service::All), expected);
            let connections: u64 =
                stored.channels.iter().filter(|(key, _)| key.host == host).map(|(_, figures)| figures.rows).sum();
            prop_assert_eq!(connections, expected);
        }
    }
}
