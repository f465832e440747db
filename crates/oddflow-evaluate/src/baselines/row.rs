//! A connection as the baselines see it: about 130 bytes, with nothing borrowed.

use std::hash::{BuildHasher, Hasher};
use std::net::IpAddr;

use foldhash::quality::FixedState;
use zeek_log::ConnRecord;

/// How many numbers a row has.
pub const ROW_NUMBERS: usize = 10;

/// Added to both counts of bytes in their ratio, so that a few bytes more or less don't matter.
const RATIO_BYTES: f64 = 64.0;

/// Connections shorter than this count as that long where bytes a second are asked, in seconds.
const SHORTEST: f64 = 0.01;

/// A compact row. Text is kept as a hash of 64 bits, for it is compared and nothing else: among a million different values
/// two are taken for one with a chance of 3e-8.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SimpleRow {
    /// End of the connection, in seconds since the Unix epoch.
    pub end: f64,
    /// The originator's address.
    pub orig_h: IpAddr,
    /// The responder's address.
    pub resp_h: IpAddr,
    /// The responder's port.
    pub resp_p: u16,
    /// The network's own side: the responder of what comes in or passes by, else the originator.
    pub local_host: IpAddr,
    /// Direction and transport.
    pub class: u8,
    /// Transport protocol.
    pub(super) proto: u64,
    /// Application protocols, in whichever order they were logged.
    pub(super) service: u64,
    /// How the connection went.
    pub(super) state: u64,
    /// Natural logarithms of 1 + duration in seconds, payload bytes and packets of both sides, IP bytes a packet of both
    /// sides, missed bytes, and payload bytes a second; and of the ratio of the payloads. What isn't logged counts as 0.
    pub(super) numbers: [f32; ROW_NUMBERS],
}

impl SimpleRow {
    /// Makes a row of a record. Where the record doesn't say what is local, private and link-local addresses are; a caller
    /// who knows better sets `local_orig` and `local_resp` of the record before.
    #[must_use]
    pub fn new(record: &ConnRecord<'_>) -> Self {
        let orig_local = record.local_orig.unwrap_or_else(|| is_internal(record.orig_h));
        let resp_local = record.local_resp.unwrap_or_else(|| is_internal(record.resp_h));
        let (direction, local_host) = match (orig_local, resp_local) {
            _ if is_group(record.resp_h) => (0, record.orig_h),
            (true, true) => (1, record.orig_h),
            (true, false) => (2, record.orig_h),
            (false, true) => (3, record.resp_h),
            (false, false) => (4, record.resp_h),
        };
        let transport = match record.proto {
            "tcp" => 0,
            "udp" => 1,
            _ => 2,
        };
        // The sum doesn't depend on the order, in which Zeek is free.
        let service = record.service.unwrap_or("").split(',').map(hash).fold(0, u64::wrapping_add);
        Self {
            end: record.end(),
            orig_h: record.orig_h,
            resp_h: record.resp_h,
            resp_p: record.resp_p,
            local_host,
            class: 3 * direction + transport,
            proto: hash(record.proto),
            service,
            state: hash(record.conn_state.unwrap_or("")),
            numbers: numbers(record),
        }
    }
}

fn numbers(record: &ConnRecord<'_>) -> [f32; ROW_NUMBERS] {
    let number = |value: Option<u64>| value.unwrap_or(0) as f64;
    let duration = record.duration.unwrap_or(0.0).max(0.0);
    let (orig, resp) = (number(record.orig_bytes), number(record.resp_bytes));
    let (orig_pkts, resp_pkts) = (number(record.orig_pkts), number(record.resp_pkts));
    let a_packet =
        |bytes: Option<u64>, packets: f64| if packets > 0.0 { number(bytes) / packets } else { 0.0 };
    let log = |value: f64| value.ln_1p() as f32;
    [
        log(duration),
        log(orig),
        log(resp),
        log(orig_pkts),
        log(resp_pkts),
        log(a_packet(record.orig_ip_bytes, orig_pkts)),
        log(a_packet(record.resp_ip_bytes, resp_pkts)),
        ((orig + RATIO_BYTES) / (resp + RATIO_BYTES)).ln() as f32,
        log(number(record.missed_bytes)),
        log((orig + resp) / duration.max(SHORTEST)),
    ]
}

fn hash(text: &str) -> u64 {
    // A fixed seed: the same on every run.
    let mut hasher = FixedState::default().build_hasher();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// Multicast or broadcast. The prefix of a network isn't logged, so an address that ends in 255 is taken for a broadcast.
fn is_group(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_multicast() || v4.octets()[3] == 255,
        IpAddr::V6(v6) => v6.is_multicast(),
    }
}

/// Private, link-local, loopback or unspecified.
fn is_internal(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_link_local() || v4.is_loopback() || v4.is_unspecified(),
        IpAddr::V6(v6) => {
            v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_loopback() || v6.is_unspecified()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::record;

    #[test]
    fn numbers_are_logarithms() {
        let row = SimpleRow::new(&ConnRecord {
            duration: Some(2.0),
            orig_bytes: Some(100),
            resp_bytes: Some(300),
            orig_pkts: Some(4),
            orig_ip_bytes: Some(260),
            resp_pkts: None,
            missed_bytes: None,
            ..record()
        });
        let expected = [
            3f64.ln(),
            101f64.ln(),
            301f64.ln(),
            5f64.ln(),
            0.0,
            66f64.ln(),
            0.0,
            (164.0 / 364.0f64).ln(),
            0.0,
            201f64.ln(),
        ];
        assert_eq!(row.numbers, expected.map(|value| value as f32));
    }

    #[test]
    fn the_local_host_is_on_the_networks_side() {
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        let check = |orig: &str, resp: &str, local: &str, class: u8| {
            let record = ConnRecord {
                orig_h: address(orig),
                resp_h: address(resp),
                local_orig: None,
                local_resp: None,
                ..record()
            };
            let row = SimpleRow::new(&record);
            assert_eq!((row.local_host, row.class), (address(local), class), "{orig} -> {resp}");
        };
        check("10.0.0.1", "224.0.0.251", "10.0.0.1", 0);
        check("10.0.0.1", "10.0.0.255", "10.0.0.1", 0);
        check("10.0.0.1", "192.168.3.4", "10.0.0.1", 3);
        check("fe80::1", "2001:db8::1", "fe80::1", 6);
        check("198.51.100.1", "10.0.0.1", "10.0.0.1", 9);
        check("198.51.100.1", "203.0.113.1", "203.0.113.1", 12);
    }

    #[test]
    fn services_have_no_order() {
        let service = |text| SimpleRow::new(&ConnRecord { service: text, ..record() }).service;
        assert_eq!(service(Some("ssl,http")), service(Some("http,ssl")));
        assert_ne!(service(Some("ssl,http")), service(Some("ssl")));
        assert_ne!(service(None), service(Some("ssl")));
    }
}
