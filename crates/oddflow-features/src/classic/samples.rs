//! Records for the unit tests of this folder.

use std::net::{IpAddr, Ipv4Addr};

use zeek_log::ConnRecord;

/// A record with nothing in it but what a record must have: addresses and ports of zero, an unknown transport.
pub(super) fn unset() -> ConnRecord<'static> {
    ConnRecord {
        ts: 0.0,
        uid: None,
        orig_h: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        orig_p: 0,
        resp_h: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        resp_p: 0,
        proto: "unknown_transport",
        service: None,
        duration: None,
        orig_bytes: None,
        resp_bytes: None,
        conn_state: None,
        local_orig: None,
        local_resp: None,
        missed_bytes: None,
        history: None,
        orig_pkts: None,
        orig_ip_bytes: None,
        resp_pkts: None,
        resp_ip_bytes: None,
        tunnel_parents: None,
        ip_proto: None,
        vlan: None,
        inner_vlan: None,
        orig_l2_addr: None,
        resp_l2_addr: None,
        community_id: None,
        failed_service: None,
    }
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
