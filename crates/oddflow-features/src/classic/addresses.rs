//! Addresses as numbers: the integer that an address is, folded by a remainder.

use std::net::IpAddr;

/// Divisor of an IPv4 address taken as a 32-bit integer.
const IPV4_MODULUS: u32 = 65_535;
/// Divisor of an IPv6 address taken as a 128-bit integer; 2^32 - 1.
const IPV6_MODULUS: u64 = 4_294_967_295;

/// IPv4: the integer modulo 65,535. IPv6: the integer modulo 4,294,967,295.
///
/// An IPv4 address mapped into IPv6 counts as IPv6, as it is written.
pub(super) fn folded(address: IpAddr) -> f64 {
    match address {
        IpAddr::V4(address) => f64::from(address.to_bits() % IPV4_MODULUS),
        IpAddr::V6(address) => {
            // 2^32 leaves remainder 1, so the four 32-bit digits may simply be added: no 128-bit division.
            let bits = address.to_bits();
            let digits = (0..4).map(|digit| u64::from((bits >> (32 * digit)) as u32)).sum::<u64>();
            (digits % IPV6_MODULUS) as f64
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(address: &str, expected: f64) {
        assert_eq!(folded(address.parse().unwrap()), expected, "{address}");
    }

    #[test]
    fn ipv4_is_its_integer_modulo_65535() {
        check("0.0.0.0", 0.0);
        check("0.0.255.255", 0.0);
        check("0.1.0.0", 1.0);
        check("10.0.0.5", 2565.0);
        check("192.168.1.126", 49_702.0);
        check("255.255.255.255", 0.0);
    }

    #[test]
    fn ipv6_is_its_integer_modulo_4294967295() {
        check("::", 0.0);
        check("::1", 1.0);
        check("::ffff:ffff", 0.0);
        check("::1:0:0", 1.0);
        check("fe80::1", f64::from(0xfe80_0001_u32));
        check("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 0.0);
        check("::ffff:1.2.3.4", f64::from(0x0102_0304_u32 + 0xffff));
    }

    proptest! {
        #[test]
        fn adding_digits_equals_the_long_division(bits: u128) {
            let address = IpAddr::V6(std::net::Ipv6Addr::from_bits(bits));
            prop_assert_eq!(folded(address), (bits % u128::from(IPV6_MODULUS)) as f64);
        }
    }
}
