//! Whole numbers in as few bytes as they need: seven bits a byte, the lowest first, the eighth bit set where more follow (LEB128).

/// Appends a number.
#[inline]
pub(crate) fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Takes the next number off the front; `None` where there is none.
#[inline]
pub(crate) fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = byte(bytes)?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// Takes the next numbers off the front unseen; `None` where there are fewer.
#[inline]
pub(crate) fn skip(bytes: &mut &[u8], numbers: u64) -> Option<()> {
    for _ in 0..numbers {
        while byte(bytes)? >= 0x80 {}
    }
    Some(())
}

/// Takes the next byte.
#[inline]
pub(crate) fn byte(bytes: &mut &[u8]) -> Option<u8> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut bytes = Vec::new();
            put(&mut bytes, value);
            let mut rest = &*bytes;
            assert_eq!(take(&mut rest), Some(value));
            assert!(rest.is_empty());
            let mut rest = &*bytes;
            assert_eq!((skip(&mut rest, 1), rest), (Some(()), &[][..]));
            assert_eq!(take(&mut &bytes[..bytes.len() - 1]), None, "cut");
        }
        assert_eq!(take(&mut &[0xff; 12][..]), None, "too long");
    }
}
