//! What the tests of this crate share: rows made of little.

use std::net::{IpAddr, Ipv4Addr};

use zeek_log::ConnRecord;

use crate::baselines::SimpleRow;

/// A short web request.
pub(crate) fn record() -> ConnRecord<'static> {
    ConnRecord {
        uid: Some("C1"),
        service: Some("ssl"),
        duration: Some(0.5),
        orig_bytes: Some(1200),
        resp_bytes: Some(5400),
        conn_state: Some("SF"),
        local_orig: Some(true),
        local_resp: Some(false),
        missed_bytes: Some(0),
        history: Some("ShADadFf"),
        orig_pkts: Some(12),
        orig_ip_bytes: Some(1700),
        resp_pkts: Some(14),
        resp_ip_bytes: Some(6000),
        ..ConnRecord::bare(1_600_000_000.0, ([10, 0, 0, 1], 50_000), ([198, 51, 100, 7], 443), "tcp")
    }
}

/// Web requests that differ a little, a minute apart, to a few places.
pub(crate) fn ordinary(count: u32) -> Vec<SimpleRow> {
    let row = |i: u32| {
        // A sequence without a short period (Weyl): enough variety for a test, and the same every time.
        let spread = f64::from(i.wrapping_mul(2_654_435_769)) / f64::from(u32::MAX);
        SimpleRow::new(&ConnRecord {
            ts: 1_600_000_000.0 + 60.0 * f64::from(i),
            resp_h: IpAddr::V4(Ipv4Addr::new(198, 51, 100, (i % 7) as u8)),
            duration: Some(0.2 + spread),
            orig_bytes: Some(800 + (spread * 900.0) as u64),
            resp_bytes: Some(3000 + (spread * spread * 9000.0) as u64),
            ..record()
        })
    };
    (0..count).map(row).collect()
}

/// An upload such as [`ordinary`] never makes, by another protocol.
pub(crate) fn strange() -> SimpleRow {
    SimpleRow::new(&ConnRecord {
        resp_h: IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9)),
        resp_p: 4444,
        proto: "udp",
        service: None,
        duration: Some(9000.0),
        orig_bytes: Some(3_000_000_000),
        resp_bytes: Some(10),
        conn_state: Some("S0"),
        ..record()
    })
}
