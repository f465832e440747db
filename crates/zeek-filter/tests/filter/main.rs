//! What the crate promises: what matches, what is shown, what is said of a mistake, and that the documentation is true.

mod canonical;
mod corpus;
mod documentation;
mod errors;
mod matching;
mod parts;

use zeek_log::ConnRecord;

/// A connection with every field set.
fn record() -> ConnRecord<'static> {
    ConnRecord {
        // Saturday, 2026-01-31, 22:30:00.5.
        ts: 1_769_898_600.5,
        uid: Some("CHhAvVGS1DHFjwGM9"),
        orig_h: "10.0.0.5".parse().unwrap(),
        orig_p: 49_152,
        resp_h: "192.0.2.7".parse().unwrap(),
        resp_p: 443,
        proto: "tcp",
        service: Some("ssl,http"),
        duration: Some(90.25),
        orig_bytes: Some(1_500),
        resp_bytes: Some(10_000_000),
        conn_state: Some("SF"),
        local_orig: Some(true),
        local_resp: Some(false),
        missed_bytes: Some(0),
        history: Some("ShADadFf"),
        orig_pkts: Some(12),
        orig_ip_bytes: Some(2_000),
        resp_pkts: Some(7_000),
        resp_ip_bytes: Some(10_300_000),
        tunnel_parents: Some("CA1,CB2"),
        ip_proto: Some(6),
        vlan: Some(20),
        inner_vlan: Some(30),
        orig_l2_addr: Some("00:00:5e:00:53:01"),
        resp_l2_addr: Some("00:00:5e:00:53:02"),
        community_id: Some("1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
        failed_service: Some("ntlm"),
    }
}

/// A connection of which Zeek knew as little as it can: an ICMPv6 message.
fn bare_record() -> ConnRecord<'static> {
    ConnRecord {
        // Thursday, 1970-01-01, 00:00:00.
        ts: 0.0,
        uid: None,
        orig_h: "fe80::1".parse().unwrap(),
        orig_p: 135,
        resp_h: "::ffff:10.0.0.9".parse().unwrap(),
        resp_p: 136,
        proto: "icmp",
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
