//! Networks that are local because their owner says so, and those that probably are.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A network: an address and the length of its prefix in bits. A length beyond that of the address is that of the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// Any address in it.
    pub address: IpAddr,
    /// Bits that all its addresses have in common.
    pub length: u8,
}

impl Network {
    /// Whether an address lies in it.
    #[must_use]
    #[inline]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                (a.to_bits() ^ b.to_bits()).leading_zeros() >= u32::from(self.length).min(32)
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => {
                (a.to_bits() ^ b.to_bits()).leading_zeros() >= u32::from(self.length).min(128)
            }
            _ => false,
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

/// The network that a host's neighbours usually lie in: the /64 of an IPv6 address, the /24 of an IPv4 address. `None` for an
/// address that is no host's.
pub(crate) fn neighbourhood(address: IpAddr) -> Option<Network> {
    if address.is_unspecified() || address.is_loopback() || crate::address::is_group(address) {
        return None;
    }
    Some(match address {
        IpAddr::V4(v4) => Network { address: Ipv4Addr::from_bits(v4.to_bits() >> 8 << 8).into(), length: 24 },
        IpAddr::V6(v6) => {
            Network { address: Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(), length: 64 }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_their_addresses() {
        let holds = |address: &str, length, other: &str| {
            let network = Network { address: address.parse().expect("one"), length };
            network.contains(other.parse().expect("one"))
        };
        assert!(holds("10.0.0.0", 8, "10.255.0.1") && !holds("10.0.0.0", 8, "11.0.0.1"));
        assert!(holds("0.0.0.0", 0, "8.8.8.8") && !holds("0.0.0.0", 0, "::1"));
        assert!(holds("192.168.1.7", 32, "192.168.1.7") && !holds("192.168.1.7", 99, "192.168.1.6"));
        assert!(holds("fd00::", 8, "fd12::1") && holds("::", 0, "fd12::1"));
    }

    #[test]
    fn a_neighbourhood_is_a_network() {
        let of =
            |address: &str| neighbourhood(address.parse().expect("one")).map(|network| network.to_string());
        assert_eq!(of("192.0.2.77").as_deref(), Some("192.0.2.0/24"));
        assert_eq!(of("2001:db8:1:2:3:4:5:6").as_deref(), Some("2001:db8:1:2::/64"));
        assert_eq!((of("224.0.0.251"), of("::"), of("ff02::fb")), (None, None, None));
    }
}
