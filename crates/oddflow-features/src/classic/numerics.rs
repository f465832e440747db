//! The 11 numeric columns of one record, before scaling.

use std::net::IpAddr;

use zeek_log::ConnRecord;

use super::{addresses::folded, hashing::bucket};

/// The numeric columns in their order. They stand before the one-hot columns in every row.
///
/// | column | value, range |
/// | --- | --- |
/// | `uid`, `history` | bucket of the text, 0 to 99,999; 0 where unset |
/// | `src_ip`, `dst_ip` | address as an integer, IPv4 modulo 65,535, IPv6 modulo 4,294,967,295 |
/// | `src_p`, `dst_p` | port; for ICMP type and code |
/// | `duration` | seconds; 0 where unset |
/// | `src_bytes` | payload bytes of the originator; 0 where unset |
/// | `ip_proto` | IP protocol number; where unset, derived from `proto` |
/// | `dst_bytes_per_orig_pkt`, `dst_bytes_per_resp_pkt` | payload bytes of the responder for each packet of the side |
pub const NUMERIC_COLUMNS: [&str; 11] = [
    "uid",
    "src_ip",
    "src_p",
    "dst_ip",
    "dst_p",
    "duration",
    "src_bytes",
    "history",
    "ip_proto",
    "dst_bytes_per_orig_pkt",
    "dst_bytes_per_resp_pkt",
];

/// Seconds; about 30,000 years. No connection lasts longer, and one absurd value must not make a variance infinite.
const LONGEST_DURATION: f64 = 1e12;

/// The numeric columns of a record in natural units, all finite.
#[must_use]
#[inline]
pub fn numerics(record: &ConnRecord<'_>) -> [f64; 11] {
    [
        bucket(record.uid),
        folded(record.orig_h),
        f64::from(record.orig_p),
        folded(record.resp_h),
        f64::from(record.resp_p),
        duration(record.duration),
        record.orig_bytes.unwrap_or(0) as f64,
        bucket(record.history),
        ip_proto(record),
        bytes_per_packet(record.resp_bytes, record.orig_pkts),
        bytes_per_packet(record.resp_bytes, record.resp_pkts),
    ]
}

/// A duration that is unset, not a number or absurd is 0.
fn duration(seconds: Option<f64>) -> f64 {
    seconds.filter(|seconds| seconds.abs() <= LONGEST_DURATION).unwrap_or(0.0)
}

/// Bytes divided by packets: 0 where either is unset or there are no packets, 1 where there are no bytes.
///
/// The 1 is the recipe's own: it sets an answer without payload apart from no answer.
fn bytes_per_packet(bytes: Option<u64>, packets: Option<u64>) -> f64 {
    match (bytes, packets) {
        (None, _) | (_, None | Some(0)) => 0.0,
        (Some(0), Some(_)) => 1.0,
        (Some(bytes), Some(packets)) => bytes as f64 / packets as f64,
    }
}

/// The logged number, or for logs older than Zeek 7.1 the number that IANA assigns to the transport.
fn ip_proto(record: &ConnRecord<'_>) -> f64 {
    match (record.ip_proto, record.proto, record.orig_h) {
        (Some(number), _, _) => number as f64,
        (None, "tcp", _) => 6.0,
        (None, "udp", _) => 17.0,
        (None, "icmp", IpAddr::V4(_)) => 1.0,
        (None, "icmp", IpAddr::V6(_)) => 58.0,
        (None, _, _) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn check_ratio(bytes: Option<u64>, packets: Option<u64>, expected: f64) {
        assert_eq!(bytes_per_packet(bytes, packets), expected, "{bytes:?} / {packets:?}");
    }

    #[test]
    fn ratios() {
        check_ratio(Some(10), Some(4), 2.5);
        check_ratio(Some(0), Some(4), 1.0);
        check_ratio(Some(10), Some(0), 0.0);
        check_ratio(Some(0), Some(0), 0.0);
        check_ratio(None, Some(4), 0.0);
        check_ratio(None, Some(0), 0.0);
        check_ratio(Some(10), None, 0.0);
        check_ratio(Some(0), None, 0.0);
        check_ratio(None, None, 0.0);
    }

    #[test]
    fn durations() {
        for (given, expected) in [
            (None, 0.0),
            (Some(0.0), 0.0),
            (Some(1.5), 1.5),
            (Some(-2.0), -2.0),
            (Some(f64::NAN), 0.0),
            (Some(f64::INFINITY), 0.0),
            (Some(f64::NEG_INFINITY), 0.0),
            (Some(1e300), 0.0),
        ] {
            assert_eq!(duration(given), expected, "{given:?}");
        }
    }

    #[test]
    fn a_missing_protocol_number_is_derived() {
        for (proto, orig_h, expected) in [
            ("tcp", "10.0.0.1", 6.0),
            ("tcp", "fe80::1", 6.0),
            ("udp", "10.0.0.1", 17.0),
            ("icmp", "10.0.0.1", 1.0),
            ("icmp", "fe80::1", 58.0),
            ("unknown_transport", "10.0.0.1", 0.0),
            ("TCP", "10.0.0.1", 0.0),
            ("", "fe80::1", 0.0),
        ] {
            let record = ConnRecord { proto, orig_h: orig_h.parse().unwrap(), ..samples::unset() };
            assert_eq!(ip_proto(&record), expected, "{proto} {orig_h}");
        }
    }

    #[test]
    fn a_logged_protocol_number_stands() {
        let record = ConnRecord { proto: "tcp", ip_proto: Some(47), ..samples::unset() };
        assert_eq!(ip_proto(&record), 47.0);
    }

    #[test]
    fn the_icmp_number_follows_the_originator() {
        let record = ConnRecord { proto: "icmp", resp_h: "ff02::1".parse().unwrap(), ..samples::unset() };
        assert_eq!(ip_proto(&record), 1.0);
    }

    #[test]
    fn all_columns_of_a_full_record() {
        let values = numerics(&samples::full());
        assert_eq!(
            values,
            [
                (super::super::fnv1a_64(b"CHhAvVGS1DHFjwGM9") % 100_000) as f64,
                2565.0,
                51_234.0,
                (0x0808_0808_u32 % 65_535).into(),
                53.0,
                0.25,
                37.0,
                (super::super::fnv1a_64(b"Dd") % 100_000) as f64,
                17.0,
                80.0,
                40.0,
            ]
        );
    }

    #[test]
    fn an_unset_record_is_all_zeros() {
        assert_eq!(numerics(&samples::unset()), [0.0; 11]);
    }

    #[test]
    fn extremes_stay_finite() {
        let record = ConnRecord {
            duration: Some(f64::MAX),
            orig_bytes: Some(u64::MAX),
            resp_bytes: Some(u64::MAX),
            orig_pkts: Some(1),
            resp_pkts: Some(u64::MAX),
            ip_proto: Some(u64::MAX),
            ..samples::full()
        };
        assert!(numerics(&record).iter().all(|value| value.is_finite()));
    }
}
