//! The positions of separators and line ends in a block of text, 64 bytes at a step.

/// Iterates over the positions of `separator` and of `\n`, ascending.
pub(crate) struct Delimiters<'a> {
    bytes: &'a [u8],
    /// Start of the 64 bytes that `mask` stands for.
    base: usize,
    /// A bit for each delimiter of the current 64 bytes that was not given yet.
    mask: u64,
    separator: u8,
}

impl<'a> Delimiters<'a> {
    pub(crate) fn new(bytes: &'a [u8], start: usize, separator: u8) -> Self {
        let mut delimiters = Self { bytes, base: start, mask: 0, separator };
        delimiters.mask = delimiters.mask_at(start);
        delimiters
    }

    #[inline]
    fn mask_at(&self, base: usize) -> u64 {
        let rest = &self.bytes[base.min(self.bytes.len())..];
        match rest.first_chunk::<64>() {
            Some(block) => delimiter_mask(block, self.separator),
            None => {
                let mut block = [0u8; 64];
                block[..rest.len()].copy_from_slice(rest);
                // A zero byte may itself be the separator; only the bytes that are there count.
                delimiter_mask(&block, self.separator) & ((1u64 << rest.len()) - 1)
            }
        }
    }
}

impl Iterator for Delimiters<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.mask == 0 {
            self.base += 64;
            if self.base >= self.bytes.len() {
                return None;
            }
            self.mask = self.mask_at(self.base);
        }
        let position = self.base + self.mask.trailing_zeros() as usize;
        self.mask &= self.mask - 1;
        Some(position)
    }
}

/// A bit for each of the 64 bytes that is `separator` or `\n`.
#[cfg(target_arch = "x86_64")]
#[inline]
#[allow(unsafe_code, reason = "the intrinsics need a processor with SSE2")]
fn delimiter_mask(block: &[u8; 64], separator: u8) -> u64 {
    // SAFETY: SSE2 belongs to every x86-64 processor.
    unsafe { sse2_delimiter_mask(block, separator) }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "sse2")]
fn sse2_delimiter_mask(block: &[u8; 64], separator: u8) -> u64 {
    use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8};
    let separator = _mm_set1_epi8(separator.cast_signed());
    let newline = _mm_set1_epi8(b'\n'.cast_signed());
    let mut mask = 0u64;
    for (i, lane) in block.as_chunks::<16>().0.iter().enumerate() {
        let lane = u128::from_le_bytes(*lane);
        let bytes = _mm_set_epi64x((lane >> 64) as i64, lane as i64);
        let found = _mm_or_si128(_mm_cmpeq_epi8(bytes, separator), _mm_cmpeq_epi8(bytes, newline));
        mask |= u64::from(_mm_movemask_epi8(found) as u32) << (16 * i);
    }
    mask
}

/// A bit for each of the 64 bytes that is `separator` or `\n`.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
fn delimiter_mask(block: &[u8; 64], separator: u8) -> u64 {
    let mut mask = 0u64;
    for (i, &byte) in block.iter().enumerate() {
        mask |= u64::from(byte == separator || byte == b'\n') << i;
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_what_a_plain_loop_finds(bytes: Vec<u8>, separator: u8, start in 0usize..80) {
            let expected: Vec<_> = (start..bytes.len()).filter(|&i| bytes[i] == separator || bytes[i] == b'\n').collect();
            prop_assert_eq!(Delimiters::new(&bytes, start, separator).collect::<Vec<_>>(), expected);
        }
    }
}
