//! How the numbers of a field are written: ports, counts, sizes, durations, times, hours and weekdays.

use std::fmt;

use crate::calendar::{self, Date, Moment};
use crate::field::{DAY, SECOND, Unit};

/// Names of sizes, in bytes. Case doesn't matter.
const SIZES: [(&str, i128); 11] = [
    ("B", 1),
    ("kB", 1000),
    ("MB", 1000_i128.pow(2)),
    ("GB", 1000_i128.pow(3)),
    ("TB", 1000_i128.pow(4)),
    ("PB", 1000_i128.pow(5)),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("PiB", 1 << 50),
];

/// Names of durations, in microseconds. The first of equal ones is shown; the others are Zeek's.
const SPANS: [(&str, i128); 13] = [
    ("us", 1),
    ("ms", SECOND / 1000),
    ("s", SECOND),
    ("m", 60 * SECOND),
    ("h", 3600 * SECOND),
    ("d", DAY),
    ("usec", 1),
    ("msec", SECOND / 1000),
    ("sec", SECOND),
    ("min", 60 * SECOND),
    ("hr", 3600 * SECOND),
    ("hour", 3600 * SECOND),
    ("day", DAY),
];

/// The longest duration, about 2,700 years: beyond it is a slip.
const LONGEST: i128 = 1_000_000 * DAY;

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Why a text is no number of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoNumber {
    /// It is something else.
    Other,
    /// It would be a part of a byte, a packet or a microsecond.
    Fraction,
    /// It is too large; what the limit is.
    Beyond(&'static str),
    /// A size whose unit is short of its last letter.
    HalfASize,
}

impl Unit {
    /// Reads a number: the lowest and the highest that are meant, which differ for a date alone.
    pub(crate) fn read(self, text: &str) -> Result<(i128, i128), NoNumber> {
        let single = |number: Result<i128, NoNumber>| number.map(|number| (number, number));
        match self {
            Self::Port => single(limited(number(text, &[], "")?, u16::MAX.into(), "ports end at 65535")),
            Self::Count => single(limited(number(text, &[], "")?, u64::MAX.into(), "counts end at 2^64 - 1")),
            Self::Hour => single(limited(number(text, &[], "")?, 23, "hours are 0 to 23")),
            Self::Bytes => {
                let short = text.trim_end_matches(['k', 'K', 'm', 'M', 'g', 'G', 't', 'T']);
                if short.len() + 1 == text.len() && number(short, &[], "").is_ok() {
                    return Err(NoNumber::HalfASize);
                }
                single(limited(number(text, &SIZES, "B")?, u64::MAX.into(), "sizes end at 2^64 - 1 bytes"))
            }
            Self::Duration => {
                single(limited(number(text, &SPANS, "s")?, LONGEST, "durations end at 1000000d"))
            }
            Self::Time => calendar::read(text).ok_or(NoNumber::Other),
            Self::Weekday => {
                let is_it = |day: &str| [3, day.len()].iter().any(|&n| day[..n].eq_ignore_ascii_case(text));
                single(WEEKDAYS.iter().position(|day| is_it(day)).map(|i| i as i128).ok_or(NoNumber::Other))
            }
        }
    }

    /// The highest value, where the lowest follows it again: a range may go over it, as in `22..5`.
    pub(crate) fn turns_after(self) -> Option<i128> {
        match self {
            Self::Hour => Some(23),
            Self::Weekday => Some(6),
            _ => None,
        }
    }

    /// Writes a number as it is read again.
    pub(crate) fn write(self, f: &mut fmt::Formatter<'_>, number: i128) -> fmt::Result {
        match self {
            Self::Port | Self::Count | Self::Hour => write!(f, "{number}"),
            Self::Bytes => match shortest(number, &SIZES[1..]) {
                Some((number, name)) => write!(f, "{number}{name}"),
                None => write!(f, "{number}"),
            },
            Self::Duration => match shortest(number, &SPANS) {
                Some((number, name)) => write!(f, "{number}{name}"),
                None => write!(f, "0s"),
            },
            Self::Time => write!(f, "{}", Moment(number)),
            Self::Weekday => {
                // Nothing else was read.
                let day = WEEKDAYS[usize::try_from(number).unwrap_or(0).min(6)];
                f.write_str(&day[..3])
            }
        }
    }

    /// Writes a limit that is itself the first number beyond, or the first within: of a time at midnight the date alone.
    pub(crate) fn write_limit(self, f: &mut fmt::Formatter<'_>, number: i128) -> fmt::Result {
        if self == Self::Time && number % DAY == 0 && number < calendar::LAST {
            return write!(f, "{}", Date(number));
        }
        self.write(f, number)
    }

    /// Whether a range is written as one value.
    pub(crate) fn is_single(self, (low, high): (i128, i128)) -> bool {
        low == high || (self.is_days((low, high)) && high - low < DAY)
    }

    /// Writes a range, as one value where it can be.
    pub(crate) fn write_range(self, f: &mut fmt::Formatter<'_>, (low, high): (i128, i128)) -> fmt::Result {
        if low == high {
            return self.write(f, low);
        }
        if !self.is_days((low, high)) {
            self.write(f, low)?;
            f.write_str("..")?;
            return self.write(f, high);
        }
        write!(f, "{}", Date(low))?;
        if self.is_single((low, high)) { Ok(()) } else { write!(f, "..{}", Date(high)) }
    }

    /// Whether a range is one of whole days.
    fn is_days(self, (low, high): (i128, i128)) -> bool {
        self == Self::Time && low % DAY == 0 && (high + 1) % DAY == 0
    }
}

fn limited(number: i128, limit: i128, name: &'static str) -> Result<i128, NoNumber> {
    if number > limit { Err(NoNumber::Beyond(name)) } else { Ok(number) }
}

/// A decimal number with a unit behind it, or with the usual one where there is none.
fn number(text: &str, units: &[(&str, i128)], usual: &str) -> Result<i128, NoNumber> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, name) = text.split_at(end);
    let name = if name.is_empty() { usual } else { name };
    let named = |known: &str| {
        let plural = name.len() > 2
            && name.strip_suffix(['s', 'S']).is_some_and(|one| one.eq_ignore_ascii_case(known));
        known.eq_ignore_ascii_case(name) || plural
    };
    let unit = match units.iter().find(|(known, _)| named(known)) {
        Some(&(_, unit)) => unit,
        None if name.is_empty() => 1,
        None => return Err(NoNumber::Other),
    };
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(decimals) {
        return Err(NoNumber::Other);
    }
    // With these lengths and the largest unit, nothing below comes near 2^127.
    let (whole, decimals) = (whole.trim_start_matches('0'), decimals.trim_end_matches('0'));
    if whole.len() > 20 {
        return Err(NoNumber::Beyond("no number is that large"));
    }
    if decimals.len() > 15 {
        return Err(NoNumber::Fraction);
    }
    let digits = |part: &str| part.parse::<i128>().unwrap_or(0);
    let (part, ten) = (digits(decimals) * unit, 10_i128.pow(decimals.len() as u32));
    if part % ten != 0 { Err(NoNumber::Fraction) } else { Ok(digits(whole) * unit + part / ten) }
}

/// The unit that leaves the smallest whole number, and that number; none for 0.
fn shortest<'a>(number: i128, units: &[(&'a str, i128)]) -> Option<(i128, &'a str)> {
    let whole = units.iter().filter(|(_, unit)| number >= *unit && number % unit == 0);
    whole.map(|&(name, unit)| (number / unit, name)).min_by_key(|&(number, _)| number)
}

/// What a text is, with an article, when it isn't what it should be.
pub(crate) fn what_is(text: &str) -> &'static str {
    let any = |units: &[Unit]| units.iter().any(|unit| unit.read(text).is_ok());
    if crate::address::Network::parse(text).is_ok_and(crate::address::Network::is_wide) {
        "a network"
    } else if crate::address::Network::parse(text).is_ok() {
        "an address"
    } else if number(text, &[], "").is_ok() {
        "a number"
    } else if any(&[Unit::Duration]) {
        "a duration"
    } else if any(&[Unit::Bytes]) {
        "a size"
    } else if any(&[Unit::Time]) {
        "a time"
    } else {
        "text"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Shown(Unit, (i128, i128));

    impl fmt::Display for Shown {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.write_range(f, self.1)
        }
    }

    #[test]
    fn numbers_are_read_and_shown() {
        for (unit, text, number, shown) in [
            (Unit::Port, "443", 443, "443"),
            (Unit::Count, "18446744073709551615", u64::MAX.into(), "18446744073709551615"),
            (Unit::Bytes, "0", 0, "0"),
            (Unit::Bytes, "443", 443, "443"),
            (Unit::Bytes, "10MB", 10_000_000, "10MB"),
            (Unit::Bytes, "10mb", 10_000_000, "10MB"),
            (Unit::Bytes, "1.5MiB", 1_572_864, "1536KiB"),
            (Unit::Bytes, "1500000B", 1_500_000, "1500kB"),
            (Unit::Duration, "0", 0, "0s"),
            (Unit::Duration, "300", 300 * SECOND, "5m"),
            (Unit::Duration, "0.25", SECOND / 4, "250ms"),
            (Unit::Duration, "90min", 5400 * SECOND, "90m"),
            (Unit::Duration, "2days", 2 * DAY, "2d"),
            (Unit::Duration, "48h", 2 * DAY, "2d"),
            (Unit::Duration, "1.000001s", SECOND + 1, "1000001us"),
            (Unit::Hour, "07", 7, "7"),
            (Unit::Weekday, "Sunday", 6, "sun"),
            (Unit::Weekday, "MON", 0, "mon"),
        ] {
            assert_eq!(unit.read(text), Ok((number, number)), "{text}");
            assert_eq!(Shown(unit, (number, number)).to_string(), shown, "{text}");
        }
    }

    #[test]
    fn what_is_no_number() {
        for (unit, text, why) in [
            (Unit::Port, "ssh", NoNumber::Other),
            (Unit::Port, "-1", NoNumber::Other),
            (Unit::Port, "10kB", NoNumber::Other),
            (Unit::Port, "65536", NoNumber::Beyond("ports end at 65535")),
            (Unit::Count, "1.5", NoNumber::Fraction),
            (Unit::Count, "1.", NoNumber::Other),
            (Unit::Count, ".5", NoNumber::Other),
            (Unit::Count, "100000000000000000000000000000", NoNumber::Beyond("no number is that large")),
            (Unit::Bytes, "10M", NoNumber::HalfASize),
            (Unit::Bytes, "1.0001kB", NoNumber::Fraction),
            (Unit::Bytes, "5m5", NoNumber::Other),
            (Unit::Bytes, "20000PiB", NoNumber::Beyond("sizes end at 2^64 - 1 bytes")),
            (Unit::Duration, "1h30m", NoNumber::Other),
            (Unit::Duration, "99999999d", NoNumber::Beyond("durations end at 1000000d")),
            (Unit::Hour, "24", NoNumber::Beyond("hours are 0 to 23")),
            (Unit::Weekday, "mo", NoNumber::Other),
            (Unit::Weekday, "1", NoNumber::Other),
        ] {
            assert_eq!(unit.read(text), Err(why), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_again(number: u64, power in 0u32..64) {
            let number = i128::from(number >> power);
            for unit in [Unit::Bytes, Unit::Count] {
                prop_assert_eq!(unit.read(&Shown(unit, (number, number)).to_string()), Ok((number, number)));
            }
            let span = number % LONGEST;
            prop_assert_eq!(
                Unit::Duration.read(&Shown(Unit::Duration, (span, span)).to_string()),
                Ok((span, span))
            );
        }

        #[test]
        fn any_text_is_fine(text: String, digits in "[0-9.]{0,40}[a-zA-Z]{0,3}") {
            for unit in [Unit::Port, Unit::Bytes, Unit::Duration, Unit::Time, Unit::Hour, Unit::Weekday] {
                let _ = (unit.read(&text), unit.read(&digits));
            }
        }
    }
}
