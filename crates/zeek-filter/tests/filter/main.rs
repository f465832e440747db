//! What the crate promises: what matches, what is shown, what is said of a mistake, and that the documentation is true.

mod canonical;
mod corpus;
mod documentation;
mod errors;
mod findings;
mod matching;
mod parts;

use std::net::IpAddr;

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
    let address = |text: &str| text.parse::<IpAddr>().unwrap();
    // Thursday, 1970-01-01, 00:00:00.
    ConnRecord::bare(0.0, (address("fe80::1"), 135), (address("::ffff:10.0.0.9"), 136), "icmp")
}
