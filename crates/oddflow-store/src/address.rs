//! Addresses as sortable keys, so that a network is a range.
//!
//! A key is the 16 bytes of the IPv6 address in network order; an IPv4 address is mapped into
//! `::ffff:0:0/96` (RFC 4291, 2.5.5.2). Bytes compare as numbers do, so a CIDR block is everything
//! between its lowest and its highest key, whatever the family.

use std::net::IpAddr;
use std::str::FromStr;

/// Bits that an IPv4 prefix gains when it is mapped into IPv6.
const MAPPED_BITS: u32 = 96;

/// The key of an address, or `None` where the text is no address.
pub(crate) fn address_key(text: &str) -> Option<[u8; 16]> {
    text.parse().ok().map(key_of)
}

pub(crate) fn key_of(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    }
}

/// 32 bits of a key: of an IPv4 address all that it has, of others what is left when its quarters are combined.
pub(crate) fn short_key(key: &[u8; 16]) -> u32 {
    key.chunks_exact(4)
        .fold(0, |bits, quarter| bits ^ quarter.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)))
}

/// One address or one CIDR block, IPv4 or IPv6.
///
/// Read from text with [`str::parse`]: `10.0.0.5`, `10.0.0.0/8`, `2001:db8::1`, `2001:db8::/32`. Bits
/// behind the prefix are ignored, so `10.1.2.3/8` is `10.0.0.0/8`. `0.0.0.0/0` is every IPv4 address;
/// `::/0` is every address of both families, since IPv4 is a block of IPv6 here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    low: [u8; 16],
    high: [u8; 16],
}

/// The text is neither an address nor a CIDR block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither an address nor a network such as 10.0.0.0/8 or 2001:db8::/32")]
pub struct NetworkError(String);

impl Network {
    /// The network of one address.
    #[must_use]
    pub fn host(address: IpAddr) -> Self {
        let key = key_of(address);
        Self { low: key, high: key }
    }

    /// Whether the address lies in the network. Text that is no address lies in none.
    #[must_use]
    pub fn contains(&self, address: &str) -> bool {
        address_key(address).is_some_and(|key| self.low <= key && key <= self.high)
    }

    /// Whether it is one address.
    pub(crate) fn is_host(&self) -> bool {
        self.low == self.high
    }

    pub(crate) fn range(&self) -> (&[u8; 16], &[u8; 16]) {
        (&self.low, &self.high)
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        parse(text.trim()).ok_or_else(|| NetworkError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Network> {
    let Some((address, prefix)) = text.split_once('/') else {
        return text.parse().ok().map(Network::host);
    };
    let address: IpAddr = address.parse().ok()?;
    // `parse` would take a sign as well.
    if !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let prefix: u32 = prefix.parse().ok()?;
    let bits = match address {
        IpAddr::V4(_) if prefix <= 32 => MAPPED_BITS + prefix,
        IpAddr::V6(_) if prefix <= 128 => prefix,
        _ => return None,
    };
    let key = u128::from_be_bytes(key_of(address));
    // Shifting by all 128 bits would overflow: a whole prefix has no host bits.
    let host_bits = u128::MAX.checked_shr(bits).unwrap_or(0);
    Some(Network { low: (key & !host_bits).to_be_bytes(), high: (key | host_bits).to_be_bytes() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(network: &str, inside: &[&str], outside: &[&str]) {
        let network: Network = network.parse().expect(network);
        for address in inside {
            assert!(network.contains(address), "{address} lies in {network:?}");
        }
        for address in outside {
            assert!(!network.contains(address), "{address} does not lie in {network:?}");
        }
    }

    #[test]
    fn a_network_holds_its_addresses_and_no_others() {
        check("10.0.0.5", &["10.0.0.5", "::ffff:10.0.0.5"], &["10.0.0.4", "10.0.0.6", "::10.0.0.5", "-", ""]);
        check("10.1.2.3/8", &["10.0.0.0", "10.255.255.255"], &["9.255.255.255", "11.0.0.0", "a00::"]);
        check("192.168.4.0/23", &["192.168.4.0", "192.168.5.255"], &["192.168.3.255", "192.168.6.0"]);
        check("0.0.0.0/0", &["0.0.0.0", "255.255.255.255"], &["::1", "2001:db8::1"]);
        check("10.0.0.5/32", &["10.0.0.5"], &["10.0.0.4"]);
        check("2001:db8::/32", &["2001:db8::", "2001:db8:ffff::1"], &["2001:db9::", "10.0.0.1"]);
        check("::/0", &["::", "ffff::", "10.0.0.1"], &["host"]);
        check("fe80::1/128", &["fe80::1"], &["fe80::2"]);
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "/",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/-1",
            "10.0.0.0/+8",
            "::/129",
            "10.0.0",
            "host/8",
            "/8",
        ] {
            let error = text.parse::<Network>().expect_err(text);
            assert!(error.to_string().contains(&format!("{text:?}")));
        }
    }
}
