//! The Community ID of a connection, by which other tools (Suricata among them) know it too.
//!
//! Version 1 with seed 0: <https://github.com/corelight/community-id-spec>. SHA-1 is what the specification names; nothing is
//! kept safe by it.

use std::net::IpAddr;

use sha1::{Digest, Sha1};

use crate::Connection;

const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMP6: u8 = 58;
const SCTP: u8 = 132;

/// ICMP types that ask, and those that answer them: such connections have two directions.
const ICMP_PAIRS: [(u16, u16); 5] = [(8, 0), (13, 14), (15, 16), (17, 18), (10, 9)];
const ICMP6_PAIRS: [(u16, u16); 6] = [(128, 129), (130, 131), (133, 134), (135, 136), (139, 140), (144, 145)];

/// The log's own, or what it works out to; `None` where the transport has no ports that a log tells.
pub(super) fn of(connection: &Connection) -> Option<String> {
    if let Some(id) = &connection.community_id {
        return Some(id.clone());
    }
    let (orig, resp) = (connection.orig_h, connection.resp_h);
    let proto = match connection.proto.as_str() {
        "tcp" => TCP,
        "udp" => UDP,
        "icmp" if orig.is_ipv6() => ICMP6,
        "icmp" => ICMP,
        "sctp" => SCTP,
        _ => return None,
    };
    // Zeek's ports of an ICMP connection are its type, and the type of the answer or, where there is none, the code.
    let (mut from, mut to) = ((octets(orig), connection.orig_p), (octets(resp), connection.resp_p));
    if from.0.len() != to.0.len() {
        return None;
    }
    let pairs: &[(u16, u16)] = match proto {
        ICMP => &ICMP_PAIRS,
        ICMP6 => &ICMP6_PAIRS,
        _ => &[],
    };
    let is_icmp = matches!(proto, ICMP | ICMP6);
    let goes_both_ways = !is_icmp || pairs.iter().any(|&(ask, answer)| [ask, answer].contains(&from.1));
    if goes_both_ways && from > to {
        std::mem::swap(&mut from, &mut to);
    }
    let mut hash = Sha1::new();
    hash.update([0, 0]);
    hash.update(&from.0);
    hash.update(&to.0);
    hash.update([proto, 0]);
    hash.update(from.1.to_be_bytes());
    hash.update(to.1.to_be_bytes());
    Some(format!("1:{}", base64(&hash.finalize())))
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place > three.len() { '=' } else { char::from(digit) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn id(orig: (&str, u16), resp: (&str, u16), proto: &str) -> Option<String> {
        let mut connection = testing::notice().strongest.unwrap();
        (connection.orig_h, connection.orig_p) = (orig.0.parse().unwrap(), orig.1);
        (connection.resp_h, connection.resp_p) = (resp.0.parse().unwrap(), resp.1);
        connection.proto = proto.into();
        of(&connection)
    }

    /// The values that Zeek's own test of `community_id_v1` expects.
    #[test]
    fn ids_are_those_of_zeek() {
        for (proto, ports, expected) in [
            ("tcp", (1122, 3344), "1:wCb3OG7yAFWelaUydu0D+125CLM="),
            ("udp", (1122, 3344), "1:0Mu9InQx6z4ZiCZM/7HXi2WMhOg="),
            ("icmp", (8, 0), "1:crodRHL2FEsHjbv3UkRrfbs4bZ0="),
        ] {
            assert_eq!(id(("1.2.3.4", ports.0), ("5.6.7.8", ports.1), proto).as_deref(), Some(expected));
            assert_eq!(id(("5.6.7.8", ports.1), ("1.2.3.4", ports.0), proto).as_deref(), Some(expected));
        }
        let (a, b) = ("fe80:1:203:405:607:809:a0b:c0d", "fe80:1011:1213:1415:1617:1819:1a1b:1c1d");
        assert_eq!(id((a, 128), (b, 129), "icmp").as_deref(), Some("1:0bf7hyMJUwt3fMED7z8LIfRpBeo="));
    }

    #[test]
    fn a_transport_without_ports_has_none() {
        assert_eq!(id(("1.2.3.4", 0), ("5.6.7.8", 0), "unknown_transport"), None);
        assert_eq!(id(("1.2.3.4", 1), ("2001:db8::1", 2), "tcp"), None);
    }

    #[test]
    fn the_logs_own_comes_first() {
        let connection =
            Connection { community_id: Some("1:abc".into()), ..testing::notice().strongest.unwrap() };
        assert_eq!(of(&connection).as_deref(), Some("1:abc"));
    }

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
        ] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}
