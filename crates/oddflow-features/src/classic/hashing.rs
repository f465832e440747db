//! Text as numbers: a stable hash folded into 100,000 buckets.

const FNV_OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// Number of buckets; the divisor that the recipe prescribes.
const BUCKETS: u64 = 100_000;

/// The 64-bit FNV-1a hash of some bytes.
///
/// Named and fixed, so that a model reads the same bucket on every machine and in every version.
/// Source: RFC 9923, "The FNV Non-Cryptographic Hash Algorithm", 2026.
#[must_use]
pub fn fnv1a_64(bytes: &[u8]) -> u64 {
    bytes.iter().fold(FNV_OFFSET_BASIS, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME))
}

/// The bucket of a text, `0..=99_999`; 0 where it is unset or empty.
pub(super) fn bucket(text: Option<&str>) -> f64 {
    match text {
        None | Some("") => 0.0,
        Some(text) => (fnv1a_64(text.as_bytes()) % BUCKETS) as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values from the authors' own test suite.
    #[test]
    fn published_vectors() {
        assert_eq!(fnv1a_64(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a_64(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a_64(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn unset_and_empty_are_zero() {
        assert_eq!(bucket(None), 0.0);
        assert_eq!(bucket(Some("")), 0.0);
    }

    #[test]
    fn a_bucket_is_the_hash_modulo_100000() {
        assert_eq!(bucket(Some("a")), (0xaf63_dc4c_8601_ec8c_u64 % 100_000) as f64);
        assert_eq!(bucket(Some("foobar")), (0x8594_4171_f739_67e8_u64 % 100_000) as f64);
    }
}
