//! Times as they are written, in UTC: `2026-01-31`, `2026-01-31T22:00:00Z`, or seconds since the Unix epoch.

use std::fmt;

use crate::field::{DAY, SECOND};

/// The last time that can be written, in microseconds since the Unix epoch: the beginning of 9999-12-31.
pub(crate) const LAST: i128 = 253_402_214_400 * SECOND;

/// Numbers below are no seconds since the epoch (that was March 1973, long before Zeek), but most likely a year.
const FIRST_EPOCH: i128 = 100_000_000 * SECOND;

/// The first and the last microsecond of a time: of a date alone those of its day, else the same twice.
pub(crate) fn read(text: &str) -> Option<(i128, i128)> {
    if let Some(seconds) = fixed(text, 12) {
        return (FIRST_EPOCH..=LAST).contains(&seconds).then_some((seconds, seconds));
    }
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let start = days(date)? * DAY;
    match time {
        Some(time) => {
            let time = start + clock(time)?;
            (time <= LAST).then_some((time, time))
        }
        None => (start < LAST).then_some((start, start + DAY - 1)),
    }
}

/// `HH:MM`, `HH:MM:SS` or with decimals, as microseconds since midnight.
fn clock(text: &str) -> Option<i128> {
    let text = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    let (hour, rest) = text.split_once(':')?;
    let (minute, second) = rest.split_once(':').unwrap_or((rest, "00"));
    let whole_digits = second.find('.').unwrap_or(second.len());
    if whole_digits != 2 {
        return None;
    }
    let (hour, minute, second) = (digits(hour, 2)?, digits(minute, 2)?, fixed(second, 2)?);
    (hour < 24 && minute < 60 && second < 60 * SECOND).then_some((hour * 60 + minute) * 60 * SECOND + second)
}

/// `YYYY-MM-DD` as days since 1970-01-01, from 1970 on.
fn days(text: &str) -> Option<i128> {
    let mut parts = text.split('-');
    let (year, month, day) =
        (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let days = days_from_civil(year, month, day);
    (parts.next().is_none() && year >= 1970 && civil_from_days(days) == (year, month, day)).then_some(days)
}

/// A number of exactly that many digits.
fn digits(text: &str, count: usize) -> Option<i128> {
    let fits = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

/// A number with up to six decimals, and up to that many digits before them, in millionths.
fn fixed(text: &str, longest: usize) -> Option<i128> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(decimals) || whole.len() > longest || decimals.len() > 6 {
        return None;
    }
    Some(whole.parse::<i128>().ok()? * SECOND + format!("{decimals:0<6}").parse::<i128>().ok()?)
}

/// Days since 1970-01-01 of a date (H. Hinnant, "chrono-compatible low-level date algorithms").
fn days_from_civil(year: i128, month: i128, day: i128) -> i128 {
    // Years that begin with March have their leap day at the end.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day of days since 1970-01-01, by the same source.
fn civil_from_days(days: i128) -> (i128, i128, i128) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let (day, month) = (day_of_year - (153 * shifted + 2) / 5 + 1, (shifted + 2) % 12 + 1);
    (year_of_era + era * 400 + i128::from(month <= 2), month, day)
}

/// A date without a time of day.
pub(crate) struct Date(pub(crate) i128);

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.0.div_euclid(DAY));
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// A time to the microsecond.
pub(crate) struct Moment(pub(crate) i128);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let within = self.0.rem_euclid(DAY);
        let (seconds, micros) = (within / SECOND, within % SECOND);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{}T{hour:02}:{minute:02}:{second:02}", Date(self.0))?;
        if micros > 0 {
            write!(f, ".{micros:06}")?;
        }
        write!(f, "Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_are_read() {
        let day = 1_769_817_600 * SECOND;
        for (text, time) in [
            ("2026-01-31", (day, day + DAY - 1)),
            ("2026-01-31T00:00:00Z", (day, day)),
            ("2026-01-31t00:01", (day + 60 * SECOND, day + 60 * SECOND)),
            ("2026-01-31 00:00:01.5", (day + 1_500_000, day + 1_500_000)),
            ("1769817600", (day, day)),
            ("1769817600.000001", (day + 1, day + 1)),
            ("1970-01-01", (0, DAY - 1)),
            ("9999-12-30", (LAST - DAY, LAST - 1)),
            ("9999-12-31T00:00:00", (LAST, LAST)),
        ] {
            assert_eq!(read(text), Some(time), "{text}");
        }
    }

    #[test]
    fn what_is_no_time() {
        for text in [
            "",
            "2026",
            "2026-02-29",
            "2026-13-01",
            "2026-1-31",
            "1969-12-31",
            "9999-12-31",
            "9999-12-31T00:00:00.000001",
            "1769817600000",
            "2026-01-31T24:00",
            "2026-01-31T10",
            "2026-01-31T10:00:00+02:00",
            "2026-01-31T10:00:1",
            "2026-01-31T10:00:10.1234567",
            "-1769817600",
            "2026-01-31-",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_again(micros in 0..=LAST) {
            prop_assert_eq!(read(&Moment(micros).to_string()), Some((micros, micros)));
            let day = micros / DAY * DAY;
            if day < LAST {
                prop_assert_eq!(read(&Date(micros).to_string()), Some((day, day + DAY - 1)));
            }
        }
    }
}
