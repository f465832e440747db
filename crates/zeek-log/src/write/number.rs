//! Decimal digits of numbers and addresses, without the machinery of `format!`.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The two digits of every number below 100, one after the other.
const PAIRS: [u8; 200] = {
    let mut pairs = [0; 200];
    let mut i = 0;
    while i < 100 {
        pairs[2 * i] = b'0' + (i / 10) as u8;
        pairs[2 * i + 1] = b'0' + (i % 10) as u8;
        i += 1;
    }
    pairs
};

pub(super) fn unsigned(out: &mut Vec<u8>, mut value: u64) {
    if value < 10 {
        out.push(b'0' + value as u8);
        return;
    }
    let mut digits = [0; 20];
    let mut at = digits.len();
    while value >= 100 {
        let pair = (value % 100) as usize * 2;
        value /= 100;
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
    }
    if value >= 10 {
        let pair = value as usize * 2;
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
    } else {
        at -= 1;
        digits[at] = b'0' + value as u8;
    }
    out.extend_from_slice(&digits[at..]);
}

pub(super) fn signed(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    unsigned(out, value.unsigned_abs());
}

/// Six decimals, rounded exactly: half to even on the true binary value, as `{:.6}` and C's `%.6f` do.
///
/// A finite value is m * 2^e with m below 2^53. Where e is negative and the value small enough, m * 10^6 fits 73
/// bits, and the bits that the shift by e drops decide the rounding. Anything else takes the slow path.
pub(super) fn six_decimals(out: &mut Vec<u8>, value: f64) {
    const MILLION: u64 = 1_000_000;
    let bits = value.to_bits();
    let exponent = (bits >> 52) as i32 & 0x7ff;
    let shift = 1075 - exponent;
    if exponent == 0 || !(1..=100).contains(&shift) {
        if value == 0.0 {
            out.extend_from_slice(if value.is_sign_negative() { b"-0.000000" } else { b"0.000000" });
        } else {
            write!(out, "{value:.6}").expect("a Vec takes any bytes");
        }
        return;
    }
    let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
    let scaled = u128::from(mantissa) * u128::from(MILLION);
    let (half, dropped) = (1u128 << (shift - 1), scaled & ((1u128 << shift) - 1));
    // Below 2^72: the mantissa's 53 bits and the million's 20, less a shift of one or more.
    let mut micros = scaled >> shift;
    if dropped > half || dropped == half && micros & 1 == 1 {
        micros += 1;
    }
    if value < 0.0 {
        out.push(b'-');
    }
    let (whole, part) = match u64::try_from(micros) {
        Ok(micros) => (micros / MILLION, micros % MILLION),
        Err(_) => ((micros / u128::from(MILLION)) as u64, (micros % u128::from(MILLION)) as u64),
    };
    unsigned(out, whole);
    let (a, b, c) = (part as usize / 10_000 * 2, part as usize / 100 % 100 * 2, part as usize % 100 * 2);
    out.extend_from_slice(&[b'.', PAIRS[a], PAIRS[a + 1], PAIRS[b], PAIRS[b + 1], PAIRS[c], PAIRS[c + 1]]);
}

/// The shortest digits that read back to the same value, with an exponent where there would be many zeros.
pub(super) fn shortest(out: &mut Vec<u8>, value: f64) {
    let size = value.abs();
    let written = if size != 0.0 && !(1e-5..1e16).contains(&size) {
        write!(out, "{value:e}")
    } else {
        write!(out, "{value}")
    };
    written.expect("a Vec takes any bytes");
}

pub(super) fn address(out: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(address) => v4(out, address),
        IpAddr::V6(address) => v6(out, address),
    }
}

fn v4(out: &mut Vec<u8>, address: Ipv4Addr) {
    for (i, octet) in address.octets().into_iter().enumerate() {
        if i > 0 {
            out.push(b'.');
        }
        unsigned(out, u64::from(octet));
    }
}

/// RFC 5952: lower case, no leading zeros, `::` for the first of the longest runs of two zero groups or more.
fn v6(out: &mut Vec<u8>, address: Ipv6Addr) {
    if let Some(mapped) = address.to_ipv4_mapped() {
        out.extend_from_slice(b"::ffff:");
        return v4(out, mapped);
    }
    let groups = address.segments();
    let (mut start, mut length) = (8, 1);
    let mut i = 0;
    while i < 8 {
        let run = groups[i..].iter().take_while(|&&group| group == 0).count();
        if run > length {
            (start, length) = (i, run);
        }
        i += run.max(1);
    }
    let mut i = 0;
    while i < 8 {
        if i == start {
            out.extend_from_slice(b"::");
            i += length;
            continue;
        }
        if i > 0 && !(start < 8 && i == start + length) {
            out.push(b':');
        }
        hex_group(out, groups[i]);
        i += 1;
    }
}

fn hex_group(out: &mut Vec<u8>, group: u16) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = (4 - group.leading_zeros() / 4).max(1);
    for i in (0..digits).rev() {
        out.push(DIGITS[usize::from(group >> (4 * i)) & 15]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn integers_are_those_of_std(value: u64, small in 0u64..100_000, signed_value: i64) {
            prop_assert_eq!(written(|out| unsigned(out, value)), value.to_string());
            prop_assert_eq!(written(|out| unsigned(out, small)), small.to_string());
            prop_assert_eq!(written(|out| signed(out, signed_value)), signed_value.to_string());
        }

        #[test]
        fn six_decimals_are_those_of_std(value in any::<f64>(), time in 0f64..4e9, short in -100f64..100.0,
                                         big in 0f64..1e17, eighths in 0u64..10_000_000) {
            // Eighths of a microsecond that are a binary fraction: ties, to round to even.
            let tie = eighths as f64 / 128.0;
            for value in [value, time, short, big, tie, -tie].into_iter().filter(|value| value.is_finite()) {
                prop_assert_eq!(written(|out| six_decimals(out, value)), format!("{value:.6}"));
            }
        }

        #[test]
        fn shortest_reads_back(value in any::<f64>(), plain in -1e6f64..1e6) {
            for value in [value, plain].into_iter().filter(|value| value.is_finite()) {
                prop_assert_eq!(written(|out| shortest(out, value)).parse::<f64>().unwrap(), value);
            }
        }

        #[test]
        fn addresses_are_those_of_std(v4: u32, v6: u128, mask: u8) {
            // Random groups set to zero, so that runs of every length and place occur.
            let groups = Ipv6Addr::from(v6).segments();
            let sparse = std::array::from_fn::<u16, 8, _>(|i| if mask >> i & 1 == 1 { groups[i] } else { 0 });
            let mapped = Ipv4Addr::from(v4).to_ipv6_mapped();
            for ip in [IpAddr::from(Ipv4Addr::from(v4)), IpAddr::from(groups), IpAddr::from(sparse), mapped.into()] {
                let text = written(|out| address(out, ip));
                prop_assert_eq!(text.parse::<IpAddr>().unwrap(), ip);
                // std writes the deprecated IPv4-compatible form `::a.b.c.d` in hex, as we do.
                prop_assert_eq!(text, ip.to_string());
            }
        }
    }
}
