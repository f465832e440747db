//! Networks, and sets of them.
//!
//! An IPv4 address that is mapped into IPv6 (`::ffff:10.0.0.1`) is the IPv4 address, in filters and in records. Otherwise the
//! families are apart: `::/0` holds every IPv6 address and no IPv4 address.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::ranges::Ranges;

/// A network, or a single address as the network of all its bits. Bits beyond the prefix are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Network {
    address: IpAddr,
    prefix: u8,
}

/// Why a text is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoNetwork {
    /// It doesn't look like one.
    Other,
    /// An address with a prefix that is no number, or longer than the address, which has this many bits.
    Prefix(u8),
    /// The address has bits beyond the prefix; this is the network that holds it.
    HostBits(Network),
}

impl Network {
    /// A single address.
    pub(crate) fn host(address: IpAddr) -> Self {
        let address = address.to_canonical();
        Self { address, prefix: bits(address) }
    }

    /// Reads `10.0.0.5`, `10.0.0.0/8`, `2001:db8::1` and `2001:db8::/32`.
    pub(crate) fn parse(text: &str) -> Result<Self, NoNetwork> {
        let Some((address, prefix)) = text.split_once('/') else {
            return text.parse().map(Self::host).map_err(|_| NoNetwork::Other);
        };
        let address: IpAddr = address.parse().map_err(|_| NoNetwork::Other)?;
        let longest = bits(address);
        let digits = prefix.len() <= 3 && prefix.bytes().all(|byte| byte.is_ascii_digit());
        let prefix = prefix.parse().ok().filter(|&prefix| digits && prefix <= longest);
        let prefix = prefix.ok_or(NoNetwork::Prefix(longest))?;
        let network = Self { address: masked(address, prefix), prefix };
        if network.address == address { Ok(network.unmapped()) } else { Err(NoNetwork::HostBits(network)) }
    }

    /// Mapped IPv4 networks as what they are.
    fn unmapped(self) -> Self {
        match (self.address, self.address.to_canonical()) {
            (IpAddr::V6(_), address @ IpAddr::V4(_)) if self.prefix >= 96 => {
                Self { address, prefix: self.prefix - 96 }
            }
            _ => self,
        }
    }

    /// Whether it holds more than one address.
    pub(crate) fn is_wide(self) -> bool {
        self.prefix < bits(self.address)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.address)?;
        if self.is_wide() { write!(f, "/{}", self.prefix) } else { Ok(()) }
    }
}

fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// An address without the bits beyond a prefix, which is at most as long as the address.
fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & !rest_v4(prefix))),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !rest_v6(prefix))),
    }
}

/// The bits beyond a prefix.
fn rest_v4(prefix: u8) -> u32 {
    u32::MAX.checked_shr(prefix.into()).unwrap_or(0)
}

fn rest_v6(prefix: u8) -> u128 {
    u128::MAX.checked_shr(prefix.into()).unwrap_or(0)
}

/// Networks, made for asking whether they hold an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AddressSet {
    /// In order, each once, as they are shown.
    networks: Box<[Network]>,
    v4: Ranges<u32>,
    v6: Ranges<u128>,
}

impl AddressSet {
    pub(crate) fn new(mut networks: Vec<Network>) -> Self {
        networks.sort_unstable();
        networks.dedup();
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for network in &networks {
            match network.address {
                IpAddr::V4(first) => v4.push((first.to_bits(), first.to_bits() | rest_v4(network.prefix))),
                IpAddr::V6(first) => v6.push((first.to_bits(), first.to_bits() | rest_v6(network.prefix))),
            }
        }
        Self { networks: networks.into(), v4: Ranges::new(v4), v6: Ranges::new(v6) }
    }

    /// Whether one of the networks holds an address.
    #[inline]
    pub(crate) fn holds(&self, address: IpAddr) -> bool {
        match address.to_canonical() {
            IpAddr::V4(v4) => self.v4.hold(v4.to_bits()),
            IpAddr::V6(v6) => self.v6.hold(v6.to_bits()),
        }
    }

    pub(crate) fn networks(&self) -> &[Network] {
        &self.networks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        Network::parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"))
    }

    #[test]
    fn networks_are_read_and_shown() {
        for (text, shown) in [
            ("10.0.0.5", "10.0.0.5"),
            ("10.0.0.5/32", "10.0.0.5"),
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("::/0", "::/0"),
            ("2001:DB8::/32", "2001:db8::/32"),
            ("fe80::1/128", "fe80::1"),
            ("::ffff:10.0.0.5", "10.0.0.5"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:0.0.0.0/96", "0.0.0.0/0"),
        ] {
            assert_eq!(network(text).to_string(), shown, "{text}");
        }
    }

    #[test]
    fn what_is_no_network() {
        for text in [
            "",
            "10",
            "10/8",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "::/129",
            "10.0.0.0/8/8",
            "a.b.c.d",
            "fe80::1%1",
        ] {
            assert!(Network::parse(text).is_err(), "{text}");
        }
        assert_eq!(Network::parse("10.1.2.3/8"), Err(NoNetwork::HostBits(network("10.0.0.0/8"))));
        assert_eq!(Network::parse("10.1.2.3/64"), Err(NoNetwork::Prefix(32)));
    }

    #[test]
    fn a_set_holds_what_its_networks_hold() {
        let set = AddressSet::new(
            ["10.0.0.0/8", "10.1.0.0/16", "192.0.2.7", "2001:db8::/32", "::1"].map(network).to_vec(),
        );
        for (address, held) in [
            ("10.0.0.0", true),
            ("10.255.255.255", true),
            ("11.0.0.0", false),
            ("9.255.255.255", false),
            ("::ffff:10.3.4.5", true),
            ("192.0.2.7", true),
            ("192.0.2.8", false),
            ("2001:db8:ffff::1", true),
            ("2001:db9::", false),
            ("::1", true),
            ("::2", false),
        ] {
            assert_eq!(set.holds(address.parse().unwrap()), held, "{address}");
        }
    }

    #[test]
    fn the_families_are_apart() {
        let (v4, v6) = (AddressSet::new(vec![network("0.0.0.0/0")]), AddressSet::new(vec![network("::/0")]));
        for (address, is_v4) in [("10.0.0.1", true), ("::ffff:10.0.0.1", true), ("::1", false)] {
            let address = address.parse().unwrap();
            assert_eq!((v4.holds(address), v6.holds(address)), (is_v4, !is_v4));
        }
    }
}
