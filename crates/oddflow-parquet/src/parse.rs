//! Values from text. The notations are those that Zeek writes, in TSV and in JSON; `nan`, `inf` and blanks are none.

/// Above this a number is a time in milliseconds: as seconds it would lie after the year 5138.
const FIRST_MILLISECONDS: f64 = 1e11;
/// The seconds of the years 0 to 9999: what lies outside is no time of a connection.
const TIMES: std::ops::Range<f64> = -62_167_219_200.0..253_402_300_800.0;
/// Below it every whole number is an `f64`.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A time as seconds since the Unix epoch, from seconds, milliseconds or ISO 8601 (UTC where it names no zone).
#[must_use]
pub fn time(text: &str) -> Option<f64> {
    let time = match real(text) {
        Some(value) if value.abs() >= FIRST_MILLISECONDS => Some(value / 1000.0),
        Some(value) => Some(value),
        None => iso_time(text),
    };
    time.filter(|time| TIMES.contains(time))
}

#[cold]
fn iso_time(text: &str) -> Option<f64> {
    if !text.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let timestamp = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let civil = text.parse::<jiff::civil::DateTime>().ok()?;
        Some(jiff::tz::TimeZone::UTC.to_ambiguous_zoned(civil).compatible().ok()?.timestamp())
    })?;
    Some(timestamp.as_microsecond() as f64 / 1e6)
}

/// Microseconds of a time in seconds: exact for what Zeek writes, until the year 2242.
pub(crate) fn micros(seconds: f64) -> i64 {
    // Apart, as the product of all of it would be rounded twice: the fraction is off by less than half a microsecond.
    let whole = seconds.floor();
    whole as i64 * 1_000_000 + ((seconds - whole) * 1e6).round() as i64
}

/// A finite decimal number.
pub(crate) fn real(text: &str) -> Option<f64> {
    // The standard library also takes `nan`, `inf`, a `+` and a lone point.
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'-' | b'+'));
    if !plain || !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// A whole number without a sign. JSON writers may append `.0`, which is taken too.
pub(crate) fn count(text: &str) -> Option<u64> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    real(text).filter(|value| value.fract() == 0.0 && (0.0..EXACT).contains(value)).map(|value| value as u64)
}

/// A whole number with a sign.
pub(crate) fn int(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    real(text).filter(|value| value.fract() == 0.0 && value.abs() < EXACT).map(|value| value as i64)
}

/// A port: a whole number below 65536.
pub(crate) fn port(text: &str) -> Option<u16> {
    count(text).and_then(|value| u16::try_from(value).ok())
}

/// `T` and `F`; the reader gives JSON's truth values so too.
pub(crate) fn truth(text: &str) -> Option<bool> {
    match text {
        "T" => Some(true),
        "F" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_zeek_writes() {
        assert_eq!(time("1331901000.260001").map(micros), Some(1_331_901_000_260_001));
        assert_eq!(time("1588317555874.701").map(micros), Some(1_588_317_555_874_701));
        assert_eq!(time("2011-08-15T03:36:16.748830Z").map(micros), Some(1_313_379_376_748_830));
        assert_eq!(time("2011-08-15T03:36:16.748830").map(micros), Some(1_313_379_376_748_830));
        assert_eq!(time("0.000000").map(micros), Some(0));
        assert_eq!(count("18446744073709551615"), Some(u64::MAX));
        assert_eq!((count("12.0"), int("-7"), int("3.0")), (Some(12), Some(-7), Some(3)));
        assert_eq!(port("443"), Some(443));
        assert_eq!((truth("T"), truth("F")), (Some(true), Some(false)));
    }

    #[test]
    fn refuses_the_rest() {
        for text in ["", "-", "XXXXXXXXXX.XXXXXX", "nan", "inf", "+1", ".5", "1.2.3", " 1", "1e300"] {
            assert_eq!(time(text), None, "{text:?}");
        }
        for text in ["", "-1", "1.5", "18446744073709551616", "1x", "53/udp"] {
            assert_eq!(count(text), None, "{text:?}");
        }
        assert_eq!((port("65536"), int("9223372036854775808"), truth("yes")), (None, None, None));
    }
}
