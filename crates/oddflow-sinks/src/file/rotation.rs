//! When a log ends, and what it is called from then on.
//!
//! All in UTC: in the night that puts clocks back, local time has an hour twice, and two logs would have one name.

use std::path::PathBuf;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How long a log is written to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Rotation {
    /// Until the next full hour in UTC.
    #[default]
    Hourly,
    /// Until midnight in UTC.
    Daily,
    /// For ever: something else rotates it, or nothing does.
    Never,
}

impl Rotation {
    /// When a log that was opened then ends; `None` where it never does.
    pub(super) fn end(self, open: Timestamp) -> Option<Timestamp> {
        // Hours and days of UTC have one length, so seconds since 1970 tell where they begin.
        let length = match self {
            Self::Hourly => 3_600,
            Self::Daily => 86_400,
            Self::Never => return None,
        };
        let begin = open.as_second() - open.as_second().rem_euclid(length);
        Timestamp::from_second(begin + length).ok()
    }
}

/// `YYYY-MM-DD/STEM.HH:MM:SS-HH:MM:SS.EXTENSION.gz` as zeekctl names it: the day is that of the opening. A number above 1 stands
/// behind the second time where that name is taken.
pub(super) fn archived_name(
    (stem, extension): (&str, &str),
    (open, close): (Timestamp, Timestamp),
    number: u32,
) -> PathBuf {
    let clock = |time: &Zoned| time.strftime("%H:%M:%S").to_string();
    let (open, close) = (open.to_zoned(TimeZone::UTC), close.to_zoned(TimeZone::UTC));
    let number = if number > 1 { format!("-{number}") } else { String::new() };
    let extension = if extension.is_empty() { String::new() } else { format!(".{extension}") };
    let name = format!("{stem}.{}-{}{number}{extension}.gz", clock(&open), clock(&close));
    PathBuf::from(open.strftime("%Y-%m-%d").to_string()).join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_log_ends_with_its_hour_or_day() {
        let open = time("2026-11-22T13:27:44.5Z");
        assert_eq!(Rotation::Hourly.end(open), Some(time("2026-11-22T14:00:00Z")));
        assert_eq!(Rotation::Daily.end(open), Some(time("2026-11-23T00:00:00Z")));
        assert_eq!(Rotation::Never.end(open), None);
        assert_eq!(Rotation::Hourly.end(time("2026-11-22T14:00:00Z")), Some(time("2026-11-22T15:00:00Z")));
        assert_eq!(Rotation::Daily.end(time("1969-12-31T23:59:59Z")), Some(time("1970-01-01T00:00:00Z")));
    }

    #[test]
    fn names_are_zeekctls() {
        let hour = (time("2026-11-22T23:00:07Z"), time("2026-11-23T00:00:00Z"));
        let name = |number| archived_name(("oddflow", "log"), hour, number);
        assert_eq!(name(1), PathBuf::from("2026-11-22/oddflow.23:00:07-00:00:00.log.gz"));
        assert_eq!(name(2), PathBuf::from("2026-11-22/oddflow.23:00:07-00:00:00-2.log.gz"));
        assert_eq!(archived_name(("a.b", ""), hour, 1), PathBuf::from("2026-11-22/a.b.23:00:07-00:00:00.gz"));
    }
}
