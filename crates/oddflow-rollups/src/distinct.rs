//! How many different addresses there were, in little room: the hashes of the first few, and an estimate beyond.
//!
//! Up to [`EXACT`] hashes are kept as they are. Beyond, 256 registers hold the longest run of zeros among the hashes that fall into each
//! (HyperLogLog, Flajolet et al. 2007, with its correction for small counts); the standard error is 1.04 / sqrt(256) = 6.5%. Both are
//! the same in whatever order hashes come and parts are merged, to the byte, which sketches that also follow the order aren't.

use std::net::IpAddr;

use crate::varint;

/// Addresses that are counted exactly.
pub const EXACT: usize = 32;

const REGISTER_BITS: u32 = 8;
const REGISTERS: usize = 1 << REGISTER_BITS;
/// Bias of the estimate with 256 registers.
const ALPHA: f64 = 0.7213 / (1.0 + 1.079 / REGISTERS as f64);
/// What stands for registers in place of a number of hashes.
const DENSE: u8 = 0xff;

/// A set of addresses, of which little more than its size is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distinct(Kept);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kept {
    /// Sorted.
    Hashes(Vec<u32>),
    Registers(Box<[u8; REGISTERS]>),
}

/// SplitMix64's finaliser (Steele, Lea, Flood 2014): every bit of the input changes half of the output's.
#[inline]
pub(crate) fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// The hash of an address. It is the same in every database, so that sets of different models can be joined.
#[inline]
pub(crate) fn hash64(address: IpAddr) -> u64 {
    match address {
        IpAddr::V4(v4) => mix(u64::from(v4.to_bits()) ^ 0x0400_0000_0000_0000),
        IpAddr::V6(v6) => {
            let bits = v6.to_bits();
            mix(mix((bits >> 64) as u64).rotate_left(25) ^ bits as u64)
        }
    }
}

/// What is kept of it.
#[inline]
pub(crate) fn hash(address: IpAddr) -> u32 {
    (hash64(address) >> 32) as u32
}

impl Default for Distinct {
    fn default() -> Self {
        Self(Kept::Hashes(Vec::new()))
    }
}

impl Distinct {
    /// Takes an address in.
    pub fn add(&mut self, address: IpAddr) {
        self.add_hash(hash(address));
    }

    pub(crate) fn add_hash(&mut self, hash: u32) {
        match &mut self.0 {
            Kept::Registers(registers) => enter(registers, hash),
            Kept::Hashes(hashes) => {
                let Err(place) = hashes.binary_search(&hash) else { return };
                if hashes.len() < EXACT {
                    hashes.insert(place, hash);
                    return;
                }
                let mut registers = Box::new([0; REGISTERS]);
                hashes.iter().for_each(|hash| enter(&mut registers, *hash));
                enter(&mut registers, hash);
                self.0 = Kept::Registers(registers);
            }
        }
    }

    /// Takes another set in.
    pub fn merge(&mut self, other: &Self) {
        match (&mut self.0, &other.0) {
            (_, Kept::Hashes(hashes)) => hashes.iter().for_each(|hash| self.add_hash(*hash)),
            (Kept::Registers(mine), Kept::Registers(others)) => {
                mine.iter_mut().zip(&**others).for_each(|(mine, other)| *mine = (*mine).max(*other));
            }
            (Kept::Hashes(hashes), Kept::Registers(others)) => {
                let mut registers = others.clone();
                hashes.iter().for_each(|hash| enter(&mut registers, *hash));
                self.0 = Kept::Registers(registers);
            }
        }
    }

    /// How many there were: exact up to [`EXACT`].
    #[must_use]
    pub fn count(&self) -> u64 {
        let registers = match &self.0 {
            Kept::Hashes(hashes) => return hashes.len() as u64,
            Kept::Registers(registers) => registers,
        };
        let size = REGISTERS as f64;
        let sum: f64 = registers.iter().map(|rank| f64::from(-i32::from(*rank)).exp2()).sum();
        let estimate = ALPHA * size * size / sum;
        let empty = registers.iter().filter(|rank| **rank == 0).count();
        let estimate =
            if estimate <= 2.5 * size && empty > 0 { size * (size / empty as f64).ln() } else { estimate };
        (estimate.round() as u64).max(EXACT as u64 + 1)
    }

    /// Whether there was none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(&self.0, Kept::Hashes(hashes) if hashes.is_empty())
    }

    /// It as bytes: one and four an address, at most 257.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match &self.0 {
            Kept::Hashes(hashes) => {
                let mut bytes = vec![hashes.len() as u8];
                bytes.extend(hashes.iter().flat_map(|hash| hash.to_le_bytes()));
                bytes
            }
            Kept::Registers(registers) => {
                let mut bytes = vec![DENSE];
                bytes.extend_from_slice(&**registers);
                bytes
            }
        }
    }

    /// Reads what was [encoded](Self::encode); `None` where it wasn't.
    #[must_use]
    pub fn decode(mut bytes: &[u8]) -> Option<Self> {
        let length = varint::byte(&mut bytes)?;
        if length == DENSE {
            return Some(Self(Kept::Registers(Box::new(bytes.try_into().ok()?))));
        }
        let (hashes, rest) = bytes.as_chunks::<4>();
        let is_whole = rest.is_empty() && hashes.len() == usize::from(length) && hashes.len() <= EXACT;
        let hashes: Vec<u32> = hashes.iter().map(|hash| u32::from_le_bytes(*hash)).collect();
        (is_whole && hashes.is_sorted_by(|a, b| a < b)).then_some(Self(Kept::Hashes(hashes)))
    }
}

/// Enters a hash: its first bits say where, the zeros that follow how far.
fn enter(registers: &mut [u8; REGISTERS], hash: u32) {
    let place = (hash >> (u32::BITS - REGISTER_BITS)) as usize;
    let rank = ((hash << REGISTER_BITS).leading_zeros() + 1).min(u32::BITS - REGISTER_BITS + 1);
    registers[place] = registers[place].max(rank as u8);
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;

    fn address(number: u32) -> IpAddr {
        Ipv4Addr::from_bits(number).into()
    }

    fn set(numbers: impl IntoIterator<Item = u32>) -> Distinct {
        let mut set = Distinct::default();
        numbers.into_iter().for_each(|number| set.add(address(number)));
        set
    }

    #[test]
    fn few_are_counted_and_many_are_estimated() {
        for count in [0, 1, 31, 32] {
            assert_eq!(set(0..count).count(), u64::from(count));
        }
        for count in [33, 100, 300, 700, 1_000, 10_000, 1_000_000] {
            let estimate = set(0..count).count() as f64;
            let error = (estimate / f64::from(count) - 1.0).abs();
            assert!(error < 0.2, "{estimate} for {count}");
        }
    }

    #[test]
    fn what_is_no_set_is_refused() {
        for bytes in [&[][..], &[1], &[2, 1, 0, 0, 0], &[2, 1, 0, 0, 0, 1, 0, 0, 0], &[DENSE, 0], &[33]] {
            assert_eq!(Distinct::decode(bytes), None, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn cuts_and_orders_change_nothing(numbers in prop::collection::vec(0_u32..200, 0..120), cut in 0_usize..120) {
            let whole = set(numbers.iter().copied());
            let (a, b) = numbers.split_at(cut.min(numbers.len()));
            let (mut left, right) = (set(a.iter().copied()), set(b.iter().copied()));
            let mut other_way = right.clone();
            other_way.merge(&left);
            left.merge(&right);
            prop_assert_eq!(&left, &whole);
            prop_assert_eq!(&other_way, &whole);
            prop_assert_eq!(Distinct::decode(&whole.encode()), Some(whole));
        }
    }
}
