//! What kind of address an address is.

use std::net::IpAddr;

/// Where an address may be used, by the registries of special-purpose addresses (RFC 6890 and its successors).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressClass {
    /// Multicast, or broadcast by its last byte.
    Multicast,
    /// Link-local, loopback or unspecified.
    Link,
    /// Private, shared by documentation or reserved: not routed on the Internet.
    Private,
    /// Everything else.
    Global,
}

impl AddressClass {
    /// The class of an address. An IPv4 address that ends in 255 counts as broadcast: the network's mask isn't known.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => {
                let [a, b, c, d] = v4.octets();
                if v4.is_multicast() || d == 255 {
                    Self::Multicast
                } else if v4.is_link_local() || v4.is_loopback() || v4.is_unspecified() {
                    Self::Link
                } else if v4.is_private()
                    || a == 0
                    || a >= 240
                    || (a, b, c) == (192, 0, 0)
                    || v4.is_documentation()
                    || (a == 198 && b & 0xfe == 18)
                {
                    Self::Private
                } else {
                    Self::Global
                }
            }
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                if v6.is_multicast() {
                    Self::Multicast
                } else if v6.is_unicast_link_local() || v6.is_loopback() || v6.is_unspecified() {
                    Self::Link
                } else if v6.is_unique_local()
                    || v6.to_ipv4_mapped().is_some()
                    || (a == 0x2001 && b == 0xdb8)
                    || (a == 0x2001 && b < 0x200)
                    || (a == 0x100 && b == 0 && c == 0 && d == 0)
                    || (a == 0x64 && b == 0xff9b && c == 1)
                {
                    Self::Private
                } else {
                    Self::Global
                }
            }
        }
    }

    /// Whether an address of this class is taken for local where neither Zeek nor the user says.
    #[must_use]
    pub fn is_presumed_local(self) -> bool {
        matches!(self, Self::Link | Self::Private)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_by_example() {
        use AddressClass::{Global, Link, Multicast, Private};
        for (address, class) in [
            ("224.0.0.251", Multicast),
            ("10.1.2.255", Multicast),
            ("255.255.255.255", Multicast),
            ("ff02::fb", Multicast),
            ("169.254.1.1", Link),
            ("127.0.0.1", Link),
            ("0.0.0.0", Link),
            ("fe80::1", Link),
            ("::", Link),
            ("10.0.0.1", Private),
            ("172.31.0.1", Private),
            ("192.168.7.7", Private),
            ("198.19.0.1", Private),
            ("203.0.113.9", Private),
            ("fd00::1", Private),
            ("2001:db8::1", Private),
            ("8.8.8.8", Global),
            ("100.64.0.1", Global),
            ("172.32.0.1", Global),
            ("2606:4700::1111", Global),
        ] {
            assert_eq!(AddressClass::of(address.parse().unwrap()), class, "{address}");
        }
    }
}
