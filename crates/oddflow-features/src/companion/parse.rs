//! Cells of companion logs as numbers, times and addresses.

use std::net::IpAddr;

/// From this on a number is a time in milliseconds: as seconds it would lie after the year 5138.
const FIRST_MILLISECONDS: f64 = 1e11;
/// Seconds at which the year 10000 begins: what lies beyond, on either side, is no time of a connection.
const LAST_TIME: f64 = 253_402_300_800.0;

/// A time as seconds since the Unix epoch: from seconds, milliseconds, or ISO 8601 in UTC.
pub(super) fn time(text: &str) -> Option<f64> {
    let time = match text.parse::<f64>() {
        Ok(value) if value.abs() >= FIRST_MILLISECONDS => value / 1000.0,
        Ok(value) => value,
        Err(_) => text.parse::<jiff::Timestamp>().ok()?.as_microsecond() as f64 / 1e6,
    };
    (time.abs() < LAST_TIME).then_some(time)
}

/// A whole number.
pub(super) fn count(text: &str) -> Option<u64> {
    text.parse().ok()
}

/// Yes or no.
pub(super) fn flag(text: &str) -> Option<bool> {
    match text {
        "T" | "success" => Some(true),
        "F" | "failure" => Some(false),
        _ => None,
    }
}

/// An address.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}

/// The first element of a set or vector.
pub(super) fn first(set: &str) -> &str {
    set.split(',').next().unwrap_or(set)
}

/// Writes text in lower case to `out`, ASCII's letters alone: host names have no others.
pub(super) fn lower<'a>(text: &'a str, out: &'a mut String) -> &'a str {
    if !text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return text;
    }
    out.clear();
    out.push_str(text);
    out.make_ascii_lowercase();
    out
}

/// Writes text without its digits to `out`.
pub(super) fn without_digits<'a>(text: &str, out: &'a mut String) -> &'a str {
    out.clear();
    text.split(|c: char| c.is_ascii_digit()).for_each(|part| out.push_str(part));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, expected) in [
            ("1258531680.237254", Some(1_258_531_680.237_254)),
            ("1588317555874.701", Some(1_588_317_555.874_701)),
            ("2011-08-15T03:36:16.748830Z", Some(1_313_379_376.748_83)),
            ("XXXXXXXXXX.XXXXXX", None),
            ("1e300", None),
            ("nan", None),
            ("inf", None),
            ("", None),
        ] {
            assert_eq!(time(text), expected, "{text}");
        }
    }

    #[test]
    fn texts() {
        let mut out = String::new();
        assert_eq!(lower("WWW.Example", &mut out), "www.example");
        assert_eq!(lower("www.example", &mut out), "www.example");
        assert_eq!(without_digits("Mozilla/5.0 (Ä 122)", &mut out), "Mozilla/. (Ä )");
        assert_eq!((first("a,b"), first("a"), first("")), ("a", "a", ""));
        assert_eq!((flag("T"), flag("failure"), flag("undetermined")), (Some(true), Some(false), None));
    }
}
