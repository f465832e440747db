//! Numbers, times, addresses and truth values from text, in the notations that Zeek writes, as TSV and as JSON. Nothing else is taken:
//! `nan`, `inf`, a `+` and blanks are none. Nothing here allocates.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Largest integer below which every integer is an `f64`.
const EXACT: u64 = 1 << 53;

/// Powers of ten that are exact in an `f64`.
const TENS: [f64; 19] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18];

/// Above this a number is a time in milliseconds: as seconds it would lie after the year 5138.
const FIRST_MILLISECONDS: f64 = 1e11;

/// A whole number without a sign. JSON writers may append `.0`, which is taken too.
#[inline]
#[must_use]
pub fn count(bytes: &[u8]) -> Option<u64> {
    if bytes.is_empty() || bytes.len() > 19 {
        return long_count(bytes);
    }
    let mut value = 0u64;
    for &byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return whole(bytes);
        }
        value = value * 10 + u64::from(digit);
    }
    Some(value)
}

#[cold]
fn long_count(bytes: &[u8]) -> Option<u64> {
    if bytes.iter().all(u8::is_ascii_digit) { str::from_utf8(bytes).ok()?.parse().ok() } else { whole(bytes) }
}

/// The rare notations of a whole number: `12.0`, `1e3`.
#[cold]
fn whole(bytes: &[u8]) -> Option<u64> {
    let value = real(bytes)?;
    (value.fract() == 0.0 && (0.0..EXACT as f64).contains(&value)).then_some(value as u64)
}

/// A whole number with a sign, also as `-3.0`.
#[must_use]
pub fn integer(bytes: &[u8]) -> Option<i64> {
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) {
        return str::from_utf8(bytes).ok()?.parse().ok();
    }
    let value = real(bytes)?;
    (value.fract() == 0.0 && value.abs() < EXACT as f64).then_some(value as i64)
}

/// `T` and `F`. The reader gives JSON's truth values so too.
#[inline]
#[must_use]
pub fn truth(bytes: &[u8]) -> Option<bool> {
    match bytes {
        b"T" => Some(true),
        b"F" => Some(false),
        _ => None,
    }
}

/// A port: a whole number below 65536.
#[inline]
#[must_use]
pub fn port(bytes: &[u8]) -> Option<u16> {
    count(bytes).and_then(|value| u16::try_from(value).ok())
}

/// A finite decimal number, rounded to the nearest `f64` as the standard library does.
///
/// Up to 2^53 without the point, and up to 18 decimals, the quotient of two exact numbers is the correctly rounded
/// result (Clinger, "How to read floating point numbers accurately", 1990); all else goes to the standard library.
#[must_use]
pub fn real(bytes: &[u8]) -> Option<f64> {
    let (negative, digits) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, bytes),
    };
    if digits.len() > 19 || !digits.first().is_some_and(u8::is_ascii_digit) {
        return slow_real(bytes);
    }
    let mut mantissa = 0u64;
    let mut decimals = None;
    for (i, &byte) in digits.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
        } else if byte == b'.' && decimals.is_none() {
            decimals = Some(digits.len() - i - 1);
        } else {
            return slow_real(bytes);
        }
    }
    let decimals = decimals.unwrap_or(0);
    if mantissa > EXACT {
        return slow_real(bytes);
    }
    let value = mantissa as f64 / TENS[decimals];
    Some(if negative { -value } else { value })
}

#[cold]
fn slow_real(bytes: &[u8]) -> Option<f64> {
    // The standard library also takes `nan`, `inf`, a `+` and a lone point on either side.
    let plain = bytes.iter().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E'));
    let starts = bytes.strip_prefix(b"-").unwrap_or(bytes).first().is_some_and(u8::is_ascii_digit);
    if !plain || !starts {
        return None;
    }
    str::from_utf8(bytes).ok()?.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// The seconds at which the year 10000 begins, and those of the year 0: what lies outside is no time of a connection.
const TIMES: std::ops::Range<f64> = -62_167_219_200.0..253_402_300_800.0;

/// A time as seconds since the Unix epoch, from seconds, milliseconds or ISO 8601 (UTC where it names no zone).
#[inline]
#[must_use]
pub fn time(bytes: &[u8]) -> Option<f64> {
    if let Some(value) = epoch_seconds(bytes) {
        return Some(value);
    }
    let time = match real(bytes) {
        Some(value) if value.abs() >= FIRST_MILLISECONDS => Some(value / 1000.0),
        Some(value) => Some(value),
        None => iso_time(bytes),
    };
    time.filter(|time| TIMES.contains(time))
}

/// A time as Zeek has written it since 2001 and will until 2286, ten digits and six decimals: as [`real`] reads it,
/// faster. `None` for any other.
#[inline]
fn epoch_seconds(bytes: &[u8]) -> Option<f64> {
    let bytes: &[u8; 17] = bytes.try_into().ok()?;
    if bytes[10] != b'.' {
        return None;
    }
    let [a, b, c, d, e, f, g, h, i, j, _, k, l, m, n, o, p] = *bytes;
    let (high, low) = (eight_digits([a, b, c, d, e, f, g, h])?, eight_digits([i, j, k, l, m, n, o, p])?);
    let micros = high * 100_000_000 + low;
    (micros <= EXACT).then(|| micros as f64 / 1e6)
}

/// The number of eight decimal digits, two, four and eight at a step.
#[inline]
fn eight_digits(digits: [u8; 8]) -> Option<u64> {
    let word = u64::from_le_bytes(digits);
    // A digit has 3 in its high half, and has it still when 6 is added.
    let high = word & 0xf0f0_f0f0_f0f0_f0f0;
    let high_after = word.wrapping_add(0x0606_0606_0606_0606) & 0xf0f0_f0f0_f0f0_f0f0;
    if (high | high_after >> 4) != 0x3333_3333_3333_3333 {
        return None;
    }
    let ones = word & 0x0f0f_0f0f_0f0f_0f0f;
    let pairs = (ones * 10 + (ones >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    Some((fours * 10_000 + (fours >> 32)) & 0xffff_ffff)
}

#[cold]
fn iso_time(bytes: &[u8]) -> Option<f64> {
    let text = str::from_utf8(bytes).ok()?;
    if !bytes.first()?.is_ascii_digit() {
        return None;
    }
    let timestamp = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let civil = text.parse::<jiff::civil::DateTime>().ok()?;
        Some(jiff::tz::TimeZone::UTC.to_ambiguous_zoned(civil).compatible().ok()?.timestamp())
    })?;
    // Microseconds are exact in an f64 until the year 2255; Zeek writes no finer.
    Some(timestamp.as_microsecond() as f64 / 1e6)
}

/// An IPv4 or IPv6 address.
#[inline]
#[must_use]
pub fn address(bytes: &[u8]) -> Option<IpAddr> {
    match ipv4(bytes) {
        Some(address) => Some(IpAddr::V4(address)),
        None => ipv6(bytes).map(IpAddr::V6),
    }
}

/// Four decimal numbers below 256 without leading zeros.
fn ipv4(bytes: &[u8]) -> Option<Ipv4Addr> {
    if bytes.len() < 7 || bytes.len() > 15 {
        return None;
    }
    let mut octets = [0u8; 4];
    let mut octet = 0;
    let mut value = 0u32;
    let mut digits = 0;
    for &byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            if digits > 0 && value == 0 {
                return None;
            }
            value = value * 10 + u32::from(digit);
            digits += 1;
            if value > 255 {
                return None;
            }
        } else if byte == b'.' && digits > 0 && octet < 3 {
            octets[octet] = value as u8;
            octet += 1;
            value = 0;
            digits = 0;
        } else {
            return None;
        }
    }
    if octet != 3 || digits == 0 {
        return None;
    }
    octets[3] = value as u8;
    Some(Ipv4Addr::from(octets))
}

/// Eight groups of up to four hexadecimal digits, a run of zero groups shortened to `::` (RFC 4291, 2.2).
fn ipv6(bytes: &[u8]) -> Option<Ipv6Addr> {
    let mut groups = [0u16; 8];
    let mut count = 0;
    let mut group = 0u32;
    let mut digits = 0;
    // How many groups stand before the `::`.
    let mut before_gap = None;
    for (at, &byte) in bytes.iter().enumerate() {
        let digit = HEX[usize::from(byte)];
        if digit < NO_DIGIT {
            group = group << 4 | u32::from(digit);
            digits += 1;
        } else if byte != b':' {
            // An IPv4 address may stand for the last two groups.
            return if byte == b'.' { str::from_utf8(bytes).ok()?.parse().ok() } else { None };
        } else if digits > 0 {
            *groups.get_mut(count).filter(|_| digits <= 4)? = group as u16;
            (count, group, digits) = (count + 1, 0, 0);
        } else if at > 0 {
            if before_gap.is_some() {
                return None;
            }
            before_gap = Some(count);
        } else if bytes.get(1) != Some(&b':') {
            return None;
        }
    }
    if digits > 0 {
        *groups.get_mut(count).filter(|_| digits <= 4)? = group as u16;
        count += 1;
    } else if !bytes.ends_with(b"::") {
        return None;
    }
    match before_gap {
        None => (count == 8).then(|| Ipv6Addr::from(groups)),
        // It stands for one group or more.
        Some(_) if count == 8 => None,
        Some(before) => {
            groups.copy_within(before..count, before + 8 - count);
            groups[before..before + 8 - count].fill(0);
            Some(Ipv6Addr::from(groups))
        }
    }
}

/// The value of each hexadecimal digit, and [`NO_DIGIT`] for every other byte.
const HEX: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut digit = 0;
    while digit < 16 {
        values[b"0123456789abcdef"[digit] as usize] = digit as u8;
        values[b"0123456789ABCDEF"[digit] as usize] = digit as u8;
        digit += 1;
    }
    values
};
const NO_DIGIT: u8 = 16;

#[inline]
fn hex_digit(byte: u8) -> Option<u8> {
    Some(HEX[usize::from(byte)]).filter(|&digit| digit < NO_DIGIT)
}

/// Text with Zeek's `\xNN` escapes resolved; `None` where the result is not UTF-8. Other backslashes stay as they are.
pub(crate) fn unescape(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('\\') {
        return Some(Cow::Borrowed(text));
    }
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let escaped = match bytes[i..] {
            [b'\\', b'x', high, low, ..] => hex_byte(high, low),
            _ => None,
        };
        match escaped {
            Some(byte) => {
                plain.push(byte);
                i += 4;
            }
            None => {
                // Zeek's writer doubles a literal backslash.
                let doubled = bytes[i] == b'\\' && bytes.get(i + 1) == Some(&b'\\');
                plain.push(bytes[i]);
                i += if doubled { 2 } else { 1 };
            }
        }
    }
    String::from_utf8(plain).ok().map(Cow::Owned)
}

/// The byte of two hexadecimal digits.
pub(crate) fn hex_byte(high: u8, low: u8) -> Option<u8> {
    Some(hex_digit(high)? << 4 | hex_digit(low)?)
}

/// The text of an element of a TSV set or vector.
pub(crate) fn element<'a>(raw: &'a str, empty: &str) -> Cow<'a, str> {
    if raw == empty { Cow::Borrowed("") } else { unescape(raw).unwrap_or(Cow::Borrowed(raw)) }
}

/// Appends an element to the text of a whole set: elements joined by commas, with `\x2c` for a comma and `\x5c` for a
/// backslash within one.
pub(crate) fn push_element(set: &mut String, element: &str, first: bool) {
    if !first {
        set.push(',');
    }
    for part in element.split_inclusive([',', '\\']) {
        match part.as_bytes().last() {
            Some(b',') => set.extend([&part[..part.len() - 1], "\\x2c"]),
            Some(b'\\') => set.extend([&part[..part.len() - 1], "\\x5c"]),
            _ => set.push_str(part),
        }
    }
}

/// The text of a whole set or vector in TSV; `None` where it is what the log has.
#[inline]
pub(crate) fn set_text(raw: &str, separator: u8, empty: &str) -> Option<String> {
    let has_empty = raw.len() > empty.len() && raw.contains(empty);
    (separator != b',' || has_empty || raw.contains('\\')).then(|| joined(raw, separator, empty))
}

#[cold]
fn joined(raw: &str, separator: u8, empty: &str) -> String {
    let mut set = String::with_capacity(raw.len());
    for (i, raw) in raw.split(char::from(separator)).enumerate() {
        push_element(&mut set, &element(raw, empty), i == 0);
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn time(text: &str) -> Option<f64> {
        super::time(text.as_bytes())
    }

    fn real(text: &str) -> Option<f64> {
        super::real(text.as_bytes())
    }

    fn count(text: &str) -> Option<u64> {
        super::count(text.as_bytes())
    }

    fn port(text: &str) -> Option<u16> {
        super::port(text.as_bytes())
    }

    fn address(text: &str) -> Option<IpAddr> {
        super::address(text.as_bytes())
    }

    #[test]
    fn takes_what_zeek_writes() {
        assert_eq!(time("1331901000.260000"), Some(1_331_901_000.26));
        assert_eq!(time("0.000000"), Some(0.0));
        assert_eq!(time("1588317555874.701"), Some(1_588_317_555.874_701));
        assert_eq!(time("2011-08-15T03:36:16.748830Z"), Some(1_313_379_376.748_83));
        assert_eq!(time("2011-08-15T03:36:16.748830"), Some(1_313_379_376.748_83));
        assert_eq!(time("2011-08-15T05:36:16.748830+02:00"), Some(1_313_379_376.748_83));
        assert_eq!(time("1258531221.48654"), Some(1_258_531_221.486_54));
        assert_eq!(count("18446744073709551615"), Some(u64::MAX));
        assert_eq!(count("12.0"), Some(12));
        assert_eq!((integer(b"-7"), integer(b"3.0"), integer(b"-0")), (Some(-7), Some(3), Some(0)));
        assert_eq!((truth(b"T"), truth(b"F")), (Some(true), Some(false)));
        assert_eq!(port("65535"), Some(65535));
        assert_eq!(address("fe80::1"), Some("fe80::1".parse().unwrap()));
        assert_eq!(address("::"), Some("::".parse().unwrap()));
    }

    #[test]
    fn refuses_the_rest() {
        for text in [
            "1e300",
            "-1e15",
            "999999999999999999",
            "",
            "-",
            "XXXXXXXXXX.XXXXXX",
            "nan",
            "inf",
            "+1",
            "1.2.3",
            "0x10",
            " 1",
            ".5",
        ] {
            assert_eq!(time(text), None, "{text:?}");
        }
        assert_eq!(count("1.00000000000000000000"), Some(1));
        for text in ["", "-1", "+1", "1.5", "18446744073709551616", "+00000000000000000001", "1x", "1e400"] {
            assert_eq!(count(text), None, "{text:?}");
        }
        for text in ["", "1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4.5", "1..2.3", "fe80::%eth0", "10.0.0.1 "]
        {
            assert_eq!(address(text), None, "{text:?}");
        }
        for text in ["", "-", "+1", "1.5", "9223372036854775808", "1x"] {
            assert_eq!(integer(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!((port("65536"), port("53/udp"), truth(b"yes")), (None, None, None));
    }

    #[test]
    fn escapes_are_bytes() {
        assert_eq!(unescape("a\\x09b").unwrap(), "a\tb");
        assert_eq!(unescape("\\xc3\\xa9").unwrap(), "é");
        assert_eq!(unescape("\\xff"), None);
        assert_eq!(unescape("a\\b\\").unwrap(), "a\\b\\");
        assert_eq!(unescape("a\\\\x09").unwrap(), "a\\x09");
        assert_eq!(unescape("\\xé0").unwrap(), "\\xé0");
        assert_eq!(unescape("\\x+1").unwrap(), "\\x+1");
    }

    #[test]
    fn elements_of_a_set_are_told_apart() {
        assert_eq!(set_text("a,b", b',', "(empty)"), None);
        assert_eq!(set_text("a|b,c|(empty)", b'|', "(empty)").unwrap(), "a,b\\x2cc,");
        assert_eq!(set_text("\\x2d,a\\x2cb\\\\", b',', "(empty)").unwrap(), "-,a\\x2cb\\x5c");
    }

    proptest! {
        #[test]
        fn real_is_what_the_standard_library_says(text in "-?[0-9]{1,20}(\\.[0-9]{0,20})?") {
            prop_assert_eq!(real(&text), text.parse::<f64>().ok());
        }

        #[test]
        fn time_is_what_the_standard_library_says(text in "[0-9]{10}[.][0-9]{6}", noise in "[0-9.:;/-]{17}") {
            prop_assert_eq!(time(&text), text.parse::<f64>().ok());
            prop_assert_eq!(epoch_seconds(noise.as_bytes()), real(&noise).filter(|_| noise.find('.') == Some(10)));
        }

        #[test]
        fn address_is_what_the_standard_library_says(
            v6: u128, mask: u8, text in "[0-9a-fA-F:.]{0,12}", groups in prop::collection::vec("[0-9a-fA-F]{0,5}", 0..10),
        ) {
            let all = Ipv6Addr::from(v6).segments();
            let sparse = std::array::from_fn::<u16, 8, _>(|i| if mask >> i & 1 == 1 { all[i] } else { 0 });
            for text in [Ipv6Addr::from(sparse).to_string(), text, groups.join(":"), format!("::{}", groups.join(":"))] {
                prop_assert_eq!(address(&text), text.parse().ok(), "{}", text);
            }
        }

        #[test]
        fn count_is_what_the_standard_library_says(value: u64) {
            prop_assert_eq!(count(&value.to_string()), Some(value));
        }

        #[test]
        fn addresses_survive(v4: [u8; 4], v6: [u16; 8]) {
            let (v4, v6) = (IpAddr::from(v4), IpAddr::from(v6));
            prop_assert_eq!(address(&v4.to_string()), Some(v4));
            prop_assert_eq!(address(&v6.to_string()), Some(v6));
        }

        #[test]
        fn any_text_is_fine(text: String) {
            let _ = (time(&text), count(&text), address(&text), unescape(&text), integer(text.as_bytes()));
        }
    }
}
