//! Keyed hashes that stay the same on every machine and in every version, as states are kept in files.
//!
//! Keys of maps are 64-bit hashes instead of addresses and names: short, quick to compare, and a state tells nobody's
//! address. With ten million keys in a map the chance that any two meet is 3 in a million.

use std::hash::{BuildHasherDefault, Hasher};
use std::net::IpAddr;

/// SplitMix64's finaliser (Steele, Lea, Flood 2014): every bit of the input changes half of the output's.
#[inline]
pub(crate) fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A hash of two, which matters which way round.
#[inline]
pub(crate) fn join(a: u64, b: u64) -> u64 {
    mix(a.rotate_left(25) ^ b.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// A hash of an address.
#[inline]
pub(crate) fn address(seed: u64, address: IpAddr) -> u64 {
    match address {
        IpAddr::V4(v4) => mix(seed ^ u64::from(v4.to_bits()) ^ 0x0400_0000_0000_0000),
        IpAddr::V6(v6) => {
            let bits = v6.to_bits();
            join(mix(seed ^ (bits >> 64) as u64), bits as u64)
        }
    }
}

/// A hash of text.
#[inline]
pub(crate) fn text(seed: u64, text: &str) -> u64 {
    let mut hash = seed ^ (text.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    for word in words {
        hash = mix(hash ^ u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(hash ^ u64::from_le_bytes(last))
}

/// A hash of a set of names joined by commas: the same in whatever order they stand.
#[inline]
pub(crate) fn set(seed: u64, names: &str) -> u64 {
    names.split(',').fold(seed, |sum, name| sum.wrapping_add(text(seed, name)))
}

/// Passes on a key that is a hash already.
#[derive(Clone, Default)]
pub(crate) struct Keyed(u64);

pub(crate) type BuildKeyed = BuildHasherDefault<Keyed>;

impl Hasher for Keyed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("keys are u64");
    }

    #[inline]
    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_what_files_hold() {
        // Changing any of these makes every kept state worthless.
        assert_eq!(mix(1), 0x5692_161d_100b_05e5);
        assert_eq!(join(1, 2), join(1, 2));
        assert_ne!(join(1, 2), join(2, 1));
        assert_ne!(address(0, "::1".parse().unwrap()), address(0, "0.0.0.1".parse().unwrap()));
        assert_ne!(address(0, "10.0.0.1".parse().unwrap()), address(1, "10.0.0.1".parse().unwrap()));
        assert_ne!(text(0, "a"), text(0, "a\0"));
    }

    #[test]
    fn a_set_has_no_order() {
        assert_eq!(set(7, "ssl,http"), set(7, "http,ssl"));
        assert_ne!(set(7, "ssl,http"), set(7, "ssl"));
        assert_ne!(set(7, "http"), set(8, "http"));
    }
}
