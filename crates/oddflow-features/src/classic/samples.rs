//! Records for the unit tests of this folder.

use zeek_log::ConnRecord;

/// A record with nothing in it but what every record has: addresses and ports of zero, an unknown transport.
pub(super) fn unset() -> ConnRecord<'static> {
    ConnRecord::bare(0.0, ([0; 4], 0), ([0; 4], 0), "unknown_transport")
}

/// An ordinary DNS exchange.
pub(super) fn full() -> ConnRecord<'static> {
    ConnRecord {
        ts: 1_700_000_000.5,
        uid: Some("CHhAvVGS1DHFjwGM9"),
        orig_h: "10.0.0.5".parse().expect("an address"),
        orig_p: 51_234,
        resp_h: "8.8.8.8".parse().expect("an address"),
        resp_p: 53,
        proto: "udp",
        service: Some("dns"),
        duration: Some(0.25),
        orig_bytes: Some(37),
        resp_bytes: Some(80),
        conn_state: Some("SF"),
        local_orig: Some(true),
        local_resp: Some(false),
        history: Some("Dd"),
        orig_pkts: Some(1),
        resp_pkts: Some(2),
        ip_proto: Some(17),
        ..unset()
    }
}
